"""What may be entered in a register: the same rules for what a person adds and for what is imported.

A register that holds more than these rules allow (files written by hand, an older database) is still read; its checks
name what is wrong. Nothing of that kind enters a database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tarazu.core.cells import Problem, parse
from tarazu.core.checks import Check
from tarazu.register.model import (
    CORRECTED,
    RECORDED,
    REVISED,
    Event,
    fields,
    openings,
    proof,
    unproven,
)
from tarazu.register.reading import later, unprintable, visible
from tarazu.register.register import span

DUE = "Write 2026, 2026-Q2, 2026-12-31 or 2024-01/2025-12."
_ID = re.compile(r"[\w.\-]{1,80}")


def refusal(event: Event) -> str | None:
    """Why an event may not be entered; None where it may."""
    return unprintable_in(event) or _misplaced(event) or _unsound(event)


def unprintable_in(event: Event) -> str | None:
    """The first text of an event with a control character, in words."""
    texts = {**event.fields, **asdict(event.evidence), "note": event.note}
    found = unprintable(
        {**texts, "item": event.item, "date": event.date, event.field or "value": event.value}
    )
    return f"{visible(event.item)}, {found}" if found else None


def unsound(row: Mapping[str, Any]) -> str | None:
    """An id that no command could name, a due date that is none, a range that descends; None without one."""
    if not _ID.fullmatch(row["id"]):
        return f'id: "{row["id"]}" may hold letters, digits, points, hyphens and underscores only.'
    if row.get("due") and span(row["due"]) is None:
        return f'due: "{row["due"]}" is no date. {DUE}'
    low, high = row.get("target_low"), row.get("target_high")
    if low is not None and high is not None and high < low:
        return f"target_high: {high:g} is below target_low, {low:g}. Exchange them."
    return None


def without_source(event: Event) -> str | None:
    """What a grade lacks that claims that something was done."""
    if not unproven(event):
        return None
    lacks = "its source (document, source_url or publisher)" if not event.evidence else "its date"
    return f"evidenced {event.value} needs {lacks}: evidence is what a document shows. Add it."


def _misplaced(event: Event) -> str | None:
    """What is wrong with the date, the status and the place where it stands."""
    told = {**asdict(event.evidence), "status": event.status, "date": event.date, "note": event.note}
    for name, variable in proof().items():
        found = parse(_text(told[name]), variable)
        if isinstance(found, Problem):
            return f"{name}: {found.message}"
        if isinstance(found, str) and not isinstance(told[name], str):
            return f"{name}: {told[name]!r} is no text. Write {found!r}."  # out of JSON
    return None


def _unsound(event: Event) -> str | None:
    if event.event == RECORDED:
        known = fields(event.kind)
        unknown = [name for name in event.fields if name not in known]
        if unknown:
            return f'"{unknown[0]}" is no field of {event.kind}.'
        for name, variable in known.items():
            found = parse(_text(event.fields.get(name)), variable)
            if isinstance(found, Problem):
                return f"{name}: {found.message}"
            if found is not None and isinstance(found, str) != isinstance(event.fields[name], str):
                return (
                    f"{name}: {event.fields[name]!r} is no {variable.type}. Write {found!r}."  # out of JSON
                )
        if event.fields["id"] != event.item:
            return f'id: "{event.fields["id"]}" is another than that of its event, {event.item}.'
        return unsound(event.fields)
    row = {**asdict(event.evidence), "item": event.item, "event": event.event, "field": event.field}
    row |= {"value": _text(event.value), "date": event.date, "status": event.status, "note": event.note}
    told = later(row, {event.item: event.kind}, "")
    if isinstance(told, Check) and not (told.name == "missing-date" and event.event in openings(event.kind)):
        return f"{told.where.removeprefix(', column ')}: {told.message}"
    if event.event in (REVISED, CORRECTED) and event.field == "due" and event.value:
        return None if span(_text(event.value)) else f'due: "{event.value}" is no date. {DUE}'
    return without_source(event)


def _text(value: Any) -> str:
    """A value as a cell holds it."""
    if isinstance(value, (tuple, list)):
        return ";".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else str(value)
