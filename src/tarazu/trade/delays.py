"""How late announced targets are reached: the share reached within some years of the date.

    F(d) = 1 - product over k = 0..d of (1 - e_k / n_k)

with n_k the targets still followed k years after their date and e_k those reached in that year. Often the year of the
crossing is known only between two figures; it is put at the later one, which overstates delays. Beside F stand the same
with crossings at the earliest year possible, and the share known to have been reached as if no other ever was.
Interval: 80%, by bootstrap over pairs of countries, whose targets are not independent.

Sources: Kaplan & Meier (1958), JASA 53; Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90, on the
cluster bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.core.table import Column, Table
from tarazu.trade.announced import pair_replicates

Array = NDArray[np.float64]
Pair = tuple[str, str]

HORIZON = 10  # years after the date; later few targets are still followed


@dataclass(frozen=True, slots=True)
class Spell:
    """A target followed past its date.

    Attributes
    ----------
    latest, earliest
        Years to its crossing, at the latest and at the earliest possible, or to the last year known below it.
    reached
        Whether it crossed.
    """

    pair: Pair
    latest: int
    earliest: int
    reached: bool


def kaplan_meier(
    delay: NDArray[np.int64], reached: NDArray[np.bool_], weights: Array, horizon: int = HORIZON
) -> Array:
    """(B, horizon + 1) shares reached within 0, 1, … years, by Kaplan and Meier's estimate.

    After the last year in which anything is followed they stay as they were.

    Parameters
    ----------
    delay
        (N,) whole years to the crossing, or to the last year known below, through which it was followed.
    reached
        (N,) whether it is a crossing.
    weights
        (B, N) weights; all ones for the estimate itself, or the counts of B bootstrap replicates.
    """
    years = np.arange(horizon + 1)
    followed = weights @ (delay[:, None] >= years)
    crossed = weights @ ((delay[:, None] == years) & reached[:, None])
    hazard = np.divide(crossed, followed, out=np.zeros_like(followed), where=followed > 0)
    return np.asarray(1 - np.cumprod(1 - hazard, axis=1))


def delays(spells: Sequence[Spell]) -> Table:
    """Share reached within 0 to 10 years of the date, with its interval, a floor and the numbers at risk."""
    columns = (
        Column("years", "years", "after the date"),
        Column("at_risk", "targets", "still followed and not reached before"),
        Column("reached", "targets", "reached in this year, the first row: by the date"),
        Column("censored", "targets", "followed no further, not reached as far as known"),
        Column("share", "share", "reached by then, Kaplan-Meier, 80% interval by bootstrap over pairs"),
        Column("share_q10", "share"),
        Column("share_q90", "share"),
        Column("share_earliest", "share", "the same with crossings in the earliest year possible"),
        Column("known", "share", "known to have been reached, as if no other ever was"),
    )
    if not spells:
        return Table("delays", columns, ())
    latest = np.array([spell.latest for spell in spells])
    earliest = np.array([spell.earliest for spell in spells])
    reached = np.array([spell.reached for spell in spells])
    once = np.ones((1, len(spells)))
    share = kaplan_meier(latest, reached, once)[0]
    replicates = pair_replicates([spell.pair for spell in spells])
    low, high = np.quantile(kaplan_meier(latest, reached, replicates), [0.1, 0.9], axis=0)
    years = np.arange(HORIZON + 1)
    at_risk, ended = (latest[:, None] >= years).sum(axis=0), latest[:, None] == years
    crossed, left = ended[reached].sum(axis=0), ended[~reached].sum(axis=0)
    best = kaplan_meier(earliest, reached, once)[0]
    known = np.cumsum(crossed) / len(spells)
    parts = (years, at_risk, crossed, left, share, low, high, best, known)
    return Table("delays", columns, tuple(zip(*(part.tolist() for part in parts), strict=True)))
