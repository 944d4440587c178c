"""Whatever the text: quotes stand at their spans, values are JSON, and the work grows with the length only."""

from __future__ import annotations

import json
import sys
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.register.extraction import extract
from tarazu.register.suggestions import KINDS, rules

PUBLISHED = date(2024, 5, 17)
SAMPLE = (
    "$ 3 3,5 1,279 billion million to from – - % by 2026 2023 April 26 19th meeting agreed will sign "
    "Iran ( ) . , : ; от до млрд долларов США года в Казахстан Иран договорились довести товарооборот "
    "подписан вдвое г. № 5 млн долларға дейін жеткізу жылғы сәуірде Қазақстан астам екі есе құрады қол "
    "қойылды ۳ میلیارد دلار سال ۱۴۰۳ آذر توافق کردند به تا ۱/۳ درصد افزایش ٪ امضا شد\u200cها "
    "| « » “ +7 74-50-00 ١٢ ² 🌾 é"
)
WORDS = (*SAMPLE.split(), "\n", "\t", "\u2009", "\u00a0")
texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=60).map(" ".join)


@given(texts, st.sampled_from([None, "en", "ru", "kk", "fa"]), st.sampled_from([None, PUBLISHED]))
@settings(max_examples=60, deadline=None)
def test_every_suggestion_stands_where_it_says_and_says_what_json_can_hold(text, language, published):
    held = extract(text, language=language, published=published)
    for each in held:
        assert text[each.start : each.end] == each.quote != ""
        assert each.kind in KINDS
        assert rules()[each.rule].kind == each.kind
        assert 0 < each.confidence <= 1
        json.dumps(each.value, allow_nan=False)
    assert list(held) == sorted(held, key=lambda each: (each.start, each.end, each.kind))


@given(texts)
@settings(max_examples=30, deadline=None)
def test_dates_end_after_they_begin_and_ranges_rise(text):
    for each in extract(text, published=PUBLISHED):
        value = each.value
        if each.kind == "date" and value["start"]:
            assert value["start"] <= value["end"]
        if value.get("bound") == "range":
            assert value["low"] <= value["high"]


@given(texts)
@settings(max_examples=20, deadline=None)
def test_the_same_text_gives_the_same_suggestions_whatever_was_read_before(text):
    first = extract(text, published=PUBLISHED)
    extract("Iran и Казахстан ۳ میلیارد")
    assert extract(text, published=PUBLISHED) == first


PATTERNS = (
    *("1", "1,", "1 ", "123 ", "۱٬", "1-", "1/", "((", "$1", "a", "پ\u200c", "\u0301a", "-"),
    *("million ", "1 to ", "from 1 to ", "and a half ", "five hundred ", "thousand billion ", "April "),
    *(
        "млрд. ",
        "до 5 ",
        "میلیارد و ",
        "will ",
        "bring ",
        "the $3 billion ",
        "\t1",
        "| 5 ",
        "\n- ",
        "signed ",
    ),
)


def steps(text: str) -> int:
    """Lines of our code run while a text is read: a measure of work that no other process disturbs."""
    count = 0

    def trace(frame, event, _argument):
        nonlocal count
        if "tarazu" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        extract(text, language="en", published=PUBLISHED)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_work_on_one_long_line_grows_with_its_length(pattern):
    extract(pattern * 10, published=PUBLISHED)  # word lists are compiled before anything is counted
    short, long = steps((pattern * 1_500)[:1_500]), steps((pattern * 4_500)[:4_500])
    assert long <= 3.5 * short + 2_000


@pytest.mark.parametrize("pattern", ["1", "(", "1,", "a"])
def test_a_line_of_a_hundred_thousand_characters_is_read(pattern):
    text = (pattern * 100_000)[:100_000]
    assert all(text[each.start : each.end] == each.quote for each in extract(text))
