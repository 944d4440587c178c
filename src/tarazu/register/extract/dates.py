"""Dates and spans in text: days, months, quarters, halves, years, seasons and words such as "last year".

Read before any other figure, so that a year or a day of a month is never a quantity. Every pattern starts
from a word that only dates have (a month, "quarter", "first … months", "last year") or from a number in the
form of a year or a full date.
"""

from __future__ import annotations

import re
from itertools import pairwise

from tarazu.register.extract import calendars
from tarazu.register.extract.months import read_month
from tarazu.register.extract.sentence import Sentence
from tarazu.register.extract.year_parts import (
    read_first_months,
    read_marketing,
    read_part,
    read_season,
    two_years,
)
from tarazu.register.extract.years import (
    SOLAR_YEARS,
    add_date,
    add_impossible,
    after_year,
    placed,
    plain_year,
    reckons_solar,
    year_before,
)

_SHORT = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})$")
_DAY_MONTH = re.compile(r"(\d\d)\.(\d\d)$")
_LONG = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})$")
_YEARS = range(1900, 2100)
_PRECISION = {"yearend": "year", "monthend": "month", "week": "span", "to_date": "span"}  # of relative words
_AHEAD = (
    "следующ",
    "ближайш",
    "будущ",
    "к",
    "ко",
    "до",
    "келесі",
    "келер",
)  # first words of weekdays to come
_JOINS = frozenset({"-", "to", "till", "until", "through", "по", "до", "تا", "the"})


def read_dates(s: Sentence) -> None:
    """Every date of a sentence."""
    for index in s.numbers:
        two_years(s, index)
    if any(name in s.at for name in ("month", "solar_month")):
        for index in sorted({*s.at.get("month", ()), *s.at.get("solar_month", ())}):
            if not s.taken[index]:
                read_month(s, index)
    for name in ("quarter_word", "half_word", "quarter_code", "half_code"):
        for index in s.at.get(name, ()):
            if not s.taken[index]:
                read_part(s, index, name)
    for index in s.at.get("month_word", ()):
        if not s.taken[index]:
            read_first_months(s, index)
    for index in s.at.get("marketing_year", ()):
        read_marketing(s, index)
    for index in s.at.get("season", ()):
        if not s.taken[index]:
            read_season(s, index)
    _numbers(s)
    for index in s.at.get("relative", ()):
        if not s.taken[index]:
            _relative(s, index)
    for index in s.at.get("weekday", ()):
        if not s.taken[index]:
            _weekday(s, index)
    _join_ends(s)


def _numbers(s: Sentence) -> None:
    for reader in (_numeric, _year):  # whole dates first: a year may stand before its day, «2023 ж. 20.06.»
        for index in s.numbers:
            if not s.taken[index]:
                reader(s, index)


def _numeric(s: Sentence, index: int) -> int:
    """2023-04-26, 26.04.2023, 1403/09/25; day before month where both could be."""
    text, last = s.word(index), index + 1
    if (
        s.word(index + 1) in ("-", "/")
        and s.word(index + 3) == s.word(index + 1)
        and all(s.glued(index + step) and len(s.word(index + step)) <= 4 for step in range(1, 5))
        and s.is_number(index + 2)
        and s.is_number(index + 4)
    ):
        text, last = f"{text}/{s.word(index + 2)}/{s.word(index + 4)}", index + 5
    elif len(text) == 5 and (short := _DAY_MONTH.match(text)):
        return _day_month(s, index, int(short[1]), int(short[2]))
    elif text.count(".") != 2 or len(text) > 10:
        return 0
    if match := _LONG.match(text):
        year, month, number = (int(part) for part in match.groups())
    elif match := _SHORT.match(text):
        number, month, year = (int(part) for part in match.groups())
        if month > 12 >= number:
            number, month = month, number
    else:
        return 0
    solar = year in SOLAR_YEARS
    if not solar and year not in _YEARS:
        return 0
    held = calendars.day(year, month, number, solar)
    if held is None:
        if month > 19 or number > 39:
            return 0  # rather the number of a document
        add_impossible(s, index, last, solar)
        return last
    add_date(s, "date-figures", index, last, calendars.value(held, held, "day", solar=solar))
    return last


def _day_month(s: Sentence, index: int, number: int, month: int) -> int:
    """06.10 or 20.06.: a day whose year stands before it or follows from the day of publication."""
    last = index + 1
    year = year_before(s, index)
    told = (
        index == 0 or s.word(index - 1) == "(" or s.before(index, "date_lead") or s.before(index, "deadline")
    )
    point = s.language in ("ru", "kk")  # languages whose decimals have a comma
    barred = ("magnitude", "percent", "currency", "unit", "times", "count")[: 5 if index == 0 else 6]
    if not (year or (told and (point or index == 0))) or any(s.hit(last, name) for name in barred):
        return 0
    first = year[3] if year else index
    if year is None:
        year = placed(s, month, number, False, index)
    held = calendars.day(year[0], month, number, False) if year[0] else None
    if held is None and (year[0] or not 1 <= month <= 12 or not 1 <= number <= 31):
        return 0
    add_date(s, "date-day-no-year", first, last, calendars.value(held, held, "day", relative=year[2]))
    return last


def _year(s: Sentence, index: int) -> int:
    """A year alone, or two that make a span."""
    held = plain_year(s, index)
    if held is None or not _stands_as_year(s, index):
        return 0
    first, last, end = index, index + 1, held
    joined = s.word(last)
    if joined in ("-", "to", "and", "по", "до", "تا", "و", "и") or s.hit(last, "range_to"):
        more = plain_year(s, last + 1)
        leads = (
            joined in ("-", "to")
            or (s.before(first, "range_from") and joined not in ("and", "и", "و"))
            or (joined in ("and", "и") and s.word(first - 1) in ("between", "между"))
            or joined == "تا"
        )
        if more and leads and more[1] == held[1] and more[0] > held[0]:
            end, last = more, last + 2
    if s.glued(last) and s.word(last) == "s" and end == held:  # the 1990s
        end, last = (held[0] + 9, held[1]), last + 1
    last = after_year(s, last)
    low, high = calendars.months(held[0], 1, 12, held[1]), calendars.months(end[0], 1, 12, end[1])
    if low is None or high is None:
        return 0
    precision = "year" if end == held else "span"
    value = calendars.value(low[0], high[1], precision, solar=held[1])
    add_date(s, "date-year" if precision == "year" else "date-span", first, last, value)
    return last


def _stands_as_year(s: Sentence, index: int) -> bool:
    """Whether four digits are a year and not a count, a price or a number of something."""
    after = index + 1
    if index and s.glued(index) and s.word(index - 1) not in ("(", "-", "/", "«", '"', "“", "'", "[", "|"):
        return False
    if s.word(index - 1) == "-" and s.glued(index) and s.is_number(index - 2) and s.glued(index - 1):
        return False
    if s.hit(after, "year_word") and s.language in ("ru", "kk"):
        return True
    if s.hit(after, "gregorian_era") or s.hit(after, "solar_era") or s.before(index, "year_word"):
        return True
    behind = index - 1 if s.word(index - 1) == "." else index
    if s.before(behind, "not_count_before") or s.before(index, "currency"):
        return False
    lead = s.before(index, "date_lead") or s.before(index, "deadline")
    if (
        s.word(index - 1) == "/"
        and s.glued(index)
        and any(s.before(at, "not_count_before") for at in (index - 2, index - 3))
    ):
        return False  # No. 7/2025
    if (s.glued(after) and (s.word(after) == "%" or (s.word(after) == ":" and s.is_number(after + 1)))) or (
        s.word(after) == "-" and s.glued(after) and s.is_word(after + 1)
    ):
        return bool(
            s.hit(after + 1, "ordinal_suffix") or (s.hit(after + 1, "case_suffix") and s.language == "kk")
        )
    barred = ("magnitude", "unit", "currency", "percent", "times")
    if any(s.hit(after, name) for name in barred):
        # "in 2023 tonnes" does not occur; "in 2023 head of state" does.
        return (
            bool(lead)
            and s.hit(after, "currency") is None
            and s.hit(after, "magnitude") is None
            and not (s.hit(after, "unit") and s.language != "en")
            and s.word(after) in ("head", "people")
        )
    if s.hit(after, "count") and not lead:
        # "The 2010 memorandum" has its year, "2010 memoranda" would be a number of them.
        return s.word(index - 1) == "the" and not s.word(after).endswith(("s", "a"))
    if plain_year(s, index) and int(s.word(index)) in SOLAR_YEARS:
        return bool(lead) or s.before(index, "solar_era") is not None or s.language == "fa"
    return True


def _relative(s: Sentence, index: int) -> None:
    held = s.hit(index, "relative")
    assert held is not None
    unit, _, step = held[0].partition(":")
    last = index + held[1]
    if not s.free(index, last):
        return
    if s.word(index) == "the" and unit == "year" and held[1] == 2 and s.word(index + 1) == "year":
        return
    published, solar = s.setting.published, reckons_solar(s)
    if era := s.hit(last, "gregorian_era"):
        solar, last = False, last + era[1]
    if s.language in ("kk", "ru") and s.hit(last, "year_word"):
        last += 1
    if unit == "anchor":
        _anchored(s, index, last, int(step))
        return
    if s.is_number(last) and len(s.word(last)) == 4 and s.word(last).isdecimal():
        return  # the end of the year 2028
    if published is None:
        precision = _PRECISION.get(unit, unit)
        add_date(
            s,
            "date-relative",
            index,
            last,
            calendars.value(None, None, precision, solar=solar, relative=True),
        )
        return
    start, end, precision = calendars.shifted(
        unit, int(step), published, solar and unit not in ("day", "week")
    )
    uses_solar = solar and unit not in ("day", "week")
    add_date(
        s,
        "date-relative",
        index,
        last,
        calendars.value(start, end, precision, solar=uses_solar, relative=True),
    )


def _anchored(s: Sentence, first: int, last: int, step: int) -> None:
    """The year before or after the one named last; of a financial year, another financial year."""
    published, kept = s.setting.published, s.setting.year
    solar = reckons_solar(s)
    span, precision = None, "year"
    if kept:
        solar, begun, ended = kept
        if (ended - begun).days in (364, 365) and (begun.month, begun.day) != (1, 1) and not solar:
            precision = "season"
            span = begun.replace(year=begun.year + step), ended.replace(year=ended.year + step)
        else:
            span = calendars.months(calendars.year_of(begun, solar) + step, 1, 12, solar)
    elif published:
        span = calendars.months(calendars.year_of(published, solar) + step, 1, 12, solar)
    start, end = span or (None, None)
    add_date(
        s, "date-relative", first, last, calendars.value(start, end, precision, solar=solar, relative=True)
    )
    s.setting.year = kept


def _join_ends(s: Sentence) -> None:
    """Two dates that are the ends of one span ("from 1 July 2024 to 31 December 2025") become it."""
    held = sorted(s.of("date"), key=lambda each: each.first)
    for one, two in pairwise(held):
        between = [s.word(at) for at in range(one.last, two.first)]
        starts, ends = one.value["start"], two.value["end"]
        if not 1 <= len(between) <= 3 or between[0] not in _JOINS or not starts or not ends:
            continue
        if not all(word in _JOINS or s.hit(at, "end_of") for at, word in enumerate(between, one.last)):
            continue
        if not s.before(one.first, "range_from") or starts >= two.value["start"]:
            continue
        two.first, two.rule = one.first, "date-span"
        two.value |= {"start": starts, "precision": "span", "relative": one.value["relative"]}
        s.found.remove(one)


def _weekday(s: Sentence, index: int) -> None:
    held = s.hit(index, "weekday")
    assert held is not None
    if s.language == "fa" and (s.word(index - 1) in ("شهر", "به", "-") or s.word(index + held[1]) == "-"):
        return  # also the name of a capital
    last = index + held[1]
    nearby = [
        each for each in s.of("date") if each.value["precision"] == "day" and 0 <= each.first - last <= 2
    ]
    if nearby:
        return  # "on Tuesday, 3 May" is one date
    published = s.setting.published
    ahead = s.word(index - 1) in ("next", "coming", "by", "until") or bool(s.at.get("will"))
    ahead = ahead or any(
        s.word(at) in _AHEAD or s.word(at).startswith(_AHEAD[:3]) for at in (index, index + 1)
    )
    found = calendars.weekday(int(held[0]), published, ahead) if published else None
    add_date(s, "date-weekday", index, last, calendars.value(found, found, "day", relative=True))
