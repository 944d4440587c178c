"""What `tarazu corridor routes` prints: the set, what it rests on, and the steps of the routes that stand out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from tarazu.cli.corridor_grid import console, count, grid, n, print_checks, short
from tarazu.cli.corridor_print import scenario_lines
from tarazu.core.table import Column, Table

if TYPE_CHECKING:
    from tarazu.corridor.facts import Quantity
    from tarazu.corridor.routes import Route, Routes

SCREENING = "Sanctions screening of every party, vessel and good comes before booking; none was done here."
OURS = ("judgement",)
MOST_SOURCES = 99
RUNS = ("leg", "service")
SAID = ("snapped", "scenario-months", "service-days", "quay-to-quay", "packaging")  # notes that are printed
FACTOR = "emission factor"  # name of a leg's quantity
HEADS = ("", "as", "by way of", "km", "USD/t (80%)", "days (80%)", "± days", "95% within", "kg CO2e/t")
STEP_HEADS = ("where", "what", "km", "USD/t", "hours", "day", "sources")

BEST: dict[str, Callable[[Route], float | None]] = {
    "cheapest": lambda route: route.cost_usd_t,
    "fastest": lambda route: route.time_h,
    "cleanest": lambda route: route.co2_kg_t,
}


def reliability(found: Routes, arrive: date | None) -> Table:
    """Percentiles of the door-to-door time of each shown route, and the chance to arrive by a day.

    They hold the spread from one shipment to the next and what is not known of the mean.
    """
    columns = (
        Column("route"),
        *(
            Column(f"p{q}_h", "h", f"{q}% of shipments take no longer, the range of the mean counted in")
            for q in (10, 50, 80, 95)
        ),
        Column(
            "p95_within_mean_h", "h", "95%, if the stated means are right: the spread between shipments alone"
        ),
        Column("arrive_by", "", "day asked for"),
        Column("chance", "share", "of arriving by the end of that day"),
    )
    rows = []
    start = None if found.day is None else datetime(found.day.year, found.day.month, found.day.day)
    for route in found.shown:
        drawn = route.travel_time(start)
        chance = drawn.probability_by(arrive) if arrive else None
        quantiles = [drawn.percentile(q) for q in (10, 50, 80, 95)]
        quantiles.append(route.travel_time(start, within_mean=True).percentile(95))
        rows.append((route.number, *quantiles, arrive.isoformat() if arrive else None, chance))
    return Table("reliability", columns, tuple(rows))


def evidence(found: Routes) -> dict[str, int]:
    """How many of the values behind the shown routes rest on what; one of a subject counts once."""
    counted = Counter({"stated": 0, "estimated": 0, "judgement": 0, "default": 0, "default_judgement": 0})
    for quantity in _quantities(found).values():
        basis = _basis(quantity)
        counted["default" if quantity.is_default else basis] += 1
        counted["default_judgement"] += quantity.is_default and basis == "judgement"
    return dict(counted)


def _quantities(found: Routes) -> dict[tuple[str, str, Any], Quantity]:
    """By subject, attribute and value."""
    known = {(arc.id, name, q): q for route in found.shown for arc in route.steps for name, q in arc.facts}
    waits = {(route.nodes[0], "wait", q): q for route in found.shown if (q := route.origin_wait)}
    return known | waits


def _basis(quantity: Quantity) -> str:
    named = {part.strip() for source in quantity.sources for part in source.split(";")}
    if named <= set(OURS):
        return "judgement"
    return "stated" if quantity.status == "A" and not named & set(OURS) else "estimated"


def print_routes(found: Routes, times: Table, steps: bool | None) -> None:
    """The set, then steps: of the cheapest, fastest and cleanest route where `steps` is None, else of all or none."""
    out = console()
    named = f"{found.origin.name} to {found.destination.name}, {found.commodity.name}"
    leaving = f", leaving on {found.day}" if found.day else ""
    out.print(f"[bold]{escape(named)}{leaving}[/bold]")
    for line in scenario_lines(found.network, found.scenarios):
        out.print(escape(line))
    for check in found.checks:
        if check.name in SAID:
            begins = (
                check.message
                if check.message.startswith(check.where)
                else check.message[:1].upper() + check.message[1:]
            )
            out.print(escape(begins))
    if not found.every:
        print_checks(out, found.checks)
        return
    print_sizes(out, found)
    out.print(grid("", HEADS, _rows(found, times), left=3))
    out.print()
    for line in _beside(found, times):
        out.print(escape(line))
    for title, number, route in _standing_out(found, steps):
        out.print()
        rows = _steps(found, route) if steps else _stretches(found, route)
        out.print(grid(f"Route {number}, {title}: {route.packaging}", STEP_HEADS, rows, left=2))
    if steps is None and found.shown:
        out.print("\nLegs of one mode in one country are put together; --steps prints each of every route.")
    print_checks(out, found.checks)


def print_sizes(out: Console, found: Routes) -> None:
    """How many routes there are, and what the values behind the shown ones rest on."""
    dropped = ""
    if found.dropped:
        dropped = (
            f"; {found.dropped} more lie within {found.epsilon:.0%} of one shown (--epsilon 0 shows them)"
        )
    out.print(
        f"{count(len(found.every), 'route')} that no other beats in {', '.join(found.criteria)}; "
        f"{len(found.shown)} shown{dropped}."
    )
    of = evidence(found)
    total = of["stated"] + of["estimated"] + of["judgement"] + of["default"]
    out.print(
        f"Of {total} values behind them {of['stated']} are stated by a source, {of['estimated']} estimated or "
        f"claimed from one, {of['judgement']} judgements, {of['default']} defaults of a mode or country "
        f"({of['default_judgement']} of these judgements).\n"
    )


def _rows(found: Routes, times: Table) -> Iterator[tuple[str, ...]]:
    shown = zip(found.shown, found.table, times, strict=True)
    ways = _ways(found)
    for number, (route, row, time) in enumerate(shown, start=1):
        yield (
            str(number),
            route.packaging,
            ways[number - 1],
            n(route.km),
            f"{row['cost_usd_t']:.0f} ({row['cost_low']:.0f}–{row['cost_high']:.0f})",
            f"{row['time_h'] / 24:.1f} ({row['time_low'] / 24:.0f}–{row['time_high'] / 24:.0f})",
            f"{row['time_sd_h'] / 24:.1f}",
            f"{time['p95_h'] / 24:.0f}",
            n(row["co2_kg_t"]),
        )


def _ways(found: Routes) -> list[str]:
    """Places by which each route goes; of several that are packed alike and name the same ones, its modes as well."""
    plain = [_main_places(found, route.nodes) for route in found.shown]
    seen = Counter((way, route.packaging) for way, route in zip(plain, found.shown, strict=True))
    return [
        f"{way}: {_modes(found, route)}" if seen[way, route.packaging] > 1 else way
        for way, route in zip(plain, found.shown, strict=True)
    ]


def _modes(found: Routes, route: Route) -> str:
    """Rail to Akyayla, then road."""
    names = found.network.nodes
    stretches: list[tuple[str, str]] = []
    for arc in (arc for arc in route.steps if arc.kind in RUNS):
        if stretches and stretches[-1][0] == arc.mode:
            stretches.pop()
        stretches.append((arc.mode, names[arc.head[0]].name))
    *before, (last, _) = stretches
    return ", then ".join([*(f"{mode} to {place}" for mode, place in before), last])


def _main_places(found: Routes, nodes: Sequence[str]) -> str:
    """Places that tell routes apart: ports, borders, terminals."""
    telling = [
        name for name in nodes[1:-1] if found.network.nodes[name].kind in ("port", "border", "terminal")
    ]
    return ", ".join(found.network.nodes[name].name for name in telling or nodes[1:-1])


def _beside(found: Routes, times: Table) -> Iterator[str]:
    """What is to be known of the table, a line each."""
    if any(row["chance"] is not None for row in times):
        chances = ", ".join(f"route {i} {_chance(row['chance'])}" for i, row in enumerate(times, start=1))
        yield f"Chance to arrive by {times.records()[0]['arrive_by']}: {chances}."
    yield (
        "(80%) is the interval of the mean, from the ranges of the sources; ± is the spread from one shipment to "
        "the next; 95% within and the chance to arrive hold both."
    )
    if factors := _factors(found):
        yield factors
    numbers = [route.number for route in found.shown]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"In --json and --csv routes keep their number in the whole set: {', '.join(map(str, numbers))}."
    yield SCREENING


def _chance(share: float) -> str:
    """A share of draws in percent: no certainty that they cannot show."""
    return "over 99%" if 0.995 <= share < 1 else "under 1%" if 0 < share < 0.005 else f"{share:.0%}"


def _factors(found: Routes) -> str:
    """Standard, version and scope of the emission factors, by mode, and what has none."""
    by_note: dict[str, dict[str, None]] = {}
    stays: dict[str, bool] = {}
    for arc in (arc for route in found.shown for arc in route.steps):
        for quantity in (quantity for name, quantity in arc.facts if name == FACTOR):
            by_note.setdefault(quantity.note, {})[arc.mode] = None
        if arc.kind not in RUNS:
            stays[arc.id] = arc.co2_kg_t is not None
    if not by_note:
        return "kg CO2e/t: no emission factor of these modes is known."
    said = "; ".join(f"{', '.join(modes)}: {note}" for note, modes in by_note.items())
    lacking = sum(not has for has in stays.values())
    left_out = (
        f" Handling at {lacking} of {len(stays)} stays has no factor and is not in the sum."
        if lacking
        else ""
    )
    return f"kg CO2e/t by {said}.{left_out}"


def _standing_out(found: Routes, steps: bool | None) -> list[tuple[str, int, Route]]:
    """Title, number in print and route: all of them, none, or the cheapest, fastest and cleanest, each once."""
    numbered = list(enumerate(found.shown, start=1))
    if steps is not None:
        return [(f"{len(route.steps)} steps", number, route) for number, route in numbered] if steps else []
    titles: dict[int, list[str]] = {}
    for title, value in BEST.items():
        known = [(each, number) for number, route in numbered if (each := value(route)) is not None]
        if known:
            titles.setdefault(min(known)[1], []).append(title)
    return [(" and ".join(titles[number]), number, route) for number, route in numbered if number in titles]


def _steps(found: Routes, route: Route) -> list[tuple[str, ...]]:
    return [_cells(found, [row], MOST_SOURCES) for row in found.steps if row["route"] == route.number]


def _stretches(found: Routes, route: Route) -> list[tuple[str, ...]]:
    """Steps with the legs of one mode in one country put together."""
    groups: list[list[dict[str, Any]]] = []
    for row in found.steps:
        if row["route"] != route.number:
            continue
        alike = groups and _stretch(found, groups[-1][-1]) == _stretch(found, row)
        if alike and _stretch(found, row) is not None:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [_cells(found, rows) for rows in groups]


def _stretch(found: Routes, row: dict[str, Any]) -> tuple[str, str] | None:
    """Mode and country of a leg within one; None for all else."""
    countries = {found.network.nodes[row[end]].country for end in ("from", "to")}
    return (row["mode"], countries.pop()) if row["kind"] == "leg" and len(countries) == 1 else None


def _cells(found: Routes, rows: Sequence[dict[str, Any]], most: int = 4) -> tuple[str, ...]:
    first, last = rows[0], rows[-1]
    names = found.network.nodes
    start, end = names[first["from"]].name, names[last["to"]].name
    where = start if first["from"] == last["to"] else f"{start}–{end}"
    if len(rows) > 1:
        where += f" ({len(rows)} legs)"
    km = sum(row["km"] or 0 for row in rows)
    sources = ";".join(row["sources"] for row in rows)
    return (
        where,
        first["mode"] if first["kind"] == "leg" else first["kind"].replace("_", " "),
        n(km) if km else "",
        f"{sum(row['cost_usd_t'] for row in rows):.1f}",
        f"{sum(row['time_h'] for row in rows):.0f}",
        f"{last['time_so_far'] / 24:.1f}",
        short(sources, most),
    )
