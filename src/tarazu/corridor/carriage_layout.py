"""The arrays of a network and its flows before any limit: arcs of all packagings, costs by class, capacities.

Vertices are (packaging, node, mode, gauge); goods choose their packaging at the origin. A node, leg, transfer or
service counts a tonne once: a node when goods enter it or start there. A capacity of both directions and one of a
single direction hold together. Where a limit takes a part of a capacity from some goods only, those goods have arcs
of their own and a capacity of their own beside the whole one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import NetworkError
from tarazu.corridor.facts import BACKWARD, FORWARD, Quantity
from tarazu.corridor.graph import RUNS, Arc, Trip, Vertex, free_arcs, tariffs_in_force
from tarazu.corridor.holding import MONTHS, Group, concerns, general, share_of, stands
from tarazu.corridor.network import Commodity, Limit, Network, allows
from tarazu.corridor.routes import forming_wait

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


BASES = {"A": "stated by a source", "C": "claimed"}  # by the status of a capacity; all others are estimated


@dataclass(frozen=True, slots=True)
class Flow:
    """Tonnes a year of one commodity from one node to another, or in one month."""

    origin: str
    destination: str
    commodity: str
    tonnes: float
    month: int | None = None
    transit: bool = False
    direction: str = ""

    @property
    def group(self) -> Group:
        """The class it belongs to."""
        return self.commodity, self.direction, self.transit


@dataclass(frozen=True, slots=True)
class Resource:
    """A capacity that arcs share: a node, leg, transfer or service, in one direction or both."""

    subject: str
    way: str  # "", ":forward" or ":backward"
    capacity: float  # tonnes a year
    low: float
    high: float
    sources: tuple[str, ...]
    status: str = ""
    scope: str = ""  # of a default: the mode or kind and country it stands for
    limit: str = ""  # id of the limit that alone sets it, for some packagings or goods only

    @property
    def basis(self) -> str:
        """What the capacity rests on, in words."""
        if self.scope:
            return f"default of {self.scope}"
        return BASES.get(self.status, "estimated")

    @property
    def stated(self) -> bool:
        """Whether a source states or claims it."""
        return not self.scope and self.status in BASES


@dataclass
class Layout:
    """Arcs, costs and capacities, built once.

    Attributes
    ----------
    arcs
        (A,) with its packaging; access arcs have None.
    members
        (A,) classes for which the arc stands.
    passing
        (A,) subjects whose capacity it takes, with the direction in which it passes each.
    touching, using
        Arcs by subject: those whose way a limit there closes or makes dearer, and those on which a tonne counts.
    number
        Vertices; ``("from", node)`` and ``("to", node)`` are where goods start and end.
    freight, hours
        (G, A) USD a tonne and hours; infinite freight where the class may not go.
    uses
        (U, 2) arc and resource.
    of, whole
        Resource by subject and direction; the whole capacity behind one that a limit sets for some goods.
    unlimited
        (A,) legs and transfers that the arc passes and whose capacity nobody knows.
    at
        Resources of the transfers at each node: what a node does less, they do less.

    Raises
    ------
    NetworkError
        If nothing of the network carries any of the packagings of the flows' goods.
    """

    network: Network
    flows: tuple[Flow, ...]
    groups: tuple[Group, ...] = ()
    arcs: list[tuple[str, Arc | None]] = field(default_factory=list)
    members: list[tuple[int, ...]] = field(default_factory=list)
    passing: list[tuple[tuple[str, str], ...]] = field(default_factory=list)
    number: dict[tuple[str, ...], int] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.groups = tuple(dict.fromkeys(flow.group for flow in self.flows))
        self._capacities: dict[tuple[str, str], Quantity | None] = {}
        self._partial = [limit for limit in self.network.limits if self._takes_some(limit)]
        self._build_arcs()
        self._build_costs()
        self._build_resources()

    def _capacity(self, subject: str, way: str) -> Quantity | None:
        if (subject, way) not in self._capacities:
            self._capacities[subject, way] = self.network.capacity(subject, way)
        return self._capacities[subject, way]

    def _vertex(self, *key: str) -> int:
        return self.number.setdefault(key, len(self.number))

    def _build_arcs(self) -> None:
        self._tail: list[int] = []
        self._head: list[int] = []
        self.members: list[tuple[int, ...]] = []  # classes for which the arc stands
        self.passing: list[
            tuple[tuple[str, str], ...]
        ] = []  # subjects whose capacity it takes, with direction
        self._index: dict[tuple[str, str, bool], list[int]] = {}
        self.access: dict[str, list[tuple[int, float]]] = {}
        nodes = {name for flow in self.flows for name in (flow.origin, flow.destination)}
        good = self.network.commodities[self.groups[0][0]]
        for pack, arcs in self._packed(good).items():
            touched: dict[Vertex, int] = {}
            for arc in arcs:
                tail, head = (self._vertex(pack, *map(str, v)) for v in (arc.tail, arc.head))
                made = self._add(pack, arc, tail, head, _passed(self.network, arc))
                self._index[pack, arc.id, arc.forward] = made
                touched |= {arc.tail: tail, arc.head: head}
            own = self.access.setdefault(pack, [])
            for vertex, end in touched.items():
                if vertex[0] in nodes:
                    wait = forming_wait(self.network, Trip(good, pack), vertex)
                    start = self._add(pack, None, self._vertex("from", vertex[0]), end, ((vertex[0], ""),))
                    own += [(index, wait) for index in start]
                    own += [
                        (index, 0.0)
                        for index in self._add(pack, None, end, self._vertex("to", vertex[0]), ())
                    ]
        for node in nodes:
            self._vertex("from", node), self._vertex("to", node)
        self.tail, self.head = np.array(self._tail, np.int64), np.array(self._head, np.int64)
        self.touching: dict[str, list[int]] = {}
        self.using: dict[str, list[int]] = {}
        for index, (_, each) in enumerate(self.arcs):
            for subject in each.touches if each else ():
                self.touching.setdefault(subject, []).append(index)
            for subject, _ in self.passing[index]:
                self.using.setdefault(subject, []).append(index)

    def _packed(self, good: Commodity) -> dict[str, tuple[Arc, ...]]:
        """Arcs by packaging; a packaging that nothing carries is no way for the goods, and no error."""
        goods = [self.network.commodities[name] for name, _, _ in self.groups]
        packs = sorted({pack for each in goods for pack in each.packagings})
        every = {pack: free_arcs(self.network, Trip(good, pack)) for pack in packs}
        self._free = {(pack, self._acting(Trip(good, pack))): arcs for pack, arcs in every.items()}
        found = {pack: arcs for pack, arcs in every.items() if any(arc.kind in RUNS for arc in arcs)}
        if not found:
            named = ", ".join(packs)
            raise NetworkError(
                f"nothing in network {self.network.name} carries goods packed as {named}. "
                "Give loads.csv a row for one of them, or the commodities another packaging."
            )
        return found

    def _acting(self, trip: Trip) -> tuple[str, ...]:
        """Tariffs that act on a trip: with the packaging, all that its free arcs depend on."""
        return tuple(row["id"] for row in tariffs_in_force(self.network, trip))

    def _takes_some(self, limit: Limit) -> bool:
        """Whether a limit takes a part of a known capacity from some packagings or goods only."""
        left = limit.capacity_factor * limit.payload_factor
        if general(limit) or left == 1 or not (stands(limit) or limit.scenario):
            return False
        # A closure of the whole year has no arc left whose capacity could be shared.
        whole = left == 0 and all(share_of(limit, month) == 1 for month in range(1, MONTHS + 1))
        return not whole and any(self._capacity(limit.subject, way) for way in ("", FORWARD, BACKWARD))

    def _add(
        self, pack: str, arc: Arc | None, tail: int, head: int, passing: tuple[tuple[str, str], ...]
    ) -> list[int]:
        """Arcs made, one for the classes that the same partial limits concern."""
        subjects = {subject for subject, _ in passing}
        acting = [e for e in self._partial if e.subject in subjects and allows(e.packagings, pack)]
        kinds: dict[tuple[bool, ...], list[int]] = {}
        for g, group in enumerate(self.groups):
            kinds.setdefault(tuple(concerns(limit, group) for limit in acting), []).append(g)
        first = len(self.arcs)
        for members in kinds.values():
            self.arcs.append((pack, arc))
            self._tail.append(tail)
            self._head.append(head)
            self.members.append(tuple(members))
            self.passing.append(passing)
        return list(range(first, len(self.arcs)))

    def _build_costs(self) -> None:
        shape = (len(self.groups), len(self.arcs))
        self.freight, self.hours = np.full(shape, np.inf), np.zeros(shape)
        for g, (name, direction, transit) in enumerate(self.groups):
            good = self.network.commodities[name]
            for pack in good.packagings:
                if pack not in self.access:
                    continue
                trip = Trip(good, pack, direction=direction, transit=transit)
                acting = self._acting(trip)
                if (pack, acting) not in self._free:
                    self._free[pack, acting] = free_arcs(self.network, trip)
                costs = [
                    (at, arc.cost_usd_t, arc.time_h)
                    for arc in self._free[pack, acting]
                    for at in self._index[pack, arc.id, arc.forward]
                ]
                for at, freight, hours in (*costs, *((at, 0.0, wait) for at, wait in self.access[pack])):
                    if g in self.members[at]:
                        self.freight[g, at], self.hours[g, at] = freight, hours

    def _build_resources(self) -> None:
        of: dict[tuple[str, str], int] = {}
        arcs: dict[int, list[int]] = {}
        # What a service runs over has capacities of its own; a service without one is no link of unknown capacity.
        nodes, transfers = {*self.network.nodes, *self.network.services}, self.network.transfers
        for index, passing in enumerate(self.passing):
            for subject, way in passing:
                # A total for both directions and one of a direction hold together.
                for suffix in dict.fromkeys(("", way)):
                    found = self._capacity(subject, suffix)
                    if found is None:
                        continue
                    if (subject, suffix) not in of:
                        of[subject, suffix] = len(self.resources)
                        self.resources.append(_resource(subject, suffix, found))
                    arcs.setdefault(of[subject, suffix], []).append(index)
        self.of, self.whole = of, dict[int, int]()
        self.unlimited = [
            tuple(s for s, way in passing if s not in nodes and not {(s, ""), (s, way)} & of.keys())
            for passing in self.passing
        ]
        self.at: dict[str, list[int]] = {}
        for (subject, _), r in of.items():
            if subject in transfers:
                for node in {transfers[subject].start, transfers[subject].end}:
                    self.at.setdefault(node, []).append(r)
        for limit in self._partial:
            for (_, suffix), whole in [each for each in of.items() if each[0][0] == limit.subject]:
                self.whole[len(self.resources)] = whole
                arcs[len(self.resources)] = [i for i in arcs[whole] if self._limited(limit, i)]
                of_all = self.resources[whole]
                made = replace(of_all, way=suffix, capacity=math.inf, limit=limit.id)
                self.resources.append(made)
        uses = [(index, r) for r, each in arcs.items() for index in each]
        self.uses = np.array(uses, np.int64).reshape(len(uses), 2)

    def _limited(self, limit: Limit, arc: int) -> bool:
        return allows(limit.packagings, self.arcs[arc][0]) and concerns(
            limit, self.groups[self.members[arc][0]]
        )


def _resource(subject: str, way: str, found: Quantity) -> Resource:
    return Resource(
        subject, way, found.value, found.low, found.high, found.sources, found.status, found.scope
    )


def legs_of(network: Network, arc: Arc) -> Iterator[tuple[str, bool]]:
    """Legs that a leg or service runs over, each with whether it runs from the leg's start to its end."""
    names = network.services[arc.id].legs if arc.kind == "service" else (arc.id,)
    at = arc.tail[0]
    for name in names if arc.forward else names[::-1]:
        leg = network.legs[name]
        yield name, leg.start == at
        at = leg.end if leg.start == at else leg.start


def _passed(network: Network, arc: Arc) -> tuple[tuple[str, str], ...]:
    """Subjects whose capacity an arc takes, with the direction in which it passes each; nodes have none."""
    legs = dict(legs_of(network, arc)) if arc.kind in RUNS else {}
    ways = {subject: legs.get(subject, arc.forward) for subject in arc.subjects}
    return tuple(
        (subject, "" if subject in network.nodes else FORWARD if ways[subject] else BACKWARD)
        for subject in arc.subjects
    )
