"""Lineage of the figures about payments.

Named by dots: ``clearing.netted.2030``, ``clearing.residual.2030``, ``clearing.swing.80``,
``clearing.balancing.PRODUCT``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tarazu.clearing.scheme import bundled_schemes
from tarazu.core.source import Lineage, Method
from tarazu.core.table import is_missing
from tarazu.planning.settlement_tables import LEVELS

if TYPE_CHECKING:
    from tarazu.planning.settlement import Settlement

DOCUMENT = "docs/method.md, Payments"
RESIDUAL = Method(
    "Payments of the year due to one side less those due to the other, of every draw: what netting cannot "
    "match however long it waits within the year.",
    DOCUMENT,
)
NETTED = Method(
    "Payments less what is settled in convertible currency less growth of the credit outstanding, of every "
    "draw, as a share of payments; at each close what exceeds the swing is settled and no more. Bounded by "
    "2 min(X, M) / (X + M).",
    DOCUMENT,
)
SWING = Method(
    "Largest net position at a month's end in the target year, each way: with the balance settled at every "
    "close; with the year's imbalance paid in twelve even instalments, which leaves the timing; up to the "
    "year's end; and if nothing is ever settled.",
    DOCUMENT,
)
BALANCING = Method(
    "Potential in the target year less the flow with all measures, not below zero, of every draw, spread "
    "evenly over the months and added to the weaker direction.",
    DOCUMENT,
)
PARAMETERS = tuple(
    f"parameter.projection.{name}" for name in ("share_cleared", "payment_lag", "monthly_noise")
)
TERMS = tuple(f"parameter.projection.{name}" for name in ("cycle_months", "swing_share", "swing_years"))


def lineages(found: Settlement) -> tuple[Lineage, ...]:
    """Every figure of the stage that can be explained."""
    out = []
    for year in found.years:
        flows = (f"path.{year}", f"usual.{year}", *PARAMETERS)
        netted = _values(found, year, ("netted", "netted_swing", "bound"))
        residual = _values(found, year, ("residual", "convertible_swing"))
        terms = () if found.terms.scheme else TERMS
        out.append(_figure(found, f"netted.{year}", NETTED, (*flows, *terms), netted))
        out.append(_figure(found, f"residual.{year}", RESIDUAL, flows, residual))
    for level in LEVELS:
        values = {
            f"{side}, settled {row['settled']}, {row['scenario']}": row[side]
            for row in found.swing
            if row["level"] == level
            for side in ("home_usd", "partner_usd")
        }
        inputs = (f"path.{found.by}", f"usual.{found.by}", *PARAMETERS)
        out.append(_figure(found, f"swing.{level * 100:.0f}", SWING, inputs, values))
    for row in found.balancing:
        values = {key: value for key, value in row.items() if not is_missing(value)}
        inputs = (f"product.{row['id']}", f"clearing.residual.{found.by}")
        out.append(_figure(found, f"balancing.{row['id']}", BALANCING, inputs, values))
    return tuple(out)


def _figure(
    found: Settlement, name: str, method: Method, inputs: tuple[str, ...], values: dict[str, Any]
) -> Lineage:
    rows = [f"measures.csv:{found.opened_by.id}"] if found.opened_by else []
    if found.terms.scheme in bundled_schemes():
        rows.append(f"schemes/{found.terms.scheme}.toml")
    return Lineage(f"clearing.{name}", method, inputs, tuple(rows), values)


def _values(found: Settlement, year: int, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        f"{name}_{q}, {row['scenario']}": row[f"{name}_{q}"]
        for row in found.table
        if row["year"] == year
        for name in names
        for q in ("q10", "q50", "q90")
        if not is_missing(row[f"{name}_{q}"])
    }
