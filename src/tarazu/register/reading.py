"""A register from files: one table for each kind of item, and events.csv for what happened to them later.

A row of ``instruments.csv`` records an instrument, and its date says when it was signed (or what the column ``event``
says instead). Rows that cannot be used are left out and named; references to what is not there are findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tarazu.core.cells import Problem, Variable, parse
from tarazu.core.checks import Check, place
from tarazu.core.errors import InputError
from tarazu.core.schema import DATA, Parsed, declared, read_table
from tarazu.register.model import (
    CLAIMED,
    CORRECTED,
    DECLARATION,
    EVENTS,
    PROOF,
    RECORDED,
    REVISED,
    Event,
    EventType,
    Evidence,
    event_types,
    fields,
    kinds,
    openings,
)
from tarazu.register.register import Register

FOLDER = "register"
DATABASES = (".db", ".sqlite", ".sqlite3")
OF_LINES = ("quote", "note")  # texts that may have several lines
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def read(where: str | Path) -> Register:
    """A register by the name of a bundled dossier, a folder, or a database; errors as of `Register.read`."""
    text = str(where)
    if "://" in text or Path(text).suffix in DATABASES:
        from tarazu.register.books import Books

        with Books(where, new=False) as books:
            return books.register()
    bundled = DATA / text / FOLDER
    known = sorted(path.parent.parent.name for path in DATA.glob(f"*/{FOLDER}/instruments.csv"))
    folder = bundled if text in known else Path(text)
    if (folder / FOLDER).is_dir():
        folder = folder / FOLDER
    if not folder.is_dir():
        listed = ", ".join(known)
        raise InputError(
            f"{text}: there is no such register. Name a bundled one ({listed}), a folder of CSV files or a database."
        )
    return read_folder(folder, name=text if folder == bundled else folder.resolve().name)


def read_folder(folder: Path, name: str) -> Register:
    """A register out of a folder's tables."""
    events: list[Event] = []
    checks: list[Check] = []
    for kind in kinds():
        for parsed, file in _tables(folder, kind):
            checks += parsed.checks
            for number, row in parsed:
                found = _clean(row, place(file, number))
                checks += [found] if found else []
                events += [] if found else opening(kind, row)
    known = {event.item: event.kind for event in events}
    for parsed, file in _tables(folder, EVENTS):
        checks += parsed.checks
        for number, row in parsed:
            made = _clean(row, place(file, number)) or later(row, known, place(file, number))
            checks += [made] if isinstance(made, Check) else []
            events += [made] if isinstance(made, Event) else []
    if not events:
        raise InputError(
            f"{folder}: nothing in it can be used as a register. It needs instruments.csv, events.csv …"
        )
    return Register(name, numbered(events), findings=(*checks, *_twice(events)))


def _clean(row: Mapping[str, Any], where: str) -> Check | None:
    found = unprintable(row)
    return Check.error("control-character", where, f"{found} The row is left out.") if found else None


def unprintable(row: Mapping[str, Any]) -> str | None:
    """What is wrong with the first text that holds a control character; None without one.

    A terminal obeys them and a table breaks at them. Only quotes and notes may have several lines.
    """
    for name, value in row.items():
        for text in value if isinstance(value, tuple) else (value,):
            lines = "\r\n\t" if name in OF_LINES else ""
            signs = (each[0] for each in _CONTROL.finditer(text)) if isinstance(text, str) else ()
            bad = next((each for each in signs if each not in lines), None)
            if bad is not None:
                return (
                    f"{name}: holds the control character U+{ord(bad):04X} ({visible(text)[:60]}). Remove it."
                )
    return None


def visible(text: str) -> str:
    """A text as it can be printed on one line: control characters by their number."""
    return _CONTROL.sub(
        lambda sign: " " if sign[0] in "\r\n\t\u2028\u2029" else f"\\x{ord(sign[0]):02x}", text
    )


def _tables(folder: Path, table: str) -> Iterator[tuple[Parsed, str]]:
    path = folder / f"{table}.csv"
    if path.exists():
        yield read_table(path, table, declaration=DECLARATION), path.name


def numbered(events: Iterable[Event], after: int = 0) -> tuple[Event, ...]:
    """Events with the numbers of their order of entry."""
    return tuple(replace(event, number=number) for number, event in enumerate(events, after + 1))


def opening(kind: str, row: Mapping[str, Any]) -> list[Event]:
    """The events of an item's own row: that it was recorded, and what its date stands for."""
    first = Event(
        row["id"],
        kind,
        RECORDED,
        row["date"] or "",
        fields={name: row.get(name) for name in fields(kind)},
        status=row["status"] or CLAIMED,
        evidence=evidence(row),
        note=row["note"] or "",
    )
    word = opened_by(kind, row.get("event"), row["date"])
    return [first, replace(first, event=word, fields={})] if word else [first]


def opened_by(kind: str, event: str | None, day: str | None) -> str:
    """The event that a row tells besides its record: the one it names, the usual one on its day, or none."""
    usual = openings(kind)
    return event or (usual[0] if usual and day else "")


def later(row: Mapping[str, Any], known: Mapping[str, str], where: str) -> Event | Check:
    """A row of events.csv as an event, or why it is none."""
    name, item = row["event"], row["item"]
    kind, what = known.get(item), event_types().get(name)
    if kind is None:
        message = f'"{item}" is no item of the register. Write the id of one, or record it first.'
        return Check.error("unknown-item", f"{where}, column item", message)
    if what is None or not what.concerns(kind):
        fitting = ", ".join(key for key, each in event_types().items() if each.concerns(kind))
        message = f'"{name}" is nothing that happens to {kind}. Write one of: {fitting}.'
        return Check.error("unknown-event", f"{where}, column event", message)
    if what.takes == "date" and not row["date"]:
        return Check.error(
            "missing-date", f"{where}, column date", f"{name} needs the date on which it happened."
        )
    value = _value(what, kind, row)
    if isinstance(value, Problem):
        return Check.error(value.name, f"{where}, column value", value.message)
    return Event(
        item,
        kind,
        name,
        row["date"] or "",
        field=row["field"] or "",
        value=value,
        status=row["status"] or CLAIMED,
        evidence=evidence(row),
        note=row["note"] or "",
    )


def _value(what: EventType, kind: str, row: Mapping[str, Any]) -> Any:
    """What an event says, typed."""
    text = row["value"] or ""
    if what.name in (REVISED, CORRECTED):
        variable = fields(kind).get(row["field"] or "")
        if variable is None or variable.column == "id":
            listed = ", ".join(name for name in fields(kind) if name != "id")
            return Problem(
                "unknown-field", f'"{row["field"] or ""}" is no field of {kind}. Write one of: {listed}.'
            )
        return parse(text, variable)
    if not text:
        needs = what.takes == "value" or what.value == "item"
        return Problem("missing-value", f"{what.name} needs a value: {what.meaning}") if needs else None
    if what.choices and text not in what.choices:
        return Problem(
            "unknown-value", f'"{text}" is no value of {what.name}. Write one of: {", ".join(what.choices)}.'
        )
    kind_of_value = what.value if what.value in ("number", "country") else "text"
    return parse(
        text, Variable(EVENTS, "value", kind_of_value, "", True, None, None, ("EAEU",), what.meaning)
    )


def evidence(row: Mapping[str, Any]) -> Evidence:
    """Where a row says that it stands."""
    found = {name: row.get(name) for name in PROOF if name not in ("status", "note")}
    return Evidence(**{name: value for name, value in found.items() if value is not None})


def _twice(events: Iterable[Event]) -> Iterator[Check]:
    seen: set[str] = set()
    for event in events:
        if event.event == RECORDED:
            if event.item in seen:
                message = f"{event.item} is recorded twice. Ids are unique in the register: rename one."
                yield Check.error("duplicate-id", event.item, message)
            seen.add(event.item)


def columns(table: str) -> tuple[str, ...]:
    """Columns of a register's table in the order in which they are written."""
    return tuple(variable.column for variable in declared(DECLARATION)[table])
