"""The journal and the ledger inside one writing transaction.

An event is one journal row; the legs of its transfer are entries. The chain is

    hash_n = SHA-256(hash_{n-1} | seq | at | day | kind | body),    hash_0 = 64 zeros,

fields joined by line feeds and ``body`` canonical JSON. Legs of one event sum to zero in every currency, in
each layer: P is posted, H holds (a pending transfer), R releases a hold. What an account has available is

    available = posted - pending debits + credit limit,

so a pending debit counts at once and a pending credit not before it is posted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.core.errors import InputError, LedgerError
from tarazu.store.database import Database

GENESIS = "0" * 64
POSTED, HOLD, RELEASE = "P", "H", "R"
LARGEST = 2**62  # balances stay far from the end of a 64-bit integer


@dataclass(slots=True)
class Account:
    """An account with its balances, minor units of its currency; a debit is negative."""

    id: int
    owner: str
    purpose: str
    currency: str
    limit: int | None
    posted: int = 0
    pending_debit: int = 0
    pending_credit: int = 0

    @property
    def available(self) -> int | None:
        """What may still be debited; None without a limit."""
        return None if self.limit is None else self.posted - self.pending_debit + self.limit

    def move(self, layer: str, amount: int) -> None:
        """One leg."""
        if layer == POSTED:
            self.posted += amount
            if not -LARGEST < self.posted < LARGEST:
                raise LedgerError(f"account {self.id}: its balance would outgrow what the ledger holds.")
            return
        change = amount if layer == HOLD else -amount
        if amount < 0:
            self.pending_debit -= change
        else:
            self.pending_credit += change


Legs = Sequence[tuple[Account, int]]


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


def fits(text: str) -> bool:
    """Whether both databases can hold a text: no zero byte, no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def canonical(body: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces: one text for one content."""
    return _encode(body)


def chained(previous: str, seq: int, at: str, day: str, kind: str, body: str) -> str:
    """Hash of a journal row."""
    return hashlib.sha256(f"{previous}\n{seq}\n{at}\n{day}\n{kind}\n{body}".encode()).hexdigest()


def last_row(connection: sa.Connection) -> tuple[int, str, str]:
    """Number, hash and business date of the newest journal row; 0, zeros and nothing in an empty book."""
    journal = tables.journal
    newest = sa.select(journal.c.seq, journal.c.hash, journal.c.day).order_by(journal.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return (row.seq, row.hash, row.day) if row else (0, GENESIS, "")


class Books:
    """Everything one writing transaction does to journal, entries and balances; `flush` writes it.

    Parameters
    ----------
    connection
        Of `Database.writing`: what is not flushed and committed never happened.
    at, day
        When it is written (UTC) and the business date it belongs to.

    Raises
    ------
    InputError
        If the business date lies before that of the newest row.
    """

    def __init__(self, database: Database, connection: sa.Connection, at: datetime, day: date) -> None:
        self.database, self.connection, self.today = database, connection, day
        self.at, self.day = at.isoformat(timespec="milliseconds"), day.isoformat()
        self.seq, self._hash, last_day = last_row(connection)
        if self.day < last_day:
            raise InputError(
                f"the books stand at {last_day}; a business date of {day} would go back. Set the clock right."
            )
        self._rows: list[tuple[Any, ...]] = []
        self._entries: list[tuple[Any, ...]] = []
        self._accounts: dict[tuple[str, str, str], Account] = {}
        self._by_id: dict[int, Account] = {}
        self._loaded: set[str] = set()
        self._touched: dict[int, Account] = {}

    def record(
        self, kind: str, body: dict[str, Any], post: Legs = (), hold: Legs = (), release: Legs = ()
    ) -> int:
        """One event and its legs; returns its number.

        Raises
        ------
        LedgerError
            If legs do not sum to zero in a currency, or a balance would outgrow 64 bits.
        """
        self.seq += 1
        if post or hold or release:
            body = {**body, "legs": self._move(kind, ((POSTED, post), (HOLD, hold), (RELEASE, release)))}
        text = canonical(body)
        self._hash = chained(self._hash, self.seq, self.at, self.day, kind, text)
        self._rows.append((self.seq, self.at, self.day, kind, text, self._hash))
        return self.seq

    def _move(self, kind: str, sides: Sequence[tuple[str, Legs]]) -> dict[str, list[tuple[int, int]]]:
        """Move balances and note entries; returns the legs as the journal keeps them."""
        moved: dict[str, list[tuple[int, int]]] = {}
        leg = 0
        for layer, side in sides:
            if not side:
                continue
            _balanced(kind, side)
            moved[layer] = [(account.id, amount) for account, amount in side]
            for account, amount in side:
                account.move(layer, amount)
                self._touched[account.id] = account
                self._entries.append((self.seq, leg, account.id, amount, layer))
                leg += 1
        return moved

    def account(self, owner: str, purpose: str, currency: str) -> Account:
        """An account that exists."""
        key = (owner, purpose, currency)
        if key not in self._accounts:
            self.load((owner,))
        return self._accounts[key]

    def by_id(self, number: int) -> Account:
        """An account by its number."""
        if number not in self._by_id:
            self.load_numbers((number,))
        return self._by_id[number]

    def load_numbers(self, numbers: Iterable[int]) -> None:
        """Read accounts by their numbers, and all others of their owners."""
        missing = sorted(set(numbers) - self._by_id.keys())
        for start in range(0, len(missing), 1000):
            owner = sa.select(tables.account.c.owner).where(
                tables.account.c.id.in_(missing[start : start + 1000])
            )
            self.load(self.connection.scalars(owner))

    def load(self, owners: Iterable[str]) -> None:
        """Read the accounts and balances of these owners, once."""
        missing = sorted(set(owners) - self._loaded)
        if not missing:
            return
        a, b = tables.account.c, tables.balance.c
        columns = (
            a.id,
            a.owner,
            a.purpose,
            a.currency,
            a.credit_limit,
            b.posted,
            b.pending_debit,
            b.pending_credit,
        )
        query = sa.select(*columns).join(tables.balance, b.account == a.id).where(a.owner.in_(missing))
        for row in self.connection.execute(query):
            found = Account(*row)
            self._accounts[found.owner, found.purpose, found.currency] = found
            self._by_id[found.id] = found
        self._loaded.update(missing)

    def open_account(self, owner: str, purpose: str, currency: str, limit: int | None = None) -> None:
        """A new account with nothing on it; its number is that of the event that opened it."""
        body = {"owner": owner, "purpose": purpose, "currency": currency, "limit": limit}
        number = self.record("account", body)
        self.connection.execute(
            tables.account.insert().values(
                id=number, owner=owner, purpose=purpose, currency=currency, credit_limit=limit
            )
        )
        self.connection.execute(
            tables.balance.insert().values(account=number, posted=0, pending_debit=0, pending_credit=0)
        )
        self._loaded.discard(owner)

    def flush(self) -> None:
        """Write what was recorded: journal rows, entries, then the balances they lead to."""
        self.database.insert(self.connection, tables.journal, self._rows)
        self.database.insert(self.connection, tables.entry, self._entries)
        if self._touched:
            balance = tables.balance
            self.connection.execute(
                balance.update()
                .where(balance.c.account == sa.bindparam("number"))
                .values(
                    posted=sa.bindparam("p"),
                    pending_debit=sa.bindparam("d"),
                    pending_credit=sa.bindparam("c"),
                ),
                [
                    {"number": a.id, "p": a.posted, "d": a.pending_debit, "c": a.pending_credit}
                    for a in self._touched.values()
                ],
            )
        self._rows, self._entries, self._touched = [], [], {}


def _balanced(kind: str, legs: Legs) -> None:
    sums: dict[str, int] = {}
    for account, amount in legs:
        sums[account.currency] = sums.get(account.currency, 0) + amount
    if any(sums.values()):
        raise LedgerError(f"{kind}: the legs do not sum to zero: {sums}.")
