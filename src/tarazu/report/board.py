"""The layout shared by figures that read like a table: labels at the left, marks, columns at the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import altair as alt

from tarazu.report.style import (
    BLUE,
    GREY,
    INK,
    LINE,
    MUTED,
    SHADE,
    WIDTH,
    Drawing,
    Layer,
    Rows,
    chart,
    text_width,
    wrap,
)

LOW, TALL, HEAD = 25, 35, 31  # px, height of a row whose label has one line, two, or names a group
GAP = 12  # px between a label and the plot


@dataclass(frozen=True, slots=True)
class Column:
    """Texts by row at the right of the plot, under a heading; width in px, swatch the colour it explains."""

    heading: str
    texts: Sequence[str]
    width: int
    swatch: str = ""


class Board:
    """Rows with labels at the left, an axis below and columns of text at the right.

    Rows in `headings` name the group below them; `named` says what the labels are. A row is as high as
    its label needs; marks are given by the number of their row and by x (and x2) on the axis.
    """

    def __init__(
        self,
        labels: Sequence[str],
        axis: Mapping[str, Any],
        domain: tuple[float, float],
        columns: Sequence[Column],
        headings: frozenset[int] = frozenset(),
        named: str = "",
    ) -> None:
        self.labels = [wrap(str(label or ""), 60 if i in headings else 44) for i, label in enumerate(labels)]
        self.heights = [
            HEAD if i in headings else TALL if "\n" in label else LOW for i, label in enumerate(self.labels)
        ]
        ends = list(accumulate(self.heights))
        self.middles = [end - height / 2 for end, height in zip(ends, self.heights, strict=True)]
        self.headings, self.columns, self.named = headings, columns, named
        self.frame = Drawing(
            [],
            height=ends[-1],
            left=min(max(text_width([*self.labels, named]) + GAP, 90), 380),
            right=sum(column.width for column in columns) + 14,
            top=28,
            bottom=48,
        )
        self.x = alt.X(
            "x:Q",
            scale=alt.Scale(domain=list(domain), nice=False),
            axis=alt.Axis(titleAnchor="start", titleAlign="left", titlePadding=8, tickCount=5, **axis),
        )
        self.y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[ends[-1], 0], nice=False))

    def drawing(self, layers: Sequence[Layer]) -> Drawing:
        return replace(self.frame, layers=[*layers, *self._labels(), *self._columns()])

    def bars(self, values: Rows, colour: str, thickness: float = 14) -> Layer:
        """Bars from x to x2."""
        placed = [
            {
                **value,
                "y": self.middles[value["row"]] - thickness / 2,
                "y2": self.middles[value["row"]] + thickness / 2,
            }
            for value in values
        ]
        return chart(placed).mark_rect(color=colour).encode(self.x, self.y, alt.X2("x2:Q"), alt.Y2("y2:Q"))

    def rules(self, values: Rows, colour: str = INK, width: float = 1.3) -> Layer:
        """Horizontal lines from x to x2."""
        mark = chart(self._placed(values)).mark_rule(color=colour, strokeWidth=width)
        return mark.encode(self.x, self.y, alt.X2("x2:Q"))

    def dots(self, values: Rows, colour: str = BLUE) -> Layer:
        mark = chart(self._placed(values)).mark_point(filled=True, size=90, color=colour, opacity=1)
        return mark.encode(self.x, self.y)

    def links(self, values: Rows) -> Layer:
        """Thin upright lines at x from a row to the one below it."""
        placed = [{**value, "y2": self.middles[value["row"] + 1]} for value in self._placed(values)]
        mark = chart(placed).mark_rule(color=GREY, strokeWidth=0.8)
        return mark.encode(self.x, self.y, alt.Y2("y2:Q"))

    def shade(self, rows: Iterable[int]) -> Layer:
        """A pale band over the whole width behind some rows."""
        placed = [
            {"y": self.middles[row] - self.heights[row] / 2, "y2": self.middles[row] + self.heights[row] / 2}
            for row in rows
        ]
        mark = chart(placed).mark_rect(color=SHADE, x=-self.frame.left, x2=WIDTH - self.frame.left)
        return mark.encode(self.y, alt.Y2("y2:Q"))

    def _placed(self, values: Rows) -> Rows:
        return [{**value, "y": self.middles[value["row"]]} for value in values]

    def _labels(self) -> list[Layer]:
        # Vega centres the first line of a text only, so a label of two lines starts half a line higher.
        plain = [
            {"y": middle - LINE / 2 * label.count("\n"), "text": label}
            for i, (label, middle) in enumerate(zip(self.labels, self.middles, strict=True))
            if i not in self.headings
        ]
        names = chart(plain).mark_text(
            align="right",
            baseline="middle",
            lineBreak="\n",
            lineHeight=LINE,
            x=-GAP,
        )
        heads = chart(
            [{"y": self.middles[i], "text": self.labels[i].replace("\n", " ")} for i in self.headings]
        )
        bold = heads.mark_text(
            align="left", baseline="middle", fontWeight="bold", dy=4, x=4 - self.frame.left
        )
        head = chart([{}]).mark_text(text=self.named, align="right", color=MUTED, x=-GAP, y=-12)
        return [head, *(mark.encode(self.y, alt.Text("text:N")) for mark in (names, bold))]

    def _columns(self) -> list[Layer]:
        layers, edge = [], self.frame.width + 10
        for column in self.columns:
            edge += column.width
            values = [{"y": self.middles[i], "text": text} for i, text in enumerate(column.texts) if text]
            mark = chart(values).mark_text(align="right", baseline="middle", x=edge)
            layers.append(mark.encode(self.y, alt.Text("text:N")))
            layers.append(
                chart([{}]).mark_text(text=column.heading, align="right", color=MUTED, x=edge, y=-12)
            )
            if column.swatch:
                place = edge - text_width([column.heading]) - 4
                square = chart([{}]).mark_point(shape="square", size=90, filled=True, opacity=1)
                layers.append(
                    square.encode(color=alt.ColorValue(column.swatch), x=alt.value(place), y=alt.value(-12))
                )
        return layers
