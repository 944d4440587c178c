"""Orders as CSV and JSON: the same rules, places in messages, and what spreadsheets do to files."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from tarazu.clearing.messages.fields import order_fields
from tarazu.clearing.messages.read import read_payments
from tarazu.clearing.messages.source import limits
from tarazu.clearing.messages.status import reasons
from tarazu.core.errors import MessageError

HEAD = "key,debtor,creditor,amount,currency,settlement_date,debtor_name,hs,quantity_kg,invoice"
GOOD = "k1,KZ-1,IR-1,1234.50,KZT,2026-03-03,ТОО «Астық»,100300,25000,INV-1"


def csv_of(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows, ""]).encode()


def json_of(**changes: object) -> dict[str, object]:
    return dict(zip(HEAD.split(","), GOOD.split(","), strict=True)) | changes


def test_csv_and_json_give_the_same_order():
    from_csv = read_payments(csv_of(GOOD), name="orders.csv")
    array = read_payments(json.dumps([json_of()]).encode(), name="orders.json")
    one = read_payments(json.dumps(json_of(), indent=2).encode())
    lines = read_payments("\n".join([json.dumps(json_of(), ensure_ascii=False)] * 2).encode())
    (order,) = from_csv.orders
    assert (order.amount, order.currency, order.settlement_date) == (123_450, "KZT", date(2026, 3, 3))
    assert (order.debtor_name, order.hs, order.quantity_kg) == ("ТОО «Астық»", "100300", Decimal(25000))
    assert order.source == "orders.csv, row 2"
    for batch in (array, one, lines):
        assert {each.digest() for each in batch.orders} == {order.digest()}
        assert {each.key for each in batch.orders} == {"k1"}
    assert [each.source for each in lines.orders] == ["message, row 1", "message, row 2"]
    assert "no schema" in from_csv.checked_against


BAD = [
    ("key", "", "CH21"),
    ("debtor", "", "BE16"),
    ("debtor", "x" * 36, "BE16"),
    ("creditor", " ", "BE17"),
    ("amount", "", "AM12"),
    ("amount", "0", "AM01"),
    ("amount", "-5.00", "AM12"),
    ("amount", "1.234", "CH20"),
    ("amount", "1e5", "AM12"),
    ("amount", "NaN", "AM12"),
    ("amount", "1 234.50", "AM12"),
    ("amount", "١٢", "AM12"),
    ("currency", "ABC", "AM11"),
    ("currency", "kzt", "AM11"),
    ("settlement_date", "2026-02-30", "DT01"),
    ("settlement_date", "0001-01-01", "DT01"),
    ("settlement_date", "03.03.2026", "DT01"),
    ("settlement_date", "1405-01-01", "DT01"),
    ("settlement_date", "", "DT01"),
    ("hs", "10030", "RR07"),
    ("quantity_kg", "-1", "RR07"),
    ("quantity_kg", "0", "RR07"),
    ("debtor_name", "x" * 141, "BE20"),
    ("debtor_name", "bell\a", "RR10"),
]


@pytest.mark.parametrize(("column", "value", "code"), BAD)
def test_a_bad_value_refuses_its_row_in_csv_and_json(column, value, code):
    row = ",".join(str(each) for each in json_of(**{column: value}).values())
    from_csv = read_payments(csv_of(GOOD, row, GOOD), name="orders.csv")
    from_json = read_payments(
        json.dumps([json_of(), json_of(**{column: value})]).encode(), name="orders.json"
    )
    assert len(from_csv.orders) == 2
    for batch, source in ((from_csv, "orders.csv, row 3"), (from_json, "orders.json, row 2")):
        (refusal,) = batch.refused
        assert refusal.code == code
        assert refusal.source == f"{source}, column {column}"
        assert refusal.reason.startswith(f"{column}: ")
        assert refusal.key == ("" if column == "key" else "k1")


def test_scale_of_the_currency_decides():
    rows = ["a,A,B,100,JPY,2026-03-03", "b,A,B,100.0,JPY,2026-03-03", "c,A,B,1.234,IQD,2026-03-03"]
    batch = read_payments(csv_of(*rows))
    assert [(each.key, each.amount) for each in batch.orders] == [("a", 100), ("c", 1234)]
    assert [each.code for each in batch.refused] == ["CH20"]


def test_solar_hijri_dates_are_read_where_marked_and_hinted_at_where_not():
    marked, plain = (read_payments(csv_of(f"a,A,B,1,KZT,{day}")) for day in ("SH 1405-01-05", "1405-01-05"))
    assert marked.orders[0].settlement_date == date(2026, 3, 25)
    assert "SH 1405-01-05" in plain.refused[0].reason


def test_what_spreadsheets_do_to_files():
    text = (
        "\ufeffsep=;\r\nKey;Debtor;creditor;amount;currency;settlement_date;debtor_name;;\r\n"
        'k1;A;B;25000,5;KZT;2026-03-03;"ТОО ""Астық""; филиал";;\r\n'
        "k2;A;B;25000.50;KZT;2026-03-03\r\n;;;;;;;;\r\n\r\n"
    )
    for data in (text.encode(), text.lstrip("\ufeff").encode("utf-16")):
        batch = read_payments(data)
        assert [each.amount for each in batch.orders] == [2_500_050, 2_500_050]
        assert batch.orders[0].debtor_name == 'ТОО "Астық"; филиал'
        assert not batch.refused


def test_a_comma_never_begins_decimals_where_it_may_group_thousands():
    row = '"25,500"'
    assert read_payments(csv_of(f"k1,A,B,{row},KZT,2026-03-03")).refused[0].code == "AM12"
    head = HEAD.replace(",", ";")
    assert read_payments(f"{head}\nk1;A;B;25,500;KZT;2026-03-03\n".encode()).refused[0].code == "AM12"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"key,debtor,creditor,amout,currency,settlement_date\n",
            'row 1: "amout" is not .* did you mean amount',
        ),
        (b"key,debtor,creditor,amount,currency\n", "lacks settlement_date"),
        (csv_of().replace(b"invoice", b"key"), "column key is there twice"),
        (csv_of('k1,"A"B,C'), "row 2: not CSV"),
        (csv_of('k1,"A'), "row 2: not CSV"),
        (
            csv_of("ТОО".encode("cp1251").decode("latin-1")).decode().encode("latin-1", "ignore"),
            "line 2: byte 0xd2",
        ),
        (csv_of("," * 300), "more than 200"),
        (b"hello", "is not a column"),
        (b"[1, 2", "not JSON"),
        (b'{"key": "a",}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_files_that_are_refused_as_a_whole(data, said):
    with pytest.raises(MessageError, match=rf"^in: .*{said}|^in, .*{said}"):
        read_payments(data, name="in")


def test_rows_of_another_length():
    short, long = "k1,A,B,1,KZT,2026-03-03", "k2,A,B,1,KZT,2026-03-03,,,,,surplus"
    batch = read_payments(csv_of(short, long))
    assert [each.key for each in batch.orders] == ["k1"]
    assert [(each.code, each.source) for each in batch.refused] == [("FF01", "message, row 3")]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ('{"key": "a", "key": "b"}', "FF01"),
        ("7", "FF01"),
        ('{"kye": "a"}', "CH17"),
        ('{"key": ["a"]}', "CH16"),
        ('{"key": true}', "CH16"),
        ('{"key": null}', "CH21"),
    ],
)
def test_json_entries_that_are_no_orders(entry, code):
    batch = read_payments(f"[{json.dumps(json_of())}, {entry}]".encode())
    assert len(batch.orders) == 1
    assert [each.code for each in batch.refused] == [code]


def test_one_malformed_line_refuses_that_line():
    lines = [json.dumps(json_of()), '{"key": ', json.dumps(json_of(key="k3"))]
    batch = read_payments("\n".join(lines).encode())
    assert [each.key for each in batch.orders] == ["k1", "k3"]
    assert [(each.code, each.source) for each in batch.refused] == [("FF01", "message, row 2")]


def test_numbers_of_json_are_read_as_written():
    exact = json.dumps(json_of()).replace('"1234.50"', "90071992547409.93")
    assert read_payments(exact.encode()).orders[0].amount == 9_007_199_254_740_993


def test_half_a_character_is_refused():
    batch = read_payments(json.dumps(json_of(debtor_name="\ud800")).encode())
    assert [each.code for each in batch.refused] == ["RR10"]


def test_empty_order_files_say_so_and_too_many_orders_are_refused(monkeypatch):
    assert [each.name for each in read_payments(csv_of()).checks] == ["no-orders"]
    monkeypatch.setitem(limits()["file"], "payments", 1)
    with pytest.raises(MessageError, match="more than 1 orders"):
        read_payments(csv_of(GOOD, GOOD))


def test_every_reason_code_of_a_field_is_known():
    for field in order_fields().values():
        for code in (field.missing, field.wrong):
            assert "status" in reasons()[code].uses, field.column
