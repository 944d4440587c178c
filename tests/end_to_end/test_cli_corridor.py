"""`tarazu corridor` as a freight planner uses it: real input, files of one's own, and input that makes no sense."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tarazu.corridor.network import Network

FLOWS = """\
origin,destination,commodity,tonnes,transit
Kostanay,Tehran,barley,1500000,
Karaganda,Bandar Abbas,steel,250000,
Orsk,Tehran,general-cargo,200000,yes
"""
BARLEY = ("corridor", "routes", "Kostanay", "Tehran", "--commodity", "barley")
BULK = (*BARLEY, "--packaging", "bulk")

# A road and a railway that meet in a town without a place to load from one to the other.
NODES = """\
id,name,country,kind,lat,lon,status,source
arkalyk,Arkalyk,KAZ,city,50.25,66.91,E,judgement
kostanay,Kostanay,KAZ,city,53.21,63.62,E,judgement
tobol,Tobol,KAZ,station,52.69,62.59,E,judgement
"""
LEGS = """\
id,mode,from,to,gauge_mm,service_only,one_way
road-arkalyk-kostanay,road,arkalyk,kostanay,,no,no
rail-kostanay-tobol,rail,kostanay,tobol,1520,no,no
"""
VALUES = """\
subject,attribute,value,low,high,unit,status,source
road-arkalyk-kostanay,length,480,450,520,km,E,judgement
"""


def read(text: str):
    """Strict JSON: NaN and Infinity are refused."""

    def refused(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refused)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def flows(here: Path) -> Path:
    path = here / "flows.csv"
    path.write_text(FLOWS, encoding="utf-8")
    return path


@pytest.fixture
def mine(here: Path) -> Path:
    """A small network of one's own."""
    folder = here / "mine"
    folder.mkdir()
    for name, text in (("nodes", NODES), ("legs", LEGS), ("values", VALUES)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def refused(tarazu_here, here, files) -> Callable[..., str]:
    """Run, hold the answer to what every refusal must be, and return its message."""

    def run(*words: str) -> str:
        before = files(here)
        answer = tarazu_here("corridor", *words)
        assert answer.code == 2, answer.out + answer.err
        assert answer.out == ""
        assert "Traceback" not in answer.err
        *usage, last = answer.err.strip().splitlines()
        assert last.startswith("Error: ")
        assert all(line.startswith(("Usage:", "Try ")) for line in usage if line)
        assert files(here) == before
        return last

    return run


def assert_geojson(document: dict, kinds: set[str]) -> None:
    """RFC 7946: a FeatureCollection whose positions are longitude and latitude in degrees."""
    assert document["type"] == "FeatureCollection"
    assert {each["geometry"]["type"] for each in document["features"]} == kinds
    for each in document["features"]:
        assert each["type"] == "Feature"
        assert isinstance(each["properties"], dict)
        spots = each["geometry"]["coordinates"]
        for lon, lat in [spots] if each["geometry"]["type"] == "Point" else spots:
            assert 30 < lon < 120, "the network lies between the Black Sea and Xi'an"
            assert 15 < lat < 60


# routes


@pytest.fixture(scope="module")
def main_job(tarazu_process, tmp_path_factory):
    """The command that the corridor is there for, with all its outputs, in an empty folder."""
    folder = tmp_path_factory.mktemp("corridor")
    outputs = ("--json", "r.json", "--csv", "tables", "--geojson", "r.geojson")
    return folder, tarazu_process(*BARLEY, cwd=folder), tarazu_process(*BARLEY, *outputs, cwd=folder)


def test_routes_prints_the_set_then_legs_with_sources(main_job):
    _, answer, _ = main_job
    assert answer.code == 0, answer.err
    assert answer.err == ""
    said = one_line(answer.out)
    assert said.startswith("Kostanay to Tehran, Barley")
    assert "routes that no other beats in cost, time, co2" in said
    for name in (
        "Bolashak",
        "Incheh Borun",
        "gauge change",
        "Aktau port",
        "port call",
        "Sanctions screening",
    ):
        assert name in said


def test_the_json_of_routes_has_legs_with_their_sources(main_job):
    data = read((main_job[0] / "r.json").read_text(encoding="utf-8"))
    assert data["pareto_set"] == data["shown"] + data["dropped"]
    assert len(data["routes"]) == data["shown"] > 5
    for route in data["routes"]:
        assert {"cost_usd_t", "time_h", "time_sd_h", "co2_kg_t", "legs"} <= set(route)
        assert route["cost_low"] <= route["cost_usd_t"] <= route["cost_high"]
        assert route["time_low"] <= route["time_h"] <= route["time_high"]
        legs = route["legs"]
        assert (legs[0]["from"], legs[-1]["to"]) == ("kostanay", "tehran")
        assert all(one["to"] == next_["from"] for one, next_ in pairwise(legs))
        assert all({"mode", "from", "to", "sources"} <= set(leg) for leg in legs)
        assert all(leg["sources"] for leg in legs if leg["kind"] == "leg")
        assert sum(leg["cost_usd_t"] for leg in legs) == pytest.approx(route["cost_usd_t"])
        assert sum(leg["time_h"] for leg in legs) == pytest.approx(route["time_h"])


def test_no_route_of_the_whole_set_is_beaten_by_another(tarazu_here):
    data = read(tarazu_here(*BULK, "--criteria", "cost,time", "--epsilon", "0", "--json", "-").out)
    found = sorted((route["cost_usd_t"], route["time_h"]) for route in data["routes"])
    assert data["dropped"] == 0
    assert len(found) > 2
    assert [time for _, time in found] == sorted((time for _, time in found), reverse=True)


def test_the_tables_agree_with_the_json(main_job):
    folder, _, answer = main_job
    assert answer.code == 0, answer.err
    data = read((folder / "r.json").read_text(encoding="utf-8"))
    tables = {path.stem for path in (folder / "tables").iterdir()}
    assert tables == {"routes", "steps", "reliability"}
    written = rows(folder / "tables" / "routes.csv")
    assert [float(row["cost_usd_t"]) for row in written] == [row["cost_usd_t"] for row in data["routes"]]
    assert len(rows(folder / "tables" / "steps.csv")) == sum(len(route["legs"]) for route in data["routes"])


def test_the_geojson_of_routes_is_places_and_lines(main_job):
    document = read((main_job[0] / "r.geojson").read_text(encoding="utf-8"))
    assert_geojson(document, {"Point", "LineString"})


def test_json_on_standard_output_is_pure_json_and_nothing_is_written(tarazu_process, tmp_path, files):
    answer = tarazu_process(*BULK, "--json", "-", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert read(answer.out)["origin"]
    assert files(tmp_path) == []


def test_a_later_day_is_reached_with_a_greater_chance(tarazu_here):
    def chances(day: str) -> list[float]:
        words = ("--depart", "2026-12-01", "--by", day, "--json", "-")
        return [row["chance"] for row in read(tarazu_here(*BULK, *words).out)["reliability"]]

    soon, late = chances("2026-12-10"), chances("2026-12-25")
    assert all(0 <= p <= q <= 1 for p, q in zip(soon, late, strict=True))
    assert sum(soon) < sum(late)
    assert chances("2026-11-30") == [0.0] * len(soon)


def test_a_scenario_closes_what_it_names(tarazu_here):
    closed = tarazu_here(*BULK, "--scenario", "turkmen-stop", "--no-steps").out
    assert "Bolashak" in tarazu_here(*BULK, "--no-steps").out
    assert "Bolashak" not in closed
    assert "Anzali" in closed or "Nowshahr" in closed


@pytest.mark.parametrize("place", ["kostanay", "QOSTANAY", "Костанай", "53.2,63.6"])
def test_a_place_is_found_as_people_write_it(tarazu_here, place):
    answer = tarazu_here("corridor", "routes", place, *BULK[3:], "--no-steps")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("Kostanay to Tehran")


def test_no_route_is_an_answer_with_exit_code_1(tarazu_process, mine):
    words = ("corridor", "routes", "Arkalyk", "Tobol", "--commodity", "barley", "--network", "mine")
    answer = tarazu_process(*words, cwd=mine.parent)
    assert "no route carries Barley from Arkalyk to Tobol" in one_line(answer.out)
    assert "Traceback" not in answer.err
    assert answer.code == 1


# the network


def test_show_lists_size_commodities_and_disruptions(tarazu_here):
    said = tarazu_here("corridor", "show").out
    assert said.startswith("Network kaz-irn: ")
    for name in ("barley", "aktau-closed", "hormuz", "akyayla-half"):
        assert name in said


def test_show_as_json(tarazu_here):
    data = read(tarazu_here("corridor", "show", "--json", "-").out)
    network = Network.read("kaz-irn")
    assert (len(data["nodes"]), len(data["legs"])) == (len(network.nodes), len(network.legs))
    assert all(row["source"] for row in data["values"])
    assert "aktau-closed" in data["scenarios"]


def test_the_network_as_geojson_is_the_same_network(tarazu_here, here):
    tarazu_here("corridor", "show", "--geojson", "net.geojson")
    assert_geojson(read((here / "net.geojson").read_text(encoding="utf-8")), {"Point", "LineString"})
    question = (*BULK, "--json", "-")
    again = read(tarazu_here(*question, "--network", "net.geojson").out)
    assert again["routes"] == read(tarazu_here(*question).out)["routes"]


def test_the_network_as_tables_is_the_same_network(tarazu_here, here):
    tarazu_here("corridor", "show", "--csv", "net")
    question = (*BULK, "--json", "-")
    answer = tarazu_here(*question, "--network", "net")
    assert answer.code == 0, answer.err
    assert read(answer.out)["routes"] == read(tarazu_here(*question).out)["routes"]


def test_a_network_of_ones_own(tarazu_here, mine):
    words = ("corridor", "routes", "Arkalyk", "Kostanay", "--commodity", "barley", "--packaging", "truck")
    (route,) = read(tarazu_here(*words, "--network", "mine", "--json", "-").out)["routes"]
    assert route["km"] == 480
    assert [leg["mode"] for leg in route["legs"] if leg["kind"] == "leg"] == ["road"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("legs", "arkalyk,kostanay,,", "arkalyk,kostanai,,", '"kostanai" is no node of nodes.csv'),
        ("values", ",480,450,520,", ",480000,,,", "480000 km is above the greatest possible value of length"),
        ("values", ",480,450,520,", ",480,500,520,", "480"),
        ("values", "road-arkalyk-kostanay,", "road-x,", '"road-x" is no'),
        ("values", ",judgement", ",a-book", '"a-book" is no id of sources.csv'),
        ("nodes", "50.25,66.91", "66.91,50.25", "Latitude and longitude of arkalyk look swapped"),
        ("nodes", "50.25", "50°15'N", "50.25000"),
        ("nodes", ",city,50.25", ",town,50.25", '"town" is not possible'),
        ("legs", ",no,no", ",no,perhaps", '"perhaps" is not possible'),
    ],
)
def test_a_mistake_in_a_network_is_named_by_file_row_and_column(tarazu_here, mine, file, old, new, message):
    path = mine / f"{file}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    answer = tarazu_here("corridor", "show", "--network", "mine", "--csv", "tables")
    assert answer.code == 0, answer.err
    said = one_line(answer.out)
    assert message in said
    assert f"{file}.csv, row 2, column " in said


# what can be carried


def test_assign_carries_or_names_every_tonne(tarazu_here, flows):
    data = read(tarazu_here("corridor", "assign", "flows.csv", "--json", "-").out)
    own, transit = data["bilateral"], data["transit"]
    assert own["moved_t"] + own["unmet_t"] == pytest.approx(1_750_000)
    assert transit["moved_t"] + transit["unmet_t"] == pytest.approx(200_000)
    for row in data["capacities"]:
        if row["capacity_t"] is not None:
            assert row["used_t"] <= row["capacity_t"] * (1 + 1e-6) + 1e-3
    for row in data["flows"]:
        assert row["moved"] + row["unmet"] == pytest.approx(row["tonnes"])
    assert data["bottlenecks"]
    assert {"mode", "loads_a_month", "units_tied_up", "empty_unit_km"} <= set(data["fleet"][0])


def test_assign_prints_the_bottleneck_and_writes_files(tarazu_here, flows, here):
    answer = tarazu_here("corridor", "assign", "flows.csv", "--csv", "out", "--geojson", "loads.geojson")
    assert answer.code == 0, answer.err
    said = one_line(answer.out)
    for words in ("Where it chokes", "saved by 1 t more", "What it takes", "system optimum"):
        assert words in said
    assert {"flows.csv", "capacities.csv", "loads.csv", "paths.csv", "fleet.csv"} <= set(
        os.listdir(here / "out")
    )
    assert_geojson(read((here / "loads.geojson").read_text(encoding="utf-8")), {"LineString"})


def test_a_row_that_cannot_be_used_is_named_and_the_rest_is_carried(tarazu_here, flows):
    flows.write_text(FLOWS + "Kostanay,Atlantis,barley,5,\nKostanay,Tehran,gold,5,\n", encoding="utf-8")
    data = read(tarazu_here("corridor", "assign", "flows.csv", "--json", "-").out)
    wheres = [check["where"] for check in data["checks"] if check["severity"] == "error"]
    assert wheres == ["flows.csv, row 5, column destination", "flows.csv, row 6, column commodity"]
    assert len(data["flows"]) == 3


def test_disrupt_tries_each_scenario_of_the_network(tarazu_here, flows):
    data = read(tarazu_here("corridor", "disrupt", "flows.csv", "--json", "-").out)
    found = {row["scenario"]: row for row in data["disruptions"]}
    assert set(found) == set(Network.read("kaz-irn").scenarios)
    assert all(row["loss_usd"] >= -1 for row in found.values()), "closing something never helps the whole"
    losses = [row["loss_usd"] for row in data["disruptions"]]
    assert losses == sorted(losses, reverse=True)


def test_disrupt_with_closures_of_ones_own_and_both_at_once(tarazu_here, flows):
    close = ("--close", "aktau-port", "--close", "aktau-port@1-3", "--close", "aktau-port+akyayla")
    data = read(tarazu_here("corridor", "disrupt", "flows.csv", *close, "--json", "-").out)
    loss = {row["scenario"]: row["loss_usd"] for row in data["disruptions"]}
    assert loss["aktau-port@1-3"] <= loss["aktau-port"] + 1 <= loss["aktau-port+akyayla"] + 2


def test_disrupt_ranks_links_and_draws_the_same_years_for_the_same_seed(tarazu_here, flows, here):
    words = ("disrupt", "flows.csv", "--scenario", "hormuz", "--links", "--draws", "20", "--seed", "3")
    first, again = (tarazu_here("corridor", *words, "--json", "-").out for _ in range(2))
    assert first == again
    data = read(first)
    assert len(data["drawn"]) == 20
    ranked = [row["loss_usd"] for row in data["links"]]
    assert ranked == sorted(ranked, reverse=True)
    assert "Kostanay" in " ".join(row["name"] for row in data["links"])


def test_expand_needs_nothing_where_all_is_carried_and_knows_unknown_cost(tarazu_here, flows):
    data = read(tarazu_here("corridor", "expand", "flows.csv", "--json", "-").out)
    assert {row["chosen"] for row in data["projects"]} == {"no"}
    printed = tarazu_here("corridor", "expand", "flows.csv").out
    assert "unknown" in printed
    assert "no project is needed" in one_line(printed)


def test_the_flows_of_a_plan_can_be_assigned(tarazu_here, here):
    answer = tarazu_here("corridor", "flows", "kaz-irn", "--out", "plan.csv")
    assert answer.code == 0, answer.err
    written = rows(here / "plan.csv")
    assert {row["direction"] for row in written if row["transit"] == "no"} == {"KAZ->IRN", "IRN->KAZ"}
    data = read(tarazu_here("corridor", "assign", "plan.csv", "--json", "-").out)
    own = sum(float(row["tonnes"]) for row in written if row["transit"] == "no")
    assert data["bilateral"]["moved_t"] + data["bilateral"]["unmet_t"] == pytest.approx(own)
    assert not [check for check in data["checks"] if check["severity"] == "error"]


def test_cpmm_of_the_sample_log(tarazu_here):
    import tarazu

    log = Path(tarazu.__file__).parent / "data" / "corridor" / "sample_log.csv"
    data = read(tarazu_here("corridor", "cpmm", str(log), "--by", "mode,country", "--json", "-").out)
    assert {row["indicator"] for row in data["indicators"]} >= {"TFI1", "TFI2", "TFI3", "SWOD", "SWD"}
    assert {row["mode"] for row in data["indicators"]} == {"road", "rail"}
    assert "TFI1" in tarazu_here("corridor", "cpmm", str(log)).out


# input that makes no sense


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("routes", "Kostanai", *BARLEY[3:]), '"Kostanai" is no place of network kaz-irn. Nearest in spelling: Kost'),
        (("routes", "Kostanay", "Tehrann", *BARLEY[4:]), "Tehran (tehran)"),
        (("routes", "10,10", *BARLEY[3:]), "no node lies within 25 km. Nearest: "),
        (("routes", "63.6,153.2", *BARLEY[3:]), "km away"),
        (("routes", "153,63", *BARLEY[3:]), "a coordinate is lat,lon in decimal degrees"),
        (("routes", "Tehran", *BARLEY[3:]), "the same place, Tehran"),
        ((*BARLEY[1:5], "potatoes"), '"potatoes" is no commodity. Known: barley'),
        ((*BARLEY[1:4],), "Missing option '--commodity'"),
        ((*BARLEY[1:], "--by", "2026-12-20"), "--by needs --depart"),
        ((*BARLEY[1:], "--depart", "tomorrow"), "does not match the format"),
        ((*BARLEY[1:], "--criteria", "speed"), "expected some of cost, time, variability, co2"),
        ((*BARLEY[1:], "--packaging", "bags"), '"bags" is no packaging. Known: bulk'),
        ((*BARLEY[1:], "--scenario", "flood"), '"flood" is no scenario. Known: aktau-queue'),
        ((*BARLEY[1:], "--epsilon", "-1"), "expected a share from 0"),
        ((*BARLEY[1:], "--network", "nowhere"), "neither a bundled network (kaz-irn)"),
        ((*BARLEY[1:], "--network", "flows.csv"), "flows.csv: is no GeoJSON"),
        ((*BARLEY[1:], "--csv", "-"), "only --json can go to standard output"),
        (("assign", "nothing.csv"), "does not exist"),
        (("assign", "flows.csv", "--lost-share", "nan"), "expected a share of the value"),
        (("assign", "flows.csv", "--scenario", "flood"), "flood"),
        (("disrupt", "flows.csv", "--scenario", "flood"), '"flood" is neither a scenario (aktau-queue'),
        (("disrupt", "flows.csv", "--close", "nowhere"), "Nowshahr (nowshahr)"),
        (("disrupt", "flows.csv", "--close", "aktau-port@13"), '"13" are no months'),
        (("disrupt", "flows.csv", "--close", "aktau-port=2"), '"2" is no share of a capacity'),
        (("disrupt", "flows.csv", "--scenario", "hormuz", "--draws", "-4"), "from 1 to 100,000, got -4"),
        (("expand", "flows.csv", "--tonnes", "-1"), "expected tonnes above 0"),
        (("expand", "flows.csv", "--tonnes", "many"), "many"),
        (("cpmm", "flows.csv"), "flows.csv: the header lacks shipment"),
        (("flows", "nowhere"), "There is no dossier nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_arguments_that_make_no_sense(refused, flows, words, message):
    assert message in refused(*words)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("from,to\na,b\n", "column origin"),
        ("origin,destination,commodity,tonnes\n", "no flow"),
        ("origin,destination,commodity,tonnes\nKostanay,Tehran,barley,12t\n", '"12t" is not a number'),
        ("origin,destination,commodity,tonnes\nKostanay,Tehran,barley,-5\n", "row 2, column tonnes"),
        ("origin,destination,commodity,tonnes\nKostanay,Atlantis,barley,5\n", "row 2, column destination"),
        ('origin,destination,commodity,tonnes\n"Kostanay,Tehran,barley,5\n', "cannot be read as CSV"),
        ("\0\1", "holds binary data"),
    ],
)
@pytest.mark.parametrize("command", ["assign", "disrupt", "expand"])
def test_a_broken_table_of_flows(refused, flows, command, text, message):
    flows.write_text(text, encoding="utf-8")
    said = refused(command, "flows.csv")
    assert "flows.csv" in said
    assert message in said


def test_a_network_without_a_usable_leg(refused, mine):
    (mine / "legs.csv").write_text("id,mode,from,to,gauge_mm,service_only,one_way\n", encoding="utf-8")
    assert "network mine has no usable nodes or legs" in refused("show", "--network", "mine")


def test_an_output_that_would_replace_other_files(refused, flows, here):
    (here / "taken").mkdir()
    (here / "taken" / "survey.csv").write_text("mine", encoding="utf-8")
    assert "taken" in refused("assign", "flows.csv", "--csv", "taken")
    assert (here / "taken" / "survey.csv").read_text(encoding="utf-8") == "mine"
