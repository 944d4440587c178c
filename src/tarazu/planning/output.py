"""A plan as JSON and as files. Everything is written to a temporary name and renamed: nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tarazu
from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.table import Table, json_value
from tarazu.trade.baseline import Baseline

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan


def as_dict(plan: Plan) -> dict[str, Any]:
    """The plan as JSON-ready values."""
    q = plan.question
    low, high = plan.probability_range
    chance = plan.announced_chance
    return {
        "pair": {"home": plan.home.alpha3, "partner": plan.partner.alpha3},
        "target_usd": q.target_usd,
        "by": q.by,
        "by_is_assumption": bool(plan.dossier and plan.dossier.by_is_assumption and q.by == plan.dossier.by),
        "series": q.series,
        "regime": q.regime,
        "baseline": baseline_dict(plan.baseline),
        "business_as_usual": {
            "years": plan.simulation.first.usual.table.records(),
            "reference_classes": plan.simulation.first.usual.classes.records(),
            "growth_needed_percent": plan.needed_growth_percent,
            "announced_targets": {
                "resolved": plan.announced.resolved,
                "by_growth": plan.announced.table.records(),
                "chance": {"q10": chance.q10, "q50": chance.q50, "q90": chance.q90},
                "caveats": list(plan.announced.caveats),
            },
        },
        "probability": plan.probability,
        "probability_low": low,
        "probability_high": high,
        "probability_business_as_usual": plan.probability_business_as_usual,
        "probability_variants": dict(plan.probability_variants),
        "probabilities": plan.table.records(),
        "measures": [
            {
                "id": row["id"],
                "name": row["name"],
                "contribution": {key: json_value(row[key]) for key in ("q10", "q50", "q90", "mean")},
                "claimed_usd": row["claimed_usd"],
                "delivery": row["delivery_q50"],
                "already_in_business_as_usual": row["ordinary_q50"],
                "consent": row["consent"].split("; "),
                "commitments": [item for item in row["commitments"].split("; ") if item],
            }
            for row in plan.attribution
        ],
        "frontier": plan.frontier.records(),
        "back_solve": plan.back_solve.records(),
        "path": plan.path.records(),
        "products": plan.products.records(),
        "checks": [check_dict(check) for check in plan.checks],
        "sources": plan.sources.records(),
        "seed": q.seed,
        "draws": q.draws,
        "version": tarazu.__version__,
    }


def baseline_dict(found: Baseline) -> dict[str, Any]:
    """The baseline as JSON-ready values."""
    return {
        "years": found.table.records(),
        "statements": [
            {
                "id": r["id"],
                "reporter": r["reporter"],
                "value_usd": r["value_usd"],
                "residual": r["residual"],
                **r,
            }
            for r in found.statements.records()
        ],
        "biases": found.biases.records(),
        "mirror_gap": found.gap.records(),
        "sensitivity": found.sensitivity.records(),
        "season": found.season.records(),
        "checks": [check_dict(check) for check in found.checks],
    }


def check_dict(check: Check) -> dict[str, str]:
    """A check as JSON-ready values."""
    return {
        "name": check.name,
        "severity": check.severity.value,
        "where": check.where,
        "message": check.message,
    }


def json_text(value: Any) -> str:
    """JSON text; NaN and infinity are not JSON, so they must have become null before."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def tables(plan: Plan) -> dict[str, Table]:
    """Every table of the plan by the name of its CSV file."""
    usual = plan.simulation.first.usual
    found = {
        "probabilities": plan.table,
        "path": plan.path,
        "measures": plan.attribution,
        "frontier": plan.frontier,
        "back_solve": plan.back_solve,
        "products": plan.products,
        "business_as_usual": usual.table,
        "reference_classes": usual.classes,
        "announced_targets": plan.announced.table,
        "baseline": plan.baseline.table,
        "statements": plan.baseline.statements,
        "biases": plan.baseline.biases,
        "season": plan.baseline.season,
        "mirror_gap": plan.baseline.gap,
        "sensitivity": plan.baseline.sensitivity,
        "sources": plan.sources,
    }
    for assessment in plan.prepared.assessments or ():
        found[f"potential_{assessment.direction.replace('->', '_').lower()}"] = assessment.table
    return found


def write_all(plan: Plan, folder: Path) -> tuple[Path, ...]:
    """Report, JSON and CSV folder, all or nothing: ``NAME-plan.html``, ``NAME-plan.json``, ``NAME-plan/``."""
    from tarazu.planning.document import report_html

    stem = folder / f"{plan.name}-plan"
    page, data = report_html(plan), json_text(as_dict(plan))  # built before anything is written
    write_csv(plan, stem)
    return (
        write_text(stem.with_name(stem.name + ".html"), page),
        write_text(stem.with_name(stem.name + ".json"), data),
        stem,
    )


def write_text(path: Path, text: str) -> Path:
    """Write to a temporary file beside the path, then rename."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}). Name another place.") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"{path}: cannot be written ({error.strerror}). Name another place.") from error
        raise
    return path


def write_csv(plan: Plan, folder: Path) -> Path:
    """One CSV file per table; a folder of the same name made by an earlier run is replaced as a whole."""
    if folder.exists() and not _is_ours(folder):
        raise InputError(
            f"{folder} exists and holds other files. Move it, or name another folder with --csv."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}). Name another place.") from error
    try:
        draft.chmod(0o755)
        for name, table in tables(plan).items():
            (draft / f"{name}.csv").write_text(table.to_csv(), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return folder


def _is_ours(folder: Path) -> bool:
    """Whether every file in the folder is one that a plan writes."""
    return folder.is_dir() and all(path.suffix == ".csv" for path in folder.iterdir())
