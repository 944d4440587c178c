"""Business as usual: classes, horizons, the pull of the centre, and what the result says of itself."""

from __future__ import annotations

import numpy as np
import pytest

from tarazu.core.errors import InputError, ShapeError
from tarazu.trade.forecast import Weights, blend, forecast
from tarazu.trade.growth_table import GrowthTable, growth_draws

TABLE = GrowthTable.read()


def rng(seed):
    return np.random.default_rng(seed)


def run(**changes):
    given = {
        "level_usd": np.full(4000, 340e6),
        "base_year": 2024,
        "years": range(2025, 2033),
        "trend_per_year": 0.05,
        "log_peak_gap": -1.8,
        "own_drift": None,
        "gdp_growth": None,
        "rng": rng(5),
    }
    return forecast(**(given | changes))


def test_turnover_is_sorted_in_dollars_of_2020():
    # USD 95 million of 2004 were worth 130 million of 2020; of 2020 they are what they are.
    assert TABLE.classes(95e6, 2004, 0.0, 0.0).size[0] == 2
    assert TABLE.classes(95e6, 2020, 0.0, 0.0).size[0] == 1


def test_classes_of_trend_and_peak():
    classes = TABLE.classes(np.full(3, 5e8), 2020, np.array([-0.1, 0.1, np.nan]), np.array([-1.0, -0.3, 0.0]))
    assert classes.trend.tolist() == [0, 1, 3]
    assert classes.peak.tolist() == [0, 1, 2]


def test_larger_pairs_grow_less_erratically():
    half = TABLE.levels.tolist().index(0.9), TABLE.levels.tolist().index(0.1)
    spread = TABLE.quantiles[:, :, -1, -1, half[0]] - TABLE.quantiles[:, :, -1, -1, half[1]]
    assert (np.diff(spread, axis=1) < 0).all()


def test_draws_reproduce_the_table_at_fitted_horizons():
    classes = TABLE.classes(340e6, 2020, 0.05, -0.3)
    draws = growth_draws(rng(1).random(60_000), [4, 8, 12], classes, TABLE, rng(2))
    for q in (0.1, 0.5, 0.9):
        fitted = TABLE.quantiles[:, 2, 1, 1, TABLE.levels.tolist().index(q)]
        assert np.quantile(draws, q, axis=0) == pytest.approx(fitted, abs=0.03)


def test_one_year_growth_has_about_a_third_of_the_four_year_variance():
    classes = TABLE.classes(340e6, 2020, np.nan, np.nan)
    draws = growth_draws(rng(1).random(40_000), [1, 4], classes, TABLE, rng(2))
    spread = np.subtract(*np.quantile(draws, [0.9, 0.1], axis=0)) ** 2
    assert spread[0] / spread[1] == pytest.approx(0.1 + 0.9 / 4, abs=0.03)


def test_the_base_year_itself_does_not_grow():
    classes = TABLE.classes(340e6, 2020, 0.05, -0.3)
    draws = growth_draws(np.array([0.01, 0.99]), [0, 3], classes, TABLE, rng(2))
    assert draws[:, 0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("horizons", [[13], [-1, 2], [3, 2], [4, 4], [], [np.nan]])
def test_horizons_the_table_cannot_serve_are_refused(horizons):
    with pytest.raises(InputError):
        growth_draws(np.array([0.5]), horizons, TABLE.classes(1e8, 2020, 0, 0), TABLE, rng(1))


def test_classes_must_belong_to_the_draws():
    classes = TABLE.classes(np.full(2, 1e8), 2020, 0, 0)
    with pytest.raises(ShapeError):
        growth_draws(np.full(3, 0.5), [4], classes, TABLE, rng(1))


def test_full_weight_on_a_certain_drift_puts_the_centre_there():
    reference = rng(1).normal(0.3, 0.2, (5, 2))
    centre = np.full((5, 2), 0.3)
    moved = blend(reference, centre, [1, 2], (0.1, 0.0), None, Weights(1.0, 0.0, 1.0), rng(1))
    assert moved - reference == pytest.approx(np.broadcast_to([-0.2, -0.1], (5, 2)))


def test_no_weight_leaves_the_reference_alone():
    reference = np.ones((3, 2))
    moved = blend(reference, reference, [1, 2], (9, 1), (9, 1), Weights(0.0, 0.0, 1.0), rng(1))
    assert (moved == reference).all()


def test_faster_economies_lift_the_forecast():
    slow, fast = (run(gdp_growth=(g, 0.0)).log_growth.mean() for g in (0.0, 0.15))
    assert fast > slow


def test_growth_of_the_economies_may_be_shared_with_a_caller():
    """One standard deviation more of shared growth moves each draw by weight * elasticity * sd * h."""
    reference = rng(1).normal(0.3, 0.2, (5, 2))
    weights, white = Weights(0.0, 0.5, 0.8), np.arange(5.0)
    moved = blend(reference, 0 * reference, [1, 2], None, (0.0, 0.1), weights, rng(1), white)
    assert moved - reference == pytest.approx(0.5 * 0.8 * 0.1 * np.outer(white, [1, 2]))


def test_sharing_growth_leaves_the_other_draws_as_they_were():
    own = (0.05, 0.1)
    drawn = rng(1)
    drawn.standard_normal(4)  # those of the pair's own drift come first
    white = drawn.standard_normal(4)
    arguments = (np.ones((4, 1)), np.zeros((4, 1)), [1], own, (0.02, 0.1), Weights(0.3, 0.4, 1.0))
    assert blend(*arguments, rng(1), white) == pytest.approx(blend(*arguments, rng(1)))


def test_a_draw_of_faster_economies_grows_more():
    white = np.repeat([-2.0, 2.0], 2000)
    growth = run(gdp_growth=(0.05, 0.05), gdp_white=white).log_growth[:, -1]
    assert growth[2000:].mean() > growth[:2000].mean() + 0.05


def test_result_says_which_pairs_it_rests_on():
    result = run()
    assert result.log_growth.shape == (4000, 8)
    assert result.table.column("year") == list(range(2025, 2033))
    assert next(iter(result.classes))["peak"] == "under half of its peak"
    assert result.n == int(TABLE.counts[1, 2, 1, 0])
    assert "forecast-small-class" in {check.name for check in result.checks}


def test_peak_effect_is_nothing_where_the_peak_is_not_known():
    result = run(log_peak_gap=None, trend_per_year=None)
    assert (result.peak_effect == 0).all()
    assert {"forecast-no-peak", "forecast-no-trend"} <= {check.name for check in result.checks}


def test_a_target_year_beyond_twelve_years_is_refused():
    with pytest.raises(InputError, match="Choose a later base year"):
        run(years=[2037])


def test_tiny_pairs_are_flagged():
    assert "forecast-small-pair" in {check.name for check in run(level_usd=np.full(10, 2e5)).checks}
