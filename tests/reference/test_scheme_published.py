"""Presets reproduce the figures published about the arrangements they describe."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tarazu.clearing.interest import daily_interest
from tarazu.clearing.rates import Rate, Rates
from tarazu.clearing.scheme import Overflow, Scheme, load_scheme

# Central Bank of Brazil, SML rates as printed by boainformacao.com.br, March 2022:
# day, reference peso/dollar, SML peso/real, PTAX real/dollar, SML real/peso.
SML_MARCH_2022 = [
    (11, "108.88670", "21.66815", "5.02520", "0.04615"),
    (10, "108.78330", "21.53700", "5.05100", "0.04645"),
    (9, "108.67670", "21.69585", "5.00910", "0.04610"),
    (8, "108.55670", "21.32745", "5.09000", "0.04690"),
    (7, "108.45170", "21.44335", "5.05760", "0.04665"),
    (4, "108.16170", "21.31055", "5.07550", "0.04695"),
    (3, "108.03830", "21.40390", "5.04760", "0.04675"),
]


def figure(scheme: Scheme, start: str) -> Decimal:
    (found,) = (each.value for each in scheme.figures if each.name.startswith(start))
    return found


@pytest.mark.parametrize(("day", "peso", "peso_real", "ptax", "real_peso"), SML_MARCH_2022)
def test_sml_rates_of_march_2022(day, peso, peso_real, ptax, real_peso):
    scheme, when = load_scheme("sml"), date(2022, 3, day)
    rates = Rates.of_rows(
        "USD",
        [
            Rate(when, "ARS", Decimal(peso), "BCRA reference rate", "BCRA"),
            Rate(when, "BRL", Decimal(ptax), "PTAX", "BCB"),
        ],
    )
    assert rates.cross("BRL", "ARS", when, scheme.rate) == Fraction(peso_real)
    assert rates.cross("ARS", "BRL", when, scheme.rate) == Fraction(real_peso)
    # 1,000.00 reais at the published rate, to the centavo
    assert rates.convert(1_000_00, "BRL", "ARS", when, scheme.rate).amount == int(
        Decimal(peso_real) * 100_000
    )


def test_sml_quotient_of_11_march_2022_before_rounding():
    scheme = load_scheme("sml")
    peso, ptax = figure(scheme, "Reference rate"), figure(scheme, "PTAX")
    published = figure(scheme, "SML rate peso/real")
    assert round(peso / ptax, 5) == Decimal("21.66813")
    # The difference of 0.00002 is less than the step of the published rate; in six of these seven days the
    # nearest step would do, on 7 March it would give 21.44330 against 21.44335 published.
    assert abs(published - peso / ptax) < scheme.rate.step
    nearest = [
        round(Fraction(row[1]) / Fraction(row[3]) / Fraction("0.00005")) * Fraction("0.00005")
        == Fraction(row[2])
        for row in SML_MARCH_2022
    ]
    assert nearest.count(False) == 1


def test_aladi_operations_of_2001_and_their_compensated_share():
    scheme = load_scheme("aladi-ccr")
    total = figure(scheme, "Operations channelled in 2001")
    periods = [figure(scheme, f"Operations of the {which}") for which in ("first", "second", "third")]
    assert (total, periods) == (Decimal("1472.8"), [618, 465, 390])
    # Three periods rounded to the million add up to the total within their rounding.
    assert abs(sum(periods) - total) <= Decimal("0.5") * 3
    assert round(total * figure(scheme, "Share of the operations")) == 632  # million compensated of 1,472.8
    ends = {scheme.cycle.end(date(2001, month, 1)) for month in range(1, 13)}
    assert ends == {date(2001, 4, 30), date(2001, 8, 31), date(2001, 12, 31)}
    assert scheme.split(147_280_000_000) == (147_280_000_000, 0)


def test_acu_rules():
    scheme = load_scheme("acu")
    assert scheme.cycle.length == "2 months"
    ends = sorted({scheme.cycle.end(date(2024, month, 15)) for month in range(1, 13)})
    assert [(end.month, end.day) for end in ends] == [(2, 29), (4, 30), (6, 30), (8, 31), (10, 31), (12, 31)]
    assert scheme.deadline_days == 4
    assert scheme.settle_share == 1
    assert scheme.interest.on == "daily balance"
    assert scheme.swap is not None
    assert (scheme.swap.share, scheme.swap.years) == (Decimal("0.20"), 3)
    assert figure(scheme, "Swap ceiling") == scheme.swap.share
    # 20% of the mean of 900, 1,200 and 1,500 million dollars is 240 million.
    assert scheme.swap.ceiling([90_000_000_000, 120_000_000_000, 150_000_000_000]) == 24_000_000_000


def test_acu_settlement_of_a_period_with_interest_on_daily_outstandings():
    scheme = load_scheme("acu")
    # A debtor owes 10 million dollars from 1 January and 30 million from 1 February 2024, at 5.4%.
    dates, close = [date(2024, 1, 1), date(2024, 2, 1)], date(2024, 2, 29)
    run = daily_interest(
        [-1_000_000_000, -3_000_000_000], dates, scheme.interest, rate=Decimal("0.054"), until=close
    )
    assert run.amount == -(4_650_000 + 12_600_000)  # 31 and 28 days of 360
    due, carried = scheme.split(-3_000_000_000 + run.amount)
    assert (due, carried) == (-3_017_250_000, 0)


def test_t_plus_4_where_weekends_leave_three_joint_days_a_week():
    scheme = load_scheme("acu")
    calendar = scheme.calendar()
    week = calendar.business_days(date(2026, 1, 5), date(2026, 1, 11))
    assert [day.weekday() for day in week] == [0, 1, 2]  # Monday to Wednesday
    wednesday = date(2026, 1, 7)
    assert calendar.add_business_days(wednesday, 4) == date(2026, 1, 19)  # Mon 12, Tue 13, Wed 14, Mon 19
    assert calendar.add_business_days(date(2026, 1, 5), 4) == date(2026, 1, 13)


def test_t_plus_4_with_holidays_of_both_countries():
    scheme = load_scheme("kaz-irn")
    calendar = scheme.calendar()
    # Nowruz and Nauryz 2026: 23 (both) and 24 March (both) and 25 March (Kazakhstan) are closed.
    assert calendar.add_business_days(date(2026, 3, 18), 1) == date(2026, 3, 30)
    assert calendar.add_business_days(date(2026, 3, 18), 4) == date(2026, 4, 7)


def test_epu_settles_half_in_gold_from_july_1954():
    scheme = load_scheme("epu")
    assert scheme.valid_from == date(1954, 7, 1)
    assert scheme.split(8_520_000_000) == (4_260_000_000, 4_260_000_000)
    # The special settlements of 1952 as arithmetic: 85.2 was split in halves, 15 was not.
    belgium, gold = (each.value for each in scheme.figures[:2])
    assert belgium * scheme.settle_share == gold == Decimal("42.6")
    assert figure(scheme, "Special settlement of Portugal") * scheme.settle_share != figure(
        scheme, "Of which in gold, Portugal"
    )
    assert scheme.cycle.end(date(1954, 7, 5)) == date(1954, 7, 31)


def test_swing_carries_what_is_within_and_settles_what_is_above():
    scheme = load_scheme("swing")
    assert scheme.overflow is Overflow.CONVERTIBLE
    assert scheme.split(5_000_000_00) == (0, 5_000_000_00)
    assert {member.swing_limit for member in scheme.members} == {100_000_000_00}


def test_the_rial_has_rates_several_fold_apart():
    scheme = load_scheme("kaz-irn")
    basic, agreed, market = (each.value for each in scheme.figures)
    assert market / basic > 2.6
    assert basic < agreed < market
    assert scheme.rate.source("IRR") == "CBI mutually-agreed market"
