"""What holds of every pool of statements."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.trade.pooling import Observation, Prior, fit, season_profile
from tarazu.trade.statements import Grid, covered_quarters, observations

YEARS = 4
GRID = Grid("AAA", "BBB", 2019, 2019 + YEARS - 1, ("AAA", "BBB"))
PRIOR = Prior(
    step_sd=0.35,
    step_df=5.0,
    drift_mean=0.03,
    drift_sd=0.02,
    noise_df=4.0,
    deviation_sd=0.25,
    deviation_persistence=0.37,
    season_sd=0.5,
    bias_mean=np.array([[0.0, 0.114], [0.114, 0.0]]),
    bias_sd=np.full((2, 2), 0.22),
    scope_mean=np.full((1, 2), -0.05),
    scope_sd=np.full((1, 2), 0.1),
    deviating=(0, 1),
)
NORMAL = replace(PRIOR, noise_df=200.0, step_df=200.0)  # nearly normal: one mode, whatever is said
few = settings(deadline=None, max_examples=30)


days = st.integers(0, 365 * YEARS - 1).map(lambda n: date(2019, 1, 1) + timedelta(days=n))
dollars = st.floats(15.0, 22.0)  # log USD: 3 million to 3.6 billion


@st.composite
def levels(draw):
    """A point or an interval about a span of at least a quarter."""
    start = draw(days)
    end = start + timedelta(days=draw(st.integers(90, 500)))
    low, kind = draw(dollars), draw(st.sampled_from(("point", "range", "at least")))
    high = {"point": low, "range": low + 0.2, "at least": math.inf}[kind]
    return Observation(
        id="x",
        low=low,
        high=high,
        covered=covered_quarters(start, end, GRID) + 1e-6,
        directions=draw(st.sampled_from(((0,), (1,), (0, 1)))),
        reporter=draw(st.integers(0, 1)),
        scope=draw(st.integers(-1, 0)),
        sd=draw(st.floats(0.03, 0.5)),
    )


def anchor(direction):
    """A figure for one direction: without any, totals alone do not say which way goods go."""
    covered = np.zeros((YEARS, 4))
    covered[direction] = 1.0
    return Observation("anchor", 18.0 + direction, 18.0 + direction, covered, (direction,), 0, -1, 0.08)


pools = st.lists(levels(), max_size=8).map(lambda found: [anchor(0), anchor(1), *found])


def flows(posterior):
    return posterior.layout.view(posterior.mode, "flow")


def moved(obs, by):
    return replace(obs, low=obs.low + by, high=obs.high + by)


@few
@given(pools)
def test_a_pool_of_any_levels_has_a_finite_mode_and_covariance(pool):
    found = fit(pool, YEARS, 2, PRIOR)
    assert np.isfinite(found.mode).all()
    sd = np.linalg.norm(found.root, axis=1)
    assert (sd > 0).all()
    assert (sd[found.layout.slices["bias"]] <= 0.22 + 1e-9).all()
    assert (found.weights >= 0).all()
    assert (found.weights <= 1.25 + 1e-12).all()


@few
@given(st.lists(levels(), min_size=1, max_size=8))
def test_totals_alone_have_a_mode(pool):
    totals = [replace(obs, directions=(0, 1)) for obs in pool]
    found = fit(totals, YEARS, 2, PRIOR)
    assert np.isfinite(found.root).all()


@few
@given(pools, st.floats(math.log(1e-3), math.log(1e3)))
def test_figures_in_another_currency_scale_the_flows_alone(pool, by):
    plain = fit(pool, YEARS, 2, NORMAL)
    scaled = fit([moved(obs, by) for obs in pool], YEARS, 2, NORMAL)
    flow = plain.layout.slices["flow"]
    expected = plain.mode.copy()
    expected[flow] += by
    assert scaled.mode == pytest.approx(expected, abs=2e-3)
    assert scaled.root == pytest.approx(plain.root, abs=5e-3)


@few
@given(pools, st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_matter(pool, random):
    shuffled = list(pool)
    random.shuffle(shuffled)
    assert flows(fit(shuffled, YEARS, 2, NORMAL)) == pytest.approx(
        flows(fit(pool, YEARS, 2, NORMAL)), abs=2e-3
    )


@few
@given(pools, st.integers(0, YEARS - 1), dollars, st.floats(0.05, 0.3))
def test_a_lower_bound_never_lowers_its_year(pool, year, low, sd):
    covered = np.zeros((YEARS, 4))
    covered[year] = 1.0
    bound = Observation("bound", low, math.inf, covered, (0,), 0, -1, sd)
    without, found = (fit(given, YEARS, 2, NORMAL) for given in (pool, [*pool, bound]))
    assert flows(found)[0, year] >= flows(without)[0, year] - 2e-3


@few
@given(pools, st.floats(1.5, 10.0))
def test_less_certain_statements_leave_the_flows_less_certain(pool, factor):
    points = [replace(obs, high=obs.low, directions=obs.directions[:1]) for obs in pool]
    points = [
        replace(obs, covered=np.where(np.arange(YEARS)[:, None] == i % YEARS, 1.0, 0.0))
        for i, obs in enumerate(points)
    ]
    looser = [replace(obs, sd=obs.sd * factor) for obs in points]
    exact = replace(PRIOR, noise_df=1e9, step_df=1e9)  # no statement is trusted less for its residual
    tight, loose = (np.linalg.norm(fit(p, YEARS, 2, exact).root, axis=1) for p in (points, looser))
    assert (loose >= tight - 1e-9).all()


@given(st.lists(st.floats(-50, 50), min_size=4, max_size=4))
def test_a_profile_shares_out_the_year(logits):
    profile = season_profile(np.array(logits))
    assert profile.sum() == pytest.approx(1)
    assert (profile >= 0).all()


@given(days, st.integers(0, 1500))
def test_spans_that_follow_one_another_add_up(start, length):
    end = start + timedelta(days=length)
    middle = start + timedelta(days=length // 2)
    whole = covered_quarters(start, end, GRID)
    halves = covered_quarters(start, middle, GRID) + covered_quarters(middle + timedelta(days=1), end, GRID)
    assert whole == pytest.approx(halves)
    assert (whole >= 0).all()
    assert (whole <= 1).all()


@few
@given(
    st.lists(
        st.tuples(st.integers(2019, 2022), st.floats(1, 5000), st.sampled_from(("AAA", "BBB"))),
        min_size=1,
        max_size=6,
    )
)
def test_a_repeated_statement_changes_nothing(given_rows):
    rows = [statement(f"r{i}", *row) for i, row in enumerate(given_rows)]
    repeats = [
        row | {"id": f"{row['id']} again", "same_as": row["id"], "reporter_group": "BBB"} for row in rows
    ]
    once, left_out = observations(rows, GRID)
    again, left_out_too = observations([*rows, *repeats], GRID)
    assert [(obs.id, obs.low, obs.sd) for obs in again] == [(obs.id, obs.low, obs.sd) for obs in once]
    assert len(left_out_too) == len(left_out) + len(repeats)
    assert np.array_equal(fit(again, YEARS, 2, PRIOR).mode, fit(once, YEARS, 2, PRIOR).mode)


def statement(identity, year, usd_m, reporter):
    empty = dict.fromkeys(
        ("home_to_partner_usd_m", "partner_to_home_usd_m", "turnover_low_usd_m", "turnover_high_usd_m", "growth_pct",
         "same_as", "derived_from", "superseded_by", "rests_on")
    )  # fmt: skip
    return empty | {
        "id": identity,
        "reporter_group": reporter,
        "source_type": "statistics",
        "scope": "all goods",
        "period_start": date(year, 1, 1),
        "period_end": date(year, 12, 31),
        "turnover_usd_m": usd_m,
        "bound": "exact",
        "doubtful": "no",
    }
