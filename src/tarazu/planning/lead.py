"""The answer in one paragraph, and what it assumes: no claim stronger than its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarazu.core.amounts import format_amount
from tarazu.planning.words import likelihood, percent, percent_range
from tarazu.trade.announced import growth_needed
from tarazu.trade.statements import FULL_SCOPE, POOLED

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan

EVEN_CHANCE = 0.5
FULL_YEAR = 350  # days
FEW_STATEMENTS = 10


def lead(plan: Plan) -> str:
    """One paragraph that can be pasted; a bundle that is not enough is said first."""
    return " ".join(
        part
        for part in (_verdict(plan), _where(plan), _chance(plan), _measures(plan), _missing(plan))
        if part
    )


def best_probability(plan: Plan) -> float:
    """Highest chance of any bundle, on fresh draws."""
    fresh = plan.frontier.column("probability_fresh")
    return float(max(fresh, default=plan.probability))


def _verdict(plan: Plan) -> str:
    q = plan.question
    aim = f"{format_amount(q.target_usd)} by {q.by}"
    if not plan.given.measures:
        return (
            f"By itself the trade of {plan.home.name()} and {plan.partner.name()} reaches {aim} with a "
            f"chance of {percent(plan.probability)} ({likelihood(plan.probability)})."
        )
    if plan.probability_business_as_usual >= EVEN_CHANCE:
        return f"{aim} is reached by itself with at least an even chance."
    if best_probability(plan) < EVEN_CHANCE:
        return f"No bundle of the listed measures reaches {aim} with an even chance."
    return f"The listed measures can reach {aim} with at least an even chance."


def _where(plan: Plan) -> str:
    q10, q50, q90 = plan.base_interval
    used = len(
        {row["id"] for row in plan.baseline.statements if not row["left_out"] and ":" not in row["id"]}
    )
    basis = (
        f"from {used} statements that do not all agree" if used > FEW_STATEMENTS else "from few statements"
    )
    interval = f"80% interval {format_amount(q10)} to {format_amount(q90)}"
    return (
        f"In {plan.base_year} the two traded {format_amount(q50)} {_counting(plan)} ({interval}, {basis}); "
        f"the target needs {plan.needed_growth_percent:.0f}% more every year"
        f"{_from_stated(plan)}."
    )


def _from_stated(plan: Plan) -> str:
    """The growth that the last full-year figure stated in the series would ask for."""
    left_out = {row["id"] for row in plan.baseline.statements if row["left_out"]}
    for row in plan.dossier.tables["turnover"] if plan.dossier else ():
        start, end, usd_m = row["period_start"], row["period_end"], row["turnover_usd_m"]
        whole = start is not None and end is not None and (end - start).days > FULL_YEAR and usd_m
        own = row["reporter_group"] == plan.question.series and row["scope"] == FULL_SCOPE
        if whole and own and start.year == plan.base_year and row["id"] not in left_out:
            percent_a_year = growth_needed(
                usd_m * 1e6, plan.question.target_usd, plan.question.by - plan.base_year
            )
            return f", or {percent_a_year:.0f}% from the {format_amount(usd_m * 1e6)} stated ({row['id']})"
    return ""


def _counting(plan: Plan) -> str:
    country = _whose(plan)
    return f"as {country} counts" if country else "in the pooled series"


def _whose(plan: Plan) -> str:
    """Country in whose series the target counts; empty for the pooled series."""
    names = {plan.home.alpha3: plan.home.name(), plan.partner.alpha3: plan.partner.name()}
    return names.get(plan.question.series, "")


def _chance(plan: Plan) -> str:
    if not plan.given.measures:
        return _record(plan)
    low, high = plan.probability_range
    none = percent(plan.probability_business_as_usual)
    return (
        f"With every measure undertaken the chance is {percent_range(low, high)} ({likelihood(high)}), "
        f"with none {none}: a range over readings of the measures, both series and sampling error, not a "
        f"forecast, conditional on the regime “{plan.question.regime}”{_other_regimes(plan)} and judged effects. "
        f"{_record(plan)}"
    )


def _other_regimes(plan: Plan) -> str:
    """The chance under the other regimes, each named."""
    q = plan.question
    others = [
        f"{percent(plan.simulation.probability(q.target_usd, q.by, q.series, regime.id))} under “{regime.id}”"
        for regime in plan.given.regimes
        if regime.id != q.regime
    ]
    return f" ({', '.join(others)})" if others else ""


def _record(plan: Plan) -> str:
    """What became of announced targets that needed as much growth."""
    needed, rows = plan.needed_growth_percent, list(plan.announced.table)
    row = rows[sum(needed >= bound for bound in (10, 20, 30))]
    words = ("under 10%", "10 to 20%", "over 20%", "over 30%")[rows.index(row)]
    met = "was" if row["on_time"] == 1 else "were"
    return f"Of {row['n']} announced targets that needed {words} a year, {row['on_time']} {met} met on time."


def _measures(plan: Plan) -> str:
    if not plan.given.measures:
        return ""
    q = plan.question
    row = next(r for r in plan.path if r["year"] == q.by)
    whole = plan.simulation.attribution.contribution.sum(axis=0)
    first = [r for r in plan.attribution if r["mean"]][:2]
    parts = " and ".join(f"“{r['name']}” ({format_amount(r['mean'])})" for r in first)
    largest = f", the largest parts being {parts}" if parts else ""
    usual = f"{format_amount(row['usual_q10'])} to {format_amount(row['usual_q90'])}"
    return (
        f"Business as usual leads to {format_amount(row['usual_q50'])} in {q.by} (80% interval {usual}); "
        f"the measures add {format_amount(float(whole.mean()))} on average{largest}."
    )


def _missing(plan: Plan) -> str:
    even = next(iter(plan.back_solve))
    if even["missing_usd"] <= 0:
        return ""
    needs = f"For an even chance {format_amount(even['missing_usd'])} more would be needed"
    ways = []
    if even["missing_kt"]:
        ways.append(
            f"{even['missing_kt'] / 1e3:.1f} million tonnes at {even['value_per_tonne']:,.0f} dollars a tonne "
            f"({even['value_basis']})"
        )
    if even["further_cut"]:
        ways.append(
            f"a further cut of every delivery cost by {even['further_cut']:.0%} if supply and demand set no "
            "limit"
        )
    return f"{needs}: {', or '.join(ways)}." if ways else f"{needs}."


def conditions(plan: Plan) -> tuple[str, ...]:
    """What the answer assumes, one sentence each."""
    q = plan.question
    said = [
        f"The target means turnover of goods, both directions, in the calendar year {q.by}, current US "
        f"dollars, {_counting(plan)}.",
    ]
    if plan.dossier and plan.dossier.by_is_assumption and q.by == plan.dossier.by:
        said.append(f"The year {q.by} is an assumption of the dossier, not part of the announcement.")
    if plan.dossier:
        regime = next(r for r in plan.given.regimes if r.id == q.regime)
        said.append(f"Regime: {regime.title}. Other regimes are shown apart and carry no probability.")
    if plan.given.measures:
        said.append(
            "Most effect sizes are transferred from other countries or are judgement; each is listed with its "
            "basis. Unless said otherwise, measures are carried out as described; how often such measures fail "
            "is shown apart."
        )
        said.append(
            "What business as usual already contains, because every pair undertakes it, is taken off each "
            "measure; the chance without this correction is shown apart."
        )
    if plan.dossier is None:
        said.append(
            f"Only totals of {plan.base_year} are known here: no products, measures, routes or second "
            "report. Regimes are not considered."
        )
    if q.series != POOLED:
        said.append(
            "Whose statistics are right cannot be told; results in the pooled series stand beside the "
            "announcer's."
        )
    said.append(
        "Goods in transit to third countries are not counted as turnover. Sanctions screening is not part "
        "of this plan."
    )
    return tuple(said)


def remarks(plan: Plan) -> tuple[str, ...]:
    """What the dossier says of itself: its target, its currency, its known slips."""
    d = plan.dossier
    return tuple(text for text in (d.target_note, d.currency_note, *d.notes) if text) if d else ()
