"""Draws of a direction's products: flows that fit the direction's total, potentials, shares, prices.

Per draw and line

    flow      = value, or tonnes x unit value; predicted share x demand where no flow is on record
    potential = max(flow, min(supply, demand) x attainable share)
    own share = drawn with the flow's deviation: a large flow goes with a large share
    rivals    = (1 - own share) x their shares of the remainder

A line's quantities are log-normal with different widths below and above the median, so that the three
quantiles hold. Where the flows exceed the direction's total less a small rest, all flows of that draw are scaled down
together; "other goods" is what the lines leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.core.draws import Z90
from tarazu.core.errors import ShapeError
from tarazu.core.measure import Interval
from tarazu.potential.line import Assessment, Line, Size

Array = NDArray[np.float64]

SHARE_LIMITS = (1e-6, 0.97)
MILLION = 1e6


@dataclass(frozen=True, slots=True)
class LineDraws:
    """n draws of K lines.

    Attributes
    ----------
    flow, potential
        (n, K) USD in the base year; potential is never below the flow, and equals it where neither
        supply nor demand is known.
    room
        (n, K) USD of supply or demand, whichever is smaller, but at least the potential: what a lifted
        limit can reach; equal to the potential where neither is known.
    other
        (n,) USD of all goods without a line, not negative.
    own_share
        (n, K) in (0, 1).
    rival_share
        (n, K, R) shares of `rivals`; with the own share they add to at most one.
    unit_value
        (n, K) USD per tonne, NaN where unknown.
    """

    flow: Array
    other: Array
    potential: Array
    room: Array
    own_share: Array
    rival_share: Array
    rivals: tuple[str, ...]
    unit_value: Array


def draws(assessment: Assessment, rng: np.random.Generator, n: int, total_usd: Array) -> LineDraws:
    """Joint draws of all lines, scaled to the total of the direction.

    Parameters
    ----------
    total_usd
        (n,) draws of the direction's yearly total in the base year, USD, free on board.

    Raises
    ------
    ShapeError
        If `total_usd` is not (n,).
    """
    if total_usd.shape != (n,):
        raise ShapeError(expected=(n,), got=total_usd.shape, what="total_usd")
    lines = assessment.lines
    flow, reach, market, own, price = unscaled(lines, rng.standard_normal((5, n, len(lines))))
    left = (1 - assessment.priors.rest_share) * total_usd
    summed = flow.sum(axis=1)
    scale = np.where(summed > left, left / np.where(summed > 0, summed, 1.0), 1.0)[:, None]
    flow *= scale  # supply and demand do not shrink because a total is low
    names, remainder = _remainders(lines)
    return LineDraws(
        flow=flow,
        other=np.maximum(total_usd - flow.sum(axis=1), 0.0),
        potential=np.fmax(flow, reach),
        room=np.fmax(np.fmax(flow, reach), market),
        own_share=own,
        rival_share=np.einsum("nk,kr->nkr", 1 - own, remainder),
        rivals=names,
        unit_value=price,
    )


def unscaled(lines: Sequence[Line], white: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Flow, reach, market (USD), own share and unit value before any total is known, (n, K) each.

    The market is the smaller of supply and demand, the reach that times the attainable share.

    Parameters
    ----------
    white
        (5, n, K) standard normal draws.
    """
    price = _lognormal([line.unit_value.interval for line in lines], white[0])
    supply = _usd([line.supply for line in lines], white[1], price)
    demand = _usd([line.demand for line in lines], white[2], price)
    attainable = np.minimum(
        _lognormal([line.attainable.interval for line in lines], white[3]), SHARE_LIMITS[1]
    )
    own = _lognormal([line.own_share.interval for line in lines], white[4])
    flow = _usd([line.realised for line in lines], white[4], price)
    market = np.fmin(supply, demand)
    reach = market * attainable
    zero = np.array([line.zero_flow for line in lines], dtype=bool)
    own[:, zero] = np.minimum(own[:, zero], attainable[:, zero])
    flow[:, zero] = np.minimum(own[:, zero] * demand[:, zero], reach[:, zero])
    return flow, reach, market, np.clip(own, *SHARE_LIMITS), price


def _usd(sizes: Sequence[Size], white: Array, price: Array) -> Array:
    """(n, K) USD: thousand tonnes times USD a tonne, or million USD, each times a thousand."""
    drawn = _lognormal([size.kt if size.by_tonnes else size.usd_m for size in sizes], white)
    tonnes = np.array([size.by_tonnes for size in sizes], dtype=bool)
    drawn *= np.where(tonnes, price, 1000.0)
    drawn *= 1000.0
    return drawn


def _lognormal(intervals: Sequence[Interval | None], white: Array) -> Array:
    """(n, K) two-piece log-normal draws; NaN columns where there is no interval."""
    logs = np.log([(i.q10, i.q50, i.q90) if i else (np.nan,) * 3 for i in intervals]).reshape(-1, 3)
    below, above = (logs[:, 1] - logs[:, 0]) / Z90, (logs[:, 2] - logs[:, 1]) / Z90
    drawn = np.where(white < 0, below, above)
    drawn *= white
    drawn += logs[:, 1]
    return np.exp(drawn, out=drawn)


def _remainders(lines: Sequence[Line]) -> tuple[tuple[str, ...], Array]:
    """Names of all rivals and their (K, R) shares of what the exporter does not hold."""
    names = tuple(sorted({name for line in lines for name in line.rivals.shares}))
    table = [[line.rivals.shares.get(name, 0.0) for name in names] for line in lines]
    return names, np.array(table, dtype=np.float64).reshape(len(lines), len(names))
