"""Obligations between firms, read from arrays or a dataframe: who owes whom how much.

Firms are put in an order that does not depend on the order of the rows: numbers by value, text by length and
then by code point, so that the firms 7 and 12 stand in the same order as the firms "7" and "12". Rows in
messages count from 1; a header is not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import InputError, ShapeError

Ints = NDArray[np.int64]

COLUMNS = ("debtor", "creditor", "amount")
MAX_OBLIGATIONS = 20_000_000
LARGEST = int(np.iinfo(np.int64).max)
EXACT_FLOAT = 2**53


@dataclass(frozen=True, slots=True, eq=False)
class Obligations:
    """n obligations between N firms.

    Attributes
    ----------
    debtor, creditor
        (n,) positions in `firms`.
    amount
        (n,) minor units.
    age
        (n,) larger is older.
    firms
        (N,) identifiers in canonical order: int64, or objects that are text.
    """

    debtor: Ints
    creditor: Ints
    amount: Ints
    age: Ints
    firms: NDArray[Any]

    @property
    def total(self) -> int:
        return exact_sum(self.amount)


def read_obligations(given: Any, age: Any = None) -> Obligations:
    """Check and code obligations.

    Parameters
    ----------
    given
        ``(debtor, creditor, amount)``, three sequences of one length, or a dataframe (polars, pandas or alike)
        with columns of these names. Identifiers are whole numbers or text, amounts whole numbers of minor
        units; an amount of 0 is allowed, for an invoice that is paid but still listed.
    age
        (n,) whole numbers, larger is older, such as days outstanding. Without it, a column `age` of the
        dataframe; without that, earlier rows are older.

    Raises
    ------
    InputError
        If a value is missing, an amount is negative or no whole number, a firm owes itself, the amounts
        overflow 64 bits in sum, or there are more than `MAX_OBLIGATIONS`; it names the first such row.
    ShapeError
        If the columns differ in length.
    """
    columns = _columns(given)
    if age is not None:
        columns["age"] = _sequence(age, "age")
    amount = _whole(columns["amount"], "amount", "minor units")
    n = len(amount)
    for name, column in columns.items():
        if len(column) != n:
            raise ShapeError(expected=(n,), got=(len(column),), what=f"{name} of the obligations")
    if n > MAX_OBLIGATIONS:
        raise InputError(f"{n:,} obligations are too many for one set-off: at most {MAX_OBLIGATIONS:,}.")
    if (total := exact_sum(amount)) > LARGEST:
        raise InputError(f"The amounts sum to {total}, more than {LARGEST}: give them in larger units.")
    firms, debtor, creditor = _code(columns["debtor"], columns["creditor"])
    if len(own := np.flatnonzero(debtor == creditor)):
        # Clearing it would raise the share cleared without any debt gone between two parties.
        raise _refusal(own[0], "creditor", f"{firms[creditor[own[0]]]!r} owes itself; remove the row")
    older = _whole(columns["age"], "age", "days") if "age" in columns else np.arange(n, 0, -1)
    return Obligations(debtor, creditor, amount, older, firms)


def exact_sum(amount: Ints) -> int:
    """Sum of (n,) non-negative integers, which may not fit 64 bits."""
    return (int((amount >> 32).sum()) << 32) + int((amount & 0xFFFFFFFF).sum())


def _columns(given: Any) -> dict[str, NDArray[Any]]:
    """The columns by name."""
    if isinstance(given, (tuple, list)) and len(given) == len(COLUMNS):
        return {name: _sequence(column, name) for name, column in zip(COLUMNS, given, strict=True)}
    # A lazy frame has `collect`, and reading its columns would already run a part of the query.
    if hasattr(given, "collect") or not hasattr(given, "columns") or not hasattr(given, "__getitem__"):
        raise InputError(
            "Obligations: expected (debtor, creditor, amount) or a dataframe with these columns, "
            f"got {type(given).__name__}."
        )
    present = [str(name) for name in given.columns]
    if absent := [name for name in COLUMNS if name not in present]:
        raise InputError(f"Obligations: no column {', '.join(absent)}; the columns are {', '.join(present)}.")
    return {name: _sequence(given[name], name) for name in (*COLUMNS, "age") if name in present}


def _sequence(column: Any, name: str) -> NDArray[Any]:
    """A column as a one-dimensional array that keeps missing values."""
    if np.ma.isMaskedArray(column):
        column = column.tolist()  # masked becomes None
    if hasattr(column, "to_numpy"):
        column = column.to_numpy()
    if isinstance(column, np.ndarray):
        array = column
    elif isinstance(column, Sequence) and not isinstance(column, (str, bytes)):
        array = np.empty(len(column), object)
        array[:] = column
    else:
        raise InputError(f"Obligations, column {name}: expected an array, got {type(column).__name__}.")
    if array.ndim != 1:
        raise ShapeError(expected=("n",), got=array.shape, what=f"{name} of the obligations")
    return array


def _whole(values: NDArray[Any], column: str, unit: str) -> Ints:
    """Non-negative whole numbers as int64."""
    wanted = f"expected a whole number of {unit}"
    if values.dtype.kind == "f":
        _no_missing(np.isnan(values), column)
        wrong = (values != np.floor(values)) | (np.abs(values) >= EXACT_FLOAT)
    elif values.dtype.kind in "iu":
        wrong = values > LARGEST
    else:
        values = values.astype(object)
        _no_missing(np.fromiter(map(_absent, values), bool, len(values)), column)
        wrong = ~np.fromiter(map(_is_whole, values), bool, len(values))
    if len(at := np.flatnonzero(wrong)):
        raise _refusal(at[0], column, f"{_shown(values[at[0]])} is not usable; {wanted} below 2**63")
    if len(at := np.flatnonzero(values < 0)):
        raise _refusal(at[0], column, f"{_shown(values[at[0]])} is negative; {wanted}, 0 or more")
    return values.astype(np.int64)


def _is_whole(value: Any) -> bool:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, Decimal)):
        return False
    limit = LARGEST if isinstance(value, (Integral, Decimal)) else EXACT_FLOAT - 1
    number: Any = value
    return bool(-limit <= number <= limit and number == int(number))


def _absent(value: Any) -> bool:
    """None, NaN, or the NA of pandas, which equals nothing."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or bool(value != value)


def _no_missing(missing: NDArray[np.bool_], column: str) -> None:
    if len(at := np.flatnonzero(missing)):
        raise _refusal(at[0], column, "the value is missing; fill it in or remove the row")


def _code(debtor: NDArray[Any], creditor: NDArray[Any]) -> tuple[NDArray[Any], Ints, Ints]:
    """Firms in canonical order, and the positions of debtors and creditors in it."""
    owing, owed = _identifiers(debtor, "debtor"), _identifiers(creditor, "creditor")
    if isinstance(owing, list) != isinstance(owed, list) and len(debtor):
        raise InputError("Obligations: debtors and creditors must both be numbers or both be text.")
    if isinstance(owing, list) and isinstance(owed, list):
        number: dict[str, int] = {}
        code = [
            np.fromiter((number.setdefault(name, len(number)) for name in names), np.int64, len(names))
            for names in (owing, owed)
        ]
        known = sorted(number, key=lambda name: (len(name), name))
        rank = np.empty(len(known), np.int64)
        rank[[number[name] for name in known]] = np.arange(len(known))
        firms = np.empty(len(known), object)
        firms[:] = known
        return firms, rank[code[0]], rank[code[1]]
    firms, position = np.unique(np.concatenate((owing, owed)), return_inverse=True)
    return firms, position[: len(debtor)], position[len(debtor) :]


def _identifiers(values: NDArray[Any], column: str) -> Ints | list[str]:
    """Whole numbers, or text."""
    if values.dtype.kind == "u" and len(at := np.flatnonzero(values > LARGEST)):
        raise _refusal(at[0], column, f"{values[at[0]]} does not fit 64 bits; give it as text")
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    listed: list[Any] = values.tolist()
    kinds = set(map(type, listed))
    if kinds <= {str}:
        if "" in listed:
            raise _refusal(listed.index(""), column, "the value is missing; fill it in or remove the row")
        return listed
    _no_missing(np.fromiter(map(_absent, listed), bool, len(listed)), column)
    wanted, word = (str, "text, as in other rows") if str in kinds else (Integral, "a whole number or text")
    for row, value in enumerate(listed):
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise _refusal(row, column, f"{_shown(value)} is not an identifier here; expected {word}")
        if wanted is not str and abs(int(value)) > LARGEST:
            raise _refusal(row, column, f"{value} does not fit 64 bits; give it as text")
    return np.array(listed, np.int64)


def _shown(value: Any) -> str:
    return repr(value.item() if hasattr(value, "item") else value)


def _refusal(index: Any, column: str, finding: str) -> InputError:
    return InputError(f"Obligations, row {int(index) + 1}, column {column}: {finding}.")
