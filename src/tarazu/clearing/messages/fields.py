"""From the texts of an order to a `PaymentOrder`: one set of rules for pacs.008, CSV and JSON.

What each field is, how long it may be and with which reason code it is refused stands in
``data/messages/order_fields.csv``; limits stand in ``limits.toml``. Amounts become integers in minor units: the
decimals written may not exceed the currency's scale (ISO 4217), even if they are zeros.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from operator import gt

from tarazu.clearing.messages.source import UETR, UNWRITABLE, limits
from tarazu.clearing.order import PaymentOrder
from tarazu.core.codes import currency, product
from tarazu.core.errors import PeriodError, UnknownCodeError
from tarazu.core.parameters import bundled_text
from tarazu.core.period import parse_date

_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
_ISO_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")  # xs:date may name a zone
_BREAKS = re.compile("[\t\n\r\u0085\u2028\u2029]+")
_GOODS = re.compile(
    r"\bHS[ :]*([0-9][0-9.]*[0-9])(?:[ ,;]+QTY[ :]*([0-9]+(?:\.[0-9]+)?)[ ]*([A-Z]{3}))?\b", re.IGNORECASE
)
_SOLAR_YEARS = range(1300, 1500)  # Solar Hijri years that a date in the wrong calendar would show


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an order: its column, limits, reason codes and place in a pacs.008 transaction."""

    column: str
    required: bool
    longest: int
    missing: str
    wrong: str
    element: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an order cannot be read: reason code, column, and what to do."""

    code: str
    column: str
    reason: str


class _UnfitError(Exception):
    """Leaves the reading of one order; never leaves this module."""

    def __init__(self, code: str, column: str, reason: str) -> None:
        super().__init__(reason)
        self.problem = Problem(code, column, reason)


@cache
def order_fields() -> dict[str, Field]:
    """The fields of an order by column."""
    rows = csv.DictReader(io.StringIO(bundled_text("messages/order_fields.csv")))
    return {
        row["column"]: Field(
            row["column"],
            row["required"] == "yes",
            int(row["longest"]),
            row["missing"],
            row["wrong"],
            row["element"],
            row["meaning"],
        )
        for row in rows
    }


class OrderReader:
    """Reads the orders of one file; remembers the currencies, dates and products that it has seen.

    Parameters
    ----------
    decimal_comma
        Whether ``25000,5`` is an amount: only in files whose cells are separated by semicolons, where one or
        two digits follow and grouping cannot be meant.
    """

    def __init__(self, *, decimal_comma: bool = False) -> None:
        self._fields = tuple(order_fields().values())
        self._longest = [field.longest for field in self._fields]
        self._required = sum(field.required for field in self._fields)  # they stand first
        self._digits: int = limits()["order"]["amount_digits"]
        self._scales: dict[str, int] = {}
        self._dates: dict[str, date] = {}
        self._products: dict[str, str] = {"": ""}
        self._decimal_comma = re.compile(r"([0-9]+),([0-9]{1,2})") if decimal_comma else None

    def read(self, raw: Sequence[str], *, message_id: str, source: str) -> PaymentOrder | Problem:
        """One order from its texts in the sequence of `order_fields`; empty is missing.

        `message_id` and `source` are kept with the order.
        """
        try:
            texts = self._texts(raw)
            key, debtor, creditor, amount, code, settles, debtor_name, creditor_name, goods, weight, *ids = (
                texts
            )
            invoice, instruction_id, end_to_end_id, transaction_id, uetr = ids
            if uetr and not UETR.fullmatch(uetr):
                raise _unfit("uetr", f'"{uetr}" is not a UUID of version 4 in lower case.')
            return PaymentOrder(
                key,
                debtor,
                creditor,
                self._amount(amount, code),
                code,
                self._date(settles),
                debtor_name,
                creditor_name,
                self._product(goods),
                _quantity(weight),
                invoice,
                message_id,
                instruction_id,
                end_to_end_id,
                transaction_id,
                uetr,
                source,
            )
        except _UnfitError as unfit:
            return unfit.problem

    def _texts(self, raw: Sequence[str]) -> list[str]:
        """The texts without blanks around them; lengths, characters and presence checked."""
        # All texts at once first: an order without fault, and most are, passes in a few calls.
        if "".join(raw).isprintable():
            texts = [text.strip() for text in raw]
        else:
            texts = [_clean(text, field) for text, field in zip(raw, self._fields, strict=True)]
        if any(map(gt, map(len, texts), self._longest)):
            for text, field in zip(texts, self._fields, strict=True):
                if len(text) > field.longest:
                    found = f"is {len(text)} characters long; at most {field.longest} are read. Shorten it."
                    raise _unfit(field.column, found)
        if not all(texts[: self._required]):
            absent = self._fields[texts.index("")]
            raise _UnfitError(absent.missing, absent.column, f"is missing. Expected: {absent.meaning}.")
        return texts

    def _scale(self, code: str) -> int:
        if code not in self._scales:
            try:
                found = currency(code)
            except UnknownCodeError as reason:
                raise _unfit("currency", str(reason)) from None
            if found.code != code:
                raise _unfit("currency", f'"{code}" is not written in capitals: write {found.code}.')
            self._scales[code] = found.scale
        return self._scales[code]

    def _amount(self, text: str, code: str) -> int:
        scale = self._scale(code)
        match = _AMOUNT.fullmatch(text)
        if match is None and self._decimal_comma:
            match = self._decimal_comma.fullmatch(text)
        if match is None:
            sign = " is negative" if text.startswith(("-", "−")) else " is not an amount"
            raise _unfit("amount", f'"{text}"{sign}. Write digits and a decimal point only, such as 1234.50.')
        whole, fraction = match[1], match[2] or ""
        if len(fraction) > scale:
            found = f'"{text}" has {len(fraction)} decimals; {code} has {scale} (ISO 4217). Write {scale}.'
            raise _UnfitError("CH20", "amount", found)
        if len(whole.lstrip("0")) + scale > self._digits:
            raise _unfit("amount", f'"{text}" {code} has more digits than a payment can have.')
        amount = int(whole + fraction.ljust(scale, "0"))
        if amount == 0:
            raise _UnfitError("AM01", "amount", f'"{text}" is zero. A payment is of more than nothing.')
        return amount

    def _date(self, text: str) -> date:
        if text not in self._dates:
            self._dates[text] = _date(text)
        return self._dates[text]

    def _product(self, text: str) -> str:
        if text not in self._products:
            try:
                self._products[text] = product(text).code
            except UnknownCodeError as reason:
                raise _unfit("hs", str(reason)) from None
        return self._products[text]


def _unfit(column: str, reason: str) -> _UnfitError:
    return _UnfitError(order_fields()[column].wrong, column, reason)


def _clean(text: str, field: Field) -> str:
    """Line breaks and tabs made blanks; characters that no message can carry refused."""
    text = _BREAKS.sub(" ", text)
    if UNWRITABLE.search(text):
        raise _UnfitError("RR10", field.column, "holds a control character or half a character. Remove it.")
    return text.strip()


def _date(text: str) -> date:
    iso = _ISO_DATE.fullmatch(text)
    try:
        found = date.fromisoformat(iso[1]) if iso else parse_date(text)
    except ValueError:
        raise _unfit("settlement_date", f'"{text}" does not exist in the calendar.') from None
    except PeriodError as reason:
        raise _unfit("settlement_date", str(reason)) from None
    first, last = limits()["order"]["first_year"], limits()["order"]["last_year"]
    if not first <= found.year <= last:
        hint = f" A Solar Hijri date is written SH {text}." if found.year in _SOLAR_YEARS else ""
        raise _unfit("settlement_date", f'"{text}" is not in the years {first} to {last}.{hint}')
    return found


def _quantity(text: str) -> Decimal | None:
    if not text:
        return None
    if _AMOUNT.fullmatch(text) is None or len(text) > limits()["order"]["quantity_digits"] + 1:
        raise _unfit("quantity_kg", f'"{text}" is not a weight. Write kilograms in digits, such as 25000.')
    found = Decimal(text)
    if not found:
        raise _unfit("quantity_kg", f'"{text}" is zero. Leave the weight out if it is not known.')
    # One spelling for one weight (not 25000.0): an order's digest is of its texts.
    return Decimal(plain_number(found)) if "." in text else found


def plain_number(number: Decimal) -> str:
    """Digits without exponent and without zeros at the end of decimals."""
    return format(number.normalize(), "f")


def goods_in(text: str) -> list[tuple[str, str]]:
    """Pairs of HS code and weight in kilograms (empty if none) that a remittance text names.

    The form is ``HS 100300 QTY 25000 KGM``: the unit is a code of UNECE Recommendation 20, KGM or TNE.
    A weight in a unit that is not known is left out.
    """
    return [
        (code.replace(".", ""), _in_kilograms(quantity, unit) if quantity else "")
        for code, quantity, unit in _GOODS.findall(text)
    ]


def _in_kilograms(quantity: str, unit: str) -> str:
    factor = _units().get(unit.upper(), "")
    if factor in ("", "1"):
        return factor and quantity
    return plain_number(Decimal(quantity) * Decimal(factor))


@cache
def _units() -> dict[str, str]:
    return limits()["units"]
