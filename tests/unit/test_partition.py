from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tarazu.potential.figures import Role, read
from tarazu.potential.partition import overlap, partition
from tarazu.potential.priors import PotentialPriors

PRIORS = PotentialPriors.load()
YEAR = {"period_original": "2022", "period_start": date(2022, 1, 1), "period_end": date(2022, 12, 31)}


def row(id: str, side: str, codes: str, **cells: Any) -> dict[str, Any]:
    country = "BBB" if side == "demand" else "AAA"
    base = {"id": id, "direction": "AAA->BBB", "hs_code": codes, "product": codes, "side": side}
    return {**base, "country": country, "doubtful": "no", **YEAR, **cells}


def split(*rows: dict[str, Any]) -> tuple[list[str], list[str], dict[str, tuple[str, ...]]]:
    parts = partition(read([], rows, "AAA->BBB").figures, 2022, PRIORS)
    names = [[group.codes for group in each] for each in (parts.lines, parts.constraints)]
    return names[0], names[1], {group.codes: group.lacks for group in parts.missing}


def test_a_heading_with_all_figures_is_not_pushed_out_by_a_subheading_with_one():
    lines, constraints, _ = split(
        row("1", "bilateral", "1003", value_usd_m=100),
        row("2", "supply", "1003", value_usd_m=200),
        row("3", "demand", "1003", value_usd_m=300),
        row("4", "bilateral", "100310", value_usd_m=1),
    )
    assert (lines, constraints) == (["1003"], ["100310"])


def test_a_chapter_gives_way_to_the_headings_inside_it_and_bounds_them():
    lines, constraints, _ = split(
        row("1", "bilateral", "1001", value_usd_m=5),
        row("2", "demand", "1001", value_usd_m=50),
        row("3", "bilateral", "10", value_usd_m=9),
        row("4", "demand", "10", value_usd_m=99),
        row("5", "bilateral", "01-24", value_usd_m=20),
    )
    assert (lines, constraints) == (["1001"], ["01-24", "10"])


def test_a_chapter_with_supply_and_demand_goes_before_a_heading_with_a_flow_alone():
    lines, constraints, _ = split(
        row("1", "supply", "02", value_usd_m=80),
        row("2", "demand", "02", value_usd_m=400),
        row("3", "bilateral", "0201", value_usd_m=6),
    )
    assert (lines, constraints) == (["02"], ["0201"])


def test_what_cannot_be_used_is_listed_with_what_it_lacks():
    _, _, missing = split(
        row("1", "demand", "1005", quantity_kt=8000),
        row("2", "supply", "1204", value_usd_m=30),
        row("3", "capacity", "1006", quantity_kt=473),
        row("4", "bilateral", "2503", quantity_kt=10),
    )
    assert missing == {
        "1005": ("flow", "supply", "unit value"),
        "1006": ("flow", "supply", "demand", "unit value"),
        "1204": ("flow", "demand"),
        "2503": ("supply", "demand", "unit value"),
    }


def test_spellings_of_one_list_are_one_product_under_its_commonest_name():
    figures = read(
        [],
        [
            row("1", "supply", "0201;0202", value_usd_m=30, product="beef"),
            row("2", "bilateral", "0202;0201", value_usd_m=3, product="beef"),
            row("3", "demand", "0201-0202", value_usd_m=90, product="cattle meat"),
        ],
        "AAA->BBB",
    ).figures
    (line,) = partition(figures, 2022, PRIORS).lines
    assert line.product == "beef"
    assert {figure.role for figure in line.figures} == {Role.FLOW, Role.SUPPLY, Role.DEMAND}


@pytest.mark.parametrize(
    "cells",
    [
        {"period_original": "2022, one firm (Name)"},
        {"period_original": "2022, state company only"},
        {"period_original": "per year, Taraz"},
        {"note": "One province"},
        {"note": "One contract of a mill"},
        {"note": "Without EAEU; 150.4 kt a year before"},
        {"note": "Proxy: a whole union"},
        {"product": "crude oil swap"},
        {"period_original": "2022 plan"},
        {"note": "Forecast; rounded"},
        {"period_start": None, "period_end": None, "period_original": "Jan-Sep, year not known"},
    ],
)
def test_what_does_not_speak_for_the_country_is_left_out_and_said(cells):
    evidence = read([], [row("7", "bilateral", "0204", **{"value_usd_m": 1.0, **cells})], "AAA->BBB")
    assert not [figure for figure in evidence.figures if figure.role is Role.FLOW]
    assert [(check.name, check.where) for check in evidence.checks] == [("left-out-figure", "markets.csv:7")]


@pytest.mark.parametrize(
    "note", ["5 countries, home named without amount", "said of other countries only (8 Mt)"]
)
def test_words_in_the_middle_of_a_note_do_not_make_a_figure_partial(note):
    evidence = read([], [row("7", "supply", "0204", value_usd_m=1.0, note=note)], "AAA->BBB")
    assert [figure.role for figure in evidence.figures] == [Role.SUPPLY]
    assert not evidence.checks


def test_only_what_happened_is_a_flow_in_the_table_of_products():
    base = {"direction": "AAA->BBB", "hs_code": "1003", "product": "barley", "tonnes_kt": 5.0, **YEAR}
    kinds = ["actual", "plan", "qualitative", "growth only", "event"]
    rows = [{**base, "id": str(n), "kind": kind, "doubtful": "no"} for n, kind in enumerate(kinds)]
    assert [f.id for f in read(rows, [], "AAA->BBB").figures if f.role is Role.FLOW] == ["products.csv:0"]


def test_a_code_that_does_not_exist_is_a_check_and_not_a_crash():
    evidence = read([], [row("7", "supply", "0808;all fruit", value_usd_m=1.0)], "AAA->BBB")
    assert not evidence.figures
    assert evidence.checks[0].name == "unknown-hs-code"


def test_the_exporter_among_the_competitors_is_its_own_flow():
    evidence = read([], [row("7", "competitor", "1003", quantity_kt=360.0)], "AAA->BBB")
    assert evidence.figures[0].role is Role.FLOW


def test_overlap_is_of_products_not_of_spellings():
    assert overlap(((100300, 100400),), ((100000, 110000),))
    assert not overlap(((100300, 100400),), ((100400, 100500),))
