"""Whether two promises are one: by who promised, the numbers, the due date, the goods and the words.

The same sentence of equal parties is the same promise. So is one of the same form, parties and number where something
else joins them: a second number, a good or the words, and between two languages, where words cannot tell, the due date.
Words that are alike, or one such fact alone, are only similar: a person says which. Due dates that do not meet, other
goods and other numbers of one unit part two promises.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tarazu.core.names import normalise
from tarazu.register.readers.content import limit, share
from tarazu.register.register import Item, span

SAME, SIMILAR, DIFFERS = "same", "similar", "differs"
MILLION = 1e6
ONE_FORM = {"target": "obligation"}  # forms that one text calls the one and another the other

Number = tuple[float, str]

_FIGURE = re.compile(r"\d+")
_STEM = re.compile(r"[^\W\d_]{3,5}")


@dataclass(frozen=True, slots=True)
class Promise:
    """What makes a promise this one: its words as they are compared, and what needs no words."""

    form: str
    parties: frozenset[str]
    due: str
    texts: tuple[str, ...]
    numbers: frozenset[Number]
    goods: frozenset[str]


def of_value(value: Mapping[str, Any], quote: str) -> Promise:
    """The promise of a suggestion."""
    numbers = {(float(each), "USD") for each in value.get("amounts") or ()}
    numbers |= {(float(number), str(unit)) for number, unit in value.get("quantities") or ()}
    if value.get("unit") and value.get("value") is not None:
        numbers.add((float(value["value"]), str(value["unit"])))
    return Promise(
        str(value.get("form") or "target"),
        frozenset(value.get("parties") or ()),
        str(value.get("due") or ""),
        (folded(quote),),
        frozenset(numbers),
        frozenset(value.get("goods") or ()),
    )


def of_item(item: Item) -> Promise:
    """The promise of an item: its title and the words quoted for it, and the numbers and goods that these name."""
    texts = tuple(dict.fromkeys([item.title, *(each.quote for each in item.evidence if each.quote)]))
    told = [facts(each) for each in texts]
    numbers = {each for numbers, _ in told for each in numbers}
    if item["target_low"] is not None and item["target_high"] in (None, item["target_low"]):
        unit = str(item["unit"] or "")
        numbers.add((item["target_low"] * MILLION, "USD") if unit == "USD m" else (item["target_low"], unit))
    return Promise(
        str(item["form"]),
        frozenset(item["parties"] or ()),
        str(item["due"] or ""),
        tuple(folded(each) for each in texts),
        frozenset(numbers),
        frozenset(each for _, goods in told for each in goods),
    )


@lru_cache(maxsize=1 << 14)
def folded(text: str) -> str:
    """Words of a text as they are compared."""
    return normalise(text)


@lru_cache(maxsize=1 << 13)
def facts(text: str) -> tuple[frozenset[Number], frozenset[str]]:
    """Numbers with their units, and codes of goods, that a text names."""
    from tarazu.register.extraction import extract

    found = extract(text)
    inside = [(each.kind, each.value) for each in found]
    return frozenset(numbers_of(inside)), frozenset(goods_of(inside))


def numbers_of(found: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterable[Number]:
    """Amounts by currency and quantities by unit among suggestions."""
    for kind, value in found:
        unit = value.get("currency") if kind == "amount" else value.get("unit")
        if kind in ("amount", "quantity") and unit and value.get("value") is not None:
            yield float(value["value"]), str(unit)


def goods_of(found: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterable[str]:
    """Codes of the products among suggestions."""
    return (str(code) for kind, value in found if kind == "product" for code in value.get("hs") or ())


def compared(one: Promise, other: Promise) -> str | None:
    """How two promises stand to one another: the same, similar, or None."""
    if one.parties and other.parties and not one.parties & other.parties:
        return None
    whole = not one.parties or not other.parties or one.parties == other.parties
    if any(each and each in other.texts for each in one.texts):
        return SAME if whole else SIMILAR
    days = span(one.due), span(other.due)
    due = bool(days[0] and days[1] and days[0].overlap_days(days[1]))
    late = bool(days[0] and days[1] and not due)
    shared, across = _shared(one.numbers, other.numbers), _across(one, other)
    if not shared and _apart(one.numbers, other.numbers):
        return None if across or not _alike(one, other) else SIMILAR
    alike = _alike(one, other)
    goods = bool(one.goods & other.goods)
    form = _form(one) == _form(other)
    second = shared > 1 or len(_figures(one) & _figures(other)) > 1
    other_goods = bool(one.goods and other.goods and not goods)
    if (
        shared
        and not late
        and not other_goods
        and (second or (form and (goods or alike or (due and across))))
    ):
        return SAME
    foreign = due and whole and form and not other_goods and across
    return SIMILAR if alike or (not late and (shared or (goods and form) or foreign)) else None


def _form(promise: Promise) -> str:
    return ONE_FORM.get(promise.form, promise.form)


def close(a: float, b: float) -> bool:
    """Whether two numbers are one, but for rounding."""
    return abs(a - b) <= share("promises", "close") * max(abs(a), abs(b))


def _shared(one: Collection[Number], other: Collection[Number]) -> int:
    """How many numbers of one are among the other's."""
    return sum(any(unit == its and close(number, value) for value, its in other) for number, unit in one)


def _apart(one: Collection[Number], other: Collection[Number]) -> bool:
    """Whether both give a number in one unit, and another one."""
    return bool({unit for _, unit in one} & {unit for _, unit in other})


def _figures(promise: Promise) -> set[int]:
    """Numbers in the words, without those of the due date: two promises of one day share them."""
    told = {int(each) for text in promise.texts for each in _FIGURE.findall(text)}
    return told - {int(each) for each in _FIGURE.findall(promise.due)}


def _across(one: Promise, other: Promise) -> bool:
    """Whether no text of the two is written in one script: then words cannot tell."""
    return not {_script(each) for each in one.texts} & {_script(each) for each in other.texts}


@lru_cache(maxsize=1 << 14)
def _script(text: str) -> str:
    """Of Latin, Cyrillic and Arabic letters those that a text has most of; Kazakh is a script of its own."""
    if any(letter in "әғқңөұүһі" for letter in text):
        return "kazakh"
    counts = {
        "latin": sum("a" <= letter <= "z" for letter in text),
        "cyrillic": sum("Ѐ" <= letter <= "ӿ" for letter in text),
        "arabic": sum("؀" <= letter <= "ۿ" for letter in text),
    }
    return max(counts, key=lambda name: counts[name])


def written_alike(one: str, other: str) -> bool:
    """Whether two texts are of one script, so that their words can be compared."""
    return _script(folded(one)) == _script(folded(other))


def _alike(one: Promise, other: Promise) -> bool:
    return any(alike(text, it) for text in one.texts for it in other.texts)


def alike(one: str, other: str) -> bool:
    """Whether the words of one text are mostly those of another, and not a single one."""
    from rapidfuzz.fuzz import token_set_ratio

    if len(_stems(one) & _stems(other)) < limit("promises", "fewest"):
        return False
    return token_set_ratio(folded(one), folded(other)) >= limit("promises", "alike")


@lru_cache(maxsize=1 << 14)
def _stems(text: str) -> frozenset[str]:
    """First letters of the words of a text, without its shortest words."""
    return frozenset(each[:4] for each in folded(text).split() if _STEM.match(each))
