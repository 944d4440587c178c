"""The columns of every table, as a declaration such as `data/variables.csv` has them, and one CSV read by them.

Validation, documentation and scaffolds all read the declaration, so that a column is described once.
A row with a bad cell is left out and reported; the file as a whole is read to its end, so that one
run lists every finding.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tarazu.core.cells import Pair, Problem, Variable, parse
from tarazu.core.checks import Check, place
from tarazu.core.table import Column, Table

DATA = Path(__file__).resolve().parent.parent / "data"
DOSSIER = "variables.csv"
SHARED = "*"  # variables of every table of a declaration
SIZE_LIMIT = 20_000_000  # bytes; a dossier's table is typed by people and stays far below


@dataclass(frozen=True, slots=True)
class Parsed:
    """A CSV file read by its declaration.

    Attributes
    ----------
    table
        Rows without a bad cell, typed.
    places
        Row number in the file of each row of `table`; the header is row 1.
    ids
        Identifiers of all rows, bad ones included, so that a reference to a bad row is not a second
        error; None where the file could not be read at all.
    """

    table: Table
    places: tuple[int, ...]
    ids: frozenset[str] | None
    checks: tuple[Check, ...]

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        return zip(self.places, self.table, strict=True)


@cache
def declared(declaration: str = DOSSIER) -> Mapping[str, tuple[Variable, ...]]:
    """Variables by table, in the order of the declaration (a file below ``data/``).

    What stands under ``*`` belongs to every table, as its last columns.
    """
    found: dict[str, list[Variable]] = {}
    with (DATA / declaration).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["table"], []).append(_variable(row))
    shared = found.pop(SHARED, [])
    return MappingProxyType(
        {table: (*rows, *(replace(each, table=table) for each in shared)) for table, rows in found.items()}
    )


def _variable(row: Mapping[str, str]) -> Variable:
    return Variable(
        table=row["table"],
        column=row["column"],
        type=row["type"],
        unit=row["unit"],
        required=row["required"] == "yes",
        low=float(row["min"]) if row["min"] else None,
        high=float(row["max"]) if row["max"] else None,
        allowed=tuple(filter(None, row["allowed"].split("|"))),
        meaning=row["meaning"],
    )


def empty(name: str, declaration: str = DOSSIER) -> Parsed:
    """A table without rows."""
    return Parsed(Table(name, _columns(declared(declaration)[name]), ()), (), frozenset(), ())


def header_line(name: str, declaration: str = DOSSIER) -> str:
    """The first row of a table's file."""
    return ",".join(v.column for v in declared(declaration)[name])


def _columns(variables: tuple[Variable, ...]) -> tuple[Column, ...]:
    return tuple(Column(v.column, v.unit, v.meaning) for v in variables)


def read_text(path: Path) -> str | Check:
    """Text of a file, or the check that says why there is none: unreadable, too large, or not UTF-8."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            message = f"is larger than {SIZE_LIMIT // 1_000_000} MB, the limit. Split it."
            return Check.error("file-too-large", path.name, message)
        raw = path.read_bytes()
    except OSError as error:
        message = f"cannot be read ({error.strerror}). Check its name and rights."
        return Check.error("unreadable-file", path.name, message)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start + 1}). Save it as CSV or text in UTF-8."
        return Check.error("not-text", path.name, message)
    if "\0" in text:
        return Check.error("not-text", path.name, "holds binary data. Save it as CSV or text in UTF-8.")
    return text


def separator(text: str) -> str:
    """What separates the cells of a CSV text: comma, or the semicolon or tab that spreadsheets write in its place."""
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)


def read_table(path: Path, name: str, pair: Pair | None = None, declaration: str = DOSSIER) -> Parsed:
    """Read a CSV file as table `name` of a declaration.

    Parameters
    ----------
    pair
        ISO codes of home and partner, to which directions must belong.
    """
    nothing, columns = empty(name, declaration), declared(declaration)[name]
    text = read_text(path)
    if isinstance(text, Check):
        return _without_rows(nothing, text)
    if not text.strip():
        message = f"is empty. Its first row must be the header: {header_line(name, declaration)}"
        return _without_rows(nothing, Check.error("empty-file", path.name, message))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True))
    except csv.Error as error:
        message = f"cannot be read as CSV ({error}). Look for an open quote."
        return _without_rows(nothing, Check.error("malformed-csv", path.name, message))
    header = [title.strip() for title in rows[0]]
    problems = _header_checks(path.name, header, columns)
    if problems:
        return _without_rows(nothing, *problems)
    return _read_rows(path.name, name, columns, header, rows[1:], pair)


def _without_rows(nothing: Parsed, *checks: Check) -> Parsed:
    return Parsed(nothing.table, (), None, checks)


def _header_checks(file: str, header: list[str], columns: tuple[Variable, ...]) -> list[Check]:
    known = [v.column for v in columns]
    checks = []
    for title in dict.fromkeys(header):
        where = place(file, 1, title or "(no name)")
        if title not in known:
            message = f"is not a column of this table. Remove it or use one of: {', '.join(known)}."
            checks.append(Check.error("unknown-column", where, message))
        elif header.count(title) > 1:
            checks.append(Check.error("duplicate-column", where, "stands twice in the header. Keep one."))
    for v in columns:
        if v.required and v.column not in header:
            message = f"is missing. Add the column: {v.meaning}"
            checks.append(Check.error("missing-column", place(file, 1, v.column), message))
    return checks


def _read_rows(
    file: str,
    name: str,
    columns: tuple[Variable, ...],
    header: list[str],
    rows: list[list[str]],
    pair: Pair | None,
) -> Parsed:
    position = {title: index for index, title in enumerate(header)}
    where = [position.get(v.column) for v in columns]
    kept, places, checks, ids = [], [], [], []
    for number, row in enumerate(rows, start=2):
        if not any(text.strip() for text in row):
            continue
        if len(row) != len(header):
            message = f"has {len(row)} cells, the header has {len(header)}. Quote texts that contain commas."
            checks.append(Check.error("ragged-row", place(file, number), message))
            continue
        values = [None if i is None else parse(row[i], v, pair) for i, v in zip(where, columns, strict=True)]
        if "id" in position:
            ids.append(row[position["id"]].strip())
        problems = [
            Check.error(value.name, place(file, number, v.column), value.message)
            for value, v in zip(values, columns, strict=True)
            if isinstance(value, Problem)
        ]
        if problems:
            checks.extend(problems)
        else:
            kept.append(tuple(values))
            places.append(number)
    table = Table(name, _columns(columns), tuple(kept))
    return Parsed(table, tuple(places), frozenset(ids), tuple(checks))
