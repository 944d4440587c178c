"""The routing graph of one commodity in one packaging: vertices (node, mode, gauge), arcs with their costs.

An arc is a leg, a service, or a transfer. Time is moving time, or the stated time of a transfer, plus waiting:
half the headway on average, or the next departure where a timetable and a day are given. Who comes at any hour
of the week alike to a timetable with gaps g waits sum(g^2) / (2 * 168) hours, as at a headway of twice that.
Variances add up, since arcs are taken as independent; a headway h adds h^2 / 12.

Limits come last: a payload factor f (low water) divides freight and multiplies capacity, a delay adds hours, and
what a limit closes has no arc. A delay at a node is felt once, by what enters it; a payload factor at a node by
the ships that call there. A service of some days only runs on these: without a day of departure, one that has a
last day does not run at all, as dated limits do not hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import NetworkError
from tarazu.corridor.consistency import SHIPS, may_run, service_path
from tarazu.corridor.facts import ANY, Facts, Quantity
from tarazu.corridor.network import Commodity, Leg, Limit, Network, Service, Transfer, allows, distance_km

Array = NDArray[np.float64]
Vertex = tuple[str, str, int | None]  # node, mode, gauge

WEEK = 168.0
RANDOM = 1 / 12  # variance of a uniform wait, in squared headways
REPLACED = {"cost": ("cost", "rate"), "time": ("time", "speed"), "time_sd": ("time_sd", "time_sd_share")}
RUNS = ("leg", "service")  # what moves; every other kind of arc is a stay
MISSING_COST, MISSING_TIME, MISSING_CO2 = "cost", "time", "co2"


@dataclass(frozen=True, slots=True)
class Trip:
    """For what and when a graph is built.

    Attributes
    ----------
    day
        Day of departure: its month, its timetables, tariffs and dated limits count. None: an average month
        without seasonal or dated limits.
    month
        Month alone, for a year's average; seasonal limits count, dated ones do not.
    scenarios
        Named disruptions that hold, in their months; without a day and month they are taken as holding.
    direction
        ``KAZ->IRN``, for limits of one direction of the trade.
    transit
        Goods of third countries, for which some tariffs are other.
    """

    commodity: Commodity
    packaging: str
    day: date | None = None
    month: int | None = None
    scenarios: tuple[str, ...] = ()
    direction: str = ""
    transit: bool = False


@dataclass(frozen=True, slots=True)
class Arc:
    """One step of a route, with what it costs a tonne.

    Attributes
    ----------
    subjects
        Ids whose capacity it uses and whose delays it feels: leg or legs, service, transfer, and the nodes it enters.
    touches
        Ids whose closing closes it: these, and the node it leaves.
    wait_h, headway_h, departures
        Mean wait before it, inside `time_h`; the headway, twice the mean wait; hours of the week.
    co2_kg_t
        None where no factor is known, as for most stays.
    facts
        Quantities it was computed from, by attribute.
    limits, delay_h
        Limits that touch it, and the hours of theirs inside `time_h`.
    parts
        Legs of a service.
    window
        Of a service of some days, on a route of a day: from when to before when it departs, in hours since the Monday
        of the week of that day. None: always.
    """

    id: str
    kind: str
    mode: str
    tail: Vertex
    head: Vertex
    forward: bool
    km: float
    cost_usd_t: float
    time_h: float
    sd_h: float
    wait_h: float
    headway_h: float
    departures: tuple[float, ...]
    co2_kg_t: float | None
    subjects: tuple[str, ...]
    touches: tuple[str, ...]
    facts: tuple[tuple[str, Quantity], ...]
    missing: tuple[str, ...]
    limits: tuple[Limit, ...] = ()
    delay_h: float = 0.0
    parts: tuple[Arc, ...] = ()
    window: tuple[float, float] | None = None

    @property
    def variance(self) -> float:
        """Of its time, the wait included, in squared hours."""
        return self.sd_h**2 + RANDOM * self.headway_h**2


@dataclass(frozen=True)
class Graph:
    """Arcs over numbered vertices."""

    trip: Trip
    arcs: tuple[Arc, ...]
    vertices: tuple[Vertex, ...]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]

    def of_node(self, node: str) -> list[int]:
        """Vertices at a node."""
        return [index for index, vertex in enumerate(self.vertices) if vertex[0] == node]


def build(network: Network, trip: Trip) -> Graph:
    """The graph of a trip.

    Raises
    ------
    NetworkError
        If nothing of the network carries the packaging.
    """
    free = free_arcs(network, trip)
    if not any(arc.kind in RUNS for arc in free):
        raise NetworkError(
            f'nothing in network {network.name} carries goods packed as "{trip.packaging}". '
            "Give loads.csv a row for it, or name another packaging."
        )
    holding = holding_limits(network, trip)
    arcs = tuple(arc for each in free if (arc := limited(each, holding)) is not None)
    vertices = tuple(sorted({v for arc in arcs for v in (arc.tail, arc.head)}, key=str))
    number = {vertex: index for index, vertex in enumerate(vertices)}
    return Graph(
        trip,
        arcs,
        vertices,
        np.array([number[arc.tail] for arc in arcs], np.int64),
        np.array([number[arc.head] for arc in arcs], np.int64),
    )


def free_arcs(network: Network, trip: Trip) -> tuple[Arc, ...]:
    """Arcs of a trip's packaging under its tariffs, before any limit; none where nothing carries it."""
    modes = {row["mode"] for row in network.tables["loads"] if row["packaging"] == trip.packaging}
    return tuple(arc for arc in _Maker(network, trip).arcs() if {arc.tail[1], arc.head[1]} <= modes)


def holding_limits(network: Network, trip: Trip) -> dict[str, list[Limit]]:
    """Limits that hold for a trip, by the node, leg, transfer or service they touch."""
    found: dict[str, list[Limit]] = {}
    for limit in network.limits:
        if holds(limit, trip):
            found.setdefault(limit.subject, []).append(limit)
    return found


def limited(arc: Arc, holding: Mapping[str, Sequence[Limit]]) -> Arc | None:
    """The arc under the limits that hold, by subject; None where one closes it."""
    found = tuple(dict.fromkeys(limit for subject in arc.touches for limit in holding.get(subject, ())))
    if not found:
        return arc
    if any(limit.capacity_factor == 0 for limit in found):
        return None
    payload = math.prod(limit.payload_factor for limit in found if _loads_less(arc, limit.subject))
    delay = sum(limit.delay_h for limit in found if limit.subject in arc.subjects)
    cost, time = arc.cost_usd_t / payload, arc.time_h + delay
    return replace(arc, cost_usd_t=cost, time_h=time, limits=found, delay_h=delay)


def _loads_less(arc: Arc, subject: str) -> bool:
    """Whether a payload factor of a subject is the arc's: shallow water at a node is nothing to a train there."""
    nodes = {vertex[0] for each in (arc, *arc.parts) for vertex in (each.tail, each.head)}
    return subject not in nodes or (arc.kind in RUNS and arc.mode in SHIPS)


class _Maker:
    """Builds the arcs of a trip; one place for defaults and tariffs."""

    def __init__(self, network: Network, trip: Trip) -> None:
        self.network, self.trip = network, trip
        self.tariffs = tariffs_in_force(network, trip)

    def arcs(self) -> Iterator[Arc]:
        for leg in self.network.legs.values():
            for forward in self._ways(leg.one_way):
                if not leg.service_only:
                    yield self.leg_arc(leg, forward)
        for service in self.network.services.values():
            if allows(service.packagings, self.trip.packaging) and self._runs(service):
                arcs = (self.service_arc(service, forward) for forward in (True, False))
                yield from (arc for arc in arcs if arc is not None)
        for transfer in self.network.transfers.values():
            if allows(transfer.packagings, self.trip.packaging):
                for forward in self._ways(transfer.one_way):
                    yield self.transfer_arc(transfer, forward)

    @staticmethod
    def _ways(one_way: bool) -> tuple[bool, ...]:
        return (True,) if one_way else (True, False)

    def _runs(self, service: Service) -> bool:
        """Whether goods that leave on the day may still meet it; its first day is waited for."""
        day, last = self.trip.day, service.valid_to
        return last is None or (day is not None and day <= last)

    def leg_arc(self, leg: Leg, forward: bool) -> Arc:
        nodes = self.network.nodes
        start, end = (leg.start, leg.end) if forward else (leg.end, leg.start)
        a, b = nodes[start], nodes[end]
        country = a.country if a.country == b.country else ANY
        book = self._book(leg.id, leg.mode, country, forward)
        km = _or(
            book.own("length"),
            lambda: distance_km((a.lat, a.lon), (b.lat, b.lon)) * book.usual("factor", 1.0),
        )
        time = _or(
            book.own("time"), lambda: km / speed if (speed := book.needed("speed", MISSING_TIME)) else 0.0
        )
        sd = _or(book.own("time_sd"), lambda: time * book.usual("time_sd_share", 0.0))
        cost = _or(book.own("cost"), lambda: km * book.needed("rate", MISSING_COST))
        wait = book.usual("wait", 0.0) if leg.mode in SHIPS else 0.0
        return self._arc(
            book,
            id=leg.id,
            kind="leg",
            mode=leg.mode,
            tail=(start, leg.mode, leg.gauge),
            head=(end, leg.mode, leg.gauge),
            forward=forward,
            km=km,
            cost_usd_t=cost * self._tariff(leg.id, country, leg.mode),
            time_h=time + wait,
            sd_h=sd,
            wait_h=wait,
            headway_h=2 * wait,
            departures=(),
            co2_kg_t=self._co2(leg.mode, country, km, book),
            subjects=(leg.id, end),
            touches=(leg.id, start, end),
        )

    def service_arc(self, service: Service, forward: bool) -> Arc | None:
        path = service_path(self.network, service.legs)
        hours = mean_headway(service.departures) or self._headway(service, forward)
        if path is None or hours is None or not may_run(self.network, service.legs, path, forward):
            return None  # named by the checks
        legs = [self.network.legs[name] for name in (service.legs if forward else service.legs[::-1])]
        nodes = path if forward else path[::-1]
        parts = [self.leg_arc(leg, leg.start == at) for leg, at in zip(legs, nodes, strict=False)]
        book = self._book(service.id, legs[0].mode, ANY, forward)
        headway = hours if service.departures else book.own("headway")
        own = {name: book.own(name) for name in ("time", "time_sd", "cost")}
        running = _or(own["time"], lambda: sum(part.time_h - part.wait_h for part in parts))
        sd = _or(own["time_sd"], lambda: math.sqrt(sum(part.sd_h**2 for part in parts)))
        cost = _or(own["cost"], lambda: sum(part.cost_usd_t for part in parts))
        stated = {name for name, value in own.items() if not math.isnan(value)}
        self._add_parts(book, parts, stated)
        known = [part.co2_kg_t for part in parts if part.co2_kg_t is not None]
        return self._arc(
            book,
            id=service.id,
            kind="service",
            mode=legs[0].mode,
            tail=(nodes[0], legs[0].mode, legs[0].gauge),
            head=(nodes[-1], legs[-1].mode, legs[-1].gauge),
            forward=forward,
            km=sum(part.km for part in parts),
            cost_usd_t=cost,
            time_h=running + headway / 2,
            sd_h=sd,
            wait_h=headway / 2,
            headway_h=headway,
            departures=service.departures,
            co2_kg_t=sum(known) if len(known) == len(parts) else None,
            subjects=(service.id, *(name for part in parts for name in part.subjects)),
            touches=tuple(dict.fromkeys((service.id, *(name for part in parts for name in part.touches)))),
            parts=tuple(parts),
            window=window_of(service, self.trip.day),
        )

    def _headway(self, service: Service, forward: bool) -> float | None:
        found = self.network.facts.of(service.id, "headway", forward)
        return found.value if found else None

    @staticmethod
    def _add_parts(book: _Book, parts: Sequence[Arc], stated: set[str]) -> None:
        """Facts and gaps of a service's legs, but for what the service itself states in their place."""
        replaced = {name for each in stated for name in REPLACED[each]} | {"wait"}
        for part in parts:
            book.facts += [f for f in part.facts if f[0] not in replaced and f not in book.facts]
            book.missing += [what for what in part.missing if what not in {*stated, *book.missing}]

    def transfer_arc(self, transfer: Transfer, forward: bool) -> Arc:
        ends = (
            (transfer.start, transfer.from_mode, transfer.from_gauge),
            (transfer.end, transfer.to_mode, transfer.to_gauge),
        )
        tail, head = ends if forward else ends[::-1]
        country = self.network.nodes[tail[0]].country
        book = self._book(transfer.id, transfer.kind, country, forward)
        time = book.needed("time", MISSING_TIME)
        sd = _or(book.own("time_sd"), lambda: time * book.usual("time_sd_share", 0.0))
        forming = self.forming(head[1], country) if head[1] != tail[1] else None
        wait = forming.value if forming else 0.0
        cost = book.needed("cost", MISSING_COST)
        handling = book.usual("co2")
        if forming:
            book.facts.append(("wait", forming))
        return self._arc(
            book,
            id=transfer.id,
            kind=transfer.kind,
            mode=head[1],
            tail=tail,
            head=head,
            forward=forward,
            km=0.0,
            cost_usd_t=cost,
            time_h=time + wait,
            sd_h=sd,
            wait_h=wait,
            headway_h=2 * wait,
            departures=(),
            co2_kg_t=None if math.isnan(handling) else handling,
            subjects=(transfer.id, *((head[0],) if head[0] != tail[0] else ())),
            touches=tuple(dict.fromkeys((transfer.id, tail[0], head[0]))),
        )

    def forming(self, mode: str, country: str) -> Quantity | None:
        """Mean wait for a train or lorry where goods enter land transport; a ship is waited for at its leg."""
        return forming(self.network, self.trip, mode, country)

    def _book(self, subject: str, mode: str, country: str, forward: bool) -> _Book:
        return _Book(self.network.facts, self.trip.packaging, subject, (mode, country), forward)

    @staticmethod
    def _arc(book: _Book, **values: Any) -> Arc:
        return Arc(**values, facts=tuple(book.facts), missing=tuple(book.missing))

    def _tariff(self, leg: str, country: str, mode: str) -> float:
        """Factor on the rate; of several changes in force the last announced counts, since they replace one another."""
        acting = [row for row in self.tariffs if (row["country"], row["mode"]) == (country, mode)]
        acting = [row for row in acting if leg in (row["legs"] or (leg,))]
        last = max(acting, key=lambda row: (bool(row["legs"]), row["from"] or date.min), default=None)
        return 1.0 if last is None else float(1 + last["percent"] / 100)

    def _co2(self, mode: str, country: str, km: float, book: _Book) -> float | None:
        factor = self.network.emission(mode, country, self.trip.packaging)
        if factor is None:
            book.missing.append(MISSING_CO2)
            return None
        book.facts.append(("emission factor", factor))
        return factor.value * km / 1000


def forming(network: Network, trip: Trip, mode: str, country: str) -> Quantity | None:
    """Mean wait for a train or lorry; None by sea, where the ship is waited for at its leg."""
    return network.facts.default("wait", mode, country, trip.packaging) if mode not in SHIPS else None


def window_of(service: Service, day: date | None) -> tuple[float, float] | None:
    """From when to before when a service departs, in hours since the Monday of a day's week; None: always."""
    if day is None or (service.valid_from is None and service.valid_to is None):
        return None
    monday = day - timedelta(days=day.weekday())
    first = 0.0 if service.valid_from is None else 24.0 * (service.valid_from - monday).days
    last = math.inf if service.valid_to is None else 24.0 * ((service.valid_to - monday).days + 1)
    return (first, last) if first > 24.0 * day.weekday() or last < math.inf else None


def mean_headway(departures: Sequence[float]) -> float | None:
    """Twice the mean wait of who comes at any hour of the week alike; None without a timetable."""
    if not departures:
        return None
    gaps = np.diff([*departures, departures[0] + WEEK])
    return float(np.sum(gaps**2) / WEEK)


def _or(value: float, otherwise: Callable[[], float]) -> float:
    return otherwise() if math.isnan(value) else value


class _Book:
    """Looks quantities up for one arc and remembers which were used and which are missing."""

    def __init__(
        self, facts: Facts, packaging: str, subject: str, scope: tuple[str, str], forward: bool
    ) -> None:
        self._known, self._packaging, self._subject = facts, packaging, subject
        self._scope, self._forward = scope, forward
        self.facts: list[tuple[str, Quantity]] = []
        self.missing: list[str] = []

    def own(self, attribute: str) -> float:
        """What is given for the subject itself, or NaN."""
        return self._taken(attribute, self._known.of(self._subject, attribute, self._forward))

    def usual(self, attribute: str, default: float = math.nan) -> float:
        """The subject's own value, or the default of its mode and country."""
        own = self.own(attribute)
        if not math.isnan(own):
            return own
        found = self._taken(attribute, self._known.default(attribute, *self._scope, self._packaging))
        return default if math.isnan(found) else found

    def needed(self, attribute: str, what: str) -> float:
        """As `usual`; where nothing is known, zero and a note of what is missing."""
        found = self.usual(attribute)
        if math.isnan(found):
            self.missing.append(what)
            return 0.0
        return found

    def _taken(self, attribute: str, quantity: Quantity | None) -> float:
        if quantity is None:
            return math.nan
        self.facts.append((attribute, quantity))
        return quantity.value


def tariffs_in_force(network: Network, trip: Trip) -> list[Mapping[str, Any]]:
    """Rows of tariffs.csv that act on a trip."""
    return [row for row in network.tables["tariffs"] if _in_force(row, trip)]


def _in_force(row: Mapping[str, Any], trip: Trip) -> bool:
    goods = row["commodities"] or (trip.commodity.id,)
    if (
        row["status"] != "in_force"
        or trip.commodity.id not in goods
        or trip.commodity.id in (row["excluded"] or ())
    ):
        return False
    if row["transit"] == "yes" and not trip.transit:
        return False
    day = trip.day
    return day is None or bool((row["from"] or day) <= day <= (row["to"] or day))


def holds(limit: Limit, trip: Trip) -> bool:
    """Whether a limit holds for a trip: its scenario, goods, direction, days and months."""
    if limit.scenario and limit.scenario not in trip.scenarios:
        return False
    if not allows(limit.packagings, trip.packaging):
        return False
    if limit.commodities and trip.commodity.id not in limit.commodities:
        return False
    if limit.direction and trip.direction and limit.direction != trip.direction:
        return False
    month = trip.day.month if trip.day else trip.month
    if limit.scenario:
        return month is None or month in limit.months
    if limit.first or limit.last:
        day = trip.day
        within = day is not None and (limit.first or day) <= day <= (limit.last or day)
        return within and month in limit.months
    if month is None:
        return len(limit.months) == 12
    return month in limit.months
