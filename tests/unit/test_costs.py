"""Channels of measures as changes of delivery cost, by hand numbers; and how much of a measure counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tarazu.core.measure import Basis, Channel, Effect, Interval, Limit, Measure
from tarazu.policy.costs import OTHER, Good, cost_change, effect_sizes, touching
from tarazu.policy.response import Market, outside, respond

WHOLE = Interval(1.0, 1.0, 1.0)


def good(codes="1003", **changed) -> Good:
    parts = {
        "codes": codes,
        "direction": "KAZ->IRN",
        "freight_share": np.array([0.25]),
        "time_cost": np.array([0.01]),
        "theta": np.array([4.0]),
        "unit_value": np.array([200.0]),
        "rivals": ("RUS", "UKR"),
    }
    return Good(**(parts | changed))  # type: ignore[arg-type]


def effect(
    channel: Channel,
    size=0.0,
    *,
    products="1003",
    before=None,
    rivals=(),
    direction="KAZ->IRN",
    id="e1",
    limit=None,
):
    interval = Interval(size, size, size)
    return Effect(
        id, "m", direction, products, channel, before, interval, rivals, Basis.JUDGEMENT, (), limit=limit
    )


def quantity(size, limit=Limit.SALE, id="e1"):
    return effect(Channel.QUANTITY, size, limit=limit, id=id)


def measure(*effects: Effect, start=2026.0, ramp=2.0) -> Measure:
    return Measure(
        "m", "A measure", start, ramp, "ministry", ("KAZ",), WHOLE, WHOLE, None, Basis.UNKNOWN, (), effects
    )


def change(*effects: Effect, of: Good | None = None):
    given = of or good()
    sizes = effect_sizes([measure(*effects)], 1, np.random.default_rng(0))
    return cost_change([measure(*effects)], given, sizes)


@pytest.mark.parametrize("channel", [Channel.TARIFF, Channel.NON_TARIFF])
def test_a_rate_counts_from_its_level_before(channel):
    found = change(effect(channel, 2.0, before=5.0))
    assert np.exp(found.own[0, 0]) == pytest.approx(1.02 / 1.05)
    assert np.exp(found.money[0, 0]) == pytest.approx(1.02 / 1.05)


def test_only_a_tariff_is_a_tariff():
    assert change(effect(Channel.TARIFF, 2.0, before=5.0)).tariff[0, 0] == pytest.approx(np.log(1.02 / 1.05))
    assert change(effect(Channel.NON_TARIFF, 2.0, before=5.0)).tariff[0, 0] == 0


def test_a_rate_cannot_fall_below_nothing():
    assert np.exp(change(effect(Channel.TARIFF, -3.0, before=5.0)).own[0, 0]) == pytest.approx(1 / 1.05)


def test_freight_counts_by_its_share_of_the_delivered_value():
    assert np.exp(change(effect(Channel.FREIGHT, -20.0)).own[0, 0]) == pytest.approx(1 - 0.25 * 0.20)


def test_freight_cannot_fall_by_more_than_all_of_it():
    assert np.exp(change(effect(Channel.FREIGHT, -140.0)).own[0, 0]) == pytest.approx(0.75)


def test_days_cost_value_but_are_not_paid():
    found = change(effect(Channel.TIME, -3.0))
    assert np.exp(found.own[0, 0]) == pytest.approx(np.exp(-0.03))
    assert found.money[0, 0] == 0


def test_days_do_not_matter_to_goods_that_do_not_mind():
    assert change(effect(Channel.TIME, -3.0), of=good(time_cost=np.zeros(1))).own[0, 0] == 0


def test_payment_counts_in_basis_points():
    found = change(effect(Channel.PAYMENT, -150.0))
    assert np.exp(found.own[0, 0]) == pytest.approx(0.985)
    assert np.exp(found.money[0, 0]) == pytest.approx(0.985)


@pytest.mark.parametrize("growth", [4.0, 30.0, -10.0])
def test_promotion_of_a_small_flow_moves_it_by_exactly_its_size(growth):
    found = change(effect(Channel.PROMOTION, growth))
    one, none = np.ones(1), np.zeros((0, 1))
    small = Market(4.0 * one, one, np.inf * one, 1e-14 * one, none)
    hats = respond(small, found.own[0], found.money[0], found.tariff[0], outside(small, none))
    assert hats.free_on_board[0] == pytest.approx(1 + growth / 100, rel=1e-9)


@pytest.mark.parametrize(("limit", "other"), [("sale", "carriage"), ("carriage", "sale")])
def test_a_lifted_limit_is_worth_its_tonnes_and_changes_no_cost(limit, other):
    found = change(quantity(150.0, Limit(limit)))
    assert getattr(found, limit)[0, 0] == pytest.approx(150e3 * 200.0)
    assert not getattr(found, other).any()
    assert not found.own.any()


def test_one_measure_may_lift_both_limits():
    found = change(quantity(150.0, Limit.SALE, "e1"), quantity(40.0, Limit.CARRIAGE, "e2"))
    assert (found.sale[0, 0], found.carriage[0, 0]) == pytest.approx((150e3 * 200.0, 40e3 * 200.0))


@pytest.mark.parametrize("limit", Limit)
def test_a_lifted_limit_of_goods_without_a_unit_value_is_worth_nothing_known(limit):
    found = change(quantity(150.0, limit), of=good(unit_value=np.array([np.nan])))
    assert found.sale[0, 0] == found.carriage[0, 0] == 0


@pytest.mark.parametrize("limit", Limit)
def test_lifting_a_limit_never_lowers_it(limit):
    wide = replace(quantity(0.0, limit), size=Interval(-50.0, 100.0, 400.0))
    sizes = effect_sizes([measure(wide)], 1000, np.random.default_rng(0))
    assert sizes["e1"].min() < 0  # the draws do fall below nothing
    n = np.ones(1000)
    lines = good(freight_share=n / 4, time_cost=n / 100, theta=4 * n, unit_value=200 * n)
    found = cost_change([measure(wide)], lines, sizes)
    assert (getattr(found, limit.value) >= 0).all()
    assert (getattr(found, limit.value) == 0).any()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_payment_cost_cannot_fall_by_more_than_all_of_it():
    assert np.isfinite(change(effect(Channel.PAYMENT, -12_000.0)).own[0, 0])


def test_channels_of_one_measure_add_up_as_logs():
    found = change(
        effect(Channel.TARIFF, 2.0, before=5.0, id="e1"),
        effect(Channel.FREIGHT, -20.0, id="e2"),
        effect(Channel.TIME, -3.0, id="e3"),
    )
    assert np.exp(found.own[0, 0]) == pytest.approx(1.02 / 1.05 * 0.95 * np.exp(-0.03))
    assert np.exp(found.money[0, 0]) == pytest.approx(1.02 / 1.05 * 0.95)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_one_channel_the_narrowest_product_list_counts(order):
    effects = [
        effect(Channel.TARIFF, 1.0, before=5.0, products="all", id="wide"),
        effect(Channel.TARIFF, 2.0, before=5.0, products="10-12", id="middle"),
        effect(Channel.TARIFF, 3.0, before=5.0, products="1003", id="narrow"),
    ]
    found = touching(measure(*(effects[i] for i in order)), "1003", "KAZ->IRN")
    assert [e.id for e in found] == ["narrow"]


def test_all_covers_everything_and_other_only_what_no_line_covers():
    both = measure(
        effect(Channel.TARIFF, 1.0, before=5.0, products="all"), effect(Channel.TIME, products=OTHER)
    )
    assert [e.channel for e in touching(both, "1003", "KAZ->IRN")] == [Channel.TARIFF]
    assert {e.channel for e in touching(both, OTHER, "KAZ->IRN")} == {Channel.TARIFF, Channel.TIME}


def test_for_other_goods_the_effect_on_other_goods_is_narrower_than_that_on_all():
    both = measure(
        effect(Channel.TARIFF, 1.0, before=5.0, products="all", id="wide"),
        effect(Channel.TARIFF, 3.0, before=5.0, products=OTHER, id="narrow"),
    )
    assert [e.id for e in touching(both, OTHER, "KAZ->IRN")] == ["narrow"]


def test_an_effect_of_the_other_direction_or_of_other_products_does_not_touch():
    assert touching(measure(effect(Channel.TIME, direction="IRN->KAZ")), "1003", "KAZ->IRN") == ()
    assert touching(measure(effect(Channel.TIME, products="1001")), "1003", "KAZ->IRN") == ()
    assert change(effect(Channel.TIME, products="1001")).measures == ()


def test_rivals_that_are_named_get_the_same_change_and_others_none():
    found = change(effect(Channel.TARIFF, 2.0, before=5.0, rivals=("RUS", "ARM")))
    assert found.rivals[0, 0, 0] == found.own[0, 0] < 0
    assert found.rivals[0, 1, 0] == 0


def test_one_draw_of_a_size_serves_every_product():
    wide = replace(effect(Channel.FREIGHT, products="10"), size=Interval(-10.0, -5.0, -1.0))
    sizes = effect_sizes([measure(wide)], 1, np.random.default_rng(3))
    barley, wheat = (cost_change([measure(wide)], good(codes), sizes).own[0, 0] for codes in ("1003", "1001"))
    assert barley == wheat


def test_drawn_sizes_have_the_three_quantiles_of_their_interval():
    skewed = replace(effect(Channel.FREIGHT), size=Interval(-10.0, -5.0, -4.0))
    drawn = effect_sizes([measure(skewed)], 40_000, np.random.default_rng(0))["e1"]
    assert np.quantile(drawn, (0.1, 0.5, 0.9)) == pytest.approx((-10, -5, -4), abs=0.1)


@pytest.mark.parametrize(
    ("interval", "before"),
    [
        (Interval(-10.0, -5.0, 0.0), None),  # ends at no change
        (Interval(0.0, 5.0, 10.0), None),
        (Interval(-10.0, -5.0, -1.0), None),
        (Interval(1.0, 3.0, 5.0), 5.0),  # a rate: what it was before is no change
        (Interval(5.0, 6.0, 9.0), 5.0),
    ],
)
def test_an_interval_on_one_side_of_no_change_keeps_its_draws_there(interval, before):
    channel = Channel.FREIGHT if before is None else Channel.TARIFF
    one_sided = replace(effect(channel, before=before), size=interval)
    drawn = effect_sizes([measure(one_sided)], 20_000, np.random.default_rng(1))["e1"]
    unchanged = before or 0.0
    below = interval.q90 <= unchanged
    assert ((drawn <= unchanged) if below else (drawn >= unchanged)).all()
    # the quantiles inside the interval stay where they were
    assert np.quantile(drawn, (0.1, 0.5, 0.9)) == pytest.approx(
        (interval.q10, interval.q50, interval.q90), abs=0.25
    )


def test_an_interval_that_holds_no_change_keeps_both_tails():
    doubtful = replace(effect(Channel.FREIGHT), size=Interval(-10.0, -2.0, 1.0))
    drawn = effect_sizes([measure(doubtful)], 20_000, np.random.default_rng(1))["e1"]
    assert (drawn > 1).mean() == pytest.approx(0.1, abs=0.01)
    assert (drawn < -10).mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("start", "ramp", "base", "year", "weight"),
    [
        (2026.5, 2.0, 2025, 2026, 0.0),
        (2026.5, 2.0, 2025, 2027, 0.5),
        (2026.5, 2.0, 2025, 2028, 1.0),
        (2026.5, 2.0, 2025, 2035, 1.0),
        (2027.0, 0.0, 2025, 2026, 0.0),
        (2027.0, 0.0, 2025, 2027, 1.0),
        (2024.5, 4.0, 2025, 2030, 0.75),  # a quarter was in force in mid-2025: only the rest counts
        (2020.0, 3.0, 2025, 2030, 0.0),  # wholly in force before the last observation
    ],
)
def test_what_was_in_force_before_the_last_observation_does_not_count_again(start, ramp, base, year, weight):
    assert measure(start=start, ramp=ramp).weight(year, base) == pytest.approx(weight)
