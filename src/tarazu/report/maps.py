"""The map: nodes and loaded links before the countries they cross, in a projection fitted to the nodes.

The projection is that of `tarazu.report.projection`. Everything is clipped to the frame before it is
drawn, so that a map costs what it shows. Borders are those of the source and imply no opinion.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import altair as alt
import numpy as np

from tarazu.report.projection import SIDE, Points, View
from tarazu.report.routes import Box, Label, Segment, beside, clipped, distant, place, tonnes, written
from tarazu.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SHAPES,
    VERMILLION,
    Drawing,
    Layer,
    Rows,
    chart,
    text_width,
)

SEA, LAND, BORDER, NAME = "#dce8f0", "#f7f5ef", "#b5bfc6", "#7a858d"
THIN, THICK = 1.6, 9.0  # px, a link without load and the one with the largest
RING = 210  # px², circle about a place where something is full
SOLID: tuple[int, ...] = (1, 0)
MODES: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "rail": (BLUE, SOLID),
    "road": (ORANGE, (9, 3)),
    "sea": (GREEN, (3, 3)),
    "ferry": (PURPLE, (10, 3, 3, 3)),
}
OTHERS = ((GREY, (5, 2)), (INK, (12, 4)), (MUTED, (2, 2)))  # further modes, in order of appearance

Shapes = list[tuple[str, list[list[Points]]]]  # names of countries with polygons as rings in px
_Look = tuple[float, str, tuple[int, ...]]  # a line's width, colour, dash
_Sample = tuple[str, list[_Look]]  # of the legend: text, and lines on one another


@dataclass(frozen=True, slots=True)
class Country:
    """A country's polygons: rings of points, the outer one first, closed, longitudes running on past 180."""

    code: str  # ISO 3166-1 numeric; empty where the source has none
    name: str
    polygons: tuple[tuple[Points, ...], ...]


@cache
def countries() -> tuple[Country, ...]:
    """The bundled shapes (``data/geography``), decoded from TopoJSON."""
    text = (files("tarazu.data") / "geography" / "countries.json").read_text(encoding="utf-8")
    topology = json.loads(text)
    scale = np.array(topology["transform"]["scale"])
    arcs = [np.cumsum(arc, axis=0) * scale for arc in topology["arcs"]]

    def ring(numbers: Sequence[int]) -> Points:
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in numbers]
        points = np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
        return np.column_stack([np.unwrap(points[:, 0], period=360), points[:, 1]])

    return tuple(
        Country(
            shape["id"] or "",
            shape["properties"]["name"],
            tuple(tuple(ring(numbers) for numbers in rings) for rings in shape["arcs"]),
        )
        for shape in topology["objects"]["countries"]["geometries"]
    )


def clip(ring: Points, box: Box) -> Points:
    """A closed ring cut to a box (Sutherland & Hodgman 1974); empty if nothing of it is inside."""
    for axis, edge, sign in ((0, box[0], 1), (0, box[2], -1), (1, box[1], 1), (1, box[3], -1)):
        if not len(ring):
            break
        side = sign * (ring[:, axis] - edge)
        if (side >= 0).all():
            continue
        kept = []
        for i in range(len(ring) - 1):
            if side[i] >= 0:
                kept.append(ring[i])
            if (side[i] >= 0) != (side[i + 1] >= 0):
                kept.append(ring[i] + (ring[i + 1] - ring[i]) * side[i] / (side[i] - side[i + 1]))
        ring = np.array([*kept, kept[0]]) if kept else ring[:0]
    return ring


def seen(view: View) -> Shapes:
    """Name and polygons, in px, of what of each country lies in the frame."""
    frame = (0.0, 0.0, view.width, view.height)
    whole = (view.lon - 180.0, -90.0, view.lon + 180.0, 90.0)
    out = []
    for country in countries():
        polygons = []
        for rings in country.polygons:
            for turn in (-360.0, 0.0, 360.0):
                cut = [_cut(ring + np.array([turn, 0.0]), view, whole, frame) for ring in rings]
                if len(cut[0]):
                    polygons.append([ring for ring in cut if len(ring) > 3])
        polygons = [rings for rings in polygons if rings]
        if polygons:
            out.append((country.name, polygons))
    return out


def _cut(ring: Points, view: View, whole: Box, frame: Box) -> Points:
    """A ring in px, cut at the meridian opposite the middle of the map and then at the frame."""
    if ring[:, 0].max() <= whole[0] or ring[:, 0].min() >= whole[2]:
        return ring[:0]
    points = clip(view.unturned(clip(ring, whole)), frame)
    if not len(points):
        return points
    stays = np.append(True, (np.diff(np.round(points), axis=0) != 0).any(axis=1))  # one point a pixel
    stays[-1] = True  # it closes the ring
    return np.asarray(np.round(points[stays], 1))


@dataclass(frozen=True, slots=True)
class _Link:
    """A link in px, moved beside those that join the same two nodes."""

    line: Segment
    mode: str
    width: float
    load: float | None
    binding: bool
    note: str = "full"


def network(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """Nodes and links before their countries; links as wide as their load, in the colour and dash of their mode.

    Tables: *nodes* with id, name, lat, lon (degrees), kind (its mark) and label (yes or no: whether the name
    is wanted; it is printed where it covers no mark and no other name), and optionally binding (yes: ringed in red;
    names then come in the order of the rows) and note (printed in red); *links* with from_lat, from_lon,
    to_lat, to_lon, mode, load_t (tonnes), capacity_t and binding (yes or no: cased in red, with its load), and
    optionally note (printed instead of "full").
    The frame follows from the nodes. Option ``period``: of the tonnes, in words (``a year``).
    """
    nodes = [row for row in data["nodes"] if _placed(row["lat"], row["lon"])]
    if not nodes:
        return None
    view = View.fitted(_degrees(nodes))
    places = view.px(_degrees(nodes))
    links = _links(data["links"], view)
    kinds = list(dict.fromkeys(str(row["kind"]) for row in nodes))
    looks = _looks([link.mode for link in links])
    modes = [mode for mode in looks if any(link.mode == mode for link in links)]
    sheet = _Sheet(view, looks)
    shapes = seen(view)
    labels, notes, names = _labels(view, nodes, places, links, shapes)
    period = str(options.get("period", "a year"))
    ringed = any(_yes(row.get("binding")) for row in nodes)
    legend, top = sheet.legend(modes, kinds, links, _load(data["links"]), period, ringed)
    layers = [
        *sheet.ground(shapes),
        *sheet.words(names, fontSize=11, fontStyle="italic", color=NAME),
        *sheet.links(links),
        *sheet.nodes(nodes, places, kinds),
        *sheet.words(labels),
        *sheet.words(notes, color=VERMILLION, fontWeight="bold"),
        *legend,
    ]
    return Drawing(layers, view.height, SIDE, SIDE, top=top, bottom=2)


def _placed(lat: float | None, lon: float | None) -> bool:
    return lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 360


def _degrees(rows: Rows, end: str = "") -> Points:
    return np.array([[row[f"{end}lon"], row[f"{end}lat"]] for row in rows], dtype=float)


def _load(links: Rows) -> float:
    return max([row["load_t"] or 0.0 for row in links] + [0.0])


def _looks(modes: Sequence[str]) -> dict[str, tuple[str, tuple[int, ...]]]:
    others = [mode for mode in dict.fromkeys(modes) if mode not in MODES]
    return {**MODES, **{mode: OTHERS[i % len(OTHERS)] for i, mode in enumerate(others)}}


def _links(rows: Rows, view: View) -> list[_Link]:
    """Links in px; those that join the same two places lie side by side."""
    rows = [r for r in rows if _placed(r["from_lat"], r["from_lon"]) and _placed(r["to_lat"], r["to_lon"])]
    if not rows:
        return []
    starts, ends = view.px(_degrees(rows, "from_")), view.px(_degrees(rows, "to_"))
    most, frame = _load(rows), (0.0, 0.0, view.width, view.height)
    widths = [round(max(THIN, THICK * (row["load_t"] or 0.0) / most) if most else THIN, 1) for row in rows]
    bundles: dict[Segment, list[int]] = {}
    for i, ends_of in enumerate(zip(starts.round(1).tolist(), ends.round(1).tolist(), strict=True)):
        first, last = sorted(ends_of)
        bundles.setdefault((*first, *last), []).append(i)
    links = []
    for line, bundle in bundles.items():
        aside = -(sum(widths[i] for i in bundle) + 2 * (len(bundle) - 1)) / 2
        for i in bundle:
            row, moved = rows[i], clipped(_parallel(line, aside + widths[i] / 2), frame)
            aside += widths[i] + 2
            if moved:
                note = str(row.get("note") or "full")
                links.append(
                    _Link(moved, str(row["mode"]), widths[i], row["load_t"], _yes(row["binding"]), note)
                )
    return sorted(links, key=lambda link: -link.width)  # narrow ones on top


def _parallel(line: Segment, aside: float) -> Segment:
    """A segment moved to one side by so many px."""
    x, y, x2, y2 = line
    length = math.hypot(x2 - x, y2 - y) or 1.0
    dx, dy = aside * (y - y2) / length, aside * (x2 - x) / length
    return round(x + dx, 1), round(y + dy, 1), round(x2 + dx, 1), round(y2 + dy, 1)


def _labels(
    view: View, nodes: Rows, places: Points, links: Sequence[_Link], shapes: Shapes
) -> tuple[list[Label], list[Label], list[Label]]:
    """Names of nodes, loads of binding links and names of countries, in this order of importance."""
    frame = (3.0, 3.0, view.width - 3, view.height - 3)
    lines = [link.line for link in links]
    marks: list[Box] = [(x - 5, y - 5, x + 5, y + 5) for x, y in places]
    wanted = [i for i, row in enumerate(nodes) if _yes(row["label"]) and row["name"]]
    near = [sum(link.load or 0.0 for link in links if _touches(link.line, places[i])) for i in wanted]
    order = list(range(len(wanted)))
    if not any("binding" in row for row in nodes):
        order.sort(key=lambda rank: -near[rank])
    told = [i for i, row in enumerate(nodes) if row.get("note")]
    notes = place([_about(str(nodes[i]["note"]), *places[i]) for i in told], marks, lines, frame)
    taken = marks + [note.box for note in notes]
    around = [_around(str(nodes[i]["name"]), *places[i]) for i in (wanted[rank] for rank in order)]
    labels = place(around, taken, lines, frame)
    taken += [label.box for label in labels]
    binding = [link for link in links if link.binding]
    texts = [f"{link.note}: {tonnes(link.load)}" if link.load is not None else link.note for link in binding]
    loads = place(map(_along, texts, binding), taken, lines, frame)
    notes += loads
    taken += [note.box for note in loads]
    names = place([_within(name, polygons, view) for name, polygons in shapes], taken, lines, frame)
    return labels, notes, names


def _touches(line: Segment, point: Points) -> bool:
    return any(math.hypot(line[i] - point[0], line[i + 1] - point[1]) < 8 for i in (0, 2))


def _around(text: str, x: float, y: float) -> list[Label]:
    """Places of a name about its point, those to the right first, then farther off with a line to it."""
    near = ((9, -7), (9, 0), (9, 8), (-9, -7), (-9, 0), (-9, 8), (0, -14), (0, 15))
    far = ((24, -20), (24, 20), (-24, -20), (-24, 20), (38, 0), (-38, 0), (44, -34), (44, 34), (-44, -34),
           (-44, 34), (70, 12), (-70, 12))  # fmt: skip
    return [beside(text, x, y, *step) for step in near] + [distant(text, x, y, *step) for step in far]


def _about(text: str, x: float, y: float) -> list[Label]:
    """Places of a remark on a point: as of its name, then farther off still, since it must be read."""
    far = [(across, down) for down in (45, -45, 65, -65, 90, -90) for across in (20, -20, 60, -60, 110, -110)]
    return _around(text, x, y) + [distant(text, x, y, *step) for step in far]


def _along(text: str, link: _Link) -> list[Label]:
    """Places beside a link, from its middle outwards."""
    x, y, x2, y2 = link.line
    off = link.width / 2 + 8
    spots = [(x + (x2 - x) * at, y + (y2 - y) * at) for at in (0.5, 0.4, 0.6, 0.3, 0.7)]
    near = ((off, 0), (-off, 0), (0, off + 5), (0, -off - 5))
    far = ((40, 0), (-40, 0), (40, -24), (40, 24), (-40, -24), (-40, 24), (80, 0), (-80, 0))
    return [beside(text, *spot, *step) for spot in spots for step in near] + [
        distant(text, *spot, *step) for spot in spots for step in far
    ]


def _within(name: str, polygons: Sequence[Sequence[Points]], view: View) -> list[Label]:
    """Places for a country's name in its largest part that is seen, farthest from the borders first."""
    ring = max((rings[0] for rings in polygons), key=lambda ring: float(np.prod(np.ptp(ring, axis=0))))
    low = np.maximum(ring.min(axis=0), 0)
    high = np.minimum(ring.max(axis=0), [view.width, view.height])
    grid = np.meshgrid(*(np.linspace(a, b, 17)[1:-1] for a, b in zip(low, high, strict=True)))
    x, y = (axis.ravel() for axis in grid)
    start, end = ring[:-1], ring[1:]
    up = (start[:, 1] > y[:, None]) != (end[:, 1] > y[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = start[:, 0] + (y[:, None] - start[:, 1]) * (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1])
    inside = (up & (x[:, None] < cut)).sum(axis=1) % 2 == 1
    away = np.hypot(start[:, 0] - x[:, None], 1.6 * (start[:, 1] - y[:, None])).min(axis=1)
    best = [i for i in np.argsort(-away, kind="stable") if inside[i] and away[i] > 0.36 * text_width([name])]
    return [beside(name, float(x[i]), float(y[i]), 0, 0) for i in best[:40]]


class _Sheet:
    """The layers of the map, on axes of px."""

    def __init__(self, view: View, looks: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
        self.view, self.looks = view, looks
        self.x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, view.width], nice=False))
        self.y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[view.height, 0], nice=False))

    def ground(self, shapes: Shapes) -> list[Layer]:
        """Sea, and land on it."""
        corner = [{"x": 0, "y": 0, "x2": self.view.width, "y2": self.view.height}]
        mark = chart(corner).mark_rect(fill=SEA, stroke=BORDER, strokeWidth=0.7)
        sea = mark.encode(self.x, self.y, alt.X2("x2:Q"), alt.Y2("y2:Q"))
        drawn = [[[ring.tolist() for ring in rings] for rings in polygons] for _, polygons in shapes]
        features = [
            {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": polygons}}
            for polygons in drawn
        ]
        land = chart(features).mark_geoshape(fill=LAND, stroke=BORDER, strokeWidth=0.7, clip=False)
        return [sea, land.project(type="identity", scale=1, translate=[0, 0])]

    def links(self, links: Sequence[_Link]) -> list[Layer]:
        """Lines by mode on a white edge; binding ones on a red one."""
        binding = [link for link in links if link.binding]
        under = [self._lines(links, "white", SOLID, 2.0)]
        under += [self._lines(binding, VERMILLION, SOLID, 7.5), self._lines(binding, "white", SOLID, 2.5)]
        by_mode = {mode: [link for link in links if link.mode == mode] for mode in self.looks}
        over = [self._lines(some, *self.looks[mode]) for mode, some in by_mode.items() if some]
        return under + over

    def _lines(self, links: Sequence[_Link], colour: str, dash: Sequence[int], wider: float = 0.0) -> Layer:
        rows = [
            dict(zip(("x", "y", "x2", "y2"), link.line, strict=True)) | {"width": link.width + wider}
            for link in links
        ]
        mark = chart(rows).mark_rule(color=colour, strokeDash=list(dash))
        width = alt.StrokeWidth("width:Q", scale=None)
        return mark.encode(self.x, self.y, alt.X2("x2:Q"), alt.Y2("y2:Q"), width)

    def nodes(self, nodes: Rows, places: Points, kinds: Sequence[str]) -> list[Layer]:
        rows = [
            {
                "x": round(x, 1),
                "y": round(y, 1),
                "kind": str(row["kind"]),
                "size": 44 if _yes(row["label"]) else 20,
            }
            for row, (x, y) in zip(nodes, places.tolist(), strict=True)
        ]
        ringed = [row for row, node in zip(rows, nodes, strict=True) if _yes(node.get("binding"))]
        return [*self._rings(ringed), self._marks(rows, kinds)]

    def _rings(self, rows: Rows) -> list[Layer]:
        """Red circles about places where something is full."""
        if not rows:
            return []
        mark = chart([{"x": row["x"], "y": row["y"]} for row in rows]).mark_point(
            shape="circle", size=RING, fill="white", stroke=VERMILLION, strokeWidth=2, opacity=1
        )
        return [mark.encode(self.x, self.y)]

    def _marks(self, rows: Rows, kinds: Sequence[str]) -> Layer:
        shapes = [SHAPES[i % len(SHAPES)] for i in range(len(kinds))]
        mark = chart(rows).mark_point(fill="white", stroke=INK, strokeWidth=1.2, opacity=1)
        shape = alt.Shape("kind:N", scale=alt.Scale(domain=list(kinds), range=shapes), legend=None)
        return mark.encode(self.x, self.y, shape=shape, size=alt.Size("size:Q", scale=None, legend=None))

    def words(self, labels: Sequence[Label], **look: Any) -> list[Layer]:
        return written(labels, self.x, self.y, lambda x, y: {"x": round(x, 1), "y": round(y, 1)}, **look)

    def legend(
        self,
        modes: Sequence[str],
        kinds: Sequence[str],
        links: Sequence[_Link],
        most: float,
        period: str,
        ringed: bool = False,
    ) -> tuple[list[Layer], float]:
        """What lines, widths and marks mean, above the frame, and the room it takes in px."""
        first: list[_Sample] = [(mode, [(4.0, *self.looks[mode])]) for mode in modes]
        if any(link.binding for link in links):
            cased = [(9.5, VERMILLION, SOLID), (5.0, "white", SOLID), (2.5, INK, SOLID)]
            first.append(("full in some month", cased))
        second: list[_Sample] = [
            (f"{tonnes(size)} {period}", [(max(THIN, THICK * size / most), MUTED, SOLID)])
            for size in _sizes(most)
        ]
        lines, names = [*first, *second], [kind.replace("_", " ") for kind in kinds]
        names += ["something there is full in some month"] if ringed else []
        upper, rows = self._flow([(text, 28.0) for text, _ in first], 0)
        lower, rows = self._flow(
            [(text, 28.0) for text, _ in second] + [(name, 12.0) for name in names], rows
        )
        top = 20.0 * rows + 8
        spots = [(x, y - top + 12) for x, y in [*upper, *lower]]
        samples, words, marks = [], [], []
        for (x, y), (text, looks) in zip(spots, lines, strict=False):
            samples += [self._sample(x, y, *look) for look in looks]
            words.append({"x": x + 34, "y": y, "text": text})
        rings = [{"x": x + 8.5, "y": y} for x, y in spots[len(lines) + len(kinds) :]]
        for (x, y), kind in zip(spots[len(lines) :], kinds, strict=False):
            marks.append({"x": x + 6, "y": y, "kind": kind, "size": 44})
        spoken = zip(spots[len(lines) :], names, strict=True)
        words += [{"x": x + 20, "y": y, "text": name} for (x, y), name in spoken]
        text_mark = chart(words).mark_text(align="left", baseline="middle")
        layers = [
            *samples,
            *self._rings(rings),
            self._marks(marks, kinds),
            text_mark.encode(self.x, self.y, alt.Text("text:N")),
        ]
        return layers, top

    def _flow(self, items: Sequence[tuple[str, float]], row: int) -> tuple[list[tuple[float, float]], int]:
        """Places of samples with their texts from left to right, and the row below those that it takes."""
        spots, x = [], 0.0
        for text, width in items:
            wide = width + 6 + text_width([text]) + 14
            if x and x + wide > self.view.width + 14:
                x, row = 0.0, row + 1
            spots.append((x, 20.0 * row))
            x += wide
        return spots, row + bool(items)

    def _sample(self, x: float, y: float, width: float, colour: str, dash: Sequence[int]) -> Layer:
        line = chart([{"x": x, "y": y, "x2": x + 28}])
        mark = line.mark_rule(color=colour, strokeWidth=width, strokeDash=list(dash))
        return mark.encode(self.x, self.y, alt.X2("x2:Q"))


def _sizes(most: float) -> list[float]:
    """Two round loads to show widths by: one not above the largest, and a fifth of it."""
    if not most:
        return []
    power = 10.0 ** math.floor(math.log10(most))
    large = max(m * power for m in (1, 1.5, 2, 3, 5, 8) if m * power <= most * (1 + 1e-9))
    return [large, large / 5]


def _yes(value: Any) -> bool:
    return value is True or str(value).casefold() == "yes"
