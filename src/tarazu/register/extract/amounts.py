"""Amounts of money: a figure with a currency before or after it, or known from the amount before it."""

from __future__ import annotations

from decimal import Decimal

from tarazu.register.extract.currencies import beside
from tarazu.register.extract.figures import combined, opening, power
from tarazu.register.extract.numbers import Number
from tarazu.register.extract.sentence import Sentence

# What is told in rials: factor and the unit's name.
RIALS = {"IRT": (Decimal(10), "toman"), "HMT": (Decimal(10) ** 13, "thousand billion toman")}
_VERB_LAST = ("kk", "fa")
_CASED = (
    "ға",
    "ге",
    "қа",
    "ке",
    "ды",
    "ді",
    "ты",
    "ті",
    "дан",
    "ден",
    "тан",
    "тен",
    "дық",
    "дік",
    "тық",
    "тік",
)


def read_amount(s: Sentence, one: Number, two: Number | None, joint: str) -> int:
    """Money: a currency before the figure, after it, or (with a magnitude) known from what came before."""
    last = two.last if two else one.last
    first = opening(s, one.first)
    currency = _currency_before(s, one.first)
    after = _currency_after(s, last)
    rule = "amount-sign"
    if currency is None and after:
        currency, last, rule = after[0], after[1], "amount-word"
    elif currency is not None and after and after[0] == currency:
        last = after[1]
    if currency is None and two and joint and (middle := s.hit(one.last, "currency")):
        currency, rule = middle[0], "amount-word"
    if currency is None and _bare(s, two or one, last):
        currency, rule = _currency_ahead(s, last) or s.setting.currency, "amount-bare"
        if currency is None:
            return 0
    if currency is None:
        return 0
    factor, original = RIALS.get(currency, (Decimal(1), None))
    code = "IRR" if original else beside(s, currency, first, last)
    if code != currency and s.hit(last, "country"):
        last += 1
    for part in combined(s, one, two, joint, first, last):
        value = part.value(factor) | {"currency": code}
        if original:
            value["original"] = original
        s.add("amount", "amount-range" if part.bound == "range" else rule, part.first, part.last, value)
    s.setting.currency = currency if original else code
    s.take(first, last)
    return last


def _currency_before(s: Sentence, first: int) -> str | None:
    held = s.before(first, "currency")
    if held is None:
        return None
    # A word before a figure is its currency only as a sign or a code: "in dollars 528 firms" is not.
    word = s.word(first - 1)
    code = word.isascii() and len(word) <= 3 and (s.tokens[first - 1].shape == 2 or s.glued(first))
    sign = s.is_mark(first - 1) or code
    return held[0] if sign and not s.taken[first - 1] else None


def _currency_after(s: Sentence, last: int) -> tuple[str, int] | None:
    """The currency after a figure and the token behind it; an adjective may stand between."""
    for step in range(3):
        at = last + step
        if s.word(at) == "-" and s.glued(at):
            continue
        if held := s.hit(at, "currency"):
            if s.is_mark(at) and s.is_number(at + 1) and not s.glued(at):
                return None  # the sign belongs to the next figure
            return held[0], at + held[1]
        if step and not s.hit(at, "country"):
            return None
        if not (s.hit(at, "country") or s.hit(at, "article_currency")) and s.word(at) != "-":
            return None
    return None


def _currency_ahead(s: Sentence, last: int) -> str | None:
    """The currency of the next figure: "from 440 million to $528 million"."""
    ahead = next((at for at in s.at.get("currency", ()) if last <= at < last + 6), None)
    return s.hits[ahead]["currency"][0] if ahead is not None else None


def _bare(s: Sentence, held: Number, last: int) -> bool:
    """Whether a figure with a magnitude stands without a unit: "it grew to 344.8 million; …"."""
    if not held.scaled or power(s, held) < 1_000_000 or s.at.get("population"):
        return False
    if last >= len(s.tokens) or (
        s.is_mark(last) and (s.word(last) not in "%-٪" or (s.word(last) == "-" and not s.glued(last)))
    ):
        return True
    names = (
        "date_lead",
        "relative",
        "bound_after",
        "range_to",
        "by",
        "deadline",
        "worth",
        "past_verb",
        "bound_upto",
    )
    if s.is_number(last) or (s.language == "en" and s.hit(last, "bare_follow")):
        return True
    if s.language == "kk" and s.word(last - 1).endswith(_CASED):
        return not any(s.hit(last, name) for name in ("unit", "count"))  # nothing can follow but a verb
    if s.language == "fa" and s.hit(last, "bare_follow"):
        return True
    return any(
        s.hit(last, name) for name in (*names, "target_verb", "target_noun", "growth", "decline")
    ) and not s.hit(last, "unit")
