"""What `tarazu corridor show` prints: the network's size, any of its tables, or all that is known of one link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from tarazu.cli.corridor_about import KINDS, about
from tarazu.cli.corridor_grid import PIPED_WIDTH, WIDE, console, count, ends, grid, kt, n, print_checks, short
from tarazu.core.errors import NetworkError
from tarazu.corridor.consistency import causes_first
from tarazu.corridor.tables import DOUBTS

if TYPE_CHECKING:
    from tarazu.corridor.facts import Quantity
    from tarazu.corridor.network import Network

SHORT: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "limits": (
        ("id", ("id",)),
        ("scenario", ("scenario",)),
        ("of", ("subject",)),
        ("kind", ("kind",)),
        ("for", ("packagings", "commodities", "direction")),
        ("when", ("from", "to", "months")),
        ("capacity left", ("capacity_factor",)),
        ("load", ("payload_factor",)),
        ("delay h", ("delay_h",)),
        ("status", ("status",)),
        ("source", ("source",)),
    ),
    "tariffs": (
        ("id", ("id",)),
        ("what", ("name",)),
        ("on", ("country", "mode", "legs")),
        ("from, to", ("from", "to")),
        ("%", ("percent",)),
        ("for", ("commodities",)),
        ("not for", ("excluded",)),
        ("status", ("status",)),
        ("source", ("source",)),
    ),
    "projects": (
        ("id", ("id",)),
        ("what", ("name",)),
        ("of", ("subject",)),
        ("adds", ("added", "unit", "attribute")),
        ("USD m", ("cost_usd_m",)),
        ("low", ("cost_low",)),
        ("high", ("cost_high",)),
        ("cost is", ("cost_status",)),
        ("ready", ("ready",)),
        ("source", ("source",)),
    ),
}
LONG = ("note", "url")  # columns that only the files hold
Rows = Iterator[Sequence[str]]


def network_dict(net: Network, what: str | None = None) -> dict[str, Any]:
    """The network as JSON; only a table of it, or what is known of one link, where that is asked for."""
    from tarazu.corridor.geojson import plain_tables

    checks = [
        {"name": c.name, "severity": str(c.severity), "where": c.where, "message": c.message}
        for c in causes_first(net)
    ]
    tables = {name: table.records() for name, table in plain_tables(net).items()}
    if what in tables:
        lengths = {"lengths": net.table.records()} if what == "legs" else {}
        return {"network": net.name, what: tables[what], **lengths, "checks": checks}
    if what:
        return {"network": net.name, **about(net, what)}
    return {
        "network": net.name,
        **tables,
        "lengths": net.table.records(),
        "scenarios": list(net.scenarios),
        "checks": checks,
    }


def known(net: Network, what: str) -> str:
    """The name of a table, or the id of a node, leg, transfer or service; a place may be named as people do.

    Raises
    ------
    NetworkError
        If it is none of these.
    """
    if what in net.tables or any(what in getattr(net, kind) for kind in KINDS):
        return what
    try:
        return net.find(what).id
    except NetworkError as error:
        tables = ", ".join(net.tables)
        raise NetworkError(
            f"{error} Nor is it the id of a leg, transfer or service, or a table ({tables})."
        ) from None


def print_network(net: Network, what: str | None = None) -> None:
    """A summary, a table, or one link."""
    out = console(WIDE if what in net.tables else PIPED_WIDTH)
    if what is None:
        _print_summary(out, net)
    elif what in net.tables:
        heads, rows, left = _table(net, what)
        title = f"{what} of network {net.name}: {len(net.tables[what])}"
        out.print(grid(title, heads, rows, left=left))
        if what in ("legs", "transfers"):
            out.print("* is a default of the mode or kind, not a value of its own.")
    else:
        _print_about(out, about(net, what))
    if what is None or what in net.tables:
        out.print()
        print_checks(out, causes_first(net))


def _print_summary(out: Console, net: Network) -> None:
    modes = Counter(leg.mode for leg in net.legs.values())
    named = ", ".join(f"{count} {mode}" for mode, count in modes.most_common())
    out.print(
        f"[bold]Network {escape(net.name)}[/bold]: {count(len(net.nodes), 'place')} in "
        f"{count(len({node.country for node in net.nodes.values()}), 'country', 'countries')}, "
        f"{count(len(net.legs), 'leg')} ({named}), {count(len(net.transfers), 'transfer')}, "
        f"{count(len(net.services), 'service')}."
    )
    status = Counter(row["status"] for row in net.tables["values"])
    out.print(
        f"Of {sum(status.values())} values {status['A']} are stated by a source, {status['C'] + status['P']} claimed "
        f"or provisional, {status['E']} estimated; each has its range and source (`show values`, --json, --csv)."
    )
    listed = ", ".join(f"{name} {len(table)}" for name, table in net.tables.items() if len(table))
    out.print(
        escape(
            f"Tables ({net.show('legs')}): {listed}. One place or link: {net.show(next(iter(net.nodes)))}.\n"
        )
    )
    goods = ((g.id, n(g.value.value), ", ".join(g.packagings)) for g in net.commodities.values())
    out.print(grid("Commodities", ("id", "USD/t", "travels as"), goods))
    out.print()
    names: dict[str, list[str]] = {}
    for limit in net.limits:
        if limit.scenario:
            names.setdefault(limit.scenario, []).append(limit.name)
    rows = ((key, "; ".join(dict.fromkeys(found))) for key, found in names.items())
    if names:
        out.print(grid("Disruptions that can be asked for", ("scenario", "what happens"), rows, left=2))


def _table(net: Network, what: str) -> tuple[Sequence[str], Rows, int]:
    """Heads, rows and how many columns of text."""
    match what:
        case "legs":
            heads = ("id", "from–to", "mode", "km", "range", "length", "capacity kt/yr", "range", "sources")
            return heads, _legs(net), 3
        case "transfers":
            of_transfers = (
                "id",
                "where",
                "what",
                "for",
                "hours",
                "USD/t",
                "capacity kt/yr",
                "range",
                "sources",
            )
            return of_transfers, _transfers(net), 4
        case "values":
            return ("subject", "attribute", "value", "range", "unit", "rests on", "source"), _values(net), 2
    if what in SHORT:
        return [head for head, _ in SHORT[what]], _shortened(net, what), len(SHORT[what])
    columns = [column.name for column in net.tables[what].columns if column.name not in LONG]
    filled = [
        name for name in columns if any(cell not in (None, "", ()) for cell in net.tables[what].column(name))
    ]
    rows = ([_cell(row[name]) for name in filled] for row in net.tables[what])
    return filled, rows, len(filled)


def _shortened(net: Network, what: str) -> Rows:
    """Rows of a table with many columns: those of a kind put into one."""
    for row in net.tables[what]:
        yield [" ".join(_cell(row[name]) for name in names if _cell(row[name])) for _, names in SHORT[what]]


def _legs(net: Network) -> Rows:
    for name, leg in net.legs.items():
        length, capacity = net.facts.of(name, "length"), net.capacity(name)
        yield (
            name,
            f"{net.nodes[leg.start].name}–{net.nodes[leg.end].name}" + (" (one way)" if leg.one_way else ""),
            f"{leg.mode} {leg.gauge or ''}".strip(),
            n(length.value) if length else "unknown",
            ends(length.low, length.high) if length else "",
            DOUBTS.get(length.status, length.status) if length else "",
            *_capacity(capacity),
            _sources(length, capacity),
        )


def _transfers(net: Network) -> Rows:
    for name, each in net.transfers.items():
        start, end = net.nodes[each.start], net.nodes[each.end]
        land = start.country
        time, cost = (
            net.facts.of(name, key) or net.facts.default(key, each.kind, land, "*")
            for key in ("time", "cost")
        )
        change = [f"{mode} {gauge or ''}".strip() for mode, gauge in _sides(each)]
        yield (
            name,
            start.name if start is end else f"{start.name}–{end.name}",
            f"{each.kind.replace('_', ' ')}, {' to '.join(dict.fromkeys(change))}",
            ", ".join(each.packagings),
            _range(time),
            _range(cost),
            *_capacity(net.capacity(name)),
            _sources(time, cost, net.capacity(name)),
        )


def _sides(each: Any) -> tuple[tuple[str, int | None], ...]:
    return (each.from_mode, each.from_gauge), (each.to_mode, each.to_gauge)


def _values(net: Network) -> Rows:
    for row in net.tables["values"]:
        low, high = row["low"], row["high"]
        yield (
            row["subject"],
            row["attribute"],
            f"{row['value']:g}",
            "" if low is None or high is None else f"{low:g}–{high:g}",
            row["unit"],
            DOUBTS.get(row["status"], row["status"]),
            row["source"].replace(";", " "),
        )


def _capacity(quantity: Quantity | None) -> tuple[str, str]:
    if quantity is None:
        return "unknown", ""
    return kt(quantity.value) + ("*" if quantity.is_default else ""), ends(
        quantity.low / 1e3, quantity.high / 1e3
    )


def _range(quantity: Quantity | None) -> str:
    if quantity is None:
        return "unknown"
    star = "*" if quantity.is_default else ""
    return f"{quantity.value:g}{star} ({quantity.low:g}–{quantity.high:g})"


def _sources(*quantities: Quantity | None) -> str:
    return short(";".join(source for each in quantities if each for source in each.sources), 4)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.10g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _print_about(out: Console, found: Mapping[str, Any]) -> None:
    """Everything of one node, leg, transfer or service."""
    out.print(f"[bold]{escape(found['name'])}[/bold] ({found['kind']} {escape(found['id'])})")
    row = {key: _cell(tuple(v) if isinstance(v, list) else v) for key, v in found["row"].items()}
    out.print(
        escape(", ".join(f"{key} {cell}" for key, cell in row.items() if cell and key not in ("id", "name")))
    )
    for name, ids in found["joined"].items():
        if ids:
            out.print(escape(f"{name}: {', '.join(ids)}"))
    out.print()
    heads = ("attribute", "value", "range", "unit", "rests on", "sources")
    values = [
        (
            each["attribute"] + (f", {each['of']}" if each["of"] else ""),
            f"{each['value']:,.10g}",
            f"{each['low']:,.10g}–{each['high']:,.10g}",
            each["unit"],
            each["basis"],
            " ".join(each["sources"]),
        )
        for each in found["values"]
    ]
    out.print(grid("What is known of it", heads, values) if values else "No value is known of it.")
    for table in ("limits", "tariffs", "projects"):
        for row in found[table]:
            cells = ", ".join(
                f"{key} {_cell(v)}" for key, v in row.items() if v not in (None, "", ()) and key != "id"
            )
            out.print(escape(f"{table.removesuffix('s')} {row['id']}: {cells}"))
    if found["sources"]:
        out.print("\nSources")
        for name, title in found["sources"].items():
            out.print(escape(f"{name}: {title}"))
    if any(source.startswith("corridor:") for each in found["values"] for source in each["sources"]):
        out.print("corridor:… is a row of the dossier's corridor.csv.")
