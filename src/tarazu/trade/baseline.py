"""Baseline: where trade stands, by year and direction, out of statements that contradict one another.

What pooling cannot do: if two reporters disagree for ever, no statistics tells who is right. So the
result holds the pooled series (free on board) and each country's own series (as its reports would put
it), drawn jointly, and the gap between the two reports taken apart as far as the statements allow.
The model is in `tarazu.trade.pooling`, the choice of statements in `tarazu.trade.statements`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tarazu.core.checks import Check
from tarazu.core.errors import DossierError
from tarazu.core.parameters import section
from tarazu.core.table import Column, Table
from tarazu.trade.pooling import Array, Observation, Posterior, Prior, fit, season_profile
from tarazu.trade.statements import (
    FULL_SCOPE,
    MILLION,
    NARROWER_SCOPE,
    Grid,
    LeftOut,
    PartFlow,
    covered_quarters,
    observations,
)

POOLED = "pooled"
WORST_FIT = 2.5  # standardised residual above which a statement is listed
SEED_OF_TABLES = 20231204  # fixed: the printed quantiles of one dossier do not change from run to run
TABLE_DRAWS = 4_000


@dataclass(frozen=True)
class Baseline:
    """Posterior of the yearly flows, and what it says of the statements.

    Attributes
    ----------
    table
        year, direction (or both), series, q10, q50, q90 in USD.
    statements
        Every statement: used or why not, its figure, the prediction, the standardised residual.
    biases
        Reporter by direction: bias as a factor with its interval, and the prior it was shrunk to.
    gap
        Years for which both countries give a full-year figure: the gap and its parts, million USD.
    sensitivity
        Years that rest on figures which are not independent, refitted without them.
    """

    grid: Grid
    series: tuple[str, ...]
    posterior: Posterior
    used: tuple[Observation, ...]
    table: Table
    statements: Table
    biases: Table
    season: Table
    gap: Table
    sensitivity: Table
    checks: tuple[Check, ...]

    def draws(self, n: int, rng: np.random.Generator) -> dict[str, Array]:
        """Joint draws of every series: (n, 2, T) USD, directions home to partner, then partner to home."""
        return _series_flows(self.posterior.draws(n, rng), self.posterior, self.grid, self.series)

    def drift(self) -> tuple[float, float]:
        """Mean and standard deviation of the pair's own yearly log drift, over both directions."""
        layout = self.posterior.layout
        drift = layout.view(self.posterior.mode, "drift")
        weights = np.exp(layout.view(self.posterior.mode, "flow")[:, -1])
        share = weights / weights.sum()
        rows = self.posterior.root[layout.slices["drift"]]
        return float(share @ drift), float(np.linalg.norm(share @ rows))

    def rows_for(self, year: int) -> tuple[str, ...]:
        """Ids of the statements whose span touches a year."""
        t = year - self.grid.first_year
        found = (obs.id.partition("/")[0] for obs in self.used if obs.covered[t].sum() > 0)
        return tuple(dict.fromkeys(found))


def baseline(rows: Sequence[Mapping[str, Any]], grid: Grid, parts: Sequence[PartFlow] = ()) -> Baseline:
    """Pool the statements of a dossier's turnover table.

    Parameters
    ----------
    rows
        Typed rows of the turnover table.
    parts
        Flows of single products, which bound a direction from below.

    Raises
    ------
    DossierError
        If no statement can be used.
    """
    used, left_out = observations(rows, grid, parts=parts)
    if not any(obs.before is None for obs in used):
        raise DossierError(
            f"turnover.csv: no usable statement of trade {grid.home}–{grid.partner} between "
            f"{grid.first_year} "
            f"and {grid.last_year}. Add at least one row with scope 'all goods', a period and a value."
        )
    posterior = _fit(used, grid)
    series = (POOLED, *(name for name in (grid.home, grid.partner) if name in grid.reporters))
    statements = _statement_table(rows, used, left_out, posterior)
    draws = posterior.draws(TABLE_DRAWS, np.random.default_rng(SEED_OF_TABLES))
    flows = _series_flows(draws, posterior, grid, series)
    return Baseline(
        grid=grid,
        series=series,
        posterior=posterior,
        used=tuple(used),
        table=_year_table(flows, grid),
        statements=statements,
        biases=_bias_table(draws, posterior, grid),
        season=_season_table(draws, posterior, grid),
        gap=_gap_table(rows, draws, posterior, grid),
        sensitivity=_sensitivity(rows, grid, parts, series, posterior),
        checks=_checks(statements, used),
    )


def prior(grid: Grid) -> Prior:
    """Scales from the parameter table; an importer's report is CIF, so its bias is expected positive."""
    p = {name: parameter.value for name, parameter in section("pooling").items()}
    reporters = len(grid.reporters)
    mean, sd = np.zeros((reporters, 2)), np.full((reporters, 2), p["reporter_bias_sd"])
    for g, reporter in enumerate(grid.reporters):
        if reporter == grid.home:
            mean[g, 1] = p["valuation_bias"]
        elif reporter == grid.partner:
            mean[g, 0] = p["valuation_bias"]
        elif reporter in grid.reconciled:
            sd[g] = p["reconciled_bias_sd"]
        else:  # mixed reports: half of the figures are importers'
            mean[g] = p["valuation_bias"] / 2
    return Prior(
        step_sd=p["step_sd"],
        step_df=p["step_df"],
        drift_mean=p["drift_mean"],
        drift_sd=p["drift_sd"],
        noise_df=p["noise_df"],
        deviation_sd=p["deviation_sd"],
        deviation_persistence=p["deviation_persistence"],
        season_sd=p["season_sd"],
        bias_mean=mean,
        bias_sd=sd,
        scope_mean=np.full((1, 2), p["scope_bias"]),
        scope_sd=np.full((1, 2), p["scope_bias_sd"]),
        deviating=tuple(g for g, name in enumerate(grid.reporters) if name in (grid.home, grid.partner)),
    )


def _fit(used: list[Observation], grid: Grid, start: Array | None = None) -> Posterior:
    return fit(used, grid.years, 2, prior(grid), start)


def _series_flows(
    draws: Array, posterior: Posterior, grid: Grid, series: tuple[str, ...]
) -> dict[str, Array]:
    layout = posterior.layout
    log_flow = layout.view(draws, "flow")
    out = {POOLED: np.exp(log_flow)}
    for name in series[1:]:
        g = grid.reporters.index(name)
        bias = layout.view(draws, "bias")[:, g, :, None]
        deviation = layout.view(draws, "deviation")[:, layout.deviating.index(g)]
        out[name] = np.exp(log_flow + bias + deviation)
    return out


def _year_table(flows: Mapping[str, Array], grid: Grid) -> Table:
    columns = (
        Column("year"),
        Column("direction", "", "exporter->importer, or both for the turnover"),
        Column("series", "", "pooled, or the country whose reports it continues"),
        Column("q10", "USD", "10% quantile"),
        Column("q50", "USD", "median"),
        Column("q90", "USD", "90% quantile"),
    )
    rows: list[tuple[Any, ...]] = []
    for series, values in flows.items():
        for label, flow in (
            *zip(grid.directions, values.transpose(1, 0, 2), strict=True),
            ("both", values.sum(1)),
        ):
            q10, q50, q90 = np.quantile(flow, (0.1, 0.5, 0.9), axis=0).tolist()
            rows += [(grid.first_year + t, label, series, q10[t], q50[t], q90[t]) for t in range(grid.years)]
    return Table("baseline", columns, tuple(rows))


def _statement_table(
    rows: Sequence[Mapping[str, Any]], used: list[Observation], left_out: list[LeftOut], posterior: Posterior
) -> Table:
    columns = (
        Column("id"),
        Column("reporter"),
        Column("period"),
        Column("direction", "", "exporter->importer, both, or growth"),
        Column("value_usd", "USD", "as stated; empty for a growth rate"),
        Column("growth_percent", "percent", "as stated"),
        Column("bound", "", "exact, about, at least or range"),
        Column("predicted", "USD or ratio", "what the pooled model says of the same span"),
        Column("residual", "standard deviations", "stated minus predicted, standardised"),
        Column("weight", "", "trust left by Student-t noise: near 0 is an outlier"),
        Column("left_out", "", "why the row does not count; empty if it does"),
    )
    by_id = {row["id"]: row for row in rows}
    records: list[dict[str, Any]] = []
    for obs, predicted, residual, weight in zip(
        used, posterior.predicted, posterior.residuals, posterior.weights, strict=True
    ):
        identity, _, part = obs.id.partition("/")
        if identity not in by_id:
            continue  # a product's lower bound: it stands in the products table
        row = by_id[identity]
        growth = obs.before is not None
        records.append(
            {
                "id": identity,
                "reporter": row["reporter"],
                "period": row["period_original"],
                "direction": part or "both",
                "value_usd": None if growth else _stated(row, obs),
                "growth_percent": row["growth_pct"] if growth else None,
                "bound": row["bound"],
                "predicted": math.exp(predicted),
                "residual": float(residual),
                "weight": float(weight),
            }
        )
    records += [
        {
            "id": item.id,
            "reporter": by_id[item.id]["reporter"],
            "period": by_id[item.id]["period_original"],
            "direction": "both",
            "value_usd": _total(by_id[item.id]),
            "growth_percent": by_id[item.id]["growth_pct"],
            "bound": by_id[item.id]["bound"],
            "left_out": item.reason,
        }
        for item in left_out
    ]
    return Table.build(
        "statements", columns, sorted(records, key=lambda r: (str(r["id"]), str(r["direction"])))
    )


def _stated(row: Mapping[str, Any], obs: Observation) -> float | None:
    """The figure of one observation in USD, as stated; the middle of a stated range."""
    if len(obs.directions) == 1:
        return float(row[("home_to_partner_usd_m", "partner_to_home_usd_m")[obs.directions[0]]]) * MILLION
    if row["turnover_low_usd_m"] is not None:
        return float(row["turnover_low_usd_m"] + row["turnover_high_usd_m"]) / 2 * MILLION
    return _total(row)


def _total(row: Mapping[str, Any]) -> float | None:
    """Stated turnover in USD: the total, or both directions added."""
    sides = (row["home_to_partner_usd_m"], row["partner_to_home_usd_m"])
    if row["turnover_usd_m"] is not None:
        return float(row["turnover_usd_m"]) * MILLION
    if None not in sides:
        return float(sum(sides)) * MILLION
    return None


def _quantiles(values: Array) -> tuple[float, float, float]:
    q10, q50, q90 = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
    return q10, q50, q90


def _bias_table(draws: Array, posterior: Posterior, grid: Grid) -> Table:
    columns = (
        Column("term", "", "reporter, or the narrower scope"),
        Column("direction"),
        Column("prior", "factor", "what valuation or scope leads one to expect"),
        Column("q10", "factor"),
        Column("q50", "factor", "its figures divided by the pooled free-on-board flow, all years"),
        Column("q90", "factor"),
    )
    expected, layout = prior(grid), posterior.layout
    rows: list[tuple[Any, ...]] = []
    for g, reporter in enumerate(grid.reporters):
        for d, direction in enumerate(grid.directions):
            factor = _quantiles(np.exp(layout.view(draws, "bias")[:, g, d]))
            rows.append((reporter, direction, math.exp(expected.bias_mean[g, d]), *factor))
    for d, direction in enumerate(grid.directions):
        factor = _quantiles(np.exp(layout.view(draws, "scope")[:, 0, d]))
        rows.append(("non-oil goods only", direction, math.exp(expected.scope_mean[0, d]), *factor))
    return Table("biases", columns, tuple(rows))


def _season_table(draws: Array, posterior: Posterior, grid: Grid) -> Table:
    columns = (
        Column("direction"),
        Column("quarter"),
        Column("q10", "share"),
        Column("q50", "share"),
        Column("q90", "share"),
    )
    profile = season_profile(posterior.layout.view(draws, "season"))
    rows = tuple(
        (direction, f"Q{q + 1}", *_quantiles(profile[:, d, q]))
        for d, direction in enumerate(grid.directions)
        for q in range(4)
    )
    return Table("season", columns, rows)


GAP_PARTS = ("valuation", "calendar", "scope", "residual")


def _gap_table(rows: Sequence[Mapping[str, Any]], draws: Array, posterior: Posterior, grid: Grid) -> Table:
    columns = (
        Column("year"),
        Column("home_id"),
        Column("home_usd", "USD", f"stated by {grid.home}"),
        Column("partner_id"),
        Column("partner_usd", "USD", f"stated by {grid.partner}"),
        Column(
            "part",
            "",
            "the gap, or one of its parts; residual holds origin, re-exports and error, not separable",
        ),
        Column("q10", "USD"),
        Column("q50", "USD", "home figure minus partner figure, or the part of it"),
        Column("q90", "USD"),
    )
    records: list[tuple[Any, ...]] = []
    for year in range(grid.first_year, grid.last_year + 1):
        home, partner = (_full_year(rows, year, side) for side in (grid.home, grid.partner))
        if home is None or partner is None:
            continue
        stated = (_total(home) or 0.0, _total(partner) or 0.0)
        parts = _gap_parts(home, partner, stated, draws, posterior, grid)
        head = (year, home["id"], stated[0], partner["id"], stated[1])
        gap = stated[0] - stated[1]
        records.append((*head, "gap", gap, gap, gap))
        records += [(*head, name, *_quantiles(parts[name])) for name in GAP_PARTS]
    return Table("mirror_gap", columns, tuple(records))


def _full_year(rows: Sequence[Mapping[str, Any]], year: int, side: str) -> Mapping[str, Any] | None:
    """The best full-year statement of one side: statistics and customs before speeches."""
    order = {"statistics": 0, "customs": 1, "country note": 2, "press": 3, "official statement": 3}
    found = [
        row
        for row in rows
        if row["reporter_group"] == side
        and row["scope"] in (FULL_SCOPE, NARROWER_SCOPE)
        and not (row["same_as"] or row["derived_from"] or row["superseded_by"])
        and row["period_start"] is not None
        and 350 <= (row["period_end"] - row["period_start"]).days + 1 <= 380
        and row["period_start"].year == year
        and row["bound"] in ("exact", "about")
        and _total(row) is not None
    ]
    return min(found, key=lambda row: (row["doubtful"] == "yes", order[row["source_type"]]), default=None)


def _gap_parts(
    home: Mapping[str, Any],
    partner: Mapping[str, Any],
    stated: tuple[float, float],
    draws: Array,
    posterior: Posterior,
    grid: Grid,
) -> dict[str, Array]:
    """Parts of (home minus partner), (n,) USD each, valued on the pooled flows."""
    flow = np.exp(posterior.layout.view(draws, "flow"))
    profile = season_profile(posterior.layout.view(draws, "season"))
    spans = [covered_quarters(row["period_start"], row["period_end"], grid) for row in (home, partner)]
    at_home, at_partner = (np.einsum("ndt,tq,ndq->nd", flow, span, profile) for span in spans)
    cif = math.exp(section("pooling")["valuation_bias"].value) - 1
    scope = np.exp(posterior.layout.view(draws, "scope")[:, 0, :]) - 1
    narrow = [row["scope"] == NARROWER_SCOPE for row in (home, partner)]
    parts = {
        # each side adds freight and insurance to what it imports
        "valuation": cif * (at_home[:, 1] - at_partner[:, 0]),
        "calendar": at_home.sum(axis=1) - at_partner.sum(axis=1),
        "scope": narrow[0] * (scope * at_home).sum(axis=1) - narrow[1] * (scope * at_partner).sum(axis=1),
    }
    parts["residual"] = stated[0] - stated[1] - sum(parts.values())
    return parts


def _sensitivity(
    rows: Sequence[Mapping[str, Any]],
    grid: Grid,
    parts: Sequence[PartFlow],
    series: tuple[str, ...],
    full: Posterior,
) -> Table:
    columns = (
        Column("year"),
        Column("without", "", "statements left out of this fit"),
        Column("series"),
        Column("q10", "USD"),
        Column("q50", "USD"),
        Column("q90", "USD"),
        Column("stated_usd", "USD", "the figure that was left out"),
        Column("covered", "", "whether the 80% interval without it holds the figure"),
    )
    records: list[tuple[Any, ...]] = []
    by_id = {row["id"]: row for row in rows}
    for child in (row for row in rows if row["rests_on"] in by_id):
        year, stated = child["period_start"].year, _total(child)
        for without in ((child["id"],), (child["id"], child["rests_on"])):
            used, _ = observations(rows, grid, without, parts)
            posterior = _fit(used, grid, full.mode)
            flows = _series_flows(
                posterior.draws(TABLE_DRAWS, np.random.default_rng(SEED_OF_TABLES)), posterior, grid, series
            )
            for name, values in flows.items():
                q10, q50, q90 = _quantiles(values[:, :, year - grid.first_year].sum(axis=1))
                inside = stated is not None and q10 <= stated <= q90
                records.append(
                    (year, "; ".join(without), name, q10, q50, q90, stated, "yes" if inside else "no")
                )
    return Table("sensitivity", columns, tuple(records))


def _checks(statements: Table, used: list[Observation]) -> tuple[Check, ...]:
    found = []
    for row in statements:
        residual = row["residual"]
        if residual is not None and abs(residual) > WORST_FIT:
            found.append(
                Check.warning(
                    "statement-fits-badly",
                    f"turnover.csv, {row['id']}",
                    f"{row['reporter']}, {row['period']} ({row['direction']}): {residual:+.1f} standard "
                    "deviations from "
                    f"what the other statements say; it keeps {row['weight']:.0%} of its weight. Check the "
                    "source.",
                )
            )
    last = max(np.flatnonzero(obs.covered.sum(axis=1)).max() for obs in used if obs.before is None)
    found += _thin_years(used, int(last))
    return tuple(found)


def _thin_years(used: list[Observation], last: int) -> list[Check]:
    years = used[0].covered.shape[0]
    if last >= years - 1:
        return []
    return [
        Check.warning(
            "no-recent-level",
            "turnover.csv",
            f"the last {years - 1 - last} year(s) of the baseline rest on growth rates and the random walk "
            "alone.",
        )
    ]
