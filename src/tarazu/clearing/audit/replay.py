"""One journal row after the other: its form, its place, its rules, its legs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tarazu.clearing.audit import closing, dues, four_eyes, orders, payments, registers
from tarazu.clearing.audit.book import Book, Event, Fault, Legs, short
from tarazu.clearing.audit.shapes import LAYERS, misfit
from tarazu.core.errors import TarazuError

Handler = Callable[[Book, Event], Legs]
HANDLERS: dict[str, Handler] = {
    "founded": registers.founded,
    "operator": registers.operator,
    "adopted": registers.adopted,
    "party": registers.party,
    "account": registers.account,
    "limit": registers.limit,
    "lists": registers.lists,
    "screened": registers.screened,
    "decision": registers.decision,
    "rates": registers.rates,
    "prices": registers.prices,
    "proposal": four_eyes.proposal,
    "approval": four_eyes.approval,
    "withdrawal": four_eyes.withdrawal,
    "submitted": orders.submitted,
    "booked": orders.booked,
    "waited-refused": orders.waited_refused,
    "refused-key": orders.refused_key,
    "price-decision": orders.price_decision,
    "post": payments.post,
    "voided": payments.dropped,
    "expired": payments.dropped,
    "freeze": payments.freeze,
    "thaw": payments.thaw,
    "reverse": payments.reverse,
    "dispute": payments.dispute,
    "cycle": registers.cycle,
    "set-off": closing.set_off,
    "interest": closing.interest,
    "home": closing.home,
    "consolidate": closing.consolidate,
    "settlement": closing.settlement,
    "close": closing.close,
    **dict.fromkeys(
        (
            f"settlement-{status}"
            for status in ("released", "settled", "rejected", "returned", "overdue", "due")
        ),
        dues.step,
    ),
}
_INTEREST_BEARING = ("clearing", "consolidated")
# What a body of the right form may still do wrong: name what does not exist, or say what is no date, rate or scheme.
_UNUSABLE = (Fault, TarazuError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


def apply(book: Book, seq: int, day: str, kind: str, body: Any) -> Event:
    """Replay one row; what is found against it stands in `Event.faults`."""
    event = Event(seq, date.min, kind, body)
    wrong = misfit(kind, body)
    if wrong:
        event.fault(wrong)
        return event
    try:
        event.day = date.fromisoformat(day)
        if seq == 1 and kind != "founded":
            raise Fault(f"the first row is {kind!r}, expected 'founded'")
        four_eyes.in_order(book, event)
        expected = HANDLERS[kind](book, event)
        if expected != body.get("legs", {}):
            event.fault(f"the legs are {short(body.get('legs', {}))}, recomputed {short(expected)}")
    except _UNUSABLE as error:
        event.fault(
            str(error) if isinstance(error, TarazuError | Fault) else f"cannot be replayed: {error!r}"
        )
    _move(book, event, day)
    return event


def ended(book: Book) -> str:
    """What the journal's last row leaves undone; empty if nothing."""
    if book.grant is not None:
        return f"proposal {book.grant.id} ({book.grant.action}) was approved and not carried out"
    if book.required:
        return f"a row {book.required[0][0]!r} must follow the last one"
    return ""


def _move(book: Book, event: Event, day: str) -> None:
    """Apply the legs as the journal has them, whatever was found: balances are the journal's, not ours."""
    legs, number = event.body.get("legs", {}), 0
    for layer in LAYERS:
        sums: dict[str, int] = {}
        for account_id, amount in legs.get(layer, ()):
            event.rows.append(("entry", (event.seq, number, account_id, amount, layer)))
            number += 1
            account = book.accounts.get(account_id)
            if account is None:
                event.fault(f"a leg on account {account_id}, which was never opened")
                continue
            sums[account.currency] = sums.get(account.currency, 0) + amount
            if layer == "P":
                account.posted += amount
                if account.purpose in _INTEREST_BEARING:
                    account.days[day] = account.days.get(day, 0) + amount
                continue
            held = amount if layer == "H" else -amount
            if amount < 0:
                account.pending_debit -= held
            else:
                account.pending_credit += held
            if account.pending_debit < 0 or account.pending_credit < 0:
                event.fault(f"releases more than account {account_id} has on hold")
        uneven = {currency: total for currency, total in sums.items() if total}
        if uneven:
            event.fault(f"legs of layer {layer} do not sum to zero: {uneven}")
