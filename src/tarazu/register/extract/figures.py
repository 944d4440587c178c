"""Figures and ranges: two numbers joined, what bounds them, and digits that are no figure.

A figure is exact unless words before or after it bound it ("nearly", "more than", «свыше», «-дан астам»,
«بیش از»). "Up to" bounds a figure only where nothing grows or is brought up to it. "From 440 to 528
million" after a verb of change is two figures, elsewhere a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tarazu.register.extract.numbers import Number, number
from tarazu.register.extract.sentence import Sentence
from tarazu.register.extract.tokens import WORD

_CHANGE = ("target_to", "target_direct", "target_verb", "growth", "decline", "past_verb")
_SIGNS = {
    **dict.fromkeys("~≈±", "about"),
    **dict.fromkeys(">≥", "at_least"),
    **dict.fromkeys("<≤", "at_most"),
}
_CHANGE_WORDS = ("by", "на")
_LIKE = ("дай", "дей", "тай", "тей")  # Kazakh "like": доллардай, some dollars
_ABLATIVE = ("дан", "ден", "тан", "тен", "нан", "нен")


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure or a range, in its unit."""

    first: int
    last: int
    low: Decimal
    high: Decimal
    bound: str

    def value(self, factor: Decimal = Decimal(1)) -> dict[str, Any]:
        """Value, bounds and how they bound, ready for JSON."""
        low, high = float(self.low * factor), float(self.high * factor)
        if self.bound == "range":
            return {"value": None, "low": low, "high": high, "bound": "range"}
        ends = {"exact": (low, low), "about": (None, None), "at_least": (low, None), "at_most": (None, low)}
        return {"value": low, "low": ends[self.bound][0], "high": ends[self.bound][1], "bound": self.bound}


def no_figure(s: Sentence, index: int) -> int:
    """Token after digits that are no figure: telephones, times, points, numbers of documents; else 0."""
    word = s.word(index)
    if index and s.glued(index):
        previous = s.tokens[index - 1]
        if previous.kind == WORD and not s.before(index, "currency") and s.language != "fa":
            return index + 1
        named = index > 1 and s.glued(index - 1) and s.is_word(index - 2) and not s.before(index - 1, "month")
        if previous.word in "-+" and named:
            return index + 1
        if previous.word == "+" and not any(
            s.hit(index + 1, name) for name in ("percent", "unit", "magnitude")
        ):
            return _chain(s, index)
    if s.word(index + 1) == ":" and s.glued(index + 1) and s.is_number(index + 2) and s.glued(index + 2):
        return index + 3
    if s.before(index, "not_count_before") or (
        s.word(index - 1) == "." and s.before(index - 1, "not_count_before")
    ):
        return _chain(s, index)
    if s.opens and index == 0 and s.word(1) in (".", ")") and s.glued(1) and len(word) <= 3:
        return 2
    if s.word(index - 1) == ":" and s.before(index - 1, "not_count_before"):
        return _chain(s, index)
    end = _chain(s, index)
    if end - index >= 5 or (end - index == 3 and word.startswith("0") and word.isdecimal() and len(word) > 1):
        return end
    return 0


def _chain(s: Sentence, index: int) -> int:
    """Token after digits joined by hyphens, slashes or brackets without space: 74-50-21."""
    at = index + 1
    while s.word(at) in ("-", "/") and s.glued(at) and s.is_number(at + 1) and s.glued(at + 1):
        at += 2
    return at


def second(s: Sentence, one: Number) -> tuple[Number | None, str]:
    """The other end of a range or change, and how the two are joined: range, change or nothing."""
    at = one.last
    lead = s.before(opening(s, one.first), "range_from")
    percent = None
    if tail := s.hit(at, "currency"):  # "from 3 billion dollars to 5 billion dollars", "$3 bn–$5 bn"
        at += tail[1]
    elif percent := s.hit(at, "percent"):
        at += percent[1]
    joined = s.word(at)
    step = at + 1
    if (
        s.language == "kk"
        and s.word(at - 1) not in ("-",)
        and s.word(at - 2) == "-"
        and s.hit(at - 1, "case_suffix")
    ):
        joined, step = "range", at  # 3-тен 5 миллиардқа дейін
    dash = joined == "-" and not (s.is_word(step) and s.hit(step, "case_suffix"))
    opens = s.word(lead[1]) if lead else ""
    between = bool(s.hit(at, "range_and")) and opens in ("between", "между", "بین")
    to = (
        bool(s.hit(at, "range_to"))
        or joined == "range"
        or (s.language == "fa" and joined == "به" and bool(lead))
    )
    if not (dash or between or to):
        return None, ""
    sign = s.hit(step, "currency")
    if sign and s.is_number(step + sign[1]):
        step += sign[1]
    two = number(s, step) if step < len(s.tokens) and not s.taken[step] else None
    if two is not None and percent and not s.hit(two.last, "percent"):
        two = None  # "grew by 20% to $528 million": two figures, not the ends of one
    if two is not None and not tail and not percent and one.last < step and s.before(two.first, "currency"):
        two = two if s.before(one.first, "currency") else None
    if two is None or (
        s.is_number(step) and s.word(step + 1) == "-" and s.is_number(step + 2) and s.glued(step + 1)
    ):
        return None, ""
    if dash or between:
        ordered = two.value > one.value or (two.scaled and not one.scaled)
        return (two, "range") if ordered else (None, "")
    if s.language == "en":
        changes = bool(lead) and _changes(s, one.first, two.last)
    else:
        changes = joined == "به" or opens in ("с", "со")
    if changes:
        return two, "change"
    measured = any(s.hit(two.last, name) for name in ("percent", "currency", "unit", "times"))
    rises = not one.scaled and (two.scaled or (two.value > one.value and measured))
    if to and not lead and not rises and joined != "تا" and s.language != "kk":
        return None, ""  # "exports of 3 million to 5 countries"
    return two, "range"


def opening(s: Sentence, first: int) -> int:
    """Token at which a figure begins with the currency before it."""
    held = s.before(first, "currency")
    return held[1] if held else first


def _changes(s: Sentence, first: int, last: int, clause: bool = False) -> bool:
    """Whether a verb of change stands before the figures (after them in Kazakh and Persian), or in their clause."""
    span = range(first - 1, max(-1, first - 19), -1)
    if s.language in ("kk", "fa"):
        span = range(last, min(len(s.tokens), last + 8))
    for index in span:
        if clause and s.word(index) in (",", ";", "،") and index != first - 1:
            break
        held = s.hits[index]
        if held and any(name in held for name in _CHANGE) and not _static(s, index):
            return True
    return False


def _static(s: Sentence, index: int) -> bool:
    """Whether a verb only states or spends: "is up to 30 tonnes", «выделено до 50 млн»."""
    held = s.hits[index]
    if "past_verb" not in held or any(name in held for name in _CHANGE if name != "past_verb"):
        return False
    return "static" in held


def bound(s: Sentence, first: int, last: int) -> tuple[str, int, int]:
    """How words bound the figure of tokens `first` to `last`, and the tokens with those words."""
    if held := s.before(first, "bound_before"):
        return held[0], held[1], last
    if s.word(first - 1) in _CHANGE_WORDS and (held := s.before(first - 1, "bound_before")):
        return held[0], held[1], last  # «более чем на четверть», "almost by half"
    if (
        s.language != "kk"
        and (held := s.before(first, "bound_upto"))
        and not _changes(s, held[1], last, True)
    ):
        return held[0], held[1], last
    if (held := s.hit(last, "bound_after")) and _kazakh_bound(s, held[0], last):
        return held[0], first, last + held[1]
    if s.word(last) == "-" and s.glued(last + 1) and s.word(last + 1) == "plus":
        return "at_least", first, last + 2
    if s.word(last) == "+" and s.glued(last):
        return "at_least", first, last
    if sign := _SIGNS.get(s.word(first - 1)):
        return sign, first, last
    if s.language == "kk" and (inner := _bound_inside(s, first, last)):
        return inner, first, last
    if s.language == "kk" and s.word(last - 1).endswith(_LIKE):
        return "about", first, last
    if s.language == "kk" and (held := s.hit(last, "bound_upto")) and not _changes(s, first, last):
        return held[0], first, last + held[1]
    return "exact", first, last


def _bound_inside(s: Sentence, first: int, last: int) -> str | None:
    """The bound between a Kazakh figure and what it counts: «60-қа жуық компания», «200-ден астам фирма»."""
    for at in range(first + 1, last - 1):
        if (held := s.hit(at, "bound_after")) and _kazakh_bound(s, held[0], at):
            return held[0]
    return None


def _kazakh_bound(s: Sentence, bound: str, last: int) -> bool:
    """Kazakh compares with the ablative: «3 пайыздан аз» is less than three, «3 пайызға аз» three per cent less."""
    return s.language != "kk" or bound == "about" or s.word(last - 1).endswith(_ABLATIVE)


def combined(
    s: Sentence, one: Number, two: Number | None, joint: str, first: int, last: int
) -> list[Measured]:
    """One figure, a range, or the two figures of a change."""
    if two is None:
        return [Measured(first, last, one.value, one.value, bound(s, first, last)[0])]
    low = one.value
    if two.scaled and not one.scaled:
        low *= power(s, two)
    if joint == "range":
        return (
            [Measured(first, last, low, two.value, "range")]
            if low < two.value
            else [Measured(first, last, two.value, low, "range")]
        )
    start = opening(s, two.first)
    return [
        Measured(first, one.last, low, low, bound(s, first, one.last)[0]),
        Measured(start, last, two.value, two.value, bound(s, start, last)[0]),
    ]


def power(s: Sentence, held: Number) -> Decimal:
    """The magnitude that follows the digits of a number: 5 billion has a thousand million."""
    bare = held.value
    power = Decimal(1)
    for index in range(held.first, held.last):
        if found := s.hit(index, "magnitude"):
            power *= Decimal(found[0])
    return power if bare else Decimal(1)
