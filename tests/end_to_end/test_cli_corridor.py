"""`tarazu corridor` as a freight planner uses it: routes, the network, and input that makes no sense."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from corridor_commands import (
    BARLEY,
    BULK,
    FLOWS,
    LEGS,
    NODES,
    VALUES,
    assert_geojson,
    one_line,
    read,
    rows,
)
from tarazu.corridor.network import Network


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


# routes


@pytest.fixture(scope="module")
def main_job(tarazu_process, tmp_path_factory):
    """The command that the corridor is there for, with all its outputs, in an empty folder."""
    folder = tmp_path_factory.mktemp("corridor")
    outputs = ("--json", "r.json", "--csv", "tables", "--geojson", "r.geojson")
    return folder, tarazu_process(*BARLEY, cwd=folder), tarazu_process(*BARLEY, *outputs, cwd=folder)


def test_routes_prints_the_set_and_the_steps_that_stand_out(main_job):
    folder, answer, _ = main_job
    assert answer.code == 0, answer.err
    assert answer.err == ""
    said = one_line(answer.out)
    assert said.startswith("Kostanay to Tehran, Barley")
    assert "routes that no other beats in cost, time, co2" in said
    for name in (
        "Bolashak",
        "Incheh Borun",
        "Aktau port",
        "Sanctions screening",
        "cheapest",
        "fastest",
        "cleanest",
    ):
        assert name in said
    assert 1 <= answer.out.count("\nwhere ") <= 3
    assert " legs) rail" in said, "legs of one mode in one country stand together"
    data = read((folder / "r.json").read_text(encoding="utf-8"))
    assert f"{data['dropped']} more lie within 5% of one shown" in said
    assert re.findall(r"^(\d+) +(?:bulk|container|wagon|truck) ", answer.out, re.M) == [
        str(number) for number in range(1, data["shown"] + 1)
    ]
    if data["dropped"]:
        kept = ", ".join(str(route["route"]) for route in data["routes"])
        assert f"their number in the whole set: {kept}." in said


def test_steps_are_all_or_none_if_asked_for(tarazu_here):
    short, every, none = (tarazu_here(*BULK, *words).out for words in ((), ("--steps",), ("--no-steps",)))
    assert len(none.splitlines()) < len(short.splitlines()) < len(every.splitlines())
    assert "\nwhere " not in none
    assert "gauge change" in every
    assert "legs)" not in every


def test_routes_say_what_they_rest_on_and_by_what_standard_they_emit(main_job, tarazu_here):
    said = one_line(main_job[1].out)
    evidence = read((main_job[0] / "r.json").read_text(encoding="utf-8"))["evidence"]
    total = sum(evidence[each] for each in ("stated", "estimated", "judgement", "default"))
    assert evidence["default_judgement"] <= evidence["default"]
    assert f"Of {total} values behind them {evidence['stated']} are stated by a source" in said
    assert "Defra conversion factors" in said
    assert "TTW" in said
    assert "no factor and is not in the sum" in said


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
    assert chances("2026-12-01") == [0.0] * len(soon)


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


def test_show_prints_each_table_with_ids_ranges_and_sources(tarazu_here):
    network = Network.read("kaz-irn")
    for name, table in network.tables.items():
        answer = tarazu_here("corridor", "show", name)
        assert answer.code == 0, answer.err
        assert answer.out.startswith(f"{name} of network kaz-irn: {len(table)}")
    legs, transfers = (tarazu_here("corridor", "show", name).out for name in ("legs", "transfers"))
    assert all(f"\n{name} " in legs for name in network.legs)
    assert all(f"\n{name} " in transfers for name in network.transfers)
    line = next(row for row in legs.splitlines() if row.startswith("rail-uzen-bolashak "))
    assert "Uzen–Bolashak" in line
    length = network.facts.of("rail-uzen-bolashak", "length")
    assert f"{length.low:.0f}–{length.high:.0f}" in line
    assert length.sources[0] in line
    assert "port-aktau-port-grain" in tarazu_here("corridor", "show", "projects").out


def test_show_of_a_link_tells_all_that_is_known_of_it(tarazu_here):
    network = Network.read("kaz-irn")
    capacity = network.facts.of("port-aktau-port-grain", "capacity")
    length = network.facts.of("rail-uzen-bolashak", "length")
    said = one_line(tarazu_here("corridor", "show", "port-aktau-port-grain").out)
    assert "transfer port-aktau-port-grain" in said
    assert f"capacity {capacity.value:,.10g} {capacity.low:,.10g}–{capacity.high:,.10g} t/yr" in said
    assert "project aktau-dredging-1" in said
    assert "astanatimes-2024: Astana Times" in said, "titles of sources"
    data = read(tarazu_here("corridor", "show", "Uzen", "--json", "-").out)
    assert data["id"] == "uzen"
    assert "rail-uzen-bolashak" in data["joined"]["legs"]
    leg = read(tarazu_here("corridor", "show", "rail-uzen-bolashak", "--json", "-").out)
    row = next(row for row in leg["values"] if row["attribute"] == "length")
    assert (row["low"], row["high"], row["unit"]) == (length.low, length.high, "km")
    assert any("default of rail" in row["basis"] for row in leg["values"])
    assert set(read(tarazu_here("corridor", "show", "transit", "--json", "-").out)) == {
        "network",
        "transit",
        "checks",
    }


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
    said = one_line(answer.out)
    assert answer.code == ("error: " in said), answer.err
    assert message in said
    assert f"{file}.csv, row 2, column " in said


def test_causes_come_before_what_follows_from_them_and_all_are_printed(tarazu_here, mine):
    nodes, legs, values = (mine / f"{name}.csv" for name in ("nodes", "legs", "values"))
    nodes.write_text(NODES.replace("50.25,", "north,"), encoding="utf-8")
    more = "".join(f"road-{n},road,arkalyk,tobol,,no,no\n" for n in range(5))
    legs.write_text(LEGS + more + "road-typo,road,kostanay,tobolsk,,no,no\n", encoding="utf-8")
    values.write_text(VALUES + "road-0,length,400,380,420,km,E,judgement\n", encoding="utf-8")
    answer = tarazu_here("corridor", "show", "--network", "mine")
    assert answer.code == 1
    wrong = [line for line in answer.out.splitlines() if line.startswith("error: ")]
    assert wrong[0].startswith("error: nodes.csv, row 2, column lat")
    assert wrong[1].startswith('error: legs.csv, row 9, column to: "tobolsk"')
    assert all("arkalyk" in line or "road-" in line for line in wrong[2:])
    data = read(tarazu_here("corridor", "show", "--network", "mine", "--json", "-").out)
    assert data["checks"][0]["where"] == "nodes.csv, row 2, column lat"
    routes = tarazu_here(
        "corridor", "routes", "Kostanay", "Tobol", "--commodity", "barley", "--network", "mine"
    )
    assert (
        "what they concern is left out, and the exit code is 1. See `tarazu corridor show --network mine`"
        in routes.err
    )


def test_routes_on_a_network_with_errors_are_printed_and_end_with_exit_code_1(tarazu_here, mine):
    words = (
        "corridor",
        "routes",
        "Arkalyk",
        "Kostanay",
        "--commodity",
        "barley",
        "--network",
        "mine",
        "--no-steps",
    )
    assert tarazu_here(*words).code == 0
    text = VALUES + "rail-kostanay-tobol,length,113,,,m,E,judgement\n"
    (mine / "values.csv").write_text(text, encoding="utf-8")
    answer = tarazu_here(*words)
    assert answer.code == 1
    assert "1 route that no other beats" in one_line(answer.out)
    assert "network mine: 1 error; what they concern is left out, and the exit code is 1" in one_line(
        answer.err
    )
    gone = tarazu_here("corridor", "routes", "Kostanay", "Tobol", *words[4:], "--packaging", "bulk")
    assert "no route carries Barley from Kostanay to Tobol as bulk. " in one_line(gone.out)
    assert "see `tarazu corridor show --network mine`" in one_line(gone.out)
    assert "The leg is left out" in one_line(tarazu_here("corridor", "show", "--network", "mine").out)


def test_routes_name_the_scenario_and_what_is_assumed(tarazu_here):
    said = one_line(tarazu_here(*BULK, "--scenario", "border-strike+aktau-closed", "--no-steps").out)
    assert "Scenario border-strike (in months 4 alone): " in said
    assert "Scenario aktau-closed: Port of Aktau closed." in said
    assert "border-strike holds in April only; without a day of departure it is taken as holding" in said
    assert "Bolashak" not in said.split("by way of")[1]


def test_routes_say_for_which_place_a_coordinate_is_taken(tarazu_here):
    said = one_line(tarazu_here("corridor", "routes", "53.2,63.6", *BULK[3:], "--no-steps").out)
    assert "53.2,63.6 is taken as Kostanay, 2.3 km away." in said


def test_routes_by_the_same_places_are_told_apart_by_their_modes(tarazu_here):
    answer = tarazu_here(*BULK, "--no-steps", "--json", "-")
    shown = len(read(answer.out)["routes"])
    lines = one_line(tarazu_here(*BULK, "--no-steps").out).split("kg CO2e/t 1 bulk ")[1]
    assert "then road" in lines
    assert shown > 3


def test_the_chance_to_arrive_agrees_with_the_range_of_the_mean(tarazu_here):
    """Nobody is certain to arrive by a day within the 80% range of the mean."""
    day = {"2026-12-10": 9, "2026-12-15": 14, "2026-12-20": 19}
    for text, days in day.items():
        data = read(tarazu_here(*BULK, "--depart", "2026-12-01", "--by", text, "--json", "-").out)
        for route, times in zip(data["routes"], data["reliability"], strict=True):
            due = 24 * (days + 1)
            assert times["p95_h"] >= times["p95_within_mean_h"]
            if route["time_low"] <= due <= route["time_high"]:
                assert 0.02 < times["chance"] < 0.97, (text, route["route"])


def test_a_route_between_two_ports_says_that_no_port_is_in_it(tarazu_here):
    said = one_line(tarazu_here("corridor", "routes", "Aktau port", "Anzali", *BULK[4:]).out)
    assert "Loading at Aktau port and discharge at Anzali are not in it" in said


def test_steel_crosses_the_caspian_in_pieces(tarazu_here):
    words = ("corridor", "routes", "Karaganda", "Tehran", "--commodity", "steel", "--json", "-")
    ways = {
        (route["packaging"], "aktau-port" in route["via"])
        for route in read(tarazu_here(*words).out)["routes"]
    }
    assert ("break-bulk", True) in ways


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
        (("routes", "43°38'N 51°10'E", *BARLEY[3:]), "Write 43.63333,51.16667."),
        (("routes", "4338N 05110E", *BARLEY[3:]), "Write 43.63333,51.16667."),
        (("routes", "63.62,53.21", *BARLEY[3:]), "look swapped: 53.21,63.62 fits"),
        (("routes", "Vladivostok", *BARLEY[3:]), "None is spelt like it: `tarazu corridor show nodes` lists"),
        (("show", "Vladivostok"), "Nor is it the id of a leg, transfer or service, or a table (nodes, legs,"),
        (("assign", "flows.csv", "--lost-share", "0"), "a tonne that stays would lose nothing"),
        ((*BARLEY[1:], "--depart", "2026-12-10", "--by", "2026-12-01"), "--by 2026-12-01 lies before --depart"),
        ((*BARLEY[1:4],), "Missing option '--commodity'"),
        ((*BARLEY[1:], "--by", "2026-12-20"), "--by needs --depart"),
        ((*BARLEY[1:], "--depart", "tomorrow"), "does not match the format"),
        ((*BARLEY[1:], "--criteria", "speed"), "expected some of cost, time, variability, co2"),
        ((*BARLEY[1:], "--packaging", "bags"), '"bags" is no packaging. Known: break-bulk, bulk'),
        ((*BARLEY[1:], "--scenario", "flood"), '"flood" is no scenario of kaz-irn. Known: aktau-queue'),
        ((*BARLEY[1:], "--epsilon", "-1"), "expected a share from 0"),
        ((*BARLEY[1:], "--network", "nowhere"), "neither a bundled network (kaz-irn)"),
        ((*BARLEY[1:], "--network", "flows.csv"), "flows.csv: is no GeoJSON"),
        ((*BARLEY[1:], "--csv", "-"), "only --json can go to standard output"),
        (("assign", "nothing.csv"), "does not exist"),
        (("assign", "flows.csv", "--lost-share", "nan"), "expected a share of the value"),
        (("assign", "flows.csv", "--scenario", "flood"), "flood"),
        (("disrupt", "flows.csv", "--seed", "-1"), "-1 is not in the range"),
        ((*BARLEY[1:], "--depart", "9999-12-31"), "a day of the years 1900 to 2200 is expected"),
        ((*BARLEY[1:], "--depart", "2026-12-01", "--by", "9999-12-31"), "a day of the years 1900 to 2200"),
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
        ("origin,destination,commodity,tonnes\nKostanay,Tehran,barley,0\n", "every flow has 0 tonnes"),
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
