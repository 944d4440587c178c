"""The report's section on payments: how the trade would be paid, and what credit it would take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tarazu.clearing.projection import Settled
from tarazu.core.amounts import format_amount
from tarazu.core.table import Column, Table
from tarazu.planning.settlement import Settlement
from tarazu.planning.settlement_tables import LEVELS, swing_row, year_row
from tarazu.planning.settlement_terms import parameters
from tarazu.planning.words import percent
from tarazu.report.document import Figure, Listing, Section, Show

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan

MOST_GOODS = 10  # shown; the CSV holds all


def payments(plan: Plan) -> Section:
    """Residual first, then credit, then what it all assumes."""
    found = plan.settlement
    return Section(
        "payments",
        "How it would be paid",
        (_residual(found), _credit(found), _conditions(plan)),
        figures=(_structure(found), _timing(found)),
        listings=(_credit_listing(found), _years(found), *_goods(found)),
    )


def _residual(found: Settlement) -> str:
    row, (year, share) = year_row(found, found.by), found.base
    home, partner = found.home.name(), found.partner.name()
    owed = row["home_is_owed"]
    texts = [
        found.sentence(),
        f"{home} is owed it in {percent(owed)} of the draws, {partner} in {percent(1 - owed)}: which side ends in "
        "surplus is itself uncertain.",
        f"The bound is 2·min(X, M)/(X + M); of the trade of {year} it leaves {percent(1 - share)} unmatched, at the "
        "medians of the pooled series.",
    ]
    if len(found.scenarios) > 1:
        other = list(found.scenarios)[1]
        bound = 1 - year_row(found, found.by, other)["bound_q50"]
        texts.append(f"Without the measures {percent(bound)} would find no match in {found.by}.")
    return " ".join(texts)


def _credit(found: Settlement) -> str:
    """What a swing can do and what it cannot."""
    evenly, year, never = (
        [format_amount(swing_row(found, settled, level)["either_usd"]) for level in LEVELS]
        for settled in (Settled.EVENLY, Settled.AT_YEAR_END, Settled.NEVER)
    )
    row, terms = year_row(found, found.by), found.terms
    return (
        "Credit bridges time, not imbalance. If the year's imbalance is paid off in twelve even instalments, a "
        f"limit of {evenly[0]} each way carries seasons and chance in half of the draws, {evenly[1]} in 80% and "
        f"{evenly[2]} in 95%. If it is paid at the year's end only, {year[0]}, {year[1]} and {year[2]}. If nothing "
        f"is ever settled, {never[0]}, {never[1]} and {never[2]} by the end of {found.by}, and growing. With a "
        f"swing of {_limit(terms.home_usd)} extended by {found.home.name()} and "
        f"{_limit(terms.partner_usd)} by {found.partner.name()} ({terms.source}), goods pay for "
        f"{percent(row['netted_swing_q50'])} of the payments, with none for {percent(row['netted_q50'])}."
    )


def _limit(usd: float | None) -> str:
    return "any size" if usd is None else format_amount(usd)


def _conditions(plan: Plan) -> str:
    """No claim stronger than its evidence: what would have to exist before any payment is real."""
    found, share = plan.settlement, parameters()["share_cleared"]
    opened = found.opened_by
    promise = ""
    if opened:
        carried = f" ({', '.join(opened.commitments)})" if opened.commitments else ""
        promise = (
            f" Its opening is that of the measure “{opened.name}”{carried}; a promise that names a mechanism is "
            "not the legal authority to run one, and none is on record here."
        )
    return (
        f"A projection with synthetic parties, conditional on the regime “{plan.question.regime}”: {share.value:.0%} "
        f"of trade ({share.low:.0%} to {share.high:.0%}) passes through a clearing from January {found.years[0]} "
        f"on, the rest is paid as today.{promise} Real payments would need that authority, screening of every "
        "party against current lists, and goods that may be traded; names on lists are not ownership, vessels or "
        "secondary sanctions. Nothing here chooses a route or a party, or splits a payment. Flows are those of "
        f"the pooled series, free on board, first {plan.simulation.first.n:,} draws; freight paid to others is "
        "outside. There are no monthly figures: quarters are those of the partial-year statements, months and "
        "lags are judged."
    )


def _structure(found: Settlement) -> Figure:
    """What accumulates: no finite credit carries it."""
    rows = [(f"Nothing settled, {r['scenario']}", "unsettled", r) for r in found.path]
    rows.sort(key=lambda row: row[2]["scenario"] == found.scenario)  # the plan's in front
    return _fans(
        found,
        "position",
        "Who owes whom if nothing is ever settled",
        "Net position through the clearing, months added up. A one-sided flow only grows: this part is paid in "
        "convertible currency, or not at all.",
        rows,
    )


def _timing(found: Settlement) -> Figure:
    """What comes back within the year: what a swing is for."""
    names = {"timing": "Imbalance paid evenly through the year", "carried": "Excess settled at each close"}
    rows = [
        (label, key, row)
        for key, label in names.items()
        for row in found.path
        if row["scenario"] == found.scenario
    ]
    return _fans(
        found,
        "position-timing",
        "What a swing bridges",
        f"Net position with {found.scenario} about twelve even instalments of each year's imbalance, which leaves "
        "season and chance; and what remains when each close settles in convertible currency what exceeds the "
        "swing.",
        rows,
    )


def _fans(
    found: Settlement, name: str, title: str, caption: str, rows: list[tuple[str, str, dict[str, Any]]]
) -> Figure:
    quantiles = ("q10", "q50", "q90")
    columns = (Column("month"), Column("rule"), *(Column(q, "USD") for q in quantiles))
    values = tuple((row["month"], label, *(row[f"{key}_{q}"] for q in quantiles)) for label, key, row in rows)
    home, partner = found.home.name(), found.partner.name()
    return Figure(
        id=name,
        kind="position",
        title=title,
        caption=f"{caption} Quantiles are taken month by month.",
        unit="current US dollars",
        source="own simulation; clearing.toml",
        data={"paths": Table("clearing_paths", columns, values)},
        options={"above": f"{partner} owes {home}", "below": f"{home} owes {partner}"},
    )


def _credit_listing(found: Settlement) -> Listing:
    """Three levels by who extends and when the balance is settled."""
    home, partner = found.home.name(), found.partner.name()
    records = []
    for level in LEVELS:
        record: dict[str, object] = {"level": level}
        for settled in Settled:
            row = swing_row(found, settled, level)
            record |= {f"{side}, {settled.value}": row[f"{side}_usd"] for side in ("home", "partner")}
        records.append(record)
    names = [f"{side}, {settled.value}" for settled in Settled for side in ("home", "partner")]
    columns = (Column("level", "share"), *(Column(name, "USD") for name in names))
    titles = {"home": home, "partner": partner}
    show = [Show("level", "Enough in", "percent")]
    for name in names:
        side, _, when = name.partition(", ")
        show.append(Show(name, f"{titles[side]}, settled {when}", "usd"))
    return Listing(
        Table.build("clearing_credit", columns, records),
        tuple(show),
        f"Credit that each side must extend at the peak of {found.by}, with {found.scenario}, by when the balance "
        "is settled in convertible currency",
    )


def _years(found: Settlement) -> Listing:
    home = found.home.name()
    return Listing(
        found.table,
        (
            Show("scenario", "With"),
            Show("year", "Year", "year"),
            Show("payments_q50", "Payments cleared", "usd"),
            Show("bound_q50", "Netting matches at most", "percent"),
            Show("netted_q50", "it does, no swing", "percent"),
            Show("netted_swing_q50", "with the swing", "percent"),
            Show("residual_q10", "Residual, 10%", "usd"),
            Show("residual_q50", "median", "usd"),
            Show("residual_q90", "90%", "usd"),
            Show("convertible_swing_q50", "Paid in convertible currency", "usd"),
            Show("home_is_owed", f"{home} is owed", "percent"),
        ),
        "By year: share of payments settled without convertible currency, and the residual that netting within "
        "the year cannot match. Medians unless said; quantiles are in clearing.csv",
    )


def _goods(found: Settlement) -> tuple[Listing, ...]:
    """Goods of the weaker direction; none where only totals are known."""
    if not len(found.balancing):
        return ()
    table = found.balancing
    some = len(table) > MOST_GOODS
    both = float(np.median(found.main.imbalance[:, found.target])) > 0
    weaker = found.partner.name() if both else found.home.name()
    return (
        Listing(
            Table(table.name, table.columns, table.rows[:MOST_GOODS]),
            (
                Show("product", "Product"),
                Show("direction", "Direction"),
                Show("extra_q10", "More trade, 10%", "usd"),
                Show("extra_q50", "median", "usd"),
                Show("extra_q90", "90%", "usd"),
                Show("residual_less_q10", "Residual falls by, 10%", "usd"),
                Show("residual_less_q50", "median", "usd"),
                Show("residual_less_q90", "90%", "usd"),
                Show("credit_less_80", "Credit to the year's end falls by (80%)", "usd"),
            ),
            f"Goods of {weaker}, the weaker side of {found.by}, that would lower the residual if each were sold up "
            "to its potential, one at a time; only the cleared share of them counts, and where the other side is "
            "in surplus they widen it" + (f"; the first {MOST_GOODS}" if some else ""),
        ),
    )
