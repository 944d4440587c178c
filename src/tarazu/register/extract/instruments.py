"""Documents between parties with what happened to them: signed, planned, negotiated, ratified, in force, ended.

A document that is merely mentioned is none: the sentence must say an event, or open a list of what was signed.
Each document takes the event nearest to it; an event without a document in its sentence ("it entered into force
in May") is one of the document named last. "Was not signed" is planned, never signed; "to be signed" and "gets
signed" are planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tarazu.register.extract.names import countries_in
from tarazu.register.extract.sentence import Sentence

_REACH = 30  # tokens between a document and its event
_VERB_LAST = ("kk", "fa")
_VERB_LAST_GAP = 4  # tokens between an event and the document behind it, where the verb is last
_STATES = ("ratified", "in_force", "ended")
_NOT_YET = ("be", "get", "gets", "getting", "to", "will", "expected", "hope")
_ANDS = frozenset(["and", "и", "және", "мен", "و", "as", "the", "a", "an", "also", "а", "также"])
_VAGUE = ("document", "документ", "құжат", "سند", "اسناد")
_BULLETS = frozenset(["-", "•", "*", "·", "▪", "◦", "‣", "►"])


@dataclass(slots=True)
class Event:
    """What happened, and the tokens that say it."""

    first: int
    last: int
    kind: str
    used: bool = False


@dataclass(slots=True)
class Form:
    """A document named: its tokens and form, and the end of its field."""

    first: int
    last: int
    form: str
    end: int
    field: str | None


def read_instruments(s: Sentence) -> None:
    """Every document with an event in a sentence."""
    setting = s.setting
    setting.since_form += 1
    events = _events(s)
    forms = _forms(s) if s.at.get("form") else []
    listed = setting.listed if s.word(0) in _BULLETS or s.is_number(0) or s.at.get("among") else None
    if not events and not (forms and (listed or s.at.get("approval"))):
        _remember(s, forms, events)
        return
    for place, form in enumerate(forms):
        event = _adopted(s, form) or (_event(s, form, events) if events else None)
        if event is None and listed:
            event = Event(form.first, form.last, listed)
        if event is not None:
            event.used = True
            following = forms[place + 1].first if place + 1 < len(forms) else len(s.tokens)
            _add(s, form, event, forms, following)
    _apart(s, forms, events)
    _remember(s, forms, events)


def _remember(s: Sentence, forms: list[Form], events: list[Event]) -> None:
    """The document named last, and the event that a list goes on with."""
    if forms:
        s.setting.form, s.setting.since_form = forms[-1].form, 0
    signed = [each.kind for each in events if each.kind in ("signed", "planned")]
    if signed and (s.word(len(s.tokens) - 1) == ":" or any(_is_vague(s, each) for each in forms)):
        s.setting.listed = signed[-1]
    elif not (s.word(0) in _BULLETS or s.is_number(0)):
        s.setting.listed = None


def _is_vague(s: Sentence, form: Form) -> bool:
    return s.word(form.first).startswith(_VAGUE)


def _events(s: Sentence) -> list[Event]:
    """Events of a sentence; one inside the words of another ("to be signed") does not count again."""
    out: list[Event] = []
    for at in s.at.get("event", ()):
        kind, length = s.hits[at]["event"]
        if out and at < out[-1].last:
            continue
        if kind == "signed" and (_denied(s, at, at + length) or _to_come(s, at)):
            kind = "planned"
        out.append(Event(at, at + length, kind))
    if s.at.get("legislature"):
        for at in s.at.get("approval", ()):
            if not any(each.first <= at < each.last for each in out):
                out.append(Event(at, at + s.hits[at]["approval"][1], "ratified"))
        out.sort(key=lambda each: each.first)
    return out


def _denied(s: Sentence, first: int, last: int) -> bool:
    if any(s.hit(at, "negation") for at in range(max(0, first - 3), first)):
        return True
    if s.language in _VERB_LAST and s.hit(last, "negation"):
        return True
    return s.language == "en" and s.word(0) in ("no", "neither")


def _to_come(s: Sentence, at: int) -> bool:
    """Whether an English participle is yet to happen: "is to be inked", "gets signed"."""
    if s.language != "en" or s.word(at - 1) not in _NOT_YET:
        return False
    return not any(s.word(before) in ("was", "were", "have", "has") for before in range(max(0, at - 4), at))


def _forms(s: Sentence) -> list[Form]:
    out: list[Form] = []
    for index in s.at["form"]:
        form, length = s.hits[index]["form"]
        end = out[-1].last if out else -1
        if index < end or s.hit(index, "commit") or _inside_body(s, index):
            continue
        joined = s.word(index - 1) if out and index - end <= 1 else ""
        if joined == "(" or (joined in ("and", "и", "және", "و") and s.word(index).startswith(_VAGUE)):
            continue  # "memoranda (MoUs)", "agreements and documents" are named once
        if out and index - end <= 3 and any(s.word(at) in ("к", "to") for at in range(end, index)):
            continue  # a protocol to an agreement is one document
        field, last = _field(s, index + length)
        out.append(Form(index, index + length, form, last, field))
    return out


def _inside_body(s: Sentence, index: int) -> bool:
    return any((held := s.hit(at, "body")) and at + held[1] > index for at in range(max(0, index - 5), index))


def _event(s: Sentence, form: Form, events: list[Event]) -> Event | None:
    """The event nearest to a document, not over a semicolon unless a colon opened a list."""
    best, chosen = float(_REACH), None
    for event in events:
        if event.first < form.last and event.last > form.first:
            continue
        behind = event.first >= form.last
        low, high = (form.last, event.first) if behind else (event.last, form.first)
        between = [s.word(index) for index in range(low, high)]
        if (";" in between or "؛" in between) and ":" not in between:
            continue
        gap = high - low
        if (
            s.language in _VERB_LAST
            and not behind
            and (gap > _VERB_LAST_GAP or event.used)
            and ":" not in between
        ):
            continue
        weight = gap + between.count(",") + between.count("،")
        # A later event is another document's where a verb already stands between.
        weight += sum(4 for other in events if other is not event and low <= other.first < high)
        if weight < best:
            best, chosen = weight, event
    return chosen


def _adopted(s: Sentence, form: Form) -> Event | None:
    """Declarations and plans are adopted: «принята совместная декларация»."""
    if form.form not in ("declaration", "action_plan"):
        return None
    for at in s.at.get("approval", ()):
        length = s.hits[at]["approval"][1]
        if 0 <= form.first - at - length < 3 or 0 <= at - form.last < 3:
            return Event(at, at + length, "signed")
    return None


def _add(s: Sentence, form: Form, event: Event, forms: list[Form], following: int) -> None:
    number = _number(s, form.first, form.last)
    first, last = min(form.first, event.first), max(form.last, event.last)
    others = [(each.first, each.last) for each in s.of("instrument")]
    others += [(other.first, other.last) for other in forms if other is not form]
    if any(low < last and first < high for low, high in others):
        # Another document stands between this one and their event: each gets its own words.
        first, last = form.first, max(form.last, min(form.end, following))
    if number is not None and number[1] < first:
        first = number[1]
    value = _value(s, form.form, event.kind) | {"number": number[0] if number else None, "field": form.field}
    s.add("instrument", "instrument-event", first, last, value)


def _value(s: Sentence, form: str, event: str) -> dict[str, Any]:
    return {
        "form": form,
        "number": None,
        "parties": countries_in(s),
        "field": None,
        "event": event,
        "date": _date(s),
    }


def _apart(s: Sentence, forms: list[Form], events: list[Event]) -> None:
    """Events of a document named before: earlier in the sentence, or in the sentence before."""
    for event in events:
        if event.used or event.kind == "negotiated":
            continue
        earlier = [each for each in forms if each.last <= event.first]
        if earlier:
            told = {each.value["event"] for each in s.of("instrument")}
            if event.kind in _STATES and event.kind not in told and not _inside_other(s, event):
                s.add(
                    "instrument",
                    "instrument-pronoun",
                    event.first,
                    event.last,
                    _value(s, earlier[-1].form, event.kind),
                )
            continue
        if forms or s.setting.form is None or s.setting.since_form > 2:
            continue
        near = range(max(0, event.first - 8), min(len(s.tokens), event.last + 3))
        opening = event.first <= 1 and event.kind != "planned"
        if opening or any(s.hit(at, "pronoun") for at in near):
            s.add(
                "instrument",
                "instrument-pronoun",
                event.first,
                event.last,
                _value(s, s.setting.form, event.kind),
            )
            return


def _inside_other(s: Sentence, event: Event) -> bool:
    return any(each.first <= event.first < each.last for each in s.of("instrument"))


def _number(s: Sentence, first: int, last: int) -> tuple[int, int] | None:
    """How many documents, from the quantity whose noun they are, and the token at which it begins."""
    for each in s.of("quantity"):
        if (
            each.value["unit"] in ("document", "contract", "paper")
            and each.first < first < each.last <= last + 2
        ):
            stated = each.value["value"] or each.value["low"] or each.value["high"]
            return int(stated), each.first
    return None


def _field(s: Sentence, after: int) -> tuple[str | None, int]:
    """What a document is about, up to its event, a verb or the next document; and the token behind it."""
    held = s.hit(after, "field_start")
    if held is None:
        return None, after
    start = last = after + held[1]
    while last < min(len(s.tokens), start + 12) and s.is_word(last) and not s.hit(last, "auxiliary"):
        if s.hit(last, "event") or s.hit(last, "form"):
            break
        last += 1
    while last > start and (s.word(last - 1) in _ANDS or s.hit(last - 1, "date_lead")):
        last -= 1
    return (s.text[s.tokens[start].start : s.tokens[last - 1].end], last) if last > start else (None, after)


def _date(s: Sentence) -> str | None:
    days = [each for each in s.of("date") if each.value["precision"] == "day" and each.value["start"]]
    return days[0].value["start"] if len(days) == 1 else None
