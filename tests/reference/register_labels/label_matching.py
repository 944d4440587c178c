"""Suggestions against labels: which are right, which are missed, which are invented.

A suggestion is right when it has the label's kind, overlaps its span and means the same; each label takes one
suggestion and each suggestion one label. Two suggestions for one label are therefore one hit and one invention.
docs/register-quality.md states what "means the same" asks for by kind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from label_reading import KINDS, Document, Label, Number, Span

RELATIVE = 1e-6  # of figures: room for binary fractions, none for another figure
CLAUSE = 0.5  # of the shorter of two clauses that they must share
CLAUSES = ("target", "commitment")

# Units of one dimension, brought to the first. Counting units beyond those listed may be named differently.
_SCALES = {
    "kg": ("t", 1e-3), "kt": ("t", 1e3), "Mt": ("t", 1e6), "m": ("km", 1e-3), "kW": ("MW", 1e-3), "GW": ("MW", 1e3),
    "MWh": ("kWh", 1e3), "GWh": ("kWh", 1e6), "TWh": ("kWh", 1e9), "bcm": ("m3", 1e9),
}  # fmt: skip
_UNITS = {
    "t", "km", "TEU", "wagon", "item", "document", "company", "session", "day", "ha", "MW", "person", "kWh", "m3",
    "percent", "USD", "EUR", "RUB", "KZT", "IRR", "CNY",
}  # fmt: skip


class Suggested(Protocol):
    """What the matcher reads of a suggestion of tarazu.register."""

    @property
    def kind(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def quote(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def value(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One document's suggestions, sorted out. Optional labels and excused suggestions stand in none of the lists."""

    right: tuple[tuple[Label, Suggested], ...]
    missed: tuple[Label, ...]
    invented: tuple[Suggested, ...]
    misplaced: tuple[Suggested, ...]  # quote does not stand at the span; counted among the invented too


def compare(document: Document, suggestions: Iterable[Suggested]) -> Outcome:
    """Sort out one document's suggestions of the kinds that are labelled exhaustively."""
    offered = [each for each in suggestions if each.kind in KINDS]
    misplaced = [each for each in offered if document.text[each.start : each.end] != each.quote]
    fit = [each for each in offered if each not in misplaced]
    right: list[tuple[Label, Suggested]] = []
    # Long overlaps first: a label is not to lose its own suggestion to a neighbour that only touches it.
    pairs = [
        (_shared(label, each), label, each) for label in document.labels for each in fit if agree(label, each)
    ]
    taken: set[int] = set()
    for _, label, each in sorted(pairs, key=lambda pair: (pair[1].optional, -pair[0])):
        if id(label) not in taken and id(each) not in taken:
            taken |= {id(label), id(each)}
            right.append((label, each))
    left = [each for each in fit if id(each) not in taken and not excused(document, each)]
    return Outcome(
        right=tuple(pair for pair in right if not pair[0].optional),
        missed=tuple(each for each in document.labels if not each.optional and id(each) not in taken),
        invented=(*left, *misplaced),
        misplaced=tuple(misplaced),
    )


def agree(label: Label, suggestion: Suggested) -> bool:
    """Whether a suggestion is what the label marks."""
    if suggestion.kind != label.kind or not _shared(label, suggestion):
        return False
    if label.kind in CLAUSES and not _clause(label, suggestion):
        return False
    return _SAME[label.kind](label, suggestion.value)


def excused(document: Document, suggestion: Suggested) -> bool:
    """Neither right nor wrong.

    What stands on an optional label, a mere mention of an instrument, and a promise seen in a target or in a signature
    to come: both are promises of a kind, labelled under their own name.
    """
    if suggestion.kind == "instrument" and suggestion.value.get("event") is None:
        return True
    for label in document.labels:
        if label.optional and label.kind == suggestion.kind and _shared(label, suggestion):
            return True
        own = label.kind == "target" or (label.kind == "instrument" and "planned" in label.events)
        if suggestion.kind == "commitment" and own and _clause(label, suggestion):
            return True
    return False


def due_agrees(label: Label, value: Mapping[str, Any]) -> bool:
    """Whether a target's due date ends on the day that the label's does (or neither has one)."""
    text = str(value.get("due") or "")
    if not label.spans:
        return not text
    return any(text.endswith(span.end.isoformat()) for span in label.spans)


def _shared(label: Label, suggestion: Suggested) -> int:
    return max(0, min(label.end, suggestion.end) - max(label.start, suggestion.start))


def _clause(label: Label, suggestion: Suggested) -> bool:
    shorter = min(label.end - label.start, suggestion.end - suggestion.start)
    return _shared(label, suggestion) >= CLAUSE * shorter > 0


def _close(left: object, right: float) -> bool:
    if not isinstance(left, int | float):
        return False
    return math.isclose(abs(left), abs(right), rel_tol=RELATIVE)


def _figure(number: Number, value: Mapping[str, Any], key: str) -> bool:
    if value.get("bound", "exact") != number.bound:
        return False
    if number.bound == "range":
        return _close(value.get("low"), number.low) and _close(value.get("high"), number.high)
    stated = next((value[name] for name in (key, "low", "high") if value.get(name) is not None), None)
    return _close(stated, number.low)


def _amount(label: Label, value: Mapping[str, Any]) -> bool:
    assert label.number is not None
    return value.get("currency") == label.unit and _figure(label.number, value, "value")


def _percentage(label: Label, value: Mapping[str, Any]) -> bool:
    assert label.number is not None
    return value.get("role") == label.unit and _figure(label.number, value, "percent")


def _quantity(label: Label, value: Mapping[str, Any]) -> bool:
    assert label.number is not None
    unit, factor = _SCALES.get(str(value.get("unit")), (str(value.get("unit")), 1.0))
    scaled = {
        key: held * factor if key in ("value", "low", "high") and isinstance(held, int | float) else held
        for key, held in value.items()
    }
    own, share = _SCALES.get(label.unit, (label.unit, 1.0))
    wanted = Number(label.number.low * share, label.number.high * share, label.number.bound)
    same = unit == own or not {unit, own} <= _UNITS
    return same and _figure(wanted, scaled, "value")


def _date(label: Label, value: Mapping[str, Any]) -> bool:
    return any(_same_span(span, value) for span in label.spans)


def _same_span(span: Span, value: Mapping[str, Any]) -> bool:
    start, end, precision = (str(value.get(key)) for key in ("start", "end", "precision"))
    if span.precision == "season" and span.start and span.start.year < span.end.year:
        # Where a marketing year begins depends on the crop: 2024/25 is right by its two years.
        return (start[:4], end[:4]) == (f"{span.start.year}", f"{span.end.year}")
    if end != span.end.isoformat() or (span.start and start != span.start.isoformat()):
        return False
    loose = {"span", "season", "half", "quarter"}
    return not span.start or precision == span.precision or {precision, span.precision} <= loose


def _target(label: Label, value: Mapping[str, Any]) -> bool:
    assert label.number is not None
    unit, factor = _SCALES.get(str(value.get("unit")), (str(value.get("unit")), 1.0))
    stated = value.get("value")
    if unit != label.unit and {unit, label.unit} <= _UNITS:
        return False
    if not isinstance(stated, int | float):
        return False
    # A range has one value in the interface: either end of it, or its middle.
    ends = (label.number.low, label.number.high, (label.number.low + label.number.high) / 2)
    return any(_close(stated * factor, each) for each in ends)


def _commitment(label: Label, value: Mapping[str, Any]) -> bool:
    return value.get("form") in label.forms


def _instrument(label: Label, value: Mapping[str, Any]) -> bool:
    assert label.number is not None
    count = value.get("number")
    counted = _close(1 if count is None else count, label.number.low)
    formed = "any" in label.forms or value.get("form") in label.forms
    return counted and formed and value.get("event") in label.events


def _visit(label: Label, value: Mapping[str, Any]) -> bool:
    return value.get("level") in label.forms


def _product(label: Label, value: Mapping[str, Any]) -> bool:
    codes = [str(each) for each in value.get("hs") or ()]
    return any(code.startswith(wanted) or wanted.startswith(code) for code in codes for wanted in label.codes)


_SAME: dict[str, Callable[[Label, Mapping[str, Any]], bool]] = {
    "amount": _amount,
    "percentage": _percentage,
    "quantity": _quantity,
    "date": _date,
    "target": _target,
    "commitment": _commitment,
    "instrument": _instrument,
    "visit": _visit,
    "product": _product,
}


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one kind; precision and recall are nothing where nothing was suggested or labelled."""

    right: int = 0
    missed: int = 0
    invented: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.missed + other.missed, self.invented + other.invented)

    @property
    def labelled(self) -> int:
        return self.right + self.missed

    @property
    def precision(self) -> float:
        found = self.right + self.invented
        return self.right / found if found else math.nan

    @property
    def recall(self) -> float:
        return self.right / self.labelled if self.labelled else math.nan


def tally(outcome: Outcome) -> dict[str, Tally]:
    """Counts of one document by kind."""
    return {
        kind: Tally(
            right=sum(label.kind == kind for label, _ in outcome.right),
            missed=sum(label.kind == kind for label in outcome.missed),
            invented=sum(each.kind == kind for each in outcome.invented),
        )
        for kind in KINDS
    }


def countries(document: Document, suggestions: Iterable[Suggested]) -> Tally:
    """Countries named anywhere in a document: of the document as a whole, not mention by mention."""
    found = {
        str(each.value["country"])
        for each in suggestions
        if each.kind == "party" and each.value.get("country")
    }
    wanted = document.countries
    return Tally(len(found & wanted), len(wanted - found), len(found - wanted))


def places(document: Document, suggestions: Iterable[Suggested]) -> Tally:
    """Places listed in a document's header, found at any of their mentions. Recall only: other places may be named."""
    held = [each for each in suggestions if each.kind == "place"]
    right = 0
    for name, country in document.places:
        right += any(
            name in document.text[max(0, each.start - len(name)) : each.end + len(name)]
            and (name in each.quote or each.quote in name)
            and each.value.get("country") in (country, None)
            for each in held
        )
    return Tally(right, len(document.places) - right)
