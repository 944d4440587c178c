"""The map of loads at the target: choke points and borders are named first, and what is full says when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tarazu.core.table import Column, Table
from tarazu.planning.words import percent
from tarazu.report.document import Figure

if TYPE_CHECKING:
    from tarazu.corridor.network import Network
    from tarazu.planning.transport import Transport

LABELLED = 18  # places named on the map
CHOKES = 5  # of the bottlenecks, those whose places are named before all others
SHAPES = "Shapes: Natural Earth; borders imply no opinion."
NODE_COLUMNS = ("id", "name", "lat", "lon", "kind", "label", "binding", "note")
LINK_COLUMNS = ("from_lat", "from_lon", "to_lat", "to_lon", "mode", "load_t", "capacity_t", "binding", "note")


def loads_map(found: Transport) -> Figure:
    """Loads with the median flows; full legs and places marked with their months, the first choke point named."""
    network = found.network
    full = {row["subject"]: row["full_in"] for row in found.at_target.median.bottlenecks}
    busy, links = _links(found, full)
    places = _full_places(network, full)
    first, most = _first_choke(found)
    named = _named(found, busy)
    nodes = []
    for name in sorted(busy, key=lambda each: named.index(each) if each in named else len(named)):
        node, label = network.nodes[name], "yes" if name in named else "no"
        note = most if name == first else ""
        binding = "yes" if name in places or name == first else "no"
        nodes.append((node.id, node.name, node.lat, node.lon, node.kind, label, binding, note))
    return Figure(
        "transport-map",
        "map",
        "The loads at the target",
        "Tonnes a year over each leg with the median flows at the target, third countries' included. A cased line is "
        "full in some month, a ringed place has a border, yard, berth or terminal that is; months are numbers. "
        "Lines join places straight, not along the track.",
        "tonnes a year",
        f"Network {network.name}. {SHAPES}",
        {
            "nodes": figure_table("transport_map_nodes", NODE_COLUMNS, nodes),
            "links": figure_table("transport_map_links", LINK_COLUMNS, links),
        },
    )


def figure_table(name: str, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> Table:
    """Data of a picture."""
    return Table(name, tuple(Column(column) for column in columns), tuple(rows))


def _links(found: Transport, full: dict[str, str]) -> tuple[dict[str, float], list[tuple[Any, ...]]]:
    """Tonnes by place, and the rows of the loaded legs, both directions in one."""
    network = found.network
    loads: dict[tuple[str, str], float] = {}
    for row in found.at_target.median.loads:
        key = row["leg"], row["mode"]
        loads[key] = loads.get(key, 0.0) + row["bilateral_t"] + row["transit_t"]
    busy: dict[str, float] = {}
    links = []
    for (leg_id, mode), tonnes in loads.items():
        leg = network.legs[leg_id]
        a, b = network.nodes[leg.start], network.nodes[leg.end]
        for node in (a, b):
            busy[node.id] = busy.get(node.id, 0.0) + tonnes
        capacity = network.facts.of(leg_id, "capacity")
        binding = "yes" if leg_id in full else "no"
        note = _when(full[leg_id]) if leg_id in full else ""
        size = capacity.value if capacity else None
        links.append((a.lat, a.lon, b.lat, b.lon, mode, tonnes, size, binding, note))
    return busy, links


def _when(months: str) -> str:
    """In which months: ``full`` all the year, ``full in 1-2, 12`` else."""
    return f"full in {months.replace(';', ', ')}" if months else "full"


def _ends(network: Network, subject: str) -> tuple[str, ...]:
    """Places of a node or transfer; none of a leg or service, which is a line."""
    if subject in network.nodes:
        return (subject,)
    transfer = network.transfers.get(subject)
    return (transfer.start, transfer.end) if transfer else ()


def _full_places(network: Network, full: dict[str, str]) -> set[str]:
    return {name for subject in full for name in _ends(network, subject)}


def _first_choke(found: Transport) -> tuple[str, str]:
    """Place of the capacity that the text names, and what the map says there; empty where nothing is full."""
    row = next(iter(found.bottlenecks), None)
    if row is None:
        return "", ""
    network, subject = found.network, row["subject"]
    leg = network.legs.get(subject)
    ends = _ends(network, subject) or ((leg.start, leg.end) if leg else ())
    return (ends[0] if ends else ""), f"chokes most: full in {percent(row['full_share'])} of draws"


def _named(found: Transport, busy: dict[str, float]) -> list[str]:
    """Places to name: of the first choke points, then borders, ports and junctions, the busiest first."""
    network = found.network
    names: list[str] = []
    for row in list(found.bottlenecks)[:CHOKES]:
        leg = network.legs.get(row["subject"])
        names += _ends(network, row["subject"]) or ((leg.start, leg.end) if leg else ())
    rank = {"border": 0, "port": 1}
    by_load = sorted(busy, key=lambda name: -busy[name])
    middle = by_load[: LABELLED // 3]  # junctions that carry most are named whatever they are
    others = sorted(by_load, key=lambda name: rank.get(network.nodes[name].kind, 2))
    ordered = [*names, *_alternate(others, middle)]
    return [name for name in dict.fromkeys(ordered) if name in busy][:LABELLED]


def _alternate(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Two of the first, one of the second, and so on."""
    rest, out = list(other), []
    for place, name in enumerate(one):
        out.append(name)
        if place % 2 and rest:
            out.append(rest.pop(0))
    return out + rest
