"""Routes of a day and what is said of them: services of some days, drawn means, scenarios, quays, coordinates."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from corridor_flows_support import limit
from corridor_support import added, default, small, value, write_tables
from tarazu.core.errors import NetworkError
from tarazu.corridor.network import Network
from tarazu.corridor.routes import Route, Routes

LINE = {"id": "line", "name": "Line", "legs": "rail-ab;rail-bc"}


def ways(found: Routes) -> set[tuple[str, ...]]:
    return {tuple(arc.id for arc in route.steps) for route in found.every}


def only(network: Network, **options: object) -> Route:
    (route,) = network.routes("a", "c", "grain", **options).every
    return route


def served(folder: Path, hours: str, first: str, last: str) -> Network:
    """The small network where only a service runs from a to c."""
    legs = [{"id": f"rail-{ends}", "service_only": "yes"} for ends in ("ab", "bc")]
    days = {"departures": hours, "valid_from": first, "valid_to": last}
    return small(folder, services=[LINE | days], legs=legs, values=[value("line", "headway", 48)])


def test_the_next_departure_within_its_days_is_waited_for(tmp_path: Path) -> None:
    network = served(tmp_path, "Mon 08:00;Thu 20:00", "2024-03-05", "2024-03-11")
    found = only(
        network, criteria=("time",), day=date(2024, 3, 1)
    )  # a Friday; Monday the 4th is before the first day
    assert found.time_h == pytest.approx(6 * 24 + 20 + 10)
    assert found.travel_time(datetime(2024, 3, 1), draws=10).hours == pytest.approx(found.time_h)
    assert only(network, criteria=("cost",), day=date(2024, 3, 1)).time_h == pytest.approx(found.time_h)
    last = only(network, criteria=("time",), day=date(2024, 3, 11))
    assert last.time_h == pytest.approx(8 + 10)
    for gone in (date(2024, 3, 12), date(2025, 1, 1)):
        assert not network.routes("a", "c", "grain", day=gone).every
    assert not network.routes("a", "c", "grain").every


def test_who_comes_after_the_last_departure_goes_another_way(tmp_path: Path) -> None:
    """The line is cheaper, but its last train leaves before the goods are there."""
    line = LINE | {
        "legs": "rail-bc",
        "departures": "Mon 03:00",
        "valid_from": "2024-03-04",
        "valid_to": "2024-03-04",
    }
    network = small(tmp_path, services=[line], values=[value("line", "cost", 0.1)])
    for criteria in (("cost",), ("cost", "time")):
        found = network.routes("a", "c", "grain", criteria, day=date(2024, 3, 4))
        assert ways(found) == {("rail-ab", "rail-bc")}, "rail-ab takes five hours"
        early = network.routes("b", "c", "grain", criteria, day=date(2024, 3, 4))
        assert ("line",) in ways(early)


def test_a_line_with_a_headway_is_boarded_within_its_days(tmp_path: Path) -> None:
    network = served(tmp_path, "", "2024-03-05", "2024-03-11")
    found = only(network, criteria=("time",), day=date(2024, 3, 1))
    assert found.time_h == pytest.approx(4 * 24 + 24 + 10), "its first day, half the headway, the way"
    assert not network.routes("a", "c", "grain", day=date(2024, 3, 12)).every


def test_drawn_times_hold_the_range_of_the_mean_and_the_spread() -> None:
    """Law of total variance: the spread is E[Var(T | mean)], and the mean has the quantiles of its interval."""
    network = Network.read("kaz-irn")
    for route in network.routes("Kostanay", "Tehran", "barley", packaging="bulk").shown:
        both, within = (route.travel_time(draws=40_000, within_mean=each) for each in (False, True))
        low, high = route.time_interval
        white = np.random.default_rng(9).standard_normal(200_000)
        factor = np.exp(
            white / 1.2815515655 * np.log(np.where(white < 0, route.time_h / low, high / route.time_h))
        )
        assert np.percentile(factor * route.time_h, [10, 50, 90]) == pytest.approx(
            [low, route.time_h, high], rel=0.01
        )
        total = route.time_sd_h**2 * (factor**2).mean() + route.time_h**2 * factor.var()
        assert both.sd**2 == pytest.approx(total, rel=0.06)
        assert within.sd**2 == pytest.approx(route.time_sd_h**2, rel=0.1)
        assert both.percentile(50) == pytest.approx(route.time_h, rel=0.03)
        assert both.percentile(95) > max(within.percentile(95), high)
        for due in np.linspace(low, high, 9):
            assert 0.02 < both.probability_within(due) < 0.95


def test_a_delay_and_a_timetable_are_no_part_of_the_range(tmp_path: Path) -> None:
    """A leg at 20 km/h, 10 to 40: 5 h, 2.5 to 10; a delay of 100 h is as stated."""
    speed = default("rail", "speed", 20, low=10, high=40)
    defaults = [row for row in added()["defaults"] if (row["mode"], row["attribute"]) != ("rail", "speed")]
    held = [{"name": "Queue", **limit("rail-bc", delay_h=100)}]
    tables = added(limits=held) | {"defaults": [*defaults, speed]}
    (route,) = Network.read(write_tables(tmp_path, tables)).routes("b", "c", "grain").every
    time = route.travel_time(draws=100_000)
    assert [time.percentile(q) for q in (10, 50, 90)] == pytest.approx([102.5, 105, 110], abs=0.2)
    assert time.probability_within(109) < 1


def test_scenarios_may_be_joined_and_are_named(tmp_path: Path) -> None:
    rows = [limit(name, name, scenario=name, capacity_factor=0) for name in ("sea-ce", "road-ab")]
    network = small(tmp_path, limits=[{"name": row["id"], **row} for row in rows])
    found = network.routes("a", "c", "grain", scenarios=("sea-ce+road-ab",))
    assert found.scenarios == ("sea-ce", "road-ab")
    with pytest.raises(NetworkError, match='"flood" is no scenario of'):
        network.routes("a", "c", "grain", scenarios=("sea-ce+flood",))


def test_a_route_from_quay_to_quay_says_what_is_not_in_it(tmp_path: Path) -> None:
    network = small(tmp_path)
    (check,) = (c for c in network.routes("c", "e", "grain").checks if c.name == "quay-to-quay")
    assert "loading at Place c and discharge at Place e are not in it" in check.message
    (check,) = (c for c in network.routes("a", "e", "grain").checks if c.name == "quay-to-quay")
    assert "discharge at Place e is not in it" in check.message
    assert not [c for c in network.routes("a", "c", "grain").checks if c.name == "quay-to-quay"]


def test_a_coordinate_says_for_which_place_it_is_taken(tmp_path: Path) -> None:
    found = small(tmp_path).routes("50.01,60.01", "c", "grain")
    (check,) = (c for c in found.checks if c.name == "snapped")
    assert check.message == "50.01,60.01 is taken as Place a, 1.3 km away."


def test_a_day_out_of_reason_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="1900 to 2200"):
        small(tmp_path).routes("a", "c", "grain", day=date(9999, 12, 31))
