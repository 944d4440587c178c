"""A network or routes as GeoJSON, and a network back from it (RFC 7946).

Points are nodes and lines are legs, with the columns of their tables as properties; the other tables stand
beside the features under `tables`, which RFC 7946 (section 6.1) allows as a foreign member. Transfers are points
where something passes them: a port call chokes more often than a track.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import NetworkError
from tarazu.core.schema import declared
from tarazu.core.table import Column, Table, json_value

if TYPE_CHECKING:
    from tarazu.corridor.disruption import Disruptions
    from tarazu.corridor.expanding import Expanding
    from tarazu.corridor.flows import Carried
    from tarazu.corridor.network import Network, Node

DECLARATION = "corridor/variables.csv"
OF_POINTS, OF_LINES = "nodes", "legs"


def network_geojson(network: Network) -> dict[str, Any]:
    """The whole network as a FeatureCollection."""
    features = []
    for row in network.tables[OF_POINTS]:
        place = {"type": "Point", "coordinates": [row["lon"], row["lat"]]}
        features.append(feature(place, {key: row[key] for key in row if key not in ("lat", "lon")}))
    legs = [row for row in network.tables[OF_LINES] if {row["from"], row["to"]} <= network.nodes.keys()]
    features += [feature(line(network, [row["from"], row["to"]]), row) for row in legs]
    others = {name: table for name, table in network.tables.items() if name not in (OF_POINTS, OF_LINES)}
    tables = {name: [_plain(row) for row in table] for name, table in others.items()}
    return {"type": "FeatureCollection", "features": features, "tables": tables}


def plain_tables(network: Network) -> dict[str, Table]:
    """The tables as their files have them: lists with ``;``, days as text."""
    return {
        name: Table(name, table.columns, tuple(tuple(_text(cell) for cell in row) for row in table.rows))
        for name, table in network.tables.items()
    }


def line(network: Network, nodes: Iterable[str]) -> dict[str, Any]:
    """A line through nodes."""
    return {"type": "LineString", "coordinates": [_lonlat(network.nodes[name]) for name in nodes]}


def carried_geojson(found: Carried) -> dict[str, Any]:
    """Loaded legs as lines, and transfers that are used or full as points."""
    from tarazu.corridor.flow_tables import load_geojson

    document = load_geojson(found)
    return {**document, "features": [*document["features"], *transfer_points(found)]}


def transfer_points(found: Carried) -> list[dict[str, Any]]:
    """A point for each transfer over which goods move or that is full: tonnes, capacity, what one more is worth."""
    from tarazu.corridor.flows import pieces

    network = found.network
    loads: dict[str, list[float]] = {}
    for piece in pieces(found):
        for arc in found.carriage.running(piece.path):
            if arc.id in network.transfers:
                loads.setdefault(arc.id, [0.0, 0.0])[found.flows[piece.flow].transit] += piece.tonnes
    rows = {
        row["subject"]: row for row in reversed(list(found.capacities)) if row["subject"] in network.transfers
    }
    full = {row["subject"]: row for row in reversed(list(found.bottlenecks)) if row["subject"] in rows}
    features = []
    for name in sorted({*loads, *full}, key=lambda each: (-sum(loads.get(each, (0.0,))), each)):
        own, transit = loads.get(name, (0.0, 0.0))
        known = full.get(name) or rows.get(name) or {}
        properties = {
            "transfer": name,
            "kind": network.transfers[name].kind,
            "bilateral_t": own,
            "transit_t": transit,
            **{key: known.get(key) for key in ("name", "capacity_t", "used_share", "full_in", "saved_usd_t")},
            "full": name in full,
        }
        features.append(feature(spot(network, name), properties))
    return features


def disruption_geojson(found: Disruptions, links: Table | None = None) -> dict[str, Any]:
    """Links with what a year without each costs; without that table, the loads of the undisturbed year."""
    if links is None:
        return carried_geojson(found.base)
    features = [feature(spot(found.base.network, row["subject"]), row) for row in links]
    return {"type": "FeatureCollection", "features": features}


def project_geojson(found: Expanding) -> dict[str, Any]:
    """Projects where they are built, with what each costs and saves."""
    features = []
    for row in found.table:
        spots = [spot(found.network, name) for name in row["subject"].split(";")]
        place = spots[0] if len(spots) == 1 else {"type": "GeometryCollection", "geometries": spots}
        features.append(feature(place, row))
    return {"type": "FeatureCollection", "features": features}


def spot(network: Network, subject: str) -> dict[str, Any]:
    """Where a node, leg, transfer or service is: a point, or a line of one that runs."""
    from tarazu.corridor.consistency import service_path

    if subject in network.nodes:
        return {"type": "Point", "coordinates": _lonlat(network.nodes[subject])}
    if subject in network.transfers:
        ends = network.transfers[subject]
        a, b = (_lonlat(network.nodes[name]) for name in (ends.start, ends.end))
        return {"type": "Point", "coordinates": [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]}
    if subject in network.legs:
        return line(network, (network.legs[subject].start, network.legs[subject].end))
    legs = network.services[subject].legs
    ends_of_first = (network.legs[legs[0]].start, network.legs[legs[0]].end)
    return line(network, service_path(network, legs) or ends_of_first)


def as_tables(file: str, document: Any) -> dict[str, Table]:
    """Tables of a network out of a GeoJSON document; columns are checked when the tables are read.

    Raises
    ------
    NetworkError
        If it is no FeatureCollection of points and lines.
    """
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise NetworkError(f'{file}: expected a GeoJSON FeatureCollection with a list of "features".')
    rows: dict[str, list[dict[str, Any]]] = {OF_POINTS: [], OF_LINES: []}
    for number, each in enumerate(features, start=1):
        name, row = _row(file, number, each)
        rows[name].append(row)
    others = document.get("tables", {})
    if not isinstance(others, dict) or not all(isinstance(rows, list) for rows in others.values()):
        raise NetworkError(f'{file}: expected "tables" to hold lists of rows by the name of the table.')
    known = declared(DECLARATION)
    for name, listed in others.items():
        if name not in known:
            raise NetworkError(f'{file}: "{name}" is no table of a network. Known: {", ".join(known)}.')
        wrong = next((n for n, row in enumerate(listed, start=1) if not isinstance(row, dict)), None)
        if wrong is not None:
            raise NetworkError(
                f'{file}, tables, "{name}", row {wrong}: expected an object of columns and values.'
            )
        rows[name] = listed
    return {name: _table(name, found, [v.column for v in known[name]]) for name, found in rows.items()}


def _row(file: str, number: int, each: Any) -> tuple[str, dict[str, Any]]:
    geometry = each.get("geometry") if isinstance(each, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    properties = (each.get("properties") if isinstance(each, dict) else None) or {}
    if not isinstance(properties, dict):
        raise NetworkError(
            f'{file}, feature {number}: expected "properties" to be an object of columns and values.'
        )
    if kind == "LineString":
        return OF_LINES, properties
    spot = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind != "Point" or not isinstance(spot, list) or len(spot) < 2:
        raise NetworkError(
            f"{file}, feature {number}: expected a Point with [longitude, latitude] (a node) or a LineString (a leg), "
            f"got {kind or 'no geometry'}."
        )
    return OF_POINTS, {**properties, "lon": spot[0], "lat": spot[1]}


def _table(name: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    extra = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in columns]
    columns = [*columns, *extra]
    return Table(
        name,
        tuple(Column(c) for c in columns),
        tuple(tuple(_text(row.get(c)) for c in columns) for row in rows),
    )


def _text(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return ";".join(map(str, value))
    return value.isoformat() if hasattr(value, "isoformat") else value


def feature(geometry: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """One feature."""
    return {"type": "Feature", "geometry": dict(geometry), "properties": _plain(properties)}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _json(value) for key, value in row.items()}


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else json_value(value)


def _lonlat(node: Node) -> list[float]:
    return [node.lon, node.lat]
