"""`tarazu offers`: HS codes from words, lists checked, offers matched with requests, a form, a worked example."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli.corridor_inputs import csv_option, network_option, write_files
from tarazu.cli.shared import EXIT_FINDINGS, emit, json_option, progress

if TYPE_CHECKING:
    from tarazu.corridor.network import Network
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.offers import Kind, OfferList
    from tarazu.planning.offers_example import Example
    from tarazu.planning.offers_match import Matched

SHOWN = 40  # matches and lines without one that are printed
KIND = click.option("--requests", "wanted", is_flag=True, help="The file holds requests, not offers.")
DOSSIER = click.option(
    "--dossier",
    "dossier_name",
    metavar="NAME|PATH",
    help="Facts of the pair; by default the one bundled. `none` for none.",
)


LIST = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@contextmanager
def _file(path: Path) -> Iterator[Path]:
    """The file itself, or for `-` a copy of standard input."""
    if str(path) != "-":
        yield path
        return
    with TemporaryDirectory() as folder:
        typed = Path(folder) / "standard-input.csv"
        typed.write_bytes(sys.stdin.buffer.read())
        yield typed


@click.group()
def offers() -> None:
    """Offers matched with requests: codes from words, checks of lists, matches with reasons.

    Nobody is screened here: screening comes before any contract.

    \b
    Examples:
      tarazu offers hs "dried apricots"
      tarazu offers form offers.csv
      tarazu offers check offers.csv
      tarazu offers match offers.csv requests.csv
      tarazu offers example
    """


@offers.command()
@click.argument("words", nargs=-1, required=True)
@json_option
def hs(words: tuple[str, ...], json_path: str | None) -> None:
    """The five headings that a description in English, Russian, Kazakh or Persian fits best.

    Exit code 1 if none fits. A suggestion decides nothing: classification rests with customs.

    \b
    Examples:
      tarazu offers hs dried apricots
      tarazu offers hs "ячмень фуражный"
    """
    from dataclasses import asdict

    from tarazu.planning.hs_texts import suggest

    description = " ".join(words)
    found = suggest(description)

    def show() -> None:
        from tarazu.cli.corridor_grid import console, grid

        if not found:
            click.echo(
                f'"{description}" has no word that any heading has. Use other words, or write the code.'
            )
            return
        rows = [(g.hs, f"{g.score:.0f}", g.matched, g.language, g.text) for g in found]
        console().print(grid("", ("code", "score", "matched", "", "heading, in our words"), rows, left=5))
        click.echo("Scores rank, up to 100. Classification rests with customs.")

    emit(json_path, {"description": description, "suggestions": [asdict(each) for each in found]}, show)
    if not found:
        sys.exit(EXIT_FINDINGS)


@offers.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, dir_okay=False))
@KIND
@json_option
def form(path: Path | None, wanted: bool, json_path: str | None) -> None:
    """An empty list, and beside it the explanation of its columns.

    Without PATH both are printed; with it they are written to PATH and PATH with -columns in its name. A file that
    is there already is not replaced.

    \b
    Examples:
      tarazu offers form
      tarazu offers form requests.csv --requests
    """
    from tarazu.core.errors import InputError
    from tarazu.planning.offers import form as empty
    from tarazu.planning.output import write

    kind: Kind = "requests" if wanted else "offers"
    listed, explained = empty(kind).values()
    if json_path is not None:
        if path is not None:
            raise click.UsageError("give PATH or --json, not both.")
        columns = list(csv.DictReader(io.StringIO(explained)))
        emit(json_path, {"kind": kind, "header": listed.strip(), "columns": columns}, lambda: None)
        return
    if path is None:
        click.echo(listed)
        click.echo(explained, nl=False)
        return
    places = [path, path.with_name(f"{path.stem}-columns.csv")]
    for place in places:
        if place.exists():
            raise InputError(f"{place} exists. Name another file: an empty form would take its place.")
    for written in write(list(zip(places, (listed, explained), strict=True))):
        click.echo(written)


@offers.command()
@click.argument("path", type=LIST)
@KIND
@DOSSIER
@network_option
@json_option
def check(
    path: Path, wanted: bool, dossier_name: str | None, network_name: str | None, json_path: str | None
) -> None:
    """Read a list and name what is wrong with it: file, row, column, how to mend it. Exit code 1 on errors.

    PATH may be - for standard input.

    \b
    Examples:
      tarazu offers check offers.csv
      tarazu offers check requests.csv --requests --json -
    """
    from datetime import date

    from tarazu.core.checks import errors
    from tarazu.planning.offers import read_offers
    from tarazu.planning.offers_prices import price_checks

    dossier = _dossier(dossier_name)
    with _file(path) as place:
        network = _network(network_name, dossier)
        listed = read_offers(place, "requests" if wanted else "offers", network, date.today())
    if dossier:
        listed = price_checks(listed, dossier)
    emit(json_path, listed.to_dict(), lambda: _print_list(listed))
    if errors(listed.checks):
        sys.exit(EXIT_FINDINGS)


@offers.command()
@click.argument("offered", metavar="OFFERS", type=LIST)
@click.argument("wanted", metavar="REQUESTS", type=LIST)
@DOSSIER
@network_option
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="Day on which lines must stand; by default today."
)
@json_option
@csv_option
def match(
    offered: Path,
    wanted: Path,
    dossier_name: str | None,
    network_name: str | None,
    on: Any,
    json_path: str | None,
    csv_folder: str | None,
) -> None:
    """Match offers with requests: tonnes, score, reasons and what is missing.

    The tonnes are those that make the most of all scores together; a request may be served by several offers and the
    reverse. Lines without a match are held against the market that the dossier knows. Exit code 1 if rows had errors;
    the others are matched all the same.

    \b
    Examples:
      tarazu offers match offers.csv requests.csv
      tarazu offers match offers.csv requests.csv --json - --dossier none
    """
    from tarazu.core.checks import errors
    from tarazu.planning.offers import read_offers
    from tarazu.planning.offers_match import match as run
    from tarazu.planning.offers_prices import price_checks

    dossier = _dossier(dossier_name)
    network = _network(network_name, dossier)
    if str(offered) == str(wanted) == "-":
        raise click.UsageError("only one of the two lists can come from standard input.")
    with _file(offered) as first, _file(wanted) as second:
        lists = [read_offers(first, "offers", network), read_offers(second, "requests", network)]
    if dossier:
        lists = [price_checks(each, dossier) for each in lists]
    with progress() as step:
        step("matching")
        found = run(lists[0], lists[1], network=network, dossier=dossier, on=on.date() if on else None)
    write_files(csv_folder, found.tables())
    emit(json_path, found.to_dict(), lambda: _print_matched(found))
    if errors(found.checks):
        sys.exit(EXIT_FINDINGS)


@offers.command()
@click.argument("dossier_name", required=False, metavar="[DOSSIER]")
@click.option(
    "--claim", metavar="ROW", help="Row of products.csv that announces the list; by default the first."
)
@json_option
@csv_option
def example(
    dossier_name: str | None, claim: str | None, json_path: str | None, csv_folder: str | None
) -> None:
    """How an announced list of unnamed items becomes offers, potential and a measured result.

    \b
    Examples:
      tarazu offers example
      tarazu offers example --csv example
    """
    from tarazu.planning.offers_example import example as make

    dossier = _dossier(dossier_name)
    if dossier is None:
        raise click.UsageError("the example is one of a dossier: name it.")
    found = make(dossier, claim)
    write_files(csv_folder, found.tables())
    emit(json_path, found.to_dict(), lambda: _print_example(found))


def _dossier(name: str | None) -> Dossier | None:
    """The dossier asked for, the only one bundled where none is named, or none at all."""
    from tarazu.planning.dossier import bundled, load

    if name is None:
        known = bundled()
        if len(known) != 1:
            raise click.UsageError(f"name a dossier: one of {', '.join(known)}, a folder, or `none`.")
        return load(known[0])
    return None if name == "none" else load(name)


def _network(name: str | None, dossier: Dossier | None) -> Network | None:
    """The network asked for, else the dossier's."""
    from tarazu.cli.corridor_inputs import read_network
    from tarazu.planning.transport_flows import network_of

    return read_network(name) if name else network_of(dossier)


def _print_list(listed: OfferList) -> None:
    from tarazu.planning.offers import SCREENING

    for found in listed.checks:
        click.echo(str(found))
    click.echo(f"{listed.name}: {len(listed.rows)} rows can be used. {SCREENING}")


def _print_matched(found: Matched) -> None:
    from rich.markup import escape

    from tarazu.cli.corridor_grid import console, grid, n, print_checks
    from tarazu.planning.offers import SCREENING

    out = console()
    print_checks(out, found.checks)
    tonnes = sum(each.tonnes or 0.0 for each in found.matches)
    out.print(
        f"{len(found.matches)} matches, {tonnes:,.0f} t a year, of {found.pairs:,} pairs whose goods "
        f"fit; on {found.on}."
    )
    out.print(f"{SCREENING}\n")
    for each in found.matches[:SHOWN]:
        names = f"{each.offer.id} for {each.request.id}: {each.request.label()}"
        out.print(f"[bold]{escape(names)}[/bold], {n(each.tonnes)} t, score {each.score:.2f}")
        out.print(escape(f"    {'; '.join(each.reasons)}."))
        if each.missing:
            out.print(escape(f"    Missing: {'; '.join(each.missing)}."))
    _say_more(len(found.matches))
    if found.unmatched:
        rows = [
            (each.line.id, each.line.label(), n(each.tonnes_left), " ".join((each.why, *each.market)))
            for each in found.unmatched[:SHOWN]
        ]
        out.print()
        out.print(
            grid("Without a match, or with tonnes left", ("id", "goods", "t left", "why"), rows, left=4)
        )
        _say_more(len(found.unmatched))


def _say_more(count: int) -> None:
    if count > SHOWN:
        click.echo(f"and {count - SHOWN} more; --json and --csv hold them all.")


def _print_example(found: Example) -> None:
    from tarazu.cli.corridor_grid import console, grid, n
    from tarazu.core.table import is_missing
    from tarazu.planning.offers import SCREENING

    out = console()
    for sentence in found.sentences:
        out.print(f"· {sentence}", markup=False)
    out.print(f"· {SCREENING}\n", markup=False)
    changes = {row["hs"]: row for row in found.measured}
    rows = []
    for row, line in zip(found.potential, found.offers.rows, strict=True):
        flow = changes[row["hs"]]
        change = "" if is_missing(flow["change"]) else f"{flow['change']:+.0%}"
        ends = f"{n(row['unrealised_q50'])} ({n(row['unrealised_q10'])}–{n(row['unrealised_q90'])})"
        tonnes = f"{line.volume_t[1]:,.0f}" if line.volume_t else "unknown"
        of_group = f" of {row['line_goods']}" if row["line_goods"] and row["line"] != row["hs"] else ""
        unrealised = "unknown" if row["unrealised_q50"] is None else f"{ends}{of_group}"
        cells = (
            row["hs"],
            row["product"],
            tonnes,
            unrealised,
            flow["before"] or "",
            flow["after"] or "",
            change,
        )
        rows.append(cells)
    heads = ("hs", "product", "t offered", "unrealised USD m", "flow before", "flow after", "change")
    out.print(grid("Products of the dossier as offers", heads, rows, left=2))
    out.print(
        f"\n{len(found.matched.matches)} of them meet a purchase of the other side; --csv writes all tables."
    )
