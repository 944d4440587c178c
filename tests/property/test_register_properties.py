"""Properties of the register: order of entry, what a fold keeps, exchange without loss, merges that settle."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date
from itertools import pairwise

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.register.consistency import cycles
from tarazu.register.exchange import as_json, from_json
from tarazu.register.merge import merge
from tarazu.register.model import RECORDED, Event, Evidence, event_types
from tarazu.register.reading import numbered
from tarazu.register.register import Register
from tarazu.register.schedule import progress
from tarazu.register.views import board

TODAY = date(2026, 11, 23)
NAMES = st.sampled_from(["co1", "co2", "co3"])
DATES = st.sampled_from(["", "2019", "2023-12", "2023-12-04", "2024-06-30", "2026"])
OFFICIAL, POINTS = (event_types()[name].choices for name in ("official", "evidenced"))
PROOF = st.builds(
    Evidence,
    publisher=st.sampled_from(["", "A paper", "Газета", "روزنامه"]),
    quote=st.text(max_size=12),
    start=st.none() | st.integers(0, 99),
)


@st.composite
def happened(draw):
    name = draw(st.sampled_from(["official", "evidenced", "restated", "revised", "corrected", "next_step"]))
    value = {
        "official": st.sampled_from(OFFICIAL),
        "evidenced": st.sampled_from(POINTS),
        "next_step": st.text(min_size=1, max_size=8),
    }.get(name, st.sampled_from(["2025", "2027-Q1"]))
    field = "due" if name in ("revised", "corrected") else ""
    return Event(
        draw(NAMES), "commitments", name, draw(DATES), field=field, value=draw(value), evidence=draw(PROOF)
    )


def opened(name, due="2025"):
    fields = {"id": name, "title": name, "form": "obligation", "parties": ("KAZ", "IRN"), "due": due}
    return Event(name, "commitments", RECORDED, "2019", fields=fields)


REGISTERS = st.lists(happened(), max_size=12).map(
    lambda events: Register("test", numbered([*map(opened, ("co1", "co2", "co3")), *events]))
)


@settings(deadline=None)
@given(REGISTERS, st.integers(0, 2**32))
def test_items_do_not_depend_on_the_order_in_which_events_are_held(register, seed):
    events = list(register.events)
    random.Random(seed).shuffle(events)
    assert Register("test", tuple(events)).items == register.items


@settings(deadline=None)
@given(REGISTERS)
def test_a_later_entry_of_the_same_event_changes_nothing_that_is_shown_but_the_count(register):
    twice = Register("test", numbered([*register.events, *register.events[3:]]))
    for name, item in register.items.items():
        assert dict(twice.items[name].fields) == dict(item.fields) or any(
            event.date == "" for event in item.events
        )


@settings(deadline=None)
@given(REGISTERS)
def test_progress_keeps_within_its_denominators(register):
    found = progress(register, register.of("commitments"))
    assert 0 <= found.met <= found.owed <= 3
    assert found.met + found.unknown <= found.owed
    assert found.steps is None or 0 <= found.steps <= 1
    assert found.stepped <= found.owed


@settings(deadline=None)
@given(REGISTERS)
def test_every_commitment_stands_on_the_board_once(register):
    rows = board(register, TODAY).table
    assert sorted(rows.column("id")) == sorted(item.id for item in register.of("commitments"))
    known = {"met on time", "met late", "running", "overdue", "no date", "closed"}
    assert set(rows.column("schedule")) <= known


@settings(deadline=None)
@given(REGISTERS)
def test_json_holds_everything(register):
    text = json.dumps(as_json(register), ensure_ascii=False)
    assert from_json(text, "x.json").events == register.events


@settings(deadline=None)
@given(REGISTERS, REGISTERS)
def test_a_merge_settles(one, other):
    found = merge(one, other)
    both = Register("both", numbered([*one.events, *found.added]))
    again = merge(both, other)
    assert again.added == ()
    assert again.conflicts == found.conflicts
    assert found.same + len(found.added) <= len(other.events)
    assert merge(one, one).added == ()


@settings(deadline=None)
@given(REGISTERS)
def test_what_happens_tomorrow_is_not_known_today(register):
    later = replace(
        register,
        events=(*register.events, Event("co1", "commitments", "official", "2027", value="done", number=99)),
    )
    assert later.on(TODAY) == register.on(TODAY)


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=3), max_size=7))
def test_cycles_are_cycles_and_none_is_missed_where_there_is_one(edges):
    graph = {str(a): tuple(str(b) for b in others) for a, others in edges.items()}
    found = cycles(graph)
    for cycle in found:
        ring = [*cycle, cycle[0]]
        assert all(b in graph[a] for a, b in pairwise(ring))
    directed = nx.DiGraph([(a, b) for a, others in graph.items() for b in others])
    assert bool(found) == (not nx.is_directed_acyclic_graph(directed))
