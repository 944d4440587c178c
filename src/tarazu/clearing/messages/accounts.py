"""Account messages written: camt.053 (statement) and camt.054 (notification of debits and credits).

A statement is only written if opening balance + entries = closing balance, in minor units. Amounts are signed:
positive is a credit to the account. Messages: ISO 20022, Bank-to-Customer Cash Management.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from tarazu.clearing.messages.build import (
    Agent,
    account,
    day,
    document,
    institution,
    leaf,
    major,
    moment,
    money,
    required,
)
from tarazu.core.errors import MessageError

_INFO = 500  # Max500Text


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One movement of an account.

    Attributes
    ----------
    ref
        Reference of the entry in the ledger.
    amount
        Minor units of the account's currency, positive for a credit.
    kind
        What it is, in the account servicer's own words (at most 35 characters): PAYMENT, INTEREST, …
    """

    ref: str
    amount: int
    booked: date
    value: date | None = None
    kind: str = "PAYMENT"
    message_id: str = ""
    instruction_id: str = ""
    end_to_end_id: str = ""
    transaction_id: str = ""
    uetr: str = ""
    info: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """The entries of an account from one day to another, both included, between two balances (minor units)."""

    id: str
    account: str
    currency: str
    first: date
    last: date
    opening: int
    closing: int
    entries: tuple[StatementEntry, ...] = ()
    owner: str = ""
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """Entries of an account that its owner is told of as they are booked."""

    id: str
    account: str
    currency: str
    entries: tuple[StatementEntry, ...]
    owner: str = ""


def camt053(
    message_id: str, created: datetime, statements: Sequence[Statement], servicer: Agent | None = None
) -> bytes:
    """Statements of accounts held with `servicer`.

    Raises
    ------
    MessageError
        If there are none, a statement does not add up, or a value does not fit its field.
    """
    body = _header(message_id, created, statements, "a statement")
    for each in statements:
        moved = sum(entry.amount for entry in each.entries)
        if each.opening + moved != each.closing:
            raise MessageError(
                f"Statement {each.id} of account {each.account} does not add up: opening "
                f"{major(each.opening, each.currency)} + entries {major(moved, each.currency)} is not closing "
                f"{major(each.closing, each.currency)} {each.currency}. Nothing was written."
            )
        if each.last < each.first:
            raise MessageError(f"Statement {each.id}: ends ({each.last}) before it begins ({each.first}).")
        number = f"<ElctrncSeqNb>{each.sequence}</ElctrncSeqNb>" if each.sequence is not None else ""
        start, end = datetime.combine(each.first, time.min), datetime.combine(each.last, time(23, 59, 59))
        body += (
            f"<Stmt>{required('Id', each.id)}{number}{moment('CreDtTm', created)}"
            f"<FrToDt>{moment('FrDtTm', start)}{moment('ToDtTm', end)}</FrToDt>"
            f"{_account(each, servicer)}"
            f"{_balance('OPBD', each.opening, each.currency, each.first)}"
            f"{_balance('CLBD', each.closing, each.currency, each.last)}"
            f"{_summary(each)}{_entries(each)}</Stmt>"
        )
    return document("camt.053.001.08", "BkToCstmrStmt", body)


def camt054(
    message_id: str, created: datetime, notifications: Sequence[Notification], servicer: Agent | None = None
) -> bytes:
    """Notifications of debits and credits.

    Raises
    ------
    MessageError
        If there are none, or a value does not fit its field.
    """
    body = _header(message_id, created, notifications, "a notification")
    for each in notifications:
        body += (
            f"<Ntfctn>{required('Id', each.id)}{moment('CreDtTm', created)}{_account(each, servicer)}"
            f"{_entries(each)}</Ntfctn>"
        )
    return document("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", body)


def _header(message_id: str, created: datetime, items: Sequence[object], what: str) -> str:
    if not items:
        raise MessageError(f"A message needs {what}: there is none to write.")
    return f"<GrpHdr>{required('MsgId', message_id)}{moment('CreDtTm', created)}</GrpHdr>"


def _account(of: Statement | Notification, servicer: Agent | None) -> str:
    element = account("Acct", of.account, of.currency, of.owner)
    held = f"<Svcr>{institution(servicer)}</Svcr>" if servicer else ""
    return element.replace("</Acct>", f"{held}</Acct>")


def _balance(kind: str, amount: int, currency: str, on: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_signed(amount, currency)}"
        f"<Dt>{day('Dt', on)}</Dt></Bal>"
    )


def _signed(amount: int, currency: str) -> str:
    """Amount and direction; a balance of nothing is a credit."""
    return money("Amt", abs(amount), currency) + _direction(amount)


def _direction(amount: int) -> str:
    return f"<CdtDbtInd>{'DBIT' if amount < 0 else 'CRDT'}</CdtDbtInd>"


def _summary(statement: Statement) -> str:
    amounts = [entry.amount for entry in statement.entries]
    credits, debits = [a for a in amounts if a >= 0], [a for a in amounts if a < 0]

    def counted(found: list[int]) -> str:
        value = major(sum(map(abs, found)), statement.currency)
        return f"<NbOfNtries>{len(found)}</NbOfNtries><Sum>{value}</Sum>"

    net = sum(amounts)
    moved = f"<TtlNetNtry><Amt>{major(abs(net), statement.currency)}</Amt>{_direction(net)}</TtlNetNtry>"
    return (
        f"<TxsSummry><TtlNtries>{counted(amounts)}{moved}</TtlNtries>"
        f"<TtlCdtNtries>{counted(credits)}</TtlCdtNtries><TtlDbtNtries>{counted(debits)}</TtlDbtNtries></TxsSummry>"
    )


def _entries(of: Statement | Notification) -> str:
    return "".join(_entry(entry, of.currency) for entry in of.entries)


def _entry(entry: StatementEntry, currency: str) -> str:
    references = (
        leaf("MsgId", entry.message_id)
        + leaf("InstrId", entry.instruction_id)
        + leaf("EndToEndId", entry.end_to_end_id)
        + leaf("UETR", entry.uetr, 36)
        + leaf("TxId", entry.transaction_id)
    )
    inner = f"<Refs>{references}</Refs>" if references else ""
    inner += _signed(entry.amount, currency) + leaf("AddtlTxInf", entry.info, _INFO)
    return (
        f"<Ntry>{required('NtryRef', entry.ref)}{_signed(entry.amount, currency)}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt>{day('Dt', entry.booked)}</BookgDt>"
        f"<ValDt>{day('Dt', entry.value or entry.booked)}</ValDt>{leaf('AcctSvcrRef', entry.ref)}"
        f"<BkTxCd><Prtry>{required('Cd', entry.kind)}</Prtry></BkTxCd>"
        f"<NtryDtls><TxDtls>{inner}</TxDtls></NtryDtls></Ntry>"
    )
