"""Automatic numbers of a Word document's paragraphs, written out as they are printed.

A paragraph names a numbering and a level, itself or through its style; the numbering's levels have a start, a format
and a pattern such as ``%1.%2.`` (ECMA-376, part 1, section 17.9). Counters of deeper levels restart when a higher one
moves. Bullets are written as a dash. Other formats than digits, letters and Roman figures are written as digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_LEVELS = 9  # as the standard has them
_ROMAN = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC")),
    *((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
_GREATEST = 3999  # the greatest Roman figure; a longer list is not counted in letters either


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    format: str
    pattern: str


class Numbering:
    """The numberings of one document, and how far each has counted.

    Parameters
    ----------
    numberings, styles
        Roots of ``numbering.xml`` and ``styles.xml``, None where the document has none.
    """

    def __init__(self, numberings: etree._Element | None, styles: etree._Element | None) -> None:
        self.levels = _levels(numberings) if numberings is not None else {}
        self.styles = _styles(styles) if styles is not None and self.levels else {}
        self.counts: dict[str, list[int | None]] = {}

    def label(self, paragraph: etree._Element) -> str:
        """The number of the next paragraph, empty if it has none; to be asked once, in the text's order."""
        if not self.levels:
            return ""
        numbering, depth = self._of(paragraph)
        levels = self.levels.get(numbering, {})
        if depth not in levels:
            return ""
        counts = self.counts.setdefault(numbering, [None] * _LEVELS)
        now = counts[depth]
        counts[depth] = levels[depth].start if now is None else now + 1
        counts[depth + 1 :] = [None] * (_LEVELS - depth - 1)
        if levels[depth].format == "bullet":
            return "-"
        return _written(levels, counts, levels[depth].pattern)

    def _of(self, paragraph: etree._Element) -> tuple[str, int]:
        found = _numbered(paragraph)
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        inherited = self.styles.get(style.get(f"{W}val", ""), ("", 0)) if style is not None else ("", 0)
        if found is None:
            return inherited
        numbering, depth = found
        return numbering or inherited[0], depth


def _levels(numberings: etree._Element) -> dict[str, dict[int, _Level]]:
    """Levels by numbering; numbering 0 means none."""
    abstract = {
        each.get(f"{W}abstractNumId", ""): dict(map(_level, each.iterchildren(f"{W}lvl")))
        for each in numberings.iterchildren(f"{W}abstractNum")
    }
    found: dict[str, dict[int, _Level]] = {}
    for each in numberings.iterchildren(f"{W}num"):
        base = each.find(f"{W}abstractNumId")
        levels = dict(abstract.get(base.get(f"{W}val", ""), {})) if base is not None else {}
        for override in each.iterchildren(f"{W}lvlOverride"):
            depth, start = _depth(override), override.find(f"{W}startOverride")
            whole = override.find(f"{W}lvl")
            if whole is not None:
                levels.update([_level(whole)])
            elif start is not None and depth in levels:
                old = levels[depth]
                levels[depth] = _Level(_number(start.get(f"{W}val"), old.start), old.format, old.pattern)
        found[each.get(f"{W}numId", "")] = levels
    found.pop("0", None)
    return found


def _level(element: etree._Element) -> tuple[int, _Level]:
    values = {
        tag: found.get(f"{W}val", "")
        for tag in ("start", "numFmt", "lvlText")
        if (found := element.find(f"{W}{tag}")) is not None
    }
    level = _Level(
        _number(values.get("start"), 1), values.get("numFmt", "decimal"), values.get("lvlText", "")
    )
    return _depth(element), level


def _depth(element: etree._Element) -> int:
    return min(_number(element.get(f"{W}ilvl"), 0), _LEVELS - 1)


def _styles(styles: etree._Element) -> dict[str, tuple[str, int]]:
    found = {}
    for style in styles.iterchildren(f"{W}style"):
        own = _numbered(style)
        if own is not None:
            found[style.get(f"{W}styleId", "")] = own
    return found


def _numbered(element: etree._Element) -> tuple[str, int] | None:
    """Numbering and level that a paragraph or style names itself."""
    found = element.find(f"{W}pPr/{W}numPr")
    if found is None:
        return None
    numbering, depth = found.find(f"{W}numId"), found.find(f"{W}ilvl")
    named = numbering.get(f"{W}val", "") if numbering is not None else ""
    level = _number(depth.get(f"{W}val"), 0) if depth is not None else 0
    return named, min(level, _LEVELS - 1)


def _number(said: str | None, default: int) -> int:
    return int(said) if said is not None and re.fullmatch(r"\d{1,6}", said, re.ASCII) else default


def _written(levels: dict[int, _Level], counts: list[int | None], pattern: str) -> str:
    def figure(match: re.Match[str]) -> str:
        depth = int(match[1]) - 1
        level = levels.get(depth)
        if level is None:
            return ""
        count = counts[depth]
        return _figure(level.start if count is None else count, level.format)

    return re.sub(r"%([1-9])", figure, pattern).strip()


def _figure(count: int, form: str) -> str:
    if form == "none":
        return ""
    if not 0 < count <= _GREATEST:
        return str(count)
    if form in ("lowerLetter", "upperLetter"):
        # After z comes aa, then bb: the letter is repeated.
        letters = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman"):
        figures = ""
        for value, sign in _ROMAN:
            figures += sign * (count // value)
            count %= value
        return figures.lower() if form == "lowerRoman" else figures
    return str(count)
