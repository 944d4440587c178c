"""All that a network knows of one node, leg, transfer or service, its own values first, then those of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tarazu.corridor.facts import ANY, BACKWARD, FORWARD, Quantity
from tarazu.corridor.network import allows
from tarazu.corridor.tables import DOUBTS

if TYPE_CHECKING:
    from tarazu.corridor.network import Network

KINDS = ("nodes", "legs", "transfers", "services")
WAYS = {FORWARD: "from first to second place", BACKWARD: "from second to first place"}


def about(net: Network, name: str) -> dict[str, Any]:
    """Row, values with range, unit, basis and sources, limits, tariffs, projects and what it is joined to."""
    from tarazu.corridor.flow_tables import subject_name
    from tarazu.corridor.geojson import plain_tables

    table = next(kind for kind in KINDS if name in getattr(net, kind))
    tables = {key: each.records() for key, each in plain_tables(net).items()}
    values = [*_own(net, name), *_of_kind(net, table, name)]
    found = {
        "id": name,
        "kind": table.removesuffix("s"),
        "name": subject_name(net, name),
        "row": next(row for row in tables[table] if row["id"] == name),
        "joined": _joined(net, table, name),
        "values": values,
        "limits": [row for row in tables["limits"] if row["subject"] == name],
        "tariffs": [row for row in tables["tariffs"] if table == "legs" and _concerned(net, name, row)],
        "projects": [row for row in tables["projects"] if name in row["subject"].split(";")],
    }
    return found | {"sources": _sources(net, found)}


def _own(net: Network, name: str) -> Iterator[dict[str, Any]]:
    for way in ("", FORWARD, BACKWARD):
        for (subject, attribute), quantity in net.facts.given.items():
            if subject == name + way:
                many = f", {quantity.stated} sources" if quantity.stated > 1 else ""
                basis = DOUBTS.get(quantity.status, quantity.status) + many
                yield _value(attribute, WAYS.get(way, ""), quantity, basis)


def _of_kind(net: Network, table: str, name: str) -> Iterator[dict[str, Any]]:
    """Defaults of its mode or kind and country where it has no value of its own, by packaging, and emission factors."""
    if table not in ("legs", "transfers"):
        return
    scope, land = _scope(net, name)
    packs = net.transfers[name].packagings if name in net.transfers else ()
    given = {
        key
        for subject, key in net.facts.given
        if subject.removesuffix(FORWARD).removesuffix(BACKWARD) == name
    }
    asked = dict.fromkeys(
        (attribute, packaging)
        for (mode, country, packaging), attribute, _ in net.facts.defaults
        if mode in (scope, ANY)
        and country in (land, ANY)
        and attribute not in given
        and (packaging == ANY or allows(packs, packaging))
    )
    for attribute, packaging in asked:
        quantity = net.facts.default(attribute, scope, land, packaging)
        if quantity:
            basis = f"default of {scope}, {DOUBTS.get(quantity.status, quantity.status)}"
            yield _value(attribute, "" if packaging == ANY else packaging, quantity, basis)
    loaded = dict.fromkeys(row["packaging"] for row in net.tables["loads"] if row["mode"] == scope)
    factors = {pack: net.emission(scope, land, pack) for pack in loaded} if table == "legs" else {}
    for pack, factor in factors.items():
        if factor:
            yield _value("emission factor", pack, factor, factor.note)


def _scope(net: Network, name: str) -> tuple[str, str]:
    if name in net.legs:
        leg = net.legs[name]
        lands = {net.nodes[leg.start].country, net.nodes[leg.end].country}
        return leg.mode, lands.pop() if len(lands) == 1 else ANY
    each = net.transfers[name]
    return each.kind, net.nodes[each.start].country


def _value(attribute: str, of: str, quantity: Quantity, basis: str) -> dict[str, Any]:
    return {
        "attribute": attribute,
        "of": of,
        "value": quantity.value,
        "low": quantity.low,
        "high": quantity.high,
        "unit": quantity.unit,
        "status": quantity.status,
        "basis": basis,
        "sources": list(dict.fromkeys(part.strip() for each in quantity.sources for part in each.split(";"))),
        "note": quantity.note,
    }


def _joined(net: Network, table: str, name: str) -> dict[str, list[str]]:
    """What meets at a node, what runs over a leg."""
    if table == "nodes":
        return {
            kind: [each.id for each in getattr(net, kind).values() if name in (each.start, each.end)]
            for kind in ("legs", "transfers")
        }
    if table == "legs":
        return {"services": [each.id for each in net.services.values() if name in each.legs]}
    return {}


def _concerned(net: Network, name: str, row: Mapping[str, Any]) -> bool:
    """Whether a tariff acts on a leg."""
    named = [part.strip() for part in (row["legs"] or "").split(";") if part.strip()]
    mode, land = _scope(net, name)
    return name in named if named else (row["mode"], row["country"]) == (mode, land)


def _sources(net: Network, found: Mapping[str, Any]) -> dict[str, str]:
    """Titles of every source named."""
    rows = [found["row"], *found["limits"], *found["tariffs"], *found["projects"]]
    named = [part.strip() for row in rows for part in (row.get("source") or "").split(";")]
    named += [source for each in found["values"] for source in each["sources"]]
    return {name: net.sources[name] for name in dict.fromkeys(named) if name in net.sources}
