"""Visits, trips and arrivals of somebody of one side, made or planned, with the visitor's level."""

from __future__ import annotations

from typing import Any

from tarazu.register.extract.sentence import Sentence

_REACH = 25
_NEAR = 5  # tokens between a verb of motion and its place


def read_visits(s: Sentence) -> None:
    """Every visit of a sentence; "his visit" takes the visitor of a sentence before."""
    roles = _roles(s)
    last = -10
    for index, length, moves in _cues(s):
        if index < last + 4 or s.hit(index, "visit_not"):
            last = max(last, index + length)  # "arrived in Astana on a state visit" is one visit
            continue
        role = _nearest(s, roles, index)
        if moves and (role is None or not _bound_for(s, index, index + length, role)):
            continue  # what moves is somebody with an office, and to a place
        # "His visit" means somebody named before; "exchange of visits" nobody.
        if role is None and s.setting.role is None:
            continue
        place = _place(s, index, index + length)
        if role is None and place is None:
            continue
        if role is None:
            level, who = s.setting.role or ("other", "")
        else:
            level, who = role[2], s.text[s.tokens[role[0]].start : s.tokens[role[1] - 1].end]
        last = index + length
        dates = s.of("date")
        value: dict[str, Any] = {
            "who": who,
            "level": level,
            "country_from": _origin(s, role[0], role[1]) if role else None,
            "place": place,
            "date": dates[0].value["start"]
            if len(dates) == 1 and dates[0].value["precision"] == "day"
            else None,
        }
        s.add("visit", "visit-move" if moves else "visit", index, last, value)
    if roles:
        chosen = roles[0]
        s.setting.role = (chosen[2], s.text[s.tokens[chosen[0]].start : s.tokens[chosen[1] - 1].end])


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


def _place(s: Sentence, first: int, last: int) -> str | None:
    for each in s.of("place"):
        if -8 < each.first - last < 8 or -8 < each.last - first < 1:
            return str(each.value["name"])
    for each in s.of("party"):
        if each.value["country"] and -6 < each.first - last < 8:
            return str(each.value["country"])
    return None


def _origin(s: Sentence, first: int, last: int) -> str | None:
    for each in s.of("party"):
        if each.value["country"] and first - 3 <= each.first <= last + 2:
            return str(each.value["country"])
    return None
