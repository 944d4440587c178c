"""What each kind of suggestion becomes when a person takes it, and how the review asks once and in order."""

from __future__ import annotations

import json
from datetime import date

import pytest

from register_support import opened, small
from tarazu.core.errors import InputError
from tarazu.register.intake import Publication, ingest
from tarazu.register.review import Decision, decide, review_table, waiting

BY = "secretariat"
NOTE = """Relations of two states

Diplomatic relations between Georgia and Oman were established on 3 March 1999. The Embassy of Georgia in Oman was
opened in 1993. Georgia and Oman coordinate their actions in the CICA and OIC.

The 7th session of the Georgian-Omani intergovernmental commission was held in Muscat on 4 May 2025. The first meeting
of the Georgian-Omani working group on ports, to be held in Batumi this year, was agreed.

More than 60 agreements were signed. The ministers signed the Action Plan. The document provides support for exporters
in two areas: lifting of restrictions, introducing a clearing mechanism.

Facts:

- October 7, 2001 – opening of a ferry line from Batumi to Muscat;
- 2 June 2010 – launch of direct flights from Muscat to Tbilisi;
- December 2007, Muscat – agreement between Georgia and Oman on transit.

The prime minister of Georgia paid a visit to Muscat on 4 May 2025.

Trade, USD million (according to the Statistics Office of Georgia)
year\tturnover\texport\timport
2020\t237\t178\t59
2021\t440\t325\t1
2022\t528\t316\t212
"""


@pytest.fixture
def books(house_url):
    with opened(house_url) as found:
        yield found


@pytest.fixture
def note(books, tmp_path):
    path = tmp_path / "note.txt"
    path.write_text(NOTE, encoding="utf-8")
    return ingest(books, [path], BY, Publication(date(2025, 6, 15)))


def take(books, kind, part="", **more):
    (found,) = (each for each in waiting(books, kinds=(kind,)) if part in each.quote)
    events = decide(books, Decision(found.number, True, **more), BY)
    return books.register().items[events[0].item]


def test_tables_that_do_not_add_up_or_jump_are_found_when_the_document_comes_in(note):
    assert [(check.name, check.where) for check in note.checks] == [
        ("sum-differs", "note.txt, table 1, row 2021, column turnover"),
        ("outlier", "note.txt, table 1, row 2021, column import"),
    ]


def test_a_document_without_a_day_of_publication_says_what_that_costs(books, tmp_path):
    path = tmp_path / "undated.txt"
    path.write_text("Trade grew by 5% last year. A protocol was signed on May 4.", encoding="utf-8")
    assert [check.name for check in ingest(books, [path], BY).checks] == ["no-publication-date"]
    path.write_text("Trade grew by 5% in 2024. A protocol was signed on May 4.", encoding="utf-8")
    assert ingest(books, [path], BY, Publication(date(2025, 6, 15))).checks == ()


def test_a_session_makes_its_body_and_the_next_one_adds_to_it(books, note, tmp_path):
    body = take(books, "session", "7th session")
    assert (body.kind, body["form"], body["parties"], body.title) == (
        "bodies", "commission", ("GEO", "OMN"), "Georgian-Omani intergovernmental commission"
    )  # fmt: skip
    met = body.last("met")
    assert (met.value, met.date) == ("7", "2025-05-04")
    path = tmp_path / "later.txt"
    text = "The 8th session of the Georgian-Omani intergovernmental commission was held on 5 June 2025 in Tbilisi."
    path.write_text(text, encoding="utf-8")
    ingest(books, [path], BY, Publication(date(2025, 6, 15)))
    later = take(books, "session", "8th session")
    assert later.id == body.id
    assert (later.last("met").value, later.last("met").date) == ("8", "2025-06-05")


def test_a_meeting_to_come_is_planned(books, note):
    group = take(books, "session", "first meeting")
    assert (group["form"], group.dates) == ("working_group", {"recorded": "2025", "planned": "2025"})


def test_relations_and_an_embassy_before_them_are_found_to_contradict(books, note):
    relations = take(books, "event", "Diplomatic")
    assert (relations.kind, relations["field"], relations.dates["in_force"]) == (
        "instruments", "diplomatic relations", "1999-03-03"
    )  # fmt: skip
    embassy = take(books, "body")
    assert (embassy.id, embassy["form"], embassy.dates["established"]) == (
        "bo-embassy-geo",
        "embassy",
        "1993",
    )
    assert "embassy-before-relations" in {check.name for check in books.register().checks}


def test_openings_are_entries_of_their_field(books, note):
    take(books, "event", "ferry line")
    field = take(books, "event", "direct flights")
    assert (field.id, field.kind) == ("se-transport", "sectors")
    noted = [(event.date, event.value) for event in field.events if event.event == "noted"]
    assert [day for day, _ in noted] == ["2001-10-07", "2010-06-02"]
    assert noted[0][1] == "opening of a ferry line from Batumi to Muscat"


def test_a_structure_makes_a_membership_of_each_country_and_none_twice(books, note):
    take(books, "membership", "CICA")
    items = {item.id: item["standing"] for item in books.register().of("memberships")}
    assert items == {"me-cica-geo": None, "me-cica-omn": None}
    found = books.register().items["me-cica-geo"]
    assert [(event.event, event.date) for event in found.events] == [("recorded", ""), ("cited", "")]
    assert "not their standing" in found.events[0].note
    (found,) = (each for each in waiting(books, kinds=("membership",)) if "OIC" in each.quote)
    with pytest.raises(InputError, match="Leave item empty"):
        decide(books, Decision(found.number, True, item="new:me-1"), BY)
    decide(books, Decision(found.number, True, parties="OMN"), BY)
    assert "me-oic-geo" not in books.register().items
    assert "me-oic-omn" in books.register().items


def test_a_standing_that_is_known_is_cited_and_not_entered_again(books, note, tmp_path):
    take(books, "membership", "CICA")
    path = tmp_path / "more.txt"
    path.write_text("Georgia and Oman cooperate within the CICA.", encoding="utf-8")
    ingest(books, [path], BY)
    (found,) = (each for each in waiting(books, kinds=("membership",)) if "CICA" in each.quote)
    told = decide(books, Decision(found.number, True), BY)
    assert {(event.item, event.event) for event in told} == {
        ("me-cica-geo", "cited"),
        ("me-cica-omn", "cited"),
    }
    assert len(books.register().of("memberships")) == 2


def test_a_bound_of_a_count_stands_in_the_note(books, note):
    item = take(books, "instrument", "60 agreements")
    assert item["count"] == 60
    assert "at least 60" in item.events[0].note


def test_provisions_come_behind_their_plan_and_rest_on_it(books, note):
    plan = next(each for each in waiting(books, kinds=("instrument",)) if "Action Plan" in each.quote)
    order = [each.number for each in waiting(books)]
    provided = [each for each in waiting(books, kinds=("commitment",)) if each.rule == "commitment-provision"]
    assert len(provided) == 3
    assert all(order.index(each.number) > order.index(plan.number) for each in provided)
    decide(books, Decision(plan.number, True, item="new:plan"), BY)
    decide(books, Decision(provided[1].number, True), BY)
    item = next(item for item in books.register().of("commitments"))
    assert (item["instrument"], item["parties"]) == ("plan", ("GEO", "OMN"))


def test_provisions_taken_before_their_plan_say_where_they_stand(books, note):
    provided = next(
        each for each in waiting(books, kinds=("commitment",)) if each.rule == "commitment-provision"
    )
    (event, *_) = decide(books, Decision(provided.number, True), BY)
    item = books.register().items[event.item]
    assert item["instrument"] is None
    assert "stands in the action plan of suggestion" in item.events[0].note


def test_parties_that_nobody_names_are_those_of_the_document(books, note):
    item = take(books, "instrument", "Action Plan")
    assert item["parties"] == ("GEO", "OMN")
    assert "those of the document" in item.events[0].note


def test_a_visit_keeps_its_host_and_place(books, note):
    visit = take(books, "visit")
    assert (visit["guest"], visit["host"], visit["place"], visit.dates["held"]) == (
        "GEO",
        "OMN",
        "Muscat",
        "2025-05-04",
    )


def test_a_document_of_a_dated_line_keeps_its_month(books, note):
    item = take(books, "instrument", "December 2007")
    assert (item["form"], item["parties"], item.dates["signed"]) == ("agreement", ("GEO", "OMN"), "2007-12")


def test_a_figure_of_a_table_is_measured_in_its_own_period(books, note, tmp_path):
    indicator = {"id": "nd1", "title": "Turnover", "unit": "USD m", "measure": "turnover:GEO"}
    books.add(small(tmp_path / "given", indicators=[indicator]).events, BY)
    (found,) = (each for each in waiting(books, kinds=("amount",)) if each.quote == "237")
    decide(books, Decision(found.number, True, item="nd1"), BY)
    event = books.register().items["nd1"].last("measured")
    assert (event.value, event.date) == (237, "2020")


def test_a_figure_of_a_table_is_held_against_the_register(books, tmp_path):
    indicator = {"id": "nd1", "title": "Turnover", "unit": "USD m", "measure": "turnover:GEO",
                 "baseline": "250", "baseline_period": "2020"}  # fmt: skip
    books.add(small(tmp_path / "given", indicators=[indicator]).events, BY)
    path = tmp_path / "note.txt"
    path.write_text(NOTE, encoding="utf-8")
    ingest(books, [path], BY, Publication(date(2025, 6, 15)))
    (found,) = (each for each in waiting(books, kinds=("amount",)) if each.quote == "237")
    assert ("nd1", "differs") in {(each["item"], each["how"]) for each in found.known}


def test_an_act_told_twice_is_asked_about_once_and_all_mentions_are_kept(books, tmp_path):
    path = tmp_path / "twice.txt"
    path.write_text(
        "The ministers will sign a road map. Georgia and Oman signed the road map on 5 May 2025.", "utf-8"
    )
    ingest(books, [path], BY, Publication(date(2025, 6, 15)))
    (asked,) = waiting(books, kinds=("instrument",))
    every = waiting(books, kinds=("instrument",), repeats=True)
    assert (asked.value["event"], asked.value["date"], len(every)) == ("signed", "2025-05-05", 2)
    (row,) = review_table(books, [asked]).records()
    other = next(each.number for each in every if each.number != asked.number)
    assert str(other) in row["known"]
    assert json.loads(row["value"])["again"] == [other]


def test_two_documents_that_state_one_promise_point_at_each_other_and_the_second_restates(books, tmp_path):
    for name, text in (
        ("a.txt", "Georgia is ready to supply 75 items worth $250 million."),
        (
            "b.txt",
            "Georgian firms have expressed readiness to supply Oman with 75 product items worth $250 million.",
        ),
    ):
        (tmp_path / name).write_text(text, "utf-8")
        ingest(books, [tmp_path / name], BY, Publication(date(2025, 6, 15)))
    one, two = waiting(books, kinds=("commitment",))
    rows = review_table(books, [one, two]).records()
    assert [row["elsewhere"] for row in rows] == [str(two.number), str(one.number)]
    (item, *_) = decide(books, Decision(one.number, True), BY)
    again = decide(books, Decision(two.number, True), BY)
    assert [(event.item, event.event) for event in again] == [(item.item, "restated")]


def test_what_is_known_and_said_without_a_day_is_cited(books, tmp_path):
    books.add(small(tmp_path / "given").events, BY)
    path = tmp_path / "again.txt"
    path.write_text("Kazakhstan and Iran met. The ministers signed the Action Plan.", "utf-8")
    ingest(books, [path], BY, Publication(date(2025, 6, 15)))
    (found,) = waiting(books, kinds=("instrument",))
    (event,) = decide(books, Decision(found.number, True, item="in2"), BY)
    assert (event.event, event.date) == ("cited", "2025-06-15")
    item = books.register().items["in2"]
    assert item["signed"] == "2023-12-04"
    assert event.evidence in item.evidence


def test_what_befalls_an_instrument_is_not_its_signature(books, tmp_path):
    path = tmp_path / "later.txt"
    path.write_text(
        "Georgia and Oman met. Georgia ratified the Agreement on Investment Protection on 3 March 2021. The "
        "Memorandum on Transport supersedes the Agreement on Transport of 2015.",
        encoding="utf-8",
    )
    ingest(books, [path], BY)
    found = {each.value["event"]: each for each in waiting(books, kinds=("instrument",))}
    decide(books, Decision(found["ratified"].number, True), BY)
    (item,) = books.register().of("instruments")
    assert "signed" not in item.dates
    assert (item.dates["ratified"], item.last("ratified").value) == ("2021-03-03", "GEO")
    with pytest.raises(InputError, match="event=superseded"):
        decide(books, Decision(found["superseded"].number, True), BY)


def test_a_ratification_by_nobody_named_is_cited_and_signs_nothing(books, tmp_path):
    books.add(small(tmp_path / "given").events, BY)
    path = tmp_path / "ratified.txt"
    path.write_text(
        "Kazakhstan and Iran met. The Action Plan was ratified on 3 March 2024.", encoding="utf-8"
    )
    ingest(books, [path], BY)
    (found,) = waiting(books, kinds=("instrument",))
    assert (found.value["event"], len(found.value["parties"] or ())) != ("ratified", 1)
    (event,) = decide(books, Decision(found.number, True, item="in2"), BY)
    assert event.event == "cited"
