"""`tarazu register targets`: announced targets of all pairs scored against later figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli.shared import emit, json_option

if TYPE_CHECKING:
    from tarazu.core.table import Table
    from tarazu.trade.realism import Realism

TABLES = ("table", "pairs", "delays", "shares", "repeats")
# Columns printed of each table, joined under one heading where they belong together; the files hold all.
TARGETS = ("pair", "target", "announced", "restatements", "due", "outcome", "reached", "actual", "of_target")
PAIRS = (
    "pair",
    "targets",
    "on_time",
    "late",
    "missed",
    "open",
    "no_actual",
    "undated",
    "latest",
    "of_target",
)
DELAYS = ("years", "at_risk", "reached", "share", "80%", "earliest", "known")
SHARES = ("group", "targets", "resolved", "on_time", "share", "80%")
REPEATS = ("pair", "target", "before", "then", "date", "outcome_before", "outcome")


@click.command()
@click.option("--pair", "pairs", multiple=True, metavar="A,B", help="Only this pair. May be repeated.")
@click.option(
    "--country", "countries", multiple=True, metavar="CODE", help="Every pair of a country or group."
)
@json_option
@click.option("--csv", "csv_folder", metavar="DIR", help="Write the tables there, one CSV file each.")
def targets(
    pairs: tuple[str, ...], countries: tuple[str, ...], json_path: str | None, csv_folder: str | None
) -> None:
    """Announced turnover targets of all pairs: met on time, how late, announced again.

    The delays and shares are always those of all pairs; --pair and --country choose the rows printed below.

    \b
    Examples:
      tarazu register targets
      tarazu register targets --pair KAZ,UZB
      tarazu register targets --country TUR --csv targets
    """
    from tarazu.planning.output import write
    from tarazu.trade.realism import bundled

    if csv_folder == "-":
        raise click.UsageError("only --json can go to standard output; --csv takes a folder.")

    found = bundled()
    if chosen := bool(pairs or countries):
        found = found.select(pairs, countries)
    if csv_folder:
        texts = {f"{getattr(found, name).name}.csv": getattr(found, name).to_csv() for name in TABLES}
        click.echo(write([(Path(csv_folder), texts)])[0], err=True)
    emit(json_path, as_dict(found), lambda: _print(found, chosen, (*pairs, *countries)))


def as_dict(found: Realism) -> dict[str, Any]:
    """The result, JSON-ready."""
    tables = {getattr(found, name).name: getattr(found, name).records() for name in TABLES}
    checks = [
        {"name": c.name, "severity": str(c.severity), "where": c.where, "message": c.message}
        for c in found.checks
    ]
    return {
        "sentence": found.sentence(),
        "counts": found.counts,
        **tables,
        "caveats": list(found.caveats),
        "checks": checks,
    }


def _print(found: Realism, chosen: bool, asked: Sequence[str]) -> None:
    from tarazu.cli.register_print import print_table

    click.echo(f"All pairs: {found.sentence()}")
    if chosen:
        click.echo(_selection(found, asked))
    click.echo()
    print_table(_delays(found), "Reached within so many years of the date, all pairs")
    print_table(_shares(found), "Met on time, all pairs")
    print_table(_pairs(found), "By pair")
    if chosen:
        print_table(_targets(found), "Targets")
    print_table(_repeats(found), "The same figure promised again")
    click.echo()
    for caveat in found.caveats:
        click.echo(f"- {caveat}")
    for check in found.checks:
        click.echo(str(check))


def _selection(found: Realism, asked: Sequence[str]) -> str:
    if not len(found.table):
        return f"{' and '.join(asked)}: no announced target in this table."
    counts = found.counts
    resolved = sum(counts[name] for name in ("on time", "late", "missed"))
    return (
        f"{' and '.join(asked)}: {_many(len(found.table), 'target')} of {_many(len(found.pairs), 'pair')}; "
        f"of {resolved} resolved {counts['on time']} met on time, {counts['late']} late, {counts['missed']} "
        f"missed. {counts['censored']} without a date, {counts['open']} with the date ahead, "
        f"{counts['passed, actual not found']} with no figure found."
    )


def _many(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _shown(name: str, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> Table:
    from tarazu.core.table import Column, Table

    return Table.build(name, [Column(column) for column in columns], rows)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.0%}"


def _range(row: dict[str, Any]) -> str:
    return f"{row['share_q10']:.0%}–{row['share_q90']:.0%}"


def _of(row: dict[str, Any]) -> str:
    return f"{row['country_a']}–{row['country_b']}"


def _billion(value: float | None) -> str | None:
    return None if value is None else f"{value:,.6g}bn"


def _delays(found: Realism) -> Table:
    rows = [
        row
        | {
            "share": _percent(row["share"]),
            "80%": _range(row),
            "earliest": _percent(row["share_earliest"]),
            "known": _percent(row["known"]),
        }
        for row in found.delays
    ]
    return _shown("delays", DELAYS, rows)


def _shares(found: Realism) -> Table:
    rows = [row | {"share": _percent(row["share"]), "80%": _range(row)} for row in found.shares]
    return _shown("shares", SHARES, rows)


def _pairs(found: Realism) -> Table:
    rows = []
    for row in found.pairs:
        target = _billion(row["latest_target_usd_bn"])
        latest = target and f"{target} by {row['latest_due']}"
        ratio = row["ratio"]
        of_target = None if ratio is None else f"{ratio:.0%} ({row['actual_period']})"
        rows.append(row | {"pair": _of(row), "latest": latest, "of_target": of_target})
    return _shown("pairs", PAIRS, rows)


def _targets(found: Realism) -> Table:
    rows = []
    for row in found.table:
        over = row["delay_over"]
        # Nothing is "not by" a date that lies ahead or was never named.
        reached = row["reached_in"] or (None if over is None else f"not by {row['not_reached_by']}")
        actual = _billion(row["actual_usd_bn"])
        rows.append(
            row
            | {
                "pair": _of(row),
                "target": _billion(row["target_usd_bn"]),
                "reached": reached,
                "actual": actual and f"{actual} {row['actual_period']}",
                "of_target": _percent(row["ratio"]),
            }
        )
    return _shown("targets", TARGETS, rows)


def _repeats(found: Realism) -> Table:
    rows = []
    for row in found.repeats:
        before, then = (
            f"{row[announced] or 'no day'}, {'no date' if row[due] is None else f'by {row[due]}'}"
            for announced, due in (("announced_before", "due_before"), ("announced", "due"))
        )
        moved = row["moved"]
        date = row["date"] if not moved else f"{abs(moved)} {row['date']}"
        given = {"pair": _of(row), "target": _billion(row["target_usd_bn"]), "before": before, "then": then}
        rows.append(row | given | {"date": date})
    return _shown("repeats", REPEATS, rows)
