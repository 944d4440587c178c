"""The answer in one paragraph: the record, the other regimes, and what is reached by itself."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import tarazu as tz
from tarazu.planning.lead import best_probability, conditions, lead
from tarazu.planning.words import percent


@pytest.fixture(scope="module")
def plan():
    return tz.plan("kaz-irn", draws=400, seed=5)


def asked(plan, target):
    return replace(plan, question=replace(plan.question, target_usd=target, thresholds=(target,)))


def in_2030(plan):
    (row,) = [row for row in plan.path if row["year"] == 2030]
    return row


def test_what_is_not_enough_is_said_first(plan):
    assert lead(plan).startswith("No bundle of the listed measures reaches USD 3.0 bn by 2030 with an even")


def test_what_is_reached_by_itself_is_said_to_be(plan):
    modest = asked(plan, 0.9 * in_2030(plan)["usual_q50"])
    assert modest.probability_business_as_usual >= 0.5
    assert re.match(r"USD \d+ m by 2030 is reached by itself with at least an even chance\.", lead(modest))


def test_what_measures_can_reach_is_said_to_be(plan):
    between = asked(plan, (in_2030(plan)["usual_q50"] + in_2030(plan)["plan_q50"]) / 2)
    assert between.probability_business_as_usual < 0.5 <= best_probability(between)
    assert lead(between).startswith("The listed measures can reach USD")


@pytest.mark.parametrize(
    ("growth", "words", "row"),
    [(5, "under 10%", 0), (15, "10 to 20%", 1), (25, "over 20%", 2), (40, "over 30%", 3)],
)
def test_the_record_is_that_of_the_class_of_growth_needed(plan, growth, words, row):
    target = plan.base_interval[1] * (1 + growth / 100) ** (2030 - plan.base_year)
    other = asked(plan, target)
    record = list(plan.announced.table)[row]
    met = "was" if record["on_time"] == 1 else "were"
    assert other.needed_growth_percent == pytest.approx(growth)
    assert (
        f"Of {record['n']} announced targets that needed {words} a year, {record['on_time']} {met} met on time."
        in lead(other)
    )


def test_the_record_of_the_bundled_target(plan):
    assert "Of 9 announced targets that needed over 30% a year, 0 were met on time." in lead(plan)


def test_the_chance_under_every_other_regime_is_said(plan):
    text = lead(asked(plan, 1e9))
    for regime in plan.given.regimes:
        chance = percent(plan.simulation.probability(1e9, 2030, "KAZ", regime.id))
        said = f"{chance} under “{regime.id}”" in text
        assert said == (regime.id != plan.question.regime)
    assert f"conditional on the regime “{plan.question.regime}” (" in text


def test_a_pair_without_measures_says_its_chance_and_the_record():
    found = tz.plan(("UZB", "KAZ"), target=10e9, by=2030, draws=200)
    assert lead(found).startswith(
        "By itself the trade of Uzbekistan and Kazakhstan reaches USD 10.0 bn by 2030"
    )
    assert re.search(
        r"Of \d+ announced targets that needed .* a year, \d+ (was|were) met on time\.", lead(found)
    )
    assert "regime “" not in lead(found)


def test_products_are_not_counted_among_the_statements(plan):
    used = {obs.id.partition("/")[0] for obs in plan.baseline.used if ".csv:" not in obs.id}
    assert f"from {len(used)} statements that do not all agree" in lead(plan)


def test_a_year_that_was_assumed_is_said_to_be(plan):
    assert "The year 2030 is an assumption of the dossier, not part of the announcement." in conditions(plan)
    assert plan.dossier.by_is_assumption
