"""A dossier: the facts of a pair as a folder of plain files, read, checked and typed.

`partnership.toml` names the pair, the target and the reporters; CSV tables hold the facts, each row
with its source; `regimes.toml` holds the circumstances that no measure decides. What each column means
stands in `data/variables.csv`. Conflicting rows are kept: which to believe is the baseline's question.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from tarazu.core.cells import Pair
from tarazu.core.checks import Check, errors, place
from tarazu.core.errors import DossierError, InputError
from tarazu.core.measure import Measure
from tarazu.core.schema import DATA, Parsed, declared, empty, header_line, read_table
from tarazu.core.table import Table
from tarazu.planning.consistency import reference_errors, table_errors, unknown_reference, warnings
from tarazu.planning.keys import key_place
from tarazu.planning.measures import build_measures
from tarazu.planning.partnership import PARTNERSHIP, Partnership, read_partnership
from tarazu.planning.regimes import REGIMES, UNCHANGED, Regime, read_regimes
from tarazu.register.reading import FOLDER, read_folder
from tarazu.register.register import Register

TABLES = (
    "turnover",
    "products",
    "markets",
    "macro",
    "corridor",
    "restrictions",
    "measures",
    "measure_effects",
    "measure_network",
)
REQUIRED = "turnover"


@dataclass(frozen=True)
class Dossier(Partnership):
    """The checked facts of a pair: its partnership, its tables, and what is built from them.

    Attributes
    ----------
    tables
        By name, each with typed cells: str, float, int, date, tuple of str, or None where empty.
    default_regime
        Id of the regime that holds unless another is named.
    register
        What was promised, out of the folder ``register``; None without one.
    """

    folder: Path
    tables: Mapping[str, Table]
    measures: tuple[Measure, ...]
    regimes: tuple[Regime, ...]
    default_regime: str
    checks: tuple[Check, ...]
    register: Register | None = None

    @property
    def name(self) -> str:
        """Name of the folder, such as ``kaz-irn``."""
        return self.folder.name


def bundled() -> list[str]:
    """Names of the dossiers that come with the package."""
    return sorted(path.parent.name for path in DATA.glob(f"*/{PARTNERSHIP}"))


def load(name_or_path: str | Path) -> Dossier:
    """A dossier by the name of a bundled one, or by its folder.

    Raises
    ------
    DossierError
        If there is no such dossier, or it has an error; its `checks` list every finding.
    """
    dossier, checks = read(name_or_path)
    if dossier is None:
        first, *others = errors(checks)
        more = f" And {len(others)} more: `tarazu dossier check {name_or_path}` lists them." if others else ""
        message = f"The dossier {name_or_path} cannot be run. {first.where}: {first.message}{more}"
        raise DossierError(message, checks)
    return dossier


def check(name_or_path: str | Path) -> tuple[Check, ...]:
    """Every finding on a dossier, errors first.

    Raises
    ------
    DossierError
        If there is no such folder, or it holds no `partnership.toml`.
    """
    return read(name_or_path)[1]


def read(name_or_path: str | Path) -> tuple[Dossier | None, tuple[Check, ...]]:
    """A dossier and every finding on it, errors first; None in its place where there is an error.

    Raises
    ------
    DossierError
        If there is no such folder, or it holds no `partnership.toml`.
    """
    folder = _folder(name_or_path)
    partnership, toml_checks = read_partnership(folder / PARTNERSHIP)
    pair = (partnership.home.alpha3, partnership.partner.alpha3) if partnership else None
    tables, table_checks = _read_tables(folder, pair)
    regimes, default, regime_checks = _regimes(folder / REGIMES, pair)
    register, register_checks = _register(folder, pair)
    checks = [*toml_checks, *table_checks, *regime_checks, *register_checks]
    if partnership:
        checks.extend(_reference_errors(partnership, regimes, tables, register))
    if errors(checks) or partnership is None:
        return None, _sorted(checks)
    found = _sorted([*checks, *warnings(tables)])
    return Dossier(
        **{field.name: getattr(partnership, field.name) for field in fields(partnership)},
        folder=folder,
        tables=MappingProxyType({name: parsed.table for name, parsed in tables.items()}),
        measures=build_measures(tables["measures"].table, tables["measure_effects"].table),
        regimes=regimes,
        default_regime=default,
        checks=found,
        register=register,
    ), found


def _register(folder: Path, pair: Pair | None) -> tuple[Register | None, tuple[Check, ...]]:
    path = folder / FOLDER
    if not path.is_dir():
        message = "is absent: which commitments carry a measure is not known."
        return None, (Check.note("missing-file", FOLDER, message),)
    try:
        found = read_folder(path, folder.name)
    except InputError as error:
        return None, (Check.note("empty-register", FOLDER, str(error)),)
    return replace(found, pair=pair), found.findings


def _regimes(path: Path, pair: Pair | None) -> tuple[tuple[Regime, ...], str, tuple[Check, ...]]:
    if path.exists():
        return read_regimes(path, pair) if pair else ((), "", ())
    message = "is absent: the plan knows one regime, as in the last year."
    return (UNCHANGED,), UNCHANGED.id, (Check.note("missing-file", path.name, message),)


def _folder(name_or_path: str | Path) -> Path:
    name = str(name_or_path)
    path = DATA / name if name in bundled() else Path(name_or_path)
    if not path.is_dir():
        raise DossierError(
            f"There is no dossier {name}: neither a folder nor one of the bundled ({', '.join(bundled())}). "
            "`tarazu dossier new HOME PARTNER --target 3bn` starts one."
        )
    if not (path / PARTNERSHIP).is_file():
        raise DossierError(
            f"The folder {name} holds no {PARTNERSHIP}, so it is no dossier. "
            "`tarazu dossier new HOME PARTNER --target 3bn` writes one to start from."
        )
    return path.resolve()


def _read_tables(folder: Path, pair: Pair | None) -> tuple[dict[str, Parsed], list[Check]]:
    tables, checks = {}, []
    for name in TABLES:
        path = folder / f"{name}.csv"
        if path.exists():
            tables[name] = read_table(path, name, pair)
            checks += [*tables[name].checks, *table_errors(name, tables[name])]
            if name == REQUIRED and tables[name].ids == frozenset():
                message = "has no rows. Write at least one statement of what was traded."
                checks.append(Check.error("no-rows", path.name, message))
            continue
        tables[name] = empty(name)
        if name == REQUIRED:
            message = f"is missing; nothing can be said without it. Its header is: {header_line(name)}"
            checks.append(Check.error("missing-file", path.name, message))
        else:
            checks.append(Check.note("missing-file", path.name, "is absent: what rests on it is left out."))
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in TABLES:
            message = f"is no table of a dossier and is not read. Known: {', '.join(TABLES)}."
            checks.append(Check.warning("unknown-file", path.name, message))
    return tables, checks


def _reference_errors(
    partnership: Partnership,
    regimes: tuple[Regime, ...],
    tables: Mapping[str, Parsed],
    register: Register | None,
) -> list[Check]:
    ids = {name: parsed.ids for name, parsed in tables.items() if parsed.ids is not None}
    ids["effects"] = _effect_ids()
    ids[FOLDER] = frozenset(register.items) if register else frozenset()
    checks = list(reference_errors(tables, ids))
    groups = {reporter.id for reporter in partnership.reporters}
    for number, row in tables[REQUIRED]:
        if row["reporter_group"] not in groups:
            message = (
                f'"{row["reporter_group"]}" is no [[reporter]] of {PARTNERSHIP}. Add it there or correct it.'
            )
            checks.append(Check.error("unknown-id", place("turnover.csv", number, "reporter_group"), message))
    named = [(PARTNERSHIP, "target.statements", each) for each in partnership.statements]
    for regime in regimes:
        named += [(REGIMES, "regime.measures", measure) for measure in regime.measures]
        named += [(REGIMES, "regime.flow.evidence", each) for flow in regime.flows for each in flow.evidence]
    for file, key, reference in named:
        allowed = next(v.allowed for v in declared()[file] if v.column == key)
        problem = unknown_reference(reference, allowed, ids)
        if problem:
            checks.append(Check.error("unknown-id", key_place(file, key), problem))
    return checks


@cache
def _effect_ids() -> frozenset[str]:
    with (DATA / "effects.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["id"] for row in csv.DictReader(file))


def _sorted(checks: list[Check]) -> tuple[Check, ...]:
    order = ["error", "warning", "note"]
    return tuple(sorted(checks, key=lambda found: order.index(found.severity)))
