"""The sections of the report, in the order in which a reader asks: text, pictures and tables of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tarazu.core.amounts import format_amount
from tarazu.core.checks import Check
from tarazu.core.table import Column, Table
from tarazu.planning import pictures
from tarazu.planning.lead import remarks
from tarazu.planning.words import likelihood, percent
from tarazu.report.document import Figure, Listing, Section, Show

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan


def _figures(*found: Figure | None) -> tuple[Figure, ...]:
    return tuple(figure for figure in found if figure is not None)


def answer(plan: Plan) -> Section:
    q = plan.question
    variants = Table.build(
        "variants",
        (Column("reading"), Column("probability", "share"), Column("words")),
        (
            {"reading": name, "probability": p, "words": likelihood(p)}
            for name, p in plan.probability_variants.items()
            if plan.given.measures or name == "no measure"
        ),
    )
    thresholds = Table.build(
        "thresholds",
        plan.table.columns,
        (row for row in plan.table if row["regime"] == q.regime and row["year"] == q.by),
    )
    chance = plan.announced_chance
    text = (
        f"Probabilities are shares of {q.draws:,} draws. A small model of announced targets (growth needed, "
        "size, year; "
        f"{plan.announced.modelled} targets of {plan.announced.pairs} pairs) puts the chance of being on "
        "time at "
        f"{percent(chance.q50)} (80% interval {percent(chance.q10)} to {percent(chance.q90)}), knowing "
        "nothing of the measures. " + plan.announced.caveats[-1]
    )
    return Section(
        "answer",
        "The answer in numbers",
        (text,),
        figures=_figures(pictures.fan_picture(plan), pictures.announced_picture(plan)),
        listings=(
            Listing(
                variants,
                (
                    Show("reading", "Reading"),
                    Show("probability", "Chance", "percent"),
                    Show("words", "In words"),
                ),
                f"Chance of {format_amount(q.target_usd)} in {q.by} by how the measures are read",
            ),
            Listing(
                thresholds,
                (
                    Show("threshold_usd", "At least", "usd"),
                    Show("series", "Series"),
                    *((Show("p", "With all measures", "percent"),) if plan.given.measures else ()),
                    Show("p_business_as_usual", "With none", "percent"),
                ),
                f"Chance of other thresholds in {q.by}; all years and regimes are in probabilities.csv",
            ),
            _path(plan),
            _back_solve(plan),
        ),
    )


def _path(plan: Plan) -> Listing:
    show = [
        Show("year", "Year", "year"),
        Show("usual_q10", "By itself, 10%", "usd"),
        Show("usual_q50", "median", "usd"),
        Show("usual_q90", "90%", "usd"),
        *((Show("plan_q50", "All measures, median", "usd"),) if plan.given.measures else ()),
        Show("needed", "Even growth to the target", "usd"),
        Show("milestone", "Milestone", "usd"),
    ]
    n = max(plan.path.column("milestone_n"), default=0)
    milestone = (
        f"Milestone: nine of ten of the {n:,} draws that reach the target stand above it in that year; a "
        "later figure below it speaks "
        "against the target."
        if n >= 50
        else f"Only {n} draws reach the target: too few to read milestones from."
    )
    return Listing(plan.path, tuple(show), f"Path by year. {milestone}")


def _back_solve(plan: Plan) -> Listing:
    return Listing(
        plan.back_solve,
        (
            Show("probability", "For a chance of", "percent"),
            Show("missing_usd", "More turnover needed", "usd"),
            Show("missing_kt", "in thousand tonnes", "number"),
            Show("further_cut", "or further cut of delivery cost", "percent"),
        ),
        "What would reach the target, with every measure carried out. Tonnes at the plan's average value of "
        "a tonne; the cut sets "
        "limits of supply and demand aside, so it is the least that would do",
    )


INTERVAL = (Show("q10", "10%", "usd"), Show("q50", "Median", "usd"), Show("q90", "90%", "usd"))


def baseline(plan: Plan) -> Section:
    text = (
        "Reports differ in calendar, valuation, scope and reporter. The pooled series weighs them; it "
        "cannot tell who "
        "is right, so each country's own series stands beside it. A claim in a speech is marked by its "
        "noise, never "
        "mixed silently with statistics."
    )
    return Section(
        "baseline",
        "Where trade stands, and whose figures say so",
        (text,),
        figures=_figures(pictures.statements_picture(plan), pictures.gap_picture(plan)),
        listings=(*_levels(plan), *_evidence(plan)),
    )


def _levels(plan: Plan) -> tuple[Listing, ...]:
    """Last years by series, the mirror gap, and the refits without figures that are not independent."""
    found = plan.baseline
    shown: list[Show] = []
    for name in found.series:
        shown += [Show(name, name, "usd"), Show(f"{name}_80", "80% interval")]
    return (
        Listing(
            _recent(plan),
            (Show("year", "Year", "year"), Show("direction", "Direction"), *shown),
            "Last years of the baseline by series: median and 80% interval; all years are in baseline.csv",
        ),
        Listing(
            found.gap,
            (
                Show("year", "Year", "year"),
                Show("home_id", plan.home.name()),
                Show("home_usd", "says", "usd"),
                Show("partner_id", plan.partner.name()),
                Show("partner_usd", "says", "usd"),
                Show("part", "Part of the gap"),
                *INTERVAL,
            ),
            "The mirror gap taken apart, for years in which both give a full-year figure; parts are "
            "medians, their means add up",
            "No year in which both countries give a full-year figure.",
        ),
        Listing(
            found.sensitivity,
            (
                Show("year", "Year", "year"),
                Show("without", "Left out"),
                Show("series", "Series"),
                *INTERVAL,
                Show("stated_usd", "Figure left out", "usd"),
                Show("covered", "Inside the interval?"),
            ),
            "Figures that rest on one another, left out: does the rest still say the same?",
            "No figures that rest on one another.",
        ),
    )


def _evidence(plan: Plan) -> tuple[Listing, ...]:
    """Every statement, and the biases of the reporters."""
    return (
        Listing(
            plan.baseline.statements,
            (
                Show("id", "Row"),
                Show("reporter", "Reporter"),
                Show("status", "Status"),
                Show("period", "Period"),
                Show("direction", "What"),
                Show("value_usd", "Stated", "usd"),
                Show("growth_percent", "growth %", "number"),
                Show("residual", "Residual, s.d.", "number"),
                Show("left_out", "Not counted because"),
            ),
            "Every statement, with how far it lies from what the others say",
            folded=True,
        ),
        Listing(
            plan.baseline.biases,
            (
                Show("term", "Reporter"),
                Show("direction", "Direction"),
                Show("prior", "Expected factor", "number"),
                Show("q10", "10%", "number"),
                Show("q50", "Median", "number"),
                Show("q90", "90%", "number"),
                Show("statements", "Statements", "number"),
            ),
            "Biases against the pooled free-on-board flow; without statements of its own a bias is its prior",
            folded=True,
        ),
    )


def _recent(plan: Plan) -> Table:
    """Last five years: direction by direction, each series beside the others."""
    names = plan.baseline.series
    columns = (
        Column("year"),
        Column("direction"),
        *(column for name in names for column in (Column(name, "USD"), Column(f"{name}_80"))),
    )
    records: dict[tuple[int, str], dict[str, Any]] = {}
    for row in plan.baseline.table:
        if row["year"] > plan.base_year - 5:
            record = records.setdefault(
                (row["year"], row["direction"]), {"year": row["year"], "direction": row["direction"]}
            )
            ends = (format_amount(row[end]).removeprefix("USD ") for end in ("q10", "q90"))
            record |= {row["series"]: row["q50"], f"{row['series']}_80": " to ".join(ends)}
    return Table.build("baseline_recent", columns, (records[key] for key in sorted(records)))


def usual(plan: Plan) -> Section:
    usual = plan.simulation.first.usual
    effect = float(usual.peak_effect[plan.given.years.index(plan.question.by)])
    return Section(
        "business-as-usual",
        "Where it goes by itself",
        (
            "Growth of pairs of like size, recent trend and distance from their past peak, 1964–2016, "
            "current US dollars, its centre "
            "pulled a little toward the growth of the two economies. How well this does out of sample is in "
            "docs/forecast-backtest.md.",
            f"Distance from the past peak changes the median log growth to {plan.question.by} by "
            f"{effect:+.2f}.",
        ),
        listings=(
            Listing(
                usual.classes,
                (
                    Show("size", "Size"),
                    Show("trend", "Trend"),
                    Show("peak", "Against its peak"),
                    Show("share_of_draws", "Share of draws", "percent"),
                    Show("n", "Pair-years", "number"),
                ),
                "Reference classes in use",
            ),
            Listing(
                plan.announced.table,
                (
                    Show("growth_needed", "Growth needed, % a year"),
                    Show("n", "Targets", "number"),
                    Show("on_time", "On time", "number"),
                    Show("share", "Share", "percent"),
                ),
                "Announced targets whose outcome was found",
            ),
        ),
    )


def measures(plan: Plan) -> Section | None:
    if not plan.given.measures:
        return None
    effects = Table.build(
        "measure_effects",
        tuple(
            Column(name)
            for name in (
                "id",
                "measure",
                "direction",
                "products",
                "channel",
                "before",
                "q10",
                "q50",
                "q90",
                "unit",
                "basis",
                "evidence",
                "note",
            )
        ),
        plan.dossier.tables["measure_effects"] if plan.dossier else (),
    )
    return Section(
        "measures",
        "What each measure adds",
        (
            "Contributions are Shapley values of turnover: what a measure adds on average over all orders "
            "in which measures could come. "
            "They are not parts of the probability. Claims of officials stand beside the model's figure, "
            "not in it.",
        ),
        figures=_figures(pictures.waterfall_picture(plan)),
        listings=(
            Listing(
                plan.attribution,
                (
                    Show("name", "Measure"),
                    Show("q10", "10%", "usd"),
                    Show("mean", "Mean", "usd"),
                    Show("q90", "90%", "usd"),
                    Show("claimed_usd", "Claimed", "usd"),
                    Show("delivery_q50", "Chance it is carried out", "percent"),
                    Show("ordinary_q50", "Already in business as usual", "percent"),
                    Show("consent", "Consent of"),
                ),
                f"Contribution to the turnover of {plan.question.by}, first {plan.simulation.first.n:,} "
                "draws",
            ),
            Listing(
                effects,
                tuple(Show(c.name, c.name.replace("_", " ")) for c in effects.columns),
                "Effect sizes with their evidence",
                folded=True,
            ),
        ),
    )


def products(plan: Plan) -> Section | None:
    if plan.prepared.assessments is None:
        return None
    gaps = Table.build(
        "missing",
        (Column("direction"), Column("product"), Column("lacks")),
        (
            {"direction": each.direction, "product": item.product, "lacks": ", ".join(item.lacks)}
            for each in plan.prepared.assessments
            for item in each.missing
        ),
    )
    return Section(
        "products",
        "What could be traded",
        (
            "One disjoint partition of products per direction plus other goods. Aggregates (“agri-food "
            "77%”) bound the lines, they are not "
            "lines. A product without figures is not a row; what is missing is listed, never filled.",
        ),
        figures=_figures(pictures.potential_picture(plan)),
        listings=(
            Listing(
                plan.products,
                (
                    Show("direction", "Direction"),
                    Show("product", "Product"),
                    Show("realised_q50", f"{plan.base_year}", "usd"),
                    Show("potential_q10", "Potential, 10%", "usd"),
                    Show("potential_q50", "median", "usd"),
                    Show("potential_q90", "90%", "usd"),
                    Show("plan_q50", f"{plan.question.by}, all measures", "usd"),
                    Show("basis", "Potential rests on"),
                    Show("missing", "Missing"),
                ),
                "Products in the pooled series, free on board: medians, which do not add; potential in the "
                "base year, it grows with the "
                "two economies",
            ),
            Listing(
                gaps,
                (Show("direction", "Direction"), Show("product", "Product"), Show("lacks", "Lacks")),
                "What is missing",
                folded=True,
            ),
        ),
    )


def frontier(plan: Plan) -> Section | None:
    if not plan.given.measures:
        return None
    return Section(
        "frontier",
        "Which bundle gets furthest",
        (
            "All bundles were scored on the same draws and the best again on fresh ones; where few draws "
            "reach the target, bundles are ranked by mean turnover. Costs are in "
            "million US dollars, once; a cost that "
            "nobody has stated is unknown, not zero, and keeps a bundle out of the cost frontier.",
        ),
        figures=_figures(pictures.frontier_picture(plan)),
        listings=(
            Listing(
                plan.frontier,
                (
                    Show("by", "By"),
                    Show("bundle", "Bundle"),
                    Show("probability_fresh", "Chance", "percent"),
                    Show("turnover_q50", "Median turnover", "usd"),
                    Show("cost_q50", "Stated cost", "number"),
                    Show("unknown_costs", "Cost unknown"),
                ),
                "Best bundles by number of measures and by stated cost",
            ),
        ),
    )


def regimes(plan: Plan) -> Section | None:
    figure = pictures.regimes_picture(plan)
    if figure is None:
        return None
    notes = tuple(f"{regime.title}. {regime.note}" for regime in plan.given.regimes)
    return Section("regimes", "Under other circumstances", notes, figures=(figure,))


def checks(plan: Plan) -> Section:
    return Section(
        "checks",
        "Checks",
        ("What the data and the model found worth saying, the most serious first.",),
        listings=(
            Listing(
                check_table(plan.checks),
                (Show("severity", "Severity"), Show("where", "Where"), Show("message", "What")),
                folded=True,
            ),
        ),
    )


def check_table(checks: tuple[Check, ...]) -> Table:
    """Checks as a table, the most serious first, each once."""
    order = {"error": 0, "warning": 1, "note": 2}
    unique = sorted(dict.fromkeys(checks), key=lambda check: order[check.severity.value])
    columns = (Column("severity"), Column("where"), Column("message"), Column("name"))
    return Table("checks", columns, tuple((c.severity.value, c.where, c.message, c.name) for c in unique))


def sources(plan: Plan) -> Section | None:
    if not len(plan.sources):
        return None
    return Section(
        "sources",
        "Sources",
        ("Publications behind the rows of the dossier.", *remarks(plan)),
        listings=(
            Listing(
                plan.sources,
                (
                    Show("publisher", "Publisher"),
                    Show("url", "Address"),
                    Show("published", "Date"),
                    Show("rows", "Rows"),
                ),
                folded=True,
            ),
        ),
    )
