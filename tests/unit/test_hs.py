"""Harmonized System codes as ranges."""

from __future__ import annotations

import pytest

from tarazu.core import hs
from tarazu.core.errors import UnknownCodeError


def test_a_shorter_code_covers_all_that_begin_with_it():
    assert hs.spans("10") == ((100000, 110000),)
    assert hs.spans("1003") == ((100300, 100400),)
    assert hs.spans("100390") == ((100390, 100391),)


def test_a_range_includes_both_ends():
    assert hs.spans("1507-1515") == ((150700, 151600),)
    assert hs.spans("01-02") == ((10000, 30000),)


def test_a_list_is_sorted_and_blanks_do_not_matter():
    assert hs.spans(" 1003 ; 0201;; ") == ((20100, 20200), (100300, 100400))


def test_all_covers_every_code():
    assert hs.contains("all", "01-99; 100199")
    assert hs.width("all") == 1_000_000


@pytest.mark.parametrize(
    "codes", ["1", "100", "10019", "10019900", "wheat", "10,11", "1507-", "-1515", "1003.90", "All"]
)
def test_other_tokens_are_refused_by_name(codes):
    with pytest.raises(UnknownCodeError, match=codes):
        hs.spans(f"0201;{codes}")


def test_overlap_is_sharing_a_product():
    assert hs.overlap("10", "100390")
    assert hs.overlap("1507-1515", "1512;72")
    assert not hs.overlap("1003", "1004")  # neighbours share nothing
    assert not hs.overlap("", "10")


def test_containment_is_of_every_product():
    assert hs.contains("10", "1003;100199")
    assert hs.contains("1507-1515", "1512")
    assert not hs.contains("1003", "10")
    assert not hs.contains("10;72", "1003;7108")


def test_width_counts_six_digit_codes():
    assert [hs.width(codes) for codes in ("10", "1003", "100390", "1507-1515", "100390;100310", "")] == [
        *(10_000, 100, 1, 900, 2, 0)
    ]
