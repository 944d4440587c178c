"""One value of a scheme's TOML read by the type that ``data/schemes/fields.csv`` declares for its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tarazu.clearing.calendar import WEEKDAYS, parse_length
from tarazu.core.codes import country, currency, product
from tarazu.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a scheme as declared; `key` is dotted, such as ``rate.kind``."""

    key: str
    type: str
    unit: str
    required: bool
    low: Decimal | None
    high: Decimal | None
    allowed: tuple[str, ...]
    meaning: str

    @property
    def section(self) -> str:
        """The table the key belongs to; empty at the top level."""
        return self.key.partition(".")[0] if "." in self.key else ""

    @property
    def name(self) -> str:
        """The key within its table."""
        return self.key.rpartition(".")[2]


class BadValueError(InputError):
    """A value that cannot be used; `rule` is the identifier of the check."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def read_value(value: Any, field: Field, scale: int) -> Any:
    """The value in the type its dataclass holds.

    Parameters
    ----------
    scale
        Decimals of the scheme's unit, for amounts.

    Raises
    ------
    BadValueError
        If the value has another type, is out of bounds, or names what does not exist.
    """
    if field.type == "amount":
        return _amount(value, field, scale)
    try:
        return _READERS[field.type](value, field)
    except BadValueError:
        raise
    except InputError as error:
        raise BadValueError("unknown-code", str(error)) from None


def _wrong(value: Any, expected: str) -> BadValueError:
    return BadValueError("wrong-type", f"{_shown(value)} is not {expected}.")


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _text(value: Any, field: Field) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong(value, "a text in quotes, or is empty")
    return value.strip()


def _choice(value: Any, field: Field) -> str:
    if value not in field.allowed:
        raise BadValueError("wrong-choice", f"{_shown(value)} is none of: {', '.join(field.allowed)}.")
    return str(value)


def _date(value: Any, field: Field) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _wrong(value, "a day: write 2025-01-31, without quotes and without a time")
    if not 1900 <= value.year <= 2200:
        raise BadValueError("out-of-bounds", f"{value}: the year must be from 1900 to 2200.")
    return value


def _yes_no(value: Any, field: Field) -> bool:
    if not isinstance(value, bool):
        raise _wrong(value, "true or false, without quotes")
    return value


def _integer(value: Any, field: Field) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(value, "a whole number without quotes")
    return int(_within(Decimal(value), field))


def _decimal(value: Any, field: Field) -> Decimal:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise _wrong(value, "a number without quotes, with a decimal point")
    return _within(Decimal(value), field)


def _within(value: Decimal, field: Field) -> Decimal:
    unit = f" {field.unit}" if field.unit else ""
    if not value.is_finite():
        raise BadValueError("out-of-bounds", f"{value} is not a finite number.")
    if field.low is not None and value < field.low:
        raise BadValueError("out-of-bounds", f"{value} must be at least {field.low}{unit}.")
    if field.high is not None and value > field.high:
        raise BadValueError("out-of-bounds", f"{value} must be at most {field.high}{unit}.")
    return value


def _amount(value: Any, field: Field, scale: int) -> int:
    """Minor units of an amount that is written with exactly `scale` decimals."""
    example = "25_000_000" + ("." + "0" * scale if scale else "")
    number = _decimal(value, field)
    decimals = max(0, -int(number.as_tuple().exponent)) if isinstance(value, Decimal) else 0
    if decimals != scale:
        raise BadValueError(
            "wrong-scale",
            f"{value} has {decimals} decimals, the unit has {scale}: write the amount such as {example}, in "
            f"the unit "
            "and not in its hundredth.",
        )
    return int(number.scaleb(scale))


def _country(value: Any, field: Field) -> str:
    return country(_text(value, field)).alpha3


def _currency(value: Any, field: Field) -> str:
    return currency(_text(value, field)).code


def _weekdays(value: Any, field: Field) -> tuple[int, ...]:
    days = _texts(value)
    wrong = [day for day in days if day not in WEEKDAYS]
    if wrong or len(set(days)) < len(days) or len(days) > 6:
        raise BadValueError(
            "wrong-weekday", f'{days}: write different days of the week, at most six: ["Saturday", "Sunday"].'
        )
    return tuple(sorted(WEEKDAYS.index(day) for day in days))


def _hs(value: Any, field: Field) -> tuple[str, ...]:
    return tuple(product(code).code for code in _texts(value))


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(value, 'a list of texts, such as ["27", "93"]')
    return value


def _length(value: Any, field: Field) -> str:
    text = _text(value, field)
    try:
        parse_length(text)
    except InputError as error:
        raise BadValueError("wrong-length", str(error)) from None
    return text


def _names(value: Any, field: Field) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        raise _wrong(value, f'a table of texts: write [{field.key}] and below it such as "name" = "text"')
    return tuple((key, text.strip()) for key, text in value.items())


_READERS: dict[str, Callable[[Any, Field], Any]] = {
    "text": _text,
    "choice": _choice,
    "date": _date,
    "yes-no": _yes_no,
    "integer": _integer,
    "decimal": _decimal,
    "country": _country,
    "currency": _currency,
    "weekdays": _weekdays,
    "hs": _hs,
    "length": _length,
    "names": _names,
}
