"""Which measure carries which part of the turnover: Shapley values, exact while products are separable.

For one line with the measures 1..m that touch it, v(S) is its flow when the measures in S act:

    phi_j = sum over S without j of |S|! (m - |S| - 1)! / m! * (v(S + j) - v(S))

The contribution of a measure to the turnover is the sum of its values over lines, because turnover is a
sum over lines. All 2^m flows of a line are computed at once, by doubling. Where more than
`MAX_EXACT` measures touch one line, permutations are sampled and the sampling error is shown.
Attribution is of turnover, not of the probability: quantiles do not add.
Source: Shapley (1953), A value for n-person games; Castro, Gómez & Tejada (2009), Computers & Operations
Research 36, on sampling permutations.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from tarazu.core.measure import Measure
from tarazu.planning.block import Block
from tarazu.planning.turnover import Acting, Setting, coefficients, combined, line_flow, usual_flows

Array = NDArray[np.float64]

MAX_EXACT = 12  # 4,096 subsets of one line
ROWS_AT_ONCE = 32  # subsets: the working arrays then stay in the processor's cache
PERMUTATIONS = 200
LINES_AT_ONCE = 2


@dataclass(frozen=True)
class Attribution:
    """Contributions to the turnover of one year, one series, one regime.

    Attributes
    ----------
    contribution
        (M, n) USD by measure.
    by_line
        (K, M, n) USD by line and measure.
    lattices
        Per line (2^m, n) flows of every subset of the measures that touch it, bit j standing for the
        j-th of `Line.change.measures`; None where the line is touched by too many.
    without, with_all
        (n,) turnover with no and with every measure.
    sampling_error
        (M,) standard error of the mean contribution by sampled permutations; zero where exact.
    """

    contribution: Array
    by_line: Array
    lattices: tuple[Array | None, ...]
    without: Array
    with_all: Array
    sampling_error: Array


def attribute(
    block: Block,
    measures: Sequence[Measure],
    setting: Setting,
    base_year: int,
    years: Sequence[int],
    series: str,
) -> Attribution:
    """Shapley values of every measure, draw by draw."""
    everything = [True] * len(measures)
    share = coefficients(block, measures, everything, years[setting.year], base_year, setting.regime)
    usual = usual_flows(block, setting.year, setting.regime)
    by_line = np.zeros((len(block.lines), len(measures), block.n))
    variance = np.zeros(len(measures))
    without, with_all = np.zeros(block.n), np.zeros(block.n)
    exact = [len(line.change.measures) <= MAX_EXACT for line in block.lines]
    with ThreadPoolExecutor(
        LINES_AT_ONCE
    ) as pool:  # arrays this large leave the interpreter free for the other core
        lattices = tuple(
            pool.map(
                lambda k: lattice(block, k, setting, usual[k], share, series) if exact[k] else None,
                range(len(block.lines)),
            )
        )
    for k, (line, flows) in enumerate(zip(block.lines, lattices, strict=True)):
        touched = list(line.change.measures)
        if flows is not None:
            by_line[k, touched] = shapley(flows)
            without += flows[0]
            with_all += flows[-1]
        else:
            values, error, ends = _sampled(block, k, setting, usual[k], share, series)
            by_line[k, touched] = values
            variance[touched] += error**2
            without += ends[0]
            with_all += ends[1]
    return Attribution(by_line.sum(axis=0), by_line, lattices, without, with_all, np.sqrt(variance))


def lattice(block: Block, number: int, setting: Setting, usual: Array, share: Array, series: str) -> Array:
    """(2^m, n) flow of a line for every subset of the measures that touch it, from its usual flow (n,)."""
    line = block.lines[number]
    change, market = line.change, line.market
    acting = share[list(change.measures)]  # (m, n)
    changes = (change.own, change.money, change.tariff, change.sale, change.carriage)
    own, money, tariff, sale, carriage = (_subset_sums(acting * each) for each in changes)
    others = np.ones((1, block.n)) - market.own_share
    for r in range(len(market.rival_share)):
        log_change = acting * change.rivals[:, r]
        if log_change.any():
            answer = np.expm1(-market.theta * _subset_sums(log_change))
            others = others + market.rival_share[r] * answer
    parts = (own, money, tariff, np.broadcast_to(others, own.shape), sale, carriage)
    flow = np.empty(own.shape)
    for start in range(0, len(own), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        chunk = Acting(*(part[rows] for part in parts))
        flow[rows] = line_flow(block, line, setting, usual, chunk).counted(series)
    return flow


def _subset_sums(parts: Array) -> Array:
    """(2^m, n) sum of every subset of (m, n) parts; bit j of the row number says whether part j is in."""
    sums = np.zeros((1, parts.shape[1]))
    for part in parts:
        sums = np.concatenate([sums, sums + part])
    return sums


def shapley(values: Array) -> Array:
    """(m, n) Shapley values from the (2^m, n) worths of all subsets."""
    m = (len(values) - 1).bit_length()
    subsets = np.arange(len(values))
    size = np.array([int(s).bit_count() for s in subsets])
    weight = np.array([factorial(k) * factorial(m - k - 1) / factorial(m) for k in range(m)] or [0.0])
    out = np.empty((m, values.shape[1]))
    for j in range(m):
        absent = subsets[(subsets >> j) & 1 == 0]
        gain = values[absent | (1 << j)] - values[absent]
        out[j] = weight[size[absent]] @ gain
    return out


def _sampled(
    block: Block, number: int, setting: Setting, usual: Array, share: Array, series: str
) -> tuple[Array, Array, tuple[Array, Array]]:
    """Shapley values of one line by random orders: (m, n), standard errors (m,), flows without and with all."""
    line = block.lines[number]
    touched = list(line.change.measures)
    rng = np.random.default_rng(number)
    gains = np.zeros((PERMUTATIONS, len(touched), block.n))
    ends = (np.empty(0), np.empty(0))
    for p in range(PERMUTATIONS):
        acting = np.zeros_like(share)
        before = line_flow(block, line, setting, usual, combined(line, acting)).counted(series)
        start = before
        for position in rng.permutation(len(touched)):
            acting[touched[position]] = share[touched[position]]
            after = line_flow(block, line, setting, usual, combined(line, acting)).counted(series)
            gains[p, position] = after - before
            before = after
        ends = (start, before)
    error = gains.mean(axis=2).std(axis=0, ddof=1) / np.sqrt(PERMUTATIONS)
    return gains.mean(axis=0), error, ends


def bundle_turnovers(block: Block, found: Attribution, count: int) -> Array:
    """(2^M, n) turnover of every bundle of M measures, from the lattices of the lines.

    Rows are numbered by bits: bit i says whether measure i is in the bundle. Needs every lattice.
    """
    return _over_bundles(block, found.lattices, count)


def bundle_means(block: Block, found: Attribution, count: int) -> Array:
    """(2^M,) mean turnover of every bundle: the sum of the lines' means, without the draws of each bundle."""
    means = tuple(None if flows is None else flows.mean(axis=1, keepdims=True) for flows in found.lattices)
    return np.asarray(_over_bundles(block, means, count)[:, 0])


def _over_bundles(block: Block, lattices: tuple[Array | None, ...], count: int) -> Array:
    bundles = np.arange(1 << count)
    total: Array = np.zeros(1, dtype=np.float32)  # thousands of dollars of precision suffice
    for line, flows in zip(block.lines, lattices, strict=True):
        assert flows is not None
        row = np.zeros(len(bundles), dtype=np.intp)
        for j, measure in enumerate(line.change.measures):
            row |= ((bundles >> measure) & 1) << j
        total = total + flows.astype(np.float32)[row]
    return np.asarray(total)
