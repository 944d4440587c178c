"""Views of a register: the board, what is due and overdue, execution of one instrument, visits, timeline, the web.

A protocol's execution point by point is the first view: point, body, due, state, evidence, next step. Every view is a
`Table`; nothing here changes the register.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table
from tarazu.register.model import RECORDED, RESTATED, SAID
from tarazu.register.model import kinds as every_kind
from tarazu.register.register import UNKNOWN_DAY, Item, Register, span, starts, when
from tarazu.register.schedule import (
    COMPLETE,
    OVERDUE,
    Progress,
    days_left,
    grade,
    progress,
    schedule,
    share_done,
    steps_of,
)

BOARD = (
    Column("id"),
    Column("point", "", "point of the instrument"),
    Column("commitment", "", "what was promised"),
    Column("form", "", "target, obligation, offer, study; plans and forecasts bind nobody"),
    Column("instrument", "", "id of the instrument in which it stands"),
    Column("body", "", "who is to carry it out"),
    Column("due", "", "as precisely as known"),
    Column("due_first", "", "the due date it had at first, where it was revised"),
    Column("official", "", "what the parties say"),
    Column("official_date"),
    Column("evidence", "", "what documents show, on five points"),
    Column("evidence_date"),
    Column("schedule", "", "from the due date and the evidence"),
    Column("days_left", "days", "until the last day of the due date; below 0 when passed"),
    Column("done", "share", "of its weighted steps, or by the evidence"),
    Column("target", "see unit"),
    Column("unit"),
    Column("actual", "see unit", "the indicator's last figure"),
    Column("actual_period"),
    Column("next_step"),
    Column("said", "times", "how often it was promised: once and its restatements"),
    Column("measures", "", "measures of the plan that it carries"),
    Column("sources", "", "publishers and documents"),
    Column("note"),
)
TIMELINE = (
    Column("date", "", "as precisely as known"),
    Column("event"),
    Column("kind"),
    Column("item"),
    Column("title"),
    Column("value", "", "what the event says"),
    Column("status", "", "A documented, P provisional, E derived, C claimed"),
    Column("source"),
    Column("note"),
)
VISITS = (
    Column("id"),
    Column("date"),
    Column("until", "", "last day, where it took several"),
    Column("who"),
    Column("level"),
    Column("guest", "", "country of the guest; empty for meetings elsewhere"),
    Column("host"),
    Column("place"),
    Column("occasion"),
    Column("session", "", "of the commission"),
    Column("state", "", "held, planned, cancelled"),
    Column("documents"),
    Column("source"),
)
LAST_POINT = "9999"
COUNTED = "visits"  # the column that says how many
KNOWN = 12  # ids named where one is not found
GROUPS = {"year": "calendar year", "level": "level of the guest", "side": "who visited whom"}


@dataclass(frozen=True)
class Board:
    """Where the commitments stand on a day.

    Attributes
    ----------
    table
        One row per commitment: the overdue first, then by due date; of one instrument by its points.
    progress
        Two numbers with their denominators.
    """

    register: Register
    today: date
    table: Table
    progress: Progress

    @cached_property
    def counts(self) -> Table:
        """Commitments by schedule and evidence."""
        found = Counter((row["schedule"], row["evidence"]) for row in self.table)
        columns = (Column("schedule"), Column("evidence"), Column("commitments"))
        return Table("counts", columns, tuple((*key, count) for key, count in sorted(found.items())))

    def sentence(self) -> str:
        """The state in words."""
        late = sum(row["schedule"] == OVERDUE for row in self.table)
        undated = sum(row["schedule"] == "no date" for row in self.table)
        count = len(self.table)
        free = count - self.progress.owed
        text = f"{self.progress.sentence()} {late} of {count} entries are overdue and {undated} have no date"
        if not free or not self.progress.owed:
            return f"{text}."
        return f"{text}; {free} of the {count} do not bind: plans, forecasts, repetitions, dropped or superseded."

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "register": self.register.name,
            "today": self.today.isoformat(),
            "summary": self.sentence(),
            "progress": {
                "steps_share": self.progress.steps,
                "with_steps_or_evidence": self.progress.stepped,
                "fully_met": self.progress.met,
                "owed": self.progress.owed,
                "without_evidence": self.progress.unknown,
                "with_steps_without_evidence": self.progress.both,
                "not_binding": len(self.table) - self.progress.owed,
            },
            "commitments": self.table.records(),
        }


def board(
    register: Register,
    today: date | None = None,
    *,
    instrument: str | None = None,
    body: str | None = None,
    actual: Mapping[str, tuple[float, str]] | None = None,
) -> Board:
    """Every commitment with its three statuses.

    Parameters
    ----------
    today
        Day of the schedule; by default the computer's.
    instrument, body
        Only the commitments of one instrument, in the order of its points, or those that one body is to carry out or
        in whose instruments they stand.
    actual
        Live figures by indicator id, with their period; an indicator without one shows its last measured value.

    Raises
    ------
    InputError
        If the register has no such instrument or body.
    """
    day = today or date.today()
    register = register.until(day)
    for kind, name in (("instruments", instrument), ("bodies", body)):
        if name is not None and register.items.get(name, None) not in register.of(kind):
            ids = [item.id for item in register.of(kind)]
            known = ", ".join(ids[:KNOWN]) + (" …" if len(ids) > KNOWN else "")
            raise InputError(f'"{name}" is none of the {kind} of the register. Known: {known or "none"}.')
    chosen = [
        item
        for item in register.items.values()
        if item.kind == "commitments"
        and instrument in (None, item["instrument"])
        and body in (None, item["body"], body and _body_of(register, item))
    ]
    states = {item.id: schedule(item, day) for item in chosen}
    if instrument:
        chosen.sort(key=lambda item: (_point(item), item.id))
    else:
        chosen.sort(key=lambda item: (states[item.id] != OVERDUE, starts(item["due"] or ""), item.id))
    steps = steps_of(register)
    rows = (
        _board_row(
            register, item, states[item.id], days_left(item, day), steps.get(item.id, ()), actual or {}
        )
        for item in chosen
    )
    return Board(register, day, Table.build("board", BOARD, rows), progress(register, chosen))


def _body_of(register: Register, item: Item) -> str | None:
    """The body in whose instrument a commitment stands."""
    found = register.items.get(item["instrument"] or "")
    return found["body"] if found else None


def _point(item: Item) -> list[int]:
    """Numbers of its point, 3.2 as (3, 2); what has none comes last."""
    return [int(digits) for digits in re.findall(r"\d+", str(item["point"] or LAST_POINT))]


def _board_row(
    register: Register,
    item: Item,
    state: str,
    left: int | None,
    steps: Sequence[Item],
    actual: Mapping[str, tuple[float, str]],
) -> dict[str, Any]:
    known = item.fields.get
    measured, period = _measured(register, known("indicator"), actual)
    body = register.items.get(known("body") or "")
    coming = next((step.title for step in steps if grade(step) != COMPLETE), None) if steps else None
    return {
        "id": item.id,
        "point": known("point"),
        "commitment": item.title,
        "form": known("form"),
        "instrument": known("instrument"),
        "due": known("due"),
        "unit": known("unit"),
        "body": body.title if body else known("responsible"),
        "due_first": item.first.get("due"),
        "official": known("official") or "unknown",
        "official_date": item.dates.get("official"),
        "evidence": grade(item),
        "evidence_date": item.dates.get("evidenced"),
        "schedule": state,
        "days_left": left,
        "done": share_done(item, steps),
        "target": target(item),
        "actual": measured,
        "actual_period": period,
        "next_step": known("next_step") or coming,
        "said": max(1, sum([event.event in (SAID, RESTATED) for event in item.events])),
        "measures": "; ".join(known("measures") or _of_instrument(register, item)),
        "sources": sources(item),
        "note": "; ".join(dict.fromkeys([event.note for event in item.events if event.note])),
    }


def _of_instrument(register: Register, item: Item) -> Sequence[str]:
    """Measures of the instrument in which a commitment stands, where it names none itself."""
    found = register.items.get(item["instrument"] or "")
    return (found["measures"] or ()) if found else ()


def target(item: Item) -> str | None:
    """The number promised, as it is printed."""
    low, high = item["target_low"], item["target_high"]
    if low is None:
        return None if high is None else f"{high:g}"
    return f"{low:g}" if high in (None, low) else f"{low:g}–{high:g}"


def sources(item: Item) -> str:
    """Publishers and dates of an item's evidence, each once."""
    return "; ".join(dict.fromkeys(str(each) for each in item.evidence))


def _measured(
    register: Register, indicator: str | None, actual: Mapping[str, tuple[float, str]]
) -> tuple[float | None, str | None]:
    if indicator is None:
        return None, None
    if indicator in actual:
        return actual[indicator]
    item = register.items.get(indicator)
    last = item.last("measured") if item else None
    return (last.value, last.field or last.date) if last else (None, None)


def due(register: Register, days: int = 90, today: date | None = None) -> Table:
    """Commitments and milestones whose last day lies within some days, the nearest first."""
    if not 0 <= days <= 36_500:
        raise InputError(f"days: expected a number from 0 to 36,500, got {days:,}.")
    day = today or date.today()
    last = day + timedelta(days)
    return _dated(register, day, lambda end: day <= end <= last, "due")


def overdue(register: Register, today: date | None = None) -> Table:
    """Commitments and milestones whose date has passed and that no evidence shows complete, the oldest first."""
    day = today or date.today()
    return _dated(register, day, lambda end: end < day, "overdue")


DATED = (
    Column("due"),
    Column("days", "days", "until the last day of the due date; below 0 when passed"),
    Column("id"),
    Column("kind"),
    Column("title"),
    Column("body", "", "who is to carry it out"),
    Column("official"),
    Column("evidence"),
    Column("next_step"),
    Column("instrument"),
    Column("sources"),
)


def _dated(register: Register, today: date, within: Any, name: str) -> Table:
    rows = []
    for item in (*register.of("commitments"), *register.of("milestones")):
        end = span(item["due"])
        if end is None or not within(end.end) or schedule(item, today) not in (OVERDUE, "running"):
            continue
        parent = register.items.get(item["commitment"] or "") or item
        body = register.items.get(parent["body"] or "")
        rows.append(
            {
                "due": item["due"],
                "days": (end.end - today).days,
                "id": item.id,
                "kind": item.kind.rstrip("s"),
                "title": item.title,
                "body": body.title if body else parent["responsible"],
                "official": item["official"] or "unknown",
                "evidence": grade(item),
                "next_step": item["next_step"],
                "instrument": parent["instrument"],
                "sources": sources(item),
            }
        )
    rows.sort(key=lambda row: (row["days"], row["id"]))
    return Table.build(name, DATED, rows)


def timeline(
    register: Register, *, kinds: Sequence[str] = (), since: date | None = None, until: date | None = None
) -> Table:
    """Every dated event in order; the record of an item is told by the event its date stands for.

    Raises
    ------
    InputError
        If a kind is unknown, or the last day comes before the first.
    """
    unknown = [kind for kind in kinds if kind not in every_kind()]
    if unknown:
        raise InputError(f'"{unknown[0]}" is no kind of item. Write any of: {", ".join(every_kind())}.')
    if since and until and until < since:
        raise InputError(f"until {until} comes before since {since}. Exchange them.")
    rows = []
    for item in register.items.values():
        for event in item.events:
            if event.event == RECORDED or not event.date or (kinds and item.kind not in kinds):
                continue
            first = starts(event.date)
            if (since and first < since) or (until and first > until):
                continue
            rows.append(
                {
                    "date": event.date,
                    "event": event.event,
                    "kind": item.kind,
                    "item": item.id,
                    "title": item.title,
                    "value": _said(event.field, event.value),
                    "status": event.status,
                    "source": str(event.evidence),
                    "note": event.note,
                }
            )
    rows.sort(key=lambda row: (starts(row["date"]), row["date"], row["item"]))
    return Table.build("timeline", TIMELINE, rows)


def _said(field: str, value: Any) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else f"{value}"
    return f"{field}: {text}" if field else text


def visits(register: Register, by: Sequence[str] = ()) -> Table:
    """Visits in order, or how many were held, by year, level or side.

    Raises
    ------
    InputError
        If a group is none of year, level, side.
    """
    rows = [_visit_row(item) for item in register.of("visits")]
    if not by:
        return Table.build("visits", VISITS, rows)
    unknown = [name for name in by if name not in GROUPS]
    if unknown:
        raise InputError(f'"{unknown[0]}" is no group of visits. Name any of: {", ".join(GROUPS)}.')
    counted = Counter(tuple(_group(row, name) for name in by) for row in rows if row["state"] == "held")
    columns = (*(Column(name, "", GROUPS[name]) for name in by), Column(COUNTED, "", "held"))
    return Table("visits_by_" + "_".join(by), columns, tuple((*key, n) for key, n in sorted(counted.items())))


def _visit_row(item: Item) -> dict[str, Any]:
    state = next((name for name in ("cancelled", "held", "planned") if name in item.dates), "unknown")
    plain = ("until", "who", "level", "guest", "host", "place", "occasion", "session", "documents")
    date_of = when(item)
    return {
        **{name: item[name] for name in plain},
        "id": item.id,
        "date": None if date_of == UNKNOWN_DAY else date_of,
        "state": state,
        "source": sources(item),
    }


def _group(row: Mapping[str, Any], name: str) -> str:
    if name == "year":
        return str(row["date"] or "unknown")[:4]
    if name == "side":
        return f"{row['guest']}->{row['host']}" if row["guest"] and row["host"] else "meeting elsewhere"
    return str(row["level"])


WEB = (
    Column("instrument"),
    Column("title"),
    Column("rests_on"),
    Column("title_of_that"),
    Column("link", "", "rests on, superseded by, carries"),
)


def web(register: Register) -> Table:
    """Which instrument rests on which, which took another's place, and which commitments each carries."""
    rows = [
        (item.id, item.title, other, register.items[other].title, link)
        for item in register.of("instruments")
        for link, others in _links(register, item)
        for other in others
        if other in register.items
    ]
    return Table("web", WEB, tuple(sorted(rows)))


def _links(register: Register, item: Item) -> Iterable[tuple[str, Sequence[str]]]:
    yield "rests on", tuple(item["rests_on"] or ())
    yield "superseded by", tuple(filter(None, [item["superseded_by"]]))
    carried = [each.id for each in register.of("commitments") if each["instrument"] == item.id]
    yield "carries", tuple(carried)
