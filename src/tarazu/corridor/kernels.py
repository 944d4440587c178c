"""The inner loops of route search: whole numbers in, whole numbers out, as plain Python or compiled by numba.

Every function runs as it stands on lists, and on arrays once `compiled` has passed it through numba. Plain
Python answers at once on a network of hundreds of arcs, where loading numba would take longer than the search;
on thousands of arcs numba is tens of times as fast. Costs are whole numbers, so that sums are exact in any
order and both ways give the same front, path by path.

Label setting with dominance checks of one dimension less: Pulido, Mandow and Pérez de la Cruz (2015),
Dimensionality reduction in multiobjective shortest path search, Computers & Operations Research 64, 60-70
(NAMOA*dr). Labels leave the queue in lexicographic order of cost so far plus lower bound. Hence at a vertex the
first criterion never falls, and only the others need a look: one number for two criteria, a staircase for
three, a list of triples for four. The target's entries are compared with the bound of every label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = Sequence[int]
UNREACHED = 2**62  # above every cost: the caller scales so that cost plus bound stays below 2**61


def grouped(key: Ints, order: Ints, n: int) -> tuple[list[int], list[int]]:
    """Arcs of `order` sorted by key, stably, by counting: group k is out[first[k] : first[k + 1]]."""
    first = [0] * (n + 1)
    for a in order:
        first[key[a] + 1] += 1
    for k in range(n):
        first[k + 1] += first[k]
    free = first[:n]
    out = [0] * len(order)
    for a in order:
        k = key[a]
        out[free[k]] = a
        free[k] += 1
    return first, out


def dijkstra(
    first: Ints, arcs: Ints, end: Ints, weight: Ints, n: int, source: int, target: int
) -> tuple[list[int], list[int]]:
    """Least cost from source to every vertex, and the arc that reaches it; stops at target unless that is -1.

    Among paths of equal cost the fewest arcs win, then the predecessor settled first, then the arc listed first.
    """
    cost = [UNREACHED] * n
    steps = [0] * n
    via = [-1] * n
    settled = [False] * n
    cost[source] = 0
    heap = [(0, source)]  # the second number is arcs so far times n, plus the vertex
    while len(heap) > 0:
        at, second = heappop(heap)
        step, v = second // n, second % n
        if settled[v]:
            continue
        settled[v] = True
        if v == target:
            break
        for i in range(first[v], first[v + 1]):
            a = arcs[i]
            u = end[a]
            new = at + weight[a]
            if new < cost[u] or (new == cost[u] and step + 1 < steps[u] and not settled[u]):
                cost[u] = new
                steps[u] = step + 1
                via[u] = a
                heappush(heap, (new, (step + 1) * n + u))
    return cost, via


def least_path(
    tail: Ints, head: Ints, usable: Ints, weight: Ints, n: int, source: int, target: int
) -> tuple[int, NDArray[np.int64]]:
    """Cost and arcs, last first, of a shortest path; UNREACHED and none where there is none."""
    first, out = grouped(tail, usable, n)
    cost, via = dijkstra(first, out, head, weight, n, source, target)
    arcs = [0][:0]
    v = target
    while via[v] >= 0:
        arcs.append(via[v])
        v = tail[via[v]]
    return cost[target], np.array(arcs, np.int64)


def position(values: Ints, low: int, high: int, x: int) -> int:
    """First place in the sorted values[low:high] of a value of at least x."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


def wait(now: int, period: int, low: int, high: int, offsets: Ints) -> int:
    """From `now` to the next departure; offsets[low:high] are sorted within the period."""
    clock = now % period
    at = position(offsets, low, high, clock)
    return offsets[at] - clock if at < high else period - clock + offsets[low]


def dominated(
    kind: int, low: int, size: int, p: list[int], q: list[int], r: list[int], x: int, y: int, z: int
) -> bool:
    """Whether one of the entries from `low` on is no worse than x, y, z in what `kind` criteria leave to check."""
    if size == 0:
        return False
    if kind <= 2:
        return p[low] <= x
    if kind == 3:
        # A staircase, p rising and q falling: the last step at or left of x is the lowest there.
        at = position(p, low, low + size, x + 1) - 1
        return at >= low and q[at] <= y
    for i in range(low + size - 1, low - 1, -1):  # noqa: SIM110  (numba compiles no generator expression)
        if p[i] <= x and q[i] <= y and r[i] <= z:
            return True
    return False


def step_in(low: int, size: int, p: list[int], q: list[int], x: int, y: int) -> int:
    """Enter a step in the staircase and take out the steps that it dominates; the new number of steps."""
    left = position(p, low, low + size, x)
    right = left
    while right < low + size and q[right] >= y:
        right += 1
    if right == left:
        for i in range(low + size, left, -1):
            p[i] = p[i - 1]
            q[i] = q[i - 1]
    elif right > left + 1:
        shift = right - left - 1
        for i in range(right, low + size):
            p[i - shift] = p[i]
            q[i - shift] = q[i]
    p[left] = x
    q[left] = y
    return size + 1 - (right - left)


def list_in(low: int, size: int, p: list[int], q: list[int], r: list[int], x: int, y: int, z: int) -> int:
    """Enter a triple in the list and take out those that it dominates; the new number of triples."""
    keep = low
    for i in range(low, low + size):
        if not (x <= p[i] and y <= q[i] and z <= r[i]):
            p[keep] = p[i]
            q[keep] = q[i]
            r[keep] = r[i]
            keep += 1
    p[keep] = x
    q[keep] = y
    r[keep] = z
    return keep + 1 - low


def enter(
    kind: int,
    v: int,
    begin: list[int],
    size: list[int],
    room: list[int],
    p: list[int],
    q: list[int],
    r: list[int],
    x: int,
    y: int,
    z: int,
) -> None:
    """Enter x, y, z, dominated by none, among the entries of vertex v; a full vertex moves to twice the room."""
    if size[v] == room[v]:
        old = begin[v]
        begin[v] = len(p)
        room[v] = 2 * room[v] if room[v] > 0 else 1 if kind < 3 else 4
        for i in range(room[v]):
            j = old + i if i < size[v] else 0
            p.append(p[j])
            q.append(q[j])
            r.append(r[j])
    if kind <= 2:
        p[begin[v]] = x
        size[v] = 1
    elif kind == 3:
        size[v] = step_in(begin[v], size[v], p, q, x, y)
    else:
        size[v] = list_in(begin[v], size[v], p, q, r, x, y, z)


def bounds(
    kind: int, tail: Ints, head: Ints, into: Ints, back: Ints, costs: tuple[Ints, ...], n: int, target: int
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Least cost to the target by each criterion on its own; zero where there is no such criterion."""
    w1, w2, w3, w4 = costs
    none = [0] * n
    h1, _ = dijkstra(back, into, tail, w1, n, target, -1)
    h2 = dijkstra(back, into, tail, w2, n, target, -1)[0] if kind > 1 else none
    h3 = dijkstra(back, into, tail, w3, n, target, -1)[0] if kind > 2 else none
    h4 = dijkstra(back, into, tail, w4, n, target, -1)[0] if kind > 3 else none
    return h1, h2, h3, h4


def traced(
    found: list[int], arc: list[int], parent: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Arcs of the paths of the labels found, each last arc first, one path after the other, and their ends."""
    arcs = [0][:0]
    ends = [0][:0]
    for label in found:
        at = label
        while arc[at] >= 0:
            arcs.append(arc[at])
            at = parent[at]
        ends.append(len(arcs))
    return np.array(arcs, np.int64), np.array(ends, np.int64)


def label_setting(
    kind: int,
    tail: Ints,
    head: Ints,
    usable: Ints,
    costs: tuple[Ints, Ints, Ints, Ints],
    n: int,
    source: int,
    target: int,
    timetable: tuple[Ints, Ints, Ints],
    start: int,
    limit: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int, bool]:
    """Pareto front by `kind` criteria; arcs of a timetable wait, which adds to the first criterion.

    Returns the costs (four to a point), the arcs of the paths and their ends as `traced` has them, the number of
    labels made, and whether the search came to its end before `limit` of them were exceeded.
    """
    w1, w2, w3, w4 = costs
    period, departures, offsets = timetable
    timed = len(offsets) > 0
    back, into = grouped(head, usable, n)
    first, out = grouped(tail, into, n)
    h1, h2, h3, h4 = bounds(kind, tail, head, into, back, costs, n, target)
    begin, size, room = [0] * n, [0] * n, [0] * n
    p, q, r = [0], [0], [0]
    arc, parent, found, points = [0][:0], [0][:0], [0][:0], [0][:0]
    heap = [(h1[source], h2[source], h3[source], h4[source], 0, -1, -1)]
    labels = 1
    while len(heap) > 0 and h1[source] < UNREACHED and labels <= limit:
        f1, f2, f3, f4, steps, origin, a = heappop(heap)
        v = head[a] if a >= 0 else source
        g1, g2, g3, g4 = f1 - h1[v], f2 - h2[v], f3 - h3[v], f4 - h4[v]
        if dominated(kind, begin[target], size[target], p, q, r, f2, f3, f4):
            continue
        if dominated(kind, begin[v], size[v], p, q, r, g2, g3, g4):
            continue
        enter(kind, v, begin, size, room, p, q, r, g2, g3, g4)
        label = len(arc)
        arc.append(a)
        parent.append(origin)
        if v == target:
            found.append(label)
            points.extend((f1, f2, f3, f4))
            continue
        for i in range(first[v], first[v + 1]):
            b = out[i]
            u = head[b]
            if h1[u] == UNREACHED:
                continue
            x2, x3, x4 = g2 + w2[b], g3 + w3[b], g4 + w4[b]
            if dominated(kind, begin[u], size[u], p, q, r, x2, x3, x4):
                continue
            x1, x2, x3, x4 = g1 + w1[b] + h1[u], x2 + h2[u], x3 + h3[u], x4 + h4[u]
            if dominated(kind, begin[target], size[target], p, q, r, x2, x3, x4):
                continue
            if timed and period[b] > 0:
                x1 += wait(start + g1, period[b], departures[b], departures[b + 1], offsets)
            heappush(heap, (x1, x2, x3, x4, steps + 1, label, b))
            labels += 1
    arcs, ends = traced(found, arc, parent)
    return np.array(points, np.int64), arcs, ends, labels, labels <= limit


@cache
def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """`least_path` or `label_setting` through numba, kept on disk for the next process where that is possible."""
    from numba import njit

    _tell_numba()
    try:
        made: Callable[..., Any] = njit(kernel, cache=True)
    except RuntimeError:  # numba found no folder that it may write to
        made = njit(kernel)
    return made


@cache
def _tell_numba() -> None:
    """Let compiled code call the functions above, which stay plain for everybody else."""
    from numba.extending import register_jitable

    for helper in (grouped, dijkstra, position, wait, dominated, step_in, list_in, enter, bounds, traced):
        register_jitable(helper)
