"""The data of the report's pictures: which columns of the plan go where. Drawing is `tarazu.report`'s."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from tarazu.core.amounts import format_amount
from tarazu.core.table import Column, Table
from tarazu.planning.turnover import usual_turnover
from tarazu.report.document import Figure
from tarazu.trade.statements import POOLED

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan

USD_TODAY = "current US dollars"


def statements_picture(plan: Plan) -> Figure:
    """Baseline against every statement, by who made it."""
    series = [row for row in plan.baseline.table if row["direction"] == "both"]
    names = _series_names(plan)
    bands = Table.build(
        "baseline_series",
        _columns("year", "series", "q10", "q50", "q90"),
        ({**row, "series": names.get(row["series"], row["series"])} for row in series),
    )
    points = Table.build(
        "baseline_statements", _columns("year", "group", "value_usd", "id", "used"), _statement_points(plan)
    )
    return Figure(
        id="baseline",
        kind="baseline",
        title="Where trade stands, and who says so",
        caption="Lines are medians and bands 80% intervals of the pooled and of each country's own series; "
        "points are full-year "
        "statements of the whole turnover, hollow where a row is not counted.",
        unit=USD_TODAY,
        source="turnover.csv of the dossier; own pooling",
        data={"series": bands, "statements": points},
    )


def _statement_points(plan: Plan) -> list[dict[str, Any]]:
    rows = {row["id"]: row for row in plan.dossier.tables["turnover"]} if plan.dossier else {}
    left_out = {row["id"]: row["left_out"] for row in plan.baseline.statements}
    names = _series_names(plan)
    points = []
    for identity, row in rows.items():
        group = row["reporter_group"]
        sides = (row["home_to_partner_usd_m"], row["partner_to_home_usd_m"])
        total = row["turnover_usd_m"] or (sum(sides) if None not in sides else None)
        start, end = row["period_start"], row["period_end"]
        if not total or start is None or not 330 <= (end - start).days <= 380:
            continue
        if row["scope"] not in ("all goods", "non-oil goods"):
            continue
        middle = date.fromordinal((start.toordinal() + end.toordinal()) // 2)
        points.append(
            {
                # a calendar year is drawn at its own number, a Solar Hijri year a quarter later
                "year": middle.year + (middle.timetuple().tm_yday - 183) / 365,
                "group": names.get(group, group) + (", non-oil" if row["scope"] != "all goods" else ""),
                "value_usd": total * 1e6,
                "id": identity,
                "used": "no" if left_out.get(identity) else "yes",
            }
        )
    return points


def gap_picture(plan: Plan) -> Figure | None:
    """From one country's figure to the other's, for the year in which both are customs or official figures."""
    years = [row["year"] for row in plan.baseline.gap]
    if not years:
        return None
    rows = [row for row in plan.baseline.gap if row["year"] == max(years)]
    head = rows[0]
    home, partner = plan.home.name(), plan.partner.name()
    bars = [{"label": f"{home} says ({head['home_id']})", "value": head["home_usd"], "kind": "start"}]
    words = {
        "valuation": "CIF against FOB",
        "calendar": "calendar of the year",
        "scope": "goods left out",
        "residual": "origin, re-exports, error",
    }
    bars += [
        {"label": words[r["part"]], "value": -r["q50"], "low": -r["q90"], "high": -r["q10"], "kind": "part"}
        for r in rows
        if r["part"] in words
    ]
    bars.append(
        {"label": f"{partner} says ({head['partner_id']})", "value": head["partner_usd"], "kind": "end"}
    )
    return Figure(
        id="gap",
        kind="gap",
        title=f"Two reports of {head['year']}",
        caption="What separates the two figures. The last part cannot be taken apart with these statements.",
        unit=USD_TODAY,
        source=f"turnover.csv: {head['home_id']}, {head['partner_id']}; own decomposition",
        data={"bars": Table.build("gap_bars", _columns("label", "value", "low", "high", "kind"), bars)},
    )


def fan_picture(plan: Plan) -> Figure:
    """Business as usual and plan against the target."""
    q = plan.question
    history = [
        {"year": row["year"], "q50": row["q50"]}
        for row in plan.baseline.table
        if row["series"] == q.series and row["direction"] == "both" and row["year"] >= plan.base_year - 12
    ]
    paths = []
    for scenario, key in (("business as usual", "usual"), ("all measures carried out", "plan")):
        if scenario != "business as usual" and not plan.given.measures:
            continue
        base = {f"q{level}": history[-1]["q50"] for level in (10, 25, 50, 75, 90)}
        paths.append({"year": plan.base_year, "scenario": scenario, **base})
        for row in plan.path:
            if row["year"] > q.by:
                continue
            levels = {f"q{level}": row[f"{key}_q{level}"] for level in (10, 25, 50, 75, 90)}
            paths.append({"year": row["year"], "scenario": scenario, **levels})
    target = [{"year": q.by, "usd": q.target_usd, "label": f"target {format_amount(q.target_usd)}"}]
    return Figure(
        id="path",
        kind="fan",
        title=f"The way to {format_amount(q.target_usd)}",
        caption=f"Turnover in the series {_series_words(plan)}: medians, half of all draws (dark) and 80% "
        "of them (light), "
        f"against the {plan.needed_growth_percent:.0f}% a year that the target needs.",
        unit=USD_TODAY,
        source="own simulation; growth_quantiles.csv; measures.csv",
        data={
            "history": Table.build("path_history", _columns("year", "q50"), history),
            "paths": Table.build(
                "path_scenarios", _columns("year", "scenario", "q10", "q25", "q50", "q75", "q90"), paths
            ),
            "target": Table.build("path_target", _columns("year", "usd", "label"), target),
        },
    )


def waterfall_picture(plan: Plan) -> Figure | None:
    """What each measure adds between business as usual and plan."""
    if not plan.given.measures:
        return None
    s, q = plan.simulation, plan.question
    usual = usual_turnover(s.first, s.years.index(q.by), q.series, q.regime)
    bars = [_bar("business as usual", usual, "start")]
    bars += [
        {"label": row["name"], "q10": row["q10"], "q50": row["mean"], "q90": row["q90"], "kind": "part"}
        for row in plan.attribution
        if row["mean"] is not None
    ]
    bars.append(_bar("plan", s.attribution.with_all, "end"))
    return Figure(
        id="measures",
        kind="waterfall",
        title=f"What each measure adds in {q.by}",
        caption="Bars are means, which add up; whiskers are 80% intervals of each part, which do not. "
        f"On the first {s.first.n:,} draws.",
        unit=USD_TODAY,
        source="measures.csv, measure_effects.csv; own simulation",
        data={"bars": Table.build("waterfall", _columns("label", "q10", "q50", "q90", "kind"), bars)},
    )


def _bar(label: str, values: Any, kind: str) -> dict[str, Any]:
    q10, q90 = np.quantile(values, (0.1, 0.9)).tolist()
    return {"label": label, "q10": q10, "q50": float(values.mean()), "q90": q90, "kind": kind}


def potential_picture(plan: Plan) -> Figure | None:
    """Realised and unrealised trade by product."""
    rows = [
        {
            "product": row["product"],
            "direction": row["direction"],
            "realised": row["realised_q50"],
            "unrealised": max(0.0, row["unrealised_q50"]),
        }
        for row in plan.products
        if row["potential_q50"] is not None
    ]
    if not rows:
        return None
    return Figure(
        id="potential",
        kind="potential",
        title="What is traded and what could be",
        caption=f"Medians for {plan.base_year}. Potential is the smaller of the exporter's supply and the "
        "importer's demand, times "
        "the share attainable in that market. Products without figures on both sides are not shown.",
        unit=f"{USD_TODAY} a year",
        source="products.csv, markets.csv; own assessment",
        data={
            "products": Table.build(
                "potential_bars", _columns("product", "direction", "realised", "unrealised"), rows
            )
        },
    )


def frontier_picture(plan: Plan) -> Figure | None:
    """Probability by number of measures."""
    rows = [row for row in plan.frontier if row["by"] == "number"]
    if len(rows) < 2:
        return None
    best: set[str] = set()
    points = []
    for row in rows:
        bundle = [item for item in row["bundle"].split("; ") if item]
        added = [item for item in bundle if item not in best]
        best = set(bundle)
        label = "none" if not bundle else " + ".join(added)
        points.append(
            {
                "measures": row["measures"],
                "cost_usd_m": None if row["unknown_costs"] else row["cost_q50"],
                "probability": row["probability_fresh"],
                "label": label,
                "q50": row["turnover_q50"],
            }
        )
    return Figure(
        id="frontier",
        kind="frontier",
        title="How far the best bundle of a given size gets",
        caption="Best bundle of each size, scored on fresh draws. A cost is unknown as soon as one measure's is.",
        unit=f"chance of {format_amount(plan.question.target_usd)} in {plan.question.by}; median turnover",
        source="own simulation",
        data={
            "points": Table.build(
                "frontier_points", _columns("measures", "cost_usd_m", "probability", "label", "q50"), points
            )
        },
    )


def regimes_picture(plan: Plan) -> Figure | None:
    """Chance of every threshold by regime."""
    q = plan.question
    if len(plan.given.regimes) < 2:
        return None
    titles = {regime.id: regime.title for regime in plan.given.regimes}
    points = [
        {
            "regime": titles[row["regime"]],
            "threshold_usd": row["threshold_usd"],
            "probability": row["p"],
            "low": min(row["p"], row["p_business_as_usual"]),
            "high": max(row["p"], row["p_business_as_usual"]),
        }
        for row in plan.table
        if row["year"] == q.by and row["series"] == q.series
    ]
    return Figure(
        id="regimes",
        kind="regimes",
        title="Under other circumstances",
        caption=f"Chance of each threshold in {q.by} with all measures (point) and down or up to the chance "
        "with none (line), by regime. "
        "The sizes of regimes are judgement, and no regime is given a probability.",
        unit="share of draws",
        source="regimes.toml; own simulation",
        data={
            "points": Table.build(
                "regime_points", _columns("regime", "threshold_usd", "probability", "low", "high"), points
            )
        },
    )


def announced_picture(plan: Plan) -> Figure:
    """Announced targets met on time by the growth they needed, and where this one stands."""
    rows = [
        {
            "bucket": row["growth_needed"],
            "n": row["n"],
            "share": row["share"],
            "low": row["share_q10"],
            "high": row["share_q90"],
        }
        for row in plan.announced.table
    ]
    here = [{"growth_needed": plan.needed_growth_percent, "bucket": _bucket(plan, rows)}]
    return Figure(
        id="announced",
        kind="announced",
        title="How announced targets fared",
        caption="Share met on time by the growth a year they needed, with 80% intervals and the number of "
        "targets. Successes are "
        "announced more loudly than failures, and rows of one pair are not independent.",
        unit="share met on time",
        source="announced_targets.csv (own collection)",
        data={
            "shares": Table.build("announced_shares", _columns("bucket", "n", "share", "low", "high"), rows),
            "here": Table.build("announced_here", _columns("growth_needed", "bucket"), here),
        },
    )


def _bucket(plan: Plan, rows: Sequence[dict[str, Any]]) -> str:
    """The row this pair stands in: rows ascend by growth, the last but two being the fastest."""
    needed = plan.needed_growth_percent
    place = sum(needed >= bound for bound in (10, 20, 30))
    return str(rows[place]["bucket"])


def _series_words(plan: Plan) -> str:
    series = plan.question.series
    return "pooled from all reporters" if series == POOLED else f"of {_series_names(plan)[series]}"


def _series_names(plan: Plan) -> dict[str, str]:
    return {POOLED: "pooled", plan.home.alpha3: plan.home.name(), plan.partner.alpha3: plan.partner.name()}


UNITS = {
    "USD": ("q10", "q25", "q50", "q75", "q90", "value", "low", "high", "usd", "value_usd", "threshold_usd"),
    "USD a year": ("realised", "unrealised"),
    "share": ("probability", "share"),
    "USD m": ("cost_usd_m",),
    "percent a year": ("growth_needed",),
}


def _columns(*names: str) -> tuple[Column, ...]:
    """Columns with their units; low and high follow the quantity they belong to."""
    units = {name: unit for unit, members in UNITS.items() for name in members}
    if "probability" in names or "share" in names:
        units |= {"low": "share", "high": "share"}
    return tuple(Column(name, units.get(name, "")) for name in names)
