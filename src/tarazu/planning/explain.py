"""How a figure came about, down to the rows it rests on.

Figures are named by dots: ``baseline.2022``, ``baseline.2022.KAZ->IRN.pooled``, ``statement.tu038``,
``gap.2022.scope``, ``usual.2030``, ``probability``, ``measure.fta``, ``effect.fta-01``, ``product.ID``,
``frontier.number.3``, ``back-solve.50``, ``path.2027``, ``parameter.pooling.step_sd``,
``chance.1e+09.2030.pooled.as-last-year``, ``sensitivity.2023``, ``bias.KAZ.KAZ->IRN``, ``announced.over 20``,
``reference-class``, ``clearing.netted.2030``, ``clearing.residual.2030``, ``clearing.swing.80``.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import UnknownFigureError
from tarazu.core.parameters import all_parameters, bundled_text
from tarazu.core.source import Lineage, Method
from tarazu.core.table import is_missing, json_value
from tarazu.planning.network_measures import PLACED
from tarazu.register.reading import FOLDER
from tarazu.register.views import sources

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan

POOLING = Method(
    "Posterior of a random walk with reporter biases, yearly deviations and Student-t noise, pooled from "
    "every usable "
    "statement; quantiles of draws.",
    "docs/method.md, Baseline",
)
RESPONSE = Method(
    "Change of delivery cost through exact hat algebra in the product's market, capped by supply and "
    "demand; Shapley "
    "value over the measures that touch each product, summed over products.",
    "Dekle, Eaton & Kortum (2008), IMF Staff Papers 55; Shapley (1953)",
)
CHANCE = Method(
    "Share of draws in which the turnover of the calendar year is at least the threshold, current US "
    "dollars.",
    "docs/method.md, Probability",
)


def explain(plan: Plan, figure: str) -> Lineage:
    """Lineage of a figure.

    Raises
    ------
    UnknownFigureError
        If there is no such figure; the message names the nearest ones.
    """
    head, _, rest = figure.strip().partition(".")
    teller = _TELLERS.get(head)
    found = teller(plan, rest) if teller else None
    if found is None:
        near = difflib.get_close_matches(figure, figures(plan), n=4, cutoff=0.3)
        raise UnknownFigureError(
            f'There is no figure "{figure}". Nearest: {", ".join(near) or ", ".join(sorted(_TELLERS))}. '
            f"Kinds: {', '.join(sorted(_TELLERS))}."
        )
    return found


def figures(plan: Plan) -> list[str]:
    """Names of every figure that can be explained."""
    grid = plan.baseline.grid
    names = ["probability", *(f"baseline.{y}" for y in range(grid.first_year, grid.last_year + 1))]
    names += [f"{kind}.{year}" for kind in ("usual", "path") for year in plan.given.years]
    names += [f"statement.{row}" for row in dict.fromkeys(plan.baseline.statements.column("id"))]
    names += [f"measure.{m.id}" for m in plan.given.measures]
    names += [f"effect.{e.id}" for m in plan.given.measures for e in m.effects]
    names += [f"product.{line.id}" for line in plan.simulation.first.lines]
    names += [f"gap.{row['year']}.{row['part']}" for row in plan.baseline.gap]
    names += [lineage.figure for lineage in plan.settlement.lineage]
    names += [lineage.figure for lineage in plan.transport.lineage] if plan.transport else []
    names += ["back-solve.50", "back-solve.80", "reference-class"]
    tables = (
        plan.frontier,
        plan.table,
        plan.baseline.sensitivity,
        plan.baseline.biases,
        plan.announced.table,
    )
    names += list(dict.fromkeys(TRACES[table.name](row, plan) for table in tables for row in table))
    return names + [f"parameter.{p.id}" for p in all_parameters()]


def _baseline(plan: Plan, rest: str) -> Lineage | None:
    year, _, more = rest.partition(".")
    direction, _, series = more.partition(".")
    direction, series = direction or "both", series or plan.question.series
    row = _find(plan.baseline.table, year=_whole(year), direction=direction, series=series)
    if row is None:
        return None
    own = [f"baseline.{year}.{direction}.{name}" for name in plan.baseline.series if name != series]
    return Lineage(
        figure=f"baseline.{year}.{direction}.{series}",
        method=POOLING,
        inputs=(*own, "parameter.pooling.step_sd", "parameter.pooling.reporter_bias_sd"),
        rows=tuple(_place(plan, i) for i in plan.baseline.rows_for(int(year))),
        values=_quantiles(row),
    )


def _statement(plan: Plan, rest: str) -> Lineage | None:
    rows = [row for row in plan.baseline.statements if row["id"] == rest]
    if not rows:
        return None
    values: dict[str, Any] = {}
    for row in rows:
        tag = "" if len(rows) == 1 else f" {row['direction']}"
        values |= {
            f"{key}{tag}": value for key, value in row.items() if not is_missing(value) and value != ""
        }
    return Lineage(
        f"statement.{rest}",
        Method("A row of the turnover table, as its source states it."),
        (),
        (_place(plan, rest),),
        values,
    )


def _gap(plan: Plan, rest: str) -> Lineage | None:
    year, _, part = rest.partition(".")
    row = _find(plan.baseline.gap, year=_whole(year), part=part or "gap")
    if row is None:
        return None
    method = Method(
        "Stated figure of the home country less that of the partner, taken apart on the pooled flows: CIF "
        "against FOB, "
        "the calendars of the two spans, the narrower scope; the residual holds origin, re-exports and "
        "error.",
        "docs/method.md, Mirror gap",
    )
    rows = tuple(_place(plan, row[key]) for key in ("home_id", "partner_id"))
    inputs = ("parameter.pooling.valuation_bias", "parameter.pooling.scope_bias")
    return Lineage(f"gap.{year}.{row['part']}", method, inputs, rows, _quantiles(row))


def _usual(plan: Plan, rest: str) -> Lineage | None:
    row = _find(plan.path, year=_whole(rest))
    if row is None:
        return None
    method = Method(
        "Base-year draws times the growth of pairs of like size, trend and distance from their peak, its "
        "centre pulled "
        "toward the growth of the two economies.",
        "docs/forecast-backtest.md; growth_quantiles.csv",
    )
    values = {key: row[key] for key in ("usual_q10", "usual_q50", "usual_q90")}
    inputs = (
        f"baseline.{plan.base_year}",
        "parameter.forecast.gdp_weight",
        "parameter.forecast.income_elasticity",
    )
    return Lineage(f"usual.{rest}", method, inputs, ("growth_quantiles.csv", *plan.prepared.gdp_rows), values)


def _path(plan: Plan, rest: str) -> Lineage | None:
    row = _find(plan.path, year=_whole(rest))
    if row is None:
        return None
    method = Method(
        "Business as usual of every draw, answered by all measures at their phase of that year.",
        "docs/method.md",
    )
    inputs = (f"usual.{rest}", *(f"measure.{m.id}" for m in plan.given.measures))
    return Lineage(f"path.{rest}", method, inputs, (), {k: v for k, v in row.items() if not is_missing(v)})


def _probability(plan: Plan, rest: str) -> Lineage | None:
    if rest:
        return None
    q = plan.question
    values: dict[str, float | str] = {
        "target_usd": q.target_usd, "by": q.by, "series": q.series, "regime": q.regime,
        "draws": q.draws, "seed": q.seed,
    }  # fmt: skip
    inputs = (f"usual.{q.by}", *(f"measure.{m.id}" for m in plan.given.measures))
    return Lineage("probability", CHANCE, inputs, (), values | dict(plan.probability_variants))


def _measure(plan: Plan, rest: str) -> Lineage | None:
    row = _find(plan.attribution, id=rest)
    if row is None:
        return None
    measure = next(m for m in plan.given.measures if m.id == rest)
    inputs = tuple(f"effect.{e.id}" for e in measure.effects)
    rows = (f"measures.csv:{rest}", *(f"register:{c}" for c in measure.commitments))
    return Lineage(
        f"measure.{rest}", RESPONSE, inputs, rows, {k: v for k, v in row.items() if not is_missing(v)}
    )


def _effect(plan: Plan, rest: str) -> Lineage | None:
    found = [e for m in plan.given.measures for e in m.effects if e.id == rest]
    if not found:
        return None
    e = found[0]
    values: dict[str, float | str] = {
        "measure": e.measure, "direction": e.direction, "products": e.products, "channel": e.channel.value,
        "q10": e.size.q10, "q50": e.size.q50, "q90": e.size.q90, "basis": e.basis.value, "note": e.note,
    }  # fmt: skip
    if e.before is not None:
        values["before"] = e.before
    rows = (f"measure_effects.csv:{rest}", *(_evidence(item) for item in e.evidence))
    judged = Method("A size with its evidence, as the dossier gives it.")
    method = PLACED if rest in plan.placed.rows else judged
    return Lineage(f"effect.{rest}", method, (), (*rows, *plan.placed.rows.get(rest, ())), values)


def _product(plan: Plan, rest: str) -> Lineage | None:
    row = _find(plan.products, id=rest)
    if row is None:
        return None
    line = next((x for a in plan.prepared.assessments or () for x in a.lines if x.id == rest), None)
    rows: tuple[str, ...] = ()
    if line is not None:
        parts = (line.realised, line.supply, line.demand, line.unit_value, line.own_share, line.attainable)
        rows = tuple(dict.fromkeys((*(r for part in parts for r in part.rows), *line.rivals.rows)))
    method = Method(
        "Realised flow from value, or tonnes times unit value, scaled to the posterior total of the "
        "direction; potential "
        "is the smaller of supply and demand times the attainable share.",
        "docs/method.md, Potential",
    )
    values = {k: v for k, v in row.items() if not is_missing(v) and v != ""}
    return Lineage(
        f"product.{rest}", method, (f"baseline.{plan.base_year}.{row['direction']}.pooled",), rows, values
    )


def _frontier(plan: Plan, rest: str) -> Lineage | None:
    row = next((row for row in plan.frontier if TRACES["frontier"](row, plan) == f"frontier.{rest}"), None)
    if row is None:
        return None
    method = Method(
        "Best of all bundles on the first draws, scored again on fresh ones.", "docs/method.md, Bundles"
    )
    inputs = tuple(f"measure.{m}" for m in row["bundle"].split("; ") if m)
    rows = tuple(f"measures.csv:{m}" for m in row["bundle"].split("; ") if m)
    return Lineage(
        f"frontier.{rest}", method, inputs, rows, {k: v for k, v in row.items() if not is_missing(v)}
    )


def _back_solve(plan: Plan, rest: str) -> Lineage | None:
    percent = _whole(rest)
    row = _find(plan.back_solve, probability=None if percent is None else percent / 100)
    if row is None:
        return None
    method = Method(
        "Missing turnover: the target less the quantile of the plan; further cut: bisection on a uniform "
        "fall of every "
        "delivery cost, limits of supply and demand set aside. Tonnes: the missing turnover over the value of a tonne "
        "of what the target adds to the plan, at the medians; without a network, of the lines with a unit value."
    )
    return Lineage(
        f"back-solve.{rest}",
        method,
        ("probability",),
        (),
        {k: v for k, v in row.items() if not is_missing(v)},
    )


def _parameter(plan: Plan, rest: str) -> Lineage | None:
    found = next((p for p in all_parameters() if p.id == rest), None)
    if found is None:
        return None
    values: dict[str, float | str] = {
        "value": found.value, "low": found.low, "high": found.high, "unit": found.unit, "basis": found.basis.value,
    }  # fmt: skip
    return Lineage(f"parameter.{rest}", Method(found.meaning, found.citation), (), (), values)


def _chance(plan: Plan, rest: str) -> Lineage | None:
    row = next((row for row in plan.table if TRACES["probabilities"](row, plan) == f"chance.{rest}"), None)
    if row is None:
        return None
    inputs = (f"path.{row['year']}", *(f"measure.{m.id}" for m in plan.given.measures))
    return Lineage(f"chance.{rest}", CHANCE, inputs, (), row)


def _sensitivity(plan: Plan, rest: str) -> Lineage | None:
    found = [row for row in plan.baseline.sensitivity if str(row["year"]) == rest]
    if not found:
        return None
    named = dict.fromkeys(i for row in found for i in row["without"].split("; "))
    products = tuple(obs.id for obs in plan.baseline.used if ".csv:" in obs.id)
    left_out = tuple(
        place for i in named for place in (products if i == "product figures" else (_place(plan, i),))
    )
    values = {
        f"{row['series']} without {row['without']}": f"{row['q10']:,.0f} to {row['q90']:,.0f} USD"
        for row in found
    }
    method = Method(
        "The same pooling without the rows named, whose figure it is compared with.",
        "docs/method.md, Baseline",
    )
    return Lineage(f"sensitivity.{rest}", method, (f"baseline.{rest}",), left_out, values)


def _bias(plan: Plan, rest: str) -> Lineage | None:
    row = next((row for row in plan.baseline.biases if TRACES["biases"](row, plan) == f"bias.{rest}"), None)
    if row is None:
        return None
    inputs = (
        "parameter.pooling.reporter_bias_sd",
        "parameter.pooling.valuation_bias",
        "parameter.pooling.scope_bias",
    )
    turnover = plan.dossier.tables["turnover"] if plan.dossier else ()
    rows = tuple(_place(plan, r["id"]) for r in turnover if r["reporter_group"] == row["term"])
    return Lineage(f"bias.{rest}", POOLING, inputs, rows, row)


def _announced(plan: Plan, rest: str) -> Lineage | None:
    row = _find(plan.announced.table, growth_needed=rest)
    if row is None:
        return None
    method = Method(
        "Share of resolved targets met by the announced date, with Wilson's 80% interval.", "docs/method.md"
    )
    rows = tuple(f"announced_targets.csv:{identity}" for identity in row["rows"].split("; ") if identity)
    values = {key: value for key, value in row.items() if key != "rows" and not is_missing(value)}
    return Lineage(f"announced.{rest}", method, (), rows, values)


def _reference_class(plan: Plan, rest: str) -> Lineage | None:
    method = Method(
        "Pair-years of the world panel 1964-2016 of like size, trend and distance from their peak; small "
        "classes lean on "
        "the wider one.",
        "docs/forecast-backtest.md; growth_quantiles.toml",
    )
    values = {
        f"{row['size']}, {row['trend']}, {row['peak']}": f"{row['share_of_draws']:.0%} of draws, {row['n']} pair-years"
        for row in plan.simulation.first.usual.classes
    }
    return Lineage(
        "reference-class", method, (f"baseline.{plan.base_year}",), ("growth_quantiles.csv",), values
    )


def _clearing(plan: Plan, rest: str) -> Lineage | None:
    return next((each for each in plan.settlement.lineage if each.figure == f"clearing.{rest}"), None)


def _transport(plan: Plan, rest: str) -> Lineage | None:
    known = plan.transport.lineage if plan.transport else ()
    return next((each for each in known if each.figure == f"transport.{rest}"), None)


def _bundle_name(row: Mapping[str, Any]) -> str:
    """How many measures, or which: the cost frontier holds several bundles of one size."""
    return str(row["measures"]) if row["by"] == "number" else row["bundle"].replace("; ", "+") or "none"


Namer = Callable[[Mapping[str, Any], "Plan"], str]

TRACES: Mapping[str, Namer] = {
    "path": lambda row, _: f"path.{row['year']}",
    "back_solve": lambda row, _: f"back-solve.{row['probability'] * 100:.0f}",
    "variants": lambda *_: "probability",
    "thresholds": lambda row, plan: TRACES["probabilities"](row, plan),
    "probabilities": lambda row, _: (
        f"chance.{row['threshold_usd']:g}.{row['year']}.{row['series']}.{row['regime']}"
    ),
    "baseline_recent": lambda row, _: f"baseline.{row['year']}.{row['direction']}",
    "mirror_gap": lambda row, _: f"gap.{row['year']}.{row['part']}",
    "sensitivity": lambda row, _: f"sensitivity.{row['year']}",
    "statements": lambda row, _: f"statement.{row['id']}",
    "biases": lambda row, _: f"bias.{row['term']}.{row['direction']}",
    "reference_classes": lambda *_: "reference-class",
    "announced_targets": lambda row, _: f"announced.{row['growth_needed']}",
    "measures": lambda row, _: f"measure.{row['id']}",
    "measure_effects": lambda row, _: f"effect.{row['id']}",
    "products": lambda row, _: f"product.{row['id']}",
    "frontier": lambda row, _: f"frontier.{row['by']}.{_bundle_name(row)}",
    "transport": lambda row, _: f"transport.{row['scenario'].rsplit(' ', 1)[-1]}.{row['id']}",
    "transport_bottlenecks": lambda row, _: f"transport.bottleneck.{row['rank']}",
    "transport_disruptions": lambda row, _: f"transport.disruption.{row['scenario']}",
    "clearing": lambda row, _: f"clearing.residual.{row['year']}",
    "clearing_credit": lambda row, _: f"clearing.swing.{row['level'] * 100:.0f}",
    "clearing_balancing": lambda row, _: f"clearing.balancing.{row['id']}",
}

_TELLERS: Mapping[str, Callable[[Plan, str], Lineage | None]] = {
    "baseline": _baseline,
    "statement": _statement,
    "gap": _gap,
    "usual": _usual,
    "path": _path,
    "probability": _probability,
    "measure": _measure,
    "effect": _effect,
    "product": _product,
    "frontier": _frontier,
    "back-solve": _back_solve,
    "parameter": _parameter,
    "chance": _chance,
    "sensitivity": _sensitivity,
    "bias": _bias,
    "announced": _announced,
    "reference-class": _reference_class,
    "clearing": _clearing,
    "transport": _transport,
}


def _find(table: Any, **wanted: Any) -> dict[str, Any] | None:
    return next((row for row in table if all(row[key] == value for key, value in wanted.items())), None)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _quantiles(row: Mapping[str, Any]) -> dict[str, float | str]:
    return {key: row[key] for key in ("q10", "q50", "q90")}


def _place(plan: Plan, identity: str) -> str:
    """``turnover.csv:tu038``; a product's row already names its file."""
    return identity if ".csv:" in identity else f"turnover.csv:{identity}"


def _evidence(item: str) -> str:
    table, _, identity = item.partition(":")
    return f"{FOLDER}:{identity}" if table == FOLDER else f"{table}.csv:{identity}"


def source_rows(plan: Plan, lineage: Lineage) -> list[tuple[str, str]]:
    """The rows a figure rests on, each with its text: what it says, who published it, its note."""
    out = []
    for place in lineage.rows:
        file, _, identity = place.partition(":")
        row = _row(plan, file.removesuffix(".csv"), identity)
        cells = {} if row is None else {k: v for k, v in row.items() if k != "id" and v not in (None, "", ())}
        out.append((place, "; ".join(f"{name}={_cell(value)}" for name, value in cells.items())))
    return out


def _row(plan: Plan, table: str, identity: str) -> Mapping[str, Any] | None:
    if plan.dossier and table in plan.dossier.tables:
        return _find(plan.dossier.tables[table], id=identity)
    if plan.dossier and plan.dossier.register and table == FOLDER and identity in plan.dossier.register.items:
        item = plan.dossier.register.items[identity]
        return {**item.fields, "sources": sources(item)}
    if table in ("effects", "announced_targets"):
        return _bundled(f"{table}.csv").get(identity)
    return None


@cache
def _bundled(file: str) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(bundled_text(file), newline=""))
    return {row["id"]: row for row in rows}


def _cell(value: Any) -> str:
    return ";".join(map(str, value)) if isinstance(value, tuple) else str(value)


def as_dict(plan: Plan, lineage: Lineage) -> dict[str, Any]:
    """A lineage as JSON-ready values."""
    return {
        "figure": lineage.figure,
        "values": {key: json_value(value) for key, value in lineage.values.items()},
        "method": lineage.method.text,
        "citation": lineage.method.citation,
        "inputs": list(lineage.inputs),
        "rows": [{"place": place, "row": text} for place, text in source_rows(plan, lineage)],
    }
