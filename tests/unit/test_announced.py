"""Announced targets: the counts of the bundled table, the regression, and rows that cannot be read."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
import pytest
from scipy.stats import norm

from tarazu.core.checks import Severity
from tarazu.core.errors import InputError
from tarazu.trade.announced import bundled, growth_needed, reference_class, wilson

BUNDLED = bundled()


def row(outcome="missed", growth="15", amount="2", pair=("AAA", "BBB"), announced="2012-03", id="at1"):
    return {
        "id": id,
        "country_a": pair[0],
        "country_b": pair[1],
        "target_usd_bn": amount,
        "announced_on": announced,
        "outcome": outcome,
        "growth_needed_per_year_percent": growth,
    }


def resolved(n=12):
    rng = np.random.default_rng(1)
    return [
        row("met on time" if i % 3 == 0 else "missed", f"{rng.uniform(5, 40):.1f}", pair=(f"A{i % 5}", "B"))
        for i in range(n)
    ]


def test_bundled_table_counts_as_published_in_the_dossier():
    counts = BUNDLED.counts
    assert (counts["on time"], counts["late"], counts["missed"]) == (26, 21, 49)
    assert BUNDLED.resolved == 96
    assert (counts["censored"], counts["open"], counts["passed, actual not found"]) == (65, 29, 37)
    assert BUNDLED.checks == ()


def test_bundled_shares_by_growth_needed():
    found = {r["growth_needed"]: (r["on_time"], r["n"]) for r in BUNDLED.table}
    assert found["under 10"] == (6, 14)
    assert found["10 to 20"] == (13, 50)
    assert found["over 20"] == (1, 17)
    assert found["all"] == (26, 96)


def test_every_class_names_the_rows_behind_it():
    text = files("tarazu.data").joinpath("announced_targets.csv").read_text(encoding="utf-8")
    ids = {each["id"] for each in csv.DictReader(text.splitlines())}
    named = {r["growth_needed"]: r["rows"].split("; ") if r["rows"] else [] for r in BUNDLED.table}
    for r in BUNDLED.table:
        assert len(named[r["growth_needed"]]) == len(set(named[r["growth_needed"]])) == r["n"]
        assert set(named[r["growth_needed"]]) <= ids
    assert set(named["of these over 30"]) < set(named["over 20"])
    assert sum(len(named[x]) for x in ("under 10", "10 to 20", "over 20", "not known")) == len(named["all"])


def test_a_class_names_its_own_targets_and_no_others():
    rows = [
        row(growth="5", id="slow"),
        row("met on time", growth="25", id="fast"),
        row(growth="", id="unknown"),
    ]
    named = {r["growth_needed"]: r["rows"] for r in reference_class([*rows, row("open", id="open")]).table}
    assert (named["under 10"], named["over 20"], named["not known"]) == ("slow", "fast", "unknown")
    assert named["all"] == "slow; fast; unknown"


def test_more_growth_needed_is_less_likely():
    chances = [BUNDLED.chance(growth, 3e9, 2015).q50 for growth in (5, 10, 20, 29)]
    assert chances == sorted(chances, reverse=True)


def test_modelled_chance_agrees_with_the_share_between_ten_and_twenty():
    assert 0.15 < BUNDLED.chance(15, 10**10.6, 2013).q50 < 0.35


def test_beyond_thirty_per_cent_the_model_is_not_extrapolated():
    assert BUNDLED.chance(47, 3e9, 2015) == BUNDLED.chance(400, 3e9, 2015)


def test_regression_is_the_same_every_time():
    assert reference_class(resolved()).chance(15, 2e9, 2012) == reference_class(resolved()).chance(
        15, 2e9, 2012
    )


def test_bad_rows_are_named_and_left_out():
    found = reference_class([*resolved(), row("perhaps"), row(growth="x"), row(amount="")])
    assert [check.where.split(", ", 1)[1] for check in found.checks] == [
        "row 14, column outcome",
        "row 15, column growth_needed_per_year_percent",
        "row 16, column target_usd_bn",
    ]
    assert all(check.severity is Severity.ERROR for check in found.checks)


def test_without_a_success_there_is_nothing_to_learn_from():
    with pytest.raises(InputError):
        reference_class([row(), row()])


def test_growth_needed_compounds():
    assert growth_needed(100, 121, 2) == pytest.approx(10)
    for bad in ((0, 1, 1), (1, 0, 1), (1, 1, 0)):
        with pytest.raises(InputError):
            growth_needed(*bad)


def test_a_target_that_makes_no_sense_is_refused():
    with pytest.raises(InputError):
        BUNDLED.chance(-100, 1e9, 2015)


@pytest.mark.parametrize(("met", "n"), [(6, 14), (13, 50), (0, 9), (9, 9)])
def test_wilson_bounds_solve_their_defining_equation(met, n):
    """At each bound the score statistic equals the normal quantile (Wilson 1927)."""
    found = wilson(met, n)
    for bound in (found.q10, found.q90):
        if 0 < bound < 1:
            statistic = abs(met / n - bound) / np.sqrt(bound * (1 - bound) / n)
            assert statistic == pytest.approx(norm.ppf(0.9))
