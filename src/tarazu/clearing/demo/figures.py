"""Figures of the demonstration's year, counted in the books: what came, what became of it, what it took."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """One close, in minor units of the unit of account; what flows to the creditor is positive.

    Attributes
    ----------
    gross, set_off, netted
        Payments posted; of them discharged among firms; of the rest met by payments the other way.
    net
        What remained to be owed between the agents.
    closing
        What the debtor owes after interest, with what was carried from before.
    due
        Settlement due in convertible currency.
    """

    number: int
    closed: str
    payments: int
    gross: int
    set_off: int
    netted: int
    net: int
    debtor: str
    closing: int
    due: int
    frozen: int
    expired: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts by name; amounts in minor units of the unit of account."""

    orders: int
    answers: dict[str, int]
    reasons: dict[str, int]
    payments: dict[str, tuple[int, int]]
    waiting: dict[str, tuple[int, int]]
    cycles: tuple[CycleFigures, ...]
    settled: int
    settlements: dict[str, int]
    events: dict[str, int]
    hits: dict[str, tuple[str, float, str]]
    verdicts: int
    interest: int
    rows: int


def figures(connection: sa.Connection, unit_of: dict[str, int]) -> Figures:
    """Count; `unit_of` gives the size, in the unit of account, of orders by key, for those never booked."""
    request, payment, waiting = tables.request, tables.payment, tables.waiting
    journal, settlement = tables.journal, tables.settlement
    statuses = list(connection.execute(sa.select(request.c.status, request.c.code)))
    sums = connection.execute(
        sa.select(
            payment.c.status, sa.func.count().label("number"), sa.func.sum(payment.c.amount).label("sum")
        )
        .group_by(payment.c.status)
        .order_by(payment.c.status)
    )
    waits = connection.execute(
        sa.select(request.c.key, waiting.c.why)
        .join(waiting, waiting.c.id == request.c.id)
        .where(waiting.c.state.in_(("held", "queued")))
    )
    waiting_by: dict[str, tuple[int, int]] = {}
    for row in waits:
        count, total = waiting_by.get(row.why, (0, 0))
        waiting_by[row.why] = (count + 1, total + unit_of.get(row.key, 0))
    kinds = connection.execute(
        sa.select(journal.c.kind, sa.func.count().label("number")).group_by(journal.c.kind)
    )
    due = list(connection.execute(sa.select(settlement.c.status, settlement.c.amount)))
    cycles = tuple(_cycle(json.loads(body)) for body in _bodies(connection, "close"))
    return Figures(
        orders=len(statuses),
        answers=dict(Counter(row.status for row in statuses)),
        reasons=dict(Counter(row.code for row in statuses if row.status == "refused")),
        payments={row.status: (row.number, int(row.sum)) for row in sums},
        waiting=waiting_by,
        cycles=cycles,
        settled=sum(row.amount for row in due if row.status == "settled"),
        settlements=dict(Counter(row.status for row in due)),
        events={row.kind: row.number for row in kinds},
        hits=_hits(connection),
        verdicts=connection.scalar(sa.select(sa.func.count()).select_from(tables.verdict)) or 0,
        interest=sum(abs(agent["interest"]) for body in _bodies(connection, "close") for agent in _one(body)),
        rows=connection.scalar(sa.select(sa.func.max(journal.c.seq))) or 0,
    )


def _bodies(connection: sa.Connection, kind: str) -> list[str]:
    journal = tables.journal
    return list(
        connection.scalars(sa.select(journal.c.body).where(journal.c.kind == kind).order_by(journal.c.seq))
    )


def _one(body: str) -> list[dict[str, Any]]:
    """One agent of a close; the other's figures are its opposite."""
    return list(json.loads(body)["agents"][:1])


def _cycle(body: dict[str, Any]) -> CycleFigures:
    first = body["agents"][0]
    net = abs(first["received"] - first["paid"])
    debtor = min(body["agents"], key=lambda agent: agent["closing"])
    crossed = sum(agent["paid"] for agent in body["agents"])
    return CycleFigures(
        number=body["cycle"],
        closed=body["closed"],
        payments=body["payments"],
        gross=body["gross"],
        set_off=body["set_off"],
        netted=crossed - net,
        net=net,
        debtor=debtor["agent"],
        closing=-debtor["closing"],
        due=sum(each["amount"] for each in body["settlements"]),
        frozen=body["frozen"],
        expired=body["expired"],
    )


def _hits(connection: sa.Connection) -> dict[str, tuple[str, float, str]]:
    """Parties that were hit at any time: registered name, highest score, listed name."""
    verdict, party = tables.verdict, tables.party
    query = (
        sa.select(verdict.c.party, party.c.name, verdict.c.score, verdict.c.matched_name)
        .join(party, party.c.id == verdict.c.party)
        .where(verdict.c.hit.is_(True))
        .order_by(verdict.c.score)
    )
    return {row.party: (row.name, row.score, row.matched_name) for row in connection.execute(query)}
