"""The pair, its target and its reporters: `partnership.toml` of a dossier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tarazu.core import codes
from tarazu.core.checks import Check
from tarazu.core.codes import Country
from tarazu.planning.keys import key_place, read_keys

PARTNERSHIP = "partnership.toml"


@dataclass(frozen=True, slots=True)
class Reporter:
    """A group of statements that share their statistics, with the valuation of what it reports.

    Attributes
    ----------
    own
        ``home`` or ``partner`` if these are that country's own statistics, else ``none``.
    imports, exports
        ``CIF``, ``FOB`` or ``unknown``.
    """

    id: str
    name: str
    own: str
    imports: str
    exports: str
    note: str = ""


@dataclass(frozen=True)
class Partnership:
    """The pair, its target and its reporters, as `partnership.toml` states them.

    Attributes
    ----------
    target_usd, by
        Turnover in US dollars and the calendar year in which it is to be reached.
    by_is_assumption
        Whether the announcement names no year.
    series
        Id of the reporter in whose series the target counts.
    counted
        What the target counts, in words.
    statements
        Rows that state the target, as ``register:co008``.
    thresholds
        Turnovers in US dollars whose chance is shown, ascending.
    first_year, last_year
        Years of the baseline.
    """

    home: Country
    partner: Country
    title: str
    currency_note: str
    target_usd: float
    by: int
    by_is_assumption: bool
    announced: date | None
    series: str
    counted: str
    statements: tuple[str, ...]
    thresholds: tuple[float, ...]
    target_note: str
    first_year: int
    last_year: int
    reporters: tuple[Reporter, ...]
    notes: tuple[str, ...]


def read_partnership(path: Path) -> tuple[Partnership | None, tuple[Check, ...]]:
    """Read `partnership.toml`; None where an error makes it unusable."""
    found, checks = read_keys(path)
    if checks:
        return None, tuple(checks)
    reporters = tuple(Reporter(**{k: v or "" for k, v in row.items()}) for row in found["reporter"])
    checks = _contradictions(found, reporters)
    if checks:
        return None, tuple(checks)
    return Partnership(
        home=codes.country(found["pair.home"]),
        partner=codes.country(found["pair.partner"]),
        title=found["pair.title"],
        currency_note=found["pair.currency_note"] or "",
        target_usd=found["target.usd"],
        by=found["target.by"],
        by_is_assumption=found["target.by_is_assumption"],
        announced=found["target.announced"],
        series=found["target.series"],
        counted=found["target.measure"],
        statements=found["target.statements"] or (),
        thresholds=found["target.thresholds"],
        target_note=found["target.note"] or "",
        first_year=found["baseline.first_year"],
        last_year=found["baseline.last_year"],
        reporters=reporters,
        notes=found["notes"] or (),
    ), ()


def _contradictions(found: Mapping[str, Any], reporters: tuple[Reporter, ...]) -> list[Check]:
    names = [reporter.id for reporter in reporters]
    rules = (
        (
            found["pair.home"] == found["pair.partner"],
            "pair.partner",
            "is the home country too. Name two countries.",
        ),
        (
            found["target.series"] not in names,
            "target.series",
            f'"{found["target.series"]}" is no [[reporter]]. Write one of: {", ".join(names)}.',
        ),
        (
            any(r.own != "none" and r.id != found[f"pair.{r.own}"] for r in reporters),
            "reporter.id",
            "is not the code of the country whose own reporter it is. Write the code of pair.home or pair.partner.",
        ),
        (
            len(set(names)) < len(names),
            "reporter.id",
            "two reporters share an id. Give each its own.",
        ),
        (
            found["baseline.first_year"] > found["baseline.last_year"],
            "baseline.last_year",
            "is before baseline.first_year. Exchange them.",
        ),
        (
            found["target.by"] <= found["baseline.last_year"],
            "target.by",
            "is not after baseline.last_year. A target lies ahead of the last year with data.",
        ),
        (
            list(found["target.thresholds"]) != sorted(set(found["target.thresholds"])),
            "target.thresholds",
            "do not ascend. Write each once, smallest first.",
        ),
    )
    return [
        Check.error("contradiction", key_place(PARTNERSHIP, key), message)
        for broken, key, message in rules
        if broken
    ]
