"""Full-text search finds a word in its other forms: irregular plurals, fleeting vowels, endings, half-spaces."""

from __future__ import annotations

import csv

import pytest

from register_support import opened
from tarazu.core.errors import InputError
from tarazu.core.schema import DATA
from tarazu.register.intake import ingest
from tarazu.register.search import LANGUAGES, asked, search

TEXTS = {
    "en": "The sides signed two {0} in Astana, and the ministers of the two countries spoke of trade in goods.",
    "ru": "Стороны обсудили {0} и договорились продолжить работу над ними в следующем году в Астане.",
    "kk": "Тараптар {0} туралы пікір алмасып, келесі жылы кездесуге уағдаласты, деп хабарлады баспасөз қызметі.",
    "fa": "دو طرف درباره {0} گفتگو کردند و بر گسترش آن در سال آینده تاکید کردند.",
}
FORMS = (
    ("en", "memoranda", "memorandum"),
    ("en", "memorandum", "memoranda"),
    ("en", "criteria", "criterion"),
    ("en", "wharves", "wharf"),
    ("en", "analyses", "analysis"),
    ("en", "parties", "party"),
    ("en", "businessmen", "businessman"),
    ("ru", "поставок", "поставка"),
    ("ru", "поставки", "поставок"),
    ("ru", "рынках", "рынок"),
    ("ru", "рынок", "рынков"),
    ("ru", "меморандумами", "меморандум"),
    ("ru", "судов", "судно"),
    ("ru", "продавцами", "продавец"),
    ("ru", "копеек", "копейка"),
    ("ru", "ёмкости", "емкость"),
    ("kk", "меморандумдардың", "меморандум"),
    ("kk", "айналым", "айналымының"),
    ("kk", "экспорт", "экспорты"),
    ("kk", "көлік", "көлігі"),
    ("kk", "көлігінің", "көлік"),
    ("kk", "ынтымақтастық", "ынтымақтастығы"),
    ("kk", "порт", "порттары"),
    ("kk", "халқының", "халық"),
    ("kk", "құжат", "құжатын"),
    ("fa", "کشتی", "کشتی‌ها"),
    ("fa", "کشتیهای", "کشتی‌ها"),
    ("fa", "کشتی‌های", "کشتی"),
    ("fa", "کشتی", "کشتی ها"),
    ("fa", "اسناد", "سند"),
    ("fa", "بندر", "بنادر"),
    ("fa", "مذاکرات", "مذاکره"),
    ("fa", "سرمایه‌گذاری", "سرمایهگذاری"),
    ("fa", "سرمایهگذاری", "سرمایه‌گذاری"),
    ("fa", "سرمایه گذاری", "سرمایه‌گذاری"),
    ("fa", "سرمایه‌گذاری‌های", "سرمایه‌گذاری"),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """One document for each form, and one beside it that says something else."""
    folder = tmp_path_factory.mktemp("library")
    paths = []
    for number, (language, written, _) in enumerate(FORMS):
        paths.append(folder / f"form{number}.txt")
        paths[-1].write_text(f"{TEXTS[language].format(written)} form{number}", encoding="utf-8")
    for language, text in TEXTS.items():
        paths.append(folder / f"other-{language}.txt")
        paths[-1].write_text(text.format(""), encoding="utf-8")
    with opened(folder / "library.db") as books:
        found = ingest(books, paths, "secretariat")
        assert {row["state"] for row in found.table} <= {"new", "nearly known"}
        yield books


@pytest.mark.parametrize(("number", "query"), [(n, query) for n, (_, _, query) in enumerate(FORMS)])
def test_a_word_is_found_in_its_other_forms(library, number, query):
    written = FORMS[number][1]
    found = [row for row in search(library, query, 100) if row["title"] == f"form{number}"]
    assert found, f"{query} does not find {written}"
    assert written in found[0]["hit"]
    assert not any(row["title"].startswith("other") for row in search(library, query, 100))


def test_other_forms_are_whole_words():
    """The plural men is looked for, and not every word that begins with it."""
    assert "men" in asked("man")[0]
    assert "men*" not in asked("man")[0]


def test_an_ending_alone_is_a_word_and_nothing_is_not():
    assert asked("ها") == (("ها*",),)
    with pytest.raises(InputError, match="1 to 20 words"):
        asked("\u200c !")


def test_every_row_of_other_forms_is_of_use():
    """A row whose forms the stemmer joins by itself would be noise."""
    from tarazu.core.names import normalise
    from tarazu.register.search import stem

    with (DATA / "register" / "word_forms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["language"] for row in rows} <= set(LANGUAGES)
    alike = [
        row["forms"]
        for row in rows
        if len({stem(normalise(form), row["language"]) for form in row["forms"].split("|")}) == 1
    ]
    assert alike == []
    assert len({(row["language"], row["forms"]) for row in rows}) == len(rows)
