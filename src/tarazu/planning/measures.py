"""Measures of a dossier: rows of `measures.csv` and `measure_effects.csv` as `core.measure` objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tarazu.core.measure import Basis, Channel, Effect, Interval, Limit, Measure
from tarazu.core.table import Table


def build_measures(measures: Table, effects: Table) -> tuple[Measure, ...]:
    """Every measure with its effects, in the order of the table; both tables checked before."""
    by_measure: dict[str, list[Effect]] = {}
    for row in effects:
        by_measure.setdefault(row["measure"], []).append(_effect(row))
    return tuple(_measure(row, tuple(by_measure.get(row["id"], ()))) for row in measures)


def _effect(row: Mapping[str, Any]) -> Effect:
    return Effect(
        id=row["id"],
        measure=row["measure"],
        direction=row["direction"],
        products=row["products"],
        channel=Channel(row["channel"]),
        before=row["before"],
        size=Interval(row["q10"], row["q50"], row["q90"]),
        rivals=row["rivals"] or (),
        basis=Basis(row["basis"]),
        evidence=row["evidence"] or (),
        note=row["note"] or "",
        limit=Limit(row["limit"]) if row["limit"] else None,
    )


def _measure(row: Mapping[str, Any], effects: tuple[Effect, ...]) -> Measure:
    cost = [row[f"cost_{q}"] for q in ("q10", "q50", "q90")]
    return Measure(
        id=row["id"],
        name=row["name"],
        start=row["start"],
        ramp_years=row["ramp_years"],
        responsible=row["responsible"],
        consent=row["consent"] or (),
        ordinary=Interval(*(row[f"ordinary_{q}"] for q in ("q10", "q50", "q90"))),
        delivery=Interval(*(row[f"delivery_{q}"] for q in ("q10", "q50", "q90"))),
        cost=None if None in cost else Interval(*cost),
        cost_basis=Basis(row["cost_basis"]),
        commitments=row["commitments"] or (),
        effects=effects,
        claimed_usd_m=row["claimed_usd_m"],
        note=row["note"] or "",
    )
