"""Shortest-path trees on a graph whose arcs may be parallel or cost nothing, and the arcs that their paths run over.

scipy's Dijkstra knows pairs of nodes, not arcs: parallel arcs are reduced to the cheapest first, and the arc is
found again by its pair. The graph is given sparse, where a stored zero is an arc of no cost (dense, it would be none).
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELLS = 4_000_000  # of one block of trees: 48 MB of distances and predecessors


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Arcs sorted by their pair of nodes; loops are left out, since no shortest path runs over one.

    Attributes
    ----------
    arc
        (E,) arcs by pair.
    pair
        (E,) position of each arc's pair.
    key
        (P,) ``tail * n + head`` of each pair, ascending.
    first
        (P,) where each pair's arcs begin.
    matrix
        (n, n) the pairs as compressed sparse rows; its data are to be put in.
    """

    n: int
    arc: Ints
    pair: Ints
    key: Ints
    first: Ints
    matrix: Any


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Shortest paths from each of O origins.

    Attributes
    ----------
    origins
        (O,) nodes.
    distance
        (O, n) sum of weights; `inf` where there is no path.
    before
        (O, n) node before, negative where there is none.
    arc
        (P,) cheapest arc of each pair under these weights.
    """

    origins: Ints
    distance: Floats
    before: NDArray[np.int32]
    arc: Ints


def links(tail: Ints, head: Ints, n: int, usable: NDArray[np.bool_] | None = None) -> Links:
    """Sort the arcs (A,) that are `usable` (A,) by pair of nodes."""
    from scipy.sparse import csr_array

    keep = tail != head
    if usable is not None:
        keep = keep & usable
    arc = np.flatnonzero(keep)
    keys = tail[arc] * n + head[arc]
    order = np.argsort(keys, kind="stable")
    arc = arc[order]
    key, first, pair = np.unique(keys[order], return_index=True, return_inverse=True)
    pointer = np.searchsorted(key, np.arange(n + 1) * n).astype(np.int32)
    matrix = csr_array((np.zeros(len(key)), (key % n).astype(np.int32), pointer), shape=(n, n))
    return Links(n, arc, pair, key, first.astype(np.int64), matrix)


def trees(graph: Links, weight: Floats, origins: Ints, most: float = np.inf) -> Trees:
    """Shortest paths from each origin (O,) as far as `most`; nodes farther off count as not reached.

    Weights (A,) by arc, not negative, finite on the arcs of `graph`.
    """
    from scipy.sparse.csgraph import dijkstra

    length = weight[graph.arc]
    best, arc = length, graph.arc
    if len(graph.key) < len(graph.arc):
        best = np.minimum.reduceat(length, graph.first)
        cheapest = np.flatnonzero(length == best[graph.pair])[::-1]
        chosen = np.empty(len(graph.key), np.int64)
        chosen[graph.pair[cheapest]] = cheapest  # of equal arcs the first, written last
        arc = graph.arc[chosen]
    matrix = copy(graph.matrix)  # of the same structure, which is not checked again
    matrix.data = best
    distance, before = dijkstra(matrix, indices=origins, return_predecessors=True, limit=most)
    return Trees(origins, distance, before, arc)


def paths(graph: Links, found: Trees, row: Ints, destination: Ints) -> tuple[Ints, Ints]:
    """Arcs from origin to destination of Q paths, all walked back at once, a step of each at a time.

    Parameters
    ----------
    row, destination
        (Q,) position among the origins, and node; each must be reachable.

    Returns
    -------
    tuple
        (Q + 1,) starts and (L,) arcs: path q runs over ``arc[start[q]:start[q + 1]]``.
    """
    origin, at = found.origins[row], destination.astype(np.int64)
    walking = np.flatnonzero(at != origin)
    owners, arcs = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    while walking.size:
        before = found.before[row[walking], at[walking]].astype(np.int64)
        pair = np.searchsorted(graph.key, before * graph.n + at[walking])
        owners.append(walking)
        arcs.append(found.arc[pair])
        at[walking] = before
        walking = walking[before != origin[walking]]
    owner, arc = np.concatenate(owners[::-1]), np.concatenate(arcs[::-1])
    count = np.bincount(owner, minlength=len(row))
    return np.concatenate(([0], np.cumsum(count))), arc[np.argsort(owner, kind="stable")]


def blocks(origins: int, n: int) -> int:
    """How many origins to take at once so that the trees stay within memory."""
    return max(1, min(origins, CELLS // max(n, 1)))
