"""Prove a clearing house's books from its journal alone.

The journal is read once, from the first row: chain and signed heads, form of every row, who allowed what, verdicts,
limits at that moment, amounts from the rates, legs, every figure of every close. All other tables are compared
with what the journal amounts to. Nothing is taken from the code that books (`tarazu.clearing.audit`), nor from any
balance or status that a table states.

What it cannot prove: that a refusal was right, that screening would find today what it found then (verdicts are
checked for being there, in time and unchanged, not for their score), and that rows after the last signed head were
not taken away together with all that followed from them. Keep a head outside the database to close that gap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from tarazu.clearing import tables
from tarazu.clearing.audit import projections, replay
from tarazu.clearing.audit.book import Book, Event
from tarazu.clearing.audit.chain import Chain
from tarazu.clearing.audit.mirror import AFTER, BESIDE, CHUNK, Mirror, first_line
from tarazu.core.checks import Check
from tarazu.core.table import Column, Table
from tarazu.store.database import Database

MOST_BREAKS = 1000
UNSIGNED_AT_MOST = 5000  # rows after the last signed head; a house with its key signs sooner
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Break:
    """Where the books are broken: the journal row that is concerned, if one is, the table, and what was found."""

    seq: int | None
    table: str
    what: str

    def __str__(self) -> str:
        if self.seq is None:
            return f"{self.table}: {self.what}"
        row = "row" if self.table == "journal" else "journal row"
        return f"{self.table}, {row} {self.seq}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What was verified and what was found.

    Attributes
    ----------
    rows, entries, payments, cycles
        Journal rows, legs and payments compared, cycles closed.
    heads, signed
        Heads in the book, and those whose signature was checked.
    key
        Where the public key came from: ``given``, ``founded`` (the book's own first row), or empty: none.
    unsigned_rows
        Rows after the last signed head.
    breaks
        In the order in which they were met; empty if the books are proven.
    notes
        What a reader must know besides.
    """

    rows: int
    entries: int
    payments: int
    cycles: int
    heads: int
    signed: int
    key: str
    unsigned_rows: int
    breaks: tuple[Break, ...]
    notes: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is broken."""
        return not self.breaks

    @property
    def checks(self) -> tuple[Check, ...]:
        """Breaks as errors, then the notes."""
        found = (Check.error("broken-book", _where(each), each.what) for each in self.breaks)
        return (*found, *self.notes)

    @property
    def table(self) -> Table:
        """One row per figure."""
        names = ("rows", "entries", "payments", "cycles", "heads", "signed", "unsigned_rows")
        columns = (Column("what", meaning="what was counted"), Column("count", "", "how many were verified"))
        counted = tuple((name, getattr(self, name)) for name in names)
        return Table("verification", columns, (*counted, ("breaks", len(self.breaks))))


def verify(
    database: Database,
    public_key: str | None = None,
    progress: Progress | None = None,
    *,
    all_breaks: bool = False,
) -> Verification:
    """Recompute a book from its journal and compare.

    Parameters
    ----------
    public_key
        Ed25519, hexadecimal, of whoever signs the heads. Without it the one named in the first row is used, which
        proves less: who rewrites the whole book can name a key of their own.
    progress
        Called with (what, done, of).
    all_breaks
        Go on after the first break; later ones may follow from it. At most `MOST_BREAKS` are listed.
    """
    with database.reading() as connection:
        return _Verifier(connection, public_key, progress, all_breaks).run()


class _Enough(Exception):  # noqa: N818  (the answer is known)
    pass


class _Verifier:
    def __init__(
        self, connection: sa.Connection, key: str | None, progress: Progress | None, all_breaks: bool
    ) -> None:
        self.connection, self.progress = connection, progress
        self.most = MOST_BREAKS if all_breaks else 1
        self.breaks: list[Break] = []
        self.book = Book()
        self.chain = Chain(connection, key, self.report)
        self.entries = 0
        self.given = bool(key)
        self.all_heads = 0

    def report(self, seq: int | None, table: str, what: str) -> None:
        self.breaks.append(Break(seq, table, what))
        if len(self.breaks) >= self.most:
            raise _Enough

    def run(self) -> Verification:
        try:
            self._journal()
            self._tables()
        except _Enough:
            pass
        except SQLAlchemyError as error:  # a table or a cell that the database itself cannot read
            last = self.chain.last_seq
            self.breaks.append(
                Break(last + 1, "journal", f"cannot be read after row {last}: {first_line(error)}")
            )
        return self._result()

    def _journal(self) -> None:
        total = self.connection.scalar(sa.select(sa.func.count()).select_from(tables.journal)) or 0
        beside: dict[str, Mirror] = {}
        for seq, day, kind, body in self.chain.rows():
            if not beside:
                self.all_heads = len(self.chain.heads)
                beside |= {
                    name: Mirror(self.connection, name, layout, self.report)
                    for name, layout in BESIDE.items()
                }
            event = replay.apply(self.book, seq, day, kind, body)
            if event.faults:
                self._faults(event)
            if seq == 1:
                self.chain.trust(self.book.public_key)
            self.chain.head(seq)
            for name, row in event.rows:
                beside[name].match(row)
            self.entries = beside["entry"].count
            if self.progress is not None and seq % CHUNK == 0:
                self.progress("journal", seq, total)
        self.chain.finish()
        if not beside:
            self.report(
                None, "journal", "is empty: no clearing house was founded here, or its rows were taken away"
            )
        undone = replay.ended(self.book)
        if undone:
            self.report(self.chain.last_seq, "journal", undone)
        for mirror in beside.values():
            mirror.finish()

    def _faults(self, event: Event) -> None:
        self.report(event.seq, "journal", f"{event.kind}: {'; '.join(event.faults[:3])}")
        if not hasattr(self.book, "calendar"):
            raise _Enough  # without its rules nothing of the book can be judged

    def _tables(self) -> None:
        for done, (name, layout) in enumerate(AFTER.items()):
            if self.progress is not None:
                self.progress("tables", done, len(AFTER))
            mirror = Mirror(self.connection, name, layout, self.report)
            for row in projections.rows(self.book, name):
                mirror.match(row)
            mirror.finish()
        self._lists()
        unsigned = self.chain.last_seq - self.chain.last_head
        if self.given and (not self.all_heads or unsigned > UNSIGNED_AT_MOST):
            # Who rewrites the chain without the key has to take the heads away.
            what = (
                f"no head is signed within the last {min(unsigned, UNSIGNED_AT_MOST)} rows: nothing "
                f"proves them"
            )
            self.report(None, "head", what)

    def _lists(self) -> None:
        """The entries that parties were screened against are those whose hash the journal holds."""
        lists = tables.screening_list
        for row in self.connection.execute(sa.select(lists.c.id, lists.c.content, lists.c.content_digest)):
            if hashlib.sha256(row.content).hexdigest() != row.content_digest:
                self.report(row.id, "screening_list", "the entries are not those that were loaded")

    def _result(self) -> Verification:
        chain, book = self.chain, self.book
        return Verification(
            rows=chain.last_seq,
            entries=self.entries,
            payments=len(book.payments),
            cycles=sum(each.closed is not None for each in book.cycles),
            heads=self.all_heads,
            signed=chain.checked,
            key=chain.key_from,
            unsigned_rows=chain.last_seq - (chain.last_head if chain.key else 0),
            breaks=tuple(self.breaks),
            notes=tuple(self._notes()),
        )

    def _notes(self) -> list[Check]:
        chain, notes = self.chain, []
        if not chain.key:
            what = (
                "no heads are signed" if not self.all_heads else f"{self.all_heads} heads cannot be checked"
            )
            message = (
                f"{what}: no public key was given and the book names none. Whoever can write the database "
                f"could have "
                "rewritten the whole chain. Open the house with a key, and verify with its public half."
            )
            notes.append(Check.warning("unsigned-heads", "head", message))
        elif chain.key_from == "founded":
            message = (
                "the public key was taken from the book's own first row; give the key that the operator "
                "published, "
                "since who rewrites a whole book can name another one."
            )
            notes.append(Check.note("own-key", "journal, row 1", message))
        elif self.book.public_key and self.book.public_key != chain.key:
            notes.append(
                Check.warning("other-key", "journal, row 1", "the book was founded with another key.")
            )
        unsigned = chain.last_seq - chain.last_head
        if chain.key and unsigned and not self.breaks:
            message = f"{unsigned} rows after the last signed head (row {chain.last_head})."
            notes.append(Check.note("rows-after-head", "journal", message))
        if chain.backwards:
            message = (
                f"{chain.backwards} rows carry a time before that of the row they follow: a clock was "
                f"set back."
            )
            notes.append(Check.warning("clock-set-back", "journal", message))
        return notes


def _where(found: Break) -> str:
    return found.table if found.seq is None else f"{found.table}, row {found.seq}"
