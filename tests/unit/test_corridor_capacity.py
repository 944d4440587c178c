"""Capacities: defaults, what passes only because none is known, what a limit at a node takes, and how it is said."""

from __future__ import annotations

import pytest

from corridor_flows_support import ONE, TWO, flow, limit, write

USUAL = {"attribute": "capacity", "unit": "t/yr", "status": "E", "source": "judgement"}
RAIL = {**USUAL, "mode": "rail", "value": 50, "low": 20, "high": 90}
PORT = {"id": "port", "from": "m", "to": "m", "from_mode": "rail", "to_mode": "sea", "kind": "port_call"}
SHIPPED = [("near", "a", "m", 5, 0), ("ship", "m", "b", 5, 0)]


def names(found):
    return [check.name for check in found.checks]


def row(found, subject):
    return next(each for each in found.capacities if each["subject"] == subject)


@pytest.fixture
def by_sea(tmp_path):
    """A port whose transfer has a capacity and whose place has none."""
    change = {"ship": {"mode": "sea", "gauge_mm": None}}
    values = [("port", "capacity", 80), ("port", "cost", 1), ("port", "time", 1)]
    transfer = {**PORT, "from_gauge_mm": 1520, "packagings": "bulk", "one_way": "no"}

    def made(**tables):
        return write(tmp_path, SHIPPED, values, change=change, transfers=[transfer], **tables)

    return made


def test_a_leg_without_a_capacity_takes_the_default_and_says_so(tmp_path):
    found = write(tmp_path, ONE, defaults=[RAIL]).assign([flow(60)])
    assert found.moved.tolist() == pytest.approx([50])
    told = row(found, "near")
    assert (told["capacity_t"], told["low"], told["high"], told["basis"]) == (50, 20, 90, "default of rail")


def test_the_default_of_the_legs_country_is_narrower(tmp_path):
    rows = [RAIL, {**RAIL, "country": "TKM", "value": 10, "low": 5}, {**RAIL, "country": "KAZ", "value": 30}]
    net = write(
        tmp_path, [("inside", "m", "n", 1, 0), ("across", "n", "b", 1, 0)], nodes="mnb", defaults=rows
    )
    assert [net.capacity(leg).value for leg in ("inside", "across")] == [10, 50]
    assert net.capacity("m") is None


def test_a_capacity_of_its_own_stands_before_the_default(tmp_path):
    net = write(tmp_path, TWO, [("near", "capacity", 7), ("far1:forward", "capacity", 9)], defaults=[RAIL])
    found = net.assign([flow(100)])
    assert found.moved.tolist() == pytest.approx([16])
    # A direction of its own is known: a default for both together would be a second truth.
    assert net.capacity("far1") is None
    assert net.capacity("far1", ":forward").value == 9


def test_what_passes_only_because_no_capacity_is_known_is_said(tmp_path):
    found = write(tmp_path, TWO, [("near", "capacity", 60)]).assign([flow(100)])
    assert found.unknown_t == pytest.approx(40)
    assert found.unknown == {"far1": pytest.approx(40), "far2": pytest.approx(40)}
    (check,) = (each for each in found.checks if each.name == "unknown-capacity")
    assert check.message.startswith("40 t of 100 t pass links whose capacity nobody knows")
    assert "far1, far2" in check.message


def test_goods_of_third_countries_are_not_counted_there(tmp_path):
    found = write(tmp_path, ONE).assign([flow(5), flow(70, transit="yes")])
    assert found.unknown_t == pytest.approx(5)


def test_what_judgements_alone_hold_is_told_from_what_a_source_states(tmp_path):
    rows = [{**RAIL, "value": 500, "high": 900}]
    found = write(tmp_path, TWO, [("near", "capacity", 60)], defaults=rows).assign([flow(100)])
    assert found.unknown_t == 0
    assert found.judged_t == pytest.approx(40)
    assert "judged-capacity" in names(found)
    assert "unknown-capacity" not in names(found)


@pytest.mark.parametrize(
    ("closure", "moved"), [("m=0.5", 40), ("port=0.25", 20), ("m=0.5+port=0.5", 20), ("m", 0)]
)
def test_what_a_place_does_less_its_transfers_do_less(by_sea, closure, moved):
    (told,) = by_sea().disrupt([flow(100)], closures=[closure]).table
    assert told["moved_t"] == pytest.approx(moved)
    assert by_sea().disrupt([flow(100)], closures=[closure]).findings == ()


def test_a_node_with_neither_capacity_nor_transfers_says_that_nothing_is_taken(tmp_path):
    found = write(tmp_path, TWO).disrupt([flow(10)], closures=["m=0.5"])
    assert [check.name for check in found.findings] == ["no-known-capacity"]


def test_months_in_which_it_is_full_and_a_range_under_the_same_limit(tmp_path):
    rows = [limit("near", months="10-11", capacity_factor=0.5)]
    values = [("near", "capacity", 120)]
    found = write(tmp_path, ONE, values, limits=rows).assign([flow(70)])
    told = row(found, "near")
    assert (told["full"], told["full_in"]) == ("yes", "10-11")
    assert told["capacity_t"] == pytest.approx(120 * 11 / 12)
    assert told["low"] == told["high"] == pytest.approx(120 * 11 / 12)


def test_a_capacity_that_a_limit_sets_for_some_goods_has_its_range(tmp_path):
    rows = [limit("near", capacity_factor=0.5, commodities="grain")]
    found = write(tmp_path, ONE, defaults=[RAIL], limits=rows).assign([flow(100), flow(10, commodity="coal")])
    whole, part = (each for each in found.capacities if each["subject"] == "near")
    assert (whole["low"], whole["high"]) == (20, 90)
    assert (part["capacity_t"], part["low"], part["high"]) == pytest.approx((25, 10, 45))


def test_the_pairs_loss_and_that_of_third_countries_stand_apart(tmp_path):
    net = write(tmp_path, TWO, [("far1", "capacity", 1000)])
    (told,) = net.disrupt([flow(100), flow(50, transit="yes")], closures=["near"]).table
    assert told["loss_usd"] == pytest.approx(100 * 20)
    assert told["transit_loss_usd"] == pytest.approx(50 * 20)
