"""Set-off: the most that firms can clear against one another without anybody's net position changing.

    maximise  sum_k f_k   subject to  0 <= f_k <= a_k  and, for every firm, set off as debtor = as creditor

over the obligations a_k; f is a circulation, and the problem a min-cost flow with unit cost -1.
Source: Fleischman, Dini and Littera (2020), Liquidity-saving through obligation-clearing and mutual credit,
Journal of Risk and Financial Management 13(12), 295.

**What can be cleared at most**, `SetOff.compensable`: nobody can set off more than it owes, nor more than it
is owed, hence sum_i min(owed by i, owed to i). The Banja Luka Stock Exchange states this figure, "if the
participants' claims are taken into account", beside what it cleared: 42.2% of it in November 2015.

**Tie-break.** The largest sum is unique; how it falls on the obligations is not. The rule, in order:

1. Obligations of one debtor to one creditor are taken together. Their part of the set-off is shared pro rata,
   rounded down to minor units; the units left go one each to the oldest, then the larger, then the earlier row.
2. Among the largest circulations the solver's is taken, for firms and pairs in canonical order (see
   `tarazu.clearing.obligations`). So the outcome does not depend on the order of rows, and not on whether
   identifiers are numbers or text; it does depend on how firms sort, and on the solver, named in `solver`.
   Between pairs there is no pro rata and no preference for age: the fairest largest circulation is a
   quadratic programme without an integer solution in general.
3. `unique` marks obligations that rule 2 cannot touch: their potentials show that their pair clears as much in
   every optimum. The other pairs may, but need not, clear otherwise in another.

A set-off is a proposal until every party whose obligation it reduces has consented, and final when the cycle
that contains it is closed: finality belongs to the cycle, not to this computation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.clearing.circulation import maximum_circulation, solver_name
from tarazu.clearing.obligations import Ints, Obligations, exact_sum, read_obligations
from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table

LARGEST_POTENTIAL = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """Why no larger set-off exists: one whole number p per firm, the potentials (dual variables).

    For every obligation from i to j: set off at all only if p_j - p_i <= 1, and in full unless p_j - p_i >= 1.
    Then the sum set off equals `bound`, which no circulation can exceed, whatever the potentials are:

        sum f = sum f (1 - (p_j - p_i))  <=  sum a max(0, 1 - (p_j - p_i))
    """

    firms: NDArray[Any]  # (N,) identifiers in canonical order
    potential: Ints  # (N,)

    def __post_init__(self) -> None:
        # Differences of larger numbers could wrap around and feign a proof.
        values = self.potential
        if (
            values.dtype.kind not in "iu"
            or (values > LARGEST_POTENTIAL).any()
            or (values < -LARGEST_POTENTIAL).any()
        ):
            raise InputError("A certificate's potentials must be whole numbers between -2**62 and 2**62.")

    def bound(self, obligations: Any) -> int:
        """The largest sum that any set-off of these obligations can reach according to the potentials."""
        book = read_obligations(obligations)
        return _bound(book.amount, self.potential[book.creditor] - self.potential[book.debtor])


@dataclass(frozen=True, slots=True, eq=False)
class SetOff:
    """A largest set-off. Arrays are (n,), in the order of the obligations given; money in minor units."""

    debtor: NDArray[Any]
    creditor: NDArray[Any]
    amount: Ints
    set_off: Ints
    unique: NDArray[np.bool_]  # proven: the pair of this obligation clears as much in every optimum
    compensable: int
    certificate: Certificate
    solver: str  # name and version; another version may choose another of the largest set-offs

    @property
    def residual(self) -> Ints:
        """(n,) what is still owed."""
        return self.amount - self.set_off

    @property
    def total(self) -> int:
        return exact_sum(self.amount)

    @property
    def cleared(self) -> int:
        return exact_sum(self.set_off)

    @property
    def cleared_share(self) -> float:
        """Cleared of all obligations; not a number if nothing is owed."""
        return share(self.cleared, self.total)

    @property
    def cleared_of_compensable(self) -> float:
        """Cleared of what could be cleared at most; not a number if that is nothing."""
        return share(self.cleared, self.compensable)

    @property
    def table(self) -> Table:
        """One row per obligation."""
        columns = (
            Column("debtor", meaning="firm that owes"),
            Column("creditor", meaning="firm that is owed"),
            Column("amount", "minor units", "owed before the set-off"),
            Column("set_off", "minor units", "cleared without payment"),
            Column("residual", "minor units", "owed after the set-off"),
            Column("unique", meaning="proven that every largest set-off clears as much of this pair"),
        )
        data = (self.debtor, self.creditor, self.amount, self.set_off, self.residual, self.unique)
        return Table("set_off", columns, tuple(zip(*(column.tolist() for column in data), strict=True)))

    def verify(self, obligations: Any) -> tuple[Check, ...]:
        """Findings against this set-off of the obligations; none if it is one and no larger exists."""
        return check_certificate(obligations, self.set_off, self.certificate)


def set_off(obligations: Any, age: Any = None) -> SetOff:
    """Clear as much as possible among firms by multilateral set-off.

    Parameters
    ----------
    obligations
        ``(debtor, creditor, amount)`` or a dataframe with these columns: identifiers as whole numbers or text,
        amounts as whole minor units of one currency; see `read_obligations`.
    age
        (n,) whole numbers, larger is older; without it a column `age`, and without that earlier rows are older.

    Raises
    ------
    InputError
        If a row cannot be used (it is named), or OR-tools is not installed.
    ConvergenceError
        If the solver ends without an optimum.
    """
    book = read_obligations(obligations, age)
    debtor, creditor, pair = _pairs(book)
    owed = _sums(pair, book.amount, len(debtor))
    solved = maximum_circulation(debtor, creditor, owed, len(book.firms))
    rise = solved.potential[creditor] - solved.potential[debtor]
    return SetOff(
        debtor=book.firms[book.debtor],
        creditor=book.firms[book.creditor],
        amount=book.amount,
        set_off=_share_out(solved.flow, owed, pair, book),
        unique=(rise != 1)[pair],
        compensable=_compensable(book),
        certificate=Certificate(book.firms, solved.potential),
        solver=solver_name(),
    )


def check_certificate(obligations: Any, cleared: Any, certificate: Certificate) -> tuple[Check, ...]:
    """Check a set-off in one pass and without a solver: bounds, net positions, and that none is larger.

    Parameters
    ----------
    cleared
        (n,) minor units set off of each obligation, in their order.

    Returns
    -------
    tuple of Check
        Errors that name the first row or firm at fault for each condition; empty if the set-off is proven.
    """
    book = read_obligations(obligations)
    values, potential = np.asarray(cleared), np.asarray(certificate.potential)
    if values.shape != book.amount.shape or values.dtype.kind not in "iu":
        return (
            _error("set-off-shape", "", f"expected {len(book.amount)} whole numbers, one per obligation"),
        )
    if not np.array_equal(certificate.firms, book.firms) or potential.shape != book.firms.shape:
        return (_error("certificate-firms", "", "the certificate is of other firms than the obligations"),)
    found = []
    outside = (values < 0) | (values > book.amount)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        return (_row("set-off-bounds", row, f"{values[row]} set off of {book.amount[row]}"),)
    position = np.zeros(len(book.firms), np.int64)
    np.add.at(position, book.debtor, values)
    np.subtract.at(position, book.creditor, values)
    if position.any():
        at = int(np.flatnonzero(position)[0])
        found.append(
            _error("net-position", f"firm {book.firms[at]}", f"its net position changes by {position[at]}")
        )
    rise = potential[book.creditor] - potential[book.debtor]
    slack = ((values > 0) & (rise > 1)) | ((values < book.amount) & (rise < 1))
    if slack.any():
        row = int(np.flatnonzero(slack)[0])
        message = f"{values[row]} of {book.amount[row]} set off although the potential rises by {rise[row]}"
        found.append(_row("optimality", row, message))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Bilateral:
    """What each pair of parties owes one another, one row per pair; money in minor units."""

    first: NDArray[Any]  # (P,) the party that comes first in canonical order
    second: NDArray[Any]  # (P,)
    first_owes: Ints  # (P,)
    second_owes: Ints  # (P,)

    @property
    def net(self) -> Ints:
        """(P,) what the first owes the second after netting; negative if the second owes the first."""
        return self.first_owes - self.second_owes

    @property
    def set_off(self) -> Ints:
        """(P,) what both sides together no longer have to pay."""
        return 2 * np.minimum(self.first_owes, self.second_owes)

    @property
    def table(self) -> Table:
        """One row per pair."""
        columns = (
            Column("first", meaning="party"),
            Column("second", meaning="party"),
            Column("first_owes", "minor units", "owed by the first to the second"),
            Column("second_owes", "minor units", "owed by the second to the first"),
            Column("net", "minor units", "owed by the first after netting; negative: by the second"),
        )
        data = (self.first, self.second, self.first_owes, self.second_owes, self.net)
        return Table("bilateral", columns, tuple(zip(*(column.tolist() for column in data), strict=True)))


def bilateral(obligations: Any) -> Bilateral:
    """Net the obligations of each pair of parties; raises as `set_off` does."""
    book = read_obligations(obligations)
    low, high = np.minimum(book.debtor, book.creditor), np.maximum(book.debtor, book.creditor)
    n = max(len(book.firms), 1)
    keys, pair = np.unique(low * n + high, return_inverse=True)
    by_first = book.debtor == low
    return Bilateral(
        first=book.firms[keys // n],
        second=book.firms[keys % n],
        first_owes=_sums(pair[by_first], book.amount[by_first], len(keys)),
        second_owes=_sums(pair[~by_first], book.amount[~by_first], len(keys)),
    )


def netting_bound(x: float, m: float) -> float:
    """Largest share of the payments between two sides that netting can clear: 2 min(x, m) / (x + m).

    It is `compensable` over the total of two parties. Not a number if neither side owes anything.
    """
    if not (x >= 0 and m >= 0 and x + m < np.inf):
        raise InputError(f"Netting bound: expected two flows of 0 or more, got {x} and {m}.")
    return share(2 * min(x, m), x + m)


def share(part: float, whole: float) -> float:
    """Part of a whole; not a number if the whole is 0."""
    return part / whole if whole else float("nan")


def _pairs(book: Obligations) -> tuple[Ints, Ints, Ints]:
    """Debtor and creditor of every pair in canonical order, and the pair of every obligation."""
    n = max(len(book.firms), 1)
    keys, pair = np.unique(book.debtor * n + book.creditor, return_inverse=True)
    return keys // n, keys % n, pair


def _sums(group: Ints, amount: Ints, groups: int) -> Ints:
    """(groups,) sums of the amounts of each group, in integers."""
    out = np.zeros(groups, np.int64)
    np.add.at(out, group, amount)
    return out


def _compensable(book: Obligations) -> int:
    n = len(book.firms)
    return exact_sum(np.minimum(_sums(book.debtor, book.amount, n), _sums(book.creditor, book.amount, n)))


def _share_out(flow: Ints, owed: Ints, pair: Ints, book: Obligations) -> Ints:
    """Divide the flow of every pair among its obligations: pro rata rounded down, the rest by age."""
    out = np.where((flow == owed)[pair], book.amount, 0)
    rows = np.flatnonzero(((flow > 0) & (flow < owed))[pair])
    group = pair[rows]
    out[rows] = _pro_rata(flow[group], book.amount[rows], owed[group])
    rest = flow - _sums(pair, out, len(flow))
    # A part rounded down is below its amount, and at least as many rows have one as units are left over.
    amount, age = book.amount[rows], book.age[rows]
    order = np.lexsort((-amount, -age, amount == 0, group))
    ranked = group[order]
    place = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)
    out[rows[order[place < rest[ranked]]]] += 1
    return out


def _pro_rata(flow: Ints, amount: Ints, owed: Ints) -> Ints:
    """flow * amount // owed, in Python's integers where the product does not fit 64 bits."""
    wide = flow.astype(np.float64) * amount >= 2.0**62
    out = np.empty(len(flow), np.int64)
    out[~wide] = flow[~wide] * amount[~wide] // owed[~wide]
    out[wide] = flow[wide].astype(object) * amount[wide].astype(object) // owed[wide].astype(object)
    return out


def _bound(amount: Ints, rise: Ints) -> int:
    """sum a max(0, 1 - rise), exactly: the rises are few different numbers."""
    levels, level = np.unique(rise, return_inverse=True)
    sums = _sums(level, amount, len(levels))
    return sum(max(0, 1 - r) * s for r, s in zip(levels.tolist(), sums.tolist(), strict=True))


def _error(name: str, where: str, message: str) -> Check:
    return Check.error(name, where, f"{message}; do not use this set-off, compute it anew.")


def _row(name: str, row: int, message: str) -> Check:
    return _error(name, f"obligations, row {row + 1}", message)
