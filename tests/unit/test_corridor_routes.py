"""Routes: the Pareto set and its readable part, waits and timetables, intervals, refusals, tables and JSON."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from corridor_support import added, default, measured, simple_paths, small, undominated, value, write_tables
from tarazu.core.errors import NetworkError
from tarazu.corridor.graph import Trip, build
from tarazu.corridor.network import Network
from tarazu.corridor.routes import Route, Routes

MONDAY = date(2024, 3, 4)
CRITERIA = ("cost", "time", "variability", "co2")
LINE = {"id": "line", "name": "Line", "legs": "rail-ab;rail-bc"}


def ways(found: Routes) -> set[tuple[str, ...]]:
    return {tuple(arc.id for arc in route.steps) for route in found.every}


def only(network: Network, *ends: str, **options: Any) -> Route:
    (route,) = network.routes(*(ends or ("a", "c")), "grain", **options).every
    return route


def test_rail_is_cheap_and_the_road_quick(tmp_path: Path) -> None:
    found = small(tmp_path).routes("a", "b", "grain", epsilon=0)
    assert ways(found) == {("rail-ab",), ("road-ab",)}
    rail, road = found.every
    assert (rail.number, rail.cost_usd_t, rail.time_h, rail.km) == (1, 1, 5, 100)
    assert (road.number, road.cost_usd_t, road.time_h, road.co2_kg_t) == (2, 5, 2, 10)
    assert rail.generalised(found.commodity) == pytest.approx(1 + 240 * 0.01 * 5 / 24)
    assert found.dropped == 0


def test_a_way_by_three_modes_sums_legs_and_transfers(tmp_path: Path) -> None:
    found = small(tmp_path).routes("Place a", "48,62.6", "Grain", criteria=("time",))
    (route,) = found.every
    assert [arc.id for arc in route.steps] == ["rail-ab", "rail-bc", "port-c", "sea-ce"]
    assert route.cost_usd_t == pytest.approx(1 + 1 + 5 + 4.8)
    assert route.time_h == pytest.approx(5 + 5 + 10 + 20)
    assert route.co2_kg_t == pytest.approx(2 + 2 + 0 + 2.4)
    assert route.nodes == ("a", "b", "c", "e")
    last = found.steps.records()[-1]
    assert (last["km_so_far"], last["cost_so_far"], last["time_so_far"]) == pytest.approx(
        (route.km, route.cost_usd_t, route.time_h)
    )


def test_loading_at_the_origin_waits_and_a_delay_there_is_felt(tmp_path: Path) -> None:
    more = [default("rail", "wait", 24, low=12, high=48)]
    held = [{"id": "l", "name": "Queue", "subject": "a", "delay_h": 100}]
    network = small(tmp_path, defaults=more, limits=held)
    route = only(network)
    assert (route.origin_wait_h, route.origin_delay_h) == (24, 100)
    assert route.time_h == pytest.approx(24 + 100 + 10)
    assert route.time_sd_h == pytest.approx(48 / math.sqrt(12))
    assert route.time_interval == pytest.approx((134 - 12, 134 + 24))
    found = network.routes("a", "c", "grain")
    first = found.steps.records()[0]
    assert (first["kind"], first["time_h"], first["wait_h"], first["sources"]) == ("wait", 124, 24, "paper")
    assert any(check.name == "limit" and "100 hours more" in check.message for check in found.checks)
    assert only(network, "b", "d").origin_delay_h == 0
    assert only(network, "b", "a", criteria=("cost",)).time_h == pytest.approx(24 + 5 + 100)


def test_a_delay_half_way_is_felt_once_and_is_certain(tmp_path: Path) -> None:
    speeds = [default("rail", "speed", 30)]  # a second source: 25 km/h, 20 to 30
    free = only(small(tmp_path / "free", defaults=speeds), "a", "e", criteria=("cost",))
    limits = [{"id": "l", "name": "Queue", "subject": "c", "delay_h": 100}]
    held = only(small(tmp_path / "held", defaults=speeds, limits=limits), "a", "e", criteria=("cost",))
    assert held.time_h == pytest.approx(free.time_h + 100)
    assert free.time_interval == pytest.approx((8 + 30 - (8 - 200 / 30), 10 + 30))
    assert held.time_interval == pytest.approx(tuple(end + 100 for end in free.time_interval))


@pytest.mark.parametrize(
    ("day", "wait"),
    [
        (None, 84),  # half the headway of a weekly line
        (date(2024, 3, 4), 8),  # from Monday 00:00 to Monday 08:00
        (date(2024, 3, 5), 6 * 24 + 8),
        (date(2024, 3, 10), 24 + 8),
        (datetime(2024, 3, 4, 15), 8),  # a day counts from its first hour
    ],
)
def test_waiting_is_half_the_headway_or_for_the_next_departure(
    tmp_path: Path, day: date | None, wait: float
) -> None:
    legs = [{"id": "rail-ab", "service_only": "yes"}, {"id": "rail-bc", "service_only": "yes"}]
    network = small(tmp_path, services=[LINE | {"departures": "Mon 08:00"}], legs=legs)
    for criteria in (("cost", "time"), ("cost",), CRITERIA):
        route = network.routes("a", "c", "grain", criteria, day=day).every[0]
        (line,) = (arc for arc in route.steps if arc.id == "line")
        assert line.wait_h == pytest.approx(wait)
        assert line.time_h == pytest.approx(wait + 10)
        assert line.variance == (pytest.approx(168**2 / 12) if day is None else 0)


def test_a_departure_that_is_just_reached_is_caught(tmp_path: Path) -> None:
    values = [value("rail-ab", "time", 0.1), value("rail-bc", "time", 0.2), value("line", "time", 1)]
    legs = [{"id": "rail-cd", "service_only": "yes"}]
    services = [{"id": "line", "name": "L", "legs": "rail-cd", "departures": "Mon 00:18;Wed 00:00"}]
    network = small(tmp_path, values=values, legs=legs, services=services)
    assert only(network, "a", "d", day=MONDAY, criteria=("time",)).time_h == pytest.approx(1.3)


def test_a_day_takes_the_quicker_of_two_timetables(tmp_path: Path) -> None:
    services = [LINE | {"departures": "Tue 08:00"}, LINE | {"id": "slow", "departures": "Mon 08:00"}]
    legs = [{"id": f"rail-{ends}", "service_only": "yes"} for ends in ("ab", "bc")]
    network = small(tmp_path, services=services, values=[value("slow", "time", 40)], legs=legs)
    way = only(network, criteria=("time",), day=MONDAY)
    assert [arc.id for arc in way.steps] == ["line"]
    assert way.time_h == pytest.approx(24 + 8 + 10)
    assert only(network, criteria=("time",), day=date(2024, 3, 5)).time_h == pytest.approx(8 + 10)


def test_a_delay_at_the_origin_misses_departures(tmp_path: Path) -> None:
    services = [LINE | {"departures": "Mon 08:00"}, LINE | {"id": "slow", "departures": "Fri 08:00"}]
    legs = [{"id": f"rail-{ends}", "service_only": "yes"} for ends in ("ab", "bc")]
    queue = {"id": "l", "name": "Queue", "subject": "a", "delay_h": 100}
    network = small(
        tmp_path, services=services, values=[value("slow", "time", 40)], legs=legs, limits=[queue]
    )
    way = only(network, criteria=("time",), day=MONDAY)
    assert [arc.id for arc in way.steps] == ["slow"]  # ready on Friday at 04:00
    assert way.time_h == pytest.approx(100 + 4 + 40)


def test_on_a_day_a_timetable_is_certain(tmp_path: Path) -> None:
    services = [LINE | {"departures": "Mon 08:00"}]
    network = small(
        tmp_path, services=services, values=[value("rail-bc", "time_sd", 3), value("line", "time_sd", 1)]
    )
    found = network.routes("a", "c", "grain", ("time", "variability"), day=MONDAY, epsilon=0)
    spread = {route.steps[0].id: route.time_sd_h for route in found.every}
    assert spread["line"] == 1
    assert spread["rail-ab"] == 3  # ten hours at once, or eighteen with the line
    undated = network.routes("a", "c", "grain", ("time", "variability"), epsilon=0)
    assert {arc.id for route in undated.every for arc in route.steps} >= {"rail-ab"}
    assert not any(arc.id == "line" for route in undated.every for arc in route.steps)


def test_epsilon_drops_only_what_is_nearly_as_good_as_a_shown_route() -> None:
    network = Network.read("kaz-irn")
    whole = network.routes("Kostanay", "Tehran", "barley", CRITERIA, epsilon=0)
    assert whole.dropped == 0
    for epsilon in (0.02, 0.05, 0.3):
        found = network.routes("Kostanay", "Tehran", "barley", CRITERIA, epsilon=epsilon)
        assert found.every == whole.every
        assert found.dropped == len(found.every) - len(found.shown) > 0
        shown = [totals(route) for route in found.shown]
        for route in found.every:
            own = totals(route)
            assert any(all(a <= (1 + epsilon) * b + 1e-9 for a, b in zip(s, own, strict=True)) for s in shown)
        for k in range(len(CRITERIA)):
            assert min(point[k] for point in shown) == min(totals(route)[k] for route in found.every)


def totals(route: Route) -> tuple[float, ...]:
    return route.cost_usd_t, route.time_h, route.time_sd_h, route.co2_kg_t or 0.0


def test_the_set_of_several_packagings_holds_no_route_that_another_beats() -> None:
    network = Network.read("kaz-irn")
    both = network.routes("Kostanay", "Tehran", "barley", CRITERIA, epsilon=0)
    points = [totals(route) for route in both.every]
    assert len(undominated(points)) == len(points)
    single = [
        totals(route)
        for packaging in network.commodity("barley").packagings
        for route in network.routes("Kostanay", "Tehran", "barley", CRITERIA, packaging=packaging).every
    ]
    assert undominated(single) == undominated(points)
    assert len({route.packaging for route in both.every}) > 1


def test_a_route_is_as_good_as_the_best_way_enumerated(tmp_path: Path) -> None:
    network = small(tmp_path, services=[LINE | {"departures": "Mon 08:00;Fri 20:00"}])
    for day in (None, MONDAY):
        found = network.routes("a", "e", "grain", CRITERIA, day=day, epsilon=0)
        graph = build(network, Trip(network.commodity("grain"), "bulk", day=day, direction="KAZ->KAZ"))
        every = [measured(way, CRITERIA, day) for way in simple_paths(graph, "a", "e")]
        assert len(every) == 4
        assert undominated(totals(route) for route in found.every) == undominated(every)


def test_an_unknown_factor_leaves_the_sum_empty_and_is_said(tmp_path: Path) -> None:
    tables = added()
    tables["emissions"] = [row for row in tables["emissions"] if row["mode"] != "sea"]
    found = Network.read(write_tables(tmp_path, tables)).routes("a", "e", "grain")
    assert {route.co2_kg_t for route in found.every} == {None}
    assert "co2 of sea-ce" in found.every[0].missing
    assert any(c.name == "unknown-values" and "co2 of sea-ce" in c.message for c in found.checks)
    assert found.to_dict()["routes"][0]["co2_kg_t"] is None


def test_intervals_follow_the_quantities(tmp_path: Path) -> None:
    tables = added(
        values=[value("rail-ab", "cost", 3, low=2, high=5), value("rail-bc", "cost", 4, low=1, high=4)]
    )
    route = only(Network.read(write_tables(tmp_path / "apart", tables)), criteria=("cost",))
    assert route.cost_usd_t == 7
    assert route.cost_interval == pytest.approx(
        (7 - math.hypot(1, 3), 7 + 2)
    )  # different sources: by squares

    tables = added()
    tables["defaults"][0] = {**tables["defaults"][0], "low": 0.005, "high": 0.03}
    tables["defaults"][1] = {**tables["defaults"][1], "low": 10, "high": 25}
    route = only(Network.read(write_tables(tmp_path / "one", tables)), criteria=("cost",))
    assert route.cost_interval == pytest.approx((1, 6))  # one rate on both legs: errors add up
    assert route.time_interval == pytest.approx((8, 20))  # half the speed takes twice the time

    tables = added(values=[value("rail-ab", "length", 100, low=90, high=120)])
    route = only(Network.read(write_tables(tmp_path / "length", tables)), criteria=("cost",))
    assert route.cost_interval == pytest.approx((2 - 0.1, 2 + 0.2))
    assert route.time_interval == pytest.approx((10 - 0.5, 10 + 1))


def test_intervals_of_services_follow_their_headway_and_their_legs(tmp_path: Path) -> None:
    more = [value("line", "headway", 48, low=24, high=96), value("rail-ab", "cost", 3, low=2, high=5)]
    legs = [{"id": f"rail-{ends}", "service_only": "yes"} for ends in ("ab", "bc")]
    route = only(small(tmp_path, services=[LINE], values=more, legs=legs), criteria=("cost",))
    assert route.time_interval == pytest.approx((34 - 12, 34 + 24))
    assert route.cost_interval == pytest.approx((4 - 1, 4 + 2))
    more += [value("line", "cost", 9, low=8, high=12)]
    route = only(small(tmp_path / "own", services=[LINE], values=more, legs=legs), criteria=("cost",))
    assert route.cost_interval == pytest.approx((8, 12))


def test_every_interval_of_the_bundled_network_holds_its_mean() -> None:
    for commodity in ("barley", "steel", "fruit"):
        for route in Network.read("kaz-irn").routes("Kostanay", "Tehran", commodity, CRITERIA).every:
            assert 0 <= route.cost_interval[0] < route.cost_usd_t < route.cost_interval[1]
            assert 0 <= route.time_interval[0] < route.time_h < route.time_interval[1]


def test_drawn_times_have_the_mean_and_spread_of_the_route() -> None:
    network = Network.read("kaz-irn")
    found = network.routes("Kostanay", "Tehran", "barley", CRITERIA)
    for route in (found.shown[0], found.shown[-1]):
        time = route.travel_time(draws=40_000, within_mean=True)
        assert time.mean == pytest.approx(route.time_h, abs=5 * route.time_sd_h / 200)
        assert time.sd == pytest.approx(route.time_sd_h, rel=0.05)


def test_drawn_times_of_a_timetable_wait_as_the_route_does(tmp_path: Path) -> None:
    legs = [{"id": f"rail-{ends}", "service_only": "yes"} for ends in ("ab", "bc")]
    network = small(tmp_path, services=[LINE | {"departures": "Mon 08:00;Tue 08:00"}], legs=legs)
    undated = only(network, criteria=("time",))
    assert undated.time_h == pytest.approx(10 + (24**2 + 144**2) / 336)
    assert undated.travel_time(draws=40_000).mean == pytest.approx(undated.time_h, rel=0.02)
    dated = only(network, criteria=("time",), day=date(2024, 3, 6))
    assert dated.time_h == pytest.approx(5 * 24 + 8 + 10)
    assert dated.travel_time(draws=10).hours == pytest.approx(dated.time_h)
    assert dated.travel_time(datetime(2024, 3, 6), draws=10).hours == pytest.approx(dated.time_h)
    assert undated.travel_time(datetime(2024, 3, 4), draws=10).hours == pytest.approx(18)


def test_a_scenario_of_some_months_says_what_it_assumes(tmp_path: Path) -> None:
    row = {
        "id": "l",
        "scenario": "strike",
        "name": "Strike",
        "subject": "rail-bc",
        "months": "10",
        "delay_h": 50,
    }
    network = small(tmp_path, limits=[row])
    assert network.scenarios == ("strike",)
    undated = network.routes("a", "c", "grain", scenarios=("strike",))
    assert undated.every[0].time_h == pytest.approx(60)
    assert any(c.name == "scenario-months" and "October only" in c.message for c in undated.checks)
    spring = network.routes("a", "c", "grain", scenarios=("strike",), day=MONDAY)
    assert spring.every[0].time_h == pytest.approx(10)
    assert any("on 2024-03-04 it changes nothing" in c.message for c in spring.checks)
    autumn = network.routes("a", "c", "grain", scenarios=("strike",), day=date(2024, 10, 1))
    assert autumn.every[0].time_h == pytest.approx(60)
    assert not any(c.name == "scenario-months" for c in autumn.checks)


def test_a_line_of_certain_days_is_for_routes_of_a_day_alone(tmp_path: Path) -> None:
    service = LINE | {"departures": "Mon 08:00", "valid_to": "2024-12-31"}
    network = small(tmp_path, services=[service], values=[value("line", "cost", 0.5)])
    assert [check.name for check in network.checks] == ["dated-service"]
    found = network.routes("a", "c", "grain")
    assert ways(found) == {("rail-ab", "rail-bc")}
    assert any(c.name == "service-days" and "line" in c.message for c in found.checks)
    inside = network.routes("a", "c", "grain", day=date(2024, 12, 30))
    assert ("line",) in ways(inside)
    later = network.routes("a", "c", "grain", day=date(2025, 1, 1))
    assert ways(later) == {("rail-ab", "rail-bc")}
    assert not any(c.name == "service-days" for c in later.checks)


def test_no_way_is_an_error_in_the_checks_and_no_exception(tmp_path: Path) -> None:
    network = small(
        tmp_path, limits=[{"id": "l", "name": "Closed", "subject": "sea-ce", "capacity_factor": 0}]
    )
    found = network.routes("a", "e", "grain")
    assert found.every == found.shown == ()
    (check,) = (c for c in found.checks if c.name == "no-route")
    assert check.where == "a to e"
    assert "no route carries Grain from Place a to Place e" in check.message
    assert len(found.table) == 0
    assert found.to_dict()["routes"] == []


def test_a_packaging_that_nothing_carries_is_left_out_and_said(tmp_path: Path) -> None:
    network = small(tmp_path, commodities=[{"id": "grain", "packagings": "bulk;container"}])
    found = network.routes("a", "c", "grain")
    assert found.every
    assert any(c.name == "packaging" and c.where == "container" for c in found.checks)


@pytest.mark.parametrize(
    ("ends", "options", "words"),
    [
        (("a", "a", "grain"), {}, "the same place"),
        (("a", "zzz", "grain"), {}, "no place of network"),
        (("a", "c", "gold"), {}, "no commodity"),
        (("a", "c", "grain"), {"criteria": ()}, "criteria: expected"),
        (("a", "c", "grain"), {"criteria": ("cost", "cost")}, "each once"),
        (("a", "c", "grain"), {"criteria": ("beauty",)}, "beauty"),
        (("a", "c", "grain"), {"packaging": "sacks"}, '"sacks" is no packaging'),
        (("a", "c", "grain"), {"scenarios": ("flood",)}, '"flood" is no scenario'),
        (("a", "c", "grain"), {"epsilon": -0.1}, "epsilon"),
        (("a", "c", "grain"), {"epsilon": 1.0}, "epsilon"),
        (("a", "c", "grain"), {"epsilon": math.nan}, "epsilon"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    tmp_path: Path, ends: tuple[str, str, str], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(NetworkError, match=words):
        small(tmp_path).routes(*ends, **options)


def test_a_transit_tariff_is_for_goods_of_third_countries(tmp_path: Path) -> None:
    network = small(tmp_path, tariffs=[{"id": "t", "name": "Off", "percent": -50, "transit": "yes"}])
    assert only(network).cost_usd_t == pytest.approx(2)
    assert only(network, transit=True).cost_usd_t == pytest.approx(1)


def test_json_table_and_geojson_tell_the_same_routes() -> None:
    found = Network.read("kaz-irn").routes("Kostanay", "Tehran", "barley")
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["pareto_set"] == len(found.every)
    assert told["shown"] == len(found.shown) == len(found.table) == len(told["routes"])
    assert told["dropped"] == found.dropped
    for route, row in zip(found.shown, told["routes"], strict=True):
        assert row["cost_usd_t"] == pytest.approx(route.cost_usd_t)
        assert sum(leg["cost_usd_t"] for leg in row["legs"]) == pytest.approx(route.cost_usd_t)
        assert sum(leg["time_h"] for leg in row["legs"]) == pytest.approx(route.time_h)
        assert sum(leg["km"] for leg in row["legs"]) == pytest.approx(route.km)
        assert sum(leg["co2_kg_t"] or 0 for leg in row["legs"]) == pytest.approx(route.co2_kg_t)
        assert sum(leg["time_sd_h"] ** 2 for leg in row["legs"]) == pytest.approx(route.time_sd_h**2)
        assert all(leg["sources"] for leg in row["legs"])
        assert row["legs"][0]["from"] == "kostanay"
        assert row["legs"][-1]["to"] == "tehran"
    document = found.geojson()
    lines = [each for each in document["features"] if each["geometry"]["type"] == "LineString"]
    assert [each["properties"]["route"] for each in lines] == [route.number for route in found.shown]
    kostanay = found.network.nodes["kostanay"]
    assert all(each["geometry"]["coordinates"][0] == [kostanay.lon, kostanay.lat] for each in lines)


def test_what_is_uncertain_is_said_with_its_range(tmp_path: Path) -> None:
    more = [
        value("rail-ab", "cost", 3, low=2, high=5, status="E"),
        value("rail-bc", "cost", 4, low=1, high=4),
    ]
    network = small(
        tmp_path, values=[*more, value("rail-bc", "cost", 8, source="other")], sources=[{"id": "other"}]
    )
    rows = {row["id"]: row for row in network.routes("a", "c", "grain").steps}
    assert rows["rail-ab"]["uncertain"] == "cost 2 to 5 USD/t (estimated)"
    assert rows["rail-bc"]["uncertain"] == "cost 1 to 8 USD/t (2 sources)"
    assert "other" in rows["rail-bc"]["sources"].split(";")
