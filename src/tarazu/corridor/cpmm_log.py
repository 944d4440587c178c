"""Logs of shipments as CPMM collects them: one row per movement, stop or border activity, read and checked.

What each column means, and the limits beyond which a row is not believed, stand in
``data/corridor/cpmm_columns.csv``. Rows that cannot be used come back as checks; what goes with them is said.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from tarazu.core import codes
from tarazu.core.checks import Check, place
from tarazu.core.errors import InputError, UnknownCodeError
from tarazu.core.names import ascii_digits
from tarazu.core.parameters import bundled_text
from tarazu.core.table import Column, Table

_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$", re.IGNORECASE)
_SLOWEST = 1.0  # km/h; a guess at the unit that makes a train slower than this helps nobody


@dataclass(frozen=True, slots=True)
class Stop:
    """One row of a log that can be used; `row` is its line in the file. None is unknown."""

    row: int
    shipment: str
    sequence: int
    mode: str
    kind: str
    place: str
    hours: float
    corridor: str | None = None
    country: str | None = None
    bcp: str | None = None
    activity: str | None = None
    tonnes: float | None = None
    teu: float | None = None
    km: float | None = None
    cost_usd: float | None = None
    arrived: datetime | None = None
    departed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """The usable rows of a log, in order of shipment and sequence.

    Attributes
    ----------
    partial
        Shipments that lost a row: their border visits count, their cost and speed do not, since a shipment without
        one of its stops looks faster and cheaper than it was.
    lost_visits
        (shipment, border crossing point) of lost border rows: those visits do not count either.
    checks
        Every finding, with file, row and column, in the order of the file.
    """

    rows: tuple[Stop, ...]
    checks: tuple[Check, ...] = ()
    partial: frozenset[str] = frozenset()
    lost_visits: frozenset[tuple[str, str]] = frozenset()

    @property
    def shipments(self) -> dict[str, tuple[Stop, ...]]:
        """Rows by shipment."""
        found: dict[str, list[Stop]] = defaultdict(list)
        for row in self.rows:
            found[row.shipment].append(row)
        return {name: tuple(rows) for name, rows in found.items()}


@dataclass(slots=True)
class _Reading:
    """A log while it is being read."""

    file: str
    stops: list[Stop] = field(default_factory=list)
    checks: list[tuple[float, Check]] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)
    lost_visits: set[tuple[str, str]] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def error(self, name: str, row: int, column: str | None, message: str) -> None:
        self.checks.append((row, Check.error(name, place(self.file, row, column), message)))

    def warning(self, name: str, row: int, column: str | None, message: str) -> None:
        self.checks.append((row, Check.warning(name, place(self.file, row, column), message)))

    def note(self, name: str, row: int, column: str | None, message: str) -> None:
        self.checks.append((row, Check.note(name, place(self.file, row, column), message)))


class _BadCellError(Exception):
    """A cell that cannot be read: rule, column and message. Never leaves this module."""


@cache
def declared(sort: str) -> dict[str, dict[str, str]]:
    """Declared columns, limits or indicators by name."""
    rows = csv.DictReader(bundled_text("corridor/cpmm_columns.csv").splitlines())
    return {row["name"]: row for row in rows if row["sort"] == sort}


def _limit(name: str) -> float:
    return float(declared("limit")[name]["max"])


def columns() -> Table:
    """The format of a log: each column with type, unit, whether it is required, bounds and meaning."""
    names = ("name", "type", "unit", "required", "min", "max", "allowed", "meaning")
    heads = tuple(Column(name) for name in names)
    rows = tuple(tuple(row[name] or None for name in names) for row in declared("column").values())
    return Table("cpmm_columns", heads, rows)


def read_log(path: str | Path) -> Log:
    """The usable rows of a shipment log, and what was wrong with the others.

    A row that cannot be used is left out. A shipment is left out whole where a number of its sequence stands twice,
    its mode cannot be read, or its cargo is 0 or differs between rows.

    Raises
    ------
    InputError
        If the file is absent, is no CSV in UTF-8, lacks a required column, or is too long.
    """
    source = Path(path)
    reading = _Reading(source.name)
    lines = _lines(source)
    _note_columns(reading, lines)
    for line, cells in lines:
        _read_row(reading, line, cells)
    _check_shipments(reading)
    kept = [stop for stop in reading.stops if stop.shipment not in reading.broken]
    first: dict[str, int] = {}
    for stop in kept:
        first.setdefault(stop.shipment, stop.row)
    kept.sort(key=lambda stop: (first[stop.shipment], stop.sequence))
    if not kept:
        why = "every row is left out" if lines else "it has a header and no rows"
        message = f"holds no shipment that can be used: {why}. There is nothing to measure."
        reading.checks.append((math.inf, Check.error("no-shipments", source.name, message)))
    return Log(
        rows=tuple(kept),
        checks=tuple(check for _, check in sorted(reading.checks, key=lambda each: each[0])),
        partial=frozenset(reading.partial - reading.broken),
        lost_visits=frozenset(reading.lost_visits),
    )


def _lines(source: Path) -> list[tuple[int, dict[Any, Any]]]:
    """Cells by column, with the number of the line; the header is line 1."""
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_header(source, reader.fieldnames or [])
            found = []
            for cells in reader:
                found.append((reader.line_num, cells))
                if len(found) > _limit("rows"):
                    most = f"{_limit('rows'):,.0f}"
                    raise InputError(f"{source.name}: more than {most} rows; split the log, by year say.")
            return found
    except OSError as reason:
        raise InputError(f"{source}: the log cannot be read ({reason.strerror}).") from None
    except UnicodeDecodeError:
        raise InputError(f"{source.name}: is not text in UTF-8; save it as CSV UTF-8.") from None
    except csv.Error as reason:
        raise InputError(f"{source.name}: is not a CSV file ({reason}).") from None


def _check_header(source: Path, header: Sequence[str]) -> None:
    lacking = [row["name"] for row in declared("column").values() if row["required"] == "yes"]
    lacking = [name for name in lacking if name not in header]
    if not lacking:
        twice = [name for name, times in Counter(header).items() if name and times > 1]
        if twice:
            raise InputError(f"{source.name}: column {twice[0]} stands twice in the header; remove one.")
        return
    if len(header) == 1 and ";" in header[0]:
        raise InputError(f"{source.name}: columns are separated by semicolons; save it with commas.")
    expected = ", ".join(declared("column"))
    raise InputError(f"{source.name}: the header lacks {', '.join(lacking)}. The columns are {expected}.")


def _note_columns(reading: _Reading, lines: Sequence[tuple[int, Mapping[Any, Any]]]) -> None:
    """A column that is not ours may be one of ours misspelt, so its loss is said."""
    for name in lines[0][1] if lines else ():
        if name and name not in declared("column"):
            known = ", ".join(declared("column"))
            reading.note("unknown-column", 1, name, f"is not read. The columns are {known}.")


def _read_row(reading: _Reading, line: int, cells: Mapping[Any, Any]) -> None:
    text = {name: (value or "").strip() for name, value in cells.items() if name}
    if not any(text.values()):
        return
    try:
        if None in cells or None in cells.values():
            raise _BadCellError("row-length", None, "has more or fewer cells than the header.")
        reading.stops.append(_stop(line, text))
    except _BadCellError as reason:
        name, column, message = reason.args
        _drop(reading, line, text, name, column, message)


def _drop(
    reading: _Reading, line: int, text: Mapping[str, str], name: str, column: str | None, message: str
) -> None:
    """Say what is wrong, and what is left out with it."""
    shipment = text.get("shipment", "")
    if not shipment or column == "shipment":
        reading.error(name, line, column, f"{message} The row is left out; its shipment is not known.")
    elif column in ("mode", "sequence", "tonnes", "kind") or (column == "bcp" and not text.get("bcp")):
        # Without these nothing can be said of where the row stands in its shipment.
        reading.broken.add(shipment)
        reading.error(name, line, column, f"{message} Shipment {shipment} is left out.")
    else:
        reading.partial.add(shipment)
        if text.get("kind") == "border":
            reading.lost_visits.add((shipment, text.get("bcp", "")))
        left = f"The row is left out, and shipment {shipment} from cost and speed."
        reading.error(name, line, column, f"{message} {left}")


def _stop(line: int, text: Mapping[str, str]) -> Stop:
    cells = {name: _cell(spec, text.get(name, "")) for name, spec in declared("column").items()}
    if cells["tonnes"] == 0:
        raise _BadCellError(
            "no-cargo", "tonnes", "is 0: the indicators are of loaded shipments. Write the weight."
        )
    kind = cells["kind"]
    if kind == "border" and not cells["bcp"]:
        raise _BadCellError(
            "missing", "bcp", "is empty, and the row is a border activity. Name the crossing point."
        )
    if kind == "moving" and not cells["km"]:
        raise _BadCellError("missing", "km", "a movement needs a distance above 0 km.")
    if kind != "moving" and cells["km"]:
        raise _BadCellError(
            "km-standing", "km", f"a {kind} has no distance. Write it as a row of kind moving."
        )
    stop = Stop(row=line, **{**cells, "hours": 0.0})
    stop = replace(stop, hours=_duration(stop, cells["hours"]))
    if kind == "moving":
        _check_speed(stop)
    return stop


def _cell(spec: Mapping[str, str], text: str) -> Any:
    """A typed cell, or None where it is empty."""
    name = spec["name"]
    if not text:
        if spec["required"] == "yes":
            raise _BadCellError("missing", name, "is empty, and is required.")
        return None
    if spec["type"] == "choice" and text not in spec["allowed"].split("|"):
        known = spec["allowed"].replace("|", ", ")
        raise _BadCellError("unknown-choice", name, f'"{text}" is not known. Write one of {known}.')
    if spec["type"] == "country":
        try:
            return _country(text)
        except UnknownCodeError as reason:
            raise _BadCellError("unknown-country", name, str(reason)) from None
    if spec["type"] == "time":
        return _moment(name, text)
    if spec["type"] in ("number", "integer"):
        return _number(spec, text)
    return text


@cache
def _country(text: str) -> str:
    return codes.country(text).alpha3


def _number(spec: Mapping[str, str], text: str) -> float | int:
    name, unit = spec["name"], spec["unit"]
    plain = ascii_digits(text)
    if not _NUMBER.match(plain):
        hint = " Write decimals with a point." if "," in plain else ""
        raise _BadCellError("not-a-number", name, f'"{text}" is not a number.{hint}')
    value = float(plain)
    low, high = float(spec["min"] or -math.inf), float(spec["max"] or math.inf)
    if not low <= value <= high:
        bounds = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"
        rule = "negative" if value < 0 else "out-of-bounds"
        raise _BadCellError(rule, name, f"is {text}; a number {bounds} {unit}".rstrip() + " is expected.")
    if spec["type"] == "integer":
        if value != int(value):
            raise _BadCellError("not-a-number", name, f"{text} is not a whole number.")
        return int(value)
    return value


def _moment(name: str, text: str) -> datetime:
    example = "Write ISO 8601, such as 2024-03-05T14:30 or 2024-03-05T14:30+05:00."
    try:
        found = datetime.fromisoformat(ascii_digits(text))
    except ValueError:
        raise _BadCellError("not-a-time", name, f'"{text}" is not a date and time. {example}') from None
    if len(text) <= len("2024-03-05"):
        raise _BadCellError("not-a-time", name, f'"{text}" has no time of day. {example}')
    return found


def _duration(stop: Stop, hours: float | None) -> float:
    """Hours of a row from its column or its two moments, which must agree where both are given."""
    first, last = ("departed", "arrived") if stop.kind == "moving" else ("arrived", "departed")
    begin, end = getattr(stop, first), getattr(stop, last)
    if begin is None or end is None:
        if hours is None:
            raise _BadCellError("missing", "hours", "is empty, and arrived and departed do not give it.")
        return hours
    if (begin.tzinfo is None) != (end.tzinfo is None):
        raise _BadCellError("time-zone", last, f"{first} and {last} must both have a time zone, or neither.")
    spent: float = (end - begin) / timedelta(hours=1)
    if spent < 0:
        other = f"{last} ({end.isoformat()}) is before {first} ({begin.isoformat()})"
        hint = (
            "a movement departs and then arrives"
            if stop.kind == "moving"
            else "a stop arrives and then departs"
        )
        raise _BadCellError("time-reversed", last, f"{other}; {hint}.")
    if hours is not None and abs(hours - spent) > _limit("hours_gap"):
        raise _BadCellError(
            "hours-disagree", "hours", f"is {hours:g}, but {first} and {last} give {spent:.2f}."
        )
    return spent


def _check_speed(stop: Stop) -> None:
    assert stop.km is not None, "a movement without distance was turned away"
    if stop.hours == 0:
        raise _BadCellError("zero-hours", "hours", f"is 0 for a movement of {stop.km:g} km.")
    speed = stop.km / stop.hours
    if speed <= _limit("speed"):
        return
    said = f"{stop.km:g} km in {stop.hours:g} h is {speed:,.0f} km/h, above {_limit('speed'):g}."
    hints = []
    if _SLOWEST <= speed / 1000 <= _limit("speed"):
        hints.append(
            f"The distance looks like metres: {stop.km / 1000:g} km would be {speed / 1000:.0f} km/h."
        )
    if _SLOWEST <= speed / 24 <= _limit("speed"):
        hints.append(f"The duration may be in days: {stop.hours * 24:g} h would be {speed / 24:.0f} km/h.")
    hint = " Or: ".join(hints) or "Mend the distance or the duration."
    raise _BadCellError("speed", "km", f"{said} {hint}")


def _check_shipments(reading: _Reading) -> None:
    shipments: dict[str, list[Stop]] = defaultdict(list)
    for stop in reading.stops:
        shipments[stop.shipment].append(stop)
    for name, stops in shipments.items():
        _check_sequence(reading, name, stops)
        _check_cargo(reading, name, stops)
        if name not in reading.broken:
            _check_chronology(reading, sorted(stops, key=lambda stop: stop.sequence))


def _check_sequence(reading: _Reading, name: str, stops: Sequence[Stop]) -> None:
    seen: dict[int, int] = {}
    for stop in stops:
        if stop.sequence in seen:
            said = f"{stop.sequence} stands already in row {seen[stop.sequence]} of shipment {name}."
            message = f"{said} Number the rows anew. Shipment {name} is left out."
            reading.error("duplicate-sequence", stop.row, "sequence", message)
            reading.broken.add(name)
        seen.setdefault(stop.sequence, stop.row)


def _check_cargo(reading: _Reading, name: str, stops: Sequence[Stop]) -> None:
    first = stops[0]
    for stop in stops[1:]:
        if stop.tonnes != first.tonnes:
            said = f"is {_shown(stop.tonnes)}, but {_shown(first.tonnes)} in row {first.row}."
            message = f"{said} Where the load changes a new shipment begins. Shipment {name} is left out."
            reading.error("cargo-changes", stop.row, "tonnes", message)
            reading.broken.add(name)
            return
    if first.tonnes is None:
        message = f"is empty: no TFI3 for shipment {name}."
        reading.note("no-weight", first.row, "tonnes", message)
    unpaid = next((stop for stop in stops if stop.cost_usd is None), None)
    if unpaid is not None:
        message = (
            f"is empty, hence unknown: no TFI3 over this row (shipment {name}). Write 0 if nothing was paid."
        )
        reading.note("no-cost", unpaid.row, "cost_usd", message)


def _shown(value: float | None) -> str:
    return "empty" if value is None else f"{value:g} t"


def _check_chronology(reading: _Reading, stops: Sequence[Stop]) -> None:
    """Rows in sequence that overlap in time count hours twice."""
    for before, after in pairwise(stops):
        end = before.arrived if before.kind == "moving" else before.departed
        begin = after.departed if after.kind == "moving" else after.arrived
        if end is None or begin is None or (end.tzinfo is None) != (begin.tzinfo is None):
            continue
        if begin < end:
            said = f"begins {begin.isoformat()}, before row {before.row} ends ({end.isoformat()})"
            message = f"{said}: hours count twice."
            reading.warning("overlap", after.row, None, message)
