"""Assignment against the arc programme written out a second time; expansion against every subset of projects."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import highspy
import numpy as np
import pytest
from scipy.sparse import csgraph, csr_array

from tarazu.corridor.assignment import Problem, assign, marginal
from tarazu.corridor.expansion import Projects, expand, expanded


def instance(seed: int, nodes: int = 9, commodities: int = 6) -> Problem:
    """Small and nasty: parallel arcs, arcs of no cost, loops, closed capacities, shared ones, classes, an islet."""
    rng = np.random.default_rng(seed)
    arcs = 3 * nodes
    tail, head = rng.integers(nodes - 1, size=(2, arcs))  # the last node is an islet
    tail, head = np.append(tail, tail[:6]), np.append(head, head[:6])
    cost = np.round(rng.uniform(1, 50, (2, arcs + 6)), 1)
    cost[rng.random(cost.shape) < 0.15] = 0
    cost[rng.random(cost.shape) < 0.1] = np.inf
    resources = 12
    capacity = np.round(rng.uniform(20, 120, resources))
    capacity[:2] = 0, np.inf
    uses = 2 * arcs
    ends = rng.integers(nodes, size=(2, commodities))
    ends[1, 0] = nodes - 1
    return Problem(
        tail=tail, head=head, n=nodes, cost=cost,
        resource_arc=rng.integers(arcs, size=uses), resource_of=rng.integers(resources, size=uses),
        resource_use=rng.choice([0.5, 1.0, 2.0], uses), capacity=capacity,
        origin=ends[0], destination=ends[1], tonnes=np.round(rng.uniform(10, 100, commodities)),
        group=rng.integers(2, size=commodities), penalty=rng.choice([30.0, 200.0, 1000.0], commodities),
    )  # fmt: skip


def arc_optimum(problem: Problem) -> float:
    """Least USD by a programme with one flow variable for each commodity and arc, row by row."""
    solver, inf = highspy.Highs(), highspy.kHighsInf
    solver.setOptionValue("output_flag", False)
    commodities, arcs = len(problem.tonnes), len(problem.tail)
    flow = np.full((commodities, arcs), -1)
    for k, a in product(range(commodities), range(arcs)):
        price = problem.cost[problem.group[k], a]
        if np.isfinite(price):
            flow[k, a] = solver.getNumCol()
            solver.addCol(price, 0, inf, 0, [], [])
    left = solver.getNumCol() + np.arange(commodities)
    for k in range(commodities):
        solver.addCol(problem.penalty[k], 0, problem.tonnes[k], 0, [], [])
    for k, v in product(range(commodities), range(problem.n)):
        row = {}
        for a in np.flatnonzero(flow[k] >= 0):
            sign = float(problem.tail[a] == v) - float(problem.head[a] == v)
            if sign:
                row[flow[k, a]] = sign
        supply = problem.tonnes[k] * (float(problem.origin[k] == v) - float(problem.destination[k] == v))
        if problem.origin[k] != problem.destination[k] and v in (problem.origin[k], problem.destination[k]):
            row[left[k]] = 1.0 if v == problem.origin[k] else -1.0
        solver.addRow(supply, supply, len(row), list(row), list(row.values()))
    use = problem.use().toarray()
    for r in np.flatnonzero(np.isfinite(problem.capacity)):
        row = {flow[k, a]: use[a, r] for k, a in np.argwhere(flow >= 0) if use[a, r]}
        solver.addRow(-inf, problem.capacity[r], len(row), list(row), list(row.values()))
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(solver.getInfo().objective_function_value)


@pytest.mark.parametrize("seed", range(40))
def test_assignment_is_the_optimum_of_the_arc_programme(seed):
    problem = instance(seed)
    found = assign(problem)
    assert found.cost_usd == pytest.approx(arc_optimum(problem), rel=1e-6, abs=1e-6)
    assert found.gap <= 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_what_one_more_tonne_saves_is_what_the_arc_programme_saves(seed):
    """Each capacity that binds, and the closed one, solved again by the other programme."""
    problem = instance(seed)
    found = assign(problem)
    resources = np.union1d(np.flatnonzero(found.duals > 0), [0])
    value = marginal(problem, found, resources)
    base = arc_optimum(problem)
    for i, r in enumerate(resources):
        capacity = problem.capacity.copy()
        capacity[r] += 1
        saved = base - arc_optimum(replace(problem, capacity=capacity))
        assert value.saved[i] == pytest.approx(saved, abs=1e-5)
        assert value.dual[i] >= saved - 1e-5  # costs are convex in a capacity: a dual never understates
    differ = [check for check in value.checks if check.name == "degenerate-dual"]
    assert len(differ) == (~value.confirmed).sum()


def large(seed: int = 3, nodes: int = 400, commodities: int = 60) -> Problem:
    rng = np.random.default_rng(seed)
    tail = np.repeat(np.arange(nodes), 4)
    step = rng.choice([1, 2, 7, 20, 41, -1, -3, -20], len(tail))
    step[::4] = 1  # a ring, so that every place is reached
    head = (tail + step) % nodes
    arcs = len(tail)
    return Problem(
        tail=tail, head=head, n=nodes, cost=rng.uniform(1, 10, (3, arcs)),
        resource_arc=np.arange(arcs), resource_of=np.arange(arcs), resource_use=np.ones(arcs),
        capacity=rng.lognormal(12.5, 0.8, arcs),
        origin=rng.integers(nodes, size=commodities), destination=rng.integers(nodes, size=commodities),
        tonnes=rng.lognormal(11, 1, commodities), group=rng.integers(3, size=commodities),
        penalty=np.full(commodities, 300.0),
    )  # fmt: skip


def test_gap_of_a_large_instance_is_closed_and_every_dual_holds():
    problem = large()
    found = assign(problem)
    assert found.gap <= 1e-9
    assert found.checks == ()
    assert (found.duals > 0).sum() > 10  # it does bind
    # A second proof of optimality, by complementary slackness and scipy's own shortest paths.
    use = problem.use()
    assert found.duals @ (problem.capacity - found.used) <= 1e-9 * found.cost_usd
    dual_value = -found.duals @ problem.capacity
    for g in range(3):
        weight = problem.cost[g] + use @ found.duals
        matrix = csr_array((problem.n, problem.n)).todok()
        for a in np.argsort(-weight):  # the cheapest of parallel arcs is written last
            matrix[problem.tail[a], problem.head[a]] = weight[a]
        distance = csgraph.dijkstra(matrix.tocsr())
        k = np.flatnonzero(problem.group == g)
        price = np.minimum(distance[problem.origin[k], problem.destination[k]], problem.penalty[k])
        dual_value += problem.tonnes[k] @ price
    assert dual_value == pytest.approx(found.cost_usd, rel=1e-9)
    value = marginal(problem, found)
    assert len(value.resources) == (found.duals > 0).sum()
    assert value.confirmed.all()


def projects(problem: Problem, seed: int) -> Projects:
    rng = np.random.default_rng(seed + 1000)
    resource = rng.choice(np.arange(len(problem.capacity)), 7)
    return Projects(resource, np.round(rng.uniform(5, 80, 7)), np.round(rng.uniform(1e3, 1e4, 7), -1))


def subsets(problem: Problem, given: Projects):
    """Every set of projects with the problem it leads to."""
    for choice in product([False, True], repeat=len(given.cost)):
        taken = np.array(choice)
        yield taken, expanded(problem, given, taken)


def most_tonnes(problem: Problem) -> float:
    free = np.where(np.isfinite(problem.cost), 0.0, np.inf)
    return float(assign(replace(problem, cost=free, penalty=np.ones(len(problem.tonnes)))).moved.sum())


@pytest.mark.parametrize("seed", range(8))
def test_cheapest_set_for_a_target_is_the_cheapest_of_all_subsets(seed):
    problem = instance(seed)
    given = projects(problem, seed)
    carried = {tuple(taken): most_tonnes(wider) for taken, wider in subsets(problem, given)}
    least, most = min(carried.values()), max(carried.values())
    for target in np.unique(np.round([least, (least + most) / 2, 0.1 * least + 0.9 * most, most], 6)):
        reaching = [np.array(t) for t, tonnes in carried.items() if tonnes >= target * (1 - 1e-8)]
        found = expand(problem, given, target=target * (1 - 1e-9))
        assert found.feasible
        assert found.cost_usd == pytest.approx(min(given.cost[taken].sum() for taken in reaching))
        assert found.cost_usd == given.cost[found.taken].sum()
        assert found.moved.sum() >= target * (1 - 1e-7)
        assert found.lower == pytest.approx(found.objective, abs=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_weighed_set_is_the_best_of_all_subsets(seed):
    problem = instance(seed)
    given = projects(problem, seed)
    best = min(
        0.1 * given.cost[taken].sum() + assign(wider).cost_usd for taken, wider in subsets(problem, given)
    )
    found = expand(problem, given, weigh=0.1)
    assert found.objective == pytest.approx(best, rel=1e-6)
    again = assign(expanded(problem, given, found.taken))
    assert found.transport_usd + found.penalty_usd == pytest.approx(again.cost_usd, rel=1e-6)
