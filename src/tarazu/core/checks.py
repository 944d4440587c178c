"""Checks: bad or doubtful data comes back as a value with its place, never swallowed, never a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # the row, or the dossier, cannot be used
    WARNING = "warning"  # used, but a reader should look
    NOTE = "note"  # said for completeness


@dataclass(frozen=True, slots=True)
class Check:
    """One finding about data.

    Attributes
    ----------
    name
        Stable identifier of the rule, kebab-case.
    where
        Place: ``file, row N, column C``, a statement id, or a product.
    message
        What was found, what was expected and how to mend it.
    """

    name: str
    severity: Severity
    where: str
    message: str

    def __str__(self) -> str:
        return (
            f"{self.severity}: {self.where}: {self.message}"
            if self.where
            else f"{self.severity}: {self.message}"
        )

    @classmethod
    def error(cls, name: str, where: str, message: str) -> Check:
        """A finding that makes the row or the dossier unusable."""
        return cls(name, Severity.ERROR, where, message)

    @classmethod
    def warning(cls, name: str, where: str, message: str) -> Check:
        """A finding that does not stop the run but that a reader should look at."""
        return cls(name, Severity.WARNING, where, message)

    @classmethod
    def note(cls, name: str, where: str, message: str) -> Check:
        """A remark said for completeness."""
        return cls(name, Severity.NOTE, where, message)


def errors(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks that are errors."""
    return tuple(check for check in checks if check.severity is Severity.ERROR)


def place(file: str, row: int | None = None, column: str | None = None) -> str:
    """``turnover.csv, row 14, column value_usd``; rows count from 1, the header being row 1."""
    parts = [file]
    if row is not None:
        parts.append(f"row {row}")
    if column is not None:
        parts.append(f"column {column}")
    return ", ".join(parts)
