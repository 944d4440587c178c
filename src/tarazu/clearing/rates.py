"""Reference rates and exact conversion: integers in, integers out, and the rate that was used always named.

    amount_to = amount_from * (r_to / r_from) * 10^(s_to - s_from) * (1 - margin)

with r the units of a currency per unit of account and s the decimals of its minor unit. The cross r_to / r_from
of two reference rates is the rule of the Brazil-Argentina local-currency system (rate = reference peso per
dollar over PTAX real per dollar). Fractions are exact; the converted amount is rounded once, half to even.

A rate is looked up by the name that the scheme's rule gives for the currency. For the rial, official, NIMA-type and
market rates differ several-fold, so a rate of another name is never taken in its place.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from tarazu.clearing.scheme import RateRule
from tarazu.core.checks import Check, place
from tarazu.core.codes import currency
from tarazu.core.errors import InputError, PeriodError, UnknownCodeError
from tarazu.core.period import parse_date
from tarazu.core.source import Lineage, Method

COLUMNS = ("date", "currency", "per_unit", "unit", "name", "source")
SIZE_LIMIT = 20_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Rate:
    """A reference rate: `per_unit` units of `currency` for 1 unit of account, as published under `name`."""

    date: date
    currency: str
    per_unit: Decimal
    name: str
    source: str
    row: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One converted amount.

    Attributes
    ----------
    amount
        Minor units of the currency converted to.
    rate
        Units of that currency for 1 of the other, before the margin.
    date
        Day for which it was converted; the rates' own dates stand in the lineage.
    """

    amount: int
    rate: Fraction
    date: date
    lineage: Lineage


_Key = tuple[str, str]  # currency, name of the rate


@dataclass(frozen=True, slots=True)
class Rates:
    """Reference rates against one unit of account, not to be changed. Build them with `read` or `of_rows`."""

    unit: str
    series: Mapping[_Key, tuple[Rate, ...]]
    checks: tuple[Check, ...] = field(default=())

    @classmethod
    def of_rows(cls, unit: str, rows: Iterable[Rate], checks: Iterable[Check] = ()) -> Rates:
        """From single rates; of two for one day, currency and name, neither can be preferred: both are refused."""
        found: dict[_Key, dict[date, list[Rate]]] = {}
        for rate in rows:
            found.setdefault((rate.currency, rate.name), {}).setdefault(rate.date, []).append(rate)
        problems = list(checks)
        series = {}
        for key, days in found.items():
            for same in (each for each in days.values() if len({rate.per_unit for rate in each}) > 1):
                values = ", ".join(f"{rate.per_unit} ({rate.row or rate.source})" for rate in same)
                message = f"{same[0].name} of {same[0].date} has two values: {values}. None is used."
                problems.append(Check.error("conflicting-rates", f"{key[0]}, {same[0].date}", message))
            good = [each[0] for each in days.values() if len({rate.per_unit for rate in each}) == 1]
            if good:
                series[key] = tuple(sorted(good, key=lambda rate: rate.date))
        return cls(currency(unit).code, MappingProxyType(series), tuple(problems))

    @classmethod
    def read(cls, path: str | Path, unit: str) -> Rates:
        """From a CSV file with the columns date, currency, per_unit, unit, name and source.

        Bad rows are left out and reported in `checks`.

        Raises
        ------
        InputError
            If the file cannot be read or its header lacks a column.
        """
        path = Path(path)
        reader = csv.DictReader(io.StringIO(_text(path), newline=""))
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(
                f"{path.name}, row 1: no column {', '.join(missing)}. The header is {','.join(COLUMNS)}."
            )
        rows: list[Rate] = []
        checks: list[Check] = []
        try:
            for number, cells in enumerate(reader, 2):
                found = _row(path.name, number, cells, unit)
                if isinstance(found, Rate):
                    rows.append(found)
                else:
                    checks.append(found)
        except csv.Error as error:
            raise InputError(
                f"{path.name} cannot be read as CSV ({error}). Look for an open quote."
            ) from None
        return cls.of_rows(unit, rows, checks)

    def of(self, code: str, day: date, rule: RateRule) -> Rate:
        """The rate of a currency on a day: the last one published on or before it.

        Raises
        ------
        InputError
            If the rule names no rate for the currency, or none was published within its `max_age_days`.
        """
        name = rule.source(code)
        series = self.series.get((code, name), ())
        at = bisect_right(series, day, key=lambda rate: rate.date)
        if at and (day - series[at - 1].date).days <= rule.max_age_days:
            return series[at - 1]
        if not name:
            raise InputError(
                f"{code}: the rate rule {rule.name} names no rate for it. Add it under [rate.sources]."
            )
        nearest = min(series, key=lambda rate: abs((rate.date - day).days), default=None)
        known = f"the nearest is of {nearest.date}" if nearest else self._other_names(code)
        raise InputError(
            f'{code}, {day}: no rate "{name}" of the last {rule.max_age_days} days; {known}. Add it to the rate file.'
        )

    def _other_names(self, code: str) -> str:
        names = sorted(name for each, name in self.series if each == code)
        listed = ", ".join(f'"{name}"' for name in names)
        return f"only {listed} is given, which is another rate" if names else "none of any date is given"

    def cross(self, source: str, target: str, day: date, rule: RateRule) -> Fraction:
        """Units of `target` for 1 of `source`, rounded as the rule says, without its margin.

        Raises
        ------
        InputError
            If the rule converts nothing, allows no cross, or a rate is missing or stale.
        """
        if source == target:
            return Fraction(1)
        if rule.kind == "unit":
            raise InputError(
                f"{source} to {target}: payments are made in {self.unit}; {rule.name} converts nothing."
            )
        if rule.kind == "direct" and self.unit not in (source, target):
            raise InputError(
                f"{source} to {target}: {rule.name} is a direct rate against {self.unit}, not a cross."
            )
        value = self._per_unit(target, day, rule) / self._per_unit(source, day, rule)
        rounded = round_rate(value, rule)
        if not rounded:
            raise InputError(
                f"{source} to {target}, {day}: {float(value):.3g} rounds to zero in steps of {rule.step}. "
                "Give the rule a smaller step."
            )
        return rounded

    def _per_unit(self, code: str, day: date, rule: RateRule) -> Fraction:
        return Fraction(1) if code == self.unit else Fraction(self.of(code, day, rule).per_unit)

    def ratio(self, source: str, target: str, day: date, rule: RateRule) -> tuple[int, int]:
        """Minor units of `target` for one minor unit of `source` as numerator and denominator, margin included.

        Look it up once a day and convert each payment with `convert_int`.
        """
        value = self.cross(source, target, day, rule)
        if source != target:
            value *= 1 - Fraction(rule.margin)
        value *= Fraction(10) ** (currency(target).scale - currency(source).scale)
        return value.numerator, value.denominator

    def convert(self, amount: int, source: str, target: str, day: date, rule: RateRule) -> Conversion:
        """An amount in minor units of `source`, in minor units of `target`; with the rates it rests on."""
        rate = self.cross(source, target, day, rule)
        used = [
            self.of(code, day, rule) for code in (source, target) if self.unit != code and source != target
        ]
        lineage = Lineage(
            figure=f"{source} to {target}, {day}",
            method=Method(f"{rule.name}: {rule.kind}, margin {rule.margin}, amount rounded half to even"),
            inputs=tuple(
                f"{each.currency} {each.per_unit} per {self.unit}, {each.name}, {each.date}" for each in used
            ),
            rows=tuple(each.row or each.source for each in used),
            values={f"{target} per {source}": float(rate)},
        )
        return Conversion(convert_int(amount, *self.ratio(source, target, day, rule)), rate, day, lineage)


def convert_int(amount: int, num: int, den: int) -> int:
    """``amount * num / den`` rounded half to even, in integers only; `den` is greater than zero."""
    quotient, rest = divmod(amount * num, den)
    if rest * 2 > den or (rest * 2 == den and quotient % 2):
        quotient += 1
    return quotient


def round_rate(value: Fraction, rule: RateRule) -> Fraction:
    """A rate rounded as its rule says."""
    if rule.step is None or rule.rounding == "exact":
        return value
    step = Fraction(rule.step)
    if rule.rounding == "half-even":
        return round(value / step) * step
    decimals = -int(rule.step.normalize().as_tuple().exponent)
    cut = Fraction(int(value * 10**decimals), 10**decimals)
    return -(-cut // step) * step


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise InputError(f"{path.name} is larger than {SIZE_LIMIT // 1_000_000} MB, the limit. Split it.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read ({error.strerror}). Check its name and rights."
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not UTF-8 text (byte {error.start + 1}). Save it as CSV in UTF-8."
        ) from None


def _row(file: str, number: int, cells: Mapping[str, str | None], unit: str) -> Rate | Check:
    given = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    for name in COLUMNS:
        if not given[name]:
            return Check.error("missing-cell", place(file, number, name), "is empty. Fill it in.")
    try:
        day, code = parse_date(given["date"]), currency(given["currency"]).code
    except PeriodError as error:
        return Check.error("bad-date", place(file, number, "date"), str(error))
    except UnknownCodeError as error:
        return Check.error("unknown-code", place(file, number, "currency"), str(error))
    if given["unit"] != unit or code == unit:
        message = (
            f"the rate is of {code} per {given['unit']}: rates of another currency per {unit} are expected."
        )
        return Check.error("wrong-unit", place(file, number, "unit"), message)
    try:
        value = Decimal(given["per_unit"])
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value <= 0 or not -18 <= value.adjusted() <= 18:
        message = f'"{given["per_unit"]}" is not a rate: write a number greater than zero, such as 520.27.'
        return Check.error("bad-number", place(file, number, "per_unit"), message)
    return Rate(day, code, value, given["name"], given["source"], place(file, number))
