"""Messages written: valid, complete, and refused where they would say something untrue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from lxml import etree

from messages_samples import CREATED, DAY, ENTRIES, HEADER, ORDER, ORIGINAL, STATEMENT, refused, written
from tarazu.clearing.messages import schemas
from tarazu.clearing.messages.accounts import Statement, camt053
from tarazu.clearing.messages.bank import read_statements
from tarazu.clearing.messages.build import Agent, Header, Original, major, total
from tarazu.clearing.messages.schemas import Schemas
from tarazu.clearing.messages.status import PaymentStatus, reason_for, reasons
from tarazu.clearing.messages.write import (
    Recall,
    Return,
    Status,
    camt056,
    pacs002,
    pacs004,
    pacs008,
)
from tarazu.clearing.order import PaymentOrder, Refusal
from tarazu.core.errors import MessageError

# What the packages at hand carry: full schemas for three, stand-ins of later versions for three, none for recalls.
CARRIED = {
    "pacs.008.001.08": "full",
    "camt.053.001.08": "full",
    "camt.054.001.08": "full",
    "pacs.009.001.08": "reduced",
    "pacs.002.001.10": "reduced",
    "pacs.004.001.09": "reduced",
    "camt.056.001.08": "none",
}


@pytest.mark.parametrize(("message", "kind"), CARRIED.items())
def test_every_message_against_what_the_packages_carry(message, kind):
    found = Schemas().validate(written()[message])
    assert (found.ok, found.schema) == (True, kind), found.message
    assert found.checked_against.startswith(
        {"full": "checked against the full", "reduced": "checked against a reduced", "none": "not checked"}[
            kind
        ]
    )


def test_a_reduced_schema_says_what_it_did_not_look_at_and_still_finds_breaches():
    text = written()["pacs.009.001.08"].decode()
    assert "not looked at, because that schema lacks them: " in Schemas().validate(text.encode()).message
    for old, new, said in (
        ("2026-03-03<", "2026-02-30<", "IntrBkSttlmDt"),
        ("99.99", "-1", "IntrBkSttlmAmt"),
        ("<EndToEndId>CYCLE-7</EndToEndId>", "", "EndToEndId"),
    ):
        found = Schemas().validate(text.replace(old, new).encode(), "out.xml")
        assert not found.ok
        assert found.message.startswith("out.xml, line 2: ")
        assert said in found.message


def test_a_schema_that_is_not_the_official_one_is_never_called_full(tmp_path):
    official = schemas._packaged("pacs.008.001.08").path.read_text()
    own = tmp_path / "pacs.008.001.08.xsd"
    own.write_text(official.replace("\n", "\n\n") + "<!-- reformatted -->")
    assert Schemas(tmp_path).find("pacs.008.001.08").kind == "full"
    own.write_text(official.replace('maxLength value="35"', 'maxLength value="350"'))
    found = Schemas(tmp_path).validate(written()["pacs.008.001.08"])
    assert (found.ok, found.schema) == (True, "reduced")
    assert "not the official schema" in found.checked_against
    own.write_text("<xs:schema")
    with pytest.raises(MessageError, match="well-formed"):
        Schemas(tmp_path).find("pacs.008.001.08")
    own.write_text('<schema xmlns="http://www.w3.org/2001/XMLSchema"><element/></schema>')
    with pytest.raises(MessageError, match="not a schema that can be used"):
        Schemas(tmp_path).find("pacs.008.001.08")
    with pytest.raises(MessageError, match="no such folder"):
        Schemas(tmp_path / "none")


def test_a_folder_completes_the_packages_and_the_packages_the_folder(tmp_path):
    assert Schemas(tmp_path).find("camt.053.001.08").kind == "full"
    assert Schemas(tmp_path).find("camt.056.001.08") is None


def test_without_the_packages_nothing_is_said_to_be_checked(monkeypatch):
    monkeypatch.setattr(schemas, "_installed", lambda package: None)
    for message in written().values():
        found = Schemas().validate(message)
        assert (found.ok, found.schema) == (True, "none")
        assert "not checked against a schema" in found.checked_against


def text_of(message: bytes, tag: str) -> list[str]:
    return [each.text or "" for each in etree.fromstring(message).iter(f"{{*}}{tag}")]


def test_answers_carry_the_original_identifiers_and_the_reason():
    message = pacs002(HEADER, [refused("word " * 60), Status(ORIGINAL, PaymentStatus.SETTLED)])
    assert text_of(message, "TxSts") == ["RJCT", "ACSC"]
    assert text_of(message, "OrgnlTxId") == ["T1", "T1"]
    assert text_of(message, "OrgnlMsgId") == ["M0"]  # one message: said once, for the group
    assert text_of(message, "Cd") == ["AM05"]
    pieces = text_of(message, "AddtlInf")
    assert max(map(len, pieces)) <= 105
    assert "".join(pieces) == ("word " * 60).strip()


def test_answers_to_several_messages_name_the_message_of_each():
    message = written()["pacs.002.001.10"]
    groups = etree.fromstring(message).findall(".//{*}TxInfAndSts/{*}OrgnlGrpInf/{*}OrgnlMsgId")
    assert [each.text for each in groups] == ["M0", "M0", "M9"]


def test_answer_to_an_order_that_came_as_csv_names_no_message():
    status = Status(Original(end_to_end_id="E1"), PaymentStatus.ACCEPTED)
    assert not text_of(pacs002(HEADER, [status]), "OrgnlMsgId")
    assert Schemas().validate(pacs002(HEADER, [status])).ok


def test_a_payment_refused_for_its_identifiers_can_still_be_answered():
    refusal = Refusal(
        "k", "CH16", "…", message_id="M0", end_to_end_id="x" * 40, transaction_id="T1", uetr="none"
    )
    message = pacs002(HEADER, [Status(Original.of(refusal), PaymentStatus.REJECTED, "CH16")])
    assert (text_of(message, "OrgnlTxId"), text_of(message, "OrgnlEndToEndId")) == (["T1"], [])
    assert Schemas().validate(message).ok


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda: pacs008(HEADER, []), "none to write"),
        (lambda: pacs002(HEADER, []), "none to write"),
        (lambda: pacs002(HEADER, [Status(ORIGINAL, PaymentStatus.REJECTED)]), "needs a reason"),
        (lambda: pacs002(HEADER, [Status(ORIGINAL, PaymentStatus.REJECTED, "AM055")]), "Did you mean AM05"),
        (
            lambda: pacs004(HEADER, [Return("R", ORIGINAL, 5, "KZT", DAY, "DUPL")]),
            "not a reason for a return",
        ),
        (lambda: pacs004(HEADER, [Return("R", ORIGINAL, 0, "KZT", DAY, "FOCR")]), "more than nothing"),
        (
            lambda: camt056(HEADER, [Recall("C", ORIGINAL, 5, "KZT", DAY, "FOCR")]),
            "not a reason for a cancellation",
        ),
        (lambda: camt053("M", CREATED, []), "none to write"),
        (lambda: pacs008(Header("x" * 36, CREATED, HEADER.sender, HEADER.receiver), [ORDER]), "holds 35"),
        (lambda: pacs008(Header("", CREATED, HEADER.sender, HEADER.receiver), [ORDER]), "MsgId: is empty"),
        (lambda: pacs008(Header("M", CREATED, Agent(), HEADER.receiver), [ORDER]), "neither BIC"),
        (lambda: pacs008(Header("M", CREATED, Agent(bic="kz"), HEADER.receiver), [ORDER]), "not a BIC"),
        (lambda: camt053("M\x00", CREATED, [STATEMENT]), "XML cannot carry"),
        (lambda: camt053("M", CREATED, [Statement("S", "A" * 35, "KZT", DAY, DAY, 0, 0)]), "holds 34"),
        (
            lambda: camt053("M", CREATED, [Statement("S", "A", "KZT", DAY, date(2026, 1, 1), 0, 0)]),
            "before it begins",
        ),
        (lambda: camt053("M", CREATED, [Statement("S", "A", "KZT", DAY, DAY, 10**18, 10**18)]), "digits"),
    ],
)
def test_what_cannot_be_written_is_refused(write: Callable[[], bytes], said):
    with pytest.raises(MessageError, match=said):
        write()


def test_a_statement_that_does_not_add_up_is_not_written():
    wrong = Statement("S-1", "ACC", "KZT", DAY, DAY, 1_000, -1_000, ENTRIES)
    with pytest.raises(MessageError, match=r"opening 10\.00 \+ entries -20\.01 is not closing -10\.00 KZT"):
        camt053("M", CREATED, [wrong])


def test_a_statement_comes_back_as_it_was_written():
    (found,) = read_statements(written()["camt.053.001.08"])
    assert (found.id, found.account, found.currency) == ("S-1", "KZ-POSITION", "KZT")
    assert (found.opening, found.closing, found.checks) == (1_000, -1_001, ())
    assert [(each.ref, each.amount, each.booked) for each in found.entries] == [
        ("L-1", 5_000, DAY),
        ("L-2", -7_001, DAY),
    ]
    first = found.entries[0]
    assert (first.end_to_end_id, first.uetr, first.info) == ("E1", ORIGINAL.uetr, "за ячмень")


def test_an_iban_is_written_as_iban_and_a_mistyped_one_is_not():
    for account, element in (("KZ86125KZT5004100100", "IBAN"), ("KZ87125KZT5004100100", "Othr")):
        message = camt053("M", CREATED, [Statement("S", account, "KZT", DAY, DAY, 0, 0)])
        assert etree.fromstring(message).find(f".//{{*}}Acct/{{*}}Id/{{*}}{element}") is not None
        assert read_statements(message)[0].account == account


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        (
            "70.01</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>",
            "70.02</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>",
            "add-up",
        ),
        (
            ">50.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            ">50.001</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            "unusable",
        ),
        ("OPBD", "OPAV", "balance-missing"),
        ("<NbOfNtries>2</NbOfNtries><Sum>120.01", "<NbOfNtries>3</NbOfNtries><Sum>120.01", "entries-missing"),
    ],
)
def test_a_banks_statement_with_a_fault_comes_back_with_checks(old, new, name):
    text = written()["camt.053.001.08"].decode()
    assert text.count(old) == 1
    (found,) = read_statements(text.replace(old, new).encode(), name="bank.xml")
    assert any(name in check.name for check in found.checks)
    assert all(check.where.startswith("bank.xml, statement 1") for check in found.checks)


def test_pending_entries_move_nothing():
    text = written()["camt.053.001.08"].decode().replace("<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>", 1)
    (found,) = read_statements(text.encode())
    assert [each.ref for each in found.entries] == ["L-2"]


def test_a_collective_entry_is_read_as_its_details_if_they_sum_to_it():
    text = written()["camt.053.001.08"].decode()
    one = '<TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs><Amt Ccy="KZT">{}</Amt></TxDtls>'
    start, end = text.index("<NtryDtls>"), text.index("</NtryDtls>")
    for second, expected in (("20.00", [3_000, 2_000, -7_001]), ("20.01", [5_000, -7_001])):
        details = f"<NtryDtls>{one.format('A', '30.00')}{one.format('B', second)}"
        (found,) = read_statements((text[:start] + details + text[end:]).encode())
        assert [each.amount for each in found.entries] == expected
        assert any(check.name == "collective-entry" for check in found.checks) is (second == "20.01")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"key,debtor", "not XML"),
        (written()["pacs.008.001.08"], "not a camt.053"),
        (written()["camt.053.001.08"].replace(b"<Id>S-1</Id>", b""), "line 2: .*Id"),
        (
            written()["camt.053.001.08"].replace(b"<Document", b"<!DOCTYPE Document><Document"),
            "document type",
        ),
    ],
)
def test_bank_statements_that_are_refused(data, said):
    with pytest.raises(MessageError, match=said):
        read_statements(data)


def test_amounts_in_words_of_their_currency():
    assert [major(-5, "KZT"), major(123_450, "IRR"), major(7, "JPY"), major(1, "IQD")] == [
        "-0.05",
        "1234.50",
        "7",
        "0.001",
    ]
    assert total([(150, "KZT"), (7, "JPY"), (1, "IQD")]) == "8.501"


def test_control_sum_that_fits_no_element_is_left_out():
    big = [PaymentOrder(f"k{n}", "A", "B", 10**18 - 1, "KZT", DAY, transaction_id=f"T{n}") for n in range(2)]
    message = pacs008(HEADER, big)
    assert b"CtrlSum" not in message
    assert Schemas().validate(message).ok


def test_reasons_have_the_form_of_the_code_sets():
    assert len({each.name for each in reasons().values()}) == len(reasons())
    for each in reasons().values():
        assert each.code.isalnum()
        assert len(each.code) == 4
        assert each.uses <= {"status", "return", "cancellation"}
        assert each.meaning
    assert reason_for("AM05", "status").name == "Duplication"
