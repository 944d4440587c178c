"""Dates as far as a text states them, Gregorian or Solar Hijri, and the spans of days they stand for.

A date has the precision of its words: a year is a year, never its first of January. Days, months and
quarters without a year, and words such as "last year", are placed by the day of publication; without that
day they have no span.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from tarazu.core import period
from tarazu.core.errors import PeriodError

_DAY = timedelta(days=1)
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
_MARKETING = 7  # month in which a marketing year begins, where the text does not say it


def value(
    start: date | None, end: date | None, precision: str, *, solar: bool = False, relative: bool = False
) -> dict[str, Any]:
    """A date's value, ready for JSON."""
    return {
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
        "precision": precision,
        "calendar": "solar_hijri" if solar else "gregorian",
        "relative": relative,
    }


def months(year: int, first: int, last: int, solar: bool) -> tuple[date, date] | None:
    """First and last day of whole months of one year; None where they do not exist."""
    try:
        if solar:
            held = period.solar_span(year, first, last)
            return held.start, held.end
        return date(year, first, 1), date(year, last, monthrange(year, last)[1])
    except (PeriodError, ValueError):
        return None


def day(year: int, month: int, number: int, solar: bool) -> date | None:
    """One day, None where it does not exist."""
    try:
        return period.solar_day(year, month, number).start if solar else date(year, month, number)
    except (PeriodError, ValueError):
        return None


def year_of(published: date, solar: bool) -> int:
    """Number of the year, in a calendar, in which a day lies."""
    if not solar:
        return published.year
    guess = published.year - 621
    held = months(guess, 1, 12, True)
    return guess if held and held[0] <= published else guess - 1


def month_of(published: date, solar: bool) -> tuple[int, int]:
    """Year and month, in a calendar, in which a day lies."""
    if not solar:
        return published.year, published.month
    year = year_of(published, True)
    for month in range(12, 0, -1):
        held = months(year, month, month, True)
        if held and held[0] <= published:
            return year, month
    return year, 1


def nearest_year(published: date, month: int, number: int, solar: bool, ahead: bool | None) -> int:
    """The year that a day or month without one means: the nearest, or the next where a deadline is told."""
    here = year_of(published, solar)
    best, chosen = None, here
    for year in (here - 1, here, here + 1):
        held = day(year, month, number, solar)
        if held is None:
            continue
        gap = (held - published).days
        if ahead is None and gap > 31:
            gap *= 2  # what is told without a year has mostly happened
        if ahead and gap < -31:
            continue
        if ahead is False and gap > 31:
            continue
        if best is None or abs(gap) < best:
            best, chosen = abs(gap), year
    return chosen


def shifted(unit: str, step: int, published: date, solar: bool) -> tuple[date | None, date | None, str]:
    """Span of "last year", "next month", "today" and their like."""
    if unit == "year":
        held = months(year_of(published, solar) + step, 1, 12, solar)
        return (*held, "year") if held else (None, None, "year")
    if unit == "yearend":
        held = months(year_of(published, solar) + step, 1, 12, solar)
        return (*held, "year") if held else (None, None, "year")
    if unit == "to_date":
        held = months(year_of(published, solar), 1, 12, solar)
        return (held[0], published, "span") if held else (None, None, "span")
    if unit in ("month", "monthend"):
        year, month = month_of(published, solar)
        place = year * 12 + month - 1 + step
        held = months(place // 12, place % 12 + 1, place % 12 + 1, solar)
        return (*held, "month") if held else (None, None, "month")
    if unit == "quarter":
        year, month = month_of(published, solar)
        place = year * 4 + (month - 1) // 3 + step
        first = place % 4 * 3 + 1
        held = months(place // 4, first, first + 2, solar)
        return (*held, "quarter") if held else (None, None, "quarter")
    if unit == "week":
        monday = published - published.weekday() * _DAY + 7 * step * _DAY
        return monday, monday + 6 * _DAY, "span"
    held_day = published + step * _DAY
    return held_day, held_day, "day"


def season(year: int, name: str, solar: bool) -> tuple[date, date] | None:
    """Three months of a season; winter begins in December of its year, in Iran the seasons are the quarters."""
    if solar:
        first = list(_SEASONS).index(name) * 3 + 1
        return months(year, first, first + 2, True)
    first = _SEASONS[name]
    if first < 12:
        return months(year, first, first + 2, False)
    end = months(year + 1, 2, 2, False)
    return (date(year, 12, 1), end[1]) if end else None


def marketing_year(year: int) -> tuple[date, date]:
    """A year written by its two ends (2022/23), from July to June."""
    return date(year, _MARKETING, 1), date(year + 1, _MARKETING, 1) - _DAY


def weekday(number: int, published: date, ahead: bool) -> date:
    """The last such day up to publication, or the next one."""
    back = (published.weekday() - number) % 7
    return published + (7 - back) * _DAY if ahead else published - back * _DAY
