"""A network from its files: each table by its declaration, each row to its type, each reference looked up.

Tables that serve any network (attributes, defaults, commodities, loads, emissions) come from the bundled
``data/corridor`` where the folder has none of its own.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from tarazu.core.checks import Check, errors, place
from tarazu.core.errors import NetworkError
from tarazu.core.schema import DATA, Parsed, declared, empty, read_table, read_text
from tarazu.core.table import Table
from tarazu.corridor import facts as quantities
from tarazu.corridor.network import (
    ALL,
    Commodity,
    Leg,
    Limit,
    Network,
    Node,
    Service,
    Transfer,
    decimal_degrees,
)

DECLARATION = "corridor/variables.csv"
NETWORKS = DATA / "networks"
OWN = (
    "nodes",
    "legs",
    "transfers",
    "services",
    "values",
    "limits",
    "tariffs",
    "projects",
    "places",
    "transit",
    "sources",
)
SHARED = ("attributes", "defaults", "commodities", "loads", "emissions")
NEEDED = ("nodes", "legs")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DEPARTURE = re.compile(r"([a-z]{3})\s+(\d{1,2}):(\d{2})")
_MONTHS = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")
_QUOTED = re.compile(r'"([^"]*)"')
_SEPARATORS = ":;+@="  # they join ids with directions, months and shares

Row = Mapping[str, Any]


def bundled_networks() -> tuple[str, ...]:
    """Names of the networks that come with Tarazu."""
    return tuple(sorted(folder.name for folder in NETWORKS.iterdir() if (folder / "nodes.csv").is_file()))


def read(where: str | Path) -> Network:
    """Read a network; see `Network.read`."""
    try:
        if isinstance(where, str) and where in bundled_networks():
            return _from_folder(NETWORKS / where)
        path = Path(where)
        if path.is_dir():
            return replace(_from_folder(path), place=str(where))
        if path.is_file():
            return replace(_from_geojson(path), place=str(where))
    except OSError as error:
        raise NetworkError(
            f'"{where}" cannot be read ({error.strerror}). Check its name and rights.'
        ) from None
    raise NetworkError(
        f'"{where}" is neither a bundled network ({", ".join(bundled_networks())}), nor a folder with nodes.csv and '
        "legs.csv, nor a GeoJSON file."
    )


def _from_folder(path: Path) -> Network:
    return _build(path.resolve().name, {name: _file(path, name) for name in (*OWN, *SHARED)})


def shared_sources() -> Table:
    """Publications behind the tables that serve any network."""
    return read_table(DATA / "corridor" / "sources.csv", "sources", declaration=DECLARATION).table


def _file(folder: Path, name: str) -> Parsed:
    path = folder / f"{name}.csv"
    if not path.exists() and name in SHARED:
        path = DATA / "corridor" / f"{name}.csv"
    if path.exists():
        return read_table(path, name, declaration=DECLARATION)
    nothing = empty(name, DECLARATION)
    if name not in NEEDED:
        return nothing
    missing = Check.error(
        "missing-file", path.name, f"is not in {folder}. A network needs nodes.csv and legs.csv."
    )
    return Parsed(nothing.table, (), None, (missing,))


def _from_geojson(path: Path) -> Network:
    """A network of one GeoJSON file; its checks name the table and row it would have as CSV files."""
    from tarazu.corridor.geojson import as_tables

    text = read_text(path)
    if isinstance(text, Check):
        raise NetworkError(f"{text.where}: {text.message}", (text,))
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise NetworkError(
            f"{path.name}: is no GeoJSON ({error}). Write a FeatureCollection in UTF-8."
        ) from None
    with tempfile.TemporaryDirectory() as made:
        for name, table in as_tables(path.name, document).items():
            # A lone half of a surrogate pair is possible in JSON and in no file.
            (Path(made) / f"{name}.csv").write_text(table.to_csv(), "utf-8", errors="replace")
        return _build(path.stem, {name: _file(Path(made), name) for name in (*OWN, *SHARED)})


def _build(name: str, parsed: Mapping[str, Parsed]) -> Network:
    from tarazu.corridor.consistency import findings
    from tarazu.corridor.positions import lengths_in_metres

    checks = [_in_degrees(check) for each in parsed.values() for check in each.checks]
    vocabulary, found = quantities.attributes(parsed["attributes"])
    checks += found
    facts, found = quantities.gather(parsed["values"], parsed["defaults"], vocabulary)
    checks += found
    files: dict[str, str] = {}  # an id of two kinds of things would pool their values
    nodes = _rows(parsed, "nodes", _node, checks, files)
    ends = _Ends(nodes, parsed["nodes"].ids or frozenset())
    legs = _rows(parsed, "legs", lambda row: _leg(row, ends), checks, files)
    transfers = _rows(parsed, "transfers", lambda row: _transfer(row, ends), checks, files)
    services = _rows(parsed, "services", lambda row: _service(row, legs), checks, files)
    subjects = {*nodes, *legs, *transfers, *services}
    limits = _rows(parsed, "limits", lambda row: _limit(row, subjects), checks, {})
    network = Network(
        name=name,
        nodes=nodes,
        legs=legs,
        transfers=transfers,
        services=services,
        limits=tuple(limits.values()),
        commodities=_rows(parsed, "commodities", _commodity, checks, {}),
        facts=facts,
        tables={key: each.table for key, each in parsed.items()},
        checks=(),
    )
    if not nodes or not legs:
        named = "\n".join(str(check) for check in errors(checks)[:10])
        raise NetworkError(f"network {name} has no usable nodes or legs.\n{named}".strip(), checks)
    together = findings(network, {key: each.places for key, each in parsed.items()})
    usable = facts.without((leg, "length") for leg in lengths_in_metres(network))
    return replace(
        network,
        legs=_without(legs, together.legs),
        transfers=_without(transfers, together.transfers),
        services=_without(services, together.services),
        checks=(*checks, *together.checks),
        facts=usable,
    )


def _without(found: dict[str, Any], gone: frozenset[str]) -> dict[str, Any]:
    return {name: each for name, each in found.items() if name not in gone}


def _in_degrees(check: Check) -> Check:
    """Degrees and minutes are no number: the check says what they are in decimal degrees."""
    quoted = _QUOTED.search(check.message)
    if (
        check.name != "not-a-number"
        or not check.where.endswith((", column lat", ", column lon"))
        or not quoted
    ):
        return check
    degrees = decimal_degrees(quoted[1])
    advice = "such as 51.16" if degrees is None else f"{degrees:.5f}"
    return replace(check, message=f'"{quoted[1]}" is not in decimal degrees. Write {advice}.')


def _rows(
    parsed: Mapping[str, Parsed],
    table: str,
    build: Callable[[Row], Any],
    checks: list[Check],
    files: dict[str, str],
) -> dict[str, Any]:
    """Rows by id; `build` returns the row's type, or (column, message) where it cannot be used.

    Parameters
    ----------
    files
        File in which each id was met; gains the ids of this table.
    """
    found: dict[str, Any] = {}
    file = f"{table}.csv"
    for number, row in parsed[table]:
        problem = _id_problem(row["id"], file, files)
        made = build(row)
        if problem:
            checks.append(Check.error(problem[0], place(file, number, "id"), problem[1]))
        elif isinstance(made, tuple):
            column, message = made
            checks.append(Check.error("unusable-row", place(file, number, column), message))
        else:
            found[row["id"]] = made
            files[row["id"]] = file
    return found


def _id_problem(name: str, file: str, files: Mapping[str, str]) -> tuple[str, str] | None:
    if any(sign in name for sign in _SEPARATORS):
        return (
            "bad-id",
            f'"{name}" holds one of {" ".join(_SEPARATORS)}, which join ids. Write letters, digits and -.',
        )
    if files.get(name) == file:
        return "duplicate-id", f'"{name}" stands twice. The first row counts; give this one an id of its own.'
    if name in files:
        return (
            "shared-id",
            f'"{name}" is an id of {files[name]} already; values.csv could not tell the two apart. '
            "The row is left out: give it an id of its own.",
        )
    return None


class _Ends:
    """Looks up the two nodes of a leg or transfer; a node whose row is bad is said to be so."""

    def __init__(self, nodes: Mapping[str, Node], named: frozenset[str]) -> None:
        self._nodes, self._named = nodes, named

    def problem(self, row: Row) -> tuple[str, str] | None:
        for column in ("from", "to"):
            name = row[column]
            if name in self._nodes:
                continue
            if name in self._named:
                return column, f'"{name}" has a row in nodes.csv that cannot be used. Correct that row first.'
            return column, f'"{name}" is no node of nodes.csv. Add it there, or correct the name.'
        return None


def _unknown_packaging(listed: Iterable[str]) -> str | None:
    known = next(each.allowed for each in declared(DECLARATION)["loads"] if each.column == "packaging")
    names = tuple(listed)
    for name in names:
        if name != ALL and name not in known:
            return f'"{name}" is no packaging. Write {ALL}, or some of: {", ".join(known)}.'
    return None if names else f"names no packaging. Write {ALL}, or some of: {', '.join(known)}."


def _node(row: Row) -> Node:
    return Node(
        id=row["id"],
        name=row["name"],
        country=row["country"],
        kind=row["kind"],
        lat=row["lat"],
        lon=row["lon"],
        aliases=row["aliases"] or (),
        status=row["status"],
        source=row["source"],
        note=row["note"] or "",
    )


def _leg(row: Row, ends: _Ends) -> Leg | tuple[str, str]:
    problem = ends.problem(row)
    if problem:
        return problem
    if row["from"] == row["to"]:
        return "to", f'the leg ends where it starts ("{row["to"]}"). A stay at a place is a transfer.'
    if row["mode"] == "rail" and row["gauge_mm"] is None:
        return "gauge_mm", "is empty. Rail needs its gauge in millimetres: 1520 or 1435."
    return Leg(
        id=row["id"],
        mode=row["mode"],
        start=row["from"],
        end=row["to"],
        gauge=row["gauge_mm"] if row["mode"] == "rail" else None,
        service_only=row["service_only"] == "yes",
        one_way=row["one_way"] == "yes",
        note=row["note"] or "",
    )


def _transfer(row: Row, ends: _Ends) -> Transfer | tuple[str, str]:
    problem = ends.problem(row)
    if problem:
        return problem
    for side in ("from", "to"):
        if row[f"{side}_mode"] == "rail" and row[f"{side}_gauge_mm"] is None:
            return f"{side}_gauge_mm", "is empty. Rail needs its gauge in millimetres: 1520 or 1435."
    if unknown := _unknown_packaging(row["packagings"]):
        return "packagings", unknown
    gauges = [row[f"{s}_gauge_mm"] if row[f"{s}_mode"] == "rail" else None for s in ("from", "to")]
    return Transfer(
        id=row["id"],
        kind=row["kind"],
        start=row["from"],
        end=row["to"],
        from_mode=row["from_mode"],
        to_mode=row["to_mode"],
        from_gauge=gauges[0],
        to_gauge=gauges[1],
        packagings=row["packagings"],
        one_way=row["one_way"] == "yes",
        note=row["note"] or "",
    )


def _service(row: Row, legs: Mapping[str, Leg]) -> Service | tuple[str, str]:
    if not row["legs"]:
        return "legs", "names no leg. Write the legs it runs in order, separated by ;"
    for leg in row["legs"]:
        if leg not in legs:
            return (
                "legs",
                f'"{leg}" is no usable leg of legs.csv. Add or correct it there, or correct the name.',
            )
    if unknown := _unknown_packaging(row["packagings"]):
        return "packagings", unknown
    departures = set()
    for text in filter(None, (part.strip().lower() for part in (row["departures"] or "").split(";"))):
        hour = _hour_of_week(text)
        if hour is None:
            return "departures", f'"{text}" is no departure. Write day and time in UTC: Mon 08:00;Thu 20:30.'
        departures.add(hour)
    if row["valid_from"] and row["valid_to"] and row["valid_to"] < row["valid_from"]:
        return (
            "valid_to",
            f"{row['valid_to']} lies before valid_from: the timetable never runs. Correct the days.",
        )
    return Service(
        id=row["id"],
        name=row["name"],
        legs=row["legs"],
        packagings=row["packagings"],
        departures=tuple(sorted(departures)),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        note=row["note"] or "",
    )


def _hour_of_week(text: str) -> float | None:
    """Hours since Monday 00:00 of ``mon 08:00``, None where it cannot be read."""
    match = _DEPARTURE.fullmatch(text)
    if not match or match[1] not in DAYS or int(match[2]) > 23 or int(match[3]) > 59:
        return None
    return DAYS.index(match[1]) * 24 + int(match[2]) + int(match[3]) / 60


def _limit(row: Row, subjects: set[str]) -> Limit | tuple[str, str]:
    if row["subject"] not in subjects:
        return "subject", f'"{row["subject"]}" is no node, leg, transfer or service. Correct the name.'
    if row["from"] and row["to"] and row["to"] < row["from"]:
        return "to", f"{row['to']} lies before the first day, {row['from']}. Correct the days."
    if row["packagings"] and (unknown := _unknown_packaging(row["packagings"])):
        return "packagings", unknown
    months = months_of(row["months"] or "")
    if months is None:
        return "months", f'"{row["months"]}" are no months. Write numbers and ranges: 1-3;12.'
    if row["from"] and row["to"] and not row["months"]:
        months = _months_between(row["from"], row["to"])
    return Limit(
        id=row["id"],
        scenario=row["scenario"] or "",
        name=row["name"],
        subject=row["subject"],
        kind=row["kind"],
        packagings=row["packagings"] or (),
        commodities=row["commodities"] or (),
        direction=row["direction"] or "",
        first=row["from"],
        last=row["to"],
        months=months,
        capacity_factor=1.0 if row["capacity_factor"] is None else row["capacity_factor"],
        payload_factor=row["payload_factor"] or 1.0,
        delay_h=row["delay_h"] or 0.0,
        status=row["status"],
        source=row["source"],
        note=row["note"] or "",
    )


def _months_between(first: date, last: date) -> tuple[int, ...]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return tuple(sorted({(first.month - 1 + i) % 12 + 1 for i in range(min(count, 12))}))


def months_of(text: str) -> tuple[int, ...] | None:
    """Months of ``1-3;12`` in order, all where the text is empty, None where it cannot be read."""
    found: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        match = _MONTHS.fullmatch(part)
        if not match:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if not (1 <= first <= 12 and 1 <= last <= 12):
            return None
        span = range(first, last + 1) if first <= last else (*range(first, 13), *range(1, last + 1))
        found.update(span)
    return tuple(sorted(found)) or tuple(range(1, 13))


def _commodity(row: Row) -> Commodity | tuple[str, str]:
    if unknown := _unknown_packaging(row["packagings"]):
        return "packagings", unknown
    value = row["value_usd_t"]
    low, high = (value if row[end] is None else row[end] for end in ("value_low", "value_high"))
    if not low <= value <= high:
        return "value_usd_t", f"{value:g} does not lie between {low:g} and {high:g}. Correct the order."
    return Commodity(
        id=row["id"],
        name=row["name"],
        hs=row["hs"],
        value=quantities.Quantity(value, low, high, "USD/t", row["status"], (row["source"],)),
        packagings=row["packagings"],
        time_cost=row["time_cost_percent_day"] / 100,
    )
