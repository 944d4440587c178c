"""Assignment and expansion on networks small enough to solve by hand."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tarazu.core.errors import NetworkError, ShapeError
from tarazu.corridor import expansion_model
from tarazu.corridor.assignment import Columns, Problem, assign, marginal
from tarazu.corridor.expansion import Projects, expand, expanded
from tarazu.corridor.shortest_trees import links, paths, trees

# A railway 0 -> 2 (10 USD/t) and a way by sea 0 -> 1 -> 2 (6 + 9 USD/t); 100 t want to go, 60 and 30 t fit.
TWO_WAYS = {
    "tail": [0, 0, 1],
    "head": [2, 1, 2],
    "n": 3,
    "cost": [[10.0, 6.0, 9.0]],
    "resource_arc": [0, 1],
    "resource_of": [0, 1],
    "resource_use": [1.0, 1.0],
    "capacity": [60.0, 30.0],
    "origin": [0],
    "destination": [2],
    "tonnes": [100.0],
    "group": [0],
    "penalty": [500.0],
}


def two_ways(**changes) -> Problem:
    return Problem(**TWO_WAYS | changes)


def test_the_cheap_way_fills_first_and_the_rest_stays():
    found = assign(two_ways())
    assert found.loads == pytest.approx([60, 30, 30])
    assert found.used == pytest.approx([60, 30])
    assert (found.moved, found.unmet) == (pytest.approx([90]), pytest.approx([10]))
    assert found.transport_usd == pytest.approx(60 * 10 + 30 * 15)
    assert found.cost_usd == pytest.approx(1050 + 10 * 500)
    assert found.duals == pytest.approx([490, 485])  # a tonne more of either saves a penalty
    assert found.gap <= 1e-12
    assert [path.tolist() for path in found.paths] == [[0], [1, 2]]
    assert found.checks == ()


def test_marginal_confirms_duals_by_solving_again():
    problem = two_ways()
    found = marginal(problem, assign(problem))
    assert found.resources.tolist() == [0, 1]
    assert found.saved == pytest.approx([490, 485])
    assert found.confirmed.all()
    assert found.checks == ()


def test_at_a_kink_the_dual_and_one_more_tonne_differ_and_it_is_said():
    # Two links in a row, both of 60 t: a tonne more of one alone is worth nothing.
    problem = Problem(
        tail=[0, 1], head=[1, 2], n=3, cost=[[1.0, 1.0]], resource_arc=[0, 1], resource_of=[0, 1],
        resource_use=[1.0, 1.0], capacity=[60.0, 60.0], origin=[0], destination=[2], tonnes=[100.0], group=[0],
        penalty=[50.0],
    )  # fmt: skip
    first = assign(problem)
    assert first.duals.sum() == pytest.approx(48)
    found = marginal(problem, first, [0, 1])
    assert found.saved == pytest.approx([0, 0], abs=1e-9)
    assert found.confirmed.tolist() == (first.duals == 0).tolist()
    assert {check.name for check in found.checks} == {"degenerate-dual"}
    half = marginal(two_ways(capacity=[60.0, 39.5]), assign(two_ways(capacity=[60.0, 39.5])), [1])
    assert half.dual == pytest.approx([485])
    assert half.saved == pytest.approx([242.5])  # only half a tonne is left to move
    assert not half.confirmed.any()


def test_a_closed_link_has_a_value_and_carries_nothing():
    problem = two_ways(capacity=[0.0, 30.0])
    found = assign(problem)
    assert found.loads[0] == 0
    assert marginal(problem, found, [0]).saved == pytest.approx([490])


def test_of_parallel_arcs_the_cheapest_fills_first_and_costless_arcs_are_arcs():
    problem = Problem(
        tail=[0, 0, 0, 1], head=[1, 1, 1, 2], n=3, cost=[[3.0, 0.0, 1.0, 0.0]], resource_arc=[0, 1, 2],
        resource_of=[0, 1, 2], resource_use=[1.0, 1.0, 1.0], capacity=[np.inf, 10.0, 10.0], origin=[0],
        destination=[2], tonnes=[25.0], group=[0], penalty=[9.0],
    )  # fmt: skip
    found = assign(problem)
    assert found.loads == pytest.approx([5, 10, 10, 25])
    assert found.cost_usd == pytest.approx(5 * 3 + 10)


def test_arcs_may_share_a_capacity_and_use_it_more_than_once_over():
    found = assign(two_ways(resource_arc=[0, 1, 1], resource_of=[0, 0, 0], resource_use=[1.0, 2.0, 1.0]))
    assert found.loads == pytest.approx([60, 0, 0])  # by sea a tonne would take three
    assert found.used == pytest.approx([60, 0])


def test_classes_take_the_arcs_open_to_them():
    problem = two_ways(
        cost=[[10.0, 6.0, 9.0], [np.inf, 6.0, 9.0]], origin=[0, 0], destination=[2, 2], tonnes=[40.0, 25.0],
        group=[0, 1], penalty=[500.0, 500.0],
    )  # fmt: skip
    found = assign(problem)
    assert found.loads == pytest.approx([40, 25, 25])


def test_tonnes_without_a_way_or_not_worth_it_stay_and_are_said():
    problem = two_ways(
        origin=[0, 2, 0, 1], destination=[2, 0, 1, 1], tonnes=[10.0, 7.0, 5.0, 3.0], group=[0] * 4,
        penalty=[500.0, 500.0, 2.0, 1.0],
    )  # fmt: skip
    found = assign(problem)
    assert found.unmet == pytest.approx([0, 7, 5, 0])
    assert [(check.name, check.where) for check in found.checks] == [
        ("no-path", "commodity 1"),
        ("not-worth-moving", "commodity 2"),
    ]
    assert "node 2 to node 0" in found.checks[0].message


def test_a_limit_hit_keeps_capacities_and_is_said():
    rng = np.random.default_rng(5)
    tail = np.repeat(np.arange(40), 4)
    head = (tail + rng.choice([1, 3, 7, 11], len(tail))) % 40
    arcs = np.arange(len(tail))
    problem = Problem(
        tail=tail, head=head, n=40, cost=rng.uniform(1, 9, (1, len(tail))), resource_arc=arcs, resource_of=arcs,
        resource_use=np.ones(len(tail)), capacity=rng.uniform(5, 50, len(tail)), origin=rng.integers(40, size=20),
        destination=rng.integers(40, size=20), tonnes=rng.uniform(20, 80, 20), group=np.zeros(20, int),
        penalty=np.full(20, 100.0),
    )  # fmt: skip
    full, short = assign(problem), assign(problem, limit=2)
    assert full.iterations > 2
    assert short.iterations == 2
    assert [check.name for check in short.checks] == ["iteration-limit"]
    assert (short.used <= problem.capacity).all()
    assert short.lower <= full.cost_usd <= short.upper
    assert short.gap > 1e-6


def test_paths_of_another_network_are_of_no_use_and_do_no_harm():
    foreign = Columns(np.array([0, 0, 7]), np.array([0, 2, 3, 4]), np.array([0, 2, 1, 99]), np.array([0, 50]))
    assert assign(two_ways(), columns=foreign).cost_usd == pytest.approx(6050)


def test_nothing_to_move_and_no_network_are_answers():
    none = {"origin": [], "destination": [], "tonnes": [], "group": [], "penalty": []}
    found = assign(two_ways(**{k: np.array(v, int) for k, v in none.items()}))
    assert (found.cost_usd, found.gap, found.loads.tolist()) == (0, 0, [0, 0, 0])
    empty = {
        name: np.zeros(0, int) for name in ("tail", "head", "resource_arc", "resource_of", "resource_use")
    }
    found = assign(two_ways(**empty, cost=np.zeros((1, 0))))
    assert found.unmet.tolist() == [100]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("cost", [[10.0, -6.0, 9.0]], r"cost\[0, 1\] is -6"),
        ("cost", [[10.0, np.nan, 9.0]], r"cost\[0, 1\] is nan"),
        ("capacity", [60.0, -1.0], r"capacity\[1\] is -1"),
        ("tonnes", [np.inf], r"tonnes\[0\] is inf"),
        ("penalty", [np.inf], r"penalty\[0\] is inf"),
        ("resource_use", [1.0, -2.0], r"resource_use\[1\]"),
        ("head", [2, 1, 3], r"head\[2\] is 3, expected 0 to 2"),
        ("group", [1], r"group\[0\] is 1"),
        ("origin", [0.5], "origin: expected whole numbers"),
    ],
)
def test_values_that_make_no_sense_are_refused_with_their_place(name, value, said):
    with pytest.raises(NetworkError, match=said) as caught:
        two_ways(**{name: value})
    assert caught.value.checks


@pytest.mark.parametrize(
    ("name", "value"), [("head", [2, 1]), ("cost", [10.0, 6.0, 9.0]), ("tonnes", [1.0, 2.0])]
)
def test_arrays_that_do_not_belong_together_are_refused(name, value):
    with pytest.raises(ShapeError, match=name):
        two_ways(**{name: value})


def test_of_projects_the_cheapest_set_is_taken():
    projects = Projects([0, 1, 0], [10.0, 10.0, 40.0], [700.0, 300.0, 900.0])
    found = expand(two_ways(), projects)
    assert found.feasible
    assert found.taken.tolist() == [False, True, False]
    assert found.cost_usd == found.objective == 300
    assert found.loads == pytest.approx([60, 40, 40])
    assert found.transport_usd == pytest.approx(600 + 40 * 15)
    assert found.unmet == pytest.approx([0])
    nothing = expand(two_ways(), projects, target=90.0)
    assert not nothing.taken.any()
    assert nothing.moved.sum() == pytest.approx(90)


def test_weighing_builds_only_what_pays():
    projects = Projects([0, 1], [10.0, 10.0], [7000.0, 7000.0])
    # Ten tonnes more by rail save 4,900 USD, by sea 4,850; with the first the second brings nothing.
    assert expand(two_ways(), projects, weigh=1.0).taken.tolist() == [False, False]
    found = expand(two_ways(), projects, weigh=0.5)
    assert found.taken.tolist() == [True, False]
    assert found.objective == pytest.approx(3500 + 700 + 450)


def test_a_target_out_of_reach_says_what_stays_and_what_is_full():
    found = expand(two_ways(tonnes=[200.0]), Projects([0, 0], [10.0, 50.0], [5.0, np.nan]))
    assert not found.feasible
    assert found.unmet == pytest.approx([100])
    assert found.taken.tolist() == [True, False]
    names = [check.name for check in found.checks]
    assert names == ["unknown-cost", "target-out-of-reach", "cannot-move", "still-full", "still-full"]
    assert "100 t can move of the 200 t" in found.checks[1].message


def test_projects_and_targets_that_make_no_sense_are_refused():
    with pytest.raises(NetworkError, match="project 1: resource 9"):
        expand(two_ways(), Projects([0, 9], [1.0, 1.0], [1.0, 1.0]))
    with pytest.raises(NetworkError, match="target is 101"):
        expand(two_ways(), Projects([0], [1.0], [1.0]), target=101.0)
    with pytest.raises(ShapeError, match="cost"):
        Projects([0], [1.0], [1.0, 2.0])


def test_a_programme_too_large_for_memory_is_refused(monkeypatch):
    monkeypatch.setattr(expansion_model, "MOST", 2)
    with pytest.raises(NetworkError, match="3 flow variables"):
        expand(two_ways(), Projects([0], [50.0], [1.0]))


def test_a_project_where_nothing_is_limited_is_said():
    found = expand(two_ways(capacity=[np.inf, 30.0]), Projects([0], [50.0], [1.0]))
    assert [check.name for check in found.checks] == ["needless-project"]
    assert not found.taken.any()


def test_shortest_trees_find_the_arcs_of_their_paths():
    tail, head = np.array([0, 0, 1, 1, 2]), np.array([1, 1, 1, 2, 0])
    graph = links(tail, head, 3)
    found = trees(graph, np.array([2.0, 1.0, 0.0, 0.0, 5.0]), np.array([0, 1]))
    assert found.distance.tolist() == [[0, 1, 1], [5, 0, 0]]
    start, arc = paths(graph, found, np.array([0, 1, 0]), np.array([2, 0, 0]))
    assert (start.tolist(), arc.tolist()) == ([0, 2, 4, 4], [1, 3, 3, 4])


def test_problem_is_not_changed_by_solving():
    problem = two_ways()
    before = replace(problem, capacity=problem.capacity.copy())
    marginal(problem, assign(problem))
    expand(problem, Projects([1], [10.0], [1.0]))
    assert problem.capacity.tolist() == before.capacity.tolist()


def test_solvers_are_loaded_only_when_used():
    code = "import sys, tarazu.corridor.expansion, tarazu.corridor.equilibrium;"
    code += "sys.exit(any(m in sys.modules for m in ('highspy', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_project_may_raise_several_capacities_and_costs_once():
    chain = Problem(
        tail=[0, 1], head=[1, 2], n=3, cost=[[1.0, 1.0]], resource_arc=[0, 1], resource_of=[0, 1],
        resource_use=[1.0, 1.0], capacity=[30.0, 40.0], origin=[0], destination=[2], tonnes=[80.0],
        group=[0], penalty=[100.0],
    )  # fmt: skip
    alone = Projects([0, 1], [50.0, 50.0], [7.0, 5.0])
    assert expand(chain, alone).cost_usd == 12.0
    whole = Projects([0, 1, 0, 1], [50.0, 50.0, 50.0], [7.0, 5.0, 9.0], [0, 1, 2, 2])
    found = expand(chain, whole)
    assert found.taken.tolist() == [False, False, True]
    assert found.cost_usd == 9.0
    assert found.moved.sum() == pytest.approx(80.0)
    assert expanded(chain, whole, found.taken).capacity.tolist() == [80.0, 90.0]
    short = Projects([0], [50.0], [1.0])
    assert not expand(chain, short).feasible
    with pytest.raises(NetworkError, match="names project"):
        expand(chain, Projects([0, 1], [50.0], [1.0], [0, 1]))
    with pytest.raises(ShapeError, match="project by resource"):
        Projects([0, 1], [50.0], [1.0], [0])
