"""The mode and the curvature against scipy on the same posterior, written out a second time by loops."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, special

from tarazu.trade.pooling import Layout, Observation, Prior, fit

YEARS, DIRECTIONS = 3, 2


def prior(**changes):
    given = {
        "step_sd": 0.35,
        "step_df": 5.0,
        "drift_mean": 0.03,
        "drift_sd": 0.05,
        "noise_df": 4.0,
        "deviation_sd": 0.25,
        "deviation_persistence": 0.4,
        "season_sd": 0.5,
        "bias_mean": np.array([[0.0, 0.11], [0.11, 0.0], [0.05, 0.05]]),
        "bias_sd": np.full((3, 2), 0.22),
        "scope_mean": np.array([[-0.05, -0.05]]),
        "scope_sd": np.array([[0.1, 0.1]]),
        "deviating": (0, 1),
    }
    return Prior(**(given | changes))


def span(start, end):
    """Share of each quarter from `start` to `end`, in years from the first; quarters are equal here."""
    edges = np.arange(YEARS * 4 + 1) / 4
    inside = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    return np.maximum(0.0, inside * 4).reshape(YEARS, 4)


def said(name, low, covered, directions, reporter, high=None, scope=-1, sd=0.1, before=None):
    return Observation(
        name, low, low if high is None else high, covered, directions, reporter, scope, sd, before
    )


def points():
    million = math.log(1e6)
    return [
        said("a", million + 5.0, span(0, 1), (0,), 0, sd=0.05),
        said("b", million + 3.9, span(0, 1), (1,), 0, sd=0.05),
        said("c", million + 5.6, span(1, 2), (0, 1), 2, sd=0.15),
        said("d", million + 4.8, span(1.22, 2.22), (0,), 1, scope=0, sd=0.08),
        said("e", million + 4.4, span(1.22, 2.22), (1,), 1, scope=0, sd=0.08),
        said("f", million + 3.4, span(2.22, 2.64), (0,), 1, scope=0, sd=0.3),
        said("g", million + 5.9, span(2, 3), (0, 1), 0, sd=0.1),
        said("h", math.log(1.4), span(2, 2.75), (0, 1), 0, sd=0.2, before=span(1, 1.75)),
        said("i", million + 8.0, span(2, 3), (0,), 2, sd=0.15),  # an outlier
        said("j", million + 6.7, span(0, 3), (0, 1), 0, sd=0.1),
    ]


def intervals():
    million = math.log(1e6)
    return [
        said("k", million + 5.75, span(1, 2), (0, 1), 1, high=million + 5.85),
        said("l", million + 5.2, span(2, 3), (0,), 0, high=math.inf),
        said("n", million + 2.0, span(1, 2), (1,), 0, high=math.inf),
        said("m", million + 4.0, span(2, 3), (1,), 1, high=million + 4.1, sd=0.2),
    ]


def predicted(part, shares, obs, layout):
    """Log of the sum over directions, years and quarters."""
    level = part["flow"] + part["bias"][obs.reporter][:, None]
    if obs.scope >= 0:
        level = level + part["scope"][obs.scope][:, None]
    if obs.reporter in layout.deviating:
        level = level + part["deviation"][layout.deviating.index(obs.reporter)]

    def flow(covered):
        return sum((np.exp(level[d]) * (covered @ shares[d])).sum() for d in obs.directions)

    return math.log(flow(obs.covered)) - (0.0 if obs.before is None else math.log(flow(obs.before)))


def surprise(obs, mu, df):
    """Negative log likelihood of one statement under Student-t noise, constants left out."""
    low, high = (obs.low - mu) / obs.sd, (obs.high - mu) / obs.sd
    if low == high:
        return (df + 1) / 2 * math.log1p(low**2 / df)
    return -math.log(special.stdtr(df, -low) - special.stdtr(df, -high))


def objective(theta, observations, layout, p, centre):
    part = {name: layout.view(theta, name) for name in layout.slices}
    shares = special.softmax(part["season"], axis=1)
    total = sum(surprise(obs, predicted(part, shares, obs, layout), p.noise_df) for obs in observations)
    for d in range(layout.directions):
        flow = part["flow"][d]
        total += (flow[0] - centre) ** 2 / (2 * 3.0**2)
        total += (part["drift"][d] - p.drift_mean) ** 2 / (2 * p.drift_sd**2)
        steps = (np.diff(flow) - part["drift"][d]) / p.step_sd
        total += (p.step_df + 1) / 2 * np.log1p(steps**2 / p.step_df).sum()
        for deviation in part["deviation"][:, d]:
            first, later = p.deviation_sd, p.deviation_sd * math.sqrt(1 - p.deviation_persistence**2)
            moves = deviation[1:] - p.deviation_persistence * deviation[:-1]
            total += deviation[0] ** 2 / (2 * first**2) + (moves**2).sum() / (2 * later**2)
    total += (part["season"] ** 2).sum() / (2 * p.season_sd**2)
    total += ((part["bias"] - p.bias_mean) ** 2 / (2 * p.bias_sd**2)).sum()
    return total + ((part["scope"] - p.scope_mean) ** 2 / (2 * p.scope_sd**2)).sum()


def centre_of(observations):
    """Where the walk starts from: the median stated level by direction and year."""
    levels = [
        o.low - math.log(o.covered.sum() / 4) - math.log(len(o.directions))
        for o in observations
        if o.before is None
    ]
    return float(np.median(levels))


def optimum(observations, p, start):
    """Mode by BFGS with numerical gradients, from a start that is not the answer."""
    layout = Layout(DIRECTIONS, YEARS, 3, 1, p.deviating)
    centre = centre_of(observations)
    found = optimize.minimize(
        objective, start, args=(observations, layout, p, centre), method="BFGS", options={"gtol": 1e-5}
    )
    assert np.abs(found.jac).max() < 1e-2
    return found.x


def shifted(posterior):
    return posterior.mode + 0.1 * np.random.default_rng(3).standard_normal(len(posterior.mode))


def test_mode_under_student_noise():
    ours = fit(points(), YEARS, DIRECTIONS, prior())
    theirs = optimum(points(), prior(), shifted(ours))
    assert np.abs(ours.mode - theirs).max() < 2e-4


def test_mode_with_censored_statements_under_nearly_normal_noise():
    p = prior(noise_df=200.0, step_df=200.0)
    given = [obs for obs in points() if obs.id != "i"] + intervals()
    ours = fit(given, YEARS, DIRECTIONS, p)
    theirs = optimum(given, p, shifted(ours))
    assert np.abs(ours.mode - theirs).max() < 2e-4


def test_censored_statements_under_student_noise():
    given = points() + intervals()
    ours = fit(given, YEARS, DIRECTIONS, prior())
    theirs = optimum(given, prior(), shifted(ours))
    flows = ours.layout.slices["flow"]
    assert np.abs(ours.mode[flows] - theirs[flows]).max() < 0.01


def test_covariance_is_the_inverse_of_the_curvature_for_normal_noise():
    # All weights are one for many degrees of freedom; the statements about one year and direction are linear.
    p = prior(noise_df=1e7, step_df=1e7)
    given = [obs for obs in points() if obs.id in {"a", "b"}]
    ours = fit(given, YEARS, DIRECTIONS, p)
    layout, centre = ours.layout, centre_of(given)
    hessian = numerical_hessian(lambda x: objective(x, given, layout, p, centre), ours.mode)
    assert ours.root @ ours.root.T == pytest.approx(np.linalg.inv(hessian), abs=2e-4)


def test_covariance_of_sums_and_spans_is_near_the_inverse_curvature():
    # Gauss-Newton leaves out second derivatives of the log sums, times residuals.
    p = prior(noise_df=1e7, step_df=1e7)
    given = [replace(obs, sd=obs.sd / 2) for obs in points() if obs.id in set("abcde")]
    ours = fit(given, YEARS, DIRECTIONS, p)
    layout, centre = ours.layout, centre_of(given)
    hessian = numerical_hessian(lambda x: objective(x, given, layout, p, centre), ours.mode)
    sd, exact = np.linalg.norm(ours.root, axis=1), np.sqrt(np.diag(np.linalg.inv(hessian)))
    flows = layout.slices["flow"]
    assert sd[flows] == pytest.approx(exact[flows], rel=0.1)


def numerical_hessian(function, at, step=2e-3):
    size = len(at)
    steps, out = np.eye(size) * step, np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [function(at + a * steps[i] + b * steps[j]) * a * b for a in (1, -1) for b in (1, -1)]
            out[i, j] = out[j, i] = sum(corners) / (4 * step**2)
    return out
