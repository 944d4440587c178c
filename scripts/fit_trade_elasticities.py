"""Fit the table of trade elasticities by HS heading from the six-digit estimates of ProTEE.

Source: Fontagné, Guimbard and Orefice (2022), Tariff-based product-level trade elasticities, Journal of
International Economics 137, 103593; CEPII, ProTEE 0.1, HS revision 2007, licence Etalab 2.0. Columns: HS6,
zero (not significant at 1%), positive (significant with the wrong sign), sigma.

Sign and meaning of the column. The authors estimate beta = d ln(import value, duty-free) / d ln(1 + tariff)
and define the trade elasticity epsilon = 1 + beta = 1 - sigma. The column named sigma is epsilon: against
60 coefficients beta re-estimated from the authors' data (github.com/polojoecarr/fontagne-2022-replication)
it is higher by 1.01 at the median. So theta = -column, the elasticity of the delivered (duty-inclusive)
value.

    log theta(heading) = (n * log median of the heading + PRIOR * log median of its chapter) / (n + PRIOR)
    s^2                = (n * variance of log theta in the heading + PRIOR * in the chapter) / (n + PRIOR)
    q10, q90           = theta * exp(-1.2816 * s * (1 + u)), theta * exp(1.2816 * s)

A heading leans on its chapter as on PRIOR more lines, since many headings have one or two estimates of
unknown error. Own estimates are those with both flags 0: a flagged line carries the mean of its heading, and
484 lines are empty. u is the share of lines that are not significant: a table of significant estimates only
lies too high (the published mean is -5.5 with the insignificant at their default, -9.8 without), so that the
lower side is wider. A heading without an own estimate is left to its chapter (two digits). The intervals are
judgement: the table carries no standard errors.

Usage: ``python scripts/fit_trade_elasticities.py [--source FILE] [--out FILE]``
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, pvariance

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("TARAZU_SHARED_DATA", ROOT.parent / "shared" / "data"))
Z90 = 1.2816
PRIOR = 3.0  # weight of the chapter in a heading, in lines
Row = tuple[str, float, float, float, int, int, str]
HEADER = ("hs", "theta", "q10", "q90", "n", "lines", "basis")


@dataclass(frozen=True, slots=True)
class Line:
    """One six-digit line; `theta` is None where the table holds no estimate of its own."""

    hs6: str
    theta: float | None
    significant: bool


def read_lines(source: Path) -> list[Line]:
    """The lines of the published table."""
    lines = []
    with source.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            own = row["zero"] == "0" and row["positive"] == "0" and row["sigma"] != ""
            lines.append(Line(row["HS6"], -float(row["sigma"]) if own else None, row["zero"] == "0"))
    return lines


def fit(lines: Iterable[Line]) -> list[Row]:
    """Rows of the bundled table: chapters, then headings, in the order of `HEADER`."""
    lines = list(lines)
    chapters = {code: _Group.of(group) for code, group in _grouped(lines, 2).items()}
    overall = _Group.of(lines)
    spread = {code: group.pooled_with(overall.centre, overall.variance) for code, group in chapters.items()}
    rows = [
        group.row(code, group.centre, spread[code][1]) for code, group in chapters.items() if group.thetas
    ]
    for code, found in _grouped(lines, 4).items():
        group, chapter = _Group.of(found), chapters[code[:2]]
        if group.thetas:
            rows.append(group.row(code, *group.pooled_with(chapter.centre, spread[code[:2]][1])))
    return rows


def _grouped(lines: Iterable[Line], digits: int) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.hs6[:digits]].append(line)
    return dict(sorted(groups.items()))


@dataclass(frozen=True, slots=True)
class _Group:
    """The lines of a heading or chapter: own estimates, number of lines, share without significance."""

    thetas: tuple[float, ...]
    lines: int
    unsure: float

    @classmethod
    def of(cls, group: Sequence[Line]) -> _Group:
        thetas = tuple(line.theta for line in group if line.theta is not None)
        return cls(thetas, len(group), 1 - sum(line.significant for line in group) / len(group))

    @property
    def centre(self) -> float:
        return math.log(median(self.thetas)) if self.thetas else 0.0

    @property
    def variance(self) -> float:
        return pvariance([math.log(theta) for theta in self.thetas]) if self.thetas else 0.0

    def pooled_with(self, centre: float, variance: float) -> tuple[float, float]:
        """Centre and variance of log theta, leaning on those of the larger group."""
        n = len(self.thetas)
        return (
            (n * self.centre + PRIOR * centre) / (n + PRIOR),
            (n * self.variance + PRIOR * variance) / (n + PRIOR),
        )

    def row(self, code: str, centre: float, variance: float) -> Row:
        sd = math.sqrt(variance)
        quantiles = (centre, centre - Z90 * sd * (1 + self.unsure), centre + Z90 * sd)
        theta, low, high = (round(math.exp(value), 3) for value in quantiles)
        return code, theta, low, high, len(self.thetas), self.lines, "judgement"


def main(argv: Sequence[str] | None = None) -> int:
    """Fit and write."""
    parser = argparse.ArgumentParser(description="Fit the table of trade elasticities by HS heading.")
    parser.add_argument("--source", type=Path, default=SHARED / "hs" / "ProTEE_0_1.csv")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "src" / "tarazu" / "data" / "trade_elasticity_hs4.csv"
    )
    options = parser.parse_args(argv)
    if not options.source.is_file():
        print(f"{options.source} not found. Give the ProTEE table with --source.", file=sys.stderr)
        return 2
    rows = fit(read_lines(options.source))
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
    print(f"{len(rows)} rows written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
