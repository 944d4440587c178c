"""Exact shortest paths and Pareto fronts of paths by up to four criteria, over arrays of arcs.

A path belongs to the front if no other is at least as good by every criterion and better by one. Found by label
setting with dominance, lower bounds from a backward Dijkstra search per criterion, and the target's own points:
Pulido, Mandow and Pérez de la Cruz (2015), Dimensionality reduction in multiobjective shortest path search,
Computers & Operations Research 64, 60-70. Reduced to a readable set by epsilon-dominance:
Laumanns, Thiele, Deb and Zitzler (2002), Combining convergence and diversity in evolutionary multiobjective
optimization, Evolutionary Computation 10(3), 263-282.

**Fixed point.** Costs are added as whole multiples of a power of ten, `10**-k`, at most 1e-14 of the largest cost of
the criterion. So sums of decimals are exact, equal costs are equal whatever the order of adding, and cycles of no
cost end. A cost too small beside the largest to be told from it is reported as a check.

**Ties.** Of several paths to one point the front keeps one: that of the fewest arcs; then the one whose last
predecessor leaves the queue first (cost so far plus lower bound in the order of criteria, time first if there is
a timetable; then the same rule upstream; then the lower vertex number). Where these leave it open, as between
parallel arcs alike in every criterion, the order of arcs decides; points and the number of arcs never depend on it.

**Timetables.** An arc of a service departs at given hours of its period. Who arrives earlier never leaves later
(first in, first out), so a dominated label stays dominated and the front is exact; the bounds assume no waiting.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import InputError, NetworkError, ShapeError
from tarazu.corridor import kernels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Engine = Literal["auto", "python", "numba"]

MOST_CRITERIA = 4
PLAIN_ARCS = 3_000  # up to here plain Python is done before numba is loaded
PLAIN_LABELS = (
    20_000  # beyond, about half a second of plain Python, a search that began so goes over to numba
)
EXACT = 2.0**50  # scaled costs stay below: a float still tells whole numbers and their halves apart
LARGEST = 2.0**60  # sums along a path stay below: twice that is within 64 bits
COARSE = 1e-6  # share of a cost that may be lost in rounding before it is reported
BLOCK = 4_000_000  # comparisons of points at a time


@dataclass(frozen=True, slots=True, eq=False)
class ShortestPath:
    """Least cost from source to target, `inf` where there is no path, and the arcs in the order travelled."""

    cost: float
    arcs: Ints
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """Departures of arcs.

    Attributes
    ----------
    period
        (A,) hours after which departures repeat: 168 for a week, 0 for an arc that may be entered at any time.
    first
        (A + 1,) where each arc's departures begin in `offsets`. An arc with a period and no departure never runs.
    offsets
        Hours from the start of the period, from 0 to below it, ascending within an arc.
    """

    period: Floats
    first: Ints
    offsets: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """Pareto front of the paths between two vertices.

    Attributes
    ----------
    points
        (P, C) costs, in lexicographic order; in time the waits for departures are included.
    paths
        P arrays of arc indices in the order travelled.
    labels
        Partial paths made, a measure of the work.
    complete
        False if the search was stopped at its limit: then every point is on the front, but points are missing.
    """

    points: Floats
    paths: tuple[Ints, ...]
    labels: int
    complete: bool
    checks: tuple[Check, ...] = ()


def shortest_path(
    tail: ArrayLike,
    head: ArrayLike,
    weight: ArrayLike,
    n: int,
    source: int,
    target: int,
    *,
    engine: Engine = "auto",
) -> ShortestPath:
    """A path of least weight; of several the one of fewest arcs, then the nearest predecessor, then the lower arc.

    Parameters
    ----------
    tail, head
        (A,) vertices 0 .. n - 1 that each arc leaves and enters; parallel arcs and loops are allowed.
    weight
        (A,) not negative; `inf` for an arc that cannot be used.
    engine
        Plain Python or numba; "auto" goes by the number of arcs. The answer is the same.

    Raises
    ------
    ShapeError
        If the arrays do not belong together.
    NetworkError
        If a vertex does not exist or a weight is negative or missing; the arc is named.
    """
    graph = _Graph.read(tail, head, np.asarray(weight, float).reshape(-1, 1), n, source, target)
    usable = np.flatnonzero(np.isfinite(graph.weights[:, 0]))
    scale = _Scale.of(graph.weights[usable, 0], n)
    arrays = (graph.tail, graph.head, usable, scale.whole(graph.weights[:, 0]))
    where = (graph.n, graph.source, graph.target)
    cost, arcs = _run(_chosen(engine, len(graph.tail)), kernels.least_path, *arrays, *where)
    found = math.inf if cost == kernels.UNREACHED else float(scale.back(cost))
    return ShortestPath(found, arcs[::-1], scale.checks(graph.weights[:, 0], usable, 0))


def pareto_front(
    tail: ArrayLike,
    head: ArrayLike,
    weights: ArrayLike,
    n: int,
    source: int,
    target: int,
    *,
    timetable: Timetable | None = None,
    start: float = 0.0,
    time_index: int = 1,
    limit: int = 5_000_000,
    engine: Engine = "auto",
) -> Front:
    """Every undominated combination of costs from source to target, with a path for each.

    Parameters
    ----------
    tail, head
        (A,) vertices 0 .. n - 1 that each arc leaves and enters; parallel arcs and loops are allowed.
    weights
        (A, C) costs by one to four criteria, not negative; an arc with an `inf` cannot be used.
    timetable, start, time_index
        Departures in hours, the hour at which the path begins, and which criterion is time, in hours.
        At an arc with departures the path first waits for the next one. Without a timetable nobody waits.
    limit
        Labels after which the search stops, `complete` being False; five million took 7 s and 150 MB.
    engine
        Plain Python or numba. "auto" starts small networks in plain Python and goes over to numba where that
        takes many labels. The answer is the same.

    Raises
    ------
    ShapeError
        If the arrays do not belong together.
    NetworkError
        If a vertex does not exist, a weight is negative or missing, or a timetable is disordered; the arc is named.
    """
    graph = _Graph.read(tail, head, np.asarray(weights, float), n, source, target)
    usable = np.isfinite(graph.weights).all(axis=1)
    order = list(range(graph.weights.shape[1]))
    if timetable is not None:
        usable &= _running(timetable, len(graph.tail), start)
        if not 0 <= time_index < len(order):
            raise NetworkError(
                f"a timetable needs time among the criteria: time_index is {time_index}, criteria are {len(order)}."
            )
        order.insert(0, order.pop(time_index))  # the kernel adds waits to the first criterion
    search = _Search(graph, np.flatnonzero(usable), order, timetable, start)
    points, paths, labels, complete = search.run(limit, engine)
    checks = tuple(
        check
        for scale, k in zip(search.scales, order, strict=True)
        for check in scale.checks(graph.weights[:, k], search.usable, k)
    )
    if complete and not len(paths):
        message = (
            "no path leads there over arcs that can be used. Check what is connected, and what is closed."
        )
        checks += (Check.warning("no-path", f"vertex {source} to vertex {target}", message),)
    if not complete:
        message = (
            f"stopped at {labels:,} labels with {len(paths):,} points: others are missing. Raise `limit`, "
        )
        message += "or ask for fewer criteria."
        checks += (Check.warning("label-limit", f"vertex {source} to vertex {target}", message),)
    return Front(points, paths, labels, complete, checks)


def epsilon_front(points: ArrayLike, epsilon: ArrayLike) -> Ints:
    """A readable subset: every point left out is within 1 + epsilon of a kept one by every criterion.

    Kept are the best point of each criterion, then, one by one, the point that covers most of those not yet
    covered, of equals the lexicographically smaller. Takes time with the square of the number of points.

    Parameters
    ----------
    points
        (P, C) costs, not negative, as in `Front.points`.
    epsilon
        Share by which a kept point may be worse: one, or one per criterion (C,).

    Returns
    -------
    Indices of the points kept, ascending.

    Raises
    ------
    InputError
        If a cost or epsilon is negative or not a number.
    """
    costs = np.asarray(points, float)
    if costs.ndim != 2:
        raise ShapeError(expected="(points, criteria)", got=costs.shape, what="points")
    share = np.asarray(epsilon, float)
    if share.shape not in ((), (costs.shape[1],)):
        raise ShapeError(expected=f"() or {(costs.shape[1],)}", got=share.shape, what="epsilon")
    if not (np.isfinite(share) & (share >= 0)).all():
        raise InputError(f"epsilon: expected a share of 0 or more, such as 0.05, got {share}.")
    if not (np.isfinite(costs) & (costs >= 0)).all():
        raise InputError("points: expected finite costs of 0 or more.")
    if not costs.size:
        return np.empty(0, np.int64)
    columns = [costs[:, k] for k in range(costs.shape[1])]
    best = [int(np.lexsort([*columns[::-1], column])[0]) for column in columns]
    return _cover(costs, 1 + share, best)


def _cover(costs: Floats, factor: Floats, kept: list[int]) -> Ints:
    """Greedy cover; a gain only falls, so the candidate that stays on top with its gain counted anew is next."""
    loose = costs * factor
    rank = np.empty(len(costs), np.int64)
    rank[np.lexsort(costs.T[::-1])] = np.arange(len(costs))
    left = np.ones(len(costs), bool)
    for index in kept:
        left &= ~(costs[index] <= loose).all(axis=1)
    rest = loose[left]
    block = max(1, BLOCK // max(1, len(rest)))
    gains: list[int] = []
    for low in range(0, len(costs), block):
        within = np.ones((len(costs[low : low + block]), len(rest)), bool)
        for k in range(costs.shape[1]):
            within &= costs[low : low + block, k, None] <= rest[:, k]
        gains += within.sum(axis=1).tolist()
    queue = [(-gain, int(rank[index]), index) for index, gain in enumerate(gains)]
    heapify(queue)
    kept = list(kept)
    while len(rest):
        _, place, index = heappop(queue)
        covered = (costs[index] <= rest).all(axis=1)
        entry = (-int(covered.sum()), place, index)
        if queue and entry > queue[0]:
            heappush(queue, entry)
            continue
        kept.append(index)
        rest = rest[~covered]
    return np.unique(np.array(kept, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    """What was given, proven to be usable."""

    tail: Ints
    head: Ints
    weights: Floats  # (A, C)
    n: int
    source: int
    target: int

    @classmethod
    def read(
        cls, tail: ArrayLike, head: ArrayLike, weights: Floats, n: int, source: int, target: int
    ) -> _Graph:
        ends = [np.asarray(end) for end in (tail, head)]
        arcs = weights.shape[0] if weights.ndim else 0
        if weights.ndim != 2 or not 1 <= weights.shape[1] <= MOST_CRITERIA:
            raise ShapeError(
                expected=f"(arcs, 1 to {MOST_CRITERIA} criteria)", got=weights.shape, what="weights"
            )
        for end, what in zip(ends, ("tail", "head"), strict=True):
            if end.shape != (arcs,):
                raise ShapeError(expected=(arcs,), got=end.shape, what=f"{what} by arc")
            if arcs and end.dtype.kind not in "iu":
                raise NetworkError(f"{what}: expected whole numbers of vertices, got {end.dtype}.")
            _refuse((end < 0) | (end >= n), end, f"{what}: expected a vertex from 0 to {n - 1}")
        for vertex, what in ((source, "source"), (target, "target")):
            if not 0 <= vertex < n:
                raise NetworkError(f"{what}: expected a vertex from 0 to {n - 1}, got {vertex}.")
        for k in range(weights.shape[1]):
            column = weights[:, k]
            expected = f"criterion {k}: expected a cost of 0 or more, or inf for an arc that cannot be used"
            _refuse(~(column >= 0), column, expected)
        return cls(
            ends[0].astype(np.int64), ends[1].astype(np.int64), weights, int(n), int(source), int(target)
        )


def _refuse(wrong: NDArray[np.bool_], values: NDArray[Any], expected: str) -> None:
    """Raise for the first wrong value, naming its arc."""
    if wrong.any():
        arc = int(np.argmax(wrong))
        more = f" ({int(wrong.sum()):,} such arcs)" if wrong.sum() > 1 else ""
        raise NetworkError(f"arc {arc}, {expected}, got {values[arc]:g}{more}.")


def _running(timetable: Timetable, arcs: int, start: float) -> NDArray[np.bool_]:
    """Which arcs run at all; refuses a timetable that is not one."""
    period, first, offsets = timetable.period, timetable.first, timetable.offsets
    if period.shape != (arcs,):
        raise ShapeError(expected=(arcs,), got=period.shape, what="period by arc")
    if first.shape != (arcs + 1,):
        raise ShapeError(expected=(arcs + 1,), got=first.shape, what="first departure by arc")
    if not math.isfinite(start):
        raise NetworkError(f"start: expected an hour, got {start}.")
    count = np.diff(first)
    _refuse(~(np.isfinite(period) & (period >= 0)), period, "period: expected hours, 0 for no timetable")
    _refuse(count < 0, count, "departures: expected a number of them of 0 or more")
    if offsets.ndim != 1 or first[0] != 0 or first[-1] != len(offsets):
        raise ShapeError(expected=(int(first[-1]),), got=offsets.shape, what="offsets")
    owner = np.repeat(np.arange(arcs), count)
    falls = np.concatenate(([False], (owner[1:] == owner[:-1]) & (offsets[1:] < offsets[:-1])))
    outside = ~((offsets >= 0) & (offsets < period[owner])) & (period[owner] > 0)
    for wrong, expected in (
        (outside, "from 0 to below the period"),
        (falls[: len(offsets)], "in ascending order"),
    ):
        if wrong.any():
            at = int(np.argmax(wrong))
            raise NetworkError(
                f"arc {owner[at]}, departures: expected hours {expected}, got {offsets[at]:g}."
            )
    runs: NDArray[np.bool_] = (period == 0) | (count > 0)
    return runs


@dataclass(frozen=True, slots=True)
class _Scale:
    """Fixed point: a cost is so many times ``10**-digits``."""

    digits: int

    @classmethod
    def of(cls, costs: Floats, n: int, more: float = 0.0, once: float = 0.0) -> _Scale:
        """For paths through n vertices; `more` may be added to every cost, `once` to a path."""
        largest = max(float(costs.max(initial=0.0)) + more, once)
        if largest == 0:
            return cls(0)
        digits = math.floor(math.log10(min(EXACT, LARGEST / (n + 1))) - math.log10(largest))
        return cls(max(-300, min(300, digits)))

    def whole(self, costs: Floats | float) -> Ints:
        """Multiples, 0 for what is not finite."""
        return np.rint(np.where(np.isfinite(costs), costs, 0.0) * 10.0**self.digits).astype(np.int64)

    def back(self, whole: Any) -> Any:
        """Costs."""
        return whole / 10.0**self.digits

    def checks(self, costs: Floats, usable: Ints, criterion: int) -> tuple[Check, ...]:
        """Costs that rounding falsifies, because the largest is greater by too many powers of ten."""
        exact = costs[usable] * 10.0**self.digits
        lost = np.abs(np.rint(exact) - exact) > COARSE * exact
        if not lost.any():
            return ()
        message = (
            f"{int(lost.sum()):,} costs are too small beside the largest, {costs[usable].max():g}, and were rounded to "
            f"multiples of {10.0**-self.digits:g}. To close an arc write inf, not a large cost."
        )
        place = f"arc {usable[np.argmax(lost)]}, criterion {criterion}"
        return (Check.warning("cost-range", place, message),)


def _chosen(engine: Engine, arcs: int) -> Engine:
    if engine not in ("auto", "python", "numba"):
        raise InputError(f'engine: expected "auto", "python" or "numba", got "{engine}".')
    return engine if engine != "auto" else "python" if arcs <= PLAIN_ARCS else "numba"


def _run(engine: Engine, kernel: Callable[..., Any], *arguments: Any) -> Any:
    """Call a kernel on lists, or compiled on arrays."""
    if engine == "numba":
        return kernels.compiled(kernel)(*arguments)
    return kernel(*(_listed(value) for value in arguments))


def _listed(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_listed(part) for part in value)
    return value.tolist() if isinstance(value, np.ndarray) else value


class _Search:
    """One search in whole numbers; `order` is the kernel's order of criteria."""

    def __init__(
        self, graph: _Graph, usable: Ints, order: list[int], timetable: Timetable | None, start: float
    ) -> None:
        self.graph, self.usable, self.order = graph, usable, order
        period = timetable.period if timetable is not None else np.empty(0)
        offsets = timetable.offsets if timetable is not None else np.empty(0)
        self.scales = []
        for rank, k in enumerate(order):
            waiting = (
                (float(period.max(initial=0.0)), abs(start)) if timetable is not None and rank == 0 else ()
            )
            self.scales.append(_Scale.of(graph.weights[usable, k], graph.n, *waiting))
        time = self.scales[0]
        first = timetable.first.astype(np.int64) if timetable is not None else np.empty(0, np.int64)
        self.timetable = (time.whole(period), first, time.whole(offsets))
        self.start = int(time.whole(start)) if timetable is not None else 0

    def run(self, limit: int, engine: Engine) -> tuple[Floats, tuple[Ints, ...], int, bool]:
        """Points, paths, labels made, and whether that is all."""
        chosen = _chosen(engine, len(self.graph.tail))
        first_limit = min(limit, PLAIN_LABELS) if engine == "auto" and chosen == "python" else limit
        found = self._solve(chosen, first_limit)
        if not found[-1] and first_limit < limit:
            found = self._solve("numba", limit)
        whole, arcs, ends, labels, complete = found
        points = np.empty((len(ends), len(self.order)))
        for rank, k in enumerate(self.order):
            points[:, k] = self.scales[rank].back(whole.reshape(-1, MOST_CRITERIA)[:, rank])
        begins = np.concatenate(([0], ends[:-1]))
        sorting = np.lexsort(points.T[::-1])
        paths = tuple(arcs[begins[i] : ends[i]][::-1] for i in sorting.tolist())
        return points[sorting], paths, int(labels), bool(complete)

    def _solve(self, engine: Engine, limit: int) -> Any:
        graph = self.graph
        zeros = np.zeros(len(graph.tail), np.int64)
        columns = [scale.whole(graph.weights[:, k]) for scale, k in zip(self.scales, self.order, strict=True)]
        costs = tuple(columns + [zeros] * (MOST_CRITERIA - len(columns)))
        ends = (graph.tail, graph.head, self.usable)
        where = (graph.n, graph.source, graph.target)
        rest = (costs, *where, self.timetable, self.start, limit)
        return _run(engine, kernels.label_setting, len(columns), *ends, *rest)
