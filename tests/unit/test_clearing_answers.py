"""Messages from the books: each says what the books say, and is valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from clearing_support import (
    AGENTS,
    BY,
    DAY,
    NAMES,
    Clock,
    found_house,
    listing,
    order,
    party,
    pay_over,
    reverse,
    rows,
    small_scheme,
)
from tarazu.clearing import answers
from tarazu.clearing.answers import Answer
from tarazu.clearing.booking import Outcome
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.messages.bank import read_statements
from tarazu.clearing.messages.schemas import Schemas
from tarazu.clearing.messages.source import UETR
from tarazu.clearing.messages.status import reasons
from tarazu.clearing.order import Refusal
from tarazu.core.errors import InputError, MessageError

CREATED = datetime(2026, 9, 15, 12, 0)
HARMFUL = "<script> & \u200f" + "ю" * 200


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[ClearingHouse]:
    opened = found_house(str(tmp_path / "house.db"), small_scheme(payment_min="1.00"), clock=clock)
    yield opened
    opened.close()


def texts(answer: Answer, path: str) -> list[str]:
    """Texts of the elements of a path, by local names."""
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    return etree.fromstring(answer.data).xpath(f"//{steps}/text()")


def mixed(house: ClearingHouse) -> tuple[list[Outcome], list]:
    """One order of every outcome, the last under a key that stands for another."""
    house.load_prices({"100310": (0.1, 0.3, "test")}, by=BY[0])
    orders = [
        order("posted", "K1", "I1", end_to_end_id="E-1", message_id="M-1", transaction_id="T-1"),
        order("pending", "K1", "I1", settlement_date=DAY + timedelta(days=6), transaction_id="T-2"),
        order("held", "K1", "I1", 999_999, hs="100310", quantity_kg=1, transaction_id="T-3"),
        order("refused", "K1", "nobody"),
        order("posted", "K2", "I1", transaction_id="T-5"),
    ]
    return house.submit(orders), orders


def every(house: ClearingHouse, clock: Clock, **others) -> dict[str, Answer]:
    """One message of every kind from one house."""
    outcomes, orders = mixed(house)
    back = house.submit([order("back", "I1", "K2", 50_000, end_to_end_id="E-BACK", message_id="M-2")])[0]
    reverse(house, back.id)
    (due,) = pay_over(house, clock).settlements
    house.settle(due.id, BY)
    shared = {"created": CREATED, **others}
    books, scheme = house.database, house.scheme
    refusal = Refusal("", "FF01", "row 7: \x00" + HARMFUL, "orders.csv, row 7")
    found = [
        answers.status_report(books, scheme, outcomes, [refusal], to="agent-KAZ", orders=orders, **shared),
        answers.settlement_instruction(books, scheme, due.id, **shared),
        answers.return_message(books, back.id, **shared),
        answers.recall(books, outcomes[0].id, "CUST", "the customer asks", **shared),
        answers.notification(books, scheme, "agent-KAZ", DAY, **shared),
        answers.account_statement(books, scheme, "agent-IRN", cycle=1, **shared),
    ]
    return {answer.message: answer for answer in found}


def test_every_message_says_what_its_check_was_worth(house, clock):
    found = every(house, clock)
    kinds = {name: answer.validation.schema for name, answer in found.items()}
    assert kinds == {
        "pacs.002.001.10": "reduced",
        "pacs.009.001.08": "reduced",
        "pacs.004.001.09": "reduced",
        "camt.056.001.08": "none",
        "camt.054.001.08": "full",
        "camt.053.001.08": "full",
    }
    said = {name: answer.checked_against for name, answer in found.items()}
    assert said["pacs.009.001.08"].startswith("checked against a reduced schema for pacs.009.001.08")
    assert said["camt.056.001.08"].startswith("not checked against a schema")


@pytest.mark.needs_shared
def test_every_message_is_valid_against_the_official_schemas(house, clock, shared_data):
    folder = shared_data / "iso20022"
    for name, answer in every(house, clock, schema_folder=folder).items():
        assert (answer.validation.ok, answer.validation.schema) == (True, "full"), answer.validation.message
        assert Schemas(folder).validate(answer.data).ok
        assert answer.message == name
        assert len(answer.id) <= 35


def test_a_status_report_answers_each_order_by_its_own_identifiers(house):
    outcomes, orders = mixed(house)
    assert [each.status for each in outcomes] == ["posted", "pending", "held", "refused", "refused"]
    found = answers.status_report(house.database, house.scheme, outcomes, to="agent-KAZ", orders=orders)
    assert texts(found, "TxInfAndSts/TxSts") == ["ACSC", "PDNG", "PDNG", "RJCT", "RJCT"]
    assert texts(found, "TxInfAndSts/OrgnlTxId") == ["T-1", "T-2", "T-3", "refused", "T-5"]
    assert texts(found, "TxInfAndSts/OrgnlEndToEndId")[0] == "E-1"
    assert texts(found, "OrgnlGrpInfAndSts/OrgnlMsgId") == ["M-1"]
    assert texts(found, "Rsn/Cd") == ["NARR", "AC01", "AM05"]
    said = "".join(texts(found, "StsRsnInf/AddtlInf"))
    assert "unit value" in said
    assert "'nobody' is not registered" in said
    assert all(len(piece) <= 105 for piece in texts(found, "StsRsnInf/AddtlInf"))
    assert texts(found, "InstdAgt/FinInstnId/Othr/Id") == ["agent-KAZ"]


def test_orders_are_read_back_from_the_journal_where_it_has_them(house):
    outcomes, orders = mixed(house)
    at = {"to": "agent-KAZ", "created": CREATED, "message_id": "A"}
    books, scheme = house.database, house.scheme
    assert (
        answers.status_report(books, scheme, outcomes[:4], **at).data
        == answers.status_report(books, scheme, outcomes[:4], orders=orders[:4], **at).data
    )
    with pytest.raises(InputError, match="Give the orders as submitted"):
        answers.status_report(books, scheme, outcomes, **at)
    with pytest.raises(InputError, match="5 outcomes and 4 orders"):
        answers.status_report(books, scheme, outcomes, orders=orders[:4], **at)
    with pytest.raises(InputError, match="'agent-XXX' is not registered"):
        answers.status_report(books, scheme, outcomes[:1], to="agent-XXX")
    with pytest.raises(MessageError, match="a status"):
        answers.status_report(books, scheme, [], to="agent-KAZ")


def test_a_party_on_a_list_is_pending_with_its_reason_and_never_a_traceback(house):
    house.load_lists([listing(NAMES["K1"])], by=BY[0])
    outcomes = house.submit([order("a", "K1", "I1", transaction_id="T-1")])
    found = answers.status_report(house.database, house.scheme, outcomes, to="agent-KAZ")
    assert texts(found, "TxSts") == ["PDNG"]
    (code,) = texts(found, "Rsn/Cd")
    assert "status" in reasons()[code].uses
    assert "awaits a decision" in "".join(texts(found, "AddtlInf"))


def test_a_code_that_no_answer_can_carry_becomes_words(house):
    lost = Outcome("k", "refused", None, "ZZ99", "why", "row 1")
    found = answers.status_report(
        house.database, house.scheme, [lost], to="agent-KAZ", orders=[order("k", "K1", "I1")]
    )
    assert texts(found, "Rsn/Cd") == ["NARR"]
    assert texts(found, "AddtlInf") == ["ZZ99: why"]


def test_an_instruction_carries_settlement_attempt_and_deadline(house, clock):
    house.submit([order("a", "K1", "I1")])
    (due,) = pay_over(house, clock).settlements
    books, scheme = house.database, house.scheme
    with pytest.raises(
        InputError, match=rf"settlement {due.id} is due: it is instructed only once two operators"
    ):
        answers.settlement_instruction(books, scheme, due.id)
    house.settle(due.id, BY)
    first = answers.settlement_instruction(books, scheme, due.id, created=CREATED)
    assert first.id == f"STL-{due.id}-1"
    assert texts(first, "PmtId/EndToEndId") == [first.id]
    assert texts(first, "IntrBkSttlmAmt") == [f"{due.amount / 100:.2f}"]
    assert texts(first, "IntrBkSttlmDt") == [due.due]
    assert texts(first, "Dbtr/FinInstnId/Othr/Id") == ["agent-KAZ"]
    assert texts(first, "Cdtr/FinInstnId/Othr/Id") == ["agent-IRN"]
    assert UETR.fullmatch(texts(first, "UETR")[0])
    assert answers.settlement_instruction(books, scheme, due.id, created=CREATED).data == first.data
    house.reject_settlement(due.id, "AC04", "closed account", BY[0])
    with pytest.raises(InputError, match="is rejected"):
        answers.settlement_instruction(books, scheme, due.id)
    house.reissue_settlement(due.id, BY[0])
    with pytest.raises(InputError, match="is due"):
        answers.settlement_instruction(books, scheme, due.id)
    house.settle(due.id, BY)
    second = answers.settlement_instruction(books, scheme, due.id, created=CREATED)
    assert second.id == f"STL-{due.id}-2"
    assert texts(second, "UETR") != texts(first, "UETR")


@pytest.mark.parametrize("before", ["never released", "released in an attempt before"])
def test_what_became_overdue_without_a_release_is_not_instructed(house, clock, before):
    house.submit([order("a", "K1", "I1")])
    (due,) = pay_over(house, clock).settlements
    if before != "never released":
        house.settle(due.id, BY)
        house.reject_settlement(due.id, "AC04", "closed account", BY[0])
        house.reissue_settlement(due.id, BY[0])
    clock.day += timedelta(days=60)
    house.advance()
    with pytest.raises(InputError, match="is overdue: it is instructed only once"):
        answers.settlement_instruction(house.database, house.scheme, due.id)


def test_a_return_sends_back_what_was_ordered_in_its_own_currency(house):
    sent = house.submit(
        [
            order(
                "a", "K1", "I1", 7_000_000, "KZT", end_to_end_id="E-1", transaction_id="T-1", message_id="M-1"
            )
        ]
    )[0]
    with pytest.raises(InputError, match="is posted; only a reversed payment is returned"):
        answers.return_message(house.database, sent.id)
    reverse(house, sent.id)
    found = answers.return_message(house.database, sent.id)
    assert re.search(rb'<RtrdIntrBkSttlmAmt Ccy="KZT">70000\.00<', found.data)
    assert texts(found, "OrgnlTxId") == ["T-1"]
    assert texts(found, "OrgnlGrpInf/OrgnlMsgId") == ["M-1"]
    assert texts(found, "Rsn/Cd") == ["FOCR"]
    assert texts(found, "IntrBkSttlmDt") == [DAY.isoformat()]
    assert texts(found, "InstgAgt/FinInstnId/Othr/Id") == ["agent-IRN"]  # it goes back the way it came
    with pytest.raises(InputError, match="no booked payment"):
        answers.return_message(house.database, 999_999)


def test_a_recall_asks_and_moves_nothing(house):
    sent = house.submit([order("a", "K1", "I1", end_to_end_id="E-1")])[0]
    before = rows(house, "SELECT count(*), sum(posted) FROM journal, balance")
    found = answers.recall(house.database, sent.id, "DUPL", "\x01" + HARMFUL)
    assert texts(found, "CxlRsnInf/Rsn/Cd") == ["DUPL"]
    assert texts(found, "Assgnr/Agt/FinInstnId/Othr/Id") == ["agent-KAZ"]
    assert rows(house, "SELECT count(*), sum(posted) FROM journal, balance") == before
    with pytest.raises(MessageError, match="is not a reason for a cancellation"):
        answers.recall(house.database, sent.id, "AC01")
    reverse(house, sent.id)
    with pytest.raises(InputError, match="nothing left to recall"):
        answers.recall(house.database, sent.id, "DUPL")


def test_a_notification_holds_the_days_entries_with_their_sign(house, clock):
    house.submit([order("a", "K1", "I1", 30_000, end_to_end_id="E-1"), order("b", "I2", "K1", 10_000)])
    found = answers.notification(house.database, house.scheme, "K1", DAY)
    assert texts(found, "Ntfctn/Ntry/Amt") == ["150000.00", "50000.00"]
    assert texts(found, "Ntfctn/Ntry/CdtDbtInd") == ["DBIT", "CRDT"]
    assert texts(found, "Refs/EndToEndId") == ["E-1"]
    with pytest.raises(InputError, match="nothing was booked"):
        answers.notification(house.database, house.scheme, "K1", DAY + timedelta(days=1))


def test_hostile_names_and_identifiers_leave_no_message_invalid(tmp_path, clock):
    entering = [replace(party("K1"), name=HARMFUL), replace(party("I1"), name="=1+1\tx")]
    house = found_house(
        str(tmp_path / "h.db"), small_scheme(payment_min="1.00"), clock=clock, parties=entering
    )
    long = "x" * 60
    outcomes = house.submit(
        [
            order(
                long,
                "K1",
                "I1",
                end_to_end_id=long,
                transaction_id="&<",
                uetr="no-uetr",
                invoice=HARMFUL[:200],
            )
        ]
    )
    assert outcomes[0].status == "posted", outcomes[0].reason
    books, scheme = house.database, house.scheme
    answers.status_report(books, scheme, outcomes, to="K1")
    answers.recall(books, outcomes[0].id, "CUST")
    for who in ("K1", "I1", *AGENTS):
        for found in (
            answers.notification(books, scheme, who, DAY),
            answers.account_statement(books, scheme, who),
        ):
            assert found.validation.ok
            assert b"<script" not in found.data
    house.close()


def test_a_statement_message_is_the_accounts_of_the_statement(house, clock):
    house.submit([order("a", "K1", "I1")])
    pay_over(house, clock)
    found = answers.account_statement(house.database, house.scheme, "agent-KAZ", cycle=1)
    read = read_statements(found.data)
    assert len(read) == 6
    assert {each.currency for each in read} == {"USD", "KZT"}
    assert all(not each.checks for each in read)
    again = answers.account_statement(house.database, house.scheme, "agent-KAZ", cycle=1)
    assert (again.id, again.data) == (found.id, found.data)
