"""Tables in text: rows of cells whose currency or unit stands once, in the caption or in a column's header.

A line is a row if tabs, bars or wide gaps cut it into cells of which one is a figure, or if it begins with a year and
holds little but figures. The unit of a column is that of its header cell; else that of the lines just above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tarazu.register.extract.amounts import RIALS
from tarazu.register.extract.dated import partial
from tarazu.register.extract.numbers import figure, number
from tarazu.register.extract.roles import ROLES
from tarazu.register.extract.sentence import Sentence

_CELLS = re.compile(r"[^\t|]+")
_WIDE = re.compile(r"(?:[^\s]|[ \u00a0](?![ \u00a0]))+")
_YEAR_ROW = re.compile(r"\s*(?:19|20|13|14)\d\d(?:\s+\S+){2,14}\s*$")
_YEAR_CELL = re.compile(
    r"\D*(?:[1-4]\D{1,12})?(?:(?:19|20|13|14)\d\d|[۱۲][۳۴۰۹][۰-۹]{2})(?:\s*[^\d\s,.%]*\.?)?\s*$"
)
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_DIGIT = re.compile(r"\d")
_HEADER = 8  # tokens of the longest header that names what its column counts
_SHORT = 3  # tokens of a header that is a word or two
_OF = frozenset(["of", "no", "number", "число", "количество", "кол", "саны", "تعداد", "units"])
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


def is_row(text: str, found: list[Span], headed: bool) -> bool:
    """Whether cells are a row of figures rather than a header; a header of years is none unless one stands above."""
    held = [text[low:high].strip() for low, high in found]
    if not headed and not _DIGIT.search(held[0]):
        dated = [_YEAR_CELL.match(each) for each in held[1:] if _DIGIT.search(each)]
        if dated and all(dated):
            return False
    return len(held) >= 2 and any(_DIGIT.match(each.lstrip("-−+~≈<>$€ ")) for each in held[1:])


def unit_of(s: Sentence) -> Unit:
    """The unit that a caption or header cell names without a figure."""
    for index in s.at.get("currency", ()):
        held = s.hit(index, "currency")
        assert held is not None
        if s.is_number(index - 1) or s.is_number(index + held[1]):
            continue
        return Unit("amount", held[0], _scale(s, index, index + held[1]))
    counted = ""
    for index in s.at.get("unit", ()):
        held = s.hit(index, "unit")
        assert held is not None
        name, _, factor = held[0].partition(":")
        before = index - 2 if s.word(index - 1) == "." else index - 1
        near = s.word(index - 1) in (",", "(") or s.hit(before, "magnitude") or len(s.tokens) <= 2
        scale = _scale(s, index, index + held[1])
        if near and name not in ("year", "month", "day", "week", "person"):
            return Unit("quantity", name, Decimal(factor or 1) * scale)
        if s.word(index - 1) in _OF or s.word(index - 2) in _OF:
            counted = name
    if any(not s.is_number(index - 1) for index in s.at.get("percent", ())):
        return Unit("percentage", next((name for name in ROLES[:4] if name in s.at), "growth"))
    if counted and len(s.tokens) <= _HEADER:
        return Unit("quantity", counted)
    if len(s.tokens) <= _SHORT and not s.numbers:
        return _short_header(s)
    return Unit()


def _short_header(s: Sentence) -> Unit:
    """A header of a word or two: what it counts, or the role of its percentages; nothing where it is an indicator."""
    for name in ("unit", "count"):
        if name in s.at and "subject" not in s.at and "product" not in s.at:
            unit = s.hits[s.at[name][0]][name][0].partition(":")[0]
            return Unit() if unit in ("year", "month", "day", "week") else Unit("quantity", unit)
    role = next((name for name in ("share", "growth", "decline") if name in s.at), "")
    return Unit("percentage", role) if role and "currency" not in s.at else Unit()


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
    last = held.last
    if s.language == "fa" and s.word(last) == "/" and s.glued(last) and last + 2 == len(s.tokens):
        decimal = s.word(last + 1)  # ۸۵/۵
        if not s.word(start).isdecimal() or not decimal.isdecimal():
            return
        held, last = replace(held, value=Decimal(f"{s.word(start)}.{decimal}")), last + 2
    if last < len(s.tokens) and s.is_word(last):
        return
    # A magnitude in the cell takes the place of the caption's: "24 million" under "thousand dollars".
    factor = Decimal(1) if held.scaled else unit.factor
    value = float(held.value * factor)
    stated = {"value": value, "low": value, "high": value, "bound": "exact"}
    if unit.kind == "amount":
        times, original = RIALS.get(unit.unit, (Decimal(1), None))
        value = float(held.value * factor * times)
        money = {"value": value, "low": value, "high": value, "bound": "exact"}
        s.add("amount", "amount-table", start, last, money | {"currency": "IRR" if original else unit.unit})
    elif unit.kind == "quantity":
        s.add("quantity", "quantity-table", start, last, stated | {"unit": unit.unit})
    else:
        signed = start and s.word(start - 1) == "-"
        role = "decline" if signed and unit.unit == "growth" else unit.unit
        share = {"percent": value, "low": value, "high": value, "bound": "exact", "role": role}
        s.add("percentage", "percent-table", start, last, share)
    s.take(start, last)


@dataclass(frozen=True, slots=True)
class Head:
    """What the header of a column, or the label of a row, says: its words, its indicator and its period."""

    text: str = ""
    subject: str | None = None
    period: str | None = None


def head_of(s: Sentence) -> Head:
    """What a header or label says."""
    if not s.tokens:
        return Head()
    text = " ".join(s.text[s.tokens[0].start : s.tokens[-1].end].split())
    dates = [partial(each.value) for each in s.of("date")]
    period = dates[0] if len(dates) == 1 else None
    return Head(text, subject_of(s), period)


def subject_of(s: Sentence) -> str | None:
    """The first indicator that a header or caption names."""
    places = s.at.get("subject", ())
    return s.hits[places[0]]["subject"][0] if places else None


def reporter_of(s: Sentence) -> str | None:
    """Whose figures they are, where a caption says "according to" an authority of a country."""
    for at in s.at.get("by_data", ()):
        named = [each for each in s.of("party") if each.value["country"]]
        side = (
            [each for each in named if each.first < at]
            if s.language == "kk"
            else [each for each in named if each.first > at]
        )
        if side:
            return str(side[0].value["country"])
    return None


@dataclass(slots=True)
class Table:
    """The table that is being read: units of its columns, and of its caption."""

    caption: Unit = Unit()
    columns: tuple[Unit, ...] = ()
    lines: int = 0  # since the caption
    number: int = 0  # of the table in the document
    rows: int = 0  # of figures
    heads: tuple[Head, ...] = ()
    subject: str | None = None  # of the caption
    reporter: str | None = None

    def unit(self, column: int) -> Unit:
        own = self.columns[column] if column < len(self.columns) else Unit()
        if own.kind == "amount" and own.factor == 1 and self.caption.unit == own.unit:
            return replace(own, factor=self.caption.factor)
        label = self.columns[0] if self.columns else Unit()  # "Indicator, USD million" heads every column
        return own if own.kind else label if label.kind == "amount" else self.caption

    def headed(self, cells: Sequence[Sentence]) -> None:
        """A row of headers begins a table."""
        self.columns, self.lines, self.rows = tuple(unit_of(each) for each in cells), 0, 0
        self.heads = tuple(head_of(each) for each in cells)

    def place(self, label: Head, column: int) -> dict[str, object]:
        """Where a figure stands and what of: table, row, column, indicator, period, whose figure."""
        head = self.heads[column] if column < len(self.heads) else Head()
        return {
            "table": self.number,
            "row": label.text,
            "column": head.text,
            "subject": head.subject or label.subject or self.subject,
            "period": label.period or head.period,
            "reporter": self.reporter,
        }

    def prose(self, held: Sequence[Sentence]) -> None:
        """A line that is no row: it may be the caption of what follows, or end the table."""
        unit = unit_of(held[-1])
        if self.rows:
            self.subject = self.reporter = None
        self.columns, self.heads, self.rows = (), (), 0
        for each in held:
            self.subject = subject_of(each) or self.subject
            self.reporter = reporter_of(each) or self.reporter
        if unit.kind:
            self.caption, self.lines = unit, 0
        else:
            self.lines += 1
            if self.lines > _CAPTION:
                self.caption, self.subject, self.reporter = Unit(), None, None


def rounding(s: Sentence, first: int, last: int, value: float) -> float:
    """Half a unit of the last digit that a figure states: 50 million of "1,3 billion"."""
    at = next((index for index in range(first, last) if s.is_number(index)), None)  # behind a sign: $ 3
    stated = figure(s.word(at), s.setting.comma) if at is not None else None
    if not stated or not value:
        return 0.0
    return float(f"{abs(value / float(stated)) * 0.5 * 10.0 ** int(stated.as_tuple().exponent):.6g}")
