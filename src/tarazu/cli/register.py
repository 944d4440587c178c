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
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.indicators import Standing
    from tarazu.register.books import Books
    from tarazu.register.register import Item, Register

Command = Callable[..., Any]
READABLE = click.Path(exists=True, path_type=Path)
BUNDLED = "kaz-irn"


@click.group()
def register() -> None:
    """What was promised, by whom, by when, with what evidence.

    Without --db the register bundled with the dossier is read. A database (SQLite by its path, or
    postgresql://…) is made when something is first added to it; nothing in it is ever changed or deleted.
    TARAZU_REGISTER and TARAZU_OPERATOR stand for --db and --by here, and for nothing outside this group.

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
        "--today",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="YYYY-MM-DD",
        help="Day on which it is looked at; today if not given.",
    )(command)


def csv_option(command: Command) -> Command:
    """Option --csv."""
    return click.option(
        "--csv", "csv_path", metavar="PATH|-", help="Write the table there as CSV; - is standard output."
    )(command)


def dossier_option(default: str) -> Callable[[Command], Command]:
    """Option --dossier."""
    return click.option(
        "--dossier",
        "dossier_name",
        metavar="NAME|PATH",
        help=f"Dossier with the trade figures; by default {default}. `none` for none.",
    )


@register.command()
@click.option("--instrument", metavar="ID", help="Only the commitments of one instrument, point by point.")
@click.option("--body", metavar="ID", help="Only those that one body is to carry out.")
@click.option(
    "--live/--no-live", default=True, show_default=True, help="Read indicators from the trade figures."
)
@dossier_option(f"the register's own, else {BUNDLED}")
@database_option
@today_option
@json_option
@csv_option
def board(
    instrument: str | None,
    body: str | None,
    live: bool,
    dossier_name: str | None,
    db: str | None,
    today: Any,
    json_path: str | None,
    csv_path: str | None,
) -> None:
    """Where every commitment stands: what the parties say, what documents show, and the schedule, kept apart.

    Indicators stand below it against their path: the last figure, what even growth to the target asks for that year,
    what is missing. Turnover is read from the trade figures of a dossier.

    \b
    Examples:
      tarazu register board
      tarazu register board --instrument co015 --csv execution.csv
      tarazu register board --db commission.db --dossier kaz-irn
    """
    from tarazu.cli.register_print import print_board
    from tarazu.register.views import board as view

    found, day = _read(db), _day(today)
    dossier = _dossier(dossier_name, db, BUNDLED) if live else None
    actual, standings, lacking = _measured(found, dossier, day) if live else ({}, (), [])
    seen = view(found, day, instrument=instrument, body=body, actual=actual)
    named = {item["indicator"] for row in seen.table if (item := found.items[row["id"]])}
    told = [each for each in standings if each.indicator in named or not (instrument or body)]
    data = {**seen.to_dict(), "indicators": [each.to_dict() for each in told]}

    def show() -> None:
        print_board(seen, told, lacking, points=instrument is not None)

    _written(csv_path, json_path, seen.table, data, show)


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
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="First day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Last day.")
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
@click.option(
    "--by", "groups", default="", help="Count by year, level or side, or by several of them; with commas."
)
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
    keys = dict.fromkeys(part.strip() for part in groups.split(",") if part.strip())
    found = _read(db).visits(list(keys))
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
@click.argument("item", metavar="ID|DOCUMENT")
@database_option
@json_option
def show(item: str, db: str | None, json_path: str | None) -> None:
    """One item with every event and every quote, or a document by the first letters of its SHA-256.

    \b
    Examples:
      tarazu register show co015
      tarazu register show a4c257cb5aaa --db commission.db
    """
    from tarazu.cli.register_print import item_dict, print_document, print_item
    from tarazu.core.errors import InputError

    found = _read(db, texts=True)
    if item not in found.items and (source := found.document(item)) is not None:
        row = next(each for each in _documents(db) if each["sha256"] == source.sha256)
        cited = [each.id for each in found.items.values() if _cites(each, source.sha256)]
        text = source.text if source.text is not None else _text(db, source.sha256)
        emit(json_path, {**row, "items": cited, "text": text}, lambda: print_document(row, cited, text))
        return
    if item not in found.items:
        near = [each for each in found.items if item.casefold() in each.casefold()][:5]
        hint = (
            f" Did you mean {', '.join(near)}?" if near else " `tarazu register board` lists the commitments."
        )
        raise InputError(f'"{item}" is no item of register {found.name}.{hint}')
    emit(json_path, item_dict(found.items[item]), lambda: print_item(found.items[item], found))


@register.command()
@database_option
@json_option
@csv_option
def documents(db: str | None, json_path: str | None, csv_path: str | None) -> None:
    """The documents of a database, each with the suggestions that wait for `tarazu register review`.

    \b
    Example:
      tarazu register documents --db commission.db
    """
    from tarazu.core.errors import InputError

    if db is None or not _is_database(db):
        raise InputError(
            "documents stand in a database: name it with --db. `tarazu register ingest` begins one."
        )
    _table(_documents(db), json_path, csv_path, "Documents")


def _documents(db: str | None) -> Table:
    from tarazu.register.review import ITEMS

    with _books(db or "", new=False) as books:
        return books.listing(ITEMS)


def _text(db: str | None, sha256: str) -> str:
    with _books(db or "", new=False) as books:
        return books.text(sha256)


def _cites(item: Item, sha256: str) -> bool:
    return any(proof.document and sha256.startswith(proof.document) for proof in item.evidence)


@register.command()
@dossier_option("the register's own")
@database_option
@json_option
def check(dossier_name: str | None, db: str | None, json_path: str | None) -> None:
    """What does not fit together: dates, deadlines, references, quotes, claims said twice. Exit code 1 with errors.

    With a dossier its statements of trade are checked too: flows far from their neighbours in time, growth that implies
    another level than was stated, impossible unit values. A database has none of its own: name one with --dossier.

    \b
    Examples:
      tarazu register check
      tarazu register check --db commission.db --dossier kaz-irn
    """
    import sys

    from tarazu.cli.register_print import print_checks
    from tarazu.core.checks import errors
    from tarazu.planning.output import check_dict

    found = _read(db, texts=True)
    place = _dossier_place(dossier_name, db, None)
    checks = (*found.checks, *(_statements(place) if place else ()))

    def show() -> None:
        print_checks(checks)
        if place is None:
            click.echo("Statements of trade were not checked: --dossier names the dossier that holds them.")

    emit(json_path, {"checks": [check_dict(each) for each in checks]}, show)
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
    """What holds every word, in most of its forms; English, Russian, Kazakh and Persian. Case does not matter.

    In a database the documents are searched; where there are none, as in the bundled register and in folders, the
    titles, quotes and notes of the items.

    \b
    Examples:
      tarazu register search clearing mechanism
      tarazu register search ячмень Актау --db commission.db
    """
    from tarazu.register.search import search as find
    from tarazu.register.search import search_items

    words = " ".join(query)
    if db is not None and _is_database(db):
        with _books(db, new=False) as books:
            if books.documents():
                found = find(books, words, limit)
                _table(found, json_path, csv_path, f"Documents with {words}")
                return
    _table(search_items(_read(db), words, limit), json_path, csv_path, f"Items with {words}")


def _statements(place: str) -> tuple[Check, ...]:
    """Findings on the statements of a dossier."""
    from tarazu.planning.dossier import check as findings

    return tuple(each for each in findings(place) if each.name in ("outlier", "implied-level", "unit-value"))


def _read(db: str | None, texts: bool = False) -> Register:
    from tarazu.register.register import Register

    if db is not None and _is_database(db):
        with _books(db, new=False) as books:
            return books.register(texts=texts)
    return Register.read(BUNDLED if db is None else db)


def _is_database(text: str) -> bool:
    from tarazu.register.reading import DATABASES

    return "://" in text or Path(text).suffix in DATABASES or Path(text).is_file()


def _books(db: str, new: bool = True) -> Books:
    from tarazu.core.errors import StoreError
    from tarazu.register.books import Books

    if not new and "://" not in db and not Path(db).exists():
        raise StoreError(f"{db}: there is no such database. `tarazu register ingest` or `import` makes one.")
    return Books(db, new=new)


def _dossier_place(name: str | None, db: str | None, usual: str | None) -> str | None:
    """Where the trade figures stand: the dossier asked for, else the register's own, else the usual one."""
    import tarazu
    from tarazu.planning.partnership import PARTNERSHIP

    if name is not None:
        return None if name == "none" else name
    own = BUNDLED if db is None else db
    return own if own in tarazu.bundled() or (Path(own) / PARTNERSHIP).is_file() else usual


def _dossier(name: str | None, db: str | None, usual: str | None) -> Dossier | None:
    from tarazu.planning.dossier import load

    place = _dossier_place(name, db, usual)
    return load(place) if place else None


def _measured(
    found: Register, dossier: Dossier | None, today: date | None
) -> tuple[dict[str, tuple[float, str]], tuple[Standing, ...], list[str]]:
    """Live figures, indicators against their path, and what is said of those without trade figures.

    The baseline takes a second, so it is pooled only where an indicator asks for it.
    """
    from tarazu.planning.indicators import lacking, live, standings
    from tarazu.planning.prepare import from_dossier

    asked = any(item["measure"] for item in found.of("indicators"))
    pooled = from_dossier(dossier).baseline if dossier and asked else None
    actual = live(found, pooled, today or date.today()) if pooled else {}
    return actual, standings(found, dossier, pooled, today), lacking(found, dossier, pooled)


def _day(found: Any) -> date | None:
    return found.date() if found else None


def _written(
    csv_path: str | None, json_path: str | None, table: Table, data: Any, show: Callable[[], None]
) -> None:
    """A table as CSV, JSON or print; what goes to standard output goes there alone."""
    from tarazu.planning.output import json_text, write

    if csv_path == json_path == "-":
        raise click.UsageError("only one of --csv and --json can go to standard output.")
    if csv_path and csv_path != "-":
        click.echo(write([(Path(csv_path), table.to_csv())])[0], err=True)
    if csv_path != "-":
        emit(json_path, data, show)
        return
    click.echo(table.to_csv(), nl=False)
    if json_path:
        click.echo(write([(Path(json_path), json_text(data))])[0], err=True)


def _table(table: Table, json_path: str | None, csv_path: str | None, title: str) -> None:
    from tarazu.cli.register_print import print_table

    data = {table.name: table.records()}
    _written(csv_path, json_path, table, data, lambda: print_table(table, title))
