"""The register in a database: entries are added and checked, never changed; clearing may share the database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from register_support import DUTY, PLAN, PROTOCOL, TARGET, opened, small
from tarazu.core.errors import InputError, StoreError
from tarazu.register import tables
from tarazu.register.books import new_event, new_item
from tarazu.register.merge import merge
from tarazu.store.database import Database

BY = "secretariat"


@pytest.fixture
def books(house_url):
    with opened(house_url) as found:
        yield found


def entered(books, *rows):
    for kind, row in rows:
        books.add(new_item(kind, dict(row), {}), BY)
    return books.register()


def test_what_is_entered_comes_back_as_it_was(books, tmp_path):
    given = small(tmp_path)
    books.add(given.events, BY)
    found = books.register()
    assert {name: dict(item.fields) for name, item in found.items.items()} == {
        name: dict(item.fields) for name, item in given.items.items()
    }
    assert {event.by for event in found.events} == {BY}
    assert [event.number for event in found.events] == list(range(1, len(given.events) + 1))
    assert merge(found, given).added == ()


def test_an_event_changes_what_is_shown_and_nothing_that_was_entered(books):
    before = entered(books, ("instruments", PROTOCOL), ("instruments", PLAN), ("commitments", TARGET))
    told = {"item": "co1", "event": "official", "value": "in_progress", "date": "2024-05"}
    books.add([new_event(before, told)], BY)
    after = books.register()
    assert after.items["co1"]["official"] == "in_progress"
    assert after.events[: len(before.events)] == before.events


def test_an_entry_that_contradicts_an_earlier_one_stands_and_is_named(books):
    before = entered(books, ("instruments", PROTOCOL))
    books.add([new_event(before, {"item": "in1", "event": "in_force", "date": "2020"})], BY)
    assert [check.name for check in books.contradictions(before)] == ["events-out-of-order"]


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("instruments", {"form": "treaty"}, "form"),
        ("instruments", {"id": ""}, "id"),
        ("instruments", {"parties": "Atlantis"}, "Atlantis"),
        ("instruments", {"colour": "red"}, "no field of instruments"),
        ("instruments", {"date": "2023-13"}, "month 13"),
        ("instruments", {"event": "held"}, "does not open instruments"),
        ("treaties", {}, "no kind of item"),
    ],
)
def test_a_bad_item_is_refused_in_words(kind, change, words):
    with pytest.raises(InputError, match=words):
        new_item(kind, {**PROTOCOL, **change}, {})


@pytest.mark.parametrize("name", ["target_low", "target_high"])
def test_a_target_below_nothing_is_refused(name):
    with pytest.raises(InputError, match=f"{name}: -5 is below the least possible value"):
        new_item("commitments", {**TARGET, "target_low": "", "instrument": "", name: "-5"}, {})


@pytest.mark.parametrize("lacks", ["publisher", "date"])
def test_a_grade_needs_a_source_and_a_day(books, lacks):
    register = entered(books, ("instruments", PROTOCOL), ("instruments", PLAN), ("commitments", TARGET))
    told = {"item": "co1", "event": "evidenced", "value": "complete", "date": "2024", "publisher": "A paper"}
    with pytest.raises(InputError, match="evidenced complete needs its"):
        books.add([new_event(register, {key: text for key, text in told.items() if key != lacks})], BY)
    books.add([new_event(register, told)], BY)
    assert books.register().items["co1"]["grade"] == "complete"


def test_an_item_without_date_and_event_is_only_recorded(books):
    bare = {key: text for key, text in PROTOCOL.items() if key != "date"}
    assert [event.event for event in new_item("instruments", bare, {})] == ["recorded"]
    assert [event.event for event in new_item("instruments", {**bare, "event": "planned"}, {})] == [
        "recorded",
        "planned",
    ]
    assert "signed" not in entered(books, ("instruments", bare)).items["in1"].dates


def test_a_revised_due_date_must_be_one(books):
    register = entered(books, ("instruments", PROTOCOL), ("instruments", PLAN), ("commitments", TARGET))
    told = {"item": "co1", "event": "revised", "field": "due", "value": "2026-02-30", "date": "2024"}
    with pytest.raises(InputError, match="no date"):
        books.add([new_event(register, told)], BY)


def test_an_id_is_given_once_and_an_event_needs_its_item(books, tmp_path):
    register = entered(books, ("instruments", PROTOCOL))
    with pytest.raises(InputError, match="in the register already"):
        books.add(new_item("instruments", dict(PROTOCOL), {}), BY)
    event = new_event(register, {"item": "in1", "event": "in_force", "date": "2024"})
    with opened(tmp_path / "other.db") as other, pytest.raises(InputError, match="Record it first"):
        other.add([event], BY)
    assert books.register().events == register.events


def opened_house(url):
    return Database(url, "tarazu.clearing:migrations", 1)


def test_all_or_none(books):
    first = new_item("instruments", dict(PROTOCOL), {})
    with pytest.raises(InputError):
        books.add([*new_item("commitments", {**DUTY, "instrument": ""}, {}), *first, *first], BY)
    assert books.register().events == ()


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_nobody_enters_anything(books, name):
    with pytest.raises(InputError, match="Name who enters this"):
        books.add(new_item("instruments", dict(PROTOCOL), {}), name)


@pytest.mark.parametrize("statement", ["UPDATE register_event SET note = 'x'", "DELETE FROM register_event"])
def test_the_database_itself_refuses_changes(books, statement):
    entered(books, ("instruments", PROTOCOL))
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), books.database.writing() as connection:
        connection.exec_driver_sql(statement)


def test_the_migrated_schema_is_the_one_the_program_writes(books):
    with books.database.reading() as connection:
        options = {"compare_type": True, "version_table": tables.VERSIONS}
        context = MigrationContext.configure(connection, opts=options)
        found = [each for each in compare_metadata(context, tables.METADATA) if not _of_search(each)]
    assert found == []


def _of_search(difference):
    """The index of full-text search is the database's own and stands in the SQL file alone."""
    return "register_search" in str(difference)


@pytest.mark.parametrize("first", ["register", "clearing"])
def test_clearing_and_register_share_a_database(house_url, first):
    order = (opened, opened_house) if first == "register" else (opened_house, opened)
    for each in order:
        found = each(house_url)
        getattr(found, "database", found).close()
    with opened(house_url) as books:
        assert entered(books, ("instruments", PROTOCOL)).items["in1"].title == "Protocol"
        names = sa.inspect(books.database.engine).get_table_names()
    assert {"journal", "register_event"} <= set(names)


def test_another_programs_database_is_refused(tmp_path):
    import sqlite3

    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customer (id INTEGER)")
    with pytest.raises(StoreError, match="something else"):
        opened(path)


def test_two_processes_enter_at_once(house_url):
    from concurrent.futures import ThreadPoolExecutor

    def enter(number):
        with opened(house_url) as books:
            books.add(new_item("instruments", {**PROTOCOL, "id": f"in{number}"}, {}), BY)

    with opened(house_url):
        pass
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enter, range(12)))
    with opened(house_url) as books:
        found = books.register()
    assert len(found.items) == 12
    assert [event.number for event in found.events] == list(range(1, 25))
