"""What happens to a booked payment: posted, voided, expired, frozen, thawed, reversed. Each once, each an event.

A pending payment is resolved once. Posted for less than it held (after set-off), the rest of the hold is
released. A payment one of whose parties is hit after the booking is frozen while its cycle is open: the legs
between the agents are taken back, and what the debtor paid stays with the debtor's own agent, on an account of
frozen funds, until operators decide. Nothing is handed to the party and nothing is sent back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.books import HOLD, POSTED, Account, Books
from tarazu.clearing.parties import CUSTOMER, FROZEN, MAY_PAY, standings
from tarazu.core.errors import InputError, LedgerError

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

PENDING_STAGE, POSTED_STAGE = "pending", "posted"
_MANY = 1000


def payments(connection: sa.Connection, *where: ColumnElement[bool]) -> list[Any]:
    """Rows of payments, in the order in which they were submitted."""
    payment = tables.payment
    return list(connection.execute(sa.select(payment).where(*where).order_by(payment.c.id)))


def one_payment(connection: sa.Connection, number: int) -> Any:
    """A booked payment.

    Raises
    ------
    InputError
        If no payment of that number was booked.
    """
    found = payments(connection, tables.payment.c.id == number)
    if not found:
        raise InputError(f"payment {number}: no booked payment has this number. `submit` printed its number.")
    return found[0]


def may_pay(connection: sa.Connection, rows: Sequence[Any]) -> list[bool]:
    """Whether every party of each payment still has a valid verdict."""
    names = {name for row in rows for name in _parties(row)}
    state = standings(connection, names)
    return [all(state.get(name) in MAY_PAY for name in _parties(row)) for row in rows]


def post(books: Books, rows: Sequence[Any], cycle: int, cleared: Mapping[int, int] | None = None) -> None:
    """Post pending payments; `cleared` is what set-off discharged of each, in the unit of account."""
    held = _legs(books, rows, HOLD)
    for row in rows:
        off = (cleared or {}).get(row.id, 0)
        legs = held[row.seq]
        rest = _rest(legs, row, off)
        body = {"payment": row.id, "cycle": cycle, "set_off": off}
        seq = books.record("post", body, release=legs, post=rest)
        _resolve(books, row.id, PENDING_STAGE, "posted", seq)
    _set(books, rows, "posted", cycle)


def drop(books: Books, rows: Sequence[Any], kind: str, reason: str, by: str = "") -> None:
    """Void or expire pending payments: the hold is released, nothing is posted.

    Raises
    ------
    InputError
        If a payment is no longer pending.
    """
    assert kind in ("voided", "expired")
    held = _legs(books, rows, HOLD)
    for row in rows:
        if row.status != "pending":
            raise InputError(f"payment {row.id} is {row.status}; only a pending payment can be {kind}.")
        seq = books.record(kind, {"payment": row.id, "reason": reason, "by": by}, release=held[row.seq])
        _resolve(books, row.id, PENDING_STAGE, kind, seq)
    _set(books, rows, kind)


def freeze(books: Books, rows: Sequence[Any], reason: str) -> None:
    """Take posted payments out of the agents' books and hold the debtor's money with its own agent."""
    posted = _posted_legs(books, rows)
    for row in rows:
        legs = _frozen_legs(books, row, posted[row.id], back=False)
        books.record("freeze", {"payment": row.id, "reason": reason}, post=legs)
    _set(books, rows, "frozen")


def thaw(books: Books, rows: Sequence[Any], cycle: int, by: str) -> None:
    """Book frozen payments again, at their first amounts, after a decision to release."""
    posted = _posted_legs(books, rows)
    for row in rows:
        legs = _frozen_legs(books, row, posted[row.id], back=True)
        books.record("thaw", {"payment": row.id, "cycle": cycle, "by": by}, post=legs)
    _set(books, rows, "posted", cycle)


def reverse(books: Books, row: Any, cycle: int, code: str, reason: str, by: Sequence[str]) -> None:
    """Book the opposite of a posted payment, at its own amounts, in the open cycle.

    Raises
    ------
    InputError
        If the payment is not posted, or part of it was set off, which is final.
    """
    if row.status != "posted":
        raise InputError(f"payment {row.id} is {row.status}; only a posted payment can be reversed.")
    legs = _posted_legs(books, [row])[row.id]
    if not legs or -legs[0][1] != row.debit:
        raise InputError(
            f"payment {row.id}: part of it was set off, and set-off is final. Agree on a new payment."
        )
    body = {"payment": row.id, "cycle": cycle, "code": code, "reason": reason, "by": list(by)}
    seq = books.record("reverse", body, post=[(account, -amount) for account, amount in legs])
    _resolve(books, row.id, POSTED_STAGE, "reversed", seq)
    _set(books, [row], "reversed")


def dispute(books: Books, row: Any, raised: bool, reason: str, by: str) -> None:
    """Mark a payment as disputed, or end the dispute; a disputed pending payment is not posted.

    Raises
    ------
    InputError
        If the payment is neither pending nor posted, or is so marked already.
    """
    if row.status not in ("pending", "posted") or bool(row.disputed) == raised:
        state = f"{row.status}{', disputed' if row.disputed else ''}"
        raise InputError(f"payment {row.id} is {state}: no dispute to {'raise' if raised else 'end'}.")
    books.record("dispute", {"payment": row.id, "raised": raised, "reason": reason, "by": by})
    payment = tables.payment
    books.connection.execute(payment.update().where(payment.c.id == row.id).values(disputed=raised))


def _rest(legs: Sequence[tuple[Account, int]], row: Any, off: int) -> list[tuple[Account, int]]:
    """What is left of each leg: nothing of it beyond what the debtor still owes, rounded half to even."""
    if not off:
        return list(legs)
    if not 0 < off <= row.amount:
        raise LedgerError(f"payment {row.id}: set-off of {off} is outside 1..{row.amount}.")
    left = row.amount - off
    debit, credit = (_share(whole, left, row.amount) for whole in (row.debit, row.credit))
    sizes = (-debit, debit, -left, left, -credit, credit)
    assert [abs(amount) for _, amount in legs[::2]] == [row.debit, row.amount, row.credit]
    return [(account, size) for (account, _), size in zip(legs, sizes, strict=True) if size]


def _share(whole: int, part: int, of: int) -> int:
    quotient, rest = divmod(whole * part, of)
    return quotient + (2 * rest > of or (2 * rest == of and quotient % 2 == 1))


def _frozen_legs(
    books: Books, row: Any, posted: Sequence[tuple[Account, int]], *, back: bool
) -> list[tuple[Account, int]]:
    """The payment's own legs, with the agent's account of frozen funds in the debtor's place."""
    sign = 1 if back else -1
    legs = []
    for account, amount in posted:
        if account.owner == row.debtor and account.purpose == CUSTOMER:
            account = books.account(row.debtor_agent, FROZEN, account.currency)
        legs.append((account, sign * amount))
    return legs


def _posted_legs(books: Books, rows: Sequence[Any]) -> dict[int, list[tuple[Account, int]]]:
    """Legs by which payments were posted, by payment: at once, or when their hold was resolved."""
    resolution = tables.resolution
    numbers = [row.id for row in rows]
    later: dict[int, int] = {}
    for start in range(0, len(numbers), _MANY):
        query = sa.select(resolution.c.payment, resolution.c.seq).where(
            resolution.c.stage == PENDING_STAGE, resolution.c.payment.in_(numbers[start : start + _MANY])
        )
        later |= {row.payment: row.seq for row in books.connection.execute(query)}
    at = {row.id: later.get(row.id, row.seq) for row in rows}
    legs = _entries(books, at.values(), POSTED)
    return {number: legs.get(seq, []) for number, seq in at.items()}


def _legs(books: Books, rows: Sequence[Any], layer: str) -> dict[int, list[tuple[Account, int]]]:
    return _entries(books, [row.seq for row in rows], layer)


def _entries(books: Books, seqs: Iterable[int], layer: str) -> dict[int, list[tuple[Account, int]]]:
    entry = tables.entry
    wanted = sorted(set(seqs))
    found: dict[int, list[tuple[Account, int]]] = {}
    for start in range(0, len(wanted), _MANY):
        query = (
            sa.select(entry)
            .where(entry.c.seq.in_(wanted[start : start + _MANY]), entry.c.layer == layer)
            .order_by(entry.c.seq, entry.c.leg)
        )
        rows = list(books.connection.execute(query))
        books.load_numbers({row.account for row in rows})
        for row in rows:
            found.setdefault(row.seq, []).append((books.by_id(row.account), row.amount))
    return found


def _resolve(books: Books, number: int, stage: str, kind: str, seq: int) -> None:
    books.connection.execute(
        tables.resolution.insert().values(payment=number, stage=stage, kind=kind, seq=seq)
    )


def _set(books: Books, rows: Sequence[Any], status: str, cycle: int | None = None) -> None:
    payment = tables.payment
    values: dict[str, Any] = {"status": status} | ({"cycle": cycle} if cycle is not None else {})
    for start in range(0, len(rows), _MANY):
        numbers = [row.id for row in rows[start : start + _MANY]]
        books.connection.execute(payment.update().where(payment.c.id.in_(numbers)).values(**values))


def _parties(row: Any) -> tuple[str, str, str, str]:
    return row.debtor, row.creditor, row.debtor_agent, row.creditor_agent
