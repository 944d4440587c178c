"""What a suggestion that a person takes becomes: an item, an event on one that is known, or a figure of an indicator.

Targets and commitments become commitments, documents instruments, visits visits; sessions and embassies become bodies
and what happened to them, standings memberships of each country, openings entries of their field (`sectors`), and
diplomatic relations an instrument, as the bundled register has them. Parties that a text does not name are those of the
register, else those that its document is about; the note says so. No day is assumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import InputError
from tarazu.register.books import new_event, new_item
from tarazu.register.extract.openings import RELATIONS
from tarazu.register.model import Event
from tarazu.register.register import Register, span

if TYPE_CHECKING:
    from tarazu.register.review import Decision, Open

NEW = "new"
MEMBERSHIP = "membership"  # one suggestion of several countries
CITED = "cited"  # the event of what is said again without a day
MILLION = 1e6
MEASURES = ("amount", "percentage", "quantity")  # what an indicator can be measured at
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
        return (_measured(register, found, decision, source),)
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
    if name in register.items:
        return _again(register, found, decision, name, source)
    if name != NEW and not name.startswith(f"{NEW}:"):
        raise InputError(
            f'suggestion {found.number}: "{name}" is no item of the register. Write the id of one, {NEW} for a new '
            f"item, or {NEW}:ID to choose its id."
        )
    chosen = name.removeprefix(NEW).removeprefix(":")
    kind, fields = _MAKERS[found.kind](found, decision)
    fields["id"] = chosen or fields.get("id") or free_id(register, PREFIX[kind])
    if fields["id"] in register.items and not chosen:
        fields["id"] = free_id(register, f"{fields['id']}-")
    if fields.get("parties") == "":
        fields["parties"], said = _parties(register, found)
        source["note"] = _joined(source["note"], said)
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

    A restatement without a day in the text is dated by its publication: that is when it was said again. What else has
    no day there is cited: one more place where it stands, and nothing new.
    """
    event, words = _said_again(found)
    day = _day(found, decision) or (found.published if event == "restated" else "")
    told = {"item": name, "date": day, **source}
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
            ("signed", "")
            if value.get("field") == RELATIONS
            else ("noted", str(value.get("text") or found.quote))
        )
    event = str(value.get("event") or "")
    if found.kind == "instrument" and event in ("ratified", "in_force", "ended", "negotiated", "planned"):
        value_of = ";".join(value.get("parties") or ()) if event == "ratified" else ""
        return (event, value_of) if event != "ratified" or len(value_of) == 3 else ("signed", "")
    return AGAIN[found.kind], ""


def _completed(found: Open, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """A new item's events with what an opening cannot say: the number of the session, what was opened."""
    value = found.value
    if found.kind == "session" and events[-1].event == "met":
        return (*events[:-1], replace(events[-1], value=str(value.get("session") or "") or None))
    if found.kind == "event" and events[0].kind == "sectors":
        noted = replace(
            events[0],
            event="noted",
            value=" ".join(str(value["text"]).split()),
            date=str(value["date"]),
            fields={},
        )
        return (*events, noted)
    return events


def _memberships(
    register: Register, found: Open, decision: Decision, source: Mapping[str, str]
) -> tuple[Event, ...]:
    """The standing of each country named; one that the register has gets the day on which it joined, or is cited."""
    value = found.value
    structure, standing = str(value["structure"]), str(value.get("standing") or "member")
    note = "" if value.get("standing") else "the text says that they act together there, not their standing"
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
            events += new_item("memberships", {**fields, "standing": standing, "date": day}, told)
        elif not day:
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


def _measured(register: Register, found: Open, decision: Decision, source: Mapping[str, str]) -> Event:
    item = register.items.get(decision.item)
    if item is None or item.kind != "indicators":
        known = ", ".join(each.id for each in register.of("indicators")) or "none; record one first"
        raise InputError(
            f"suggestion {found.number}: a {found.kind} is taken as what an indicator was measured at. "
            f"Name one in item: {known}."
        )
    number = found.value.get("value", found.value.get("percent"))
    if number is None:
        raise InputError(f"suggestion {found.number}: no number was read from it.")
    scale = MILLION if found.kind == "amount" and str(item["unit"]).endswith(" m") else 1.0
    date = decision.date or str(found.value.get("period") or found.published)
    told = {"item": item.id, "event": "measured", "value": f"{number / scale:.12g}", "date": date}
    return new_event(register, {**told, **source})


def _visit(found: Open, decision: Decision) -> tuple[str, Texts]:
    value = found.value
    place = str(value.get("place") or "")
    return "visits", {
        "who": decision.title or str(value.get("who") or found.quote),
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
    return "instruments", {
        "title": _title(found, decision),
        "form": FORMS.get(form, form),
        "parties": _named(found, decision),
        "field": str(value.get("field") or ""),
        "count": "" if count is None else str(count),
        "session": str(value.get("session") or ""),
        "event": event if event in ("signed", "planned", "negotiated", "in_force") else "signed",
        "date": _day(found, decision),
    }


def _commitment(found: Open, decision: Decision) -> tuple[str, Texts]:
    value = found.value
    amounts = list(value.get("amounts") or [])
    told = {"target_low": f"{amounts[0] / MILLION:.12g}", "unit": "USD m"} if len(amounts) == 1 else {}
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
        "title": _title(found, decision),
        "parties": _named(found, decision),
        "due": decision.due or _period(found.value.get("due")),
        "date": _day(found, decision),
    }


def _session(found: Open, decision: Decision) -> tuple[str, Texts]:
    """A body that was not known, with its session; one whose day is not told leaves no event."""
    day = _day(found, decision)
    event = "planned" if found.value.get("event") == "planned" else "met" if day else ""
    return "bodies", {**_body_fields(found, decision), "event": event, "date": day}


def _body(found: Open, decision: Decision) -> tuple[str, Texts]:
    fields = {**_body_fields(found, decision), "date": _day(found, decision)}
    parties = list(found.value.get("parties") or ())
    if found.value.get("form") == "embassy" and len(parties) == 1:
        fields["id"] = f"bo-embassy-{str(parties[0]).lower()}"
    return "bodies", fields


def _body_fields(found: Open, decision: Decision) -> Texts:
    value = found.value
    name = decision.title or " ".join(str(value.get("body") or found.quote).split())
    return {"name": name, "form": str(value["form"]), "parties": _named(found, decision)}


def _event(found: Open, decision: Decision) -> tuple[str, Texts]:
    """Diplomatic relations as an instrument, as the bundled register has them; else the field in which it happened."""
    field = str(found.value["field"])
    if field == RELATIONS:
        return "instruments", {
            "title": _title(found, decision),
            "form": "declaration",
            "parties": _named(found, decision),
            "field": RELATIONS,
            "date": _day(found, decision),
        }
    name = decision.title or field.capitalize()
    return "sectors", {"id": f"se-{field}", "name": name, "parties": _named(found, decision)}


_MAKERS: Mapping[str, Callable[[Open, Decision], tuple[str, Texts]]] = {
    "target": _target,
    "commitment": _commitment,
    "instrument": _instrument,
    "visit": _visit,
    "session": _session,
    "body": _body,
    "event": _event,
}


def _title(found: Open, decision: Decision) -> str:
    return decision.title or " ".join(found.quote.split())


def _named(found: Open, decision: Decision) -> str:
    return decision.parties or ";".join(found.value.get("parties") or ())


def _day(found: Open, decision: Decision) -> str:
    """The day that a person or the text gives; the day of publication is none: it stands with the source."""
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
