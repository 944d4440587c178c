"""`tarazu register review`: by single keys, in tables of other programs, and where two people decide at once."""

from __future__ import annotations

import csv
import io
import json

import click
import pytest

from tarazu.cli import register_review
from tarazu.register import review
from tarazu.register.books import Books
from tarazu.register.review import Decision, decide, waiting

RELEASE = """Ministers meet in Astana

The two sides signed a memorandum of understanding on plant quarantine on 14 September 2026. The ministers again
confirmed the aim to bring mutual trade up to $3 billion. The Iranian side will open a trade house in Aktau by the end
of 2027.
"""
DESK = ("--db", "c.db", "--by", "secretariat")


@pytest.fixture
def read(tarazu_here, here):
    """A database with one release, of which nothing is decided."""
    (here / "release.txt").write_text(RELEASE, encoding="utf-8")
    assert tarazu_here("register", "ingest", "release.txt", "--published", "2026-09-15", *DESK).code == 0


@pytest.fixture
def filled(tarazu_here, here, read):
    """Rows of the table sent round, every one refused."""
    tarazu_here("register", "review", "--export", "review.csv", *DESK)
    text = (here / "review.csv").read_text(encoding="utf-8-sig")
    return [{**row, "decision": "reject"} for row in csv.DictReader(io.StringIO(text))]


def table(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def keys(monkeypatch, capsys):
    """The keyboard: keys for single questions, answers for lines."""

    def press(books, typed, answers=()):
        left, lines = iter(typed), iter(answers)
        monkeypatch.setattr(click, "getchar", lambda: next(left))
        monkeypatch.setattr(click.termui, "visible_prompt_func", lambda *_: next(lines))
        register_review._ask(books, waiting(books), "me")
        return " ".join(capsys.readouterr().out.split())

    return press


def test_the_exported_table_begins_with_the_mark_of_utf_8(filled, here):
    assert (here / "review.csv").read_bytes().startswith(b"\xef\xbb\xbfnumber,")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_filled_in_table_is_read_with_and_without_the_mark(tarazu_here, here, filled, encoding):
    (here / "back.csv").write_text(table(filled), encoding=encoding)
    answer = tarazu_here("register", "review", "--import", "back.csv", *DESK)
    assert (answer.code, f"{len(filled)} refused" in answer.out) == (0, True)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251"])
def test_a_table_in_another_encoding_is_refused(tarazu_here, here, filled, encoding):
    filled[0]["note"] = "Нет"
    text = table([{**row, "quote": "", "context": "", "value": ""} for row in filled])
    (here / "back.csv").write_bytes(text.encode(encoding))
    answer = tarazu_here("register", "review", "--import", "back.csv", *DESK)
    assert answer.code == 2
    assert "back.csv: is not UTF-8 text" in answer.err


def test_days_as_a_spreadsheet_writes_them_are_read(tarazu_here, here, filled):
    house = next(row for row in filled if row["kind"] == "commitment")
    house |= {"decision": "accept", "item": "new:co1", "date": "26.04.2023", "due": "1.12.2027"}
    (here / "back.csv").write_text(table([house]), encoding="utf-8")
    assert tarazu_here("register", "review", "--import", "back.csv", *DESK).code == 0
    item = json.loads(tarazu_here("register", "show", "co1", "--db", "c.db", "--json", "-").out)
    assert (item["fields"]["due"], item["fields"]["said"]) == ("2027-12-01", "2023-04-26")
    assert register_review.iso("31.02.2023") == "31.02.2023"
    assert register_review.iso("04/26/2023") == "04/26/2023"


def test_a_hyphen_is_standard_input(tarazu_here, here, filled, monkeypatch):
    for words, text in (
        (("review", "--import", "-"), table(filled)),
        (("ingest", "-"), "Kazakhstan and Iran will open a school in Aktau by 2028."),
    ):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
        answer = tarazu_here("register", *words, *DESK)
        assert answer.code == 0, answer.err
    listed = json.loads(tarazu_here("register", "documents", "--db", "c.db", "--json", "-").out)["documents"]
    assert [row["title"] for row in listed][1:] == ["standard-input"]


def test_what_another_person_decided_meanwhile_is_said_with_the_name(tarazu_here, read, monkeypatch):
    with Books("c.db") as books:
        number = waiting(books)[0].number
        held = review.current(books, number)
        decide(books, Decision(number, False), "the other one")
    monkeypatch.setattr(review, "current", lambda *_: held)
    answer = tarazu_here("register", "review", "--decide", f"{number}=reject", *DESK)
    assert answer.code == 1
    assert f"suggestion {number} was decided by the other one meanwhile." in " ".join(answer.out.split())
    assert "UNIQUE" not in answer.out + answer.err


def test_messages_name_the_suggestion_once(tarazu_here, read):
    answer = tarazu_here("register", "review", "--decide", "9999=accept", *DESK)
    assert (answer.code, answer.out.count("suggestion 9999")) == (1, 1)


def test_the_keyboard_goes_on_where_another_person_was_first(read, keys):
    with Books("c.db") as books:
        found = waiting(books)
        shown = register_review._ask_one

        def slow(books, each, place, by):
            if each.number == found[0].number:
                decide(books, Decision(found[1].number, False), "the other one")
            return shown(books, each, place, by)

        register_review._ask_one = slow
        try:
            out = keys(books, "s" * (len(found) - 1))
        finally:
            register_review._ask_one = shown
    assert f"suggestion {found[1].number} was decided by the other one meanwhile." in out
    assert f"3 of {len(found)}" in out


def test_the_keyboard_goes_back_to_what_still_waits(read, keys):
    with Books("c.db") as books:
        count = len(waiting(books))
        out = keys(books, "bssbq")
        told = out.split(" [a]ccept")[:-1]
        assert [each.rpartition(" of ")[0].rpartition(" ")[2] for each in told] == ["1", "1", "2", "3", "2"]
        assert "No suggestion before this one waits" in out
        keys(books, "rsbq")
        assert len(waiting(books)) == count - 1


def test_what_is_edited_is_checked_at_once_and_taken_by_a(read, keys):
    with Books("c.db") as books:
        house = next(n for n, each in enumerate(waiting(books)) if each.kind == "commitment")
        lines = ("co999", "new:co1", "Open a house", "IRN", "2026-02-30", "14.09.2026", "soon", "2027-06")
        out = keys(books, "s" * house + "eaq", lines)
        item = books.register().items["co1"]
    assert '"co999" is no item' in out
    assert out.count("Error:") == 3
    assert "Not taken yet: a takes it as edited." in out
    assert (item.title, item["parties"], item["due"], item["said"]) == (
        "Open a house", ("IRN",), "2027-06", "2026-09-14",
    )  # fmt: skip
