"""Regional structures and who belongs to them: members, observers, partners, and parties that act together in them.

The structures stand in ``data/register/words_facts.csv`` under their abbreviations. "The member states of the Union"
says nothing of the country named beside them.
"""

from __future__ import annotations

from tarazu.register.extract.dated import nearest, partial, unsure
from tarazu.register.extract.names import countries_in
from tarazu.register.extract.sentence import Sentence

_REACH = 12  # tokens between a standing and its structure
_LITTLE = frozenset(
    ["and", "the", "also", "well", "within", "также", "рамках", "және", "мен", "همچنین", "چارچوب"]
)
_JOINED = (
    "joined",
    "joins",
    "acceded",
    "accession",
    "вступил",
    "присоединил",
    "кірді",
    "қосылды",
    "پیوست",
    "ملحق",
)
_BECAME = ("became", "admitted", "стал", "принят", "болды", "болып", "қабылданды", "درآمد", "درامد", "شد")
_BEING = (
    "is",
    "are",
    "became",
    "become",
    "a",
    "full",
    "as",
    "both",
    "been",
    "founding",
    "active",
    "of",
    "an",
)
_BEING_RU = (
    "явля",
    "стал",
    "был",
    "будучи",
    "полноправн",
    "постоянн",
    "как",
    "действительн",
    "получил",
    "статус",
    "имеет",
)
_STATES = ("мемлекет", "ел", "страны", "государств", "states", "countries", "state", "country")

_Place = tuple[int, str, int]  # token, structure, length


def read_memberships(s: Sentence, pair: tuple[str, ...]) -> None:
    """Every structure of a sentence with those who are in it."""
    if "structure" not in s.at or not ("standing" in s.at or "concerted" in s.at):
        return
    places = [(at, *s.hits[at]["structure"]) for at in s.at["structure"]]
    cues = [at for at in s.at.get("standing", ()) if _belongs(s, at, s.hits[at]["standing"][1])]
    told = [cue for cue in cues if _read(s, places, cues, cue, "standing", pair)]
    if not told:
        for cue in s.at.get("concerted", ()):
            if _read(s, places, [], cue, "concerted", pair):
                return


def _read(
    s: Sentence, places: list[_Place], cues: list[int], cue: int, name: str, pair: tuple[str, ...]
) -> bool:
    """One word of standing with its structures, up to the next such word."""
    value, length = s.hits[cue][name]
    if s.language == "kk":
        low = max((each for each in cues if each < cue), default=-1)
        near = [each for each in places if each[0] > low]
    else:
        high = min((each for each in cues if each > cue), default=len(s.tokens))
        near = [each for each in places if each[0] < high]
    held = _beside(s, near, cue, cue + length)
    who = _who(s, cue, held[0][0], pair) if held else []
    if not held or not who or unsure(s, 0, cue) or s.hit(cue + length, "negation"):
        return False
    _add(s, cue, held, who, value or None)
    return True


def _belongs(s: Sentence, cue: int, length: int) -> bool:
    """Whether a word of standing says it of somebody: "is a member of", not "the member states of"."""
    word, before, after = s.word(cue), s.word(cue - 1), s.word(cue + length)
    if word.startswith(_JOINED):
        return True
    if s.language == "en":
        return before in _BEING or word.startswith(("membership", "full"))
    if s.language == "ru":
        near = [s.word(at) for at in range(max(0, cue - 3), cue)]
        dash = before == "-" and s.tokens[cue - 1].spaced
        return dash or any(each.startswith(_BEING_RU) for each in near)
    if s.language == "kk":
        return not after.startswith(_STATES)
    return not before.startswith(("کشور", "دولت", "ها", "های"))


def _beside(s: Sentence, places: list[_Place], first: int, last: int) -> list[_Place]:
    """Structures of the list beside a cue: behind it, in Kazakh before it."""
    out: list[_Place] = []
    if s.language == "kk":
        edge = first
        for at, code, length in reversed(places):
            if at + length <= edge and (
                _listed(s, at + length, edge) if out else edge - at - length <= _REACH
            ):
                out.append((at, code, length))
                edge = at
        return out[::-1]
    edge = last
    for at, code, length in places:
        if at >= edge and (_listed(s, edge, at) if out else at - edge <= _REACH + 6):
            out.append((at, code, length))
            edge = at + length
    return out


def _listed(s: Sentence, first: int, last: int) -> bool:
    """Whether only marks and little words stand between two structures of one list."""
    between = [at for at in range(first, last) if s.is_word(at)]
    return all(s.word(at) in _LITTLE or s.tokens[at].shape == 2 or len(s.word(at)) <= 3 for at in between)


def _who(s: Sentence, cue: int, structure: int, pair: tuple[str, ...]) -> list[str]:
    """The countries that the sentence is about; "both countries" are the two of the document."""
    told = countries_in(s, 0, min(cue, structure) if s.language == "kk" else cue)
    return told or (list(pair) if s.at.get("both_sides") else [])


def _became(s: Sentence, cue: int, held: list[_Place]) -> bool:
    """Whether a verb of becoming goes with a standing: "became a full member", «мүшесі болды», «به عضویت … درآمد»."""
    if s.language in ("en", "ru"):
        near = range(max(0, cue - 4), cue)
    else:
        end = held[-1][0] + held[-1][2] if s.language == "fa" else cue
        near = range(cue + 1, min(len(s.tokens), end + 4))
    return any(s.word(at).startswith(_BECAME) for at in near)


def _add(s: Sentence, cue: int, held: list[_Place], who: list[str], standing: str | None) -> None:
    joined = s.word(cue).startswith(_JOINED) or _became(s, cue, held)
    dated = nearest(s, cue, held[-1][0] + held[-1][2], 20, past=True) if joined else None
    told: set[str] = set()
    for at, code, size in held:
        if code in told:
            continue
        told.add(code)
        value = {
            "structure": code,
            "parties": who,
            "standing": standing,
            "event": "acceded" if joined else None,
            "date": partial(dated.value) if dated else None,
        }
        s.add("membership", "membership" if standing else "membership-concerted", at, at + size, value)
