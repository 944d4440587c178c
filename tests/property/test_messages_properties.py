"""Orders survive every format; nothing makes a reader fail otherwise than by its own error."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.clearing.messages.accounts import Statement, StatementEntry, camt053
from tarazu.clearing.messages.bank import read_statements
from tarazu.clearing.messages.build import Agent, Header, major
from tarazu.clearing.messages.fields import order_fields, plain_number
from tarazu.clearing.messages.read import read_payments
from tarazu.clearing.messages.schemas import Schemas
from tarazu.clearing.messages.write import pacs008
from tarazu.clearing.order import PaymentOrder
from tarazu.core.errors import MessageError

HEADER = Header("MSG-1", datetime(2026, 3, 2, 9, 30), Agent(bic="AAAAKZ2X"), Agent(bic="BBBBIRTH"))
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
CURRENCIES = st.sampled_from(["KZT", "IRR", "USD", "JPY", "IQD", "VND"])
LETTERS = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\ufdd0\ufdd1\ufdd2\ufffe\uffff",
)


def texts(longest: int, least: int = 0) -> st.SearchStrategy[str]:
    """Any characters of any script as they survive: white space at the ends is not kept."""
    return st.text(LETTERS, min_size=least, max_size=longest).map(str.strip).filter(lambda s: len(s) >= least)


@st.composite
def orders(draw: st.DrawFn) -> PaymentOrder:
    """Orders as pacs.008 can carry them: the key is the UETR, and weight comes with its goods."""
    uetr = str(draw(st.uuids(version=4)))
    hs = draw(st.sampled_from(["", "10", "1003", "100300"]))
    weight = draw(st.none() | st.decimals(Decimal("0.001"), Decimal(10**9), places=3)) if hs else None
    return PaymentOrder(
        key=uetr,
        debtor=draw(texts(35, 1)),
        creditor=draw(texts(35, 1)),
        amount=draw(st.integers(1, 10**14)),
        currency=draw(CURRENCIES),
        settlement_date=draw(DAYS),
        debtor_name=draw(texts(140)),
        creditor_name=draw(texts(140)),
        hs=hs,
        quantity_kg=None if weight is None else Decimal(plain_number(weight)),
        invoice=draw(texts(35)),
        message_id="MSG-1",
        instruction_id=draw(texts(35)),
        end_to_end_id=draw(texts(35, 1)),
        transaction_id=draw(texts(35)),
        uetr=uetr,
    )


def content(found: tuple[PaymentOrder, ...]) -> list[tuple[str, str]]:
    return [(each.key, each.digest()) for each in found]


@given(st.lists(orders(), min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_orders_written_as_pacs_008_are_read_back(written):
    batch = read_payments(pacs008(HEADER, written))
    assert not batch.refused
    assert content(batch.orders) == content(tuple(written))


def as_texts(order: PaymentOrder) -> dict[str, str]:
    weight = "" if order.quantity_kg is None else plain_number(order.quantity_kg)
    special = {"amount": major(order.amount, order.currency), "quantity_kg": weight}
    return {each: special.get(each, str(getattr(order, each))) for each in order_fields()}


@given(
    st.lists(orders(), min_size=1, max_size=5),
    st.sampled_from(",;\t"),
    st.sampled_from(["utf-8-sig", "utf-16"]),
)
@settings(deadline=None, max_examples=60)
def test_orders_written_as_csv_and_json_are_read_back(written, separator, encoding):
    rows = [as_texts(each) for each in written]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(order_fields()), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    for data in (out.getvalue().encode(encoding), json.dumps(rows).encode(), lines.encode(encoding)):
        batch = read_payments(data)
        assert not batch.refused
        # these formats have no message identifier
        assert [each.key for each in batch.orders] == [each.key for each in written]
        assert [as_texts(each) for each in batch.orders] == rows


@given(
    st.lists(st.tuples(st.integers(-(10**15), 10**15), texts(35, 1)), max_size=8),
    st.integers(-(10**15), 10**15),
    CURRENCIES,
)
@settings(deadline=None, max_examples=60)
def test_statements_that_are_written_are_valid_and_read_back(moves, opening, code):
    day = date(2026, 3, 3)
    entries = tuple(StatementEntry(ref, amount, day) for amount, ref in moves)
    closing = opening + sum(amount for amount, _ in moves)
    message = camt053("M", HEADER.created, [Statement("S", "ACC", code, day, day, opening, closing, entries)])
    (found,) = read_statements(message)
    assert (found.opening, found.closing, found.checks) == (opening, closing, ())
    assert [(each.amount, each.ref) for each in found.entries] == moves


@given(orders(), st.data())
@settings(deadline=None, max_examples=150)
def test_a_damaged_message_is_read_or_refused_never_misread(order, data):
    """One byte changed: either a refusal, or content that differs only where the byte stood."""
    message = bytearray(pacs008(HEADER, [order]))
    at = data.draw(st.integers(0, len(message) - 1))
    message[at] = data.draw(st.integers(0, 255))
    with suppress(MessageError):
        batch = read_payments(bytes(message))
        assert len(batch.orders) + len(batch.refused) == 1
        assert Schemas().validate(bytes(message)).ok or batch.refused


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(deadline=None, max_examples=200)
def test_any_bytes_give_a_batch_or_our_error(data):
    with suppress(MessageError):
        read_payments(data)
    with suppress(MessageError):
        read_statements(data)
