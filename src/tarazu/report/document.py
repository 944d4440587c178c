"""What a report is made of, before anybody decides how it looks.

`planning` fills these; `tarazu.report.figures` draws the figures and `tarazu.report.pages` writes the
page. A figure always carries its unit, its source and the table it is drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tarazu.core.table import Table


@dataclass(frozen=True)
class Figure:
    """One picture.

    Attributes
    ----------
    kind
        Name of a drawing function of `tarazu.report.figures`, which states the columns it needs.
    data
        Tables by the role they play in the picture; all are written as CSV beside the report.
    """

    id: str
    kind: str
    title: str
    caption: str
    unit: str
    source: str
    data: Mapping[str, Table]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Show:
    """How one column of a table is shown.

    Attributes
    ----------
    format
        ``text``, ``usd`` (amounts with magnitude words), ``percent`` (a share 0..1), ``number``,
        ``year``, or ``figure`` (text that names a figure for `tarazu explain`).
    """

    column: str
    title: str
    format: str = "text"


@dataclass(frozen=True)
class Listing:
    """One table as the page shows it; the CSV beside the report holds every column."""

    table: Table
    show: tuple[Show, ...]
    caption: str = ""
    empty: str = "None."
    folded: bool = False  # long tables start closed on the screen and open on paper


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, figures and tables, in this order."""

    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    listings: tuple[Listing, ...] = ()


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes
    ----------
    lead
        The answer in one paragraph.
    conditions
        What the answer assumes, one sentence each.
    colophon
        Version, seed, draws and whatever is needed to repeat the run.
    """

    title: str
    subtitle: str
    lead: str
    conditions: tuple[str, ...]
    sections: tuple[Section, ...]
    colophon: Mapping[str, str]
    language: str = "en"
