"""How the trade of a plan would be paid: the simulated flows of both directions through a clearing.

Yearly flows of each draw (pooled series, free on board) become monthly payments: by the season that the
baseline found, chance about it, and a lag from shipment to payment. What a clearing does with them is in
`tarazu.clearing.projection`. It is a projection with synthetic parties: nothing is booked, and no route or
party is chosen. Where no scheme states its terms, the Asian Clearing Union's serve as a yardstick.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.clearing.projection import (
    MONTHS,
    Projection,
    Settled,
    lagged,
    monthly,
    project,
    upper_bound,
)
from tarazu.core.amounts import format_amount
from tarazu.core.checks import Check
from tarazu.core.draws import split_lognormal, split_normal
from tarazu.core.measure import Channel, Interval, Measure
from tarazu.core.source import Lineage
from tarazu.core.table import Table
from tarazu.planning.settlement_terms import Terms, default_terms, parameters
from tarazu.planning.words import percent
from tarazu.trade.baseline import Baseline
from tarazu.trade.statements import POOLED

if TYPE_CHECKING:
    from tarazu.core.codes import Country
    from tarazu.planning.block import Line
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.plan import Plan

Array = NDArray[np.float64]

LEAST_SHARE = 0.01  # of trade: a clearing that nobody uses has no balance to speak of
YEARS_BEFORE = 2  # the target year, where no measure says when a clearing opens
LONGEST_LAG = 11.0  # months: the window is filled from one year before it
PLANNED, USUAL = "all measures", "no measure"
SEED = 8  # keeps the draws of this stage apart from those of the chain
DEFAULT_DRAWS = 1_000


@dataclass(frozen=True)
class Good:
    """A good of the weaker direction that could be sold up to its potential in the target year.

    Attributes
    ----------
    extra
        (n,) more trade, USD.
    residual_less
        (n,) by which the unmatched payments of the year fall, USD; negative where it overshoots.
    credit_less
        By which the credit up to the year's end falls at its 80% quantile, USD.
    """

    id: str
    product: str
    direction: str
    extra: Array
    residual_less: Array
    credit_less: float


@dataclass(frozen=True)
class Settlement:
    """Result of the stage.

    Attributes
    ----------
    years
        Calendar years of the projection, the first being that in which the clearing opens.
    opened_by
        The measure that opens it; None where the dossier has none, and two years before the target
        are taken.
    share
        (n,) share of trade that passes through it.
    scenarios
        Projection by scenario; the first is the plan's.
    """

    home: Country
    partner: Country
    by: int
    years: tuple[int, ...]
    opened_by: Measure | None
    terms: Terms
    share: Array
    scenarios: Mapping[str, Projection]
    goods: tuple[Good, ...]
    base: tuple[int, float]

    @property
    def scenario(self) -> str:
        """The scenario that figures speak of where none is named: with all measures, if there are any."""
        return next(iter(self.scenarios))

    @property
    def main(self) -> Projection:
        return self.scenarios[self.scenario]

    @property
    def target(self) -> int:
        """Place of the target year."""
        return self.years.index(self.by)

    @cached_property
    def table(self) -> Table:
        """By scenario and year: payments, what netting can match, what it does match, and the residual."""
        from tarazu.planning.settlement_tables import yearly_table

        return yearly_table(self)

    @cached_property
    def swing(self) -> Table:
        """Credit each side must extend in the target year, at 50, 80 and 95% of the draws."""
        from tarazu.planning.settlement_tables import swing_table

        return swing_table(self)

    @cached_property
    def path(self) -> Table:
        """Net position by month."""
        from tarazu.planning.settlement_tables import path_table

        return path_table(self)

    @cached_property
    def balancing(self) -> Table:
        """Goods of the weaker direction that would lower the residual."""
        from tarazu.planning.settlement_tables import balancing_table

        return balancing_table(self)

    @property
    def unmatched(self) -> Array:
        """(n,) share of the target year's payments that finds no match in the other direction."""
        return np.asarray(1 - self.main.bound[:, self.target])

    @property
    def one_sided(self) -> bool:
        """Whether at the median more than the stated share of payments finds no match."""
        return bool(np.nanmedian(self.unmatched) >= parameters()["one_sided"].value)

    @property
    def checks(self) -> tuple[Check, ...]:
        """A one-sided flow is a finding."""
        if not self.one_sided:
            return ()
        message = (
            f"one-sided: {percent(float(np.nanmedian(self.unmatched)))} of the payments of {self.by} find no match "
            "in the other direction, whatever the credit: they are settled in convertible currency or stay unpaid."
        )
        return (Check.warning("one-sided-flow", "clearing", message),)

    @cached_property
    def lineage(self) -> tuple[Lineage, ...]:
        """How each figure came about."""
        from tarazu.planning.settlement_trace import lineages

        return lineages(self)

    def sentence(self) -> str:
        """The residual, at once, in one sentence."""
        low, middle, high = np.nanquantile(self.unmatched, (0.1, 0.5, 0.9)).tolist()
        usd = float(np.median(np.abs(self.main.imbalance[:, self.target])))
        word = "One-sided: of" if self.one_sided else "Of"
        return (
            f"{word} the payments through a clearing in {self.by}, {percent(middle)} (80% interval {percent(low)} to "
            f"{percent(high)}; {format_amount(usd)} at the median) find no match in the other direction: a residual "
            "that no credit carries for ever."
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        from tarazu.planning.settlement_tables import as_dict

        return as_dict(self)


def settlement(plan: Plan, terms: Terms | None = None) -> Settlement:
    """Project the payments of a plan; with the pair's bundled scheme or a yardstick where no terms are given."""
    s, found = plan.simulation, plan.baseline
    opened_by = _opening(plan.given.measures)
    by = plan.question.by
    first = min(math.ceil(opened_by.start), by) if opened_by else by - YEARS_BEFORE
    start = max(0, first - s.years[0])
    terms = terms or default_terms(plan)
    n = len(s.both_ways[0])
    names = (PLANNED, USUAL) if plan.given.measures else (USUAL,)
    flows = dict(zip(names, s.both_ways, strict=False))
    share = np.clip(
        split_normal(_interval("share_cleared"), _rng(plan, 0).standard_normal(n)), LEAST_SHARE, 1
    )
    scenarios = {
        name: project(
            *_payments(both[:, start:], found, _rng(plan, 1)),
            cycle=terms.cycle_months,
            share=share,
            swing=(terms.home_usd, terms.partner_usd),
            settle_share=terms.settle_share,
        )
        for name, both in flows.items()
    }
    years = s.years[start:]
    goods = _balancing(plan, scenarios[names[0]], years.index(by), share)
    base = (plan.base_year, _base_bound(found))
    return Settlement(plan.home, plan.partner, by, years, opened_by, terms, share, scenarios, goods, base)


def project_pair(
    pair: Dossier | str | Path | tuple[str, str],
    target: float | None = None,
    by: int | None = None,
    *,
    regime: str | None = None,
    draws: int = DEFAULT_DRAWS,
    seed: int = 1,
    terms: Terms | None = None,
) -> Settlement:
    """How the trade of a pair would be paid; arguments as of `tarazu.plan`, which is run first.

    Raises
    ------
    InputError
        If the pair, the year or the regime cannot be used, or the terms.
    """
    from tarazu.planning.plan import plan  # here, since a plan holds this stage

    return settlement(plan(pair, target, by, regime=regime, draws=draws, seed=seed), terms)


def _payments(flows: Array, found: Baseline, rng: np.random.Generator) -> tuple[Array, Array]:
    """(n, T) payments due to the home country and to the partner, by month."""
    n = len(flows)
    spread = split_lognormal(_interval("monthly_noise"), rng.standard_normal(n))
    paid = []
    for d in (0, 1):
        lag = np.clip(split_lognormal(_interval("payment_lag"), rng.standard_normal(n)), 0, LONGEST_LAG)
        shipped = monthly(flows[:, :, d], _quarters(found, d, n, rng), spread, rng)
        paid.append(lagged(shipped, lag))
    return paid[0], paid[1]


def _quarters(found: Baseline, d: int, n: int, rng: np.random.Generator) -> Array:
    """(n, 4) shares of the quarters, as the partial-year statements leave them."""
    rows = [row for row in found.season if row["direction"] == found.grid.directions[d]]
    drawn = [split_lognormal(Interval(r["q10"], r["q50"], r["q90"]), rng.standard_normal(n)) for r in rows]
    return np.array(drawn).T


def _balancing(plan: Plan, main: Projection, year: int, share: Array) -> tuple[Good, ...]:
    """What each good of the weaker direction would do if it were sold up to its potential."""
    s = plan.simulation
    months = slice(year * MONTHS, (year + 1) * MONTHS)
    flows = (main.exports[:, months], main.imports[:, months])
    weaker = int(np.median(flows[0].sum(axis=1)) > np.median(flows[1].sum(axis=1)))
    grown = np.exp(s.first.market_growth[:, s.years.index(plan.question.by)])
    names = {line.id: line.product for each in plan.prepared.assessments or () for line in each.lines}
    found = []
    for k, line in enumerate(s.first.lines):
        if line.direction == weaker and np.isfinite(line.limit).all():
            extra = np.maximum(line.limit * grown - s.product_flows[k], 0.0)
            found.append(_good(line, names[line.id], plan, flows, extra, share))
    found.sort(key=lambda good: -float(good.residual_less.mean()))
    return tuple(good for good in found if good.extra.any())


def _good(
    line: Line, product: str, plan: Plan, flows: tuple[Array, Array], extra: Array, share: Array
) -> Good:
    more = [np.zeros_like(flows[0]), np.zeros_like(flows[0])]
    more[line.direction] = np.repeat((extra * share / MONTHS)[:, None], MONTHS, axis=1)
    before, after = project(*flows), project(flows[0] + more[0], flows[1] + more[1])
    credit = [
        float(np.quantile(each.credit(Settled.AT_YEAR_END)[:, 0].max(axis=1), 0.8))
        for each in (before, after)
    ]
    return Good(
        id=line.id,
        product=product,
        direction=plan.baseline.grid.directions[line.direction],
        extra=extra,
        residual_less=np.abs(before.imbalance[:, 0]) - np.abs(after.imbalance[:, 0]),
        credit_less=credit[0] - credit[1],
    )


def _opening(measures: tuple[Measure, ...]) -> Measure | None:
    """The first measure that acts on payments: with it a clearing could open."""
    acting = [m for m in measures if any(e.channel is Channel.PAYMENT for e in m.effects)]
    return min(acting, key=lambda m: m.start, default=None)


def _base_bound(found: Baseline) -> float:
    """Most that netting could have matched in the base year, at the medians of the pooled series."""
    last = [r for r in found.table if r["year"] == found.grid.last_year and r["series"] == POOLED]
    there, back = (next(r["q50"] for r in last if r["direction"] == way) for way in found.grid.directions)
    return float(upper_bound(there, back))


def _rng(plan: Plan, part: int) -> np.random.Generator:
    """The same chance for every scenario."""
    return np.random.default_rng((plan.question.seed, SEED, part))


def _interval(name: str) -> Interval:
    found: Interval = parameters()[name].interval
    return found
