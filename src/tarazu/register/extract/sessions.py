"""Sessions of commissions and meetings of working groups, held or to be held.

A meeting counts where a body of a known form meets, and its number, its day or its place is told. "The 22nd session"
alone is one of the body named last.
"""

from __future__ import annotations

from dataclasses import dataclass

from tarazu.register.extract.bodies import Body, body_at, name_of
from tarazu.register.extract.chairs import read_chairs
from tarazu.register.extract.dated import nearest, partial, place_near
from tarazu.register.extract.sentence import Sentence

_VERB_LAST = ("kk", "fa")
_OF = 10  # tokens between a meeting and the noun of the body behind it
_VERB = 14  # tokens between a meeting and the verb that says whether it was
_DATE = 30
_SKIPPED = frozenset(
    ["regular", "joint", "next", "plenary", "очередное", "очередного", "совместное", "кезекті"]
)


@dataclass(frozen=True, slots=True)
class _Meeting:
    first: int
    last: int
    number: str | None


def read_sessions(s: Sentence) -> None:
    """Every session of a sentence, each body's once."""
    if "meeting" not in s.at and not ("body_noun" in s.at and ("convened" in s.at or s.language == "fa")):
        return
    told: set[tuple[str, str | None]] = set()
    for meeting, body in _meetings(s):
        known = None if body else s.setting.body
        form, name, parties = (body.form, name_of(s, body), body.parties) if body else known or ("", "", ())
        if not form or (form, meeting.number) in told:
            continue
        first = min(meeting.first, body.first) if body else meeting.first
        last = max(meeting.last, body.last) if body else meeting.last
        if _add(s, first, last, meeting, (form, name, parties), body is not None):
            told.add((form, meeting.number))


def _meetings(s: Sentence) -> list[tuple[_Meeting, Body | None]]:
    out: list[tuple[_Meeting, Body | None]] = []
    for at in s.at.get("meeting", ()):
        number, first = _number(s, at)
        if s.language == "fa" and number is None and (held := s.hit(at + 1, "ordinal_name")):
            number = held[0]
        body = _body(s, first, at)
        if body is None and not _alone(s, first, at):
            continue
        out.append((_Meeting(first, at + 1, number), body))
    for at in s.at.get("body_noun", ()):
        body = body_at(s, at)
        number, first = _number(s, at)
        if s.language == "fa" and number and first < at:
            out.append((_Meeting(first, at + 1, number), body))
        elif s.language == "en" and (held := s.hit(body.last, "convened")) and s.word(body.last) == "met":
            out.append((_Meeting(body.first, body.last + held[1], _time(s, body.last + held[1])), body))
    return out


def _number(s: Sentence, at: int) -> tuple[str | None, int]:
    """The number of a session before its noun, and the token at which it begins: 19th, 24-е, 22-отырыс, نوزدهمین."""
    index = at - 1
    if s.word(index) == "-" and s.is_number(index - 1):
        return s.word(index - 1), index - 1
    for _ in range(4):
        if s.word(index) == ")" and s.hit(index - 1, "ordinal_suffix"):
            index -= 1  # the last (8th) session
        for start in range(max(0, index - 3), index + 1):
            if (held := s.hit(start, "ordinal_name")) and start + held[1] == index + 1:
                return held[0], start
        if s.hit(index, "ordinal_suffix"):
            before = index - 1 if s.word(index - 1) != "-" else index - 2
            if s.is_number(before) and s.word(before).isdecimal():
                return s.word(before), before
        if not s.is_word(index) or not (
            s.word(index) in _SKIPPED or s.word(index).endswith(("al", "ое", "ого", "ей"))
        ):
            break
        index -= 1
    return None, at


def _time(s: Sentence, after: int) -> str | None:
    """``met for the fifth time``."""
    if s.word(after) == "for" and (held := s.hit(after + 2, "ordinal_name")):
        return held[0]
    return None


def _body(s: Sentence, first: int, at: int) -> Body | None:
    """The body that meets: behind "of" or beside the noun, in Kazakh before it."""
    near: list[tuple[int, int]] = []
    for noun in s.at.get("body_noun", ()):
        length = s.hits[noun]["body_noun"][1]
        if noun > at and s.language != "kk" and noun - at <= _OF and not _clause(s, at + 1, noun):
            near.append((noun - at, noun))
        elif noun + length <= first and (first - noun - length) <= (4 if s.language == "kk" else 1):
            near.append((first - noun - length, noun))
        elif noun + length + 2 == first and s.word(first - 1) == "s":
            near.append((1, noun))  # the commission's 19th session
        elif s.word(noun + length) == ":" and noun + length < first <= noun + length + 4:
            near.append((2, noun))  # Joint Commission: last (8th) session
    return body_at(s, min(near)[1]) if near else None


def _clause(s: Sentence, first: int, last: int) -> bool:
    return any(
        s.word(at) in (",", ";", ":", "،", ".") or s.hit(at, "convened") or s.hit(at, "past_verb")
        for at in range(first, last)
    )


def _alone(s: Sentence, first: int, at: int) -> bool:
    """Whether a session without its body may be one of the body named last."""
    if s.language == "kk":
        return not s.word(first - 1).endswith(("ның", "нің", "дың", "дің", "тың", "тің"))
    if s.language == "fa":
        return (
            not s.is_word(at + 1)
            or s.word(at + 1) in ("در", "با", "به", "که")
            or bool(s.hit(at + 1, "convened"))
        )
    if s.language == "ru":
        return not s.is_word(at + 1) or bool(s.hit(at + 1, "convened") or s.hit(at + 1, "preposition"))
    return s.word(at + 1) not in ("of", "between", "with")


def _event(s: Sentence, first: int, last: int) -> tuple[str | None, int]:
    """Whether it was held or is planned, and the token behind the words that say it."""
    best, chosen, end = float(_VERB), None, last
    for at in s.at.get("convened", ()):
        value, length = s.hits[at]["convened"]
        gap = at - last if at >= last else first - at - length
        if at < last and at + length > first:
            gap = 0  # "the next, twenty-first session"
        if s.language in _VERB_LAST and at >= last:
            gap = min(gap, _VERB - 1)
        if gap < 0 or any(s.word(near) in (";", "؛") for near in range(last, at)):
            continue
        sooner = gap < (_VERB if value == "planned" else best)  # what is planned anywhere was not held
        if sooner and chosen != "planned":
            best, chosen, end = gap, value, max(end, at + length)
    return chosen, end


def _add(
    s: Sentence, first: int, last: int, meeting: _Meeting, body: tuple[str, str, tuple[str, ...]], named: bool
) -> bool:
    event, end = _event(s, first, last)
    dated = nearest(s, first, last, _DATE, past=event != "planned")
    place, country = place_near(s, first, end, 10)
    planned, chairs = event == "planned", read_chairs(s)
    event = event or ("held" if chairs else None)
    if meeting.number is None and (event is None or not (dated or place)):
        return False
    if not named and meeting.number is None and not ((planned or chairs) and dated):
        return False
    if dated is not None and abs(dated.first - end) <= 6:
        first, end = min(first, dated.first), max(end, dated.last)
    value = {
        "body": body[1],
        "form": body[0],
        "session": meeting.number,
        "event": event or "held",
        "date": partial(dated.value) if dated else None,
        "place": place,
        "country": country,
        "parties": list(body[2]),
        "chairs": chairs,
    }
    s.add("session", "session-numbered" if meeting.number else "session", first, end, value)
    return True
