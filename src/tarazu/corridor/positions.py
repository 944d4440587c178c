"""Where places lie against what is said of them: lengths, latitude and longitude that changed places, countries.

A leg cannot be shorter than the great circle between its ends; one far longer is usually metres written as
kilometres, or a coordinate whose latitude and longitude changed places. A length of so many kilometres that it can
only be metres is left out, and the coordinates count; a leg whose length and ends contradict each other in any other
way is left out itself, since nobody can know which of them is wrong. Nothing is mended in silence.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tarazu.core.checks import Check
from tarazu.core.schema import DATA
from tarazu.corridor.network import Leg, Network, Node, distance_km

SHORTEST = 0.97  # of the great circle: coordinates are given to two decimals or read off a map
SLACK_KM = 5.0  # for the same reason
LONGEST = 6.0  # times the great circle; no leg of a bundled network comes near
METRES = 100.0  # a length this many times the great circle is metres taken for kilometres
SWAPPED_KM, SWAPPED = 500.0, 0.2  # a node so far from all its neighbours, and so much nearer if turned round
BORDER = 0.5  # degrees by which a place may lie outside the box of its country: outlines are simplified
OUT = "The leg is left out until that is done."

Where = Callable[..., str]  # place in the files of a table's row, by table, id and column


@dataclass(frozen=True, slots=True)
class Misplaced:
    """What cannot be used, and why.

    Attributes
    ----------
    legs
        Legs whose length and ends contradict each other, or that end at a place that is not where it should be.
    """

    legs: frozenset[str]
    checks: tuple[Check, ...]


def lengths_in_metres(network: Network) -> tuple[str, ...]:
    """Legs whose stated length can only be metres: it is left out, as the checks say."""
    return tuple(
        name
        for name, leg in network.legs.items()
        if (length := network.facts.of(name, "length"))
        and length.value > METRES * max(_direct(network, leg), 1.0)
    )


def misplaced(network: Network, where: Where, value: Where) -> Misplaced:
    """Everything that lengths and coordinates say against each other.

    Parameters
    ----------
    where, value
        Place of a table's row by table, id and column; of a row of values.csv by subject and attribute.
    """
    legs: set[str] = set()
    abroad = {node.id for node in network.nodes.values() if _turned_abroad(node)}
    checks = [
        _turned(where, network.nodes[name], f"{name} lies outside {network.nodes[name].country}.", "legs")
        for name in abroad
    ]
    for leg, check in _lengths(network, where, value):
        checks += [check]
        legs |= {leg} if leg else set()
    for name, check in _coordinates(network, where, abroad):
        checks.append(check)
        abroad.add(name)
    legs |= {leg.id for leg in network.legs.values() if {leg.start, leg.end} & abroad}
    return Misplaced(frozenset(legs), (*checks, *_outside(network, where, abroad)))


def _direct(network: Network, leg: Leg) -> float:
    a, b = network.nodes[leg.start], network.nodes[leg.end]
    return distance_km((a.lat, a.lon), (b.lat, b.lon))


def _lengths(network: Network, where: Where, value: Where) -> Iterator[tuple[str, Check]]:
    """The leg that is left out, or nothing where only its length is, and what is to be said."""
    metres = set(lengths_in_metres(network))
    for leg in network.legs.values():
        direct, length = _direct(network, leg), network.facts.of(leg.id, "length")
        if length is None:
            if network.facts.of(leg.id, "time") is None or network.facts.of(leg.id, "cost") is None:
                message = (
                    f"{leg.id} has no length in values.csv: the great circle of {direct:.0f} km is taken, times "
                    f"the factor of defaults.csv for {leg.mode} where there is one."
                )
                yield "", Check.warning("no-length", where("legs", leg.id, "id"), message)
        elif leg.id in metres:
            message = (
                f"{leg.id}: {length.value:,.0f} km between {leg.start} and {leg.end}, which lie {direct:.0f} km apart. "
                "Lengths are kilometres: are these metres? The length is left out and the great circle taken."
            )
            yield "", Check.error("length-unit", value(leg.id, "length"), message)
        elif length.high < SHORTEST * direct - SLACK_KM or length.value > LONGEST * direct + SLACK_KM:
            yield leg.id, _misfit(network, (where, value), leg, length.value, direct)


def _misfit(network: Network, places: tuple[Where, Where], leg: Leg, length: float, direct: float) -> Check:
    text = (
        f"{leg.id} is {length:,.4g} km long, but {leg.start} and {leg.end} lie {direct:,.0f} km apart by their "
        "coordinates."
    )
    for name, other in ((leg.start, leg.end), (leg.end, leg.start)):
        node, far = network.nodes[name], network.nodes[other]
        if abs(node.lon) <= 90:
            swapped = distance_km((node.lon, node.lat), (far.lat, far.lon))
            if SHORTEST * swapped - SLACK_KM <= length <= LONGEST * swapped:
                return _turned(places[0], node, text, "leg")
    fits = SHORTEST * direct <= 1000 * length <= LONGEST * direct
    metres = f" Is the unit right? {1000 * length:,.4g} km would fit." if fits else ""
    advice = f"{text}{metres} Correct the length or a coordinate in nodes.csv. {OUT}"
    return Check.error("length-and-coordinates", places[1](leg.id, "length"), advice)


def _turned(where: Where, node: Node, text: str, what: str) -> Check:
    out = OUT if what == "leg" else "Its legs are left out until that is corrected."
    message = f"{text} Latitude and longitude of {node.id} look swapped: lat {node.lon:g}, lon {node.lat:g} fits. {out}"
    return Check.error("length-and-coordinates", where("nodes", node.id, "lat"), message)


def _coordinates(network: Network, where: Where, known: Iterable[str]) -> Iterator[tuple[str, Check]]:
    """Nodes far from all their neighbours that lie near them if latitude and longitude change places."""
    neighbours: dict[str, set[str]] = {}
    for leg in network.legs.values():
        if network.facts.of(leg.id, "length") is None:  # a stated length is the better evidence
            neighbours.setdefault(leg.start, set()).add(leg.end)
            neighbours.setdefault(leg.end, set()).add(leg.start)
    told = set(known)
    far = {
        name: km
        for name in neighbours
        if name not in told
        and not neighbours[name] & told
        and (km := _turned_away(network, name, neighbours[name]))
    }
    for name, km in far.items():
        # The last place on a line looks as swapped as its only neighbour: who has more neighbours is to blame.
        if all(len(neighbours[other]) <= len(neighbours[name]) for other in neighbours[name] & far.keys()):
            text = f"{name} lies {km:,.0f} km from its nearest neighbour."
            yield name, _turned(where, network.nodes[name], text, "legs")


def _turned_away(network: Network, name: str, others: Iterable[str]) -> float | None:
    """Kilometres to the nearest neighbour, where all would be near if the coordinates were turned round."""
    node = network.nodes[name]
    if abs(node.lon) > 90:
        return None
    spots = [(network.nodes[other].lat, network.nodes[other].lon) for other in others]
    now = min(distance_km((node.lat, node.lon), spot) for spot in spots)
    turned = max(distance_km((node.lon, node.lat), spot) for spot in spots)
    return now if now > SWAPPED_KM and turned < SWAPPED * now else None


@cache
def boxes() -> Mapping[str, tuple[float, float, float, float]]:
    """South, west, north and east of each country in degrees (``data/geography/boxes.csv``)."""
    with (DATA / "geography" / "boxes.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {name: (float(s), float(w), float(n), float(e)) for name, s, w, n, e in rows}


def _in_country(country: str, lat: float, lon: float) -> bool:
    """Whether a point may lie in a country; of one whose outline is not known any may."""
    box = boxes().get(country)
    if box is None:
        return True
    south, west, north, east = box
    inside = (west - BORDER <= each <= east + BORDER for each in (lon, lon + 360))
    return south - BORDER <= lat <= north + BORDER and any(inside)


def _turned_abroad(node: Node) -> bool:
    """Whether a place lies outside its country and would lie in it if latitude and longitude changed places."""
    return (
        abs(node.lon) <= 90
        and not _in_country(node.country, node.lat, node.lon)
        and _in_country(node.country, node.lon, node.lat)
    )


def _outside(network: Network, where: Where, told: Iterable[str]) -> Iterator[Check]:
    for node in network.nodes.values():
        # Ports of call may be named by the country that owns them; hence a warning.
        if node.id not in told and not _in_country(node.country, node.lat, node.lon):
            message = (
                f"{node.id} lies outside {node.country} by its coordinates, {node.lat:g},{node.lon:g}. "
                "Correct them or the country."
            )
            yield Check.warning("outside-country", where("nodes", node.id, "lat"), message)
