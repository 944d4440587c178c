"""What waits in a clearing house, and for what: a date, a dispute, a limit, a cycle, a decision; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clearing_support import (
    BY,
    DAY,
    KZT,
    NAMES,
    Clock,
    cycle_end,
    decide,
    examine,
    found_house,
    listing,
    order,
    party,
    pay_over,
    posted,
    reverse,
    rows,
    set_limit,
    small_scheme,
    status_of,
    value,
)
from tarazu.clearing.house import ClearingHouse
from tarazu.core.errors import InputError


@pytest.fixture
def queueing(house_url: str, clock: Clock) -> Iterator[ClearingHouse]:
    """A house whose orders queue for a swing limit of 3,000 dollars."""
    opened = found_house(house_url, small_scheme(overflow='"queue"', swing_limit="3_000.00"), clock=clock)
    yield opened
    examine(opened)
    opened.close()


# ---- pending payments ----------------------------------------------------------------------------------------


def test_a_future_payment_is_held_and_posted_on_its_day(house, clock):
    later = DAY + timedelta(days=1)
    (outcome,) = house.submit([order("k", "K1", "I1", settlement_date=later)])
    assert outcome.status == "pending"
    assert posted(house, "K1", "customer") == 0
    assert house.advance().posted == 0
    clock.day = later
    assert house.advance().posted == 1
    assert status_of(house, outcome.id) == "posted"
    assert posted(house, "K1", "customer") == -100_000 * KZT


def test_a_date_on_a_closed_day_settles_on_the_next_open_one(house):
    friday = date(2026, 9, 18)
    (outcome,) = house.submit([order("k", "K1", "I1", settlement_date=friday)])
    settles = value(house, "SELECT settlement_date FROM payment WHERE id = :i", i=outcome.id)
    assert settles == "2026-09-21"  # Friday to Sunday are closed in one country or the other


def test_a_disputed_payment_stays_pending_until_the_dispute_ends(house, clock):
    later = DAY + timedelta(days=1)
    (outcome,) = house.submit([order("k", "K1", "I1", settlement_date=later)])
    house.dispute(outcome.id, "goods wet", BY[0])
    with pytest.raises(InputError, match="no dispute to raise"):
        house.dispute(outcome.id, "again", BY[0])
    clock.day = later
    assert house.advance().posted == 0
    house.dispute(outcome.id, "settled", BY[1], raised=False)
    assert house.advance().posted == 1


def test_consenting_firms_payments_live_until_their_set_off(house_url, clock):
    parties = [party(each, set_off=True) for each in ("K1", "I1")]
    house = found_house(
        house_url, small_scheme(set_off="true", length='"monthly"'), clock=clock, parties=parties
    )
    there, back = house.submit([order("a", "K1", "I1", 300_000), order("b", "I1", "K1", 200_000)])
    end = cycle_end(house)
    while clock.day < end:
        clock.day += timedelta(days=1)
        house.advance()
    closed = house.close_cycle(BY)
    assert (closed.expired, closed.set_off, closed.gross) == (0, 400_000, 500_000)
    assert [status_of(house, each.id) for each in (there, back)] == ["posted", "posted"]
    assert posted(house, "agent-KAZ", "clearing") == -100_000 + closed.agents[0].interest
    examine(house)
    house.close()


def test_a_fully_set_off_payment_cannot_be_reversed_and_says_so(house_url, clock):
    parties = [party(each, set_off=True) for each in ("K1", "I1")]
    house = found_house(house_url, small_scheme(set_off="true"), clock=clock, parties=parties)
    there, back = house.submit([order("a", "K1", "I1", 300_000), order("b", "I1", "K1", 200_000)])
    pay_over(house, clock)
    for payment in (there, back):
        with pytest.raises(InputError, match="set-off is final"):
            reverse(house, payment.id)
    examine(house)
    house.close()


# ---- limits and queues ---------------------------------------------------------------------------------------


def test_a_swing_limit_rejects_what_exceeds_it(house_url):
    house = found_house(house_url, small_scheme(swing_limit="3_000.00"))
    outcomes = house.submit([order(f"k{n}", "K1", "I1") for n in range(4)])
    assert [each.status for each in outcomes] == ["posted"] * 3 + ["refused"]
    assert outcomes[3].code == "AM21"
    assert house.submit([order("back", "I1", "K1"), order("more", "K1", "I1")])[1].status == "posted"
    examine(house)
    house.close()


def test_a_customers_line_of_credit_rejects_what_exceeds_it(house):
    set_limit(house, "K1", 150_000 * KZT)
    outcomes = house.submit([order("k1", "K1", "I1"), order("k2", "K1", "I1"), order("k3", "K2", "I1")])
    assert [each.status for each in outcomes] == ["posted", "refused", "posted"]
    assert outcomes[1].code == "AM04"


def test_queued_orders_are_booked_in_the_order_in_which_they_came(queueing):
    queued = queueing.submit([order(f"k{n}", "K1", "I1", n * 100_000) for n in (3, 2, 1)])
    assert [each.status for each in queued] == ["posted", "queued", "queued"]
    # The third is queued although nothing is free for it either way; a fourth may not overtake it.
    queueing.submit([order("back", "I1", "K1", 100_000)])
    (fourth,) = queueing.submit([order("k4", "K2", "I2", 100_000)])
    assert fourth.status == "queued"
    assert queueing.advance().waited[0].status == "queued"
    assert [status_of(queueing, each.id) for each in queued[1:]] == [None, None]
    queueing.submit([order("more", "I1", "K1", 200_000)])
    assert [each.status for each in queueing.advance().waited] == ["posted", "posted", "queued"]
    assert [status_of(queueing, each.id) for each in (*queued, fourth)] == ["posted"] * 3 + [None]


def test_an_order_released_from_a_hold_does_not_overtake_the_queue(queueing, clock):
    queueing.load_lists([listing(NAMES["K2"])], by=BY[0])
    queueing.submit([order("full", "K1", "I1", 250_000)])
    first, held = queueing.submit([order("k1", "K1", "I1", 200_000), order("k2", "K2", "I1", 100_000)])
    assert (first.status, held.status) == ("queued", "held")
    queueing.submit([order("back", "I1", "K1", 100_000)])  # now there is room for the later one alone
    decide(queueing, "K2", release=True)
    assert [status_of(queueing, each.id) for each in (first, held)] == [None, None]
    queueing.submit([order("back 2", "I1", "K1", 200_000)])
    queueing.advance()
    assert [status_of(queueing, each.id) for each in (first, held)] == ["posted", "posted"]


def test_a_queued_order_outlives_a_morning_without_a_new_list(house_url, clock):
    scheme = small_scheme(overflow='"queue"', swing_limit="1_000.00", screening_max_age_days="1")
    house = found_house(house_url, scheme, clock=clock)
    _, queued = house.submit([order("k1", "K1", "I1"), order("k2", "K1", "I1")])
    house.submit([order("k3", "I1", "K1")])
    clock.day = date(2026, 9, 21)
    house.advance()  # before anybody loaded today's list
    assert value(house, "SELECT state FROM waiting WHERE id = :i", i=queued.id) in ("queued", "held")
    house.load_lists([listing(day=clock.day)], by=BY[0])
    house.advance()
    assert status_of(house, queued.id) == "posted"
    examine(house)
    house.close()


def test_an_order_after_the_end_of_the_cycle_is_booked_after_its_close(house, clock):
    clock.day = cycle_end(house) + timedelta(days=1)
    (outcome,) = house.submit([order("late", "K1", "I1", settlement_date=clock.day)])
    assert (outcome.status, outcome.code) == ("queued", "DT01")
    assert status_of(house, outcome.id) is None
    closed = house.close_cycle(BY)
    assert closed.payments == 0
    settles = value(house, "SELECT settlement_date FROM payment WHERE id = :i", i=outcome.id)
    assert value(house, "SELECT cycle FROM payment WHERE id = :i", i=outcome.id) == 2
    assert status_of(house, outcome.id) == ("pending" if settles > clock.day.isoformat() else "posted")
    assert house.submit([order("late", "K1", "I1", settlement_date=clock.day)])[0].id == outcome.id


def test_a_cycle_is_not_closed_before_its_end(house):
    before = value(house, "SELECT count(*) FROM cycle")
    with pytest.raises(InputError, match="ends on"):
        house.close_cycle(BY)
    assert value(house, "SELECT count(*) FROM cycle") == before


# ---- screening -----------------------------------------------------------------------------------------------


def test_a_hit_holds_payments_until_a_decision(house):
    house.load_lists([listing(NAMES["K1"])], by=BY[0])
    mine, other, theirs = house.submit(
        [order("a", "K1", "I1"), order("b", "K2", "I1"), order("c", "I2", "K1")]
    )
    assert [each.status for each in (mine, other, theirs)] == ["held", "posted", "held"]
    with pytest.raises(InputError, match="reason"):
        decide(house, "K1", release=True, reason=" ")
    decide(house, "K1", release=True)
    assert [status_of(house, each.id) for each in (mine, theirs)] == ["posted", "posted"]
    assert house.submit([order("a", "K1", "I1")])[0].status == "held"  # the first answer again
    assert house.submit([order("d", "K1", "I1")])[0].status == "posted"


def test_a_release_lasts_until_the_next_hit_and_a_block_until_the_next_decision(house):
    house.load_lists([listing(NAMES["K1"], NAMES["K2"])], by=BY[0])
    decide(house, "K1", release=True)
    decide(house, "K2", release=False)
    house.load_lists([listing(NAMES["K1"], title="newer")], by=BY[0])
    state = dict(rows(house, "SELECT party, state FROM standing"))
    assert (state["K1"], state["K2"], state["K3"]) == ("held", "blocked", "clear")
    assert house.submit([order("a", "K2", "I1")])[0].status == "refused"
    decide(house, "K2", release=True)
    assert house.submit([order("b", "K2", "I1")])[0].status == "posted"


def test_a_block_voids_what_is_pending_and_refuses_what_is_held(house):
    pending, _ = house.submit(
        [order("a", "K1", "I1", settlement_date=DAY + timedelta(days=1)), order("b", "K1", "I1")]
    )
    house.load_lists([listing(NAMES["K1"])], by=BY[0])
    (held,) = house.submit([order("c", "I1", "K1")])
    decide(house, "K1", release=False)
    assert status_of(house, pending.id) == "voided"
    assert value(house, "SELECT state FROM waiting WHERE id = :i", i=held.id) == "refused"


def test_a_pending_payment_of_a_held_party_is_not_posted(house, clock):
    later = DAY + timedelta(days=1)
    (outcome,) = house.submit([order("a", "K1", "I1", settlement_date=later)])
    house.load_lists([listing(NAMES["I1"])], by=BY[0])
    clock.day = later
    assert house.advance().posted == 0
    decide(house, "I1", release=True)
    house.advance()
    assert status_of(house, outcome.id) == "posted"


@pytest.mark.parametrize("stopped", ["K1", "I1", "agent-IRN"])
def test_a_party_hit_between_booking_and_close_is_frozen_and_thawed_by_a_release(house, clock, stopped):
    hit, clear = house.submit([order("a", "K1", "I1"), order("b", "K2", "I2", 200_000)])
    name = NAMES.get(stopped) or house.scheme.member("IRN").agent
    house.load_lists([listing(name)], by=BY[0])
    closed = pay_over(house, clock)
    frozen = 2 if stopped.startswith("agent") else 1
    assert closed.frozen == frozen
    assert status_of(house, hit.id) == "frozen"
    left = 0 if frozen == 2 else 200_000
    assert posted(house, "agent-KAZ", "clearing") == -posted(house, "agent-IRN", "clearing")
    assert abs(posted(house, "agent-KAZ", "clearing") + left) < 1_000  # but for interest
    examine(house)
    before = posted(house, "agent-IRN", "clearing")
    decide(house, stopped, release=True)
    assert {status_of(house, each.id) for each in (hit, clear)} == {"posted"}
    assert posted(house, "agent-IRN", "clearing") - before == 300_000 - left
    assert value(
        house, "SELECT sum(posted) FROM balance b JOIN account a ON a.id = b.account WHERE purpose = 'frozen'"
    ) in (0, -0)


def test_a_block_keeps_frozen_what_is_frozen(house, clock):
    (hit,) = house.submit([order("a", "K1", "I1")])
    house.load_lists([listing(NAMES["I1"])], by=BY[0])
    pay_over(house, clock)
    decide(house, "I1", release=False)
    assert status_of(house, hit.id) == "frozen"
    assert posted(house, "agent-KAZ", "frozen") == 100_000 * KZT  # the debtor's money waits with its agent
    with pytest.raises(InputError, match="frozen"):
        reverse(house, hit.id)
    pay_over(house, clock)
    assert status_of(house, hit.id) == "frozen"


def test_no_change_of_lists_releases_anybody(house):
    """A held party stays held until two operators decide, even if the next list no longer has the name."""
    house.load_lists([listing(NAMES["K1"])], by=BY[0])
    (held,) = house.submit([order("a", "K1", "I1")])
    house.load_lists([listing(title="without it")], by=BY[0])
    assert dict(rows(house, "SELECT party, state FROM standing"))["K1"] == "held"
    assert status_of(house, held.id) is None
    decide(house, "K1", release=True)
    assert status_of(house, held.id) == "posted"


def test_an_invoice_whose_price_cannot_be_checked_is_held(house):
    house.load_prices({"1003": (0.2, 0.4, "dossier"), "1001": (0.1, 0.3, "dossier")}, by=BY[0])
    no_weight, wide, other = house.submit(
        [
            order("a", "K1", "I1"),
            order("b", "K1", "I1", hs="10", quantity_kg=Decimal(100)),
            order("c", "K1", "I1", hs="7208"),
        ]
    )
    assert [each.status for each in (no_weight, wide, other)] == ["held", "held", "posted"]
    assert "no net weight" in no_weight.reason
