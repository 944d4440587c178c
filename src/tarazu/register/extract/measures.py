"""Everything measured or counted in a sentence: amounts, percentages, multiples, quantities; no token twice."""

from __future__ import annotations

from decimal import Decimal

from tarazu.register.extract.amounts import read_amount
from tarazu.register.extract.figures import combined, no_figure, second
from tarazu.register.extract.numbers import Number, number
from tarazu.register.extract.percentages import read_fraction, read_multiple, read_percentage, read_times
from tarazu.register.extract.sentence import Sentence
from tarazu.register.extract.tokens import WORD

# Plurals as they stand behind a figure; a Kazakh noun has no ending there, a Persian one none that is sure.
_ENDINGS = {
    "en": ("rs", "es", "ts", "ns", "ls", "ds", "ms", "ks"),
    "ru": ("ов", "ев", "ков", "ей"),
    "kk": (),
    "fa": (),
}
_GAP = 6  # words between a number and what it counts: "five intergovernmental and bank agreements"
_BEGINNINGS = (
    "numeral",
    "half",
    "fused",
    "article",
    "magnitude",
    "multiple",
    "fraction",
)  # words that may begin a number


def read_measures(s: Sentence) -> None:
    """Everything measured or counted in a sentence."""
    begins = list(s.numbers)
    for name in _BEGINNINGS:
        if name in s.at:
            begins += s.at[name]
    after = 0
    for index in s.at.get("duration", ()):
        value, unit = s.hits[index]["duration"][0].split(":")
        stated = float(value)
        s.add(
            "quantity",
            "quantity-unit",
            index,
            index + 1,
            {"value": stated, "low": stated, "high": stated, "bound": "exact", "unit": unit},
        )
    for index in sorted(begins):
        if index >= after and not s.taken[index]:
            after = _read(s, index)


def _read(s: Sentence, index: int) -> int:
    """Read what begins at a token; returns the token after it (or the same one)."""
    if multiple := s.hit(index, "multiple"):
        return read_multiple(s, index, index + multiple[1], Decimal(multiple[0]))
    if fraction := s.hit(index, "fraction"):
        return read_fraction(s, index, index + fraction[1], Decimal(fraction[0]))
    if s.is_number(index) and (skip := no_figure(s, index)):
        return skip
    one = number(s, index)
    if one is None:
        return index
    two, joint = second(s, one)
    last = two or one
    for reader in (read_amount, read_percentage, read_times, _quantity):
        after = reader(s, one, two, joint)
        if after:
            return after
    return last.last


def _quantity(s: Sentence, one: Number, two: Number | None, joint: str) -> int:
    """A number with what it measures or counts."""
    last = two.last if two else one.last
    if not one.digits and one.value == 1 and two is None:
        return 0
    found = _unit(s, one, last)
    if found is None:
        return 0
    unit, factor, end, rule = found
    if not one.digits and one.value <= 2 and s.before(end, "both_sides"):
        return 0
    for part in combined(s, one, two, joint, one.first, end):
        if part.bound == "range" and two is None:
            continue
        s.add("quantity", rule, part.first, part.last, part.value(factor) | {"unit": unit})
    s.take(one.first, last)
    return last


def _unit(s: Sentence, one: Number, last: int) -> tuple[str, Decimal, int, str] | None:
    """Unit, factor, token after it, and rule."""
    at = last + 1 if s.word(last) == "-" and s.glued(last) and s.is_word(last + 1) else last
    held = s.hit(at, "unit")
    if held and (
        len(s.word(at)) > 1 or held[1] > 1 or s.glued(at) or s.language in ("ru", "kk") or s.word(at) == "t"
    ):
        unit, _, factor = held[0].partition(":")
        return unit, Decimal(factor or 1), at + held[1], "quantity-unit"
    if not one.digits and s.word(one.first - 1) in ("the", "these", "both", "all", "either"):
        return None
    if s.word(last) == "-" and (s.is_number(last + 1) or s.hit(last + 1, "ordinal_word")):
        return None
    if s.language == "kk" and at > last and one.digits:
        return None  # 22-отырыс is the twenty-second
    if s.language == "kk" and (bounded := s.hit(at, "bound_after")):
        at += bounded[1]  # 60-қа жуық компания
    for step in range(_GAP + 1):
        place = at + step
        if place >= len(s.tokens):
            return None
        if held := s.hit(place, "count"):
            if not one.digits and one.value <= 2 and held[0] == "country":
                return None
            name = held[0] or s.word(
                place
            )  # things without a name of their own are called as the text calls them
            return name, Decimal(1), place + held[1], "quantity-count"
        if step and (held := s.hit(place, "unit")):
            unit, _, factor = held[0].partition(":")
            return unit, Decimal(factor or 1), place + held[1], "quantity-count"
        if not _adjective(s, place):
            break
    return _named(s, one, at)


def _named(s: Sentence, one: Number, at: int) -> tuple[str, Decimal, int, str] | None:
    """A whole figure right before a plural that no list has: "310 exhibitors" counts them all the same."""
    token = s.tokens[at] if at < len(s.tokens) else None
    plural = token and token.kind == WORD and token.shape == 0 and len(token.word) > 4 and s.unknown(at)
    if not plural or token is None or not one.digits or one.value != int(one.value) or one.value < 2:
        return None
    if s.word(one.first - 1) in (".", "-", "/", ":") or s.before(one.first, "date_lead") or one.first == 0:
        return None
    return (
        (token.word, Decimal(1), at + 1, "quantity-named")
        if token.word.endswith(_ENDINGS[s.language])
        else None
    )


def _adjective(s: Sentence, place: int) -> bool:
    """Whether a word may stand between a number and what it counts."""
    if not s.is_word(place):
        return s.word(place) in (",", "-") and s.is_word(place + 1)
    held = s.hits[place]
    barred = (
        *("date_lead", "month", "currency", "percent", "range_to", "year_word", "will", "agent", "past_verb"),
        *(
            "relative",
            "negation",
            "city",
            "commit",
            "deadline",
            "subject",
            "solar_month",
            "times",
            "bound_after",
            "worth",
        ),
    )
    return not held or not any(name in held for name in barred)
