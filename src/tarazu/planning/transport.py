"""Whether the goods of a plan can be carried: tonnes, routes, where it chokes, what relief is worth, disruptions.

Flows of each draw in the target year, all measures carried out, become tonnes; so do the same baskets grown in
proportion until they make the target. Both are assigned to the network with capacities drawn from their ranges.
What cannot move is shown as a line of its own: it is not taken out of the chances of the plan, beside which the
chance with carriage stands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.amounts import format_amount
from tarazu.core.checks import Check
from tarazu.core.draws import split_lognormal
from tarazu.core.measure import Interval
from tarazu.core.source import Lineage
from tarazu.core.table import Table
from tarazu.corridor.disruption import Disruptions, disrupted, rank_links
from tarazu.corridor.expanding import project_worth
from tarazu.corridor.flows import Carried, carry, prepare
from tarazu.corridor.network import Network
from tarazu.corridor.routes import Routes
from tarazu.planning.transport_flows import Cargo, Good, cargo, commodity_of, network_of
from tarazu.planning.words import percent

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan

Array = NDArray[np.float64]

PLANNED, TARGET = "as planned", "at the target"
SAMPLE = 12  # draws of flows and capacities that are assigned, of those of the first block
SEED = 9  # keeps the draws of this stage apart from those of the chain
RANKED = 10  # links ranked, the most loaded ones
ROUGH = 1e-4  # relative gap at which the assignment of one draw is good enough
LITTLE = 0.005  # share of the tonnes that is not worth a word
LEAST_CAPACITY = 1.0  # tonnes: a capacity of zero has no logarithm


@dataclass(frozen=True)
class Sampled:
    """One scenario over the sampled draws.

    Attributes
    ----------
    tonnes, moved
        (S, L) by line, tonnes in the target year.
    usd
        (S, L) flow of each line, free on board.
    full
        (S, R) whether a capacity is full; `value`: (S, R) USD saved by one more tonne, the dual.
    median
        The assignment of the median flows at the stated capacities, its values confirmed by solving again.
    """

    tonnes: Array
    moved: Array
    usd: Array
    full: NDArray[np.bool_]
    value: Array
    median: Carried

    @property
    def lost_share(self) -> Array:
        """(S,) share of the value of the pair's goods that cannot move."""
        with np.errstate(invalid="ignore", divide="ignore"):
            stays = np.where(self.tonnes > 0, 1 - self.moved / self.tonnes, 0.0)
        return np.asarray((stays * self.usd).sum(axis=1) / self.usd.sum(axis=1))


@dataclass(frozen=True)
class Transport:
    """Result of the stage.

    Attributes
    ----------
    plain
        The network as it was read; that of `cargo` has a commodity for each line.
    scenarios
        The flows as planned, and grown in proportion to the target.
    disruptions, links
        At the target's median flows: named scenarios, and links by what a year without each costs.
    projects
        What each project of the network alone would save at the target, and up to what cost it would pay.
    routes
        Of the heaviest flow.
    turnover
        (n,) turnover of the target year, asked series, all measures, first block.
    """

    plain: Network
    plan_year: int
    target_usd: float
    goods: tuple[Good, ...]
    cargo: Cargo
    scenarios: Mapping[str, Sampled]
    disruptions: Disruptions
    links: Table
    projects: Table
    routes: Routes
    turnover: Array
    network_effects: Table
    findings: tuple[Check, ...]

    @property
    def network(self) -> Network:
        return self.cargo.network

    @property
    def at_target(self) -> Sampled:
        return self.scenarios[TARGET]

    @cached_property
    def table(self) -> Table:
        """By line and scenario: tonnes, what moves, what stays."""
        from tarazu.planning.transport_tables import line_table

        return line_table(self)

    @cached_property
    def bottlenecks(self) -> Table:
        """Capacities that are full in some draw at the target: how often, and what one more tonne saves."""
        from tarazu.planning.transport_tables import bottleneck_table

        return bottleneck_table(self)

    @cached_property
    def disrupted(self) -> Table:
        """Named disruptions: loss, cost, and the chance of the target under each."""
        from tarazu.planning.transport_tables import disruption_table

        return disruption_table(self)

    def chance(self, lost: Array | float) -> float:
        """Chance of the target if this share of the value cannot move, whichever of the shares holds."""
        shares = np.atleast_1d(np.asarray(lost, float))
        return float(np.mean([(self.turnover * (1 - max(x, 0.0)) >= self.target_usd).mean() for x in shares]))

    @property
    def checks(self) -> tuple[Check, ...]:
        """Findings of the network and of the assignment at the target."""
        found = [c for c in self.at_target.median.checks if c.name not in ("unmet", "not-worth-moving")]
        return (*self.findings, *found)

    @cached_property
    def lineage(self) -> tuple[Lineage, ...]:
        """How each figure came about."""
        from tarazu.planning.transport_tables import lineages

        return lineages(self)

    def sentence(self) -> str:
        """Tonnes, the choke point and what its relief is worth, at once."""
        found = self.at_target
        total, stays = found.tonnes.sum(axis=1), (found.tonnes - found.moved).sum(axis=1)
        low, middle, high = (f"{x / 1e6:.1f}" for x in np.quantile(total, (0.1, 0.5, 0.9)))
        text = (
            f"{format_amount(self.target_usd)} in {self.plan_year} would be some {middle} million tonnes "
            f"(80% interval {low} to {high})"
        )
        share = float(np.median(stays / total))
        room = (
            f"of which {percent(share)} could not be carried" if share > LITTLE else "which could be carried"
        )
        text = f"{text}, {room} at the median as far as capacities are known"
        first = next(iter(self.bottlenecks), None)
        if first is None:
            return f"{text}; no stated capacity is full."
        return (
            f"{text}. It chokes most at {first['name']}, full in {percent(first['full_share'])} of "
            f"{len(found.tonnes)} draws; in those one more tonne saves {first['value_q50']:.0f} dollars at the median."
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        from tarazu.planning.transport_tables import as_dict

        return as_dict(self)


def transport(plan: Plan) -> Transport | None:
    """Carry the goods of a plan; None where no network is known for the pair, or nothing to carry."""
    network = network_of(plan.dossier)
    flows = plan.simulation.product_flows
    if network is None or not flows.size:
        return None
    goods = _goods(plan)
    made = cargo(network, goods)
    picked = _picked(flows)
    price = _prices(plan, network, goods)[:, picked]
    usd = flows[:, picked]
    grown = usd * plan.question.target_usd / usd.sum(axis=0)
    carriage = prepare(made.network, made.flows)
    rng = np.random.default_rng((plan.question.seed, SEED))
    luck = rng.standard_normal((len(picked), len(carriage.resources))), rng.standard_normal(len(picked))
    scenarios = {
        name: _sample(carriage, made, each, each / price, luck)
        for name, each in ((PLANNED, usd), (TARGET, grown))
    }
    base = scenarios[TARGET].median
    heaviest = max((f for f in base.flows if not f.transit), key=lambda f: f.tonnes)
    q = plan.question
    h = plan.simulation.years.index(q.by)
    return Transport(
        plain=network,
        plan_year=q.by,
        target_usd=q.target_usd,
        goods=goods,
        cargo=made,
        scenarios=scenarios,
        disruptions=disrupted(base, network.scenarios),
        links=rank_links(base, most=RANKED),
        projects=project_worth(base.carriage),
        routes=made.network.routes(heaviest.origin, heaviest.destination, heaviest.commodity),
        turnover=plan.simulation.plan[q.series, q.regime][: plan.simulation.first.n, h],
        network_effects=plan.placed.table,
        findings=tuple(check for check in network.checks if check.severity == "error"),
    )


def _goods(plan: Plan) -> tuple[Good, ...]:
    names = {line.id: line.product for each in plan.prepared.assessments or () for line in each.lines}
    found = []
    for line in plan.simulation.first.lines:
        ends = plan.baseline.grid.directions[line.direction]
        value = float(np.nanmedian(line.unit_value)) if np.isfinite(line.unit_value).any() else None
        found.append(Good(line.id, names.get(line.id, "goods that no line covers"), line.codes, ends, value))
    return tuple(found)


def _picked(flows: Array) -> NDArray[np.int64]:
    """Draws at evenly spaced ranks of the total flow: a small sample with the right spread."""
    order = np.argsort(flows.sum(axis=0), kind="stable")
    count = min(SAMPLE, len(order))
    return np.asarray(order[((np.arange(count) + 0.5) * len(order) / count).astype(int)])


def _prices(plan: Plan, network: Network, goods: Sequence[Good]) -> Array:
    """(L, n) USD a tonne; of goods that no line covers by the network's commodity and its range."""
    first = plan.simulation.first
    rng = np.random.default_rng((plan.question.seed, SEED, 1))
    found = []
    for line, good in zip(first.lines, goods, strict=True):
        if good.unit_value is not None:
            found.append(np.where(np.isfinite(line.unit_value), line.unit_value, good.unit_value))
            continue
        value = commodity_of(network, good.codes).value
        interval = Interval(value.low, value.value, value.high)
        found.append(split_lognormal(interval, rng.standard_normal(first.n)))
    return np.array(found)


def _sample(carriage: Any, made: Cargo, usd: Array, tonnes: Array, luck: tuple[Array, Array]) -> Sampled:
    """Assign every sampled draw, and the median."""
    whites, transit = luck
    count, lines = tonnes.shape[1], len(tonnes)
    moved = np.zeros((count, lines))
    full = np.zeros((count, len(carriage.resources)), bool)
    value = np.zeros((count, len(carriage.resources)))
    stated = np.array([each.capacity for each in carriage.resources])
    # The median comes first: the paths it finds are where every draw starts.
    middle = carriage.drawn(made.tonnes(np.median(tonnes, axis=1)), stated)
    median = carry(middle)
    for s in range(count):
        capacity = _capacities(carriage.resources, whites[s])
        drawn = middle.drawn(made.tonnes(tonnes[:, s], float(transit[s])), capacity, ROUGH)
        found = carry(drawn, values=False)
        own = made.line >= 0
        np.add.at(moved[s], made.line[own], found.moved[own])
        for spell, each in zip(found.spells, found.solved, strict=True):
            full[s] |= each.duals > 0
            value[s] += each.duals * spell.weight
    return Sampled(tonnes.T, moved, usd.T, full, value, median)


def _capacities(resources: Sequence[Any], white: Array) -> Array:
    """(R,) capacities of one draw, from their ranges."""
    found = []
    for each, w in zip(resources, white, strict=True):
        spread = (min(each.low, each.capacity), each.capacity, max(each.high, each.capacity))
        ends = [max(x, LEAST_CAPACITY) for x in spread]
        drawable = math.isfinite(each.capacity) and each.capacity > 0
        found.append(float(split_lognormal(Interval(*ends), np.array([w]))[0]) if drawable else each.capacity)
    return np.array(found)
