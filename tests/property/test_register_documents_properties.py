"""Properties of reading: whatever the bytes, a document or a clear error; a normal form; spans that survive."""

from __future__ import annotations

import unicodedata
import zipfile
from io import BytesIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tarazu.core.checks import errors
from tarazu.core.errors import InputError
from tarazu.register.documents import Document, normalise, page, quote_stands, read_bytes
from tarazu.register.duplicates import Signatures, likeness, signature

pypdf = pytest.importorskip("pypdf")
pytest.importorskip("lxml")
pytest.importorskip("charset_normalizer")

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

heads = st.sampled_from(
    [
        b"",
        b"%PDF-1.4\n",
        b"PK\x03\x04word/document.xml",
        b"<html>",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"<?xml?><html>",
    ]
)
names = st.sampled_from(["a.txt", "a.html", "a.pdf", "a.docx", "a", ""])
awkward = st.sampled_from(
    list("\u200c\u200b\u00ad\ufeff\u0301\u0300\u0654\u00a0\u2009\t\n\r\f\v\u2028\u2029\x00 آيیﺳﻼﹰaé5۵")
)
texts = st.text(st.one_of(st.characters(), awkward), max_size=80)


def outcome(data: bytes, name: str) -> Document | str:
    try:
        return read_bytes(data, name)
    except InputError as refused:
        return str(refused)


def _pdf() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _docx() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        body = "<w:p><w:r><w:t>Turnover was 528 million.</w:t></w:r></w:p>"
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
    return out.getvalue()


PAGE = (
    b"<!DOCTYPE html><html><head><title>a</title></head><body><p>Turnover<sup>1</sup></p><table><tr><td rowspan=2>"
    b"a<td>b<tr><td colspan=3>c</table><ol start=3><li>x</ol></body></html>"
)
FILES = (_pdf(), _docx(), PAGE, "Товарооборот вырос до 528 млн.".encode("cp1251"))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(heads, st.binary(max_size=400), names)
def test_any_bytes_give_a_document_or_an_error_and_the_same_again(head, tail, name):
    first = outcome(head + tail, name)
    assert first
    assert outcome(head + tail, name) == first
    if isinstance(first, Document):
        assert normalise(first.text) == first.text


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_a_damaged_file_gives_a_document_or_an_error(file, data):
    damaged = bytearray(file)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
        if not damaged:
            break
    found = outcome(bytes(damaged), "a.pdf")
    if isinstance(found, Document):
        assert found.text or errors(found.checks)  # text that is missing is always said


@settings(max_examples=300, deadline=None)
@given(texts)
@example("ا\u200c\u0654\u200c ب")
@example("e\u200b\u0301\f \f\t\n\t")
def test_normalising_twice_changes_nothing_more(text):
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "\n\n\n" not in once
    assert "  " not in once
    assert not set(once) & set("\r\v\x00\u200b\u00ad\ufeff\u00a0\u2028")


@settings(max_examples=200, deadline=None)
@given(texts)
def test_no_digit_and_no_letter_of_a_plain_text_is_lost(text):
    composed = unicodedata.normalize("NFC", text)
    kept = [char for char in composed if char.isdecimal()]
    assert [char for char in normalise(text) if char.isdecimal()] == kept


@settings(max_examples=100, deadline=None)
@given(st.text("ab 5\n\t", min_size=1, max_size=60), st.data())
def test_spans_survive_reading_the_normal_form_again(text, data):
    document = outcome(("x" + text).encode(), "a.txt")
    assert isinstance(document, Document)
    start = data.draw(st.integers(0, len(document.text) - 1))
    end = data.draw(st.integers(start + 1, len(document.text)))
    again = read_bytes(document.text.encode(), "b.txt")
    assert quote_stands(again.text, start, end, document.text[start:end]) is None


@settings(max_examples=100, deadline=None)
@given(st.text("ab ", max_size=30), st.integers(-5, 40), st.integers(-5, 40), st.text("ab ", max_size=4))
def test_a_quote_that_passes_is_what_stands_there(text, start, end, quote):
    check = quote_stands(text, start, end, quote)
    stands = bool(quote) and 0 <= start < end and text[start:end] == quote
    assert (check is None) == stands


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=5))
def test_a_character_stands_on_the_page_it_came_from(pages):
    text = normalise("\f".join(pages))
    at = 0
    for number, words in enumerate(pages, 1):
        at = text.index(words, at)
        assert page(text, at) == number
        at = text.find("\f", at)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abcdefghij", min_size=1, max_size=6), max_size=60), st.integers(0, 30))
def test_likeness_is_a_likeness(words, cut):
    a, b = signature(" ".join(words)), signature(" ".join(words[cut:]))
    assert likeness(a, a) == 1
    assert likeness(a, b) == likeness(b, a)
    index = Signatures({"a": a})
    assert index.near(a, 1.0) == ([("a", 1.0)] if words else [])
