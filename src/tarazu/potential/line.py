"""What is known of one product in one direction, and of the direction as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, sqrt

from tarazu.core.checks import Check
from tarazu.core.measure import Interval
from tarazu.core.table import Table
from tarazu.potential.figures import Tariff
from tarazu.potential.priors import PotentialPriors


@dataclass(frozen=True, slots=True)
class Estimate:
    """An interval, what it rests on in a few words, and the rows behind it; None is missing."""

    interval: Interval | None
    basis: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Size:
    """A yearly amount.

    Attributes
    ----------
    usd_m, kt
        Million USD and thousand tonnes a year; None is missing.
    by_tonnes
        The dollars are tonnes times the line's unit value.
    """

    usd_m: Interval | None
    kt: Interval | None
    by_tonnes: bool
    basis: str
    rows: tuple[str, ...] = ()


MISSING = Size(None, None, False, "missing")


@dataclass(frozen=True, slots=True)
class Rivals:
    """Other suppliers of a market.

    Attributes
    ----------
    shares
        By country, of what the exporter does *not* hold; their sum is at most one.
    scaled
        The figures exceeded the market and were scaled down to it.
    """

    shares: Mapping[str, float]
    rows: tuple[str, ...]
    scaled: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One product of the partition in one direction.

    Attributes
    ----------
    realised
        The pair's flow in the base year, free on board as the exporter's sources state it.
    supply, demand
        The exporter's sales to the world and the importer's purchases from it.
    own_share
        The exporter's share of the importer's purchases.
    attainable
        Share of the smaller of supply and demand that the pair may reach.
    potential, unrealised
        Million USD a year; None where neither supply nor demand is known.
    zero_flow
        Supply and demand are known, a flow is not: the flow is predicted by a share.
    lacks
        Of flow, supply and demand, what has no figure.
    tariffs
        (start, rate before, rate after in percent, row), as the rows state them.
    """

    id: str
    product: str
    codes: str
    direction: str
    realised: Size
    supply: Size
    demand: Size
    unit_value: Estimate
    own_share: Estimate
    rivals: Rivals
    attainable: Estimate
    potential: Interval | None
    unrealised: Interval | None
    zero_flow: bool
    lacks: tuple[str, ...]
    tariffs: tuple[Tariff, ...]

    @property
    def rows(self) -> Mapping[str, tuple[str, ...]]:
        """Rows behind each part of the line."""
        return {
            "realised": self.realised.rows,
            "supply": self.supply.rows,
            "demand": self.demand.rows,
            "unit_value": self.unit_value.rows,
            "own_share": self.own_share.rows,
            "rivals": self.rivals.rows,
            "attainable": self.attainable.rows,
            "tariffs": tuple(tariff[3] for tariff in self.tariffs),
        }

    @property
    def basis(self) -> str:
        """What realised, share and potential rest on, in one phrase."""
        parts = [f"realised: {self.realised.basis}", f"own share: {self.own_share.basis}"]
        return "; ".join([*parts, f"potential: {self.attainable.basis}"])


@dataclass(frozen=True, slots=True)
class Constraint:
    """Figures of a list of codes that overlaps lines: they bound the lines, and are not added to them."""

    codes: str
    product: str
    flow: Size
    supply: Size
    demand: Size
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What a product has no figure for; `line` says whether it is a line all the same."""

    codes: str
    product: str
    lacks: tuple[str, ...]
    line: bool
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Products of one direction: realised, potential, and what is not known.

    Attributes
    ----------
    general_tariffs
        Rates that rows state for all goods together.
    """

    direction: str
    base_year: int
    lines: tuple[Line, ...]
    constraints: tuple[Constraint, ...]
    missing: tuple[Missing, ...]
    general_tariffs: tuple[Tariff, ...]
    checks: tuple[Check, ...]
    priors: PotentialPriors
    table: Table


def widths(interval: Interval) -> tuple[float, float]:
    """Log distances of the median to the 10% and to the 90% quantile."""
    return log(interval.q50 / interval.q10), log(interval.q90 / interval.q50)


def product(a: Interval, b: Interval, factor: float = 1.0) -> Interval:
    """factor * a * b for independent positive quantities, log widths added in squares."""
    (low_a, high_a), (low_b, high_b) = widths(a), widths(b)
    middle = factor * a.q50 * b.q50
    return Interval(
        middle * exp(-sqrt(low_a**2 + low_b**2)), middle, middle * exp(sqrt(high_a**2 + high_b**2))
    )


def inverse(interval: Interval) -> Interval:
    """1 / x."""
    return Interval(1 / interval.q90, 1 / interval.q50, 1 / interval.q10)


def around(median: float, low: float, high: float, *, most: float) -> Interval:
    """Median with log widths `low` and `high`, none of the quantiles above `most`."""
    return Interval(*(min(most, median * exp(step)) for step in (-low, 0.0, high)))
