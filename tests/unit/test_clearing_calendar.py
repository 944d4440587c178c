"""Joint business days and cycles."""

from __future__ import annotations

from datetime import date, timedelta

import jdatetime
import pytest

from tarazu.clearing.calendar import (
    CalendarYear,
    Cycle,
    Holiday,
    JointCalendar,
    bundled_holidays,
    bundled_years,
    parse_length,
)
from tarazu.clearing.scheme import Member, load_scheme
from tarazu.core.errors import InputError

KAZ = Member("KAZ", "agent", "KZT", None, (5, 6), "KAZ")
IRN = Member("IRN", "agent", "IRR", None, (3, 4), "IRN")
BARE = (Member("KAZ", "a", "KZT", None, (5, 6)), Member("IRN", "b", "IRR", None, (3, 4)))


def test_every_member_must_be_open():
    both = JointCalendar.of((KAZ, IRN))
    assert both.why_closed(date(2026, 2, 4)) == "IRN: Birth of Imam Mahdi"  # a Wednesday
    assert both.why_closed(date(2026, 1, 7)) == "KAZ: Orthodox Christmas"
    assert both.why_closed(date(2026, 3, 24)) == "KAZ: Day off moved from 21 March; IRN: Nowruz"
    assert both.why_closed(date(2026, 1, 1)) == "IRN: weekend (Thursday); KAZ: New Year"
    assert both.why_closed(date(2027, 5, 17)) == "IRN: Eid al-Adha (estimated date)"
    assert both.is_open(date(2026, 2, 3))
    assert JointCalendar.of((KAZ,)).is_open(date(2026, 2, 4))


def test_thirtieth_of_august_is_a_holiday_no_longer_and_fifteenth_of_march_becomes_one():
    kazakhstan = JointCalendar.of((KAZ,))
    assert "moved from 30 August" in kazakhstan.why_closed(date(2025, 9, 1))
    assert kazakhstan.is_open(date(2026, 8, 31))
    assert kazakhstan.why_closed(date(2027, 3, 15)) == "KAZ: Constitution Day"


def test_a_year_without_listed_holidays_is_refused_not_open():
    both = JointCalendar.of((KAZ, IRN))
    assert both.covers == (2025, 2027)
    for day in (date(2024, 12, 31), date(2028, 1, 3)):
        with pytest.raises(InputError, match=r"listed for 2025, 2026, 2027, not for \d{4}"):
            both.is_open(day)
    with pytest.raises(InputError, match="not for 2028"):
        both.add_business_days(date(2027, 12, 29), 5)


def test_a_row_alone_does_not_make_its_year_known():
    extra = Holiday("IRN", date(2028, 1, 3), "Closure by decree", "published")
    calendar = JointCalendar.of((KAZ, IRN), [extra])
    with pytest.raises(InputError):
        calendar.is_open(date(2028, 1, 3))
    years = [CalendarYear("IRN", 2028, "x"), CalendarYear("KAZ", 2028, "x")]
    with pytest.raises(InputError):  # known for one member only
        JointCalendar.of((KAZ, IRN), [extra], years[:1]).is_open(date(2028, 1, 3))
    assert (
        JointCalendar.of((KAZ, IRN), [extra], years).why_closed(date(2028, 1, 3)) == "IRN: Closure by decree"
    )


def test_members_without_a_calendar_are_counted_by_weekends_and_said_so():
    calendar = JointCalendar.of(BARE)
    assert calendar.covers is None
    assert [check.name for check in calendar.checks] == ["weekends-only"]
    assert "KAZ, IRN" in calendar.checks[0].message
    assert calendar.is_open(date(1954, 7, 5))


def test_estimated_holidays_are_said():
    (check,) = JointCalendar.of((IRN,)).checks
    assert check.name == "estimated-holidays"
    assert not JointCalendar.of((KAZ,)).checks or "1 holidays" in JointCalendar.of((KAZ,)).checks[0].message


def test_counting_days():
    calendar = JointCalendar.of(BARE)  # Monday, Tuesday, Wednesday
    wednesday = date(2026, 1, 7)
    assert calendar.add_business_days(wednesday, 0) == wednesday
    assert calendar.add_business_days(date(2026, 1, 8), 0) == date(2026, 1, 12)
    assert calendar.add_business_days(wednesday, 1) == date(2026, 1, 12)
    assert calendar.add_business_days(date(2026, 1, 9), 1) == date(2026, 1, 12)  # from a closed day
    assert calendar.business_days(date(2026, 1, 5), date(2026, 1, 12)) == tuple(
        date(2026, 1, day) for day in (5, 6, 7, 12)
    )
    assert calendar.business_days(date(2026, 1, 12), date(2026, 1, 5)) == ()
    assert calendar.last_open(date(2026, 1, 8), date(2026, 1, 11)) is None
    with pytest.raises(InputError, match="not be negative"):
        calendar.add_business_days(wednesday, -1)


def test_no_common_day_is_an_error_not_an_endless_loop():
    never = JointCalendar.of(
        (Member("KAZ", "a", "KZT", None, (0, 1, 2)), Member("IRN", "b", "IRR", None, (3, 4, 5, 6)))
    )
    with pytest.raises(InputError, match="No joint business day"):
        never.next_open(date(2026, 1, 1))
    with pytest.raises(InputError, match="No joint business day"):
        Cycle("daily", date(2026, 1, 1), date(2026, 1, 1)).end(date(2026, 1, 1), never)


@pytest.mark.parametrize(
    ("length", "day", "first", "last"),
    [
        ("monthly", date(2024, 2, 10), date(2024, 2, 1), date(2024, 2, 29)),
        ("2 months", date(2024, 2, 10), date(2024, 1, 1), date(2024, 2, 29)),
        ("4 months", date(2023, 12, 31), date(2023, 9, 1), date(2023, 12, 31)),
        ("10 days", date(2024, 1, 11), date(2024, 1, 11), date(2024, 1, 20)),
        ("10 days", date(2023, 12, 31), date(2023, 12, 22), date(2023, 12, 31)),
        ("daily", date(2024, 1, 11), date(2024, 1, 11), date(2024, 1, 11)),
    ],
)
def test_periods_follow_one_another_from_the_anchor(length, day, first, last):
    cycle = Cycle(length, date(2024, 1, 1), date(2020, 1, 1))
    assert cycle.period(day) == (first, last)
    assert (cycle.start(day), cycle.end(day)) == (first, last)


def test_a_cycle_closes_on_a_joint_business_day_and_the_rest_of_the_period_is_the_next():
    scheme = load_scheme("kaz-irn")
    calendar = scheme.calendar()
    assert scheme.cycle.end(date(2026, 1, 10), calendar) == date(2026, 1, 28)  # the last Wednesday
    assert scheme.cycle.end(date(2026, 1, 29), calendar) == date(2026, 2, 25)
    assert scheme.cycle.start(date(2026, 2, 10), calendar) == date(2026, 1, 29)
    assert scheme.cycle.start(date(2026, 1, 29), calendar) == date(2026, 1, 29)
    assert scheme.cycle.start(date(2026, 1, 28), calendar) == date(2025, 12, 31) + timedelta(days=1)
    assert scheme.cycle.start(date(2025, 1, 10), calendar) == scheme.valid_from  # nothing before it


@pytest.mark.parametrize(
    "text", ["", "0 days", "-1 months", "month", "1.5 months", "weekly", "2 years", "1000 days"]
)
def test_a_length_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="is not the length of a cycle"):
        parse_length(text)


def test_the_holiday_table_is_consistent():
    listed = {(year.calendar, year.year) for year in bundled_years()}
    rows = bundled_holidays()
    assert {(row.calendar, row.date.year) for row in rows} == listed
    assert len({(row.calendar, row.date) for row in rows}) == len(rows)
    assert {row.basis for row in rows} <= {"statute", "published", "estimated"}
    assert [(row.calendar, row.date) for row in rows] == [
        key
        for name in ("KAZ", "IRN")
        for key in sorted((r.calendar, r.date) for r in rows if r.calendar == name)
    ]


def test_solar_holidays_of_iran_stand_on_their_solar_dates():
    solar = dict.fromkeys([(1, 1), (1, 2), (1, 3), (1, 4)], "Nowruz") | {
        (1, 12): "Islamic Republic Day",
        (1, 13): "Nature Day",
        (3, 14): "Death of Imam Khomeini",
        (3, 15): "Uprising of 15 Khordad",
        (11, 22): "Islamic Revolution Day",
        (12, 29): "Nationalisation of oil",
    }
    iran = {row.date: row.name for row in bundled_holidays() if row.calendar == "IRN"}
    for (month, day), name in solar.items():
        dates = [jdatetime.date(year, month, day).togregorian() for year in range(1403, 1407)]
        inside = [each for each in dates if 2025 <= each.year <= 2027]
        assert len(inside) == 3
        assert all(name in iran[each] for each in inside), name


def test_a_state_holiday_of_kazakhstan_on_a_weekend_moves_to_the_next_working_day():
    rows = {row.date: row.name for row in bundled_holidays() if row.calendar == "KAZ"}
    for day, name in rows.items():
        if day.weekday() >= 5 and "Christmas" not in name and "Kurban" not in name:
            months = f"moved from {day.day} {day:%B}"
            assert [moved for moved, text in rows.items() if months in text and moved > day], (day, name)
