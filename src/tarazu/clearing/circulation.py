"""The largest circulation in a network of capacities, in integers, with the potentials that prove it.

    maximise  sum_e f_e   subject to  0 <= f_e <= a_e  and, at every node, flow in = flow out

which is a min-cost flow with unit cost -1. With g = a - f it is the cheapest way to route the net positions
of the nodes over the arcs at unit cost +1, and that is how it is solved here: successive shortest paths in
the primal-dual form, one maximum flow (push-relabel of OR-tools) over all shortest paths of a length at once.
Potentials p fall out of it. For an arc from i to j:

    f > 0  =>  p_j - p_i <= 1          f < a  =>  p_j - p_i >= 1

(complementary slackness), so that anyone can check in one pass that no larger circulation exists.

Sources: Ford and Fulkerson (1962), Flows in Networks, chapter III (primal-dual); Ahuja, Magnanti and Orlin
(1993), Network Flows, chapter 9.

Two reductions come first, both without loss: arcs outside every strongly connected component carry nothing;
a chain of nodes with one arc in and one out is one arc as long as the chain and as wide as its narrowest arc.
The number of phases is at most the longest shortest path in arcs: 10 to 25 in networks of a million
obligations between firms; only ladder-shaped networks without short cycles need thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import ConvergenceError, InputError

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MAX_PHASES = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Circulation:
    """Flow of every arc, potential of every node, and the maximum flows that it took."""

    flow: Ints  # (m,)
    potential: Ints  # (n,)
    phases: int


@dataclass(frozen=True, slots=True, eq=False)
class _Chains:
    """Arcs grouped into chains; a chain of one arc is that arc."""

    tail: Ints  # (c,) node at which the chain starts
    head: Ints  # (c,) node at which it ends
    capacity: Ints  # (c,) of its narrowest arc
    length: Ints  # (c,) arcs
    of: Ints  # (m,) chain of every arc
    step: Ints  # (m,) place of every arc in its chain, from 1
    narrowest: Ints  # (c,) place of the first of its narrowest arcs


def maximum_circulation(tail: Ints, head: Ints, capacity: Ints, n: int) -> Circulation:
    """Solve for arcs (m,) between nodes 0..n-1.

    Parameters
    ----------
    tail, head
        (m,) nodes; no arc from a node to itself.
    capacity
        (m,) not negative, with a sum below 2**63.

    Raises
    ------
    ConvergenceError
        If the solver refuses, or the network needs more than `MAX_PHASES` phases.
    """
    flow, potential = np.zeros(len(tail), np.int64), np.zeros(n, np.int64)
    used = np.flatnonzero(capacity)
    component = components(tail[used], head[used], n)
    crossing = component[tail[used]] != component[head[used]]
    core, between = used[~crossing], used[crossing]
    phases = 0
    if len(core):
        # Nodes of the core are numbered anew: what lies outside it can then not sway the solver's choice.
        nodes = np.unique(tail[core])
        start, end = np.searchsorted(nodes, tail[core]), np.searchsorted(nodes, head[core])
        chains = _chains(start, end, capacity[core], component[nodes])
        rest, distance, phases = _route(chains, len(nodes))
        flow[core] = (chains.capacity - rest)[chains.of]
        potential[nodes] = _unfold(chains, distance, end)
    if len(between):
        span = int(potential.max() - potential.min())
        potential += (span + 1) * layers(component, tail[between], head[between])[component]
    return Circulation(flow, potential, phases)


def components(tail: Ints, head: Ints, n: int) -> Ints:
    """Strongly connected component of every node."""
    graph, sparse = _scipy()
    arcs = sparse.csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(n, n))
    return np.asarray(graph.connected_components(arcs, connection="strong")[1], np.int64)


def layers(component: Ints, tail: Ints, head: Ints) -> Ints:
    """(c,) a number of every component that rises along each of the arcs, which join different components."""
    count = int(component.max()) + 1
    before, after = component[tail], component[head]
    # SciPy numbers components in reverse topological order but does not promise it: used only if it holds.
    if (before > after).all():
        return count - 1 - np.arange(count)
    layer = np.zeros(count, np.int64)
    while (late := layer[before] >= layer[after]).any():
        np.maximum.at(layer, after[late], layer[before[late]] + 1)
    return layer


def _chains(tail: Ints, head: Ints, capacity: Ints, component: Ints) -> _Chains:
    """Group the arcs of strongly connected components at nodes with one arc in and one out."""
    n, m = len(component), len(tail)
    inner = (np.bincount(tail, minlength=n) == 1) & (np.bincount(head, minlength=n) == 1)
    branching = np.zeros(int(component.max()) + 1, bool)
    branching[component[~inner]] = True
    ring = np.flatnonzero(inner & ~branching[component])
    # A component that is one ring has no end at which a chain could start: its first node is made one.
    inner[ring[np.unique(component[ring], return_index=True)[1]]] = False
    arc_into = np.empty(n, np.int64)
    arc_into[head] = np.arange(m)
    first, step = np.arange(m), np.ones(m, np.int64)
    previous = np.where(inner[tail], arc_into[tail], first)
    hop = (previous != first).astype(np.int64)
    while (previous[previous] != previous).any():  # pointer doubling: log2 of the longest chain
        hop += hop[previous]
        previous = previous[previous]
    step += hop
    starts, of = np.unique(previous, return_inverse=True)
    length = np.bincount(of)
    last = np.empty(len(starts), np.int64)
    end = step == length[of]
    last[of[end]] = head[end]
    order = np.lexsort((step, capacity, of))
    narrow = order[np.concatenate(([0], np.cumsum(length)[:-1]))]
    return _Chains(tail[starts], last, capacity[narrow], length, of, step, step[narrow])


def _route(arcs: _Chains, n: int) -> tuple[Ints, Ints, int]:
    """Route the net positions at least cost: amount left on every arc, distance of every node, phases."""
    excess = np.zeros(n, np.int64)
    np.add.at(excess, arcs.tail, arcs.capacity)
    np.subtract.at(excess, arcs.head, arcs.capacity)
    routed, distance = np.zeros(len(arcs.tail), np.int64), np.zeros(n, np.int64)
    for phase in range(MAX_PHASES):
        if not excess.any():
            return routed, distance, phase
        reached = _augment(arcs, routed, excess, distance)
        distance[~reached] += _advance(arcs, routed, distance, reached) if excess.any() else 0
    raise ConvergenceError(
        f"The set-off needs more than {MAX_PHASES:,} phases: the network has cycles of very many firms and "
        "hardly any short ones. Split the obligations into groups of firms and set off each."
    )


def _augment(arcs: _Chains, routed: Ints, excess: Ints, distance: Ints) -> Mask:
    """One maximum flow over the shortest paths; changes `routed` and `excess`; the nodes still reached."""
    n = len(excess)
    tight = np.flatnonzero(distance[arcs.head] - distance[arcs.tail] == arcs.length)
    onward = tight[routed[tight] < arcs.capacity[tight]]
    back = tight[routed[tight] > 0]
    giving, taking = np.flatnonzero(excess > 0), np.flatnonzero(excess < 0)
    solver = _max_flow()
    solver.add_arcs_with_capacity(
        np.concatenate((arcs.tail[onward], arcs.head[back], np.full(len(giving), n), taking)),
        np.concatenate((arcs.head[onward], arcs.tail[back], giving, np.full(len(taking), n + 1))),
        np.concatenate(
            (arcs.capacity[onward] - routed[onward], routed[back], excess[giving], -excess[taking])
        ),
    )
    status = solver.solve(n, n + 1)
    if status != solver.OPTIMAL:
        raise ConvergenceError(f"The maximum-flow solver ended with {status} instead of an optimum.")
    flow = solver.flows(np.arange(solver.num_arcs()))
    parts = np.split(flow, np.cumsum([len(onward), len(back), len(giving)]))
    routed[onward] += parts[0]
    routed[back] -= parts[1]
    excess[giving] -= parts[2]
    excess[taking] += parts[3]
    reached = np.zeros(n + 2, bool)
    reached[solver.get_source_side_min_cut()] = True
    return reached[:n]


def _advance(arcs: _Chains, routed: Ints, distance: Ints, reached: Mask) -> int:
    """By how much the nodes out of reach are farther: the least slack of an arc that leaves the reached."""
    slack = arcs.length - (distance[arcs.head] - distance[arcs.tail])
    at_tail, at_head = reached[arcs.tail], reached[arcs.head]
    onward = slack[at_tail & ~at_head & (routed < arcs.capacity)]
    back = -slack[at_head & ~at_tail & (routed > 0)]
    return int(min(onward.min(initial=np.iinfo(np.int64).max), back.min(initial=np.iinfo(np.int64).max)))


def _unfold(chains: _Chains, distance: Ints, head: Ints) -> Ints:
    """Potentials of all nodes: along a chain one more per arc, what is left over at its narrowest arc."""
    potential = distance.copy()
    start = distance[chains.tail]
    slack = distance[chains.head] - start - chains.length
    of, step = chains.of, chains.step
    inside = step < chains.length[of]
    of, step = of[inside], step[inside]
    past = step >= chains.narrowest[of]
    potential[head[inside]] = start[of] + step + np.where(past, slack[of], 0)
    return potential


def solver_name() -> str:
    """Name and version of the maximum-flow solver, on which the choice among optima depends."""
    return f"ortools {_ortools()[0].__version__} SimpleMaxFlow"


def _max_flow() -> Any:
    return _ortools()[1].SimpleMaxFlow()


def _ortools() -> tuple[Any, Any]:
    try:
        import ortools
        from ortools.graph.python import max_flow
    except ImportError as missing:
        raise InputError(f"Set-off needs the package ortools ({missing}): pip install ortools.") from None
    return ortools, max_flow


def _scipy() -> tuple[Any, Any]:
    try:
        from scipy import sparse
        from scipy.sparse import csgraph
    except ImportError as missing:
        raise InputError(f"Set-off needs the package scipy ({missing}): pip install scipy.") from None
    return csgraph, sparse
