"""Fronts and shortest paths one can check by hand, and what is said to bad input."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tarazu.core.errors import InputError, NetworkError, ShapeError
from tarazu.corridor.pareto import Timetable, epsilon_front, pareto_front, shortest_path

INF = np.inf

# Aktau 0, Anzali 1, Etrek 2, Tehran 3: the sea is slow and cheap, the railway is quick, the lorry dear.
TAIL = np.array([0, 1, 0, 2, 0])
HEAD = np.array([1, 3, 2, 3, 3])
COST_TIME = np.array([[20.0, 60.0], [15.0, 12.0], [30.0, 30.0], [12.0, 18.0], [90.0, 40.0]])


def timetable(*departures: tuple[float, ...], period: float = 168.0) -> Timetable:
    return Timetable(
        np.array([period if hours else 0.0 for hours in departures]),
        np.concatenate(([0], np.cumsum([len(hours) for hours in departures]))),
        np.array([hour for hours in departures for hour in hours], float),
    )


@pytest.fixture(params=["python", "numba"])
def engine(request):
    return request.param


def test_front_lists_what_no_other_route_beats(engine):
    front = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, engine=engine)
    assert front.points.tolist() == [[35, 72], [42, 48], [90, 40]]
    assert [path.tolist() for path in front.paths] == [[0, 1], [2, 3], [4]]
    assert front.complete
    assert front.checks == ()


def test_infinite_cost_closes_an_arc(engine):
    weights = COST_TIME.copy()
    weights[3, 1] = INF
    front = pareto_front(TAIL, HEAD, weights, 4, 0, 3, engine=engine)
    assert [path.tolist() for path in front.paths] == [[0, 1], [4]]
    assert shortest_path(TAIL, HEAD, weights[:, 1], 4, 2, 3, engine=engine).cost == INF


def test_no_path_is_an_empty_front_with_a_check(engine):
    front = pareto_front(TAIL, HEAD, COST_TIME, 5, 0, 4, engine=engine)
    assert front.points.shape == (0, 2)
    assert front.paths == ()
    assert [check.name for check in front.checks] == ["no-path"]
    nothing = shortest_path(TAIL, HEAD, COST_TIME[:, 0], 5, 0, 4, engine=engine)
    assert nothing.cost == INF
    assert nothing.arcs.size == 0


def test_whoever_is_there_need_not_travel(engine):
    front = pareto_front(TAIL, HEAD, COST_TIME, 4, 2, 2, engine=engine)
    assert front.points.tolist() == [[0, 0]]
    assert [path.tolist() for path in front.paths] == [[]]
    assert shortest_path(TAIL, HEAD, COST_TIME[:, 0], 4, 2, 2, engine=engine).cost == 0


def test_network_without_arcs(engine):
    nothing = np.empty(0, np.int64)
    assert not pareto_front(nothing, nothing, np.empty((0, 3)), 2, 0, 1, engine=engine).paths
    assert shortest_path(nothing, nothing, np.empty(0), 2, 0, 1, engine=engine).cost == INF


def test_cycles_loops_and_arcs_of_no_cost_end(engine):
    tail, head = [0, 1, 1, 2, 1], [1, 0, 1, 1, 2]
    front = pareto_front(tail, head, np.zeros((5, 3)), 3, 0, 2, engine=engine)
    assert front.points.tolist() == [[0, 0, 0]]
    assert [path.tolist() for path in front.paths] == [[0, 4]]


def test_of_parallel_arcs_the_undominated_stay_and_of_like_ones_the_first(engine):
    weights = np.array([[2.0, 2.0], [1.0, 3.0], [2.0, 2.0], [3.0, 3.0]])
    front = pareto_front([0, 0, 0, 0], [1, 1, 1, 1], weights, 2, 0, 1, engine=engine)
    assert [path.tolist() for path in front.paths] == [[1], [0]]
    assert shortest_path([0, 0], [1, 1], [4.0, 0.0], 2, 0, 1, engine=engine).arcs.tolist() == [1]


def test_equal_sums_of_decimals_are_one_point_and_the_shorter_path_is_kept(engine):
    # In floats 0.1 + 0.2 exceeds 0.3, and both paths would stand on the front.
    weights = np.array([[0.1, 0.3], [0.2, 0.4], [0.3, 0.7]])
    front = pareto_front([0, 1, 0], [1, 2, 2], weights, 3, 0, 2, engine=engine)
    assert front.points.tolist() == [[0.3, 0.7]]
    assert [path.tolist() for path in front.paths] == [[2]]
    assert shortest_path([0, 1, 0], [1, 2, 2], weights[:, 0], 3, 0, 2, engine=engine).arcs.tolist() == [2]


def test_of_equal_paths_fewer_arcs_win_though_found_later(engine):
    # 0-1-2-4 is found first, for 2 is nearer than 3; 0-3-4 costs as much with one arc less.
    tail, head, weight = [0, 1, 2, 0, 3], [1, 2, 4, 3, 4], [0.5, 0.5, 2.0, 2.0, 1.0]
    assert shortest_path(tail, head, weight, 5, 0, 4, engine=engine).arcs.tolist() == [3, 4]
    weights = np.stack((weight, weight), 1)
    assert [path.tolist() for path in pareto_front(tail, head, weights, 5, 0, 4, engine=engine).paths] == [
        [3, 4]
    ]


def test_four_criteria_keep_what_one_of_them_alone_justifies(engine):
    weights = 2.0 - np.eye(4)
    front = pareto_front([0] * 5, [1] * 5, np.vstack((weights, [[2.0] * 4])), 2, 0, 1, engine=engine)
    assert sorted(path.tolist() for path in front.paths) == [[0], [1], [2], [3]]


def test_ship_of_friday_is_waited_for(engine):
    weekly = timetable((96.0,), (), (), (), ())
    at_once = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, timetable=weekly, start=96.0, engine=engine)
    assert at_once.points.tolist() == [[35, 72], [42, 48], [90, 40]]
    missed = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, timetable=weekly, start=97.0, engine=engine)
    assert missed.points.tolist() == [[35, 72 + 167], [42, 48], [90, 40]]


def test_departure_counts_from_the_hour_of_arrival(engine):
    # At Anzali after 60 hours; the train there leaves at hours 10 and 70 of the week.
    onward = timetable((), (10.0, 70.0), (), (), ())
    points = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, timetable=onward, engine=engine).points
    assert points[0].tolist() == [35, 72 + 10]
    late = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, timetable=onward, start=20.0, engine=engine).points
    assert late[0].tolist() == [35, 72 + 98]  # at Anzali at hour 80: 98 hours to hour 10 of the next week


def test_time_may_be_any_criterion(engine):
    weekly = timetable((96.0,), (), (), (), ())
    options = {"timetable": weekly, "start": 97.0, "engine": engine}
    front = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, **options)
    turned = pareto_front(TAIL, HEAD, COST_TIME[:, ::-1], 4, 0, 3, time_index=0, **options)
    assert sorted(turned.points[:, ::-1].tolist()) == front.points.tolist()


def test_service_that_never_runs_carries_nothing(engine):
    never = timetable((0.0,), (), (), (), ())
    never = Timetable(never.period, np.zeros(6, np.int64), np.empty(0))
    front = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, timetable=never, engine=engine)
    assert [path.tolist() for path in front.paths] == [[2, 3], [4]]


def test_limit_stops_the_search_and_says_so(engine):
    front = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, limit=4, engine=engine)
    assert not front.complete
    assert [check.name for check in front.checks] == ["label-limit"]
    whole = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, engine=engine)
    assert {tuple(point) for point in front.points} < {tuple(point) for point in whole.points}


def test_long_search_goes_over_to_numba_with_the_same_front(monkeypatch):
    plain = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, engine="python")
    monkeypatch.setattr("tarazu.corridor.pareto.PLAIN_LABELS", 2)
    changed = pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3)
    assert changed.complete
    assert changed.points.tolist() == plain.points.tolist()
    assert changed.labels == plain.labels


def test_cost_that_drowns_in_a_larger_one_is_named():
    weights = np.array([[1.0], [1e18], [1.0]])
    (check,) = pareto_front([0, 0, 1], [1, 2, 2], weights, 3, 0, 2).checks
    assert check.name == "cost-range"
    assert check.where == "arc 0, criterion 0"
    (check,) = shortest_path([0, 0, 1], [1, 2, 2], weights[:, 0], 3, 0, 2).checks
    assert "2 costs are too small" in check.message


def test_small_networks_do_without_numba():
    code = """if True:
        import sys
        from tarazu.corridor.pareto import pareto_front, shortest_path
        pareto_front([0], [1], [[1.0, 2.0]], 2, 0, 1)
        shortest_path([0], [1], [1.0], 2, 0, 1)
        print("numba" in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weights": [[1.0, 1.0], [1.0, -2.0]]}, r"arc 1, criterion 1.*got -2"),
        ({"weights": [[1.0, np.nan], [1.0, 2.0]]}, r"arc 0, criterion 1.*got nan"),
        ({"weights": [[-INF, 1.0], [1.0, 2.0]]}, r"arc 0, criterion 0.*got -inf"),
        ({"tail": [0, 3]}, r"arc 1, tail: expected a vertex from 0 to 2, got 3"),
        ({"head": [-1, 2]}, r"arc 0, head: .* got -1"),
        ({"head": [1.5, 2]}, r"head: expected whole numbers"),
        ({"source": 9}, r"source: .* got 9"),
        ({"target": -1}, r"target: .* got -1"),
    ],
)
def test_refused_with_the_arc_named(changed, said):
    good = {
        "tail": [0, 1],
        "head": [1, 2],
        "weights": [[1.0, 1.0], [1.0, 2.0]],
        "n": 3,
        "source": 0,
        "target": 2,
    }
    with pytest.raises(NetworkError, match=said):
        pareto_front(**(good | changed))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1.0, 2.0], "1 to 4"),
        (np.ones((2, 5)), "1 to 4"),
        (np.ones((2, 0)), "1 to 4"),
        (np.ones((3, 2)), "tail"),
    ],
)
def test_arrays_that_do_not_belong_together(weights, said):
    with pytest.raises(ShapeError, match=said):
        pareto_front([0, 1], [1, 2], weights, 3, 0, 2)


@pytest.mark.parametrize(
    ("period", "first", "offsets", "said"),
    [
        ([168, -1], [0, 0, 0], [], "arc 1, period"),
        ([168, 0], [0, 2, 2], [30, 20], "arc 0, departures.*ascending"),
        ([0, 168], [0, 0, 1], [168], "arc 1, departures.*below the period"),
        ([168, 0], [0, 2, 1], [1], "arc 1, departures"),
        ([168, 0], [0, 1, 1], [1, 2], "offsets"),
        ([168], [0, 1, 1], [1], "period"),
        ([168, 0], [0, 1], [1], "first departure"),
    ],
)
def test_disordered_timetable_is_refused(period, first, offsets, said):
    bad = Timetable(np.array(period, float), np.array(first), np.array(offsets, float))
    with pytest.raises((NetworkError, ShapeError), match=said):
        pareto_front([0, 1], [1, 2], np.ones((2, 2)), 3, 0, 2, timetable=bad)


def test_timetable_needs_time_among_the_criteria_and_a_start():
    weekly = timetable((1.0,), ())
    with pytest.raises(NetworkError, match="time_index is 1"):
        pareto_front([0, 1], [1, 2], np.ones((2, 1)), 3, 0, 2, timetable=weekly)
    with pytest.raises(NetworkError, match="start"):
        pareto_front([0, 1], [1, 2], np.ones((2, 2)), 3, 0, 2, timetable=weekly, start=np.nan)


def test_unknown_engine_is_refused():
    with pytest.raises(InputError, match="engine"):
        pareto_front(TAIL, HEAD, COST_TIME, 4, 0, 3, engine="fast")


def test_epsilon_front_by_hand():
    points = [[10.0, 20.0], [10.4, 19.5], [12.0, 15.0], [12.5, 14.8], [20.0, 10.0]]
    # The ends stay; the second is within 5% of the first; of the middle two, each covers the other.
    assert epsilon_front(points, 0.05).tolist() == [0, 2, 4]
    assert epsilon_front(points, 0.0).tolist() == [0, 1, 2, 3, 4]
    assert epsilon_front(points, [1.0, 1.0]).tolist() == [0, 4]
    assert epsilon_front(np.empty((0, 2)), 0.1).tolist() == []
    assert epsilon_front([[3.0, 3.0], [3.0, 3.0]], 0.0).tolist() == [0]


@pytest.mark.parametrize("epsilon", [-0.1, np.nan, INF])
def test_epsilon_must_be_a_share(epsilon):
    with pytest.raises(InputError, match="epsilon"):
        epsilon_front([[1.0, 2.0]], epsilon)


def test_epsilon_front_refuses_what_are_no_costs():
    with pytest.raises(InputError, match="points"):
        epsilon_front([[1.0, -2.0]], 0.1)
    with pytest.raises(ShapeError, match="points"):
        epsilon_front([1.0, 2.0], 0.1)
    with pytest.raises(ShapeError, match="epsilon"):
        epsilon_front([[1.0, 2.0]], [0.1, 0.1, 0.1])
