"""What holds of every path of business as usual."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.trade.growth_table import GrowthTable, growth_draws

TABLE = GrowthTable.read()
levels = st.floats(1e4, 1e12)
trends = st.one_of(st.floats(-2, 2), st.just(np.nan))
gaps = st.one_of(st.floats(-8, 0), st.just(np.nan))
horizons = st.lists(st.floats(0, 12), min_size=1, max_size=6, unique=True).map(sorted)


def draws(uniform, ahead, level, trend, gap, seed=3):
    classes = TABLE.classes(level, 2020, trend, gap)
    return growth_draws(np.asarray(uniform), ahead, classes, TABLE, np.random.default_rng(seed))


@settings(deadline=None, max_examples=60)
@given(levels, trends, gaps, horizons, st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_higher_rank_never_grows_less(level, trend, gap, ahead, one, other):
    low, high = sorted((one, other))
    first, second = draws([low], ahead, level, trend, gap), draws([high], ahead, level, trend, gap)
    assert (second >= first - 1e-9).all()


@settings(deadline=None, max_examples=60)
@given(levels, trends, gaps, horizons)
def test_growth_is_finite(level, trend, gap, ahead):
    assert np.isfinite(draws([1e-9, 0.5, 1 - 1e-9], ahead, level, trend, gap)).all()


@settings(deadline=None, max_examples=20)
@given(levels, trends, gaps, st.floats(0.5, 12))
def test_median_of_the_draws_is_the_median_of_the_class(level, trend, gap, ahead):
    uniform = (np.arange(8000) + 0.5) / 8000
    classes = TABLE.classes(level, 2020, trend, gap)
    median = TABLE.median(classes, np.array([ahead]))[0, 0]
    assert np.median(draws(uniform, [ahead], level, trend, gap)) == pytest.approx(median, abs=0.12)


@settings(deadline=None, max_examples=40)
@given(levels, trends, gaps)
def test_fitted_quantiles_do_not_cross(level, trend, gap):
    classes = TABLE.classes(level, 2020, trend, gap)
    curve = TABLE.quantiles[:, classes.size[0], classes.trend[0], classes.peak[0]]
    assert (np.diff(curve, axis=1) >= 0).all()
