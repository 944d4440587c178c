"""Dates in text: their span, precision and calendar, in four languages, and what is no date."""

from __future__ import annotations

from datetime import date

import pytest

from tarazu.register.extraction import extract

PUBLISHED = date(2024, 5, 17)  # a Friday


def dates(text: str, published: date | None = PUBLISHED) -> list[tuple[str | None, str | None, str]]:
    held = [each for each in extract(text, published=published) if each.kind == "date"]
    for each in held:
        assert text[each.start : each.end] == each.quote
    return [(each.value["start"], each.value["end"], each.value["precision"]) for each in held]


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("Signed on April 28, 2023.", "2023-04-28", "2023-04-28", "day"),
        ("Signed on 28 April 2023.", "2023-04-28", "2023-04-28", "day"),
        ("Signed on the 28th of April 2023.", "2023-04-28", "2023-04-28", "day"),
        ("Signed on 2023-04-28.", "2023-04-28", "2023-04-28", "day"),
        ("Signed on 28.04.2023.", "2023-04-28", "2023-04-28", "day"),
        ("They met on Dec. 4 in Tehran.", "2023-12-04", "2023-12-04", "day"),
        ("In 2024 trade grew.", "2024-01-01", "2024-12-31", "year"),
        ("by the end of 2026", "2026-01-01", "2026-12-31", "year"),
        ("The talks of 26–27 April 2023 ended.", "2023-04-26", "2023-04-27", "span"),
        ("Jan-Jun 2019", "2019-01-01", "2019-06-30", "span"),
        ("from January to May 2022", "2022-01-01", "2022-05-31", "span"),
        ("in the first half of 2023", "2023-01-01", "2023-06-30", "half"),
        ("in the third quarter of 2025", "2025-07-01", "2025-09-30", "quarter"),
        ("in Q1 2023", "2023-01-01", "2023-03-31", "quarter"),
        ("in the first four months of this year", "2024-01-01", "2024-04-30", "span"),
        ("in 2021–2023", "2021-01-01", "2023-12-31", "span"),
        ("the season 2022/23", "2022-07-01", "2023-06-30", "season"),
        ("Exports grew last year.", "2023-01-01", "2023-12-31", "year"),
        ("to be held this year", "2024-01-01", "2024-12-31", "year"),
        ("They met yesterday.", "2024-05-16", "2024-05-16", "day"),
        ("The minister said on Wednesday", "2024-05-15", "2024-05-15", "day"),
        ("in autumn 2023", "2023-09-01", "2023-11-30", "season"),
        ("Iranian year 1399", "2020-03-20", "2021-03-20", "year"),
        ("26 апреля 2023 года", "2023-04-26", "2023-04-26", "day"),
        ("в апреле 2023 г.", "2023-04-01", "2023-04-30", "month"),
        ("за январь–май 2022 года", "2022-01-01", "2022-05-31", "span"),
        ("в I квартале 2024 года", "2024-01-01", "2024-03-31", "quarter"),
        ("в первом полугодии 2023 года", "2023-01-01", "2023-06-30", "half"),
        ("за 9 месяцев 2023 года", "2023-01-01", "2023-09-30", "span"),
        ("в прошлом году", "2023-01-01", "2023-12-31", "year"),
        ("до конца 2026 года", "2026-01-01", "2026-12-31", "year"),
        ("с 2021 по 2023 год", "2021-01-01", "2023-12-31", "span"),
        ("вчера в Астане", "2024-05-16", "2024-05-16", "day"),
        ("2023 жылғы 26 сәуірде", "2023-04-26", "2023-04-26", "day"),
        ("2023 жылдың қаңтар-мамыр айларында", "2023-01-01", "2023-05-31", "span"),
        ("2025 жылға дейін", "2025-01-01", "2025-12-31", "year"),
        ("биыл сауда өсті", "2024-01-01", "2024-12-31", "year"),
        ("былтыр сауда өсті", "2023-01-01", "2023-12-31", "year"),
        ("Биылғы жылдың алғашқы төрт айында", "2024-01-01", "2024-04-30", "span"),
        ("۲۵ آذر ۱۴۰۳", "2024-12-15", "2024-12-15", "day"),
        ("در سال ۱۴۰۳", "2024-03-20", "2025-03-20", "year"),
        ("۱۴۰۳/۰۹/۲۵", "2024-12-15", "2024-12-15", "day"),
        ("در سال ۲۰۲۳ میلادی", "2023-01-01", "2023-12-31", "year"),
        ("۲۶ آوریل ۲۰۲۳", "2023-04-26", "2023-04-26", "day"),
        ("بهمن ۱۴۰۲", "2024-01-21", "2024-02-19", "month"),
        ("صادرات در سال گذشته", "2023-03-21", "2024-03-19", "year"),
        ("امسال صادرات", "2024-03-20", "2025-03-20", "year"),
        ("در چهار ماه نخست امسال", "2024-03-20", "2024-07-21", "span"),
        ("ژانویه تا ژوئن ۲۰۱۹", "2019-01-01", "2019-06-30", "span"),
    ],
)
def test_a_date_has_the_precision_of_its_words(text, start, end, precision):
    assert dates(text) == [(start, end, precision)]


@pytest.mark.parametrize(
    "text",
    [
        "The 19th meeting may march on.",
        "It happened at 10 a.m. or 18:05.",
        "2000 tonnes and 2030 trucks",
        "order No. 2023",
        "$2024 each",
        "the first step",
        "order 31.47.2023",
        "1999 компаний",
    ],
)
def test_what_is_no_date_is_left_alone(text):
    assert dates(text) == []


def test_without_the_day_of_publication_words_have_no_span_and_no_day_is_invented():
    assert dates("They met on April 26 and again last year.", None) == [
        (None, None, "day"),
        (None, None, "year"),
    ]


def test_solar_dates_say_their_calendar():
    (held,) = [each for each in extract("۲۵ آذر ۱۴۰۳", published=PUBLISHED) if each.kind == "date"]
    assert held.value["calendar"] == "solar_hijri"
    assert held.value["relative"] is False


def test_last_year_is_iranian_only_where_the_text_reckons_so():
    gregorian = "در سال ۲۰۲۲ صادرات ۵ میلیون دلار بود و سال گذشته ۶ میلیون دلار."
    assert dates(gregorian)[1] == ("2023-01-01", "2023-12-31", "year")


def test_the_year_before_counts_from_the_year_named_last():
    assert dates("In 2020 trade fell; it was higher the year before.")[1][:2] == ("2019-01-01", "2019-12-31")


def test_since_the_start_of_the_year_ends_with_publication():
    assert dates("Exports rose since the start of the year.") == [("2024-01-01", "2024-05-17", "span")]


def test_two_dates_joined_are_one_span():
    held = dates("The quota holds from 1 July 2024 to 31 December 2025.")
    assert held == [("2024-07-01", "2025-12-31", "span")]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("31.02.2023", "31.02.2023"),
        ("by 2027-02-30.", "2027-02-30"),
        ("before 30 February 2027 in Tehran", "30 February 2027"),
        ("on February 30, 2027 in Tehran", "February 30, 2027"),
        ("by 32 April 2027", "32 April 2027"),
        ("до 31 апреля 2027 года", "31 апреля 2027 года"),
        ("2027 жылғы 31 сәуірде", "2027 жылғы 31 сәуірде"),
        ("تا ۳۲ اردیبهشت ۱۴۰۵", "۳۲ اردیبهشت ۱۴۰۵"),
        ("تا ۱۴۰۵/۰۷/۳۱", "۱۴۰۵/۰۷/۳۱"),
        ("from 26 April to 31 June 2027", "26 April to 31 June 2027"),
    ],
)
def test_a_day_that_does_not_exist_has_no_date_and_is_marked(text, quote):
    (found,) = [each for each in extract(text) if each.kind == "date"]
    assert (found.quote, found.value["start"], found.value["end"]) == (quote, None, None)
    assert found.value["impossible"] is True
    assert found.confidence <= 0.5


def test_the_last_days_of_months_exist():
    for text in ("29 February 2028", "31 May 2027", "۳۱ اردیبهشت ۱۴۰۵", "۳۰ اسفند ۱۴۰۳"):
        (found,) = [each for each in extract(text) if each.kind == "date"]
        assert found.value["start"]
        assert "impossible" not in found.value


def test_what_is_promised_for_an_impossible_day_has_no_due_date():
    found = extract("Kazakhstan and Iran shall bring trade to $3 billion before 30 February 2027.")
    dues = {each.kind: each.value["due"] for each in found if each.kind in ("commitment", "target")}
    assert dues == {"commitment": None, "target": None}


def test_a_persian_verb_behind_a_year_is_no_month():
    (found,) = [each for each in extract("جایگزین موافقتنامه ۲۰۱۵ می شود.") if each.kind == "date"]
    assert found.value["precision"] == "year"
