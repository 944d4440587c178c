"""Flows over a network as arrays under limits: one multigraph of all packagings, shared capacities, spells of a year.

A class is a commodity in one direction, bilateral or transit. Its cost on an arc is freight plus what the hours
cost it. Limits of a month and of scenarios act on the arrays, so that a thousand disruptions need the graph only
once, with `share` and `left` as in `tarazu.corridor.holding`:

    freight / (1 - share (1 - payload factor)),   hours + share * delay,   capacity * left

Limits only ever take away. Hence an optimum that a further limit does not touch stays the optimum: it is not sought
again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.corridor.assignment import GAP, Assignment, Columns, Problem, assign
from tarazu.corridor.carriage_layout import Flow, Layout, Resource, legs_of
from tarazu.corridor.consistency import SHIPS
from tarazu.corridor.facts import BACKWARD, FORWARD
from tarazu.corridor.graph import RUNS, Arc
from tarazu.corridor.holding import (
    MONTHS,
    Group,
    closes,
    concerns,
    covers,
    effect,
    general,
    left,
    share_of,
    stands,
)
from tarazu.corridor.network import Limit, Network, allows
from tarazu.corridor.shortest_trees import links, trees

__all__ = ["MONTHS", "Carriage", "Flow", "Resource", "Solution", "Spell", "legs_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_STEPS = 3  # disruptions taken one after the other, each from the optimum before


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
    """Where a limit acts: classes, arcs it may close, arcs it loads less, arcs where its delay falls once a tonne."""

    rows: Ints
    touching: Ints
    lighter: Ints
    using: Ints


@dataclass
class Carriage:
    """The arrays of a network and its flows; `solve` assigns one spell.

    Attributes
    ----------
    lost_share
        Margin that a tonne loses if it does not move, as a share of its value.
    arcs
        (A,) with its packaging; access arcs have None.
    group
        (K,) class of each flow.
    penalty
        (K,) USD lost by a tonne that does not move.

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
        layout = self._layout = Layout(self.network, self.flows)
        self._gap = GAP
        self.groups, self.arcs, self.resources = layout.groups, layout.arcs, layout.resources
        self.tail, self.head = layout.tail, layout.head
        self._limits = {limit.id: limit for limit in self.network.limits}
        self.group = np.array([self.groups.index(flow.group) for flow in self.flows], np.int64)
        self._origin = np.array([layout.number["from", flow.origin] for flow in self.flows], np.int64)
        self._destination = np.array([layout.number["to", flow.destination] for flow in self.flows], np.int64)
        goods = [self.network.commodities[name] for name, _, _ in self.groups]
        self._hour = np.array([good.value.value * good.time_cost / 24 for good in goods])[:, None]
        self._months = _by_month(self.flows)
        self._scopes: dict[tuple[object, ...], _Scope] = {}
        self._least: Floats | None = None
        self.penalty = self._penalties()
        self._solved: dict[tuple[object, ...], Solution] = {}
        self._columns = Columns.none()

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
                graph = links(self.tail, self.head, len(self._layout.number), np.isfinite(cost[g]))
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
        freight, hours = self._layout.freight / self.payloads(shares), self._layout.hours.copy()
        for limit, share in self._holding(shares):
            scope = self._scope(limit)
            if limit.delay_h:
                hours[np.ix_(scope.rows, scope.using)] += share * limit.delay_h
            if closes(limit, share):
                freight[np.ix_(scope.rows, scope.touching)] = np.inf
        return freight, hours

    def payloads(self, shares: Mapping[str, float]) -> Floats:
        """(G, A) share of the usual load of a ship or wagon under the limits that hold, as a mean of the days."""
        found = np.ones(self._layout.freight.shape)
        for limit, share in self._holding(shares):
            if limit.payload_factor < 1:
                scope = self._scope(limit)
                found[np.ix_(scope.rows, scope.lighter)] *= 1 - share * (1 - limit.payload_factor)
        return found

    def _holding(self, shares: Mapping[str, float]) -> list[tuple[Limit, float]]:
        return [(self._limits[name], share) for name, share in shares.items() if share]

    def _scope(self, limit: Limit) -> _Scope:
        key = (limit.subject, limit.packagings, limit.commodities, limit.direction)
        if key not in self._scopes:
            rows = [g for g, group in enumerate(self.groups) if concerns(limit, group)]
            touching, using = (
                [i for i in of.get(limit.subject, ()) if allows(limit.packagings, self.arcs[i][0])]
                for of in (self._layout.touching, self._layout.using)
            )
            lighter = [i for i in touching if (arc := self.arcs[i][1]) and self._sails(arc, limit.subject)]
            lists = (rows, touching, lighter, using)
            self._scopes[key] = _Scope(*(np.array(each, np.int64) for each in lists))
        return self._scopes[key]

    def _sails(self, arc: Arc, subject: str) -> bool:
        """Whether a payload factor of a subject is the arc's: shallow water at a node is nothing to a train there."""
        return subject not in self.network.nodes or (arc.kind in RUNS and arc.mode in SHIPS)

    def delayed(self, limit: Limit, flow: int, path: Sequence[int]) -> Arc | None:
        """Arc of a flow's path on which a limit's delay falls, if any."""
        scope = self._scope(limit)
        hit = set(scope.using.tolist()) if self.group[flow] in scope.rows else set()
        return next((arc for i in path if i in hit and (arc := self.arcs[i][1]) is not None), None)

    def capacities(self, shares: Mapping[str, float], added: Floats | None = None) -> Floats:
        """(R,) tonnes a year under the limits that hold; `added` (R,) tonnes a year are there besides."""
        found = np.array([resource.capacity for resource in self.resources], np.float64)
        found = found if added is None else found + added
        whole, holding = found.copy(), self._holding(shares)
        for limit, share in holding:
            if general(limit):
                for way in ("", FORWARD, BACKWARD):
                    if (limit.subject, way) in self._layout.of:
                        found[self._layout.of[limit.subject, way]] *= left(limit, share)
                if limit.capacity_factor:  # a closed node has its arcs closed
                    less = 1 - share * (1 - limit.capacity_factor)
                    found[self._layout.at.get(limit.subject, [])] *= less
        for r, behind in self._layout.whole.items():
            if shares.get(self.resources[r].limit):
                own = self._limits[self.resources[r].limit]
                remains = math.prod(left(each, share) for each, share in holding if covers(each, own))
                found[r] = whole[behind] * remains
        return found

    def behind(self, resource: int) -> int:
        """The whole capacity of which a limit sets this one for some goods; else itself."""
        return self._layout.whole.get(resource, resource)

    def limited(self, subject: str) -> bool:
        """Whether a share of what a subject does can be taken: it has a capacity, or the transfers there have."""
        return bool(self._layout.at.get(subject)) or any(
            (subject, way) in self._layout.of for way in ("", FORWARD, BACKWARD)
        )

    def unlimited(self, path: Sequence[int]) -> list[str]:
        """Legs and transfers of a path whose capacity nobody knows."""
        return list(dict.fromkeys(name for index in path for name in self._layout.unlimited[index]))

    def parts(self, resource: int) -> list[int]:
        """Capacities that a limit sets for some goods as a share of this one."""
        return [r for r, behind in self._layout.whole.items() if behind == resource]

    def use(self) -> Any:
        """(A, R) sparse matrix: whether an arc takes a capacity, and how often."""
        from scipy.sparse import csr_array

        arc, resource = self._layout.uses.T
        shape = (len(self.arcs), len(self.resources))
        return csr_array((np.ones(len(arc)), (arc, resource)), shape=shape)

    def problem(self, spell: Spell) -> Problem:
        """The assignment of one spell, at the rate of a year."""
        return Problem(
            tail=self.tail,
            head=self.head,
            n=len(self._layout.number),
            cost=self.costs(spell.shares),
            resource_arc=self._layout.uses[:, 0],
            resource_of=self._layout.uses[:, 1],
            resource_use=np.ones(len(self._layout.uses)),
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
        names = sorted(more, key=lambda name: effect(self._limits[name], more[name]))
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
            acting = (
                (closes(limit, share), scope.touching),
                (limit.payload_factor < 1, scope.lighter),
                (limit.delay_h > 0, scope.using),
            )
            if any(acts and found.running[np.ix_(scope.rows, arcs)].any() for acts, arcs in acting):
                return True
        return bool((found.assignment.used > self.capacities({**held, **more})).any())

    def _solution(self, held: Mapping[str, float], tonnes: Floats, near: Solution | None) -> Solution:
        effects = sorted(effect(limit, share) for limit, share in self._holding(held))
        key = (tuple(effects), tonnes.tobytes())
        if key not in self._solved:
            problem = self.problem(Spell((), held, tonnes))
            columns = near.assignment.columns if near else self._columns
            found = assign(problem, columns=columns, gap=self._gap)
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
        each = [
            np.bincount(found.path_commodity, per * found.path_tonnes, len(self.flows)).astype(np.float64)
            for per in (value, money, time)
        ]
        running = np.zeros(self._layout.freight.shape, bool)
        running[row, arc] = True
        return Solution(found, each[0], each[1], each[2], running)

    def under(self, more: Sequence[Limit]) -> Carriage:
        """The same arrays with further limits, such as a link that is closed.

        They hold for all goods and packagings: capacities for some of them are laid out with the arrays.
        """
        assert all(map(general, more)), "a limit for some goods only belongs to the network"
        other = copy(self)
        other.network = replace(self.network, limits=(*self.network.limits, *more))
        other._limits = {**self._limits, **{limit.id: limit for limit in more}}
        return other

    def drawn(self, tonnes: Floats, capacity: Floats, gap: float = GAP) -> Carriage:
        """The same arrays with other tonnes (K,) and capacities (R,) a year: one draw of what is uncertain."""
        other = copy(self)
        other._gap = gap
        other.flows = tuple(replace(f, tonnes=float(t)) for f, t in zip(self.flows, tonnes, strict=True))
        rows = zip(self.resources, capacity, strict=True)
        other.resources = [each if each.limit else replace(each, capacity=float(c)) for each, c in rows]
        other._months = _by_month(other.flows)
        other._solved = {}
        return other

    def spells(self, scenarios: Iterable[str] = ()) -> tuple[Spell, ...]:
        """The year, cut where other limits hold or other tonnes want to move."""
        asked = set(scenarios)
        limits = [each for each in self.network.limits if each.scenario in asked or stands(each)]
        groups: dict[tuple[object, ...], list[int]] = {}
        kept: dict[tuple[object, ...], tuple[dict[str, float], Floats]] = {}
        for month in range(1, MONTHS + 1):
            shares = {each.id: share for each in limits if (share := share_of(each, month))}
            tonnes = self._months[month - 1]
            key = (tuple(sorted(shares.items())), tonnes.tobytes())
            groups.setdefault(key, []).append(month)
            kept[key] = (shares, tonnes)
        return tuple(Spell(tuple(m), *kept[key]) for key, m in groups.items())

    def running(self, path: Sequence[int]) -> list[Arc]:
        """Arcs of a path without its access."""
        return [arc for index in path if (arc := self.arcs[index][1]) is not None]


def _by_month(flows: Sequence[Flow]) -> tuple[Floats, ...]:
    """(K,) tonnes that want to move in each month, at the rate of a year."""
    months = range(1, MONTHS + 1)
    return tuple(np.array([_rate(flow, month) for flow in flows], np.float64) for month in months)


def _rate(flow: Flow, month: int) -> float:
    if flow.month is None:
        return flow.tonnes
    return flow.tonnes * MONTHS if flow.month == month else 0.0
