"""What holds in every market: it clears, a lower cost never sells fewer tonnes, money is conserved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.policy.response import Hats, Market, outside, respond

costs = st.floats(-1.0, 0.7)


@st.composite
def markets(draw, substitutes=False):
    """One market with up to three rivals; `substitutes` keeps eta below theta + 1, as in any nested demand."""
    weights = np.array(draw(st.lists(st.floats(0.01, 1), min_size=2, max_size=5)))
    shares = weights / weights.sum()
    theta = draw(st.floats(0.3, 15))
    eta = draw(st.floats(0.2, min(2.0, theta + 0.9) if substitutes else 2.0))
    supply = draw(st.one_of(st.floats(0, 30), st.just(np.inf)))
    return Market(*(np.array([x]) for x in (theta, eta, supply, shares[0])), shares[1:-1].reshape(-1, 1))


def answer(market: Market, own: float, money: float, rivals: float) -> Hats:
    changed = np.full_like(market.rival_share, rivals)
    return respond(market, np.array([own]), np.array([money]), np.zeros(1), outside(market, changed))


@settings(deadline=None, max_examples=80)
@given(markets(), costs, costs, costs)
def test_the_market_clears(market, own, money, rivals):
    hats = answer(market, own, money, rivals)
    if np.isfinite(market.supply[0]):
        assert np.log(hats.quantity[0]) == pytest.approx(market.supply[0] * hats.log_price[0], abs=1e-7)
    else:
        assert hats.log_price[0] == 0


@settings(deadline=None, max_examples=80)
@given(markets(), costs, costs)
def test_all_suppliers_together_receive_what_the_market_spends(market, own, rivals):
    hats = answer(market, own, own, rivals)
    theta, eta = market.theta[0], market.eta[0]
    cost = np.exp(hats.log_price[0] + own)
    rival = market.rival_share.sum()
    rest = 1 - market.own_share[0] - rival
    weights = market.own_share[0] * cost**-theta, rival * np.exp(rivals) ** -theta, rest
    index = sum(weights) ** (-1 / theta)
    others = (weights[1] + weights[2]) * index ** (theta + 1 - eta)
    assert market.own_share[0] * hats.delivered[0] + others == pytest.approx(index ** (1 - eta), rel=1e-8)


@settings(deadline=None, max_examples=80)
@given(markets(), costs, costs, costs)
def test_a_lower_cost_never_sells_fewer_tonnes(market, one, other, rivals):
    low, high = sorted((one, other))
    cheap, dear = answer(market, low, low, rivals), answer(market, high, high, rivals)
    assert cheap.quantity[0] >= dear.quantity[0] * (1 - 1e-7)


@settings(deadline=None, max_examples=80)
@given(markets(substitutes=True), costs, costs, costs)
def test_a_lower_cost_of_rivals_never_helps(market, own, one, other):
    low, high = sorted((one, other))
    cheap, dear = answer(market, own, own, low), answer(market, own, own, high)
    assert cheap.delivered[0] <= dear.delivered[0] * (1 + 1e-7)


@settings(deadline=None, max_examples=60)
@given(markets(), costs, st.floats(0, 20), st.floats(0, 20))
def test_tonnes_answer_more_where_supply_answers_more(market, own, one, other):
    low, high = sorted((one, other))
    stiff, loose = (
        answer(
            Market(market.theta, market.eta, np.array([s]), market.own_share, market.rival_share),
            own,
            own,
            0.0,
        )
        for s in (low, high)
    )
    assert abs(np.log(loose.quantity[0])) >= abs(np.log(stiff.quantity[0])) - 1e-7
