"""One product's market: sizes in tonnes and dollars, shares of the exporter and of its rivals."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, hypot, sqrt

from tarazu.core.draws import Z90
from tarazu.core.measure import Interval
from tarazu.core.source import Doubt
from tarazu.potential.figures import Figure, Role
from tarazu.potential.line import MISSING, Estimate, Rivals, Size, around, inverse, product, widths
from tarazu.potential.partition import Group
from tarazu.potential.priors import PotentialPriors
from tarazu.potential.yearly import HIGHEST, Share, Yearly, shares, usable, yearly

OF_SUPPLY, OF_DEMAND = ("export",), ("import", "market")  # what a share without an amount is said to be of


def size(figures: Sequence[Figure], price: Interval | None, base_year: int, priors: PotentialPriors) -> Size:
    """Yearly amount in dollars and tonnes, from whichever of the two the figures tell more surely.

    Figures marked doubtful count only where there is no other.
    """
    sure = [each for each in figures if each.doubt is not Doubt.YES]
    measures = ("usd_m", "kt") if price else ("usd_m",)
    told = any(getattr(f, m) and usable(f, m, base_year, priors) for f in sure for m in measures)
    chosen = sure if told else figures
    value, weight = (yearly(chosen, measure, base_year, priors) for measure in ("usd_m", "kt"))
    if weight and price and (value is None or _surer(weight, price, value)):
        return Size(
            product(weight.interval, price, 1e-3), weight.interval, True, "tonnes x unit value", weight.rows
        )
    if value is None:
        return (
            Size(None, weight.interval, False, "tonnes without a price", weight.rows) if weight else MISSING
        )
    kt = weight.interval if weight else product(value.interval, inverse(price), 1e3) if price else None
    return Size(value.interval, kt, False, "value", value.rows)


def _surer(weight: Yearly, price: Interval, value: Yearly) -> bool:
    """Whether tonnes times price tell the dollars more surely than the value does."""
    return hypot(weight.spread, sum(widths(price)) / (2 * Z90)) < value.spread


def summed(sizes: Sequence[Size]) -> Size:
    """Sum of the flows of lists inside a list, their quantiles added as if they moved together."""
    values = [each.usd_m for each in sizes if each.usd_m]
    if not values:
        return MISSING
    weights = [each.kt for each in sizes if each.kt]
    rows = tuple(sorted({row for each in sizes for row in each.rows}))
    kt = _added(weights) if len(weights) == len(values) else None
    return Size(_added(values), kt, False, "sum of narrower products, a lower bound", rows)


def _added(intervals: Sequence[Interval]) -> Interval:
    return Interval(*(sum(getattr(each, q) for each in intervals) for q in ("q10", "q50", "q90")))


def market_share(
    group: Group, realised: Size, demand: Size, base_year: int, priors: PotentialPriors
) -> Estimate:
    """The exporter's share of the importer's purchases in the base year.

    Flow over demand, or the share last observed widened by its age, whichever is narrower.
    """
    options = []
    ratio = _ratio(realised, demand)
    if ratio:
        rows = tuple(sorted({*realised.rows, *demand.rows}))
        options.append(Estimate(ratio, "flow over demand", rows))
    if observed := _observed(group, Role.DEMAND, priors):
        last = observed[-1]
        age = abs(last.when - (base_year + 0.5))
        width = Z90 * sqrt(priors.reading_log_sd**2 + priors.flow_staleness_sd_per_year**2 * age)
        if not _ended(group):
            options.append(
                Estimate(around(last.value, width, width, most=HIGHEST), "share observed", last.rows)
            )
    known = [option for option in options if option.interval]
    if not known:
        return Estimate(None, "missing")
    return min(known, key=lambda option: sum(widths(option.interval)) if option.interval else 0.0)


def _ratio(part: Size, whole: Size) -> Interval | None:
    a, b = (part.kt, whole.kt) if part.kt and whole.kt else (part.usd_m, whole.usd_m)
    if a is None or b is None:
        return None
    ratio = product(a, inverse(b))
    return Interval(*(min(HIGHEST, q) for q in (ratio.q10, ratio.q50, ratio.q90)))


def _ended(group: Group) -> bool:
    return any(figure.ended for figure in group.of(Role.FLOW))


def _observed(group: Group, whole: Role, priors: PotentialPriors) -> tuple[Share, ...]:
    words = OF_SUPPLY if whole is Role.SUPPLY else OF_DEMAND
    return shares(group.of(Role.FLOW), group.of(whole), words, priors)


def attainable(group: Group, supply: Size, demand: Size, priors: PotentialPriors) -> Estimate:
    """Share of the smaller of supply and demand that the pair may reach, or None where both are missing."""
    if supply.usd_m is None and demand.usd_m is None:
        return Estimate(None, "supply and demand missing")
    by_supply = demand.usd_m is None or (supply.usd_m is not None and supply.usd_m.q50 <= demand.usd_m.q50)
    side, prior = ("supply" if by_supply else "demand"), priors.attainable_share
    observed = _observed(group, Role.SUPPLY if by_supply else Role.DEMAND, priors)
    if not observed:
        return Estimate(prior, f"share of {side}, judgement")
    last, peak = observed[-1], max(observed, key=lambda each: each.value)
    past = _between(last.value, peak.value, priors)
    interval = Interval(*(max(getattr(past, q), getattr(prior, q)) for q in ("q10", "q50", "q90")))
    told = "past share" if past.q50 >= prior.q50 else "past share below the prior, judgement"
    return Estimate(interval, f"share of {side}, {told}", tuple(sorted({*last.rows, *peak.rows})))


def _between(last: float, peak: float, priors: PotentialPriors) -> Interval:
    middle, least = sqrt(last * peak), exp(Z90 * priors.peak_log_sd)
    return Interval(min(last, middle / least), middle, min(HIGHEST, max(peak, middle * least)))


def rivals(group: Group, demand: Size, own: Estimate, base_year: int, priors: PotentialPriors) -> Rivals:
    """Each rival's share of what the exporter does not hold, and the rows it rests on.

    The newest figure of each country counts; a stated share first, else its amount over the demand of
    about the same span, else over that of the base year. Where they exceed the market they are scaled down.
    """
    past = _observed(group, Role.DEMAND, priors)
    found: dict[str, tuple[tuple[bool, float], float, str]] = {}
    for figure in group.of(Role.RIVAL):
        if (
            figure.doubt is Doubt.YES
            or (told := _rival_share(figure, group, demand, base_year, priors)) is None
        ):
            continue
        share, stated = told
        age = abs(figure.middle - (base_year + 0.5))
        same_year = [each for each in past if abs(each.when - figure.middle) < 0.5]
        then = min(same_year, key=lambda each: abs(each.when - figure.middle), default=None)
        held = then.value if then else own.interval.q50 if own.interval else 0.0
        entry = ((not stated, age), min(1.0, share / (1 - held)), figure.id)
        found[figure.country] = min(found.get(figure.country, entry), entry)
    named = {country: share for country, (_, share, _) in sorted(found.items())}
    scaled = (total := sum(named.values())) > 1
    if scaled:
        named = {country: share / total * (1 - priors.rest_share) for country, share in named.items()}
    return Rivals(named, tuple(sorted(row for _, _, row in found.values())), scaled)


def _rival_share(
    figure: Figure, group: Group, demand: Size, base_year: int, priors: PotentialPriors
) -> tuple[float, bool] | None:
    """Share of the market, and whether it is stated or of one span."""
    if figure.share is not None:
        return figure.share, True
    if same := shares([figure], group.of(Role.DEMAND), (), priors):
        return same[-1].value, True
    sold = size([figure], None, base_year, priors)
    ratio = _ratio(sold, demand)
    return (ratio.q50, False) if ratio else None
