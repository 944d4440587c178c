"""Kaplan and Meier's estimate against published values, scipy and a plain loop."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
import pytest
from scipy import stats

from tarazu.trade.delays import HORIZON, kaplan_meier
from tarazu.trade.realism import bundled

# Weeks in remission of 21 patients on 6-mercaptopurine; False: censored (Freireich et al. 1963, Blood 21).
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSE = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
# Share still in remission after each relapse, as printed in textbooks of survival analysis.
PUBLISHED = {5: 1.0, 6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448, 35: 0.448}


def spells():
    """Delays of the bundled table, read anew from the file: at the latest year possible, and if reached."""
    text = files("tarazu.data").joinpath("announced_targets.csv").read_text(encoding="utf-8")
    found = []
    for row in csv.DictReader(text.splitlines()):
        if row["outcome"] == "met on time":
            found.append((0, True))
        elif row["outcome"] in ("met late", "missed"):
            year = row["reached_in"] or row["not_reached_by"]
            found.append((int(year) - int(row["target_date"][:4]), bool(row["reached_in"])))
    return found


def test_the_published_trial():
    left = 1 - kaplan_meier(np.array(WEEKS), np.array(RELAPSE, dtype=bool), np.ones((1, 21)), horizon=35)[0]
    for week, share in PUBLISHED.items():
        assert left[week] == pytest.approx(share, abs=5e-4), week


def test_the_bundled_delays_agree_with_scipy():
    found = spells()
    crossed = [delay for delay, reached in found if reached]
    followed = [delay for delay, reached in found if not reached]
    peer = stats.ecdf(stats.CensoredData(uncensored=crossed, right=followed)).cdf
    expected = peer.evaluate(np.arange(HORIZON + 1))
    assert bundled().delays.column("share") == pytest.approx(expected.tolist(), abs=1e-12)


def test_the_bundled_delays_agree_with_a_plain_loop():
    found, left = spells(), 1.0
    for record in bundled().delays:
        at_risk = [spell for spell in found if spell[0] >= record["years"]]
        crossed = [spell for spell in at_risk if spell == (record["years"], True)]
        left *= 1 - len(crossed) / len(at_risk)
        assert (record["at_risk"], record["reached"]) == (len(at_risk), len(crossed))
        assert record["share"] == pytest.approx(1 - left, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_random_delays_agree_with_scipy(seed):
    rng = np.random.default_rng(seed)
    delay, reached = rng.integers(0, 12, 60), rng.random(60) < 0.5
    data = stats.CensoredData(uncensored=delay[reached], right=delay[~reached])
    expected = stats.ecdf(data).cdf.evaluate(np.arange(HORIZON + 1))
    assert kaplan_meier(delay, reached, np.ones((1, 60)))[0] == pytest.approx(expected, abs=1e-12)
