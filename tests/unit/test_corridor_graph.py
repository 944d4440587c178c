"""The routing graph: what an arc costs, waits, emits and rests on; limits, services, tariffs and directions."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from corridor_support import added, default, small, value, write_tables
from tarazu.core.errors import NetworkError
from tarazu.corridor.graph import Arc, Trip, build, holds, mean_headway
from tarazu.corridor.network import Limit, Network

MONDAY = date(2024, 3, 4)


def arcs_of(network: Network, forward: bool = True, packaging: str = "bulk", **trip: Any) -> dict[str, Arc]:
    graph = build(network, Trip(network.commodity("grain"), packaging, **trip))
    return {arc.id: arc for arc in graph.arcs if arc.forward is forward}


def line(**more: Any) -> dict[str, Any]:
    return {"id": "line", "name": "Line", "legs": "rail-ab;rail-bc", **more}


def limit(subject: str, **more: Any) -> dict[str, Any]:
    return {"id": f"l-{subject}", "name": "Works", "subject": subject, **more}


def test_a_leg_costs_rate_times_length_and_takes_length_over_speed(tmp_path: Path) -> None:
    arc = arcs_of(small(tmp_path))["rail-ab"]
    assert (arc.km, arc.cost_usd_t, arc.time_h, arc.co2_kg_t) == pytest.approx((100, 1.0, 5.0, 2.0))
    assert (arc.sd_h, arc.wait_h, arc.variance) == (0, 0, 0)
    assert (arc.tail, arc.head) == (("a", "rail", 1520), ("b", "rail", 1520))
    assert arc.subjects == ("rail-ab", "b")
    assert arc.touches == ("rail-ab", "a", "b")
    assert {name for name, _ in arc.facts} == {"length", "speed", "rate", "emission factor"}


def test_what_a_leg_states_itself_stands_in_place_of_rate_and_speed(tmp_path: Path) -> None:
    more = [value("rail-ab", "cost", 7), value("rail-ab", "time", 9), value("rail-ab", "time_sd", 3)]
    arc = arcs_of(small(tmp_path, values=more))["rail-ab"]
    assert (arc.cost_usd_t, arc.time_h, arc.sd_h) == (7, 9, 3)
    more = [value("rail-ab", "rate", 0.03), value("rail-ab", "speed", 50)]
    arc = arcs_of(small(tmp_path / "rates", values=more))["rail-ab"]
    assert (arc.cost_usd_t, arc.time_h) == pytest.approx((3, 2))


def test_a_direction_of_its_own_counts_before_both(tmp_path: Path) -> None:
    network = small(tmp_path, values=[value("rail-ab", "cost", 7), value("rail-ab:backward", "cost", 11)])
    assert arcs_of(network)["rail-ab"].cost_usd_t == 7
    assert arcs_of(network, forward=False)["rail-ab"].cost_usd_t == 11


def test_a_leg_of_one_way_has_no_way_back(tmp_path: Path) -> None:
    network = small(tmp_path, legs=[{"id": "rail-ab", "one_way": "yes"}])
    assert "rail-ab" in arcs_of(network)
    assert "rail-ab" not in arcs_of(network, forward=False)


def test_without_a_length_the_great_circle_counts_times_the_usual_detour(tmp_path: Path) -> None:
    tables = added()
    tables["values"] = []
    plain = arcs_of(Network.read(write_tables(tmp_path / "plain", tables)))["rail-ab"]
    direct = 6371.0088 * 2 * math.asin(math.cos(math.radians(50)) * math.sin(math.radians(0.65)))
    assert plain.km == pytest.approx(direct, rel=1e-9)
    tables["defaults"].append(default("rail", "factor", 1.25))
    longer = arcs_of(Network.read(write_tables(tmp_path / "factor", tables)))["rail-ab"]
    assert longer.km == pytest.approx(1.25 * direct)
    assert longer.cost_usd_t == pytest.approx(0.01 * longer.km)


def test_spread_is_stated_or_a_share_of_the_time_and_a_headway_adds_a_twelfth_of_its_square(
    tmp_path: Path,
) -> None:
    more = [default("rail", "time_sd_share", 0.4), default("sea", "wait", 12)]
    arcs = arcs_of(small(tmp_path, defaults=more))
    assert arcs["rail-ab"].sd_h == pytest.approx(2)
    ship = arcs["sea-ce"]
    assert (ship.wait_h, ship.headway_h, ship.time_h) == (12, 24, 32)
    assert ship.variance == pytest.approx(24**2 / 12)


def test_an_unknown_factor_leaves_emissions_empty_and_is_said(tmp_path: Path) -> None:
    tables = added()
    tables["emissions"] = [row for row in tables["emissions"] if row["mode"] != "sea"]
    tables["services"] = [{"id": "ship", "name": "Ship", "legs": "sea-ce", "departures": "Mon 08:00"}]
    arcs = arcs_of(Network.read(write_tables(tmp_path, tables)))
    assert arcs["ship"].co2_kg_t is None
    assert arcs["ship"].missing == ("co2",)
    assert arcs["sea-ce"].co2_kg_t is None
    assert arcs["sea-ce"].missing == ("co2",)
    assert arcs["rail-ab"].co2_kg_t == pytest.approx(2)
    assert arcs["port-c"].co2_kg_t is None
    assert "co2" not in arcs["port-c"].missing


def test_the_emission_factor_of_the_narrowest_scope_counts(tmp_path: Path) -> None:
    more = [
        {"mode": "rail", "country": "KAZ", "g_co2e_tkm": 30},
        {"mode": "rail", "packaging": "bulk", "g_co2e_tkm": 40},
    ]
    network = small(tmp_path, emissions=more)
    factors = [
        network.emission("rail", *scope) for scope in (("KAZ", "bulk"), ("IRN", "bulk"), ("IRN", "wagon"))
    ]
    assert [factor.value for factor in factors if factor] == [30, 40, 20]
    assert network.emission("ferry", "KAZ", "bulk") is None


def test_an_unknown_cost_counts_as_nothing_and_is_said(tmp_path: Path) -> None:
    tables = added()
    tables["defaults"] = [row for row in tables["defaults"] if row["attribute"] not in ("rate", "speed")]
    arc = arcs_of(Network.read(write_tables(tmp_path, tables)))["rail-ab"]
    assert (arc.cost_usd_t, arc.time_h, set(arc.missing)) == (0, 0, {"cost", "time"})


def test_a_transfer_to_land_waits_for_a_train_and_one_to_sea_does_not(tmp_path: Path) -> None:
    network = small(tmp_path, defaults=[default("rail", "wait", 24), default("*", "wait", 99)])
    out, back = arcs_of(network)["port-c"], arcs_of(network, forward=False)["port-c"]
    assert (out.kind, out.time_h, out.cost_usd_t, out.wait_h) == ("port_call", 10, 5, 0)
    assert (back.time_h, back.wait_h, back.headway_h) == (34, 24, 48)
    assert (out.tail, out.head) == (("c", "rail", 1520), ("c", "sea", None)) == (back.head, back.tail)
    assert "wait" in dict(back.facts)


@pytest.mark.parametrize(
    ("departures", "headway"),
    [
        ((), None),
        ((8.0,), 168),
        ((0.0, 84.0), 84),
        ((0.0, 24.0), (24**2 + 144**2) / 168),  # twice the mean wait of who comes at any hour alike
    ],
)
def test_headway_of_a_timetable(departures: tuple[float, ...], headway: float | None) -> None:
    assert mean_headway(departures) == (None if headway is None else pytest.approx(headway))


def test_a_service_sums_its_legs_and_waits_half_the_headway(tmp_path: Path) -> None:
    network = small(
        tmp_path, services=[line()], values=[value("line", "headway", 48), value("rail-bc", "time_sd", 3)]
    )
    arc = arcs_of(network)["line"]
    assert (arc.km, arc.cost_usd_t, arc.time_h, arc.wait_h, arc.sd_h) == pytest.approx(
        (200, 2, 10 + 24, 24, 3)
    )
    assert arc.variance == pytest.approx(9 + 48**2 / 12)
    assert arc.co2_kg_t == pytest.approx(4)
    assert (arc.tail[0], arc.head[0], arc.kind, arc.mode) == ("a", "c", "service", "rail")
    assert arc.subjects == ("line", "rail-ab", "b", "rail-bc", "c")
    assert set(arc.touches) == {"line", "rail-ab", "rail-bc", "a", "b", "c"}
    back = arcs_of(network, forward=False)["line"]
    assert (back.tail[0], back.head[0]) == ("c", "a")
    assert back.subjects == ("line", "rail-bc", "b", "rail-ab", "a")


def test_what_a_service_states_itself_replaces_its_legs_and_their_quantities(tmp_path: Path) -> None:
    more = [value("line", "headway", 48), value("line", "cost", 9), value("line", "time", 7)]
    arc = arcs_of(small(tmp_path, services=[line()], values=more))["line"]
    assert (arc.cost_usd_t, arc.time_h) == (9, 7 + 24)
    assert not {"rate", "speed"} & {name for name, _ in arc.facts}


def test_a_headway_of_one_direction_runs_one_way(tmp_path: Path) -> None:
    network = small(tmp_path, services=[line()], values=[value("line:forward", "headway", 48)])
    assert "line" in arcs_of(network)
    assert "line" not in arcs_of(network, forward=False)


def test_a_service_never_runs_against_a_leg_of_one_way(tmp_path: Path) -> None:
    more = {"services": [line()], "values": [value("line", "headway", 48)]}
    network = small(tmp_path, legs=[{"id": "rail-bc", "from": "c", "to": "b", "one_way": "yes"}], **more)
    assert "line" not in arcs_of(network)
    assert arcs_of(network, forward=False)["line"].tail[0] == "c"


def test_a_leg_for_services_only_is_nobody_else_s(tmp_path: Path) -> None:
    network = small(
        tmp_path,
        legs=[{"id": "rail-ab", "service_only": "yes"}],
        services=[line()],
        values=[value("line", "headway", 48)],
    )
    arcs = arcs_of(network)
    assert "rail-ab" not in arcs
    assert "line" in arcs


def test_a_service_runs_between_its_days_only(tmp_path: Path) -> None:
    days = {"valid_from": "2024-03-01", "valid_to": "2024-03-31"}
    network = small(tmp_path, services=[line(departures="Mon 08:00", **days)])
    assert "line" not in arcs_of(network), "what is dated is no part of an average month"
    for day, runs in ((date(2024, 2, 29), True), (date(2024, 3, 31), True), (date(2024, 4, 1), False)):
        assert ("line" in arcs_of(network, day=day)) is runs
    # 2024-02-29 is a Thursday; its Monday is the 26th.
    assert arcs_of(network, day=date(2024, 2, 29))["line"].window == (4 * 24, 35 * 24)


def test_packagings_decide_which_modes_services_and_transfers_there_are(tmp_path: Path) -> None:
    network = small(
        tmp_path,
        loads=[{"packaging": "truck", "mode": "road"}],
        transfers=[{"id": "yard-b", "packagings": "container"}],
        services=[line(packagings="container;truck")],
        values=[value("line", "headway", 48)],
    )
    assert set(arcs_of(network)) == {"rail-ab", "rail-bc", "rail-cd", "road-ab", "sea-ce", "port-c"}
    assert set(arcs_of(network, packaging="truck")) == {"road-ab"}
    with pytest.raises(NetworkError, match='carries goods packed as "wagon"'):
        build(network, Trip(network.commodity("grain"), "wagon"))


def test_a_closed_subject_has_no_arc_and_a_closed_node_none_that_touches_it(tmp_path: Path) -> None:
    network = small(tmp_path / "leg", limits=[limit("rail-ab", capacity_factor=0)])
    assert "rail-ab" not in arcs_of(network)
    network = small(tmp_path / "node", limits=[limit("b", capacity_factor=0)])
    assert set(arcs_of(network)) == {"rail-cd", "sea-ce", "port-c"}
    network = small(tmp_path / "part", limits=[limit("rail-ab", capacity_factor=0.5)])
    arc = arcs_of(network)["rail-ab"]
    assert (arc.cost_usd_t, arc.time_h, len(arc.limits)) == (1, 5, 1)


def test_a_payload_factor_divides_freight_and_a_delay_adds(tmp_path: Path) -> None:
    arc = arcs_of(small(tmp_path, limits=[limit("sea-ce", payload_factor=0.8, delay_h=30)]))["sea-ce"]
    assert (arc.cost_usd_t, arc.time_h, arc.delay_h) == pytest.approx((240 * 0.02 / 0.8, 20 + 30, 30))
    both = [limit("sea-ce", payload_factor=0.8), limit("sea-ce", payload_factor=0.5) | {"id": "second"}]
    assert arcs_of(small(tmp_path / "both", limits=both))["sea-ce"].cost_usd_t == pytest.approx(4.8 / 0.4)


def test_a_delay_at_a_node_is_felt_once_and_shallow_water_by_ships_only(tmp_path: Path) -> None:
    free = arcs_of(small(tmp_path / "free"))
    arcs = arcs_of(small(tmp_path / "held", limits=[limit("c", payload_factor=0.5, delay_h=40)]))
    assert arcs["rail-bc"].time_h == free["rail-bc"].time_h + 40  # it enters c
    assert arcs["port-c"].time_h == free["port-c"].time_h  # and stays there
    assert arcs["sea-ce"].time_h == free["sea-ce"].time_h
    assert arcs["rail-bc"].cost_usd_t == free["rail-bc"].cost_usd_t
    assert arcs["port-c"].cost_usd_t == free["port-c"].cost_usd_t
    assert arcs["sea-ce"].cost_usd_t == 2 * free["sea-ce"].cost_usd_t


@pytest.mark.parametrize(
    ("row", "trip", "acts"),
    [
        ({}, {}, True),
        ({"months": "1-3;12"}, {}, False),  # a season is no part of an average month
        ({"months": "1-3;12"}, {"day": MONDAY}, True),
        ({"months": "1-3;12"}, {"day": date(2024, 4, 1)}, False),
        ({"months": "1-3;12"}, {"month": 12}, True),
        ({"months": "1-3;12"}, {"month": 4}, False),
        ({"from": "2024-03-04", "to": "2024-03-10"}, {}, False),
        ({"from": "2024-03-04", "to": "2024-03-10"}, {"month": 3}, False),
        ({"from": "2024-03-04", "to": "2024-03-10"}, {"day": MONDAY}, True),
        ({"from": "2024-03-05", "to": "2024-03-10"}, {"day": MONDAY}, False),
        ({"from": "2024-02-01", "to": "2024-03-03"}, {"day": MONDAY}, False),
        ({"from": "2024-03-04"}, {"day": date(2030, 1, 1)}, True),
        ({"to": "2024-03-04"}, {"day": MONDAY}, True),
        ({"from": "2024-01-01", "to": "2024-12-31", "months": "4"}, {"day": MONDAY}, False),
        ({"scenario": "s"}, {}, False),
        ({"scenario": "s"}, {"scenarios": ("s",)}, True),
        ({"scenario": "s"}, {"scenarios": ("other",)}, False),
        ({"scenario": "s", "months": "10"}, {"scenarios": ("s",)}, True),
        ({"scenario": "s", "months": "10"}, {"scenarios": ("s",), "month": 3}, False),
        ({"scenario": "s", "months": "10"}, {"scenarios": ("s",), "day": MONDAY}, False),
        ({"scenario": "s", "months": "3"}, {"scenarios": ("s",), "day": MONDAY}, True),
        ({"packagings": "container"}, {}, False),
        ({"packagings": "bulk;container"}, {}, True),
        ({"commodities": "grain"}, {}, True),
        ({"commodities": "steel"}, {}, False),
        ({"direction": "KAZ->IRN"}, {"direction": "KAZ->IRN"}, True),
        ({"direction": "KAZ->IRN"}, {"direction": "IRN->KAZ"}, False),
        ({"direction": "KAZ->IRN"}, {}, True),
    ],
)
def test_when_a_limit_holds(tmp_path: Path, row: dict[str, Any], trip: dict[str, Any], acts: bool) -> None:
    network = small(
        tmp_path, limits=[limit("rail-ab", delay_h=1, **row)], commodities=[{"id": "steel", "name": "Steel"}]
    )
    (found,) = network.limits
    assert isinstance(found, Limit)
    assert holds(found, Trip(network.commodity("grain"), "bulk", **trip)) is acts
    assert arcs_of(network, **trip)["rail-ab"].time_h == (6 if acts else 5)


@pytest.mark.parametrize(
    ("row", "trip", "factor"),
    [
        ({}, {}, 1.24),
        ({"status": "proposal"}, {}, 1),
        ({"status": "ended"}, {}, 1),
        ({"country": "IRN"}, {}, 1),
        ({"mode": "road"}, {}, 1),
        ({"legs": "rail-ab;rail-cd"}, {}, 1.24),
        ({"legs": "rail-cd"}, {}, 1),
        ({"from": "2024-03-04", "to": "2024-03-31"}, {"day": MONDAY}, 1.24),
        ({"from": "2024-03-05"}, {"day": MONDAY}, 1),
        ({"to": "2024-03-03"}, {"day": MONDAY}, 1),
        ({"transit": "yes"}, {}, 1),
        ({"transit": "yes"}, {"transit": True}, 1.24),
        ({"transit": "no"}, {"transit": True}, 1.24),
        ({"commodities": "grain"}, {}, 1.24),
        ({"commodities": "steel"}, {}, 1),
        ({"excluded": "grain"}, {}, 1),
    ],
)
def test_when_a_tariff_acts(tmp_path: Path, row: dict[str, Any], trip: dict[str, Any], factor: float) -> None:
    tariff = {"id": "t", "name": "Rise", "percent": 24, **row}
    network = small(tmp_path, tariffs=[tariff], commodities=[{"id": "steel", "name": "Steel"}])
    assert arcs_of(network, **trip)["rail-ab"].cost_usd_t == pytest.approx(factor)


def test_of_several_tariffs_the_last_counts_and_one_of_named_legs_before_all(tmp_path: Path) -> None:
    rise = {"id": "t1", "name": "Rise", "percent": 10, "from": "2024-01-01"}
    later = {"id": "t2", "name": "Later", "percent": 20, "from": "2024-02-01"}
    named = {"id": "t3", "name": "Named", "percent": -50, "legs": "rail-ab"}
    arcs = arcs_of(small(tmp_path, tariffs=[rise, later, named]))
    assert arcs["rail-ab"].cost_usd_t == pytest.approx(0.5)
    assert arcs["rail-bc"].cost_usd_t == pytest.approx(1.2)


def test_vertices_tell_modes_and_gauges_of_a_place_apart(tmp_path: Path) -> None:
    narrow = {"id": "rail-bd", "from": "b", "to": "d", "gauge_mm": 1435}
    graph = build(small(tmp_path, legs=[narrow]), Trip(small(tmp_path / "x").commodity("grain"), "bulk"))
    at_b = {graph.vertices[index] for index in graph.of_node("b")}
    assert at_b == {("b", "rail", 1520), ("b", "rail", 1435), ("b", "road", None)}
    for arc, tail, head in zip(graph.arcs, graph.tail, graph.head, strict=True):
        assert (graph.vertices[tail], graph.vertices[head]) == (arc.tail, arc.head)
