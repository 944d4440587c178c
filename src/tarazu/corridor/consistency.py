"""What a network's rows say together: lengths against the globe, coordinates, connections, timetables, references.

A leg cannot be shorter than the great circle between its ends; one far longer is usually metres written as
kilometres, or a coordinate whose latitude and longitude changed places. Nothing is mended in silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tarazu.core.checks import Check, Severity, place
from tarazu.core.codes import country
from tarazu.core.errors import UnknownCodeError
from tarazu.core.table import Table
from tarazu.corridor.facts import ANY, BACKWARD, FORWARD
from tarazu.corridor.free_cycles import free_cycles
from tarazu.corridor.network import Leg, Network, Node, distance_km

SHORTEST = 0.97  # of the great circle: coordinates are given to two decimals or read off a map
SLACK_KM = 5.0  # for the same reason
LONGEST = 6.0  # times the great circle; no leg of a bundled network comes near
METRES = 100.0  # a length this many times the great circle is metres taken for kilometres
SWAPPED_KM, SWAPPED = 500.0, 0.2  # a node so far from all its neighbours, and so much nearer if turned round
ROUNDING = 0.01  # shares that sum to one within it
SHIPS = ("sea", "ferry")
FOLLOWS = "that cannot be used. Correct that row first"  # said of a row by the reader of another
REFERENCES = ("unknown-subject", "unknown-reference")  # rows that name what is not there
_QUOTED = re.compile('"([^"]*)"')
SUBJECT_TABLES = ("nodes", "legs", "transfers", "services")


@dataclass(frozen=True)
class _Places:
    rows: Mapping[str, tuple[int, ...]]
    tables: Mapping[str, Table]

    def of(self, table: str, key: str, column: str | None = None) -> str:
        """Place of the row with an id."""
        ids = self.tables[table].column("id")
        return place(f"{table}.csv", self.rows[table][ids.index(key)] if key in ids else None, column)

    def value(self, subject: str, attribute: str, column: str = "value") -> str:
        """Place of the first row of values.csv on a subject's attribute."""
        for number, row in self.each("values"):
            if (row["subject"], row["attribute"]) == (subject, attribute):
                return place("values.csv", number, column)
        return place("values.csv", None, column)

    def each(self, table: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows with their number in the file."""
        return zip(self.rows[table], self.tables[table], strict=True)


def causes_first(network: Network) -> tuple[Check, ...]:
    """The network's checks: errors before warnings, and of either first what cannot be read, last what follows from it.

    A leg whose node has an unreadable row, or a value of such a leg, is mended with that row.
    """
    lost = {
        name
        for table in SUBJECT_TABLES
        for name in network.tables[table].column("id")
        if name not in getattr(network, table)
    }

    def follows(check: Check) -> bool:
        quoted = _QUOTED.search(check.message)
        return FOLLOWS in check.message or (quoted is not None and quoted[1] in lost)

    severities = list(Severity)

    def rank(check: Check) -> tuple[int, bool, bool]:
        return severities.index(check.severity), follows(check), check.name in REFERENCES

    return tuple(sorted(network.checks, key=rank))


def network_checks(network: Network, rows: Mapping[str, tuple[int, ...]]) -> tuple[Check, ...]:
    """Every finding about the rows taken together.

    Parameters
    ----------
    rows
        By table, the row number in the file of each row of the network's tables.
    """
    where = _Places(rows, network.tables)
    return (
        *_lengths(network, where),
        *_coordinates(network, where),
        *_frontiers(network, where),
        *_connections(network, where),
        *_services(network, where),
        *_capacities(network, where),
        *_unpriced(network, where),
        *free_cycles(network, where.of),
        *_subjects(network, where),
        *_references(network, where),
        *_defaults(network, where),
        *_ranges(where),
        *_shares(where),
        *_sources(network, where),
    )


def _direct(network: Network, leg: Leg) -> float:
    a, b = network.nodes[leg.start], network.nodes[leg.end]
    return distance_km((a.lat, a.lon), (b.lat, b.lon))


def lengths_in_metres(network: Network) -> tuple[str, ...]:
    """Legs whose stated length can only be metres: it is left out, as the checks say."""
    return tuple(
        name
        for name, leg in network.legs.items()
        if (length := network.facts.of(name, "length"))
        and length.value > METRES * max(_direct(network, leg), 1.0)
    )


def _lengths(network: Network, where: _Places) -> Iterator[Check]:
    metres = set(lengths_in_metres(network))
    for leg in network.legs.values():
        direct, length = _direct(network, leg), network.facts.of(leg.id, "length")
        if length is None:
            if network.facts.of(leg.id, "time") is None or network.facts.of(leg.id, "cost") is None:
                message = (
                    f"{leg.id} has no length in values.csv: the great circle of {direct:.0f} km is taken, times "
                    f"the factor of defaults.csv for {leg.mode} where there is one."
                )
                yield Check.warning("no-length", where.of("legs", leg.id, "id"), message)
        elif leg.id in metres:
            message = (
                f"{leg.id}: {length.value:,.0f} km between {leg.start} and {leg.end}, which lie {direct:.0f} km apart. "
                "Lengths are kilometres: are these metres? The length is left out."
            )
            yield Check.error("length-unit", where.value(leg.id, "length"), message)
        elif length.high < SHORTEST * direct - SLACK_KM or length.value > LONGEST * direct + SLACK_KM:
            yield _misfit(network, where, leg, length.value, direct)


def _misfit(network: Network, where: _Places, leg: Leg, length: float, direct: float) -> Check:
    text = (
        f"{leg.id} is {length:,.0f} km long, but {leg.start} and {leg.end} lie {direct:,.0f} km apart by their "
        "coordinates."
    )
    for name, other in ((leg.start, leg.end), (leg.end, leg.start)):
        node, far = network.nodes[name], network.nodes[other]
        if abs(node.lon) <= 90:
            swapped = distance_km((node.lon, node.lat), (far.lat, far.lon))
            if SHORTEST * swapped - SLACK_KM <= length <= LONGEST * swapped:
                return _turned(where, node, text)
    advice = f"{text} Correct the length or a coordinate in nodes.csv."
    return Check.error("length-and-coordinates", where.value(leg.id, "length"), advice)


def _turned(where: _Places, node: Node, text: str) -> Check:
    message = (
        f"{text} Latitude and longitude of {node.id} look swapped: lat {node.lon:g}, lon {node.lat:g} fits."
    )
    return Check.error("length-and-coordinates", where.of("nodes", node.id, "lat"), message)


def _coordinates(network: Network, where: _Places) -> Iterator[Check]:
    """Nodes far from all their neighbours that lie near them if latitude and longitude change places."""
    neighbours: dict[str, set[str]] = {}
    for leg in network.legs.values():
        if network.facts.of(leg.id, "length") is None:  # a stated length is the better evidence
            neighbours.setdefault(leg.start, set()).add(leg.end)
            neighbours.setdefault(leg.end, set()).add(leg.start)
    far = {name: km for name in neighbours if (km := _turned_away(network, name, neighbours[name]))}
    for name, km in far.items():
        # The last place on a line looks as swapped as its only neighbour: who has more neighbours is to blame.
        if all(len(neighbours[other]) <= len(neighbours[name]) for other in neighbours[name] & far.keys()):
            yield _turned(where, network.nodes[name], f"{name} lies {km:,.0f} km from its nearest neighbour.")


def _turned_away(network: Network, name: str, others: Iterable[str]) -> float | None:
    """Kilometres to the nearest neighbour, where all would be near if the coordinates were turned round."""
    node = network.nodes[name]
    if abs(node.lon) > 90:
        return None
    spots = [(network.nodes[other].lat, network.nodes[other].lon) for other in others]
    now = min(distance_km((node.lat, node.lon), spot) for spot in spots)
    turned = max(distance_km((node.lon, node.lat), spot) for spot in spots)
    return now if now > SWAPPED_KM and turned < SWAPPED * now else None


def _frontiers(network: Network, where: _Places) -> Iterator[Check]:
    for leg in network.legs.values():
        countries = (network.nodes[leg.start].country, network.nodes[leg.end].country)
        if leg.mode not in SHIPS and countries[0] != countries[1]:
            message = (
                f"{leg.id} runs by {leg.mode} from {countries[0]} to {countries[1]} without a border. "
                "End it at a border post and add a transfer of kind border."
            )
            yield Check.warning("no-border", where.of("legs", leg.id, "to"), message)


def _connections(network: Network, where: _Places) -> Iterator[Check]:
    """Every part of the network that no leg or transfer joins to the largest part."""
    parts = {name: name for name in network.nodes}

    def root(name: str) -> str:
        while parts[name] != name:
            name = parts[name]
        return name

    links = [(leg.start, leg.end) for leg in network.legs.values()]
    for start, end in (*links, *((each.start, each.end) for each in network.transfers.values())):
        parts[root(start)] = root(end)
    groups: dict[str, list[str]] = {}
    for name in network.nodes:
        groups.setdefault(root(name), []).append(name)
    for group in sorted(groups.values(), key=len, reverse=True)[1:]:
        message = (
            f"{', '.join(group[:5])} cannot be reached from the rest of the network. Add a leg or a transfer."
        )
        yield Check.warning("disconnected", where.of("nodes", group[0], "id"), message)


def _services(network: Network, where: _Places) -> Iterator[Check]:
    served = {leg for service in network.services.values() for leg in service.legs}
    for service in network.services.values():
        headways = (network.facts.of(service.id, "headway", forward) for forward in (True, False))
        if not service.departures and not any(headways):
            message = (
                f"{service.id} has neither departures nor a headway in values.csv: it never runs. Add one."
            )
            yield Check.error("never-runs", where.of("services", service.id, "departures"), message)
        path = service_path(network, service.legs)
        if path is None:
            message = (
                f"the legs of {service.id} do not follow one another, or are not of one mode and gauge. "
                "Name them in the order in which it runs."
            )
            yield Check.error("broken-service", where.of("services", service.id, "legs"), message)
        elif not any(may_run(network, service.legs, path, forward) for forward in (True, False)):
            message = (
                f"{service.id} runs against legs of one way: it never runs. Correct one_way in legs.csv."
            )
            yield Check.error("never-runs", where.of("services", service.id, "legs"), message)
    for leg in network.legs.values():
        if leg.service_only and leg.id not in served:
            message = (
                f"{leg.id} is for services only, and no service of services.csv runs it: it cannot be used."
            )
            yield Check.warning("no-service", where.of("legs", leg.id, "service_only"), message)


def service_path(network: Network, legs: tuple[str, ...]) -> tuple[str, ...] | None:
    """Nodes that a service passes, or None where its legs do not follow one another or differ in mode or gauge."""
    if len({(network.legs[name].mode, network.legs[name].gauge) for name in legs}) != 1:
        return None
    first = network.legs[legs[0]]
    for start in (first.start, first.end):
        path = [start]
        for name in legs:
            leg = network.legs[name]
            if path[-1] not in (leg.start, leg.end):
                break
            path.append(leg.end if path[-1] == leg.start else leg.start)
        else:
            return tuple(path)
    return None


def may_run(network: Network, legs: tuple[str, ...], path: tuple[str, ...], forward: bool) -> bool:
    """Whether no leg of one way is run against."""
    nodes = path if forward else path[::-1]
    runs = zip(legs if forward else legs[::-1], nodes, strict=False)
    return all(not network.legs[name].one_way or network.legs[name].start == at for name, at in runs)


def _capacities(network: Network, where: _Places) -> Iterator[Check]:
    for (subject, attribute), quantity in network.facts.given.items():
        if attribute == "capacity" and quantity.value == 0:
            message = (
                f"{subject} has a capacity of zero: nothing passes. If it is unknown, leave the row out."
            )
            yield Check.warning("no-capacity", where.value(subject, attribute), message)


def _unpriced(network: Network, where: _Places) -> Iterator[Check]:
    """Legs and transfers whose cost or time nothing gives: routes would count them as nothing."""
    usual = {(scope[0], attribute) for scope, attribute, _ in network.facts.defaults}
    given = {
        (subject.removesuffix(FORWARD).removesuffix(BACKWARD), name) for subject, name in network.facts.given
    }
    served = {leg: service for service in network.services.values() for leg in service.legs}
    for table, each, scope, names in _priced(network):
        for word, own, default in names:
            service = served.get(each)
            if any((each, name) in given for name in own) or any((m, default) in usual for m in (scope, ANY)):
                continue
            if service is None or (service.id, word) not in given:
                message = (
                    f"{each} has no {word}: routes count it as nothing and say so. Give it {' or '.join(own)} in "
                    f"values.csv, or {scope} a default."
                )
                yield Check.warning(f"no-{word}", where.of(table, each, "id"), message)


def _priced(network: Network) -> Iterator[tuple[str, str, str, tuple[tuple[str, tuple[str, ...], str], ...]]]:
    """Table, id and scope of what costs money and time; and by word its own attributes and its default."""
    for leg in network.legs.values():
        yield (
            "legs",
            leg.id,
            leg.mode,
            (("cost", ("cost", "rate"), "rate"), ("time", ("time", "speed"), "speed")),
        )
    for each in network.transfers.values():
        yield "transfers", each.id, each.kind, (("cost", ("cost",), "cost"), ("time", ("time",), "time"))


def _subjects(network: Network, where: _Places) -> Iterator[Check]:
    kinds = {name: table for table in SUBJECT_TABLES for name in getattr(network, table)}
    for number, row in where.each("values"):
        subject = row["subject"].removesuffix(FORWARD).removesuffix(BACKWARD)
        if subject not in kinds:
            message = (
                f'"{row["subject"]}" is no usable node, leg, transfer or service: the value is not used.'
            )
            yield Check.error("unknown-subject", place("values.csv", number, "subject"), message)
            continue
        attribute = network.facts.attributes.get(row["attribute"])
        if attribute and not set(attribute.applies_to) & {kinds[subject], kinds[subject].removesuffix("s")}:
            message = (
                f"{attribute.name} is for {', '.join(attribute.applies_to)}; {subject} is one of the {kinds[subject]}: "
                "the value may not be used."
            )
            yield Check.warning("attribute-elsewhere", place("values.csv", number, "attribute"), message)


def _references(network: Network, where: _Places) -> Iterator[Check]:
    """Names of legs, goods, subjects and attributes that lead nowhere."""
    subjects = {*network.nodes, *network.legs, *network.transfers, *network.services}
    looked_up: tuple[tuple[str, str, Iterable[str], str], ...] = (
        ("tariffs", "legs", network.legs, "leg of legs.csv"),
        ("tariffs", "commodities", network.commodities, "commodity"),
        ("tariffs", "excluded", network.commodities, "commodity"),
        ("limits", "commodities", network.commodities, "commodity"),
        ("projects", "subject", subjects, "node, leg, transfer or service"),
        ("projects", "attribute", network.facts.attributes, "attribute"),
        ("places", "node", network.nodes, "node of nodes.csv"),
        ("places", "commodity", (*network.commodities, ANY), "commodity"),
        ("transit", "origin", network.nodes, "node of nodes.csv"),
        ("transit", "destination", network.nodes, "node of nodes.csv"),
        ("transit", "commodity", network.commodities, "commodity"),
    )
    for table, column, known, what in looked_up:
        for number, row in where.each(table):
            cell = row[column] or ()
            for name in (cell,) if isinstance(cell, str) else cell:
                if name not in known:
                    message = f'"{name}" is no {what}. Add it there, or correct the name.'
                    yield Check.error("unknown-reference", place(f"{table}.csv", number, column), message)


def _defaults(network: Network, where: _Places) -> Iterator[Check]:
    """Defaults whose scope matches nothing that could be."""
    scopes = {row["mode"] for row in where.tables["loads"]} | {leg.mode for leg in network.legs.values()}
    scopes |= {"rail", "road", "sea", "ferry", "border", "gauge_change", "port_call", "terminal", ANY}
    packagings = {row["packaging"] for row in where.tables["loads"]} | {ANY, "", None}
    for number, row in where.each("defaults"):
        wrong = None
        if row["mode"] not in scopes:
            wrong = "mode", f'"{row["mode"]}" is no mode or kind of transfer'
        elif row["packaging"] not in packagings:
            wrong = "packaging", f'"{row["packaging"]}" is no packaging of loads.csv'
        elif row["country"] not in (None, ANY) and not _is_code(row["country"]):
            wrong = "country", f'"{row["country"]}" is no ISO code of a country'
        if wrong:
            message = f"{wrong[1]}: the default is never used. Correct it, or write * for all."
            yield Check.warning("unknown-scope", place("defaults.csv", number, wrong[0]), message)


def _is_code(text: str) -> bool:
    try:
        return country(text).alpha3 == text
    except UnknownCodeError:
        return False


def _ranges(where: _Places) -> Iterator[Check]:
    for table, column in (("emissions", "g_co2e_tkm"), ("loads", "tonnes_per_unit")):
        for number, row in where.each(table):
            low, high = (row[column] if row[end] is None else row[end] for end in ("low", "high"))
            if not low <= row[column] <= high:
                message = f"{row[column]:g} does not lie between {low:g} and {high:g}. Correct the order."
                yield Check.warning("interval-order", place(f"{table}.csv", number, column), message)


def _shares(where: _Places) -> Iterator[Check]:
    """Shares of places that do not sum to one."""
    sums: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for number, row in where.each("places"):
        sums.setdefault((row["country"], row["commodity"], row["role"]), []).append((number, row["share"]))
    for (land, good, role), rows in sums.items():
        total = math.fsum(share for _, share in rows)
        if abs(total - 1) > ROUNDING:
            message = f"shares of {land}, {good}, {role} sum to {total:g}, not to 1. Correct them."
            yield Check.warning("share-sum", place("places.csv", rows[0][0], "share"), message)


def _sources(network: Network, where: _Places) -> Iterator[Check]:
    known = {*network.sources, "judgement"}
    for name, table in network.tables.items():
        if "source" not in {column.name for column in table.columns}:
            continue
        for number, row in where.each(name):
            for source in filter(None, (part.strip() for part in row["source"].split(";"))):
                if source not in known and ":" not in source:
                    message = (
                        f'"{source}" is no id of sources.csv. Add the publication: no number without source.'
                    )
                    yield Check.warning("unknown-source", place(f"{name}.csv", number, "source"), message)
