"""What each operation of the clearing house does to the books, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clearing_support import (
    BY,
    DAY,
    IRR,
    KZT,
    NAMES,
    Clock,
    again,
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
    size,
    small_scheme,
    status_of,
    value,
)
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.rates import Rate
from tarazu.core.errors import InputError, ListError, OperatorError, SchemeError, StoreError

Houses = Iterator[ClearingHouse]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(founded_url: str, clock: Clock) -> Houses:
    opened = ClearingHouse.open(founded_url, today=clock)
    yield opened
    examine(opened)  # whatever a test did, the books must hold after it
    opened.close()


@pytest.fixture
def queueing(house_url: str, clock: Clock) -> Houses:
    opened = found_house(house_url, small_scheme(overflow='"queue"', swing_limit="3_000.00"), clock=clock)
    yield opened
    examine(opened)
    opened.close()


def refusal(call: Callable[..., object], *arguments: object, **named: object) -> str:
    """Name of the exception that a call ends with; empty without one."""
    try:
        call(*arguments, **named)
    except Exception as error:
        return type(error).__name__
    return ""


# ---- founding ----------------------------------------------------------------------------------------------


def test_a_house_needs_a_scheme_and_two_operators(house_url):
    with pytest.raises(StoreError, match="no clearing house yet"):
        ClearingHouse.open(house_url)
    with pytest.raises(InputError, match="two named operators"):
        ClearingHouse.open(house_url, small_scheme(), operators=("one", " one "))
    house = ClearingHouse.open(house_url, small_scheme(), operators=BY, today=Clock())
    with pytest.raises(SchemeError, match="runs under"):
        ClearingHouse.open(house_url, small_scheme(pending_days="9"))
    house.close()


def test_nobody_is_registered_or_paid_unscreened(house_url):
    house = ClearingHouse.open(house_url, small_scheme(), operators=BY, today=Clock())
    with pytest.raises(ListError, match="no sanctions list"):
        house.register([party("K1")], by=BY[0])
    assert value(house, "SELECT count(*) FROM party WHERE kind <> 'agent'") == 0
    with pytest.raises(OperatorError, match="no operator"):
        house.load_lists([listing()], by="stranger")
    house.close()


def test_registration_is_all_or_nothing(house):
    before = size(house)
    new = party("K9", name="Xylophone Works")
    for bad in (
        replace(new, id="K1"),
        replace(new, id="K10", country="USA"),
        replace(new, id="K10", limit=-1),
        replace(new, id="K10", name=" "),
        replace(new, id="K10", synthetic=False),
        replace(new, id="K10", kind="agent"),
        new,
    ):
        with pytest.raises(InputError):
            house.register([new, bad], by=BY[0])
    assert size(house) == before
    assert [each.hit for each in house.register([new], by=BY[0])] == [False]


def test_a_party_that_a_database_cannot_hold_is_refused_in_words(house):
    before = size(house)
    new = party("K9", name="Xylophone Works")
    for change in ({"id": "K" * 81}, {"id": "K\x00"}, {"name": "a\ud800"}, {"bic": "B" * 12}):
        assert refusal(house.register, [replace(new, **change)], by=BY[0]) == "InputError", change
    assert size(house) == before


# ---- booking -----------------------------------------------------------------------------------------------


def test_a_payment_moves_six_accounts_by_its_amounts(house):
    (outcome,) = house.submit([order("k", "K1", "I1", 123_456)])
    assert outcome.status == "posted"
    assert posted(house, "K1", "customer") == -123_456 * KZT
    assert posted(house, "agent-KAZ", "position") == 123_456 * KZT
    assert posted(house, "agent-KAZ", "clearing") == -123_456
    assert posted(house, "agent-IRN", "clearing") == 123_456
    assert posted(house, "agent-IRN", "position") == -123_456 * IRR
    assert posted(house, "I1", "customer") == 123_456 * IRR


def test_an_amount_in_the_debtors_own_currency_is_debited_to_the_unit(house):
    house.submit([order("k", "K1", "I1", 50_000_049, "KZT")])
    assert posted(house, "K1", "customer") == -50_000_049
    assert posted(house, "agent-KAZ", "clearing") == -100_000  # 100,000.098 cents
    assert posted(house, "I1", "customer") == 100_000 * IRR


REFUSED = [
    ({"debtor": "K9"}, "AC01"),
    ({"creditor": "agent-IRN"}, "AC01"),
    ({"creditor": "K2"}, "AG01"),
    ({"creditor": "K1"}, "AG01"),
    ({"hs": "2709"}, "AG01"),
    ({"hs": ""}, "AG01"),
    ({"currency": "EUR"}, "AM03"),
    ({"amount": 0}, "AM12"),
    ({"amount": -100_000}, "AM12"),
    ({"amount": 99_999}, "AM06"),
    ({"amount": 500_000_001}, "AM02"),
    ({"settlement_date": DAY - timedelta(days=1)}, "DT01"),
    ({"settlement_date": DAY + timedelta(days=60)}, "DT01"),
    ({"settlement_date": date.max}, "DT01"),
    ({"settlement_date": date.min}, "DT01"),
    ({"debtor_name": "Somebody Else"}, "BE01"),
]


def test_each_refusal_has_its_code_and_moves_nothing(house):
    orders = [replace(order(f"k{n}", "K1", "I1"), **change) for n, (change, _) in enumerate(REFUSED)]
    outcomes = house.submit(orders)
    assert [(each.status, each.code) for each in outcomes] == [("refused", code) for _, code in REFUSED]
    assert all(each.reason for each in outcomes)
    assert value(house, "SELECT count(*) FROM entry") == 0
    assert [replace(each, repeated=False) for each in house.submit(orders)] == outcomes


def test_the_same_key_returns_the_first_answer_and_other_content_is_refused(house):
    (first,) = house.submit([order("k", "K1", "I1")])
    (second,) = house.submit([order("k", "K1", "I1")])
    assert second == replace(first, repeated=True)
    (other,) = house.submit([order("k", "K1", "I1", 100_001)])
    assert (other.status, other.code, other.id) == ("refused", "AM05", None)
    within = house.submit([order("m", "K1", "I1"), order("m", "K1", "I1"), order("m", "K1", "I2")])
    assert [(each.status, each.repeated, each.code) for each in within] == [
        ("posted", False, ""),
        ("posted", True, ""),
        ("refused", False, "AM05"),
    ]
    assert posted(house, "agent-KAZ", "clearing") == -200_000


POISON = {
    "a key that is too long": {"key": "x" * 201},
    "a zero byte in the key": {"key": "x\x00y"},
    "half a surrogate pair in the key": {"key": "x\ud800"},
    "half a surrogate pair in an identifier": {"end_to_end_id": "x\udfff"},
    "a zero byte in a party": {"debtor": "K1\x00"},
    "a zero byte in a name": {"debtor_name": "Altyn\x00Grain"},
    "an amount beyond 64 bits": {"amount": 2**64},
    "an amount beyond what the ledger holds": {"amount": 2**61, "currency": "KZT"},
    "a party that is too long": {"creditor": "I" * 500},
}


def test_a_poisoned_order_is_refused_alone(house_url):
    house = found_house(house_url, small_scheme(payment_max="", swing_limit=""))
    set_limit(house, "K1", None)
    wrong = {}
    for number, (what, change) in enumerate(POISON.items()):
        bad = replace(order(f"bad{number}", "K1", "I1"), **change)
        batch = [order(f"a{number}", "K1", "I1"), bad, order(f"z{number}", "K2", "I2")]
        try:
            found = [each.status for each in house.submit(batch)]
        except Exception as error:
            found = [repr(error)[:80]]
        if found != ["posted", "refused", "posted"]:
            wrong[what] = found
    examine(house)
    house.close()
    assert not wrong


def test_dates_at_the_end_of_the_known_holidays_stop_nobody_else(house_url):
    clock = Clock(date(2027, 12, 13))
    house = found_house(house_url, clock=clock)
    near = order("near", "K1", "I1", settlement_date=date(2027, 12, 13))
    far = order("far", "K1", "I1", settlement_date=date(2028, 1, 5))
    outcomes = house.submit([far, near])
    assert [each.status for each in outcomes] == ["refused", "posted"], outcomes
    assert "2028" in outcomes[0].reason
    examine(house)
    house.close()


def test_a_rate_that_converts_nothing_is_refused_when_it_is_loaded(house):
    name = dict(house.scheme.rate.sources)["KZT"]
    for per_unit in (Decimal(0), Decimal(-1), Decimal("NaN")):
        with pytest.raises(InputError):
            house.load_rates([Rate(DAY, "KZT", per_unit, name, "test")], by=BY[0])
    (outcome,) = house.submit([order("k", "K1", "I1")])
    assert outcome.status == "posted"


def test_a_corrected_rate_holds_from_then_on(house):
    house.submit([order("k1", "K1", "I1")])
    name = dict(house.scheme.rate.sources)["KZT"]
    for per_unit in (510, 520):
        house.load_rates([Rate(DAY, "KZT", Decimal(per_unit), name, "test")], by=BY[0])
    house.submit([order("k2", "K1", "I1")])
    assert posted(house, "K1", "customer") == -100_000 * (500 + 520)


def test_lists_that_are_too_old_book_nothing(house_url, clock):
    house = found_house(house_url, small_scheme(screening_max_age_days="1"), clock=clock)
    clock.day += timedelta(days=1)
    later = [order(f"k{n}", "K1", "I1", settlement_date=clock.day) for n in range(3)]
    assert house.submit(later[:1])[0].status == "posted"
    clock.day += timedelta(days=5)  # over the weekend
    later = [replace(each, settlement_date=clock.day) for each in later]
    (refused,) = house.submit([later[1]])
    assert (refused.status, refused.code) == ("refused", "AG01")
    with pytest.raises(ListError, match="days ago"):
        house.load_lists([listing(day=DAY)], by=BY[0])
    with pytest.raises(ListError, match="after today"):
        house.load_lists([listing(day=clock.day + timedelta(days=1))], by=BY[0])
    house.load_lists([listing(day=clock.day)], by=BY[0])
    assert house.submit([later[2]])[0].status == "posted"
    examine(house)
    house.close()


def test_a_price_far_outside_the_usual_range_waits_for_two_operators(house):
    house.load_prices({"1003": (0.2, 0.4, "dossier")}, by=BY[0])
    dear, cheap, usual = (Decimal(100), Decimal(100_000), Decimal(4_000))  # kilograms for 1,000 dollars
    outcomes = house.submit(
        [order(f"k{n}", "K1", "I1", quantity_kg=kg) for n, kg in enumerate((dear, cheap, usual))]
    )
    assert [each.status for each in outcomes] == ["held", "held", "posted"]
    for number, release in ((outcomes[0].id, True), (outcomes[1].id, False)):
        details = {"payment": number, "release": release, "reason": "contract 7"}
        house.approve(house.propose("pass-price", details, BY[0]), BY[1])
    assert status_of(house, outcomes[0].id) == "posted"
    assert status_of(house, outcomes[1].id) is None
    assert value(house, "SELECT state FROM waiting WHERE id = :i", i=outcomes[1].id) == "refused"


# ---- pending payments --------------------------------------------------------------------------------------


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


# ---- limits and queues -------------------------------------------------------------------------------------


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


# ---- four eyes ---------------------------------------------------------------------------------------------


def test_what_needs_two_operators_is_not_done_by_one(house, clock):
    clock.day = cycle_end(house)
    for by in ((BY[0], BY[0]), (BY[0], "stranger"), ("stranger", BY[1])):
        with pytest.raises(OperatorError):
            house.close_cycle(by)
    assert value(house, "SELECT count(*) FROM cycle WHERE closed IS NOT NULL") == 0
    number = house.propose("set-limit", {"owner": "K1", "purpose": "customer", "limit": 5}, BY[0])
    house.approve(number, BY[1])
    with pytest.raises(InputError, match="approved already"):
        house.approve(number, BY[1])
    withdrawn = house.propose("set-limit", {"owner": "K1", "purpose": "customer", "limit": 6}, BY[0])
    house.withdraw(withdrawn, BY[0])
    with pytest.raises(InputError, match="withdrawn already"):
        house.approve(withdrawn, BY[1])
    assert value(house, "SELECT credit_limit FROM account WHERE owner = 'K1' AND purpose = 'customer'") == 5


BAD_DETAILS = [
    ("set-limit", {"owner": "K1", "purpose": "customer", "limit": "abc"}),
    ("set-limit", {"owner": "K1", "purpose": "customer", "limit": 1.5}),
    ("set-limit", {"owner": "K1", "purpose": "customer", "limit": True}),
    ("set-limit", {"owner": "K1", "purpose": "customer", "limit": -1}),
    ("set-limit", {"owner": "K1", "purpose": "position", "limit": 1}),
    ("set-limit", {"owner": "K1", "purpose": "customer", "limit": 2**62}),
    ("release-settlement", {"settlement": "abc"}),
    ("reverse", {"payment": "abc", "code": "X", "reason": "y"}),
    ("reverse", {"payment": 10**6, "code": "X", "reason": "y"}),
    ("pass-price", {"payment": "abc", "release": True, "reason": "y"}),
    ("close-cycle", {"interest_rate": "abc"}),
    ("adopt-scheme", {"text": "not a scheme"}),
    ("adopt-scheme", {"text": 5}),
    ("add-operator", {"name": BY[0]}),
    ("add-operator", {"name": "n" * 81}),
    ("decide", {"party": "K1", "release": True, "reason": "not even a hit"}),
    ("unknown", {}),
]


def test_a_proposal_that_makes_no_sense_is_refused_in_words_and_changes_nothing(house):
    accounts = rows(house, "SELECT id, credit_limit FROM account ORDER BY id")
    wrong = []
    for action, details in BAD_DETAILS:
        found = refusal(lambda a=action, d=details: house.approve(house.propose(a, d, BY[0]), BY[1]))
        wrong += [] if found in ("InputError", "SchemeError") else [(action, details, found)]
    assert not wrong
    assert rows(house, "SELECT id, credit_limit FROM account ORDER BY id") == accounts


def test_only_a_plain_yes_releases_a_hit(house):
    house.load_lists([listing(NAMES["K1"])], by=BY[0])
    for word in ("false", "no", "0", 2, None):
        details = {"party": "K1", "release": word, "reason": "compared"}
        found = refusal(lambda d=details: house.approve(house.propose("decide", d, BY[0]), BY[1]))
        assert (found, value(house, "SELECT state FROM standing WHERE party = 'K1'")) == (
            "InputError",
            "held",
        ), word


def test_other_processes_follow_new_rules_at_once(house, clock):
    other = again(house, clock)
    scheme = small_scheme(payment_max="1_500.00", swing_limit="2_000.00")
    house.approve(house.propose("adopt-scheme", {"text": scheme.text}, BY[0]), BY[1])
    for each, key in ((house, "here"), (other, "there")):
        (outcome,) = each.submit([order(key, "K1", "I1", 160_000)])
        assert (outcome.status, outcome.code) == ("refused", "AM02"), key
    assert other.submit([order("fits", "K1", "I1", 150_000)])[0].status == "posted"
    other.close()


# ---- screening ---------------------------------------------------------------------------------------------


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


# ---- close and settlement ----------------------------------------------------------------------------------


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
        clock.day = cycle_end(house)
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
