"""Pooling conflicting statements about bilateral trade into one posterior.

Unknowns: log yearly flows x[d, t] of each direction d (free on board, all goods, current USD), a bias
of every reporter and direction, a bias of a narrower scope, a yearly deviation of each reporter, and a
seasonal profile by quarter. A statement about a span says

    y = log sum_d sum_t exp(x[d,t] + bias[g,d] + scope[s,d] + dev[g,d,t]) * covered[d,t] + noise
    covered[d,t] = sum_q p[d,q] * (share of quarter q of year t inside the span)

Priors: random walk with drift and Student-t steps for x, shrinkage of biases to what valuation (CIF
against FOB) leads one to expect, a first-order autoregression for deviations. Noise is Student-t with a
scale by the statement's status; rounded and "at least" figures are interval-censored. Growth statements
are differences of two such predictions.

The mode is found by Gauss-Newton with iteratively reweighted residuals and step halving, the interval by
Laplace's approximation at the mode. There may be several modes: each outlier is also tried as the truth,
and the higher mode is kept. Sources: Lange, Little & Taylor (1989), JASA 84, on Student-t
regression by reweighting; Nocedal & Wright, Numerical Optimization (2006), ch. 3 and 10, on damped
Gauss-Newton; Gelman et al., Bayesian Data Analysis (2013), ch. 4, on the normal approximation.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import ConvergenceError

Array = NDArray[np.float64]

SEED_OF_TABLES = 20231204  # fixed: the printed quantiles of one dossier do not change from run to run
MAX_ITERATIONS = 300
TOLERANCE = 1e-4  # log points: far below the noise of any statement
LONGEST_STEP = 2.0  # log points
FLAT = 1e-3  # log density still to be gained that may be left in a long flat valley
ENOUGH = 0.1  # of the decrease that the slope promises (Armijo's condition), else the step is halved
SUSPECT = 0.1  # weight below which the model also tries to believe a statement
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(64)  # for the mass of a censoring interval


@dataclass(frozen=True, slots=True)
class Observation:
    """One statement, ready for the likelihood.

    Attributes
    ----------
    low, high
        Log bounds (log USD, or log growth ratio); equal for a point, `high` infinite for "at least".
    covered
        (T, 4) share of each quarter of each year inside the span.
    before
        (T, 4) the same for the span a growth statement compares with, or None for a level.
    directions
        Indices of the directions whose sum is stated.
    reporter, scope
        Indices of the bias terms; scope -1 means all goods.
    sd
        Noise scale, log points.
    """

    id: str
    low: float
    high: float
    covered: Array
    directions: tuple[int, ...]
    reporter: int
    scope: int
    sd: float
    before: Array | None = None


@dataclass(frozen=True, slots=True)
class Prior:
    """Scales of the model, log points unless said otherwise; D directions, G reporters, S scopes."""

    step_sd: float
    step_df: float
    drift_mean: float
    drift_sd: float
    noise_df: float
    deviation_sd: float
    deviation_persistence: float
    season_sd: float
    bias_mean: Array  # (G, D)
    bias_sd: Array  # (G, D)
    scope_mean: Array  # (S, D)
    scope_sd: Array  # (S, D)
    deviating: tuple[int, ...]  # reporters with a yearly deviation


@dataclass(frozen=True)
class Layout:
    """Where each unknown stands in the parameter vector."""

    directions: int
    years: int
    reporters: int
    scopes: int
    deviating: tuple[int, ...]

    @cached_property
    def slices(self) -> dict[str, slice]:
        d, t = self.directions, self.years
        sizes = {
            "flow": d * t,
            "drift": d,
            "bias": self.reporters * d,
            "scope": self.scopes * d,
            "season": d * 4,
            "deviation": len(self.deviating) * d * t,
        }
        ends = np.cumsum(list(sizes.values())).tolist()
        return {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}

    @property
    def size(self) -> int:
        return int(self.slices["deviation"].stop)

    def view(self, theta: Array, name: str) -> Array:
        """The block `name` of (..., P) parameters in its own shape."""
        d, t = self.directions, self.years
        shape = {
            "flow": (d, t),
            "drift": (d,),
            "bias": (self.reporters, d),
            "scope": (self.scopes, d),
            "season": (d, 4),
            "deviation": (len(self.deviating), d, t),
        }[name]
        return theta[..., self.slices[name]].reshape(*theta.shape[:-1], *shape)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Mode, and a root of the covariance at the mode.

    Attributes
    ----------
    mode
        (P,) parameters.
    root
        (P, P) matrix R with R R' = covariance.
    residuals
        (N,) standardised residual of every observation: (stated - predicted) / sd, 0 inside a
        censoring interval.
    predicted
        (N,) log prediction of every observation.
    weights
        (N,) weight Student-t noise left the observation: 1 and more is trusted, near 0 is an outlier.
    """

    layout: Layout
    mode: Array
    root: Array
    residuals: Array
    predicted: Array
    weights: Array
    iterations: int

    def some(self, places: NDArray[np.intp], n: int, rng: np.random.Generator) -> Array:
        """(n, K) joint draws of K of the parameters: a small block of the covariance is quickly drawn from."""
        rows = self.root[places]
        small = np.linalg.cholesky(rows @ rows.T)
        return np.asarray(self.mode[places] + rng.standard_normal((n, len(places))) @ small.T)

    def draws(self, n: int, rng: np.random.Generator) -> Array:
        """(n, P) draws of the normal approximation."""
        return self.mode + rng.standard_normal((n, len(self.mode))) @ self.root.T


def fit(
    observations: list[Observation], years: int, directions: int, prior: Prior, start: Array | None = None
) -> Posterior:
    """Posterior mode and curvature.

    Parameters
    ----------
    observations
        Statements over a grid of `years` consecutive years and `directions` directions.
    start
        (P,) mode of a similar problem: begin there, and believe the same statements.

    Raises
    ------
    ConvergenceError
        If the mode is not reached in `MAX_ITERATIONS` steps.
    """
    layout = Layout(directions, years, len(prior.bias_mean), len(prior.scope_mean), prior.deviating)
    stack = _stack(observations, layout)
    terms = _prior_terms(observations, layout, prior)
    climb = partial(_climb, stack=stack, layout=layout, prior=prior, terms=terms)
    theta, state, iterations = climb(_start(observations, layout, prior) if start is None else start)
    doubted = (state.weights < SUSPECT) & (stack.stated.sum(axis=1) == 1) & ~stack.is_growth
    for i in np.flatnonzero(doubted) if start is None else ():
        if state.weights[i] >= SUSPECT:  # an earlier turn has come to believe it
            continue
        with suppress(ConvergenceError):  # a belief that leads nowhere is dropped
            other, found, more = climb(_believing(i, theta, state, stack, layout))
            iterations += more
            if found.loss < state.loss:
                theta, state = other, found
    root = np.linalg.inv(np.linalg.cholesky(state.precision)).T
    return Posterior(layout, theta, root, state.residuals, state.predicted, state.weights, iterations)


def _climb(
    theta: Array, stack: _Stack, layout: Layout, prior: Prior, terms: _PriorTerms
) -> tuple[Array, _State, int]:
    """The mode that is reached from `theta`, and the number of steps."""
    state = _linearise(theta, stack, layout, prior, terms)
    for iteration in range(MAX_ITERATIONS):
        step = np.linalg.solve(state.precision, state.gradient)
        largest, gain = float(np.abs(step).max()), float(step @ state.gradient)
        if largest < TOLERANCE:
            return theta, state, iteration
        step *= min(1.0, LONGEST_STEP / largest)
        trial = _linearise(theta + step, stack, layout, prior, terms)
        while trial.loss > state.loss - ENOUGH * step @ state.gradient and np.abs(step).max() > TOLERANCE**2:
            # log sums bend: where only the total of two directions is known, full steps overshoot for ever
            step /= 2
            trial = _linearise(theta + step, stack, layout, prior, terms)
        theta, state = theta + step, trial
    if gain < FLAT:  # contradictions of a factor of ten leave valleys in which the mode hardly matters
        return theta, state, MAX_ITERATIONS
    raise ConvergenceError(
        f"Pooling did not converge in {MAX_ITERATIONS} iterations; last step {largest:.1e}."
    )


def _believing(i: np.intp, theta: Array, state: _State, stack: _Stack, layout: Layout) -> Array:
    """A start at which the flow is what an outlier says.

    Student-t noise has a mode for each belief: that the figure is wrong, or that trade did jump.
    """
    start = theta.copy()
    inside = stack.covered[i].mean(axis=1) > 0.5
    layout.view(start, "flow")[np.ix_(stack.stated[i] > 0, inside)] += state.residuals[i] * stack.sd[i]
    return start


@dataclass(frozen=True, slots=True)
class _Stack:
    """Observations as arrays: N statements, D directions, T years, 4 quarters."""

    low: Array  # (N,)
    high: Array  # (N,)
    sd: Array  # (N,)
    covered: Array  # (N, T, 4)
    before: Array  # (N, T, 4), zero for levels
    is_growth: NDArray[np.bool_]  # (N,)
    stated: Array  # (N, D) 1 where the direction is in the sum
    reporter: NDArray[np.intp]  # (N,)
    scope: NDArray[np.intp]  # (N,), -1 for all goods
    deviating: NDArray[np.intp]  # (N,), -1 where the reporter has no yearly deviation


@dataclass(frozen=True, slots=True)
class _PriorTerms:
    rows: Array  # (R, P)
    target: Array  # (R,)
    sd: Array  # (R,)
    is_step: NDArray[np.bool_]  # (R,)
    fixed: Array  # (P, P) precision of the terms that are not steps: the same at every iteration


@dataclass(frozen=True, slots=True)
class _State:
    loss: float  # negative log posterior, constants left out
    precision: Array
    gradient: Array
    residuals: Array
    predicted: Array
    weights: Array


def _stack(observations: list[Observation], layout: Layout) -> _Stack:
    stated = np.zeros((len(observations), layout.directions))
    for i, obs in enumerate(observations):
        stated[i, list(obs.directions)] = 1.0
    place = {reporter: i for i, reporter in enumerate(layout.deviating)}
    return _Stack(
        low=np.array([obs.low for obs in observations]),
        high=np.array([obs.high for obs in observations]),
        sd=np.array([obs.sd for obs in observations]),
        covered=np.array([obs.covered for obs in observations]),
        before=np.array(
            [np.zeros_like(obs.covered) if obs.before is None else obs.before for obs in observations]
        ),
        is_growth=np.array([obs.before is not None for obs in observations]),
        stated=stated,
        reporter=np.array([obs.reporter for obs in observations]),
        scope=np.array([obs.scope for obs in observations]),
        deviating=np.array([place.get(obs.reporter, -1) for obs in observations]),
    )


def _linearise(theta: Array, stack: _Stack, layout: Layout, prior: Prior, terms: _PriorTerms) -> _State:
    """Weighted normal equations at `theta`; the gradient points uphill."""
    predicted, jacobian = _predict(theta, stack, layout)
    noise = _noise_terms(predicted, stack, prior.noise_df)
    prior_gap = (terms.target - terms.rows @ theta) / terms.sd
    prior_weight = np.where(terms.is_step, (prior.step_df + 1) / (prior.step_df + prior_gap**2), 1.0)
    precision = jacobian.T @ (noise.curvature[:, None] * jacobian)
    steps = terms.rows[terms.is_step]
    precision += terms.fixed + steps.T @ ((prior_weight / terms.sd**2)[terms.is_step, None] * steps)
    gradient = jacobian.T @ noise.slope + terms.rows.T @ (prior_weight * prior_gap / terms.sd)
    step_loss = (prior.step_df + 1) / 2 * np.log1p(prior_gap**2 / prior.step_df)
    loss = float(noise.loss.sum() + np.where(terms.is_step, step_loss, prior_gap**2 / 2).sum())
    return _State(loss, precision, gradient, _outside(predicted, stack) / stack.sd, predicted, noise.weights)


def _predict(theta: Array, stack: _Stack, layout: Layout) -> tuple[Array, Array]:
    """(N,) log predictions and their (N, P) Jacobian."""
    jacobian = np.zeros((len(stack.low), layout.size))
    value = _log_span(theta, stack, stack.covered, layout, jacobian, np.ones(len(stack.low)))
    growth = stack.is_growth
    if growth.any():
        before = np.where(growth[:, None, None], stack.before, stack.covered)
        value -= np.where(
            growth, _log_span(theta, stack, before, layout, jacobian, -growth.astype(float)), 0.0
        )
    return value, jacobian


def _log_span(
    theta: Array, stack: _Stack, covered: Array, layout: Layout, jacobian: Array, sign: Array
) -> Array:
    """(N,) log of the flow inside the spans; `sign` times its gradient is added to `jacobian`."""
    every = np.arange(len(sign))
    level = layout.view(theta, "flow")[None] + layout.view(theta, "bias")[stack.reporter][:, :, None]
    scoped, deviates = stack.scope >= 0, stack.deviating >= 0
    level[scoped] += layout.view(theta, "scope")[stack.scope[scoped]][:, :, None]
    level[deviates] += layout.view(theta, "deviation")[stack.deviating[deviates]]
    profile = season_profile(layout.view(theta, "season"))  # (D, 4)
    share = np.einsum("ntq,dq->ndt", covered, profile)
    flow = np.exp(level) * stack.stated[:, :, None]
    total = (flow * share).sum(axis=(1, 2))
    scale = sign / total
    part = flow * share * scale[:, None, None]  # (N, D, T)
    summed = part.sum(axis=2)
    layout.view(jacobian, "flow")[...] += part
    np.add.at(layout.view(jacobian, "bias"), (every, stack.reporter), summed)
    np.add.at(layout.view(jacobian, "scope"), (every[scoped], stack.scope[scoped]), summed[scoped])
    np.add.at(
        layout.view(jacobian, "deviation"), (every[deviates], stack.deviating[deviates]), part[deviates]
    )
    around = np.einsum("ndt,ntq->ndq", flow, covered) - np.einsum("ndt,ndt->nd", flow, share)[:, :, None]
    layout.view(jacobian, "season")[...] += profile * around * scale[:, None, None]
    return np.asarray(np.log(total))


def season_profile(logits: Array) -> Array:
    """Shares of the four quarters in the year's flow, from (..., 4) logits."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _outside(predicted: Array, stack: _Stack) -> Array:
    """Signed distance from the prediction to the stated interval: stated minus predicted, 0 inside."""
    return np.maximum(stack.low - predicted, 0.0) + np.minimum(stack.high - predicted, 0.0)


@dataclass(frozen=True, slots=True)
class _NoiseTerms:
    """Negative log likelihood of every statement, and its derivatives in the log prediction; (N,) each."""

    loss: Array
    slope: Array  # of the log likelihood
    curvature: Array  # kept positive
    weights: Array


def _noise_terms(predicted: Array, stack: _Stack, df: float) -> _NoiseTerms:
    """Student-t noise of df degrees of freedom (1 to some hundreds): density at a point, mass over an interval."""
    low, high = (stack.low - predicted) / stack.sd, (stack.high - predicted) / stack.sd
    weights = (df + 1) / (df + low**2)
    loss, slope, curvature = (df + 1) / 2 * np.log1p(low**2 / df), weights * low, weights.copy()
    wide = stack.high > stack.low
    if wide.any():
        a, b = low[wide], high[wide]
        mass = _student_mass(a, b, df)
        pull_a, pull_b = _student_kernel(a, df) / mass, _student_kernel(b, df) / mass
        slope[wide] = pull_a - pull_b
        finite = np.where(np.isinf(b), 0.0, b)  # no pull from an end that is not there
        fall = (df + 1) * (pull_a * a / (df + a**2) - pull_b * finite / (df + finite**2))
        curvature[wide] = np.clip(slope[wide] ** 2 - fall, 0.0, (df + 1) / df)
        weights[wide] = (df + 1) / (df + np.maximum(np.maximum(a, -b), 0.0) ** 2)
        loss[wide] = -np.log(mass)
    return _NoiseTerms(loss, slope / stack.sd, curvature / stack.sd**2, weights)


def _student_kernel(z: Array, df: float) -> Array:
    return np.asarray((1 + z**2 / df) ** (-(df + 1) / 2))


def _student_mass(a: Array, b: Array, df: float) -> Array:
    """Integral of the kernel from a to b, which may be infinite: Gauss-Legendre over the angle of z / sqrt(df)."""
    start, end = np.arctan(a / math.sqrt(df)), np.arctan(b / math.sqrt(df))
    half = (end - start) / 2
    angle = start[:, None] + half[:, None] * (1 + NODES)
    return np.asarray(math.sqrt(df) * half * (np.cos(angle) ** (df - 1) @ NODE_WEIGHTS))


def _prior_terms(observations: list[Observation], layout: Layout, prior: Prior) -> _PriorTerms:
    """Linear prior terms; which of them are the Student-t steps of the walk is marked."""
    rows: list[Array] = []
    targets: list[float] = []
    scales: list[float] = []
    steps: list[bool] = []

    def add(entries: dict[int, float], target: float, scale: float, step: bool = False) -> None:
        row = np.zeros(layout.size)
        for index, value in entries.items():
            row[index] += value
        rows.append(row)
        targets.append(target)
        scales.append(scale)
        steps.append(step)

    d_count, t_count, at = layout.directions, layout.years, layout.slices
    centre = _typical_level(observations)
    for d in range(d_count):
        first = at["flow"].start + d * t_count
        drift = at["drift"].start + d
        add({first: 1.0}, centre, 3.0)  # three log points: a factor of twenty, so almost no information
        add({drift: 1.0}, prior.drift_mean, prior.drift_sd)
        for t in range(t_count - 1):
            add({first + t + 1: 1.0, first + t: -1.0, drift: -1.0}, 0.0, prior.step_sd, step=True)
        for q in range(4):
            add({at["season"].start + 4 * d + q: 1.0}, 0.0, prior.season_sd)
    for name, means, sds in (
        ("bias", prior.bias_mean, prior.bias_sd),
        ("scope", prior.scope_mean, prior.scope_sd),
    ):
        for i, (mean, sd) in enumerate(zip(means.ravel(), sds.ravel(), strict=True)):
            add({at[name].start + i: 1.0}, float(mean), float(sd))
    innovation = prior.deviation_sd * math.sqrt(1 - prior.deviation_persistence**2)
    for block in range(len(layout.deviating) * d_count):
        first = at["deviation"].start + block * t_count
        add({first: 1.0}, 0.0, prior.deviation_sd)
        for t in range(t_count - 1):
            add({first + t + 1: 1.0, first + t: -prior.deviation_persistence}, 0.0, innovation)
    matrix: Array = np.array(rows)
    spread: Array = np.array(scales)
    is_step = np.array(steps)
    scaled = matrix[~is_step] / spread[~is_step, None]
    return _PriorTerms(matrix, np.array(targets), spread, is_step, scaled.T @ scaled)


def _typical_level(observations: list[Observation]) -> float:
    """Middle of the stated levels, per direction and year, log USD; where the walk starts from."""
    stated = [obs for obs in observations if obs.before is None]
    levels = [  # a lower bound is not a level, unless nothing else is known
        obs.low - math.log(max(1e-3, float(obs.covered.sum()) / 4)) - math.log(len(obs.directions))
        for obs in [obs for obs in stated if obs.high < math.inf] or stated
    ]
    return float(np.median(levels)) if levels else math.log(1e8)


def _start(observations: list[Observation], layout: Layout, prior: Prior) -> Array:
    theta = np.zeros(layout.size)
    theta[layout.slices["flow"]] = _typical_level(observations)
    theta[layout.slices["bias"]] = prior.bias_mean.ravel()
    theta[layout.slices["scope"]] = prior.scope_mean.ravel()
    return theta


def quantiles(values: Array) -> tuple[float, float, float]:
    """10%, 50% and 90% quantiles of draws."""
    q10, q50, q90 = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
    return q10, q50, q90
