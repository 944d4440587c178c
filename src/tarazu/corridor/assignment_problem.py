"""What is to be moved over which shared capacities: the input of `tarazu.corridor.assignment`, as arrays.

A commodity k (tonnes from an origin to a destination, at the costs of its class) may go over any arc; an arc uses
resources (a leg's line capacity, a port's throughput, a yard's axles per year), and several arcs may share one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import NetworkError, ShapeError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INTEGERS = ("tail", "head", "resource_arc", "resource_of", "origin", "destination", "group")


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Multicommodity flow with shared capacities. Built once, checked when built; sequences become arrays.

    Attributes
    ----------
    tail, head
        (A,) nodes that an arc leaves and enters, 0 <= node < `n`. Parallel arcs are allowed.
    n
        Number of nodes.
    cost
        (G, A) USD per tonne by cost class, >= 0; `inf` where the class may not use the arc.
    resource_arc, resource_of, resource_use
        (U,) triplets: a tonne on the arc takes `resource_use` >= 0 tonnes of the resource. Repeated pairs add up.
    capacity
        (R,) tonnes per period >= 0; `inf` where there is no limit.
    origin, destination
        (K,) nodes of each commodity.
    tonnes
        (K,) tonnes per period that want to move, >= 0.
    group
        (K,) cost class, 0 <= group < G.
    penalty
        (K,) USD lost by each tonne that does not move, >= 0 and finite.

    Raises
    ------
    ShapeError
        If arrays that belong together differ in length.
    NetworkError
        If a value makes no sense (negative or missing cost, a node that does not exist); `checks` lists each.
    """

    tail: Ints
    head: Ints
    n: int
    cost: Floats
    resource_arc: Ints
    resource_of: Ints
    resource_use: Floats
    capacity: Floats
    origin: Ints
    destination: Ints
    tonnes: Floats
    group: Ints
    penalty: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "n":
                value = _array(getattr(self, field.name), field.name)
                object.__setattr__(self, field.name, value)
        _same_shapes(self)
        found = [*_bad_indices(self), *_bad_values(self)]
        if found:
            raise NetworkError("; ".join(check.message for check in found), found)

    def use(self) -> Any:
        """(A, R) sparse matrix: tonnes of each resource that a tonne on each arc takes."""
        from scipy.sparse import csr_array

        shape = (len(self.tail), len(self.capacity))
        return csr_array((self.resource_use, (self.resource_arc, self.resource_of)), shape=shape)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Paths found so far, and the resources that ever bound: what the next assignment starts from.

    Attributes
    ----------
    commodity
        (P,) commodity of each path.
    start, arc
        Path p runs over ``arc[start[p]:start[p + 1]]``, from origin to destination; (P + 1,) and (L,).
    resources
        Resources that were ever violated without their row.
    """

    commodity: Ints
    start: Ints
    arc: Ints
    resources: Ints

    @classmethod
    def none(cls) -> Columns:
        """An empty pool: a cold start."""
        empty = np.zeros(0, np.int64)
        return cls(empty, np.zeros(1, np.int64), empty, empty)

    def path(self, p: int) -> Ints:
        """Arcs of path `p`."""
        return self.arc[self.start[p] : self.start[p + 1]]

    def joined(self, other: Columns) -> Columns:
        """Both pools, one after the other; resources once."""
        return Columns(
            np.concatenate((self.commodity, other.commodity)),
            np.concatenate((self.start, self.start[-1] + other.start[1:])),
            np.concatenate((self.arc, other.arc)),
            np.union1d(self.resources, other.resources),
        )

    def kept(self, keep: NDArray[np.bool_]) -> Columns:
        """The paths where `keep` (P,) is true."""
        length = np.diff(self.start)
        start = np.concatenate(([0], np.cumsum(length[keep])))
        return Columns(self.commodity[keep], start, self.arc[np.repeat(keep, length)], self.resources)

    def incidence(self, arcs: int) -> Any:
        """(P, A) sparse matrix: how often each path runs over each arc."""
        from scipy.sparse import csr_array

        ones = np.ones(len(self.arc))
        return csr_array((ones, self.arc, self.start), shape=(len(self.commodity), arcs))


def usable(columns: Columns, problem: Problem) -> Columns:
    """The paths of a pool that exist in this problem: right ends, arcs open to the class.

    A pool of another network is not an error, only of no use: what does not fit is left out.
    """
    k, arcs = len(problem.tonnes), len(problem.tail)
    length = np.diff(columns.start)
    owner = np.repeat(np.arange(len(length)), length)
    fits = (columns.commodity < k) & (length > 0)
    inside = columns.arc < arcs
    fits[owner[~inside]] = False
    resources = columns.resources[columns.resources < len(problem.capacity)]
    columns = Columns(columns.commodity, columns.start, columns.arc, resources).kept(fits)
    length, of = np.diff(columns.start), columns.commodity
    owner = np.repeat(np.arange(len(length)), length)
    price = problem.cost[problem.group[of[owner]], columns.arc]
    broken = owner[:-1] == owner[1:]
    broken &= problem.head[columns.arc[:-1]] != problem.tail[columns.arc[1:]]
    fits = np.ones(len(length), bool)
    fits[owner[~np.isfinite(price)]] = False
    fits[owner[:-1][broken]] = False
    fits &= problem.tail[columns.arc[columns.start[:-1]]] == problem.origin[of]
    fits &= problem.head[columns.arc[columns.start[1:] - 1]] == problem.destination[of]
    return columns.kept(fits)


def _array(value: ArrayLike, name: str) -> NDArray[Any]:
    """`value` as integers or floats; integers are never made by cutting a fraction off."""
    if name not in INTEGERS:
        return np.asarray(value, np.float64)
    given = np.asarray(value)
    if given.size and not np.issubdtype(given.dtype, np.integer):
        message = f"{name}: expected whole numbers (positions), got {given.dtype}. Give an integer array."
        raise NetworkError(message, [Check.error("not-an-index", name, message)])
    return given.astype(np.int64)


def _same_shapes(problem: Problem) -> None:
    a, u, k = len(problem.tail), len(problem.resource_arc), len(problem.origin)
    expected: dict[str, tuple[int, ...]] = {
        "tail": (a,),
        "head": (a,),
        "resource_arc": (u,),
        "resource_of": (u,),
        "resource_use": (u,),
        "capacity": (len(problem.capacity),),
        **dict.fromkeys(("origin", "destination", "tonnes", "group", "penalty"), (k,)),
    }
    for name, shape in expected.items():
        if getattr(problem, name).shape != shape:
            raise ShapeError(expected=shape, got=getattr(problem, name).shape, what=name)
    if problem.cost.ndim != 2 or problem.cost.shape[1] != a:
        raise ShapeError(expected=("classes", a), got=problem.cost.shape, what="cost by class and arc")


def _bad_indices(problem: Problem) -> list[Check]:
    bounds = {
        "tail": problem.n,
        "head": problem.n,
        "origin": problem.n,
        "destination": problem.n,
        "resource_arc": len(problem.tail),
        "resource_of": len(problem.capacity),
        "group": len(problem.cost),
    }
    found = []
    for name, bound in bounds.items():
        values = getattr(problem, name)
        for row in np.flatnonzero((values < 0) | (values >= bound))[:10]:
            message = f"{name}[{row}] is {values[row]}, expected 0 to {bound - 1}"
            found.append(Check.error("no-such-index", f"{name}[{row}]", message))
    return found


def _bad_values(problem: Problem) -> list[Check]:
    """Negative, missing or endless values. A negative cost would let goods earn money by going in circles."""
    rules = {
        "cost": (True, "USD per tonne of at least 0, or inf where the class may not use the arc"),
        "capacity": (True, "tonnes of at least 0, or inf where there is no limit"),
        "resource_use": (False, "tonnes per tonne of at least 0"),
        "tonnes": (False, "tonnes of at least 0"),
        "penalty": (False, "finite USD per tonne of at least 0"),
    }
    found = []
    for name, (endless, expected) in rules.items():
        values = getattr(problem, name)
        good = values >= 0  # false for a missing value too
        if not endless:
            good &= np.isfinite(values)
        for place in np.argwhere(~good)[:10].tolist():
            where = f"{name}[{', '.join(map(str, place))}]"
            message = f"{where} is {values[tuple(place)]:g}, expected {expected}"
            found.append(Check.error("bad-value", where, message))
    return found
