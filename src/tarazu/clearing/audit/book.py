"""What the journal amounts to up to a row: accounts, parties, payments, the open cycle, what was approved."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tarazu.clearing.calendar import JointCalendar
from tarazu.clearing.scheme import Scheme

Legs = dict[str, list[list[int]]]
MAY_PAY = ("clear", "released")


class Fault(Exception):  # noqa: N818  (a finding about the book, not an error of the program)
    """A rule that the row at hand breaks, so that nothing more can be said about the row."""


@dataclass(slots=True)
class Event:
    """A journal row: its body, what is found against it, and the rows of other tables that must go with it.

    `required` says that the row before demanded this one.
    """

    seq: int
    day: date
    kind: str
    body: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    rows: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    required: bool = False

    def fault(self, what: str) -> None:
        self.faults.append(what)

    def need(self, holds: bool, what: str) -> None:
        """Note a finding unless something holds."""
        if not holds:
            self.faults.append(what)

    def expect(self, **recomputed: Any) -> None:
        """Note every field of the body that differs from what was recomputed."""
        for name, value in recomputed.items():
            if self.body[name] != value:
                self.faults.append(f"{name} is {short(self.body[name])}, recomputed {short(value)}")


def short(value: Any) -> str:
    """A value in a message."""
    text = repr(value)
    return text if len(text) <= 90 else text[:87] + "…"


@dataclass(slots=True)
class Account:
    """An account with its balances; a debit is negative.

    Where interest runs, `charged` is the balance on which it was last charged and `days` what each day moved since.
    """

    id: int
    owner: str
    purpose: str
    currency: str
    limit: int | None
    posted: int = 0
    pending_debit: int = 0
    pending_credit: int = 0
    charged: int = 0
    days: dict[str, int] = field(default_factory=dict)

    @property
    def available(self) -> int | None:
        return None if self.limit is None else self.posted - self.pending_debit + self.limit


@dataclass(slots=True)
class Party:
    """A registered party and its accounts by purpose."""

    id: str
    name: str
    kind: str
    country: str
    currency: str
    agent_id: str
    limit: int
    set_off: bool
    accounts: dict[str, Account] = field(default_factory=dict)

    def account(self, purpose: str) -> Account:
        if purpose not in self.accounts:
            raise Fault(f"party {self.id!r} has no {purpose} account")
        return self.accounts[purpose]


@dataclass(slots=True)
class Payment:
    """A booked payment as it stands."""

    id: int
    seq: int
    debtor: Party
    creditor: Party
    debtor_agent: Party
    creditor_agent: Party
    amount: int
    debit: int
    credit: int
    settles: str
    expires: str
    day: str
    cycle: int
    status: str
    disputed: bool = False
    set_off: int = 0

    @property
    def parties(self) -> tuple[Party, Party, Party, Party]:
        return self.debtor, self.creditor, self.debtor_agent, self.creditor_agent

    def legs(self, debit: int, amount: int, credit: int) -> list[list[int]]:
        """The six legs of a payment of these sizes; legs of nothing are left out."""
        six = (
            (self.debtor.account("customer"), -debit),
            (self.debtor_agent.account("position"), debit),
            (self.debtor_agent.account("clearing"), -amount),
            (self.creditor_agent.account("clearing"), amount),
            (self.creditor_agent.account("position"), -credit),
            (self.creditor.account("customer"), credit),
        )
        return [[account.id, size] for account, size in six if size]

    def whole(self) -> list[list[int]]:
        """The six legs as they were booked."""
        return self.legs(self.debit, self.amount, self.credit)

    def rest(self) -> list[list[int]]:
        """The legs by which it was posted: what set-off left of each amount, in proportion, half to even."""
        left = Fraction(self.amount - self.set_off, self.amount)
        return self.legs(round(self.debit * left), self.amount - self.set_off, round(self.credit * left))


@dataclass(slots=True)
class Proposal:
    """What one operator proposed."""

    id: int
    action: str
    details: dict[str, Any]
    by: str
    approved_by: str | None = None
    state: str = "open"


@dataclass(slots=True)
class Waiting:
    """An order that waits, or waited, for a decision, a limit or a cycle."""

    order: dict[str, Any]
    state: str = "waits"
    price_passed: bool = False


@dataclass(slots=True)
class Standing:
    """What the newest verdict and decision on a party amount to."""

    verdict: int
    list: int
    state: str


@dataclass(slots=True)
class Cycle:
    """A cycle; `row` is the journal row that closed it, `charged` the last one whose legs bore interest then."""

    id: int
    opened: str
    ends: str
    closed: str | None = None
    row: int | None = None
    charged: int | None = None


@dataclass(slots=True)
class Settlement:
    """A settlement between agents."""

    id: int
    cycle: int
    debtor: str
    creditor: str
    amount: int
    due: str
    status: str = "due"
    attempt: int = 1
    released: bool = False


@dataclass(slots=True)
class Closing:
    """What has happened so far in the close that is going on."""

    rate: str | None
    phase: int = 0
    expired: int = 0
    frozen: int = 0
    set_off: dict[int, int] = field(default_factory=dict)
    to_post: dict[int, int] = field(default_factory=dict)  # what a set-off still has to post
    charged: int | None = None  # the last row whose legs bear interest in this close
    rate_used: Decimal | None = None
    interest: dict[str, int] = field(default_factory=dict)
    interest_booked: bool = False
    consolidated: dict[str, int] = field(default_factory=dict)
    dues: deque[tuple[str, str, str, int]] | None = None
    settlements: list[dict[str, Any]] = field(default_factory=list)


class Book:
    """The replay's state. `scheme` and `calendar` are set by the first row."""

    scheme: Scheme
    calendar: JointCalendar

    def __init__(self) -> None:
        self.public_key = ""
        self.operators: set[str] = set()
        self.parties: dict[str, Party] = {}
        self.accounts: dict[int, Account] = {}
        self.list_id, self.list_until = 0, ""
        self.standing: dict[str, Standing] = {}
        self.proposals: dict[int, Proposal] = {}
        self.grant: Proposal | None = None  # approved, and not yet carried out
        self.required: deque[tuple[str, dict[str, Any]]] = deque()  # rows that must come next
        self.requests: dict[str, tuple[int, str]] = {}  # key: number and digest
        self.waiting: dict[int, Waiting] = {}
        self.payments: dict[int, Payment] = {}
        self.pending: dict[int, Payment] = {}
        self.posted: dict[int, Payment] = {}  # in the open cycle
        self.cycles: list[Cycle] = []
        self.settlements: dict[int, Settlement] = {}
        self.closing: Closing | None = None
        self.last_closing: dict[str, int] = {}  # clearing balances at the last close
        self.rates: dict[tuple[str, str], dict[date, Fraction]] = {}
        self.prices: dict[str, tuple[float, float]] = {}
        self.cache: dict[
            tuple[Any, ...], Any
        ] = {}  # of what the rules and rates say; emptied when they change

    @property
    def cycle(self) -> Cycle:
        """The open cycle."""
        if not self.cycles or self.cycles[-1].closed is not None:
            raise Fault("no cycle is open")
        return self.cycles[-1]

    def party(self, identifier: str) -> Party:
        if identifier not in self.parties:
            raise Fault(f"party {identifier!r} was never registered")
        return self.parties[identifier]

    def payment(self, number: int, *states: str) -> Payment:
        """A payment in one of these states."""
        if number not in self.payments:
            raise Fault(f"payment {number} was never booked")
        found = self.payments[number]
        if found.status not in states:
            raise Fault(f"payment {number} is {found.status}, expected {' or '.join(states)}")
        return found

    def lists_hold(self, event: Event) -> None:
        """A fault unless the newest lists may be relied on that day."""
        until = self.list_until or "never: none was loaded"
        event.need(self.list_until >= event.day.isoformat(), f"on lists that were valid until {until}")

    def may_pay(self, parties: Sequence[Party]) -> bool:
        """Whether each was screened against the current lists and is clear or released."""
        for party in parties:
            standing = self.standing.get(party.id)
            if standing is None or standing.list != self.list_id or standing.state not in MAY_PAY:
                return False
        return True

    def stopped(self, parties: Sequence[Party]) -> str:
        """Who of them may not pay, and why."""
        found = []
        for party in parties:
            if not self.may_pay((party,)):
                standing = self.standing.get(party.id)
                stale = standing is not None and standing.list != self.list_id
                state = "not screened" if standing is None else (standing.state + " on an older list" * stale)
                found.append(f"{party.id} is {state}")
        return "; ".join(found)

    def circular(self, payment: Payment) -> bool:
        """Whether a payment waits for the set-off of its cycle."""
        return self.scheme.set_off and payment.debtor.set_off and payment.creditor.set_off

    def due_now(self, day: date) -> list[Payment]:
        """Pending payments that a close on this day posts, in the order of their numbers."""
        today = day.isoformat()
        return [
            each
            for _, each in sorted(self.pending.items())
            if each.settles <= today and not each.disputed and self.may_pay(each.parties)
        ]

    def by_operator(self, event: Event, name: Any) -> None:
        """Note it if a name is no operator's."""
        if name not in self.operators:
            event.fault(f"{name!r} is no operator of this house")
