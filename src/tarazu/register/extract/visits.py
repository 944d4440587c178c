"""Visits, trips and arrivals of somebody of one side, made or planned, with the visitor's level."""

from __future__ import annotations

from typing import Any

from tarazu.register.extract.sentence import Sentence

_REACH = 25
_SINGLE = ("head_of_state", "head_of_government")  # of these a country has one
_NEAR = 5  # tokens between a verb of motion and its place


def read_visits(s: Sentence) -> None:
    """Every visit of a sentence; "his visit" takes the visitor of a sentence before."""
    roles = _roles(s)
    for each in roles:
        _office(s, each)
    last = -10
    for index, length, moves in _cues(s):
        if index < last + 4 or s.hit(index, "visit_not"):
            last = max(last, index + length)  # "arrived in Astana on a state visit" is one visit
            continue
        role: tuple[int, int, str] | None = _nearest(s, roles, index)
        if moves and (role is None or not _bound_for(s, index, index + length, role)):
            continue  # what moves is somebody with an office, and to a place
        # "His visit" means somebody named before; "exchange of visits" nobody.
        if role is None and s.setting.role is None:
            continue
        named = _named(s, index)
        if role and named and index < named[0] < role[0]:
            role = None  # "during the visit Smailov met the president"
        office = _office(s, role) if role else named[1] if named else s.setting.role or ("other", "", None)
        own = range(role[0] - 3, role[1] + 2) if role else range(0)
        place, host = _place(s, index, index + length, own)
        if role is None and place is None:
            continue
        last = index + length
        dates = s.of("date")
        value: dict[str, Any] = {
            "who": office[1],
            "level": office[0],
            "country_from": office[2],
            "place": place,
            "host": host if host != office[2] else None,
            "date": dates[0].value["start"]
            if len(dates) == 1 and dates[0].value["precision"] == "day"
            else None,
        }
        s.add("visit", "visit-move" if moves else "visit", index, last, value)
    for each in reversed(roles):
        s.setting.role = _office(s, each)


def _office(s: Sentence, role: tuple[int, int, str]) -> tuple[str, str, str | None]:
    """Level, words and country of an office, with the name of the person; kept by the name for later sentences."""
    words = s.text[s.tokens[role[0]].start : s.tokens[role[1] - 1].end]
    country = _origin(s, role[0], role[1])
    first, last = _name(s, role[1])
    if first == last:
        known = s.setting.offices.get(words.casefold())
        country = country or (known[2] if known and known[0] == role[2] else None)
        same = (held for held in s.setting.offices.values() if held[0] == role[2] and held[2] == country)
        office = next((held for held in same if country and role[2] in _SINGLE), (role[2], words, country))
    else:
        known = s.setting.offices.get(s.word(last - 1))
        country = country or (known[2] if known else None)
        office = (role[2], f"{words} {s.text[s.tokens[first].start : s.tokens[last - 1].end]}", country)
        s.setting.offices.setdefault(s.word(last - 1), office)
    if country:
        s.setting.offices.setdefault(words.casefold(), office)
    return office


def _name(s: Sentence, at: int) -> tuple[int, int]:
    """Tokens of the person's name behind an office: "… of Kazakhstan, Serik Z."; scripts without case have none."""
    if s.language == "fa":
        return at, at
    for index in range(at, at + 4):
        held = s.hit(index, "country")
        if held or s.word(index) in ("of", "the", ",", "республики"):
            continue
        first = index
        while s.is_word(index) and s.tokens[index].shape == 1 and index - first < 3 and s.unknown(index):
            index += 1
        return (first, index) if index > first else (at, at)
    return at, at


def _named(s: Sentence, index: int) -> tuple[int, tuple[str, str, str | None]] | None:
    """Token and office of somebody known by the name that stands near: "During his visit to Tehran, Zhumangarin …"."""
    for at in (
        *range(index, min(len(s.tokens), index + _REACH)),
        *range(index - 1, max(-1, index - _REACH), -1),
    ):
        if s.is_word(at) and s.tokens[at].shape == 1 and (held := s.setting.offices.get(s.word(at))):
            return at, held
    return None


def _cues(s: Sentence) -> list[tuple[int, int, bool]]:
    """Words of visit, and verbs of motion: token, length, whether it is a verb of motion."""
    held = [(at, s.hits[at]["visit"][1], False) for at in s.at.get("visit", ())]
    visits = {at for at, _, _ in held}
    held += [(at, s.hits[at]["moves"][1], True) for at in s.at.get("moves", ()) if at not in visits]
    return sorted(held)


def _bound_for(s: Sentence, first: int, last: int, role: tuple[int, int, str]) -> bool:
    """Whether a place stands right beside a verb of motion, apart from the adjective of the office."""
    if s.hit(first - 1, "negation"):
        return False
    for each in (*s.of("place"), *s.of("party")):
        own = role[1] - 1 if s.language == "kk" else role[1] + 1  # up to here: the country of the office
        if not each.value.get("country") or role[0] - 2 <= each.first <= own:
            continue
        ahead = 0 <= each.first - last < _NEAR
        behind = 0 <= first - each.last < _NEAR
        if ahead or (behind and (s.language in ("kk", "fa") or s.word(each.first - 1) in ("in", "в"))):
            return True
    return False


def _roles(s: Sentence) -> list[tuple[int, int, str]]:
    """Offices named, none inside the words of a longer one."""
    out: list[tuple[int, int, str]] = []
    for at in s.at.get("role", ()):
        level, length = s.hits[at]["role"]
        if not out or at >= out[-1][1]:
            out.append((at, at + length, level))
    return out


def _nearest(s: Sentence, roles: list[tuple[int, int, str]], index: int) -> tuple[int, int, str] | None:
    """The visitor: an office before the visit, else just after it ("the visit of the president")."""
    before = [each for each in roles if each[1] <= index and index - each[1] < _REACH]
    if s.language == "en" and before and s.word(index - 1) == "s" and index - before[-1][1] <= 4:
        return before[-1]  # the minister's visit
    after = [each for each in roles if each[0] > index and each[0] - index < 10]
    if s.word(index + 1) in ("of", "by") or (
        s.language in ("ru", "fa") and after and after[0][0] - index <= 3
    ):
        return after[0] if after else (before[-1] if before else None)
    named = [each for each in before if each[2] != "other"]
    if (
        named
        and before[-1][2] == "other"
        and s.word(before[-1][0]).startswith(("delegation", "делегаци", "هیئت", "هیات"))
    ):
        return named[-1]
    if before and before[-1][2] == "other" and after and s.word(before[-1][1]) in ("led", "headed"):
        return after[0]
    while len(before) > 1 and before[-1][0] - before[-2][1] <= 3 and before[-2][2] != "other":
        before.pop()  # "the deputy prime minister and minister of finance": the first office is the higher
    if before:
        return before[0] if s.language == "en" and before[0][2] != "other" else before[-1]
    return after[0] if after else None


def _place(s: Sentence, first: int, last: int, own: range) -> tuple[str | None, str | None]:
    """Where the visit goes: the name of a place (a country's code where only that is told), and the country."""
    for each in s.of("place"):
        reach = 13 if _led(s, each.first, each.last) else 8  # a name may stand between
        if -8 < each.first - last < reach or -8 < each.last - first < 1:
            return str(each.value["name"]), each.value["country"] or None
    near = [each for each in s.of("party") if each.value["country"] and -6 < each.first - last < 8]
    led = [each for each in near if _led(s, each.first, each.last)]
    for each in (*led, *(each for each in near if each.first not in own)):
        return str(each.value["country"]), str(each.value["country"])
    return None, None


def _led(s: Sentence, first: int, last: int) -> bool:
    """Whether a country is where somebody goes: "to Iran", «в Иран», «Иранға», «به ایران»."""
    if s.language == "kk":
        return s.word(last - 1).endswith(("ға", "ге", "қа", "ке"))
    before = s.word(first - 1) if s.word(first - 1) != "the" else s.word(first - 2)
    return before in ("to", "in", "в", "во", "به")


def _origin(s: Sentence, first: int, last: int) -> str | None:
    for each in s.of("party"):
        if (
            each.value["country"]
            and first - 3 <= each.first <= last + 2
            and not _led(s, each.first, each.last)
        ):
            return str(each.value["country"])
    return None
