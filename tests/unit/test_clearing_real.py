"""A house under an enacted scheme: what a simulation may, real payments may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clearing_support import BY, DAY, Clock, listing, order, party, rates, small_scheme
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.rates import Rate
from tarazu.clearing.scheme import Scheme
from tarazu.clearing.scheme_file import parse_scheme
from tarazu.clearing.screening.lists import SanctionsList
from tarazu.core.errors import InputError, ListError

AUTHORITY = """
[authority]
name = "Ministry of Examples"
instrument = "Decree No. 1 on clearing"
citation = "invented for a test"
date = 2026-01-01
"""


def enacted() -> Scheme:
    text = small_scheme(screening_max_age_days="2").text.replace(
        'standing = "proposal"', 'standing = "enacted"'
    )
    return parse_scheme(text + AUTHORITY, "enacted.toml")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path, clock):
    found = ClearingHouse.open(tmp_path / "house.db", enacted(), operators=BY, today=clock)
    found.load_rates([each for each in rates() if each.date <= DAY], by=BY[0])
    yield found
    found.close()


def test_no_list_no_party(house):
    with pytest.raises(ListError, match="no sanctions list is loaded"):
        house.register([replace(party("K1", limit=0), synthetic=False)], by=BY[0])


def test_a_list_without_a_date_or_too_old_serves_no_real_payment(house):
    undated = replace(listing(), published=None)
    for bad in (undated, listing(day=DAY - timedelta(days=3)), listing(day=DAY + timedelta(days=1))):
        with pytest.raises(ListError):
            house.load_lists([bad], by=BY[0])


def test_a_new_set_of_lists_covers_what_the_old_one_covered(house):
    many = SanctionsList("long", DAY, "a" * 64, listing("A Specimen", "B Specimen", "C Specimen").entries, ())
    house.load_lists([many, listing(title="other")], by=BY[0])
    with pytest.raises(ListError, match="other"):
        house.load_lists([many], by=BY[0])
    with pytest.raises(ListError, match="cut short"):
        house.load_lists([replace(many, entries=many.entries[:1]), listing(title="other")], by=BY[0])
    house.load_lists([many, listing(title="other")], by=BY[0])


def test_a_real_payment_is_booked_after_screening_and_a_limit_that_two_operators_gave(house):
    house.load_lists([listing()], by=BY[0])
    for wrong in (party("K1", limit=0), replace(party("K1", limit=5), synthetic=False)):
        with pytest.raises(InputError):
            house.register([wrong], by=BY[0])
    house.register([replace(party(each, limit=0), synthetic=False) for each in ("K1", "I1")], by=BY[0])
    assert house.submit([order("a", "K1", "I1")])[0].code == "AM04"
    details = {"owner": "K1", "purpose": "customer", "limit": 10**12}
    house.approve(house.propose("set-limit", details, BY[0]), BY[1])
    assert house.submit([order("b", "K1", "I1")])[0].status == "posted"
    assert "Ministry of Examples" in house.statement("K1").mark
    assert house.verify().ok


def test_tomorrows_rate_is_not_known_today(house):
    name = dict(house.scheme.rate.sources)["KZT"]
    with pytest.raises(InputError, match="has not come"):
        house.load_rates([Rate(DAY + timedelta(days=1), "KZT", Decimal(500), name, "test")], by=BY[0])


def test_old_lists_stop_booking_posting_and_closing(house, clock):
    house.load_lists([listing()], by=BY[0])
    house.register([replace(party(each, limit=0), synthetic=False) for each in ("K1", "I1")], by=BY[0])
    clock.day = date(2026, 9, 23)
    assert house.submit([order("a", "K1", "I1", settlement_date=clock.day)])[0].code == "AG01"
    with pytest.raises(ListError, match="Load newer ones"):
        house.close_cycle(BY)
