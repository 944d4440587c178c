"""The arc formulation of capacity expansion on HiGHS: flows by class and destination, tonnes that stay, projects.

For each class g and destination s, and each node v but s:  out(v) - in(v) + sum_{k at v} u_k = sum_{k at v} tonnes_k;
for each capacity r:  use of r - sum_{j on r} added_j y_j <= capacity_r;  and  sum_k u_k <= the tonnes that may stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import ConvergenceError, NetworkError
from tarazu.corridor.assignment_problem import Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST = 2_000_000  # flow variables: about 1 GB in the solver
TIGHT = 1e-9  # feasibility tolerances, in scaled units
LOOP = 1e-7  # of the mean cost, on every arc, so that nothing goes in circles where that is free


@dataclass(frozen=True, slots=True, eq=False)
class ArcModel:
    """Columns: F flows (group, arc), K tonnes that stay, J projects. Tonnes are divided by `scale`."""

    problem: Problem
    matrix: Any  # (rows, F + K + J), sparse by column
    lower: Floats  # of rows
    upper: Floats
    flow_class: Ints  # (F,)
    flow_arc: Ints  # (F,)
    most: Floats  # (F + K + J,) upper bound of each column
    projects: int
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """An answer: `built` is None where there is none. `lower` bounds the objective in USD."""

    built: Bools | None
    loads: Floats
    unmet: Floats
    transport_usd: float
    lower: float
    limited: bool


def arc_model(
    problem: Problem, resource: Ints, added: Floats, left: float, project: Ints | None = None
) -> ArcModel:
    """Rows and columns for projects when at most `left` tonnes may stay.

    Parameters
    ----------
    resource, project
        (U,) capacities that grow, and the project of each; by default one each, in order.
    added
        (J,) tonnes that a project adds to each of its capacities.
    """
    from scipy.sparse import coo_array, csc_array, hstack, vstack

    k, n = len(problem.tonnes), problem.n
    moving = np.flatnonzero((problem.tonnes > 0) & (problem.origin != problem.destination))
    keys, of = np.unique(problem.group[moving] * n + problem.destination[moving], return_inverse=True)
    open_to = np.isfinite(problem.cost[keys // n])
    flow, arc = np.nonzero(open_to)
    if len(flow) > MOST:
        message = (
            f"{len(flow):,} flow variables (classes × destinations × arcs) exceed the {MOST:,} that fit into "
        )
        raise NetworkError(message + "memory. Merge cost classes, destinations or legs.")
    f, scale = len(flow), float(2.0 ** np.round(np.log2(max(problem.tonnes.mean() if k else 1.0, 1e-9))))
    row, one = flow * n, np.ones(f)
    leave = coo_array((one, (row + problem.tail[arc], np.arange(f))), shape=(len(keys) * n, f))
    enter = coo_array((one, (row + problem.head[arc], np.arange(f))), shape=(len(keys) * n, f))
    start = of * n + problem.origin[moving]
    stay = coo_array((np.ones(len(moving)), (start, moving)), shape=(len(keys) * n, k))
    supply = np.bincount(start, problem.tonnes[moving], len(keys) * n)
    keep = np.ones(len(keys) * n, bool)
    keep[np.arange(len(keys)) * n + keys % n] = False
    finite = np.flatnonzero(np.isfinite(problem.capacity))
    j, of = len(added), np.arange(len(added)) if project is None else project
    grow = coo_array((-added[of] / scale, (resource, of)), shape=(len(problem.capacity), j))
    conserve = hstack((leave - enter, stay, csc_array((len(keys) * n, j)))).tocsr()[np.flatnonzero(keep)]
    limits = hstack((problem.use()[arc].T, csc_array((len(problem.capacity), k)), grow)).tocsr()[finite]
    total = csc_array(np.concatenate((np.zeros(f), np.ones(k), np.zeros(j)))[None, :])
    rows = (supply[keep] / scale, problem.capacity[finite] / scale, [left / scale])
    lower = np.concatenate((rows[0], np.full(len(finite) + 1, -np.inf)))
    may_stay = np.minimum(problem.tonnes, left) / scale
    may_stay[problem.origin == problem.destination] = 0.0
    return ArcModel(
        problem=problem,
        matrix=vstack((conserve, limits, total)).tocsc(),
        lower=lower,
        upper=np.concatenate(rows),
        flow_class=keys[flow] // n,
        flow_arc=arc,
        most=np.concatenate((np.full(f, np.inf), may_stay, np.ones(j))),
        projects=j,
        scale=scale,
    )


def solve(
    model: ArcModel,
    *,
    limit: int,
    project_cost: Floats | None = None,
    weigh: float | None = None,
    fixed: Bools | None = None,
    refused: Sequence[Bools] = (),
) -> Solved:
    """Least USD of projects alone, or (`weigh`) of projects, transport and penalties; with a set `fixed`, of the rest.

    `refused` are sets of which at least one more project must be built, for they do not carry the target.
    """
    problem, f, k = model.problem, len(model.flow_arc), len(model.problem.tonnes)
    flow_cost = problem.cost[model.flow_class, model.flow_arc]
    charge = np.zeros(model.projects) if project_cost is None else project_cost
    if weigh is None:
        cost = np.concatenate((np.zeros(f + k), charge))
    else:
        loop = LOOP * (flow_cost.mean() if f else 0.0)
        cost = np.concatenate(
            ((flow_cost + loop) * model.scale, problem.penalty * model.scale, weigh * charge)
        )
    usd = float(2.0 ** np.round(np.log2(cost[cost > 0].mean()))) if (cost > 0).any() else 1.0
    low, high = np.zeros(len(cost)), model.most.copy()
    if fixed is not None:
        low[f + k :] = high[f + k :] = fixed
    solver = _loaded(model, cost / usd, low, high, integer=fixed is None)
    solver.setOptionValue("mip_max_nodes", limit)
    for taken in refused:
        others = (f + k + np.flatnonzero(~taken)).astype(np.int32)
        solver.addRow(1.0, np.inf, len(others), others, np.ones(len(others)))
    solver.run()
    return _solved(model, solver, flow_cost, usd, limited=fixed is None)


def _loaded(model: ArcModel, cost: Floats, low: Floats, high: Floats, *, integer: bool) -> Any:
    """A solver that holds the programme; deterministic, one thread, no gap allowed."""
    import highspy

    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, low, high
    lp.row_lower_, lp.row_upper_ = model.lower, model.upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = model.matrix.indptr, model.matrix.indices
    lp.a_matrix_.value_ = model.matrix.data
    if integer:
        kinds = [highspy.HighsVarType.kContinuous] * len(cost)
        kinds[len(cost) - model.projects :] = [highspy.HighsVarType.kInteger] * model.projects
        lp.integrality_ = kinds
    solver = highspy.Highs()
    options: dict[str, Any] = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-9}
    for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance", "mip_feasibility_tolerance"):
        options[name] = TIGHT
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    return solver


def _solved(model: ArcModel, solver: Any, flow_cost: Floats, usd: float, *, limited: bool) -> Solved:
    import highspy

    status, k = solver.getModelStatus(), len(model.problem.tonnes)
    best, stopped = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kSolutionLimit
    infeasible = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
    info, f = solver.getInfo(), len(model.flow_arc)
    lower = float(info.mip_dual_bound if limited else info.objective_function_value) * usd
    none, left = np.zeros(len(model.problem.tail)), np.zeros(k)
    if status in infeasible and not limited:
        return Solved(None, none, left, 0.0, lower, False)
    if status not in (best, stopped):
        message = f"The programme of projects ended as {solver.modelStatusToString(status)}, not as optimal. "
        raise ConvergenceError(message + "Costs or capacities may differ by too many orders of magnitude.")
    if status == stopped and info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Solved(None, none, left, 0.0, lower, True)
    value = np.array(solver.getSolution().col_value)
    flow = np.maximum(value[:f], 0.0) * model.scale
    unmet = np.clip(value[f : f + k] * model.scale, 0.0, model.problem.tonnes)
    unmet[unmet <= TIGHT * np.maximum(model.problem.tonnes, model.scale)] = 0.0  # the solver's zero
    loads = np.bincount(model.flow_arc, flow, len(model.problem.tail)).astype(np.float64)
    return Solved(value[f + k :] > 0.5, loads, unmet, float(flow_cost @ flow), lower, status == stopped)
