"""Wagons, lorries, boxes and ships that a year's flows tie up, and their demurrage: what freight planners ask first.

    loads a month        tonnes / (tonnes per unit x share of the usual load) / 12
    empty returns        by leg: the difference of the loads of the two directions, at least the stated share
    units in circulation loads a day x days of a round trip, out and back, plus the turnaround

A stretch is loaded once: a new one begins where the mode changes, and for goods in bulk where the gauge does, since
they are poured from one wagon into another. Its days are those of its legs and of the borders and gauge changes that
a unit passes with its load; a unit goes back the way it came. Hours and loads are those of each spell: queues, low
water and ice count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tarazu.core.checks import Check
from tarazu.core.parameters import section
from tarazu.core.table import Column, Table
from tarazu.corridor.facts import Quantity
from tarazu.corridor.graph import RUNS, Arc
from tarazu.corridor.network import Limit

if TYPE_CHECKING:
    from tarazu.corridor.flows import Carried, Piece

MONTHS, DAYS = 12, 365.0
POURED = "bulk"

COLUMNS = (
    Column("mode"),
    Column("packaging"),
    Column("unit", "", "what is loaded"),
    Column("tonnes_per_unit", "t"),
    Column("tonnes", "t/yr", "carried by this mode in this packaging"),
    Column("loads_a_month", "units", "of all stretches"),
    Column("loaded_unit_km", "unit-km/yr"),
    Column(
        "empty_unit_km", "unit-km/yr", "forced by the imbalance of the two directions, or the usual share"
    ),
    Column("units_tied_up", "units", "in circulation, out and back with the turnaround"),
    Column("units_low", "units", "with the heaviest load of the interval and the quickest turnaround"),
    Column("units_high", "units", "with the lightest load and the slowest turnaround"),
    Column("source"),
)
DEMURRAGE_COLUMNS = (
    Column("subject"),
    Column("name", "", "the limit that makes wagons wait"),
    Column("packaging"),
    Column("wagons", "wagons/yr", "that come while it holds"),
    Column("hours", "h", "that each waits"),
    Column("wagon_days", "wagon-days/yr"),
    Column("rate_usd_wagon_day", "USD/wagon/day", "empty where nobody knows it"),
    Column("cost_usd", "USD/yr", "not part of the transport cost"),
    Column("cost_low", "USD/yr"),
    Column("cost_high", "USD/yr"),
    Column("source", "", "of the rate"),
)


@dataclass
class _Use:
    """What moves by one mode in one packaging; tonnes over the share of the usual load are `filled`."""

    tonnes: float = 0.0
    filled: float = 0.0
    filled_km: float = 0.0
    filled_days: float = 0.0
    ways: dict[tuple[str, bool], float] = field(default_factory=dict)


def fleet_table(found: Carried) -> Table:
    """By mode and packaging, over the whole year."""
    loads = {(row["packaging"], row["mode"]): row for row in found.network.tables["loads"]}
    rows = [_row(found, key, use, loads[key]) for key, use in sorted(_uses(found).items())]
    return Table.build("fleet", COLUMNS, rows)


def _uses(found: Carried) -> Mapping[tuple[str, str], _Use]:
    from tarazu.corridor.flows import pieces

    uses: dict[tuple[str, str], _Use] = {}
    shares = [spell.shares for spell in found.spells]
    loads, hours = (
        [each(share) for share in shares]
        for each in (found.carriage.payloads, lambda share: found.carriage.charged(share)[1])
    )
    for piece in pieces(found):
        pack, g = found.carriage.arcs[piece.path[0]][0], found.carriage.group[piece.flow]
        seen: set[str] = set()
        for stretch in _stretches(found, piece, pack):
            mode = next(arc.mode for _, arc in stretch if arc.kind in RUNS)
            use = uses.setdefault((pack, mode), _Use())
            # A unit is loaded for the worst part of its way.
            load = min(float(loads[piece.spell][g, i]) for i, _ in stretch)
            use.tonnes += piece.tonnes if mode not in seen else 0.0
            seen.add(mode)
            use.filled += piece.tonnes / load
            for index, arc in stretch:
                use.filled_days += piece.tonnes / load * float(hours[piece.spell][g, index]) / 24
                if arc.kind in RUNS:
                    use.filled_km += piece.tonnes / load * arc.km
                    way = arc.id, arc.forward
                    use.ways[way] = use.ways.get(way, 0.0) + piece.tonnes / load
    return uses


def _stretches(found: Carried, piece: Piece, pack: str) -> Iterator[list[tuple[int, Arc]]]:
    """Arcs over which the same unit carries its load."""
    stretch: list[tuple[int, Arc]] = []
    for index in piece.path:
        arc = found.carriage.arcs[index][1]
        if arc is None:
            continue
        poured = pack == POURED and arc.tail[2] != arc.head[2]
        if arc.kind not in RUNS and (arc.tail[1] != arc.head[1] or poured):
            if any(each.kind in RUNS for _, each in stretch):
                yield stretch
            stretch = []
        else:
            stretch.append((index, arc))
    if any(each.kind in RUNS for _, each in stretch):
        yield stretch


def _row(found: Carried, key: tuple[str, str], use: _Use, load: Mapping[str, Any]) -> dict[str, Any]:
    pack, mode = key
    each = float(load["tonnes_per_unit"])
    terms = section("fleet", "corridor.toml")
    turn = terms["turnaround_days"]
    empty = max(_imbalance(found, use), terms["empty_return"].value * use.filled_km)

    def tied_up(tonnes: float, days: float) -> float:
        return (2 * use.filled_days + use.filled * days) / tonnes / DAYS

    return {
        "mode": mode,
        "packaging": pack,
        "unit": load["unit"],
        "tonnes_per_unit": each,
        "tonnes": use.tonnes,
        "loads_a_month": use.filled / each / MONTHS,
        "loaded_unit_km": use.filled_km / each,
        "empty_unit_km": empty / each,
        "units_tied_up": tied_up(each, turn.value),
        "units_low": tied_up(load["high"] or each, turn.low),
        "units_high": tied_up(load["low"] or each, turn.high),
        "source": load["source"],
    }


def _imbalance(found: Carried, use: _Use) -> float:
    """Filled tonne-kilometres by which the heavier direction of each leg exceeds the lighter one."""
    km = {(arc.id, arc.forward): arc.km for _, arc in found.carriage.arcs if arc}
    total = 0.0
    for name in {name for name, _ in use.ways}:
        there, back = (use.ways.get((name, way), 0.0) for way in (True, False))
        total += abs(there - back) * km[name, there >= back]
    return total


def demurrage_table(found: Carried) -> Table:
    """By queue and packaging: wagons that wait at a limit's subject, and the charge for their standing."""
    rows = []
    for (limit, pack), (wagons, hours, rate) in sorted(
        _queues(found).items(), key=lambda each: each[0][0].id
    ):
        days = wagons * hours / 24
        row: dict[str, Any] = {"subject": limit.subject, "name": limit.name, "packaging": pack}
        row |= {"wagons": wagons, "hours": hours, "wagon_days": days}
        if rate is not None:
            row |= {"rate_usd_wagon_day": rate.value, "source": ";".join(rate.sources)}
            row |= {"cost_usd": days * rate.value, "cost_low": days * rate.low, "cost_high": days * rate.high}
        rows.append(row)
    return Table.build("demurrage", DEMURRAGE_COLUMNS, rows)


def demurrage_checks(found: Carried) -> Iterator[Check]:
    """Queues without a rate."""
    for limit, pack in [key for key, (_, _, rate) in _queues(found).items() if rate is None]:
        message = f"{limit.name}: what a wagon ({pack}) pays while it stands is not known. "
        message += f"Give {limit.subject} a demurrage in values.csv, or rail one in defaults.csv."
        yield Check.warning("no-demurrage", limit.subject, message)


def _queues(found: Carried) -> dict[tuple[Limit, str], tuple[float, float, Quantity | None]]:
    """Wagons a year, hours each and the rate, by limit and packaging, where goods come to a delay by rail."""
    from tarazu.corridor.flows import pieces

    network, carriage = found.network, found.carriage
    loads = {
        row["packaging"]: row["tonnes_per_unit"] for row in network.tables["loads"] if row["mode"] == "rail"
    }
    units = {row["packaging"]: row["unit"] for row in network.tables["loads"] if row["mode"] == "rail"}
    slow = [limit for limit in network.limits if limit.delay_h]
    queues: dict[tuple[Limit, str], tuple[float, float, Quantity | None]] = {}
    for piece in pieces(found):
        pack = carriage.arcs[piece.path[0]][0]
        shares = found.spells[piece.spell].shares
        for limit in slow:
            at = carriage.delayed(limit, piece.flow, piece.path) if shares.get(limit.id) else None
            if at is None or at.tail[1] != "rail" or units.get(pack) != "wagon":
                continue
            rate = network.facts.of(limit.subject, "demurrage") or network.facts.default(
                "demurrage", "rail", network.nodes[at.tail[0]].country, pack
            )
            wagons = queues.get((limit, pack), (0.0,))[0] + piece.tonnes * shares[limit.id] / loads[pack]
            queues[limit, pack] = wagons, limit.delay_h, rate
    return queues
