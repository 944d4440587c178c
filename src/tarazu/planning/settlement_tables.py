"""Tables of the stage of payments: by year, credit by level, position by month, balancing goods; and its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.clearing.projection import MONTHS, Settled, share_of
from tarazu.core.table import Column, Table

if TYPE_CHECKING:
    from tarazu.planning.settlement import Settlement

Array = NDArray[np.float64]

LEVELS = (0.5, 0.8, 0.95)
QUANTILES = (0.1, 0.5, 0.9)


def yearly_table(found: Settlement) -> Table:
    columns = (
        Column("scenario"),
        Column("year"),
        Column("payments_q50", "USD", "payments of both directions through the clearing"),
        *_triple("bound", "share", "most that netting within the year can match: 2 min(X, M) / (X + M)"),
        *_triple("netted", "share", "matched by goods, the balance settled in full at every close"),
        *_triple("netted_swing", "share", "the same, with the swing carried across closes"),
        *_triple("residual", "USD", "payments that find no match in the other direction, |X - M|"),
        *_triple("convertible", "USD", "settled in convertible currency, without a swing"),
        *_triple("convertible_swing", "USD", "settled in convertible currency above the swing"),
        Column("netted_of_trade_q50", "share", "matched with the swing, of all trade, paid outside included"),
        Column("home_is_owed", "share", "draws in which the home country is owed the year's residual"),
    )
    records = []
    for scenario, projection in found.scenarios.items():
        series = {
            "bound": projection.bound,
            "netted": projection.netted(swing=False),
            "netted_swing": projection.netted(),
            "residual": np.abs(projection.imbalance),
            "convertible": projection.convertible(swing=False),
            "convertible_swing": projection.convertible(),
        }
        matched = projection.matched()
        of_trade = share_of(matched, projection.payments / found.share[:, None])
        for y, year in enumerate(found.years):
            record: dict[str, Any] = {"scenario": scenario, "year": year}
            for name, values in series.items():
                record |= _quantiles(name, values[:, y])
            record["payments_q50"] = float(np.median(projection.payments[:, y]))
            record["netted_of_trade_q50"] = float(np.nanmedian(of_trade[:, y]))
            record["home_is_owed"] = float((projection.imbalance[:, y] > 0).mean())
            records.append(record)
    return Table.build("clearing", columns, records)


def swing_table(found: Settlement) -> Table:
    columns = (
        Column("scenario"),
        Column("settled", "", "when the balance is settled in convertible currency"),
        Column("level", "share", "draws in which that credit is enough in the target year"),
        Column("home_usd", "USD", "credit that the home country must extend at the peak"),
        Column("partner_usd", "USD", "credit that the partner must extend at the peak"),
        Column("either_usd", "USD", "one limit for both sides that is enough"),
    )
    rows = []
    for scenario, projection in found.scenarios.items():
        for settled in Settled:
            peaks = projection.credit(settled)[:, found.target]
            both = np.column_stack([peaks, peaks.max(axis=1)])
            for level, row in zip(LEVELS, np.quantile(both, LEVELS, axis=0).tolist(), strict=True):
                rows.append((scenario, settled.value, level, *row))
    return Table("clearing_swing", columns, tuple(rows))


def path_table(found: Settlement) -> Table:
    columns = (
        Column("scenario"),
        Column("month"),
        *_triple("unsettled", "USD", "what the partner owes the home country if nothing is ever settled"),
        *_triple("timing", "USD", "the same about twelve even instalments of the year's imbalance"),
        *_triple("carried", "USD", "the same when each close settles what exceeds the swing"),
    )
    records = []
    for scenario, projection in found.scenarios.items():
        paths = {
            "unsettled": projection.unsettled,
            "timing": projection.path(Settled.EVENLY),
            "carried": projection.with_swing.position,
        }
        fans = {name: np.quantile(path, QUANTILES, axis=0).tolist() for name, path in paths.items()}
        for t in range(len(found.years) * MONTHS):
            year, month = found.years[t // MONTHS], t % MONTHS + 1
            record: dict[str, Any] = {"scenario": scenario, "month": f"{year}-{month:02d}"}
            for name, fan in fans.items():
                record |= {f"{name}_{q}": fan[i][t] for i, q in enumerate(("q10", "q50", "q90"))}
            records.append(record)
    return Table.build("clearing_position", columns, records)


def balancing_table(found: Settlement) -> Table:
    columns = (
        Column("id"),
        Column("product"),
        Column("direction"),
        *_triple("extra", "USD", "more trade in the target year if it were sold up to its potential"),
        *_triple("residual_less", "USD", "by which the residual falls; negative where it overshoots"),
        Column("credit_less_80", "USD", "by which the credit up to the year's end falls at 80% of the draws"),
    )
    records = [
        {
            "id": good.id,
            "product": good.product,
            "direction": good.direction,
            "credit_less_80": good.credit_less,
            **_quantiles("extra", good.extra),
            **_quantiles("residual_less", good.residual_less),
        }
        for good in found.goods
    ]
    return Table.build("clearing_balancing", columns, records)


def tables(found: Settlement) -> dict[str, Table]:
    """Every table of the stage by the name of its CSV file."""
    return {table.name: table for table in (found.table, found.swing, found.path, found.balancing)}


def as_dict(found: Settlement) -> dict[str, Any]:
    """The stage as JSON-ready values."""
    terms = found.terms
    unmatched = np.nanquantile(found.unmatched, QUANTILES).tolist()
    return {
        "opening": found.years[0],
        "opened_by": found.opened_by.id if found.opened_by else None,
        "scenario": found.scenario,
        "one_sided": found.one_sided,
        "summary": found.sentence(),
        "unmatched": dict(zip(("q10", "q50", "q90"), unmatched, strict=True)),
        "base_year_bound": {"year": found.base[0], "share": found.base[1]},
        "terms": {
            "cycle_months": terms.cycle_months,
            "swing_home_usd": terms.home_usd,
            "swing_partner_usd": terms.partner_usd,
            "settle_share": terms.settle_share,
            "source": terms.source,
        },
        "years": found.table.records(),
        "swing": found.swing.records(),
        "position": found.path.records(),
        "balancing": found.balancing.records(),
    }


def swing_row(found: Settlement, settled: Settled, level: float, scenario: str = "") -> dict[str, Any]:
    """One row of the credit needed; the scenario of the plan if none is named."""
    wanted = (scenario or found.scenario, settled.value, level)
    return next(r for r in found.swing if (r["scenario"], r["settled"], r["level"]) == wanted)


def year_row(found: Settlement, year: int, scenario: str = "") -> dict[str, Any]:
    """One row of the table by year; the scenario of the plan if none is named."""
    wanted = (scenario or found.scenario, year)
    return next(r for r in found.table if (r["scenario"], r["year"]) == wanted)


def _triple(name: str, unit: str, meaning: str) -> Sequence[Column]:
    return [Column(f"{name}_{q}", unit, meaning) for q in ("q10", "q50", "q90")]


def _quantiles(name: str, values: Array) -> dict[str, float]:
    known = values[np.isfinite(values)]
    found = np.quantile(known, QUANTILES).tolist() if known.size else [float("nan")] * 3
    return {f"{name}_{q}": value for q, value in zip(("q10", "q50", "q90"), found, strict=True)}
