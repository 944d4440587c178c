"""What must hold between the cells and rows of a dossier, and what looks wrong without being impossible.

Errors: a period that ends before it starts, quantiles or ranges that descend, an id or a row that
stands twice, a reference to a row that does not exist, a size in the wrong unit for its channel.
Warnings: directions that do not add up to the turnover, unit values far from those of like goods, a
flow far below its neighbours in time, growth that implies another level than was stated. Conflicting
statements are kept: a warning never removes a row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from statistics import median
from typing import Any

from tarazu.core.checks import Check, place
from tarazu.core.period import Period
from tarazu.core.schema import Parsed, declared

Row = Mapping[str, Any]

SUM_TOLERANCE = 0.02  # rounding of printed figures
UNIT_VALUE_FACTOR = 5.0  # prices of one HS heading rarely differ by more between years and sources
FEWEST_LIKE_ROWS = 2  # of two rows that differ, nobody knows which is wrong
OUTLIER_FACTOR = 20.0
IMPLIED_TOLERANCE = 0.1  # "almost 20%" of a rounded figure gives a level within a tenth

_SPANS = (("period_start", "period_end"), ("date_start", "date_end"), ("valid_from", "valid_to"))
_ASCENDING = (
    ("turnover_low_usd_m", "turnover_high_usd_m"),
    ("value_low", "value_high"),
    ("target_low", "target_high"),
    ("q10", "q50", "q90"),
    ("cost_q10", "cost_q50", "cost_q90"),
    ("ordinary_q10", "ordinary_q50", "ordinary_q90"),
    ("delivery_q10", "delivery_q50", "delivery_q90"),
)
CHANNEL_UNIT = {
    "tariff": "percent",
    "non-tariff": "percent",
    "freight": "percent",
    "promotion": "percent",
    "time": "days",
    "payment": "basis points",
    "quantity": "kt per year",
}


def table_errors(name: str, parsed: Parsed) -> Iterator[Check]:
    """Errors inside one table, with their rows."""
    file = f"{name}.csv"
    yield from _duplicates(file, parsed)
    for number, row in parsed:
        yield from _descending(file, number, row)
        if name == "turnover":
            yield from _range_needs_ends(file, number, row)
        if name == "measures":
            yield from _cost_needs_basis(file, number, row)
        if name == "measure_effects":
            yield from _channel_needs(file, number, row)


def _duplicates(file: str, parsed: Parsed) -> Iterator[Check]:
    ids: dict[str, int] = {}
    contents: dict[tuple[Any, ...], int] = {}
    for number, row in parsed:
        identifier = row.get("id")
        content = tuple(value for key, value in row.items() if key != "id")
        if identifier in ids:
            message = f'"{identifier}" is the id of row {ids[identifier]} too. Give each row its own.'
            yield Check.error("duplicate-id", place(file, number, "id"), message)
        elif content in contents:
            message = f"repeats row {contents[content]} in all columns but the id. Remove one of the two."
            yield Check.error("duplicate-row", place(file, number), message)
        if identifier is not None:
            ids.setdefault(identifier, number)
        contents.setdefault(content, number)


def _descending(file: str, number: int, row: Row) -> Iterator[Check]:
    for start, end in _SPANS:
        first, last = row.get(start), row.get(end)
        if first is not None and last is not None and _after(first, last):
            message = f"{last} is before {start} {first}. Exchange the two, or correct the year."
            yield Check.error("end-before-start", place(file, number, end), message)
    for names in _ASCENDING:
        values = [row.get(name) for name in names]
        given = [value for value in values if value is not None]
        if given and len(given) < len(names):
            message = f"{', '.join(names)} belong together. Fill all or none."
            yield Check.error("incomplete-interval", place(file, number, names[0]), message)
        elif given != sorted(given):
            values_read = ", ".join(f"{value:g}" for value in given)
            message = f"{', '.join(names)} descend ({values_read}). Write the smallest first."
            yield Check.error("quantile-order", place(file, number, names[0]), message)


def _after(first: date | str, last: date | str) -> bool:
    """Whether `first` is later; dates of unequal precision are compared at the coarser one."""
    one, other = str(first), str(last)
    width = min(len(one), len(other))
    return one[:width] > other[:width]


def _range_needs_ends(file: str, number: int, row: Row) -> Iterator[Check]:
    if row["bound"] == "range" and row["turnover_low_usd_m"] is None:
        message = "is range, but no ends are given. Fill turnover_low_usd_m and turnover_high_usd_m."
        yield Check.error("missing-value", place(file, number, "bound"), message)


def _cost_needs_basis(file: str, number: int, row: Row) -> Iterator[Check]:
    known = row["cost_q50"] is not None
    if known == (row["cost_basis"] == "unknown"):
        message = "Write a cost with basis published or judgement, or none with basis unknown (not zero)."
        yield Check.error("cost-without-basis", place(file, number, "cost_basis"), message)


CHANNEL_BOUNDS = {  # what a size can mean, in the unit of its channel
    "tariff": (0, 3_000),
    "non-tariff": (0, 3_000),
    "freight": (-100, 1_000),
    "time": (-365, 365),
    "payment": (-9_000, 10_000),
    "promotion": (-99, 1_000),
    "quantity": (-1_000_000, 1_000_000),
}


def _channel_needs(file: str, number: int, row: Row) -> Iterator[Check]:
    unit = CHANNEL_UNIT[row["channel"]]
    if row["unit"] != unit:
        message = f'"{row["unit"]}" is not the unit of channel {row["channel"]}. Write the size in {unit}.'
        yield Check.error("wrong-unit", place(file, number, "unit"), message)
    if row["channel"] in ("tariff", "non-tariff") and row["before"] is None:
        message = (
            f"is empty, but channel {row['channel']} needs the level before the measure. Write it in percent."
        )
        yield Check.error("missing-value", place(file, number, "before"), message)
    if (row["channel"] == "quantity") != bool(row["limit"]):
        message = (
            "belongs to channel quantity, and to it alone. Write sale or carriage there, nothing elsewhere."
        )
        yield Check.error("missing-value", place(file, number, "limit"), message)
    low, high = CHANNEL_BOUNDS[row["channel"]]
    for column in ("q10", "q50", "q90"):
        if row[column] is not None and not low <= row[column] <= high:
            message = f"{row[column]:g} is no {row['channel']} size. Write {low:g} to {high:g} {unit}."
            yield Check.error("out-of-bounds", place(file, number, column), message)


def reference_errors(tables: Mapping[str, Parsed], ids: Mapping[str, frozenset[str]]) -> Iterator[Check]:
    """Errors of columns that name other rows.

    Parameters
    ----------
    ids
        Known identifiers by table, of the dossier's own tables and of the bundled ones; a table that
        could not be read has none, and references to it are not judged.
    """
    for name, parsed in tables.items():
        columns = [(v.column, v.allowed) for v in declared()[name] if v.type in ("id", "ids")]
        for number, row in parsed if columns else ():
            for column, allowed in columns:
                named = row[column] or ()
                for reference in (named,) if isinstance(named, str) else named:
                    message = unknown_reference(reference, allowed, ids)
                    if message:
                        yield Check.error("unknown-id", place(f"{name}.csv", number, column), message)


def unknown_reference(
    reference: str, allowed: tuple[str, ...], ids: Mapping[str, frozenset[str]]
) -> str | None:
    """Why a reference leads nowhere, or None. ``re009`` is looked up in the first allowed table."""
    table, colon, identifier = reference.rpartition(":")
    table = table if colon else allowed[0]
    if table not in allowed:
        return f'"{reference}" names table "{table}". Write table:id with one of: {", ".join(allowed)}.'
    if table in ids and identifier not in ids[table]:
        return f'"{reference}" is no row of {table}.csv. Correct the id or add the row.'
    return None


def warnings(tables: Mapping[str, Parsed]) -> Iterator[Check]:
    """What a reader should look at."""
    yield from _sums(tables["turnover"])
    yield from _outliers(tables["turnover"])
    yield from _implied_levels(tables["turnover"])
    yield from _unit_values({name: tables[name] for name in ("products", "markets")})
    for name, parsed in tables.items():
        doubts = Counter(row.get("doubtful") for row in parsed.table)
        if doubts["yes"] or doubts["check"]:
            message = f"{doubts['yes']} doubtful rows and {doubts['check']} to check, of {len(parsed.table)}."
            yield Check.warning("doubtful-rows", f"{name}.csv", message)


def _sums(turnover: Parsed) -> Iterator[Check]:
    directions_and_total = (
        ("home_to_partner_usd_m", "partner_to_home_usd_m", "turnover_usd_m"),
        ("home_to_partner_kt", "partner_to_home_kt", "weight_kt"),
    )
    for number, row in turnover:
        for out, back, total in directions_and_total:
            if None in (row[out], row[back]) or not row[total]:
                continue
            both = row[out] + row[back]
            if abs(both / row[total] - 1) > SUM_TOLERANCE:
                message = f"{row[total]:g}, but the directions add up to {both:g}. Compare with the source."
                yield Check.warning("sum-differs", place("turnover.csv", number, total), message)


def _outliers(turnover: Parsed) -> Iterator[Check]:
    """Yearly flows below a twentieth of both neighbours in time, within one reporter group."""
    for column in ("home_to_partner_usd_m", "partner_to_home_usd_m"):
        series: dict[str, list[tuple[date, float, int]]] = defaultdict(list)
        for number, row in turnover:
            if row["period_type"] == "year" and row["scope"] == "all goods" and row[column] is not None:
                series[row["reporter_group"]].append((row["period_start"], row[column], number))
        for points in series.values():
            points.sort()
            for day, value, number in points:
                before = [other for earlier, other, _ in points if earlier < day][-1:]
                after = [other for later, other, _ in points if later > day][:1]
                if before and after and value * OUTLIER_FACTOR < min(*before, *after):
                    message = (
                        f"{value:g} is below a twentieth of its neighbours in time, {before[0]:g} and "
                        f"{after[0]:g}. Compare with the source; mark it doubtful if it stands there."
                    )
                    yield Check.warning("outlier", place("turnover.csv", number, column), message)


def _implied_levels(turnover: Parsed) -> Iterator[Check]:
    """What a stated growth says of the same span a year before, held against what was stated of it."""
    told: dict[tuple[str, str], list[tuple[Period, float, str]]] = defaultdict(list)
    for _, row in turnover:
        if row["turnover_usd_m"] and row["period_start"] and row["bound"] == "exact" and _own(row):
            span = Period(row["period_start"], row["period_end"])
            told[row["reporter_group"], row["scope"]].append((span, row["turnover_usd_m"], row["id"]))
    for number, row in turnover:
        if (
            row["growth_pct"] is None
            or not row["turnover_usd_m"]
            or not row["period_start"]
            or row["same_as"]
        ):
            continue
        before = Period(row["period_start"], row["period_end"]).shift_years(-1)
        implied = row["turnover_usd_m"] / (1 + row["growth_pct"] / 100)
        found = [
            (value, name) for span, value, name in told[row["reporter_group"], row["scope"]] if span == before
        ]
        claim = f"{row['turnover_usd_m']:g} after {row['growth_pct']:+g}% implies {implied:.0f} for {before}"
        where = place("turnover.csv", number, "growth_pct")
        if not found:
            yield Check.note(
                "implied-level", where, f"{claim}; no exact figure of this reporter stands beside it."
            )
        for value, name in found:
            if abs(implied / value - 1) > IMPLIED_TOLERANCE:
                message = f"{claim}, but {name} says {value:g}. One of the figures is wrong or covers something else."
                yield Check.warning("implied-level", where, message)


def _own(row: Row) -> bool:
    """Whether a figure stands for itself: not doubtful, and not computed from the growth it would confirm."""
    return row["doubtful"] != "yes" and not row["derived_from"] and not row["same_as"]


def _unit_values(tables: Mapping[str, Parsed]) -> Iterator[Check]:
    """Unit values more than five times off the median of the other rows of the same HS heading."""
    by_heading: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
    for name, parsed in tables.items():
        for number, row in parsed:
            value = _unit_value(row)
            if value is not None:
                by_heading[row["hs_code"][:4]].append((f"{name}.csv", number, value))
    for heading, found in by_heading.items():
        for file, number, value in found:
            others = [other for *where, other in found if where != [file, number]]
            if len(others) < FEWEST_LIKE_ROWS:
                continue
            usual = median(others)
            if not usual / UNIT_VALUE_FACTOR <= value <= usual * UNIT_VALUE_FACTOR:
                message = (
                    f"value over weight is {value:,.0f} USD per tonne; other rows of HS {heading} have "
                    f"{usual:,.0f} (median of {len(others)}). Look for a misplaced point or another unit."
                )
                yield Check.warning("unit-value", place(file, number), message)


def _unit_value(row: Row) -> float | None:
    """US dollars per tonne, or None where value, weight or a heading is missing or the row is a repeat."""
    weight = row.get("tonnes_kt", row.get("quantity_kt"))
    heading = (row["hs_code"] or "")[:4]
    if (
        row.get("same_as")
        or len(heading) < 4
        or not heading.isdigit()
        or not row["value_usd_m"]
        or not weight
    ):
        return None
    return float(row["value_usd_m"] / weight * 1000)
