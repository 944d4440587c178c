"""Parties and places: countries by name or adjective, organisations, and places of the list.

Names of the countries of the region and their neighbours stand in ``words_places.csv`` with their adjectives and
case endings; the other countries of ISO 3166 are known by the names that `tarazu.core.codes` has for them.
"""

from __future__ import annotations

from collections import Counter

from tarazu.register.extract.sentence import Sentence


def read_names(s: Sentence) -> None:
    """Every party and place of a sentence."""
    for name in ("body", "country", "city"):
        for index in s.at.get(name, ()):
            value, length = s.hits[index][name]
            if name == "country" and any(
                (held := s.hit(at, "body")) and at + held[1] > index for at in range(max(0, index - 4), index)
            ):
                continue
            if name == "country" and (s.hit(index, "not_country") or _of_currency(s, index)):
                continue
            if name == "city":
                place, _, country = value.partition("=")
                s.add("place", "place-city", index, index + length, {"name": place, "country": country})
            elif name == "country":
                s.add("party", "party-country", index, index + length, {"country": value, "body": None})
            else:
                text = s.text[s.tokens[index].start : s.tokens[index + length - 1].end]
                s.add("party", "party-body", index, index + length, {"country": None, "body": text})


def _of_currency(s: Sentence, index: int) -> bool:
    """Whether a country's name belongs to a currency: долл. США, Iranian rials."""
    return any(
        (held := s.hit(at, "currency")) is not None and at + held[1] > index
        for at in range(max(0, index - 3), index + 1)
    )


def countries_in(s: Sentence, first: int = 0, last: int | None = None) -> list[str]:
    """Countries named between two tokens, each once, in order."""
    last = len(s.tokens) if last is None else last
    held = sorted(
        (each.first, each.value["country"])
        for each in s.of("party")
        if each.value["country"] and first <= each.first < last
    )
    return list(dict.fromkeys(country for _, country in held))


def parties_in(s: Sentence, pair: tuple[str, ...], first: int = 0, last: int | None = None) -> list[str]:
    """Countries named, or the document's two where it says "the two countries"."""
    named = countries_in(s, first, last)
    return list(pair) if not named and s.at.get("both_sides") else named


def leading_parties(sentences: list[Sentence]) -> tuple[str, ...]:
    """The two countries that a document names most often; fewer if it names fewer."""
    counts: Counter[str] = Counter()
    for s in sentences:
        counts.update(each.value["country"] for each in s.of("party") if each.value["country"])
    return tuple(country for country, _ in counts.most_common(2))
