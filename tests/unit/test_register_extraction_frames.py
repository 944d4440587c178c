"""Roles of percentages, frames of targets and commitments, tables, shared names of currencies, in four languages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tarazu.register.extract.verbs import perfective
from tarazu.register.extraction import extract

PUBLISHED = date(2025, 9, 17)


def found(text: str, kind: str) -> list[Any]:
    return [each for each in extract(text, published=PUBLISHED) if each.kind == kind]


def values(text: str, kind: str, *keys: str) -> list[Any]:
    return [tuple(each.value[key] for key in keys) for each in found(text, kind)]


@pytest.mark.parametrize(
    ("text", "percent", "role"),
    [
        ("Exports expanded by 11 per cent.", 11, "growth"),
        ("Turnover was 5.8 per cent above the level of 2024.", 5.8, "growth"),
        ("Sales sagged 13% in the first half.", 13, "decline"),
        ("Imports were off 4 per cent.", 4, "decline"),
        ("Some 70% of payments are made in national currencies.", 70, "share"),
        ("A 25% stake in the terminal was sold.", 25, "share"),
        ("The duty on dates was cut from 15% to 5%.", 15, "rate"),
        ("The works are 65% complete.", 65, "other"),
        ("Экспорт вырос примерно на 16%.", 16, "growth"),
        ("Экспорт в Китай составил 3,9 млрд (–20%).", 20, "decline"),
        ("На счетах в рублях лежит 90 процентов выручки.", 90, "share"),
        ("Строительство завершено на 65%.", 65, "other"),
        ("Баға 4,5 пайыз үстеме алды.", 4.5, "growth"),
        ("Экспорт 9%-ға арзан.", 9, "decline"),
        ("Экспорттың 45 пайызы мұнай.", 45, "share"),
        ("Мұнай экспорттың 60 пайызын құрайды.", 60, "share"),
        ("صادرات ۴۰ درصد بیش از سال قبل بود.", 40, "growth"),
        ("قیمت ۱۲ درصد ارزان‌تر شد.", 12, "decline"),
        ("۸۵ درصد آن وام روسیه است.", 85, "share"),
        ("تعرفهٔ پسته ۵ درصد است.", 5, "rate"),
    ],
)
def test_the_governing_word_tells_what_a_percentage_measures(text, percent, role):
    assert (percent, role) in values(text, "percentage", "percent", "role")


def test_figures_of_a_list_take_the_role_and_the_sign_that_stand_once():
    listed = "China accounted for 34 per cent of exports, Russia for 21 per cent and Italy for 9 per cent."
    assert [role for (role,) in values(listed, "percentage", "role")] == ["share"] * 3
    apart = "Прирост оборота с РФ – 9,4 %; с Ираном – 27,7 %."
    assert values(apart, "percentage", "percent", "role") == [(9.4, "growth"), (27.7, "growth")]
    shared = "The shares of wheat, barley and rice were 27, 14 and 3 per cent."
    assert values(shared, "percentage", "percent", "role") == [(27, "share"), (14, "share"), (3, "share")]


@pytest.mark.parametrize(
    ("text", "percent", "bound"),
    [
        ("Экспорт снизился более чем на четверть.", 25, "at_least"),
        ("Exports fell by two fifths.", 40, "exact"),
        ("Half of the goods are exempt from duty.", 50, "exact"),
        ("Көкөністің бестен төртін темір жол тасиды.", 80, "exact"),
        ("واردات یک‌چهارم کمتر از پارسال بود.", 25, "exact"),
    ],
)
def test_fractions_are_percentages_with_the_bound_before_their_preposition(text, percent, bound):
    assert (percent, bound) in values(text, "percentage", "percent", "bound")


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("بانک ۱۰۰ میلیون ریال عمان اعتبار داد.", 100e6, "OMR"),
        ("بانک ۱۰۰ میلیون ریال اعتبار داد.", 100e6, "IRR"),
        ("Pakistan pays 240 rupees a unit.", 240, "PKR"),
        ("India and Pakistan agreed on 240 rupees a unit.", 240, "INR"),
        ("Kuwait lent 5 million dinars.", 5e6, "KWD"),
        ("Бишкек получил 210 млн СДР.", 210e6, "XDR"),
        ("بودجهٔ طرح ۱۲ همت است.", 12e13, "IRR"),
        ("The group invests TL 9.4bn in a plant.", 9.4e9, "TRY"),
    ],
)
def test_a_shared_name_of_currencies_is_that_of_the_country_named(text, value, currency):
    assert values(text, "amount", "value", "currency") == [(value, currency)]


def test_effort_is_no_unit_of_money():
    assert found("با همت دو طرف کار پیش رفت.", "amount") == []


TABLE = """Таблица 1. Торговля, млн долл. США

Показатель\t2022\t2023
Экспорт\t120,5\t130,1
Перевезено грузов, тыс. т\t340\t410
Контейнеры, TEU\t1200\t1500
Доля, %\t12\t14
"""


def test_rows_of_a_table_have_their_own_unit_and_years_of_its_header_are_dates():
    assert values(TABLE, "amount", "value") == [(120.5e6,), (130.1e6,)]
    assert values(TABLE, "quantity", "value", "unit") == [
        (340e3, "t"),
        (410e3, "t"),
        (1200, "TEU"),
        (1500, "TEU"),
    ]
    assert values(TABLE, "percentage", "percent", "role") == [(12, "share"), (14, "share")]
    assert [start for (start,) in values(TABLE, "date", "start")] == ["2022-01-01", "2023-01-01"]


def test_a_column_of_changes_is_no_column_of_money():
    text = "Trade (USD million)\n\nItem | 2022 | 2023 | Change, %\nBarley | 12.5 | 13 | -4.0\n"
    assert values(text, "amount", "value") == [(12.5e6,), (13e6,)]
    assert values(text, "percentage", "percent", "role") == [(4, "decline")]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("06.10 Президент прибыл в Тбилиси.", "2025-10-06"),
        ("Мәлімдемеге 2023 ж. 20.06. қол қойылған.", "2023-06-20"),
        ("The plants will be recognised by mid-March.", "2026-03-01"),
        ("We hope to sign it in the first quarter.", "2026-01-01"),
        ("در هفت ماه اول امسال میلادی صادرات رشد کرد.", "2025-01-01"),
        ("The 2010 memorandum expired.", "2010-01-01"),
        ("Talks ran from 7 to 9 April.", "2025-04-07"),
        ("Тоғыз айда 412 мың тонна ұн жөнелтілді.", "2025-01-01"),
    ],
)
def test_short_and_bare_dates_are_placed_by_their_sentence(text, start):
    assert start in [each.value["start"] for each in found(text, "date")]


@pytest.mark.parametrize(
    "text", ["Цена выросла до 06.10 доллара.", "See note No. 7/2025.", "Price 12.10 per unit."]
)
def test_what_looks_like_a_short_date_is_none(text):
    assert found(text, "date") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Bilateral trade is to be lifted to US$ 5 billion not later than 2028.", 5e9),
        ("The Parties fixed USD 2 billion as the mark to be attained by 2027.", 2e9),
        ("Плановый показатель транзита по коридору – 15 млн т к 2030 г.", 15e6),
        ("Теперь обещают десять миллиардов долларов к 2030 году.", 10e9),
        ("Увеличить долю несырьевых товаров до 30% – наша задача.", 30),
        ("Жүк айналымын 2030 жылға қарай он миллион тоннаға шығарамыз.", 10e6),
        ("تجارت را تا سال ۱۴۰۶ از مرز ۵ میلیارد دلار عبور دهیم.", 5e9),
        ("چشم‌انداز ۶۰۰ میلیارد دلاری را برای ۱۴۰۶ ترسیم کردند.", 600e9),
    ],
)
def test_a_word_of_aim_with_an_indicator_or_a_date_makes_a_target(text, value):
    assert [stated for (stated,) in values(text, "target", "value")] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "Egypt vows to pay $1.2 bln of arrears by 2026.",
        "Trade volumes have been growing at an annual rate of 12%.",
        "Трейдеры рассчитывают на цену в 200 долларов.",
        "К середине 2026 года обещан терминал на 600 тыс. тонн.",
        "Сарапшылар 2030 жылы 5 млрд доллар болады деп болжайды.",
        "ایران ۵ میلیارد دلار در سال ۱۴۰۳ سرمایه‌گذاری کرد.",
    ],
)
def test_sums_paid_forecasts_and_capacities_are_no_targets(text):
    assert found(text, "target") == []


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Azerbaijan Railways swore to put 60 wagons on the line.", "obligation"),
        ("Our side is weighing a direct sailing from Santos to Alexandria.", "study"),
        ("The Georgian side said it could spare three locomotives.", "offer"),
        ("The governments agreed to set up a group to study tariffs.", "obligation"),
        ("Москва допустит на рынок ещё 22 поставщика.", "obligation"),
        ("Кашгар обещает разгрузить очередь к воскресенью.", "obligation"),
        ("Центробанки прорабатывают, как направить рупии на закупку станков.", "study"),
        ("Қазақстан 800 вагон сатып алуды мойнына алды.", "obligation"),
        ("Поляк тарапы жеңілдік сұрауын қарап жатыр.", "study"),
        ("Әріптестер үш паромды жалға ұсынып отыр.", "offer"),
        ("عمانی‌ها قول دادند روادید رانندگان را صادر کنند.", "obligation"),
        ("دو طرف توافق کردند کارگروهی برای بررسی تعرفه تشکیل دهند.", "obligation"),
        ("یک بانک عمانی حاضر شده ۱۰۰ میلیون دلار اعتبار بگذارد.", "offer"),
    ],
)
def test_verbs_of_promise_offer_and_study_bind(text, form):
    assert [told for (told,) in values(text, "commitment", "form")] == [form]


@pytest.mark.parametrize(
    "text",
    [
        "Who has promised what?",
        "• South Africa's citrus sales to Egypt jump 40%",
        "– 5 октября министр промышленности Беларуси совершил рабочую поездку в Каир",
        "Бишкек смотрит со стороны и не спешит.",
        "Министр маусымда Сианьға барады.",
        "• واردات خودرو از چین دو برابر شد",
    ],
)
def test_questions_headlines_and_trips_bind_nobody(text):
    assert found(text, "commitment") == []


def test_the_future_of_russian_perfectives_is_known_by_form():
    assert all(perfective(word) for word in ("допустит", "вернут", "построит", "передадут"))
    assert not any(
        perfective(word)
        for word in ("приходит", "смотрит", "бюджет", "строит", "комитет", "проводят", "получит")
    )


def test_two_documents_of_one_event_have_each_their_own_words():
    text = "A memorandum on plant quarantine and the protocol of the\nsession were signed in Tehran."
    one, two = found(text, "instrument")
    assert (one.value["form"], two.value["form"]) == ("memorandum", "protocol")
    assert one.end <= two.start
    assert one.value["field"] == "plant quarantine"


@pytest.mark.parametrize(
    ("text", "form", "event"),
    [
        ("The agreement was signed in 2023. It entered into force in May.", "agreement", "in_force"),
        ("Договор подписан в 2022 году, ратифицирован через год.", "agreement", "ratified"),
        ("Парламент рассмотрел конвенцию. Она ратифицирована в мае.", "convention", "ratified"),
        ("Келісімге 2023 жылы қол қойылды. Ол күшіне енді.", "agreement", "in_force"),
        ("Among the papers is a deal on permits, which is to be inked.", "agreement", "planned"),
        ("We hope a tax treaty gets signed.", "agreement", "planned"),
        ("Милли Меджлис одобрил соглашение о перевозках.", "agreement", "ratified"),
        ("Хаттама қолданысқа енді.", "protocol", "in_force"),
        ("قرارداد خرید با شرکت چینی بسته شد.", "contract", "signed"),
        ("موافقت‌نامهٔ تجارت آزاد هنوز نهایی نشده است.", "agreement", "negotiated"),
    ],
)
def test_events_reach_the_document_named_before_and_those_to_come_are_planned(text, form, event):
    assert (form, event) in values(text, "instrument", "form", "event")


def test_a_declaration_is_adopted_and_other_documents_of_the_sentence_keep_their_own_event():
    text = "По итогам переговоров принята совместная декларация и подписано 9 документов."
    assert values(text, "instrument", "form", "event", "number") == [
        ("declaration", "signed", None),
        ("agreement", "signed", 9),
    ]
    assert found("The sides discussed the implementation of the 2022 agreement.", "instrument") == []


def test_documents_of_a_list_take_the_event_that_opened_it():
    text = "Жеті құжатқа қол қойылды. Олардың қатарында сауда туралы келісім және жол картасы бар."
    assert ("action_plan", "signed") in values(text, "instrument", "form", "event")
    assert values("В портфеле сторон есть соглашение о сделках и план работ.", "instrument", "event") == []


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("The Turkish transport minister toured Tbilisi.", "minister"),
        ("Премьер-министр завтра прилетает в Бишкек.", "head_of_government"),
        ("Көлік министрі Ашхабадқа аттанды.", "minister"),
        ("وزیر راه عازم مسکو شد.", "minister"),
    ],
)
def test_a_verb_of_motion_of_an_office_to_a_place_is_a_visit(text, level):
    assert [told for (told,) in values(text, "visit", "level")] == [level]


@pytest.mark.parametrize(
    "text", ["The minister flew into a rage.", "Министр отправился домой.", "Министр барды.", "وزیر رفت."]
)
def test_a_verb_of_motion_without_a_place_is_no_visit(text):
    assert found(text, "visit") == []


@pytest.mark.parametrize(
    "text",
    ["Non-oil trade grew.", "Ask for it by telephone.", "Меморандумға қол қойды.", "ساخت خط لوله پیش می‌رود."],
)
def test_words_of_goods_in_another_meaning_are_no_products(text):
    assert found(text, "product") == []


def test_texts_of_values_have_no_line_breaks():
    (promise,) = found("Uzbekistan agreed to open\na consulate  in Mashhad.", "commitment")
    assert promise.value["text"] == "Uzbekistan agreed to open a consulate in Mashhad"


def test_capitals_beyond_the_region_are_places():
    assert values("Переговоры прошли в Найроби и Ханое.", "place", "name", "country") == [
        ("Nairobi", "KEN"),
        ("Hanoi", "VNM"),
    ]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("The loan is up to $5 million.", "at_most"),
        ("Trade grew by 5%, and the bank will lend up to $5 million.", "at_most"),
        ("Turnover rose up to $5 million.", "exact"),
        ("Turnover of $1bn-plus is within reach.", "at_least"),
        ("Выделено до 50 млн долларов.", "at_most"),
        ("Оборот увеличился на 12%, до 5 млрд долларов.", "exact"),
    ],
)
def test_up_to_bounds_unless_a_verb_of_change_in_the_clause_leads_there(text, bound):
    assert values(text, "amount", "bound") == [(bound,)]
