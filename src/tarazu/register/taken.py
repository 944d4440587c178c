"""What a suggestion that a person takes becomes: an item, an event on one that is known, or a figure of an indicator.

Targets and commitments become commitments, documents instruments, visits visits; sessions and embassies become bodies
and what happened to them, standings memberships of each country, openings entries of their field (`sectors`), and
diplomatic relations an instrument, as the bundled register has them. Parties that a text does not name are those of the
register, else those that its document is about; the note says so. What is only similar to a known item needs a choice.
No day is assumed, but that of the session which the document reports for what was signed there, and for what was said
that of its publication; the note says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import InputError
from tarazu.register.books import new_event, new_item
from tarazu.register.extract.openings import RELATIONS
from tarazu.register.figures import MEASURES, measured
from tarazu.register.model import CORRECTED, Event
from tarazu.register.promises import MILLION
from tarazu.register.register import Register, span, starts
from tarazu.register.titles import title_of

if TYPE_CHECKING:
    from tarazu.register.review import Decision, Open

NEW = "new"
MEMBERSHIP = "membership"  # one suggestion of several countries
CITED = "cited"  # the event of what is said again without a day
DERIVED = "E"  # the status of a day that the document does not give itself
BY_PUBLICATION = "dated by its publication"
PREFIX = {"commitments": "co", "instruments": "in", "visits": "vi", "bodies": "bo"}
AGAIN = {
    "target": "restated",
    "commitment": "restated",
    "instrument": "signed",
    "visit": "held",
    "body": "established",
}
LEVELS = {
    "head_of_state": "head_of_state",
    "head_of_government": "head_of_government",
    "deputy_head": "deputy_head_of_government",
    "minister": "minister",
    "deputy_minister": "deputy_minister",
}
BOUNDS = {"at_least": "at least", "at_most": "at most", "about": "about"}
FORMS = {"any": "agreement"}
OPENINGS = ("signed", "planned", "negotiated", "in_force")  # what the record of an instrument may open with
LATER = ("ratified", "ended")  # what befalls one that was signed before, on a day the text may not give
SUPERSEDED = "superseded"

Texts = dict[str, str]


def becomes(register: Register, found: Open, decision: Decision) -> tuple[Event, ...]:
    """The events that a taken suggestion makes.

    Raises
    ------
    InputError
        If the item named does not exist, or a suggestion of this kind cannot become one.
    """
    source = _source(found, decision)
    if found.kind in MEASURES:
        return (measured(register, found, decision, source),)
    if found.kind not in (*_MAKERS, MEMBERSHIP):
        listed = ", ".join((*_MAKERS, MEMBERSHIP, *MEASURES))
        raise InputError(
            f"suggestion {found.number}: a {found.kind} becomes no item; only {listed} can be taken."
        )
    if decision.due and span(decision.due) is None:
        raise InputError(
            f'due: "{decision.due}" is no date. Write 2026, 2026-Q2, 2026-12-31 or 2024-01/2025-12.'
        )
    name = decision.item or found.same or NEW
    if found.kind == MEMBERSHIP:
        if name != NEW and name not in register.items:
            raise InputError(
                f'suggestion {found.number}: "{name}" cannot be chosen. Leave item empty: each country becomes a '
                "membership of its own."
            )
        return _memberships(register, found, decision, source)
    if found.kind == "instrument" and found.value.get("event") == SUPERSEDED:
        raise InputError(
            f"suggestion {found.number}: which instrument took the place of which is said by their ids. Record it with "
            "`tarazu register add event item=OLD event=superseded value=NEW date=…` and refuse the suggestion."
        )
    if name in register.items:
        return _again(register, found, decision, name, source)
    if name != NEW and not name.startswith(f"{NEW}:"):
        raise InputError(
            f'suggestion {found.number}: "{name}" is no item of the register. Write the id of one, {NEW} for a new '
            f"item, or {NEW}:ID to choose its id."
        )
    if found.similar and not decision.item:
        listed = "; ".join(
            f"{each['item']}: {each['why']}" for each in found.known if each["item"] in found.similar
        )
        raise InputError(
            f"suggestion {found.number}: similar is known already ({listed}). Write in item the id of the one that it "
            f"repeats, or {NEW} for another one."
        )
    chosen = name.removeprefix(NEW).removeprefix(":")
    kind, fields = _MAKERS[found.kind](found, decision)
    _dated(found, kind, fields, source)
    fields["id"] = chosen or fields.get("id") or free_id(register, PREFIX[kind])
    if fields["id"] in register.items and not chosen:
        fields["id"] = free_id(register, f"{fields['id']}-")
    if fields.get("parties") == "":
        fields["parties"], said = _parties(register, found)
        source["note"] = _joined(source["note"], said)
    if kind == "commitments" and fields["date"] and not _day(found, decision):
        source["note"] = _joined(source["note"], BY_PUBLICATION)
    return _completed(found, new_item(kind, fields, source))


def _source(found: Open, decision: Decision) -> Texts:
    """Where it stands, and in the note what is not as the quote has it."""
    value = found.value
    notes = [decision.note]
    if value.get("number_bound") in BOUNDS and value.get("number"):
        notes.append(f"the text says {BOUNDS[value['number_bound']]} {value['number']}")
    for name, (start, end) in (value.get("added") or {}).items():
        notes.append(f"{name.replace('_', ' ')} from the words at {start}-{end}")
    if value.get("rests_on") and not value.get("instrument_item"):
        notes.append(
            f"stands in the {str(value['instrument']).replace('_', ' ')} of suggestion {value['rests_on']}"
        )
    return {
        "document": found.document,
        "start": str(found.start),
        "end": str(found.end),
        "quote": found.quote,
        "published": found.published,
        "publisher": found.publisher,
        "source_url": found.url,
        "note": _joined(*notes),
    }


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _parties(register: Register, found: Open) -> tuple[str, str]:
    """Parties of what names none, and the note that says whose they are."""
    usual = usual_parties(register)
    if usual:
        return ";".join(usual), "parties not named there: those of the register"
    return ";".join(
        found.value.get("document_parties") or ()
    ), "parties not named there: those of the document"


def usual_parties(register: Register) -> tuple[str, ...]:
    """The parties of most instruments and commitments: those a text of this register means when it names none."""
    told = Counter(
        tuple(item["parties"])
        for item in register.items.values()
        if item.kind in ("instruments", "commitments") and item["parties"]
    )
    return told.most_common(1)[0][0] if told else ()


def _again(
    register: Register, found: Open, decision: Decision, name: str, source: Mapping[str, str]
) -> tuple[Event, ...]:
    """What is known is said again; another due date than the known one is a revision, dated like the text.

    A restatement without a day in the text is dated by its publication: that is when it was said again. An earlier
    one than the first known is the first. What else has no day there is cited: one more place where it stands.
    """
    event, words = _said_again(found)
    own = _day(found, decision)
    day = own or (found.published if event == "restated" else "")
    told = {"item": name, "date": day, **source}
    if event == "restated":
        told["note"] = _joined(told["note"], "" if own or not day else BY_PUBLICATION)
        said = str(register.items[name]["said"] or "")
        if day and said and starts(day) < starts(said):
            event, words = "said", ""  # said before what was taken for the first time
    events = [
        new_event(register, {**told, "event": event, "value": words}) if day else _cited(register, told)
    ]
    due = decision.due or _period(found.value.get("due"))
    if register.items[name].kind == "commitments" and due and due != register.items[name]["due"]:
        events.append(new_event(register, {**told, "event": "revised", "field": "due", "value": due}))
    return tuple(events)


def _cited(register: Register, told: Mapping[str, str]) -> Event:
    """One more place where a known item stands, dated by its publication."""
    return new_event(
        register,
        {**told, "event": CITED, "value": " ".join(told["quote"].split()), "date": told["published"]},
    )


def _said_again(found: Open) -> tuple[str, str]:
    """The event that a known item gets, and its value."""
    value = found.value
    if found.kind == "session":
        planned = value.get("event") == "planned"
        return ("planned", "") if planned else ("met", str(value.get("session") or ""))
    if found.kind == "event":
        return (
            ("in_force", "")
            if value.get("field") == RELATIONS
            else ("noted", str(value.get("text") or found.quote))
        )
    event = str(value.get("event") or "")
    if found.kind == "instrument" and event in ("ratified", "in_force", "ended", "negotiated", "planned"):
        value_of = ";".join(value.get("parties") or ()) if event == "ratified" else ""
        whole = event != "ratified" or len(value_of) == 3
        return (
            (event, value_of) if whole else (CITED, " ".join(found.quote.split()))
        )  # who ratified is unknown
    return AGAIN[found.kind], ""


def _completed(found: Open, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """A new item's events with what an opening cannot say: the number of the session, what was opened."""
    value = found.value
    if found.kind == "session" and events[-1].event == "met":
        where = f"in {value['place']}" if value.get("place") else ""
        note = _joined(events[-1].note, where)
        met = replace(events[-1], value=str(value.get("session") or "") or None, note=note)
        return (*events[:-1], met)
    if found.kind == "event" and events[0].kind == "sectors":
        noted = replace(
            events[0],
            event="noted",
            value=" ".join(str(value["text"]).split()),
            date=str(value["date"]),
            fields={},
        )
        return (*events, noted)
    if found.kind == "instrument" and value.get("event") in LATER and value.get("date"):
        event, parties = str(value["event"]), list(value.get("parties") or ())
        if event == "ended" or len(parties) == 1:  # who ratified must be known
            country = parties[0] if event == "ratified" else None
            later = replace(events[0], event=event, value=country, date=str(value["date"]), fields={})
            return (*events, later)
    return events


def _memberships(
    register: Register, found: Open, decision: Decision, source: Mapping[str, str]
) -> tuple[Event, ...]:
    """The standing of each country named; one that the register has gets the day on which it joined, or is cited."""
    value = found.value
    structure, standing = str(value["structure"]), str(value.get("standing") or "")
    note = "" if standing else "the text says that they act together there, not their standing"
    told = {**source, "note": _joined(source["note"], note)}
    countries = [
        each for each in (decision.parties.split(";") if decision.parties else value["parties"]) if each
    ]
    events: list[Event] = []
    day = _day(found, decision)
    for country in countries:
        known = next(
            (
                m.id
                for m in register.of("memberships")
                if (m["structure"], m["country"]) == (structure, country)
            ),
            None,
        )
        if known is None:
            fields = {"id": f"me-{structure}-{country}".lower(), "structure": structure, "country": country}
            made = new_item("memberships", {**fields, "standing": standing, "date": day}, told)
            events += made if standing else _stands(made[0])
        elif standing and not register.items[known]["standing"]:
            now = {"item": known, "event": CORRECTED, "field": "standing", "value": standing, "date": day}
            events.append(new_event(register, {**told, **now}))
        elif not day or not standing:
            events.append(_cited(register, {**told, "item": known}))
        else:
            events.append(
                new_event(
                    register, {**told, "item": known, "event": "acceded", "value": standing, "date": day}
                )
            )
    if not events:
        raise InputError(
            f"suggestion {found.number}: the text names no country in {structure}. Write them in the column parties."
        )
    return tuple(events)


def _stands(recorded: Event) -> tuple[Event, ...]:
    """An item of which a text says that it is there, and nothing that happened to it: recorded and cited."""
    first = replace(recorded, date="")
    words = " ".join(first.evidence.quote.split()) or None
    return first, replace(first, event=CITED, value=words, fields={})


def _dated(found: Open, kind: str, fields: Texts, source: Texts) -> None:
    """What was signed at the session that its document reports belongs to it; so does the visit to its place."""
    held: Mapping[str, str] = found.value.get("held") or {}
    place = fields.get("place")
    there = fields.get("event") == "signed" if kind == "instruments" else place and place == held.get("place")
    if kind not in ("instruments", "visits") or not held or not there:
        return
    if found.value.get("number_bound") in BOUNDS:
        return  # more than 60 documents: what there is, not what was signed that day
    days = span(fields["date"]), span(held["date"])
    if fields.get("session") not in (None, "", held["session"]):
        return
    if days[0] and (not days[1] or not days[0].overlap_days(days[1])):
        return
    fields |= {"session": held["session"], "body": held["body"]}
    if not fields["date"] and held["date"]:
        fields["date"], source["status"] = held["date"], DERIVED
        said = f"dated by session {held['session']} of which the document reports"
        source["note"] = _joined(source["note"], said)


def _visit(found: Open, decision: Decision) -> tuple[str, Texts]:
    value = found.value
    place = str(value.get("place") or "")
    return "visits", {
        "who": title_of(found, decision.title),
        "level": LEVELS.get(str(value.get("level")), "other"),
        "guest": value.get("country_from") or "",
        "host": value.get("host") or "",
        "place": "" if place == value.get("host") else place,
        "date": _day(found, decision),
    }


def _instrument(found: Open, decision: Decision) -> tuple[str, Texts]:
    value = found.value
    count = value.get("number")
    event = str(value.get("event") or "signed")
    form = str(value.get("form") or "agreement")
    opens = event in OPENINGS
    return "instruments", {
        "title": title_of(found, decision.title),
        "form": FORMS.get(form, form),
        "parties": _named(found, decision),
        "field": str(value.get("field") or ""),
        "count": "" if count is None else str(count),
        "session": str(value.get("session") or ""),
        "event": event if opens else "",
        "date": _day(found, decision) if opens else "",
    }


def _commitment(found: Open, decision: Decision) -> tuple[str, Texts]:
    value = found.value
    amounts, quantities = list(value.get("amounts") or []), list(value.get("quantities") or [])
    told: Texts = {}
    if len(amounts) == 1:
        told = {"target_low": f"{amounts[0] / MILLION:.12g}", "unit": "USD m"}
    elif not amounts and len(quantities) == 1:
        told = {"target_low": f"{quantities[0][0]:.12g}", "unit": str(quantities[0][1])}
    return "commitments", {
        **_promise(found, decision),
        **told,
        "form": str(value.get("form") or "obligation"),
        "instrument": str(value.get("instrument_item") or ""),
    }


def _target(found: Open, decision: Decision) -> tuple[str, Texts]:
    number, unit = found.value.get("value"), str(found.value.get("unit") or "")
    if unit == "USD" and number is not None:
        number, unit = number / MILLION, "USD m"
    low = "" if number is None else f"{number:.12g}"
    return "commitments", {**_promise(found, decision), "form": "target", "target_low": low, "unit": unit}


def _promise(found: Open, decision: Decision) -> Texts:
    return {
        "title": title_of(found, decision.title),
        "parties": _named(found, decision),
        "due": decision.due or _period(found.value.get("due")),
        "date": _day(found, decision) or found.published,
    }


def _session(found: Open, decision: Decision) -> tuple[str, Texts]:
    """A body that was not known, with its session; one that met on no known day cannot be entered."""
    day, number = _day(found, decision), str(found.value.get("session") or "")
    planned = found.value.get("event") == "planned"
    if not day and not planned:
        raise InputError(
            f"suggestion {found.number}: on which day {f'session {number}' if number else 'it'} met is not known. "
            "Write it in the column date as 2023-12-04, 2023-12 or 2023, or say with ingest --published when the "
            "document appeared, so that its own dates can be read."
        )
    event = "planned" if planned else "met"
    return "bodies", {**_body_fields(found, decision), "event": event, "date": day}


def _body(found: Open, decision: Decision) -> tuple[str, Texts]:
    fields = {**_body_fields(found, decision), "date": _day(found, decision)}
    parties = list(found.value.get("parties") or ())
    if found.value.get("form") == "embassy" and len(parties) == 1:
        fields["id"] = f"bo-embassy-{str(parties[0]).lower()}"
    return "bodies", fields


def _body_fields(found: Open, decision: Decision) -> Texts:
    value = found.value
    return {
        "name": title_of(found, decision.title),
        "form": str(value["form"]),
        "parties": _named(found, decision),
    }


def _event(found: Open, decision: Decision) -> tuple[str, Texts]:
    """Diplomatic relations as an instrument, as the bundled register has them; else the field in which it happened."""
    field = str(found.value["field"])
    if field == RELATIONS:
        return "instruments", {
            "title": title_of(found, decision.title),
            "form": "declaration",
            "parties": _named(found, decision),
            "field": RELATIONS,
            "event": "in_force",
            "date": _day(found, decision),
        }
    return "sectors", {
        "id": f"se-{field}",
        "name": title_of(found, decision.title),
        "parties": _named(found, decision),
    }


_MAKERS: Mapping[str, Callable[[Open, Decision], tuple[str, Texts]]] = {
    "target": _target,
    "commitment": _commitment,
    "instrument": _instrument,
    "visit": _visit,
    "session": _session,
    "body": _body,
    "event": _event,
}


def _named(found: Open, decision: Decision) -> str:
    return decision.parties or ";".join(found.value.get("parties") or ())


def _day(found: Open, decision: Decision) -> str:
    """The day that a person or the text gives; that of publication is none of a deed: it stands with the source."""
    return decision.date or str(found.value.get("date") or "")


def _period(text: Any) -> str:
    found = span(str(text)) if text else None
    return found.label if found else ""


def free_id(register: Register, prefix: str) -> str:
    """The next id of a prefix that no item has: co079."""
    taken = {event.item for event in register.events}
    numbers = [
        int(name[len(prefix) :])
        for name in taken
        if name.startswith(prefix) and name[len(prefix) :].isdigit()
    ]
    return f"{prefix}{max(numbers, default=0) + 1:03d}"
