"""Checks of a register: every contradiction is named, figures are held against one another."""

from __future__ import annotations

import pytest

from register_support import COMMISSION, PROTOCOL, happened, small
from tarazu.register.consistency import consistency
from tarazu.register.register import Register
from tarazu.register.schedule import grade


def fired(register, name):
    return [(check.where, check.message) for check in consistency(register) if check.name == name]


def test_every_event_out_of_order_is_named_and_not_only_neighbours(tmp_path):
    """Signed in 2023: in force before it was signed and before it was ratified, ended before all of them."""
    events = [
        happened("in1", "ratified", "2024-02", "KAZ"),
        happened("in1", "in_force", "2022"),
        happened("in1", "ended", "2021"),
    ]
    found = fired(small(tmp_path, events), "events-out-of-order")
    assert {where for where, _ in found} == {"in1"}
    told = {message.partition(". ")[0] for _, message in found}
    assert told == {
        "in_force on 2022, before it was signed on 2023-12-04",
        "in_force on 2022, before it was ratified on 2024-02",
        "ended on 2021, before it was signed on 2023-12-04",
        "ended on 2021, before it was ratified on 2024-02",
        "ended on 2021, before it was in_force on 2022",
    }


def test_each_ratification_is_held_against_the_signature(tmp_path):
    events = [happened("in1", "ratified", "2020", "KAZ"), happened("in1", "ratified", "2024", "IRN")]
    (one,) = fired(small(tmp_path, events), "events-out-of-order")
    assert "ratified on 2020" in one[1]


def test_events_in_order_and_of_one_span_are_left(tmp_path):
    events = [happened("in1", "ratified", "2023", "KAZ"), happened("in1", "in_force", "2024")]
    assert fired(small(tmp_path, events), "events-out-of-order") == []


def test_two_days_of_one_event_are_found_though_a_vaguer_one_stands_between(tmp_path):
    events = [happened("bo1", "established", "1999-05"), happened("bo1", "established", "1999-03")]
    register = small(tmp_path, events, bodies=[{**COMMISSION, "date": "1999"}])
    assert [where for where, _ in fired(register, "contradicting-events")] == ["bo1"]


PAPER = {"publisher": "A paper"}


@pytest.mark.parametrize("value", ["limited", "substantial", "complete"])
@pytest.mark.parametrize(
    ("day", "source", "lacks"),
    [("2024-05", {}, "its source"), ("", PAPER, "its date"), ("", {}, "its source")],
)
def test_a_grade_without_source_or_day_is_named_and_does_not_count(tmp_path, value, day, source, lacks):
    register = small(tmp_path, [happened("co2", "evidenced", day, value, **source)])
    (found,) = fired(register, "evidence-without-source")
    assert found[0] == "co2"
    assert f"evidenced {value} needs {lacks}" in found[1]
    assert grade(register.items["co2"]) == "no_evidence"


def test_a_grade_without_source_is_named_until_a_later_entry_has_one(tmp_path):
    """An undated grade is the first in the order of days, and still not told by an earlier entry with a source."""
    bare = happened("co2", "evidenced", "", "complete")
    sourced = happened("co2", "evidenced", "2020", "not_started", **PAPER)
    assert len(fired(small(tmp_path / "a", [sourced, bare]), "evidence-without-source")) == 1
    assert fired(small(tmp_path / "b", [bare, sourced]), "evidence-without-source") == []
    for name in ("a", "b"):
        assert grade(Register.read(tmp_path / name).items["co2"]) == "not_started"


def test_a_grade_with_its_source_counts_and_one_that_claims_nothing_needs_none(tmp_path):
    events = [
        happened("co1", "evidenced", "", "not_started"),
        happened("co2", "evidenced", "2024-05", "complete"),
        happened("co2", "evidenced", "2024-05", "limited", source_url="https://example.org"),
    ]
    register = small(tmp_path, events)
    assert fired(register, "evidence-without-source") == []
    assert [grade(register.items[name]) for name in ("co1", "co2")] == ["not_started", "limited"]


def test_what_only_cites_contradicts_nothing(tmp_path):
    events = [happened("in1", "cited", "2024-05-01", words, **PAPER) for words in ("one", "another")]
    assert fired(small(tmp_path, events), "contradicting-events") == []
    events = [happened("co2", "official", "2024-05-01", word) for word in ("done", "agreed")]
    assert len(fired(small(tmp_path / "other", events), "contradicting-events")) == 1


def test_a_signature_without_a_day_is_named(tmp_path):
    rows = [{**PROTOCOL, "date": "", "event": "signed"}, {**PROTOCOL, "id": "in3", "date": ""}]
    register = small(tmp_path, instruments=rows, commitments=[])
    assert [where for where, _ in fired(register, "signed-without-day")] == ["in1"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("340", "355", "370000"), ["370000 of 2024"]),
        (("340", "0.36", "380"), ["0.36 of 2023"]),
        (("340", "355", "3300"), []),
        (("340", "340000"), []),
        (("0", "0", "5"), []),
    ],
)
def test_a_figure_far_from_the_others_of_its_indicator_is_named(tmp_path, values, expected):
    indicator = {"id": "nd1", "title": "Turnover", "unit": "USD m", "target": "3000"}
    events = [happened("nd1", "measured", str(2022 + at), value) for at, value in enumerate(values)]
    found = fired(small(tmp_path, events, indicators=[indicator]), "figure-apart")
    assert [message.partition(" is far")[0] for _, message in found] == expected


def test_a_row_with_control_characters_is_left_out_and_named(tmp_path):
    evil = {**PROTOCOL, "id": "in9", "title": "Red\x1b[31m"}
    told = {**PROTOCOL, "id": "in8", "quote": "Two\nlines", "note": "Two\nlines"}
    register = small(tmp_path, instruments=[PROTOCOL, evil, told], commitments=[])
    (check,) = (each for each in register.checks if each.name == "control-character")
    assert check.where == "instruments.csv, row 3"
    assert "title: holds the control character U+001B (Red\\x1b[31m)" in check.message
    assert "\x1b" not in check.message
    assert {"in1", "in8"} <= set(register.items)
    assert "in9" not in register.items
