"""Mentions of one act in one document: the plan to be signed and the plan signed, a target said three times.

Every mention stays a suggestion; but a person is asked once. Of the mentions of one act the one that says most of it
(signed before to be signed, then the first) is asked about, with what the others add: a date, a number, a party. Two
documents of one form are one act only where nothing parts them and something joins them: a field, a session, "the".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from tarazu.register.extract.lexicon import lexicons
from tarazu.register.extract.tokens import tokens
from tarazu.register.readers.content import limit, share
from tarazu.register.suggestions import Suggestion

Value = Mapping[str, Any]

_SENTENCE = re.compile(r"[.!?؟]\s|\n")
_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_RANK = {"signed": 2, "planned": 1, "held": 2, "negotiated": 0}  # what says more of one act
_CHAINS = ({"planned", "signed"},)  # events that one act goes through
_SINGLE = frozenset(
    ["action_plan", "declaration", "convention"]
)  # of these a text speaks of one, unless it says so
_FILLED = {
    "target": ("due", "subject", "parties"),
    "commitment": ("due", "parties", "instrument"),
    "instrument": ("number", "number_bound", "session", "parties", "field", "date"),
    "visit": ("country_from", "place", "host", "date"),
    "session": ("session", "date", "place", "country", "parties"),
    "body": ("date", "parties", "host"),
    "membership": ("standing", "event", "date", "parties"),
    "event": ("parties",),
}


@dataclass(slots=True)
class Act:
    """One act: the suggestion to ask about, its value with what other mentions add, and those mentions by place."""

    chosen: int
    value: dict[str, Any]
    mentions: list[int] = field(default_factory=list)


def acts(text: str, language: str, found: Sequence[Suggestion]) -> tuple[Act, ...]:
    """The acts of a document, each with its mentions; suggestions of other kinds are none."""
    groups: list[list[int]] = []
    by_kind: dict[str, list[list[int]]] = {}
    for index, each in enumerate(found):
        if each.kind not in _SAME:
            continue
        kinds = (each.kind, *_ACROSS.get(each.kind, ()))
        near = (group for kind in kinds for group in by_kind.get(kind, ())[-limit("acts", "most") :])
        home = next((group for group in near if _joins(text, language, found, group, index)), None)
        if home is None:
            home = []
            groups.append(home)
            by_kind.setdefault(each.kind, []).append(home)
        home.append(index)
    return tuple(_act(found, group) for group in groups)


def _joins(text: str, language: str, found: Sequence[Suggestion], group: Sequence[int], index: int) -> bool:
    each = found[index]
    if any(found[other].kind != each.kind for other in group):
        return all(_within(found[other], each) for other in group)
    same = _SAME[each.kind]
    if not all(same(found[other], each) for other in group):
        return False
    if each.kind != "instrument":
        return True
    wide = bool(each.value.get("umbrella"))
    others = [found[other] for other in group if bool(found[other].value.get("umbrella")) == wide]
    return any(_one_document(text, language, other, each) for other in others or [found[group[0]]])


def _act(found: Sequence[Suggestion], group: Sequence[int]) -> Act:
    """The mention that says most, filled with what the others add; `added` names where it stands."""
    kinds = [found[index].kind for index in group]
    most = max(
        group,
        key=lambda index: (
            _ORDER.get(found[index].kind, 0),
            _RANK.get(str(found[index].value.get("event")), 0),
            -int(bool(found[index].value.get("umbrella"))),
            -index,
        ),
    )
    value = dict(found[most].value)
    added: dict[str, list[int]] = {}
    for index in group:
        each = found[index]
        for name in _FILLED[kinds[group.index(most)]] if index != most else ():
            told = each.value.get(name)
            if told in (None, "", []) or not _says_more(value.get(name), told):
                continue
            if name == "date" and each.value.get("event") != value.get("event"):
                continue  # the day for which it was planned is not the day on which it was signed
            value[name] = told
            added[name] = [each.start, each.end]
    if added:
        value["added"] = added
    return Act(most, value, [index for index in group if index != most])


def _says_more(known: Any, told: Any) -> bool:
    if isinstance(told, list):
        return set(known or ()) < set(told)
    if isinstance(known, str) and isinstance(told, str):
        return len(told) > len(known) and told.startswith(known)  # 2023-04-26 says more than 2023-04
    return known in (None, "")


def fits(one: Any, other: Any) -> bool:
    """Whether two values may be the same: equal, one unknown, or one the other less precisely."""
    if one in (None, "", []) or other in (None, "", []):
        return True
    if isinstance(one, list):
        return set(one) <= set(other) or set(other) <= set(one)
    return str(one).startswith(str(other)) or str(other).startswith(str(one))


def _all_fit(one: Suggestion, other: Suggestion, names: Iterable[str]) -> bool:
    return all(fits(one.value.get(name), other.value.get(name)) for name in names)


def _target(one: Suggestion, other: Suggestion) -> bool:
    equal = all(one.value.get(name) == other.value.get(name) for name in ("value", "unit"))
    return equal and _all_fit(one, other, ("due", "subject", "parties"))


def _commitment(one: Suggestion, other: Suggestion) -> bool:
    if one.value.get("form") != other.value.get("form") or not _all_fit(one, other, ("due", "parties")):
        return False
    numbers = _numbers(one.quote), _numbers(other.quote)
    if numbers[0] != numbers[1]:
        return False
    return shared(one.quote, other.quote) >= share("acts", "numbered" if numbers[0] else "alike")


def _instrument(one: Suggestion, other: Suggestion) -> bool:
    events = {str(one.value.get("event")), str(other.value.get("event"))}
    if len(events) > 1 and events not in _CHAINS:
        return False
    if one.value.get("umbrella") or other.value.get("umbrella"):
        return _umbrella(one, other)
    alike = one.value.get("form") == other.value.get("form") and _counted(one, other)
    same_day = len(events) > 1 or fits(one.value.get("date"), other.value.get("date"))
    return alike and same_day and _all_fit(one, other, ("number", "session", "parties"))


def _counted(one: Suggestion, other: Suggestion) -> bool:
    """Whether the counts agree; several documents and one uncounted are one act where that brings no day or party."""
    several = [max(int(each.value.get("number") or 0), 1) > 1 for each in (one, other)]
    if several[0] == several[1]:
        return True
    plain = other if several[0] else one
    return not plain.value.get("date") and not plain.value.get("parties")


def _umbrella(one: Suggestion, other: Suggestion) -> bool:
    """Whether one is the word for several documents of which the other is named first, and says no number of them."""
    wide, named = (one, other) if one.value.get("umbrella") else (other, one)
    last = named.start - wide.end
    bare = wide.value.get("number") is None
    return (
        bare
        and not named.value.get("umbrella")
        and 0 <= last <= 200
        and _all_fit(one, other, ("date", "parties"))
    )


def _one_document(text: str, language: str, one: Suggestion, other: Suggestion) -> bool:
    """Whether something joins two mentions of a document: not two nouns of one sentence, and not two fields."""
    if one.value.get("umbrella") or other.value.get("umbrella"):
        return not _SENTENCE.search(text[min(one.end, other.end) : max(one.start, other.start)])
    fields = one.value.get("field"), other.value.get("field")
    if all(fields):
        return shared(str(fields[0]), str(fields[1])) >= share("acts", "fields")
    if not _SENTENCE.search(text[one.end : other.start]):
        return False
    if one.value.get("session") and one.value.get("session") == other.value.get("session"):
        return True
    return other.value.get("form") in _SINGLE or _definite(text, language, other)


def _definite(text: str, language: str, each: Suggestion) -> bool:
    """Whether "the", "this" or «этот» stands before a document's noun."""
    known = lexicons()[language]
    for token in tokens(text, max(0, each.start - limit("acts", "before")), each.end):
        entry = known.entry(token.word)
        if entry is None or token.end <= each.start - limit("acts", "close"):
            continue
        named = "form" in entry.plain or any(phrase.sense[0] == "form" for phrase in entry.phrases)
        if named and token.start >= each.start:
            return False
        if "demonstrative" in entry.plain:
            return True
    return False


def _visit(one: Suggestion, other: Suggestion) -> bool:
    alike = one.value.get("level") == other.value.get("level")
    return alike and _all_fit(one, other, ("country_from", "host", "date"))


def _session(one: Suggestion, other: Suggestion) -> bool:
    alike = one.value.get("form") == other.value.get("form")
    return (
        alike
        and _all_fit(one, other, ("session", "date", "parties"))
        and one.value["event"] == other.value["event"]
    )


def _equal(*names: str) -> Callable[[Suggestion, Suggestion], bool]:
    def same(one: Suggestion, other: Suggestion) -> bool:
        return all(one.value.get(name) == other.value.get(name) for name in names)

    return same


def _within(one: Suggestion, other: Suggestion) -> bool:
    """Whether a commitment is the promise of a signature, or of a number, that stands in it and says no more.

    The promise "agreed to sign a protocol by May" is the document to be signed; one with a deed of its own is not.
    """
    promise, deed = (one, other) if one.kind == "commitment" else (other, one)
    if promise.kind != "commitment" or not (promise.start <= deed.start and deed.end <= promise.end):
        return False
    rest = promise.quote[deed.end - promise.start :]
    if deed.kind == "instrument":
        follows = str(deed.value.get("field") or "")
        rest = rest.replace(follows, "") if follows else rest
        return (
            deed.value.get("event") == "planned"
            and len(rest.split()) <= 3
            and promise.value.get("due") is None
        )
    numbers = {float(each) for each in promise.value.get("amounts") or ()}
    numbers |= {float(number) for number, _ in promise.value.get("quantities") or ()}
    return (
        len(rest.split()) <= 3
        and numbers == {deed.value.get("value")}
        and fits(promise.value.get("due"), deed.value.get("due"))
    )


def shared(one: str, other: str) -> float:
    """Share of the words of two texts, cut to their first five letters, that both have."""
    words = _words(one), _words(other)
    return len(words[0] & words[1]) / max(1, min(len(words[0]), len(words[1]))) if all(words) else 0.0


@lru_cache(maxsize=1 << 12)
def _words(text: str) -> frozenset[str]:
    return frozenset(word[:5] for word in _WORD.findall(text.casefold()))


@lru_cache(maxsize=1 << 12)
def _numbers(text: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(text))


_ACROSS = {"target": ("commitment",), "instrument": ("commitment",), "commitment": ("target", "instrument")}
_ORDER = {"target": 1, "instrument": 1}  # asked about rather than the promise of it
_SAME: Mapping[str, Callable[[Suggestion, Suggestion], bool]] = {
    "target": _target,
    "commitment": _commitment,
    "instrument": _instrument,
    "visit": _visit,
    "session": _session,
    "body": _equal("form", "parties", "host", "body"),
    "membership": _equal("structure", "parties"),
    "event": _equal("field", "date"),
}


def merged(text: str, language: str, found: Sequence[Suggestion], first: int) -> tuple[Suggestion, ...]:
    """The suggestions of a document, numbered from `first`, with their acts told.

    The mention to ask about has ``again``, the numbers of the others; each of those has ``same_act``, its number.
    """
    out = list(found)
    for act in acts(text, language, found):
        again = [first + index for index in act.mentions]
        value = {**act.value, "again": again} if again else act.value
        out[act.chosen] = replace(found[act.chosen], value=value)
        for index in act.mentions:
            out[index] = replace(found[index], value={**found[index].value, "same_act": first + act.chosen})
    return tuple(_resting(out, first))


def _resting(found: Sequence[Suggestion], first: int) -> Iterable[Suggestion]:
    """Provisions with the number of the suggestion of their document, ``rests_on``."""
    for each in found:
        form = each.value.get("instrument") if each.kind == "commitment" else None
        if not form:
            yield each
            continue
        named = [
            (abs(other.start - each.start), index)
            for index, other in enumerate(found)
            if other.kind == "instrument"
            and other.value.get("form") == form
            and "same_act" not in other.value
        ]
        yield replace(each, value={**each.value, "rests_on": first + min(named)[1]}) if named else each
