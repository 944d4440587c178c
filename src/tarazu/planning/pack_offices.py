"""Who holds the offices of the commission, as the register last names them.

An office stands with its last appointment on record. Where a later publication names the same office, or somebody came
for that side to a later meeting of the body, that is said beside it, so that an old date is not read as the last word.
"""

from __future__ import annotations

from collections.abc import Iterable

from tarazu.planning.pack_values import (
    UNKNOWN,
    Draft,
    Land,
    Phrase,
    Said,
    Value,
    When,
    said,
    when,
)
from tarazu.register.model import Event, Evidence
from tarazu.register.register import Item, starts


def offices(draft: Draft, body: Item) -> Iterable[Value]:
    """The commission, and who holds its offices: by the last appointment on record, else as its own record has them."""
    refs = draft.evidence(body.evidence)
    roles = [role for role in draft.register.of("roles") if role["body"] == body.id]
    if not roles:
        named: dict[str, Value] = {"name": Said(body.title), "chairs": said(body["chairs"]), "sources": refs}
        yield Phrase("session.body", named)
        return
    yield Phrase("session.body_name", {"name": Said(body.title), "sources": refs})
    for role in sorted(roles, key=lambda role: (role.title, draft.parties.index(role["side"]))):
        told = [
            e for e in role.events if e.event == "appointed" and e.value and starts(e.date) <= draft.today
        ]
        last = max(told, key=lambda event: starts(event.date), default=None)
        again = _named_again(role, last) if last else None
        proofs = [last.evidence, *([again] if again else [])] if last else role.evidence
        key = "session.role" if last else "session.role_undated"
        facts: dict[str, Value] = {
            "role": Said(role.title),
            "country": Land(role["side"]),
            "holder": said(str(last.value) if last else role["holder"]),
            "day": When(last.date) if last else UNKNOWN,
            "again": when(again.published if again else None),
            "sources": draft.evidence(proofs),
        }
        yield Phrase("session.role_again" if again else key, facts)
        if last:
            yield from _came(draft, body, role, again.published if again else last.date)


def _named_again(role: Item, last: Event) -> Evidence | None:
    """A later publication that names the same office; None where there is none."""
    opening = role.events[0]
    found = opening.evidence
    same = opening.fields.get("holder") == last.value
    return found if same and found.published and starts(found.published) > starts(last.date) else None


def _came(draft: Draft, body: Item, role: Item, after: str) -> Iterable[Value]:
    """Who came for a side to the body's latest meeting, where that was later than the office was last named."""
    met = [
        visit
        for visit in draft.register.of("visits")
        if visit["body"] == body.id and visit["guest"] == role["side"] and visit.dates.get("held")
    ]
    last = max(met, key=lambda visit: starts(visit.dates["held"]), default=None)
    if last is None or starts(last.dates["held"]) <= starts(after):
        return
    facts: dict[str, Value] = {"country": Land(role["side"]), "who": said(last["who"])}
    facts |= {"day": When(last.dates["held"]), "sources": draft.evidence(last.evidence)}
    yield Phrase("session.role_came", facts)
