"""Documents: encodings, the normal form, datelines, quotes, near-duplicates, and files that are refused."""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import date
from pathlib import Path

import pytest

from tarazu.core.checks import Severity
from tarazu.core.errors import InputError, ShapeError
from tarazu.register.documents import normalise, quote_stands, read, read_bytes
from tarazu.register.duplicates import Signatures, likeness, signature
from tarazu.register.readers import content
from tarazu.register.readers.datelines import published, stated_day

pytest.importorskip("pypdf")
pytest.importorskip("lxml")
pytest.importorskip("charset_normalizer")

RUSSIAN = "Товарооборот вырос до 528 млн долларов, заявил министр торговли по итогам заседания комиссии."
KAZAKH = "Қазақстан мен Иран тауар айналымын 3 млрд долларға жеткізуге уағдаласты, деді министр."
PERSIAN = "وزير بازرگاني گفت مبادلات دو کشور به سه ميليارد دلار مي رسد و اين توافق امضا شد."


def names(document) -> list[str]:
    return [check.name for check in document.checks]


# --- plain text


def test_a_text_keeps_its_words_figures_and_rows():
    data = b"Turnover\r\n\r\n\r\n\r\n  year\texport \r\n2010\t1,09  billion\r\n"
    document = read_bytes(data, "a.txt")
    assert document.text == "Turnover\n\nyear\texport\n2010\t1,09 billion"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert (document.media, document.title, document.published, document.checks) == (
        "text/plain",
        None,
        None,
        (),
    )


def test_an_indent_is_no_empty_cell_but_an_empty_first_cell_is_kept():
    assert read_bytes(b"\tIndented line\n\ta\tb\n", "a.txt").text == "Indented line\n\ta\tb"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings_give_one_text(encoding):
    assert read_bytes(f"{RUSSIAN} ABC abc.".encode(encoding), "a.txt").text == f"{RUSSIAN} ABC abc."


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark_is_known_by_its_high_bytes(encoding):
    document = read_bytes("Trade grew by 20% to $528 million.".encode(encoding), "a.txt")
    assert document.text == "Trade grew by 20% to $528 million."
    assert names(document) == ["encoding-assumed"]


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (RUSSIAN, "cp866", "cp866"),
        (KAZAKH, "kz1048", "kz1048"),
        (PERSIAN, "cp1256", "windows-1256"),
    ],
)
def test_encodings_of_the_region_are_judged_and_the_judgement_is_said(text, encoding, label):
    document = read_bytes(text.encode(encoding), "a.txt")
    assert document.text == text
    (check,) = document.checks
    assert check.name == "encoding-assumed"
    assert label in check.message
    assert "likely" in check.message
    assert "charset-normalizer" in document.normaliser


def test_a_short_text_is_read_with_a_warning_that_its_encoding_is_not_sure():
    (check,) = read_bytes("Тариф 5".encode("koi8-r"), "a.txt").checks
    assert check.severity is Severity.WARNING
    assert "not sure" in check.message


def test_the_caller_can_name_the_encoding():
    assert read_bytes("Тариф 5".encode("koi8-r"), "a.txt", encoding="koi8-r").text == "Тариф 5"
    with pytest.raises(InputError, match="byte 0 cannot be ascii"):
        read_bytes("Тариф".encode("koi8-r"), "a.txt", encoding="ascii")
    with pytest.raises(InputError, match="'latin-99' is no text encoding"):
        read_bytes(b"a", "a.txt", encoding="latin-99")


def test_a_cut_letter_is_damage_in_utf_8_not_another_encoding():
    document = read_bytes((RUSSIAN * 20).encode()[:-4] + b"\xd0 end", "a.txt")
    assert document.text.startswith(RUSSIAN)
    assert names(document) == ["damaged-characters"]


def test_zero_bytes_are_dropped_and_counted():
    document = read_bytes(b"Turnover was $528\x00 million.\x00", "a.txt")
    assert document.text == "Turnover was $528 million."
    assert names(document) == ["zero-bytes"]
    assert document.checks[0].message.startswith("2 ")


# --- files


def test_read_gives_what_the_bytes_give(tmp_path):
    path = tmp_path / "release.txt"
    path.write_bytes(RUSSIAN.encode())
    assert read(path) == read_bytes(RUSSIAN.encode(), "release.txt")


def test_a_large_file_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("the file was opened"))
    with pytest.raises(InputError, match="100,000,000 bytes, more than the 33,554,432"):
        read(path)


def test_too_much_text_is_refused(monkeypatch):
    monkeypatch.setitem(content._document()["file"]["characters"], "value", 10)
    assert read_bytes(b"a" * 10, "a.txt").text == "a" * 10
    with pytest.raises(InputError, match="more than 10 characters"):
        read_bytes(b"a" * 11, "a.txt")


def test_what_is_no_file_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nothing.txt")
    with pytest.raises(InputError, match="cannot be read"):
        read(Path("a\0b"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="a device or a pipe"):
        read(pipe)


@pytest.mark.parametrize(
    ("package", "data", "name"),
    [
        ("pypdf", b"%PDF-1.4", "a.pdf"),
        ("lxml", b"<html>", "a.html"),
        ("lxml", b"PK\x03\x04word/document.xml", "a.docx"),
        ("charset_normalizer", RUSSIAN.encode("cp1251"), "a.txt"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, package, data, name):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"pip install 'tarazu\[register\]'"):
        read_bytes(data, name)


# --- normal form


def test_normal_form_by_example():
    assert normalise("a\u00a0\u2009b\u200b\u00adc\ufeff") == "a bc"
    assert normalise("e\u0301 \u202b۱۴۰۱\u202c ½") == "é ۱۴۰۱ ½"  # digits and signs stay
    assert normalise("ﬁscal ﺳﻼﻡ") == "fiscal سلام"
    assert normalise("a\r\nb\rc\u2029d\n \n\n\ne \n") == "a\nb\nc\n\nd\n\ne"
    assert normalise("a\x00\x1bb\ud800") == "ab\ufffd"
    assert normalise("one\f\n\ntwo\f") == "one\n\n\f\n\ntwo"


def test_the_non_joiner_stays_where_persian_needs_it_and_nowhere_else():
    assert normalise("می\u200cشود") == "می\u200cشود"
    assert normalise("می\u200c\u200b\u200cشود") == "می\u200cشود"
    assert normalise("\u200cمی\u200c شود\u200c") == "می شود"
    assert normalise("a\u200cb") == "ab"


# --- datelines


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Title\n\nBy Nigar Someone April 28, 2023\n\nText", date(2023, 4, 28)),
        ("Last update: June 15, 2024 09:37\n\n28 April 2023", date(2023, 4, 28)),
        ("Published: 28.04.2023 14:05", date(2023, 4, 28)),
        ("Опубликовано 28 апреля 2023 года", date(2023, 4, 28)),
        ("АСТАНА, 28 апреля 2023 г. — Стороны подписали", date(2023, 4, 28)),
        ("Жарияланған күні: 2023 жылғы 28 сәуір", date(2023, 4, 28)),
        ("تاریخ انتشار: ۸ اردیبهشت ۱۴۰۲", date(2023, 4, 28)),
        ("۱۴۰۲/۰۲/۰۸", date(2023, 4, 28)),
        ("The parties met on April 28, 2023 in Tehran.", None),
        ("Date of the meeting: 28 April 2023", None),
        ("Last update: June 15, 2024", None),
        ("By Nigar Someone, updated June 15, 2024", None),
        ("28 April 2023\n29 April 2023", None),  # which of them?
        ("04/05/2023", None),  # May or April?
        ("31 February 2023", None),
        ("Dec. 4", None),
    ],
)
def test_a_day_of_publication_is_taken_only_where_a_line_states_it(text, day):
    assert published(text) == day


def test_a_stated_day_is_read_from_an_attribute():
    assert stated_day("2023-04-27T23:30:00-05:00") == date(2023, 4, 27)
    assert stated_day("yesterday") is None


# --- quotes


def test_a_quote_stands_only_at_its_span():
    text = "Turnover was $528 million. The target is $3 billion. $3 billion it is."
    assert quote_stands(text, 13, 25, "$528 million") is None
    check = quote_stands(text, 0, 10, "$3 billion")
    assert check is not None
    assert check.severity is Severity.ERROR
    assert "stands at 41 to 51 and at 1 more places" in check.message
    assert "stands nowhere" in quote_stands(text, 0, 5, "$4 billion").message
    assert (
        'nearly the same stands at 27 to 37: "The target"' in quote_stands(text, 0, 5, "the\n target").message
    )
    assert "it is empty" in quote_stands(text, 3, 3, "").message
    assert quote_stands(text, -12, -1, text[-12:-1]) is not None  # a span counts from the start


def test_a_quote_without_a_span_stands_anywhere_in_the_document():
    text = "Turnover was $528 million."
    assert quote_stands(text, None, None, "$528 million") is None
    assert "does not stand anywhere" in quote_stands(text, None, None, "$529 million").message
    assert "it is empty" in quote_stands(text, None, None, "").message


# --- near-duplicates


WORDS = [f"word{n}" for n in range(400)]


def test_a_text_is_like_itself_and_unlike_another():
    a, b = signature(" ".join(WORDS)), signature(" ".join(reversed(WORDS)))
    assert likeness(a, a) == 1
    assert likeness(a, b) < 0.05
    assert likeness(a, signature(" ".join(WORDS).upper().replace(" ", ", "))) == 1
    assert len(a) == 128
    assert all(0 <= entry < 2**32 for entry in a)


@pytest.mark.parametrize("kept", [380, 300, 200])
def test_likeness_estimates_the_share_of_common_word_runs(kept):
    other = WORDS[:kept] + [f"other{n}" for n in range(400 - kept)]
    true = (kept - 2) / (2 * 398 - (kept - 2))  # runs of three that both have, of all that either has
    assert likeness(signature(" ".join(WORDS)), signature(" ".join(other))) == pytest.approx(true, abs=0.15)


def test_a_signature_is_the_same_on_every_machine():
    digest = hashlib.sha256(str(signature("Turnover was 528 million dollars in 2022.")).encode()).hexdigest()
    assert digest[:16] == "47d2ddb10c900baa"


def test_the_index_finds_a_reprint_among_many_and_agrees_with_plain_comparison():
    texts = {f"d{n}": " ".join(f"{word}{n}" for word in WORDS[:60]) for n in range(1500)}
    known = {key: signature(text) for key, text in texts.items()}
    index = Signatures()
    for key, each in known.items():
        index.add(key, each)
    new = signature("Updated: " + texts["d777"] + " said the ministry")
    ((key, alike),) = index.near(new)
    assert (key, alike) == ("d777", likeness(new, known["d777"]))
    assert index.near(new) == Signatures(known).near(new)
    assert index.near(signature("quite another text of few words")) == []
    assert len(index) == 1500
    assert "d777" in index
    assert "d1500" not in index


def test_documents_without_text_are_no_duplicates_of_one_another():
    assert Signatures({"scan": signature("")}).near(signature("")) == []


def test_signatures_of_another_length_are_refused():
    with pytest.raises(ShapeError):
        likeness(signature("a b c"), (1, 2))
    with pytest.raises(ShapeError):
        Signatures().near((1, 2))


# --- the three source documents


def test_the_source_documents_read_well(seeds):
    first, second, third = (read(path) for path in sorted(seeds.glob("*.txt")))
    assert [each.language for each in (first, second, third)] == ["en", "en", "en"]
    assert [each.published for each in (first, second, third)] == [date(2023, 4, 28), None, None]
    assert all(each.checks == () for each in (first, second, third))
    assert "2010\t1,1 billion\t1,09 billion\t0,2 million" in third.text
    assert "\n\n\n" not in first.text + second.text + third.text


@pytest.fixture
def seeds() -> Path:
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("TARAZU_SHARED_DATA", root.parent / "shared" / "data")).parent / "seeds"
    if not folder.is_dir():
        pytest.skip(f"source documents not found at {folder} (set TARAZU_SHARED_DATA)")
    return folder
