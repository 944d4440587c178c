"""From a measure's effects to changes of delivery cost, product by product.

    tariff       (1 + t1) / (1 + t0)              non-tariff   (1 + a1) / (1 + a0)
    freight      1 + f * change of the rate       payment      1 + basis points / 10,000
    time         exp(delta * days), time-sensitive goods only (Hummels & Schaur 2013, AER 103)
    promotion    (1 + g)^(-1/theta): the cost change that would move trade by g at fixed market prices
    quantity     lifts a limit on the flow, of sale or of carriage, instead of changing its cost

Where a measure has several effects of one channel on one product, the one with the narrowest product
list counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.core import hs
from tarazu.core.draws import split_normal
from tarazu.core.measure import Channel, Effect, Limit, Measure

Array = NDArray[np.float64]

OTHER = "other"  # the goods that no line of the partition covers


@dataclass(frozen=True, slots=True)
class Good:
    """What the channels need to know of one line.

    Attributes
    ----------
    codes
        HS codes of the line, or `other`.
    freight_share
        (n,) freight as a share of the delivered value.
    time_cost
        (n,) ad-valorem cost of a day; zero for goods that do not mind.
    theta
        (n,) trade elasticity.
    unit_value
        (n,) US dollars a tonne, NaN where unknown.
    rivals
        Countries whose share in the market is known.
    """

    codes: str
    direction: str
    freight_share: Array
    time_cost: Array
    theta: Array
    unit_value: Array
    rivals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CostChange:
    """Full effect of the measures that touch one good: m measures, R rivals, n draws.

    Attributes
    ----------
    measures
        Indices of the measures, in the order of the first axis.
    own, money, tariff
        (m, n) log change of the cost, of its money part, of the tariff part.
    rivals
        (m, R, n) log change of the rivals' cost.
    sale, carriage
        (m, n) US dollars a year by which the limits of sale and of carriage rise.
    """

    measures: tuple[int, ...]
    own: Array
    money: Array
    tariff: Array
    rivals: Array
    sale: Array
    carriage: Array


def touching(measure: Measure, good_codes: str, direction: str) -> tuple[Effect, ...]:
    """Effects of a measure on a good: per channel, and per limit, the one with the narrowest product list."""
    best: dict[tuple[Channel, Limit | None], Effect] = {}
    for effect in measure.effects:
        if effect.direction != direction or not covers(effect.products, good_codes):
            continue
        known = best.get((effect.channel, effect.limit))
        if known is None or breadth(effect.products) < breadth(known.products):
            best[effect.channel, effect.limit] = effect
    return tuple(best.values())


def covers(products: str, good_codes: str) -> bool:
    """Whether a product list (codes, `all` or `other`) touches a good."""
    if products == "all":
        return True
    if OTHER in (products, good_codes):
        return products == good_codes
    return hs.overlap(products, good_codes)


def breadth(products: str) -> int:
    """How wide a product list is: of several that fit, the narrowest counts."""
    return {"all": 1_000_001, OTHER: 1_000_000}.get(products) or hs.width(products)


def effect_sizes(measures: Sequence[Measure], n: int, rng: np.random.Generator) -> dict[str, Array]:
    """(n,) draws of the size of every effect, by effect id: one draw serves every product it touches.

    An interval that lies on one side of "no change" keeps its draws there: a measure that is not thought to
    raise a cost does not raise it in the tail.
    """
    found = {}
    for effect in (effect for measure in measures for effect in measure.effects):
        drawn, unchanged = split_normal(effect.size, rng.standard_normal(n)), effect.before or 0.0
        if effect.size.q90 <= unchanged:
            drawn = np.minimum(drawn, unchanged)
        if effect.size.q10 >= unchanged:
            drawn = np.maximum(drawn, unchanged)
        found[effect.id] = drawn
    return found


def cost_change(measures: Sequence[Measure], good: Good, sizes: Mapping[str, Array]) -> CostChange:
    """Full effect of every measure that touches the good."""
    n, rivals = len(good.theta), len(good.rivals)
    touched = [
        (i, found) for i, m in enumerate(measures) if (found := touching(m, good.codes, good.direction))
    ]
    shape = (len(touched), n)
    change = CostChange(
        measures=tuple(i for i, _ in touched),
        own=np.zeros(shape),
        money=np.zeros(shape),
        tariff=np.zeros(shape),
        rivals=np.zeros((len(touched), rivals, n)),
        sale=np.zeros(shape),
        carriage=np.zeros(shape),
    )
    for row, (_, effects) in enumerate(touched):
        for effect in effects:
            _add(change, row, effect, good, sizes[effect.id])
    return change


def _add(change: CostChange, row: int, effect: Effect, good: Good, size: Array) -> None:
    if effect.channel is Channel.QUANTITY:
        # thousand tonnes times USD a tonne; lifting a limit never lowers it
        lifted = change.carriage if effect.limit is Limit.CARRIAGE else change.sale
        lifted[row] += np.maximum(size, 0) * 1e3 * np.nan_to_num(good.unit_value)
        return
    log_change = _log_cost(effect, good, size)
    change.own[row] += log_change
    if effect.channel not in (Channel.TIME, Channel.PROMOTION):
        change.money[row] += log_change
    if effect.channel is Channel.TARIFF:
        change.tariff[row] += log_change
    for country in effect.rivals:
        if country in good.rivals:
            change.rivals[row, good.rivals.index(country)] += log_change


def _log_cost(effect: Effect, good: Good, size: Array) -> Array:
    """(n,) log change of delivery cost."""
    match effect.channel:
        case Channel.TARIFF | Channel.NON_TARIFF:
            assert effect.before is not None, "checked when the dossier was read"
            return np.log((1 + np.maximum(size, 0) / 100) / (1 + effect.before / 100))
        case Channel.FREIGHT:
            return np.log1p(good.freight_share * np.maximum(size, -100) / 100)
        case Channel.TIME:
            return good.time_cost * size
        case Channel.PAYMENT:
            return np.log1p(np.maximum(size, -9_900) / 1e4)
        case Channel.PROMOTION:
            return -np.log1p(np.maximum(size, -99) / 100) / good.theta
        case Channel.QUANTITY:
            raise AssertionError("a quantity limit is not a cost")
