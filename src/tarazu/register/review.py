"""Review: a person takes or refuses each suggestion; only what is taken enters the register.

A target, commitment, instrument or visit that is taken becomes an item, or is added to one that says the same: a target
said again is a `restated` event, not a second promise. An amount or percentage can be taken as what an indicator was
measured at. Decisions are kept with who took them; they are made in the terminal or in a CSV file that is sent round.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tarazu.core.checks import Check, place
from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table
from tarazu.register import tables
from tarazu.register.books import Books, new_event, new_item, operator
from tarazu.register.links import SAME, between
from tarazu.register.model import Event
from tarazu.register.register import Register, span
from tarazu.register.suggestions import KINDS

ACCEPT, REJECT = "accept", "reject"
# Kinds of suggestions that become items, and the prefix of the ids they get.
ITEMS = {"target": "commitments", "commitment": "commitments", "instrument": "instruments", "visit": "visits"}
MEASURES = ("amount", "percentage", "quantity")  # what an indicator can be measured at
PREFIX = {"commitments": "co", "instruments": "in", "visits": "vi"}
AGAIN = {"target": "restated", "commitment": "restated", "instrument": "signed", "visit": "held"}
NEW = "new"
AROUND = 80  # characters of context on each side
MILLION = 1e6

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
    books: Books, *, document: str | None = None, kinds: Sequence[str] = (), least: float = 0.0
) -> tuple[Open, ...]:
    """Suggestions without a decision, by document and place.

    Parameters
    ----------
    document
        First letters of a document's SHA-256.
    kinds
        Only these kinds; by default those that become items.
    least
        Least confidence.
    """
    wanted = tuple(kinds) or tuple(ITEMS)
    unknown = [kind for kind in wanted if kind not in KINDS]
    if unknown:
        raise InputError(
            f'"{unknown[0]}" is no kind of suggestion. Write one of: {", ".join(KINDS)}; repeat --kind.'
        )
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
        .where(tables.suggestion.c.number.not_in(taken), tables.suggestion.c.kind.in_(wanted))
        .where(tables.suggestion.c.confidence >= least)
        .order_by(tables.suggestion.c.document, tables.suggestion.c.start_char, tables.suggestion.c.number)
    )
    if document:
        query = query.where(tables.document.c.sha256.startswith(document, autoescape=True))
    with books.database.reading() as connection:
        return tuple(_open(row) for row in connection.execute(query).mappings())


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
    elsewhere = between((each.number, each.document, each.value) for each in found if each.kind == "amount")
    rows = [
        {
            **{
                name: getattr(each, name)
                for name in ("number", "kind", "quote", "rule", "confidence", "context")
            },
            "document": each.document[:12],
            "value": json.dumps(each.value, ensure_ascii=False, sort_keys=True),
            "known": "; ".join(f"{link['how']} {link['item']}: {link['why']}" for link in each.known),
            "elsewhere": "; ".join(map(str, elsewhere.get(each.number, ()))),
            "item": each.same,
            "parties": ";".join(each.value.get("parties") or ()),
            "date": each.value.get("date"),
            "due": _period(each.value.get("due")),
            "start": each.start,
            "end": each.end,
        }
        for each in found
    ]
    return Table.build("review", COLUMNS, rows)


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
    found = _find(books, decision.number)
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


def _find(books: Books, number: int) -> Open:
    with books.database.reading() as connection:
        kind = connection.scalar(
            sa.select(tables.suggestion.c.kind).where(tables.suggestion.c.number == number)
        )
    found = (
        next((each for each in waiting(books, kinds=(kind,)) if each.number == number), None)
        if kind
        else None
    )
    if found is None:
        raise InputError(
            f"suggestion {number}: there is none that waits for a decision. See `tarazu register review`."
        )
    return found


def becomes(register: Register, found: Open, decision: Decision) -> tuple[Event, ...]:
    """The events that a taken suggestion makes.

    Raises
    ------
    InputError
        If the item named does not exist, or a suggestion of this kind cannot become one.
    """
    source = {
        "document": found.document,
        "start": str(found.start),
        "end": str(found.end),
        "quote": found.quote,
        "published": found.published,
        "publisher": found.publisher,
        "source_url": found.url,
        "note": decision.note,
    }
    if found.kind in MEASURES:
        return (_measured(register, found, decision, source),)
    if found.kind not in ITEMS:
        kinds = ", ".join((*ITEMS, *MEASURES))
        raise InputError(
            f"suggestion {found.number}: a {found.kind} becomes no item; only {kinds} can be taken."
        )
    if decision.due and span(decision.due) is None:
        raise InputError(
            f'due: "{decision.due}" is no date. Write 2026, 2026-Q2, 2026-12-31 or 2024-01/2025-12.'
        )
    kind = ITEMS[found.kind]
    name = decision.item or found.same or NEW
    if name in register.items:
        return _again(register, found, decision, name, source)
    if name != NEW and not name.startswith(f"{NEW}:"):
        raise InputError(
            f'suggestion {found.number}: "{name}" is no item of the register. Write the id of one, {NEW} for a new '
            f"item, or {NEW}:ID to choose its id."
        )
    name = name.removeprefix(NEW).removeprefix(":") or free_id(register, PREFIX[kind])
    fields = _fields(found, decision)
    if fields.get("parties") == "":
        fields["parties"] = ";".join(usual_parties(register))
        source["note"] = "; ".join(
            filter(None, (decision.note, "parties not named there: those of the register"))
        )
    return new_item(kind, {"id": name, **fields}, source)


def _again(
    register: Register, found: Open, decision: Decision, name: str, source: Mapping[str, str]
) -> tuple[Event, ...]:
    """What is known is said again; another due date than the known one is a revision, dated like the text.

    A restatement without a day in the text is dated by its publication: that is when it was said again.
    """
    event = AGAIN[found.kind]
    day = _day(found, decision) or (found.published if event == "restated" else "")
    if not day:
        raise InputError(
            f"suggestion {found.number}: the text gives no day for {name}, already in the register. Write one in the "
            "column date, give --published when the document is read, or refuse the suggestion."
        )
    told = {"item": name, "date": day, **source}
    events = [new_event(register, {**told, "event": event})]
    due = decision.due or _period(found.value.get("due"))
    if register.items[name].kind == "commitments" and due and due != register.items[name]["due"]:
        events.append(new_event(register, {**told, "event": "revised", "field": "due", "value": due}))
    return tuple(events)


def usual_parties(register: Register) -> tuple[str, ...]:
    """The parties of most instruments and commitments: those a text of this register means when it names none."""
    told = Counter(tuple(item["parties"]) for item in register.items.values() if item["parties"])
    return told.most_common(1)[0][0] if told else ()


def _measured(register: Register, found: Open, decision: Decision, source: Mapping[str, str]) -> Event:
    item = register.items.get(decision.item)
    if item is None or item.kind != "indicators":
        known = ", ".join(each.id for each in register.of("indicators")) or "none; record one first"
        raise InputError(
            f"suggestion {found.number}: a {found.kind} is taken as what an indicator was measured at. "
            f"Name one in item: {known}."
        )
    number = found.value.get("value", found.value.get("percent"))
    if number is None:
        raise InputError(f"suggestion {found.number}: no number was read from it.")
    scale = MILLION if found.kind == "amount" and str(item["unit"]).endswith(" m") else 1.0
    date = str(found.value.get("period") or found.published)
    told = {"item": item.id, "event": "measured", "value": f"{number / scale:.12g}", "date": date}
    return new_event(register, {**told, **source})


def _fields(found: Open, decision: Decision) -> dict[str, str]:
    """Fields of a new item out of what was read; a person's words stand before the engine's."""
    value = found.value
    title = decision.title or " ".join(found.quote.split())
    parties = decision.parties or ";".join(value.get("parties") or ())
    day = _day(found, decision)
    if found.kind == "visit":
        level = LEVELS.get(str(value.get("level")), "other")
        who = decision.title or str(value.get("who") or title)
        return {"who": who, "level": level, "guest": value.get("country_from") or "", "date": day}
    if found.kind == "instrument":
        count = value.get("number")
        event = str(value.get("event") or "signed")
        opening = event if event in ("signed", "planned", "negotiated", "in_force") else "signed"
        return {
            "title": title,
            "form": str(value.get("form") or "agreement"),
            "parties": parties,
            "field": str(value.get("field") or ""),
            "count": "" if count is None else str(count),
            "event": opening,
            "date": day,
        }
    made = {"title": title, "parties": parties, "due": decision.due or _period(value.get("due")), "date": day}
    if found.kind == "commitment":
        amounts = list(value.get("amounts") or [])
        told = {"target_low": f"{amounts[0] / MILLION:.12g}", "unit": "USD m"} if len(amounts) == 1 else {}
        return {**made, **told, "form": str(value.get("form") or "obligation")}
    number, unit = value.get("value"), str(value.get("unit") or "")
    if unit == "USD" and number is not None:
        number, unit = number / MILLION, "USD m"
    return {**made, "form": "target", "target_low": "" if number is None else f"{number:.12g}", "unit": unit}


LEVELS = {
    "head_of_state": "head_of_state",
    "head_of_government": "head_of_government",
    "deputy_head": "deputy_head_of_government",
    "minister": "minister",
    "deputy_minister": "deputy_minister",
}


def _day(found: Open, decision: Decision) -> str:
    """The day that a person or the text gives; the day of publication is none: it stands with the source."""
    return decision.date or str(found.value.get("date") or "")


def _period(text: Any) -> str:
    found = span(str(text)) if text else None
    return found.label if found else ""


def free_id(register: Register, prefix: str) -> str:
    """The next id of a prefix that no item has: co079."""
    taken = {event.item for event in register.events}
    numbers = [
        int(name[len(prefix) :])
        for name in taken
        if name.startswith(prefix) and name[len(prefix) :].isdigit()
    ]
    return f"{prefix}{max(numbers, default=0) + 1:03d}"


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
