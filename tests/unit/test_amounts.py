"""Amounts of US dollars as people write them."""

from __future__ import annotations

import math

import pytest

from tarazu.core.amounts import format_amount, parse_amount
from tarazu.core.errors import AmountError


@pytest.mark.parametrize(
    "text",
    [
        *("3bn", "3 bn", "3BN", "3b", "3e9", "3E+9", "3 billion", "3.0 billion", "$3bn", "$ 3 bn", "US$3bn"),
        *("USD 3 bn", "usd3bn", "3bn USD", "3 billion US dollars", "3 billion dollars", "3000m", "0.003 trn"),
        *("3,000,000,000", "3 000 000 000", "3.000.000.000", "3\u202f000\u00a0000\u2009000", "3000000000"),
        *("3 млрд", "3 млрд.", "3,0 млрд", "3 миллиарда долларов США", "3 млрд. долл. США", "3 МЛРД"),
        *("3 миллиард", "3 млрд АҚШ доллары", "3 миллиард доллар"),
        *("۳ میلیارد", "۳ میلیارد دلار", "٣ میلیارد", "۳۰۰۰ میلیون"),
        3e9,
        3_000_000_000,
    ],
)
def test_three_billion_in_many_hands(text):
    assert parse_amount(text) == 3e9


@pytest.mark.parametrize(
    ("text", "usd"),
    [
        ("528m", 528e6),
        ("528 million", 528e6),
        ("528 млн", 528e6),
        ("۵۲۸ میلیون دلار", 528e6),
        ("43,2m", 43.2e6),
        ("1,5 млрд", 1.5e9),
        ("۱٫۵ میلیارد", 1.5e9),
        ("1.5trn", 1.5e12),
        ("250k", 250e3),
        ("250 тыс", 250e3),
        ("528,000", 528e3),
        ("1,528.5m", 1528.5e6),
        ("1.528,5 млн", 1528.5e6),
        ("1 528,5 млн", 1528.5e6),
        ("0,528 млрд", 528e6),  # a group cannot begin with zero: only decimals are left
        ("1,234,567 k", 1_234_567e3),
        ("99.99", 99.99),
    ],
)
def test_amounts_are_read(text, usd):
    assert parse_amount(text) == usd


@pytest.mark.parametrize("text", ["1,528m", "1.528bn", "3.000", "3.000 млн", "1,000 bn"])
def test_a_separator_that_may_be_thousands_or_decimals_is_ambiguous(text):
    with pytest.raises(AmountError, match="ambiguous"):
        parse_amount(text)


@pytest.mark.parametrize(
    "amount",
    [
        *(
            "",
            " ",
            "USD",
            "bn",
            "three billion",
            "3 3",
            "1,2,3",
            "3..5",
            "12,34,567",
            "43,2",
            "3bn bn",
            "3e9 m",
        ),
        *(
            "3t",
            "3bn EUR",
            "€3bn",
            "3 EUR",
            "3 млрд тенге",
            "3 млрд руб",
            "0x10",
            "1_000",
            "nan",
            "inf",
            "9" * 100,
        ),
        *("0", "0bn", "-3bn", "−3bn", "$-3bn", "-$3bn", "- USD 3bn", "1e999", "1e-999"),
        *(0, -1, -3e9, math.nan, math.inf, -math.inf, 10**400, True, None, [3e9]),
    ],
)
def test_what_is_no_amount_of_us_dollars_is_refused_with_what_was_expected(amount):
    with pytest.raises(AmountError, match=r"3bn, 528m, 3e9"):
        parse_amount(amount)


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (3e9, "USD 3.0 bn"),
        (528e6, "USD 528 m"),
        (1_532_000_000, "USD 1.53 bn"),
        (43.2e6, "USD 43.2 m"),
        (999.4e6, "USD 999 m"),
        (999.6e6, "USD 1.0 bn"),  # rounding carries into the next unit
        (250e3, "USD 250 k"),
        (1.5e12, "USD 1.5 trn"),
        (2e15, "USD 2000 trn"),
        (12.34, "USD 12.3"),
        (0.5, "USD 0.50"),
        (0, "USD 0"),
        (-43.2e6, "−USD 43.2 m"),
        (-0.001, "USD 0.00"),
        (math.nan, "unknown"),
    ],
)
def test_amounts_are_printed_with_three_figures(usd, text):
    assert format_amount(usd) == text


def test_an_infinite_amount_is_not_printed():
    with pytest.raises(AmountError):
        format_amount(math.inf)
