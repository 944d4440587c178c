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
from tarazu.register.links import between, links
from tarazu.register.model import Event
from tarazu.register.promises import SAME, SIMILAR
from tarazu.register.register import Register, span
from tarazu.register.suggestions import KINDS
from tarazu.register.taken import MEMBERSHIP, becomes
from tarazu.register.titles import title_of

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
    Column("elsewhere", "", "waiting suggestions of other documents that say the same"),
    Column("decision", "", "write accept or reject"),
    Column("item", "", "id of the item it is added to; new for a new one, new:ID to choose its id"),
    Column("title", "", "title of a new item"),
    Column("parties", "", "ISO codes of who signed or promised, separated by ;"),
    Column("date", "", "when it happened, where the text says it; of a figure its period"),
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

    @property
    def similar(self) -> tuple[str, ...]:
        """Items of which only a person can say whether they are the same; empty where one is."""
        return () if self.same else tuple(each["item"] for each in self.known if each["how"] == SIMILAR)


def waiting(
    books: Books,
    *,
    document: str | None = None,
    kinds: Sequence[str] = (),
    least: float = 0.0,
    repeats: bool = False,
) -> tuple[Open, ...]:
    """Suggestions without a decision, by document and place, each with its links as they are now.

    What rests on a document stands behind that document.

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
    register = books.register()
    found = (each for each in _undecided(books, *which) if repeats or "same_act" not in each.value)
    return _in_order(replace(each, known=_known(register, each)) for each in found)


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
    kinds = {each.kind for each in found} | {"commitment", "target"}
    elsewhere = between(_claims(books, kinds), {each.number for each in found})
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
            "title": None
            if each.same or each.kind not in ITEMS or each.kind == MEMBERSHIP
            else title_of(each),
            "parties": ";".join(each.value.get("parties") or ()),
            "date": each.value.get("date"),
            "due": _due(each.value.get("due")),
            "start": each.start,
            "end": each.end,
        }
        for each in found
    ]
    return Table.build("review", COLUMNS, rows)


def _claims(books: Books, kinds: Iterable[str]) -> list[tuple[int, str, Mapping[str, Any]]]:
    """What all waiting suggestions of some kinds state: number, document, value with kind and quote."""
    row, text = tables.suggestion.c, tables.document.c.text
    quote = sa.func.substr(text, row.start_char + 1, row.end_char - row.start_char).label("quote")
    query = (
        sa.select(row.number, tables.document.c.sha256, row.kind, row.value, quote)
        .join(tables.document, tables.document.c.number == row.document)
        .where(row.kind.in_(list(kinds)), row.number.not_in(sa.select(tables.decision.c.suggestion)))
        .order_by(row.number)
    )
    with books.database.reading() as connection:
        told = [(each, json.loads(each.value)) for each in connection.execute(query)]
    return [
        (each.number, each.sha256, {**value, "kind": each.kind, "quote": each.quote})
        for each, value in told
        if "same_act" not in value
    ]


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


def _known(register: Register, found: Open) -> tuple[Mapping[str, str], ...]:
    """What a suggestion has to do with the register as it is now."""
    told = links(register, found.kind, found.value, found.quote)
    return tuple({"item": link.item, "how": link.how, "why": link.why} for link in told)


def _linked(books: Books, register: Register, found: Open) -> Open:
    """A suggestion with its links as they are now, the item in which it stands, and the session it was signed at."""
    found = replace(found, known=_known(register, found))
    more: dict[str, Any] = {}
    if rests := found.value.get("rests_on"):
        more["instrument_item"] = _became(books, register, rests)
    if found.value.get("document_session"):
        more["held"] = _session(books, register, found)
    return replace(found, value={**found.value, **more}) if more else found


def _became(books: Books, register: Register, number: int) -> str:
    """The item that a suggestion became, or that says the same; empty without one."""
    query = sa.select(tables.decision.c.item).where(
        tables.decision.c.suggestion == number, tables.decision.c.accepted
    )
    with books.database.reading() as connection:
        item = connection.scalar(query)
        row = connection.execute(sa.select(tables.suggestion).where(tables.suggestion.c.number == number))
        told = row.mappings().first()
        place = (told["start_char"] + 1, told["end_char"] - told["start_char"]) if told else (1, 0)
        text = sa.select(sa.func.substr(tables.document.c.text, *place))
        quote = connection.scalar(text.where(tables.document.c.number == (told["document"] if told else 0)))
    if item or told is None:
        return str(item or "")
    known = links(register, told["kind"], json.loads(told["value"]), str(quote or ""))
    return next((each.item for each in known if each.how == SAME), "")


def _session(books: Books, register: Register, found: Open) -> dict[str, str]:
    """The session that a document reports: its number, day and place, and the body if it is in the register."""
    query = (
        sa.select(tables.suggestion.c.number, tables.suggestion.c.value)
        .join(tables.document, tables.document.c.number == tables.suggestion.c.document)
        .where(tables.document.c.sha256 == found.document, tables.suggestion.c.kind == "session")
        .order_by(tables.suggestion.c.number)
    )
    with books.database.reading() as connection:
        rows = [(row.number, json.loads(row.value)) for row in connection.execute(query)]
    number = str(found.value["document_session"])
    told = [
        (row, value)
        for row, value in rows
        if str(value.get("session")) == number and value.get("event") == "held"
    ]
    if not told:
        return {}
    row, value = max(told, key=lambda each: ("same_act" not in each[1], len(str(each[1].get("date") or ""))))
    body = _became(books, register, row)
    met = [
        event.date
        for event in (register.items[body].events if body in register.items else ())
        if event.event == "met" and str(event.value) == number
    ]
    day = str(value.get("date") or "") or next(iter(met), "")
    return {"session": number, "body": body, "date": day, "place": str(value.get("place") or "")}


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
