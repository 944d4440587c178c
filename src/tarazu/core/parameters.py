"""Model parameters as data: every value with its 80% interval, unit, meaning, basis and citation.

They stand in ``data/parameters.toml`` (``forecast.toml``, ``potential.toml``, ``clearing.toml``, ``corridor.toml``
and ``register.toml`` hold what belongs to one stage), once; engines, documentation and `explain` read them from there.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tarazu.core.measure import Basis, Interval

FILES = (
    "parameters.toml",
    "forecast.toml",
    "potential.toml",
    "clearing.toml",
    "corridor.toml",
    "register.toml",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes
    ----------
    value, low, high
        Central value and 80% interval, in `unit`.
    basis
        Published, or our judgement.
    """

    id: str
    value: float
    low: float
    high: float
    unit: str
    meaning: str
    basis: Basis
    citation: str

    @property
    def interval(self) -> Interval:
        return Interval(self.low, self.value, self.high)


def bundled_text(name: str) -> str:
    """Text of a file of the package's reference data, such as ``effects.csv``."""
    return (files("tarazu.data") / name).read_text(encoding="utf-8")


@cache
def _document(file: str) -> dict[str, Any]:
    return tomllib.loads(bundled_text(file))


@cache
def section(name: str, file: str = "parameters.toml") -> dict[str, Parameter]:
    """The parameters of one section by name; entries that are not numbers are left to their owner."""
    found = {}
    for key, entry in _document(file)[name].items():
        if isinstance(entry.get("value"), (int, float)):
            found[key] = Parameter(
                id=f"{name}.{key}",
                value=float(entry["value"]),
                low=float(entry["low"]),
                high=float(entry["high"]),
                unit=entry["unit"],
                meaning=entry["meaning"],
                basis=Basis(entry["basis"]),
                citation=entry["citation"],
            )
    return found


def listed(name: str, key: str, file: str = "parameters.toml") -> tuple[str, ...]:
    """A parameter that is a list of words, such as the chapters of time-sensitive goods."""
    return tuple(_document(file)[name][key]["value"])


def all_parameters() -> tuple[Parameter, ...]:
    """Every numeric parameter of the bundled files."""
    return tuple(
        parameter for file in FILES for name in _document(file) for parameter in section(name, file).values()
    )
