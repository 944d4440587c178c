"""Registers written to files and read back; two registers compared; deadlines and results in others' words."""

from __future__ import annotations

import json
from datetime import date
from xml.etree import ElementTree

import pytest

from register_support import DUTY, PROTOCOL, TARGET, happened, small, write
from tarazu.core.errors import InputError
from tarazu.register import exchange
from tarazu.register.merge import merge, read_any
from tarazu.register.register import Register

EVENTS = [
    happened(
        "co1", "official", "2024-02", "in_progress", publisher="A paper", quote="it is going on", note="said"
    ),
    happened("co2", "revised", "2024-05", "2025-12", field="due"),
    happened("in1", "ratified", "2024-03-01", "KAZ"),
]


def told(register):
    return {
        (event.item, event.event, event.date, str(event.value), event.evidence) for event in register.events
    }


def written(register, folder, form):
    if form == "csv":
        path = folder / "csv"
        path.mkdir()
        for name, table in exchange.tables(register).items():
            (path / f"{name}.csv").write_text(table.to_csv(), encoding="utf-8")
    elif form == "json":
        path = folder / "register.json"
        path.write_text(json.dumps(exchange.as_json(register), ensure_ascii=False), encoding="utf-8")
    else:
        path = folder / "register.xlsx"
        path.write_bytes(exchange.workbook(register))
    return path


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
@pytest.mark.parametrize("which", ["small", "bundled"])
def test_what_is_written_is_read_back(tmp_path, form, which):
    given = small(tmp_path / "given", EVENTS) if which == "small" else Register.read("kaz-irn")
    found = read_any(written(given, tmp_path, form))
    assert found.findings == ()
    assert told(found) == told(given)
    there = {name: dict(item.fields) for name, item in found.items.items()}
    assert there == {name: dict(item.fields) for name, item in given.items.items()}
    assert merge(given, found).added == merge(found, given).added == ()


def test_a_formula_in_a_text_stays_a_text(tmp_path):
    given = small(tmp_path / "given", commitments=[{**TARGET, "title": "=1+1"}, DUTY])
    assert read_any(written(given, tmp_path, "xlsx")).items["co1"].title == "=1+1"


def test_a_merge_adds_what_is_missing_and_lists_what_differs(tmp_path):
    mine = small(tmp_path / "mine", EVENTS[:1])
    other = small(
        tmp_path / "other",
        EVENTS[:2],
        commitments=[TARGET, {**DUTY, "title": "Lift all bans"}, {**DUTY, "id": "co3", "title": "New"}],
    )
    found = merge(mine, other)
    assert [(event.item, event.event) for event in found.added] == [
        ("co3", "recorded"),
        ("co3", "said"),
        ("co2", "revised"),
    ]
    (conflict,) = found.conflicts
    assert (conflict.name, conflict.where) == ("fields-differ", "co2")
    assert '"Lift bans" here and "Lift all bans" there' in conflict.message


BAD = {**DUTY, "id": "co9", "due": "2026-02-30"}


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_what_may_not_be_added_by_hand_is_not_merged_either(tmp_path, form):
    other = small(
        tmp_path / "other",
        [happened("co9", "official", "2024-01", "done"), happened("co2", "evidenced", "2024-05", "complete")],
        commitments=[TARGET, DUTY, BAD],
    )
    found = merge(small(tmp_path / "mine"), read_any(written(other, tmp_path, form)))
    assert found.added == ()
    told = {check.where: check for check in found.conflicts}
    assert set(told) == {"co9", "co2"}
    assert {check.name for check in found.conflicts} == {"not-entered"}
    assert 'due: "2026-02-30" is no date' in told["co9"].message
    assert "evidenced of 2024-05 was not entered: evidenced complete needs its source" in told["co2"].message


def test_values_out_of_bounds_in_json_are_refused_too(tmp_path):
    data = exchange.as_json(small(tmp_path / "given"))
    target = next(each for each in data["events"] if each["item"] == "co1" and each["event"] == "recorded")
    for wrong, words in (
        ({"target_low": -5}, "below the least possible value"),
        ({"form": "wish"}, "is not possible"),
        ({"target_high": 5}, "is below target_low"),
        ({"parties": ["Atlantis"]}, "Atlantis"),
        ({"colour": "red"}, "no field of commitments"),
        ({"due": 2026}, "due: 2026 is no text. Write '2026'."),
        ({"target_low": "3000"}, "is no number. Write 3000.0."),
    ):
        given = {**target["fields"]}
        target["fields"] = {**given, **wrong}
        (tmp_path / "x.json").write_text(json.dumps(data), encoding="utf-8")
        found = merge(Register("empty", ()), read_any(tmp_path / "x.json"))
        (refused,) = (check for check in found.conflicts)
        assert (refused.name, refused.where) == ("not-entered", "co1")
        assert words in refused.message
        assert "co1" not in {event.item for event in found.added}
        target["fields"] = given


def test_a_twin_under_another_id_is_named_and_comes_in(tmp_path):
    mine = small(tmp_path / "mine")
    other = small(
        tmp_path / "other", commitments=[{**DUTY, "id": "co7"}, {**DUTY, "id": "co8", "due": "2029"}]
    )
    found = merge(mine, other)
    assert [(check.name, check.where) for check in found.twins] == [("same-under-another-id", "co7")]
    assert {"co7", "co8"} <= {event.item for event in found.added}


def test_an_item_without_an_event_and_one_without_a_day_are_read_back(tmp_path):
    rows = [{**PROTOCOL, "date": ""}, {**PROTOCOL, "id": "in3", "date": "", "event": "signed"}]
    given = small(tmp_path / "given", instruments=rows, commitments=[])
    assert {name: "signed" in given.items[name].dates for name in ("in1", "in3")} == {
        "in1": False,
        "in3": True,
    }
    for form in ("csv", "json", "xlsx"):
        found = read_any(written(given, tmp_path, form))
        assert [(e.item, e.event, e.date) for e in found.events] == [
            (e.item, e.event, e.date) for e in given.events
        ]


def test_an_item_of_another_kind_there_is_a_conflict_and_nothing_of_it_enters(tmp_path):
    mine = small(tmp_path / "mine")
    other = Register.read(write(tmp_path / "other", visits=[{"id": "co1", "who": "X", "level": "minister"}]))
    found = merge(mine, other)
    assert found.added == ()
    assert [(each.name, each.where) for each in found.conflicts] == [("other-kind", "co1")]


def test_deadlines_stand_on_the_last_day_and_say_how_precise_they_are(tmp_path):
    from icalendar import Calendar

    found = Calendar.from_ical(exchange.calendar(small(tmp_path)))
    entries = {str(each["summary"]): each for each in found.walk("VEVENT")}
    assert entries["Lift bans"]["dtstart"].dt == date(2024, 6, 30)
    assert entries["Trade of 3 bn"]["dtstart"].dt == date(2030, 12, 31)
    assert "Due 2030; the last day" in str(entries["Trade of 3 bn"]["description"])
    assert exchange.calendar(small(tmp_path)) == exchange.calendar(small(tmp_path))


def test_results_hold_baseline_target_and_actual_with_their_periods(tmp_path):
    indicator = {
        "id": "nd1", "title": "Turnover", "unit": "USD m", "baseline": "528", "baseline_period": "2022",
        "target": "3000", "due": "2030",
    }  # fmt: skip
    more = [
        happened("nd1", "measured", "2024", "340"),
        happened("nd1", "measured", "2025", "400", field="SH 1403"),
    ]
    root = ElementTree.fromstring(exchange.results(small(tmp_path, more, indicators=[indicator])))
    assert root.attrib["version"] == "2.03"
    activity = root.find("iati-activity")
    needed = ("iati-identifier", "reporting-org", "title", "activity-status", "result")
    assert tuple(each.tag for each in activity) == needed, "the order of the standard"
    assert activity.find("reporting-org/narrative").text
    assert activity.find("title/narrative").text
    assert activity.find("activity-status").get("code") == "2"
    (found,) = root.iter("indicator")
    assert found.find("baseline").attrib == {"year": "2022", "value": "528"}
    periods = [
        (
            each.find("period-start").get("iso-date"),
            each.find("period-end").get("iso-date"),
            each[2].tag,
            each[2].get("value"),
        )
        for each in found.iter("period")
    ]
    assert periods == [
        ("2030-01-01", "2030-12-31", "target", "3000"),
        ("2024-01-01", "2024-12-31", "actual", "340"),
        ("2024-03-20", "2025-03-20", "actual", "400"),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.json", "{"),
        ("x.json", "[]"),
        ("x.json", '{"version": 9, "events": []}'),
        ("x.json", '{"version": 1, "events": [{"item": "a", "kind": "treaties", "event": "recorded"}]}'),
        ("x.json", '{"version": 1, "events": [{"item": "a"}]}'),
        ("x.xlsx", "no workbook"),
        ("x.csv", "id\n"),
    ],
)
def test_a_file_that_is_no_register_is_refused_in_words(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_any(path)


def test_another_value_of_one_day_is_listed_and_does_not_win(tmp_path):
    mine = small(tmp_path / "mine", [happened("co2", "official", "2026-05", "done")])
    other = small(tmp_path / "other", [happened("co2", "official", "2026-05", "not_reached")])
    found = merge(mine, other)
    assert found.added == ()
    (conflict,) = found.conflicts
    assert (conflict.name, conflict.where) == ("values-differ", "co2")
    assert '"done" here and "not_reached" there' in conflict.message
