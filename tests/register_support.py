"""A small register to test against, as CSV tables and in a database."""

from __future__ import annotations

import csv
import itertools
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import tarazu
from tarazu.register.books import Books
from tarazu.register.register import Register

Row = Mapping[str, Any]

PROTOCOL: Row = {
    "id": "in1",
    "title": "Protocol",
    "form": "protocol",
    "parties": "KAZ;IRN",
    "date": "2023-12-04",
}
PLAN: Row = {
    "id": "in2",
    "title": "Action plan",
    "form": "action_plan",
    "parties": "KAZ;IRN",
    "date": "2023-12-04",
    "rests_on": "in1",
    "publisher": "A paper",
}
COMMISSION: Row = {
    "id": "bo1",
    "name": "Commission",
    "form": "commission",
    "parties": "KAZ;IRN",
    "date": "1999",
}
TARGET: Row = {
    "id": "co1",
    "title": "Trade of 3 bn",
    "form": "target",
    "parties": "KAZ;IRN",
    "instrument": "in2",
    "target_low": "3000",
    "unit": "USD m",
    "due": "2030",
    "date": "2023-12-04",
    "publisher": "A paper",
}
DUTY: Row = {
    "id": "co2",
    "title": "Lift bans",
    "form": "obligation",
    "parties": "KAZ;IRN",
    "instrument": "in2",
    "due": "2024-06",
    "point": "2.1",
    "body": "bo1",
    "date": "2023-12-04",
    "publisher": "A paper",
}


def write(folder: Path, **tables: Iterable[Row]) -> Path:
    """Tables of a register as CSV files; every column that some row has."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, given in tables.items():
        rows = list(given)
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def small(folder: Path, events: Iterable[Row] = (), **more: Iterable[Row]) -> Register:
    """Two instruments, a body and two commitments, with what happened to them."""
    tables: dict[str, Iterable[Row]] = {
        "instruments": [PROTOCOL, PLAN],
        "bodies": [COMMISSION],
        "commitments": [TARGET, DUTY],
        **more,
    }
    given = list(events)
    return Register.read(write(folder, **tables, **({"events": given} if given else {})))


def happened(item: str, event: str, date: str = "", value: str = "", **more: Any) -> Row:
    """A row of events.csv."""
    return {"item": item, "event": event, "date": date, "value": value, **more}


def ticking() -> Any:
    """A clock that goes on a second at each look."""
    seconds = itertools.count()
    return lambda: datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=next(seconds))


def opened(url: str | Path) -> Books:
    """The books of a database, at a fixed time."""
    return Books(url, clock=ticking())


def without_rights(work: Callable[[], object]) -> str:
    """What some work returns as text, done by a process that is not root; of an error its last lines.

    Root may write everywhere, so a folder without write permission says nothing to it. Where the code itself lies in a
    folder of root's alone, the test is skipped.
    """
    code = Path(tarazu.__file__).resolve()
    closed = [each for each in code.parents if not each.stat().st_mode & 0o001]
    if os.geteuid() == 0 and closed:
        pytest.skip(f"without root's rights the code cannot be read: {closed[-1]} is closed to others")
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:  # nothing of pytest may run on in the child
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
            told = str(work())
        except BaseException:
            told = traceback.format_exc()[-2_000:]
        os.write(theirs, told.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        told = pipe.read().decode()
    os.waitpid(child, 0)
    return told
