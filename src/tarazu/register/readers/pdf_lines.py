"""Lines of a PDF page by where its signs stand: for pages with right-to-left or Kazakh letters.

A PDF draws signs at places; in which order it draws them is up to the program that wrote it. So each sign is placed by
its matrix and its font's widths (ISO 32000-1, 9.4.4); signs of one height that are drawn together make a line, and a
line is read from the left as it is seen. `tarazu.register.readers.order` turns what is seen into what is read. A sign
may stand for several letters (lam-alef): they stay as the font states them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

_SAME_LINE = 0.45  # of the size of the letters: how far apart the heights of one line may be
_GAP = 0.18  # of the size: a gap between signs that is a blank
_TOUCH = 0.02  # of the size: a blank this narrow joins what it parts, as a non-joiner does
_CLOSE = 0.6  # of the size: how near to a line a piece of it stands that is drawn later
_COLUMNS = 12  # lines of one height that are looked at for one that a piece belongs to
_LONGEST = 400  # signs of a line to which a piece may be added
_BLOCK = 1.4  # of the usual distance of lines: from it a paragraph ends
_NON_JOINER = "\u200c"


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign on the page: letters, left end, right end and baseline, size and place in the order of drawing."""

    text: str
    left: float
    right: float
    base: float
    size: float


@dataclass(slots=True)
class _Row:
    """A line with its ends."""

    signs: list[Sign]
    left: float
    right: float

    def add(self, other: _Row) -> None:
        self.signs += other.signs
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)


@dataclass(slots=True)
class Drawing:
    """What a page draws, gathered while pypdf walks through it: `operation` and `flushed` are its visitors."""

    signs: list[Sign] = field(default_factory=list)
    doubtful: bool = False  # turned or mirrored text, or a font that could not be read
    _waiting: list[tuple[list[Any], list[float], float, float]] = field(default_factory=list)
    _shown: list[tuple[list[tuple[list[Any], list[float], float, float]], Any, float]] = field(
        default_factory=list
    )
    _fonts: dict[int, Any] = field(default_factory=dict)
    _shift: float = 0.0  # glyph space already drawn since the text matrix was set
    _spacing: dict[bytes, float] = field(default_factory=dict)
    _within: list[list[float]] = field(default_factory=list)  # matrices of the forms that are being drawn

    def entered(self, operator: bytes, cm: list[float]) -> None:
        """Note where a form begins: pypdf tells places inside it from the form's own corner."""
        if operator == b"Do":
            self._within.append(_product(cm, self._within[-1]) if self._within else list(cm))

    def operation(self, operator: bytes, operands: list[Any], cm: list[float], tm: list[float]) -> None:
        """Note what an operator shows and where; which font shows it is told by the next flush."""
        if operator == b"Do" and self._within:
            self._within.pop()
        elif operator in (b"Tc", b"Tw") and operands and isinstance(operands[0], (int, float)):
            self._spacing[operator] = float(operands[0])
        elif operator in (b"Td", b"TD", b"Tm", b"T*", b"BT"):
            self._waiting.append(([None], [], 0.0, 0.0))  # the pen is put anew
        elif operator in (b"Tj", b"TJ", b"'", b'"') and operands:
            shown = operands[-1] if operator != b"TJ" else operands[0]
            items = list(shown) if isinstance(shown, list) else [shown]
            spacing = self._spacing.get(b"Tc", 0.0), self._spacing.get(b"Tw", 0.0)
            whole = _product(cm, self._within[-1]) if self._within else cm
            self._waiting.append((items, _product(tm, whole), *spacing))

    def flushed(self, _text: str, _cm: Any, _tm: Any, font: Any, size: float) -> None:
        """Note the font of what was shown since the last flush: all of it is in one."""
        if self._waiting:
            self._shown.append((self._waiting, font, size))
            self._waiting = []

    def placed(self) -> list[Sign]:
        """The signs of the page at their places."""
        for waiting, font, size in self._shown:
            for items, matrix, letter, blank in waiting:
                if items == [None]:
                    self._shift = 0.0
                else:
                    self._place(items, matrix, font, size, (letter, blank))
        self._shown.clear()
        return self.signs

    def _place(
        self, items: list[Any], matrix: list[float], font: Any, size: float, spacing: tuple[float, float]
    ) -> None:
        known = self._font(font)
        across, scale = matrix[0], abs(matrix[0])
        if known is None or across <= 0 or abs(matrix[1]) > 0.1 * scale:
            self.doubtful = True
        if known is None or not scale:
            return
        for item in items:
            if isinstance(item, (int, float)):
                self._shift -= float(item) / 1000 * size
                continue
            for text, width in _glyphs(known, item):
                left = matrix[4] + self._shift * across
                self._shift += width / 1000 * size + spacing[0] + (spacing[1] if text == " " else 0.0)
                drawn = width / 1000 * size * across
                self.signs.append(Sign(text, left, left + drawn, matrix[5], abs(size * scale)))

    def _font(self, resource: Any) -> Any:
        if resource is None:
            return None
        if id(resource) not in self._fonts:
            try:
                from pypdf.generic._font import Font

                self._fonts[id(resource)] = Font.from_font_resource(resource)
            except Exception:  # a damaged font, or a pypdf that has it elsewhere: the page is then doubtful
                self._fonts[id(resource)] = None
        return self._fonts[id(resource)]


def _product(m: list[float], n: list[float]) -> list[float]:
    return [
        *(m[0] * n[0] + m[1] * n[2], m[0] * n[1] + m[1] * n[3]),
        *(m[2] * n[0] + m[3] * n[2], m[2] * n[1] + m[3] * n[3]),
        *(m[4] * n[0] + m[5] * n[2] + n[4], m[4] * n[1] + m[5] * n[3] + n[5]),
    ]


def _glyphs(font: Any, item: Any) -> Iterator[tuple[str, float]]:
    """Letters and width of each glyph of a string."""
    if isinstance(item, str):
        yield from ((char, font.get_text_width(char)) for char in item)
        return
    if not isinstance(item, bytes):
        return
    coded = isinstance(font.encoding, str)
    raw = item.decode(font.encoding, "replace") if coded else "".join(map(chr, item))
    for char in raw:
        named = char if coded else font.encoding.get(ord(char), char)
        text = font.character_map.get(char) or font.character_map.get(named) or named
        width = font.character_widths.get(char)
        yield text, font.get_text_width(named) if width is None else width


def lines(drawing: Drawing) -> list[list[str]]:
    """Blocks of a page, each a list of lines as they are seen from the left, in the order of drawing."""
    rows = _rows([each for each in drawing.placed() if each.text])
    steps = [above[0].base - below[0].base for above, below in pairwise(rows)]
    down = [step for step in steps if step > 0]
    usual = median(down) if down else 0.0
    blocks: list[list[str]] = []
    for place, row in enumerate(rows):
        seen = _seen(row)
        if not seen.strip():
            continue
        # A line that stands above the one before it begins a column.
        if not blocks or (place and not 0 <= steps[place - 1] <= _BLOCK * usual):
            blocks.append([])
        blocks[-1].append(seen)
    return blocks


def _rows(signs: list[Sign]) -> list[list[Sign]]:
    """Signs of one height that are drawn one after the other, or later but close by, such as a word in bold."""
    pieces: list[_Row] = []
    for sign in signs:
        if pieces and _goes_on(pieces[-1], sign):
            pieces[-1].add(_Row([sign], sign.left, sign.right))
        else:
            pieces.append(_Row([sign], sign.left, sign.right))
    rows: list[_Row] = []
    at_height: dict[int, list[_Row]] = {}
    for piece in pieces:
        known = at_height.setdefault(round(piece.signs[0].base), [])
        beside = next((row for row in known[-_COLUMNS:] if _beside(row, piece)), None)
        if beside is None:
            rows.append(piece)
            known.append(piece)
        else:
            beside.add(piece)
    return [row.signs for row in rows]


def _beside(row: _Row, piece: _Row) -> bool:
    """Whether a piece fits into a line of its height or touches it; else it is of another column or another text."""
    reach, touch = _CLOSE * piece.signs[0].size, _TOUCH * piece.signs[0].size
    if piece.left > row.right + reach or piece.right < row.left - reach or len(row.signs) > _LONGEST:
        return False
    return not any(each.left < piece.right - touch and each.right > piece.left + touch for each in row.signs)


def _goes_on(row: _Row, sign: Sign) -> bool:
    """Whether a sign is of the line drawn last: at its height, or near it where nothing of the line stands."""
    apart = abs(row.signs[0].base - sign.base)
    sizes = sign.size, row.signs[0].size
    free = sign.left >= row.right - _TOUCH * sign.size or sign.right <= row.left + _TOUCH * sign.size
    return apart <= _SAME_LINE * (max(sizes) if free else min(sizes))


def _seen(row: list[Sign]) -> str:
    """A line from the left, with a blank where a gap stands and a non-joiner where a blank has no width."""
    # A blank without width stands where the next sign does: it comes first, whatever the last digit of its place.
    row = sorted(row, key=lambda each: each.left - (_TOUCH * each.size if each.text.isspace() else 0.0))
    out, end = "", row[0].left
    for place, sign in enumerate(row):
        text = sign.text
        if text.isspace():
            after = row[place + 1].left if place + 1 < len(row) else sign.right
            text = _NON_JOINER if after - sign.left < _TOUCH * sign.size else " "
            if text == " " and out.endswith(" "):
                continue
        elif sign.left - end > _GAP * sign.size and not out.endswith((" ", _NON_JOINER)):
            out += " "
        # A sign of several letters is kept whole: its letters stand as they are read.
        out += text if len(text) == 1 else text[::-1] if _is_right(text) else text
        end = max(end, sign.right)
    return out


def _is_right(text: str) -> bool:
    return "\u0590" <= text[0] <= "\u08ff" or "\ufb1d" <= text[0] <= "\ufefc"
