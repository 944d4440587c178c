"""Periods in both calendars."""

from __future__ import annotations

from datetime import date

import pytest

from tarazu.core import period
from tarazu.core.errors import PeriodError
from tarazu.core.period import Period, parse, parse_date, parse_partial


@pytest.mark.parametrize(
    ("made", "start", "end"),
    [
        (period.solar_year(1401), "2022-03-21", "2023-03-20"),
        (period.solar_year(1399), "2020-03-20", "2021-03-20"),  # leap
        (period.solar_year(1400), "2021-03-21", "2022-03-20"),
        (period.solar_span(1400, 1, 5), "2021-03-21", "2021-08-22"),
        (period.solar_span(1400, 1, 10), "2021-03-21", "2022-01-20"),
        (period.solar_span(1401, 1, 8), "2022-03-21", "2022-11-21"),
        (period.solar_span(1402, 1, 9), "2023-03-21", "2023-12-21"),
        (period.solar_month(1400, 5), "2021-07-23", "2021-08-22"),
        (period.solar_day(1399, 12, 30), "2021-03-20", "2021-03-20"),
        (period.year(2022), "2022-01-01", "2022-12-31"),
        (period.quarter(2022, 1), "2022-01-01", "2022-03-31"),
        (period.month(2024, 2), "2024-02-01", "2024-02-29"),
        (period.day(2022, 3, 15), "2022-03-15", "2022-03-15"),
    ],
)
def test_spans(made, start, end):
    assert (made.start.isoformat(), made.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("text", "same", "label"),
    [
        ("2022", period.year(2022), "2022"),
        (" ۲۰۲۲ ", period.year(2022), "2022"),
        ("2022-Q1", period.quarter(2022, 1), "2022-Q1"),
        ("2022-q4", period.quarter(2022, 4), "2022-Q4"),
        ("2022-03", period.month(2022, 3), "2022-03"),
        ("2022-03-15", period.day(2022, 3, 15), "2022-03-15"),
        ("2022-01-01/2022-03-31", period.quarter(2022, 1), "2022-Q1"),
        ("2022-01-01/2022-05-31", Period(date(2022, 1, 1), date(2022, 5, 31)), "2022-01/2022-05"),
        ("2022-01 / 2022-05", Period(date(2022, 1, 1), date(2022, 5, 31)), "2022-01/2022-05"),
        ("Jan-May 2018", Period(date(2018, 1, 1), date(2018, 5, 31)), "2018-01/2018-05"),
        ("January – Sept. 2021", Period(date(2021, 1, 1), date(2021, 9, 30)), "2021-01/2021-09"),
        ("may 2018", period.month(2018, 5), "2018-05"),
        ("2014/2019", Period(date(2014, 1, 1), date(2019, 12, 31)), "2014/2019"),
        ("2022-03-05/2022-11-10", Period(date(2022, 3, 5), date(2022, 11, 10)), "2022-03-05/2022-11-10"),
        ("SH 1401", period.solar_year(1401), "SH 1401"),
        ("1401 SH", period.solar_year(1401), "SH 1401"),
        ("sh ۱۴۰۱", period.solar_year(1401), "SH 1401"),
        ("2022-03-21/2023-03-20", period.solar_year(1401), "SH 1401"),
        ("SH 1400-05", period.solar_month(1400, 5), "SH 1400-05"),
        ("SH 1400-01/SH 1400-05", period.solar_span(1400, 1, 5), "SH 1400-01/SH 1400-05"),
        ("SH 1381/SH 1400", Period(date(2002, 3, 21), date(2022, 3, 20)), "SH 1381/SH 1400"),
        ("SH 1399-12-30", period.day(2021, 3, 20), "2021-03-20"),
    ],
)
def test_periods_are_read_and_written_in_one_way(text, same, label):
    assert parse(text) == same
    assert str(parse(text)) == same.label == label


@pytest.mark.parametrize("text", ["2023-02-30", "2023-02-29", "SH 1400-12-30", "SH 1401-07-31"])
def test_a_day_that_does_not_exist_is_named(text):
    with pytest.raises(PeriodError, match=f"{text} does not exist"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["2022-13", "2022-00", "SH 1400-13", "SH 1400-00", "2022-05/2022-13", "2022-13-01", "SH 1400-13-01"],
)
def test_a_month_that_does_not_exist_is_refused(text):
    with pytest.raises(PeriodError, match="does not exist"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SH",
        "foo",
        "Foo 2018",
        "2022-Q5",
        "2022-3",
        "2022-1-1",
        "22",
        "20222",
        "15.03.2022",
        "SH 1401-Q1",
        "2022/",
    ],
)
def test_other_forms_are_refused_with_the_expected_ones(text):
    with pytest.raises(PeriodError, match="Write 2022, 2022-Q1"):
        parse(text)


def test_a_year_of_the_other_calendar_is_pointed_out():
    with pytest.raises(PeriodError, match="write SH 1401"):
        parse("1401")
    with pytest.raises(PeriodError, match="write 2022 alone"):
        parse("SH 2022")


@pytest.mark.parametrize("text", ["2022/2021", "May-Jan 2018", "2022-03-15/2022-03-14"])
def test_a_period_cannot_end_before_it_starts(text):
    with pytest.raises(PeriodError, match="before"):
        parse(text)


def test_constructors_refuse_what_does_not_exist():
    for broken in (
        lambda: Period(date(2022, 2, 1), date(2022, 1, 1)),
        lambda: Period(date(1401, 1, 1), date(1401, 12, 31)),
        lambda: period.quarter(2022, 5),
        lambda: period.month(2022, 0),
        lambda: period.solar_span(1400, 5, 1),
        lambda: period.day(2022, 2, 30),
        lambda: period.year(2022).shift_years(1000),
    ):
        with pytest.raises(PeriodError):
            broken()


def test_overlap_and_containment_count_both_ends():
    iranian, calendar = period.solar_year(1401), period.year(2022)
    assert iranian.days == 365
    assert iranian.overlap_days(calendar) == 286
    assert calendar.overlap_days(period.year(2023)) == 0
    assert calendar.contains(date(2022, 12, 31))
    assert not calendar.contains(date(2023, 1, 1))
    assert calendar.contains(period.quarter(2022, 4))
    assert not calendar.contains(iranian)


def test_shares_of_an_iranian_year():
    assert period.solar_year(1401).year_shares() == {2022: 286 / 365, 2023: 79 / 365}


@pytest.mark.parametrize(
    ("text", "years", "shifted"),
    [
        ("2022", -1, "2021"),
        ("2022-01/2022-05", -1, "2021-01/2021-05"),
        ("2024-02", -1, "2023-02"),
        ("2023-02", 1, "2024-02"),  # the whole month, so with the 29th
        ("2023-01/2023-02", 1, "2024-01/2024-02"),
        ("2024-02-29", -1, "2023-02-28"),
        ("2023-02-28", 1, "2024-02-28"),  # one day is not a whole month
        ("2022-03-05/2023-02-10", -1, "2021-03-05/2022-02-10"),
        ("SH 1399", 1, "SH 1400"),
        ("SH 1400", -1, "SH 1399"),
        ("SH 1401-01/SH 1401-08", -1, "SH 1400-01/SH 1400-08"),
    ],
)
def test_the_same_span_of_another_year(text, years, shifted):
    assert parse(text).shift_years(years) == parse(shifted)


def test_a_given_label_is_kept_and_does_not_make_another_period():
    spoken = Period(date(2022, 1, 1), date(2022, 12, 31), "last year")
    assert spoken.label == "last year"
    assert spoken == period.year(2022)


def test_days_are_read():
    assert parse_date("2022-03-15") == date(2022, 3, 15)
    assert parse_date("SH 1399-12-30") == date(2021, 3, 20)
    for text in ("2022-03", "2022-03-15/2022-03-15", "15.03.2022", "2023-02-30", ""):
        with pytest.raises(PeriodError):
            parse_date(text)


def test_partial_dates_keep_their_precision():
    assert [parse_partial(text) for text in ("2022", " 2022-03 ", "۲۰۲۲-۰۳-۱۵")] == [
        "2022",
        "2022-03",
        "2022-03-15",
    ]
    for text in ("2022-Q1", "2022-q1", "SH 1401", "2022-13", "2023-02-30", "c. 2010", ""):
        with pytest.raises(PeriodError):
            parse_partial(text)
