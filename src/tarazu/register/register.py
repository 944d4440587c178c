"""The register: items as their events make them, on any day.

    item on day D = its first record, then every event up to D in order

A revision is an event: the first value stays beside the present one. A correction holds from the start, since what was
entered wrongly never was. Withdrawn items are left out of the views and stay in the stream.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tarazu.core import period
from tarazu.core.checks import Check
from tarazu.core.errors import PeriodError
from tarazu.register.model import (
    CORRECTED,
    EVIDENCED,
    RECORDED,
    REVISED,
    SAID,
    WITHDRAWN,
    Event,
    Evidence,
    event_types,
    kinds,
    unproven,
)

if TYPE_CHECKING:
    from tarazu.core.table import Table
    from tarazu.register.views import Board


@dataclass(frozen=True, slots=True)
class Item:
    """One instrument, commitment, body or visit as it stands.

    Attributes
    ----------
    fields
        Its fields, and what its events set: ``signed``, ``official``, ``grade``.
    first
        Of revised fields, the value they had at first.
    events
        Those that made it, in order.
    dates
        By event name, when it last happened.
    """

    kind: str
    id: str
    fields: Mapping[str, Any]
    first: Mapping[str, Any]
    events: tuple[Event, ...]
    dates: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.fields.get(name)

    @property
    def title(self) -> str:
        """What it is called."""
        for key in NAMES:
            if name := self.fields.get(key):
                return str(name)
        return self.id

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where it stands, each place once."""
        return tuple(dict.fromkeys([event.evidence for event in self.events if event.evidence]))

    def last(self, event: str) -> Event | None:
        """The last event of a name."""
        return next((each for each in reversed(self.events) if each.event == event), None)


NAMES = ("title", "name", "who", "structure")
NOTHING: Mapping[str, Any] = MappingProxyType({})
UNKNOWN_DAY = "9999"  # of sorting alone: never shown


@dataclass(frozen=True, slots=True)
class Source:
    """A document of the register: what is known of it without its text."""

    sha256: str
    title: str = ""
    publisher: str = ""
    published: str = ""
    url: str = ""
    language: str = ""
    media: str = ""
    text: str | None = None


@dataclass(frozen=True)
class Register:
    """Events of one register.

    Attributes
    ----------
    pair
        ISO codes of the two countries, where it is a dossier's.
    documents
        By SHA-256.
    findings
        What was left out in reading.
    """

    name: str
    events: tuple[Event, ...]
    pair: tuple[str, str] | None = None
    documents: Mapping[str, Source] = field(default_factory=dict)
    findings: tuple[Check, ...] = ()

    @classmethod
    def read(cls, place: str | Path) -> Register:
        """The register of a bundled dossier by name, a folder of CSV files, or a database.

        Raises
        ------
        InputError
            If there is none, or nothing in it can be read.
        """
        from tarazu.register.reading import read

        return read(place)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Every item by id, as it stands after its last event."""
        return self.on(None)

    def on(self, day: date | None) -> Mapping[str, Item]:
        """Every item by id as it stood on a day; what was recorded later with an earlier date counts."""
        by_item: defaultdict[str, list[Event]] = defaultdict(list)
        for event in self.events if day is None else self.until(day).events:
            by_item[event.item].append(event)
        found = {}
        for name, events in by_item.items():
            item = folded(sorted(events, key=_order))
            if item is not None and WITHDRAWN not in item.dates:
                found[name] = item
        return found

    def until(self, day: date) -> Register:
        """The register without what is dated after a day."""
        known = tuple(event for event in self.events if not event.date or starts(event.date) <= day)
        return self if len(known) == len(self.events) else replace(self, events=known)

    def of(self, kind: str) -> tuple[Item, ...]:
        """Items of a kind, by date and id."""
        assert kind in kinds(), f"{kind} is a kind of items"
        found = [item for item in self.items.values() if item.kind == kind]
        return tuple(sorted(found, key=lambda item: (when(item), item.id)))

    def board(self, today: date | None = None, **actual: Any) -> Board:
        """Where every commitment stands; see `tarazu.register.views.board`."""
        from tarazu.register.views import board

        return board(self, today, **actual)

    def due(self, days: int = 90, today: date | None = None) -> Table:
        """What falls due within some days."""
        from tarazu.register.views import due

        return due(self, days, today)

    def overdue(self, today: date | None = None) -> Table:
        """What has passed its date without being complete."""
        from tarazu.register.views import overdue

        return overdue(self, today)

    def timeline(self, **options: Any) -> Table:
        """Every event in order of its date."""
        from tarazu.register.views import timeline

        return timeline(self, **options)

    def visits(self, by: Sequence[str] = ()) -> Table:
        """Visits, or their number by year, level or side."""
        from tarazu.register.views import visits

        return visits(self, by)

    def document(self, letters: str) -> Source | None:
        """The document whose SHA-256 begins so; None without one, or where several do."""
        found = (
            [source for sha, source in self.documents.items() if sha.startswith(letters)] if letters else []
        )
        return found[0] if len(found) == 1 else None

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """What was left out, and what does not fit together."""
        from tarazu.register.consistency import consistency

        return (*self.findings, *consistency(self))


_order = attrgetter("order")


def folded(events: Sequence[Event]) -> Item | None:
    """An item out of its events in order; None where the one that records it is missing."""
    fields: dict[str, Any] = {}
    first: dict[str, Any] = {}
    dates: dict[str, str] = {}
    opening: Event | None = None
    types = event_types()
    for event in events:
        if event.event == RECORDED:
            opening = opening or event
            fields |= {key: value for key, value in event.fields.items() if value is not None}
        elif event.event in (REVISED, CORRECTED):
            if event.event == REVISED and event.field in fields:
                first.setdefault(event.field, fields[event.field])
            fields[event.field] = event.value
        elif event.event == EVIDENCED and unproven(event):
            continue  # a check names it
        elif event.event == SAID and fields.get(SAID):
            continue  # the first time counts
        else:
            kind = types[event.event]
            fields[kind.sets] = event.date if kind.takes == "date" else event.value
        dates[event.event] = event.date
    if opening is None:
        return None
    return Item(opening.kind, opening.item, fields, first or NOTHING, tuple(events), dates)


def starts(text: str) -> date:
    """First day of a date or span as the register writes it; the last of days where it cannot be read."""
    found = span(text)
    return found.start if found else date.max


@lru_cache(maxsize=1 << 16)
def span(text: str | None) -> period.Period | None:
    """The period of a text, None where it is empty or no period."""
    if not text:
        return None
    try:
        return period.parse(text)
    except PeriodError:
        return None


def when(item: Item) -> str:
    """When an item first happened: its earliest dated event; `UNKNOWN_DAY`, behind every day, without one."""
    return min((event.date for event in item.events if event.date), default=UNKNOWN_DAY)
