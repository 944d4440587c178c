"""What goes wrong in the demonstration's year: damaged messages, refused orders, and what operators do about others.

Each is there so that one outcome of the clearing house can be seen; when, says ``[when]`` in
``data/demo/demo.toml``. Orders come in the two agents' messages of their day, unless they are about the message
itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tarazu.clearing.demo.world import Firm, Trade, World, settings
from tarazu.clearing.order import PaymentOrder

_LARGE = 100_000.0  # US dollars; one of the usual sizes


@dataclass
class Incidents:
    """Orders to add to the messages of a day, and what the operators do, by day.

    Attributes
    ----------
    orders
        By day; each goes into the message of its debtor's agent.
    actions
        By day: what the operators do, with the key of the payment that it is about.
    marked
        Payments that are told of afterwards, by name.
    """

    orders: dict[date, list[PaymentOrder]] = field(default_factory=dict)
    actions: dict[date, list[dict[str, Any]]] = field(default_factory=dict)
    marked: dict[str, str] = field(default_factory=dict)


class _Writer:
    def __init__(self, world: World) -> None:
        self.world = world
        self.found = Incidents()
        self.trades = {}
        for seller in ("KAZ", "IRN"):
            trade = self.trades[seller] = Trade(world, seller)
            trade.rng, trade.numbers = random.Random(f"{world.seed} incidents {seller}"), 90_000

    def add(
        self,
        when: str,
        name: str,
        change: Callable[[PaymentOrder, date], PaymentOrder] = lambda o, _: o,
        **of: Any,
    ) -> PaymentOrder | None:
        """An order on the day of `when`, changed; None if that day is not simulated."""
        day = self.world.at(when)
        if day is None:
            return None
        trade = self.trades["KAZ"]
        seller, buyer = trade.pair()
        given = trade.order(day, of.get("seller", seller), of.get("buyer", buyer), of.get("usd", _LARGE))
        changed = change(given, day)
        self.found.orders.setdefault(day, []).append(changed)
        self.found.marked[name] = changed.key
        return changed

    def do(self, when: str, order: PaymentOrder | None, **action: Any) -> None:
        day = self.world.at(when)
        if day is not None and order is not None:
            self.found.actions.setdefault(day, []).append({"key": order.key, **action})

    def firm(self, identifier: str) -> Firm:
        (firm,) = (f for firms in self.world.firms.values() for f in firms if f.party.id == identifier)
        return firm


def incidents(world: World, first_day: list[PaymentOrder]) -> Incidents:
    """Incidents of a world; `first_day` are payments that came on its first day."""
    writer = _Writer(world)
    _suspects(writer)
    _refusals(writer, first_day)
    _prices(writer)
    _pending(writer)
    _duplicate(writer)
    return writer.found


def _suspects(writer: _Writer) -> None:
    """Payments of the parties that the list comes to name, so that there is something to hold and freeze."""
    suspects = settings()["suspects"]
    near, listed, error = (
        writer.firm(suspects[name][0]) for name in ("near_match", "listed", "listed_by_error")
    )
    writer.add("malformed", "of the near match", buyer=near)
    writer.add("listed_pays", "before it was listed", buyer=listed)
    writer.add("listed_pays_again", "after it was listed", buyer=listed)
    writer.add("error_pays", "listed by error", seller=error)


def _refusals(writer: _Writer, first_day: list[PaymentOrder]) -> None:
    prepaid = writer.world.firms["IRN"][-1]
    writer.add("refusals", "unknown party", lambda o, _: replace(o, debtor="IRN-99"))
    writer.add("refusals", "other name", lambda o, _: replace(o, debtor_name="Specimen Somebody Else 99"))
    writer.add("refusals", "excluded goods", lambda o, _: replace(o, hs="271019"))
    writer.add("refusals", "date passed", lambda o, day: replace(o, settlement_date=day - timedelta(days=7)))
    writer.add("refusals", "too large", usd=6_000_000.0)
    writer.add("refusals", "no credit", buyer=prepaid)
    twin = first_day[0].key
    writer.add("key_reused", "key reused", lambda o, _: replace(o, key=twin, uetr=twin))


def _prices(writer: _Writer) -> None:
    def dear(order: PaymentOrder, _: date) -> PaymentOrder:
        assert order.quantity_kg is not None
        return replace(order, quantity_kg=Decimal(max(1, int(order.quantity_kg / 12))))

    passed = writer.add("overpriced", "price passed", dear)
    refused = writer.add("overpriced", "price refused", dear)
    writer.do("price_decided", passed, do="pass-price", release=True, reason="certified seed, contract seen")
    writer.do(
        "price_decided", refused, do="pass-price", release=False, reason="no contract shown: over-invoiced"
    )


def _pending(writer: _Writer) -> None:
    def ahead(order: PaymentOrder, day: date) -> PaymentOrder:
        return replace(order, settlement_date=writer.world.scheme.calendar().add_business_days(day, 4))

    voided = writer.add("ahead_sent", "voided", ahead)
    settled = writer.add("ahead_sent", "dispute ended", ahead)
    expired = writer.add("ahead_sent", "dispute not ended", ahead)
    writer.do("voided", voided, do="void", reason="contract cancelled by both firms")
    for order in (settled, expired):
        writer.do("disputed", order, do="dispute", raised=True, reason="goods not as ordered")
    writer.do("dispute_ended", settled, do="dispute", raised=False, reason="firms agreed on the goods")


def _duplicate(writer: _Writer) -> None:
    twice = writer.add("duplicate", "paid twice")
    writer.do("reversed", twice, do="reverse", code="AM05", reason="the same invoice was paid twice")
