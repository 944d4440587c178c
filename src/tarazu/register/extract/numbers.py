"""Numbers as people write them: digits of three scripts, words, magnitudes and halves.

A comma or a point before three digits may begin decimals or set thousands apart. With a custom of the
language (English and Persian: comma sets apart; Russian and Kazakh: comma begins decimals), and against it where
the same document writes commas that can only be decimals (``1,3 billion`` beside ``1,279 billion``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from tarazu.register.extract.sentence import Sentence

_LONGEST = 24  # characters of a figure; longer ones are no amounts
_SPACES = re.compile(r"[ \u00a0\u2009\u202f\u2007'’٬]")
_SURE_DECIMAL = re.compile(r"(?<![\d.,])\d+,(?:\d{1,2}|\d{4,})(?![\d,.]*\d)")
_SURE_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3}){2,}(?!\d)|(?<![\d.,])[1-9]\d{0,2},\d{3}\.\d")
_HALF = Decimal("0.5")
_PLURALS = ("s", "ов", "ы", "ам", "ами", "ах", "ها", "های", "лар", "даған", "тер", "тар")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as stated: tokens `first` to `last` (excluded)."""

    first: int
    last: int
    value: Decimal
    scaled: bool  # with a magnitude word: 3 billion
    digits: bool  # begins with a figure, not a word


def comma_custom(text: str, language: str) -> str:
    """What a comma before three digits means in a document: ``decimal`` or ``thousands``."""
    if language in ("ru", "kk"):
        return "decimal"
    if _SURE_DECIMAL.search(text) and not _SURE_THOUSANDS.search(text):
        return "decimal"
    return "thousands"


def figure(raw: str, comma: str) -> Decimal | None:
    """Value of digits with separators, None where they are no number (a date, an address)."""
    if len(raw) > _LONGEST:
        return None
    plain = _SPACES.sub("", raw).replace("٫", ".").replace("،", ",")
    if plain.isdecimal():
        return Decimal(plain)
    decimal = max(plain.rfind("."), plain.rfind(","))
    mark = plain[decimal]
    groups = plain.replace(",", ".").split(".")
    thousands = all(len(each) == 3 for each in groups[1:]) and 1 <= len(groups[0]) <= 3 and groups[0] != "0"
    if plain.count(",") and plain.count("."):
        if plain.count(mark) > 1:
            return None
        head = plain[:decimal].replace(",", "").replace(".", "")
        return Decimal(f"{head}.{plain[decimal + 1 :]}")
    if plain.count(mark) > 1:
        return Decimal("".join(groups)) if thousands else None
    if thousands and mark == "," and comma == "thousands":
        return Decimal("".join(groups))
    return Decimal(f"{groups[0]}.{groups[1]}")


def number(s: Sentence, index: int) -> Number | None:
    """The number that begins at a token, with its magnitudes, or None."""
    start = _base(s, index)
    if start is None:
        return None
    value, at, digits = start
    total, scale, scaled = Decimal(0), None, False
    while True:
        value, at, power = _scaled(s, value, at)
        scaled = scaled or power >= 1000
        if power and s.hit(at, "plus_half") and s.language != "kk":
            value += power * _HALF
            at += s.hit(at, "plus_half")[1]  # type: ignore[index]
        total += value
        # "3 billion 200 million": a further part counts only below the magnitude of the one before.
        more = _base(s, at + 1 if s.hit(at, "range_and") else at) if power >= 1000 else None
        if more is None or (scale is not None and power >= scale):
            break
        ahead, after, step = _scaled(s, more[0], more[1])
        if (
            power == 1000 < step and more[0] < 1000 and total < 1_000_000
        ):  # ۲ هزار و ۳۰۰ میلیارد: 2,300 billion
            return Number(index, after, (total + more[0]) * step, True, digits)
        if not 1000 <= step < power or ahead >= power:
            break
        value, at, scale = more[0], more[1], power
    return Number(index, _repeated(s, at, total), total, scaled, digits)


def _repeated(s: Sentence, at: int, value: Decimal) -> int:
    """The token after a number's repetition in brackets: ninety (90) days, 5 (пять) вагонов."""
    if s.word(at) != "(":
        return at
    again = _base(s, at + 1)
    return again[1] + 1 if again and again[0] == value and s.word(again[1]) == ")" else at


def _scaled(s: Sentence, value: Decimal, at: int) -> tuple[Decimal, int, Decimal]:
    """The value times the magnitudes that follow (thousand billion), where they end, and their product."""
    power = Decimal(1)
    while at < len(s.tokens):
        place = at + 1 if s.word(at) == "-" and s.glued(at) and s.glued(at + 1) else at
        held = s.hit(place, "magnitude")
        if held is None or (len(s.word(place)) == 1 and not _letter_magnitude(s, place)):
            break
        power *= Decimal(held[0])
        at = place + held[1]
        if s.word(at) == "." and s.glued(at) and len(s.word(at - 1)) <= 4 and at + 1 < len(s.tokens):
            at += 1  # млрд.
        elif (
            s.language == "kk"
            and s.word(at) == "-"
            and s.glued(at)
            and s.glued(at + 1)
            and s.hit(at + 1, "case_suffix")
        ):
            at += 2  # млрд-ы
        if power == 100 and (more := _words(s, at)) and more[0] < 100:
            return _scaled(s, value * 100 + more[0], more[1])
    return value * power, at, power if power > 1 else Decimal(0)


def _letter_magnitude(s: Sentence, place: int) -> bool:
    """``$3b`` and ``3m`` stand close together; a lone letter elsewhere is a metre, or Mr B."""
    money = s.before(place - 1, "currency") is not None or s.hit(place + 1, "currency") is not None
    return (s.glued(place) or money) and s.is_number(place - 1) and not (s.word(place) == "m" and not money)


def _base(s: Sentence, index: int) -> tuple[Decimal, int, bool] | None:
    """A figure or number in words without its magnitude: value, token after it, whether it is a figure."""
    if index >= len(s.tokens) or s.taken[index]:
        return None
    if s.is_number(index):
        return _digits(s, index)
    if fused := s.hit(index, "fused"):
        return Decimal(fused[0]), index + fused[1], False
    if half := s.hit(index, "half"):
        after = index + half[1]
        if Decimal(half[0]) < 1 and not s.hit(after, "magnitude"):
            return None
        return Decimal(half[0]), after, False
    if words := _words(s, index):
        value, at = words
        if plus := s.hit(at, "plus_half"):
            return value + _HALF, at + plus[1], False
        return value, at, False
    for name in ("article", "magnitude"):  # "a billion dollars", «миллиард долларов»
        held = s.hit(index, name)
        if (
            held
            and (name == "magnitude" or s.hit(index + 1, "magnitude"))
            and len(s.word(index + (name == "article"))) > 2
        ):
            if s.hit(index, "several") or s.hit(index - 1, "several") or _no_one(s, index, name):
                return None
            return Decimal(1), index + (name == "article"), False
    return None


def _no_one(s: Sentence, index: int, name: str) -> bool:
    """Whether a magnitude without a number is not one of it: a plural, or the unit of a caption."""
    if name == "article":
        return False
    return (
        s.word(index).endswith(_PLURALS)
        or s.word(index - 1) in ("(", ",", "،", ":", "-", ".")
        or s.word(index + 2) == ")"
        or s.before(index, "currency") is not None  # a caption: USD million
    )


def _digits(s: Sentence, index: int) -> tuple[Decimal, int, bool] | None:
    value = figure(s.word(index), s.setting.comma)
    if value is None:
        return None
    at = index + 1
    if s.language == "fa" and s.word(at) == "/" and s.glued(at) and s.is_number(at + 1) and s.glued(at + 1):
        tail = s.word(at + 1)  # ۱/۳ is one point three where a magnitude or a unit follows
        if tail.isdecimal() and len(tail) <= 3 and s.is_word(at + 2) and not s.is_mark(at + 2):
            return Decimal(f"{s.word(index)}.{tail}") if s.word(index).isdecimal() else value, at + 2, True
    if s.glued(at) and s.hit(at, "ordinal_suffix"):
        return None
    if s.word(at) == "-" and s.glued(at) and s.glued(at + 1) and s.is_word(at + 1):
        if s.hit(at + 1, "ordinal_suffix"):
            return None
        if s.hit(at + 1, "case_suffix"):
            return value, at + 2, True
    if s.language == "fa" and s.hit(at, "ordinal_suffix") and not s.glued(at + 1):
        return None
    if plus := s.hit(at, "plus_half"):
        return value + _HALF, at + plus[1], True
    return value, at, True


def _words(s: Sentence, index: int) -> tuple[Decimal, int] | None:
    """A number in words below a thousand: twenty-five, сто двадцать, жиырма бес, بیست و پنج."""
    held = s.hit(index, "numeral")
    if not held:
        return None
    value, at = int(held[0]), index + 1
    while True:
        place = at
        if (s.word(at) == "-" and s.glued(at)) or (s.language == "fa" and s.word(at) == "و"):
            place += 1
        more = s.hit(place, "numeral")
        if not more or int(more[0]) >= (100 if value % 100 == 0 else 10 if value % 10 == 0 else 1):
            break
        value, at = value + int(more[0]), place + 1
    return Decimal(value), at
