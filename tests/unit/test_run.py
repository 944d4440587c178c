"""Draws through the chain: seeds, blocks, bundles, regimes, frontier and back-solve of the bundled dossier."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import tarazu as tz
from tarazu.core.errors import TargetError
from tarazu.planning import prepare, run
from tarazu.planning.attribution import bundle_turnovers
from tarazu.planning.frontier import FEW_HITS
from tarazu.planning.run import Question, simulate
from tarazu.planning.turnover import (
    Acting,
    Setting,
    coefficients,
    line_flow,
    turnover,
    usual_flows,
    usual_turnover,
)
from tarazu.policy.response import outside, respond

TARGET, BY, SERIES, REGIME = 1e9, 2030, "KAZ", "as-last-year"  # a target that draws do reach


@pytest.fixture(scope="module")
def given():
    dossier = tz.load("kaz-irn")
    prepared = prepare.from_dossier(dossier)
    return prepare.ingredients(prepared, dossier, range(2026, 2032), SERIES, dossier.measures)


@pytest.fixture(scope="module")
def plan():
    return tz.plan("kaz-irn", target=TARGET, by=BY, draws=400, seed=7)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(run, "ATTRIBUTION_DRAWS", 100)
    monkeypatch.setattr(run, "BLOCK_DRAWS", 100)


def simulated(given, draws=100, seed=1, regime=REGIME):
    return simulate(given, Question(TARGET, BY, SERIES, regime, (TARGET,), draws, seed))


def test_the_same_seed_gives_the_same_plan_and_another_another(given, small_blocks):
    one, again, other = (simulated(given, seed=seed) for seed in (1, 1, 2))
    key = (SERIES, REGIME)
    assert np.array_equal(one.plan[key], again.plan[key])
    assert np.array_equal(one.attribution.contribution, again.attribution.contribution)
    assert not np.array_equal(one.plan[key], other.plan[key])


def test_further_draws_leave_the_first_ones_as_they_were(given, small_blocks):
    short, long = simulated(given, 200), simulated(given, 350)
    for key, values in short.plan.items():
        assert np.array_equal(values, long.plan[key][:200], equal_nan=True)
    assert long.plan[SERIES, REGIME].shape == (350, 6)
    assert np.array_equal(short.attribution.contribution, long.attribution.contribution)


def test_blocks_do_not_repeat_one_another(given, small_blocks):
    drawn = simulated(given, 300).plan[SERIES, REGIME][:, 4]
    assert len(np.unique(drawn)) == 300


def test_the_size_of_blocks_does_not_move_the_distribution(given, monkeypatch):
    monkeypatch.setattr(run, "ATTRIBUTION_DRAWS", 100)
    found = []
    for size in (100, 2000):
        monkeypatch.setattr(run, "BLOCK_DRAWS", size)
        turnovers = simulated(given, 1200).plan[SERIES, REGIME][:, 4]
        found.append(np.quantile(turnovers, (0.1, 0.5, 0.9)))
    assert found[0] == pytest.approx(found[1], rel=0.1)


@pytest.mark.parametrize("draws", [0, 99, -1, 1_000_001, 10**9])
def test_too_few_or_too_many_draws_are_refused(given, draws):
    with pytest.raises(TargetError, match="draws"):
        simulated(given, draws)


def test_progress_is_told_to_the_end(given, small_blocks):
    told = []
    question = Question(TARGET, BY, SERIES, REGIME, (TARGET,), 250, 1)
    simulate(given, question, lambda *step: told.append(step))
    assert told == [("draws", 100, 250), ("draws", 200, 250), ("draws", 250, 250)]


def test_probability_falls_with_the_threshold(plan):
    thresholds = np.geomspace(1e7, 1e10, 40)
    chances = [plan.simulation.probability(t, BY, SERIES, REGIME) for t in thresholds]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == 1
    assert chances[-1] < 0.05


def test_probability_is_the_share_of_draws_of_that_calendar_year(plan):
    turnovers = plan.simulation.plan[SERIES, REGIME][:, plan.given.years.index(BY)]
    assert plan.probability == (turnovers >= TARGET).mean()
    assert 0 < plan.probability_business_as_usual <= plan.probability < 1


def test_the_table_holds_every_threshold_series_year_and_regime(plan):
    rows = list(plan.table)
    assert {r["threshold_usd"] for r in rows} == {1e9, 2e9, 3e9, 5e9, 1e10}
    assert {r["series"] for r in rows} == {"KAZ", "pooled"}
    assert {r["year"] for r in rows} == {2029, 2030, 2031}
    assert {r["regime"] for r in rows if r["year"] == BY} == {r.id for r in plan.given.regimes}
    assert {r["regime"] for r in rows if r["year"] != BY} == {REGIME}
    (asked,) = [
        r
        for r in rows
        if (r["threshold_usd"], r["year"], r["series"], r["regime"]) == (TARGET, BY, SERIES, REGIME)
    ]
    assert asked["p"] == plan.probability
    assert asked["p_business_as_usual"] == plan.probability_business_as_usual


def test_no_change_of_the_bundle_equals_the_direct_computation(plan):
    fresh, measures = plan.simulation.fresh, plan.given.measures
    share = coefficients(fresh, measures, [1.0] * len(measures), BY, plan.base_year, REGIME)
    direct = turnover(fresh, plan.setting, share, SERIES)
    again = plan.with_measures({})
    assert (again.q10, again.q50, again.q90) == pytest.approx(np.quantile(direct, (0.1, 0.5, 0.9)), rel=1e-12)
    assert again.probability == (direct >= TARGET).mean()
    assert again.draws == fresh.n
    assert set(again.bundle.values()) == {1.0}


def test_all_measures_off_is_business_as_usual(plan):
    off = plan.with_measures(dict.fromkeys((m.id for m in plan.given.measures), False))
    usual = usual_turnover(plan.simulation.fresh, plan.setting.year, SERIES, REGIME)
    assert (off.q10, off.q50, off.q90) == pytest.approx(np.quantile(usual, (0.1, 0.5, 0.9)), rel=1e-12)


def test_half_a_measure_brings_part_of_it(plan):
    none, half, full = (plan.with_measures({"grain-agreement": x}).q50 for x in (0, 0.5, 1))
    assert none < half < full


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_strength_outside_nothing_to_all_is_refused(plan, strength):
    with pytest.raises(TargetError, match="fta: expected a strength from 0 to 1"):
        plan.with_measures({"fta": strength})


def test_an_unknown_measure_is_refused_with_those_that_are_known(plan):
    with pytest.raises(TargetError, match=r'"visas" is no measure.*certificates'):
        plan.with_measures({"visas": True})


def test_a_negative_seed_is_refused(given):
    with pytest.raises(TargetError, match="seed"):
        simulated(given, seed=-1)


def test_measures_that_may_fail_bring_no_more_and_overlap_takes_off(plan):
    s, at = plan.simulation, plan.given.years.index(BY)
    full, usual = (which[SERIES, REGIME][:, at].mean() for which in (s.plan, s.usual))
    assert usual < s.with_failures.mean() < full < s.without_overlap.mean()


def test_the_range_spans_readings_both_series_and_the_sampling_error(plan):
    variants = plan.probability_variants
    assert variants["no measure"] == plan.probability_business_as_usual
    readings = [p for name, p in variants.items() if name != "no measure"]
    assert readings[0] == plan.probability
    pooled = plan.simulation.probability(TARGET, BY, "pooled", REGIME)
    low, high = min(*readings, pooled), max(*readings, pooled)
    errors = [norm.ppf(0.9) * np.sqrt(p * (1 - p) / 400) for p in (low, high)]
    assert plan.probability_range == pytest.approx((low - errors[0], high + errors[1]))
    assert high >= variants["without taking off what business as usual already contains"] > plan.probability


def test_the_range_stays_between_never_and_always(far):
    low, high = far.probability_range
    assert low >= 0
    assert high <= 1


def test_measures_not_yet_begun_bring_nothing(plan):
    """In 2026 only measures that started by then act."""
    share = coefficients(plan.simulation.first, plan.given.measures, [1.0] * 12, 2026, plan.base_year, REGIME)
    for measure, row in zip(plan.given.measures, share, strict=True):
        assert row.any() == (measure.start < 2026.5)
        assert (row <= measure.weight(2026, plan.base_year) + 1e-12).all()


def test_each_year_meets_the_measures_at_their_phase_of_that_year(plan):
    first, measures = plan.simulation.first, plan.given.measures
    for h, year in enumerate(plan.given.years):
        share = coefficients(first, measures, [1.0] * 12, year, plan.base_year, REGIME)
        direct = turnover(first, Setting(h, REGIME), share, SERIES)
        assert plan.simulation.plan[SERIES, REGIME][: first.n, h] == pytest.approx(direct, rel=1e-12)


@pytest.mark.parametrize(("series", "at_customs"), [("pooled", (0, 0)), ("KAZ", (0, 1)), ("IRN", (1, 0))])
def test_a_country_counts_exports_free_on_board_and_imports_at_customs(plan, series, at_customs):
    """Freight falls by 5%: what is free on board grows by more than what is valued with the freight."""
    block = plan.simulation.first
    usual = usual_flows(block, plan.setting.year, REGIME)
    for k, line in enumerate(block.lines):
        open_ = replace(line, limit=np.full(block.n, np.inf))
        before, after = (
            line_flow(block, open_, plan.setting, usual[k], of_cost(line, block.n, cut)).counted(series)
            for cut in (0.0, np.log(0.95))
        )
        acting = of_cost(line, block.n, np.log(0.95))
        hats = respond(line.market, acting.own, acting.money, acting.tariff, acting.others)
        expected = hats.customs if at_customs[line.direction] else hats.free_on_board
        assert after / before == pytest.approx(expected, rel=1e-9)


def of_cost(line, n, cut):
    """A cut of every part of the delivery cost and nothing else."""
    none, change = np.zeros(n), np.full(n, cut)
    rest = outside(line.market, np.zeros_like(line.market.rival_share))
    return Acting(change, change, none, rest, none, none)


def test_contributions_add_up_to_plan_less_business_as_usual(plan):
    s, at = plan.simulation, plan.given.years.index(BY)
    n = s.first.n
    whole = s.plan[SERIES, REGIME][:n, at] - s.usual[SERIES, REGIME][:n, at]
    assert s.attribution.contribution.sum(axis=0) == pytest.approx(whole, rel=1e-9, abs=1.0)
    assert sum(plan.attribution.column("mean")) == pytest.approx(whole.mean(), rel=1e-9)
    assert s.product_flows.sum(axis=0) == pytest.approx(s.plan["pooled", REGIME][:n, at], rel=1e-12)


def test_the_last_year_is_taken_as_it_was(plan):
    for line in plan.simulation.first.lines:
        assert (line.regime[REGIME] == 1).all()


def test_tighter_sanctions_lower_turnover_with_and_without_measures(plan):
    s, at = plan.simulation, plan.given.years.index(BY)
    for which in (s.plan, s.usual):
        assert which[SERIES, "sanctions-tightened"][:, at].mean() < which[SERIES, REGIME][:, at].mean()
    assert np.isnan(s.plan[SERIES, "conflict"][:, at - 1]).all()


def test_under_another_regime_the_luck_is_the_same(given, small_blocks):
    calm, tight = (simulated(given, regime=name) for name in (REGIME, "sanctions-tightened"))
    key, at = (SERIES, "sanctions-tightened"), given.years.index(BY)
    assert np.array_equal(tight.plan[key][:, at], calm.plan[key][:, at])
    assert not np.isnan(tight.plan[key]).any()


def test_shares_of_a_market_leave_room_for_the_rest(plan):
    for line in plan.simulation.first.lines:
        assert (line.market.own_share + line.market.rival_share.sum(axis=0) <= 1 + 1e-9).all()


def chosen_by(plan, target=TARGET):
    """Chance and mean turnover of a row's bundle on the draws that it was chosen by."""
    first, measures = plan.simulation.first, plan.given.measures

    def score(bundle):
        inside = bundle.split("; ")
        strength = [float(m.id in inside) for m in measures]
        share = coefficients(first, measures, strength, BY, plan.base_year, REGIME)
        reached = turnover(first, plan.setting, share, SERIES)
        return (reached >= target).mean(), reached.mean()

    return score


def test_frontier_names_the_best_bundle_of_each_size(plan):
    rows = [r for r in plan.frontier if r["by"] == "number"]
    assert [r["measures"] for r in rows] == list(range(13))
    assert [r["bundle"].count("; ") + 1 for r in rows[1:]] == list(range(1, 13))
    score = chosen_by(plan)
    single = [score(m.id) for m in plan.given.measures]
    assert score(rows[1]["bundle"])[0] == max(single)[0]
    assert score(rows[1]["bundle"])[1] == pytest.approx(max(single)[1], rel=1e-6)
    chances = [score(r["bundle"])[0] for r in rows]
    assert chances == sorted(chances)


def test_the_frontier_shows_no_chance_by_the_draws_that_chose_it(plan):
    columns = [column.name for column in plan.frontier.columns]
    assert "probability" not in columns
    assert "probability_fresh" in columns


def test_bundles_of_the_frontier_are_scored_again_on_fresh_draws(plan):
    for row in plan.frontier:
        inside = set(row["bundle"].split("; "))
        again = plan.with_measures({m.id: m.id in inside for m in plan.given.measures})
        assert row["probability_fresh"] == pytest.approx(again.probability)
        assert row["turnover_q50"] == pytest.approx(again.q50)


def test_a_cost_that_nobody_states_is_unknown_and_not_zero(plan):
    stated = {m.id: m.cost is not None for m in plan.given.measures}
    for row in plan.frontier:
        inside = [m for m in row["bundle"].split("; ") if m]
        unknown = [m for m in inside if not stated[m]]
        assert row["unknown_costs"] == "; ".join(unknown)
        assert (row["cost_q50"] is None) == (bool(inside) and len(unknown) == len(inside))
        assert row["by"] == "number" or not unknown


def test_consent_of_a_bundle_is_that_of_its_measures(plan):
    consent = {m.id: set(m.consent) for m in plan.given.measures}
    for row in plan.frontier:
        named = set(filter(None, row["consent"].split("; ")))
        assert named == set().union(*(consent[m] for m in row["bundle"].split("; ") if m))


def test_back_solve_says_what_is_missing_and_the_least_cut_that_would_do(plan):
    plan = replace(plan, question=replace(plan.question, target_usd=3e9))
    reached = plan.simulation.plan[SERIES, REGIME][:, 4]
    block, measures = plan.simulation.first, plan.given.measures
    share = coefficients(block, measures, [1.0] * 12, BY, plan.base_year, REGIME)
    for row in plan.back_solve:
        missing = 3e9 - np.quantile(reached, 1 - row["probability"])
        assert row["missing_usd"] == pytest.approx(missing)
        assert row["missing_kt"] == pytest.approx(missing / row["value_per_tonne"] / 1e3)
        chances = [
            (turnover(block, Setting(4, REGIME, -np.log(1 - cut)), share, SERIES) >= 3e9).mean()
            for cut in (row["further_cut"], row["further_cut"] - 0.02)
        ]
        assert chances[0] >= row["probability"] > chances[1]


def test_path_leads_from_the_last_year_to_the_target(plan):
    rows = list(plan.path)
    assert [r["year"] for r in rows] == list(range(2026, 2032))
    needed = [r["needed"] for r in rows[:5]]
    assert needed[-1] == pytest.approx(TARGET)
    assert np.diff(np.log(needed)) == pytest.approx(
        np.full(4, np.log1p(plan.needed_growth_percent / 100)), rel=1e-6
    )
    for row in rows:
        assert row["usual_q10"] < row["usual_q50"] < row["usual_q90"]
        assert row["plan_q50"] >= row["usual_q50"]


def test_milestones_are_read_from_the_draws_that_reach_the_target(plan):
    reached = plan.simulation.plan[SERIES, REGIME]
    hits = reached[:, 4] >= TARGET
    assert hits.sum() > 50
    for h, row in enumerate(plan.path):
        assert row["milestone_n"] == hits.sum()
        if row["year"] < BY:
            assert (reached[hits, h] >= row["milestone"]).mean() == pytest.approx(0.9, abs=0.01)


@pytest.fixture
def one_sided(tmp_path):
    """The bundled dossier as if the home country gave no statistics of its own: many pairs are like that."""
    folder = Path(shutil.copytree(Path(tz.__file__).parent / "data" / "kaz-irn", tmp_path / "one-sided"))
    toml = folder / "partnership.toml"
    text = toml.read_text(encoding="utf-8").replace('series = "KAZ"', 'series = "IRN"')
    head, tail = text.split('id = "KAZ"', 1)
    text = head + 'id = "KAZ press"' + tail.replace('own = "home"', 'own = "none"', 1)
    toml.write_text(text, encoding="utf-8")
    with (folder / "turnover.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["reporter_group"] = row["reporter_group"].replace("KAZ", "KAZ press")
    with (folder / "turnover.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_a_pair_of_which_one_country_reports_is_planned_in_that_countrys_series(one_sided):
    plan = tz.plan(one_sided, target=TARGET, draws=100)
    assert plan.question.series == "IRN"
    assert plan.baseline.series == ("pooled", "IRN")


def test_imports_of_the_only_country_that_reports_count_at_customs_value(one_sided):
    plan = tz.plan(one_sided, target=TARGET, draws=100)
    block = plan.simulation.first
    assert set(block.counted) == {"pooled", "IRN"}
    usual = usual_flows(block, plan.setting.year, REGIME)
    for k, line in enumerate(block.lines):
        reached = line_flow(block, line, plan.setting, usual[k], of_cost(line, block.n, np.log(0.95)))
        factor = block.counted["IRN"][:, line.direction, plan.setting.year]
        at_customs = reached.at_customs if line.direction == 0 else 1.0
        assert reached.counted("IRN") == pytest.approx(reached.sold * factor * at_customs)
        assert (reached.at_customs < 1).all()


def test_at_its_limit_an_import_gets_cheaper_by_the_freight_that_is_saved(plan):
    """Free on board the flow stays at its limit, so its value at customs falls with the freight."""
    block = plan.simulation.first
    k, found = next(
        (k, line)
        for k, line in enumerate(block.lines)
        if line.direction == 1 and np.isfinite(line.limit).all()
    )
    full = replace(found, limit=np.zeros(block.n), room=np.zeros(block.n))
    usual = usual_flows(block, plan.setting.year, REGIME)[k]
    before, after = (
        line_flow(block, full, plan.setting, usual, of_cost(full, block.n, cut))
        for cut in (0.0, np.log(0.95))
    )
    assert after.counted("pooled") == pytest.approx(before.counted("pooled"))
    assert after.counted(SERIES) == pytest.approx(0.95 * before.counted(SERIES))


def test_a_product_of_the_bundled_pair_is_outgrown_and_the_total_is_not(plan):
    """Capping is at work in the bundled dossier, and leaves each direction its growth."""
    block, year = plan.simulation.first, plan.setting.year
    usual = usual_flows(block, year, REGIME)
    free = np.array([line.base * line.regime[REGIME] for line in block.lines]) * np.exp(block.growth[:, year])
    direction = np.array([line.direction for line in block.lines])
    assert (usual < 0.9 * free).any()
    for d in (0, 1):
        assert usual[direction == d].sum(axis=0) == pytest.approx(free[direction == d].sum(axis=0))


def test_draws_of_the_base_year_are_those_of_the_baseline(plan):
    """Lines and other goods add up to the pooled level, and a series counts it by its own factor."""
    block = plan.simulation.first
    for d in (0, 1):
        base = sum(line.base for line in block.lines if line.direction == d)
        assert base == pytest.approx(block.level["pooled"][:, d], rel=1e-9)
    assert block.ends == ("KAZ", "IRN")
    for series in ("pooled", "KAZ", "IRN"):
        assert block.counted[series].shape == (block.n, 2, len(plan.given.years))
    assert (block.counted["pooled"] == 1).all()
    assert ((block.slack >= 0) & (block.slack <= 1)).all()


def test_along_the_cost_frontier_a_dearer_bundle_does_better(plan):
    rows = [row for row in plan.frontier if row["by"] == "cost"]
    assert len(rows) > 5
    costs = [row["cost_q50"] for row in rows]
    assert costs == sorted(costs)
    scores = [chosen_by(plan)(row["bundle"]) for row in rows]
    chances, means = zip(*scores, strict=True)
    assert list(chances) == sorted(chances)
    assert list(means) == sorted(means)


@pytest.fixture(scope="module")
def far(plan):
    """The same draws asked for a target that none of them reaches, whatever is undertaken."""
    drawn = (plan.simulation.plan[SERIES, REGIME][:, 4], plan.simulation.without_overlap)
    target = 1.5 * float(max(values.max() for values in drawn))
    return replace(plan, question=replace(plan.question, target_usd=target, thresholds=(target,)))


def every_bundle(plan):
    """Mean turnover of every bundle, by the bits of its number, and how many measures are in it."""
    found, count = plan.simulation.attribution, len(plan.given.measures)
    means = bundle_turnovers(plan.simulation.first, found, count).mean(axis=1)
    return means, np.array([number.bit_count() for number in range(1 << count)])


def best_by_mean(plan):
    """Whether every row by number is the bundle of that size with the largest mean turnover."""
    means, sizes = every_bundle(plan)
    number = {m.id: 1 << i for i, m in enumerate(plan.given.measures)}
    for row in (r for r in plan.frontier if r["by"] == "number"):
        own = means[sum(number[m] for m in row["bundle"].split("; ") if m)]
        if own < means[sizes == row["measures"]].max() * (1 - 1e-6):
            return False
    return True


def test_where_no_draw_reaches_the_target_bundles_are_ranked_by_mean_turnover(far):
    assert not (far.simulation.attribution.with_all >= far.question.target_usd).any()
    assert best_by_mean(far)


def test_where_few_draws_reach_the_target_bundles_are_ranked_by_mean_turnover(plan):
    ranked = []
    for hits in (3, 8, 15):
        target = float(np.sort(plan.simulation.attribution.with_all)[-hits])
        question = replace(plan.question, target_usd=target, thresholds=(target,))
        ranked.append(best_by_mean(replace(plan, question=question)))
    assert all(ranked)


def test_where_many_draws_reach_the_target_bundles_are_ranked_by_their_chance(plan):
    assert (plan.simulation.attribution.with_all >= TARGET).sum() >= FEW_HITS
    found, first = plan.simulation.attribution, plan.simulation.first
    chances = (bundle_turnovers(first, found, 12) >= TARGET).mean(axis=1)
    _, sizes = every_bundle(plan)
    score = chosen_by(plan)
    for row in (r for r in plan.frontier if r["by"] == "number"):
        best = chances[sizes == row["measures"]].max()
        assert score(row["bundle"])[0] == pytest.approx(best, abs=1 / first.n)  # a draw on the very edge
