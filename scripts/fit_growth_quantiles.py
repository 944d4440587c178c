"""Fit the growth reference class: quantiles of log growth of bilateral turnover by class of pair.

Unit: an unordered pair of countries in a year in which *both* reported their exports; turnover is the sum
of the two reports, in current US dollars. A direction without a row is not reported, and the pair-year is
left out; a row that reads zero stands among the other rows of an exporter that did report, and counts as
zero. Growth is log(turnover[t + h] / turnover[t]) for h = 4, 8 and 12 years; a turnover that fell to
nothing is set to USD 1,000, so that it ranks below every other outcome.

Classes: turnover in dollars of 2020, log growth a year over the last four years (terciles), and
log(turnover / highest turnover seen so far). A cell with few observations leans on its parent:

    q = (n * q_cell + POOLING * q_parent) / (n + POOLING),   all > size > size, trend > size, trend, peak

Writes `growth_quantiles.csv` and `growth_quantiles.toml` of the package's reference data. Windows, bins and
pooling were chosen by `benchmarks/forecast_backtest.py`.

Usage: ``python scripts/fit_growth_quantiles.py [--data FOLDER] [--out FOLDER]``
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Cells = dict[tuple[int, int, int], tuple[int, Array]]

ROOT = Path(__file__).resolve().parents[1]
PANEL = Path("trade") / "penppml_trade_1964_2016.parquet"

STEP = 4  # years between two observations of the panel
HORIZONS = (4, 8, 12)
LEVELS = np.array([0.01, 0.02, 0.05, *np.linspace(0.1, 0.9, 17).round(2), 0.95, 0.98, 0.99])
SIZE_BOUNDS = (1e6, 1e7, 1e8, 1e9, 1e10)  # USD of 2020, lower bounds; the last class is open
PEAK_BOUNDS = (-0.7, -0.1)  # log(turnover / past peak): less than half of it, below it, at it
TREND_CLASSES = 3
POOLING = 200.0
SMALLEST_USD = 1e3
ANY = -1

# US consumer prices, all urban consumers, annual average, 1982-84 = 100 (Bureau of Labor Statistics).
CPI_TABLE = """
1964 31.0     1968 34.8     1972 41.8     1976 56.9     1980 82.4     1984 103.9    1988 118.3
1992 140.3    1996 156.9    2000 172.2    2004 188.9    2008 215.303  2012 229.594  2016 240.007
2017 245.120  2018 251.107  2019 255.657  2020 258.811  2021 270.970  2022 292.655  2023 304.702
2024 313.689
"""
CPI = {int(year): float(price) for year, price in zip(*[iter(CPI_TABLE.split())] * 2, strict=True)}


@dataclass(frozen=True, slots=True)
class Observations:
    """Pair-years of the panel, one element each.

    Attributes
    ----------
    pair
        ``AAA-BBB``, codes in alphabetical order.
    level
        Log turnover, current USD; `real` the same in dollars of 2020.
    trend
        Log growth a year over the four years before; NaN where the earlier turnover is not known.
    gap
        log(turnover / highest turnover so far), not above zero; NaN for a pair seen for the first time.
    growth
        Log growth over each horizon; NaN where the later turnover is not known.
    """

    pair: NDArray[np.str_]
    year: NDArray[np.int64]
    level: Array
    real: Array
    trend: Array
    gap: Array
    growth: Mapping[int, Array]


def log_turnover(flows: pl.DataFrame) -> pl.DataFrame:
    """Turnover of every pair and year in which both directions have a row.

    `flows` has exp, imp, time and export (USD).
    """
    pairs = flows.with_columns(
        a=pl.min_horizontal("exp", "imp"),
        b=pl.max_horizontal("exp", "imp"),
    )
    turnover = pairs.group_by("a", "b", "time").agg(pl.col("export").sum(), directions=pl.len())
    return (
        turnover.filter(pl.col("directions") == 2)
        .select(
            pair=pl.col("a") + "-" + pl.col("b"),
            year=pl.col("time").cast(pl.Int64),
            log_turnover=pl.col("export").clip(lower_bound=SMALLEST_USD).log(),
        )
        .sort("pair", "year")
    )


def read_panel(folder: Path) -> pl.DataFrame:
    """Pair, year and log turnover of the panel in the folder of third-party data."""
    flows = pl.read_parquet(folder / PANEL, columns=["exp", "imp", "time", "export"])
    return log_turnover(flows.with_columns(pl.col("exp", "imp").cast(pl.String)))


def observations(panel: pl.DataFrame) -> Observations:
    """Level, trend, distance from the peak and later growth of every pair-year above the smallest size."""
    pairs = panel["pair"].unique().sort()
    first, last = int(panel["year"].min()), int(panel["year"].max())  # type: ignore[arg-type]
    years = np.arange(first, last + 1, STEP)
    ahead = max(HORIZONS) // STEP
    # Columns of NaN before the first and after the last year let one slice serve every lag and lead.
    grid = np.full((len(pairs), 1 + len(years) + ahead), np.nan)
    rows = pairs.search_sorted(panel["pair"]).to_numpy()
    grid[rows, 1 + (panel["year"].to_numpy() - first) // STEP] = panel["log_turnover"].to_numpy()

    now = grid[:, 1 : 1 + len(years)]
    peak = np.fmax.accumulate(now, axis=1)
    known_before = np.cumsum(np.isfinite(now), axis=1) > 1
    price = np.log([CPI[year] / CPI[2020] for year in years.tolist()])
    keep = now - price >= np.log(SIZE_BOUNDS[0])  # False where now is NaN
    growth = {h: grid[:, 1 + h // STEP : 1 + h // STEP + len(years)] - now for h in HORIZONS}
    return Observations(
        pair=np.broadcast_to(pairs.to_numpy()[:, None], now.shape)[keep].astype(np.str_),
        year=np.broadcast_to(years, now.shape)[keep],
        level=now[keep],
        real=(now - price)[keep],
        trend=((now - grid[:, : len(years)]) / STEP)[keep],
        gap=np.where(known_before, now - peak, np.nan)[keep],
        growth={h: values[keep] for h, values in growth.items()},
    )


def trend_bounds(trend: Array) -> Array:
    """Terciles of the known trends."""
    return np.quantile(trend[np.isfinite(trend)], np.arange(1, TREND_CLASSES) / TREND_CLASSES).round(3)


def class_of(values: Array, bounds: Array) -> NDArray[np.int64]:
    """Index of the class between the bounds; `ANY` where the value is not known."""
    return np.where(np.isfinite(values), np.searchsorted(bounds, values, side="right"), ANY)


def classes(data: Observations, terciles: Array) -> tuple[NDArray[np.int64], ...]:
    """Size, trend and peak class of every observation."""
    size = class_of(data.real, np.log(SIZE_BOUNDS[1:]))
    return size, class_of(data.trend, terciles), class_of(data.gap, np.array(PEAK_BOUNDS))


def fit(growth: Array, size: NDArray[np.int64], trend: NDArray[np.int64], peak: NDArray[np.int64]) -> Cells:
    """Pooled quantiles of every cell, `ANY` classes included: key -> (n, quantiles at `LEVELS`).

    All arrays are (n,), without NaN in `growth`.
    """

    def cell(mask: Mask, parent: Array) -> tuple[int, Array]:
        n = int(mask.sum())
        if n == 0:
            return 0, parent
        return n, (n * np.quantile(growth[mask], LEVELS) + POOLING * parent) / (n + POOLING)

    root = np.quantile(growth, LEVELS)
    cells: Cells = {}
    for s in range(len(SIZE_BOUNDS)):
        by_size = cells[s, ANY, ANY] = cell(size == s, root)
        for t in (ANY, *range(TREND_CLASSES)):
            in_trend = (size == s) & ((trend == t) if t != ANY else True)
            if t != ANY:
                cells[s, t, ANY] = cell(in_trend, by_size[1])
            for p in range(len(PEAK_BOUNDS) + 1):
                cells[s, t, p] = cell(in_trend & (peak == p), cells[s, t, ANY][1])
    return cells


def fit_all(data: Observations) -> tuple[Array, dict[int, Cells]]:
    """Trend terciles, and the cells of every horizon, from all origins of the panel, equally weighted."""
    terciles = trend_bounds(data.trend)
    size, trend, peak = classes(data, terciles)
    fitted = {}
    for h in HORIZONS:
        known = np.isfinite(data.growth[h])
        fitted[h] = fit(data.growth[h][known], size[known], trend[known], peak[known])
    return terciles, fitted


def label(index: int) -> str:
    """Class index as it stands in the table."""
    return "any" if index == ANY else str(index)


def write_table(path: Path, fitted: Mapping[int, Cells]) -> None:
    """One row per horizon, class and level."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["horizon", "size_class", "trend_class", "peak_class", "n", "level", "log_growth"])
        for h, cells in fitted.items():
            for (s, t, p), (n, quantiles) in sorted(cells.items()):
                for level, value in zip(LEVELS.tolist(), quantiles.tolist(), strict=True):
                    writer.writerow([h, s, label(t), label(p), n, level, round(value, 4)])


def write_description(path: Path, data: Observations, terciles: Array) -> None:
    """Source, sample, window and bins beside the table."""
    sizes = ", ".join(f"{bound:.0f}" for bound in SIZE_BOUNDS)
    prices = "\n".join(f"{year} = {value}" for year, value in CPI.items())
    path.write_text(
        f"""# Written by scripts/fit_growth_quantiles.py; do not edit.
title = "Quantiles of log growth of bilateral turnover, by class of pair"
source = "Own fit to the panel `trade` of the R package penppml (MIT): bilateral exports, USD"
source_url = "https://cran.r-project.org/package=penppml"
unit_of_observation = "unordered pair and year in which both countries reported exports; current USD"
zeros = "a direction without a row is not reported (pair-year left out); a row of zero counts as zero"
window = "all origins 1964-2012, equally weighted; the panel has every fourth year, 1964-2016"
pairs = {len(np.unique(data.pair))}
pair_years = {len(data.year)}
fitted_on = {dt.date.today().isoformat()}
pooling = {POOLING}

[bins]
size_lower_bounds_usd_2020 = [{sizes}]
trend_bounds_log_per_year = {terciles.tolist()}
peak_bounds_log = {list(PEAK_BOUNDS)}
size_meaning = "turnover in dollars of 2020 (US consumer prices); class k starts at the k-th bound"
trend_meaning = "log growth a year over the four years before: terciles of the panel"
peak_meaning = "log(turnover / highest turnover so far): 0 under half, 1 below, 2 at the peak"

[us_consumer_prices]
# All urban consumers, annual average, 1982-84 = 100; US Bureau of Labor Statistics.
{prices}
""",
        encoding="utf-8",
    )


def data_folder(given: Path | None) -> Path:
    """Folder of third-party data, or an exit with a message that says how to give it."""
    folder = given or Path(os.environ.get("TARAZU_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / PANEL).is_file():
        sys.exit(f"{folder / PANEL} not found. Give its folder with --data, or set TARAZU_SHARED_DATA.")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder that holds trade/penppml_trade_1964_2016.parquet")
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "tarazu" / "data")
    arguments = parser.parse_args()
    data = observations(read_panel(data_folder(arguments.data)))
    terciles, fitted = fit_all(data)
    write_table(arguments.out / "growth_quantiles.csv", fitted)
    write_description(arguments.out / "growth_quantiles.toml", data, terciles)
    print(f"{len(data.year):,} pair-years of {len(np.unique(data.pair)):,} pairs; trend terciles {terciles}")


if __name__ == "__main__":
    main()
