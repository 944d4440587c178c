"""What a new item is called where nobody says: a target by its number, a document by its form and field.

A body has its name, a visit that of who went, an opening its field; a promise is called as its quote has it, with a
capital letter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tarazu.register.extract.openings import RELATIONS
from tarazu.register.register import span

if TYPE_CHECKING:
    from tarazu.register.review import Open

SIZES = ((1e9, "bn"), (1e6, "m"))
PLURALS = {"memorandum": "memoranda", "minutes": "minutes"}
# The verb before a document's noun: signed the, negotiating a.
_VERB = re.compile(r"^(?:to sign|sign|[a-z]+(?:ed|ing))\s+(?:(?:the|an?)\s+)?(?=\S)", re.IGNORECASE)


def title_of(found: Open, given: str = "") -> str:
    """The title that a person gives, or the one in plain words."""
    if given:
        return given
    told = _NAMED.get(found.kind)
    title = told(found) if told else ""
    return title or _capital(" ".join(found.quote.split()))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _target(found: Open) -> str:
    value = found.value
    if value.get("value") is None or not value.get("unit"):
        return ""
    due = span(str(value["due"])) if value.get("due") else None
    subject = _capital(str(value.get("subject") or "target").replace("_", " "))
    return f"{subject} of {_number(float(value['value']), str(value['unit']))}{f' by {due.label}' if due else ''}"


def _number(value: float, unit: str) -> str:
    if unit == "percent":
        return f"{value:.12g}%"
    if (
        len(unit) == 3 and unit.isupper() and unit.isalpha() and unit != "TEU"
    ):  # a currency stands before its number
        size, name = next(((size, name) for size, name in SIZES if value >= size), (1.0, ""))
        return f"{unit} {value / size:.6g} {name}".rstrip()
    return f"{value:.12g} {unit}"


def _instrument(found: Open) -> str:
    """ "Protocol of session 19", "Memorandum on veterinary medicine", "5 memoranda on tourism"."""
    value = found.value
    form = str(value.get("form") or "agreement").replace("_", " ").replace("any", "document")
    field, session, count = value.get("field"), value.get("session"), value.get("number")
    if not field and not session and not (count and count > 1):
        quote = " ".join(found.quote.split())
        bare = _VERB.sub("", quote)
        return _capital(bare if len(bare.split()) > 1 else quote)
    noun = _capital(form)
    if count and count > 1:
        least = {"at_least": "at least ", "at_most": "at most ", "about": "about "}
        several = PLURALS.get(form, f"{form}s")
        noun = _capital(f"{least.get(str(value.get('number_bound')), '')}{count} {several}")
    return f"{noun}{f' of session {session}' if session else ''}{_on(field)}"


def _named(found: Open) -> str:
    return " ".join(str(found.value.get("body") or "").split())


def _went(found: Open) -> str:
    return _capital(str(found.value.get("who") or ""))


def _field(found: Open) -> str:
    field = str(found.value.get("field") or "")
    return "" if field == RELATIONS else _capital(field)


_NAMED = {
    "target": _target,
    "instrument": _instrument,
    "session": _named,
    "body": _named,
    "visit": _went,
    "event": _field,
}


def _on(field: Any) -> str:
    """The field behind the noun; in another script it stands as it is written there."""
    if not field:
        return ""
    return f" on {field}" if str(field).isascii() else f": {field}"
