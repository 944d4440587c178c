"""Links of one line that cost the same if they are closed, put together for reading.

A line without another way is lost by any one of its legs, borders and stations: one row says so, and not a dozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tarazu.core.table import Table

if TYPE_CHECKING:
    from tarazu.corridor.network import Network

EFFECTS = ("lost_t", "lost_value_usd", "cost_change_usd_t", "days_change", "loss_usd", "transit_loss_usd")
DIGITS = 6  # significant ones to which effects are the same
MOST_NAMED = 4  # places of a line that are named
Row = dict[str, Any]


def lines(network: Network, links: Table) -> Iterator[tuple[str, str, Row]]:
    """Name, ids and figures of each group of links that hang together and have the same effect, in their order."""
    order = {row["subject"]: place for place, row in enumerate(links)}
    groups: list[list[Row]] = []
    alike: dict[tuple[Any, ...], list[Row]] = {}
    for row in links:
        alike.setdefault(_effect(row), []).append(row)
    for rows in alike.values():
        groups += _joined(network, rows)
    for group in sorted(groups, key=lambda each: order[each[0]["subject"]]):
        yield _name(network, group), _ids(network, group), group[0]


def _effect(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(None if (value := row.get(key)) is None else float(f"{value:.{DIGITS}g}") for key in EFFECTS)


def _joined(network: Network, rows: Sequence[Row]) -> list[list[Row]]:
    """Rows whose links share a place or, of two places, have a leg or transfer between them; each in their order."""
    group = {row["subject"]: row["subject"] for row in rows}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    at: dict[str, str] = {}
    for name in group:
        for place in _ends(network, name):
            group[root(name)] = root(at.setdefault(place, name))
    for start, end, _ in _between(network, [name for name in group if name in network.nodes]):
        group[root(start)] = root(end)
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(root(row["subject"]), []).append(row)
    return list(found.values())


def _ends(network: Network, subject: str) -> tuple[str, ...]:
    if subject in network.nodes:
        return (subject,)
    link = network.legs.get(subject) or network.transfers.get(subject)
    return (link.start, link.end) if link else ()


def _between(network: Network, subjects: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Ends and mode of what joins two places of a group, and of the links in it."""
    named = set(subjects)
    for leg in network.legs.values():
        if leg.id in named or {leg.start, leg.end} <= named:
            yield leg.start, leg.end, leg.mode
    for each in network.transfers.values():
        if each.start != each.end and (each.id in named or {each.start, each.end} <= named):
            yield each.start, each.end, each.from_mode


def _name(network: Network, group: Sequence[Row]) -> str:
    if len(group) == 1:
        return str(group[0]["name"])
    joining = list(_between(network, [row["subject"] for row in group]))
    way = _way(joining)
    if len(way) < 2:
        return f"{group[0]['name']} ({len(group)} links)"
    places = [network.nodes[name].name for name in way]
    if len(places) > MOST_NAMED:
        places = [*places[: MOST_NAMED - 2], "…", places[-1]]
    modes = ", ".join(dict.fromkeys(mode for _, _, mode in joining))
    return f"{modes} {'–'.join(places)} ({len(group)} links)"


def _way(joining: Iterable[tuple[str, str, str]]) -> list[str]:
    """Places in the order of a line, from one of its ends; of a net with branches the longest way found from there."""
    beside: dict[str, list[str]] = {}
    for start, end, _ in joining:
        beside.setdefault(start, []).append(end)
        beside.setdefault(end, []).append(start)
    best: list[str] = []
    for first in [name for name, others in beside.items() if len(set(others)) == 1] or list(beside)[:1]:
        way = [first]
        while onward := [name for name in beside[way[-1]] if name not in way]:
            way.append(onward[0])
        best = max(best, way, key=len)
    return best


def _ids(network: Network, group: Sequence[Row]) -> str:
    """The id of a leg or transfer first: it closes the line and not what meets there."""
    subjects: list[str] = sorted((row["subject"] for row in group), key=lambda name: name in network.nodes)
    return subjects[0] + (f" +{len(subjects) - 1}" if len(subjects) > 1 else "")
