"""Figures that read like a table: one labelled row for each thing compared, numbers in columns at the right.

Long names stand at the left on up to two lines, the picture in the middle, and what was drawn is printed
at the right, so that no label covers a mark and nothing has to be read off an axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tarazu.report.board import Board, Column
from tarazu.report.style import (
    BLUE,
    BLUES,
    GREY,
    SKY,
    SLATE,
    USD_LABEL,
    VERMILLION,
    Drawing,
    Rows,
    amount,
    chance,
    chances,
    interval,
    round_up,
)


def waterfall(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """Contributions in order, from where trade stands to where the plan takes it.

    Table *bars*: label, q10, q50, q90 (USD) and kind. A ``start`` or ``end`` is measured from zero; a
    ``part`` begins where the bar above it ends, and its whisker is its own 80% interval. Column q50 may hold
    means, which add up, or medians, which need not: what is left over is visible as a step, not hidden.
    """
    return _steps(data["bars"], "USD", "80% interval")


def gap(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """From one reporter's figure to the other's: like `waterfall`, with columns value, low, high (USD)."""
    bars = [{**row, "q10": row["low"], "q50": row["value"], "q90": row["high"]} for row in data["bars"]]
    return _steps(bars, "USD", "interval")


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
            links.append({"row": i, "x": level})
    board = Board(
        [row["label"] for row in bars],
        {"title": "USD a year", "labelExpr": USD_LABEL},
        _usd_domain(
            v
            for row in [*whiskers, *(r for rows in solid.values() for r in rows)]
            for v in (row["x"], row["x2"])
        ),
        [
            Column(value, [amount(row["q50"], signed=row["kind"] == "part") for row in bars], 72),
            Column(width, [interval(row["q10"], row["q90"]) for row in bars], 132),
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
    if not any(row[part] is not None for row in data["products"] for part in ("realised", "unrealised")):
        return None
    lines, headings = _grouped(data["products"], "direction", lambda row: -_total(row))
    products = [(i, line) for i, line in enumerate(lines) if i not in headings]
    realised = [{"row": i, "x": 0.0, "x2": row["realised"] or 0.0} for i, row in products]
    unrealised = [{"row": i, "x": row["realised"] or 0.0, "x2": _total(row)} for i, row in products]
    board = Board(
        [line["direction" if i in headings else "product"] for i, line in enumerate(lines)],
        {"title": "USD a year", "labelExpr": USD_LABEL},
        _usd_domain(row["x2"] for row in realised + unrealised),
        [
            Column("realised", _texts(lines, headings, lambda row: amount(row["realised"])), 78, BLUE),
            Column("unrealised", _texts(lines, headings, lambda row: amount(row["unrealised"])), 92, SKY),
        ],
        headings,
    )
    return board.drawing([board.bars(realised, BLUE), board.bars(unrealised, SKY)])


def frontier(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """The best bundle at each cost or number of measures, and how likely the target is with it.

    Table *points*: label, probability (0..1), q50 (turnover, USD a year), and measures (their number), by
    which the rows are ordered and numbered, or cost_usd_m (million USD), by which they are ordered else;
    a cost is printed where any is known.
    """
    counted = any(row.get("measures") is not None for row in data["points"])
    key = "measures" if counted else "cost_usd_m"
    rows = sorted(data["points"], key=lambda row: (row.get(key) is None, row.get(key) or 0))
    points = [
        {"row": i, "x": row["probability"]} for i, row in enumerate(rows) if row["probability"] is not None
    ]
    if not points:
        return None
    columns = [
        Column("chance", [chance(row["probability"]) for row in rows], 58),
        Column("turnover, USD", [amount(row["q50"]) for row in rows], 102),
    ]
    if any(row.get("cost_usd_m") is not None for row in rows):
        columns.append(Column("cost, USD", [_million(row.get("cost_usd_m")) for row in rows], 82))
    board = Board(
        [f"{_count(row['measures'])}: {row['label']}" if counted else row["label"] for row in rows],
        {"title": "Chance of reaching the target", "format": ".0%"},
        _share_domain(point["x"] for point in points),
        columns,
    )
    stems = [{**point, "x": 0.0, "x2": point["x"]} for point in points]
    return board.drawing([board.rules(stems, BLUE, 2), board.dots(points)])


def regimes(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """How likely each threshold is under each regime, with a range; darker is a higher threshold.

    Table *points*: regime, threshold_usd (USD a year), probability, low, high (0..1); the caption says of
    what low and high are the range.
    """
    rows = [row for row in data["points"] if row["threshold_usd"] is not None]
    lines, headings = _grouped(rows, "regime", lambda row: row["threshold_usd"])
    points = [(i, r) for i, r in enumerate(lines) if i not in headings and r["probability"] is not None]
    if not points:
        return None
    board = Board(
        [
            line["regime"] if i in headings else f"at least USD {amount(line['threshold_usd'])}"
            for i, line in enumerate(lines)
        ],
        {"title": "Chance (point) and its range (line)", "format": ".0%"},
        _share_domain(v for _, row in points for v in (row["probability"], row["high"]) if v is not None),
        [
            Column("chance", _texts(lines, headings, lambda row: chance(row["probability"])), 58),
            Column("range", _texts(lines, headings, lambda row: chances(row["low"], row["high"])), 92),
        ],
        headings,
    )
    thresholds = sorted({row["threshold_usd"] for row in rows})
    dots = [
        board.dots(
            [{"row": i, "x": row["probability"]} for i, row in points if row["threshold_usd"] == threshold],
            BLUES[max(rank - len(thresholds), -len(BLUES))],  # the highest threshold is darkest
        )
        for rank, threshold in enumerate(thresholds)
    ]
    return board.drawing([board.rules(_spans(points), GREY), *dots])


def announced(data: Mapping[str, Rows], options: Mapping[str, Any]) -> Drawing | None:
    """How often announced targets were met on time, by the growth they needed, and where this pair stands.

    Tables: *shares* with bucket (growth needed, per cent a year, in words), n, share, low, high (0..1);
    *here* with growth_needed (per cent a year) and the bucket it falls into, whose row is shaded. A bucket
    without targets has no mark.
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
    board = Board(
        labels,
        {"title": "Share of targets met on time; line: 80% interval", "format": ".0%"},
        (0.0, 1.0),
        [
            Column("met on time", [_of(row["share"], row["n"]) for row in rows], 92),
            Column("interval", [chances(row["low"], row["high"]) if row["n"] else "" for row in rows], 92),
        ],
        named="growth needed, % a year",
    )
    layers = [
        board.shade(i for i, row in enumerate(rows) if row["bucket"] in here),
        board.rules(_spans(points), GREY),
        board.dots([{"row": i, "x": row["share"]} for i, row in points]),
    ]
    return board.drawing(layers)


def _grouped(rows: Rows, key: str, rank: Callable[[dict[str, Any]], float]) -> tuple[Rows, frozenset[int]]:
    """Rows in order of rank under a row that names their group, and the places of those headings."""
    lines: Rows = []
    headings = []
    for group in dict.fromkeys(row[key] for row in rows):
        headings.append(len(lines))
        lines += [{key: str(group)}, *sorted((row for row in rows if row[key] == group), key=rank)]
    return lines, frozenset(headings)


def _texts(lines: Rows, headings: frozenset[int], text: Callable[[dict[str, Any]], str]) -> list[str]:
    return ["" if i in headings else text(line) for i, line in enumerate(lines)]


def _spans(points: Iterable[tuple[int, dict[str, Any]]]) -> Rows:
    """Intervals of the rows that have both ends."""
    return [
        {"row": i, "x": row["low"], "x2": row["high"]}
        for i, row in points
        if row["low"] is not None and row["high"] is not None
    ]


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
