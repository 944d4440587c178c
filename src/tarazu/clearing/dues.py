"""What agents owe one another at a close: the swing check, the overflow rule, who settles with whom.

What an agent owes beyond its swing limit, or the scheme's share of all it owes if that is more, is due in convertible
currency within the scheme's deadline. Under the rule ``consolidate`` the excess is moved to consolidated accounts
instead, where it goes on bearing interest and stands against no limit. What an earlier close demanded and has not
arrived counts as paid here: it is not demanded again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tarazu.clearing import settlements, tables
from tarazu.clearing.books import Account, Books
from tarazu.clearing.parties import CLEARING, CONSOLIDATED, agent_id
from tarazu.clearing.scheme import Overflow, Scheme

if TYPE_CHECKING:
    from tarazu.clearing.admission import Desk


@dataclass(frozen=True, slots=True)
class Due:
    """A settlement in convertible currency between two agents, minor units of the unit of account."""

    id: int
    debtor_agent: str
    creditor_agent: str
    amount: int
    due: str


def settlements_due(books: Books, desk: Desk, cycle: int) -> tuple[list[Due], dict[str, int]]:
    """What is due between agents after the swing check and the overflow rule; what was consolidated."""
    scheme = desk.scheme
    accounts = {
        agent_id(each.country): books.account(agent_id(each.country), CLEARING, scheme.unit)
        for each in scheme.members
    }
    demanded, coming = _outstanding(books)
    owing: dict[str, int] = {}
    consolidated: dict[str, int] = {}
    for agent, account in accounts.items():
        owes = max(0, -account.posted - demanded.get(agent, 0))
        excess = 0 if account.limit is None else max(0, owes - account.limit)
        if scheme.overflow is Overflow.CONSOLIDATE and excess:
            consolidated[agent] = -excess
            excess = 0
        share = Fraction(scheme.settle_share) * (owes + consolidated.get(agent, 0))
        owing[agent] = max(excess, round(share))
    _consolidate(books, scheme, accounts, consolidated, cycle)
    due = desk.calendar.add_business_days(books.today, scheme.deadline_days).isoformat()
    owed = {agent: max(0, account.posted - coming.get(agent, 0)) for agent, account in accounts.items()}
    return [
        _due(books, cycle, debtor, creditor, amount, due) for debtor, creditor, amount in matched(owing, owed)
    ], consolidated


def _outstanding(books: Books) -> tuple[dict[str, int], dict[str, int]]:
    """What earlier closes demanded and has not arrived: by who pays, and by who receives."""
    demanded: dict[str, int] = {}
    coming: dict[str, int] = {}
    for row in settlements.listed(books.connection, *settlements.OUTSTANDING):
        demanded[row.debtor_agent] = demanded.get(row.debtor_agent, 0) + row.amount
        coming[row.creditor_agent] = coming.get(row.creditor_agent, 0) + row.amount
    return demanded, coming


def matched(owing: Mapping[str, int], owed: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Who pays whom: the largest debtor pays the largest creditor first, names decide ties."""
    left = dict(owed)
    found = []
    for debtor, amount in sorted(owing.items(), key=lambda each: (-each[1], each[0])):
        rest = amount
        for creditor in sorted(left, key=lambda name: (-left[name], name)):
            part = min(rest, left[creditor])
            if part and creditor != debtor:
                found.append((debtor, creditor, part))
                left[creditor] -= part
                rest -= part
    return found


def _consolidate(
    books: Books, scheme: Scheme, accounts: Mapping[str, Account], consolidated: dict[str, int], cycle: int
) -> None:
    """Move what exceeds a limit to the agents' consolidated accounts, on both sides."""
    excess = {agent: -amount for agent, amount in consolidated.items()}
    owed = {agent: max(0, account.posted) for agent, account in accounts.items()}
    for debtor, creditor, amount in matched(excess, owed):
        legs = [
            (accounts[debtor], amount),
            (books.account(debtor, CONSOLIDATED, scheme.unit), -amount),
            (books.account(creditor, CONSOLIDATED, scheme.unit), amount),
            (accounts[creditor], -amount),
        ]
        books.record("consolidate", {"cycle": cycle, "debtor": debtor, "creditor": creditor}, post=legs)
        consolidated[creditor] = consolidated.get(creditor, 0) + amount


def _due(books: Books, cycle: int, debtor: str, creditor: str, amount: int, due: str) -> Due:
    body = {"cycle": cycle, "debtor": debtor, "creditor": creditor, "amount": amount, "due": due}
    number = books.record("settlement", body)
    books.connection.execute(
        tables.settlement.insert().values(
            id=number,
            cycle=cycle,
            debtor_agent=debtor,
            creditor_agent=creditor,
            amount=amount,
            due=due,
            status="due",
            attempt=1,
            released=False,
        )
    )
    return Due(number, debtor, creditor, amount, due)
