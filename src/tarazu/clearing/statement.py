"""A party's statement of account, drawn from the books at one row of the journal.

For every account of the party

    opening + sum of movements = closing,    pending = holds - releases,

both checked against the entries when the statement is drawn. A cycle runs from the row that closed the one before
to the row that closed it; a span of days is read by business date. Pending payments are those of the end of the
period; limits and standing are those of the moment at which the statement is drawn, whose journal row it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.booking import submitted
from tarazu.clearing.books import HOLD, POSTED, RELEASE
from tarazu.clearing.order import PaymentOrder
from tarazu.clearing.parties import CLEARING, CUSTOMER, FROZEN, OFFSET, POSITION
from tarazu.clearing.scheme import Scheme
from tarazu.clearing.statement_frame import Period, head_of, in_parts, mark, period_of, screened
from tarazu.clearing.statement_values import (
    PURPOSES,
    AccountStatement,
    Head,
    Movement,
    Pending,
    SetOffPart,
    Statement,
)
from tarazu.core.errors import InputError, LedgerError
from tarazu.store.database import Database

__all__ = ["Statement", "settlement_reference", "statement"]

# Words for the events that move an account, on the payer's side and on the other.
_PAYMENT = ("Payment made", "Payment received")
_WORDS: Mapping[str, tuple[str, str]] = {
    "submitted": _PAYMENT,
    "booked": _PAYMENT,
    "post": _PAYMENT,
    "freeze": ("Payment made, frozen", "Payment received, frozen"),
    "thaw": ("Payment made, frozen no more", "Payment received, frozen no more"),
    "reverse": ("Payment made, reversed", "Payment received, reversed"),
    "home": ("Collected at home", "Paid out at home"),
    "interest": ("Interest charged", "Interest credited"),
    "consolidate": ("Consolidated", "Consolidated"),
    "settlement-settled": ("Settlement paid", "Settlement received"),
    "settlement-returned": ("Settlement paid, returned", "Settlement received, returned"),
}
_TOLD_ELSEWHERE = frozenset({"home", "set-off", "interest", "submitted"})  # long bodies that say nothing more


def statement(
    database: Database,
    scheme: Scheme,
    party: str,
    *,
    cycle: int | None = None,
    first: date | None = None,
    last: date | None = None,
    purposes: Sequence[str] = (),
) -> Statement:
    """Draw the statement of a party over a cycle, a span of days (both included), or all that was booked.

    Parameters
    ----------
    purposes
        Kinds of account to draw, such as ``clearing``; by default all. What set-off discharged is read from a
        customer's account and from an agent's exchange position.

    Raises
    ------
    InputError
        If party or cycle do not exist, or cycle and days are both given, or the days run backwards.
    LedgerError
        If the entries do not add up to what they should.
    """
    with database.reading() as connection:
        head = head_of(connection)
        period = period_of(connection, head, cycle, first, last)
        return _Reader(connection, scheme, party, head, period, purposes).read()


def settlement_reference(number: int, attempt: int) -> str:
    """Identifier that an instruction to settle carries from end to end; each attempt has its own."""
    return f"STL-{number}-{attempt}"


@dataclass(slots=True)
class _Leg:
    seq: int
    leg: int
    account: int
    amount: int
    layer: str
    day: str
    kind: str
    body: Mapping[str, Any]

    @property
    def payment(self) -> int | None:
        if self.kind == "submitted":
            return self.seq
        found: int | None = self.body.get("payment", self.body.get("request"))
        return found


class _Reader:
    """One statement on its way out of one snapshot of the books."""

    def __init__(
        self,
        connection: sa.Connection,
        scheme: Scheme,
        party: str,
        head: Head,
        period: Period,
        purposes: Sequence[str] = (),
    ) -> None:
        self.connection, self.scheme, self.head, self.period = connection, scheme, head, period
        found = connection.execute(sa.select(tables.party).where(tables.party.c.id == party)).first()
        if found is None:
            raise InputError(
                f"party {party!r} is not registered. `tarazu clearing show` lists the parties; agents are "
                f"agent-KAZ, …"
            )
        self.party, self.is_agent = found, found.kind == "agent"
        account = tables.account
        owned = sa.select(account).where(account.c.owner == party).order_by(account.c.id)
        rows = sorted(connection.execute(owned), key=lambda row: list(PURPOSES).index(row.purpose))
        self.accounts = {row.id: row for row in rows if not purposes or row.purpose in purposes}
        self.names: dict[str, str] = {}
        self.payments: dict[int, Any] = {}
        self.orders: dict[int, PaymentOrder] = {}
        self.settlements: dict[int, Any] = {}
        self.across: dict[tuple[int, int], Any] = {}
        self.attempts: dict[int, list[int]] = {}

    def read(self) -> Statement:
        legs, pending = self._legs(), self._pending()
        self._look_up(legs, pending)
        opening = self._sums(POSTED, self.period.before)
        by_account: dict[int, list[_Leg]] = {number: [] for number in self.accounts}
        for leg in legs:
            by_account[leg.account].append(leg)
        statements = tuple(
            self._account(row, opening.get(number, 0), by_account[number], pending)
            for number, row in self.accounts.items()
            if row.purpose != OFFSET
        )
        parts = tuple(self._set_off(legs))
        self._check(statements, parts, by_account)
        # What is booked on the day of a close, after it, belongs to the cycle that opens on the next.
        first = min([self.period.first, *(date.fromisoformat(leg.day) for leg in legs[:1])])
        standing = tables.standing
        state = self.connection.scalar(sa.select(standing.c.state).where(standing.c.party == self.party.id))
        screenings, verdicts = screened(self.connection, self.party.id, self.period)
        return Statement(
            party=self.party.id,
            name=self.party.name,
            kind=self.party.kind,
            country=self.party.country,
            agent=self._name(self.party.agent),
            scheme=self.scheme.id,
            scheme_title=self.scheme.title,
            scheme_digest=self.scheme.digest,
            unit=self.scheme.unit,
            own_currency=self.party.currency,
            mark=mark(self.scheme),
            finality=self.scheme.finality,
            first=first,
            last=max(first, self.period.last),
            cycle=self.period.cycle,
            cycle_open=self.period.open,
            accounts=statements,
            set_off=parts,
            standing=state or "not screened",
            screenings=screenings,
            screened=verdicts,
            head=self.head,
        )

    def _legs(self) -> list[_Leg]:
        """Legs of the period on the party's accounts, each with what its event says."""
        entry, journal = tables.entry, tables.journal
        query = (
            sa.select(entry, journal.c.day, journal.c.kind)
            .join(journal, journal.c.seq == entry.c.seq)
            .where(entry.c.account.in_(self.accounts), self.period.within(journal.c.seq, journal.c.day))
            .order_by(entry.c.seq, entry.c.leg)
        )
        rows = list(self.connection.execute(query))
        telling = {row.seq for row in rows if row.kind not in _TOLD_ELSEWHERE}
        bodies: dict[int, Any] = {}
        for part in in_parts(telling):
            found = sa.select(journal.c.seq, journal.c.body).where(journal.c.seq.in_(part))
            bodies |= {row.seq: json.loads(row.body) for row in self.connection.execute(found)}
        return [
            _Leg(r.seq, r.leg, r.account, r.amount, r.layer, r.day, r.kind, bodies.get(r.seq, {}))
            for r in rows
        ]

    def _pending(self) -> list[Any]:
        """Payments held at the end of the period: booked until then as pending, and not resolved until then."""
        payment, resolution, journal = tables.payment, tables.resolution, tables.journal
        stage = sa.and_(resolution.c.payment == payment.c.id, resolution.c.stage == "pending")
        mine = (payment.c.debtor, payment.c.creditor, payment.c.debtor_agent, payment.c.creditor_agent)
        query = (
            sa.select(payment)
            .outerjoin(resolution, stage)
            .outerjoin(journal, journal.c.seq == resolution.c.seq)
            .where(
                sa.or_(*(column == self.party.id for column in mine)),
                self.period.until(payment.c.seq, payment.c.day),
                sa.or_(
                    sa.and_(resolution.c.seq.is_(None), payment.c.status == "pending"),
                    sa.not_(self.period.until(resolution.c.seq, journal.c.day)),
                ),
            )
            .order_by(payment.c.id)
        )
        return list(self.connection.execute(query))

    def _sums(self, layer: str, when: Any) -> dict[int, int]:
        entry, journal = tables.entry, tables.journal
        query = (
            sa.select(entry.c.account, sa.func.sum(entry.c.amount).label("moved"))
            .join(journal, journal.c.seq == entry.c.seq)
            .where(
                entry.c.account.in_(self.accounts),
                entry.c.layer == layer,
                when(journal.c.seq, journal.c.day),
            )
            .group_by(entry.c.account)
        )
        return {row.account: int(row.moved) for row in self.connection.execute(query)}

    def _look_up(self, legs: Sequence[_Leg], pending: Sequence[Any]) -> None:
        """Read the payments, orders, settlements and names that the lines speak of."""
        numbers = {leg.payment for leg in legs} | {row.id for row in pending}
        payment, settlement, party = tables.payment, tables.settlement, tables.party
        for part in in_parts(number for number in numbers if number is not None):
            rows = self.connection.execute(sa.select(payment).where(payment.c.id.in_(part)))
            self.payments |= {row.id: row for row in rows}
            self.orders |= submitted(self.connection, part)
        for part in in_parts({leg.body["settlement"] for leg in legs if "settlement" in leg.body}):
            rows = self.connection.execute(sa.select(settlement).where(settlement.c.id.in_(part)))
            self.settlements |= {row.id: row for row in rows}
        self._look_up_attempts()
        self._look_across([leg for leg in legs if leg.kind == "home"])
        wanted = {self.party.id, self.party.agent, *(row.owner for row in self.across.values())}
        wanted |= {name for row in self.payments.values() for name in (row.debtor, row.creditor)}
        wanted |= {
            name for row in self.settlements.values() for name in (row.debtor_agent, row.creditor_agent)
        }
        wanted |= {leg.body[side] for leg in legs for side in ("debtor", "creditor") if side in leg.body}
        for names in in_parts(wanted):
            found = sa.select(party.c.id, party.c.name).where(party.c.id.in_(names))
            self.names |= {row.id: row.name for row in self.connection.execute(found)}

    def _look_up_attempts(self) -> None:
        """Rows at which settlements became due once more, so that a movement is of the attempt it belongs to."""
        again = [row.id for row in self.settlements.values() if row.attempt > 1]
        journal = tables.journal
        if again:
            query = sa.select(journal.c.seq, journal.c.body).where(
                journal.c.kind == "settlement-due", journal.c.seq > min(again)
            )
            for row in self.connection.execute(query.order_by(journal.c.seq)):
                self.attempts.setdefault(json.loads(row.body)["settlement"], []).append(row.seq)

    def _look_across(self, legs: Sequence[_Leg]) -> None:
        """Owner and purpose on the other side of settlements at home: legs 2n and 2n + 1 are a pair."""
        entry, account = tables.entry, tables.account
        wanted = {(leg.seq, leg.leg ^ 1) for leg in legs}
        for part in in_parts({seq for seq, _ in wanted}):
            query = (
                sa.select(entry.c.seq, entry.c.leg, account.c.owner, account.c.purpose)
                .join(account, account.c.id == entry.c.account)
                .where(entry.c.seq.in_(part))
            )
            if not self.is_agent:  # a customer has one leg in each, an agent as many as it has customers
                query = query.where(entry.c.leg.in_({leg for _, leg in wanted}))
            rows = self.connection.execute(query)
            self.across |= {(r.seq, r.leg): r for r in rows if (r.seq, r.leg) in wanted}

    def _account(
        self, row: Any, opening: int, legs: Sequence[_Leg], pending: Sequence[Any]
    ) -> AccountStatement:
        balance, movements = opening, []
        for leg in legs:
            if leg.layer == POSTED:
                balance += leg.amount
                movements.append(self._movement(row, leg, balance))
        held = [(each, amount) for each in pending if (amount := self._held(row, each))]
        return AccountStatement(
            id=row.id,
            purpose=row.purpose,
            currency=row.currency,
            limit=row.credit_limit,
            opening=opening,
            closing=balance,
            movements=tuple(movements),
            pending=tuple(self._hold(each, amount) for each, amount in held),
        )

    def _movement(self, account: Any, leg: _Leg, balance: int) -> Movement:
        said: dict[str, Any] = {}
        pays = leg.amount < 0
        words = _WORDS.get(leg.kind, (leg.kind, leg.kind))
        if leg.payment is not None:
            said, pays = self._of_payment(leg.payment)
        elif leg.kind == "home":
            other = self.across[leg.seq, leg.leg ^ 1]
            said = {"customer" if self.is_agent else "counterparty": self._name(other.owner)}
            pays = (leg.amount > 0) == (account.purpose == CUSTOMER)
            if FROZEN in (account.purpose, other.purpose):
                words = ("Frozen at home", "Frozen at home")
        elif "settlement" in leg.body:
            row = self.settlements[leg.body["settlement"]]
            pays = row.debtor_agent == self.party.id
            attempt = 1 + sum(seq < leg.seq for seq in self.attempts.get(row.id, ()))
            said = {
                "counterparty": self._name(row.creditor_agent if pays else row.debtor_agent),
                "reference": settlement_reference(row.id, attempt),
                "transaction_id": leg.body.get("reference", ""),
            }
        elif "creditor" in leg.body:
            sides = (leg.body["debtor"], leg.body["creditor"])
            said = {"counterparty": self._name(sides[sides[0] == self.party.id])}
        kind = words[0] if pays else words[1]
        if leg.body.get("set_off"):
            kind += ", rest after set-off"
        if leg.payment is not None and self.payments[leg.payment].status == "frozen" and leg.kind != "freeze":
            kind += ", since frozen with the debtor's agent"
        return Movement(date.fromisoformat(leg.day), leg.seq, leg.leg, kind, leg.amount, balance, **said)

    def _of_payment(self, number: int) -> tuple[dict[str, Any], bool]:
        """What a line says of a payment, and whether the party is on the side that pays."""
        row, order = self.payments[number], self.orders[number]
        pays = self.party.id in (row.debtor, row.debtor_agent)
        own, other = (row.debtor, row.creditor) if pays else (row.creditor, row.debtor)
        said = {
            "payment": number,
            "counterparty": self._name(other),
            "customer": self._name(own) if self.is_agent else "",
            "reference": order.end_to_end_id,
            "transaction_id": order.transaction_id,
            "uetr": order.uetr,
            "invoice": order.invoice,
        }
        return said, pays

    def _held(self, account: Any, row: Any) -> int:
        """What a pending payment holds on an account, 0 if it is not one of its accounts."""
        pays = self.party.id in (row.debtor, row.debtor_agent)
        local = -row.debit if pays else row.credit
        held = {CUSTOMER: local, POSITION: -local, CLEARING: -row.amount if pays else row.amount}
        return int(held.get(account.purpose, 0))

    def _hold(self, row: Any, amount: int) -> Pending:
        said, _ = self._of_payment(row.id)
        return Pending(
            payment=row.id,
            day=date.fromisoformat(row.day),
            settles=date.fromisoformat(row.settlement_date),
            expires=date.fromisoformat(row.expires),
            amount=amount,
            **{name: said[name] for name in ("counterparty", "customer", "reference", "invoice")},
        )

    def _set_off(self, legs: Sequence[_Leg]) -> Iterator[SetOffPart]:
        """What set-off discharged: what a hold held on the account in local currency, less what was posted of it."""
        of = POSITION if self.is_agent else CUSTOMER
        local: dict[int, int] = {}
        posts = [leg for leg in legs if leg.body.get("set_off") and self.accounts[leg.account].purpose == of]
        for leg in posts:
            local[leg.seq] = local.get(leg.seq, 0) + (leg.amount if leg.layer == RELEASE else -leg.amount)
        for leg in (leg for leg in posts if leg.layer == RELEASE):
            number = leg.body["payment"]
            said, pays = self._of_payment(number)
            yield SetOffPart(
                payment=number,
                day=date.fromisoformat(leg.day),
                amount=leg.body["set_off"],
                local=abs(local[leg.seq]),
                owed=pays,
                **{name: said[name] for name in ("counterparty", "customer", "reference", "invoice")},
            )

    def _check(
        self,
        statements: Sequence[AccountStatement],
        parts: Sequence[SetOffPart],
        legs: Mapping[int, Sequence[_Leg]],
    ) -> None:
        """Compare with sums that the database makes for itself."""
        posted, held, let_go = (self._sums(layer, self.period.until) for layer in (POSTED, HOLD, RELEASE))
        for each in statements:
            moved = sum(move.amount for move in each.movements)
            if not each.opening + moved == each.closing == posted.get(each.id, 0):
                raise LedgerError(
                    f"account {each.id}: opening {each.opening} and movements {moved} are not the balance "
                    f"{posted.get(each.id, 0)}. Run `tarazu clearing verify`."
                )
            pending = held.get(each.id, 0) - let_go.get(each.id, 0)
            if sum(hold.amount for hold in each.pending) != pending:
                raise LedgerError(
                    f"account {each.id}: pending payments do not add up to the holds of {pending}. "
                    "Run `tarazu clearing verify`."
                )
        if self.is_agent or not {CUSTOMER, OFFSET} <= {row.purpose for row in self.accounts.values()}:
            return
        offset = sum(e.amount for n, row in self.accounts.items() if row.purpose == OFFSET for e in legs[n])
        if offset != sum(-part.amount if part.owed else part.amount for part in parts):
            raise LedgerError(
                f"party {self.party.id}: what set-off discharged by payment is not {offset}, as its account "
                "says. Run `tarazu clearing verify`."
            )

    def _name(self, party: str) -> str:
        return self.names[party]
