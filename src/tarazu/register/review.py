"""Review: a person takes or refuses each suggestion; only what is taken enters the register.

What is taken becomes an item, or is added to one that says the same: a target said again is a `restated` event, not a
second promise (`tarazu.register.taken`). An act that a document tells several times is asked about once. Decisions are
kept with who took them; they are made in the terminal or in a CSV file that is sent round.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from tarazu.core.checks import Check, place
from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table
from tarazu.register import tables
from tarazu.register.books import Books, operator
from tarazu.register.links import SAME, between, links
from tarazu.register.model import Event
from tarazu.register.register import Register, span
from tarazu.register.suggestions import KINDS
from tarazu.register.taken import becomes

ACCEPT, REJECT = "accept", "reject"
# Kinds of suggestions that become items.
ITEMS = {
    "target": "commitments",
    "commitment": "commitments",
    "instrument": "instruments",
    "visit": "visits",
    "session": "bodies",
    "body": "bodies",
    "membership": "memberships",
    "event": "sectors",
}
AROUND = 80  # characters of context on each side

COLUMNS = (
    Column("number"),
    Column("document", "", "first letters of its SHA-256"),
    Column("kind"),
    Column("quote"),
    Column("value", "", "as it was read, in JSON"),
    Column("rule"),
    Column("confidence", "share"),
    Column("known", "", "items that say the same or something else"),
    Column("elsewhere", "", "suggestions of other documents with the same amount"),
    Column("decision", "", "write accept or reject"),
    Column("item", "", "id of the item it is added to; new for a new one, new:ID to choose its id"),
    Column("title", "", "title of a new item; the quote if empty"),
    Column("parties", "", "ISO codes of who signed or promised, separated by ;"),
    Column("date", "", "when it happened, where the text says it; nothing is assumed"),
    Column("due", "", "due date of a commitment"),
    Column("note"),
    Column("context", "", "the words around it"),
    Column("start", "characters"),
    Column("end", "characters"),
)


@dataclass(frozen=True, slots=True)
class Open:
    """One suggestion that waits for a decision."""

    number: int
    document: str
    kind: str
    start: int
    end: int
    quote: str
    context: str
    rule: str
    confidence: float
    value: Mapping[str, Any]
    known: tuple[Mapping[str, str], ...]
    published: str
    publisher: str
    url: str

    @property
    def same(self) -> str | None:
        """The item that says the same, if one is known."""
        return next((each["item"] for each in self.known if each["how"] == SAME), None)


def waiting(
    books: Books,
    *,
    document: str | None = None,
    kinds: Sequence[str] = (),
    least: float = 0.0,
    repeats: bool = False,
) -> tuple[Open, ...]:
    """Suggestions without a decision, by document and place; what rests on a document behind that document.

    Parameters
    ----------
    document
        First letters of a document's SHA-256.
    kinds
        Only these kinds; by default those that become items.
    least
        Least confidence.
    repeats
        Also the mentions of an act that is asked about elsewhere in the document.
    """
    wanted = tuple(kinds) or tuple(ITEMS)
    unknown = [kind for kind in wanted if kind not in KINDS]
    if unknown:
        raise InputError(
            f'"{unknown[0]}" is no kind of suggestion. Write one of: {", ".join(KINDS)}; repeat --kind.'
        )
    which = [tables.suggestion.c.kind.in_(wanted), tables.suggestion.c.confidence >= least]
    if document:
        which.append(tables.document.c.sha256.startswith(document, autoescape=True))
    return _in_order(each for each in _undecided(books, *which) if repeats or "same_act" not in each.value)


def current(books: Books, number: int) -> Open:
    """One suggestion that waits, with its links as they are now: more may have been taken since it was read.

    Raises
    ------
    InputError
        If there is none of this number, or it is decided.
    """
    found = _undecided(books, tables.suggestion.c.number == number)
    if not found:
        raise InputError(
            f"suggestion {number}: there is none that waits for a decision. See `tarazu register review`."
        )
    return _linked(books, books.register(), found[0])


def _undecided(books: Books, *which: sa.ColumnElement[bool]) -> list[Open]:
    taken = sa.select(tables.decision.c.suggestion)
    query = (
        sa.select(
            tables.suggestion,
            tables.document.c.sha256,
            tables.document.c.text,
            tables.document.c.published,
            tables.document.c.publisher,
            tables.document.c.url,
        )
        .join(tables.document, tables.document.c.number == tables.suggestion.c.document)
        .where(tables.suggestion.c.number.not_in(taken), *which)
        .order_by(tables.suggestion.c.document, tables.suggestion.c.start_char, tables.suggestion.c.number)
    )
    with books.database.reading() as connection:
        return [_open(row) for row in connection.execute(query).mappings()]


def _in_order(found: Iterable[Open]) -> tuple[Open, ...]:
    """By document and place, but a provision behind its document, so that it can rest on it."""
    held = tuple(found)
    starts = {each.number: each.start for each in held}
    order = {name: place for place, name in enumerate(dict.fromkeys(each.document for each in held))}

    def place(each: Open) -> tuple[int, int, bool, int]:
        anchor = max(each.start, starts.get(each.value.get("rests_on", 0), 0))
        return order[each.document], anchor, anchor > each.start, each.start

    return tuple(sorted(held, key=place))


def _open(row: Mapping[Any, Any]) -> Open:
    start, end, text = row["start_char"], row["end_char"], row["text"]
    return Open(
        number=row["number"],
        document=row["sha256"],
        kind=row["kind"],
        start=start,
        end=end,
        quote=text[start:end],
        context=" ".join(text[max(start - AROUND, 0) : end + AROUND].split()),
        rule=row["rule"],
        confidence=row["confidence"],
        value=json.loads(row["value"]),
        known=tuple(json.loads(row["links"])),
        published=row["published"],
        publisher=row["publisher"],
        url=row["url"],
    )


def review_table(books: Books, found: Sequence[Open]) -> Table:
    """Suggestions as a table to be filled in and given back."""
    elsewhere = between((each.number, each.document, {**each.value, "kind": each.kind}) for each in found)
    rows = [
        {
            **{
                name: getattr(each, name)
                for name in ("number", "kind", "quote", "rule", "confidence", "context")
            },
            "document": each.document[:12],
            "value": json.dumps(each.value, ensure_ascii=False, sort_keys=True),
            "known": "; ".join(
                (*(f"{link['how']} {link['item']}: {link['why']}" for link in each.known), *_more(each))
            ),
            "elsewhere": "; ".join(map(str, elsewhere.get(each.number, ()))),
            "item": each.same,
            "parties": ";".join(each.value.get("parties") or ()),
            "date": each.value.get("date"),
            "due": _due(each.value.get("due")),
            "start": each.start,
            "end": each.end,
        }
        for each in found
    ]
    return Table.build("review", COLUMNS, rows)


def _due(text: Any) -> str:
    found = span(str(text)) if text else None
    return found.label if found else ""


def _more(each: Open) -> Iterable[str]:
    """Where the same document says it again, and on which suggestion a provision rests."""
    if again := each.value.get("again"):
        yield f"said again in this document: {', '.join(map(str, again))}"
    if rests := each.value.get("rests_on"):
        yield f"stands in suggestion {rests}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides on one suggestion; see the columns of the review table."""

    number: int
    accepted: bool
    item: str = ""
    title: str = ""
    parties: str = ""
    date: str = ""
    due: str = ""
    note: str = ""


def decide(books: Books, decision: Decision, by: str) -> tuple[Event, ...]:
    """Carry out one decision.

    Raises
    ------
    InputError
        If the suggestion is unknown or decided already, or what it would become cannot be entered.
    """
    who = operator(by)
    found = current(books, decision.number)
    events: tuple[Event, ...] = ()
    item = ""
    if decision.accepted:
        events = becomes(books.register(), found, decision)
        item = events[0].item
    with books.database.writing() as connection:
        books.enter(connection, events, who)
        number = 1 + int(connection.scalar(sa.select(sa.func.max(tables.decision.c.number))) or 0)
        row = (number, decision.number, decision.accepted, item, decision.note, who, books.now())
        books.database.insert(connection, tables.decision, [row])
    return events


def _linked(books: Books, register: Register, found: Open) -> Open:
    """A suggestion with its links as they are now, and the item in which it stands: more may have been taken."""
    known = tuple(
        {"item": link.item, "how": link.how, "why": link.why}
        for link in links(register, found.kind, found.value, found.quote)
    )
    rests = found.value.get("rests_on")
    if rests is None:
        return replace(found, known=known)
    with books.database.reading() as connection:
        query = sa.select(tables.decision.c.item).where(
            tables.decision.c.suggestion == rests, tables.decision.c.accepted
        )
        item = connection.scalar(query)
        told = connection.scalar(
            sa.select(tables.suggestion.c.links).where(tables.suggestion.c.number == rests)
        )
    same = (each["item"] for each in json.loads(told or "[]") if each["how"] == SAME)
    return replace(found, known=known, value={**found.value, "instrument_item": item or next(same, "")})


def decisions(rows: Sequence[Mapping[str, str]], file: str) -> tuple[list[Decision], list[Check]]:
    """Decisions out of a filled-in review table, and rows that cannot be read; rows without a decision wait."""
    found: list[Decision] = []
    checks: list[Check] = []
    for number, row in enumerate(rows, start=2):
        word = (row.get("decision") or "").strip().casefold()
        if not word:
            continue
        if word not in (ACCEPT, REJECT):
            message = f'"{word}" is no decision. Write {ACCEPT} or {REJECT}, or nothing to decide later.'
            checks.append(Check.error("unknown-decision", place(file, number, "decision"), message))
            continue
        if not (row.get("number") or "").strip().isdigit():
            message = "holds no number of a suggestion. Leave the column as it was written."
            checks.append(Check.error("unknown-suggestion", place(file, number, "number"), message))
            continue
        words = {
            name: (row.get(name) or "").strip()
            for name in ("item", "title", "parties", "date", "due", "note")
        }
        found.append(Decision(int(row["number"]), word == ACCEPT, **words))
    return found, checks
