"""What a network's rows say together: lengths and coordinates, connections, timetables, limits, references.

What a finding of severity error concerns is not used: its legs and services are left out. Nothing is mended in silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tarazu.core.checks import Check, Severity, place
from tarazu.core.codes import country
from tarazu.core.errors import UnknownCodeError
from tarazu.core.table import Table
from tarazu.corridor.facts import ANY, BACKWARD, FORWARD
from tarazu.corridor.free_cycles import free_cycles
from tarazu.corridor.network import Network, Service, Transfer, distance_km
from tarazu.corridor.positions import misplaced

FAR_KM = 25.0  # farther apart no crane, ramp or yard moves goods from one place to another
CROSSINGS = ("border", "gauge_change")
CLOSURE = "closure"
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


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rows say together, and ids of legs, transfers and services that cannot be used for it."""

    checks: tuple[Check, ...]
    legs: frozenset[str]
    transfers: frozenset[str]
    services: frozenset[str]


def findings(network: Network, rows: Mapping[str, tuple[int, ...]]) -> Findings:
    """Every finding about the rows taken together; what an error concerns is to be left out.

    Parameters
    ----------
    rows
        By table, the row number in the file of each row of the network's tables.
    """
    where = _Places(rows, network.tables)
    places = misplaced(network, where.of, where.value)
    jumps = dict(_jumps(network, where))
    stopped = list(_services(network, where, places.legs))
    checks = (
        *places.checks,
        *_frontiers(network, where),
        *_connections(network, where),
        *jumps.values(),
        *_dead_ends(network, where),
        *(check for _, check in stopped),
        *_unserved(network, where),
        *_capacities(network, where),
        *_unpriced(network, where),
        *free_cycles(network, where.of),
        *_subjects(network, where),
        *_references(network, where),
        *_limits(network, where),
        *_defaults(network, where),
        *_ranges(where),
        *_shares(where),
        *_sources(network, where),
    )
    gone = (each.id for each, check in jumps.items() if check.severity is Severity.ERROR)
    out = frozenset(service for service, check in stopped if check.severity is Severity.ERROR)
    return Findings(checks, places.legs, frozenset(gone), out)


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


def _jumps(network: Network, where: _Places) -> Iterator[tuple[Transfer, Check]]:
    """Transfers between places far apart: nothing moves the goods over the way between."""
    for each in network.transfers.values():
        a, b = network.nodes[each.start], network.nodes[each.end]
        km = distance_km((a.lat, a.lon), (b.lat, b.lon))
        if km <= FAR_KM or (each.kind in CROSSINGS and each.note):
            continue
        text = f"{each.id} is a {each.kind} between {a.id} and {b.id}, which lie {km:.0f} km apart: goods would jump."
        spot = where.of("transfers", each.id, "to")
        if each.kind in CROSSINGS:
            yield (
                each,
                Check.warning("far-apart", spot, f"{text} Add a leg, or say in its note what is in it."),
            )
        else:
            yield (
                each,
                Check.error("far-apart", spot, f"{text} Add a leg between them. The transfer is left out."),
            )


def _dead_ends(network: Network, where: _Places) -> Iterator[Check]:
    """Transfers to a mode or gauge that no leg at their place has."""
    served = {(node, leg.mode, leg.gauge) for leg in network.legs.values() for node in (leg.start, leg.end)}
    for each in network.transfers.values():
        for side, end in (
            ("from", (each.start, each.from_mode, each.from_gauge)),
            ("to", (each.end, each.to_mode, each.to_gauge)),
        ):
            onward = {
                vertex for other in network.transfers.values() if other is not each for vertex in _ends(other)
            }
            if end not in served and end not in onward:
                what = f"{end[1]} {end[2]}" if end[2] else end[1]
                message = (
                    f"{each.id} leads to {what} at {end[0]}, where no leg of it is: nothing can use it. "
                    "Add the leg, or correct the mode or gauge."
                )
                yield Check.warning("dead-end", where.of("transfers", each.id, f"{side}_mode"), message)


def _ends(each: Transfer) -> tuple[tuple[str, str, int | None], ...]:
    return (each.start, each.from_mode, each.from_gauge), (each.end, each.to_mode, each.to_gauge)


def _services(network: Network, where: _Places, gone: frozenset[str]) -> Iterator[tuple[str, Check]]:
    """What keeps a service from running; with an error it is left out."""
    for service in network.services.values():
        headways = (network.facts.of(service.id, "headway", forward) for forward in (True, False))
        path = service_path(network, service.legs)
        lost = [leg for leg in service.legs if leg in gone]
        problem = None
        if not service.departures and not any(headways):
            text = f"{service.id} has neither departures nor a headway in values.csv: it never runs. Add one."
            problem = "never-runs", "departures", text
        elif path is None:
            text = (
                f"the legs of {service.id} do not follow one another, or are not of one mode and gauge. "
                "Name them in the order in which it runs."
            )
            problem = "broken-service", "legs", text
        elif not any(may_run(network, service.legs, path, forward) for forward in (True, False)):
            text = f"{service.id} runs against legs of one way: it never runs. Correct one_way in legs.csv."
            problem = "never-runs", "legs", text
        elif lost:
            text = f"{service.id} runs over {lost[0]}, which is left out: so is the service."
            problem = "service-left-out", "legs", text
        elif _never_departs(service):
            text = (
                f"{service.id} has no departure from {service.valid_from} to {service.valid_to}: it never runs. "
                "Correct the days or the departures."
            )
            problem = "service-never-runs", "departures", text
        if problem:
            name, column, text = problem
            yield service.id, Check.error(name, where.of("services", service.id, column), text)
        elif service.valid_to:
            text = (
                f"{service.id} runs {span_of(service)} only: routes with a day of departure use it on these days, "
                "undated ones and a year's goods never."
            )
            yield (
                service.id,
                Check.warning("dated-service", where.of("services", service.id, "valid_to"), text),
            )


def span_of(service: Service) -> str:
    """The days on which a service runs, in words."""
    first = f"from {service.valid_from}" if service.valid_from else ""
    return f"{first} to {service.valid_to}".strip() if service.valid_to else first


def _never_departs(service: Service) -> bool:
    """Whether no departure falls on a day of its validity."""
    if not (service.departures and service.valid_from and service.valid_to):
        return False
    days = min((service.valid_to - service.valid_from).days, 6)
    there = {(service.valid_from + timedelta(days=each)).weekday() for each in range(days + 1)}
    return not there & {int(hour // 24) for hour in service.departures}


def _unserved(network: Network, where: _Places) -> Iterator[Check]:
    served = {leg for service in network.services.values() for leg in service.legs}
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


def _limits(network: Network, where: _Places) -> Iterator[Check]:
    """Closures that close nothing, and directions between countries of which the network has none."""
    countries = {node.country for node in network.nodes.values()}
    for limit in network.limits:
        nothing = limit.capacity_factor == 1 and limit.payload_factor == 1 and not limit.delay_h
        if limit.kind == CLOSURE and nothing:
            message = (
                f"{limit.id} is a closure that takes nothing: neither capacity_factor, payload_factor nor delay_h is "
                "given. Write capacity_factor 0 for closed."
            )
            yield Check.error("empty-closure", where.of("limits", limit.id, "capacity_factor"), message)
        ends = limit.direction.split("->")
        if limit.direction and (len(ends) != 2 or not set(ends) <= countries):
            message = (
                f'"{limit.direction}" is no direction between countries of nodes.csv: the limit never holds. '
                "Write it as KAZ->IRN, or leave it empty for both."
            )
            yield Check.error("unknown-direction", where.of("limits", limit.id, "direction"), message)


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
