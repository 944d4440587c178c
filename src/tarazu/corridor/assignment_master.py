"""Column and row generation for multicommodity flow: the master programme, its pricing and its bounds.

    min  sum_p c_p x_p + sum_k penalty_k u_k
    s.t. sum_{p of k} x_p + u_k = tonnes_k          (dual pi_k)
         sum_p use_rp x_p <= capacity_r             (dual -mu_r, mu >= 0)

Paths enter when they are cheaper than pi at costs plus mu (Ford and Fulkerson 1958); capacity rows enter when
violated. For any mu >= 0, sum_k tonnes_k min(penalty_k, shortest_k(mu)) - sum_r mu_r capacity_r bounds the optimum
from below, so that the gap is proven and not assumed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import ConvergenceError
from tarazu.corridor.assignment_problem import Columns, Problem, usable
from tarazu.corridor.shortest_trees import Links, blocks, links, paths, trees

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEASIBLE = 1e-10  # the tightest tolerance that HiGHS takes, in scaled units
PRIMAL, DUAL = 4, 1  # HiGHS's numbers of the simplex strategies
NEAR = 1e-9  # relative; paths this little dearer than the limits are still sought, for an exact price
KEPT = 6  # pricings kept: draws and what-ifs come back to the same few costs
IMPROVES = 1e-11  # reduced cost, in scaled units, below which a path is taken in


@dataclass(frozen=True, slots=True, eq=False)
class Cheapest:
    """Shortest paths at costs plus duals.

    Attributes
    ----------
    price
        (K,) USD/t of the best path; `inf` where there is none.
    columns
        The paths that beat the limits given.
    """

    price: Floats
    columns: Columns


class Pricing:
    """Shortest paths for all commodities, by cost class and origin.

    Duals only ever add to costs: a commodity whose cheapest path at costs alone runs over no resource with a dual keeps
    this path and its price. Only the others are sought again.

    Attributes
    ----------
    free
        Cheapest paths at costs alone.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.use = problem.use()
        self._graph: dict[int, Links] = {}
        self._origins: dict[int, Ints] = {}  # of each class, and where among them each commodity starts
        self._row = np.zeros(len(problem.group), np.int64)
        for g in np.unique(problem.group).tolist():
            members = problem.group == g
            self._graph[g] = links(problem.tail, problem.head, problem.n, np.isfinite(problem.cost[g]))
            self._origins[g], self._row[members] = np.unique(problem.origin[members], return_inverse=True)
        self._marks = np.random.default_rng(0).integers(2**63, size=len(problem.tail), dtype=np.int64)
        k = len(problem.group)
        every = np.arange(k)
        self.free = self._sought(every, np.zeros(len(problem.tail)), np.full(k, np.inf))
        self._taken = self.free.columns.incidence(len(problem.tail)) @ self.use

    def __call__(self, mu: Floats, limit: Floats) -> Cheapest:
        """Best path of each commodity at duals `mu` (R,); those sought again and cheaper than `limit` (K,) as columns.

        A price above every limit of the class is given as the highest of these.
        """
        tolled = self.free.columns.commodity[self._taken @ mu > 0]
        found = self._sought(tolled, self.use @ mu, limit)
        price = self.free.price.copy()
        price[tolled] = found.price[tolled]
        return Cheapest(price, found.columns)

    def names(self, columns: Columns) -> list[tuple[int, int]]:
        """Commodity of each path, and the sum of random numbers of its arcs: two paths with one sum are the same."""
        sums = np.concatenate(([0], np.cumsum(self._marks[columns.arc])))
        return list(zip(columns.commodity.tolist(), np.diff(sums[columns.start]).tolist(), strict=True))

    def _sought(self, asked: Ints, toll: Floats, limit: Floats) -> Cheapest:
        """Prices (K,) of the commodities `asked`, infinite for all others; none is sought beyond its group's limits."""
        problem = self.problem
        price = np.full(len(problem.group), np.inf)
        pool = [Columns.none()]
        group = problem.group[asked]
        for g in np.flatnonzero(np.bincount(group)).tolist():
            members = asked[group == g]
            wanted = self._row[members]
            rows = np.flatnonzero(np.bincount(wanted))
            origins, row = self._origins[g][rows], np.searchsorted(rows, wanted)
            most = max(float(limit[members].max()) * (1 + NEAR), 0.0)
            step = blocks(len(origins), problem.n)
            for begin in range(0, len(origins), step):
                here = (row >= begin) & (row < begin + step)
                who, at = members[here], row[here] - begin
                found = trees(self._graph[g], problem.cost[g] + toll, origins[begin : begin + step], most)
                price[who] = np.minimum(found.distance[at, problem.destination[who]], most)
                better = price[who] < limit[who]
                if better.any():
                    start, arc = paths(self._graph[g], found, at[better], problem.destination[who[better]])
                    pool.append(Columns(who[better], start, arc, pool[0].resources))
        return Cheapest(price, _joined(pool))


def _joined(pools: Sequence[Columns]) -> Columns:
    """All pools, one after the other."""
    ends = np.cumsum([0, *(each.start[-1] for each in pools)])
    starts = [each.start[1:] + end for each, end in zip(pools, ends, strict=False)]
    return Columns(
        np.concatenate([each.commodity for each in pools]),
        np.concatenate([[0], *starts]),
        np.concatenate([each.arc for each in pools]),
        pools[0].resources,
    )


_priced: OrderedDict[bytes, Pricing] = OrderedDict()


def pricing(problem: Problem) -> Pricing:
    """The pricing of a problem; of problems that differ in tonnes, capacities and penalties alone it is the same."""
    digest = blake2b(digest_size=16)
    for each in (
        problem.tail,
        problem.head,
        problem.cost,
        problem.resource_arc,
        problem.resource_of,
        problem.resource_use,
        problem.origin,
        problem.destination,
        problem.group,
    ):
        digest.update(f"{each.shape}".encode())
        digest.update(np.ascontiguousarray(each).data)
    digest.update(f"{problem.n} {len(problem.capacity)}".encode())
    key = digest.digest()
    found = _priced.pop(key, None) or Pricing(problem)
    _priced[key] = found  # the last used comes last
    while len(_priced) > KEPT:
        _priced.popitem(last=False)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Where the generation stands: flows x (P,), duals pi (K,) and mu (R,), bounds in USD, and whether it ended."""

    x: Floats
    pi: Floats
    mu: Floats
    upper: float
    lower: float
    iterations: int
    ended: bool


class Master:
    """The restricted master on HiGHS: all demand rows, and the columns and capacity rows that have entered.

    Tonnes and USD are scaled by powers of two to the order of one, so that the solver's absolute tolerances mean
    the same for a border post and for a seaport.
    """

    def __init__(self, problem: Problem, pool: Columns) -> None:
        self.problem = problem
        self.pricing = pricing(problem)
        self.capacity = problem.capacity.copy()
        self.columns = Columns.none()
        self.use = self._use_of(self.columns)
        self.cost = np.zeros(0)
        self.seen: set[tuple[int, int]] = set()
        self.row = np.full(len(problem.capacity), -1)
        self.free = self.pricing.free
        self.tonne = _power(problem.tonnes[problem.tonnes > 0])
        self.usd = _power(self.free.price[np.isfinite(self.free.price) & (self.free.price > 0)])
        self.solver = self._demand_rows()
        self.add_columns(usable(pool, problem))
        self.add_columns(self.free.columns)
        self.add_rows(pool.resources[pool.resources < len(problem.capacity)])

    def _demand_rows(self) -> Any:
        import highspy

        solver = highspy.Highs()
        for option, value in {
            "output_flag": False,
            "threads": 1,
            "presolve": "off",
            "solver": "simplex",
            "primal_feasibility_tolerance": FEASIBLE,
            "dual_feasibility_tolerance": FEASIBLE,
        }.items():
            solver.setOptionValue(option, value)
        k = len(self.problem.tonnes)
        none, rows = np.zeros(0, np.int32), np.arange(k, dtype=np.int32)
        tonnes = self.problem.tonnes / self.tonne
        solver.addRows(k, tonnes, tonnes, 0, np.zeros(k, np.int32), none, np.zeros(0))
        penalty, endless = self.problem.penalty / self.usd, np.full(k, np.inf)
        solver.addCols(k, penalty, np.zeros(k), endless, k, rows, rows, np.ones(k))
        return solver

    def _use_of(self, columns: Columns) -> Any:
        return (columns.incidence(len(self.problem.tail)) @ self.pricing.use).tocsr()

    def add_columns(self, columns: Columns) -> bool:
        """Take in the paths that are new; whether there were any."""
        from scipy.sparse import vstack

        new = np.zeros(len(columns.commodity), bool)
        for p, name in enumerate(self.pricing.names(columns)):
            if name not in self.seen:
                new[p] = True
                self.seen.add(name)
        if not new.any():
            return False
        columns = columns if new.all() else columns.kept(new)
        use = self._use_of(columns)
        owner = np.repeat(np.arange(len(columns.commodity)), np.diff(columns.start))
        price = self.problem.cost[self.problem.group[columns.commodity[owner]], columns.arc]
        cost = np.bincount(owner, price, len(columns.commodity))
        # Rows of the path: its demand, then those of its resources that are in the master.
        count = np.diff(use.indptr)
        path = np.repeat(np.arange(len(count)), count)
        inside = self.row[use.indices] >= 0
        rows = np.concatenate((columns.commodity, self.row[use.indices][inside])).astype(np.int32)
        values = np.concatenate((np.ones(len(count)), use.data[inside]))
        order = np.argsort(np.concatenate((np.arange(len(count)), path[inside])), kind="stable")
        start = np.concatenate(([0], np.cumsum(1 + np.bincount(path[inside], minlength=len(count)))))
        zero, endless = np.zeros(len(count)), np.full(len(count), np.inf)
        starts = start[:-1].astype(np.int32)
        self.solver.addCols(
            len(count), cost / self.usd, zero, endless, len(rows), starts, rows[order], values[order]
        )
        self.columns = self.columns.joined(columns)
        self.use = vstack((self.use, use)).tocsr()
        self.cost = np.concatenate((self.cost, cost))
        return True

    def add_rows(self, resources: Ints) -> bool:
        """Let the capacity of these resources bind; whether any was new."""
        new = resources[(self.row[resources] < 0) & np.isfinite(self.capacity[resources])]
        if not new.size:
            return False
        k = len(self.problem.tonnes)
        self.row[new] = self.solver.getNumRow() + np.arange(len(new))
        use = self.use.tocsc()[:, new].T.tocsr()
        upper = self.capacity[new] / self.tonne
        starts, indices = use.indptr[:-1].astype(np.int32), (use.indices + k).astype(np.int32)
        self.solver.addRows(len(new), np.full(len(new), -np.inf), upper, use.nnz, starts, indices, use.data)
        return True

    def set_capacity(self, resource: int, tonnes: float) -> None:
        """Change one capacity and keep everything found so far."""
        self.capacity[resource] = tonnes
        if self.row[resource] >= 0:
            self.solver.changeRowBounds(int(self.row[resource]), -np.inf, tonnes / self.tonne)

    def solve(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Flows (P,), unmet (K,), pi (K,) and mu (R,) of the restricted master, in tonnes and USD per tonne."""
        import highspy

        fine = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
        self.solver.run()
        if self.solver.getModelStatus() not in fine:
            # A stale basis can lead the simplex astray; from scratch this programme always has an optimum.
            self.solver.clearSolver()
            self.solver.run()
        status = self.solver.getModelStatus()
        if status not in fine:
            message = (
                f"The linear programme ended as {self.solver.modelStatusToString(status)}, not as optimal. "
            )
            raise ConvergenceError(
                message + "Costs or capacities may differ by too many orders of magnitude."
            )
        solution = self.solver.getSolution()
        value, dual = np.array(solution.col_value), np.array(solution.row_dual)
        k = len(self.problem.tonnes)
        mu = np.zeros(len(self.capacity))
        inside = self.row >= 0
        mu[inside] = np.maximum(-dual[self.row[inside]], 0.0) * self.usd
        mu[mu < FEASIBLE * self.usd] = 0.0  # the solver's zero
        flow = np.maximum(value, 0.0) * self.tonne
        return flow[k:], flow[:k], dual[:k] * self.usd, mu

    def settle(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Solve, and solve again with every capacity row that is violated, until none is."""
        columns_new = True
        while True:
            # New columns leave the basis feasible in flows, new rows in duals: each simplex starts where it can.
            self.solver.setOptionValue("simplex_strategy", PRIMAL if columns_new else DUAL)
            x, unmet, pi, mu = self.solve()
            slack = 1e-12 * (np.minimum(self.capacity, 1e30) + self.tonne)
            if not self.add_rows(np.flatnonzero(self.use.T @ x > self.capacity + slack)):
                return x, unmet, pi, mu
            columns_new = False

    def generate(self, gap: float, limit: int) -> Point:
        """Settle, price and take in what is cheaper, until nothing is or the gap is small enough."""
        lower, iterations = -np.inf, 0
        while True:
            iterations += 1
            x, unmet, pi, mu = self.settle()
            upper = float(self.cost @ x + self.problem.penalty @ unmet)
            best = self.pricing(mu, pi - IMPROVES * np.maximum(self.usd, np.abs(pi)))
            lower = max(lower, self.bound(best.price, mu))
            if upper - lower <= gap * abs(upper):
                return Point(x, pi, mu, upper, lower, iterations, True)
            if iterations >= limit:  # before more columns enter: the flows belong to those of now
                return Point(x, pi, mu, upper, lower, iterations, False)
            if not self.add_columns(best.columns):
                return Point(x, pi, mu, upper, lower, iterations, True)

    def bound(self, price: Floats, mu: Floats) -> float:
        """Lagrangean lower bound in USD."""
        charged = mu > 0
        best = np.minimum(self.problem.penalty, price)
        return float(self.problem.tonnes @ best - mu[charged] @ self.capacity[charged])


def _power(values: Floats) -> float:
    """Power of two near the mean; one where there is nothing to scale."""
    return float(2.0 ** np.round(np.log2(values.mean()))) if values.size else 1.0
