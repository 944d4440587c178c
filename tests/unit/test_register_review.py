"""Documents in, suggestions out, decisions made: nothing enters the register before a person takes it."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from register_support import opened, small
from tarazu.core.errors import InputError
from tarazu.register.books import new_item
from tarazu.register.intake import Publication, ingest
from tarazu.register.review import Decision, decide, decisions, review_table, waiting
from tarazu.register.search import search

BY = "secretariat"
RELEASE = """Ministers meet in Astana

At the session in Astana on 14 September 2026 the two sides signed a memorandum of understanding on plant quarantine.
The ministers again confirmed the aim to bring mutual trade up to $3 billion. The Iranian side will open a trade house
in Aktau by the end of 2027. In the first half of 2026 mutual trade fell by 12% to $214 million.
"""
VYPUSK = """Стороны встретились в Астане

Казахстан выразил готовность поставить 500 тыс. тонн ячменя до 1 июля 2027 года. Меморандум о карантине растений был
подписан в сентябре.
"""


@pytest.fixture
def books(house_url, tmp_path):
    indicator = {"id": "nd1", "title": "Turnover", "unit": "USD m", "target": "3000"}
    with opened(house_url) as found:
        found.add(small(tmp_path / "given", indicators=[indicator]).events, BY)
        yield found


@pytest.fixture
def read(books, tmp_path):
    def run(*texts, **more):
        paths = []
        for number, text in enumerate(texts):
            path = tmp_path / f"release-{number}.txt"
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        about = Publication(date(2026, 9, 15), "Ministry of Trade", "https://example.org/1")
        return ingest(books, paths, BY, about, **more)

    return run


def one(books, kind, part=""):
    (found,) = (each for each in waiting(books, kinds=(kind,)) if part in each.quote)
    return found


def test_documents_are_kept_and_nothing_of_them_is_in_the_register(books, read):
    before = books.register().events
    found = read(RELEASE, VYPUSK)
    assert found.table.column("state") == ["new", "new"]
    assert found.table.column("language") == ["en", "ru"]
    assert all(found.table.column("suggestions"))
    assert books.register().events == before
    assert len(books.register().documents) == 2


def test_a_document_known_by_its_bytes_is_not_entered_again(books, read):
    read(RELEASE)
    count = len(waiting(books))
    assert read(RELEASE).table.column("state") == ["known"]
    assert len(waiting(books)) == count


def test_one_that_says_nearly_the_same_is_entered_with_a_link(read):
    first = read(RELEASE).table
    again = read(RELEASE.replace("Ministers meet", "The ministers meet")).table
    assert again.column("state") == ["nearly known"]
    assert again.column("same_as") == first.column("document")


def test_a_file_that_cannot_be_read_is_a_finding_and_the_others_are_kept(books, tmp_path, read):
    bad = tmp_path / "scan.pdf"
    bad.write_bytes(b"%PDF-1.4 broken")
    good = tmp_path / "good.txt"
    good.write_text(RELEASE, encoding="utf-8")
    found = ingest(books, [bad, tmp_path / "missing.txt", good], BY)
    assert [check.name for check in found.checks if str(check.severity) == "error"] == [
        "unreadable-document"
    ] * 2
    assert found.table.column("file") == ["good.txt"]


def test_every_suggestion_stands_where_it_says(books, read):
    read(RELEASE, VYPUSK)
    kinds = ("target", "commitment", "instrument", "visit", "amount", "percentage", "quantity", "date")
    found = waiting(books, kinds=kinds)
    assert {"target", "commitment", "instrument", "amount", "percentage"} <= {each.kind for each in found}
    texts = {RELEASE.strip(), VYPUSK.strip()}
    assert all(any(text[each.start : each.end] == each.quote for text in texts) for each in found)


def test_a_target_said_again_is_no_second_promise(books, read):
    read(RELEASE)
    found = one(books, "target")
    assert found.same == "co1"
    decide(books, Decision(found.number, True, item="co1"), BY)
    register = books.register()
    assert len(register.of("commitments")) == 2
    last = register.items["co1"].events[-1]
    assert (last.event, last.date, last.evidence.quote, last.by) == (
        "restated",
        "2026-09-15",
        found.quote,
        BY,
    )
    assert books.register(texts=True).checks == register.checks  # the quote stands at its span


def test_a_new_commitment_gets_its_due_date_and_an_id_of_its_own(books, read):
    read(RELEASE)
    decide(books, Decision(one(books, "commitment").number, True, title="Trade house in Aktau"), BY)
    item = books.register().items["co003"]
    assert (item.title, item["due"], item["parties"], item["form"]) == (
        "Trade house in Aktau",
        "2027",
        ("IRN",),
        "obligation",
    )
    assert item.evidence[0].document == one(books, "target").document


def test_a_text_that_names_no_party_means_the_register_s_own(books, read):
    read(RELEASE)
    found = one(books, "instrument")
    decide(books, Decision(found.number, True), BY)
    item = next(item for item in books.register().of("instruments") if item.id not in ("in1", "in2"))
    assert (item["parties"], item["form"], item.dates["signed"]) == (
        ("KAZ", "IRN"),
        "memorandum",
        "2026-09-14",
    )
    assert "parties not named" in item.events[0].note


def test_an_amount_is_taken_as_what_an_indicator_was_measured_at(books, read):
    read(RELEASE)
    found = one(books, "amount", "214")
    with pytest.raises(InputError, match="Name one in item: nd1"):
        decide(books, Decision(found.number, True), BY)
    decide(books, Decision(found.number, True, item="nd1"), BY)
    assert books.register().items["nd1"]["actual"] == 214


def test_what_is_refused_leaves_no_trace_but_the_decision(books, read):
    read(RELEASE)
    before = books.register().events
    found = one(books, "target")
    decide(books, Decision(found.number, False, note="an old aim"), BY)
    assert books.register().events == before
    assert not [each for each in waiting(books) if each.number == found.number]
    with pytest.raises(InputError, match="none that waits"):
        decide(books, Decision(found.number, True), BY)


def test_what_cannot_be_entered_leaves_the_suggestion_waiting(books, read):
    read(RELEASE)
    found = one(books, "commitment")
    for bad, words in (
        (Decision(found.number, True, due="soon"), "due"),
        (Decision(found.number, True, parties="X"), "X"),
    ):
        with pytest.raises(InputError, match=words):
            decide(books, bad, BY)
    assert one(books, "commitment").number == found.number


def test_a_table_filled_in_elsewhere_is_read_back(books, read):
    read(RELEASE)
    rows = list(csv.DictReader(io.StringIO(review_table(books, waiting(books)).to_csv())))
    assert {"number", "quote", "known", "decision", "item", "parties", "due"} <= set(rows[0])
    for row, word in zip(rows, ("accept", "REJECT", "perhaps"), strict=False):
        row["decision"] = word
    rows.append({**rows[0], "number": "x"})
    made, checks = decisions(rows, "review.csv")
    assert [each.accepted for each in made] == [True, False]
    assert [(check.name, check.where) for check in checks] == [
        ("unknown-decision", "review.csv, row 4, column decision"),
        ("unknown-suggestion", f"review.csv, row {len(rows) + 1}, column number"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("session", [0]),
        ("sessions ministers", [0]),
        ("memorandums", [0]),
        ("ячменём", [1]),
        ("меморандумы карантина", [1]),
        ("АСТАНА", [1]),
        ("reindeer", []),
        ("session reindeer", []),
    ],
)
def test_documents_are_found_in_any_form_of_their_words(books, read, query, expected):
    documents = read(RELEASE, VYPUSK).table.column("document")
    assert search(books, query).column("document") == [documents[number] for number in expected]


def test_search_says_where_and_takes_no_operators(books, read):
    read(RELEASE)
    (row,) = search(books, "quarantine")
    assert "plant quarantine" in row["hit"]
    assert RELEASE[row["start"] :].startswith("quarantine")
    assert len(search(books, 'session" OR "reindeer*')) == 0
    for query in ("", "  ", "!?", "word " * 30):
        with pytest.raises(InputError, match="expected 1 to 20 words"):
            search(books, query)


def test_kazakh_and_persian_words_are_found_by_their_stems(books, read):
    kazakh = "Қазақстан мен Иранның тауар айналымы өсті. Астықты тасымалдау туралы келісімге қол қойылды."
    persian = "حجم تجارت ایران و قزاقستان افزایش یافت. توافق‌نامه‌ای درباره حمل غلات امضا شد."
    documents = read(kazakh, persian).table.column("document")
    assert search(books, "Қазақстанның астықтың").column("document") == documents[:1]
    assert search(books, "تجارت غلات").column("document") == documents[1:]


def test_the_day_of_publication_is_no_day_of_the_deed(books, read):
    read("The two sides signed an agreement on tourism. They will open a joint school in Aktau by 2028.")
    found = one(books, "instrument")
    decide(books, Decision(found.number, True), BY)
    item = next(item for item in books.register().of("instruments") if item.id.startswith("in0"))
    assert item.dates["signed"] == ""
    assert item.evidence[0].published == "2026-09-15"


def test_a_promise_with_the_number_of_a_known_one_is_linked_to_it(books, read):
    deal = {
        "id": "co7",
        "title": "Supply 75 items",
        "form": "offer",
        "parties": "KAZ",
        "target_low": "250",
        "unit": "USD m",
    }
    books.add(new_item("commitments", deal, {}), BY)
    read("Kazakhstan is ready to supply 75 commodity items worth $250 million to Iranian consumers.")
    found = one(books, "commitment")
    assert found.same == "co7"
    decide(books, Decision(found.number, True), BY)
    assert [event.event for event in books.register().items["co7"].events][-1] == "restated"


def test_a_promise_said_again_with_another_date_is_a_revision(books, read):
    read("The two countries agreed to bring mutual trade to $3 billion by 2035.")
    found = one(books, "target")
    decide(books, Decision(found.number, True), BY)
    item = books.register().items["co1"]
    assert (item["due"], item.first["due"]) == ("2035", "2030")
    assert len(books.register().of("commitments")) == 2


def test_an_item_that_does_not_exist_is_not_made_by_a_typing_slip(books, read):
    read(RELEASE)
    number = one(books, "commitment").number
    with pytest.raises(InputError, match="no item of the register"):
        decide(books, Decision(number, True, item="co11"), BY)
    decide(books, Decision(number, True, item="new:co11"), BY)
    assert "co11" in books.register().items


def test_a_protocol_of_a_known_session_is_the_same_one(books, read):
    minutes = {
        "id": "in9",
        "title": "Protocol of the 19th session",
        "form": "protocol",
        "parties": "KAZ;IRN",
        "session": "19",
    }
    books.add(new_item("instruments", minutes, {}), BY)
    read("The ministers signed the 19th Joint Intergovernmental Commission Protocol.")
    assert one(books, "instrument").same == "in9"


@pytest.mark.parametrize(
    ("start", "end", "quote", "fires"),
    [
        (None, None, "plant quarantine", False),
        (None, None, "plant quarrel", True),
        (0, 9, "Ministers", False),
        (1, 9, "Ministers", True),
    ],
)
def test_quotes_are_checked_whatever_the_length_of_the_hash(books, read, start, end, quote, fires):
    sha = read(RELEASE).table.column("document")[0]
    span = {} if start is None else {"start": str(start), "end": str(end)}
    row = {"id": "in8", "title": "X", "form": "memorandum", "parties": "KAZ;IRN"}
    books.add(new_item("instruments", row, {"document": sha, "quote": quote, **span}), BY)
    names = [check.name for check in books.register(texts=True).checks if check.where == "in8"]
    assert names.count("quote-not-there") == int(fires)


def test_two_who_read_the_same_file_at_once_keep_it_once(house_url, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "release.txt"
    path.write_bytes("Стороны подписали меморандум о сотрудничестве в области транспорта.".encode("cp1251"))
    with opened(house_url):
        pass

    def run(_):
        with opened(house_url) as books:
            return ingest(books, [path], BY).table.column("state")

    with ThreadPoolExecutor(4) as pool:
        states = sorted(state for (state,) in pool.map(run, range(4)))
    assert states == ["known", "known", "known", "new"]
