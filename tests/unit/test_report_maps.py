"""The map: shapes that close, a frame that follows the nodes, names that keep apart."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from importlib.resources import files
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.core.errors import ShapeError
from tarazu.core.table import Column, Table
from tarazu.report import maps, projection
from tarazu.report.document import Figure
from tarazu.report.figures import draw, specification
from tarazu.report.routes import overlap

PLACES = (
    ("Kostanay", 53.2, 63.6, "station"), ("Astana", 51.2, 71.4, "station"), ("Pavlodar", 52.3, 76.9, "station"),
    ("Almaty", 43.3, 76.9, "station"), ("Shymkent", 42.3, 69.6, "station"), ("Kyzylorda", 44.8, 65.5, "station"),
    ("Aktobe", 50.3, 57.2, "station"), ("Atyrau", 47.1, 51.9, "station"), ("Beineu", 45.3, 55.2, "station"),
    ("Uzen", 43.4, 52.9, "station"), ("Aktau", 43.6, 51.2, "port"), ("Kuryk", 43.2, 51.7, "port"),
    ("Bolashak", 41.9, 53.4, "border"), ("Bereket", 39.2, 55.5, "station"), ("Turkmenbashi", 40.0, 53.0, "port"),
    ("Incheh Borun", 37.4, 54.7, "border"), ("Gorgan", 36.8, 54.4, "station"), ("Sarakhs", 36.5, 61.2, "border"),
    ("Mashhad", 36.3, 59.6, "station"), ("Amirabad", 36.85, 53.3, "port"), ("Nowshahr", 36.65, 51.5, "port"),
    ("Anzali", 37.5, 49.5, "port"), ("Tehran", 35.7, 51.4, "station"), ("Bafq", 31.6, 55.4, "station"),
    ("Bandar Abbas", 27.2, 56.3, "port"), ("Baku", 40.4, 49.9, "port"), ("Astara", 38.4, 48.9, "border"),
    ("Astrakhan", 46.35, 48.0, "port"), ("Tashkent", 41.3, 69.2, "station"), ("Tejen", 37.4, 60.5, "station"),
    ("Ashgabat", 37.9, 58.4, "station"), ("Khorgos", 44.2, 80.3, "border"), ("Saryagash", 41.5, 69.2, "border"),
    ("Turkmenabat", 39.1, 63.6, "station"), ("Samarkand", 39.65, 66.95, "station"),
)  # fmt: skip
LINKS = (
    ("Kostanay", "Aktobe", "rail", 1.9e6, 6e6, "no"), ("Astana", "Kostanay", "rail", 0.8e6, 6e6, "no"),
    ("Pavlodar", "Astana", "rail", 0.4e6, 6e6, "no"), ("Aktobe", "Beineu", "rail", 2.1e6, 5e6, "no"),
    ("Atyrau", "Beineu", "rail", 0.3e6, 4e6, "no"), ("Beineu", "Aktau", "rail", 1.3e6, 3e6, "no"),
    ("Beineu", "Uzen", "rail", 1.2e6, 3e6, "no"), ("Beineu", "Uzen", "road", 0.1e6, None, "no"),
    ("Uzen", "Bolashak", "rail", 1.2e6, 1.2e6, "yes"), ("Bolashak", "Bereket", "rail", 1.2e6, 3e6, "no"),
    ("Bolashak", "Bereket", "road", 0.2e6, 1e6, "no"), ("Bereket", "Incheh Borun", "rail", 1.2e6, 2e6, "no"),
    ("Incheh Borun", "Gorgan", "rail", 1.2e6, 3e6, "no"), ("Gorgan", "Tehran", "rail", 1.3e6, 4e6, "no"),
    ("Aktau", "Amirabad", "sea", 0.7e6, 0.7e6, "yes"), ("Aktau", "Anzali", "sea", 0.35e6, 1e6, "no"),
    ("Aktau", "Nowshahr", "sea", 0.15e6, 0.5e6, "no"), ("Aktau", "Kuryk", "rail", 0.1e6, 1e6, "no"),
    ("Kuryk", "Baku", "ferry", 0.2e6, 2e6, "no"), ("Turkmenbashi", "Baku", "ferry", 0.1e6, 1e6, "no"),
    ("Bereket", "Turkmenbashi", "rail", 0.0, 1e6, "no"), ("Amirabad", "Tehran", "rail", 0.7e6, 2e6, "no"),
    ("Anzali", "Tehran", "road", 0.35e6, None, "no"), ("Nowshahr", "Tehran", "road", 0.15e6, None, "no"),
    ("Tehran", "Bafq", "rail", 0.6e6, 8e6, "no"), ("Bafq", "Bandar Abbas", "rail", 0.6e6, 8e6, "no"),
    ("Baku", "Astara", "rail", 0.2e6, 1e6, "no"), ("Astara", "Tehran", "road", 0.2e6, 1e6, "no"),
    ("Astrakhan", "Anzali", "sea", 0.3e6, 2e6, "no"), ("Atyrau", "Astrakhan", "rail", 0.1e6, 5e6, "no"),
    ("Aktobe", "Kyzylorda", "rail", 0.2e6, 9e6, "no"), ("Kyzylorda", "Shymkent", "rail", 0.4e6, 9e6, "no"),
    ("Shymkent", "Saryagash", "rail", 0.5e6, 4e6, "no"), ("Almaty", "Shymkent", "rail", 0.3e6, 9e6, "no"),
    ("Saryagash", "Tashkent", "rail", 0.5e6, 4e6, "no"), ("Tashkent", "Samarkand", "rail", 0.5e6, 4e6, "no"),
    ("Samarkand", "Turkmenabat", "rail", 0.5e6, 4e6, "no"), ("Turkmenabat", "Tejen", "rail", 0.5e6, 4e6, "no"),
    ("Tejen", "Sarakhs", "rail", 0.5e6, 2e6, "no"), ("Sarakhs", "Mashhad", "rail", 0.5e6, 3e6, "no"),
    ("Mashhad", "Bafq", "rail", 0.5e6, 3e6, "no"), ("Bereket", "Ashgabat", "rail", 0.0, 2e6, "no"),
    ("Ashgabat", "Tejen", "rail", None, 2e6, "no"), ("Khorgos", "Almaty", "rail", 0.1e6, 9e6, "no"),
)  # fmt: skip
NODE_COLUMNS = "id name lat lon kind label"
LINK_COLUMNS = "from_lat from_lon to_lat to_lon mode load_t capacity_t binding"
UNNAMED = {"Saryagash", "Tejen", "Turkmenabat", "Samarkand", "Bafq"}


def table(name: str, columns: str, rows: list[tuple[Any, ...]]) -> Table:
    return Table(name, tuple(Column(column) for column in columns.split()), tuple(rows))


def sample(
    places: tuple[tuple[Any, ...], ...] = PLACES, links: tuple[tuple[Any, ...], ...] = LINKS, **options: Any
) -> Figure:
    """A map of the corridor with made loads."""
    at = {name: (lat, lon) for name, lat, lon, _ in places}
    nodes = [
        (name.lower(), name, lat, lon, kind, "no" if name in UNNAMED else "yes")
        for name, lat, lon, kind in places
    ]
    rows = [(*at[start], *at[end], *rest) for start, end, *rest in links]
    data = {"nodes": table("nodes", NODE_COLUMNS, nodes), "links": table("links", LINK_COLUMNS, rows)}
    return Figure("map", "map", "Title of map", "What is seen.", "USD", "Tarazu", data, options)


def frame_texts(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith(("text", "tspan"))]


@pytest.fixture(scope="module")
def view() -> maps.View:
    return maps.View.fitted(np.array([(lon, lat) for _, lat, lon, _ in PLACES]))


@pytest.fixture(scope="module")
def drawn() -> str:
    return draw(sample())


def inside(point: tuple[float, float], ring: np.ndarray) -> bool:
    """Even-odd rule, edge by edge."""
    x, y = point
    odd = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            odd = not odd
    return odd


def country_at(lon: float, lat: float) -> list[str]:
    return [
        country.name
        for country in maps.countries()
        for rings in country.polygons
        if any(sum(inside((lon + turn, lat), ring) for ring in rings) % 2 for turn in (-360, 0, 360))
    ]


def test_every_ring_is_closed_has_an_area_and_stays_on_the_globe():
    assert len(maps.countries()) > 230
    for country in maps.countries():
        assert country.polygons, country.name
        for ring in (ring for rings in country.polygons for ring in rings):
            assert len(ring) >= 4, country.name
            assert ring[0] == pytest.approx(ring[-1], abs=1e-6), country.name
            assert np.abs(ring[:, 1]).max() <= 90.0 + 1e-9
            assert np.abs(ring[:, 0]).max() <= 540
            assert np.abs(np.diff(ring[:, 0])).max() <= 180, country.name
            x, y = ring.T
            assert abs(x[:-1] @ y[1:] - x[1:] @ y[:-1]) > 0, country.name


@pytest.mark.parametrize(
    ("lon", "lat", "names"),
    [
        (71.4, 51.2, ["Kazakhstan"]),
        (51.4, 35.7, ["Iran"]),
        (58.4, 37.9, ["Turkmenistan"]),
        (51.0, 40.5, []),  # the middle of the Caspian Sea is nobody's land
        (50.5, 43.0, []),
        (28.0, -29.5, ["Lesotho"]),  # a hole in South Africa
        (0.0, -85.0, ["Antarctica"]),
        (185.0, 66.5, ["Russia"]),  # beyond the antimeridian
    ],
)  # fmt: skip
def test_places_lie_in_their_country(lon, lat, names):
    assert country_at(lon, lat) == names


def test_bundled_shapes_are_small_and_say_where_they_come_from():
    folder = files("tarazu.data") / "geography"
    assert len((folder / "countries.json").read_bytes()) < 400_000
    notice = (folder / "README.md").read_text(encoding="utf-8")
    assert all(
        word in notice for word in ("Natural Earth", "world-atlas", "public domain", "Permission to use")
    )


@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-75, 80)), min_size=1, max_size=12),
    st.floats(0, 360),
)
@settings(max_examples=150, deadline=None)
def test_every_node_is_in_the_frame_with_a_margin_wherever_the_nodes_lie(points, turn):
    places = np.array(points)
    places[:, 0] = (places[:, 0] + turn + 180) % 360 - 180
    fitted = maps.View.fitted(places)
    px = fitted.px(places)
    assert np.isfinite(px).all()
    assert px.min() >= projection.MARGIN - 0.5
    assert px[:, 0].max() <= fitted.width - projection.MARGIN + 0.5
    assert px[:, 1].max() <= fitted.height - projection.MARGIN + 0.5
    assert projection.LOWEST <= fitted.height <= projection.HIGHEST


def test_nodes_reach_the_margin_so_that_the_frame_is_no_larger_than_they_need(view):
    px = view.px(np.array([(lon, lat) for _, lat, lon, _ in PLACES]))
    free = [px[:, 0].min(), px[:, 1].min(), view.width - px[:, 0].max(), view.height - px[:, 1].max()]
    assert min(free) == pytest.approx(projection.MARGIN, abs=0.5)


def test_projection_keeps_lengths_along_meridians_and_its_standard_parallels():
    """Equidistant conic (Snyder 1987): true along every meridian and both standard parallels."""
    south, north = 30.0, 54.0
    fitted = maps.View.fitted(np.array([(50.0, south), (70.0, north)]))
    degree = fitted.scale * math.pi / 180
    for lon in (50.0, 61.0, 75.0):
        ends = fitted.px(np.array([(lon, 33.0), (lon, 44.0)]))
        assert np.hypot(*(ends[1] - ends[0])) == pytest.approx(11 * degree, rel=1e-9)
    for lat in (south + (north - south) / 6, north - (north - south) / 6):
        lons = np.linspace(50, 70, 2001)
        path = fitted.px(np.column_stack([lons, np.full_like(lons, lat)]))
        length = np.hypot(*np.diff(path, axis=0).T).sum()
        assert length == pytest.approx(20 * math.cos(math.radians(lat)) * degree, rel=1e-6)


@pytest.mark.parametrize("lon", [0.0, 60.0, 175.0, -179.0])
def test_no_country_streaks_across_the_map(lon):
    """A ring torn at the antimeridian would draw an edge from side to side; the longest edges are borders."""
    fitted = maps.View.fitted(np.array([(lon - 40, 55.0), (lon + 40, 70.0)]))
    for name, polygons in maps.seen(fitted):
        for ring in (ring for rings in polygons for ring in rings):
            assert (ring[0] == ring[-1]).all()
            assert ring.min() >= 0
            assert ring[:, 0].max() <= fitted.width
            on_edge = (ring <= 0.05) | (ring >= np.array([fitted.width, fitted.height]) - 0.05)
            both = (on_edge[:-1] & on_edge[1:]).any(axis=1)
            steps = np.hypot(*np.diff(ring, axis=0).T)[~both]
            assert steps.max(initial=0.0) < 0.25 * fitted.width, name


def test_russia_is_whole_on_both_sides_of_the_antimeridian():
    fitted = maps.View.fitted(np.array([(170.0, 62.0), (-170.0, 68.0)]))
    shapes = dict(maps.seen(fitted))
    lons = np.array([(178.0, 67.0), (-178.0, 67.0)])
    for place in fitted.px(lons):
        assert sum(inside(tuple(place), rings[0]) for rings in shapes["Russia"]) == 1


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), min_size=3, max_size=9))
def test_what_is_clipped_lies_in_the_box_and_what_lies_in_it_is_kept(points):
    ring = np.array([*points, points[0]])
    box = (0.0, 0.0, 100.0, 100.0)
    cut = maps.clip(ring, box)
    if len(cut):
        assert cut.min() >= -1e-9
        assert cut.max() <= 100 + 1e-9
        assert (cut[0] == cut[-1]).all()
    within = (ring >= 0).all() and (ring <= 100).all()
    assert not within or (cut == ring).all()


def test_a_square_over_a_corner_is_cut_to_the_quarter_inside():
    ring = np.array([(-10.0, -10.0), (10.0, -10.0), (10.0, 10.0), (-10.0, 10.0), (-10.0, -10.0)])
    x, y = maps.clip(ring, (0.0, 0.0, 50.0, 50.0)).T
    assert abs(x[:-1] @ y[1:] - x[1:] @ y[:-1]) / 2 == pytest.approx(100.0)


def test_labels_overlap_neither_one_another_nor_marks_and_stay_in_the_frame(view):
    nodes = sample().data["nodes"].records()
    places = view.px(np.array([(row["lon"], row["lat"]) for row in nodes]))
    links = maps._links(sample().data["links"].records(), view)
    groups = maps._labels(view, nodes, places, links, maps.seen(view))
    labels = [label for group in groups for label in group]
    assert len(groups[0]) == len(PLACES) - len(UNNAMED)
    assert {label.text for label in groups[1]} == {"full: 1.2 Mt", "full: 700 kt"}
    assert {"Kazakhstan", "Iran"} <= {label.text for label in groups[2]}
    for one, other in combinations(labels, 2):
        assert not overlap(one.box, other.box), (one.text, other.text)
    for label in labels:
        assert not any(overlap(label.box, (x - 4, y - 4, x + 4, y + 4)) for x, y in places), label.text
        assert 0 <= label.box[0] < label.box[2] <= view.width, label.text


def test_only_wanted_names_are_printed_and_modes_and_kinds_are_explained(drawn):
    words = set(frame_texts(drawn))
    assert {"Aktau", "Amirabad", "Kostanay", "rail", "road", "sea", "ferry", "port", "station"} <= words
    assert not words & UNNAMED
    assert {"2 Mt a year", "400 kt a year", "full in some month"} <= words


def test_links_are_as_wide_as_their_load_and_lie_side_by_side(view):
    rows = sample().data["links"].records()
    links = maps._links(rows, view)
    most = max(row["load_t"] or 0 for row in rows)
    for link in links:
        expected = max(maps.THIN, maps.THICK * (link.load or 0) / most)
        assert link.width == pytest.approx(expected, abs=0.06)
    road, rail = (next(k for k in links if k.mode == m and k.load == t) for m, t in (("road", 2e5), ("rail", 1.2e6))
                  )  # fmt: skip
    beside = [k for k in links if k.mode == "rail" and math.dist(k.line, road.line) < 20]
    assert rail.width > road.width
    assert beside
    for link in beside:
        apart = math.dist(link.line[:2], road.line[:2])
        assert apart == pytest.approx((link.width + road.width) / 2 + 2, abs=0.3)


def test_the_picture_is_small_and_the_same_each_time(drawn):
    assert len(drawn) < 250_000
    assert draw(sample()) == drawn
    assert not re.search("NaN|undefined|null", drawn)


def test_a_map_of_the_world_is_small_too():
    far = (
        ("Santos", -23.9, -46.3, "port"),
        ("Shanghai", 31.2, 121.5, "port"),
        ("Rotterdam", 51.9, 4.1, "port"),
    )
    assert 0 < len(draw(sample(far, (("Santos", "Rotterdam", "sea", 1e6, None, "no"),)))) < 250_000


def test_a_single_place_and_nodes_without_links_are_drawn():
    svg = draw(sample(PLACES[:1], ()))
    assert "Kostanay" in frame_texts(svg)
    assert "full in some month" not in frame_texts(svg)


def test_a_ringed_place_is_explained_and_its_remark_printed_with_the_months_of_a_full_line():
    plain = sample()
    names = [column.name for column in plain.data["nodes"].columns]
    nodes = table("nodes", " ".join((*names, "binding", "note")), [
        (*row, "yes" if row[1] == "Aktau" else "no", "chokes most" if row[1] == "Aktau" else "")
        for row in plain.data["nodes"].rows
    ])  # fmt: skip
    links = table(
        "links", f"{LINK_COLUMNS} note", [(*row, "full in 1-2, 12") for row in plain.data["links"].rows]
    )
    words = frame_texts(
        draw(Figure("map", "map", "T", "C", "USD", "S", {"nodes": nodes, "links": links}, {}))
    )
    assert "chokes most" in words
    assert "something there is full in some month" in words
    assert any(word.startswith("full in 1-2, 12: ") for word in words)
    assert "something there is full in some month" not in frame_texts(draw(plain))


def test_unknown_modes_get_a_look_of_their_own():
    looks = maps._looks(["rail", "barge", "pipeline"])
    assert len({looks[mode] for mode in ("rail", "road", "sea", "ferry", "barge", "pipeline")}) == 6
    links = (("Kostanay", "Astana", "barge", 1.0, None, "no"),)
    assert "barge" in frame_texts(draw(sample(PLACES[:2], links)))


def test_nothing_to_place_draws_nothing():
    assert draw(sample((), ())) == ""
    nodes = table(
        "nodes", NODE_COLUMNS, [("a", "A", None, 51.0, "port", "yes"), ("b", "B", 95.0, 51.0, "port", "yes")]
    )
    data = {"nodes": nodes, "links": table("links", LINK_COLUMNS, [])}
    assert draw(Figure("map", "map", "t", "c", "t", "s", data)) == ""


def test_missing_columns_and_tables_say_what_was_expected():
    whole = sample().data
    for role, column in (("nodes", "lat"), ("links", "binding")):
        kept = [c for c in whole[role].columns if c.name != column]
        rows = [tuple(row[c.name] for c in kept) for row in whole[role]]
        less = {**whole, role: Table(role, tuple(kept), tuple(rows))}
        with pytest.raises(ShapeError, match=column):
            draw(Figure("map", "map", "t", "c", "t", "s", less))
    with pytest.raises(ShapeError, match="links"):
        draw(Figure("map", "map", "t", "c", "t", "s", {"nodes": whole["nodes"]}))


def test_it_is_valid_vega_lite():
    import altair

    altair.Chart.from_dict(specification(sample()))
