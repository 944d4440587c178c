"""What the tests of `tarazu corridor` share: flows, a small network of one's own, reading files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

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


def assert_geojson(document: dict, kinds: set[str]) -> None:
    """RFC 7946: a FeatureCollection whose positions are longitude and latitude in degrees."""
    assert document["type"] == "FeatureCollection"
    assert {each["geometry"]["type"] for each in document["features"]} == kinds
    for each in document["features"]:
        assert each["type"] == "Feature"
        assert isinstance(each["properties"], dict)
        shape = each["geometry"]
        for part in shape["geometries"] if shape["type"] == "GeometryCollection" else [shape]:
            spots = part["coordinates"]
            for lon, lat in [spots] if part["type"] == "Point" else spots:
                assert 30 < lon < 120, "the network lies between the Black Sea and Xi'an"
                assert 15 < lat < 60
