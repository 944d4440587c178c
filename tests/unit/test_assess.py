from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from importlib.resources import files
from math import exp, log
from typing import Any

import numpy as np
import pytest

from tarazu.core.errors import ShapeError
from tarazu.core.measure import Interval
from tarazu.potential.assess import Assessment, Line, PotentialPriors, assess, draws

PRIORS = PotentialPriors.load()
NUMBERS = {
    *("value_usd_m", "tonnes_kt", "quantity_kt", "unit_value_usd_t", "share_percent"),
    *("tariff_before_percent", "tariff_after_percent"),
}


def bundled(table: str) -> list[dict[str, Any]]:
    text = files("tarazu.data").joinpath("kaz-irn", table).read_text(encoding="utf-8")

    def cell(name: str, value: str) -> Any:
        if not value:
            return None
        if name in NUMBERS:
            return float(value)
        return date.fromisoformat(value) if name in ("period_start", "period_end") else value

    return [
        {name: cell(name, value) for name, value in row.items()} for row in csv.DictReader(text.splitlines())
    ]


@pytest.fixture(scope="module")
def there() -> Assessment:
    return assess(bundled("products.csv"), bundled("markets.csv"), "KAZ->IRN", 2025, PRIORS)


@pytest.fixture(scope="module")
def back() -> Assessment:
    return assess(bundled("products.csv"), bundled("markets.csv"), "IRN->KAZ", 2025, PRIORS)


def line(assessment: Assessment, codes: str) -> Line:
    return next(each for each in assessment.lines if each.codes == codes)


def row(id: str, side: str, start: str, end: str, **cells: Any) -> dict[str, Any]:
    country = "BBB" if side == "demand" else "AAA"
    return {
        "id": id,
        "direction": "AAA->BBB",
        "hs_code": "1003",
        "product": "barley",
        "side": side,
        "country": country,
        "doubtful": "no",
        "period_original": f"{start} {end}",
        "period_start": date.fromisoformat(start),
        "period_end": date.fromisoformat(end),
        **cells,
    }


def only(*rows: dict[str, Any], base_year: int = 2022) -> Line:
    (found,) = assess([], rows, "AAA->BBB", base_year, PRIORS).lines
    return found


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-6)


# Bundled dossier, against figures read from its rows by hand.


def test_barley_is_the_last_season_times_its_unit_value(there):
    barley = line(there, "1003")
    assert barley.realised.kt.q50 == near(1228)
    assert barley.realised.rows == ("products.csv:pr067",)
    assert barley.supply.kt.q50 == near(1889)
    assert barley.demand.kt.q50 == near(2100)
    assert barley.own_share.interval.q50 == pytest.approx(1228 / 2100, rel=0.01)
    assert 190 < barley.unit_value.interval.q50 < 230  # 193.5 free on board in 2019, 249.1 delivered in 1399


def test_barley_may_reach_what_it_once_held_of_the_exports(there):
    share = line(there, "1003").attainable
    assert share.interval.q10 == pytest.approx(0.65, abs=0.01)  # season 2024/25
    assert share.interval.q90 >= 144 / 153  # September 2017
    assert "share of supply, past share" in share.basis


def test_barley_rivals_are_those_of_2022_without_the_exporter(there):
    barley = line(there, "1003")
    held = 360 / 2300  # by the same source (APK-Inform: 408.8)
    assert barley.rivals.shares["RUS"] == near(0.522 / (1 - held))
    assert set(barley.rivals.shares) == {"RUS", "ROU", "DEU", "FRA"}


def test_an_impossible_value_of_wheat_is_not_used(there):
    wheat = line(there, "1001")
    assert "products.csv:pr028" not in {id for rows in wheat.rows.values() for id in rows}
    assert wheat.realised.kt.q50 < 68.6  # 2023, and nothing in the season after
    assert wheat.potential.q50 > 5 * wheat.realised.usd_m.q50


def test_steel_whose_sales_stopped_keeps_its_past_share_and_little_flow(there):
    coil = line(there, "7208")
    assert coil.realised.kt.q50 == near(0.05 * 240)
    assert coil.attainable.interval.q50 == near(0.30)
    assert coil.unit_value.basis == "related products"
    assert coil.lacks == ("supply",)  # "Russia only" is not the country's export


def test_dates_have_no_demand_figure_and_apples_a_share_of_the_market(back):
    dates, apples = line(back, "080410"), line(back, "080810")
    assert dates.demand.usd_m is None
    assert dates.lacks == ("demand",)
    assert dates.realised.usd_m.q50 == pytest.approx(2 * 10.253, rel=0.02)  # a half-year, doubled
    assert dates.supply.usd_m.q50 == near(400)
    assert apples.own_share.interval.q50 == near(21 / 94)
    assert apples.rivals.shares["POL"] == near(0.499 / (1 - 21 / 94))


def test_chapters_and_totals_are_constraints_and_never_lines(there):
    assert {"10", "01-24", "72", "25-97"} <= {each.codes for each in there.constraints}
    grain = next(each for each in there.constraints if each.codes == "10")
    assert set(grain.lines) == {"1001", "1003"}


def test_a_product_without_figures_is_listed_with_what_it_lacks(there):
    lacking = {each.codes: each.lacks for each in there.missing}
    assert lacking["1005"] == ("flow", "supply")
    assert lacking["1204"] == ("flow", "demand")
    assert lacking["7208"] == ("supply",)


def test_tariffs_keep_their_raw_pairs(there):
    beef = [
        tariff
        for tariff in line(there, "02").tariffs
        if tariff[3] in ("markets.csv:mk154", "markets.csv:mk155")
    ]
    assert beef == [
        (date(2019, 10, 27), 26.0, 10.0, "markets.csv:mk154"),
        (date(2025, 5, 15), None, 0.0, "markets.csv:mk155"),
    ]
    assert [tariff[3] for tariff in there.general_tariffs] == ["markets.csv:mk162"]


def test_a_missing_flow_is_predicted_flagged_and_not_called_realised(back):
    vegetables = line(back, "07")
    assert vegetables.zero_flow
    assert vegetables.realised.usd_m is None
    assert back.table.column("realised_q50")[0] is None
    assert ("flow-predicted", "IRN->KAZ:07") in {(check.name, check.where) for check in back.checks}
    assert vegetables.own_share.interval.q90 <= PRIORS.attainable_share.q90


def test_the_table_has_a_row_per_line_with_its_rows(there):
    assert len(there.table) == len(there.lines)
    barley = next(record for record in there.table if record["hs"] == "1003")
    assert barley["unrealised_q50"] >= 0
    assert "products.csv:pr067" in barley["rows"]


# One rule at a time.


def test_a_whole_year_beats_its_own_months_and_older_years():
    found = only(
        row("1", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=100),
        row("2", "bilateral", "2022-01-01", "2022-06-30", value_usd_m=20),
        row("3", "bilateral", "2019-01-01", "2019-12-31", value_usd_m=400),
    )
    assert found.realised.usd_m.q50 == near(100)
    assert found.realised.rows == ("markets.csv:1",)


def test_conflicting_figures_of_one_year_are_spanned():
    found = only(
        row("1", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=100),
        row("2", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=400),
    )
    assert found.realised.usd_m.q50 == near(200)
    assert found.realised.usd_m.q10 < 100
    assert found.realised.usd_m.q90 > 400


def test_a_half_year_is_doubled_and_wider_and_a_month_is_not_used():
    half = only(row("1", "bilateral", "2022-01-01", "2022-06-30", value_usd_m=50)).realised.usd_m
    whole = only(row("1", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=100)).realised.usd_m
    assert half.q50 == pytest.approx(100, rel=0.02)
    assert half.q90 / half.q50 > 1.3 > whole.q90 / whole.q50
    month = row("1", "bilateral", "2022-01-01", "2022-01-31", value_usd_m=9)
    assert not assess([], [month], "AAA->BBB", 2022, PRIORS).lines


def test_an_interval_widens_with_age_as_a_random_walk():
    figure = row("1", "supply", "2018-01-01", "2018-12-31", value_usd_m=100)
    flow = row("2", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=1)
    supply = only(figure, flow).supply.usd_m
    sd = (PRIORS.reading_log_sd**2 + PRIORS.staleness_sd_per_year**2 * 4) ** 0.5
    assert log(supply.q90 / supply.q50) == pytest.approx(1.2815515655 * sd, rel=1e-3)


def test_a_flow_of_long_ago_says_nothing_of_today():
    old = row("1", "bilateral", "2005-01-01", "2005-12-31", value_usd_m=500)
    assert not assess([], [old], "AAA->BBB", 2022, PRIORS).lines


def test_a_doubtful_figure_counts_only_alone_and_is_flagged():
    doubtful = row("1", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=900, doubtful="yes")
    older = row("2", "bilateral", "2021-01-01", "2021-12-31", quantity_kt=50, unit_value_usd_t=200)
    assert only(doubtful, older).realised.usd_m.q50 == near(10)
    alone = assess([], [doubtful], "AAA->BBB", 2022, PRIORS)
    assert alone.lines[0].realised.usd_m.q50 == near(900)
    assert "doubtful-figure" in {check.name for check in alone.checks}


def test_a_recorded_zero_pulls_a_flow_down_without_making_it_nothing():
    found = only(
        row("1", "bilateral", "2021-01-01", "2021-12-31", value_usd_m=100),
        row("2", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=0),
    )
    assert 0 < found.realised.usd_m.q50 < 10


def test_a_sure_zero_beside_a_doubtful_figure_still_gives_an_interval():
    found = only(
        row("1", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=0),
        row("2", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=40, doubtful="yes"),
    )
    assert 0 < found.realised.usd_m.q50 < 40


def test_importers_values_are_brought_to_free_on_board():
    flow = row("1", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=10)
    demand = row("2", "demand", "2022-01-01", "2022-12-31", value_usd_m=111)
    assert only(flow, demand).demand.usd_m.q50 == near(111 / PRIORS.cif_fob)


def test_potential_is_the_attainable_share_of_the_smaller_side():
    found = only(
        row("1", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=1),
        row("2", "supply", "2022-01-01", "2022-12-31", value_usd_m=100),
        row("3", "demand", "2022-01-01", "2022-12-31", value_usd_m=10_000),
    )
    assert found.attainable.basis.startswith("share of supply")
    assert found.potential.q50 == pytest.approx(100 * PRIORS.attainable_share.q50, rel=0.05)


def test_capacity_bounds_where_no_supply_is_known():
    found = only(
        row("1", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=1),
        row("2", "capacity", "2022-01-01", "2022-12-31", value_usd_m=50),
    )
    assert found.supply.basis.startswith("capacity, an upper bound")
    assert found.lacks == ("supply", "demand")


def test_a_chapter_holds_at_least_the_flows_inside_it():
    inside = {**row("3", "bilateral", "2022-01-01", "2022-12-31", value_usd_m=6), "hs_code": "0201"}
    chapter = [
        {**row(id, side, "2022-01-01", "2022-12-31", value_usd_m=value), "hs_code": "02"}
        for id, side, value in (("1", "supply", 80), ("2", "demand", 400))
    ]
    found = only(*chapter, inside)
    assert found.codes == "02"
    assert found.realised.usd_m.q50 == near(6)
    assert not found.zero_flow


def test_rivals_above_the_market_are_scaled_and_flagged():
    flow = row("1", "bilateral", "2022-01-01", "2022-12-31", quantity_kt=10, unit_value_usd_t=100)
    demand = row("2", "demand", "2022-01-01", "2022-12-31", quantity_kt=100)
    rival = {**row("3", "competitor", "2022-01-01", "2022-12-31", quantity_kt=300), "country": "CCC"}
    found = assess([], [flow, demand, rival], "AAA->BBB", 2022, PRIORS)
    assert sum(found.lines[0].rivals.shares.values()) <= 1
    one_more = {**rival, "id": "4", "country": "DDD"}
    crowded = assess([], [flow, demand, rival, one_more], "AAA->BBB", 2022, PRIORS)
    assert sum(crowded.lines[0].rivals.shares.values()) == near(1 - PRIORS.rest_share)
    assert "rivals-exceed-market" in {check.name for check in crowded.checks}


# Draws.


def test_draws_keep_the_three_quantiles_when_the_total_leaves_room(there):
    drawn = draws(there, np.random.default_rng(2), 40_000, np.full(40_000, 1e12))
    for k, each in enumerate(there.lines):
        if not each.realised.by_tonnes:
            expected = [getattr(each.realised.usd_m, q) * 1e6 for q in ("q10", "q50", "q90")]
            assert np.quantile(drawn.flow[:, k], (0.1, 0.5, 0.9)) == pytest.approx(expected, rel=0.05)


def test_draws_repeat_with_the_seed_and_name_the_rivals(there):
    total = np.full(500, 3e8)
    one, two = (draws(there, np.random.default_rng(5), 500, total) for _ in range(2))
    assert np.array_equal(one.flow, two.flow)
    assert one.rivals == ("DEU", "FRA", "ROU", "RUS")
    assert one.rival_share.shape == (500, len(there.lines), 4)


def test_a_total_of_another_length_is_refused(there):
    with pytest.raises(ShapeError):
        draws(there, np.random.default_rng(1), 10, np.ones(9))


def test_a_direction_without_lines_is_all_other_goods():
    nothing = assess([], [], "AAA->BBB", 2022, PRIORS)
    drawn = draws(nothing, np.random.default_rng(1), 8, np.full(8, 5e7))
    assert drawn.flow.shape == (8, 0)
    assert np.all(drawn.other == 5e7)


def test_priors_can_be_replaced():
    sure = replace(PRIORS, attainable_share=Interval(0.5, 0.6, 0.7))
    rows = [
        row("1", "supply", "2022-01-01", "2022-12-31", value_usd_m=100),
        row("2", "demand", "2022-01-01", "2022-12-31", value_usd_m=900),
    ]
    (found,) = assess([], rows, "AAA->BBB", 2022, sure).lines
    assert found.attainable.interval.q50 == 0.6
    expected = 0.6 * exp(-(PRIORS.zero_share_log_sd**2) / 2)
    assert found.own_share.interval.q50 == near(expected)
