"""Networks with mistakes in them: every one is named with its file, row and column, and nothing is a traceback."""

from __future__ import annotations

import csv
import json
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor_support import added, default, named, small, small_tables, value, write_tables
from tarazu.core.checks import Severity
from tarazu.core.errors import NetworkError
from tarazu.core.schema import DATA
from tarazu.corridor.consistency import causes_first
from tarazu.corridor.graph import Trip, build
from tarazu.corridor.network import Network
from tarazu.corridor.transit import transit_flows

WHERE = re.compile(r"\w+\.csv(, row \d+)?(, column .+)?", re.DOTALL)
IN_CELL = re.compile(r"\w+\.csv, row \d+, column \w+")
BUNDLED = DATA / "networks" / "kaz-irn"
LINE = {"id": "line", "name": "Line", "legs": "rail-ab;rail-bc", "departures": "Mon 08:00"}
LIMIT = {"id": "l1", "name": "Works", "subject": "rail-ab", "delay_h": 5}

# Rows added to the small network, and what must be said where: rule, place, words of the message.
MISTAKES: list[tuple[dict[str, list[dict[str, Any]]], str, str, str]] = [
    ({"nodes": [{"id": "f", "name": "Far"}]}, "disconnected", "nodes.csv, row 7, column id", "f cannot be reached"),
    ({"values": [value("rail-ab", "cost", -3)]}, "out-of-bounds", "values.csv, row 7, column value", "below the least"),
    (
        {"legs": [{"id": "ferry-bc", "mode": "ferry", "from": "b", "to": "c", "gauge_mm": ""}]},
        "no-cost",
        "legs.csv, row 7, column id",
        "ferry-bc has no cost",
    ),
    (
        {"transfers": [{"id": "x", "kind": "gauge_change", "from": "d", "to": "d", "from_mode": "rail"}
                       | {"to_mode": "rail", "from_gauge_mm": 1520, "to_gauge_mm": 1435}]},
        "no-time", "transfers.csv, row 4, column id", "x has no time",
    ),
    ({"services": [LINE | {"departures": ""}]}, "never-runs", "services.csv, row 2, column departures", "line has"),
    (
        {"services": [LINE | {"valid_from": "2024-05-01", "valid_to": "2024-04-01"}]},
        "unusable-row", "services.csv, row 2, column valid_to", "never runs",
    ),
    ({"services": [LINE | {"departures": "Mon 25:00"}]}, "unusable-row", "services.csv, row 2, column departures",
     "is no departure"),
    ({"services": [LINE | {"legs": "rail-ab;rail-cd"}]}, "broken-service", "services.csv, row 2, column legs",
     "do not follow"),
    ({"services": [LINE | {"legs": "rail-ab;road-ab"}]}, "broken-service", "services.csv, row 2, column legs", "line"),
    ({"services": [LINE | {"legs": ";"}]}, "unusable-row", "services.csv, row 2, column legs", "names no leg"),
    ({"services": [LINE | {"packagings": ";"}]}, "unusable-row", "services.csv, row 2, column packagings", "bulk"),
    (
        {"services": [LINE], "legs": [{"id": "rail-ab", "one_way": "yes"}, {"id": "rail-bc", "from": "c", "to": "b"}
                                      | {"one_way": "yes"}]},
        "never-runs", "services.csv, row 2, column legs", "against legs of one way",
    ),
    ({"legs": [{"id": "rail-cd", "service_only": "yes"}]}, "no-service", "legs.csv, row 4, column service_only",
     "rail-cd"),
    ({"values": [value("c", "capacity", 0)]}, "no-capacity", "values.csv, row 7, column value", "c has a capacity"),
    ({"values": [value("rail-ab", "length", 96_000)]}, "out-of-bounds", "values.csv, row 7, column value",
     "Is the unit right"),
    (
        {"legs": [{"id": "near", "from": "a", "to": "b"}], "values": [value("near", "length", 11_000)]},
        "length-unit", "values.csv, row 7, column value", "are these metres",
    ),
    (
        {"legs": [{"id": "short", "from": "a", "to": "b"}], "values": [value("short", "length", 20)]},
        "length-and-coordinates", "values.csv, row 7, column value", "short is 20 km long",
    ),
    ({"nodes": [{"id": "b", "lat": 61.3, "lon": 50}]}, "length-and-coordinates", "nodes.csv, row 3, column lat",
     "Latitude and longitude of b look swapped"),
    ({"nodes": [{"id": "d", "lat": "51°10'N"}]}, "not-a-number", "nodes.csv, row 5, column lat", "Write 51.16667"),
    ({"nodes": [{"id": "d", "lon": "E 63 54"}]}, "not-a-number", "nodes.csv, row 5, column lon", "Write 63.90000"),
    ({"nodes": [{"id": "d", "lat": "north"}]}, "not-a-number", "nodes.csv, row 5, column lat", "such as 51.16"),
    ({"nodes": [{"id": "d", "lat": 95}]}, "out-of-bounds", "nodes.csv, row 5, column lat", "above the greatest"),
    ({"nodes": [{"id": "d", "lat": 95}]}, "unusable-row", "legs.csv, row 4, column to", "row in nodes.csv that cannot"),
    ({"legs": [{"id": "x", "from": "a", "to": "nowhere"}]}, "unusable-row", "legs.csv, row 7, column to",
     '"nowhere" is no node'),
    ({"legs": [{"id": "x", "from": "a", "to": "a"}]}, "unusable-row", "legs.csv, row 7, column to", "where it starts"),
    ({"legs": [{"id": "x", "from": "a", "to": "d", "gauge_mm": ""}]}, "unusable-row",
     "legs.csv, row 7, column gauge_mm",     "1520 or 1435"),
    ({"legs": [{"id": "x:forward", "from": "a", "to": "d"}]}, "bad-id", "legs.csv, row 7, column id", "join ids"),
    ({"services": [LINE | {"legs": "nothing"}]}, "unusable-row", "services.csv, row 2, column legs", '"nothing" is no'),
    ({"limits": [LIMIT | {"subject": "nothing"}]}, "unusable-row", "limits.csv, row 2, column subject", "nothing"),
    ({"limits": [LIMIT | {"months": "13"}]}, "unusable-row", "limits.csv, row 2, column months", '"13" are no months'),
    ({"limits": [LIMIT | {"from": "2024-05-02", "to": "2024-05-01"}]}, "unusable-row", "limits.csv, row 2, column to",
     "before the first day"),
    ({"limits": [LIMIT | {"packagings": "sacks"}]}, "unusable-row", "limits.csv, row 2, column packagings", "sacks"),
    ({"limits": [LIMIT | {"commodities": "gold"}]}, "unknown-reference", "limits.csv, row 2, column commodities",
     "gold"),
    ({"tariffs": [{"id": "t", "name": "T", "percent": 1, "legs": "x"}]}, "unknown-reference",
     "tariffs.csv, row 2, column legs", '"x" is no leg'),
    ({"projects": [{"id": "p", "name": "P", "subject": "x"}]}, "unknown-reference",
     "projects.csv, row 2, column subject",     '"x" is no node'),
    ({"places": [{"node": "x", "share": 1}]}, "unknown-reference", "places.csv, row 2, column node", '"x" is no node'),
    ({"places": [{"node": "a", "share": 0.5}]}, "share-sum", "places.csv, row 2, column share", "sum to 0.5"),
    ({"values": [value("nothing", "cost", 1)]}, "unknown-subject", "values.csv, row 7, column subject", "nothing"),
    ({"values": [value("rail-ab", "headway", 12)]}, "attribute-elsewhere", "values.csv, row 7, column attribute",
     "headway is for services"),
    ({"values": [value("rail-ab", "cost", 1) | {"unit": "EUR/t"}]}, "unknown-unit", "values.csv, row 7, column unit",
     "USD/t"),
    ({"values": [value("rail-ab", "cost", 1) | {"attribute": "colour"}]}, "unknown-attribute",
     "values.csv, row 7, column attribute", "colour"),
    ({"values": [value("rail-ab", "cost", 5, low=6, high=7)]}, "out-of-bounds", "values.csv, row 7, column value",
     "Correct the order"),
    ({"values": [value("rail-ab", "capacity", 1) | {"unit": "trains/day"}]}, "no-train-load",
     "values.csv, row 7, column unit", "payload_per_train"),
    ({"values": [value("rail-ab", "cost", 1, source="hearsay")]}, "unknown-source", "values.csv, row 7, column source",
     "hearsay"),
    ({"values": [value("rail-ab", "cost", 1) | {"value": "NaN"}]}, "not-finite", "values.csv, row 7, column value",
     "NaN"),
    ({"values": [value("rail-ab", "cost", 1) | {"value": "1e999"}]}, "not-finite", "values.csv, row 7, column value",
     "1e999"),
    ({"values": [value("rail-ab", "cost", 1) | {"value": "12,5"}]}, "not-a-number", "values.csv, row 7, column value",
     "12,5"),
    ({"defaults": [default("train", "rate", 1)]}, "unknown-scope", "defaults.csv, row 12, column mode", "train"),
    ({"defaults": [default("rail", "rate", 1, country="Kazakhstan")]}, "unknown-scope",
     "defaults.csv, row 12, column country", "Kazakhstan"),
    ({"commodities": [{"id": "x", "name": "X", "packagings": "sacks"}]}, "unusable-row",
     "commodities.csv, row 3, column packagings", "sacks"),
    ({"commodities": [{"id": "x", "name": "X", "value_low": 300}]}, "unusable-row",
     "commodities.csv, row 3, column value_usd_t", "Correct the order"),
    ({"emissions": [{"mode": "ferry", "g_co2e_tkm": 20, "low": 30}]}, "interval-order",
     "emissions.csv, row 5, column g_co2e_tkm", "Correct the order"),
    ({"nodes": [{"id": "b", "country": "IRN"}]}, "no-border", "legs.csv, row 2, column to", "from KAZ to IRN"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "rule", "where", "words"), MISTAKES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_a_mistake_is_named_with_its_file_row_and_column(
    tmp_path: Path, rows: dict[str, list[dict[str, Any]]], rule: str, where: str, words: str
) -> None:
    network = small(tmp_path, **rows)
    found = [check for check in named(network, rule) if check.where == where]
    assert found, [str(check) for check in network.checks]
    assert words in found[0].message
    assert small(tmp_path / "right").checks == ()  # the mistake alone is what was found


@pytest.mark.parametrize(
    ("table", "row", "other"),
    [
        ("legs", {"id": "a", "from": "a", "to": "c"}, "nodes"),
        (
            "transfers",
            {"id": "rail-ab", "from": "a", "to": "a", "from_mode": "road", "to_mode": "sea"},
            "legs",
        ),
        ("services", LINE | {"id": "port-c"}, "transfers"),
    ],
)
def test_an_id_of_two_kinds_is_an_error_since_values_could_not_tell(
    tmp_path: Path, table: str, row: dict[str, Any], other: str
) -> None:
    network = small(tmp_path, **{table: [row]})
    (check,) = named(network, "shared-id")
    assert check.severity is Severity.ERROR
    assert check.where.startswith(f"{table}.csv, row ")
    assert f"{other}.csv" in check.message
    assert row["id"] not in getattr(network, table)
    assert row["id"] in getattr(network, other)


@pytest.mark.parametrize("table", ["nodes", "legs", "transfers", "commodities"])
def test_an_id_that_stands_twice_is_an_error_and_the_first_row_counts(tmp_path: Path, table: str) -> None:
    tables = small_tables()
    before = getattr(Network.read(write_tables(tmp_path / "once", tables)), table)
    row = dict(tables[table][0]) | ({"lat": 49} if table == "nodes" else {})
    tables[table] = [*tables[table], row]
    network = Network.read(write_tables(tmp_path / "twice", tables))
    (check,) = named(network, "duplicate-id")
    assert check.where == f"{table}.csv, row {len(tables[table]) + 1}, column id"
    assert getattr(network, table) == before


def test_a_way_round_at_no_cost_and_in_no_time_is_named_and_ends_no_search(tmp_path: Path) -> None:
    free = [value("rail-ab", name, 0) for name in ("cost", "time")]
    network = small(tmp_path / "leg", values=free)
    assert [check.where for check in named(network, "free-cycle")] == ["legs.csv, row 2, column id"]
    assert network.routes("a", "d", "grain").every[0].cost_usd_t == pytest.approx(2)

    one_way = [{"id": n, "from": n[0], "to": n[1], "one_way": "yes"} for n in ("ab", "bc", "ca", "cd")]
    free = [value(leg["id"], name, 0) for leg in one_way for name in ("cost", "time")]
    network = small(tmp_path / "round", legs=one_way, values=free)
    (check,) = named(network, "free-cycle")
    assert check.where == "legs.csv, row 7, column id"
    for words in ("ab (legs.csv, row 7)", "bc (legs.csv, row 8)", "ca (legs.csv, row 9)"):
        assert words in check.message
    assert "cd" not in check.message  # it leads nowhere back
    assert network.routes("a", "d", "grain").every


def test_a_free_way_round_of_transfers_alone_is_named_too(tmp_path: Path) -> None:
    ends = {"from": "c", "to": "c", "one_way": "yes"}
    rail, ship, road = ({"from_mode": m} for m in ("rail", "sea", "road"))
    yards = [
        {"id": "rail-ship", **ends, **rail, "from_gauge_mm": 1520, "to_mode": "sea"},
        {"id": "ship-road", **ends, **ship, "to_mode": "road"},
        {"id": "road-rail", **ends, **road, "to_mode": "rail", "to_gauge_mm": 1520},
    ]
    free = [value(yard["id"], name, 0) for yard in yards for name in ("cost", "time")]
    network = small(tmp_path / "free", transfers=yards, values=free)
    (check,) = named(network, "free-cycle")
    assert check.where == "transfers.csv, row 4, column id"
    assert all(
        f"{yard['id']} (transfers.csv, row {n})" in check.message for n, yard in enumerate(yards, start=4)
    )
    assert network.routes("a", "e", "grain").every

    dear = small(tmp_path / "dear", transfers=yards, values=[*free[:-1], value("road-rail", "time", 1)])
    assert named(dear, "free-cycle") == []  # one of them takes an hour

    by_default = [default("terminal", name, 0) for name in ("cost", "time")]
    tables = added(transfers=yards)
    tables["defaults"] = [row for row in tables["defaults"] if row["mode"] != "terminal"] + by_default
    found = named(Network.read(write_tables(tmp_path / "kind", tables)), "free-cycle")
    assert {check.where for check in found} >= {"transfers.csv, row 4, column id"}


def test_a_way_that_is_free_in_one_direction_only_leads_nowhere_back(tmp_path: Path) -> None:
    free = [value("rail-ab:forward", name, 0) for name in ("cost", "time")]
    assert named(small(tmp_path / "one", values=free), "free-cycle") == []
    back = [value("rail-ab:backward", name, 0) for name in ("cost", "time")]
    (check,) = named(small(tmp_path / "both", values=[*free, *back]), "free-cycle")
    assert "rail-ab costs nothing and takes no time there and back" in check.message


def test_causes_come_before_what_follows_from_them(tmp_path: Path) -> None:
    legs = [{"id": f"x{n}", "from": "d", "to": "a"} for n in range(4)] + [
        {"id": "typo", "from": "a", "to": "q"}
    ]
    network = small(
        tmp_path,
        nodes=[{"id": "d", "lat": "north"}],
        legs=legs,
        values=[value("x0", "length", 300), value("q", "cost", 1)],
    )
    found = causes_first(network)
    assert sorted(map(str, found)) == sorted(map(str, network.checks))
    severities = [list(Severity).index(check.severity) for check in found]
    assert severities == sorted(severities)
    wrong = [check for check in found if check.severity is Severity.ERROR]
    assert wrong[0].where == "nodes.csv, row 5, column lat"
    rest = [check.where for check in wrong]
    knock_on = rest.index("legs.csv, row 7, column from")  # of the node that cannot be read
    assert rest.index("legs.csv, row 11, column to") < knock_on
    assert rest.index("values.csv, row 8, column subject") < rest.index("values.csv, row 7, column subject")


def test_transit_of_unknown_places_and_goods_is_named_and_left_out(tmp_path: Path) -> None:
    rows = [
        {
            "id": n,
            "origin": o,
            "destination": "d",
            "commodity": c,
            "tonnes": 10,
            "status": "E",
            "source": "paper",
        }
        for n, o, c in (("t1", "a", "grain"), ("t2", "q", "grain"), ("t3", "a", "gold"))
    ]
    network = small(tmp_path, transit=rows)
    assert [check.where for check in named(network, "unknown-reference")] == [
        "transit.csv, row 3, column origin",
        "transit.csv, row 4, column commodity",
    ]
    assert [(flow.origin, flow.tonnes, flow.transit) for flow in transit_flows(network)] == [("a", 10, True)]


def test_a_length_in_metres_is_left_out_and_the_great_circle_taken(tmp_path: Path) -> None:
    tables = added(legs=[{"id": "near", "from": "a", "to": "b"}], values=[value("near", "length", 11_000)])
    network = Network.read(write_tables(tmp_path, tables))
    assert network.facts.of("near", "length") is None
    arcs = {arc.id: arc for arc in build(network, Trip(network.commodity("grain"), "bulk")).arcs}
    assert 90 < arcs["near"].km < 95


def test_swapped_coordinates_show_without_a_stated_length(tmp_path: Path) -> None:
    tables = added(nodes=[{"id": "b", "lat": 61.3, "lon": 50.0}])
    tables["values"] = []
    network = Network.read(write_tables(tmp_path, tables))
    (check,) = named(network, "length-and-coordinates")
    assert check.where == "nodes.csv, row 3, column lat"
    assert "swapped" in check.message


def break_file(folder: Path, name: str, content: bytes | None) -> Path:
    write_tables(folder, small_tables())
    path = folder / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("nodes.csv", None, "nodes.csv: is not in"),
        ("legs.csv", None, "legs.csv: is not in"),
        ("nodes.csv", b"", "nodes.csv: is empty"),
        ("nodes.csv", b"id,name\n", "nodes.csv, row 1, column country: is missing"),
        ("legs.csv", b'id,mode\n"open', "malformed|cannot be read as CSV"),
        ("nodes.csv", "id,name\nалматы".encode("cp1251"), "not UTF-8"),
        ("nodes.csv", b"id,na\0me\n", "binary data"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    with pytest.raises(NetworkError, match=words) as caught:
        Network.read(break_file(tmp_path / "net", name, content))
    assert caught.value.checks


@pytest.mark.parametrize(
    "name", ["values.csv", "transfers.csv", "defaults.csv", "loads.csv", "commodities.csv"]
)
@pytest.mark.parametrize("content", [b"", b'a,b\n"open', b"\xff\xfe\x00", b"id,surprise\n1,2\n"])
def test_another_broken_file_is_a_check_and_the_network_is_read(
    tmp_path: Path, name: str, content: bytes
) -> None:
    network = Network.read(break_file(tmp_path / "net", name, content))
    assert any(check.where.startswith(name) and check.severity is Severity.ERROR for check in network.checks)
    with suppress(NetworkError):
        network.routes("a", "d", "grain")


def test_an_empty_folder_is_refused_with_the_files_it_needs(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"nodes.csv: is not in (.|\n)*legs.csv: is not in"):
        Network.read(tmp_path)


@pytest.mark.parametrize("accepts", ["Mt/yr=abc", "Mt/yr", "Mt/yr=1=2", "Mt/yr=0", "Mt/yr=-1", "Mt/yr=inf"])
def test_a_vocabulary_whose_units_cannot_be_read_is_named(tmp_path: Path, accepts: str) -> None:
    rows = [
        {
            "attribute": "capacity",
            "applies_to": "legs",
            "unit": "t/yr",
            "accepts": accepts,
            "meaning": "tonnes",
        }
    ]
    network = Network.read(write_tables(tmp_path, small_tables() | {"attributes": rows}))
    (check,) = named(network, "bad-units")
    assert check.where == "attributes.csv, row 2, column accepts"


POINT = {"type": "Point", "coordinates": [60, 50]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty|no GeoJSON"),
        ("not json", "no GeoJSON"),
        ("[" * 100_000, "no GeoJSON"),
        ('{"features": [' + "9" * 5000 + "]}", "no GeoJSON|expected"),
        ("[]", "FeatureCollection"),
        ('{"type": "Feature"}', "FeatureCollection"),
        (json.dumps({"features": [1]}), "feature 1: expected a Point"),
        (json.dumps({"features": [{"geometry": {"type": "Polygon"}}]}), "feature 1.*got Polygon"),
        (json.dumps({"features": [{"geometry": POINT, "properties": [1]}]}), "feature 1: expected .properties."),
        (json.dumps({"features": [{"geometry": {"type": "Point", "coordinates": 5}}]}), "feature 1: expected a Point"),
        (json.dumps({"features": [], "tables": {"cheese": []}}), '"cheese" is no table'),
        (json.dumps({"features": [], "tables": []}), "lists of rows"),
        (json.dumps({"features": [], "tables": {"values": [1]}}), "row 1: expected an object"),
        (json.dumps({"features": [{"geometry": POINT, "properties": {"id": "\ud800"}}]}), "no usable nodes or legs"),
        (json.dumps({"features": [{"geometry": POINT, "properties": {"id": {"deep": [None]}}}]}), "no usable nodes"),
        ('{"features": [{"geometry": {"type": "Point", "coordinates": [NaN, Infinity]}}]}', "no usable nodes or legs"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_geojson_network_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "net.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(NetworkError, match=words):
        Network.read(path)


def test_a_geojson_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.geojson"
    path.write_bytes(b'{"features": "\xff"}')
    with pytest.raises(NetworkError, match="not UTF-8"):
        Network.read(path)


CELLS = [
    (path.name, row, column)
    for path in sorted(BUNDLED.glob("*.csv"))
    for row, cells in enumerate(csv.reader(path.open(encoding="utf-8", newline="")))
    for column in range(len(cells))
]
WORDS = st.sampled_from(
    ["", ";", ":", "-1", "0", "1e308", "1e-320", "NaN", "inf", "9" * 400, "2024-13-01", "Mon 08:00", "yes", "all",
     "bulk", "kostanay", "tehran", "rail", "sea", "51°10'N", "trains/day", "d", "m", "=1", "\u202e", "a\nb", '"',
     "1-12;", "KAZ->", "capacity", "time", "rail-kostanay-tobol", "aktau-port", "0.0", "90", "-180", "*", "2024-02-30",
     "A", "judgement"]
)  # fmt: skip


@pytest.fixture(scope="module")
def corrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corrupted") / "net"
    shutil.copytree(BUNDLED, folder)
    return folder


@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cell=st.sampled_from(CELLS), text=WORDS | st.text(max_size=12))
def test_any_cell_of_the_bundled_network_may_hold_anything(
    corrupted: Path, cell: tuple[str, int, int], text: str
) -> None:
    file, number, column = cell
    original = (BUNDLED / file).read_text("utf-8")
    rows = list(csv.reader(original.splitlines(keepends=True)))
    rows[number][column] = text
    try:
        with (corrupted / file).open("w", encoding="utf-8", errors="surrogatepass", newline="") as out:
            csv.writer(out).writerows(rows)
        network = Network.read(corrupted)
        assert all(WHERE.fullmatch(check.where) for check in network.checks)
        found = network.routes("kostanay", "tehran", "barley")
        json.dumps([found.to_dict(), network.geojson()], allow_nan=False)
    except NetworkError:
        pass  # any other exception fails
    finally:
        (corrupted / file).write_text(original, "utf-8")


def test_checks_of_rows_name_the_cell(tmp_path: Path) -> None:
    for number, (rows, rule, *_) in enumerate(MISTAKES):
        network = small(tmp_path / str(number), **rows)
        assert all(IN_CELL.fullmatch(check.where) for check in network.checks), rule
