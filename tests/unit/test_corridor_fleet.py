"""Wagons and ships by hand: loads, empty returns, units tied up, demurrage."""

from __future__ import annotations

import pytest

from corridor_flows_support import LOADS, flow, limit, write

# A railway a-p, a ship p-q, a railway q-b of another gauge: 100 km and 24 hours each, a border at c on the way.
LEGS = [("one", "a", "c", 5, 24), ("sea", "p", "q", 5, 48), ("two", "q", "b", 5, 24), ("in", "d", "p", 5, 24)]
CHANGE = {"sea": {"mode": "sea", "gauge_mm": ""}, "two": {"gauge_mm": 1435}}
TRANSFERS = [
    {"id": "border", "kind": "border", "from": "c", "to": "d", "from_mode": "rail", "to_mode": "rail"}
    | {"from_gauge_mm": 1520, "to_gauge_mm": 1520},
    {"id": "ship", "kind": "port_call", "from": "p", "to": "p", "from_mode": "rail", "to_mode": "sea"}
    | {"from_gauge_mm": 1520},
    {"id": "land", "kind": "port_call", "from": "q", "to": "q", "from_mode": "sea", "to_mode": "rail"}
    | {"to_gauge_mm": 1435},
]
TIMES = [("border", "time", 12), ("ship", "time", 30), ("land", "time", 30)]


def chain(folder, values=(), **more):
    return write(folder, LEGS, [*TIMES, *values], nodes="acdpqb", change=CHANGE, transfers=TRANSFERS, **more)


def by_mode(found):
    return {row["mode"]: row for row in found.fleet}


def test_loads_units_and_empty_returns_by_hand(tmp_path):
    rows = by_mode(chain(tmp_path).assign([flow(36_500), flow(7_300, "b", "a", "coal")]))
    rail, sea = rows["rail"], rows["sea"]
    tonnes = 36_500 + 7_300
    assert rail["tonnes"] == pytest.approx(tonnes)
    # Each tonne is loaded on two trains, one on each side of the sea, in wagons of 50 t.
    assert rail["loads_a_month"] == pytest.approx(2 * tonnes / 50 / 12)
    assert rail["loaded_unit_km"] == pytest.approx(300 * tonnes / 50)
    assert rail["empty_unit_km"] == pytest.approx(300 * (36_500 - 7_300) / 50)
    # First train: 24 + 12 at the border + 24 hours, second 24: 3.5 days, out and back, and 4 days for each loading.
    assert rail["units_tied_up"] == pytest.approx((2 * 3.5 + 2 * 4) * tonnes / 50 / 365)
    assert rail["units_low"] == pytest.approx((2 * 3.5 + 2 * 2) * tonnes / 60 / 365)
    assert rail["units_high"] == pytest.approx((2 * 3.5 + 2 * 8) * tonnes / 40 / 365)
    assert sea["loads_a_month"] == pytest.approx(tonnes / 5000 / 12)
    assert sea["units_tied_up"] == pytest.approx((2 * 2 + 4) * tonnes / 5000 / 365)


def test_balanced_directions_still_return_the_usual_share_empty(tmp_path):
    rows = by_mode(chain(tmp_path).assign([flow(5_000), flow(5_000, "b", "a", "coal")]))
    assert rows["rail"]["empty_unit_km"] == pytest.approx(0.5 * rows["rail"]["loaded_unit_km"])


def test_low_water_needs_more_ships_and_no_more_wagons(tmp_path):
    usual = by_mode(chain(tmp_path / "usual").assign([flow(36_500)]))
    low = by_mode(chain(tmp_path / "low", limits=[limit("sea", payload_factor=0.8)]).assign([flow(36_500)]))
    assert low["sea"]["units_tied_up"] == pytest.approx(usual["sea"]["units_tied_up"] / 0.8)
    assert low["sea"]["loaded_unit_km"] == pytest.approx(usual["sea"]["loaded_unit_km"] / 0.8)
    assert low["sea"]["tonnes"] == pytest.approx(usual["sea"]["tonnes"])
    assert low["rail"]["units_tied_up"] == pytest.approx(usual["rail"]["units_tied_up"])


def test_goods_in_bulk_change_the_wagon_with_the_gauge_and_wagons_the_bogies(tmp_path):
    legs = [("wide", "a", "m", 5, 24), ("normal", "m", "b", 5, 24)]
    change = {"normal": {"gauge_mm": 1435}}
    yard = [
        {"id": "yard", "kind": "gauge_change", "from": "m", "to": "m", "from_mode": "rail", "to_mode": "rail"}
        | {"from_gauge_mm": 1520, "to_gauge_mm": 1435}
    ]
    net = write(tmp_path, legs, [("yard", "time", 24)], change=change, transfers=yard)
    found = {row["packaging"]: row for row in net.assign([flow(6_000), flow(6_000, commodity="steel")]).fleet}
    assert found["bulk"]["loads_a_month"] == pytest.approx(2 * 6_000 / 50 / 12)
    assert found["bulk"]["units_tied_up"] == pytest.approx((2 * 2 + 2 * 4) * 6_000 / 50 / 365)
    assert found["wagon"]["loads_a_month"] == pytest.approx(6_000 / 60 / 12)
    assert found["wagon"]["units_tied_up"] == pytest.approx((2 * 3 + 4) * 6_000 / 60 / 365)


QUEUE = [limit("ship", "queue", months="10-12", delay_h=48)]


def test_wagons_that_wait_for_the_ship_pay_while_they_stand(tmp_path):
    rates = [
        {
            "mode": "rail",
            "attribute": "demurrage",
            "value": 15,
            "low": 5,
            "high": 40,
            "unit": "USD/wagon/day",
        },
    ]
    found = chain(tmp_path, limits=QUEUE, defaults=rates).assign([flow(12_000), flow(12_000, "b", "a")])
    (row,) = found.demurrage
    assert (row["subject"], row["packaging"], row["hours"]) == ("ship", "bulk", 48)
    wagons = 12_000 * 3 / 12 / 50  # those that come from the land side; ships wait in the other direction
    assert row["wagons"] == pytest.approx(wagons)
    assert row["wagon_days"] == pytest.approx(wagons * 2)
    assert [row[key] for key in ("cost_usd", "cost_low", "cost_high")] == pytest.approx(
        [wagons * 2 * rate for rate in (15, 5, 40)]
    )
    assert not [check for check in found.checks if check.name == "no-demurrage"]


def test_a_rate_of_the_place_goes_before_the_usual_one(tmp_path):
    found = chain(tmp_path, [("ship", "demurrage", 30)], limits=QUEUE).assign([flow(12_000)])
    assert found.demurrage.column("rate_usd_wagon_day") == [30]


def test_an_unknown_rate_is_left_empty_and_said(tmp_path):
    found = chain(tmp_path, limits=QUEUE).assign([flow(12_000)])
    (row,) = found.demurrage
    assert row["cost_usd"] is None
    assert row["wagon_days"] > 0
    (check,) = [check for check in found.checks if check.name == "no-demurrage"]
    assert "defaults.csv" in check.message


def test_without_a_queue_there_is_no_demurrage(tmp_path):
    assert len(chain(tmp_path).assign([flow(12_000)]).demurrage) == 0


def test_the_units_are_those_of_loads_csv(tmp_path):
    found = chain(tmp_path).assign([flow(10)])
    assert {row["unit"] for row in found.fleet} <= {row.get("unit", "wagon") for row in LOADS}
