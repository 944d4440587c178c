"""`tarazu corridor` on a year's goods: what is carried, disruptions, projects, logs of shipments."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from corridor_commands import (
    FLOWS,
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
    loads = read((here / "loads.geojson").read_text(encoding="utf-8"))
    assert_geojson(loads, {"Point", "LineString"})
    transfers = Network.read("kaz-irn").transfers
    points = [f["properties"] for f in loads["features"] if f["geometry"]["type"] == "Point"]
    assert {point["transfer"] for point in points} <= set(transfers)
    assert all(point["bilateral_t"] + point["transit_t"] > 0 or point["full"] for point in points)
    full = {row["subject"] for row in rows(here / "out" / "capacities.csv") if row["full"] == "yes"}
    assert {point["transfer"] for point in points if point["full"]} == full & set(transfers)
    for subject in full:
        assert subject in answer.out, "ids, which --close wants"
    assert "run empty, at least" in said
    assert "pass no capacity that a source states" in said


def test_third_countries_goods_are_named_by_their_places(tarazu_here, flows):
    said = one_line(tarazu_here("corridor", "assign", "flows.csv").out)
    assert "general-cargo, transit, Orsk -> Tehran" in said
    assert "RUS->IRN" not in said


def test_goods_of_third_countries_that_the_file_lacks_are_said_and_can_be_added(tarazu_here, flows):
    flows.write_text("\n".join(line for line in FLOWS.splitlines() if "yes" not in line), encoding="utf-8")
    known = Network.read("kaz-irn").tables["transit"]
    total = sum(known.column("tonnes"))
    for command in ("assign", "expand"):
        without, with_ = (
            tarazu_here("corridor", command, "flows.csv", *more) for more in ((), ("--with-transit",))
        )
        assert f"knows {len(known)} flows of third countries, {total / 1e3:,.0f} kt a year" in one_line(
            without.out
        )
        assert "--with-transit adds them" in one_line(without.out)
        assert "--with-transit" not in with_.out
    data = read(tarazu_here("corridor", "assign", "flows.csv", "--with-transit", "--json", "-").out)
    assert data["transit"]["moved_t"] + data["transit"]["unmet_t"] == pytest.approx(total)
    assert "transit-left-out" not in {check["name"] for check in data["checks"]}
    plain = read(tarazu_here("corridor", "assign", "flows.csv", "--json", "-").out)
    assert [check["severity"] for check in plain["checks"] if check["name"] == "transit-left-out"] == ["note"]


def test_transit_of_the_file_is_not_added_twice(tarazu_here, flows):
    data = read(tarazu_here("corridor", "assign", "flows.csv", "--with-transit", "--json", "-").out)
    same = [row for row in data["flows"] if (row["origin"], row["commodity"]) == ("orsk", "general-cargo")]
    assert [row["tonnes"] for row in same] == [200_000]


def test_demurrage_is_printed_where_wagons_wait(tarazu_here, flows, here):
    said = one_line(
        tarazu_here("corridor", "assign", "flows.csv", "--scenario", "aktau-queue", "--csv", "out").out
    )
    queues = rows(here / "out" / "demurrage.csv")
    assert queues
    for row in queues:
        assert f"{row['name']}, {row['packaging']}: " in said
    assert "wagon-days" in said


def test_a_row_that_cannot_be_used_is_named_and_the_rest_is_carried(tarazu_here, flows):
    flows.write_text(FLOWS + "Kostanay,Atlantis,barley,5,\nKostanay,Tehran,gold,5,\n", encoding="utf-8")
    data = read(tarazu_here("corridor", "assign", "flows.csv", "--json", "-").out)
    wheres = [check["where"] for check in data["checks"] if check["severity"] == "error"]
    assert wheres == ["flows.csv, row 5, column destination", "flows.csv, row 6, column commodity"]
    assert len(data["flows"]) == 3


@pytest.mark.parametrize("command", ["assign", "disrupt", "expand"])
def test_rows_that_are_not_counted_stand_in_the_headline_and_end_with_exit_code_1(
    tarazu_here, flows, command
):
    words = ("corridor", command, "flows.csv", *(("--scenario", "hormuz") if command == "disrupt" else ()))
    assert tarazu_here(*words).code == 0
    flows.write_text(FLOWS + "Kostanay,Atlantis,barley,100000,\n", encoding="utf-8")
    answer = tarazu_here(*words)
    assert answer.code == 1
    assert "1 row of flows.csv, 100 kt, not counted" in " ".join(answer.out.splitlines()[:2])
    assert "Atlantis" in answer.out


def test_assign_names_the_scenarios_and_a_small_tonnage(tarazu_here, flows):
    flows.write_text("origin,destination,commodity,tonnes\nKostanay,Tehran,barley,100\n", encoding="utf-8")
    said = one_line(tarazu_here("corridor", "assign", "flows.csv", "--scenario", "hormuz+aktau-closed").out)
    assert said.startswith("0.1 kt a year of the pair's goods move, 0 kt do not")
    assert "Scenario hormuz: " in said
    assert "Scenario aktau-closed: Port of Aktau closed." in said


def test_transit_that_the_file_lacks_is_said_even_beside_some_that_it_has(tarazu_here, flows):
    (first, *others) = Network.read("kaz-irn").tables["transit"]
    row = f"{first['origin']},{first['destination']},{first['commodity']},1,yes\n"
    flows.write_text("origin,destination,commodity,tonnes,transit\n" + row, encoding="utf-8")
    said = one_line(tarazu_here("corridor", "assign", "flows.csv").out)
    assert (
        f"knows {len(others)} flows of third countries, {sum(r['tonnes'] for r in others) / 1e3:,.0f} kt"
        in said
    )
    assert all(f"{r['commodity']} {r['origin']}-{r['destination']}" in said for r in others)


def test_rows_that_repeat_others_are_added_up_and_said(tarazu_here, flows):
    flows.write_text(
        "origin,destination,commodity,tonnes\n" + "Kostanay,Tehran,barley,10\n" * 3, encoding="utf-8"
    )
    answer = tarazu_here("corridor", "assign", "flows.csv")
    assert answer.code == 0
    assert "2 rows repeat places, goods and month of others: their tonnes are added up" in one_line(
        answer.out
    )


def test_a_network_without_scenarios_says_how_to_ask(tarazu_here, flows, here):
    tarazu_here("corridor", "show", "--csv", "net")
    header = (here / "net" / "limits.csv").read_text(encoding="utf-8").splitlines()[0]
    (here / "net" / "limits.csv").write_text(header + "\n", encoding="utf-8")
    said = one_line(tarazu_here("corridor", "disrupt", "flows.csv", "--network", "net").out)
    assert "The network knows no disruption by name: ask for one with --close ID" in said


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
    map_ = ("--geojson", "links.geojson")
    first, again = (tarazu_here("corridor", *words, *more, "--json", "-").out for more in ((), map_))
    assert first == again
    data = read(first)
    assert len(data["drawn"]) == 20
    ranked = [row["loss_usd"] for row in data["links"]]
    assert ranked == sorted(ranked, reverse=True)
    assert "Kostanay" in " ".join(row["name"] for row in data["links"])
    document = read((here / "links.geojson").read_text(encoding="utf-8"))
    assert_geojson(document, {"Point", "LineString"})
    assert [f["properties"]["subject"] for f in document["features"]] == [
        row["subject"] for row in data["links"]
    ]


def test_links_of_one_line_stand_together(tarazu_here, flows):
    words = ("corridor", "disrupt", "flows.csv", "--scenario", "hormuz", "--links")
    said = tarazu_here(*words).out
    ranked = said[said.index("Links by what") :].splitlines()[2:]
    merged = [line for line in ranked if " links) " in line]
    assert merged
    for line in merged:
        count, more = int(re.search(r"\((\d+) links\)", line)[1]), int(re.search(r" \+(\d+) ", line)[1])
        assert more == count - 1, "the id of one, and how many more"


def test_without_links_the_map_of_disrupt_holds_the_undisturbed_loads(tarazu_here, flows, here):
    tarazu_here("corridor", "disrupt", "flows.csv", "--scenario", "hormuz", "--geojson", "a.geojson")
    tarazu_here("corridor", "assign", "flows.csv", "--geojson", "b.geojson")
    loads = [
        {(f["properties"].get("leg"), f["properties"].get("from")): f["properties"]["bilateral_t"]
         for f in read((here / name).read_text(encoding="utf-8"))["features"] if "leg" in f["properties"]}
        for name in ("a.geojson", "b.geojson")
    ]  # fmt: skip
    assert loads[0] == pytest.approx(loads[1])


def test_expand_needs_nothing_where_all_is_carried_and_knows_unknown_cost(tarazu_here, flows):
    data = read(tarazu_here("corridor", "expand", "flows.csv", "--json", "-").out)
    assert {row["chosen"] for row in data["projects"]} == {"no"}
    printed = tarazu_here("corridor", "expand", "flows.csv", "--geojson", "p.geojson").out
    document = read(Path("p.geojson").read_text(encoding="utf-8"))
    assert [f["properties"]["id"] for f in document["features"]] == [row["id"] for row in data["projects"]]
    assert_geojson(document, {"Point", "GeometryCollection"})
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


def test_a_log_without_shipments_says_so_and_ends_with_exit_code_1(tarazu_here, here):
    import tarazu

    log = Path(tarazu.__file__).parent / "data" / "corridor" / "sample_log.csv"
    (here / "log.csv").write_text(log.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    answer = tarazu_here("corridor", "cpmm", "log.csv")
    assert answer.code == 1
    assert "log.csv: holds no shipment that can be used" in one_line(answer.out)
    assert read(tarazu_here("corridor", "cpmm", "log.csv", "--json", "-").out)["indicators"] == []


def test_a_log_without_the_column_to_group_by_says_so(tarazu_here, here):
    import tarazu

    log = rows(Path(tarazu.__file__).parent / "data" / "corridor" / "sample_log.csv")
    names = [name for name in log[0] if name != "corridor"]
    lines = [",".join(names), *(",".join(row[name] for name in names) for row in log)]
    (here / "log.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    answer = tarazu_here("corridor", "cpmm", "log.csv", "--by", "corridor")
    assert answer.code == 1
    assert "no row has anything in column corridor" in one_line(answer.out)


def test_links_are_put_together_only_where_they_join_and_cost_the_same(tmp_path):
    from corridor_support import small
    from tarazu.cli.corridor_lines import lines
    from tarazu.core.table import Column, Table

    effects = ("lost_t", "lost_value_usd", "cost_change_usd_t", "days_change", "loss_usd", "transit_loss_usd")
    columns = tuple(Column(name) for name in ("subject", "name", *effects))

    def row(subject: str, loss: float) -> tuple:
        return (subject, subject.upper(), 5.0, 9.0, None, 1.0, loss, 0.0)

    same, rounding = 100.0, 100.0 * (1 + 1e-12)
    listed = [row("rail-cd", 300.0), row("rail-ab", same), row("sea-ce", same), row("b", rounding)]
    listed += [row("rail-bc", rounding), row("d", same), row("a", 7.0)]
    found = list(lines(small(tmp_path), Table("links", columns, tuple(listed))))
    assert [(name, ids) for name, ids, _ in found] == [
        ("RAIL-CD", "rail-cd"),
        ("rail, sea Place a–Place b–Place c–Place e (4 links)", "rail-ab +3"),
        ("D", "d"),
        ("A", "a"),
    ]
    assert [figures["loss_usd"] for _, _, figures in found] == [300.0, same, same, 7.0]
