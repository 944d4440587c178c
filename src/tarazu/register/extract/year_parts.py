"""Parts of years and years of two numbers: quarters, halves, first months, seasons."""

from __future__ import annotations

from tarazu.register.extract import calendars
from tarazu.register.extract.sentence import Sentence
from tarazu.register.extract.years import (
    Year,
    add_date,
    add_span,
    ahead,
    placed,
    plain_year,
    reckons_solar,
    year_after,
    year_before,
)

_QUARTER, _HALF = 3, 6
_MIDDLE = {
    "spring": 4,
    "summer": 7,
    "autumn": 10,
    "winter": 12,
}  # month by which a season without a year is placed


def _ordinal_near(s: Sentence, index: int) -> tuple[int, int, int]:
    """Which quarter or half: number, and first and last token of number and word together."""
    length = max(
        (held[1] for name in ("quarter_word", "half_word") if (held := s.hit(index, name))), default=1
    )
    after = index + length
    if s.word(after) == "." and s.glued(after) and len(s.word(index)) <= 3:
        after += 1
    begun = index - 1 if s.word(index - 1) == "-" and s.glued(index) else index  # first-quarter
    if held := s.before(begun, "ordinal"):
        return int(held[0]), held[1], after
    if held := s.hit(after, "ordinal"):
        return int(held[0]), index, after + held[1]
    for at in (index - 1, index - 2, index - 3):  # 1-й квартал, 2nd quarter, 3 квартал
        if s.is_number(at) and s.word(at) in ("1", "2", "3", "4"):
            return int(s.word(at)), at, after
        if not (s.hit(at, "ordinal_suffix") or s.word(at) == "-"):
            break
    if s.is_number(after) and s.word(after) in ("1", "2", "3", "4") and s.language != "en":
        return int(s.word(after)), index, after + 1
    return 0, index, after


def read_part(s: Sentence, index: int, name: str) -> None:
    if name in ("quarter_code", "half_code"):
        value, length = s.hits[index][name]
        number, first, last = int(value), index, index + length
    else:
        number, first, last = _ordinal_near(s, index)
    size = _HALF if name in ("half_word", "half_code") else _QUARTER
    if not 1 <= number <= 12 // size:
        return
    if s.language == "fa" and s.hit(last, "month_word"):
        last += 1
    year = year_after(s, last)
    if year is None and (earlier := year_before(s, first)):
        year, first = (earlier[0], earlier[1], earlier[2], last), earlier[3]
    if year is None:
        if name == "half_word" and (s.language == "fa" or s.word(last) == "of"):
            return
        year = _recent(s, number * size, last, first)
    precision = "half" if size == _HALF else "quarter"
    add_span(
        s,
        f"date-{precision}",
        first,
        max(last, year[3]),
        precision,
        year,
        (number * size - size + 1, number * size),
    )


def _recent(s: Sentence, last_month: int, at: int, first: int) -> Year:
    """The latest year in which a part of it could have been over, or begun, at publication; the next if it is ahead."""
    published, solar = s.setting.published, reckons_solar(s)
    if published is None:
        return 0, solar, True, at
    year, month = calendars.month_of(published, solar)
    if ahead(s, first):
        return (year if last_month >= month else year + 1), solar, True, at
    return (year if last_month <= month + 2 else year - 1), solar, True, at


def read_first_months(s: Sentence, index: int) -> None:
    """The first months of a year: "first four months of this year", «за 9 месяцев 2023 года»."""
    count, first = _count_before(s, index)
    if not 1 <= count <= 11:
        return
    last = index + 1
    if s.word(last) == "." and s.glued(last) and len(s.word(index)) <= 3:
        last += 1  # за 4 мес. 2024 г.
    if s.word(last) == "to" and (ending := s.hit(last + 1, "month")) and int(ending[0]) >= count:
        _months_to(s, first, last + 2, int(ending[0]), count)
        return
    if len(s.word(index)) == 1 and not (s.glued(index) and plain_year(s, last)):
        return  # 9M 2025
    leading = bool(s.before(first, "first_part")) or s.word(first - 1) in ("за", "ішінде")
    leading = leading or s.word(index) in ("m", "м", "айда", "айында", "айдың")
    if s.hit(last, "first_part"):
        last, leading = last + 1, True
    if held := s.before(first, "first_part"):
        first = held[1] if s.word(held[1]) != "за" else first
        if s.word(first - 1) == "the":
            first -= 1
    year = year_after(s, last)
    if year is None and (earlier := year_before(s, first)):
        year, first = (earlier[0], earlier[1], earlier[2], last), earlier[3]
    if year is None:
        if not leading:
            return
        year = _recent(s, count, last, len(s.tokens))
    elif not leading and s.language == "en" and s.word(last) not in ("of", "in"):
        return
    add_span(s, "date-first-months", first, max(last, year[3]), "span", year, (1, count))


def _months_to(s: Sentence, first: int, last: int, month: int, count: int) -> None:
    """The eight months to August, of the year that follows or of the one in which August was last over."""
    year = year_after(s, last) or _recent(s, month, last, len(s.tokens))
    s.taken[first:last] = bytes(last - first)
    s.found = [each for each in s.found if not (each.kind == "date" and first <= each.first < last)]
    add_span(s, "date-span", first, max(last, year[3]), "span", year, (month - count + 1, month))


def _count_before(s: Sentence, index: int) -> tuple[int, int]:
    if s.is_number(index - 1) and s.word(index - 1).isdecimal() and len(s.word(index - 1)) <= 2:
        return int(s.word(index - 1)), index - 1
    if s.word(index - 1) == "-" and s.is_number(index - 2) and s.word(index - 2).isdecimal():
        return int(s.word(index - 2)[:2]), index - 2
    if held := s.hit(index - 1, "numeral"):
        return int(held[0]), index - 1
    return 0, index


# Seasons


def read_marketing(s: Sentence, index: int) -> None:
    for at in range(max(0, index - 5), min(len(s.tokens), index + 5)):
        two_years(s, at, force=True)


def two_years(s: Sentence, index: int, force: bool = False) -> int:
    """2022/23 or 2018-19: a year that begins in one and ends in the next. Returns the token after it, or 0."""
    opened = plain_year(s, index)
    if not opened or s.word(index + 1) not in ("-", "/") or not s.glued(index + 1) or not s.glued(index + 2):
        return 0
    closing = s.word(index + 2)
    if s.taken[index] or not s.is_number(index + 2) or not closing.isdecimal():
        return 0
    year = opened[0]
    short = len(closing) == 2 and int(closing) == (year + 1) % 100
    full = len(closing) == 4 and int(closing) == year + 1 and (force or s.word(index + 1) == "/")
    if not (short or full) or (s.glued(index + 3) and s.word(index + 3) in ("-", "/")):
        return 0
    if opened[1]:
        start, end = calendars.months(year, 7, 12, True), calendars.months(year + 1, 1, 6, True)
        span = (start[0], end[1]) if start and end else None
    else:
        span = calendars.marketing_year(year)
    if span:
        add_date(s, "date-season", index, index + 3, calendars.value(*span, "season", solar=opened[1]))
    return index + 3


def read_season(s: Sentence, index: int) -> None:
    held = s.hit(index, "season")
    assert held is not None
    at = index + held[1]
    year = year_after(s, at)
    first = index
    if year is None and (earlier := year_before(s, index)):
        year, first = (earlier[0], earlier[1], earlier[2], at), earlier[3]
    if year is None:
        published = s.setting.published
        if published is None or not (
            s.language != "en" or s.word(index - 1) in ("this", "last", "next") or s.word(index) == "in"
        ):
            return
        solar = reckons_solar(s)
        middle = list(_MIDDLE).index(held[0]) * 3 + 2 if solar else _MIDDLE[held[0]]
        year = (*placed(s, middle, 15, solar, index)[:3], at)
        if s.word(index - 1) in ("this", "last", "next"):
            step = {"this": 0, "last": -1, "next": 1}[s.word(index - 1)]
            year, first = (published.year + step, False, True, at), index - 1
    if span := calendars.season(year[0], held[0], year[1]):
        value = calendars.value(*span, "season", solar=year[1], relative=year[2])
        add_date(s, "date-season", first, year[3], value)
