"""PDF files with Persian: words and figures in the order in which they are read, however the file draws them."""

import pytest

from tarazu.register.documents import read_bytes
from tarazu.register.extraction import extract
from tarazu.register.readers.order import read, years
from tarazu.register.readers.pdf_lines import Drawing, Sign, lines

pytest.importorskip("pypdf")

# Lines as they are read and as they are seen from the left. A part in curly braces is drawn as one run from the left.
LINES = [
    ("تا سال ۲۰۲۸ به ۵۲۰ میلیون دلار می رسد.", ".دسر یم رالد نویلیم ۵۲۰ هب ۲۰۲۸ لاس ات"),
    ("در سال ۱۴۰۴ صادرات ۱۲٫۵٪ بیشتر شد.", ".دش رتشیب ٪۱۲٫۵ تارداص ۱۴۰۴ لاس رد"),
    ("گندم ۱٬۲۵۰٬۰۰۰ تن (حدود ۸۰ درصد) بود", "دوب (دصرد ۸۰ دودح) نت ۱٬۲۵۰٬۰۰۰ مدنگ"),
    ("شرکت KTZ Express از ۲۰ کشور ۱۴۰۳/۰۹/۲۵", "۱۴۰۳/۰۹/۲۵ روشک ۲۰ زا KTZ Express تکرش"),
    ("سهم EAEU 45.5% و 3.2 billion USD است", "تسا billion USD 3.2 و EAEU 45.5% مهس"),
    ("شرکت‌های EAEU (CIS) و Aktau، 2024 و COVID-19 است", "تسا COVID-19 و Aktau، 2024 و EAEU (CIS) یاه‌تکرش"),
    ("وام $500 million، 500 میلیون یورو", "وروی نویلیم million، 500 500$ ماو"),
    ("ظرفیت ۱۰-۱۵ میلیون تن", "نت نویلیم ۱۵-۱۰ تیفرظ"),
]


@pytest.mark.parametrize(("told", "seen"), LINES)
def test_a_line_is_turned_round_and_its_numbers_and_latin_words_are_not(told, seen):
    assert read(seen, True) == told


def test_persian_inside_an_english_line_is_turned_in_its_place():
    assert read("The word دالوف means steel, 3.2 million tonnes", False) == (
        "The word فولاد means steel, 3.2 million tonnes"
    )


def test_a_line_of_one_script_and_a_row_of_figures():
    assert read("Turnover was 528 million.", True) == "Turnover was 528 million."
    assert read("۵۲ 4.5 ۱۰-۱۵", True) == "۱۰-۱۵ 4.5 ۵۲"
    assert read("دالوف ۵۲۰", False) == "۵۲۰ فولاد"


def test_years_that_stand_backwards_are_counted():
    assert years(["۱۴۰۴ و ۲۰۲۸ و 4041 و ۸۲۰۲ و ۷۳۵۱"]) == (2, 2)


def drawn(*seen: str, wide: int = 500) -> bytes:
    """A PDF that draws each sign of a line from the left by its place, last word first, as browsers may."""
    letters = sorted(set("".join(seen)))
    code = {letter: place for place, letter in enumerate(letters, 1)}
    mapped = "\n".join(f"<{code[each]:04X}> <{ord(each):04X}>" for each in letters)
    unicodes = (
        "/CIDInit /ProcSet findresource begin begincmap\n1 begincodespacerange\n<0000> <FFFF>\n"
        f"endcodespacerange\n{len(letters)} beginbfchar\n{mapped}\nendbfchar\nendcmap end"
    )
    runs = []
    for row, line in enumerate(seen):
        places = list(enumerate(line))
        for place, letter in places[len(places) // 2 :] + places[: len(places) // 2]:
            left, base = 20 + place * wide / 100, 700 - 20 * row
            runs.append(f"BT /F1 10 Tf 1 0 0 1 {left} {base} Tm <{code[letter]:04X}> Tj ET")
    return built(unicodes, "\n".join(runs), wide)


def built(unicodes: str, content: str, wide: int) -> bytes:
    def stream(body: str) -> str:
        return f"<< /Length {len(body)} >>\nstream\n{body}\nendstream"

    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        stream(content),
        "<< /Type /Font /Subtype /Type0 /BaseFont /Own /Encoding /Identity-H /DescendantFonts [6 0 R] "
        "/ToUnicode 7 0 R >>",
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Own /DW {wide} /FontDescriptor 8 0 R "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        stream(unicodes),
        "<< /Type /FontDescriptor /FontName /Own /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 "
        "/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
    ]
    data, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    data += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return f"{data}startxref\n{data.rindex('xref')}\n%%EOF".encode("latin-1")


def test_a_pdf_drawn_as_it_is_seen_says_what_the_text_says():
    document = read_bytes(drawn(*(seen for _, seen in LINES)), "a.pdf")
    assert document.text.split() == " ".join(told for told, _ in LINES).split()
    assert document.checks == ()
    found = {each.value["value"] for each in extract(document.text) if each.kind == "amount"}
    assert 520e6 in found


def test_a_pdf_that_draws_persian_letter_by_letter_from_the_left_is_read_as_drawn():
    told = [line for line, _ in LINES[:2]]
    document = read_bytes(drawn(*told), "a.pdf")
    assert document.text.split() == " ".join(told).split()


def test_figures_drawn_backwards_are_a_warning():
    wrong = LINES[1][1].replace("۱۴۰۴", "۴۰۴۱")
    (check,) = [each for each in read_bytes(drawn(wrong), "a.pdf").checks if each.name == "figures-reversed"]
    assert "backwards" in check.message


def test_turned_text_is_a_warning_that_its_order_is_not_certain():
    data = drawn(LINES[0][1]).replace(b"1 0 0 1 ", b"0 1 -1 0 ")
    codes = [check.name for check in read_bytes(data, "a.pdf").checks]
    assert "order-uncertain" in codes


def test_a_blank_without_width_is_a_non_joiner():
    seen = "اه لاس رد"
    assert "سال\u200cها" in read(seen.replace(" ", "\u200c", 1), True)


def test_columns_are_read_one_after_the_other():
    signs = [
        Sign(letter, left + 5 * place, left + 5 * place + 5, base, 10)
        for left, base, word in ((300, 700, "یک"), (300, 686, "دو"), (20, 700, "سه"), (20, 686, "چهار"))
        for place, letter in enumerate(reversed(word))
    ]
    read_as = [[read(line, True) for line in block] for block in lines(Drawing(signs))]
    assert read_as == [["یک", "دو"], ["سه", "چهار"]]


def test_a_word_that_is_drawn_later_stands_in_its_line():
    signs = [Sign(letter, 20 + 5 * place, 25 + 5 * place, 700, 10) for place, letter in enumerate("ab ef")]
    late = [Sign("c", 30, 35, 700, 10)]
    below = [Sign("x", 20, 25, 686, 10)]
    assert lines(Drawing([*signs[:2], *signs[3:], *below, *late])) == [["abcef", "x"]]


def test_a_raised_figure_is_of_its_line_and_a_title_beside_is_not():
    def word(text: str, left: float, base: float, size: float) -> list[Sign]:
        step = size / 2
        return [
            Sign(each, left + step * at, left + step * (at + 1), base, size) for at, each in enumerate(text)
        ]

    assert lines(Drawing([*word("km", 20, 700, 10), *word("2", 30, 704, 6), *word("x", 33, 700, 10)])) == [
        ["km2x"]
    ]
    title, small = word("brief", 20, 700, 24), word("as of", 20, 692, 8)
    assert [line for block in lines(Drawing([*title, *small])) for line in block] == ["brief", "as of"]


def test_kazakh_words_in_two_fonts_are_not_parted():
    document = read_bytes(drawn("Қазақстан мен Иран"), "a.pdf")
    assert document.text == "Қазақстан мен Иран"


def test_a_blank_that_the_next_sign_covers_joins_as_a_non_joiner():
    signs = [
        *(Sign("ا", 10, 15, 700, 10), Sign("ه", 15, 20, 700, 10)),
        *(Sign(" ", 20.0001, 24, 700, 10), Sign("ل", 20, 25, 700, 10)),
    ]
    assert lines(Drawing(signs)) == [["اه\u200cل"]]


def test_signs_of_a_form_stand_where_the_form_is_drawn():
    from pypdf.generic import DictionaryObject, NameObject

    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Courier"}
    font = DictionaryObject({NameObject(key): NameObject(each) for key, each in names.items()})
    drawing = Drawing()
    drawing.entered(b"Do", [2.0, 0.0, 0.0, 2.0, 100.0, 0.0])
    drawing.operation(b"Tj", [b"a"], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0, 10.0, 5.0])
    drawing.operation(b"Do", [], [], [])
    drawing.operation(b"Tj", [b"b"], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0, 10.0, 5.0])
    drawing.flushed("", None, None, font, 10.0)
    assert [(each.text, each.base, each.size) for each in drawing.placed()] == [("a", 10, 20), ("b", 5, 10)]
    assert drawing.signs[0].left == 120
