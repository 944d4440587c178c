"""Figures of routes: time and cost over distance, tonnes that a disruption stops, and labels that keep apart.

The staircase of time (or cost) against distance is the picture of UNESCAP's Time/Cost-Distance Methodology:
a leg slopes, and what a stop adds rises upright, so that the steps show where a journey loses its days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import altair as alt

from tarazu.report.board import Board, Column
from tarazu.report.style import (
    BLUE,
    INK,
    LINE,
    SERIES,
    SHAPES,
    WIDTH,
    Drawing,
    Layer,
    Rows,
    chart,
    linear_ticks,
    spread,
    text_width,
    wrap,
)

HEIGHT, LEFT, TOP = 360, 62, 58
WORTH_A_LABEL = 0.05  # share of a route's total that a stop adds before its name is printed
DASHES = ((1, 0), (9, 4), (2, 3), (10, 3, 2, 3), (5, 2), (1, 4))  # routes by line, for print without colour
LOST = "#F3BE97"  # as light beside blue on grey paper as it is warm beside it in colour
TONNES_LABEL = (
    "datum.value == 0 ? '0'"
    " : abs(datum.value) >= 1e6 ? format(datum.value / 1e6, '.3~g') + ' Mt'"
    " : abs(datum.value) >= 1e3 ? format(datum.value / 1e3, '.3~g') + ' kt'"
    " : format(datum.value, '.3~g') + ' t'"
)

Box = tuple[float, float, float, float]  # left, top, right, bottom, px
Segment = tuple[float, float, float, float]  # x, y, x2, y2, px


def tonnes(value: float | None) -> str:
    """``1.25 Mt``, ``640 kt``, ``12 t``; a missing value is unknown."""
    if value is None:
        return "unknown"
    size, unit = next(
        ((s, u) for s, u in ((1e6, " Mt"), (1e3, " kt")) if abs(value) >= 0.9995 * s), (1, " t")
    )
    shown = f"{value / size:.3g}".replace("-", "−")
    return "0" if value == 0 else shown + unit


@dataclass(frozen=True, slots=True)
class Label:
    """A text at one of the places it may take: its box, and where and how it is written.

    `leader` is the point it belongs to if it stands too far off to be understood without a line.
    """

    text: str
    box: Box
    x: float
    y: float
    align: Literal["left", "center", "right"]
    leader: tuple[float, float] | None = None


def beside(text: str, x: float, y: float, dx: float, dy: float) -> Label:
    """One line of text whose near edge is `dx` px right (left, if negative) of a point; centred if 0."""
    width, at = text_width([text]), x + dx
    left = at if dx > 0 else at - width if dx < 0 else at - width / 2
    align: Literal["left", "center", "right"] = "left" if dx > 0 else "right" if dx < 0 else "center"
    return Label(text, (left, y + dy - LINE / 2, left + width, y + dy + LINE / 2), at, y + dy, align)


def distant(text: str, x: float, y: float, dx: float, dy: float) -> Label:
    """As `beside`, with a line from the point to the text."""
    return replace(beside(text, x, y, dx, dy), leader=(x, y))


def place(
    wanted: Iterable[Sequence[Label]], taken: Iterable[Box], lines: Sequence[Segment], frame: Box
) -> list[Label]:
    """One place for each text, the first texts first; a text without a free place is left out.

    A place is free if it lies in the frame and on no box that is taken, by marks or by earlier texts. Of
    the free places of a text the one on the fewest lines is chosen, its own counted, and the first of equals.
    """
    boxes, chosen = list(taken), []
    for places in wanted:
        free = [p for p in places if _inside(p.box, frame) and not any(overlap(p.box, box) for box in boxes)]
        if free:
            best = min(free, key=lambda label: _hidden(label, lines, boxes))
            boxes.append(best.box)
            chosen.append(best)
    return chosen


def _hidden(label: Label, lines: Sequence[Segment], boxes: Sequence[Box]) -> int:
    """Lines that a label would cover, and boxes that the line to it would cross: fewer is better."""
    covered = sum(clipped(line, label.box) is not None for line in lines)
    if label.leader:
        leader = (*label.leader, label.x, label.y)
        # A place at the end of a line has to spare more than it costs.
        covered += 1 + sum(clipped(leader, box) is not None for box in boxes if not _holds(box, label.leader))
    return covered


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share more than an edge."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def clipped(line: Segment, box: Box) -> Segment | None:
    """The part of a segment inside a box, if any (Liang & Barsky 1984)."""
    x, y, x2, y2 = line
    enter, leave = 0.0, 1.0
    for start, step, low, high in ((x, x2 - x, box[0], box[2]), (y, y2 - y, box[1], box[3])):
        if step == 0:
            if not low < start < high:
                return None
            continue
        near, far = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, near), min(leave, far)
    if enter >= leave:
        return None
    places = [round(a + (b - a) * at, 1) for at in (enter, leave) for a, b in ((x, x2), (y, y2))]
    return places[0], places[1], places[2], places[3]


def _inside(box: Box, frame: Box) -> bool:
    return frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]


def time_distance(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """Hours from the door of the sender against kilometres, one staircase for each route.

    Table *steps*, in the order of travel: route, km and value (distance and hours from the start, at the
    end of the step), kind (``leg``, or what the stop is: border, gauge_change, port_call, wait, terminal)
    and label. A stop that adds more than 5% of its route's total is named.
    """
    return _staircases(data["steps"], "Hours from departure", "h")


def cost_distance(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """US dollars a tonne against kilometres: like `time_distance`, with costs so far in column value."""
    return _staircases(data["steps"], "US dollars a tonne so far", "USD/t")


@dataclass(frozen=True, slots=True)
class _Point:
    """Where a route stands after a step, and what the step added."""

    km: float
    value: float
    kind: str
    label: str
    rise: float


class _Stairs:
    """Axes of kilometres by value, and the way to px on them."""

    def __init__(self, routes: Mapping[str, Sequence[_Point]], note: str, right: float) -> None:
        points = [point for route in routes.values() for point in route]
        self.km = max([point.km for point in points] + [1.0])
        ticks = linear_ticks(max(point.value for point in points))
        self.high, self.width = ticks[-1], WIDTH - LEFT - right
        head: dict[str, Any] = {
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleX": -LEFT + 4,
        }
        across = [km for km in linear_ticks(self.km) if km <= self.km]
        self.x = alt.X(
            "km:Q",
            scale=alt.Scale(domain=[0, self.km], nice=False),
            axis=alt.Axis(
                title="km from the start", titleAnchor="end", values=across, format=",.0f", grid=False
            ),
        )
        self.y = alt.Y(
            "value:Q",
            scale=alt.Scale(domain=[0, self.high], nice=False),
            axis=alt.Axis(title=f"{note}.  Upright steps: stops.", titleY=-TOP + 12, values=ticks, **head),
        )

    def px(self, km: float, value: float) -> tuple[float, float]:
        return self.width * km / self.km, HEIGHT * (1 - value / self.high)

    def back(self, x: float, y: float) -> dict[str, float]:
        return {"km": self.km * x / self.width, "value": self.high * (1 - y / HEIGHT)}

    def segments(self, route: Sequence[_Point]) -> list[Segment]:
        found, last = [], self.px(0, 0)
        for point in route:
            here = self.px(point.km, point.value)
            found.append((*last, *here))
            last = here
        return found

    def leaders(self, routes: Mapping[str, Sequence[_Point]], texts: Mapping[str, str]) -> list[Segment]:
        """From each route's end to its label at the right edge; labels are moved apart."""
        ends = [self.px(route[-1].km, route[-1].value) for route in routes.values()]
        lines = max(text.count("\n") for text in texts.values()) + 1
        places = spread([y for _, y in ends], LINE * lines + 4)
        down = max(LINE * (lines - 1) / 2 - min(places), 0.0)  # the legend is above the plot
        return [(*end, self.width + 18, y + down) for end, y in zip(ends, places, strict=True)]


def _staircases(steps: Rows, note: str, unit: str) -> Drawing | None:
    routes = _routes(steps)
    if not routes:
        return None
    ends = {name: f"{wrap(name, 24)}\n{_number(route[-1].value)} {unit}" for name, route in routes.items()}
    stairs = _Stairs(routes, note, min(max(text_width(ends.values()) + 34, 60), 230))
    layers: list[Layer] = []
    looks = {name: (SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]) for i, name in enumerate(routes)}
    for name, route in routes.items():
        colour, dash = looks[name]
        path = [{"km": 0.0, "value": 0.0, "i": 0}]
        path += [{"km": point.km, "value": point.value, "i": i} for i, point in enumerate(route, 1)]
        line = chart(path).mark_line(color=colour, strokeWidth=1.8, strokeDash=list(dash))
        layers.append(line.encode(stairs.x, stairs.y, order=alt.Order("i:Q")))
        risers = [
            {"km": point.km, "value": point.value - point.rise, "top": point.value}
            for point in route
            if point.kind != "leg"
        ]
        riser = chart(risers).mark_rule(color=colour, strokeWidth=4)
        layers.append(riser.encode(stairs.x, stairs.y, alt.Y2("top:Q")))
    layers += _stops(stairs, routes)
    links = stairs.leaders(routes, ends)
    layers += _ends(stairs, links, ends, [colour for colour, _ in looks.values()])
    layers += _names(stairs, routes, links, unit if unit == "h" else "")
    return Drawing(layers, HEIGHT, LEFT, WIDTH - LEFT - stairs.width, top=TOP, bottom=48)


def _routes(steps: Rows) -> dict[str, list[_Point]]:
    """Points by route, in order of appearance; a step without distance or value is left out."""
    routes: dict[str, list[_Point]] = {}
    broken = set()
    for row in steps:
        name = str(row["route"])
        if row["km"] is None or row["value"] is None:
            broken.add(name)
            continue
        route = routes.setdefault(name, [])
        # After a step that is not known, what this one added is not known either.
        rise = 0.0 if name in broken else row["value"] - (route[-1].value if route else 0.0)
        broken.discard(name)
        route.append(_Point(row["km"], row["value"], str(row["kind"]), str(row["label"] or ""), rise))
    return routes


def _stops(stairs: _Stairs, routes: Mapping[str, Sequence[_Point]]) -> list[Layer]:
    """A mark at the top of every step, its shape the kind of stop, explained in a legend."""
    stops = [point for route in routes.values() for point in route if point.kind != "leg"]
    kinds = list(dict.fromkeys(point.kind for point in stops))
    if not kinds:
        return []
    values = [{"km": stop.km, "value": stop.value, "kind": stop.kind.replace("_", " ")} for stop in stops]
    legend = alt.Legend(title="Stop", orient="none", direction="horizontal", titleOrient="left",
                        legendX=-LEFT + 4, legendY=-TOP + 22)  # fmt: skip
    scale = alt.Scale(
        domain=[kind.replace("_", " ") for kind in kinds],
        range=[SHAPES[i % len(SHAPES)] for i in range(len(kinds))],
    )
    mark = chart(values).mark_point(size=58, fill="white", stroke=INK, strokeWidth=1.2, opacity=1)
    return [mark.encode(stairs.x, stairs.y, shape=alt.Shape("kind:N", scale=scale, legend=legend))]


def _ends(
    stairs: _Stairs, links: Sequence[Segment], texts: Mapping[str, str], colours: Sequence[str]
) -> list[Layer]:
    """Name and total of each route at the right edge, with a thin line from its end."""
    rows, lines = [], []
    for (x, y, x2, y2), text, colour in zip(links, texts.values(), colours, strict=True):
        start, end = stairs.back(x, y), stairs.back(x2, y2)
        lines.append(start | {"km2": end["km"], "value2": end["value"], "colour": colour})
        first = stairs.back(x2 + 4, y2 - LINE / 2 * text.count("\n"))  # Vega centres the first line only
        rows.append(first | {"text": text, "colour": colour})
    colour_of = alt.Color("colour:N", scale=None)
    link = chart(lines).mark_rule(strokeWidth=0.8, strokeDash=[1, 2])
    mark = chart(rows).mark_text(align="left", baseline="middle", lineBreak="\n", lineHeight=LINE)
    return [
        link.encode(stairs.x, stairs.y, alt.X2("km2:Q"), alt.Y2("value2:Q"), colour_of),
        mark.encode(stairs.x, stairs.y, alt.Text("text:N"), colour_of),
    ]


def _names(
    stairs: _Stairs, routes: Mapping[str, Sequence[_Point]], links: Sequence[Segment], unit: str
) -> list[Layer]:
    """Names of the stops that add most, once where routes share them, off the lines where there is room."""
    wanted: dict[tuple[str, float, float], float] = {}
    for route in routes.values():
        for point in route:
            if point.kind != "leg" and point.rise > WORTH_A_LABEL * route[-1].value:
                text = f"{point.label} +{_number(point.rise)} {unit}".strip()
                wanted[text, point.km, point.value] = point.rise
    lines = [*links, *(segment for route in routes.values() for segment in stairs.segments(route))]
    marks = [stairs.px(point.km, point.value) for route in routes.values() for point in route]
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in marks]
    order = sorted(wanted, key=lambda key: -wanted[key])
    places = [_around(stairs, text, km, value, wanted[text, km, value]) for text, km, value in order]
    labels = place(places, taken, lines, (0, 0, stairs.width + 16, HEIGHT))
    return written(labels, stairs.x, stairs.y, stairs.back)


def _around(stairs: _Stairs, text: str, km: float, value: float, rise: float) -> list[Label]:
    """Places beside the middle of a step, then higher and lower, then farther off with a line to it."""
    x, y = stairs.px(km, value - rise / 2)
    half = HEIGHT * rise / stairs.high / 2
    near = [beside(text, x, y, dx, dy) for dy in (0, 10, -10, 20, -20) for dx in (9, -9)]
    ends = [beside(text, x, y, 0, half + 14), beside(text, x, y, 0, -half - 15)]
    far = [
        distant(text, x, y, dx, dy)
        for dx in (30, -30, 60, -60)
        for dy in (26, -26, 44, -44, 62, -62, 84, -84)
    ]
    return near + ends + far


def written(labels: Sequence[Label], x: Any, y: Any, back: Any, **look: Any) -> list[Layer]:
    """Layers of placed labels with a white edge, and lines to those that stand off."""
    gap = {"left": -3.0, "center": 0.0, "right": 3.0}
    lines = [
        back(*label.leader)
        | {f"{key}2": value for key, value in back(label.x + gap[label.align], label.y).items()}
        for label in labels
        if label.leader
    ]
    layers = []
    if lines:
        first, second = [key for key in lines[0] if not key.endswith("2")]
        mark = chart(lines).mark_rule(color=INK, strokeWidth=0.6)
        layers.append(mark.encode(x, y, alt.X2(f"{first}2:Q"), alt.Y2(f"{second}2:Q")))
    for style in ({"stroke": "white", "strokeWidth": 3.5, "strokeJoin": "round"}, {}):
        for align in dict.fromkeys(label.align for label in labels):
            rows = [
                {"text": label.text, **back(label.x, label.y)} for label in labels if label.align == align
            ]
            text = chart(rows).mark_text(align=align, baseline="middle", **(look | style))
            layers.append(text.encode(x, y, alt.Text("text:N")))
    return layers


def disruption(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """Tonnes that still move and tonnes that do not, one row for each scenario, in the order given.

    Table *bars*: label, moved_t, lost_t (tonnes a year), cost_usd_t_change (change of the mean cost of what
    moves, US dollars a tonne). A missing part is printed as unknown and takes no length.
    """
    bars = data["bars"]
    if not any(row[part] is not None for row in bars for part in ("moved_t", "lost_t")):
        return None
    moved = [{"row": i, "x": 0.0, "x2": row["moved_t"] or 0.0} for i, row in enumerate(bars)]
    lost = [
        {"row": i, "x": row["moved_t"] or 0.0, "x2": (row["moved_t"] or 0.0) + row["lost_t"]}
        for i, row in enumerate(bars)
        if row["lost_t"]
    ]
    columns = [
        Column("still moves", [tonnes(row["moved_t"]) for row in bars], 96, BLUE),
        Column("lost", [tonnes(row["lost_t"]) for row in bars], 84, LOST),
        Column("cost, ± USD/t", [_change(row["cost_usd_t_change"]) for row in bars], 104),
    ]
    most = max([row["x2"] for row in moved + lost] + [1.0])
    ticks = linear_ticks(most)
    board = Board(
        [row["label"] for row in bars],
        {"title": "Tonnes a year", "labelExpr": TONNES_LABEL, "values": ticks[:: 1 + (len(ticks) - 1) // 5]},
        (0.0, most * 1.02),
        columns,
        named="scenario",
    )
    return board.drawing([board.bars(moved, BLUE), board.bars(lost, LOST)])


def _change(value: float | None) -> str:
    if value is None:
        return "unknown"
    text = _number(abs(value))
    return "0" if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.1f}".removesuffix(".0")
