"""What dates share: the year beside a month or quarter, where a date without a year lies, and how a date is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from tarazu.register.extract import calendars
from tarazu.register.extract.sentence import Sentence

_YEARS = range(1900, 2100)
SOLAR_YEARS = range(1300, 1450)
_FUTURE = ("will", "future_verb", "future_we", "ahead")  # words that tell what is still to come

Year = tuple[int, bool, bool, int]  # number, Solar Hijri, relative, token at which it ends (or begins)


def add_date(s: Sentence, rule: str, first: int, last: int, value: dict[str, Any]) -> None:
    s.add("date", rule, first, last, value)
    s.take(first, last)
    if value["start"] and value["precision"] != "day":
        start = date.fromisoformat(value["start"])
        s.setting.year = (value["calendar"] == "solar_hijri", start, date.fromisoformat(value["end"]))


def add_impossible(s: Sentence, first: int, last: int, solar: bool) -> None:
    """A day that the calendar does not have, such as 30 February: kept without a date, never as its year alone."""
    value = calendars.value(None, None, "day", solar=solar) | {"impossible": True}
    add_date(s, "date-impossible", first, last, value)


def add_span(
    s: Sentence, rule: str, first: int, last: int, precision: str, year: Year, months: tuple[int, int]
) -> None:
    held = calendars.months(year[0], months[0], months[1], year[1]) if year[0] else None
    start, end = held or (None, None)
    if year[0] and not held:
        return
    add_date(s, rule, first, last, calendars.value(start, end, precision, solar=year[1], relative=year[2]))


def plain_year(s: Sentence, index: int) -> tuple[int, bool] | None:
    """A number in the form of a year, and whether it is one of the Solar Hijri calendar."""
    word = s.word(index)
    if (
        s.language == "fa"
        and len(word) == 2
        and s.is_number(index)
        and "80" <= word <= "99"
        and s.before(index, "year_word")
    ):
        return (1300 + int(word), True) if not s.taken[index] else None
    if not s.is_number(index) or len(word) != 4 or not word.isdecimal() or s.taken[index]:
        return None
    number = int(word)
    if number in _YEARS:
        return number, False
    return (number, True) if number in SOLAR_YEARS else None


def after_year(s: Sentence, at: int) -> int:
    """Token after the words that may follow a year: года, г., жылғы, میلادی."""
    held = s.hit(at, "year_word")
    if held and s.language in ("ru", "kk"):
        at += held[1]
        if s.word(at) == "." and s.glued(at) and len(s.word(at - 1)) <= 2 and at + 1 < len(s.tokens):
            at += 1
    if s.word(at) == "(" and (s.hit(at + 1, "solar_era") or s.hit(at + 1, "gregorian_era")):
        return at
    for name in ("gregorian_era", "solar_era"):
        if held := s.hit(at, name):
            at += held[1]
    return at


def year_after(s: Sentence, at: int) -> Year | None:
    """The year that follows, over the words that join: "of", "this", «года», «سال»."""
    for _ in range(3):
        if (same := s.hit(at, "same_year")) and s.setting.year:
            solar, start, _end = s.setting.year
            return calendars.year_of(start, solar), solar, True, at + same[1]
        if relative := s.hit(at, "relative"):
            unit, _, step = relative[0].partition(":")
            if unit == "year" and s.setting.published:
                era = s.hit(at + relative[1], "gregorian_era")
                solar = reckons_solar(s) and era is None
                number = calendars.year_of(s.setting.published, solar) + int(step)
                return number, solar, True, at + relative[1] + (era[1] if era else 0)
        if plain := plain_year(s, at):
            return plain[0], plain[1], False, after_year(s, at + 1)
        if (
            s.word(at) in (",", "،", "of", "in", "the", "-")
            or s.hit(at, "year_word")
            or s.word(at) in ("ماه", "همان")
        ):
            at += 1
            continue
        return None
    return None


def year_before(s: Sentence, at: int) -> Year | None:
    """The year that stands before, with its word: «2024 жылғы», «биылғы жылдың», «2024 жылдың»."""
    if s.word(at - 1) == "." and s.before(at - 1, "year_word"):
        at -= 1  # 2023 ж. 20.06
    first = at
    if (held := s.before(at, "relative")) and held[0].startswith("year:") and s.setting.published:
        solar = reckons_solar(s)
        return calendars.year_of(s.setting.published, solar) + int(held[0][5:]), solar, True, held[1]
    if held := s.before(at, "year_word"):
        first = held[1]
        if (held := s.before(first, "relative")) and held[0].startswith("year:") and s.setting.published:
            return calendars.year_of(s.setting.published, False) + int(held[0][5:]), False, True, held[1]
    if s.word(first - 1) == ",":
        first -= 1
    if plain := plain_year(s, first - 1):
        return plain[0], plain[1], False, first - 1
    return None


def reckons_solar(s: Sentence) -> bool:
    return s.setting.solar and s.language == "fa"


def ahead(s: Sentence, first: int) -> bool | None:
    """Whether a date without a year lies ahead: it is a deadline, or something is to happen."""
    while s.language == "en" and s.word(first - 1) in ("-", "mid", "early", "late", "end", "the"):
        first -= 1
    if s.before(first, "deadline") or (s.before(first, "end_of") and s.language != "kk"):
        return True
    if s.language == "kk" and any(
        s.hit(at, "deadline") for at in range(first, min(first + 5, len(s.tokens)))
    ):
        return True
    if s.before(first, "past_lead"):
        return bool(s.at.get("commit") or s.at.get("imperative"))
    planned = any(s.hits[at]["event"][0] == "planned" for at in s.at.get("event", ()))
    return True if planned or any(s.at.get(name) for name in _FUTURE) else None


def placed(s: Sentence, month: int, number: int, solar: bool, first: int) -> Year:
    published = s.setting.published
    if published is None:
        return 0, solar, True, first
    return calendars.nearest_year(published, month, number, solar, ahead(s, first)), solar, True, first
