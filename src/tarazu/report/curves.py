"""Figures over years: the baseline with its statements, the fan towards the target, a net position by month."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import altair as alt

from tarazu.report.style import (
    BLUE,
    GREY,
    INK,
    LINE,
    MUTED,
    SERIES,
    SHAPES,
    USD_LABEL,
    VERMILLION,
    Drawing,
    Layer,
    Rows,
    amount,
    chart,
    linear_ticks,
    log_ticks,
    spread,
    text_width,
    wrap,
)

HEIGHT = 330
LEFT = 62
TOP = 58


class _Plane:
    """Axes of year by US dollars, and the way from dollars to px on them."""

    def __init__(self, years: Iterable[float], values: Iterable[float], note: str, *, log: bool) -> None:
        found = list(values)
        self.log = log
        ticks = log_ticks(min(found), max(found)) if log else linear_ticks(max(found), min(found))
        self.low, self.high = ticks[0], ticks[-1]
        span = list(years)
        self.first, self.last = math.floor(min(span)), math.ceil(max(span))
        self.x = alt.X(
            "year:Q",
            scale=alt.Scale(domain=[self.first - 0.5, self.last + 0.5], nice=False),
            axis=alt.Axis(title=None, format="d", grid=False, values=self._year_ticks()),
        )
        self.y = alt.Y(
            "usd:Q",
            scale=alt.Scale(domain=[self.low, self.high], nice=False, type="log" if log else "linear"),
            axis=alt.Axis(
                title=note,
                titleAngle=0,
                titleAlign="left",
                titleAnchor="end",
                titleX=-LEFT + 4,
                titleY=-TOP + 12,
                labelExpr=USD_LABEL,
                values=ticks,
            ),
        )

    def _year_ticks(self) -> list[int]:
        step = next((s for s in (1, 2, 5, 10, 20) if (self.last - self.first) / s <= 12), 50)
        return [year for year in range(self.first, self.last + 1) if year % step == 0]

    def px(self, usd: float) -> float:
        if self.log:
            return HEIGHT * math.log(usd / self.low) / math.log(self.high / self.low)
        return HEIGHT * (usd - self.low) / (self.high - self.low)

    def usd(self, px: float) -> float:
        if self.log:
            return float(self.low * (self.high / self.low) ** (px / HEIGHT))
        return self.low + (self.high - self.low) * px / HEIGHT

    def seen(self, usd: float | None) -> bool:
        return usd is not None and (usd > 0 or not self.log)

    def band(self, rows: Rows, low: str, high: str, colour: str, opacity: float) -> Layer:
        values = [
            {"year": row["year"], "usd": row[low], "high": row[high]}
            for row in rows
            if self.seen(row[low]) and self.seen(row[high])
        ]
        mark = chart(values).mark_area(color=colour, opacity=opacity, line=False)
        return mark.encode(self.x, self.y, alt.Y2("high:Q"))

    def line(self, rows: Rows, colour: str, **style: Any) -> Layer:
        values = [{"year": row["year"], "usd": row["q50"]} for row in rows if self.seen(row["q50"])]
        return chart(values).mark_line(color=colour, **style).encode(self.x, self.y)

    def level(self, usd: float) -> Layer:
        """A thin rule across the plane."""
        return chart([{"usd": usd}]).mark_rule(color=INK, strokeWidth=0.9).encode(self.y)

    def note(self, text: str, usd: float, dy: float) -> Layer:
        """Words at the left edge, beside a level."""
        values = [{"year": self.first - 0.5, "usd": usd, "text": text}]
        mark = chart(values).mark_text(align="left", baseline="middle", dx=6, dy=dy, color=MUTED)
        return mark.encode(self.x, self.y, alt.Text("text:N"))

    def end_labels(self, ends: Sequence[tuple[str, float, str]]) -> Layer:
        """Labels (text, USD, colour) at the right edge, moved apart where they would overlap."""
        most = max(text.count("\n") for text, _, _ in ends) + 1
        places = spread([self.px(usd) for _, usd, _ in ends], LINE * most + 3)
        values = [
            {"year": self.last + 0.5, "usd": self.usd(place), "text": text, "colour": colour}
            for (text, _, colour), place in zip(ends, places, strict=True)
        ]
        return self.texts(values, align="left", dx=6)

    def texts(self, values: Rows, **style: Any) -> Layer:
        """Text of one or more lines, centred on its place; Vega by itself centres the first line only."""
        placed = [
            {**value, "usd": self.usd(self.px(value["usd"]) + LINE / 2 * value["text"].count("\n"))}
            for value in values
        ]
        mark = chart(placed).mark_text(baseline="middle", lineBreak="\n", lineHeight=LINE, **style)
        return mark.encode(self.x, self.y, alt.Text("text:N"), alt.Color("colour:N", scale=None))


def baseline(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """Bands and medians by series, and every statement as a point.

    Tables: *series* with year (a whole year), series, q10, q50, q90 (USD); the first series named is the
    main one. *statements* with year (the middle of the span on the axis of whole years: 2022 for all of
    2022, 2022.25 for the Solar Hijri year 1401), group (who says so; a group named as a series takes its
    colour), value_usd, id, used (yes or no:
    hollow). Option ``scale``: ``log`` (default; values that are not positive are not shown) or ``linear``.
    """
    log = options.get("scale", "log") == "log"
    keep = [row for row in data["series"] if row["year"] is not None and _drawable(row["q50"], log)]
    points = [
        row for row in data["statements"] if row["year"] is not None and _drawable(row["value_usd"], log)
    ]
    if not keep and not points:
        return None
    values = [row[q] for row in keep for q in ("q10", "q50", "q90") if _drawable(row[q], log)]
    note = "USD a year, logarithmic scale" if log else "USD a year"
    plane = _Plane(
        [row["year"] for row in keep + points],
        values + [row["value_usd"] for row in points],
        f"{note}.  Lines: medians; bands: 80% intervals; hollow points: left out of the pooling.",
        log=log,
    )
    by_series = _grouped(keep, "series")
    colours = _colours(by_series, _grouped(points, "group"))
    layers = [plane.band(by_series[name], "q10", "q90", colours[name], 0.16) for name in by_series]
    layers += [
        plane.line(by_series[name], colours[name], strokeWidth=2.6 if colours[name] == INK else 1.6)
        for name in reversed(by_series)
    ]
    ends = [
        (f"{wrap(name, 24)}\n{amount(rows[-1]['q50'])}", rows[-1]["q50"], colours[name])
        for name, rows in by_series.items()
    ]
    if points:
        layers += _statements(plane, points, colours)
    if ends:
        layers.append(plane.end_labels(ends))
    right = min(max(text_width(text for text, _, _ in ends) + 14, 24), 200)
    return Drawing(layers, HEIGHT, LEFT, right, top=TOP)


def _statements(plane: _Plane, points: Rows, colours: Mapping[str, str]) -> list[Layer]:
    groups = list(_grouped(points, "group"))
    legend = alt.Legend(title="Statement by", orient="none", direction="horizontal", titleOrient="left",
                        legendX=-LEFT + 4, legendY=-TOP + 22)  # fmt: skip
    scale: dict[str, Any] = {"domain": groups, "range": [colours[name] for name in groups]}
    shapes: dict[str, Any] = {
        "domain": groups,
        "range": [SHAPES[i % len(SHAPES)] for i in range(len(groups))],
    }
    layers = []
    for used, look in (
        (False, {"fill": "white", "fillOpacity": 0.6}),
        (True, {"filled": True, "opacity": 0.9}),
    ):
        values = [
            {"year": row["year"], "usd": row["value_usd"], "group": row["group"]}
            for row in points
            if _yes(row["used"]) is used
        ]
        mark = chart(values).mark_point(size=42, strokeWidth=1.3, **look)
        layers.append(
            mark.encode(
                plane.x,
                plane.y,
                color=alt.Color("group:N", scale=alt.Scale(**scale), legend=legend),
                shape=alt.Shape("group:N", scale=alt.Scale(**shapes), legend=legend),
            )
        )
    return layers


def fan(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """Business as usual against the plan, with the target and the growth it needs.

    Tables: *history* with year, q50 (USD); *paths* with year, scenario, q10, q25, q50, q75, q90 (USD), in
    grey for the first scenario and blue for the next; *target* with year, usd, label. The broken line grows
    at a constant rate from the last year of history to each target. Option ``scale``: ``linear``
    (default) or ``log``.
    """
    log = options.get("scale") == "log"
    history = sorted((r for r in data["history"] if _drawable(r["q50"], log)), key=lambda r: r["year"])
    paths = _grouped([row for row in data["paths"] if _drawable(row["q50"], log)], "scenario")
    targets = [row for row in data["target"] if _drawable(row["usd"], log) and row["year"] is not None]
    rows = history + [row for path in paths.values() for row in path]
    if not rows:
        return None
    values = [row[q] for row in rows for q in ("q10", "q50", "q90") if _drawable(row.get(q), log)]
    scale = ", logarithmic scale" if log else ""
    plane = _Plane(
        [row["year"] for row in rows + targets],
        values + [row["usd"] for row in targets],
        f"USD a year{scale}.  Lines: medians; bands: 50% and 80% intervals; broken line: growth needed.",
        log=log,
    )
    layers = _since(plane, history[-1]["year"]) if history and paths else []
    ends = []
    for (name, path), colour in zip(paths.items(), (GREY, BLUE, *SERIES[2:]), strict=False):
        layers += [
            plane.band(path, "q10", "q90", colour, 0.16),
            plane.band(path, "q25", "q75", colour, 0.22),
            plane.line(history[-1:] + path, colour, strokeWidth=2.4),
        ]
        end = path[-1]["q50"]
        ends.append((f"{wrap(name, 24)}\n{amount(end)}", end, colour))
    if history:
        layers.append(plane.line(history, INK, strokeWidth=2.4))
    layers += _targets(plane, history, targets)
    if ends:
        layers.append(plane.end_labels(ends))
    right = min(max(text_width(text for text, _, _ in ends) + 14, 24), 200)
    return Drawing(layers, HEIGHT, LEFT, right, top=TOP)


def _since(plane: _Plane, year: float) -> list[Layer]:
    """A thin rule where the past ends, with words on both sides."""
    rule = chart([{"year": year}]).mark_rule(color=GREY, strokeWidth=0.8).encode(plane.x)
    sides: list[tuple[str, Literal["left", "right"], int]] = [("so far", "right", -6), ("ahead", "left", 6)]
    return [rule] + [
        chart([{"year": year, "usd": plane.high}])
        .mark_text(text=text, align=align, dx=dx, dy=-14, color=MUTED)
        .encode(plane.x, plane.y)
        for text, align, dx in sides
    ]


def _targets(plane: _Plane, history: Rows, targets: Rows) -> list[Layer]:
    layers = []
    for target in targets:
        if history and history[-1]["year"] < target["year"] and history[-1]["q50"] > 0:
            start, base = history[-1]["year"], history[-1]["q50"]
            years = math.ceil(target["year"] - start)
            growth = [
                {
                    "year": start + (target["year"] - start) * i / years,
                    "q50": base * (target["usd"] / base) ** (i / years),
                }
                for i in range(years + 1)
            ]
            layers.append(plane.line(growth, VERMILLION, strokeWidth=1.4, strokeDash=[5, 4]))
    values = [
        {"year": row["year"], "usd": row["usd"], "text": wrap(row["label"] or "", 44), "colour": VERMILLION}
        for row in targets
    ]
    mark = chart(values).mark_point(shape="diamond", size=130, filled=True, color=VERMILLION, opacity=1)
    layers.append(mark.encode(plane.x, plane.y))
    halo: dict[str, Any] = {"stroke": "white", "strokeWidth": 4, "strokeJoin": "round"}
    names = [plane.texts(values, align="right", dx=-12, fontWeight="bold", **look) for look in (halo, {})]
    return [*layers, *names]


def position(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """A net position by month about zero, in one fan for each rule of settlement.

    Table *paths*: month (``2028-01``, placed at its end), rule, q10, q50, q90 (USD), in grey for the first
    rule and blue for the next. Options ``above`` and ``below``: what a position on either side means.
    """
    paths = _grouped([row for row in data["paths"] if row["q50"] is not None and row["month"]], "rule")
    rows = [{**row, "year": _month_end(row["month"])} for path in paths.values() for row in path]
    if not rows:
        return None
    values = [row[q] for row in rows for q in ("q10", "q50", "q90") if row[q] is not None]
    years = {int(row["month"][:4]) for row in rows}
    plane = _Plane(years, [*values, 0.0], "USD.  Lines: medians; bands: 80% intervals.", log=False)
    layers = [plane.level(0.0)]
    ends = []
    for (name, path), colour in zip(_grouped(rows, "rule").items(), (GREY, BLUE, *SERIES[2:]), strict=False):
        layers += [plane.band(path, "q10", "q90", colour, 0.2), plane.line(path, colour, strokeWidth=2.2)]
        ends.append((f"{wrap(name, 22)}\n{amount(path[-1]['q50'])}", path[-1]["q50"], colour))
    sides = [(options.get("above"), plane.high, 12), (options.get("below"), plane.low, -12)]
    layers += [plane.note(text, usd, dy) for text, usd, dy in sides if text and (usd or dy > 0)]
    layers.append(plane.end_labels(ends))
    right = min(max(text_width(text for text, _, _ in ends) + 14, 24), 200)
    return Drawing(layers, HEIGHT, LEFT, right, top=TOP)


def _month_end(month: str) -> float:
    """Place of a month's end on an axis on which a year is drawn at its own number."""
    year, number = (int(part) for part in month.split("-"))
    return year - 0.5 + number / 12


def _drawable(value: float | None, log: bool) -> bool:
    return value is not None and (value > 0 or not log)


def _yes(value: Any) -> bool:
    return value is True or str(value).casefold() == "yes"


def _grouped(rows: Rows, key: str) -> dict[str, Rows]:
    """Rows by the value of a column, in order of appearance."""
    out: dict[str, Rows] = {}
    for row in rows:
        out.setdefault(str(row[key]), []).append(row)
    return out


def _colours(series: Iterable[str], groups: Iterable[str]) -> dict[str, str]:
    """Ink for the main series, then one colour for each further name."""
    names = list(dict.fromkeys([*series, *groups]))
    return {name: INK if i == 0 else SERIES[(i - 1) % len(SERIES)] for i, name in enumerate(names)}
