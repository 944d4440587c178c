"""Named checks of a register: references, order of events, deadlines, cycles, quotes, figures, claims said twice.

Each check names the items and what to do; none changes anything. A contradiction between sources stays in the
register: both entries stand, and the check says that they do not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations, pairwise
from statistics import median

from tarazu.core.checks import Check
from tarazu.register.entry import without_source
from tarazu.register.model import EVIDENCED, RECORDED, event_types, references, unproven
from tarazu.register.register import UNKNOWN_DAY, Item, Register, span, starts, when
from tarazu.register.schedule import COMPLETE, grade

# Events of an instrument in the only order in which they can happen.
LIFE = ("signed", "ratified", "in_force", "ended")
DONE = "done"
EMBASSY, RELATIONS = "embassy", "diplomatic relations"


def consistency(register: Register) -> Iterator[Check]:
    """Every finding of every check."""
    for check in CHECKS:
        yield from check(register)


def _references(register: Register) -> Iterator[Check]:
    for item in register.items.values():
        for name in references(item.kind):
            named = item[name] or ()
            for other in (named,) if isinstance(named, str) else named:
                if other not in register.items:
                    message = f"{name} names {other}, which is no item of the register. Record it or correct the id."
                    yield Check.error("unknown-item", item.id, message)


def _orphans(register: Register) -> Iterator[Check]:
    recorded = {event.item for event in register.events if event.event == RECORDED}
    for name in dict.fromkeys(event.item for event in register.events if event.item not in recorded):
        message = "has events but was never recorded: they show nowhere. Record it."
        yield Check.error("never-recorded", name, message)


def _lives(register: Register) -> Iterator[Check]:
    """Instruments that enter into force before they are signed, or end before that: every pair that cannot be."""
    for item in register.of("instruments"):
        told = {
            (event.event, found)
            for event in item.events
            if event.event in LIFE and (found := span(event.date))
        }
        ordered = sorted(told, key=lambda each: (LIFE.index(each[0]), each[1].start, each[1].end))
        for (first, earlier), (second, later) in combinations(ordered, 2):
            if first != second and later.end < earlier.start:
                message = (
                    f"{second} on {later}, before it was {first} on {earlier}. One of the two dates is wrong."
                )
                yield Check.warning("events-out-of-order", item.id, message)


def _contradictions(register: Register) -> Iterator[Check]:
    """One thing said to have happened on two days, or evidence that goes back."""
    once = {name for name, kind in event_types().items() if kind.takes == "date" and name not in REPEATABLE}
    points = event_types()["evidenced"].choices
    for item in register.items.values():
        for name in once:
            days = [found for event in item.events if event.event == name and (found := span(event.date))]
            if any(not a.overlap_days(b) for a, b in combinations(days, 2)):
                listed = " and ".join(dict.fromkeys(map(str, days)))
                message = f"{name.replace('_', ' ')} is dated {listed}. Correct one, or say in a note why both stand."
                yield Check.warning("contradicting-events", item.id, message)
        yield from _values_apart(item)
        grades = [
            (event.value, event.date)
            for event in item.events
            if event.event == EVIDENCED and not unproven(event)
        ]
        for (before, _), (after, day) in pairwise(grades):
            if before in points and after in points and points.index(after) < points.index(before):
                message = (
                    f"the evidence went back from {before} to {after} on {day}. Say in a note what happened."
                )
                yield Check.note("evidence-went-back", item.id, message)


REPEATABLE = (
    "restated",
    "amended",
    "met",
    "ratified",
    "noted",
    "appointed",
    "planned",
    "negotiated",
    "withdrawn",
    "said",
    "cited",  # it says only where a thing stands, and one day may bring several papers
)


def _values_apart(item: Item) -> Iterator[Check]:
    """One thing with two values on one day."""
    told: dict[tuple[str, str, str], set[str]] = {}
    for event in item.events:
        if event.date and event.value is not None and event.event not in REPEATABLE:
            told.setdefault((event.event, event.field, event.date), set()).add(str(event.value))
    for (name, field, day), values in told.items():
        if len(values) > 1:
            what = f"{name.replace('_', ' ')} {field}".strip()
            message = f"{what} is {' and '.join(sorted(values))} on {day}. Correct one, or date them apart."
            yield Check.warning("contradicting-events", item.id, message)


def _deadlines(register: Register) -> Iterator[Check]:
    """Deadlines that end before the promise was made or its instrument signed."""
    for item in (*register.of("commitments"), *register.of("milestones")):
        parent = register.items.get(item["commitment"] or "") or item
        instrument = register.items.get(parent["instrument"] or "")
        due = span(item["due"])
        made = span(when(instrument or parent)) if when(instrument or parent) != UNKNOWN_DAY else None
        if due and made and due.end < made.start:
            what = instrument.title if instrument else "the promise itself"
            message = f"is due {due}, before {what} of {made}. Correct the due date or the date of signature."
            yield Check.warning("deadline-before-signature", item.id, message)
        if item["due"] and due is None:
            message = f'due "{item["due"]}" is no date. Write 2026, 2026-Q2, 2026-12-31 or 2024-01/2025-12.'
            yield Check.error("unreadable-due", item.id, message)


def _claims(register: Register) -> Iterator[Check]:
    """Words and documents that part, each way."""
    for item in register.of("commitments"):
        if item["official"] == DONE and grade(item) != COMPLETE:
            message = f"the parties call it done; documents show: {grade(item).replace('_', ' ')}. Look for evidence."
            yield Check.warning("done-without-evidence", item.id, message)
        if item["official"] == "not_reached" and grade(item) == COMPLETE:
            yield Check.warning(
                "evidence-against-words", item.id, "documents show it complete, the parties do not."
            )


def _unsourced(register: Register) -> Iterator[Check]:
    """Grades that claim something without a source or a day, until a later entry grades the item with them."""
    for item in register.items.values():
        told = [event for event in item.events if event.event == EVIDENCED]
        proven = max((event.number for event in told if not unproven(event)), default=0)
        for event in told:
            wrong = without_source(event) if event.number > proven else None
            if wrong:
                message = f"{wrong} It does not count; a grade entered anew with its source settles it."
                yield Check.error("evidence-without-source", item.id, message)


def _undated(register: Register) -> Iterator[Check]:
    """Instruments said to be signed without a day."""
    for item in register.of("instruments"):
        if "signed" in item.dates and not item.dates["signed"]:
            message = "is said to be signed, without a day. Add the event with its date, at least the year."
            yield Check.note("signed-without-day", item.id, message)


def _cycles(register: Register) -> Iterator[Check]:
    for name in ("superseded_by", "rests_on", "parent", "repeats"):
        for cycle in cycles({item.id: _targets(item, name) for item in register.items.values()}):
            listed = " → ".join((*cycle, cycle[0]))
            message = f"{name.replace('_', ' ')} goes round in a circle: {listed}. Correct one of them."
            yield Check.error("cycle", cycle[0], message)


def _targets(item: Item, name: str) -> tuple[str, ...]:
    found = item[name] or ()
    return (found,) if isinstance(found, str) else tuple(found)


def cycles(graph: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Cycles of a directed graph, each once, starting at its first name; without recursion, so long chains are safe."""
    found: dict[frozenset[str], tuple[str, ...]] = {}
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        place: dict[str, int] = {}
        stack = [(start, iter(graph[start]))] if start not in done else []
        while stack:
            node, rest = stack[-1]
            if node not in place:
                place[node] = len(path)
                path.append(node)
            for other in rest:
                if other in place:
                    ring = path[place[other] :]
                    turn = ring.index(min(ring))
                    found.setdefault(frozenset(ring), (*ring[turn:], *ring[:turn]))
                elif other in graph and other not in done:
                    stack.append((other, iter(graph[other])))
                    break
            else:
                stack.pop()
                path.pop()
                del place[node]
                done.add(node)
    return sorted(found.values())


def _repeats(register: Register) -> Iterator[Check]:
    """Targets of the same number by the same parties that are not linked: one promise, counted twice."""
    first: dict[tuple[object, ...], Item] = {}
    for item in register.of("commitments"):
        if item["target_low"] is None or item["repeats"]:
            continue
        key = (
            item["form"],
            item["parties"],
            item["target_low"],
            item["target_high"],
            item["unit"],
            item["indicator"],
        )
        if key in first:
            message = (
                f"says the same as {first[key].id} ({first[key].title}): one promise would count twice. "
            )
            message += "Name that one under repeats, or note the difference."
            yield Check.note("repeated-claim", item.id, message)
        first.setdefault(key, item)


def _sessions(register: Register) -> Iterator[Check]:
    """Sessions of one body whose numbers and days run against each other."""
    for body in register.of("bodies"):
        told = [
            (str(event.value), event.date) for event in body.events if event.event == "met" and event.value
        ]
        told += [
            (str(v["session"]), when(v))
            for v in register.of("visits")
            if v["body"] == body.id and v["session"]
        ]
        numbered = sorted(
            {(int(number), day) for number, day in told if number.isdigit() and day != UNKNOWN_DAY}
        )
        for (number, day), (following, later) in pairwise(numbered):
            if following == number and not _meet(day, later):
                message = f"session {number} is dated {day} and {later}. Correct one."
                yield Check.warning("session-twice", body.id, message)
            elif following > number and starts(later) < starts(day):
                message = f"session {following} ({later}) comes before session {number} ({day}). Correct one."
                yield Check.warning("sessions-out-of-order", body.id, message)


def _meet(one: str, other: str) -> bool:
    a, b = span(one), span(other)
    return a is None or b is None or bool(a.overlap_days(b))


def _relations(register: Register) -> Iterator[Check]:
    """An embassy opened before there were relations."""
    relations = [
        (item, begun)
        for item in register.of("instruments")
        if item["field"] == RELATIONS and (begun := item.dates.get("in_force") or item.dates.get("signed"))
    ]
    for item, begun in relations:
        since = starts(begun)
        parties = set(item["parties"])
        for body in register.of("bodies"):
            opened = body.dates.get("established")
            if (
                body["form"] == EMBASSY
                and parties >= set(body["parties"])
                and opened
                and starts(opened) < since
            ):
                message = f"was opened {opened}, before the relations of {begun} ({item.id}). "
                message += "One of the two dates is wrong."
                yield Check.warning("embassy-before-relations", body.id, message)


def _quotes(register: Register) -> Iterator[Check]:
    """Quotes that do not stand where they are said to stand."""
    from tarazu.register.documents import quote_stands

    for item, proof in dict.fromkeys((event.item, event.evidence) for event in register.events):
        source = register.document(proof.document)
        if source is None:
            if proof.document and register.documents:
                message = f"no document of the register begins with {proof.document[:16]}: the quote is not checked."
                yield Check.note("document-not-here", item, f"{message} Ingest it.")
            continue
        if source.text is None or not proof.quote:
            continue
        found = quote_stands(source.text, proof.start, proof.end, proof.quote)
        if found is not None:
            message = f"{found.message} Document {proof.document[:12]}."
            yield Check.error("quote-not-there", item, message)


def _future(register: Register) -> Iterator[Check]:
    """What is said to have happened on a day to come."""
    today = date.today()
    for item in register.items.values():
        for event in item.events:
            if (
                event.event not in (RECORDED, "planned", "revised")
                and event.date
                and starts(event.date) > today
            ):
                what = event.event.replace("_", " ")
                message = f"{what} is dated {event.date}, a day to come. Use planned, or correct it."
                yield Check.warning("future-event", item.id, message)


def _figures(register: Register) -> Iterator[Check]:
    """A measured figure far from the others of its indicator: a slip of the unit, most often."""
    from tarazu.register.readers.content import limit

    apart, least = limit("figures", "apart"), limit("figures", "least")
    for item in register.of("indicators"):
        told = [
            (event.field or event.date, float(event.value))
            for event in item.events
            if event.event == "measured" and event.value is not None
        ]
        usual = median(abs(value) for _, value in told) if len(told) >= least else 0.0
        for day, value in told:
            if usual and not usual / apart < abs(value) < usual * apart:
                message = (
                    f"{value:g} of {day} is far from the middle of its figures, {usual:g} {item['unit']}. "
                )
                yield Check.warning(
                    "figure-apart", item.id, f"{message}Look at the unit, or say in a note why."
                )


def _unproven(register: Register) -> Iterator[Check]:
    bare = [item.id for item in register.items.values() if not item.evidence]
    if bare:
        listed = ", ".join(bare[:8]) + (f" and {len(bare) - 8} more" if len(bare) > 8 else "")
        message = f"{len(bare)} items name no document and no page: {listed}. Add where it stands."
        yield Check.note("no-evidence", "register", message)


CHECKS: tuple[Callable[[Register], Iterator[Check]], ...] = (
    _orphans,
    _references,
    _lives,
    _contradictions,
    _deadlines,
    _claims,
    _unsourced,
    _undated,
    _cycles,
    _repeats,
    _sessions,
    _relations,
    _quotes,
    _future,
    _figures,
    _unproven,
)
