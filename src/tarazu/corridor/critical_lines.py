"""Which lines a year cannot do without: links that the same goods pass, ranked without assigning each closure anew.

What a year without a link costs is at least what the present prices say (weak duality of the assignment):

    loss >= sum_k tonnes_k (p'_k - p_k) + sum_r price_r capacity_r

where p_k is the cheaper of not moving and the cheapest way at costs plus the prices of full capacities, p'_k the same
without the link, and r runs over capacities that only the link uses. Links that the same goods pass over the same
ways and whose bound is the same are one line: a track, the stations on it, its border. The lines of the highest bounds
are then assigned anew, each closed by one of its links, and ranked by what that costs.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.core.table import Column, Table
from tarazu.corridor.assignment_problem import Problem
from tarazu.corridor.disruption import RANK_COLUMNS, closed
from tarazu.corridor.flow_tables import subject_name
from tarazu.corridor.flows import LEAST_T, Carried
from tarazu.corridor.shortest_trees import Links, links, trees

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[str, int, int], None]

DIGITS = 6  # significant ones to which two bounds are the same
LEAST_SHARE = 0.01  # of all tonnes: what carries less is not looked at
MOST_NAMED = 4  # links of a line that are named

COLUMNS = (
    RANK_COLUMNS[0],
    Column("subject", "", "link that was closed"),
    Column("name", "", "of all links of the line"),
    *RANK_COLUMNS[3:],
    Column("at_least_usd", "USD/yr", "lower bound of the loss of all goods, by which lines were picked"),
    Column(
        "links", "", "of the line: the same goods pass them over the same ways, and their bound is the same"
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    """Links that the same goods pass, the one to close first, and the least that a year without them costs."""

    links: tuple[str, ...]
    at_least: float


def critical_lines(base: Carried, most: int, progress: Progress | None = None) -> Table:
    """The `most` lines with the highest lower bound of the loss, by what a year without each would cost."""
    rows, picked = [], lines_by_bound(base)[:most]
    for done, line in enumerate(picked):
        if progress:
            progress("lines", done, len(picked))
        row = closed(base, line.links[0])
        names = [subject_name(base.network, each) for each in line.links]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        name = "; ".join(names[:MOST_NAMED]) + more
        rows.append({**row, "name": name, "at_least_usd": line.at_least, "links": ";".join(line.links)})
    rows.sort(key=lambda row: (-row["loss_usd"], row["scenario"]))
    ranked = [{**row, "rank": rank, "subject": row["scenario"]} for rank, row in enumerate(rows, start=1)]
    return Table.build("links", COLUMNS, ranked)


def lines_by_bound(base: Carried) -> list[Line]:
    """Every line that carries at least a hundredth of all tonnes in some month, the highest bound first.

    Places where goods start or end are none.
    """
    carriage = base.carriage
    arcs: dict[str, list[int]] = {}
    for index, (_, arc) in enumerate(carriage.arcs):
        for name in arc.touches if arc else ():
            arcs.setdefault(name, []).append(index)
    ends = {name for flow in base.flows for name in (flow.origin, flow.destination)}
    least_t = LEAST_SHARE * float(base.moved.sum())
    bound: dict[str, float] = {}
    passing: dict[str, list[tuple[int, int]]] = {}
    for number, (spell, solved) in enumerate(zip(base.spells, base.solved, strict=True)):
        used: dict[str, list[int]] = {}
        for p, path in enumerate(solved.paths):
            if solved.path_tonnes[p] > LEAST_T:
                for name in {name for arc in carriage.running(path.tolist()) for name in arc.touches} - ends:
                    used.setdefault(name, []).append(p)
        prices = _Prices(carriage.problem(spell), solved.duals)
        for name, paths in used.items():
            if solved.path_tonnes[paths].sum() < least_t:
                continue
            flows = np.unique(solved.path_commodity[paths])
            least = spell.weight * prices.loss(np.array(arcs[name], np.int64), flows)
            bound[name] = bound.get(name, 0.0) + least
            passing.setdefault(name, []).extend((number, p) for p in paths)
    return _alike(bound, passing, base.network.nodes)


def _alike(
    bound: Mapping[str, float], passing: Mapping[str, Sequence[tuple[int, int]]], nodes: Container[str]
) -> list[Line]:
    """Links of one line put together; a leg or transfer before the places, where other lines may meet."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for name in sorted(bound, key=lambda name: (name in nodes, name)):
        key = (tuple(passing[name]), f"{bound[name]:.{DIGITS}g}")
        groups.setdefault(key, []).append(name)
    found = [Line(tuple(names), bound[names[0]]) for names in groups.values()]
    return sorted(found, key=lambda line: (-line.at_least, line.links))


class _Prices:
    """The prices of one spell's optimum, and what they say of a closure."""

    def __init__(self, problem: Problem, duals: Floats) -> None:
        self.problem, self.duals = problem, duals
        self.use = problem.use()
        self.weight = problem.cost + (self.use @ duals)[None, :]
        self.graphs: dict[int, Links] = {}
        self.price = np.full(len(problem.tonnes), np.inf)
        for g in np.unique(problem.group).tolist():
            self._look(np.flatnonzero(problem.group == g), g, self.weight[g], self.price)

    def _look(self, mine: Ints, g: int, weight: Floats, into: Floats) -> None:
        """Price of flows of one class: the cheaper of the cheapest way and not moving."""
        problem = self.problem
        if g not in self.graphs:
            self.graphs[g] = links(problem.tail, problem.head, problem.n, np.isfinite(self.weight[g]))
        origins, row = np.unique(problem.origin[mine], return_inverse=True)
        distance = trees(self.graphs[g], weight, origins).distance[row, problem.destination[mine]]
        into[mine] = np.minimum(distance, problem.penalty[mine])

    def loss(self, arcs: Ints, flows: Ints) -> float:
        """USD a year that closing arcs costs at least, at the rate of a year; `flows` are those that pass them."""
        problem, after = self.problem, self.price.copy()
        for g in np.unique(problem.group[flows]).tolist():
            weight = self.weight[g].copy()
            weight[arcs] = np.inf
            self._look(flows[problem.group[flows] == g], g, weight, after)
        stays = np.ones(len(problem.tail))
        stays[arcs] = 0.0
        idle = ((self.use.T @ stays) == 0) & (self.duals > 0)
        dearer = float(((after - self.price) * problem.tonnes)[flows].sum())
        return max(dearer + float((self.duals[idle] * problem.capacity[idle]).sum()), 0.0)
