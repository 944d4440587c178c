"""Staircases of time and cost over distance, and bars of what a disruption stops."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.core.errors import ShapeError
from tarazu.core.table import Column, Table
from tarazu.report import routes
from tarazu.report.document import Figure
from tarazu.report.figures import draw, specification

STEPS = (  # route, kind, label, km, hours, USD/t of the step
    ("Eastern railway", "terminal", "Loading at Kostanay", 0.0, 36.0, 3.1),
    ("Eastern railway", "leg", "Kostanay–Bolashak", 1980.0, 115.0, 38.0),
    ("Eastern railway", "border", "Bolashak", 0.0, 20.0, 2.0),
    ("Eastern railway", "leg", "Bolashak–Incheh Borun", 700.0, 46.0, 21.0),
    ("Eastern railway", "gauge_change", "Incheh Borun", 0.0, 60.0, 6.5),
    ("Eastern railway", "border", "Iranian customs", 0.0, 12.0, 1.0),
    ("Eastern railway", "leg", "Incheh Borun–Tehran", 580.0, 40.0, 11.0),
    ("Eastern railway", "terminal", "Unloading at Tehran", 0.0, 24.0, 3.0),
    ("Caspian via Aktau and Amirabad", "terminal", "Loading at Kostanay", 0.0, 36.0, 3.1),
    ("Caspian via Aktau and Amirabad", "leg", "Kostanay–Aktau", 1850.0, 108.0, 36.0),
    ("Caspian via Aktau and Amirabad", "wait", "Queue at Aktau", 0.0, 120.0, 4.0),
    ("Caspian via Aktau and Amirabad", "port_call", "Aktau port", 0.0, 48.0, 9.0),
    ("Caspian via Aktau and Amirabad", "leg", "Aktau–Amirabad", 770.0, 52.0, 16.0),
    ("Caspian via Aktau and Amirabad", "port_call", "Amirabad port", 0.0, 72.0, 8.0),
    ("Caspian via Aktau and Amirabad", "leg", "Amirabad–Tehran", 330.0, 20.0, 9.0),
    ("Caspian via Aktau and Amirabad", "terminal", "Unloading at Tehran", 0.0, 24.0, 3.0),
    ("Sarakhs", "terminal", "Loading at Kostanay", 0.0, 36.0, 3.1),
    ("Sarakhs", "leg", "Kostanay–Saryagash", 2250.0, 118.0, 41.0),
    ("Sarakhs", "border", "Saryagash", 0.0, 30.0, 2.0),
    ("Sarakhs", "leg", "Saryagash–Sarakhs", 1480.0, 92.0, 34.0),
    ("Sarakhs", "gauge_change", "Sarakhs", 0.0, 48.0, 6.0),
    ("Sarakhs", "leg", "Sarakhs–Tehran", 1090.0, 66.0, 19.0),
    ("Sarakhs", "terminal", "Unloading at Tehran", 0.0, 24.0, 3.0),
)
SCENARIOS = (
    ("No disruption", 3.05e6, 0.0, 0.0),
    ("Aktau closed for three months (ice and storm)", 2.61e6, 0.44e6, 6.2),
    ("Incheh Borun: gauge-change yard at half its capacity", 2.38e6, 0.67e6, 9.8),
    ("700 wagons queueing at Aktau, as in October 2025", 2.79e6, 0.26e6, 3.4),
    ("Low water: ships 20% light", 2.87e6, 0.18e6, 1.1),
    ("Hormuz shipping stopped, as in March 2026", 3.05e6, 0.0, -0.4),
    ("Border strike at Bolashak and Sarakhs together", 0.92e6, 2.13e6, 21.0),
    ("Eastern railway shut for a year", 1.24e6, 1.81e6, None),
)


def table(name: str, columns: str, rows: list[tuple[Any, ...]]) -> Table:
    return Table(name, tuple(Column(column) for column in columns.split()), tuple(rows))


def figure(kind: str, role: str, columns: str, rows: list[tuple[Any, ...]]) -> Figure:
    data = {role: table(role, columns, rows)}
    return Figure(kind, kind, f"Title of {kind}", "What is seen.", "USD", "Tarazu", data)


def distance(kind: str) -> Figure:
    """Three routes from Kostanay to Tehran with made times and costs."""
    rows: list[tuple[Any, ...]] = []
    for route, step, label, km, hours, usd in STEPS:
        new = not rows or rows[-1][0] != route
        base = (0.0, 0.0) if new else (rows[-1][1], rows[-1][2])
        rows.append((route, base[0] + km, base[1] + (hours if kind == "time_distance" else usd), step, label))
    return figure(kind, "steps", "route km value kind label", rows)


def disruption() -> Figure:
    return figure("disruption", "bars", "label moved_t lost_t cost_usd_t_change", list(SCENARIOS))


SAMPLES = {f.kind: f for f in (distance("time_distance"), distance("cost_distance"), disruption())}


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return {kind: draw(sample) for kind, sample in SAMPLES.items()}


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith(("text", "tspan"))]


def datasets(sample: Figure) -> list[list[dict[str, Any]]]:
    return list(specification(sample)["datasets"].values())


def paths(sample: Figure) -> list[list[tuple[float, float]]]:
    return [
        [(row["km"], row["value"]) for row in rows] for rows in datasets(sample) if rows and "i" in rows[0]
    ]


@pytest.mark.parametrize("kind", SAMPLES)
def test_it_is_valid_vega_lite_and_the_same_each_time(drawn, kind):
    import altair

    altair.Chart.from_dict(specification(SAMPLES[kind]))
    assert draw(SAMPLES[kind]) == drawn[kind]
    assert len(drawn[kind]) < 60_000
    assert not re.search("NaN|undefined|null", drawn[kind])


@pytest.mark.parametrize("kind", ["time_distance", "cost_distance"])
def test_legs_slope_and_stops_rise_upright_from_the_origin(kind):
    sample = SAMPLES[kind]
    rows = sample.data["steps"].records()
    drawn_paths = paths(sample)
    assert len(drawn_paths) == len({row["route"] for row in rows})
    for path, route in zip(drawn_paths, dict.fromkeys(row["route"] for row in rows), strict=True):
        steps = [row for row in rows if row["route"] == route]
        assert path == [(0.0, 0.0), *((row["km"], row["value"]) for row in steps)]
        for (km, value), (km2, value2), row in zip(path, path[1:], steps, strict=False):
            assert (km2 > km) is (row["kind"] == "leg")
            assert value2 > value


def test_thick_steps_are_as_high_as_what_the_stop_adds():
    risers = [row for rows in datasets(SAMPLES["time_distance"]) for row in rows if "top" in row]
    wanted = [(hours, kind) for _, kind, _, _, hours, _ in STEPS if kind != "leg"]
    assert [row["top"] - row["value"] for row in risers] == pytest.approx([hours for hours, _ in wanted])


def test_routes_end_in_their_name_and_total(drawn):
    words = texts(drawn["time_distance"])
    for line in ("Eastern railway", "353 h", "Sarakhs", "414 h", "480 h"):
        assert line in words
    assert "86 USD/t" in texts(drawn["cost_distance"])
    ends = [
        row for rows in datasets(SAMPLES["time_distance"]) for row in rows if "\n" in str(row.get("text"))
    ]
    assert len(ends) == 3


def test_stops_are_named_if_they_add_more_than_five_per_cent_and_once_where_routes_share_them():
    named = [
        row["text"]
        for rows in datasets(SAMPLES["time_distance"])
        for row in rows
        if "+" in str(row.get("text"))
    ]
    assert sorted(set(named)) == sorted(
        [
            "Loading at Kostanay +36 h", "Bolashak +20 h", "Incheh Borun +60 h", "Unloading at Tehran +24 h",
            "Queue at Aktau +120 h", "Aktau port +48 h", "Amirabad port +72 h", "Saryagash +30 h",
            "Sarakhs +48 h",
        ]
    )  # fmt: skip
    assert named.count("Loading at Kostanay +36 h") == 1
    assert not any("customs" in text for text in named)  # 12 of 353 hours


def test_labels_of_stops_do_not_overlap():
    for sample in (SAMPLES["time_distance"], SAMPLES["cost_distance"]):
        routes_of = routes._routes(sample.data["steps"].records())
        stairs = routes._Stairs(routes_of, "", 150)
        wanted = [
            routes._around(stairs, point.label, point.km, point.value, point.rise)
            for route in routes_of.values()
            for point in route
            if point.kind != "leg"
        ]
        labels = routes.place(wanted, [], [], (0, 0, stairs.width, routes.HEIGHT))
        assert len(labels) > 8
        assert not any(routes.overlap(one.box, other.box) for one, other in combinations(labels, 2))


def test_what_a_step_added_after_an_unknown_one_is_not_claimed():
    rows = [("A", 0.0, 10.0, "terminal", "Start"), ("A", 100.0, None, "leg", "way"), ("A", 100.0, 90.0, "border", "B"),
            ("A", 100.0, 130.0, "wait", "W")]  # fmt: skip
    sample = figure("time_distance", "steps", "route km value kind label", rows)
    words = texts(draw(sample))
    assert "W +40 h" in words
    assert not any(word.startswith("B +") for word in words)


@pytest.mark.parametrize("count", [1, 9])
def test_one_route_and_nine_fit(count):
    rows = [
        (f"Route {i} with quite a long name for a label", km, km * (0.1 + 0.01 * i), "leg", "way")
        for i in range(count)
        for km in (500.0, 1000.0)
    ]
    svg = draw(figure("time_distance", "steps", "route km value kind label", rows))
    assert sum(word.startswith("Route ") for word in texts(svg)) == count


def test_bars_of_a_scenario_are_its_tonnes_moved_and_then_lost(drawn):
    spans = {}
    for rows in datasets(SAMPLES["disruption"]):
        for row in rows:
            if "x2" in row:
                spans.setdefault(row["row"], []).append((row["x"], row["x2"]))
    for i, (_, moved, lost, _) in enumerate(SCENARIOS):
        parts = [(0.0, moved)] + ([(moved, moved + lost)] if lost else [])
        assert [*chain(*spans[i])] == pytest.approx([*chain(*parts)])
    words = texts(drawn["disruption"])
    assert {"3.05 Mt", "440 kt", "+6.2", "−0.4", "unknown", "2 Mt"} <= set(words)


def test_an_unknown_loss_is_said_and_takes_no_length():
    sample = figure("disruption", "bars", "label moved_t lost_t cost_usd_t_change", [("x", 5e5, None, None)])
    assert texts(draw(sample)).count("unknown") == 2


@pytest.mark.parametrize("kind", SAMPLES)
def test_empty_tables_and_tables_without_numbers_draw_nothing(kind):
    sample = SAMPLES[kind]
    ((role, full),) = sample.data.items()
    columns = " ".join(column.name for column in full.columns)
    assert draw(figure(kind, role, columns, [])) == ""
    blank = [tuple(math.nan if isinstance(v, float) else v for v in row) for row in full.rows]
    assert draw(figure(kind, role, columns, blank)) == ""


@pytest.mark.parametrize("kind", SAMPLES)
def test_missing_columns_say_what_was_expected(kind):
    ((role, full),) = SAMPLES[kind].data.items()
    for column in full.columns:
        rest = " ".join(other.name for other in full.columns if other != column)
        with pytest.raises(ShapeError, match=column.name):
            draw(figure(kind, role, rest, []))


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "unknown"), (0.0, "0"), (12.0, "12 t"), (640e3, "640 kt"), (999.9e3, "1 Mt"), (1.254e6, "1.25 Mt"),
     (12.3e6, "12.3 Mt"), (-2e3, "−2 kt")],
)  # fmt: skip
def test_tonnes_in_words(value, text):
    assert routes.tonnes(value) == text


COORDINATES = st.floats(-100, 200)


@given(st.tuples(COORDINATES, COORDINATES, COORDINATES, COORDINATES))
def test_clipped_segments_agree_with_points_along_them(line):
    box = (0.0, 0.0, 100.0, 100.0)
    x, y, x2, y2 = line
    along = [(x + (x2 - x) * i / 400, y + (y2 - y) * i / 400) for i in range(401)]
    within = [p for p in along if 0 < p[0] < 100 and 0 < p[1] < 100]
    part = routes.clipped(line, box)
    if len(within) > 1:
        assert part is not None
        assert math.dist(part[:2], within[0]) <= math.dist(line[:2], line[2:]) / 400 + 0.2
        assert math.dist(part[2:], within[-1]) <= math.dist(line[:2], line[2:]) / 400 + 0.2
    if part is not None:
        assert min(part) >= 0
        assert max(part) <= 100


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 200)), min_size=1, max_size=25))
def test_placed_labels_never_overlap_and_a_lone_label_takes_its_first_place(points):
    frame = (-50.0, -50.0, 400.0, 250.0)
    wanted = [[routes.beside(f"Place {i}", x, y, dx, 0) for dx in (9, -9)] for i, (x, y) in enumerate(points)]
    labels = routes.place(wanted, [], [], frame)
    assert not any(routes.overlap(one.box, other.box) for one, other in combinations(labels, 2))
    assert labels[0] == wanted[0][0]
    assert len({label.text for label in labels}) == len(labels)


def test_a_label_moves_off_a_line_and_off_what_is_taken():
    right, left = (routes.beside("Name", 50, 50, dx, 0) for dx in (9, -9))
    frame = (0.0, 0.0, 120.0, 100.0)
    across = (70.0, 0.0, 70.0, 100.0)
    assert routes.place([[right, left]], [], [across], frame) == [left]
    assert routes.place([[right, left]], [left.box], [across], frame) == [right]
    assert routes.place([[right, left]], [left.box, right.box], [], frame) == []
    assert routes.place([[right]], [], [], (0.0, 0.0, 60.0, 100.0)) == []
