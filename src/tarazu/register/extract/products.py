"""Goods named in text, with the headings and chapters of the Harmonized System that cover them.

The names stand in ``data/register/glossary.csv``, our own list in four languages of what the dossier trades
and its neighbours do. A word for goods inside the name of an authority is no mention of goods.
"""

from __future__ import annotations

from tarazu.register.extract.sentence import Sentence


def read_products(s: Sentence, pair: tuple[str, ...]) -> None:
    """Every product of a sentence, the longest name first."""
    end = 0
    for index in s.at.get("product", ()):
        codes, length = s.hits[index]["product"]
        if index < end or _inside_name(s, index) or _unit_here(s, index):
            continue
        end = index + length
        value = {
            "name": s.text[s.tokens[index].start : s.tokens[end - 1].end],
            "hs": codes.split(";"),
            "direction": _direction(s, index, pair),
        }
        s.add("product", "product-word", index, end, value)


def _inside_name(s: Sentence, index: int) -> bool:
    """Whether a word is part of an authority's name, a place, or a word of another meaning."""
    for at in range(max(0, index - 5), index + 1):
        for name in ("body", "role", "agent"):
            if (held := s.hit(at, name)) and at < index < at + held[1]:
                return True
    if any(s.hit(index, name) for name in ("city", "worth", "currency")):
        return True
    if s.hit(index, "form"):  # papers that are signed, and what exists on paper
        return bool(s.at.get("event")) or s.word(index - 1) in ("on", "на")
    if s.word(index) == "telephone" and (
        s.word(index + 1) == ":" or s.word(index - 1) in ("by", "a", "the", "via")
    ):
        return True
    if s.word(index - 1) == "-" and s.word(index - 2) == "non":
        return True  # non-oil trade
    if s.word(index).startswith("لول") and s.word(index - 1) == "خط":
        return True  # a pipeline
    return (
        s.word(index) == "ماهی" and s.is_number(index + 1) and s.hit(index + 2, "magnitude") is not None
    )  # "a month", not fish


def _unit_here(s: Sentence, index: int) -> bool:
    """Wagons and cars that are counted are what carries goods, not goods."""
    return any(
        each.first <= index < each.last and each.last - each.first > 1 for each in s.of("quantity")
    ) and bool(s.hit(index, "unit") or s.hit(index, "count"))


def _direction(s: Sentence, index: int, pair: tuple[str, ...]) -> str | None:
    """Who sells to whom, where the words beside the product say it."""
    if len(pair) < 2:
        return None
    other = {pair[0]: pair[1], pair[1]: pair[0]}
    if (held := s.before(index, "country")) and held[0] in other:
        return f"{held[0]}->{other[held[0]]}"
    for name in ("exports_to", "imports_from"):
        for at in s.at.get(name, ()):
            if abs(at - index) > 8:
                continue
            for near in range(at, min(len(s.tokens), max(at, index) + 6)):
                named = s.hit(near, "country")
                if named and named[0] in other and s.word(near - 1) in ("to", "в", "به"):
                    return f"{other[named[0]]}->{named[0]}"
                if named and named[0] in other and s.word(near - 1) in ("from", "из", "از"):
                    return f"{named[0]}->{other[named[0]]}"
    return None
