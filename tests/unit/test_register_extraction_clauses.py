"""Targets, commitments, instruments, visits, names and products in text, and the traps around them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tarazu.register.extraction import extract
from tarazu.register.languages import detect
from tarazu.register.suggestions import KINDS, rules

PUBLISHED = date(2024, 5, 17)


def found(text: str, kind: str) -> list[Any]:
    return [each for each in extract(text, published=PUBLISHED) if each.kind == kind]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("We will be able to bring the index of mutual trade up to $3 billion.", 3e9, "USD"),
        ("They reiterated a target of achieving a $3 billion bilateral trade turnover.", 3e9, "USD"),
        ("an Action Plan to reach the $3 billion trade turnover goal", 3e9, "USD"),
        ("The presidents agreed to raise trade to $5bn by 2030.", 5e9, "USD"),
        ("The ministries plan to double trade by 2027.", 100, "percent"),
        ("The railways aim to increase transit to 10 million tonnes.", 10e6, "t"),
        ("Стороны намерены довести товарооборот до 3 млрд долларов.", 3e9, "USD"),
        ("Поставлена цель увеличить взаимную торговлю до 5 млрд долларов к 2030 году.", 5e9, "USD"),
        ("Цель – достичь товарооборота в 1 млрд долларов.", 1e9, "USD"),
        ("Планируется нарастить экспорт на 30%.", 30, "percent"),
        ("Тараптар тауар айналымын 3 миллиард долларға жеткізуге келісті.", 3e9, "USD"),
        ("Қазақстан экспортты 2 млрд долларға дейін арттыруды көздейді.", 2e9, "USD"),
        ("رساندن حجم تجارت به ۳ میلیارد دلار هدف دو کشور است.", 3e9, "USD"),
        ("دو کشور می‌خواهند حجم مبادلات را به ۳ میلیارد دلار برسانند.", 3e9, "USD"),
    ],
)
def test_a_target_is_a_level_that_lies_ahead(text, value, unit):
    held = [(each.value["value"], each.value["unit"]) for each in found(text, "target")]
    assert held == [(pytest.approx(value), unit)]


@pytest.mark.parametrize(
    "text",
    [
        "Trade grew by almost 20% to $528 million in 2022.",
        "Turnover reached $3 billion last year.",
        "Kazakhstan is ready to increase exports on 75 items worth about $250 million.",
        "Exports could reach $3 billion if the line opens.",
        "Analysts expect trade to reach $3 billion.",
        "Both sides confirmed their political will.",
        "Товарооборот вырос до 3 млрд долларов.",
        "Если дорогу достроят, экспорт может достичь 2 млрд долларов.",
        "Тауар айналымы 3 миллиард долларға жетті.",
        "حجم تجارت به ۳ میلیارد دلار رسید.",
    ],
)
def test_what_has_happened_or_only_may_happen_is_no_target(text):
    assert found(text, "target") == []


def test_a_target_says_when_what_and_whether_it_was_said_before():
    text = "Kazakhstan and Iran reiterated the goal of raising trade to $3 billion by the end of 2026."
    (target,) = found(text, "target")
    assert target.value["due"] == "2026-01-01/2026-12-31"
    assert target.value["subject"] == "turnover"
    assert target.value["parties"] == ["KAZ", "IRN"]
    assert target.value["restated"] is True


def test_a_second_mention_restates():
    text = "The goal is $3 billion.\nThe parties agreed to bring trade to $3 billion."
    assert [each.value["restated"] for each in found(text, "target")] == [False, True]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Kazakhstan will also appoint a special trade representative in Iran.", "obligation"),
        ("The sides agreed to open a trade house in Aktau.", "obligation"),
        ("The commission instructed the railways to publish tariffs by 1 July 2024.", "obligation"),
        ("Kazakh manufacturers have expressed readiness to supply 75 product items.", "offer"),
        ("Iranian enterprises are poised to deliver fish and honey.", "offer"),
        ("The parties agreed to study a common insurance scheme.", "study"),
        ("Iran will consider lifting the duty on barley.", "study"),
        ("Стороны договорились создать рабочую группу.", "obligation"),
        ("Министерству транспорта поручено подготовить план.", "obligation"),
        ("Казахстан готов поставить 500 тысяч тонн пшеницы.", "offer"),
        ("Стороны изучат возможность отмены пошлин.", "study"),
        ("Тараптар жұмыс тобын құруға келісті.", "obligation"),
        ("Қазақстан тарапы бидай жеткізуге дайын.", "offer"),
        ("Екі ел баж салығын төмендету мәселесін зерделеуге уағдаласты.", "study"),
        ("دو طرف توافق کردند کارگروه مشترک تشکیل دهند.", "obligation"),
        ("ایران آمادگی خود را برای صادرات دارو اعلام کرد.", "offer"),
    ],
)
def test_a_commitment_binds_offers_or_studies(text, form):
    assert [each.value["form"] for each in found(text, "commitment")] == [form]


@pytest.mark.parametrize(
    "text",
    [
        "The countries confirmed political will and interest in neighbourly relations.",
        "If prices fall, Iran will open the border.",
        "Trade between Iran and Kazakhstan will grow.",
        "The sides did not agree to open the crossing.",
        "The ministers discussed cooperation in transport.",
        "Стороны не договорились о тарифах.",
        "Стороны подтвердили политическую волю.",
        "Қазақстан дайын өнім экспорттайды.",
        "دو طرف درباره همکاری گفتگو کردند.",
    ],
)
def test_what_binds_nobody_is_no_commitment(text):
    assert found(text, "commitment") == []


def test_a_list_that_a_verb_of_agreement_opens_holds_commitments():
    text = (
        "Тараптар мына мәселелер бойынша уағдаласты:\n"
        "– Ақтау портында екі терминал салу;\n"
        "– арпаға баж салығын алып тастау мәселесін қарастыру."
    )
    assert [each.value["form"] for each in found(text, "commitment")] == ["obligation", "study"]


@pytest.mark.parametrize(
    ("text", "form", "event", "number"),
    [
        (
            "On April 26, Iran and Kazakhstan signed five memoranda of understanding.",
            "memorandum",
            "signed",
            5,
        ),
        ("A free trade agreement entered into force in 2025.", "agreement", "in_force", None),
        ("The protocol was ratified by parliament.", "protocol", "ratified", None),
        ("A road map is to be signed next year.", "action_plan", "planned", None),
        ("Подписан меморандум о взаимопонимании.", "memorandum", "signed", None),
        ("Планируется подписать соглашение о транзите.", "agreement", "planned", None),
        ("Хаттамаға қол қойылды, Қазақстан риза.", "protocol", "signed", None),
        ("یادداشت تفاهم همکاری امضا شد.", "memorandum", "signed", None),
    ],
)
def test_an_instrument_needs_an_event(text, form, event, number):
    held = [
        (each.value["form"], each.value["event"], each.value["number"]) for each in found(text, "instrument")
    ]
    assert held == [(form, event, number)]


def test_an_ordinal_does_not_number_an_instrument():
    text = "They signed the 19th Joint Intergovernmental Commission Protocol and the Action Plan."
    held = [(each.value["form"], each.value["number"]) for each in found(text, "instrument")]
    assert held == [("protocol", None), ("action_plan", None)]


@pytest.mark.parametrize(
    "text",
    [
        "No agreement was signed in Tehran.",
        "The agreement was not signed.",
        "Соглашение не подписано.",
        "Шартқа қол қойылмады.",
        "موافقت‌نامه امضا نشد.",
    ],
)
def test_what_was_not_signed_is_never_signed(text):
    assert "signed" not in [each.value["event"] for each in found(text, "instrument")]


def test_a_document_that_is_merely_mentioned_is_no_instrument():
    assert found("Under the agreement of the parties goods move freely.", "instrument") == []


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("The deputy prime minister paid a visit to Tehran.", "deputy_head"),
        ("President Raisi arrived in Astana on a state visit.", "head_of_state"),
        ("Премьер-министр прибыл с визитом в Тегеран.", "head_of_government"),
        ("معاون وزیر صنعت در سفر به آستانه گفت", "deputy_minister"),
    ],
)
def test_a_visit_has_the_level_of_the_visitor(text, level):
    assert [each.value["level"] for each in found(text, "visit")] == [level]


@pytest.mark.parametrize(
    ("text", "countries"),
    [
        ("Kazakh-Iranian trade", {"KAZ", "IRN"}),
        ("торговля Ирана с Казахстаном", {"IRN", "KAZ"}),
        ("ирано-казахстанская комиссия", {"IRN", "KAZ"}),
        ("Қазақстанның Иранмен саудасы", {"KAZ", "IRN"}),
        ("تجارت ایران و قزاقستان", {"IRN", "KAZ"}),
        ("528 млн долл. США и Персидский залив", set()),
        ("The Persian Gulf", set()),
        ("Norway and Peru", {"NOR", "PER"}),
        ("торговля с Норвегией", {"NOR"}),
        ("همکاری مالی دو طرف", set()),
    ],
)
def test_countries_are_known_with_their_endings(text, countries):
    assert {each.value["country"] for each in found(text, "party") if each.value["country"]} == countries


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("in Tehran", "Tehran"),
        ("в Тегеране", "Tehran"),
        ("Қазақстан Тегеранда", "Tehran"),
        ("در تهران", "Tehran"),
    ],
)
def test_places_are_known_with_their_endings(text, name):
    assert [each.value["name"] for each in found(text, "place")] == [name]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Kazakh barley for Iran", "1003"),
        ("экспорт ячменя", "1003"),
        ("Қазақстан арпасы", "1003"),
        ("صادرات جو", "1003"),
        ("dried fruits and petrochemical products", "0813"),
    ],
)
def test_products_have_candidates_of_the_harmonized_system(text, code):
    assert any(code in each.value["hs"] for each in found(text, "product"))


def test_the_seller_and_the_buyer_of_a_product_are_told():
    (barley,) = found("Kazakhstan and Iran: Kazakh barley is in demand.", "product")
    assert barley.value["direction"] == "KAZ->IRN"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Trade between the countries", "en"),
        ("Торговля между странами", "ru"),
        ("Елдер арасындағы сауда өсті", "kk"),
        ("تجارت دو کشور", "fa"),
        ("", "en"),
        ("12345", "en"),
    ],
)
def test_the_language_is_known_by_its_letters(text, language):
    assert detect(text) == language


def test_every_rule_declares_a_known_kind_and_a_confidence():
    assert {each.kind for each in rules().values()} == set(KINDS)
    assert all(0 < each.confidence <= 1 for each in rules().values())
