"""A suggestion: what a rule believes a stretch of text says. Nothing more until a person has accepted it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tarazu.core.parameters import bundled_text

KINDS = (
    *("amount", "percentage", "quantity", "date", "party", "place"),
    *("target", "commitment", "instrument", "visit", "product"),
    *("session", "body", "membership", "event"),
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion.

    Attributes
    ----------
    kind
        One of `KINDS`.
    start, end
        Span in the text, in characters; ``text[start:end]`` is `quote`.
    rule
        Identifier in ``data/register/rules.csv``.
    confidence
        How often the rule was right on the development half of the labelled documents, or on sentences written for
        it, 0 to 1: (right + 1) / (suggested + 2); see docs/register-quality.md. Rules of parties and places, which
        are not labelled one by one, have an estimate.
    value
        What the quote says, ready for JSON; the keys depend on the kind, None where unknown.
    """

    kind: str
    start: int
    end: int
    quote: str
    rule: str
    confidence: float
    value: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as ``rules.csv`` declares it."""

    id: str
    kind: str
    languages: tuple[str, ...]
    confidence: float
    meaning: str


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its identifier."""
    rows = csv.DictReader(io.StringIO(bundled_text("register/rules.csv")))
    return {
        row["id"]: Rule(
            id=row["id"],
            kind=row["kind"],
            languages=tuple(row["languages"].split()),
            confidence=float(row["confidence"]),
            meaning=row["meaning"],
        )
        for row in rows
    }


def suggestion(rule: str, text: str, start: int, end: int, value: Mapping[str, Any]) -> Suggestion:
    """A suggestion of a rule, with the rule's kind and confidence."""
    found = rules()[rule]
    return Suggestion(found.kind, start, end, text[start:end], rule, found.confidence, value)
