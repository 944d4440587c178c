"""Replay of settlements between agents: instructed by two, arrived, rejected, overdue, returned, due again."""

from __future__ import annotations

from tarazu.clearing.audit import four_eyes
from tarazu.clearing.audit.book import Book, Event, Fault, Legs, Settlement

_BEFORE = {
    "released": ("due", "overdue"),
    "settled": ("released", "overdue"),
    "rejected": ("released", "overdue"),
    "overdue": ("due", "released"),
    "returned": ("settled",),
    "due": ("rejected", "returned"),
}


def step(book: Book, event: Event) -> Legs:
    """One step of a settlement; balances move when it arrives, and back when it is returned."""
    body, status = event.body, event.kind.removeprefix("settlement-")
    if body["settlement"] not in book.settlements:
        raise Fault(f"settlement {body['settlement']} was never due")
    found = book.settlements[body["settlement"]]
    event.need(
        found.status in _BEFORE[status], f"settlement {found.id} is {found.status}, it cannot be {status}"
    )
    if status in ("settled", "rejected"):
        event.need(found.released, f"settlement {found.id} was not released by two operators")
    if status == "released":
        found.released = True
        granted = four_eyes.take(book, event, "release-settlement")
        event.expect(settlement=granted.details["settlement"])
        stopped = book.stopped((book.party(found.debtor), book.party(found.creditor)))
        event.need(not stopped, f"released although {stopped}")
        book.lists_hold(event)
    elif status == "overdue":
        event.expect(due=found.due)
        event.need(found.due < event.day.isoformat(), f"overdue before its deadline, {found.due}")
    else:
        book.by_operator(event, body["by"])
    if status == "due":
        again = book.calendar.add_business_days(event.day, book.scheme.deadline_days).isoformat()
        event.expect(attempt=found.attempt + 1, due=again)
        found.attempt, found.due, found.released = body["attempt"], body["due"], False
    found.status = status
    return {"settled": _legs(book, found, 1), "returned": _legs(book, found, -1)}.get(status, {})


def _legs(book: Book, found: Settlement, sign: int) -> Legs:
    debtor, creditor, amount = book.party(found.debtor), book.party(found.creditor), sign * found.amount
    four = (
        (debtor.account("clearing"), amount),
        (debtor.account("convertible"), -amount),
        (creditor.account("convertible"), amount),
        (creditor.account("clearing"), -amount),
    )
    return {"P": [[account.id, size] for account, size in four]}
