"""What of the flows can be carried: annual tonnes by origin, destination and commodity on shared capacities.

The year is cut into spells in which the same limits hold; each is assigned by column generation
(`tarazu.corridor.assignment`). It is a system optimum, hence optimistic for shippers who each seek their own best.
A tonne that does not move loses its margin: goods stay where the free network would have carried them and the full
one cannot, or where the detour costs more than the margin. Transit of third countries uses the same capacity and
is shown apart: it is no turnover of the pair.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check, place
from tarazu.core.errors import NetworkError
from tarazu.core.parameters import section
from tarazu.core.schema import declared, read_table
from tarazu.core.table import Table
from tarazu.corridor.assignment import Assignment, marginal
from tarazu.corridor.carriage import Carriage, Flow, Spell
from tarazu.corridor.network import Network

Floats = NDArray[np.float64]

DECLARATION = "corridor/variables.csv"


@dataclass(frozen=True)
class Carried:
    """Result of `assign_flows`, tonnes and USD a year.

    Attributes
    ----------
    carriage
        The arrays behind it.
    spells, solved
        Parts of the year, and the assignment of each at the rate of a year.
    saved
        (R,) USD a year by one more tonne a year of each full capacity, confirmed by solving again; NaN where
        it was not asked for.
    """

    network: Network
    flows: tuple[Flow, ...]
    scenarios: tuple[str, ...]
    carriage: Carriage
    spells: tuple[Spell, ...]
    solved: tuple[Assignment, ...]
    saved: Floats
    findings: tuple[Check, ...]

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

    def mean_cost(self, which: NDArray[np.bool_]) -> float | None:
        """Generalised transport cost of the tonnes that move, USD a tonne, of the flows in a mask; None if none do."""
        return self._mean(which, lambda spell: self.carriage.costs(spell.shares))

    def mean_days(self, which: NDArray[np.bool_]) -> float | None:
        """Days on the way of the tonnes that move, waiting included."""
        hours = self._mean(which, lambda spell: self.carriage.charged(spell.shares)[1])
        return None if hours is None else hours / 24

    def _mean(self, which: NDArray[np.bool_], price: Callable[[Spell], Floats]) -> float | None:
        total = tonnes = 0.0
        group = np.array([self.carriage.groups.index(flow.group) for flow in self.flows])
        for spell, each in zip(self.spells, self.solved, strict=True):
            prices = price(spell)
            for path, k, moved in zip(each.paths, each.path_commodity, each.path_tonnes, strict=True):
                if which[k]:
                    total += spell.weight * moved * prices[group[k], path].sum()
                    tonnes += spell.weight * moved
        return float(total / tonnes) if tonnes else None

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
        """Loaded legs as lines."""
        from tarazu.corridor.flow_tables import load_geojson

        return load_geojson(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        from tarazu.corridor.flow_tables import carried_dict

        return carried_dict(self)

    def _column(self, name: str) -> int:
        return [column.name for column in self.capacities.columns].index(name)


def read_flows(network: Network, source: Any) -> tuple[tuple[Flow, ...], tuple[Check, ...]]:
    """Flows from a CSV file, a data frame, a Table, or mappings, with the columns of table `flows`.

    Rows that cannot be used are left out and named.

    Raises
    ------
    NetworkError
        If no row can be used.
    """
    if not isinstance(source, (str, Path)) and all(isinstance(each, Flow) for each in source):
        return tuple(source), ()
    parsed, file = _parsed(source)
    found, checks = [], list(parsed.checks)
    for number, row in parsed:
        try:
            start, end = network.find(row["origin"]), network.find(row["destination"])
            good = network.commodity(row["commodity"])
        except NetworkError as error:
            checks.append(Check.error("unusable-flow", place(file, number), str(error)))
            continue
        if start.id == end.id:
            message = f"starts and ends at {start.id}. Name two places."
            checks.append(Check.error("unusable-flow", place(file, number), message))
            continue
        way = row["direction"] or f"{start.country}->{end.country}"
        tonnes, transit = row["tonnes"], row["transit"] == "yes"
        found.append(Flow(start.id, end.id, good.id, tonnes, row["month"], transit, way))
    if not found:
        named = "; ".join(str(check) for check in checks[:3])
        raise NetworkError(f"{file}: no flow can be used. {named}".strip(), checks)
    return tuple(found), tuple(checks)


def _parsed(source: Any) -> tuple[Any, str]:
    if isinstance(source, (str, Path)):
        path = Path(source)
        return read_table(path, "flows", declaration=DECLARATION), path.name
    if hasattr(source, "to_dicts"):
        rows: Iterable[Mapping[str, Any]] = source.to_dicts()
    elif hasattr(source, "to_dict") and not isinstance(source, Mapping):
        rows = source.to_dict("records")
    else:
        rows = source
    columns = [variable.column for variable in declared(DECLARATION)["flows"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flows.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, columns, extrasaction="raise", restval="")
            writer.writeheader()
            writer.writerows(rows)
        return read_table(path, "flows", declaration=DECLARATION), "flows"


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
        Named disruptions that hold.
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
    for name in scenarios:
        if name not in network.scenarios:
            known = ", ".join(network.scenarios) or "none"
            raise NetworkError(f'"{name}" is no scenario of {network.name}. Known: {known}.')
    spells = carriage.spells(scenarios)
    solved = [carriage.solve(spell) for spell in spells]
    saved = np.full(len(carriage.resources), np.nan)
    if values:
        saved = _values(carriage, spells, solved)
    return Carried(
        network, carriage.flows, tuple(scenarios), carriage, spells, tuple(solved), saved, tuple(checks)
    )


def _values(carriage: Carriage, spells: Sequence[Spell], solved: Sequence[Assignment]) -> Floats:
    """(R,) USD saved a year by one more tonne a year: spread over the spells as the year is."""
    saved = np.full(len(carriage.resources), np.nan)
    for spell, each in zip(spells, solved, strict=True):
        binding = np.flatnonzero(each.duals > 0)
        if not len(binding):
            continue
        found = marginal(carriage.problem(spell), each, binding)
        for r, value in zip(binding.tolist(), found.saved.tolist(), strict=True):
            saved[r] = np.nan_to_num(saved[r]) + value * spell.weight
    return saved
