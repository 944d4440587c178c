"""Parts of the commission pack that the register tells: the session, execution, what is overdue and due, visits.

The last protocol is that of the latest earlier session whose documents the register holds. Where a later session was
held without any document on record, the pack says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from tarazu.core.table import Table
from tarazu.planning.pack_offices import offices
from tarazu.planning.pack_titles import without_ids
from tarazu.planning.pack_values import (
    UNKNOWN,
    Draft,
    Grid,
    Land,
    Lines,
    Listed,
    Part,
    Phrase,
    Quantity,
    Said,
    Share,
    Translations,
    Value,
    When,
    Word,
    said,
    when,
)
from tarazu.planning.pack_words import known
from tarazu.register.register import Item, Register, span, starts
from tarazu.register.schedule import progress
from tarazu.register.views import board

COMMISSION = "commission"
SOON = 180  # days within which what falls due is listed
FIRST = ("protocol", "action_plan", "minutes")  # forms of documents that are shown first
DERIVED = "E"
_INFERRED = re.compile(r"\binferred\b|\bis taken to stand\b")  # what a note of the register says
SIGNED = ("signed", "in_force", "ended")  # events of an instrument that its table shows


@dataclass(frozen=True)
class Meeting:
    """One session as the register has it."""

    number: int
    held: str | None
    documents: tuple[Item, ...]
    items: tuple[Item, ...]  # the visit or body that tells of it


@dataclass(frozen=True)
class Sessions:
    """Sessions of the commission of a pair, by number."""

    register: Register
    parties: tuple[str, str]
    number: int

    @cached_property
    def bodies(self) -> tuple[Item, ...]:
        """Commissions of just the two."""
        found = self.register.of("bodies")
        return tuple(b for b in found if b["form"] == COMMISSION and set(b["parties"]) == set(self.parties))

    @cached_property
    def known(self) -> Mapping[int, Meeting]:
        """Every session of which anything is recorded."""
        names = {body.id for body in self.bodies}
        documents = self._numbered(self.register.of("instruments"), names)
        visits = self._numbered(self.register.of("visits"), names)
        days: dict[int, list[tuple[str, Item]]] = {}
        for body in self.bodies:
            for event in body.events:
                if event.event == "met" and (number := first_number(event.value)):
                    days.setdefault(number, []).append((event.date, body))
        for number, items in (*visits.items(), *documents.items()):
            for item in items:
                name = "signed" if item.kind == "instruments" else "held"
                day = item.dates.get(name) or item.dates.get("planned", "")
                days.setdefault(number, []).append((day, item))
        return {
            number: Meeting(
                number,
                max((day for day, _ in told), key=len, default="") or None,  # the most precise
                tuple(sorted(documents.get(number, ()), key=_rank)),
                tuple(visits.get(number, ())),
            )
            for number, told in sorted(days.items())
        }

    def _numbered(self, items: Iterable[Item], bodies: set[str]) -> dict[int, list[Item]]:
        found: dict[int, list[Item]] = {}
        for item in items:
            number = first_number(item["session"])
            own = item["body"] in bodies or (item["body"] is None and set(self.parties) <= _parties(item))
            if number and own:
                found.setdefault(number, []).append(item)
        return found

    @cached_property
    def before(self) -> Meeting | None:
        """The latest earlier session."""
        return next((m for n, m in sorted(self.known.items(), reverse=True) if n < self.number), None)

    @cached_property
    def last(self) -> Meeting | None:
        """The latest earlier session whose documents are on record."""
        earlier = sorted(self.known.items(), reverse=True)
        return next((m for n, m in earlier if n < self.number and m.documents), None)


def first_number(text: Any) -> int | None:
    """The number of a session out of its text: 20 of "20 (by sequence)"."""
    match = re.match(r"\s*(\d+)", str(text or ""))
    return int(match[1]) if match else None


def _rank(item: Item) -> tuple[int, str]:
    return (FIRST.index(item["form"]) if item["form"] in FIRST else len(FIRST), item.id)


def _parties(item: Item) -> set[str]:
    return set(item["parties"] or ()) | {item["guest"], item["host"]}


def opening(draft: Draft, sessions: Sessions) -> Part:
    """Which session, of whom, when, and how to read what follows."""
    this, before = sessions.known.get(draft.session), sessions.before
    sentences: list[Value] = []
    if this and this.held:
        sentences.append(Phrase("session.dated", {"day": When(this.held)}))
    else:
        sentences.append(Word("session.undated"))
        draft.unknown.append(Word("unknown.session_date"))
    if this and (held := span(this.held)) and held.end < draft.today:
        sentences.append(Phrase("session.over", {"day": When(draft.today.isoformat())}))
    for body in sessions.bodies:
        sentences += offices(draft, body)
    if before is None:
        sentences.append(Word("session.first"))
    else:
        facts = {"number": Quantity(before.number), "day": when(before.held)}
        sentences.append(Phrase("session.before", facts))
        if before.number < draft.session - 1:
            gap = Phrase(
                "session.gap", {"first": Quantity(before.number), "session": Quantity(draft.session)}
            )
            sentences.append(gap)
            draft.unknown.append(gap)
    sentences += [Word("reading.interval"), Word("reading.statuses"), Translations()]
    return Part("session", tuple(sentences))


def executed(draft: Draft, sessions: Sessions) -> Part:
    """The last protocol point by point."""
    last, before = sessions.last, sessions.before
    if last is None:
        draft.unknown.append(Word("unknown.protocol"))
        return Part("execution", (Word("unknown.protocol"),), wide=True)
    sentences: list[Value] = []
    if before is not None and before.number != last.number:
        facts = {"number": Quantity(before.number), "last": Quantity(last.number)}
        sentences.append(Phrase("execution.older", facts))
        draft.unknown.append(Phrase("unknown.documents", {"number": Quantity(before.number)}))
    sentences.append(Word("execution.counting"))
    items = [item for item in draft.register.of("commitments") if item["instrument"] in _ids(last)]
    sentences += progress_said(draft.register, items, "execution.progress")
    if guessed := sum(inferred(item) for item in items):
        sentences.append(Phrase("execution.inferred", {"n": Quantity(guessed), "all": Quantity(len(items))}))
    sentences += progress_said(draft.register, draft.register.of("commitments"), "execution.progress_all")
    grids = [_documents(draft, last)]
    for document in last.documents:
        table = board(draft.register, draft.today, instrument=document.id).table
        if len(table):
            grids.append(_points(draft, document, table))
    return Part("execution", tuple(sentences), tuple(grids), wide=True)


def _ids(meeting: Meeting) -> set[str]:
    return {item.id for item in meeting.documents}


def progress_said(register: Register, items: Iterable[Item], key: str) -> list[Value]:
    """The two numbers with their denominators."""
    found = progress(register, items)
    if not found.owed:
        return [Word(f"{key}.none")]
    met = {"met": Quantity(found.met), "owed": Quantity(found.owed), "unknown": Quantity(found.unknown)}
    said_of: list[Value] = [Phrase(f"{key}.met", met)]
    if found.steps is None:
        return [*said_of, Word("execution.no_steps")]
    steps: dict[str, Value] = {"share": Share(found.steps), "stepped": Quantity(found.stepped)}
    return [*said_of, Phrase("execution.steps", steps)]


def _documents(draft: Draft, meeting: Meeting) -> Grid:
    """What was signed at the session, and of how much of it the points are known."""
    rows = []
    commitments = draft.register.of("commitments")
    for item in meeting.documents:
        own = [each for each in commitments if each["instrument"] == item.id]
        points, guessed = len(own), sum(map(inferred, own))
        if not points:
            draft.unknown.append(Phrase("unknown.points", {"title": Said(item.title)}))
        events: tuple[Value, ...] = tuple(
            Phrase(f"event.{name}", {"day": When(item.dates[name])})
            for name in SIGNED
            if item.dates.get(name)
        )
        row = (
            Said(item.title),
            known("form", item["form"]),
            Lines(events) if events else UNKNOWN,
            _counted(points, guessed),
            draft.evidence(item.evidence),
        )
        rows.append(row)
    caption = Phrase("caption.documents", {"number": Quantity(meeting.number)})
    return Grid(
        "documents",
        caption,
        _heads("document", "form", "events", "points", "source"),
        (12, 4, 6, 3, 3),
        tuple(rows),
    )


def _counted(points: int, guessed: int) -> Value:
    """Points on record, and how many of them are inferred."""
    if guessed:
        return Phrase("points.inferred", {"n": Quantity(points), "inferred": Quantity(guessed)})
    return Quantity(points) if points else UNKNOWN


def inferred(item: Item) -> bool:
    """Whether that an item stands in its document is inferred: its record is derived, or its note says so."""
    opening = item.events[0]
    return opening.status == DERIVED or bool(_INFERRED.search(opening.note))


def _title(item: Item) -> Value:
    """What an item is called, and why it is inferred where it is."""
    if not inferred(item):
        return Said(item.title)
    why = item.events[0].note
    mark: Value = Phrase("inferred.why", {"why": Said(why)}) if why else Word("inferred")
    return Lines((Said(item.title), mark))


def _heads(*names: str) -> tuple[Value, ...]:
    return tuple(Word(f"head.{name}") for name in names)


def _points(draft: Draft, document: Item, table: Table) -> Grid:
    rows = []
    for row in table:
        item = draft.register.items[row["id"]]
        due: list[Value] = [when(row["due"])]
        if row["due_first"]:
            due.append(Phrase("due.first", {"day": When(row["due_first"])}))
        rows.append(
            (
                Said(row["point"]) if row["point"] else UNKNOWN,
                _title(item),
                _body(draft, item, row["body"]),
                Lines(tuple(due)),
                _dated(f"official.{row['official']}", row["official_date"]),
                _dated(f"evidence.{row['evidence']}", row["evidence_date"]),
                Word(f"schedule.{row['schedule'].replace(' ', '_')}"),
                said(row["next_step"]),
                draft.evidence(item.evidence),
            )
        )
    heads = _heads("point", "commitment", "body", "due", "official", "evidence", "schedule", "next", "source")
    caption = Phrase("caption.points", {"title": Said(document.title)})
    return Grid(f"points-{document.id}", caption, heads, (3, 9, 5, 4, 5, 5, 4, 6, 3), tuple(rows))


def _body(draft: Draft, item: Item, name: str | None) -> Value:
    """Who is to carry it out: who is named, before the commission, which is not named in full again and again."""
    body = draft.register.items.get(item["body"] or "")
    own = body is not None and body["form"] == COMMISSION and set(body["parties"]) == set(draft.parties)
    if own:
        return Said(item["responsible"]) if item["responsible"] else Word("the_commission")
    return said(name)


def _dated(key: str, day: str | None) -> Value:
    """A status with the day from which it holds, where that is known."""
    return Lines((Word(key), When(day))) if day else Word(key)


def late(draft: Draft) -> Part:
    """What is overdue, with days, and what falls due soon."""
    register = draft.register
    overdue, soon = register.overdue(draft.today), register.due(SOON, draft.today)
    undated = sum(row["schedule"] == "no date" for row in register.board(draft.today).table)
    every = len(register.of("commitments"))
    counts = {"late": Quantity(len(overdue)), "soon": Quantity(len(soon)), "days": Quantity(SOON, "days")}
    sentences: list[Value] = [Phrase("overdue.counts", counts)]
    if undated:
        facts = {"undated": Quantity(undated), "all": Quantity(every)}
        sentences.append(Phrase("overdue.undated", facts))
    days = {"days": Quantity(SOON, "days")}
    grids = (
        _days(draft, overdue, Word("caption.overdue"), "late_by", Word("empty.overdue")),
        _days(draft, soon, Phrase("caption.due", days), "left", Phrase("empty.due", days)),
    )
    return Part("overdue", tuple(sentences), grids, wide=True)


def _days(draft: Draft, table: Table, caption: Value, days: str, empty: Value) -> Grid:
    rows = []
    for row in table:
        item = draft.register.items[row["id"]]
        what: list[Value] = [Said(row["title"])]
        parent = draft.register.items.get(item["commitment"] or "") or item
        if parent is not item:
            what.append(Phrase("step_of", {"title": Said(parent.title)}))
        rows.append(
            (
                When(row["due"]),
                Quantity(abs(row["days"]), "days"),
                Lines(tuple(what)),
                _body(draft, parent, row["body"]),
                Word(f"official.{row['official']}"),
                Word(f"evidence.{row['evidence']}"),
                said(row["next_step"]),
                draft.evidence(item.evidence),
            )
        )
    heads = _heads("due", days, "commitment", "body", "official", "evidence", "next", "source")
    return Grid(table.name, caption, heads, (5, 4, 9, 5, 5, 5, 6, 3), tuple(rows), empty)


def since(draft: Draft, sessions: Sessions) -> Part:
    """Visits and documents since the last session."""
    before = sessions.before
    first = starts(before.held) if before and before.held else None
    if before is None or first is None:
        draft.unknown.append(Word("unknown.since"))
    told: list[Value] = [
        Phrase("visits.since", {"number": Quantity(before.number), "day": When(before.held)})
        if before and before.held
        else Word("unknown.since")
    ]
    own = {item.id for item in before.items} if before else set()
    visits = [
        row
        for row in draft.register.visits()
        if row["id"] not in own and _after(row["date"], first) and _of_the_two(draft, row)
    ]
    signed = [
        item
        for item in draft.register.of("instruments")
        if _after(item.dates.get("signed"), first)
        and set(draft.parties) <= set(item["parties"])
        and (before is None or item not in before.documents)
    ]
    return Part("visits", tuple(told), (_visits(draft, visits), _signed(draft, signed)), wide=True)


def _of_the_two(draft: Draft, row: Mapping[str, Any]) -> bool:
    """Whether one of the two is guest or host; of a meeting elsewhere, whether its body, if any, is one of theirs."""
    lands = {row["guest"], row["host"]} - {None}
    if lands:
        return bool(lands & set(draft.parties))
    body = draft.register.items.get(draft.register.items[row["id"]]["body"] or "")
    return body is None or not body["parties"] or bool(set(body["parties"]) & set(draft.parties))


def _after(text: str | None, first: date | None) -> bool:
    """Whether a date may lie on or after a day: of a date known by its year alone, some day does."""
    found = span(text)
    return found is not None and (first is None or found.end >= first)


def _visits(draft: Draft, rows: list[dict[str, Any]]) -> Grid:
    shown = []
    for row in rows:
        lands = tuple(Land(row[side]) for side in ("guest", "host") if row[side])
        way: Value = (
            Phrase("visit.way", {"guest": lands[0], "host": lands[1]})
            if len(lands) == 2
            else Listed(lands)
            if lands
            else UNKNOWN
        )
        shown.append(
            (
                When(row["date"]),
                Said(row["who"]),
                Lines((known("level", row["level"]), Word(f"visit.{row['state']}"))),
                way,
                said(row["place"]),
                _plain(draft, row["occasion"]),
                _plain(draft, row["documents"]),
                draft.evidence(draft.register.items[row["id"]].evidence),
            )
        )
    heads = _heads("day", "who", "level", "way", "place", "occasion", "signed", "source")
    return Grid(
        "visits", Word("caption.visits"), heads, (4, 7, 5, 5, 4, 6, 5, 3), tuple(shown), Word("empty.visits")
    )


def _plain(draft: Draft, text: str | None) -> Value:
    return said(without_ids(text, draft.register.items) if text else None)


def _signed(draft: Draft, items: list[Item]) -> Grid:
    rows = tuple(
        (
            When(item.dates["signed"]),
            Said(item.title),
            known("form", item["form"]),
            Listed(tuple(Land(code) for code in item["parties"])),
            draft.evidence(item.evidence),
        )
        for item in items
    )
    heads = _heads("day", "document", "form", "parties", "source")
    return Grid("signed", Word("caption.signed"), heads, (4, 12, 5, 7, 3), rows, Word("empty.signed"))
