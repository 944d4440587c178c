"""From a plan's products to tonnes between places of the transport network.

    tonnes of a line = flow, free on board / unit value
    at the target    = min(common factor * flow, most that the market holds), the turnover making the target
    places           by the shares of places.csv: origin shares times destination shares

A line travels as the network's commodity that covers most of its codes, at the line's own unit value;
goods that no commodity covers go as general cargo. Goods of third countries come from transit.csv.
The most that the market holds is what the exporter sells to the whole world or the importer buys from it, the smaller
of both, grown with the two economies; lines for which neither is known, and goods that no line covers, have no most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tarazu.core import hs
from tarazu.core.draws import split_lognormal
from tarazu.core.measure import Interval
from tarazu.core.table import Table
from tarazu.corridor.carriage import Flow
from tarazu.corridor.network import Commodity, Network
from tarazu.corridor.reading import bundled_networks
from tarazu.corridor.transit import transit_ranges
from tarazu.planning.turnover import Setting, coefficients, flows
from tarazu.trade.statements import POOLED

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.plan import Plan

Array = NDArray[np.float64]

PLANNED, TARGET = "as planned", "at the target"
SEED = 9  # keeps the draws of this stage apart from those of the chain
MILLION = 1e6
ANY_GOOD, OTHER, ALL = "*", "other", "all"
GENERAL = "general-cargo"
LEAST_COVERED = 0.1  # share of a line's codes from which it travels as a commodity


@dataclass(frozen=True)
class Cargo:
    """Lines of a plan as flows.

    Attributes
    ----------
    network
        With a commodity of its own for each line: ``KAZ->IRN:1003`` at the line's unit value.
    flows
        The pair's flows of one tonne-share each, then those of third countries.
    line
        (K,) line of each flow, -1 for third countries.
    share
        (K,) share of the line's tonnes, or of the transit's own.
    """

    network: Network
    flows: tuple[Flow, ...]
    line: NDArray[np.int64]
    share: Array
    transit: tuple[Interval, ...]

    def tonnes(self, lines: Array, white: float = 0.0) -> Array:
        """(K,) tonnes a year out of tonnes by line; third countries' at a standard normal draw."""
        found = np.where(self.line >= 0, lines[self.line] * self.share, 0.0)
        drawn = [float(split_lognormal(each, np.array([white]))[0]) for each in self.transit]
        found[self.line < 0] = drawn
        return found


@dataclass(frozen=True, slots=True)
class Good:
    """What the network needs to know of a line of the plan."""

    id: str
    name: str
    codes: str
    direction: str  # KAZ->IRN
    unit_value: float | None  # USD a tonne
    supply: float | None = None  # USD that the exporter sells to the whole world in the target year
    demand: float | None = None  # USD that the importer buys from it

    @property
    def market(self) -> float | None:
        """The smaller of what the exporter sells to the world and the importer buys from it."""
        return min((x for x in (self.supply, self.demand) if x is not None), default=None)


@dataclass(frozen=True)
class Basket:
    """What is traded in the target year, in every draw of the first block.

    Attributes
    ----------
    usd
        (L, n) flow of each line by scenario, free on board.
    counted
        (L, n) dollars that the asked series counts for one free on board.
    price
        (L, n) USD a tonne, free on board.
    in_proportion
        (L, n) flow at the target if every line grew alike, whatever the market holds.
    """

    goods: tuple[Good, ...]
    usd: Mapping[str, Array]
    counted: Array
    price: Array
    in_proportion: Array

    def tonnes(self, scenario: str) -> Array:
        """(L, n) tonnes."""
        return self.usd[scenario] / self.price

    def total(self, scenario: str) -> Array:
        """(n,) tonnes of all lines."""
        return np.asarray(self.tonnes(scenario).sum(axis=0))

    def middle(self, scenario: str) -> Array:
        """(L,) tonnes: the median of each line, all scaled to the median of the total."""
        lines = np.median(self.tonnes(scenario), axis=1)
        whole = lines.sum()
        return np.asarray(lines * (np.median(self.total(scenario)) / whole if whole else 1.0))

    @property
    def unpriced_share(self) -> Array:
        """(n,) share of the target's value in goods without a unit value of their own."""
        usd = self.usd[TARGET]
        return np.asarray(usd[[g.unit_value is None for g in self.goods]].sum(axis=0) / usd.sum(axis=0))

    @property
    def added_value(self) -> float | None:
        """USD of turnover a tonne of what the target adds to the plan, at the medians; else of the whole target."""
        turnover = [
            float(np.median((self.usd[name] * self.counted).sum(axis=0))) for name in (PLANNED, TARGET)
        ]
        tonnes = [float(np.median(self.total(name))) for name in (PLANNED, TARGET)]
        if turnover[1] > turnover[0] and tonnes[1] > tonnes[0]:
            return (turnover[1] - turnover[0]) / (tonnes[1] - tonnes[0])
        return turnover[1] / tonnes[1] if tonnes[1] else None


def basket_of(plan: Plan, network: Network) -> Basket:
    """The flows of a plan and those of its target, with the prices that make tonnes of them."""
    first, q = plan.simulation.first, plan.question
    year = plan.given.years.index(q.by)
    goods = _goods(plan, float(np.median(np.exp(first.market_growth[:, year]))))
    bundle = [1.0] * len(plan.given.measures)
    share = coefficients(first, plan.given.measures, bundle, q.by, plan.base_year, q.regime)
    reached = flows(first, Setting(year, q.regime), share, tuple(dict.fromkeys((q.series, POOLED))))
    usd = reached[POOLED]
    counted = np.divide(reached[q.series], usd, out=np.ones_like(usd), where=usd > 0)
    room = np.array([line.room for line in first.lines]) * np.exp(first.market_growth[:, year])
    price = _prices(plan, network, goods)
    scenarios = {PLANNED: usd, TARGET: grown(usd, counted, room, q.target_usd)}
    in_proportion = grown(usd, counted, np.full_like(usd, np.inf), q.target_usd)
    return Basket(goods, scenarios, counted, price, in_proportion)


def grown(usd: Array, counted: Array, room: Array, target: float) -> Array:
    """(L, n) flows grown by one factor a draw until what the series counts makes the target, none above its room.

    Parameters
    ----------
    usd, counted, room
        (L, n) flows, what counts of a dollar of them, and the most they can be: infinite for at least one line. A line
        that is above its room already stays where it is.
    """
    most, usd = np.maximum(room, usd), np.where(np.isinf(room), np.maximum(usd, 1.0), usd)
    held = np.zeros(usd.shape, bool)
    while True:  # each round holds a line more
        rest = target - np.where(held, most * counted, 0.0).sum(axis=0)
        factor = rest / np.where(held, 0.0, usd * counted).sum(axis=0)
        over = ~held & (factor * usd > most)
        if not over.any():
            return np.where(held, most, factor * usd)
        held |= over


def _goods(plan: Plan, growth: float) -> tuple[Good, ...]:
    known = {line.id: line for each in plan.prepared.assessments or () for line in each.lines}
    found = []
    for line in plan.simulation.first.lines:
        ends = plan.baseline.grid.directions[line.direction]
        value = float(np.nanmedian(line.unit_value)) if np.isfinite(line.unit_value).any() else None
        entry = known.get(line.id)
        if entry is None:
            found.append(Good(line.id, "goods that no line covers", line.codes, ends, value))
            continue
        supply, demand = (
            each.usd_m.q50 * MILLION * growth if each.usd_m else None for each in (entry.supply, entry.demand)
        )
        found.append(Good(line.id, entry.product, line.codes, ends, value, supply, demand))
    return tuple(found)


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


def network_of(dossier: Dossier | None) -> Network | None:
    """The dossier's own network (a folder ``network`` in it), else the bundled one of its name, else None."""
    if dossier is None:
        return None
    own = dossier.folder / "network"
    if own.is_dir():
        return Network.read(own)
    return _bundled(dossier.name) if dossier.name in bundled_networks() else None


@cache
def _bundled(name: str) -> Network:
    """Bundled networks do not change while the program runs."""
    return Network.read(name)


def cargo(network: Network, goods: Sequence[Good]) -> Cargo:
    """Flows of the goods between the network's places, and of third countries."""
    found: list[Flow] = []
    lines, shares = [], []
    commodities = dict(network.commodities)
    kinds: dict[str, str] = {}
    for number, good in enumerate(goods):
        base = commodity_of(network, good.codes)
        commodities[good.id], kinds[good.id] = _as_line(base, good), base.id
        home, partner = good.direction.split("->")
        for start, first in _places(network, home, base.id, "origin").items():
            for end, second in _places(network, partner, base.id, "destination").items():
                found.append(Flow(start, end, good.id, 1.0, None, False, good.direction))
                lines.append(number)
                shares.append(first * second)
    transit = transit_ranges(network)
    found += [flow for flow, _ in transit]
    lines += [-1] * len(transit)
    shares += [1.0] * len(transit)
    tonnes = tuple(interval for _, interval in transit)
    made = _for_lines(replace(network, commodities=commodities), kinds)
    return Cargo(made, tuple(found), np.array(lines, np.int64), np.array(shares), tonnes)


def _for_lines(network: Network, kinds: Mapping[str, str]) -> Network:
    """The network with limits and tariffs of a commodity holding for the lines that travel as it."""

    def also(names: Sequence[str] | None) -> tuple[str, ...]:
        named = tuple(names or ())
        return (*named, *(line for line, base in kinds.items() if base in named))

    limits = tuple(replace(limit, commodities=also(limit.commodities)) for limit in network.limits)
    table = network.tables["tariffs"]
    rows = [{**row, **{key: also(row[key]) or None for key in ("commodities", "excluded")}} for row in table]
    tariffs = Table.build(table.name, table.columns, rows)
    return replace(network, limits=limits, tables={**network.tables, "tariffs": tariffs})


def commodity_of(network: Network, codes: str) -> Commodity:
    """The commodity that covers most of the line's codes, of equals the narrowest; general cargo where none does."""
    named = [each for each in network.commodities.values() if each.hs not in (ALL, OTHER)]
    covered = (
        [(_covered(each.hs, codes), -hs.width(each.hs), each) for each in named] if codes != OTHER else []
    )
    share, _, best = max(covered, key=lambda found: found[:2], default=(0.0, 0, None))
    if best is not None and share >= LEAST_COVERED:
        return best
    return network.commodities.get(GENERAL) or next(iter(network.commodities.values()))


def _covered(commodity: str, codes: str) -> float:
    """Share of a line's codes that a commodity's codes cover."""
    common = sum(
        max(0, min(high, other_high) - max(low, other_low))
        for low, high in hs.spans(codes)
        for other_low, other_high in hs.spans(commodity)
    )
    return common / hs.width(codes)


def _as_line(base: Commodity, good: Good) -> Commodity:
    if good.unit_value is None:
        return replace(base, id=good.id, name=good.name)
    value = good.unit_value
    return replace(
        base, id=good.id, name=good.name, value=replace(base.value, value=value, low=value, high=value)
    )


def _places(network: Network, country: str, commodity: str, role: str) -> Mapping[str, float]:
    rows = [row for row in network.tables["places"] if (row["country"], row["role"]) == (country, role)]
    own = [row for row in rows if row["commodity"] == commodity]
    own = own or [row for row in rows if row["commodity"] == ANY_GOOD]
    total = sum(row["share"] for row in own)
    return {row["node"]: row["share"] / total for row in own if row["node"] in network.nodes}
