"""What holds of every flow: capping moves trade between goods, lifts open limits, limits are kept."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tarazu.planning.block import Block, Line
from tarazu.planning.turnover import Acting, Setting, lift, line_flow, usual_flows, usual_turnover
from tarazu.policy.costs import CostChange
from tarazu.policy.response import Market, outside

N, YEARS, REGIME = 6, 3, "calm"
none = np.zeros(N)
few = settings(deadline=None, max_examples=50)

dollars = arrays(np.float64, N, elements=st.floats(0, 1e9, allow_subnormal=False))
slacks = arrays(np.float64, N, elements=st.floats(0, 1))
cuts = arrays(np.float64, N, elements=st.floats(-0.5, 0.2, allow_subnormal=False))


def line(rng, direction, bounded):
    base = rng.uniform(1e6, 5e8, N)
    limit = base * rng.uniform(1.0, 2.0, N) if bounded else np.full(N, np.inf)
    nothing = np.zeros((0, N))
    return Line(
        id="",
        codes="",
        direction=direction,
        base=base,
        limit=limit,
        room=limit * rng.uniform(1.0, 1.6, N),
        unit_value=np.full(N, 200.0),
        market=Market(
            rng.uniform(1, 8, N),
            rng.uniform(0.5, 1.5, N),
            rng.uniform(0.2, 5, N),
            rng.uniform(0, 0.5, N),
            nothing,
        ),
        change=CostChange((), nothing, nothing, nothing, np.zeros((0, 0, N)), nothing, nothing),
        regime={REGIME: rng.uniform(0.3, 1.8, N)},
    )


@st.composite
def blocks(draw):
    """Some products and the other goods of each direction, under growth that some of them cannot follow."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    lines = [line(rng, d, bounded) for d in (0, 1) for bounded in [True] * counts[d] + [False]]
    spread = draw(st.floats(0, 1.5))
    empty = np.zeros((0, N))
    return Block(
        ends=("AAA", "BBB"),
        level={},
        counted={
            "pooled": np.ones((N, 2, YEARS)),
            "AAA": rng.uniform(0.5, 2, (N, 2, YEARS)),
            "BBB": rng.uniform(0.5, 2, (N, 2, YEARS)),
        },
        usual=SimpleNamespace(),
        growth=rng.normal(0.1, 1.0, (N, YEARS)) * spread,
        market_growth=rng.normal(0.03, 0.05, (N, YEARS)),
        lines=tuple(lines),
        ordinary=empty,
        delivered=empty,
        survival={REGIME: empty},
        slack=rng.random(N),
    )


years = st.integers(0, YEARS - 1)


def uncapped(block, year):
    return np.array([each.base * np.exp(block.growth[:, year]) * each.regime[REGIME] for each in block.lines])


def of_direction(block, d):
    return [k for k, each in enumerate(block.lines) if each.direction == d]


@few
@given(blocks(), years)
def test_capping_leaves_the_total_of_a_direction_as_it_was(block, year):
    found, free = usual_flows(block, year, REGIME), uncapped(block, year)
    for d in (0, 1):
        places = of_direction(block, d)
        assert found[places].sum(axis=0) == pytest.approx(free[places].sum(axis=0), rel=1e-12)
    assert usual_turnover(block, year, "pooled", REGIME) == pytest.approx(free.sum(axis=0), rel=1e-12)


@few
@given(blocks(), years)
def test_no_product_outgrows_supply_and_demand_and_none_is_raised(block, year):
    found, free = usual_flows(block, year, REGIME), uncapped(block, year)
    carried = np.exp(block.market_growth[:, year])
    for d in (0, 1):
        *products, other = of_direction(block, d)
        for k in products:
            bound = np.maximum(block.lines[k].room * carried, block.lines[k].base)
            assert found[k] == pytest.approx(np.minimum(free[k], bound), rel=1e-12)
        assert (found[other] >= free[other] * (1 - 1e-12)).all()
    assert (found >= 0).all()


@few
@given(blocks(), years, st.sampled_from(("AAA", "BBB")))
def test_a_series_counts_each_direction_by_its_factor_of_the_year(block, year, series):
    free = uncapped(block, year)
    expected = sum(
        block.counted[series][:, d, year] * free[of_direction(block, d)].sum(axis=0) for d in (0, 1)
    )
    assert usual_turnover(block, year, series, REGIME) == pytest.approx(expected, rel=1e-12)


# lifts


@few
@given(dollars, dollars)
def test_without_slack_the_smaller_lift_counts_and_with_full_slack_both(sale, carriage):
    assert np.array_equal(lift(sale, carriage, np.zeros(N)), np.minimum(sale, carriage))
    assert lift(sale, carriage, np.ones(N)) == pytest.approx(sale + carriage)


@few
@given(dollars, dollars, slacks)
def test_two_lifts_let_through_at_least_the_smaller_and_at_most_both(sale, carriage, slack):
    found = lift(sale, carriage, slack)
    assert (found >= np.minimum(sale, carriage)).all()
    assert (found <= (sale + carriage) * (1 + 1e-12)).all()
    assert np.array_equal(found, lift(carriage, sale, slack))


@few
@given(dollars, slacks)
def test_one_lift_alone_helps_as_far_as_the_other_limit_leaves_room(lifted, slack):
    assert lift(lifted, none, slack) == pytest.approx(slack * lifted)
    assert lift(none, lifted, slack) == pytest.approx(slack * lifted)


@few
@given(dollars, dollars, dollars, slacks, slacks)
def test_more_of_a_lift_or_of_slack_never_lets_less_through(sale, carriage, more, slack, other):
    low, high = np.minimum(slack, other), np.maximum(slack, other)
    before = lift(sale, carriage, low)
    near = before * (1 - 1e-12)
    assert (lift(sale + more, carriage, low) >= near).all()
    assert (lift(sale, carriage + more, low) >= near).all()
    assert (lift(sale, carriage, high) >= near).all()


# flows of a line


def acting(block, each, cut=none, sale=none, carriage=none):
    rest = outside(each.market, np.zeros((0, N)))
    return Acting(cut, cut, none, rest, sale, carriage)


@few
@given(blocks(), years, cuts, dollars, dollars)
def test_measures_never_take_a_flow_beyond_supply_and_demand(block, year, cut, sale, carriage):
    usual, carried = usual_flows(block, year, REGIME), np.exp(block.market_growth[:, year])
    for each, before in zip(block.lines, usual, strict=True):
        at = Setting(year, REGIME)
        sold = line_flow(block, each, at, before, acting(block, each, cut, sale, carriage)).sold
        assert (sold <= np.maximum(before, each.room * carried) * (1 + 1e-12)).all()


@few
@given(blocks(), years, dollars, dollars)
def test_lifted_limits_add_what_they_let_through_where_there_is_room(block, year, sale, carriage):
    usual, carried = usual_flows(block, year, REGIME), np.exp(block.market_growth[:, year])
    for each, before in zip(block.lines, usual, strict=True):
        sold = line_flow(
            block, each, Setting(year, REGIME), before, acting(block, each, sale=sale, carriage=carriage)
        ).sold
        room = np.maximum(each.room * carried - before, 0)
        expected = np.minimum(lift(sale, carriage, block.slack) * carried, room)
        assert sold - before == pytest.approx(expected, rel=1e-9, abs=1e-3)


@few
@given(blocks(), years)
def test_without_measures_a_line_has_its_usual_flow(block, year):
    for each, before in zip(block.lines, usual_flows(block, year, REGIME), strict=True):
        reached = line_flow(block, each, Setting(year, REGIME), before, acting(block, each))
        assert reached.sold == pytest.approx(before, rel=1e-9)
        for series in ("pooled", "AAA", "BBB"):
            factor = block.counted[series][:, each.direction, year]
            assert reached.counted(series) == pytest.approx(before * factor, rel=1e-9)


@few
@given(blocks(), years, cuts)
def test_imports_alone_are_valued_at_customs(block, year, cut):
    for each, before in zip(block.lines, usual_flows(block, year, REGIME), strict=True):
        reached = line_flow(block, each, Setting(year, REGIME), before, acting(block, each, cut))
        exporter, importer = block.ends[each.direction], block.ends[1 - each.direction]
        for series, at_customs in ((exporter, 1.0), (importer, reached.at_customs), ("pooled", 1.0)):
            factor = block.counted[series][:, each.direction, year]
            assert reached.counted(series) == pytest.approx(reached.sold * factor * at_customs)
