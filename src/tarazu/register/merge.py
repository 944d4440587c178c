"""Two registers into one: what the other adds, and where the two differ.

Events are the same if they say the same of the same item on the same day with the same evidence, whoever entered them.
What the other register has and this one has not is added. Where both record an item with different fields, this
register's stand and the difference is listed: a person corrects one by an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.register.entry import refusal
from tarazu.register.model import RECORDED, Event
from tarazu.register.reading import visible
from tarazu.register.register import NAMES, Register

NOT_ENTERED = "not-entered"  # the check of what may not be entered


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge would do.

    Attributes
    ----------
    added
        Events of the other register that this one has not, in their order.
    same
        Number of its events that are known already.
    conflicts
        Items that both record, each its own way, and what may not be entered.
    twins
        Items that come in and look like one of another id.
    """

    added: tuple[Event, ...]
    same: int
    conflicts: tuple[Check, ...]
    twins: tuple[Check, ...] = ()


def merge(register: Register, other: Register) -> Merge:
    """Compare two registers; nothing is written."""
    known = {_key(event) for event in register.events}
    recorded = {event.item: event for event in register.events if event.event == RECORDED}
    valued = (event for event in register.events if event.date and event.value is not None)
    said = {_subject(event): event.value for event in valued if event.event not in SEVERAL}
    added: list[Event] = []
    conflicts: list[Check] = []
    foreign: set[str] = set()
    same = 0
    for event in sorted(other.events, key=lambda each: (each.event != RECORDED, each.number)):
        mine = recorded.get(event.item)
        if mine is not None and mine.kind != event.kind:
            if event.item not in foreign:
                message = f"is of {mine.kind} here and of {event.kind} there. Give one another id."
                conflicts.append(Check.error("other-kind", event.item, message))
            foreign.add(event.item)
        elif event.item in foreign:
            continue  # what stays out is named once, by its record
        elif _key(event) in known:
            same += 1
        elif wrong := refusal(event):
            conflicts.append(_refused(event, wrong))
            if event.event == RECORDED and mine is None:
                foreign.add(event.item)
        elif event.event == RECORDED and mine is not None:
            conflicts += _differences(mine, event)
        elif (mine_says := said.get(_subject(event))) not in (None, event.value):
            conflicts.append(_other_value(event, mine_says))
        elif event.item in recorded or event.event == RECORDED:
            added.append(event)
            known.add(_key(event))
            recorded.setdefault(event.item, event)
        else:
            conflicts.append(
                Check.error("never-recorded", event.item, "has events there but no record. Record it.")
            )
    return Merge(tuple(added), same, tuple(conflicts), tuple(_twins(register, added)))


def _refused(event: Event, wrong: str) -> Check:
    what = (
        "was not entered, nor what happened to it"
        if event.event == RECORDED
        else f"{event.event.replace('_', ' ')}{f' of {event.date}' if event.date else ''} was not entered"
    )
    return Check.error(
        NOT_ENTERED, visible(event.item), f"{what}: {wrong.removeprefix(f'{visible(event.item)}, ')}"
    )


def _twins(register: Register, added: Iterable[Event]) -> Iterator[Check]:
    """Items that come in with the title, parties and due date of one that has another id."""
    first: dict[tuple[Any, ...], str] = {}
    for item in register.items.values():
        first.setdefault(_likeness(item.kind, item.title, item.fields, item.events[0].date), item.id)
    for event in added:
        if event.event != RECORDED or event.kind not in TWINS:
            continue
        title = next((str(event.fields[key]) for key in NAMES if event.fields.get(key)), "")
        key = _likeness(event.kind, title, event.fields, event.date)
        if title and key in first:
            message = (
                f'is called as {first[key]} is ("{title}"), with the same parties and due date. If both are one, '
                'take one out by an event "withdrawn".'
            )
            yield Check.warning("same-under-another-id", event.item, message)
        first.setdefault(key, event.item)


TWINS = ("instruments", "commitments", "milestones", "bodies")  # of which one thing has one title


def _likeness(kind: str, title: str, fields: Mapping[str, Any], day: str) -> tuple[Any, ...]:
    """What two entries of one thing share; of instruments the day too: protocols of many years have one title."""
    parties = tuple(sorted(fields.get("parties") or ()))
    told = (fields.get("due") or "", fields.get("commitment") or "", day if kind == "instruments" else "")
    return (kind, " ".join(title.casefold().split()), parties, *told)


def _differences(mine: Event, other: Event) -> Iterator[Check]:
    for name in sorted({*mine.fields, *other.fields}):
        here, there = mine.fields.get(name), other.fields.get(name)
        if here != there:
            message = f'{name} is {_shown(here)} here and {_shown(there)} there. Correct one by an event "corrected".'
            yield Check.warning("fields-differ", mine.item, message)


SEVERAL = ("restated", "met", "noted", "ratified", "appointed")  # may happen more than once on a day


def _subject(event: Event) -> tuple[str, str, str, str]:
    """What an event speaks of: another value of it on the same day is a contradiction."""
    return (event.item, event.event, event.field, event.date)


def _other_value(event: Event, mine: Any) -> Check:
    what = f"{event.event.replace('_', ' ')} {event.field}".strip()
    message = f"{what} on {event.date} is {_shown(mine)} here and {_shown(event.value)} there. "
    return Check.warning(
        "values-differ", event.item, message + "It was not added: a person decides, by an event."
    )


def _shown(value: Any) -> str:
    if value in (None, "", ()):
        return "empty"
    return f'"{"; ".join(map(str, value)) if isinstance(value, tuple) else value}"'


def _key(event: Event) -> tuple[Any, ...]:
    if event.event == RECORDED:
        fields = tuple(
            sorted((key, value) for key, value in event.fields.items() if value not in (None, "", ()))
        )
        return (event.item, event.kind, event.event, fields)
    proof = event.evidence
    where = proof.document or proof.source_url or proof.publisher
    return (event.item, event.event, event.date, event.field, event.value, where, proof.quote)


SOURCES = (
    "Name a folder of CSV tables, an .xlsx or .json file, all as `tarazu register export` writes them, or a database: "
    "its file, or postgresql://…"
)


def read_any(where: str | Path) -> Register:
    """A register from what `export` writes (a folder of CSV, JSON, XLSX), a database, or a bundled one by its name.

    Raises
    ------
    InputError
        If it is none of these, or cannot be read.
    """
    from tarazu.register.books import Books
    from tarazu.register.exchange import from_json
    from tarazu.register.reading import read

    path, suffix = Path(where), Path(where).suffix.lower()
    if "://" in str(where) or path.is_dir() or not path.exists():
        return _elsewhere(str(where), read)
    if suffix == ".csv":
        raise InputError(
            f"{path}: is one table. Name the folder that holds the register's tables, as `export` wrote them."
        )
    if suffix == ".json":
        try:
            return from_json(path.read_text(encoding="utf-8-sig"), path.name)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read ({error}).") from None
    if suffix == ".xlsx":
        return _workbook(path)
    if not _is_sqlite(path):
        raise InputError(f"{path}: is none of the files that can be imported. {SOURCES}")
    with Books(path, new=False) as books:
        return books.register()


def _is_sqlite(path: Path) -> bool:
    """Whether a file is a SQLite database (https://www.sqlite.org/fileformat2.html#magic_header_string) or empty."""
    try:
        with path.open("rb") as file:
            return file.read(16) in (b"SQLite format 3\0", b"")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None


def _elsewhere(where: str, read: Callable[[str], Register]) -> Register:
    """A folder, an address, or a bundled name; what is none of them is said with what could be named."""
    try:
        return read(where)
    except InputError as error:
        if "://" in where or Path(where).exists():
            raise
        raise InputError(f"{where}: there is no such file or folder. {SOURCES}") from error


def _workbook(path: Path) -> Register:
    import tempfile

    from tarazu.register.exchange import from_workbook
    from tarazu.register.reading import read_folder

    with tempfile.TemporaryDirectory() as folder:
        for name, text in from_workbook(path):
            (Path(folder) / f"{name}.csv").write_text(text, encoding="utf-8")
        try:
            return read_folder(Path(folder), path.stem)
        except InputError:
            raise InputError(
                f"{path}: no sheet of it can be used as a table of the register. Name sheets as `export --form xlsx` "
                "does: instruments, commitments, events …"
            ) from None
