"""Periods: spans of days, Gregorian or Solar Hijri, and dates of known precision.

A period is its first and last day, so that an Iranian year (from about 21 March) and a calendar
year can be compared by the days they share. A label is canonical: equal spans have equal labels,
and `parse` reads every label back. Solar Hijri dates are converted by jdatetime (33-year rule).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from tarazu.core.errors import PeriodError
from tarazu.core.names import ascii_digits

_DAY = timedelta(days=1)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NUMBER = {key: n for n, name in enumerate(_MONTHS, 1) for key in (name, name[:3])} | {"sept": 9}

# A year outside these is a slip between calendars ("1401" for SH 1401), not a date of trade.
_YEARS = range(1800, 2201)
_SOLAR_YEARS = range(1180, 1579)

_POINT = re.compile(r"^(\d{4})(?:-(?:q([1-4])|(\d{2})(?:-(\d{2}))?))?$")
_NAME = "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True))
_NAMED = re.compile(rf"^({_NAME})\.?(?:\s*[-–]\s*({_NAME})\.?)?\s+(\d{{4}})$")
_EXPECTED = (
    "Write 2022, 2022-Q1, 2022-03, 2022-03-15, 2022-01/2022-05, Jan-May 2022, "
    "or in the Solar Hijri calendar SH 1401, SH 1401-05 or SH 1401-05-31."
)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days.

    Attributes
    ----------
    start, end
        First and last day, both included.
    label
        How the period is written; the canonical label of the span unless another is given.

    Raises
    ------
    PeriodError
        If the end is before the start, or a year is outside 1800 to 2200.
    """

    start: date
    end: date
    label: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for each in (self.start, self.end):
            _check_year(each.year)
        if self.end < self.start:
            raise PeriodError(f"A period cannot end ({self.end}) before it starts ({self.start}).")
        if not self.label:
            object.__setattr__(self, "label", _label(self.start, self.end))

    def __str__(self) -> str:
        return self.label

    @property
    def days(self) -> int:
        """Number of days, at least 1."""
        return (self.end - self.start).days + 1

    def overlap_days(self, other: Period) -> int:
        """Number of days the two periods share."""
        return max(0, (min(self.end, other.end) - max(self.start, other.start)).days + 1)

    def contains(self, other: Period | date) -> bool:
        """Whether a day, or every day of a period, is in this period."""
        first, last = (other.start, other.end) if isinstance(other, Period) else (other, other)
        return self.start <= first and last <= self.end

    def shift_years(self, years: int) -> Period:
        """The same span `years` later (earlier if negative).

        Whole months stay whole months of their own calendar: February 2024 becomes all of February
        2023, and SH 1399 (366 days) becomes SH 1400. Elsewhere 29 February becomes the 28th.
        """
        after = self.end + _DAY
        if self.start.day == after.day == 1:
            return Period(_moved(self.start, years), _moved(after, years) - _DAY)
        first, beyond = _solar(self.start), _solar(after)
        if first[2] == beyond[2] == 1:
            start = _solar_day(first[0] + years, first[1], 1)
            return Period(start, _from_solar(beyond[0] + years, beyond[1], 1) - _DAY)
        return Period(_moved(self.start, years), _moved(self.end, years))

    def year_shares(self) -> dict[int, float]:
        """Share of the period's days in each Gregorian year it touches; the shares sum to one."""
        years = range(self.start.year, self.end.year + 1)
        return {y: self.overlap_days(year(y)) / self.days for y in years}


def year(number: int) -> Period:
    """A calendar year."""
    return Period(_day(number, 1, 1), _day(number, 12, 31), f"{number:04d}")


def quarter(year: int, number: int) -> Period:
    """A calendar quarter, 1 to 4."""
    if number not in range(1, 5):
        raise PeriodError(f"Quarter {number} does not exist: quarters are 1 to 4.")
    return _months(year, 3 * number - 2, 3 * number)


def month(year: int, number: int) -> Period:
    """A calendar month, 1 to 12."""
    return _months(year, number, number)


def day(year: int, month: int, number: int) -> Period:
    """One day."""
    only = _day(year, month, number)
    return Period(only, only)


def solar_year(number: int) -> Period:
    """A Solar Hijri year: 1401 is 2022-03-21 to 2023-03-20."""
    return solar_span(number, 1, 12)


def solar_month(year: int, number: int) -> Period:
    """A Solar Hijri month, 1 (Farvardin) to 12 (Esfand)."""
    return solar_span(year, number, number)


def solar_span(year: int, first: int, last: int) -> Period:
    """Whole months of one Solar Hijri year: the first five of 1400 are ``solar_span(1400, 1, 5)``."""
    _check_months(f"SH {year}", first, last)
    after = (year, last + 1) if last < 12 else (year + 1, 1)
    return Period(_solar_day(year, first, 1), _from_solar(*after, 1) - _DAY)


def solar_day(year: int, month: int, number: int) -> Period:
    """One day of the Solar Hijri calendar."""
    only = _solar_day(year, month, number)
    return Period(only, only)


def parse(text: str) -> Period:
    """A period from text: a year, quarter, month or day, or two of them joined by ``/``.

    Raises
    ------
    PeriodError
        If the text has none of the expected forms, or names a date that does not exist.
    """
    plain = " ".join(ascii_digits(text).replace("\u200c", " ").split()).casefold()
    named = _NAMED.match(plain)
    if named:
        return _named_months(named[1], named[2] or named[1], int(named[3]), text)
    first, slash, last = plain.partition("/")
    start = _point(first.strip(), text)
    end = _point(last.strip(), text) if slash else start
    if end.end < start.start:
        raise PeriodError(f'"{text}" ends ({end.end}) before it starts ({start.start}).')
    return Period(start.start, end.end)


def _point(plain: str, text: str) -> Period:
    """A year, quarter, month or day in either calendar."""
    body = plain.removeprefix("sh").removesuffix("sh").strip()
    solar = body != plain
    match = _POINT.match(body)
    if not match or (solar and match[2]):
        raise PeriodError(f'"{text}" is not a date or period. {_EXPECTED}')
    number = int(match[1])
    if match[2]:
        return quarter(number, int(match[2]))
    makers: tuple[Callable[..., Period], ...] = (
        (solar_year, solar_month, solar_day) if solar else (year, month, day)
    )
    parts = [int(part) for part in (match[1], match[3], match[4]) if part]
    return makers[len(parts) - 1](*parts)


def _named_months(first: str, last: str, number: int, text: str) -> Period:
    if _MONTH_NUMBER[last] < _MONTH_NUMBER[first]:
        raise PeriodError(f'"{text}": {last} is before {first} in {number}; join two dates with "/" instead.')
    return _months(number, _MONTH_NUMBER[first], _MONTH_NUMBER[last])


def parse_date(text: str) -> date:
    """One day, ``2022-03-15`` or ``SH 1400-12-29``.

    Raises
    ------
    PeriodError
        If the text is not a day in this form, or the day does not exist.
    """
    period = parse(text)
    if period.days != 1 or "/" in text:
        raise PeriodError(f'"{text}" is not a day. Write YYYY-MM-DD, such as 2022-03-15.')
    return period.start


def parse_partial(text: str) -> str:
    """A Gregorian date at the precision that is known, as ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.

    Raises
    ------
    PeriodError
        If the text has another form, or the date does not exist.
    """
    plain = ascii_digits(text).strip()
    match = _POINT.match(plain)
    if not match or match[2]:
        raise PeriodError(f'"{text}" is not a date. Write YYYY, YYYY-MM or YYYY-MM-DD.')
    _point(plain, text)
    return plain


def _months(number: int, first: int, last: int) -> Period:
    _check_months(str(number), first, last)
    return Period(_day(number, first, 1), _day(number, last, monthrange(number, last)[1]))


def _check_year(number: int) -> None:
    if number not in _YEARS:
        hint = f" For the Solar Hijri year write SH {number}." if number in _SOLAR_YEARS else ""
        raise PeriodError(f"{number} is not a year from {_YEARS[0]} to {_YEARS[-1]}.{hint}")


def _check_months(year: str, first: int, last: int) -> None:
    for number in (first, last):
        if number not in range(1, 13):
            raise PeriodError(f"{year}: month {number} does not exist: months are 1 to 12.")
    if last < first:
        raise PeriodError(f"{year}: month {last} is before month {first}.")


def _day(year: int, month: int, number: int) -> date:
    _check_year(year)
    try:
        return date(year, month, number)
    except ValueError as reason:
        raise PeriodError(f"{year:04d}-{month:02d}-{number:02d} does not exist: {reason}.") from None


def _solar_day(year: int, month: int, number: int) -> date:
    if year not in _SOLAR_YEARS:
        hint = f" For the Gregorian year write {year} alone." if year in _YEARS else ""
        raise PeriodError(
            f"{year} is not a Solar Hijri year from {_SOLAR_YEARS[0]} to {_SOLAR_YEARS[-1]}.{hint}"
        )
    try:
        return _from_solar(year, month, number)
    except ValueError as reason:
        raise PeriodError(f"SH {year:04d}-{month:02d}-{number:02d} does not exist: {reason}.") from None


def _from_solar(year: int, month: int, number: int) -> date:
    import jdatetime  # on demand: only Iranian spans need it

    found: date = jdatetime.date(year, month, number).togregorian()
    return found


def _solar(gregorian: date) -> tuple[int, int, int]:
    import jdatetime

    found = jdatetime.date.fromgregorian(date=gregorian)
    return found.year, found.month, found.day


def _moved(origin: date, years: int) -> date:
    number = origin.year + years
    return _day(number, origin.month, min(origin.day, monthrange(number, origin.month)[1]))


def _label(start: date, end: date) -> str:
    """The one way in which a span is written: the shortest form that `parse` reads back."""
    if start == end:
        return start.isoformat()
    after = end + _DAY
    if start.day == after.day == 1:
        return _month_label("", start.year, start.month, end.year, end.month)
    first, beyond, last = _solar(start), _solar(after), _solar(end)
    if first[2] == beyond[2] == 1:
        return _month_label("SH ", first[0], first[1], last[0], last[1])
    return f"{start.isoformat()}/{end.isoformat()}"


def _month_label(mark: str, year: int, month: int, last_year: int, last_month: int) -> str:
    if (month, last_month) == (1, 12):
        return f"{mark}{year:04d}" if year == last_year else f"{mark}{year:04d}/{mark}{last_year:04d}"
    if (year, month) == (last_year, last_month):
        return f"{mark}{year:04d}-{month:02d}"
    if not mark and year == last_year and month % 3 == 1 and last_month == month + 2:
        return f"{year:04d}-Q{last_month // 3}"
    return f"{mark}{year:04d}-{month:02d}/{mark}{last_year:04d}-{last_month:02d}"
