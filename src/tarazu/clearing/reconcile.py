"""Reconciliation: a bank's own statement of an agent's account against what the books say.

Each entry of the bank is matched with at most one movement of the books, and each movement with at most one entry:

1. by a shared identifier (end-to-end, transaction, instruction, UETR, or the reference of the entry) and the same
   amount, the nearest day first;
2. by a shared identifier alone: the amount differs;
3. by amount alone, booked at most `days` days apart: in the order of their days, which matches as many as can be
   matched within such a span.

Ties go to what stands first, so that the same input gives the same result. With d the bank's balance less that of
the books, what remains of the gap is accounted for by

    d(closing) - d(opening) = only in the bank - only in the books + differences of amount + booked out of the period.

Anything beyond that (`unexplained`) is a bank statement that does not add up in itself. An agent's account
``convertible`` has the bank's sign. ``domestic`` has the other: it says what customers received, which the bank
takes from the agent's account; its movements are compared with their sign turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tarazu.clearing.messages.bank import BankEntry, BankStatement
from tarazu.clearing.messages.build import major
from tarazu.clearing.parties import CONVERTIBLE, DOMESTIC
from tarazu.clearing.scheme import Scheme
from tarazu.clearing.statement import statement
from tarazu.clearing.statement_values import AccountStatement, Movement, csv_text
from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table
from tarazu.store.database import Database

DAYS = 5  # judgement: value in convertible currency arrives two days later, and a weekend may lie between
_SIGNS: Mapping[str, int] = MappingProxyType({CONVERTIBLE: 1, DOMESTIC: -1})
_UNTOLD = frozenset({"", "NOTPROVIDED", "NONREF", "NOTAVAILABLE"})  # an identifier that identifies nothing

_COLUMNS = (
    Column("finding", "", "matched, date differs, amount differs, only in the bank, only in the books"),
    Column("by", "", "what joined the two: identifier, or amount and date"),
    Column("bank_reference", "", "the bank's reference of its entry"),
    Column("bank_date", "", "date on which the bank booked it"),
    Column("bank_amount", "minor units", "positive is a credit to the account"),
    Column("journal", "", "number of the journal row"),
    Column("reference", "", "identifier in the books"),
    Column("kind", "", "what the books say happened"),
    Column("counterparty", "", "name of the other side, or of the customer"),
    Column("book_date", "", "business date in the books"),
    Column("book_amount", "minor units", "with the bank's sign"),
    Column("difference", "minor units", "bank less books"),
    Column("days", "days", "bank's date less that of the books"),
    Column("currency", "", "ISO 4217"),
)


@dataclass(frozen=True, slots=True)
class BookLine:
    """A movement of the books with the bank's sign, minor units."""

    movement: Movement
    amount: int
    inside: bool  # in the period of the bank's statement


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of the bank and the movement it stands for; `by` is ``identifier`` or ``amount and date``."""

    bank: BankEntry
    book: BookLine
    by: str

    @property
    def difference(self) -> int:
        """Bank less books, minor units."""
        return self.bank.amount - self.book.amount

    @property
    def days(self) -> int | None:
        """Days from the books to the bank; None where the bank states no date."""
        return None if self.bank.booked is None else (self.bank.booked - self.book.movement.day).days


@dataclass(frozen=True)
class Reconciliation:
    """What agrees and what does not, amounts in minor units with the bank's sign.

    Attributes
    ----------
    opening_difference, closing_difference
        Bank less books; None where the bank states no balance. An account with a history before the house
        differs by it throughout.
    checks
        Every difference with its place, and what the bank statement itself was found to lack.
    """

    agent: str
    purpose: str
    currency: str
    statement: str
    first: date
    last: date
    days: int
    matched: tuple[Match, ...]
    date_differs: tuple[Match, ...]
    amount_differs: tuple[Match, ...]
    only_bank: tuple[BankEntry, ...]
    only_books: tuple[BookLine, ...]
    opening_difference: int | None
    closing_difference: int | None
    bank_checks: tuple[Check, ...] = ()

    @property
    def agrees(self) -> bool:
        """Everything was found on both sides with amount and date, and the gap between the balances stayed."""
        return not (self.date_differs or self.amount_differs or self.only_bank or self.only_books) and (
            self.opening_difference is not None and self.opening_difference == self.closing_difference
        )

    @property
    def explained(self) -> int:
        """By how much the gap between the balances grew, as far as single lines account for it."""
        pairs = (*self.matched, *self.date_differs, *self.amount_differs)
        return (
            sum(entry.amount for entry in self.only_bank)
            - sum(line.amount for line in self.only_books)
            + sum(pair.difference for pair in pairs)
            + sum(pair.book.amount for pair in pairs if not pair.book.inside)
        )

    @property
    def unexplained(self) -> int | None:
        """What is left of it: not zero only if the bank's statement does not add up in itself."""
        if self.opening_difference is None or self.closing_difference is None:
            return None
        return self.closing_difference - self.opening_difference - self.explained

    @cached_property
    def table(self) -> Table:
        """One row for each match and each line that stands alone, differences first."""
        pairs = (
            ("amount differs", self.amount_differs),
            ("date differs", self.date_differs),
            ("matched", self.matched),
        )
        rows = [_row("only in the bank", self.currency, bank=entry) for entry in self.only_bank]
        rows += [_row("only in the books", self.currency, book=line) for line in self.only_books]
        rows += [
            _row(finding, self.currency, bank=each.bank, book=each.book)
            | {"by": each.by, "difference": each.difference, "days": each.days}
            for finding, found in pairs
            for each in found
        ]
        return Table.build("reconciliation", _COLUMNS, rows)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Findings in words."""
        return (*self.bank_checks, *_checks(self))

    def to_csv(self) -> str:
        """The table as CSV, amounts in major units; cells that would be formulas begin with an apostrophe."""
        return csv_text(self.table)


def reconcile(
    database: Database,
    scheme: Scheme,
    bank: BankStatement,
    agent: str,
    purpose: str = CONVERTIBLE,
    *,
    first: date | None = None,
    last: date | None = None,
    days: int = DAYS,
) -> Reconciliation:
    """Compare a bank's statement with an agent's account in the books.

    Parameters
    ----------
    agent, purpose
        Whose account: ``agent-KAZ``, and ``convertible`` (settlements) or ``domestic`` (settled at home).
    first, last
        Period of the bank's statement; by default from its first entry to its last. Movements up to `days` outside
        can be matched, but only those inside count as missing at the bank.

    Raises
    ------
    InputError
        If the account is not one that a bank keeps, the currency is another, or there is no period to compare.
    """
    if purpose not in _SIGNS:
        raise InputError(f"account {purpose!r}: expected {' or '.join(_SIGNS)}; a bank keeps no other.")
    if days < 0:
        raise InputError(
            f"days {days}: expected 0 or more days between the bank's date and that of the books."
        )
    dates = [entry.booked for entry in bank.entries if entry.booked is not None]
    first, last = first or min(dates, default=None), last or max(dates, default=None)
    if first is None or last is None:
        raise InputError(
            f"statement {bank.id} has no dated entry: give the first and last day of its period."
        )
    margin = timedelta(days=days)
    around = _account(database, scheme, agent, purpose, first - margin, last + margin)
    if around.currency != bank.currency:
        raise InputError(
            f"statement {bank.id} is in {bank.currency or 'no stated currency'}, the {purpose} account of "
            f"{agent} "
            f"in {around.currency}. Give the statement of the account that the books speak of."
        )
    sign = _SIGNS[purpose]
    lines = [BookLine(each, sign * each.amount, first <= each.day <= last) for each in around.movements]
    pairs = _match(bank.entries, lines, days)
    met_bank, met_books = {at for at, _, _ in pairs}, {at for _, at, _ in pairs}
    found = [Match(bank.entries[at], lines[to], by) for at, to, by in pairs]
    opening = sign * around.opening + sum(line.amount for line in lines if line.movement.day < first)
    closing = opening + sum(line.amount for line in lines if line.inside)
    return Reconciliation(
        agent=agent,
        purpose=purpose,
        currency=bank.currency,
        statement=bank.id,
        first=first,
        last=last,
        days=days,
        matched=tuple(each for each in found if not each.difference and _near(each, days)),
        date_differs=tuple(each for each in found if not each.difference and not _near(each, days)),
        amount_differs=tuple(each for each in found if each.difference),
        only_bank=tuple(entry for at, entry in enumerate(bank.entries) if at not in met_bank),
        only_books=tuple(line for at, line in enumerate(lines) if at not in met_books and line.inside),
        opening_difference=None if bank.opening is None else bank.opening - opening,
        closing_difference=None if bank.closing is None else bank.closing - closing,
        bank_checks=bank.checks,
    )


def _account(
    database: Database, scheme: Scheme, agent: str, purpose: str, first: date, last: date
) -> AccountStatement:
    drawn = statement(database, scheme, agent, first=first, last=last, purposes=[purpose])
    for each in drawn.accounts:
        if each.purpose == purpose:
            return each
    raise InputError(f"party {agent!r} is no agent: only agents have a {purpose} account, such as agent-KAZ.")


def _match(entries: Sequence[BankEntry], lines: Sequence[BookLine], days: int) -> list[tuple[int, int, str]]:
    """Pairs of an entry and a line by their places, in the order of the entries; each in one pair at most."""
    found: list[tuple[int, int, str]] = []
    free_bank, free_books = set(range(len(entries))), set(range(len(lines)))

    def take(pairs: Iterable[tuple[int, int]], by: str) -> None:
        for at, to in pairs:
            if at in free_bank and to in free_books:
                free_bank.remove(at)
                free_books.remove(to)
                found.append((at, to, by))

    shared = _sharing(entries, lines)
    take(((at, to) for _, at, to in shared if entries[at].amount == lines[to].amount), "identifier")
    take(((at, to) for _, at, to in shared), "identifier")
    take(_by_amount(entries, lines, sorted(free_bank), sorted(free_books), days), "amount and date")
    return sorted(found)


def _sharing(entries: Sequence[BankEntry], lines: Sequence[BookLine]) -> list[tuple[int, int, int]]:
    """(days apart, entry, line) of every two that share an identifier, the nearest first."""
    known: dict[str, set[int]] = {}
    for to, line in enumerate(lines):
        move = line.movement
        for name in {move.reference, move.transaction_id, move.uetr} - _UNTOLD:
            known.setdefault(name, set()).add(to)
    found = set()
    for at, each in enumerate(entries):
        names = {each.end_to_end_id, each.transaction_id, each.instruction_id, each.uetr, each.ref} - _UNTOLD
        for to in {to for name in names for to in known.get(name, ())}:
            booked, day = each.booked, lines[to].movement.day
            found.add((abs((booked - day).days) if booked else 0, at, to))
    return sorted(found)


def _by_amount(
    entries: Sequence[BankEntry],
    lines: Sequence[BookLine],
    free_bank: Sequence[int],
    free_books: Sequence[int],
    days: int,
) -> list[tuple[int, int]]:
    """Pairs of equal amount at most `days` apart: both sides in the order of their days, the earliest first."""
    banked: dict[int, list[tuple[date, int]]] = {}
    booked: dict[int, list[tuple[date, int]]] = {}
    for at in free_bank:
        day = entries[at].booked
        if day is not None:
            banked.setdefault(entries[at].amount, []).append((day, at))
    for to in free_books:
        booked.setdefault(lines[to].amount, []).append((lines[to].movement.day, to))
    pairs = []
    for amount in sorted(banked.keys() & booked.keys()):
        left, right = sorted(banked[amount], reverse=True), sorted(booked[amount], reverse=True)
        while left and right:
            apart = (left[-1][0] - right[-1][0]).days
            if abs(apart) <= days:
                pairs.append((left.pop()[1], right.pop()[1]))
            else:
                (right if apart > 0 else left).pop()
    return pairs


def _near(each: Match, days: int) -> bool:
    return each.days is None or abs(each.days) <= days


def _row(
    finding: str, currency: str, *, bank: BankEntry | None = None, book: BookLine | None = None
) -> dict[str, Any]:
    row: dict[str, Any] = {"finding": finding, "currency": currency}
    if bank is not None:
        reference = bank.ref or bank.end_to_end_id
        row |= {"bank_reference": reference, "bank_date": bank.booked, "bank_amount": bank.amount}
    if book is not None:
        move = book.movement
        row |= {
            "journal": move.seq,
            "reference": move.reference or f"{move.seq}-{move.leg}",
            "kind": move.kind,
            "counterparty": move.counterparty or move.customer,
            "book_date": move.day,
            "book_amount": book.amount,
        }
    return row


def _checks(found: Reconciliation) -> list[Check]:
    def money(amount: int) -> str:
        return f"{major(amount, found.currency)} {found.currency}"

    def entry(each: BankEntry) -> str:
        return f"statement {found.statement}, entry {each.ref or each.end_to_end_id or 'without reference'}"

    checks = [
        Check.error(
            "only-in-bank",
            entry(each),
            f"{money(each.amount)} booked {each.booked or 'without a date'}: the books have nothing like it. "
            "Confirm or return the settlement it belongs to, or ask the bank.",
        )
        for each in found.only_bank
    ]
    checks += [
        Check.error(
            "only-in-books",
            f"journal row {line.movement.seq}",
            f"{line.movement.kind}, {money(line.amount)} on {line.movement.day}: not in the bank's statement. "
            "Ask the bank whether and when it was booked.",
        )
        for line in found.only_books
    ]
    checks += [
        Check.error(
            "amount-differs",
            entry(each.bank),
            f"the bank booked {money(each.bank.amount)}, the books {money(each.book.amount)} "
            f"(journal row {each.book.movement.seq}), a difference of {money(each.difference)}.",
        )
        for each in found.amount_differs
    ]
    checks += [
        Check.warning(
            "date-differs",
            entry(each.bank),
            f"the bank booked it on {each.bank.booked}, the books on {each.book.movement.day} "
            f"(journal row {each.book.movement.seq}): more than {found.days} days apart.",
        )
        for each in found.date_differs
    ]
    if found.unexplained:
        checks.append(
            Check.error(
                "balance-unexplained",
                f"statement {found.statement}",
                f"its balances moved by {money(found.unexplained)} more than its entries. Ask the bank for "
                f"the rest.",
            )
        )
    return checks
