"""Figures that read like a table: one labelled row for each thing compared, numbers in columns at the right.

Long names stand at the left on up to two lines, the picture in the middle, and what was drawn is printed
at the right, so that no label covers a mark and nothing has to be read off an axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from tarazu.report.style import (
    BLUE,
    BLUES,
    GREY,
    INK,
    LINE,
    MUTED,
    SHADE,
    SKY,
    SLATE,
    USD_LABEL,
    VERMILLION,
    WIDTH,
    Drawing,
    Layer,
    Rows,
    amount,
    by_lines,
    chance,
    chances,
    chart,
    interval,
    round_up,
    text_width,
    wrap,
)

GAP = 12  # px between a label and the plot


class _Board:
    """Rows of one height with labels at the left, an axis below and columns of text at the right.

    `columns` are heading, texts by row and width in px; rows in `headings` name the group below them.
    """

    def __init__(
        self,
        labels: Sequence[str],
        axis: Mapping[str, Any],
        domain: tuple[float, float],
        columns: Sequence[tuple[str, Sequence[str], int]],
        headings: frozenset[int] = frozenset(),
    ) -> None:
        self.labels = [wrap(label, 60 if i in headings else 42) for i, label in enumerate(labels)]
        named = [label for i, label in enumerate(self.labels) if i not in headings]
        self.step = 38 if any("\n" in label for label in self.labels) else 26
        self.left = min(max(text_width(named) + GAP + 4, 90), 300)
        self.headings, self.columns = headings, columns
        self.right = sum(width for _, _, width in columns) + 14
        self.y = alt.Y("row:O", axis=None, scale=alt.Scale(type="band", domain=list(range(len(labels)))))
        self.x = alt.X(
            "x:Q",
            scale=alt.Scale(domain=list(domain), nice=False),
            axis=alt.Axis(titleAnchor="start", titleAlign="left", titlePadding=8, tickCount=5, **axis),
        )

    def drawing(self, layers: Sequence[Layer], top: float = 26) -> Drawing:
        height = self.step * len(self.labels)
        frame = Drawing([], height, self.left, self.right, top, 52)
        return Drawing(
            [*layers, *self._labels(), *self._columns(frame.width)], height, self.left, self.right, top, 52
        )

    def bars(self, values: Rows, colour: str, height: int = 14) -> Layer:
        """Bars from x to x2."""
        mark = chart(values).mark_bar(color=colour, height=height)
        return mark.encode(self.x, self.y, alt.X2("x2:Q"))

    def rules(self, values: Rows, colour: str = INK, width: float = 1.3) -> Layer:
        """Horizontal lines from x to x2."""
        mark = chart(values).mark_rule(color=colour, strokeWidth=width)
        return mark.encode(self.x, self.y, alt.X2("x2:Q"))

    def dots(self, values: Rows, colour: str = BLUE) -> Layer:
        mark = chart(values).mark_point(filled=True, size=90, color=colour, opacity=1)
        return mark.encode(self.x, self.y)

    def links(self, values: Rows) -> Layer:
        """Thin upright lines at x from a row to the one that follows."""
        mark = chart(values).mark_rule(color=GREY, strokeWidth=0.8)
        return mark.encode(self.x, self.y, alt.Y2("next:O"))

    def _labels(self) -> list[Layer]:
        plain = [{"row": i, "text": label} for i, label in enumerate(self.labels) if i not in self.headings]
        layers = []
        for lines, rows in by_lines(plain).items():
            mark = chart(rows).mark_text(
                align="right", baseline="middle", lineBreak="\n", lineHeight=LINE, dy=-LINE * (lines - 1) / 2
            )
            layers.append(mark.encode(self.y, alt.XValue(-GAP), alt.Text("text:N")))
        heads = [{"row": i, "text": self.labels[i].replace("\n", " ")} for i in sorted(self.headings)]
        mark = chart(heads).mark_text(align="left", baseline="middle", fontWeight="bold", dy=3)
        return [*layers, mark.encode(self.y, alt.XValue(4 - self.left), alt.Text("text:N"))]

    def _columns(self, plot: float) -> list[Layer]:
        layers, edge = [], plot + 10
        for heading, texts, width in self.columns:
            edge += width
            values = [{"row": i, "text": text} for i, text in enumerate(texts) if text]
            mark = chart(values).mark_text(align="right", baseline="middle")
            layers.append(mark.encode(self.y, alt.XValue(edge), alt.Text("text:N")))
            head = chart([{}]).mark_text(text=heading, align="right", color=MUTED)
            layers.append(head.encode(alt.XValue(edge), alt.YValue(-12)))
        return layers


def waterfall(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """Contributions in order, from where trade stands to where the plan takes it.

    Table *bars*: label, q10, q50, q90 (USD) and kind. A ``start`` or ``end`` is measured from zero; a
    ``part`` begins where the bar above it ends, and its whisker is its own 80% interval. Medians need not
    add up to the median of the end: what is left over is visible as a step, not hidden.
    """
    return _steps(data["bars"], "median", "80% interval")


def gap(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """From one reporter's figure to the other's: like `waterfall`, with columns value, low, high (USD)."""
    bars = [{**row, "q10": row["low"], "q50": row["value"], "q90": row["high"]} for row in data["bars"]]
    return _steps(bars, "value", "interval")


def _steps(bars: Rows, value: str, width: str) -> Drawing | None:
    known = [(i, row) for i, row in enumerate(bars) if row["q50"] is not None]
    if not known:
        return None
    solid: dict[str, Rows] = {SLATE: [], BLUE: [], VERMILLION: []}
    whiskers: Rows = []
    links: Rows = []
    level = 0.0
    for i, row in known:
        part = row["kind"] == "part"
        base = level if part else 0.0
        level = base + row["q50"]
        colour = SLATE if not part else BLUE if row["q50"] >= 0 else VERMILLION
        solid[colour].append({"row": i, "x": base, "x2": level})
        if row["q10"] is not None and row["q90"] is not None:
            whiskers.append({"row": i, "x": base + row["q10"], "x2": base + row["q90"]})
        if i + 1 < len(bars):
            links.append({"row": i, "next": i + 1, "x": level})
    board = _Board(
        [row["label"] for row in bars],
        {"title": "USD a year", "labelExpr": USD_LABEL},
        _usd_domain(
            v
            for row in [*whiskers, *(r for rows in solid.values() for r in rows)]
            for v in (row["x"], row["x2"])
        ),
        [
            (value, [amount(row["q50"], signed=row["kind"] == "part") for row in bars], 72),
            (width, [interval(row["q10"], row["q90"]) for row in bars], 132),
        ],
    )
    layers = [
        board.links(links),
        *(board.bars(rows, colour) for colour, rows in solid.items()),
        board.rules(whiskers),
    ]
    return board.drawing(layers)


def potential(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """Realised and unrealised trade by product, under the name of each direction, largest first.

    Table *products*: product, direction, realised, unrealised (USD a year); a missing part is printed as
    unknown and takes no length.
    """
    order = list(dict.fromkeys(row["direction"] for row in data["products"]))
    lines: list[dict[str, Any] | str] = []
    for direction in order:
        rows = [row for row in data["products"] if row["direction"] == direction]
        lines += [str(direction), *sorted(rows, key=_total, reverse=True)]
    rows = [line for line in lines if isinstance(line, dict)]
    if not any(row[part] is not None for row in rows for part in ("realised", "unrealised")):
        return None
    realised, unrealised = [], []
    for i, line in enumerate(lines):
        if isinstance(line, dict):
            done = line["realised"] or 0.0
            realised.append({"row": i, "x": 0.0, "x2": done})
            unrealised.append({"row": i, "x": done, "x2": done + (line["unrealised"] or 0.0)})
    board = _Board(
        [line if isinstance(line, str) else line["product"] for line in lines],
        {"title": "USD a year.  Dark: realised; light: unrealised.", "labelExpr": USD_LABEL},
        _usd_domain(row["x2"] for row in realised + unrealised),
        [
            (part, ["" if isinstance(line, str) else amount(line[part]) for line in lines], width)
            for part, width in (("realised", 70), ("unrealised", 84))
        ],
        frozenset(i for i, line in enumerate(lines) if isinstance(line, str)),
    )
    return board.drawing([board.bars(realised, BLUE), board.bars(unrealised, SKY)])


def frontier(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """The best bundle at each cost or number of measures, and how likely the target is with it.

    Table *points*: label, probability (0..1), q50 (turnover, USD a year), and cost_usd_m (million USD) or
    measures (their number), by which the rows are ordered.
    """
    key = "cost_usd_m" if any(row.get("cost_usd_m") is not None for row in data["points"]) else "measures"
    rows = sorted(data["points"], key=lambda row: (row.get(key) is None, row.get(key) or 0))
    points = [
        {"row": i, "x": row["probability"]} for i, row in enumerate(rows) if row["probability"] is not None
    ]
    if not points:
        return None
    size = [_million(row.get(key)) if key == "cost_usd_m" else _count(row.get(key)) for row in rows]
    board = _Board(
        [row["label"] for row in rows],
        {"title": "Chance of reaching the target", "format": ".0%"},
        _share_domain(point["x"] for point in points),
        [
            ("chance", [chance(row["probability"]) for row in rows], 58),
            ("turnover", [amount(row["q50"]) for row in rows], 76),
            ("cost" if key == "cost_usd_m" else "measures", size, 76),
        ],
    )
    stems = [{**point, "x": 0.0, "x2": point["x"]} for point in points]
    return board.drawing([board.rules(stems, BLUE, 2), board.dots(points)])


def regimes(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """How likely each threshold is under each regime, with its interval; darker is a higher threshold.

    Table *points*: regime, threshold_usd (USD a year), probability, low, high (0..1).
    """
    thresholds = sorted({row["threshold_usd"] for row in data["points"] if row["threshold_usd"] is not None})
    lines: list[dict[str, Any] | str] = []
    for regime in dict.fromkeys(row["regime"] for row in data["points"]):
        rows = [r for r in data["points"] if r["regime"] == regime and r["threshold_usd"] is not None]
        lines += [str(regime), *sorted(rows, key=lambda row: row["threshold_usd"])]
    points = [
        (i, line)
        for i, line in enumerate(lines)
        if isinstance(line, dict) and line["probability"] is not None
    ]
    if not points:
        return None
    board = _Board(
        [line if isinstance(line, str) else f"at least {amount(line['threshold_usd'])}" for line in lines],
        {"title": "Chance; line: its interval", "format": ".0%"},
        _share_domain(v for _, row in points for v in (row["probability"], row["high"]) if v is not None),
        [
            ("chance", ["" if isinstance(line, str) else chance(line["probability"]) for line in lines], 58),
            (
                "interval",
                ["" if isinstance(line, str) else chances(line["low"], line["high"]) for line in lines],
                92,
            ),
        ],
        frozenset(i for i, line in enumerate(lines) if isinstance(line, str)),
    )
    layers = [
        board.rules(
            [_span(i, row) for i, row in points if row["low"] is not None and row["high"] is not None], GREY
        )
    ]
    for rank, threshold in enumerate(thresholds):
        colour = BLUES[-1 - (len(thresholds) - 1 - rank) % len(BLUES)]
        layers.append(
            board.dots(
                [{"row": i, "x": r["probability"]} for i, r in points if r["threshold_usd"] == threshold],
                colour,
            )
        )
    return board.drawing(layers)


def announced(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """How often announced targets were met on time, by the growth they needed, and where this pair stands.

    Tables: *shares* with bucket (in words), n, share, low, high (0..1); *here* with growth_needed (per cent
    a year) and the bucket it falls into, whose row is shaded. A bucket without targets has no mark.
    """
    rows = data["shares"]
    points = [(i, row) for i, row in enumerate(rows) if row["n"] and row["share"] is not None]
    if not points:
        return None
    here = {row["bucket"]: row["growth_needed"] for row in data["here"] if row["growth_needed"] is not None}
    labels = [
        f"{row['bucket']}\nthis pair: {here[row['bucket']]:.0f}% a year"
        if row["bucket"] in here
        else row["bucket"]
        for row in rows
    ]
    board = _Board(
        labels,
        {"title": "Share of targets met on time; line: 80% interval", "format": ".0%"},
        (0.0, 1.0),
        [
            ("met on time", [_of(row["share"], row["n"]) for row in rows], 92),
            ("interval", [chances(row["low"], row["high"]) if row["n"] else "" for row in rows], 76),
        ],
    )
    shade = chart([{"row": i} for i, row in enumerate(rows) if row["bucket"] in here])
    layers = [
        shade.mark_rect(color=SHADE).encode(
            board.y, alt.XValue(-board.left), alt.X2Value(WIDTH - board.left)
        ),
        board.rules(
            [_span(i, row) for i, row in points if row["low"] is not None and row["high"] is not None], GREY
        ),
        board.dots([{"row": i, "x": row["share"]} for i, row in points]),
    ]
    return board.drawing(layers)


def _span(row: int, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"row": row, "x": values["low"], "x2": values["high"]}


def _total(row: Mapping[str, Any]) -> float:
    return float((row["realised"] or 0.0) + (row["unrealised"] or 0.0))


def _usd_domain(values: Iterable[float]) -> tuple[float, float]:
    """From zero, or below where something is negative, to a round number above everything."""
    found = [0.0, *values]
    low, high = min(found), max(found)
    room = 0.02 * max(high - low, 1.0)
    return (low - room if low < 0 else 0.0), max(high + room, 1.0)


def _share_domain(values: Iterable[float]) -> tuple[float, float]:
    return 0.0, min(round_up(max([0.1, *values])), 1.0)


def _million(value: float | None) -> str:
    return "unknown" if value is None else amount(1e6 * value)


def _count(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f}"


def _of(share: float | None, n: float | None) -> str:
    """``3 of 9``: the count says how little a share may rest on."""
    return "no targets" if not n or share is None else f"{share * n:.0f} of {n:.0f}"
