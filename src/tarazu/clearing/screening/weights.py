"""Weights of the name score, read from ``data/screening/weights.toml``, where each is explained."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from tarazu.core.parameters import bundled_text


@dataclass(frozen=True, slots=True)
class Weights:
    """Constants of the score by the names they have in weights.toml."""

    name: float
    generic: float
    servant: float
    number: float
    edit: float
    fold: float
    bones: float
    initial: float
    join: float
    conflict: float
    extra: float
    most_left: float
    light: float
    form: float
    order: float
    number_conflict: float
    number_missing: float
    power: float
    whole_edit: float
    single: float
    cut_off: float


@cache
def document(name: str) -> dict[str, Any]:
    """A TOML file of ``data/screening``."""
    return tomllib.loads(bundled_text(f"screening/{name}"))


@cache
def weights() -> Weights:
    """The weights as shipped."""
    data = document("weights.toml")
    return Weights(**{field.name: float(data[field.name]["value"]) for field in fields(Weights)})
