"""From a dossier, or from the totals of a pair without one, to what the chain draws from."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from tarazu.core.checks import Check
from tarazu.core.codes import Country
from tarazu.core.draws import Z90
from tarazu.core.hs import contains, width
from tarazu.core.measure import Measure
from tarazu.core.source import Doubt
from tarazu.planning.block import Ingredients
from tarazu.planning.dossier import Dossier
from tarazu.planning.regimes import UNCHANGED
from tarazu.planning.regions import TRADE_SOURCE, TRADE_URL, YEAR, pair_totals
from tarazu.potential.assess import assess as assess_direction
from tarazu.potential.figures import Role, read
from tarazu.potential.line import Assessment
from tarazu.potential.priors import PotentialPriors
from tarazu.trade.baseline import Baseline
from tarazu.trade.baseline import baseline as pool
from tarazu.trade.statements import POOLED, Grid, PartFlow

TREND_YEARS = 4  # the reference class sorts pairs by their growth over four years
STATISTICS = "CEPII BACI"
LONGEST_PART = 1.05  # years: longer spans say little of any one year
CHAPTER = 10_000  # six-digit codes of one chapter: broader groups stand in the turnover table
VALUE_LOG_SD = 0.1  # a stated value of one product, log points


@dataclass(frozen=True)
class Prepared:
    """The first stages of the chain, which need no draws of measures."""

    baseline: Baseline
    assessments: tuple[Assessment, Assessment] | None
    gdp_growth: tuple[float, float] | None
    gdp_rows: tuple[str, ...]
    checks: tuple[Check, ...]


def assess(dossier: Dossier) -> tuple[Assessment, Assessment]:
    """What could be traded: realised, potential and unrealised trade by product, home to partner and back."""
    products, markets = (list(dossier.tables[name]) for name in ("products", "markets"))
    there, back = dossier_grid(dossier).directions
    priors = PotentialPriors.load()
    return (
        assess_direction(products, markets, there, dossier.last_year, priors),
        assess_direction(products, markets, back, dossier.last_year, priors),
    )


def baseline(dossier: Dossier) -> Baseline:
    """Where trade stands, and whose figures say so: the pooled series and each country's own."""
    return _pooled(dossier, assess(dossier))


def _pooled(dossier: Dossier, assessments: tuple[Assessment, Assessment]) -> Baseline:
    products, markets = (list(dossier.tables[name]) for name in ("products", "markets"))
    grid = dossier_grid(dossier)
    parts = [part for d in (0, 1) for part in _part_flows(products, markets, assessments[d], d, grid)]
    return pool(list(dossier.tables["turnover"]), grid, parts)


def from_dossier(dossier: Dossier) -> Prepared:
    """Assess the products, bound the directions by them, pool the statements."""
    assessments = assess(dossier)
    found = _pooled(dossier, assessments)
    grid = found.grid
    growth, rows, checks = gdp_growth(list(dossier.tables["macro"]), (grid.home, grid.partner))
    product_checks = (check for each in assessments for check in each.checks)
    return Prepared(found, assessments, growth, rows, (*found.checks, *product_checks, *checks))


def dossier_grid(dossier: Dossier) -> Grid:
    """Years and reporters of a dossier; the two countries first."""
    own = {r.own: r.id for r in dossier.reporters if r.own != "none"}
    others = [r.id for r in dossier.reporters if r.own == "none"]
    reporters = tuple(own[side] for side in ("home", "partner") if side in own)
    return Grid(
        dossier.home.alpha3,
        dossier.partner.alpha3,
        dossier.first_year,
        dossier.last_year,
        (*reporters, *others),
        reconciled=tuple(r.id for r in dossier.reporters if r.own == "none" and r.imports == "FOB"),
    )


def from_totals(home: Country, partner: Country) -> Prepared:
    """Totals of the bundled table alone: one year, both directions, no products, no measures.

    Raises
    ------
    NotReportedError
        If the table holds no report of the pair.
    """
    totals = pair_totals(home, partner)
    grid = Grid(home.alpha3, partner.alpha3, YEAR, YEAR, (STATISTICS,), reconciled=(STATISTICS,))
    row = {
        "id": f"BACI {YEAR}",
        "reporter": TRADE_SOURCE,
        "reporter_group": STATISTICS,
        "source_type": "statistics",
        "scope": "all goods",
        "period_original": str(YEAR),
        "period_start": date(YEAR, 1, 1),
        "period_end": date(YEAR, 12, 31),
        "home_to_partner_usd_m": totals.export_usd / 1e6,
        "partner_to_home_usd_m": totals.import_usd / 1e6,
        "bound": "exact",
        "doubtful": "no",
        "publisher": TRADE_SOURCE,
        "source_url": TRADE_URL,
    }
    empty = dict.fromkeys(
        ("turnover_usd_m", "turnover_low_usd_m", "turnover_high_usd_m", "growth_pct", "same_as", "derived_from",
         "superseded_by", "rests_on")
    )  # fmt: skip
    found = pool([{**empty, **row}], grid)
    missing = (
        "no dossier: products, measures, routes and the two reports are unknown, so the plan shows totals, "
        "business as "
        f"usual and the record of announced targets only. `tarazu dossier new {home} {partner} --target "
        "...` starts one."
    )
    return Prepared(found, None, None, (), (Check.note("totals-only", f"{home}-{partner}", missing),))


def ingredients(
    prepared: Prepared,
    dossier: Dossier | None,
    years: Sequence[int],
    series: str,
    measures: tuple[Measure, ...],
) -> Ingredients:
    """What the blocks are drawn from."""
    medians = _pooled_medians(prepared.baseline)
    last = medians[-1]
    trend = math.log(last / medians[-1 - TREND_YEARS]) / TREND_YEARS if len(medians) > TREND_YEARS else None
    peak = math.log(last / max(medians)) if len(medians) > 1 else None
    return Ingredients(
        baseline=prepared.baseline,
        assessments=prepared.assessments,
        measures=measures,
        regimes=dossier.regimes if dossier else (UNCHANGED,),
        years=tuple(years),
        series=prepared.baseline.series,
        trend_per_year=trend,
        log_peak_gap=peak,
        gdp_growth=prepared.gdp_growth,
    )


def _pooled_medians(found: Baseline) -> list[float]:
    return [row["q50"] for row in found.table if row["series"] == POOLED and row["direction"] == "both"]


def _part_flows(
    products: Sequence[Mapping[str, Any]],
    markets: Sequence[Mapping[str, Any]],
    assessment: Assessment,
    direction: int,
    grid: Grid,
) -> list[PartFlow]:
    """Flows of single products as lower bounds of their direction.

    A figure in tonnes takes the unit value of the line it falls in; figures that are doubtful, partial
    or about one firm are left out by the reader of the potential already.
    """
    out = []
    for figure in read(products, markets, assessment.direction).figures:
        whole_flow = (
            figure.role is Role.FLOW and figure.doubt is Doubt.NO and not (figure.upper or figure.yearly)
        )
        inside = figure.start >= grid.first_year and figure.end <= grid.last_year + 1
        if not (whole_flow and inside and 0 < figure.end - figure.start <= LONGEST_PART):
            continue
        price = next(
            (x.unit_value.interval for x in assessment.lines if contains(x.codes, figure.codes)), None
        )
        if figure.usd_m and width(figure.codes) <= CHAPTER:
            usd, log_sd = figure.usd_m * 1e6, VALUE_LOG_SD
        elif figure.kt and price is not None:
            usd = figure.kt * 1e3 * price.q50
            log_sd = math.log(price.q90 / price.q10) / (2 * Z90)
        else:
            continue
        out.append(PartFlow(figure.id, direction, _day(figure.start), _day(figure.end), usd, log_sd))
    return out


def _day(year: float) -> date:
    """Day of a decimal year; an end is exclusive there and inclusive here, which is a day at most."""
    whole = int(year)
    length = 366 if whole % 4 == 0 else 365
    return date(whole, 1, 1) + timedelta(days=min(length - 1, int((year - whole) * length)))


GDP = "GDP, current prices"
LEAST_GDP_SPAN = 3  # years between first and last figure of one source
GDP_SPREAD = 0.02  # log points a year: what nominal growth in dollars moves between five-year spans


def gdp_growth(
    rows: Sequence[Mapping[str, Any]], countries: tuple[str, str]
) -> tuple[tuple[float, float] | None, tuple[str, ...], tuple[Check, ...]]:
    """Mean and standard deviation of the log growth a year of nominal GDP, mean of the two economies.

    Only figures of one publisher are compared with one another: vintages differ by more than growth.
    """
    slopes: dict[str, list[float]] = defaultdict(list)
    used: list[str] = []
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["indicator"] == GDP and row["doubtful"] != "yes" and row["value_normalised"]:
            groups[row["country"], row["publisher"]].append(row)
    for (country, _), group in groups.items():
        group.sort(key=lambda row: row["year"])
        first, last = group[0], group[-1]
        span = last["year"] - first["year"]
        if span >= LEAST_GDP_SPAN:
            slopes[country].append(math.log(last["value_normalised"] / first["value_normalised"]) / span)
            used += [f"macro.csv:{first['id']}", f"macro.csv:{last['id']}"]
    missing = [country for country in countries if not slopes[country]]
    if missing:
        names = ", ".join(missing)
        message = f"no source gives GDP of {names} over {LEAST_GDP_SPAN} years; growth of the economies is left out."
        return None, (), (Check.note("no-gdp-growth", "macro.csv", message),)
    means = [float(np.mean(slopes[country])) for country in countries]
    spread = math.hypot(GDP_SPREAD, (means[0] - means[1]) / 2)
    return (sum(means) / 2, spread), tuple(used), ()
