"""Sessions, bodies, memberships, openings, provisions, dated lines, lists of goods, routes, tables, visitors."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tarazu.register.extraction import extract

PUBLISHED = date(2025, 6, 15)


def found(text: str, kind: str) -> list[Any]:
    return [each for each in extract(text, published=PUBLISHED) if each.kind == kind]


def told(text: str, kind: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(each.value[name] for name in names) for each in found(text, kind)]


@pytest.mark.parametrize(
    ("text", "form", "number", "event", "day", "place"),
    [
        ("The 14th session of the Uzbek-Tajik commission was held in Dushanbe on 3 June 2025.",
         "commission", "14", "held", "2025-06-03", "Dushanbe"),
        ("The first meeting of the working group on transport, to be held in Baku this year, matters.",
         "working_group", "1", "planned", "2025", "Baku"),
        ("Первое заседание рабочей группы по транспорту планируется провести в Баку в сентябре 2025 года.",
         "working_group", "1", "planned", "2025-09", "Baku"),
        ("12-е заседание межправительственной комиссии состоялось 3 июня 2025 года в Тбилиси.",
         "commission", "12", "held", "2025-06-03", "Tbilisi"),
        ("Үкіметаралық комиссияның 20-отырысы 2025 жылғы 3 маусымда Ташкентте өтті.",
         "commission", "20", "held", "2025-06-03", "Tashkent"),
        ("Көлік жөніндегі жұмыс тобының бірінші отырысы 2025 жылы қыркүйекте Бакуде өтеді.",
         "working_group", "1", "planned", "2025-09", "Baku"),
        ("چهاردهمین اجلاس کمیسیون مشترک در ۳ ژوئن ۲۰۲۵ در دوشنبه برگزار شد.",
         "commission", "14", "held", "2025-06-03", "Dushanbe"),
        ("نخستین نشست کارگروه کشاورزی در سپتامبر ۲۰۲۵ در باکو برگزار خواهد شد.",
         "working_group", "1", "planned", "2025-09", "Baku"),
    ],
)  # fmt: skip
def test_a_session_has_its_body_number_day_and_place(text, form, number, event, day, place):
    assert told(text, "session", "form", "session", "event", "date", "place") == [
        (form, number, event, day, place)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The meeting of the two presidents took place in Baku on 2 May 2025.",
        "The commission discussed tariffs and noted progress.",
        "Стороны провели заседание и обсудили тарифы.",
        "Тараптар отырыста тарифтерді талқылады.",
        "دو طرف در نشست درباره تعرفه‌ها گفت‌وگو کردند.",
    ],
)
def test_a_meeting_of_no_body_is_no_session(text):
    assert found(text, "session") == []


def test_a_number_alone_is_a_session_of_the_body_named_last():
    text = "The Georgian-Omani commission met. The next, seventh session shall be held in Muscat in 2026."
    assert ("commission", "7", "planned", "2026") in told(text, "session", "form", "session", "event", "date")


@pytest.mark.parametrize(
    ("text", "owner", "host", "year"),
    [
        ("The Embassy of Georgia in the Republic of Uzbekistan was opened in 1995.", "GEO", "UZB", "1995"),
        ("Kazakhstan opened its embassy in Tehran in 1993.", "KAZ", "IRN", "1993"),
        ("Посольство Казахстана в Иране открыто в 1993 году.", "KAZ", "IRN", "1993"),
        ("Қазақстанның Ирандағы елшілігі 1993 жылы ашылды.", "KAZ", "IRN", "1993"),
        ("سفارت قزاقستان در ایران در سال ۱۹۹۳ گشایش یافت.", "KAZ", "IRN", "1993"),
    ],
)
def test_an_embassy_has_its_owner_host_and_year(text, owner, host, year):
    assert told(text, "body", "form", "parties", "host", "date") == [("embassy", [owner], host, year)]


@pytest.mark.parametrize(
    "text",
    [
        "Georgia will open an embassy in Bishkek by 2026.",
        "Tajikistan agreed to open a trade mission in Tashkent in 2025.",
        "Стороны договорились открыть торговое представительство Узбекистана в Баку в 2026 году.",
        "Өзбекстанның Бакудегі сауда өкілдігі 2026 жылы ашылады.",
        "دفتر نمایندگی تجاری ایران در باکو در سال ۲۰۲۶ افتتاح خواهد شد.",
    ],
)
def test_what_is_promised_is_not_set_up(text):
    assert found(text, "body") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Azerbaijan and Turkey coordinate their positions in the ECO and CICA.",
         [("ECO", ["AZE", "TUR"], None), ("CICA", ["AZE", "TUR"], None)]),
        ("Uzbekistan is a member of the SCO and an observer at the EAEU.",
         [("SCO", ["UZB"], "member"), ("EAEU", ["UZB"], "observer")]),
        ("Узбекистан является членом ШОС и ОЭС.", [("SCO", ["UZB"], "member"), ("ECO", ["UZB"], "member")]),
        ("Өзбекстан ШЫҰ-ның мүшесі.", [("SCO", ["UZB"], "member")]),
        ("ایران عضو ناظر اتحادیه اقتصادی اوراسیا است.", [("EAEU", ["IRN"], "observer")]),
        ("Georgia signed an agreement with the member states of the EAEU.", []),
        ("Торговля Ирана со странами-членами ЕАЭС выросла.", []),
        ("Иранның ЕАЭО-ға мүше мемлекеттермен саудасы өсті.", []),
        ("تجارت ایران با کشورهای عضو اتحادیه اقتصادی اوراسیا افزایش یافت.", []),
    ],
)  # fmt: skip
def test_a_membership_is_somebody_s(text, expected):
    assert told(text, "membership", "structure", "parties", "standing") == expected


@pytest.mark.parametrize(
    ("text", "field", "day"),
    [
        ("- October 7, 2001 – opening of direct ferry communication from Aktau to Baku;", "transport", "2001-10-07"),
        ("A trade house of Uzbekistan was opened in Minsk on 1 March 2024.", "trade", "2024-03-01"),
        ("Diplomatic relations of Georgia and Oman were established on 3 March 1993.",
         "diplomatic relations", "1993-03-03"),
        ("- 7 октября 2001 г. – открытие паромного сообщения между Актау и Баку;", "transport", "2001-10-07"),
        ("Дипломатические отношения Грузии и Омана установлены 3 марта 1993 года.",
         "diplomatic relations", "1993-03-03"),
        ("- 2001 жылғы 7 қазан – Ақтау мен Баку арасындағы паром қатынасының ашылуы;", "transport", "2001-10-07"),
        ("Грузия мен Оман арасындағы дипломатиялық қатынастар 1993 жылғы 3 наурызда орнатылды.",
         "diplomatic relations", "1993-03-03"),
        ("- ۷ اکتبر ۲۰۰۱ – افتتاح خط کشتیرانی آکتائو به باکو", "transport", "2001-10-07"),
        ("روابط دیپلماتیک گرجستان و عمان در ۳ مارس ۱۹۹۳ برقرار شد.", "diplomatic relations", "1993-03-03"),
    ],
)  # fmt: skip
def test_what_began_has_its_field_and_day(text, field, day):
    assert told(text, "event", "field", "date") == [(field, day)]


@pytest.mark.parametrize(
    "text",
    [
        "The sides discussed the opening of a trade house in 2027.",
        "A ferry line will be opened on 1 March 2027.",
        "Стороны обсудили открытие торгового дома в 2026 году.",
        "Сауда үйін 2027 жылы ашу мәселесі талқыланды.",
        "دو طرف درباره گشایش خانه تجاری در سال ۲۰۲۷ گفت‌وگو کردند.",
    ],
)
def test_what_may_begin_has_not(text):
    assert found(text, "event") == []


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("The plan was signed. The document provides support for exporters in several areas: raising trade, "
         "lifting restrictions, introducing a clearing mechanism, and more.",
         ["support for exporters", "raising trade", "lifting restrictions", "introducing a clearing mechanism"]),
        ("Подписан План действий. Документ предусматривает: поддержку экспортеров, снятие ограничений.",
         ["поддержку экспортеров", "снятие ограничений"]),
        ("Жол картасына қол қойылды. Құжат мынадай бағыттарды қамтиды: "
         "экспорттаушыларды қолдау, клиринг тетігін енгізу.",
         ["экспорттаушыларды қолдау", "клиринг тетігін енгізу"]),
        ("برنامه اقدام امضا شد. این سند شامل محورهای زیر است: حمایت از صادرکنندگان، رفع محدودیت‌های تجاری.",
         ["حمایت از صادرکنندگان", "رفع محدودیت‌های تجاری"]),
        ("The action plan envisages:\n- creation of a joint centre;\n- reducing the time at the border;",
         ["creation of a joint centre", "reducing the time at the border"]),
    ],
)  # fmt: skip
def test_what_a_document_provides_for_rests_on_it(text, items):
    provided = [each for each in found(text, "commitment") if each.rule == "commitment-provision"]
    assert [each.value["text"] for each in provided] == items
    assert all(each.value["instrument"] for each in provided)


def test_a_list_of_things_is_no_list_of_provisions():
    text = "The plan provides figures on three sectors: wheat, metals and fish."
    assert [each for each in found(text, "commitment") if each.rule == "commitment-provision"] == []


@pytest.mark.parametrize(
    "text",
    [
        "- December 2007, Ashgabat – the agreement between Kazakhstan, Turkmenistan and Iran on a new railway;",
        "- декабрь 2007 г., Ашхабад – соглашение между Казахстаном, Туркменистаном и Ираном о железной дороге;",
        "- 2007 жылғы желтоқсан, Ашхабад – Қазақстан, Түрікменстан және Иран арасындағы теміржол туралы келісім;",
        "- دسامبر ۲۰۰۷، عشق‌آباد – موافقت‌نامه میان قزاقستان، ترکمنستان و ایران درباره راه‌آهن",
    ],
)
def test_a_document_of_a_dated_line_was_signed_on_its_date(text):
    ((event, day, parties),) = told(text, "instrument", "event", "date", "parties")
    assert (event, day, set(parties)) == ("signed", "2007-12", {"KAZ", "TKM", "IRN"})


def test_a_dated_line_of_what_is_to_be_signed_is_not_signed():
    text = "- March 2026, Baku – agreement on transit, to be signed by the ministers"
    assert "signed" not in [each.value["event"] for each in found(text, "instrument")]


@pytest.mark.parametrize(
    "text",
    [
        "More than 60 agreements were signed.",
        "Подписано более 60 соглашений.",
        "60-тан астам құжатқа қол қойылды.",
        "بیش از ۶۰ سند امضا شد.",
    ],
)
def test_a_bound_of_a_number_of_documents_is_kept(text):
    assert told(text, "instrument", "number", "number_bound") == [(60, "at_least")]


def test_a_union_of_states_is_a_party_of_its_agreement_only():
    assert told("The EAEU and Iran are negotiating a free trade agreement.", "instrument", "parties") == [
        (["IRN", "EAEU"],)
    ]
    text = "Kazakhstan and Iran signed a protocol within the framework of the EAEU."
    assert told(text, "instrument", "parties") == [(["KAZ", "IRN"],)]


@pytest.mark.parametrize(
    ("text", "guest", "host"),
    [
        ("The sides met during Kazakh PM's visit to Iran.", "KAZ", "IRN"),
        ("The deputy prime minister of Uzbekistan paid a visit to Tehran.", "UZB", "IRN"),
        ("Президент Ирана прибыл с визитом в Казахстан.", "IRN", "KAZ"),
        ("Қазақстан Премьер-министрі Иранға сапармен барды.", "KAZ", "IRN"),
        ("رئیس جمهور ایران به آستانه سفر کرد.", "IRN", "KAZ"),
    ],
)
def test_a_visit_has_its_guest_and_host(text, guest, host):
    assert told(text, "visit", "country_from", "host") == [(guest, host)]


def test_a_visitor_named_before_is_known_by_name():
    text = "Deputy Prime Minister of Georgia, Nino Beridze, spoke. During her visit to Baku, Beridze met businesses."
    assert told(text, "visit", "who", "country_from") == [("Deputy Prime Minister Nino Beridze", "GEO")]


@pytest.mark.parametrize(
    ("text", "parties"),
    [
        ("Iranian enterprises are ready to deliver fish to Kazakhstan.", ["IRN"]),
        ("Казахстан готов поставить в Иран 500 тыс. тонн ячменя.", ["KAZ"]),
        ("Қазақстан Иранға 500 мың тонна арпа жеткізуге дайын.", ["KAZ"]),
        ("ایران آماده است به قزاقستان ماهی صادر کند.", ["IRN"]),
        ("Kazakhstan and Iran agreed to open a terminal in Aktau.", ["KAZ", "IRN"]),
    ],
)
def test_who_promises_is_not_to_whom(text, parties):
    assert told(text, "commitment", "parties") == [(parties,)]


@pytest.mark.parametrize(
    ("text", "direction", "rule"),
    [
        ("Kazakhstan exports to Iran the following products:\n- metal\n- grain", "KAZ->IRN", "product-list"),
        (
            "Kazakhstan imports to Iran the following products:\n- honey\n- tea",
            "IRN->KAZ",
            "product-list-doubtful",
        ),
        ("Iran's exports to Kazakhstan:\n- honey\n- tea", "IRN->KAZ", "product-list"),
        (
            "Казахстан экспортирует в Иран следующие товары:\n– пшеница;\n– ячмень;",
            "KAZ->IRN",
            "product-list",
        ),
        ("Қазақстан Ираннан мынадай тауарларды импорттайды:\n- пісте\n- бал", "IRN->KAZ", "product-list"),
        ("قزاقستان کالاهای زیر را به ایران صادر می‌کند:\n- گندم\n- جو", "KAZ->IRN", "product-list"),
    ],
)
def test_goods_of_a_list_go_the_way_of_its_head(text, direction, rule):
    goods = found(text, "product")
    assert [(each.value["direction"], each.rule) for each in goods] == [(direction, rule)] * 2


def test_goods_behind_the_list_go_no_way():
    text = "Kazakhstan exports to Iran the following products:\n- metal\nThe ministers spoke of honey."
    assert [each.value["direction"] for each in found(text, "product")] == ["KAZ->IRN", None]


def test_an_item_of_a_list_of_goods_needs_no_glossary():
    text = "Kazakhstan exports to Iran the following products:\n- decorative mosaics"
    assert told(text, "product", "name", "hs", "direction") == [("decorative mosaics", [], "KAZ->IRN")]


@pytest.mark.parametrize(
    "text", ["a memorandum in veterinary medicine", "direct automobile and ferry communication"]
)
def test_a_field_or_a_kind_of_traffic_is_no_product(text):
    assert found(text, "product") == []


@pytest.mark.parametrize(
    "text",
    [
        "the Shanghai Cooperation Organization",
        "Шанхайская организация сотрудничества",
        "Шанхай ынтымақтастық ұйымы",
        "سازمان همکاری شانگهای",
    ],
)
def test_a_name_inside_that_of_an_organisation_is_no_place(text):
    assert found(text, "place") == []
    assert found(text, "party")


def test_a_route_has_all_its_places():
    text = "a railway Uzen (Kazakhstan) – Kyzylkaya (Turkmenistan) – Bereket – Etrek – Gorgan (Iran)"
    assert told(text, "place", "name", "country") == [
        ("Uzen", "KAZ"), ("Kyzylkaya", "TKM"), ("Bereket", "TKM"), ("Etrek", "TKM"), ("Gorgan", "IRN")
    ]  # fmt: skip


TABLES = [
    "Table 2. Trade turnover (according to the Statistics Agency of Kazakhstan, USD)\n"
    "year\tturnover\texport\timport\n2009\t1.3 billion\t1.279 billion\t24 million",
    "Товарооборот (по данным Бюро статистики Казахстана, млн долл.)\nгод\tоборот\tэкспорт\tимпорт\n"
    "2009\t1300\t1279\t24",
    "Тауар айналымы (Қазақстан статистика бюросының деректері, млн доллар)\nжыл\tтауар айналымы\tэкспорт\tимпорт\n"
    "2009\t1300\t1279\t24",
    "تجارت (طبق آمار قزاقستان، میلیون دلار)\nسال\tتجارت\tصادرات\tواردات\n۲۰۰۹\t۱۳۰۰\t۱۲۷۹\t۲۴",
]


@pytest.mark.parametrize("text", TABLES)
def test_an_amount_of_a_table_knows_its_row_column_and_whose_it_is(text):
    rows = told(text, "amount", "value", "subject", "period", "reporter", "currency")
    assert rows == [
        (1.3e9, "turnover", "2009", "KAZ", "USD"),
        (1.279e9, "export", "2009", "KAZ", "USD"),
        (24e6, "import", "2009", "KAZ", "USD"),
    ]


def test_years_may_head_the_columns():
    text = "Indicator (USD million)\t2020\t2021\nTrade turnover\t237\t440\nExports\t178\t325"
    assert told(text, "amount", "value", "subject", "period") == [
        (237e6, "turnover", "2020"), (440e6, "turnover", "2021"), (178e6, "export", "2020"), (325e6, "export", "2021")
    ]  # fmt: skip


def test_a_figure_s_last_digit_says_how_it_is_rounded():
    text = "Trade, USD\nyear\tturnover\n2009\t1.3 billion\n2010\t24 million"
    assert told(text, "amount", "rounding") == [(50e6,), (0.5e6,)]
    assert told("year | turnover\n2009 | $ 3.5", "amount", "value", "rounding") == [(3.5, 0.05)]


def test_a_due_date_belongs_to_its_own_clause():
    text = "Georgia will extend the tariff until the end of 2026, while Tashkent offered to supply 4,000 t of fruit."
    one, two = found(text, "commitment")
    assert (one.value["due"], two.value["due"]) == ("2026-01-01/2026-12-31", None)
    assert one.value["text"].endswith("2026")
    assert two.value["parties"] == ["UZB"]


def test_things_that_no_list_names_are_counted_under_the_word_of_the_text():
    assert told("They bought 12 greenhouses and 40 buses.", "quantity", "unit") == [
        ("greenhouses",),
        ("bus",),
    ]
    assert told("Купили 300 тракторов и 50 автобусов.", "quantity", "unit") == [("tractor",), ("bus",)]


@pytest.mark.parametrize(
    ("text", "name"), [("in Batumi", "Batumi"), ("в Батуми", "Batumi"), ("в Шанхае", "Shanghai")]
)
def test_a_place_is_not_called_after_another(text, name):
    assert told(text, "place", "name") == [(name,)]


def test_of_several_dates_a_document_takes_the_one_beside_its_event():
    text = "Trade agreement – signed in July 2024, in force since 16 December 2024."
    assert told(text, "instrument", "event", "date") == [("signed", "2024-07"), ("in_force", "2024-12-16")]


def test_a_day_to_come_is_not_that_of_a_signature():
    assert told("A protocol on works until December 2027 was signed.", "instrument", "date") == [(None,)]


def test_an_initial_ends_no_sentence():
    text = "29 октября 2024 года в ходе визита Президента К.-Ж. Токаева в Тбилиси подписана декларация."
    assert told(text, "instrument", "date") == [("2024-10-29",)]
    assert told(text, "visit", "place", "host") == [("Tbilisi", "GEO")]


def test_a_fact_sheet_names_its_session_behind_a_colon():
    text = "Joint Intergovernmental Commission: last (8th) session in Baku, 25 September 2024."
    assert told(text, "session", "session", "date", "place") == [("8", "2024-09-25", "Baku")]
