"""Replay of proposals and approvals: what needs two operators comes right after the approval that allows it."""

from __future__ import annotations

from tarazu.clearing.audit.book import Book, Closing, Event, Fault, Legs, Proposal
from tarazu.clearing.audit.shapes import DETAILS

CLOSING = (
    "expired",
    "post",
    "freeze",
    "set-off",
    "post",
    "interest",
    "home",
    "consolidate",
    "settlement",
    "close",
)
CARRIED_OUT: dict[str, tuple[str, ...]] = {
    "decide": ("decision",),
    "pass-price": ("price-decision",),
    "set-limit": ("limit",),
    "close-cycle": CLOSING,
    "release-settlement": ("settlement-released",),
    "reverse": ("reverse",),
    "add-operator": ("operator",),
    "adopt-scheme": ("adopted",),
}


def proposal(book: Book, event: Event) -> Legs:
    """One operator proposes."""
    body = event.body
    book.by_operator(event, body["by"])
    wanted = DETAILS.get(body["action"], frozenset())
    event.need(
        bool(wanted) and body["details"].keys() == wanted,
        f"{body['action']!r} with other details than its own",
    )
    book.proposals[event.seq] = Proposal(event.seq, body["action"], body["details"], body["by"])
    return {}


def approval(book: Book, event: Event) -> Legs:
    """Another operator approves; the rows that carry it out must follow."""
    found = _open(book, event)
    by = event.body["by"]
    event.need(by != found.by, f"proposal {found.id} was approved by {by!r}, who proposed it")
    found.state, found.approved_by = "approved", by
    book.grant = found
    if found.action == "close-cycle":
        rate = found.details.get("interest_rate")
        book.closing = Closing(None if rate is None else str(rate))
    return {}


def withdrawal(book: Book, event: Event) -> Legs:
    """A proposal ends without effect."""
    _open(book, event).state = "withdrawn"
    return {}


def take(book: Book, event: Event, action: str) -> Proposal:
    """The approval that this row carries out, used up by it."""
    granted = book.grant
    if granted is None or granted.action != action:
        raise Fault(f"two operators have to approve this ({action}), and no approval precedes it")
    event.expect(by=[granted.by, granted.approved_by])
    book.grant = None
    return granted


def in_order(book: Book, event: Event) -> None:
    """Whether this row may stand here: after an approval, and where others are due first."""
    if book.required:
        kind, fields = book.required[0]
        if event.kind == kind and fields.items() <= event.body.items():
            book.required.popleft()
            event.required = True
        else:
            event.fault(f"expected a row {kind!r} with {fields} here")
            book.required.clear()
    elif book.grant is not None and event.kind not in CARRIED_OUT[book.grant.action]:
        event.fault(f"proposal {book.grant.id} ({book.grant.action}) was approved and not carried out")
        book.grant = book.closing = None
    elif book.closing is not None:
        _in_step(book.closing, event)


def _in_step(closing: Closing, event: Event) -> None:
    """A close does what it does in one order."""
    rest = CLOSING[closing.phase :]
    if event.kind in rest:
        closing.phase += rest.index(event.kind)
    else:
        event.fault(f"{event.kind} stands after {CLOSING[closing.phase]}; a close runs {', '.join(CLOSING)}")


def _open(book: Book, event: Event) -> Proposal:
    number, by = event.body["proposal"], event.body["by"]
    book.by_operator(event, by)
    found = book.proposals.get(number)
    if found is None or found.state != "open":
        raise Fault(f"proposal {number} {'does not exist' if found is None else 'is ' + found.state}")
    return found
