"""Make the country shapes behind the map from the npm package world-atlas (Natural Earth, 1:50 million).

    npm pack world-atlas@2.0.2
    python scripts/make_geography.py world-atlas-2.0.2.tgz

The borders are simplified once for the whole world: Douglas & Peucker (1973) on every arc of the topology,
so that neighbours keep sharing one line and no gap opens between them. Islands smaller than a few pixels
of a country's map are dropped, unless they are all there is of a country; a country too small for the
grid (the Vatican) is left out. What is left is written as
TopoJSON (https://github.com/topojson/topojson-specification) in hundredths of a degree.
"""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEMBER = "package/countries-50m.json"
TARGET = Path(__file__).resolve().parents[1] / "src" / "tarazu" / "data" / "geography" / "countries.json"
TOLERANCE = 0.025  # degrees; half a pixel where a map 750 px wide shows 40 degrees
SMALLEST = 0.008  # square degrees, some 80 square kilometres at 40 degrees north
GRID = 0.01  # degrees

Points = NDArray[np.float64]  # (n, 2) longitude, latitude
Ring = list[int]  # numbers of arcs; ~i is arc i backwards


def main() -> None:
    """Read the package named on the command line and write the shapes."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tarfile.open(sys.argv[1]) as package:
        member = package.extractfile(MEMBER)
        assert member, f"{sys.argv[1]} holds no {MEMBER}"
        atlas = json.load(member)
    arcs = decoded(atlas)
    countries = []
    for shape in atlas["objects"]["countries"]["geometries"]:
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        kept = [polar(rings, arcs) for rings in large(polygons, arcs)]
        kept = [rings for rings in kept if visible(outline(rings[0], arcs))]
        if not kept:
            continue
        name = shape["properties"]["name"]
        countries.append({"type": "MultiPolygon", "id": shape.get("id"), "properties": {"name": name},
                          "arcs": kept})  # fmt: skip
    text = json.dumps(topology(countries, arcs), ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(countries)} shapes, {len(text) / 1e3:.0f} kB")


def decoded(atlas: dict[str, Any]) -> list[Points]:
    """Arcs in degrees, longitudes running on over the antimeridian instead of jumping."""
    scale, translate = (np.array(atlas["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + translate for arc in atlas["arcs"]]
    for arc in arcs:
        arc[:, 0] = np.unwrap(arc[:, 0], period=360)
    return arcs


def outline(ring: Ring, arcs: list[Points]) -> Points:
    """Points of a ring, in one unbroken run of longitudes."""
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    points = np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
    return np.column_stack([np.unwrap(points[:, 0], period=360), points[:, 1]])


def area(points: Points) -> float:
    """Unsigned area, square degrees of the plane."""
    x, y = points.T
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2)


def visible(points: Points) -> bool:
    """Whether a ring has an area on the grid on which it is written."""
    return area(np.round(points / GRID)) >= 2


def large(polygons: list[list[Ring]], arcs: list[Points]) -> list[list[Ring]]:
    """The polygons, and holes in them, that can be seen; the largest of a country always."""
    sizes = [area(outline(rings[0], arcs)) for rings in polygons]
    return [
        [ring for i, ring in enumerate(rings) if i == 0 or area(outline(ring, arcs)) >= SMALLEST]
        for rings, size in zip(polygons, sizes, strict=True)
        if size >= SMALLEST or size == max(sizes)
    ]


def polar(rings: list[Ring], arcs: list[Points]) -> list[Ring]:
    """Rings of which one that runs round a pole is closed along the pole; the pole as a ring is left out."""
    closed = []
    for ring in rings:
        points = outline(ring, arcs)
        if np.abs(points[:, 1]).min() > 89.9:
            continue
        if abs(points[-1, 0] - points[0, 0]) > 180:
            pole = np.sign(points[:, 1].mean()) * 90
            back = np.linspace(points[-1, 0], points[0, 0], 5)
            inner = [(lon, pole) for lon in back]
            arcs.append(np.array([points[-1], *inner, (back[-1], points[0, 1])]))
            ring = [*ring, len(arcs) - 1]
        closed.append(ring)
    return closed


def simplified(points: Points) -> Points:
    """Points without those nearer than the tolerance to the line between those that stay."""
    keep = np.abs(points[:, 1]) == 90  # in one long step, the way along a pole would seem to be none
    # A closed arc has no line between its ends: it is cut where it is farthest from its start.
    far = int(np.argmax(np.hypot(*(points - points[0]).T)))
    keep[[0, far, -1]] = True
    tolerance = min(TOLERANCE, 0.1 * float(np.ptp(points, axis=0).max()))  # a small island stays an island
    todo = [(0, far), (far, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        distance = distances(points[first + 1 : last], points[first], points[last])
        at = int(np.argmax(distance))
        if distance[at] > tolerance:
            middle = first + 1 + at
            keep[middle] = True
            todo += [(first, middle), (middle, last)]
    return points[keep]


def distances(points: Points, start: Points, end: Points) -> NDArray[np.float64]:
    """Distance of each point from a line, degrees of latitude (a degree of longitude is shorter)."""
    shrink = np.array([np.cos(np.radians(start[1])), 1.0])
    along, away = (end - start) * shrink, (points - start) * shrink
    length = float(np.hypot(*along))
    if length == 0:
        return np.asarray(np.hypot(*away.T))
    return np.asarray(np.abs(along[0] * away[:, 1] - along[1] * away[:, 0]) / length)


def topology(countries: list[dict[str, Any]], arcs: list[Points]) -> dict[str, Any]:
    """TopoJSON of the countries with the arcs they use, numbered anew."""
    numbers: dict[int, int] = {}
    for country in countries:
        country["arcs"] = [
            [[renumber(i, numbers) for i in ring] for ring in rings] for rings in country["arcs"]
        ]
    return {
        "type": "Topology",
        "transform": {"scale": [GRID, GRID], "translate": [0, 0]},
        "objects": {"countries": {"type": "GeometryCollection", "geometries": countries}},
        "arcs": [encoded(simplified(arcs[i])) for i in numbers],
    }


def renumber(i: int, numbers: dict[int, int]) -> int:
    new = numbers.setdefault(i if i >= 0 else ~i, len(numbers))
    return new if i >= 0 else ~new


def encoded(points: Points) -> list[list[int]]:
    """Steps in whole hundredths of a degree; a step of nothing is left out."""
    whole = np.round(points / GRID).astype(int)
    steps = np.diff(whole, axis=0)
    moved = [step for step in steps.tolist() if step != [0, 0]]
    return [whole[0].tolist(), *(moved or [[0, 0]])]


if __name__ == "__main__":
    main()
