"""The close of a cycle and its settlements, and everything that can go wrong with them; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clearing_support import (
    BY,
    DAY,
    KZT,
    NAMES,
    Clock,
    cycle_end,
    examine,
    found_house,
    listing,
    order,
    pay_over,
    posted,
    reverse,
    rows,
    small_scheme,
    status_of,
    value,
)
from tarazu.clearing.house import ClearingHouse
from tarazu.core.errors import InputError

# ---- close and settlement ------------------------------------------------------------------------------------


def test_a_close_nets_charges_interest_settles_at_home_and_opens_the_next(house, clock):
    house.submit([order("a", "K1", "I1", 60_000_000), order("b", "I2", "K2", 20_000_000)])
    end = cycle_end(house)
    closed = pay_over(house, clock)
    kaz, irn = closed.agents
    days = (end - DAY).days + 1
    interest = round(40_000_000 * 3 * days / 100 / 360)
    assert (kaz.paid, kaz.received, kaz.interest, kaz.closing) == (
        60_000_000,
        20_000_000,
        -interest,
        -40_000_000 - interest,
    )
    assert irn.closing == -kaz.closing
    assert closed.netted_share == pytest.approx(0.5)
    (due,) = closed.settlements
    assert (due.debtor_agent, due.creditor_agent) == ("agent-KAZ", "agent-IRN")
    assert abs(due.amount - (40_000_000 + interest) / 2) <= 1  # half is carried
    assert [posted(house, each, "customer") for each in NAMES] == [0] * len(NAMES)
    assert posted(house, "agent-KAZ", "domestic") == -40_000_000 * KZT
    assert (
        value(house, "SELECT opened FROM cycle WHERE closed IS NULL") == (end + timedelta(days=1)).isoformat()
    )


def test_what_is_already_due_is_not_demanded_a_second_time(house_url, clock):
    house = found_house(house_url, small_scheme(settle_share="1", rate="0"), clock=clock)
    house.submit([order("a", "K1", "I1", 300_000)])
    first = pay_over(house, clock)
    second = pay_over(house, clock)
    demanded = sum(each.amount for each in (*first.settlements, *second.settlements))
    assert demanded == 300_000
    for each in (*first.settlements, *second.settlements):
        house.settle(each.id, BY)
        house.confirm_settlement(each.id, "ref", BY[0])
    assert posted(house, "agent-KAZ", "clearing") == 0
    examine(house)
    house.close()


def test_what_is_demanded_does_not_hang_on_whether_the_last_settlement_is_on_its_way(house_url, clock):
    """It is confirmed before the second close, or after it: the same is demanded, and the same is left."""
    house = found_house(house_url, small_scheme(settle_share="0.5", rate="0"), clock=clock)
    found = []
    for late in (False, True):
        house.submit([order(f"a{late}", "K1", "I1", 400_000, settlement_date=clock.day)])
        (first,) = pay_over(house, clock).settlements
        house.settle(first.id, BY)
        if not late:
            house.confirm_settlement(first.id, "ref", BY[0])
        clock.day = house.scheme.calendar().next_open(clock.day + timedelta(days=1))  # before the deadline
        house.submit([order(f"b{late}", "K1", "I1", 200_000, settlement_date=clock.day)])
        second = pay_over(house, clock).settlements
        if late:
            house.confirm_settlement(first.id, "ref", BY[0])
        for each in second:
            house.settle(each.id, BY)
            house.confirm_settlement(each.id, "ref", BY[0])
        found.append(
            ([first.amount, *(each.amount for each in second)], posted(house, "agent-KAZ", "clearing"))
        )
        back = order(f"c{late}", "I1", "K1", -found[-1][1], settlement_date=clock.day)
        clock.day += timedelta(days=1)
        (outcome,) = house.submit([replace(back, settlement_date=clock.day)])
        clock.day = cycle_end(house)
        house.advance()
        assert status_of(house, outcome.id) == "posted"
        assert posted(house, "agent-KAZ", "clearing") == 0
    assert found[0] == found[1] == ([200_000, 200_000], -200_000)
    examine(house)
    house.close()


@pytest.fixture
def due(house: ClearingHouse, clock: Clock) -> int:
    """Number of a settlement that agent-KAZ owes."""
    house.submit([order("a", "K1", "I1", 40_000_000)])
    return pay_over(house, clock).settlements[0].id


def test_a_settlement_moves_the_books_when_it_arrives(house, due):
    amount = value(house, "SELECT amount FROM settlement")
    before = posted(house, "agent-KAZ", "clearing")
    house.settle(due, BY)
    assert posted(house, "agent-KAZ", "clearing") == before
    house.confirm_settlement(due, "ref", BY[0])
    assert posted(house, "agent-KAZ", "clearing") == before + amount
    assert posted(house, "agent-IRN", "convertible") == amount == -posted(house, "agent-KAZ", "convertible")
    with pytest.raises(InputError, match="settled"):
        house.confirm_settlement(due, "ref", BY[0])


def test_a_settlement_that_nobody_released_is_not_confirmed(house, due):
    with pytest.raises(InputError, match="due"):
        house.confirm_settlement(due, "ref", BY[0])


def test_a_rejected_instruction_moves_nothing_and_is_issued_again(house, due):
    before = posted(house, "agent-KAZ", "clearing")
    house.settle(due, BY)
    house.reject_settlement(due, "AC04", "account closed", BY[0])
    assert posted(house, "agent-KAZ", "clearing") == before
    with pytest.raises(InputError, match="rejected"):
        house.confirm_settlement(due, "ref", BY[0])
    house.reissue_settlement(due, BY[0])
    house.settle(due, BY)
    house.confirm_settlement(due, "ref", BY[0])
    assert rows(house, "SELECT status, attempt FROM settlement") == [("settled", 2)]


def test_a_returned_settlement_is_reversed_and_issued_again(house, due):
    before = [posted(house, agent, "clearing") for agent in ("agent-KAZ", "agent-IRN")]
    house.settle(due, BY)
    house.confirm_settlement(due, "ref", BY[0])
    house.return_settlement(due, "AC06", "blocked", BY[0])
    assert [posted(house, agent, "clearing") for agent in ("agent-KAZ", "agent-IRN")] == before
    assert posted(house, "agent-KAZ", "convertible") == 0
    with pytest.raises(InputError, match="returned"):
        house.return_settlement(due, "AC06", "blocked", BY[0])
    house.reissue_settlement(due, BY[0])
    house.settle(due, BY)
    house.confirm_settlement(due, "ref 2", BY[0])
    assert value(house, "SELECT status FROM settlement") == "settled"


def test_after_the_deadline_the_debtor_owes_no_more_until_it_paid(house, clock, due):
    house.settle(due, BY)
    deadline = date.fromisoformat(value(house, "SELECT due FROM settlement"))
    clock.day = deadline
    assert house.advance().overdue == ()
    clock.day = deadline + timedelta(days=1)
    assert house.advance().overdue == (due,)
    assert house.advance().overdue == ()  # once
    more, back = house.submit(
        [order("m", "K2", "I2", settlement_date=clock.day), order("b", "I2", "K2", settlement_date=clock.day)]
    )
    assert (more.status, more.code) == ("refused", "AG01")
    assert back.status in ("posted", "pending", "queued")
    owed = posted(house, "agent-KAZ", "clearing")
    clock.day = max(clock.day, cycle_end(house))
    closed = house.close_cycle(BY)
    assert closed.agents[0].interest < 0
    assert posted(house, "agent-KAZ", "clearing") <= owed + 100_000 + closed.agents[0].interest
    house.confirm_settlement(due, "late", BY[0])
    clock.day += timedelta(days=1)
    (after,) = house.submit([order("n", "K2", "I2", settlement_date=clock.day)])
    assert after.status in ("posted", "pending")


@pytest.mark.parametrize("told", ["late release", "nobody"])
def test_only_the_money_ends_the_stop_after_the_deadline(house, clock, due, told):
    """Neither an instruction given too late nor a house that nobody advanced lets the debtor owe more."""
    clock.day = date.fromisoformat(value(house, "SELECT due FROM settlement")) + timedelta(days=1)
    if told == "late release":
        house.advance()
        house.settle(due, BY)
    (more,) = house.submit([order("m", "K2", "I2", settlement_date=clock.day)])
    assert (more.status, more.code) == ("refused", "AG01")
    if told == "nobody":
        house.settle(due, BY)
    house.confirm_settlement(due, "ref", BY[0])
    assert house.submit([order("n", "K2", "I2", settlement_date=clock.day)])[0].status == "posted"


def test_a_settlement_that_two_operators_never_released_is_not_booked_by_one(house, clock, due):
    clock.day = date.fromisoformat(value(house, "SELECT due FROM settlement")) + timedelta(days=1)
    house.advance()
    with pytest.raises(InputError):
        house.confirm_settlement(due, "ref", BY[0])
    assert posted(house, "agent-KAZ", "convertible") == 0


def test_a_held_agents_settlement_is_not_released(house, due, clock):
    house.load_lists([listing(house.scheme.member("IRN").agent, day=clock.day)], by=BY[0])
    with pytest.raises(InputError, match="held"):
        house.settle(due, BY)
    assert value(house, "SELECT status FROM settlement") == "due"


def test_what_exceeds_a_limit_is_consolidated_where_the_scheme_says_so(house_url, clock):
    scheme = small_scheme(overflow='"consolidate"', swing_limit="3_000.00", settle_share="0", rate="0")
    house = found_house(house_url, scheme, clock=clock)
    house.submit([order("a", "K1", "I1", 500_000)])
    closed = pay_over(house, clock)
    assert closed.agents[0].consolidated == -200_000
    assert (posted(house, "agent-KAZ", "clearing"), posted(house, "agent-KAZ", "consolidated")) == (
        -300_000,
        -200_000,
    )
    assert closed.settlements == ()
    examine(house)
    house.close()


def test_a_recalled_payment_is_reversed_in_the_next_cycle(house, clock):
    (outcome,) = house.submit([order("a", "K1", "I1")])
    first = pay_over(house, clock)
    assert first.payments == 1
    reverse(house, outcome.id)
    assert status_of(house, outcome.id) == "reversed"
    assert posted(house, "K1", "customer") == 100_000 * KZT
    with pytest.raises(InputError, match="reversed"):
        reverse(house, outcome.id)
    second = pay_over(house, clock)
    assert second.payments == 0
    assert second.agents[0].other == 100_000
    assert posted(house, "agent-KAZ", "domestic") == 0


def test_interest_is_charged_for_every_night_once(house_url, clock):
    """A payment after the close of its day's cycle bears interest from that night."""
    house = found_house(house_url, small_scheme(settle_share="0", rate="0.36"), clock=clock)
    clock.day = cycle_end(house)
    house.close_cycle(BY)
    booked = clock.day
    house.submit([order("a", "K1", "I1", 50_000_000, settlement_date=booked)])
    closed = pay_over(house, clock)
    nights = (clock.day - booked).days + 1
    assert -closed.agents[0].interest == nights * 50_000  # 0.1% a day
    house.close()
