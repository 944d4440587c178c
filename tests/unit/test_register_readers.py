"""Readers of HTML, PDF and DOCX: what they keep, drop, join and refuse. Files are built here, byte by byte."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO

import pytest

from tarazu.core.checks import Severity
from tarazu.core.errors import InputError
from tarazu.register.documents import page, read_bytes
from tarazu.register.readers import content
from tarazu.register.readers.garbled import garbled
from tarazu.register.readers.pdf import _reversed, _without_letters, joined

pypdf = pytest.importorskip("pypdf")
pytest.importorskip("lxml")
pytest.importorskip("charset_normalizer")

RUSSIAN = "Товарооборот вырос до 528 млн долларов, заявил министр торговли по итогам заседания комиссии."


def names(document) -> list[str]:
    return [check.name for check in document.checks]


def html(body: str, head: str = "") -> str:
    document = read_bytes(
        f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode(), "a.html"
    )
    return document.text


# --- HTML


def test_html_gives_what_a_reader_sees():
    text = html(
        "<script>x='$9 billion'</script><nav>Home</nav><h1>Trade&nbsp;&amp; transit</h1><p>Grew by <b>20</b>%\n to"
        " $528&nbsp;million.</p><noscript>enable</noscript><template>no</template><p hidden>no</p>"
        '<p style="display: none">no</p><p>One<br>two<br><br>three</p><ul><li>metal<li>grain</ul>'
        '<ol start="4"><li>point<li>next</ol>'
    )
    assert text == (
        "Trade & transit\n\nGrew by 20% to $528 million.\n\nOne\ntwo\n\nthree\n\n- metal\n- grain\n\n4. point\n5. next"
    )


def test_a_table_is_rows_with_its_caption_and_spans_keep_the_columns():
    text = html(
        "<table><caption>Trade, USD</caption><tr><th>year<th>export<th>import"
        "<tr><td rowspan=2>2010<td>1,09 billion<td>0,2 million<tr><td colspan=2>revised"
        "<tr><td>2011<td><td><p>7</p></table>"
    )
    assert text == "Trade, USD\nyear\texport\timport\n2010\t1,09 billion\t0,2 million\n\trevised\t\n2011\t\t7"


def test_tables_that_only_place_text_are_blocks():
    assert html("<table><tr><td><table><tr><td>a<td>b</table><td>side</table>") == "a\tb\n\nside"
    long = "word " * 100
    assert html(f"<table><tr><td><p>{long}<p>Second<td>x</table>") == f"{long.strip()}\n\nSecond\n\nx"


def test_a_note_figure_is_not_read_as_part_of_a_number_but_a_power_stays():
    assert html("<p>In 2022<sup>1</sup>, 5 km<sup>2</sup>, $3 billion<sup>4</sup>, CO<sub>2</sub></p>") == (
        "In 2022 1, 5 km2, $3 billion 4, CO2"
    )


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2023-04-28T09:30:00+05:00">',
        '<meta name="Date" content="28 April 2023">',
        '<script type="application/ld+json">{"datePublished": "2023-04-28"}</script>',
    ],
)
def test_html_states_its_day_of_publication(head):
    data = f"<html><head><title> A &amp; B\n c</title>{head}</head><body>x</body></html>".encode()
    document = read_bytes(data, "a.html")
    assert document.published == date(2023, 4, 28)
    assert document.title == "A & B c"


def test_html_declares_its_encoding_and_a_false_declaration_is_said():
    page = f'<html><head><meta charset="windows-1251"></head><body>{RUSSIAN}</body></html>'
    assert read_bytes(page.encode("cp1251"), "a.html").text == RUSSIAN
    false = page.replace("windows-1251", "ascii")
    document = read_bytes(false.encode(), "a.html")
    assert document.text == RUSSIAN
    assert names(document) == ["encoding-contradicted"]


def test_html_deeper_than_the_parser_goes_is_not_silently_cut():
    document = read_bytes(b"<html><body><p>before</p>" + b"<div>" * 400 + b"deep", "a.html")
    assert "document-incomplete" in names(document)
    assert document.checks[0].severity is Severity.ERROR


# --- PDF


def pdf(*pages: list[str]) -> bytes:
    """A PDF of one line per string, written by hand; an empty page has no content."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    ]
    kids = []
    for lines in pages:
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
        stream = f"BT /F1 9 Tf 20 700 Td {shown} ET".encode("latin-1") if lines else b""
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (listed, len(kids))
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
        % (
            size,
            table,
            size,
            len(data),
        )
    )


def encrypted(password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(pdf(["Turnover was 528 million."])))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_is_read_page_by_page():
    document = read_bytes(pdf(["Turnover was 528 million."], ["The target is 3 billion."]), "a.pdf")
    assert document.text == "Turnover was 528 million.\n\n\f\n\nThe target is 3 billion."
    assert document.media == "application/pdf"
    assert "pypdf" in document.normaliser
    assert page(document.text, document.text.index("528")) == 1
    assert page(document.text, document.text.index("target")) == 2


def test_the_day_a_pdf_was_made_is_not_its_day_of_publication():
    writer = pypdf.PdfWriter(clone_from=BytesIO(pdf(["Turnover."])))
    writer.add_metadata({"/CreationDate": "D:20230428093000Z", "/Title": "Protocol of the session"})
    out = BytesIO()
    writer.write(out)
    document = read_bytes(out.getvalue(), "a.pdf")
    assert document.published is None
    assert document.title == "Protocol of the session"


def test_lines_broken_by_the_margin_are_joined_and_paragraphs_and_items_are_not():
    wrapped = (
        "The parties agreed to raise mutual trade to three bil-\n"
        "lion dollars by lifting restrictions on goods of North-\n"
        "South transit and of agriculture. A billion is a goal\n"
        "that was set.\n"
        "1. The next point stands alone."
    )
    assert joined(wrapped) == (
        "The parties agreed to raise mutual trade to three billion dollars by lifting restrictions on goods of North- "
        "South transit and of agriculture. A billion is a goal that was set.\n1. The next point stands alone."
    )


def test_a_hyphen_stays_where_the_whole_word_is_not_seen():
    text = "The parties spoke of the growth of the North and a long-\nterm contract on the supply of grain to ports."
    assert "a long-term contract" in joined(text)


def test_a_password_is_asked_for_only_where_an_empty_one_does_not_open():
    assert "528 million" in read_bytes(encrypted(""), "a.pdf").text
    with pytest.raises(InputError, match="protected with a password"):
        read_bytes(encrypted("secret"), "a.pdf")


def test_a_damaged_pdf_is_an_error_with_a_way_out():
    with pytest.raises(InputError, match=r"a\.pdf: is a damaged PDF: .* print it to a new PDF"):
        read_bytes(b"%PDF-1.4\n" + b"garbage " * 50, "a.pdf")


def test_pages_without_text_are_named_for_recognition():
    document = read_bytes(pdf([], []), "a.pdf")
    (check,) = document.checks
    assert (check.name, check.severity, document.text, document.language) == (
        "needs-text-recognition",
        Severity.ERROR,
        "",
        "und",
    )
    document = read_bytes(pdf([], ["Turnover."], []), "a.pdf")
    (check,) = document.checks
    assert (check.severity, check.where) == (Severity.WARNING, "a.pdf, pages 1, 3")
    assert page(document.text, document.text.index("Turnover")) == 2


def test_persian_in_reverse_order_is_said_and_not_turned_round():
    straight = "تجارت ایران در سال ۱۴۰۲ به سه میلیارد دلار رسید"
    assert list(_reversed([straight], "a.pdf")) == []
    (check,) = _reversed([straight[::-1]], "a.pdf")
    assert (check.name, check.severity) == ("letters-reversed", Severity.ERROR)


def test_fonts_that_do_not_say_what_they_show_are_named():
    (check,) = _without_letters(["\ue001\ue002\ue003 \x01\x02", "5"], "a.pdf")
    assert (check.name, check.severity) == ("letters-not-stated", Severity.ERROR)
    assert list(_without_letters([RUSSIAN], "a.pdf")) == []


def test_a_pdf_that_draws_without_end_is_stopped(monkeypatch):
    monkeypatch.setitem(content._document()["pdf"]["operations"], "value", 50)
    with pytest.raises(InputError, match="page 1: draws more than 50 times"):
        read_bytes(pdf(["line"] * 60), "a.pdf")


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch):
    monkeypatch.setitem(content._document()["pdf"]["pages"], "value", 2)
    with pytest.raises(InputError, match="has 3 pages, more than 2"):
        read_bytes(pdf(["a"], ["b"], ["c"]), "a.pdf")


# --- DOCX

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str, parts: dict[str, str] | None = None, prolog: str = "") -> bytes:
    document = f"{prolog}<w:document {W}><w:body>{body}</w:body></w:document>"
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"word/document.xml": document, **(parts or {})}.items():
            archive.writestr(name, text)
    return out.getvalue()


def paragraph(text: str, inside: str = "") -> str:
    return f'<w:p>{inside}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def test_a_document_is_read_in_the_order_of_its_body():
    row = "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in ("2010", "1,09 billion"))
    wide = f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{paragraph("total")}</w:tc></w:tr>'
    body = paragraph("Before") + f"<w:tbl><w:tr>{row}</w:tr>{wide}</w:tbl>" + paragraph("After")
    document = read_bytes(docx(body), "a.docx")
    assert document.text == "Before\n\n2010\t1,09 billion\ntotal\n\nAfter".replace("total\n", "total\t\n")
    assert document.published is None
    assert document.checks == ()


def test_tracked_deletions_go_insertions_stay_and_it_is_said():
    body = (
        '<w:p><w:r><w:t xml:space="preserve">to </w:t></w:r><w:del><w:r><w:delText>2</w:delText></w:r></w:del>'
        "<w:ins><w:r><w:t>3</w:t></w:r></w:ins><w:r><w:t> billion</w:t></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>"
    )
    document = read_bytes(docx(body), "a.docx")
    assert document.text == "to 3 billion"
    assert names(document) == ["tracked-changes"]
    assert "1 insertions, 1 deletions" in document.checks[0].message


def test_automatic_numbers_are_written_out_with_their_levels():
    level = '<w:lvl w:ilvl="{}"><w:start w:val="1"/><w:numFmt w:val="{}"/><w:lvlText w:val="{}"/></w:lvl>'
    levels = level.format(0, "decimal", "%1.") + level.format(1, "lowerLetter", "%1.%2)")
    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
    )

    def item(text: str, depth: int) -> str:
        of = f'<w:pPr><w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="3"/></w:numPr></w:pPr>'
        return paragraph(text, of)

    body = (
        item("First", 0)
        + item("part", 1)
        + item("part", 1)
        + paragraph("Text")
        + item("Second", 0)
        + item("part", 1)
    )
    document = read_bytes(docx(body, {"word/numbering.xml": numbering}), "a.docx")
    assert document.text == "1. First\n1.a) part\n1.b) part\n\nText\n\n2. Second\n2.a) part"


def test_footnotes_and_text_boxes_are_read_once():
    box = f"<w:txbxContent>{paragraph('In the box')}</w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    body = (
        f"<w:p><w:r><w:t>Outside</w:t></w:r><w:r><mc:AlternateContent {mc}><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    notes = f"<w:footnotes {W}><w:footnote>{paragraph('Source: customs.')}</w:footnote></w:footnotes>"
    document = read_bytes(docx(body, {"word/footnotes.xml": notes}), "a.docx")
    assert document.text == "Outside\n\nIn the box\n\nSource: customs."


def test_a_document_of_python_docx_is_read():
    library = pytest.importorskip("docx")
    made = library.Document()
    made.core_properties.title = ""
    made.add_heading("Protocol of the session", 0)
    made.add_paragraph("Raise trade", style="List Number")
    made.add_paragraph("Lift quotas", style="List Number")
    table = made.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "2011", "34,9 million"
    out = BytesIO()
    made.save(out)
    document = read_bytes(out.getvalue(), "a.docx")
    assert document.text == "Protocol of the session\n\n1. Raise trade\n2. Lift quotas\n\n2011\t34,9 million"
    assert document.title == "Protocol of the session"


def test_zip_bombs_are_refused():
    bomb = docx(paragraph("a" * 80_000_000))
    assert len(bomb) < 200_000
    with pytest.raises(InputError, match="unpacks to more than 33,554,432 bytes"):
        read_bytes(bomb, "a.docx")
    with pytest.raises(InputError, match=r"is packed \d+ times"):
        read_bytes(docx(paragraph("a" * 3_000_000)), "a.docx")
    with pytest.raises(InputError, match="holds more than 2,000 files"):
        read_bytes(docx(paragraph("a"), {f"x{n}": "" for n in range(2000)}), "a.docx")


def test_many_parts_that_would_unpack_to_too_much_are_refused(monkeypatch):
    monkeypatch.setitem(content._document()["docx"]["total"], "value", 1_000_000)
    with pytest.raises(InputError, match="would unpack to"):
        read_bytes(docx(paragraph("a"), {"word/media/x.bin": "a" * 2_000_000}), "a.docx")


def test_entities_of_a_document_are_refused_and_no_file_is_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    prolog = f'<!DOCTYPE w [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(InputError, match="declares a document type") as refused:
        read_bytes(docx(paragraph("&x;&b;"), prolog=prolog), "a.docx")
    assert "the secret" not in str(refused.value)


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_a_cut_document_is_an_error_with_a_way_out(cut):
    data = docx(paragraph("Turnover was 528 million."))
    with pytest.raises(InputError, match=r"damaged Word document|without a Word document"):
        read_bytes(data[:-cut], "a.docx")


def test_malformed_markup_in_a_document_is_an_error():
    with pytest.raises(InputError, match=r"damaged Word document: word/document\.xml"):
        read_bytes(docx("<w:p><w:r>"), "a.docx")


# --- kinds of file


def test_content_decides_and_a_suffix_that_says_otherwise_is_reported():
    document = read_bytes(b"<html><body><p>Turnover</p></body></html>", "a.txt")
    assert (document.media, document.text, names(document)) == (
        "text/html",
        "Turnover",
        ["suffix-and-content-differ"],
    )
    assert read_bytes(pdf(["Turnover"]), "a.docx").media == "application/pdf"
    assert read_bytes(b"Turnover was < 528 million", "a.html").media == "text/plain"
    assert names(read_bytes(b"Turnover", "release")) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "is a PNG picture"),
        (b"{\\rtf1 text}", "is an RTF file"),
        (b"\x1f\x8b\x08" + bytes(20), "is an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Office program"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected with a password",
        ),
        (b"PK\x03\x04" + b"xl/workbook.xml", "is an Excel workbook"),
        (b"PK\x03\x04" + b"a.csv", "a ZIP archive without a Word document"),
        (bytes(range(1, 32)) * 40, "is not text"),
    ],
)
def test_other_kinds_are_refused_by_name(data, said):
    with pytest.raises(InputError, match=said):
        read_bytes(data, "a.txt")


def test_a_file_without_text_is_a_document_that_says_so():
    document = read_bytes(b" \n\t\n", "a.txt")
    assert (document.text, document.language, names(document)) == ("", "und", ["no-text"])


@pytest.mark.parametrize("encoding", ["cp1251", "cp1252", "cp1256", "koi8-r"])
@pytest.mark.parametrize(
    "text", ["Стороны подписали меморандум о сотрудничестве.", "دو طرف یک تفاهم نامه امضا کردند."]
)
def test_text_that_was_decoded_wrongly_before_is_an_error(text, encoding):
    shown = text.encode().decode(encoding, "ignore")
    checks = garbled(shown, "a.txt")
    assert [check.name for check in checks] == ["text-garbled"]
    assert "UTF-8" in checks[0].message
    assert checks[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    "text",
    [
        "Стороны подписали меморандум о сотрудничестве РС и СР.",
        "Қазақстан мен Иран арасындағы келісімге қол қойылды.",
        "دو طرف یک تفاهم نامه امضا کردند.",
        "Café “naïve” — the sides’ turnover – 5 €… “quoted” – dash — “more” – é à ü ö “a” “b”",
        "Turnover was 528 million.",
    ],
)
def test_sound_text_is_not_called_garbled(text):
    assert read_bytes(text.encode(), "a.txt").checks == ()


def test_a_garbled_file_says_so_when_it_is_read():
    shown = "Стороны подписали меморандум о сотрудничестве.".encode().decode("cp1251", "ignore")
    (check,) = read_bytes(shown.encode(), "a.txt").checks
    assert check.name == "text-garbled"
