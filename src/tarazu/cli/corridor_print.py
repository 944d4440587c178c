"""What `tarazu corridor` prints: the answer first, then short tables. Files hold the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from tarazu.core.checks import Check, Severity
from tarazu.core.table import Column, Table

if TYPE_CHECKING:
    from tarazu.corridor.disruption import Disruptions
    from tarazu.corridor.expanding import Expanding
    from tarazu.corridor.flows import Carried
    from tarazu.corridor.network import Network
    from tarazu.corridor.routes import Routes

PIPED_WIDTH = 140  # columns when the output is no terminal
MOST_ROWS = 15
OF_A_KIND = 3  # findings of one kind that are printed
SCREENING = "Sanctions screening of every party, vessel and good comes before booking; none was done here."
OPTIMUM = "A system optimum: shippers who each seek their own best do no better in total."


def _console() -> Console:
    probe = Console()
    return probe if probe.is_terminal else Console(width=PIPED_WIDTH)


def _grid(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> Grid:
    grid = Grid(
        title=title,
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
        min_width=len(title) + 1,
    )
    for place, header in enumerate(headers):
        grid.add_column(header, justify="left" if place < left else "right", overflow="fold")
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
    return grid


def _n(value: float | None, digits: int = 0) -> str:
    return "unknown" if value is None else f"{value:,.{digits}f}"


def _kt(value: float | None) -> str:
    return "unknown" if value is None else f"{value / 1000:,.0f}"


def _signed(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:+,.{digits}f}".replace("-0.0", "0.0").replace("+0.0", "0.0")


def _checks(out: Console, checks: Iterable[Check]) -> None:
    """Findings, of each kind the first few: many rows that lack the same thing are one thing to mend."""
    kinds: dict[str, list[Check]] = {}
    for check in checks:
        if check.severity is not Severity.NOTE:
            kinds.setdefault(check.name, []).append(check)
    for found in kinds.values():
        for check in found[:OF_A_KIND]:
            out.print(escape(str(check)))
        if len(found) > OF_A_KIND:
            out.print(f"and {len(found) - OF_A_KIND} more of this kind; --json holds them all.")


def network_dict(net: Network) -> dict[str, Any]:
    """The network as JSON."""
    from tarazu.corridor.geojson import plain_tables

    return {
        "network": net.name,
        **{name: table.records() for name, table in plain_tables(net).items()},
        "lengths": net.table.records(),
        "scenarios": list(net.scenarios),
        "checks": [
            {"name": c.name, "severity": str(c.severity), "where": c.where, "message": c.message}
            for c in net.checks
        ],
    }


def print_network(net: Network) -> None:
    """Its size, modes, what it rests on, and its scenarios."""
    out = _console()
    modes = Counter(leg.mode for leg in net.legs.values())
    named = ", ".join(f"{count} {mode}" for mode, count in modes.most_common())
    out.print(
        f"[bold]Network {escape(net.name)}[/bold]: {len(net.nodes)} places in "
        f"{len({node.country for node in net.nodes.values()})} countries, {len(net.legs)} legs ({named}), "
        f"{len(net.transfers)} transfers, {len(net.services)} services."
    )
    status = Counter(row["status"] for row in net.tables["values"])
    out.print(
        f"Of {sum(status.values())} values {status['A']} are stated by a source, "
        f"{status['C'] + status['P']} claimed or "
        f"provisional, {status['E']} estimated; each has its range and source (--json, --csv).\n"
    )
    out.print(
        _grid(
            "Commodities",
            ("id", "USD/t", "travels as"),
            (
                (good.id, _n(good.value.value), ", ".join(good.packagings))
                for good in net.commodities.values()
            ),
        )
    )
    out.print()
    names: dict[str, list[str]] = {}
    for limit in net.limits:
        if limit.scenario:
            names.setdefault(limit.scenario, []).append(limit.name)
    rows = ((key, "; ".join(dict.fromkeys(found))) for key, found in names.items())
    out.print(_grid("Disruptions that can be asked for", ("scenario", "what happens"), rows, left=2))
    out.print()
    _checks(out, net.checks)


def reliability(found: Routes, arrive: date | None) -> Table:
    """Percentiles of the door-to-door time of each shown route, and the chance to arrive by a day."""
    columns = (
        Column("route"),
        *(Column(f"p{q}_h", "h", f"{q}% of shipments take no longer") for q in (10, 50, 80, 95)),
        Column("arrive_by", "", "day asked for"),
        Column("chance", "share", "of arriving by the end of that day"),
    )
    rows = []
    for route in found.shown:
        start = None
        if found.day is not None:
            from datetime import datetime

            start = datetime(found.day.year, found.day.month, found.day.day)
        drawn = route.travel_time(start)
        chance = drawn.probability_by(arrive) if arrive else None
        quantiles = (drawn.percentile(q) for q in (10, 50, 80, 95))
        rows.append((route.number, *quantiles, arrive.isoformat() if arrive else None, chance))
    return Table("reliability", columns, tuple(rows))


def print_routes(found: Routes, times: Table, steps: bool) -> None:
    """The set, then each route's legs."""
    out = _console()
    asked = found.commodity.name
    out.print(
        f"[bold]{escape(found.origin.name)} to {escape(found.destination.name)}, {escape(asked)}[/bold]"
    )
    if not found.every:
        _checks(out, found.checks)
        return
    beside = (
        f"; {found.dropped} more lie within {found.epsilon:.0%} of one shown (--epsilon 0)"
        if found.dropped
        else ""
    )
    out.print(
        f"{len(found.every)} routes that no other beats in {', '.join(found.criteria)}; "
        f"{len(found.shown)} shown{beside}.\n"
    )
    rows = []
    for route, row, time in zip(found.shown, found.table, times, strict=True):
        rows.append(
            (
                str(route.number),
                route.packaging,
                _main_places(found, route.nodes),
                _n(route.km),
                f"{row['cost_usd_t']:.0f} ({row['cost_low']:.0f}–{row['cost_high']:.0f})",
                f"{row['time_h'] / 24:.1f} ({row['time_low'] / 24:.0f}–{row['time_high'] / 24:.0f})",
                f"{row['time_sd_h'] / 24:.1f}",
                f"{time['p95_h'] / 24:.0f}",
                _n(row["co2_kg_t"]),
            )
        )
    heads = (
        "",
        "as",
        "by way of",
        "km",
        "USD/t (80%)",
        "days (80%)",
        "± days",
        "95% within",
        "kg CO2e/t",
    )
    out.print(_grid("", heads, rows, left=3))
    if any(row["chance"] is not None for row in times):
        out.print()
        chances = ", ".join(f"route {row['route']} {row['chance']:.0%}" for row in times)
        day = times.rows[0][5]
        out.print(f"Chance to arrive by {day}: {chances}.")
    if steps:
        _print_steps(out, found)
    out.print(
        "\n(80%) is the interval of the mean, from the ranges of the sources; ± is the spread from "
        "one shipment to the "
        f"next. {SCREENING}"
    )
    _checks(out, found.checks)


def _main_places(found: Routes, nodes: Sequence[str]) -> str:
    """Places that tell routes apart: ports, borders, terminals."""
    telling = [n for n in nodes[1:-1] if found.network.nodes[n].kind in ("port", "border", "terminal")]
    return ", ".join(found.network.nodes[name].name for name in telling or nodes[1:-1])


def _print_steps(out: Console, found: Routes) -> None:
    names = {node.id: node.name for node in found.network.nodes.values()}
    for route in found.shown:
        rows = []
        for row in found.steps:
            if row["route"] != route.number:
                continue
            where = (
                names[row["from"]] if row["from"] == row["to"] else f"{names[row['from']]}–{names[row['to']]}"
            )
            rows.append(
                (
                    where,
                    f"{row['mode']}" if row["kind"] == "leg" else row["kind"].replace("_", " "),
                    _n(row["km"]) if row["km"] else "",
                    f"{row['cost_usd_t']:.1f}",
                    f"{row['time_h']:.0f}",
                    f"{row['time_so_far'] / 24:.1f}",
                    row["sources"].replace(";", " "),
                )
            )
        out.print()
        title = f"Route {route.number}: {route.packaging}"
        out.print(_grid(title, ("where", "what", "km", "USD/t", "hours", "day", "sources"), rows, left=2))


def print_carried(found: Carried) -> None:
    """Tonnes that move and stay, where it chokes, the fleet."""
    out, own = _console(), found.bilateral
    moved, unmet = found.moved[own].sum(), found.unmet[own].sum()
    out.print(
        f"[bold]{_kt(moved)} kt a year of the pair's goods move, {_kt(unmet)} kt do not[/bold]; of "
        "third countries' "
        f"goods {_kt(found.moved[~own].sum())} kt move and {_kt(found.unmet[~own].sum())} kt do not. {OPTIMUM}\n"
    )
    heads = ("flow", "wanted", "moved", "stays", "USD/t", "days")
    out.print(_grid("Flows, kt a year", heads, _by_commodity(found)[: 2 * MOST_ROWS]))
    out.print()
    full = [
        (
            row["name"],
            _kt(row["capacity_t"]),
            f"{_kt(row['low'])}–{_kt(row['high'])}",
            _kt(row["transit_t"]),
            _n(row["saved_usd_t"], 1),
            row["sources"].replace(";", " "),
        )
        for row in list(found.bottlenecks)[:MOST_ROWS]
    ]
    heads = ("capacity that is full", "kt", "range", "of it transit", "USD saved by 1 t more", "sources")
    out.print(_grid("Where it chokes", heads, full) if full else "No capacity is full.")
    out.print()
    units = [
        (
            f"{row['unit']}s, {row['mode']}, {row['packaging']}",
            _n(row["loads_a_month"]),
            _n(row["units_tied_up"]),
            f"{_n(row['units_low'])}–{_n(row['units_high'])}",
            f"{row['empty_unit_km'] / (row['empty_unit_km'] + row['loaded_unit_km']):.0%}"
            if row["loaded_unit_km"]
            else "–",
        )
        for row in found.fleet
    ]
    out.print(
        _grid("What it takes", ("unit", "loads a month", "in circulation", "range", "run empty"), units)
    )
    out.print()
    _checks(out, found.checks)


def _by_commodity(found: Carried) -> list[tuple[str, ...]]:
    """Flows summed over their places, the heaviest first."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in found.table:
        groups.setdefault((row["commodity"], row["direction"], row["transit"]), []).append(row)
    rows = []
    for (good, direction, transit), parts in groups.items():
        wanted, moved, unmet = (sum(row[key] for row in parts) for key in ("tonnes", "moved", "unmet"))
        name = f"{good}, {direction}" + (" (transit)" if transit == "yes" else "")
        means = _n(_mean(parts, "freight_usd_t")), _n(_mean(parts, "days"), 1)
        rows.append((wanted, (name, _kt(wanted), _kt(moved), _kt(unmet), *means)))
    return [cells for _, cells in sorted(rows, key=lambda each: -each[0])]


def _mean(parts: Iterable[dict[str, Any]], key: str) -> float | None:
    """Mean over the tonnes that move; None if none do."""
    moving = [(row["moved"], row[key]) for row in parts if row[key] is not None]
    tonnes = sum(weight for weight, _ in moving)
    return sum(weight * value for weight, value in moving) / tonnes if tonnes else None


def print_disruptions(found: Disruptions, tables: dict[str, Table]) -> None:
    """Losses by scenario, links and drawn years."""
    out, own = _console(), found.base.bilateral
    out.print(
        f"[bold]Undisturbed, {_kt(found.base.moved[own].sum())} kt a year of the pair's goods move.[/bold]\n"
    )
    heads = ("disruption", "kt lost", "share", "USD m of goods", "USD/t more", "days more", "USD m a year")
    rows = [(row["name"] or row["scenario"], *_loss(row)) for row in found.table]
    out.print(_grid("What each costs", heads, rows))
    if "links" in tables:
        out.print()
        ranked = [(row["name"], *_loss(row)) for row in list(tables["links"])[:MOST_ROWS]]
        out.print(_grid("Links by what a year without each costs", heads, ranked))
    if "drawn" in tables:
        shares = sorted(row["lost_share"] or 0.0 for row in tables["drawn"])
        at = [shares[min(int(q * len(shares)), len(shares) - 1)] for q in (0.5, 0.8, 0.95)]
        out.print(
            f"\nOf {len(shares):,} years with one to three links closed at random, the loss of tonnes "
            f"is {at[0]:.0%} at the "
            f"median, {at[1]:.0%} at 80% and {at[2]:.0%} at 95% of them. It is a test of fragility, no forecast."
        )
    out.print()
    _checks(out, found.findings)


def _loss(row: dict[str, Any]) -> tuple[str, ...]:
    share = row["lost_share"]
    return (
        _kt(abs(row["lost_t"]) if abs(row["lost_t"]) < 1 else row["lost_t"]),
        "–" if share is None else f"{max(share, 0):.0%}",
        _n(abs(row["lost_value_usd"]) / 1e6),
        _signed(row["cost_change_usd_t"]),
        _signed(row["days_change"]),
        _n(row["loss_usd"] / 1e6, 1),
    )


def print_expansion(found: Expanding) -> None:
    """The projects chosen and what they bring."""
    out = _console()
    out.print(f"[bold]{escape(found.sentence())}[/bold]\n")
    rows = [
        (
            row["name"],
            row["chosen"],
            _kt(row["added_t"]),
            _n(row["cost_usd_m"]),
            _n(row["saves_usd_yr"] / 1e6, 1),
            _n(row["pays_up_to_usd_m"]),
            row["source"],
        )
        for row in found.table
    ]
    heads = (
        "project",
        "chosen",
        "adds kt a year",
        "cost, USD m",
        "alone saves a year",
        "pays up to",
        "source",
    )
    out.print(_grid("Projects, USD million", heads, rows))
    out.print()
    _checks(out, found.checks)


def print_indicators(found: Table, checks: Iterable[Check]) -> None:
    """Indicators by group."""
    out = _console()
    names = [column.name for column in found.columns]
    rows = [
        [f"{v:,.1f}" if isinstance(v, float) else "–" if v is None else str(v) for v in row]
        for row in found.rows
    ]
    out.print(_grid("CPMM indicators", names, rows, left=2))
    out.print()
    _checks(out, checks)
