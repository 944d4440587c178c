"""What the commands of `tarazu corridor` share: options, the network and flows asked for, files to write."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli.shared import EXIT_FINDINGS

if TYPE_CHECKING:
    from tarazu.core.checks import Check
    from tarazu.core.table import Table
    from tarazu.corridor.carriage import Flow
    from tarazu.corridor.network import Network

Command = Callable[..., Any]
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


def network_option(command: Command) -> Command:
    """Option --network."""
    return click.option(
        "--network",
        "network_name",
        metavar="NAME|PATH",
        help="Bundled network, folder of CSV files, or GeoJSON file.",
    )(command)


def csv_option(command: Command) -> Command:
    """Option --csv."""
    return click.option(
        "--csv", "csv_folder", metavar="DIR", help="Write the tables there as well, one CSV file each."
    )(command)


def json_option(command: Command) -> Command:
    """Option --json."""
    return click.option(
        "--json",
        "json_path",
        metavar="PATH|-",
        help="Write JSON there in place of the text; - is standard output.",
    )(command)


def geojson_option(command: Command) -> Command:
    """Option --geojson."""
    return click.option(
        "--geojson", "geojson_path", metavar="PATH", help="Write GeoJSON there as well, for a map."
    )(command)


def scenario_option(command: Command) -> Command:
    """Option --scenario."""
    return click.option(
        "--scenario",
        "scenarios",
        multiple=True,
        help="A disruption that holds, a+b for both at once; may be given again.",
    )(command)


def lost_option(command: Command) -> Command:
    """Option --lost-share."""
    return click.option(
        "--lost-share",
        type=float,
        help="Margin that a tonne loses if it does not move, as a share of its value, above 0; "
        "by default 0.3, a judgement.",
    )(command)


def transit_option(command: Command) -> Command:
    """Option --with-transit."""
    return click.option(
        "--with-transit",
        is_flag=True,
        help="Add the goods of third countries that the network knows (transit.csv) where FLOWS lacks them.",
    )(command)


def read_network(name: str | None, say: bool = True) -> Network:
    """The network asked for; that rows of it are left out is said, unless it is to be shown anyway."""
    from tarazu.core.checks import errors
    from tarazu.core.errors import NetworkError
    from tarazu.corridor.network import Network
    from tarazu.corridor.reading import bundled_networks

    known = bundled_networks()
    if name is None and len(known) != 1:
        raise NetworkError(f"--network: name one of {', '.join(known)}, or a folder or file of your own.")
    net = Network.read(name or known[0])
    wrong = len(errors(net.checks))
    if wrong and say:
        click.echo(
            f"network {net.name}: {wrong} error{'s' * (wrong > 1)}; what they concern is left out, and the exit code "
            f"is 1. See {net.show()}.",
            err=True,
        )
    return net


def end(net: Network, checks: Iterable[Check] = ()) -> None:
    """Leave with the exit code of findings where the network or the input has an error."""
    from tarazu.core.checks import errors

    if errors((*net.checks, *checks)):
        sys.exit(EXIT_FINDINGS)


def read_year(net: Network, path: Path, add_transit: bool) -> tuple[list[Flow], tuple[Check, ...]]:
    """The flows of a file, with what the network knows of third countries or a note that it is left out."""
    from tarazu.core.errors import NetworkError
    from tarazu.corridor.flows import read_flows
    from tarazu.corridor.transit import transit_left_out, with_transit

    if add_transit:
        flows, checks = with_transit(net, path)
    else:
        read, checks = read_flows(net, path)
        flows, note = list(read), transit_left_out(net, read)
        checks = (*checks, note) if note else checks
    if not any(flow.tonnes for flow in flows):
        raise NetworkError(
            f"{path.name}: every flow has 0 tonnes: there is nothing to carry. Write a year's tonnes."
        )
    return flows, checks


def refuse_no_loss(lost_share: float | None) -> None:
    """Turn away a share of 0, at which the programme has no reason to move anything."""
    if lost_share == 0:
        raise click.UsageError(
            "--lost-share 0: a tonne that stays would lose nothing, so moving and staying would cost alike and the "
            "answer would be chance. Give a share above 0; 0.01 lets goods stay rather than take any detour."
        )


def day_of(found: Any) -> date | None:
    """The day of an option, None where it is not given."""
    from tarazu.corridor.routes import YEARS

    if found and found.year not in YEARS:
        raise click.UsageError(f"{found:%Y-%m-%d}: a day of the years {YEARS[0]} to {YEARS[-1]} is expected.")
    return found.date() if found else None


def write_files(
    csv_folder: str | None,
    tables: dict[str, Table],
    geojson_path: str | None = None,
    geojson: Callable[[], dict[str, Any]] | None = None,
) -> None:
    """Tables as CSV files of a folder and a map as GeoJSON, each only if asked for."""
    from tarazu.planning.output import json_text, write

    if "-" in (csv_folder, geojson_path):
        raise click.UsageError("only --json can go to standard output.")
    outputs: list[tuple[Path, str | dict[str, str]]] = []
    if csv_folder:
        outputs.append((Path(csv_folder), {f"{name}.csv": table.to_csv() for name, table in tables.items()}))
    if geojson_path and geojson:
        outputs.append((Path(geojson_path), json_text(geojson())))
    for path in write(outputs) if outputs else ():
        click.echo(path, err=True)
