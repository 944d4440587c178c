"""Every assignment conserves flow, keeps capacities and encloses the optimum; a warm start changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.corridor.assignment import Problem, assign
from tarazu.corridor.equilibrium import user_equilibrium
from tarazu.corridor.expansion import Projects, expand


@st.composite
def problems(draw):
    n = draw(st.integers(2, 6))
    arcs, commodities, resources = draw(st.integers(1, 14)), draw(st.integers(1, 5)), draw(st.integers(1, 6))
    node = st.integers(0, n - 1)
    usd = st.one_of(st.sampled_from([0.0, 1.0, np.inf]), st.floats(0.01, 1e3))
    tonnes = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-2, 1e5))

    def several(of, size):
        return draw(st.lists(of, min_size=size, max_size=size))

    uses = draw(st.integers(0, 2 * arcs))
    return Problem(
        tail=np.array(several(node, arcs)), head=np.array(several(node, arcs)), n=n,
        cost=np.array([several(usd, arcs), several(usd, arcs)]),
        resource_arc=np.array(several(st.integers(0, arcs - 1), uses), np.int64),
        resource_of=np.array(several(st.integers(0, resources - 1), uses), np.int64),
        resource_use=several(st.sampled_from([0.0, 0.5, 1.0, 3.0]), uses),
        capacity=several(st.one_of(tonnes, st.just(np.inf)), resources),
        origin=np.array(several(node, commodities)), destination=np.array(several(node, commodities)),
        tonnes=several(tonnes, commodities), group=np.array(several(st.integers(0, 1), commodities)),
        penalty=several(st.one_of(st.just(0.0), st.floats(0.01, 1e4)), commodities),
    )  # fmt: skip


@given(problems())
@settings(max_examples=150, deadline=None)
def test_flow_is_conserved_and_no_capacity_exceeded(problem):
    found = assign(problem)
    assert found.moved + found.unmet == pytest.approx(problem.tonnes, rel=1e-12)
    assert (found.unmet >= 0).all()
    assert (found.path_tonnes > 0).all()
    net = np.zeros((len(problem.tonnes), problem.n))
    loads = np.zeros(len(problem.tail))
    transport = 0.0
    for arcs, k, tonnes in zip(found.paths, found.path_commodity, found.path_tonnes, strict=True):
        np.add.at(net[k], problem.tail[arcs], tonnes)
        np.add.at(net[k], problem.head[arcs], -tonnes)
        loads[arcs] += tonnes
        transport += tonnes * problem.cost[problem.group[k], arcs].sum()
        visited = [*problem.tail[arcs], problem.destination[k]]
        assert len(set(visited)) == len(visited)  # no circles
    goes = problem.origin != problem.destination
    expected = np.zeros_like(net)
    expected[goes, problem.origin[goes]] = found.moved[goes]
    expected[goes, problem.destination[goes]] -= found.moved[goes]
    assert net == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found.loads == pytest.approx(loads)
    over = problem.use().T @ loads - problem.capacity
    assert (over <= 1e-12 * (1 + np.minimum(problem.capacity, 1e30))).all()
    assert found.transport_usd == pytest.approx(transport)
    assert found.cost_usd == pytest.approx(transport + problem.penalty @ found.unmet)


@given(problems())
@settings(max_examples=100, deadline=None)
def test_bounds_enclose_the_optimum_and_duals_belong_to_full_capacities(problem):
    found = assign(problem)
    assert found.lower <= found.upper == found.cost_usd
    assert found.gap <= 1e-8
    assert (found.duals >= 0).all()
    full = found.used >= problem.capacity - 1e-6 * (1 + np.minimum(problem.capacity, 1e30))
    assert full[found.duals > 1e-6].all()


@given(problems(), st.floats(0, 2), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_a_warm_start_finds_the_same_cost(problem, factor, closed):
    first = assign(problem)
    capacity = problem.capacity * max(factor, 1e-9)
    capacity[closed % len(capacity)] = 0
    changed = replace(problem, capacity=capacity, cost=np.roll(problem.cost, 1, axis=0))
    cold, warm = assign(changed), assign(changed, columns=first.columns)
    assert warm.cost_usd == pytest.approx(cold.cost_usd, rel=1e-8, abs=1e-9)


@given(problems(), st.integers(0, 5), st.floats(0, 1e5))
@settings(max_examples=60, deadline=None)
def test_more_capacity_never_costs_more_and_saves_no_more_than_its_dual(problem, resource, tonnes):
    resource %= len(problem.capacity)
    capacity = problem.capacity.copy()
    capacity[resource] += tonnes
    before, after = assign(problem), assign(replace(problem, capacity=capacity))
    slack = 1e-7 * (1 + before.cost_usd)
    assert after.cost_usd <= before.cost_usd + slack
    assert before.cost_usd - after.cost_usd <= before.duals[resource] * tonnes + slack


@given(problems(), st.data())
@settings(max_examples=40, deadline=None)
def test_weighing_projects_never_does_worse_than_building_nothing_or_everything(problem, data):
    j = data.draw(st.integers(1, 4))
    resource = data.draw(st.lists(st.integers(0, len(problem.capacity) - 1), min_size=j, max_size=j))
    given_ = Projects(np.array(resource), np.full(j, 50.0), np.linspace(10, 500, j))
    found = expand(problem, given_, weigh=1.0)
    slack = 1e-5 * (1 + found.objective)
    assert found.objective <= assign(problem).cost_usd + slack
    assert (
        found.used
        <= problem.capacity + np.bincount(resource, found.taken * 50.0, len(problem.capacity)) + slack
    ).all()


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_at_equilibrium_every_used_route_of_a_pair_takes_as_long(seed):
    """Two to five parallel roads: those used take the same time, those unused at least that."""
    rng = np.random.default_rng(seed)
    roads = rng.integers(2, 6)
    tail, head = np.zeros(2 * roads, int), np.tile(np.arange(1, roads + 1), 2)
    tail[roads:], head[roads:] = np.arange(1, roads + 1), roads + 1
    free, capacity = rng.uniform(1, 3, 2 * roads), rng.uniform(1, 5, 2 * roads)
    found = user_equilibrium(
        tail,
        head,
        roads + 2,
        free,
        capacity,
        0.15,
        4.0,
        [0],
        [roads + 1],
        [rng.uniform(1, 20)],
        relative_gap=1e-8,
    )
    assert found.checks == ()
    route, flow = found.times[:roads] + found.times[roads:], found.flows[:roads]
    assert flow == pytest.approx(found.flows[roads:])
    used = flow > 1e-3 * flow.sum()
    assert route[used] == pytest.approx(route.min(), rel=1e-4)
