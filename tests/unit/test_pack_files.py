"""The commission pack as files: HTML that stands alone, Word documents, all languages or none."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import BytesIO

import pytest

from pack_support import TABLES, TODAY, full_pack, small
from tarazu.core.errors import InputError
from tarazu.planning import pack_docx
from tarazu.planning.pack import pack, write_pack
from tarazu.planning.pack_html import html
from tarazu.planning.pack_words import LANGUAGES, text

# --- HTML


@pytest.fixture
def register(tmp_path):
    return small(tmp_path)


@pytest.fixture(scope="module")
def full():
    return full_pack()


class _Page(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_self_contained_and_marked_with_its_language(full, language):
    page = html(full, language)
    found = _Page(page)
    assert found.named("html") == [{"lang": language, "dir": "rtl" if language == "fa" else "ltr"}]
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in found.tags}
    assert not re.search(r"url\(|@import|\bon\w+=", page)
    for attributes in found.named("a"):
        assert attributes["href"].startswith(("#", "http://", "https://"))
    targets = {attributes["id"] for _, attributes in found.tags if "id" in attributes}
    assert {a["href"][1:] for a in found.named("a") if a["href"].startswith("#")} <= targets
    assert any(each.get("lang") == "en" for each in found.named("bdi")) == (language != "en")
    for rule in (
        "@page { size: A4",
        "@page wide",
        "table-header-group",
        "break-after: avoid",
        "counter(page",
    ):
        assert rule in page


def test_short_tables_stay_on_one_page_and_long_ones_may_break(full):
    page = html(full, "ru")
    for part in full.parts:
        for grid in part.grids:
            if grid.rows:
                kept = 'class="scroll whole"' if len(grid.rows) <= 8 else 'class="scroll"'
                table = f'<div {kept}><table class="[a-z]+" aria-labelledby="table-{grid.id}-caption">'
                assert re.search(table, page), grid.id
    assert ".whole { break-inside: avoid; }" in page
    assert "tr, section > p { break-inside: avoid; }" in page


def test_what_the_register_says_is_escaped(tmp_path):
    evil = TABLES["commitments"].replace("Open the terminal", "<script>alert(1)</script>&")
    page = html(pack(small(tmp_path, commitments=evil), None, 21, TODAY), "en")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_persian_page_has_persian_digits_around_the_words_of_the_register(full):
    body = re.sub(r"<style>.*?</style>", "", html(full, "fa"), flags=re.S)
    plain = re.sub(r"<bdi[^>]*>.*?</bdi>|<[^>]+>", "", body, flags=re.S)
    assert not re.search("[0-9]", plain.replace("&#34;", ""))
    assert re.search("[۰-۹]", plain)


# --- DOCX


@pytest.fixture(scope="module")
def opened(full):
    docx = pytest.importorskip("docx")
    return {name: docx.Document(BytesIO(pack_docx.docx(full, name))) for name in ("ru", "fa")}


@pytest.mark.parametrize("language", ["ru", "fa"])
def test_word_document_holds_every_part_and_table(full, opened, language):
    document = opened[language]
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert [heading.partition(". ")[2] for heading in headings] == [
        text(part.title, language) for part in full.parts
    ]
    grids = [grid for part in full.parts for grid in part.grids if grid.rows]
    assert [len(table.rows) for table in document.tables] == [len(grid.rows) + 1 for grid in grids]
    first = document.tables[0]
    assert [cell.text for cell in first.rows[0].cells] == [text(head, language) for head in grids[0].heads]
    assert first.rows[1].cells[1].text == text(grids[0].rows[0][1], language)
    orientations = [section.orientation for section in document.sections]
    assert len(set(orientations)) == 2
    assert document.sections[0].page_width < document.sections[0].page_height


def test_persian_word_document_runs_from_right_to_left(opened):
    from docx.oxml.ns import qn

    document = opened["fa"]
    paragraphs = [p for p in document.paragraphs if p.text]
    assert all(p._p.pPr.find(qn("w:bidi")) is not None for p in paragraphs)
    assert all(table._tbl.tblPr.find(qn("w:bidiVisual")) is not None for table in document.tables)
    runs = [run for p in paragraphs for run in p.runs if re.search("[آ-ی]", run.text)]
    assert runs
    assert all(run._r.rPr.find(qn("w:rtl")) is not None for run in runs)
    english = [
        r
        for t in document.tables
        for c in t._cells
        for p in c.paragraphs
        for r in p.runs
        if re.match("[A-Z][a-z]+ [a-z]+", r.text)
    ]
    assert english
    assert all(run._r.rPr.find(qn("w:rtl")) is None for run in english)
    assert all(run._r.rPr.find(qn("w:lang")).get(qn("w:val")) == "en-GB" for run in english)


def test_russian_word_document_has_no_right_to_left_mark_and_repeats_table_heads(opened):
    from docx.oxml.ns import qn

    document = opened["ru"]
    body = document.element.body
    assert not list(body.iter(qn("w:bidi"), qn("w:rtl"), qn("w:bidiVisual")))
    for table in document.tables:
        heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
        assert heads == [True] + [False] * (len(heads) - 1)


def test_short_tables_of_the_word_document_are_kept_together_and_with_what_leads_to_them(full, opened):
    document = opened["ru"]
    grids = [grid for part in full.parts for grid in part.grids if grid.rows]
    for table, grid in zip(document.tables, grids, strict=True):
        kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows]
        short = len(grid.rows) <= 8
        assert kept == [True] + [short] * (len(grid.rows) - 1) + [False], grid.id
    captions = [n for n, p in enumerate(document.paragraphs) if p.style.name == "Caption"]
    assert all(document.paragraphs[n].paragraph_format.keep_with_next for n in captions)
    last = [document.paragraphs[n - 1] for n in captions if document.paragraphs[n - 1].text]
    assert sum(p.style.name == "Normal" for p in last) >= 5
    led = [p for p in last if p.style.name == "Normal" and not p.text.startswith("В ближайшие")]
    assert all(p.paragraph_format.keep_with_next for p in led)


# Order of properties that ECMA-376 prescribes; Word refuses or repairs a file that breaks it.
_ORDER = {
    "pPr": "pStyle keepNext keepLines bidi spacing ind jc rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs color spacing kern sz szCs u rtl cs lang",
    "tblPr": "tblStyle bidiVisual tblW jc tblLayout tblLook",
    "tcPr": "tcW shd",
}


@pytest.mark.parametrize("language", ["ru", "fa"])
def test_properties_stand_in_the_order_of_the_schema(opened, language):
    document = opened[language]
    trees = (document.element.body, document.sections[0].footer._element)
    seen = 0
    for element in (each for tree in trees for each in tree.iter()):
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name in _ORDER:
            children = [child.tag.rpartition("}")[2] for child in element]
            places = [_ORDER[name].split().index(child) for child in children]
            assert places == sorted(set(places)), (name, children)
            seen += 1
    assert seen > 100


def test_missing_library_is_named(full, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(InputError, match=r"pip install 'tarazu\[register\]'"):
        pack_docx.docx(full, "en")


# --- files


def test_files_are_written_for_every_language(register, tmp_path):
    pytest.importorskip("docx")
    found = write_pack(register, None, 21, ["ru", "EN", "ru"], tmp_path / "out", today=TODAY)
    assert [path.name for path in found] == [
        "session-21-ru.html",
        "session-21-ru.docx",
        "session-21-en.html",
        "session-21-en.docx",
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in found)
    assert found[0].read_text(encoding="utf-8") == html(pack(register, None, 21, TODAY), "ru")
    assert found[1].read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("languages", "message"), [("ru,de", '"de" is no language'), ([""], "no language was named")]
)
def test_unknown_languages_are_refused_before_anything_is_written(register, tmp_path, languages, message):
    with pytest.raises(InputError, match=message):
        write_pack(register, None, 21, languages, tmp_path / "out", today=TODAY)
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_taken_stops_every_file(register, tmp_path):
    (tmp_path / "out" / "session-21-ru.docx").mkdir(parents=True)
    with pytest.raises(InputError, match="is a folder"):
        write_pack(register, None, 21, "en,ru", tmp_path / "out", today=TODAY)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["session-21-ru.docx"]
