"""Small transport networks to test against, written as CSV files, and an enumeration of every way through them.

Figures are round so that sums can be checked in the head: rail costs 0.01 USD/tkm at 20 km/h, the road 0.05 at 50.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tarazu.core.checks import Check
from tarazu.core.schema import declared
from tarazu.corridor.graph import Arc, Graph
from tarazu.corridor.network import Network

DECLARATION = "corridor/variables.csv"
Row = Mapping[str, Any]
WEEK = 168.0

PRESET: dict[str, dict[str, Any]] = {
    "nodes": {
        "country": "KAZ",
        "kind": "station",
        "lat": 50,
        "lon": 60,
        "status": "A",
        "source": "judgement",
    },
    "legs": {"mode": "rail", "gauge_mm": 1520, "service_only": "no", "one_way": "no"},
    "transfers": {"kind": "terminal", "packagings": "all", "one_way": "no"},
    "services": {"packagings": "all"},
    "values": {"status": "A", "source": "paper"},
    "defaults": {"status": "A", "source": "paper"},
    "commodities": {
        "hs": "1003",
        "value_usd_t": 240,
        "packagings": "bulk",
        "time_cost_percent_day": 1,
        "status": "A",
        "source": "paper",
    },
    "loads": {"unit": "wagon", "tonnes_per_unit": 60, "status": "A", "source": "paper"},
    "emissions": {"standard": "ISO 14083", "scope": "WTW", "version": "2023", "source": "paper"},
    "limits": {"kind": "works", "status": "A", "source": "paper"},
    "tariffs": {"country": "KAZ", "mode": "rail", "status": "in_force", "source": "paper"},
    "projects": {
        "attribute": "capacity",
        "added": 1,
        "unit": "Mt/yr",
        "cost_status": "unknown",
        "source": "paper",
    },
    "places": {"country": "KAZ", "commodity": "*", "role": "origin", "status": "A", "source": "paper"},
    "sources": {"publisher": "A paper"},
}
UNITS = {
    "length": "km",
    "speed": "km/h",
    "time": "h",
    "time_sd": "h",
    "time_sd_share": "share",
    "rate": "USD/tkm",
    "cost": "USD/t",
    "wait": "h",
    "headway": "h",
    "capacity": "Mt/yr",
    "factor": "ratio",
}


def value(subject: str, attribute: str, number: float, **more: Any) -> Row:
    """A row of values.csv."""
    return {"subject": subject, "attribute": attribute, "value": number, "unit": UNITS[attribute], **more}


def default(mode: str, attribute: str, number: float, **more: Any) -> Row:
    """A row of defaults.csv."""
    return {"mode": mode, "attribute": attribute, "value": number, "unit": UNITS[attribute], **more}


def small_tables() -> dict[str, list[Row]]:
    """Four places on a line, 100 km of railway between them; a road beside the first; a ship from c to e."""
    lons = {"a": 60.0, "b": 61.3, "c": 62.6, "d": 63.9, "e": 62.6}
    nodes: list[Row] = [
        {"id": n, "name": f"Place {n}", "lat": 50 - 2 * (n == "e"), "lon": lons[n]} for n in lons
    ]
    legs: list[Row] = [
        {"id": "rail-ab", "from": "a", "to": "b"},
        {"id": "rail-bc", "from": "b", "to": "c"},
        {"id": "rail-cd", "from": "c", "to": "d"},
        {"id": "road-ab", "mode": "road", "from": "a", "to": "b", "gauge_mm": ""},
        {"id": "sea-ce", "mode": "sea", "from": "c", "to": "e", "gauge_mm": ""},
    ]
    transfers: list[Row] = [
        {"id": "port-c", "kind": "port_call", "from": "c", "to": "c", "from_mode": "rail", "to_mode": "sea"}
        | {"from_gauge_mm": 1520},
        {"id": "yard-b", "from": "b", "to": "b", "from_mode": "road", "to_mode": "rail", "to_gauge_mm": 1520},
    ]
    values: list[Row] = [value(str(leg["id"]), "length", 100) for leg in legs]
    values[-1] = value("sea-ce", "length", 240)
    return {
        "nodes": nodes,
        "legs": legs,
        "transfers": transfers,
        "values": values,
        "defaults": [
            default("rail", "rate", 0.01),
            default("rail", "speed", 20),
            default("road", "rate", 0.05),
            default("road", "speed", 50),
            default("sea", "rate", 0.02),
            default("sea", "speed", 12),
            default("port_call", "time", 10),
            default("port_call", "cost", 5),
            default("terminal", "time", 4),
            default("terminal", "cost", 2),
        ],
        "commodities": [{"id": "grain", "name": "Grain"}],
        "loads": [{"packaging": "bulk", "mode": mode} for mode in ("rail", "road", "sea")],
        "emissions": [
            {"mode": "rail", "g_co2e_tkm": 20},
            {"mode": "road", "g_co2e_tkm": 100},
            {"mode": "sea", "g_co2e_tkm": 10},
        ],
        "sources": [{"id": "paper"}],
    }


def write_tables(folder: Path, tables: Mapping[str, Iterable[Row]]) -> Path:
    """CSV files of a network; columns that a row leaves out have their usual value."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = [each.column for each in declared(DECLARATION)[name]]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows({**PRESET.get(name, {}), **row} for row in rows)
    return folder


def small(folder: Path, **more: Iterable[Row]) -> Network:
    """The small network with further rows by table; of one id, the later row replaces the earlier."""
    return Network.read(write_tables(folder, added(**more)))


def added(**more: Iterable[Row]) -> dict[str, list[Row]]:
    """Tables of the small network with further rows."""
    tables = small_tables()
    for name, rows in more.items():
        kept = {row["id"]: row for row in tables.get(name, []) if "id" in row}
        if name in ("values", "defaults", "emissions", "loads", "places"):
            tables[name] = [*tables.get(name, []), *rows]
        else:
            tables[name] = list(
                (kept | {row["id"]: {**kept.get(row["id"], {}), **row} for row in rows}).values()
            )
    return tables


def named(network: Network, name: str) -> list[Check]:
    """Checks of one rule."""
    return [check for check in network.checks if check.name == name]


def simple_paths(graph: Graph, origin: str, destination: str) -> Iterator[list[Arc]]:
    """Every way from origin to destination that enters no vertex twice, by plain depth-first search."""
    onward: dict[Any, list[Arc]] = {}
    for arc in graph.arcs:
        onward.setdefault(arc.tail, []).append(arc)

    def further(way: list[Arc], seen: set[Any]) -> Iterator[list[Arc]]:
        at = way[-1].head
        if at[0] == destination:
            yield list(way)
        for arc in onward.get(at, []):
            if arc.head not in seen:
                yield from further([*way, arc], seen | {arc.head})

    for start in list(onward):
        if start[0] == origin:
            for arc in onward[start]:
                yield from further([arc], {start, arc.head})


def measured(
    way: Sequence[Arc], criteria: Sequence[str], day: date | None, loading: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, ...]:
    """Totals of a way, summed here anew; with a day, each timetable is waited for. Loading: wait and delay."""
    clock, variance = sum(loading), (2 * loading[0]) ** 2 / 12
    for arc in way:
        running = arc.time_h - arc.wait_h
        if day is not None and arc.departures:
            now = day.weekday() * 24 + clock
            weeks = (now // WEEK) * WEEK
            clock += min(
                h for d in arc.departures for h in (d + weeks - now, d + weeks + WEEK - now) if h > -1e-9
            )
            clock += running
            variance += arc.sd_h**2
        else:
            clock += running + arc.wait_h
            variance += arc.sd_h**2 + arc.headway_h**2 / 12
    totals = {
        "cost": sum(arc.cost_usd_t for arc in way),
        "time": clock,
        "variability": variance**0.5,
        "co2": sum(arc.co2_kg_t or 0.0 for arc in way),
    }
    return tuple(totals[name] for name in criteria)


def undominated(points: Iterable[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Points that no other is at least as good as in everything, each once, in order."""
    every = sorted({tuple(round(x, 6) + 0.0 for x in point) for point in points})
    return [
        p for p in every if not any(q != p and all(a <= b for a, b in zip(q, p, strict=True)) for q in every)
    ]
