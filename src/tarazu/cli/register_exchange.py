"""`tarazu register`, what goes out and comes in as a whole: export, import, pack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tarazu.cli.register import (
    BUNDLED,
    _books,
    _day,
    _read,
    books_option,
    database_option,
    register,
    today_option,
)
from tarazu.cli.shared import EXIT_FINDINGS, emit, json_option, progress

FORMS = ("csv", "json", "xlsx", "ics", "iati")
FILES = ("csv", "xlsx")  # what no terminal or pipe can take as one text


@register.command("export")
@click.option("--form", type=click.Choice(FORMS), default="csv", show_default=True, help="What to write.")
@click.option(
    "--out",
    required=True,
    metavar="PATH|-",
    help="Folder for csv, else a file; - is standard output for json, ics and iati.",
)
@database_option
@json_option
def export_command(form: str, out: str, db: str | None, json_path: str | None) -> None:
    """Write the register: tables as CSV or a workbook, every event as JSON, deadlines for a calendar, IATI results.

    \b
    Examples:
      tarazu register export --out register
      tarazu register export --form xlsx --out register.xlsx
      tarazu register export --form ics --out deadlines.ics
    """
    from tarazu.planning.output import json_text, write
    from tarazu.register import exchange

    if out == "-" and form in FILES:
        raise click.UsageError(f"--out: {form} cannot go to standard output, only json, ics and iati can.")
    if out == "-" and json_path:
        raise click.UsageError("--json says what was written where; with --out - it is not needed.")
    found = _read(db)
    makers: dict[str, Any] = {
        "csv": lambda: {f"{name}.csv": table.to_csv() for name, table in exchange.tables(found).items()},
        "json": lambda: json_text(exchange.as_json(found)),
        "xlsx": lambda: exchange.workbook(found),
        "ics": lambda: exchange.calendar(found),
        "iati": lambda: exchange.results(found),
    }
    if out == "-":
        click.echo(makers[form](), nl=False)
        return
    written = write([(Path(out), makers[form]())])
    emit(json_path, {"written": list(map(str, written))}, lambda: click.echo(written[0]))


@register.command("import")
@click.argument("source")
@click.option("--dry-run", is_flag=True, help="Only say what would be added and where the two differ.")
@books_option
@json_option
def import_command(source: str, dry_run: bool, db: str, by: str, json_path: str | None) -> None:
    """Bring another register in; where the two differ is listed, not decided.

    What `add` would refuse is refused here too and named. Exit code 1 where something stays out or the two differ, also
    of a dry run. What looks like an item of another id comes in and is named.

    SOURCE is a folder of CSV tables, a workbook, JSON, a database (its file, or postgresql://…), or the name of a
    bundled register. Of a database the events come, with who entered them named anew; documents are ingested again.

    \b
    Examples:
      tarazu register import kaz-irn --db commission.db --by secretariat
      tarazu register import ministry.xlsx --dry-run --db commission.db --by secretariat
      tarazu register import postgresql://reader@host/ministry --db commission.db --by secretariat
    """
    from tarazu.cli.register_print import print_checks
    from tarazu.core.checks import errors
    from tarazu.planning.output import check_dict
    from tarazu.register.merge import NOT_ENTERED, merge, read_any
    from tarazu.register.register import Register

    other = read_any(source)
    if dry_run and "://" not in db and not Path(db).exists():
        found = merge(Register(db, ()), other)  # a dry run makes no database either
    else:
        with _books(db) as books:
            found = merge(books.register(), other)
            if not dry_run and found.added:
                books.add(found.added, by)
    checks = (*other.findings, *found.conflicts, *found.twins)
    refused = sum(each.name == NOT_ENTERED for each in found.conflicts)
    told = {
        "added": len(found.added),
        "known": found.same,
        "refused": refused,
        "written": not dry_run,
        "checks": [check_dict(each) for each in checks],
    }

    def show() -> None:
        word = "would be added" if dry_run else "added"
        click.echo(
            f"{len(found.added)} events {word}, {found.same} known already, "
            f"{len(found.conflicts) - refused} conflicts, {refused} refused."
        )
        if checks:
            print_checks(checks)

    emit(json_path, told, show)
    if errors(checks) or found.conflicts:
        sys.exit(EXIT_FINDINGS)


@register.command()
@click.option("--session", required=True, type=int, help="Number of the session it is for.")
@click.option("--lang", "languages", default="en", show_default=True, help="Of en, ru, kk, fa; with commas.")
@click.option(
    "--out", "folder", default=".", type=click.Path(file_okay=False, path_type=Path), help="Folder."
)
@click.option("--draws", default=10_000, show_default=True, help="Draws of the plan behind its figures.")
@click.option(
    "--dossier", "dossier_name", default=BUNDLED, show_default=True, help="Dossier with the trade figures."
)
@click.option(
    "--words",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table of translations of your register's titles; goes before the bundled ones.",
)
@database_option
@today_option
@json_option
def pack(
    session: int,
    languages: str,
    folder: Path,
    draws: int,
    dossier_name: str,
    words: Path | None,
    db: str | None,
    today: Any,
    json_path: str | None,
) -> None:
    """One document for the next session, as HTML and DOCX in each language: what was traded, kept, overdue, proposed.

    \b
    Examples:
      tarazu register pack --session 21 --lang ru,en
      tarazu register pack --session 21 --lang fa --db commission.db --out session-21
      tarazu register pack --session 21 --lang kk --db commission.db --words translations.csv
    """
    import tarazu
    from tarazu.planning.pack import languages_of, write_pack
    from tarazu.planning.pack_titles import beside

    if str(folder) == "-":
        raise click.UsageError("--out: the pack is several files: name a folder.")
    languages_of(languages)
    found = _read(db) if db else _read(dossier_name)
    with progress() as step:
        plan = tarazu.plan(dossier_name, draws=draws, progress=step)
        step("pack")
        told = words or beside(db)
        written = write_pack(found, plan, session, languages, folder, today=_day(today), words=told)
    emit(json_path, {"written": list(map(str, written))}, lambda: click.echo("\n".join(map(str, written))))
