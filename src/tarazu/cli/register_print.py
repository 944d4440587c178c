"""What `tarazu register` prints: the answer first, then short tables. --csv and --json hold every column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape as escaped
from rich.table import Table as Grid

from tarazu.core.checks import Check
from tarazu.core.table import Table, is_missing
from tarazu.register.model import RECORDED, Evidence
from tarazu.register.reading import visible
from tarazu.register.schedule import OVERDUE
from tarazu.register.views import COUNTED

if TYPE_CHECKING:
    from tarazu.planning.indicators import Standing
    from tarazu.register.register import Item, Register
    from tarazu.register.review import Open
    from tarazu.register.views import Board

PIPED_WIDTH = 140  # columns when the output is no terminal
SHOWN = {  # columns printed of each table; the files hold all
    "board": ("id", "commitment", "body", "due", "official", "evidence", "schedule"),
    "execution": (
        "point",
        "id",
        "commitment",
        "body",
        "due",
        "official",
        "evidence",
        "schedule",
        "next_step",
    ),
    "due": ("due", "days", "id", "title", "body", "official", "evidence", "next_step"),
    "overdue": ("due", "days", "id", "title", "body", "official", "evidence", "next_step"),
    "timeline": ("date", "event", "item", "title", "value", "status", "source"),
    "visits": ("date", "who", "level", "guest", "host", "place", "session", "state", "source"),
    "items": ("item", "kind", "title", "hit"),
    "search": ("document", "published", "language", "title", "hit"),
    "documents": ("document", "title", "language", "published", "publisher", "suggestions"),
    "ingested": ("file", "document", "state", "same_as", "language", "published", "suggestions"),
}
SHARES = ("done",)
WORDY, LEAST_WIDTH = ("commitment", "title", "who", "hit"), 30  # what a reader looks for first
FOLDED = ("body", "sources", "source", "note", "next_step", "value", "message", "conditions")


def console() -> Console:
    """A console as wide as the terminal, or a fixed width when piped."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=PIPED_WIDTH)


def escape(text: str) -> str:
    """A text that neither the terminal nor the markup obeys, on one line."""
    return escaped(visible(text))


def print_table(table: Table, title: str) -> None:
    """A table under its title; nothing in it is said."""
    out = console()
    if not len(table):
        out.print(f"{escape(title)}: nothing.")
        return
    out.print(_grid(table, title))


def _grid(table: Table, title: str) -> Grid:
    names = SHOWN.get(table.name, tuple(column.name for column in table.columns))
    counted = table.name.startswith("visits_by_")
    number = sum(table.column(COUNTED)) if counted else len(table)
    grid = Grid(
        title=f"{escape(title)} ({number})",
        title_justify="left",
        box=None,
        padding=(0, 1),
        pad_edge=False,
    )
    for name in names:
        numeric = all(isinstance(value, (int, float)) or value is None for value in table.column(name))
        grid.add_column(
            name.replace("_", " "),
            justify="right" if numeric else "left",
            overflow="fold",
            min_width=LEAST_WIDTH if name in WORDY else None,
            no_wrap=name not in (*WORDY, *FOLDED),
        )
    for row in table:
        grid.add_row(*(escape(_cell(name, row[name])) for name in names))
    return grid


def _cell(name: str, value: Any) -> str:
    if is_missing(value) or value == "":
        return "–"
    if name in SHARES:
        return f"{value:.0%}"
    if isinstance(value, float):
        return f"{value:,.6g}"
    return str(value).replace("_", " ") if name in ("evidence", "official", "level", "event") else str(value)


def print_board(
    seen: Board, standings: Sequence[Standing] = (), lacking: Sequence[str] = (), *, points: bool = False
) -> None:
    """The state in words, every commitment (or point of one instrument), indicators against their path."""
    out = console()
    if not len(seen.table):
        out.print(
            "No commitment is recorded yet. `tarazu register add commitments` or `tarazu register ingest` begins."
        )
        return
    out.print(f"[bold]{escape(seen.sentence())}[/bold]\n")
    table = replace(seen.table, name="execution") if points else seen.table
    out.print(_grid(table, f"{'Points' if points else 'Commitments'} on {seen.today}"))
    late = [row for row in seen.table if row["schedule"] == OVERDUE]
    if late:
        out.print(
            f"\nOverdue: {', '.join(row['id'] for row in late)}. `tarazu register overdue` says by how much."
        )
    measured = [each for each in standings if each.asked is not None]
    if measured or lacking:
        out.print("\n[bold]Against the path[/bold]")
    for text in (*(each.sentence() for each in measured), *lacking):
        out.print(escape(f"- {text}"))
    if rest := len(standings) - len(measured):
        out.print(f"- {rest} more indicators have a figure and no path to a target; --json lists them.")
    out.print(
        "\nWhat the parties say, what documents show and the schedule are three statuses, kept apart on purpose."
    )


def print_item(item: Item, register: Register | None = None) -> None:
    """An item with its fields and every event; pages are known where the register brings the documents' texts."""
    out = console()
    out.print(f"[bold]{escape(item.id)}[/bold]  {escape(item.title)}  ({item.kind})\n")
    for name, value in item.fields.items():
        if not is_missing(value) and value not in ("", ()):
            first = f" (at first {item.first[name]})" if name in item.first else ""
            text = "; ".join(value) if isinstance(value, tuple) else f"{value}"
            out.print(f"  {name.replace('_', ' ')}: {escape(text + first)}")
    out.print()
    for event in item.events:
        if event.event == RECORDED and len(item.events) > 1:
            continue  # the event that its date stands for says the same
        value = "" if event.value is None else f" {event.field + ': ' if event.field else ''}{event.value}"
        by = f"; entered by {event.by} {event.recorded}" if event.by else ""
        out.print(
            escape(
                f"  {event.date or 'no date':10}  {event.event.replace('_', ' ')}{value}  [{event.status}]"
            )
        )
        source = f"{event.evidence or 'no source'}{_page(event.evidence, register)}"
        out.print(escape(f"              {source}{by}"), style="dim")
        for text in (event.evidence.quote and f'"{event.evidence.quote}"', event.note):
            if text:
                out.print(escape(f"              {text}"), style="dim")


OPENING = 600  # characters of a document's text that are printed


def print_document(row: Mapping[str, Any], items: Sequence[str], text: str) -> None:
    """A document: what is known of it, which items rest on it, and how it begins."""
    out = console()
    out.print(f"[bold]{escape(row['document'])}[/bold]  {escape(row['title'])}  (document)\n")
    for name, value in row.items():
        if name not in ("document", "title") and not is_missing(value) and value != "":
            out.print(f"  {name.replace('_', ' ')}: {escape(str(value))}")
    out.print(f"  items: {escape(', '.join(items) or 'none rests on it')}\n")
    out.print(escape(" ".join(text[:OPENING].split()) + (" …" if len(text) > OPENING else "")), style="dim")


def _page(proof: Evidence, register: Register | None) -> str:
    """The page on which a quote stands, where its document has several."""
    source = register.document(proof.document) if register and proof.start is not None else None
    if source is None or source.text is None or "\f" not in source.text:
        return ""
    from tarazu.register.documents import page

    return f", page {page(source.text, proof.start or 0)}"


def item_dict(item: Item) -> dict[str, Any]:
    """An item with its events, JSON-ready."""
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "fields": dict(item.fields),
        "first": dict(item.first),
        "events": [asdict(event) for event in item.events],
    }


def print_checks(checks: Iterable[Check]) -> None:
    """Findings by severity, and their number."""
    out = console()
    found = list(checks)
    for each in sorted(found, key=lambda check: ("error", "warning", "note").index(str(check.severity))):
        out.print(escape(f"{each.severity:8} {each.name}  {each.where}: {each.message}"))
    counts = Counter(str(each.severity) for each in found)
    out.print(f"{counts['error']} errors, {counts['warning']} warnings, {counts['note']} notes")


BESIDE = (
    "added",
    "again",
    "rests_on",
    "same_act",
    "document_parties",
    "document_session",
)  # links, told elsewhere
PLAIN = (("number_bound", "exact"), ("bound", "exact"), ("restated", False), ("umbrella", False))


def _read_as(value: Mapping[str, Any]) -> str:
    """What was read, without what the quote shows already."""
    point = value.get("low") == value.get("high") == value.get("value")
    left_out = {*BESIDE, "text", *(("low", "high") if point else ())}
    told = {
        key: each
        for key, each in value.items()
        if key not in left_out and each not in (None, [], "") and (key, each) not in PLAIN
    }
    return ", ".join(f"{key} {_plain(each)}" for key, each in told.items())


def _plain(each: Any) -> str:
    if isinstance(each, float):
        return f"{each:,.12g}"
    return " ".join((", ".join(map(str, each)) if isinstance(each, list) else str(each)).split())


def print_open(found: Sequence[Open], table: Table, one: bool = False) -> None:
    """Suggestions that wait, each with where it stands and what is known; of `one` not how to go on."""
    out = console()
    if not found:
        out.print("No suggestion waits for a decision.")
        return
    for each, row in zip(found, table, strict=True):
        out.print(
            escape(f"{each.number}  {each.kind}  {each.confidence:.0%}  {' '.join(each.quote.split())!r}")
        )
        out.print(escape(f"      {_read_as(each.value)}"), style="dim")
        for text in (row["known"], f"in document {each.document[:12]}: … {each.context} …"):
            if text:
                out.print(escape(f"      {text}"), style="dim")
    if not one:
        out.print(
            f"\n{len(found)} wait. --decide NUMBER=accept, or --export review.csv, fill in, --import review.csv."
        )
