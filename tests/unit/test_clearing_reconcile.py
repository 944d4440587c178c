"""Reconciliation: each line met once, nothing lost, and the gap between the balances accounted for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from clearing_support import BY, DAY, KZT, NAMES, Clock, found_house, order, pay_over, rows, small_scheme
from tarazu.clearing import reconcile as module
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.messages.bank import BankEntry, BankStatement, read_statements
from tarazu.clearing.reconcile import BookLine, Reconciliation, reconcile
from tarazu.clearing.statement import settlement_reference, statement
from tarazu.clearing.statement_values import Movement
from tarazu.core.checks import Check
from tarazu.core.errors import InputError

FIRST = date(2026, 9, 1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[ClearingHouse]:
    """Three cycles, each with a settlement that arrived; their bank references are B-1, B-2, B-3."""
    opened = found_house(str(tmp_path / "house.db"), small_scheme(payment_min="1.00"), clock=clock)
    for cycle in (1, 2, 3):
        opened.submit([order(f"p{cycle}", "K1", "I1", 100_000 * cycle, settlement_date=clock.day)])
        for due in pay_over(opened, clock).settlements:
            opened.settle(due.id, BY)
            opened.confirm_settlement(due.id, f"B-{cycle}", BY[0])
        clock.day += timedelta(days=1)
    yield opened
    opened.close()


def books(house: ClearingHouse, purpose: str = "convertible", agent: str = "agent-IRN"):
    found = statement(house.database, house.scheme, agent)
    return next(each for each in found.accounts if each.purpose == purpose)


def banked(house: ClearingHouse, *changes: dict[str, object] | None, opening: int = 0) -> BankStatement:
    """The bank's view of the three settlements, each with changes; None leaves one out."""
    entries = []
    for move, change in zip(books(house).movements, changes or ({}, {}, {}), strict=True):
        if change is not None:
            entry = BankEntry("", move.amount, "USD", move.day, end_to_end_id=move.reference)
            entries.append(replace(entry, **change))
    closing = opening + sum(each.amount for each in entries)
    return BankStatement("S-1", "ACC", "USD", opening, closing, tuple(entries))


def run(house: ClearingHouse, bank: BankStatement, **others) -> Reconciliation:
    span = {"first": FIRST, "last": FIRST + timedelta(days=120)} | others
    found = reconcile(house.database, house.scheme, bank, "agent-IRN", **span)
    assert found.unexplained in (0, None)
    return found


def test_a_bank_that_says_the_same_agrees(house):
    found = run(house, banked(house, opening=70_000), days=0)
    assert found.agrees
    assert [each.by for each in found.matched] == ["identifier"] * 3
    assert (found.opening_difference, found.closing_difference) == (70_000, 70_000)
    assert not found.checks


def test_without_identifiers_amount_and_date_decide(house):
    late = [
        {"end_to_end_id": "NOTPROVIDED", "booked": m.day + timedelta(days=2)} for m in books(house).movements
    ]
    found = run(house, banked(house, *late))
    assert ([each.by for each in found.matched], found.agrees) == (["amount and date"] * 3, True)
    assert [each.days for each in found.matched] == [2, 2, 2]
    found = run(house, banked(house, *late), days=1)
    assert (len(found.only_bank), len(found.only_books)) == (3, 3)
    assert not found.agrees


def test_the_banks_own_reference_joins_too(house):
    found = run(house, banked(house, *({"end_to_end_id": "", "ref": f"B-{n}"} for n in (1, 2, 3))), days=0)
    assert found.agrees
    assert [each.by for each in found.matched] == ["identifier"] * 3


def test_each_kind_of_difference_is_listed_and_explained(house):
    extra = BankEntry("FEE-1", -1_500, "USD", DAY + timedelta(days=20))
    bank = banked(
        house, {"amount": books(house).movements[0].amount + 1}, None, {"booked": DAY + timedelta(days=60)}
    )
    bank = replace(bank, entries=(*bank.entries, extra), closing=bank.closing - 1_500)
    found = run(house, bank)
    assert [(each.difference, each.by) for each in found.amount_differs] == [(1, "identifier")]
    assert [each.ref for each in found.only_bank] == ["FEE-1"]
    missing = books(house).movements[1]
    assert [line.movement for line in found.only_books] == [missing]
    assert [each.by for each in found.date_differs] == ["identifier"]
    assert found.closing_difference == found.explained == 1 - missing.amount - 1_500
    assert [each.name for each in found.checks] == [
        "only-in-bank",
        "only-in-books",
        "amount-differs",
        "date-differs",
    ]
    assert "-15.00 USD" in str(found.checks[0])
    assert f"journal row {missing.seq}" in found.checks[1].where
    assert found.table.column("finding") == [
        "only in the bank",
        "only in the books",
        "amount differs",
        "date differs",
    ]
    assert found.table.column("difference") == [None, None, 1, 0]


def test_an_entry_or_movement_is_met_once(house):
    first = books(house).movements[0]
    twice = BankEntry("R", first.amount, "USD", first.day, end_to_end_id=first.reference)
    bank = BankStatement("S", "A", "USD", 0, 2 * first.amount, (twice, replace(twice, ref="R2")))
    found = run(house, bank)
    assert [each.bank.ref for each in found.matched] == ["R"]
    assert [each.ref for each in found.only_bank] == ["R2"]  # the bank booked it twice
    assert len(found.only_books) == 2


def test_an_identifier_that_is_not_shared_does_not_stop_amount_and_date(house):
    found = run(house, banked(house, *({"end_to_end_id": f"OTHER-{n}"} for n in range(3))))
    assert [each.by for each in found.matched] == ["amount and date"] * 3


def test_what_the_books_hold_just_outside_the_period_can_be_met_but_is_not_missed(house):
    moves = books(house).movements
    only = BankEntry("", moves[1].amount, "USD", moves[1].day + timedelta(days=1))
    bank = BankStatement("S", "A", "USD", 0, only.amount, (only,))
    found = reconcile(house.database, house.scheme, bank, "agent-IRN")
    assert (found.first, found.last) == (only.booked, only.booked)
    (match,) = found.matched
    assert not match.book.inside
    assert (found.only_bank, found.only_books) == ((), ())
    assert found.unexplained == 0


def test_the_domestic_account_is_compared_with_its_sign_turned(house):
    """The agent's bank books what the customer paid in as a credit; the books hold it as a debit of customers."""
    home = books(house, "domestic", "agent-KAZ")
    assert home.movements[0].amount == -100_000 * KZT
    entries = tuple(BankEntry(f"D-{m.seq}", -m.amount, "KZT", m.day) for m in home.movements)
    bank = BankStatement("S", "A", "KZT", 0, sum(e.amount for e in entries), entries)
    found = reconcile(house.database, house.scheme, bank, "agent-KAZ", "domestic")
    assert found.agrees
    assert found.table.column("counterparty") == [NAMES["K1"]] * 3


def test_the_houses_own_statement_reconciles_with_itself(house):
    sent = statement(house.database, house.scheme, "agent-IRN").to_camt053()
    convertible = next(each for each in read_statements(sent) if each.account == str(books(house).id))
    assert run(house, convertible, days=0).agrees


def test_a_statement_that_does_not_add_up_is_shown_as_unexplained(house):
    check = Check.error("statement-does-not-add-up", "S-1", "a gap")
    bank = replace(banked(house), closing=1, checks=(check,))
    found = reconcile(
        house.database, house.scheme, bank, "agent-IRN", first=FIRST, last=FIRST + timedelta(days=90)
    )
    assert found.unexplained == 1 - sum(each.amount for each in bank.entries)
    assert not found.agrees
    assert [each.name for each in found.checks] == ["statement-does-not-add-up", "balance-unexplained"]
    silent = run(house, replace(banked(house), opening=None, closing=None))
    assert (silent.opening_difference, silent.unexplained, silent.agrees) == (None, None, False)


def test_csv_is_in_major_units_and_guards_formulas(house):
    own = books(house).movements[0].amount
    bank = banked(house, {"ref": "=1+1", "amount": -50_000}, {}, {})
    (row, *_) = csv.DictReader(io.StringIO(run(house, bank).to_csv()))
    assert row["finding"] == "amount differs"
    assert (row["bank_reference"], row["bank_amount"], row["book_amount"]) == (
        "'=1+1",
        "-500.00",
        f"{own / 100:.2f}",
    )
    assert row["reference"].startswith("STL-")


def test_bad_questions_are_answered_with_what_to_ask(house):
    bank = banked(house)
    with pytest.raises(InputError, match="expected convertible or domestic"):
        reconcile(house.database, house.scheme, bank, "agent-IRN", "clearing")
    with pytest.raises(InputError, match="is no agent"):
        reconcile(house.database, house.scheme, bank, "K1")
    with pytest.raises(InputError, match="is in EUR, the convertible account of agent-IRN in USD"):
        reconcile(house.database, house.scheme, replace(bank, currency="EUR"), "agent-IRN")
    with pytest.raises(InputError, match="no dated entry"):
        reconcile(house.database, house.scheme, replace(bank, entries=()), "agent-IRN")
    with pytest.raises(InputError, match="expected 0 or more days"):
        reconcile(house.database, house.scheme, bank, "agent-IRN", days=-1)
    with pytest.raises(InputError, match="lies before"):
        reconcile(house.database, house.scheme, bank, "agent-IRN", first=DAY + timedelta(days=90), last=DAY)


def line(amount: int, ahead: int, reference: str = "") -> BookLine:
    move = Movement(DAY + timedelta(days=ahead), 1, 0, "x", amount, 0, reference=reference)
    return BookLine(move, amount, True)


def entry(amount: int, ahead: int, reference: str = "") -> BankEntry:
    return BankEntry("", amount, "USD", DAY + timedelta(days=ahead), end_to_end_id=reference)


DATED = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 12)), max_size=12)
NAMED = st.lists(
    st.tuples(st.integers(1, 2), st.integers(0, 6), st.sampled_from(["", "A", "B"])), max_size=10
)


@given(DATED, DATED, st.integers(0, 4))
def test_as_many_are_matched_by_amount_and_date_as_can_be(bank, own, days):
    """Against the largest matching of the graph of what may be matched (Hopcroft and Karp, in scipy)."""
    entries, lines = [entry(*each) for each in bank], [line(*each) for each in own]
    pairs = module._match(entries, lines, days)
    allowed = np.array([[a == b and abs(x - y) <= days for b, y in own] for a, x in bank], dtype=int)
    best = 0
    if allowed.size:
        best = int((maximum_bipartite_matching(csr_array(allowed), perm_type="column") >= 0).sum())
    assert len(pairs) == best
    assert all(allowed[at, to] for at, to, _ in pairs)


@given(NAMED, NAMED, st.integers(0, 3))
def test_every_line_is_in_one_pair_at_most_and_the_gap_is_explained(bank, own, days):
    entries, lines = [entry(*each) for each in bank], [line(*each) for each in own]
    pairs = module._match(entries, lines, days)
    assert pairs == module._match(list(entries), list(lines), days)
    assert len({at for at, _, _ in pairs}) == len({to for _, to, _ in pairs}) == len(pairs)
    for at, to, by in pairs:
        same = entries[at].end_to_end_id == lines[to].movement.reference != ""
        assert same == (by == "identifier") or (
            by == "amount and date" and entries[at].amount == lines[to].amount
        )
    free = set(range(len(entries))) - {at for at, _, _ in pairs}
    left = set(range(len(lines))) - {to for _, to, _ in pairs}
    for at in free:  # nothing that shares an identifier is left over on both sides
        name = entries[at].end_to_end_id
        assert not name or all(lines[to].movement.reference != name for to in left)


def test_references_of_settlements_are_what_the_instruction_carries(house):
    assert [each.reference for each in books(house).movements] == [
        settlement_reference(number, 1) for (number,) in rows(house, "SELECT id FROM settlement ORDER BY id")
    ]
