"""Interest on daily balances."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from tarazu.clearing.interest import daily_interest, days_between
from tarazu.clearing.scheme import Interest
from tarazu.core.errors import InputError, ShapeError

FIXED = Interest(Decimal("0.036"), "fixed", "ACT/360")


def test_one_balance_for_one_term():
    run = daily_interest([1_000_000], [date(2026, 1, 1)], FIXED, until=date(2026, 1, 31))
    assert run.amount == 3_000  # 1,000,000 x 3.6% x 30 / 360
    assert run.exact == 3_000
    (row,) = run.table
    assert (row["days"], row["interest"]) == (30, Decimal("3000.000000"))


def test_rounded_once_at_the_end():
    dates = [date(2026, 1, day) for day in range(1, 11)]
    run = daily_interest(np.full(10, 5_000), dates, FIXED)  # half a cent a day
    assert [row["interest"] for row in run.table] == [Decimal("0.500000")] * 10
    assert run.amount == 5  # rounding each day would give 0


def test_a_debt_bears_what_a_claim_earns():
    dates = [date(2026, 1, 1), date(2026, 1, 20)]
    claim = daily_interest([123_457, 7], dates, FIXED)
    debt = daily_interest([-123_457, -7], dates, FIXED)
    assert debt.exact == -claim.exact
    assert debt.amount == -claim.amount


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        (date(2026, 1, 1), date(2026, 2, 1), (31, 31, 30)),
        (date(2024, 2, 28), date(2024, 3, 1), (2, 2, 3)),
        (date(2026, 1, 30), date(2026, 1, 31), (1, 1, 0)),
        (date(2025, 1, 1), date(2026, 1, 1), (365, 365, 360)),
    ],
)
def test_day_counts(first, last, counts):
    assert tuple(days_between(first, last, name) for name in ("ACT/360", "ACT/365", "30/360")) == counts


def test_the_year_of_each_day_count():
    for name, expected in (
        ("ACT/360", Fraction(365, 360)),
        ("ACT/365", Fraction(1)),
        ("30/360", Fraction(1)),
    ):
        rule = Interest(Decimal("0.01"), "x", name)
        run = daily_interest([100], [date(2025, 1, 1)], rule, until=date(2026, 1, 1))
        assert run.exact == expected


def test_a_published_rate_must_be_given_and_a_fixed_one_not_changed():
    floating = Interest(None, "BIS one-month deposit rate", "ACT/360")
    with pytest.raises(InputError, match="BIS one-month deposit rate"):
        daily_interest([1], [date(2026, 1, 1)], floating)
    assert daily_interest([360_000], [date(2026, 1, 1)], floating, rate=Decimal("0.043")).amount == 43
    with pytest.raises(InputError, match="fixes the rate"):
        daily_interest([1], [date(2026, 1, 1)], FIXED, rate=Decimal("0.05"))
    with pytest.raises(InputError, match="not a yearly rate"):
        daily_interest([1], [date(2026, 1, 1)], floating, rate=Decimal("43"))


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ShapeError, match="balances by date"):
        daily_interest([1, 2], [date(2026, 1, 1)], FIXED)
    for dates in ([date(2026, 1, 2), date(2026, 1, 1)], [date(2026, 1, 1), date(2026, 1, 1)]):
        with pytest.raises(InputError, match="in order"):
            daily_interest([1, 2], dates, FIXED)
    with pytest.raises(InputError, match="cannot end before"):
        daily_interest([1], [date(2026, 1, 2)], FIXED, until=date(2026, 1, 1))


def test_no_balances_bear_nothing_and_large_ones_do_not_overflow():
    assert daily_interest([], [], FIXED).amount == 0
    assert daily_interest(np.array([2**62]), [date(2026, 1, 1)], FIXED).amount == round(
        Fraction(2**62, 10_000)
    )
