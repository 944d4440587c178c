"""Indicators of a register against their path: the last figure, what the path asks for that year, what is missing.

    path(year) = start · (target / start) ^ ((year − first) / (by − first))

Even growth, as in the plan's path, from the year of the announcement to the target. Figures are the baseline's where
the indicator says in which series it is measured (``turnover:KAZ``, ``flow:KAZ->IRN``), otherwise those recorded by
hand as ``measured``. On a day the last figure is that of the last whole year before it. A target without a year takes
the dossier's, which the sentence says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from tarazu.core.amounts import format_amount
from tarazu.register.register import Item, Register, span

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier
    from tarazu.trade.baseline import Baseline

DOLLARS = "USD m"
MILLION = 1e6
TURNOVER, FLOW, BOTH = "turnover", "flow", "both"


@dataclass(frozen=True, slots=True)
class Standing:
    """One indicator against its path, in the indicator's unit.

    Attributes
    ----------
    year, value, low, high
        Last figure; low and high are its 80% interval, None where it was recorded by hand.
    first, start
        Year and level from which the path grows; None without a path.
    by, assumed
        Year of the target, and whether only the dossier assumes it.
    asked, missing
        What the path asks for `year`, and how much the figure lacks of it; below 0 where it is above.
    """

    indicator: str
    title: str
    unit: str
    year: int
    value: float
    low: float | None
    high: float | None
    target: float | None
    by: int | None
    assumed: bool
    first: int | None
    start: float | None
    asked: float | None
    missing: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)

    def sentence(self) -> str:
        """The standing in words."""
        within = (
            "" if self.low is None else f" (80% interval {self._text(self.low)} to {self._text(self.high)})"
        )
        text = f"{self.title} ({self.indicator}): {self._text(self.value)} in {self.year}{within}"
        if self.target is None:
            return f"{text}. No target is recorded for it."
        if self.asked is None or self.missing is None:
            return f"{text}; the target is {self._text(self.target)}{self._by()}. {self._why()}"
        gap = (
            f"{self._text(self.missing)} are missing"
            if self.missing > 0
            else f"it is {self._text(-self.missing)} above"
        )
        if self.missing > 0 and self.high is not None and self.high >= self.asked:
            gap += ", less than the figure is uncertain by"
        return (
            f"{text}. Even growth from {self._text(self.start)} in {self.first} to {self._text(self.target)}"
            f"{self._by()} asks {self._text(self.asked)} for {self.year}: {gap}."
        )

    def _by(self) -> str:
        if self.by is None:
            return ""
        return f" by {self.by}{', a year that only the dossier assumes,' if self.assumed else ''}"

    def _why(self) -> str:
        if self.by is None:
            return "It has no year, so no path leads to it: record its due year."
        return "No earlier figure is known from which a path could grow: record its baseline."

    def _text(self, value: float | None) -> str:
        if value is None:
            return "unknown"
        return figure_text(value, self.unit)


def figure_text(value: float, unit: str) -> str:
    """A figure of an indicator in words."""
    return format_amount(value * MILLION) if unit == DOLLARS else f"{value:,.6g} {unit}"


def live(register: Register, baseline: Baseline, today: date) -> dict[str, tuple[float, str]]:
    """Actual value and period by indicator id, of those that are measured by the trade figures; USD million."""
    read = {item.id: _newest(item, baseline, today) for item in register.of("indicators")}
    return {name: (level[1], str(level[0])) for name, level in read.items() if level}


def standings(
    register: Register,
    dossier: Dossier | None = None,
    baseline: Baseline | None = None,
    today: date | None = None,
) -> tuple[Standing, ...]:
    """Every indicator that has a figure of a year, against its path."""
    return tuple(_standings(register, dossier, baseline, today or date.today()))


def lacking(register: Register, dossier: Dossier | None, baseline: Baseline | None) -> list[str]:
    """What is said of indicators that no trade figures measure, and how to give some."""
    indicators = register.of("indicators")
    if not any(item["measure"] for item in indicators):
        return [
            "No indicator of this register is read from trade figures. To see turnover against its path record one: "
            'tarazu register add indicators id=turnover title="Mutual trade" unit="USD m" target=3000 '
            "measure=turnover:KAZ."
        ]
    where = f"dossier {dossier.name}" if dossier else "no dossier"
    return [
        f"{item.title} ({item.id}): {where} has no figures of {item['measure']}. Name a dossier that has them with "
        "--dossier (`tarazu dossier new` begins one), or record figures by hand: tarazu register add event "
        f"item={item.id} event=measured value=… date=…."
        for item in indicators
        if item["measure"] and (baseline is None or _series(str(item["measure"]), baseline) is None)
    ]


def _standings(
    register: Register, dossier: Dossier | None, baseline: Baseline | None, today: date
) -> Iterator[Standing]:
    for item in register.until(today).of("indicators"):
        level = _last(item, baseline, today)
        if level is None:
            continue
        year, value, low, high = level
        live = low is not None
        due = span(item["due"])
        own = due.end.year if due else None
        by = own or (dossier.by if live and dossier else None)
        first, start = _start(item, dossier if live else None, baseline)
        asked = _asked(first, start, item["target"], by, year)
        yield Standing(
            item.id,
            item.title,
            str(item["unit"] or ""),
            year,
            value,
            low,
            high,
            item["target"],
            by,
            bool(own is None and by and dossier and dossier.by_is_assumption),
            first,
            start,
            asked,
            None if asked is None else asked - value,
        )


Level = tuple[int, float, float | None, float | None]  # year, value, low, high


def _last(item: Item, baseline: Baseline | None, today: date) -> Level | None:
    """The last figure: of the trade figures, else the last one recorded by hand."""
    found = baseline and _newest(item, baseline, today)
    if found:
        return found
    event = item.last("measured")
    when = span(event.field or event.date) if event else None
    return (when.end.year, float(event.value), None, None) if event and when else None


def _series(measure: str, baseline: Baseline) -> tuple[str, str] | None:
    """Series and direction that an indicator is read from; None where the baseline has no such series."""
    what, _, which = measure.partition(":")
    series, direction = (which, BOTH) if what == TURNOVER else (baseline.series[0], which)
    known = any((row["series"], row["direction"]) == (series, direction) for row in baseline.table)
    return (series, direction) if what in (TURNOVER, FLOW) and known else None


def _newest(item: Item, baseline: Baseline, today: date) -> Level | None:
    """The level of the last whole year before a day."""
    return _level(item, baseline, min(baseline.grid.last_year, today.year - 1))


def _level(item: Item, baseline: Baseline, year: int) -> Level | None:
    named = _series(str(item["measure"] or ""), baseline)
    if named is None:
        return None
    for row in baseline.table:
        if (row["series"], row["direction"], row["year"]) == (*named, year):
            return (year, *(round(row[name] / MILLION, 1) for name in ("q50", "q10", "q90")))
    return None


def _start(
    item: Item, dossier: Dossier | None, baseline: Baseline | None
) -> tuple[int, float] | tuple[None, None]:
    """Where the path begins: in the year of the announcement, else at the indicator's own baseline."""
    announced = dossier.announced if dossier else None
    found = _level(item, baseline, announced.year) if announced and baseline else None
    if found:
        return found[0], found[1]
    begun = span(item["baseline_period"])
    if begun is None or item["baseline"] is None:
        return None, None
    return begun.end.year, float(item["baseline"])


def _asked(
    first: int | None, start: float | None, target: float | None, by: int | None, year: int
) -> float | None:
    if first is None or start is None or target is None or by is None:
        return None
    if not (first < by and first < year and start > 0 and target > 0):
        return None
    ahead = min((year - first) / (by - first), 1.0)  # after its year the target itself is asked
    return float(start * (target / start) ** ahead)
