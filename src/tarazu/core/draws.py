"""Draws from an interval given by its 10%, 50% and 90% quantiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tarazu.core.measure import Interval

Array = NDArray[np.float64]

Z90 = 1.2815515655446004  # 90% quantile of the standard normal


def split_normal(interval: Interval, white: Array) -> Array:
    """Two-piece normal: half a normal on each side of the median, so that the three quantiles hold.

    Parameters
    ----------
    white
        (n,) standard normal draws.
    """
    below, above = interval.q50 - interval.q10, interval.q90 - interval.q50
    return np.asarray(interval.q50 + white / Z90 * np.where(white < 0, below, above))


def split_lognormal(interval: Interval, white: Array) -> Array:
    """The same on the log scale, for quantities that are positive."""
    assert interval.q10 > 0, "a log scale needs positive quantiles"
    logs = Interval(*(float(np.log(q)) for q in (interval.q10, interval.q50, interval.q90)))
    return np.asarray(np.exp(split_normal(logs, white)))
