"""`tarazu brief`: one product from one country to another, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli.shared import json_option
from tarazu.core.source import ObsStatus

if TYPE_CHECKING:
    from tarazu.planning.brief import Brief, Fact

MARKS = {ObsStatus.ESTIMATED: "our computation", ObsStatus.CLAIMED: "claimed", ObsStatus.FORECAST: "forecast"}


@click.command()
@click.option("--product", required=True, help="HS code of 2, 4 or 6 digits, or the goods in words.")
@click.option("--from", "exporter", required=True, metavar="COUNTRY", help="Country that sells.")
@click.option("--to", "importer", required=True, metavar="COUNTRY", help="Country that buys.")
@click.option(
    "--dossier", metavar="NAME|PATH", help="Facts of the pair; by default the bundled dossier of the two."
)
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of quotas, bans and deadlines; by default today."
)
@click.option("--origin", help="Place where the goods are loaded; by default the one with the largest share.")
@click.option("--destination", help="Place where they go.")
@click.option("--html", "html_path", metavar="PATH", help="Write the page there; - is standard output.")
@json_option
def brief(
    product: str,
    exporter: str,
    importer: str,
    dossier: str | None,
    on: Any,
    origin: str | None,
    destination: str | None,
    html_path: str | None,
    json_path: str | None,
) -> None:
    """One page for an exporter: flows, potential, tariff, rules, rivals, routes, price, payment, whom to ask.

    Each line has its source and date; what nobody states is listed as unknown. Nobody is screened: screening comes
    before any contract.

    \b
    Examples:
      tarazu brief --product 1003 --from KAZ --to IRN
      tarazu brief --product dates --from IRN --to KAZ --html dates.html
      tarazu brief --product 0204 --from KAZ --to IRN --destination Mashhad --json -
    """
    from tarazu.planning.brief import brief as make
    from tarazu.planning.dossier import load
    from tarazu.planning.output import json_text, write

    if html_path == json_path == "-":
        raise click.UsageError("only one of --html and --json can go to standard output.")
    facts = load(dossier) if dossier else None
    day = on.date() if on else None
    found = make(product, exporter, importer, dossier=facts, on=day, origin=origin, destination=destination)
    outputs: list[tuple[Path, str]] = []
    if html_path and html_path != "-":
        outputs.append((Path(html_path), found.html()))
    if json_path and json_path != "-":
        outputs.append((Path(json_path), json_text(found.to_dict())))
    for path in write(outputs) if outputs else ():
        click.echo(path, err="-" in (json_path, html_path))
    if html_path == "-":
        click.echo(found.html())
    elif json_path == "-":
        click.echo(json_text(found.to_dict()), nl=False)
    elif not outputs:
        print_brief(found)


def print_brief(found: Brief) -> None:
    """The brief as text: topics with their lines, what is unknown, numbered sources."""
    from rich.markup import escape

    from tarazu.cli.corridor_grid import console, grid
    from tarazu.planning.brief_page import lead
    from tarazu.planning.offers import SCREENING

    out = console()
    out.print(f"[bold]{escape(found.title)}[/bold], as of {found.subject.on}\n")
    for check in found.checks:
        out.print(escape(str(check)))
    if said := lead(found):
        out.print(escape(said))
    out.print(f"{SCREENING}\n")
    numbers = {source: number for number, source in enumerate(found.sources, start=1)}
    for topic in found.topics:
        if topic.facts:
            rows = [(fact.label, _text(fact), _mark(fact, numbers)) for fact in topic.facts]
            out.print(grid(topic.title, ("", "", "source"), rows, left=2))
            out.print()
    out.print("[bold]Unknown[/bold]")
    for line in found.unknown:
        out.print(f"  · {escape(line)}")
    out.print("\n[bold]Sources[/bold]")
    for source, number in numbers.items():
        out.print(escape(f"  {number:>2} {source}"), soft_wrap=True, highlight=False)


def _text(fact: Fact) -> str:
    mark = MARKS.get(fact.status)
    return f"{fact.text} ({mark})" if mark == "claimed" else fact.text


def _mark(fact: Fact, numbers: Any) -> str:
    return str(numbers[fact.source]) if fact.source else ""
