"""Looking up trade elasticities."""

from __future__ import annotations

import pytest

from tarazu.core.errors import UnknownCodeError
from tarazu.core.measure import Interval
from tarazu.policy.elasticity import ElasticityTable

SMALL = ElasticityTable(
    headings=((1001, Interval(1, 2, 3)), (1003, Interval(2, 4, 8)), (1512, Interval(5, 10, 30))),
    chapters=((10, Interval(1, 3, 6)), (12, Interval(1, 5, 9)), (15, Interval(4, 8, 20))),
)


def test_heading_is_found_from_its_own_code_and_from_a_longer_one():
    assert SMALL.lookup("1003") == SMALL.lookup("100310") == Interval(2, 4, 8)


def test_list_and_range_pool_each_quantile_by_the_median():
    assert SMALL.lookup("1001;1003") == SMALL.lookup("1001-1003") == Interval(1.5, 3, 5.5)


def test_heading_in_two_tokens_counts_once():
    assert SMALL.lookup("1001;1001-1003") == SMALL.lookup("1001;1003")


def test_chapter_and_range_of_chapters_pool_their_headings():
    assert SMALL.lookup("10") == SMALL.lookup("1001;1003")
    assert SMALL.lookup("01-24") == SMALL.lookup("all")


def test_heading_without_an_estimate_falls_back_to_its_chapter():
    assert SMALL.lookup("1205") == Interval(1, 5, 9)


def test_chapter_unknown_to_the_table_falls_back_to_all_headings():
    assert SMALL.lookup("97") == SMALL.lookup("other") == SMALL.lookup("all") == Interval(2, 4, 8)


def test_text_that_is_no_code_is_refused():
    with pytest.raises(UnknownCodeError):
        SMALL.lookup("barley")


def test_bundled_table_is_read_once_and_in_order():
    table = ElasticityTable.read()
    assert table is ElasticityTable.read()
    for rows in (table.headings, table.chapters):
        codes = [code for code, _ in rows]
        assert codes == sorted(set(codes))
        assert all(0 < size.q10 < size.q50 < size.q90 for _, size in rows)


def test_bundled_rapeseed_takes_its_chapter():
    """ProTEE has no estimate for 1205."""
    table = ElasticityTable.read()
    assert table.lookup("1205") == dict(table.chapters)[12]
