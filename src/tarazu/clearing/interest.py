"""Simple interest on daily balances, exact and rounded once.

    I = r * sum_d B_d * n_d / N

with B_d the balance at the end of day d, n_d the days it stood, N the days of the year (360 or 365) and r the yearly
rate: interest "on daily outstandings between settlement "
    "dates", as the Asian Clearing Union charges its net debtors
and passes to its net creditors. ``ACT`` counts calendar days. ``30/360`` is the European form (30E/360: the 31st
counts as the 30th), because its days add up over any division of the term, and balances change daily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tarazu.clearing.scheme import Interest
from tarazu.core.errors import InputError, ShapeError
from tarazu.core.table import Column, Table

_YEAR = {"ACT/360": 360, "ACT/365": 365, "30/360": 360}


@dataclass(frozen=True, slots=True)
class InterestRun:
    """Interest of one account over one term.

    Attributes
    ----------
    amount
        Minor units, with the sign of the balances: positive is earned, negative is owed. Rounded half to even.
    exact
        The amount before rounding.
    rate
        Yearly rate used.
    table
        Per date: balance, days it stood, interest of those days to a millionth of a minor unit.
    """

    amount: int
    exact: Fraction
    rate: Decimal
    table: Table


def daily_interest(
    balances: NDArray[np.int64] | Sequence[int],
    dates: Sequence[date],
    interest: Interest,
    *,
    rate: Decimal | None = None,
    until: date | None = None,
) -> InterestRun:
    """Interest on end-of-day balances.

    Parameters
    ----------
    balances, dates
        (D,) balances in minor units at the end of each date; dates ascend. A balance stands until the next date,
        so days without movement may be left out.
    rate
        Yearly rate as a share, where the scheme reads it from a published one at each close.
    until
        First day that bears no interest any more; the day after the last date unless given.

    Raises
    ------
    ShapeError
        If there are not as many balances as dates.
    InputError
        If dates do not ascend, or no rate is known, or both the scheme and the caller give one.
    """
    amounts = [int(each) for each in (balances.tolist() if isinstance(balances, np.ndarray) else balances)]
    if len(amounts) != len(dates):
        raise ShapeError(expected=(len(dates),), got=(len(amounts),), what="balances by date")
    yearly = _rate(interest, rate)
    stood = _days(dates, interest.day_count, until)
    factor = Fraction(yearly) / _YEAR[interest.day_count]
    parts = [amount * days * factor for amount, days in zip(amounts, stood, strict=True)]
    exact = sum(parts, Fraction(0))
    rows = tuple(
        (day.isoformat(), amount, days, _shown(part))
        for day, amount, days, part in zip(dates, amounts, stood, parts, strict=True)
    )
    return InterestRun(round(exact), exact, yearly, Table("interest", _COLUMNS, rows))


def days_between(first: date, last: date, day_count: str) -> int:
    """Days of interest from one date to a later one by a day count; they add up over any division."""
    if day_count.startswith("ACT"):
        return (last - first).days
    return _thirty(last) - _thirty(first)


def _thirty(day: date) -> int:
    return day.year * 360 + day.month * 30 + min(day.day, 30)


def _rate(interest: Interest, given: Decimal | None) -> Decimal:
    if interest.rate is not None and given is not None and given != interest.rate:
        raise InputError(
            f"The scheme fixes the rate at {interest.rate}; {given} cannot be used in its place."
        )
    yearly = interest.rate if interest.rate is not None else given
    if yearly is None:
        raise InputError(
            f"The scheme reads its rate from {interest.rate_name}: give it for this close, such as 0.043 for "
            f"4.3%."
        )
    if not yearly.is_finite() or not -1 < yearly < 10:
        raise InputError(f"{yearly} is not a yearly rate: write a share such as 0.043 for 4.3%.")
    return yearly


def _days(dates: Sequence[date], day_count: str, until: date | None) -> list[int]:
    if not dates:
        return []
    ends = [*dates[1:], until or dates[-1] + timedelta(days=1)]
    for day, end in pairwise(dates):
        if end <= day:
            raise InputError(f"Balances must stand in order of their dates, each once: {end} follows {day}.")
    if ends[-1] < dates[-1]:
        raise InputError(f"Interest until {until} cannot end before the last balance ({dates[-1]}).")
    return [days_between(day, end, day_count) for day, end in zip(dates, ends, strict=True)]


def _shown(part: Fraction) -> Decimal:
    return Decimal(round(part * 1_000_000)).scaleb(-6)


_COLUMNS = (
    Column("date", "", "Day at whose end the balance stood"),
    Column("balance", "minor units", "Balance at the end of the day; negative is owed"),
    Column("days", "days", "Days of interest until the next balance, by the day count"),
    Column("interest", "minor units", "Interest of these days, before the one rounding of the sum"),
)
