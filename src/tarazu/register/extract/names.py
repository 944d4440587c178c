"""Parties and places: countries by name or adjective, organisations, and places of the list.

Names of the countries of the region and their neighbours stand in ``words_places.csv`` with their adjectives and
case endings; the other countries of ISO 3166 are known by the names that `tarazu.core.codes` has for them.
"""

from __future__ import annotations

from collections import Counter

from tarazu.register.extract.sentence import Sentence

_CASES = (
    "ға",
    "ге",
    "қа",
    "ке",
    "дан",
    "ден",
    "тан",
    "тен",
    "нан",
    "нен",
    "да",
    "де",
    "та",
    "те",
    "дағы",
    "дегі",
)
_ASIDE = frozenset(["to", "in", "from", "into", "at", "в", "во", "из", "на", "به", "در", "از"])


def read_names(s: Sentence) -> None:
    """Every party and place of a sentence."""
    for name in ("body", "country", "city"):
        for index in s.at.get(name, ()):
            value, length = s.hits[index][name]
            if name != "body" and _in_organisation(s, index):
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

    _read_route(s)


def _in_organisation(s: Sentence, index: int) -> bool:
    """Whether a name belongs to that of an organisation: the Shanghai Cooperation Organisation is no place."""
    return any(
        (held := s.hit(at, name)) is not None and held[1] > 1 and at + held[1] > index
        for name in ("body", "structure")
        for at in range(max(0, index - 5), index + 1)
    )


def _read_route(s: Sentence) -> None:
    """Places of a route written with dashes, "Uzen (Kazakhstan) – Kyzylkaya – Gorgan": also those that no list has.

    Three names at least, of which one is a known place; a country in brackets is that of the place before it.
    """
    known = {each.first: each for each in s.of("place")}
    if not known or s.words.count("-") < 2:
        return
    at, before = 0, len(s.found)
    while at < len(s.tokens):
        stops, at = _stops(s, at)
        held = [known.get(first) for first, _, _ in stops]
        if len(stops) < 3 or not any(held):
            continue
        for (first, last, country), place in zip(stops, held, strict=True):
            if place is None and not any(
                s.hit(index, "country") or s.hit(index, "body") for index in range(first, last)
            ):
                name = s.text[s.tokens[first].start : s.tokens[last - 1].end]
                s.add("place", "place-route", first, last, {"name": name, "country": country})
    if len(s.found) > before:
        s.found.sort(key=lambda each: each.first)


def _stops(s: Sentence, at: int) -> tuple[list[tuple[int, int, str | None]], int]:
    """Names joined by dashes from a token on, each with the country in brackets behind it; and where to go on."""
    stops: list[tuple[int, int, str | None]] = []
    while at < len(s.tokens):
        first = at
        while s.is_word(at) and s.tokens[at].shape == 1 and at - first < 3:
            at += 1
        if at == first:
            return stops, max(at, first + 1)
        country, after = None, at
        if s.word(at) == "(" and (held := s.hit(at + 1, "country")) and s.word(at + 1 + held[1]) == ")":
            country, after = held[0], at + 2 + held[1]
        stops.append((first, at, country))
        if s.word(after) != "-" or not s.tokens[after].spaced:
            return stops, after
        at = after + 1
    return stops, at


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


def promising(s: Sentence, first: int, last: int, cue: int | None) -> list[str]:
    """The countries that promise: those before the verb that are no place, goal or origin; empty where none is."""
    last = last if cue is None or s.language in ("kk", "fa") else cue
    near = [each for each in s.of("party") if each.value["country"] and first <= each.first < last]
    out = [each.value["country"] for each in near if not _aside(s, each.first, each.last)]
    if s.language in ("kk", "fa"):
        return [] if s.at.get("both_sides") else list(dict.fromkeys(out))
    if not out and cue is not None:  # "Tashkent offered": a capital speaks for its country
        out = [
            each.value["country"]
            for each in s.of("place")
            if cue - 2 <= each.last <= cue and each.value["country"]
        ]
        out = (
            [] if any(_aside(s, each.first, each.last) for each in s.of("place") if each.last <= cue) else out
        )
    return list(dict.fromkeys(out))


def _aside(s: Sentence, first: int, last: int) -> bool:
    """Whether a country is where something goes to, comes from or is, by preposition or Kazakh case."""
    if s.language == "kk":
        return s.word(last - 1).endswith(_CASES) and not bare(s.word(last - 1))
    before = s.word(first - 1) if s.word(first - 1) != "the" else s.word(first - 2)
    return before in _ASIDE


def bare(word: str) -> bool:
    """Whether a Kazakh name that looks as if it had a case ending has none: Қазақстан is not "from" anywhere."""
    return word.endswith("стан") or word in ("канада", "руанда", "уганда", "гренада")


def leading_parties(sentences: list[Sentence]) -> tuple[str, ...]:
    """The two countries that a document names most often; fewer if it names fewer."""
    counts: Counter[str] = Counter()
    for s in sentences:
        counts.update(each.value["country"] for each in s.of("party") if each.value["country"])
    return tuple(country for country, _ in counts.most_common(2))
