"""Regimes: circumstances that no measure of the pair decides, such as sanctions, war or relief.

A regime multiplies flows by a factor, and says which share of each measure's effect survives under
it, both with an interval. They stand in `regimes.toml` of a dossier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tarazu.core.cells import Pair
from tarazu.core.checks import Check
from tarazu.core.measure import Basis, Interval
from tarazu.planning.keys import key_place, read_keys

REGIMES = "regimes.toml"


@dataclass(frozen=True, slots=True)
class RegimeFlow:
    """Factor that a regime puts on the flow of some products in one direction; 1 is no change."""

    direction: str
    products: str
    factor: Interval
    basis: Basis
    evidence: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Regime:
    """One named set of circumstances.

    Attributes
    ----------
    measures
        Share of a measure's effect that survives, by measure id; 1 where not named.
    """

    id: str
    title: str
    flows: tuple[RegimeFlow, ...] = ()
    measures: Mapping[str, Interval] = field(default_factory=dict)
    note: str = ""


UNCHANGED = Regime("as-in-the-last-year", "As in the last year with data")


def read_regimes(path: Path, pair: Pair) -> tuple[tuple[Regime, ...], str, tuple[Check, ...]]:
    """The regimes, the id of the one that holds by default, and findings; none where there is an error."""
    found, checks = read_keys(path, pair)
    checks = checks or _contradictions(found)
    if checks:
        return (), "", tuple(checks)
    return tuple(_regime(row) for row in found["regime"]), found["default"], ()


def _contradictions(found: Mapping[str, Any]) -> list[Check]:
    names = [row["id"] for row in found["regime"]]
    checks = []
    if len(set(names)) < len(names):
        message = "two regimes share an id. Give each its own."
        checks.append(Check.error("duplicate-id", key_place(REGIMES, "regime.id"), message))
    if found["default"] not in names:
        message = f'"{found["default"]}" is no [[regime]]. Write one of: {", ".join(names)}.'
        checks.append(Check.error("unknown-id", key_place(REGIMES, "default"), message))
    for row in found["regime"]:
        flows = [(flow["q10"], flow["q50"], flow["q90"]) for flow in row["flow"]]
        for key, intervals in (("flow", flows), ("measures", list((row["measures"] or {}).values()))):
            if any(sorted(interval) != list(interval) for interval in intervals):
                message = f"of regime {row['id']}: q10, q50 and q90 descend. Write the smallest first."
                checks.append(Check.error("quantile-order", key_place(REGIMES, f"regime.{key}"), message))
    return checks


def _regime(row: Mapping[str, Any]) -> Regime:
    flows = tuple(
        RegimeFlow(
            direction=flow["direction"],
            products=flow["products"],
            factor=Interval(flow["q10"], flow["q50"], flow["q90"]),
            basis=Basis(flow["basis"]),
            evidence=flow["evidence"] or (),
            note=flow["note"] or "",
        )
        for flow in row["flow"]
    )
    survival = {measure: Interval(*share) for measure, share in (row["measures"] or {}).items()}
    return Regime(row["id"], row["title"], flows, MappingProxyType(survival), row["note"] or "")
