"""Projection of a clearing: hand-computed paths, the published upper bound, the plan's stage and its section."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

import tarazu as tz
from tarazu.clearing.projection import (
    MONTHS,
    Settled,
    carry,
    lagged,
    monthly,
    project,
    upper_bound,
)
from tarazu.clearing.scheme import load_scheme
from tarazu.core.errors import SchemeError, ShapeError
from tarazu.core.parameters import all_parameters
from tarazu.planning import output
from tarazu.planning.document import build, report_html
from tarazu.planning.settlement import PLANNED, USUAL, Terms, project_pair, settlement
from tarazu.planning.settlement_terms import default_terms, terms_of, yardstick
from tarazu.planning.terminal import print_projection


def flat(there: float, back: float, years: int = 1):
    """One draw of even payments."""
    return tuple(np.full((1, MONTHS * years), usd) for usd in (there, back))


# the projection ------------------------------------------------------------------------------------------


def test_the_bound_of_2023_is_the_published_55_percent():
    assert round(float(upper_bound(83.5, 218.5)), 2) == 0.55
    assert float(upper_bound(83.5, 218.5)) == pytest.approx(167 / 302)


def test_a_bound_of_nothing_is_unknown_and_not_zero():
    assert np.isnan(upper_bound(0.0, 0.0))
    assert np.isnan(project(*flat(0, 0)).netted_overall()).all()


def test_a_one_sided_flow_is_all_residual():
    found = project(*flat(10, 0, years=2), swing=(30, 30))
    assert found.bound.tolist() == [[0, 0]]
    assert found.netted_overall() == pytest.approx(0)
    assert found.imbalance.tolist() == [[120, 120]]
    assert found.convertible().tolist() == [[90, 120]]  # the swing is filled once and never comes back
    assert found.credit(Settled.NEVER)[0, :, 0].tolist() == [120, 240]
    assert found.credit(Settled.EVENLY).max() == pytest.approx(0)  # nothing of it is timing


def test_seasons_that_even_out_need_credit_and_no_convertible_currency():
    exports, imports = np.zeros((1, 12)), np.zeros((1, 12))
    exports[0, :6], imports[0, 6:] = 10, 10
    without, bridged = project(exports, imports), project(exports, imports, swing=(60, 0))
    assert without.bound.tolist() == [[1]]
    assert without.netted_overall(swing=False) == pytest.approx(0)
    assert bridged.netted_overall() == pytest.approx(1)
    assert bridged.convertible().tolist() == [[0]]
    for settled in (Settled.EVENLY, Settled.AT_YEAR_END, Settled.NEVER):
        assert bridged.credit(settled)[0, 0].tolist() == [60, 0]


def test_structure_and_timing_are_told_apart():
    """Exports of 20 in the first half year against imports of 5 a month: imbalance 60, timing 30 after June."""
    exports, imports = np.zeros((1, 12)), np.full((1, 12), 5.0)
    exports[0, :6] = 20
    found = project(exports, imports)
    assert found.imbalance.tolist() == [[60]]
    assert found.credit(Settled.EVENLY)[0, 0].tolist() == [60, 0]
    assert found.credit(Settled.AT_YEAR_END)[0, 0].tolist() == [90, 0]
    assert found.path(Settled.EVENLY)[0, -1] == pytest.approx(0)


def test_a_close_settles_what_exceeds_the_limits_and_no_more():
    net = np.array([[7.0, 5.0, -20.0, -4.0, 0.0, 0.0]])
    found = carry(net, cycle=2, limits=(10.0, 3.0))
    assert found.position.tolist() == [[7, 10, -10, -3, -3, -3]]
    assert found.convertible.tolist() == [[0, 2, 0, -11, 0, 0]]


def test_a_share_of_the_balance_is_settled_before_the_limit_is_looked_at():
    found = carry(np.array([[40.0, 0.0]]), cycle=1, limits=(15.0, 15.0), settle_share=0.5)
    assert found.convertible.tolist() == [[25, 7.5]]
    assert found.position.tolist() == [[15, 7.5]]
    whole = project(*flat(9, 4), swing=(None, None), settle_share=1.0)
    assert np.array_equal(whole.with_swing.position, whole.without_swing.position)


def test_no_limit_settles_nothing():
    found = project(*flat(9, 4), swing=(None, None))
    assert not found.with_swing.convertible.any()
    assert np.array_equal(found.with_swing.position, found.unsettled)


def test_goods_that_pay_off_credit_of_an_earlier_year_count_in_the_later_one():
    exports = np.concatenate([np.full((1, 12), 1.0), np.zeros((1, 12))], axis=1)
    imports = exports[:, ::-1]
    found = project(exports, imports, swing=(12, 12))
    assert found.matched().tolist() == [[0, 24]]
    assert found.netted().tolist() == [[0, 2]]
    assert found.netted_overall().tolist() == [1]


def test_only_the_share_that_passes_through_it_is_looked_at():
    found = project(*flat(10, 4), share=np.array([0.25]))
    assert found.payments.tolist() == [[42]]
    assert found.bound[0, 0] == pytest.approx(float(upper_bound(10, 4)))


def test_a_whole_lag_shifts_the_months_and_half_a_month_shares_them():
    flows = np.arange(1.0, 25.0)[None, :]
    assert lagged(flows, np.array([2.0]))[0].tolist() == [11.0, 12.0, *range(1, 23)]
    half = lagged(flows, np.array([0.5]))[0]
    assert half[1:].tolist() == [m + 0.5 for m in range(1, 24)]
    assert lagged(flows, np.array([0.0]))[0].tolist() == flows[0].tolist()


def test_months_follow_the_season_and_vary_as_they_are_told():
    rng = np.random.default_rng(4)
    n = 20_000
    season = np.tile([0.4, 0.3, 0.2, 0.1], (n, 1))
    drawn = monthly(np.full((n, 1), 12.0), season, np.full(n, 0.4), rng)
    assert drawn.sum(axis=1) == pytest.approx(12.0)
    assert drawn.mean(axis=0) == pytest.approx(np.repeat([1.6, 1.2, 0.8, 0.4], 3), rel=0.03)
    even = monthly(np.full((n, 1), 12.0), np.full((n, 4), 0.25), np.full(n, 0.4), rng)
    assert even.std(axis=0) == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ({"cycle": 0}, "cycle: expected a whole number"),
        ({"cycle": 1.5}, "cycle: expected a whole number"),
        ({"swing": (-1, 0)}, "swing: expected two amounts"),
        ({"swing": (0, float("nan"))}, "swing: expected two amounts"),
        ({"share": 1.2}, "share: expected shares from 0 to 1"),
        ({"settle_share": -0.1}, "settle_share: expected shares"),
    ],
)
def test_terms_that_cannot_be_used_are_refused_in_words(terms, word):
    with pytest.raises(SchemeError, match=word):
        project(*flat(1, 1), **terms)


def test_flows_that_cannot_be_used_are_refused():
    good, short = flat(1, 1)[0], np.ones((1, 7))
    with pytest.raises(ShapeError):
        project(good, short)
    with pytest.raises(ShapeError, match="whole years"):
        project(short, short)
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(SchemeError, match="imports: expected amounts from 0"):
            project(good, np.full((1, 12), bad))


# the stage of the plan -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan():
    return tz.plan("kaz-irn", draws=300, seed=5)


@pytest.fixture(scope="module")
def found(plan):
    return plan.settlement


def test_flows_of_both_directions_are_those_of_the_plan(plan):
    s, q = plan.simulation, plan.question
    planned, usual = s.both_ways
    n = s.first.n
    assert planned.sum(axis=2) == pytest.approx(s.plan["pooled", q.regime][:n], rel=1e-9)
    assert usual.sum(axis=2) == pytest.approx(s.usual["pooled", q.regime][:n], rel=1e-9)


def test_payments_of_a_year_are_the_cleared_share_of_trade(plan, found):
    """The lag moves payments from one year to the next, so that only the sum of the years is near."""
    planned = plan.simulation.both_ways[0].sum(axis=2)
    start = len(plan.given.years) - len(found.years)
    cleared = (planned[:, start:] * found.share[:, None]).sum(axis=1)
    assert np.median(found.main.payments.sum(axis=1) / cleared) == pytest.approx(1, abs=0.1)


def test_the_clearing_opens_in_the_first_full_year_of_the_measure_that_acts_on_payments(found):
    assert found.opened_by.id == "clearing"
    assert found.years == (2028, 2029, 2030, 2031)
    assert list(found.scenarios) == [PLANNED, USUAL]


def test_netting_stays_below_its_bound_and_grows_with_the_swing(found):
    for projection in found.scenarios.values():
        total = upper_bound(projection.exports.sum(axis=1), projection.imports.sum(axis=1))
        without, with_swing = projection.netted_overall(swing=False), projection.netted_overall()
        assert (with_swing <= total + 1e-9).all()
        assert (without <= with_swing + 1e-9).all()
        assert with_swing.mean() > without.mean() + 0.01


def test_more_draws_take_more_credit_and_so_does_waiting_of_the_side_in_surplus(found):
    rows = {(r["settled"], r["level"]): r for r in found.swing if r["scenario"] == PLANNED}
    assert len(rows) == 12
    for side in ("home_usd", "partner_usd", "either_usd"):
        for settled in Settled:
            assert rows[settled, 0.5][side] <= rows[settled, 0.8][side] <= rows[settled, 0.95][side]
    for level in (0.5, 0.8, 0.95):
        waiting = [
            rows[settled, level]["home_usd"]
            for settled in (Settled.EVENLY, Settled.AT_YEAR_END, Settled.NEVER)
        ]
        assert waiting == sorted(waiting)
        for level in (0.5, 0.8, 0.95):
            assert rows[Settled.AT_YEAR_END, level][side] <= rows[Settled.NEVER, level][side] * 1.0001


def test_the_yardstick_is_a_fifth_of_the_mean_payments_of_three_years(plan):
    pooled = [
        r["q50"] for r in plan.baseline.table if (r["series"], r["direction"]) == ("pooled", "KAZ->IRN")
    ]
    terms = yardstick(plan.baseline)
    assert terms.home_usd == pytest.approx(0.2 * 0.3 * np.mean(pooled[-3:]))
    assert terms.cycle_months == 2


def test_terms_that_are_given_are_used(plan):
    terms = Terms(1, None, None, "a test")
    other = settlement(plan, terms)
    assert not other.main.convertible().any()
    assert other.to_dict()["terms"]["swing_home_usd"] is None
    assert np.array_equal(other.main.exports, plan.settlement.main.exports)


def test_terms_of_a_scheme_are_those_it_states_in_dollars():
    scheme = load_scheme("kaz-irn")
    terms = terms_of(scheme, "KAZ", "IRN")
    assert terms.home_usd == scheme.member("IRN").swing_limit / 100  # what Iran may owe, Kazakhstan extends
    assert terms.partner_usd == scheme.member("KAZ").swing_limit / 100
    assert terms.settle_share == float(scheme.settle_share)
    assert terms.cycle_months == 1
    assert terms.scheme == "kaz-irn"
    with pytest.raises(SchemeError, match="Name a scheme in USD"):
        terms_of(replace(scheme, unit="EUR"), "KAZ", "IRN")
    with pytest.raises(SchemeError, match="is no member"):
        terms_of(scheme, "KAZ", "UZB")


def test_a_plan_takes_the_terms_of_the_scheme_that_is_named_as_its_dossier(plan, found):
    assert found.terms == default_terms(plan) == terms_of(load_scheme("kaz-irn"), "KAZ", "IRN")
    assert "schemes/kaz-irn.toml" in plan.explain("clearing.netted.2030").rows


def test_balancing_goods_are_of_the_weaker_direction_and_stay_within_their_potential(plan, found):
    flows = (found.main.exports, found.main.imports)
    weaker = int(np.median(flows[0][:, 24:36].sum(1)) > np.median(flows[1][:, 24:36].sum(1)))
    assert found.goods
    grown = np.exp(plan.simulation.first.market_growth[:, plan.setting.year])
    for good in found.goods:
        k = next(i for i, line in enumerate(plan.simulation.first.lines) if line.id == good.id)
        line = plan.simulation.first.lines[k]
        assert line.direction == weaker
        reached = plan.simulation.product_flows[k] + good.extra
        assert (
            reached <= np.maximum(line.limit * grown, plan.simulation.product_flows[k]) * (1 + 1e-9)
        ).all()
        assert (np.abs(good.residual_less) <= good.extra * found.share * (1 + 1e-9) + 1e-6).all()


def test_a_pair_without_a_dossier_is_projected_at_the_level_of_totals():
    found = project_pair(("UZB", "KAZ"), 10e9, 2030, draws=200)
    assert found.years == (2028, 2029, 2030, 2031)
    assert list(found.scenarios) == [USUAL]
    assert not len(found.balancing)
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_same_seed_gives_the_same_projection_and_another_another(plan):
    assert settlement(plan).to_dict() == plan.settlement.to_dict()
    other = project_pair("kaz-irn", draws=300, seed=6)
    assert other.to_dict()["years"] != plan.settlement.to_dict()["years"]


def one_sided(found):
    """The same draws with hardly anything in return."""
    projection = project(found.main.exports, found.main.imports * 1e-3)
    return replace(found, scenarios={PLANNED: projection})


def test_a_one_sided_flow_is_said_first_and_is_a_check(found):
    assert not found.one_sided
    assert found.checks == ()
    other = one_sided(found)
    (check,) = other.checks
    assert check.name == "one-sided-flow"
    assert other.sentence().startswith("One-sided: of the payments through a clearing in 2030, over 99%")


# what is written -----------------------------------------------------------------------------------------


def test_the_section_says_the_residual_first_and_that_nothing_is_lawful_yet(plan):
    (section,) = [s for s in build(plan).sections if s.id == "payments"]
    assert section.paragraphs[0].startswith(plan.settlement.sentence())
    assert "not the legal authority" in section.paragraphs[-1]
    assert "screening" in section.paragraphs[-1]
    assert [figure.kind for figure in section.figures] == ["position", "position"]
    assert [listing.table.name for listing in section.listings] == [
        "clearing_credit",
        "clearing",
        "clearing_balancing",
    ]


def test_the_page_shows_the_section(plan):
    page = report_html(plan, figures=False)
    assert "How it would be paid" in page
    assert "clearing.residual.2030" in page


def test_json_and_tables_say_the_same(plan):
    data = json.loads(output.json_text(plan.to_dict()))["clearing"]
    texts = output.csv_texts(plan)
    for key, name in (
        ("years", "clearing"),
        ("swing", "clearing_swing"),
        ("position", "clearing_position"),
        ("balancing", "clearing_balancing"),
    ):
        rows = list(csv.DictReader(io.StringIO(texts[f"{name}.csv"], newline="")))
        assert len(rows) == len(data[key]) > 0
        assert list(rows[0]) == list(data[key][0])
    units = {
        (r["table"], r["column"]): r["unit"]
        for r in csv.DictReader(io.StringIO(texts["columns.csv"], newline=""))
    }
    assert units["clearing", "residual_q50"] == units["clearing_swing", "home_usd"] == "USD"
    assert units["clearing", "netted_q50"] == "share"


def test_figures_are_explained_with_the_values_of_the_tables(plan):
    netted = plan.explain("clearing.netted.2030").values
    residual = plan.explain("clearing.residual.2030").values
    swing = plan.explain("clearing.swing.80").values
    for row in plan.settlement.table:
        if row["year"] == 2030:
            assert netted[f"netted_swing_q50, {row['scenario']}"] == row["netted_swing_q50"]
            assert residual[f"residual_q50, {row['scenario']}"] == row["residual_q50"]
    (row,) = [
        r
        for r in plan.settlement.swing
        if (r["scenario"], r["settled"], r["level"]) == (PLANNED, Settled.EVENLY.value, 0.8)
    ]
    assert swing[f"home_usd, settled {Settled.EVENLY.value}, {PLANNED}"] == row["home_usd"]


def test_parameters_of_the_projection_are_among_all(plan):
    ids = {parameter.id for parameter in all_parameters()}
    assert {"projection.share_cleared", "projection.payment_lag", "projection.swing_share"} <= ids
    assert plan.explain("parameter.projection.share_cleared").values["value"] == 0.3


def test_the_projection_is_printed(found, capsys):
    print_projection(found)
    text = capsys.readouterr().out
    assert "find no match" in text
    assert "legal authority" in text
    assert "evenly through the year" in text
