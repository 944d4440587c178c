"""Tables in text: rows of cells whose currency or unit stands once, in the caption or in a column's header.

A line is a row if tabs, bars or wide gaps cut it into cells of which one is a figure, or if it begins with a year and
holds little but figures. The unit of a column is that of its header cell; else that of the lines just above.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from tarazu.register.extract.numbers import number
from tarazu.register.extract.sentence import Sentence

_CELLS = re.compile(r"[^\t|]+")
_WIDE = re.compile(r"(?:[^\s]|[ \u00a0](?![ \u00a0]))+")
_YEAR_ROW = re.compile(r"\s*(?:19|20|13|14)\d\d(?:\s+\S+){2,14}\s*$")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_DIGIT = re.compile(r"\d")
_CAPTION = 6  # lines above a table that may hold its unit
_LONGEST = 2_000  # characters of a line that may be a row

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """What the figures of a column are."""

    kind: str = ""  # amount, percentage, quantity or unknown
    unit: str = ""
    factor: Decimal = Decimal(1)


def cells(text: str, start: int, end: int) -> list[Span]:
    """Cells of a line, of which there is one where the line is prose."""
    if end - start > _LONGEST:
        return []
    line = text[start:end]
    if "\t" in line or "|" in line:
        found = [match.span() for match in _CELLS.finditer(line) if match.group().strip()]
    elif "   " in line.strip():
        found = [match.span() for match in _WIDE.finditer(line)]
    elif _YEAR_ROW.match(line) and len(_LETTERS.findall(line)) <= 5 and len(_DIGIT.findall(line)) >= 6:
        found = _packed(line)
    else:
        return []
    return [(start + low, start + high) for low, high in found]


def _packed(line: str) -> list[Span]:
    """Cells of a row set with single spaces: a figure opens a cell, a word belongs to the figure before it."""
    found: list[Span] = []
    for match in re.finditer(r"\S+", line):
        if found and not _DIGIT.match(match.group()):
            found[-1] = (found[-1][0], match.end())
        else:
            found.append(match.span())
    return found if len(found) >= 3 else []


def is_row(text: str, found: list[Span]) -> bool:
    """Whether cells are a row of figures rather than a header."""
    held = [text[low:high].strip() for low, high in found]
    return len(held) >= 2 and any(_DIGIT.match(each.lstrip("-−+~≈<>$€ ")) for each in held[1:])


def unit_of(s: Sentence) -> Unit:
    """The unit that a caption or header cell names without a figure."""
    for index in s.at.get("currency", ()):
        held = s.hit(index, "currency")
        assert held is not None
        if s.is_number(index - 1) or s.is_number(index + held[1]):
            continue
        return Unit("amount", held[0], _scale(s, index, index + held[1]))
    for index in s.at.get("unit", ()):
        held = s.hit(index, "unit")
        assert held is not None
        name, _, factor = held[0].partition(":")
        before = index - 2 if s.word(index - 1) == "." else index - 1
        near = s.word(index - 1) in (",", "(") or s.hit(before, "magnitude") or len(s.tokens) <= 2
        if near and name not in ("year", "month", "day", "week", "person"):
            return Unit("quantity", name, Decimal(factor or 1) * _scale(s, index, index + held[1]))
    if s.at.get("percent"):
        return Unit("percentage", "percent")
    return Unit()


def _scale(s: Sentence, first: int, last: int) -> Decimal:
    """The magnitude beside a unit: million US dollars, USD million, млн долл. США."""
    for at in (first - 1, first - 2, last, last + 1):
        if held := s.hit(at, "magnitude"):
            return Decimal(held[0])
    return Decimal(1)


def read_cell(s: Sentence, unit: Unit, first_column: bool) -> None:
    """A cell that is one figure, in the unit of its column; other cells are read as prose."""
    if first_column or not unit.kind or not s.tokens:
        return
    start = 0
    while start < len(s.tokens) and not s.is_number(start):
        start += 1
    if start > 1 or start >= len(s.tokens) or not s.free(start, start + 1):
        return
    held = number(s, start)
    if held is None or any(s.hit(held.last, name) for name in ("percent", "unit", "currency")):
        return
    if held.last < len(s.tokens) and s.is_word(held.last):
        return
    # A magnitude in the cell takes the place of the caption's: "24 million" under "thousand dollars".
    factor = Decimal(1) if held.scaled else unit.factor
    value = float(held.value * factor)
    stated = {"value": value, "low": value, "high": value, "bound": "exact"}
    if unit.kind == "amount":
        money = (
            {"value": value * 10, "low": value * 10, "high": value * 10, "bound": "exact"}
            if unit.unit == "IRT"
            else stated
        )
        s.add(
            "amount",
            "amount-table",
            start,
            held.last,
            money | {"currency": "IRR" if unit.unit == "IRT" else unit.unit},
        )
    elif unit.kind == "quantity":
        s.add("quantity", "quantity-table", start, held.last, stated | {"unit": unit.unit})
    else:
        signed = s.word(start - 1) == "-" and start
        share = {
            "percent": value,
            "low": value,
            "high": value,
            "bound": "exact",
            "role": "decline" if signed else "growth",
        }
        s.add("percentage", "percent-table", start, held.last, share)
    s.take(start, held.last)


@dataclass(slots=True)
class Table:
    """The table that is being read: units of its columns, and of its caption."""

    caption: Unit = Unit()
    columns: tuple[Unit, ...] = ()
    lines: int = 0  # since the caption

    def unit(self, column: int) -> Unit:
        own = self.columns[column] if column < len(self.columns) else Unit()
        if own.kind == "amount" and own.factor == 1 and self.caption.unit == own.unit:
            return replace(own, factor=self.caption.factor)
        return own if own.kind else self.caption

    def prose(self, unit: Unit) -> None:
        """A line that is no row: it may be the caption of what follows, or end the table."""
        self.columns = ()
        if unit.kind in ("amount", "quantity"):
            self.caption, self.lines = unit, 0
        else:
            self.lines += 1
            if self.lines > _CAPTION:
                self.caption = Unit()
