"""Statements: opening + movements = closing whatever happened, and nothing in a name can do harm."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from clearing_support import (
    AGENTS,
    BY,
    DAY,
    IRR,
    KZT,
    NAMES,
    Clock,
    decide,
    found_house,
    listing,
    order,
    party,
    pay_over,
    posted,
    reverse,
    rows,
    small_scheme,
)
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.messages.bank import read_statements
from tarazu.clearing.scheme import Authority, Standing
from tarazu.clearing.screening.screen import NOT_CHECKED
from tarazu.clearing.seal import new_key
from tarazu.clearing.statement import settlement_reference, statement
from tarazu.clearing.statement_frame import mark
from tarazu.clearing.statement_values import SIMULATION, Statement, guarded, shown
from tarazu.core.errors import InputError, LedgerError

SCRIPT = "<script>alert(1)</script> & Söhne"
PERSIAN, CYRILLIC = "شرکت نمونه بازرگانی", "ТОО «Астық Үлгі»"
FORMULA = '=HYPERLINK("http://x","y")'


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(house_url: str, clock: Clock) -> Iterator[ClearingHouse]:
    opened = found_house(house_url, small_scheme(payment_min="1.00"), clock=clock)
    yield opened
    opened.close()


def drawn(house: ClearingHouse, who: str, **period: object) -> Statement:
    return statement(house.database, house.scheme, who, **period)  # type: ignore[arg-type]


def only(found: Statement):
    """The one account of a customer."""
    (account,) = found.accounts
    return account


def account(found: Statement, purpose: str):
    return next(each for each in found.accounts if each.purpose == purpose)


def kinds(of) -> list[str]:
    return [each.kind for each in of.movements]


def circular(house_url: str, clock: Clock, **names: str) -> ClearingHouse:
    """K1 owes I1 owes K2 owes I2 owes K1: 1,000, 700, 900 and 500 dollars."""
    entering = [party(each, set_off=True, name=names.get(each, "")) for each in NAMES]
    house = found_house(
        house_url, small_scheme(set_off="true", payment_min="1.00"), clock=clock, parties=entering
    )
    house.submit(
        [
            order("a", "K1", "I1", 100_000, end_to_end_id="E-A", invoice="INV/A"),
            order("b", "I1", "K2", 70_000, end_to_end_id="E-B"),
            order("c", "K2", "I2", 90_000),
            order("d", "I2", "K1", 50_000),
        ]
    )
    return house


def test_a_customers_account_with_everything_it_says_of_a_payment(house):
    first, second = house.submit(
        [
            order("a", "K1", "I1", 100_000, end_to_end_id="E-1", transaction_id="T-1", invoice="INV/7"),
            order("b", "I2", "K1", 40_000),
        ]
    )
    found = only(drawn(house, "K1"))
    made, received = found.movements
    assert (made.kind, made.payment, made.counterparty) == ("Payment made", first.id, NAMES["I1"])
    assert (made.reference, made.transaction_id, made.invoice) == ("E-1", "T-1", "INV/7")
    assert (made.day, made.seq, made.amount, made.balance) == (DAY, first.id, -100_000 * KZT, -100_000 * KZT)
    assert (received.kind, received.payment, received.amount) == ("Payment received", second.id, 40_000 * KZT)
    assert (found.opening, found.closing) == (0, -60_000 * KZT)
    assert found.closing == posted(house, "K1", "customer")


def test_a_closed_cycle_ends_at_nothing_and_the_next_begins_there(house, clock):
    house.submit([order("a", "K1", "I1"), order("b", "I1", "K1", 30_000)])
    close = pay_over(house, clock)
    house.submit([order("c", "K1", "I1", 20_000, settlement_date=clock.day)])
    before, after = (only(drawn(house, "K1", cycle=number)) for number in (1, 2))
    assert kinds(before) == ["Payment made", "Payment received", "Collected at home"]
    assert before.movements[-1].counterparty == house.scheme.agent_of("KAZ")
    assert (before.closing, after.opening, after.closing) == (0, 0, -20_000 * KZT)
    assert kinds(only(drawn(house, "I1", cycle=1)))[-1] == "Paid out at home"
    for agent in close.agents:
        clearing = account(drawn(house, agent.agent, cycle=1), "clearing")
        assert (clearing.opening, clearing.closing) == (agent.opening, agent.closing)


def test_what_is_booked_after_a_close_on_its_day_is_of_the_next_cycle(house, clock):
    pay_over(house, clock)
    house.submit([order("c", "K1", "I1", settlement_date=clock.day)])
    assert not only(drawn(house, "K1", cycle=1)).movements
    found = drawn(house, "K1", cycle=2)
    assert len(only(found).movements) == 1
    assert found.cycle_open
    assert found.first <= only(found).movements[0].day <= found.last


def test_an_agents_accounts_speak_of_its_customers_and_of_the_other_agent(house, clock):
    house.submit([order("a", "K1", "I1"), order("b", "I2", "K2", 30_000)])
    close = pay_over(house, clock)
    (due,) = close.settlements
    house.settle(due.id, BY)
    house.confirm_settlement(due.id, "BANK-77", BY[0])
    found = drawn(house, "agent-KAZ")
    assert [each.purpose for each in found.accounts][:2] == ["clearing", "convertible"]
    assert {each.purpose for each in found.accounts} == {
        "clearing", "convertible", "consolidated", "position", "domestic", "frozen"
    }  # fmt: skip
    made, received, *_ = account(found, "clearing").movements
    assert (made.amount, made.customer, made.counterparty) == (-100_000, NAMES["K1"], NAMES["I1"])
    assert (received.amount, received.customer, received.counterparty) == (30_000, NAMES["K2"], NAMES["I2"])
    home = {each.customer: (each.kind, each.amount) for each in account(found, "domestic").movements}
    assert home == {
        NAMES["K1"]: ("Collected at home", -100_000 * KZT),
        NAMES["K2"]: ("Paid out at home", 30_000 * KZT),
    }
    (paid,) = account(found, "convertible").movements
    assert (paid.kind, paid.amount, paid.transaction_id) == ("Settlement paid", -due.amount, "BANK-77")
    assert paid.reference == settlement_reference(due.id, 1)
    assert paid.counterparty == house.scheme.agent_of("IRN")
    for purpose in (each.purpose for each in found.accounts):
        assert account(found, purpose).closing == posted(house, "agent-KAZ", purpose)


def test_one_kind_of_account_can_be_drawn_alone(house):
    house.submit([order("a", "K1", "I1")])
    found = drawn(house, "agent-KAZ", purposes=["clearing"])
    assert found.accounts == (account(drawn(house, "agent-KAZ"), "clearing"),)
    assert drawn(house, "K1", purposes=["clearing"]).accounts == ()


def test_every_attempt_to_settle_keeps_its_own_reference(house, clock):
    house.submit([order("a", "K1", "I1")])
    (due,) = pay_over(house, clock).settlements
    for turn in (1, 2):
        house.settle(due.id, BY)
        house.confirm_settlement(due.id, f"BANK-{turn}", BY[0])
        if turn == 1:
            house.return_settlement(due.id, "AC04", "closed account", BY[0])
            house.reissue_settlement(due.id, BY[0])
    told = [
        (each.kind, each.reference) for each in account(drawn(house, "agent-IRN"), "convertible").movements
    ]
    first, second = settlement_reference(due.id, 1), settlement_reference(due.id, 2)
    assert told == [
        ("Settlement received", first),
        ("Settlement received, returned", first),
        ("Settlement received", second),
    ]


def test_reversal_freezing_and_frozen_credit_have_their_words(house, clock):
    one, two, three = house.submit(
        [order("a", "K1", "I1"), order("b", "K2", "I1", 20_000), order("c", "I3", "K3", 30_000)]
    )
    reverse(house, one.id)
    assert kinds(only(drawn(house, "I1"))) == [
        "Payment received", "Payment received", "Payment received, reversed"
    ]  # fmt: skip
    assert {one.status, two.status, three.status} == {"posted"}
    house.load_lists([listing(NAMES["K2"])], by=BY[0])
    pay_over(house, clock)
    found = drawn(house, "agent-KAZ")
    assert "Payment made, frozen" in kinds(account(found, "frozen"))
    assert account(found, "frozen").closing == posted(house, "agent-KAZ", "frozen") != 0
    decide(house, "K2", release=True)
    assert kinds(account(drawn(house, "agent-KAZ"), "frozen"))[-1] == "Payment made, frozen no more"


def test_pending_payments_stand_apart_and_as_they_were_at_the_end_of_the_period(house, clock):
    house.submit([order("a", "K1", "I1", 30_000, settlement_date=DAY + timedelta(days=6))])
    found = only(drawn(house, "K1"))
    (hold,) = found.pending
    assert (found.movements, found.closing) == ((), 0)
    assert (hold.amount, hold.counterparty, hold.settles) == (
        -30_000 * KZT,
        NAMES["I1"],
        DAY + timedelta(days=6),
    )
    assert account(drawn(house, "agent-IRN"), "clearing").pending[0].amount == 30_000
    assert account(drawn(house, "agent-IRN"), "position").pending[0].amount == -30_000 * IRR
    clock.day = DAY + timedelta(days=6)
    house.advance()
    assert not only(drawn(house, "K1")).pending
    assert only(drawn(house, "K1", last=DAY)).pending == (hold,)
    assert only(drawn(house, "K1", first=DAY + timedelta(days=1))).opening == 0
    assert kinds(only(drawn(house, "K1", first=clock.day))) == ["Payment made"]


def test_set_off_is_listed_by_payment_with_its_finality(house_url, clock):
    house = circular(house_url, clock)
    assert pay_over(house, clock).set_off == 4 * 50_000
    found = drawn(house, "K1", cycle=1)
    owed, claim = found.set_off
    assert (owed.owed, owed.amount, owed.local, owed.reference) == (True, 50_000, 50_000 * KZT, "E-A")
    assert (claim.owed, claim.amount, claim.local, claim.counterparty) == (
        False,
        50_000,
        50_000 * KZT,
        NAMES["I2"],
    )
    assert found.finality == house.scheme.finality
    rest, home = only(found).movements  # the claim was discharged whole: nothing of it was posted
    assert (rest.kind, rest.amount) == ("Payment made, rest after set-off", -50_000 * KZT)
    assert home.balance == 0
    agent = drawn(house, "agent-IRN", cycle=1)
    assert sorted((each.customer, each.local) for each in agent.set_off) == sorted(
        (NAMES[who], 50_000 * IRR) for who in ("I1", "I1", "I2", "I2")
    )
    assert not drawn(house, "K1", cycle=2).set_off
    house.close()


def test_the_screening_of_the_period_with_hit_decision_and_what_was_not_checked(house, clock):
    assert [each.hit for each in drawn(house, "K1").screened] == [False]
    house.load_lists([listing(NAMES["K1"], title="second list")], by=BY[0])
    found = drawn(house, "K1")
    assert (found.standing, found.screenings) == ("held", 2)
    (verdict,) = found.screened
    assert (verdict.hit, verdict.lists, verdict.published, verdict.decisions) == (
        True,
        "second list",
        DAY,
        (),
    )
    assert (verdict.matched_name, verdict.entry) == (NAMES["K1"], "e1")
    decide(house, "K1", release=True, reason="another firm of this name")
    found = drawn(house, "K1")
    assert found.standing == "released"
    (said,) = found.screened[0].decisions
    assert said == f"released on {DAY} by {BY[0]} and {BY[1]}: another firm of this name"
    assert found.not_checked == NOT_CHECKED
    for text in (found.to_html(), found.to_csv(), json.dumps(found.to_dict())):
        assert "ownership and control" in text
        assert "another firm of this name" in text
        assert verdict.algorithm in text


def test_the_head_is_the_newest_row_and_its_signature(tmp_path):
    new_key(tmp_path / "key.pem")
    house = found_house(str(tmp_path / "house.db"), key=tmp_path / "key.pem")
    head = drawn(house, "K1").head
    ((seq, digest),) = rows(house, "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
    assert (head.seq, head.hash, head.signature) == (seq, digest, "")
    house.close()  # signs
    assert len(drawn(house, "K1").head.signature) == 128
    assert f"row {seq}" in drawn(house, "K1").to_html()


def test_simulation_is_said_everywhere(house):
    found = drawn(house, "K1")
    assert found.mark == SIMULATION == "SIMULATION: synthetic parties, no legal authority"
    assert found.to_html().count(SIMULATION) >= 2  # on the page and in the foot of each sheet
    assert SIMULATION in found.to_csv()
    assert found.to_dict()["mark"] == SIMULATION


def test_an_authority_is_named_with_its_instrument_and_is_no_simulation(house):
    authority = Authority("Specimen Authority", "Act 1", "Gazette <1>", date(2026, 1, 2))
    scheme = replace(house.scheme, authority=authority, standing=Standing.ENACTED)
    found = statement(house.database, scheme, "K1")
    assert found.mark == "Specimen Authority: Act 1 (Gazette <1>, 2026-01-02)"
    assert "SIMULATION" not in found.to_html() + found.to_csv()
    assert "Specimen Authority: Act 1 (Gazette &lt;1&gt;, 2026-01-02)" in found.to_html()
    assert mark(replace(scheme, standing=Standing.PROPOSAL)) == SIMULATION


def test_names_cannot_break_out_of_the_page_and_survive_in_their_script(house_url, clock):
    house = circular(house_url, clock, K1=SCRIPT, I1=PERSIAN, K2=CYRILLIC)
    pay_over(house, clock)
    for who in (*NAMES, *AGENTS):
        page = drawn(house, who).to_html()
        assert "<script" not in page
        assert not re.search(r"\b(src|href)=", page), "the page stands alone"
    page = drawn(house, "K1").to_html()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne" in page
    assert PERSIAN in page
    assert f"<bdi>{CYRILLIC}</bdi>" in drawn(house, "K2").to_html()
    house.close()


def test_formulas_are_neutralised_in_csv_only(tmp_path, clock):
    entering = [party("K1"), party("I1", name=FORMULA)]
    house = found_house(str(tmp_path / "house.db"), parties=entering)
    house.submit([order("a", "K1", "I1", end_to_end_id="-7+1", invoice="@SUM(A1)")])
    found = drawn(house, "K1")
    (row,) = [each for each in csv.DictReader(io.StringIO(found.to_csv())) if each["row"] == "movement"]
    assert (row["counterparty"], row["reference"], row["invoice"]) == (f"'{FORMULA}", "'-7+1", "'@SUM(A1)")
    assert row["amount"] == "-500000.00"  # a number stays one
    for cell in (cell for line in csv.reader(io.StringIO(found.to_csv())) for cell in line):
        assert not cell.lstrip().startswith(("=", "+", "@"))
        assert not cell.startswith("-") or Decimal(cell) < 0
    assert only(found).movements[0].counterparty == FORMULA
    assert FORMULA.encode() in found.to_camt053().replace(b"&quot;", b'"')


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n1", "  =1", "　=1"])
def test_whatever_a_spreadsheet_takes_for_a_formula_is_guarded(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "INV/7", PERSIAN])
def test_other_text_is_left_alone(text):
    assert guarded(text) == text


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        (0, "USD", "0.00"),
        (-123_456_789, "KZT", "−1,234,567.89"),
        (5, "IRR", "0.05"),
        (1_234_567, "JPY", "1,234,567"),
        (-1_234, "KWD", "−1.234"),
    ],
)
def test_amounts_are_shown_in_major_units(amount, code, text):
    assert shown(amount, code) == text


def test_csv_adds_up_in_major_units(house, clock):
    house.submit([order("a", "K1", "I1", 33_333), order("b", "I1", "K1", 12_345)])
    pay_over(house, clock)
    for who in ("K1", "I1", *AGENTS):
        lines = list(csv.DictReader(io.StringIO(drawn(house, who).to_csv())))
        for number in {line["account"] for line in lines} - {""}:
            mine = [line for line in lines if line["account"] == number]
            at = {line["row"]: Decimal(line["balance"]) for line in mine if line["row"] != "pending"}
            moved = sum(Decimal(line["amount"]) for line in mine if line["row"] == "movement")
            assert at["opening"] + moved == at["closing"]


def test_camt053_is_read_back_as_the_same_account(house, clock):
    house.submit([order("a", "K1", "I1", 33_333, end_to_end_id="E-1"), order("b", "I1", "K1", 12_345)])
    pay_over(house, clock)
    found = drawn(house, "agent-KAZ", cycle=1)
    for mine, read in zip(found.accounts, read_statements(found.to_camt053()), strict=True):
        assert (read.opening, read.closing, read.checks) == (mine.opening, mine.closing, ())
        assert [entry.amount for entry in read.entries] == [move.amount for move in mine.movements]
        assert read.account == str(mine.id)
    assert (
        found.to_camt053() == drawn(house, "agent-KAZ", cycle=1).to_camt053()
    )  # the same books, the same message


def test_bad_questions_are_answered_with_what_to_ask(house):
    with pytest.raises(InputError, match=r"'nobody' is not registered"):
        drawn(house, "nobody")
    with pytest.raises(InputError, match=r"cycle 9: there is none .* 1 to 1"):
        drawn(house, "K1", cycle=9)
    with pytest.raises(InputError, match="not both"):
        drawn(house, "K1", cycle=1, first=DAY)
    with pytest.raises(InputError, match="lies before the first"):
        drawn(house, "K1", first=DAY, last=DAY - timedelta(days=1))


def test_a_statement_that_does_not_add_up_is_not_drawn(tmp_path):
    """A hold whose payment is gone from the list of pending ones: the books would say two things."""
    house = found_house(str(tmp_path / "house.db"))
    house.submit([order("a", "K1", "I1", settlement_date=DAY + timedelta(days=6))])
    with house.database.writing() as connection:
        for name in connection.execute(
            sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).scalars():
            connection.execute(sa.text(f"DROP TRIGGER {name}"))
        connection.execute(sa.text("UPDATE payment SET status = 'voided'"))
    with pytest.raises(LedgerError, match=r"do not add up to the holds of -50000000"):
        drawn(house, "K1")


STEP = st.tuples(
    st.sampled_from(["K1", "K2", "I1", "I2"]), st.sampled_from("KI"), st.integers(100_000, 900_000)
)
TURN = st.one_of(
    st.lists(STEP, min_size=1, max_size=6), st.sampled_from(["close", "next day", "reverse", "hit"])
)


def play(house: ClearingHouse, clock: Clock, turns: list[object]) -> int:
    """Carry out turns; returns the number of cycles begun."""
    cycles, number = 1, 0
    for turn in turns:
        if turn == "close":
            dues = pay_over(house, clock).settlements
            cycles += 1
            for due in dues:
                house.settle(due.id, BY)
                house.confirm_settlement(due.id, "ref", BY[0])
        elif turn == "next day":
            clock.day += timedelta(days=1)
            house.advance()
        elif turn == "reverse":
            whole = "SELECT id FROM payment WHERE status = 'posted' AND seq = id ORDER BY id DESC LIMIT 1"
            for (found,) in rows(house, whole):
                reverse(house, found)
        elif turn == "hit":
            house.load_lists([listing(NAMES["K2"], day=clock.day)], by=BY[0])
        else:
            batch = []
            for debtor, other, amount in turn:
                number += 1
                creditor = f"{'I' if debtor[0] == 'K' else 'K'}{1 + (other == 'K')}"
                batch.append(order(f"p{number}", debtor, creditor, amount, settlement_date=clock.day))
            house.submit(batch)
    return cycles


@settings(max_examples=6, deadline=None)
@given(st.lists(TURN, min_size=2, max_size=8))
def test_whatever_happens_cycles_and_days_join_without_a_gap(turns):
    with TemporaryDirectory() as folder:
        clock = Clock()
        entering = [party(each, set_off=each in ("K1", "I1", "I2")) for each in NAMES]
        scheme = small_scheme(set_off="true")
        house = found_house(str(Path(folder) / "h.db"), scheme, clock=clock, parties=entering)
        cycles = play(house, clock, turns)
        middle = DAY + (clock.day - DAY) / 2
        spans = [{"last": middle}, {"first": middle + timedelta(days=1), "last": date(2028, 1, 1)}]
        for who in ("K1", "K2", "I1", *AGENTS):
            whole = {each.id: each for each in drawn(house, who).accounts}
            for periods in ([{"cycle": number + 1} for number in range(cycles)], spans):
                parts = [
                    {each.id: each for each in drawn(house, who, **period).accounts} for period in periods
                ]
                for number, mine in whole.items():
                    chain = [part[number] for part in parts]
                    ends = [0, *(each.closing for each in chain)]
                    assert [each.opening for each in chain] == ends[:-1]
                    assert ends[-1] == mine.closing == posted(house, who, mine.purpose)
                    assert [m for each in chain for m in each.movements] == list(mine.movements)
                    balance = 0
                    for move in mine.movements:
                        balance += move.amount
                        assert move.balance == balance
                    assert chain[-1].pending == mine.pending
        house.close()
