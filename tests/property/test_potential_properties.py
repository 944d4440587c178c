from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.core.hs import overlap
from tarazu.potential.assess import Assessment, PotentialPriors, assess, draws
from tarazu.potential.draws import unscaled

PRIORS = PotentialPriors.load()
CODES = ("1003", "100310", "10", "1001;1003", "0201", "02", "01-24", "72", "7208", "7208-7216", "all")
AMOUNTS = st.none() | st.just(0.0) | st.floats(1e-3, 1e4)


@st.composite
def market_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for n in range(draw(st.integers(1, 14))):
        side = draw(st.sampled_from(("bilateral", "supply", "demand", "capacity", "competitor", "tariff")))
        start = date(2012, 1, 1) + timedelta(days=draw(st.integers(0, 4000)))
        country = {"demand": "BBB", "competitor": draw(st.sampled_from(("CCC", "DDD", "AAA")))}.get(
            side, "AAA"
        )
        rows.append(
            {
                "id": f"mk{n:03}",
                "direction": draw(st.sampled_from(("AAA->BBB", "AAA->BBB", "BBB->AAA"))),
                "hs_code": draw(st.sampled_from(CODES)),
                "product": draw(st.sampled_from(("grain", "barley", "meat", "steel"))),
                "side": side,
                "country": country,
                "value_usd_m": draw(AMOUNTS),
                "quantity_kt": draw(AMOUNTS),
                "unit_value_usd_t": draw(st.none() | st.floats(10, 1e4)),
                "share_percent": draw(st.none() | st.floats(0, 100)),
                "tariff_before_percent": draw(st.none() | st.floats(0, 60)),
                "tariff_after_percent": None,
                "period_original": draw(st.sampled_from(("season", "per year", "usual share of export"))),
                "period_start": start,
                "period_end": start + timedelta(days=draw(st.sampled_from((0, 30, 90, 181, 300, 364, 900)))),
                "doubtful": draw(st.sampled_from(("no", "no", "check", "yes"))),
                "note": draw(
                    st.sampled_from(("", "Upper bound", "mill stopped sales in July", "One exporter"))
                ),
                "same_as": None,
            }
        )
    return rows


def of(rows: list[dict[str, Any]]) -> Assessment:
    return assess([], rows, "AAA->BBB", 2022, PRIORS)


@settings(max_examples=80, deadline=None)
@given(market_rows())
def test_the_partition_is_disjoint_and_its_intervals_are_sound(rows):
    found = of(rows)
    assert not [pair for pair in combinations(found.lines, 2) if overlap(pair[0].codes, pair[1].codes)]
    for line in found.lines:
        assert line.zero_flow == (line.realised.usd_m is None)
        assert sum(line.rivals.shares.values()) <= 1 + 1e-12
        assert line.own_share.interval is not None
        assert 0 < line.own_share.interval.q10 <= line.own_share.interval.q90 < 1
        if line.unrealised is not None:
            assert line.unrealised.q10 >= 0
        if line.potential is not None and line.realised.usd_m is not None:
            assert line.potential.q90 > 0


@settings(max_examples=60, deadline=None)
@given(market_rows(), st.floats(1e3, 1e12), st.integers(0, 99))
def test_draws_fit_the_total_and_shares_fit_the_market(rows, total, seed):
    found = of(rows)
    drawn = draws(found, np.random.default_rng(seed), 50, np.full(50, total))
    assert np.isfinite(drawn.flow).all()
    assert (drawn.flow >= 0).all()
    assert (drawn.other >= 0).all()
    np.testing.assert_allclose(drawn.flow.sum(axis=1) + drawn.other, total)
    assert (drawn.other >= PRIORS.rest_share * total * (1 - 1e-9)).all()
    assert (drawn.potential >= drawn.flow).all()
    assert ((drawn.own_share > 0) & (drawn.own_share < 1)).all()
    assert (drawn.own_share + drawn.rival_share.sum(axis=2) <= 1 + 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(market_rows(), st.floats(0.01, 0.5))
def test_a_smaller_total_scales_flows_together_and_leaves_supply_and_demand(rows, factor):
    found = of(rows)
    tight = np.full(40, 1e3)  # below any sum of lines that has a flow of a thousand dollars
    one, two = (draws(found, np.random.default_rng(3), 40, tight * f) for f in (1.0, factor))
    bound = one.flow.sum(axis=1) >= (1 - PRIORS.rest_share) * 1e3 * (1 - 1e-9)
    np.testing.assert_allclose(two.flow[bound], factor * one.flow[bound], rtol=1e-9)
    white = np.random.default_rng(3).standard_normal((5, 40, len(found.lines)))
    free, reach, market, own, price = unscaled(found.lines, white)
    for drawn in (one, two):
        assert (drawn.flow <= free * (1 + 1e-9)).all()
        np.testing.assert_array_equal(drawn.potential, np.fmax(drawn.flow, reach))
        np.testing.assert_array_equal(drawn.room, np.fmax(drawn.potential, market))
        np.testing.assert_array_equal(drawn.own_share, own)
        np.testing.assert_array_equal(drawn.unit_value, price)


@settings(max_examples=40, deadline=None)
@given(market_rows(), st.floats(1e3, 1e12))
def test_room_is_at_least_the_potential_and_equals_it_where_no_market_is_known(rows, total):
    found = of(rows)
    drawn = draws(found, np.random.default_rng(3), 40, np.full(40, total))
    assert (drawn.room >= drawn.potential).all()
    for k, line in enumerate(found.lines):
        if {"supply", "demand"} <= set(line.lacks) and line.potential is None:
            np.testing.assert_array_equal(drawn.potential[:, k], drawn.flow[:, k])
            np.testing.assert_array_equal(drawn.room[:, k], drawn.flow[:, k])


@settings(max_examples=40, deadline=None)
@given(market_rows(), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert of(shuffled) == of(rows)


@settings(max_examples=40, deadline=None)
@given(market_rows(), st.integers(0, 13))
def test_a_row_that_repeats_another_changes_nothing(rows, index):
    repeated = {**rows[index % len(rows)], "id": "mk999", "same_as": rows[index % len(rows)]["id"]}
    before, after = of(rows), of([*rows, repeated])
    assert (after.lines, after.constraints, after.missing) == (
        before.lines,
        before.constraints,
        before.missing,
    )
    assert after.table == before.table
