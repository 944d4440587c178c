"""Offers matched with requests: the tonnes that make the most of all scores together.

    maximise  sum_ij score_ij x_ij   with  sum_j x_ij <= offered_i,  sum_i x_ij <= wanted_j,  x >= 0

A transport programme, since one request may be served by several offers and the reverse. It is solved on HiGHS with
the pairs of the highest scores first; pairs left out whose score exceeds the duals of their two lines are added until
there is none, so that the answer is that of all pairs. Of a large programme a quarter of the offers and requests is
solved first, in the same way: its duals tell which pairs to begin with; the sum reached does not depend on them, though
of several allotments of that sum another may be found. Lines of unknown tonnes cannot be in it: they are then paired
one to one with what is left (Crouse 2016, IEEE Transactions on Aerospace and Electronic Systems 52(4), as in scipy).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check, place
from tarazu.core.errors import ConvergenceError
from tarazu.core.table import Column, Table
from tarazu.planning.offers import SCREENING, Offer, OfferList, scoring
from tarazu.planning.offers_reasons import Match, Unmatched, explained, unmatched
from tarazu.planning.offers_score import CREDITS, Pairs, best_pairs, score_pairs

if TYPE_CHECKING:
    from tarazu.corridor.network import Network
    from tarazu.planning.dossier import Dossier

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BEST = 4  # pairs of each line that are added in a round
ROUNDS = 500
WHOLE = 20_000  # pairs from which a sample of the lines is solved first
SAMPLE = 4  # of which every fourth is in it
GAP = 1e-7  # score by which a pair must exceed its duals to be added
LEAST_TONNES = 1e-6

COLUMNS = (
    Column("offer", "", "id of the offer"),
    Column("request", "", "id of the request"),
    Column("offered", "", "goods and code"),
    Column("wanted", "", "goods and code"),
    Column("tonnes", "t a year", "matched; empty where a side names no tonnes"),
    Column("score", "", "0 to 1, docs/offers-tutorial.md"),
    *(Column(f"credit_{name}", "", "0 to 1; empty where unknown") for name in CREDITS),
    Column("price_asked", "USD per tonne", "lowest, as the offer states it"),
    Column("price_paid", "USD per tonne", "highest, as the request states it"),
    Column("freight", "USD per tonne", "cheapest way between the places of the goods"),
    Column("days", "days", "on that way, door to door"),
    Column("reasons"),
    Column("missing"),
)


@dataclass(frozen=True)
class Matched:
    """Result of `match`.

    Attributes
    ----------
    total
        Sum of score times tonnes: what the programme makes as large as it can.
    pairs
        How many pairs had goods that may be one.
    """

    matches: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]
    total: float
    pairs: int
    on: date
    checks: tuple[Check, ...]

    @cached_property
    def table(self) -> Table:
        """One row per match, the best first."""
        return Table.build("matches", COLUMNS, [_record(each) for each in self.matches])

    @cached_property
    def unmatched_table(self) -> Table:
        """Lines without a match or with tonnes left."""
        columns = (
            Column("kind", "", "offers or requests"),
            Column("id"),
            Column("goods"),
            Column("tonnes_left", "t a year"),
            Column("why"),
            Column("market", "", "what the dossier knows of the other side's market"),
        )
        rows = tuple(
            (each.kind, each.line.id, each.line.label(), each.tonnes_left, each.why, " ".join(each.market))
            for each in self.unmatched
        )
        return Table("unmatched", columns, rows)

    def tables(self) -> dict[str, Table]:
        """Tables by the name of their CSV file."""
        return {"matches": self.table, "unmatched": self.unmatched_table}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        from tarazu.planning.output import check_dict

        return {
            "on": self.on.isoformat(),
            "pairs_compared": self.pairs,
            "tonnes": sum(each.tonnes or 0.0 for each in self.matches),
            "matches": [
                {**row, "reasons": list(each.reasons), "missing": list(each.missing)}
                for row, each in zip(self.table.records(), self.matches, strict=True)
            ],
            "unmatched": [
                {**row, "market": list(each.market)}
                for row, each in zip(self.unmatched_table.records(), self.unmatched, strict=True)
            ],
            "checks": [check_dict(check) for check in self.checks],
            "screening": SCREENING,
        }


def match(
    offers: OfferList,
    requests: OfferList,
    *,
    network: Network | None = None,
    dossier: Dossier | None = None,
    on: date | None = None,
) -> Matched:
    """Match offers with requests; the order of the rows does not matter.

    Parameters
    ----------
    network
        For freight and days.
    dossier
        For what is known of the market of lines without a match.
    on
        Day on which the lines must still stand; by default today.
    """
    day = on or date.today()
    left, past = _standing(offers, day)
    right, over = _standing(requests, day)
    pairs = score_pairs(left, right, network)
    good = np.flatnonzero(pairs.score >= scoring()["least-score"])
    tonnes = allot(pairs, good, _volumes(left), _volumes(right))
    found = sorted(
        (
            explained(left[int(pairs.offer[p])], right[int(pairs.request[p])], pairs, p, amount)
            for p, amount in tonnes.items()
        ),
        key=lambda each: (-each.score, -(each.tonnes or 0.0), each.offer.id, each.request.id),
    )
    total = sum(float(pairs.score[p]) * amount for p, amount in tonnes.items() if amount is not None)
    rest = (*unmatched(left, right, pairs, tonnes, dossier), *_ended(offers, past), *_ended(requests, over))
    checks = (
        *offers.checks,
        *requests.checks,
        *_ended_checks(offers, past, day),
        *_ended_checks(requests, over, day),
    )
    return Matched(tuple(found), rest, total, len(pairs.offer), day, checks)


def _standing(listed: OfferList, day: date) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """Lines that still stand, by id, and those that have ended."""
    rows: tuple[list[Offer], list[Offer]] = ([], [])
    for line in sorted(listed.rows, key=lambda each: each.id):
        rows[bool(line.valid_until and line.valid_until < day)].append(line)
    return tuple(rows[0]), tuple(rows[1])


def _ended(listed: OfferList, lines: Sequence[Offer]) -> Iterator[Unmatched]:
    """Lines that have ended, which match nothing."""
    for line in lines:
        tonnes = line.volume_t[1] if line.volume_t else None
        yield Unmatched(
            line, listed.kind, tonnes, f"it ended on {line.valid_until}: ask whether it still stands."
        )


def _ended_checks(listed: OfferList, lines: Sequence[Offer], day: date) -> Iterator[Check]:
    for line in lines:
        message = f"ended on {line.valid_until}: left out on {day}."
        yield Check.warning("ended", place(listed.name, line.row, "valid_until"), message)


def _volumes(lines: Sequence[Offer]) -> Floats:
    """(n,) most tonnes; NaN where unknown."""
    return np.array([line.volume_t[1] if line.volume_t else np.nan for line in lines])


def allot(pairs: Pairs, good: Ints, offered: Floats, wanted: Floats) -> dict[int, float | None]:
    """Tonnes of each pair that is used; None where one side names none.

    Parameters
    ----------
    good
        Pairs that may be used.
    offered, wanted
        (n,) and (m,) tonnes; NaN where unknown.
    """
    i, j = pairs.offer[good], pairs.request[good]
    sized = np.isfinite(offered[i]) & np.isfinite(wanted[j])
    first = good[sized]
    amounts = transport(pairs.score[first], pairs.offer[first], pairs.request[first], offered, wanted)
    some = np.flatnonzero(amounts > LEAST_TONNES)
    found: dict[int, float | None] = dict(zip(first[some].tolist(), amounts[some].tolist(), strict=True))
    left, lacking = offered.copy(), wanted.copy()
    for p, x in found.items():
        left[pairs.offer[p]] -= x or 0.0
        lacking[pairs.request[p]] -= x or 0.0
    rest = good[~sized & ~(left[i] <= LEAST_TONNES) & ~(lacking[j] <= LEAST_TONNES)]
    for p in _one_to_one(pairs, rest):
        found[p] = None
    return found


def transport(score: Floats, i: Ints, j: Ints, offered: Floats, wanted: Floats) -> Floats:
    """(P,) tonnes that make the sum of score times tonnes largest, by column generation.

    Parameters
    ----------
    score, i, j
        (P,) pairs.
    offered, wanted
        (n,), (m,) bounds; only those of lines in pairs are looked at.

    Raises
    ------
    ConvergenceError
        If the solver finds no optimum.
    """
    return _optimum(score, i, j, offered, wanted)[0] if len(score) else np.zeros(0)


def _optimum(score: Floats, i: Ints, j: Ints, offered: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """(P,) tonnes and (n + m,) duals of `transport`."""
    solver, bound = _Solver(offered, wanted), len(offered)
    used = np.zeros(len(score), bool)
    better = _first_pairs(score, i, j, offered, wanted)
    for _ in range(ROUNDS):
        used[better] = True
        solver.add(better, score, i, j)
        amounts, duals = solver.solve()
        gain = np.where(used, 0.0, score - duals[:bound][i] - duals[bound:][j])
        candidates = np.flatnonzero(gain > GAP)
        if not len(candidates):
            found = np.zeros(len(score))
            found[solver.columns] = amounts
            return found, duals
        better = candidates[_best_of_lines(gain[candidates], i[candidates], j[candidates])]
    raise ConvergenceError(f"matching: pairs were still being added after {ROUNDS} rounds.")


def _first_pairs(score: Floats, i: Ints, j: Ints, offered: Floats, wanted: Floats) -> Ints:
    """Pairs to begin with: those of the highest score, of many the nearest to the duals of a sample of the lines."""
    sampled = [_sample(size, line) for size, line in ((offered, i), (wanted, j))]
    inside = np.flatnonzero(sampled[0][i] & sampled[1][j]) if len(score) > WHOLE else np.zeros(0, np.int64)
    if not len(inside):
        return _best_of_lines(score, i, j)
    _, duals = _optimum(score[inside], i[inside], j[inside], offered, wanted)
    # Least duals at which no pair gains: of all requests against the sampled offers, then of all offers.
    by_offer, by_request = np.zeros(len(offered)), np.zeros(len(wanted))
    of_sample = np.flatnonzero(sampled[0][i])
    np.maximum.at(by_request, j[of_sample], score[of_sample] - duals[: len(offered)][i[of_sample]])
    np.maximum.at(by_offer, i, score - by_request[j])
    return _best_of_lines(score - by_offer[i] - by_request[j], i, j)


def _sample(size: Floats, line: Ints) -> NDArray[np.bool_]:
    """(n,) whether a line is in the sample: every fourth of those in pairs, by size."""
    there = np.flatnonzero(np.bincount(line, minlength=len(size)))
    kept = np.zeros(len(size), bool)
    kept[there[np.argsort(size[there], kind="stable")][SAMPLE // 2 :: SAMPLE]] = True
    return kept


def _best_of_lines(score: Floats, i: Ints, j: Ints) -> Ints:
    """The best few pairs of each offer and of each request."""
    kept = [np.zeros(0, np.int64)]
    for line in (i, j):
        left = score.copy()
        for _ in range(BEST):
            found = best_pairs(left, line)
            found = found[left[found] > -np.inf]
            left[found] = -np.inf
            kept.append(found)
    return np.unique(np.concatenate(kept))


class _Solver:
    """The programme in HiGHS, kept from round to round so that each begins at the last one's optimum."""

    def __init__(self, offered: Floats, wanted: Floats) -> None:
        import highspy

        self.highs = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("simplex_strategy", 4),
        ):
            self.highs.setOptionValue(option, value)
        bound = np.nan_to_num(np.concatenate((offered, wanted)), nan=0.0)
        self.scale, self.offers = float(bound.max()) or 1.0, len(offered)
        nothing = np.zeros(0)
        lower = np.full(len(bound), -highspy.kHighsInf)
        self.highs.addRows(
            len(bound), lower, bound / self.scale, 0, np.zeros(0, np.int32), np.zeros(0, np.int32), nothing
        )
        self.columns = np.zeros(0, np.int64)

    def add(self, pairs: Ints, score: Floats, i: Ints, j: Ints) -> None:
        """A column for each pair."""
        import highspy

        count = len(pairs)
        rows = np.column_stack((i[pairs], self.offers + j[pairs])).ravel().astype(np.int32)
        starts = np.arange(0, 2 * count, 2, dtype=np.int32)
        upper = np.full(count, highspy.kHighsInf)
        self.highs.addCols(
            count, -score[pairs], np.zeros(count), upper, 2 * count, starts, rows, np.ones(2 * count)
        )
        self.columns = np.concatenate((self.columns, pairs))

    def solve(self) -> tuple[Floats, Floats]:
        """Tonnes by column and duals by row."""
        import highspy

        self.highs.run()
        status = self.highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise ConvergenceError(f"matching: HiGHS ended without an optimum ({status}).")
        answer = self.highs.getSolution()
        return np.asarray(answer.col_value) * self.scale, -np.asarray(answer.row_dual)


def _one_to_one(pairs: Pairs, rest: Ints) -> list[int]:
    """Pairs of the largest sum of scores in which each line is used once."""
    from scipy.optimize import linear_sum_assignment

    if not len(rest):
        return []
    rows, a = np.unique(pairs.offer[rest], return_inverse=True)
    columns, b = np.unique(pairs.request[rest], return_inverse=True)
    gain, number = np.zeros((len(rows), len(columns))), np.full((len(rows), len(columns)), -1)
    gain[a, b], number[a, b] = pairs.score[rest], rest
    chosen = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    return [int(number[r, c]) for r, c in chosen if number[r, c] >= 0]


def _record(each: Match) -> dict[str, Any]:
    return {
        "offer": each.offer.id,
        "request": each.request.id,
        "offered": each.offer.label(),
        "wanted": each.request.label(),
        "tonnes": each.tonnes,
        "score": round(each.score, 3),
        **{f"credit_{name}": value for name, value in each.credits.items()},
        "price_asked": each.offer.price_usd_t and each.offer.price_usd_t[0],
        "price_paid": each.request.price_usd_t and each.request.price_usd_t[1],
        "freight": each.freight_usd_t,
        "days": each.days,
        "reasons": "; ".join(each.reasons),
        "missing": "; ".join(each.missing),
    }
