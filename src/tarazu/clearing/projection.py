"""Projection: what a clearing would do with two uncertain flows of payments, month by month.

X and M are the payments due to the home country and to the partner. The net position is what the partner
owes the home country, here as if nothing were ever settled in convertible currency:

    S(t) = sum over u <= t of  X(u) - M(u)

At the close of a cycle a share of the position is settled in convertible currency, and of the rest what
exceeds the swing, the credit that the surplus side extends. Two parts of the credit are kept apart, since
only one of them ever comes back:

    structural   the year's imbalance |X - M|: one-sided, no finite swing carries it for ever
    timing       the path about it: credit that seasons and chance need and give back within the year

What netting can match in a year is bounded by  2 min(X, M) / (X + M).  With less credit it matches less:

    matched = X + M - convertible settlement - growth of the credit outstanding

and a close that pays off no more than the limits ask for (a share of 0) matches most: moving a point into
each of a row of intervals, in order, is shortest by going to the nearest end. So matched grows with the swing.
Source of the scheme's terms: Asian Clearing Union, Procedure Rules; bilateral agreements with a swing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import SchemeError, ShapeError

Array = NDArray[np.float64]

MONTHS = 12
SMALLEST_SPREAD = 0.02  # coefficient of variation of a month below which no chance is drawn


class Settled(StrEnum):
    """When the balance is settled, of which the credit that is needed depends."""

    EACH_CYCLE = "at every close"
    EVENLY = "evenly through the year"  # the timing part: the year's imbalance is paid in twelve instalments
    AT_YEAR_END = "at the year's end"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Carried:
    """The position under one limit of credit.

    Attributes
    ----------
    position
        (n, T) what the partner owes the home country after each month and its settlement, USD.
    convertible
        (n, T) paid in convertible currency at the month's close, USD; negative where the home country pays.
    """

    position: Array
    convertible: Array


@dataclass(frozen=True, slots=True)
class Projection:
    """n draws of T months, Y = T / 12 years; amounts in USD of payments through the clearing.

    Attributes
    ----------
    exports, imports
        (n, T) due to the home country, due to the partner.
    unsettled
        (n, T) net position if nothing is ever settled.
    without_swing, with_swing
        Balance settled in full at every close, and as the terms say: a share of it and what exceeds the swing.
    """

    cycle: int
    swing: tuple[float, float]
    settle_share: float
    exports: Array
    imports: Array
    unsettled: Array
    without_swing: Carried
    with_swing: Carried

    @property
    def payments(self) -> Array:
        """(n, Y) payments of both directions."""
        return yearly(self.exports + self.imports)

    @property
    def imbalance(self) -> Array:
        """(n, Y) due to the home country less due to the partner: the structural part, signed."""
        return yearly(self.exports - self.imports)

    @property
    def bound(self) -> Array:
        """(n, Y) most that netting within the year can match, share of payments."""
        return upper_bound(yearly(self.exports), yearly(self.imports))

    def convertible(self, swing: bool = True) -> Array:
        """(n, Y) paid in convertible currency by either side."""
        return yearly(np.abs(self._carried(swing).convertible))

    def matched(self, swing: bool = True) -> Array:
        """(n, Y) payments that goods of the other direction have paid for.

        A year can match more than its own payments where goods pay off credit of an earlier year.
        """
        outstanding = np.abs(self._carried(swing).position[:, MONTHS - 1 :: MONTHS])
        growth = np.diff(outstanding, axis=1, prepend=0.0)
        return np.asarray(self.payments - self.convertible(swing) - growth)

    def netted(self, swing: bool = True) -> Array:
        """(n, Y) share of a year's payments settled without convertible currency and without new credit."""
        return share_of(self.matched(swing), self.payments)

    def netted_overall(self, swing: bool = True) -> Array:
        """(n,) the same over all years: at most the upper bound of the whole span, and growing with the swing."""
        return share_of(self.matched(swing).sum(axis=1), self.payments.sum(axis=1))

    def credit(self, settled: Settled) -> Array:
        """(n, Y, 2) credit that the home country and the partner must extend at a year's peak, USD.

        Month ends are looked at: days within a month are not seen. With `Settled.NEVER` the peak is that
        of all months up to the end of the year.
        """
        path = self.path(settled)
        peaks = path.reshape(len(path), -1, MONTHS)
        both = np.stack([peaks.max(axis=2), -peaks.min(axis=2)], axis=2)
        if settled is Settled.NEVER:
            both = np.maximum.accumulate(both, axis=1)
        return np.asarray(np.maximum(both, 0.0))

    def path(self, settled: Settled) -> Array:
        """(n, T) net position at each month's end, before a settlement on that day."""
        if settled is Settled.NEVER:
            return self.unsettled
        net = self.exports - self.imports
        if settled is Settled.EACH_CYCLE:
            return self.without_swing.position + self.without_swing.convertible
        if settled is Settled.EVENLY:
            net = net - np.repeat(self.imbalance / MONTHS, MONTHS, axis=1)
        return np.cumsum(net.reshape(len(net), -1, MONTHS), axis=2).reshape(net.shape)

    def _carried(self, swing: bool) -> Carried:
        return self.with_swing if swing else self.without_swing


def project(
    exports: Array,
    imports: Array,
    *,
    cycle: int = 1,
    share: Array | float = 1.0,
    swing: tuple[float | None, float | None] = (0.0, 0.0),
    settle_share: float = 0.0,
) -> Projection:
    """Net position, credit and settlement of two flows of payments.

    Parameters
    ----------
    exports, imports
        (n, T) payments due in each month to the home country and to the partner, USD, T whole years.
    cycle
        Months from one close to the next.
    share
        Share of the payments that passes through the clearing, one for all or (n,).
    swing
        Credit across closes that the home country and that the partner extends, USD; None for no limit.
    settle_share
        Share of the balance settled at a close whatever the swing, as schemes state it.

    Raises
    ------
    ShapeError
        If the two flows do not have one shape, of whole years.
    SchemeError
        If a flow is negative or not finite, or a term cannot be used.
    """
    _check_flows(exports, imports)
    limits = (_limit(swing[0]), _limit(swing[1]))
    if cycle < 1 or cycle != int(cycle):
        raise SchemeError(f"cycle: expected a whole number of months from 1, got {cycle}.")
    if any(not limit >= 0 for limit in limits):
        raise SchemeError(f"swing: expected two amounts of US dollars from 0, got {limits[0]}, {limits[1]}.")
    part = np.asarray(share, dtype=float)
    for name, values in (("share", part), ("settle_share", np.asarray(settle_share))):
        if not ((values >= 0) & (values <= 1)).all():
            raise SchemeError(
                f"{name}: expected shares from 0 to 1, got {values.min():g} to {values.max():g}."
            )
    exports, imports = (flow * part[..., None] for flow in (exports, imports))
    net = exports - imports
    return Projection(
        cycle=int(cycle),
        swing=limits,
        settle_share=settle_share,
        exports=exports,
        imports=imports,
        unsettled=np.cumsum(net, axis=1),
        without_swing=carry(net, int(cycle), (0.0, 0.0)),
        with_swing=carry(net, int(cycle), limits, settle_share),
    )


def carry(net: Array, cycle: int, limits: tuple[float, float], settle_share: float = 0.0) -> Carried:
    """The position when every close settles a share of it, then what exceeds the limits, and no more."""
    n, months = net.shape
    position, convertible = np.empty((n, months)), np.zeros((n, months))
    now = np.zeros(n)
    for t in range(months):
        now = now + net[:, t]
        if (t + 1) % cycle == 0:
            kept = np.clip((1 - settle_share) * now, -limits[1], limits[0])
            convertible[:, t] = now - kept
            now = kept
        position[:, t] = now
    return Carried(position, convertible)


def monthly(flows: Array, quarters: Array, spread: Array, rng: np.random.Generator) -> Array:
    """Yearly flows by month: a season that stays, and chance about it that is new every month.

    The shares of a year's months are Dirichlet about the season, a quarter being even in itself, with the
    coefficient of variation that an even month would have. Months of a year add up to the year.

    Parameters
    ----------
    flows
        (n, Y) USD a year.
    quarters
        (n, 4) shares of the quarters; rescaled to add up to one.
    spread
        (n,) coefficient of variation of a month about its season.

    Returns
    -------
    Array
        (n, 12 Y) USD a month.
    """
    season = np.repeat(quarters / quarters.sum(axis=1, keepdims=True), 3, axis=1) / 3
    # variance of a Dirichlet share of mean 1/12 with concentration a: (1/12)(11/12) / (a + 1)
    concentration = (MONTHS - 1) / np.maximum(spread, SMALLEST_SPREAD) ** 2 - 1
    shape = np.broadcast_to((season * concentration[:, None])[:, None, :], (*flows.shape, MONTHS))
    weights = rng.standard_gamma(shape)
    weights /= weights.sum(axis=2, keepdims=True)
    return np.asarray((flows[:, :, None] * weights).reshape(len(flows), -1))


def lagged(flows: Array, months: Array) -> Array:
    """Flows that are paid some months after they are shipped.

    Before the first year stand its own last months, as if trade had run on: a window that opened with
    nothing to pay would show a first year that is too small.

    Parameters
    ----------
    flows
        (n, T) USD a month, T at least 12.
    months
        (n,) lag from 0 to 11, a fraction being shared by two neighbouring months.
    """
    n, count = flows.shape
    before = np.concatenate([flows[:, :MONTHS], flows], axis=1)
    whole = np.floor(months).astype(int)
    late = (months - whole)[:, None]
    at = MONTHS + np.arange(count)[None, :] - whole[:, None]
    rows = np.arange(n)[:, None]
    return np.asarray((1 - late) * before[rows, at] + late * before[rows, at - 1])


def upper_bound(exports: Array | float, imports: Array | float) -> Array:
    """Most that netting can match of two flows: 2 min(X, M) / (X + M); not a number where nothing flows."""
    least, total = 2 * np.minimum(exports, imports), np.add(exports, imports)
    return share_of(np.asarray(least, dtype=float), np.asarray(total, dtype=float))


def share_of(part: Array, whole: Array) -> Array:
    """A share, not a number where the whole is nothing."""
    unknown = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=unknown, where=np.asarray(whole) > 0))


def yearly(values: Array) -> Array:
    """(n, T) months added up to (n, Y) years."""
    return np.asarray(values.reshape(len(values), -1, MONTHS).sum(axis=2))


def _limit(usd: float | None) -> float:
    return np.inf if usd is None else float(usd)


def _check_flows(exports: Array, imports: Array) -> None:
    if exports.shape != imports.shape or exports.ndim != 2:
        raise ShapeError(expected=exports.shape, got=imports.shape, what="payments to the partner, by month")
    if exports.shape[1] % MONTHS or not exports.size:
        raise ShapeError(expected="whole years", got=exports.shape[1], what="months of payments")
    for name, flow in (("exports", exports), ("imports", imports)):
        if not (np.isfinite(flow).all() and (flow >= 0).all()):
            raise SchemeError(f"{name}: expected amounts from 0, got {flow.min():g} to {flow.max():g}.")
