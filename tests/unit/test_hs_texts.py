"""Headings suggested from words: as firms write them, misspelt, and in the cases of four languages."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tarazu.core.schema import DATA
from tarazu.planning.hs_texts import TOP, glossary, heading_text, headings, one_word, suggest

AS_WRITTEN = [
    ("dried apricots", "0813"),
    ("Feed barley, crop 2026", "1003"),
    ("Refined sunflower oil in PET bottles", "1512"),
    ("hot rolled steel coils", "7208"),
    ("Pistachio nuts in shell", "0802"),
    ("polyethylene granules", "3901"),
    ("Portland cement M500", "2523"),
    ("chilled lamb carcasses", "0204"),
    ("frozen beef", "0202"),
    ("granulated sulphur", "2503"),
    ("zinc ingots", "7901"),
    ("car batteries", "8507"),
    ("apple juice concentrate", "2009"),
    ("milk powder", "0402"),
    ("ячмень фуражный", "1003"),
    ("мука пшеничная в/с ГОСТ", "1101"),
    ("сухофрукты, курага", "0813"),
    ("чечевица красная", "0713"),
    ("трубы стальные бесшовные", "7304"),
    ("арпа", "1003"),
    ("қой еті", "0204"),
    ("күнбағыс майы", "1512"),
    ("جو دامی", "1003"),
    ("پسته ایرانی درجه یک", "0802"),
    ("میلگرد", "7214"),
    ("گوشت گوساله", "0201"),
]
MISSPELT = [
    ("barly", "1003"),
    ("sunfower oil", "1512"),
    ("pistachois", "0802"),
    ("polyetylene", "3901"),
    ("lentlis", "0713"),
    ("подсолнечое масло", "1512"),
    ("чечивица", "0713"),
]
CASES = [
    ("ячменя фуражного", "1003"),
    ("поставка пшеницы мягкой 3 класса", "1001"),
    ("кураги", "0813"),
    ("баранины охлаждённой", "0204"),
    ("арпаның", "1003"),
    ("бидай ұнын", "1101"),
    ("көмірді", "2701"),
    ("پسته‌های", "0802"),
    ("خرماها", "0804"),
]


@pytest.mark.parametrize(("words", "code"), [*AS_WRITTEN, *CASES])
def test_what_firms_write_leads_to_the_heading_first(words: str, code: str) -> None:
    assert suggest(words)[0].hs == code


@pytest.mark.parametrize(("words", "code"), MISSPELT)
def test_a_misspelt_word_still_leads_there(words: str, code: str) -> None:
    assert suggest(words)[0].hs == code


def test_a_plain_name_outranks_goods_made_of_it() -> None:
    for words, code in (
        ("rice", "1006"),
        ("tea", "0902"),
        ("corn", "1005"),
        ("soap", "3401"),
        ("wheat", "1001"),
    ):
        first, second = suggest(words)[:2]
        assert first.hs == code
        assert first.score > second.score


def test_at_most_five_distinct_headings_best_first() -> None:
    found = suggest("oil")
    assert len(found) == TOP
    assert len({each.hs for each in found}) == TOP
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_the_language_is_that_of_the_phrase() -> None:
    assert [suggest(words)[0].language for words in ("barley", "ячменя", "арпаның", "جو")] == [
        "en",
        "ru",
        "kk",
        "fa",
    ]


@pytest.mark.parametrize("words", ["", "   ", "12345", "!!!", "qqqqzzzz", "و از برای", "x" * 10_000])
def test_words_that_say_nothing_give_nothing_and_no_error(words: str) -> None:
    assert suggest(words) == ()


def test_numbers_and_quality_do_not_change_the_heading() -> None:
    plain, adorned = suggest("barley")[0], suggest("best quality Kazakh barley 5000 tonnes, new crop 2026")[0]
    assert (plain.hs, plain.score) == (adorned.hs, adorned.score)


def test_words_are_one_where_endings_alone_differ() -> None:
    assert one_word("ячменя", "ячмень")
    assert one_word("арпаның", "арпа")
    assert not one_word("мысық", "мысал")
    assert not one_word("خرمالو", "خرما")  # persimmon is no date
    assert not one_word("wheel", "wheat")


def test_every_heading_of_hs_2022_has_a_text() -> None:
    assert len(headings()) == 1228
    assert all(re.fullmatch(r"\d{4}", code) and text.strip() for code, text in headings().items())
    assert heading_text("100310") == heading_text("1003")
    assert heading_text("7700") == ""


def test_every_heading_named_by_the_bundled_dossier_is_in_the_glossary() -> None:
    named: set[str] = set()
    for table in ("products", "markets"):
        with (DATA / "kaz-irn" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for token in row["hs_code"].split(";"):
                    span = re.fullmatch(r"(\d{4})-(\d{4})", token.strip())
                    if span:
                        named |= {f"{n:04d}" for n in range(int(span[1]), int(span[2]) + 1)}
                    elif re.fullmatch(r"\d{4}|\d{6}", token.strip()):
                        named.add(token.strip()[:4])
    by_language: dict[str, set[str]] = {}
    for code, language, text in glossary():
        assert text.strip(), (code, language)
        by_language.setdefault(language, set()).add(code)
    wanted = named & set(headings())
    assert len(wanted) > 100
    assert set(by_language) == {"ru", "kk", "fa"}
    for codes in by_language.values():
        assert wanted <= codes


def test_the_list_of_headings_is_that_of_a_published_list(shared_data: Path) -> None:
    with (shared_data / "hs" / "harmonized-system_pddl.csv").open(encoding="utf-8", newline="") as file:
        published = {row["hscode"] for row in csv.DictReader(file) if len(row["hscode"]) == 4}
    assert set(headings()) == published - {"9999"}  # 9999 is a code of statistics, no heading


def test_each_phrase_of_the_glossary_leads_to_its_own_heading() -> None:
    wrong = []
    for code, _, text in glossary():
        for phrase in re.split(r"[;]", text):
            found = [each.hs for each in suggest(phrase)[:2]]
            if code not in found:
                wrong.append((code, phrase, found))
    assert len(wrong) <= 0.02 * sum(len(re.split(r"[;]", text)) for _, _, text in glossary()), wrong
