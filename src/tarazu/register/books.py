"""The register on a SQL database: events, documents and suggestions are added, never changed.

What enters is checked against what is there: an event on an unknown item, of the wrong kind or with a value that cannot
be read is refused; one that contradicts an earlier one is entered and named, since both may stand in a source. Every
entry carries who made it and when.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tarazu.core.cells import Problem, parse
from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table
from tarazu.register import tables
from tarazu.register.consistency import consistency
from tarazu.register.entry import refusal, unsound
from tarazu.register.model import CLAIMED, RECORDED, Event, Evidence, fields, kinds, openings, proof
from tarazu.register.reading import evidence, later, numbered, opened_by
from tarazu.register.register import Register, Source
from tarazu.store.database import Database

MIGRATIONS = "tarazu.register:migrations"
LONGEST_NAME = 80
LETTERS = 12  # of a document's SHA-256 by which it is named
DOCUMENTS = (
    Column("document", "", "first letters of its SHA-256"),
    Column("title", "", "as the document says it, else the name of its file"),
    Column("language"),
    Column("published"),
    Column("publisher"),
    Column("suggestions", "", "that wait for a decision"),
    Column("url"),
    Column("media", "", "media type, by content"),
    Column("sha256"),
    Column("entered_by"),
    Column("entered_at"),
)


class Books:
    """A register's database, open for reading and for adding to it.

    Parameters
    ----------
    url
        A path (SQLite), ``sqlite:///PATH`` or ``postgresql://USER@HOST/NAME``; clearing may share it.
    clock
        Where the time of entries comes from.
    new
        Whether a register is begun where there is none.

    Raises
    ------
    StoreError
        If the database cannot be opened, was written by a newer version, or holds no register and none is to be
        begun.
    """

    def __init__(
        self,
        url: str | Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        new: bool = True,
    ) -> None:
        self.database = Database(url, MIGRATIONS, tables.LOCK, tables.VERSIONS, new=new)
        self._clock = clock

    def __enter__(self) -> Books:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def register(self, texts: bool = False) -> Register:
        """Everything as it stands; `texts` brings those of documents that are quoted, so that quotes are checked."""
        with self.database.reading() as connection:
            events = tuple(
                _event(row) for row in connection.execute(sa.select(tables.event).order_by("number"))
            )
            plain = [column for column in tables.document.columns if column.name not in ("text", "signature")]
            rows = connection.execute(sa.select(*plain).order_by("number")).mappings()
            documents = {row["sha256"]: _source(row) for row in rows}
            if texts:
                letters = {event.evidence.document for event in events if event.evidence.document}
                cited = {sha for sha in documents if any(sha.startswith(each) for each in letters)}
                for sha in sorted(cited):
                    found = connection.scalar(
                        sa.select(tables.document.c.text).where(tables.document.c.sha256 == sha)
                    )
                    documents[sha] = replace(documents[sha], text=found)
        name = self.database.url.database or "register"
        return Register(Path(name).stem, events, documents=documents)

    def listing(self, kinds: Iterable[str]) -> Table:
        """The documents in the order of their entry, each with its suggestions of some kinds that wait."""
        suggestion, document = tables.suggestion.c, tables.document.c
        waits = (
            sa.select(suggestion.document, sa.func.count().label("waiting"))
            .where(
                suggestion.number.not_in(sa.select(tables.decision.c.suggestion)),
                suggestion.kind.in_(list(kinds)),
                suggestion.value.not_like('%"same_act"%'),  # further mentions of one act are not asked about
            )
            .group_by(suggestion.document)
        )
        plain = [column for column in tables.document.columns if column.name not in ("text", "signature")]
        with self.database.reading() as connection:
            held = {row.document: row.waiting for row in connection.execute(waits)}
            found = connection.execute(sa.select(*plain).order_by(document.number)).mappings()
            rows = [
                {**row, "document": row["sha256"][:LETTERS], "suggestions": held.get(row["number"], 0)}
                for row in found
            ]
        names = [column.name for column in DOCUMENTS]
        return Table("documents", DOCUMENTS, tuple(tuple(row[name] for name in names) for row in rows))

    def text(self, sha256: str) -> str:
        """The normalised text of a document; empty without one."""
        query = sa.select(tables.document.c.text).where(tables.document.c.sha256 == sha256)
        with self.database.reading() as connection:
            return str(connection.scalar(query) or "")

    def documents(self) -> int:
        """How many documents there are."""
        with self.database.reading() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(tables.document)) or 0)

    def add(self, events: Sequence[Event], by: str) -> tuple[Event, ...]:
        """Enter events, all or none.

        Raises
        ------
        InputError
            If nobody is named, an event is on an item that does not exist or exists already, or `entry.refusal` names
            what is wrong with it.
        """
        with self.database.writing() as connection:
            return self.enter(connection, events, operator(by))

    def enter(self, connection: sa.Connection, events: Sequence[Event], who: str) -> tuple[Event, ...]:
        """Enter events within a transaction; errors as of `add`."""
        pairs = sa.select(tables.event.c.item, tables.event.c.kind).distinct()
        _check(events, {row.item: row.kind for row in connection.execute(pairs)})
        number = int(connection.scalar(sa.select(sa.func.max(tables.event.c.number))) or 0)
        entered = tuple(
            replace(event, by=who, recorded=self.now()) for event in numbered(events, after=number)
        )
        self.database.insert(connection, tables.event, [_row(event) for event in entered])
        return entered

    def decided_by(self, suggestion: int) -> str | None:
        """Who decided a suggestion; None while it waits."""
        query = sa.select(tables.decision.c.entered_by).where(tables.decision.c.suggestion == suggestion)
        with self.database.reading() as connection:
            found = connection.scalar(query)
        return None if found is None else str(found)

    def now(self) -> str:
        """The time of an entry, ISO 8601 in UTC."""
        return self._clock().astimezone(UTC).isoformat(timespec="seconds")

    def contradictions(self, before: Register) -> tuple[Check, ...]:
        """Findings that are there now and were not before some entries."""
        known = set(consistency(before))
        return tuple(check for check in consistency(self.register(texts=True)) if check not in known)


def operator(name: str) -> str:
    """Who enters something.

    Raises
    ------
    InputError
        If the name is empty or too long.
    """
    plain = " ".join(name.split())
    if not 0 < len(plain) <= LONGEST_NAME:
        raise InputError(
            f"by: expected a name of 1 to {LONGEST_NAME} letters, got {len(plain)}. Name who enters this."
        )
    return plain


def new_item(kind: str, values: Mapping[str, str], source: Mapping[str, str]) -> tuple[Event, ...]:
    """The events that record an item, from texts as a person writes them.

    Parameters
    ----------
    values
        Fields by name, and ``date``, and ``event`` where the date stands for something unusual. With neither date nor
        event the item is recorded and nothing is said to have happened to it.
    source
        status, source_url, publisher, published, document, start, end, quote, note.

    Raises
    ------
    InputError
        If the kind or a field is unknown, or a value cannot be read.
    """
    if kind not in kinds():
        raise InputError(f'"{kind}" is no kind of item. Write one of: {", ".join(kinds())}.')
    known = {**fields(kind), **proof()}
    usual = openings(kind)
    texts = {**values, **source}
    word = texts.pop("event", "")
    if word and word not in usual:
        raise InputError(f'event: "{word}" does not open {kind}. Write one of: {", ".join(usual) or "none"}.')
    unknown = [name for name in texts if name not in known]
    if unknown:
        raise InputError(f'"{unknown[0]}" is no field of {kind}. Known: {", ".join(known)}.')
    row = {name: _read(name, texts.get(name, ""), variable) for name, variable in known.items()}
    if wrong := unsound(row):
        raise InputError(wrong)
    word = opened_by(kind, word, row["date"])
    first = Event(
        row["id"],
        kind,
        RECORDED,
        row["date"] or "",
        fields={name: row[name] for name in fields(kind)},
        status=row["status"] or CLAIMED,
        evidence=evidence(row),
        note=row["note"] or "",
    )
    return (first, replace(first, event=word, fields={})) if word else (first,)


def new_event(register: Register, values: Mapping[str, str]) -> Event:
    """What happened to an item, from texts as a person writes them: item, event, date, field, value, source.

    Raises
    ------
    InputError
        If the item or event is unknown, or the value cannot be read.
    """
    from tarazu.core.schema import declared
    from tarazu.register.model import DECLARATION, EVENTS

    variables = {variable.column: variable for variable in declared(DECLARATION)[EVENTS]}
    unknown = [name for name in values if name not in variables]
    if unknown:
        raise InputError(f'"{unknown[0]}" is nothing an event says. Known: {", ".join(variables)}.')
    for name, what in (("item", "which item it happened to"), ("event", "what happened")):
        if not values.get(name, "").strip():
            raise InputError(
                f"{name}: say {what}. `tarazu register add event` lists what may happen to what."
            )
    row = {name: _read(name, values.get(name, ""), variable) for name, variable in variables.items()}
    found = later(row, {item.id: item.kind for item in register.items.values()}, "event")
    if isinstance(found, Check):
        raise InputError(f"{found.where.removeprefix('event, column ')}: {found.message}")
    return found


def _read(name: str, text: str, variable: Any) -> Any:
    value = parse(text, variable)
    if isinstance(value, Problem):
        raise InputError(f"{name}: {value.message}")
    return value


def _check(events: Iterable[Event], known: Mapping[str, str]) -> None:
    there = dict(known)
    for event in events:
        if wrong := refusal(event):
            raise InputError(wrong)
        if event.event == RECORDED:
            if event.item in there:
                raise InputError(
                    f"{event.item} is in the register already. Choose another id, or add an event to it."
                )
            there[event.item] = event.kind
        elif there.get(event.item) != event.kind:
            raise InputError(
                f"{event.item} is no item of kind {event.kind} in the register. Record it first."
            )


def _row(event: Event) -> tuple[Any, ...]:
    return (
        event.number,
        event.item,
        event.kind,
        event.event,
        event.date,
        event.field,
        packed(event.value),
        packed(dict(event.fields)),
        event.status,
        packed({key: value for key, value in asdict(event.evidence).items() if value not in ("", None)}),
        event.note,
        event.by,
        event.recorded,
    )


def packed(value: Any) -> str:
    """A value as canonical JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def unpacked(text: str) -> Any:
    """A value out of JSON; lists become tuples, as they were."""
    return _tuples(json.loads(text))


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(each) for each in value)
    return {key: _tuples(each) for key, each in value.items()} if isinstance(value, dict) else value


def _event(row: Any) -> Event:
    return Event(
        row.item,
        row.kind,
        row.event,
        row.date,
        field=row.field,
        value=unpacked(row.value),
        fields=unpacked(row.fields),
        status=row.status,
        evidence=Evidence(**json.loads(row.evidence)),
        note=row.note,
        number=row.number,
        by=row.entered_by,
        recorded=row.entered_at,
    )


def _source(row: Mapping[Any, Any]) -> Source:
    names = ("sha256", "title", "publisher", "published", "url", "language", "media")
    return Source(**{name: row[name] for name in names})
