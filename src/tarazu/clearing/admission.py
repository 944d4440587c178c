"""Admission: whether an order may be booked, in which amounts, when, and if not, why not.

The checks, in this order: parties and names, eligibility of goods, amounts, size, the cycle, dates, standing
(screening), price, limits. The first that stops an order gives its answer. What has to do with the day (no rate yet,
lists too old, a limit) refuses a new order, but only delays one that waits already: nothing was wrong with that one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter, gt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.books import fits
from tarazu.clearing.order import SEPARATOR, PaymentOrder
from tarazu.clearing.parties import CLEARING, CUSTOMER, MAY_PAY, POSITION, standings
from tarazu.clearing.rates import convert_int
from tarazu.clearing.scheme import Overflow, Scheme
from tarazu.core.errors import InputError
from tarazu.core.names import normalise

if TYPE_CHECKING:
    from tarazu.clearing.books import Account, Books
    from tarazu.clearing.calendar import JointCalendar

Ratio = Callable[[str, str], tuple[int, int]]
LARGEST_PAYMENT = 2**56  # minor units; balances of thousands of such payments stay within 64 bits
LEAST_KG, MOST_KG = Decimal("0.001"), Decimal(10**10)  # a gram to ten million tonnes
LONGEST = {
    "key": 200,
    "debtor": 80,
    "creditor": 80,
    "currency": 3,
    "debtor_name": 500,
    "creditor_name": 500,
    "hs": 12,
    "invoice": 200,
    "message_id": 200,
    "instruction_id": 200,
    "end_to_end_id": 200,
    "transaction_id": 200,
    "uetr": 200,
}
_texts = attrgetter(*LONGEST)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a batch of orders is judged by; read once per transaction.

    Attributes
    ----------
    ratio
        Units of one currency per unit of another today, as a fraction; raises `InputError` without a rate.
    prices
        Usual unit values by HS code, USD per kilogram: (low, high).
    cycle
        Row of the open cycle.
    valid_until
        Last day on which the newest sanctions list may be relied on; empty if there is none.
    overdue
        Agents with a settlement past its deadline: they may not owe more.
    """

    scheme: Scheme
    calendar: JointCalendar
    ratio: Ratio
    prices: Mapping[str, tuple[float, float]]
    cycle: Any
    valid_until: str
    overdue: frozenset[str]

    def lists_hold(self, day: str) -> bool:
        """Whether the newest lists may be relied on that day."""
        return self.valid_until >= day


@dataclass(frozen=True, slots=True)
class Submission:
    """An order with its place in the books: a new one, or one that waited (`id`) and may now pass (`waived`)."""

    order: PaymentOrder
    by: str = ""
    id: int | None = None
    waived: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Booked:
    amount: int
    debit: int
    credit: int
    settlement_date: date
    expires: str
    status: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A registered party with what its orders are judged by, read once for a batch.

    Attributes
    ----------
    may_pay
        Both it and its agent are clear or released on the current lists.
    own, position, clearing
        Its account, and its agent's two.
    """

    id: str
    name: str
    country: str
    currency: str
    agent: str
    set_off: bool
    may_pay: bool
    own: Account
    position: Account
    clearing: Account


class NotBooked(Exception):  # noqa: N818  (an answer, not an error)
    def __init__(self, status: str, code: str, reason: str, why: str = "") -> None:
        self.status, self.code, self.reason, self.why = status, code, reason, why


class Admission:
    """Judges the orders of one batch, each by what those before it left.

    Attributes
    ----------
    customers
        Parties named by the orders, by identifier; agents and unknown ones are not among them.
    queued
        Numbers of queued orders by the debtor's agent: nothing that came later goes before them.
    """

    def __init__(self, books: Books, desk: Desk, orders: Sequence[PaymentOrder]) -> None:
        self.books, self.desk = books, desk
        connection, party = books.connection, tables.party
        names = {each.debtor for each in orders} | {each.creditor for each in orders}
        chosen = sa.select(party).where(party.c.id.in_(sorted(names)), party.c.kind != "agent")
        rows = list(connection.execute(chosen))
        agents = {row.agent for row in rows}
        self.standing = standings(connection, names | agents)
        books.load({row.id for row in rows} | agents)
        self.customers = {row.id: self._customer(row) for row in rows}
        self.queued = self._queues()
        self.checked_names: dict[tuple[str, str], bool] = {}
        self.ratios: dict[tuple[str, str], tuple[int, int]] = {}
        self.dates: dict[date, date] = {}
        self.expiries: dict[date, str] = {}
        self.admitted: dict[str, bool] = {}
        self.usual: dict[str, tuple[float, float] | None] = {}

    def _customer(self, row: Any) -> Customer:
        account, unit = self.books.account, self.desk.scheme.unit
        return Customer(
            row.id,
            row.name,
            row.country,
            row.currency,
            row.agent,
            bool(row.set_off),
            all(self.standing.get(name) in MAY_PAY for name in (row.id, row.agent)),
            account(row.id, CUSTOMER, row.currency),
            account(row.agent, POSITION, row.currency),
            account(row.agent, CLEARING, unit),
        )

    def judge(self, submission: Submission) -> Booked:
        """Amounts, date and status; raises `NotBooked` with the answer otherwise."""
        order, waited = submission.order, submission.id
        debtor, creditor = self._party(order.debtor), self._party(order.creditor)
        self._check_names(order, debtor, creditor)
        if debtor.country == creditor.country:
            raise _refused("AG01", f"both parties are in {debtor.country}: clearing is between members.")
        self._check_goods(order)
        amount, debit, credit = self._amounts(order, debtor.currency, creditor.currency, waited)
        self._check_size(amount, debit, credit)
        self._check_open()
        settles = self._settles(order, self.books.today if waited else None)
        self._check_standing(debtor, creditor, waited)
        if "price" not in submission.waived:
            self._check_price(order, amount)
        self._check_limits(debtor, amount, debit, waited)
        circular = self.desk.scheme.set_off and debtor.set_off and creditor.set_off
        if not circular and settles == self.books.today:
            return Booked(amount, debit, credit, settles, settles.isoformat(), "posted")
        # What waits for the set-off of its cycle waits for the close, whenever that is.
        until = max(settles, date.fromisoformat(self.desk.cycle.ends)) if circular else settles
        return Booked(amount, debit, credit, settles, self._expires(until), "pending")

    def _party(self, identifier: str) -> Customer:
        found = self.customers.get(identifier)
        if found is None:
            raise _refused(
                "AC01", f"party {identifier!r} is not registered. Register it: tarazu clearing party add."
            )
        return found

    def _check_names(self, order: PaymentOrder, debtor: Customer, creditor: Customer) -> None:
        if not (order.debtor_name or order.creditor_name):
            return
        for given, party in ((order.debtor_name, debtor), (order.creditor_name, creditor)):
            if not given or given == party.name:
                continue
            pair = (given, party.name)
            if pair not in self.checked_names:
                self.checked_names[pair] = normalise(given) == normalise(party.name)
            if not self.checked_names[pair]:
                # A name that was never screened must not travel under an identifier that was.
                raise _refused(
                    "BE01", f"party {party.id!r} is registered as {party.name!r}, the order says {given!r}."
                )

    def _check_goods(self, order: PaymentOrder) -> None:
        scheme, given = self.desk.scheme, order.quantity_kg
        weight = None if given is None else Decimal(given)
        if order.hs and not (order.hs.isascii() and order.hs.isdigit()):
            raise _refused("RR07", f"HS {order.hs!r}: expected plain digits, such as 100390.")
        if weight is not None and not (weight.is_finite() and LEAST_KG <= weight <= MOST_KG):
            raise _refused("RR07", f"net weight {weight} kg: expected a number from {LEAST_KG} to {MOST_KG}.")
        if order.hs not in self.admitted:
            self.admitted[order.hs] = scheme.admits(order.hs)
        if not self.admitted[order.hs]:
            stated = f"HS {order.hs}" if order.hs else "no HS code"
            raise _refused("AG01", f"{scheme.id} does not admit it: the order states {stated}.")

    def _amounts(
        self, order: PaymentOrder, paid: str, received: str, waited: int | None
    ) -> tuple[int, int, int]:
        unit, given = self.desk.scheme.unit, order.currency
        if given not in (unit, paid, received):
            raise _refused("AM03", f"currency {given!r}: expected {unit}, {paid} or {received}.")
        if order.amount <= 0:
            raise _refused("AM12", f"expected an amount above 0, got {order.amount}.")
        try:
            amount = self._convert(order.amount, given, unit)
            debit = order.amount if given == paid else self._convert(amount, unit, paid)
            credit = order.amount if given == received else self._convert(amount, unit, received)
        except InputError as error:  # no rate of today
            raise _later(waited, "NARR", str(error), "rate") from error
        if min(amount, debit, credit) <= 0:
            raise _refused("AM06", "the amount is nothing in one of the currencies, after rounding.")
        return amount, debit, credit

    def _convert(self, amount: int, given: str, wanted: str) -> int:
        if given == wanted:
            return amount
        if (given, wanted) not in self.ratios:
            self.ratios[given, wanted] = self.desk.ratio(given, wanted)
        return convert_int(amount, *self.ratios[given, wanted])

    def _check_size(self, amount: int, debit: int, credit: int) -> None:
        scheme = self.desk.scheme
        if max(amount, debit, credit) >= LARGEST_PAYMENT:
            raise _refused("AM02", "the amount is beyond what the ledger takes in one of its currencies.")
        if scheme.payment_min is not None and amount < scheme.payment_min:
            least = self._shown(scheme.payment_min)
            raise _refused("AM06", f"{self._shown(amount)} is less than the smallest payment, {least}.")
        if scheme.payment_max is not None and amount > scheme.payment_max:
            most = self._shown(scheme.payment_max)
            raise _refused("AM02", f"{self._shown(amount)} is more than the largest payment, {most}.")

    def _shown(self, amount: int, currency: str = "") -> str:
        """An amount as people read it, by default in the unit of account."""
        code = currency or self.desk.scheme.unit
        scale = self.desk.scheme.scale(code)
        return f"{amount / 10**scale:,.{scale}f} {code}"

    def _check_open(self) -> None:
        cycle, scheme = self.desk.cycle, self.desk.scheme
        if not scheme.in_force(self.books.today):
            until = f" to {scheme.valid_to}" if scheme.valid_to else ""
            raise _refused(
                "AG01", f"{scheme.id} is in force from {scheme.valid_from}{until}; today is {self.books.day}."
            )
        if self.books.day > cycle.ends:
            raise NotBooked(
                "queued", "DT01", f"cycle {cycle.id} ended on {cycle.ends} and is not closed yet.", "cycle"
            )

    def _settles(self, order: PaymentOrder, not_before: date | None) -> date:
        asked, today = order.settlement_date, self.books.today
        if not_before is not None:
            asked = max(asked, not_before)
        if asked < today:
            raise _refused("DT01", f"settlement date {asked} has passed; today is {today}.")
        if (asked - today).days > 2 * max(self.desk.scheme.pending_days, 1) + 14:
            raise _refused("DT01", f"settlement date {asked} is too far ahead of {today}.")
        if asked not in self.dates:
            self.dates[asked] = self._calendar_day(asked, 0)
        return self.dates[asked]

    def _expires(self, until: date) -> str:
        """The day after which a pending payment expires."""
        if until not in self.expiries:
            self.expiries[until] = self._calendar_day(until, self.desk.scheme.pending_days).isoformat()
        return self.expiries[until]

    def _calendar_day(self, day: date, ahead: int) -> date:
        try:
            return self.desk.calendar.add_business_days(day, ahead)
        except InputError as error:  # a year whose holidays nobody has listed
            raise _refused("DT01", str(error)) from error

    def _check_standing(self, debtor: Customer, creditor: Customer, waited: int | None) -> None:
        if not self.desk.lists_hold(self.books.day):
            until = self.desk.valid_until or "never (none is loaded)"
            reason = (
                f"the sanctions lists may be relied on until {until}; today is {self.books.day}. "
                "Load newer ones: tarazu clearing screen --list FILE."
            )
            raise _later(waited, "AG01", reason, "lists")
        if debtor.may_pay and creditor.may_pay:
            return
        for identifier in (debtor.id, creditor.id, debtor.agent, creditor.agent):
            state = self.standing.get(identifier, "not screened")
            if state == "blocked":
                raise _refused("AG01", f"party {identifier!r} is blocked by a decision on a screening hit.")
            if state not in MAY_PAY:
                raise NotBooked(
                    "held", "RR04", f"party {identifier!r} is {state}: awaits a decision.", "screening"
                )

    def _check_price(self, order: PaymentOrder, amount: int) -> None:
        usual = self._usual_price(order.hs)
        if usual is None:
            return
        scheme = self.desk.scheme
        if not order.quantity_kg:
            raise NotBooked(
                "held",
                "NARR",
                f"no net weight: the price of HS {order.hs} cannot be checked. Awaits a decision.",
                "price",
            )
        value = amount / 10 ** scheme.scale(scheme.unit) / float(order.quantity_kg)
        band = float(scheme.price_band)
        if not usual[0] / band <= value <= usual[1] * band:
            raise NotBooked(
                "held",
                "NARR",
                f"unit value {value:.4g} {scheme.unit}/kg of HS {order.hs}: the dossier's range is "
                f"{usual[0]:.4g} to "
                f"{usual[1]:.4g}, and the scheme flags beyond {band:g} times. Awaits a decision.",
                "price",
            )

    def _usual_price(self, hs: str) -> tuple[float, float] | None:
        """Range of the nearest heading; for a code wider than any heading, from the lowest to the highest under it."""
        if hs not in self.usual:
            prices = self.desk.prices
            known = [prices[hs[:length]] for length in (6, 4) if len(hs) >= length and hs[:length] in prices][
                :1
            ]
            known = known or [
                each for code, each in prices.items() if hs and len(hs) < 6 and code.startswith(hs)
            ]
            self.usual[hs] = (min(low for low, _ in known), max(high for _, high in known)) if known else None
        return self.usual[hs]

    def _check_limits(self, debtor: Customer, amount: int, debit: int, waited: int | None) -> None:
        agent = debtor.agent
        if agent in self.desk.overdue:
            raise _later(
                waited, "AG01", f"{agent} has a settlement past its deadline and may not owe more.", "limit"
            )
        line = debtor.own
        if line.available is not None and line.available < debit:
            left, asked = self._shown(line.available, line.currency), self._shown(debit, line.currency)
            words = f"party {debtor.id!r} has {left} available, not {asked}."
            raise _refused("AM04", words)
        overflow = self.desk.scheme.overflow
        if overflow not in (Overflow.REJECT, Overflow.QUEUE):
            return
        swing = debtor.clearing
        if swing.available is None:
            return
        if swing.available < amount:
            left, asked = self._shown(swing.available), self._shown(amount)
            words = f"{agent} has {left} of its swing limit left, not {asked}."
            if overflow is Overflow.REJECT:
                raise _later(waited, "AM21", words, "limit")
            raise NotBooked("queued", "AM21", words, "limit")
        if any(waited is None or number < waited for number in self.queued.get(agent, ())):
            raise NotBooked(
                "queued", "AM21", f"orders of {agent} before it wait for the swing limit.", "limit"
            )

    def _queues(self) -> dict[str, set[int]]:
        """Numbers of queued orders by the debtor's agent: nothing that came later goes before them."""
        waiting, party = tables.waiting, tables.party
        query = (
            sa.select(waiting.c.id, party.c.agent)
            .join(party, party.c.id == waiting.c.debtor)
            .where(waiting.c.state == "queued")
        )
        found: dict[str, set[int]] = {}
        for row in self.books.connection.execute(query):
            found.setdefault(row.agent, set()).add(row.id)
        return found


def _refused(code: str, reason: str) -> NotBooked:
    return NotBooked("refused", code, reason)


def _later(waited: int | None, code: str, reason: str, why: str) -> NotBooked:
    """What refuses a new order only delays one that waits already: nothing was wrong with that one."""
    return _refused(code, reason) if waited is None else NotBooked("queued", code, reason, why)


def unfit(order: PaymentOrder) -> str:
    """Why an order cannot even be kept; empty for a sound one."""
    texts = _texts(order)
    # Nearly every order passes this; only one that does not is looked at text by text.
    if not "".join(texts).isprintable() or any(map(gt, map(len, texts), LONGEST.values())):
        for (name, longest), text in zip(LONGEST.items(), texts, strict=True):
            if len(text) > longest:
                return f"{name}: expected at most {longest} characters, got {len(text)}."
            if not fits(text) or SEPARATOR in text:
                return f"{name}: a control or broken character. Expected Unicode text."
    if not order.key:
        return "key: it is empty. Every order needs one, such as its UETR."
    if not -LARGEST_PAYMENT < order.amount < LARGEST_PAYMENT:
        return f"amount {order.amount}: beyond what the ledger takes."
    return ""
