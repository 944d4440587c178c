"""Totals of a pair from the bundled table of regions: known, within a region, or not reported."""

from __future__ import annotations

import pytest

from tarazu.core.errors import InputError, NotReportedError, UnknownCodeError
from tarazu.planning.regions import pair_totals


def test_totals_of_kazakhstan_and_iran_are_those_of_baci_2023():
    totals = pair_totals("KAZ", "IRN")
    assert totals.export_usd == pytest.approx(83.468e6)
    assert totals.import_usd == pytest.approx(218.528e6)
    assert totals.regions == ("KAZ", "IRN")


def test_exports_one_way_are_imports_the_other_way():
    one, other = pair_totals("UZB", "KAZ"), pair_totals("Kazakhstan", "Uzbekistan")
    assert (one.export_usd, one.import_usd) == (other.import_usd, other.export_usd)
    assert one.gdp_home_usd == other.gdp_partner_usd > 1e10


@pytest.mark.parametrize(
    ("home", "partner"), [("RUS", "IRN"), ("TKM", "IRN"), ("BLR", "RUS"), ("AFG", "ARM")]
)
def test_a_pair_without_a_report_is_unknown_and_not_zero(home, partner):
    with pytest.raises(NotReportedError, match=r"not reported.*absent is unknown, not zero"):
        pair_totals(home, partner)


def test_a_country_in_no_region_is_not_reported():
    with pytest.raises(NotReportedError, match="North Korea"):
        pair_totals("PRK", "KAZ")


def test_of_a_country_within_a_bigger_region_only_the_region_is_known():
    with pytest.raises(InputError, match="Germany only within its region EU27") as caught:
        pair_totals("DEU", "KAZ")
    assert not isinstance(caught.value, NotReportedError)


def test_a_country_has_no_trade_with_itself():
    with pytest.raises(InputError, match="one country"):
        pair_totals("KAZ", "Kazakhstan")


def test_an_unknown_country_is_named():
    with pytest.raises(UnknownCodeError, match="Atlantis"):
        pair_totals("Atlantis", "KAZ")
