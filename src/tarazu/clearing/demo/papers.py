"""The statements that the demonstration leaves, and the proof that all parties' statements add up."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.demo.proof import Proof
from tarazu.clearing.demo.world import settings
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.parties import CLEARING, CONVERTIBLE
from tarazu.clearing.statement import Statement, statement

PARTIES = ("KAZ-01", "IRN-01", "agent-KAZ", "agent-IRN")


def shown() -> tuple[str, ...]:
    """Parties whose statements are written: one firm and the agent of each country, and the firm that was listed."""
    return (*PARTIES, settings()["suspects"]["listed"][0])


def write_papers(house: ClearingHouse, work: Path) -> tuple[Proof, ...]:
    """Write statements of a few parties for the first and the last closed cycle; prove those of all."""
    cycle = tables.cycle
    with house.database.reading() as connection:
        closed = list(
            connection.scalars(sa.select(cycle.c.id).where(cycle.c.closed.is_not(None)).order_by(cycle.c.id))
        )
    for number in dict.fromkeys((*closed[:1], *closed[-1:])):
        for party in shown():
            drawn = house.statement(party, cycle=number)
            stem = work / "statements" / f"{party}-cycle-{number}"
            stem.with_suffix(".html").write_text(drawn.to_html(), encoding="utf-8")
            stem.with_suffix(".csv").write_text(drawn.to_csv(), encoding="utf-8", newline="")
    return (_add_up(house, closed),)


def _of_cycle(house: ClearingHouse, agent: str, cycle: int) -> Statement:
    return statement(house.database, house.scheme, agent, cycle=cycle, purposes=(CLEARING, CONVERTIBLE))


def _add_up(house: ClearingHouse, closed: list[int]) -> Proof:
    """Every party's statement of all days adds up and ends at its balance; the agents' join cycle by cycle."""
    account, balance, party = tables.account, tables.balance, tables.party
    with house.database.reading() as connection:
        owners = list(connection.execute(sa.select(party.c.id, party.c.kind).order_by(party.c.seq)))
        query = sa.select(account.c.id, balance.c.posted).join(balance, balance.c.account == account.c.id)
        balances = {row.id: row.posted for row in connection.execute(query)}
    wrong: list[str] = []
    drawn = movements = 0
    for owner in owners:
        whole = house.statement(owner.id)
        parts = [_of_cycle(house, owner.id, number) for number in closed] if owner.kind == "agent" else []
        drawn += 1 + len(parts)
        ends: dict[int, int] = {}
        for each in (*parts, whole):
            before = {} if each is whole else ends
            for book in each.accounts:
                movements += len(book.movements)
                ok = book.opening + sum(m.amount for m in book.movements) == book.closing
                joined = book.opening == before.get(book.id, 0)
                if not (ok and joined) or (each is whole and book.closing != balances[book.id]):
                    wrong.append(f"{owner.id} {book.purpose} {each.period}")
                ends[book.id] = book.closing
    found = f"{drawn} statements with {movements:,} movements" + (
        f"; not so: {', '.join(wrong[:3])}" if wrong else ""
    )
    return Proof(
        "in every statement opening + movements = closing, and the last closing is the balance",
        not wrong,
        found,
    )
