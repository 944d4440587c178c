"""Booking: from a payment order to a posted or pending payment, or to a reason why not.

A payment of ``u`` in the unit of account, ``x`` in the debtor's currency and ``y`` in the creditor's is six legs:

    debtor    customer account     -x        creditor's agent  clearing account   +u  (unit of account)
    debtor's agent  exchange pos.  +x        creditor's agent  exchange position  -y
    debtor's agent  clearing acc.  -u        creditor          customer account   +y

Four of them exchange the two currencies over the agents' exchange positions; the two on the clearing accounts
are what one agent owes the other. Orders are taken in the order in which they came; each is checked against
what those before it left (`tarazu.clearing.admission`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.admission import Admission, Booked, Customer, Desk, NotBooked, Submission, unfit
from tarazu.clearing.order import PaymentOrder

if TYPE_CHECKING:
    from tarazu.clearing.books import Account, Books

_MANY = 1000
_ORDER_FIELDS = tuple(each.name for each in fields(PaymentOrder))
_PLAIN = (str, int)
_values = attrgetter(*_ORDER_FIELDS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one order: posted, pending, held, queued or refused.

    Attributes
    ----------
    id
        Number of the payment; None for a key that already stands for something else.
    code, reason
        ISO 20022 external status reason code and words, where it was not booked.
    repeated
        The same key and content came before; this is the first answer again.
    """

    key: str
    status: str
    id: int | None = None
    code: str = ""
    reason: str = ""
    source: str = ""
    repeated: bool = False


def book(books: Books, desk: Desk, submissions: Sequence[Submission]) -> list[Outcome]:
    """Book a batch in order; nothing of it is written before `Books.flush` and the commit."""
    return _Batch(books, desk, submissions).run()


def order_json(order: PaymentOrder) -> dict[str, Any]:
    """The order as the journal keeps it: what was given, nothing else."""
    return {
        name: value if type(value) in _PLAIN else str(value)
        for name, value in zip(_ORDER_FIELDS, _values(order), strict=True)
        if value is not None and value != ""
    }


def order_from(body: Mapping[str, Any]) -> PaymentOrder:
    """The order as it was submitted."""
    quantity = body.get("quantity_kg")
    return PaymentOrder(
        **{
            **body,
            "settlement_date": date.fromisoformat(body["settlement_date"]),
            "quantity_kg": None if quantity is None else Decimal(quantity),
        }
    )


def submitted(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, PaymentOrder]:
    """Orders by the number of their submission, read back from the journal."""
    journal = tables.journal
    query = sa.select(journal.c.seq, journal.c.body).where(journal.c.seq.in_(numbers))
    return {row.seq: order_from(json.loads(row.body)["order"]) for row in connection.execute(query)}


class _Batch:
    """The state one batch is judged by, moving as its orders are booked."""

    def __init__(self, books: Books, desk: Desk, submissions: Sequence[Submission]) -> None:
        self.books, self.desk, self.submissions = books, desk, submissions
        connection = books.connection
        self.unfit = {id(each): why for each in submissions if (why := unfit(each.order))}
        sound = [each for each in submissions if id(each) not in self.unfit]
        self.admission = Admission(books, desk, [each.order for each in sound])
        request = tables.request
        keys = [each.order.key for each in sound if each.id is None]
        self.requests: dict[str, Any] = {
            row.key: row for row in connection.execute(sa.select(request).where(request.c.key.in_(keys)))
        }
        self.waits = self._waiting([each.id for each in sound if each.id is not None])
        self.new_requests: list[tuple[Any, ...]] = []
        self.new_waiting: list[tuple[Any, ...]] = []
        self.new_payments: list[tuple[Any, ...]] = []
        self.left_waiting: list[dict[str, Any]] = []

    def _waiting(self, numbers: Sequence[int]) -> dict[int, str]:
        """State of orders that are said to wait: another desk may have booked or refused one meanwhile."""
        waiting = tables.waiting
        found: dict[int, str] = {}
        for start in range(0, len(numbers), _MANY):
            query = sa.select(waiting.c.id, waiting.c.state).where(
                waiting.c.id.in_(numbers[start : start + _MANY])
            )
            found |= {row.id: row.state for row in self.books.connection.execute(query)}
        return found

    def run(self) -> list[Outcome]:
        outcomes = [self._one(each) for each in self.submissions]
        books, connection = self.books, self.books.connection
        books.database.insert(connection, tables.request, self.new_requests)
        books.database.insert(connection, tables.waiting, self.new_waiting)
        books.database.insert(connection, tables.payment, self.new_payments)
        if self.left_waiting:
            waiting = tables.waiting
            connection.execute(
                waiting.update()
                .where(waiting.c.id == sa.bindparam("number"))
                .values(state=sa.bindparam("now"), why=sa.bindparam("cause")),
                self.left_waiting,
            )
        return outcomes

    def _one(self, submission: Submission) -> Outcome:
        order = submission.order
        if id(submission) in self.unfit:
            return Outcome(order.key, "refused", None, "NARR", self.unfit[id(submission)], order.source)
        if submission.id is None:
            first = self.requests.get(order.key)
            if first is not None:
                return self._repeated(order, first)
        elif self.waits.get(submission.id) not in ("held", "queued"):
            status = {"booked": "posted", "refused": "refused"}[self.waits[submission.id]]
            return Outcome(order.key, status, submission.id, source=order.source, repeated=True)
        try:
            booked = self.admission.judge(submission)
        except NotBooked as no:
            return self._not_booked(submission, no)
        return self._booked(submission, booked)

    def _repeated(self, order: PaymentOrder, first: Any) -> Outcome:
        if first.digest == order.digest():
            return Outcome(order.key, first.status, first.id, first.code, first.reason, order.source, True)
        reason = (
            f"key {order.key!r} already stands for another payment (no. {first.id}). Expected the same "
            f"content, "
            "or a new key for a new payment."
        )
        self.books.record("refused-key", {"order": order_json(order), "first": first.id})
        return Outcome(order.key, "refused", None, "AM05", reason, order.source)

    def _not_booked(self, submission: Submission, no: NotBooked) -> Outcome:
        order = submission.order
        body = {"status": no.status, "code": no.code, "reason": no.reason}
        number = submission.id
        if number is not None:
            if no.status == "refused":
                self.books.record("waited-refused", {"request": number, **body})
            self._leaves(number, order, no.status, no.why)
        else:
            number = self.books.record(
                "submitted", {"order": order_json(order), **body, "why": no.why, "by": submission.by}
            )
            self._remember(order, number, no.status, no.code, no.reason)
            if no.status in ("held", "queued"):
                self.new_waiting.append((number, no.status, no.why, False, order.debtor, order.creditor))
        if no.status == "queued":
            self.admission.queued.setdefault(self.admission.customers[order.debtor].agent, set()).add(number)
        return Outcome(order.key, no.status, number, no.code, no.reason, order.source)

    def _leaves(self, number: int, order: PaymentOrder, state: str, why: str = "") -> None:
        """Note what became of an order that waited."""
        self.left_waiting.append({"number": number, "now": state, "cause": why})
        party = self.admission.customers.get(order.debtor)
        if party is not None:
            self.admission.queued.get(party.agent, set()).discard(number)

    def _booked(self, submission: Submission, booked: Booked) -> Outcome:
        order = submission.order
        debtor, creditor = self.admission.customers[order.debtor], self.admission.customers[order.creditor]
        legs = _legs(debtor, creditor, booked)
        settles = booked.settlement_date.isoformat()
        body = {
            "amount": booked.amount,
            "debit": booked.debit,
            "credit": booked.credit,
            "settles": settles,
            "expires": booked.expires,
            "status": booked.status,
            "cycle": self.desk.cycle.id,
        }
        if submission.id is None:
            body |= {"order": order_json(order), "by": submission.by}
        else:
            body["request"] = submission.id
        kind = "submitted" if submission.id is None else "booked"
        sides = {"post": legs} if booked.status == "posted" else {"hold": legs}
        seq = self.books.record(kind, body, **sides)
        number = seq if submission.id is None else submission.id
        if submission.id is None:
            self._remember(order, number, booked.status, "", "")
        else:
            self._leaves(number, order, "booked")
        self.new_payments.append(
            (
                number,
                seq,
                order.debtor,
                order.creditor,
                debtor.agent,
                creditor.agent,
                booked.amount,
                booked.debit,
                booked.credit,
                settles,
                body["expires"],
                self.books.day,
                self.desk.cycle.id,
                booked.status,
                False,
            )
        )
        return Outcome(order.key, booked.status, number, source=order.source)

    def _remember(self, order: PaymentOrder, number: int, status: str, code: str, reason: str) -> None:
        row = (order.key, number, order.digest(), status, code, reason)
        self.new_requests.append(row)
        self.requests[order.key] = _First(*row)


@dataclass(frozen=True, slots=True)
class _First:
    key: str
    id: int
    digest: str
    status: str
    code: str
    reason: str


def _legs(debtor: Customer, creditor: Customer, booked: Booked) -> list[tuple[Account, int]]:
    return [
        (debtor.own, -booked.debit),
        (debtor.position, booked.debit),
        (debtor.clearing, -booked.amount),
        (creditor.clearing, booked.amount),
        (creditor.position, -booked.credit),
        (creditor.own, booked.credit),
    ]
