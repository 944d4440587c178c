"""HTML: what a reader of the page sees, block by block; a table's rows as lines with tabs between the cells.

Parsed by lxml's HTML parser (libxml2), which repairs what is not well-formed, without network and within libxml2's
own limits of size and depth. Scripts, styles, navigation and hidden elements are dropped. A table that holds a table,
has one column or a cell of several paragraphs is layout, and its cells are blocks. Raised figures are
set apart from numbers and words: 2023 with note 1 is not 20231.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from tarazu.core.checks import Check
from tarazu.register.readers.content import Content, limit, missing, plain, set_apart, words
from tarazu.register.readers.datelines import published, stated_day
from tarazu.register.readers.encoding import decode

if TYPE_CHECKING:
    from lxml import etree

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.I)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{1,40})["']""")
_LD_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"')
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)

_BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "details",
            "dialog",
            "div",
            "dl",
        ),
        *(
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
        ),
        *("main", "ol", "p", "pre", "section", "summary", "table", "ul"),
    )
)
_PARAGRAPHS = ("p", "div", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6")
_LINES = frozenset(("br", "li", "dt", "dd", "tr", "legend"))
_RAISED = frozenset(("sup", "sub"))


def read_html(data: bytes, name: str, encoding: str | None = None) -> Content:
    """The content of an HTML file.

    Raises
    ------
    InputError
        If lxml is not installed, or the bytes are not text.
    """
    try:
        from lxml import etree
    except ImportError:
        raise missing("lxml", f"{name}, which is HTML,") from None
    decoded = decode(data, name, encoding, _declared(data))
    version = ".".join(map(str, etree.LIBXML_VERSION))
    made_with = ", ".join(filter(None, (decoded.guessed, f"libxml2 {version}")))
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(decoded.text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    checks = (*decoded.checks, *_incomplete(parser, name))
    if root is None:
        return Content("", None, None, checks, made_with)
    text = "".join(_Page(root).pieces())
    return Content(text, _title(root), _stated(root) or published(text), checks, made_with)


def _declared(data: bytes) -> str | None:
    found = _XML.search(data[:1024]) or _CHARSET.search(data[:8192])
    return found[1].decode("ascii") if found else None


def _incomplete(parser: etree.HTMLParser, name: str) -> tuple[Check, ...]:
    """A check where the parser stopped before the end, at one of its limits."""
    for entry in parser.error_log:
        if entry.level_name == "FATAL":
            message = (
                f"line {entry.line}: reading stopped, the rest of the page is missing: {plain(entry.message)}. "
                "Save the page as text or PDF and read that."
            )
            return (Check.error("document-incomplete", name, message),)
    return ()


def _title(root: etree._Element) -> str | None:
    for element in root.iter("meta"):
        if (element.get("property") or "").lower() == "og:title" and (element.get("content") or "").strip():
            return _flat(element.get("content") or "")
    found = root.find(".//title")
    return _flat("".join(map(str, found.itertext()))) or None if found is not None else None


def _flat(text: str) -> str:
    return " ".join(text.split())


def _stated(root: etree._Element) -> date | None:
    """The day of publication as the page's own data state it."""
    for element in root.iter("meta"):
        key = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if key.lower() in words("dateline", "meta") and (day := stated_day(element.get("content") or "")):
            return day
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "") and (found := _LD_DATE.search(script.text or "")):
            return stated_day(found[1])
    for element in root.iter("time"):
        marked = element.get("pubdate") is not None or element.get("itemprop") == "datePublished"
        if marked and (day := stated_day(element.get("datetime") or "")):
            return day
    return None


class _Page:
    """One pass over the page's elements that writes its text."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.dropped = frozenset(words("html", "dropped"))
        self.outer = _outer_tables(root)
        self.last = ""  # the end of what is written
        self.breaks = 0  # line ends that are due before the next text
        self.mark = ""  # of a list's item, due before its first text
        self.counts: dict[etree._Element, int] = {}  # items of each numbered list so far
        self.preformatted = 0

    def pieces(self) -> Iterator[str]:
        """The text in pieces, in the order of the page."""
        from lxml import etree

        walk = etree.iterwalk(self.root, events=("start", "end"))
        for event, element in walk:
            tag = element.tag if isinstance(element.tag, str) else ""
            gone = tag in self.dropped or _is_hidden(element)
            if event == "end":
                self._leave(tag, gone)
                yield self._written(element.tail if element is not self.root else None)
            elif gone:
                walk.skip_subtree()
            elif tag == "table" and not self._is_layout(element):
                walk.skip_subtree()
                self.breaks = 2
                yield self._due() + _table(element, self.dropped)
            else:
                if tag in _RAISED and set_apart(self.last, tag == "sup"):
                    yield " "
                self._enter(element, tag)
                yield self._written(element.text)

    def _is_layout(self, table: etree._Element) -> bool:
        return table in self.outer or _is_layout(table)

    def _enter(self, element: etree._Element, tag: str) -> None:
        self.preformatted += tag == "pre"
        if tag == "br":
            self.breaks = min(2, self.breaks + 1)  # two of them part paragraphs
        else:
            self.breaks = max(self.breaks, _breaks(tag))
        if tag == "li":
            self.mark = self._item(element)

    def _item(self, element: etree._Element) -> str:
        """Number or dash of a list's item, as the page shows it."""
        parent = element.getparent()
        if parent is None or parent.tag != "ol":
            return "- "
        before = self.counts.get(parent, _whole(parent.get("start"), 1) - 1)
        self.counts[parent] = _whole(element.get("value"), before + 1)
        return f"{self.counts[parent]}. "

    def _leave(self, tag: str, gone: bool) -> None:
        if not gone:
            self.preformatted -= tag == "pre"
            self.breaks = max(self.breaks, _breaks(tag))
            self.mark = "" if tag == "li" else self.mark

    def _written(self, text: str | None) -> str:
        if not text:
            return ""
        if not self.preformatted:
            text = re.sub(r"[ \t\r\n\f]+", " ", text)
            if text == " " and (self.breaks or self.mark):
                return ""
        written = self._due() + text
        self.last = written[-3:] if len(written) > 2 else (self.last + written)[-3:]
        return written

    def _due(self) -> str:
        due = "\n" * self.breaks + self.mark
        self.breaks, self.mark = 0, ""
        return due


def _breaks(tag: str) -> int:
    """Line ends before and after an element."""
    return 2 if tag in _BLOCKS or tag in ("td", "th") else int(tag in _LINES and tag != "br")


def _is_hidden(element: etree._Element) -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or bool(style and _HIDDEN.search(style))


def _outer_tables(root: etree._Element) -> set[etree._Element]:
    """Tables that hold a table."""
    seen: set[etree._Element] = set()
    for table in root.iter("table"):
        for outer in table.iterancestors("table"):
            if outer in seen:
                break
            seen.add(outer)
    return seen


def _is_layout(table: etree._Element) -> bool:
    """Whether a table without a table inside only places text on the page."""
    several = False
    for row in table.iter("tr"):
        cells = list(row.iterchildren("td", "th"))
        several = several or len(cells) > 1
        for cell in cells:
            blocks = sum(1 for _ in cell.iter(*_PARAGRAPHS))
            if blocks > 1 and len("".join(map(str, cell.itertext()))) > limit("html", "cell"):
                return True
    return not several


def _table(table: etree._Element, dropped: frozenset[str]) -> str:
    """Caption, then a line for each row; a cell that spans several is followed, or underlain, by empty ones."""
    lines = [_cell(caption, dropped) for caption in table.iter("caption")]
    covered: dict[int, int] = {}  # column -> rows below that a cell above still covers
    for row in table.iter("tr"):
        if _is_hidden(row):
            continue
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            _skip_covered(cells, covered)
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            if down > 1:
                covered.update(dict.fromkeys(range(len(cells), len(cells) + across), down))
            cells += [_cell(cell, dropped), *[""] * (across - 1)]
        _skip_covered(cells, covered)
        covered = {column: rows - 1 for column, rows in covered.items() if rows > 1}
        lines.append("\t".join(cells) if any(cells) else "")
    return "\n".join(filter(None, lines))


def _skip_covered(cells: list[str], covered: dict[int, int]) -> None:
    while len(cells) in covered:
        cells.append("")


def _span(cell: etree._Element, name: str) -> int:
    return max(1, min(_whole(cell.get(name), 1), limit("html", "cells")))


def _whole(said: str | None, default: int) -> int:
    return int(said) if said and re.fullmatch(r"\s*\d{1,6}\s*", said, re.ASCII) else default


def _cell(element: etree._Element, dropped: frozenset[str]) -> str:
    """Text of a cell in one line."""
    from lxml import etree

    parts = [""]

    def write(border: bool, text: str | None) -> None:
        parts.extend(filter(None, (" " if border else "", text)))

    walk = etree.iterwalk(element, events=("start", "end"))
    for event, each in walk:
        tag = each.tag if isinstance(each.tag, str) else ""
        apart = tag in _BLOCKS or tag in _LINES
        if event == "start" and each is not element and (tag in dropped or _is_hidden(each)):
            walk.skip_subtree()
        elif event == "start":
            write(apart or (tag in _RAISED and set_apart(parts[-1], tag == "sup")), each.text)
        elif each is not element:
            write(apart, each.tail)
    return _flat("".join(parts))
