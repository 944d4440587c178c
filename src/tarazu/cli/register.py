"""`tarazu register`: what was promised and how it stands; documents in, suggestions reviewed, registers exchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli.shared import EXIT_FINDINGS, emit, json_option

if TYPE_CHECKING:
    from tarazu.core.checks import Check
    from tarazu.core.table import Table
    from tarazu.register.books import Books
    from tarazu.register.register import Register

Command = Callable[..., Any]
READABLE = click.Path(exists=True, path_type=Path)
BUNDLED = "kaz-irn"


@click.group()
def register() -> None:
    """What was promised, by whom, by when, with what evidence.

    Without --db the register bundled with the dossier is read. A database (SQLite by its path, or
    postgresql://…) is made when something is first added to it; nothing in it is ever changed or deleted.

    \b
    Examples:
      tarazu register board
      tarazu register due --days 180
      tarazu register ingest release.html minutes.docx --db commission.db --by secretariat
      tarazu register review --db commission.db --by secretariat
      tarazu register pack --session 20 --lang ru,en
    """


def database_option(command: Command) -> Command:
    """Option --db, for reading."""
    return click.option(
        "--db",
        metavar="PATH|URL|FOLDER",
        envvar="TARAZU_REGISTER",
        help=f"Database, folder or bundled dossier; {BUNDLED} if not given. Also TARAZU_REGISTER.",
    )(command)


def books_option(command: Command, needed: bool = True) -> Command:
    """Options --db and --by, for writing; where not every use of a command writes they are asked for later."""
    for option in (
        click.option(
            "--by", required=needed, envvar="TARAZU_OPERATOR", help="Who enters this. Also TARAZU_OPERATOR."
        ),
        click.option(
            "--db",
            required=needed,
            metavar="PATH|URL",
            envvar="TARAZU_REGISTER",
            help="Database. Also TARAZU_REGISTER.",
        ),
    ):
        command = option(command)
    return command


def today_option(command: Command) -> Command:
    """Option --today."""
    return click.option(
        "--today", type=click.DateTime(["%Y-%m-%d"]), help="Day on which it is looked at; today if not given."
    )(command)


def csv_option(command: Command) -> Command:
    """Option --csv."""
    return click.option("--csv", "csv_path", metavar="PATH", help="Write the table there as CSV.")(command)


@register.command()
@click.option("--instrument", metavar="ID", help="Only the commitments of one instrument, point by point.")
@click.option("--body", metavar="ID", help="Only those that one body is to carry out.")
@click.option(
    "--live/--no-live", default=True, show_default=True, help="Read indicators from the trade figures."
)
@database_option
@today_option
@json_option
@csv_option
def board(
    instrument: str | None,
    body: str | None,
    live: bool,
    db: str | None,
    today: Any,
    json_path: str | None,
    csv_path: str | None,
) -> None:
    """Where every commitment stands: what the parties say, what documents show, and the schedule, kept apart.

    \b
    Examples:
      tarazu register board
      tarazu register board --instrument co015 --csv execution.csv
    """
    from tarazu.cli.register_print import print_board
    from tarazu.register.views import board as view

    found = _read(db)
    actual = _live(found) if live else {}
    seen = view(found, _day(today), instrument=instrument, body=body, actual=actual)
    _save(csv_path, seen.table)
    emit(json_path, seen.to_dict(), lambda: print_board(seen))


@register.command()
@click.option("--days", default=90, show_default=True, help="How far to look ahead.")
@database_option
@today_option
@json_option
@csv_option
def due(days: int, db: str | None, today: Any, json_path: str | None, csv_path: str | None) -> None:
    """What falls due within some days, the nearest first.

    \b
    Example:
      tarazu register due --days 365
    """
    _table(_read(db).due(days, _day(today)), json_path, csv_path, f"Due within {days} days")


@register.command()
@database_option
@today_option
@json_option
@csv_option
def overdue(db: str | None, today: Any, json_path: str | None, csv_path: str | None) -> None:
    """What has passed its date without evidence that it is complete, the oldest first.

    \b
    Example:
      tarazu register overdue --today 2026-12-31
    """
    _table(_read(db).overdue(_day(today)), json_path, csv_path, "Overdue")


@register.command()
@click.option(
    "--kind", "kinds", multiple=True, help="Only these kinds of items, such as instruments. May be repeated."
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@database_option
@json_option
@csv_option
def timeline(
    kinds: tuple[str, ...],
    since: Any,
    until: Any,
    db: str | None,
    json_path: str | None,
    csv_path: str | None,
) -> None:
    """Every dated event in order.

    \b
    Example:
      tarazu register timeline --kind instruments --since 2022-01-01
    """
    found = _read(db).timeline(kinds=kinds, since=_day(since), until=_day(until))
    _table(found, json_path, csv_path, "Timeline")


@register.command()
@click.option("--by", "groups", default="", help="Count by any of year, level, side; with commas.")
@database_option
@json_option
@csv_option
def visits(groups: str, db: str | None, json_path: str | None, csv_path: str | None) -> None:
    """Visits in order, or their number by year, level and side.

    \b
    Examples:
      tarazu register visits
      tarazu register visits --by year,side
    """
    found = _read(db).visits([part.strip() for part in groups.split(",") if part.strip()])
    _table(found, json_path, csv_path, "Visits")


@register.command()
@database_option
@json_option
@csv_option
def web(db: str | None, json_path: str | None, csv_path: str | None) -> None:
    """Which instrument rests on which, which took another's place, and what each carries.

    \b
    Example:
      tarazu register web
    """
    from tarazu.register.views import web as view

    _table(view(_read(db)), json_path, csv_path, "Instruments and what they rest on")


@register.command()
@click.argument("item", metavar="ID")
@database_option
@json_option
def show(item: str, db: str | None, json_path: str | None) -> None:
    """One item with every event and every quote.

    \b
    Example:
      tarazu register show co015
    """
    from tarazu.cli.register_print import item_dict, print_item
    from tarazu.core.errors import InputError

    found = _read(db)
    if item not in found.items:
        near = [each for each in found.items if item.casefold() in each.casefold()][:5]
        hint = (
            f" Did you mean {', '.join(near)}?" if near else " `tarazu register board` lists the commitments."
        )
        raise InputError(f'"{item}" is no item of register {found.name}.{hint}')
    emit(json_path, item_dict(found.items[item]), lambda: print_item(found.items[item]))


@register.command()
@database_option
@json_option
def check(db: str | None, json_path: str | None) -> None:
    """What does not fit together: dates, deadlines, references, quotes, claims said twice. Exit code 1 with errors.

    Of a dossier's own register its statements of trade are checked too: flows far from their neighbours in time, growth
    that implies another level than was stated, impossible unit values.

    \b
    Example:
      tarazu register check
    """
    import sys

    from tarazu.cli.register_print import print_checks
    from tarazu.core.checks import errors

    found = _read(db, texts=True)
    checks = (*found.checks, *_statements(found.name))
    told = [
        {"name": c.name, "severity": str(c.severity), "where": c.where, "message": c.message} for c in checks
    ]
    emit(json_path, {"checks": told}, lambda: print_checks(checks))
    if errors(checks):
        sys.exit(EXIT_FINDINGS)


@register.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True, help="Most documents.")
@database_option
@json_option
@csv_option
def search(
    query: tuple[str, ...], limit: int, db: str | None, json_path: str | None, csv_path: str | None
) -> None:
    """What holds every word, in most of its forms; English, Russian, Kazakh and Persian.

    In a database the documents are searched; in the bundled register and in folders, which hold none, the titles,
    quotes and notes of the items.

    \b
    Examples:
      tarazu register search clearing mechanism
      tarazu register search ячмень Актау --db commission.db
    """
    from tarazu.register.search import search as find
    from tarazu.register.search import search_items

    words = " ".join(query)
    if db is None or not _is_database(db):
        _table(search_items(_read(db), words, limit), json_path, csv_path, f"Items with {words}")
        return
    with _books(db, new=False) as books:
        found = find(books, words, limit)
    _table(found, json_path, csv_path, f"Documents with {words}")


def _statements(name: str) -> tuple[Check, ...]:
    """Findings on the statements of a bundled dossier of this name."""
    import tarazu
    from tarazu.planning.dossier import check as findings

    if name not in tarazu.bundled():
        return ()
    return tuple(each for each in findings(name) if each.name in ("outlier", "implied-level", "unit-value"))


def _read(db: str | None, texts: bool = False) -> Register:
    from tarazu.register.register import Register

    if db is not None and _is_database(db):
        with _books(db, new=False) as books:
            return books.register(texts=texts)
    return Register.read(db or BUNDLED)


def _is_database(text: str) -> bool:
    from tarazu.register.reading import DATABASES

    return "://" in text or Path(text).suffix in DATABASES or Path(text).is_file()


def _books(db: str, new: bool = True) -> Books:
    from tarazu.core.errors import StoreError
    from tarazu.register.books import Books

    if not new and "://" not in db and not Path(db).exists():
        raise StoreError(f"{db}: there is no such database. `tarazu register ingest` or `import` makes one.")
    return Books(db)


def _live(found: Register) -> dict[str, tuple[float, str]]:
    """What the trade figures say, where an indicator asks for them; the baseline takes a second."""
    from tarazu.planning.commitments import live
    from tarazu.planning.dossier import load
    from tarazu.planning.prepare import from_dossier

    if not any(item["measure"] for item in found.of("indicators")):
        return {}
    return live(found, from_dossier(load(BUNDLED)).baseline)


def _day(found: Any) -> date | None:
    return found.date() if found else None


def _save(csv_path: str | None, table: Table) -> None:
    from tarazu.planning.output import write

    if csv_path:
        click.echo(write([(Path(csv_path), table.to_csv())])[0], err=True)


def _table(table: Table, json_path: str | None, csv_path: str | None, title: str) -> None:
    from tarazu.cli.register_print import print_table

    _save(csv_path, table)
    emit(json_path, {table.name: table.records()}, lambda: print_table(table, title))
