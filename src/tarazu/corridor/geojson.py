"""A network or routes as GeoJSON, and a network back from it (RFC 7946).

Points are nodes and lines are legs, with the columns of their tables as properties; the other tables stand
beside the features under `tables`, which RFC 7946 (section 6.1) allows as a foreign member.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import NetworkError
from tarazu.core.schema import declared
from tarazu.core.table import Column, Table, json_value

if TYPE_CHECKING:
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
