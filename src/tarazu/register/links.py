"""What a suggestion has to do with what the register knows: the same again, something that differs, or nothing.

A target of the same parties and number is the same promise said again; of the same parties and unit with another number
it differs. Promises are compared by `tarazu.register.promises`. An instrument of one form and day, session or field,
and a visit of one day and level, are the same; a count alone links nothing, and dates or fields that differ part. So
are a body of one form, parties and name, and the standing of a country in a structure. Nothing is merged: the link is
shown to the person who decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from tarazu.core.names import normalise
from tarazu.register.acts import shared
from tarazu.register.extract.openings import RELATIONS
from tarazu.register.promises import (
    DIFFERS,
    MILLION,
    SAME,
    SIMILAR,
    Promise,
    alike,
    close,
    compared,
    of_item,
    of_value,
    written_alike,
)
from tarazu.register.readers.content import share
from tarazu.register.register import UNKNOWN_DAY, Item, Register, span, when

MOST_OTHERS = 3  # targets of another number that are named, the latest ones
PACKAGE = "package"  # several documents that no source lists one by one
OF_ONE = ("protocol", "action_plan", "minutes", "declaration")  # of these a session has one


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
        if all(close(number, end * scale) for end in _ends(item)):
            yield Link(item.id, SAME, f"{item.title} ({_day(item)})")
        elif value.get("subject") == "turnover" and _of_turnover(register, item):
            others.append(item)
    for item in sorted(others, key=when)[-MOST_OTHERS:]:
        yield Link(item.id, DIFFERS, f"{item.title} ({_day(item)})")
    if value.get("subject") != "turnover" and value.get("unit") != "percent":
        yield from _commitments(register, value)  # one text sets as a target what another promises to do


def _of_turnover(register: Register, item: Item) -> bool:
    """Whether a target is one of mutual trade as a whole: only those differ from one another."""
    indicator = register.items.get(item["indicator"] or "")
    return indicator is not None and str(indicator["measure"] or "").startswith("turnover")


def _commitments(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    """Promises that are the same, or similar; one in a document of the form in which this stands is the same."""
    told = of_value(value, value["quote"])
    for item in register.of("commitments"):
        if item["repeats"] or not _parties(set(told.parties), item):
            continue
        how = compared(told, of_item(item))
        if how is None:
            continue
        stands = register.items.get(item["instrument"] or "")
        provided = stands is not None and stands["form"] == value.get("instrument")
        named = provided and alike(value["quote"], item.title)
        yield Link(item.id, SAME if named else how, f"{item.title} ({_day(item)})")


def _firsts(register: Register) -> Iterator[Item]:
    """Commitments with a number that say nothing again: a repetition belongs to the first."""
    return (
        item for item in register.of("commitments") if item["target_low"] is not None and not item["repeats"]
    )


def _ends(item: Item) -> tuple[float, float]:
    return item["target_low"], item["target_low"] if item["target_high"] is None else item["target_high"]


def _comparable(unit: str | None, other: str | None) -> bool:
    return unit == other or (unit == "USD" and other == "USD m")


def _day(item: Item) -> str:
    day = when(item)
    return "no date" if day == UNKNOWN_DAY else day


def _parties(named: set[str], item: Item) -> bool:
    """Whether the parties may be the same: a text that names none speaks of the pair at hand."""
    return not named or bool(named & set(item["parties"] or ()))


def _instruments(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    form, count, parties = value.get("form"), value.get("number"), set(value.get("parties") or ())
    for item in register.of("instruments"):
        package = item["form"] == PACKAGE and (count or 0) > 1
        if (item["form"] != form and not package) or not _parties(parties, item):
            continue
        how = _instrument(item, value)
        if how:
            yield Link(item.id, how, f"{item.title} ({span(item.dates.get('signed')) or 'no date'})")


def _instrument(item: Item, value: Mapping[str, Any]) -> str | None:
    """Whether a document is a known one: by its day, its session or its field; dates and fields that differ part."""
    day, signed = span(value.get("date")), span(item.dates.get("signed"))
    if day and signed and not day.overlap_days(signed):
        return None
    fields = _fields(value.get("field"), item["field"])
    whole = len(str(value.get("date") or "")) > len("2007")  # a year alone makes no two documents one
    dated = bool(day and signed and whole)
    told = str(value.get("session") or "")
    numbers = {told} if told else set() if value.get("date") else set(re.findall(r"\d+", value["quote"]))
    there = bool(item["session"]) and (item["session"] in numbers or _at_session(item, value))
    likely = alike(f"{value['quote']} {value.get('field') or ''}", item.title)
    if fields is False:
        strange = not written_alike(str(value["field"]), str(item["field"]))
        return SIMILAR if (dated or there) and strange else None
    if told and item["session"] and told != item["session"]:
        return SIMILAR if likely else None
    counted = (value.get("number") or 0) > 1 and item["count"] == value["number"]
    if dated or there or fields or (counted and likely):
        return SAME
    return SIMILAR if likely else None


def _fields(one: Any, other: Any) -> bool | None:
    """Whether two documents are of one field; None where one does not say."""
    if not one or not other:
        return None
    return shared(str(one), str(other)) >= share("acts", "fields")


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
    named = [item for item in held if alike(str(value.get("body") or value["quote"]), item.title)]
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
            how = SAME if standing is None or item["standing"] in (None, standing) else DIFFERS
            yield Link(
                item.id,
                how,
                f"{item['structure']}, {item['country']}: {item['standing'] or 'standing not known'} ({_day(item)})",
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
            told = item[name] if item["unit"] == "USD m" and measures(item, value) else None
            if name == "baseline" and _elsewhen(item["baseline_period"], value.get("period")):
                continue
            if number is not None and told is not None and close(number, told * MILLION):
                yield Link(item.id, SAME, f"its {name}, {told:g} {item['unit']}")
        yield from _measurements(item, value)
    for item in register.of("commitments"):
        low = item["target_low"]
        if (
            number is not None
            and low is not None
            and item["unit"] == "USD m"
            and close(number, low * MILLION)
        ):
            yield Link(item.id, SAME, f"its number, {low:g} {item['unit']}")


def _elsewhen(one: Any, other: Any) -> bool:
    """Whether two figures are of two periods."""
    periods = span(one), span(str(other) if other else None)
    return all(periods) and periods[0] != periods[1]


def _measurements(item: Item, value: Mapping[str, Any]) -> Iterator[Link]:
    """A figure against what the register has of its indicator in its period."""
    period, number = value.get("period"), value.get("value")
    if not period or number is None or item["unit"] != "USD m" or not value.get("subject"):
        return
    if not item["measure"] or not measures(item, value) or value.get("currency") not in (None, "USD"):
        return
    told = [(item["baseline"], item["baseline_period"])] if item["baseline"] is not None else []
    told += [(event.value, event.field or event.date) for event in item.events if event.event == "measured"]
    for known, of in told:
        if span(of) == span(str(period)):
            how = SAME if close(number, float(known) * MILLION) else DIFFERS
            why = f"{item.title}, {float(known):g} {item['unit']} of {of}; here {number / MILLION:g}"
            yield Link(item.id, how, why)


def measures(item: Item, value: Mapping[str, Any]) -> bool:
    """Whether a figure may be of what an indicator measures: its subject and whose series; True where unknown."""
    what, _, whose = str(item["measure"] or "").partition(":")
    subject, reporter = value.get("subject"), value.get("reporter")
    if not what or not subject:
        return True
    if what == "flow":
        seller, _, buyer = whose.partition("->")
        side = {"export": seller, "import": buyer}.get(subject)
        return side is not None and reporter in (None, side)
    return bool(what == subject) and reporter in (None, whose)


def between(
    claims: Iterable[tuple[int, str, Mapping[str, Any]]], of: Collection[int] | None = None
) -> Mapping[int, tuple[int, ...]]:
    """Suggestions of other documents that state the same, by number.

    Parameters
    ----------
    claims
        Number, document and value of each, with its ``kind``, and ``quote``; without a kind it is an amount.
    of
        Only those of these numbers.
    """
    held = tuple(claims)
    by_value: dict[tuple[Any, ...], list[tuple[int, str]]] = {}
    for number, document, value in held:
        kind = value.get("kind", "amount")
        key = tuple(_hashed(value.get(name)) for name in CLAIMS.get(kind, ()))
        if key and all(key):
            by_value.setdefault((kind, *key), []).append((number, document))
    found: dict[int, set[int]] = {}
    for group in by_value.values():
        for number, document in group:
            found.setdefault(number, set()).update(other for other, where in group if where != document)
    for one, other in _promises_twice(held, of):
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {
        number: tuple(sorted(others))
        for number, others in sorted(found.items())
        if others and (of is None or number in of)
    }


def _promises_twice(
    claims: Iterable[tuple[int, str, Mapping[str, Any]]], of: Collection[int] | None
) -> Iterator[tuple[int, int]]:
    """Pairs of commitments of two documents that are the same promise."""
    told = [
        (number, document, value.get("kind"), of_value(value, str(value.get("quote") or "")))
        for number, document, value in claims
        if value.get("kind") in ("commitment", "target")
    ]
    for a, b in sorted(_candidates([promise for *_, promise in told])):
        (number, document, kind, promise), (other, elsewhere, its, second) = told[a], told[b]
        if document == elsewhere or (of is not None and number not in of and other not in of):
            continue
        if not kind == its == "target" and compared(promise, second) == SAME:
            yield number, other


def _candidates(promises: Sequence[Promise]) -> set[tuple[int, int]]:
    """Pairs that can be the same promise: of one text, or with a number in common."""
    by_text: dict[str, list[int]] = {}
    numbers: dict[str, list[tuple[float, int]]] = {}
    for index, promise in enumerate(promises):
        for text in promise.texts:
            by_text.setdefault(text, []).append(index)
        for value, unit in promise.numbers:
            numbers.setdefault(unit, []).append((value, index))
    found = {pair for group in by_text.values() for pair in combinations(group, 2)}
    for each in map(sorted, numbers.values()):
        for at, (value, index) in enumerate(each):
            for more, other in each[at + 1 :]:
                if not close(value, more):
                    break
                if index != other:
                    found.add((min(index, other), max(index, other)))
    return found


def _hashed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


# What two documents must have in common to state the same, all of it told.
CLAIMS: Mapping[str, tuple[str, ...]] = {
    "amount": ("value", "currency"),
    "target": ("value", "unit"),
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
