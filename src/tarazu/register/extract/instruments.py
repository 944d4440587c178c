"""Documents between parties with what happened to them: signed, planned, negotiated, ratified, in force, ended.

A document that is merely mentioned is none: the sentence must say an event. "Was not signed" is planned, never signed.
"""

from __future__ import annotations

from typing import Any

from tarazu.register.extract.names import countries_in
from tarazu.register.extract.sentence import Sentence

_REACH = 30  # tokens between a document and its event


def read_instruments(s: Sentence) -> None:
    """Every document with an event in a sentence."""
    events = _events(s)
    if not events:
        return
    end = 0
    for index in s.at.get("form", ()):
        form, length = s.hits[index]["form"]
        if index < end or s.hit(index, "commit") or _inside_body(s, index):
            continue
        joined = s.word(index - 1) if end and index - end <= 1 else ""
        if joined == "(" or (joined in ("and", "и") and form == "agreement"):
            continue  # "memoranda (MoUs)", "agreements and documents" are named once
        end = index + length
        found = _event(s, index, end, events)
        if found is None:
            continue
        event, at, after = found
        number = _number(s, index, end)
        first, last = min(index, at), max(end, after)
        if number is not None and number[1] < first:
            first = number[1]
        value: dict[str, Any] = {
            "form": form,
            "number": number[0] if number else None,
            "parties": countries_in(s),
            "field": _field(s, end),
            "event": event,
            "date": _date(s),
        }
        s.add("instrument", "instrument-event", first, last, value)


def _events(s: Sentence) -> list[tuple[int, int, str]]:
    """Events of a sentence; one inside the words of another ("to be signed") does not count again."""
    out: list[tuple[int, int, str]] = []
    for at in s.at.get("event", ()):
        event, length = s.hits[at]["event"]
        if out and at < out[-1][1]:
            continue
        if event == "signed" and (_denied(s, at, at + length)):
            event = "planned"
        out.append((at, at + length, event))
    return out


def _denied(s: Sentence, first: int, last: int) -> bool:
    if any(s.hit(at, "negation") for at in range(max(0, first - 3), first)):
        return True
    if s.language in ("kk", "fa") and s.hit(last, "negation"):
        return True
    return s.language == "en" and s.word(0) in ("no", "neither")


def _event(
    s: Sentence, first: int, last: int, events: list[tuple[int, int, str]]
) -> tuple[str, int, int] | None:
    """The event nearest to a document, not over a semicolon."""
    best, chosen = float(_REACH), None
    for at, after, event in events:
        gap = at - last if at >= last else first - after
        if at < last and after > first:
            continue
        low, high = (last, at) if at >= last else (after, first)
        if any(s.word(index) in (";", "؛") for index in range(low, high)):
            continue
        # Kazakh and Persian have the verb behind; elsewhere either order is usual.
        weight = gap + (4 if s.language in ("kk", "fa") and at < first else 0)
        weight += sum(s.word(index) in (",", "،") for index in range(low, high))
        if weight < best:
            best, chosen = weight, (event, at, after)
    return chosen


def _inside_body(s: Sentence, index: int) -> bool:
    return any((held := s.hit(at, "body")) and at + held[1] > index for at in range(max(0, index - 5), index))


def _number(s: Sentence, first: int, last: int) -> tuple[int, int] | None:
    """How many documents, from the quantity whose noun they are, and the token at which it begins."""
    for each in s.of("quantity"):
        if each.value["unit"] in ("document", "contract") and each.first < first < each.last <= last + 2:
            stated = each.value["value"] or each.value["low"]
            return int(stated), each.first
    return None


def _field(s: Sentence, after: int) -> str | None:
    held = s.hit(after, "field_start")
    if held is None and s.word(after) == "of":
        held = s.hit(after + 1, "field_start") or s.hit(after, "field_start")
    if held is None:
        return None
    start = last = after + held[1]
    while last < min(len(s.tokens), start + 12) and s.is_word(last) and not s.hit(last, "event"):
        last += 1
    return s.text[s.tokens[start].start : s.tokens[last - 1].end] if last > start else None


def _date(s: Sentence) -> str | None:
    days = [each for each in s.of("date") if each.value["precision"] == "day" and each.value["start"]]
    return days[0].value["start"] if len(days) == 1 else None
