"""What a suggestion has to do with what the register knows: the same again, something that differs, or nothing.

A target of the same parties and number is the same promise said again; of the same parties and unit with another number
it differs. An instrument of one form and day, and a visit of one day and level, are the same. Nothing is merged: the
link is shown to the person who decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tarazu.register.register import Item, Register, span, when

SAME, DIFFERS = "same", "differs"
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
        return (
            f"{self.how} as {self.item}: {self.why}"
            if self.how == SAME
            else f"differs from {self.item}: {self.why}"
        )


def links(register: Register, kind: str, value: Mapping[str, Any]) -> tuple[Link, ...]:
    """Items that say the same or something else, the same ones first."""
    found = _FINDERS[kind](register, value) if kind in _FINDERS else ()
    return tuple(sorted(found, key=lambda link: (link.how != SAME, link.item)))


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
        else:
            others.append(item)
    for item in sorted(others, key=when)[-MOST_OTHERS:]:
        yield Link(item.id, DIFFERS, f"{item.title} ({when(item)})")


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
    for item in register.of("instruments"):
        signed = span(item.dates.get("signed"))
        if item["form"] != form or not _parties(set(value.get("parties") or ()), item):
            continue
        if day and signed and day.overlap_days(signed):
            yield Link(item.id, SAME, f"{item.title} ({signed})")


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


_FINDERS = {"target": _targets, "instrument": _instruments, "visit": _visits, "amount": _indicators}
