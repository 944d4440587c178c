"""Disruptions: what a closure costs, in words a planner types, ranked, combined, and drawn at random."""

from __future__ import annotations

import pytest

from corridor_flows_support import ONE, TWO, flow, limit, write
from tarazu.core.errors import NetworkError
from tarazu.corridor.critical_lines import critical_lines, lines_by_bound
from tarazu.corridor.disruption import closed, disrupt, disrupted, drawn, rank_links
from tarazu.corridor.flows import assign_flows, carry, prepare, read_flows

# Two trunk lines from m to n beside each other, and feeders at both ends.
LINES = [
    ("first", "a", "m", 5, 10),
    ("short", "m", "n", 10, 20),
    ("long", "m", "n", 25, 40),
    ("longest", "m", "n", 60, 90),
    ("last", "n", "b", 5, 10),
    ("aside", "m", "x", 1, 1),
]
SCENARIOS = [
    limit("short", "strike", scenario="strike", months="4", capacity_factor=0),
    limit("long", "works", scenario="works", capacity_factor=0.5, delay_h=24),
    limit("aside", "flood", scenario="flood", capacity_factor=0),
    limit("long", "ice", months="1-2", payload_factor=0.8),
]
CAPACITIES = [("short", "capacity", 60), ("long", "capacity", 80)]
YEAR = [flow(100), flow(24, "b", "a", "coal"), flow(12, "a", "b", "coal", transit="yes"), flow(6, month=4)]


@pytest.fixture
def net(tmp_path):
    return write(tmp_path, LINES, CAPACITIES, nodes="amnbx", limits=SCENARIOS)


@pytest.fixture
def base(net):
    flows, checks = read_flows(net, YEAR)
    return carry(prepare(net, flows), (), checks, values=False)


def row(found, name):
    return next(each for each in found.table if each["scenario"] == name)


def test_a_closed_link_costs_the_detour_and_what_does_not_move_its_margin(tmp_path):
    net = write(tmp_path, TWO, [("far1", "capacity", 40)])
    (told,) = disrupt(net, [flow(100)], closures=["near"], lost_share=0.5).table
    assert told["lost_t"] == pytest.approx(60)
    assert told["lost_share"] == pytest.approx(0.6)
    assert told["lost_value_usd"] == pytest.approx(60 * 200)
    assert told["cost_usd_t"] == pytest.approx(30)
    assert told["cost_change_usd_t"] == pytest.approx(20)
    assert told["loss_usd"] == pytest.approx(40 * 20 + 60 * 0.5 * 200)


def test_a_disruption_away_from_the_goods_costs_nothing_at_all(net):
    told = row(disrupt(net, YEAR, ["flood"]), "flood")
    for key in ("lost_t", "lost_share", "lost_value_usd", "cost_change_usd_t", "days_change", "loss_usd"):
        assert str(told[key]) == "0.0", key  # neither -0.0 nor rounding


@pytest.mark.parametrize("gone", ["short", "long", "first"])
def test_closing_a_link_is_the_same_as_leaving_it_out_of_the_files(tmp_path, gone):
    whole = write(tmp_path / "whole", LINES, CAPACITIES, nodes="amnbx")
    kept = [leg for leg in LINES if leg[0] != gone]
    capacities = [each for each in CAPACITIES if each[0] != gone]
    without = write(tmp_path / "without", kept, capacities, nodes="amnbx")
    # So dear to lose that goods take every detour: what a tonne loses is known from the network before the closure.
    (case,) = disrupt(whole, YEAR, closures=[gone], lost_share=10).cases
    other = assign_flows(without, YEAR, values=False, lost_share=10)
    assert case[2].moved == pytest.approx(other.moved)
    assert case[2].transport_usd == pytest.approx(other.transport_usd)


def test_a_closed_node_closes_what_passes_ends_and_starts_there(net):
    found = disrupt(net, YEAR, closures=["m", "b"])
    for name in ("m", "b"):
        assert row(found, name)["moved_t"] == 0
        assert row(found, name)["cost_usd_t"] is None
        assert row(found, name)["cost_change_usd_t"] is None


def test_a_part_of_a_year_weighs_its_months(net):
    flows = [flow(48)]  # fits on the short line
    found = disrupt(net, flows, closures=["short", "short@4", "short@12;1-2", "short@11-2"])
    detour = 15 + 20 * 0.2  # dearer by 15, longer by 20 hours
    assert row(found, "short@4")["loss_usd"] == pytest.approx(48 / 12 * detour)
    # In January and February the ice makes the long line dearer: 25 / 0.8.
    winter = 48 / 12 * (3 * detour + 2 * (25 / 0.8 - 25))
    assert row(found, "short@12;1-2")["loss_usd"] == pytest.approx(winter)
    assert row(found, "short@11-2")["loss_usd"] == pytest.approx(winter + 48 / 12 * detour)


def test_a_share_of_the_capacity_is_left(net):
    found = disrupt(net, [flow(60)], closures=["short=0.5", "short=0.5@4"])
    assert row(found, "short=0.5")["loss_usd"] > row(found, "short=0.5@4")["loss_usd"] > 0
    assert found.cases[0][2].used[0] == pytest.approx(30)
    assert found.findings == ()


def test_a_share_of_an_unknown_capacity_is_said_once(net):
    found = disrupt(net, YEAR, ["works", "works"], closures=["first=0.5", "first=0.5+short"])
    assert [check.where for check in found.findings] == ["first"]
    assert row(found, "first=0.5")["loss_usd"] == 0


def test_two_at_once_are_the_network_with_both(tmp_path, net):
    both = disrupt(net, YEAR, ["strike+works"], closures=["strike+long=0.5", "strike + works + strike"])
    rows = [{**each, "scenario": ""} for each in SCENARIOS if each.get("scenario") != "flood"]
    standing = write(tmp_path / "standing", LINES, CAPACITIES, nodes="amnbx", limits=rows)
    other = assign_flows(standing, YEAR, values=False)
    assert both.cases[0][2].cost_usd == pytest.approx(other.cost_usd)
    assert both.cases[2][2].cost_usd == both.cases[0][2].cost_usd
    alone = {name: row(disrupt(net, YEAR, [name]), name)["loss_usd"] for name in ("strike", "works")}
    assert row(both, "strike+works")["loss_usd"] >= max(alone.values()) > 0


def test_results_do_not_depend_on_what_was_asked_before(net):
    names = ["works", "strike", "short", "long@3-5", "short=0.5+long=0.2", "short+long", "strike+works"]
    together = disrupt(net, YEAR, names).table.rows
    again = disrupt(net, YEAR, names[::-1]).table.rows
    alone = [disrupt(net, YEAR, [name]).table.rows[0] for name in names]
    assert sorted(together, key=str) == sorted(again, key=str) == sorted(alone, key=str)


def test_by_default_each_scenario_of_the_network_alone_the_worst_first(net):
    found = disrupt(net, YEAR, lost_share=10)
    assert sorted(name for name, _, _ in found.cases) == ["flood", "strike", "works"]
    losses = found.table.column("loss_usd")
    assert losses == sorted(losses, reverse=True)
    assert found.to_dict()["undisturbed"]["moved_t"] == pytest.approx(100 + 24 + 6)


def test_one_name_given_as_text_is_one_case(net):
    assert [name for name, _, _ in disrupt(net, YEAR, "strike").cases] == ["strike"]
    assert [name for name, _, _ in disrupt(net, YEAR, closures="short").cases] == ["short"]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("flod", r"neither a scenario \(strike, works, flood\) nor a link"),
        ("short=2", r"0 \(closed\) to below 1: short=0\.5"),
        ("short=1", r"short=0\.5"),
        ("short=", r"short=0\.5"),
        ("short=nan", r"short=0\.5"),
        ("short=half", r"short=0\.5"),
        ("short@13", r"short@1-3;12"),
        ("short@", r"short@1-3;12"),
        ("short@May", r"short@1-3;12"),
        ("", "names no disruption. Known: strike, works, flood"),
        ("+", "names no disruption"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(net, text, advice):
    with pytest.raises(NetworkError, match=advice):
        disrupt(net, YEAR, closures=[text])


def test_places_are_found_by_name(net):
    assert row(disrupt(net, YEAR, closures=["MMM@4"]), "MMM@4")["lost_t"] > 0


def test_links_are_ranked_by_what_a_year_without_them_costs(net, base):
    table = rank_links(base)
    losses = table.column("loss_usd")
    assert losses == sorted(losses, reverse=True)
    assert table.column("rank") == list(range(1, len(table) + 1))
    assert set(table.column("subject")) == {
        "first",
        "short",
        "long",
        "last",
        "m",
        "n",
    }  # neither ends nor what is idle
    for each in table:
        (told,) = disrupt(net, YEAR, closures=[each["subject"]]).table
        assert told["loss_usd"] == pytest.approx(each["loss_usd"])


def test_the_bound_never_exceeds_what_a_closure_costs_and_links_of_one_line_stand_together(base):
    exact = {each["subject"]: each["loss_usd"] + each["transit_loss_usd"] for each in rank_links(base)}
    lines = lines_by_bound(base)
    assert {name for line in lines for name in line.links} == set(exact)
    for line in lines:
        for name in line.links:
            assert line.at_least <= exact[name] * (1 + 1e-9) + 1e-6
            assert exact[name] == pytest.approx(exact[line.links[0]])
    # Nothing else leads over the middle: what does not move is lost, and with the full link gone the bound is exact.
    assert [line.links for line in lines] == [("m", "n"), ("first", "last"), ("short",), ("long",)]
    assert lines[0].at_least == pytest.approx(exact["m"])


def test_the_lines_of_the_highest_bounds_are_assigned_anew(base):
    (first,) = critical_lines(base, 1)
    assert first["links"].split(";") == ["m", "n"]
    assert first["loss_usd"] == pytest.approx(closed(base, "m")["loss_usd"])
    every = critical_lines(base, 99)
    assert every.column("loss_usd") == sorted(every.column("loss_usd"), reverse=True)
    assert len(every) == len(lines_by_bound(base))


def test_the_change_of_freight_stands_beside_that_of_the_transport_cost(tmp_path):
    slow = [("near", "a", "b", 10, 0), ("far1", "a", "m", 15, 30), ("far2", "m", "b", 15, 30)]
    net = write(tmp_path, slow)
    (told,) = disrupt(net, [flow(100)], closures=["near"]).table
    assert told["days_change"] == pytest.approx(2.5)
    assert told["freight_change_usd_t"] == pytest.approx(20)
    assert told["cost_change_usd_t"] == pytest.approx(20 + 60 * 0.2)


def test_drawn_years_are_the_same_by_seed_and_others_by_another(base):
    one, again, other = (drawn(base, 20, seed) for seed in (7, 7, 8))
    assert one.rows == again.rows
    assert one.column("closed") != other.column("closed")
    assert one.column("draw") == list(range(1, 21))
    assert min(one.column("loss_usd")) >= 0


def test_a_drawn_year_can_be_asked_for_as_it_is_written(base):
    for told in drawn(base, 15, 3):
        (again,) = disrupted(base, [told["closed"]]).table
        assert again["loss_usd"] == pytest.approx(told["loss_usd"])
        assert again["lost_t"] == pytest.approx(told["lost_t"])


def test_drawn_years_do_not_depend_on_what_was_asked_before(net, base):
    flows, _ = read_flows(net, YEAR)
    fresh = drawn(carry(prepare(net, flows), values=False), 15, 5)
    rank_links(base)
    assert drawn(base, 15, 5).rows == fresh.rows


@pytest.mark.parametrize("draws", [0, -1, 100_001])
def test_a_number_of_draws_out_of_bounds_is_an_error(base, draws):
    with pytest.raises(NetworkError, match="from 1 to 100,000"):
        drawn(base, draws)


def test_nothing_to_close_is_an_error(tmp_path):
    net = write(tmp_path, ONE)
    flows, _ = read_flows(net, [flow(5, "a", "m")])
    with pytest.raises(NetworkError, match="no goods move"):
        drawn(carry(prepare(net, flows), values=False), 5)


def test_progress_is_told_to_the_end(net, base):
    told = []
    disrupt(net, YEAR, progress=lambda *each: told.append(each))
    drawn(base, 3, progress=lambda *each: told.append(each))
    assert told[-4] == ("disruptions", 3, 3)
    assert told[-1] == ("draws", 3, 3)
