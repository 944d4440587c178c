"""Measures and the trade-cost channels through which they act.

A measure is what two governments promise to do; an effect says through which channel, on which
products and in which direction it changes the cost of delivery or lifts a limit. Sizes are
intervals (q10, q50, q90) with their evidence; how a size becomes a change of flows is in
`tarazu.policy.response`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """What a measure changes, with the unit in which its size is given."""

    TARIFF = "tariff"  # ad-valorem rate after, percent (before in its own column)
    NON_TARIFF = "non-tariff"  # ad-valorem equivalent after, percent (before in its own column)
    FREIGHT = "freight"  # change of the freight rate, percent
    TIME = "time"  # change of door-to-door time, days
    PAYMENT = "payment"  # change of bank and conversion cost, basis points of value
    PROMOTION = "promotion"  # change of trade value by information and contacts, percent
    QUANTITY = "quantity"  # change of a quantity limit, thousand tonnes a year


class Limit(StrEnum):
    """Which limit a quantity lifts: one alone helps only as far as the other leaves room."""

    SALE = "sale"  # quotas, bans, what a state buys
    CARRIAGE = "carriage"  # ports, ships, wagons


class Basis(StrEnum):
    """What a size rests on."""

    PUBLISHED = "published"
    ADAPTED = "adapted"  # a published size, adapted to the pair by us
    JUDGEMENT = "judgement"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Interval:
    """An uncertain quantity by its 10%, 50% and 90% quantiles."""

    q10: float
    q50: float
    q90: float

    def __post_init__(self) -> None:
        assert self.q10 <= self.q50 <= self.q90, "the reader of a table checks the order before"


@dataclass(frozen=True, slots=True)
class Effect:
    """One channel of one measure.

    Attributes
    ----------
    direction
        ``KAZ->IRN``: exporter, then importer.
    products
        HS codes or ranges of them, `all`, or `other` for the goods no line of the partition covers.
    before
        Level before the measure, for the channels that need one (tariff, non-tariff).
    size
        In the unit of the channel.
    limit
        For quantities: which limit is lifted.
    rivals
        Other suppliers of the same market that get the same change.
    evidence
        Rows the size rests on: ``effects.csv:ef_ta02``.
    """

    id: str
    measure: str
    direction: str
    products: str
    channel: Channel
    before: float | None
    size: Interval
    rivals: tuple[str, ...]
    basis: Basis
    evidence: tuple[str, ...]
    note: str = ""
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """What is promised, by whom, from when, at what cost, and through which effects it acts.

    Attributes
    ----------
    start, ramp_years
        Year (with a fraction) in which it begins to act and years to its full effect.
    ordinary
        Share of the effect that business as usual already contains, because every pair does it.
    delivery
        Chance that it is carried out as described.
    cost
        Million US dollars, once, or None where nobody knows: unknown is not zero.
    claimed_usd_m
        What officials said it would bring, million US dollars a year, or None.
    """

    id: str
    name: str
    start: float
    ramp_years: float
    responsible: str
    consent: tuple[str, ...]
    ordinary: Interval
    delivery: Interval
    cost: Interval | None
    cost_basis: Basis
    commitments: tuple[str, ...]
    effects: tuple[Effect, ...]
    claimed_usd_m: float | None = None
    note: str = ""

    def weight(self, year: float, base_year: float) -> float:
        """Share of the full effect that acts by mid-`year` and did not act yet in mid-`base_year`.

        What was in force before the last observation belongs to the baseline; only the remaining
        phase-in counts.
        """
        return self._phase(year) - self._phase(base_year)

    def _phase(self, year: float) -> float:
        elapsed = year + 0.5 - self.start
        if elapsed <= 0:
            return 0.0
        return 1.0 if self.ramp_years <= 0 else min(1.0, elapsed / self.ramp_years)
