"""What `tarazu corridor` prints of a year's goods: the answer first, then short tables. Files hold the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from tarazu.cli.corridor_grid import (
    PIPED_WIDTH,
    WIDE,
    console,
    ends,
    grid,
    kt,
    n,
    print_checks,
    short,
    signed,
)
from tarazu.cli.corridor_lines import lines
from tarazu.core.checks import Check
from tarazu.core.table import Table
from tarazu.corridor.holding import span

if TYPE_CHECKING:
    from tarazu.corridor.disruption import Disruptions
    from tarazu.corridor.expanding import Expanding
    from tarazu.corridor.flows import Carried
    from tarazu.corridor.network import Network

MOST_ROWS = 15
OPTIMUM = "A system optimum: shippers who each seek their own best do no better in total."
LOSSES = (
    "kt lost",
    "share",
    "USD m of goods",
    "USD/t with days",
    "days more",
    "USD m a year",
)  # freight and days
BASES = {"stated by a source": "stated:", "claimed": "claimed:", "estimated": "estimated:"}
ON_TOP = (
    "repeated-flow",
    "unknown-capacity",
    "judged-capacity",
    "transit-left-out",
)  # checks that belong to the headline


def print_carried(found: Carried) -> None:
    """Tonnes that move and stay, where it chokes, the fleet."""
    out, own = console(), found.bilateral
    moved, unmet = found.moved[own].sum(), found.unmet[own].sum()
    out.print(
        f"[bold]{kt(moved)} kt a year of the pair's goods move, {kt(unmet)} kt do not{_not_counted(found.checks)}"
        f"[/bold]; of third countries' goods {kt(found.moved[~own].sum())} kt move and "
        f"{kt(found.unmet[~own].sum())} kt do not. {OPTIMUM}"
    )
    for line in scenario_lines(found.network, found.scenarios):
        out.print(escape(line))
    _on_top(out, found.checks)
    heads = ("flow", "wanted", "moved", "stays", "USD/t", "days")
    out.print(grid("Flows, kt a year", heads, _by_commodity(found)[: 2 * MOST_ROWS]))
    out.print()
    _print_full(out, found)
    out.print()
    _print_fleet(out, found)
    out.print()
    _print_rest(out, found.checks)


def _not_counted(checks: Iterable[Check]) -> str:
    """What of the input is in no figure."""
    said = [check.message.removesuffix(".") for check in checks if check.name == "not-counted"]
    return escape("".join(f"; {message}" for message in said))


def scenario_lines(network: Network, scenarios: Iterable[str]) -> Iterator[str]:
    """Each scenario that holds, with what happens in it and in which months."""
    for name in scenarios:
        limits = [limit for limit in network.limits if limit.scenario == name]
        months = span({month for limit in limits for month in limit.months})
        when = "" if months == "1-12" else f" (in months {months} alone)"
        yield f"Scenario {name}{when}: {'; '.join(dict.fromkeys(limit.name for limit in limits))}."


def _on_top(out: Console, checks: Iterable[Check]) -> None:
    """What the headline rests on, then an empty line."""
    for check in checks:
        if check.name in ON_TOP:
            hint = " --with-transit adds them." if check.name == "transit-left-out" else ""
            out.print(escape(check.message[:1].upper() + check.message[1:] + hint))
    out.print()


def _print_rest(out: Console, checks: Iterable[Check]) -> None:
    print_checks(out, [check for check in checks if check.name not in (*ON_TOP, "not-counted")])


def _print_full(out: Console, found: Carried) -> None:
    rows = [
        (
            row["name"],
            row["subject"],
            kt(row["capacity_t"]),
            _range_kt(row),
            kt(row["transit_t"]),
            row.get("full_in") or "all year",
            n(row["saved_usd_t"], 1),
            " ".join(
                filter(
                    None, (BASES.get(row.get("basis", ""), row.get("basis", "")), short(row["sources"], 2))
                )
            ),
        )
        for row in list(found.bottlenecks)[:MOST_ROWS]
    ]
    heads = (
        "capacity that is full",
        "id",
        "kt",
        "range",
        "transit",
        "months",
        "USD saved by 1 t more",
        "rests on",
    )
    out.print(grid("Where it chokes", heads, rows, left=2) if rows else "No capacity is full.")
    if len(found.bottlenecks) > MOST_ROWS:
        out.print(f"and {len(found.bottlenecks) - MOST_ROWS} more; --csv and --json hold them all.")


def _range_kt(row: dict[str, Any]) -> str:
    low, high = row["low"], row["high"]
    return "" if low is None or high is None else ends(low / 1e3, high / 1e3)


def _print_fleet(out: Console, found: Carried) -> None:
    """Units, and what is waited for."""
    rows = [
        (
            f"{row['unit']}s, {row['mode']}, {row['packaging']}",
            n(row["loads_a_month"]),
            n(row["units_tied_up"]),
            ends(row["units_low"], row["units_high"]),
            f"{row['empty_unit_km'] / (row['empty_unit_km'] + row['loaded_unit_km']):.0%}"
            if row["loaded_unit_km"]
            else "–",
        )
        for row in found.fleet
    ]
    heads = ("unit", "loads a month", "in circulation", "range", "run empty, at least")
    out.print(grid("What it takes", heads, rows))
    out.print(
        "Empty running is what the goods named here force, or a judged least: other return loads are not known."
    )
    if any(row["mode"] in ("sea", "ferry") and row["unit"] != "ship" for row in found.fleet):
        out.print(
            "Boxes, wagons and lorries on a ship are counted as such: what a ship takes of them is not known."
        )
    for row in found.demurrage:
        out.print(escape(_standing(row)))


def _standing(row: dict[str, Any]) -> str:
    """A queue in a sentence."""
    wait = (
        f"{n(row['wagons'])} wagons a year wait {n(row['hours'])} h each, {n(row['wagon_days'])} wagon-days"
    )
    cost = "what they pay for it is not known"
    if row["cost_usd"] is not None:
        span = ends(row["cost_low"] / 1e6, row["cost_high"] / 1e6, 1)
        cost = f"demurrage USD {row['cost_usd'] / 1e6:,.1f} m ({span})"
        cost += f", not in the transport cost ({short(row['source'])})"
    return f"{row['name']}, {row['packaging']}: {wait}; {cost}."


def _by_commodity(found: Carried) -> list[tuple[str, ...]]:
    """The pair's flows summed over their places, third countries' by place, the heaviest first."""
    groups: dict[str, list[dict[str, Any]]] = {}
    names = found.network.nodes
    for row in found.table:
        way = row["direction"]
        if row["transit"] == "yes":
            way = f"transit, {names[row['origin']].name} -> {names[row['destination']].name}"
        groups.setdefault(f"{row['commodity']}, {way}", []).append(row)
    rows = []
    for name, parts in groups.items():
        wanted, moved, unmet = (sum(row[key] for row in parts) for key in ("tonnes", "moved", "unmet"))
        means = n(_mean(parts, "freight_usd_t")), n(_mean(parts, "days"), 1)
        rows.append((wanted, (name, kt(wanted), kt(moved), kt(unmet), *means)))
    return [cells for _, cells in sorted(rows, key=lambda each: -each[0])]


def _mean(parts: Iterable[dict[str, Any]], key: str) -> float | None:
    """Mean over the tonnes that move; None if none do."""
    moving = [(row["moved"], row[key]) for row in parts if row[key] is not None]
    tonnes = sum(weight for weight, _ in moving)
    return sum(weight * value for weight, value in moving) / tonnes if tonnes else None


def print_disruptions(found: Disruptions, tables: dict[str, Table]) -> None:
    """Losses by scenario, links and drawn years."""
    out, own = console(WIDE if "links" in tables else PIPED_WIDTH), found.base.bilateral
    out.print(
        f"[bold]Undisturbed, {kt(found.base.moved[own].sum())} kt a year of the pair's goods move"
        f"{_not_counted(found.checks)}.[/bold]"
    )
    _on_top(out, found.checks)
    transit = any(column.name == "transit_loss_usd" for column in found.table.columns) and not own.all()
    heads = [*LOSSES, *(("third countries, USD m",) if transit else ())]
    rows = [(row["name"] or row["scenario"], *_loss(row, transit)) for row in found.table]
    if rows:
        out.print(grid("What each costs", ("disruption", *heads), rows))
        out.print("* Transport cost of what still moves: freight, and what the days cost the goods.")
    else:
        out.print(
            "The network knows no disruption by name: ask for one with --close ID, or rank the --links."
        )
    if "links" in tables:
        out.print()
        merged = list(lines(found.base.network, tables["links"]))
        ranked = [(name, ids, *_loss(row, transit)) for name, ids, row in merged[:MOST_ROWS]]
        title = "Links by what a year without each costs; those of one line that cost the same stand together"
        out.print(grid(title, ("link", "id for --close", *heads), ranked, left=2))
    if "drawn" in tables:
        shares = sorted(row["lost_share"] or 0.0 for row in tables["drawn"])
        at = [shares[min(int(q * len(shares)), len(shares) - 1)] for q in (0.5, 0.8, 0.95)]
        out.print(
            f"\nOf {len(shares):,} years with one to three links closed at random, the loss of tonnes is {at[0]:.0%} "
            f"at the median, {at[1]:.0%} at 80% and {at[2]:.0%} at 95% of them. It is a test of fragility, no forecast."
        )
    out.print()
    _print_rest(out, (*found.base.findings, *found.findings))


def _loss(row: dict[str, Any], transit: bool) -> Iterator[str]:
    share = row["lost_share"]
    yield kt(abs(row["lost_t"]) if abs(row["lost_t"]) < 1 else row["lost_t"])
    yield "–" if share is None else f"{max(share, 0):.0%}"
    yield n(abs(row["lost_value_usd"]) / 1e6)
    yield signed(row["cost_change_usd_t"])
    yield signed(row["days_change"])
    yield n(row["loss_usd"] / 1e6, 1)
    if transit:
        yield n(row["transit_loss_usd"] / 1e6, 1)


def print_expansion(found: Expanding) -> None:
    """The projects chosen and what they bring."""
    out = console()
    out.print(f"[bold]{escape(found.sentence().removesuffix('.'))}{_not_counted(found.checks)}.[/bold]")
    _on_top(out, found.checks)
    rows = [
        (
            row["name"],
            row["chosen"],
            kt(row["added_t"]),
            n(row["cost_usd_m"]),
            n(row["saves_usd_yr"] / 1e6, 1),
            n(row["pays_up_to_usd_m"]),
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
    out.print(grid("Projects, USD million", heads, rows))
    out.print()
    _print_rest(out, found.checks)


def print_indicators(found: Table, checks: Sequence[Check]) -> None:
    """Indicators by group."""
    out = console()
    names = [column.name for column in found.columns]
    rows = [
        [f"{v:,.1f}" if isinstance(v, float) else "–" if v is None else str(v) for v in row]
        for row in found.rows
    ]
    if rows:
        out.print(grid("CPMM indicators", names, rows, left=2))
        out.print()
    print_checks(out, checks)
