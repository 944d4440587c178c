"""The register of the bundled dossier: complete, linked, dated no better than its sources, with quotes that stand."""

from __future__ import annotations

import csv
import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tarazu.core import period
from tarazu.register.consistency import consistency
from tarazu.register.model import RECORDED, references
from tarazu.register.register import Item, Register
from tarazu.register.schedule import binding, grade, schedule
from tarazu.register.views import board

DOSSIER = Path(__file__).resolve().parents[2] / "src" / "tarazu" / "data" / "kaz-irn"
PROMISES = {f"co{number:03}" for number in range(1, 79)}
VISITS = {f"vi{number:03}" for number in range(1, 35)}
SIZES = {
    "instruments": 46,
    "commitments": 73,
    "milestones": 20,
    "indicators": 9,
    "bodies": 33,
    "roles": 8,
    "visits": 34,
    "memberships": 8,
    "zones": 10,
    "investments": 16,
    "sectors": 21,
}
BEYOND_GOODS = {
    "energy",
    "health",
    "education",
    "tourism",
    "sport",
    "youth",
    "culture",
    "science",
    "zones",
    "services",
}
DOCUMENTS = {
    "ae464e5419dc12f2",
    "a4c257cb5aaafaec",
    "0c15b3b500b81432",
}  # hashes of the three source documents
QUOTE = 160  # characters; a quote proves, it does not copy


@pytest.fixture(scope="module")
def register() -> Register:
    return Register.read("kaz-irn")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Normalised texts of the source documents by the first letters of their hash."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("TARAZU_SHARED_DATA", root.parent / "shared" / "data")).parent / "seeds"
    if not folder.is_dir():
        pytest.skip(f"source documents not found at {folder}")
    from tarazu.register.documents import read

    found = [read(path) for path in sorted(folder.glob("*.txt"))]
    return {document.sha256[:16]: document.text for document in found}


def rows(name: str) -> list[dict[str, str]]:
    with (DOSSIER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def days(item: Item, event: str) -> list[str]:
    return [each.date for each in item.events if each.event == event]


def test_nothing_is_left_out_in_reading(register):
    assert [str(check) for check in register.findings] == []


def test_every_kind_of_item_is_there(register):
    assert {kind: len(register.of(kind)) for kind in SIZES} == SIZES


def test_every_promise_of_the_dossier_is_exactly_one_item(register):
    recorded = Counter(event.item for event in register.events if event.event == RECORDED)
    assert {name: recorded[name] for name in PROMISES} == dict.fromkeys(PROMISES, 1)
    assert {register.items[name].kind for name in PROMISES} == {"instruments", "commitments"}


def test_every_visit_is_there_with_its_level(register):
    assert {visit.id for visit in register.of("visits")} == VISITS
    assert register.items["vi034"]["level"] == "head_of_state"
    assert (register.items["vi034"]["guest"], register.items["vi034"]["host"]) == ("IRN", "KAZ")
    assert register.items["vi026"]["session"] == "19"
    assert register.items["vi034"]["until"] == "2025-12-11"
    assert register.items["vi027"]["level"] == "ambassador"
    assert {register.items[name]["level"] for name in ("vi014", "vi019")} == {"deputy_minister"}
    assert [visit.id for visit in register.of("visits") if "Not a visit" in visit.events[0].note] == []


def test_links_resolve(register):
    for item in register.items.values():
        for name in references(item.kind):
            named = item[name] or ()
            for other in (named,) if isinstance(named, str) else named:
                assert other in register.items, f"{item.id}, {name}: {other}"


def test_references_name_the_right_kind_of_item(register):
    kinds = {
        "instrument": "instruments",
        "rests_on": "instruments",
        "body": "bodies",
        "parent": "bodies",
        "indicator": "indicators",
        "commitment": "commitments",
        "repeats": "commitments",
        "sector": "sectors",
    }
    for item in register.items.values():
        for name in references(item.kind):
            named = item[name] or ()
            for other in (named,) if isinstance(named, str) else named:
                assert register.items[other].kind == kinds[name], f"{item.id}, {name}: {other}"


def test_the_checks_find_no_error_and_only_the_doubts_that_are_meant(register):
    found = list(consistency(register))
    assert [str(check) for check in found if check.severity == "error"] == []
    meant = {"embassy-before-relations", "contradicting-events", "done-without-evidence"}
    assert {check.name for check in found} <= meant
    assert [check.where for check in found if check.name == "contradicting-events"] == ["in-relations"]


def test_the_relations_of_1999_do_not_fit_the_embassies(register):
    fired = [check.where for check in consistency(register) if check.name == "embassy-before-relations"]
    assert sorted(fired) == ["bo-embassy-irn", "bo-embassy-kaz"]
    relations = register.items["in-relations"]
    assert days(relations, "in_force") == ["1992-01-29", "1999-01-29"], (
        "the other source's day stands beside it"
    )
    assert "signed" not in relations.dates


def test_every_item_has_evidence_or_says_why_not(register):
    bare = [
        item.id
        for item in register.items.values()
        if not item.evidence and not any(event.note for event in item.events)
    ]
    assert bare == []


def test_every_later_event_has_evidence(register):
    bare = [(event.item, event.event) for event in register.events if not event.evidence]
    assert bare == []


def test_every_grade_says_how_it_was_judged(register):
    judged = [event for event in register.events if event.event == "evidenced" and event.status == "E"]
    assert judged
    assert [event.item for event in judged if not event.note] == []


def test_measures_and_register_agree_in_both_directions(register):
    planned = {
        (measure["id"], name)
        for measure in rows("measures.csv")
        for name in filter(None, measure["commitments"].split(";"))
    }
    carried = {
        (measure, item.id)
        for item in register.items.values()
        for measure in (item.fields.get("measures") or ())
    }
    assert carried == planned


def test_due_dates_can_be_read_and_follow_the_promise(register):
    for item in (*register.of("commitments"), *register.of("milestones"), *register.of("indicators")):
        if item["due"]:
            assert period.parse(item["due"]).end > date(2010, 1, 1), item.id
    for item in register.of("indicators"):
        if item["baseline_period"]:
            period.parse(item["baseline_period"])


def test_a_due_date_has_the_words_of_its_source(register):
    dated = [item for item in register.of("commitments") if item["due"]]
    assert len(dated) >= 15
    assert [item.id for item in dated if not item["due_words"]] == []


def test_targets_have_a_unit_and_their_indicator_the_same(register):
    for item in register.of("commitments"):
        if item["target_low"] is not None or item["target_high"] is not None:
            assert item["unit"], item.id
        if item["indicator"] and item["unit"] not in ("times", "kt"):
            assert item["unit"] == register.items[item["indicator"]]["unit"], item.id
        if item["target_low"] is not None:
            assert item["target_low"] <= item["target_high"], item.id


def test_a_claim_said_again_points_to_the_first_and_is_restated_there(register):
    repeating = [item for item in register.of("commitments") if item["repeats"]]
    assert len(repeating) >= 8
    for item in repeating:
        first = register.items[item["repeats"]]
        assert not first["repeats"], f"{item.id} points to {first.id}, which repeats another"
        assert item.dates["said"] in days(first, "restated"), item.id
        assert item.dates["said"] > first.dates["said"], item.id


def test_the_75_items_were_said_three_times_and_count_once(register):
    first = register.items["co012"]
    assert days(first, "restated") == ["2023-04-26", "2023-12-04"]
    counted = [item.id for item in binding(register.of("commitments")) if item["indicator"] == "nd-75-items"]
    assert counted == ["co012"]


def test_three_billion_count_once_however_often_said(register):
    said = [
        item
        for item in register.of("commitments")
        if item["target_low"] == item["target_high"] == 3000 and item["unit"] == "USD m"
    ]
    assert {item.id for item in said} == {"co007", "co008", "co009", "co015.1", "co036.1"}
    assert [item.id for item in binding(said)] == ["co007"]
    assert grade(register.items["co007"]) == "not_started"


def test_days_that_no_source_prints_are_not_invented(register):
    uncertain = {
        "co044": ("signed", "2007-12"),
        "co045": ("signed", "2021-11"),
        "co051": ("signed", "2025-11"),
        "co053": ("signed", "2017-02"),
        "vi001": ("held", "2010"),
        "vi005": ("held", "2014-12"),
        "vi007": ("held", "2016"),
        "vi022": ("held", "2022-11"),
    }
    assert {
        name: (event, register.items[name].dates[event]) for name, (event, _) in uncertain.items()
    } == uncertain
    assert "signed" not in register.items["in-over-60"].dates


def test_what_nobody_signed_is_not_signed(register):
    for name in ("co036", "co052"):
        assert "signed" not in register.items[name].dates, name
    assert register.items["co074"].kind == "commitments", "no source names its document"


def test_the_interim_agreement_gave_way_to_free_trade(register):
    assert register.items["co064"]["superseded_by"] == "co066"
    assert register.items["co066"].dates["in_force"] == "2025-05-15"
    assert "co064" in register.items["co066"]["rests_on"]
    assert schedule(register.items["co066.1"], date(2026, 11, 1)) == "no date"


def test_the_visa_promise_came_late_and_the_session_in_time(register):
    assert schedule(register.items["co072"], date(2026, 11, 1)) == "met on time"
    assert schedule(register.items["co073"], date(2026, 11, 1)) == "overdue", "business visas are not shown"


def test_the_commission_met_in_the_sessions_known(register):
    met = {event.value: event for event in register.items["bo-commission"].events if event.event == "met"}
    assert set(met) == {"12", "16", "17", "18", "19", "20"}
    assert {number for number, event in met.items() if event.status == "E"} == {"12", "17", "20"}, "inferred"


def test_the_19th_session_can_be_followed_point_by_point(register):
    plan = {row["id"] for row in board(register, instrument="co015").table}
    protocol = {row["id"] for row in board(register, instrument="co014").table}
    assert {"co015.1", "co016", "co017", "co018"} <= plan
    assert "cm-iran-zones" in protocol
    assert register.items["co014"]["session"] == register.items["co015"]["session"] == "19"


def test_bodies_that_were_only_promised_have_no_day(register):
    for name in ("bo-good-offices", "bo-trade-rep", "bo-agri-group", "bo-transport-committee"):
        body = register.items[name]
        assert "established" not in body.dates, name
        assert "planned" in body.dates, name
        assert any(event.note for event in body.events), name
    assert register.items["bo-good-offices"].events[0].status == "C"


def test_turnover_is_read_live_and_not_recorded_by_hand(register):
    kazakh, iranian = register.items["nd-turnover-kaz"], register.items["nd-turnover-irn"]
    assert (kazakh["baseline"], kazakh["baseline_period"], kazakh["target"]) == (528, "2022", 3000)
    assert (kazakh["measure"], iranian["measure"]) == ("turnover:KAZ", "turnover:IRN")
    assert not days(kazakh, "measured")
    assert not days(iranian, "measured")


def test_measured_spans_can_be_read(register):
    spans = [event.field for event in register.events if event.event == "measured" and event.field]
    assert spans
    for text in spans:
        assert period.parse(text).days > 300, text


def test_both_sit_in_the_structures_the_note_names(register):
    standing = {(each["structure"], each["country"]): each for each in register.of("memberships")}
    for structure in ("CICA", "SCO", "ECO"):
        for country in ("KAZ", "IRN"):
            assert standing[structure, country]["standing"] == "member"
    assert standing["SCO", "IRN"].dates["acceded"] == "2023-07-04"
    assert standing["EAEU", "IRN"]["standing"] == "observer"


def test_fields_beyond_goods_are_there_with_what_happened(register):
    named = {sector.id.removeprefix("se-") for sector in register.of("sectors")}
    assert named >= BEYOND_GOODS
    assert [sector.id for sector in register.of("sectors") if not sector.last("noted")] == []


def test_zones_of_both_countries_have_conditions_or_a_note(register):
    zones = register.of("zones")
    assert {zone["country"] for zone in zones} == {"KAZ", "IRN"}
    bare = [zone.id for zone in zones if not zone["conditions"] and not zone.events[0].note]
    assert bare == []


def test_quotes_are_short_and_have_their_span(register):
    quoted = [event for event in register.events if event.evidence.document]
    assert len(quoted) > 60
    for event in quoted:
        proof = event.evidence
        assert proof.document in DOCUMENTS
        assert 0 < len(proof.quote) <= QUOTE, event.item
        assert proof.end - proof.start == len(proof.quote), event.item


def test_quotes_stand_where_they_are_said_to_stand(register, texts):
    for event in register.events:
        proof = event.evidence
        if proof.document:
            text = texts[proof.document]
            assert text[proof.start : proof.end] == proof.quote, event.item


def test_the_board_shows_what_is_late(register):
    found = board(register, date(2026, 11, 1))
    late = {row["id"] for row in found.table if row["schedule"] == "overdue"}
    assert {"co007", "co024", "co025.1", "co034"} <= late
    assert found.progress.owed < len(register.of("commitments")), (
        "plans, forecasts and repetitions bind nobody"
    )


def test_a_quote_is_ascribed_to_the_publisher_of_its_document(register):
    ascribed = {(event.evidence.document, event.evidence.publisher) for event in register.events}
    with_document = {pair for pair in ascribed if pair[0]}
    assert len(with_document) == len(DOCUMENTS), with_document
