"""What holds for every amount, name, period and code."""

from __future__ import annotations

import contextlib
import re
from datetime import date

import jdatetime
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tarazu.core import hs, period
from tarazu.core.amounts import format_amount, parse_amount
from tarazu.core.codes import country
from tarazu.core.errors import AmountError, PeriodError, UnknownCodeError
from tarazu.core.names import normalise, transliterate
from tarazu.core.period import Period, parse

days = st.dates(date(1900, 1, 1), date(2150, 12, 31))
spans = st.tuples(days, days).map(lambda pair: Period(min(pair), max(pair)))
solar_spans = st.tuples(st.integers(1300, 1500), st.integers(1, 12), st.integers(1, 12)).map(
    lambda drawn: period.solar_span(drawn[0], min(drawn[1:]), max(drawn[1:]))
)
month_spans = st.tuples(st.integers(1900, 2150), st.integers(1, 12), st.integers(1, 12)).map(
    lambda drawn: parse(f"{drawn[0]}-{min(drawn[1:]):02d}/{drawn[0]}-{max(drawn[1:]):02d}")
)
periods = spans | solar_spans | month_spans


@given(st.floats(1, 1e18))
def test_a_printed_amount_reads_back_to_three_figures(usd):
    assert parse_amount(format_amount(usd)) == pytest.approx(usd, rel=0.0051)


@given(st.floats(1, 1e18))
def test_printing_what_was_read_changes_nothing(usd):
    text = format_amount(usd)
    assert format_amount(parse_amount(text)) == text
    assert format_amount(-usd) == f"−{text}"


@given(st.integers(1, 10**18))
def test_separated_thousands_are_the_number(whole):
    assert parse_amount(f"{whole:,}") == float(whole)
    assert parse_amount(f"{whole:,}".replace(",", " ")) == float(whole)
    assert parse_amount(str(whole)) == float(whole)


@given(st.floats(min_value=1e-300, allow_infinity=False))
@example(1234.567)
def test_any_positive_number_and_its_text_are_read(usd):
    text = repr(usd)
    assume(not re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text))  # 1.234 may be thousands
    assert parse_amount(usd) == parse_amount(text) == usd


@given(st.text() | st.text(alphabet="0123456789.,eEkmbn$-+ дмлрд۳٫", max_size=12))
def test_any_text_is_an_amount_or_an_amount_error(text):
    with contextlib.suppress(AmountError):
        assert parse_amount(text) > 0


@given(st.text())
@example("a\u200d\u0301")  # dropping a joiner lets an accent compose
@example("İSTANBUL ﷺ ǅ")
def test_folding_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once == once.strip()
    assert transliterate(text).isascii()


@given(st.text(max_size=20))
def test_any_text_is_a_country_or_an_unknown_code(text):
    with contextlib.suppress(UnknownCodeError):
        assert country(text) == country(country(text).alpha3)


@given(periods)
def test_a_label_reads_back_to_its_period(some):
    assert parse(some.label) == some
    assert parse(some.label).label == some.label


@given(st.text() | st.text(alphabet="0123456789-/QSH ", max_size=24))
def test_any_text_is_a_period_or_a_period_error(text):
    with contextlib.suppress(PeriodError):
        assert parse(text).days >= 1


@given(periods)
def test_year_shares_sum_to_one_and_are_positive(some):
    shares = some.year_shares()
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) > 0


@given(periods, periods)
def test_overlap_is_symmetric_and_within_both(one, other):
    shared = one.overlap_days(other)
    assert shared == other.overlap_days(one)
    assert 0 <= shared <= min(one.days, other.days)
    assert (shared == other.days) == one.contains(other)


@given(solar_spans | month_spans, st.integers(-20, 20))
def test_whole_months_shifted_there_and_back_are_the_same(some, years):
    assert some.shift_years(years).shift_years(-years) == some


@given(periods, st.integers(-20, 20))
def test_a_shift_keeps_the_length_to_the_leap_days_it_meets(some, years):
    leap_days = some.days // 1461 + 2
    assert abs(some.shift_years(years).days - some.days) <= leap_days


@given(st.integers(1200, 1570))
def test_solar_years_follow_one_another_and_are_leap_as_the_calendar_says(number):
    this, following = period.solar_year(number), period.solar_year(number + 1)
    assert (following.start - this.end).days == 1
    assert this.days == 365 + jdatetime.date(number, 1, 1).isleap()
    assert this.start.month == 3
    assert 19 <= this.start.day <= 22


codes = st.sampled_from((2, 4, 6)).flatmap(lambda n: st.from_regex(rf"[0-9]{{{n}}}", fullmatch=True))
lists = st.lists(codes, min_size=1, max_size=4).map(";".join)


@given(lists, lists)
def test_containment_implies_overlap_and_overlap_is_symmetric(one, other):
    assert hs.contains(one, one)
    assert hs.overlap(one, other) == hs.overlap(other, one)
    assert not hs.contains(one, other) or hs.overlap(one, other)


@given(codes, codes)
def test_a_code_contains_exactly_the_codes_that_begin_with_it(one, other):
    assert hs.contains(one, other) == other.startswith(one)
