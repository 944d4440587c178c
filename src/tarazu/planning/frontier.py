"""Which bundle of measures gets furthest, for how many measures or how much money, and what is missing.

All bundles are scored on the same draws; the ones chosen are scored again on fresh draws, because the best
of many looks better than it is (the winner's curse). Costs that nobody has stated are unknown, not zero: the
cost frontier holds only bundles whose costs are all stated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.draws import split_lognormal
from tarazu.core.measure import Measure
from tarazu.core.table import Column, Table
from tarazu.planning.attribution import Attribution, bundle_means, bundle_turnovers
from tarazu.planning.block import Block
from tarazu.planning.turnover import Setting, coefficients, turnover

Array = NDArray[np.float64]
Bundle = tuple[bool, ...]

FEW_HITS = 100  # draws that reach the target, below which bundles are ranked by mean turnover
MAX_ENUMERATED = 12  # measures; above it bundles grow one measure at a time
COST_DRAWS = 4_000
WORTH_SHOWING = 1.01  # mean turnover over that of the next cheaper bundle
CUT_PRECISION = 4e-3  # log points: the printed cut is in whole percents
LARGEST_CUT = 3.0  # log points: a delivery cost of one twentieth

COLUMNS = (
    Column("by", "", "number: best bundle of that many measures; cost: no cheaper bundle does better"),
    Column("measures", "", "how many measures"),
    Column("bundle", "", "ids of the measures"),
    Column("probability_fresh", "share", "chance of the target, on fresh draws"),
    Column("turnover_q50", "USD", "median turnover in the target year, fresh draws"),
    Column("cost_q10", "USD m", "cost of the measures whose cost is stated"),
    Column("cost_q50", "USD m"),
    Column("cost_q90", "USD m"),
    Column("unknown_costs", "", "measures whose cost nobody has stated"),
    Column("consent", "", "countries that must agree"),
)


@dataclass(frozen=True, slots=True)
class Scored:
    """A bundle with the score it was chosen by: chance of the target, then mean turnover, USD."""

    bundle: Bundle
    probability: float
    mean: float


def frontier(
    block: Block,
    fresh: Block,
    found: Attribution,
    measures: Sequence[Measure],
    setting: Setting,
    year: int,
    base_year: int,
    series: str,
    target: float,
) -> Table:
    """Best bundles by number of measures, then by cost."""
    if len(measures) <= MAX_ENUMERATED and all(flows is not None for flows in found.lattices):
        scored = _enumerated(block, found, len(measures), target)
    else:
        scored = _grown(
            lambda bundle: _turnover(block, measures, bundle, setting, year, base_year, series),
            len(measures),
            target,
        )
    costs = _cost_draws(measures)
    rows = []
    for by, chosen in (("number", _best_by_number(scored)), ("cost", _best_by_cost(scored, measures, costs))):
        for item in chosen:
            again = _turnover(fresh, measures, item.bundle, setting, year, base_year, series)
            rows.append(_row(by, item, again, measures, costs, target))
    return Table.build("frontier", COLUMNS, rows)


def _turnover(
    block: Block,
    measures: Sequence[Measure],
    bundle: Bundle,
    setting: Setting,
    year: int,
    base_year: int,
    series: str,
) -> Array:
    share = coefficients(block, measures, bundle, year, base_year, setting.regime)
    return turnover(block, setting, share, series)


def _enumerated(block: Block, found: Attribution, count: int, target: float) -> list[Scored]:
    if (found.with_all >= target).sum() < FEW_HITS:
        chance, means = np.zeros(1 << count), bundle_means(block, found, count)  # means decide
    else:
        turnovers = bundle_turnovers(block, found, count)
        chance, means = (turnovers >= target).mean(axis=1), turnovers.mean(axis=1)
    return [
        Scored(
            tuple(bool((number >> i) & 1) for i in range(count)), float(chance[number]), float(means[number])
        )
        for number in range(1 << count)
    ]


def _grown(score: Callable[[Bundle], Array], count: int, target: float) -> list[Scored]:
    """Greedy: add the measure that helps most, one at a time."""
    enough = int((score((True,) * count) >= target).sum()) >= FEW_HITS

    def scored(bundle: Bundle) -> Scored:
        values = score(bundle)
        return Scored(bundle, float((values >= target).mean()) if enough else 0.0, float(values.mean()))

    best = scored((False,) * count)
    found = [best]
    for _ in range(count):
        open_places = [i for i, chosen in enumerate(best.bundle) if not chosen]
        tried = [scored(tuple(c or j == i for j, c in enumerate(best.bundle))) for i in open_places]
        best = max(tried, key=_rank)
        found += tried
    return found


def _rank(item: Scored) -> tuple[float, float]:
    return item.probability, item.mean


def _best_by_number(scored: Sequence[Scored]) -> list[Scored]:
    best: dict[int, Scored] = {}
    for item in scored:
        size = sum(item.bundle)
        if size not in best or _rank(item) > _rank(best[size]):
            best[size] = item
    return [best[size] for size in sorted(best)]


def _best_by_cost(scored: Sequence[Scored], measures: Sequence[Measure], costs: Array) -> list[Scored]:
    """Bundles with stated costs that no cheaper one equals, cheapest first."""
    stated = np.array([m.cost is not None for m in measures])
    priced = [item for item in scored if stated[list(item.bundle)].all()]
    priced.sort(key=lambda item: (float(np.median(np.array(item.bundle, dtype=float) @ costs)), -item.mean))
    out: list[Scored] = []
    for item in priced:
        if not out or (item.probability >= out[-1].probability and item.mean > WORTH_SHOWING * out[-1].mean):
            out.append(item)
    return out


def _cost_draws(measures: Sequence[Measure]) -> Array:
    """(M, draws) million USD; a row of zeros where the cost is unknown (such bundles are marked)."""
    rng = np.random.default_rng(len(measures))
    rows = [
        np.zeros(COST_DRAWS) if m.cost is None else split_lognormal(m.cost, rng.standard_normal(COST_DRAWS))
        for m in measures
    ]
    return np.array(rows).reshape(len(measures), COST_DRAWS)


def _row(
    by: str, item: Scored, again: Array, measures: Sequence[Measure], costs: Array, target: float
) -> dict[str, Any]:
    inside = [m for m, chosen in zip(measures, item.bundle, strict=True) if chosen]
    cost = np.quantile(np.array(item.bundle, dtype=float) @ costs, (0.1, 0.5, 0.9)).tolist()
    unknown = [m.id for m in inside if m.cost is None]
    known = len(unknown) < len(inside) or not inside
    return {
        "by": by,
        "measures": len(inside),
        "bundle": "; ".join(m.id for m in inside),
        "probability_fresh": float((again >= target).mean()),
        "turnover_q50": float(np.median(again)),
        "cost_q10": cost[0] if known else None,
        "cost_q50": cost[1] if known else None,
        "cost_q90": cost[2] if known else None,
        "unknown_costs": "; ".join(unknown),
        "consent": "; ".join(sorted({country for m in inside for country in m.consent})),
    }


def further_cut(
    block: Block,
    measures: Sequence[Measure],
    setting: Setting,
    year: int,
    base_year: int,
    series: str,
    target: float,
    chance: float,
) -> float | None:
    """Uniform further cut of every delivery cost (share, 0..1) at which the target has this chance.

    All measures act; limits of supply and demand are set aside, so this is the least that would do.
    None if even a cut to one twentieth does not reach it.
    """
    share = coefficients(block, measures, [True] * len(measures), year, base_year, setting.regime)

    def reached(cut: float) -> float:
        at = Setting(setting.year, setting.regime, further_cut=cut)
        return float((turnover(block, at, share, series) >= target).mean())

    low, high = 1e-9, LARGEST_CUT
    if reached(low) >= chance:
        return 0.0
    if reached(high) < chance:
        return None
    while high - low > CUT_PRECISION:
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) >= chance else (middle, high)
    return float(1 - np.exp(-high))
