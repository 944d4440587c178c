"""Door-to-door time: waiting, timetables, percentiles, dates and refusals."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import numpy as np
import pytest

from tarazu.core.errors import InputError
from tarazu.corridor.reliability import Step, door_to_door

LEG = Step(48, 12, name="Uzen-Bereket")
YARD = Step(30, 15, headway_h=24, name="gauge change")


def test_mean_and_variance_are_the_sums_of_the_steps():
    time = door_to_door((LEG, YARD), draws=200_000)
    assert time.mean == pytest.approx(48 + 30 + 12, rel=0.003)
    assert time.sd**2 == pytest.approx(12**2 + 15**2 + 24**2 / 12, rel=0.02)


def test_running_time_is_log_normal_with_the_given_moments():
    time = door_to_door((Step(30, 15),), draws=200_000)
    assert time.mean == pytest.approx(30, rel=0.005)
    assert time.sd == pytest.approx(15, rel=0.02)
    assert time.hours.min() > 0
    # median = mean / sqrt(1 + cv²), and its square is the product of any two opposite percentiles
    assert time.percentile(50) == pytest.approx(30 / np.sqrt(1.25), rel=0.01)
    assert time.percentile(10) * time.percentile(90) == pytest.approx(time.percentile(50) ** 2, rel=0.02)


def test_nothing_varies_where_no_deviation_is_given():
    time = door_to_door((Step(10.1), Step(0.2), Step(0)), draws=100)
    assert np.all(time.hours == time.hours[0])
    assert time.mean == pytest.approx(10.3)
    assert time.probability_within(10.31) == 1
    assert time.probability_within(10.29) == 0
    assert all(row["variance_share"] is None for row in time.by_step.records())


def test_correlation_widens_the_whole_and_moves_no_step():
    apart, together = (door_to_door((LEG,) * 4, correlation=rho, draws=100_000) for rho in (0.0, 0.8))
    assert together.mean == pytest.approx(apart.mean, rel=0.005)
    assert together.sd > 1.5 * apart.sd
    # var = K s² + K (K-1) cov, cov of two log-normals: m² (exp(rho sigma²) - 1), sigma² = ln(1 + cv²)
    covariance = 48**2 * (np.exp(0.8 * np.log1p(1 / 16)) - 1)
    assert together.sd**2 == pytest.approx(4 * 144 + 12 * covariance, rel=0.03)


def test_timetable_and_departure_give_the_next_departure():
    weekly = Step(20, departures=(60.0, 132.0))  # Wednesday 12:00 and Saturday 12:00
    monday = datetime(2024, 3, 4, 8, 0)
    assert door_to_door((weekly,), depart=monday, draws=3).hours == pytest.approx(52 + 20)
    assert door_to_door((weekly,), depart=140.0, draws=3).hours == pytest.approx(168 - 140 + 60 + 20)
    thursday = datetime(2024, 3, 7, 18, 30)
    assert door_to_door((weekly,), depart=thursday, draws=3).hours == pytest.approx(41.5 + 20)
    missed = (Step(53), weekly)  # 8 + 53 = hour 61, an hour late: Saturday
    assert door_to_door(missed, depart=monday, draws=3).hours == pytest.approx(53 + 71 + 20)


def test_arriving_at_the_very_moment_of_departure_catches_it():
    to_the_quay = (Step(0.1), Step(0.2))  # 0.30000000000000004 in floating point must not miss the ferry
    ferry = Step(5, departures=(0.3,))
    assert door_to_door((*to_the_quay, ferry), depart=0.0, draws=2).hours == pytest.approx(5.3)
    round_the_week = Step(168, departures=(0.0,))
    assert door_to_door((round_the_week,) * 3, depart=0.0, draws=2).hours == pytest.approx(3 * 168)


def test_without_a_departure_the_hour_of_the_week_is_drawn():
    time = door_to_door((Step(0, departures=(0.0, 24.0)),), draws=200_000)
    assert time.mean == pytest.approx(
        (24**2 + 144**2) / (2 * 168), rel=0.01
    )  # sum of squared gaps over twice the week


def test_closures_wait():
    post = Step(2, share_closed=0.5, closed_h=12, name="post")
    time = door_to_door((post,), draws=200_000)
    assert time.mean == pytest.approx(2 + 0.5 * 6, rel=0.01)
    assert time.sd**2 == pytest.approx(0.5 * 12**2 / 3 - 3**2, rel=0.02)
    assert time.probability_within(2) == pytest.approx(0.5, abs=0.01)


def test_the_same_seed_gives_the_same_draws_and_another_does_not():
    first, again, other = (door_to_door((LEG, YARD), seed=seed).hours for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_probability_by_a_date_means_the_end_of_that_day():
    time = door_to_door(
        (Step(40),), depart=datetime(2024, 3, 4, 8, 0), draws=2
    )  # arrives on the 6th at 00:00
    assert time.probability_by(datetime(2024, 3, 6, 0, 0)) == 1
    assert time.probability_by(datetime(2024, 3, 5, 23, 59)) == 0
    assert time.probability_by(date(2024, 3, 5)) == 1  # midnight ends the 5th
    assert time.probability_by(date(2024, 3, 4)) == 0


def test_dates_need_a_departure_and_one_kind_of_clock():
    with pytest.raises(InputError, match="date of departure"):
        door_to_door((LEG,), depart=12.0, draws=2).probability_by(date(2024, 3, 5))
    aware = door_to_door((LEG,), depart=datetime(2024, 3, 4, tzinfo=UTC), draws=2)
    with pytest.raises(InputError, match="time zone"):
        aware.probability_by(datetime(2024, 3, 5))
    assert aware.probability_by(date(2030, 1, 1)) == 1


def test_the_step_that_varies_most_is_to_blame():
    records = door_to_door((LEG, YARD), draws=100_000).by_step.records()
    shares = {row["step"]: row["variance_share"] for row in records}
    variance = {"Uzen-Bereket": 144, "gauge change": 225 + 48}
    assert sum(shares.values()) == pytest.approx(1)
    for name, share in shares.items():
        assert share == pytest.approx(variance[name] / sum(variance.values()), abs=0.02)
    assert records[1]["wait_mean_h"] == pytest.approx(12, rel=0.02)


def test_tables_are_ready_for_json():
    time = door_to_door((LEG, Step(0, headway_h=7)))
    json.dumps([*time.table.records(), *time.by_step.records()], allow_nan=False)
    hours = time.table.column("hours")
    assert hours == sorted(hours)
    assert time.table.column("days")[0] == hours[0] / 24


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mean_h": -1}, "mean_h is -1"),
        ({"mean_h": float("nan")}, "mean_h is nan"),
        ({"mean_h": 5, "sd_h": float("inf")}, "sd_h is inf"),
        ({"mean_h": 0, "sd_h": 2}, "vary about a mean"),
        ({"mean_h": 5, "departures": ()}, "never runs"),
        ({"mean_h": 5, "departures": (168.0,)}, "outside the hours of a week"),
        ({"mean_h": 5, "departures": (9.0, 9.0)}, "ascend"),
        ({"mean_h": 5, "departures": (9.0,), "headway_h": 24}, "not both"),
        ({"mean_h": 5, "share_closed": 1.0, "closed_h": 8}, "below 1"),
        ({"mean_h": 5, "share_closed": 0.5}, "belong together"),
    ],
)
def test_steps_that_cannot_be_are_refused(values, message):
    with pytest.raises(InputError, match=message) as refused:
        Step(**values, name="ferry")
    assert 'Step "ferry"' in str(refused.value)


def test_arguments_out_of_range():
    with pytest.raises(InputError, match="at least one step"):
        door_to_door(())
    with pytest.raises(InputError, match="correlation"):
        door_to_door((LEG,), correlation=-0.1)
    for draws in (0, 10**9):
        with pytest.raises(InputError, match="draws"):
            door_to_door((LEG,), draws=draws)
    with pytest.raises(InputError, match="hour of the week"):
        door_to_door((LEG,), depart=168.0)
    with pytest.raises(InputError, match="percentile"):
        door_to_door((LEG,)).percentile(101)
