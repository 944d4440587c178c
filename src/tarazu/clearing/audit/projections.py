"""The rows that tables must have at the end, as the replay says."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tarazu.clearing.audit.book import Book, Waiting
from tarazu.clearing.audit.mirror import OneOf, Row

_STATES = {
    "waits": OneOf(("held", "queued")),
    "booked": "booked",
    "refused": "refused",
    "price refused": "refused",
}
# Why an order waits may change with each attempt to book it, and no journal row says so.
_WHY = {"waits": OneOf(("screening", "price", "limit", "cycle", "lists", "rate")), "price refused": "price"}


def rows(book: Book, table: str) -> Iterator[Row]:
    """Rows of a table in the order of its key."""
    return {
        "account": _accounts,
        "balance": _balances,
        "payment": _payments,
        "waiting": _waiting,
        "proposal": _proposals,
        "cycle": _cycles,
        "settlement": _settlements,
        "operator": _operators,
        "standing": _standings,
    }[table](book)


def _accounts(book: Book) -> Iterator[Row]:
    for number, each in sorted(book.accounts.items()):
        yield number, each.owner, each.purpose, each.currency, each.limit


def _balances(book: Book) -> Iterator[Row]:
    for number, each in sorted(book.accounts.items()):
        yield number, each.posted, each.pending_debit, each.pending_credit


def _payments(book: Book) -> Iterator[Row]:
    for number, each in sorted(book.payments.items()):
        amounts = (each.amount, each.debit, each.credit)
        parties = (party.id for party in each.parties)
        days = (each.settles, each.expires, each.day)
        yield number, each.seq, *parties, *amounts, *days, each.cycle, each.status, each.disputed


def _waiting(book: Book) -> Iterator[Row]:
    for number, each in sorted(book.waiting.items()):
        state, why = _STATES[each.state], _WHY.get(each.state, "")
        yield number, state, why, each.price_passed, *_names(each)


def _names(waiting: Waiting) -> tuple[str, str]:
    return waiting.order.get("debtor", ""), waiting.order.get("creditor", "")


def _proposals(book: Book) -> Iterator[Row]:
    for number, each in sorted(book.proposals.items()):
        details = json.dumps(each.details, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        yield number, each.action, details, each.by, each.approved_by, each.state


def _cycles(book: Book) -> Iterator[Row]:
    for each in book.cycles:
        yield each.id, each.opened, each.ends, each.closed, each.row, each.charged


def _settlements(book: Book) -> Iterator[Row]:
    for number, each in sorted(book.settlements.items()):
        where = (each.cycle, each.debtor, each.creditor, each.amount)
        yield number, *where, each.due, each.status, each.attempt, each.released


def _operators(book: Book) -> Iterator[Row]:
    for name in sorted(book.operators):
        yield (name,)


def _standings(book: Book) -> Iterator[Row]:
    for party, each in sorted(book.standing.items()):
        yield party, each.verdict, each.list, each.state
