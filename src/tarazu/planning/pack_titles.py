"""Translations of the words of a register in the commission pack: titles, names, next steps, findings of its checks.

    original -> translation table -> text in the language, or the original with its mark

A table says of a text what it is in the other languages (data/pack/variables.csv). Those of the bundled registers and
of the names of the bundled network are always known; a user's own table comes before them. A text is found by its own
words, so that a title that was changed since is not shown in the translation of the old one. Findings of checks are
read back by the patterns of data/pack/words.csv.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import Formatter

from tarazu.core.checks import errors
from tarazu.core.errors import InputError
from tarazu.core.schema import DATA, read_table
from tarazu.planning.pack_values import (
    Lines,
    Listed,
    Part,
    Phrase,
    Quantity,
    Said,
    Share,
    Translations,
    Value,
    When,
)
from tarazu.planning.pack_words import LANGUAGES, keys, known, word
from tarazu.register.register import span

TABLE, DECLARATION = "translations", "pack/variables.csv"
FILE = f"{TABLE}.csv"
NAMES = "pack/names.csv"  # places of the bundled network and words beside them
PATTERN_LANGUAGE = "en"  # in which checks speak

# A name that is put together, Aktau port, port call (bulk): parts and what stands between them.
_BETWEEN = re.compile(r"(–|, | \(|\)|: |; )")
_MARKS = {"fa": {", ": "، ", "; ": "؛ "}}


@dataclass(frozen=True)
class Titles:
    """What texts are in other languages.

    Attributes
    ----------
    texts
        By original, by language.
    """

    texts: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, path: str | Path | None = None) -> Titles:
        """The bundled tables, and before them a user's own.

        Raises
        ------
        InputError
            If that file cannot be read as a table of translations.
        """
        texts = dict(_bundled())
        for original, known_as in _table(Path(path)) if path is not None else ():
            texts[original] = {**texts.get(original, {}), **known_as}
        return cls(texts)

    def of(self, original: str) -> tuple[tuple[str, str], ...]:
        """Translations of a text, by language."""
        found = self.texts.get(original)
        return tuple((found or self._put_together(original)).items())

    def _put_together(self, original: str) -> dict[str, str]:
        """A name by its parts, in the languages that know every one of them."""
        pieces = _BETWEEN.split(original)
        if len(pieces) == 1:
            return {}
        found = {}
        for language in LANGUAGES:
            marks = _MARKS.get(language, {})
            said = [
                marks.get(piece, piece)
                if number % 2 or not piece
                else self.texts.get(piece, {}).get(language)
                for number, piece in enumerate(pieces)
            ]
            if None not in said:
                found[language] = "".join(filter(None, said))
        return found

    def translated(self, parts: Iterable[Part]) -> tuple[tuple[Part, ...], Translations]:
        """Parts with the translations of what they show, and what these are."""
        shown: dict[str, Said] = {}

        def put(value: Value) -> Value:
            if isinstance(value, Said) and not value.kept:
                return shown.setdefault(value.text, replace(value, others=self.of(value.text)))
            return value

        found = [_mapped(part, put) for part in parts]
        whole = Translations(tuple(shown.values()))

        def tell(value: Value) -> Value:
            return whole if isinstance(value, Translations) else value

        return tuple(_mapped(part, tell) for part in found), whole


@cache
def _bundled() -> Mapping[str, Mapping[str, str]]:
    tables = (DATA / NAMES, *sorted(DATA.glob(f"*/register/{FILE}")))
    return dict(row for path in tables for row in _table(path))


def _table(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    parsed = read_table(path, TABLE, declaration=DECLARATION)
    wrong = errors(parsed.checks)
    if wrong:
        more = f" ({len(wrong) - 1} more findings)" if len(wrong) > 1 else ""
        raise InputError(f"{wrong[0].where}: {wrong[0].message}{more}")
    for _, row in parsed:
        yield row["original"], {language: row[language] for language in LANGUAGES if row[language]}


def beside(where: str | Path | None) -> Path | None:
    """The table of translations that stands in a register's folder; None where there is none."""
    if where is None or "://" in str(where):
        return None
    folder = Path(where)
    places = (folder / FILE, folder / "register" / FILE)
    return next((path for path in places if path.is_file()), None)


def _mapped(part: Part, change: Callable[[Value], Value]) -> Part:
    grids = tuple(
        replace(
            grid,
            caption=_changed(grid.caption, change),
            heads=tuple(_changed(head, change) for head in grid.heads),
            rows=tuple(tuple(_changed(cell, change) for cell in row) for row in grid.rows),
        )
        for grid in part.grids
    )
    return replace(part, sentences=tuple(_changed(each, change) for each in part.sentences), grids=grids)


def _changed(value: Value, change: Callable[[Value], Value]) -> Value:
    if isinstance(value, Phrase):
        return Phrase(value.key, {name: _changed(each, change) for name, each in value.values.items()})
    if isinstance(value, Lines | Listed):
        return type(value)(tuple(_changed(each, change) for each in value.values))
    return change(value)


def without_ids(text: str, ids: Iterable[str]) -> str:
    """A text without the ids that it names in brackets, which say nothing to who reads it: Action Plan (co015)."""
    known_ids = set(ids)

    def kept(found: re.Match[str]) -> str:
        named = {name.strip() for name in re.split("[,;]", found[1])}
        return "" if named <= known_ids else found[0]

    return re.sub(r" ?\(([^()]*)\)", kept, text)


def read_back(family: str, text: str, titles: Mapping[str, str] | None = None) -> Value:
    """A sentence of the program as a phrase of the word list, where one of a family's patterns is how it was made.

    Parameters
    ----------
    titles
        Of items by id, for places of the pattern that name one.
    """
    for key in keys(family):
        found = _pattern(key).fullmatch(text)
        if found:
            return Phrase(
                key, {name: _value(name, said, titles or {}) for name, said in found.groupdict().items()}
            )
    return Said(text)


@cache
def _pattern(key: str) -> re.Pattern[str]:
    pieces = []
    for literal, name, _, _ in Formatter().parse(word(key, PATTERN_LANGUAGE)):
        pieces += [re.escape(literal), f"(?P<{name}>.+?)" if name else ""]
    return re.compile("".join(pieces), re.DOTALL)


def _value(name: str, text: str, titles: Mapping[str, str]) -> Value:
    """What stands in a place of a pattern: the place's name says of what family it is."""
    family = name.rstrip("0123456789")
    if family == "item":
        return Said(titles.get(text, text))
    if family == "title":
        return Said(text)
    if family == "day" and span(text) is not None:
        return When(text)
    if family == "number" and text.isdecimal():
        return Quantity(int(text))
    if family == "share" and text.removesuffix("%").isdecimal():
        return Share(int(text.removesuffix("%")) / 100)
    found = known(family, text)
    return replace(found, kept=True) if isinstance(found, Said) else found
