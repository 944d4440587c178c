"""Days and months of text: "26 April", "April 26-27", "2024 жылғы 29 мамыр", "January–June", «۲۵ آذر»."""

from __future__ import annotations

from tarazu.register.extract import calendars
from tarazu.register.extract.sentence import Sentence
from tarazu.register.extract.years import (
    add_date,
    add_impossible,
    add_span,
    placed,
    plain_year,
    year_after,
    year_before,
)

_LEAP = {False: 2024, True: 1403}  # years that have every day
_TOO_MANY = tuple(str(number) for number in range(32, 40))


def _day_number(s: Sentence, index: int) -> int:
    """A day of a month at a token, 0 if there is none."""
    if s.is_number(index) and s.word(index).isdecimal() and len(s.word(index)) <= 2 and not s.taken[index]:
        return int(s.word(index)) if 1 <= int(s.word(index)) <= 31 else 0
    return 0


def read_month(s: Sentence, index: int) -> None:
    held = s.hit(index, "month") or s.hit(index, "solar_month")
    solar = s.hit(index, "month") is None
    if held is None:
        return
    month, at = int(held[0]), index + held[1]
    if index and s.taken[index - 1] and s.language == "kk" and month == 6:
        return  # «2023/24 маусымында»: the word is also "season"
    if s.word(at) == "." and s.glued(at) and len(s.word(index)) <= 4 and at + 1 < len(s.tokens):
        at += 1
    if second := _second_month(s, at, solar):
        _month_range(s, index, month, second, solar)
        return
    day, last_day, first = _day_before(s, index)
    if not day and _beyond(s, index) and (year := year_after(s, at)):
        add_impossible(s, index - 1, year[3], solar)
        return
    if not day and s.language == "en" and not solar:
        day, last_day, at = _day_after(s, at)
    if s.language == "fa" and s.hit(at, "month_word"):
        at += 1
    year = year_after(s, at)
    if year is None and (earlier := year_before(s, first)):
        if not day and s.language == "fa" and s.word(index) == "می":
            return  # «۲۰۱۵ می شود»: the beginning of a verb
        year, first = (earlier[0], earlier[1], earlier[2], at), earlier[3]
    known = year is not None
    if year is None:
        if not day and not _is_month(s, index, solar):
            return
        year = placed(s, month, day or 15, solar, first)
        year = (year[0], solar, True, at)
    elif year[1] != solar and year[2] and s.setting.published:
        step = year[0] - calendars.year_of(s.setting.published, year[1])
        year = (calendars.year_of(s.setting.published, solar) + step, solar, True, year[3])
    elif not day and year[1] != solar:
        return
    last = year[3] if known else at
    if s.language == "kk" and s.hit(last, "month_word") and not day:
        last += 1
    if not day:
        add_span(s, "date-month", first, last, "month", year, (month, month))
        return
    start = calendars.day(year[0], month, day, solar) if year[0] else None
    end = calendars.day(year[0], month, last_day, solar) if year[0] else None
    nowhere = calendars.day(_LEAP[solar], month, max(day, last_day), solar) is None
    if nowhere or (year[0] and (start is None or end is None)):
        add_impossible(s, first, last, solar)
        return
    precision = "span" if start != end else "day"
    value = calendars.value(start, end, precision, solar=solar, relative=year[2])
    add_date(s, "date-day" if known else "date-day-no-year", first, last, value)


def _beyond(s: Sentence, index: int) -> bool:
    """Whether a number just over the days of a month stands before its name: 32 April."""
    told = s.is_number(index - 1) and s.word(index - 1) in _TOO_MANY
    return told and not s.taken[index - 1] and not s.before(index - 1, "not_count_before")


def _is_month(s: Sentence, index: int, solar: bool) -> bool:
    """Whether a month's name without day and year is a month here and not a word or a person's name."""
    at = index - 1 if s.word(index - 1) == "-" and s.glued(index) else index  # mid-March
    lead = s.before(at, "date_lead") or s.before(at, "deadline") or s.before(at, "end_of")
    if len(s.tokens) <= 2:
        return True  # a heading
    if s.language == "fa":
        told = bool(s.hit(index + 1, "month_word")) or s.word(index - 1) == "ماه"
        told = told or (len(s.word(index)) > 4 and s.word(index).endswith("ماه"))
        other = ("می", "مه", "تیر", "مهر", "دی")  # also a particle, an arrow, kindness
        return told or (bool(lead) and s.word(index) not in other[:2]) or s.word(index) not in other
    if solar:
        return bool(lead)
    if s.language == "ru" and s.word(index) in ("мая", "мае"):
        return bool(lead)
    return bool(lead) or s.language == "kk" or s.word(index - 1) in ("last", "this", "next")


def _day_before(s: Sentence, index: int) -> tuple[int, int, int]:
    """First and last day of the month before its name, and the token at which they begin."""
    at = index - 1
    if s.word(at) in ("of", "-") and s.language == "en":
        at -= 1
    if s.word(at) == "the":
        at -= 1
    if at > 0 and s.hit(at, "ordinal_suffix") and (s.glued(at) or s.language == "fa"):
        at -= 2 if s.word(at - 1) == "-" else 1
    if s.language == "fa" and (ordinal := s.before(index, "ordinal")):
        return int(ordinal[0]), int(ordinal[0]), ordinal[1]
    day = _day_number(s, at)
    if not day or (s.glued(at) and s.word(at - 1) in (":", "/")):
        return 0, 0, index
    joined = s.word(at - 1)
    start = _day_number(s, at - 2) if joined in ("-", "to", "and", "по", "и", "до", "تا", "و") else 0
    told = joined in ("-", "to", "and", "и", "تا", "و") or s.before(at - 2, "range_from")
    if 0 < start < day and told:
        return start, day, at - 2
    return day, day, at


def _day_after(s: Sentence, at: int) -> tuple[int, int, int]:
    """First and last day of the month after its name (April 26-27), and the token after them."""
    if s.word(at) == "the":
        at += 1
    day = _day_number(s, at)
    if not day:
        return 0, 0, at
    end = at + 1
    if s.glued(end) and s.hit(end, "ordinal_suffix"):
        end += 1
    last = _day_number(s, end + 1) if s.word(end) in ("-", "and", "to") else 0
    if last > day and not s.hit(end + 2, "month"):
        return day, last, end + 2
    if s.hit(end, "magnitude") or s.hit(end, "percent"):
        return 0, 0, at
    return day, day, end


def _second_month(s: Sentence, at: int, solar: bool) -> int:
    """Token of the month that ends a range (January–June), 0 if there is none."""
    if s.word(at) in ("-", "to", "through", "по", "до", "تا", "و", "and", "и", "/", "мен"):
        if s.hit(at + 1, "solar_month" if solar else "month"):
            return at + 1
        if _day_number(s, at + 1) and s.hit(at + 2, "solar_month" if solar else "month"):
            return at + 2  # 26 April – 2 May
    if (
        plain_year(s, at)
        and s.word(at + 1) in ("-", "to", "through")
        and s.hit(at + 2, "month")
        and not solar
    ):
        return at + 2
    return 0


def _month_range(s: Sentence, index: int, month: int, second: int, solar: bool) -> None:
    name = "solar_month" if solar else "month"
    held = s.hit(second, name)
    assert held is not None
    end_month, at = int(held[0]), second + 1
    if s.word(at) == "." and s.glued(at) and len(s.word(second)) <= 4:
        at += 1
    start_day, _, first = _day_before(s, index)
    end_day = _day_number(s, second - 1)
    listed = s.word(index + 1) in ("و", "and", "и", "мен") and not (start_day or end_day)
    if listed and end_month != month + 1 and not s.before(first, "range_from"):
        return
    year = year_after(s, at)
    if year is None and (earlier := year_before(s, first)):
        year, first = (earlier[0], earlier[1], earlier[2], at), earlier[3]
    if year is None:
        year = (*placed(s, end_month, end_day or 15, solar, first)[:3], at)
    last = year[3]
    if s.language == "kk" and s.hit(last, "month_word"):
        last += 1
    if s.before(first, "range_from") and s.word(first - 1) not in ("between",):
        first -= 0
    begun = plain_year(s, index + 1)
    opening = begun[0] if begun else year[0] - 1 if month > end_month and year[0] else year[0]
    if not year[0]:
        add_date(s, "date-span", first, last, calendars.value(None, None, "span", solar=solar, relative=True))
        return
    if start_day or end_day:
        start = calendars.day(opening, month, start_day or 1, solar)
        end = calendars.day(year[0], end_month, end_day, solar) if end_day else None
    else:
        low, high = (
            calendars.months(opening, month, month, solar),
            calendars.months(year[0], end_month, end_month, solar),
        )
        start, end = (low[0] if low else None), (high[1] if high else None)
    if (start_day and start is None) or (end_day and end is None):
        add_impossible(s, first, last, solar)
    elif start and end and start <= end:
        add_date(
            s, "date-span", first, last, calendars.value(start, end, "span", solar=solar, relative=year[2])
        )
