"""What a suggestion has to do with what the register knows: the same again, something that differs, or nothing.

A target of the same parties and number is the same promise said again; of the same parties and unit with another number
it differs. A promise that holds the number of a known one is the same; one whose words are alike is similar. An
instrument of one form and day or session, and a visit of one day and level, are the same; so are a body of one form,
parties and name, and the standing of a country in a structure. Nothing is merged: the link is shown to the person who
decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarazu.core.names import normalise
from tarazu.register.extract.openings import RELATIONS
from tarazu.register.register import Item, Register, span, when

SAME, SIMILAR, DIFFERS = "same", "similar", "differs"
ALIKE = 72.0  # likeness of two texts' words from which they are called similar, of 100 (rapidfuzz token set ratio)
MILLION = 1e6
MOST_OTHERS = 3  # targets of another number that are named, the latest ones
PACKAGE = "package"  # several documents that no source lists one by one
OF_ONE = ("protocol", "action_plan", "minutes", "declaration")  # of these a session has one
CLOSE = 0.001  # relative difference of two numbers that are the same one


@dataclass(frozen=True, slots=True)
class Link:
    """One item that a suggestion touches."""

    item: str
    how: str
    why: str

    def __str__(self) -> str:
        return f"{self.how} {self.item}: {self.why}"


def links(register: Register, kind: str, value: Mapping[str, Any], quote: str = "") -> tuple[Link, ...]:
    """Items that say the same, something like it or something else, the same ones first.

    Parameters
    ----------
    value
        What was read, with ``amounts``: numbers in US dollars that stand in the quote.
    """
    found = _FINDERS[kind](register, {**value, "quote": quote}) if kind in _FINDERS else ()
    best: dict[str, Link] = {}
    for link in found:
        if link.item not in best or ORDER.index(link.how) < ORDER.index(best[link.item].how):
            best[link.item] = link
    return tuple(sorted(best.values(), key=lambda link: (ORDER.index(link.how), link.item)))


def _targets(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    number, parties = value.get("value"), set(value.get("parties") or ())
    others: list[Item] = []
    for item in _firsts(register):
        if item["form"] != "target" or number is None or not _parties(parties, item):
            continue
        if not _comparable(value.get("unit"), item["unit"]):
            continue
        scale = MILLION if item["unit"] == "USD m" else 1.0
        if all(_close(number, end * scale) for end in _ends(item)):
            yield Link(item.id, SAME, f"{item.title} ({when(item)})")
        elif value.get("subject") == "turnover" and _of_turnover(register, item):
            others.append(item)
    for item in sorted(others, key=when)[-MOST_OTHERS:]:
        yield Link(item.id, DIFFERS, f"{item.title} ({when(item)})")


def _of_turnover(register: Register, item: Item) -> bool:
    """Whether a target is one of mutual trade as a whole: only those differ from one another."""
    indicator = register.items.get(item["indicator"] or "")
    return indicator is not None and str(indicator["measure"] or "").startswith("turnover")


def _commitments(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    parties = set(value.get("parties") or ())
    for item in register.of("commitments"):
        if item["repeats"] or not _parties(parties, item):
            continue
        same = item["unit"] == "USD m" and item["target_low"] is not None
        if same and any(
            all(_close(a, end * MILLION) for end in _ends(item)) for a in value.get("amounts") or ()
        ):
            yield Link(item.id, SAME, f"{item.title} ({when(item)})")
        elif _alike(value["quote"], item.title):
            stands = register.items.get(item["instrument"] or "")
            provided = stands is not None and stands["form"] == value.get("instrument")
            yield Link(item.id, SAME if provided else SIMILAR, f"{item.title} ({when(item)})")


def _alike(one: str, other: str) -> bool:
    """Whether the words of one text are mostly those of another; short titles must be there whole."""
    from rapidfuzz.fuzz import token_set_ratio

    return len(other.split()) > 1 and token_set_ratio(normalise(one), normalise(other)) >= ALIKE


def _firsts(register: Register) -> Iterator[Item]:
    """Commitments with a number that say nothing again: a repetition belongs to the first."""
    return (
        item for item in register.of("commitments") if item["target_low"] is not None and not item["repeats"]
    )


def _ends(item: Item) -> tuple[float, float]:
    return item["target_low"], item["target_low"] if item["target_high"] is None else item["target_high"]


def _comparable(unit: str | None, other: str | None) -> bool:
    return unit == other or (unit == "USD" and other == "USD m")


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE * max(abs(a), abs(b))


def _parties(named: set[str], item: Item) -> bool:
    """Whether the parties may be the same: a text that names none speaks of the pair at hand."""
    return not named or bool(named & set(item["parties"] or ()))


def _instruments(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    day, form, count = span(value.get("date")), value.get("form"), value.get("number")
    whole = len(str(value.get("date") or "")) > len("2007")  # a year alone makes no two documents one
    numbers = {str(value["session"])} if value.get("session") else set(re.findall(r"\d+", value["quote"]))
    for item in register.of("instruments"):
        signed = span(item.dates.get("signed"))
        package = item["form"] == PACKAGE and (count or 0) > 1
        if (item["form"] != form and not package) or not _parties(set(value.get("parties") or ()), item):
            continue
        why = f"{item.title} ({signed or 'no date'})"
        apart = bool(day and signed and not day.overlap_days(signed))
        counted = (count or 0) > 1 and item["count"] == count and not apart
        there = bool(item["session"]) and (item["session"] in numbers or _at_session(item, value))
        if (day and signed and whole and not apart) or there or counted:
            yield Link(item.id, SAME, why)
        elif _alike(f"{value['quote']} {value.get('field') or ''}", item.title):
            yield Link(item.id, SIMILAR, why)


def _at_session(item: Item, value: Mapping[str, Any]) -> bool:
    """Whether a text of the session in which a document was signed means it: the one of its form, or of its field."""
    if item["session"] != value.get("document_session") or value.get("event") != "signed":
        return False
    told, known = str(value.get("field") or ""), str(item["field"] or "")
    return normalise(told) == normalise(known) if told else item["form"] in OF_ONE


def _bodies(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    """Bodies of a form and parties; of several the one of that name, or none for sure."""
    parties = set(value.get("parties") or value.get("document_parties") or ())
    held = [
        item
        for item in register.of("bodies")
        if item["form"] == value.get("form") and (not parties or set(item["parties"] or ()) == parties)
    ]
    named = [item for item in held if _alike(str(value.get("body") or value["quote"]), item.title)]
    for item in named or held:
        sure = len(named or held) == 1 or item == _likest(str(value.get("body") or ""), named)
        yield Link(item.id, SAME if sure else SIMILAR, f"{item.title}{_session(item, value)}")


def _likest(name: str, held: Sequence[Item]) -> Item | None:
    from rapidfuzz.fuzz import token_sort_ratio

    return max(held, key=lambda item: token_sort_ratio(normalise(name), normalise(item.title)), default=None)


def _session(item: Item, value: Mapping[str, Any]) -> str:
    """Whether the body's session is known."""
    number = value.get("session")
    if not number:
        return ""
    met = [event.date for event in item.events if event.event == "met" and str(event.value) == str(number)]
    return f", session {number} {'met ' + met[0] if met else 'is new'}"


def _memberships(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    for item in register.of("memberships"):
        if item["structure"] == value.get("structure") and item["country"] in (value.get("parties") or ()):
            standing = value.get("standing")
            how = SAME if standing in (None, item["standing"]) else DIFFERS
            yield Link(
                item.id, how, f"{item['structure']}, {item['country']}: {item['standing']} ({when(item)})"
            )


def _openings(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    """Diplomatic relations among the instruments; other openings in their field, and what was noted there."""
    day = span(value.get("date"))
    if value.get("field") == RELATIONS:
        for item in register.of("instruments"):
            if item["field"] == RELATIONS and _parties(set(value.get("parties") or ()), item):
                signed = span(item.dates.get("signed"))
                fit = day is None or signed is None or bool(day.overlap_days(signed))
                yield Link(item.id, SAME if fit else DIFFERS, f"{item.title} ({signed or 'no date'})")
        return
    for item in register.of("sectors"):
        if item.id != f"se-{value.get('field')}":
            continue
        noted = (event for event in item.events if event.event == "noted")
        known = next(
            (each for each in noted if day and (on := span(each.date)) and day.overlap_days(on)), None
        )
        yield Link(
            item.id, SAME, f"noted on {known.date}: {known.value}" if known else f"{item.title}, new there"
        )


def _visits(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    day = span(value.get("date"))
    for item in register.of("visits"):
        held = span(when(item))
        session = item["session"] if day is None else None
        if session and session == value.get("document_session") and value.get("level") == _level(item):
            yield Link(item.id, SAME, f"{item.title} ({held}), session {session}")
        elif day and held and day.overlap_days(held):
            same = _level(item) in (None, "other") or value.get("level") in (None, "other", _level(item))
            yield Link(item.id, SAME if same else DIFFERS, f"{item.title} ({held})")


def _level(item: Item) -> str | None:
    """The level of a visit as suggestions name it."""
    level = item["level"]
    return "deputy_head" if level == "deputy_head_of_government" else level


def _indicators(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    number = value.get("value")
    for item in register.of("indicators"):
        for name in ("baseline", "target"):
            told = item[name] if item["unit"] == "USD m" else None
            if number is not None and told is not None and _close(number, told * MILLION):
                yield Link(item.id, SAME, f"its {name}, {told:g} {item['unit']}")
        yield from _measurements(item, value)
    for item in register.of("commitments"):
        low = item["target_low"]
        if (
            number is not None
            and low is not None
            and item["unit"] == "USD m"
            and _close(number, low * MILLION)
        ):
            yield Link(item.id, SAME, f"its number, {low:g} {item['unit']}")


def _measurements(item: Item, value: Mapping[str, Any]) -> Iterator[Link]:
    """A figure of a table against what the register has of its indicator in its period."""
    measure, _, whose = str(item["measure"] or "").partition(":")
    period, number = value.get("period"), value.get("value")
    if not period or number is None or measure != value.get("subject") or item["unit"] != "USD m":
        return
    if value.get("reporter") not in (None, whose) or value.get("currency") not in (None, "USD"):
        return
    told = [(item["baseline"], item["baseline_period"])] if item["baseline"] is not None else []
    told += [(event.value, event.field or event.date) for event in item.events if event.event == "measured"]
    for known, of in told:
        if of == period:
            how = SAME if _close(number, float(known) * MILLION) else DIFFERS
            yield Link(item.id, how, f"{item.title}, {float(known):g} {item['unit']} of {of}")


def between(claims: Iterable[tuple[int, str, Mapping[str, Any]]]) -> Mapping[int, tuple[int, ...]]:
    """Suggestions of other documents that state the same, by number.

    Parameters
    ----------
    claims
        Number, document and value of each, with its ``kind``; without one it is an amount.
    """
    by_value: dict[tuple[Any, ...], list[tuple[int, str]]] = {}
    for number, document, value in claims:
        kind = value.get("kind", "amount")
        key = tuple(_hashed(value.get(name)) for name in CLAIMS.get(kind, ()))
        if key and all(key):
            by_value.setdefault((kind, *key), []).append((number, document))
    return {
        number: tuple(other for other, elsewhere in group if elsewhere != document)
        for group in by_value.values()
        for number, document in group
        if any(elsewhere != document for _, elsewhere in group)
    }


def _hashed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


# What two documents must have in common to state the same, all of it told.
CLAIMS: Mapping[str, tuple[str, ...]] = {
    "amount": ("value", "currency"),
    "target": ("value", "unit"),
    "commitment": ("form", "amounts"),
    "instrument": ("form", "date"),
    "visit": ("level", "date"),
    "session": ("form", "session"),
    "body": ("form", "parties", "date"),
    "event": ("field", "date"),
}
ORDER = (SAME, SIMILAR, DIFFERS)
_FINDERS = {
    "target": _targets,
    "commitment": _commitments,
    "instrument": _instruments,
    "visit": _visits,
    "amount": _indicators,
    "session": _bodies,
    "body": _bodies,
    "membership": _memberships,
    "event": _openings,
}
