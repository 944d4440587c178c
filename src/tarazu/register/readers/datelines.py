"""The day on which a text says that it was published: a byline, a line that is a date, or a press dateline.

Only a full day counts, and only where its line says nothing else: "Last update: …" is no publication, and a date in
a sentence is an event. Two lines that name different days say nothing. Month names are CLDR's (through Babel) for
English, Russian, Kazakh and Persian, and jdatetime's for the Solar Hijri calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice

from tarazu.core.errors import PeriodError
from tarazu.core.names import ascii_digits
from tarazu.core.period import solar_day
from tarazu.register.readers.content import limit, words

_LANGUAGES = ("en", "ru", "kk", "fa")
_YEARS = range(1900, 2101)  # another year is a slip or another calendar
_SOLAR_YEARS = range(1280, 1481)  # the same years in the Solar Hijri calendar

_WORD = r"[^\W\d_]+"
_NUMERIC = re.compile(r"(?<!\d)(?:(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4}))(?!\d)")
_DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}})\.?\s+({_WORD})\.?,?\s+(\d{{4}})(?!\d)")
_MONTH_FIRST = re.compile(rf"({_WORD})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")
_YEAR_FIRST = re.compile(rf"(?<!\d)(\d{{4}})\s+(?:жылғы\s+|жылдың\s+|ж\.\s+)?(\d{{1,2}})\s+({_WORD})")

_TIME = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:[ap]m|gmt|utc|msk))?", re.I)
_YEAR_MARK = re.compile(r"^\s*(?:г\.|года|год|жыл|ж\.)(?!\w)")
_PLACE = re.compile(rf"{_WORD}(?:[ -]{_WORD}){{0,3}}\s*[,.(]\s*$")
_DASH = re.compile(r"[\s.)]*(?:\([^()]{1,40}\)\s*)?[—–-]")


@dataclass(frozen=True, slots=True)
class _Found:
    day: date
    start: int
    end: int


def published(text: str) -> date | None:
    """The day that the first lines state as that of publication, None if they state none."""
    labelled: list[date] = []
    alone: set[date] = set()
    for line in islice(_lines(text), limit("dateline", "lines")):
        found = _only(line)
        if found is None or _is_refused(line):
            continue
        kind = _kind(line, found)
        if kind == "labelled":
            labelled.append(found.day)
        elif kind == "alone":
            alone.add(found.day)
    if labelled:
        return labelled[0]
    return alone.pop() if len(alone) == 1 else None


def stated_day(value: str) -> date | None:
    """The day of an attribute such as ``2023-04-28T09:30:00+05:00`` or ``28 April 2023``."""
    found = _only(value[: limit("dateline", "length")])
    return found.day if found else None


def _lines(text: str) -> Iterator[str]:
    """Beginnings of the lines with text; no more of the text is looked at than is needed."""
    for match in re.finditer(r"[^\n\r\f]+", text):
        if line := match[0].strip():
            yield line[: limit("dateline", "length")]  # of a paragraph only the beginning can be a dateline


def _is_refused(line: str) -> bool:
    return not set(re.findall(r"[\w\u200c]+", line.casefold())).isdisjoint(words("dateline", "refused"))


def _kind(line: str, found: _Found) -> str | None:
    before, after = line[: found.start].strip(), line[found.end :]
    after = _YEAR_MARK.sub("", after)
    if _PLACE.fullmatch(line[: found.start]) and before[:1].isupper() and _DASH.match(after):
        return "labelled"
    rest = _bare(_TIME.sub("", after))
    label = _bare(_TIME.sub("", before))
    if rest:
        return None
    if not label:
        return "alone"
    if label in words("dateline", "labels"):
        return "labelled"
    first, *names = label.split()
    short = len(names) <= limit("dateline", "author_words")
    return "labelled" if short and first in words("dateline", "authors") else None


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[\w\u200c'’.-]+", text.casefold())).strip(" .-")


def _only(line: str) -> _Found | None:
    """The one date of a line; None if there is none or more than one."""
    if not re.search(r"\d{4}", line):
        return None
    line = ascii_digits(line)  # one character for one: places stay
    found = {each.day: each for each in _dates(line)}
    return next(iter(found.values())) if len(found) == 1 else None


def _dates(line: str) -> Iterator[_Found]:
    for match in _NUMERIC.finditer(line):
        if match[1]:
            yield from _found(match, match[1], int(match[3]), match[4])
        else:
            yield from _found(match, match[7], int(match[6]), match[5])
    for pattern, (day_at, month_at, year_at) in (
        (_DAY_FIRST, (1, 2, 3)),
        (_MONTH_FIRST, (2, 1, 3)),
        (_YEAR_FIRST, (2, 3, 1)),
    ):
        for match in pattern.finditer(line):
            number = _months().get(match[month_at].casefold())
            if number:
                yield from _found(match, match[year_at], number, match[day_at])


def _found(match: re.Match[str], year: str, month: int, day: str) -> Iterator[_Found]:
    """`month` above 12 is a month of the Solar Hijri calendar, counted from 13."""
    solar = month > 12 or (int(year) in _SOLAR_YEARS and match.re is _NUMERIC)
    try:
        if solar:
            if int(year) in _SOLAR_YEARS:
                yield _Found(
                    solar_day(int(year), (month - 1) % 12 + 1, int(day)).start, match.start(), match.end()
                )
        elif int(year) in _YEARS:
            yield _Found(date(int(year), month, int(day)), match.start(), match.end())
    except (ValueError, PeriodError):
        return


@cache
def _months() -> dict[str, int]:
    """Number by the name of a month, casefolded: 1 to 12 Gregorian, 13 to 24 Solar Hijri."""
    import jdatetime
    from babel.dates import get_month_names  # on demand: most texts state no day

    found: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("abbreviated", "wide"):
            for context in ("stand-alone", "format"):
                for number, name in get_month_names(width, context, locale=language).items():
                    found[name.casefold().rstrip(".")] = number
    return found | {name: number for number, name in enumerate(jdatetime.date.j_months_fa, 13)}
