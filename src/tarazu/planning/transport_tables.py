"""Tables of the stage of transport: by line, bottlenecks, disruptions; lineage; and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.amounts import format_amount
from tarazu.core.checks import Check
from tarazu.core.codes import country
from tarazu.core.source import Lineage, Method
from tarazu.core.table import Column, Table, is_missing
from tarazu.corridor.holding import MONTHS, span
from tarazu.planning.transport_flows import PLANNED, TARGET, Basket, Good, commodity_of

if TYPE_CHECKING:
    from tarazu.planning.transport import Transport

Array = NDArray[np.float64]

QUANTILES = (0.1, 0.5, 0.9)
DOCUMENT = "docs/method.md, Transport"
TENTH = 0.1  # of a capacity: what relief is measured by
LEAST_T = 1.0  # tonnes a year below which there is nothing
OFTEN = 0.02  # share of draws from which a full capacity is listed

TONNES = Method(
    "Flow of the target year, all measures, over the unit value of the line, of every draw; at the "
    "target the same basket grown by one factor, no line above what its market holds. A sample of the draws "
    "is assigned to the network at least generalised cost with capacities drawn from their ranges; what stays "
    "finds no room, or only by a detour dearer than its margin.",
    DOCUMENT,
)
CHOKE = Method(
    "Ranked by what a tenth more of the capacity would save the pair a year, in transport and lost margins, with the "
    "median flows, by assigning anew; then, where that is nothing, by the mean over the draws of a tenth at the value "
    "of one more tonne to all goods, an upper bound. Beside it the share of the draws in which it is full and the dual "
    "of its tonne in those.",
    DOCUMENT,
)
DISRUPTION = Method(
    "The median flows at the target assigned anew under the disruption. The loss is the pair's own; that of "
    "third countries stands beside it, as the system optimum shares it out. The chance of the target is "
    "that of turnover less the share of value that cannot move.",
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
        Column(
            "unit_value_usd_t", "USD/t", "empty where no row gives one: tonnes at the network's judgement"
        ),
        Column("usd_q50", "USD", "flow of the target year, free on board, median"),
        Column("supply", "USD", "what the exporter sells to the whole world in that year, median"),
        Column("demand", "USD", "what the importer buys from the whole world in that year, median"),
        Column("in_proportion_usd", "USD", "flow at the target if every line grew alike, median"),
        Column("ratio", "", "of this to the smaller of supply and demand: above 1 no market holds it"),
        *_triple("tonnes", "t", "wanted in the target year, all draws"),
        *_triple("unmoved", "t", "finds no room, draws that were assigned"),
    )
    basket, rows = found.basket, []
    alike = np.median(basket.in_proportion, axis=1).tolist()
    for name, sampled in found.scenarios.items():
        usd = np.median(basket.usd[name], axis=1).tolist()
        tonnes = np.quantile(basket.tonnes(name), QUANTILES, axis=1)
        stays = np.quantile(sampled.tonnes - sampled.moved, QUANTILES, axis=0)
        for number, good in enumerate(found.goods):
            travels = ", ".join(found.network.commodities[good.id].packagings)
            size = usd[number] if name == PLANNED else alike[number]
            rows.append(
                (
                    name,
                    good.id,
                    good.name,
                    good.direction,
                    travels,
                    good.unit_value,
                    usd[number],
                    good.supply,
                    good.demand,
                    size,
                    size / good.market if good.market else None,
                    *tonnes[:, number].tolist(),
                    *np.maximum(stays[:, number], 0).tolist(),
                )
            )
    return without_crumbs(Table("transport", columns, tuple(rows)))


def above_market(basket: Basket) -> list[tuple[Good, float, float]]:
    """Goods that no market would hold if every line grew alike to the target: USD, and the ratio to the market."""
    alike = np.median(basket.in_proportion, axis=1).tolist()
    found = [
        (good, usd, usd / good.market) for good, usd in zip(basket.goods, alike, strict=True) if good.market
    ]
    return sorted((each for each in found if each[2] > 1), key=lambda each: -each[1])


def above_market_words(basket: Basket) -> str:
    """Which these are, by how much, and what became of them; empty where there is none."""
    named = []
    for good, usd, ratio in above_market(basket):
        seller, buyer = (country(code).name() for code in good.direction.split("->"))
        sells = good.supply is not None and good.market == good.supply
        side = f"all that {seller} sells to the world" if sells else f"all that {buyer} buys from the world"
        named.append(f"{good.name} at {format_amount(usd)}, {ratio:.1f} times {side}")
    if not named:
        return ""
    return (
        f"Grown in proportion, the target would hold {'; '.join(named)} in that year; "
        f"{'they are' if len(named) > 1 else 'it is'} held there, and the other goods grow more."
    )


def above_supply(basket: Basket) -> tuple[Check, ...]:
    """Says that the target, grown in proportion, asks for more of some goods than there is."""
    words = above_market_words(basket)
    places = ", ".join(good.id for good, *_ in above_market(basket))
    return (Check.warning("basket-above-supply", places, words),) if words else ()


def bottleneck_table(found: Transport) -> Table:
    """Capacities full in some draws at the target."""
    columns = (
        Column("rank", "", "by what a tenth more saves with the median flows, then in the mean of the draws"),
        Column("subject"),
        Column("name"),
        Column("full_share", "share", "draws in which it is full at the target"),
        Column("full_share_planned", "share", "draws in which it is full with the flows as planned"),
        Column("full_in", "", "months in which it is full in some draw, as 1-2;12; empty for all the year"),
        Column("basis", "", "what the capacity rests on"),
        Column("capacity_t", "t/yr", "under the limits of the year"),
        Column(
            "capacity_low",
            "t/yr",
            "low end of its 80% interval or of its sources, from which draws are taken",
        ),
        Column("capacity_high", "t/yr", "high end"),
        Column("used_q50_t", "t/yr", "with the median flows at the target"),
        Column("transit_t", "t/yr", "of it goods of third countries"),
        Column("value_q50", "USD/t", "saved by one more tonne, in the draws in which it is full"),
        Column("value_median_flows", "USD/t", "the same with the median flows, confirmed by solving again"),
        Column(
            "relief_usd",
            "USD/yr",
            "saved for the pair by a tenth more of it with the median flows, assigned anew",
        ),
        Column("relief_all_usd", "USD/yr", "the same with the goods of third countries"),
        Column("relief_draws_usd", "USD/yr", "mean over the draws of a tenth at its value, an upper bound"),
        Column("sources"),
    )
    at, planned = found.at_target, found.scenarios[PLANNED]
    full = at.full
    median = list(at.median.capacities)
    rows = []
    for r, row in enumerate(median):
        share = float(full[:, r].mean())
        if share < OFTEN:
            continue
        value = float(np.median(at.value[full[:, r], r]))
        months = [m for m in range(1, MONTHS + 1) if at.months[:, r, m - 1].any()]
        capacity = None if is_missing(row["capacity_t"]) else row["capacity_t"]
        rows.append(
            (
                row["subject"],
                row["name"],
                share,
                float(planned.full[:, r].mean()),
                span(months) if len(months) < MONTHS else "",
                row["basis"],
                capacity,
                row["low"],
                row["high"],
                row["used_t"],
                row["transit_t"],
                value,
                row["saved_usd_t"],
                float(max(found.relief[0][r], 0.0)),
                float(found.relief[1][r]),
                TENTH * float((at.value[:, r] * _known(at.capacity[:, r], capacity)).mean()),
                row["sources"],
            )
        )
    rows.sort(key=lambda row: (-row[13], -row[15], row[0]))
    ranked = tuple((n, *row) for n, row in enumerate(rows, start=1))
    return without_crumbs(Table("transport_bottlenecks", columns, ranked))


def _known(drawn: Array, stated: float | None) -> Array:
    """(S,) capacities of the draws; that of a part that a limit sets is not drawn and stays what it is."""
    return np.where(np.isfinite(drawn), drawn, stated or 0.0)


def capacity_words(row: Mapping[str, Any]) -> str:
    """A capacity with its range and what it rests on."""
    if row["capacity_t"] is None:
        return "set by a limit"
    low, high = row["capacity_low"], row["capacity_high"]
    span = "" if low is None or high is None else f" ({_mt(low)} to {_mt(high)})"
    return f"of {_mt(row['capacity_t'])} million tonnes{span} {row['basis'].replace('default', 'a default')}"


def _mt(tonnes: float) -> str:
    return f"{tonnes / 1e6:.2g}"


def without_crumbs(table: Table) -> Table:
    """The table with tonnes below one as 0: they are the rounding of the programme."""
    places = [n for n, column in enumerate(table.columns) if column.unit in ("t", "t/yr")]
    rows = []
    for row in table.rows:
        cells = list(row)
        for n in places:
            if isinstance(cells[n], float) and abs(cells[n]) < LEAST_T:
                cells[n] = 0.0
        rows.append(tuple(cells))
    return Table(table.name, table.columns, tuple(rows))


def disruption_table(found: Transport) -> Table:
    """Named disruptions at the target."""
    base = found.disruptions.table
    columns = (
        *base.columns,
        Column("value_share", "share", "of the value of the target's goods that cannot move"),
        Column("chance", "share", "of the target in a year with this disruption"),
    )
    undisturbed = float(np.median(found.at_target.lost_share))
    goods = found.network.commodities
    own = (flow for flow in found.at_target.median.flows if not flow.transit)
    worth = sum(flow.tonnes * goods[flow.commodity].value.value for flow in own)
    rows = []
    for row in base:
        share = min(max(row["lost_value_usd"], 0.0) / worth, 1.0)
        rows.append((*row.values(), share, found.chance(min(undisturbed + share, 1.0))))
    return without_crumbs(Table("transport_disruptions", columns, tuple(rows)))


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
        "transport_loads": without_crumbs(found.at_target.median.loads),
        "transport_fleet": found.at_target.median.fleet,
        "transport_routes": found.routes.table,
        "transport_route_steps": found.routes.steps,
        "transport_network_effects": found.network_effects,
    }


def as_dict(found: Transport) -> dict[str, Any]:
    """JSON-ready values."""
    at, basket, median = found.at_target, found.basket, found.at_target.median
    unmoved = _quantiles((at.tonnes - at.moved).sum(axis=1))
    return {
        "network": found.network.name,
        "summary": found.sentence(),
        "basket": above_market_words(basket),
        "above_market": [
            {
                "id": good.id,
                "product": good.name,
                "in_proportion_usd": usd,
                "market_usd": good.market,
                "ratio": ratio,
            }
            for good, usd, ratio in above_market(basket)
        ],
        "unpriced_value_share": _quantiles(basket.unpriced_share),
        "tonnes_as_planned": _quantiles(basket.total(PLANNED)),
        "tonnes_at_target": _quantiles(basket.total(TARGET)),
        "unmoved_at_target": {key: t if t >= LEAST_T else 0.0 for key, t in unmoved.items()},
        "moved_at_median_t": float(median.moved[median.bilateral].sum()),
        "of_unknown_capacity_t": median.unknown_t,
        "of_judged_capacity_t": median.judged_t,
        "chance_with_carriage": found.chance(at.lost_share),
        "sampled_draws": len(at.tonnes),
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
