"""Of the brief: the best routes on the transport network, and the landed price beside the main rival's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tarazu.core import hs
from tarazu.core.errors import NetworkError
from tarazu.core.measure import Interval
from tarazu.core.source import Doubt, ObsStatus, Source
from tarazu.corridor.network import Network
from tarazu.corridor.routes import Route, Routes
from tarazu.planning.brief import Fact, Subject, Topic, country_name, stated
from tarazu.planning.brief_dates import behind, computed, rates_of
from tarazu.planning.brief_trade import OURS
from tarazu.planning.offers_demand import period, rows_of
from tarazu.planning.transport_flows import ANY_GOOD, GENERAL, commodity_of

Row = Mapping[str, Any]

NETWORK = "Tarazu, transport network"
TELLING = ("port", "border")


def routes_of(subject: Subject, origin: str | None, destination: str | None) -> Routes | None:
    """The Pareto set between the places asked for, else those with the largest share of the product.

    Raises
    ------
    NetworkError
        If a place asked for is not on the network.
    """
    network = subject.network
    if network is None:
        if origin or destination:
            raise NetworkError(
                f"{subject.direction}: no transport network is known for the pair, so no place can be named."
            )
        return None
    good = commodity_of(network, subject.code)
    start = origin or _largest(network, subject.exporter.alpha3, good.id, "origin")
    end = destination or _largest(network, subject.importer.alpha3, good.id, "destination")
    if not start or not end:
        return None
    return network.routes(start, end, good.id)


def _largest(network: Network, country: str, commodity: str, role: str) -> str | None:
    """The place of a country with the largest share of a commodity, or of goods in general."""
    rows = [row for row in network.tables["places"] if (row["country"], row["role"]) == (country, role)]
    own = [row for row in rows if row["commodity"] == commodity]
    own = own or [row for row in rows if row["commodity"] == ANY_GOOD]
    return str(max(own, key=lambda row: row["share"])["node"]) if own else None


def ways(subject: Subject, found: Routes | None) -> Topic:
    """Cheapest, fastest and what lies between."""
    if found is None or not found.every:
        lacking = (
            "no transport network is known for the pair" if subject.network is None else "no route was found"
        )
        return Topic("routes", "Routes", (), (f"freight and days: {lacking}",))
    picked = {"cheapest": cheapest(found), "fastest": min(found.every, key=lambda r: r.time_h)}
    other = [r for r in found.shown if r.packaging != picked["cheapest"].packaging]
    if other:
        route = min(other, key=lambda r: r.cost_usd_t)
        picked[f"cheapest by {route.packaging}"] = route
    dated = rates_of(found.network)
    rates = "; newest dated rate" if dated else ""
    network = f"{NETWORK} {found.network.name}, no season or limit of a day counted{rates}"
    source = Source(network, "", str(dated[1]) if dated else "")
    facts, seen = [], set()
    of_years = f"; rates of {dated[0]}–{dated[1]} and judgement" if dated else "; rates judged"
    for label, route in picked.items():
        if route.number not in seen:
            seen.add(route.number)
            facts.append(
                Fact(label, f"{_way(found, route)}{of_years}", source, _command(found), ObsStatus.ESTIMATED)
            )
    title = f"Routes {found.origin.name} to {found.destination.name}, as {found.commodity.name.lower()}"
    unknown = [
        f"{what}, counted as nothing" for what in sorted({m for r in found.every for m in r.missing})[:3]
    ]
    if dated and dated[1] > subject.on.year:
        unknown.append(f"freight on {subject.on}: rates of the network are of {dated[0]}–{dated[1]}")
    if found.commodity.id == GENERAL:
        unknown.append("freight of these goods: rates of general cargo are used")
    return Topic("routes", title, tuple(facts), tuple(unknown))


def cheapest(found: Routes) -> Route:
    """The route of least freight."""
    return min(found.every, key=lambda route: route.cost_usd_t)


def _command(found: Routes) -> str:
    return f"tarazu corridor routes {found.origin.id} {found.destination.id} --commodity {found.commodity.id}"


def _way(found: Routes, route: Route) -> str:
    nodes = found.network.nodes
    telling = [nodes[n].name for n in route.nodes[1:-1] if nodes[n].kind in TELLING]
    by_way = ", ".join(telling or [nodes[n].name for n in route.nodes[1:-1]][:4])
    (low, high), (fast, slow) = route.cost_interval, route.time_interval
    return (
        f"{route.packaging} by {by_way}: {route.cost_usd_t:,.0f} USD/t (80%: {low:,.0f}–{high:,.0f}), "
        f"{route.time_h / 24:.0f} days ({fast / 24:.0f}–{slow / 24:.0f}), {route.km:,.0f} km"
    )


def landed_price(subject: Subject, found: Routes | None) -> Topic:
    """Own unit value plus freight at the importer's border, plus duty, beside the main rival's unit value there."""
    own = subject.line.unit_value if subject.line else None
    route = cheapest(found) if found and found.every else None
    facts, unknown = [], []
    if own is None or own.interval is None:
        unknown.append(f"unit value of {subject.exporter.name()}'s goods")
    if route is None:
        unknown.append("freight")
    landed = None
    if own and own.interval and route and found:
        landed = _sum(
            own.interval, Interval(route.cost_interval[0], route.cost_usd_t, route.cost_interval[1])
        )
        goods = "" if subject.line and hs.contains(subject.code, subject.line.codes) else _of(subject)
        text = (
            f"{landed.q50:,.0f} USD/t ({landed.q10:,.0f}–{landed.q90:,.0f}) = {own.interval.q50:,.0f} free on board "
            f"({own.basis}{goods}) + {route.cost_usd_t:,.0f} freight to {found.destination.name}, "
            f"before duty; {_told(subject)}"
        )
        source = computed(OURS, subject, own.rows)
        facts.append(Fact("landed", text, source, ", ".join(own.rows), ObsStatus.ESTIMATED))
        facts += _with_duty(subject, landed)
    rival, said = _rival(subject)
    unknown += said
    if rival:
        fact, value, is_rival, when = rival
        facts.append(fact)
        if landed:
            facts.append(_compared(subject, landed, value, is_rival, when))
            unknown.append("that the two are of one quality, place and date: the figures do not say so")
    return Topic("landed", "Landed price against the main rival", tuple(facts), tuple(unknown))


def _told(subject: Subject) -> str:
    """Years of the rows behind the exporter's unit value."""
    told = behind(subject, subject.line.unit_value.rows) if subject.line else ""
    return f"own {told}" if told else "no dated rows"


def _of(subject: Subject) -> str:
    """That the unit value is one of a wider group."""
    return f" of {subject.line.product}, HS {subject.line.codes}" if subject.line else ""


def _sum(a: Interval, b: Interval) -> Interval:
    """Sum of two independent quantities, distances from the medians added in squares."""
    low = ((a.q50 - a.q10) ** 2 + (b.q50 - b.q10) ** 2) ** 0.5
    high = ((a.q90 - a.q50) ** 2 + (b.q90 - b.q50) ** 2) ** 0.5
    middle = a.q50 + b.q50
    return Interval(middle - low, middle, middle + high)


def _with_duty(subject: Subject, landed: Interval) -> list[Fact]:
    line = subject.line
    rates = (
        [t for t in line.tariffs if t[2] is not None and (t[0] is None or t[0] <= subject.on)] if line else []
    )
    if not rates:
        return []
    start, _, rate, row = max(rates, key=lambda t: str(t[0] or ""))
    text = f"{landed.q50 * (1 + (rate or 0) / 100):,.0f} USD/t at a duty of {rate:g}%" + (
        f" since {start}" if start else ""
    )
    return [Fact("with duty", text, computed(OURS, subject, [row]), row, ObsStatus.ESTIMATED)]


def _rival(subject: Subject) -> tuple[tuple[Fact, float, bool, str] | None, list[str]]:
    """Unit value of the main rival at the border; else of all the importer's purchases."""
    market = subject.rows("markets")
    rows = rows_of(market, subject.code, subject.direction, ("competitor",), None)
    named = [row for row in rows if row["country"] != subject.exporter.alpha3]
    largest = max(named, key=lambda row: (row["quantity_kt"] or 0, row["value_usd_m"] or 0), default=None)
    unknown = []
    if largest is None:
        unknown.append("the main rival")
    else:
        priced = [row for row in named if row["country"] == largest["country"] and _price(row)]
        if priced:
            row = max(priced, key=lambda r: r["period_end"] or subject.on.min)
            text = f"{_price(row):,.0f} USD/t, {period(row)}"
            fact = Fact(f"rival {country_name(row['country'])}", text, stated(row), f"markets:{row['id']}")
            return (fact, _price(row), True, period(row)), unknown
        unknown.append(f"price of {country_name(largest['country'])}, the main rival: amounts without values")
    demand = rows_of(market, subject.code, subject.direction, ("demand",), subject.importer.alpha3)
    bought = [row for row in demand if _price(row) and row["doubtful"] != Doubt.YES]
    if not bought:
        return None, [*unknown, "what the importer pays on average"]
    row = max(bought, key=lambda r: r["period_end"] or subject.on.min)
    text = f"{_price(row):,.0f} USD/t paid on average to all suppliers, {period(row)}, delivered, before duty"
    return (
        Fact("in place of the rival", text, stated(row), f"markets:{row['id']}"),
        _price(row),
        False,
        period(row),
    ), unknown


def _price(row: Row) -> float:
    value = row["unit_value_usd_t"]
    if value is None and row["value_usd_m"] and row["quantity_kt"]:
        value = row["value_usd_m"] * 1000 / row["quantity_kt"]
    return float(value or 0.0)


def _compared(subject: Subject, landed: Interval, other: float, is_rival: bool, when: str) -> Fact:
    gap = landed.q50 / other - 1
    inside = landed.q10 <= other <= landed.q90
    who = "the rival's" if is_rival else "the average of all suppliers"
    text = f"{abs(gap):.0%} {'above' if gap > 0 else 'below'} {who}, both before duty" + (
        "; within the interval, so nothing is decided" if inside else ""
    )
    text += f" ({_told(subject)}; {'rival' if is_rival else 'suppliers'}: {when})"
    rows = subject.line.unit_value.rows if subject.line else ()
    return Fact("difference", text, computed(OURS, subject, rows), ", ".join(rows), ObsStatus.ESTIMATED)
