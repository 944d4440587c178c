"""The chain, run: dossier -> baseline -> business as usual -> potential -> response -> probability.

The probability of a target is the chance that the turnover of the calendar year `by` is at least the target,
current USD, in the announcer's series, conditional on a named regime. Draws go through the whole chain in
blocks; nothing is a point estimate alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import TargetError
from tarazu.core.measure import Measure
from tarazu.planning.attribution import Attribution, attribute
from tarazu.planning.block import Block, Ingredients, draw_block
from tarazu.planning.turnover import Setting, coefficients, flows, usual_flows, usual_turnover
from tarazu.trade.statements import POOLED

Array = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

ATTRIBUTION_DRAWS = 1_000
BLOCK_DRAWS = 2_000
FRESH_DRAWS = 2_000
LARGEST_RUN = 1_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: target, year, in whose series, under which regime."""

    target_usd: float
    by: int
    series: str
    regime: str
    thresholds: tuple[float, ...]
    draws: int
    seed: int


@dataclass(frozen=True)
class Simulation:
    """Turnovers of all draws.

    Attributes
    ----------
    years
        (H,) calendar years after the base year.
    plan, usual
        Turnover (draws, H) USD by (series, regime), with all measures and with none; under a regime other
        than the asked one only the target year is filled, the others are NaN.
    without_overlap, with_failures
        (draws,) turnover of the target year in the asked series and regime: measures at full size, and
        measures that may fail.
    product_flows
        (K, first block) flow of every line in the target year with all measures, pooled series, free on board.
    both_ways
        (first block, H, 2) flow of each direction in the asked regime, pooled series, free on board: with all
        measures and with none.
    """

    years: tuple[int, ...]
    plan: Mapping[tuple[str, str], Array]
    usual: Mapping[tuple[str, str], Array]
    without_overlap: Array
    with_failures: Array
    product_flows: Array
    both_ways: tuple[Array, Array]
    first: Block
    fresh: Block
    attribution: Attribution

    def probability(
        self, threshold: float, year: int, series: str, regime: str, measures: bool = True
    ) -> float:
        """Share of draws at or above a threshold."""
        turnover = (self.plan if measures else self.usual)[series, regime][:, self.years.index(year)]
        assert not np.isnan(turnover[0]), "a regime that was not asked for is run for the target year only"
        return float((turnover >= threshold).mean())


def simulate(given: Ingredients, question: Question, progress: Progress | None = None) -> Simulation:
    """Run the draws through the chain.

    Raises
    ------
    TargetError
        If the number of draws is outside 100..1,000,000.
    """
    if not 100 <= question.draws <= LARGEST_RUN:
        raise TargetError(
            f"draws: expected a whole number from 100 to {LARGEST_RUN:,}, got {question.draws:,}."
        )
    if question.seed < 0:
        raise TargetError(f"seed: expected a whole number from 0, got {question.seed}.")
    sizes = _block_sizes(question.draws)
    seeds = np.random.SeedSequence(question.seed).spawn(len(sizes) + 1)
    parts: list[dict[str, Any]] = []
    first: Block | None = None
    for number, (size, seed) in enumerate(zip(sizes, seeds, strict=False)):
        block = draw_block(given, size, np.random.default_rng(seed))
        parts.append(_run_block(block, given, question, keep_lines=number == 0))
        first = first or block
        if progress is not None:
            progress("draws", sum(sizes[: number + 1]), question.draws)
    assert first is not None
    at = Setting(given.years.index(question.by), question.regime)
    found = attribute(first, given.measures, at, given.base_year, given.years, question.series)
    keys = parts[0]["plan"].keys()
    return Simulation(
        years=given.years,
        plan={key: np.concatenate([part["plan"][key] for part in parts]) for key in keys},
        usual={key: np.concatenate([part["usual"][key] for part in parts]) for key in keys},
        without_overlap=np.concatenate([part["full"] for part in parts]),
        with_failures=np.concatenate([part["failing"] for part in parts]),
        product_flows=parts[0]["lines"],
        both_ways=parts[0]["both_ways"],
        first=first,
        fresh=draw_block(given, min(FRESH_DRAWS, question.draws), np.random.default_rng(seeds[-1])),
        attribution=found,
    )


def _block_sizes(draws: int) -> list[int]:
    """The first block carries the attribution; the others are as large as memory likes."""
    first = min(draws, ATTRIBUTION_DRAWS)
    sizes = [first]
    while sum(sizes) < draws:
        sizes.append(min(BLOCK_DRAWS, draws - sum(sizes)))
    return sizes


def _run_block(block: Block, given: Ingredients, question: Question, keep_lines: bool) -> dict[str, Any]:
    series = tuple(dict.fromkeys((question.series, POOLED)))
    everything = [1.0] * len(given.measures)
    plan = {(s, r.id): np.full((block.n, len(given.years)), np.nan) for s in series for r in given.regimes}
    usual = {key: values.copy() for key, values in plan.items()}
    lines = np.empty((0, 0))
    both_ways = np.empty((2, block.n, len(given.years), 2))
    for h, year in enumerate(given.years):
        for regime in given.regimes:
            if regime.id != question.regime and year != question.by:
                continue
            share = coefficients(block, given.measures, everything, year, given.base_year, regime.id)
            reached = flows(block, Setting(h, regime.id), share, series)
            for name in series:
                plan[name, regime.id][:, h] = reached[name].sum(axis=0)
                usual[name, regime.id][:, h] = usual_turnover(block, h, name, regime.id)
            if keep_lines and regime.id == question.regime:
                both_ways[0, :, h] = _by_direction(block, reached[POOLED])
                both_ways[1, :, h] = _by_direction(block, usual_flows(block, h, regime.id))
                if year == question.by:
                    lines = reached[POOLED]
    return {
        "plan": plan,
        "usual": usual,
        "lines": lines,
        "both_ways": (both_ways[0], both_ways[1]),
        "full": _variant(block, given, question, overlap=False),
        "failing": _variant(block, given, question, delivery=True),
    }


def _by_direction(block: Block, lines: Array) -> Array:
    """(n, 2) flow there and back from the (K, n) flows of the lines."""
    way = np.array([line.direction for line in block.lines])
    return np.stack([lines[way == d].sum(axis=0) for d in (0, 1)], axis=1)


def _variant(
    block: Block, given: Ingredients, question: Question, overlap: bool = True, delivery: bool = False
) -> Array:
    share = coefficients(
        block,
        given.measures,
        [1.0] * len(given.measures),
        question.by,
        given.base_year,
        question.regime,
        overlap,
        delivery,
    )
    at = Setting(given.years.index(question.by), question.regime)
    return np.asarray(flows(block, at, share, (question.series,))[question.series].sum(axis=0))


@dataclass(frozen=True, slots=True)
class Rerun:
    """The same question for another bundle, on the fresh draws: probability and quantiles only."""

    bundle: Mapping[str, float]
    probability: float
    q10: float
    q50: float
    q90: float
    draws: int


def rerun(block: Block, given: Ingredients, question: Question, strength: Mapping[str, float]) -> Rerun:
    """Score another bundle on a block of draws.

    Parameters
    ----------
    strength
        By measure id: True or 1 as described, False or 0 left out, or a share between; measures that
        are not named stay as described.

    Raises
    ------
    TargetError
        If an id is unknown or a strength lies outside 0..1.
    """
    bundle = _bundle(given.measures, strength)
    share = coefficients(
        block, given.measures, list(bundle.values()), question.by, given.base_year, question.regime
    )
    at = Setting(given.years.index(question.by), question.regime)
    reached = flows(block, at, share, (question.series,))[question.series].sum(axis=0)
    q10, q50, q90 = np.quantile(reached, (0.1, 0.5, 0.9)).tolist()
    return Rerun(bundle, float((reached >= question.target_usd).mean()), q10, q50, q90, block.n)


def _bundle(measures: Sequence[Measure], strength: Mapping[str, float]) -> dict[str, float]:
    known = {m.id for m in measures}
    for name, value in strength.items():
        if name not in known:
            raise TargetError(f'"{name}" is no measure of this dossier. Known: {", ".join(sorted(known))}.')
        if not 0 <= float(value) <= 1:
            raise TargetError(f"{name}: expected a strength from 0 to 1, got {value}.")
    return {m.id: float(strength.get(m.id, 1.0)) for m in measures}
