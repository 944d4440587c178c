"""The pooling of statements: closed forms, robustness, what each kind of statement may do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tarazu.core.errors import ConvergenceError
from tarazu.trade import pooling
from tarazu.trade.pooling import Layout, Observation, Prior, fit, season_profile

NORMAL = 1e9  # degrees of freedom at which Student's t is the normal
CENTRE_SD = 3.0  # of the first year, around the middle of the statements


def prior(reporters=1, directions=1, scopes=0, deviating=(), **changes):
    given = {
        "step_sd": 0.35,
        "step_df": 5.0,
        "drift_mean": 0.03,
        "drift_sd": 0.02,
        "noise_df": 4.0,
        "deviation_sd": 0.25,
        "deviation_persistence": 0.37,
        "season_sd": 0.5,
        "bias_mean": np.zeros((reporters, directions)),
        "bias_sd": np.full((reporters, directions), 0.22),
        "scope_mean": np.full((scopes, directions), -0.05),
        "scope_sd": np.full((scopes, directions), 0.1),
        "deviating": deviating,
    }
    return Prior(**(given | changes))


def year(*which, years):
    covered = np.zeros((years, 4))
    covered[list(which)] = 1.0
    return covered


def says(usd, covered, reporter=0, directions=(0,), sd=0.08, high=None, scope=-1, before=None, name="x"):
    low = math.log(usd)
    top = low if high is None else math.log(high)
    return Observation(name, low, top, covered, directions, reporter, scope, sd, before)


def flows(posterior):
    return np.exp(posterior.layout.view(posterior.mode, "flow"))


def spread(posterior, name="flow"):
    return posterior.layout.view(np.linalg.norm(posterior.root, axis=1), name)


def series(**changes):
    """Five years, two reporters who disagree by a tenth, the third year silent."""
    found = []
    for t, usd in ((0, 3e8), (1, 3.4e8), (3, 2.9e8), (4, 4e8)):
        found += [says(usd, year(t, years=5), 0), says(1.1 * usd, year(t, years=5), 1)]
    return [replace(obs, **changes) for obs in found]


# --- the prediction ---------------------------------------------------------------------------------------


def every_kind(rng):
    """Statements of every kind over 3 years and 2 directions; quarters covered at random."""
    found = []
    for i in range(12):
        growth = i % 4 == 3
        found.append(
            Observation(
                id=str(i),
                low=0.0,
                high=0.0,
                covered=rng.random((3, 4)),
                directions=((0,), (1,), (0, 1))[i % 3],
                reporter=i % 3,
                scope=-1 if i % 2 else 0,
                sd=0.1,
                before=rng.random((3, 4)) if growth else None,
            )
        )
    return found


@pytest.mark.parametrize("seed", range(3))
def test_jacobian_is_the_slope_of_the_prediction(seed):
    rng = np.random.default_rng(seed)
    layout = Layout(directions=2, years=3, reporters=3, scopes=1, deviating=(0, 2))
    stack = pooling._stack(every_kind(rng), layout)
    theta = rng.normal(0.0, 0.7, layout.size)
    slope = np.empty((12, layout.size))
    for j, step in enumerate(np.eye(layout.size) * 1e-5):
        ahead, behind = (pooling._predict(theta + sign * step, stack, layout)[0] for sign in (1, -1))
        slope[:, j] = (ahead - behind) / 2e-5
    assert pooling._predict(theta, stack, layout)[1] == pytest.approx(slope, abs=1e-8)


def test_prediction_of_one_year_and_of_a_quarter():
    layout = Layout(directions=1, years=1, reporters=1, scopes=1, deviating=(0,))
    theta = np.zeros(layout.size)
    theta[layout.slices["flow"]] = math.log(200.0)
    theta[layout.slices["bias"]], theta[layout.slices["scope"]] = 0.1, -0.3
    theta[layout.slices["deviation"]] = 0.05
    theta[layout.slices["season"]] = np.log([1.0, 2.0, 3.0, 4.0])
    quarter = np.array([[0.0, 0.0, 0.0, 0.5]])
    given = [says(1.0, year(0, years=1)), says(1.0, quarter, scope=0)]
    predicted, _ = pooling._predict(theta, pooling._stack(given, layout), layout)
    assert np.exp(predicted) == pytest.approx([200 * math.exp(0.15), 200 * math.exp(-0.15) * 0.4 * 0.5])


def test_a_sum_of_directions_and_a_growth_rate():
    layout = Layout(directions=2, years=2, reporters=1, scopes=0, deviating=())
    theta = np.zeros(layout.size)
    theta[layout.slices["flow"]] = np.log([100.0, 150.0, 20.0, 30.0])
    given = [
        says(1.0, year(0, years=2), directions=(0, 1)),
        says(1.0, year(1, years=2), directions=(0, 1), before=year(0, years=2)),
    ]
    predicted, _ = pooling._predict(theta, pooling._stack(given, layout), layout)
    assert np.exp(predicted) == pytest.approx([120.0, 1.5])


def test_season_profile_sums_to_one_and_survives_large_logits():
    logits = np.array([[0.0, 0.0, 0.0, 0.0], [900.0, 0.0, -900.0, 900.0]])
    assert season_profile(logits) == pytest.approx(np.array([[0.25] * 4, [0.5, 0.0, 0.0, 0.5]]))


# --- closed forms -----------------------------------------------------------------------------------------


def test_one_statement_gives_the_normal_normal_posterior():
    # y = x + b + e, with x ~ N(centre = y, 3²), b ~ N(0.1, 0.22²), e ~ N(0, 0.08²): the surprise -0.1 is
    # shared in proportion to the variances.
    p = prior(noise_df=NORMAL, bias_mean=np.array([[0.1]]))
    posterior = fit([says(5e8, year(0, years=1))], 1, 1, p)
    variances = np.array([CENTRE_SD**2, 0.22**2])
    total = variances.sum() + 0.08**2
    layout = posterior.layout
    at = [layout.slices["flow"].start, layout.slices["bias"].start]
    assert posterior.mode[at] == pytest.approx(
        np.array([math.log(5e8), 0.1]) - 0.1 * variances / total, abs=1e-7
    )
    covariance = (posterior.root @ posterior.root.T)[np.ix_(at, at)]
    assert covariance == pytest.approx(np.diag(variances) - np.outer(variances, variances) / total)


def test_two_reports_are_weighted_by_their_precisions():
    tight, loose = 0.05, 0.2
    p = prior(2, noise_df=NORMAL, bias_sd=np.full((2, 1), 1e-4))
    given = [says(1e8, year(0, years=1), 0, sd=tight), says(2e8, year(0, years=1), 1, sd=loose)]
    w = np.array([tight**-2, loose**-2])
    expected = w @ np.log([1e8, 2e8]) / w.sum()
    found = fit(given, 1, 1, p)
    assert np.log(flows(found)[0, 0]) == pytest.approx(expected, abs=2e-3)  # the prior of the level is weak
    assert spread(found)[0, 0] == pytest.approx(w.sum() ** -0.5, rel=2e-3)


def test_nothing_said_leaves_the_prior():
    # A growth rate about the first two years leaves the bias of another reporter as it was.
    given = [says(1.2, year(1, years=2), 0, before=year(0, years=2)), says(1e8, year(0, years=2), 0)]
    found = fit(given, 2, 1, prior(2, bias_mean=np.array([[0.0], [0.114]])))
    assert found.layout.view(found.mode, "bias")[1, 0] == pytest.approx(0.114)
    assert spread(found, "bias")[1, 0] == pytest.approx(0.22)


def test_deviations_are_an_autoregression():
    found = fit([says(1e8, year(0, years=4), 1)], 4, 1, prior(2, deviating=(0,)))
    start = found.layout.slices["deviation"].start
    covariance = (found.root @ found.root.T)[start : start + 4, start : start + 4]
    lag = np.abs(np.subtract.outer(range(4), range(4)))
    assert covariance == pytest.approx(0.25**2 * 0.37**lag)


# --- what a statement may do ------------------------------------------------------------------------------


def test_an_absurd_figure_keeps_no_weight():
    given = [*series(), says(3e5, year(3, years=5), 0, name="thousand for million")]
    found = fit(given, 5, 1, prior(2, deviating=(0, 1)))
    without = fit(series(), 5, 1, prior(2, deviating=(0, 1)))
    assert found.weights[-1] < 0.05
    assert found.residuals[-1] < -20
    assert np.log(flows(found)) == pytest.approx(np.log(flows(without)), abs=0.05)


def test_ordinary_figures_keep_their_weight():
    found = fit(series(), 5, 1, prior(2, deviating=(0, 1)))
    assert (found.weights > 0.9).all()
    assert (np.abs(found.residuals) < 1.5).all()


@pytest.mark.parametrize("bound", [1e8, 2.9e8, 3.3e8, 5e8, 2e9])
def test_at_least_only_pushes_up(bound):
    without = fit(series(), 5, 1, prior(2))
    found = fit([*series(), says(bound, year(3, years=5), high=math.inf)], 5, 1, prior(2))
    assert flows(found)[0, 3] >= flows(without)[0, 3] * (1 - 1e-4)


def test_a_bound_far_below_says_nothing_and_one_above_pushes():
    without = fit(series(), 5, 1, prior(2))
    low = fit([*series(), says(1e7, year(3, years=5), high=math.inf)], 5, 1, prior(2))
    high = fit([*series(), says(4e8, year(3, years=5), high=math.inf)], 5, 1, prior(2))
    assert flows(low) == pytest.approx(flows(without), rel=1e-4)
    assert low.residuals[-1] == 0
    assert flows(high)[0, 3] > 1.02 * flows(without)[0, 3]


def test_inside_a_range_there_is_no_residual():
    found = fit([*series(), says(2.5e8, year(2, years=5), high=4.5e8)], 5, 1, prior(2))
    assert found.residuals[-1] == 0
    assert 2.5e8 < math.exp(found.predicted[-1]) < 4.5e8


def test_a_range_of_no_width_is_a_point():
    point = fit([*series(), says(3e8, year(2, years=5))], 5, 1, prior(2, noise_df=200.0))
    narrow = fit(
        [*series(), says(3e8, year(2, years=5), high=3e8 * (1 + 1e-4))], 5, 1, prior(2, noise_df=200.0)
    )
    assert narrow.mode == pytest.approx(point.mode, abs=1e-3)
    assert spread(narrow) == pytest.approx(spread(point), rel=5e-3)


@pytest.mark.parametrize("high", [2.2e8, math.inf])
def test_a_censored_statement_moves_the_level_as_far_as_its_likelihood(high):
    # One unknown, flow ~ N(log 1e8, 0.1²) by a tight report: the mode by search over a grid.
    p = prior(bias_sd=np.full((1, 1), 1e-5), noise_df=200.0)
    given = [says(1e8, year(0, years=1), sd=0.1), says(1.8e8, year(0, years=1), high=high, sd=0.3)]
    grid = np.linspace(math.log(0.9e8), math.log(1.6e8), 20_001)
    mass = stats.t.sf(math.log(1.8e8) - grid, 200, scale=0.3) - stats.t.sf(
        math.log(high) - grid, 200, scale=0.3
    )
    height = stats.t.logpdf(grid - math.log(1e8), 200, scale=0.1) + np.log(mass)
    assert np.log(flows(fit(given, 1, 1, p))[0, 0]) == pytest.approx(grid[height.argmax()], abs=2e-3)


def test_growth_carries_a_level_to_the_next_year():
    given = [
        says(2e8, year(0, years=2), sd=0.01),
        says(1.5, year(1, years=2), before=year(0, years=2), sd=0.01),
    ]
    found = fit(given, 2, 1, prior(bias_sd=np.full((1, 1), 1e-3)))
    assert flows(found)[0] == pytest.approx([2e8, 3e8], rel=0.01)


def test_a_lasting_bias_does_not_enter_growth():
    bias = np.array([[0.0], [0.7]])
    given = [says(1e8, year(0, years=2)), says(1.5, year(1, years=2), 1, before=year(0, years=2), sd=0.02)]
    plain = fit(given, 2, 1, prior(2))
    biased = fit(given, 2, 1, prior(2, bias_mean=bias))
    assert flows(biased) == pytest.approx(flows(plain), rel=1e-6)


def test_partial_years_teach_the_season():
    months = np.zeros((3, 4))
    given = []
    for t, usd in enumerate((3e8, 3.2e8, 3.1e8)):
        first = months.copy()
        first[t, 0] = 1.0
        given += [says(usd, year(t, years=3), sd=0.03), says(usd / 2, first, sd=0.03)]
    found = fit(given, 3, 1, prior())
    profile = season_profile(found.layout.view(found.mode, "season"))[0]
    assert profile[0] == pytest.approx(0.5, abs=0.03)
    assert profile[1:] == pytest.approx(np.full(3, (1 - profile[0]) / 3))


# --- uncertainty, draws, convergence ----------------------------------------------------------------------


def test_years_without_statements_widen():
    found = spread(fit(series(), 5, 1, prior(2)))[0]
    assert found[2] > 1.2 * max(found[1], found[3])
    longer = [replace(obs, covered=np.vstack([obs.covered, np.zeros((3, 4))])) for obs in series()]
    beyond = spread(fit(longer, 8, 1, prior(2)))[0]
    assert (np.diff(beyond[4:]) > 0.02).all()


def test_draws_have_the_mean_and_the_covariance_of_the_mode():
    found = fit(series(), 5, 1, prior(2, deviating=(0, 1)))
    draws = found.draws(40_000, np.random.default_rng(2))
    sd = np.linalg.norm(found.root, axis=1)
    assert np.abs((draws.mean(axis=0) - found.mode) / sd).max() < 0.025
    correlation = found.root @ found.root.T / np.outer(sd, sd)
    assert np.abs(np.cov(draws.T) / np.outer(sd, sd) - correlation).max() < 0.04


def test_root_is_a_root_of_the_inverse_precision():
    p = prior(2, noise_df=NORMAL, step_df=NORMAL)
    found = fit(series(), 5, 1, p)
    layout = found.layout
    terms = pooling._prior_terms(series(), layout, p)
    state = pooling._linearise(found.mode, pooling._stack(series(), layout), layout, p, terms)
    assert found.root @ found.root.T @ state.precision == pytest.approx(np.eye(layout.size), abs=1e-8)
    assert np.abs(np.linalg.solve(state.precision, state.gradient)).max() < pooling.TOLERANCE


def test_a_near_start_gives_the_same_mode_sooner():
    first = fit(series(), 5, 1, prior(2, deviating=(0, 1)))
    again = fit(series(), 5, 1, prior(2, deviating=(0, 1)), start=first.mode)
    assert again.iterations < first.iterations
    assert again.mode == pytest.approx(first.mode, abs=1e-3)


def test_a_mode_that_is_not_reached_is_an_error(monkeypatch):
    monkeypatch.setattr(pooling, "MAX_ITERATIONS", 2)
    with pytest.raises(ConvergenceError, match="did not converge in 2 iterations"):
        fit(series(), 5, 1, prior(2))
