"""What a document provides for: the areas and measures of a plan, each a commitment that rests on it.

Only lists are read: behind a colon, or in the bullets below one, and only items that begin with a deed ("introducing
a clearing mechanism", «снятие ограничений», «لغو محدودیت‌ها»; in Kazakh they end with it). The document is named in
the sentence or just before it.
"""

from __future__ import annotations

import re
from typing import Any

from tarazu.register.extract.dated import BULLETS, text_of
from tarazu.register.extract.names import parties_in
from tarazu.register.extract.sentence import Sentence

_SUBJECT = 8  # tokens between a document and what it provides
_NOUN_RU = re.compile(r"(?:ени|ани|яти|ти|ци|овк|ржк|мен|ств)(?:е|я|ю|ем|и|ям|ями|а|у|ой|о)$")
_NOUN_KK = re.compile(r"[а-яәіңғүұқөһ]{2,}(?:ау|еу|ту|ту|зу|ру|лу|ну|су|ду|ю|у)(?:ді|ды|ға|ге)?$")
_ANDS = frozenset(["and", "и", "және", "мен", "و", "а", "также", "also", "as", "well", "the", "a", "an"])
_BEFORE = frozenset(["in", "по", "в", "by", "through", "via", "under", "on", "در"])
_SEPARATE = frozenset([",", ";", "،", "؛"])


def read_provisions(s: Sentence, pair: tuple[str, ...]) -> bool:
    """Items of a list that a document provides for; True where the sentence was such a list."""
    if s.word(0) in BULLETS and s.setting.provider:
        return _bullet(s, pair)
    form = _provider(s)
    if s.opens or form:
        s.setting.provider = None
    if form is None:
        return False
    cue = next(at for at in s.at["provides"] if _subject(s, at))
    colon = next((at for at in range(cue, len(s.tokens)) if s.word(at) == ":"), None)
    if colon is None:
        return False
    if colon == len(s.tokens) - 1:
        s.setting.provider = form
        return True
    items = [each for each in _items(s, colon + 1, len(s.tokens)) if _is_deed(s, *each)]
    if len(items) < 2:
        return False
    own = _own(s, cue + s.hits[cue]["provides"][1], colon)
    for first, last in ([own] if own else []) + items:
        _add(s, first, last, form, pair)
    return True


def _provider(s: Sentence) -> str | None:
    """The form of the document that is the subject of a verb of providing."""
    for at in s.at.get("provides", ()):
        if (form := _subject(s, at)) is not None:
            return form
    return None


def _subject(s: Sentence, at: int) -> str | None:
    for index in range(at - 1, max(-1, at - _SUBJECT), -1):
        if held := s.hit(index, "form"):
            generic = held[0] == "agreement" and s.setting.form and s.setting.since_form <= 2
            vague = s.word(index).startswith(("document", "документ", "құжат", "سند"))
            return s.setting.form if generic and vague else held[0]
        if s.word(index) in (";", ":"):
            break
    pronoun = s.hit(at - 1, "pronoun") and s.setting.form and s.setting.since_form <= 2
    return s.setting.form if pronoun else None


def _items(s: Sentence, first: int, last: int) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    start = first
    for at in range(first, last + 1):
        joined = at < last and s.word(at) in _ANDS and at > start and s.word(at) in ("and", "и", "және", "و")
        if at == last or s.word(at) in _SEPARATE or (joined and _is_deed(s, at + 1, last)):
            out.append(_trimmed(s, start, at))
            start = at + 1
    return [each for each in out if each[1] - each[0] >= 2]


def _trimmed(s: Sentence, first: int, last: int) -> tuple[int, int]:
    while first < last and (s.word(first) in _ANDS or s.is_mark(first)):
        first += 1
    for at in range(first + 1, last):
        if s.word(at) in ("”", "»", '"', "“"):
            last = at
            break
    while last > first and (s.is_mark(last - 1) and s.word(last - 1) != ")"):
        last -= 1
    return first, last


def _is_deed(s: Sentence, first: int, last: int) -> bool:
    """Whether an item begins with a verbal noun, or in Kazakh ends with one."""
    while first < last and s.word(first) in _ANDS:
        first += 1
    if first >= last:
        return False
    if s.language == "kk":
        ends = next((at for at in range(last - 1, first - 1, -1) if s.is_word(at)), first)
        return bool(s.hit(ends, "deed") or _NOUN_KK.search(s.word(ends)))
    near = range(first, min(first + 2, last)) if s.language == "ru" else range(first, first + 1)
    if any(s.hit(at, "deed") for at in near):
        return True
    if s.language == "en":
        return s.word(first).endswith("ing") and len(s.word(first)) > 5
    return s.language == "ru" and any(_NOUN_RU.search(s.word(at)) for at in near)


def _own(s: Sentence, first: int, colon: int) -> tuple[int, int] | None:
    """What stands before the list itself: "provides support for exporters in several areas: …"."""
    last = colon
    for at in range(first, colon):
        if s.word(at) in _BEFORE and any(s.hit(near, "area") for near in range(at + 1, colon)):
            last = at
            break
    first, last = _trimmed(s, first, last)
    if s.word(first) == "for":
        first += 1
    return (first, last) if last - first >= 3 and s.language != "kk" and _is_deed(s, first, last) else None


def _bullet(s: Sentence, pair: tuple[str, ...]) -> bool:
    first, last = _trimmed(s, 1, len(s.tokens))
    if last - first < 2 or not _is_deed(s, first, last):
        return False
    _add(s, first, last, str(s.setting.provider), pair)
    return True


def _add(s: Sentence, first: int, last: int, form: str, pair: tuple[str, ...]) -> None:
    value: dict[str, Any] = {
        "form": "obligation",
        "parties": parties_in(s, pair, first, last),
        "due": None,
        "text": text_of(s, first, last),
        "instrument": form,
    }
    s.add("commitment", "commitment-provision", first, last, value)
