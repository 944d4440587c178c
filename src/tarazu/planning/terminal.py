"""What the commands print: the answer first, then a few short tables. Files hold the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from tarazu.core.amounts import format_amount
from tarazu.core.checks import Check, Severity
from tarazu.core.source import Lineage
from tarazu.core.table import is_missing
from tarazu.planning.commitments import carried, plan_board
from tarazu.planning.lead import conditions, lead
from tarazu.planning.words import percent
from tarazu.potential.line import Assessment
from tarazu.register.schedule import OVERDUE
from tarazu.trade.baseline import Baseline

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan
    from tarazu.planning.settlement import Settlement
    from tarazu.planning.transport import Transport

PIPED_WIDTH = 120  # columns when the output is no terminal
MOST_DISRUPTIONS = 3  # printed, those that cost the pair most


def _console() -> Console:
    probe = Console()
    return probe if probe.is_terminal else Console(width=PIPED_WIDTH)


def _usd(value: float | None) -> str:
    return "–" if is_missing(value) or value is None else format_amount(value)


def _grid(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]], right_from: int = 1) -> Grid:
    grid = Grid(
        title=title,
        title_justify="left",
        min_width=len(title) + 1,
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for place, header in enumerate(headers):
        grid.add_column(header, justify="right" if place >= right_from else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
    return grid


def print_plan(plan: Plan, written: Sequence[Path]) -> None:
    """The answer, its conditions, chances, path, measures, and where the files are."""
    q, out = plan.question, _console()
    out.print(
        f"[bold]{escape(plan.home.name())}–{escape(plan.partner.name())}[/bold], "
        f"{format_amount(q.target_usd)} by {q.by}\n"
    )
    out.print(escape(lead(plan)) + "\n")
    for condition in conditions(plan):
        out.print(f"  · {escape(condition)}")
    out.print()
    chances = (
        (name, percent(p))
        for name, p in plan.probability_variants.items()
        if plan.given.measures or name == "no measure"
    )
    out.print(_grid(f"Chance of {format_amount(q.target_usd)} in {q.by}", ("reading", "chance"), chances))
    out.print()
    shown = {
        "usual_q10": "by itself 10%",
        "usual_q50": "median",
        "usual_q90": "90%",
        "needed": "even growth to target",
    }
    if plan.given.measures:
        shown["plan_q50"] = "all measures, median"
    path = ((str(r["year"]), *(_usd(r[column]) for column in shown)) for r in plan.path)
    out.print(_grid("Path", ("year", *shown.values()), path))
    if plan.given.measures:
        out.print()
        measures = (
            (r["name"], _usd(r["q10"]), _usd(r["mean"]), _usd(r["q90"]), _usd(r["claimed_usd"]))
            for r in plan.attribution
        )
        out.print(
            _grid(f"What each measure adds in {q.by}", ("measure", "10%", "mean", "90%", "claimed"), measures)
        )
    if plan.transport:
        _print_transport(out, plan.transport)
    out.print(f"\n{escape(plan.settlement.sentence())}\n")
    _print_promises(out, plan)
    warnings = sum(check.severity is Severity.WARNING for check in dict.fromkeys(plan.checks))
    out.print(f"{warnings} warnings; the report lists every check.")
    for path_ in written:
        out.print(f"Wrote {escape(str(path_))}", highlight=False)


def _print_transport(out: Console, found: Transport) -> None:
    """Whether it can be carried, and how the target fares in the named disruptions that cost it most."""
    out.print(f"\n{escape(found.sentence())}")
    table = list(found.disrupted)
    if not table:
        return
    rows = (
        (
            row["name"],
            _usd(row["loss_usd"]),
            _usd(row["lost_value_usd"]),
            _signed(row["cost_change_usd_t"]),
            _signed(row["freight_change_usd_t"]),
            _signed(row["days_change"], 1),
            percent(row["chance"]),
        )
        for row in table[:MOST_DISRUPTIONS]
    )
    heads = ("disruption", "loss a year", "goods lost", "USD/t more*", "freight", "days more", "chance")
    out.print()
    out.print(
        _grid(f"What {min(len(table), MOST_DISRUPTIONS)} of {len(table)} named disruptions cost", heads, rows)
    )
    out.print(
        f"* Transport cost: freight and what the days cost the goods. Of the pair's goods with the median flows at the "
        f"target, each disruption alone in its months; undisturbed the chance is {percent(found.chance(0.0))}."
    )


def _print_promises(out: Console, plan: Plan) -> None:
    """The two numbers of the register, and for each measure what carries it and how that stands."""
    found = plan_board(plan)
    if found is None:
        return
    out.print(escape(f"Promises on {found.today}: {found.sentence()}") + "\n")
    by_measure: dict[str, list[dict[str, Any]]] = {}
    for row in carried(plan, found.today):
        by_measure.setdefault(row["name"], []).append(row)
    rows = []
    for measure in plan.given.measures:
        carriers = by_measure.get(measure.name, [])
        promised = [row for row in carriers if row["evidence"]]
        signed = [row["commitment"] for row in carriers if not row["evidence"]]
        shown = Counter(row["evidence"] for row in promised)
        late = sum(row["schedule"] == OVERDUE for row in promised)
        standing = ", ".join(f"{count} {name}" for name, count in shown.most_common())
        rows.append((measure.name, " ".join(signed) or "–", standing or "–", str(late or "–")))
    heads = ("measure", "documents signed", "promises, as documents show them", "overdue")
    out.print(
        _grid(
            "What carries each measure; `tarazu register show ID` has the evidence", heads, rows, right_from=4
        )
    )
    out.print()


def _signed(value: float | None, digits: int = 0) -> str:
    """A change with its sign; what rounds to nothing has none."""
    if is_missing(value) or value is None:
        return "–"
    shown = f"{value:+,.{digits}f}"
    return shown if float(shown.replace(",", "")) else f"{0:.{digits}f}"


def print_projection(found: Settlement) -> None:
    """How the trade would be paid: residual, years, credit, balancing goods."""
    out = _console()
    home, partner = found.home.name(), found.partner.name()
    out.print(f"[bold]{escape(home)}–{escape(partner)}[/bold], payments from January {found.years[0]}\n")
    out.print(escape(found.sentence()) + "\n")
    shares = ("bound_q50", "netted_q50", "netted_swing_q50")
    amounts = ("residual_q10", "residual_q50", "residual_q90", "convertible_swing_q50")
    years = (
        (
            r["scenario"],
            str(r["year"]),
            _usd(r["payments_q50"]),
            *("–" if is_missing(r[name]) else percent(r[name]) for name in shares),
            *(_usd(r[name]) for name in amounts),
        )
        for r in found.table
    )
    headers = (
        "with",
        "year",
        "payments",
        "at most",
        "no swing",
        "swing",
        "residual 10%",
        "median",
        "90%",
        "convertible",
    )
    out.print(_grid("Paid by goods of the other direction, and the residual", headers, years, right_from=2))
    rows = (
        (
            r["settled"],
            percent(r["level"]),
            *(_usd(r[f"{side}_usd"]) for side in ("home", "partner", "either")),
        )
        for r in found.swing
        if r["scenario"] == found.scenario
    )
    out.print()
    title = f"Credit needed at the peak of {found.by}, {found.scenario}"
    out.print(_grid(title, ("settled", "enough in", f"from {home}", f"from {partner}", "one limit"), rows))
    if len(found.balancing):
        goods = (
            (
                r["product"],
                r["direction"],
                _usd(r["extra_q50"]),
                _usd(r["residual_less_q50"]),
                _usd(r["credit_less_80"]),
            )
            for r in found.balancing
        )
        heads = ("product", "direction", "more trade, median", "residual falls by", "credit falls by (80%)")
        out.print()
        out.print(
            _grid("Goods that would lower the residual, each sold up to its potential", heads, goods, 2)
        )
    out.print("\nA projection with synthetic parties; real payments need a legal authority and screening.")


def print_baseline(found: Baseline) -> None:
    """Turnover by year in every series, and the statements that fit worst."""
    out = _console()
    by_year: dict[int, dict[str, Any]] = {}
    for row in found.table:
        if row["direction"] == "both":
            by_year.setdefault(row["year"], {})[row["series"]] = row
    rows = (
        (
            str(year),
            *(
                f"{_usd(r['q50'])} ({_short(r['q10'])}–{_short(r['q90'])})"
                for r in (series[s] for s in found.series)
            ),
        )
        for year, series in by_year.items()
    )
    out.print(_grid("Turnover, median (10%–90%)", ("year", *found.series), rows))
    parts = (
        (str(r["year"]), f"{_usd(r['home_usd'])} against {_usd(r['partner_usd'])}", r["part"], _usd(r["q50"]))
        for r in found.gap
    )
    out.print()
    out.print(_grid("Mirror gap", ("year", "reports", "part", "median"), parts, right_from=3))
    without = (
        (
            str(r["year"]),
            r["without"],
            r["series"],
            f"{_usd(r['q50'])} ({_short(r['q10'])}–{_short(r['q90'])})",
            _usd(r["stated_usd"]),
            r["covered"] or "–",
        )
        for r in found.sensitivity
    )
    out.print()
    headers = ("year", "without", "series", "the rest says", "left out", "inside 80%")
    out.print(_grid("Without figures that rest on one another", headers, without, right_from=3))
    out.print()
    print_checks(found.checks)


def _short(value: float) -> str:
    return format_amount(value).removeprefix("USD ")


def print_potential(found: tuple[Assessment, Assessment]) -> None:
    """Products of both directions with their potential, and what is missing."""
    out = _console()
    for each in found:
        rows = (
            (
                r["product"],
                *(
                    _usd_m(r[f"{kind}_{q}"])
                    for kind in ("realised", "potential", "unrealised")
                    for q in ("q10", "q50", "q90")
                ),
            )
            for r in each.table
        )
        headers = (
            "product",
            *(
                f"{kind} {q}"
                for kind in ("realised", "potential", "unrealised")
                for q in ("10%", "50%", "90%")
            ),
        )
        out.print(_grid(f"{each.direction}, USD million a year", headers, rows))
        missing = "; ".join(f"{m.product} ({', '.join(m.lacks)})" for m in each.missing)
        out.print(f"\nMissing: {escape(missing) or 'nothing'}\n")


def _usd_m(value: float | None) -> str:
    return "–" if is_missing(value) or value is None else f"{value:,.1f}"


def print_checks(checks: Sequence[Check]) -> None:
    """Every finding on a line of its own, then the count."""
    out = _console()
    colour = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
    for check in checks:
        out.print(
            f"[{colour[check.severity]}]{check.severity.value}[/]  {escape(check.where)}: "
            f"{escape(check.message)}",
            highlight=False,
        )
    counts = {s: sum(c.severity is s for c in checks) for s in Severity}
    out.print(", ".join(f"{n} {s.value}{'s' if n != 1 else ''}" for s, n in counts.items()))


def print_lineage(plan: Plan, lineage: Lineage) -> None:
    """A figure, its values, its method, what it was computed from, and the rows it rests on."""
    from tarazu.planning.explain import source_rows

    out = _console()
    out.print(f"[bold]{escape(lineage.figure)}[/bold]")
    for name, value in lineage.values.items():
        shown = f"{value:,.6g}" if isinstance(value, float) else str(value)
        out.print(f"  {escape(name)}: {escape(shown)}", highlight=False)
    out.print(f"\nHow: {escape(lineage.method.text)}")
    if lineage.method.citation:
        out.print(f"After: {escape(lineage.method.citation)}")
    if lineage.inputs:
        out.print(f"\nFrom: {escape(', '.join(lineage.inputs))}", highlight=False)
    if lineage.rows:
        out.print("\nRests on:")
        for place, row in source_rows(plan, lineage):
            out.print(f"  {escape(place)}  {escape(row)}", highlight=False)
