"""Opening, migrating and writing databases: what is refused, and in what words."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from clearing_support import rows
from tarazu.clearing import tables
from tarazu.clearing.house import LOCK, ClearingHouse
from tarazu.core.errors import StoreError
from tarazu.store.database import Database

MIGRATIONS = "tarazu.clearing:migrations"


def opened(url: str | Path) -> Database:
    return Database(url, MIGRATIONS, LOCK)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user@localhost/house",
        "oracle://house",
        "http://example.org/house.db",
        "postgresql://user@localhost:port/house",
        "postgresql://[::1/house",
        "://",
    ],
)
def test_other_backends_and_broken_urls_are_refused_in_words(url):
    with pytest.raises(StoreError):
        opened(url)


def test_a_password_is_never_shown():
    with pytest.raises(StoreError) as caught:
        opened("postgresql://user:secret-word@localhost:1/house")
    assert "secret-word" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="Create it first"):
        opened(tmp_path / "no" / "house.db")
    assert not (tmp_path / "no").exists()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match="not a database"):
        opened(path)
    assert path.read_text() == "not a database, " * 100
    with pytest.raises(StoreError):
        opened(tmp_path)


def test_a_damaged_database_is_refused(founded_sqlite, tmp_path):
    path = tmp_path / "house.db"
    whole = founded_sqlite.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * 8000 + whole[8100:])
    with pytest.raises(StoreError):
        ClearingHouse.open(path)


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE payment (id INTEGER PRIMARY KEY, customer TEXT)")
        connection.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT)")
    with pytest.raises(StoreError):
        opened(path)
    with sqlite3.connect(path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    assert sorted(names) == ["account", "payment"]


def test_a_newer_revision_is_refused(founded_url):
    database = opened(founded_url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreError, match="newer version"):
        opened(founded_url)


def test_the_migrated_schema_is_the_one_the_program_writes(house_url):
    database = opened(house_url)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.METADATA) == []
        checks = {
            (table, each["name"])
            for table in tables.METADATA.tables
            for each in sa.inspect(connection).get_check_constraints(table)
        }
    assert checks == {
        (table.name, each.name)
        for table in tables.METADATA.tables.values()
        for each in table.constraints
        if isinstance(each, sa.CheckConstraint)
    }
    database.close()


def test_opening_again_changes_nothing(founded_url):
    for _ in range(2):
        house = ClearingHouse.open(founded_url)
        found = rows(house, "SELECT count(*), max(hash) FROM journal")
        house.close()
    assert ClearingHouse.open(founded_url).database.kind in founded_url or founded_url.endswith(".db")
    assert found[0][0] > 0


def test_a_read_only_file_is_refused_in_words(founded_sqlite):
    folder = Path(tempfile.mkdtemp(prefix="tarazu-ro-"))
    path = folder / "house.db"
    shutil.copy(founded_sqlite, path)
    path.chmod(0o444)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)  # root may write everywhere
        with pytest.raises(StoreError, match=r"house\.db"):
            ClearingHouse.open(path)
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_many_open_a_new_file_at_once(tmp_path):
    def open_and_close(path: Path, start: threading.Barrier) -> None:
        start.wait()
        opened(path).close()

    for number in range(40):  # an opening that does not wait fails about one time in twelve
        start = threading.Barrier(6)
        with ThreadPoolExecutor(6) as pool:
            path = tmp_path / f"{number}.db"
            for done in [pool.submit(open_and_close, path, start) for _ in range(6)]:
                done.result()


def test_sqlite_waits_for_the_disk_and_checks_references(tmp_path):
    database = opened(tmp_path / "house.db")
    with database.writing() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        ]
        assert found == ["wal", 2]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.close()


def test_postgresql_waits_for_the_disk(postgres_url):
    database = opened(postgres_url)
    with database.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    database.close()


def test_an_exception_rolls_everything_back(house_url):
    database = opened(house_url)

    def write_and_fail() -> None:
        with database.writing() as connection:
            connection.execute(tables.operator.insert().values(name="one"))
            database.insert(connection, tables.operator, [("two",), ("three",)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with database.reading() as connection:
        assert list(connection.execute(sa.select(tables.operator))) == []
    database.close()


def test_a_refused_bulk_insert_is_an_integrity_error_on_both(house_url):
    database = opened(house_url)
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        database.insert(connection, tables.operator, [("one",), ("one",)])
    with database.writing() as connection:  # and the connection is good for the next
        database.insert(connection, tables.operator, [("one",)])
    database.close()


def test_values_come_back_as_they_went_in(house_url):
    rows_in = [
        ("2026-01-01", "KZT", 2**62, "a\\N\t\n'\"", "1.5", "سند №1 ❄"),
        ("2026-01-02", "", -1, "", "\\.", "\\"),
    ]
    database = opened(house_url)
    with database.writing() as connection:
        database.insert(connection, tables.rate, rows_in)
    with database.reading() as connection:
        found = [tuple(row) for row in connection.execute(sa.select(tables.rate).order_by(tables.rate.c.day))]
    assert found == rows_in
    database.close()


def test_a_reader_sees_one_moment(house_url):
    """Its view does not move while others write, and it does not wait for them."""
    database = opened(house_url)
    with database.reading() as connection:
        count = sa.select(sa.func.count()).select_from(tables.operator)
        assert connection.scalar(count) == 0

        def write() -> None:
            with database.writing() as other:
                other.execute(tables.operator.insert().values(name="one"))

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
        assert connection.scalar(count) == 0
    with database.reading() as connection:
        assert connection.scalar(count) == 1
    database.close()
