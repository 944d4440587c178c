"""A year's flows from a table: places and goods looked up, bad rows named and counted, equal ones merged."""

from __future__ import annotations

import csv
import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tarazu.core.checks import Check, Severity, place
from tarazu.core.errors import NetworkError
from tarazu.core.schema import Parsed, declared, read_table
from tarazu.core.table import is_missing
from tarazu.corridor.carriage import MONTHS, Flow
from tarazu.corridor.network import Network

DECLARATION = "corridor/variables.csv"


def read_flows(network: Network, source: Any) -> tuple[tuple[Flow, ...], tuple[Check, ...]]:
    """Flows from a CSV file, a data frame, a Table, or a list of mappings, with the columns of table `flows`.

    Rows that cannot be used are left out and named, with their number and tonnes in a check of its own; rows of a table
    that are the same but for their tonnes are added up. A list of `Flow` is taken as it is, and checked.

    Raises
    ------
    NetworkError
        If no row can be used.
    """
    if not isinstance(source, (str, Path)):
        source = _records(source)
    if isinstance(source, list) and source and all(isinstance(each, Flow) for each in source):
        given, file, checks = (
            [(number, _known(network, each)) for number, each in enumerate(source, 1)],
            "flows",
            [],
        )
    else:
        parsed, file = _parsed(source)
        rows, checks = list(parsed), list(parsed.checks)
        given = list(_flows(network, rows))
        lost = [
            row["tonnes"]
            for (_, row), (_, each) in zip(rows, given, strict=True)
            if not isinstance(each, Flow)
        ]
        unread = {check.where.split(", column")[0] for check in checks if check.severity is Severity.ERROR}
        checks += _not_counted(file, lost, len(unread))
    for number, each in given:
        if not isinstance(each, Flow):
            column, message = each
            checks.append(Check.error("unusable-flow", place(file, number, column), message))
    found = tuple(each for _, each in given if isinstance(each, Flow))
    if not found:
        wrong = [check for check in checks if check.severity is Severity.ERROR]
        named = "; ".join(str(check) for check in wrong[:3]) or "It has no rows: name at least one flow."
        raise NetworkError(f"{file}: no flow can be used. {named}", checks)
    return (found, tuple(checks)) if file == "flows" and _is_flows(source) else _merged(file, found, checks)


def _is_flows(source: Any) -> bool:
    return isinstance(source, list) and all(isinstance(each, Flow) for each in source)


def _not_counted(file: str, tonnes: Sequence[float], unread: int) -> list[Check]:
    """How many rows are left out, and how much they would have been."""
    count = len(tonnes) + unread
    if not count:
        return []
    parts = [amount(sum(tonnes))] if tonnes else []
    parts += [f"{unread} of unknown tonnes" if tonnes else "of unknown tonnes"] if unread else []
    message = f"{count} row{'s' * (count > 1)} of {file}, {' and '.join(parts)}, not counted."
    return [Check.warning("not-counted", file, message)]


def amount(tonnes: float) -> str:
    """Tonnes as people say them."""
    return f"{tonnes / 1e3:,.0f} kt" if tonnes >= 1e4 else f"{tonnes:,.0f} t"


def _merged(
    file: str, flows: Sequence[Flow], checks: Sequence[Check]
) -> tuple[tuple[Flow, ...], tuple[Check, ...]]:
    """Flows that are the same but for their tonnes as one, and a note of it."""
    sums: dict[Flow, float] = {}
    for flow in flows:
        same = replace(flow, tonnes=0.0)
        sums[same] = sums.get(same, 0.0) + flow.tonnes
    found = tuple(replace(flow, tonnes=tonnes) for flow, tonnes in sums.items())
    more = len(flows) - len(found)
    if not more:
        return found, tuple(checks)
    said = "rows repeat" if more > 1 else "row repeats"
    note = Check.note(
        "repeated-flow", file, f"{more} {said} places, goods and month of others: their tonnes are added up."
    )
    return found, (*checks, note)


def _flows(
    network: Network, rows: Iterable[tuple[int, Mapping[str, Any]]]
) -> Iterator[tuple[int, Flow | tuple[str, str]]]:
    """Rows as flows, names looked up once."""
    seen: dict[tuple[Any, ...], Flow | tuple[str, str]] = {}
    for number, row in rows:
        key = tuple(row[name] for name in ("origin", "destination", "commodity", "direction"))
        if key not in seen:
            seen[key] = _flow(network, row)
        made = seen[key]
        if isinstance(made, Flow):
            made = replace(made, tonnes=row["tonnes"], month=row["month"], transit=row["transit"] == "yes")
        yield number, made


def _flow(network: Network, row: Mapping[str, Any]) -> Flow | tuple[str, str]:
    """A row as a flow, or (column, message) where it is none."""
    column = "origin"
    try:
        start = network.find(row["origin"])
        column = "destination"
        end = network.find(row["destination"])
        column = "commodity"
        good = network.commodity(row["commodity"])
    except NetworkError as error:
        return column, str(error)
    if start.id == end.id:
        return "destination", f"starts and ends at {start.id}. Name two places."
    way = row["direction"] or f"{start.country}->{end.country}"
    if wrong := _wrong_way(way, start.country, end.country):
        return "direction", wrong
    return Flow(start.id, end.id, good.id, row["tonnes"], row["month"], row["transit"] == "yes", way)


def _wrong_way(way: str, start: str, end: str) -> str:
    """What is wrong with a direction; goods of a country may be loaded or landed in a third one."""
    first, arrow, last = way.partition("->")
    if not (arrow and first and last):
        return f'"{way}" is no direction. Write it as {start}->{end}, or leave it empty.'
    if (start == last and start != first) or (end == first and end != last):
        return f'"{way}" is against the way from {start} to {end}. Write {start}->{end}, or leave it empty.'
    return ""


def _known(network: Network, flow: Flow) -> Flow | tuple[str, str]:
    row = {"origin": flow.origin, "destination": flow.destination, "commodity": flow.commodity}
    found = _flow(network, {**row, "tonnes": 0.0, "month": None, "transit": "", "direction": ""})
    if not isinstance(found, Flow):
        return found
    if not 0 <= flow.tonnes < math.inf:
        return "tonnes", f"{flow.tonnes:g} is no tonnage. Write a number of at least 0."
    if flow.month is not None and flow.month not in range(1, MONTHS + 1):
        return "month", f"{flow.month} is no month. Write 1 to 12, or none to spread the year evenly."
    return replace(flow, origin=found.origin, destination=found.destination, commodity=found.commodity)


def _records(source: Any) -> list[Any]:
    """Rows of a data frame (polars, pandas, arrow), a Table, or any sequence of rows."""
    for method, given in (("to_dicts", ()), ("to_pylist", ()), ("to_dict", ("records",))):
        if hasattr(source, method) and not isinstance(source, Mapping):
            return list(getattr(source, method)(*given))
    rows = list(source) if isinstance(source, Iterable) and not isinstance(source, Mapping) else [source]
    if (
        not all(isinstance(row, (Mapping, Flow)) for row in rows)
        or len({isinstance(r, Flow) for r in rows}) > 1
    ):
        raise NetworkError(
            "flows: expected a CSV file, a data frame, a Table, or a list of mappings with the columns "
            f"{', '.join(v.column for v in declared(DECLARATION)['flows'])}; got {type(source).__name__}."
        )
    return rows


def _parsed(source: Any) -> tuple[Parsed, str]:
    if isinstance(source, (str, Path)):
        path = Path(source)
        return read_table(path, "flows", declaration=DECLARATION), path.name
    needed = [variable.column for variable in declared(DECLARATION)["flows"] if variable.required]
    columns = list(dict.fromkeys(str(key) for row in source for key in row)) or needed
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flows"
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(columns)
            writer.writerows([_text(row.get(key)) for key in columns] for row in source)
        return read_table(path, "flows", declaration=DECLARATION), path.name


def _text(value: Any) -> str:
    value = value.item() if hasattr(value, "item") else value
    if is_missing(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    # Frames with a gap in a column of months hold them as 3.0.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
