"""Hide-and-predict on mirror reports of HS 27: the shipped scales on a sample of pairs never used to fit them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "mirror.py"


@pytest.fixture(scope="module")
def mirror():
    spec = importlib.util.spec_from_file_location("mirror", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["mirror"] = module  # worker processes look the functions up by this name
    spec.loader.exec_module(module)
    yield module
    del sys.modules["mirror"]


@pytest.fixture(scope="module")
def flows(mirror, shared_data):
    return mirror.read_flows(mirror.data_folder(shared_data))


@pytest.fixture(scope="module")
def large(mirror, flows):
    """Predictions for flows of USD 100 million and more, the size of what a plan is made for."""
    held = mirror.sample(flows, 1, mirror.LARGE, 40)
    with ProcessPoolExecutor(2) as pool:
        return mirror.predict(held, mirror.Scales.shipped(), pool)


def test_80_percent_interval_covers_70_to_90_percent_of_hidden_reports_of_large_flows(mirror, large):
    found = mirror.score(large)
    assert found.n > 100
    assert 0.70 <= found.cover80 <= 0.90
    assert found.cover50 < found.cover80 < found.cover95


def test_pooling_predicts_better_than_the_visible_report(mirror, large):
    found = mirror.score(large)
    assert found.error < 0.9 * min(found.error_visible, found.error_world)
    assert found.error < found.error_own


def test_halves_share_no_pair_of_countries_and_hide_a_fifth(mirror, flows):
    assert {flow.half for flow in flows} == {0, 1}
    hidden = np.concatenate([flow.hidden for flow in flows])
    assert np.mean(hidden >= 0) == pytest.approx(0.2, abs=0.01)
    assert np.mean(hidden[hidden >= 0]) == pytest.approx(0.5, abs=0.02)


def test_both_directions_of_a_pair_are_on_one_half(mirror):
    years, logs = np.arange(8), np.zeros((2, 8))
    there, back = (mirror._flow(*names, years, logs) for names in (("AAA", "BBB"), ("BBB", "AAA")))
    assert there.half == back.half


def test_a_hidden_report_is_not_shown_to_the_pooling(mirror, flows):
    flow = next(flow for flow in flows if (flow.hidden >= 0).any())
    given = mirror.statements(flow, 0.08)
    assert len(given) == 2 * len(flow.year) - (flow.hidden >= 0).sum()
    k = int(np.flatnonzero(flow.hidden >= 0)[0])
    changed = flow.log_usd.copy()
    changed[flow.hidden[k], k] += 5.0
    scales = mirror.Scales.shipped()
    before, after = (mirror.predict_flow(f, scales) for f in (flow, replace(flow, log_usd=changed)))
    assert np.array_equal(before.quantiles, after.quantiles)


def test_without_the_data_the_script_says_so_and_exits_with_2(tmp_path):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--smoke", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "TARAZU_SHARED_DATA" in done.stderr
    assert "Traceback" not in done.stderr
