"""Four eyes: what one operator proposes, another named operator approves, and only then it happens.

The database refuses an approval by the proposer. Names are those of the house's register of operators; who may
speak for a name is for the surrounding system to ensure (a login, a role of the database).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.books import Books, canonical, fits
from tarazu.core.errors import InputError, OperatorError

NUMBER, WORDS, YES_NO, LIMIT, RATE = (
    "a whole number",
    "words",
    "true or false",
    "minor units, or null",
    "a share, or null",
)
ACTIONS: Mapping[str, Mapping[str, str]] = {
    "decide": {"party": WORDS, "release": YES_NO, "reason": WORDS},
    "pass-price": {"payment": NUMBER, "release": YES_NO, "reason": WORDS},
    "set-limit": {"owner": WORDS, "purpose": WORDS, "limit": LIMIT},
    "close-cycle": {"interest_rate": RATE},
    "release-settlement": {"settlement": NUMBER},
    "reverse": {"payment": NUMBER, "code": WORDS, "reason": WORDS},
    "add-operator": {"name": WORDS},
    "adopt-scheme": {"text": WORDS},
}
LONGEST_NAME = 80


def _is(kind: str, value: Any) -> bool:
    """Whether a detail is of its kind; True is no number here."""
    if kind == YES_NO:
        return isinstance(value, bool)
    if kind in (WORDS, RATE):
        return isinstance(value, str) and fits(value) if value is not None else kind == RATE
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
    return whole or (kind == LIMIT and value is None)


def check_operator(connection: sa.Connection, name: str) -> None:
    """Refuse a name that is no operator of this house.

    Raises
    ------
    OperatorError
    """
    operator = tables.operator
    if connection.scalar(sa.select(operator.c.name).where(operator.c.name == name)) is None:
        known = ", ".join(connection.scalars(sa.select(operator.c.name).order_by(operator.c.name)))
        raise OperatorError(f"{name!r} is no operator of this house. Its operators: {known}.")


def propose(books: Books, action: str, details: Mapping[str, Any], by: str) -> int:
    """Write a proposal; nothing happens yet. Returns its number.

    Raises
    ------
    OperatorError, InputError
        For an unknown operator, action or detail.
    """
    check_operator(books.connection, by)
    if action not in ACTIONS:
        raise InputError(f"{action!r}: expected one of {', '.join(ACTIONS)}.")
    kinds = ACTIONS[action]
    if set(details) != set(kinds):
        raise InputError(f"{action}: expected {', '.join(kinds)}; got {', '.join(details)}.")
    for name, kind in kinds.items():
        if not _is(kind, details[name]):
            raise InputError(f"{action}, {name}: expected {kind}, got {details[name]!r}.")
    number = books.record("proposal", {"action": action, "details": dict(details), "by": by})
    books.connection.execute(
        tables.proposal.insert().values(
            id=number, action=action, details=canonical(details), proposed_by=by, state="open"
        )
    )
    return number


def approve(books: Books, number: int, by: str) -> tuple[str, dict[str, Any], tuple[str, str]]:
    """Mark a proposal as approved; returns action, details and the two operators.

    Raises
    ------
    OperatorError
        If the operator is unknown, or proposed it.
    """
    row = _open(books.connection, number)
    check_operator(books.connection, by)
    if row.proposed_by == by:
        raise OperatorError(f"proposal {number} is {by}'s own. Another operator has to approve it.")
    books.record("approval", {"proposal": number, "by": by})
    _close(books.connection, number, state="approved", approved_by=by)
    return row.action, json.loads(row.details), (row.proposed_by, by)


def withdraw(books: Books, number: int, by: str) -> None:
    """Close a proposal without effect."""
    _open(books.connection, number)
    check_operator(books.connection, by)
    books.record("withdrawal", {"proposal": number, "by": by})
    _close(books.connection, number, state="withdrawn")


def open_proposals(connection: sa.Connection) -> list[Any]:
    """Proposals nobody has approved or withdrawn, oldest first."""
    proposal = tables.proposal
    return list(
        connection.execute(sa.select(proposal).where(proposal.c.state == "open").order_by(proposal.c.id))
    )


def _open(connection: sa.Connection, number: int) -> Any:
    proposal = tables.proposal
    row = connection.execute(sa.select(proposal).where(proposal.c.id == number)).first()
    if row is None or row.state != "open":
        found = "does not exist" if row is None else f"is {row.state} already"
        raise InputError(f"proposal {number} {found}. `tarazu clearing show` lists what is open.")
    return row


def _close(connection: sa.Connection, number: int, **values: Any) -> None:
    proposal = tables.proposal
    connection.execute(proposal.update().where(proposal.c.id == number).values(**values))
