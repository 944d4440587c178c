"""Who chaired a session: "co-chaired by X and the Minister of Agriculture", «под председательством …».

The names and offices are kept as the text has them; a register that knows the people can find them by that.
"""

from __future__ import annotations

from itertools import pairwise

from tarazu.register.extract.sentence import Sentence

_LONGEST = 40  # tokens of the chairs
_ANDS = frozenset(["and", "и", "және", "мен", "пен", "бен", "و"])
_ENDS = frozenset(
    [
        *("in", "on", "at", "was", "were", "during", "which", "who", "held", "took", "where"),
        *("в", "во", "на", "где", "прошло", "прошла", "прошел", "прошёл"),
        *("در", "که", "برگزار", "طی"),
    ]
)
_STOPS = ("convened", "past_verb", "event", "meeting", "will")


def read_chairs(s: Sentence) -> list[str]:
    """The chairs that a sentence names; none if it names none."""
    for at in s.at.get("chaired", ()):
        first, last = _span(s, at, at + s.hits[at]["chaired"][1])
        if last > first:
            return [" ".join(each.split()) for each in _parts(s, first, last)]
    return []


def _span(s: Sentence, cue: int, after: int) -> tuple[int, int]:
    if s.language == "kk":
        first = cue
        while first > 0 and cue - first < _LONGEST and not _ends(s, first - 1):
            first -= 1
        return first, cue
    first = after + (s.word(after) == ":")
    last = first
    while last < min(len(s.tokens), first + _LONGEST) and not _ends(s, last):
        last += 1
    while last > first and (s.is_mark(last - 1) or s.word(last - 1) in _ANDS):
        last -= 1
    return first, last


def _ends(s: Sentence, at: int) -> bool:
    if s.is_mark(at) and s.word(at) not in ("-", "'", "’", "(", ")"):
        # A comma goes on with a name or an office: "A, Minister of Trade, and B".
        goes_on = s.tokens[at + 1].shape > 0 or s.word(at + 1) in _ANDS if at + 1 < len(s.tokens) else False
        return not (s.word(at) in (",", "،") and (goes_on or s.language == "fa"))
    if s.is_number(at) or s.word(at).startswith("состоял"):
        return True
    dated = any(each.first <= at < each.last for each in s.of("date"))
    return dated or s.word(at) in _ENDS or any(s.hit(at, name) for name in _STOPS)


def _parts(s: Sentence, first: int, last: int) -> list[str]:
    """The chairs one by one: a conjunction parts them before an office or an article, or where it is the only one."""
    ands = [at for at in range(first + 1, last - 1) if s.word(at) in _ANDS]
    parted = [
        at for at in ands if s.word(at + 1) == "the" or s.hit(at + 1, "role") or s.hit(at + 1, "country")
    ]
    if not parted and len(ands) == 1:
        parted = ands
    edges = [first - 1, *parted, last]
    spans = pairwise(edges)
    return [_text(s, low + 1, high) for low, high in spans if high > low + 1]


def _text(s: Sentence, first: int, last: int) -> str:
    while last > first and s.is_mark(last - 1):
        last -= 1
    if s.word(first) == "the" and last > first + 1:
        first += 1
    return s.text[s.tokens[first].start : s.tokens[last - 1].end]
