"""`tarazu corridor`: the network, routes, what can be carried, disruptions, expansion, border indicators."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli.shared import EXIT_FINDINGS, Amount, emit, json_option, progress

if TYPE_CHECKING:
    from tarazu.core.table import Table
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
        "--csv", "csv_folder", metavar="DIR", help="Write the tables there, one CSV file each."
    )(command)


def geojson_option(command: Command) -> Command:
    """Option --geojson."""
    return click.option("--geojson", "geojson_path", metavar="PATH", help="Write GeoJSON there, for a map.")(
        command
    )


def lost_option(command: Command) -> Command:
    """Option --lost-share."""
    return click.option(
        "--lost-share",
        type=float,
        help="Margin that a tonne loses if it does not move, as a share of its value; by default 0.3, a judgement.",
    )(command)


@click.group()
def corridor() -> None:
    """How goods move between the two countries: routes, capacity, the bottleneck, disruptions.

    Times are hours door to door, money is US dollars a tonne. What is estimated says so and shows its range.
    Sanctions screening comes before booking: nothing here looks for a way around a control.

    \b
    Examples:
      tarazu corridor show
      tarazu corridor routes Kostanay Tehran --commodity barley
      tarazu corridor flows kaz-irn --out flows.csv
      tarazu corridor assign flows.csv
      tarazu corridor disrupt flows.csv
    """


@corridor.command()
@network_option
@json_option
@csv_option
@geojson_option
def show(
    network_name: str | None, json_path: str | None, csv_folder: str | None, geojson_path: str | None
) -> None:
    """The network: its size, legs with lengths and sources, scenarios, and what its checks found.

    \b
    Examples:
      tarazu corridor show
      tarazu corridor show --geojson network.geojson
    """
    from tarazu.cli.corridor_print import network_dict, print_network
    from tarazu.corridor.geojson import plain_tables

    net = _network(network_name)
    _files(csv_folder, plain_tables(net), geojson_path, net.geojson)
    emit(json_path, network_dict(net), lambda: print_network(net))


@corridor.command()
@click.argument("origin", metavar="FROM")
@click.argument("destination", metavar="TO")
@click.option(
    "--commodity", required=True, help="What is carried; `tarazu corridor show` lists the commodities."
)
@click.option("--packaging", help="bulk, wagon, container or truck; by default all in which it travels.")
@click.option(
    "--criteria",
    default="cost,time,co2",
    show_default=True,
    help="Of cost, time, variability, co2; with commas.",
)
@click.option(
    "--depart", type=click.DateTime(["%Y-%m-%d"]), help="Day of departure: its limits and timetables count."
)
@click.option(
    "--by", "arrive", type=click.DateTime(["%Y-%m-%d"]), help="With --depart: chance to arrive by that day."
)
@click.option("--scenario", "scenarios", multiple=True, help="A disruption that holds; may be given again.")
@click.option(
    "--epsilon",
    default=0.05,
    show_default=True,
    help="Routes closer than this share are shown as one; 0: all.",
)
@click.option("--steps/--no-steps", default=True, show_default=True, help="Legs and sources of each route.")
@network_option
@json_option
@csv_option
@geojson_option
def routes(
    origin: str,
    destination: str,
    commodity: str,
    packaging: str | None,
    criteria: str,
    depart: Any,
    arrive: Any,
    scenarios: tuple[str, ...],
    epsilon: float,
    steps: bool,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
    geojson_path: str | None,
) -> None:
    """Every route that no other beats in all of cost, time and emissions, with legs, ranges and sources.

    FROM and TO are places of the network by name, or coordinates as lat,lon. A coordinate further than 25 km from
    every place is an error that names the nearest.

    \b
    Examples:
      tarazu corridor routes Kostanay Tehran --commodity barley
      tarazu corridor routes Kostanay Tehran --commodity barley --depart 2026-12-01 --by 2026-12-20
      tarazu corridor routes Astana "Bandar Abbas" --commodity steel --scenario akyayla-half --json -
    """
    from tarazu.cli.corridor_print import print_routes, reliability

    if arrive and not depart:
        raise click.UsageError("--by needs --depart: the chance to arrive depends on when the goods leave.")
    net = _network(network_name)
    found = net.routes(
        origin,
        destination,
        commodity,
        tuple(part.strip() for part in criteria.split(",") if part.strip()),
        packaging=packaging,
        day=_day(depart),
        scenarios=scenarios,
        epsilon=epsilon,
    )
    times = reliability(found, _day(arrive))
    _files(
        csv_folder,
        {"routes": found.table, "steps": found.steps, "reliability": times},
        geojson_path,
        found.geojson,
    )
    data = {**found.to_dict(), "reliability": times.records()}
    emit(json_path, data, lambda: print_routes(found, times, steps))
    if not found.every:
        sys.exit(EXIT_FINDINGS)


@corridor.command()
@click.argument("dossier", metavar="DOSSIER")
@click.option("--target", type=Amount(), help="Turnover to reach; the dossier's own if not given.")
@click.option("--by", type=int, help="Calendar year of the target.")
@click.option(
    "--out",
    "out_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write there, not to the terminal.",
)
def flows(dossier: str, target: float | None, by: int | None, out_path: Path | None) -> None:
    """The tonnes of a plan's target between places, as a CSV table for assign, disrupt and expand.

    The basket of the plan is grown in proportion to the target; medians. Goods of third countries are marked transit.

    \b
    Examples:
      tarazu corridor flows kaz-irn --out flows.csv
      tarazu corridor flows kaz-irn --target 1bn
    """
    from tarazu.core.errors import NetworkError
    from tarazu.planning.output import write
    from tarazu.planning.plan import plan
    from tarazu.planning.transport_tables import flow_file

    with progress() as step:
        found = plan(dossier, target, by, progress=step).transport
    if found is None:
        raise NetworkError(f"{dossier} has no transport network: add a folder `network` to the dossier.")
    text = flow_file(found).to_csv()
    if out_path is None:
        click.echo(text, nl=False)
    else:
        click.echo(write([(out_path, text)])[0])


@corridor.command()
@click.argument("flows", type=READABLE)
@click.option("--scenario", "scenarios", multiple=True, help="A disruption that holds; may be given again.")
@lost_option
@network_option
@json_option
@csv_option
@geojson_option
def assign(
    flows: Path,
    scenarios: tuple[str, ...],
    lost_share: float | None,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
    geojson_path: str | None,
) -> None:
    """What of a year's flows can be carried, over which capacities, where it chokes, and what relief is worth.

    FLOWS is a CSV table with the columns origin, destination, commodity, tonnes (a year), and where known month,
    transit (yes for goods of third countries), direction. The answer is a system optimum: optimistic for shippers
    who each seek their own best.

    \b
    Examples:
      tarazu corridor assign flows.csv
      tarazu corridor assign flows.csv --scenario aktau-closed --csv loads --geojson loads.geojson
    """
    from tarazu.cli.corridor_print import print_carried

    with progress() as step:
        step("assignment")
        found = _network(network_name).assign(flows, scenarios=scenarios, lost_share=lost_share)
        step("assignment", 1)
    tables = {
        "flows": found.table,
        "capacities": found.capacities,
        "loads": found.loads,
        "paths": found.paths,
        "fleet": found.fleet,
        "demurrage": found.demurrage,
    }
    _files(csv_folder, tables, geojson_path, found.geojson)
    emit(json_path, found.to_dict(), lambda: print_carried(found))


@corridor.command()
@click.argument("flows", type=READABLE)
@click.option(
    "--scenario", "scenarios", multiple=True, help="Named disruption; a+b for both at once. May be repeated."
)
@click.option(
    "--close",
    "closures",
    multiple=True,
    help="Place, leg, transfer or service by its id: ID, ID=0.5 (share left), ID@3-5 (months).",
)
@click.option("--links", is_flag=True, help="Rank every link in use by what a year without it costs.")
@click.option("--draws", type=int, default=0, help="Years with closures drawn at random.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same drawn years.")
@lost_option
@network_option
@json_option
@csv_option
def disrupt(
    flows: Path,
    scenarios: tuple[str, ...],
    closures: tuple[str, ...],
    links: bool,
    draws: int,
    seed: int,
    lost_share: float | None,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
) -> None:
    """What disruptions cost: tonnes lost, dearer and longer transport; by default each scenario of the network alone.

    \b
    Examples:
      tarazu corridor disrupt flows.csv
      tarazu corridor disrupt flows.csv --close aktau-port@10-12 --close "bolashak=0.5+low-water"
      tarazu corridor disrupt flows.csv --links --draws 1000 --csv disruptions
    """
    from tarazu.cli.corridor_print import print_disruptions
    from tarazu.corridor.disruption import drawn, rank_links

    net = _network(network_name)
    with progress() as step:
        found = net.disrupt(flows, scenarios or None, closures=closures, lost_share=lost_share, progress=step)
        tables = {"disruptions": found.table}
        if links:
            tables["links"] = rank_links(found.base, step)
        if draws:
            tables["drawn"] = drawn(found.base, draws, seed, step)
    _files(csv_folder, tables)
    data = found.to_dict() | {name: table.records() for name, table in tables.items()}
    emit(json_path, data, lambda: print_disruptions(found, tables))


@corridor.command()
@click.argument("flows", type=READABLE)
@click.option(
    "--tonnes", type=float, help="Tonnes a year that are to move, third countries' included; by default all."
)
@lost_option
@network_option
@json_option
@csv_option
def expand(
    flows: Path,
    tonnes: float | None,
    lost_share: float | None,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
) -> None:
    """The cheapest set of the network's projects that carries the flows, and what still could not move.

    \b
    Examples:
      tarazu corridor expand flows.csv
      tarazu corridor expand flows.csv --tonnes 5e6
    """
    from tarazu.cli.corridor_print import print_expansion

    with progress() as step:
        step("expansion")
        found = _network(network_name).expand(flows, target=tonnes, lost_share=lost_share)
        step("expansion", 1)
    _files(csv_folder, {"projects": found.table})
    emit(json_path, found.to_dict(), lambda: print_expansion(found))


@corridor.command()
@click.argument("log", type=READABLE)
@click.option(
    "--by",
    default="mode",
    show_default=True,
    help="Groups: any of mode, corridor, country, bcp; with commas.",
)
@json_option
@csv_option
def cpmm(log: Path, by: str, json_path: str | None, csv_folder: str | None) -> None:
    """Border-crossing time and cost, cost of a section and speeds from shipment logs (CAREC CPMM, TFI1 to TFI4).

    \b
    Examples:
      tarazu corridor cpmm log.csv
      tarazu corridor cpmm log.csv --by mode,bcp --json -
    """
    from tarazu.cli.corridor_print import print_indicators
    from tarazu.corridor.cpmm import indicators, read_log

    read = read_log(log)
    found = indicators(read, tuple(part.strip() for part in by.split(",") if part.strip()))
    _files(csv_folder, {"indicators": found})
    data = {"indicators": found.records(), "checks": [str(check) for check in read.checks]}
    emit(json_path, data, lambda: print_indicators(found, read.checks))


def _network(name: str | None) -> Network:
    from tarazu.core.errors import NetworkError
    from tarazu.corridor.network import Network
    from tarazu.corridor.reading import bundled_networks

    known = bundled_networks()
    if name is None and len(known) != 1:
        raise NetworkError(f"--network: name one of {', '.join(known)}, or a folder or file of your own.")
    return Network.read(name or known[0])


def _day(found: Any) -> date | None:
    return found.date() if found else None


def _files(
    csv_folder: str | None,
    tables: dict[str, Table],
    geojson_path: str | None = None,
    geojson: Callable[[], dict[str, Any]] | None = None,
) -> None:
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
