"""Percentages with their role, and multiples ("doubled", «в 3 раза», «екі есе», «دو برابر») told as percentages."""

from __future__ import annotations

from decimal import Decimal

from tarazu.register.extract.figures import Measured, bound, combined
from tarazu.register.extract.numbers import Number, number
from tarazu.register.extract.roles import role
from tarazu.register.extract.sentence import Sentence

_LISTED = frozenset([",", "،", "and", "or", "и", "или", "және", "және", "و"])


def read_percentage(s: Sentence, one: Number, two: Number | None, joint: str) -> int:
    """A figure in per cent; a range may repeat the sign."""
    last = two.last if two else one.last
    at = last + 1 if s.word(last) == "-" and s.glued(last) else last
    held = s.hit(at, "percent")
    first = one.first
    if held is None:
        if s.language == "fa" and s.before(first, "percent") and s.word(first - 1) in "%٪":
            held, at, first = ("1", 0), last, first - 1
        elif two is None and _shares_sign(s, last):
            held, at = ("1", 0), last
        else:
            return 0
    end = at + held[1]
    for part in combined(s, one, two, joint, first, end):
        value = part.value()
        value["percent"] = value.pop("value")
        value["role"] = role(s, part.first, part.last)
        s.add("percentage", "percent", part.first, part.last, value)
    s.take(first, end)
    return end


def _shares_sign(s: Sentence, last: int) -> bool:
    """Whether a figure is one of a list whose sign stands once: "27, 14 and 3 per cent"."""
    at = last
    for _ in range(4):
        if s.word(at) not in _LISTED or not s.is_number(at + 1):
            return False
        following = number(s, at + 1)
        if following is None or following.scaled:
            return False
        if s.hit(following.last, "percent"):
            return True
        at = following.last
    return False


def read_fraction(s: Sentence, first: int, last: int, percent: Decimal) -> int:
    """A fraction as a percentage: "a third more", «на треть»; only where a word tells its role."""
    told = "share" if s.word(last - 1) in ("of", "از") else role(s, first, last)
    if told == "other" or s.hit(last, "magnitude") or s.hit(last, "currency"):
        return last
    part = Measured(first, last, percent, percent, bound(s, first, last)[0])
    value = part.value()
    value["percent"] = value.pop("value")
    value["role"] = told
    s.add("percentage", "fraction", first, last, value)
    s.take(first, last)
    return last


def read_times(s: Sentence, one: Number, two: Number | None, joint: str) -> int:
    """``2.5 times``, «в 3 раза», «1,5 есе», «۲ برابر»: growth of so many per cent."""
    last = two.last if two else one.last
    at = last + 1 if s.word(last) == "-" and s.glued(last) else last
    held = s.hit(at, "times")
    if held is not None and s.word(at) == "x" and not s.glued(at):
        return 0
    if held is None or s.hit(at, "not_multiple") or one.value <= 1:
        return 0
    if s.language == "ru" and s.word(one.first - 1) != "в" and not s.before(one.first, "bound_before"):
        return 0
    if s.language == "en" and s.word(at) == "times" and s.word(at + 1) in ("a", "per", "each"):
        return 0
    return read_multiple(s, one.first, at + held[1], one.value)


def read_multiple(s: Sentence, first: int, last: int, factor: Decimal) -> int:
    """A multiple told as a percentage: doubled is growth of 100, halved a decline of 50."""
    if s.hit(last, "not_multiple") or s.hit(last + 1, "not_multiple"):
        return last
    falls = role(s, first, last) == "decline"
    percent = (factor - 1) * 100
    if falls or factor < 1:
        percent = (1 - 1 / factor) * 100 if factor > 1 else (1 - factor) * 100
    start = first - 1 if s.word(first - 1) == "в" and s.language == "ru" else first
    bounded = bound(s, start, last)[0]
    if (lead := s.hit(first, "bound_before")) and lead[1] < last - first:
        bounded = lead[0]
    part = Measured(first, last, percent, percent, bounded)
    value = part.value()
    value["percent"] = value.pop("value")
    value["role"] = "decline" if falls or factor < 1 else "growth"
    s.add("percentage", "multiple", start, last, value)
    s.take(first, last)
    return last
