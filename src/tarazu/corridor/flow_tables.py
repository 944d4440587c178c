"""An assignment as tables, GeoJSON and JSON: flows, capacities, loads by leg, paths, findings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tarazu.core.checks import Check
from tarazu.core.table import Column, Table
from tarazu.corridor.carriage import Carriage, legs_of
from tarazu.corridor.facts import BACKWARD, FORWARD
from tarazu.corridor.fleet import demurrage_checks
from tarazu.corridor.flow_file import amount
from tarazu.corridor.flows import FULL, pieces
from tarazu.corridor.geojson import feature, line
from tarazu.corridor.graph import MISSING_COST, MISSING_TIME, RUNS
from tarazu.corridor.holding import MONTHS, share_of, span
from tarazu.corridor.network import Limit, Network

if TYPE_CHECKING:
    from tarazu.corridor.flows import Carried

LOST = 0.999  # share of a flow below which something of it stays

FLOW_COLUMNS = (
    Column("origin"),
    Column("destination"),
    Column("commodity"),
    Column("direction"),
    Column("transit", "", "yes: goods of third countries, no turnover of the pair"),
    Column("month", "", "in which they want to move, empty for all the year"),
    Column("tonnes", "t/yr"),
    Column("moved", "t/yr"),
    Column("unmet", "t/yr"),
    Column("freight_usd_t", "USD/t", "freight and handling of what moves, mean"),
    Column("days", "days", "door to door of what moves, mean"),
    Column("paths", "", "ways on which it is spread"),
)
CAPACITY_COLUMNS = (
    Column("subject"),
    Column("way", "", "direction, empty where both share the capacity"),
    Column("name", "", "with the limit that sets it, where it is a part for some goods or packagings"),
    Column("capacity_t", "t/yr", "under the limits of the year"),
    Column("low", "t/yr", "low end of its 80% interval or of its sources, under the same limits"),
    Column("high", "t/yr", "high end"),
    Column("used_t", "t/yr"),
    Column("transit_t", "t/yr", "of it goods of third countries"),
    Column("used_share", "share"),
    Column("full", "", "yes: full in at least one month"),
    Column("full_in", "", "months in which it is full, as 1-2;12; empty for none or all of them"),
    Column(
        "saved_usd_t", "USD/t", "saved by one more tonne a year, by solving again; 0 where it is not full"
    ),
    Column("basis", "", "what the capacity rests on"),
    Column("sources"),
)
LOAD_COLUMNS = (
    Column("leg"),
    Column("mode"),
    Column("from"),
    Column("to"),
    Column("bilateral_t", "t/yr", "goods of the pair"),
    Column("transit_t", "t/yr", "goods of third countries"),
)
PATH_COLUMNS = (
    Column("origin"),
    Column("destination"),
    Column("commodity"),
    Column("months"),
    Column("packaging"),
    Column("tonnes", "t"),
    Column("via"),
    Column("freight_usd_t", "USD/t"),
    Column("days", "days"),
)


def flow_table(found: Carried) -> Table:
    """By flow."""
    count = len(found.flows)
    pairs = zip(found.spells, found.solutions, strict=True)
    money, hours = np.zeros(count), np.zeros(count)
    for spell, solution in pairs:
        money += spell.weight * solution.freight
        hours += spell.weight * solution.hours
    ways = [set[tuple[int, ...]]() for _ in range(count)]
    for each in pieces(found):
        ways[each.flow].add(each.path)
    rows = []
    for k, flow in enumerate(found.flows):
        moved = float(found.moved[k])
        rows.append(
            (
                flow.origin,
                flow.destination,
                flow.commodity,
                flow.direction,
                "yes" if flow.transit else "no",
                flow.month,
                flow.tonnes,
                moved,
                float(found.unmet[k]),
                float(money[k] / moved) if moved else None,
                float(hours[k] / moved / 24) if moved else None,
                len(ways[k]),
            )
        )
    return Table("flows", FLOW_COLUMNS, tuple(rows))


def capacity_table(found: Carried) -> Table:
    """By capacity, in the order of the resources; a part that no limit sets this year has no tonnes."""
    carriage = found.carriage
    transit = np.zeros(len(carriage.resources))
    use = carriage.use()
    for piece in pieces(found):
        if found.flows[piece.flow].transit:
            transit += piece.tonnes * np.asarray(use[list(piece.path)].sum(axis=0)).ravel()
    months: list[list[int]] = [[] for _ in carriage.resources]
    for spell, each in zip(found.spells, found.solved, strict=True):
        there = carriage.capacities(spell.shares)
        # What a limit closes is closed, not full; a capacity of nothing that goods want is.
        full = (each.used >= FULL * there) & np.isfinite(there) & ((there > 0) | (each.duals > 0))
        for r in np.flatnonzero(full).tolist():
            months[r] += spell.months
    names = {limit.id: limit.name for limit in carriage.network.limits}
    rows = []
    for r, resource in enumerate(carriage.resources):
        used, whole = float(found.used[r]), float(found.capacity[r])
        capacity = whole if math.isfinite(whole) else None
        name = subject_name(found.network, resource.subject)
        origin = carriage.resources[carriage.behind(r)]
        part = whole / origin.capacity if origin.capacity and capacity is not None else None
        rows.append(
            (
                resource.subject,
                resource.way.lstrip(":"),
                f"{name}: {names[resource.limit]}" if resource.limit else name,
                capacity,
                None if part is None else origin.low * part,
                None if part is None else origin.high * part,
                used,
                float(transit[r]),
                used / capacity if capacity else None,
                "yes" if months[r] else "no",
                span(months[r]) if len(months[r]) < MONTHS else "",
                None if np.isnan(found.saved[r]) else float(found.saved[r]),
                resource.basis,
                ";".join(resource.sources),
            )
        )
    return Table("capacities", CAPACITY_COLUMNS, tuple(rows))


def subject_name(network: Network, subject: str) -> str:
    """What a planner calls it: the name of a node, the ends of the rest."""
    if subject in network.nodes:
        return network.nodes[subject].name
    if subject in network.services:
        return network.services[subject].name
    link = network.legs.get(subject) or network.transfers[subject]
    start, end = network.nodes[link.start].name, network.nodes[link.end].name
    if subject in network.legs:
        return f"{start}–{end}, {network.legs[subject].mode}"
    transfer = network.transfers[subject]
    place = start if start == end else f"{start}–{end}"
    goods = "" if "all" in transfer.packagings else f" ({', '.join(transfer.packagings)})"
    by = f"{transfer.from_mode} " if transfer.kind == "border" else ""
    return f"{place}, {by}{transfer.kind.replace('_', ' ')}{goods}"


def load_table(found: Carried) -> Table:
    """By leg and direction."""
    network, loads = found.network, dict[tuple[str, bool], list[float]]()
    for piece in pieces(found):
        for arc in found.carriage.running(piece.path):
            if arc.kind not in RUNS:
                continue
            for each in legs_of(network, arc):
                loads.setdefault(each, [0.0, 0.0])[found.flows[piece.flow].transit] += piece.tonnes
    rows = []
    for (name, forward), (own, transit) in loads.items():
        leg = network.legs[name]
        start, end = (leg.start, leg.end) if forward else (leg.end, leg.start)
        rows.append((name, leg.mode, start, end, own, transit))
    rows.sort(key=lambda row: (-(row[4] + row[5]), row[0], row[2]))
    return Table("loads", LOAD_COLUMNS, tuple(rows))


def path_table(found: Carried) -> Table:
    """By flow and path."""
    rows = []
    for piece in pieces(found):
        flow, arcs = found.flows[piece.flow], found.carriage.running(piece.path)
        via = dict.fromkeys(found.network.nodes[arc.head[0]].name for arc in arcs[:-1])
        rows.append(
            (
                flow.origin,
                flow.destination,
                flow.commodity,
                ";".join(map(str, found.spells[piece.spell].months)),
                found.carriage.arcs[piece.path[0]][0],
                piece.tonnes,
                ", ".join(via),
                piece.freight,
                piece.hours / 24,
            )
        )
    return Table("paths", PATH_COLUMNS, tuple(rows))


def flow_checks(found: Carried) -> Iterator[Check]:
    """What has no path, what stays, and what the answer leaves out."""
    seen = set()
    for check in (check for each in found.solved for check in each.checks):
        # Of a single flow there is a sentence of its own below.
        if not check.where and check.message not in seen:
            seen.add(check.message)
            yield Check(check.name, check.severity, "corridor", check.message)
    free = found.carriage.reachable()
    for k, flow in enumerate(found.flows):
        where = f"{flow.commodity}, {flow.origin} to {flow.destination}"
        if not free[k]:
            message = "no way of the network carries it: see `tarazu corridor routes`."
            yield Check.error("no-path", where, message)
        elif found.moved[k] < LOST * flow.tonnes:
            message = "stay: capacities are full, a link is closed, or the detour costs more than the margin."
            yield Check.warning("unmet", where, f"{found.unmet[k]:,.0f} t a year {message}")
    yield from _capacity_checks(found)
    held = {name for spell in found.spells for name in spell.shares}
    passed = {s for each in pieces(found) for arc in found.carriage.running(each.path) for s in arc.touches}
    limits = (each for each in found.network.limits if each.id in held and each.subject in passed)
    yield from idle_limits(found.carriage, limits)
    yield from demurrage_checks(found)
    counted = (MISSING_COST, MISSING_TIME)  # emissions have no part in what is assigned
    arcs = (arc for _, arc in found.carriage.arcs if arc)
    missing = sorted({f"{what} of {arc.id}" for arc in arcs for what in arc.missing if what in counted})
    if missing:
        listed = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        yield Check.warning("unknown-values", "corridor", f"not known, counted as nothing: {listed}.")


def _capacity_checks(found: Carried) -> Iterator[Check]:
    """What passes because nobody knows a capacity, and what judgements alone hold."""
    moved = float(found.moved[found.bilateral].sum())
    if found.unknown_t:
        largest = sorted(found.unknown, key=lambda name: -found.unknown[name])
        message = (
            f"{amount(found.unknown_t)} of {amount(moved)} pass links whose capacity nobody knows, as if "
            f"it were endless: {', '.join(largest[:5])}{' and others' if len(largest) > 5 else ''}. "
            "Give them one in values.csv."
        )
        yield Check.warning("unknown-capacity", "corridor", message)
    if found.judged_t:
        stated = sum(each.stated for each in found.carriage.resources)
        message = (
            f"{amount(found.judged_t)} of {amount(moved)} pass no capacity that a source states; of "
            f"{len(found.carriage.resources)} capacities {stated} are stated or claimed, the others are judgements."
        )
        yield Check.note("judged-capacity", "corridor", message)


def idle_limits(carriage: Carriage, limits: Iterable[Limit]) -> Iterator[Check]:
    """Limits that leave a share of a capacity nobody knows: nothing can be taken from it."""
    for limit in limits:
        part = any(0 < share_of(limit, month) < 1 for month in limit.months)
        if not carriage.limited(limit.subject) and (
            0 < limit.capacity_factor < 1 or (part and limit.capacity_factor < 1)
        ):
            message = f"{limit.name}: a share of an unknown capacity takes nothing away. "
            message += f"Give {limit.subject} a capacity in values.csv."
            yield Check.warning("no-known-capacity", limit.subject, message)


def load_geojson(found: Carried) -> dict[str, Any]:
    """Loaded legs as lines, full ones marked."""
    full = set(found.bottlenecks.column("subject"))
    features = []
    for row in found.loads:
        way = FORWARD if found.network.legs[row["leg"]].start == row["from"] else BACKWARD
        properties = {**row, "way": way.lstrip(":"), "full": row["leg"] in full}
        features.append(feature(line(found.network, [row["from"], row["to"]]), properties))
    return {"type": "FeatureCollection", "features": features}


def carried_dict(found: Carried) -> dict[str, Any]:
    """JSON-ready values."""
    own = found.bilateral
    return {
        "network": found.network.name,
        "scenarios": list(found.scenarios),
        "bilateral": {"moved_t": float(found.moved[own].sum()), "unmet_t": float(found.unmet[own].sum())},
        "transit": {"moved_t": float(found.moved[~own].sum()), "unmet_t": float(found.unmet[~own].sum())},
        "transport_usd": found.transport_usd,
        "cost_usd": found.cost_usd,
        "relative_gap": found.gap,
        "flows": found.table.records(),
        "bottlenecks": found.bottlenecks.records(),
        "capacities": found.capacities.records(),
        "loads": found.loads.records(),
        "paths": found.paths.records(),
        "fleet": found.fleet.records(),
        "demurrage": found.demurrage.records(),
        "checks": [
            {"name": c.name, "severity": str(c.severity), "where": c.where, "message": c.message}
            for c in found.checks
        ],
    }
