"""`tarazu register`, the commands that enter: add, ingest. `review` stands in a file of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli import register_exchange, register_review  # noqa: F401  (their commands join the group)
from tarazu.cli.register import _books, _day, books_option, register
from tarazu.cli.shared import EXIT_FINDINGS, emit, json_option, progress

if TYPE_CHECKING:
    from tarazu.core.table import Table
    from tarazu.register.intake import Publication


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
    from tarazu.register.model import PROOF, openings

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
            if kind != "event" and openings(kind) and len(events) == 1:
                click.echo(_unopened(item.id, openings(kind)[0]))
        else:
            click.echo(f"{events[0].item} is withdrawn.")
        if found:
            print_checks(found)

    emit(json_path, data, show)


def _unopened(item: str, usual: str) -> str:
    return (
        f"Recorded without an event: no date is known, so it is not said to be {usual.replace('_', ' ')}. "
        f"`tarazu register add event item={item} event={usual} date=…` adds it."
    )


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

    A hyphen is a text on standard input. Each suggestion waits for `tarazu register review`. A document known already
    is not entered again. Exit code 1 where a file could not be read, the others are kept; and where a folder holds no
    file.

    \b
    Examples:
      tarazu register ingest minutes-19.docx --published 2023-12-04 --publisher "Prime Minister's office" \\
          --db commission.db --by secretariat
      tarazu register ingest releases/ --db commission.db --by secretariat --json -
    """
    from tarazu.register.intake import Publication

    about = Publication(_day(published), publisher, url)
    if Path("-") in files:
        with tempfile.TemporaryDirectory() as folder:
            typed = Path(folder) / "standard-input.txt"
            typed.write_bytes(sys.stdin.buffer.read())
            _take_in(
                [typed if path == Path("-") else path for path in files], about, encoding, db, by, json_path
            )
        return
    _take_in(files, about, encoding, db, by, json_path)


def _take_in(
    files: Sequence[Path],
    about: Publication,
    encoding: str | None,
    db: str,
    by: str,
    json_path: str | None,
) -> None:
    """Enter files and say what became of each."""
    from tarazu.cli.register_print import print_checks, print_table
    from tarazu.core.checks import Check as Finding
    from tarazu.core.checks import errors
    from tarazu.core.table import Table
    from tarazu.planning.output import check_dict
    from tarazu.register.intake import COLUMNS, Ingested, ingest

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
