"""Names of bodies in the nominative, accessions, documents replaced, works completed, and who chaired a session."""

from datetime import date

import pytest

from tarazu.register.extract.nominative import nominative
from tarazu.register.extraction import extract


def values(text, kind, published=date(2025, 1, 10)):
    return [each.value for each in extract(text, published=published) if each.kind == kind]


@pytest.mark.parametrize(
    ("language", "told", "name"),
    [
        (
            "ru",
            "Казахстанско-Иранской межправительственной комиссии по торговле",
            "Казахстанско-Иранская межправительственная комиссия по торговле",
        ),
        ("ru", "рабочей группы по транспорту", "рабочая группа по транспорту"),
        ("ru", "Совместную рабочую группу", "Совместная рабочая группа"),
        ("ru", "совместного делового совета", "совместный деловой совет"),
        ("ru", "Высшего межгосударственного совета", "Высший межгосударственный совет"),
        ("ru", "Каспийским комитетом", "Каспийский комитет"),
        ("ru", "межправительственная комиссия", "межправительственная комиссия"),
        ("ru", "межправительственных комиссий", "межправительственных комиссий"),
        ("ru", "межправительственные комиссии", "межправительственные комиссии"),
        ("kk", "бірлескен үкіметаралық комиссиясының", "бірлескен үкіметаралық комиссиясы"),
        ("kk", "Үкіметаралық комиссияда", "Үкіметаралық комиссия"),
        ("kk", "жұмыс тобында", "жұмыс тобы"),
        ("kk", "іскерлік кеңесінің", "іскерлік кеңесі"),
        ("kk", "іскерлік кеңес", "іскерлік кеңес"),
        ("en", "Intergovernmental Commission", "Intergovernmental Commission"),
    ],
)
def test_a_body_is_named_in_the_nominative_where_its_endings_tell(language, told, name):
    assert nominative(told, language) == name


def test_a_session_gives_its_body_in_the_nominative_and_its_words_as_they_are():
    text = (
        "25 ноября 2024 года состоялось 19-е заседание Казахстанско-Иранской межправительственной комиссии."
    )
    (found,) = [each for each in extract(text) if each.kind == "session"]
    assert found.value["body"] == "Казахстанско-Иранская межправительственная комиссия"
    assert "межправительственной комиссии" in found.quote


@pytest.mark.parametrize(
    "text",
    [
        "Iran became a full member of the SCO on 4 July 2023.",
        "Иран стал полноправным членом ШОС 4 июля 2023 года.",
        "Иран 2023 жылғы 4 шілдеде ШЫҰ-ның толыққанды мүшесі болды.",
        "ایران در ۱۳ تیر ۱۴۰۲ به عضویت کامل سازمان همکاری شانگهای درآمد.",
    ],
)
def test_becoming_a_member_on_a_day_is_an_accession(text):
    (value,) = values(text, "membership")
    assert (value["structure"], value["parties"]) == ("SCO", ["IRN"])
    assert (value["event"], value["date"]) == ("acceded", "2023-07-04")


def test_being_a_member_is_no_accession():
    (value,) = values("Iran is a full member of the SCO.", "membership")
    assert (value["event"], value["date"]) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "The Memorandum supersedes the agreement of 2015.",
        "The agreement of 2015 was replaced by the memorandum.",
        "Настоящий Меморандум заменяет Соглашение 2015 года.",
        "Осы Меморандум 2015 жылғы келісімді алмастырады.",
        "این یادداشت تفاهم جایگزین موافقتنامه ۲۰۱۵ می شود.",
    ],
)
def test_a_document_that_another_replaces_is_superseded(text):
    (value,) = values(text, "instrument")
    assert (value["event"], value["form"], value["dated"]) == ("superseded", "agreement", "2015")
    assert (value["superseded_by"], value["date"]) == ("memorandum", None)


def test_a_thing_that_is_replaced_is_no_document():
    assert (
        values("The new locomotive replaces the one bought in 2015 under an agreement.", "instrument") == []
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The section was completed in 2011.", "2011"),
        ("The Iranian section of the railway, finished in 2011, was extended.", "2011"),
        ("Construction of the railway was completed in December 2014.", "2014-12"),
        ("Участок завершён в 2011 году.", "2011"),
    ],
)
def test_works_that_were_completed_are_an_event_of_their_field(text, day):
    (value,) = values(text, "event")
    assert (value["field"], value["event"], value["date"]) == ("transport", "completed", day)


def test_a_section_that_was_opened_may_be_that_of_an_embassy():
    assert values("The consular section was opened on 5 May 2001.", "event") == []


@pytest.mark.parametrize(
    ("text", "chairs"),
    [
        (
            "The 19th session of the Intergovernmental Commission, co-chaired by Serik Zhumangarin and the Minister "
            "of Agriculture of Iran, was held in Astana on 25 November 2024.",
            ["Serik Zhumangarin", "Minister of Agriculture of Iran"],
        ),
        (
            "25 ноября 2024 года под председательством Министра торговли и интеграции Казахстана и Министра сельского "
            "хозяйства Ирана состоялось 19-е заседание Межправительственной комиссии.",
            ["Министра торговли и интеграции Казахстана", "Министра сельского хозяйства Ирана"],
        ),
        (
            "نوزدهمین اجلاس کمیسیون مشترک به ریاست وزیر جهاد کشاورزی و وزیر تجارت قزاقستان در آستانه برگزار شد.",
            ["وزیر جهاد کشاورزی", "وزیر تجارت قزاقستان"],
        ),
        ("The 19th session of the Intergovernmental Commission was held in Astana in 2024.", []),
    ],
)
def test_a_session_has_its_chairs(text, chairs):
    (value,) = values(text, "session")
    assert (value["session"], value["chairs"]) == ("19", chairs)


def test_a_session_known_only_by_its_chairs_is_one_of_the_body_named_before():
    text = (
        "The Intergovernmental Commission of Kazakhstan and Iran works on trade. The session was co-chaired by "
        "Serik Zhumangarin and the Minister of Agriculture of Iran on 25 November 2024."
    )
    (value,) = values(text, "session")
    assert (value["event"], value["date"], len(value["chairs"])) == ("held", "2024-11-25", 2)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "Подписано 3 соглашения: о карантине растений, о ветеринарии и о туризме.",
            "карантине растений, о ветеринарии и о туризме",
        ),
        (
            "Были подписаны соглашения о карантине растений, о ветеринарии и о туризме.",
            "карантине растений, о ветеринарии и о туризме",
        ),
    ],
)
def test_documents_carry_the_list_of_their_fields(text, fields):
    (value,) = values(text, "instrument")
    assert value["field"] == fields
