"""One yearly interval out of a product's scattered figures.

A figure x over a span of f years becomes x / f a year (x itself where 0.95 <= f <= 1.5: a season is a
year). Its log sd is

    s^2 = reading^2 + (partial (1 - f))^2 + staleness^2 age

with `age` the distance of its mid-date from the middle of the base year. Of all figures only those stay
that are nearest on their side of the base year and about as certain as the best; conflicting ones are
kept, and the interval spans them: q10 and q90 are the outermost of theirs, q50 their mean in logarithms
weighted by 1/s^2. Dollars are free on board: the importer's purchases are divided by the CIF/FOB ratio.
The sizes are judgement and stand in potential.toml.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt

from tarazu.core.draws import Z90
from tarazu.core.measure import Interval
from tarazu.core.source import Doubt
from tarazu.potential.figures import Figure, Role
from tarazu.potential.priors import PotentialPriors

SAME_DATE = 0.25  # years within which a figure belongs to the base year itself, on neither side of it
SAME_COVERAGE = 0.1  # of a year: half-years of 181 and 182 days cover the same
NEARER = 0.5  # years by which a figure must be nearer to replace another that covers no more
SAME_SPAN = 0.75  # least overlap of two spans, of either, for a ratio of the two to mean something
HIGHEST = 0.97  # no supplier is taken to hold a whole market
WHOLE_YEAR = (0.95, 1.5)  # spans of so many years count as one year


@dataclass(frozen=True, slots=True)
class Yearly:
    """A yearly interval and the rows it rests on.

    `spread` is the log sd of the best figure by age and coverage, before conflicts widen the interval:
    a stale figure must not win over newer ones because these disagree.
    """

    interval: Interval
    rows: tuple[str, ...]
    spread: float


@dataclass(frozen=True, slots=True)
class _Point:
    figure: Figure
    amount: float  # a year
    coverage: float  # of a year, at most 1
    age: float  # years after the base year's middle; negative before it
    spread: float  # log sd by coverage and age


def usable(figure: Figure, measure: str, base_year: int, priors: PotentialPriors) -> bool:
    """Whether the figure tells a yearly amount in ``usd_m`` or ``kt`` of about the base year."""
    long_enough = figure.years >= priors.shortest_span_years
    too_old = figure.role is Role.FLOW and base_year + 0.5 - figure.middle > priors.oldest_flow_years
    return getattr(figure, measure) is not None and long_enough and not too_old


def free_on_board(usd: float, figure: Figure, priors: PotentialPriors) -> float:
    """The importer's purchases are valued delivered (CIF); everything else is taken as free on board."""
    return usd / priors.cif_fob if figure.role in (Role.DEMAND, Role.RIVAL) else usd


def yearly(figures: Sequence[Figure], measure: str, base_year: int, priors: PotentialPriors) -> Yearly | None:
    """Interval of the yearly amount in the base year, or None where no figure tells it.

    Parameters
    ----------
    measure
        ``usd_m`` or ``kt``.
    """
    points = [
        _point(each, measure, base_year, priors)
        for each in figures
        if usable(each, measure, base_year, priors)
    ]
    kept = _relevant(points, priors)
    if not kept:
        return None
    positive = [p.amount for p in kept if p.amount > 0] or [p.amount for p in points if p.amount > 0]
    if not positive:
        return None  # zeros alone: a flow that never was has no interval on a log scale
    smallest = min(positive)
    pieces = [_piece(point, smallest, priors) for point in kept]
    weights = [1 / sd**2 for _, sd in pieces]
    middle = sum(w * mean for w, (mean, _) in zip(weights, pieces, strict=True)) / sum(weights)
    low, high = min(mean - Z90 * sd for mean, sd in pieces), max(mean + Z90 * sd for mean, sd in pieces)
    rows = tuple(sorted({point.figure.id for point in kept}))
    best = min(point.spread for point in kept)
    return Yearly(Interval(exp(low), exp(middle), exp(high)), rows, best)


def _point(figure: Figure, measure: str, base_year: int, priors: PotentialPriors) -> _Point:
    years, amount = figure.years, float(getattr(figure, measure))
    if measure == "usd_m":
        amount = free_on_board(amount, figure, priors)
    whole = WHOLE_YEAR[0] <= years <= WHOLE_YEAR[1]
    coverage = 1.0 if whole else min(1.0, years)
    age = figure.middle - (base_year + 0.5)
    drift = priors.flow_staleness_sd_per_year if figure.role is Role.FLOW else priors.staleness_sd_per_year
    partial = priors.partial_span_log_sd * (1 - coverage)
    spread = sqrt(priors.reading_log_sd**2 + partial**2 + drift**2 * abs(age))
    return _Point(figure, amount if whole else amount / years, coverage, age, spread)


def _relevant(points: Sequence[_Point], priors: PotentialPriors) -> list[_Point]:
    left = [p for p in points if not any(_supersedes(other, p, priors) for other in points)]
    best = min((p.spread for p in left), default=inf)
    return [p for p in left if p.spread <= priors.relevance_ratio * best]


def _supersedes(other: _Point, point: _Point, priors: PotentialPriors) -> bool:
    a, b = other.figure, point.figure
    within = a.start <= b.start and b.end <= a.end
    if within and point.coverage < other.coverage and a.years <= WHOLE_YEAR[1]:
        return True  # a part of a year that is known as a whole
    nearer = abs(point.age) - abs(other.age)
    same_side = other.age * point.age > 0 or abs(other.age) < SAME_DATE
    if not same_side or nearer < NEARER:
        return False
    return other.coverage >= point.coverage - SAME_COVERAGE or nearer >= priors.far_years


def _piece(point: _Point, smallest: float, priors: PotentialPriors) -> tuple[float, float]:
    """Log median and log sd of one figure, its doubts included."""
    figure = point.figure
    added = {Doubt.NO: 0.0, Doubt.CHECK: priors.check_log_sd, Doubt.YES: priors.doubtful_log_sd}[figure.doubt]
    variance = point.spread**2 + added**2
    median = point.amount
    if figure.ended or point.amount == 0:
        median, variance = priors.ended_share * smallest, variance + priors.ended_log_sd**2
    if figure.upper:
        median *= exp(-Z90 * priors.upper_bound_log_sd)
        variance += priors.upper_bound_log_sd**2
    return log(median), sqrt(variance)


def unit_value(
    own: Sequence[Figure], related: Sequence[Figure], base_year: int, priors: PotentialPriors
) -> Yearly | None:
    """Unit value in USD per tonne: the product's own rows, else those of a wider or narrower product.

    The median is the mean logarithm weighted by 1/s^2, the spread that of the rows around it; rows
    marked doubtful are left out.
    """
    for figures, borrowed in ((own, 0.0), (related, priors.borrowed_unit_value_log_sd)):
        rows = [f for f in figures if f.unit_value and f.doubt is not Doubt.YES]
        if not rows:
            continue
        logs = [log(free_on_board(f.unit_value or 1.0, f, priors)) for f in rows]
        weights = [1 / _price_variance(f, base_year, priors) for f in rows]
        mean = sum(w * x for w, x in zip(weights, logs, strict=True)) / sum(weights)
        around = sum(w * (x - mean) ** 2 for w, x in zip(weights, logs, strict=True)) / sum(weights)
        single = 1 / sum(weights)
        width = Z90 * sqrt(max(around, priors.unit_value_log_sd**2) + single + borrowed**2)
        interval = Interval(exp(mean - width), exp(mean), exp(mean + width))
        return Yearly(interval, tuple(sorted(f.id for f in rows)), width / Z90)
    return None


def _price_variance(figure: Figure, base_year: int, priors: PotentialPriors) -> float:
    age = abs(figure.middle - (base_year + 0.5))
    doubt = priors.check_log_sd**2 if figure.doubt is Doubt.CHECK else 0.0
    return priors.unit_value_log_sd**2 + priors.staleness_sd_per_year**2 * age + doubt


@dataclass(frozen=True, slots=True)
class Share:
    """A share observed: when, how large, and on which rows."""

    when: float
    value: float
    rows: tuple[str, ...]


def shares(
    flows: Sequence[Figure], wholes: Sequence[Figure], words: tuple[str, ...], priors: PotentialPriors
) -> tuple[Share, ...]:
    """Shares of a flow in a whole (the exporter's supply or the importer's demand), oldest first.

    A flow is divided by a whole of about the same span; a flow's row with a share but no amount counts
    where its text has one of `words`, which say of what it is a share. Upper bounds do not count.
    """
    sure = [flow for flow in flows if flow.doubt is not Doubt.YES and not flow.upper]
    found = [
        Share(flow.middle, min(ratio, HIGHEST), (flow.id, whole.id))
        for flow in sure
        for whole in wholes
        if whole.doubt is not Doubt.YES and _same_span(flow, whole) and (ratio := _ratio(flow, whole, priors))
    ]
    found += [
        Share(flow.middle, min(flow.share, HIGHEST), (flow.id,))
        for flow in sure
        if flow.share and flow.kt is None and flow.usd_m is None and any(word in flow.text for word in words)
    ]
    return tuple(sorted(found, key=lambda each: (each.when, each.rows)))


def _same_span(a: Figure, b: Figure) -> bool:
    if a.yearly or b.yearly:
        return a.yearly == b.yearly and abs(a.middle - b.middle) <= NEARER
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared >= SAME_SPAN * max(a.end - a.start, b.end - b.start)


def _ratio(part: Figure, whole: Figure, priors: PotentialPriors) -> float | None:
    if part.kt and whole.kt:
        return part.kt / whole.kt
    if part.usd_m and whole.usd_m:
        return free_on_board(part.usd_m, part, priors) / free_on_board(whole.usd_m, whole, priors)
    return None
