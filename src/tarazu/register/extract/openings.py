"""Things that began on a day: a line, a crossing, a trade house opened or completed, diplomatic relations established.

A line of a list that begins with its date needs only a noun ("7 October 2001 – opening of the ferry line"); elsewhere a
verb of the past must say it of a facility, with its date. The field comes from the facility.
"""

from __future__ import annotations

from typing import Any

from tarazu.register.extract.dated import line_date, nearest, partial, text_of, unsure
from tarazu.register.extract.names import parties_in
from tarazu.register.extract.sentence import Found, Sentence

RELATIONS = "diplomatic relations"
_NEAR = 10  # tokens between an opening and what is opened
_CLAUSE = 40  # tokens of the words kept
_DATE = 14


def read_openings(s: Sentence, pair: tuple[str, ...]) -> None:
    """What began, with its day."""
    if not s.of("date") or not any(name in s.at for name in ("established", "opening")):
        return
    if s.of("body", "session", "instrument", "commitment", "target"):
        return
    if "relations" in s.at and _relations(s, pair):
        return
    if "facility" in s.at and _line(s, pair):
        return
    if "facility" in s.at or "facility_part" in s.at:
        _told(s, pair)


def _relations(s: Sentence, pair: tuple[str, ...]) -> bool:
    at = s.at["relations"][0]
    verbs = [each for each in s.at.get("established", ()) if abs(each - at) <= 2 * _CLAUSE]
    if not verbs or unsure(s, 0, len(s.tokens)):
        return False
    verb = min(verbs, key=lambda each: abs(each - at))
    end = verb + s.hits[verb]["established"][1]
    first, last = min(at, verb), max(at + s.hits[at]["relations"][1], end)
    dated = nearest(s, first, last, _DATE, past=True)
    if dated is None:
        return False
    first, last = min(first, dated.first), max(last, dated.last)
    _add(s, "event-relations", first, last, dated, RELATIONS, parties_in(s, pair) or list(pair))
    return True


def _line(s: Sentence, pair: tuple[str, ...]) -> bool:
    """A line whose date stands first and whose next words are an opening."""
    opened = line_date(s)
    if opened is None or "opening" not in s.at:
        return False
    dated, start = opened
    at = s.at["opening"][0]
    field = _field(s, at)
    lead = at - start if s.language != "kk" else 0
    if field is None or not 0 <= lead <= 3 or unsure(s, start, min(len(s.tokens), at + _NEAR)):
        return False
    last = _end(s, start)
    _add(s, "event-line", dated.first, last, dated, field, parties_in(s, pair), start)
    return True


def _told(s: Sentence, pair: tuple[str, ...]) -> None:
    """A facility that "was opened on 7 October 2001"."""
    for at in s.at.get("established", ()):
        end = at + s.hits[at]["established"][1]
        # A section is built; one that is opened may be that of an embassy.
        built = any(s.hit(near, "built") for near in range(at, end))
        names = ("facility", "facility_part") if built else ("facility",)
        field = _field(s, at, names)
        if field is None or s.word(at - 1) in ("be", "to", "fully", "newly") or unsure(s, 0, len(s.tokens)):
            continue
        dated = nearest(s, at, end, _DATE, past=True)
        if dated is None:
            continue
        near = _near(s, at, names)
        first = min(at, dated.first, *(each for each, _, _ in near))
        last = max(end, dated.last, *(each + length for each, _, length in near))
        _add(s, "event-opened", first, last, dated, field, parties_in(s, pair), built=built)
        return


def _near(s: Sentence, at: int, names: tuple[str, ...]) -> list[tuple[int, str, int]]:
    """Facilities near an opening: token, field and length."""
    return [
        (each, *s.hits[each][name])
        for name in names
        for each in s.at.get(name, ())
        if abs(each - at) <= _NEAR
    ]


def _field(s: Sentence, at: int, names: tuple[str, ...] = ("facility",)) -> str | None:
    """The field of the facility nearest to an opening."""
    near = _near(s, at, names)
    if any(
        s.word(index) in (";", "؛") for each, _, _ in near for index in range(min(each, at), max(each, at))
    ):
        return None
    return min(near, key=lambda each: abs(each[0] - at))[1] if near else None


def _end(s: Sentence, start: int) -> int:
    last = start
    while last < min(len(s.tokens), start + _CLAUSE) and s.word(last) not in (";", "؛"):
        last += 1
    while last > start + 1 and s.is_mark(last - 1) and s.word(last - 1) != ")":
        last -= 1
    return last


def _add(
    s: Sentence,
    rule: str,
    first: int,
    last: int,
    dated: Found,
    field: str,
    parties: list[str],
    start: int | None = None,
    built: bool = False,
) -> None:
    ends = [
        each.value["country"]
        for each in s.of("place")
        if first <= each.first < last and each.value["country"]
    ]
    parties = list(dict.fromkeys((*parties, *ends)))
    value: dict[str, Any] = {
        "field": field,
        "text": text_of(s, first if start is None else start, last),
        "parties": parties,
        "event": "established" if field == RELATIONS else "completed" if built else "opened",
        "date": partial(dated.value),
    }
    s.add("event", rule, first, last, value)
