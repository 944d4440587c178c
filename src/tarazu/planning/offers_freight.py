"""Freight and days of the cheapest way between places, for many pairs of places at once.

For each commodity and packaging the routing graph is built once, and Dijkstra's algorithm gives the cheapest way from
each origin to all places; of the packagings the cheapest counts. `Network.routes` gives the whole Pareto set of one
pair and agrees with the cost found here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tarazu.core.errors import NetworkError

if TYPE_CHECKING:
    from tarazu.corridor.graph import Graph
    from tarazu.corridor.network import Commodity, Network

Way = tuple[str, str, str]  # origin, destination, commodity


@dataclass(frozen=True, slots=True)
class Haul:
    """The cheapest way of one tonne.

    Attributes
    ----------
    freight_usd_t, days
        From door to door, handling and waiting included.
    missing
        How many values on it are unknown and counted as nothing.
    """

    freight_usd_t: float
    days: float
    packaging: str
    missing: int


def cheapest_hauls(network: Network, ways: Iterable[Way]) -> Mapping[Way, Haul]:
    """The cheapest way of each origin, destination and commodity (ids); absent where no route joins the two."""
    wanted: dict[tuple[str, str], set[tuple[str, str]]] = {}
    found: dict[Way, Haul] = {}
    for origin, destination, commodity in ways:
        if origin == destination:
            found[origin, destination, commodity] = Haul(0.0, 0.0, "none", 0)
            continue
        direction = f"{network.nodes[origin].country}->{network.nodes[destination].country}"
        wanted.setdefault((commodity, direction), set()).add((origin, destination))
    for (name, direction), places in sorted(wanted.items()):
        good = network.commodities[name]
        for packaging in good.packagings:
            for (origin, destination), haul in _hauls(network, good, packaging, direction, places).items():
                way = origin, destination, name
                if way not in found or haul.freight_usd_t < found[way].freight_usd_t:
                    found[way] = haul
    return found


def _hauls(
    network: Network, good: Commodity, packaging: str, direction: str, places: set[tuple[str, str]]
) -> dict[tuple[str, str], Haul]:
    from tarazu.corridor.graph import Trip, build

    try:
        graph = build(network, Trip(good, packaging, direction=direction))
    except NetworkError:  # nothing carries this packaging
        return {}
    return _cheapest(network, graph, sorted(places))


def _cheapest(network: Network, graph: Graph, places: list[tuple[str, str]]) -> dict[tuple[str, str], Haul]:
    from tarazu.corridor.routes import forming_wait
    from tarazu.corridor.shortest_trees import links, paths, trees

    weight = np.array([arc.cost_usd_t for arc in graph.arcs])
    joined = links(graph.tail, graph.head, len(graph.vertices))
    at = {name: graph.of_node(name) for pair in places for name in pair}
    starts = np.array(sorted({v for origin, _ in places for v in at[origin]}), np.int64)
    if not len(starts):
        return {}
    grown, row_of = trees(joined, weight, starts), {int(v): row for row, v in enumerate(starts)}
    best: list[tuple[tuple[str, str], int, int]] = []
    for origin, destination in places:
        options = [(grown.distance[row_of[v], w], v, w) for v in at[origin] for w in at[destination]]
        cost, start, end = min(options, default=(np.inf, -1, -1))
        if np.isfinite(cost):
            best.append(((origin, destination), start, end))
    if not best:
        return {}
    rows = np.array([row_of[start] for _, start, _ in best], np.int64)
    first, arcs = paths(joined, grown, rows, np.array([end for _, _, end in best], np.int64))
    found = {}
    for number, (pair, start, end) in enumerate(best):
        steps = [graph.arcs[k] for k in arcs[first[number] : first[number + 1]].tolist()]
        hours = forming_wait(network, graph.trip, graph.vertices[start]) + sum(arc.time_h for arc in steps)
        gaps = sum(len(set(arc.missing)) for arc in steps)
        cost = float(grown.distance[rows[number], end])
        found[pair] = Haul(cost, hours / 24, graph.trip.packaging, gaps)
    return found
