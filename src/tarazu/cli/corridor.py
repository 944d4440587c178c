"""`tarazu corridor`: the network, routes, what can be carried, disruptions, expansion, border indicators."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from tarazu.cli.corridor_inputs import (
    READABLE,
    csv_option,
    day_of,
    end,
    geojson_option,
    json_option,
    lost_option,
    network_option,
    read_network,
    read_year,
    refuse_no_loss,
    scenario_option,
    transit_option,
    write_files,
)
from tarazu.cli.shared import EXIT_FINDINGS, Amount, emit, progress


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
@click.argument("what", required=False)
@network_option
@json_option
@csv_option
@geojson_option
def show(
    what: str | None,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
    geojson_path: str | None,
) -> None:
    """The network: its size, scenarios and findings; or one of its tables; or all that is known of one link.

    WHAT is a table (nodes, legs, transfers, services, values, limits, tariffs, projects, places, transit,
    commodities, defaults, emissions, loads, sources), or the id or name of a place, leg, transfer or service. * is a
    default of the mode or kind. Findings name causes before what follows from them; exit code 1 if one is an error.

    \b
    Examples:
      tarazu corridor show
      tarazu corridor show transfers
      tarazu corridor show port-aktau-port-grain
      tarazu corridor show --geojson network.geojson
    """
    from tarazu.cli.corridor_show import known, network_dict, print_network
    from tarazu.corridor.geojson import plain_tables

    net = read_network(network_name, say=False)
    what = known(net, what) if what else None
    write_files(csv_folder, plain_tables(net), geojson_path, net.geojson)
    emit(json_path, network_dict(net, what), lambda: print_network(net, what))
    end(net)


@corridor.command()
@click.argument("origin", metavar="FROM")
@click.argument("destination", metavar="TO")
@click.option(
    "--commodity", required=True, help="What is carried; `tarazu corridor show` lists the commodities."
)
@click.option(
    "--packaging", help="bulk, wagon, container, truck or break-bulk; by default all in which it travels."
)
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
@scenario_option
@click.option(
    "--epsilon",
    default=0.05,
    show_default=True,
    help="Routes closer than this share are shown as one; 0: all.",
)
@click.option(
    "--steps/--no-steps",
    default=None,
    help="Every leg of every route, or none; by default the cheapest, fastest and cleanest in short.",
)
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
    steps: bool | None,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
    geojson_path: str | None,
) -> None:
    """Every route that no other beats in all of cost, time and emissions, with legs, ranges and sources.

    FROM and TO are places of the network by name, or coordinates as lat,lon. A coordinate further than 25 km from
    every place is an error that names the nearest. The exit code is 1 if there is no route or the network has errors:
    what these concern is left out, and the rest is answered.

    \b
    Examples:
      tarazu corridor routes Kostanay Tehran --commodity barley
      tarazu corridor routes Kostanay Tehran --commodity barley --depart 2026-12-01 --by 2026-12-20
      tarazu corridor routes Astana "Bandar Abbas" --commodity steel --scenario akyayla-half --json -
    """
    from tarazu.cli.corridor_routes import evidence, print_routes, reliability

    if arrive and not depart:
        raise click.UsageError("--by needs --depart: the chance to arrive depends on when the goods leave.")
    if arrive and arrive < depart:
        raise click.UsageError(
            f"--by {arrive:%Y-%m-%d} lies before --depart {depart:%Y-%m-%d}. Name a later day."
        )
    net = read_network(network_name)
    found = net.routes(
        origin,
        destination,
        commodity,
        tuple(part.strip() for part in criteria.split(",") if part.strip()),
        packaging=packaging,
        day=day_of(depart),
        scenarios=scenarios,
        epsilon=epsilon,
    )
    times = reliability(found, day_of(arrive))
    write_files(
        csv_folder,
        {"routes": found.table, "steps": found.steps, "reliability": times},
        geojson_path,
        found.geojson,
    )
    data = {**found.to_dict(), "reliability": times.records(), "evidence": evidence(found)}
    emit(json_path, data, lambda: print_routes(found, times, steps))
    end(net, found.checks)


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
@scenario_option
@lost_option
@transit_option
@network_option
@json_option
@csv_option
@geojson_option
def assign(
    flows: Path,
    scenarios: tuple[str, ...],
    lost_share: float | None,
    with_transit: bool,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
    geojson_path: str | None,
) -> None:
    """What of a year's flows can be carried, over which capacities, where it chokes, and what relief is worth.

    FLOWS is a CSV table with the columns origin, destination, commodity, tonnes (a year), and where known month,
    transit (yes for goods of third countries), direction. The answer is a system optimum: optimistic for shippers
    who each seek their own best. The exit code is 1 if rows cannot be used or carried, or if the network has errors.

    \b
    Examples:
      tarazu corridor assign flows.csv
      tarazu corridor assign flows.csv --scenario aktau-closed --csv loads --geojson loads.geojson
    """
    from tarazu.cli.corridor_print import print_carried
    from tarazu.corridor.geojson import carried_geojson

    refuse_no_loss(lost_share)
    net = read_network(network_name)
    asked, checks = read_year(net, flows, with_transit)
    with progress() as step:
        step("assignment")
        found = net.assign(asked, scenarios=scenarios, lost_share=lost_share)
        step("assignment", 1)
    found = replace(found, findings=(*checks, *found.findings))
    tables = {
        "flows": found.table,
        "capacities": found.capacities,
        "loads": found.loads,
        "paths": found.paths,
        "fleet": found.fleet,
        "demurrage": found.demurrage,
    }
    write_files(csv_folder, tables, geojson_path, lambda: carried_geojson(found))
    emit(json_path, found.to_dict(), lambda: print_carried(found))
    end(net, found.checks)


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
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed, the same drawn years.",
)
@lost_option
@transit_option
@network_option
@json_option
@csv_option
@geojson_option
def disrupt(
    flows: Path,
    scenarios: tuple[str, ...],
    closures: tuple[str, ...],
    links: bool,
    draws: int,
    seed: int,
    lost_share: float | None,
    with_transit: bool,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
    geojson_path: str | None,
) -> None:
    """What disruptions cost: tonnes lost, dearer and longer transport; by default each scenario of the network alone.

    --geojson holds the links with the loss of each if --links asks for it, else the loads of the undisturbed year.
    The exit code is 1 if rows cannot be used or carried, or if the network has errors.

    \b
    Examples:
      tarazu corridor disrupt flows.csv
      tarazu corridor disrupt flows.csv --close aktau-port@10-12 --close "bolashak=0.5+low-water"
      tarazu corridor disrupt flows.csv --links --draws 1000 --csv disruptions --geojson links.geojson
    """
    from tarazu.cli.corridor_print import print_disruptions
    from tarazu.corridor.disruption import drawn, rank_links
    from tarazu.corridor.geojson import disruption_geojson

    refuse_no_loss(lost_share)
    net = read_network(network_name)
    asked, checks = read_year(net, flows, with_transit)
    with progress() as step:
        found = net.disrupt(asked, scenarios or None, closures=closures, lost_share=lost_share, progress=step)
        found = replace(found, base=replace(found.base, findings=(*checks, *found.base.findings)))
        tables = {"disruptions": found.table}
        if links:
            tables["links"] = rank_links(found.base, step)
        if draws:
            tables["drawn"] = drawn(found.base, draws, seed, step)
    write_files(csv_folder, tables, geojson_path, lambda: disruption_geojson(found, tables.get("links")))
    data = found.to_dict() | {name: table.records() for name, table in tables.items()}
    emit(json_path, data, lambda: print_disruptions(found, tables))
    end(net, found.checks)


@corridor.command()
@click.argument("flows", type=READABLE)
@click.option(
    "--tonnes", type=float, help="Tonnes a year that are to move, third countries' included; by default all."
)
@lost_option
@transit_option
@network_option
@json_option
@csv_option
@geojson_option
def expand(
    flows: Path,
    tonnes: float | None,
    lost_share: float | None,
    with_transit: bool,
    network_name: str | None,
    json_path: str | None,
    csv_folder: str | None,
    geojson_path: str | None,
) -> None:
    """The cheapest set of the network's projects that carries the flows, and what still could not move.

    The exit code is 1 if rows cannot be used or carried, or if the network has errors.

    \b
    Examples:
      tarazu corridor expand flows.csv
      tarazu corridor expand flows.csv --tonnes 5e6 --geojson projects.geojson
    """
    from tarazu.cli.corridor_print import print_expansion
    from tarazu.corridor.geojson import project_geojson

    refuse_no_loss(lost_share)
    net = read_network(network_name)
    asked, checks = read_year(net, flows, with_transit)
    with progress() as step:
        step("expansion")
        found = net.expand(asked, target=tonnes, lost_share=lost_share)
        step("expansion", 1)
    found = replace(found, findings=(*checks, *found.findings))
    write_files(csv_folder, {"projects": found.table}, geojson_path, lambda: project_geojson(found))
    emit(json_path, found.to_dict(), lambda: print_expansion(found))
    end(net, found.checks)


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

    Exit code 1 if the log holds no shipment that can be used, or nothing to group by.

    \b
    Examples:
      tarazu corridor cpmm log.csv
      tarazu corridor cpmm log.csv --by mode,bcp --json -
    """
    from tarazu.cli.corridor_print import print_indicators
    from tarazu.corridor.cpmm import indicators, nothing_to_group, read_log

    read = read_log(log)
    groups = tuple(part.strip() for part in by.split(",") if part.strip())
    found = indicators(read, groups)
    if read.rows and not found.rows:
        read = replace(read, checks=(*read.checks, nothing_to_group(read, groups)))
    write_files(csv_folder, {"indicators": found})
    data = {"indicators": found.records(), "checks": [str(check) for check in read.checks]}
    emit(json_path, data, lambda: print_indicators(found, read.checks))
    if not found.rows:
        sys.exit(EXIT_FINDINGS)
