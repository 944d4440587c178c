"""A plan as JSON and as files. Everything is written to a temporary name and renamed: nothing half-written."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tarazu
from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table, json_value
from tarazu.planning import settlement_tables, transport_tables
from tarazu.planning.commitments import carried, plan_board
from tarazu.trade.baseline import Baseline

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan


Content = str | bytes | Mapping[str, str]  # a file, or a folder of files


COLUMNS = "columns"  # the file that explains the others


def as_dict(plan: Plan) -> dict[str, Any]:
    """The plan as JSON-ready values."""
    q = plan.question
    low, high = plan.probability_range
    chance = plan.announced_chance
    promises = plan_board(plan)
    return {
        "pair": {"home": plan.home.alpha3, "partner": plan.partner.alpha3},
        "target_usd": q.target_usd,
        "by": q.by,
        "by_is_assumption": bool(plan.dossier and plan.dossier.by_is_assumption and q.by == plan.dossier.by),
        "series": q.series,
        "regime": q.regime,
        "baseline": baseline_dict(plan.baseline),
        "business_as_usual": {
            "years": [
                {
                    "year": row["year"],
                    "q10": row["usual_q10"],
                    "q50": row["usual_q50"],
                    "q90": row["usual_q90"],
                }
                for row in plan.path
            ],
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
                "consent": [item for item in row["consent"].split("; ") if item],
                "commitments": [item for item in row["commitments"].split("; ") if item],
            }
            for row in plan.attribution
        ],
        "frontier": plan.frontier.records(),
        "back_solve": plan.back_solve.records(),
        "path": plan.path.records(),
        "products": plan.products.records(),
        "transport": plan.transport.to_dict() if plan.transport else None,
        "clearing": plan.settlement.to_dict(),
        "commitments": promises.to_dict() if promises else None,
        "carried_by": carried(plan).records(),
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
        "reference_classes": usual.classes,
        "announced_targets": plan.announced.table,
        "baseline": plan.baseline.table,
        "statements": plan.baseline.statements,
        "biases": plan.baseline.biases,
        "season": plan.baseline.season,
        "mirror_gap": plan.baseline.gap,
        "sensitivity": plan.baseline.sensitivity,
        "sources": plan.sources,
        **(transport_tables.tables(plan.transport) if plan.transport else {}),
        **settlement_tables.tables(plan.settlement),
        "carried_by": carried(plan),
    }
    promises = plan_board(plan)
    if promises:
        found["board"] = promises.table
    for assessment in plan.prepared.assessments or ():
        found[f"potential_{assessment.direction.replace('->', '_').lower()}"] = assessment.table
    return found


def write_all(plan: Plan, folder: Path) -> tuple[Path, ...]:
    """Report, JSON and CSV folder, all or nothing: ``NAME-plan.html``, ``NAME-plan.json``, ``NAME-plan/``."""
    from tarazu.planning.document import report_html

    page, data, tables_folder = standard_places(plan.name, folder)
    contents = report_html(plan), json_text(as_dict(plan)), csv_texts(plan)
    return write(list(zip((page, data, tables_folder), contents, strict=True)))


def standard_places(name: str, folder: Path = Path()) -> tuple[Path, Path, Path]:
    """Report, JSON and folder of tables of a plan."""
    return folder / f"{name}-plan.html", folder / f"{name}-plan.json", folder / f"{name}-plan"


def check_writable(files: Sequence[Path], folders: Sequence[Path] = ()) -> None:
    """Refuse places that `write` would refuse, before the work whose result they are to hold.

    Raises
    ------
    InputError
        As of `write`; what only shows in writing, such as a full disk, is found there.
    """
    _check_places([*((path, "") for path in files), *((path, {}) for path in folders if not path.is_dir())])
    for folder in (path for path in folders if path.is_dir()):
        earlier = (folder / f"{COLUMNS}.csv").exists()  # what an earlier run wrote lists its columns
        if not _is_ours(folder, [path.name for path in folder.glob("*.csv")] if earlier else []):
            raise InputError(_FOREIGN.format(folder))
    for path in (*files, *folders):
        above = next(each for each in path.absolute().parents if each.exists())
        if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            raise InputError(
                f"{path}: cannot be written ({above} is no folder to write to). Name another place."
            )


def csv_texts(plan: Plan) -> dict[str, str]:
    """Text of every table by file name, and of the list of their columns with unit and meaning."""
    found = tables(plan)
    columns = tuple(Column(name) for name in ("table", "column", "unit", "meaning"))
    rows = tuple((name, c.name, c.unit, c.meaning) for name, table in found.items() for c in table.columns)
    found[COLUMNS] = Table(COLUMNS, columns, rows)
    return {f"{name}.csv": table.to_csv() for name, table in found.items()}


def write(outputs: Sequence[tuple[Path, Content]]) -> tuple[Path, ...]:
    """Write files and folders of files, all or none.

    Everything is written under temporary names beside its place first; only then is it renamed. A folder
    that an earlier run wrote is replaced as a whole.

    Parameters
    ----------
    outputs
        Paths with the text of a file, or, for a folder, with its texts by file name.

    Raises
    ------
    InputError
        If two outputs share a path, a place holds something that is not ours, or cannot be written.
    """
    _check_places(outputs)
    drafts: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in outputs:
            if not isinstance(content, Mapping) and _is_device(path):
                path.write_bytes(_bytes(content))
            else:
                drafts[path.resolve() if path.is_symlink() else path] = _draft(path, content)
        _put_in_place(drafts)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}). Name another place.") from error
    finally:
        for draft in drafts.values():
            _remove(draft)
    return tuple(path for path, _ in outputs)


def _put_in_place(drafts: Mapping[Path, Path]) -> None:
    """Rename every draft to its place; what stood there is set aside and comes back if anything fails."""
    aside: dict[Path, Path] = {}
    placed: list[Path] = []
    try:
        for path, draft in drafts.items():
            if path.exists():
                aside[path] = draft.with_name(draft.name + ".old")
                os.replace(path, aside[path])
            os.replace(draft, path)
            placed.append(path)
    except BaseException:
        for path in placed:
            _remove(path)
        for path, old in aside.items():
            if old.exists():
                old.rename(path)
        raise
    for old in aside.values():
        _remove(old)


def _is_device(path: Path) -> bool:
    """Whether a path is a device or a pipe: such a thing is written to, never replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _is_kept(path: Path) -> bool:
    """Whether a file is a database or a private key: no output ever takes its place."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(64)
    return start.startswith(b"SQLite format 3\x00") or b"PRIVATE KEY-----" in start


def _check_places(outputs: Sequence[tuple[Path, Content]]) -> None:
    places: set[Path] = set()
    for path, content in outputs:
        if path.resolve() in places:
            raise InputError(f"{path} is named for two outputs. Give each its own place.")
        places.add(path.resolve())
        if not isinstance(content, Mapping):
            if path.is_dir():
                raise InputError(f"{path} is a folder. Name a file.")
            if _is_kept(path):
                raise InputError(f"{path} is a database or a private key. Name another file for the output.")
        elif path.resolve() == Path.cwd():
            raise InputError(f"{path} is the current folder, and a folder is replaced as a whole. {_ANOTHER}")
        elif path.exists() and not _is_ours(path, content):
            raise InputError(_FOREIGN.format(path))


def _draft(path: Path, content: Content) -> Path:
    """The content under a temporary name beside its place; nothing remains if that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        if not isinstance(content, Mapping):
            folder, draft = draft, draft.with_suffix(".part")
            folder.rmdir()
            draft.write_bytes(_bytes(content))
        else:
            draft.chmod(0o755)
            for name, text in content.items():
                (draft / name).write_text(text, encoding="utf-8")
    except BaseException:
        _remove(draft)
        raise
    return draft


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


_ANOTHER = "Name another folder with --csv."
_FOREIGN = f"{{}} exists and holds other files. Move it. {_ANOTHER}"
_POTENTIAL = re.compile(r"potential_[a-z]{3}_[a-z]{3}\.csv")


def _is_ours(folder: Path, names: Collection[str]) -> bool:
    """Whether the folder holds nothing but tables that a plan writes."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return all(
        path.is_file() and (path.name in names or bool(_POTENTIAL.fullmatch(path.name)))
        for path in folder.iterdir()
    )
