"""Networks: places found by name, script and coordinate; GeoJSON there and back; the bundled network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor_support import added, named, small, value, write_tables
from tarazu.core.errors import InputError, NetworkError
from tarazu.corridor.coordinates import coordinate, decimal_degrees
from tarazu.corridor.network import Network, allows, distance_km
from tarazu.corridor.reading import bundled_networks, months_of


@pytest.fixture(scope="module")
def bundled() -> Network:
    return Network.read("kaz-irn")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("tehran", "tehran"),
        ("Tehran", "tehran"),
        ("  TEHRAN ", "tehran"),
        ("Qostanay", "kostanay"),  # an alias
        ("Костанай", "kostanay"),
        ("Тегеран", "tehran"),
        ("تهران", "tehran"),
        ("بندر عباس", "bandar-abbas"),
        ("Инче-Бурун", "incheh-borun"),
        ("53.21,63.62", "kostanay"),
        ("53.3, 63.7", "kostanay"),
    ],
)
def test_a_place_is_found_by_name_alias_script_and_coordinate(bundled: Network, text: str, node: str) -> None:
    assert bundled.find(text).id == node


def test_a_misspelt_name_is_not_guessed_and_the_nearest_are_named(bundled: Network) -> None:
    with pytest.raises(NetworkError, match=r'"Kostanai".*Nearest in spelling: Kostanay \(kostanay\)'):
        bundled.find("Kostanai")
    with pytest.raises(NetworkError, match="Tehran"):
        bundled.find("Tehrn")
    for text in ("", "?!", "Сара", "Оутоубоулоу", "德黑兰", "x" * 100_000):
        with pytest.raises(NetworkError, match="is no place of network kaz-irn"):
            bundled.find(text)


def test_no_place_is_named_that_is_nothing_like_it(bundled: Network) -> None:
    with pytest.raises(NetworkError, match="None is spelt like it: `tarazu corridor show nodes`") as caught:
        bundled.find("Vladivostok")
    assert "Nearest" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["Route 66, N 5", "1,2,3", "12", "e60", "43°65'N 51°10'E", "", "N, E", "Sari, Iran"]
)
def test_a_name_is_no_coordinate(text: str) -> None:
    assert coordinate(text) is None


@given(
    lat=st.integers(-89 * 60, 89 * 60),
    lon=st.integers(-179 * 60, 179 * 60),
    turned=st.booleans(),
    comma=st.booleans(),
)
def test_degrees_and_minutes_turn_into_the_same_point(lat: int, lon: int, turned: bool, comma: bool) -> None:
    written = [
        f"{abs(value) // 60}°{abs(value) % 60:02d}'{sides[value < 0]}"
        for value, sides in ((lat, "NS"), (lon, "EW"))
    ]
    with pytest.raises(NetworkError) as caught:
        coordinate((", " if comma else " ").join(written[::-1] if turned else written))
    said = str(caught.value).rpartition("Write ")[2].removesuffix(".")
    found = coordinate(said)
    assert found == pytest.approx((lat / 60, lon / 60), abs=1e-5)


def test_a_coordinate_beyond_the_tolerance_is_never_snapped(bundled: Network) -> None:
    node = bundled.nodes["kostanay"]
    text = f"{node.lat + 0.3:.5f},{node.lon}"  # 33 km to the north
    assert distance_km((node.lat + 0.3, node.lon), (node.lat, node.lon)) == pytest.approx(33.4, abs=0.1)
    with pytest.raises(NetworkError, match=r"within 25 km. Nearest: Kostanay \(kostanay, 33 km away\)"):
        bundled.find(text)
    assert bundled.find(text, tolerance_km=34).id == "kostanay"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("63.62,53.21", "look swapped: 53.21,63.62 fits"),
        ("51°10'N, 71°26'E", "Write 51.16667,71.43333"),
        ("43°38'N 51°10'E", "Write 43.63333,51.16667"),
        ("51°10'E 43°38'N", "Write 43.63333,51.16667"),
        ("N43°38'15\" E51°10'30\"", "Write 43.63750,51.17500"),
        ("43 38 N 51 10 E", "Write 43.63333,51.16667"),
        ("43°38' 51°10'", "Write 43.63333,51.16667"),
        ("4338N 05110E", "Write 43.63333,51.16667"),
        ("4338S05110W", "Write -43.63333,-51.16667"),
        ("43.65N 51.16E", "Write 43.65000,51.16000"),
        ("33.5S, 70W", "Write -33.50000,-70.00000"),
        ("43.65 51.16", "Write 43.65000,51.16000"),
        ("43,65 51,16", "Write 43.65000,51.16000"),
        ("۴۳.۶۵ ۵۱.۱۶", "Write 43.65000,51.16000"),
        ("108.9,34.3", r"The latitude comes first: 34.3,108.9\?"),
        ("91,20", "lat,lon in decimal degrees"),
        ("nan,nan", "lat,lon in decimal degrees"),
    ],
)
def test_a_coordinate_that_is_none_says_how_to_write_it(bundled: Network, text: str, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        bundled.find(text)


def test_a_name_or_a_coordinate_of_two_places_is_refused(tmp_path: Path) -> None:
    twins = [
        {"id": n, "name": "Twin", "lat": 48, "lon": 55, "kind": k} for n, k in (("x", "port"), ("y", "city"))
    ]
    network = small(tmp_path, nodes=twins)
    with pytest.raises(NetworkError, match=r"any of x \(Twin, port\), y \(Twin, city\)"):
        network.find("twin")
    with pytest.raises(NetworkError, match="x and y lie equally near"):
        network.find("48.001,55")
    assert network.find("x").kind == "port"


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("51°10'N", 51 + 10 / 60),
        ("51°10′30″ S", -(51 + 10 / 60 + 30 / 3600)),
        ("W 71 26", -(71 + 26 / 60)),
        ("51°61'N", None),
        ("51.16", None),
        ("Tehran", None),
    ],
)
def test_degrees_and_minutes(text: str, degrees: float | None) -> None:
    assert decimal_degrees(text) == (None if degrees is None else pytest.approx(degrees))


def test_distance_is_that_of_the_sphere() -> None:
    assert distance_km((0, 0), (0, 90)) == pytest.approx(
        10007.557, abs=0.001
    )  # a quarter of 2 pi 6371.0088 km
    assert distance_km((10, 20), (10, 20)) == 0
    assert distance_km((0, 0), (0, 180)) == pytest.approx(20015.115, abs=0.001)


def test_small_helpers_say_what_they_know() -> None:
    assert months_of("") == tuple(range(1, 13))
    assert months_of("1-3;12") == (1, 2, 3, 12)
    assert months_of("11-2") == (1, 2, 11, 12)
    assert months_of("0-3") is None
    assert months_of("spring") is None
    assert allows((), "bulk")
    assert allows(("all",), "bulk")
    assert not allows(("truck",), "bulk")
    assert bundled_networks() == ("kaz-irn",)


def test_commodities_are_found_by_id_and_name(bundled: Network) -> None:
    assert bundled.commodity("Barley").id == "barley"
    with pytest.raises(NetworkError, match=r'"unobtainium" is no commodity. Known: barley'):
        bundled.commodity("unobtainium")


def same(one: Network, other: Network) -> None:
    for part in ("nodes", "legs", "transfers", "services", "limits", "commodities"):
        assert getattr(one, part) == getattr(other, part), part
    assert one.facts.given == other.facts.given
    assert one.facts.defaults == other.facts.defaults
    assert one.facts.attributes == other.facts.attributes


def test_geojson_holds_the_whole_bundled_network(bundled: Network, tmp_path: Path) -> None:
    path = tmp_path / "net.geojson"
    document = bundled.geojson()
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False), "utf-8")
    back = Network.read(path)
    same(bundled, back)
    assert back.name == "net"
    asked = ("Kostanay", "Tehran", "barley")
    here, there = bundled.routes(*asked), back.routes(*asked)
    assert here.table == there.table
    assert here.steps == there.steps
    kinds = {each["geometry"]["type"] for each in document["features"]}
    assert kinds == {"Point", "LineString"}
    aktau = next(each for each in document["features"] if each["properties"]["id"] == "aktau-port")
    assert aktau["geometry"]["coordinates"] == [
        bundled.nodes["aktau-port"].lon,
        bundled.nodes["aktau-port"].lat,
    ]


def test_geojson_keeps_timetables_limits_tariffs_dates_and_lists(tmp_path: Path) -> None:
    network = small(
        tmp_path / "csv",
        services=[{"id": "line", "name": "Line", "legs": "rail-ab;rail-bc", "departures": "Mon 08:00;Thu 20:30"}
                  | {"valid_from": "2024-01-01", "valid_to": "2024-12-31", "packagings": "bulk;wagon"}],
        limits=[{"id": "l1", "name": "Ice, \"hard\"\nwinter", "subject": "sea-ce", "months": "1-3;12"}
                | {"payload_factor": 0.8, "delay_h": 12, "commodities": "grain", "direction": "KAZ->IRN"}],
        tariffs=[{"id": "t1", "name": "Rise", "percent": 24, "legs": "rail-ab", "from": "2024-01-01"}],
        nodes=[{"id": "a", "aliases": "Anfang;Начало"}],
    )  # fmt: skip
    path = tmp_path / "net.geojson"
    path.write_text(json.dumps(network.geojson()), "utf-8")
    back = Network.read(path)
    same(network, back)
    assert back.services["line"].departures == (8.0, 92.5)
    assert back.tables["tariffs"].rows == network.tables["tariffs"].rows
    assert back.find("Начало").id == "a"
    assert network.limits[0].name == 'Ice, "hard"\nwinter'


@pytest.mark.parametrize(
    ("days", "months"),
    [
        ({"from": "2025-10-03", "to": "2025-12-31"}, (10, 11, 12)),
        ({"from": "2025-11-30", "to": "2026-02-01"}, (1, 2, 11, 12)),
        ({"from": "2024-05-01", "to": "2026-01-01"}, tuple(range(1, 13))),
        ({"from": "2025-10-03"}, tuple(range(1, 13))),
        ({"from": "2025-10-03", "to": "2025-12-31", "months": "11"}, (11,)),
    ],
)
def test_a_dated_limit_touches_the_months_of_its_days(
    tmp_path: Path, days: dict[str, str], months: tuple[int, ...]
) -> None:
    (limit,) = small(tmp_path, limits=[{"id": "l", "name": "Ban", "subject": "c", **days}]).limits
    assert limit.months == months


def test_conflicting_sources_are_pooled_and_defaults_of_one_scope_too(tmp_path: Path) -> None:
    more = [
        value("rail-ab", "length", 104, low=99, high=110, source="other"),
        value("rail-ab", "length", 130),
    ]
    tables = added(values=more, sources=[{"id": "other"}])
    tables["defaults"].append({**tables["defaults"][0], "value": 0.03, "source": "other"})
    network = Network.read(write_tables(tmp_path, tables))
    length = network.facts.of("rail-ab", "length")
    assert length is not None
    assert (length.low, length.value, length.high, length.stated) == (99, 104, 130, 3)
    assert length.sources == ("paper", "other")
    rate = network.facts.default("rate", "rail", "KAZ", "bulk")
    assert rate is not None
    assert (rate.low, rate.value, rate.high, rate.is_default) == (0.01, 0.02, 0.03, True)


def test_the_narrowest_default_counts_mode_before_country_before_packaging(tmp_path: Path) -> None:
    tables = added()
    rows = [
        ("*", "", "bulk", 0.9),
        ("*", "KAZ", "", 0.8),
        ("rail", "", "bulk", 0.3),
        ("rail", "KAZ", "", 0.4),
    ]
    for mode, country, packaging, rate in rows:
        row = {"mode": mode, "country": country, "packaging": packaging, "value": rate}
        tables["defaults"].append({**tables["defaults"][0], **row})
    facts = Network.read(write_tables(tmp_path, tables)).facts

    def rate_of(*scope: str) -> float:
        found = facts.default("rate", *scope)
        assert found is not None
        return found.value

    assert rate_of("rail", "KAZ", "bulk") == 0.4
    assert rate_of("rail", "IRN", "bulk") == 0.3
    assert rate_of("rail", "IRN", "truck") == 0.01
    assert rate_of("ferry", "KAZ", "bulk") == 0.8
    assert rate_of("ferry", "IRN", "bulk") == 0.9
    assert facts.default("rate", "ferry", "IRN", "truck") is None


def test_units_are_converted_and_trains_become_tonnes(tmp_path: Path) -> None:
    rows = [
        {
            "subject": "rail-ab",
            "attribute": "capacity",
            "value": 5,
            "low": 0,
            "high": 6,
            "unit": "trains/day",
        },
        {
            "subject": "rail-ab",
            "attribute": "payload_per_train",
            "value": 3000,
            "low": 2000,
            "high": 4000,
            "unit": "t",
        },
        {"subject": "rail-bc", "attribute": "time", "value": 2, "unit": "d"},
        {"subject": "c", "attribute": "capacity", "value": 100, "unit": "kt/yr"},
    ]
    facts = small(tmp_path, values=rows).facts
    trains, time, port = (
        facts.of("rail-ab", "capacity"),
        facts.of("rail-bc", "time"),
        facts.of("c", "capacity"),
    )
    assert trains is not None
    assert time is not None
    assert port is not None
    assert (trains.low, trains.value, trains.high) == (0, 5 * 3000 * 365, 6 * 4000 * 365)
    assert (time.value, time.unit) == (48, "h")
    assert port.value == 100_000


def test_the_bundled_network_reads_without_a_finding(bundled: Network) -> None:
    assert bundled.checks == ()
    assert len(bundled.nodes) >= 60
    assert len(bundled.legs) >= 100
    assert set(bundled.sources) > set(bundled.tables["sources"].column("id"))
    for (subject, attribute), quantity in bundled.facts.given.items():
        for source in (part for each in quantity.sources for part in each.split(";")):
            known = source in bundled.sources or source == "judgement"
            known = known or source.startswith(("corridor:", "method:", "products:", "markets:"))
            assert known, (subject, attribute, source)


def test_the_eastern_railway_is_as_long_as_its_sources_say(bundled: Network) -> None:
    line = (
        "rail-uzen-bolashak",
        "rail-serhetyaka-bereket",
        "rail-bereket-akyayla",
        "rail-incheh-borun-gorgan",
    )
    lengths = [bundled.facts.of(leg, "length") for leg in line]
    assert all(lengths)
    assert 902 <= sum(length.value for length in lengths if length) <= 929
    low, high = (sum(getattr(length, end) for length in lengths if length) for end in ("low", "high"))
    assert low < 905  # the border between Akyayla and Incheh Borun is a transfer and has no length
    assert high > 925


def test_the_leg_table_shows_what_is_known(bundled: Network) -> None:
    rows = {row["id"]: row for row in bundled.table}
    assert set(rows) == set(bundled.legs)
    assert rows["sea-aktau-port-anzali"]["mode"] == "sea"
    assert rows["sea-aktau-port-anzali"]["length_low"] <= 708 <= rows["sea-aktau-port-anzali"]["length_high"]


def test_barley_goes_by_akyayla_by_aktau_and_by_another_caspian_port(bundled: Network) -> None:
    found = bundled.routes("Kostanay", "Tehran", "barley")
    ways = [set(route.nodes) for route in found.every]
    assert any({"akyayla", "incheh-borun"} <= way for way in ways)
    assert any("aktau-port" in way for way in ways)
    others = {n.id for n in bundled.nodes.values() if n.kind == "port" and n.country in ("KAZ", "RUS", "TKM")}
    assert any((others - {"aktau-port"}) & way for way in ways)
    for route in found.every:
        assert 2000 < route.km < 5000
        assert 30 < route.cost_usd_t < 1000
        assert 48 < route.time_h < 2000
        assert route.co2_kg_t is not None


def test_every_scenario_of_the_bundled_network_can_be_asked_for(bundled: Network) -> None:
    free = bundled.routes("Kostanay", "Tehran", "barley", epsilon=0)
    least = min(route.cost_usd_t for route in free.every)
    for scenario in bundled.scenarios:
        found = bundled.routes("Kostanay", "Tehran", "barley", scenarios=(scenario,), epsilon=0)
        assert found.every
        assert min(route.cost_usd_t for route in found.every) >= least - 1e-9
    stopped = bundled.routes("Kostanay", "Tehran", "barley", scenarios=("turkmen-stop",))
    assert not any("akyayla" in route.nodes for route in stopped.every)


def test_an_unknown_network_is_refused_with_what_there_is(tmp_path: Path) -> None:
    for where in ("kaz-usa", tmp_path / "nothing", "x" * 5000, "nul\0"):
        with pytest.raises(InputError, match=r"neither a bundled network|cannot be read"):
            Network.read(where)


def test_the_small_network_has_no_finding(tmp_path: Path) -> None:
    assert small(tmp_path).checks == ()
    assert named(small(tmp_path), "no-length") == []
