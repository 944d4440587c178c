"""Mentions of one act in one document: asked about once, with what every mention adds, and nothing lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tarazu.register.acts import acts, merged
from tarazu.register.extraction import extract
from tarazu.register.languages import detect
from tarazu.register.suggestions import Suggestion

PUBLISHED = date(2025, 6, 15)


def asked(text: str, kind: str) -> list[Suggestion]:
    """What a person is asked about."""
    found = merged(text, detect(text), extract(text, published=PUBLISHED), 1)
    return [each for each in found if each.kind == kind and "same_act" not in each.value]


@pytest.mark.parametrize(
    "text",
    [
        "The first step is signing an Action Plan. Later the ministers signed the Action Plan.",
        "Стороны готовятся подписать План действий. Министры подписали План действий.",
        "Жол картасына қол қою жоспарланған. Министрлер жол картасына қол қойды.",
        "برنامه اقدام امضا خواهد شد. وزیران برنامه اقدام را امضا کردند.",
    ],
)
def test_a_plan_to_be_signed_and_signed_is_one_act_and_signed(text):
    (one,) = asked(text, "instrument")
    assert one.value["event"] == "signed"
    assert len(one.value["again"]) == 1


def test_a_later_mention_adds_its_field_and_says_where():
    text = "On 5 May 2025 they signed five memoranda. The MoUs pertained to youth, sports and tourism, and were signed."
    (one,) = asked(text, "instrument")
    assert (one.value["number"], one.value["field"], one.value["date"]) == (
        5,
        "youth, sports and tourism",
        "2025-05-05",
    )
    start, end = one.value["added"]["field"]
    assert "youth, sports and tourism" in text[start:end]


def test_a_word_for_several_documents_gives_way_to_those_it_names():
    text = (
        "Agreements were inked, including a memorandum in veterinary medicine and a memorandum in metrology."
    )
    assert [each.value["field"] for each in asked(text, "instrument")] == ["veterinary medicine", "metrology"]


def test_a_number_of_documents_is_not_lost_to_those_named():
    text = "Five agreements were signed, including a memorandum in metrology."
    assert [each.value["number"] for each in asked(text, "instrument")] == [5, None]


@pytest.mark.parametrize(
    "text",
    [
        "They signed a memorandum on youth. They also signed a memorandum on transport.",
        "Kazakhstan and Iran signed a protocol on 5 May 2025. The protocol of Georgia was signed on 7 May 2025.",
        "KTZ signed a memorandum with RAI. Samruk signed a memorandum with a bank.",
        "More than 60 agreements are signed. On 3 May 2007 the agreement between Georgia and Oman was signed.",
        "Подписан меморандум о туризме. Подписан меморандум о транспорте.",
        "Туризм туралы меморандумға қол қойылды. Көлік туралы меморандумға қол қойылды.",
        "تفاهم نامه درباره گردشگری امضا شد. تفاهم نامه درباره ترابری امضا شد.",
    ],
)
def test_two_documents_stay_two(text):
    assert len(asked(text, "instrument")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "The leaders want to bring trade to $3 billion. Kazakhstan and Iran will bring it to $3 billion by 2030.",
        "Лидеры намерены довести торговлю до 3 млрд долларов. Казахстан и Иран намерены довести товарооборот до "
        "3 млрд долларов к 2030 году.",
        "Мақсат – сауданы 3 миллиард долларға жеткізу. Қазақстан мен Иран тауар айналымын 2030 жылға қарай "
        "3 миллиард долларға жеткізуді көздейді.",
        "هدف رساندن تجارت به ۳ میلیارد دلار است. "
        "ایران و قزاقستان قصد دارند تجارت را تا ۲۰۳۰ به ۳ میلیارد دلار برسانند.",
    ],
)
def test_a_target_said_again_gives_its_date_and_parties_to_the_first(text):
    (one,) = asked(text, "target")
    assert str(one.value["due"]).endswith("2030-12-31")
    assert set(one.value["parties"]) == {"KAZ", "IRN"}


def test_targets_of_two_years_are_two():
    text = "They will bring trade to $3 billion by 2027. They will bring trade to $3 billion by 2030."
    assert len(asked(text, "target")) == 2


def test_a_promise_to_sign_is_the_document_unless_it_has_a_deed_of_its_own():
    plain = "The sides agreed to sign a protocol. It rained."
    assert len(asked(plain, "instrument")) == 1
    assert asked(plain, "commitment") == []
    more = "The sides agreed to sign a protocol and to open ten schools in both capitals."
    assert len(asked(more, "commitment")) == 1


def test_a_promise_with_its_number_said_twice_is_one():
    text = (
        "Kazakhstan is ready to supply 75 items worth $250 million. He repeated that Kazakhstan is ready to supply 75 "
        "items worth $250 million. Kazakhstan is ready to supply 80 items worth $300 million."
    )
    assert len(asked(text, "commitment")) == 2


def test_provisions_name_the_suggestion_of_their_document():
    text = "The action plan was signed. The action plan envisages:\n- creation of a centre;\n- reducing delays now;"
    found = merged(text, "en", extract(text, published=PUBLISHED), 10)
    plan = next(10 + index for index, each in enumerate(found) if each.kind == "instrument")
    rests = [each.value.get("rests_on") for each in found if each.rule == "commitment-provision"]
    assert rests == [plan, plan]


def test_every_suggestion_of_an_act_is_in_one_act_only():
    text = "The protocol will be signed. The Action Plan was signed. The sides signed a protocol and the Action Plan."
    found: tuple[Any, ...] = extract(text, published=PUBLISHED)
    held = [index for act in acts(text, "en", found) for index in (act.chosen, *act.mentions)]
    assert sorted(held) == sorted(set(held))
    assert {found[index].kind for index in held} <= {"instrument", "commitment"}


def test_a_long_list_of_promises_keeps_each():
    text = "\n".join(
        f"Georgia will build {number} schools in region {number} by 2030." for number in range(2, 402)
    )
    found = extract(text, published=PUBLISHED)
    promised = [each for each in found if each.kind == "commitment"]
    assert len(promised) == 400
    assert len([act for act in acts(text, "en", found) if found[act.chosen].kind == "commitment"]) == 400
