"""What is known of nodes, legs, transfers and services: quantities with interval, unit and source.

Several rows of one subject and attribute are conflicting sources: their median counts, and the range runs from
the lowest to the highest; the same holds for several defaults of one scope. Where nothing is given, the default
with the narrowest scope counts (mode before country before packaging), and it says that it is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from tarazu.core.checks import Check, place
from tarazu.core.schema import Parsed

ANY = "*"
FORWARD, BACKWARD = ":forward", ":backward"
CAPACITY = "capacity"
TRAINS = "trains/day"  # a capacity in trains needs the tonnes of a train: attribute payload_per_train
DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Attribute:
    """One name of the vocabulary, with the units that may be written for it and their factors."""

    name: str
    applies_to: tuple[str, ...]
    unit: str
    factors: Mapping[str, float]
    minimum: float | None
    maximum: float | None
    meaning: str

    def factor(self, unit: str) -> float | None:
        """What a value in `unit` is multiplied by, or None where the unit is not accepted."""
        return 1.0 if unit == self.unit else self.factors.get(unit)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its range.

    Attributes
    ----------
    value, low, high
        In the attribute's own unit.
    stated
        Rows behind it; more than one are sources that differ.
    scope
        Of a default: the mode or kind, country and packaging it stands for; empty where it is the subject's own.
    """

    value: float
    low: float
    high: float
    unit: str
    status: str
    sources: tuple[str, ...]
    stated: int = 1
    scope: str = ""
    note: str = ""

    @property
    def is_default(self) -> bool:
        """Whether it stands for the mode, country or packaging at large, not for this subject."""
        return bool(self.scope)

    def times(self, factor: float, unit: str) -> Quantity:
        """The quantity multiplied by a positive number, in another unit."""
        low, value, high = (each * factor for each in (self.low, self.value, self.high))
        return replace(self, value=value, low=low, high=high, unit=unit)


@dataclass(frozen=True)
class Facts:
    """Quantities by subject and attribute, and the defaults behind them.

    Attributes
    ----------
    defaults
        Scope (mode, country, packaging), attribute, quantity.
    found
        Defaults already looked for.
    """

    attributes: Mapping[str, Attribute]
    given: Mapping[tuple[str, str], Quantity]
    defaults: tuple[tuple[tuple[str, str, str], str, Quantity], ...]
    found: dict[tuple[str, tuple[str, str, str]], Quantity | None] = field(
        default_factory=dict, compare=False
    )

    def of(self, subject: str, attribute: str, forward: bool | None = None) -> Quantity | None:
        """What is given for a subject, a direction's own value first."""
        if forward is not None:
            found = self.given.get((subject + (FORWARD if forward else BACKWARD), attribute))
            if found is not None:
                return found
        return self.given.get((subject, attribute))

    def default(self, attribute: str, mode: str, country: str, packaging: str) -> Quantity | None:
        """The default of the narrowest scope."""
        asked = (mode, country, packaging)
        if (attribute, asked) not in self.found:
            fitting = [
                (_narrowness(scope), quantity)
                for scope, name, quantity in self.defaults
                if name == attribute
                and all(has in (ANY, want) for has, want in zip(scope, asked, strict=True))
            ]
            self.found[attribute, asked] = max(fitting, key=lambda each: each[0])[1] if fitting else None
        return self.found[attribute, asked]

    def without(self, keys: Iterable[tuple[str, str]]) -> Facts:
        """The same facts, some (subject, attribute) left out."""
        gone = set(keys)
        given = {key: quantity for key, quantity in self.given.items() if key not in gone}
        return Facts(self.attributes, given, self.defaults)


def _narrowness(scope: tuple[str, str, str]) -> int:
    return sum(weight for weight, has in zip((4, 2, 1), scope, strict=True) if has != ANY)


def attributes(parsed: Parsed) -> tuple[dict[str, Attribute], list[Check]]:
    """The vocabulary by name, and what is wrong with rows that are left out."""
    found: dict[str, Attribute] = {}
    checks: list[Check] = []
    for number, row in parsed:
        factors = _factors(row["accepts"] or "")
        if factors is None:
            message = (
                f'"{row["accepts"]}" are no units with their factors. Write them so: Mt/yr=1e6;t/month=12.'
            )
            checks.append(Check.error("bad-units", place("attributes.csv", number, "accepts"), message))
        elif row["attribute"] in found:
            message = f'"{row["attribute"]}" stands twice. The first row counts; remove the other.'
            checks.append(Check.error("duplicate-id", place("attributes.csv", number, "attribute"), message))
        else:
            found[row["attribute"]] = Attribute(
                name=row["attribute"],
                applies_to=tuple(part.strip() for part in row["applies_to"].replace(";", ",").split(",")),
                unit=row["unit"],
                factors=factors,
                minimum=row["minimum"],
                maximum=row["maximum"],
                meaning=row["meaning"],
            )
    return found, checks


def _factors(text: str) -> dict[str, float] | None:
    """Factors by unit out of ``Mt/yr=1e6;t/month=12``, None where it cannot be read."""
    found = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        unit, _, factor = part.partition("=")
        try:
            found[unit.strip()] = float(factor)
        except ValueError:
            return None
    return found if all(math.isfinite(factor) and factor > 0 for factor in found.values()) else None


def gather(
    values: Parsed, defaults: Parsed, vocabulary: Mapping[str, Attribute]
) -> tuple[Facts, list[Check]]:
    """Quantities of a network, and what is wrong with rows that are left out."""
    checks: list[Check] = []
    rows: dict[tuple[str, str], list[Quantity]] = {}
    trains: list[tuple[int, dict[str, Any]]] = []
    for number, row in values:
        if row["attribute"] == CAPACITY and row["unit"] == TRAINS:
            trains.append((number, row))
            continue
        quantity = _quantity("values.csv", number, row, vocabulary, checks)
        if quantity is not None:
            rows.setdefault((row["subject"], row["attribute"]), []).append(quantity)
    standard: dict[tuple[tuple[str, str, str], str], list[Quantity]] = {}
    for number, row in defaults:
        scope = (row["mode"], row["country"] or ANY, row["packaging"] or ANY)
        quantity = _quantity("defaults.csv", number, row, vocabulary, checks, scope)
        if quantity is not None:
            standard.setdefault((scope, row["attribute"]), []).append(quantity)
    usual = tuple((scope, name, _pooled(found)) for (scope, name), found in standard.items())
    given = {key: _pooled(found) for key, found in rows.items()}
    facts = Facts(vocabulary, given, usual)
    for number, row in trains:
        found = _train_capacity(number, row, facts, checks)
        if found is not None:
            rows.setdefault((row["subject"], CAPACITY), []).append(found)
    pooled = given | {key: _pooled(found) for key, found in rows.items() if key[1] == CAPACITY}
    return Facts(vocabulary, pooled, usual), checks


def _quantity(
    file: str,
    number: int,
    row: Mapping[str, Any],
    vocabulary: Mapping[str, Attribute],
    checks: list[Check],
    scope: tuple[str, ...] = (),
) -> Quantity | None:
    attribute = vocabulary.get(row["attribute"])
    if attribute is None:
        message = f'"{row["attribute"]}" is no attribute. Write one of: {", ".join(vocabulary)}.'
        checks.append(Check.error("unknown-attribute", place(file, number, "attribute"), message))
        return None
    factor = attribute.factor(row["unit"])
    if factor is None:
        units = ", ".join(dict.fromkeys((attribute.unit, *attribute.factors)))
        message = f'"{row["unit"]}" is no unit of {attribute.name}. Write one of: {units}.'
        checks.append(Check.error("unknown-unit", place(file, number, "unit"), message))
        return None
    value = row["value"] * factor
    low = value if row["low"] is None else row["low"] * factor
    high = value if row["high"] is None else row["high"] * factor
    problem = _out_of_bounds(attribute, value, low, high)
    if problem:
        checks.append(Check.error("out-of-bounds", place(file, number, "value"), problem))
        return None
    at_large = " ".join(scope[:1] + tuple(part for part in scope[1:] if part != ANY)) if scope else ""
    return Quantity(
        value, low, high, attribute.unit, row["status"], (row["source"],), 1, at_large, row["note"] or ""
    )


def _out_of_bounds(attribute: Attribute, value: float, low: float, high: float) -> str | None:
    if not low <= value <= high:
        return f"{value:g} does not lie between its low end {low:g} and its high end {high:g}. Correct the order."
    least, most = attribute.minimum, attribute.maximum
    if least is not None and low < least:
        return f"{low:g} {attribute.unit} is below the least possible value of {attribute.name}, {least:g}."
    if most is not None and high > most:
        advice = " Is the unit right?" if attribute.unit in ("km", "h", "USD/t", "t/yr") else ""
        return f"{high:g} {attribute.unit} is above the greatest possible value of {attribute.name}, {most:g}.{advice}"
    return None


def _train_capacity(
    number: int, row: Mapping[str, Any], facts: Facts, checks: list[Check]
) -> Quantity | None:
    payload = facts.of(row["subject"], "payload_per_train")
    payload = payload or facts.default("payload_per_train", "rail", ANY, ANY)
    vocabulary = facts.attributes.get(CAPACITY)
    if payload is None or vocabulary is None:
        message = (
            "trains a day need the tonnes of a train: add payload_per_train for the subject or as a default."
        )
        checks.append(Check.error("no-train-load", place("values.csv", number, "unit"), message))
        return None
    trains = [row["value"] if row[end] is None else row[end] for end in ("low", "value", "high")]
    loads = (payload.low, payload.value, payload.high)
    low, value, high = (count * load * DAYS for count, load in zip(trains, loads, strict=True))
    problem = _out_of_bounds(vocabulary, value, low, high)
    if problem or not trains[0] <= trains[1] <= trains[2]:
        problem = (
            problem
            or f"{row['value']:g} does not lie between its low end and its high end. Correct the order."
        )
        checks.append(Check.error("out-of-bounds", place("values.csv", number, "value"), problem))
        return None
    sources = (row["source"], *payload.sources)
    return Quantity(value, low, high, vocabulary.unit, "E", sources, 1, "", row["note"] or "")


def _pooled(found: Iterable[Quantity]) -> Quantity:
    rows = list(found)
    if len(rows) == 1:
        return rows[0]
    return Quantity(
        value=median(each.value for each in rows),
        low=min(each.low for each in rows),
        high=max(each.high for each in rows),
        unit=rows[0].unit,
        status="E" if any(each.status != "A" for each in rows) else "A",
        sources=tuple(dict.fromkeys(source for each in rows for source in each.sources)),
        stated=len(rows),
        scope=rows[0].scope,
        note="; ".join(dict.fromkeys(each.note for each in rows if each.note)),
    )
