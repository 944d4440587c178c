"""The table of trade elasticities against its published source."""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from pathlib import Path
from statistics import mean, median
from types import ModuleType

import pytest

from tarazu.core.parameters import bundled_text

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.needs_shared

# Fontagné, Guimbard and Orefice (2022): epsilon = 1 + beta over significant products with the right sign.
PUBLISHED_MEAN, PUBLISHED_MEDIAN = -9.8, -7.3


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fit", ROOT / "scripts" / "fit_trade_elasticities.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fit"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def source(shared_data: Path) -> Path:
    return shared_data / "hs" / "ProTEE_0_1.csv"


def test_bundled_table_is_what_the_script_fits(script, source):
    fitted = [tuple(map(str, row)) for row in script.fit(script.read_lines(source))]
    bundled = list(csv.reader(io.StringIO(bundled_text("trade_elasticity_hs4.csv"))))
    assert bundled[0] == list(script.HEADER)
    assert [tuple(row) for row in bundled[1:]] == fitted


def test_column_holds_epsilon_and_not_the_tariff_coefficient(script, source):
    """If the column were beta = epsilon - 1, its centre would lie one lower than published."""
    column = [-line.theta for line in script.read_lines(source) if line.theta is not None]
    assert abs(mean(column) - PUBLISHED_MEAN) < abs(mean(column) - (PUBLISHED_MEAN - 1))
    assert abs(median(column) - PUBLISHED_MEDIAN) < abs(median(column) - (PUBLISHED_MEDIAN - 1))


def test_source_has_the_lines_it_is_known_for(script, source):
    lines = script.read_lines(source)
    with source.open(newline="") as file:
        empty = sum(row["sigma"] == "" for row in csv.DictReader(file))
    assert (len(lines), empty) == (5050, 484)


def test_every_own_estimate_is_positive_as_theta(script, source):
    assert all(line.theta > 0 for line in script.read_lines(source) if line.theta is not None)


def test_heading_of_one_estimate_lies_between_it_and_its_chapter(script, source):
    rows = {row[0]: row for row in script.fit(script.read_lines(source))}
    own = next(line.theta for line in script.read_lines(source) if line.hs6 == "100300")
    assert own < rows["1003"][1] < rows["10"][1]
