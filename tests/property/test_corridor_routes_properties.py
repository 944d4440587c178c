"""The Pareto set against every simple way through small random networks, enumerated and summed apart from it."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor_support import default, measured, simple_paths, small_tables, undominated, value, write_tables
from tarazu.core.errors import NetworkError
from tarazu.corridor.graph import Trip, build
from tarazu.corridor.network import Network
from tarazu.corridor.routes import CRITERIA

MONTHS = st.sampled_from(["", "", "", "1-3;12", "3", "10"])
SMALL = st.integers(0, 12)
BACKBONE = ("ac", "cb")  # legs that are always there
KINDS = [("rail", 1520), ("rail", 1435), ("road", ""), ("sea", "")]
WAYS = [KINDS[0], *KINDS]  # the wide gauge more often, so that ways go on
yes_or_no = st.sampled_from(["no", "no", "yes"])


@st.composite
def random_tables(draw: Any) -> dict[str, list[dict[str, Any]]]:
    """Three to five places, legs of three modes, transfers, services, limits and tariffs between them."""
    names = "abcde"[: draw(st.integers(3, 5))]
    tables: dict[str, Any] = small_tables()
    tables["nodes"] = [{"id": n, "name": n, "lon": 60 + i} for i, n in enumerate(names)]
    tables["legs"] = [draw(legs(names, number)) for number in range(draw(st.integers(3, 8)))]
    tables["transfers"] = [draw(transfers(names, number)) for number in range(draw(st.integers(0, 6)))]
    known = [leg["id"] for leg in tables["legs"]]
    tables["services"] = draw(st.lists(services(known), max_size=3, unique_by=lambda row: row["id"]))
    priced = [row["id"] for name in ("legs", "transfers", "services") for row in tables[name]]
    tables["values"] = [
        value(each, name, draw(SMALL)) for each in priced for name in ("cost", "time", "time_sd")
    ]
    tables["values"] += [value(leg, "length", draw(st.integers(1, 300))) for leg in known]
    tables["values"] += [value(row["id"], "headway", draw(st.integers(1, 60))) for row in tables["services"]]
    subjects = [*names, *priced, *["leg0", "leg1", "c"] * 3]
    tables["limits"] = [draw(limits(subjects, number)) for number in range(draw(st.integers(0, 5)))]
    tables["tariffs"] = [
        {"id": "t", "name": "T", "percent": draw(st.sampled_from([-50, 50])), "transit": "no"}
    ]
    tables["defaults"] += [default("rail", "wait", draw(SMALL))]
    tables["commodities"] = [{"id": "grain", "name": "Grain", "packagings": "bulk;container"}]
    tables["loads"] += [{"packaging": "container", "mode": mode} for mode in ("rail", "road")]
    return tables


@st.composite
def legs(draw: Any, names: str, number: int) -> dict[str, Any]:
    fixed = number < len(BACKBONE)
    start, end = BACKBONE[number] if fixed else draw(st.permutations(names))[:2]
    mode, gauge = KINDS[0] if fixed else draw(st.sampled_from(WAYS))
    leg = {"id": f"leg{number}", "mode": mode, "from": start, "to": end, "gauge_mm": gauge}
    return leg | {"one_way": draw(yes_or_no), "service_only": draw(yes_or_no)}


@st.composite
def transfers(draw: Any, names: str, number: int) -> dict[str, Any]:
    at, one, other = draw(st.sampled_from(names)), KINDS[0], draw(st.sampled_from(KINDS[1:]))
    row = {"id": f"stay{number}", "from": at, "to": at, "from_mode": one[0], "to_mode": other[0]}
    row |= {
        "from_gauge_mm": one[1],
        "to_gauge_mm": other[1],
        "kind": draw(st.sampled_from(["border", "terminal"])),
    }
    return row | {"packagings": draw(st.sampled_from(["all", "bulk", "container"]))}


@st.composite
def services(draw: Any, known: list[str]) -> dict[str, Any]:
    any_legs = st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True)
    run = draw(st.sampled_from([["leg0", "leg1"], ["leg0"], ["leg1"]]) | any_legs)
    departures = draw(
        st.lists(st.sampled_from(["Mon 08:00", "Tue 20:30", "Fri 00:00", "Sun 23:59"]), max_size=3)
    )
    row = {
        "id": f"line-{'-'.join(run)}",
        "name": "Line",
        "legs": ";".join(run),
        "departures": ";".join(departures),
    }
    return row | {"packagings": draw(st.sampled_from(["all", "bulk"]))}


@st.composite
def limits(draw: Any, subjects: list[str], number: int) -> dict[str, Any]:
    row = {
        "id": f"limit{number}",
        "name": "Limit",
        "subject": draw(st.sampled_from(subjects)),
        "months": draw(MONTHS),
    }
    row |= {
        "capacity_factor": draw(st.sampled_from(["", "", 0, 0.5])),
        "delay_h": draw(st.sampled_from(["", 7, 40])),
    }
    return row | {
        "payload_factor": draw(st.sampled_from(["", 0.5, 0.8])),
        "packagings": draw(st.sampled_from(["", "bulk"])),
        "scenario": draw(st.sampled_from(["", "", "storm"])),
    }


def read(tables: dict[str, Any]) -> Network:
    with tempfile.TemporaryDirectory() as folder:
        return Network.read(write_tables(Path(folder), tables))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    tables=random_tables(),
    day=st.sampled_from([None, date(2024, 3, 4), date(2024, 6, 1)]),
    storm=st.booleans(),
    criteria=st.permutations(CRITERIA).flatmap(
        lambda order: st.integers(1, 4).map(lambda n: tuple(order[:n]))
    ),
    epsilon=st.sampled_from([0.0, 0.05, 0.5]),
)
def test_the_pareto_set_is_that_of_all_simple_ways(
    tables: dict[str, Any], day: date | None, storm: bool, criteria: tuple[str, ...], epsilon: float
) -> None:
    network = read(tables)
    scenarios = ("storm",) if storm and "storm" in network.scenarios else ()
    if day is not None and "time" not in criteria:
        day = None  # of routes alike in what was asked, any may be kept, and their waits differ
    every = []
    for packaging in ("bulk", "container"):
        trip = Trip(network.commodity("grain"), packaging, day, None, scenarios, "KAZ->KAZ")
        try:
            graph = build(network, trip)
        except NetworkError:
            continue
        ways = simple_paths(graph, "a", "b")
        every += [measured(way, criteria, day, loading(network, trip, way[0].tail)) for way in ways]
    found = network.routes("a", "b", "grain", criteria, day=day, scenarios=scenarios, epsilon=epsilon)
    expected, got = undominated(every), undominated(totals(route, criteria) for route in found.every)
    assert np.array(got).ravel() == pytest.approx(np.array(expected).ravel(), abs=2e-6)
    assert len(found.every) == len(expected)
    for route in found.every:
        check_sums(route)
    shown = [totals(route, criteria) for route in found.shown]
    for route in found.every:
        own = totals(route, criteria)
        assert any(all(a <= (1 + epsilon) * b + 1e-9 for a, b in zip(s, own, strict=True)) for s in shown)


def loading(network: Network, trip: Trip, start: tuple[str, str, int | None]) -> tuple[float, float]:
    """Hours of loading at the origin and of delay there, read from the tables anew."""
    months = (trip.day.month,) if trip.day else range(1, 13)
    delay = 0.0
    for limit in network.limits:
        standing = not limit.scenario and all(month in limit.months for month in months)
        asked = limit.scenario in trip.scenarios and (trip.day is None or trip.day.month in limit.months)
        if limit.subject == start[0] and limit.packagings in ((), (trip.packaging,)) and (standing or asked):
            delay += limit.delay_h
    wait = next(row["value"] for row in network.tables["defaults"] if row["attribute"] == "wait")
    return wait if start[1] == "rail" else 0.0, delay


def totals(route: Any, criteria: tuple[str, ...]) -> tuple[float, ...]:
    of = {"cost": route.cost_usd_t, "time": route.time_h, "variability": route.time_sd_h}
    of["co2"] = sum(arc.co2_kg_t or 0.0 for arc in route.steps)
    return tuple(of[name] for name in criteria)


def check_sums(route: Any) -> None:
    assert route.nodes[0] == "a"
    assert route.nodes[-1] == "b"
    for one, other in zip(route.steps, route.steps[1:], strict=False):
        assert one.head == other.tail
    assert route.cost_usd_t == pytest.approx(sum(arc.cost_usd_t for arc in route.steps))
    assert route.cost_interval[0] - 1e-9 <= route.cost_usd_t <= route.cost_interval[1] + 1e-9
    assert route.time_interval[0] - 1e-9 <= route.time_h <= route.time_interval[1] + 1e-9
    assert all(arc.wait_h <= arc.time_h + 1e-9 for arc in route.steps)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(tables=random_tables(), seed=st.integers(0, 2**16))
def test_drawn_times_have_the_mean_of_the_route(tables: dict[str, Any], seed: int) -> None:
    for route in read(tables).routes("a", "b", "grain").every[:2]:
        drawn = route.travel_time(draws=20_000, seed=seed)
        assert drawn.mean == pytest.approx(route.time_h, abs=6 * route.time_sd_h / 20_000**0.5 + 1e-9)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(tables=random_tables())
def test_a_closure_never_makes_anything_better(tables: dict[str, Any]) -> None:
    free = read(tables).routes("a", "b", "grain", CRITERIA, epsilon=0)
    for route in free.every[:2]:
        closed = {"id": "closing", "name": "Closed", "subject": route.steps[0].id, "capacity_factor": 0}
        held = read(tables | {"limits": [*tables["limits"], closed]}).routes(
            "a", "b", "grain", CRITERIA, epsilon=0
        )
        points = [totals(each, CRITERIA) for each in free.every]
        for other in held.every:
            assert all(arc.id != closed["subject"] for arc in other.steps)
            own = totals(other, CRITERIA)
            assert any(all(a <= b + 1e-6 for a, b in zip(point, own, strict=True)) for point in points)
