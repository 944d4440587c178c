"""Honest books are proven; every way of tampering is found, and the row or table is named."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clearing_attacks import ATTACKS, Book, attacker, first, rechain
from clearing_support import (
    BY,
    DAY,
    KZT,
    NAMES,
    ROOMY,
    Clock,
    cycle_end,
    decide,
    found_house,
    listing,
    order,
    party,
    reverse,
    set_limit,
    small_scheme,
)
from tarazu.clearing.audit.book import Book as AuditBook
from tarazu.clearing.audit.mirror import AFTER, BESIDE
from tarazu.clearing.audit.replay import HANDLERS, apply, ended
from tarazu.clearing.audit.shapes import DETAILS, ORDER, ORDER_TEXTS, SHAPES, VERDICT
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.seal import new_key
from tarazu.clearing.tables import METADATA
from tarazu.clearing.verify import Verification, verify
from tarazu.store.database import Database

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clearing-journal.md"
SCHEME = {"set_off": "true", "overflow": '"queue"', "swing_limit": "12_000.00", "settle_share": "0.5"}
_UNUSED = {"waited-refused", "consolidate"}  # kinds that have tests of their own


# ---- a book with a bit of everything -----------------------------------------------------------------------


def _first_cycle(house: ClearingHouse, clock: Clock) -> None:
    house.load_prices({"100310": (0.1, 0.5, "test")}, by=BY[0])
    ring = [("K1", "I1", 300_000), ("I1", "K2", 250_000), ("K2", "I2", 300_000), ("I2", "K1", 200_001)]
    house.submit([order(f"ring-{n}", *each) for n, each in enumerate(ring)])
    plain = house.submit([order("back", "I3", "K3", 180_001), order("there", "K3", "I3", 150_000)])
    tenge = order("tenge", "K3", "I3", 110_000 * KZT, "KZT", debtor_name=NAMES["K3"])
    later = [order(f"later-{n}", "K3", "I3", settlement_date=DAY + timedelta(days=7)) for n in range(3)]
    pending = house.submit([tenge, *later])
    house.void(pending[1].id or 0, "typed twice", BY[0])
    house.dispute(pending[2].id or 0, "short weight", BY[0])
    house.dispute(pending[2].id or 0, "settled", BY[1], raised=False)
    reverse(house, plain[1].id or 0)
    dear = order("dear", "I3", "K3", hs="100310", quantity_kg=Decimal(5))
    (held,) = house.submit([dear])
    _agree(house, "pass-price", payment=held.id, release=True, reason="seed for sowing")
    house.submit([order("nobody", "K9", "I1"), order("back", "I3", "K3", 190_000)])
    (waits,) = house.submit([order("large", "K3", "I3", 1_000_000)])
    assert waits.status == "queued"
    set_limit(house, "agent-KAZ", 3_000_000, "clearing")
    clock.day += timedelta(days=7)
    house.load_lists([listing("Golestan Cotton Export", day=clock.day)], by=BY[1])
    house.submit([order("hit", "K1", "I3", settlement_date=clock.day)])
    house.advance()
    clock.day = cycle_end(house)
    house.close_cycle(BY)


def _second_cycle(house: ClearingHouse, clock: Clock) -> None:
    clock.day += timedelta(days=1)
    house.withdraw(house.propose("add-operator", {"name": "nobody"}, BY[0]), BY[0])
    decide(house, "I3", release=True)
    due = _due(house)
    house.settle(due, BY)
    house.reject_settlement(due, "AC04", "account closed", BY[0])
    house.reissue_settlement(due, BY[1])
    clock.day += timedelta(days=30)
    house.advance()
    house.settle(due, BY)  # late, but before it is paid
    house.confirm_settlement(due, "SWIFT-1", BY[0])
    house.return_settlement(due, "AC04", "account closed", BY[0])
    _agree(house, "add-operator", name="Dana")
    text = re.sub(r"swing_limit = .*", "swing_limit = 7_000.00", house.scheme.text)
    _agree(house, "adopt-scheme", text=text)
    house.close_cycle(BY)
    house.submit([order("last", "K3", "I3", settlement_date=clock.day)])


def _agree(house: ClearingHouse, action: str, **details: Any) -> None:
    house.approve(house.propose(action, details, BY[0]), BY[1])


def _due(house: ClearingHouse) -> int:
    with house.database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT max(id) FROM settlement").scalar_one())


def _parties() -> list[Any]:
    return [party(each, limit=ROOMY, set_off=each[1] != "3") for each in NAMES]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("honest")
    path, key, clock = folder / "house.db", folder / "key.pem", Clock()
    public = new_key(key)
    house = found_house(str(path), small_scheme(**SCHEME), clock=clock, parties=_parties(), key=key)
    _first_cycle(house, clock)
    house.close()  # signs the head
    house = ClearingHouse.open(path, today=clock)
    _second_cycle(house, clock)
    house.close()
    with closing(sqlite3.connect(path)) as raw:
        head, last = (
            raw.execute(f"SELECT max(seq) FROM {name}").fetchone()[0] for name in ("head", "journal")
        )
    return Book(path, key, public, head, last)


@pytest.fixture
def copy(honest: Book, tmp_path: Path) -> Path:
    return Path(shutil.copy(honest.path, tmp_path / "copy.db"))


def verified(path: str | Path, public: str | None = None, **options: Any) -> Verification:
    database = Database(path, "tarazu.clearing:migrations", 1)
    try:
        return verify(database, public, **options)
    finally:
        database.close()


# ---- honest books ------------------------------------------------------------------------------------------


def test_an_honest_book_is_proven_with_its_key(honest):
    found = verified(honest.path, honest.public)
    assert found.ok, found.breaks
    assert (found.rows, found.heads, found.signed, found.key) == (honest.last, 1, 1, "given")
    assert found.unsigned_rows == honest.last - honest.head > 0
    assert (found.cycles, found.breaks) == (2, ())
    assert f"{found.unsigned_rows} rows after the last signed head" in found.checks[0].message
    with closing(sqlite3.connect(honest.path)) as raw:
        for name, count in (("entry", found.entries), ("payment", found.payments)):
            assert raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0] == count
        kinds = {kind for (kind,) in raw.execute("SELECT DISTINCT kind FROM journal")}
        cleared = json.loads(raw.execute("SELECT body FROM journal WHERE kind = 'close'").fetchone()[0])
    assert set(SHAPES) - kinds == _UNUSED, "the book of these tests should hold every other kind of row"
    assert cleared["set_off"] == 4 * 200_001
    assert dict(found.table.rows)["rows"] == honest.last


def test_without_a_key_given_the_books_own_is_used_and_that_is_said(honest):
    found = verified(honest.path)
    assert found.ok
    assert (found.key, found.signed) == ("founded", 1)
    assert any(each.name == "own-key" for each in found.checks)


def test_a_book_without_a_key_verifies_and_says_that_its_heads_are_unsigned(house_url):
    house = found_house(house_url, parties=_parties())
    house.submit([order("a", "K3", "I3")])
    house.close()
    found = verified(house_url)
    assert found.ok, found.breaks
    assert (found.heads, found.signed, found.key, found.unsigned_rows) == (0, 0, "", found.rows)
    assert "no heads are signed" in found.checks[0].message


def test_the_same_book_verifies_on_both_databases(house_url):
    clock = Clock()
    house = found_house(house_url, small_scheme(**SCHEME), clock=clock, parties=_parties())
    _first_cycle(house, clock)
    _second_cycle(house, clock)
    seen: list[tuple[str, int, int]] = []
    found = house.verify(progress=lambda *each: seen.append(each))
    house.close()
    assert found.ok, found.breaks
    assert seen


@pytest.mark.parametrize("overflow", ["consolidate", "convertible", "reject"])
def test_every_overflow_rule_and_an_expired_payment_verify(tmp_path, overflow):
    clock = Clock()
    scheme = small_scheme(overflow=f'"{overflow}"', swing_limit="3_000.00", pending_days="1", set_off="true")
    house = found_house(str(tmp_path / "a.db"), scheme, clock=clock, parties=_parties())
    house.submit([order(f"a{n}", "K3", "I3", 190_000) for n in range(3)])
    late = house.submit([order("b", "I3", "K3", settlement_date=DAY + timedelta(days=6))])
    house.dispute(late[0].id or 0, "weight", BY[0])
    for days in (7, 14, 14):
        clock.day = max(clock.day + timedelta(days=days), cycle_end(house))
        house.close_cycle(BY)
    found = house.verify()
    with house.database.reading() as connection:
        kinds = {row[0] for row in connection.exec_driver_sql("SELECT kind FROM journal")}
    assert found.ok, found.breaks
    assert found.cycles == 3
    assert "expired" in kinds
    assert ("consolidate" in kinds) == (overflow == "consolidate")
    house.close()


def test_an_order_that_waited_and_was_refused_verifies(tmp_path):
    clock = Clock()
    house = found_house(str(tmp_path / "a.db"), clock=clock, listed=(NAMES["I1"],))
    house.submit([order("a", "K1", "I1")])
    decide(house, "I1", release=False)
    found = house.verify()
    with house.database.reading() as connection:
        states = [row[0] for row in connection.exec_driver_sql("SELECT state FROM waiting")]
    assert states == ["refused"]
    assert found.ok, found.breaks
    house.close()


# ---- tampering ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tamper", ATTACKS, ids=lambda each: each.__name__)
def test_tampering_is_found_and_named(honest, copy, tamper):
    with attacker(copy) as raw:
        seq, table, words = tamper(raw, honest)
    found = verified(copy, honest.public)
    assert not found.ok
    (broken,) = found.breaks
    assert (broken.seq, broken.table) == (seq, table), broken
    assert words in broken.what
    assert table in found.checks[0].where


def test_every_table_is_compared():
    compared = {*BESIDE, *AFTER, "journal", "head"}
    assert compared == set(METADATA.tables)
    left_out = {
        (name, column.name)
        for name, layout in {**BESIDE, **AFTER}.items()
        for column in METADATA.tables[name].columns
        if column.name not in layout.columns.split()
    }
    assert left_out == {("screening_list", "content")}


# ---- garbage -----------------------------------------------------------------------------------------------

GARBAGE = (
    "",
    "no JSON",
    "[]",
    "null",
    "{}",
    '{"legs":null}',
    '{"legs":{"P":[[1,2,3]]}}',
    "[" * 20_000,
    '{"a":1e999}',
    "\ud7ff\x00",
    '{ "by": "space" }',
    "9" * 5000,
)
WRONG = (None, "x", -1, 0.5, [], {}, [[1]], 2**80, True)
FREE = {  # what nothing recomputes
    # words that people chose, names, and what stands for itself: the chain alone holds them
    *(("dispute", "reason"), ("expired", "reason"), ("freeze", "reason"), ("voided", "reason")),
    *((f"settlement-{step}", word) for step in ("rejected", "returned") for word in ("code", "reason")),
    *(("settlement-settled", "reference"), ("set-off", "solver"), ("founded", "public_key")),
    # another row or table must say the same; the row itself may say anything
    *(("lists", name) for name in ("content_digest", "digest", "entries", "names", "published")),
    *(("party", name) for name in ("bic", "limit", "name", "set_off")),
    *(
        ("submitted", "by"),
        ("submitted", "code"),
        ("submitted", "reason"),
        ("rates", "rates"),
        ("prices", "ranges"),
    ),
}


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_a_body_of_garbage_is_a_break_that_names_its_row(copy, body):
    with attacker(copy) as raw:
        seq = first(raw, "submitted")
        raw.execute("UPDATE journal SET body = ? WHERE seq = ?", (body, seq))
        rechain(raw, seq)
    (broken,) = verified(copy).breaks
    assert (broken.seq, broken.table) == (seq, "journal")
    assert "the hash" not in broken.what


def test_no_field_of_any_kind_of_row_can_be_replaced_unseen_or_with_a_traceback(honest):
    """Each field, each leg and the whole body replaced by values it must not have: always a finding in that row."""
    with closing(sqlite3.connect(honest.path)) as raw:
        rows = raw.execute("SELECT seq, day, kind, body FROM journal ORDER BY seq").fetchall()
    book, seen, missed = AuditBook(), set(), set()
    for seq, day, kind, text in rows:
        body = json.loads(text)
        if (shape := (kind, *body)) not in seen:
            seen.add(shape)
            changed = [
                (name, body | {name: wrong}) for name in body for wrong in WRONG if wrong != body[name]
            ]
            changed += [(f"without {name}", {k: v for k, v in body.items() if k != name}) for name in body]
            for name, other in [
                *changed,
                ("added", body | {"extra": 1}),
                *(("all", wrong) for wrong in WRONG),
            ]:
                if not apply(_copied(book), seq, day, kind, other).faults:
                    missed.add((kind, name))
        assert not apply(book, seq, day, kind, body).faults
    assert missed <= FREE, sorted(missed - FREE)
    assert not ended(book)


def _copied(book: AuditBook) -> AuditBook:
    rules = [each for each in (getattr(book, name, None) for name in ("scheme", "calendar")) if each]
    return deepcopy(book, {id(each): each for each in rules})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET body = x'ff00' WHERE seq = 30",
        "UPDATE journal SET body = CAST(x'ff00' AS TEXT) WHERE seq = 30",
        "UPDATE journal SET day = 'yesterday' WHERE seq = 30",
        "UPDATE journal SET kind = 'nonsense' WHERE seq = 30",
        "UPDATE journal SET seq = -5 WHERE seq = 30",
    ],
)
def test_a_journal_row_that_cannot_be_read_is_a_break(copy, statement):
    with attacker(copy) as raw:
        raw.execute(statement)
    found = verified(copy, all_breaks=True)
    assert found.breaks[0].table == "journal"
    assert found.breaks[0].seq in (-5, 30)


@pytest.mark.parametrize("name", sorted(set(BESIDE) | set(AFTER) | {"head"}))
def test_a_table_of_garbage_or_none_is_a_break(honest, copy, name):
    column, key = (
        METADATA.tables[name].columns.keys()[-1],
        METADATA.tables[name].primary_key.columns.keys()[0],
    )
    with attacker(copy) as raw:
        raw.execute(
            f'UPDATE "{name}" SET {column} = ? WHERE {key} = (SELECT max({key}) FROM "{name}")',
            (b"\xff\x00",),
        )
    assert verified(copy, honest.public).breaks[0].table == name
    with attacker(copy) as raw:
        raw.execute(f'DROP TABLE "{name}"')
    assert verified(copy, honest.public).breaks[0].table == name


def test_an_empty_database_is_no_proven_book(tmp_path):
    found = verified(tmp_path / "empty.db")
    assert "is empty" in found.breaks[0].what


def test_all_breaks_are_listed_when_asked_for(honest, copy):
    with attacker(copy) as raw:
        raw.execute("UPDATE entry SET amount = amount + 1 WHERE leg = 0")
        raw.execute("UPDATE balance SET posted = posted + 1")
    found = verified(copy, honest.public, all_breaks=True)
    assert {each.table for each in found.breaks} == {"entry", "balance"}
    assert len(found.breaks) > 20
    assert len(verified(copy, honest.public).breaks) == 1


def test_a_key_that_is_not_the_signers_is_no_proof(honest, tmp_path):
    other = new_key(tmp_path / "other.pem")
    found = verified(honest.path, other)
    assert (found.breaks[0].seq, found.breaks[0].table) == (honest.head, "head")


@pytest.mark.parametrize(("kind", "words"), [("decision", "screened again"), ("close", "not about this one")])
def test_an_approval_of_something_older_carries_nothing_out(honest, kind, words):
    with closing(sqlite3.connect(honest.path)) as raw:
        rows = raw.execute("SELECT seq, day, kind, body FROM journal ORDER BY seq").fetchall()
    last = max(seq for seq, _, each, _ in rows if each == kind)
    book = AuditBook()
    for seq, day, each, text in rows[: last - 1]:
        apply(book, seq, day, each, json.loads(text))
    assert book.grant
    book.grant.id = 1
    faults = apply(book, last, rows[last - 1][1], kind, json.loads(rows[last - 1][3])).faults
    assert any(words in each for each in faults), faults


# ---- the page ----------------------------------------------------------------------------------------------


def test_the_page_for_auditors_names_every_kind_and_every_field():
    page = PAGE.read_text(encoding="utf-8")
    assert set(HANDLERS) == set(SHAPES)
    for kind, shapes in SHAPES.items():
        rows = re.findall(rf"^\| `{kind}` .*$", page, re.M)
        names = {f"`{name}`" for shape in shapes for name in shape}
        assert any(all(name in row for name in names) for row in rows), kind
    for name in (
        *ORDER,
        *ORDER_TEXTS,
        *VERDICT,
        *DETAILS,
        *(each for names in DETAILS.values() for each in names),
    ):
        assert f"`{name}`" in page, name


def test_with_a_key_given_a_book_whose_heads_were_taken_away_is_not_proven(honest, copy):
    """Who rewrites the chain without the key has to take the heads away: that alone is a break."""
    with attacker(copy) as raw:
        raw.execute("DELETE FROM head")
    assert verified(copy, honest.public).breaks[0].table == "head"
