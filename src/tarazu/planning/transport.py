"""Whether the goods of a plan can be carried: tonnes, routes, where it chokes, what relief is worth, disruptions.

Flows of each draw in the target year, all measures carried out, become tonnes; so do the same baskets grown by one
factor until they make the target, no line above what its market holds. Both are assigned to the network with
capacities drawn from their ranges: one judgement, such as the default of all railways of a country, is drawn once.
What cannot move is shown as a line of its own: it is not taken out of the chances of the plan, beside which the
chance with carriage stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.amounts import format_amount
from tarazu.core.checks import Check
from tarazu.core.draws import Z90
from tarazu.core.source import Lineage
from tarazu.core.table import Table
from tarazu.corridor.carriage import Carriage, Resource
from tarazu.corridor.critical_lines import critical_lines
from tarazu.corridor.disruption import Disruptions, disrupted
from tarazu.corridor.expanding import project_worth, tenth_worth
from tarazu.corridor.flows import Carried, carry, prepare
from tarazu.corridor.holding import MONTHS
from tarazu.corridor.network import Network
from tarazu.corridor.routes import Routes
from tarazu.planning.transport_flows import (
    PLANNED,
    SEED,
    TARGET,
    Basket,
    Cargo,
    Good,
    basket_of,
    cargo,
    network_of,
)
from tarazu.planning.words import percent

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan

Array = NDArray[np.float64]

SAMPLE = 24  # draws of flows and capacities that are assigned, of those of the first block
RANKED = 14  # lines assigned anew without one of their links, those of the highest lower bound
ROUGH = 1e-6  # relative gap at which the assignment of one draw is good enough
SLIGHT = 0.001  # share of the transport cost below which relief is worth little
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
    months
        (S, R, 12) whether a capacity is full in a month.
    value
        (S, R) USD saved by one more tonne a year, the dual.
    capacity
        (S, R) tonnes a year as drawn.
    median
        The assignment of the median flows (`Basket.middle`) at the stated capacities; its values are confirmed by
        solving again.
    """

    tonnes: Array
    moved: Array
    usd: Array
    months: NDArray[np.bool_]
    value: Array
    capacity: Array
    median: Carried

    @property
    def full(self) -> NDArray[np.bool_]:
        """(S, R) whether a capacity is full in any month."""
        return np.asarray(self.months.any(axis=2))

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
    basket
        Flows, prices and tonnes of all draws; `scenarios` has those that were assigned, as planned and at the target.
    turnover
        (n,) turnover of the target year, asked series, all measures, first block.
    """

    plain: Network
    plan_year: int
    target_usd: float
    basket: Basket
    cargo: Cargo
    scenarios: Mapping[str, Sampled]
    turnover: Array
    network_effects: Table
    findings: tuple[Check, ...]

    @property
    def network(self) -> Network:
        return self.cargo.network

    @property
    def goods(self) -> tuple[Good, ...]:
        return self.basket.goods

    @property
    def at_target(self) -> Sampled:
        return self.scenarios[TARGET]

    @cached_property
    def disruptions(self) -> Disruptions:
        """Named scenarios at the target's median flows."""
        return disrupted(self.at_target.median, self.plain.scenarios)

    @cached_property
    def links(self) -> Table:
        """Lines that the target's median flows can least do without, by what a year without each costs."""
        from tarazu.planning.transport_tables import without_crumbs

        return without_crumbs(critical_lines(self.at_target.median, RANKED))

    @cached_property
    def projects(self) -> Table:
        """What each project of the network alone would save at the target, and up to what cost it would pay."""
        return project_worth(self.at_target.median.carriage)

    @cached_property
    def relief(self) -> tuple[Array, Array]:
        """(R,) USD a year that a tenth more of each capacity saves with the median flows: the pair's goods, and all."""
        return tenth_worth(self.at_target.median)

    @cached_property
    def routes(self) -> Routes:
        """Of the heaviest flow at the target."""
        own = (flow for flow in self.at_target.median.flows if not flow.transit)
        heaviest = max(own, key=lambda flow: flow.tonnes)
        return self.network.routes(heaviest.origin, heaviest.destination, heaviest.commodity)

    @cached_property
    def table(self) -> Table:
        """By line and scenario: tonnes, what moves, what stays."""
        from tarazu.planning.transport_tables import line_table

        return line_table(self)

    @cached_property
    def bottlenecks(self) -> Table:
        """Capacities that are full in some draw at the target, by what a tenth more of each saves."""
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
        from tarazu.planning.transport_tables import above_supply

        found = [c for c in self.at_target.median.checks if c.name not in ("unmet", "not-worth-moving")]
        return (*self.findings, *above_supply(self.basket), *found)

    @cached_property
    def lineage(self) -> tuple[Lineage, ...]:
        """How each figure came about."""
        from tarazu.planning.transport_tables import lineages

        return lineages(self)

    def sentence(self) -> str:
        """Tonnes, what of them rests on known capacities, the choke point and what its relief is worth, at once."""
        found = self.at_target
        low, middle, high = (
            f"{x / 1e6:.1f}" for x in np.quantile(self.basket.total(TARGET), (0.1, 0.5, 0.9))
        )
        text = (
            f"{format_amount(self.target_usd)} in {self.plan_year} would be some {middle} million tonnes "
            f"(80% interval {low} to {high})"
        )
        share = float(np.median((found.tonnes - found.moved).sum(axis=1) / found.tonnes.sum(axis=1)))
        room = (
            f"of which {percent(share)} could not be carried" if share > LITTLE else "which could be carried"
        )
        text = f"{text}, {room} at the median as far as capacities are known. {self._known()}"
        return f"{text} {self._choke()}"

    def _choke(self) -> str:
        """The first bottleneck: by what it is the first, how often it is full, and what its capacity rests on."""
        from tarazu.planning.transport_tables import capacity_words

        first = next(iter(self.bottlenecks), None)
        if first is None:
            return "No known capacity is full."
        months = f" (months {first['full_in']})" if first["full_in"] else ""
        often = f"full{months} in {percent(first['full_share'])} of {len(self.at_target.tonnes)} draws"
        rest = f"{often}, its capacity {capacity_words(first)}."
        name, saved = first["name"], first["relief_usd"]
        if not saved:
            most = format_amount(first["relief_draws_usd"])
            return (
                "With the median flows more of no capacity would save the pair anything; over the draws a tenth more "
                f"is worth most at {name}, at most {most} a year: {rest}"
            )
        median = self.at_target.median
        paid = median.cost_of(median.bilateral)
        worth = (
            f"where a tenth more capacity would save the pair most, {format_amount(saved)} a year of "
            f"{format_amount(paid)} of transport cost (freight and what the days cost): {rest}"
        )
        if saved < SLIGHT * paid:
            return f"No capacity costs the pair much: most at {name}, {worth}"
        return f"It chokes most at {name}, {worth}"

    def _known(self) -> str:
        """Of the tonnes that move, how many pass for want of a known capacity, or by judgements alone."""
        median = self.at_target.median
        unknown, judged = self.unsure
        free = f"{percent(unknown)} pass links whose capacity nobody knows and " if unknown else ""
        return (
            f"Of the {median.moved[median.bilateral].sum() / 1e6:.1f} million tonnes that move {free}"
            f"{percent(judged)} pass no capacity that a source states."
        )

    @property
    def unsure(self) -> tuple[float, float]:
        """Share of the pair's tonnes that pass a link of unknown capacity, and no capacity that a source states."""
        median = self.at_target.median
        moved = float(median.moved[median.bilateral].sum())
        return (median.unknown_t / moved, median.judged_t / moved) if moved else (0.0, 0.0)

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
    basket = basket_of(plan, network)
    made = cargo(network, basket.goods)
    picked = _picked(flows)
    carriage = prepare(made.network, made.flows)
    rng = np.random.default_rng((plan.question.seed, SEED))
    luck = _whites(carriage.resources, len(picked), rng), rng.standard_normal(len(picked))
    scenarios = {name: _sample(carriage, made, basket, name, picked, luck) for name in (PLANNED, TARGET)}
    q = plan.question
    h = plan.simulation.years.index(q.by)
    return Transport(
        plain=network,
        plan_year=q.by,
        target_usd=q.target_usd,
        basket=basket,
        cargo=made,
        scenarios=scenarios,
        turnover=plan.simulation.plan[q.series, q.regime][: plan.simulation.first.n, h],
        network_effects=plan.placed.table,
        findings=tuple(check for check in network.checks if check.severity == "error"),
    )


def _picked(flows: Array) -> NDArray[np.int64]:
    """Draws at evenly spaced ranks of the total flow: a small sample with the right spread."""
    order = np.argsort(flows.sum(axis=0), kind="stable")
    count = min(SAMPLE, len(order))
    return np.asarray(order[((np.arange(count) + 0.5) * len(order) / count).astype(int)])


def _sample(
    carriage: Carriage,
    made: Cargo,
    basket: Basket,
    scenario: str,
    picked: NDArray[np.int64],
    luck: tuple[Array, Array],
) -> Sampled:
    """Assign every sampled draw, and the median of all draws."""
    whites, transit = luck
    every = basket.tonnes(scenario)
    tonnes = every[:, picked]
    count, size = len(picked), len(carriage.resources)
    ranges = _ranges(carriage.resources)
    moved = np.zeros((count, len(tonnes)))
    months, value = np.zeros((count, size, MONTHS), bool), np.zeros((count, size))
    capacities = np.array([_capacities(ranges, white) for white in whites]).reshape(count, size)
    # The median comes first; each assignment starts from the paths that those before it found.
    middle = carriage.drawn(made.tonnes(basket.middle(scenario)), ranges[1])
    median = carry(middle)
    own, drawn = made.line >= 0, middle
    for s in range(count):
        drawn = drawn.drawn(made.tonnes(tonnes[:, s], float(transit[s])), capacities[s], ROUGH)
        found = carry(drawn, values=False)
        np.add.at(moved[s], made.line[own], found.moved[own])
        for spell, each in zip(found.spells, found.solved, strict=True):
            months[s][:, np.array(spell.months) - 1] |= (each.duals > 0)[:, None]
            value[s] += each.duals * spell.weight
    return Sampled(tonnes.T, moved, basket.usd[scenario][:, picked].T, months, value, capacities, median)


def _whites(resources: Sequence[Resource], count: int, rng: np.random.Generator) -> Array:
    """(S, R) standard normal draws: capacities that rest on one default are one judgement, drawn once."""
    drawn = [(each.scope or each.subject + each.way) for each in resources]
    number = {name: i for i, name in enumerate(dict.fromkeys(drawn))}
    return rng.standard_normal((count, len(number)))[:, [number[name] for name in drawn]]


def _ranges(resources: Sequence[Resource]) -> Array:
    """(3, R) low, stated and high capacity."""
    ends = [(min(r.low, r.capacity), r.capacity, max(r.high, r.capacity)) for r in resources]
    return np.array(ends).reshape(len(ends), 3).T


def _capacities(ranges: Array, white: Array) -> Array:
    """(R,) capacities of one draw, from their ranges (3, R); nothing and endless stay what they are."""
    low, stated, high = np.log(np.maximum(ranges, LEAST_CAPACITY))
    drawable = np.isfinite(ranges[1]) & (ranges[1] > 0)
    with np.errstate(invalid="ignore"):
        width = np.where(white < 0, stated - low, high - stated) / Z90
        return np.asarray(np.where(drawable, np.exp(stated + width * white), ranges[1]))
