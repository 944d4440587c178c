"""Tables read beside the journal: each row that the replay expects is compared with the row that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from tarazu.clearing import tables
from tarazu.clearing.audit.book import short

Row = tuple[Any, ...]
Report = Callable[[int | None, str, str], None]  # row, table, what
CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of a table in the order in which rows are compared; the first `key` of them order and name a row."""

    columns: str
    key: int = 1
    seq: int | None = 0  # the column that is a journal row's number


# Rows of these tables are written with a journal row and never changed, so that they are compared beside it.
BESIDE: dict[str, Layout] = {
    "entry": Layout("seq leg account amount layer", 2),
    "rules": Layout("seq digest text"),
    "request": Layout("id key digest status code reason"),
    "party": Layout("seq id name kind country currency agent set_off synthetic bic"),
    "screening_list": Layout("id digest names published valid_until entries seq content_digest"),
    "verdict": Layout("id party list algorithm hit score entry matched_name list_name seq", 1, 9),
    "decision": Layout("seq proposal verdict release reason"),
    "resolution": Layout("seq payment stage kind"),
    "rate": Layout("seq day currency name per_unit source", 4),
    "price_range": Layout("seq hs low high source", 2),
}
# Rows of these say what the whole journal amounts to.
AFTER: dict[str, Layout] = {
    "account": Layout("id owner purpose currency credit_limit"),
    "balance": Layout("account posted pending_debit pending_credit", 1, None),
    "payment": Layout(
        "id seq debtor creditor debtor_agent creditor_agent amount debit credit settlement_date expires day cycle "
        "status disputed"
    ),
    "waiting": Layout("id state why price_passed debtor creditor"),
    "proposal": Layout("id action details proposed_by approved_by state"),
    "cycle": Layout("id opened ends closed seq charged", 1, None),
    "settlement": Layout("id cycle debtor_agent creditor_agent amount due status attempt released"),
    "operator": Layout("name", 1, None),
    "standing": Layout("party verdict list state", 1, None),
}
_BY_TEXT = ("operator", "standing")  # small, and their order depends on the database's collation


def stream(connection: sa.Connection, name: str, columns: str, key: int) -> Iterator[Row]:
    """Rows of a table in the order of their key, a few thousand in memory.

    A row that the database cannot read raises `SQLAlchemyError` when it is reached, not before.
    """
    table = tables.METADATA.tables[name]
    chosen = [table.c[column] for column in columns.split()]
    query = sa.select(*chosen).order_by(*chosen[:key])
    given = 0
    try:
        for part in connection.execute(query, execution_options={"yield_per": CHUNK}).partitions():
            yield from map(tuple, part)
            given += len(part)
    except SQLAlchemyError:
        while row := connection.execute(
            query.limit(1).offset(given)
        ).first():  # row by row, up to the bad one
            given += 1
            yield tuple(row)


class Mirror:
    """One table, read in the order in which the replay expects its rows."""

    def __init__(self, connection: sa.Connection, name: str, layout: Layout, report: Report) -> None:
        self.name, self.layout, self._report = name, layout, report
        self.count = self._read = 0
        self._names = layout.columns.split()
        rows = stream(connection, name, layout.columns, layout.key)
        self._rows = _by_text(rows) if name in _BY_TEXT else rows
        self._next: Row | None = None
        self._advance()

    def match(self, expected: Row) -> None:
        """Compare the next row with the one expected; rows before it are too many."""
        if self._next == expected:
            self.count += 1
            self._advance()
            return
        key = expected[: self.layout.key]
        while self._next is not None and _before(self._next[: self.layout.key], key):
            self._extra(self._next)
        found = self._next
        if found is None or found[: self.layout.key] != key:
            self._say(
                expected, f"{self._label(expected)} is missing; the journal has it as {short(expected)}"
            )
            return
        self.count += 1
        self._advance()
        for name, here, wanted in zip(self._names, found, expected, strict=True):
            if here != wanted and not (isinstance(wanted, OneOf) and here in wanted):
                what = f"{self._label(expected)}: {name} is {short(here)}, the journal says {short(wanted)}"
                self._say(expected, what)
                return

    def finish(self) -> None:
        """Whatever is left has nothing in the journal."""
        while self._next is not None:
            self._extra(self._next)

    def _extra(self, row: Row) -> None:
        self._say(row, f"{self._label(row)} has nothing in the journal: {short(row)}")
        self._advance()

    def _advance(self) -> None:
        try:
            self._next = next(self._rows, None)
            self._read += 1
        except (SQLAlchemyError, TypeError, ValueError) as error:
            self._rows, self._next = iter(()), None
            self._report(
                None, self.name, f"cannot be read from its row no. {self._read + 1} on: {first_line(error)}"
            )

    def _label(self, row: Row) -> str:
        key = zip(self._names, row[: self.layout.key], strict=False)
        return ", ".join(f"{name} {value}" for name, value in key)

    def _say(self, row: Row, what: str) -> None:
        seq = None if self.layout.seq is None else row[self.layout.seq]
        self._report(seq if isinstance(seq, int) else None, self.name, what)


class OneOf(tuple[Any, ...]):
    """Any of several values: the journal does not say which."""

    __slots__ = ()


def _before(row: Row, key: Row) -> bool:
    try:
        return row < key
    except TypeError:  # a key of another type than the column's: it is nobody's
        return True


def _by_text(rows: Iterator[Row]) -> Iterator[Row]:
    yield from sorted(rows, key=lambda row: str(row[0]))


def first_line(error: Exception) -> str:
    """What a database said, without the statement it repeats."""
    return (str(error).splitlines() or [type(error).__name__])[0]
