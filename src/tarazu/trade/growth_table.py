"""The growth reference class: quantiles of what became of turnover of pairs like this one.

Bundled are quantiles of log growth of bilateral turnover over 4, 8 and 12 years by size, recent trend and
distance from the past peak, in current US dollars; `scripts/fit_growth_quantiles.py` fits them. A path of
growth g(h) has the class's distribution at every horizon and hangs together over time:

    g(h) = Q_h(z(h)),   z(h) = sqrt(1 - k(h)) W(h) / sqrt(h) + sqrt(k(h)) e(h)
    k(h) = s min(h, 1) / (s min(h, 1) + (1 - s) h / 4)

Q_h maps a normal score to the class's quantile, W is a Brownian path whose end is fixed by one uniform per
draw (the long-run rank), e is white noise and s the share of the four-year variance that is transitory.
Between the fitted horizons medians go linearly and squared deviations from them too; below four years
the median shrinks as h / 4 and the squared deviation as s min(h, 1) + (1 - s) h / 4.

Sources: the outside view by reference class, Kahneman & Tversky (1979), TIMS Studies in Management
Science 12; Flyvbjerg (2008), European Planning Studies 16. The path construction is ours.
"""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tarazu.core.errors import InputError, ShapeError
from tarazu.core.parameters import bundled_text, section

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

FILE = "growth_quantiles.csv"
FAR = 4.0  # normal score at which the tails end


@dataclass(frozen=True, slots=True)
class Classes:
    """Reference class of every draw; all (n,). In trend and peak, the last index means not known."""

    size: Integers
    trend: Integers
    peak: Integers


@dataclass(frozen=True, slots=True)
class GrowthTable:
    """Fitted quantiles of log growth.

    Attributes
    ----------
    horizons
        (K,) years.
    levels
        (L,) probabilities.
    quantiles
        (K, S, T + 1, P + 1, L) log growth; the last trend and the last peak class are "any".
    counts
        (K, S, T + 1, P + 1) pair-years of the panel in the cell.
    size_bounds
        (S,) lower bounds, USD of 2020; `trend_bounds` (T - 1,) log growth a year; `peak_bounds` (P - 1,)
        log of turnover over its past peak.
    prices
        US consumer prices by year, 1982-84 = 100.
    """

    horizons: Array
    levels: Array
    quantiles: Array
    counts: Integers
    size_bounds: Array
    trend_bounds: Array
    peak_bounds: Array
    prices: dict[int, float]

    @classmethod
    def read(cls) -> GrowthTable:
        """The bundled table."""
        return _bundled_table()

    def classes(self, level_usd: ArrayLike, year: int, trend: ArrayLike, log_peak_gap: ArrayLike) -> Classes:
        """Classes of turnover `level_usd` (current USD of `year`), with its trend and distance from the peak.

        Parameters
        ----------
        level_usd
            (n,) or scalar, above zero. Below the smallest class counts as the smallest.
        trend
            Log growth a year over the last four years; NaN if not known.
        log_peak_gap
            log(turnover / highest turnover so far), zero or below; NaN if not known.
        """
        # Years after the last known price level take that level: a few per cent against classes of tenfold.
        price = np.interp(year, list(self.prices), list(self.prices.values()))
        real = np.atleast_1d(np.asarray(level_usd, dtype=np.float64)) * self.prices[2020] / price
        size = np.maximum(np.searchsorted(self.size_bounds, real, side="right") - 1, 0)
        trends = np.broadcast_to(_class_of(trend, self.trend_bounds), size.shape)
        peaks = np.broadcast_to(_class_of(log_peak_gap, self.peak_bounds), size.shape)
        return Classes(size, trends, peaks)

    def any_peak(self, classes: Classes) -> Classes:
        """The same classes without regard to the past peak."""
        return Classes(classes.size, classes.trend, np.full_like(classes.peak, self.counts.shape[3] - 1))

    def cells(self, classes: Classes) -> Integers:
        """(n,) number of the combination of classes: a flat index into `counts[0]`."""
        known = (classes.size, classes.trend, classes.peak)
        return np.asarray(np.ravel_multi_index(known, self.counts.shape[1:]), dtype=np.int64)

    def n(self, classes: Classes, horizon: float) -> Integers:
        """(n,) pair-years behind each draw's class, at the fitted horizon nearest from above."""
        index = min(int(np.searchsorted(self.horizons, horizon)), len(self.horizons) - 1)
        return np.asarray(self.counts[index, classes.size, classes.trend, classes.peak])

    def median(self, classes: Classes, horizons: Array) -> Array:
        """(n, H) median log growth of each draw's class."""
        middle = self.quantiles[..., int(np.argmin(np.abs(self.levels - 0.5)))]
        knots = middle[:, classes.size, classes.trend, classes.peak]
        path = np.vstack([np.zeros(len(classes.size)), knots])
        at = np.concatenate([[0.0], self.horizons])
        upper = np.clip(np.searchsorted(at, horizons), 1, len(at) - 1)
        share = (horizons - at[upper - 1]) / (at[upper] - at[upper - 1])
        return np.asarray(path[upper - 1] * (1 - share)[:, None] + path[upper] * share[:, None]).T


def growth_draws(
    uniform: Array, horizons: ArrayLike, classes: Classes, table: GrowthTable, rng: np.random.Generator
) -> Array:
    """Paths of cumulative log growth of turnover with the reference class's distribution at each horizon.

    Parameters
    ----------
    uniform
        (n,) in (0, 1): the long-run rank of each draw.
    horizons
        (H,) years after the base, increasing, from 0 to 12; fractions allowed.
    classes
        Of one draw each, or of one for all.
    rng
        Noise of the years on the way.

    Returns
    -------
    (n, H) log growth, current USD.

    Raises
    ------
    InputError
        If a horizon is outside what the table was fitted for, or horizons do not increase.
    ShapeError
        If there are neither one nor n classes.
    """
    ahead = checked_horizons(horizons, table)
    n = len(uniform)
    if len(classes.size) not in (1, n):
        raise ShapeError(expected=(n,), got=classes.size.shape, what="classes of the draws")
    scores = _score_paths(uniform, ahead, rng)
    cells = np.broadcast_to(table.cells(classes), n)
    growth = np.empty_like(scores)
    for cell in np.unique(cells):
        members = cells == cell
        s, t, p = np.unravel_index(cell, table.counts.shape[1:])
        level_scores, curves = _quantile_curves(table, table.quantiles[:, s, t, p], ahead)
        for j, curve in enumerate(curves):
            growth[members, j] = np.interp(scores[members, j], level_scores, curve)
    return growth


def checked_horizons(horizons: ArrayLike, table: GrowthTable) -> Array:
    """Horizons as an array, or a message about what the table can serve."""
    ahead = np.atleast_1d(np.asarray(horizons, dtype=np.float64))
    limit = float(table.horizons[-1])
    if ahead.size == 0 or not np.all((ahead >= 0) & (ahead <= limit)):
        raise InputError(
            f"Business as usual is known for 0 to {limit:g} years after the base year; asked for "
            f"{ahead.tolist()}. Choose a later base year or an earlier target year."
        )
    if np.any(np.diff(ahead) <= 0):
        raise InputError(f"The years of a forecast must increase; got horizons {ahead.tolist()}.")
    return ahead


def _score_paths(uniform: Array, ahead: Array, rng: np.random.Generator) -> Array:
    """(n, H) standard normal scores, one Brownian path per draw with its end at the uniform's score."""
    n, last = len(uniform), max(float(ahead[-1]), 1e-9)
    steps = np.sqrt(np.diff(ahead, prepend=0.0))
    free = np.cumsum(rng.standard_normal((n, len(ahead))) * steps, axis=1)
    bridge = free - np.outer(free[:, -1], ahead / last)
    end = np.sqrt(last) * _normal_score(uniform)
    path = bridge + np.outer(end, ahead / last)
    share = _transitory(ahead)
    noise = rng.standard_normal((n, len(ahead)))
    return np.sqrt(1 - share) * path / np.sqrt(np.maximum(ahead, 1e-9)) + np.sqrt(share) * noise


def _variance(ahead: Array) -> tuple[Array, Array]:
    """Transitory and lasting part of the variance at each horizon, that of four years being one."""
    share = section("forecast", "forecast.toml")["transitory_share"].value
    return share * np.minimum(ahead, 1.0), (1 - share) * ahead / 4


def _transitory(ahead: Array) -> Array:
    """Share of the variance at each horizon that is transitory."""
    transitory, lasting = _variance(np.maximum(ahead, 1e-9))
    return transitory / (transitory + lasting)


def _quantile_curves(table: GrowthTable, knots: Array, ahead: Array) -> tuple[Array, Array]:
    """Normal scores (L + 2,) and log growth at them (H, L + 2), for one cell with `knots` (K, L).

    Beyond the outermost fitted levels the curve goes on straight in the normal score.
    """
    scores = np.array([NormalDist().inv_cdf(level) for level in table.levels.tolist()])
    low = knots[:, 0] + (knots[:, 1] - knots[:, 0]) / (scores[1] - scores[0]) * (-FAR - scores[0])
    high = knots[:, -1] + (knots[:, -1] - knots[:, -2]) / (scores[-1] - scores[-2]) * (FAR - scores[-1])
    wide = np.column_stack([low, knots, high])
    middle = wide[:, [1 + int(np.argmin(np.abs(table.levels - 0.5)))]]
    squares = np.sign(wide - middle) * (wide - middle) ** 2
    first = float(table.horizons[0])
    at = np.minimum(np.maximum(ahead, first), table.horizons[-1])
    upper = np.clip(np.searchsorted(table.horizons, at), 1, len(table.horizons) - 1)
    gap = table.horizons[upper] - table.horizons[upper - 1]
    share = ((at - table.horizons[upper - 1]) / gap)[:, None]
    centre = middle[upper - 1] * (1 - share) + middle[upper] * share
    signed = squares[upper - 1] * (1 - share) + squares[upper] * share
    transitory, lasting = _variance(np.minimum(ahead, first) * 4 / first)
    spread = (transitory + lasting)[:, None] * signed
    curves = centre * np.minimum(ahead / first, 1.0)[:, None] + np.sign(spread) * np.sqrt(np.abs(spread))
    return np.concatenate([[-FAR], scores, [FAR]]), curves


def _class_of(values: ArrayLike, bounds: Array) -> Integers:
    """Class between the bounds; the index after the last class where the value is not known."""
    given = np.asarray(values, dtype=np.float64)
    found = np.searchsorted(bounds, given, side="right")
    return np.atleast_1d(np.where(np.isnan(given), len(bounds) + 1, found)).astype(np.int64)


def _normal_score(uniform: Array) -> Array:
    """Inverse of the normal distribution function, accurate to 1e-5 for ranks met in practice."""
    grid, ranks = _normal_grid()
    return np.interp(uniform, ranks, grid)


@cache
def _normal_grid() -> tuple[Array, Array]:
    grid = np.linspace(-FAR, FAR, 4001)
    normal = NormalDist()
    return grid, np.array([normal.cdf(x) for x in grid.tolist()])


@cache
def _bundled_table() -> GrowthTable:
    description = tomllib.loads(bundled_text("growth_quantiles.toml"))
    bins = description["bins"]
    rows = list(csv.DictReader(io.StringIO(bundled_text(FILE))))
    horizons = sorted({int(row["horizon"]) for row in rows})
    levels = sorted({float(row["level"]) for row in rows})
    trends, peaks = len(bins["trend_bounds_log_per_year"]) + 1, len(bins["peak_bounds_log"]) + 1
    shape = (len(horizons), len(bins["size_lower_bounds_usd_2020"]), trends + 1, peaks + 1)
    quantiles = np.full((*shape, len(levels)), np.nan)
    counts = np.zeros(shape, dtype=np.int64)
    at_horizon = {h: i for i, h in enumerate(horizons)}
    at_level = {level: i for i, level in enumerate(levels)}
    for row in rows:
        trend = trends if row["trend_class"] == "any" else int(row["trend_class"])
        peak = peaks if row["peak_class"] == "any" else int(row["peak_class"])
        cell = (at_horizon[int(row["horizon"])], int(row["size_class"]), trend, peak)
        quantiles[(*cell, at_level[float(row["level"])])] = float(row["log_growth"])
        counts[cell] = int(row["n"])
    assert not np.isnan(quantiles).any(), "the bundled table lists every cell"
    return GrowthTable(
        horizons=np.array(horizons, dtype=np.float64),
        levels=np.array(levels),
        quantiles=quantiles,
        counts=counts,
        size_bounds=np.array(bins["size_lower_bounds_usd_2020"], dtype=np.float64),
        trend_bounds=np.array(bins["trend_bounds_log_per_year"]),
        peak_bounds=np.array(bins["peak_bounds_log"]),
        prices={int(year): float(price) for year, price in description["us_consumer_prices"].items()},
    )
