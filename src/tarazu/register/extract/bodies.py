"""Commissions, working groups and embassies: their names, whose they are, and when they were set up.

A name is the noun with what belongs to it: adjectives and countries before it, and behind it the field ("on trade and
transport", «по транспорту») and the parties ("between A and B"). Kazakh has all of it before the noun, Persian behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from tarazu.register.extract.dated import nearest, over, partial, text_of, unsure
from tarazu.register.extract.names import countries_in
from tarazu.register.extract.nominative import nominative
from tarazu.register.extract.sentence import Sentence

_LONGEST = 30  # tokens of a name
_REACH = 14  # tokens between a body and the verb that sets it up
_ADJECTIVES = {
    "en": ("al", "ic", "int", "ial", "ary", "ive", "special"),
    "ru": ("ой", "ая", "ую", "ий", "ый", "ое", "ого", "ей", "ые", "ых", "ым"),
    "kk": ("лық", "лік", "дық", "дік", "тық", "тік", "жөніндегі", "бірлескен", "мен", "және", "еттік"),
    "fa": (),
}
_LINKS = {
    "en": frozenset(["on", "for", "of", "between"]),
    "ru": frozenset(["по", "между"]),
    "kk": frozenset[str](),
    "fa": frozenset[str](),
}
_GOES_ON = frozenset(["and", "of", "the", "between", "on", "for", "with", "и", "по", "между", "و", "the"])
_STOPS = ("convened", "past_verb", "will", "meeting", "event", "established", "relative", "visit", "says")
_PREPOSITIONS = frozenset(
    [
        *(
            "in",
            "at",
            "to",
            "during",
            "by",
            "from",
            "which",
            "that",
            "was",
            "were",
            "is",
            "has",
            "under",
            "since",
        ),
        *("в", "во", "на", "под", "с", "к", "от", "до", "при", "для"),
        *("در", "به", "با", "از", "که", "را", "برای", "تا"),
    ]
)
_OWN = frozenset(["of", "the", "republic", "islamic", "federation", "kingdom", "state", "республики"])


@dataclass(frozen=True, slots=True)
class Body:
    """A body named: its tokens, form and the countries in its name."""

    first: int
    last: int
    form: str
    parties: tuple[str, ...]


def body_at(s: Sentence, index: int) -> Body:
    """The body whose noun stands at a token, with its whole name."""
    form, length = s.hits[index]["body_noun"]
    first, last = _from(s, index), _to(s, index + length)
    return Body(first, last, form, tuple(countries_in(s, first, last)))


def name_of(s: Sentence, body: Body) -> str:
    """A body's name in the nominative, where its endings tell."""
    return nominative(text_of(s, body.first, body.last), s.language)


def _from(s: Sentence, index: int) -> int:
    first = at = index
    while at > 0 and index - at < _LONGEST:
        at -= 1
        if s.word(at) == "-" and at > 0:
            continue
        if not s.is_word(at) or any(s.hit(at, name) for name in ("ordinal_name", "meeting", "role")):
            break
        named = s.hit(at, "country") or (s.language == "en" and s.tokens[at].shape > 0 and at > 0)
        if not named and not s.word(at).endswith(_ADJECTIVES[s.language] or ("\0",)):
            break
        if s.word(at) in ("the", "and"):
            break
        first = at
    while first < index and s.word(first) in ("мен", "және", "-"):
        first += 1
    return first


def _to(s: Sentence, last: int) -> int:
    if s.language == "kk" or (s.word(last) not in _LINKS[s.language] and s.language != "fa"):
        return last
    at = last
    while at < min(len(s.tokens), last + _LONGEST):
        word = s.word(at)
        if word in (",", "،"):
            if not s.is_word(at + 1) or s.tokens[at + 1].shape == 0 or s.language == "fa":
                break
        elif (word != "-" and not s.is_word(at)) or word in _PREPOSITIONS or _stops(s, at):
            break
        at += 1
    while at > last and (s.is_mark(at - 1) or s.word(at - 1) in _GOES_ON):
        at -= 1
    return at


def _stops(s: Sentence, at: int) -> bool:
    return any(s.hit(at, name) for name in _STOPS) or any(
        each.first <= at < each.last for each in s.of("date")
    )


def read_bodies(s: Sentence) -> None:
    """Embassies and other bodies that were set up; the body named last is kept for sessions of the next sentences."""
    named = [body_at(s, at) for at in s.at.get("body_noun", ()) if not _inside_structure(s, at)]
    if named:
        chosen = max(named, key=lambda each: (bool(each.parties), each.last - each.first))
        known = s.setting.body
        if known is None or known[0] != chosen.form or chosen.parties or not known[2]:
            s.setting.body = (chosen.form, name_of(s, chosen), chosen.parties)
    if "established" not in s.at:
        return
    missions: list[tuple[Body, str | None]] = []
    for at in s.at.get("mission", ()):
        if not missions or at >= missions[-1][0].last:
            missions.append(_mission(s, at))
    for body, host in missions:
        _set_up(s, body, host, "body-mission")
    for body in named:
        if body.last - body.first > 1 and not any(
            each.first <= body.first < each.last for each, _ in missions
        ):
            _set_up(s, body, None, "body-established")


def _inside_structure(s: Sentence, index: int) -> bool:
    return any(
        (held := s.hit(at, "structure")) and at + held[1] > index
        for at in range(max(0, index - 8), index + 1)
    )


def _mission(s: Sentence, index: int) -> tuple[Body, str | None]:
    """An embassy with the country whose it is, and where it is: «Қазақстанның Ирандағы елшілігі»."""
    form, length = s.hits[index]["mission"]
    first, last, owner, host = index, index + length, None, None
    parties = [each for each in s.of("party") if each.value["country"]]
    before = [each for each in parties if each.last <= index and index - each.last <= 3]
    if s.language == "kk":
        for each in before:
            if s.word(each.first).endswith(("дағы", "дегі", "тағы", "тегі")):
                host = each.value["country"]
            else:
                owner = each.value["country"]
            first = min(first, each.first)
        return Body(first, last, form, (owner,) if owner else ()), host
    if before and before[-1].last == index:
        owner, first = before[-1].value["country"], before[-1].first
    at = last
    for each in sorted((*parties, *s.of("place")), key=lambda each: each.first):
        between = [s.word(near) for near in range(at, each.first)]
        if each.first < at or len(between) > 6:
            continue
        led = any(word in ("in", "to", "в", "در") for word in between)
        if led and host is None and all(word in _OWN or word in ("in", "to", "в", "در") for word in between):
            host, at = each.value["country"], each.last
        elif not led and owner is None and all(word in _OWN for word in between):
            owner, at = each.value["country"], each.last
    return Body(first, at, form, (owner,) if owner else ()), host


def _set_up(s: Sentence, body: Body, host: str | None, rule: str) -> None:
    """A body with the verb that set it up, unless that is promised, denied or of another clause."""
    for at in s.at["established"]:
        end = at + s.hits[at]["established"][1]
        gap = at - body.last if at >= body.last else body.first - end
        if not 0 <= gap <= _REACH or (s.language == "en" and gap > (4 if at >= body.last else 5)):
            continue
        low, high = min(at, body.first), max(end, body.last)
        if (
            unsure(s, 0, high)
            or s.word(at - 1) in ("be", "to")
            or _parted(s, low, high)
            or _meets(s, low, high)
        ):
            continue
        dated = nearest(s, low, high, _REACH, past=True)
        parties = body.parties or tuple(countries_in(s, 0, at)[:1] if rule == "body-mission" else ())
        if dated is None and rule == "body-mission" and not s.of("date"):
            continue
        if dated is not None:
            if not over(s, dated.value):
                continue
            low, high = min(low, dated.first), max(high, dated.last)
        value = {
            "body": name_of(s, body),
            "form": body.form,
            "parties": list(parties),
            "host": host,
            "event": "established",
            "date": partial(dated.value) if dated else None,
        }
        s.add("body", rule, low, high, value)
        return


def _meets(s: Sentence, low: int, high: int) -> bool:
    """Whether it was a meeting that opened, not the body."""
    return any(low <= at < high for at in s.at.get("meeting", ()))


def _parted(s: Sentence, low: int, high: int) -> bool:
    return any(s.word(at) in (";", "؛", ":") for at in range(low, high))
