"""Trade elasticities by product: how strongly a flow answers to its cost of delivery.

    X_i ~ tau_i^(-theta)    delivered (duty-inclusive) value of supplier i

The table is fitted by ``scripts/fit_trade_elasticities.py`` from the six-digit estimates of Fontagné,
Guimbard and Orefice (2022), Tariff-based product-level trade elasticities, Journal of International
Economics 137, 103593 (CEPII, ProTEE 0.1, Etalab 2.0). They regress duty-free import values on ln(1 + tariff),
beta = -sigma, and publish epsilon = 1 + beta = 1 - sigma; the published column holds epsilon. Hence
theta = -epsilon = sigma - 1 is the elasticity of the delivered value; the customs value answers to a tariff
with theta + 1. The table carries no standard errors, so that its intervals are judgement.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from tarazu.core.hs import spans
from tarazu.core.measure import Interval
from tarazu.core.parameters import bundled_text

FILE = "trade_elasticity_hs4.csv"
_ANYTHING = frozenset({"all", "other"})


@dataclass(frozen=True, slots=True)
class ElasticityTable:
    """Theta by heading (four digits) and chapter (two digits).

    Attributes
    ----------
    headings, chapters
        Sorted (code, interval) pairs; a heading without an estimate of its own is absent.
    """

    headings: tuple[tuple[int, Interval], ...]
    chapters: tuple[tuple[int, Interval], ...]

    @classmethod
    @cache
    def read(cls) -> ElasticityTable:
        """The bundled table."""
        found: dict[int, list[tuple[int, Interval]]] = {2: [], 4: []}
        for row in csv.DictReader(io.StringIO(bundled_text(FILE), newline="")):
            size = Interval(float(row["q10"]), float(row["theta"]), float(row["q90"]))
            found[len(row["hs"])].append((int(row["hs"]), size))
        return cls(tuple(sorted(found[4], key=_code)), tuple(sorted(found[2], key=_code)))

    def lookup(self, hs_codes: str) -> Interval:
        """Theta of a list or range of HS codes: each quantile is the median over the headings it covers.

        Without a heading the chapters it touches are taken, and without those all headings, as for
        ``all`` and ``other`` (goods of which we do not know the codes).

        Raises
        ------
        UnknownCodeError
            If the text is not a list of HS codes.
        """
        if hs_codes.strip() in _ANYTHING:
            return _pooled([size for _, size in self.headings])
        covered = spans(hs_codes)
        for rows, digits in ((self.headings, 4), (self.chapters, 2)):
            if sizes := _within(rows, covered, 10 ** (6 - digits)):
                return _pooled(sizes)
        return self.lookup("all")


def _within(
    rows: Sequence[tuple[int, Interval]], covered: Sequence[tuple[int, int]], scale: int
) -> list[Interval]:
    """Sizes of the rows whose six-digit codes meet a span; each row once."""
    chosen: dict[int, Interval] = {}
    for low, high in covered:
        first = bisect_left(rows, low // scale, key=_code)
        last = bisect_left(rows, -(-high // scale), key=_code)
        chosen.update(rows[first:last])
    return list(chosen.values())


def _pooled(sizes: Sequence[Interval]) -> Interval:
    return Interval(
        median(size.q10 for size in sizes),
        median(size.q50 for size in sizes),
        median(size.q90 for size in sizes),
    )


def _code(row: tuple[int, Interval]) -> int:
    return row[0]
