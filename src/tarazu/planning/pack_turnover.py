"""Turnover in the commission pack: both countries' statistics, the gap between them, and where the year stands.

Every figure is the plan's baseline and carries its interval; figures as published stand beside it with their source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tarazu.planning.pack_values import (
    UNKNOWN,
    Draft,
    Grid,
    Land,
    Lines,
    Part,
    Phrase,
    Refs,
    Share,
    Usd,
    Value,
    When,
    Word,
)
from tarazu.trade.mirror import full_year
from tarazu.trade.statements import total_usd

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan

YEARS = 5  # last years shown
AT_LEAST = "at least"  # a bound of a statement


def turnover(draft: Draft) -> Part:
    """Turnover by both countries' statistics, the gap between them, and where the last year stands against the path."""
    plan = draft.plan
    if plan is None:
        draft.unknown.append(Word("unknown.plan"))
        return Part("turnover", (Word("unknown.plan"),))
    sentences = [*_last_year(draft, plan), *_gap(draft, plan), *_against_path(draft, plan)]
    return Part(
        "turnover", tuple(sentences), (_series(draft, plan), _stated(draft, plan), _path(draft, plan))
    )


def level(plan: Plan, year: int, series: str) -> Usd | None:
    """Turnover of a year in a series, where the baseline has it."""
    for row in plan.baseline.table:
        if (row["year"], row["series"], row["direction"]) == (year, series, "both"):
            return Usd(row["q50"], row["q10"], row["q90"])
    return None


def _last_year(draft: Draft, plan: Plan) -> list[Value]:
    found: list[Value] = []
    for code in draft.parties:
        now, before = (level(plan, year, code) for year in (plan.base_year, plan.base_year - 1))
        if now is None:
            missing = Phrase("unknown.series", {"country": Land(code)})
            draft.unknown.append(missing)
            found.append(missing)
            continue
        facts: dict[str, Value] = {"country": Land(code), "year": When(str(plan.base_year)), "value": now}
        growth: Value = Share(now.value / before.value - 1) if before else UNKNOWN
        sources = draft.own("source.baseline")
        found.append(Phrase("turnover.last", {**facts, "growth": growth, "sources": sources}))
    return found


def mirror_gap(plan: Plan) -> dict[str, Any] | None:
    """The gap of the last year for which both countries give a full-year figure."""
    rows = [row for row in plan.baseline.gap if row["part"] == "gap"]
    return max(rows, key=lambda row: row["year"]) if rows else None


def gap_sources(draft: Draft, plan: Plan, gap: dict[str, Any]) -> Refs:
    """Publications of the two figures of a mirror gap."""
    rows = plan.dossier.tables["turnover"] if plan.dossier else ()
    return draft.row(*(row for row in rows if row["id"] in (gap["home_id"], gap["partner_id"])))


def gap_phrase(draft: Draft, plan: Plan, gap: dict[str, Any]) -> Phrase:
    """Two figures for one year, and what the difference is made of as far as can be told."""
    rest = next(r for r in plan.baseline.gap if (r["year"], r["part"]) == (gap["year"], "residual"))
    facts: dict[str, Value] = {
        "year": When(str(gap["year"])),
        "home": Land(draft.parties[0]),
        "partner": Land(draft.parties[1]),
        "home_usd": Usd(gap["home_usd"]),
        "partner_usd": Usd(gap["partner_usd"]),
        "gap": Usd(abs(gap["q50"])),
        "rest": Usd(abs(rest["q50"]), *sorted((abs(rest["q10"]), abs(rest["q90"])))),
        "sources": gap_sources(draft, plan, gap),
    }
    # An interval that crosses zero has no absolute ends.
    if rest["q10"] * rest["q90"] < 0:
        facts["rest"] = Usd(rest["q50"], rest["q10"], rest["q90"])
    return Phrase("turnover.gap", facts)


def _gap(draft: Draft, plan: Plan) -> list[Value]:
    gap = mirror_gap(plan)
    if gap is None:
        draft.unknown.append(Word("unknown.gap"))
        return [Word("unknown.gap")]
    if gap["year"] < plan.base_year:
        facts = {"first": When(str(gap["year"] + 1)), "last": When(str(plan.base_year))}
        draft.unknown.append(Phrase("unknown.later_gap", facts))
    return [gap_phrase(draft, plan, gap)]


def _against_path(draft: Draft, plan: Plan) -> list[Value]:
    """The last year against even growth from the year of the announcement to the target."""
    q, last = plan.question, plan.base_year
    target: dict[str, Value] = {
        "target": Usd(q.target_usd),
        "by": When(str(q.by)),
        "series": _whose(plan),
        "sources": _announcements(draft, plan),
    }
    found: list[Value] = [Phrase("path.target", target)]
    if plan.dossier and plan.dossier.by_is_assumption and q.by == plan.dossier.by:
        found.append(Phrase("path.assumed", {"by": When(str(q.by))}))
    announced = plan.dossier.announced if plan.dossier else None
    start = level(plan, announced.year, q.series) if announced else None
    now = level(plan, last, q.series)
    if announced and start and now and announced.year < last < q.by:
        ahead = (last - announced.year) / (q.by - announced.year)
        should = start.value * (q.target_usd / start.value) ** ahead
        word = "below" if (now.high or 0) < should else "above" if (now.low or 0) > should else "within"
        facts: dict[str, Value] = {
            "announced": When(announced.isoformat()),
            "start": start,
            "first": When(str(announced.year)),
            "last": When(str(last)),
            "should": Usd(should),
            "now": now,
            "target": Usd(q.target_usd),
            "by": When(str(q.by)),
            "share": Share(now.value / should),
            "sources": draft.own("source.baseline"),
        }
        found.append(Phrase(f"path.{word}", facts))
    needs: dict[str, Value] = {
        "growth": Share(plan.needed_growth_percent / 100),
        "sources": draft.own("source.plan"),
        "last": When(str(last)),
        "by": When(str(q.by)),
    }
    return [*found, Phrase("path.needed", needs)]


def _announcements(draft: Draft, plan: Plan) -> Refs:
    """Where the target was stated, by the dossier's references; nothing where the plan was asked for another."""
    dossier = plan.dossier
    numbers: list[int] = []
    if dossier is None or plan.question.target_usd != dossier.target_usd:
        return Refs(())
    for table, _, name in (reference.partition(":") for reference in dossier.statements):
        item = draft.register.items.get(name)
        rows = [row for row in dossier.tables.get(table, ()) if row["id"] == name]
        found = draft.row(*rows) if rows else draft.evidence(item.evidence if item else ())
        numbers += found.numbers
    return Refs(tuple(dict.fromkeys(numbers)))


def _whose(plan: Plan) -> Value:
    series = plan.question.series
    return Land(series) if series in (plan.home.alpha3, plan.partner.alpha3) else Word("series.pooled")


def _series(draft: Draft, plan: Plan) -> Grid:
    rows = []
    for year in range(plan.base_year - YEARS + 1, plan.base_year + 1):
        cells: list[Value] = [When(str(year))]
        for code in draft.parties:
            now, before = level(plan, year, code), level(plan, year - 1, code)
            cells += [now or UNKNOWN, Share(now.value / before.value - 1) if now and before else UNKNOWN]
        rows.append(tuple(cells))
    sides = [
        Phrase(key, {"country": Land(code)})
        for code in draft.parties
        for key in ("head.series", "head.growth")
    ]
    caption = Phrase("caption.series", {"sources": draft.own("source.baseline")})
    return Grid("series", caption, (Word("head.year"), *sides), (5, 8, 4, 8, 4), tuple(rows))


def _stated(draft: Draft, plan: Plan) -> Grid:
    """Full-year figures as published, which the series rest on; a year without one is said to have none."""
    table = list(plan.dossier.tables["turnover"]) if plan.dossier else []
    rows = []
    for year in range(plan.base_year - YEARS + 1, plan.base_year + 1):
        cells: list[Value] = [When(str(year))]
        for code in draft.parties:
            row = full_year(table, year, code)
            if row is None:
                cells += _bounded(draft, table, year, code)
            else:
                cells += [_figure(row, Usd(total_usd(row) or 0.0)), draft.row(row)]
        rows.append(tuple(cells))
    sides = [
        head
        for code in draft.parties
        for head in (Phrase("head.stated", {"country": Land(code)}), Word("head.source"))
    ]
    return Grid("stated", Word("caption.stated"), (Word("head.year"), *sides), (5, 9, 3, 9, 3), tuple(rows))


def _bounded(draft: Draft, table: Sequence[Mapping[str, Any]], year: int, code: str) -> list[Value]:
    """A year without a figure: the lower bound that the side published, if it did, with its source; else unknown."""
    facts: dict[str, Value] = {"country": Land(code), "year": When(str(year))}
    row = lower_bound(table, year, code)
    if row is None:
        draft.unknown.append(Phrase("unknown.full_year", facts))
        return [UNKNOWN, Word("dash")]
    draft.unknown.append(Phrase("unknown.full_year_bounded", facts))
    shown = Phrase("over", {"value": Usd(total_usd(row) or 0.0)})
    return [_figure(row, shown, Word("over.said")), draft.row(row)]


def _figure(row: Mapping[str, Any], shown: Value, *more: Value) -> Lines:
    """A published figure with its period and what a reader must know."""
    doubt = () if row["doubtful"] == "no" else (Word("doubtful"),)
    return Lines((shown, When(f"{row['period_start']}/{row['period_end']}"), *more, *doubt))


def lower_bound(rows: Sequence[Mapping[str, Any]], year: int, side: str) -> Mapping[str, Any] | None:
    """A side's own full-year statement that gives only what turnover exceeded; of several the greatest.

    Parameters
    ----------
    rows
        Typed rows of a dossier's table of turnover.
    """
    # One at a time and taken as a figure, each is judged by the rules of a figure.
    told = [
        row
        for row in rows
        if row["bound"] == AT_LEAST and full_year([{**row, "bound": "exact"}], year, side) is not None
    ]
    return max(told, key=lambda row: total_usd(row) or 0.0, default=None)


def _path(draft: Draft, plan: Plan) -> Grid:
    rows = tuple(
        (
            When(str(row["year"])),
            Usd(row["needed"]),
            Usd(row["usual_q50"], row["usual_q10"], row["usual_q90"]),
            Usd(row["plan_q50"], row["plan_q10"], row["plan_q90"]),
        )
        for row in plan.path
        if row["year"] <= plan.question.by
    )
    heads = tuple(Word(f"head.{name}") for name in ("year", "needed", "usual", "planned"))
    caption = Phrase("caption.path", {"series": _whose(plan), "sources": draft.own("source.plan")})
    return Grid("path", caption, heads, (5, 6, 8, 8), rows)
