"""Tables that do not add up or jump, and dates that no day of publication places."""

from __future__ import annotations

from datetime import date

import pytest

from tarazu.register.extraction import extract
from tarazu.register.stated import parties_of, session_of, table_checks, undated

HEAD = "Trade, USD million\nyear\tturnover\texport\timport\n"


def names(text: str) -> list[tuple[str, str]]:
    return [(each.name, each.where) for each in table_checks(extract(text), "note.txt")]


def test_a_row_that_does_not_add_up_is_named_with_its_place_and_how_to_mend_it():
    text = HEAD + "2020\t237\t178\t59\n2021\t460\t325\t115\n2022\t528\t316\t212"
    (check,) = table_checks(extract(text), "note.txt")
    assert (check.name, check.where) == ("sum-differs", "note.txt, table 1, row 2021, column turnover")
    assert all(word in check.message for word in ("460", "325", "115", "440 million", "--kind amount"))


def test_rounding_is_no_difference_and_one_digit_more_is():
    row = "2010\t{}\t1,09 billion\t34,9 million\n"
    head = "Trade, USD\nyear\tturnover\texport\timport\n"
    assert names(head + row.format("1,1 billion")) == []
    assert [name for name, _ in names(head + row.format("1,29 billion"))] == ["sum-differs"]


@pytest.mark.parametrize(
    ("middle", "fired"), [("0.2", True), ("480", False), ("1.3", False), ("700", True), ("28", False)]
)
def test_a_figure_far_from_both_its_neighbours_is_named(middle, fired):
    text = f"Imports, USD million\nyear\timport\n2009\t24\n2010\t{middle}\n2011\t34.9"
    expected = [("outlier", "note.txt, table 1, row 2010, column import")] if fired else []
    assert names(text) == expected


def test_years_in_the_header_are_read_down_the_columns():
    text = (
        "Indicator, USD million\t2009\t2010\t2011\nTurnover\t1303\t1090\t1115\nExports\t1279\t1090\t1080\n"
        "Imports\t24\t0.2\t35\n"
    )
    assert names(text) == [("outlier", "note.txt, table 1, row Imports, column 2010")]
    wrong = text.replace("1303", "1403")
    assert ("sum-differs", "note.txt, table 1, row Turnover, column 2009") in names(wrong)


def test_two_tables_are_not_added_to_one_another():
    text = "Turnover, USD million\nyear\tturnover\n2020\t237\n"
    text += "Exports and imports, USD million\nyear\texport\timport\n2020\t9\t9"
    assert names(text) == []


@pytest.mark.parametrize(
    "text",
    ["Trade grew last year.", "Подписано 5 мая.", "Былтыр сауда өсті.", "تجارت در سال گذشته افزایش یافت."],
)
def test_dates_that_only_a_publication_places_ask_for_it(text):
    (check,) = undated(extract(text), "note.txt")
    assert (check.name, check.where) == ("no-publication-date", "note.txt")
    assert "--published" in check.message
    assert list(undated(extract(text, published=date(2025, 6, 15)), "note.txt")) == []


def test_full_dates_ask_for_nothing():
    assert list(undated(extract("Signed on 5 May 2025."), "note.txt")) == []


def test_whose_document_it_is_and_its_session():
    text = "Kazakhstan and Iran met. The 19th session of the commission was held in Tehran. "
    text += "Kazakhstan and Iran spoke. Oman too."
    assert set(parties_of(extract(text))) == {"KAZ", "IRN"}
    assert session_of(extract(text)) == "19"
    assert session_of(extract(text + " The 18th session of the commission was held in Astana.")) is None
    assert parties_of(extract("Oman is far.")) == []
