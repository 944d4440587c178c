"""The day, month or year of something that happened: as precise as the text, never more.

A chronicle and a list of facts begin their lines with a date and a dash: ``7 October 2001 – opening of the ferry``.
"""

from __future__ import annotations

from collections.abc import Iterable

from tarazu.register.extract.sentence import Found, Sentence

BULLETS = frozenset(["-", "•", "*", "·", "▪", "◦", "‣", "►"])
_BEFORE_DASH = 8  # tokens between the date of a line and its dash: a place, a weekday, "year"


def partial(value: dict[str, object]) -> str | None:
    """A date as precisely as its span allows: 2001-10-07, 2007-12 or 1993; None where it spans more than a year."""
    start, end = str(value["start"] or ""), str(value["end"] or "")
    if not start or not end:
        return None
    for length in (10, 7, 4):
        if start[:length] == end[:length]:
            whole = length == 10 or value["precision"] != "span"
            return start[:length] if whole or length == 4 else start[:7]
    return None


def over(s: Sentence, value: dict[str, object]) -> bool:
    """Whether a date lies before the day of publication, or may: its day or that of the publication is not known."""
    published = s.setting.published
    return published is None or value["start"] is None or str(value["start"]) <= published.isoformat()


def nearest(s: Sentence, first: int, last: int, reach: int, past: bool | None = None) -> Found | None:
    """The date nearest to some tokens; `past` asks for one that is over, or for one that is not."""
    best, chosen = float(reach), None
    for each in s.of("date"):
        if partial(each.value) is None or (past is not None and _fits(s, each, past) is False):
            continue
        gap = each.first - last if each.first >= last else first - each.last if each.last <= first else 0
        if gap < best:
            best, chosen = gap, each
    return chosen


def _fits(s: Sentence, each: Found, past: bool) -> bool:
    if past:
        return over(s, each.value)
    published = s.setting.published
    return published is None or str(each.value["end"]) >= published.isoformat()


def begun(s: Sentence) -> int:
    """The first token of a line behind its bullet or number."""
    if s.word(0) in BULLETS:
        return 1
    return 2 if s.is_number(0) and s.word(1) in (")", ".") and len(s.tokens[0].word) <= 2 else 0


def line_date(s: Sentence) -> tuple[Found, int] | None:
    """The date that opens a line, and the token behind the dash or colon after it."""
    if not s.opens or not s.of("date"):
        return None
    start = begun(s)
    dated = min(s.of("date"), key=lambda each: each.first)
    if dated.first > start + 1 or partial(dated.value) is None:
        return None
    for at in range(dated.last, min(dated.last + _BEFORE_DASH, len(s.tokens) - 1)):
        if s.word(at) == ":" or (s.word(at) == "-" and s.tokens[at].spaced and s.tokens[at + 1].spaced):
            return dated, at + 1
        if any(s.hit(at, name) for name in ("past_verb", "will", "event", "commit")):
            return None
    return None


def unsure(s: Sentence, first: int, last: int) -> bool:
    """Whether the words between two tokens promise, deny, expect or set a condition."""
    names = ("commit", "will", "future", "negation", "forecast", "conditional", "intend", "future_verb")
    return any(s.hit(at, name) for at in range(max(0, first), last) for name in names)


def text_of(s: Sentence, first: int, last: int) -> str:
    """The words themselves."""
    return s.text[s.tokens[first].start : s.tokens[last - 1].end]


def place_near(s: Sentence, first: int, last: int, reach: int) -> tuple[str | None, str | None]:
    """Name and country of the place nearest to some tokens, rather behind than before them."""
    held: list[tuple[int, Found]] = []
    for each in s.of("place"):
        gap = each.first - last if each.first >= last else first - each.last + reach // 2
        if gap < reach:
            held.append((gap, each))
    if not held:
        return None, None
    chosen = min(held, key=lambda each: each[0])[1]
    return str(chosen.value["name"]), chosen.value["country"] or None


def inside(first: int, last: int, found: Iterable[Found]) -> bool:
    """Whether tokens overlap something found."""
    return any(each.first < last and first < each.last for each in found)
