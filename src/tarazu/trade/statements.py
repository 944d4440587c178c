"""Which statements count, and as what: rows of a dossier's turnover table become observations.

Rules, in this order. A row is left out, with the reason said, if it repeats another (`same_as`), was
computed from others (`derived_from`), is a misprint (`superseded_by`), carries the same information as
a more detailed row that rests on it (`rests_on`), or speaks of something else (one region, a whole
union, goods that only pass through). "All goods" is pooled; the non-oil goods of a customs office are
pooled with a scope bias of their own; one group of goods is a lower bound. Several statements of one
reporter about one year are not independent: their variances are multiplied by their number, so that
together they weigh as one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from tarazu.core.parameters import section
from tarazu.core.period import Period
from tarazu.trade.pooling import Array, Observation

FULL_SCOPE = "all goods"
NARROWER_SCOPE = "non-oil goods"  # pooled with a bias of its own
PART_SCOPES = ("agri-food",)  # lower bounds
MILLION = 1e6
POOLED = "pooled"  # name of the series that weighs all reporters


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that does not count, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PartFlow:
    """The flow of one product in one direction: the whole flow is at least as large.

    Attributes
    ----------
    usd
        Central value; where only tonnes are known, tonnes times the unit value.
    log_sd
        Uncertainty of `usd`, log points.
    """

    id: str
    direction: int
    start: date
    end: date
    usd: float
    log_sd: float


@dataclass(frozen=True, slots=True)
class Grid:
    """The years and reporters of a pool.

    Attributes
    ----------
    reconciled
        Reporters whose figures are free on board already and balanced between both reports.
    """

    home: str
    partner: str
    first_year: int
    last_year: int
    reporters: tuple[str, ...]
    reconciled: tuple[str, ...] = ()

    @property
    def years(self) -> int:
        return self.last_year - self.first_year + 1

    @property
    def directions(self) -> tuple[str, str]:
        return f"{self.home}->{self.partner}", f"{self.partner}->{self.home}"


def observations(
    rows: Sequence[Mapping[str, Any]],
    grid: Grid,
    without: Iterable[str] = (),
    parts: Sequence[PartFlow] = (),
) -> tuple[list[Observation], list[LeftOut]]:
    """Observations for the pool, and the rows left out.

    Parameters
    ----------
    rows
        Typed rows of the turnover table (columns as in ``data/variables.csv``).
    without
        Ids to leave out on purpose, to see what the others say alone.
    parts
        Flows of single products: lower bounds, as the exporter's reports would put them.
    """
    hidden = set(without)
    left_out: list[LeftOut] = []
    found: list[Observation] = []
    for row in rows:
        reason = "left out on purpose" if row["id"] in hidden else _reason(row, rows, grid, hidden)
        if reason:
            left_out.append(LeftOut(row["id"], reason))
            continue
        found.extend(_levels(row, grid))
        growth = _growth(row, rows, grid, hidden)
        if growth is not None:
            found.append(growth)
    kept = {obs.id.partition("/")[0] for obs in found}
    named = {item.id for item in left_out}
    left_out += [LeftOut(row["id"], "gives no figure") for row in rows if row["id"] not in kept | named]
    # a bound is held against the exporter's own reports: without such a reporter it bounds nothing
    bounds = [
        _bound(part, grid) for part in parts if (grid.home, grid.partner)[part.direction] in grid.reporters
    ]
    return _as_dependent(found) + _strongest(bounds), left_out


def _reason(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], grid: Grid, hidden: set[str]) -> str:
    if row["same_as"]:
        return f"repeats {row['same_as']}"
    if row["derived_from"]:
        return f"computed from {', '.join(row['derived_from'])}"
    if row["superseded_by"]:
        return f"misprint; {row['superseded_by']} stands for it"
    twin = next((r for r in rows if r["rests_on"] == row["id"] and r["id"] not in hidden), None)
    if twin is not None:
        return f"the same information as {twin['id']}, which gives both directions; counted once"
    if row["scope"] not in (FULL_SCOPE, NARROWER_SCOPE, *PART_SCOPES):
        return f"speaks of {row['scope']}, not of the pair's trade"
    if row["reporter_group"] not in grid.reporters:
        return f"reporter group {row['reporter_group']} is not one of {', '.join(grid.reporters)}"
    if row["period_start"] is None or row["period_end"] is None:
        return "no period"
    if row["period_start"].year < grid.first_year or row["period_end"].year > grid.last_year:
        return f"reaches beyond {grid.first_year}–{grid.last_year}"
    return ""


def _levels(row: Mapping[str, Any], grid: Grid) -> list[Observation]:
    """One observation per stated direction; the total only where a direction is missing."""
    sides = (row["home_to_partner_usd_m"], row["partner_to_home_usd_m"])
    stated = [(d, value) for d, value in enumerate(sides) if value]
    if len(stated) == 2:
        return [_level(row, grid, f"{row['id']}/{grid.directions[d]}", (d,), (v, v)) for d, v in stated]
    total = row["turnover_usd_m"]
    if row["turnover_low_usd_m"] is not None:
        return [_level(row, grid, row["id"], (0, 1), (row["turnover_low_usd_m"], row["turnover_high_usd_m"]))]
    if total:
        return [_level(row, grid, row["id"], (0, 1), (total, total))]
    return [_level(row, grid, f"{row['id']}/{grid.directions[d]}", (d,), (v, v)) for d, v in stated]


def _level(
    row: Mapping[str, Any], grid: Grid, name: str, directions: tuple[int, ...], usd_m: tuple[float, float]
) -> Observation:
    low, high = (math.log(value * MILLION) for value in usd_m)
    if row["bound"] == "about":
        width = math.log1p(section("pooling")["about_width"].value)
        low, high = low - width, high + width
    if row["bound"] == "at least":  # nobody says "exceeded 340" of 500
        high += math.log1p(section("pooling")["at_least_width"].value)
    if row["scope"] in PART_SCOPES:
        high = math.inf
    covered = covered_quarters(row["period_start"], row["period_end"], grid)
    return Observation(
        id=name,
        low=low,
        high=high,
        covered=covered,
        directions=directions,
        reporter=grid.reporters.index(row["reporter_group"]),
        scope=0 if row["scope"] == NARROWER_SCOPE else -1,
        sd=_noise(row, covered),
    )


def _growth(
    row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], grid: Grid, hidden: set[str]
) -> Observation | None:
    """A stated growth rate, unless the row's own figure and the reporter's exact one for the base are in the pool."""
    if row["growth_pct"] is None or row["scope"] in PART_SCOPES:
        return None
    span = Period(row["period_start"], row["period_end"]).shift_years(-1)
    start, end = span.start, span.end
    twin = any(
        other["id"] not in hidden
        and other["reporter_group"] == row["reporter_group"]
        and other["scope"] == row["scope"]
        and not other["derived_from"]
        and other["bound"] == "exact"
        and other["turnover_usd_m"]
        and other["period_start"] is not None
        and abs((other["period_start"] - start).days) < 5
        and abs((other["period_end"] - end).days) < 5
        for other in rows
    )
    if start.year < grid.first_year or (twin and row["turnover_usd_m"]):
        return None
    covered = covered_quarters(row["period_start"], row["period_end"], grid)
    ratio = math.log1p(row["growth_pct"] / 100)
    return Observation(
        id=f"{row['id']}/growth",
        low=ratio,
        high=ratio,
        covered=covered,
        directions=(0, 1),
        reporter=grid.reporters.index(row["reporter_group"]),
        scope=0 if row["scope"] == NARROWER_SCOPE else -1,
        sd=_noise(row, covered) * section("pooling")["growth_factor"].value,
        before=covered_quarters(start, end, grid),
    )


def _noise(row: Mapping[str, Any], covered: Array) -> float:
    """Scale of the noise: by status and doubt, wider for the part of a year that is not covered."""
    scales = section("pooling")
    status = {"statistics": "statistics", "country note": "statistics", "customs": "customs"}.get(
        row["source_type"], "official" if row["source_type"] == "official statement" else "press"
    )
    doubt = {"yes": scales["doubtful_factor"].value, "check": scales["check_factor"].value}
    sd = scales[f"noise_{status}"].value * doubt.get(row["doubtful"], 1.0)
    uncovered = max(0.0, 1.0 - float(covered.sum()) / 4)
    return math.hypot(sd, scales["season_sd"].value * uncovered)


def _bound(part: PartFlow, grid: Grid) -> Observation:
    exporter = (grid.home, grid.partner)[part.direction]
    return Observation(
        id=part.id,
        low=math.log(part.usd),
        high=math.inf,
        covered=covered_quarters(part.start, part.end, grid),
        directions=(part.direction,),
        reporter=grid.reporters.index(exporter),
        scope=-1,
        sd=part.log_sd,
    )


def _strongest(bounds: list[Observation]) -> list[Observation]:
    """The highest lower bound of each direction and year: the others say nothing that it does not."""
    best: dict[tuple[Any, ...], Observation] = {}
    for bound in bounds:
        key = (bound.directions, _main_year(bound))
        if key not in best or bound.low > best[key].low:
            best[key] = bound
    return list(best.values())


def _main_year(obs: Observation) -> int:
    return int(np.argmax(obs.covered.sum(axis=1)))


def _as_dependent(found: list[Observation]) -> list[Observation]:
    """Multiply variances by how often one reporter speaks of one year, direction and kind."""

    def key(obs: Observation) -> tuple[Any, ...]:
        return (
            obs.reporter,
            obs.scope,
            _main_year(obs),
            obs.directions,
            obs.before is None,
            obs.high == math.inf,
        )

    counts = Counter(key(obs) for obs in found)
    return [replace(obs, sd=obs.sd * math.sqrt(counts[key(obs)])) for obs in found]


@cache
def covered_quarters(start: date, end: date, grid: Grid) -> Array:
    """(T, 4) share of each quarter of each year of the grid inside the span, both ends included."""
    out = np.zeros((grid.years, 4))
    for t in range(grid.years):
        year = grid.first_year + t
        for q in range(4):
            first = date(year, 3 * q + 1, 1)
            last = (date(year + (q == 3), (3 * q + 3) % 12 + 1, 1)) - timedelta(days=1)
            days = (min(end, last) - max(start, first)).days + 1
            out[t, q] = max(0, days) / ((last - first).days + 1)
    return out


def total_usd(row: Mapping[str, Any]) -> float | None:
    """Stated turnover in USD: the total, or both directions added."""
    sides = (row["home_to_partner_usd_m"], row["partner_to_home_usd_m"])
    if row["turnover_usd_m"] is not None:
        return float(row["turnover_usd_m"]) * MILLION
    if None not in sides:
        return float(sum(sides)) * MILLION
    return None
