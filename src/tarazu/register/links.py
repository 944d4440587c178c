"""What a suggestion has to do with what the register knows: the same again, something that differs, or nothing.

A target of the same parties and number is the same promise said again; of the same parties and unit with another number
it differs. A promise that holds the number of a known one is the same; one whose words are alike is similar. An
instrument of one form and day or session, and a visit of one day and level, are the same. Nothing is merged: the link
is shown to the person who decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tarazu.core.names import normalise
from tarazu.register.register import Item, Register, span, when

SAME, SIMILAR, DIFFERS = "same", "similar", "differs"
ALIKE = 72.0  # likeness of two texts' words from which they are called similar, of 100 (rapidfuzz token set ratio)
MILLION = 1e6
MOST_OTHERS = 3  # targets of another number that are named, the latest ones
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
            yield Link(item.id, SIMILAR, f"{item.title} ({when(item)})")


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
    day, form = span(value.get("date")), value.get("form")
    numbers = set(re.findall(r"\d+", value["quote"]))
    for item in register.of("instruments"):
        signed = span(item.dates.get("signed"))
        if item["form"] != form or not _parties(set(value.get("parties") or ()), item):
            continue
        why = f"{item.title} ({signed or 'no date'})"
        if (day and signed and day.overlap_days(signed)) or (item["session"] and item["session"] in numbers):
            yield Link(item.id, SAME, why)
        elif _alike(f"{value['quote']} {value.get('field') or ''}", item.title):
            yield Link(item.id, SIMILAR, why)


def _visits(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    day = span(value.get("date"))
    for item in register.of("visits"):
        held = span(when(item))
        if day and held and day.overlap_days(held):
            same = item["level"] in (None, "other") or value.get("level") in (None, "other", item["level"])
            yield Link(item.id, SAME if same else DIFFERS, f"{item.title} ({held})")


def _indicators(register: Register, value: Mapping[str, Any]) -> Iterator[Link]:
    number = value.get("value")
    for item in register.of("indicators"):
        for name in ("baseline", "target"):
            told = item[name] if item["unit"] == "USD m" else None
            if number is not None and told is not None and _close(number, told * MILLION):
                yield Link(item.id, SAME, f"its {name}, {told:g} {item['unit']}")
    for item in register.of("commitments"):
        low = item["target_low"]
        if (
            number is not None
            and low is not None
            and item["unit"] == "USD m"
            and _close(number, low * MILLION)
        ):
            yield Link(item.id, SAME, f"its number, {low:g} {item['unit']}")


def between(claims: Iterable[tuple[int, str, Mapping[str, Any]]]) -> Mapping[int, tuple[int, ...]]:
    """Suggestions of other documents that state the same amount, by number.

    Parameters
    ----------
    claims
        Number, document and value of each amount.
    """
    by_value: dict[tuple[Any, ...], list[tuple[int, str]]] = {}
    for number, document, value in claims:
        key = (value.get("value"), value.get("currency"))
        if key[0] is not None:
            by_value.setdefault(key, []).append((number, document))
    return {
        number: tuple(other for other, elsewhere in group if elsewhere != document)
        for group in by_value.values()
        for number, document in group
        if any(elsewhere != document for _, elsewhere in group)
    }


ORDER = (SAME, SIMILAR, DIFFERS)
_FINDERS = {
    "target": _targets,
    "commitment": _commitments,
    "instrument": _instruments,
    "visit": _visits,
    "amount": _indicators,
}
