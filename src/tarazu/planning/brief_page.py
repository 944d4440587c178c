"""The brief as one self-contained page: two columns, numbered sources, what is unknown; two sheets of A4 in print.

Nothing is fetched and there are no scripts; everything that comes from data is escaped.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import tarazu
from tarazu.planning.offers import SCREENING
from tarazu.report.pages import linked

if TYPE_CHECKING:
    from jinja2 import Environment

    from tarazu.planning.brief import Brief, Fact, Topic

ROWS = 2  # that are named in print


def page(brief: Brief) -> str:
    """Text of the HTML file."""
    subject = brief.subject
    numbers = {source: number for number, source in enumerate(brief.sources, start=1)}
    about = f"facts of the dossier {subject.dossier.name}" if subject.dossier else "no dossier of the pair"
    return (
        _environment()
        .get_template("brief.html.j2")
        .render(
            brief=brief,
            numbers=numbers,
            lead=lead(brief),
            screening=SCREENING,
            about=about,
            command=command(brief),
            version=tarazu.__version__,
        )
    )


def command(brief: Brief) -> str:
    """What makes this page again."""
    s = brief.subject
    return f"tarazu brief --product {s.code} --from {s.exporter.alpha3} --to {s.importer.alpha3} --on {s.on}"


def lead(brief: Brief) -> str:
    """The page in a few sentences: trend, what is left to gain, duty, freight, and how the price compares."""
    parts = [
        _said(brief.topic("flows"), "trend", "Trend: {}."),
        _said(brief.topic("potential"), "unrealised", "Not yet realised: {}."),
        _said(brief.topic("routes"), "cheapest", "Cheapest way: {}."),
        _said(brief.topic("landed"), "difference", "Landed price: {}."),
    ]
    return " ".join(part for part in parts if part)


def _said(topic: Topic, label: str, words: str) -> str:
    found: Fact | None = next((fact for fact in topic.facts if fact.label.startswith(label)), None)
    return words.format(found.text) if found else ""


def named_rows(text: str) -> str:
    """The first rows of a list, and how many more there are."""
    names = [name.strip().replace(".csv", "") for name in text.split(",")]
    more = f" +{len(names) - ROWS}" if len(names) > ROWS else ""
    return ", ".join(names[:ROWS]) + more


def sentence(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tarazu.planning", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"linked": linked, "rows": named_rows, "sentence": sentence}
    return environment
