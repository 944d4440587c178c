"""Shortest paths and one-criterion fronts beside scipy's Dijkstra and networkx on networks of thousands of arcs."""

from __future__ import annotations

from itertools import pairwise, product

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from tarazu.corridor.pareto import Timetable, pareto_front, shortest_path


def road(rows: int, columns: int, criteria: int, seed: int):
    """Grid of streets there and back, a tenth missing; costs from 0.5 to 2 to three decimals."""
    rng = np.random.default_rng(seed)
    place = np.arange(rows * columns).reshape(rows, columns)
    one = np.concatenate((place[:, :-1].ravel(), place[:-1].ravel()))
    other = np.concatenate((place[:, 1:].ravel(), place[1:].ravel()))
    there = rng.random(len(one)) < 0.9
    tail, head = np.concatenate((one[there], other[there])), np.concatenate((other[there], one[there]))
    return tail, head, rng.uniform(0.5, 2, (len(tail), criteria)).round(3), rows * columns


@pytest.mark.parametrize(("engine", "rows", "columns"), [("python", 20, 30), ("numba", 40, 60)])
def test_one_criterion_is_dijkstra_of_scipy(engine, rows, columns):
    tail, head, weights, n = road(rows, columns, 1, seed=rows)
    distance = dijkstra(csr_array((weights[:, 0], (tail, head)), shape=(n, n)))
    for source, target in np.random.default_rng(1).integers(0, n, (25, 2)):
        path = shortest_path(tail, head, weights[:, 0], n, source, target, engine=engine)
        front = pareto_front(tail, head, weights, n, source, target, engine=engine)
        assert path.cost == pytest.approx(distance[source, target], rel=1e-12)
        if np.isfinite(path.cost):
            assert front.points.tolist() == [[path.cost]]
            assert weights[path.arcs].sum() == pytest.approx(path.cost, rel=1e-12)
        else:
            assert front.paths == ()


def test_zero_weights_and_parallel_arcs_as_in_networkx():
    rng = np.random.default_rng(2)
    tail, head = rng.integers(0, 60, (2, 400))
    weight = rng.integers(0, 4, 400).astype(float)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(60))
    graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), weight.tolist(), strict=True))
    for source in range(0, 60, 7):
        distance = nx.single_source_dijkstra_path_length(graph, source)
        for target in range(60):
            path = shortest_path(tail, head, weight, 60, source, target)
            assert path.cost == distance.get(target, np.inf)
            assert weight[path.arcs].sum() == (path.cost if np.isfinite(path.cost) else 0)


@pytest.mark.parametrize("criteria", [2, 3, 4])
def test_fronts_of_a_larger_network_are_the_same_in_both_ways(criteria):
    tail, head, weights, n = road(9, 12, criteria, seed=criteria)
    plain, compiled = (
        pareto_front(tail, head, weights, n, 0, n - 1 - 3 * criteria, engine=e) for e in ("python", "numba")
    )
    assert len(plain.points) > 5
    assert plain.labels == compiled.labels
    assert np.array_equal(plain.points, compiled.points)
    assert [path.tolist() for path in plain.paths] == [path.tolist() for path in compiled.paths]
    for k in range(criteria):
        distance = dijkstra(csr_array((weights[:, k], (tail, head)), shape=(n, n)), indices=0)
        assert plain.points[:, k].min() == pytest.approx(distance[n - 1 - 3 * criteria], rel=1e-12)


def test_two_criteria_equal_the_front_by_constrained_shortest_paths():
    # An independent way: expand every vertex by the whole units of the second criterion used so far.
    tail, head, weights, n = road(12, 14, 2, seed=8)
    weights[:, 1] = np.rint(weights[:, 1] * 3)
    most = 140
    layers = [np.flatnonzero(weights[:, 1] <= most - used) for used in range(most + 1)]
    start = np.concatenate([tail[arcs] * (most + 1) + used for used, arcs in enumerate(layers)])
    end = np.concatenate(
        [head[arcs] * (most + 1) + used + weights[arcs, 1].astype(int) for used, arcs in enumerate(layers)]
    )
    cost = np.concatenate([weights[arcs, 0] for arcs in layers])
    size = n * (most + 1)
    distance = dijkstra(csr_array((cost, (start, end)), shape=(size, size)), indices=0)
    best, expected = np.inf, []
    for used, least in enumerate(distance[(n - 1) * (most + 1) :]):
        if least < best - 1e-9:
            best = least
            expected.append([least, used])
    front = pareto_front(tail, head, weights, n, 0, n - 1)
    assert len(expected) > 3
    assert front.points[:, 1].max() < most
    assert np.allclose(front.points[::-1], expected, rtol=1e-12)


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("criteria", [2, 3, 4])
@pytest.mark.parametrize("engine", ["python", "numba"])
def test_front_of_a_network_in_layers_is_that_of_its_2187_paths(engine, criteria, timed):
    rng = np.random.default_rng(criteria)
    width, layers = 3, 7
    # Vertex 0, seven layers of three all joined to the next, vertex 22.
    layer = [[0], *(range(1 + width * i, 1 + width * (i + 1)) for i in range(layers)), [1 + width * layers]]
    joined = [pair for one, other in pairwise(layer) for pair in product(one, other)]
    tail, head = np.array(joined).T
    weights = rng.integers(0, 30, (len(tail), criteria)).astype(float)
    period = np.where(rng.random(len(tail)) < 0.4, 24.0, 0.0) * timed
    offsets = np.where(period > 0, rng.integers(0, 24, len(tail)), -1.0)
    first = np.concatenate(([0], np.cumsum(period > 0)))
    number = {pair: arc for arc, pair in enumerate(joined)}
    total = np.zeros((width**layers, criteria))
    for row, path in enumerate(product(*layer)):
        for pair in pairwise(path):
            arc = number[pair]
            if period[arc]:
                total[row, 1] += (offsets[arc] - 5 - total[row, 1]) % 24
            total[row] += weights[arc]
    total = np.unique(total, axis=0)
    beaten = [((total <= row).all(axis=1) & (total < row).any(axis=1)).any() for row in total]
    times = Timetable(period, first, offsets[period > 0]) if timed else None
    n = 2 + width * layers
    front = pareto_front(tail, head, weights, n, 0, n - 1, timetable=times, start=5.0, engine=engine)
    expected = total[~np.array(beaten)]
    assert len(expected) > 3
    assert front.points.tolist() == expected.tolist()
