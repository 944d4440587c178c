"""Properties of calendars, cycles, rates, interest and settlement shares."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.clearing.calendar import Cycle, JointCalendar
from tarazu.clearing.interest import daily_interest, days_between
from tarazu.clearing.rates import Rate, Rates, convert_int, round_rate
from tarazu.clearing.scheme import Interest, Member, RateRule, load_scheme

CALENDAR = load_scheme("kaz-irn").calendar()
FIRST, LAST = date(2025, 1, 1), date(2027, 6, 30)
DAYS = st.dates(FIRST, LAST)
LENGTHS = st.sampled_from(["daily", "monthly", "2 months", "5 months", "7 days", "2 days", "30 days"])
COUNTS = st.sampled_from(["ACT/360", "ACT/365", "30/360"])
AMOUNTS = st.integers(-(10**24), 10**24)


@given(DAYS, st.integers(1, 30))
def test_after_n_business_days_exactly_n_open_days_have_passed(day, count):
    reached = CALENDAR.add_business_days(day, count)
    assert CALENDAR.is_open(reached)
    assert len(CALENDAR.business_days(day + timedelta(days=1), reached)) == count


@given(DAYS, st.integers(0, 15), st.integers(1, 15))
def test_business_days_add_up(day, first, second):
    halfway = CALENDAR.add_business_days(day, first)
    if first:
        assert CALENDAR.add_business_days(halfway, second) == CALENDAR.add_business_days(day, first + second)


@given(DAYS)
def test_a_joint_day_is_open_for_each_alone(day):
    alone = [JointCalendar.of((member,)) for member in load_scheme("kaz-irn").members]
    assert CALENDAR.is_open(day) == all(each.is_open(day) for each in alone)


# The cycle that follows must end within the years whose holidays are listed.
@given(st.dates(FIRST, date(2026, 12, 31)), LENGTHS, st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_cycles_cover_every_day_once(day, length, anchor):
    cycle = Cycle(length, anchor.replace(day=1), FIRST)
    start, end = cycle.start(day, CALENDAR), cycle.end(day, CALENDAR)
    assert FIRST <= start <= day <= end
    assert CALENDAR.is_open(end)
    assert cycle.end(start, CALENDAR) == end
    assert cycle.start(end, CALENDAR) == start
    following = end + timedelta(days=1)
    assert cycle.start(following, CALENDAR) == following
    if start > FIRST:
        assert cycle.end(start - timedelta(days=1), CALENDAR) == start - timedelta(days=1)


@given(DAYS, LENGTHS)
def test_a_plain_period_holds_its_day_and_meets_the_next(day, length):
    cycle = Cycle(length, FIRST, FIRST)
    first, last = cycle.period(day)
    assert first <= day <= last
    assert cycle.period(last + timedelta(days=1))[0] == last + timedelta(days=1)


@given(AMOUNTS, st.integers(1, 10**15), st.integers(1, 10**15))
def test_conversion_rounds_as_decimal_does(amount, num, den):
    exact = Context(prec=60, rounding=ROUND_HALF_EVEN)
    if Fraction(amount * num * 2, den).denominator == 1 or amount * num % den == 0:
        expected = round(Fraction(amount * num, den))
    else:
        expected = int(exact.divide(Decimal(amount * num), Decimal(den)).quantize(Decimal(1), context=exact))
    assert convert_int(amount, num, den) == expected
    assert convert_int(-amount, num, den) == -convert_int(amount, num, den)
    assert abs(convert_int(amount, num, den) * den - amount * num) * 2 <= den


@given(
    st.decimals("0.0001", "10000000", places=5),
    st.decimals("0.0001", "10000000", places=5),
    st.integers(0, 10**15),
)
def test_there_and_back_loses_less_than_a_minor_unit_of_the_coarser(first, second, amount):
    day = date(2026, 1, 1)
    rates = Rates.of_rows("USD", [Rate(day, "KZT", first, "a", ""), Rate(day, "IRR", second, "b", "")])
    rule = RateRule("x", "cross", Decimal(0), 0, sources=(("KZT", "a"), ("IRR", "b")))
    there = rates.convert(amount, "KZT", "IRR", day, rule).amount
    back = rates.convert(there, "IRR", "KZT", day, rule).amount
    assert abs(back - amount) <= Fraction(first) / Fraction(second) / 2 + Fraction(1, 2)
    num, den = rates.ratio("KZT", "IRR", day, rule)
    assert Fraction(num, den) == Fraction(second) / Fraction(first)


@given(
    st.fractions(0, 1000),
    st.sampled_from(["half-even", "truncate-then-up"]),
    st.sampled_from(["0.00005", "0.01", "5"]),
)
def test_a_rounded_rate_is_a_multiple_near_by(value, rounding, step):
    rule = RateRule("x", "cross", Decimal(0), 0, rounding, Decimal(step))
    rounded = round_rate(value, rule)
    assert (rounded / Fraction(step)).denominator == 1
    assert abs(rounded - value) <= Fraction(step)
    assert round_rate(rounded, rule) == rounded


@given(COUNTS, st.lists(st.dates(), min_size=3, max_size=3))
def test_days_of_interest_add_up_over_any_division(count, dates):
    first, middle, last = sorted(dates)
    whole = days_between(first, last, count)
    assert whole == days_between(first, middle, count) + days_between(middle, last, count)
    assert whole >= 0


@given(COUNTS, st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=40), st.integers(0, 39))
def test_interest_of_a_term_is_that_of_its_parts(count, balances, cut):
    rule = Interest(Decimal("0.0437"), "x", count)
    dates = [date(2026, 1, 10) + timedelta(days=3 * index) for index in range(len(balances))]
    until = dates[-1] + timedelta(days=5)
    cut = min(cut, len(balances) - 1)
    whole = daily_interest(balances, dates, rule, until=until)
    parts = (
        daily_interest(balances[:cut], dates[:cut], rule, until=dates[cut] if cut else None),
        daily_interest(balances[cut:], dates[cut:], rule, until=until),
    )
    assert whole.exact == sum(part.exact for part in parts)
    assert abs(whole.exact - whole.amount) <= Fraction(1, 2)
    days = [(min(end, until) - day).days for day, end in zip(dates, [*dates[1:], until], strict=True)]
    if count.startswith("ACT"):
        by_float = sum(b * n for b, n in zip(balances, days, strict=True)) * 0.0437 / int(count[-3:])
        assert float(whole.exact) == pytest.approx(by_float, rel=1e-9, abs=1e-3)


@given(st.integers(-(10**18), 10**18), st.decimals(0, 1, places=4))
def test_a_settled_share_and_the_rest_make_the_balance(balance, share):
    scheme = replace(load_scheme("kaz-irn"), settle_share=share)
    settled, carried = scheme.split(balance)
    assert settled + carried == balance
    assert abs(settled) <= abs(balance)
    assert settled * balance >= 0


@given(st.sets(st.integers(0, 6), max_size=6), st.sets(st.integers(0, 6), max_size=6), DAYS)
def test_weekends_alone_decide_without_holidays(first, second, day):
    members = [
        Member(code, "agent", "USD", None, tuple(sorted(days)))
        for code, days in (("KAZ", first), ("IRN", second))
    ]
    assert JointCalendar.of(members).is_open(day) == (day.weekday() not in first | second)
