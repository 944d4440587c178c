"""User equilibrium on congested roads: nobody can be faster by another route (Wardrop's first principle, 1952).

    min  sum_a integral_0^{v_a} t_a(x) dx,   t_a(v) = t0_a (1 + b_a (v / c_a)^p_a)     (Beckmann et al. 1956; BPR 1964)

Solved by bi-conjugate Frank-Wolfe (Mitradjieva and Lindberg 2013): each round loads all trips on shortest routes, and
the search direction is made conjugate to the last two. Unlike `assignment`, which finds a planner's optimum,
travellers here each choose for themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import NetworkError, ShapeError
from tarazu.corridor.shortest_trees import blocks, links, paths, trees

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LIMIT = 20_000  # rounds
NEAR_ONE = 0.99  # most weight on an old target: beyond it the directions repeat
BISECTIONS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Equilibrium:
    """Flows at which no traveller gains by changing route.

    Attributes
    ----------
    flows, times
        (A,) trips per period and time on each arc at these flows.
    objective
        Beckmann's sum of integrals, at `flows`.
    gap
        (total time - total time if all took the shortest route at these times) / total time.
    iterations
        Rounds of shortest routes.
    checks
        An error `equilibrium-not-reached` when the gap wanted was not reached, and trips that have no route.
    """

    flows: Floats
    times: Floats
    objective: float
    gap: float
    iterations: int
    checks: tuple[Check, ...]


def user_equilibrium(
    tail: ArrayLike,
    head: ArrayLike,
    n: int,
    free_time: ArrayLike,
    capacity: ArrayLike,
    b: ArrayLike,
    power: ArrayLike,
    origins: ArrayLike,
    destinations: ArrayLike,
    trips: ArrayLike,
    *,
    relative_gap: float = 1e-6,
    first_through_node: int = 0,
    limit: int = LIMIT,
) -> Equilibrium:
    """Equilibrium flows for given trips between nodes.

    Parameters
    ----------
    tail, head
        (A,) nodes of each arc, 0 <= node < `n`.
    free_time, capacity, b, power
        (A,) or one number: t0 >= 0, c > 0, b >= 0, p >= 0 of the congestion function.
    origins, destinations, trips
        (Q,) nodes, and trips >= 0 per period. Trips within a node take no arc.
    relative_gap
        Gap at which to stop.
    first_through_node
        Nodes below it are only left or entered, never passed through (TNTP's FIRST THRU NODE, counted from 0).
    limit
        Most rounds; when hit the flows so far come back with a check that says so.

    Raises
    ------
    ShapeError, NetworkError
        If arrays do not belong together, or a value makes no sense.
    """
    ends = _ends(tail, head, n)
    road = _Road(
        *(
            _by_arc(name, value, len(ends[0]))
            for name, value in (("free_time", free_time), ("capacity", capacity), ("b", b), ("power", power))
        )
    )
    road.refuse_bad()
    load = _Loading(ends, n, origins, destinations, trips, first_through_node)
    return _bi_conjugate(road, load, relative_gap, max(limit, 1))


@dataclass(frozen=True, slots=True, eq=False)
class _Road:
    """The congestion function by arc."""

    free: Floats
    capacity: Floats
    b: Floats
    power: Floats

    def refuse_bad(self) -> None:
        rules = {
            "free_time": ~(self.free >= 0),
            "capacity": ~(self.capacity > 0),
            "b": ~(self.b >= 0),
            "power": ~(self.power >= 0),
        }
        found = []
        for name, bad in rules.items():
            for a in np.flatnonzero(bad).tolist():
                message = (
                    f"{name}[{a}] is negative, missing or (a capacity) 0. Correct it or leave the arc out"
                )
                found.append(Check.error("bad-value", f"{name}[{a}]", message))
        if found:
            raise NetworkError("; ".join(check.message for check in found[:10]), found)

    def time(self, v: Floats) -> Floats:
        return self.free * (1 + self.b * (v / self.capacity) ** self.power)

    def slope(self, v: Floats) -> Floats:
        # An exponent below one has no slope at zero flow: a flow of almost nothing stands in for it.
        ratio = np.maximum(v / self.capacity, 1e-12)
        return self.free * self.b * self.power / self.capacity * ratio ** (self.power - 1)

    def objective(self, v: Floats) -> float:
        share = self.b / (self.power + 1) * (v / self.capacity) ** self.power
        return float(np.sum(self.free * v * (1 + share)))


class _Loading:
    """All-or-nothing loading: every trip on the shortest route."""

    def __init__(
        self,
        ends: tuple[Ints, Ints],
        n: int,
        origins: ArrayLike,
        destinations: ArrayLike,
        trips: ArrayLike,
        through: int,
    ) -> None:
        tail, head = ends
        origin, destination = (
            _nodes(name, v, n) for name, v in (("origins", origins), ("destinations", destinations))
        )
        amount = np.asarray(trips, np.float64)
        for name, array in (("destinations", destination), ("trips", amount)):
            if array.shape != origin.shape:
                raise ShapeError(expected=origin.shape, got=array.shape, what=name)
        if not np.all(np.isfinite(amount) & (amount >= 0)):
            raise NetworkError("trips: expected finite numbers of at least 0")
        # A node that is not passed through gets a twin where its arcs arrive: nothing leaves the twin.
        self.arcs = len(tail)
        self.graph = links(tail, np.where(head < through, head + n, head), n + through)
        inside = (amount > 0) & (origin != destination)
        self.amount = amount[inside]
        self.destination = np.where(destination < through, destination + n, destination)[inside]
        self.origins, self.row = np.unique(origin[inside], return_inverse=True)
        self.checks: list[Check] = []
        self._drop_stranded()

    def _drop_stranded(self) -> None:
        reachable = np.zeros(len(self.amount), bool)
        for begin, rows in self._blocks():
            found = trees(self.graph, np.ones(self.arcs), self.origins[begin : begin + rows])
            here = (self.row >= begin) & (self.row < begin + rows)
            reachable[here] = np.isfinite(found.distance[self.row[here] - begin, self.destination[here]])
        if not reachable.all():
            lost = f"{self.amount[~reachable].sum():,.6g}"
            message = f"{(~reachable).sum()} pairs with {lost} trips have no route: left out"
            self.checks.append(Check.warning("no-path", "trips", message))
        self.amount, self.destination = self.amount[reachable], self.destination[reachable]
        self.row = self.row[reachable]

    def _blocks(self) -> list[tuple[int, int]]:
        step = blocks(len(self.origins), self.graph.n)
        return [(begin, step) for begin in range(0, len(self.origins), step)]

    def __call__(self, time: Floats) -> Floats:
        """Flows (A,) when all trips take the shortest route at these times (A,)."""
        flows = np.zeros(self.arcs)
        for begin, rows in self._blocks():
            found = trees(self.graph, time, self.origins[begin : begin + rows])
            here = (self.row >= begin) & (self.row < begin + rows)
            start, arc = paths(self.graph, found, self.row[here] - begin, self.destination[here])
            flows += np.bincount(arc, np.repeat(self.amount[here], np.diff(start)), self.arcs)
        return flows


def _bi_conjugate(road: _Road, load: _Loading, wanted: float, limit: int) -> Equilibrium:
    """Rounds of loading, mixing and line search until the gap is small enough."""
    v = load(road.time(np.zeros(load.arcs)))
    targets: list[Floats] = []  # the last points aimed at, the latest first
    step, iterations = 1.0, 0
    while True:
        iterations += 1
        time = road.time(v)
        shortest = load(time)
        total = float(time @ v)
        gap = (total - float(time @ shortest)) / total if total > 0 else 0.0
        if gap <= wanted or iterations >= limit:
            break
        aim = _mix(road.slope(v), v, shortest, targets, step)
        if time @ (aim - v) >= 0:  # no longer downhill: start the directions afresh
            aim, targets = shortest, []
        step = _line_search(road.time, v, aim - v)
        if step > NEAR_ONE:
            targets = []
        targets = [aim, *targets[:1]]
        v = v + step * (aim - v)
    checks = list(load.checks)
    if gap > wanted:
        message = f"the gap is {gap:.2g} after {iterations:,} rounds, wanted {wanted:.2g}: raise the limit"
        checks.append(Check.error("equilibrium-not-reached", "", message))
    return Equilibrium(v, road.time(v), road.objective(v), gap, iterations, tuple(checks))


def _mix(slope: Floats, v: Floats, shortest: Floats, targets: list[Floats], step: float) -> Floats:
    """Point to aim at: a convex mix of the shortest routes and the last targets, conjugate to the last directions."""
    fresh = shortest - v
    if not targets:
        return shortest
    last = targets[0] - v

    def across(x: Floats, y: Floats) -> float:
        return float(slope @ (x * y))

    if len(targets) == 1:
        below = across(last, fresh - last)
        share = across(last, fresh) / below if below else 0.0
        share = min(max(share, 0.0), NEAR_ONE)
        return share * targets[0] + (1 - share) * shortest
    older = step * targets[0] - v + (1 - step) * targets[1]
    below = across(older, targets[1] - targets[0])
    mu = max(-across(older, fresh) / below, 0.0) if below else 0.0
    below = across(last, last)
    nu = max(-across(last, fresh) / below + mu * step / (1 - step), 0.0) if below and step < 1 else 0.0
    return (shortest + nu * targets[0] + mu * targets[1]) / (1 + mu + nu)


def _line_search(time: Callable[[Floats], Floats], v: Floats, d: Floats) -> float:
    """Step in [0, 1] along `d` at which the objective's slope is nil, by bisection: the slope only rises."""
    if time(v + d) @ d <= 0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if time(v + middle * d) @ d > 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _ends(tail: ArrayLike, head: ArrayLike, n: int) -> tuple[Ints, Ints]:
    start, end = _nodes("tail", tail, n), _nodes("head", head, n)
    if start.shape != end.shape:
        raise ShapeError(expected=start.shape, got=end.shape, what="head")
    return start, end


def _nodes(name: str, values: ArrayLike, n: int) -> Ints:
    nodes = np.asarray(values, np.int64)
    if nodes.size and (nodes.min() < 0 or nodes.max() >= n):
        raise NetworkError(f"{name}: expected nodes 0 to {n - 1}, got {nodes.min()} to {nodes.max()}")
    return nodes


def _by_arc(name: str, values: ArrayLike, arcs: int) -> Floats:
    given = np.asarray(values, np.float64)
    if given.shape not in ((), (arcs,)):
        raise ShapeError(expected=(arcs,), got=given.shape, what=name)
    return np.broadcast_to(given, (arcs,))
