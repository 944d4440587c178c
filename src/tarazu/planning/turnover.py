"""From a block of draws and a bundle of measures to flows: by line, by direction, by series.

Flow of a line in year t, under a regime, with the measures S:

    usual    = base * growth(t) * regime factor
    reached  = min(usual * hat(S), max(usual, limit(t)))            costs fall, up to the limit
    flow     = reached + min(fill * lift(S), room left)             limits lifted by S

A series counts as its country does: what it exports free on board, what it imports at customs value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.core.measure import Measure
from tarazu.planning.block import Block, Line
from tarazu.policy.response import outside, respond
from tarazu.trade.baseline import POOLED

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when the flows are looked at.

    Attributes
    ----------
    year
        Index into the block's years.
    further_cut
        Uniform further log cut of every delivery cost, for the back-solve; limits are then ignored.
    """

    year: int
    regime: str
    further_cut: float = 0.0


def coefficients(
    block: Block,
    measures: Sequence[Measure],
    bundle: Sequence[float],
    year: int,
    base_year: int,
    regime: str,
    overlap: bool = True,
    delivery: bool = False,
) -> Array:
    """(M, n) share of each measure's full effect that acts.

    Parameters
    ----------
    bundle
        Strength of each measure: 1 as described, 0 left out.
    overlap
        Take off the share that business as usual already contains.
    delivery
        Let measures fail at random, as such measures do.
    """
    ramp = np.array([m.weight(year, base_year) * s for m, s in zip(measures, bundle, strict=True)])
    share = ramp[:, None] * block.survival[regime]
    if overlap:
        share = share * (1 - block.ordinary)
    if delivery:
        share = share * block.delivered
    return share


def flows(block: Block, setting: Setting, share: Array, series: Sequence[str]) -> dict[str, Array]:
    """(K, n) flow of every line by series, USD."""
    found = {name: np.empty((len(block.lines), block.n)) for name in series}
    for k, line in enumerate(block.lines):
        own, money, tariff, rivals, lift = combined(line, share)
        for name, value in line_flow(block, line, setting, own, money, tariff, rivals, lift, series).items():
            found[name][k] = value
    return found


def turnover(block: Block, setting: Setting, share: Array, series: str) -> Array:
    """(n,) turnover in one series, USD."""
    return np.asarray(flows(block, setting, share, (series,))[series].sum(axis=0))


def combined(line: Line, share: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Log changes of own, money and tariff cost (n,), weight of the other suppliers (n,), lift (n,)."""
    change = line.change
    acting = share[list(change.measures)]
    rivals = np.einsum("mn,mrn->rn", acting, change.rivals)
    own, money, tariff, lift = (
        (acting * part).sum(axis=0) for part in (change.own, change.money, change.tariff, change.lift)
    )
    return own, money, tariff, outside(line.market, rivals), lift


def line_flow(
    block: Block,
    line: Line,
    setting: Setting,
    own: Array,
    money: Array,
    tariff: Array,
    rivals: Array,
    lift: Array,
    series: Sequence[str],
) -> dict[str, Array]:
    """(..., n) flow of one line by series, USD, for (..., n) changes of its costs."""
    hats = respond(line.market, own - setting.further_cut, money - setting.further_cut, tariff, rivals)
    usual = line.base * np.exp(block.growth[:, setting.year]) * line.regime[setting.regime]
    carried = np.exp(block.market_growth[:, setting.year])
    filled = block.fill * lift * carried
    sold = usual * hats.free_on_board
    if not setting.further_cut:
        sold = np.minimum(sold, np.maximum(usual, line.limit * carried))
    sold = sold + np.minimum(filled, np.maximum(line.room * carried - sold, 0.0))
    found = {}
    for name in series:
        counted = _counted(block, line, name)
        valued = np.exp(hats.money - hats.tariff) if _at_customs(block, line, name) else 1.0
        found[name] = counted * valued * sold
    return found


def _at_customs(block: Block, line: Line, series: str) -> bool:
    """Whether the series values this direction at customs value: its own country imports."""
    return series == block.ends[1 - line.direction]


def _counted(block: Block, line: Line, series: str) -> Array:
    """(n,) what the series counts for each pooled dollar of this direction."""
    if series == POOLED:
        return np.ones(block.n)
    return np.asarray(block.level[series][:, line.direction] / block.level[POOLED][:, line.direction])


def usual_turnover(block: Block, year: int, series: str, regime: str) -> Array:
    """(n,) turnover without measures, USD."""
    growth = np.exp(block.growth[:, year])
    flows = [line.base * growth * line.regime[regime] * _counted(block, line, series) for line in block.lines]
    return np.asarray(np.sum(flows, axis=0))
