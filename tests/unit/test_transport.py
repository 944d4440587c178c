"""The plan's stage of transport: tonnes, what moves, measures through the network, disruptions."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tarazu as tz
from tarazu.core.draws import Z90
from tarazu.core.measure import Channel
from tarazu.core.table import Column, Table
from tarazu.corridor.carriage import Resource
from tarazu.corridor.critical_lines import lines_by_bound
from tarazu.corridor.disruption import closed
from tarazu.corridor.flows import carry, prepare
from tarazu.corridor.network import Network
from tarazu.corridor.reading import months_of
from tarazu.planning.lead import lead
from tarazu.planning.network_measures import changed, through_network
from tarazu.planning.tables import back_solve_table
from tarazu.planning.terminal import _console, _print_transport
from tarazu.planning.transport import PLANNED, TARGET, _capacities, _ranges, _whites
from tarazu.planning.transport_flows import Good, cargo, commodity_of, grown, network_of
from tarazu.planning.transport_map import loads_map
from tarazu.planning.transport_tables import flow_file, without_crumbs
from tarazu.planning.words import percent


@pytest.fixture(scope="module")
def plan():
    return tz.plan("kaz-irn", draws=400)


@pytest.fixture(scope="module")
def stage(plan):
    return plan.transport


@pytest.fixture(scope="module")
def network():
    return Network.read("kaz-irn")


def barley(tonnes: float = 1e6) -> tuple[list[Good], np.ndarray]:
    return [Good("KAZ->IRN:1003", "barley", "1003", "KAZ->IRN", 219.0)], np.array([tonnes])


def test_the_tonnes_of_a_line_are_spread_over_its_places_and_none_is_lost(network):
    goods, tonnes = barley()
    made = cargo(network, goods)
    spread = made.tonnes(tonnes)
    own = made.line >= 0
    assert spread[own].sum() == pytest.approx(1e6)
    assert {f.origin for f, mine in zip(made.flows, own, strict=True) if mine} >= {"kostanay", "petropavl"}
    stated = [row["tonnes"] for row in network.tables["transit"]]
    assert spread[~own].tolist() == pytest.approx(stated)  # at their medians
    assert all(flow.transit for flow, mine in zip(made.flows, own, strict=True) if not mine)


@pytest.mark.parametrize(
    ("codes", "commodity"),
    [
        ("1003", "barley"),
        ("7208", "steel"),
        ("other", "general-cargo"),
        ("9999", "general-cargo"),
        ("07", "fruit"),
        ("071340", "lentils"),
    ],
)
def test_a_line_travels_as_the_commodity_that_covers_it(network, codes, commodity):
    assert commodity_of(network, codes).id == commodity


def test_a_line_keeps_its_own_unit_value(network):
    goods, _ = barley()
    assert cargo(network, goods).network.commodities["KAZ->IRN:1003"].value.value == 219.0


def row(subject: str, attribute: str, size: float) -> dict[str, object]:
    return {"id": "x", "measure": "m", "subject": subject, "attribute": attribute} | dict.fromkeys(
        ("q10", "q50", "q90"), size
    )


def test_a_change_is_put_where_it_belongs(network):
    gauge = "gauge-akyayla-incheh-borun-bulk"
    before = network.facts.of(gauge, "capacity").value
    made = changed(network, [row(gauge, "capacity", 5e5)], "median")
    assert made.facts.of(gauge, "capacity").value == before + 5e5
    assert network.facts.of(gauge, "capacity").value == before
    faster = changed(network, [row(gauge, "time", -8)], "median")
    assert faster.facts.of(gauge, "time").value == network.facts.of(gauge, "time").value - 8
    cheaper = changed(network, [row("rail:KAZ", "rate", -10)], "median")
    trip = ("Kostanay", "Gorgan", "barley")
    assert cheaper.routes(*trip).every[0].cost_usd_t < network.routes(*trip).every[0].cost_usd_t
    deeper = changed(network, [row("sea-aktau-port-anzali", "payload_factor", 1.0)], "median")
    assert all(
        each.payload_factor == 1.0
        for each in deeper.limits
        if each.subject == "sea-aktau-port-anzali" and not each.scenario
    )


def test_the_strong_end_is_the_low_one_for_hours_and_rates_and_the_high_one_for_tonnes(network):
    gauge = "gauge-akyayla-incheh-borun-bulk"
    sizes = {"q10": -24.0, "q50": -8.0, "q90": 0.0}
    hours = [{**row(gauge, "time", 0.0), **sizes}]
    tonnes = [{**row(gauge, "capacity", 0.0), "q10": 0.0, "q50": 3e5, "q90": 1.6e6}]
    base = network.facts.of(gauge, "time").value
    assert changed(network, hours, "strong").facts.of(gauge, "time").value == base - 24
    assert changed(network, hours, "weak").facts.of(gauge, "time").value == base
    stated = network.facts.of(gauge, "capacity").value
    assert changed(network, tonnes, "strong").facts.of(gauge, "capacity").value == stated + 1.6e6


def test_the_network_replaces_freight_and_days_of_the_measures_it_knows_and_nothing_else(plan):
    judged = {e.id: e for m in plan.dossier.measures for e in m.effects}
    placed = set(plan.placed.table.column("effect"))
    assert placed
    for measure in plan.given.measures:
        for effect in measure.effects:
            if effect.id not in placed:
                assert effect == judged[effect.id]
            else:
                assert effect.channel in (Channel.FREIGHT, Channel.TIME)
                assert effect.note.startswith("Computed on the network")
    for found in plan.placed.table:
        if found["channel"] == "freight":
            assert found["network_q10"] <= found["network_q50"] <= found["network_q90"]


def test_a_dossier_without_changes_keeps_its_measures(plan, network):
    dossier = plan.dossier
    table = replace(dossier.tables["measure_network"], rows=())
    bare = replace(dossier, tables={**dossier.tables, "measure_network": table})
    goods, tonnes = barley()
    assert through_network(bare, network, goods, tonnes).measures == dossier.measures


def test_a_subject_that_the_network_does_not_hold_is_said(plan, network):
    dossier = plan.dossier
    table = dossier.tables["measure_network"]
    place = [column.name for column in table.columns].index("subject")
    first = table.rows[4]
    wrong = replace(table, rows=((*first[:place], "nowhere", *first[place + 1 :]),))
    goods, tonnes = barley()
    found = through_network(
        replace(dossier, tables={**dossier.tables, "measure_network": wrong}), network, goods, tonnes
    )
    assert [check.name for check in found.checks] == ["unknown-subject"]


def test_at_the_target_every_draw_makes_the_target_as_the_series_counts(stage):
    basket = stage.basket
    for flows in (basket.usd[TARGET], basket.in_proportion):
        assert (flows * basket.counted).sum(axis=0) == pytest.approx(3e9)
    turnover = (basket.usd[PLANNED] * basket.counted).sum(axis=0)
    assert turnover == pytest.approx(stage.turnover)
    assert (turnover < 3e9).any()


sizes = st.lists(st.tuples(st.floats(1.0, 1e3), st.floats(0.0, 2e3)), min_size=1, max_size=6)


@given(sizes, st.floats(0.5, 50.0), st.floats(0.5, 2.0))
def test_the_target_grows_all_alike_but_those_whose_market_is_full(lines, times, counted):
    usd = np.array([[size] for size, _ in lines] + [[10.0]])
    room = np.array([[most] for _, most in lines] + [[np.inf]])
    target = times * usd.sum()
    found = grown(usd, np.full_like(usd, counted), room, target)
    assert (found * counted).sum() == pytest.approx(target)
    factor = found[-1, 0] / 10.0
    most = np.maximum(room, usd)
    assert found == pytest.approx(np.minimum(factor * usd, most))


def test_lines_above_their_market_are_named_and_held(plan, stage):
    rows = {r["id"]: r for r in stage.table if r["scenario"] == TARGET}
    above = {name for name, r in rows.items() if (r["ratio"] or 0) > 1}
    assert "KAZ->IRN:1003" in above
    (check,) = [c for c in stage.checks if c.name == "basket-above-supply"]
    said = stage.to_dict()
    assert above == {each["id"] for each in said["above_market"]} == set(check.where.split(", "))
    for name in above:
        r = rows[name]
        assert r["ratio"] == pytest.approx(
            r["in_proportion_usd"] / min(x for x in (r["supply"], r["demand"]) if x)
        )
        assert r["usd_q50"] < r["in_proportion_usd"]
        assert r["product"] in said["basket"]
    other = rows["other IRN->KAZ"]
    assert other["ratio"] is None
    assert other["unit_value_usd_t"] is None
    assert other["usd_q50"] > other["in_proportion_usd"]
    assert 0 < said["unpriced_value_share"]["q50"] < 1


def test_the_missing_tonnes_are_those_between_the_plan_and_its_target(plan, stage):
    even = next(iter(plan.back_solve))
    planned, target = (float(np.median(stage.basket.total(name))) for name in (PLANNED, TARGET))
    # The missing turnover is that of all draws, the tonnes are those of the first block: here the same.
    assert even["missing_kt"] * 1e3 == pytest.approx(target - planned)
    assert f"{even['missing_kt'] / 1e3:.1f} million tonnes" in lead(plan)


def test_without_a_network_the_value_of_a_tonne_is_that_of_the_lines_with_one(plan):
    alone = replace(plan, dossier=None)
    row = next(iter(back_solve_table(alone)))
    assert "known unit value" in row["value_basis"]
    assert row["value_per_tonne"] < next(iter(plan.back_solve))["value_per_tonne"]


def test_capacities_of_one_default_are_drawn_once():
    each = Resource("a", "", 1e6, 5e5, 3e6, ())
    resources = [
        replace(each, scope="rail KAZ"),
        replace(each, subject="b", scope="rail KAZ", capacity=2e6),
        replace(each, subject="c"),
        replace(each, subject="c", way=":forward"),
        replace(each, subject="d", capacity=np.inf),
        replace(each, subject="e", capacity=0.0, low=0.0),
    ]
    whites = _whites(resources, 50, np.random.default_rng(1))
    assert (whites[:, 0] == whites[:, 1]).all()
    assert len({tuple(column) for column in whites.T}) == 5
    found = np.array([_capacities(_ranges(resources), white) for white in whites])
    low = whites[:, 0] < 0
    assert (found[low, 0] < 1e6).all()
    assert (found[~low, 0] >= 1e6).all()
    assert np.isinf(found[:, 4]).all()
    assert (found[:, 5] == 0).all()
    ends = _capacities(_ranges(resources), np.full(6, Z90))
    assert ends[:3] == pytest.approx([3e6, 3e6, 3e6])


def test_the_sentence_says_what_rests_on_unknown_and_judged_capacities(stage):
    unknown, judged = stage.unsure
    median = stage.at_target.median
    assert 0 <= unknown <= 1
    assert 0 <= judged <= 1
    assert unknown == pytest.approx(median.unknown_t / median.moved[median.bilateral].sum())
    text = stage.sentence()
    assert ("pass links whose capacity nobody knows" in text) == (unknown > 0)
    assert f"{percent(judged)} pass no capacity that a source states" in text
    said = stage.to_dict()
    assert said["of_unknown_capacity_t"] == median.unknown_t
    assert said["of_judged_capacity_t"] == median.judged_t


def test_the_median_flows_are_the_median_of_the_tonnes(stage):
    median = stage.at_target.median
    own = sum(flow.tonnes for flow in median.flows if not flow.transit)
    assert own == pytest.approx(float(np.median(stage.basket.total(TARGET))))


def test_a_capacity_says_in_which_months_it_is_full(stage):
    rows = {(r["subject"], r["name"]): r for r in stage.bottlenecks}
    assert {"full_in", "basis"} <= {column.name for column in stage.bottlenecks.columns}
    months, full = stage.at_target.months, stage.at_target.full
    for r, each in enumerate(stage.at_target.median.capacities):
        row = rows.get((each["subject"], each["name"]))
        if row is None:
            continue
        listed = set(months_of(row["full_in"]) or ()) if row["full_in"] else set()
        assert (listed or set(range(1, 13))) == {m + 1 for m in np.flatnonzero(months[:, r].any(axis=0))}
        assert row["full_share"] == pytest.approx(full[:, r].mean())


def test_what_moves_and_what_stays_are_the_tonnes(stage):
    for name in (PLANNED, TARGET):
        sampled = stage.scenarios[name]
        assert (sampled.moved <= sampled.tonnes * (1 + 1e-9)).all()
        assert ((sampled.lost_share >= -1e-9) & (sampled.lost_share <= 1)).all()


def test_the_chance_with_carriage_falls_with_what_is_lost(stage):
    free, half, none = (stage.chance(share) for share in (0.0, 0.5, 1.0))
    assert free >= half >= none == 0.0
    assert free == pytest.approx((stage.turnover >= 3e9).mean())


def test_every_named_disruption_has_a_row_and_none_raises_the_chance(stage):
    rows = list(stage.disrupted)
    assert {r["scenario"] for r in rows} == set(stage.network.scenarios)
    assert all(r["chance"] <= stage.chance(0.0) for r in rows)
    assert all(r["loss_usd"] + r["transit_loss_usd"] >= -1.0 for r in rows)


def test_what_is_full_is_worth_something_and_says_whose_figure_it_is(stage):
    assert len(stage.bottlenecks)
    for found in stage.bottlenecks:
        assert 0 < found["full_share"] <= 1
        assert found["value_q50"] > 0
        assert found["sources"]


def test_the_choke_point_is_the_capacity_whose_relief_saves_the_pair_most(stage):
    rows = list(stage.bottlenecks)
    keys = [(-row["relief_usd"], -row["relief_draws_usd"]) for row in rows]
    assert keys == sorted(keys)
    first, median = rows[0], stage.at_target.median
    assert first["relief_usd"] > 0
    text = stage.sentence()
    assert f"at {first['name']}" in text
    assert f"{percent(first['full_share'])} of {len(stage.at_target.tonnes)} draws" in text
    assert first["basis"] in text or "a default" in text
    places = [r for r, each in enumerate(median.capacities) if each["name"] == first["name"]]
    (r,) = places
    # Assigned anew with a tenth more, by a way of its own: all months at once, no master kept.
    capacity = np.array([each.capacity for each in median.carriage.resources])
    capacity[r] *= 1.1
    flows = np.array([flow.tonnes for flow in median.flows])
    more = carry(median.carriage.drawn(flows, capacity), values=False)
    assert first["relief_all_usd"] == pytest.approx(median.cost_usd - more.cost_usd, rel=1e-3)
    own = median.bilateral
    assert first["relief_usd"] == pytest.approx(median.cost_of(own) - more.cost_of(own), rel=1e-2)


def test_the_map_marks_and_names_the_choke_point_first(stage):
    figure = loads_map(stage)
    first = next(iter(stage.bottlenecks))
    nodes = figure.data["nodes"].records()
    (told,) = [row for row in nodes if row["note"]]
    assert percent(first["full_share"]) in told["note"]
    assert told["binding"] == "yes"
    assert told["label"] == "yes"
    assert told["id"] == nodes[0]["id"]
    assert told["name"] in first["name"]
    labelled = {row["name"] for row in nodes if row["label"] == "yes"}
    assert {"Bolashak", "Akyayla", "Incheh Borun", "Farap", "Beineu"} <= labelled
    full = {row["subject"]: row["full_in"] for row in stage.at_target.median.bottlenecks}
    for row in figure.data["links"].records():
        assert (row["note"] != "") == (row["binding"] == "yes")
    assert any(months for months in full.values())


def test_tonnes_that_are_rounding_are_none():
    columns = (Column("name"), Column("t", "t/yr"), Column("value", "USD/t"))
    table = Table("x", columns, (("a", 1.7e-10, 1.7e-10), ("b", -0.4, None), ("c", 1.5, 2.0)))
    assert without_crumbs(table).rows == (("a", 0.0, 1.7e-10), ("b", 0.0, None), ("c", 1.5, 2.0))


def test_lines_are_ranked_by_what_a_year_without_them_costs_and_never_below_their_bound(stage):
    rows = list(stage.links)
    assert [row["loss_usd"] for row in rows] == sorted((row["loss_usd"] for row in rows), reverse=True)
    for row in rows:
        assert row["loss_usd"] + row["transit_loss_usd"] >= row["at_least_usd"] * (1 - 1e-6)
    found = lines_by_bound(stage.at_target.median)
    named = [name for line in found for name in line.links]
    assert len(named) == len(set(named))
    base = stage.at_target.median
    ends = {name for flow in base.flows for name in (flow.origin, flow.destination)}
    assert not ends & set(named)
    one = closed(base, rows[0]["links"].split(";")[-1])
    assert one["loss_usd"] == pytest.approx(rows[0]["loss_usd"], rel=1e-3)


def test_a_measure_that_acts_against_its_purpose_says_why(plan):
    for row in plan.placed.table:
        sizes = [row[f"network_{q}"] for q in ("q10", "q50", "q90")]
        against = any(size * row["judged_q50"] < -0.01 for size in sizes)
        assert bool(row["note"]) or not (against or max(map(abs, sizes)) == 0)
        if against:
            assert "Goods move over" in row["note"] or "give way" in row["note"]


def test_what_disruptions_cost_is_printed_with_the_value_lost(stage, capsys):
    _print_transport(_console(), stage)
    said = " ".join(capsys.readouterr().out.split())
    worst = list(stage.disrupted)[:3]
    assert all(row["name"].split()[0] in said for row in worst)
    assert "goods lost" in said
    assert "what the days cost" in said


def test_the_written_flows_load_the_network_alike_but_for_their_unit_values(stage, network, tmp_path):
    median = stage.at_target.median
    plain = cargo(stage.plain, [replace(good, unit_value=None) for good in stage.goods])
    flows = [replace(f, tonnes=m.tonnes) for f, m in zip(plain.flows, median.flows, strict=True)]
    mine = carry(prepare(plain.network, flows), values=False)
    path = tmp_path / "flows.csv"
    path.write_text(flow_file(stage).to_csv())
    written = network.assign(path, values=False)
    assert written.cost_usd == pytest.approx(mine.cost_usd, rel=1e-5)
    assert sum(written.used) == pytest.approx(sum(mine.used), rel=1e-2)


def test_transit_is_shown_apart(stage):
    median = stage.at_target.median
    total = sum(row["moved"] for row in median.table if row["transit"] == "yes")
    assert total > 0
    assert not any(stage.cargo.flows[k].transit for k in np.flatnonzero(stage.cargo.line >= 0))


def test_the_written_flows_are_those_of_the_target(stage, network, tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text(flow_file(stage).to_csv())
    found = network.assign(path, values=False)
    assert not found.findings
    own = found.bilateral
    written = (found.moved + found.unmet)[own].sum()
    assert written == pytest.approx(
        stage.at_target.median.bilateral @ [f.tonnes for f in stage.at_target.median.flows], rel=1e-4
    )


def test_a_pair_without_a_network_says_so():
    plan = tz.plan(("UZB", "KAZ"), 10e9, 2030, draws=100)
    assert plan.transport is None
    assert "no-network" in [check.name for check in plan.checks]
    assert plan.to_dict()["transport"] is None


def test_a_dossier_of_ones_own_brings_its_network(plan, tmp_path):
    folder = tmp_path / "own"
    shutil.copytree(plan.dossier.folder, folder)
    dossier = tz.load(folder)
    assert network_of(dossier) is None
    bundled = plan.dossier.folder.parent / "networks" / "kaz-irn"
    shutil.copytree(bundled, folder / "network")
    assert network_of(dossier).nodes.keys() == network_of(plan.dossier).nodes.keys()


def test_a_ban_of_a_commodity_holds_for_the_line_that_travels_as_it():
    network = Network.read("kaz-irn")
    wheat = Good("KAZ->IRN:1001", "wheat", "1001", "KAZ->IRN", 250.0)
    steel = Good("KAZ->IRN:7208", "steel", "7208", "KAZ->IRN", 600.0)
    made = cargo(network, [wheat, steel]).network
    plain = {limit.id: limit for limit in network.limits}
    named = [limit for limit in made.limits if "wheat" in limit.commodities]
    assert named
    for limit in made.limits:
        assert (wheat.id in limit.commodities) == ("wheat" in plain[limit.id].commodities)
        assert steel.id not in limit.commodities or "steel" in plain[limit.id].commodities
    routes = made.routes("Kostanay", "Tehran", wheat.id).every
    expected = network.routes("Kostanay", "Tehran", "wheat").every
    assert {tuple(arc.id for arc in route.steps) for route in routes} == {
        tuple(arc.id for arc in route.steps) for route in expected
    }
