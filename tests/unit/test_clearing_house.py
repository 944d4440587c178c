"""What enters a clearing house: founding it, parties, orders, proposals; on both databases."""

from __future__ import annotations

from collections.abc import Callable
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
    examine,
    found_house,
    listing,
    order,
    party,
    posted,
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


def refusal(call: Callable[..., object], *arguments: object, **named: object) -> str:
    """Name of the exception that a call ends with; empty without one."""
    try:
        call(*arguments, **named)
    except Exception as error:
        return type(error).__name__
    return ""


# ---- founding ------------------------------------------------------------------------------------------------


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
    for change in ({"id": "K" * 81}, {"id": "K\x00"}, {"name": "a\ud800"}, {"bic": "B" * 12}, {"id": "K1 "}):
        assert refusal(house.register, [replace(new, **change)], by=BY[0]) == "InputError", change
    assert size(house) == before


# ---- booking -------------------------------------------------------------------------------------------------


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


def test_goods_are_not_disguised_by_how_their_code_is_written(house):
    """The scheme excludes HS 27; a code that is not plain digits cannot be shown to be outside."""
    codes = (" 2709", "\t27", "２７０９", "۲۷۰۹", "-2709", "O2709", "27 09", "+27", "2_7", "100300x")
    outcomes = house.submit([order(f"k{n}", "K1", "I1", hs=code) for n, code in enumerate(codes)])
    assert {code: each.status for code, each in zip(codes, outcomes, strict=True)} == dict.fromkeys(
        codes, "refused"
    )


def test_a_weight_that_is_no_number_is_refused_alone(house):
    house.load_prices({"1003": (0.2, 0.4, "dossier")}, by=BY[0])
    weights = ("sNaN", "NaN", "Infinity", "-5", "1e999999", "1e-999999")
    for number, weight in enumerate(weights):
        batch = [
            order(f"a{number}", "K1", "I1", quantity_kg=Decimal(4_000)),
            order(f"b{number}", "K1", "I1", quantity_kg=Decimal(weight)),
        ]
        outcomes = house.submit(batch)
        assert outcomes[0].status == "posted", weight
        assert outcomes[1].status in ("refused", "held"), weight


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


# ---- four eyes -----------------------------------------------------------------------------------------------


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
    ("reverse", {"payment": 10**6, "code": "NARR", "reason": "y"}),
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
