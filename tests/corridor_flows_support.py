"""Networks of a few rail legs with round costs, and flows over them; USD a tonne and hours are given, not computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from corridor_support import UNITS, Row, write_tables
from tarazu.corridor.network import Network

Leg = tuple[str, str, str, float, float]  # id, from, to, USD a tonne, hours

# A day costs 4.8 USD a tonne of grain: an hour 0.2.
GOODS: list[Row] = [
    {"id": "grain", "hs": "1003", "value_usd_t": 200, "packagings": "bulk", "time_cost_percent_day": 2.4},
    {
        "id": "steel",
        "hs": "7208",
        "value_usd_t": 500,
        "packagings": "wagon;container",
        "time_cost_percent_day": 0,
    },
    {"id": "coal", "hs": "2701", "value_usd_t": 100, "packagings": "bulk", "time_cost_percent_day": 0},
]
LOADS: list[Row] = [
    {"packaging": "bulk", "mode": "rail", "tonnes_per_unit": 50, "low": 40, "high": 60},
    {"packaging": "wagon", "mode": "rail", "tonnes_per_unit": 60},
    {"packaging": "bulk", "mode": "sea", "unit": "ship", "tonnes_per_unit": 5000, "low": 4000, "high": 6000},
]
COUNTRIES = {"a": "KAZ", "b": "IRN"}
EMPTY = ("transfers", "services", "defaults", "emissions", "sources", "limits")

TWO: list[Leg] = [("near", "a", "b", 10, 0), ("far1", "a", "m", 15, 0), ("far2", "m", "b", 15, 0)]
ONE: list[Leg] = TWO[:1]


def write(
    folder: Path,
    legs: Sequence[Leg],
    values: Iterable[tuple[str, str, float]] = (),
    nodes: str = "amb",
    change: dict[str, Row] | None = None,
    **tables: Iterable[Row],
) -> Network:
    """Rail legs, 100 km each, with values (subject, attribute, value) in t/yr, USD/t, h; `change`: columns of a leg."""
    units = {**UNITS, "capacity": "t/yr", "demurrage": "USD/wagon/day"}
    given = [
        row
        for name, _, _, cost, hours in legs
        for row in ((name, "cost", cost), (name, "time", hours), (name, "length", 100.0))
    ]
    rows: dict[str, Iterable[Row]] = {
        **dict.fromkeys(EMPTY, ()),
        "nodes": [
            {"id": n, "name": n * 3, "country": COUNTRIES.get(n, "TKM"), "lat": 40.2, "lon": 53 + 0.2 * i}
            for i, n in enumerate(nodes)
        ],
        "legs": [
            {"id": name, "from": start, "to": end, **(change or {}).get(name, {})}
            for name, start, end, _, _ in legs
        ],
        "values": [
            {"subject": s, "attribute": key, "value": number, "unit": units[key]}
            for s, key, number in [*given, *values]
        ],
        "commodities": GOODS,
        "loads": LOADS,
        **tables,
    }
    rows = {name: [{**_named(name, row), **row} for row in each] for name, each in rows.items()}
    return Network.read(write_tables(folder, rows))


def _named(table: str, row: Row) -> Row:
    return {"name": row["id"]} if table in ("services", "commodities", "limits") else {}


def limit(subject: str, name: str = "limit", **values: Any) -> Row:
    """A row of limits.csv."""
    return {"id": name, "subject": subject, **values}


def flow(
    tonnes: float, origin: str = "a", destination: str = "b", commodity: str = "grain", **more: Any
) -> Row:
    """A row of a flows table."""
    return {"origin": origin, "destination": destination, "commodity": commodity, "tonnes": tonnes, **more}
