"""What frames a statement: the journal row it is drawn at, the period it is of, and what was screened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.scheme import Scheme
from tarazu.clearing.statement_values import SIMULATION, Head, Screened
from tarazu.core.errors import InputError

_MANY = 1000  # values in one IN (...)


@dataclass(frozen=True, slots=True)
class Period:
    """Days, and for a cycle the journal rows (after, until]."""

    first: date
    last: date
    after: int = -1
    until_row: int = -1
    cycle: int | None = None
    open: bool = False

    def before(self, seq: Any, day: Any) -> sa.ColumnElement[bool]:
        """Condition: earlier than the period."""
        found: sa.ColumnElement[bool] = (
            seq <= self.after if self.cycle is not None else day < self.first.isoformat()
        )
        return found

    def until(self, seq: Any, day: Any) -> sa.ColumnElement[bool]:
        """Condition: not later than the period."""
        found: sa.ColumnElement[bool] = (
            seq <= self.until_row if self.cycle is not None else day <= self.last.isoformat()
        )
        return found

    def within(self, seq: Any, day: Any) -> sa.ColumnElement[bool]:
        """Condition: in the period."""
        return sa.and_(self.until(seq, day), sa.not_(self.before(seq, day)))


def mark(scheme: Scheme) -> str:
    """That this is a simulation, or by whose authority payments are booked."""
    if scheme.synthetic_only or scheme.authority is None:
        return SIMULATION
    by = scheme.authority
    return f"{by.name}: {by.instrument} ({by.citation}, {by.date})"


def _screening(row: Any, decisions: Sequence[str]) -> Screened:
    return Screened(
        day=date.fromisoformat(row.day),
        lists=row.names,
        published=date.fromisoformat(row.published) if row.published else None,
        entries=row.entries,
        digest=row.digest,
        algorithm=row.algorithm,
        hit=bool(row.hit),
        score=row.score,
        entry=row.entry,
        matched_name=row.matched_name,
        list_name=row.list_name,
        decisions=tuple(decisions),
    )


def head_of(connection: sa.Connection) -> Head:
    journal, head = tables.journal, tables.head
    query = sa.select(journal.c.seq, journal.c.at, journal.c.day, journal.c.hash, head.c.signature)
    newest = query.outerjoin(head, head.c.seq == journal.c.seq).order_by(journal.c.seq.desc()).limit(1)
    row = connection.execute(newest).one()
    return Head(
        row.seq, datetime.fromisoformat(row.at), date.fromisoformat(row.day), row.hash, row.signature or ""
    )


def period_of(
    connection: sa.Connection, head: Head, number: int | None, first: date | None, last: date | None
) -> Period:
    journal = tables.journal
    if number is not None and (first or last):
        raise InputError(
            "a statement is of a cycle or of days: give the cycle, or first and last day, not both."
        )
    if number is None:
        begun = connection.scalar(sa.select(sa.func.min(journal.c.day)))
        first, last = first or date.fromisoformat(begun or head.day.isoformat()), last or head.day
        if last < first:
            raise InputError(f"a statement from {first} to {last}: the last day lies before the first.")
        return Period(first, last)
    cycle = tables.cycle
    rows = {r.id: r for r in connection.execute(sa.select(cycle).where(cycle.c.id.in_((number - 1, number))))}
    if number not in rows:
        newest = connection.scalar(sa.select(sa.func.max(cycle.c.id)))
        raise InputError(f"cycle {number}: there is none of this number. The cycles are 1 to {newest}.")
    row, opened = rows[number], date.fromisoformat(rows[number].opened)
    after = rows[number - 1].seq if number - 1 in rows else 0
    if row.closed is None:
        return Period(opened, head.day, after, head.seq, number, True)
    return Period(opened, date.fromisoformat(row.closed), after, row.seq, number)


def screened(connection: sa.Connection, party: str, period: Period) -> tuple[int, tuple[Screened, ...]]:
    """Number of screenings in the period; the newest verdict until its end, and every hit in it."""
    verdict, lists, journal = tables.verdict, tables.screening_list, tables.journal
    query = (
        sa.select(
            verdict,
            lists.c.names,
            lists.c.published,
            lists.c.entries,
            lists.c.digest,
            journal.c.day,
            sa.not_(period.before(journal.c.seq, journal.c.day)).label("inside"),
        )
        .join(lists, lists.c.id == verdict.c.list)
        .join(journal, journal.c.seq == verdict.c.seq)
        .where(verdict.c.party == party, period.until(journal.c.seq, journal.c.day))
        .order_by(verdict.c.id.desc())
    )
    rows = list(connection.execute(query))
    told = [row for at, row in enumerate(rows) if at == 0 or (row.hit and row.inside)]
    decisions = _decisions(connection, [row.id for row in told])
    return sum(row.inside for row in rows), tuple(_screening(row, decisions.get(row.id, ())) for row in told)


def _decisions(connection: sa.Connection, verdicts: Sequence[int]) -> dict[int, list[str]]:
    decision, proposal, journal = tables.decision, tables.proposal, tables.journal
    found: dict[int, list[str]] = {}
    for part in in_parts(verdicts):
        query = (
            sa.select(decision, proposal.c.proposed_by, proposal.c.approved_by, journal.c.day)
            .join(proposal, proposal.c.id == decision.c.proposal)
            .join(journal, journal.c.seq == decision.c.seq)
            .where(decision.c.verdict.in_(part))
            .order_by(decision.c.seq)
        )
        for row in connection.execute(query):
            done = "released" if row.release else "blocked"
            said = f"{done} on {row.day} by {row.proposed_by} and {row.approved_by}: {row.reason}"
            found.setdefault(row.verdict, []).append(said)
    return found


def in_parts(numbers: Iterable[Any]) -> Iterator[list[Any]]:
    """Sorted values, so many at a time as one query takes."""
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), _MANY):
        yield wanted[start : start + _MANY]
