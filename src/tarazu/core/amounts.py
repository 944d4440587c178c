"""Amounts of US dollars as people write and read them: ``3bn``, ``1,5 млрд``, ``۳ میلیارد``, ``USD 528 m``.

Countries disagree whether a comma or a point begins the decimals, so a number is read by every
custom (English 1,528.5; continental 1.528,5; spaced 1 528,5) and accepted only when all customs
that can read it agree: a target must never be a thousand times another by a guess.
"""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

from tarazu.core.errors import AmountError
from tarazu.core.names import ascii_digits

_UNITS = {
    3: "k thousand thousands тыс тысяча тысячи тысяч мың هزار",
    6: "m mn mln million millions млн миллион миллиона миллионов میلیون",
    9: "b bn bln billion billions млрд миллиард миллиарда миллиардов میلیارد",
    12: "trn tn trillion trillions трлн триллион триллиона триллионов تریلیون",
}
_POWERS = {word: power for power, words in _UNITS.items() for word in words.split()}

_CURRENCY = (
    r"(?:us\s*\$|\$\s*us|\$|usd|(?:us\s*|u\.s\.\s*)?dollars?"
    r"|(?:ақш\s*)?доллар(?:ы|ов|а)?(?:\s*сша)?|долл\.?(?:\s*сша)?|دلار)"
)
_PREFIX = re.compile(rf"^{_CURRENCY}\s*")
_SUFFIX = re.compile(rf"\s*{_CURRENCY}$")
_AMOUNT = re.compile(r"^(?P<number>\d(?:[\d., ]*\d)?(?:e[+-]?\d{1,3})?)\s*(?P<unit>[^\W\d_]+)?\.?$")

_PLAIN = re.compile(r"^\d+(?:\.\d+)?(?:e[+-]?\d+)?$")
_ENGLISH = re.compile(r"^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$")
_CONTINENTAL = re.compile(r"^[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$")
_SPACED = re.compile(r"^[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?$")
_COMMA_DECIMAL = re.compile(r"^\d+,\d+$")

_MINUS = ("-", "−")
_LONGEST = 60  # characters; no amount of money is longer
_SCALES = ((1e12, "trn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))
_EXPECTED = "Write US dollars such as 3bn, 528m, 3e9, 1.5 billion or 3,000,000,000."


def parse_amount(text: str | float) -> float:
    """US dollars from text as people write it, or from a number.

    English, Russian, Kazakh and Persian words and digits are read. A comma begins decimals only
    before a unit (``43,2m``).

    Returns
    -------
    float
        US dollars, greater than zero and finite.

    Raises
    ------
    AmountError
        If the text is no amount, can be read in two ways, names another currency, or the amount is
        zero, negative, NaN or infinite.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise AmountError(f"{text!r} is not an amount. {_EXPECTED}")
    try:
        value = _read(text) if isinstance(text, str) else float(text)
    except OverflowError:
        raise AmountError(f"The amount is too large for a computer's numbers. {_EXPECTED}") from None
    if not math.isfinite(value) or value <= 0:
        raise AmountError(f'"{text}" is not an amount greater than zero and finite. {_EXPECTED}')
    return value


def _read(text: str) -> float:
    plain = ascii_digits(unicodedata.normalize("NFKC", text)).casefold().replace("\u200c", " ")
    plain = " ".join(plain.replace("٫", ".").replace("٬", ",").split())
    if len(plain) > _LONGEST:
        raise AmountError(
            f"An amount of {len(plain)} characters is no unit of US dollars we read. {_EXPECTED}"
        )
    bare = _PREFIX.sub("", plain) if _PREFIX.match(plain) else _SUFFIX.sub("", plain)
    if plain.startswith(_MINUS) or bare.startswith(_MINUS):
        raise AmountError(f'"{text}" is negative: an amount must be greater than zero. {_EXPECTED}')
    match = _AMOUNT.match(bare)
    if not match:
        raise AmountError(f'"{text}" is not an amount of US dollars. {_EXPECTED}')
    number, unit = match["number"], match["unit"] or ""
    if unit and (unit not in _POWERS or "e" in number):
        raise AmountError(f'"{text}": "{unit}" after {number} is no unit of US dollars we read. {_EXPECTED}')
    readings = _readings(number, with_unit=bool(unit))
    if len(readings) > 1:
        either = " or ".join(f"{reading:f}" for reading in sorted(readings))
        raise AmountError(
            f'"{text}" is ambiguous: {number} may be {either}. Write no separator, or two decimals.'
        )
    if not readings:
        raise AmountError(f'"{text}": {number} is not a number in any custom we know. {_EXPECTED}')
    return float(readings.pop().scaleb(_POWERS.get(unit, 0)))


def _readings(number: str, *, with_unit: bool) -> set[Decimal]:
    """What the number is by each custom that can read it."""
    found = set()
    if _PLAIN.match(number):
        found.add(Decimal(number))
    if _ENGLISH.match(number):
        found.add(Decimal(number.replace(",", "")))
    if _CONTINENTAL.match(number):
        found.add(Decimal(number.replace(".", "").replace(",", ".")))
    if _SPACED.match(number):
        found.add(Decimal(number.replace(" ", "").replace(",", ".")))
    if with_unit and _COMMA_DECIMAL.match(number):
        found.add(Decimal(number.replace(",", ".")))
    return found


def format_amount(usd: float) -> str:
    """US dollars with three significant figures: ``USD 3.0 bn``, ``USD 528 m``, ``−USD 43.2 m``.

    NaN, the mark of a missing value, is ``unknown``. `parse_amount` reads every positive result back
    to within half a percent (amounts under a dollar are rounded to cents).

    Raises
    ------
    AmountError
        If the amount is infinite.
    """
    if math.isnan(usd):
        return "unknown"
    if math.isinf(usd):
        raise AmountError("An infinite amount cannot be printed.")
    size = float(f"{abs(usd):.2e}")  # rounded first, so that 999.6 m becomes 1.0 bn and not 1000 m
    sign = "−" if usd < 0 and size >= 0.005 else ""
    for scale, unit in _SCALES:
        if size >= scale:
            return f"{sign}USD {_three_figures(size / scale)} {unit}"
    return f"{sign}USD {_three_figures(size)}"


def _three_figures(value: float) -> str:
    if value < 1:
        return f"{value:.2f}" if value else "0"
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    text = f"{value:.2f}"
    return text[:-1] if text.endswith("0") else text
