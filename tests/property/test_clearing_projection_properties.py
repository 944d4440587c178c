"""Projection of a clearing: what holds for any flows, cycles and limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tarazu.clearing.projection import MONTHS, Settled, lagged, monthly, project, upper_bound

CYCLES = st.integers(1, 14)
LIMITS = st.floats(0, 500)
USD = st.floats(0, 1000).map(lambda usd: round(usd, 3))


@st.composite
def two_flows(draw):
    shape = (draw(st.integers(1, 3)), MONTHS * draw(st.integers(1, 3)))
    return tuple(draw(arrays.arrays(float, shape, elements=USD)) for _ in range(2))


@given(two_flows(), CYCLES, LIMITS, LIMITS, st.floats(0, 1))
def test_every_dollar_is_matched_settled_or_still_owed(flows, cycle, home, partner, settle_share):
    found = project(*flows, cycle=cycle, swing=(home, partner), settle_share=settle_share)
    for carried in (found.with_swing, found.without_swing):
        paid = np.cumsum(carried.convertible, axis=1)
        assert carried.position + paid == pytest.approx(found.unsettled, abs=1e-6)
    for swing in (True, False):
        owed = np.abs(found._carried(swing).position[:, -1])
        total = found.matched(swing).sum(axis=1) + found.convertible(swing).sum(axis=1) + owed
        assert total == pytest.approx(found.payments.sum(axis=1), abs=1e-6)


@given(two_flows(), CYCLES, LIMITS, LIMITS, st.floats(0, 1))
def test_netting_is_not_negative_and_not_above_its_bound(flows, cycle, home, partner, settle_share):
    found = project(*flows, cycle=cycle, swing=(home, partner), settle_share=settle_share)
    bound = 2 * np.minimum(flows[0].sum(axis=1), flows[1].sum(axis=1))
    for swing in (True, False):
        assert (found.matched(swing) >= -1e-6).all()
        assert (found.matched(swing).sum(axis=1) <= bound + 1e-6).all()


@given(two_flows(), CYCLES, LIMITS, LIMITS, st.floats(0, 300), st.floats(0, 300))
def test_a_larger_swing_never_matches_less(flows, cycle, home, partner, more_home, more_partner):
    small = project(*flows, cycle=cycle, swing=(home, partner))
    large = project(*flows, cycle=cycle, swing=(home + more_home, partner + more_partner))
    assert (large.matched().sum(axis=1) >= small.matched().sum(axis=1) - 1e-6).all()


@given(two_flows(), CYCLES, LIMITS, LIMITS)
def test_after_a_close_the_position_lies_within_the_limits(flows, cycle, home, partner):
    after = project(*flows, cycle=cycle, swing=(home, partner)).with_swing.position[:, cycle - 1 :: cycle]
    assert (after <= home).all()
    assert (after >= -partner).all()


@given(two_flows(), st.integers(1, 3))
def test_the_credit_that_is_never_exceeded_settles_nothing(flows, cycle):
    """The limits found as credit needed are enough, and a little less is not where they are used at a close."""
    need = project(*flows).credit(Settled.NEVER)[:, -1].max(axis=0)
    assert not project(*flows, cycle=cycle, swing=tuple(need)).with_swing.convertible.any()
    short = need * 0.9
    if need.max() > 1:
        assert project(*flows, cycle=1, swing=tuple(short)).with_swing.convertible.any()


@given(two_flows())
def test_sides_can_be_exchanged(flows):
    one, other = project(*flows, swing=(7, 40)), project(*flows[::-1], swing=(40, 7))
    assert one.unsettled == pytest.approx(-other.unsettled)
    assert one.convertible() == pytest.approx(other.convertible(), abs=1e-6)
    for settled in Settled:
        assert one.credit(settled) == pytest.approx(other.credit(settled)[:, :, ::-1], abs=1e-6)


@given(two_flows(), st.floats(0.01, 100))
def test_the_currency_unit_does_not_matter(flows, scale):
    one, other = (
        project(*flows, swing=(50, 50)),
        project(*(scale * f for f in flows), swing=(50 * scale,) * 2),
    )
    assert scale * one.matched() == pytest.approx(other.matched(), rel=1e-6, abs=1e-6 * scale)


@given(two_flows())
def test_the_timing_part_ends_every_year_at_nothing_and_adds_up_with_the_structure(flows):
    found = project(*flows)
    timing = found.path(Settled.EVENLY)
    assert timing[:, MONTHS - 1 :: MONTHS] == pytest.approx(0, abs=1e-6)
    instalments = np.repeat(found.imbalance / MONTHS, MONTHS, axis=1)
    assert timing + np.cumsum(instalments, axis=1) == pytest.approx(found.unsettled, abs=1e-6)


@given(USD, USD)
def test_the_bound_is_a_share_and_one_where_both_are_alike(there, back):
    bound = float(upper_bound(there, back))
    if there + back:
        assert 0 <= bound <= 1
        assert (bound > 1 - 1e-12) == (there == pytest.approx(back, rel=1e-12))


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1.2), st.integers(1, 4))
def test_months_add_up_to_their_year(seed, spread, years):
    rng = np.random.default_rng(seed)
    flows = rng.gamma(1.0, 1e8, (5, years))
    drawn = monthly(flows, rng.dirichlet(np.ones(4), 5), np.full(5, spread), rng)
    assert (drawn >= 0).all()
    assert drawn.reshape(5, years, MONTHS).sum(axis=2) == pytest.approx(flows, rel=1e-9)


@settings(max_examples=50)
@given(two_flows(), st.floats(0, 11))
def test_a_lag_makes_no_payment_of_its_own(flows, months):
    late = lagged(flows[0], np.full(len(flows[0]), months))
    assert late.min() >= flows[0].min() - 1e-9
    assert late.max() <= flows[0].max() + 1e-9
    assert lagged(np.full_like(flows[0], 3.0), np.full(len(flows[0]), months)) == pytest.approx(3.0)
