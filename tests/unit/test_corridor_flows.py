"""Flows on shared capacities: seasons, limits for some goods, directions, services, values, bad flows files."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from corridor_flows_support import GOODS, ONE, TWO, flow, limit, write
from tarazu.core.checks import Severity
from tarazu.core.errors import NetworkError
from tarazu.core.table import Column, Table
from tarazu.corridor.assignment import assign
from tarazu.corridor.carriage import Flow
from tarazu.corridor.flows import assign_flows, carry, prepare, read_flows
from tarazu.corridor.network import Network


def test_goods_take_the_cheap_way_until_it_is_full_and_then_the_other(tmp_path):
    net = write(tmp_path, TWO, [("near", "capacity", 60)])
    found = net.assign([flow(100)])
    assert found.moved.tolist() == [100]
    assert found.transport_usd == pytest.approx(60 * 10 + 40 * 30)
    (row,) = found.bottlenecks
    assert (row["subject"], row["used_t"], row["saved_usd_t"]) == (
        "near",
        pytest.approx(60),
        pytest.approx(20),
    )


def test_a_tonne_that_cannot_move_loses_its_free_cost_and_its_margin(tmp_path):
    net = write(tmp_path, ONE, [("near", "capacity", 60)])
    found = net.assign([flow(100)], lost_share=0.3)
    assert found.unmet.tolist() == pytest.approx([40])
    assert found.cost_usd == pytest.approx(60 * 10 + 40 * (10 + 0.3 * 200))
    assert found.bottlenecks.column("saved_usd_t") == pytest.approx([60])
    assert [check.name for check in found.checks] == ["unmet"]


def test_hours_cost_what_the_goods_lose_in_them(tmp_path):
    net = write(tmp_path, [("near", "a", "b", 10, 100), ("far1", "a", "m", 5, 0), ("far2", "m", "b", 20, 0)])
    found = net.assign([flow(10), flow(10, commodity="coal")])
    assert found.table.column("freight_usd_t") == pytest.approx(
        [25, 10]
    )  # 100 h cost grain 20 USD, coal nothing
    assert found.table.column("days") == pytest.approx([0, 100 / 24])


def test_transit_uses_the_capacity_and_is_no_turnover_of_the_pair(tmp_path):
    net = write(tmp_path, ONE, [("near", "capacity", 100)])
    found = net.assign([flow(60), flow(70, transit="yes", commodity="coal")])
    told = found.to_dict()
    assert told["bilateral"] == {"moved_t": pytest.approx(60), "unmet_t": pytest.approx(0)}
    assert told["transit"] == {"moved_t": pytest.approx(40), "unmet_t": pytest.approx(30)}
    assert next(iter(found.capacities))["transit_t"] == pytest.approx(40)
    assert [(row["bilateral_t"], row["transit_t"]) for row in found.loads] == [
        (pytest.approx(60), pytest.approx(40))
    ]


@pytest.mark.parametrize(("origin", "destination"), [("a", "b"), ("m", "b"), ("a", "m"), ("b", "a")])
def test_a_node_counts_each_tonne_once_when_it_enters_or_starts(tmp_path, origin, destination):
    net = write(tmp_path, TWO[1:], [("m", "capacity", 50)])
    found = net.assign([flow(80, origin, destination)])
    assert found.moved.tolist() == pytest.approx([50])
    assert found.used.tolist() == pytest.approx([50])


def test_a_direction_has_its_capacity_and_both_share_the_whole(tmp_path):
    values = [("near:forward", "capacity", 30), ("near", "capacity", 100)]
    net = write(tmp_path, ONE, values)
    found = net.assign([flow(50), flow(90, "b", "a")])
    assert found.moved.sum() == pytest.approx(100)
    assert found.moved[0] <= 30 + 1e-9
    rows = {row["way"]: row for row in found.capacities}
    assert rows["forward"]["used_t"] == pytest.approx(found.moved[0])
    assert rows[""]["used_t"] == pytest.approx(100)


def test_backward_capacity_binds_the_way_back_alone(tmp_path):
    net = write(tmp_path, ONE, [("near:backward", "capacity", 30)])
    assert net.assign([flow(50), flow(90, "b", "a")]).moved.tolist() == pytest.approx([50, 30])


@pytest.mark.parametrize(("line", "leg", "most"), [(40, 30, 30), (20, 30, 20)])
def test_a_service_uses_its_own_capacity_and_that_of_its_legs(tmp_path, line, leg, most):
    net = write(
        tmp_path,
        ONE,
        [("line", "capacity", line), ("near", "capacity", leg), ("line", "headway", 24)],
        change={"near": {"service_only": "yes"}},
        services=[{"id": "line", "legs": "near", "packagings": "all"}],
    )
    found = net.assign([flow(100)])
    assert found.moved.tolist() == pytest.approx([most])
    assert found.used.tolist() == pytest.approx([most, most])


def test_a_service_that_runs_a_leg_against_its_direction_uses_the_way_back(tmp_path):
    net = write(
        tmp_path,
        [("back", "b", "a", 10, 0)],  # drawn from b to a; the line starts at a
        [("back:backward", "capacity", 20), ("line", "headway", 24)],
        change={"back": {"service_only": "yes"}},
        services=[{"id": "line", "legs": "back", "packagings": "all"}],
    )
    found = net.assign([flow(100), flow(100, "b", "a")])
    assert found.moved.tolist() == pytest.approx([20, 100])
    assert {(row["from"], row["to"]) for row in found.loads} == {("a", "b"), ("b", "a")}


def test_a_service_of_legs_drawn_in_opposite_senses_loads_each_the_right_way(tmp_path):
    net = write(
        tmp_path,
        [("one", "a", "m", 5, 0), ("two", "b", "m", 5, 0)],
        [("two:backward", "capacity", 20), ("line", "headway", 24)],
        change={name: {"service_only": "yes"} for name in ("one", "two")},
        services=[{"id": "line", "legs": "one;two", "packagings": "all"}],
    )
    found = net.assign([flow(100), flow(100, "b", "a")])
    assert found.moved.tolist() == pytest.approx([20, 100])
    ways = {(row["leg"], row["from"], row["to"]): row["bilateral_t"] for row in found.loads}
    assert ways["two", "m", "b"] == pytest.approx(20)
    assert ways["two", "b", "m"] == pytest.approx(100)


def test_a_season_closes_the_cheap_way_for_its_months(tmp_path):
    net = write(tmp_path, TWO, limits=[limit("near", months="12;1-2", capacity_factor=0)])
    found = net.assign([flow(120)])
    assert sorted(m for spell in found.spells for m in spell.months) == list(range(1, 13))
    assert found.transport_usd == pytest.approx(120 * (9 / 12 * 10 + 3 / 12 * 30))


def test_what_was_dated_is_history_and_a_scenario_holds_when_asked(tmp_path):
    rows = [
        limit("near", "past", **{"from": "2023-01-01", "to": "2023-12-31"}, capacity_factor=0),
        limit("near", "strike", scenario="strike", months="4", capacity_factor=0),
    ]
    net = write(tmp_path, TWO, limits=rows)
    assert net.assign([flow(120)]).transport_usd == pytest.approx(1200)
    assert net.assign([flow(120)], scenarios=["strike"]).transport_usd == pytest.approx(110 * 10 + 10 * 30)


def test_a_closure_of_3_to_20_october_takes_18_of_31_days_of_the_month(tmp_path):
    days = {"from": "2025-10-03", "to": "2025-10-20"}
    net = write(
        tmp_path,
        ONE,
        [("near", "capacity", 1200)],
        limits=[limit("near", scenario="ban", capacity_factor=0, **days)],
    )
    found = net.assign([flow(1200)], scenarios=["ban"])
    assert found.unmet.tolist() == pytest.approx([100 * 18 / 31])
    assert found.capacity.tolist() == pytest.approx([1200 - 100 * 18 / 31])


def test_a_part_of_a_month_for_some_goods_takes_only_theirs(tmp_path):
    days = {"from": "2025-10-03", "to": "2025-10-20", "commodities": "grain"}
    rows = [limit("near", scenario="ban", capacity_factor=0, **days)]
    net = write(tmp_path, ONE, [("near", "capacity", 2400)], limits=rows)
    found = net.assign([flow(2400), flow(0, commodity="coal")], scenarios=["ban"])
    assert found.unmet.tolist() == pytest.approx([200 * 18 / 31, 0])
    found = net.assign([flow(0), flow(2400, commodity="coal")], scenarios=["ban"])
    assert found.unmet.tolist() == pytest.approx([0, 0])


def test_low_water_makes_the_way_dearer_and_the_capacity_smaller(tmp_path):
    net = write(
        tmp_path,
        ONE,
        [("near", "capacity", 100)],
        limits=[limit("near", payload_factor=0.8, capacity_factor=0.5)],
    )
    found = net.assign([flow(100)])
    assert found.moved.tolist() == pytest.approx([40])
    assert found.transport_usd == pytest.approx(40 * 10 / 0.8)


def test_a_delay_at_a_node_falls_once_on_each_tonne(tmp_path):
    net = write(tmp_path, TWO[1:], limits=[limit("m", delay_h=48)])
    for ends in (("a", "b"), ("m", "b"), ("a", "m")):
        assert net.assign([flow(10, *ends)]).table.column("days") == pytest.approx([2])


def test_a_limit_for_some_packagings_leaves_the_rest_the_whole_capacity(tmp_path):
    rows = [limit("near", packagings="bulk", capacity_factor=0.5)]
    net = write(tmp_path, ONE, [("near", "capacity", 100)], limits=rows)
    assert net.assign([flow(80), flow(30, commodity="steel")]).moved.tolist() == pytest.approx([50, 30])
    both = net.assign([flow(80), flow(80, commodity="steel")])
    assert both.moved.sum() == pytest.approx(100)
    assert net.assign([flow(100, commodity="steel")]).unmet.tolist() == pytest.approx([0])


@pytest.mark.parametrize("only", [{"commodities": "grain"}, {"direction": "KAZ->IRN"}])
def test_a_limit_for_some_goods_or_one_direction_of_trade_leaves_the_rest(tmp_path, only):
    rows = [limit("near", capacity_factor=0.25, **only)]
    net = write(tmp_path, ONE, [("near", "capacity", 100)], limits=rows)
    found = net.assign([flow(80), flow(60, "b", "a", "coal")])
    assert found.moved.tolist() == pytest.approx([25, 60])


def test_limits_for_all_and_for_some_multiply(tmp_path):
    rows = [
        limit("near", "all", capacity_factor=0.5),
        limit("near", "some", packagings="bulk", capacity_factor=0.5),
    ]
    net = write(tmp_path, ONE, [("near", "capacity", 100)], limits=rows)
    assert net.assign([flow(80), flow(80, commodity="steel")]).moved.sum() == pytest.approx(50)
    assert net.assign([flow(80)]).moved.tolist() == pytest.approx([25])


def test_a_low_payload_for_one_packaging_takes_its_capacity_too(tmp_path):
    rows = [limit("near", packagings="bulk", payload_factor=0.5)]
    net = write(tmp_path, ONE, [("near", "capacity", 100)], limits=rows)
    found = net.assign([flow(80)])
    assert found.moved.tolist() == pytest.approx([50])
    assert found.transport_usd == pytest.approx(50 * 20)


SEASONS = [
    limit("near", "ice", months="1-2", capacity_factor=0.5, payload_factor=0.9),
    limit("near", "some", packagings="bulk", months="6-9", capacity_factor=0.4),
    limit("far1", "works", months="2-4", delay_h=30, capacity_factor=0.7),
]
YEAR = [flow(900), flow(400, commodity="steel"), flow(150, month=7), flow(60, month=1, commodity="coal")]


def test_spells_at_the_rate_of_a_year_equal_each_month_solved_by_itself(tmp_path):
    net = write(tmp_path, TWO, [("near", "capacity", 900), ("far1", "capacity", 500)], limits=SEASONS)
    found = net.assign(YEAR)
    cost, moved = 0.0, np.zeros(len(YEAR))
    by_month = {month: spell for spell in found.spells for month in spell.months}
    assert sorted(by_month) == list(range(1, 13))
    for month in range(1, 13):
        wanted = [
            row["tonnes"] / 12 if "month" not in row else row["tonnes"] * (row["month"] == month)
            for row in YEAR
        ]
        problem = found.carriage.problem(by_month[month])
        one = assign(replace(problem, tonnes=np.array(wanted), capacity=problem.capacity / 12))
        cost, moved = cost + one.cost_usd, moved + one.moved
    assert found.cost_usd == pytest.approx(cost, rel=1e-9)
    assert found.moved + found.unmet == pytest.approx(np.array([row["tonnes"] for row in YEAR]))
    assert found.moved.sum() == pytest.approx(moved.sum())


def test_the_value_of_a_tonne_is_what_one_more_in_values_csv_saves(tmp_path):
    given = {"near": 900, "far1": 500, "m": 450}
    kinds = [(subject, "capacity", value) for subject, value in given.items()]
    found = write(tmp_path / "base", TWO, kinds, limits=SEASONS).assign(YEAR)
    saved = {row["subject"]: row["saved_usd_t"] for row in found.capacities if ":" not in row["name"]}
    assert saved["near"] > 1
    for subject, value in given.items():
        raised = [(s, a, v + (s == subject)) for s, a, v in kinds]
        more = write(tmp_path / subject, TWO, raised, limits=SEASONS).assign(YEAR, values=False)
        assert saved[subject] == pytest.approx(found.cost_usd - more.cost_usd, abs=1e-6)
        assert value  # given


def test_a_capacity_that_is_not_full_is_worth_nothing_and_one_not_asked_for_is_unknown(tmp_path):
    net = write(tmp_path, ONE, [("near", "capacity", 200)])
    assert net.assign([flow(100)]).capacities.column("saved_usd_t") == [0.0]
    assert net.assign([flow(100)], values=False).capacities.column("saved_usd_t") == [None]


def test_a_packaging_that_nothing_carries_is_no_way_and_no_error(tmp_path):
    found = write(tmp_path, ONE).assign([flow(10, commodity="steel")])  # nothing loads containers
    assert found.moved.tolist() == [10]


def test_goods_that_nothing_carries_are_an_error_that_says_what_to_add(tmp_path):
    goods = [{**GOODS[0], "packagings": "truck"}]
    with pytest.raises(NetworkError, match=r"loads\.csv"):
        write(tmp_path, ONE, commodities=goods).assign([flow(10)])


def test_a_place_without_a_way_is_named_and_the_rest_moves(tmp_path):
    found = write(tmp_path, ONE).assign([flow(10), flow(5, "a", "m")])
    assert found.moved.tolist() == [10, 0]
    assert ("no-path", "grain, a to m") in [(c.name, c.where) for c in found.checks]


def test_a_share_of_an_unknown_capacity_is_said(tmp_path):
    found = write(tmp_path, ONE, limits=[limit("near", capacity_factor=0.5)]).assign([flow(10)])
    (check,) = (each for each in found.checks if each.name != "unknown-capacity")
    assert check.name == "no-known-capacity"
    assert "values.csv" in check.message


def test_a_limit_where_no_goods_pass_is_not_worth_a_word(tmp_path):
    found = write(tmp_path, TWO, limits=[limit("far1", capacity_factor=0.5)]).assign([flow(10)])
    assert [check.name for check in found.checks] == ["unknown-capacity"]


def test_what_is_closed_is_not_full_and_a_capacity_of_nothing_is(tmp_path):
    rows = [
        limit("near", scenario="shut", months="10", capacity_factor=0),
        limit("far1", "some", scenario="shut", months="10", commodities="grain", capacity_factor=0),
    ]
    values = [("near", "capacity", 1000), ("far1", "capacity", 1000)]
    net = write(tmp_path / "closed", TWO, values, limits=rows)
    assert len(net.assign([flow(100)], scenarios=["shut"]).bottlenecks) == 0
    nothing = write(tmp_path / "nothing", TWO, [("near", "capacity", 0)]).assign([flow(100)])
    assert nothing.bottlenecks.column("saved_usd_t") == pytest.approx([20])


def test_other_tonnes_and_capacities_are_one_draw_of_the_same_arrays(tmp_path):
    net = write(tmp_path, TWO, [("near", "capacity", 60)])
    carriage = prepare(net, read_flows(net, [flow(100)])[0])
    before = carry(carriage).cost_usd
    drawn = carry(carriage.drawn(np.array([50.0]), np.array([20.0])))
    assert drawn.transport_usd == pytest.approx(20 * 10 + 30 * 30)
    assert carry(carriage).cost_usd == before


BAD = [
    ("Nowhereville,b,grain,10,", "row 3, column origin"),
    ("a,b,unicorns,10,", "row 3, column commodity"),
    ("a,b,grain,-5,", "row 3, column tonnes"),
    ("a,b,grain,many,", "row 3, column tonnes"),
    ("a,b,grain,10,13", "row 3, column month"),
    ("a,a,grain,10,", "row 3, column destination"),
    ("a,b,grain,10", "row 3"),
]


@pytest.mark.parametrize(("line", "where"), BAD)
def test_a_bad_row_is_named_and_the_rest_kept(tmp_path, line, where):
    net = write(tmp_path / "net", ONE)
    path = tmp_path / "flows.csv"
    path.write_text(f"origin,destination,commodity,tonnes,month\na,b,grain,7,\n{line}\n", "utf-8")
    found = net.assign(path)
    assert found.moved.tolist() == [7]
    (check,) = (each for each in found.findings if each.severity is Severity.ERROR)
    assert check.where.startswith(f"flows.csv, {where}")
    (said,) = (each for each in found.findings if each.name == "not-counted")
    known = re.fullmatch(r"a,\w,\w+,\d+,|Now.*|a,b,unicorns.*", line)
    assert said.message == f"1 row of flows.csv, {'10 t' if known else 'of unknown tonnes'}, not counted."


def test_a_direction_against_the_places_is_no_flow(tmp_path):
    net = write(tmp_path, ONE)
    good = [flow(7), flow(8, direction="KAZ->IRN"), flow(9, direction="RUS->IRN")]
    found = net.assign([*good, flow(100, direction="IRN->KAZ"), flow(200, direction="north")])
    assert found.moved.sum() == pytest.approx(7 + 8 + 9)
    wrong = [check for check in found.findings if check.severity is Severity.ERROR]
    assert [check.where.split(", ", 1)[1] for check in wrong] == [
        "row 5, column direction",
        "row 6, column direction",
    ]
    assert "against the way from KAZ to IRN" in wrong[0].message
    assert "300 t, not counted" in next(c.message for c in found.findings if c.name == "not-counted")


def test_rows_that_are_the_same_are_one_flow_and_said(tmp_path):
    net = write(tmp_path, ONE)
    found = net.assign([flow(1)] * 500 + [flow(2, month=3)] * 2)
    assert found.table.column("tonnes") == [500, 4]
    (check,) = found.findings
    assert check.name == "repeated-flow"
    assert check.message.startswith("500 rows repeat")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin,destination,commodity,tonnes\n",
        "from,to\na,b\n",
        "origin,destination,commodity,tonnes\nx,b,grain,1\n",
    ],
)
def test_a_file_without_a_usable_row_is_an_error_that_names_it(tmp_path, text):
    net = write(tmp_path / "net", ONE)
    path = tmp_path / "flows.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(NetworkError, match=r"flows\.csv"):
        net.assign(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(NetworkError, match=r"none\.csv"):
        write(tmp_path / "net", ONE).assign(tmp_path / "none.csv")


ROWS = [flow(10.0), flow(20.0, month=3), flow(5.0, commodity="coal", transit="yes")]


def as_table(rows):
    columns = ("origin", "destination", "commodity", "tonnes", "month", "transit")
    return Table.build("flows", [Column(name) for name in columns], rows)


@pytest.mark.parametrize("given", [pl.DataFrame, list, iter, as_table])
def test_frames_lists_and_tables_say_the_same(tmp_path, given):
    net = write(tmp_path, ONE)
    found, checks = read_flows(net, given(ROWS))
    assert checks == ()
    assert [(f.tonnes, f.month, f.transit, f.direction) for f in found] == [
        (10, None, False, "KAZ->IRN"),
        (20, 3, False, "KAZ->IRN"),
        (5, None, True, "KAZ->IRN"),
    ]


def test_a_frame_with_a_gap_in_its_months_and_truth_values_is_read(tmp_path):
    net = write(tmp_path, ONE)
    found, checks = read_flows(
        net, [{**ROWS[0], "month": float("nan"), "transit": True}, {**ROWS[1], "month": 3.0}]
    )
    assert checks == ()
    assert [(f.month, f.transit) for f in found] == [(None, True), (3, False)]


@pytest.mark.parametrize("given", [[], {"origin": "a"}, 5, [1, 2], pl.DataFrame(), [{"from": "a"}], iter(())])
def test_what_are_no_flows_is_an_error_and_no_traceback(tmp_path, given):
    with pytest.raises(NetworkError, match="flows"):
        read_flows(write(tmp_path, ONE), given)


def test_flows_given_as_objects_are_checked(tmp_path):
    net = write(tmp_path, ONE)
    bad = [Flow("a", "zz", "grain", 1), Flow("a", "b", "gold", 1), Flow("a", "b", "grain", -1)]
    bad += [Flow("a", "b", "grain", 1, month=13), Flow("a", "b", "grain", float("nan"))]
    found, checks = read_flows(net, [*bad, Flow("a", "b", "grain", 1)])
    assert len(found) == 1
    assert len(checks) == 5
    with pytest.raises(NetworkError):
        read_flows(net, bad)


def test_an_unknown_scenario_and_a_share_out_of_bounds_are_errors(tmp_path):
    net = write(tmp_path, ONE)
    with pytest.raises(NetworkError, match="is no scenario"):
        net.assign([flow(1)], scenarios=["flood"])
    for share in (-0.1, 11, float("nan")):
        with pytest.raises(NetworkError, match="lost_share"):
            net.assign([flow(1)], lost_share=share)


def test_the_bundled_network_carries_barley_and_every_table_builds():
    net = Network.read("kaz-irn")
    flows = [
        flow(4e5, "kostanay", "tehran", "barley"),
        flow(2e5, "samara", "bandar-abbas", "steel", transit="yes"),
    ]
    found = assign_flows(net, flows)
    assert found.moved == pytest.approx([4e5, 2e5])
    assert found.gap <= 1e-9
    told = found.to_dict()
    assert told["bilateral"]["moved_t"] == pytest.approx(4e5)
    assert {"flows", "capacities", "loads", "paths", "fleet", "demurrage"} <= set(told)
    assert found.geojson()["features"]
