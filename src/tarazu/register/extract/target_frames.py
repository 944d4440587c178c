"""Targets known by their frame: a word of aim, a figure, and with them an indicator or a day to reach it by.

Used where no verb of bringing or reaching governs the figure: "the mark fixed for 2027 is $2 billion", «плановый
показатель транзита – 15 млн т к 2030 году». A plain word of aim needs an indicator or a date beside it, a faint one
(agreed, set, should) needs both. What has happened, what is forecast and what is conditional is none.
"""

from __future__ import annotations

from tarazu.register.extract.sentence import Found, Sentence

_BEFORE, _BEHIND = 18, 12  # tokens around a figure in which its frame stands
_BREAKS = frozenset([";", "؛", "«", "»", "“", "”"])
_VERB_LAST = ("kk", "fa")
_NEAR_VERB = {"en": 5, "ru": 5, "kk": 4, "fa": 4}  # tokens between a verb that governs a figure and it
_UNITS = frozenset(["t", "TEU", "container", "MW", "MWh", "kWh", "m3", "barrel", "person", "percent"])


def framed(s: Sentence, figure: Found, first: int) -> tuple[int, int, str] | None:
    """First and last token of a frame around a figure, and its rule; None where there is none."""
    unit = figure.value.get("unit")
    if unit is not None and unit not in _UNITS:
        return None
    if "aim" not in s.at and "aim_faint" not in s.at:
        return None
    low, high = _clause(s, figure)
    if s.word(first - 1) == "на" and figure.kind == "quantity":
        return None  # «терминал на 600 тыс. тонн»
    if figure.kind == "percentage":
        low = max(low, first - 6)
    if _barred(s, low, high, range(first, figure.last)) or _happened(s, figure, first, low, high):
        return None
    strong = [at for at in s.at.get("aim", ()) if low <= at < high and not figure.first <= at < figure.last]
    faint = [at for at in s.at.get("aim_faint", ()) if low <= at < high]
    due = _due(s, figure, low, high)
    subject = any(low <= at < high for at in s.at.get("subject", ()))
    told = strong if (due or subject) else []
    if not told and faint and (due or subject) and (len(faint) > 1 or (due and subject)):
        told = faint
    if not told and len(strong) > 1 and figure.kind == "amount":
        told = strong
    if not told:
        return None
    cue = min(told, key=lambda at: abs(at - figure.first))
    name = "aim" if cue in strong else "aim_faint"
    return min(cue, figure.first), max(cue + s.hits[cue][name][1], figure.last), "target-frame"


def _clause(s: Sentence, figure: Found) -> tuple[int, int]:
    low, high = figure.first, figure.last
    while low > max(0, figure.first - _BEFORE) and s.word(low - 1) not in _BREAKS:
        low -= 1
    while high < min(len(s.tokens), figure.last + _BEHIND) and s.word(high) not in _BREAKS:
        high += 1
    return low, high


def _barred(s: Sentence, low: int, high: int, own: range) -> bool:
    """Whether the clause forecasts, sets a condition or denies; a "not less than" of the figure does not."""
    names = ("forecast", "conditional", "managed", "negation")
    return any(low <= at < high and at not in own for name in names for at in s.at.get(name, ()))


def _happened(s: Sentence, figure: Found, first: int, low: int, high: int) -> bool:
    """Whether a verb of the past governs the figure, or the figure is a price, a value or a sum spent."""
    reach = _NEAR_VERB[s.language]
    near = (
        range(figure.last, min(high, figure.last + reach))
        if s.language in _VERB_LAST
        else range(max(low, first - reach), first)
    )
    if any(
        "past_verb" in s.hits[at] and "aim" not in s.hits[at] and s.word(at) not in ("is", "are")
        for at in near
    ):
        return True
    if any("spend" in s.hits[at] for at in near):
        return True
    return bool(s.before(first, "worth")) and s.word(first - 1) not in ("на", "of")


def _due(s: Sentence, figure: Found, low: int, high: int) -> bool:
    """Whether a date ahead of publication, or one to reach something by, stands in the clause."""
    published = s.setting.published
    for each in s.of("date"):
        if not low <= each.first < high:
            continue
        end = each.value["end"]
        by = (
            s.before(each.first, "deadline") or s.hit(each.last, "deadline") or s.before(each.first, "end_of")
        )
        if by or (end and published and end > published.isoformat() and each.value["precision"] != "day"):
            return True
    return False
