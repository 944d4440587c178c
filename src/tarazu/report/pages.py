"""The page: a `Document` as one self-contained HTML file.

Nothing is fetched: styles and pictures stand in the file, tables are offered as CSV inside their own
links, there are no scripts, and a content security policy in the page forbids the rest. Everything that
comes from data is escaped; only http and https addresses become links.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tarazu.core.checks import Severity
from tarazu.core.table import Column, Table, is_missing
from tarazu.report.document import Document, Listing, Show
from tarazu.report.style import amount, chance

if TYPE_CHECKING:
    from jinja2 import Environment

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "ur"})
SEVERITIES = [severity.value for severity in Severity]
FOLD_ABOVE = 12  # rows of a figure's own table that are shown open when there is no picture

_URL = re.compile(r"https?://[^\s<>\"'|]+", re.IGNORECASE)
_AMOUNT = re.compile(r"USD ([\d.]+) (k|m|bn|trn)\b")
_SHOWN = 46  # characters of an address on the screen; paper has all of it
_UPRIGHT = 9  # columns that an upright page can hold
_SHORT = 12  # characters of a word, such as a date or an id, that must not be broken
_DOLLARS = frozenset({"USD", "USD a year"})
_LONG = 80  # characters of a text that needs room
_MILLIONS = frozenset({"USD m", "USD m a year", "million USD"})
_RIGHT = frozenset({"usd", "percent", "number", "year"})


@dataclass(frozen=True, slots=True)
class _Cell:
    html: Markup
    look: str = ""


@dataclass(frozen=True, slots=True)
class _Head:
    title: str
    unit: str
    meaning: str
    look: str


@dataclass(frozen=True, slots=True)
class _Grid:
    """A listing with every cell formatted."""

    id: str
    caption: str
    heads: list[_Head]
    rows: list[list[_Cell]]
    empty: str
    folded: bool
    summary: str  # of the severities, for a table of checks
    file: str
    data: str

    @property
    def wide(self) -> bool:
        """Whether it needs a landscape page."""
        return len(self.heads) > _UPRIGHT


def html(document: Document, figures: Mapping[str, str] | None = None) -> str:
    """Text of the HTML file.

    Parameters
    ----------
    figures
        SVG text by figure id, as `tarazu.report.figures.draw` gives it; it is put into the page as it
        is. Without it, or where a figure has none, the page shows the figure's tables instead.

    Notes
    -----
    A table with a column ``severity`` is ordered from errors to notes and summed up. Text of the format
    ``figure`` gets the command that explains it as a hint, made from the colophon's entry "To trace a
    figure", whose last word is a figure: ``tarazu explain kaz-irn probability``.
    """
    trace = document.colophon.get("To trace a figure", "tarazu explain PAIR FIGURE").rpartition(" ")[0]
    sections = [
        {
            "section": section,
            "figures": [
                {
                    "figure": figure,
                    "svg": Markup((figures or {}).get(figure.id, "")),  # drawn by us, its texts escaped
                    "grids": [
                        _grid(_plain(table), f"{figure.id}-{role}", f"{figure.id}-{role}", trace)
                        for role, table in figure.data.items()
                    ],
                }
                for figure in section.figures
            ],
            "grids": [
                _grid(listing, f"{section.id}-{i}", listing.table.name, trace)
                for i, listing in enumerate(section.listings, 1)
            ],
        }
        for section in document.sections
    ]
    direction = "rtl" if document.language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"
    page = _environment().get_template("report.html.j2")
    return page.render(document=document, sections=sections, direction=direction, drawn=bool(figures))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tarazu.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["linked"] = linked
    environment.filters["unbroken"] = unbroken
    return environment


def unbroken(text: str) -> str:
    """Text whose amounts are not broken over two lines."""
    return _AMOUNT.sub("USD\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}\\2", text)


def linked(text: str) -> Markup:
    """Text escaped, with its http and https addresses as links: short on the screen, whole on paper."""
    out, end = Markup(), 0
    for match in _URL.finditer(text):
        url = match[0].rstrip(".,;:!?")
        if url.endswith(")") and "(" not in url:
            url = url.rstrip(").,;")
        shown = re.sub(r"^https?://(www\.)?", "", url, flags=re.IGNORECASE).rstrip("/")
        shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
        link = Markup('<a href="{}" rel="noopener noreferrer"><span>{}</span></a>').format(url, shown)
        out += Markup.escape(text[end : match.start()]) + link
        end = match.start() + len(url)
    return out + Markup.escape(text[end:])


def _plain(table: Table) -> Listing:
    """A figure's own table, formats guessed from names and units."""
    show = tuple(
        Show(column.name, column.name.replace("_", " "), _format(column, table)) for column in table.columns
    )
    return Listing(table, show, folded=len(table) > FOLD_ABOVE)


def _format(column: Column, table: Table) -> str:
    if column.name == "year":
        return "year"
    if column.unit in _DOLLARS | _MILLIONS:
        return "usd"
    if column.unit == "share":
        return "percent"
    numbers = any(isinstance(value, int | float) for value in table.column(column.name))
    return "number" if numbers else "text"


def _grid(listing: Listing, identifier: str, file: str, trace: str) -> _Grid:
    table = listing.table
    columns = {column.name: column for column in table.columns}
    records, summary = list(table), ""
    if "severity" in columns:
        records.sort(key=lambda row: _rank(row["severity"]))
        counts = Counter(str(row["severity"]) for row in records)
        words = [(counts[name], name) for name in SEVERITIES if counts[name]]
        summary = ", ".join(f"{n} {name}{'s' if n > 1 else ''}" for n, name in words)
    return _Grid(
        id=identifier,
        caption=listing.caption,
        heads=[_head(show, columns[show.column]) for show in listing.show],
        rows=[
            [_cell(row[show.column], show, columns[show.column], trace) for show in listing.show]
            for row in records
        ],
        empty=listing.empty,
        folded=listing.folded,
        summary=summary,
        file=f"{re.sub(r'[^A-Za-z0-9_-]+', '-', file)}.csv",
        data="data:text/csv;charset=utf-8;base64," + b64encode(table.to_csv().encode()).decode(),
    )


def _rank(severity: object) -> int:
    return SEVERITIES.index(str(severity)) if str(severity) in SEVERITIES else len(SEVERITIES)


def _head(show: Show, column: Column) -> _Head:
    unit = {"usd": "USD", "number": column.unit}.get(show.format, "")
    if show.format == "usd" and column.unit.endswith("a year"):
        unit = "USD a year"
    return _Head(show.title, unit, column.meaning, "number" if show.format in _RIGHT else "")


def _cell(value: Any, show: Show, column: Column, trace: str) -> _Cell:
    look = "number" if show.format in _RIGHT else ""
    if is_missing(value) or value == "":
        return _Cell(Markup('<span class="missing" title="missing">–</span>'), look)
    if show.column == "severity":
        return _Cell(Markup('<span class="severity {0}">{0}</span>').format(str(value)), look)
    if show.format == "figure":
        mark = Markup('<code data-figure="{0}" title="{1} {0}">{0}</code>')
        return _Cell(mark.format(str(value), trace), look)
    if show.format in _RIGHT and not isinstance(value, str):
        return _Cell(Markup.escape(_number(value, show.format, column.unit)), look)
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    if not look:
        look = "long" if len(text) > _LONG else "short" if len(text) <= _SHORT and " " not in text else ""
    return _Cell(linked(text), look)


def _number(value: Any, form: str, unit: str) -> str:
    if form == "usd":
        return amount(float(value) * (1e6 if unit in _MILLIONS else 1.0))
    if form == "percent":
        return share(float(value))
    if form == "year":
        return f"{value:g}"
    return number(value)


def share(value: float) -> str:
    """A share in whole per cents, ``<1%`` and ``>99%`` at the ends of 0 to 1; growth may lie outside."""
    if 0 < value < 0.01 or 0.99 < value < 1:
        return chance(value)
    return f"{100 * value:.0f}%".replace("-", "−")


def number(value: float) -> str:
    """Whole numbers in groups of three digits, others to three significant figures."""
    if float(value).is_integer():
        text = f"{value:,.0f}"
    else:
        size = abs(value)
        text = f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.3g}"
    return text.replace("-", "−")
