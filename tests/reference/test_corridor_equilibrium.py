"""User equilibrium against the published answer for Sioux Falls, and against answers known in closed form."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tarazu.core.errors import NetworkError, ShapeError
from tarazu.corridor.equilibrium import user_equilibrium

# Best known objective of Sioux Falls, in the network's units (Transportation Networks for Research).
SIOUX_FALLS = 42.31335287107440e5


def net(path: Path) -> np.ndarray:
    """(A, 10) columns of a TNTP network: tail, head, capacity, length, free time, b, power, …"""
    body = path.read_text().split("<END OF METADATA>")[1]
    rows = [line.strip().rstrip(";").split() for line in body.splitlines()]
    return np.array([row for row in rows if row and row[0].isdigit()], float)


def trips(path: Path) -> np.ndarray:
    """(Q, 3) origin, destination, trips of a TNTP table."""
    body = path.read_text().split("<END OF METADATA>")[1]
    found = []
    for block in re.split(r"Origin\s+", body)[1:]:
        origin, cells = block.split(None, 1)
        found += [
            (int(origin), int(to), float(amount)) for to, amount in re.findall(r"(\d+)\s*:\s*([\d.]+)", cells)
        ]
    return np.array(found)


@pytest.mark.needs_shared
def test_sioux_falls_reaches_the_best_known_objective_and_flows(shared_data):
    folder = shared_data / "transport"
    road, demand = net(folder / "SiouxFalls_net.tntp"), trips(folder / "SiouxFalls_trips.tntp")
    assert demand[:, 2].sum() == 360_600
    tail, head = road[:, :2].T.astype(int) - 1
    found = user_equilibrium(
        tail, head, 24, road[:, 4], road[:, 2], road[:, 5], road[:, 6],
        demand[:, 0].astype(int) - 1, demand[:, 1].astype(int) - 1, demand[:, 2],
    )  # fmt: skip
    assert found.checks == ()
    assert found.gap <= 1e-6
    assert found.objective == pytest.approx(SIOUX_FALLS, rel=1e-7)
    assert found.objective >= SIOUX_FALLS * (1 - 1e-12)  # no flow can be better than the optimum

    published = np.loadtxt(folder / "SiouxFalls_flow.tntp", skiprows=1)
    order = {(int(a), int(b)): i for i, (a, b) in enumerate(published[:, :2])}
    row = [order[int(a) + 1, int(b) + 1] for a, b in zip(tail, head, strict=True)]
    assert found.flows == pytest.approx(published[row, 2], rel=2e-3)
    assert found.times == pytest.approx(published[row, 3], rel=2e-3)


def test_pigou_all_take_the_road_that_congests():
    """Pigou (1920): times 1 and x; all of one unit take the second, though half would be best together."""
    found = user_equilibrium([0, 0], [1, 1], 2, [1, 1e-9], [1, 1], [0, 1e9], [1, 1], [0], [1], [1.0])
    assert found.flows == pytest.approx([0, 1], abs=1e-5)


@pytest.mark.parametrize(("middle", "time"), [(False, 1.5), (True, 2.0)])
def test_braess_a_free_road_makes_all_slower(middle, time):
    """Braess (1968) in its unit form: 1.5 each without the road in the middle, 2 with it."""
    tail, head = [0, 0, 1, 2, 1], [1, 2, 3, 3, 2]
    free, b = [1e-9, 1, 1, 1e-9, 0], [1e9, 0, 0, 1e9, 0]
    a = 5 if middle else 4
    found = user_equilibrium(
        tail[:a], head[:a], 4, free[:a], 1.0, b[:a], 1.0, [0], [3], [1.0], relative_gap=1e-9
    )
    assert found.times @ found.flows == pytest.approx(time, rel=1e-6)


def test_a_node_below_the_first_through_node_is_not_passed():
    # 0 -> 1 -> 2 is short, 0 -> 3 -> 2 long; 1 is a zone.
    given = ([0, 1, 0, 3], [1, 2, 3, 2], 4, [1, 1, 5, 5], 10.0, 0.15, 4.0, [0], [2], [2.0])
    assert user_equilibrium(*given).flows.tolist() == [2, 2, 0, 0]
    assert user_equilibrium(*given, first_through_node=3).flows.tolist() == [0, 0, 2, 2]


def test_a_limit_hit_is_an_error_among_the_checks():
    given = ([0, 0], [1, 1], 2, [1, 2], [1, 1], 0.15, 4.0, [0], [1], [5.0])
    found = user_equilibrium(*given, limit=1)
    assert [check.name for check in found.checks] == ["equilibrium-not-reached"]
    assert found.gap > 1e-6
    assert user_equilibrium(*given).checks == ()


def test_trips_without_a_route_are_left_out_and_said():
    found = user_equilibrium([0], [1], 3, [1.0], 1.0, 0.0, 4.0, [0, 0, 1], [1, 2, 1], [1.0, 7.0, 3.0])
    assert found.flows.tolist() == [1]  # trips within node 1 take no arc
    assert [check.name for check in found.checks] == ["no-path"]
    assert "7 trips" in found.checks[0].message


def test_what_makes_no_sense_is_refused():
    good = {"tail": [0], "head": [1], "n": 2, "free_time": [1.0], "capacity": [1.0], "b": 0.15, "power": 4.0}
    good |= {"origins": [0], "destinations": [1], "trips": [1.0]}
    user_equilibrium(**good)
    for name, value in {"capacity": [0.0], "free_time": [-1.0], "trips": [np.nan], "head": [5]}.items():
        with pytest.raises(NetworkError, match=name):
            user_equilibrium(**good | {name: value})
    with pytest.raises(ShapeError, match="trips"):
        user_equilibrium(**good | {"trips": [1.0, 2.0]})
