"""Reference rates: which one is taken, when it is refused, and exact conversion."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tarazu.clearing.rates import Rate, Rates, convert_int, round_rate
from tarazu.clearing.scheme import RateRule
from tarazu.core.errors import InputError

DAY = date(2024, 12, 14)
RULE = RateRule(
    "cross", "cross", Decimal(0), 3, sources=(("KZT", "NBK official"), ("IRR", "agreed"), ("JPY", "BOJ"))
)


def rate(code: str, value: str, name: str, day: date = DAY) -> Rate:
    return Rate(day, code, Decimal(value), name, "test")


RATES = Rates.of_rows(
    "USD",
    [
        rate("KZT", "520", "NBK official"),
        rate("KZT", "530", "market"),
        rate("IRR", "285000", "basic goods"),
        rate("IRR", "596470", "agreed"),
        rate("IRR", "750000", "open market"),
        rate("JPY", "150", "BOJ"),
    ],
)


def test_only_the_rate_that_the_rule_names_is_taken():
    assert RATES.of("IRR", DAY, RULE).per_unit == 596470
    other = RateRule("other", "cross", Decimal(0), 3, sources=(("IRR", "open market"),))
    assert RATES.of("IRR", DAY, other).per_unit == 750000
    missing = RateRule("missing", "cross", Decimal(0), 3, sources=(("IRR", "NIMA"),))
    with pytest.raises(
        InputError, match='only "agreed", "basic goods", "open market" is given, which is another rate'
    ):
        RATES.of("IRR", DAY, missing)
    with pytest.raises(InputError, match="names no rate for it"):
        RATES.of("EUR", DAY, RULE)


def test_a_stale_rate_refuses_and_names_the_nearest():
    assert RATES.of("KZT", date(2024, 12, 17), RULE).date == DAY
    with pytest.raises(InputError, match=r"of the last 3 days; the nearest is of 2024-12-14"):
        RATES.of("KZT", date(2024, 12, 18), RULE)
    with pytest.raises(InputError, match="nearest is of 2024-12-14"):
        RATES.of("KZT", date(2024, 12, 13), RULE)  # a later rate was not known then


def test_the_last_rate_on_or_before_the_day_is_taken():
    two = Rates.of_rows(
        "USD", [rate("KZT", "500", "NBK official", date(2024, 12, 12)), rate("KZT", "520", "NBK official")]
    )
    assert two.of("KZT", date(2024, 12, 13), RULE).per_unit == 500
    assert two.of("KZT", DAY, RULE).per_unit == 520


def test_conversion_is_exact_and_says_what_it_rests_on():
    done = RATES.convert(52_000_00, "KZT", "IRR", DAY, RULE)
    assert done.amount == 59_647_000_00  # 52,000 tenge are 100 dollars
    assert done.rate == Fraction(596470, 520)
    assert len(done.lineage.inputs) == 2
    assert "596470 per USD, agreed, 2024-12-14" in done.lineage.inputs[1]
    assert RATES.convert(7, "KZT", "KZT", DAY, RULE).amount == 7


def test_currencies_of_another_scale():
    assert RATES.convert(150, "JPY", "USD", DAY, RULE).amount == 100  # 150 yen are 1.00 dollar
    assert RATES.convert(100, "USD", "JPY", DAY, RULE).amount == 150
    assert RATES.ratio("USD", "JPY", DAY, RULE) == (3, 2)


def test_the_margin_is_taken_off_the_converted_amount_but_not_off_a_mere_transfer():
    dear = RateRule("dear", "cross", Decimal("0.002"), 3, sources=RULE.sources)
    assert RATES.convert(100_000, "USD", "KZT", DAY, dear).amount == 51_896_000
    assert RATES.convert(100_000, "KZT", "KZT", DAY, dear).amount == 100_000


def test_unit_and_direct_rules_refuse_what_they_do_not_convert():
    unit = RateRule("par", "unit", Decimal(0), 0)
    assert RATES.ratio("USD", "USD", DAY, unit) == (1, 1)
    with pytest.raises(InputError, match="payments are made in USD"):
        RATES.ratio("KZT", "USD", DAY, unit)
    direct = RateRule("direct", "direct", Decimal(0), 3, sources=RULE.sources)
    assert RATES.ratio("USD", "KZT", DAY, direct) == (520, 1)
    with pytest.raises(InputError, match="not a cross"):
        RATES.ratio("KZT", "IRR", DAY, direct)


def test_a_rate_that_its_step_rounds_to_nothing_is_refused():
    coarse = RateRule("coarse", "cross", Decimal(0), 3, "half-even", Decimal("0.01"), RULE.sources)
    with pytest.raises(InputError, match="rounds to zero"):
        RATES.cross("IRR", "KZT", DAY, coarse)


@pytest.mark.parametrize(
    ("rounding", "value", "expected"),
    [
        ("half-even", "0.000125", "0.0001"),
        ("half-even", "0.000175", "0.0002"),
        ("truncate-then-up", "0.000109", "0.0001"),
        ("truncate-then-up", "0.00011", "0.00015"),
        ("truncate-then-up", "0.00015", "0.00015"),
    ],
)
def test_rounding_of_a_rate(rounding, value, expected):
    rule = RateRule("x", "cross", Decimal(0), 3, rounding, Decimal("0.00005"))
    assert round_rate(Fraction(value), rule) == Fraction(expected)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (-5, -2), (7, 4), (10**30 + 1, 5 * 10**29)],
)
def test_halves_go_to_the_even_side(amount, expected):
    assert convert_int(amount, 1, 2) == expected


GOOD = "date,currency,per_unit,unit,name,source\n2024-12-14,KZT,520.27,USD,NBK official,nationalbank.kz\n"


def test_a_rate_file_is_read_and_its_bad_rows_left_out(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text(
        GOOD
        + '2024-13-14,KZT,1,USD,a,b\n2024-12-14,XXY,1,USD,a,b\n2024-12-14,KZT,"520,2",USD,a,b\n'
        + "2024-12-14,KZT,-1,USD,a,b\n2024-12-14,KZT,nan,USD,a,b\n2024-12-14,KZT,1e30,USD,a,b\n"
        + "2024-12-14,KZT,1,EUR,a,b\n2024-12-14,USD,1,USD,a,b\n2024-12-14,KZT,1,USD,,b\n2024-12-14,KZT\n",
        encoding="utf-8",
    )
    rates = Rates.read(path, "USD")
    assert rates.of("KZT", DAY, RULE).per_unit == Decimal("520.27")
    assert [check.where for check in rates.checks] == [
        "rates.csv, row 3, column date",
        "rates.csv, row 4, column currency",
        *(f"rates.csv, row {row}, column per_unit" for row in (5, 6, 7, 8)),
        "rates.csv, row 9, column unit",
        "rates.csv, row 10, column unit",
        "rates.csv, row 11, column name",
        "rates.csv, row 12, column per_unit",
    ]


def test_two_values_for_one_day_are_both_refused(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text(GOOD + "2024-12-14,KZT,520.28,USD,NBK official,other\n", encoding="utf-8")
    rates = Rates.read(path, "USD")
    assert [check.name for check in rates.checks] == ["conflicting-rates"]
    with pytest.raises(InputError, match="none of any date"):
        rates.of("KZT", DAY, RULE)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "no column date"),
        (b"date,currency\n", "no column per_unit, unit, name, source"),
        (b"\xff\xfe", "not UTF-8"),
        (GOOD.encode() + b'2024-12-14,"KZT', "none"),
    ],
)
def test_a_file_that_is_no_rate_file_is_refused(tmp_path, content, part):
    path = tmp_path / "rates.csv"
    path.write_bytes(content)
    if part == "none":  # an open quote swallows the end of the file: the row is reported, not lost
        assert Rates.read(path, "USD").checks
        return
    with pytest.raises(InputError, match=part):
        Rates.read(path, "USD")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Rates.read(tmp_path / "none.csv", "USD")
