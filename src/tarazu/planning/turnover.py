"""From a block of draws and a bundle of measures to flows: by line, by direction, by series.

Flow of a line in year t, under a regime, with the measures S:

    usual    = min(base * growth(t) * regime factor, room(t))       the excess goes to other goods
    reached  = min(usual * hat(S), max(usual, limit(t)))            costs fall, up to the limit
    flow     = reached + min(lift(S), room(t) - reached)            limits of sale and carriage lifted by S

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


@dataclass(frozen=True, slots=True)
class Acting:
    """What a bundle does to one line, (..., n) each.

    Attributes
    ----------
    own, money, tariff
        Log change of the delivery cost, of its part paid in money, of the tariff.
    others
        Weight of all other suppliers in the market's price index.
    sale, carriage
        US dollars by which the limits of sale and of carriage rise.
    """

    own: Array
    money: Array
    tariff: Array
    others: Array
    sale: Array
    carriage: Array


def flows(block: Block, setting: Setting, share: Array, series: Sequence[str]) -> dict[str, Array]:
    """(K, n) flow of every line by series, USD."""
    usual = usual_flows(block, setting.year, setting.regime)
    found = {name: np.empty((len(block.lines), block.n)) for name in series}
    for k, line in enumerate(block.lines):
        reached = line_flow(block, line, setting, usual[k], combined(line, share))
        for name in series:
            found[name][k] = reached.counted(name)
    return found


def turnover(block: Block, setting: Setting, share: Array, series: str) -> Array:
    """(n,) turnover in one series, USD."""
    return np.asarray(flows(block, setting, share, (series,))[series].sum(axis=0))


def usual_flows(block: Block, year: int, regime: str) -> Array:
    """(K, n) flows without measures, pooled series, free on board, USD.

    A product cannot outgrow the supply and demand for it. The reference class speaks of the turnover, by
    whatever goods: what such a product leaves is carried by the other goods of its direction.
    """
    growth, carried = np.exp(block.growth[:, year]), np.exp(block.market_growth[:, year])
    found = np.array([line.base * growth * line.regime[regime] for line in block.lines])
    for d in (0, 1):
        places = [k for k, line in enumerate(block.lines) if line.direction == d]
        for k in places[:-1]:
            line = block.lines[k]
            bounded = np.minimum(found[k], np.maximum(line.room * carried, line.base))
            found[places[-1]] += found[k] - bounded
            found[k] = bounded
    return found


def usual_turnover(block: Block, year: int, series: str, regime: str) -> Array:
    """(n,) turnover without measures, USD."""
    usual = usual_flows(block, year, regime)
    counted = np.array([block.counted[series][:, line.direction, year] for line in block.lines])
    return np.asarray((usual * counted).sum(axis=0))


def combined(line: Line, share: Array) -> Acting:
    """What the measures do together, each at its share (M, n) of the full effect."""
    change = line.change
    acting = share[list(change.measures)]
    rivals = np.einsum("mn,mrn->rn", acting, change.rivals)
    own, money, tariff, sale, carriage = (
        (acting * part).sum(axis=0)
        for part in (change.own, change.money, change.tariff, change.sale, change.carriage)
    )
    return Acting(own, money, tariff, outside(line.market, rivals), sale, carriage)


@dataclass(frozen=True, slots=True)
class Reached:
    """Flow of one line, free on board in the pooled series; `counted` values it as a series does."""

    block: Block
    line: Line
    year: int
    sold: Array  # (..., n)
    at_customs: Array  # (..., n) customs value of a dollar free on board, new over old

    def counted(self, series: str) -> Array:
        """(..., n) USD as the series counts: home and partner value what they import at customs."""
        factor = self.block.counted[series][:, self.line.direction, self.year]
        imports = series == self.block.ends[1 - self.line.direction]
        return np.asarray(factor * self.sold * (self.at_customs if imports else 1.0))


def line_flow(block: Block, line: Line, setting: Setting, usual: Array, acting: Acting) -> Reached:
    """Flow of one line for (..., n) changes of its costs and limits, from its (n,) flow without measures."""
    cut = setting.further_cut
    hats = respond(line.market, acting.own - cut, acting.money - cut, acting.tariff, acting.others)
    carried = np.exp(block.market_growth[:, setting.year])
    sold = usual * hats.free_on_board
    if not cut:
        sold = np.minimum(sold, np.maximum(usual, line.limit * carried))
    lifted = lift(acting.sale, acting.carriage, block.slack) * carried
    sold = sold + np.minimum(lifted, np.maximum(line.room * carried - sold, 0.0))
    return Reached(block, line, setting.year, sold, np.exp(hats.money - hats.tariff))


def lift(sale: Array, carriage: Array, slack: Array) -> Array:
    """What two lifted limits let through together: sale without carriage moves nothing, and the reverse.

    With slack s, the share of one lifted limit for which the other leaves room already:
    min(sale + s carriage, carriage + s sale); zero slack makes them perfect complements.
    """
    return np.minimum(sale + slack * carriage, carriage + slack * sale)
