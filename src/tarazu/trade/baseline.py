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
from tarazu.trade.evidence import bias_table, coverage_checks, fit_checks, season_table, statement_table
from tarazu.trade.mirror import gap_table
from tarazu.trade.pooling import SEED_OF_TABLES, Array, Observation, Posterior, Prior, fit, quantiles
from tarazu.trade.statements import POOLED, Grid, PartFlow, observations, total_usd

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

    def ahead(
        self, n: int, steps: int, rng: np.random.Generator
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Flows of the last year, and how each series will count a pooled dollar in the years after it.

        A country's bias stays; its deviation of the last year fades as deviations did (first-order
        autoregression) and new ones come.

        Returns
        -------
        Level (n, 2) in USD and factor (n, 2, steps), by series.
        """
        p = {name: parameter.value for name, parameter in section("pooling").items()}
        drawn = _one_year(self.posterior, self.grid, self.series, self.grid.last_year, n, rng)
        last = drawn[:, 0]
        level, counted = {POOLED: np.exp(last)}, {POOLED: np.ones((n, 2, steps))}
        innovation = p["deviation_sd"] * math.sqrt(1 - p["deviation_persistence"] ** 2)
        for number, name in enumerate(self.series[1:]):
            bias, deviation = drawn[:, 1 + 2 * number], drawn[:, 2 + 2 * number]
            level[name] = np.exp(last + bias + deviation)
            path = np.empty((n, 2, steps))
            for h in range(steps):
                fresh = innovation * rng.standard_normal((n, 2))
                deviation = p["deviation_persistence"] * deviation + fresh
                path[:, :, h] = bias + deviation
            counted[name] = np.exp(path)
        return level, counted

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
    heard = {grid.reporters[obs.reporter] for obs in used}
    series = (POOLED, *(name for name in (grid.home, grid.partner) if name in heard))
    statements = statement_table(rows, used, left_out, posterior, grid)
    draws = posterior.draws(TABLE_DRAWS, np.random.default_rng(SEED_OF_TABLES))
    flows = _series_flows(draws, posterior, grid, series)
    return Baseline(
        grid=grid,
        series=series,
        posterior=posterior,
        used=tuple(used),
        table=_year_table(flows, grid),
        statements=statements,
        biases=bias_table(draws, posterior, grid, used, prior(grid)),
        season=season_table(draws, posterior, grid),
        gap=gap_table(rows, draws, posterior, grid),
        sensitivity=_sensitivity(rows, grid, parts, series, posterior),
        checks=(*fit_checks(statements, used), *coverage_checks(rows, flows, used, grid)),
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


def _one_year(
    posterior: Posterior, grid: Grid, series: tuple[str, ...], year: int, n: int, rng: np.random.Generator
) -> Array:
    """(n, 1 + 2 S, 2) log pooled flow, then bias and deviation of each of the S own series, in one year."""
    layout, t = posterior.layout, year - grid.first_year
    place = {
        name: layout.view(np.arange(layout.size, dtype=float), name).astype(int) for name in layout.slices
    }
    needed = [place["flow"][:, t]]
    for g in (grid.reporters.index(name) for name in series[1:]):
        needed += [place["bias"][g], place["deviation"][layout.deviating.index(g), :, t]]
    return posterior.some(np.concatenate(needed), n, rng).reshape(n, -1, 2)


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

    def refit(
        parts: Sequence[PartFlow], without: tuple[str, ...], year: int
    ) -> dict[str, tuple[float, float, float]]:
        used, _ = observations(rows, grid, without, parts)
        posterior = _fit(used, grid, full.mode)
        drawn = _one_year(posterior, grid, series, year, TABLE_DRAWS, np.random.default_rng(SEED_OF_TABLES))
        shift = {name: drawn[:, 1 + 2 * k] + drawn[:, 2 + 2 * k] for k, name in enumerate(series[1:])}
        return {name: quantiles(np.exp(drawn[:, 0] + shift.get(name, 0.0)).sum(axis=1)) for name in series}

    if parts:
        for name, interval in refit((), (), grid.last_year).items():
            records.append((grid.last_year, "product figures", name, *interval, None, None))
    for child in (row for row in rows if row["rests_on"] in by_id and row["period_start"] is not None):
        year, stated = child["period_start"].year, total_usd(child)
        if not grid.first_year <= year <= grid.last_year:
            continue
        for without in ((child["id"],), (child["id"], child["rests_on"])):
            for name, (q10, q50, q90) in refit(parts, without, year).items():
                inside = stated is not None and q10 <= stated <= q90
                records.append(
                    (year, "; ".join(without), name, q10, q50, q90, stated, "yes" if inside else "no")
                )
    return Table("sensitivity", columns, tuple(records))
