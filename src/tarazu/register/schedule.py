"""Where a commitment stands: three statuses kept apart, and how far it is.

- official: what the parties say of it;
- evidence: what documents show, on the five points of the Open Government Partnership's review (no evidence, not
  started, limited, substantial, complete);
- schedule: met on time, met late, running, overdue, no date, closed: from the due date and the day on which evidence
  showed it complete. A due date of no known day ends with its period.

Progress is two numbers with their denominator named: the weighted share of steps that are met, and the number of
commitments fully met. Points on the scale count as shares of data/register.toml, a judgement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tarazu.core.parameters import section
from tarazu.register.register import Item, Register, span, starts

COMPLETE, NO_EVIDENCE = "complete", "no_evidence"
BINDING = ("target", "obligation", "offer", "study")  # forms; plans and forecasts bind nobody
CLOSED = ("dropped",)  # official statuses after which nothing is owed
MET, LATE, RUNNING, OVERDUE, UNDATED, SHUT = (
    "met on time",
    "met late",
    "running",
    "overdue",
    "no date",
    "closed",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a set of commitments is.

    Attributes
    ----------
    steps
        Weighted share of steps met, of those commitments that name steps or have evidence; None where none has.
    stepped
        Commitments in that share.
    met, owed
        Commitments fully met, and all that bind and were not dropped: the denominator.
    unknown
        Of these, those of which no document shows anything. One with steps and no evidence of its own is in both
        `stepped` and `unknown`.
    both
        How many those are.
    """

    steps: float | None
    stepped: int
    met: int
    owed: int
    unknown: int
    both: int = 0

    def sentence(self) -> str:
        """The two numbers with their denominators."""
        if not self.owed:
            return "No commitment binds anybody."
        text = f"{self.met} of {self.owed} binding commitments are fully met by the evidence"
        if self.steps is not None:
            text += f"; of the {self.stepped} with steps or evidence {self.steps:.0%} of the weighted steps are done"
        text += f"; of {self.unknown} no document shows anything"
        return text + (f" ({self.both} with steps among them, counted in both)." if self.both else ".")


def grade(item: Item) -> str:
    """The point on the five-point scale; `no_evidence` where nothing was recorded."""
    return str(item["grade"] or NO_EVIDENCE)


def schedule(item: Item, today: date) -> str:
    """Which of the six words holds on a day."""
    known = item.fields.get
    due = span(known("due"))
    if known("grade") == COMPLETE:
        done = span(item.dates.get("evidenced"))
        if due is None or done is None:
            return UNDATED
        return MET if done.start <= due.end else LATE
    if known("official") in CLOSED or known("superseded_by"):
        return SHUT
    if due is None:
        return UNDATED
    return RUNNING if today <= due.end else OVERDUE


def days_left(item: Item, today: date) -> int | None:
    """Days until the last day of the due date; below 0 where it has passed; None without a date."""
    due = span(item["due"])
    return None if due is None else (due.end - today).days


def share_done(item: Item, steps: Sequence[Item]) -> float | None:
    """Share of the weighted steps that are met; of a commitment without steps by its point on the scale.

    None where there are neither steps nor evidence.
    """
    if steps:
        weights = [float(step["weight"] or 1.0) for step in steps]
        done = [weight * _point(grade(step)) for weight, step in zip(weights, steps, strict=True)]
        return sum(done) / sum(weights) if sum(weights) else None
    point = grade(item)
    return None if point == NO_EVIDENCE else _point(point)


def _point(name: str) -> float:
    return section("points", "register.toml")[name].value


def binding(items: Iterable[Item]) -> list[Item]:
    """Commitments that bind and count once: no plans, forecasts, repetitions or dropped ones."""
    return [item for item in items if _binds(item.fields.get)]


def _binds(known: Callable[[str], Any]) -> bool:
    return (
        known("form") in BINDING
        and not known("repeats")
        and known("official") not in CLOSED
        and not known("superseded_by")
    )


def progress(register: Register, items: Iterable[Item]) -> Progress:
    """Two numbers and their denominators, of the commitments given."""
    owed = binding(items)
    steps = steps_of(register)
    shares = [(float(item["weight"] or 1.0), share_done(item, steps.get(item.id, ()))) for item in owed]
    known = [(weight, share) for weight, share in shares if share is not None]
    both = sum(grade(item) == NO_EVIDENCE for item in owed if item.id in steps)
    grades = Counter(map(grade, owed))
    total = sum(weight for weight, _ in known)
    return Progress(
        steps=sum(weight * share for weight, share in known) / total if total else None,
        stepped=len(known),
        met=grades[COMPLETE],
        owed=len(owed),
        unknown=grades[NO_EVIDENCE],
        both=both,
    )


def steps_of(register: Register) -> dict[str, list[Item]]:
    """Milestones by commitment, by due date."""
    found: dict[str, list[Item]] = {}
    for step in register.of("milestones"):
        found.setdefault(str(step["commitment"]), []).append(step)
    for steps in found.values():
        steps.sort(key=lambda each: (starts(each["due"] or ""), each.id))
    return found
