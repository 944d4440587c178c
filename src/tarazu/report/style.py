"""How every figure looks: size, type, colours, axes, and the words in which amounts and shares are printed.

Colours are those of Okabe & Ito (2008), "Color Universal Design", which readers with any common colour
vision can tell apart; no reading of a figure depends on colour alone. The layout is fixed (no automatic
sizing), so that all figures share one width and their columns line up.
"""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tarazu.core.amounts import format_amount
from tarazu.core.table import is_missing

if TYPE_CHECKING:
    import altair as alt

WIDTH = 760  # px, whole picture
FONT = "Helvetica, Arial, Liberation Sans, sans-serif"  # one metric family: text measures alike everywhere
FONT_SIZE = 12.5

INK, MUTED, GRID, SHADE = "#1f2933", "#5b6770", "#e3e7ea", "#f1f4f6"
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = (
    "#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#9CCBEA",
)  # fmt: skip
GREY, SLATE = "#7b8790", "#9fabb5"
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, GREY)
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
BLUES = ("#9CCBEA", "#4A9BD1", "#0072B2", "#00456B")  # from low to high

LINE = 14  # px from one line of a label to the next

Rows = list[dict[str, Any]]
Layer = Any  # an Altair chart, whose methods are typed as Any

_MAGNITUDES = ((1e12, " trn"), (1e9, " bn"), (1e6, " m"), (1e3, " k"))

CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "text": {"fontSize": FONT_SIZE, "fill": INK},
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": GRID,
        "labelColor": MUTED,
        "labelFontSize": FONT_SIZE,
        "labelPadding": 7,
        "labelLimit": 0,  # labels are cut by `wrap`: Vega's own limit measures text at ten times the cost
        "labelFlush": False,
        "titleColor": MUTED,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
    },
    "legend": {
        "labelFontSize": FONT_SIZE,
        "labelColor": INK,
        "labelLimit": 0,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
        "titleColor": MUTED,
        "symbolSize": 70,
        "columnPadding": 18,
        "titlePadding": 10,
    },
}

# An axis label in the words of `format_amount`, as a Vega expression.
USD_LABEL = (
    "datum.value == 0 ? '0'"
    " : abs(datum.value) >= 1e12 ? format(datum.value / 1e12, ',.3~g') + ' trn'"
    " : abs(datum.value) >= 1e9 ? format(datum.value / 1e9, '.3~g') + ' bn'"
    " : abs(datum.value) >= 1e6 ? format(datum.value / 1e6, '.3~g') + ' m'"
    " : abs(datum.value) >= 1e3 ? format(datum.value / 1e3, '.3~g') + ' k'"
    " : format(datum.value, '.3~g')"
)


def amount(usd: float | None, *, signed: bool = False) -> str:
    """US dollars without the currency, which stands on the axis: ``3 bn``, ``528 m``; signed: ``+43.2 m``."""
    if usd is None or not math.isfinite(usd):
        return "unknown"
    text = format_amount(usd).replace("USD ", "").replace(".0 ", " ")
    return f"+{text}" if signed and usd > 0 else text


def interval(low: float | None, high: float | None) -> str:
    """``480–590 m``, ``−29.7 to 6.6 m``: both ends in the magnitude of the larger; empty if one is missing."""
    if low is None or high is None or is_missing(low) or is_missing(high):
        return ""
    size = max(abs(low), abs(high))
    scale, unit = next(((scale, unit) for scale, unit in _MAGNITUDES if size >= scale), (1.0, ""))
    digits = 0 if size >= 99.5 * scale else 1 if size >= 9.95 * scale else 2
    ends = [f"{end / scale:.{digits}f}" for end in (low, high)]
    if all(float(end).is_integer() for end in ends):
        ends = [end.partition(".")[0] for end in ends]
    first, last = ("0" if float(end) == 0 else end.replace("-", "−") for end in ends)
    if first == last:
        return f"{first}{unit}" if float(ends[0]) else "0"
    return f"{first}{' to ' if low < 0 else '–'}{last}{unit}"


def chance(share: float | None) -> str:
    """A probability in whole per cents; the ends are not claimed: ``<1%``, ``>99%``."""
    if share is None or is_missing(share):
        return "unknown"
    if share < 0.01:
        return "<1%"
    return ">99%" if share > 0.99 else f"{100 * share:.0f}%"


def chances(low: float | None, high: float | None) -> str:
    """Interval of a probability: ``5–20%``; empty if an end is missing."""
    if low is None or high is None or is_missing(low) or is_missing(high):
        return ""
    first, last = chance(low), chance(high)
    if first == last:
        return first
    plain = first[0].isdigit() and last[0].isdigit()
    return f"{first.removesuffix('%')}–{last}" if plain else f"{first} to {last}"


def wrap(label: str, width: int = 44) -> str:
    """A label on at most two lines of like length; what does not fit ends in an ellipsis.

    A label that brings its own line break keeps it.
    """
    if "\n" in label:
        return "\n".join(textwrap.shorten(line, width, placeholder=" …") for line in label.split("\n")[:2])
    if len(label) <= width:
        return label
    for narrower in range(len(label) // 2, width):
        lines = textwrap.wrap(label, narrower, break_on_hyphens=False)
        if len(lines) <= 2:
            return "\n".join(lines)
    return "\n".join(textwrap.wrap(label, width, max_lines=2, placeholder=" …", break_on_hyphens=False))


def text_width(texts: Iterable[str]) -> float:
    """Rough width in px of the longest line of any of the texts, rather too wide than too narrow."""
    return max((sum(map(_width, line)) for text in texts for line in text.split("\n")), default=0.0)


def _width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return FONT_SIZE
    return 8.2 if character.isupper() or character > "\u02ff" else 6.3


def round_up(value: float) -> float:
    """Smallest of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is not below `value` (> 0)."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        m * power for m in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if m * power >= value * (1 - 1e-9)
    )


def linear_ticks(high: float, low: float = 0.0) -> list[float]:
    """Round steps, some six, from a tick not above `low` or zero to one not below `high`; zero is a tick."""
    top, bottom = max(high, 0.0), min(low, 0.0)
    if top - bottom < 1:
        top = bottom + 1.0
    size = (top - bottom) / 6
    power = 10.0 ** math.floor(math.log10(size))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= size * (1 - 1e-9))
    first, last = (math.ceil(end / step * (1 - 1e-9)) for end in (-bottom, top))
    return [step * i for i in range(-first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 times powers of ten (powers alone over four decades) that enclose ``[low, high]``, both > 0."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1.0, 2.0, 5.0) if last - first <= 4 else (1.0,)
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    below = max(i for i, tick in enumerate(ticks) if tick <= low * (1 + 1e-9))
    above = min(i for i, tick in enumerate(ticks) if tick >= high * (1 - 1e-9))
    return ticks[below : max(above, below + 1) + 1]


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Positions moved as little as needed so that neighbours are at least `gap` apart, order kept.

    Overlapping labels are merged into blocks centred on the mean of what they label (the pooling of
    adjacent violators of isotonic regression).
    """
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    blocks: list[list[float]] = []  # [sum of wanted starts, count]
    for rank, i in enumerate(order):
        blocks.append([positions[i] - rank * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    starts = [total / count for total, count in blocks for _ in range(int(count))]
    moved = [0.0] * len(positions)
    for rank, i in enumerate(order):
        moved[i] = starts[rank] + rank * gap
    return moved


def chart(values: Rows) -> alt.Chart:
    """A chart of the rows themselves, which travel inside the specification."""
    import altair as alt  # here, so that the words of this module can be used without the half second

    return alt.Chart(alt.InlineData(values))


@dataclass(frozen=True)
class Drawing:
    """Altair layers and the room around them, in px; the plot takes the rest of `WIDTH`."""

    layers: Sequence[Layer]
    height: float
    left: float
    right: float
    top: float = 34
    bottom: float = 34

    @property
    def width(self) -> float:
        return WIDTH - self.left - self.right
