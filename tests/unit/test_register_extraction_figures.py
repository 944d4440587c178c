"""Figures in text: amounts, percentages and quantities, in four languages, with the traps of each."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tarazu.register.extraction import extract

PUBLISHED = date(2024, 5, 17)


def found(text: str, kind: str) -> list[Any]:
    return [each for each in extract(text, published=PUBLISHED) if each.kind == kind]


def told(text: str, kind: str = "amount") -> list[tuple[Any, ...]]:
    """Value (or both ends of a range), unit and bound of each."""
    out = []
    for each in found(text, kind):
        assert text[each.start : each.end] == each.quote
        v = each.value
        stated = (v["low"], v["high"]) if v["bound"] == "range" else v["value"]
        out.append((stated, v.get("currency") or v.get("unit"), v["bound"]))
    return out


@pytest.mark.parametrize(
    ("text", "value", "currency", "bound"),
    [
        ("Trade reached $528 million in 2022.", 528e6, "USD", "exact"),
        ("Trade reached US$528m.", 528e6, "USD", "exact"),
        ("Exports were USD 1.2bn.", 1.2e9, "USD", "exact"),
        ("worth about $250 million", 250e6, "USD", "about"),
        ("nearly $3 billion was invested", 3e9, "USD", "about"),
        ("More than 500 million dollars was spent.", 500e6, "USD", "at_least"),
        ("no more than $310 per tonne", 310, "USD", "at_most"),
        ("a 3-billion-dollar project", 3e9, "USD", "exact"),
        ("half a billion dollars", 5e8, "USD", "exact"),
        ("one and a half billion dollars", 1.5e9, "USD", "exact"),
        ("three billion U.S. dollars", 3e9, "USD", "exact"),
        ("a loan of $1,300,000", 1.3e6, "USD", "exact"),
        ("the total was 1,300.5 million euros", 1300.5e6, "EUR", "exact"),
        ("€5 million for the port", 5e6, "EUR", "exact"),
        ("500 billion tenge were allocated", 5e11, "KZT", "exact"),
        ("It costs $5bn+", 5e9, "USD", "at_least"),
        ("the fund has ~$40 million", 40e6, "USD", "about"),
        ("The value was $43.2 million.", 43.2e6, "USD", "exact"),
        ("Товарооборот составил 528 млн долларов США.", 528e6, "USD", "exact"),
        ("Товарооборот составил 1,5 млрд долл. США.", 1.5e9, "USD", "exact"),
        ("свыше 3 миллиардов долларов", 3e9, "USD", "at_least"),
        ("почти полмиллиарда долларов", 5e8, "USD", "about"),
        ("полтора миллиарда долларов", 1.5e9, "USD", "exact"),
        ("не более 200 млн. евро", 200e6, "EUR", "at_most"),
        ("1 млрд 200 млн долларов", 1.2e9, "USD", "exact"),
        ("1 279,4 млн долларов", 1279.4e6, "USD", "exact"),
        ("1\u2009279 млн долларов", 1279e6, "USD", "exact"),
        ("$250 млн", 250e6, "USD", "exact"),
        ("три миллиарда долларов", 3e9, "USD", "exact"),
        ("200 млрд тенге", 2e11, "KZT", "exact"),
        ("Тауар айналымы 528 млн АҚШ долларын құрады.", 528e6, "USD", "exact"),
        ("Қазақстанға 500 миллион доллардан астам", 500e6, "USD", "at_least"),
        ("3 миллиард долларға жуық", 3e9, "USD", "about"),
        ("Қазақстанға шамамен 1,5 млрд доллар", 1.5e9, "USD", "about"),
        ("кемінде 100 млн теңге", 100e6, "KZT", "at_least"),
        ("Қазақстанға жарты миллиард доллар", 5e8, "USD", "exact"),
        ("бір жарым миллиард доллар", 1.5e9, "USD", "exact"),
        ("حجم تجارت ۳ میلیارد دلار بود", 3e9, "USD", "exact"),
        ("بیش از ۵۲۸ میلیون دلار", 528e6, "USD", "at_least"),
        ("حدود ۱٫۵ میلیارد دلار", 1.5e9, "USD", "about"),
        ("۱/۳ میلیارد دلار", 1.3e9, "USD", "exact"),
        ("۳ میلیارد و ۲۰۰ میلیون دلار", 3.2e9, "USD", "exact"),
        ("سه میلیارد دلار", 3e9, "USD", "exact"),
        ("یک و نیم میلیارد دلار", 1.5e9, "USD", "exact"),
        ("نیم میلیارد دلار", 5e8, "USD", "exact"),
        ("۲۵۰٬۰۰۰ دلار", 250e3, "USD", "exact"),
        ("نزدیک به ۲ میلیارد یورو", 2e9, "EUR", "about"),
        ("۵۰۰ میلیارد ریال", 5e11, "IRR", "exact"),
        ("۵۰ هزار میلیارد تومان", 5e14, "IRR", "exact"),
    ],
)
def test_an_amount_is_read_with_its_currency_and_bound(text, value, currency, bound):
    held = [each for each in told(text) if each[1] == currency]
    assert held == [(pytest.approx(value), currency, bound)]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("between $3 billion and $5 billion", 3e9, 5e9),
        ("$3–5 billion", 3e9, 5e9),
        ("Needs are put at 3 to 4 billion dollars.", 3e9, 4e9),
        ("от 3 до 5 млрд долларов", 3e9, 5e9),
        ("2-2,5 млрд долларов", 2e9, 2.5e9),
        ("3-5 миллиард доллар", 3e9, 5e9),
        ("۳ تا ۵ میلیارد دلار", 3e9, 5e9),
    ],
)
def test_two_figures_joined_are_the_ends_of_a_range(text, low, high):
    assert told(text) == [((pytest.approx(low), pytest.approx(high)), "USD", "range")]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Trade grew from $440 million to $528 million.", [440e6, 528e6]),
        ("Товарооборот вырос с 440 до 528 млн долларов.", [440e6, 528e6]),
        ("حجم تجارت از ۴۴۰ به ۵۲۸ میلیون دلار رسید", [440e6, 528e6]),
        ("Trade grew by 20% to $528 million in 2022.", [528e6]),
        ("Оборот достиг 344,8 млн долларов; из них импорт – 301 млн.", [344.8e6, 301e6]),
    ],
)
def test_a_change_has_two_figures_and_no_range(text, values):
    assert [each[0] for each in told(text)] == pytest.approx(values)


@pytest.mark.parametrize(
    "text",
    [
        "The 19th meeting was held in Tehran.",
        "Both sides have the political will.",
        "See Table 1 and page 12.",
        "Tel. +7 (7172) 74-50-00, fax 74-50-01",
        "Last update: 18:05, room 205",
        "The COVID-19 pandemic and the G20 summit",
        "19-е заседание межправительственной комиссии",
        "Үкіметаралық комиссияның 19-отырысы",
        "Телефон: 74-50-21",
        "تلفن روابط عمومی: ۰۲۱-۸۸۹۰۶۵۶۳",
        "نوزدهمین اجلاس کمیسیون مشترک",
        "the two countries and both sides",
        "hundreds of millions of dollars",
    ],
)
def test_what_is_no_figure_is_left_alone(text):
    assert [each for kind in ("amount", "quantity", "percentage") for each in found(text, kind)] == []


@pytest.mark.parametrize(
    ("text", "percent", "role", "bound"),
    [
        ("Trade grew by almost 20% in 2022.", 20, "growth", "about"),
        ("Exports fell 12 per cent.", 12, "decline", "exact"),
        ("China accounted for 44 percent of imports.", 44, "share", "exact"),
        ("A 15% duty on oil remains.", 15, "rate", "exact"),
        ("Trade doubled last year.", 100, "growth", "exact"),
        ("Imports more than doubled.", 100, "growth", "at_least"),
        ("Exports rose 2.5 times.", 150, "growth", "exact"),
        ("Экспорт вырос на 18,6%.", 18.6, "growth", "exact"),
        ("Импорт снизился на 5 процентов.", 5, "decline", "exact"),
        ("Оборот вырос в 3 раза.", 200, "growth", "exact"),
        ("Оборот вырос вдвое.", 100, "growth", "exact"),
        ("Поставки сократились вдвое.", 50, "decline", "exact"),
        ("Экспорт 20 пайызға өсті.", 20, "growth", "exact"),
        ("Импорт 5%-ға төмендеді.", 5, "decline", "exact"),
        ("Экспорт екі есе артты.", 100, "growth", "exact"),
        ("صادرات ۲۰ درصد افزایش یافت", 20, "growth", "exact"),
        ("واردات ۵ درصد کاهش داشت", 5, "decline", "exact"),
        ("صادرات دو برابر شد", 100, "growth", "exact"),
        ("تعرفه ۱۵ درصد است", 15, "rate", "exact"),
    ],
)
def test_a_percentage_has_a_role(text, percent, role, bound):
    held = [(e.value["percent"], e.value["role"], e.value["bound"]) for e in found(text, "percentage")]
    assert held == [(pytest.approx(percent), role, bound)]


def test_doubling_of_efforts_and_double_taxation_are_no_growth():
    assert (
        found('He urged the "doubling of efforts" and signed a double taxation treaty.', "percentage") == []
    )


@pytest.mark.parametrize(
    ("text", "value", "unit", "bound"),
    [
        ("600 thousand tonnes of barley", 600e3, "t", "exact"),
        ("about 340 kt were shipped", 340e3, "t", "about"),
        ("The line is 925.5 km long.", 925.5, "km", "exact"),
        (
            "More than 60 interstate, intergovernmental, interdepartmental agreements",
            60,
            "document",
            "at_least",
        ),
        ("They signed five memoranda of understanding.", 5, "document", "exact"),
        ("75 different product items", 75, "item", "exact"),
        ("up to 500 wagons a month", 500, "wagon", "at_most"),
        ("около 1,5 млн тонн зерна", 1.5e6, "t", "about"),
        ("75 товарных позиций", 75, "item", "exact"),
        ("более 200 компаний", 200, "company", "at_least"),
        ("320 мың тонна арпа", 320e3, "t", "exact"),
        ("75 тауар түрін жеткізу", 75, "item", "exact"),
        ("۳۰۰ واگن در مرز", 300, "wagon", "exact"),
        ("۲ میلیون تن کالا", 2e6, "t", "exact"),
    ],
)
def test_a_quantity_is_read_in_its_unit(text, value, unit, bound):
    assert told(text, "quantity") == [(pytest.approx(value), unit, bound)]


def test_a_table_takes_its_currency_from_the_caption_and_its_comma_from_the_document():
    text = (
        "Table 2. Trade turnover\n(according to the data of the statistics agency, USD)\n\n"
        "year\tturnover\texport\timport\n2009\t1,3 billion\t1,279 billion\t24 million\n"
    )
    assert [each[0] for each in told(text)] == pytest.approx([1.3e9, 1.279e9, 24e6])
    assert {each[1] for each in told(text)} == {"USD"}
    packed = text.replace("\t", " ")
    assert [each[0] for each in told(packed)] == pytest.approx([1.3e9, 1.279e9, 24e6])


def test_a_column_has_the_unit_of_its_header():
    text = "Год | Оборот, млн долл. США | Рост, % | Груз, тыс. тонн\n2023 | 306,5 | 4,2 | 1 250\n"
    assert told(text) == [(pytest.approx(306.5e6), "USD", "exact")]
    assert [each.value["percent"] for each in found(text, "percentage")] == [pytest.approx(4.2)]
    assert told(text, "quantity") == [(pytest.approx(1.25e6), "t", "exact")]


def test_prose_after_a_table_ends_its_unit():
    text = "Trade, million US dollars\n2022\t528\t440\n" + "Words follow here.\n" * 8 + "2023\t5\t6\n"
    assert [each[0] for each in told(text)] == pytest.approx([528e6, 440e6])


@pytest.mark.parametrize(
    ("text", "percent", "role"),
    [
        ("Exports grew by a third.", 100 / 3, "growth"),
        ("Поставки сократились на четверть.", 25, "decline"),
        ("Қазақстан экспорты үштен бірге азайды.", 100 / 3, "decline"),
        ("صادرات یک‌پنجم کاهش یافت", 20, "decline"),
    ],
)
def test_a_fraction_with_a_role_is_a_percentage(text, percent, role):
    held = [(each.value["percent"], each.value["role"]) for each in found(text, "percentage")]
    assert held == [(pytest.approx(percent), role)]


def test_a_quarter_of_a_year_is_no_fraction():
    assert found("Trade grew in the first quarter of 2024.", "percentage") == []
