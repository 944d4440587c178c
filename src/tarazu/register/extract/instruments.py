"""Documents between parties with what happened to them: signed, planned, negotiated, ratified, in force, ended.

A document that is merely mentioned is none: the sentence must say an event, or open a list of what was signed.
Each document takes the event nearest to it; an event without a document in its sentence ("it entered into force
in May") is one of the document named last. "Was not signed" is planned, never signed; "to be signed" and "gets
signed" are planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tarazu.register.extract.dated import line_date, over, partial
from tarazu.register.extract.names import countries_in
from tarazu.register.extract.sentence import Found, Sentence

_REACH = 30  # tokens between a document and its event
_VERB_LAST = ("kk", "fa")
_VERB_LAST_GAP = 4  # tokens between an event and the document behind it, where the verb is last
_STATES = ("ratified", "in_force", "ended")
_NOT_YET = ("be", "get", "gets", "getting", "to", "will", "expected", "hope")
_ANDS = frozenset(
    [
        "and",
        "и",
        "және",
        "мен",
        "و",
        "as",
        "the",
        "a",
        "an",
        "also",
        "а",
        "также",
        "еще",
        "other",
        "басқа",
        "тағы",
    ]
)
_VAGUE = ("document", "документ", "құжат", "سند", "اسناد")
_BULLETS = frozenset(["-", "•", "*", "·", "▪", "◦", "‣", "►"])
_LINE_REACH = 6  # tokens between the dash of a dated line and its document
_NAMED = 20  # tokens of "between A, B and C"
_RELATIVES = frozenset(
    ["which", "who", "the", "it", "they", "we", "he", "said", "который", "которые", "что", "а", "که"]
)
_BETWEEN = frozenset(["between", "with", "and", "между", "с", "со", "и", "بین", "میان", "با", "و"])
_BESIDE_DATE = 4  # tokens between an event and its date, where there are several
_BESIDE = frozenset(["and", "и", "және", "мен", "пен", "бен", "و"])
_PARTIES = frozenset(["EAEU"])  # what the register takes for a party beside countries


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
    if not events and forms and not listed and (dated := line_date(s)) and _on_a_line(s, forms[0], *dated):
        _remember(s, forms, events)
        return
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


def _on_a_line(s: Sentence, form: Form, dated: Found, start: int) -> bool:
    """A document that a line names behind its date: in a list of facts it was signed on it."""
    reach = _LINE_REACH if s.language != "kk" else len(s.tokens)  # in Kazakh the document comes last
    if not start <= form.first <= start + reach or not over(s, dated.value) or s.at.get("negation"):
        return False
    if any(
        s.hit(at, name) for at in range(start, form.first) for name in ("form", "visit", "role", "meeting")
    ):
        return False
    if any(s.hit(at, name) for at in range(start, len(s.tokens)) for name in ("commit", "will", "forecast")):
        return False
    value = (
        _value(s, form.form, Event(dated.first, start, "signed")) | _count(s, form) | {"field": form.field}
    )
    s.add(
        "instrument",
        "instrument-line",
        dated.first,
        max(form.end, form.last),
        value | {"date": partial(dated.value)},
    )
    return True


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
    first, last = min(form.first, event.first), max(form.last, event.last)
    others = [(each.first, each.last) for each in s.of("instrument")]
    others += [(other.first, other.last) for other in forms if other is not form]
    if any(low < last and first < high for low, high in others):
        # Another document stands between this one and their event: each gets its own words.
        first, last = form.first, max(form.last, min(form.end, following))
    number = _number(s, form.first, form.last)
    if number is not None and number.first < first:
        first = _lead(s, number.first)
    value = _value(s, form.form, event) | _count(s, form) | {"field": form.field}
    s.add("instrument", "instrument-event", first, last, value)


def _value(s: Sentence, form: str, event: Event) -> dict[str, Any]:
    return {
        "form": form,
        "number": None,
        "number_bound": None,
        "session": None,
        "parties": countries_in(s) + _unions(s),
        "field": None,
        "event": event.kind,
        "date": _date(s, event.kind, (event.first, event.last)),
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
                    _value(s, earlier[-1].form, event),
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
                _value(s, s.setting.form, event),
            )
            return


def _inside_other(s: Sentence, event: Event) -> bool:
    return any(each.first <= event.first < each.last for each in s.of("instrument"))


def _number(s: Sentence, first: int, last: int) -> Found | None:
    """The quantity that says how many documents there are, whose noun they are."""
    for each in s.of("quantity"):
        if (
            each.value["unit"] in ("document", "contract", "paper")
            and each.first < first < each.last <= last + 2
        ):
            return each
    return None


def _count(s: Sentence, form: Form) -> dict[str, Any]:
    """How many documents, with the bound that the text sets, and the number of the session whose document it is."""
    counted = _number(s, form.first, form.last)
    told: dict[str, Any] = {"session": _session(s, form)}
    if (
        any(at >= form.last for at in s.at.get("among", ()))
        and len(s.at["form"]) > 1
        and form.form == "agreement"
    ):
        told["umbrella"] = True  # the word for several documents that the sentence goes on to name
    if counted is not None:
        value = counted.value
        stated = value["value"] or value["low"] or value["high"]
        told |= {"number": int(stated), "number_bound": value["bound"]}
    return told


def _lead(s: Sentence, first: int) -> int:
    """Token at which a number begins with the words that bound it: "more than 60"."""
    held = s.before(first, "bound_before")
    return held[1] if held else first


def _session(s: Sentence, form: Form) -> str | None:
    """The session whose protocol or minutes it is: "the 19th … Commission Protocol", «протокол 24-го заседания»."""
    if form.form not in ("protocol", "minutes"):
        return None
    for at in range(max(0, form.first - 8), min(len(s.tokens), form.last + 6)):
        suffix = at + 2 if s.word(at + 1) == "-" else at + 1
        if s.is_number(at) and s.hit(suffix, "ordinal_suffix") and s.word(at).isdecimal():
            return s.word(at)
        if (held := s.hit(at, "ordinal_name")) and (s.at.get("meeting") or s.at.get("body_noun")):
            return held[0]
    return None


def _unions(s: Sentence) -> list[str]:
    """Unions of states that are a party themselves: between the Union and a country."""
    out = []
    for at in s.at.get("structure", ()):
        code, length = s.hits[at]["structure"]
        before = s.word(at - 1) if s.word(at - 1) not in ("the", "states", "state") else s.word(at - 2)
        after = at + length + (3 if s.word(at + length) == "(" else 0)  # the Union (EAEU) and
        joined = before in _BETWEEN or (s.word(after) in _BESIDE and bool(s.hit(after + 1, "country")))
        if code in _PARTIES and joined:
            out.append(code)
    return out[:1]


def _field(s: Sentence, after: int) -> tuple[str | None, int]:
    """What a document is about, up to its event, a verb or the next document; and the token behind it."""
    at = _behind_parties(s, after + 1 if s.word(after) == ":" else after)
    held = s.hit(at, "field_start")
    if held is None:
        return None, after
    start = last = at + held[1]
    while last < min(len(s.tokens), start + 12) and not s.hit(last, "auxiliary"):
        if s.hit(last, "event") or s.hit(last, "form") or not (s.is_word(last) or _goes_on(s, last)):
            break
        last += 1
    while last > start and (s.is_mark(last - 1) or s.word(last - 1) in _ANDS or s.hit(last - 1, "date_lead")):
        last -= 1
    return (s.text[s.tokens[start].start : s.tokens[last - 1].end], last) if last > start else (None, after)


def _goes_on(s: Sentence, comma: int) -> bool:
    """Whether a comma goes on with a list: another one or an "and" follows within a few words."""
    if s.word(comma) not in (",", "،") or not s.is_word(comma + 1):
        return False
    ahead = range(comma + 2, comma + 5)
    return s.word(comma + 1) not in _RELATIVES and any(
        s.word(at) in (",", "،", "and", "и", "و") for at in ahead
    )


def _behind_parties(s: Sentence, after: int) -> int:
    """The token behind "between A, B and C"."""
    if s.word(after) not in ("between", "между", "بین", "میان"):
        return after
    for at in range(after + 1, min(len(s.tokens), after + _NAMED)):
        if s.hit(at, "field_start"):
            return at
        if not s.is_word(at) and s.word(at) not in (",", "،"):
            break
    return after


def _date(s: Sentence, event: str, at: tuple[int, int]) -> str | None:
    """The day or month in which it happened: the one of the sentence, of several the one beside the event."""
    happened = event not in ("planned", "negotiated")
    told = [
        each for each in s.of("date") if each.value["start"] and each.value["precision"] in ("day", "month")
    ]
    days = [each for each in told if each.value["precision"] == "day"]
    if len(told) > 1:
        gaps = sorted(
            (max(each.first - at[1], at[0] - each.last, 0), place) for place, each in enumerate(told)
        )
        if gaps[0][0] > _BESIDE_DATE or gaps[0][0] == gaps[1][0]:
            return str(days[0].value["start"]) if len(days) == 1 else None
        told = [told[gaps[0][1]]]
    if not told or (told[0].value["precision"] == "month" and not (happened and over(s, told[0].value))):
        return None
    return partial(told[0].value)
