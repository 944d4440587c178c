"""Capacity expansion: the cheapest set of projects that carries given tonnes, or that pays.

    min  sum_j cost_j y_j                                        (carry the target)
    min  weigh sum_j cost_j y_j + transport + penalties          (weigh costs against each other)
    s.t. flow is conserved for each class and destination, use of r <= capacity_r + sum_{j on r} added_j y_j, y binary

A project may raise several capacities: each by all that it adds, its cost counting once.

Fixed-charge network design (Magnanti and Wong 1984) in its arc formulation. Commodities of one cost class to one
destination are one flow, which is exact: such a flow splits into paths from its origins. It is a planner's optimum,
hence optimistic for self-interested shippers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import ConvergenceError, NetworkError, ShapeError
from tarazu.corridor.assignment import Assignment, Problem, assign
from tarazu.corridor.expansion_model import ArcModel, Solved, arc_model, solve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NODES = 100_000  # of the branch-and-bound tree
CARRIED = 1e-7  # relative tonnes short of the target that are rounding
REPAIRS = 100  # sets refused because only the solver's tolerance made them carry the target


@dataclass(frozen=True, slots=True, eq=False)
class Projects:
    """What can be built, each once.

    Attributes
    ----------
    resource
        (U,) resource whose capacity grows.
    added
        (J,) tonnes per period on each of its resources, >= 0.
    cost
        (J,) USD, >= 0; nan where unknown: such a project is left out and said.
    project
        (U,) project that raises it; by default each project raises one, in this order.
    """

    resource: Ints
    added: Floats
    cost: Floats
    project: Ints | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "resource", np.asarray(self.resource, np.int64))
        for name in ("added", "cost"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        alone = self.project is None
        of = np.arange(len(self.resource)) if self.project is None else np.asarray(self.project, np.int64)
        object.__setattr__(self, "project", of)
        shape = self.resource.shape if alone else self.added.shape
        if of.shape != self.resource.shape:
            raise ShapeError(expected=self.resource.shape, got=of.shape, what="project by resource")
        for name in ("added", "cost"):
            if getattr(self, name).shape != shape:
                raise ShapeError(expected=shape, got=getattr(self, name).shape, what=f"{name} by project")

    @property
    def of(self) -> Ints:
        """(U,) project of each resource."""
        assert self.project is not None
        return self.project

    def only(self, which: Bools) -> Projects:
        """Those of a mask (J,), numbered anew."""
        uses, number = which[self.of], np.cumsum(which) - 1
        return Projects(self.resource[uses], self.added[which], self.cost[which], number[self.of[uses]])


@dataclass(frozen=True, slots=True, eq=False)
class Expansion:
    """The projects to take and what then moves.

    Attributes
    ----------
    feasible
        Whether the target is carried. If not, `taken` are all projects of known cost, and the rest of the result says
        what moves at most even so.
    taken
        (J,) whether each project is built.
    cost_usd
        USD of those taken, as given, not weighed.
    transport_usd, penalty_usd
        USD of moving, at least cost with these projects, and of what stays.
    loads, used, moved, unmet
        (A,), (R,), (K,), (K,) tonnes.
    objective, lower, gap
        What was minimised in USD, its proven lower bound, and their distance over the objective.
    checks
        Projects left out, limits hit, and what cannot move.
    """

    feasible: bool
    taken: Bools
    cost_usd: float
    transport_usd: float
    penalty_usd: float
    loads: Floats
    used: Floats
    moved: Floats
    unmet: Floats
    objective: float
    lower: float
    gap: float
    checks: tuple[Check, ...]


def expanded(problem: Problem, projects: Projects, taken: Bools) -> Problem:
    """The problem with the capacities of the projects `taken` (J,) added."""
    capacity = problem.capacity.copy()
    uses = taken[projects.of]
    np.add.at(capacity, projects.resource[uses], projects.added[projects.of[uses]])
    return replace(problem, capacity=capacity)


def expand(
    problem: Problem,
    projects: Projects,
    *,
    target: float | None = None,
    weigh: float | None = None,
    limit: int = NODES,
) -> Expansion:
    """Fewest USD of projects that carry the target; with `weigh`, fewest USD of projects, transport and penalties.

    Parameters
    ----------
    target
        Tonnes to move in all. By default all tonnes of all commodities or, with `weigh`, whatever pays.
    weigh
        Share of a project's cost charged to the period of the problem: the annuity factor of a year's tonnes.
    limit
        Most nodes of the branch-and-bound tree; when hit, a check says how far from the optimum the set may be.

    Raises
    ------
    NetworkError
        If a project is malformed, the target exceeds the tonnes, or the programme would not fit into memory.
    ConvergenceError
        If the programme cannot be solved for numerical reasons.
    """
    known, checks = _usable(problem, projects)
    total = float(problem.tonnes.sum())
    if weigh is None or target is not None:
        most = _most(expanded(problem, projects, known))
        wanted = total if target is None else float(target)
        if not 0 <= wanted <= total * (1 + CARRIED):
            message = f"the target is {wanted:,.6g} t, the commodities sum to {total:,.6g} t. "
            raise NetworkError(message + "Give a target between 0 and that sum.")
        if most.moved.sum() < wanted * (1 - CARRIED):
            return _short(problem, projects, known, most, wanted, checks)
        left = max(total - min(wanted, float(most.moved.sum())), 0.0)
    else:
        left = total
    some = projects.only(known)
    model = arc_model(problem, some.resource, some.added, left, some.of)
    found, built, lower, more = _cheapest(model, projects.cost[known], weigh, limit)
    taken = np.zeros(len(known), bool)
    taken[np.flatnonzero(known)[built]] = True
    cost, penalty = float(projects.cost[taken].sum()), float(problem.penalty @ found.unmet)
    objective = cost if weigh is None else weigh * cost + found.transport_usd + penalty
    lower = min(lower, objective)
    return Expansion(
        feasible=True,
        taken=taken,
        cost_usd=cost,
        transport_usd=found.transport_usd,
        penalty_usd=penalty,
        loads=found.loads,
        used=problem.use().T @ found.loads,
        moved=problem.tonnes - found.unmet,
        unmet=found.unmet,
        objective=objective,
        lower=lower,
        gap=(objective - lower) / objective if objective > 0 else 0.0,
        checks=(*checks, *more),
    )


def _cheapest(
    model: ArcModel, cost: Floats, weigh: float | None, limit: int
) -> tuple[Solved, Bools, float, list[Check]]:
    """Flows, set, lower bound and checks. A set that carries the target only by a tolerance is refused by a cut."""
    refused: list[Bools] = []
    for _ in range(REPAIRS):
        best = solve(model, project_cost=cost, weigh=weigh, limit=limit, refused=refused)
        built = np.ones(len(cost), bool) if best.built is None else best.built
        # The set is fixed and its flows solved again: exact, and of least transport cost.
        found = solve(model, weigh=1.0 if weigh is None else weigh, fixed=built, limit=limit)
        if found.built is None:
            refused.append(built)
            continue
        checks = []
        if best.limited:
            message = (
                f"stopped after {limit:,} nodes: the set carries the target, but a cheaper one may exist"
            )
            checks.append(Check.warning("node-limit", "", message))
        return found, built, best.lower, checks
    message = f"{REPAIRS} sets of projects carried the target only within the solver's tolerance. "
    raise ConvergenceError(message + "Lower the target a little.")


def _usable(problem: Problem, projects: Projects) -> tuple[Bools, list[Check]]:
    """(J,) projects that can be weighed, and checks on those that cannot or need not be."""
    count, of = len(projects.added), projects.of
    if ((of < 0) | (of >= count)).any():
        raise NetworkError(f"a resource names project {of.min()} to {of.max()}; expected 0 to {count - 1}.")
    outside = (projects.resource < 0) | (projects.resource >= len(problem.capacity))
    bad = np.bincount(of[outside], minlength=count) > 0
    bad |= ~(projects.added >= 0) | ~np.isfinite(projects.added)
    bad |= (projects.cost < 0) | np.isinf(projects.cost)
    resources = [", ".join(map(str, projects.resource[of == j].tolist())) for j in range(count)]
    if bad.any():
        found = []
        for j in np.flatnonzero(bad).tolist():
            message = f"project {j}: resource {resources[j]}, {projects.added[j]:g} t, "
            message += f"{projects.cost[j]:g} USD; expected a resource below {len(problem.capacity)}, "
            message += "tonnes and USD of at least 0 (nan where the cost is unknown)"
            found.append(Check.error("bad-project", f"project {j}", message))
        raise NetworkError("; ".join(check.message for check in found), found)
    checks = []
    for j in np.flatnonzero(np.isnan(projects.cost)).tolist():
        message = f"the cost is unknown: left out, though it would add {projects.added[j]:,.6g} t"
        checks.append(Check.warning("unknown-cost", f"project {j}", message))
    held = np.bincount(of[np.isfinite(problem.capacity[projects.resource])], minlength=count)
    for j in np.flatnonzero(held == 0).tolist():
        message = f"resource {resources[j]} has no limit: nothing to add to"
        checks.append(Check.note("needless-project", f"project {j}", message))
    return ~np.isnan(projects.cost), checks


def _most(problem: Problem) -> Assignment:
    """The most tonnes that can move, whatever they cost: each tonne left counts one."""
    costless = np.where(np.isfinite(problem.cost), 0.0, np.inf)
    return assign(replace(problem, cost=costless, penalty=np.ones_like(problem.penalty)))


def _short(
    problem: Problem, projects: Projects, known: Bools, most: Assignment, wanted: float, checks: list[Check]
) -> Expansion:
    """Even all projects do not carry the target: what then moves, what does not, and which capacities hold it back."""
    moved = float(most.moved.sum())
    message = (
        f"even with all {known.sum()} projects of known cost {moved:,.6g} t can move of the {wanted:,.6g} t "
    )
    found = [Check.error("target-out-of-reach", "", message + "wanted")]
    for k in np.flatnonzero(most.unmet > CARRIED * problem.tonnes).tolist():
        message = (
            f"{most.unmet[k]:,.6g} t of {problem.tonnes[k]:,.6g} t cannot move (in one way to move the most)"
        )
        found.append(Check.warning("cannot-move", f"commodity {k}", message))
    for r in np.flatnonzero(most.duals > 0).tolist():
        message = f"full even with all projects: a tonne more would move {most.duals[r]:,.4g} t more"
        found.append(Check.warning("still-full", f"resource {r}", message))
    price = problem.cost[problem.group[most.path_commodity]]
    by_path = [float(price[p][arcs].sum()) for p, arcs in enumerate(most.paths)]
    cost = float(projects.cost[known].sum())
    return Expansion(
        feasible=False,
        taken=known.copy(),
        cost_usd=cost,
        transport_usd=float(np.dot(by_path, most.path_tonnes)),
        penalty_usd=float(problem.penalty @ most.unmet),
        loads=most.loads,
        used=most.used,
        moved=most.moved,
        unmet=most.unmet,
        objective=np.inf,
        lower=np.inf,
        gap=0.0,
        checks=(*checks, *found),
    )
