"""The bundled dossier's baseline: both sides' figures for 2022, what is left out, and what the rest rests on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import tarazu
from tarazu.core.errors import DossierError
from tarazu.core.parameters import section
from tarazu.planning import prepare
from tarazu.planning.prepare import dossier_grid
from tarazu.trade import mirror
from tarazu.trade.baseline import baseline
from tarazu.trade.mirror import GAP_PARTS
from tarazu.trade.pooling import season_profile
from tarazu.trade.statements import covered_quarters


@pytest.fixture(scope="module")
def dossier():
    return tarazu.load("kaz-irn")


@pytest.fixture(scope="module")
def turnover(dossier):
    return {row["id"]: row for row in dossier.tables["turnover"]}


@pytest.fixture(scope="module")
def found(dossier):
    return prepare.baseline(dossier)


@pytest.fixture(scope="module")
def statements(found):
    return {(row["id"], row["direction"]): row for row in found.statements}


def gap_rows(found, year):
    return {row["part"]: row for row in found.gap if row["year"] == year}


def level(found, year, series, direction="both"):
    keys = {"year": year, "series": series, "direction": direction}
    (row,) = (r for r in found.table if all(r[key] == value for key, value in keys.items()))
    return row


# --- the series -------------------------------------------------------------------------------------------


def test_every_year_direction_and_series_has_one_row(found):
    directions = ("KAZ->IRN", "IRN->KAZ", "both")
    keys = {(r["year"], r["direction"], r["series"]) for r in found.table}
    assert keys == {
        (year, direction, series)
        for year in range(1996, 2026)
        for direction in directions
        for series in ("pooled", "KAZ", "IRN")
    }
    assert len(found.table) == len(keys)


def test_quantiles_are_positive_and_in_order(found):
    assert all(0 < r["q10"] < r["q50"] < r["q90"] for r in found.table)


def test_figures_up_to_2025(found):
    # 432 of the ministry is what the Kazakh series should be near; nobody gave a level of 2025 for Iran.
    kazakh, iranian = (level(found, 2025, series) for series in ("KAZ", "IRN"))
    assert kazakh["q10"] < 6e8
    assert kazakh["q90"] > 432e6
    assert math.log(iranian["q90"] / iranian["q10"]) > math.log(kazakh["q90"] / kazakh["q10"])


def test_each_countrys_series_keeps_to_its_own_figures_for_2022(found):
    assert level(found, 2022, "KAZ")["q50"] > 1.1 * level(found, 2022, "IRN")["q50"]
    assert level(found, 2022, "KAZ")["q10"] < 528e6 < level(found, 2022, "KAZ")["q90"]


def test_the_past_that_nobody_reports_is_wider(found):
    def width(year):
        row = level(found, year, "pooled", "KAZ->IRN")
        return math.log(row["q90"] / row["q10"])

    assert width(1998) > 2 * width(1996)
    assert width(2002) > 2 * width(2004)


def test_tables_are_the_same_on_every_run(dossier, found):
    again = prepare.baseline(dossier)
    for name in ("table", "statements", "biases", "season", "gap", "sensitivity"):
        assert list(getattr(again, name)) == list(getattr(found, name))
    assert again.checks == found.checks


def test_levels_have_the_quantiles_of_the_tables_last_year(found):
    drawn, _ = found.ahead(20_000, 1, np.random.default_rng(8))
    assert set(drawn) == {"pooled", "KAZ", "IRN"}
    assert drawn["pooled"].shape == (20_000, 2)
    for series in drawn:
        row = level(found, 2025, series)
        assert np.quantile(drawn[series].sum(axis=1), (0.1, 0.5, 0.9)) == pytest.approx(
            [row[q] for q in ("q10", "q50", "q90")], rel=0.03
        )


def test_a_series_is_the_pooled_flow_times_bias_and_deviation(found):
    layout, mode = found.posterior.layout, found.posterior.mode
    kaz = found.grid.reporters.index("KAZ")
    last = layout.view(mode, "deviation")[layout.deviating.index(kaz), :, -1]
    drawn, _ = found.ahead(4000, 1, np.random.default_rng(8))
    ratio = np.median(np.log(drawn["KAZ"] / drawn["pooled"]), axis=0)
    assert ratio == pytest.approx(layout.view(mode, "bias")[kaz] + last, abs=0.03)


# --- the years ahead --------------------------------------------------------------------------------------

AHEAD = 12


def test_the_pooled_series_counts_a_pooled_dollar_as_one(found):
    _, counted = found.ahead(50, AHEAD, np.random.default_rng(1))
    assert set(counted) == {"pooled", "KAZ", "IRN"}
    assert counted["pooled"].shape == (50, 2, AHEAD)
    assert (counted["pooled"] == 1).all()


def moments(found, series, d):
    """Mean (bias, deviation of the last year) and covariance (2, 2) of one direction, of the posterior itself."""
    layout, g = found.posterior.layout, found.grid.reporters.index(series)
    numbers = np.arange(len(found.posterior.mode))
    bias = layout.view(numbers, "bias")[g, d]
    deviation = layout.view(numbers, "deviation")[layout.deviating.index(g), d, -1]
    rows = found.posterior.root[[bias, deviation]]
    return found.posterior.mode[[bias, deviation]], rows @ rows.T


@pytest.fixture(scope="module")
def ahead(found):
    return found.ahead(40_000, AHEAD, np.random.default_rng(12))


def fading():
    p = section("pooling")
    return p["deviation_persistence"].value, p["deviation_sd"].value


@pytest.mark.parametrize("series", ["KAZ", "IRN"])
@pytest.mark.parametrize("d", [0, 1])
def test_a_deviation_fades_toward_the_bias_which_stays(found, ahead, series, d):
    """log factor of year h = bias + persistence^h * deviation of the last year + noise."""
    level_, counted = ahead
    mean, covariance = moments(found, series, d)
    now = np.log(level_[series][:, d] / level_["pooled"][:, d])
    rho, _ = fading()
    for h in range(AHEAD):
        factor, left = np.log(counted[series][:, d, h]), np.array([1, rho ** (h + 1)])
        assert factor.mean() == pytest.approx(left @ mean, abs=0.015)
        # what the last year tells of year h: all of the bias, and what is left of the deviation
        assert np.cov(now, factor)[0, 1] == pytest.approx(left @ covariance @ [1, 1], abs=0.004)


@pytest.mark.parametrize("series", ["KAZ", "IRN"])
@pytest.mark.parametrize("d", [0, 1])
def test_new_deviations_bring_the_spread_to_that_of_any_year(found, ahead, series, d):
    _, covariance = moments(found, series, d)
    rho, sd = fading()
    for h in range(AHEAD):
        left = np.array([1, rho ** (h + 1)])
        expected = left @ covariance @ left + (1 - left[1] ** 2) * sd**2
        assert np.log(ahead[1][series][:, d, h]).var() == pytest.approx(expected, rel=0.04)
    assert expected == pytest.approx(covariance[0, 0] + sd**2, rel=0.02)  # the last year is forgotten


def test_deviations_of_neighbouring_years_are_alike_and_of_the_two_countries_are_not(found, ahead):
    rho, sd = fading()
    home, partner = (np.log(ahead[1][series][:, 0]) for series in ("KAZ", "IRN"))
    _, covariance = moments(found, "KAZ", 0)
    alike = np.cov(home[:, -2], home[:, -1])[0, 1]
    assert alike == pytest.approx(covariance[0, 0] + rho * sd**2, rel=0.05)
    # year to year, only new deviations move a series, and each country's are its own
    assert np.corrcoef(np.diff(home)[:, -1], np.diff(partner)[:, -1])[0, 1] == pytest.approx(0, abs=0.03)


# --- the gap between the two reports ----------------------------------------------------------------------


def test_both_sides_of_2022_stand_in_the_gap_table(found):
    row = gap_rows(found, 2022)["gap"]
    assert (row["home_id"], row["home_usd"]) == ("tu038", pytest.approx(528e6))
    assert (row["partner_id"], row["partner_usd"]) == ("tu045", pytest.approx(320.14e6))
    assert row["q10"] == row["q50"] == row["q90"] == pytest.approx(207.86e6)


def test_every_gap_has_all_its_parts(found):
    for year in {row["year"] for row in found.gap}:
        assert set(gap_rows(found, year)) == {"gap", *GAP_PARTS}


def test_parts_add_up_to_the_gap_in_every_draw(found, turnover):
    draws = found.posterior.draws(500, np.random.default_rng(4))
    home, partner = turnover["tu038"], turnover["tu045"]
    parts = mirror._gap_parts(home, partner, (528e6, 320.14e6), draws, found.posterior, found.grid)
    assert set(parts) == set(GAP_PARTS)
    assert sum(parts.values()) == pytest.approx(np.full(500, 207.86e6))


def test_medians_of_the_parts_nearly_add_up(found):
    rows = gap_rows(found, 2022)
    assert sum(rows[part]["q50"] for part in GAP_PARTS) == pytest.approx(rows["gap"]["q50"], abs=5e6)


def test_calendar_part_is_what_the_solar_year_shifts(found, turnover):
    draws = found.posterior.draws(300, np.random.default_rng(4))
    home, partner = turnover["tu038"], turnover["tu045"]
    parts = mirror._gap_parts(home, partner, (528e6, 320.14e6), draws, found.posterior, found.grid)
    flow = np.exp(found.posterior.layout.view(draws, "flow"))
    first = season_profile(found.posterior.layout.view(draws, "season"))[:, :, 0]
    # Days to 20 March fall out of 2022 and come in from 2023.
    share = covered_quarters(partner["period_start"], partner["period_end"], found.grid)[2022 - 1996, 0]
    moved = (flow[:, :, 26] - flow[:, :, 27]) * first * (1 - share)
    assert parts["calendar"] == pytest.approx(moved.sum(axis=1), rel=0.01)


def test_valuation_part_is_freight_on_what_each_imports(found, turnover):
    draws = found.posterior.draws(20_000, np.random.default_rng(4))
    same = turnover["tu038"]
    parts = mirror._gap_parts(same, same, (2e8, 1e8), draws, found.posterior, found.grid)
    flow = np.exp(found.posterior.layout.view(draws, "flow"))[:, :, 26]
    cif = np.log1p(parts["valuation"] / (flow[:, 1] - flow[:, 0]))
    given = section("pooling")["valuation_bias"].interval
    assert np.quantile(cif, (0.1, 0.5, 0.9)) == pytest.approx((given.q10, given.q50, given.q90), abs=0.004)
    assert abs(np.corrcoef(cif, flow[:, 1])[0, 1]) < 0.03
    assert np.abs(parts["calendar"]).max() == 0
    assert np.abs(parts["scope"]).max() == 0


def test_scope_part_of_2022_is_positive_because_iran_leaves_oil_out(found):
    rows = gap_rows(found, 2022)
    assert rows["scope"]["q50"] > 0
    assert gap_rows(found, 2020)["scope"]["q90"] == 0  # both sides speak of all goods


# --- the statements ---------------------------------------------------------------------------------------


def test_import_of_a_fifth_of_a_million_fits_worst_and_keeps_no_weight(found, statements):
    row = statements["tu003", "IRN->KAZ"]
    assert row["value_usd"] == pytest.approx(2e5)
    assert row["residual"] < -20
    assert row["weight"] < 0.05
    assert any(check.name == "statement-fits-badly" and "tu003" in check.where for check in found.checks)


def test_statements_that_fit_badly_are_all_listed(found):
    bad = {
        row["id"] for row in found.statements if row["residual"] is not None and abs(row["residual"]) > 2.5
    }
    named = {check.where.split(", ")[-1] for check in found.checks if check.name == "statement-fits-badly"}
    assert bad == named
    assert len(bad) < 8


def test_every_row_is_in_the_statement_table(statements, turnover):
    assert {identity for identity, _ in statements if ":" not in identity} == set(turnover)


def test_products_that_bound_a_direction_are_in_the_statement_table(found, statements, dossier):
    bounds = [obs for obs in found.used if ":" in obs.id]
    assert {(obs.id, found.grid.directions[obs.directions[0]]) for obs in bounds} == {
        key for key in statements if ":" in key[0]
    }
    assert ("products.csv:pr067", "KAZ->IRN") in statements
    known = {f"{name}.csv:{row['id']}" for name in ("products", "markets") for row in dossier.tables[name]}
    for obs in bounds:
        row = statements[obs.id, found.grid.directions[obs.directions[0]]]
        assert obs.id in known
        assert (row["status"], row["bound"], row["left_out"]) == ("E", "at least", None)
        assert row["value_usd"] == pytest.approx(math.exp(obs.low))
        assert row["period"][:4] in {str(year) for year in range(1996, 2026)}


def test_the_status_of_a_statement_is_that_of_its_source(statements, turnover):
    statistics = {"statistics", "country note", "customs"}
    for (identity, _), row in statements.items():
        if identity in turnover:
            assert row["status"] == ("A" if turnover[identity]["source_type"] in statistics else "C")
    assert {row["status"] for row in statements.values()} == {"A", "C", "E"}


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        ("tu011", "repeats tu010"),
        ("tu036", "computed from tu038"),
        ("tu051", "computed from tu053, tu052"),
        ("tu063", "misprint; tu064 stands for it"),
        ("tu046", "speaks of one city or region, not of the pair's trade"),
        ("tu062", "speaks of whole EAEU, not of the pair's trade"),
    ],
)
def test_repeats_derived_rows_misprints_and_others_are_left_out(statements, identity, reason):
    row = statements[identity, "both"]
    assert row["left_out"] == reason
    assert row["predicted"] is None


def test_no_derived_repeated_or_misprinted_row_is_used(found, turnover):
    used = {obs.id.partition("/")[0] for obs in found.used} & set(turnover)
    for identity in used:
        row = turnover[identity]
        assert not any(row[name] for name in ("same_as", "derived_from", "superseded_by"))


def test_ministry_and_baci_count_once_for_2023(found, statements):
    assert statements["tu068", "both"]["left_out"].startswith("the same information as tu069")
    assert [obs.id for obs in found.used if obs.id.startswith("tu069")] == [
        "tu069/KAZ->IRN",
        "tu069/IRN->KAZ",
    ]


def test_iranian_customs_figures_take_the_non_oil_term(found, turnover):
    for obs in found.used:
        row = turnover.get(obs.id.partition("/")[0])
        if row is not None:
            assert obs.scope == (0 if row["scope"] == "non-oil goods" else -1)
    assert sum(obs.scope == 0 for obs in found.used) > 10


def test_rows_of_a_year_touch_it(found):
    rows = found.rows_for(2022)
    assert {"tu038", "tu045", "tu042"} <= set(rows)
    assert not {"tu002", "tu069", "tu068"} & set(rows)
    assert len(rows) == len(set(rows))


# --- what the result rests on -----------------------------------------------------------------------------


def test_2023_is_refitted_without_the_figures_that_are_not_independent(found):
    rows = [row for row in found.sensitivity if row["year"] == 2023]
    assert {row["without"] for row in rows} == {"tu069", "tu069; tu068"}
    assert {row["series"] for row in rows} == {"pooled", "KAZ", "IRN"}
    for row in rows:
        assert row["stated_usd"] == pytest.approx(301.996e6)
        assert row["covered"] == ("yes" if row["q10"] <= row["stated_usd"] <= row["q90"] else "no")


def test_2023_is_less_certain_without_them(found):
    def width(row):
        return row["q90"] / row["q10"]

    without = {(row["without"], row["series"]): width(row) for row in found.sensitivity}
    assert width(level(found, 2023, "KAZ")) < without["tu069", "KAZ"] < without["tu069; tu068", "KAZ"]


def test_the_last_year_is_refitted_without_the_product_figures(found):
    rows = [row for row in found.sensitivity if row["without"] == "product figures"]
    assert [(row["year"], row["series"]) for row in rows] == [(2025, x) for x in ("pooled", "KAZ", "IRN")]
    for row in rows:
        assert row["stated_usd"] is None
        assert row["covered"] is None
    # lower bounds can only raise what the statements say
    without = {row["series"]: row["q50"] for row in rows}
    assert level(found, 2025, "pooled")["q50"] > without["pooled"]


def test_a_statement_that_rests_on_another_outside_the_grid_is_not_refitted(dossier):
    rows = dossier.tables["turnover"]
    child = next(row for row in rows if row["rests_on"])
    earlier = replace(dossier_grid(dossier), last_year=child["period_start"].year - 1)
    assert baseline(list(rows), earlier).sensitivity.column("year") == []
    through = replace(earlier, last_year=child["period_start"].year)
    assert baseline(list(rows), through).sensitivity.column("year") == [child["period_start"].year] * 6


def test_the_bundled_statements_are_pooled_from_2024_alone(dossier):
    short = replace(dossier_grid(dossier), first_year=2024)
    assert baseline(list(dossier.tables["turnover"]), short).series == ("pooled", "KAZ", "IRN")


def test_biases_say_how_many_statements_they_rest_on(found):
    for row in found.biases:
        if row["term"] in found.grid.reporters:
            d, g = found.grid.directions.index(row["direction"]), found.grid.reporters.index(row["term"])
            assert row["statements"] == sum(obs.reporter == g and d in obs.directions for obs in found.used)
    narrow = {row["direction"]: row["statements"] for row in found.biases if "non-oil" in row["term"]}
    assert narrow == {
        direction: sum(obs.scope == 0 and d in obs.directions for obs in found.used)
        for d, direction in enumerate(found.grid.directions)
    }


# --- what is worth checking -------------------------------------------------------------------------------


def test_an_importers_report_is_expected_above_free_on_board(found):
    expected = {(row["term"], row["direction"]): row["prior"] for row in found.biases}
    cif = math.exp(section("pooling")["valuation_bias"].value)
    assert expected["KAZ", "IRN->KAZ"] == expected["IRN", "KAZ->IRN"] == pytest.approx(cif)
    assert expected["KAZ", "KAZ->IRN"] == expected["IRN", "IRN->KAZ"] == 1
    assert expected["Comtrade panel", "KAZ->IRN"] == pytest.approx(math.sqrt(cif))


def test_quarters_of_a_direction_share_out_a_year(found):
    for direction in ("KAZ->IRN", "IRN->KAZ"):
        shares = [row["q50"] for row in found.season if row["direction"] == direction]
        assert len(shares) == 4
        assert sum(shares) == pytest.approx(1, abs=0.1)


def test_drift_stays_near_its_prior(found):
    mean, sd = found.drift()
    p = section("pooling")
    assert abs(mean - p["drift_mean"].value) < 2 * p["drift_sd"].value
    assert 0 < sd <= p["drift_sd"].value


def test_no_usable_statement_is_an_error(dossier):
    with pytest.raises(DossierError, match="no usable statement of trade KAZ–IRN between 1996 and 2025"):
        baseline([], dossier_grid(dossier))
