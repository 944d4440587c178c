"""Figures: every kind draws its own data, fits its frame, and fails in words."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Any

import pytest

from tarazu.core.errors import ShapeError
from tarazu.core.table import Column, Table
from tarazu.report import style
from tarazu.report.document import Figure
from tarazu.report.figures import COLUMNS, draw

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
    ("Polymers of ethylene, in primary forms", 9e6, 54e6), ("Carpets", 2e6, 5e6), ("Apples and kiwi fruit", 14e6, 16e6),
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
        (year + (0.25 if year % 6 == 0 else 0.5), name, turnover(year) * at * (0.8 + 0.09 * (year * i % 5)),
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
        ("Freight and insurance (Iran's imports delivered, Kazakhstan's exports free on board)", 24e6, 12e6, 38e6, "part"),
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
    shares = [("up to 5% a year", 6, 4 / 6, 0.41, 0.85), ("5 to 10%", 9, 5 / 9, 0.36, 0.74),
              ("10 to 20%", 21, 5 / 21, 0.14, 0.37), ("20 to 30%", 14, 1 / 14, 0.02, 0.21),
              ("over 30%", 5, 0.0, 0.0, 0.25), ("not known", 0, 0.5, 0.0, 1.0)]  # fmt: skip
    return figure(
        "announced",
        {
            "shares": table("shares", "bucket n share low high", shares),
            "here": table("here", "growth_needed bucket", [(38.4, "over 30%")]),
        },
    )


SAMPLES = {f.kind: f for f in (baseline(), fan(), waterfall(), gap(), potential(), frontier(), regimes(), announced())}
