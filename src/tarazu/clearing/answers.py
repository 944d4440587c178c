"""Messages that leave the clearing house, built from its books: answers, instructions, returns, recalls, statements.

Status of a payment in a pacs.002 (ISO 20022 external code set ExternalPaymentTransactionStatus1Code): posted is
``ACSC``, since the debtor's account is debited; pending, held and queued are ``PDNG``, the last two with their
reason; refused is ``RJCT``. A reason that the code set of an answer does not have is given as ``NARR``, in words.

Every message is checked before it is handed out; the answer says what that check was worth. Moments are given, or
else those of the newest journal row: the same books give the same message. Identifiers are built from the numbers
of the books, so that a message sent twice carries the same one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import lifecycle, settlements, tables
from tarazu.clearing.booking import Outcome, submitted
from tarazu.clearing.messages.accounts import Notification, StatementEntry, camt053, camt054
from tarazu.clearing.messages.accounts import Statement as AccountMessage
from tarazu.clearing.messages.build import Agent, Header, Original
from tarazu.clearing.messages.schemas import Schemas, Validation
from tarazu.clearing.messages.source import UETR, UNWRITABLE
from tarazu.clearing.messages.status import PaymentStatus, Use, reason_for, reasons
from tarazu.clearing.messages.write import (
    Recall,
    Return,
    Settlement,
    Status,
    camt056,
    pacs002,
    pacs004,
    pacs009,
)
from tarazu.clearing.order import PaymentOrder, Refusal
from tarazu.clearing.scheme import Scheme
from tarazu.clearing.statement import Statement, settlement_reference, statement
from tarazu.clearing.statement_frame import head_of, in_parts
from tarazu.clearing.statement_values import AccountStatement, Movement
from tarazu.core.errors import InputError, MessageError
from tarazu.store.database import Database

_ID, _NAME, _INFO = 35, 140, 500  # Max35Text, Max140Text, Max500Text
_STATUS = {
    "posted": PaymentStatus.SETTLED,
    "pending": PaymentStatus.PENDING,
    "held": PaymentStatus.PENDING,
    "queued": PaymentStatus.PENDING,
    "refused": PaymentStatus.REJECTED,
}
_WAITS = "Booked and held; posted on its settlement date, at the close of its cycle where set-off applies."
_INSTRUCTED = ("released", "overdue", "settled")  # and released in this attempt


@dataclass(frozen=True, slots=True)
class Answer:
    """A message as sent, its identifier, and what was checked about it."""

    message: str
    id: str
    data: bytes
    validation: Validation

    @property
    def checked_against(self) -> str:
        """What the check was worth, in words: against the full schema, a reduced one, or none."""
        return self.validation.checked_against


def status_report(
    database: Database,
    scheme: Scheme,
    outcomes: Sequence[Outcome],
    refusals: Sequence[Refusal] = (),
    *,
    to: str,
    orders: Sequence[PaymentOrder] | None = None,
    message_id: str = "",
    created: datetime | None = None,
    schema_folder: Path | None = None,
) -> Answer:
    """pacs.002 for a batch: what became of every order, and of what could not be read as one.

    Parameters
    ----------
    to
        Party that gets the answer, usually the agent or bank that sent the payments.
    orders
        As submitted, in the order of `outcomes`; by default read back from the journal, which has no order under
        a key that stands for another payment.

    Raises
    ------
    InputError
        If the party is unknown, or an outcome's order is neither given nor in the journal.
    """
    if orders is not None and len(orders) != len(outcomes):
        raise InputError(
            f"{len(outcomes)} outcomes and {len(orders)} orders: give one order for each, or none."
        )
    with database.reading() as connection:
        given = list(orders) if orders is not None else _orders(connection, outcomes)
        receiver = _agent(connection, to)
        head = head_of(connection)
    statuses = [_status(order, outcome) for order, outcome in zip(given, outcomes, strict=True)]
    for refusal in refusals:
        code, info = _reason(refusal.code, refusal.reason, "status")
        statuses.append(Status(_original(refusal), PaymentStatus.REJECTED, code, info))
    at = created or head.at
    number = message_id or _numbered("STS", head.seq, at, *statuses)
    return _checked(number, pacs002(Header(number, at, _house(scheme), receiver), statuses), schema_folder)


def settlement_instruction(
    database: Database,
    scheme: Scheme,
    settlement: int,
    *,
    created: datetime | None = None,
    schema_folder: Path | None = None,
) -> Answer:
    """pacs.009 for a settlement that two operators released: the debtor agent pays the creditor agent.

    Its identifiers are those of settlement and attempt; its UETR is derived from the row that released it, so
    that the instruction of one release is the same however often it is written.

    Raises
    ------
    InputError
        If there is no such settlement, or it is not released in its present attempt.
    """
    with database.reading() as connection:
        row = settlements.one(connection, settlement)
        released = _release_of(connection, settlement)
        if released is None or row.status not in _INSTRUCTED:
            raise InputError(
                f"settlement {settlement} is {row.status}: it is instructed only once two operators released "
                f"it."
            )
        sender, receiver = (_agent(connection, name) for name in (row.debtor_agent, row.creditor_agent))
        head = head_of(connection)
    number = settlement_reference(settlement, row.attempt)
    instruction = Settlement(
        id=number,
        end_to_end_id=number,
        amount=row.amount,
        currency=scheme.unit,
        settlement_date=date.fromisoformat(row.due),
        debtor=sender,
        creditor=receiver,
        uetr=_uetr(released),
        info=f"{scheme.id}, cycle {row.cycle}"[:_NAME],
    )
    header = Header(number, created or head.at, sender, receiver)
    return _checked(number, pacs009(header, [instruction]), schema_folder)


def return_message(
    database: Database, payment: int, *, created: datetime | None = None, schema_folder: Path | None = None
) -> Answer:
    """pacs.004 for a reversed payment: the creditor's agent sends it back to the debtor's, as it was ordered.

    Raises
    ------
    InputError
        If the payment was not reversed.
    """
    journal, resolution = tables.journal, tables.resolution
    with database.reading() as connection:
        row = lifecycle.one_payment(connection, payment)
        query = (
            sa.select(journal)
            .join(resolution, resolution.c.seq == journal.c.seq)
            .where(resolution.c.payment == payment, resolution.c.kind == "reversed")
        )
        event = connection.execute(query).first()
        if event is None:
            raise InputError(f"payment {payment} is {row.status}; only a reversed payment is returned.")
        order = submitted(connection, [payment])[payment]
        sender, receiver = (_agent(connection, name) for name in (row.creditor_agent, row.debtor_agent))
        head = head_of(connection)
    body = json.loads(event.body)
    code, info = _reason(body["code"], body["reason"], "return")
    number, day = f"RTN-{payment}", date.fromisoformat(event.day)
    sent_back = Return(number, _original(order), order.amount, order.currency, day, code, info)
    header = Header(number, created or head.at, sender, receiver)
    return _checked(number, pacs004(header, [sent_back]), schema_folder)


def recall(
    database: Database,
    payment: int,
    reason: str,
    info: str = "",
    *,
    created: datetime | None = None,
    schema_folder: Path | None = None,
) -> Answer:
    """camt.056: the debtor's agent asks the creditor's to let a payment be cancelled. The books do not move.

    Raises
    ------
    InputError
        If the payment is undone already.
    MessageError
        If the reason is no code for a cancellation.
    """
    with database.reading() as connection:
        row = lifecycle.one_payment(connection, payment)
        if row.status not in ("pending", "posted", "frozen"):
            raise InputError(f"payment {payment} is {row.status}: there is nothing left to recall.")
        order = submitted(connection, [payment])[payment]
        sender, receiver = (_agent(connection, name) for name in (row.debtor_agent, row.creditor_agent))
        head = head_of(connection)
    reason_for(reason, "cancellation")
    day = date.fromisoformat(row.settlement_date)
    number = f"RCL-{payment}"
    asked = Recall(number, _original(order), order.amount, order.currency, day, reason, _clean(info))
    header = Header(number, created or head.at, sender, receiver)
    return _checked(number, camt056(header, [asked]), schema_folder)


def notification(
    database: Database,
    scheme: Scheme,
    party: str,
    day: date,
    *,
    created: datetime | None = None,
    schema_folder: Path | None = None,
) -> Answer:
    """camt.054: what was booked on a party's accounts on a business day.

    Raises
    ------
    InputError
        If the party is unknown or nothing was booked.
    """
    drawn = statement(database, scheme, party, first=day, last=day)
    moved = [each for each in drawn.accounts if each.movements]
    if not moved:
        raise InputError(
            f"nothing was booked on the accounts of {party!r} on {day}: there is nothing to notify."
        )
    at = created or drawn.head.at
    number = _numbered("NTF", drawn.head.seq, at, party, day)
    notes = [
        Notification(
            f"{number}-{at_}"[:_ID], str(each.id), each.currency, _entries(each), _clean(drawn.name, _NAME)
        )
        for at_, each in enumerate(moved, 1)
    ]
    return _checked(number, camt054(number, at, notes, _servicer(drawn)), schema_folder)


def account_statement(
    database: Database,
    scheme: Scheme,
    party: str,
    *,
    cycle: int | None = None,
    first: date | None = None,
    last: date | None = None,
    created: datetime | None = None,
    schema_folder: Path | None = None,
) -> Answer:
    """camt.053: a party's accounts over a cycle or a span of days, as in `statement`."""
    drawn = statement(database, scheme, party, cycle=cycle, first=first, last=last)
    number = _statement_number(drawn, created or drawn.head.at)
    return _checked(number, statement_message(drawn, message_id=number, created=created), schema_folder)


def statement_message(
    drawn: Statement,
    *,
    message_id: str = "",
    created: datetime | None = None,
    servicer: Agent | None = None,
) -> bytes:
    """A statement as camt.053, one Stmt for each account; pending payments are no entries."""
    at = created or drawn.head.at
    number = message_id or _statement_number(drawn, at)
    accounts = [
        AccountMessage(
            id=f"{number[: _ID - 4]}-{place}",
            account=str(each.id),
            currency=each.currency,
            first=drawn.first,
            last=drawn.last,
            opening=each.opening,
            closing=each.closing,
            entries=_entries(each),
            owner=_clean(drawn.name, _NAME),
        )
        for place, each in enumerate(drawn.accounts, 1)
    ]
    return camt053(number, at, accounts, servicer or _servicer(drawn))


def _statement_number(drawn: Statement, at: datetime) -> str:
    return _numbered("STM", drawn.head.seq, at, drawn.party, drawn.first, drawn.last, drawn.cycle)


def _entries(account: AccountStatement) -> tuple[StatementEntry, ...]:
    return tuple(
        StatementEntry(
            ref=f"{each.seq}-{each.leg}",
            amount=each.amount,
            booked=each.day,
            kind=each.kind[:_ID],
            end_to_end_id=_carried(each.reference),
            transaction_id=_carried(each.transaction_id),
            uetr=each.uetr if UETR.fullmatch(each.uetr) else "",
            info=_told(each),
        )
        for each in account.movements
    )


def _told(each: Movement) -> str:
    invoice = f"invoice {each.invoice}" if each.invoice else ""
    customer = f"for {each.customer}" if each.customer else ""
    return _clean("; ".join(part for part in (each.counterparty, customer, invoice) if part), _INFO)


def _servicer(drawn: Statement) -> Agent:
    """Who keeps the account: the agent of a customer, the house for an agent."""
    if drawn.kind == "agent":
        return Agent(id=drawn.scheme[:_ID], name=_clean(drawn.scheme_title, _NAME))
    return Agent(name=_clean(drawn.agent, _NAME))


def _house(scheme: Scheme) -> Agent:
    return Agent(id=scheme.id[:_ID], name=_clean(scheme.title, _NAME))


def _agent(connection: sa.Connection, party: str) -> Agent:
    table = tables.party
    row = connection.execute(sa.select(table).where(table.c.id == party)).first()
    if row is None:
        raise InputError(
            f"party {party!r} is not registered. Agents are agent-KAZ, …, by the country's code."
        )
    return Agent(row.bic, _carried(row.id), _clean(row.name, _NAME))


def _status(order: PaymentOrder, outcome: Outcome) -> Status:
    code, info = _reason(outcome.code, outcome.reason, "status")
    if outcome.status == "pending":
        info = info or _WAITS
    return Status(_original(order), _STATUS[outcome.status], code, info)


def _reason(code: str, info: str, use: Use) -> tuple[str, str]:
    """Code and words; a code that such an answer cannot carry becomes NARR, the code set's word for "see the text"."""
    known = reasons().get(code)
    info = _clean(info)
    if not code or (known is not None and use in known.uses):
        return code, info
    return "NARR", f"{code}: {info}"


def _original(of: PaymentOrder | Refusal) -> Original:
    """The payment's own identifiers; its key where it has none, as from CSV or JSON."""
    found = Original.of(of)
    if found.instruction_id or found.end_to_end_id or found.transaction_id or found.uetr:
        return found
    return Original(found.message_id, transaction_id=_carried(of.key), end_to_end_id="NOTPROVIDED")


def _orders(connection: sa.Connection, outcomes: Sequence[Outcome]) -> list[PaymentOrder]:
    known: dict[int, PaymentOrder] = {}
    for part in in_parts(each.id for each in outcomes if each.id is not None):
        known |= submitted(connection, part)
    lost = [each.key for each in outcomes if each.id is None]
    if lost:
        raise InputError(
            f"{lost[0]!r}: its key stands for another payment, and the journal keeps no order to answer "
            f"under it. "
            "Give the orders as submitted."
        )
    return [known[each.id] for each in outcomes if each.id is not None]


def _release_of(connection: sa.Connection, settlement: int) -> Any:
    """The journal row that released a settlement in its present attempt; None if it is not released."""
    journal = tables.journal
    kinds = ("settlement-due", "settlement-released", "settlement-rejected", "settlement-returned")
    query = sa.select(journal).where(journal.c.seq > settlement, journal.c.kind.in_(kinds))
    found = None
    for row in connection.execute(query.order_by(journal.c.seq)):
        if json.loads(row.body)["settlement"] == settlement:
            found = row if row.kind == "settlement-released" else None
    return found


def _uetr(row: Any) -> str:
    """A UETR in the form of a random UUID (RFC 9562, version 4), its bits from the hash of a journal row."""
    digest = hashlib.sha256(f"uetr {row.seq} {row.hash}".encode()).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def _numbered(kind: str, seq: int, at: datetime, *content: object) -> str:
    """An identifier that differs where content, moment or books do."""
    digest = hashlib.sha256("\x1f".join(map(repr, (at.isoformat(), *content))).encode()).hexdigest()
    return f"{kind}-{seq}-{digest[:10]}"


def _carried(identifier: str) -> str:
    return "" if len(identifier) > _ID or UNWRITABLE.search(identifier) else identifier


def _clean(text: str, longest: int | None = None) -> str:
    """Text that XML can carry, on one line, cut to its field."""
    return " ".join(UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text).split())[:longest]


def _checked(number: str, data: bytes, folder: Path | None) -> Answer:
    validation = Schemas(folder).validate(data, number)
    if not validation.ok:
        raise MessageError(f"{validation.message}. Nothing was written.")
    return Answer(_message_of(data), number, data, validation)


def _message_of(data: bytes) -> str:
    start = data.index(b"tech:xsd:") + len(b"tech:xsd:")
    return data[start : data.index(b'"', start)].decode()
