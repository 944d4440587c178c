"""Figures of a document's tables held against each other: sums, and figures that jump out of their column.

A turnover is its export and import, within what the last digits can hide. A figure of less than a twentieth, or more
than twenty times, of both its neighbours in time is a slip more often than a year like that. Nothing is changed: the
finding says where to look.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from tarazu.core.checks import Check
from tarazu.register.extract.lexicon import lexicons
from tarazu.register.extract.tokens import tokens
from tarazu.register.readers.content import limit
from tarazu.register.register import span
from tarazu.register.suggestions import Suggestion

_BREAK = re.compile(r"[.!?؟]\s|\n")
TOTAL, PARTS = "turnover", ("export", "import")

Cell = Suggestion


def table_checks(found: Iterable[Suggestion], file: str) -> Iterator[Check]:
    """Findings on the tables of one document."""
    tables: dict[tuple[Any, Any], list[Cell]] = defaultdict(list)
    for each in found:
        if each.kind == "amount" and each.value.get("table") and each.value.get("value") is not None:
            tables[each.value["table"], each.value.get("currency")].append(each)
    for (number, currency), cells in tables.items():
        where = f"{file}, table {number}"
        yield from _sums(cells, where, str(currency))
        yield from _jumps(cells, where, str(currency))


def _sums(cells: Sequence[Cell], where: str, currency: str) -> Iterator[Check]:
    rows: dict[tuple[Any, ...], dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        # A row of one period, or of one partner in one period; where indicators label the rows, a column of one period.
        label = cell.value.get("row") if cell.value.get("subject") != _labelled(cell) else None
        rows[cell.value.get("period"), label][str(cell.value.get("subject"))].append(cell)
    for (period, _), row in rows.items():
        if any(len(row.get(name, ())) != 1 for name in (TOTAL, *PARTS)):
            continue
        total, parts = row[TOTAL][0], [row[name][0] for name in PARTS]
        both = sum(float(part.value["value"]) for part in parts)
        room = sum(float(cell.value.get("rounding") or 0) for cell in (total, *parts))
        if abs(float(total.value["value"]) - both) <= room * (1 + 1e-9):
            continue
        told = " and ".join(f"{part.value['subject']} {part.quote}" for part in parts)
        message = (
            f"{total.value['subject']} {total.quote} ({currency}), but {told} add up to {_figure(both)}. Compare with "
            "the source; take from it what holds and refuse the rest in `tarazu register review --kind amount`."
        )
        yield Check.warning(
            "sum-differs", f"{where}, row {_row(total, period)}, column {_column(total)}", message
        )


def _labelled(cell: Cell) -> str | None:
    """The indicator of a cell if its row is labelled with it: then its column is a period."""
    column, row = str(cell.value.get("column") or ""), str(cell.value.get("row") or "")
    period = str(cell.value.get("period") or "-")[:4]
    return str(cell.value.get("subject")) if period in column and period not in row else None


def _own(cell: Cell) -> str | None:
    """The period of a cell if its row is labelled with it."""
    return str(cell.value["period"]) if _labelled(cell) is None else None


def _jumps(cells: Sequence[Cell], where: str, currency: str) -> Iterator[Check]:
    jump = limit("figures", "jump")
    series: dict[tuple[Any, ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.value.get("period"):
            line = cell.value.get("column") if _own(cell) else cell.value.get("row")
            series[cell.value.get("subject"), line].append(cell)
    for line in series.values():
        told = sorted(line, key=lambda cell: str(cell.value["period"]))
        if any(a.value["period"] == b.value["period"] for a, b in pairwise(told)):
            continue  # several rows of one period: no series
        for before, cell, after in zip(told, told[1:], told[2:], strict=False):
            value, near = float(cell.value["value"]), [float(each.value["value"]) for each in (before, after)]
            if value * jump < min(near) or value > jump * max(near):
                message = (
                    f"{cell.value.get('subject') or 'figure'} {cell.quote} ({currency}) stands between {before.quote} "
                    f"of {before.value['period']} and {after.quote} of {after.value['period']}: more than {jump} "
                    "times apart. Compare with the source; if it is a slip, refuse it in `tarazu register review "
                    "--kind amount` and record the right figure with `tarazu register add event`."
                )
                place = f"{where}, row {_row(cell, cell.value['period'])}, column {_column(cell)}"
                yield Check.warning("outlier", place, message)


def _row(cell: Cell, period: Any) -> str:
    return str(cell.value.get("row") or period)


def _column(cell: Cell) -> str:
    return str(cell.value.get("column") or cell.value.get("subject"))


def _figure(value: float) -> str:
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{value / size:.6g} {name}"
    return f"{value:.12g}"


def placed(text: str, language: str, found: Sequence[Suggestion]) -> list[Suggestion]:
    """Figures of running text with what they are of and their period, where their sentence says one of each.

    A number that is promised is of no period: those within targets and commitments are left as they are.
    """
    promised = [(each.start, each.end) for each in found if each.kind in ("target", "commitment")]
    dates = [each for each in found if each.kind == "date" and each.value.get("start")]
    out = []
    for each in found:
        value = each.value
        free = each.kind in ("amount", "quantity", "percentage") and not value.get("table")
        if free and not any(start <= each.start and each.end <= end for start, end in promised):
            first, last = _sentence(text, each.start, each.end)
            days = [day for day in dates if first <= day.start and day.end <= last]
            told = {
                "subject": value.get("subject") or _subject(text, language, first, each.start),
                "period": value.get("period") or (_span(days[0]) if len(days) == 1 else None),
            }
            each = replace(each, value={**value, **{name: it for name, it in told.items() if it}})
        out.append(each)
    return out


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """First and last character of the sentence around a span."""
    before = [each.end() for each in _BREAK.finditer(text, 0, start)]
    after = _BREAK.search(text, end)
    return before[-1] if before else 0, after.start() if after else len(text)


def _span(day: Suggestion) -> str:
    """The period of a date, as the register writes it."""
    found = span(f"{day.value['start']}/{day.value['end']}")
    return found.label if found else ""


def _subject(text: str, language: str, start: int, end: int) -> str | None:
    """The last word before a figure that says what it is of: trade, exports, imports."""
    known, told = lexicons().get(language), None
    for token in tokens(text, start, end) if known else ():
        entry = known.entry(token.word) if known else None
        if entry is not None and "subject" in entry.plain:
            told = str(entry.plain["subject"][0])
    return told


def undated(found: Iterable[Suggestion], file: str) -> Iterator[Check]:
    """A finding where words such as "last year" or days without a year could not be placed: no day of publication."""
    lost = [each for each in found if each.kind == "date" and each.value.get("start") is None]
    if lost:
        listed = ", ".join(dict.fromkeys(f'"{each.quote}"' for each in lost[:4]))
        more = f" and {len(lost) - 4} more" if len(lost) > 4 else ""
        message = (
            f"no day of publication is known, so that {len(lost)} dates have no place on the calendar: {listed}{more}. "
            "Read it into a new database with --published YYYY-MM-DD, or write the dates in the review."
        )
        yield Check.warning("no-publication-date", file, message)


def session_of(found: Iterable[Suggestion]) -> str | None:
    """The number of the one session that a document reports: what it says was signed was signed there."""
    held = {
        str(each.value["session"])
        for each in found
        if each.kind == "session" and each.value.get("session") and each.value.get("event") == "held"
    }
    return held.pop() if len(held) == 1 else None


def parties_of(found: Iterable[Suggestion]) -> list[str]:
    """The two countries that a document names most: those it means where it names none."""
    counts: dict[str, int] = defaultdict(int)
    for each in found:
        if each.kind == "party" and each.value.get("country"):
            counts[each.value["country"]] += 1
    order = sorted(counts, key=lambda code: -counts[code])
    return order[:2] if len(order) > 1 else []
