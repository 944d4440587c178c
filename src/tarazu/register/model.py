"""The words of the register: kinds of items with their fields, kinds of events, and the event itself.

An item (an instrument, a commitment, a visit) is never stored: it is what its events say, in order. The first event
of an item records it with its fields; later events say that it was signed, restated, measured, corrected. Fields
stand in data/register/variables.csv, events in data/register/events.csv, each with its meaning.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from functools import cache
from types import MappingProxyType
from typing import Any

from tarazu.core.cells import Variable
from tarazu.core.schema import DATA, declared

DECLARATION = "register/variables.csv"
RECORDED = "recorded"  # the event that brings an item into the register
SAID, RESTATED = "said", "restated"
REVISED, CORRECTED, WITHDRAWN = "revised", "corrected", "withdrawn"
LATE = (CORRECTED, WITHDRAWN)  # of what was entered wrongly, and so wrong from the start: they act last
EVENTS, EVERY = "events", "*"
CLAIMED = "C"
EVIDENCED, CLAIMS = "evidenced", ("limited", "substantial", "complete")  # grades that say something was done
# What every event says besides what happened: where it stands.
PROOF = ("status", "source_url", "publisher", "published", "document", "start", "end", "quote", "note")


@dataclass(frozen=True, slots=True)
class EventType:
    """What may happen to an item.

    Attributes
    ----------
    sets, takes
        The field it sets, and whether from its date or its value; empty for `revised` and `corrected`.
    value
        ``text``, ``number``, ``country``, ``item``, ``field``, one of several words, or empty.
    order
        Rank among events of one day.
    """

    name: str
    kinds: tuple[str, ...]
    sets: str
    takes: str
    value: str
    order: int
    meaning: str

    @property
    def choices(self) -> tuple[str, ...]:
        """Words the value may be; empty where it is free."""
        return tuple(self.value.split("|")) if "|" in self.value else ()

    def concerns(self, kind: str) -> bool:
        """Whether it happens to items of a kind."""
        return EVERY in self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where it stands: a quote in a document, or a page.

    Attributes
    ----------
    document
        SHA-256 of the document's bytes, or empty where only a page is known.
    start, end
        Span of the quote in the document's normalised text, in characters.
    """

    source_url: str = ""
    publisher: str = ""
    published: str = ""
    document: str = ""
    start: int | None = None
    end: int | None = None
    quote: str = ""

    def __bool__(self) -> bool:
        return bool(self.source_url or self.publisher or self.document)

    def __str__(self) -> str:
        where = self.publisher or self.source_url or (self.document and f"document {self.document[:12]}")
        return f"{where}, {self.published}" if where and self.published else where


@dataclass(frozen=True, slots=True)
class Event:
    """One dated fact about one item.

    Attributes
    ----------
    number
        Order in which it was recorded, from 1; 0 before it is.
    date
        When it happened, at the precision that is known: 2023-12-04, 2023-12, 2023; empty if unknown.
    value
        What it says, typed as events.csv has it; for `revised` and `corrected` the field's new value.
    fields
        Of `recorded`: the item's fields.
    status
        A documented, P provisional, E derived, C claimed by a party.
    by, recorded
        Who entered it and when (ISO 8601, UTC); empty in a bundled register.
    """

    item: str
    kind: str
    event: str
    date: str = ""
    field: str = ""
    value: Any = None
    fields: Mapping[str, Any] = made(default_factory=dict)
    status: str = CLAIMED
    evidence: Evidence = Evidence()
    note: str = ""
    number: int = 0
    by: str = ""
    recorded: str = ""

    @property
    def order(self) -> tuple[str, int, int]:
        """Order in which events act: what is undated first, then by day, rank and entry.

        Of two dates the less precise comes first: what happened in 2023 is known before what happened on a day of it.
        """
        if self.event == RECORDED:
            return ("", 0, self.number)
        return ("~" if self.event in LATE else self.date, event_types()[self.event].order, self.number)


def unproven(event: Event) -> bool:
    """Whether an event grades a promise by evidence of which it names neither source nor day: it does not count."""
    return event.event == EVIDENCED and event.value in CLAIMS and not (event.evidence and event.date)


@cache
def event_types() -> Mapping[str, EventType]:
    """Kinds of events by name."""
    with (DATA / "register" / "events.csv").open(encoding="utf-8", newline="") as file:
        return MappingProxyType(
            {
                row["event"]: EventType(
                    row["event"],
                    tuple(row["kinds"].split(";")),
                    row["sets"],
                    row["takes"],
                    row["value"],
                    int(row["order"]),
                    row["meaning"],
                )
                for row in csv.DictReader(file)
            }
        )


@cache
def kinds() -> tuple[str, ...]:
    """Kinds of items, in the order of the declaration."""
    return tuple(name for name in declared(DECLARATION) if name != EVENTS)


@cache
def fields(kind: str) -> Mapping[str, Variable]:
    """The fields of a kind, without where its first event stands."""
    shared = {*PROOF, "date", "event"}
    return MappingProxyType({v.column: v for v in declared(DECLARATION)[kind] if v.column not in shared})


def openings(kind: str) -> tuple[str, ...]:
    """Events that the date of an item's own row may stand for, the usual one first; empty for kinds without one."""
    return next((v.allowed for v in declared(DECLARATION)[kind] if v.column == "event"), ())


@cache
def proof() -> Mapping[str, Variable]:
    """Columns that say when something happened and where it stands."""
    shared = {*PROOF, "date"}
    return MappingProxyType({v.column: v for v in declared(DECLARATION)[EVENTS] if v.column in shared})


def references(kind: str) -> tuple[str, ...]:
    """Fields of a kind that name other items of the register."""
    return tuple(
        name
        for name, variable in fields(kind).items()
        if name not in ("id", "measures") and variable.type in ("id", "ids")
    )
