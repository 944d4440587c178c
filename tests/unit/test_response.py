"""Closed forms and hand numbers of the response of one flow to its costs."""

from __future__ import annotations

import numpy as np
import pytest

from tarazu.core.errors import ConvergenceError, ShapeError
from tarazu.policy.response import Hats, Market, outside, respond


def market(own=0.2, theta=4.0, eta=1.0, supply=np.inf, rivals=()) -> Market:
    return Market(
        theta=np.array([theta]),
        eta=np.array([eta]),
        supply=np.array([supply]),
        own_share=np.array([own]),
        rival_share=np.array(rivals, dtype=float).reshape(-1, 1),
    )


def answer(m: Market, own=1.0, money=None, tariff=1.0, rivals=()) -> Hats:
    """Response to cost factors: of the whole cost, of its money part, of the tariff, of each rival."""
    changed = np.log(np.array(rivals, dtype=float)).reshape(-1, 1)
    paid = own if money is None else money
    return respond(m, *(np.log([x]) for x in (own, paid, tariff)), outside(m, changed))


def test_hand_number_with_rivals():
    # P^-4 = 0.2 * 0.9^-4 + 0.3 * 0.95^-4 + 0.5 = 1.173153; delivered = 0.9^-4 / 1.173153
    hats = answer(market(rivals=(0.3,)), own=0.9, rivals=(0.95,))
    assert hats.delivered[0] == pytest.approx(1.524158 / 1.173153, rel=1e-6)
    assert hats.free_on_board[0] == pytest.approx(1.524158 / 1.173153 / 0.9, rel=1e-6)


def test_hand_number_of_a_tariff_cut_with_supply_that_answers():
    # A small supplier: p = tau^(-(theta + 1) / (theta + 1 + epsilon)), here 0.9^(-5/8) = 1.0680668
    hats = answer(market(own=1e-12, supply=3.0), own=0.9, tariff=0.9)
    assert hats.price[0] == pytest.approx(1.0680668, rel=1e-7)
    assert hats.quantity[0] == pytest.approx(1.2184152, rel=1e-6)
    assert hats.customs[0] == pytest.approx(1.0680668 * 1.2184152, rel=1e-6)
    assert hats.delivered[0] == pytest.approx(0.9 * 1.0680668 * 1.2184152, rel=1e-6)


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.3])
@pytest.mark.parametrize("eta", [0.5, 1.0, 1.5])
def test_a_supplier_without_rivals_only_meets_the_demand_for_the_product(factor, eta):
    assert answer(market(own=1.0, eta=eta), own=factor).delivered[0] == pytest.approx(factor ** (1 - eta))


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.3])
def test_a_small_supplier_moves_no_price_index(factor):
    assert answer(market(own=1e-14, eta=0.5), own=factor).delivered[0] == pytest.approx(factor**-4.0)


def test_price_without_rivals():
    # own share 1: quantity = (p tau)^-eta = p^epsilon, so p = tau^(-eta / (eta + epsilon))
    hats = answer(market(own=1.0, eta=0.5, supply=2.0), own=0.8)
    assert hats.price[0] == pytest.approx(0.8 ** (-0.5 / 2.5))


def test_time_and_risk_are_not_deducted_from_free_on_board_values():
    hats = answer(market(own=1e-14), own=0.9, money=1.0)
    assert hats.free_on_board[0] == pytest.approx(hats.delivered[0]) == pytest.approx(0.9**-4.0)


def test_a_tariff_cut_raises_customs_value_by_more_than_the_value_at_the_door():
    hats = answer(market(), own=0.9, tariff=0.9)
    assert hats.customs[0] == pytest.approx(hats.delivered[0] / 0.9)
    assert hats.customs[0] > hats.delivered[0] > 1


def test_freight_stays_in_the_customs_value_and_leaves_the_free_on_board_value():
    hats = answer(market(), own=0.9, money=0.9, tariff=1.0)
    assert hats.customs[0] == pytest.approx(hats.delivered[0])
    assert hats.free_on_board[0] == pytest.approx(hats.delivered[0] / 0.9)


def test_free_on_board_is_price_times_quantity():
    hats = answer(market(supply=0.7, rivals=(0.3,)), own=0.8, money=0.9, tariff=0.95, rivals=(0.9,))
    assert hats.free_on_board[0] == pytest.approx(hats.price[0] * hats.quantity[0], rel=1e-12)


def test_fixed_supply_sells_the_same_tonnes_at_a_better_price():
    hats = answer(market(supply=0.0), own=0.8)
    assert hats.quantity[0] == pytest.approx(1.0, abs=1e-9)
    assert hats.price[0] > 1


def test_unlimited_supply_keeps_the_price_and_is_the_limit_of_large_supply():
    unlimited = answer(market(), own=0.8)
    assert unlimited.price[0] == 1.0
    large = answer(market(supply=1e7), own=0.8)
    assert large.quantity[0] == pytest.approx(unlimited.quantity[0], rel=1e-5)


def test_draws_with_and_without_a_supply_limit_stand_side_by_side():
    both = Market(
        *(np.array(x) for x in ([4.0, 4.0], [1.0, 1.0], [2.0, np.inf], [0.2, 0.2])), np.zeros((0, 2))
    )
    cut = np.log([0.8, 0.8])
    hats = respond(both, cut, cut, np.zeros(2), outside(both, np.zeros((0, 2))))
    for j, supply in enumerate((2.0, np.inf)):
        alone = answer(market(supply=supply), own=0.8)
        assert hats.delivered[j] == pytest.approx(alone.delivered[0], rel=1e-12)


def test_a_cut_for_rivals_lowers_the_own_flow():
    hats = answer(market(supply=1.0, rivals=(0.5,)), rivals=(0.8,))
    assert hats.delivered[0] < 1
    assert hats.price[0] < 1


@pytest.mark.parametrize("supply", [0.0, 1.5, np.inf])
def test_no_change_of_cost_changes_nothing_at_all(supply):
    hats = answer(market(own=0.37, supply=supply, rivals=(0.21, 0.4)), rivals=(1.0, 1.0))
    for value in (hats.delivered, hats.customs, hats.free_on_board, hats.quantity, hats.price):
        assert value[0] == pytest.approx(1.0, abs=1e-14)


def test_many_bundles_are_answered_at_once():
    m = market(supply=1.5)
    cuts = np.log(np.array([[1.0], [0.9], [0.7]]))
    hats = respond(m, cuts, cuts, np.zeros_like(cuts), outside(m, np.zeros((3, 0, 1))))
    alone = [answer(m, own=factor).delivered[0] for factor in (1.0, 0.9, 0.7)]
    assert hats.delivered[:, 0] == pytest.approx(alone, rel=1e-12)


def test_arrays_that_do_not_belong_together_are_refused():
    n = np.ones(3)
    with pytest.raises(ShapeError, match="eta"):
        Market(n, np.ones(2), n, n / 10, np.zeros((0, 3)))
    with pytest.raises(ShapeError, match="rival_share"):
        Market(n, n, n, n / 10, np.zeros((1, 2)))


def test_a_cost_that_is_no_number_is_not_answered_with_a_number():
    with pytest.raises(ConvergenceError, match="producer price"):
        answer(market(supply=1.0), own=np.nan)
