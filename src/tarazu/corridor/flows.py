"""What of the flows can be carried: annual tonnes by origin, destination and commodity on shared capacities.

The year is cut into spells in which the same limits hold; each is assigned by column generation
(`tarazu.corridor.assignment`). It is a system optimum, hence optimistic for shippers who each seek their own best.
A tonne that does not move loses its margin: goods stay where the free network would have carried them and the full
one cannot, or where the detour costs more than the margin. Transit of third countries uses the same capacity and
is shown apart: it is no turnover of the pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import NetworkError
from tarazu.core.parameters import section
from tarazu.core.table import Table
from tarazu.corridor.assignment import LIMIT, Assignment
from tarazu.corridor.assignment_master import Master
from tarazu.corridor.carriage import Carriage, Flow, Solution, Spell
from tarazu.corridor.flow_file import read_flows as read_flows  # read from here as well
from tarazu.corridor.network import Network

Floats = NDArray[np.float64]

FULL = 1 - 1e-6  # share of a capacity from which it counts as full
LEAST_T = 1e-3  # tonnes below which nothing moves: rounding of the programme
ROUNDING = 1e-13  # of a total cost: differences below are noise


@dataclass(frozen=True)
class Carried:
    """Result of `assign_flows`, tonnes and USD a year.

    Attributes
    ----------
    carriage
        The arrays behind it.
    spells, solutions
        Parts of the year, and the optimum of each at the rate of a year.
    saved
        (R,) USD a year by one more tonne a year of each capacity, by solving again; 0 where it is not full, NaN
        where it was not asked for. Of a part that a limit sets: one more tonne of the part alone.
    findings
        What was left out of the flows.
    """

    network: Network
    flows: tuple[Flow, ...]
    scenarios: tuple[str, ...]
    carriage: Carriage
    spells: tuple[Spell, ...]
    solutions: tuple[Solution, ...]
    saved: Floats
    findings: tuple[Check, ...]

    @cached_property
    def solved(self) -> tuple[Assignment, ...]:
        """The assignments of the spells."""
        return tuple(each.assignment for each in self.solutions)

    @cached_property
    def moved(self) -> Floats:
        """(K,) tonnes of each flow that move."""
        return np.asarray(sum(w * each.moved for w, each in self._weighted))

    @cached_property
    def unmet(self) -> Floats:
        """(K,) tonnes that do not."""
        return np.asarray(sum(w * each.unmet for w, each in self._weighted))

    @cached_property
    def used(self) -> Floats:
        """(R,) tonnes of each capacity taken."""
        return np.asarray(sum(w * each.used for w, each in self._weighted))

    @cached_property
    def capacity(self) -> Floats:
        """(R,) tonnes of each capacity there were, under the limits of each spell."""
        parts = (self.carriage.capacities(spell.shares) * spell.weight for spell in self.spells)
        return np.asarray(sum(parts))

    @property
    def _weighted(self) -> list[tuple[float, Assignment]]:
        return [(spell.weight, each) for spell, each in zip(self.spells, self.solved, strict=True)]

    @cached_property
    def bilateral(self) -> NDArray[np.bool_]:
        """(K,) whether a flow belongs to the pair's own trade."""
        return np.array([not flow.transit for flow in self.flows], bool)

    @property
    def transport_usd(self) -> float:
        """Generalised transport cost of what moves: freight, handling and what the days cost."""
        return sum(w * each.transport_usd for w, each in self._weighted)

    @property
    def cost_usd(self) -> float:
        """The same and the margins lost."""
        return sum(w * each.cost_usd for w, each in self._weighted)

    def cost_of(self, which: NDArray[np.bool_]) -> float:
        """The same of the flows in a mask (K,)."""
        penalty = self.carriage.penalty
        return sum(
            spell.weight * float((each.usd + penalty * each.assignment.unmet)[which].sum())
            for spell, each in zip(self.spells, self.solutions, strict=True)
        )

    @cached_property
    def unknown(self) -> Mapping[str, float]:
        """Tonnes of the pair over each leg and transfer whose capacity nobody knows: nothing holds them there."""
        found: dict[str, float] = {}
        for piece in self._own_pieces():
            for name in self.carriage.unlimited(piece.path):
                found[name] = found.get(name, 0.0) + piece.tonnes
        return found

    @cached_property
    def unknown_t(self) -> float:
        """Tonnes of the pair that pass at least one of these."""
        return sum(piece.tonnes for piece in self._own_pieces() if self.carriage.unlimited(piece.path))

    @cached_property
    def judged_t(self) -> float:
        """Tonnes of the pair on whose way every capacity is a judgement: no source states one."""
        use, stated = self.carriage.use(), np.array([r.stated for r in self.carriage.resources], bool)
        firm = use @ stated.astype(float) > 0
        return sum(
            piece.tonnes
            for piece in self._own_pieces()
            if not firm[list(piece.path)].any() and not self.carriage.unlimited(piece.path)
        )

    def _own_pieces(self) -> Iterator[Piece]:
        return (piece for piece in pieces(self) if not self.flows[piece.flow].transit)

    def mean_cost(self, which: NDArray[np.bool_]) -> float | None:
        """Generalised transport cost of the tonnes that move, USD a tonne, of the flows in a mask; None if none do."""
        return self._mean(which, lambda each: each.usd)

    def mean_days(self, which: NDArray[np.bool_]) -> float | None:
        """Days on the way of the tonnes that move, waiting included."""
        hours = self._mean(which, lambda each: each.hours)
        return None if hours is None else hours / 24

    def _mean(self, which: NDArray[np.bool_], total: Callable[[Solution], Floats]) -> float | None:
        tonnes = float(self.moved[which].sum())
        pairs = zip(self.spells, self.solutions, strict=True)
        return (
            sum(s.weight * float(total(each)[which].sum()) for s, each in pairs) / tonnes if tonnes else None
        )

    @property
    def gap(self) -> float:
        """Largest relative distance of the proven bounds."""
        return max(each.gap for each in self.solved)

    @cached_property
    def table(self) -> Table:
        """By flow: tonnes, what moves, what stays, cost and days."""
        from tarazu.corridor.flow_tables import flow_table

        return flow_table(self)

    @cached_property
    def capacities(self) -> Table:
        """By capacity: tonnes used, share, value of one more tonne."""
        from tarazu.corridor.flow_tables import capacity_table

        return capacity_table(self)

    @cached_property
    def demurrage(self) -> Table:
        """By queue: wagons that wait, and what their standing costs where a rate is known."""
        from tarazu.corridor.fleet import demurrage_table

        return demurrage_table(self)

    @cached_property
    def bottlenecks(self) -> Table:
        """The full ones, the most valuable first."""
        rows = [row for row in self.capacities.rows if row[self._column("full")] == "yes"]
        rows.sort(key=lambda row: -(row[self._column("saved_usd_t")] or 0.0))
        return Table("bottlenecks", self.capacities.columns, tuple(rows))

    @cached_property
    def loads(self) -> Table:
        """By leg and direction: tonnes of the pair and of third countries."""
        from tarazu.corridor.flow_tables import load_table

        return load_table(self)

    @cached_property
    def paths(self) -> Table:
        """By flow and path: tonnes, way, cost."""
        from tarazu.corridor.flow_tables import path_table

        return path_table(self)

    @cached_property
    def fleet(self) -> Table:
        """Wagons, lorries, boxes and ships by mode: loads a month, units tied up, empty returns."""
        from tarazu.corridor.fleet import fleet_table

        return fleet_table(self)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """What was left out of the input, what has no path, and what the model leaves out."""
        from tarazu.corridor.flow_tables import flow_checks

        return (*self.findings, *flow_checks(self))

    def geojson(self) -> dict[str, Any]:
        """Loaded legs as lines, transfers in use as points."""
        from tarazu.corridor.geojson import carried_geojson

        return carried_geojson(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        from tarazu.corridor.flow_tables import carried_dict

        return carried_dict(self)

    def _column(self, name: str) -> int:
        return [column.name for column in self.capacities.columns].index(name)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one path carries in one spell."""

    spell: int
    flow: int
    tonnes: float  # a year
    freight: float  # USD a tonne
    hours: float
    path: tuple[int, ...]


def pieces(found: Carried) -> Iterator[Piece]:
    """Every path that carries something."""
    for number, (spell, each) in enumerate(zip(found.spells, found.solved, strict=True)):
        freight, hours = found.carriage.charged(spell.shares)
        for path, k, tonnes in zip(each.paths, each.path_commodity.tolist(), each.path_tonnes, strict=True):
            if tonnes > LEAST_T:
                g = found.carriage.group[k]
                paid, taken = float(freight[g, path].sum()), float(hours[g, path].sum())
                yield Piece(number, k, float(tonnes) * spell.weight, paid, taken, tuple(path.tolist()))


def assign_flows(
    network: Network,
    flows: Any,
    *,
    scenarios: Sequence[str] = (),
    lost_share: float | None = None,
    values: bool = True,
) -> Carried:
    """Assign a year's flows to the network at least generalised cost.

    Parameters
    ----------
    flows
        As `read_flows` takes them.
    scenarios
        Named disruptions that hold; ``a+b`` are two.
    lost_share
        Margin that a tonne loses if it does not move, as a share of its value; by default the bundled judgement.
    values
        Whether to confirm the value of one more tonne of each full capacity by solving again.

    Raises
    ------
    NetworkError
        If no flow can be used, a scenario is unknown, or the share is not between 0 and 10.
    """
    found, checks = read_flows(network, flows)
    carriage = prepare(network, found, lost_share)
    return carry(carriage, scenarios, checks, values=values)


def prepare(network: Network, flows: Sequence[Flow], lost_share: float | None = None) -> Carriage:
    """The arrays of a network and its flows, for one assignment or many."""
    share = section("flows", "corridor.toml")["lost_share"].value if lost_share is None else lost_share
    if not 0 <= share <= 10:
        raise NetworkError(f"lost_share: expected a share of the value from 0 to 10, got {share:g}.")
    return Carriage(network, tuple(flows), share)


def carry(
    carriage: Carriage,
    scenarios: Sequence[str] = (),
    checks: Sequence[Check] = (),
    *,
    values: bool = True,
) -> Carried:
    """Assign every spell of the year."""
    network = carriage.network
    scenarios = network.known_scenarios(scenarios)
    spells = carriage.spells(scenarios)
    solutions = tuple(carriage.solution(spell) for spell in spells)
    saved = np.full(len(carriage.resources), np.nan)
    if values:
        saved = _values(carriage, spells, solutions)
    return Carried(network, carriage.flows, scenarios, carriage, spells, solutions, saved, tuple(checks))


def _values(carriage: Carriage, spells: Sequence[Spell], solutions: Sequence[Solution]) -> Floats:
    """(R,) USD saved a year by one more tonne a year, of which each spell has its share, less where a limit holds."""
    capacity = np.array([resource.capacity for resource in carriage.resources])
    saved = np.zeros(len(capacity))
    for spell, solution in zip(spells, solutions, strict=True):
        problem = carriage.problem(spell)
        full = (solution.assignment.duals > 0) | (solution.assignment.used >= FULL * problem.capacity)
        asked = [r for r in range(len(capacity)) if full[[r, *carriage.parts(r)]].any()]
        if not asked:
            continue
        master = Master(problem, solution.assignment.columns)
        before = master.generate(0.0, LIMIT).upper
        for r in asked:
            one = np.eye(len(capacity))[r]
            raised = problem.capacity + one
            if np.isfinite(capacity[r]):
                raised = carriage.capacities(spell.shares, one)
            changed = np.flatnonzero(raised != problem.capacity)
            for i in changed.tolist():
                master.set_capacity(i, float(raised[i]))
            less = float(before - master.generate(0.0, LIMIT).upper)
            saved[r] += spell.weight * (less if less > ROUNDING * abs(before) else 0.0)
            for i in changed.tolist():
                master.set_capacity(i, float(problem.capacity[i]))
    return saved
