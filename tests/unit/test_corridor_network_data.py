"""The bundled network Kazakhstan-Iran: ids, references, coordinates, lengths, and no number without its source."""

from __future__ import annotations

import csv
import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "src" / "tarazu" / "data"
NETWORK = DATA / "networks" / "kaz-irn"
CORRIDOR = DATA / "corridor"
EARTH_KM = 6371.0088

# South, north, west, east of each country, in degrees, generously.
BOXES = {
    "KAZ": (40.5, 55.5, 46.4, 87.4),
    "TKM": (35.1, 42.9, 52.3, 66.7),
    "UZB": (37.1, 45.7, 55.9, 73.2),
    "IRN": (25.0, 39.9, 44.0, 63.4),
    "AZE": (38.3, 41.95, 44.7, 50.7),
    "RUS": (41.1, 60.0, 45.0, 62.0),
    "CHN": (18.0, 53.6, 73.4, 135.1),
    "IND": (6.0, 36.0, 68.0, 97.5),
    "ARE": (22.5, 26.3, 51.4, 56.5),
}
EASTERN_LINE = (
    "rail-uzen-bolashak",
    "rail-serhetyaka-bereket",
    "rail-bereket-akyayla",
    "rail-incheh-borun-gorgan",
)
# The same railway carries several published lengths for its whole run (km).
SHORTEST_PRINTED, LONGEST_PRINTED = 902.0, 929.0
PACKAGINGS = {"bulk", "wagon", "container", "truck", "break-bulk"}
STATUSES = {"A", "E", "F", "M", "P", "C"}
DOSSIER = {"corridor": "corridor.csv", "products": "products.csv", "markets": "markets.csv"}

Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


NODES = {row["id"]: row for row in read(NETWORK / "nodes.csv")}
LEGS = {row["id"]: row for row in read(NETWORK / "legs.csv")}
TRANSFERS = {row["id"]: row for row in read(NETWORK / "transfers.csv")}
SERVICES = {row["id"]: row for row in read(NETWORK / "services.csv")}
VALUES = read(NETWORK / "values.csv")
LIMITS = read(NETWORK / "limits.csv")
SOURCES = {row["id"]: row for folder in (NETWORK, CORRIDOR) for row in read(folder / "sources.csv")}
ATTRIBUTES = {row["attribute"]: row for row in read(CORRIDOR / "attributes.csv")}
COMMODITIES = {row["id"]: row for row in read(CORRIDOR / "commodities.csv")}
SUBJECTS = {**NODES, **LEGS, **TRANSFERS, **SERVICES}
TABLES = {path.stem: read(path) for path in sorted(NETWORK.glob("*.csv"))} | {
    name: read(CORRIDOR / f"{name}.csv") for name in ("defaults", "commodities", "loads", "emissions")
}


def great_circle(one: str, other: str) -> float:
    lat1, lon1, lat2, lon2 = (
        math.radians(float(NODES[node][axis])) for node in (one, other) for axis in ("lat", "lon")
    )
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(h))


def lengths(leg: str) -> Rows:
    return [row for row in VALUES if row["subject"] == leg and row["attribute"] == "length"]


def shortest(links: dict[Any, list[tuple[Any, float]]], start: Any, goal: Any) -> float:
    """Length of the shortest way, by Dijkstra; infinite where there is none."""
    best, queue, order = {start: 0.0}, [(0.0, 0, start)], count(1)
    while queue:
        far, _, place = heapq.heappop(queue)
        if place == goal:
            return far
        for other, step in links[place]:
            if far + step < best.get(other, math.inf):
                best[other] = far + step
                heapq.heappush(queue, (far + step, next(order), other))
    return math.inf


def span(leg: str) -> tuple[float, float, float]:
    """Median, least and greatest stated length of a leg."""
    rows = lengths(leg)
    low = min(float(row["low"] or row["value"]) for row in rows)
    high = max(float(row["high"] or row["value"]) for row in rows)
    return median(float(row["value"]) for row in rows), low, high


@pytest.mark.parametrize(
    "name", sorted({"nodes", "legs", "transfers", "services", "limits", "tariffs", "projects"})
)
def test_ids_are_unique_and_kebab_case(name: str) -> None:
    ids = [row["id"] for row in TABLES[name]]
    assert [key for key, times in Counter(ids).items() if times > 1] == []
    assert [key for key in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)] == []


def test_no_id_serves_two_kinds_of_subject() -> None:
    assert len(SUBJECTS) == len(NODES) + len(LEGS) + len(TRANSFERS) + len(SERVICES)


def test_the_network_has_the_size_it_promises() -> None:
    assert len(NODES) >= 60
    assert len(LEGS) >= 100


@pytest.mark.parametrize("table", ["legs", "transfers"])
def test_ends_are_nodes(table: str) -> None:
    assert [row["id"] for row in TABLES[table] if row["from"] not in NODES or row["to"] not in NODES] == []


def test_other_references_resolve() -> None:
    assert [s for s, row in SERVICES.items() if not set(row["legs"].split(";")) <= set(LEGS)] == []
    named = [(row["subject"].removesuffix(":forward").removesuffix(":backward"), row) for row in VALUES]
    named += [(row["subject"], row) for row in LIMITS]
    named += [(name, row) for row in TABLES["projects"] for name in row["subject"].split(";")]
    assert [subject for subject, _ in named if subject not in SUBJECTS] == []
    goods = [row["commodities"] for row in (*LIMITS, *TABLES["tariffs"])] + [
        r["excluded"] for r in TABLES["tariffs"]
    ]
    assert {good for cell in goods for good in cell.split(";") if good} <= set(COMMODITIES)


def test_coordinates_lie_in_their_country() -> None:
    outside = []
    for node, row in NODES.items():
        south, north, west, east = BOXES[row["country"]]
        if not (south <= float(row["lat"]) <= north and west <= float(row["lon"]) <= east):
            outside.append(node)
    assert outside == []


def test_a_cited_coordinate_names_a_gazetteer_and_an_estimate_says_so() -> None:
    for node, row in NODES.items():
        assert (row["status"] == "A") == (row["source"] in ("geonames", "unlocode")), node
        assert row["source"] != "geonames" or re.search(r"GeoNames \d+", row["note"]), node


def test_names_and_aliases_lead_to_one_place() -> None:
    owners = defaultdict(set)
    for node, row in NODES.items():
        for name in (node, row["name"], *filter(None, row["aliases"].split(";"))):
            owners[name.casefold()].add(node)
    assert {name: nodes for name, nodes in owners.items() if len(nodes) > 1} == {}


def test_every_leg_has_a_length_not_below_the_great_circle() -> None:
    for leg, row in LEGS.items():
        assert lengths(leg), leg
        direct = great_circle(row["from"], row["to"])
        assert span(leg)[0] >= direct, f"{leg}: {span(leg)[0]} km, great circle {direct:.0f} km"


def test_every_length_is_near_a_cited_one_or_shown_as_a_range() -> None:
    for leg in LEGS:
        middle, low, high = span(leg)
        cited = [float(row["value"]) for row in lengths(leg) if row["status"] == "A"]
        near = any(abs(middle - length) <= 0.02 * length for length in cited)
        assert near or (low < high and low <= middle <= high), leg


def test_lengths_by_circuity_repeat_from_the_coordinates() -> None:
    rows = [row for row in VALUES if row["source"] == "method:circuity"]
    assert rows
    for row in rows:
        factors = [float(number) for number in re.findall(r"\d\.\d+", row["note"])]
        direct = great_circle(LEGS[row["subject"]]["from"], LEGS[row["subject"]]["to"])
        got = [float(row[column]) for column in ("value", "low", "high")]
        assert got == pytest.approx([direct * factor for factor in factors], rel=2e-3, abs=0.6), row[
            "subject"
        ]
        assert row["status"] == "E"


def test_the_eastern_line_adds_up_to_its_printed_lengths() -> None:
    spans = [span(leg) for leg in EASTERN_LINE]
    total, low, high = (sum(each[index] for each in spans) for index in range(3))
    assert SHORTEST_PRINTED <= total <= LONGEST_PRINTED
    assert low <= 1.005 * SHORTEST_PRINTED
    assert high >= LONGEST_PRINTED
    assert all(len(lengths(leg)) > 1 for leg in EASTERN_LINE), "conflicting sources are all kept"


def test_the_way_across_kazakhstan_agrees_with_the_run_of_a_train() -> None:
    """A train of 2022 ran 3,450 km from Altynkol to Bolashak; most legs on its way are great circles by a factor.

    The way goes over Mangystau, where the line to Uzen begins, and comes out longer than what was printed.
    """
    links = defaultdict(list)
    for leg, row in LEGS.items():
        if row["mode"] == "rail" and NODES[row["from"]]["country"] == "KAZ":
            links[row["from"]].append((row["to"], span(leg)[0]))
            links[row["to"]].append((row["from"], span(leg)[0]))
    assert shortest(links, "altynkol", "bolashak") == pytest.approx(3450, rel=0.07)


def test_the_factor_of_rail_fits_the_legs_whose_length_is_cited() -> None:
    factor = next(r for r in TABLES["defaults"] if r["mode"] == "rail" and r["attribute"] == "factor")
    cited = [
        span(leg)[0] / great_circle(row["from"], row["to"])
        for leg, row in LEGS.items()
        if row["mode"] == "rail" and any(each["status"] == "A" for each in lengths(leg))
    ]
    assert len(cited) >= 10
    assert median(cited) == pytest.approx(float(factor["value"]), rel=0.05)
    inside = [float(factor["low"]) <= ratio <= float(factor["high"]) for ratio in cited]
    assert sum(inside) >= 0.8 * len(inside), "low and high are an 80% interval"


@pytest.mark.parametrize(
    ("leg", "geodesic", "by_sea"),
    [("sea-aktau-port-anzali", 696, 708), ("sea-aktau-port-amirabad", 771, 815)],
)
def test_known_crossings_of_the_caspian(leg: str, geodesic: float, by_sea: float) -> None:
    assert great_circle(LEGS[leg]["from"], LEGS[leg]["to"]) == pytest.approx(geodesic, rel=0.015)
    assert span(leg)[0] == by_sea


def test_low_water_takes_the_share_that_was_reported() -> None:
    rows = [row for row in LIMITS if row["kind"] == "low_water" and not row["scenario"]]
    assert {row["subject"] for row in rows} >= {"sea-aktau-port-anzali", "sea-aktau-port-amirabad"}
    assert all(float(row["payload_factor"]) == pytest.approx(5500 / 6500, abs=1e-3) for row in rows)


def test_land_legs_stay_within_one_country() -> None:
    crossing = [
        leg
        for leg, row in LEGS.items()
        if row["mode"] in ("rail", "road") and NODES[row["from"]]["country"] != NODES[row["to"]]["country"]
    ]
    assert crossing == []


def test_gauge_belongs_to_rail_and_to_the_country() -> None:
    standard = {"IRN", "CHN"}
    for leg, row in LEGS.items():
        gauge = "1435" if NODES[row["from"]]["country"] in standard else "1520"
        assert row["gauge_mm"] == (gauge if row["mode"] == "rail" else ""), leg
    for transfer, row in TRANSFERS.items():
        for side in ("from", "to"):
            assert bool(row[f"{side}_gauge_mm"]) == (row[f"{side}_mode"] == "rail"), transfer
        if row["kind"] == "gauge_change" and row["from_mode"] == row["to_mode"] == "rail":
            assert row["from_gauge_mm"] != row["to_gauge_mm"], transfer


def test_borders_pair_two_countries_and_port_calls_one_place() -> None:
    for transfer, row in TRANSFERS.items():
        countries = {NODES[row[side]]["country"] for side in ("from", "to")}
        if row["kind"] in ("border", "gauge_change"):
            assert len(countries) == 2, transfer
        else:
            assert row["from"] == row["to"], transfer


def test_a_transfer_joins_modes_that_call_at_its_places() -> None:
    served = {(row[side], row["mode"], row["gauge_mm"]) for row in LEGS.values() for side in ("from", "to")}
    for transfer, row in TRANSFERS.items():
        for side in ("from", "to"):
            assert (row[side], row[f"{side}_mode"], row[f"{side}_gauge_mm"]) in served, f"{transfer}, {side}"


def test_ferries_run_as_services_with_a_headway() -> None:
    served = {leg for row in SERVICES.values() for leg in row["legs"].split(";")}
    assert {leg for leg, row in LEGS.items() if row["service_only"] == "yes"} <= served
    known = {row["subject"] for row in VALUES if row["attribute"] == "headway"}
    assert {service for service, row in SERVICES.items() if not row["departures"]} <= known


def capacities() -> dict[str, Rows]:
    """Rows on the capacity of each subject."""
    found: dict[str, Rows] = defaultdict(list)
    for row in VALUES:
        if row["attribute"] == "capacity":
            found[row["subject"]].append(row)
    return found


def default_capacity(kind: str, country: str) -> bool:
    return any(
        row["attribute"] == "capacity" and row["mode"] == kind and row["country"] in ("", "*", country)
        for row in TABLES["defaults"]
    )


def test_every_leg_and_transfer_has_a_capacity_of_its_own_or_of_its_kind() -> None:
    own = capacities()
    legs = [
        leg
        for leg, row in LEGS.items()
        if leg not in own and not default_capacity(row["mode"], NODES[row["from"]]["country"])
    ]
    transfers = [
        transfer
        for transfer, row in TRANSFERS.items()
        if transfer not in own and not default_capacity(row["kind"], NODES[row["from"]]["country"])
    ]
    assert (legs, transfers) == ([], [])


def test_what_decides_has_a_capacity_of_its_own() -> None:
    """Borders, changes of gauge, port calls, the lines of the Caspian and the single track to the south."""
    own = capacities()
    deciding = [t for t, row in TRANSFERS.items() if row["kind"] != "terminal"]
    deciding += [
        leg
        for leg, row in LEGS.items()
        if row["mode"] in ("sea", "ferry")
        and "IND" not in (NODES[row["from"]]["country"], NODES[row["to"]]["country"])
        and "ARE" not in (NODES[row["from"]]["country"], NODES[row["to"]]["country"])
    ]
    deciding += [*EASTERN_LINE, "rail-beineu-mangystau", "rail-makat-beineu", "rail-shalkar-beineu"]
    deciding += ["rail-gorgan-sari", "rail-sari-garmsar", "rail-tejen-serakhs"]
    assert [subject for subject in deciding if subject not in own] == []


def test_the_ships_to_iran_are_a_fleet_that_could_be_there() -> None:
    """4.9 Mt crossed on Russian and Iranian ships in a year; the lines together may not be several times that."""
    own = capacities()
    caspian = {node for node, row in NODES.items() if row["kind"] == "port" and row["country"] != "IRN"}
    iranian = {"anzali", "amirabad", "nowshahr", "astara"}
    lines = [
        leg
        for leg, row in LEGS.items()
        if row["mode"] == "sea" and row["from"] in caspian and row["to"] in iranian
    ]
    assert len(lines) >= 10
    total = sum(float(own[leg][0]["value"]) for leg in lines)
    assert 4.9 <= total <= 2 * 4.9


def test_a_call_takes_no_more_than_its_port() -> None:
    own = capacities()
    for transfer, row in TRANSFERS.items():
        node = row["from"]
        if row["kind"] == "port_call" and transfer in own and node in own:
            most = max(float(each["high"] or each["value"]) for each in own[node])
            assert median(float(each["value"]) for each in own[transfer]) <= most, transfer


def test_the_judged_room_is_shown_with_a_wide_range() -> None:
    for row in quantities():
        if row["attribute"] == "capacity" and row["source"] == "judgement":
            assert row["low"], row
            assert row["high"], row
            assert float(row["high"]) >= 1.9 * float(row["low"]), row


def test_a_ferry_that_is_not_known_to_run_is_closed() -> None:
    standing = {
        row["subject"]
        for row in LIMITS
        if not row["scenario"] and row["kind"] == "closure" and row["months"] == "1-12" and not row["from"]
    }
    assert {service for service in SERVICES if service.startswith("roro-")} <= standing


def test_a_tariff_with_a_last_day_is_not_said_to_be_in_force_for_ever() -> None:
    for row in TABLES["tariffs"]:
        assert not (row["status"] == "in_force" and row["to"]), row["id"]
        assert set(filter(None, row["legs"].split(";"))) <= set(LEGS), row["id"]


def test_projects_raise_a_capacity_that_is_known() -> None:
    own = capacities()
    assert [row["id"] for row in TABLES["projects"] if not set(row["subject"].split(";")) <= own.keys()] == []
    for row in TABLES["projects"]:
        assert (row["cost_status"] == "unknown") == (row["cost_usd_m"] == ""), row["id"]


def quantities() -> Iterator[dict[str, str]]:
    yield from VALUES
    yield from TABLES["defaults"]


def test_values_have_a_known_attribute_unit_and_order() -> None:
    for row in quantities():
        attribute = ATTRIBUTES[row["attribute"]]
        units = {part.split("=")[0] for part in attribute["accepts"].split(";")} | {"trains/day"}
        assert row["unit"] in units, row
        low, value, high = (float(row[key] or row["value"]) for key in ("low", "value", "high"))
        assert low <= value <= high, row
        assert row["status"] in STATUSES, row


def known_rows() -> dict[str, set[str]]:
    return {key: {row["id"] for row in read(DATA / "kaz-irn" / file)} for key, file in DOSSIER.items()}


def test_every_row_has_a_source_that_resolves() -> None:
    known = known_rows()
    lost = []
    for table, rows in TABLES.items():
        for row in rows:
            source = row.get("source", "judgement")
            kind, _, key = source.partition(":")
            if not (source == "judgement" or source in SOURCES or key in known.get(kind, ())):
                lost.append(f"{table}: {source!r} of {row.get('id') or row.get('subject')}")
    assert lost == []


def test_remarks_cite_only_what_exists() -> None:
    known = known_rows()["corridor"]
    for table, rows in TABLES.items():
        for row in rows:
            assert set(re.findall(r"\bco\d{3}\b", row.get("note", ""))) <= known, f"{table}: {row}"


def test_a_judgement_is_estimated_and_says_what_it_rests_on() -> None:
    for table, rows in TABLES.items():
        for row in rows:
            if row.get("source") == "judgement":
                assert row.get("status", "E") == "E", f"{table}: {row}"
                assert table == "commodities" or row["note"], f"{table}: {row}"


def test_sources_have_an_address_and_are_used() -> None:
    used = {row.get("source") for rows in TABLES.values() for row in rows}
    notes = " ".join(row.get("note", "") for rows in TABLES.values() for row in rows)
    for source, row in SOURCES.items():
        assert source.startswith("method:") or row["url"].startswith("http"), source
        assert source in used or source in notes, f"{source} is cited nowhere"


def test_limits_close_derate_or_delay_and_name_their_time() -> None:
    for row in LIMITS:
        effect = [row[key] for key in ("capacity_factor", "payload_factor", "delay_h") if row[key]]
        assert effect, row["id"]
        assert all(0 <= float(row[key]) <= 1 for key in ("capacity_factor", "payload_factor") if row[key]), (
            row["id"]
        )
        assert row["months"] or row["from"], row["id"]
        assert not (row["from"] and row["to"]) or row["from"] <= row["to"], row["id"]


def test_the_named_disruptions_are_there() -> None:
    named = {row["scenario"] for row in LIMITS} - {""}
    assert named >= {
        "aktau-queue",
        "hormuz",
        "low-water",
        "border-strike",
        "akyayla-half",
        "turkmen-stop",
        "hard-ice",
    }


def test_hormuz_closes_the_gulf_but_not_chabahar() -> None:
    closed = {row["subject"] for row in LIMITS if row["scenario"] == "hormuz"}
    assert "sea-bandar-abbas-nhava-sheva" in closed
    assert "sea-chabahar-nhava-sheva" not in closed


def test_commodities_travel_in_packagings_that_some_mode_carries() -> None:
    carried = {row["packaging"] for row in TABLES["loads"]}
    assert carried == PACKAGINGS
    for good, row in COMMODITIES.items():
        assert set(row["packagings"].split(";")) <= carried, good
        assert float(row["value_low"]) <= float(row["value_usd_t"]) <= float(row["value_high"]), good
    for row in (*TRANSFERS.values(), *SERVICES.values()):
        assert row["packagings"] == "all" or set(row["packagings"].split(";")) <= carried, row["id"]


def test_the_reader_finds_nothing_to_complain_of() -> None:
    network = pytest.importorskip("tarazu.corridor.network").Network.read("kaz-irn")
    assert [str(check) for check in network.checks] == []
    assert (len(network.nodes), len(network.legs)) == (len(NODES), len(LEGS))
