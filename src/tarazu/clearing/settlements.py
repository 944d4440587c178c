"""Settlements between agents in convertible currency, and everything that can go wrong with one.

    due -> released -> settled -> (returned)         released -> rejected -> due again, next attempt
    due, released -> overdue -> settled or rejected

The agents' balances move when a settlement has arrived, not when it was instructed: a rejected or missing one
leaves both sides' books as they were, and equal. While one is overdue its debtor may not owe more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.books import Account, Books
from tarazu.clearing.parties import CLEARING, CONVERTIBLE, MAY_PAY, standings
from tarazu.core.errors import InputError

_STEPS = {
    "released": ("due", "overdue"),
    "settled": ("released", "overdue"),
    "rejected": ("released", "overdue"),
    "overdue": ("due", "released"),
    "returned": ("settled",),
    "due": ("rejected", "returned"),
}


OUTSTANDING = ("due", "released", "rejected", "overdue", "returned")


def one(connection: sa.Connection, number: int) -> Any:
    """A settlement.

    Raises
    ------
    InputError
        If there is none of that number.
    """
    settlement = tables.settlement
    row = connection.execute(sa.select(settlement).where(settlement.c.id == number)).first()
    if row is None:
        raise InputError(
            f"settlement {number}: there is none of this number. `tarazu clearing show` lists them."
        )
    return row


def listed(connection: sa.Connection, *states: str) -> list[Any]:
    """Settlements in these states, or all, oldest first."""
    settlement = tables.settlement
    query = sa.select(settlement).order_by(settlement.c.id)
    return list(connection.execute(query.where(settlement.c.status.in_(states)) if states else query))


def release(books: Books, number: int, by: Sequence[str]) -> Any:
    """Instruct a settlement. Refused while a party to it has no valid verdict."""
    row = one(books.connection, number)
    state = standings(books.connection, (row.debtor_agent, row.creditor_agent))
    for agent in (row.debtor_agent, row.creditor_agent):
        if state.get(agent) not in MAY_PAY:
            found = state.get(agent, "not screened")
            raise InputError(f"settlement {number}: {agent} is {found}. Decide on its hit first.")
    return _step(books, row, "released", {"by": list(by)})


def confirm(books: Books, number: int, reference: str, by: str, unit: str) -> Any:
    """Book a settlement that has arrived."""
    row = one(books.connection, number)
    return _step(books, row, "settled", {"reference": reference, "by": by}, _legs(books, row, unit, 1))


def reject(books: Books, number: int, code: str, reason: str, by: str) -> Any:
    """An instruction that was refused on the way: nothing moves, it is due again once reissued."""
    row = one(books.connection, number)
    return _step(books, row, "rejected", {"code": code, "reason": reason, "by": by})


def take_back(books: Books, number: int, code: str, reason: str, by: str, unit: str) -> Any:
    """A settlement that arrived and was returned: its legs are reversed."""
    row = one(books.connection, number)
    body = {"code": code, "reason": reason, "by": by}
    return _step(books, row, "returned", body, _legs(books, row, unit, -1))


def reissue(books: Books, number: int, due: str, by: str) -> Any:
    """Make a rejected or returned settlement due again."""
    row = one(books.connection, number)
    found = _step(books, row, "due", {"attempt": row.attempt + 1, "due": due, "by": by})
    settlement = tables.settlement
    books.connection.execute(
        settlement.update().where(settlement.c.id == number).values(attempt=row.attempt + 1, due=due)
    )
    return found


def late_debtors(connection: sa.Connection, day: str) -> frozenset[str]:
    """Agents that owe a settlement past its deadline, whatever became of its instruction: only money ends that."""
    return frozenset(row.debtor_agent for row in listed(connection, *OUTSTANDING) if row.due < day)


def mark_overdue(books: Books) -> list[int]:
    """Mark settlements that did not arrive by their deadline; returns their numbers."""
    late = [row for row in listed(books.connection, "due", "released") if row.due < books.day]
    for row in late:
        _step(books, row, "overdue", {"due": row.due})
    return [row.id for row in late]


def _legs(books: Books, row: Any, unit: str, sign: int) -> list[tuple[Account, int]]:
    amount = sign * row.amount
    return [
        (books.account(row.debtor_agent, CLEARING, unit), amount),
        (books.account(row.debtor_agent, CONVERTIBLE, unit), -amount),
        (books.account(row.creditor_agent, CONVERTIBLE, unit), amount),
        (books.account(row.creditor_agent, CLEARING, unit), -amount),
    ]


def _step(
    books: Books, row: Any, status: str, body: dict[str, Any], legs: Sequence[tuple[Account, int]] = ()
) -> Any:
    if row.status not in _STEPS[status]:
        expected = " or ".join(_STEPS[status])
        raise InputError(
            f"settlement {row.id} is {row.status}; expected {expected} before it can be {status}."
        )
    if status in ("settled", "rejected") and not row.released:
        raise InputError(f"settlement {row.id} was not released by two operators; it cannot be {status}.")
    books.record("settlement-" + status, {"settlement": row.id, **body}, post=legs)
    settlement = tables.settlement
    values: dict[str, Any] = {"status": status}
    if status in ("released", "due"):
        values["released"] = status == "released"
    books.connection.execute(settlement.update().where(settlement.c.id == row.id).values(**values))
    return row
