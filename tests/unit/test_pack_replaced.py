"""Points that the pack proposes to close, by the register's own links: for what is open and binds no less."""

from __future__ import annotations

from datetime import date

import pytest

from pack_support import TABLES, TODAY, full_pack, small
from tarazu.planning.pack import pack
from tarazu.planning.pack_replaced import replaced
from tarazu.planning.pack_words import text
from tarazu.register.register import Register

HEAD = "id,title,form,parties,instrument,due,repeats,date"
EARLIER = "a,Promise it,obligation,KAZ;IRN,,2025-06,,2023-02-01"
LATER = "b,Promise it again,obligation,KAZ;IRN,ag,,a,2025-12-11"


STEPS = "id,title,commitment,due"


def made(
    folder,
    *commitments,
    events="c0,official,agreed,2025-12-12",
    instruments=TABLES["instruments"],
    milestones=STEPS,
):
    rows = "\n".join((HEAD, "c0,Anything,plan,KAZ;IRN,,,,2025-12-11", *commitments))
    return small(
        folder,
        commitments=rows,
        instruments=instruments,
        milestones=milestones,
        events=f"item,event,value,date\n{events}",
    )


def pairs(register, today=TODAY):
    return [(each.earlier.id, each.later.id, each.link) for each in replaced(register, today)]


def points(register, today=TODAY):
    rows = pack(register, None, 21, today).part("points").grids[0].rows
    return [(text(row[1], "en").split("\n")[0], text(row[2], "en")) for row in rows]


def test_a_point_said_again_is_to_be_closed_in_favour_of_the_later_with_the_reason(tmp_path):
    register = made(tmp_path, EARLIER, LATER)
    assert pairs(register) == [("a", "b", "repeated")]
    (title, reason), *others = points(register)
    assert title == "Close the earlier points in whose place this one stands: Promise it again"
    assert reason.split("\n") == [
        "“Promise it”, 1 February 2023: said again there, 11 December 2025; its own date has passed: June 2025, "
        "overdue by 199 days.",
        "The later point has no date: set one when the earlier are closed.",
        "No document shows anything of the later point.",
    ]
    assert not any("Promise it" in title + reason for title, reason in others)


def test_an_overdue_step_of_what_is_closed_is_named_there_and_is_no_point_of_its_own(tmp_path):
    undated = EARLIER.replace("2025-06", "")
    register = made(
        tmp_path, undated, LATER, milestones=f"{STEPS}\nm1,First step,a,2024-05\nm2,Last step,a,2027"
    )
    (title, reason), *others = points(register)
    assert title.endswith("this one stands: Promise it again")
    assert reason.split("\n")[:2] == [
        "“Promise it”, 1 February 2023: said again there, 11 December 2025.",
        "Overdue step: First step; due: May 2024.",
    ]
    assert "Last step" not in reason
    assert not any("First step" in title + reason for title, reason in others)


@pytest.mark.parametrize(
    ("later", "events"),
    [
        ("b,Again,obligation,KAZ;IRN,ag,,a,2025-12-11", "b,official,dropped,2025-12-20"),
        ("b,Again,obligation,KAZ;IRN,ag,,a,2025-12-11", "b,official,done,2025-12-20"),
        ("b,Again,obligation,KAZ;IRN,ag,,a,2025-12-11", "b,evidenced,complete,2025-12-20"),
        ("b,Again,obligation,KAZ;IRN,ag,,a,2025-12-11", "b,superseded,c0,2025-12-20"),
        ("b,Again,obligation,KAZ,ag,,a,2025-12-11", "c0,official,agreed,2025-12-12"),
        ("b,Again,plan,KAZ;IRN,ag,,a,2025-12-11", "c0,official,agreed,2025-12-12"),
        ("b,Again,obligation,KAZ;IRN,ag,,a,2022-12-11", "c0,official,agreed,2025-12-12"),
        ("b,Again,obligation,KAZ;IRN,ag,,,2025-12-11", "c0,official,agreed,2025-12-12"),
        ("b,Again,obligation,KAZ;IRN,ag,,a,2026-12-11", "c0,official,agreed,2025-12-12"),
    ],
    ids=["dropped", "done", "complete", "replaced", "one party", "plan", "older", "no link", "to come"],
)
def test_what_is_closed_or_binds_less_takes_no_place(tmp_path, later, events):
    register = made(tmp_path, EARLIER, later, events=events)
    assert "a" not in [earlier for earlier, _, _ in pairs(register)]
    assert any(title == "Renew with a date: Promise it" for title, _ in points(register))


def test_a_promise_of_a_signed_document_is_not_closed_for_one_that_was_only_said(tmp_path):
    earlier = EARLIER.replace("KAZ;IRN,,", "KAZ;IRN,pr19,")
    spoken = LATER.replace(",ag,", ",,")
    assert pairs(made(tmp_path, earlier, spoken)) == []
    drafted = TABLES["instruments"].replace("ag,Later agreement", "me,Other memo").replace("me19,", "zz,")
    drafted = "\n".join(
        f"{row},{'event' if n == 0 else 'negotiated' if row.startswith('me,') else 'signed'}"
        for n, row in enumerate(drafted.split("\n"))
    )
    (tmp_path / "drafted").mkdir()
    unsigned = made(tmp_path / "drafted", earlier, LATER.replace(",ag,", ",me,"), instruments=drafted)
    assert unsigned.items["me"].dates.get("signed") is None
    assert pairs(unsigned) == []


def test_of_several_the_signed_one_goes_before_the_latest(tmp_path):
    spoken = "d,Once more,obligation,KAZ;IRN,,,a,2026-01-10"
    assert pairs(made(tmp_path, EARLIER, LATER, spoken)) == [("a", "b", "repeated")]


def test_a_replaced_point_is_closed_in_favour_of_the_open_end_of_the_chain(tmp_path):
    chain = (EARLIER, "b,Second,obligation,KAZ;IRN,,,,2024", "d,Third,obligation,KAZ;IRN,,2027,,2025")
    events = "a,superseded,b,2024-05-01\nb,superseded,d,2025-05-01\nd,evidenced,limited,2025-06-01"
    register = made(tmp_path, *chain, events=events)
    assert pairs(register) == [("a", "d", "superseded"), ("b", "d", "superseded")]
    title, reason = points(register)[0]
    assert title.endswith("this one stands: Third")
    assert reason.split("\n")[0] == (
        "“Promise it”, 1 February 2023: replaced by it, 1 May 2024, but not closed; its own date has passed: "
        "June 2025, overdue by 199 days."
    )
    assert "has no date" not in reason


def test_links_in_a_circle_or_to_nothing_end(tmp_path):
    events = "a,superseded,b,2024-05-01\nb,superseded,a,2025-05-01\nd,superseded,nowhere,2025-01-01"
    chain = (
        EARLIER,
        "b,Second,obligation,KAZ;IRN,,,,2024",
        "d,Third,obligation,KAZ;IRN,,2027,,2025",
        "e,Fourth,obligation,KAZ;IRN,,,f,2024",
        "f,Fifth,obligation,KAZ;IRN,,,e,2025",
    )
    assert {earlier for earlier, _, _ in pairs(made(tmp_path, *chain, events=events))} <= {"e", "f"}


def test_plans_are_closed_only_once_they_are_overdue(tmp_path):
    plans = (EARLIER.replace("obligation", "plan"), LATER.replace("obligation", "plan"))
    register = made(tmp_path, *plans)
    assert pairs(register) == [("a", "b", "repeated")]
    assert pairs(register, date(2025, 6, 30)) == []


def test_bundled_links_close_the_first_statement_of_the_target_for_that_of_the_action_plan():
    found = {each.earlier.id: each for each in replaced(Register.read("kaz-irn"), date(2026, 11, 23))}
    assert found["co007"].later.id == "co015.1"
    assert found["co007"].later["instrument"] == "co015"
    assert "co015.1" not in found
    reasons = [
        text(row[2], "ru")
        for row in full_pack().part("points").grids[0].rows
        if text(row[1], "ru").startswith("Закрыть прежние пункты")
    ]
    assert any("«Довести торговлю до 3 млрд долл. США в ближайшие годы», май 2019" in r for r in reasons)
