"""Tables of the stage of transport: by line, bottlenecks, disruptions; lineage; and its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tarazu.core.source import Lineage, Method
from tarazu.core.table import Column, Table, is_missing
from tarazu.corridor.flow_tables import subject_name
from tarazu.planning.transport_flows import commodity_of

if TYPE_CHECKING:
    from tarazu.planning.transport import Transport

QUANTILES = (0.1, 0.5, 0.9)
DOCUMENT = "docs/method.md, Transport"
OFTEN = 0.02  # share of draws from which a full capacity is listed

TONNES = Method(
    "Flow of the target year, all measures, over the unit value of the line, of every draw; at the "
    "target the same "
    "basket grown in proportion. Assigned to the network at least generalised cost with capacities "
    "drawn from their "
    "ranges; what stays finds no room, or only by a detour dearer than its margin.",
    DOCUMENT,
)
CHOKE = Method(
    "Share of the draws in which the capacity is full at the target, and the dual of its tonne in "
    "those: what one more "
    "tonne a year would save in transport and lost margins. At the medians the value is confirmed by "
    "solving again.",
    DOCUMENT,
)
DISRUPTION = Method(
    "The median flows at the target assigned anew under the disruption. The chance of the target is "
    "that of turnover "
    "less the share of value that cannot move.",
    DOCUMENT,
)


def line_table(found: Transport) -> Table:
    """By line and scenario."""
    columns = (
        Column("scenario"),
        Column("id"),
        Column("product"),
        Column("direction"),
        Column("travels_as", "", "packagings open to it"),
        Column("unit_value_usd_t", "USD/t"),
        *_triple("tonnes", "t", "wanted in the target year"),
        *_triple("unmoved", "t", "finds no room"),
    )
    rows = []
    for name, sampled in found.scenarios.items():
        tonnes = np.quantile(sampled.tonnes, QUANTILES, axis=0)
        stays = np.quantile(sampled.tonnes - sampled.moved, QUANTILES, axis=0)
        for number, good in enumerate(found.goods):
            travels = ", ".join(found.network.commodities[good.id].packagings)
            head = (name, good.id, good.name, good.direction, travels, good.unit_value)
            rows.append((*head, *tonnes[:, number].tolist(), *np.maximum(stays[:, number], 0).tolist()))
    return Table("transport", columns, tuple(rows))


def bottleneck_table(found: Transport) -> Table:
    """Capacities full in some draws at the target."""
    columns = (
        Column("rank", "", "by what a tenth more capacity would save in the mean of all draws"),
        Column("subject"),
        Column("name"),
        Column("full_share", "share", "draws in which it is full at the target"),
        Column("full_share_planned", "share", "draws in which it is full with the flows as planned"),
        Column("capacity_t", "t/yr", "stated"),
        Column("capacity_low", "t/yr"),
        Column("capacity_high", "t/yr"),
        Column("used_q50_t", "t/yr", "with the median flows at the target"),
        Column("transit_t", "t/yr", "of it goods of third countries"),
        Column("value_q50", "USD/t", "saved by one more tonne, in the draws in which it is full"),
        Column("value_median_flows", "USD/t", "the same with the median flows, confirmed by solving again"),
        Column("relief_usd", "USD/yr", "saved a year by a tenth more of it at that value, an upper bound"),
        Column("sources"),
    )
    at, planned = found.at_target, found.scenarios["as planned"]
    median = list(at.median.capacities)
    rows = []
    for r, resource in enumerate(at.median.carriage.resources):
        share = float(at.full[:, r].mean())
        if share < OFTEN:
            continue
        value = float(np.median(at.value[at.full[:, r], r]))
        row = median[r]
        rows.append(
            (
                resource.subject,
                subject_name(found.network, resource.subject),
                share,
                float(planned.full[:, r].mean()),
                resource.capacity,
                resource.low,
                resource.high,
                row["used_t"],
                row["transit_t"],
                value,
                row["saved_usd_t"],
                0.1 * resource.capacity * value,
                ";".join(resource.sources),
            )
        )
    rows.sort(key=lambda row: -row[2] * row[11])
    return Table("transport_bottlenecks", columns, tuple((n, *row) for n, row in enumerate(rows, start=1)))


def disruption_table(found: Transport) -> Table:
    """Named disruptions at the target."""
    base = found.disruptions.table
    columns = (
        *base.columns,
        Column("value_share", "share", "of the value of the target's goods that cannot move"),
        Column("chance", "share", "of the target in a year with this disruption"),
    )
    undisturbed = float(np.median(found.at_target.lost_share))
    rows = []
    for row in base:
        share = min(max(row["lost_value_usd"], 0.0) / found.target_usd, 1.0)
        rows.append((*row.values(), share, found.chance(min(undisturbed + share, 1.0))))
    return Table("transport_disruptions", columns, tuple(rows))


def lineages(found: Transport) -> tuple[Lineage, ...]:
    """Every figure of the stage that can be explained."""
    network = found.network
    path = (f"path.{found.plan_year}",)
    rows = (f"networks/{network.name}/values.csv", f"networks/{network.name}/places.csv")
    out = []
    for row in found.table:
        values = {key: value for key, value in row.items() if not is_missing(value)}
        out.append(Lineage(f"transport.{_word(row['scenario'])}.{row['id']}", TONNES, path, rows, values))
    for row in found.bottlenecks:
        values = {key: value for key, value in row.items() if not is_missing(value)}
        out.append(Lineage(f"transport.bottleneck.{row['rank']}", CHOKE, path, rows, values))
    for row in found.disrupted:
        values = {key: value for key, value in row.items() if not is_missing(value)}
        where = (f"networks/{network.name}/limits.csv",)
        out.append(Lineage(f"transport.disruption.{row['scenario']}", DISRUPTION, path, where, values))
    return tuple(out)


def _word(scenario: str) -> str:
    return scenario.rsplit(" ", 1)[-1]


def flow_file(found: Transport) -> Table:
    """The median flows at the target, under the network's commodities: what `tarazu corridor assign` takes."""
    codes = {good.id: good.codes for good in found.goods}
    total: dict[tuple[str, str, str, str, str], float] = {}
    for flow in found.at_target.median.flows:
        good = (
            commodity_of(found.plain, codes[flow.commodity]).id if flow.commodity in codes else flow.commodity
        )
        key = flow.origin, flow.destination, good, "yes" if flow.transit else "no", flow.direction
        total[key] = total.get(key, 0.0) + flow.tonnes
    names = ("origin", "destination", "commodity", "tonnes", "transit", "direction")
    rows = tuple((*key[:3], round(tonnes, 1), *key[3:]) for key, tonnes in total.items())
    return Table("flows", tuple(Column(name) for name in names), rows)


def tables(found: Transport) -> dict[str, Table]:
    """Tables of the stage by the name of their file."""
    return {
        "transport": found.table,
        "transport_bottlenecks": found.bottlenecks,
        "transport_disruptions": found.disrupted,
        "transport_links": found.links,
        "transport_projects": found.projects,
        "transport_loads": found.at_target.median.loads,
        "transport_fleet": found.at_target.median.fleet,
        "transport_routes": found.routes.table,
        "transport_route_steps": found.routes.steps,
        "transport_network_effects": found.network_effects,
    }


def as_dict(found: Transport) -> dict[str, Any]:
    """JSON-ready values."""
    at = found.at_target
    total, stays = at.tonnes.sum(axis=1), (at.tonnes - at.moved).sum(axis=1)
    return {
        "network": found.network.name,
        "summary": found.sentence(),
        "tonnes_at_target": _quantiles(total),
        "unmoved_at_target": _quantiles(stays),
        "chance_with_carriage": found.chance(at.lost_share),
        "sampled_draws": len(total),
        **{name: table.records() for name, table in tables(found).items()},
    }


def _quantiles(values: Any) -> dict[str, float]:
    q10, q50, q90 = np.quantile(values, QUANTILES).tolist()
    return {"q10": q10, "q50": q50, "q90": q90}


def _triple(name: str, unit: str, meaning: str) -> tuple[Column, Column, Column]:
    return (
        Column(f"{name}_q10", unit, meaning),
        Column(f"{name}_q50", unit, meaning),
        Column(f"{name}_q90", unit, meaning),
    )
