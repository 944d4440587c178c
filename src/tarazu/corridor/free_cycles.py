"""Ways of legs and transfers round which goods could go for ever at no cost and in no time.

No search ends in one, since each place is entered once; but a figure is missing, and routes through it look better
than they are. A link is free where its cost and its time are stated as zero, by itself or by the default of its kind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping

from tarazu.core.checks import Check
from tarazu.corridor.facts import ANY
from tarazu.corridor.network import Leg, Network, Transfer


def free_cycles(network: Network, where: Callable[..., str]) -> Iterator[Check]:
    """Every way round, each link named once.

    Parameters
    ----------
    where
        Place in the files of a table's row, by table, id and column.
    """
    onward: dict[Hashable, list[tuple[str, str, Hashable]]] = {}
    links: list[tuple[str, Leg | Transfer]] = [("legs", leg) for leg in network.legs.values()]
    links += [("transfers", transfer) for transfer in network.transfers.values()]
    for table, each in links:
        for (tail, head), forward in zip(_vertex_pairs(each), (True, False), strict=False):
            if _is_free(network, each, forward):
                onward.setdefault(tail, []).append((table, each.id, head))
    told: set[str] = set()
    for tail, arcs in onward.items():
        for table, name, head in arcs:
            back = None if name in told else _way(onward, head, tail)
            if back is None:
                continue
            round_ = list(dict.fromkeys([(table, name), *back]))
            told |= {each for _, each in round_}
            yield _named(where, round_)


def _named(where: Callable[..., str], round_: list[tuple[str, str]]) -> Check:
    (table, name), *others = round_
    if others:
        names = ", ".join(f"{each} ({where(kind, each)})" for kind, each in round_)
        message = f"goods can go round for ever at no cost and in no time: {names}. Give one of them its cost or time."
    else:
        message = (
            f"{name} costs nothing and takes no time there and back: goods can go round for ever. "
            "Give it its cost or time."
        )
    return Check.warning("free-cycle", where(table, name, "id"), message)


def _is_free(network: Network, each: Leg | Transfer, forward: bool) -> bool:
    """Whether it costs nothing and takes no time, by its own values or, for a transfer, its kind's."""
    of = {
        name: network.facts.of(each.id, name, forward)
        for name in ("cost", "time", "rate", "length", "wait", "headway")
    }
    if isinstance(each, Transfer):
        land = network.nodes[each.start].country
        for name in ("cost", "time"):
            of[name] = of[name] or network.facts.default(name, each.kind, land, ANY)
    if any(quantity.value > 0 for name in ("wait", "headway") if (quantity := of[name])):
        return False
    zero = {name for name, quantity in of.items() if quantity is not None and quantity.value == 0}
    free_of_charge = "cost" in zero or (of["cost"] is None and bool(zero & {"rate", "length"}))
    at_once = "time" in zero or (of["time"] is None and "length" in zero)
    return free_of_charge and at_once


def _vertex_pairs(each: Leg | Transfer) -> Iterator[tuple[Hashable, Hashable]]:
    if isinstance(each, Leg):
        ends = ((each.start, each.mode, each.gauge), (each.end, each.mode, each.gauge))
    else:
        ends = ((each.start, each.from_mode, each.from_gauge), (each.end, each.to_mode, each.to_gauge))
    yield ends
    if not each.one_way:
        yield ends[1], ends[0]


def _way(
    onward: Mapping[Hashable, list[tuple[str, str, Hashable]]], start: Hashable, end: Hashable
) -> list[tuple[str, str]] | None:
    """Table and id of each arc of a shortest way from start to end, none where they are one; None without a way."""
    ways: dict[Hashable, list[tuple[str, str]]] = {start: []}
    queue = deque([start])
    while queue and end not in ways:
        at = queue.popleft()
        for table, name, head in onward.get(at, ()):
            if head not in ways:
                ways[head] = [*ways[at], (table, name)]
                queue.append(head)
    return ways.get(end)
