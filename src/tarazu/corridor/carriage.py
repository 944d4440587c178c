"""Flows over a network as arrays: one multigraph of all packagings, costs by class of goods, shared capacities.

A class is a commodity in one direction, bilateral or transit. Its cost on an arc is freight plus what the hours
cost it. Vertices are (packaging, node, mode, gauge); goods choose their packaging at the origin. Limits of a
month and of scenarios act on the arrays, so that a thousand disruptions need the graph only once:

    freight / (1 - share (1 - payload)),   hours + share delay,   capacity (1 - share (1 - left payload))

with the share of the month's days on which a limit holds, the share of the capacity that is left, and the share of
the usual load. A node, leg, transfer or service counts a tonne once: a node when goods enter it or start there.
Limits only ever take away: an optimum that a further limit does not touch stays the optimum, and is not sought
again.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import NetworkError
from tarazu.corridor.assignment import Assignment, Columns, Problem, assign
from tarazu.corridor.facts import BACKWARD, FORWARD
from tarazu.corridor.graph import RUNS, Arc, Trip, Vertex, free_arcs, tariffs_in_force
from tarazu.corridor.network import Commodity, Limit, Network, allows
from tarazu.corridor.routes import forming_wait
from tarazu.corridor.shortest_trees import links, trees

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MONTHS = 12
MOST_STEPS = 3  # disruptions taken one after the other, each from the optimum before

Group = tuple[str, str, bool]


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
    limit: str = ""  # id of the limit that alone sets it, for some packagings or goods only


@dataclass(frozen=True)
class Spell:
    """Months of a year in which the same limits hold and the same tonnes want to move.

    Attributes
    ----------
    shares
        By limit, the share of the days of these months on which it holds.
    tonnes
        (K,) at the rate of a year, as capacities are: a spell weighs its share of the year.
    """

    months: tuple[int, ...]
    shares: Mapping[str, float]
    tonnes: Floats

    @property
    def weight(self) -> float:
        """Share of the year."""
        return len(self.months) / MONTHS


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """An assignment, and what it costs each flow: (K,) USD, USD of freight, and hours, each times tonnes.

    Attributes
    ----------
    running
        (G, A) whether a class uses an arc.
    """

    assignment: Assignment
    usd: Floats
    freight: Floats
    hours: Floats
    running: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Scope:
    """Where a limit acts: classes, arcs it may close or make dearer, arcs on which its delay falls once a tonne."""

    rows: Ints
    touching: Ints
    using: Ints


@dataclass
class Carriage:
    """The arrays of a network and its flows; `solve` assigns one spell.

    Attributes
    ----------
    arcs
        (A,) with its packaging; access arcs have None. Where a limit takes capacity from some goods only, an arc
        stands once for them and once for the rest.
    freight, hours
        (G, A) USD a tonne and hours before any limit; infinite freight where the class may not go.

    Raises
    ------
    NetworkError
        If nothing of the network carries any of the packagings of the flows' goods.
    """

    network: Network
    flows: tuple[Flow, ...]
    lost_share: float
    groups: tuple[Group, ...] = ()
    arcs: list[tuple[str, Arc | None]] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.groups = tuple(dict.fromkeys(flow.group for flow in self.flows))
        self._limits = {limit.id: limit for limit in self.network.limits}
        self._number: dict[tuple[str, ...], int] = {}
        self._build_arcs()
        self._build_costs()
        self._build_resources()
        ends = (
            [("from", flow.origin) for flow in self.flows],
            [("to", flow.destination) for flow in self.flows],
        )
        self._origin, self._destination = (
            np.array([self._number[e] for e in each], np.int64) for each in ends
        )
        self.group = np.array([self.groups.index(flow.group) for flow in self.flows], np.int64)
        self._months = _by_month(self.flows)
        self._scopes: dict[tuple[object, ...], _Scope] = {}
        self._least: Floats | None = None
        self.penalty = self._penalties()
        self._solved: dict[tuple[object, ...], Solution] = {}
        self._columns = Columns.none()

    def _vertex(self, *key: str) -> int:
        return self._number.setdefault(key, len(self._number))

    def _build_arcs(self) -> None:
        self._tail: list[int] = []
        self._head: list[int] = []
        self._members: list[tuple[int, ...]] = []  # classes for which the arc stands
        self._passing: list[
            tuple[tuple[str, str], ...]
        ] = []  # subjects whose capacity it takes, with direction
        self._index: dict[tuple[str, str, bool], list[int]] = {}
        self._access: dict[str, list[tuple[int, float]]] = {}
        self._known = {key[0] for key in self.network.facts.given if key[1] == "capacity"}
        self._partial = [limit for limit in self.network.limits if self._takes_some(limit)]
        nodes = {name for flow in self.flows for name in (flow.origin, flow.destination)}
        good = self.network.commodities[self.groups[0][0]]
        for pack, arcs in self._packed(good).items():
            touched: dict[Vertex, int] = {}
            for arc in arcs:
                ends = [self._vertex(pack, *map(str, v)) for v in (arc.tail, arc.head)]
                self._index[pack, arc.id, arc.forward] = self._add(
                    pack, arc, *ends, _passed(self.network, arc)
                )
                touched |= dict(zip((arc.tail, arc.head), ends, strict=True))
            own = self._access.setdefault(pack, [])
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
        self._touching: dict[str, list[int]] = {}
        self._using: dict[str, list[int]] = {}
        for index, (_, each) in enumerate(self.arcs):
            for subject in each.touches if each else ():
                self._touching.setdefault(subject, []).append(index)
            for subject, _ in self._passing[index]:
                self._using.setdefault(subject, []).append(index)

    def _packed(self, good: Commodity) -> dict[str, tuple[Arc, ...]]:
        """Arcs by packaging; a packaging that nothing carries is no way for the goods, and no error."""
        packs = sorted(
            {pack for name, _, _ in self.groups for pack in self.network.commodities[name].packagings}
        )
        found, refused = {}, None
        for pack in packs:
            try:
                found[pack] = free_arcs(self.network, Trip(good, pack))
            except NetworkError as error:
                refused = error
        if refused and not found:
            raise refused
        return found

    def _takes_some(self, limit: Limit) -> bool:
        """Whether a limit takes a part of a known capacity from some packagings or goods only."""
        taken = limit.capacity_factor * limit.payload_factor
        parts = any(0 < _share(limit, month) < 1 for month in limit.months)
        known = any(limit.subject + way in self._known for way in ("", FORWARD, BACKWARD))
        return known and not _general(limit) and (0 < taken < 1 or (taken == 0 and parts))

    def _add(
        self, pack: str, arc: Arc | None, tail: int, head: int, passing: tuple[tuple[str, str], ...]
    ) -> list[int]:
        """Arcs made, one for the classes that the same partial limits concern."""
        subjects = {subject for subject, _ in passing}
        acting = [e for e in self._partial if e.subject in subjects and allows(e.packagings, pack)]
        kinds: dict[tuple[bool, ...], list[int]] = {}
        for g, group in enumerate(self.groups):
            kinds.setdefault(tuple(_concerns(limit, group) for limit in acting), []).append(g)
        first = len(self.arcs)
        for members in kinds.values():
            self.arcs.append((pack, arc))
            self._tail.append(tail)
            self._head.append(head)
            self._members.append(tuple(members))
            self._passing.append(passing)
        return list(range(first, len(self.arcs)))

    def _build_costs(self) -> None:
        shape = (len(self.groups), len(self.arcs))
        self.freight, self.hours = np.full(shape, np.inf), np.zeros(shape)
        free: dict[tuple[str, tuple[str, ...]], tuple[Arc, ...]] = {}
        for g, (name, direction, transit) in enumerate(self.groups):
            good = self.network.commodities[name]
            for pack in good.packagings:
                if pack not in self._access:
                    continue
                trip = Trip(good, pack, direction=direction, transit=transit)
                acting = tuple(row["id"] for row in tariffs_in_force(self.network, trip))
                if (pack, acting) not in free:
                    free[pack, acting] = free_arcs(self.network, trip)
                costs = [
                    (at, arc.cost_usd_t, arc.time_h)
                    for arc in free[pack, acting]
                    for at in self._index[pack, arc.id, arc.forward]
                ]
                for at, freight, hours in (*costs, *((at, 0.0, wait) for at, wait in self._access[pack])):
                    if g in self._members[at]:
                        self.freight[g, at], self.hours[g, at] = freight, hours
        day = [self.network.commodities[name] for name, _, _ in self.groups]
        self._hour = np.array([good.value.value * good.time_cost / 24 for good in day])[:, None]

    def _build_resources(self) -> None:
        of: dict[tuple[str, str], int] = {}
        arcs: dict[int, list[int]] = {}
        for index, passing in enumerate(self._passing):
            for subject, way in passing:
                # A total for both directions and one of a direction hold together.
                for suffix in dict.fromkeys(("", way)):
                    if subject + suffix not in self._known:
                        continue
                    if (subject, suffix) not in of:
                        of[subject, suffix] = len(self.resources)
                        self.resources.append(self._resource(subject, suffix))
                    arcs.setdefault(of[subject, suffix], []).append(index)
        self._of, self._whole = of, dict[int, int]()
        for limit in self._partial:
            for (_, suffix), whole in [each for each in of.items() if each[0][0] == limit.subject]:
                self._whole[len(self.resources)] = whole
                arcs[len(self.resources)] = [i for i in arcs[whole] if self._limited(limit, i)]
                of_all = self.resources[whole]
                made = replace(of_all, way=suffix, capacity=math.inf, limit=limit.id)
                self.resources.append(made)
        uses = [(index, r) for r, each in arcs.items() for index in each]
        self._uses = np.array(uses, np.int64).reshape(len(uses), 2)

    def _limited(self, limit: Limit, arc: int) -> bool:
        return allows(limit.packagings, self.arcs[arc][0]) and _concerns(
            limit, self.groups[self._members[arc][0]]
        )

    def _resource(self, subject: str, suffix: str) -> Resource:
        found = self.network.facts.given[subject + suffix, "capacity"]
        return Resource(subject, suffix, found.value, found.low, found.high, found.sources)

    def _penalties(self) -> Floats:
        """USD lost by a tonne that does not move: what the free network would have cost it, and the margin lost."""
        value = np.array([self.network.commodities[flow.commodity].value.value for flow in self.flows])
        least = self.least()
        return np.asarray(np.where(np.isfinite(least), least, 0.0) + self.lost_share * value)

    def least(self) -> Floats:
        """(K,) least generalised cost of each flow in the free network, infinite where there is no way."""
        if self._least is None:
            cost, self._least = self.costs({}), np.zeros(len(self.flows))
            for g in range(len(self.groups)):
                mine = np.flatnonzero(self.group == g)
                graph = links(self.tail, self.head, len(self._number), np.isfinite(cost[g]))
                origins, row = np.unique(self._origin[mine], return_inverse=True)
                self._least[mine] = trees(graph, cost[g], origins).distance[row, self._destination[mine]]
        return self._least.copy()

    def reachable(self) -> NDArray[np.bool_]:
        """(K,) whether the free network has any way for a flow."""
        return np.isfinite(self.least())

    def costs(self, shares: Mapping[str, float]) -> Floats:
        """(G, A) generalised cost under the limits that hold: freight and what the hours cost the goods."""
        freight, hours = self.charged(shares)
        return np.asarray(freight + self._hour * hours)

    def charged(self, shares: Mapping[str, float]) -> tuple[Floats, Floats]:
        """(G, A) freight and hours under the limits that hold."""
        freight, hours = self.freight / self.payloads(shares), self.hours.copy()
        for limit, share in self._holding(shares):
            scope = self._scope(limit)
            if limit.delay_h:
                hours[np.ix_(scope.rows, scope.using)] += share * limit.delay_h
            if _closes(limit, share):
                freight[np.ix_(scope.rows, scope.touching)] = np.inf
        return freight, hours

    def payloads(self, shares: Mapping[str, float]) -> Floats:
        """(G, A) share of the usual load of a ship or wagon under the limits that hold, as a mean of the days."""
        found = np.ones(self.freight.shape)
        for limit, share in self._holding(shares):
            if limit.payload_factor < 1:
                scope = self._scope(limit)
                found[np.ix_(scope.rows, scope.touching)] *= 1 - share * (1 - limit.payload_factor)
        return found

    def _holding(self, shares: Mapping[str, float]) -> list[tuple[Limit, float]]:
        return [(self._limits[name], share) for name, share in shares.items() if share]

    def _scope(self, limit: Limit) -> _Scope:
        key = (limit.subject, limit.packagings, limit.commodities, limit.direction)
        if key not in self._scopes:
            rows = [g for g, group in enumerate(self.groups) if _concerns(limit, group)]
            arcs = (
                [i for i in of.get(limit.subject, ()) if allows(limit.packagings, self.arcs[i][0])]
                for of in (self._touching, self._using)
            )
            self._scopes[key] = _Scope(*(np.array(each, np.int64) for each in (rows, *arcs)))
        return self._scopes[key]

    def capacities(self, shares: Mapping[str, float]) -> Floats:
        """(R,) tonnes a year under the limits that hold."""
        found = np.array([resource.capacity for resource in self.resources], np.float64)
        holding = self._holding(shares)
        for limit, share in holding:
            if _general(limit):
                for way in ("", FORWARD, BACKWARD):
                    if (limit.subject, way) in self._of:
                        r = self._of[limit.subject, way]
                        found[r] = found[r] * _left(limit, share) if _left(limit, share) else 0.0
        for r, whole in self._whole.items():
            if shares.get(self.resources[r].limit):
                own = self._limits[self.resources[r].limit]
                left = [_left(each, share) for each, share in holding if _covers(each, own)]
                found[r] = math.prod(left) * self.resources[whole].capacity
        return found

    def problem(self, spell: Spell) -> Problem:
        """The assignment of one spell, at the rate of a year."""
        return Problem(
            tail=self.tail,
            head=self.head,
            n=len(self._number),
            cost=self.costs(spell.shares),
            resource_arc=self._uses[:, 0],
            resource_of=self._uses[:, 1],
            resource_use=np.ones(len(self._uses)),
            capacity=self.capacities(spell.shares),
            origin=self._origin,
            destination=self._destination,
            tonnes=spell.tonnes,
            group=self.group,
            penalty=self.penalty,
        )

    def solve(self, spell: Spell) -> Assignment:
        """Assign one spell; see `solution`."""
        return self.solution(spell).assignment

    def solution(self, spell: Spell) -> Solution:
        """The optimum of one spell, sought from the optimum of the same months without disruptions.

        It does not depend on what was solved before. Disruptions enter one by one as they touch the optimum so
        far, or together where they are many.
        """
        held = {name: share for name, share in spell.shares.items() if not self._limits[name].scenario}
        found = self._solution(held, spell.tonnes, None)
        more = {name: share for name, share in spell.shares.items() if name not in held}
        names = sorted(more, key=lambda name: _effect(self._limits[name], more[name]))
        few = len(names) <= MOST_STEPS
        while names:
            acting = [name for name in names if self._touches(found, held, {name: more[name]})]
            if not acting and not self._touches(found, held, {name: more[name] for name in names}):
                return found
            taken = acting[:1] if acting and few else names
            held |= {name: more[name] for name in taken}
            names = [name for name in names if name not in taken]
            found = self._solution(held, spell.tonnes, found)
        return found

    def _touches(self, found: Solution, held: Mapping[str, float], more: Mapping[str, float]) -> bool:
        """Whether further limits make a used way dearer or longer, or leave too little capacity for it."""
        for limit, share in self._holding(more):
            scope = self._scope(limit)
            dearer = limit.payload_factor < 1 or _closes(limit, share)
            if dearer and found.running[np.ix_(scope.rows, scope.touching)].any():
                return True
            if limit.delay_h and found.running[np.ix_(scope.rows, scope.using)].any():
                return True
        return bool((found.assignment.used > self.capacities({**held, **more})).any())

    def _solution(self, held: Mapping[str, float], tonnes: Floats, near: Solution | None) -> Solution:
        effects = sorted(_effect(limit, share) for limit, share in self._holding(held))
        key = (tuple(effects), tonnes.tobytes())
        if key not in self._solved:
            problem = self.problem(Spell((), held, tonnes))
            found = assign(problem, columns=near.assignment.columns if near else self._columns)
            if near is None:
                self._columns = found.columns
            self._solved[key] = self._priced(found, held)
        return self._solved[key]

    def _priced(self, found: Assignment, held: Mapping[str, float]) -> Solution:
        freight, hours = self.charged(held)
        count = len(found.paths)
        owner = np.repeat(np.arange(count), [len(path) for path in found.paths])
        arc = np.concatenate((*found.paths, np.zeros(0, np.int64)))
        row = self.group[found.path_commodity[owner]]
        money, time = (np.bincount(owner, each[row, arc], count) for each in (freight, hours))
        value = money + self._hour[self.group[found.path_commodity], 0] * time
        totals = [
            np.bincount(found.path_commodity, each * found.path_tonnes, len(self.flows))
            for each in (value, money, time)
        ]
        running = np.zeros(self.freight.shape, bool)
        running[row, arc] = True
        return Solution(found, *totals, running)

    def under(self, more: Sequence[Limit]) -> Carriage:
        """The same arrays with further limits, such as a link that is closed.

        They hold for all goods and packagings: capacities for some of them are laid out with the arrays.
        """
        assert all(map(_general, more)), "a limit for some goods only belongs to the network"
        other = copy(self)
        other.network = replace(self.network, limits=(*self.network.limits, *more))
        other._limits = {**self._limits, **{limit.id: limit for limit in more}}
        return other

    def drawn(self, tonnes: Floats, capacity: Floats) -> Carriage:
        """The same arrays with other tonnes (K,) and capacities (R,) a year: one draw of what is uncertain."""
        other = copy(self)
        other.flows = tuple(replace(f, tonnes=float(t)) for f, t in zip(self.flows, tonnes, strict=True))
        rows = zip(self.resources, capacity, strict=True)
        other.resources = [each if each.limit else replace(each, capacity=float(c)) for each, c in rows]
        other._months = _by_month(other.flows)
        other._solved = {}
        return other

    def spells(self, scenarios: Iterable[str] = ()) -> tuple[Spell, ...]:
        """The year, cut where other limits hold or other tonnes want to move."""
        asked = set(scenarios)
        limits = [each for each in self.network.limits if each.scenario in asked or _stands(each)]
        groups: dict[tuple[object, ...], list[int]] = {}
        kept: dict[tuple[object, ...], tuple[dict[str, float], Floats]] = {}
        for month in range(1, MONTHS + 1):
            shares = {each.id: share for each in limits if (share := _share(each, month))}
            tonnes = self._months[month - 1]
            key = (tuple(sorted(shares.items())), tonnes.tobytes())
            groups.setdefault(key, []).append(month)
            kept[key] = (shares, tonnes)
        return tuple(Spell(tuple(m), *kept[key]) for key, m in groups.items())

    def running(self, path: Sequence[int]) -> list[Arc]:
        """Arcs of a path without its access."""
        return [arc for index in path if (arc := self.arcs[index][1]) is not None]


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


def _by_month(flows: Sequence[Flow]) -> tuple[Floats, ...]:
    """(K,) tonnes that want to move in each month, at the rate of a year."""
    months = range(1, MONTHS + 1)
    return tuple(np.array([_rate(flow, month) for flow in flows], np.float64) for month in months)


def _rate(flow: Flow, month: int) -> float:
    if flow.month is None:
        return flow.tonnes
    return flow.tonnes * MONTHS if flow.month == month else 0.0


def _stands(limit: Limit) -> bool:
    """Whether a limit holds without being asked for: seasons do, what was dated is history."""
    return not limit.scenario and limit.first is None and limit.last is None


def _share(limit: Limit, month: int) -> float:
    """Share of a month's days on which a limit holds."""
    if month not in limit.months:
        return 0.0
    if limit.first is None or limit.last is None or (limit.last - limit.first).days >= 364:
        return 1.0
    held = 0.0
    for year in range(limit.first.year, limit.last.year + 1):
        days = monthrange(year, month)[1]
        first, last = date(year, month, 1), date(year, month, days)
        overlap = (min(last, limit.last) - max(first, limit.first)).days + 1
        held = max(held, max(overlap, 0) / days)
    return held


def _left(limit: Limit, share: float) -> float:
    """Share of the capacity that is left, as a mean of the days."""
    return 1 - share * (1 - limit.capacity_factor * limit.payload_factor)


def _closes(limit: Limit, share: float) -> bool:
    return limit.capacity_factor == 0 and share == 1


def _general(limit: Limit) -> bool:
    """Whether it holds for all goods in all packagings."""
    return allows(limit.packagings, "") and not limit.commodities and not limit.direction


def _covers(limit: Limit, other: Limit) -> bool:
    """Whether it touches all that the other touches."""
    return (
        limit.subject == other.subject
        and (allows(limit.packagings, "") or set(other.packagings or ("",)) <= set(limit.packagings))
        and (not limit.commodities or set(other.commodities or ("",)) <= set(limit.commodities))
        and limit.direction in ("", other.direction)
    )


def _concerns(limit: Limit, group: Group) -> bool:
    commodity, direction, _ = group
    right = not limit.direction or not direction or limit.direction == direction
    return right and (not limit.commodities or commodity in limit.commodities)


def _effect(limit: Limit, share: float) -> tuple[Any, ...]:
    """What a limit does while it holds: the same under another name and in other months is the same."""
    scope = (limit.subject, limit.packagings, limit.commodities, limit.direction)
    return (*scope, limit.capacity_factor, limit.payload_factor, limit.delay_h, share)
