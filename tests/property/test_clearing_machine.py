"""Any sequence of operations: the store agrees with a model in plain Python after every step.

The sequences are the same at every run; set HYPOTHESIS_SEED to see others. A failing one is
made shorter (some minutes) only where that is set, such as to 34, which is what runs without it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from clearing_model import Model, Settlement
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clearing_support import (
    AGENTS,
    BY,
    IRR,
    KZT,
    NAMES,
    ROOMY,
    Clock,
    decide,
    examine,
    found_house,
    listing,
    order,
    party,
    prove,
    reverse,
    rows,
    set_limit,
    small_scheme,
)
from postgres import Server
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.order import PaymentOrder
from tarazu.core.errors import InputError

PARTIES = st.sampled_from(sorted(NAMES))
PAIRS = st.sampled_from(
    [
        *[("K1", "I1"), ("I1", "K1"), ("K1", "I2"), ("I2", "K2"), ("K2", "I1")] * 3,
        *[("K3", "I1"), ("I3", "K1"), ("K1", "K2")],
    ]
)
OVERFLOWS = ("reject", "queue")
SCHEMES = {
    each: small_scheme(overflow=f'"{each}"', swing_limit="8_000.00", screening_max_age_days="90")
    for each in OVERFLOWS
}
SEED = int(os.environ.get("HYPOTHESIS_SEED", "34"))
LAST = date(2027, 10, 1)  # holidays are listed until the end of that year
STEPS = {  # of a settlement: from which states, to which, whether it moves the books
    "settle": (("due", "overdue"), "released", 0),
    "confirm": (("released", "overdue"), "settled", 1),
    "reject": (("released", "overdue"), "rejected", 0),
    "return": (("settled",), "returned", -1),
    "reissue": (("rejected", "returned"), "due", 0),
}


SEEN: Counter[tuple[str, str]] = Counter()  # what the sequences led to, for the test's own honesty
EXPECTED = {
    *(("payments", each) for each in ("pending", "posted", "voided", "expired", "reversed", "frozen")),
    *(("waiting", each) for each in ("held", "queued", "booked", "refused")),
    *(("settlements", each) for each in ("due", "released", "settled", "rejected", "overdue", "returned")),
    *(("refused", code) for code in ("AC01", "AG01", "AM03", "AM04", "AM06", "AM21", "DT01")),
}


@st.composite
def drafts(draw: st.DrawFn) -> dict[str, Any]:
    """An order, good more often than not, without its key and date."""
    debtor, creditor = draw(PAIRS)
    currency = draw(st.sampled_from(("USD", "USD", "USD", "KZT", "IRR", "IRR", "EUR")))
    size = draw(st.integers(1, 5)) * 100_000 + draw(st.sampled_from((0, 0, 7, -100_000)))
    per_unit = {"KZT": KZT, "IRR": IRR}.get(currency, 1)
    return {
        "debtor": debtor,
        "creditor": creditor,
        "amount": size * per_unit + draw(st.sampled_from((0, per_unit // 2, 3 if per_unit > 1 else 0))),
        "currency": currency,
        "ahead": draw(st.sampled_from((0, 0, 0, 0, 0, 1, 1, 2, 5, 9, 9, -1, 40))),
        "hs": draw(st.sampled_from((*["100300"] * 9, "2709"))),
    }


class House(RuleBasedStateMachine):
    """A clearing house and its model, side by side."""

    copy: Callable[
        [str], tuple[str, Callable[[], None]]
    ]  # a founded house by its overflow rule, and how to end it

    @initialize(overflow=st.sampled_from(OVERFLOWS))
    def found(self, overflow: str) -> None:
        self.clock = Clock()
        self.url, self.end = type(self).copy(overflow)
        self.house = ClearingHouse.open(self.url, today=self.clock)
        self.model = Model(SCHEMES[overflow])
        self.orders: list[PaymentOrder] = []
        known = ("I1", "I2", "K1", "K2")  # the others may be registered later
        self.house.register([party(each) for each in known], by=BY[0])
        for each in known:
            self.model.register(each, ROOMY)

    def teardown(self) -> None:
        if hasattr(self, "house"):
            try:
                examine(self.house)
                prove(self.house)
            finally:
                self.house.close()
                self.end()

    def refused_unless(self, fits: bool, call: Callable[[], object]) -> bool:
        """Whether the operation fits; one that does not is refused in words."""
        if fits:
            call()
        else:
            with pytest.raises(InputError):
                call()
        return fits

    # -- parties and limits

    @rule(who=st.lists(PARTIES, min_size=1, max_size=4, unique=True), lines=st.sampled_from((0, 2, 6, 50)))
    def register(self, who: list[str], lines: int) -> None:
        new = not any(each in self.model.standing for each in who)
        limits = {each: lines * 100_000 * (KZT if each[0] == "K" else IRR) for each in who}
        entering = [party(each, limit=limits[each]) for each in who]
        if self.refused_unless(new, lambda: self.house.register(entering, by=BY[0])):
            for each in who:
                self.model.register(each, limits[each])

    @rule(who=st.sampled_from((*sorted(NAMES), *AGENTS)), lines=st.integers(0, 12))
    def change_limit(self, who: str, lines: int) -> None:
        purpose = "clearing" if who in AGENTS else "customer"
        limit = lines * 100_000 * (1 if who in AGENTS else KZT if who[0] == "K" else IRR)
        if self.refused_unless(
            who in self.model.standing, lambda: set_limit(self.house, who, limit, purpose)
        ):
            self.model.accounts[who, purpose].limit = limit
            self.model.retry("queued")

    # -- orders

    # Hypothesis leaves some rules out of each example; there are several ways to submit, so that few go without.

    @rule(draft=drafts())
    def submit_one(self, draft: dict[str, Any]) -> None:
        self.send([self.written(draft)])

    @rule(given=st.lists(drafts(), min_size=2, max_size=5))
    def submit_many(self, given: list[dict[str, Any]]) -> None:
        self.send([self.written(draft) for draft in given])

    @rule(given=st.lists(drafts(), min_size=1, max_size=3), ahead=st.integers(1, 9))
    def submit_for_later(self, given: list[dict[str, Any]], ahead: int) -> None:
        self.send([self.written(draft | {"ahead": ahead}) for draft in given])

    @rule(given=st.lists(drafts(), max_size=3), old=st.integers(0, 99), more=st.integers(0, 1))
    def submit_again(self, given: list[dict[str, Any]], old: int, more: int) -> None:
        batch = [self.written(draft) for draft in given]
        if self.orders:
            known = self.orders[old % len(self.orders)]
            batch += [known, replace(known, amount=known.amount + more)]
        self.send(batch)

    def written(self, draft: dict[str, Any]) -> PaymentOrder:
        day = self.clock.day + timedelta(days=draft["ahead"])
        others = {name: value for name, value in draft.items() if name != "ahead"}
        self.orders.append(order(f"k{len(self.orders)}", settlement_date=day, **others))
        return self.orders[-1]

    def send(self, batch: list[PaymentOrder]) -> None:
        for each, outcome in zip(batch, self.house.submit(batch), strict=True):
            found = (outcome.status, outcome.code, outcome.repeated)
            assert self.model.answer(each, outcome.id) == found, (each, outcome)
            assert bool(outcome.reason) == (outcome.status not in ("posted", "pending"))

    def a_payment(self, data: st.DataObject, *fits: str) -> int:
        """Any payment, but rather one in a state that fits."""
        every = self.model.payments
        fitting = [number for number, each in sorted(every.items()) if each.status in fits]
        return data.draw(st.sampled_from(fitting * 3 + sorted(every)), label="payment")

    @precondition(lambda self: self.model.payments)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        number = self.a_payment(data, "pending")
        payment = self.model.payments[number]
        pending = payment.status == "pending"
        if self.refused_unless(pending, lambda: self.house.void(number, "test", BY[0])):
            self.model.drop(payment, "voided")

    @precondition(lambda self: self.model.payments)
    @rule(data=st.data(), raised=st.booleans())
    def dispute(self, data: st.DataObject, raised: bool) -> None:
        number = self.a_payment(data, "pending")
        payment = self.model.payments[number]
        fits = payment.status in ("pending", "posted") and payment.disputed != raised
        if self.refused_unless(fits, lambda: self.house.dispute(number, "test", BY[0], raised=raised)):
            payment.disputed = raised

    @precondition(lambda self: self.model.payments)
    @rule(data=st.data())
    def recall(self, data: st.DataObject) -> None:
        number = self.a_payment(data, "posted")
        payment = self.model.payments[number]
        if self.refused_unless(payment.status == "posted", lambda: reverse(self.house, number)):
            self.model.reverse(payment)

    # -- screening

    @rule(hit=st.sets(PARTIES, max_size=3))
    def new_list(self, hit: set[str]) -> None:
        self.house.load_lists([listing(*(NAMES[each] for each in sorted(hit)), day=self.clock.day)], by=BY[0])
        self.model.new_list(hit)

    @rule(data=st.data(), release=st.booleans())
    def decide(self, data: st.DataObject, release: bool) -> None:
        known = sorted(self.model.standing)
        stopped = [each for each in known if self.model.standing[each] != "clear"]
        who = data.draw(st.sampled_from(stopped * 3 + known), label="party")
        if self.refused_unless(who in stopped, lambda: decide(self.house, who, release=release)):
            self.model.decide(who, release)

    # -- time

    @precondition(lambda self: self.model.day < LAST)
    @rule(days=st.sampled_from((0, 1, 1, 1, 2, 7)))
    def next_day(self, days: int) -> None:
        self.clock.day += timedelta(days=days)
        self.model.day = self.clock.day
        self.house.advance()
        self.model.advance()

    @precondition(lambda self: self.model.day < LAST)
    @rule(late=st.sampled_from((0, 0, 0, 0, 1, -1)))
    def close(self, late: int) -> None:
        self.clock.day = max(self.clock.day, self.model.ends + timedelta(days=late))
        self.model.day = self.clock.day
        closed: list[Any] = []
        over = self.model.day >= self.model.ends and self.model.lists_hold
        if self.refused_unless(over, lambda: closed.append(self.house.close_cycle(BY))):
            self.model.close(closed[0])

    # -- settlements

    @precondition(lambda self: self.model.settlements)
    @rule(data=st.data())
    def settlement_step(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.settlements)), label="settlement")
        now = self.model.settlements[number].status
        fitting = [name for name, (before, *_) in sorted(STEPS.items()) if now in before]
        self.step(number, data.draw(st.sampled_from(fitting * 4 + sorted(STEPS)), label="step"))

    @rule(sent_back=st.booleans())
    def settle_everything(self, sent_back: bool) -> None:
        for number, each in sorted(self.model.settlements.items()):
            if each.status == "due" or (each.status == "overdue" and not each.released):
                self.step(number, "settle")
            if each.status in ("released", "overdue"):
                self.step(number, "confirm")
            if sent_back and each.status == "settled":
                self.step(number, "return")

    def step(self, number: int, step: str) -> None:
        each = self.model.settlements[number]
        before, after, moves = STEPS[step]
        fits = each.status in before
        if step == "settle":
            fits = fits and self.model.lists_hold
        if step in ("confirm", "reject"):
            fits = fits and each.released
        if not self.refused_unless(fits, lambda: self.do(step, number)):
            return
        each.status = after
        if step in ("settle", "reissue"):
            each.released = step == "settle"
        if moves:
            self.model.settle(each, moves)
        if step == "confirm":
            self.model.retry("queued")
        if step == "reissue":
            each.attempt += 1
            later = self.model.calendar.add_business_days(self.model.day, self.model.scheme.deadline_days)
            each.due = later.isoformat()

    def do(self, step: str, number: int) -> None:
        house = self.house
        {
            "settle": lambda: house.settle(number, BY),
            "confirm": lambda: house.confirm_settlement(number, "reference", BY[0]),
            "reject": lambda: house.reject_settlement(number, "AC04", "closed", BY[0]),
            "return": lambda: house.return_settlement(number, "AC06", "blocked", BY[0]),
            "reissue": lambda: house.reissue_settlement(number, BY[0]),
        }[step]()

    # -- agreement

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        if not hasattr(self, "model"):
            return
        model, house = self.model, self.house
        SEEN.update(("payments", each.status) for each in model.payments.values())
        SEEN.update(("settlements", each.status) for each in model.settlements.values())
        SEEN.update(("waiting", state) for _, state in model.waiting.values())
        SEEN.update(answer for _, answer in model.first.values())
        payments = rows(house, "SELECT id, status, disputed, cycle, settlement_date, amount FROM payment")
        assert {row[0]: (row[1], bool(row[2]), row[3], row[4], row[5]) for row in payments} == {
            number: (p.status, p.disputed, p.cycle, p.settles.isoformat(), p.amount)
            for number, p in model.payments.items()
        }
        waiting = rows(house, "SELECT id, state FROM waiting")
        assert {row[0]: row[1] for row in waiting} == {n: state for n, (_, state) in model.waiting.items()}
        standing = rows(house, "SELECT party, state FROM standing")
        assert {row[0]: row[1] for row in standing} == model.standing
        settlements = rows(
            house,
            "SELECT id, debtor_agent, creditor_agent, amount, due, status, attempt, released FROM settlement",
        )
        assert {row[0]: Settlement(*row[1:-1], bool(row[-1])) for row in settlements} == model.settlements
        text = (
            "SELECT owner, purpose, posted, pending_debit, pending_credit, credit_limit "
            "FROM account a JOIN balance b ON b.account = a.id"
        )
        for owner, purpose, *found in rows(house, text):
            each = model.accounts[owner, purpose]
            assert found == [each.posted, each.debit, each.credit, each.limit], (owner, purpose)

    @invariant()
    def the_agents_books_are_equal_and_opposite(self) -> None:
        if not hasattr(self, "model"):
            return
        for purpose in ("clearing", "convertible"):
            here, there = (self.model.accounts[agent, purpose] for agent in AGENTS)
            assert here.posted == -there.posted
            assert (here.debit, here.credit) == (there.credit, there.debit)


def run(copy: Callable[[str], tuple[str, Callable[[], None]]], examples: int, steps: int) -> None:
    machine = type("Machine", (House,), {"copy": staticmethod(copy)})
    seed(SEED)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, *([Phase.shrink] if "HYPOTHESIS_SEED" in os.environ else [])),
        ),
    )


def test_any_sequence_of_operations_on_sqlite(tmp_path):
    for name, scheme in SCHEMES.items():
        found_house(str(tmp_path / name), scheme, parties=[]).close()

    def copy(overflow: str) -> tuple[str, Callable[[], None]]:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        shutil.copy(tmp_path / overflow, folder / "house.db")
        return str(folder / "house.db"), lambda: shutil.rmtree(folder)

    SEEN.clear()
    run(copy, examples=28, steps=50)
    missed = EXPECTED - SEEN.keys()  # another version of Hypothesis draws other sequences
    assert len(missed) < 6, f"the sequences never led to {missed}: they prove less than they seem to"


def test_any_sequence_of_operations_on_postgresql(postgres_server: Server):
    names = {name: postgres_server.create() for name in SCHEMES}
    for name, scheme in SCHEMES.items():
        found_house(postgres_server.url(names[name]), scheme, parties=[]).close()

    def copy(overflow: str) -> tuple[str, Callable[[], None]]:
        name = postgres_server.create(names[overflow])
        return postgres_server.url(name), lambda: postgres_server.drop(name)

    run(copy, examples=5, steps=40)
