"""Headings of the Harmonized System suggested from a description in words, as a firm writes it.

The texts are our own: a short English one for each of the 1,228 headings of HS 2022 (``data/hs/headings.csv``) and a
glossary in four languages of the goods that the bundled dossier and its documents name (``data/hs/glossary.csv``), of
chapters too. They help to find a heading and decide nothing: classification rests with customs.

    score = 100 * recall * ((1 - p) + p * precision)

Recall is the share of the description's words, weighted by how rare they are, that a phrase of the heading has; words
that stand elsewhere in the heading count a little less. Precision is the share of the phrase that the description
covers. Words are alike by Jaro and Winkler's measure (Winkler 1990, Proceedings of the Section on Survey Research
Methods, 354-359), which forgives misspellings, or if they differ in the endings of ``data/register/endings.csv`` alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from tarazu.core.names import normalise
from tarazu.core.schema import DATA

TOP = 5
LONGEST = 400  # characters of a description that are read
ALIKE = 0.85  # Jaro-Winkler from which two words may be one
SHORT = 3  # letters up to which words must be equal
ELSEWHERE = 0.8  # credit of a word that stands in another phrase of the heading
PRECISION = 0.3  # p: weight of precision
UNKNOWN_WORD = 0.5  # weight of a word that no text has, in those of the rarest: often a brand or a quality
ENDING = 0.95  # credit of a word that differs in its ending alone
ROOT = 3  # letters that such words must share
WHOLE = (
    0.99,
    0.9,
    0.75,
)  # recall and precision of a description that is the phrase itself, in another case, misspelt
COVERED = 0.45  # precision below which a description is one word of another good's name
ENGLISH = "en"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HsSuggestion:
    """A heading that a description may mean.

    Attributes
    ----------
    score
        0 to 100; it ranks, and is no probability.
    matched
        The phrase that fits best.
    language
        Of that phrase: en, ru, kk, fa.
    text
        The heading or chapter in English.
    recall, precision
        Share of the description that the phrase has, and share of the phrase that the description has.
    listed
        Whether the phrase is one of the glossary, a name by itself, and not a piece of a heading's text.
    """

    hs: str
    score: float
    matched: str
    language: str
    text: str
    recall: float = 0.0
    precision: float = 0.0
    listed: bool = False

    def whole(self, least: float) -> bool:
        """Whether the description and the phrase are the same words, but for spelling and endings."""
        return min(self.recall, self.precision) >= least


@dataclass(frozen=True, eq=False)
class _Index:
    """Every phrase with its words, numbered.

    Attributes
    ----------
    words, rarity
        (V,) the vocabulary and log(1 + phrases / phrases with the word).
    phrases
        Heading, language and phrase.
    members, text_of
        Words of each phrase, and the text it stands in.
    holders
        Phrases that have each word.
    beginning
        Words by their first letters.
    """

    words: tuple[str, ...]
    rarity: Floats
    phrases: tuple[tuple[str, str, str], ...]
    members: tuple[tuple[int, ...], ...]
    text_of: NDArray[np.int64]
    holders: tuple[tuple[int, ...], ...]
    beginning: Mapping[str, tuple[int, ...]]


def suggest(description: str, top: int = TOP) -> tuple[HsSuggestion, ...]:
    """The headings that a description in English, Russian, Kazakh or Persian fits best.

    Parameters
    ----------
    description
        Goods in words; misspellings and case endings are forgiven.
    top
        How many headings at most.
    """
    return _suggest(_plain(description[:LONGEST]))[:top]


def meant(
    description: str, least: float, margin: float
) -> tuple[HsSuggestion | None, tuple[HsSuggestion, ...]]:
    """The heading that a description means beyond doubt, None where there is none, and the candidates.

    Beyond doubt is the one phrase that is the description itself; else a score with a distance to the next, of a phrase
    that the description covers: a word that is but part of the name of another good decides nothing.

    Parameters
    ----------
    least
        Score from which a heading may be meant.
    margin
        Share of the best score that the next heading may reach at most.
    """
    found = suggest(description)
    for nearness in WHOLE:
        same = [each for each in found if each.whole(nearness)]
        for own in ([each for each in same if each.listed], same):
            if len(own) == 1:
                return own[0], found
        if same:
            return None, found
    if not found or found[0].score < least or found[0].precision < COVERED:
        return None, found
    rivals = [each for each in found[1:] if each.score > margin * found[0].score]
    return (None if rivals else found[0]), found


def named(candidates: Iterable[HsSuggestion]) -> str:
    """Candidates for a message: ``2709 (crude oil, 80)``."""
    return ", ".join(f"{each.hs} ({each.matched}, {each.score:.0f})" for each in candidates)


def heading_text(hs: str) -> str:
    """English text of the heading or chapter of a code; empty where there is none."""
    return headings().get(hs[:4]) or chapters().get(hs, "")


@cache
def headings() -> Mapping[str, str]:
    """English text by heading."""
    with (DATA / "hs" / "headings.csv").open(encoding="utf-8", newline="") as file:
        return {row["hs"]: row["text"] for row in csv.DictReader(file)}


@cache
def chapters() -> Mapping[str, str]:
    """Short English title by chapter, in our words."""
    with (DATA / "hs" / "chapters.csv").open(encoding="utf-8", newline="") as file:
        return {row["hs"]: row["text"] for row in csv.DictReader(file)}


@cache
def glossary() -> tuple[tuple[str, str, str], ...]:
    """Heading, language and text of the glossary."""
    with (DATA / "hs" / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["hs"], row["language"], row["text"]) for row in csv.DictReader(file))


@cache
def ignored_words() -> frozenset[str]:
    """Words that say nothing of the goods."""
    with (DATA / "hs" / "ignored.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(word for row in csv.DictReader(file) for word in normalise(row["words"]).split())


def _plain(text: str) -> str:
    """Normalised, with the Russian е that is written for ё."""
    return normalise(text).replace("ё", "е")


def _words(text: str) -> list[str]:
    """Words of a normalised text that say something; numbers do not."""
    return [word for word in text.split() if word not in ignored_words() and not word.isdecimal()]


@lru_cache(maxsize=50_000)
def _suggest(text: str) -> tuple[HsSuggestion, ...]:
    words = list(dict.fromkeys(_words(text)))
    index = _index()
    if not words:
        return ()
    credit = _credit(words, index)
    weight = _weights(credit, index)
    found = _scores(credit, weight, index)
    best: dict[str, HsSuggestion] = {}
    for phrase, (score, recall, precision) in found.items():
        code, language, name = index.phrases[phrase]
        listed = bool(index.text_of[phrase] >= len(headings()))
        if code not in best or (score, listed) > (best[code].score, best[code].listed):
            shares = round(recall, 2), round(precision, 2)
            best[code] = HsSuggestion(code, score, name, language, heading_text(code), *shares, listed)
    ranked = sorted(best.values(), key=lambda each: (-each.score, each.hs))
    return tuple(replace(each, score=round(each.score, 1)) for each in ranked[: 4 * TOP])


def _credit(words: Iterable[str], index: _Index) -> list[dict[int, float]]:
    """Of each word of the description, the words of the vocabulary that it may be, with a credit up to 1."""
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cdist

    listed = list(words)
    alike = cdist(listed, index.words, scorer=JaroWinkler.similarity, score_cutoff=ALIKE, dtype=np.float32)
    found = []
    for word, row in zip(listed, alike, strict=True):
        near: dict[int, float] = {}
        for place in np.flatnonzero(row).tolist():
            credit = (float(row[place]) - ALIKE) / (1 - ALIKE)
            if credit > 0 and (min(len(word), len(index.words[place])) > SHORT or word == index.words[place]):
                near[place] = credit
        for place in index.beginning.get(word[:ROOT], ()):
            if near.get(place, 0.0) < ENDING and one_word(word, index.words[place]):
                near[place] = ENDING
        found.append(near)
    return found


@lru_cache(maxsize=100_000)
def one_word(a: str, b: str) -> bool:
    """Whether two words differ in nothing but the endings of one language; in English, in the plural."""
    short, long = sorted((a, b), key=len)
    if len(short) > SHORT and long in (f"{short}s", f"{short}es"):
        return True
    if any(_other_words(*pair) for pair in ((a, b), (b, a))):
        return a == b
    shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if shared < ROOT:
        return a == b
    for length in range(shared, ROOT - 1, -1):
        if any(ending.fullmatch(a[length:]) and ending.fullmatch(b[length:]) for ending in _endings()):
            return True
    return False


@cache
def _unlike() -> Mapping[str, tuple[str, ...]]:
    """Endings by what they tell apart."""
    with (DATA / "hs" / "endings.csv").open(encoding="utf-8", newline="") as file:
        return {row["of"]: tuple(row["endings"].split("|")) for row in csv.DictReader(file)}


def _other_words(a: str, b: str) -> bool:
    """Whether the ending of `b` makes another word of `a`, not a case of it."""
    if len(a) <= SHORT and b.endswith(_unlike()["short"]):
        return True
    return a.endswith("ь") and len(a) <= SHORT + 1 and b.endswith(_unlike()["soft"])


@cache
def _endings() -> tuple[re.Pattern[str], ...]:
    """What may follow the root of a noun, one pattern for each language but English: its parts in order."""
    parts: dict[str, str] = {}
    with (DATA / "register" / "endings.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["language"] != ENGLISH:  # one letter too often makes another English word of it
                options = "|".join(re.escape(ending) for ending in row["endings"].split("|"))
                parts[row["language"]] = parts.get(row["language"], "") + f"(?:{options})"
    return tuple(re.compile(pattern) for pattern in parts.values())


def _weights(credit: list[dict[int, float]], index: _Index) -> list[float]:
    """How much each word of the description says: the rarity of the word it most likely is."""
    rarest = float(index.rarity.max())
    return [
        float(index.rarity[max(near, key=lambda place: near[place])]) if near else UNKNOWN_WORD * rarest
        for near in credit
    ]


def _scores(
    credit: list[dict[int, float]], weight: list[float], index: _Index
) -> dict[int, tuple[float, float, float]]:
    """Score, recall and precision of every phrase that has one of the words."""
    reached = {phrase for near in credit for place in near for phrase in index.holders[place]}
    in_text: dict[tuple[int, int], float] = {}  # best credit of a word anywhere in a text
    for number, near in enumerate(credit):
        for place, value in near.items():
            for phrase in index.holders[place]:
                key = number, int(index.text_of[phrase])
                in_text[key] = max(in_text.get(key, 0.0), value)
    total, found = sum(weight), dict[int, tuple[float, float, float]]()
    for phrase in reached:
        own, text = index.members[phrase], int(index.text_of[phrase])
        recall = 0.0
        for number, near in enumerate(credit):
            here = max((near.get(place, 0.0) for place in own), default=0.0)
            recall += weight[number] * max(here, ELSEWHERE * in_text.get((number, text), 0.0))
        covered = sum(
            float(index.rarity[place]) * max(near.get(place, 0.0) for near in credit) for place in own
        )
        precision = covered / sum(float(index.rarity[place]) for place in own)
        recall /= total
        found[phrase] = 100 * recall * (1 - PRECISION + PRECISION * precision), recall, precision
    return found


@cache
def _index() -> _Index:
    texts = [(code, ENGLISH, text) for code, text in headings().items()]
    phrases: list[tuple[str, str, str]] = []
    members: list[tuple[int, ...]] = []
    text_of: list[int] = []
    number: dict[str, int] = {}
    for text_number, (code, language, text) in enumerate([*texts, *glossary()]):
        for phrase in re.split(r"[;,،]", text):
            words = dict.fromkeys(_words(_plain(phrase)))
            if words:
                phrases.append((code, language, phrase.strip()))
                members.append(tuple(number.setdefault(word, len(number)) for word in words))
                text_of.append(text_number)
    holders: list[list[int]] = [[] for _ in number]
    for phrase_number, own in enumerate(members):
        for place in own:
            holders[place].append(phrase_number)
    rarity = np.log1p(len(phrases) / np.array([len(each) for each in holders]))
    beginning: dict[str, list[int]] = {}
    for word, place in number.items():
        beginning.setdefault(word[:ROOT], []).append(place)
    return _Index(
        tuple(number),
        rarity,
        tuple(phrases),
        tuple(members),
        np.array(text_of),
        tuple(tuple(each) for each in holders),
        {start: tuple(places) for start, places in beginning.items()},
    )
