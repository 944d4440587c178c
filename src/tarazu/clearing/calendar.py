"""Joint business days and cycles: when two agents whose weekends differ are both open, and when a cycle closes.

A day counts only if the banks of every member are open, as in the regulation of the Brazil-Argentina
local-currency system (a holiday of one country is no business day of the scheme). Weekends stand in the scheme,
holidays in ``data/schemes/holidays.csv``; the years whose holidays are listed in full stand in
``calendars.csv``, and a date outside them is refused, because "no holiday known" is not "open". A weekend day that
a government turns into a working day stays closed here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.parameters import bundled_text

if TYPE_CHECKING:
    from tarazu.clearing.scheme import Member

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = timedelta(days=1)
_LONGEST_CLOSURE = 60  # days; longer without one joint business day is a slip in the data, not a calendar
_LENGTH = re.compile(r"^(?:(?P<word>daily|monthly)|(?P<count>[1-9]\d{0,2}) (?P<unit>day|month)s?)$")


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which the banks of one calendar are closed; `basis` is statute, published or estimated."""

    calendar: str
    date: date
    name: str
    basis: str


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """A year for which a calendar lists every holiday, and where they were published."""

    calendar: str
    year: int
    source: str


@cache
def bundled_holidays() -> tuple[Holiday, ...]:
    """Every row of ``holidays.csv``."""
    rows = csv.DictReader(io.StringIO(bundled_text("schemes/holidays.csv")))
    return tuple(
        Holiday(row["calendar"], date.fromisoformat(row["date"]), row["name"], row["basis"]) for row in rows
    )


@cache
def bundled_years() -> tuple[CalendarYear, ...]:
    """Every row of ``calendars.csv``."""
    rows = csv.DictReader(io.StringIO(bundled_text("schemes/calendars.csv")))
    return tuple(CalendarYear(row["calendar"], int(row["year"]), row["source"]) for row in rows)


@dataclass(frozen=True, slots=True)
class JointCalendar:
    """Days on which the banks of all members are open. Build it with `JointCalendar.of`.

    Attributes
    ----------
    weekend
        By day of the week (Monday 0), the members that are closed.
    closures
        By date, why somebody is closed besides weekends.
    years
        Years that can be answered for; None where no member has a calendar of holidays.
    checks
        What a reader must know: members counted without holidays, estimated dates.
    """

    weekend: tuple[tuple[str, ...], ...]
    closures: Mapping[date, tuple[str, ...]]
    years: frozenset[int] | None
    checks: tuple[Check, ...] = ()

    @classmethod
    def of(
        cls, members: Iterable[Member], own: Iterable[Holiday] = (), own_years: Iterable[CalendarYear] = ()
    ) -> JointCalendar:
        """The calendar of these members.

        Parameters
        ----------
        own, own_years
            Holidays that a scheme states besides the bundled ones, and the years it lists in full.
        """
        joined = tuple(members)
        holidays = (*bundled_holidays(), *own)
        listed = (*bundled_years(), *own_years)
        closures: dict[date, tuple[str, ...]] = {}
        known: list[frozenset[int]] = []
        for member in joined:
            if not member.holidays:
                continue
            known.append(frozenset(y.year for y in listed if y.calendar == member.holidays))
            for day in (each for each in holidays if each.calendar == member.holidays):
                why = f"{member.country}: {day.name}{' (estimated date)' if day.basis == 'estimated' else ''}"
                closures[day.date] = (*closures.get(day.date, ()), why)
        weekend = tuple(tuple(m.country for m in joined if day in m.weekend) for day in range(7))
        years = frozenset.intersection(*known) if known else None
        return cls(weekend, MappingProxyType(closures), years, _remarks(joined, holidays, years))

    @property
    def covers(self) -> tuple[int, int] | None:
        """First and last year that can be answered for; None if every year can, by weekends only."""
        return (min(self.years), max(self.years)) if self.years else None

    def why_closed(self, day: date) -> str:
        """Who is closed on a day and why; empty where all are open.

        Raises
        ------
        InputError
            If the holidays of that year are not listed for every member.
        """
        if self.years is not None and day.year not in self.years:
            covered = ", ".join(map(str, sorted(self.years))) or "no year for all members together"
            raise InputError(
                f"{day}: the joint holidays are listed for {covered}, not for {day.year}. Add the year to the "
                "scheme with [[calendar_years]] and [[holidays]], or ask for another date."
            )
        weekly = [
            f"{country}: weekend ({WEEKDAYS[day.weekday()]})" for country in self.weekend[day.weekday()]
        ]
        return "; ".join((*weekly, *self.closures.get(day, ())))

    def is_open(self, day: date) -> bool:
        """Whether the banks of all members are open."""
        return not self.why_closed(day)

    def next_open(self, day: date) -> date:
        """The first joint business day on or after a day."""
        for ahead in range(_LONGEST_CLOSURE + 1):
            if self.is_open(day + ahead * _DAY):
                return day + ahead * _DAY
        raise InputError(
            f"No joint business day within {_LONGEST_CLOSURE} days of {day}. Look at the weekends."
        )

    def last_open(self, first: date, last: date) -> date | None:
        """The last joint business day from `first` to `last`, both included; None if there is none."""
        day = last
        while day >= first:
            if self.is_open(day):
                return day
            day -= _DAY
        return None

    def add_business_days(self, day: date, count: int) -> date:
        """The joint business day `count` (0 or more) after a day: the day itself does not count.

        T+0 is the day itself where it is open, else the next one that is.
        """
        if count < 0:
            raise InputError(f"{count} business days after {day}: the number must not be negative.")
        found = self.next_open(day) if count == 0 else day
        for _ in range(count):
            found = self.next_open(found + _DAY)
        return found

    def business_days(self, first: date, last: date) -> tuple[date, ...]:
        """The joint business days from `first` to `last`, both included."""
        span = (first + ahead * _DAY for ahead in range((last - first).days + 1))
        return tuple(day for day in span if self.is_open(day))


def _remarks(
    members: tuple[Member, ...], holidays: tuple[Holiday, ...], years: frozenset[int] | None
) -> tuple[Check, ...]:
    bare = [member.country for member in members if not member.holidays]
    names = {member.holidays for member in members if member.holidays}
    guessed = [
        h for h in holidays if h.calendar in names and h.basis == "estimated" and h.date.year in (years or ())
    ]
    checks = []
    if bare:
        message = (
            f"no holidays are known for {', '.join(bare)}: only weekends count as closed, so a deadline may "
            f"fall "
            "on a holiday."
        )
        checks.append(Check.note("weekends-only", "holidays.csv", message))
    if guessed:
        message = (
            f"{len(guessed)} holidays from {min(h.date for h in guessed)} to {max(h.date for h in guessed)} "
            f"are "
            "estimated (they depend on the moon or on a decision not yet taken) and may move by a day or two."
        )
        checks.append(Check.warning("estimated-holidays", "holidays.csv", message))
    return tuple(checks)


def parse_length(text: str) -> tuple[int, str]:
    """Number and unit (``days`` or ``months``) of a cycle's length: ``daily``, ``monthly``, ``2 months``.

    Raises
    ------
    InputError
        If the text has another form, such as a length of zero.
    """
    match = _LENGTH.match(text)
    if not match:
        raise InputError(
            f'"{text}" is not the length of a cycle: write daily, monthly, or such as "10 days" or "2 months", '
            "at least 1."
        )
    if match["word"]:
        return (1, "days") if match["word"] == "daily" else (1, "months")
    return int(match["count"]), f"{match['unit']}s"


@dataclass(frozen=True, slots=True)
class Cycle:
    """How long obligations are collected before they are netted.

    Periods of the calendar follow one another from `anchor`. A cycle ends on the last joint business day of
    its period, since nobody could settle later; days between it and the period's end belong to the next cycle.

    Attributes
    ----------
    length
        ``daily``, ``monthly``, or such as ``10 days`` or ``2 months``.
    anchor
        First day of any one period; the first of a month where periods are months.
    first
        No cycle starts before this day.
    """

    length: str
    anchor: date
    first: date

    def period(self, day: date) -> tuple[date, date]:
        """First and last day of the period of the calendar that holds a day."""
        every, unit = parse_length(self.length)
        if unit == "days":
            start = self.anchor + timedelta(days=(day - self.anchor).days // every * every)
            return start, start + timedelta(days=every - 1)
        passed = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
        start = _first_of_month(self.anchor, passed // every * every)
        return start, _first_of_month(start, every) - _DAY

    def end(self, opened: date, calendar: JointCalendar | None = None) -> date:
        """Last day of the cycle that holds a day; without a calendar, the last day of its period."""
        _, last = self.period(opened)
        if calendar is None:
            return last
        for _ in range(_LONGEST_CLOSURE):
            if close := calendar.last_open(opened, last):
                return close
            _, last = self.period(last + _DAY)
        raise InputError(f"No joint business day after {opened} to close a cycle on. Look at the weekends.")

    def start(self, day: date, calendar: JointCalendar | None = None) -> date:
        """First day of the cycle that holds a day."""
        start, last = self.period(day)
        if calendar is None:
            return max(start, self.first)
        while last >= self.first:
            close = calendar.last_open(max(start, self.first), last)
            if close and close < day:
                return close + _DAY
            start, last = self.period(start - _DAY)
        return self.first


def _first_of_month(origin: date, months: int) -> date:
    total = origin.year * 12 + origin.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)
