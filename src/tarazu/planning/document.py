"""A plan as a report document: sections in the order in which a reader asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tarazu
from tarazu.core.amounts import format_amount
from tarazu.core.table import Column, Table
from tarazu.planning import sections
from tarazu.planning.commitments import section as promises
from tarazu.planning.explain import TRACES
from tarazu.planning.lead import conditions, lead
from tarazu.planning.settlement_section import payments
from tarazu.planning.transport_section import carriage
from tarazu.report.document import Document, Listing, Section, Show

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan


def report_html(plan: Plan, figures: bool = True) -> str:
    """The self-contained page; without figures their tables are shown instead."""
    from tarazu.report.pages import html

    document = build(plan)
    if not figures:
        return html(document)
    from tarazu.report.figures import draw

    drawn = {figure.id: draw(figure) for section in document.sections for figure in section.figures}
    return html(document, drawn)


def build(plan: Plan) -> Document:
    """The whole report."""
    q = plan.question
    found = [
        sections.answer(plan),
        sections.baseline(plan),
        sections.usual(plan),
        sections.measures(plan),
        sections.products(plan),
        sections.frontier(plan),
        carriage(plan),
        payments(plan),
        promises(plan),
        sections.regimes(plan),
        sections.checks(plan),
        sections.sources(plan),
    ]
    traced = (_traced(section, plan) for section in found if section is not None)
    return Document(
        title=f"{plan.home.name()}–{plan.partner.name()}: {format_amount(q.target_usd)} of mutual trade by {q.by}",
        subtitle="What the target would take, with the uncertainty said aloud",
        lead=lead(plan),
        conditions=conditions(plan),
        sections=tuple(traced),
        colophon={
            "Made by": f"Tarazu {tarazu.__version__}",
            "Pair": f"{plan.home.alpha3}–{plan.partner.alpha3}",
            "Dossier": plan.name if plan.dossier else "none (totals of the bundled 24-region table)",
            "Draws": f"{q.draws:,}, seed {q.seed}",
            "Series": q.series,
            "Regime": q.regime,
            "To repeat": _command(plan),
            "To trace a figure": f"tarazu explain {_subject(plan)} probability",
        },
    )


def _traced(section: Section, plan: Plan) -> Section:
    """The section with, in each table, the name by which `tarazu explain` knows a row."""
    return replace(section, listings=tuple(_traced_listing(listing, plan) for listing in section.listings))


def _traced_listing(listing: Listing, plan: Plan) -> Listing:
    name = TRACES.get(listing.table.name)
    if name is None:
        return listing
    table = listing.table
    columns = (*table.columns, Column("trace", "", "name for tarazu explain"))
    rows = tuple((*row, name(cells, plan)) for row, cells in zip(table.rows, table, strict=True))
    show = (*listing.show, Show("trace", "Trace", "figure"))
    return replace(listing, table=Table(table.name, columns, rows), show=show)


def _subject(plan: Plan) -> str:
    return plan.name if plan.dossier else f"{plan.home.alpha3} {plan.partner.alpha3}"


def _command(plan: Plan) -> str:
    q = plan.question
    return (
        f"tarazu plan {_subject(plan)} --target {q.target_usd:.10g} --by {q.by}"
        + (f" --regime {q.regime}" if plan.dossier else "")
        + f" --draws {q.draws} --seed {q.seed}"
    )
