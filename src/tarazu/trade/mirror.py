"""The mirror gap: two countries' figures of one year, and what separates them as far as it can be told.

    home - partner = valuation (CIF against FOB) + calendar + scope + residual

valued on the pooled flows. The residual holds origin, re-exports and error; no statement separates them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tarazu.core.draws import split_normal
from tarazu.core.parameters import section
from tarazu.core.table import Column, Table
from tarazu.trade.pooling import SEED_OF_TABLES, Array, Posterior, quantiles, season_profile
from tarazu.trade.statements import FULL_SCOPE, NARROWER_SCOPE, Grid, covered_quarters, total_usd

GAP_PARTS = ("valuation", "calendar", "scope", "residual")


def gap_table(rows: Sequence[Mapping[str, Any]], draws: Array, posterior: Posterior, grid: Grid) -> Table:
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
        home, partner = (full_year(rows, year, side) for side in (grid.home, grid.partner))
        if home is None or partner is None:
            continue
        stated = (total_usd(home) or 0.0, total_usd(partner) or 0.0)
        parts = _gap_parts(home, partner, stated, draws, posterior, grid)
        head = (year, home["id"], stated[0], partner["id"], stated[1])
        gap = stated[0] - stated[1]
        records.append((*head, "gap", gap, gap, gap))
        records += [(*head, name, *quantiles(parts[name])) for name in GAP_PARTS]
    return Table("mirror_gap", columns, tuple(records))


def full_year(rows: Sequence[Mapping[str, Any]], year: int, side: str) -> Mapping[str, Any] | None:
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
        and total_usd(row) is not None
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
    white = np.random.default_rng(SEED_OF_TABLES).standard_normal(len(draws))
    cif = np.expm1(split_normal(section("pooling")["valuation_bias"].interval, white))
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
