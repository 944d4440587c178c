"""Capacity assignment: what moves over which paths when all share the same capacities, at least total cost.

Multicommodity minimum-cost flow with unmet demand, by column generation (`assignment_master` states the programme;
Ford and Fulkerson 1958, Tomlin 1966). The answer is a system optimum: one planner who assigns every tonne, also to the
detriment of a single shipper. Shippers who each seek their own best do no better in total, so costs are a lower and
tonnes moved an optimistic figure; `equilibrium` shows the self-interested side for congested roads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.corridor.assignment_master import Master, Point
from tarazu.corridor.assignment_problem import Columns, Problem

__all__ = ["Assignment", "Columns", "Marginal", "Problem", "assign", "marginal"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GAP = 1e-9
LIMIT = 1_000  # rounds of pricing
CONFIRMED = 1e-6  # relative difference up to which a dual counts as confirmed


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Who moves how, what is full, and what one more tonne of it would save.

    Attributes
    ----------
    paths
        Arcs of each path that carries something, from origin to destination.
    path_commodity, path_tonnes
        (P,) whose path it is, and what it carries.
    loads
        (A,) tonnes on each arc.
    used
        (R,) tonnes of each resource taken, never above its capacity.
    moved, unmet
        (K,) tonnes; together the tonnes that want to move.
    cost_usd
        Transport cost plus penalties of what does not move; the same as `upper`.
    transport_usd
        Transport cost alone.
    lower, upper, gap
        Bounds of the optimum in USD, and their distance over `upper`.
    duals
        (R,) USD saved by one more tonne of capacity, >= 0; 0 where it does not bind. Where duals are not unique this
        is an upper bound: `marginal` solves again.
    iterations
        Rounds of pricing.
    columns
        Paths found: give them to the next `assign` on the same network.
    checks
        Commodities without a path or not worth their cost, and limits that were hit.
    """

    paths: tuple[Ints, ...]
    path_commodity: Ints
    path_tonnes: Floats
    loads: Floats
    used: Floats
    moved: Floats
    unmet: Floats
    cost_usd: float
    transport_usd: float
    lower: float
    upper: float
    gap: float
    duals: Floats
    iterations: int
    columns: Columns
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Marginal:
    """What one more tonne of a capacity is worth: by the dual, and by solving again.

    The dual bounds the saving from above. They differ where the optimum has a kink at or just above the present
    capacity (several duals are optimal): then `saved` is what one more tonne really brings.

    Attributes
    ----------
    resources
        (B,) resources asked for.
    dual, saved
        (B,) USD per tonne.
    confirmed
        (B,) whether the two agree.
    checks
        One note for each that does not, and limits that were hit.
    """

    resources: Ints
    dual: Floats
    saved: Floats
    confirmed: NDArray[np.bool_]
    checks: tuple[Check, ...]


def assign(
    problem: Problem, *, columns: Columns | None = None, gap: float = GAP, limit: int = LIMIT
) -> Assignment:
    """Move the tonnes at least total cost, penalties included: the system optimum.

    A planner's optimum is optimistic for shippers who each look after themselves.

    Parameters
    ----------
    problem
        Network, capacities and tonnes.
    columns
        Paths found before, on the same network at other costs, capacities or tonnes; what no longer fits is dropped.
    gap
        Relative distance of the proven bounds at which to stop. 0: go on until no better path exists.
    limit
        Most rounds of pricing. When it is hit the answer still keeps every capacity, and a check says how far from
        the optimum it may be.

    Raises
    ------
    ConvergenceError
        If the linear programme cannot be solved for numerical reasons.
    """
    master = Master(problem, Columns.none() if columns is None else columns)
    return _assignment(master, master.generate(gap, max(limit, 1)), gap)


def marginal(
    problem: Problem,
    assignment: Assignment,
    resources: Sequence[int] | Ints | None = None,
    *,
    step: float = 1.0,
    limit: int = LIMIT,
) -> Marginal:
    """Value of `step` more tonnes of each capacity, per tonne, by solving again beside what the dual says.

    Parameters
    ----------
    assignment
        Result of `assign` for the same problem; its paths are where each solution starts.
    resources
        Which; by default all with a dual above 0. Others, a closed link for instance, may be asked for too.
    step
        Tonnes added.
    """
    asked = np.flatnonzero(assignment.duals > 0) if resources is None else np.asarray(resources, np.int64)
    master = Master(problem, assignment.columns)
    base = master.generate(0.0, limit)
    saved, checks = np.zeros(len(asked)), []
    for i, r in enumerate(asked.tolist()):
        if not np.isfinite(problem.capacity[r]):
            continue
        master.set_capacity(r, problem.capacity[r] + step)
        point = master.generate(0.0, limit)
        saved[i] = max(float(base.upper - point.upper), 0.0) / step
        if not (base.ended and point.ended):
            checks.append(Check.warning("iteration-limit", f"resource {r}", _stopped(point)))
        master.set_capacity(r, problem.capacity[r])
    # Rounding of a total cost limits how exactly the difference of two totals is known.
    noise = 1e-13 * abs(base.upper) / step
    dual = assignment.duals[asked]
    confirmed = np.abs(dual - saved) <= CONFIRMED * np.maximum(dual, saved) + noise + 1e-9
    for r, at, by in zip(asked[~confirmed], dual[~confirmed], saved[~confirmed], strict=True):
        message = f"the dual says {at:,.4g} USD/t, solving again with {step:g} t more saves {by:,.4g} USD/t. "
        message += "The optimum has a kink here: take the second."
        checks.append(Check.note("degenerate-dual", f"resource {r}", message))
    return Marginal(asked, dual, saved, confirmed, tuple(checks))


def _assignment(master: Master, point: Point, gap: float) -> Assignment:
    problem, pool = master.problem, master.columns
    x = _within(master, point.x)
    moved = _by_commodity(master, x)
    # A commodity cannot move more than there is, whatever the solver's tolerance.
    share = np.divide(problem.tonnes, moved, out=np.ones_like(moved), where=moved > problem.tonnes)
    x = x * share[pool.commodity]
    moved = _by_commodity(master, x)
    unmet = problem.tonnes - moved
    unmet[unmet <= 1e-12 * problem.tonnes] = 0.0
    transport = float(master.cost @ x)
    upper = transport + float(problem.penalty @ unmet)
    # Both are sums of the same terms in another order: a bound above the cost is rounding.
    lower = min(point.lower, upper)
    reached = (upper - lower) / upper if upper > 0 else 0.0
    carries = np.flatnonzero(x > 0)
    resources = np.flatnonzero(master.row >= 0)
    return Assignment(
        paths=tuple(pool.path(p) for p in carries.tolist()),
        path_commodity=pool.commodity[carries],
        path_tonnes=x[carries],
        loads=pool.incidence(len(problem.tail)).T @ x,
        used=np.minimum(master.use.T @ x, problem.capacity),
        moved=problem.tonnes - unmet,
        unmet=unmet,
        cost_usd=upper,
        transport_usd=transport,
        lower=lower,
        upper=upper,
        gap=reached,
        duals=point.mu,
        iterations=point.iterations,
        columns=Columns(pool.commodity, pool.start, pool.arc, resources),
        checks=(*_unmoved(master), *_limits(point, reached, gap)),
    )


def _by_commodity(master: Master, x: Floats) -> Floats:
    """(K,) sum of flows x (P,); counting nothing would give integers."""
    return np.bincount(master.columns.commodity, x, len(master.problem.tonnes)).astype(np.float64)


def _within(master: Master, x: Floats) -> Floats:
    """Flows thinned on every path over a resource that is over its capacity, by rounding or by a limit hit."""
    used = master.use.T @ x
    share = np.divide(master.capacity, used, out=np.ones_like(used), where=used > master.capacity)
    factor = np.ones(len(x))
    count = np.diff(master.use.indptr)
    np.minimum.at(factor, np.repeat(np.arange(len(x)), count), share[master.use.indices])
    return x * factor


def _unmoved(master: Master) -> list[Check]:
    """Commodities that stay whatever the capacities."""
    problem, price, found = master.problem, master.free.price, []
    for k in np.flatnonzero((problem.tonnes > 0) & (price > problem.penalty)).tolist():
        where = f"commodity {k}"
        if np.isinf(price[k]):
            message = f"no path from node {problem.origin[k]} to node {problem.destination[k]} "
            message += f"open to class {problem.group[k]}: {problem.tonnes[k]:,.6g} t cannot move"
            found.append(Check.warning("no-path", where, message))
        else:
            message = (
                f"the cheapest path costs {price[k]:,.4g} USD/t, not moving {problem.penalty[k]:,.4g} USD/t: "
            )
            found.append(Check.note("not-worth-moving", where, message + "it stays"))
    return found


def _limits(point: Point, reached: float, gap: float) -> list[Check]:
    if not point.ended:
        return [
            Check.warning("iteration-limit", "", f"{_stopped(point)}; gap {reached:.2g}, wanted {gap:.2g}")
        ]
    if reached > max(gap, GAP):
        message = f"no better path is left, but rounding keeps the gap at {reached:.2g}, wanted {gap:.2g}"
        return [Check.warning("gap-not-reached", "", message)]
    return []


def _stopped(point: Point) -> str:
    return f"stopped after {point.iterations} rounds before the optimum was proven: raise the limit"
