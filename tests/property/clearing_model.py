"""What a clearing house should hold after any sequence of operations, in plain Python and as short as possible.

The model knows nothing of the journal, of transactions or of SQL: accounts are numbers in a dictionary. Interest
and the size of settlements are taken from the house's own closes; other tests recompute those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from clearing_support import AGENTS, COUNTRY, DAY, IRR, KZT, NAMES, OWN_CURRENCY
from tarazu.clearing.cycle import Close
from tarazu.clearing.order import PaymentOrder
from tarazu.clearing.scheme import Scheme

PER_UNIT = {"USD": 1, "KZT": KZT, "IRR": IRR}
MAY_PAY = ("clear", "released")
Legs = list[tuple[tuple[str, str], int]]


def agent_of(party: str) -> str:
    return f"agent-{COUNTRY[party[0]]}"


def own(party: str) -> str:
    return OWN_CURRENCY[COUNTRY[party[0]]]


@dataclass
class Account:
    """Posted, pending debit, pending credit, and the limit."""

    posted: int = 0
    debit: int = 0
    credit: int = 0
    limit: int | None = None


@dataclass
class Payment:
    """A booked payment."""

    debtor: str
    creditor: str
    amount: int
    debit: int
    credit: int
    settles: date
    expires: str
    cycle: int
    status: str
    disputed: bool = False

    @property
    def legs(self) -> Legs:
        here, there = agent_of(self.debtor), agent_of(self.creditor)
        return [
            ((self.debtor, "customer"), -self.debit),
            ((here, "position"), self.debit),
            ((here, "clearing"), -self.amount),
            ((there, "clearing"), self.amount),
            ((there, "position"), -self.credit),
            ((self.creditor, "customer"), self.credit),
        ]


@dataclass
class Settlement:
    """A settlement between agents."""

    debtor: str
    creditor: str
    amount: int
    due: str
    status: str = "due"
    attempt: int = 1
    released: bool = False  # in this attempt


class No(Exception):  # noqa: N818  (an answer)
    """An order that is not booked: status and code."""


@dataclass
class Model:
    """The whole house."""

    scheme: Scheme
    day: date = DAY
    listed: frozenset[str] = frozenset()
    list_day: date = DAY
    standing: dict[str, str] = field(default_factory=lambda: dict.fromkeys(AGENTS, "clear"))
    accounts: dict[tuple[str, str], Account] = field(default_factory=lambda: defaultdict(Account))
    first: dict[str, tuple[PaymentOrder, tuple[Any, ...]]] = field(default_factory=dict)
    waiting: dict[int, tuple[PaymentOrder, str]] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)
    settlements: dict[int, Settlement] = field(default_factory=dict)
    cycle: int = 1

    def __post_init__(self) -> None:
        self.calendar = self.scheme.calendar()
        self.ends = self.scheme.cycle.end(DAY, self.calendar)
        for member, agent in zip(self.scheme.members, AGENTS, strict=True):
            self.accounts[agent, "clearing"].limit = member.swing_limit

    # -- parties

    def register(self, party: str, limit: int) -> None:
        self.accounts[party, "customer"].limit = limit
        self.standing[party] = "held" if party in self.listed else "clear"

    def new_list(self, listed: Iterable[str]) -> None:
        self.listed, self.list_day = frozenset(listed), self.day
        for party, state in self.standing.items():
            if state not in ("blocked", "held"):
                self.standing[party] = "held" if party in self.listed else "clear"
        self.thaw()
        self.retry("held")

    def decide(self, party: str, release: bool) -> None:
        self.standing[party] = "released" if release else "blocked"
        if release:
            self.thaw()
        else:
            mine = [
                p for p in self.payments.values() if p.status == "pending" and party in (p.debtor, p.creditor)
            ]
            for payment in mine:
                self.drop(payment, "voided")
        self.retry("held")

    @property
    def lists_hold(self) -> bool:
        return self.day <= self.list_day + timedelta(days=self.scheme.screening_max_age_days)

    def may_pay(self, payment: Payment) -> bool:
        parties = (payment.debtor, payment.creditor)
        return self.lists_hold and all(self.standing[each] in MAY_PAY for each in parties)

    # -- orders

    def answer(self, order: PaymentOrder, number: int | None) -> tuple[str, str, bool]:
        """Status, code and whether it is a repetition; `number` is the one that the house gave it."""
        if order.key in self.first:
            known, (status, code) = self.first[order.key]
            return (status, code, True) if known == order else ("refused", "AM05", False)
        assert number is not None
        status, code = self.enter(order, number, waited=False)
        self.first[order.key] = (order, (status, code))
        return status, code, False

    def enter(self, order: PaymentOrder, number: int, *, waited: bool) -> tuple[str, str]:
        try:
            payment = self.judge(order, number if waited else None)
        except No as no:
            status, code = no.args
            if waited or status in ("held", "queued"):
                self.waiting[number] = (order, status)
            return status, code
        if waited:
            self.waiting[number] = (order, "booked")
        self.payments[number] = payment
        self.post(payment.legs) if payment.status == "posted" else self.hold(payment.legs)
        return payment.status, ""

    def judge(self, order: PaymentOrder, waited: int | None) -> Payment:
        debtor, creditor = order.debtor, order.creditor
        if debtor not in self.standing or creditor not in self.standing:
            raise No("refused", "AC01")
        if debtor[0] == creditor[0] or order.hs.startswith("27"):
            raise No("refused", "AG01")
        if order.currency not in ("USD", own(debtor), own(creditor)):
            raise No("refused", "AM03")
        if order.amount <= 0:
            raise No("refused", "AM12")
        amount = round(Fraction(order.amount, PER_UNIT[order.currency]))
        debit = order.amount if order.currency == own(debtor) else amount * PER_UNIT[own(debtor)]
        credit = order.amount if order.currency == own(creditor) else amount * PER_UNIT[own(creditor)]
        if not 100_000 <= amount <= 500_000_000:
            raise No("refused", "AM06" if amount < 100_000 else "AM02")
        if self.day > self.ends:
            raise No("queued", "DT01")
        asked = order.settlement_date if waited is None else max(order.settlement_date, self.day)
        if not 0 <= (asked - self.day).days <= 2 * self.scheme.pending_days + 14:
            raise No("refused", "DT01")
        settles = self.calendar.next_open(asked)
        self.check_parties(debtor, creditor, waited)
        self.check_limits(debtor, amount, debit, waited)
        expires = self.calendar.add_business_days(settles, self.scheme.pending_days).isoformat()
        status = "posted" if settles == self.day else "pending"
        return Payment(debtor, creditor, amount, debit, credit, settles, expires, self.cycle, status)

    def check_parties(self, debtor: str, creditor: str, waited: int | None) -> None:
        if not self.lists_hold:
            raise No("refused" if waited is None else "queued", "AG01")
        for party in (debtor, creditor):
            if self.standing[party] == "blocked":
                raise No("refused", "AG01")
            if self.standing[party] == "held":
                raise No("held", "RR04")

    def check_limits(self, debtor: str, amount: int, debit: int, waited: int | None) -> None:
        agent = agent_of(debtor)
        unpaid = [
            each for each in self.settlements.values() if each.status != "settled" and each.debtor == agent
        ]
        if any(each.due < self.day.isoformat() for each in unpaid):
            raise No("refused" if waited is None else "queued", "AG01")
        if self.available(debtor, "customer") < debit:
            raise No("refused", "AM04")
        full = self.available(agent, "clearing") < amount
        if full:
            new = self.scheme.overflow == "reject" and waited is None
            raise No("refused" if new else "queued", "AM21")
        ahead = [
            n for n, (o, state) in self.waiting.items() if state == "queued" and agent_of(o.debtor) == agent
        ]
        if any(waited is None or number < waited for number in ahead):
            raise No("queued", "AM21")

    def available(self, owner: str, purpose: str) -> int:
        account = self.accounts[owner, purpose]
        assert account.limit is not None
        return account.posted - account.debit + account.limit

    def retry(self, state: str) -> None:
        for number in sorted(n for n, (_, now) in self.waiting.items() if now == state):
            self.enter(self.waiting[number][0], number, waited=True)

    # -- accounts

    def post(self, legs: Legs, sign: int = 1) -> None:
        for key, amount in legs:
            self.accounts[key].posted += sign * amount

    def hold(self, legs: Legs, sign: int = 1) -> None:
        for key, amount in legs:
            if amount < 0:
                self.accounts[key].debit -= sign * amount
            else:
                self.accounts[key].credit += sign * amount

    def drop(self, payment: Payment, status: str) -> None:
        assert payment.status == "pending"
        self.hold(payment.legs, -1)
        payment.status = status

    def reverse(self, payment: Payment) -> None:
        self.post(payment.legs, -1)
        payment.status = "reversed"

    def freeze(self, payment: Payment, *, back: bool = False) -> None:
        frozen = (agent_of(payment.debtor), "frozen")
        (_, first), *others = payment.legs
        self.post([(frozen, first), *others], 1 if back else -1)
        payment.status = "posted" if back else "frozen"

    def thaw(self) -> None:
        for payment in self.payments.values():
            if payment.status == "frozen" and self.may_pay(payment):
                self.freeze(payment, back=True)
                payment.cycle = self.cycle

    # -- days and cycles

    def begin_day(self) -> None:
        """Expire what is late and post what is due."""
        for payment in self.payments.values():
            if payment.status != "pending":
                continue
            if payment.expires < self.day.isoformat():
                self.drop(payment, "expired")
            elif payment.settles <= self.day and not payment.disputed and self.may_pay(payment):
                self.drop(payment, "posted")
                self.post(payment.legs)
                payment.cycle = self.cycle

    def advance(self) -> None:
        self.begin_day()
        for each in self.settlements.values():
            if each.status in ("due", "released") and each.due < self.day.isoformat():
                each.status = "overdue"
        self.retry("queued")

    def close(self, result: Close) -> None:
        self.begin_day()
        for payment in self.payments.values():
            if payment.cycle == self.cycle and payment.status == "posted" and not self.may_pay(payment):
                self.freeze(payment)
        mine = [p for p in self.payments.values() if p.cycle == self.cycle and p.status == "posted"]
        assert (result.cycle, result.payments, result.gross) == (
            self.cycle,
            len(mine),
            sum(p.amount for p in mine),
        )
        for each in result.agents:
            self.accounts[each.agent, "clearing"].posted += each.interest
        self.settle_at_home()
        for each in result.agents:
            assert each.closing == self.accounts[each.agent, "clearing"].posted
        for due in result.settlements:
            self.settlements[due.id] = Settlement(due.debtor_agent, due.creditor_agent, due.amount, due.due)
        self.cycle += 1
        self.ends = self.scheme.cycle.end(self.day + timedelta(days=1), self.calendar)
        self.retry("queued")

    def settle_at_home(self) -> None:
        for party in NAMES:
            if party not in self.standing:
                continue
            customer, stopped = self.accounts[party, "customer"], self.standing[party] not in MAY_PAY
            if stopped and customer.posted < 0:
                continue
            self.accounts[agent_of(party), "frozen" if stopped else "domestic"].posted += customer.posted
            customer.posted = 0

    def settle(self, each: Settlement, sign: int) -> None:
        self.post(
            [
                ((each.debtor, "clearing"), each.amount),
                ((each.debtor, "convertible"), -each.amount),
                ((each.creditor, "convertible"), each.amount),
                ((each.creditor, "clearing"), -each.amount),
            ],
            sign,
        )
