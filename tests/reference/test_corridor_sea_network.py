"""Lengths of the bundled network's ocean legs against shortest ways over a published network of sea lanes."""

from __future__ import annotations

import sqlite3
import struct
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest

from tarazu.corridor.network import Network, distance_km

Point = tuple[float, float]  # longitude, latitude


def points(blob: bytes) -> list[Point]:
    """Points of a GeoPackage LineString, to four places of a degree."""
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[(blob[3] >> 1) & 7]
    wkb = blob[8 + envelope :]
    order = "<" if wkb[0] == 1 else ">"
    (many,) = struct.unpack_from(f"{order}I", wkb, 5)
    flat = struct.unpack_from(f"{order}{2 * many}d", wkb, 9)
    return [(round(lon, 4), round(lat, 4)) for lon, lat in zip(flat[::2], flat[1::2], strict=True)]


def apart(one: Point, other: Point) -> float:
    return distance_km(one[::-1], other[::-1])


@pytest.fixture(scope="module")
def lanes(shared_data: Path) -> nx.Graph:
    """Lanes of the Arabian Sea and the Gulf. The sea network has no point in the Caspian."""
    base = sqlite3.connect(f"file:{shared_data / 'transport' / 'marnet_plus_20km.gpkg'}?mode=ro", uri=True)
    found = nx.Graph()
    for (blob,) in base.execute('select geometry from "type"'):
        for one, other in pairwise(points(blob)):
            if all(45 < lon < 80 and 5 < lat < 32 for lon, lat in (one, other)):
                found.add_edge(one, other, km=apart(one, other))
    base.close()
    return found


@pytest.mark.needs_shared
@pytest.mark.parametrize("name", ["sea-bandar-abbas-nhava-sheva", "sea-bandar-imam-jebel-ali"])
def test_open_sea_legs_agree_with_the_sea_network(lanes: nx.Graph, name: str) -> None:
    network = Network.read("kaz-irn")
    leg = network.legs[name]
    ends = [(network.nodes[node].lon, network.nodes[node].lat) for node in (leg.start, leg.end)]
    start, goal = (min(lanes, key=lambda point, end=end: apart(point, end)) for end in ends)
    snapped = apart(start, ends[0]) + apart(goal, ends[1])
    assert snapped < 100, "the ports are not on the sea network"
    way = nx.shortest_path_length(lanes, start, goal, weight="km") + snapped
    stated = [
        row for row in network.tables["values"] if (row["subject"], row["attribute"]) == (name, "length")
    ]
    low = min(row["low"] or row["value"] for row in stated)
    high = max(row["high"] or row["value"] for row in stated)
    assert low <= way <= 1.05 * high
