"""Wagons, lorries, boxes and ships that a year's flows tie up: what freight planners ask first.

    loads a month        tonnes / tonnes per unit / 12
    empty returns        by leg: the difference of the loads of the two directions, at least the stated share
    units in circulation loads a day x days of a round trip, out and back, plus the turnaround

A unit goes back the way it came; ships spend their waiting in port.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tarazu.core.parameters import section
from tarazu.core.table import Column, Table
from tarazu.corridor.graph import RUNS

if TYPE_CHECKING:
    from tarazu.corridor.flows import Carried

MONTHS, DAYS = 12, 365.0

COLUMNS = (
    Column("mode"),
    Column("packaging"),
    Column("unit", "", "what is loaded"),
    Column("tonnes_per_unit", "t"),
    Column("tonnes", "t/yr", "carried by this mode in this packaging"),
    Column("loads_a_month", "units"),
    Column("loaded_unit_km", "unit-km/yr"),
    Column(
        "empty_unit_km", "unit-km/yr", "forced by the imbalance of the two directions, or the usual share"
    ),
    Column("units_tied_up", "units", "in circulation, out and back with the turnaround"),
    Column("units_low", "units", "with the heaviest load of the interval and the quickest turnaround"),
    Column("units_high", "units", "with the lightest load and the slowest turnaround"),
    Column("source"),
)


@dataclass
class _Use:
    tonnes: float = 0.0
    tonne_km: float = 0.0
    tonne_days: float = 0.0
    ways: dict[tuple[str, bool], float] | None = None


def fleet_table(found: Carried) -> Table:
    """By mode and packaging, over the whole year."""
    loads = {(row["packaging"], row["mode"]): row for row in found.network.tables["loads"]}
    uses = _uses(found)
    rows = [_row(found, key, use, loads[key]) for key, use in sorted(uses.items()) if key in loads]
    return Table.build("fleet", COLUMNS, rows)


def _uses(found: Carried) -> Mapping[tuple[str, str], _Use]:
    from tarazu.corridor.flow_tables import pieces

    uses: dict[tuple[str, str], _Use] = {}
    for piece in pieces(found):
        pack = found.carriage.arcs[piece.path[0]][0]
        seen: set[str] = set()
        for arc in found.carriage.running(piece.path):
            if arc.kind not in RUNS:
                continue
            use = uses.setdefault((pack, arc.mode), _Use(ways={}))
            use.tonnes += piece.tonnes if arc.mode not in seen else 0.0
            seen.add(arc.mode)
            use.tonne_km += piece.tonnes * arc.km
            use.tonne_days += piece.tonnes * arc.time_h / 24
            assert use.ways is not None, "made above"
            use.ways[arc.id, arc.forward] = use.ways.get((arc.id, arc.forward), 0.0) + piece.tonnes
    return uses


def _row(found: Carried, key: tuple[str, str], use: _Use, load: Mapping[str, Any]) -> dict[str, Any]:
    pack, mode = key
    each = float(load["tonnes_per_unit"])
    terms = section("fleet", "corridor.toml")
    turn = terms["turnaround_days"]
    empty = max(_imbalance(found, use), terms["empty_return"].value * use.tonne_km)

    def tied_up(tonnes: float, days: float) -> float:
        return (2 * use.tonne_days + use.tonnes * days) / tonnes / DAYS

    return {
        "mode": mode,
        "packaging": pack,
        "unit": load["unit"],
        "tonnes_per_unit": each,
        "tonnes": use.tonnes,
        "loads_a_month": use.tonnes / each / MONTHS,
        "loaded_unit_km": use.tonne_km / each,
        "empty_unit_km": empty / each,
        "units_tied_up": tied_up(each, turn.value),
        "units_low": tied_up(load["high"] or each, turn.low),
        "units_high": tied_up(load["low"] or each, turn.high),
        "source": load["source"],
    }


def _imbalance(found: Carried, use: _Use) -> float:
    """Tonne-kilometres by which the heavier direction of each leg exceeds the lighter one."""
    assert use.ways is not None, "made with the use"
    km = {(arc.id, arc.forward): arc.km for _, arc in found.carriage.arcs if arc}
    total = 0.0
    for name in {name for name, _ in use.ways}:
        there, back = (use.ways.get((name, way), 0.0) for way in (True, False))
        total += abs(there - back) * km.get((name, there >= back), 0.0)
    return total
