"""Door-to-door time: moments, order, copula and timetable for any steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.corridor.reliability import Step, door_to_door

DRAWS = 40_000


@st.composite
def steps(draw) -> Step:
    mean = draw(st.floats(0.5, 200))
    return Step(
        mean, mean * draw(st.floats(0, 0.8)), headway_h=draw(st.sampled_from((0.0, 6.0, 24.0, 168.0)))
    )


@st.composite
def timetables(draw) -> tuple[float, ...]:
    return tuple(sorted(draw(st.sets(st.integers(0, 167), min_size=1, max_size=10).map(list))))


def expected(route: list[Step], correlation: float) -> tuple[float, float]:
    """Mean and variance: uniform waits, and log-normals of equal normal correlation, in closed form."""
    mean = sum(step.mean_h + step.headway_h / 2 for step in route)
    variance = sum(step.sd_h**2 + step.headway_h**2 / 12 for step in route)
    sigma = [math.sqrt(math.log1p((step.sd_h / step.mean_h) ** 2)) for step in route]
    for i, one in enumerate(route):
        for j, other in enumerate(route):
            if i != j:
                variance += one.mean_h * other.mean_h * math.expm1(correlation * sigma[i] * sigma[j])
    return mean, variance


@settings(max_examples=40, deadline=None)
@given(st.lists(steps(), min_size=1, max_size=6), st.floats(0, 1))
def test_moments_are_those_in_closed_form(route, correlation):
    time = door_to_door(route, correlation=correlation, draws=DRAWS)
    mean, variance = expected(route, correlation)
    assert time.mean == pytest.approx(mean, abs=5 * math.sqrt(variance / DRAWS) + 1e-9)
    # log-normals with a coefficient of variation of 0.8 have a kurtosis of 21: 15% is over six deviations
    assert time.sd**2 == pytest.approx(variance, rel=0.15, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(steps(), min_size=2, max_size=5), st.floats(0.05, 0.95))
def test_variance_shares_sum_to_one_and_percentiles_ascend(route, correlation):
    time = door_to_door(route, correlation=correlation, draws=2_000)
    shares = [row["variance_share"] for row in time.by_step.records()]
    if any(step.sd_h > 1e-6 * step.mean_h or step.headway_h for step in route):
        assert sum(shares) == pytest.approx(1)
        assert time.probability_within(time.percentile(90)) == pytest.approx(0.9, abs=0.002)
    quantiles = [time.percentile(q) for q in range(0, 101, 5)]
    assert quantiles == sorted(quantiles)


@settings(max_examples=30, deadline=None)
@given(st.lists(steps(), min_size=2, max_size=5), st.floats(0, 1), st.floats(0, 1))
def test_more_correlation_never_narrows_the_distribution(route, one, other):
    route = [Step(step.mean_h, step.sd_h) for step in route]
    low, high = sorted((one, other))
    narrow, wide = (door_to_door(route, correlation=rho, draws=DRAWS) for rho in (low, high))
    assert wide.sd >= 0.9 * narrow.sd  # drawn variances of skewed times are some 2% off


@settings(max_examples=20, deadline=None)
@given(steps(), st.integers(2, 4))
def test_full_correlation_makes_equal_steps_equal(step, times):
    alone = Step(step.mean_h, step.sd_h)
    together = door_to_door([alone] * times, correlation=1.0, draws=500)
    assert together.sd == pytest.approx(
        sum(row["sd_h"] for row in together.by_step.records()), rel=1e-6, abs=1e-9
    )


def next_departure(hour: float, departures: tuple[float, ...]) -> float:
    """The next departure by looking through three weeks of them."""
    return min(
        departure + 168 * week
        for week in range(int(hour // 168), int(hour // 168) + 2)
        for departure in departures
        if departure + 168 * week >= hour
    )


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 167 * 4),
    st.lists(st.tuples(st.integers(0, 400), timetables()), min_size=1, max_size=5),
)
def test_timetables_agree_with_brute_force(quarters, legs):
    start = quarters / 4
    route = [Step(hours, departures=departures) for hours, departures in legs]
    clock = start
    for hours, departures in legs:
        clock = next_departure(clock, departures) + hours
    assert door_to_door(route, depart=start, draws=2).hours == pytest.approx(clock - start)


@settings(max_examples=30, deadline=None)
@given(st.lists(steps(), min_size=1, max_size=4), steps())
def test_another_step_never_makes_the_route_quicker(route, more):
    base = door_to_door(route, draws=5_000)
    longer = door_to_door([*route, more], draws=5_000)
    assert longer.mean > base.mean - 5 * base.sd / math.sqrt(5_000)
    assert np.all(longer.hours > 0)
