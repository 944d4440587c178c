"""How a house stands: the open cycle, the agents' balances, what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import approvals, settlements, tables
from tarazu.clearing.cycle import open_cycle
from tarazu.clearing.parties import CLEARING, CUSTOMER
from tarazu.clearing.scheme import Scheme
from tarazu.core.table import Column, Table
from tarazu.store.database import Database


@dataclass(frozen=True, slots=True)
class State:
    """One consistent reading of the books.

    Attributes
    ----------
    agents
        Clearing accounts: posted, held by pending payments, limit, minor units of the unit of account.
    payments
        How many payments are in each status, and their sum in the unit of account.
    waiting
        Orders held or queued, with what they wait for.
    held
        Parties that may not pay: their verdict, the entry it names, the score.
    """

    scheme: str
    unit: str
    simulation: bool
    cycle: int
    opened: str
    ends: str
    lists: str
    valid_until: str
    agents: Table
    payments: Table
    waiting: Table
    held: Table
    proposals: Table
    settlements: Table

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        plain = ("scheme", "unit", "simulation", "cycle", "opened", "ends", "lists", "valid_until")
        lists = ("agents", "payments", "waiting", "held", "proposals", "settlements")
        return {name: getattr(self, name) for name in plain} | {
            name: getattr(self, name).records() for name in lists
        }


def state(database: Database, scheme: Scheme) -> State:
    """Read how the house stands."""
    with database.reading() as connection:
        cycle = open_cycle(connection)
        lists = tables.screening_list
        newest = connection.execute(
            sa.select(lists.c.names, lists.c.valid_until).order_by(lists.c.id.desc()).limit(1)
        ).first()
        return State(
            scheme=scheme.id,
            unit=scheme.unit,
            simulation=scheme.synthetic_only,
            cycle=cycle.id,
            opened=cycle.opened,
            ends=cycle.ends,
            lists=newest.names if newest else "",
            valid_until=newest.valid_until if newest else "",
            agents=_table(connection, "agents", _AGENTS, _agents()),
            payments=_table(connection, "payments", _PAYMENTS, _payments()),
            waiting=_table(connection, "waiting", _WAITING, _waiting()),
            held=_table(connection, "held", _HELD, _held()),
            proposals=_rows("proposals", _PROPOSALS, approvals.open_proposals(connection)),
            settlements=_rows("settlements", _SETTLEMENTS, settlements.listed(connection)),
        )


_AGENTS = (
    Column("agent", meaning="party that clears for its country"),
    Column("posted", "minor units", "what it is owed (above 0) or owes (below 0)"),
    Column("pending_debit", "minor units", "held by pending payments"),
    Column("pending_credit", "minor units", "to come from pending payments"),
    Column("credit_limit", "minor units", "the most it may owe; empty is no limit"),
)
_PAYMENTS = (
    Column("status", meaning="pending, posted, voided, expired, reversed or frozen"),
    Column("payments", "", "how many"),
    Column("amount", "minor units", "their sum in the unit of account"),
)
_WAITING = (
    Column("id", meaning="number of the submission"),
    Column("state", meaning="held for a decision, or queued"),
    Column("why", meaning="screening, price, limit or cycle"),
    Column("debtor"),
    Column("creditor"),
)
_HELD = (
    Column("party"),
    Column("name"),
    Column("state", meaning="held, released or blocked"),
    Column("score", "", "0 to 1"),
    Column("matched_name", meaning="the listed name nearest to it"),
    Column("list_name"),
    Column("entry", meaning="identifier on the list"),
)
_PROPOSALS = (Column("id"), Column("action"), Column("details"), Column("proposed_by"))
_SETTLEMENTS = (
    Column("id"),
    Column("cycle"),
    Column("debtor_agent"),
    Column("creditor_agent"),
    Column("amount", "minor units", "in the unit of account"),
    Column("due", meaning="day by which it has to arrive"),
    Column("status"),
    Column("attempt"),
)


def _agents() -> sa.Select[Any]:
    account, balance = tables.account, tables.balance
    return (
        sa.select(
            account.c.owner.label("agent"),
            balance.c.posted,
            balance.c.pending_debit,
            balance.c.pending_credit,
            account.c.credit_limit,
        )
        .join(balance, balance.c.account == account.c.id)
        .where(account.c.purpose == CLEARING)
        .order_by(account.c.id)
    )


def _payments() -> sa.Select[Any]:
    payment = tables.payment
    count, total = sa.func.count().label("payments"), sa.func.sum(payment.c.amount).label("amount")
    return sa.select(payment.c.status, count, total).group_by(payment.c.status).order_by(payment.c.status)


def _waiting() -> sa.Select[Any]:
    waiting = tables.waiting
    return (
        sa.select(waiting)
        .where(waiting.c.state.in_(("held", "queued")))
        .order_by(waiting.c.state, waiting.c.id)
    )


def _held() -> sa.Select[Any]:
    standing, verdict, party = tables.standing, tables.verdict, tables.party
    return (
        sa.select(
            standing.c.party,
            party.c.name,
            standing.c.state,
            verdict.c.score,
            verdict.c.matched_name,
            verdict.c.list_name,
            verdict.c.entry,
        )
        .join(verdict, verdict.c.id == standing.c.verdict)
        .join(party, party.c.id == standing.c.party)
        .where(standing.c.state != "clear")
        .order_by(standing.c.party)
    )


def _table(connection: sa.Connection, name: str, columns: tuple[Column, ...], query: sa.Select[Any]) -> Table:
    return _rows(name, columns, connection.execute(query))


def _rows(name: str, columns: tuple[Column, ...], rows: Any) -> Table:
    return Table(name, columns, tuple(tuple(_plain(getattr(row, c.name)) for c in columns) for row in rows))


def _plain(value: Any) -> Any:
    # PostgreSQL sums bigint to numeric.
    return int(value) if type(value).__name__ == "Decimal" else value


def parties(database: Database) -> Table:
    """Every registered party with its limit and standing, in the order of registration."""
    party, account, standing = tables.party, tables.account, tables.standing
    query = (
        sa.select(
            party.c.id,
            party.c.name,
            party.c.country,
            party.c.kind,
            party.c.currency,
            account.c.credit_limit,
            party.c.set_off,
            standing.c.state,
        )
        .outerjoin(account, sa.and_(account.c.owner == party.c.id, account.c.purpose == CUSTOMER))
        .outerjoin(standing, standing.c.party == party.c.id)
        .order_by(party.c.seq)
    )
    with database.reading() as connection:
        return _rows("parties", _PARTIES, connection.execute(query))


_PARTIES = (
    Column("id"),
    Column("name"),
    Column("country"),
    Column("kind", meaning="firm, bank or agent"),
    Column("currency"),
    Column("credit_limit", "minor units", "line of credit in its currency; empty is none set"),
    Column("set_off", meaning="consents to set-off"),
    Column("state", meaning="clear, released, held or blocked; empty if never screened"),
)
