"""One value of a dossier, from text to a typed value, by the variable that declares it.

Types: text, choice, number, integer, date (a day), partial-date (year, month or day), hs, direction,
country, countries, id, ids, and for TOML files also numbers, texts, yes-no and quantiles. What cannot be
read comes back as a `Problem`, which says what was expected and how to mend it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from tarazu.core import amounts, codes, hs, period
from tarazu.core.errors import AmountError, PeriodError, UnknownCodeError

Pair = tuple[str, str]  # ISO codes of the home country and the partner

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d{1,15}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOT_FINITE = {"nan", "inf", "infinity"}
_SCALE = {"USD": 1.0, "USD million": 1e6, "USD billion": 1e9}
_EARLIEST_YEAR = 1600  # a smaller year is a Solar Hijri date in a Gregorian column


@dataclass(frozen=True, slots=True)
class Variable:
    """One column of a table, or one key of a TOML file, as `variables.csv` declares it."""

    table: str
    column: str
    type: str
    unit: str
    required: bool
    low: float | None
    high: float | None
    allowed: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is not a value: the name of the rule and a message that ends with how to mend it."""

    name: str
    message: str


def parse(text: str, variable: Variable, pair: Pair | None = None) -> Any:
    """Value of a text: str, float, int, date, a tuple of str, None where empty, or a `Problem`.

    Parameters
    ----------
    pair
        ISO codes of the two countries, to which a direction must belong; None accepts any two.
    """
    text = text.strip()
    if not text:
        if not variable.required:
            return None
        return Problem("missing-value", f"is empty, but every row needs it. Write {_expected(variable)}.")
    if variable.type == "direction":
        return _direction(text, variable, pair)
    return _PARSERS[variable.type](text, variable)


def _text(text: str, variable: Variable) -> str:
    return text


def _choice(text: str, variable: Variable) -> str | Problem:
    if text in variable.allowed:
        return text
    return Problem("unknown-choice", f'"{text}" is not possible. Write one of: {_listed(variable.allowed)}.')


def _number(text: str, variable: Variable) -> float | Problem:
    if not _NUMBER.fullmatch(text):
        if text.lstrip("+-").lower() in _NOT_FINITE:
            return _not_finite(text)
        advice = f"Write {_readable(text, variable.unit)}{_unit(variable)}."
        return Problem("not-a-number", f'"{text}" is not a number. {advice}')
    value = float(text)
    return _bounded(value, text, variable) if math.isfinite(value) else _not_finite(text)


def _integer(text: str, variable: Variable) -> int | Problem:
    if not _INTEGER.fullmatch(text):
        return Problem("not-an-integer", f'"{text}" is not a whole number. Write digits only, such as 2023.')
    bounded = _bounded(float(text), text, variable)
    return bounded if isinstance(bounded, Problem) else int(text)


def _not_finite(text: str) -> Problem:
    return Problem("not-finite", f'"{text}" is not a finite number. Leave the cell empty if it is missing.')


def _bounded(value: float, text: str, variable: Variable) -> float | Problem:
    if variable.low is not None and value < variable.low:
        message = f"{text} is below the least possible value, {variable.low:g}{_unit(variable)}. Correct it."
        return Problem("out-of-bounds", message)
    if variable.high is not None and value > variable.high:
        message = (
            f"{text} is above the greatest possible value, {variable.high:g}{_unit(variable)}. Correct it."
        )
        return Problem("out-of-bounds", message)
    return value


@lru_cache(maxsize=4096)
def _date(text: str, variable: Variable) -> date | Problem:
    if _DAY.fullmatch(text) and int(text[:4]) < _EARLIEST_YEAR:
        return Problem(
            "not-gregorian",
            f'"{text}" is not a Gregorian day of our time. If it is Solar Hijri, write SH {text}, '
            "or the Gregorian day it stands for.",
        )
    try:
        return period.parse_date(text)
    except PeriodError as error:
        return Problem("not-a-date", str(error))


@lru_cache(maxsize=4096)
def _partial_date(text: str, variable: Variable) -> str | Problem:
    try:
        period.parse_partial(text)
    except PeriodError as error:
        return Problem("not-a-date", str(error))
    return text


@lru_cache(maxsize=4096)
def _hs(text: str, variable: Variable) -> str | Problem:
    if text in variable.allowed:
        return text
    try:
        hs.spans(text)
    except UnknownCodeError as error:
        return Problem("unknown-code", str(error))
    return text


def _direction(text: str, variable: Variable, pair: Pair | None) -> str | Problem:
    if text in variable.allowed:
        return text
    if pair is None:
        fits = re.fullmatch(r"[A-Z]{3}->[A-Z]{3}", text) is not None
        ways: tuple[str, ...] = ("exporter->importer",)
    else:
        ways = ("->".join(pair), "->".join(reversed(pair)))
        fits = text in ways
    if fits:
        return text
    ways = (*ways, *variable.allowed)
    return Problem("unknown-direction", f'"{text}" is not a direction. Write {_listed(ways)}.')


@lru_cache(maxsize=4096)
def _country(text: str, variable: Variable) -> str | Problem:
    if text in variable.allowed:
        return text
    try:
        return codes.country(text).alpha3
    except UnknownCodeError as error:
        also = f" Also possible: {_listed(variable.allowed)}." if variable.allowed else ""
        return Problem("unknown-code", f"{error}{also}")


def _countries(text: str, variable: Variable) -> tuple[str, ...] | Problem:
    found = [_country(part, variable) for part in _split(text)]
    for item in found:
        if isinstance(item, Problem):
            return item
    return tuple(str(item) for item in found)


def _ids(text: str, variable: Variable) -> tuple[str, ...]:
    return _split(text)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in (piece.strip() for piece in text.split(";")) if part)


def _readable(text: str, unit: str) -> str:
    """The number that a text such as ``43,2m`` probably means, or advice how to write one."""
    try:
        return f"{amounts.parse_amount(text) / _SCALE.get(unit, 1.0):.15g}"
    except AmountError:
        return "digits with a decimal point, such as 43.2"


def _expected(variable: Variable) -> str:
    if variable.type == "choice":
        return "one of " + _listed(variable.allowed)
    return variable.meaning[:1].lower() + variable.meaning[1:].rstrip(".")


def _unit(variable: Variable) -> str:
    return f" (unit: {variable.unit})" if variable.unit else ""


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)


_PARSERS: dict[str, Callable[[str, Variable], Any]] = {
    "text": _text,
    "id": _text,
    "choice": _choice,
    "number": _number,
    "integer": _integer,
    "date": _date,
    "partial-date": _partial_date,
    "hs": _hs,
    "country": _country,
    "countries": _countries,
    "ids": _ids,
}


def from_toml(value: Any, variable: Variable, pair: Pair | None = None) -> Any:
    """Value of a TOML key: as `parse`, and a tuple of numbers or texts, bool, or a mapping of quantiles."""
    kind = variable.type
    if kind == "yes-no":
        return value if isinstance(value, bool) else _wrong_kind(value, "true or false")
    if kind == "texts":
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return tuple(value) if fits else _wrong_kind(value, 'a list of texts, such as ["first", "second"]')
    if kind == "numbers":
        if not isinstance(value, list) or not value:
            return _wrong_kind(value, "a list of numbers, such as [1e9, 3e9]")
        return _all_numbers(value, variable)
    if kind == "quantiles":
        return _quantiles(value, variable)
    if kind in ("number", "integer"):
        return _plain_number(value, variable)
    if kind == "date" and type(value) is date:
        return value
    if kind in ("ids", "countries") and isinstance(value, list):
        value = ";".join(map(str, value))
    return parse(value, variable, pair) if isinstance(value, str) else _wrong_kind(value, f"a {kind}")


def _plain_number(value: Any, variable: Variable) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (
            _integer(str(value), variable) if variable.type == "integer" else _number(repr(value), variable)
        )
    if isinstance(value, str):
        number = f"{_readable(value, variable.unit)}{_unit(variable)}"
        return Problem("not-a-number", f'"{value}" is a text. Write the number without quotes: {number}.')
    return _wrong_kind(value, f"a number{_unit(variable)}")


def _all_numbers(values: list[Any], variable: Variable) -> tuple[float, ...] | Problem:
    found = [_plain_number(value, variable) for value in values]
    return next((item for item in found if isinstance(item, Problem)), None) or tuple(found)


def _quantiles(value: Any, variable: Variable) -> dict[str, tuple[float, ...]] | Problem:
    if not isinstance(value, dict):
        return _wrong_kind(value, "a table such as clearing = [0.1, 0.5, 0.9]")
    found = {}
    for key, numbers in value.items():
        if not isinstance(numbers, list) or len(numbers) != 3:
            return _wrong_kind(numbers, f"three numbers, {key} = [q10, q50, q90]")
        read = _all_numbers(numbers, variable)
        if isinstance(read, Problem):
            return read
        found[key] = read
    return found


def _wrong_kind(value: object, expected: str) -> Problem:
    return Problem("wrong-kind", f"{value!r} cannot be used here. Write {expected}.")
