"""Fronts of random networks beside the enumeration of every path, and what holds for each readable subset."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.corridor.pareto import Timetable, epsilon_front, pareto_front, shortest_path

SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def networks(draw, whole=True):
    """Up to 6 vertices and 18 arcs: parallel arcs, loops, closed arcs, costs of zero; 1 to 4 criteria.

    hypothesis draws sizes and a seed: left to draw every arc it would join source and target in one of twenty.
    """
    n, criteria = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    arcs = draw(st.one_of(st.integers(2 * n, 3 * n), st.integers(0, 3 * n)))
    most = draw(st.sampled_from([1, 5, 40]))
    rng = np.random.default_rng(draw(SEEDS))
    weights = rng.integers(0, most + 1, (arcs, criteria)).astype(float)
    if not whole:
        weights += np.where(rng.random(weights.shape) < 0.9, rng.random(weights.shape), 0)
    weights[rng.random(arcs) < 0.08, rng.integers(criteria)] = np.inf
    tail, head = rng.integers(0, n, (2, arcs))
    return tail, head, weights, n, 0, n - 1


@st.composite
def timed_networks(draw):
    """As above; of the arcs every second runs by a timetable of a short week, some of these never."""
    network = draw(networks())
    rng = np.random.default_rng(draw(SEEDS))
    period = np.where(rng.random(len(network[0])) < 0.5, 7.0, 0.0)
    hours = [np.sort(rng.choice(7, rng.integers(0, 4), replace=False)) if p else [] for p in period]
    first = np.concatenate(([0], np.cumsum([len(h) for h in hours]))).astype(int)
    times = Timetable(period, first, np.array([hour for h in hours for hour in h], float))
    time_index = int(rng.integers(network[2].shape[1]))
    return network, times, float(draw(st.integers(-9, 9))), time_index


def simple_paths(tail, head, n, source, target):
    """Every path that visits no vertex twice, as lists of arcs."""
    stack = [((), source, frozenset([source]))]
    while stack:
        path, v, seen = stack.pop()
        if v == target:
            yield path
            continue
        onward = [arc for arc in np.flatnonzero(tail == v).tolist() if head[arc] not in seen]
        stack += [((*path, arc), int(head[arc]), seen | {int(head[arc])}) for arc in onward]


def travelled(path, weights, times=None, start=0.0, time_index=0):
    """Costs of a path, by going it; waits simulated by looking at every departure."""
    total = np.zeros(weights.shape[1])
    for arc in path:
        if times is not None and times.period[arc] > 0 and np.isfinite(total[time_index]):
            hours = times.offsets[times.first[arc] : times.first[arc + 1]]
            now = start + total[time_index]
            total[time_index] += min(((hour - now) % times.period[arc] for hour in hours), default=np.inf)
        total = total + weights[arc]
    return total


def undominated(points):
    """Distinct points that no other weakly dominates."""
    distinct = sorted({tuple(point) for point in points if np.isfinite(point).all()})
    return [
        p
        for p in distinct
        if not any(q != p and all(a <= b for a, b in zip(q, p, strict=True)) for q in distinct)
    ]


def compare(front, expected, network, **timed):
    assert [tuple(point) for point in front.points] == expected
    for point, path in zip(front.points, front.paths, strict=True):
        assert np.allclose(travelled(path, network[2], **timed), point, rtol=1e-12, atol=1e-12)
        ends = [network[4], *network[1][path]]
        assert list(network[0][path]) == ends[:-1]
        assert ends[-1] == network[5]
    assert front.complete


@given(networks())
@settings(max_examples=300, deadline=None)
def test_front_is_that_of_all_paths(network):
    tail, head, weights, *where = network
    expected = undominated(travelled(path, weights) for path in simple_paths(tail, head, *where))
    compare(pareto_front(*network, engine="python"), expected, network)


@given(timed_networks())
@settings(max_examples=300, deadline=None)
def test_front_by_timetable_is_that_of_all_simulated_journeys(given_network):
    network, times, start, time_index = given_network
    timed = {"times": times, "start": start, "time_index": time_index}
    tail, head, weights, *where = network
    expected = undominated(travelled(path, weights, **timed) for path in simple_paths(tail, head, *where))
    front = pareto_front(*network, timetable=times, start=start, time_index=time_index, engine="python")
    compare(front, expected, network, **timed)


@given(networks(whole=False))
@settings(max_examples=150, deadline=None)
def test_front_of_floats_covers_all_paths_to_rounding(network):
    tail, head, weights, *where = network
    front = pareto_front(*network, engine="python")
    costs = [travelled(path, weights) for path in simple_paths(tail, head, *where)]
    every = np.array([point for point in costs if np.isfinite(point).all()])
    assert bool(len(every)) == bool(len(front.points))
    for point in every:
        assert (front.points <= point * (1 + 1e-9) + 1e-9).all(axis=1).any()
    for point, path in zip(front.points, front.paths, strict=True):
        assert np.allclose(travelled(path, weights), point, rtol=1e-9, atol=1e-9)
        assert not ((every <= point - 1e-9).all(axis=1)).any()


@given(timed_networks())
@settings(max_examples=60, deadline=None)
def test_numba_and_plain_python_agree_path_by_path(given_network):
    network, times, start, time_index = given_network
    options = {"timetable": times, "start": start, "time_index": time_index}
    for extra in ({}, options):
        plain, compiled = (pareto_front(*network, **extra, engine=engine) for engine in ("python", "numba"))
        assert np.array_equal(plain.points, compiled.points)
        assert [path.tolist() for path in plain.paths] == [path.tolist() for path in compiled.paths]
        assert (plain.labels, plain.checks) == (compiled.labels, compiled.checks)
    tail, head, weights, *where = network
    one, other = (shortest_path(tail, head, weights[:, 0], *where, engine=e) for e in ("python", "numba"))
    assert (one.cost, one.arcs.tolist()) == (other.cost, other.arcs.tolist())


@given(networks(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_order_of_arcs_changes_no_point_and_no_length_of_a_path(network, random):
    tail, head, weights, *where = network
    places = np.arange(len(tail))
    random.shuffle(places)
    front = pareto_front(*network)
    mixed = pareto_front(tail[places], head[places], weights[places], *where)
    assert np.array_equal(front.points, mixed.points)
    for path, other in zip(front.paths, mixed.paths, strict=True):
        assert len(path) == len(other)


@given(networks())
@settings(max_examples=100, deadline=None)
def test_best_by_each_criterion_is_the_shortest_path(network):
    tail, head, weights, *where = network
    usable = np.where(np.isfinite(weights).all(axis=1, keepdims=True), weights, np.inf)
    front = pareto_front(*network)
    for k in range(weights.shape[1]):
        least = shortest_path(tail, head, usable[:, k], *where)
        assert least.cost == front.points[:, k].min(initial=np.inf)
        assert weights[least.arcs, k].sum() == (least.cost if len(least.arcs) else 0)


@given(networks(), st.integers(0, 12))
@settings(max_examples=100, deadline=None)
def test_what_a_stopped_search_has_found_stands(network, limit):
    whole, stopped = pareto_front(*network), pareto_front(*network, limit=limit)
    assert {tuple(point) for point in stopped.points} <= {tuple(point) for point in whole.points}
    assert stopped.complete == (whole.labels <= limit)
    assert ("label-limit" in [check.name for check in stopped.checks]) != stopped.complete


@st.composite
def clouds(draw):
    criteria = draw(st.integers(1, 4))
    row = st.tuples(*[st.integers(0, 30).map(float)] * criteria)
    return np.array(draw(st.lists(row, min_size=1, max_size=25)))


@given(clouds(), st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_readable_subset_covers_the_rest_and_keeps_the_best(points, epsilon):
    kept = epsilon_front(points, epsilon)
    assert kept.tolist() == sorted(set(kept.tolist()))
    assert (points[kept].min(axis=0) == points.min(axis=0)).all()
    covered = (points[kept][:, None] <= points * (1 + epsilon)).all(axis=2)
    assert covered.any(axis=0).all()
    again = epsilon_front(points[::-1], epsilon)
    assert sorted(map(tuple, points[::-1][again])) == sorted(map(tuple, points[kept]))


@given(clouds())
@settings(deadline=None)
def test_without_tolerance_only_dominated_points_go(points):
    kept = epsilon_front(points, 0.0)
    assert sorted(map(tuple, points[kept])) == undominated(points)


@pytest.mark.parametrize("blocks", [1, 7])
def test_readable_subset_does_not_depend_on_how_points_are_compared(blocks, monkeypatch):
    points = np.random.default_rng(3).random((60, 3))
    expected = epsilon_front(points, 0.2).tolist()
    monkeypatch.setattr("tarazu.corridor.pareto.BLOCK", blocks)
    assert epsilon_front(points, 0.2).tolist() == expected
