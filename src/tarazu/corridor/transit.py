"""Goods of third countries that a network itself knows (transit.csv): they use the capacities of the pair's goods.

A table of one's own flows need not name them. Left out, the pair's goods find more room than there is; a note says
so, and they can be added.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tarazu.core.checks import Check
from tarazu.core.measure import Interval
from tarazu.corridor.carriage import Flow
from tarazu.corridor.flows import read_flows
from tarazu.corridor.network import Network


def transit_flows(network: Network) -> tuple[Flow, ...]:
    """Tonnes a year of transit.csv; rows of places or goods that the network lacks are left out, as its checks say."""
    return tuple(flow for flow, _ in transit_ranges(network))


def transit_ranges(network: Network) -> tuple[tuple[Flow, Interval], ...]:
    """The same, each with the 80% interval of its tonnes: one value where none is stated."""
    found = []
    for row in network.tables["transit"]:
        start, end = (network.nodes.get(row[side]) for side in ("origin", "destination"))
        if start is None or end is None or start is end or row["commodity"] not in network.commodities:
            continue
        direction = f"{start.country}->{end.country}"
        flow = Flow(start.id, end.id, row["commodity"], row["tonnes"], None, True, direction)
        low, high = row["low"] or flow.tonnes, row["high"] or flow.tonnes
        found.append((flow, Interval(low, flow.tonnes, high)))
    return tuple(found)


def with_transit(network: Network, source: Any) -> tuple[list[Flow], tuple[Check, ...]]:
    """Flows as `read_flows` takes them and, beside these, what the network knows of third countries.

    A flow of transit.csv is not added where the table has third countries' goods of the same places and commodity.

    Raises
    ------
    NetworkError
        As of `read_flows`.
    """
    flows, checks = read_flows(network, source)
    named = {(flow.origin, flow.destination, flow.commodity) for flow in flows if flow.transit}
    more = [f for f in transit_flows(network) if (f.origin, f.destination, f.commodity) not in named]
    return [*flows, *more], checks


def transit_left_out(network: Network, flows: Iterable[Flow]) -> Check | None:
    """A note of the third countries' goods that the network knows and the flows lack, by places and commodity."""
    named = {(flow.origin, flow.destination, flow.commodity) for flow in flows if flow.transit}
    known = [
        flow
        for flow in transit_flows(network)
        if (flow.origin, flow.destination, flow.commodity) not in named
    ]
    if not known:
        return None
    tonnes = sum(flow.tonnes for flow in known)
    many = f"{len(known)} flows" if len(known) > 1 else "a flow"
    ways = [f"{flow.commodity} {flow.origin}-{flow.destination}" for flow in known]
    listed = f" ({', '.join(ways)})" if named else ""
    message = (
        f"the network knows {many} of third countries, {tonnes / 1e3:,.0f} kt a year, that use the same "
        f"capacities and are not among these flows{listed}: the answer is without them."
    )
    return Check.note("transit-left-out", "transit.csv", message)
