"""What a percentage measures: growth, decline, share, rate or none of these.

The role is the governing word's. In English and Russian a noun right behind the figure decides ("12% growth"), then the
preposition: "by" is a change, "to" and "at" a level of the share or rate named before, "of" behind it a share; else the
nearest word of a role. In Kazakh and Persian a noun right before the figure decides, then the verb behind it.
A figure without any such word in a list takes the role of the one before it.
"""

from __future__ import annotations

from tarazu.register.extract.sentence import Sentence

ROLES = ("growth", "decline", "share", "rate", "state")
_CHANGES = ("growth", "decline")
_TO_LEVEL = {"en": ("to", "from", "at"), "ru": ("до", "с", "со"), "fa": ("به", "از"), "kk": ()}
_BY = {"en": "by", "ru": "на"}
_OF = {"en": ("of",), "ru": ("от", "из"), "fa": ("از", "ان"), "kk": ()}
_VERB_LAST = ("kk", "fa")
_BREAKS = frozenset([",", "،", ";", "؛", "(", ")", ":"])
_GROWTH_NOUNS = ("growth", "increase", "рост", "прирост", "темп", "снижени", "падени", "расширени")
_POSSESSIVE = (
    "пайызы",
    "пайызын",
    "пайызына",
    "бірі",
    "бірін",
    "екісі",
    "екісін",
    "үші",
    "үшін",
    "төрті",
    "төртін",
)
_REACH = 9  # tokens around a percentage in which its role is looked for
_COMMA = 3.0  # tokens that a comma between counts for


def role(s: Sentence, first: int, last: int) -> str:
    """The role of the percentage of tokens `first` to `last`."""
    lead = _lead(s, first)
    found = (
        _verb_last(s, lead, first, last) if s.language in _VERB_LAST else _verb_first(s, lead, first, last)
    )
    found = found or _nearest(s, first, last) or _fallback(s, first, last)
    s.setting.percent_role = "other" if found in ("state", "") else found
    return s.setting.percent_role


def _lead(s: Sentence, first: int) -> int:
    """Token at which the figure begins with the words that bound it."""
    if held := s.before(first, "bound_before"):
        return held[1]
    return first - 1 if s.word(first - 1) in ("~", "≈", ">", "<") else first


def _cue(s: Sentence, at: int, names: tuple[str, ...] = ROLES, behind: bool = False) -> str:
    """The role that a token's word names, empty if none, if it bounds a figure or belongs to a longer phrase."""
    held = s.hits[at] if 0 <= at < len(s.hits) else None
    if not held or (not behind and ("bound_before" in held or "bound_upto" in held)):
        return ""
    if behind and "bound_before" in held and s.is_mark(at - 1) and s.word(at - 1) in _BREAKS:
        return ""  # "12%, more than 5" bounds the next figure
    found = next((name for name in names if name in held), "")
    return "" if found and _inside(s, at) else found


def _inside(s: Sentence, at: int) -> bool:
    """Whether a word belongs to a longer phrase of role: "up" in "made up"."""
    for before in (at - 1, at - 2):
        held = s.hits[before] if before >= 0 else {}
        if held and any(name in held and before + held[name][1] > at for name in ROLES):
            return True
    return False


def _verb_first(s: Sentence, lead: int, first: int, last: int) -> str:
    """English and Russian."""
    behind = s.word(lead - 1)
    changed = behind == _BY[s.language]
    if found := _noun_behind(s, last, changed):
        return found
    if changed and (found := _change(s, lead, last)):
        return found
    if s.word(last) in _OF[s.language] and not s.hit(last + 1, "relative"):
        told = _cue(s, lead - 1, ("rate",)) or (_cue(s, lead - 2, _CHANGES) if behind in ("of", "в") else "")
        return told or "share"
    if behind in ("of", "в", "во"):
        for at in range(lead - 2, max(-1, lead - 8), -1):
            if s.word(at) in _BREAKS:
                break
            if found := _cue(s, at):
                paced = s.word(at) == "rate" and any(
                    _cue(s, before, _CHANGES) for before in range(max(0, at - 6), at)
                )
                return "growth" if paced else found  # "growing at a rate of 12%"
    if behind in _TO_LEVEL[s.language] and (found := _level(s, lead)):
        return found
    return ""


def _noun_behind(s: Sentence, last: int, changed: bool) -> str:
    """The noun or comparative right behind the figure: "12% growth", "15% import duty", «12% больше»."""
    for at in range(last, min(last + 4, len(s.tokens))):
        if found := _cue(s, at, _CHANGES if changed else ROLES, True):
            verb = at > last and s.hit(at, "past_verb")
            return "" if verb else found
        word = s.word(at)
        if not (s.is_word(at) or word == "-") or s.hit(at, "preposition"):
            return ""
        if s.hit(at, "past_verb") or s.hit(at, "date_lead"):
            return ""
    return ""


def _change(s: Sentence, lead: int, last: int) -> str:
    """The verb or noun of change that governs "by x%": the nearest before it in the clause, else the next behind it."""
    passed = 0
    for at in range(lead - 1, max(-1, lead - 26), -1):
        if s.word(at) in (";", "؛"):
            break
        passed += s.word(at) in (",", "(")
        if found := _cue(s, at, _CHANGES):
            return found
        if passed > 3:
            break
    for at in range(last, min(last + 10, len(s.tokens))):
        if s.word(at) in (";", ")"):
            break
        if found := _cue(s, at, _CHANGES, True):
            return found
    return ""


def _level(s: Sentence, lead: int) -> str:
    """The share, rate or growth that stands at a level or moves to it: "the duty was cut from 10% to 5%"."""
    for at in range(lead - 1, max(-1, lead - 22), -1):
        if s.word(at) == ";":
            break
        if found := _cue(s, at, ("share", "rate", "state")):
            return found
        if s.word(at).startswith(_GROWTH_NOUNS) and not s.hit(at, "past_verb"):
            return _cue(s, at, _CHANGES)
    return ""


def _verb_last(s: Sentence, lead: int, first: int, last: int) -> str:
    """Kazakh and Persian: the noun before the figure, a level, the word right behind it, then the verb."""
    if s.language == "kk" and _share_of(s, last) and not s.hit(last, "growth"):
        return "share"
    if found := _cue(s, lead - 1) or (_cue(s, lead - 2) if s.word(lead - 1) in ("به", "حدود") else ""):
        return found
    levelled = s.word(lead - 1) in _TO_LEVEL[s.language]
    if s.language == "kk":
        near = range(last, min(last + 2, len(s.tokens)))
        levelled = s.word(last - 1).endswith(("дан", "ден")) or any(s.hit(at, "bound_upto") for at in near)
    if levelled:
        for at in range(lead - 1, max(-1, lead - 22), -1):
            if found := _cue(s, at, ("share", "rate")):
                return found
    for at in range(last, min(last + _REACH, len(s.tokens))):
        if s.word(at) in ("؛", ";", "،", ",", "(", ")"):
            break
        if found := _cue(s, at, ROLES, True):
            return found
        if s.hit(at, "makes_up") and not _rose(s, lead):
            return "share"
        if s.hit(at, "past_verb"):
            break  # the clause's verb: what comes after is another clause
    if s.word(last) in _OF[s.language]:
        return "share"
    return _share_of(s, last) if s.language == "kk" else ""


def _rose(s: Sentence, lead: int) -> bool:
    """Whether a noun of a role stands before a figure that something "made up": growth of 5 per cent."""
    return any(_cue(s, at) for at in range(max(0, lead - 8), lead))


def _share_of(s: Sentence, last: int) -> str:
    """Kazakh: «экспорттың 80 пайызы», «80%-ын»: the possessive is a share of what stands before."""
    if s.word(last).startswith(("астамы", "жуығы", "көбі")):
        return "share"
    word = s.word(last - 1)
    return "share" if word in ("ы", "ын", "ына") or word.endswith(_POSSESSIVE) else ""


def _nearest(s: Sentence, first: int, last: int) -> str:
    """The word of a role nearest to the figure; commas between make it further."""
    after_first = s.language in _VERB_LAST
    best, chosen = _REACH + 3.0, ""
    for step in range(1, _REACH + 1):
        for at, behind in ((first - step, False), (last + step - 1, True)):
            found = _cue(s, at, ROLES, behind) if 0 <= at < len(s.tokens) else ""
            if not found:
                continue
            low, high = (last, at) if behind else (at, first)
            distance = step + (0.5 if behind != after_first else 0)
            distance += sum(_COMMA for index in range(low, high) if s.word(index) in _BREAKS)
            if distance < best:
                best, chosen = distance, found
    return chosen


def _carried(s: Sentence) -> str:
    """The role of the percentage before a semicolon, which the clause behind it takes."""
    start = s.tokens[0].start
    return s.setting.percent_role if ";" in s.text[max(0, start - 2) : start] else "other"


def _fallback(s: Sentence, first: int, last: int) -> str:
    """A figure without a word of a role: its sign, what it is a part of, or the role of the figure before it."""
    sign = s.word(first - 1) if s.glued(first) or s.is_word(first - 1) else ""
    if sign in ("минус", "minus", "منفی") or (sign == "-" and not s.is_number(first - 2)):
        return "decline"
    if sign in ("+", "плюс", "plus"):
        return "growth"
    earlier = [each for each in s.of("percentage") if each.last <= first]
    role_before = str(earlier[-1].value["role"]) if earlier else _carried(s)
    known = earlier[-1].last if earlier else 0
    if role_before != "other" and not any(s.hit(at, "state") for at in range(known, first)):
        return role_before
    following = s.is_word(last) and not s.hit(last, "preposition")
    plain = following and not any(
        s.hit(last, name) for name in ("past_verb", "says", "will", "month", "relative")
    )
    if s.language in ("ru", "fa") and plain:
        return "share"  # «90 процентов расчётов»
    return "share" if s.word(first - 1) == "(" and s.word(last) in (")", ",", ";") else ""
