"""Where a figure comes from: publication, observation status, method and lineage.

Statuses are those of SDMX's code list CL_OBS_STATUS (A, E, F, M, P) plus C for a claim: a figure
said in a statement and not found in statistics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ObsStatus(StrEnum):
    """Observation status: SDMX codes, plus C for a claim."""

    NORMAL = "A"
    ESTIMATED = "E"
    FORECAST = "F"
    MISSING = "M"
    PROVISIONAL = "P"
    CLAIMED = "C"


class Doubt(StrEnum):
    """How far the person who entered a row trusts it."""

    NO = "no"
    CHECK = "check"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Source:
    """A publication behind a row."""

    publisher: str
    url: str = ""
    published: str = ""  # ISO date at the precision that is known

    def __str__(self) -> str:
        return ", ".join(part for part in (self.publisher, self.published, self.url) if part)


@dataclass(frozen=True, slots=True)
class Method:
    """How a figure was computed: one sentence, and the publication of the method where there is one."""

    text: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Lineage:
    """How one figure came about.

    `inputs` name the figures it was computed from, `rows` the dossier or bundled rows it rests on
    (``turnover.csv:tu038``).
    """

    figure: str
    method: Method
    inputs: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    values: Mapping[str, float | str] = field(default_factory=dict)
