"""Backtest of the growth reference class: rolling origin, and a fresh test from 2016 to 2023.

Rolling origin: at each origin year the table is fitted to growth that had ended by then, and scored on the
growth that followed, among pairs of at least USD 10 million (of 2020). Pinball loss is the mean over the
quantile levels, in log points. `naive` is the last value with the unconditional spread of past growth;
`random walk` is the last value alone. Each specification changes one thing of the shipped one.

Usage: ``python benchmarks/forecast_backtest.py [--data FOLDER] [--smoke]``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import fit_growth_quantiles as fitting
from fit_growth_quantiles import ANY, LEVELS, Array, Cells, Observations
from tarazu.trade.growth_table import Classes, GrowthTable, growth_draws

ORIGINS = {4: (1992, 1996, 2000, 2004, 2008, 2012), 8: (1996, 2000, 2004, 2008), 12: (1996, 2000, 2004)}
FLOOR_USD = 1e7
MIDDLE = int(np.argmin(np.abs(LEVELS - 0.5)))
LOW, HIGH = int(np.argmin(np.abs(LEVELS - 0.1))), int(np.argmin(np.abs(LEVELS - 0.9)))
MATRIX = Path("trade") / "baci2023_world_matrix_long.csv"
ANNUAL = Path("trade") / "agtpa_applications_1986_2006.parquet"


@dataclass(frozen=True, slots=True)
class Specification:
    """What the reference class is conditioned on, and which origins it learns from."""

    trend: bool = True
    peak: bool = True
    since: int = 1964
    drift_weight: float = 0.0
    sizes: Callable[[Observations], Array] = lambda data: data.real


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the observations of one or several origins."""

    n: int
    ours: float
    naive: float
    walk: float
    coverage: float
    below: float
    by_origin: tuple[float, ...] = ()


def pinball(actual: Array, quantiles: Array) -> float:
    """Mean pinball loss of (n, L) quantiles over observations and levels."""
    error = actual[:, None] - quantiles
    return float(np.maximum(LEVELS * error, (LEVELS - 1) * error).mean())


def look_up(cells: Cells, keys: NDArray[np.int64]) -> Array:
    """(n, L) quantiles of (n, 3) classes."""
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    stack = np.array([cells[(int(s), int(t), int(p))][1] for s, t, p in unique])
    return stack[inverse.ravel()]


def predict(
    data: Observations, h: int, train: NDArray[np.bool_], test: NDArray[np.bool_], spec: Specification
) -> Array:
    """(n, L) quantiles of growth over h years for the observations under test."""
    size = fitting.class_of(spec.sizes(data), np.log(fitting.SIZE_BOUNDS[1:]))
    terciles = fitting.trend_bounds(data.trend[train])
    nothing = np.full_like(size, ANY)
    trend = fitting.class_of(data.trend, terciles) if spec.trend else nothing
    peak = fitting.class_of(data.gap, np.array(fitting.PEAK_BOUNDS)) if spec.peak else nothing
    cells = fitting.fit(data.growth[h][train], size[train], trend[train], peak[train])
    quantiles = look_up(cells, np.column_stack([size, trend, peak])[test])
    pull = spec.drift_weight * (h * data.trend[test] - quantiles[:, MIDDLE])
    return quantiles + np.nan_to_num(pull)[:, None]


def score(actual: Array, quantiles: Array, past: Array) -> Score:
    """Our quantiles against the two simple forecasts."""
    unconditional = np.quantile(past, LEVELS)
    naive = np.broadcast_to(unconditional - unconditional[MIDDLE], quantiles.shape)
    inside = (actual >= quantiles[:, LOW]) & (actual <= quantiles[:, HIGH])
    return Score(
        n=len(actual),
        ours=pinball(actual, quantiles),
        naive=pinball(actual, naive),
        walk=pinball(actual, np.zeros_like(quantiles)),
        coverage=float(inside.mean()),
        below=float((actual < quantiles[:, LOW]).mean()),
    )


def pooled(scores: list[Score]) -> Score:
    """Mean over origins, weighted by observations."""
    n = [s.n for s in scores]
    ours, naive, walk, coverage, below = (
        float(np.average([getattr(s, name) for s in scores], weights=n))
        for name in ("ours", "naive", "walk", "coverage", "below")
    )
    return Score(sum(n), ours, naive, walk, coverage, below, tuple(s.coverage for s in scores))


def backtest(data: Observations, h: int, spec: Specification = Specification()) -> Score:
    """Rolling-origin score at horizon h."""
    growth = data.growth[h]
    eligible = np.isfinite(growth) & (data.real >= np.log(FLOOR_USD))
    scores = []
    for origin in ORIGINS[h]:
        train = eligible & (data.year + h <= origin) & (data.year >= spec.since)
        test = eligible & (data.year == origin)
        scores.append(score(growth[test], predict(data, h, train, test, spec), growth[train]))
    return pooled(scores)


def specifications() -> dict[str, Specification]:
    """The shipped specification and what was tried beside it."""
    shipped = Specification()

    def relative(data: Observations) -> Array:
        """Log turnover relative to its mean in the year, at the mean of all years in dollars of 2020."""
        years, index = np.unique(data.year, return_inverse=True)
        means = np.array([data.level[data.year == year].mean() for year in years])
        return np.asarray(data.level - means[index] + data.real.mean())

    return {
        "shipped": shipped,
        "without peak": replace(shipped, peak=False),
        "without trend": replace(shipped, trend=False),
        "size only": replace(shipped, trend=False, peak=False),
        "size in current USD": replace(shipped, sizes=lambda data: data.level),
        "size against year's mean": replace(shipped, sizes=relative),
        "origins since 1980": replace(shipped, since=1980),
        "origins since 1984": replace(shipped, since=1984),
        "own drift, weight 0.1": replace(shipped, drift_weight=0.1),
        "own drift, weight 0.3": replace(shipped, drift_weight=0.3),
    }


def fresh(data: Observations, folder: Path) -> Score:
    """Growth from 2016 (panel) to 2023 (BACI) against the shipped code's seven-year forecast.

    The bundled table knows growth up to 2016 only. BACI reconciles both sides' reports, so its level is
    not that of the panel's exporters' reports; pairs count where BACI has both directions.
    """
    flows = pl.read_csv(folder / MATRIX).select(
        exp="exporter", imp="importer", time=pl.lit(2023), export=pl.col("v_kusd") * 1e3
    )
    later = dict(fitting.log_turnover(flows).select("pair", "log_turnover").iter_rows())
    actual = np.array([later.get(pair, np.nan) for pair in data.pair.tolist()]) - data.level
    test = (data.year == 2016) & np.isfinite(actual) & (data.real >= np.log(FLOOR_USD))
    table = GrowthTable.read()
    classes = table.classes(np.exp(data.level[test]), 2016, data.trend[test], data.gap[test])
    quantiles = simulated_quantiles(table, classes, 7.0)
    past = data.growth[8][np.isfinite(data.growth[8]) & (data.real >= np.log(FLOOR_USD))] * 7 / 8
    return score(actual[test], quantiles, past)


def simulated_quantiles(table: GrowthTable, classes: Classes, horizon: float, draws: int = 20_000) -> Array:
    """(n, L) quantiles from the shipped simulation, one run per class in use."""
    keys = np.column_stack([classes.size, classes.trend, classes.peak])
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    rng = np.random.default_rng(1)
    rows = []
    for s, t, p in unique:
        one = Classes(np.array([s]), np.array([t]), np.array([p]))
        rows.append(np.quantile(growth_draws(rng.random(draws), [horizon], one, table, rng), LEVELS))
    return np.array(rows)[inverse.ravel()]


def annual_variance(folder: Path) -> list[tuple[str, int, float, float]]:
    """Squared 80% spread over one and two years relative to four, in the annual panel, by size."""
    trade = pl.read_parquet(folder / ANNUAL, columns=["exporter", "importer", "year", "trade"])
    flows = trade.filter(pl.col("exporter") != pl.col("importer")).select(
        exp="exporter", imp="importer", time="year", export=pl.col("trade") * 1e6
    )
    turnover = fitting.log_turnover(flows)
    found = []
    for low, high in ((5e6, 5e7), (5e7, 5e8), (5e8, 5e9), (5e9, 1e13)):
        squares = []
        for h in (1, 2, 4):
            both = turnover.join(
                turnover.with_columns(pl.col("year") - h), on=["pair", "year"], suffix="_later"
            )
            both = both.filter(pl.col("log_turnover").is_between(np.log(low), np.log(high)))
            growth = (both["log_turnover_later"] - both["log_turnover"]).to_numpy()
            squares.append(float(np.subtract(*np.quantile(growth, [0.9, 0.1]))) ** 2)
        found.append(
            (
                f"{low / 1e6:,.0f}-{high / 1e6:,.0f}",
                len(both),
                squares[0] / squares[2],
                squares[1] / squares[2],
            )
        )
    return found


def thinned(data: Observations, every: int) -> Observations:
    """Every so-many-th pair, for a fast run."""
    pairs = np.unique(data.pair)[::every]
    keep = np.isin(data.pair, pairs)
    fields = {name: getattr(data, name)[keep] for name in ("pair", "year", "level", "real", "trend", "gap")}
    return Observations(**fields, growth={h: values[keep] for h, values in data.growth.items()})


def line(name: str, h: str, s: Score) -> str:
    by_origin = " ".join(f"{100 * c:.0f}" for c in s.by_origin)
    return (
        f"{name:26s} {h:>3s} {s.n:7,d} {s.ours:7.4f} {s.naive:7.4f} {s.walk:7.4f} {s.ours / s.naive:6.3f} "
        f"{100 * s.coverage:6.1f} {100 * s.below:6.1f}  {by_origin}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of third-party data")
    parser.add_argument(
        "--smoke", action="store_true", help="a tenth of the pairs, shipped specification only"
    )
    arguments = parser.parse_args()
    folder = fitting.data_folder(arguments.data)
    data = fitting.observations(fitting.read_panel(folder))
    specs = specifications()
    if arguments.smoke:
        data, specs = thinned(data, 10), {name: specs[name] for name in ("shipped", "without peak")}
    print(
        f"{'specification':26s} {'h':>3s} {'n':>7s} {'ours':>7s} {'naive':>7s} {'walk':>7s} {'ratio':>6s} "
        f"{'cov80':>6s} {'below':>6s}  coverage by origin"
    )
    for h in fitting.HORIZONS:
        for name, spec in specs.items():
            print(line(name, str(h), backtest(data, h, spec)))
    if (folder / MATRIX).is_file():
        print(line("fresh, 2016 to 2023", "7", fresh(data, folder)))
    if (folder / ANNUAL).is_file():
        print("\nvariance of growth relative to four years, annual panel 1986-2006 (linear: 0.25 and 0.50)")
        for size, n, one, two in annual_variance(folder):
            print(f"USD {size:>20s} million  n {n:6,d}  one year {one:.2f}  two years {two:.2f}")


if __name__ == "__main__":
    main()
