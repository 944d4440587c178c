"""Of the brief: of which years the rows behind a computed line are, and which rows are later than its day.

A line that we computed names the years and the newest period of the rows behind it, and its source carries the newest
date on which one of them was published: a figure of old rows must not look like one of today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from tarazu.core import period
from tarazu.core.errors import PeriodError
from tarazu.core.source import Source

if TYPE_CHECKING:
    from tarazu.corridor.network import Network
    from tarazu.planning.brief import Subject

Row = Mapping[str, Any]

COST = "cost"  # the network's attribute that freight rests on


def first_day(text: Any) -> date | None:
    """First day of a date as a source writes it; None where it is none."""
    try:
        return period.parse(str(text)).start if text else None
    except PeriodError:
        return None


def is_later(table: str, row: Row, day: date) -> bool:
    """Whether a row tells of a time after a day, or of one that was not over and was published later."""
    published = first_day(row["published_date"])
    new = published is not None and published > day
    if table == "restrictions":
        start = first_day(row["valid_from"])
        return start > day and (new or published is None) if start else new
    if table == "products" and row["kind"] == "plan":
        return new
    start, end = row["period_start"], row["period_end"]
    if end is None:
        return new
    return bool(end > day and (new or (start is not None and start > day)))


def rows_named(subject: Subject, ids: Iterable[str]) -> list[Row]:
    """Rows by the names that computations give them: ``markets.csv:mk014``."""
    wanted = {name.replace(".csv", "") for name in ids}
    return [
        row
        for table in ("products", "markets")
        for row in subject.rows(table)
        if f"{table}:{row['id']}" in wanted
    ]


def years(rows: Iterable[Row]) -> str:
    """``2012–2021``; one year; that none is stated."""
    found = [row for row in rows if row["period_end"]]
    if not found:
        return "unstated years"
    ends = [row["period_end"].year for row in found]
    first, last = min(ends), max(ends)
    return f"{first}" if first == last else f"{first}–{last}"


def behind(subject: Subject, ids: Iterable[str]) -> str:
    """``rows of 2012–2021, newest Jan-Jun 2019``; empty where no row is known."""
    rows = rows_named(subject, ids)
    dated = [row for row in rows if row["period_end"]]
    if not rows:
        return ""
    if not dated:
        return f"{'a row' if len(rows) == 1 else 'rows'} of unstated years"
    newest = max(dated, key=lambda row: (row["period_end"], row["period_start"] or date.min))
    told = str(newest["period_original"] or newest["period_end"])
    return f"a row of {told}" if len(rows) == 1 else f"rows of {years(rows)}, newest {told}"


def computed(publisher: str, subject: Subject, ids: Iterable[str]) -> Source:
    """Our own computation as a source, with the newest date of publication of the rows behind it."""
    dates = [
        str(row["published_date"]) for row in rows_named(subject, ids) if first_day(row["published_date"])
    ]
    newest = max(dates, key=lambda text: first_day(text) or date.min, default="")
    return Source(f"{publisher}; newest row published" if newest else publisher, "", newest)


def rates_of(network: Network) -> tuple[int, int] | None:
    """First and last year of the network's dated rates; None where none is dated."""
    rows = (row for table in ("values", "defaults") for row in network.tables[table])
    days = [first_day(row["period"]) for row in rows if row["attribute"] == COST]
    known = [day.year for day in days if day]
    return (min(known), max(known)) if known else None
