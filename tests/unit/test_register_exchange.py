"""Registers written to files and read back; two registers compared; deadlines and results in others' words."""

from __future__ import annotations

import json
from datetime import date
from xml.etree import ElementTree

import pytest

from register_support import DUTY, TARGET, happened, small, write
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
