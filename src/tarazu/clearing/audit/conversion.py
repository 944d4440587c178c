"""Amounts in other currencies, recomputed from the rates that the journal holds.

    amount_to = amount_from * (r_to / r_from) * 10^(s_to - s_from) * (1 - margin)

rounded once, half to even; r are units per unit of account, rounded as the scheme says, s the decimals of ISO 4217.
"""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction

from tarazu.clearing.audit.book import Book, Fault


def converted(book: Book, day: date, amount: int, given: str, wanted: str) -> int:
    """An amount in minor units of another currency.

    Raises
    ------
    Fault
        If the journal holds no rate that the scheme allows on this day.
    """
    if given == wanted:
        return amount
    key = ("ratio", day, given, wanted)
    if key not in book.cache:
        book.cache[key] = _ratio(book, day, given, wanted)
    ratio: Fraction = book.cache[key]
    whole, rest = divmod(amount * ratio.numerator, ratio.denominator)
    up = 2 * rest > ratio.denominator or (2 * rest == ratio.denominator and whole % 2 == 1)
    return whole + up


def _ratio(book: Book, day: date, given: str, wanted: str) -> Fraction:
    rule, scheme = book.scheme.rate, book.scheme
    if rule.kind == "unit" or (rule.kind == "direct" and scheme.unit not in (given, wanted)):
        raise Fault(f"{scheme.id} does not convert {given} to {wanted}")
    rate = _per_unit(book, day, wanted) / _per_unit(book, day, given)
    if rule.step is not None and rule.rounding != "exact":
        step = Fraction(rule.step)
        if rule.rounding == "half-even":
            rate = round(rate / step) * step
        else:  # cut to the decimals of the step, then up to its next multiple
            places = 10 ** max(0, -int(rule.step.normalize().as_tuple().exponent))
            rate = math.ceil(Fraction(math.floor(rate * places), places) / step) * step
    return rate * (1 - Fraction(rule.margin)) * Fraction(10) ** (scheme.scale(wanted) - scheme.scale(given))


def _per_unit(book: Book, day: date, code: str) -> Fraction:
    """Units of a currency per unit of account: the last one published on or before a day, unless it is stale."""
    if code == book.scheme.unit:
        return Fraction(1)
    name = book.scheme.rate.source(code)
    known = book.rates.get((code, name), {})
    last = max((each for each in known if each <= day), default=None)
    if last is None or (day - last).days > book.scheme.rate.max_age_days:
        raise Fault(f'{code}: the journal holds no rate "{name}" for {day} that is fresh enough')
    return known[last]
