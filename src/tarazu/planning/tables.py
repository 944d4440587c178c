"""Tables of a plan: path by year, back-solve, products, sources; and what the plan itself finds worth checking."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.core.parameters import bundled_text
from tarazu.core.source import Source
from tarazu.core.table import Column, Table
from tarazu.planning.frontier import further_cut
from tarazu.planning.transport_flows import basket_of, network_of
from tarazu.planning.turnover import usual_flows
from tarazu.policy.costs import OTHER, touching

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.plan import Plan

Array = NDArray[np.float64]

SQUEEZED_OFTEN = 0.2  # share of draws
FEW_HITS = 30  # draws that reach the target, below which a chance is only rough
ENOUGH_HITS = 50  # draws that reach the target, below which milestones are not read from them


def path_table(p: Plan) -> Table:
    columns = (
        Column("year"),
        *(Column(f"usual_q{q}", "USD", "business as usual") for q in (10, 25, 50, 75, 90)),
        *(Column(f"plan_q{q}", "USD", "all measures carried out") for q in (10, 25, 50, 75, 90)),
        Column("needed", "USD", "even growth from the base year to the target"),
        Column("milestone", "USD", "nine of ten draws that reach the target are above this by then"),
        Column("milestone_n", "draws", "how many draws reach the target"),
    )
    q, s = p.question, p.simulation
    key = (q.series, q.regime)
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    base = p.base_interval[1]
    hits = s.plan[key][:, s.years.index(q.by)] >= q.target_usd
    rows = []
    for h, year in enumerate(s.years):
        usual, planned = (np.quantile(values[key][:, h], levels).tolist() for values in (s.usual, s.plan))
        ahead = (year - p.base_year) / (q.by - p.base_year)
        enough = year < q.by and hits.sum() >= ENOUGH_HITS
        milestone = float(np.quantile(s.plan[key][hits, h], 0.1)) if enough else None
        needed = base * (q.target_usd / base) ** ahead if year <= q.by else None
        rows.append((year, *usual, *planned, needed, milestone, int(hits.sum())))
    return Table("path", columns, tuple(rows))


def back_solve_table(p: Plan) -> Table:
    columns = (
        Column("probability", "share", "chance of the target to be reached"),
        Column("missing_usd", "USD", "more turnover in the target year than the measures bring"),
        Column("missing_kt", "kt", "the same in tonnes of such goods"),
        Column("value_per_tonne", "USD", "turnover a tonne of such goods; basis in the next column"),
        Column("value_basis", "", "which goods"),
        Column(
            "further_cut", "share", "uniform further cut of every delivery cost, limits of supply set aside"
        ),
    )
    q, s = p.question, p.simulation
    reached = s.plan[q.series, q.regime][:, s.years.index(q.by)]
    price, basis = _value_per_tonne(p)
    rows = []
    for chance in (0.5, 0.8):
        missing = max(0.0, q.target_usd - float(np.quantile(reached, 1 - chance)))
        cut = further_cut(
            s.first, p.given.measures, p.setting, q.by, p.base_year, q.series, q.target_usd, chance
        )
        kt = missing / price / 1e3 if price else None
        rows.append((chance, missing, kt, price, basis, cut))
    return Table("back_solve", columns, tuple(rows))


def _value_per_tonne(p: Plan) -> tuple[float | None, str]:
    """The value that the stage of transport has too; without a network only lines with a unit value have tonnes."""
    network = network_of(p.dossier)
    if network is not None and p.simulation.product_flows.size:
        return basket_of(
            p, network
        ).added_value, "goods that the target adds to the plan, as in the transport section"
    weights = tonnes = 0.0
    for line, flows in zip(p.simulation.first.lines, p.simulation.product_flows, strict=True):
        flow, price = np.median(flows), np.median(line.unit_value)
        if math.isfinite(price) and price > 0:
            weights += float(flow)
            tonnes += float(flow / price)
    basis = "lines of the plan with a known unit value, other goods left out"
    return (weights / tonnes, basis) if tonnes else (None, "")


def products_table(p: Plan) -> Table:
    columns = (
        Column("id"),
        Column("product"),
        Column("codes", "", "Harmonized System, own mapping of the sources' words"),
        Column("direction"),
        *(
            Column(
                f"realised_{q}",
                "USD",
                "flow of the base year, pooled series, scaled to the direction's total",
            )
            for q in ("q10", "q50", "q90")
        ),
        *(
            Column(f"potential_{q}", "USD", "what supply, demand and the attainable share allow")
            for q in ("q10", "q50", "q90")
        ),
        *(Column(f"unrealised_{q}", "USD", "potential less realised") for q in ("q10", "q50", "q90")),
        *(Column(f"plan_{q}", "USD", "flow of the target year, all measures") for q in ("q10", "q50", "q90")),
        Column("basis", "", "what the potential rests on"),
        Column("missing", "", "what no row gives"),
    )
    s = p.simulation
    known = {line.id: line for each in (p.prepared.assessments or ()) for line in each.lines}
    records = []
    for k, line in enumerate(s.first.lines):
        entry = known.get(line.id)
        bounded = bool(np.isfinite(line.limit).all())
        record: dict[str, Any] = {
            "id": line.id,
            "product": entry.product if entry else "other goods",
            "codes": entry.codes if entry else "other",
            "direction": p.baseline.grid.directions[line.direction],
            "basis": entry.attainable.basis if entry else "the direction's total less the lines",
            "missing": "; ".join(entry.lacks) if entry else "limit of supply and demand",
        }
        record |= _triple("realised", line.base)
        record |= _triple("plan", s.product_flows[k])
        if bounded:
            record |= _triple("potential", line.limit) | _triple("unrealised", line.limit - line.base)
        records.append(record)
    return Table.build("products", columns, records)


def _triple(name: str, values: Array) -> dict[str, float]:
    q10, q50, q90 = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
    return {f"{name}_q10": q10, f"{name}_q50": q50, f"{name}_q90": q90}


def plan_checks(p: Plan) -> list[Check]:
    """What only the whole plan can find."""
    return [*_squeezed(p), *_untouched(p), *_few_hits(p), *_from_memory(p), *_outgrown(p)]


def _untouched(p: Plan) -> list[Check]:
    """Effects on goods without figures: not computed, which is not zero."""
    found = []
    goods = [(line.codes, p.baseline.grid.directions[line.direction]) for line in p.simulation.first.lines]
    for measure in p.given.measures:
        acting = {e.id for codes, way in goods for e in touching(measure, codes, way)}
        idle = [e.id for e in measure.effects if e.id not in acting]
        if idle and acting:
            message = (
                "touch no product with figures, or a narrower effect counts there: not computed, not zero."
            )
            found.append(
                Check.note("effect-not-computed", f"measure_effects.csv, {', '.join(idle)}", message)
            )
        elif idle:
            message = "no effect of this measure touches a product with figures: not computed, not zero."
            found.append(Check.warning("measure-not-computed", f"measures.csv, {measure.id}", message))
    return found


def _few_hits(p: Plan) -> list[Check]:
    """Probabilities that rest on a handful of draws."""
    q = p.question
    hits = round(p.probability * q.draws)
    if hits >= FEW_HITS:
        return []
    message = (
        f"only {hits} of {q.draws:,} draws reach the target: the chance is known roughly. Ask for more draws."
    )
    return [Check.warning("few-draws-reach-target", "probability", message)]


def _from_memory(p: Plan) -> list[Check]:
    """Effects whose evidence was entered from memory and not read again."""
    cited = {r: e.id for m in p.given.measures for e in m.effects for r in e.evidence if r in _memory_rows()}
    if not cited:
        return []
    message = (
        f"entered from memory, not read again: {', '.join(sorted(cited))}. Verify before relying on them."
    )
    return [Check.note("evidence-from-memory", "effects.csv", message)]


@cache
def _memory_rows() -> frozenset[str]:
    rows = csv.DictReader(io.StringIO(bundled_text("effects.csv"), newline=""))
    return frozenset(f"effects:{row['id']}" for row in rows if row["basis"] == "memory")


def _outgrown(p: Plan) -> list[Check]:
    """How often reaching the target takes goods that no row knows, because the known ones are at their limit."""
    q, block = p.question, p.simulation.first
    if p.prepared.assessments is None:
        return []
    year = p.given.years.index(q.by)
    usual = usual_flows(block, year, q.regime)
    grown = np.exp(block.growth[:, year])
    hits = p.simulation.attribution.with_all >= q.target_usd
    if not hits.any():
        return []
    rest = [k for k, line in enumerate(block.lines) if line.codes == OTHER]
    free = np.array([line.base * grown * line.regime[q.regime] for line in block.lines])
    full = np.asarray((usual < 0.999 * free).any(axis=0))  # what one line lost, another carries
    share, carried = (
        float((full[hits] > 0).mean()),
        float((usual[rest].sum(axis=0) / usual.sum(axis=0))[hits].mean()),
    )
    message = (
        f"in {share:.0%} of the draws that reach the target some product stands at the limit of supply or "
        "demand, and "
        f"goods without figures carry {carried:.0%} of the turnover without measures: nobody can name them "
        "today."
    )
    return [Check.warning("target-rests-on-unknown-goods", "probability", message)]


def _squeezed(p: Plan) -> list[Check]:
    """Directions whose products add to more than the direction's total, so that they were scaled down."""
    found = []
    for d, each in enumerate(p.prepared.assessments or ()):
        lines = [line for line in p.simulation.first.lines if line.direction == d]
        total = np.sum([line.base for line in lines], axis=0)
        squeezed = float((lines[-1].base <= 1.001 * each.priors.rest_share * total).mean())
        if squeezed > SQUEEZED_OFTEN:
            message = (
                f"in {squeezed:.0%} of the draws the products add to more than the direction's total and "
                "were scaled down "
                "together: product figures and turnover statements disagree."
            )
            found.append(Check.warning("products-exceed-total", each.direction, message))
    return found


def sources_table(dossier: Dossier | None) -> Table:
    columns = (
        Column("publisher"),
        Column("url"),
        Column("published"),
        Column("rows", "", "dossier rows that rest on it"),
    )
    found: dict[Source, list[str]] = {}
    tables: Sequence[tuple[str, Table]] = tuple(dossier.tables.items()) if dossier else ()
    for name, table in tables:
        for row in table:
            if row.get("publisher"):
                source = Source(
                    row["publisher"], row.get("source_url") or "", row.get("published_date") or ""
                )
                found.setdefault(source, []).append(f"{name}.csv:{row['id']}")
    rows = tuple((s.publisher, s.url, s.published, "; ".join(found[s])) for s in sorted(found, key=str))
    return Table("sources", columns, rows)
