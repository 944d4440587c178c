"""A transport network as data: nodes, legs, transfers, services, limits, tariffs, projects, commodities.

A network is a folder of CSV files (docs/corridor-network.md), or one GeoJSON file that holds the same tables.
Every number has its interval, unit and source. Rows that cannot be used are left out and named in `checks`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tarazu.core.checks import Check
from tarazu.core.errors import NetworkError
from tarazu.core.names import normalise, transliterate
from tarazu.core.table import Table
from tarazu.corridor.coordinates import coordinate
from tarazu.corridor.coordinates import decimal_degrees as decimal_degrees  # read from here as well
from tarazu.corridor.facts import ANY, BACKWARD, CAPACITY, FORWARD, Facts, Quantity

if TYPE_CHECKING:
    from tarazu.corridor.disruption import Disruptions
    from tarazu.corridor.expanding import Expanding
    from tarazu.corridor.flows import Carried
    from tarazu.corridor.routes import Routes

EARTH_KM = 6371.0088  # mean radius, IUGG
TOLERANCE_KM = 25.0  # a coordinate further than this from every node is an error, never snapped
ALL = "all"
NAME_LENGTH = 100  # letters of a misspelt name that are compared
NEAR = 0.6  # least likeness of a place that is named for a name that is none
ALIKE = 0.7  # least likeness of a name of another script to the one it spells
SKELETON = 3  # least consonants of such a name


@dataclass(frozen=True, slots=True)
class Node:
    """A place: a station, port, border post, terminal, free zone or city."""

    id: str
    name: str
    country: str
    kind: str
    lat: float
    lon: float
    aliases: tuple[str, ...]
    status: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of one mode between two nodes."""

    id: str
    mode: str
    start: str
    end: str
    gauge: int | None
    service_only: bool
    one_way: bool
    note: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """What happens between two legs: a border, a gauge change, a port call, a terminal."""

    id: str
    kind: str
    start: str
    end: str
    from_mode: str
    to_mode: str
    from_gauge: int | None
    to_gauge: int | None
    packagings: tuple[str, ...]
    one_way: bool
    note: str


@dataclass(frozen=True, slots=True)
class Service:
    """A line that runs legs in order, at a headway or by a timetable.

    Attributes
    ----------
    departures
        Hours of the week (Monday 00:00 UTC is 0), empty where only the headway is known.
    """

    id: str
    name: str
    legs: tuple[str, ...]
    packagings: tuple[str, ...]
    departures: tuple[float, ...]
    valid_from: date | None
    valid_to: date | None
    note: str


@dataclass(frozen=True, slots=True)
class Limit:
    """What takes capacity, payload or time: in some months, between days, or in a named disruption."""

    id: str
    scenario: str
    name: str
    subject: str
    kind: str
    packagings: tuple[str, ...]
    commodities: tuple[str, ...]
    direction: str
    first: date | None
    last: date | None
    months: tuple[int, ...]
    capacity_factor: float
    payload_factor: float
    delay_h: float
    status: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Commodity:
    """A good: what a tonne is worth, how it travels and what a day costs."""

    id: str
    name: str
    hs: str
    value: Quantity
    packagings: tuple[str, ...]
    time_cost: float  # share of the value a day


@dataclass(frozen=True)
class Network:
    """Everything that `Network.read` found, typed.

    Attributes
    ----------
    tables
        The tables as they were read, by name.
    place
        Folder or file it was read from; empty for a bundled network.
    """

    name: str
    nodes: Mapping[str, Node]
    legs: Mapping[str, Leg]
    transfers: Mapping[str, Transfer]
    services: Mapping[str, Service]
    limits: tuple[Limit, ...]
    commodities: Mapping[str, Commodity]
    facts: Facts
    tables: Mapping[str, Table]
    checks: tuple[Check, ...]
    place: str = ""

    @classmethod
    def read(cls, place: str | Path) -> Network:
        """Read a bundled network by name, a folder of CSV files, or a GeoJSON file.

        Raises
        ------
        NetworkError
            If there is no such network, or nothing in it can be used.
        """
        from tarazu.corridor.reading import read

        return read(place)

    @cached_property
    def table(self) -> Table:
        """Legs with length, mode and source, as `tarazu corridor show` prints them."""
        from tarazu.corridor.tables import leg_table

        return leg_table(self)

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the disruptions the network knows."""
        return tuple(dict.fromkeys(limit.scenario for limit in self.limits if limit.scenario))

    def known_scenarios(self, names: Iterable[str]) -> tuple[str, ...]:
        """Scenarios by their names, of which ``a+b`` are two.

        Raises
        ------
        NetworkError
            If the network has none of a name.
        """
        every = [
            part.strip()
            for name in names
            for part in ((name,) if name in self.scenarios else name.split("+"))
        ]
        for name in every:
            if name not in self.scenarios:
                known = ", ".join(self.scenarios) or "none"
                raise NetworkError(f'"{name}" is no scenario of {self.name}. Known: {known}.')
        return tuple(dict.fromkeys(every))

    def show(self, what: str = "") -> str:
        """The command that shows a table or a thing of it, as a hint."""
        network = f" --network {self.place}" if self.place else ""
        return f"`tarazu corridor show{' ' + what if what else ''}{network}`"

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """Publisher, date and address by id of sources.csv, those of the shared tables included."""
        from tarazu.corridor.reading import shared_sources

        return {
            row["id"]: ", ".join(
                str(row[key]) for key in ("publisher", "title", "published", "url") if row[key]
            )
            for row in (*shared_sources(), *self.tables["sources"])
        }

    def capacity(self, subject: str, way: str = "") -> Quantity | None:
        """Tonnes that pass a node, leg, transfer or service a year, in one direction (``:forward``) or both.

        A leg or transfer without a capacity of its own takes the default of its mode or kind and country; a node or
        service does not. None where nobody knows one.
        """
        facts = self.facts
        if (subject + way, CAPACITY) in facts.given:
            return facts.given[subject + way, CAPACITY]
        if way or any((subject + each, CAPACITY) in facts.given for each in (FORWARD, BACKWARD)):
            return None
        if subject in self.legs:
            leg = self.legs[subject]
            a, b = (self.nodes[name].country for name in (leg.start, leg.end))
            return facts.default(CAPACITY, leg.mode, a if a == b else ANY, ANY)
        if subject in self.transfers:
            at = self.transfers[subject]
            packaging = at.packagings[0] if len(at.packagings) == 1 else ANY
            return facts.default(CAPACITY, at.kind, self.nodes[at.start].country, packaging)
        return None

    def emission(self, mode: str, country: str, packaging: str) -> Quantity | None:
        """The emission factor of the narrowest scope, g CO2e per tonne-kilometre; None where none is known."""
        asked = (mode, country, packaging)
        if asked not in self._factors:
            self._factors[asked] = self._emission(*asked)
        return self._factors[asked]

    @cached_property
    def _factors(self) -> dict[tuple[str, str, str], Quantity | None]:
        return {}

    def _emission(self, mode: str, country: str, packaging: str) -> Quantity | None:
        best: tuple[int, Quantity] | None = None
        for row in self.tables["emissions"]:
            scope = (row["country"] or ANY, row["packaging"] or ANY)
            if row["mode"] != mode or any(
                h not in (ANY, w) for h, w in zip(scope, (country, packaging), strict=True)
            ):
                continue
            weight = sum(w for w, has in zip((2, 1), scope, strict=True) if has != ANY)
            if best is None or weight > best[0]:
                low, value, high = row["low"], row["g_co2e_tkm"], row["high"]
                note = f"{row['standard']} {row['version']}, {row['scope']}"
                ends = (value if low is None else low, value if high is None else high)
                best = weight, Quantity(value, *ends, "g/tkm", "A", (row["source"],), note=note)
        return best[1] if best else None

    def geojson(self) -> dict[str, Any]:
        """The network as a GeoJSON FeatureCollection that `read` takes back (RFC 7946)."""
        from tarazu.corridor.geojson import network_geojson

        return network_geojson(self)

    def find(self, place: str, tolerance_km: float = TOLERANCE_KM) -> Node:
        """The node of a name, an alias, an id, or a coordinate ``lat,lon`` in decimal degrees.

        A name in another script is taken for its transliteration, or, where it is the only one, for the name of
        the same consonants, since scripts differ in their vowels (Тегеран, تهران). A misspelt name is never guessed.

        Raises
        ------
        NetworkError
            If there is none: the message names the nearest candidates. Nothing is snapped further than
            the tolerance.
        """
        point = coordinate(place)
        if point is not None:
            return self._near(place, point, tolerance_km)
        wanted = _folded(place)[:NAME_LENGTH]
        found = [node for node in self.nodes.values() if wanted and wanted in self._spellings[node.id]]
        if not found and not place.isascii():
            found = [node for node in self.nodes.values() if self._spells(node, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{node.id} ({node.name}, {node.kind})" for node in found)
            raise NetworkError(f'"{place}" may be any of {names}. Name one by its id.')
        raise NetworkError(
            f'"{place[:NAME_LENGTH]}" is no place of network {self.name}. {self._nearest(wanted)}'
        )

    def commodity(self, name: str) -> Commodity:
        """A commodity by its id or name.

        Raises
        ------
        NetworkError
            If the network has none of this name.
        """
        wanted = _folded(name)
        for each in self.commodities.values():
            if wanted in (_folded(each.id), _folded(each.name)):
                return each
        raise NetworkError(f'"{name}" is no commodity. Known: {", ".join(self.commodities)}.')

    def routes(
        self,
        origin: str,
        destination: str,
        commodity: str,
        criteria: Sequence[str] = ("cost", "time", "co2"),
        **options: Any,
    ) -> Routes:
        """Pareto set of routes; see `tarazu.corridor.routes.routes`."""
        from tarazu.corridor.routes import routes

        return routes(self, origin, destination, commodity, criteria, **options)

    def assign(self, flows: Any, **options: Any) -> Carried:
        """What of the flows can be carried, where and at what cost; see `tarazu.corridor.flows.assign_flows`."""
        from tarazu.corridor.flows import assign_flows

        return assign_flows(self, flows, **options)

    def disrupt(self, flows: Any, scenarios: Any = None, **options: Any) -> Disruptions:
        """What disruptions cost; see `tarazu.corridor.disruption.disrupt`."""
        from tarazu.corridor.disruption import disrupt

        return disrupt(self, flows, scenarios, **options)

    def expand(self, flows: Any, **options: Any) -> Expanding:
        """The cheapest projects that carry the flows; see `tarazu.corridor.expanding.expand_network`."""
        from tarazu.corridor.expanding import expand_network

        return expand_network(self, flows, **options)

    @cached_property
    def _spellings(self) -> dict[str, set[str]]:
        return {
            node.id: {_folded(text) for text in (node.id, node.name, *node.aliases)}
            for node in self.nodes.values()
        }

    def _spells(self, node: Node, wanted: str) -> bool:
        """Whether a name of another script may be the transliteration of one of the node's."""
        bones = _consonants(wanted)
        return len(bones) >= SKELETON and any(
            _consonants(text) == bones and SequenceMatcher(None, wanted, text).ratio() >= ALIKE
            for text in self._spellings[node.id]
        )

    def _nearest(self, wanted: str) -> str:
        """Places spelt much alike, in words; none is named that merely is the least unlike."""
        likeness = {node.id: self._likeness(node, wanted) for node in self.nodes.values()}
        near = sorted((name for name in likeness if likeness[name] >= NEAR), key=lambda n: -likeness[n])[:3]
        if not near:
            return f"None is spelt like it: {self.show('nodes')} lists the places."
        return f"Nearest in spelling: {', '.join(f'{self.nodes[name].name} ({name})' for name in near)}."

    def _likeness(self, node: Node, wanted: str) -> float:
        return max(SequenceMatcher(None, wanted, text).ratio() for text in self._spellings[node.id])

    def _near(self, place: str, point: tuple[float, float], tolerance_km: float) -> Node:
        ranked = sorted((distance_km(point, (n.lat, n.lon)), n.id) for n in self.nodes.values())
        if len(ranked) > 1 and ranked[1][0] <= min(ranked[0][0], tolerance_km):
            names = " and ".join(name for _, name in ranked[:2])
            raise NetworkError(f"{place}: {names} lie equally near. Name one by its id.")
        if ranked and ranked[0][0] <= tolerance_km:
            return self.nodes[ranked[0][1]]
        turned = (point[1], point[0])
        hint = ""
        if abs(turned[0]) <= 90 and any(
            distance_km(turned, (n.lat, n.lon)) <= tolerance_km for n in self.nodes.values()
        ):
            hint = f" Latitude and longitude look swapped: {turned[0]:g},{turned[1]:g} fits."
        near = ", ".join(f"{self.nodes[name].name} ({name}, {km:.0f} km away)" for km, name in ranked[:3])
        raise NetworkError(
            f"{place}: no node lies within {tolerance_km:g} km. Nearest: {near}. Name one of them, "
            f"or add the place to nodes.csv.{hint}"
        )


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two (lat, lon) in degrees, by the haversine formula."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, h)))


def allows(packagings: Iterable[str], packaging: str) -> bool:
    """Whether a list of packagings (empty or `all` means every one) holds this one."""
    listed = tuple(packagings)
    return not listed or ALL in listed or packaging in listed


def _folded(text: str) -> str:
    return normalise(transliterate(text[:NAME_LENGTH])).replace(" ", "")


def _consonants(text: str) -> str:
    """Consonants of a Latin spelling; g, kh and x are h, since Cyrillic writes Tehran with a g."""
    bones = re.sub("[aeiouy'`]", "", text.replace("kh", "h"))
    return re.sub(r"(.)\1+", r"\1", re.sub("[gxh]+", "h", bones))
