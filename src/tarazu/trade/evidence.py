"""What the pooling says of its evidence: every statement against the fit, biases, seasons, findings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tarazu.core.checks import Check
from tarazu.core.source import ObsStatus
from tarazu.core.table import Column, Table
from tarazu.trade.mirror import full_year
from tarazu.trade.pooling import Array, Observation, Posterior, Prior, quantiles, season_profile
from tarazu.trade.statements import FULL_SCOPE, MILLION, POOLED, Grid, LeftOut, total_usd

WORST_FIT = 2.5  # standardised residual above which a statement is listed


def statement_table(
    rows: Sequence[Mapping[str, Any]],
    used: list[Observation],
    left_out: list[LeftOut],
    posterior: Posterior,
    grid: Grid,
) -> Table:
    """Every statement: its figure, the prediction, the residual, or why it does not count."""
    columns = (
        Column("id"),
        Column("reporter"),
        Column("status", "", "A statistics, C claimed in a statement, E estimated by us"),
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
            records.append(_bound_record(obs, grid, float(predicted), float(residual), float(weight)))
            continue
        row = by_id[identity]
        growth = obs.before is not None
        records.append(
            {
                "id": identity,
                "reporter": row["reporter"],
                "status": _status(row),
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
            "status": _status(by_id[item.id]),
            "period": by_id[item.id]["period_original"],
            "direction": "both",
            "value_usd": total_usd(by_id[item.id]),
            "growth_percent": by_id[item.id]["growth_pct"],
            "bound": by_id[item.id]["bound"],
            "left_out": item.reason,
        }
        for item in left_out
    ]
    return Table.build(
        "statements", columns, sorted(records, key=lambda r: (str(r["id"]), str(r["direction"])))
    )


def _bound_record(
    obs: Observation, grid: Grid, predicted: float, residual: float, weight: float
) -> dict[str, Any]:
    """A product's flow, which bounds its direction from below; its row stands in the products or markets table."""
    years = np.flatnonzero(obs.covered.sum(axis=1)) + grid.first_year
    return {
        "id": obs.id,
        "reporter": "one product of the exporter",
        "status": ObsStatus.ESTIMATED.value,
        "period": f"{years[0]}–{years[-1]}" if len(years) > 1 else str(years[0]),
        "direction": grid.directions[obs.directions[0]],
        "value_usd": math.exp(obs.low),
        "bound": "at least",
        "predicted": math.exp(predicted),
        "residual": residual,
        "weight": weight,
    }


STATUS = {"statistics": ObsStatus.NORMAL, "country note": ObsStatus.NORMAL, "customs": ObsStatus.NORMAL}


def _status(row: Mapping[str, Any]) -> str:
    """Statistics are normal observations; what officials and the press say are claims."""
    return STATUS.get(row["source_type"], ObsStatus.CLAIMED).value


def _stated(row: Mapping[str, Any], obs: Observation) -> float | None:
    """The figure of one observation in USD, as stated; the middle of a stated range."""
    if len(obs.directions) == 1:
        return float(row[("home_to_partner_usd_m", "partner_to_home_usd_m")[obs.directions[0]]]) * MILLION
    if row["turnover_low_usd_m"] is not None:
        return float(row["turnover_low_usd_m"] + row["turnover_high_usd_m"]) / 2 * MILLION
    return total_usd(row)


def bias_table(
    draws: Array, posterior: Posterior, grid: Grid, used: list[Observation], expected: Prior
) -> Table:
    """Bias of every reporter and of the narrower scope, against what was expected."""
    columns = (
        Column("term", "", "reporter, or the narrower scope"),
        Column("direction"),
        Column("prior", "factor", "what valuation or scope leads one to expect"),
        Column("q10", "factor"),
        Column("q50", "factor", "its figures divided by the pooled free-on-board flow, all years"),
        Column("q90", "factor"),
        Column("statements", "", "how many it rests on; with none it is the prior"),
    )
    layout = posterior.layout
    heard = Counter((obs.reporter, d) for obs in used for d in obs.directions)
    narrow = Counter(d for obs in used if obs.scope >= 0 for d in obs.directions)
    rows: list[tuple[Any, ...]] = []
    for g, reporter in enumerate(grid.reporters):
        for d, direction in enumerate(grid.directions):
            factor = quantiles(np.exp(layout.view(draws, "bias")[:, g, d]))
            rows.append((reporter, direction, math.exp(expected.bias_mean[g, d]), *factor, heard[g, d]))
    for d, direction in enumerate(grid.directions):
        factor = quantiles(np.exp(layout.view(draws, "scope")[:, 0, d]))
        rows.append(
            ("non-oil goods only", direction, math.exp(expected.scope_mean[0, d]), *factor, narrow[d])
        )
    return Table("biases", columns, tuple(rows))


def season_table(draws: Array, posterior: Posterior, grid: Grid) -> Table:
    columns = (
        Column("direction"),
        Column("quarter"),
        Column("q10", "share"),
        Column("q50", "share"),
        Column("q90", "share"),
    )
    profile = season_profile(posterior.layout.view(draws, "season"))
    rows = tuple(
        (direction, f"Q{q + 1}", *quantiles(profile[:, d, q]))
        for d, direction in enumerate(grid.directions)
        for q in range(4)
    )
    return Table("season", columns, rows)


def fit_checks(statements: Table, used: list[Observation]) -> tuple[Check, ...]:
    found = []
    for row in statements:
        residual = row["residual"]
        if residual is not None and abs(residual) > WORST_FIT:
            file, _, identity = row["id"].rpartition(":")
            found.append(
                Check.warning(
                    "statement-fits-badly",
                    f"{file or 'turnover.csv'}, {identity}",
                    f"{row['reporter']}, {row['period']} ({row['direction']}): {residual:+.1f} standard "
                    "deviations from "
                    f"what the other statements say; it keeps {row['weight']:.0%} of its weight. Check the "
                    "source.",
                )
            )
    last = max(np.flatnonzero(obs.covered.sum(axis=1)).max() for obs in used if obs.before is None)
    found += _thin_years(used, int(last))
    return tuple(found)


def coverage_checks(
    rows: Sequence[Mapping[str, Any]], flows: Mapping[str, Array], used: list[Observation], grid: Grid
) -> list[Check]:
    """Full-year figures outside their own country's interval, and directions that nobody states."""
    found = []
    kept = {obs.id.partition("/")[0] for obs in used}
    for year in range(max(grid.first_year, grid.last_year - 4), grid.last_year + 1):
        for name in set(flows) - {POOLED}:
            row = full_year(rows, year, name)
            total = total_usd(row) if row else None
            if row is None or total is None or row["id"] not in kept or row["scope"] != FULL_SCOPE:
                continue
            q10, _, q90 = quantiles(flows[name][:, :, year - grid.first_year].sum(axis=1))
            if not q10 <= total <= q90:
                message = (
                    f"{name} states {total / MILLION:,.0f} million for {year}, outside the 80% interval of "
                    "its own series "
                    f"({q10 / MILLION:,.0f} to {q90 / MILLION:,.0f} million): other statements and product "
                    "figures pull away."
                )
                found.append(
                    Check.warning("statement-outside-interval", f"turnover.csv, {row['id']}", message)
                )
    levels = {d for obs in used if obs.before is None and len(obs.directions) == 1 for d in obs.directions}
    for d, direction in enumerate(grid.directions):
        if d not in levels:
            message = "no statement gives this direction alone: its share of the turnover rests on the prior."
            found.append(Check.warning("direction-not-stated", direction, message))
    return found


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
