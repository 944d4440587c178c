"""Lengths, coordinates and countries against each other; transfers that jump; what an error says is left out, is."""

from __future__ import annotations

from pathlib import Path

import pytest

from corridor_flows_support import limit
from corridor_support import added, named, small, small_tables, value, write_tables
from tarazu.core.checks import errors
from tarazu.corridor.network import Network
from tarazu.corridor.positions import boxes


def with_length(folder: Path, number: float, unit: str = "km") -> Network:
    """The small network with another length of the railway from a to b, 93 km apart."""
    values = [row for row in small_tables()["values"] if row["subject"] != "rail-ab"]
    row = value("rail-ab", "length", number) | {"unit": unit}
    return Network.read(write_tables(folder, added() | {"values": [*values, row]}))


@pytest.mark.parametrize(("number", "unit"), [(93, "m"), (0, "km"), (40, "km"), (930, "km")])
def test_a_length_that_contradicts_the_coordinates_takes_its_leg_out(tmp_path: Path, number, unit) -> None:
    network = with_length(tmp_path, number, unit)
    (check,) = errors(network.checks)
    assert check.name == "length-and-coordinates"
    assert check.where == "values.csv, row 6, column value"
    assert "rail-ab" in check.message
    assert "The leg is left out" in check.message
    assert "rail-ab" not in network.legs
    assert {leg for route in network.routes("a", "c", "grain").every for leg in route.nodes} == {
        "a",
        "b",
        "c",
    }
    assert all(
        arc.id != "rail-ab" for route in network.routes("a", "c", "grain").every for arc in route.steps
    )


def test_a_length_in_thousands_is_said_to_fit(tmp_path: Path) -> None:
    (check,) = errors(with_length(tmp_path, 100, "m").checks)
    assert "100 km would fit" in check.message


def test_metres_taken_for_kilometres_leave_the_coordinates(tmp_path: Path) -> None:
    network = with_length(tmp_path, 10_500)
    (check,) = errors(network.checks)
    assert check.name == "length-unit"
    (route,) = (r for r in network.routes("a", "b", "grain").every if r.steps[0].id == "rail-ab")
    assert route.km == pytest.approx(93, abs=1)


def test_a_service_over_a_leg_that_is_left_out_is_left_out_and_said(tmp_path: Path) -> None:
    line = {"id": "line", "name": "Line", "legs": "rail-ab;rail-bc", "departures": "Mon 08:00"}
    values = [row for row in small_tables()["values"] if row["subject"] != "rail-ab"]
    tables = added(services=[line]) | {"values": [*values, value("rail-ab", "length", 5)]}
    network = Network.read(write_tables(tmp_path, tables))
    assert not network.services
    (check,) = named(network, "service-left-out")
    assert "rail-ab, which is left out" in check.message


def test_coordinates_of_a_whole_network_that_changed_places_are_found_by_the_country(tmp_path: Path) -> None:
    nodes = [{**row, "lat": row["lon"], "lon": row["lat"]} for row in small_tables()["nodes"]]
    tables = small_tables() | {"nodes": nodes, "values": []}  # lengths from the coordinates would still fit
    network = Network.read(write_tables(tmp_path, tables))
    assert len(named(network, "length-and-coordinates")) == len(nodes)
    assert not network.legs


def test_a_place_in_another_country_is_a_doubt_and_stays(tmp_path: Path) -> None:
    network = small(tmp_path, nodes=[{"id": "a", "country": "MNG"}])
    (check,) = named(network, "outside-country")
    assert check.where == "nodes.csv, row 2, column lat"
    assert "rail-ab" in network.legs


def test_the_boxes_hold_the_countries_of_the_bundled_network() -> None:
    network = Network.read("kaz-irn")
    assert {node.country for node in network.nodes.values()} <= set(boxes())
    assert all(south < north and west < east for south, west, north, east in boxes().values())


@pytest.mark.parametrize(
    ("kind", "note", "severity"),
    [
        ("terminal", "", "error"),
        ("port_call", "a note", "error"),
        ("border", "", "warning"),
        ("border", "in hours", None),
    ],
)
def test_goods_do_not_jump(tmp_path: Path, kind, note, severity) -> None:
    jump = {
        "id": "jump",
        "kind": kind,
        "from": "b",
        "to": "d",
        "from_mode": "rail",
        "to_mode": "rail",
        "note": note,
    }
    network = small(tmp_path, transfers=[jump | {"from_gauge_mm": 1520, "to_gauge_mm": 1520}])
    found = named(network, "far-apart")
    assert [str(check.severity) for check in found] == ([severity] if severity else [])
    assert ("jump" in network.transfers) is (severity != "error")
    if found:
        assert found[0].where == "transfers.csv, row 4, column to"
        assert "186 km apart" in found[0].message


def test_a_transfer_to_a_gauge_that_no_leg_there_has_is_said(tmp_path: Path) -> None:
    network = small(tmp_path, transfers=[{"id": "yard-b", "to_gauge_mm": 1435}])
    (check,) = named(network, "dead-end")
    assert check.where == "transfers.csv, row 3, column to_mode"
    assert "rail 1435 at b" in check.message


def test_a_closure_that_takes_nothing_is_an_error(tmp_path: Path) -> None:
    rows = [{"name": "Closed", "kind": "closure", **limit("rail-ab", "l")}]
    (check,) = named(small(tmp_path, limits=rows), "empty-closure")
    assert check.where == "limits.csv, row 2, column capacity_factor"
    whole = [{"name": "Closed", "kind": "closure", **limit("rail-ab", "l", capacity_factor=0)}]
    assert not named(small(tmp_path / "closed", limits=whole), "empty-closure")


@pytest.mark.parametrize(("way", "wrong"), [("KAZ->KAZ", 0), ("KAZ->ATL", 1), ("south", 1), ("KAZ-IRN", 1)])
def test_a_limit_of_an_unknown_direction_is_an_error(tmp_path: Path, way, wrong) -> None:
    rows = [{"name": "Ban", **limit("rail-ab", "l", capacity_factor=0, direction=way)}]
    network = small(tmp_path, limits=rows)
    assert len(named(network, "unknown-direction")) == wrong
    if wrong:
        assert any(arc.id == "rail-ab" for r in network.routes("a", "c", "grain").every for arc in r.steps)


def test_a_timetable_without_a_day_to_run_is_an_error_and_no_route(tmp_path: Path) -> None:
    """1 and 2 December 2026 are a Tuesday and a Wednesday."""
    line = {"id": "line", "name": "Line", "legs": "rail-ab;rail-bc", "departures": "Mon 08:00"}
    days = {"valid_from": "2026-12-01", "valid_to": "2026-12-02"}
    network = small(tmp_path, services=[line | days])
    (check,) = errors(network.checks)
    assert check.name == "service-never-runs"
    assert check.where == "services.csv, row 2, column departures"
    assert not network.services
    runs = small(tmp_path / "runs", services=[line | days | {"valid_to": "2026-12-07"}])
    assert not errors(runs.checks)
