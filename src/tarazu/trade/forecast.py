"""Business as usual: where turnover goes by itself.

The outside view first: growth of pairs of like size, recent trend and distance from their past peak
(`tarazu.trade.growth_table`; world prices and ordinary policy effort are inside). Then its centre c(h) is
pulled toward the pair's own drift d and the growth y of its two economies, with income elasticity b:

    g(h) = reference(h) + w_own (d h - c(h)) + w_gdp (b y h - c(h))

Weights, elasticity and their intervals stand in ``data/forecast.toml``. How well the reference class does
out of sample stands in ``docs/forecast-backtest.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tarazu.core.checks import Check
from tarazu.core.parameters import section
from tarazu.core.table import Column, Table
from tarazu.trade.growth_table import FILE, Classes, GrowthTable, checked_horizons, growth_draws

Array = NDArray[np.float64]

SMALL_CELL = 200  # the pooling weight of the fit: below it a cell leans on its parent by more than half
TREND_WORDS = ("lowest third", "middle third", "highest third", "not known")
PEAK_WORDS = ("under half of its peak", "below its peak", "at its peak", "not known")


@dataclass(frozen=True, slots=True)
class Weights:
    """How far the centre of the reference class is pulled; (n,) or scalar shares, and an elasticity."""

    own: ArrayLike
    gdp: ArrayLike
    elasticity: ArrayLike

    @classmethod
    def central(cls) -> Weights:
        """Central values of ``data/forecast.toml``."""
        given = section("forecast", "forecast.toml")
        names = ("own_drift_weight", "gdp_weight", "income_elasticity")
        return cls(*(given[name].value for name in names))

    @classmethod
    def draw(cls, rng: np.random.Generator, n: int) -> Weights:
        """(n,) draws between the bounds of ``data/forecast.toml``, triangular about the central value."""
        given = section("forecast", "forecast.toml")
        names = ("own_drift_weight", "gdp_weight", "income_elasticity")
        return cls(*(rng.triangular(given[x].low, given[x].value, given[x].high, n) for x in names))


@dataclass(frozen=True, slots=True)
class BusinessAsUsual:
    """Growth of turnover by itself.

    Attributes
    ----------
    log_growth
        (n, H) cumulative log growth since the base year, current USD.
    years
        (H,) calendar years.
    table
        Year and 10%, 50%, 90% quantiles of the growth factor and of turnover, USD.
    classes
        Reference classes with the share of draws in each and the pair-years behind it.
    n
        Pair-years behind the class that most draws fall into, at the last horizon.
    peak_effect
        (H,) median log growth given the distance from the past peak, less that without regard to it,
        both given size and trend: near zero means that the past peak does not matter.
    """

    log_growth: Array
    years: Array
    table: Table
    classes: Table
    n: int
    peak_effect: Array
    checks: tuple[Check, ...] = ()


def blend(
    reference: Array,
    centre: Array,
    horizons: ArrayLike,
    own_drift: tuple[float, float] | None,
    gdp_growth: tuple[float, float] | None,
    weights: Weights,
    rng: np.random.Generator,
    gdp_white: Array | None = None,
) -> Array:
    """Pull the centre of the reference class toward the pair's own drift and the growth of its economies.

    Parameters
    ----------
    reference
        (n, H) draws of log growth; `centre` (n, H) the medians of their classes.
    own_drift, gdp_growth
        Mean and standard deviation of log growth a year, current USD; None leaves it out. GDP growth is
        the mean of the two economies.
    weights
        Shares of the pull; (n,) or scalar.
    gdp_white
        (n,) standard normal draws of the growth of the economies, where a caller shares them; drawn if None.

    Returns
    -------
    (n, H) log growth: the reference with its centre moved by weight * (rate * h - centre).
    """
    ahead = np.asarray(horizons, dtype=np.float64)
    n = len(reference)
    moved = reference.copy()
    pulls = ((weights.own, own_drift, 1.0), (weights.gdp, gdp_growth, weights.elasticity))
    # Numbers are drawn even when unused: leaving one pull out must not reshuffle the other.
    whites = (rng.standard_normal(n), rng.standard_normal(n) if gdp_white is None else gdp_white)
    for (weight, rate, elasticity), noise in zip(pulls, whites, strict=True):
        if rate is not None:
            drift = np.asarray(elasticity) * (rate[0] + rate[1] * noise)
            moved += np.reshape(np.asarray(weight), (-1, 1)) * (np.outer(drift, ahead) - centre)
    return moved


def forecast(
    level_usd: Array,
    base_year: int,
    years: ArrayLike,
    trend_per_year: float | None,
    log_peak_gap: ArrayLike | None,
    own_drift: tuple[float, float] | None,
    gdp_growth: tuple[float, float] | None,
    rng: np.random.Generator,
    gdp_white: Array | None = None,
) -> BusinessAsUsual:
    """Business as usual from draws of the turnover of the base year.

    Parameters
    ----------
    level_usd
        (n,) draws of turnover in `base_year`, current USD.
    years
        (H,) calendar years, increasing, up to twelve after the base year.
    trend_per_year
        Log growth a year over the last four years; None if not known.
    log_peak_gap
        log(turnover / highest turnover so far), scalar or (n,); None if not known.
    own_drift, gdp_growth
        Mean and standard deviation of log growth a year, current USD; None leaves the pull out.
    """
    table = GrowthTable.read()
    calendar = np.asarray(years, dtype=np.float64)
    ahead = checked_horizons(calendar - base_year, table)
    trend = np.nan if trend_per_year is None else trend_per_year
    gap = np.nan if log_peak_gap is None else log_peak_gap
    classes = table.classes(level_usd, base_year, trend, gap)
    centre = table.median(classes, ahead)
    # Stratified ranks: n draws cover the distribution evenly, so that a rare target is not left to luck.
    uniform = (rng.permutation(len(level_usd)) + rng.random(len(level_usd))) / len(level_usd)
    reference = growth_draws(uniform, ahead, classes, table, rng)
    growth = blend(
        reference, centre, ahead, own_drift, gdp_growth, Weights.draw(rng, len(level_usd)), rng, gdp_white
    )
    listed = _class_table(table, classes, float(ahead[-1]))
    shares = listed.column("share_of_draws")
    n = int(listed.column("n")[int(np.argmax(shares))])
    effect = (centre - table.median(table.any_peak(classes), ahead)).mean(axis=0)
    checks = _checks(table, level_usd, base_year, trend_per_year, log_peak_gap, n)
    return BusinessAsUsual(
        growth, calendar, _growth_table(calendar, growth, level_usd), listed, n, effect, checks
    )


def _growth_table(years: Array, growth: Array, level_usd: Array) -> Table:
    """Quantiles of the growth factor and of turnover by year."""
    columns = [Column("year", "", "calendar year")]
    for name, unit, meaning in (
        ("factor", "ratio", "turnover over that of the base year"),
        ("turnover", "USD", "turnover, current USD"),
    ):
        columns += [Column(f"{name}_q{q}", unit, f"{q}% quantile of {meaning}") for q in (10, 50, 90)]
    factor = np.exp(growth)
    factors = np.quantile(factor, [0.1, 0.5, 0.9], axis=0)
    turnovers = np.quantile(factor * level_usd[:, None], [0.1, 0.5, 0.9], axis=0)
    labels = [int(year) if float(year).is_integer() else float(year) for year in years]
    rows = [(label, *factors[:, j].tolist(), *turnovers[:, j].tolist()) for j, label in enumerate(labels)]
    return Table("business_as_usual", tuple(columns), tuple(rows))


def _class_table(table: GrowthTable, classes: Classes, horizon: float) -> Table:
    """Reference classes in use, in words, with the share of draws and the pair-years behind each."""
    columns = (
        Column("size", "", "turnover in dollars of 2020"),
        Column("trend", "", "growth over the last four years against other pairs"),
        Column("peak", "", "turnover against its highest so far"),
        Column("share_of_draws", "share", "draws in the class"),
        Column("n", "pair-years", "observations of the panel behind the class"),
    )
    cells = table.cells(classes)
    rows = []
    for cell, count in zip(*np.unique(cells, return_counts=True), strict=True):
        s, t, p = (np.array([index]) for index in np.unravel_index(cell, table.counts.shape[1:]))
        words = (_size_words(table, int(s[0])), TREND_WORDS[int(t[0])], PEAK_WORDS[int(p[0])])
        rows.append((*words, float(count / len(cells)), int(table.n(Classes(s, t, p), horizon)[0])))
    return Table("reference_classes", columns, tuple(rows))


def _size_words(table: GrowthTable, size: int) -> str:
    """``USD 100-1,000 million``."""
    low = table.size_bounds[size] / 1e6
    if size + 1 == len(table.size_bounds):
        return f"above USD {low:,.0f} million"
    return f"USD {low:,.0f}-{table.size_bounds[size + 1] / 1e6:,.0f} million"


def _checks(
    table: GrowthTable, level_usd: Array, year: int, trend: float | None, gap: ArrayLike | None, n: int
) -> tuple[Check, ...]:
    """What a reader of the forecast should know about its reference class."""
    last = max(table.prices)
    findings = (
        (
            float(np.median(level_usd)) < table.size_bounds[0],
            Check.warning(
                "forecast-small-pair",
                FILE,
                "turnover is below USD 1 million, smaller than any pair of the reference class; "
                "the smallest class is used",
            ),
        ),
        (
            year > last,
            Check.note(
                "forecast-price-level",
                "growth_quantiles.toml",
                f"US prices are known up to {last}; that level sorts turnover of {year} into its size class",
            ),
        ),
        (
            trend is None,
            Check.note(
                "forecast-no-trend",
                FILE,
                "turnover four years before the base year is not known: pairs of every trend serve",
            ),
        ),
        (
            gap is None,
            Check.note(
                "forecast-no-peak", FILE, "the past peak is not known: pairs near and far from theirs serve"
            ),
        ),
        (
            n < SMALL_CELL,
            Check.warning(
                "forecast-small-class",
                FILE,
                f"the reference class rests on {n} pair-years and leans on the wider class for over half",
            ),
        ),
    )
    return tuple(check for applies, check in findings if applies)
