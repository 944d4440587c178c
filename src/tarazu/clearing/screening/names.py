"""Names taken into parts: what tells one party from another, and what many names share.

A name is normalised (tarazu.core.names), its parts transliterated to Latin letters, and each part
given a role from the word lists in ``data/screening``: organisation form, particle, title, number or
name. Every part carries three spellings, from exact to loose:

    text    as transliterated                             khrushchev   muhammad   mhmd (محمد)
    key     spellings of one sound folded                 hruXiv       muhamad    mhmd
    bones   consonants of the key, and an "a" for a       hrX          mhmd       mhmd
            vowel at its head

Bones are for scripts that write no short vowels (Arabic, Hebrew): a name in Persian can only be
compared with a Latin spelling by its consonants. Folding rules are Tarazu's own (folding.toml).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from tarazu.clearing.screening.weights import document, weights
from tarazu.core.names import normalise, transliterate
from tarazu.core.parameters import bundled_text

LONGEST_NUMBER = 18  # digits; a longer run is read as letters
LONG_FORM = 6  # letters from which an organisation form is recognised when misspelt
FILES = ("forms.csv", "words.toml", "folding.toml", "weights.toml")

_NOT_ASCII_WORD = re.compile(r"[^a-z0-9]+")
_NOT_WORD = re.compile(r"[^A-Za-z0-9]+")
_ABJAD = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")  # Hebrew, Arabic, Syriac, Thaana, N'Ko
_VOWEL = frozenset("aeiouy")
_TWICE = re.compile(r"(.)\1+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")  # anyascii writes Chinese syllables as XiJinPing


class Role(StrEnum):
    """What a part does in a name; weights.toml says how much each role weighs."""

    NAME = "name"
    GENERIC = "generic"
    SERVANT = "servant"
    NUMBER = "number"
    TITLE = "title"
    PARTICLE = "particle"
    FORM = "form"


CORE = frozenset({Role.NAME, Role.GENERIC, Role.SERVANT, Role.NUMBER})


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of a name. Parts are interned: the same spelling in the same role is the same object."""

    text: str
    key: str
    bones: str
    role: Role
    abjad: bool  # written without short vowels
    weight: float
    key_letters: int  # the set of the key's letters as bits
    most_apart: int  # letters that only one of two keys may have, for the parts to be compared at all


@dataclass(frozen=True, slots=True, eq=False)
class NameParts:
    """A name taken apart.

    Attributes
    ----------
    core
        Parts that tell parties apart, in order.
    joined
        The keys of all parts but organisation forms, in one word.
    written
        All words as transliterated, in one word.
    weight
        Sum of the core parts' weights.
    light
        Keys of particles and titles.
    forms
        Classes of organisation form found (``limited``, ``stock``, …).
    numbers
        Numbers found, sorted.
    """

    core: tuple[Part, ...]
    joined: str
    written: str
    weight: float
    light: frozenset[str]
    forms: frozenset[str]
    numbers: tuple[str, ...]


def allowed_edits(length: int) -> int:
    """Edits after which two parts of this length no longer count as spellings of one."""
    if length < 3:
        return max(length - 1, 0)
    return 2 if length < 10 else 3


def allowed_bone_edits(length: int) -> int:
    """The same between consonants only, of which each says more."""
    return 0 if length < 3 else 1 if length < 6 else 2


@lru_cache(maxsize=4_096)
def parse(name: str, kind: str = "") -> NameParts:
    """Take a name apart.

    Parameters
    ----------
    kind
        ``person`` keeps initials and short words as name parts; any other reads single letters in a row
        as an abbreviation (``L.L.C.``), short organisation forms and Roman numerals.
    """
    return take_apart(name, kind)


def take_apart(name: str, kind: str = "") -> NameParts:
    """`parse` without its cache, for the names of a list."""
    person = kind == "person"
    words = _words(name)
    if not person:
        words = _abbreviations(words)
    written = "".join([word for word, _ in words])
    words, forms = _without_forms(words, person)
    parts = _with_roles(words, person)
    core = [part for part in parts if part.role in CORE]
    if sum([part.role is not Role.SERVANT for part in core]) < 2:
        # "Haji Bando" and "The General" must still be found by what elsewhere says little.
        core = [part for part in parts if part.role in CORE or part.role is Role.TITLE] or parts
    return NameParts(
        core=tuple(core),
        joined="".join([part.key for part in parts]),
        written=written,
        weight=sum([part.weight for part in core]),
        light=frozenset([part.key for part in parts if part not in core]),
        forms=frozenset(forms),
        numbers=tuple(sorted(part.text for part in core if part.role is Role.NUMBER)),
    )


def _words(name: str) -> list[tuple[str, bool]]:
    """Words in Latin letters, each with whether it came from a script without short vowels."""
    text = name.translate(_apostrophes())
    if text.isascii():  # normalise() comes to the same, much slower
        return [(word, False) for word in _NOT_ASCII_WORD.sub(" ", text.lower()).split()]
    found = []
    for word in normalise(text).split():
        if word.isascii():
            found.append((word, False))
            continue
        if _ABJAD.search(word):
            # Letter by letter: through Latin digraphs s and h side by side would become sh.
            found.append((_NOT_WORD.sub("", transliterate(word.translate(_letters()))), True))
            continue
        spaced = _CAMEL.sub(" ", transliterate(word).translate(_apostrophes())).lower()
        found += [(each, False) for each in _NOT_ASCII_WORD.sub(" ", spaced).split()]
    return [(word, abjad) for word, abjad in found if word]


def _abbreviations(words: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Single letters in a row as one word, and a form at their end as another: b r c l l c is brc llc."""
    found: list[tuple[str, bool]] = []
    run = ""
    for word, abjad in [*words, ("", False)]:
        if len(word) == 1 and word.isalpha() and not abjad:
            run += word
            continue
        if run:
            forms = _forms()[0]
            at = next((at for at in range(len(run) - 1) if (run[at:],) in forms), 0)
            found += [(each, False) for each in (run[:at], run[at:]) if each]
            run = ""
        if word:
            found.append((word, abjad))
    return found


def _without_forms(words: list[tuple[str, bool]], person: bool) -> tuple[list[tuple[str, bool]], set[str]]:
    forms, longest, first_words = _forms()
    kept: list[tuple[str, bool]] = []
    classes: set[str] = set()
    at = 0
    while at < len(words):
        first = words[at][0]
        sizes = (
            min(longest, len(words) - at) if first in first_words else not person and len(first) >= LONG_FORM
        )
        for size in range(sizes, 0, -1):
            phrase = tuple([word for word, _ in words[at : at + size]])
            found = forms.get(phrase) or (_misspelt_form(first) if size == 1 and not person else None)
            if found and not (person and size == 1 and _may_be_a_name(first)):
                classes.add(found)
                at += size
                break
        else:
            kept.append(words[at])
            at += 1
    # A firm called "Company" or "Limited" keeps its only word.
    return (kept, classes) if kept else (words, set())


def _may_be_a_name(word: str) -> bool:
    """Ko, Pao and Sal are parts of people's names; LLC and GmbH are not."""
    return len(word) < 3 or not _VOWEL.isdisjoint(word)


@lru_cache(maxsize=300_000)
def _misspelt_form(word: str) -> str | None:
    """Class of the organisation form that a long word misspells, as LIMTIED does."""
    key = _key(word)
    for form, (form_key, kind) in _long_forms().items():
        edits = 1 if len(form) < 9 else 2
        if key == form_key or OSA.distance(word, form, score_cutoff=edits) <= edits:
            return kind
    return None


def _with_roles(words: Sequence[tuple[str, bool]], person: bool) -> list[Part]:
    roles, numbers = _roles(), _numbers()
    found: list[Part] = []
    for word, abjad in words:
        # Xi and VI are numbers behind a name, not at its head.
        if (word.isdigit() and len(word) <= LONGEST_NUMBER) or (found and not person and word in numbers):
            number = numbers.get(word) or int(word)
            last = found[-1] if found else None
            if last and last.role is Role.NUMBER and number < 10 and _is_tens(last.text):
                found[-1] = _part(str(int(last.text) + number), Role.NUMBER, False)
            else:
                found.append(_part(str(number), Role.NUMBER, False))
            continue
        role = roles.get(word, Role.NAME)
        if person and (role is Role.GENERIC or len(word) == 1):
            role = Role.NAME  # an initial is not a particle
        found.append(_part(word, role, abjad))
    return found


def _is_tens(text: str) -> bool:
    return len(text) == 2 and text[1] == "0"


@lru_cache(maxsize=300_000)
def _part(text: str, role: Role, abjad: bool) -> Part:
    key = text if role is Role.NUMBER else _ended(text) if abjad else _key(text)
    # An initial, or a part without its vowels, may stand for parts of quite other letters.
    most_apart = 128 if abjad or len(text) == 1 else 2 * allowed_edits(max(len(text), len(key)))
    return Part(text, key, _bones(key), role, abjad, _weight(role), _letter_set(key), most_apart)


@lru_cache(maxsize=300_000)
def together(a: Part, b: Part) -> Part:
    """Two neighbouring parts written as one."""
    part = _part(a.text + b.text, Role.NAME, a.abjad or b.abjad)
    return replace(part, weight=a.weight + b.weight)


def _weight(role: Role) -> float:
    w = weights()
    return {Role.NUMBER: w.number, Role.GENERIC: w.generic, Role.SERVANT: w.servant}.get(role, w.name)


def _letter_set(text: str) -> int:
    bits = 0
    for char in text:
        bits |= 1 << (ord(char) & 127)
    return bits


def _key(text: str) -> str:
    folding = document("folding.toml")
    if not text.isalpha() and any(char.isalpha() for char in text):
        text = text.translate(_digits())
    for old, new in folding["key"]:
        text = text.replace(old, new)
    return _ended(text)


def _ended(text: str) -> str:
    if len(text) > 2 and text[-1] == "h":
        text = text[:-1]  # Allah, Fatemeh: written or not
    return _TWICE.sub(r"\1", text)


def _bones(key: str) -> str:
    first = "a" if key[:1] in tuple("aiu") else ""
    for old, new in document("folding.toml")["bones"]:
        key = key.replace(old, new)
    return first + _TWICE.sub(r"\1", key)


@cache
def _apostrophes() -> dict[int, str | None]:
    return {ord(mark): None for mark in document("folding.toml")["apostrophes"]}


@cache
def _letters() -> dict[int, str]:
    return {ord(letter): latin for letter, latin in document("folding.toml")["letters"].items()}


@cache
def _digits() -> dict[int, str]:
    return {ord(digit): letter for digit, letter in document("folding.toml")["digits"].items()}


@cache
def _forms() -> tuple[dict[tuple[str, ...], str], int, frozenset[str]]:
    """Word sequences of every organisation form with their class, the longest, and all first words."""
    rows = csv.DictReader(io.StringIO(bundled_text("screening/forms.csv")))
    forms = {tuple(word for word, _ in _words(row["form"])): row["class"] for row in rows}
    return forms, max(map(len, forms)), frozenset(phrase[0] for phrase in forms)


@cache
def _long_forms() -> dict[str, tuple[str, str]]:
    forms, _, _ = _forms()
    return {
        phrase[0]: (_key(phrase[0]), kind)
        for phrase, kind in forms.items()
        if len(phrase) == 1 and len(phrase[0]) >= LONG_FORM
    }


@cache
def _roles() -> dict[str, Role]:
    words = document("words.toml")
    # The first list that holds a word decides.
    order = (
        (Role.GENERIC, "generic"),
        (Role.TITLE, "titles"),
        (Role.PARTICLE, "particles"),
        (Role.SERVANT, "servant"),
    )
    return {latin: role for role, name in order for word in words[name]["words"] for latin, _ in _words(word)}


@cache
def _numbers() -> dict[str, int]:
    return {word: value for word, value in document("words.toml")["numbers"].items() if word != "meaning"}
