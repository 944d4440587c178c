"""The close of a cycle: everything owed becomes one figure for each agent, in one transaction.

In this order: pending payments that are overdue expire and those that are due are posted; payments of parties
held or blocked since are frozen; consenting firms' circular debts are set off; agents are charged interest on
their daily balances; customers' accounts are settled at home; what the agents owe is compared with the swing
limits, and settlements in convertible currency are due for the scheme's share or for what exceeds a limit; the
cycle is closed, the next one opened.

Between two agents the net of a cycle is all that remains of its gross payments X and M: the share that needs
no money at all is 2 min(X, M) / (X + M).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from tarazu.clearing import lifecycle, tables
from tarazu.clearing.books import POSTED, Account, Books
from tarazu.clearing.dues import Due, settlements_due
from tarazu.clearing.interest import daily_interest
from tarazu.clearing.parties import (
    CLEARING,
    CONSOLIDATED,
    CUSTOMER,
    DOMESTIC,
    FROZEN,
    MAY_PAY,
    OFFSET,
    agent_id,
)
from tarazu.clearing.parties import standings as standings_of
from tarazu.clearing.scheme import Scheme
from tarazu.core.errors import InputError, ListError

if TYPE_CHECKING:
    from tarazu.clearing.admission import Desk

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AgentClose:
    """One agent's cycle, minor units of the unit of account; credits are positive.

    ``opening + received - paid + other + interest - consolidated = closing``; `other` is reversals, frozen
    payments and settlements that were booked during the cycle.
    """

    agent: str
    opening: int
    paid: int
    received: int
    other: int
    interest: int
    consolidated: int
    closing: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Close:
    """What a close did.

    Attributes
    ----------
    payments
        Payments posted in the cycle.
    gross, set_off
        Their sum in the unit of account, and what set-off discharged of it.
    """

    cycle: int
    opened: str
    closed: str
    payments: int
    gross: int
    set_off: int
    expired: int
    frozen: int
    agents: tuple[AgentClose, ...]
    settlements: tuple[Due, ...]

    @property
    def netted_share(self) -> float:
        """Share of gross payments that needed no settlement: set off, or met by payments the other way."""
        net = sum(max(0, each.paid - each.received) for each in self.agents)
        return 1.0 if not self.gross else 1 - net / self.gross


def open_cycle(connection: sa.Connection) -> Any:
    """The cycle that is open; there is always one."""
    cycle = tables.cycle
    return connection.execute(sa.select(cycle).where(cycle.c.closed.is_(None))).one()


def start(books: Books, scheme: Scheme, number: int, opened: date) -> None:
    """Open a cycle."""
    ends = scheme.cycle.end(opened, scheme.calendar()).isoformat()
    books.record("cycle", {"cycle": number, "opened": opened.isoformat(), "ends": ends})
    books.connection.execute(tables.cycle.insert().values(id=number, opened=opened.isoformat(), ends=ends))


def close(books: Books, desk: Desk, interest_rate: Decimal | None, by: Sequence[str]) -> Close:
    """Close the open cycle.

    Raises
    ------
    InputError
        If the cycle has not ended, or the scheme reads its interest rate at the close and none was given.
    """
    cycle = open_cycle(books.connection)
    if books.day < cycle.ends:
        raise InputError(
            f"cycle {cycle.id} ends on {cycle.ends}; today is {books.day}. Close it then or later."
        )
    need_lists(books, desk)
    expired = expire(books)
    post_due(books, desk, cycle.id)
    frozen = _freeze(books, cycle.id)
    set_off = _set_off(books, desk, cycle.id)
    posted = _posted(books, cycle.id)
    charged = books.seq
    interest = _interest(books, desk.scheme, cycle, interest_rate)
    _settle_at_home(books)
    dues, consolidated = settlements_due(books, desk, cycle.id)
    result = Close(
        cycle=cycle.id,
        opened=cycle.opened,
        closed=books.day,
        payments=len(posted),
        gross=sum(row.amount for row in posted),
        set_off=sum(set_off.values()),
        expired=expired,
        frozen=frozen,
        agents=tuple(
            _agent(books, desk.scheme, cycle, each.country, posted, set_off, interest, consolidated)
            for each in desk.scheme.members
        ),
        settlements=tuple(dues),
    )
    seq = books.record("close", {**_plain(result), "charged": charged, "by": list(by)})
    table = tables.cycle
    books.connection.execute(
        table.update().where(table.c.id == cycle.id).values(closed=books.day, seq=seq, charged=charged)
    )
    start(books, desk.scheme, cycle.id + 1, books.today + _DAY)
    return result


def need_lists(books: Books, desk: Desk) -> None:
    """Refuse what moves money between the agents on lists that are too old.

    Raises
    ------
    ListError
    """
    if not desk.lists_hold(books.day):
        raise ListError(
            f"the sanctions lists may be relied on until {desk.valid_until or 'never (none is loaded)'}; "
            f"today is "
            f"{books.day}. Load newer ones first: tarazu clearing screen --list FILE."
        )


def expire(books: Books) -> int:
    """Let pending payments go whose time has passed; returns how many."""
    payment = tables.payment
    late = lifecycle.payments(books.connection, payment.c.status == "pending", payment.c.expires < books.day)
    lifecycle.drop(books, late, "expired", "not posted within the scheme's time")
    return len(late)


def post_due(books: Books, desk: Desk, cycle: int) -> int:
    """Post pending payments whose date has come, unless disputed, held, or waiting for set-off or for newer lists."""
    if not desk.lists_hold(books.day):
        return 0
    payment = tables.payment
    due = lifecycle.payments(
        books.connection,
        payment.c.status == "pending",
        payment.c.settlement_date <= books.day,
        payment.c.disputed.is_(False),
    )
    circular = _consenting(books.connection) if desk.scheme.set_off else frozenset()
    allowed = lifecycle.may_pay(books.connection, due)
    ready = [
        row
        for row, may in zip(due, allowed, strict=True)
        if may and not {row.debtor, row.creditor} <= circular
    ]
    lifecycle.post(books, ready, cycle)
    return len(ready)


def _consenting(connection: sa.Connection) -> frozenset[str]:
    party = tables.party
    return frozenset(connection.scalars(sa.select(party.c.id).where(party.c.set_off.is_(True))))


def _freeze(books: Books, cycle: int) -> int:
    payment = tables.payment
    rows = lifecycle.payments(books.connection, payment.c.cycle == cycle, payment.c.status == "posted")
    stopped = [
        row for row, may in zip(rows, lifecycle.may_pay(books.connection, rows), strict=True) if not may
    ]
    lifecycle.freeze(books, stopped, "a party is held or blocked at the close of its cycle")
    return len(stopped)


def _set_off(books: Books, desk: Desk, cycle: int) -> dict[int, int]:
    """Discharge circular debts among consenting firms and post what is left; amounts by payment."""
    if not desk.scheme.set_off:
        return {}
    payment = tables.payment
    due = lifecycle.payments(
        books.connection,
        payment.c.status == "pending",
        payment.c.settlement_date <= books.day,
        payment.c.disputed.is_(False),
    )
    rows = [row for row, may in zip(due, lifecycle.may_pay(books.connection, due), strict=True) if may]
    if not rows:
        return {}
    from tarazu.clearing.netting import set_off  # loads the solver

    found = set_off(
        (
            np.array([row.debtor for row in rows]),
            np.array([row.creditor for row in rows]),
            np.array([row.amount for row in rows], dtype=np.int64),
        )
    )
    cleared = {row.id: int(part) for row, part in zip(rows, found.set_off.tolist(), strict=True) if part}
    unit, legs = desk.scheme.unit, []
    for row in rows:
        if part := cleared.get(row.id, 0):
            legs += [
                (books.account(row.debtor, OFFSET, unit), -part),
                (books.account(row.creditor, OFFSET, unit), part),
            ]
    proof = found.certificate
    potentials = dict(zip(proof.firms.tolist(), proof.potential.tolist(), strict=True))
    body = {
        "cycle": cycle,
        "payments": [[row.id, cleared.get(row.id, 0)] for row in rows],
        "potentials": potentials,
        "solver": found.solver,
        "finality": desk.scheme.finality,
    }
    books.record("set-off", body, post=legs)
    lifecycle.post(books, rows, cycle, cleared)
    return cleared


def _posted(books: Books, cycle: int) -> list[Any]:
    payment = tables.payment
    return lifecycle.payments(books.connection, payment.c.cycle == cycle, payment.c.status == "posted")


def _interest(books: Books, scheme: Scheme, cycle: Any, rate: Decimal | None) -> dict[str, int]:
    """Charge debtors and credit creditors for each day of the cycle; amounts by agent, summing to zero."""
    terms = scheme.interest
    if terms.rate is None:
        if rate is None:
            raise InputError(
                f"{scheme.id} reads its interest rate ({terms.rate_name}) at each close: give it, as a share "
                f"a year."
            )
        terms = replace(terms, rate=rate)
    books.flush()
    days, charged = _nights(books, cycle)
    accounts = [books.account(agent_id(each.country), CLEARING, scheme.unit) for each in scheme.members]
    carried = [books.account(account.owner, CONSOLIDATED, scheme.unit) for account in accounts]
    numbers = [each.id for each in (*accounts, *carried)]
    balances = daily_balances(books.connection, numbers, days, charged)
    amounts = [
        daily_interest(balances[account.id] + balances[other.id], days, terms).amount
        for account, other in zip(accounts, carried, strict=True)
    ]
    if sum(amounts):  # rounding: the largest amount takes what is left, so that the legs sum to zero
        largest = max(range(len(amounts)), key=lambda at: (abs(amounts[at]), -at))
        amounts[largest] -= sum(amounts)
    legs = [(account, amount) for account, amount in zip(accounts, amounts, strict=True) if amount]
    if legs:
        body = {"cycle": cycle.id, "rate": str(terms.rate), "day_count": terms.day_count}
        books.record("interest", body, post=legs)
    return {account.owner: amount for account, amount in zip(accounts, amounts, strict=True)}


def _nights(books: Books, cycle: Any) -> tuple[list[date], int]:
    """Days whose nights bear interest now, and the journal row up to which the close before charged it.

    The night of the last close was charged on what stood then; what moved later that day is charged for it now.
    """
    table = tables.cycle
    before = books.connection.execute(sa.select(table).where(table.c.id == cycle.id - 1)).first()
    first = date.fromisoformat(before.closed if before else cycle.opened)
    days = [first + ahead * _DAY for ahead in range((books.today - first).days + 1)]
    return days, before.charged if before else 0


def daily_balances(
    connection: sa.Connection, accounts: Sequence[int], days: Sequence[date], charged: int = 0
) -> dict[int, np.ndarray]:
    """Posted balances at the end of each day, (D,) minor units, by account.

    If interest was `charged` up to a journal row of the first day, that day's figure is only what moved after it.
    """
    entry, journal = tables.entry, tables.journal
    later = (entry.c.seq > charged).label("later")
    query = (
        sa.select(entry.c.account, journal.c.day, later, sa.func.sum(entry.c.amount).label("moved"))
        .join(journal, journal.c.seq == entry.c.seq)
        .where(entry.c.account.in_(accounts), entry.c.layer == POSTED)
        .group_by(entry.c.account, journal.c.day, later)
    )
    before = dict.fromkeys(accounts, 0)
    moves: dict[int, dict[str, int]] = {account: {} for account in accounts}
    first = days[0].isoformat()
    for row in connection.execute(query):
        if row.day < first or not row.later:
            before[row.account] += int(row.moved)
        else:
            moves[row.account][row.day] = int(row.moved)
    found = {}
    for account in accounts:
        steps = np.array([moves[account].get(day.isoformat(), 0) for day in days], dtype=np.int64)
        balances = before[account] + np.cumsum(steps)
        if charged:
            balances[0] -= before[account]
        found[account] = balances
    return found


def _settle_at_home(books: Books) -> None:
    """Pay out and collect at home what customers gained and owe; a stopped party's credit is frozen."""
    account, balance, party = tables.account, tables.balance, tables.party
    query = (
        sa.select(account.c.id, account.c.owner, account.c.currency, party.c.agent)
        .join(balance, balance.c.account == account.c.id)
        .join(party, party.c.id == account.c.owner)
        .where(account.c.purpose == CUSTOMER, balance.c.posted != 0)
        .order_by(account.c.id)
    )
    books.flush()
    rows = list(books.connection.execute(query))
    books.load_numbers(row.id for row in rows)
    state = standings_of(books.connection, [row.owner for row in rows])
    legs: list[tuple[Account, int]] = []
    for row in rows:
        customer = books.by_id(row.id)
        stopped = state.get(row.owner) not in MAY_PAY
        if stopped and customer.posted < 0:
            continue  # what a stopped party owes stays owed: nothing is taken from it or forgiven
        other = books.account(row.agent, FROZEN if stopped else DOMESTIC, row.currency)
        legs += [(customer, -customer.posted), (other, customer.posted)]
    if legs:
        books.record("home", {"customers": len(legs) // 2}, post=legs)


def _agent(
    books: Books,
    scheme: Scheme,
    cycle: Any,
    country: str,
    posted: Sequence[Any],
    set_off: Mapping[int, int],
    interest: Mapping[str, int],
    consolidated: Mapping[str, int],
) -> AgentClose:
    agent = agent_id(country)
    account = books.account(agent, CLEARING, scheme.unit)
    opening = _opening(books.connection, account.id, cycle.id)
    paid = sum(row.amount - set_off.get(row.id, 0) for row in posted if row.debtor_agent == agent)
    received = sum(row.amount - set_off.get(row.id, 0) for row in posted if row.creditor_agent == agent)
    moved = received - paid + interest[agent] - consolidated.get(agent, 0)
    return AgentClose(
        agent=agent,
        opening=opening,
        paid=paid,
        received=received,
        other=account.posted - opening - moved,
        interest=interest[agent],
        consolidated=consolidated.get(agent, 0),
        closing=account.posted,
        limit=account.limit,
    )


def _opening(connection: sa.Connection, account: int, cycle: int) -> int:
    """Balance at the close of the cycle before; 0 in the first."""
    table, entry = tables.cycle, tables.entry
    before = connection.scalar(sa.select(table.c.seq).where(table.c.id == cycle - 1))
    if before is None:
        return 0
    total = connection.scalar(
        sa.select(sa.func.sum(entry.c.amount)).where(
            entry.c.account == account, entry.c.layer == POSTED, entry.c.seq < before
        )
    )
    return int(total or 0)


def _plain(result: Close) -> dict[str, Any]:
    body = asdict(result)
    body["agents"], body["settlements"] = list(body["agents"]), list(body["settlements"])
    return body
