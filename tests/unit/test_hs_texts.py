"""Headings suggested from words: as firms write them, misspelt, and in the cases of four languages."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tarazu.core.schema import DATA
from tarazu.planning.hs_texts import TOP, chapters, glossary, heading_text, headings, meant, one_word, suggest

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
    for language in ("ru", "kk", "fa"):  # the headings' own texts are the English ones
        assert wanted <= by_language[language]


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


LEAST, MARGIN = 50.0, 0.75
OF_THE_DOCUMENTS = [
    ("honey", "0409"), ("мёд", "0409"), ("мед", "0409"), ("бал", "0409"), ("عسل", "0409"),
    ("dairy products", "04"), ("молочная продукция", "04"), ("сүт өнімдері", "04"), ("لبنیات", "04"),
    ("cheese", "0406"), ("сыр", "0406"), ("ірімшік", "0406"), ("پنیر", "0406"),
    ("herbs", "0709"), ("зелень", "0709"), ("көк шөптер", "0709"), ("سبزی خوردن", "0709"),
    ("metal", "72"), ("металл", "72"), ("металдар", "72"), ("فلزات", "72"),
    ("metal items", "73"), ("металлические изделия", "73"), ("металл бұйымдар", "73"), ("مصنوعات فلزی", "73"),
    ("petrochemical products", "29"), ("нефтехимия", "29"), ("мұнай химиясы", "29"), ("محصولات پتروشیمی", "29"),
    ("building material", "68"), ("стройматериалы", "68"), ("құрылыс материалдары", "68"), ("مصالح ساختمانی", "68"),
    ("grain", "10"), ("cereals", "10"), ("зерно", "10"), ("астық", "10"), ("غلات", "10"),
    ("fish", "03"), ("рыба", "03"), ("балық", "03"), ("ماهی", "03"),
    ("dried fruits", "0813"), ("сухофрукты", "0813"), ("кептірілген жемістер", "0813"), ("خشکبار", "0813"),
    ("vegetables", "07"), ("овощи", "07"), ("көкөністер", "07"), ("سبزیجات", "07"),
    ("fruits", "08"), ("фрукты", "08"), ("жемістер", "08"), ("میوه", "08"),
    ("food products", "21"), ("продукты питания", "21"), ("азық түлік", "21"), ("مواد غذایی", "21"),
    ("crude oil", "2709"), ("нефть", "2709"), ("мұнай", "2709"), ("نفت", "2709"),
    ("wheel techniques", "87"), ("колёсная техника", "87"), ("доңғалақты техника", "87"), ("ماشین آلات چرخ دار", "87"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code"), OF_THE_DOCUMENTS)
def test_goods_of_the_source_documents_are_known_in_four_languages(words: str, code: str) -> None:
    best, found = meant(words, LEAST, MARGIN)
    assert best is not None, found
    assert best.hs == code


@pytest.mark.parametrize("words", ["масло", "oil", "говядина", "вагон", "овощи и фрукты", "соль", "сода"])
def test_words_that_may_be_several_goods_or_a_part_of_another_mean_none(words: str) -> None:
    assert meant(words, LEAST, MARGIN)[0] is None


@pytest.mark.parametrize(("words", "code"), MISSPELT[:5])
def test_a_misspelt_name_is_still_meant(words: str, code: str) -> None:
    best, _ = meant(words, LEAST, MARGIN)
    assert best is not None
    assert best.hs == code


def test_a_short_word_is_no_piece_of_another() -> None:
    assert not one_word("сыр", "сырая")
    assert not one_word("мед", "медь")
    assert not one_word("меда", "медь")
    assert one_word("риса", "рис")
    assert one_word("меди", "медь")


def test_every_chapter_has_a_title_and_every_row_of_the_glossary_a_code() -> None:
    assert len(chapters()) == 96  # 77 is reserved
    assert heading_text("10") == "cereals"
    assert {code[:2] for code in headings()} == set(chapters())
    assert all(code in headings() or code in chapters() for code, _, _ in glossary())
