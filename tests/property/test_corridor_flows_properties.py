"""Flows on random networks: conservation, capacities, spells, scale, and that more limits never help."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor_flows_support import flow, limit, write
from tarazu.corridor.assignment import assign
from tarazu.corridor.disruption import disrupt
from tarazu.corridor.flows import assign_flows, carry, prepare, read_flows
from tarazu.corridor.network import Network

NODES = "abmn"
PAIRS = [(a, b) for i, a in enumerate(NODES) for b in NODES[i + 1 :]]
WAYS = ["", ":forward", ":backward"]
GOODS = ["grain", "steel", "coal"]
tonnes = st.integers(0, 200).map(float)
months = st.sampled_from(["", "1-3", "12;1", "4", "6-9"])


@st.composite
def legs(draw):
    chosen = draw(st.lists(st.sampled_from(PAIRS), min_size=3, max_size=6, unique=True))
    return [
        (a + b, a, b, float(draw(st.integers(1, 50))), float(draw(st.integers(0, 50)))) for a, b in chosen
    ]


@st.composite
def limits(draw, subjects, scenario=""):
    found = []
    for number in range(draw(st.integers(0, 4))):
        row = {"months": draw(months), "capacity_factor": draw(st.sampled_from([0, 0.3, 0.5, 1]))}
        row |= {"payload_factor": draw(st.sampled_from([0.7, 1])), "delay_h": draw(st.sampled_from([0, 24]))}
        row |= draw(
            st.sampled_from(
                [{}, {}, {"packagings": "bulk"}, {"commodities": "grain;steel"}, {"direction": "KAZ->IRN"}]
            )
        )
        if not row["months"] and draw(st.booleans()):
            row |= {"from": "2025-10-03", "to": "2025-11-20"}
        found.append(limit(draw(st.sampled_from(subjects)), f"{scenario}{number}", scenario=scenario, **row))
    return found


@st.composite
def cases(draw):
    """Arguments of `write`, and flows."""
    ways = draw(legs())
    subjects = [name for name, *_ in ways] + list(NODES)
    values = []
    for subject in draw(st.lists(st.sampled_from(subjects), max_size=5, unique=True)):
        way = draw(st.sampled_from(WAYS)) if len(subject) == 2 else ""
        values.append((subject + way, "capacity", float(draw(st.integers(5, 150)))))
    rows = [*draw(limits(subjects)), *draw(limits(subjects, "strike")), *draw(limits(subjects, "flood"))]
    # So that both are scenarios of every network.
    rows += [
        limit(subjects[0], f"sure-{name}", scenario=name, capacity_factor=0.9) for name in ("strike", "flood")
    ]
    flows = [
        flow(draw(tonnes), *draw(st.permutations(NODES))[:2], draw(st.sampled_from(GOODS)))
        | draw(st.sampled_from([{}, {"transit": "yes"}, {"month": 4}]))
        for _ in range(draw(st.integers(1, 5)))
    ]
    return {"legs": ways, "values": values, "limits": rows}, flows


def read(case) -> Network:
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder), case["legs"], case["values"], nodes=NODES, limits=case["limits"])


@settings(max_examples=40, deadline=None)
@given(cases())
def test_goods_are_conserved_and_no_capacity_is_exceeded_in_any_spell(given_case):
    case, rows = given_case
    net = read(case)
    found = assign_flows(net, rows, scenarios=["strike"], values=False)
    assert sorted(month for spell in found.spells for month in spell.months) == list(range(1, 13))
    asked: dict[tuple[object, ...], float] = {}  # rows that are the same but for their tonnes are one flow
    for row in rows:
        key = tuple(value for name, value in sorted(row.items()) if name != "tonnes")
        asked[key] = asked.get(key, 0.0) + row["tonnes"]
    assert found.moved + found.unmet == pytest.approx(list(asked.values()), abs=1e-6)
    assert (found.moved >= 0).all()
    assert (found.unmet >= 0).all()
    for spell, each in zip(found.spells, found.solved, strict=True):
        there = found.carriage.capacities(spell.shares)
        whole = [r for r, resource in enumerate(found.carriage.resources) if not resource.limit]
        used = dict.fromkeys(whole, 0.0)
        for path, moved in zip(each.paths, each.path_tonnes, strict=True):
            arcs = found.carriage.running(path)
            # Counted anew from the arcs: the node of origin, and what each arc enters or runs over.
            passed = [(arcs[0].tail[0], "")]
            passed += [
                (s, "" if s in net.nodes else ":forward" if a.forward else ":backward")
                for a in arcs
                for s in a.subjects
            ]
            for r in whole:
                resource = found.carriage.resources[r]
                used[r] += moved * sum(
                    subject == resource.subject and resource.way in ("", way) for subject, way in passed
                )
        for r in whole:
            assert used[r] <= there[r] * (1 + 1e-9) + 1e-9
            assert used[r] == pytest.approx(each.used[r], abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(cases())
def test_more_limits_never_lower_the_cost(given_case):
    case, rows = given_case
    net = read(case)
    flows, _ = read_flows(net, rows)
    carriage = prepare(net, flows)
    calm, strike, flood = (
        carry(carriage, asked, values=False).cost_usd for asked in ((), ("strike",), ("flood",))
    )
    both = carry(carriage, ("strike", "flood"), values=False).cost_usd
    slack = 1e-8 * (1 + both)
    assert calm <= strike + slack
    assert calm <= flood + slack
    assert max(strike, flood) <= both + slack


@settings(max_examples=30, deadline=None)
@given(cases(), st.lists(st.sampled_from(["", "=0.5", "@3-5", "=0.2@4"]), min_size=1, max_size=4))
def test_what_is_spared_or_taken_over_equals_every_spell_solved_from_nothing(given_case, ends):
    case, rows = given_case
    net = read(case)
    subjects = [name for name, *_ in case["legs"]]
    closure = "+".join(subjects[i % len(subjects)] + end for i, end in enumerate(ends))
    for _, _, found in disrupt(net, rows, ["strike", "strike+" + closure], closures=[closure]).cases:
        cold = [assign(found.carriage.problem(spell), gap=0.0) for spell in found.spells]
        cost = sum(spell.weight * each.cost_usd for spell, each in zip(found.spells, cold, strict=True))
        assert found.cost_usd == pytest.approx(cost, rel=1e-8, abs=1e-6)
        for spell, each in zip(found.spells, found.solved, strict=True):
            assert (each.used <= found.carriage.capacities(spell.shares) + 1e-9).all()


@settings(max_examples=20, deadline=None)
@given(cases(), st.sampled_from([0.5, 4.0]))
def test_tonnes_and_capacities_scale_together(given_case, scale):
    case, rows = given_case
    found = assign_flows(read(case), rows, values=False)
    larger = {**case, "values": [(subject, key, value * scale) for subject, key, value in case["values"]]}
    other = assign_flows(
        read(larger), [{**row, "tonnes": row["tonnes"] * scale} for row in rows], values=False
    )
    assert other.cost_usd == pytest.approx(found.cost_usd * scale, rel=1e-8, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_the_value_of_a_tonne_is_what_one_more_saves(given_case):
    case, rows = given_case
    found = assign_flows(read(case), rows)
    asked = [r for r, resource in enumerate(found.carriage.resources) if not resource.limit]
    for r in asked[:2]:
        subject = found.carriage.resources[r].subject + found.carriage.resources[r].way
        raised = [(s, key, value + (s == subject)) for s, key, value in case["values"]]
        other = assign_flows(read({**case, "values": raised}), rows, values=False)
        assert found.saved[r] == pytest.approx(found.cost_usd - other.cost_usd, rel=1e-5, abs=1e-4)
    assert not np.isnan(found.saved).any()
