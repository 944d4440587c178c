"""Failures that other ledgers are known for, each as a test that bears its name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clearing_support import (
    BY,
    DAY,
    IRR,
    KZT,
    NAMES,
    Clock,
    cycle_end,
    examine,
    found_house,
    listing,
    order,
    posted,
    rows,
    set_limit,
    size,
    small_scheme,
    status_of,
    value,
)
from tarazu.clearing.admission import Admission, Submission
from tarazu.clearing.books import Books
from tarazu.clearing.house import ClearingHouse
from tarazu.core.errors import InputError

TOMORROW = DAY + timedelta(days=1)


def hold(house: ClearingHouse, key: str = "hold", amount: int = 100_000) -> int:
    (outcome,) = house.submit([order(key, "K1", "I1", amount, settlement_date=TOMORROW)])
    assert outcome.status == "pending"
    assert outcome.id is not None
    return outcome.id


def test_hold_counts_in_the_limit_at_once(house):
    set_limit(house, "K1", 150_000 * KZT)
    hold(house)
    over, fits = house.submit([order("over", "K1", "I1", 100_000), order("other", "K2", "I1", 100_000)])
    assert (over.status, over.code, fits.status) == ("refused", "AM04", "posted")
    set_limit(house, "agent-KAZ", 250_000, "clearing")  # 100,000 held and 100,000 posted
    swing, fits = house.submit([order("swing", "K2", "I1", 150_000), order("small", "I1", "K2")])
    assert (swing.status, swing.code, fits.status) == ("refused", "AM21", "posted")


def test_hold_gives_the_creditor_nothing_to_spend(house):
    set_limit(house, "I1", 0)
    hold(house)
    (spent,) = house.submit([order("spend", "I1", "K2")])
    assert (spent.status, spent.code) == ("refused", "AM04")


def test_void_frees_the_limit(house):
    set_limit(house, "K1", 150_000 * KZT)
    number = hold(house)
    house.void(number, "cancelled", BY[0])
    assert house.submit([order("now", "K1", "I1", 150_000)])[0].status == "posted"


def test_rejected_hold_is_never_committed_later(house, clock):
    number = hold(house)
    house.void(number, "rejected by the creditor's bank", BY[0])
    for ahead in range(1, 9):
        clock.day = DAY + timedelta(days=ahead)
        house.advance()
    house.close_cycle(BY)
    assert status_of(house, number) == "voided"
    assert posted(house, "K1", "customer") == posted(house, "agent-KAZ", "clearing") == 0
    assert house.submit([order("hold", "K1", "I1", settlement_date=TOMORROW)])[0].id == number
    assert status_of(house, number) == "voided"


def test_foreign_exchange_hold_has_a_row_for_every_leg(house):
    number = hold(house)
    text = (
        "SELECT a.owner, a.purpose, a.currency, e.amount FROM entry e JOIN account a ON a.id = e.account "
        "WHERE e.seq = :n AND e.layer = 'H' ORDER BY e.leg"
    )
    assert [tuple(row) for row in rows(house, text, n=number)] == [
        ("K1", "customer", "KZT", -100_000 * KZT),
        ("agent-KAZ", "position", "KZT", 100_000 * KZT),
        ("agent-KAZ", "clearing", "USD", -100_000),
        ("agent-IRN", "clearing", "USD", 100_000),
        ("agent-IRN", "position", "IRR", -100_000 * IRR),
        ("I1", "customer", "IRR", 100_000 * IRR),
    ]
    assert rows(house, "SELECT sum(pending_debit), sum(pending_credit) FROM balance") == [
        (100_000 * (KZT + 1 + IRR), 100_000 * (KZT + 1 + IRR))
    ]


def test_bulk_is_never_half_committed_when_the_database_refuses_one(house, monkeypatch):
    """The program forgets to look at the verdicts: the database refuses that one, and the others stand."""
    house.load_lists([listing(NAMES["K2"])], by=BY[0])
    monkeypatch.setattr(Admission, "_check_standing", lambda *_: None)
    outcomes = house.submit([order("a", "K1", "I1"), order("b", "K2", "I1"), order("c", "K3", "I1")])
    assert [each.status for each in outcomes] == ["posted", "refused", "posted"]
    assert "no valid verdict" in outcomes[1].reason
    assert posted(house, "K2", "customer") == 0
    assert posted(house, "agent-KAZ", "clearing") == -200_000
    assert [each.id for each in house.submit([order("a", "K1", "I1")])] == [outcomes[0].id]


def test_bulk_is_never_half_committed_when_it_is_cut_off_in_the_middle(house, monkeypatch):
    before, flush = size(house), Books.flush

    def half(books: Books) -> None:
        del books._rows[len(books._rows) // 2 :]
        flush(books)
        raise RuntimeError("cut off")

    monkeypatch.setattr(Books, "flush", half)
    with pytest.raises(RuntimeError, match="cut off"):
        house.submit([order(f"k{n}", "K1", "I1") for n in range(10)])
    monkeypatch.undo()
    tables = ("request", "payment", "entry", "waiting")
    assert [value(house, f"SELECT count(*) FROM {table}") for table in tables] == [0, 0, 0, 0]
    assert size(house) == before
    assert [each.status for each in house.submit([order(f"k{n}", "K1", "I1") for n in range(10)])] == [
        "posted"
    ] * 10


def test_a_close_that_fails_at_its_end_did_nothing(house, clock, monkeypatch):
    house.submit([order("k", "K1", "I1")])
    clock.day = cycle_end(house)
    before = rows(house, "SELECT * FROM balance ORDER BY account")
    flush = Books.flush

    def late(books: Books) -> None:
        flush(books)
        if value(house, "SELECT 1 FROM proposal WHERE action = 'close-cycle'") and books.seq > before_close:
            raise RuntimeError("cut off")

    number = house.propose("close-cycle", {"interest_rate": None}, BY[0])
    before_close = size(house)
    monkeypatch.setattr(Books, "flush", late)
    with pytest.raises(RuntimeError, match="cut off"):
        house.approve(number, BY[1])
    monkeypatch.undo()
    assert rows(house, "SELECT * FROM balance ORDER BY account") == before
    assert value(house, "SELECT state FROM proposal WHERE id = :n", n=number) == "open"
    assert house.approve(number, BY[1]).payments == 1


def test_void_after_post(house, clock):
    number = hold(house)
    clock.day = TOMORROW
    house.advance()
    assert status_of(house, number) == "posted"
    with pytest.raises(InputError, match="only a pending payment can be voided"):
        house.void(number, "too late", BY[0])
    assert status_of(house, number) == "posted"


def test_double_void(house):
    number = hold(house)
    house.void(number, "once", BY[0])
    with pytest.raises(InputError, match="voided"):
        house.void(number, "twice", BY[0])


def test_double_post(house, clock):
    hold(house)
    clock.day = TOMORROW
    assert (house.advance().posted, house.advance().posted) == (1, 0)
    assert posted(house, "K1", "customer") == -100_000 * KZT


def test_expire_once(house, clock):
    number = hold(house)
    house.dispute(number, "goods wet", BY[0])
    last = DAY.fromisoformat(value(house, "SELECT expires FROM payment"))
    clock.day = last
    assert house.advance().expired == 0
    clock.day = last + timedelta(days=1)
    assert (house.advance().expired, house.advance().expired) == (1, 0)
    assert status_of(house, number) == "expired"
    assert rows(house, "SELECT DISTINCT pending_debit, pending_credit FROM balance") == [(0, 0)]
    with pytest.raises(InputError, match="expired"):
        house.void(number, "too late", BY[0])


def test_an_order_that_waited_is_booked_once(house_url):
    """Two desks find the same order waiting and both try to book it."""
    clock = Clock()
    house = found_house(house_url, small_scheme(overflow='"queue"', swing_limit="1_000.00"), clock=clock)
    _, queued = house.submit([order("a", "K1", "I1"), order("b", "K1", "I1")])
    house.submit([order("back", "I1", "K1")])
    again = Submission(order("b", "K1", "I1"), id=queued.id)
    first = house._turns.take([again])[0]
    set_limit(house, "agent-KAZ", None, "clearing")
    second = house._turns.take([again])[0]  # a desk that read the queue before the first one booked
    assert first.status == "posted"
    assert second.id == queued.id
    assert posted(house, "agent-KAZ", "clearing") == -100_000
    assert value(house, "SELECT state FROM waiting WHERE id = :i", i=queued.id) == "booked"
    examine(house)
    house.close()


def test_an_order_refused_after_waiting_stays_refused(house_url):
    """The other desk read the queue before the first one refused the order."""
    house = found_house(house_url, small_scheme(overflow='"queue"', swing_limit="1_000.00"))
    _, queued = house.submit([order("a", "K1", "I1"), order("b", "K1", "I1")])
    again = Submission(order("b", "K1", "I1"), id=queued.id)
    set_limit(house, "K1", 0)  # looks at the queue again, too
    assert value(house, "SELECT state FROM waiting WHERE id = :i", i=queued.id) == "refused"
    house.submit([order("back", "I1", "K2")])
    set_limit(house, "K1", 10**12)
    house._turns.take([again])
    assert status_of(house, queued.id) is None
    assert value(house, "SELECT state FROM waiting WHERE id = :i", i=queued.id) == "refused"
    examine(house)
    house.close()
