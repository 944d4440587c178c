"""Table: named columns with unit and meaning. What every engine returns and every file is written from."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import ShapeError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, unit (empty for text) and what it means."""

    name: str
    unit: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under named columns.

    Parameters
    ----------
    columns
        In the order in which they are printed.
    rows
        One tuple per row, as long as `columns`; `None` is missing.

    Raises
    ------
    ShapeError
        If a row has another length than the columns.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ShapeError(expected=len(self.columns), got=len(row), what=f"a row of table {self.name}")

    @classmethod
    def build(cls, name: str, columns: Sequence[Column], records: Iterable[Mapping[str, Any]]) -> Table:
        """From mappings; a key that is absent is missing."""
        names = [column.name for column in columns]
        return cls(name, tuple(columns), tuple(tuple(map(r.get, names)) for r in records))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = [column.name for column in self.columns]
        return (dict(zip(names, row, strict=True)) for row in self.rows)

    def column(self, name: str) -> list[Any]:
        """Values of one column."""
        index = [column.name for column in self.columns].index(name)
        return [row[index] for row in self.rows]

    def records(self) -> list[dict[str, Any]]:
        """Rows as dictionaries, ready for JSON: NaN becomes None."""
        return [{key: json_value(value) for key, value in row.items()} for row in self]

    @property
    def frame(self) -> pl.DataFrame:
        """The table as a polars frame."""
        import polars as pl

        names = [column.name for column in self.columns]
        return pl.DataFrame(list(self.rows), schema=names, orient="row", infer_schema_length=None)

    def to_csv(self) -> str:
        """Text of a CSV file, header included; missing values are empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows([["" if is_missing(value) else value for value in row] for row in self.rows])
        return out.getvalue()


def is_missing(value: Any) -> bool:
    """None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def json_value(value: Any) -> Any:
    """A value JSON can carry: numpy scalars unwrapped, NaN and infinity as None."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
