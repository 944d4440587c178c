"""What a plan says of itself: findings, evidence, measures it cannot compute, the series of its figures."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tarazu as tz
from tarazu.core.checks import Severity
from tarazu.planning.turnover import usual_flows

TARGET, BY, SERIES, REGIME = 1e9, 2030, "KAZ", "as-last-year"  # a target that draws do reach


@pytest.fixture(scope="module")
def plan():
    return tz.plan("kaz-irn", target=TARGET, by=BY, draws=400, seed=7)


def checks_of(plan, name):
    return [check for check in plan.checks if check.name == name]


@pytest.mark.parametrize("hits", [0, 1, 29, 30])
def test_few_draws_that_reach_the_target_are_said(plan, hits):
    reached = np.sort(plan.simulation.plan[SERIES, REGIME][:, 4])
    target = float(reached[-hits]) if hits else 2 * float(reached[-1])
    asked = replace(plan, question=replace(plan.question, target_usd=target, thresholds=(target,)))
    found = checks_of(asked, "few-draws-reach-target")
    assert [check.severity for check in found] == [Severity.WARNING] * (hits < 30)
    assert all(f"only {hits} of 400 draws" in check.message for check in found)


def test_a_target_that_rests_on_goods_nobody_names_is_said(plan):
    (check,) = checks_of(plan, "target-rests-on-unknown-goods")
    block, at = plan.simulation.first, plan.setting.year
    hits = plan.simulation.attribution.with_all >= TARGET
    usual = usual_flows(block, at, REGIME)
    free = np.array([line.base * line.regime[REGIME] for line in block.lines]) * np.exp(block.growth[:, at])
    bounded = [k for k, line in enumerate(block.lines) if np.isfinite(line.room).all()]
    outgrown = (usual[bounded] < 0.999 * free[bounded]).any(axis=0)[hits].mean()
    assert f"in {outgrown:.0%} of the draws" in check.message


def test_goods_that_nobody_names_are_those_of_no_line(plan):
    (check,) = checks_of(plan, "target-rests-on-unknown-goods")
    block = plan.simulation.first
    usual = usual_flows(block, plan.setting.year, REGIME)
    rest = [k for k, line in enumerate(block.lines) if line.codes == "other"]
    hits = plan.simulation.attribution.with_all >= TARGET
    carried = (usual[rest].sum(axis=0) / usual.sum(axis=0))[hits].mean()
    assert f"carry {carried:.0%} of the turnover" in check.message


def test_evidence_from_memory_is_said(plan):
    text = (Path(tz.__file__).parent / "data" / "effects.csv").read_text(encoding="utf-8")
    memory = {f"effects:{row['id']}" for row in csv.DictReader(text.splitlines()) if row["basis"] == "memory"}
    cited = {r for m in plan.given.measures for e in m.effects for r in e.evidence} & memory
    found = checks_of(plan, "evidence-from-memory")
    assert bool(found) == bool(cited)
    for check in found:
        assert all(reference in check.message for reference in cited)


EFFECT = "{id},{measure},KAZ->IRN,9701,freight,,,-20,-10,-5,percent,,judgement,,Goods that no row of the pair names"


def with_effects(tmp_path, *rows, measure=None):
    """The bundled dossier with further effects, and with a measure of their own if one is named."""
    folder = Path(shutil.copytree(Path(tz.__file__).parent / "data" / "kaz-irn", tmp_path / "more"))
    with (folder / "measure_effects.csv").open("a", encoding="utf-8") as file:
        file.writelines(row + "\n" for row in rows)
    if measure:
        with (folder / "measures.csv").open(encoding="utf-8", newline="") as file:
            known = list(csv.DictReader(file))
        known.append(known[-1] | {"id": measure, "name": "Fair of paintings"})
        with (folder / "measures.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, known[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(known)
    return folder


def test_a_measure_that_touches_no_product_with_figures_is_not_computed_and_not_zero(tmp_path):
    folder = with_effects(tmp_path, EFFECT.format(id="fair-01", measure="fair"), measure="fair")
    plan = tz.plan(folder, target=TARGET, draws=100)
    (row,) = [r for r in plan.attribution if r["id"] == "fair"]
    assert [row[name] for name in ("q10", "q50", "q90", "mean")] == [None] * 4
    (check,) = checks_of(plan, "measure-not-computed")
    assert (check.severity, check.where) == (Severity.WARNING, "measures.csv, fair")
    assert plan.attribution.column("id")[-1] == "fair"
    (data,) = [m for m in plan.to_dict()["measures"] if m["id"] == "fair"]
    assert set(data["contribution"].values()) == {None}
    computed = [r for r in plan.attribution if r["id"] != "fair"]
    assert all(row["mean"] is not None for row in computed)


def test_an_effect_that_touches_no_product_with_figures_is_noted(tmp_path, plan):
    folder = with_effects(tmp_path, EFFECT.format(id="fta-99", measure="fta"))
    more = tz.plan(folder, target=TARGET, draws=100)
    notes = [check for check in checks_of(more, "effect-not-computed") if "fta-99" in check.where]
    assert [check.severity for check in notes] == [Severity.NOTE]
    assert not any("fta-99" in check.where for check in plan.checks)
    assert not [check for check in checks_of(more, "measure-not-computed") if "fta" in check.where]


def test_the_base_interval_is_that_of_the_asked_series_in_the_last_year(plan):
    (row,) = [
        r for r in plan.baseline.table if (r["year"], r["series"], r["direction"]) == (2025, SERIES, "both")
    ]
    assert plan.base_interval == (row["q10"], row["q50"], row["q90"])
    growth = (TARGET / row["q50"]) ** (1 / 5) - 1
    assert plan.needed_growth_percent == pytest.approx(100 * growth)


def test_products_are_counted_in_the_pooled_series(plan):
    s, at = plan.simulation, plan.given.years.index(BY)
    pooled = s.plan["pooled", REGIME][: s.first.n, at]
    assert s.product_flows.sum(axis=0) == pytest.approx(pooled, rel=1e-9)
    for k, row in enumerate(plan.products):
        assert row["plan_q50"] == pytest.approx(np.median(s.product_flows[k]))
    assert sum(np.mean(s.product_flows, axis=1)) == pytest.approx(pooled.mean())


def test_business_as_usual_in_the_file_is_that_of_the_asked_series(plan):
    years = plan.to_dict()["business_as_usual"]["years"]
    assert [set(row) for row in years] == [{"year", "q10", "q50", "q90"}] * 6
    for h, row in enumerate(years):
        drawn = plan.simulation.usual[SERIES, REGIME][:, h]
        assert [row[q] for q in ("q10", "q50", "q90")] == pytest.approx(np.quantile(drawn, (0.1, 0.5, 0.9)))
        assert row["year"] == plan.given.years[h]
