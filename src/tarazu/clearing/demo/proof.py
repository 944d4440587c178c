"""What the demonstration proves of its books at the end, each from the books themselves.

The economic result of a year is everything that is owed and was decided, under names that do not depend on how
often a process was killed: balances by owner, orders by key, settlements by cycle. Journal numbers and moments
differ between two runs and are left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.parties import CLEARING, CONVERTIBLE

_SHOWN = 3  # differences named


@dataclass(frozen=True, slots=True)
class Proof:
    """One statement about the books, whether it holds, and what was counted."""

    claim: str
    ok: bool
    found: str


def unbalanced(connection: sa.Connection) -> tuple[str, ...]:
    """Currencies and layers whose entries do not sum to zero, and balances that are not their entries' sum."""
    entry, account, balance = tables.entry, tables.account, tables.balance
    by_currency = (
        sa.select(account.c.currency, entry.c.layer)
        .join(account, account.c.id == entry.c.account)
        .group_by(account.c.currency, entry.c.layer)
        .having(sa.func.sum(entry.c.amount) != 0)
    )
    off = [f"{row.currency} ({row.layer})" for row in connection.execute(by_currency)]
    posted = (
        sa.select(entry.c.account, sa.func.sum(entry.c.amount).label("moved"))
        .where(entry.c.layer == "P")
        .group_by(entry.c.account)
        .subquery()
    )
    apart = (
        sa.select(account.c.owner, account.c.purpose)
        .join(balance, balance.c.account == account.c.id)
        .outerjoin(posted, posted.c.account == account.c.id)
        .where(balance.c.posted != sa.func.coalesce(posted.c.moved, 0))
    )
    return (*off, *(f"{row.owner} {row.purpose}" for row in connection.execute(apart)))


def zero_sums(connection: sa.Connection) -> Proof:
    """Every currency sums to zero, and every balance is what its entries amount to."""
    account, entry = tables.account, tables.entry
    currencies = sorted(connection.scalars(sa.select(account.c.currency).distinct()))
    entries = connection.scalar(sa.select(sa.func.count()).select_from(entry))
    off = unbalanced(connection)
    found = f"{entries:,} entries in {', '.join(currencies)}" + (f"; not so: {', '.join(off)}" if off else "")
    return Proof(
        "each currency sums to zero over all accounts, and each balance is its entries' sum", not off, found
    )


def mirrored(connection: sa.Connection) -> Proof:
    """What one agent is owed the other owes, and what one received the other paid."""
    account, balance = tables.account, tables.balance
    sides, ok = [], True
    for purpose in (CLEARING, CONVERTIBLE):
        query = (
            sa.select(account.c.owner, balance.c.posted)
            .join(balance, balance.c.account == account.c.id)
            .where(account.c.purpose == purpose)
        )
        values = [row.posted for row in connection.execute(query.order_by(account.c.owner))]
        ok = ok and sum(values) == 0
        sides.append(f"{purpose} " + " and ".join(f"{value / 100:,.2f}" for value in values))
    return Proof("the two agents' books are equal and opposite", ok, "; ".join(sides) + " dollars")


def economics(connection: sa.Connection) -> dict[str, Any]:
    """The economic result, JSON-like; equal for two runs whose only difference is when they were killed."""
    account, balance, request = tables.account, tables.balance, tables.request
    payment, waiting, settlement, journal = tables.payment, tables.waiting, tables.settlement, tables.journal
    standing = tables.standing
    amounts = sa.select(account.c.owner, account.c.purpose, account.c.currency, *list(balance.c)[1:]).join(
        balance, balance.c.account == account.c.id
    )
    paid = sa.select(request.c.key, *(c for c in payment.c if c.name not in ("id", "seq"))).join(
        payment, payment.c.id == request.c.id
    )
    waits = sa.select(request.c.key, waiting.c.state, waiting.c.why).join(
        waiting, waiting.c.id == request.c.id
    )
    closes = connection.scalars(
        sa.select(journal.c.body).where(journal.c.kind == "close").order_by(journal.c.seq)
    )
    return {
        "balances": _rows(connection, amounts),
        "answers": _rows(
            connection, sa.select(request.c.key, request.c.status, request.c.code, request.c.digest)
        ),
        "payments": _rows(connection, paid),
        "waiting": _rows(connection, waits),
        "standing": _rows(connection, sa.select(standing.c.party, standing.c.state)),
        "settlements": _rows(connection, sa.select(*list(settlement.c)[1:])),
        "closes": sorted(_without_numbers(json.loads(body)) for body in closes),
    }


def same_result(one: dict[str, Any], other: dict[str, Any]) -> Proof:
    """The two economic results are the same."""
    apart = []
    for part, rows in one.items():
        gone, new = set(rows) - set(other[part]), set(other[part]) - set(rows)
        apart += [f"{part}: {each}" for each in (*sorted(gone)[:_SHOWN], *sorted(new)[:_SHOWN])]
    counts = ", ".join(f"{len(one[part]):,} {part}" for part in ("payments", "balances", "closes"))
    counted = f"{counts} compared"
    found = counted + (f"; apart: {'; '.join(apart)}" if apart else "")
    return Proof("an undisturbed run of the same seed has the same result", not apart, found)


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[str]:
    return sorted("|".join(map(str, row)) for row in connection.execute(query))


def _without_numbers(close: dict[str, Any]) -> str:
    """A close as text, without the numbers of journal rows."""
    dues = [{name: value for name, value in due.items() if name != "id"} for due in close["settlements"]]
    return json.dumps({**close, "settlements": dues, "charged": None}, sort_keys=True)
