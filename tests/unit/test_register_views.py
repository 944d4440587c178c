"""The register from CSV tables: how events make items, three statuses, progress, views and findings."""

from __future__ import annotations

from datetime import date

import pytest

from register_support import COMMISSION, DUTY, PLAN, PROTOCOL, TARGET, happened, small, write
from tarazu.core.errors import InputError
from tarazu.register.consistency import cycles
from tarazu.register.register import Register
from tarazu.register.views import board, web

TODAY = date(2026, 11, 23)


def named(register):
    return [(check.name, check.where) for check in register.checks]


def row(register, name, today=TODAY):
    return next(each for each in board(register, today).table if each["id"] == name)


def test_an_item_is_what_its_events_make_of_it(tmp_path):
    events = [
        happened("co1", "official", "2024-02", "in_progress"),
        happened("co1", "official", "2025-02", "not_reached"),
        happened("in2", "in_force", "2024-01-01"),
    ]
    found = small(tmp_path, events)
    assert found.items["co1"]["official"] == "not_reached"
    assert found.items["in2"]["in_force"] == "2024-01-01"
    assert found.items["in1"]["signed"] == "2023-12-04"
    assert [event.event for event in found.items["co1"].events] == [
        "recorded",
        "said",
        "official",
        "official",
    ]


def test_the_register_as_it_stood_on_a_day(tmp_path):
    found = small(tmp_path, [happened("co1", "official", "2025-02", "done")])
    assert found.on(date(2025, 1, 31))["co1"]["official"] is None
    assert found.on(date(2025, 2, 1))["co1"]["official"] == "done"
    assert found.on(date(2020, 1, 1)).keys() == {"bo1"}


def test_a_revision_is_an_event_and_the_first_promise_stays(tmp_path):
    found = small(tmp_path, [happened("co2", "revised", "2024-05", "2025-12", field="due")])
    assert found.items["co2"]["due"] == "2025-12"
    assert found.items["co2"].first == {"due": "2024-06"}
    assert row(found, "co2")["due_first"] == "2024-06"


def test_a_correction_holds_from_the_start_and_is_no_revision(tmp_path):
    found = small(tmp_path, [happened("co2", "corrected", "2026-01", "2024-07", field="due")])
    assert found.items["co2"]["due"] == "2024-07"
    assert found.items["co2"].first == {}
    assert found.on(date(2024, 1, 1))["co2"]["due"] == "2024-06"


def test_what_is_withdrawn_leaves_the_views_and_stays_in_the_stream(tmp_path):
    found = small(tmp_path, [happened("co2", "withdrawn", "2026-01", "entered twice")])
    assert "co2" not in found.items
    assert sum(event.item == "co2" for event in found.events) == 3


@pytest.mark.parametrize(
    ("grade", "when", "today", "expected"),
    [
        ("complete", "2024-06-30", TODAY, "met on time"),
        ("complete", "2024-07-01", TODAY, "met late"),
        ("complete", "2024-06", TODAY, "met on time"),
        ("limited", "2024-06-30", TODAY, "overdue"),
        ("limited", "2024-05", date(2024, 6, 30), "running"),
        (None, "", date(2024, 7, 1), "overdue"),
    ],
)
def test_the_schedule_goes_by_evidence_and_the_last_day_of_the_due_date(
    tmp_path, grade, when, today, expected
):
    events = [happened("co2", "evidenced", when, grade, publisher="A paper")] if grade else []
    assert row(small(tmp_path, events), "co2", today)["schedule"] == expected


def test_the_parties_words_change_neither_evidence_nor_schedule(tmp_path):
    found = row(small(tmp_path, [happened("co2", "official", "2024-05", "done")]), "co2")
    assert (found["official"], found["evidence"], found["schedule"]) == ("done", "no_evidence", "overdue")


def test_what_was_dropped_is_closed_and_owed_no_more(tmp_path):
    found = board(small(tmp_path, [happened("co2", "official", "2024-05", "dropped")]), TODAY)
    assert {each["id"]: each["schedule"] for each in found.table} == {"co1": "running", "co2": "closed"}
    assert found.progress.owed == 1


def test_progress_is_two_numbers_with_their_denominators(tmp_path):
    steps = [
        {"id": "m1", "title": "First", "commitment": "co2", "weight": "3"},
        {"id": "m2", "title": "Second", "commitment": "co2"},
    ]
    events = [happened("m1", "evidenced", "2024-05", "complete", publisher="A paper")]
    found = board(small(tmp_path, events, milestones=steps), TODAY)
    assert (found.progress.steps, found.progress.stepped) == (pytest.approx(0.75), 1)
    assert (found.progress.met, found.progress.owed, found.progress.unknown) == (0, 2, 2)
    assert "0 of 2 binding commitments are fully met" in found.sentence()
    assert found.progress.both == 1, "it has steps, and no evidence of its own"
    assert "of 2 no document shows anything (1 with steps among them, counted in both)" in found.sentence()
    assert "of the 1 with steps or evidence 75%" in found.sentence()
    assert row(found.register, "co2")["next_step"] == "Second"


def test_plans_forecasts_and_repetitions_are_not_owed(tmp_path):
    more = [
        {**TARGET, "id": "co3", "repeats": "co1"},
        {**TARGET, "id": "co4", "form": "forecast"},
        {**TARGET, "id": "co5", "form": "plan"},
    ]
    found = board(small(tmp_path, commitments=[TARGET, DUTY, *more]), TODAY)
    assert (len(found.table), found.progress.owed) == (5, 2)
    assert "3 of the 5 do not bind" in found.sentence()


def test_an_indicator_is_measured_not_asserted(tmp_path):
    indicator = {
        "id": "nd1",
        "title": "Turnover",
        "unit": "USD m",
        "target": "3000",
        "measure": "turnover:KAZ",
    }
    tables = {"indicators": [indicator], "commitments": [{**TARGET, "indicator": "nd1"}, DUTY]}
    found = small(tmp_path, [happened("nd1", "measured", "2024", "340")], **tables)
    assert (row(found, "co1")["actual"], row(found, "co1")["actual_period"]) == (340, "2024")
    live = board(found, TODAY, actual={"nd1": (507.9, "2025")}).table
    assert next(each for each in live if each["id"] == "co1")["actual"] == 507.9


def test_due_and_overdue_part_at_today(tmp_path):
    found = small(tmp_path)
    assert found.due(3000, TODAY).column("id") == ["co1"]
    assert found.due(10, TODAY).column("id") == []
    assert [(each["id"], each["days"]) for each in found.overdue(TODAY)] == [("co2", -876)]


def test_execution_goes_point_by_point(tmp_path):
    points = [{**DUTY, "id": f"c{n}", "point": text} for n, text in enumerate(("10", "2.1", "2", ""))]
    found = board(small(tmp_path, commitments=points), TODAY, instrument="in2").table
    assert found.column("point") == ["2", "2.1", "10", None]
    with pytest.raises(InputError, match="none of the instruments"):
        board(small(tmp_path), TODAY, instrument="in9")


def test_visits_are_listed_and_counted(tmp_path):
    visit = {"who": "Minister", "level": "minister", "guest": "KAZ", "host": "IRN", "date": "2023-12-04"}
    more = [
        {**visit, "id": "v1"},
        {**visit, "id": "v2", "date": "2023-04"},
        {**visit, "id": "v3", "event": "planned", "date": "2027"},
        {**visit, "id": "v4", "guest": "", "host": "", "date": "2022"},
    ]
    found = small(tmp_path, visits=more)
    assert found.visits().column("state") == ["held", "held", "held", "planned"]
    counted = {(each["year"], each["side"]): each["visits"] for each in found.visits(["year", "side"])}
    assert counted == {("2022", "meeting elsewhere"): 1, ("2023", "KAZ->IRN"): 2}
    with pytest.raises(InputError, match="no group of visits"):
        found.visits(["colour"])


def test_timeline_and_web(tmp_path):
    found = small(tmp_path, [happened("in1", "ratified", "2024-03", "KAZ")])
    assert found.timeline(kinds=["instruments"]).column("event") == ["signed", "signed", "ratified"]
    assert found.timeline(since=date(2024, 1, 1)).column("item") == ["in1"]
    links = {(each["instrument"], each["rests_on"], each["link"]) for each in web(found)}
    assert links == {("in2", "in1", "rests on"), ("in2", "co1", "carries"), ("in2", "co2", "carries")}


@pytest.mark.parametrize(
    ("events", "tables", "expected"),
    [
        ([happened("in1", "in_force", "2023-01")], {}, ("events-out-of-order", "in1")),
        ([happened("in1", "signed", "2022-05")], {}, ("contradicting-events", "in1")),
        ([], {"commitments": [TARGET, {**DUTY, "due": "2022"}]}, ("deadline-before-signature", "co2")),
        ([happened("co2", "official", "2024", "done")], {}, ("done-without-evidence", "co2")),
        ([], {"commitments": [TARGET, {**TARGET, "id": "co9"}]}, ("repeated-claim", "co9")),
        ([], {"commitments": [TARGET, {**DUTY, "body": "bo9"}]}, ("unknown-item", "co2")),
        ([], {"commitments": [TARGET, {**DUTY, "due": "soon"}]}, ("unreadable-due", "co2")),
        (
            [happened("in1", "superseded", "2024", "in2"), happened("in2", "superseded", "2024", "in1")],
            {},
            ("cycle", "in1"),
        ),
        (
            [happened("bo1", "met", "2024", "19"), happened("bo1", "met", "2023", "20")],
            {},
            ("sessions-out-of-order", "bo1"),
        ),
        (
            [
                happened("co2", "evidenced", "2024", "substantial", publisher="A paper"),
                happened("co2", "evidenced", "2025", "limited", publisher="A paper"),
            ],
            {},
            ("evidence-went-back", "co2"),
        ),
    ],
)
def test_what_does_not_fit_together_is_named(tmp_path, events, tables, expected):
    assert expected in named(small(tmp_path, events, **tables))


def test_what_happens_on_a_day_to_come_is_not_done_today(tmp_path):
    found = small(tmp_path, [happened("co2", "evidenced", "2099-07-01", "complete", publisher="A paper")])
    assert row(found, "co2")["evidence"] == "no_evidence"
    assert board(found, TODAY).progress.met == 0
    assert ("future-event", "co2") in named(found)


def test_one_thing_with_two_values_on_one_day(tmp_path):
    events = [happened("co2", "official", "2026-05", word) for word in ("done", "not_reached")]
    assert ("contradicting-events", "co2") in named(small(tmp_path, events))


def test_complete_without_a_due_date_is_neither_on_time_nor_late(tmp_path):
    plain = {**DUTY, "due": ""}
    found = small(
        tmp_path,
        [happened("co2", "evidenced", "2024", "complete", publisher="A paper")],
        commitments=[TARGET, plain],
    )
    assert row(found, "co2")["schedule"] == "no date"


def test_a_point_carries_the_measures_of_its_instrument(tmp_path):
    found = small(tmp_path, instruments=[PROTOCOL, {**PLAN, "measures": "clearing"}])
    assert row(found, "co2")["measures"] == "clearing"


def test_views_refuse_what_makes_no_sense(tmp_path):
    with pytest.raises(InputError, match="no kind of item"):
        small(tmp_path).timeline(kinds=["treaties"])
    with pytest.raises(InputError, match="comes before since"):
        small(tmp_path).timeline(since=date(2024, 1, 2), until=date(2024, 1, 1))


def test_a_sound_register_has_no_finding_but_bare_items(tmp_path):
    assert [name for name, _ in named(small(tmp_path))] == ["no-evidence"]


def test_embassies_older_than_relations(tmp_path):
    relations = {**PROTOCOL, "id": "in9", "field": "diplomatic relations", "date": "1999-01-29"}
    embassy = {**COMMISSION, "id": "bo9", "form": "embassy", "parties": "KAZ", "date": "1993"}
    found = small(tmp_path, instruments=[PROTOCOL, PLAN, relations], bodies=[COMMISSION, embassy])
    assert ("embassy-before-relations", "bo9") in named(found)


@pytest.mark.parametrize(
    ("line", "where", "words"),
    [
        (happened("co9", "official", "2024", "done"), "row 2, column item", "no item of the register"),
        (
            happened("co1", "ratified", "2024", "KAZ"),
            "row 2, column event",
            "nothing that happens to commitments",
        ),
        (happened("co1", "official", "2024", "great"), "row 2, column value", "Write one of: planned"),
        (happened("in1", "in_force"), "row 2, column date", "needs the date"),
        (
            happened("co1", "revised", "2024", "2025", field="colour"),
            "row 2, column value",
            "no field of commitments",
        ),
        (happened("in1", "ratified", "2024", "Atlantis"), "row 2, column value", "Atlantis"),
        (happened("in1", "in_force", "2024-02-30"), "row 2, column date", "2024-02-30"),
    ],
)
def test_a_bad_row_is_left_out_and_named(tmp_path, line, where, words):
    found = small(tmp_path, [line])
    (check,) = found.findings
    assert check.where == f"events.csv, {where}"
    assert words in check.message
    assert len(found.items) == 5


def test_one_id_twice(tmp_path):
    found = small(tmp_path, commitments=[TARGET, {**DUTY, "id": "co1"}])
    assert ("duplicate-id", "co1") in named(found)


def test_an_empty_folder_and_a_missing_one(tmp_path):
    with pytest.raises(InputError, match="nothing in it can be used"):
        Register.read(write(tmp_path / "empty", instruments=[]))
    with pytest.raises(InputError, match="no such register"):
        Register.read(tmp_path / "nowhere")


def test_cycles_are_found_once_and_long_chains_do_no_harm():
    ring = {"a": ("b",), "b": ("c",), "c": ("a", "d"), "d": ()}
    assert cycles(ring) == [("a", "b", "c")]
    chain = {str(n): (str(n + 1),) for n in range(50_000)} | {"50000": ()}
    assert cycles(chain) == []
