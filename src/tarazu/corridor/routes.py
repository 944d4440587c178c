"""Door-to-door routes of a commodity: the exact Pareto set over cost, time, variability and CO2e.

A route is in the set if no other is at least as good in every criterion and better in one. Freight and handling
are summed; time is moving, handling and waiting; variances add up, and what is shown is their root. The set is
then thinned for reading: a route is dropped if a shown one is within a small share of it in every criterion
(epsilon-dominance; Laumanns, Thiele, Deb and Zitzler 2002, Evolutionary Computation 10(3)), and it is said how
many were dropped. No control is ever optimised around: screening of the parties comes before any booking.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import NetworkError
from tarazu.core.table import Table
from tarazu.corridor.graph import RUNS, Arc, Graph, Trip, Vertex, build, forming, holding_limits
from tarazu.corridor.intervals import cost_interval, mean_factors, time_interval, wait_variance
from tarazu.corridor.network import Commodity, Network, Node
from tarazu.corridor.route_checks import dated_services, findings, scenario_checks, snapped, why_none

if TYPE_CHECKING:
    from tarazu.corridor.facts import Quantity
    from tarazu.corridor.reliability import Step, TravelTime

Array = NDArray[np.float64]

CRITERIA = ("cost", "time", "variability", "co2")
DEFAULT_CRITERIA = ("cost", "time", "co2")
EPSILON = 0.05
YEARS = range(1900, 2201)  # of a day of departure


@dataclass(frozen=True)
class Route:
    """One way from door to door, per tonne.

    Attributes
    ----------
    steps
        Arcs in order: legs, services and the stays between them.
    origin_wait_h, origin_wait
        Mean wait for a train or lorry at the origin, and the quantity it is taken from.
    origin_delay_h
        Hours that limits at the origin add.
    cost_interval, time_interval
        80% interval of the mean: the figures of one source err together, those of different sources do not.
    """

    number: int
    packaging: str
    steps: tuple[Arc, ...]
    origin_wait_h: float
    origin_delay_h: float = 0.0
    origin_wait: Quantity | None = None

    @cached_property
    def cost_usd_t(self) -> float:
        return sum(arc.cost_usd_t for arc in self.steps)

    @cached_property
    def time_h(self) -> float:
        return self.origin_wait_h + self.origin_delay_h + sum(arc.time_h for arc in self.steps)

    @cached_property
    def time_sd_h(self) -> float:
        return math.sqrt(wait_variance(self.origin_wait_h) + sum(arc.variance for arc in self.steps))

    @cached_property
    def co2_kg_t(self) -> float | None:
        """Of the way; of stays where a factor is known. None where that of a leg is unknown: too small a sum."""
        if any(arc.co2_kg_t is None for arc in self.steps if arc.kind in RUNS):
            return None
        return sum(arc.co2_kg_t for arc in self.steps if arc.co2_kg_t is not None)

    @cached_property
    def km(self) -> float:
        return sum(arc.km for arc in self.steps)

    @cached_property
    def cost_interval(self) -> tuple[float, float]:
        return cost_interval(self.steps)

    @cached_property
    def time_interval(self) -> tuple[float, float]:
        return time_interval(self.steps, self.origin_wait_h, self.origin_delay_h, self.origin_wait)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What is not known on it: ``cost of border-x``."""
        return tuple(f"{what} of {arc.id}" for arc in self.steps for what in dict.fromkeys(arc.missing))

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Nodes in order, each once."""
        names = [self.steps[0].tail[0], *(arc.head[0] for arc in self.steps)]
        return tuple(name for i, name in enumerate(names) if i == 0 or name != names[i - 1])

    def generalised(self, commodity: Commodity) -> float:
        """Freight plus what the days cost, USD a tonne."""
        return self.cost_usd_t + commodity.value.value * commodity.time_cost * self.time_h / 24

    def travel_time(
        self, depart: Any = None, draws: int = 20_000, seed: int = 1, *, within_mean: bool = False
    ) -> TravelTime:
        """Distribution of the door-to-door time; see `tarazu.corridor.reliability.door_to_door`.

        Parameters
        ----------
        within_mean
            Whether the means are taken as they are stated, so that only the spread between shipments counts. By
            default they are drawn from their ranges as well.
        """
        from tarazu.corridor.reliability import Step, door_to_door

        steps = [Step(self.origin_delay_h, headway_h=2 * self.origin_wait_h, name="loading")]
        for arc in self.steps:
            timetable = arc.departures if depart is not None and arc.departures else None
            moving = max(arc.time_h - arc.wait_h, 0.0)
            # On a route of a day the wait for the departure is known; without a departure it is a fixed time.
            known = max(arc.wait_h - arc.headway_h / 2, 0.0) if depart is None else 0.0
            opens = max(arc.window[0], 0.0) if depart is not None and arc.window else 0.0
            headway = 0.0 if timetable else arc.headway_h
            spread = arc.sd_h if moving else 0.0
            steps.append(Step(moving + known, spread, headway, timetable, name=arc.id, opens_h=opens))
        means = None if within_mean else self._drawn_means(steps, draws, seed)
        if not self.origin_wait_h and not self.origin_delay_h:
            steps, means = steps[1:], means and (means[0][1:], means[1][1:])
        return door_to_door(steps, depart=depart, draws=draws, seed=seed, scale=means)

    def _drawn_means(self, steps: Sequence[Step], draws: int, seed: int) -> tuple[Array, Array]:
        """(K, n) factors of running times and of waits: delays of limits and timetables are as stated."""
        fixed = np.array([self.origin_delay_h, *(arc.delay_h for arc in self.steps)])
        still = fixed.sum() + sum(arc.wait_h for arc in self.steps if arc.departures)
        low, high = self.time_interval
        white = np.random.default_rng((seed, 1)).standard_normal(draws)
        factor = mean_factors(self.time_h - still, (low - still, high - still), white)
        moving = np.array([step.mean_h for step in steps])
        share = np.clip(1 - np.divide(fixed, moving, out=np.zeros_like(moving), where=moving > 0), 0, 1)
        return 1 + share[:, None] * (factor - 1), np.broadcast_to(factor, (len(steps), draws))


@dataclass(frozen=True)
class Routes:
    """The Pareto set of one origin, destination and commodity.

    Attributes
    ----------
    every
        The whole set, cheapest first.
    shown
        What is left of it for reading.
    """

    network: Network
    origin: Node
    destination: Node
    commodity: Commodity
    criteria: tuple[str, ...]
    day: date | None
    epsilon: float
    every: tuple[Route, ...]
    shown: tuple[Route, ...]
    checks: tuple[Check, ...]
    scenarios: tuple[str, ...] = ()
    packaging: str | None = None

    @property
    def dropped(self) -> int:
        """How many of the set are not shown."""
        return len(self.every) - len(self.shown)

    @cached_property
    def table(self) -> Table:
        """One row per shown route."""
        from tarazu.corridor.tables import route_table

        return route_table(self)

    @cached_property
    def steps(self) -> Table:
        """One row per leg and stay of each shown route, with the sums so far: the time- and cost-distance picture."""
        from tarazu.corridor.tables import step_table

        return step_table(self)

    def geojson(self) -> dict[str, Any]:
        """Shown routes as lines."""
        from tarazu.corridor.tables import route_geojson

        return route_geojson(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        from tarazu.corridor.tables import routes_dict

        return routes_dict(self)


def routes(
    network: Network,
    origin: str,
    destination: str,
    commodity: str,
    criteria: Sequence[str] = DEFAULT_CRITERIA,
    *,
    packaging: str | None = None,
    day: date | None = None,
    scenarios: Sequence[str] = (),
    epsilon: float = EPSILON,
    transit: bool = False,
) -> Routes:
    """Every route that is not worse in all criteria than another, and the readable part of them.

    Parameters
    ----------
    origin, destination
        Names, ids, or coordinates ``lat,lon`` of places of the network.
    criteria
        Of cost, time, variability, co2.
    packaging
        bulk, wagon, container or truck; by default every one in which the commodity travels.
    day
        Day of departure, from its first hour in UTC: its seasonal and dated limits, tariffs and timetables count.
    scenarios
        Named disruptions that hold, in their months, ``a+b`` being two; without a day they are taken as holding, which
        a check says.
    transit
        Goods of third countries, for which some tariffs are other.
    epsilon
        Relative difference below which two routes are one to a reader; 0 shows all.

    Raises
    ------
    NetworkError
        If a place, the commodity, a criterion, the packaging or a scenario is unknown, or the day out of reason.
    """
    start, end, good = network.find(origin), network.find(destination), network.commodity(commodity)
    _check(network, start, end, good, criteria, packaging, epsilon)
    scenarios = network.known_scenarios(scenarios)
    day = _day(day)
    direction = f"{start.country}->{end.country}"
    found: list[Route] = []
    checks = [*snapped(origin, start), *snapped(destination, end), *scenario_checks(network, scenarios, day)]
    checks += dated_services(network, day)
    for pack in (packaging,) if packaging else good.packagings:
        trip = Trip(good, pack, day, None, tuple(scenarios), direction, transit)
        try:
            graph = build(network, trip)
        except NetworkError as error:
            if packaging:
                raise
            checks.append(Check.note("packaging", pack, str(error)))
            continue
        some, said = _front(network, graph, start, end, criteria)
        found += some
        checks += said
    every = _numbered(_undominated(found, criteria))
    if not every:
        checks.append(
            Check.error("no-route", f"{start.id} to {end.id}", why_none(network, start, end, good, packaging))
        )
    checks += findings(network, every, day)
    shown = _readable(every, criteria, epsilon)
    asked = tuple(criteria), day, epsilon
    return Routes(network, start, end, good, *asked, every, shown, tuple(checks), scenarios, packaging)


def _day(day: date | None) -> date | None:
    day = day.date() if isinstance(day, datetime) else day
    if day is not None and day.year not in YEARS:
        raise NetworkError(f"day: expected one of the years {YEARS[0]} to {YEARS[-1]}, got {day}.")
    return day


def _check(
    network: Network,
    start: Node,
    end: Node,
    good: Commodity,
    criteria: Sequence[str],
    packaging: str | None,
    epsilon: float,
) -> None:
    if start.id == end.id:
        raise NetworkError(f"origin and destination are the same place, {start.name}. Name two.")
    if not criteria or not set(criteria) <= set(CRITERIA) or len(set(criteria)) < len(criteria):
        raise NetworkError(
            f"criteria: expected some of {', '.join(CRITERIA)}, each once, got {', '.join(criteria)}."
        )
    packs = sorted({row["packaging"] for row in network.tables["loads"]})
    if packaging is not None and packaging not in packs:
        raise NetworkError(f'"{packaging}" is no packaging. Known: {", ".join(packs)}.')
    if packaging is not None and packaging not in good.packagings:
        raise NetworkError(f"{good.name} travels as {', '.join(good.packagings)}, not as {packaging}.")
    if not 0 <= epsilon < 1:
        raise NetworkError(f"epsilon: expected a share from 0 to below 1, got {epsilon:g}.")
    assert good.packagings, "the declaration requires one"


def _front(
    network: Network, graph: Graph, start: Node, end: Node, criteria: Sequence[str]
) -> tuple[list[Route], list[Check]]:
    """Pareto set of one packaging, between a source before the origin's vertices and a sink after the end's."""
    from tarazu.corridor.pareto import pareto_front

    sources, sinks = graph.of_node(start.id), graph.of_node(end.id)
    if not sources or not sinks:
        return [], []
    trip, n, arcs = graph.trip, len(graph.vertices), len(graph.arcs)
    if any(arc.window for arc in graph.arcs) and "time" not in criteria:
        criteria = (*criteria, "time")  # whether a service still runs depends on it
    delay = sum(limit.delay_h for limit in holding_limits(network, trip).get(start.id, ()))
    loading = [_loading(network, trip, graph.vertices[v]) for v in sources]
    waits = np.array([wait.value if wait else 0.0 for wait in loading])
    tail = np.concatenate((graph.tail, np.full(len(sources), n), sinks))
    head = np.concatenate((graph.head, sources, np.full(len(sinks), n + 1)))
    weights = np.zeros((len(tail), len(criteria)))
    access = {"time": waits + delay, "variability": np.array([wait_variance(wait) for wait in waits])}
    for column, criterion in enumerate(criteria):
        weights[:arcs, column] = [_weight(arc, criterion, trip) for arc in graph.arcs]
        weights[arcs : arcs + len(sources), column] = access.get(criterion, 0.0)
    options = _timetable(graph, criteria, len(tail)) if trip.day else {}
    front = pareto_front(tail, head, weights, n + 2, n, n + 1, **options)
    made = []
    for path in front.paths:
        wait = loading[next(index for index in path.tolist() if index >= arcs) - arcs]
        route = _route(graph, [graph.arcs[i] for i in path.tolist() if i < arcs], wait, delay)
        made += [route] if route else []
    return made, [check for check in front.checks if made]


def _timetable(graph: Graph, criteria: Sequence[str], arcs: int) -> dict[str, Any]:
    """Timetables of the graph's services, for a departure at the start of the day asked for."""
    from tarazu.corridor.timetables import bound, timetable

    if "time" not in criteria or not any(map(bound, graph.arcs)):
        return {}
    assert graph.trip.day is not None, "asked for with a day only"
    return {
        "timetable": timetable(graph.arcs, arcs),
        "start": 24.0 * graph.trip.day.weekday(),
        "time_index": list(criteria).index("time"),
    }


def _weight(arc: Arc, criterion: str, trip: Trip) -> float:
    match criterion:
        case "cost":
            return arc.cost_usd_t
        case "time":
            return arc.time_h - arc.wait_h if _waits_by_timetable(arc, trip) else arc.time_h
        case "variability":
            return arc.sd_h**2 if _waits_by_timetable(arc, trip) else arc.variance
        case _:
            return arc.co2_kg_t or 0.0


def _waits_by_timetable(arc: Arc, trip: Trip) -> bool:
    return trip.day is not None and bool(arc.departures)


def forming_wait(network: Network, trip: Trip, vertex: Vertex) -> float:
    """Mean wait for a train or lorry at the origin, hours; a ship is waited for at its leg."""
    found = _loading(network, trip, vertex)
    return found.value if found else 0.0


def _loading(network: Network, trip: Trip, vertex: Vertex) -> Quantity | None:
    return forming(network, trip, vertex[1], network.nodes[vertex[0]].country)


def _route(graph: Graph, steps: list[Arc], loading: Quantity | None, delay: float) -> Route | None:
    """A route of the steps; None where a service on it has ended when the goods come."""
    from tarazu.corridor.timetables import timed

    wait = loading.value if loading else 0.0
    if graph.trip.day is None:
        return Route(0, graph.trip.packaging, tuple(steps), wait, delay, loading)
    found = timed(steps, 24.0 * graph.trip.day.weekday() + wait + delay)
    return Route(0, graph.trip.packaging, tuple(found), wait, delay, loading) if found else None


def _values(route: Route, criteria: Sequence[str]) -> list[float]:
    of = {
        "cost": route.cost_usd_t,
        "time": route.time_h,
        "variability": route.time_sd_h,
        "co2": sum(arc.co2_kg_t or 0.0 for arc in route.steps),
    }
    return [of[criterion] for criterion in criteria]


def _undominated(found: list[Route], criteria: Sequence[str]) -> list[Route]:
    """Routes of several packagings together: those that no other beats."""
    points = np.array([_values(route, criteria) for route in found]).reshape(len(found), len(criteria))
    kept: list[int] = []
    for i in np.lexsort(points.T[::-1]).tolist():
        if not any((points[k] <= points[i] + 1e-9).all() for k in kept):
            kept.append(i)
    return [found[i] for i in kept]


def _numbered(found: list[Route]) -> tuple[Route, ...]:
    ordered = sorted(found, key=lambda route: (route.cost_usd_t, route.time_h))
    return tuple(replace(route, number=number) for number, route in enumerate(ordered, start=1))


def _readable(every: tuple[Route, ...], criteria: Sequence[str], epsilon: float) -> tuple[Route, ...]:
    from tarazu.corridor.pareto import epsilon_front

    if not every or not epsilon:
        return every
    kept = epsilon_front(np.array([_values(route, criteria) for route in every]), epsilon)
    return tuple(every[index] for index in kept)
