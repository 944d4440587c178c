"""The name of a commission, group, committee or council as a list has it: in the nominative, by its endings.

A text says «19-е заседание Казахстанско-Иранской межправительственной комиссии»; the name is «Казахстанско-Иранская
межправительственная комиссия». Only the noun of the body and the adjectives before it are turned, and only if all of
them are in one oblique case of the singular; every other name stays as it is written. Rules of declension: any school
grammar of Russian and of Kazakh.
"""

from __future__ import annotations

import re

_FEMININE = re.compile(r"(комисси|групп|подкомисси|подгрупп)(?:и|ы|е|у|ю|ей|ой)$", re.I)
_MASCULINE = re.compile(r"(комитет|совет|подкомитет)(?:а|у|ом|е)$", re.I)
_HER = re.compile(r"(.+)(?:ой|ей|ую|юю)$", re.I)
_HIS = re.compile(r"(.+)(?:(о)|(е))(?:го|му|м)$|(.+)(ы|и)м$", re.I)
_HISSING = "гкхжшчщ"
_STRESSED = ("делов", "правов", "ев")  # stems whose adjective ends in -ой
_KAZAKH_NOUN = re.compile(
    r"((?:кіші|ішкі)?(?:комиссия(?:сы)?|топ|тобы|комитеті?|кеңесі?))"
    r"(?:[ндт]ың|[ндт]ің|[ндт]ы|[ндт]і|н|на|не|ға|ге|қа|ке|н?да|н?де|та|те|[ндт]ан|[ндт]ен|[мбп]ен|н?дағы|н?дегі|тағы|тегі)$",
    re.I,
)


def nominative(name: str, language: str) -> str:
    """A body's name in the nominative, or as it stands where its endings do not tell."""
    if language == "ru":
        return _russian(name)
    return _kazakh(name) if language == "kk" else name


def _russian(name: str) -> str:
    words = name.split()
    for place, word in enumerate(words):
        if held := _FEMININE.match(word):
            ending = "а" if held[1].lower().endswith("групп") else "я"
            return _agreed(words, place, held[1] + ending, _her)
        if held := _MASCULINE.match(word):
            return _agreed(words, place, held[1], _his)
    return name


def _agreed(words: list[str], place: int, noun: str, turned: object) -> str:
    assert callable(turned)
    before = [turned(word) for word in words[:place]]
    if not all(before):
        return " ".join(words)
    return " ".join((*before, noun, *words[place + 1 :]))


def _her(word: str) -> str | None:
    held = _HER.match(word)
    if held is None:
        return None
    soft = word.lower().endswith(("ей", "юю")) and held[1][-1].lower() not in _HISSING
    return held[1] + ("яя" if soft else "ая")


def _his(word: str) -> str | None:
    held = _HIS.match(word)
    if held is None:
        return None
    stem = held[1] or held[4]
    if stem.lower().endswith(_STRESSED):
        return f"{stem}ой"
    soft = bool(held[3]) or held[5] == "и" or stem[-1].lower() in _HISSING
    return stem + ("ий" if soft else "ый")


def _kazakh(name: str) -> str:
    first, _, last = name.rpartition(" ")
    held = _KAZAKH_NOUN.match(last)
    return f"{first} {held[1]}".strip() if held else name
