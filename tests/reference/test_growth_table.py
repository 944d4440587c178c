"""The bundled growth table is what the fitting script makes of the panel, and it holds out of sample."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import polars as pl
import pytest

from tarazu.trade.growth_table import GrowthTable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def fitting():
    sys.path.insert(0, str(ROOT / "scripts"))
    return importlib.import_module("fit_growth_quantiles")


@pytest.fixture(scope="module")
def backtest():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    return importlib.import_module("forecast_backtest")


@pytest.fixture(scope="module")
def folder(shared_data, fitting):
    if not (shared_data / fitting.PANEL).is_file():
        pytest.skip(f"{fitting.PANEL} not found in {shared_data}")
    return shared_data


@pytest.fixture(scope="module")
def data(folder, fitting):
    return fitting.observations(fitting.read_panel(folder))


def test_panel_is_in_us_dollars(folder, fitting):
    """Kazakhstan's exports to Iran in 2008: 2,039.5 million."""
    flows = pl.read_parquet(folder / fitting.PANEL, columns=["exp", "imp", "time", "export"])
    one = flows.filter((pl.col("exp") == "KAZ") & (pl.col("imp") == "IRN") & (pl.col("time") == 2008))
    assert one["export"].item() / 1e6 == pytest.approx(2039.5, abs=0.1)


def test_a_year_in_which_one_side_did_not_report_has_no_turnover(folder, fitting):
    """Iran reported no exports for 2008 and 2012: the pair has turnover in 2000, 2004 and 2016 only."""
    pair = fitting.read_panel(folder).filter(pl.col("pair") == "IRN-KAZ")
    assert pair["year"].to_list() == [2000, 2004, 2016]


def test_refit_agrees_with_the_bundled_table(data, fitting):
    table = GrowthTable.read()
    terciles, fitted = fitting.fit_all(data)
    assert terciles == pytest.approx(table.trend_bounds)
    assert table.levels == pytest.approx(fitting.LEVELS)
    for i, h in enumerate(fitting.HORIZONS):
        for (s, t, p), (n, quantiles) in fitted[h].items():
            assert table.counts[i, s, t, p] == n
            assert table.quantiles[i, s, t, p] == pytest.approx(quantiles, abs=1e-3)


@pytest.mark.parametrize(("horizon", "ratio"), [(4, 0.97), (8, 0.88), (12, 0.72)])
def test_beats_the_naive_forecast_and_covers_out_of_sample(data, backtest, horizon, ratio):
    score = backtest.backtest(data, horizon)
    assert score.ours / score.naive < ratio
    assert 0.75 <= score.coverage <= 0.85


def test_covers_growth_to_2023_which_the_panel_never_saw(folder, data, backtest):
    if not (folder / backtest.MATRIX).is_file():
        pytest.skip(f"{backtest.MATRIX} not found in {folder}")
    score = backtest.fresh(data, folder)
    assert score.ours / score.naive < 0.8
    assert 0.75 <= score.coverage <= 0.85
