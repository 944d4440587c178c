"""Replay of orders: each answered once for its key, and booked only within every rule at that moment."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

from tarazu.clearing.audit import four_eyes
from tarazu.clearing.audit.book import Book, Event, Fault, Legs, Party, Payment, Waiting
from tarazu.clearing.audit.conversion import converted
from tarazu.clearing.scheme import Overflow
from tarazu.core.names import normalise

_WHY = {"refused": ("",), "held": ("screening", "price"), "queued": ("limit", "cycle")}
_CONTENT = (  # of an order's digest, in this order
    "debtor",
    "creditor",
    "amount",
    "currency",
    "settlement_date",
    "debtor_name",
    "creditor_name",
    "hs",
    "quantity_kg",
    "invoice",
    "message_id",
    "instruction_id",
    "end_to_end_id",
    "transaction_id",
    "uetr",
)


def digest(order: dict[str, Any]) -> str:
    """SHA-256 of an order's content in hexadecimal; what it does not state is empty, a missing weight ``None``."""
    get = order.get
    content = "\x1f".join(str(get(name, "None" if name == "quantity_kg" else "")) for name in _CONTENT)
    return hashlib.sha256(content.encode()).hexdigest()


def submitted(book: Book, event: Event) -> Legs:
    """The first answer to an order."""
    body = event.body
    order, status = body["order"], body["status"]
    key, content = order.get("key", ""), digest(body["order"])
    event.need(bool(key), "an order without a key")
    event.need(
        key not in book.requests, f"key {key!r} stands for payment {book.requests.get(key, (0,))[0]} already"
    )
    book.requests[key] = (event.seq, content)
    answer = (body.get("code", ""), body.get("reason", ""))
    event.rows.append(("request", (event.seq, key, content, status, *answer)))
    if "amount" in body:
        return _booked(book, event, order, event.seq)
    event.need(body["why"] in _WHY.get(status, ()), f"{status!r} because of {body['why']!r} is no answer")
    if status != "refused":
        book.waiting[event.seq] = Waiting(order)
    return {}


def booked(book: Book, event: Event) -> Legs:
    """An order that waited is booked."""
    number = event.body["request"]
    waited = _waits(book, number)
    waited.state = "booked"
    return _booked(book, event, waited.order, number)


def waited_refused(book: Book, event: Event) -> Legs:
    """An order that waited is refused."""
    _waits(book, event.body["request"]).state = "refused"
    event.expect(status="refused")
    return {}


def refused_key(book: Book, event: Event) -> Legs:
    """A key was used again for something else."""
    order = event.body["order"]
    first = book.requests.get(order.get("key", ""))
    if first is None:
        raise Fault(f"key {order.get('key', '')!r} was not used before")
    event.expect(first=first[0])
    event.need(digest(order) != first[1], "the same content came before: it is a repetition, no conflict")
    return {}


def price_decision(book: Book, event: Event) -> Legs:
    """Two operators decided on a price that was flagged."""
    body = event.body
    granted = four_eyes.take(book, event, "pass-price")
    details, waited = granted.details, _waits(book, body["request"])
    event.expect(
        proposal=granted.id,
        request=details["payment"],
        release=details["release"],
        reason=details["reason"],
    )
    if body["release"]:
        waited.price_passed = True
    else:
        waited.state = "price refused"
    return {}


def _waits(book: Book, number: int) -> Waiting:
    waited = book.waiting.get(number)
    if waited is None or waited.state != "waits":
        raise Fault(
            f"order {number} {'never waited' if waited is None else 'is ' + waited.state + ' already'}"
        )
    return waited


def _booked(book: Book, event: Event, order: dict[str, Any], number: int) -> Legs:
    body, first = event.body, number == event.seq
    debtor, creditor = _customer(book, order.get("debtor", "")), _customer(book, order.get("creditor", ""))
    _check_parties(book, event, order, debtor, creditor)
    amount, debit, credit = _amounts(book, event, order, debtor, creditor)
    circular = book.scheme.set_off and debtor.set_off and creditor.set_off
    settles, expires, status = _dates(book, event, order, first, circular)
    event.expect(
        amount=amount,
        debit=debit,
        credit=credit,
        settles=settles,
        expires=expires,
        status=status,
        cycle=book.cycle.id,
    )
    agents = book.party(debtor.agent_id), book.party(creditor.agent_id)
    payment = Payment(
        number,
        event.seq,
        debtor,
        creditor,
        *agents,
        body["amount"],
        body["debit"],
        body["credit"],
        body["settles"],
        body["expires"],
        event.day.isoformat(),
        body["cycle"],
        body["status"],
    )
    _check_rules(book, event, order, payment)
    _check_limits(book, event, payment)
    if number in book.payments:
        raise Fault(f"payment {number} was booked already")
    book.payments[number] = payment
    (book.pending if payment.status == "pending" else book.posted)[number] = payment
    return {"H" if payment.status == "pending" else "P": payment.whole()}


def _customer(book: Book, identifier: str) -> Party:
    found = book.party(identifier)
    if found.kind == "agent":
        raise Fault(f"{identifier!r} is an agent, and payments are customers'")
    return found


def _check_parties(book: Book, event: Event, order: dict[str, Any], debtor: Party, creditor: Party) -> None:
    four = (debtor, creditor, book.party(debtor.agent_id), book.party(creditor.agent_id))
    if not book.may_pay(four):
        event.fault(
            f"booked although a party has no valid verdict on the current lists: {book.stopped(four)}"
        )
    book.lists_hold(event)
    for party, name in ((debtor, order.get("debtor_name")), (creditor, order.get("creditor_name"))):
        if name and name != party.name and normalise(name) != normalise(party.name):
            event.fault(f"{party.id} is {party.name!r}, the order says {name!r}, a name that nobody screened")
    if debtor.country == creditor.country:
        event.fault(f"both parties are in {debtor.country}")


def _amounts(
    book: Book, event: Event, order: dict[str, Any], debtor: Party, creditor: Party
) -> tuple[int, int, int]:
    """In the unit of account, the debtor's and the creditor's currency."""
    given, unit, size = order.get("currency", ""), book.scheme.unit, order["amount"]
    event.need(size > 0, f"an amount of {size}")
    event.need(given in (unit, debtor.currency, creditor.currency), f"currency {given!r} is neither party's")
    amount = converted(book, event.day, size, given, unit)
    debit, credit = (
        size if given == party.currency else converted(book, event.day, amount, unit, party.currency)
        for party in (debtor, creditor)
    )
    return amount, debit, credit


def _dates(
    book: Book, event: Event, order: dict[str, Any], first: bool, circular: bool
) -> tuple[str, str, str]:
    """The joint business day of settlement, the last day a hold lasts, and whether it is held or posted at once.

    What waits for the set-off of its cycle waits for the cycle's end at least.
    """
    asked = date.fromisoformat(order["settlement_date"])
    event.need(asked >= event.day or not first, f"settlement was asked for on {asked}, which had passed")
    asked = max(asked, event.day)
    key = ("dates", event.day, asked, circular, book.cycle.ends)
    if key not in book.cache:
        settles = book.calendar.next_open(asked)
        until = max(settles, date.fromisoformat(book.cycle.ends)) if circular else settles
        held = circular or settles > event.day
        expires = book.calendar.add_business_days(until, book.scheme.pending_days) if held else settles
        book.cache[key] = settles.isoformat(), expires.isoformat(), "pending" if held else "posted"
    found: tuple[str, str, str] = book.cache[key]
    return found


def _check_rules(book: Book, event: Event, order: dict[str, Any], payment: Payment) -> None:
    """What the scheme admits: goods, size, its own dates, the open cycle, a plausible price."""
    scheme, hs = book.scheme, order.get("hs", "")
    key = ("admits", hs)
    if key not in book.cache:
        book.cache[key] = scheme.admits(hs)
    if not book.cache[key]:
        event.fault(f"{scheme.id} does not admit HS {hs or 'unstated'}")
    low, high = scheme.payment_min, scheme.payment_max
    if (low is not None and payment.amount < low) or (high is not None and payment.amount > high):
        event.fault(f"an amount of {payment.amount} is outside the scheme's {low} to {high}")
    if not scheme.in_force(event.day):
        event.fault(f"{scheme.id} is not in force on {event.day}")
    if event.day.isoformat() > book.cycle.ends:
        event.fault(f"booked after the end of cycle {book.cycle.id} on {book.cycle.ends}")
    if not _plausible(book, order, payment):
        event.fault("its price lies far outside the usual range, and nobody let it pass")


def _plausible(book: Book, order: dict[str, Any], payment: Payment) -> bool:
    quantity, hs = order.get("quantity_kg"), order.get("hs", "")
    waited = book.waiting.get(payment.id)
    near = [book.prices[hs[:n]] for n in (6, 4) if len(hs) >= n and hs[:n] in book.prices][:1]
    under = [each for code, each in book.prices.items() if hs and len(hs) < 6 and code.startswith(hs)]
    known = near or under
    if not known or (waited is not None and waited.price_passed):
        return True
    if not quantity or not Decimal(quantity):
        return False
    usual = (min(each[0] for each in known), max(each[1] for each in known))
    scheme = book.scheme
    value: float = payment.amount / 10 ** scheme.scale(scheme.unit) / float(quantity)
    band = float(scheme.price_band)
    return usual[0] / band <= value <= usual[1] * band


def _check_limits(book: Book, event: Event, payment: Payment) -> None:
    """Pending debits count at once; limits are those in force at this row."""
    wanted = [(payment.debtor.account("customer"), payment.debit)]
    if book.scheme.overflow in (Overflow.REJECT, Overflow.QUEUE):
        wanted.append((payment.debtor_agent.account("clearing"), payment.amount))
    for account, size in wanted:
        left = account.available
        if left is not None and left < size:
            event.fault(
                f"{account.owner} had {left} {account.currency} left within its limit on its {account.purpose} "
                f"account, and {size} were booked"
            )
    for each in book.settlements.values():
        late = each.status != "settled" and each.due < event.day.isoformat()
        if late and each.debtor == payment.debtor_agent.id:
            event.fault(f"{each.debtor} has settlement {each.id} overdue and may not owe more")
