"""Suggestions from a document's text: amounts, dates, parties, targets, commitments and what else a register needs.

The text is cut into lines, lines into sentences, sentences into tokens; every token is looked up once in the
word lists of ``data/register``; then each kind's rules look only where their words stand. No rule looks further than
a sentence, and a sentence has at most so many tokens, so that the time grows with the length of the text and
with nothing else. A suggestion waits for a person: nothing here knows what is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from tarazu.register import languages
from tarazu.register.extract.bodies import read_bodies
from tarazu.register.extract.commitments import read_commitments
from tarazu.register.extract.currencies import settle
from tarazu.register.extract.dates import read_dates
from tarazu.register.extract.instruments import read_instruments
from tarazu.register.extract.lexicon import Lexicon, lexicons
from tarazu.register.extract.measures import read_measures
from tarazu.register.extract.names import leading_parties, read_names
from tarazu.register.extract.numbers import comma_custom
from tarazu.register.extract.openings import read_openings
from tarazu.register.extract.products import read_products
from tarazu.register.extract.sentence import Sentence, Setting, cut, sentence
from tarazu.register.extract.sessions import read_sessions
from tarazu.register.extract.structures import read_memberships
from tarazu.register.extract.superseded import read_superseded
from tarazu.register.extract.tables import Table, cells, head_of, is_row, read_cell, rounding, unit_of
from tarazu.register.extract.targets import read_targets
from tarazu.register.extract.tokens import tokens
from tarazu.register.extract.visits import read_visits
from tarazu.register.suggestions import Suggestion, suggestion

_LINE = re.compile(r"[^\n\r\f\v\u2028\u2029]+")
_SOLAR = re.compile(r"(?<![\d۰-۹])(?:1[34]\d\d|۱[۳۴][۰-۹]{2})(?![\d۰-۹])")
_GREGORIAN = re.compile(r"(?<![\d۰-۹])(?:20\d\d|۲۰[۰-۹]{2})(?![\d۰-۹])")
_TEXTS = ("text", "field", "who", "name", "body")  # keys of values that quote
_TERMINAL = ".!?:;؟…"


def extract(
    text: str, *, language: str | None = None, published: date | None = None
) -> tuple[Suggestion, ...]:
    """Suggestions for a person to accept or reject, in the order of the text.

    Parameters
    ----------
    text
        Normalised text; spans count its characters.
    language
        ``en``, ``ru``, ``kk`` or ``fa``; found from the text where not given. Lines in another script are read in
        the language of that script.
    published
        Day of publication, by which "last year" and dates without a year are placed; without it they have no span.
    """
    main = language if language in languages.LANGUAGES else languages.detect(text)
    setting = Setting(published, _reckons_solar(text, main), comma_custom(text, main))
    sentences = list(_sentences(text, main, setting))
    settle(sentences)
    pair = leading_parties(sentences)
    for each in sentences:
        read_products(each, pair)
        read_targets(each, pair)
        read_commitments(each, pair)
        read_instruments(each)
        read_superseded(each)
        read_visits(each)
        read_bodies(each)
        read_sessions(each)
        read_memberships(each, pair)
        read_openings(each, pair)
    return tuple(sorted(_suggestions(text, sentences), key=lambda each: (each.start, each.end, each.kind)))


def _reckons_solar(text: str, language: str) -> bool:
    """Whether "last year" in a Persian text is an Iranian one: unless all its years are Gregorian."""
    return language == "fa" and (bool(_SOLAR.search(text)) or not _GREGORIAN.search(text))


def _suggestions(text: str, sentences: list[Sentence]) -> Iterator[Suggestion]:
    for s in sentences:
        for found in s.found:
            start, end = s.tokens[found.first].start, s.tokens[found.last - 1].end
            yield suggestion(found.rule, text, start, end, _tidy(found.value))


def _tidy(value: dict[str, Any]) -> dict[str, Any]:
    """A value whose texts have no line breaks and no double spaces."""
    for key in _TEXTS:
        if value.get(key):
            value[key] = " ".join(value[key].split())
    return value


def _sentences(text: str, main: str, setting: Setting) -> Iterator[Sentence]:
    """Sentences of the whole text with their figures, dates and names; rows of tables cell by cell."""
    table = Table()
    for start, end in _lines(text):
        row = cells(text, start, end)
        if len(row) >= 2:
            yield from _row(text, row, main, setting, table)
            continue
        held = list(_prose(text, start, end, main, setting))
        if held:
            table.prose(held)
        yield from held


def _prose(text: str, start: int, end: int, main: str, setting: Setting) -> Iterator[Sentence]:
    language, lexicon = _lexicon(text, start, end, main)
    opens = True
    for held in cut(tokens(text, start, end), lexicon):
        made = sentence(text, language, held, setting, lexicon, opens)
        opens = False
        _read(made)
        yield made


def _read(made: Sentence) -> None:
    read_dates(made)
    read_measures(made)
    read_names(made)


def _row(
    text: str, row: list[tuple[int, int]], main: str, setting: Setting, table: Table
) -> Iterator[Sentence]:
    figures = is_row(text, row, bool(table.columns))
    made = []
    for start, end in row:
        language, lexicon = _lexicon(text, start, end, main)
        made.append(sentence(text, language, tokens(text, start, end), setting, lexicon, False))
    if not figures:
        for each in made:
            _read(each)
        table.headed(made)
        yield from (each for each in made if each.tokens)
        return
    _read(made[0])
    label = head_of(made[0])
    table.number += not table.rows
    table.rows += 1
    own = unit_of(made[0]) if len(made[0].tokens) > 2 else None  # "Barley, thousand tonnes"
    for column, each in enumerate(made):
        if not each.tokens:
            continue
        if column == 0:
            yield each
            continue
        unit = table.unit(column)
        if own is not None and own.kind and unit.kind != "percentage":
            unit = own
        setting.currency = unit.unit if unit.kind == "amount" else setting.currency
        read_cell(each, unit, False)
        _read(each)
        for found in each.of("amount", "percentage", "quantity"):
            stated = found.value.get("value", found.value.get("percent"))
            found.value |= table.place(label, column)
            found.value["rounding"] = rounding(each, found.first, found.last, stated) if stated else None
        yield each


def _lexicon(text: str, start: int, end: int, main: str) -> tuple[str, Lexicon]:
    """Language of a stretch of text: that of the document, unless the stretch is in another script."""
    found = languages.detect(text[start : min(end, start + 400)])
    scripts = {"en": "latin", "fa": "arabic", "ru": "cyrillic", "kk": "cyrillic"}
    language = main if scripts[found] == scripts[main] else found
    if not any(char.isalpha() for char in text[start : min(end, start + 400)]):
        language = main
    return language, lexicons()[language]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Lines, joined where one plainly goes on in the next: it begins with a small letter."""
    begun = ended = -1
    for match in _LINE.finditer(text):
        start, end = match.span()
        if not match.group().strip():
            continue
        stripped = match.group().lstrip()
        goes_on = begun >= 0 and stripped[0].islower() and text[begun:ended].rstrip()[-1:] not in _TERMINAL
        if goes_on and "\t" not in text[begun:end] and "|" not in text[begun:end] and start - ended <= 2:
            ended = end
            continue
        if begun >= 0:
            yield begun, ended
        begun, ended = start, end
    if begun >= 0:
        yield begun, ended
