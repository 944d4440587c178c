"""The report's section on transport: tonnes, map, routes, where it chokes, disruptions, what measures change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tarazu.core.amounts import format_amount
from tarazu.core.table import Table
from tarazu.planning.transport_flows import PLANNED, commodity_of
from tarazu.planning.transport_map import figure_table, loads_map
from tarazu.planning.transport_tables import above_market_words
from tarazu.planning.words import percent
from tarazu.report.document import Figure, Listing, Section, Show

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan
    from tarazu.planning.transport import Transport

MOST_ROUTES, MOST_LINES, MOST_CHOKES = 4, 12, 8
DEARER = "Transport cost (freight and what the days cost), USD a tonne more"


def carriage(plan: Plan) -> Section | None:
    """Tonnes and the choke point first, then pictures and tables; None where no network is known."""
    found = plan.transport
    if found is None:
        return None
    return Section(
        "transport",
        "Whether it can be carried",
        (_first(plan, found), _conditions(found)),
        figures=(loads_map(found), _staircase(found, "time"), _staircase(found, "cost"), _disruptions(found)),
        listings=(
            _chokes(found),
            _projects(found),
            _lines(found),
            _routes(found),
            _named(found),
            _links(found),
            _fleet(found),
            *_effects(found),
        ),
    )


def _first(plan: Plan, found: Transport) -> str:
    at, basket = found.at_target, found.basket
    tonnes = float(np.median(basket.total(PLANNED))) / 1e6
    own = at.median.bilateral
    transit = at.median.moved[~own].sum() / 1e6
    return (
        f"{found.sentence()} As planned, with all measures, it is {tonnes:.1f} million tonnes at the median. "
        f"{_chance(plan.probability, found.chance(at.lost_share))} {above_market_words(basket)} {_unpriced(found)}"
        f"Goods of third countries, {transit:.1f} million tonnes a year, use the same capacities and "
        "are no turnover of the "
        "pair. The assignment is a system optimum: shippers who each seek their own best do no better in total."
    )


def _unpriced(found: Transport) -> str:
    """The share of the value whose tonnes rest on a judged unit value."""
    low, middle, high = (percent(x) for x in np.quantile(found.basket.unpriced_share, (0.1, 0.5, 0.9)))
    judged = {
        commodity_of(found.plain, good.codes).id: commodity_of(found.plain, good.codes)
        for good in found.goods
        if good.unit_value is None
    }
    if not judged:
        return ""
    prices = "; ".join(
        f"{good.name.lower()} at {good.value.value:,.0f} dollars a tonne "
        f"({good.value.low:,.0f} to {good.value.high:,.0f})"
        for good in judged.values()
    )
    return (
        f"{middle} of the value at the target ({low} to {high}) are goods that no figure names: their tonnes rest on "
        f"a judgement, {prices}. "
    )


def _chance(free: float, carried: float) -> str:
    if percent(free) == percent(carried):
        return (
            f"What could not be carried would leave the chance of the target where it is, at {percent(free)}."
        )
    return f"What could not be carried would take the chance of the target from {percent(free)} to {percent(carried)}."


def _conditions(found: Transport) -> str:
    values, sampled = found.network.tables["values"], len(found.at_target.tonnes)
    stated = sum(row["status"] == "A" for row in values)
    return (
        "Tonnes are flows over unit values; at the target the same basket is grown by one factor, no line above what "
        "its seller sells to the world or its buyer buys from it. "
        f"{len(found.turnover):,} "
        f"draws of flows are represented by {sampled} at evenly spaced ranks, with "
        f"capacities drawn from their ranges. Of {len(values)} values of the network {stated} are "
        "stated by a source and "
        "the others claimed or estimated; where goods start and end inside a country is a judgement. "
        "A tonne that does not "
        "move loses a share of its value; a detour that costs more is not taken. Freight is that of "
        "the stated periods, not "
        "of today. Ports, yards and borders have capacities here; ships, wagons and locomotives have "
        "none, so that what "
        "can move is an upper figure. No party, vessel or good was screened here: screening comes "
        "before booking, and "
        "nothing here looks for "
        "a way around a control."
    )


def _staircase(found: Transport, what: str) -> Figure:
    routes = found.routes
    wanted = {route.number for route in routes.shown[:MOST_ROUTES]}
    column = {"time": "time_so_far", "cost": "cost_so_far"}[what]
    names = {node.id: node.name for node in found.network.nodes.values()}
    rows = []
    for row in routes.steps:
        if row["route"] in wanted:
            kind = "leg" if row["kind"] in ("leg", "service") else row["kind"]
            label = names[row["to"]]
            rows.append((f"route {row['route']}", row["km_so_far"], row[column], kind, label))
    good = found.network.commodities[routes.commodity.id].name
    unit = {"time": "hours from door to door", "cost": "US dollars a tonne"}[what]
    return Figure(
        f"transport-{what}",
        f"{what}_distance",
        f"{routes.origin.name} to {routes.destination.name}, {good}: {what} and distance",
        f"The first {len(wanted)} of {len(routes.every)} routes that no other beats in cost, time and "
        "emissions. Legs slope, "
        "stays rise.",
        unit,
        f"Network {found.network.name}; sources of each step are in transport_route_steps.csv",
        {"steps": figure_table(f"transport_{what}_steps", ("route", "km", "value", "kind", "label"), rows)},
    )


def _disruptions(found: Transport) -> Figure:
    rows = [
        (row["name"], row["moved_t"], round(max(row["lost_t"], 0.0)), row["cost_change_usd_t"])
        for row in found.disrupted
    ]
    return Figure(
        "transport-disruptions",
        "disruption",
        "What each disruption costs",
        "Goods of the pair at the target's median flows that still move and that do not, and what "
        "transport of those that move costs more: freight and what the days cost the goods.",
        "tonnes a year; US dollars a tonne, freight and days",
        f"Network {found.network.name}, limits.csv",
        {"bars": figure_table("transport_bars", ("label", "moved_t", "lost_t", "cost_usd_t_change"), rows)},
    )


def _chokes(found: Transport) -> Listing:
    table = found.bottlenecks
    return Listing(
        Table(table.name, table.columns, table.rows[:MOST_CHOKES]),
        (
            Show("name", "Capacity"),
            Show("full_share", "Full at the target", "percent"),
            Show("full_in", "in months"),
            Show("full_share_planned", "as planned", "percent"),
            Show("basis", "Capacity is"),
            Show("capacity_t", "Tonnes a year", "number"),
            Show("capacity_low", "from", "number"),
            Show("capacity_high", "to", "number"),
            Show("transit_t", "used by third countries", "number"),
            Show("value_q50", "USD saved by one more tonne", "number"),
            Show("relief_usd", "A tenth more saves the pair a year, median flows", "usd"),
            Show("relief_all_usd", "all goods", "usd"),
            Show("relief_draws_usd", "over the draws at most", "usd"),
            Show("sources", "Sources"),
        ),
        "Where it chokes, by what a tenth more of each capacity alone would save the pair with the median flows, in "
        "transport (freight and what the days cost) and lost margins; where that is nothing, by the mean over the "
        "draws for all goods, an upper bound. Beside it the share of the draws in which it is full, and what one more "
        "tonne saves in those",
        empty="No stated capacity is full in any draw.",
    )


def _projects(found: Transport) -> Listing:
    return Listing(
        found.projects,
        (
            Show("name", "Project"),
            Show("added_t", "Adds tonnes a year", "number"),
            Show("saves_usd_yr", "Alone saves a year", "usd"),
            Show("pays_up_to_usd_m", "Pays up to, USD m", "number"),
            Show("cost_usd_m", "Stated cost, USD m", "number"),
            Show("cost_status", "Cost is"),
            Show("source", "Source"),
        ),
        "What relief is worth: transport and lost margins that each project alone would save at the "
        "target's median flows",
        empty="The network names no project.",
    )


def _lines(found: Transport) -> Listing:
    return Listing(
        found.table,
        (
            Show("scenario", "Scenario"),
            Show("product", "Product"),
            Show("direction", "Direction"),
            Show("travels_as", "Travels as"),
            Show("usd_q50", "Value, median", "usd"),
            Show("ratio", "In proportion, of the market", "percent"),
            Show("tonnes_q10", "Tonnes, 10%", "number"),
            Show("tonnes_q50", "median", "number"),
            Show("tonnes_q90", "90%", "number"),
            Show("unmoved_q50", "Cannot move, median", "number"),
            Show("unmoved_q90", "90%", "number"),
        ),
        f"Tonnes of {found.plan_year} by product, and what finds no room. Of the market: the line grown in proportion, "
        "over what the seller sells to the world or the buyer buys from it, the smaller",
        folded=True,
    )


def _routes(found: Transport) -> Listing:
    return Listing(
        found.routes.table,
        (
            Show("route", "Route"),
            Show("packaging", "As"),
            Show("via", "By way of"),
            Show("km", "km", "number"),
            Show("cost_usd_t", "USD a tonne", "number"),
            Show("cost_low", "from", "number"),
            Show("cost_high", "to", "number"),
            Show("time_h", "Hours", "number"),
            Show("time_low", "from", "number"),
            Show("time_high", "to", "number"),
            Show("time_sd_h", "±", "number"),
            Show("co2_kg_t", "kg CO2e a tonne", "number"),
        ),
        f"Routes of the heaviest flow, {found.routes.origin.name} to {found.routes.destination.name}: "
        f"{len(found.routes.every)} that no other beats, {found.routes.dropped} not shown because one "
        "shown is within "
        f"{percent(found.routes.epsilon)} of them in every respect",
        folded=True,
    )


def _named(found: Transport) -> Listing:
    return Listing(
        found.disrupted,
        (
            Show("name", "Disruption"),
            Show("lost_t", "Tonnes lost", "number"),
            Show("lost_value_usd", "their value", "usd"),
            Show("cost_change_usd_t", DEARER, "number"),
            Show("freight_change_usd_t", "of it freight", "number"),
            Show("days_change", "Days more", "number"),
            Show("loss_usd", "Loss of the pair a year", "usd"),
            Show("transit_loss_usd", "of third countries", "usd"),
            Show("value_share", "Value lost", "percent"),
            Show("chance", "Chance of the target", "percent"),
        ),
        "How the target's goods fare in each named disruption, alone and for the months it is stated for",
        empty="The network names no disruption.",
    )


def _links(found: Transport) -> Listing:
    table = found.links
    return Listing(
        Table(table.name, table.columns, table.rows[:MOST_LINES]),
        (
            Show("rank", "Rank", "number"),
            Show("name", "Line"),
            Show("lost_t", "Tonnes lost", "number"),
            Show("cost_change_usd_t", DEARER, "number"),
            Show("freight_change_usd_t", "of it freight", "number"),
            Show("days_change", "Days more", "number"),
            Show("loss_usd", "Loss of the pair a year", "usd"),
            Show("transit_loss_usd", "of third countries", "usd"),
        ),
        f"What a year without each line would cost: of all lines in use the {len(table)} whose loss is the largest at "
        "the prices of the undisturbed year, a lower bound, are assigned anew. Links of one line stand together",
        folded=True,
    )


def _fleet(found: Transport) -> Listing:
    return Listing(
        found.at_target.median.fleet,
        (
            Show("unit", "Unit"),
            Show("mode", "Mode"),
            Show("packaging", "Carrying"),
            Show("loads_a_month", "Loads a month", "number"),
            Show("units_tied_up", "In circulation", "number"),
            Show("units_low", "from", "number"),
            Show("units_high", "to", "number"),
        ),
        "Wagons, lorries, boxes and ships that the target's median flows take, third countries' included",
        folded=True,
    )


def _effects(found: Transport) -> tuple[Listing, ...]:
    if not len(found.network_effects):
        return ()
    show = (
        Show("measure", "Measure"),
        Show("direction", "Direction"),
        Show("products", "Products"),
        Show("channel", "Channel"),
        Show("unit", "Unit"),
        Show("judged_q10", "Judged, 10%", "number"),
        Show("judged_q50", "median", "number"),
        Show("judged_q90", "90%", "number"),
        Show("network_q10", "By the network, 10%", "number"),
        Show("network_q50", "median", "number"),
        Show("network_q90", "90%", "number"),
        Show("note", "Note"),
    )
    caption = (
        "What measures of transport change, judged beforehand and by the network; the network's "
        "counts. It knows freight "
        f"and days of the base year's goods ({format_amount(found.target_usd)} would use other routes)"
    )
    return (Listing(found.network_effects, show, caption, folded=True),)
