"""Replay of what happens to booked payments: posted, voided, expired, frozen, thawed, reversed, disputed."""

from __future__ import annotations

from tarazu.clearing.audit import four_eyes
from tarazu.clearing.audit.book import Book, Event, Legs, Payment


def post(book: Book, event: Event) -> Legs:
    """A pending payment whose date has come is posted; in a close, for what the set-off left of it."""
    payment = book.payment(event.body["payment"], "pending")
    closing, number = book.closing, payment.id
    set_off = 0
    if closing is not None and number in closing.to_post:
        set_off = closing.to_post.pop(number)
    elif book.circular(payment):
        event.fault("both parties consent to set-off, so that it is posted by the set-off of its cycle only")
    event.expect(set_off=set_off, cycle=book.cycle.id)
    event.need(not payment.disputed, "a disputed payment was posted")
    event.need(payment.settles <= event.day.isoformat(), f"posted before its date, {payment.settles}")
    _need_verdicts(book, event, payment)
    payment.set_off = event.body["set_off"] if 0 <= event.body["set_off"] <= payment.amount else 0
    payment.status, payment.cycle = "posted", event.body["cycle"]
    del book.pending[number]
    book.posted[number] = payment
    _resolved(event, number, "pending", "posted")
    rest = payment.rest()
    return {"R": payment.whole()} | ({"P": rest} if rest else {})


def dropped(book: Book, event: Event) -> Legs:
    """A pending payment is voided or expires: its hold is released, nothing is posted."""
    payment = book.payment(event.body["payment"], "pending")
    by, today = event.body["by"], event.day.isoformat()
    if event.kind == "expired":
        event.need(payment.expires < today, f"expired before its time, {payment.expires}")
        event.expect(by="")
        if book.closing is not None:
            book.closing.expired += 1
    elif by:
        book.by_operator(event, by)
    else:
        states = {book.standing[each.id].state for each in (payment.debtor, payment.creditor)}
        event.need("blocked" in states, "voided by nobody, and neither party is blocked")
    payment.status = event.kind
    del book.pending[payment.id]
    _resolved(event, payment.id, "pending", event.kind)
    return {"R": payment.whole()}


def freeze(book: Book, event: Event) -> Legs:
    """At a close, a payment of a stopped party leaves the agents' books; its money is kept aside."""
    payment = book.payment(event.body["payment"], "posted")
    event.need(payment.cycle == book.cycle.id, f"frozen, although it belongs to cycle {payment.cycle}")
    event.need(not book.may_pay(payment.parties), "frozen, although every party has a valid verdict")
    payment.status = "frozen"
    book.posted.pop(payment.id, None)
    if book.closing is not None:
        book.closing.frozen += 1
    return {"P": [[account, -size] for account, size in _kept_aside(payment)]}


def thaw(book: Book, event: Event) -> Legs:
    """A frozen payment is booked again, at its first amounts, once every party has a valid verdict."""
    payment = book.payment(event.body["payment"], "frozen")
    event.expect(cycle=book.cycle.id)
    book.by_operator(event, event.body["by"])
    _need_verdicts(book, event, payment)
    payment.status, payment.cycle = "posted", event.body["cycle"]
    book.posted[payment.id] = payment
    return {"P": _kept_aside(payment)}


def reverse(book: Book, event: Event) -> Legs:
    """Two operators reverse a posted payment: the opposite legs, once."""
    body = event.body
    details = four_eyes.take(book, event, "reverse").details
    event.expect(payment=details["payment"], code=details["code"], reason=details["reason"])
    payment = book.payment(body["payment"], "posted")
    event.expect(cycle=book.cycle.id)
    event.need(not payment.set_off, "part of it was set off, which is final")
    payment.status = "reversed"
    book.posted.pop(payment.id, None)
    _resolved(event, payment.id, "posted", "reversed")
    return {"P": [[account, -size] for account, size in payment.rest()]}


def dispute(book: Book, event: Event) -> Legs:
    """A payment is marked as disputed, or no longer."""
    payment = book.payment(event.body["payment"], "pending", "posted")
    book.by_operator(event, event.body["by"])
    event.need(payment.disputed != event.body["raised"], "it was marked so already")
    payment.disputed = event.body["raised"]
    return {}


def _kept_aside(payment: Payment) -> list[list[int]]:
    """Its legs with its debtor's agent's frozen funds in its debtor's place."""
    customer, frozen = payment.debtor.account("customer").id, payment.debtor_agent.account("frozen").id
    return [[frozen if account == customer else account, size] for account, size in payment.rest()]


def _need_verdicts(book: Book, event: Event, payment: Payment) -> None:
    if not book.may_pay(payment.parties):
        event.fault(f"posted although a party has no valid verdict: {book.stopped(payment.parties)}")
    book.lists_hold(event)


def _resolved(event: Event, number: int, stage: str, kind: str) -> None:
    event.rows.append(("resolution", (event.seq, number, stage, kind)))
