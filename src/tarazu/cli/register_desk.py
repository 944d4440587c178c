"""`tarazu register`, the commands that enter: add, ingest, review."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli import register_exchange  # noqa: F401  (its commands join the group)
from tarazu.cli.register import _books, _day, books_option, register
from tarazu.cli.shared import EXIT_FINDINGS, emit, json_option, progress

if TYPE_CHECKING:
    from tarazu.core.checks import Check
    from tarazu.core.table import Table
    from tarazu.register.books import Books
    from tarazu.register.review import Decision, Open


@register.command()
@click.argument("kind", metavar="KIND|event")
@click.argument("fields", nargs=-1, metavar="FIELD=VALUE...")
@partial(books_option, needed=False)
@json_option
def add(kind: str, fields: tuple[str, ...], db: str | None, by: str | None, json_path: str | None) -> None:
    """Record an item, or with `event` what happened to one. Entries are never changed: correct by an event.

    KIND is instruments, commitments, milestones, indicators, bodies, roles, visits, memberships, zones, investments or
    sectors. `tarazu register add KIND` without fields lists them with their meaning.

    \b
    Examples:
      tarazu register add commitments
      tarazu register add commitments id=co101 title="Open a trade house" form=obligation \\
          parties=KAZ due=2027 publisher="Ministry of Trade" date=2026-02 --db c.db --by secretariat
      tarazu register add event item=co101 event=official value=in_progress date=2026-05 --db c.db --by secretariat
      tarazu register add event item=co101 event=revised field=due value=2028 date=2026-11 --db c.db --by secretariat
    """
    from tarazu.cli.register_print import item_dict, print_checks, print_item
    from tarazu.planning.output import check_dict
    from tarazu.register.books import new_event, new_item
    from tarazu.register.model import PROOF

    if not fields:
        columns = _explained(kind)
        emit(json_path, {kind: columns}, lambda: _explain(columns))
        return
    if not db or not by:
        raise click.UsageError("name the database with --db and who enters this with --by.")
    values = _pairs(fields)
    with _books(db) as books:
        before = books.register()
        if kind == "event":
            events: Sequence[Any] = (new_event(before, values),)
        else:
            source = {name: text for name, text in values.items() if name in PROOF}
            events = new_item(
                kind, {name: text for name, text in values.items() if name not in PROOF}, source
            )
        entered = books.add(events, by)
        item = books.register().items.get(events[0].item)
        found = books.contradictions(before)
    data = {
        **(item_dict(item) if item else {"id": events[0].item, "withdrawn": True}),
        "entered": [asdict(each) for each in entered],
        "checks": [check_dict(each) for each in found],
    }

    def show() -> None:
        if item:
            print_item(item)
        else:
            click.echo(f"{events[0].item} is withdrawn.")
        if found:
            print_checks(found)

    emit(json_path, data, show)


def _explained(kind: str) -> list[dict[str, Any]]:
    """Fields of a kind of items, or the kinds of events, with their meaning."""
    from tarazu.core.errors import InputError
    from tarazu.register.model import event_types, fields, kinds, openings, proof

    if kind == "event":
        return [
            {
                "event": name,
                "of": list(each.kinds),
                "meaning": each.meaning,
                "value": list(each.choices) or each.value,
            }
            for name, each in event_types().items()
        ]
    if kind not in kinds():
        raise InputError(f'"{kind}" is no kind of item. Write event, or one of: {", ".join(kinds())}.')
    found = [
        {
            "field": variable.column,
            "meaning": variable.meaning,
            "one_of": list(variable.allowed) if variable.type == "choice" else [],
            "needed": variable.required,
        }
        for variable in (*fields(kind).values(), *proof().values())
    ]
    if openings(kind):
        meaning = "What the date stands for; the first if not given."
        found.append({"field": "event", "meaning": meaning, "one_of": list(openings(kind)), "needed": False})
    return found


def _explain(columns: Sequence[dict[str, Any]]) -> None:
    for each in columns:
        if "event" in each:
            value = " | ".join(each["value"]) if isinstance(each["value"], list) else each["value"]
            click.echo(
                f"{each['event']} ({', '.join(each['of'])}): {each['meaning']}{f' value: {value}.' if value else ''}"
            )
            continue
        allowed = f" One of: {', '.join(each['one_of'])}." if each["one_of"] else ""
        click.echo(f"{each['field']}: {each['meaning']}{allowed}{' Needed.' if each['needed'] else ''}")


def _pairs(fields: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in fields:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(f'"{text}": write FIELD=VALUE, such as title="Open a trade house".')
        if name.strip() in found:
            raise click.UsageError(f"{name.strip()} is given twice.")
        found[name.strip()] = value
    return found


@register.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--published",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Day of publication, where the files do not say.",
)
@click.option("--publisher", default="", help="Who published them.")
@click.option("--url", default="", help="Where they stand on the web.")
@click.option("--encoding", help="Encoding of text files, where it is not UTF-8 and is not recognised.")
@books_option
@json_option
def ingest(
    files: tuple[Path, ...],
    published: Any,
    publisher: str,
    url: str,
    encoding: str | None,
    db: str,
    by: str,
    json_path: str | None,
) -> None:
    """Keep documents and what a reader might take from them: text, HTML, PDF with text, DOCX; folders are walked.

    Each suggestion waits for `tarazu register review`. A document known already is not entered again. Exit code 1
    where a file could not be read, the others are kept; and where a folder holds no file.

    \b
    Examples:
      tarazu register ingest minutes-19.docx --published 2023-12-04 --publisher "Prime Minister's office" \\
          --db commission.db --by secretariat
      tarazu register ingest releases/ --db commission.db --by secretariat --json -
    """
    from tarazu.cli.register_print import print_checks, print_table
    from tarazu.core.checks import Check as Finding
    from tarazu.core.checks import errors
    from tarazu.core.table import Table
    from tarazu.planning.output import check_dict
    from tarazu.register.intake import COLUMNS, Ingested, Publication, ingest

    about = Publication(_day(published), publisher, url)
    paths = _walked(files)
    bare = [
        Finding.error("no-files", str(path), "holds no file to read. Name another folder, or the files.")
        for path in files
        if path.is_dir() and not _walked([path])
    ]
    found = Ingested(Table("ingested", COLUMNS, ()), ())
    if paths:  # no database is begun for nothing
        with _books(db) as books, progress() as step:
            found = ingest(books, paths, by, about, encoding=encoding, progress=step)
    checks = (*bare, *found.checks)
    counts = _counts(found.table, len(paths))

    def show() -> None:
        if len(found.table):
            print_table(found.table, "Documents")
        if checks:
            print_checks(checks)
        click.echo(_said(counts))

    data = {**found.to_dict(), "counts": counts}
    data["checks"] = [{**check_dict(each), "file": each.where.partition(", page")[0]} for each in checks]
    emit(json_path, data, show)
    if errors(checks):
        sys.exit(EXIT_FINDINGS)


def _counts(table: Table, files: int) -> dict[str, int]:
    """Files by what became of them."""
    from tarazu.register.intake import KNOWN

    known = sum(row["state"] == KNOWN for row in table)
    return {
        "files": files,
        "entered": len(table) - known,
        "known": known,
        "not_entered": files - len(table),
        "suggestions": sum(row["suggestions"] for row in table),
    }


def _said(counts: dict[str, int]) -> str:
    text = f"{counts['entered']} of {counts['files']} files entered"
    text += f", {counts['known']} known already" if counts["known"] else ""
    text += f", {counts['not_entered']} without a text that can be read" if counts["not_entered"] else ""
    waiting = counts["suggestions"]
    return f"{text}. New suggestions: {waiting}{'; see tarazu register review' if waiting else ''}."


def _walked(files: Sequence[Path]) -> list[Path]:
    """Files as named, and those below folders in order of their names; hidden ones are left."""
    found: list[Path] = []
    for path in files:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            found.append(path)
    return found


@register.command()
@click.option(
    "--kind", "kinds", multiple=True, help="Kinds of suggestions; by default those that become items."
)
@click.option("--document", help="Only one document, by the first letters of its SHA-256.")
@click.option(
    "--repeats", is_flag=True, help="Also further mentions of what a document says elsewhere already."
)
@click.option(
    "--least", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Least confidence, 0 to 1."
)
@click.option(
    "--decide", "decided", multiple=True, metavar="NUMBER=accept|reject", help="Decide one. May be repeated."
)
@click.option(
    "--item", default="", help="With one --decide: the item it is added to, or the id of the new one."
)
@click.option("--export", "out", metavar="PATH|-", help="Write a table to fill in; - is standard output.")
@click.option(
    "--import", "filled", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read it back."
)
@click.option("--list", "listed", is_flag=True, help="Only list; do not ask.")
@books_option
@json_option
def review(
    kinds: tuple[str, ...],
    document: str | None,
    repeats: bool,
    least: float,
    decided: tuple[str, ...],
    item: str,
    out: str | None,
    filled: Path | None,
    listed: bool,
    db: str,
    by: str,
    json_path: str | None,
) -> None:
    """Take or refuse suggestions: one by one with the keyboard, by number, or in a CSV table sent round.

    In a terminal each suggestion is shown with its place and what the register knows; a takes it, r refuses it, s
    leaves it, e edits its title and id, q ends. Piped, or with --list, they are listed.

    \b
    Examples:
      tarazu register review --db commission.db --by secretariat
      tarazu register review --export review.csv --db commission.db --by secretariat
      tarazu register review --import review.csv --db commission.db --by secretariat
      tarazu register review --decide 12=accept --item co008 --db commission.db --by secretariat
    """
    from tarazu.cli.register_print import print_open
    from tarazu.core.errors import InputError
    from tarazu.planning.output import write
    from tarazu.register.review import review_table, waiting

    made, checks = _read_decisions(decided, item, filled)
    with _books(db, new=False) as books:
        if decided or filled:
            _carry_out(books, made, checks, by, json_path)
            return
        if document and not any(sha.startswith(document) for sha in books.register().documents):
            raise InputError(
                f'no document of the register begins with "{document}". `tarazu register ingest` prints their letters.'
            )
        found = waiting(books, document=document, kinds=kinds, least=least, repeats=repeats)
        table = review_table(books, found)
        if out == "-":
            click.echo(table.to_csv(), nl=False)
        elif out:
            click.echo(write([(Path(out), table.to_csv())])[0])
        elif json_path is None and not listed and sys.stdin.isatty():
            _ask(books, found, by)
        else:
            emit(json_path, {"suggestions": table.records()}, lambda: print_open(found, table))


def _read_decisions(
    decided: Sequence[str], item: str, filled: Path | None
) -> tuple[list[Decision], list[Check]]:
    from tarazu.core.checks import Check as Finding
    from tarazu.core.schema import read_text
    from tarazu.register.review import decisions

    if item and len(decided) != 1:
        raise click.UsageError("--item goes with one --decide.")
    rows = []
    for text in decided:
        number, _, word = text.partition("=")
        if not word.strip():
            raise click.UsageError(f'--decide "{text}": write NUMBER=accept or NUMBER=reject.')
        rows.append({"number": number, "decision": word, "item": item})
    made, checks = decisions(rows, "--decide")
    if filled:
        text_of = read_text(filled)
        if isinstance(text_of, Finding):
            return made, [*checks, text_of]
        more, found = decisions(_rows(text_of, filled.name), filled.name)
        made, checks = [*made, *more], [*checks, *found]
    return made, checks


def _rows(text: str, file: str) -> list[dict[str, str]]:
    """Rows of a filled-in table, whichever of comma, semicolon and tab its program wrote."""
    from tarazu.core.errors import InputError

    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter)
    missing = [name for name in ("number", "decision") if name not in (rows.fieldnames or ())]
    if missing:
        raise InputError(
            f"{file}: the column {' and '.join(missing)} is missing. Fill in the table that "
            "`tarazu register review --export` wrote, and leave its header."
        )
    return list(rows)


def _carry_out(
    books: Books, made: Sequence[Decision], checks: Sequence[Check], by: str, json_path: str | None
) -> None:
    """Each decision by itself: one that cannot be carried out is named, the others stand."""
    from tarazu.cli.register_print import print_checks
    from tarazu.core.checks import Check as Finding
    from tarazu.core.errors import InputError
    from tarazu.planning.output import check_dict
    from tarazu.register.review import decide

    found, told = list(checks), []
    before = books.register()
    for decision in made:
        try:
            events = decide(books, decision, by)
            told.append({"number": decision.number, "item": events[0].item if events else None})
        except InputError as error:
            found.append(Finding.error("not-carried-out", f"suggestion {decision.number}", str(error)))
    found += books.contradictions(before)

    def show() -> None:
        taken = [each for each in told if each["item"]]
        click.echo(f"{len(taken)} taken, {len(told) - len(taken)} refused.")
        for each in taken:
            click.echo(f"  {each['number']} -> {each['item']}")
        if found:
            print_checks(found)

    emit(json_path, {"decided": told, "checks": [check_dict(each) for each in found]}, show)
    if any(each.name in ("not-carried-out", "unknown-decision", "unknown-suggestion") for each in found):
        sys.exit(EXIT_FINDINGS)


def _ask(books: Books, found: Sequence[Open], by: str) -> None:
    """One suggestion after another, by single keys."""
    from tarazu.cli.register_print import print_open
    from tarazu.core.errors import InputError
    from tarazu.register.review import Decision, current, decide, review_table

    for done, read in enumerate(found, start=1):
        each = current(books, read.number)
        print_open([each], review_table(books, [each]), one=True)
        item, title, parties = each.same or "", "", ""
        while True:
            click.echo(f"{done} of {len(found)}: [a]ccept, [r]eject, [s]kip, [e]dit, [q]uit? ", nl=False)
            try:
                key = click.getchar().lower()
            except (KeyboardInterrupt, EOFError):
                click.echo("\nStopped; what was taken before stands.")
                return
            click.echo(key)
            if key == "e":
                item = click.prompt("id of a known item, new, or new:ID", default=item or "new")
                title = click.prompt("title", default=" ".join(each.quote.split()))
                parties = click.prompt(
                    "parties, as KAZ;IRN", default=";".join(each.value.get("parties") or ())
                )
                continue
            if key == "q":
                return
            if key == "s":
                break
            if key in "ar":
                try:
                    made = Decision(each.number, key == "a", item=item, title=title, parties=parties)
                    for event in decide(books, made, by):
                        click.echo(f"  {event.item}: {event.event.replace('_', ' ')} {event.date}".rstrip())
                    break
                except InputError as error:
                    click.echo(f"Not entered: {error}")
