"""What a secretary finds in the review of the three source documents: all that matters, once, with right values."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tarazu.register.books import Books
from tarazu.register.documents import read as read_document
from tarazu.register.intake import Ingested, Publication, ingest
from tarazu.register.promises import SAME
from tarazu.register.register import Register
from tarazu.register.review import ITEMS, Decision, Open, decide, waiting

BY = "secretariat"
PUBLISHED = {"000": date(2023, 4, 28), "001": date(2023, 12, 5), "002": date(2013, 6, 1)}
BOTH = {"KAZ", "IRN"}

# Document, kind, part of the quote, and what its value must hold.
EXPECTED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("000", "visit", "visit", {"level": "head_of_government", "country_from": "KAZ", "host": "IRN",
                               "date": "2023-04-26"}),
    ("000", "instrument", "five memoranda", {"number": 5, "event": "signed", "date": "2023-04-26",
                                             "field": "economic free zones, youth, sports and tourism"}),
    ("000", "commitment", "75 commodity items", {"form": "offer", "parties": ["KAZ"]}),
    ("000", "target", "$3 billion", {"value": 3e9, "unit": "USD", "subject": "turnover"}),
    ("000", "session", "working group on agriculture", {"event": "planned", "session": "1", "date": "2023",
                                                        "place": "Tehran", "form": "working_group"}),
    ("000", "commitment", "special trade representative", {"form": "obligation", "parties": ["KAZ"]}),
    ("001", "target", "$3 billion", {"value": 3e9, "parties": ["KAZ", "IRN"]}),
    ("001", "session", "19th meeting", {"event": "held", "session": "19", "date": "2023-12-04", "place": "Tehran",
                                        "form": "commission"}),
    ("001", "commitment", "75 different product items", {"form": "offer", "parties": ["KAZ"]}),
    ("001", "instrument", "Free Trade Agreement", {"event": "negotiated", "parties": ["IRN", "EAEU"]}),
    ("001", "commitment", "fish and dairy", {"form": "offer", "parties": ["IRN"]}),
    ("001", "commitment", "favorable conditions", {"form": "offer", "parties": ["IRN"]}),
    ("001", "instrument", "Commission Protocol", {"event": "signed", "session": "19"}),
    ("001", "instrument", "Action Plan", {"event": "signed", "form": "action_plan"}),
    ("001", "commitment", "support for exporting", {"instrument": "action_plan"}),
    ("001", "commitment", "increasing the volume", {"instrument": "action_plan"}),
    ("001", "commitment", "lifting trade restrictions", {"instrument": "action_plan"}),
    ("001", "commitment", "bilateral clearing", {"instrument": "action_plan"}),
    ("001", "instrument", "veterinary medicine", {"form": "memorandum", "field": "veterinary medicine"}),
    ("001", "instrument", "metrology", {"form": "memorandum", "field": "metrology"}),
    ("001", "visit", "visit", {"level": "deputy_head", "country_from": "KAZ", "host": "IRN", "place": "Tehran"}),
    ("002", "event", "Diplomatic relations", {"date": "1999-01-29", "field": "diplomatic relations"}),
    ("002", "body", "1993", {"parties": ["KAZ"], "host": "IRN", "date": "1993", "form": "embassy"}),
    ("002", "body", "1992", {"parties": ["IRN"], "host": "KAZ", "date": "1992", "form": "embassy"}),
    ("002", "instrument", "60 interstate", {"number": 60, "number_bound": "at_least"}),
    ("002", "membership", "Confidence-Building", {"structure": "CICA", "parties": ["KAZ", "IRN"]}),
    ("002", "membership", "Shanghai", {"structure": "SCO", "parties": ["KAZ", "IRN"]}),
    ("002", "membership", "Economic Cooperation", {"structure": "ECO", "parties": ["KAZ", "IRN"]}),
    ("002", "event", "ferry communication", {"date": "2001-10-07", "field": "transport"}),
    ("002", "instrument", "December 2007", {"event": "signed", "date": "2007-12", "parties": ["KAZ", "TKM", "IRN"]}),
]  # fmt: skip


@pytest.fixture(scope="module")
def seeds(shared_data: Path) -> list[Path]:
    folder = shared_data.parent / "seeds"
    if not folder.is_dir():
        pytest.skip(f"source documents not found at {folder}")
    return sorted(folder.glob("*.txt"))


@pytest.fixture(scope="module")
def read(
    seeds: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Books, dict[str, str], list[Ingested]]:
    """The three documents in a new register: the books, the name of each by its hash, and what came with them."""
    books = Books(str(tmp_path_factory.mktemp("seeds") / "register.sqlite"))
    names, given = {}, []
    for path in seeds:
        given.append(ingest(books, [path], BY, Publication(PUBLISHED[path.name[:3]])))
        names[str(given[-1].table.column("document")[0])] = path.name[:3]
    return books, names, given


def asked(read: tuple[Books, dict[str, str], list[Ingested]], *kinds: str) -> list[tuple[str, Open]]:
    books, names, _ = read
    return [(names[each.document[:12]], each) for each in waiting(books, kinds=kinds)]


def holds(value: Any, expected: dict[str, Any]) -> bool:
    return all(value.get(key) == wanted for key, wanted in expected.items())


@pytest.mark.parametrize("row", EXPECTED, ids=[f"{row[0]}-{row[1]}-{row[2][:20]}" for row in EXPECTED])
def test_each_thing_that_matters_is_asked_about_once_with_its_values(read, row):
    name, kind, part, expected = row
    found = [each for where, each in asked(read, kind) if where == name and part in each.quote]
    assert len(found) == 1, [each.quote for each in found]
    assert holds(found[0].value, expected), dict(found[0].value)


def test_nothing_else_is_asked_about(read):
    told = Counter((name, each.kind) for name, each in asked(read))
    assert told == Counter((name, kind) for name, kind, _, _ in EXPECTED)


def test_every_mention_is_kept_and_its_quote_stands_at_its_place(read, seeds):
    texts = {document.sha256: document.text for document in map(read_document, seeds)}
    every = waiting(read[0], kinds=tuple(ITEMS), repeats=True)
    assert len(every) > len(EXPECTED)
    assert all(texts[each.document][each.start : each.end] == each.quote for each in every)


def test_goods_go_the_way_of_their_lists(read):
    told = {
        direction: {each.value["name"] for name, each in asked(read, "product") if name == "002"
                    and each.value["direction"] == direction}
        for direction in ("KAZ->IRN", "IRN->KAZ")
    }  # fmt: skip
    assert told["KAZ->IRN"] == {"metal", "metal items", "grain"}
    assert told["IRN->KAZ"] == {
        "dried fruits",
        "petrochemical products",
        "products of food industry",
        "building material",
    }
    rules = {each.rule for _, each in asked(read, "product") if each.value["name"] == "building material"}
    assert rules == {"product-list-doubtful"}
    fish = next(each for _, each in asked(read, "product") if each.value["name"] == "fish")
    assert fish.value["direction"] == "IRN->KAZ"
    assert not [
        each for _, each in asked(read, "product") if each.value["name"] in ("medicine", "automobile")
    ]


def test_places_are_those_of_the_map(read):
    told = {
        (each.value["name"], each.value["country"]) for name, each in asked(read, "place") if name == "002"
    }
    route = {("Uzen", "KAZ"), ("Kyzylkaya", "TKM"), ("Bereket", "TKM"), ("Etrek", "TKM"), ("Gorgan", "IRN")}
    assert route <= told
    assert "Shanghai" not in {name for name, _ in told}


def test_the_table_s_figures_know_their_row_and_column_and_the_slip_is_named(read):
    told = {
        (each.value["period"], each.value["subject"]): each.value["value"]
        for name, each in asked(read, "amount") if name == "002"
    }  # fmt: skip
    assert told == {
        ("2009", "turnover"): 1.3e9, ("2009", "export"): 1.279e9, ("2009", "import"): 24e6,
        ("2010", "turnover"): 1.1e9, ("2010", "export"): 1.09e9, ("2010", "import"): 0.2e6,
        ("2011", "turnover"): 1.11e9, ("2011", "export"): 1.08e9, ("2011", "import"): 34.9e6,
    }  # fmt: skip
    checks = [check for given in read[2] for check in given.checks]
    assert [check.name for check in checks] == ["outlier"]
    assert checks[0].where.endswith("row 2010, column import")


def test_all_taken_into_a_new_register_stand_there_once_and_contradict_where_they_do(seeds, tmp_path):
    with Books(str(tmp_path / "new.sqlite")) as books:
        for path in seeds:
            ingest(books, [path], BY, Publication(PUBLISHED[path.name[:3]]))
        for each in waiting(books):
            decide(books, Decision(each.number, True), BY)
        register = books.register(texts=True)
    sizes = Counter(item.kind for item in register.items.values())
    # Targets and offers of the second text restate those of the first; each structure has two members.
    assert sizes == {
        "commitments": 9, "instruments": 9, "visits": 2, "bodies": 4, "memberships": 6, "sectors": 1
    }  # fmt: skip
    plan = next(item for item in register.of("instruments") if item["form"] == "action_plan")
    assert sum(item["instrument"] == plan.id for item in register.of("commitments")) == 4
    # What was signed at the session has its day; only the 60 agreements of the third text have none.
    assert {check.name for check in register.checks} == {"embassy-before-relations", "signed-without-day"}
    (undated,) = (check.where for check in register.checks if check.name == "signed-without-day")
    assert register.items[undated]["count"] == 60


def test_links_to_the_bundled_register_are_found(seeds, tmp_path):
    with Books(str(tmp_path / "bundled.sqlite")) as books:
        books.add(Register.read("kaz-irn").events, BY)
        for path in seeds:
            ingest(books, [path], BY, Publication(PUBLISHED[path.name[:3]]))
        found = waiting(books)
    same = {link["item"] for each in found for link in each.known if link["how"] == SAME}
    assert {
        "vi024", "vi026", "co007", "co012", "co014", "co015", "co016", "co017", "co018", "co019", "co020", "co021",
        "co044", "bo-commission", "bo-agri-group", "bo-embassy-kaz", "bo-embassy-irn", "in-relations", "in-over-60",
        "me-sco-kaz", "me-eco-irn", "me-cica-irn", "se-transport",
    } <= same  # fmt: skip
