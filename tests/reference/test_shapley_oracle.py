"""Attribution against brute force: every order of the measures, each flow computed by the ordinary path."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest

from tarazu.core.measure import Basis, Interval, Measure
from tarazu.planning import attribution
from tarazu.planning.attribution import attribute, bundle_turnovers, lattice
from tarazu.planning.block import Block, Line
from tarazu.planning.turnover import (
    Setting,
    coefficients,
    combined,
    flows,
    lift,
    line_flow,
    turnover,
    usual_flows,
    usual_turnover,
)
from tarazu.policy.costs import CostChange
from tarazu.policy.response import Market

N, BASE_YEAR, YEARS = 7, 2025, (2026, 2027, 2028)
AT = Setting(2, "calm")
WHOLE = Interval(1.0, 1.0, 1.0)


def measures(count):
    return [
        Measure(
            f"m{i}",
            f"Measure {i}",
            2026.0 + i / 2,
            3.0,
            "ministry",
            (),
            WHOLE,
            WHOLE,
            None,
            Basis.UNKNOWN,
            (),
            (),
        )
        for i in range(count)
    ]


def line(rng, name, direction, touched, rivals=2, limited=True, supply=None):
    """A line on which measures cut own and rivals' costs and lift limits that bind in some draws."""
    m = len(touched)
    shares = rng.dirichlet(np.ones(rivals + 2), N).T
    base = rng.uniform(1e7, 5e8, N)
    limit = base * rng.uniform(0.9, 1.5, N) if limited else np.full(N, np.inf)
    own = rng.uniform(-0.15, 0.02, (m, N))
    money = own * rng.random((m, N))
    return Line(
        id=name,
        codes=name,
        direction=direction,
        base=base,
        limit=limit,
        room=limit * rng.uniform(1.0, 1.6, N),
        unit_value=np.full(N, 200.0),
        market=Market(
            rng.uniform(1, 8, N),
            rng.uniform(0.5, 1.5, N),
            rng.uniform(0.2, 5, N) if supply is None else np.full(N, supply),
            shares[0],
            shares[1 : rivals + 1],
        ),
        change=CostChange(
            measures=tuple(touched),
            own=own,
            money=money,
            tariff=money * 0.5,
            rivals=rng.uniform(-0.1, 0.0, (m, rivals, N)),
            sale=rng.uniform(0, 4e7, (m, N)) * (rng.random((m, N)) < 0.6),
            carriage=rng.uniform(0, 4e7, (m, N)) * (rng.random((m, N)) < 0.6),
        ),
        regime={"calm": rng.uniform(0.8, 1.2, N)},
    )


def block(lines, count, seed=0):
    rng = np.random.default_rng(seed)
    return Block(
        ends=("KAZ", "IRN"),
        level={},
        counted={
            "pooled": np.ones((N, 2, 3)),
            "KAZ": rng.uniform(0.8, 1.3, (N, 2, 3)),
            "IRN": rng.uniform(0.8, 1.3, (N, 2, 3)),
        },
        usual=SimpleNamespace(),  # type: ignore[arg-type]
        growth=rng.normal(0.05, 0.1, (N, 3)).cumsum(axis=1),
        market_growth=np.full((N, 3), 0.02).cumsum(axis=1),
        lines=tuple(lines),
        ordinary=rng.uniform(0, 0.5, (count, N)),
        delivered=np.ones((count, N)),
        survival={"calm": rng.uniform(0.5, 1, (count, N))},
        slack=rng.uniform(0.0, 1.0, N),
    )


@pytest.fixture(scope="module")
def five():
    rng = np.random.default_rng(11)
    lines = [
        line(rng, "barley", 0, (0, 1, 3, 4)),
        line(rng, "steel", 0, (4, 2), rivals=0, supply=np.inf),
        line(rng, "dates", 1, (1, 2, 3)),
        line(rng, "untouched", 1, ()),
        line(rng, "other", 1, (0, 1, 2, 3, 4), rivals=1, limited=False),
    ]
    return block(lines, 5)


def turnover_of(given, bundle, series):
    strength = [float(i in bundle) for i in range(5)]
    share = coefficients(given, measures(5), strength, YEARS[AT.year], BASE_YEAR, AT.regime)
    return turnover(given, AT, share, series)


@pytest.mark.parametrize("series", ["pooled", "KAZ", "IRN"])
def test_attribution_equals_the_average_over_all_orders(five, series):
    worth = {}
    expected = np.zeros((5, N))
    orders = list(permutations(range(5)))
    for order in orders:
        before = frozenset()
        for i in order:
            after = before | {i}
            for bundle in (before, after):
                if bundle not in worth:
                    worth[bundle] = turnover_of(five, bundle, series)
            expected[i] += (worth[after] - worth[before]) / len(orders)
            before = after
    found = attribute(five, measures(5), AT, BASE_YEAR, YEARS, series)
    scale = worth[frozenset(range(5))]
    assert np.abs(found.contribution - expected).max() / scale.max() < 1e-9
    assert np.abs(found.contribution.sum(axis=0) - (scale - worth[frozenset()])).max() / scale.max() < 1e-12
    assert not found.sampling_error.any()


def test_each_line_is_attributed_by_itself(five):
    found = attribute(five, measures(5), AT, BASE_YEAR, YEARS, "KAZ")
    ends = []
    for strength in (0.0, 1.0):
        share = coefficients(five, measures(5), [strength] * 5, YEARS[AT.year], BASE_YEAR, AT.regime)
        ends.append(flows(five, AT, share, ("KAZ",))["KAZ"])
    assert found.by_line.sum(axis=1) == pytest.approx(ends[1] - ends[0], rel=1e-9, abs=1e-3)
    assert not found.by_line[3].any()  # no measure touches it
    assert not found.by_line[1, [0, 1, 3]].any()


def test_bundles_have_the_turnover_that_the_ordinary_path_gives(five):
    found = attribute(five, measures(5), AT, BASE_YEAR, YEARS, "KAZ")
    table = bundle_turnovers(five, found, 5)
    for number in range(32):
        bundle = {i for i in range(5) if number >> i & 1}
        assert table[number] == pytest.approx(turnover_of(five, bundle, "KAZ"), rel=1e-6)


def test_no_measure_is_business_as_usual(five):
    for series in ("pooled", "KAZ", "IRN"):
        usual = usual_turnover(five, AT.year, series, AT.regime)
        assert turnover_of(five, set(), series) == pytest.approx(usual, rel=1e-12)
        assert attribute(five, measures(5), AT, BASE_YEAR, YEARS, series).without == pytest.approx(usual)


def test_limits_bind_and_lifts_act_in_the_case_above(five):
    """The case is worth nothing as a proof if no limit binds, no product is outgrown or no lift acts."""
    share = coefficients(five, measures(5), [1.0] * 5, YEARS[AT.year], BASE_YEAR, AT.regime)
    reached = flows(five, AT, share, ("pooled",))["pooled"]
    free = flows(five, Setting(AT.year, AT.regime, further_cut=1e-12), share, ("pooled",))["pooled"]
    assert (free[0] > reached[0] * 1.01).any()
    grown = five.lines[0].base * np.exp(five.growth[:, AT.year]) * five.lines[0].regime[AT.regime]
    usual = usual_flows(five, AT.year, AT.regime)
    assert (usual[0] < grown * 0.99).any()
    acting = combined(five.lines[0], share)
    lifted = lift(acting.sale, acting.carriage, five.slack)
    assert (lifted > 0).any()
    assert (lifted < 0.99 * (acting.sale + acting.carriage)).any()  # one limit waits for the other


def test_a_line_of_the_lattice_is_the_flow_of_the_ordinary_path(five):
    share = coefficients(five, measures(5), [1.0] * 5, YEARS[AT.year], BASE_YEAR, AT.regime)
    usual = usual_flows(five, AT.year, AT.regime)
    for k, each in enumerate(five.lines):
        found = lattice(five, k, AT, usual[k], share, "KAZ")
        assert found.shape == (2 ** len(each.change.measures), N)
        for number in range(len(found)):
            inside = np.zeros((5, 1))
            inside[[m for j, m in enumerate(each.change.measures) if number >> j & 1]] = 1.0
            direct = line_flow(five, each, AT, usual[k], combined(each, share * inside)).counted("KAZ")
            assert found[number] == pytest.approx(direct, rel=1e-9)


def test_sampled_orders_come_within_their_stated_error(five, monkeypatch):
    exact = attribute(five, measures(5), AT, BASE_YEAR, YEARS, "KAZ")
    monkeypatch.setattr(attribution, "MAX_EXACT", 3)
    found = attribute(five, measures(5), AT, BASE_YEAR, YEARS, "KAZ")
    assert [flows is None for flows in found.lattices] == [True, False, False, False, True]
    off = found.contribution.mean(axis=1) - exact.contribution.mean(axis=1)
    assert found.sampling_error.all()
    assert (np.abs(off) < 4 * found.sampling_error).all()
    assert found.contribution.sum(axis=0) == pytest.approx(exact.contribution.sum(axis=0), rel=1e-9)
    assert found.without == pytest.approx(exact.without)
    assert found.with_all == pytest.approx(exact.with_all)


def test_lines_are_sampled_in_orders_of_their_own(monkeypatch):
    one = line(np.random.default_rng(2), "twin", 0, (0, 1, 2, 3, 4))
    monkeypatch.setattr(attribution, "MAX_EXACT", 3)
    found = attribute(block([one, one], 5), measures(5), AT, BASE_YEAR, YEARS, "KAZ")
    assert not np.array_equal(found.by_line[0], found.by_line[1])
