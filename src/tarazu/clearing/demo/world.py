"""The synthetic world of the demonstration: days, firms, rates, the ordinary payments of a year.

Everything follows from the seed and from ``data/demo/demo.toml``. Sizes of payments are log-normal, rates are
geometric random walks; neither claims to describe the two countries.
"""

from __future__ import annotations

import random
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from math import exp, log
from typing import Any

from tarazu.clearing.order import PaymentOrder
from tarazu.clearing.parties import Party
from tarazu.clearing.rates import Rate
from tarazu.clearing.scheme import Scheme, load_scheme
from tarazu.core.parameters import bundled_text

SOURCE = "synthetic: seeded random walk of tarazu clearing demo"


@cache
def settings() -> dict[str, Any]:
    """``data/demo/demo.toml``."""
    return tomllib.loads(bundled_text("demo/demo.toml"))


@dataclass(frozen=True, slots=True)
class Firm:
    """A party with what it sells."""

    party: Party
    goods: tuple[str, str, float, float]


@dataclass(frozen=True)
class World:
    """Who trades, when, and at which rates; build it with `build`."""

    seed: int
    scheme: Scheme
    days: tuple[date, ...]
    cycles: tuple[tuple[date, ...], ...]
    firms: dict[str, tuple[Firm, ...]]
    rates: dict[date, dict[str, float]]

    @cached_property
    def consenting(self) -> dict[str, tuple[Firm, ...]]:
        """Firms that agree to set-off, by country."""
        return {code: tuple(f for f in firms if f.party.set_off) for code, firms in self.firms.items()}

    def at(self, name: str) -> date | None:
        """The day on which something out of the ordinary happens; None if the simulated span ends before."""
        cycle, number = map(int, settings()["when"][name])
        if cycle > len(self.cycles):
            return None
        days = self.cycles[cycle - 1]
        at = number - 1 if number > 0 else number
        complete = (
            cycle < len(self.cycles) or self.scheme.cycle.end(days[0], self.scheme.calendar()) == days[-1]
        )
        if (number < 0 and not complete) or not -len(days) <= at < len(days):
            return None
        return days[at]

    def end_of(self, day: date) -> date:
        """Last joint business day of the cycle that a day lies in."""
        return self.scheme.cycle.end(day, self.scheme.calendar())

    def rate_rows(self) -> list[Rate]:
        """The reference rates under the names that the scheme asks for."""
        return [
            Rate(day, code, Decimal(f"{value:.4f}"), self.scheme.rate.source(code), SOURCE)
            for day, values in self.rates.items()
            for code, value in values.items()
        ]

    def minor(self, usd: float, code: str, day: date) -> int:
        """An amount in minor units of a currency; at least 1."""
        rate = self.rates[day].get(code, 1.0)
        return max(1, round(usd * rate * float(10 ** self.scheme.scale(code))))

    def in_unit(self, order: PaymentOrder, day: date) -> int:
        """What an order amounts to at a day's rates, in minor units of the unit of account."""
        decimals = self.scheme.scale(self.scheme.unit) - self.scheme.scale(order.currency)
        return round(order.amount / self.rates[day].get(order.currency, 1.0) * float(10**decimals))


def build(seed: int, days: int) -> World:
    """The world of a seed: `days` calendar days from 1 January."""
    scheme = load_scheme(settings()["scheme"])
    calendar = scheme.calendar()
    first = date(settings()["year"], 1, 1)
    open_days = calendar.business_days(first, first + timedelta(days=days - 1))
    cycles: dict[date, list[date]] = {}
    for day in open_days:
        cycles.setdefault(scheme.cycle.end(day, calendar), []).append(day)
    rates = _rates(random.Random(f"{seed} rates"), open_days)
    world = World(seed, scheme, open_days, tuple(tuple(each) for each in cycles.values()), {}, rates)
    return replace(world, firms={each.country: _firms(world, each.country) for each in scheme.members})


def _rates(rng: random.Random, days: tuple[date, ...]) -> dict[date, dict[str, float]]:
    value = {code: walk["start"] for code, walk in settings()["rates"].items()}
    found = {}
    for day in days:
        for code, walk in settings()["rates"].items():
            value[code] *= exp(rng.gauss(walk["drift"], walk["day"]))
        found[day] = {code: round(each, 4) for code, each in value.items()}
    return found


def _firms(world: World, country: str) -> tuple[Firm, ...]:
    """Firms of a country; the last one has no line of credit."""
    given, names, goods = settings(), settings()["names"][country], settings()["goods"][country]
    currency = world.scheme.member(country).currency
    line = world.minor(given["credit_line"], currency, world.days[0])
    found = []
    for number in range(1, given["firms"] + 1):
        local = "local_" * (number % given["local_script"] == 0)
        words, sold = names[local + "words"], (number - 1) // len(names["words"]) % len(goods)
        word = names["local_goods"][sold] if local else goods[sold][1]
        name = names[local + "pattern"].format(
            word=words[(number - 1) % len(words)], goods=word, number=number
        )
        party = Party(
            id=f"{country}-{number:02d}",
            name=name,
            country=country,
            limit=0 if number == given["firms"] else line,
            set_off=number <= given["consenting"],
        )
        found.append(Firm(party, tuple(goods[sold])))
    return tuple(found)


class Trade:
    """The ordinary payments of a direction, day by day; draws in sequence, so that equal seeds give equal years."""

    def __init__(self, world: World, seller: str) -> None:
        self.world, self.seller = world, seller
        (self.buyer,) = (each.country for each in world.scheme.members if each.country != seller)
        self.rng = random.Random(f"{world.seed} trade {seller}")
        flow = settings()["flows"][seller]
        self.season = [share / (sum(flow["season"]) / 12) for share in flow["season"]]
        self.count = flow["payments_per_day"]
        # What a payment is of on average, so that a full year of joint business days carries the yearly flow.
        open_days = len(
            world.scheme.calendar().business_days(
                date(settings()["year"], 1, 1), date(settings()["year"], 12, 31)
            )
        )
        self.mean = flow["usd"] / (open_days * self.count)
        self.numbers = 0

    def of(self, day: date) -> Iterator[PaymentOrder]:
        """The payments that buyers in the other country order on a day."""
        low, high = round(self.count * 0.6), round(self.count * 1.4)
        for _ in range(self.rng.randint(low, high)):
            yield self._one(day)

    def order(self, day: date, seller: Firm, buyer: Firm, usd: float, currency: str = "") -> PaymentOrder:
        """One payment for a delivery whose unit value is a usual one."""
        code, _, low, high = seller.goods
        self.numbers += 1
        reference = f"{self.seller}{self.numbers:05d}"
        quantity = max(1, round(usd / (low + (high - low) * self.rng.random())))
        currency = currency or self.world.scheme.unit
        uetr = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        return PaymentOrder(
            key=uetr,
            debtor=buyer.party.id,
            creditor=seller.party.id,
            amount=self.world.minor(usd, currency, day),
            currency=currency,
            settlement_date=day,
            debtor_name=buyer.party.name,
            creditor_name=seller.party.name,
            hs=code,
            quantity_kg=Decimal(quantity),
            invoice=f"INV-{reference}",
            end_to_end_id=f"E2E-{reference}",
            transaction_id=f"TX-{reference}",
            uetr=uetr,
        )

    def pair(self) -> tuple[Firm, Firm]:
        """A seller and a buyer of whom one at most takes part in set-off."""
        seller = self.rng.choice(self.world.firms[self.seller])
        apart = settings()["consenting"] if seller.party.set_off else 0
        return seller, self.rng.choice(self.world.firms[self.buyer][apart:-1])

    def _one(self, day: date) -> PaymentOrder:
        given, rng = settings(), self.rng
        mu = log(self.mean * self.season[day.month - 1]) - given["spread"] ** 2 / 2
        usd = min(max(exp(rng.gauss(mu, given["spread"])), given["smallest"]), given["largest"])
        if rng.random() < given["circular"]:
            sellers, buyers = self.world.consenting[self.seller], self.world.consenting[self.buyer]
            return self.order(day, rng.choice(sellers), rng.choice(buyers), usd)
        draw = rng.random()
        share, member = given["national_orders"], self.world.scheme.member
        code = ""
        if draw < 2 * share:
            code = member(self.seller if draw < share else self.buyer).currency
        found = self.order(day, *self.pair(), usd, code)
        if rng.random() < given["ahead"]:
            later = self.world.scheme.calendar().add_business_days(day, rng.randint(1, 4))
            return replace(found, settlement_date=later)
        return found
