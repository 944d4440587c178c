"""The word lists of the extraction, compiled once into dictionaries of words and beginnings of words.

``data/register/words_*.csv`` hold rows of language, class, value and words. A word stands as itself;
``word*`` takes every grammatical ending of its language (``endings.csv``), ``word**`` any continuation;
``^word`` asks for a capital letter, ``^^WORD`` for capitals throughout. Several words are a phrase.

A word of a text is looked up whole, then by ever shorter beginnings; the answer is kept, so that the
cost is paid once for a word and not once for each time it stands in a text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product

from tarazu.core import codes
from tarazu.core.parameters import bundled_text
from tarazu.register.extract.tokens import fold
from tarazu.register.languages import LANGUAGES

LISTS = ("words_numbers", "words_units", "words_time", "words_places", "words_clauses", "words_facts")
_LONGEST = 10  # letters that ``**`` may add to a beginning
_KEPT = 50_000  # distinct words remembered; a document cannot fill the memory with inventions

_ITSELF = frozenset({""})

Sense = tuple[str, str]  # class and value
Hit = tuple[str, int]  # value of a sense, and how many tokens it takes

# Classes of ``words_facts``: a word that only they hold is unknown to the rules of figures and of promises.
FACTS = frozenset(
    [
        *("meeting", "convened", "body_noun", "mission", "established", "relations", "structure", "standing"),
        *("concerted", "opening", "facility", "provides", "area", "deed", "demonstrative", "ordinal_name"),
        *("by_data", "not_product", "supersede", "chaired", "built", "facility_part"),
    ]
)

# Classes that a rule asks for by their end: what stands before a figure or a date.
BACKWARD = frozenset(
    [
        "bound_before",
        "bound_upto",
        "range_from",
        "worth",
        "currency",
        "date_lead",
        "deadline",
        "end_of",
        "past_lead",
        "percent",
        "relative",
        "year_word",
        "ordinal",
        "first_part",
        "not_count_before",
        "month",
        "country",
        "both_sides",
        "solar_era",
    ]
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One word of a phrase: its beginning, and the endings it takes (None is any)."""

    stem: str
    endings: frozenset[str] | None
    case: int = 0  # 1 asks for a capital, 2 for capitals throughout

    def fits(self, word: str, shape: int) -> bool:
        if shape < self.case or not word.startswith(self.stem):
            return False
        rest = word[len(self.stem) :]
        return len(rest) <= _LONGEST if self.endings is None else rest in self.endings


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sense and the words after the first by which it is known."""

    sense: Sense
    case: int
    rest: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the lists say of one word: senses that always hold, and phrases that the words after it decide."""

    plain: Mapping[str, Hit]
    phrases: tuple[Phrase, ...]  # longest first
    followed: Mapping[str, tuple[Phrase, ...]]  # phrases by their second word, where that has no endings
    loose: tuple[Phrase, ...]  # the other phrases, and senses that ask for capitals
    backward: tuple[tuple[str, str], ...]  # plain senses that rules look for from behind

    def candidates(self, following: str) -> tuple[Phrase, ...]:
        """Phrases that the next word does not rule out."""
        if following == "-":
            return self.phrases
        held = self.followed.get(following)
        if held is None:
            return self.loose
        return tuple(sorted((*held, *self.loose), key=lambda each: -len(each.rest))) if self.loose else held


@dataclass(slots=True)
class Lexicon:
    """All senses of one language."""

    whole: dict[str, list[Phrase]] = field(default_factory=dict)
    begun: dict[str, list[tuple[Pattern, Phrase]]] = field(default_factory=dict)
    known: dict[str, Entry | None] = field(default_factory=dict)

    def entry(self, word: str) -> Entry | None:
        """Senses that may begin with this word, None where it has none."""
        if word not in self.known:
            if len(self.known) > _KEPT:
                self.known.clear()
            self.known[word] = _entry(self._searched(word))
        return self.known[word]

    def _searched(self, word: str) -> tuple[Phrase, ...]:
        found = list(self.whole.get(word, ()))
        if len(word) <= 40:  # no word of ours is longer: a longer one cannot be one with an ending
            for length in range(len(word), 0, -1):
                for pattern, phrase in self.begun.get(word[:length], ()):
                    if pattern.fits(word, 2):
                        found.append(phrase)
        return tuple(sorted(found, key=lambda each: -len(each.rest)))

    def add(self, sense: Sense, spelled: str, endings: frozenset[str]) -> None:
        """A word or phrase as the lists write it."""
        case = len(spelled) - len(spelled.lstrip("^"))
        patterns = [_pattern(part, endings) for part in spelled.lstrip("^").split()]
        first, phrase = patterns[0], Phrase(sense, case, tuple(patterns[1:]))
        if first.endings == _ITSELF:
            self.whole.setdefault(first.stem, []).append(phrase)
        else:
            self.begun.setdefault(first.stem, []).append((first, phrase))


def _entry(phrases: tuple[Phrase, ...]) -> Entry | None:
    if not phrases:
        return None
    plain: dict[str, Hit] = {}
    for phrase in phrases:
        if not phrase.rest and not phrase.case:
            plain.setdefault(phrase.sense[0], (phrase.sense[1], 1))
    told = tuple(phrase for phrase in phrases if phrase.rest or phrase.case)
    backward = tuple((name, value) for name, (value, _) in plain.items() if name in BACKWARD)
    followed: dict[str, tuple[Phrase, ...]] = {}
    loose = []
    for phrase in told:
        if phrase.rest and phrase.rest[0].endings == _ITSELF:
            followed[phrase.rest[0].stem] = (*followed.get(phrase.rest[0].stem, ()), phrase)
        else:
            loose.append(phrase)
    return Entry(plain, told, followed, tuple(loose), backward)


def _pattern(part: str, endings: frozenset[str]) -> Pattern:
    if part.endswith("**"):
        return Pattern(fold(part[:-2]), None)
    if part.endswith("*") and len(part) > 1:
        return Pattern(fold(part[:-1]), endings)
    return Pattern(fold(part), _ITSELF)


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(io.StringIO(bundled_text(f"register/{name}.csv")))


@cache
def endings() -> dict[str, frozenset[str]]:
    """Grammatical endings by language; those of Kazakh follow one another: number, person, case."""
    parts: dict[str, list[list[str]]] = {}
    for row in _rows("endings"):
        parts.setdefault(row["language"], []).append(row["endings"].split("|"))
    return {
        language: frozenset(fold("".join(each)) for each in product(*lists))
        for language, lists in parts.items()
    }


def _spellings() -> Iterator[tuple[str, Sense, str]]:
    """Language, sense and spelling of everything that the lists hold."""
    for name in LISTS:
        for row in _rows(name):
            languages = LANGUAGES if row["languages"] == "all" else row["languages"].split()
            for language, words in product(languages, row["words"].split("|")):
                if words:
                    yield language, (row["class"], row["value"]), words
    yield from _countries()
    yield from _cities()
    for row in _rows("glossary"):
        for language in LANGUAGES:
            for words in filter(None, row[language].split("|")):
                yield language, ("product", row["hs"]), words


def _cities() -> Iterator[tuple[str, Sense, str]]:
    """Capitals, ports and border stations beyond the region; Kazakh takes the Russian name where it has no own."""
    for row in _rows("cities"):
        for language in LANGUAGES:
            spelled = row[language] or (row["ru"] if language == "kk" else "")
            for words in filter(None, spelled.split("|")):
                yield language, ("city", f"{row['name']}={row['country']}"), words
                if language == "kk" and not row["kk"] and words.isalpha():
                    yield language, ("city", f"{row['name']}={row['country']}"), words + "*"


def _countries() -> Iterator[tuple[str, Sense, str]]:
    """Names of the countries that the lists leave out, as `tarazu.core.codes` has them; a capital is asked for."""
    rows = list(_rows("words_places"))
    known = {row["value"] for row in rows if row["class"] == "country"}
    barred = {word for row in rows if row["class"] == "no_country_name" for word in row["words"].split("|")}
    for each in codes.countries():
        for language in LANGUAGES if each.alpha3 not in known else ():
            name = " ".join(each.name(language).partition("(")[0].replace("-", " - ").split())
            if name and name not in barred:
                yield language, ("country", each.alpha3), "^" + _declined(name, language)


def _declined(name: str, language: str) -> str:
    """A name that takes endings: in Russian its last vowel gives way to them (Норвегия, Норвегией)."""
    if language == "en" or language == "fa":
        return name
    if language == "ru" and " " not in name and len(name) > 4:
        name = name.rstrip("аяыиойеь") or name
    return name + "*"


@cache
def lexicons() -> dict[str, Lexicon]:
    """The compiled word lists by language."""
    made = {language: Lexicon() for language in LANGUAGES}
    for language, sense, words in _spellings():
        made[language].add(sense, words, endings()[language])
    return made
