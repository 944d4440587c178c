"""The commission pack in words: English, Russian, Kazakh, Persian.

Every heading and sentence stands in data/pack/words.csv, in all four languages; the translations are our own. Numbers,
plurals and month names are those of Unicode's CLDR (through Babel); Persian has its own digits, and the Solar Hijri
date beside the Gregorian one. A text comes out as runs, so that words in another language keep their mark and sources
their number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from string import Formatter

from tarazu.core import codes, period
from tarazu.core.codes import NAME_LANGUAGES
from tarazu.core.errors import PeriodError, UnknownCodeError
from tarazu.core.schema import DATA
from tarazu.planning.pack_values import (
    Land,
    Lines,
    Listed,
    Phrase,
    Quantity,
    Range,
    Refs,
    Said,
    Share,
    Translations,
    Usd,
    Value,
    When,
    Word,
)
from tarazu.register.languages import detect

LANGUAGES = NAME_LANGUAGES
RIGHT_TO_LEFT = ("fa",)
PERSIAN = "fa"
MINUS, LRM, JOINER = "−", "\N{LEFT-TO-RIGHT MARK}", "\N{WORD JOINER}"

_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_SCALES = ((1e12, "usd.trn"), (1e9, "usd.bn"), (1e6, "usd.m"), (1e3, "usd.k"))
_SMALL = 0.005  # a chance that is said to be under one percent
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line.

    Attributes
    ----------
    language
        Where it is not that of the document.
    ref
        Number of the source that it names; 0 for text.
    """

    text: str
    language: str = ""
    ref: int = 0


Line = tuple[Run, ...]


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    with (DATA / "pack" / "words.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def has(key: str) -> bool:
    """Whether the word list knows a key."""
    return key in _words()


def keys(family: str) -> tuple[str, ...]:
    """Keys of a family: ``check.cycle`` and its variants ``check.cycle.2``."""
    return tuple(key for key in _words() if key == family or key.startswith(f"{family}."))


def known(family: str, name: str) -> Value:
    """Our word for a name in the data (``restriction``, ``export ban``); the name itself where the list has none."""
    key = f"{family}.{name.replace(' ', '_')}"
    return Word(key) if has(key) else Said(name)


def word(key: str, language: str) -> str:
    """Text of a key; a plural form that a language lacks is that of `other`."""
    row = _words().get(key)
    assert row is not None, f"{key} stands in data/pack/words.csv"
    return row[language]


def text(value: Value, language: str) -> str:
    """A value as plain text, its lines joined by line breaks."""
    return "\n".join("".join(run.text for run in line) for line in lines(value, language))


def lines(value: Value, language: str) -> tuple[Line, ...]:
    """A value as lines of runs; one line unless it has several."""
    if isinstance(value, Lines):
        return tuple(line for each in value.values for line in lines(each, language))
    return (tuple(_merged(_runs(value, language))),)


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    """Neighbours of one kind as one run."""
    kept: Run | None = None
    for run in runs:
        if kept and not (kept.ref or run.ref):
            if kept.text.endswith(".") and run.text.startswith(
                "."
            ):  # an abbreviation ends the sentence: 2025 г.
                run = Run(run.text[1:], run.language)
            if kept.language == run.language:
                kept = Run(kept.text + run.text, kept.language)
                continue
        if kept:
            yield kept
        kept = run
    if kept:
        yield kept


def _runs(value: Value, language: str) -> Iterator[Run]:
    match value:
        case Phrase(key, values):
            for literal, name, _, _ in Formatter().parse(word(key, language)):
                yield from [Run(literal)] if literal else []
                yield from _runs(values[name], language) if name else ()
        case Lines(values) | Listed(values):
            for number, each in enumerate(values):
                yield from [Run("، " if language == PERSIAN else ", ")] if number else []
                yield from _runs(each, language)
        case Said():
            yield from _said(value, language)
        case Translations():
            yield from _runs(value.told(language), language)
        case Refs(numbers):
            for number in numbers:
                yield Run(f"[{digits(str(number), language)}]", ref=number)
        case Word(key):
            yield Run(word(key, language))
        case Land(code):
            yield _land(code, language)
        case _:
            yield Run(_figure(value, language))


def _said(value: Said, language: str) -> Iterator[Run]:
    """Words of the register: translated; or as they are, marked with their language and a sign that says so."""
    words = value.into(language)
    if words is None:
        yield Run(value.text, value.language)
        if not value.kept:
            yield Run(f" ({word(f'sign.{value.language}', language)})")
        return
    # A name in another script, KTZ Express, keeps its direction. Short Kazakh cannot be told from Russian.
    written = detect(words)
    alike = written == language or {written, language} == {"ru", "kk"}
    yield Run(words, "" if alike else written)


def _land(code: str, language: str) -> Run:
    if has(f"land.{code}"):
        return Run(word(f"land.{code}", language))
    try:
        return Run(codes.country(code).name(language))
    except UnknownCodeError:
        return Run(code, "en")


def _figure(value: Value, language: str) -> str:
    match value:
        case Usd(middle, low, high):
            scale, key = next(((s, k) for s, k in _SCALES if _three(abs(middle)) >= s), (1.0, "usd.one"))
            shown = _with_interval(middle, low, high, scale, language)
            return word(key, language).format(n=shown)
        case Share(middle, low, high):
            return _share(middle, low, high, language)
        case Range(low, high):
            return chance(low, high, language)
        case Quantity():
            return quantity(value, language)
        case When(words):
            return day(words, language)
    raise AssertionError(f"{value!r} is a figure")


def _share(middle: float, low: float | None, high: float | None, language: str) -> str:
    pattern = word("percent", language)
    shown = pattern.format(n=number(100 * middle, 0, language))
    if low is None or high is None:
        return shown
    ends = {name: number(100 * x, 0, language) for name, x in (("low", low), ("high", high))}
    between = pattern.format(n=word("range", language).format(**ends))
    return word("interval", language).format(n=shown, range=between)


def digits(words: str, language: str) -> str:
    """Text with the digits of the language."""
    return words.translate(_DIGITS) if language == PERSIAN else words


def number(value: float, places: int, language: str) -> str:
    """A number with so many decimals, in groups of three."""
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * places if places else "")
    shown = format_decimal(abs(value), format=pattern, locale=language, numbering_system="default")
    minus = value < 0 and any(c in "123456789" for c in shown)
    # Persian writes the sign on the left of the number: the mark keeps it there in a line from the right.
    sign = (LRM if language == PERSIAN else "") + MINUS if minus else ""
    return digits(sign + shown, language)


def _three(value: float) -> float:
    return float(f"{value:.2e}")


def _places(value: float) -> int:
    size = _three(abs(value))
    return 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2


def _with_interval(
    middle: float,
    low: float | None,
    high: float | None,
    scale: float,
    language: str,
    places: int | None = None,
) -> str:
    """``508 (428–610)``: all three with the decimals of the middle."""
    decimals = _places(middle / scale) if places is None else places
    shown = number(middle / scale, decimals, language)
    if low is None or high is None:
        return shown
    ends = {name: number(x / scale, decimals, language) for name, x in (("low", low), ("high", high))}
    between = word("range", language).format(**ends)
    return word("interval", language).format(n=shown, range=between)


def quantity(value: Quantity, language: str) -> str:
    """A number of things, in the plural that it takes."""
    whole = float(value.value).is_integer() and (value.low is None or float(value.low).is_integer())
    if value.noun == "":
        return number(value.value, 0 if whole else 2, language)
    shown = _with_interval(
        value.value, value.low, value.high, 1.0, language, 0 if whole else _tenths(value.value)
    )
    form = f"noun.{value.noun}.{_plural(value.value, language)}"
    pattern = (word(form, language) if has(form) else "") or word(f"noun.{value.noun}.other", language)
    return pattern.format(n=shown)


def _tenths(value: float) -> int:
    return 1 if abs(value) >= 1 else 2


def _plural(value: float, language: str) -> str:
    from babel import Locale

    return str(Locale.parse(language).plural_form(int(value) if float(value).is_integer() else value))


def chance(low: float, high: float, language: str) -> str:
    """``2–6%``; under one and over ninety-nine are said as such."""
    ends = [_percent_end(end, language) for end in (low, high)]
    if ends[0] == ends[1] or high < _SMALL:
        return ends[1]
    if low < _SMALL or high > 1 - _SMALL:
        return word("span", language).format(first=ends[0], last=ends[1])
    shown = (number(100 * end, 0, language) for end in (low, high))
    between = word("range", language).format(**dict(zip(("low", "high"), shown, strict=True)))
    return word("percent", language).format(n=between)


def _percent_end(share: float, language: str) -> str:
    pattern = word("percent", language)
    if share <= _SMALL:
        return word("percent.under", language).format(n=pattern.format(n=digits("1", language)))
    if share >= 1 - _SMALL:
        return word("percent.over", language).format(n=pattern.format(n=digits("99", language)))
    return pattern.format(n=number(100 * share, 0, language))


def day(words: str, language: str) -> str:
    """A date, month, quarter, year or span; in Persian with its Solar Hijri days.

    Text that is no date is shown as it is.
    """
    try:
        found = period.parse(words)
    except PeriodError:
        return words
    solar_year = found.label.startswith("SH")
    if "/" in found.label or solar_year:
        return _span(found, language)
    shown = _gregorian(found, language)
    if language != PERSIAN:
        return shown
    solar = _solar_span(found.start, found.end)
    pattern, both = (
        ("solar", {"day": shown, "solar": solar})
        if found.days == 1
        else ("beside", {"day": shown, "other": solar})
    )
    return word(pattern, language).format(**both)


def _gregorian(found: period.Period, language: str) -> str:
    """One day, month, quarter or year of the Gregorian calendar."""
    from babel.dates import format_date, format_skeleton

    label, start = found.label, found.start
    if label.isdecimal():
        return word("year", language).format(n=digits(label, language))
    if quarter := _QUARTER.fullmatch(label):
        year = word("year", language).format(n=digits(quarter[1], language))
        return word("quarter", language).format(quarter=digits(quarter[2], language), year=year)
    if found.days > 1:
        return digits(format_skeleton("yMMMM", start, locale=language), language)
    pattern = "d MMMM y" if language == "en" else "long"
    return digits(format_date(start, pattern, locale=language), language)


def _span(found: period.Period, language: str) -> str:
    """From one day, month or year to another."""
    ends = found.label.removeprefix("SH ").split("/") if not found.label.startswith("SH") else []
    if len(ends) == 2:
        first, last = (_gregorian(period.parse(end), language) for end in ends)
    else:
        first, last = (_gregorian(period.Period(end, end), language) for end in (found.start, found.end))
    shown = word("span", language).format(first=first, last=last)
    if language == PERSIAN:
        return word("beside", language).format(day=shown, other=_solar_span(found.start, found.end))
    if found.label.startswith("SH"):
        return word("solar", language).format(day=shown, solar=_solar_label(found.label, language))
    return shown


def _solar_label(label: str, language: str) -> str:
    """``1401`` of ``SH 1401``, ``Farvardin 1402`` of ``SH 1402-01``; longer spans as they are."""
    plain = label.removeprefix("SH ")
    year, _, month = plain.partition("-")
    return f"{word(f'solar_month.{int(month)}', language)} {year}" if month.isdecimal() else plain


def _solar_span(first: date, last: date) -> str:
    """Days of the Solar Hijri calendar, by day, month or year as the span is long."""
    import jdatetime

    start, end = (jdatetime.date.fromgregorian(date=each) for each in (first, last))
    month = jdatetime.date.j_months_fa
    if first == last:
        return digits(f"{start.day} {month[start.month - 1]} {start.year}", PERSIAN)
    if (last - first).days > 300:
        years = dict.fromkeys((start.year, end.year))
        return digits(f"{JOINER}–{JOINER}".join(map(str, years)), PERSIAN)
    if start.year == end.year:
        months = dict.fromkeys((month[start.month - 1], month[end.month - 1]))
        return digits(f"{'–'.join(months)} {start.year}", PERSIAN)
    return digits(f"{month[start.month - 1]} {start.year} – {month[end.month - 1]} {end.year}", PERSIAN)
