"""Replay of a close: every figure of it computed anew from the rows before."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tarazu.clearing.audit import four_eyes
from tarazu.clearing.audit.book import Account, Book, Closing, Event, Fault, Legs, Payment, Settlement
from tarazu.clearing.interest import daily_interest
from tarazu.clearing.scheme import Overflow

_DAY = timedelta(days=1)
_AFTER_CHARGE = ("interest", "home", "consolidate", "settlement", "close")


def going_on(book: Book, event: Event) -> Closing:
    """The close this row is part of."""
    if book.closing is None:
        raise Fault(f"a row {event.kind!r} stands outside a close that two operators approved")
    if book.closing.charged is None and event.kind in _AFTER_CHARGE:
        _charge(book, book.closing, event)
    return book.closing


def set_off(book: Book, event: Event) -> Legs:
    """A circulation of debts that were due, as large as any can be by the potentials stated with it."""
    closing, body = going_on(book, event), event.body
    due = book.due_now(event.day)
    event.need(book.scheme.set_off, f"{book.scheme.id} has no set-off")
    event.expect(cycle=book.cycle.id, finality=book.scheme.finality)
    cleared = dict(body["payments"])
    expected = [each.id for each in due]
    event.need(
        [number for number, _ in body["payments"]] == expected,
        f"the payments that are due are {expected[:9]}…; the set-off is of others",
    )
    listed = [each for each in due if each.id in cleared]
    _proven(event, listed, cleared, body["potentials"])
    closing.set_off = {number: part for number, part in cleared.items() if part}
    closing.to_post = cleared
    legs = []
    for each in listed:
        if part := cleared[each.id]:
            legs += [[each.debtor.account("offset").id, -part], [each.creditor.account("offset").id, part]]
    return {"P": legs} if legs else {}


def _proven(
    event: Event, due: list[Payment], cleared: Mapping[int, int], potentials: Mapping[str, int]
) -> None:
    """Bounds, net positions, and complementary slackness with the potentials p.

    f > 0 only if p_creditor - p_debtor <= 1, f < a only if p_creditor - p_debtor >= 1: then no circulation is larger.
    """
    net: dict[str, int] = {}
    for each in due:
        part = cleared[each.id]
        if type(part) is not int or not 0 <= part <= each.amount:
            event.fault(f"{part} set off of payment {each.id} over {each.amount}")
            continue
        net[each.debtor.id] = net.get(each.debtor.id, 0) - part
        net[each.creditor.id] = net.get(each.creditor.id, 0) + part
        rise = potentials[each.creditor.id] - potentials[each.debtor.id]
        if (part > 0 and rise > 1) or (part < each.amount and rise < 1):
            event.fault(
                f"payment {each.id}: {part} of {each.amount} set off at a rise of {rise}: it is not the most"
            )
    changed = next((firm for firm, position in net.items() if position), None)
    if changed is not None:
        event.fault(
            f"the set-off changes the net position of {changed} by {net[changed]}: it is no circulation"
        )


def interest(book: Book, event: Event) -> Legs:
    """Interest on the daily balances of the agents, summing to zero."""
    closing = going_on(book, event)
    terms = book.scheme.interest
    event.expect(cycle=book.cycle.id, rate=str(closing.rate_used), day_count=terms.day_count)
    event.need(not closing.interest_booked, "interest was charged twice")
    closing.interest_booked = True
    amounts = closing.interest.items()
    legs = [[book.party(agent).account("clearing").id, amount] for agent, amount in amounts if amount]
    return {"P": legs} if legs else {}


def _charge(book: Book, closing: Closing, event: Event) -> None:
    """Compute the interest that is due, on what stands before this row; what moves later is charged next time."""
    terms = book.scheme.interest
    if terms.rate is None:
        if closing.rate is None:
            raise Fault(f"{book.scheme.id} needs an interest rate for each close, and none was approved")
        terms = replace(terms, rate=Decimal(closing.rate))
    closing.charged, closing.rate_used = event.seq - 1, terms.rate
    first = book.cycles[-2].closed if len(book.cycles) > 1 else book.cycle.opened
    start = date.fromisoformat(first or "")
    days = [start + ahead * _DAY for ahead in range((event.day - start).days + 1)]
    amounts: dict[str, int] = {}
    for agent in agents(book):
        pair = (book.party(agent).account("clearing"), book.party(agent).account("consolidated"))
        amounts[agent] = daily_interest(_balances(pair, days), days, terms).amount
        for account in pair:
            account.charged, account.days = account.posted, {}
    odd = sum(amounts.values())
    if odd:  # the agent with the largest amount, of equals the first, takes what rounding left
        most = max(abs(amount) for amount in amounts.values())
        amounts[next(agent for agent, amount in amounts.items() if abs(amount) == most)] -= odd
    closing.interest = amounts


def _balances(accounts: tuple[Account, ...], days: list[date]) -> list[int]:
    """What two accounts held together at the end of each day.

    The night of the first day was charged at the close before, on what stood then; now only for what moved after it.
    """
    level = sum(account.charged for account in accounts)
    found, already = [], level
    for day in days:
        level += sum(account.days.get(day.isoformat(), 0) for account in accounts)
        found.append(level - already)
        already = 0
    return found


def agents(book: Book) -> list[str]:
    return [f"agent-{member.country}" for member in book.scheme.members]


def home(book: Book, event: Event) -> Legs:
    """Customers' balances move to their agents: at home, or frozen."""
    going_on(book, event)
    legs = _at_home(book)
    event.expect(customers=len(legs) // 2)
    return {"P": legs} if legs else {}


def _at_home(book: Book) -> list[list[int]]:
    legs = []
    for number, account in sorted(book.accounts.items()):
        if account.purpose != "customer" or not account.posted:
            continue
        owner = book.parties[account.owner]
        stopped = not book.may_pay((owner,))
        if stopped and account.posted < 0:
            continue
        other = book.party(owner.agent_id).account("frozen" if stopped else "domestic")
        legs += [[number, -account.posted], [other.id, account.posted]]
    return legs


def _dues(book: Book, closing: Closing) -> deque[tuple[str, str, str, int]]:
    """What has to be consolidated and what settled, in order: swing limits, overflow rule, settled share."""
    if closing.dues is not None:
        return closing.dues
    balance = {agent: book.party(agent).account("clearing") for agent in agents(book)}
    posted = {agent: account.posted for agent, account in balance.items()}
    before = [each for each in book.settlements.values() if each.status != "settled"]  # demanded, not arrived
    owes = {
        agent: max(0, -amount - sum(each.amount for each in before if each.debtor == agent))
        for agent, amount in posted.items()
    }
    above = {
        agent: max(0, owes[agent] - account.limit) if account.limit is not None else 0
        for agent, account in balance.items()
    }
    dues: deque[tuple[str, str, str, int]] = deque()
    if book.scheme.overflow is Overflow.CONSOLIDATE:
        owed = {agent: max(0, amount) for agent, amount in posted.items()}
        for debtor, amount in above.items():
            owes[debtor] -= amount
            if amount:
                closing.consolidated[debtor] = -amount
        for debtor, creditor, amount in _pairs(above, owed):
            posted[creditor] -= amount
            closing.consolidated[creditor] = closing.consolidated.get(creditor, 0) + amount
            dues.append(("consolidate", debtor, creditor, amount))
        above = dict.fromkeys(above, 0)
    share = Fraction(book.scheme.settle_share)
    owing = {agent: max(above[agent], round(share * amount)) for agent, amount in owes.items()}
    owed = {
        agent: max(0, amount - sum(each.amount for each in before if each.creditor == agent))
        for agent, amount in posted.items()
    }
    dues.extend(("settlement", *each) for each in _pairs(owing, owed))
    closing.dues = dues
    return dues


def _pairs(owing: Mapping[str, int], owed: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Largest debtor first, to the largest creditor first; equals by name."""
    left, found = dict(owed), []
    for debtor in sorted(owing, key=lambda name: (-owing[name], name)):
        rest = owing[debtor]
        for creditor in sorted(left, key=lambda name: (-left[name], name)):
            part = min(rest, left[creditor])
            if part > 0 and creditor != debtor:
                found.append((debtor, creditor, part))
                left[creditor] -= part
                rest -= part
    return found


def consolidate(book: Book, event: Event) -> Legs:
    """What exceeds a limit moves to the consolidated accounts of both agents."""
    debtor, creditor, amount = _next_due(book, event, going_on(book, event))
    owes, is_owed = book.party(debtor), book.party(creditor)
    accounts = (
        (owes.account("clearing"), amount),
        (owes.account("consolidated"), -amount),
        (is_owed.account("consolidated"), amount),
        (is_owed.account("clearing"), -amount),
    )
    return {"P": [[account.id, size] for account, size in accounts]}


def settlement(book: Book, event: Event) -> Legs:
    """A settlement between agents falls due."""
    closing, body = going_on(book, event), event.body
    _, _, amount = _next_due(book, event, closing)
    due = book.calendar.add_business_days(event.day, book.scheme.deadline_days)
    event.expect(amount=amount, due=due.isoformat())
    names = (body["cycle"], body["debtor"], body["creditor"], body["amount"], body["due"])
    book.settlements[event.seq] = Settlement(event.seq, *names)
    closing.settlements.append(
        {
            "id": event.seq,
            "debtor_agent": body["debtor"],
            "creditor_agent": body["creditor"],
            "amount": body["amount"],
            "due": body["due"],
        }
    )
    return {}


def _next_due(book: Book, event: Event, closing: Closing) -> tuple[str, str, int]:
    dues = _dues(book, closing)
    if not dues or dues[0][0] != event.kind:
        raise Fault(f"no {event.kind} is due here; due is {dues[0] if dues else 'nothing'}")
    _, debtor, creditor, amount = dues.popleft()
    event.expect(cycle=book.cycle.id, debtor=debtor, creditor=creditor)
    return debtor, creditor, amount


def close(book: Book, event: Event) -> Legs:
    """The close itself: nothing that had to happen is missing, and every figure is the replay's."""
    granted = four_eyes.take(book, event, "close-cycle")
    book.lists_hold(event)
    closing, cycle = going_on(book, event), book.cycle
    before = book.cycles[-2].row if len(book.cycles) > 1 else None
    event.need(
        (before or 0) < granted.id, "proposed before the cycle before was closed, so not about this one"
    )
    _nothing_left(book, event, closing)
    counted = list(book.posted.values())
    event.expect(
        cycle=cycle.id,
        opened=cycle.opened,
        closed=event.day.isoformat(),
        payments=len(counted),
        gross=sum(each.amount for each in counted),
        set_off=sum(closing.set_off.values()),
        expired=closing.expired,
        frozen=closing.frozen,
        settlements=closing.settlements,
        agents=[_figures(book, closing, agent, counted) for agent in agents(book)],
        charged=closing.charged,
    )
    event.need(event.day.isoformat() >= cycle.ends, f"closed before its end, {cycle.ends}")
    cycle.closed, cycle.row, cycle.charged = event.body["closed"], event.seq, event.body["charged"]
    book.last_closing = {agent: book.party(agent).account("clearing").posted for agent in agents(book)}
    book.posted, book.closing = {}, None
    opened = (event.day + _DAY).isoformat()
    book.required.append(("cycle", {"cycle": cycle.id + 1, "opened": opened}))
    return {}


def _nothing_left(book: Book, event: Event, closing: Closing) -> None:
    """What a close has to do and did not."""
    event.need(not closing.to_post, f"payments {list(closing.to_post)[:5]} were set off and not posted")
    left = [each.id for each in book.due_now(event.day)]
    event.need(not left, f"payments {left[:5]} were due and not posted")
    today = event.day.isoformat()
    late = [each.id for each in book.pending.values() if each.expires < today]
    event.need(not late, f"payments {late[:5]} have expired and are still pending")
    stopped = [each.id for each in book.posted.values() if not book.may_pay(each.parties)]
    event.need(not stopped, f"payments {stopped[:5]} of stopped parties were not frozen")
    event.need(not _at_home(book), "customers' balances were not settled at home")
    event.need(not _dues(book, closing), f"still due: {list(_dues(book, closing))[:3]}")
    owed = any(closing.interest.values())
    event.need(
        closing.interest_booked == owed,
        f"interest due was {closing.interest}, booked: {closing.interest_booked}",
    )


def _figures(book: Book, closing: Closing, agent: str, counted: list[Payment]) -> dict[str, Any]:
    account = book.party(agent).account("clearing")
    opening = book.last_closing.get(agent, 0)
    paid = sum(each.amount - each.set_off for each in counted if each.debtor_agent.id == agent)
    received = sum(each.amount - each.set_off for each in counted if each.creditor_agent.id == agent)
    charged, moved = closing.interest.get(agent, 0), closing.consolidated.get(agent, 0)
    return {
        "agent": agent,
        "opening": opening,
        "paid": paid,
        "received": received,
        "other": account.posted - opening - (received - paid + charged - moved),
        "interest": charged,
        "consolidated": moved,
        "closing": account.posted,
        "limit": account.limit,
    }
