"""`tarazu register review`: suggestions taken or refused by number, in a table sent round, or with the keyboard."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli.register import _books, books_option, register
from tarazu.cli.shared import EXIT_FINDINGS, emit, json_option

if TYPE_CHECKING:
    from tarazu.core.checks import Check
    from tarazu.register.books import Books
    from tarazu.register.model import Event
    from tarazu.register.review import Decision, Open

BYTE_ORDER_MARK = "\ufeff"  # by which spreadsheets know that a file is UTF-8
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")  # a day as spreadsheets of the region write it


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
    "--import",
    "filled",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Read it back; - is standard input. Days may be written 26.04.2023 too.",
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
    leaves it, b goes back to the one before, e edits its id, title, parties and dates, q ends. Piped, or with --list,
    they are listed.

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
            click.echo(write([(Path(out), BYTE_ORDER_MARK + table.to_csv())])[0])
        elif json_path is None and not listed and sys.stdin.isatty():
            _ask(books, found, by)
        else:
            emit(json_path, {"suggestions": table.records()}, lambda: print_open(found, table))


def _read_decisions(
    decided: Sequence[str], item: str, filled: Path | None
) -> tuple[list[Decision], list[Check]]:
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
        name = "standard input" if str(filled) == "-" else filled.name
        more, found = decisions(_rows(_filled_in(filled), name), name)
        made, checks = [*made, *more], [*checks, *found]
    return made, checks


def _filled_in(path: Path) -> str:
    """Text of a filled-in table, from a file or standard input.

    Raises
    ------
    InputError
        If it is not UTF-8.
    """
    from tarazu.core.checks import Check as Finding
    from tarazu.core.errors import InputError
    from tarazu.core.schema import read_text

    if str(path) != "-":
        found = read_text(path)
        if isinstance(found, Finding):
            raise InputError(f"{found.where}: {found.message} Spreadsheets offer it as CSV UTF-8.")
        return found
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input: is not UTF-8 text (byte {error.start + 1}).") from None


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
    dated = ({**row, **{name: iso(row.get(name) or "") for name in ("date", "due")}} for row in rows)
    return list(dated)


def iso(text: str) -> str:
    """A day that a spreadsheet wrote as 26.04.2023, day first, as 2023-04-26; anything else as it is."""
    found = _DOTTED.fullmatch(text.strip())
    if not found:
        return text
    day, month, year = map(int, found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text  # no such day: entering it says so


def _carry_out(
    books: Books, made: Sequence[Decision], checks: Sequence[Check], by: str, json_path: str | None
) -> None:
    """Each decision by itself: one that cannot be carried out is named, the others stand."""
    from tarazu.cli.register_print import print_checks
    from tarazu.core.checks import Check as Finding
    from tarazu.core.errors import InputError
    from tarazu.planning.output import check_dict

    found, told = list(checks), []
    before = books.register()
    for decision in made:
        try:
            events = _decide(books, decision, by)
            told.append({"number": decision.number, "item": events[0].item if events else None})
        except InputError as error:
            where = f"suggestion {decision.number}"
            found.append(Finding.error("not-carried-out", where, str(error).removeprefix(f"{where}: ")))
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


def _decide(books: Books, decision: Decision, by: str) -> tuple[Event, ...]:
    """Carry out a decision; where another person decided the same suggestion first, say who.

    Raises
    ------
    InputError
        As of `review.decide`, and where the suggestion is decided.
    """
    from sqlalchemy.exc import IntegrityError

    from tarazu.core.errors import InputError
    from tarazu.register.review import decide

    try:
        return decide(books, decision, by)
    except (IntegrityError, InputError) as error:
        who = books.decided_by(decision.number)
        if who is None:
            raise
        when = "meanwhile" if isinstance(error, IntegrityError) else "already"
        raise InputError(f"suggestion {decision.number} was decided by {who} {when}.") from None


def _ask(books: Books, found: Sequence[Open], by: str) -> None:
    """One suggestion after another, by single keys."""
    from tarazu.core.errors import InputError
    from tarazu.register.review import current

    at = 0
    while at < len(found):
        try:
            each = current(books, found[at].number)
        except InputError as error:
            who = books.decided_by(found[at].number)
            click.echo(
                f"suggestion {found[at].number} was decided by {who} meanwhile." if who else str(error)
            )
            at += 1
            continue
        key = _ask_one(books, each, f"{at + 1} of {len(found)}", by)
        if key == "q":
            return
        if key == "b":
            earlier = [n for n in range(at) if books.decided_by(found[n].number) is None]
            if not earlier:
                click.echo("No suggestion before this one waits; what was decided stands.")
            at = earlier[-1] if earlier else at
        else:
            at += 1


def _ask_one(books: Books, each: Open, place: str, by: str) -> str:
    """Show a suggestion and ask until it is decided or left; the last key."""
    from tarazu.cli.register_print import print_open
    from tarazu.core.errors import InputError
    from tarazu.register.review import Decision, review_table

    table = review_table(books, [each])
    print_open([each], table, one=True)
    made = Decision(each.number, True, item=each.same or "")
    while True:
        click.echo(f"{place}: [a]ccept, [r]eject, [s]kip, [b]ack, [e]dit, [q]uit? ", nl=False)
        try:
            key = click.getchar().lower()
        except (KeyboardInterrupt, EOFError):
            click.echo("\nStopped; what was taken before stands.")
            return "q"
        click.echo(key)
        if key == "e":
            made = _edited(books, made, next(iter(table)))
            click.echo("Not taken yet: a takes it as edited.")
        elif key in ("q", "s", "b"):
            return key
        elif key in ("a", "r"):
            try:
                for event in _decide(books, replace(made, accepted=key == "a"), by):
                    click.echo(f"  {event.item}: {event.event.replace('_', ' ')} {event.date}".rstrip())
                return key
            except InputError as error:
                click.echo(f"Not entered: {error}")
                if books.decided_by(each.number):
                    return key


def _edited(books: Books, made: Decision, row: Any) -> Decision:
    """A decision with what is typed; what cannot be is said at once and asked again."""
    from tarazu.core.cells import Problem, parse
    from tarazu.register.model import proof
    from tarazu.register.register import span

    items = books.register().items

    def known(text: str) -> str:
        name = text.strip()
        chosen = name.removeprefix("new:")
        if name == "new" or (name in items) or (name.startswith("new:") and chosen and chosen not in items):
            return name
        taken = f"{chosen} is in the register already" if chosen in items else f'"{name}" is no item'
        raise click.BadParameter(f"{taken}. Write the id of a known one, new, or new:ID.")

    def day(text: str) -> str:
        found = parse(iso(text), proof()["date"])
        if isinstance(found, Problem):
            raise click.BadParameter(found.message)
        return found or ""

    def due(text: str) -> str:
        if text.strip() and span(iso(text.strip())) is None:
            raise click.BadParameter(
                f'"{text}" is no date. Write 2026, 2026-Q2, 2026-12-31 or 2024-01/2025-12.'
            )
        return iso(text.strip())

    quote = " ".join(str(row["quote"]).split())
    return replace(
        made,
        item=_prompt("id of a known item, new, or new:ID", made.item or row["item"] or "new", known),
        title=_prompt("title", made.title or row["title"] or quote, str),
        parties=_prompt("parties, as KAZ;IRN", made.parties or row["parties"], str),
        date=_prompt("date on which it happened", made.date or row["date"], day),
        due=_prompt("due date of a commitment", made.due or row["due"], due),
    )


def _prompt(text: str, default: Any, read: Callable[[str], str]) -> str:
    """What is typed, or what stands in brackets; nothing where both are empty."""
    told = str(default or "")
    return str(click.prompt(text, default=told, show_default=bool(told), value_proc=read)).strip()
