"""Networks and routes as tables, JSON and GeoJSON: what is printed, written and drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tarazu.core.table import Column, Table, json_value
from tarazu.corridor.geojson import feature, line
from tarazu.corridor.intervals import wait_variance

if TYPE_CHECKING:
    from tarazu.corridor.facts import Quantity
    from tarazu.corridor.graph import Arc
    from tarazu.corridor.network import Network
    from tarazu.corridor.routes import Route, Routes

DOUBTS = {
    "A": "as stated",
    "E": "estimated",
    "C": "claimed",
    "P": "provisional",
    "F": "forecast",
    "M": "missing",
}
LEG_COLUMNS = (
    Column("id"),
    Column("mode"),
    Column("from"),
    Column("to"),
    Column("gauge_mm", "mm"),
    Column("length_km", "km"),
    Column("length_low", "km", "low end of the 80% interval, or the least of the sources"),
    Column("length_high", "km", "high end"),
    Column("status", "", "A normal, E estimated, C claimed"),
    Column("stated", "", "rows behind the length"),
    Column("capacity_t_yr", "t/yr", "empty where unknown"),
    Column("capacity_low", "t/yr"),
    Column("capacity_high", "t/yr"),
    Column("sources"),
)
ROUTE_COLUMNS = (
    Column("route"),
    Column("packaging"),
    Column("via", "", "nodes between origin and destination"),
    Column("km", "km"),
    Column("cost_usd_t", "USD/t", "freight and handling"),
    Column("cost_low", "USD/t", "low end of the 80% interval of the mean"),
    Column("cost_high", "USD/t", "high end"),
    Column("time_h", "h", "door to door, waiting included"),
    Column("time_low", "h", "low end of the 80% interval of the mean"),
    Column("time_high", "h", "high end"),
    Column("time_sd_h", "h", "standard deviation from one shipment to the next"),
    Column(
        "co2_kg_t", "kg CO2e/t", "of the way, of stays where known; empty where a leg's factor is unknown"
    ),
    Column("generalised_usd_t", "USD/t", "freight plus what the days cost this commodity"),
    Column("missing", "", "what is not known, counted as nothing"),
)
STEP_COLUMNS = (
    Column("route"),
    Column("step"),
    Column("kind", "", "leg, service, or the kind of stay"),
    Column("id"),
    Column("mode"),
    Column("from"),
    Column("to"),
    Column("km", "km"),
    Column("cost_usd_t", "USD/t"),
    Column("time_h", "h", "waiting included"),
    Column("wait_h", "h"),
    Column("time_sd_h", "h"),
    Column("co2_kg_t", "kg CO2e/t"),
    Column("km_so_far", "km"),
    Column("cost_so_far", "USD/t"),
    Column("time_so_far", "h"),
    Column("uncertain", "", "quantities that are estimated, claimed, or differ between sources"),
    Column("sources"),
)


def leg_table(network: Network) -> Table:
    """Legs with their length and capacity."""
    return Table.build("legs", LEG_COLUMNS, [_leg_row(network, name) for name in network.legs])


def _leg_row(network: Network, name: str) -> dict[str, Any]:
    leg = network.legs[name]
    length, capacity = network.facts.of(name, "length"), network.capacity(name)
    found: dict[str, Any] = {
        "id": name,
        "mode": leg.mode,
        "from": leg.start,
        "to": leg.end,
        "gauge_mm": leg.gauge,
    }
    if length:
        found |= {"length_km": length.value, "length_low": length.low, "length_high": length.high}
        found |= {"status": length.status, "stated": length.stated}
    if capacity:
        found |= {
            "capacity_t_yr": capacity.value,
            "capacity_low": capacity.low,
            "capacity_high": capacity.high,
        }
    return found | {"sources": ";".join(_sources(q for q in (length, capacity) if q))}


def route_table(found: Routes) -> Table:
    """One row per shown route."""
    return Table.build("routes", ROUTE_COLUMNS, [_route_row(found, route) for route in found.shown])


def _route_row(found: Routes, route: Route) -> dict[str, Any]:
    names = [found.network.nodes[name].name for name in route.nodes[1:-1]]
    low, high = route.cost_interval
    early, late = route.time_interval
    return {
        "route": route.number,
        "packaging": route.packaging,
        "via": ", ".join(names),
        "km": route.km,
        "cost_usd_t": route.cost_usd_t,
        "cost_low": low,
        "cost_high": high,
        "time_h": route.time_h,
        "time_low": early,
        "time_high": late,
        "time_sd_h": route.time_sd_h,
        "co2_kg_t": route.co2_kg_t,
        "generalised_usd_t": route.generalised(found.commodity),
        "missing": "; ".join(route.missing),
    }


def step_table(found: Routes) -> Table:
    """One row per step of each shown route."""
    return Table.build("steps", STEP_COLUMNS, [row for route in found.shown for row in _step_rows(route)])


def _step_rows(route: Route) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    km, cost, time = 0.0, 0.0, route.origin_wait_h + route.origin_delay_h
    if time:
        rows.append(_loading_row(route) | {"km_so_far": 0.0, "cost_so_far": 0.0, "time_so_far": time})
    for arc in route.steps:
        km, cost, time = km + arc.km, cost + arc.cost_usd_t, time + arc.time_h
        rows.append(step_row(arc) | {"km_so_far": km, "cost_so_far": cost, "time_so_far": time})
    return [{"route": route.number, "step": number, **row} for number, row in enumerate(rows, start=1)]


def _loading_row(route: Route) -> dict[str, Any]:
    """The wait for a train or lorry at the origin, and what limits there add."""
    start = route.steps[0].tail
    wait = route.origin_wait
    return {
        "kind": "wait",
        "id": "loading",
        "mode": start[1],
        "from": start[0],
        "to": start[0],
        "km": 0.0,
        "cost_usd_t": 0.0,
        "time_h": route.origin_wait_h + route.origin_delay_h,
        "wait_h": route.origin_wait_h,
        "time_sd_h": wait_variance(route.origin_wait_h) ** 0.5,
        "co2_kg_t": 0.0,
        "uncertain": "; ".join(_doubt("wait", wait) if wait else []),
        "sources": ";".join(_sources([wait] if wait else [])),
    }


def step_row(arc: Arc) -> dict[str, Any]:
    """What one arc adds to a route."""
    return {
        "kind": arc.kind,
        "id": arc.id,
        "mode": arc.mode,
        "from": arc.tail[0],
        "to": arc.head[0],
        "km": arc.km,
        "cost_usd_t": arc.cost_usd_t,
        "time_h": arc.time_h,
        "wait_h": arc.wait_h,
        "time_sd_h": arc.variance**0.5,
        "co2_kg_t": arc.co2_kg_t,
        "uncertain": "; ".join(uncertain(arc)),
        "sources": ";".join(_sources(quantity for _, quantity in arc.facts)),
    }


def uncertain(arc: Arc) -> list[str]:
    """Quantities of an arc that are no plain figure, in words, and what is missing."""
    said = [text for name, quantity in arc.facts for text in _doubt(name, quantity)]
    return said + [f"{name} unknown" for name in dict.fromkeys(arc.missing)]


def _doubt(name: str, quantity: Quantity) -> list[str]:
    """Why a quantity is no plain figure, where it is none."""
    if quantity.status == "A" and quantity.stated == 1:
        return []
    word = DOUBTS.get(quantity.status, quantity.status)
    why = f"{quantity.stated} sources" if quantity.stated > 1 else word
    default = ", a default" if quantity.is_default else ""
    return [f"{name} {quantity.low:.4g} to {quantity.high:.4g} {quantity.unit} ({why}{default})"]


def routes_dict(found: Routes) -> dict[str, Any]:
    """Routes as JSON: the shown ones in full."""
    network = found.network
    return {
        "network": network.name,
        "origin": found.origin.id,
        "destination": found.destination.id,
        "commodity": found.commodity.id,
        "criteria": list(found.criteria),
        "day": found.day.isoformat() if found.day else None,
        "scenarios": list(found.scenarios),
        "pareto_set": len(found.every),
        "shown": len(found.shown),
        "dropped": found.dropped,
        "epsilon": found.epsilon,
        "routes": [_route_dict(found, route) for route in found.shown],
        "emission_factors": [
            {
                key: row[key]
                for key in ("mode", "country", "packaging", "standard", "scope", "version", "source")
            }
            for row in network.tables["emissions"]
        ],
        "sources": {name: network.sources[name] for name in _used(found) if name in network.sources},
        "checks": [_check_dict(check) for check in found.checks],
    }


def _route_dict(found: Routes, route: Route) -> dict[str, Any]:
    row = {key: json_value(value) for key, value in _route_row(found, route).items()}
    legs = []
    for step in _step_rows(route):
        plain = {key: json_value(value) for key, value in step.items() if key not in ("route", "step")}
        plain["sources"] = [name for name in step["sources"].split(";") if name]
        plain["uncertain"] = [text for text in step["uncertain"].split("; ") if text]
        legs.append(plain)
    return {**row, "via": list(route.nodes[1:-1]), "missing": list(route.missing), "legs": legs}


def _check_dict(check: Any) -> dict[str, str]:
    return {
        "name": check.name,
        "severity": str(check.severity),
        "where": check.where,
        "message": check.message,
    }


def route_geojson(found: Routes) -> dict[str, Any]:
    """Shown routes as lines through their nodes."""
    rows = zip(found.shown, found.table.records(), strict=True)
    features = [feature(line(found.network, route.nodes), row) for route, row in rows]
    for name in dict.fromkeys(name for route in found.shown for name in route.nodes):
        node = found.network.nodes[name]
        spot = {"type": "Point", "coordinates": [node.lon, node.lat]}
        features.append(
            feature(spot, {"id": node.id, "name": node.name, "country": node.country, "kind": node.kind})
        )
    return {"type": "FeatureCollection", "features": features}


def _used(found: Routes) -> list[str]:
    waits = (route.origin_wait for route in found.shown if route.origin_wait)
    quantities = (q for route in found.shown for arc in route.steps for _, q in arc.facts)
    return _sources((*waits, *quantities))


def _sources(quantities: Iterable[Quantity]) -> list[str]:
    listed = (part.strip() for q in quantities for source in q.sources for part in source.split(";"))
    return list(dict.fromkeys(name for name in listed if name))
