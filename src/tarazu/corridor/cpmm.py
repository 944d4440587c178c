"""Corridor performance indicators of CAREC (CPMM) from logs of shipments.

    TFI1  hours at a border crossing point, all activities of one shipment at one point
    TFI2  US dollars paid there, unofficial payments included
    TFI3  cost × (500 km / distance) × (20 t / cargo), borders included; road and rail alike
    SWOD  distance / time in motion                       (speed without delay)
    SWD   distance / (time in motion + time standing)     (TFI4, speed with delay)

Definitions: CAREC Corridor Performance Measurement and Monitoring, introduction of the 2023 report
(https://cpmm.carecprogram.org/2023-report) and Table 2.1 of the 2022 report
(https://cpmm.carecprogram.org/2022-report/road-transport). CPMM prints averages. Whether it trims or weights
them we could not confirm, so nothing is trimmed here: `mean` counts every shipment (or visit) once, `pooled`
divides the totals. What each column means stands in ``data/corridor/cpmm_columns.csv``.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.parameters import bundled_text
from tarazu.core.table import Column, Table
from tarazu.corridor.cpmm_log import Log, Stop, columns, declared, read_log

__all__ = [
    "Log",
    "Stop",
    "change_interval",
    "columns",
    "indicators",
    "nothing_to_group",
    "published",
    "read_log",
    "within_rounding",
]

SECTION_KM = 500.0  # of the definition of TFI3, as is the weight
CARGO_T = 20.0
BY = ("mode", "corridor", "country", "bcp")

_LARGEST_BLOCK = 5_000_000  # resampled shipments held in memory at once
_UNLIKE = 1e-9  # percentage points by which two bounds differ through floating point alone


@dataclass(slots=True)
class _Values:
    """Observations of one indicator in one group: value, and numerator and denominator for the pooled figure."""

    shipments: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    over: list[float] = field(default_factory=list)
    under: list[float] = field(default_factory=list)

    def add(self, shipment: str, over: float, under: float) -> None:
        self.shipments.append(shipment)
        self.values.append(over / under)
        self.over.append(over)
        self.under.append(under)


def indicators(
    log: Log,
    by: str | Sequence[str] = ("mode",),
    *,
    confidence: float | None = None,
    resamples: int = 1000,
    seed: int = 1,
) -> Table:
    """TFI1 to TFI4 of a log by group.

    Parameters
    ----------
    by
        Any of `mode`, `corridor`, `country` and `bcp`; rows without the value form no group. By `bcp` there are TFI1
        and TFI2 only. A shipment counts in every group in which it has rows, with those rows alone.
    confidence
        Level such as 0.9 of an interval of the mean by bootstrap over shipments (percentile method, Efron 1979):
        visits of one shipment go together. None for no interval; empty where a group has one shipment.

    Returns
    -------
    Table
        Per group and indicator: n values of how many shipments, mean, standard deviation (of a sample), quantiles 10,
        50 and 90%, and `pooled`, the quotient of the totals.

    Raises
    ------
    InputError
        If `by` names no column to group by, or `confidence` or `resamples` is out of range.
    """
    keys = (by,) if isinstance(by, str) else tuple(by)
    if not set(keys) <= set(BY) or len(set(keys)) < len(keys):
        raise InputError(
            f"Cannot group by {', '.join(map(str, keys))}: choose from {', '.join(BY)}, each once."
        )
    if confidence is not None and not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; a level between 0 and 1, such as 0.9, is expected.")
    if not 1 <= resamples <= 100_000:
        raise InputError(f"resamples is {resamples}; a number from 1 to 100,000 is expected.")
    found: dict[tuple[Any, ...], dict[str, _Values]] = defaultdict(lambda: defaultdict(_Values))
    for name, rows in log.shipments.items():
        _add_visits(found, keys, name, rows, log)
        if name not in log.partial and "bcp" not in keys:
            _add_sections(found, keys, name, rows)
    rng = np.random.default_rng(seed)
    records = []
    for group, values in sorted(found.items()):
        for name in declared("indicator"):
            if name in values:
                summary = _summary(name, values[name], confidence, resamples, rng)
                records.append({**dict(zip(keys, group, strict=True)), **summary})
    return Table.build("cpmm_indicators", _heads(keys), records)


def _group(row: Stop, keys: Sequence[str]) -> tuple[Any, ...] | None:
    group = tuple(getattr(row, key) for key in keys)
    return None if None in group else group


def _visits(rows: Sequence[Stop]) -> Iterator[list[Stop]]:
    """Border rows that follow one another at one crossing point; a movement, or another point, ends the visit."""
    visit: list[Stop] = []
    for row in rows:
        ends = row.kind == "moving" or (row.kind == "border" and visit and row.bcp != visit[0].bcp)
        if ends and visit:
            yield visit
            visit = []
        if row.kind == "border":
            visit.append(row)
    if visit:
        yield visit


def nothing_to_group(log: Log, by: Sequence[str]) -> Check:
    """Why a log with rows has no group: columns to group by that hold nothing, or no indicator of what is left."""
    empty = [key for key in by if not any(getattr(row, key, None) for row in log.rows)]
    if empty:
        message = f"no row has anything in column {', '.join(empty)}: there is nothing to group by. Group by another."
    else:
        message = "no shipment has the times and distances of an indicator in these groups. Group by another column."
    return Check.error("no-group", "", message)


def _add_visits(found: Any, keys: Sequence[str], name: str, rows: Sequence[Stop], log: Log) -> None:
    for visit in _visits(rows):
        group = _group(visit[0], keys)
        if group is None or (name, visit[0].bcp) in log.lost_visits:
            continue
        found[group]["TFI1"].add(name, sum(row.hours for row in visit), 1)
        costs = [row.cost_usd for row in visit if row.cost_usd is not None]
        if len(costs) == len(visit):
            found[group]["TFI2"].add(name, sum(costs), 1)


def _add_sections(found: Any, keys: Sequence[str], name: str, rows: Sequence[Stop]) -> None:
    sections: dict[tuple[Any, ...], list[Stop]] = defaultdict(list)
    for row in rows:
        group = _group(row, keys)
        if group is not None:
            sections[group].append(row)
    for group, section in sections.items():
        km = sum(row.km or 0.0 for row in section)
        if not km:
            continue
        costs = [row.cost_usd for row in section if row.cost_usd is not None]
        tonnes = section[0].tonnes
        if tonnes is not None and len(costs) == len(section):
            found[group]["TFI3"].add(name, sum(costs) * SECTION_KM * CARGO_T, km * tonnes)
        found[group]["SWOD"].add(name, km, sum(row.hours for row in section if row.kind == "moving"))
        found[group]["SWD"].add(name, km, sum(row.hours for row in section))


def _heads(keys: Sequence[str]) -> list[Column]:
    meanings = {name: row["meaning"] for name, row in declared("column").items()}
    return [
        *(Column(key, "", meanings[key]) for key in keys),
        Column("indicator", "", "TFI1, TFI2, TFI3, SWOD or SWD"),
        Column("unit", "", "unit of the figures of the row"),
        Column("n", "", "visits to a border crossing point, or shipments"),
        Column("shipments", "", "shipments behind them"),
        Column("mean", "", "average, each visit or shipment once"),
        Column("sd", "", "standard deviation of the sample"),
        Column("p10", "", "10% quantile"),
        Column("median", "", "median"),
        Column("p90", "", "90% quantile"),
        Column("pooled", "", "quotient of the totals: long or heavy shipments count more"),
        Column("low", "", "lower bound of the interval of the mean"),
        Column("high", "", "upper bound of the interval of the mean"),
    ]


def _summary(
    indicator: str, found: _Values, confidence: float | None, resamples: int, rng: np.random.Generator
) -> dict[str, Any]:
    values = np.array(found.values)
    p10, median, p90 = (float(q) for q in np.quantile(values, (0.1, 0.5, 0.9)))
    interval = _bootstrap(found, confidence, resamples, rng) if confidence is not None else (None, None)
    return {
        "indicator": indicator,
        "unit": declared("indicator")[indicator]["unit"],
        "n": len(values),
        "shipments": len(set(found.shipments)),
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)) if len(values) > 1 else None,
        "p10": p10,
        "median": median,
        "p90": p90,
        "pooled": sum(found.over) / sum(found.under),
        "low": interval[0],
        "high": interval[1],
    }


def _bootstrap(
    found: _Values, confidence: float, resamples: int, rng: np.random.Generator
) -> tuple[float | None, float | None]:
    """Interval of the mean when whole shipments are drawn again with replacement."""
    numbers = {name: k for k, name in enumerate(dict.fromkeys(found.shipments))}
    if len(numbers) < 2:
        return None, None
    owner = np.array([numbers[name] for name in found.shipments])
    sums = np.bincount(owner, weights=found.values)
    counts = np.bincount(owner)
    block = max(1, _LARGEST_BLOCK // len(numbers))
    means: list[NDArray[np.float64]] = []
    for start in range(0, resamples, block):
        shape = (min(block, resamples - start), len(numbers))
        drawn = rng.integers(0, len(numbers), shape)
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(means), (tail, 1 - tail))
    return float(low), float(high)


def change_interval(old: float, new: float, decimals: int | tuple[int, int]) -> tuple[float, float]:
    """Least and largest change, percent, between two printed figures, given that printing rounded them.

    Parameters
    ----------
    decimals
        Printed decimals of both figures, or of the old and of the new; negative for figures rounded to tens.

    Raises
    ------
    InputError
        If the old figure may have been zero: no percentage is defined.
    """
    before, after = decimals if isinstance(decimals, tuple) else (decimals, decimals)
    half_old, half_new = 0.5 * 10.0**-before, 0.5 * 10.0**-after
    if old - half_old <= 0:
        raise InputError(
            f"{old:g} printed with {before} decimals may be zero: no percentage of it is defined."
        )
    changes = [
        100 * (upper / lower - 1)
        for upper in (new - half_new, new + half_new)
        for lower in (old - half_old, old + half_old)
    ]
    return min(changes), max(changes)


def within_rounding(
    published_old: float,
    published_new: float,
    printed_percent: float,
    decimals: int | tuple[int, int],
    percent_decimals: int = 1,
) -> bool:
    """Whether a printed change agrees with two printed figures, all three rounded.

    Parameters
    ----------
    decimals
        As of `change_interval`.
    percent_decimals
        Printed decimals of the percentage.

    Raises
    ------
    InputError
        If the old figure may have been zero.
    """
    low, high = change_interval(published_old, published_new, decimals)
    half = 0.5 * 10.0**-percent_decimals + _UNLIKE
    return low - half <= printed_percent <= high + half


def published() -> Table:
    """Printed CPMM figures of two years, each with its source and, where printed, the change in percent.

    `fits` says whether the printed change agrees with the printed figures within their rounding.
    """
    rows = list(csv.DictReader(bundled_text("corridor/cpmm_published.csv").splitlines()))
    numbers = {"value_old", "value_new", "percent"}
    whole = {"year_old", "year_new", "decimals", "percent_decimals"}
    read = {**dict.fromkeys(numbers, float), **dict.fromkeys(whole, int)}
    heads = [Column(name) for name in rows[0]]
    records = [
        {name: read.get(name, str)(text) if text else None for name, text in row.items()} for row in rows
    ]
    return Table.build("cpmm_published", heads, records)
