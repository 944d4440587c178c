"""Promises that a later one says again or replaced: what the pack proposes to close, and in favour of what.

The links are the register's own: `repeats` of a commitment, and the event `superseded`. A later promise takes the place
of an earlier one only if it is still open and binds no less: made by the same parties or more, binding where the
earlier one is, in a signed instrument where the earlier one stands in one. Of several, that in a signed instrument goes
before what was only said, and the latest before others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tarazu.planning.pack_values import (
    Draft,
    Lines,
    Phrase,
    Quantity,
    Refs,
    Said,
    Value,
    When,
    Word,
)
from tarazu.register.register import Item, Register, starts, when
from tarazu.register.schedule import BINDING, COMPLETE, NO_EVIDENCE, days_left, grade, steps_of

ENDED = ("done", "not_reached", "dropped")  # official statuses after which nothing is left to renew
REPEATED, SUPERSEDED = "repeated", "superseded"


@dataclass(frozen=True, slots=True)
class Replaced:
    """An open promise and the later one that took its place.

    Attributes
    ----------
    link
        ``repeated`` or ``superseded``.
    """

    earlier: Item
    later: Item
    link: str


def replaced(register: Register, today: date) -> tuple[Replaced, ...]:
    """Every open commitment in whose place a later, open one stands, by the date of the earlier.

    Plans and forecasts, which bind nobody, only once they are overdue: nobody else asks for them.
    """
    commitments = register.of("commitments")
    groups: dict[str, list[Item]] = {}
    for item in commitments:
        groups.setdefault(_first(register, item).id, []).append(item)
    found = []
    for item in commitments:
        if not _open(item) or not (_binds(item) or (days_left(item, today) or 0) < 0):
            continue
        if item["superseded_by"]:
            later = _end(register, item)
            found += [Replaced(item, later, SUPERSEDED)] if later else []
            continue
        group = groups[_first(register, item).id]
        said_again = [
            each for each in group if starts(when(each)) <= today and _takes_place(register, each, item)
        ]
        if said_again:
            last = max(said_again, key=lambda each: (_signed(register, each), starts(when(each)), each.id))
            found.append(Replaced(item, last, REPEATED))
    return tuple(found)


def _open(item: Item) -> bool:
    return grade(item) != COMPLETE and item["official"] not in ENDED


def _first(register: Register, item: Item) -> Item:
    """The promise that an item says again, or itself; a circle of links ends where it began."""
    seen = {item.id}
    while (other := register.items.get(item["repeats"] or "")) is not None and other.id not in seen:
        seen.add(other.id)
        item = other
    return item


def _end(register: Register, item: Item) -> Item | None:
    """The open commitment at the end of a chain of superseding ones; None where there is none."""
    seen = {item.id}
    while (name := item["superseded_by"]) and name not in seen:
        seen.add(name)
        other = register.items.get(name)
        if other is None:
            return None
        item = other
    return item if item.kind == "commitments" and _open(item) and not item["superseded_by"] else None


def _takes_place(register: Register, later: Item, earlier: Item) -> bool:
    """Whether a promise can stand for an earlier one of the same group."""
    return (
        _open(later)
        and not later["superseded_by"]
        and starts(when(later)) > starts(when(earlier))
        and set(earlier["parties"]) <= set(later["parties"])
        and _binds(later) >= _binds(earlier)
        and _signed(register, later) >= _signed(register, earlier)
    )


def _binds(item: Item) -> bool:
    """Whether its form binds; that it repeats another does not matter here."""
    return item["form"] in BINDING


def _signed(register: Register, item: Item) -> bool:
    """Whether it stands in an instrument that was signed."""
    instrument = register.items.get(item["instrument"] or "")
    return instrument is not None and any(name in instrument.dates for name in ("signed", "in_force"))


def closing(draft: Draft, found: Sequence[Replaced]) -> Iterable[tuple[Value, Value, Refs]]:
    """One point for each promise that stands in the place of others: close those."""
    by_later: dict[str, list[Replaced]] = {}
    for each in found:
        by_later.setdefault(each.later.id, []).append(each)
    for group in by_later.values():
        later = group[0].later
        steps = [step for each in group for step in _late_steps(draft, each.earlier)]
        reasons = [_told(draft, each) for each in group]
        reasons += [
            Phrase("reason.step", {"title": Said(step.title), "due": When(str(step["due"]))})
            for step in steps
        ]
        reasons += [Word(f"reason.later.{name}") for name in _lacks(later)]
        items = [later, *(each.earlier for each in group), *steps]
        title = Phrase("point.replaced", {"title": Said(later.title)})
        yield title, Lines(tuple(reasons)), draft.evidence(proof for item in items for proof in item.evidence)


def _told(draft: Draft, each: Replaced) -> Value:
    """Why an earlier promise is to be closed: which link, since when, and how late it is."""
    facts: dict[str, Value] = {
        "title": Said(each.earlier.title),
        "made": _day(when(each.earlier)),
        "later": _day(_since(each)),
    }
    left = days_left(each.earlier, draft.today)
    if left is None or left >= 0:
        return Phrase(f"reason.{each.link}", facts)
    late: dict[str, Value] = {"due": When(str(each.earlier["due"])), "days": Quantity(-left, "days")}
    return Phrase(f"reason.{each.link}.late", {**facts, **late})


def _since(each: Replaced) -> str:
    """When the later promise took the place."""
    if each.link == SUPERSEDED and each.earlier.dates.get("superseded"):
        return each.earlier.dates["superseded"]
    return when(each.later)


def _day(text: str) -> Value:
    return Word("unknown") if text == "9999" else When(text)


def _lacks(later: Item) -> Iterable[str]:
    """What the promise that stays still needs: a date, evidence."""
    if not later["due"]:
        yield "undated"
    if grade(later) == NO_EVIDENCE:
        yield "unproven"


def _late_steps(draft: Draft, item: Item) -> list[Item]:
    steps = steps_of(draft.register).get(item.id, [])
    return [step for step in steps if _open(step) and (days_left(step, draft.today) or 0) < 0]
