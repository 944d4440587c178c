"""Figures: every kind draws its own data, fits its frame, and fails in words."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import pytest
import test_report_maps
import test_report_routes
from hypothesis import given
from hypothesis import strategies as st

from tarazu.core.errors import ShapeError
from tarazu.core.table import Column, Table
from tarazu.report import style
from tarazu.report.document import Figure
from tarazu.report.figures import COLUMNS, draw, specification

Rows = tuple[tuple[Any, ...], ...]
SVG = "{http://www.w3.org/2000/svg}"
MEASURES = (
    ("Free trade agreement EAEU–Iran (remaining phase-in)", 12e6, 38e6, 90e6),
    ("Lifting of quotas, bans and seasonal stops on the pair's trade", 8e6, 61e6, 170e6),
    ("Recognition of veterinary, phytosanitary and metrology certificates", 3e6, 17e6, 49e6),
    ("Bilateral clearing mechanism in national currencies", 10e6, 84e6, 260e6),
    ("Rail tariff discounts and a through tariff", 2e6, 22e6, 66e6),
    ("Capacity and speed of the eastern North-South rail route", 0.0, 35e6, 120e6),
    ("Caspian shipping: Aktau and Kuryk to Amirabad and Anzali", 1e6, 29e6, 95e6),
    ("Kazakh terminal at Bandar Abbas and re-export through Iran", -4e6, 6e6, 40e6),
    ("Support of exporters: the 75 additional items", 5e6, 24e6, 60e6),
    ("Trade representative in Tehran and trade houses", 0.5e6, 6e6, 19e6),
    ("State purchase agreement: up to 3 Mt of wheat and barley a year", 0.0, 110e6, 420e6),
    ("Overlap of measures", -160e6, -48e6, -5e6),
)
PRODUCTS = (
    ("Barley", 196e6, 240e6), ("Wheat and meslin", 22e6, 180e6), ("Sheep and goat meat", 18e6, 66e6),
    ("Flat-rolled steel, cold-rolled, not clad or coated", 6e6, 95e6), ("Sunflower oil", 5e6, 48e6),
    ("Cotton, not carded", 1.2e6, 14e6), ("Lentils", 4e6, 9e6), ("Sulphur", 0.0, 21e6),
    ("Live cattle", 0.4e6, 12e6), ("Other goods", 30e6, None),
)  # fmt: skip
RETURN = (
    ("Dates, figs and dried fruit", 31e6, 22e6), ("Cement and clinker", 12e6, 30e6), ("Pistachios", 6e6, 9e6),
    ("Polymers of ethylene, in primary forms", 9e6, 54e6), ("Carpets", 2e6, 5e6), ("Apples", 14e6, 16e6),
    ("Ceramic tiles", 5e6, 18e6), ("Medicaments, in measured doses", 1e6, 17e6), ("Detergents", 2.5e6, 6e6),
    ("Other goods", 24e6, 20e6),
)  # fmt: skip


def table(name: str, columns: str, rows: list[tuple[Any, ...]]) -> Table:
    return Table(name, tuple(Column(column) for column in columns.split()), tuple(rows))


def figure(kind: str, data: Mapping[str, Table], **options: Any) -> Figure:
    return Figure(kind, kind, f"Title of {kind}", "What is seen.", "USD", "Tarazu", data, options)


def turnover(year: int) -> float:
    """A made series with the rise, fall and shallow recovery that the pair's statements describe."""
    peak = 1.25e9 * math.exp(-(((year - 2010) / 5.5) ** 2))
    return 0.06e9 * 1.06 ** (year - 1996) + peak + 0.12e9 * max(year - 2019, 0) ** 0.5


def baseline() -> Figure:
    spans = {"pooled": (0.82, 1.22, 1.0), "KAZ": (0.9, 1.12, 1.12), "IRN": (0.7, 1.35, 0.72)}
    series = [
        (year, name, turnover(year) * at * low, turnover(year) * at, turnover(year) * at * high)
        for name, (low, high, at) in spans.items()
        for year in range(1996, 2026)
    ]
    groups = (("KAZ", 1.1), ("IRN", 0.7), ("EEC", 1.05), ("Comtrade panel", 0.97))
    statements = [
        (year + (0.25 if year % 6 == 0 else 0.0), name, turnover(year) * at * (0.8 + 0.09 * (year * i % 5)),
         f"tu{i}{year}", "no" if (year + i) % 7 == 0 else "yes")
        for i, (name, at) in enumerate(groups, 1)
        for year in range(1998 + i, 2026, 1 + i // 2)
    ]  # fmt: skip
    return figure(
        "baseline",
        {
            "series": table("series", "year series q10 q50 q90", series),
            "statements": table("statements", "year group value_usd id used", statements),
        },
    )


def fan() -> Figure:
    history = [(year, turnover(year)) for year in range(2010, 2026)]
    paths = [
        (year, name, *(turnover(2025) * math.exp(drift * (year - 2025) + z * spread * (year - 2025) ** 0.5)
                       for z in (-1.28, -0.67, 0.0, 0.67, 1.28)))
        for name, drift, spread in (("business as usual", 0.03, 0.16), ("plan", 0.13, 0.18))
        for year in range(2026, 2031)
    ]  # fmt: skip
    return figure(
        "fan",
        {
            "history": table("history", "year q50", history),
            "paths": table("paths", "year scenario q10 q25 q50 q75 q90", paths),
            "target": table("target", "year usd label", [(2030, 3e9, "Target: USD 3.0 bn in 2030")]),
        },
    )


def waterfall() -> Figure:
    bars = [
        ("Business as usual in 2030", 340e6, 590e6, 960e6, "start"),
        *((name, low, middle, high, "part") for name, low, middle, high in MEASURES),
        ("Plan in 2030", 560e6, 974e6, 1.7e9, "end"),
    ]
    return figure("waterfall", {"bars": table("bars", "label q10 q50 q90 kind", bars)})


def gap() -> Figure:
    bars = [
        ("Kazakhstan's figure for 2022", 528.1e6, None, None, "start"),
        ("Freight and insurance (imports delivered, exports free on board)", 24e6, 12e6, 38e6, "part"),
        ("Persistent bias of the reporters", -190e6, -250e6, -120e6, "part"),
        ("Deviation of the year", -42.1e6, -110e6, 30e6, "part"),
        ("Iran's figure for 2022", 320e6, None, None, "end"),
    ]  # fmt: skip
    return figure("gap", {"bars": table("bars", "label value low high kind", bars)})


def potential() -> Figure:
    rows = [(p, "Kazakhstan to Iran", *v) for p, *v in PRODUCTS] + [
        (p, "Iran to Kazakhstan", *v) for p, *v in RETURN
    ]
    return figure("potential", {"products": table("products", "product direction realised unrealised", rows)})


def frontier() -> Figure:
    rows, cost = [(0, 0.0, 0.001, "No measure: business as usual", 590e6)], 0.0
    for n, (name, _, middle, _) in enumerate(MEASURES[:-1], 1):
        cost += n * 1.7
        rows.append((n, cost, 0.004 * n * n / 3, f"+ {name}", 590e6 + middle * n / 2))
    return figure("frontier", {"points": table("points", "measures cost_usd_m probability label q50", rows)})


def regimes() -> Figure:
    rows = [
        (name, threshold, p * scale, p * scale * 0.4, min(1.0, p * scale * 1.9))
        for name, scale in (("As in the last year", 1.0), ("Sanctions tightened", 0.45),
                            ("Conflict with Gulf shipping stopped", 0.3), ("Relief of sanctions", 1.5))
        for threshold, p in ((1e9, 0.38), (2e9, 0.06), (3e9, 0.008))
    ]  # fmt: skip
    return figure("regimes", {"points": table("points", "regime threshold_usd probability low high", rows)})


def announced() -> Figure:
    shares = [("up to 5", 6, 4 / 6, 0.41, 0.85), ("5 to 10", 9, 5 / 9, 0.36, 0.74),
              ("10 to 20", 21, 5 / 21, 0.14, 0.37), ("20 to 30", 14, 1 / 14, 0.02, 0.21),
              ("over 30", 5, 0.0, 0.0, 0.25), ("not known", 0, 0.5, 0.0, 1.0)]  # fmt: skip
    return figure(
        "announced",
        {
            "shares": table("shares", "bucket n share low high", shares),
            "here": table("here", "growth_needed bucket", [(38.4, "over 30")]),
        },
    )


def position() -> Figure:
    paths = [
        (f"{year}-{month:02d}", rule, -60e6 * scale * t, 9e6 * scale * t * math.sin(t), 110e6 * scale * t)
        for rule, scale in (("Nothing settled, all measures", 0.3), ("Excess settled at each close", 0.02))
        for t, (year, month) in enumerate(((y, m) for y in range(2028, 2032) for m in range(1, 13)), 1)
    ]
    return figure(
        "position",
        {"paths": table("paths", "month rule q10 q50 q90", paths)},
        above="Iran owes Kazakhstan",
        below="Kazakhstan owes Iran",
    )


SAMPLES = {
    f.kind: f
    for f in (
        baseline(), fan(), waterfall(), gap(), potential(), frontier(), regimes(), announced(), position(),
        test_report_maps.sample(), test_report_routes.distance("time_distance"),
        test_report_routes.distance("cost_distance"), test_report_routes.disruption(),
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return {kind: draw(sample) for kind, sample in SAMPLES.items()}


def texts(svg: str) -> list[str]:
    return [
        element.text or ""
        for element in ElementTree.fromstring(svg).iter()
        if element.tag.endswith(("text", "tspan"))
    ]


def test_every_kind_has_a_sample():
    assert SAMPLES.keys() == COLUMNS.keys()


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_kind_is_valid_vega_lite(kind):
    import altair

    altair.Chart.from_dict(specification(SAMPLES[kind]))


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_kind_is_one_described_image_of_the_common_width(drawn, kind):
    root = ElementTree.fromstring(drawn[kind])
    assert root.tag == f"{SVG}svg"
    assert float(root.attrib["width"]) == pytest.approx(style.WIDTH, abs=1)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == f"{kind}-title {kind}-desc"
    assert root.findtext(f"{SVG}title") == f"Title of {kind}"
    assert root.findtext(f"{SVG}desc") == "What is seen. Unit: USD."


@pytest.mark.parametrize("kind", COLUMNS)
def test_nothing_is_fetched_and_ids_belong_to_the_figure(drawn, kind):
    addresses = set(re.findall(r"https?://[^\"']+", drawn[kind]))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert all(name.startswith(f"{kind}-") for name in re.findall(r'\bid="([^"]+)"', drawn[kind]))


@pytest.mark.parametrize("kind", COLUMNS)
def test_text_is_at_least_eleven_px_and_stays_in_the_frame(drawn, kind):
    sizes = {float(size) for size in re.findall(r'font-size="([\d.]+)px"', drawn[kind])}
    assert sizes
    assert min(sizes) >= 11
    height = float(ElementTree.fromstring(drawn[kind]).attrib["height"])
    for x, y, anchor, text in placed(drawn[kind]):
        width = 0.5 * style.FONT_SIZE * len(text)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
        assert left > -6, text
        assert left + width < style.WIDTH + 6, text
        assert 0 < y <= height, text


def placed(svg: str) -> list[tuple[float, float, str, str]]:
    """Absolute place, anchor and longest line of every text: the sum of the transforms above it."""
    out = []

    def walk(element: ElementTree.Element, x: float, y: float) -> None:
        for dx, dy in re.findall(r"translate\(([-\d.]+),([-\d.]+)\)", element.get("transform", "")):
            x, y = x + float(dx), y + float(dy)
        if element.tag == f"{SVG}text" and element.get("opacity") != "0":
            lines = [element.text or "", *(child.text or "" for child in element)]
            out.append((x, y, element.get("text-anchor", "start"), max(lines, key=len)))
        for child in element:
            walk(child, x, y)

    walk(ElementTree.fromstring(svg), 0.0, 0.0)
    return out


@pytest.mark.parametrize("kind", COLUMNS)
def test_no_rows_and_no_numbers_draw_nothing(kind):
    sample = SAMPLES[kind]
    assert draw(changed(sample, lambda rows: ())) == ""
    blank = changed(
        sample, lambda rows: [[math.nan if isinstance(v, float) else v for v in row] for row in rows]
    )
    assert draw(blank) == ""


@pytest.mark.parametrize("kind", COLUMNS)
def test_holes_in_the_data_are_drawn_around(kind):
    def holed(i: int, row: tuple[Any, ...]) -> list[Any]:
        return [None if isinstance(v, float) and (i + j) % 4 == 0 else v for j, v in enumerate(row)]

    svg = draw(changed(SAMPLES[kind], lambda rows: [holed(i, row) for i, row in enumerate(rows)]))
    assert svg
    assert not re.search("NaN|undefined|null", svg)


def changed(sample: Figure, change: Callable[[Rows], Iterable[Iterable[Any]]]) -> Figure:
    data = {
        role: Table(t.name, t.columns, tuple(map(tuple, change(t.rows)))) for role, t in sample.data.items()
    }
    return figure(sample.kind, data)


def test_a_position_has_both_sides_of_zero_and_says_which_is_which(drawn):
    words = texts(drawn["position"])
    assert {"Iran owes Kazakhstan", "Kazakhstan owes Iran", "0"} <= set(words)
    assert any(word.startswith("−") for word in words)
    ticks = style.linear_ticks(95.0, -30.0)
    assert 0.0 in ticks
    assert ticks[0] <= -30 < 95 <= ticks[-1]


def test_altair_is_loaded_by_the_first_drawing_only():
    code = (
        "import sys, tarazu.report.figures, tarazu.report.pages\n"
        "print({'altair', 'vl_convert', 'jinja2'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_hostile_labels_are_escaped():
    bars = [('<script>alert("1")</script> & "so on"', 1e6, 2e6, 3e6, "start")]
    svg = draw(figure("waterfall", {"bars": table("bars", "label q10 q50 q90 kind", bars)}))
    assert "<script" not in svg
    assert any("<script>" in text for text in texts(svg))


@pytest.mark.parametrize("bars", [1, 40])
def test_one_bar_and_forty_bars_fit(bars):
    rows = [
        (f"A measure with quite a long name, number {i}", 1e6, 2e6 * i, 9e6 * i, "part")
        for i in range(1, bars + 1)
    ]
    svg = draw(figure("waterfall", {"bars": table("bars", "label q10 q50 q90 kind", rows)}))
    assert sum("number" in text for text in texts(svg)) == bars


def test_very_long_labels_are_cut_to_two_lines():
    label = "Recognition of certificates " * 12
    svg = draw(
        figure(
            "waterfall", {"bars": table("bars", "label q10 q50 q90 kind", [(label, 1e6, 2e6, 3e6, "part")])}
        )
    )
    assert [text for text in texts(svg) if text.endswith("…")]


def test_waterfall_parts_start_where_the_bar_above_ends():
    bars = [
        ("a", 80.0, 100.0, 120.0, "start"),
        ("b", 5.0, 30.0, 50.0, "part"),
        ("c", -9.0, -4.0, 0.0, "part"),
    ]
    described = specification(figure("waterfall", {"bars": table("bars", "label q10 q50 q90 kind", bars)}))
    drawn = {
        row["row"]: (row["x"], row["x2"])
        for rows in described["datasets"].values()
        for row in rows
        if "y2" in row and "x2" in row
    }
    assert drawn == {0: (0.0, 100.0), 1: (100.0, 130.0), 2: (130.0, 126.0)}
    whiskers = {
        row["row"]: (row["x"], row["x2"])
        for rows in described["datasets"].values()
        for row in rows
        if "x2" in row and "y2" not in row
    }
    assert whiskers == {0: (80.0, 120.0), 1: (105.0, 150.0), 2: (121.0, 126.0 + 4.0)}


def test_statement_of_a_whole_year_stands_above_its_year():
    data = {
        "series": table("series", "year series q10 q50 q90", [(2022, "pooled", 3e8, 4e8, 5e8)]),
        "statements": table(
            "statements", "year group value_usd id used", [(2022.0, "KAZ", 5.28e8, "tu1", "yes")]
        ),
    }
    rows = [row for rows in specification(figure("baseline", data))["datasets"].values() for row in rows]
    assert {row["year"] for row in rows if row.get("usd") in (4e8, 5.28e8)} == {2022}


def test_growth_needed_is_constant_and_ends_at_the_target():
    described = specification(SAMPLES["fan"])
    found = [rows for rows in described["datasets"].values() if len(rows) == 6 and "usd" in rows[-1]]
    path = next(rows for rows in found if rows[-1]["usd"] == pytest.approx(3e9))
    rates = [b["usd"] / a["usd"] for a, b in pairwise(path)]
    assert rates == pytest.approx([rates[0]] * 5)
    assert path[0]["usd"] == pytest.approx(turnover(2025))


def test_frontier_is_ordered_by_number_and_else_by_cost():
    columns = "measures cost_usd_m probability label q50"
    rows = [(2, 9.0, 0.05, "both", 7e8), (1, None, 0.02, "one", 6e8)]
    counted = draw(figure("frontier", {"points": table("points", columns, rows)}))
    assert [text for text in texts(counted) if ":" in text] == ["1: one", "2: both"]
    assert {"cost, USD", "9 m", "unknown"} <= set(texts(counted))
    uncounted = [(None, 9.0, 0.05, "dear", 7e8), (None, 1.0, 0.02, "cheap", 6e8)]
    costed = draw(figure("frontier", {"points": table("points", columns, uncounted)}))
    assert [text for text in texts(costed) if text in ("dear", "cheap")] == ["cheap", "dear"]


def test_unknown_kind_and_missing_columns_say_what_was_expected():
    with pytest.raises(ShapeError, match="waterfall"):
        draw(figure("pie", {}))
    with pytest.raises(ShapeError, match="bars"):
        draw(figure("waterfall", {}))
    with pytest.raises(ShapeError, match="q90"):
        draw(figure("waterfall", {"bars": table("bars", "label q10 q50 kind", [])}))


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (528e6, "528 m"),
        (3e9, "3 bn"),
        (-43.2e6, "−43.2 m"),
        (None, "unknown"),
        (math.nan, "unknown"),
        (0.0, "0"),
    ],
)
def test_amounts_leave_the_currency_to_the_axis(usd, text):
    assert style.amount(usd) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (12e6, 90e6, "12–90 m"),
        (560e6, 1.7e9, "0.56–1.70 bn"),
        (7.02e6, 307e6, "7–307 m"),
        (-29.7e6, -6.65e6, "−29.7 to −6.7 m"),
        (-4e6, 4e7, "−4 to 40 m"),
        (0.0, 1e3, "0–1 k"),
        (0.0, 0.0, "0"),
        (None, 1e6, ""),
    ],
)
def test_both_ends_of_an_interval_are_in_one_magnitude(low, high, text):
    assert style.interval(low, high) == text


def test_chances_never_claim_the_ends():
    assert (style.chance(0.0), style.chance(1.0), style.chance(0.124)) == ("<1%", ">99%", "12%")
    assert style.chances(0.0, 0.001) == "<1%"
    assert style.chances(0.23, 1.0) == "23% to >99%"


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=12), st.floats(1, 60))
def test_spread_keeps_order_and_distance_and_moves_nothing_without_need(positions, gap):
    moved = style.spread(positions, gap)
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    steps = [moved[b] - moved[a] for a, b in pairwise(order)]
    assert all(step >= gap - 1e-6 for step in steps)
    wanted = [positions[b] - positions[a] for a, b in pairwise(order)]
    if all(step >= gap for step in wanted):
        assert moved == pytest.approx(positions)
    assert sum(moved) == pytest.approx(sum(positions), abs=1e-6)


@given(st.floats(1e3, 1e12), st.floats(1.0, 1e4))
def test_ticks_enclose_what_they_measure(low, ratio):
    ticks = style.log_ticks(low, low * ratio)
    assert ticks == sorted(set(ticks))
    assert ticks[0] <= low * (1 + 1e-6)
    assert ticks[-1] >= low * ratio * (1 - 1e-6)
    linear = style.linear_ticks(low)
    assert linear[0] == 0
    assert linear[-1] >= low * (1 - 1e-6)
    assert len(linear) <= 8
