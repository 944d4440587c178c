"""A documented start of a dossier for any pair, with the values that the bundled tables know.

The folder is written under a temporary name and then renamed, so that an interruption leaves nothing
half-written.
"""

from __future__ import annotations

import csv
import io
import math
import os
import shutil
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from tarazu.core import codes
from tarazu.core.cells import Variable
from tarazu.core.codes import Country
from tarazu.core.errors import InputError, PeriodError, TargetError
from tarazu.core.period import parse_partial
from tarazu.core.schema import DATA, DOSSIER, declared
from tarazu.planning.dossier import TABLES
from tarazu.planning.partnership import PARTNERSHIP
from tarazu.planning.regimes import REGIMES, UNCHANGED
from tarazu.planning.regions import TRADE_SOURCE, TRADE_URL, YEAR, PairTotals, pair_totals
from tarazu.register.model import DECLARATION, EVENTS
from tarazu.register.reading import FOLDER
from tarazu.register.register import span

YEARS_AHEAD = 5  # where no year is named; the dossier marks it as an assumption

_BACI = "BACI"


def scaffold(
    home: Country | str, partner: Country | str, target_usd: float, by: int | None, folder: Path
) -> list[Path]:
    """Write the start of a dossier and return its files.

    Parameters
    ----------
    target_usd
        Target for yearly turnover in US dollars.
    by
        Year of the target; None takes five years from now and marks it as an assumption.
    folder
        Folder to create; its parent must exist.

    Raises
    ------
    InputError
        If a country is unknown, the two are one, the folder exists or cannot be written.
    TargetError
        If the target is no positive amount or the year is past.
    """
    one, other = codes.country(str(home)), codes.country(str(partner))
    if one == other:
        raise InputError(f"{one} and {other} are one country. Name two.")
    if not (math.isfinite(target_usd) and target_usd > 0):
        raise TargetError(f"A target of {target_usd} US dollars makes no sense. Write an amount such as 3bn.")
    if by is not None and by <= max(YEAR, date.today().year - 1):
        raise TargetError(f"The year {by} is past. Write a year to come.")
    totals, why_not = _known_totals(one, other)
    texts = {
        PARTNERSHIP: _partnership(one, other, target_usd, by, totals is not None),
        REGIMES: _regimes(one, other),
        "README.txt": _readme(one, other, why_not),
    }
    rows = {
        "turnover": _turnover(totals),
        "macro": _macro(one, other, totals),
    }
    texts |= {f"{name}.csv": _csv(name, rows.get(name, [])) for name in TABLES}
    promised = {"commitments": _commitments(one, other)}
    kept = ("instruments", "commitments", "bodies", "visits", EVENTS)
    texts |= {f"{FOLDER}/{name}.csv": _csv(name, promised.get(name, []), DECLARATION) for name in kept}
    _write(folder, texts)
    return [folder / name for name in texts]


def _known_totals(home: Country, partner: Country) -> tuple[PairTotals | None, str]:
    try:
        return pair_totals(home, partner), ""
    except InputError as error:
        return None, str(error).partition(" Start a dossier")[0]


def _turnover(totals: PairTotals | None) -> list[dict[str, str]]:
    if totals is None:
        return []
    export, imports = totals.export_usd / 1e6, totals.import_usd / 1e6
    return [
        {
            "id": "tu001",
            "reporter": TRADE_SOURCE,
            "reporter_group": _BACI,
            "source_type": "statistics",
            "scope": "all goods",
            "period_type": "year",
            "period_original": str(YEAR),
            "period_start": f"{YEAR}-01-01",
            "period_end": f"{YEAR}-12-31",
            "home_to_partner_usd_m": f"{export:.3f}",
            "partner_to_home_usd_m": f"{imports:.3f}",
            "turnover_usd_m": f"{export + imports:.3f}",
            "bound": "exact",
            "doubtful": "no",
            "source_url": TRADE_URL,
            "publisher": TRADE_SOURCE,
            "note": "Reconciled FOB. Where one country gave no report it mirrors the other's.",
        }
    ]


def _macro(home: Country, partner: Country, totals: PairTotals | None) -> list[dict[str, str]]:
    if totals is None:
        return []
    values = ((home, totals.gdp_home_usd), (partner, totals.gdp_partner_usd))
    return [
        {
            "id": f"ma{number:03}",
            "country": country.alpha3,
            "indicator": "GDP, current prices",
            "year": str(YEAR),
            "value": f"{gdp / 1e9:.4g}",
            "unit": "USD bn",
            "value_normalised": f"{gdp / 1e9:.4g}",
            "unit_normalised": "USD bn",
            "period_original": str(YEAR),
            "period_start": f"{YEAR}-01-01",
            "period_end": f"{YEAR}-12-31",
            "doubtful": "no",
            "publisher": f"Tarazu, gdp_regions_{YEAR}.csv",
        }
        for number, (country, gdp) in enumerate(values, start=1)
    ]


def _commitments(home: Country, partner: Country) -> list[dict[str, str]]:
    """Targets that the two countries announced, as far as the bundled table knows them."""
    with (DATA / "announced_targets.csv").open(encoding="utf-8", newline="") as file:
        pair = {home.alpha3, partner.alpha3}
        targets = [row for row in csv.DictReader(file) if {row["country_a"], row["country_b"]} == pair]
    return [
        {
            "id": row["id"],
            "title": f"Raise mutual trade to {row['currency_original'] or 'the value named'}",
            "form": "target",
            "parties": f"{home.alpha3};{partner.alpha3}",
            "date": _partial(row["announced_on"]),
            "due": row["target_date"] if span(row["target_date"]) else "",
            "due_words": row["target_date"],
            "responsible": row["announced_by"],
            "target_low": row["target_usd_bn"],
            "target_high": row["target_usd_bn"],
            "unit": "USD bn",
            "status": "C",
            "source_url": row["source_url"],
            "publisher": row["publisher"],
            "published": _partial(row["published_date"]),
            "note": "; ".join(filter(None, (row["outcome"], row["note"]))),
        }
        for row in targets
    ]


def _partial(text: str) -> str:
    """A date at the precision known, or nothing where the table words it otherwise."""
    try:
        return parse_partial(text)
    except PeriodError:
        return ""


def _csv(name: str, rows: Iterable[Mapping[str, str]], declaration: str = DOSSIER) -> str:
    columns = [v.column for v in declared(declaration)[name]]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _partnership(home: Country, partner: Country, target_usd: float, by: int | None, has_totals: bool) -> str:
    """Text of `partnership.toml`: every key under its meaning, the optional ones commented out."""
    values = {
        "pair.home": f'"{home}"',
        "pair.partner": f'"{partner}"',
        "pair.title": f'"{home.name()} and {partner.name()}: mutual trade"',
        "target.usd": f"{target_usd:.15g}",
        "target.by": str(by or date.today().year + YEARS_AHEAD),
        "target.by_is_assumption": "false" if by else "true",
        "target.series": f'"{_BACI if has_totals else home}"',
        "target.measure": '"turnover of goods, both directions, current USD"',
        "target.thresholds": "[" + ", ".join(f"{target_usd * part:.15g}" for part in (0.5, 1, 1.5)) + "]",
        "baseline.first_year": str(YEAR),
        "baseline.last_year": str(YEAR),
    }
    lines = ["# The pair, its target and its reporters. Keys that begin with # are optional.", ""]
    section = ""
    for variable in declared()[PARTNERSHIP]:
        table, _, key = variable.column.rpartition(".")
        if table == "reporter":
            continue
        if table != section:
            lines += ["", f"[{table}]"] if table else []
            section = table
        if table:
            lines += _entry(variable, key, values.get(variable.column))
    lines += ["", "# Whose statements count as one series (reporter_group of turnover.csv):"]
    lines += [
        f"# {v.column}: {v.meaning}" for v in declared()[PARTNERSHIP] if v.column.startswith("reporter.")
    ]
    for identifier, name, own in (
        (home.alpha3, home.name(), "home"),
        (partner.alpha3, partner.name(), "partner"),
        (_BACI, TRADE_SOURCE, "none"),
    ):
        imports = "FOB" if identifier == _BACI else "CIF"
        lines += ["", "[[reporter]]", f'id = "{identifier}"', f'name = "{name}"', f'own = "{own}"']
        lines += [f'imports = "{imports}"', 'exports = "FOB"']
    return "\n".join(lines) + "\n"


def _entry(variable: Variable, key: str, value: str | None) -> list[str]:
    unit = f" ({variable.unit})" if variable.unit else ""
    return [f"# {variable.meaning}{unit}", f"{key} = {value}" if value is not None else f"# {key} ="]


def _regimes(home: Country, partner: Country) -> str:
    return f"""# Circumstances that no measure decides. Each factor needs an interval and what it rests on.
default = "{UNCHANGED.id}"

[[regime]]
id = "{UNCHANGED.id}"
title = "{UNCHANGED.title}"

# A second regime would be written like this:
# [[regime]]
# id = "border-closed"
# title = "..."
# [[regime.flow]]
# direction = "{home}->{partner}"
# products = "all"
# q10 = ...    (factor on the flow; 1 is no change)
# q50 = ...
# q90 = ...
# basis = "judgement"
"""


def _readme(home: Country, partner: Country, why_not: str) -> str:
    known = why_not or f"turnover.csv and macro.csv hold {YEAR} from the bundled tables."
    return f"""A dossier of {home.name()} ({home}) and {partner.name()} ({partner})

What is here: {known}
Announced targets of the pair, where the bundled table has them, stand in register/commitments.csv.

What to fill, in this order:
1. {PARTNERSHIP}: in whose series the target counts, and the statements that name it.
2. turnover.csv: what each side says was traded, one row per statement with its source, conflicts included.
3. products.csv and markets.csv: flows, supply, demand, rivals and duties by product.
4. measures.csv and measure_effects.csv: what is promised, its size with an interval, and the evidence.
5. corridor.csv, restrictions.csv and {REGIMES}.
6. register/: instruments, commitments, bodies and visits, and in events.csv what became of them.

A cell that nobody knows stays empty: unknown is not zero.
Columns, units and bounds: docs/dossier-format.md. Check with `tarazu dossier check` and this folder.
"""


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    if folder.exists():
        raise InputError(
            f"{folder} exists already, and nothing is overwritten. Name a new folder or remove it."
        )
    temporary = folder.parent / f".{folder.name}-{os.getpid()}.unfinished"
    try:
        temporary.mkdir()
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        for name, text in texts.items():
            (temporary / name).parent.mkdir(exist_ok=True)
            (temporary / name).write_text(text, encoding="utf-8")
        temporary.rename(folder)
    except BaseException as error:  # an interruption too must leave nothing behind
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, OSError):
            raise _unwritable(folder, error) from error
        raise


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(f"{folder} cannot be written ({error.strerror}). Check the path and its rights.")
