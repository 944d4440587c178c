"""Words of a register in the commission pack in other languages: the tables, their absence, findings of checks."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date
from io import BytesIO

import pytest

from pack_support import TABLES, TODAY, bundled_plan, full_pack, small
from tarazu.core.checks import Severity
from tarazu.core.errors import InputError
from tarazu.core.schema import DATA
from tarazu.corridor.flow_tables import subject_name
from tarazu.planning import pack_docx
from tarazu.planning.pack import pack, write_pack
from tarazu.planning.pack_html import footer, html
from tarazu.planning.pack_titles import FILE, NAMES, Titles, beside, read_back, without_ids
from tarazu.planning.pack_values import Phrase, Said, Translations
from tarazu.planning.pack_words import LANGUAGES, Run, keys, lines, text
from tarazu.register.register import Register

OTHERS = ("ru", "kk", "fa")
HEAD = "item,field,original,en,ru,kk,fa,note"
LETTERS = {"ru": "а-яё", "kk": "а-яёәғқңөұүһі", "fa": "آ-ی"}
BUNDLED = DATA / "kaz-irn" / "register" / FILE


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(path, *rows):
    path.write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    return path


def told(found, language):
    return text(found.translations.told(language), language)


# --- the bundled tables


def test_translations_are_of_what_the_register_says_today():
    items = Register.read("kaz-irn").items
    for row in table(BUNDLED):
        item = items[row["item"]]
        said = (
            [str(event.value) for event in item.events if event.event == row["field"]]
            if row["field"] == "appointed"
            else [event.note for event in item.events]
            if row["field"] == "note"
            else [item[row["field"]]]
        )
        assert row["original"] in [without_ids(each, items) for each in said], row["item"]


def test_every_text_has_one_row_and_every_language_in_its_letters():
    rows = [*table(BUNDLED), *table(DATA / NAMES)]
    assert [name for name, n in Counter(row["original"] for row in rows).items() if n > 1] == []
    for row in rows:
        for language in OTHERS:
            assert row[language], (row["original"], language)
            own = re.search(f"[{LETTERS[language]}]", row[language].lower())
            alike = row[language].replace("؛", ";") == row["original"]  # KTZ Express
            assert own or alike or not re.search("[a-z]{3}", row["original"])
        assert not re.search("[0-9]", row["fa"]), f"{row['fa']}: Persian digits"
        if re.search("[a-z]", row["ru"].lower()):  # names that keep their letters keep all of them
            kept = set(re.findall("[A-Za-z]{2,}", row["ru"]))
            assert kept <= set(re.findall("[A-Za-z]{2,}", row["original"])) | {"Expo"}


@pytest.mark.parametrize("language", OTHERS)
def test_numbers_of_a_title_stand_in_its_translation(language):
    for row in table(BUNDLED):
        plain = row[language].translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹٫", "0123456789,")).replace(",", ".")
        plain = re.sub(r"(?<=\d)\xa0(?=\d{3})", "", plain)
        for number in re.findall(r"\b\d+(?:\.\d+)?", row["original"].replace("1,000", "1000")):
            if f"{number}th" not in row["original"]:  # an ordinal may stand in words
                assert number in plain, (row["original"], row[language])


@pytest.mark.parametrize(
    ("session", "day"),
    [(19, date(2023, 11, 1)), (19, date(2026, 11, 23)), (20, date(2025, 6, 1)), (20, date(2026, 11, 23))],
)
def test_packs_of_the_worked_example_leave_no_title_untranslated(session, day):
    found = pack(Register.read("kaz-irn"), bundled_plan(), session, day)
    assert len(found.translations.texts) > 80
    for language in OTHERS:
        assert [said.text for said in found.translations.texts if said.into(language) is None] == []


def test_every_name_of_the_bundled_network_can_be_said_in_every_language():
    network, titles = bundled_plan().transport.plain, Titles.read()
    names = [
        subject_name(network, name)
        for group in (network.nodes, network.legs, network.transfers)
        for name in group
    ]
    names += [each.name for each in (*network.services.values(), *network.limits)]
    assert len(names) > 200
    assert [name for name in names if set(dict(titles.of(name))) < set(OTHERS)] == []


def test_ids_in_brackets_are_left_out_and_other_brackets_stay():
    ids = {"co014", "co015", "in-2025-1"}
    assert without_ids("protocol (co014), plan (co015, in-2025-1)", ids) == "protocol, plan"
    assert without_ids("2bn (528m in 2022) (co999)", ids) == "2bn (528m in 2022) (co999)"


# --- what has no translation


def test_a_title_without_translation_stands_in_the_original_with_its_mark_and_is_counted(tmp_path):
    found = pack(small(tmp_path), None, 21, TODAY)
    page = html(found, "ru")
    assert '<bdi lang="en">Open the terminal</bdi> (англ.)' in page
    texts = [said.text for said in found.translations.texts]
    assert len(texts) == len(set(texts))
    left = sum(said.into("ru") is None for said in found.translations.texts)
    assert 5 < left <= len(texts)
    marked = set(re.findall(r"<bdi lang=\"en\">([^<]*)</bdi> \(англ\.\)", page))
    assert len(marked) == left
    assert f"с пометкой: {left} из {len(texts)}." in told(found, "ru")
    assert told(found, "ru") in page
    assert told(found, "en") == "Titles and names stand as they are in the register."


def test_names_of_publishers_and_addresses_have_no_mark_and_are_not_counted(tmp_path):
    found = pack(small(tmp_path), None, 21, TODAY)
    assert '<bdi lang="en">Gazette</bdi></td>' in html(found, "ru")
    assert not {"Gazette", "https://example.org/19"} & {said.text for said in found.translations.texts}


def test_foot_says_that_translations_are_ours_only_where_there_are_any(tmp_path):
    bundled, own = full_pack(), pack(small(tmp_path), None, 21, TODAY)
    assert "неофициальный" in text(footer(bundled, "ru"), "ru")
    assert "неофициальный" in html(bundled, "ru").rpartition("<footer>")[2]
    assert footer(bundled, "en").key == footer(own, "ru").key == "footer"


def test_a_name_in_latin_letters_keeps_its_direction_in_persian():
    name = Said("KTZ Express", others=(("fa", "KTZ Express"), ("ru", "KTZ Express"), ("kk", "ҚТЖ")))
    assert lines(name, "fa") == ((Run("KTZ Express", "en"),),)
    assert lines(name, "kk") == ((Run("ҚТЖ"),),)
    # Kazakh without a letter of its own reads as Russian and is not marked as such.
    assert lines(Said("Fair", others=(("kk", "Астана"),)), "kk") == ((Run("Астана"),),)


def test_a_sentence_counts_what_a_language_lacks():
    texts = (Said("One", others=(("ru", "Один"),)), Said("Two"), Said("Три"))
    assert Translations(texts).told("ru").values["n"].value == 1
    assert Translations(texts[:1]).told("ru").key == "reading.titles.all"
    assert Translations(texts[:2]).told("en").key == "reading.titles.own"
    assert Translations(texts).told("fa").values["n"].value == 3


# --- a user's own table


def test_a_users_table_goes_before_the_bundled_ones(tmp_path):
    own = written(
        tmp_path / FILE,
        "c1,title,Open the terminal,,Открыть терминал,,,",
        ",,Tehran,,город Тегеран,,,",
    )
    titles = Titles.read(own)
    assert dict(titles.of("Open the terminal")) == {"ru": "Открыть терминал"}
    assert dict(titles.of("Tehran"))["ru"] == "город Тегеран"
    assert dict(titles.of("Tehran"))["fa"] == "تهران"
    assert dict(Titles.read().of("Open the terminal")) == {}
    (tmp_path / "register").mkdir()
    found = pack(small(tmp_path / "register"), None, 21, TODAY, titles=titles)
    assert "Открыть терминал" in html(found, "ru")
    assert '<bdi lang="en">Open the terminal</bdi> (انگلیسی)' in html(found, "fa")


def test_a_title_that_was_changed_is_not_shown_in_the_old_translation(tmp_path):
    titles = Titles.read(written(tmp_path / FILE, "c1,title,Open the terminal,,Открыть терминал,,,"))
    changed = TABLES["commitments"].replace("Open the terminal", "Open two terminals")
    (tmp_path / "register").mkdir()
    page = html(pack(small(tmp_path / "register", commitments=changed), None, 21, TODAY, titles=titles), "ru")
    assert "Открыть терминал" not in page
    assert "Open two terminals" in page


def test_a_register_in_another_language_can_be_translated_into_english(tmp_path):
    titles = Titles.read(written(tmp_path / FILE, ",,Открыть терминал,Open it,,,,"))
    assert dict(titles.of("Открыть терминал")) == {"en": "Open it"}
    (tmp_path / "register").mkdir()
    russian = TABLES["commitments"].replace("Open the terminal", "Открыть терминал")
    page = html(pack(small(tmp_path / "register", commitments=russian), None, 21, TODAY, titles=titles), "en")
    assert "Open it" in page
    assert "Открыть терминал" not in page


def test_a_table_is_given_by_its_path_and_found_beside_a_folder(tmp_path):
    pytest.importorskip("docx")
    (tmp_path / "own").mkdir()
    register = small(tmp_path / "own")
    assert beside(tmp_path / "own") is None
    path = written(tmp_path / "own" / FILE, "c1,title,Open the terminal,,Открыть терминал,,,")
    assert beside(tmp_path / "own") == path
    (tmp_path / "other" / "register").mkdir(parents=True)
    inner = written(tmp_path / "other" / "register" / FILE)
    assert beside(str(tmp_path / "other")) == inner
    assert beside(None) is beside("postgresql://host/name") is beside("register.db") is None
    assert Register.read(tmp_path / "own").findings == ()  # the table is no part of the register
    page, word = write_pack(register, None, 21, "ru", tmp_path / "out", today=TODAY, words=path)
    assert "Открыть терминал" in page.read_text(encoding="utf-8")
    assert word.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("item,original,rus\nc1,One,Один\n", "row 1, column rus: is not a column of this table"),
        ("item,field,ru\nc1,title,Один\n", "column original: is missing"),
        (f"{HEAD}\nc1,title,,,Один,,,\n", "row 2, column original: is empty"),
        ("", "is empty"),
    ],
)
def test_a_table_that_cannot_be_read_is_named_with_its_place(tmp_path, content, message):
    path = tmp_path / "mine.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=f"mine.csv.*{message}"):
        Titles.read(path)
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        Titles.read(tmp_path / "none.csv")


def test_word_document_marks_what_has_no_translation(tmp_path):
    docx = pytest.importorskip("docx")
    from docx.oxml.ns import qn

    found = pack(small(tmp_path), None, 21, TODAY)
    document = docx.Document(BytesIO(pack_docx.docx(found, "fa")))
    runs = [r for t in document.tables for c in t._cells for p in c.paragraphs for r in p.runs]
    titled = [number for number, run in enumerate(runs) if run.text == "Open the terminal"]
    assert titled
    for number in titled:
        assert runs[number]._r.rPr.find(qn("w:lang")).get(qn("w:val")) == "en-GB"
        assert runs[number]._r.rPr.find(qn("w:rtl")) is None
        assert "(انگلیسی)" in runs[number + 1].text


# --- findings of checks

SOURCE = "https://example.org/19,Gazette,2023-12-05,A"
CONTRARY = {
    "bodies": """id,name,form,parties,date
jc,Joint commission,commission,KAZ;IRN,
em,Embassy,embassy,KAZ,1990""",
    "instruments": """id,title,form,parties,body,session,field,date
pr19,Protocol nineteen,protocol,KAZ;IRN,jc,19,,2023-12-04
re,Relations,declaration,KAZ;IRN,,,diplomatic relations,1992-01-29
ag,Agreement,agreement,KAZ;IRN,,,,2020-03-01""",
    "commitments": """id,title,form,parties,instrument,point,body,due,date
c1,Open the terminal,obligation,KAZ;IRN,pr19,2,,2020-06,
c2,Agree on permits,obligation,KAZ;IRN,,,jc,2019,2023-12
c3,Hold a fair,obligation,KAZ;IRN,,,,,2023-12
c4,Extend the line,obligation,KAZ;IRN,,,,,2023-12""",
    "milestones": "id,title,commitment,due",
    "events": """item,event,value,date
ag,in_force,,2019-02-01
re,signed,,1993-05-05
c1,official,done,2024-02-01
c3,official,not_reached,2024-02-01
c3,evidenced,complete,2024-02-01
c4,official,agreed,2024-03-01
c4,official,in_progress,2024-03-01
c4,restated,,2150-01-01
jc,met,18,2023-01-26
jc,met,18,2022-02-02
jc,met,17,2023-05-22""",
}


@pytest.mark.parametrize("language", OTHERS)
def test_findings_of_checks_are_said_in_the_language_with_their_values(tmp_path, language):
    register = small(tmp_path, **CONTRARY)
    found = [check for check in register.checks if check.severity is Severity.WARNING]
    wanted = {key.removeprefix("check.").partition(".")[0] for key in keys("check")}
    assert {check.name for check in found} == wanted
    seen = set()
    for check in found:
        phrase = read_back(
            f"check.{check.name}", check.message, {i: each.title for i, each in register.items.items()}
        )
        assert isinstance(phrase, Phrase), check.message
        seen.add(phrase.key)
        shown = "".join(run.text for line in lines(phrase, language) for run in line if not run.language)
        assert not re.search("[A-Za-z]{3}", shown), shown
    assert seen == set(keys("check"))


def test_values_of_a_finding_are_those_of_the_message(tmp_path):
    points, keeper = pack(small(tmp_path, **CONTRARY), None, 21, TODAY).part("points").grids
    assert not any("Embassy" in text(row[1], "en") for row in points.rows)  # no point for two states
    reasons = [text(row[1], "ru") for row in keeper.rows]
    embassy = next(reason for reason in reasons if "дата открытия" in reason)
    assert "1990" in embassy
    assert "5 мая 1993" in embassy
    assert "Relations (англ.)" in embassy


def test_a_finding_without_a_pattern_stays_in_english():
    assert read_back("check.cycle", "rests on goes round") == Said("rests on goes round")
    other = "the parties call it done. Another sentence."
    assert read_back("check.done-without-evidence", other) == Said(other)


def test_terms_of_the_scheme_are_said_in_the_language():
    part = full_pack().part("target")
    terms = next(s.values["terms"] for s in part.sentences if isinstance(s, Phrase) and "terms" in s.values)
    assert isinstance(terms, Phrase)
    assert "settled at each close" in text(terms, "en")
    assert "при каждом закрытии" in text(terms, "ru")


def test_every_language_of_the_pack_has_a_sign():
    for language in LANGUAGES:
        for other in LANGUAGES:
            assert text(Said("word", kept=True), language) == "word"
            assert keys(f"sign.{other}") == (f"sign.{other}",)
