"""80% intervals of a route's mean cost and time, from the intervals of the quantities they were computed from.

A cost is rate x length, or what is stated in its place; a time is length / speed or stated, plus waits. To first
order a quantity q moves a sum S by S_q (q_low / q - 1) and S_q (q_high / q - 1), S_q being the part of S that
holds q. The parts of one quantity add up along the route, since it errs everywhere alike; those of different
quantities are taken as independent and add up by their squares (law of propagation of uncertainty, JCGM 100:2008,
section 5.1).

Where a time is drawn, its mean is drawn too: all that is uncertain in it is multiplied by one factor, a log-normal of
two pieces whose quantiles (10%, 50%, 90%) are those of the interval. Over the draws of the mean and of the shipments
the variance is E[Var(T | mean)] + Var(E[T | mean]), the law of total variance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tarazu.core.draws import split_lognormal, split_normal
from tarazu.core.measure import Interval
from tarazu.corridor.facts import Quantity

if TYPE_CHECKING:
    from tarazu.corridor.graph import Arc

Array = NDArray[np.float64]
Share = tuple[float, Quantity, bool]  # part of the sum that holds a quantity; whether it is divided by it
LENGTHS = ("length", "factor")


def wait_variance(wait: float) -> float:
    """Variance of a wait that is uniform from nothing to twice its mean."""
    return (2 * wait) ** 2 / 12


def cost_interval(steps: Iterable[Arc]) -> tuple[float, float]:
    """80% interval of the mean cost, USD a tonne."""
    steps = tuple(steps)
    return _interval(
        sum(arc.cost_usd_t for arc in steps),
        (share for arc in steps for share in _shares(arc, arc.cost_usd_t, "cost", "rate")),
    )


def time_interval(
    steps: Iterable[Arc], wait: float = 0.0, delay: float = 0.0, waited: Quantity | None = None
) -> tuple[float, float]:
    """80% interval of the mean time in hours; delays of limits and departures of timetables are as stated."""
    steps = tuple(steps)
    shares: list[Share] = [(wait, waited, False)] if waited else []
    for arc in steps:
        shares += _shares(arc, arc.time_h - arc.wait_h - arc.delay_h, "time", "speed")
        if not arc.departures:
            waits = [quantity for name, quantity in arc.facts if name in ("headway", "wait")]
            shares += [(arc.wait_h, quantity, False) for quantity in waits[:1]]
    return _interval(wait + delay + sum(arc.time_h for arc in steps), shares)


def mean_factors(mean: float, interval: tuple[float, float], white: Array) -> Array:
    """(n,) drawn means over the stated one, of what is uncertain in a time.

    Parameters
    ----------
    mean, interval
        Hours, and their 80% interval, without what is fixed.
    white
        (n,) standard normal draws.
    """
    if mean <= 0:
        return np.ones(len(white))
    low, high = interval
    quantiles = Interval(min(low, mean), mean, max(high, mean))
    if low > 0:
        return split_lognormal(quantiles, white) / mean
    return np.asarray(np.maximum(split_normal(quantiles, white), 0.0) / mean)


def _shares(arc: Arc, amount: float, stated: str, per_km: str) -> Iterator[Share]:
    """What of an amount rests on which quantity: the stated sum, or a price or speed and the length."""
    parts = [dict(reversed(part.facts)) for part in arc.parts]
    own = dict(reversed(arc.facts))
    if stated in own and all(own[stated] is not part.get(stated) for part in parts):
        yield amount, own[stated], False
    elif parts:
        sums = [_amount(part, stated) for part in arc.parts]
        whole = sum(sums)
        for part, share in zip(arc.parts, sums, strict=True):
            yield from _shares(part, amount * share / whole if whole else 0.0, stated, per_km)
    elif per_km in own:
        yield amount, own[per_km], per_km == "speed"
        yield from ((amount, own[name], False) for name in LENGTHS if name in own)


def _amount(arc: Arc, stated: str) -> float:
    return arc.cost_usd_t if stated == "cost" else arc.time_h - arc.wait_h


def _interval(total: float, shares: Iterable[Share]) -> tuple[float, float]:
    down: dict[int, float] = {}
    up: dict[int, float] = {}
    for amount, quantity, divided in shares:
        if quantity.value <= 0:
            continue
        low, high = quantity.low / quantity.value, quantity.high / quantity.value
        if divided:
            low, high = 1 / high, 1 / low if low > 0 else 1.0
        down[id(quantity)] = down.get(id(quantity), 0.0) + amount * (1 - low)
        up[id(quantity)] = up.get(id(quantity), 0.0) + amount * (high - 1)
    return max(total - math.hypot(*down.values()), 0.0), total + math.hypot(*up.values())
