"""What the database itself refuses, whoever asks: statements in plain SQL, past all of the program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from clearing_support import (
    BY,
    DAY,
    NAMES,
    Clock,
    decide,
    listing,
    order,
    pay_over,
    status_of,
    value,
)
from tarazu.clearing.house import ClearingHouse


class Intruder:
    """A connection of its own, with plain SQL."""

    def __init__(self, url: str) -> None:
        text = f"sqlite:///{url}" if "://" not in url else url.replace("postgresql:", "postgresql+psycopg:")
        self.engine = sa.create_engine(text)

    def run(self, text: str) -> None:
        with self.engine.begin() as connection:
            if self.engine.name == "sqlite":
                connection.exec_driver_sql(
                    "PRAGMA foreign_keys = ON"
                )  # SQLite leaves this to each connection
            connection.exec_driver_sql(text)

    def is_refused(self, text: str, words: str) -> None:
        with pytest.raises(IntegrityError, match=words):
            self.run(text)


@pytest.fixture
def intruder(founded_url: str) -> Iterator[Intruder]:
    made = Intruder(founded_url)
    yield made
    made.engine.dispose()


def new_payment(
    number: int = 900_001, debtor: str = "K1", creditor: str = "I1", day: str = DAY.isoformat()
) -> str:
    return (
        "INSERT INTO payment (id, seq, debtor, creditor, debtor_agent, creditor_agent, amount, debit, credit, "
        "settlement_date, expires, day, cycle, status, disputed) VALUES "
        f"({number}, {number}, '{debtor}', '{creditor}', 'agent-KAZ', 'agent-IRN', 1, 1, 1, "
        f"'{day}', '{day}', '{day}', 1, 'pending', FALSE)"
    )


NO_VERDICT = "no valid verdict"
FOREIGN_KEY = "(?i)foreign key constraint"


def test_a_payment_without_a_verdict(house, intruder):
    intruder.run(
        "INSERT INTO party (id, name, kind, country, currency, agent, set_off, synthetic, bic, seq) VALUES "
        "('K8', 'Smuggled In', 'firm', 'KAZ', 'KZT', 'agent-KAZ', FALSE, TRUE, '', 1)"
    )
    intruder.is_refused(new_payment(debtor="K8"), NO_VERDICT)


@pytest.mark.parametrize("release", [None, False])
def test_a_payment_of_a_held_or_blocked_party(house, intruder, release):
    house.load_lists([listing(NAMES["K1"])], by=BY[0])
    if release is not None:
        decide(house, "K1", release=release)
    intruder.is_refused(new_payment(), NO_VERDICT)
    intruder.is_refused(new_payment(debtor="I2", creditor="K1"), NO_VERDICT)


def test_a_payment_of_a_held_agents_firms(house, intruder):
    house.load_lists([listing(house.scheme.member("IRN").agent)], by=BY[0])
    intruder.is_refused(new_payment(), NO_VERDICT)


def test_a_payment_on_an_outdated_list(house, intruder):
    intruder.run(
        "INSERT INTO screening_list SELECT 900000, digest, names, published, valid_until, entries, content, "
        "content_digest, 900000 FROM screening_list"
    )
    intruder.is_refused(new_payment(), NO_VERDICT)
    later = (DAY + timedelta(days=400)).isoformat()
    intruder.is_refused(new_payment(day=later), NO_VERDICT)


def test_a_payment_after_the_lists_ran_out(house, intruder):
    until = value(house, "SELECT valid_until FROM screening_list")
    after = (DAY.fromisoformat(until) + timedelta(days=1)).isoformat()
    intruder.is_refused(new_payment(day=after), NO_VERDICT)


@pytest.mark.parametrize("status", ["pending", "frozen"])
def test_posting_what_a_held_party_has_pending_or_frozen(house, intruder, clock, status):
    settles = DAY + timedelta(days=1) if status == "pending" else DAY
    (outcome,) = house.submit([order("k", "K1", "I1", settlement_date=settles)])
    house.load_lists([listing(NAMES["I1"])], by=BY[0])
    if status == "frozen":
        pay_over(house, clock)
    assert status_of(house, outcome.id) == status
    intruder.is_refused(f"UPDATE payment SET status = 'posted' WHERE id = {outcome.id}", NO_VERDICT)


APPEND_ONLY = ("journal", "entry", "verdict", "resolution", "screening_list", "rate", "decision")
NEVER_DELETED = ("payment", "request", "party", "account", "proposal", "cycle", "settlement", "waiting")


def fill(house: ClearingHouse, clock: Clock) -> None:
    """At least one row in every table."""
    house.load_prices({"1001": (0.1, 0.2, "test")}, by=BY[0])
    house.load_lists([listing(NAMES["K2"])], by=BY[0])
    house.submit(
        [
            order("a", "K1", "I1"),
            order("b", "K2", "I1"),
            order("c", "K1", "I2", settlement_date=DAY + timedelta(1)),
        ]
    )
    decide(house, "K2", release=True)
    house.void(value(house, "SELECT id FROM payment WHERE status = 'pending'"), "test", BY[0])
    pay_over(house, clock)


def test_changing_or_deleting_what_was_written(house, intruder, clock):
    fill(house, clock)
    for table in (*APPEND_ONLY, "price_range", *NEVER_DELETED):
        assert value(house, f"SELECT count(*) FROM {table}"), table
        words = "append-only" if table in (*APPEND_ONLY, "price_range") else "never deleted"
        intruder.is_refused(f"DELETE FROM {table}", words)
        if house.database.kind == "postgresql":
            intruder.is_refused(f"TRUNCATE {table} CASCADE", "append-only|never deleted")
    for table in APPEND_ONLY:
        column = {"screening_list": "digest", "rate": "per_unit"}.get(table, "seq")
        intruder.is_refused(f"UPDATE {table} SET {column} = {column}", "append-only")


FIXED = {
    "payment": (
        "amount",
        "debit",
        "credit",
        "debtor",
        "creditor",
        "day",
        "seq",
        "settlement_date",
        "expires",
    ),
    "request": ("key", "digest", "status", "reason"),
    "party": ("country", "agent", "currency"),
    "settlement": ("amount", "debtor_agent"),
    "account": ("owner", "purpose", "currency"),
    "proposal": ("action", "details", "proposed_by"),
}


@pytest.mark.parametrize("table", FIXED)
def test_changing_what_was_agreed(house, intruder, clock, table):
    fill(house, clock)
    for column in FIXED[table]:
        intruder.is_refused(f"UPDATE {table} SET {column} = {column}", "not changed")


def test_replacing_a_row_is_changing_it(house, intruder, clock):
    """SQLite deletes what a REPLACE displaces without asking the triggers for DELETE."""
    if house.database.kind != "sqlite":
        pytest.skip("only SQLite has INSERT OR REPLACE")
    fill(house, clock)
    for table in (*APPEND_ONLY, "payment", "request", "proposal"):
        with pytest.raises(DBAPIError):
            intruder.run(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


def test_a_proposal_approved_by_its_proposer(house, intruder):
    number = house.propose("set-limit", {"owner": "K1", "purpose": "customer", "limit": 5}, BY[0])
    intruder.is_refused(
        f"UPDATE proposal SET state = 'approved', approved_by = proposed_by WHERE id = {number}", "four_eyes"
    )
    intruder.is_refused(f"UPDATE proposal SET state = 'approved' WHERE id = {number}", "approved_by_somebody")
    intruder.is_refused(
        f"UPDATE proposal SET state = 'approved', approved_by = 'stranger' WHERE id = {number}", FOREIGN_KEY
    )


def test_a_proposal_opened_again(house, intruder):
    number = house.propose("set-limit", {"owner": "K1", "purpose": "customer", "limit": 5}, BY[0])
    house.approve(number, BY[1])
    intruder.is_refused(
        f"UPDATE proposal SET state = 'open', approved_by = NULL WHERE id = {number}", "it is closed"
    )


def test_a_standing_that_no_decision_carries(house, intruder):
    house.load_lists([listing(NAMES["K1"])], by=BY[0])
    for state in ("released", "clear"):
        intruder.is_refused(
            f"UPDATE standing SET state = '{state}' WHERE party = 'K1'", "no verdict or decision"
        )
    clear = value(house, "SELECT id FROM verdict WHERE party = 'K2' ORDER BY id DESC")
    intruder.is_refused(
        f"UPDATE standing SET state = 'clear', verdict = {clear} WHERE party = 'K1'", "no verdict or decision"
    )
    old = value(house, "SELECT id FROM verdict WHERE party = 'K1' ORDER BY id")
    intruder.is_refused(
        f"UPDATE standing SET state = 'clear', verdict = {old} WHERE party = 'K1'", "no verdict or decision"
    )


def test_a_standing_released_by_a_decision_that_a_later_one_took_back(house, intruder):
    house.load_lists([listing(NAMES["K1"])], by=BY[0])
    decide(house, "K1", release=True)
    decide(house, "K1", release=False)
    intruder.is_refused("UPDATE standing SET state = 'released' WHERE party = 'K1'", "no verdict or decision")


def test_a_pending_payment_resolved_twice(house, intruder):
    (outcome,) = house.submit([order("k", "K1", "I1", settlement_date=DAY + timedelta(days=1))])
    house.void(outcome.id, "test", BY[0])
    intruder.is_refused(
        f"INSERT INTO resolution (payment, stage, kind, seq) VALUES ({outcome.id}, 'pending', 'posted', 1)",
        "never replaced|resolution_pkey",
    )


PATHS = {
    "pending": ("reversed", "frozen"),
    "posted": ("pending", "voided", "expired"),
    "voided": ("posted", "pending"),
}


@pytest.mark.parametrize("status", PATHS)
def test_a_status_that_does_not_follow(house, intruder, status):
    settles = DAY if status == "posted" else DAY + timedelta(days=1)
    (outcome,) = house.submit([order("k", "K1", "I1", settlement_date=settles)])
    if status == "voided":
        house.void(outcome.id, "test", BY[0])
    for wrong in (*PATHS[status], "lost"):
        intruder.is_refused(f"UPDATE payment SET status = '{wrong}' WHERE id = {outcome.id}", "no such step")
    assert status_of(house, outcome.id) == status


def test_amounts_and_limits_that_make_no_sense(house, intruder):
    for column in ("amount", "debit", "credit"):
        text = new_payment().replace(
            "1, 1, 1", {"amount": "0, 1, 1", "debit": "1, -1, 1"}.get(column, "1, 1, 0")
        )
        intruder.is_refused(text, "payment_positive")
    intruder.is_refused("UPDATE account SET credit_limit = -1", "credit_limit_not_negative")
    intruder.is_refused("UPDATE balance SET pending_debit = -1", "pending_not_negative")
    intruder.is_refused(
        "INSERT INTO entry (seq, leg, account, amount, layer) SELECT 1, 90, id, 1, 'X' FROM account",
        "entry_layer",
    )
