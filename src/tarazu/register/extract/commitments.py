"""Commitments: what a party binds itself to or is bound to, offers, or is to look into.

A commitment starts from a cue (agreed, is ready to, will with a party before it) and runs over its clause. In
lists that a verb of agreement opens, and in the points of a protocol, each point is one. What is discussed, noted,
hoped or asked of others is none.
"""

from __future__ import annotations

from typing import Any

from tarazu.register.extract.names import parties_in, promising
from tarazu.register.extract.provisions import read_provisions
from tarazu.register.extract.sentence import Sentence
from tarazu.register.extract.targets import due_date, span
from tarazu.register.extract.verbs import perfective

_VERB_LAST = ("kk", "fa")
_BULLETS = frozenset(["-", "•", "*", "·", "▪", "◦", "‣"])
_TRAILING = frozenset(["while", "whereas", "and", "but", "а", "и", "ал", "و"])
_ADVERBIAL = (
    "ость",
    "ости",
    "асти",
    "асть",
    "еть",
    "сеть",
    "путь",
    "нефть",
    "сталь",
    "связь",
    "площадь",
    "очередь",
    "модель",
)


def read_commitments(s: Sentence, pair: tuple[str, ...]) -> None:
    """Every commitment of a sentence."""
    if _asks(s) or read_provisions(s, pair) or _point(s, pair):
        return
    cues = _cues(s) or _dated(s)
    if not cues:
        return
    if s.word(len(s.tokens) - 1) == ":":
        s.setting.opened = cues[0][2]
        return
    before = 0
    for number, (at, length, form, rule) in enumerate(cues):
        following = cues[number + 1][0] if number + 1 < len(cues) else None
        first = max(before, _clause_start(s, at))
        last = _clause_end(s, at + length, following)
        form = _studied(s, at, at + length, last, form)
        first, last = _trimmed(s, first, last)
        told, before = before, last
        if last - first < 3:
            continue
        rule = rule if form == "obligation" else f"commitment-{form}"
        _add_commitment(s, rule, form, (first, last), pair, at, told)


def _asks(s: Sentence) -> bool:
    """Whether the sentence is a question."""
    return bool(s.tokens) and s.word(len(s.tokens) - 1) in ("?", "؟")


def _add_commitment(
    s: Sentence,
    rule: str,
    form: str,
    span_of: tuple[int, int],
    pair: tuple[str, ...],
    cue: int | None = None,
    told: int = 0,
) -> None:
    """A clause as a commitment; a date before `told` belongs to the clause before it."""
    first, last = span_of
    due = due_date(s, first, last)
    text = s.text[s.tokens[first].start : s.tokens[last - 1].end]
    value: dict[str, Any] = {
        "form": form,
        "parties": promising(s, first, last, cue) or parties_in(s, pair, first, last),
        "due": span(due) if due is None or due.first >= told else None,
        "text": text,
        "instrument": None,
    }
    s.add("commitment", rule, first, last, value)


def _cues(s: Sentence) -> list[tuple[int, int, str, str]]:
    """Cues of commitment: token, length, form and rule, those that say the same clause once."""
    held = [
        (at, s.hits[at]["commit"][1], s.hits[at]["commit"][0], f"commitment-{s.hits[at]['commit'][0]}")
        for at in s.at.get("commit", ())
        if _binding(s, at)
    ]
    held += [
        (at, s.hits[at]["future_we"][1], "obligation", "commitment-future")
        for at in s.at.get("future_we", ())
        if not s.hit(at - 1, "negation")
    ]
    if s.language == "ru":
        held += [
            (at, 1, "obligation", "commitment-future")
            for at, token in enumerate(s.tokens)
            if token.shape == 0 and s.unknown(at) and perfective(token.word) and _promised(s, at)
        ]
    for name in ("will", "future_verb", "future"):
        held += [
            (at, s.hits[at][name][1], "obligation", "commitment-future")
            for at in s.at.get(name, ())
            if _will(s, at, name)
        ]
    out: list[tuple[int, int, str, str]] = []
    for cue in sorted(held):
        if out and not _separate(s, out[-1][0] + out[-1][1], cue[0]):
            near = s.language in _VERB_LAST or cue[0] - out[-1][0] - out[-1][1] <= 2
            if out[-1][2] == "obligation" and cue[2] == "study" and near:
                out[-1] = (out[-1][0], out[-1][1], "study", "commitment-study")
            continue
        out.append(cue)
    return out


def _separate(s: Sentence, last: int, at: int) -> bool:
    """Whether a second cue begins a clause of its own: a semicolon, or a comma or "and" with a new subject."""
    if at < last:
        return False
    for index in range(last, at):
        if s.word(index) in (";", "؛"):
            return True
        if s.word(index) in (",", "،", "and", "а", "и", "و", "ал", "while", "және") and any(
            s.hit(near, name)
            for near in range(index + 1, min(index + 6, at))
            for name in ("agent", "country")
        ):
            return True
        if s.word(index) == "," and at - index <= 3 and at - last > 4:
            return True
    return (
        s.language in _VERB_LAST
        and at - last > 6
        and any(s.word(index) in (",", "،") for index in range(last, at))
    )


def _binding(s: Sentence, at: int) -> bool:
    """Whether a cue commits: not denied, not a condition, not part of another word's meaning."""
    value, length = s.hits[at]["commit"]
    near = range(max(0, at - 3), at)
    if any(s.hit(before, "negation") for before in near):
        return False
    if s.language == "en" and any(
        s.word(before) in ("if", "unless", "whether") for before in range(max(0, at - 12), at)
    ):
        return False
    if s.language in ("ru", "kk", "fa") and any(
        s.word(before) in ("если", "егер", "اگر", "ли") for before in range(max(0, at - 10), at)
    ):
        return False
    after = at + length
    if s.language in _VERB_LAST and s.hit(after, "negation"):
        return False
    word = s.word(at)
    if s.language == "kk" and word == "дайын" and any(each.last == at for each in s.of("percentage")):
        return False  # 65 per cent complete
    if s.language == "kk" and word == "дайын" and length == 1:
        return not s.is_word(after) or s.word(after) in (
            "екенін",
            "екендігін",
            "деп",
            "болып",
            "отыр",
            "екендіктерін",
            "екені",
            "және",
            "деді",
            "тұр",
            "болды",
        )
    if (
        word in ("is", "are")
        and s.hit(after - 1, "target_aux")
        and value == "obligation"
        and s.word(after - 1) == "to"
    ):
        return _agents(s, _clause_start(s, at), at) and s.word(after) != "be"
    if word == "must" or word == "shall":
        return word == "shall" or _agents(s, _clause_start(s, at), at)
    if word == "باید" or word in ("can", "could"):
        return _agents(s, max(0, at - 14), at) and (
            word != "باید" or due_date(s, at, len(s.tokens)) is not None
        )
    if word in ("پیشنهاد",) and length == 1:
        return any(
            s.word(near) in ("داد", "داده", "کرد", "کرده", "دادند")
            for near in range(after, min(len(s.tokens), after + 14))
        )
    if word.startswith("должн") and due_date(s, at, len(s.tokens)) is not None and s.opens is not None:
        return True
    if word in ("должны", "должен", "должна", "должно", "міндетті", "тиіс", "должн"):
        return _agents(s, max(0, at - 14), at)
    if s.language == "ru" and value == "study" and word.endswith(("ть", "ти")):
        return bool(s.at.get("agent")) or s.opens or bool(s.at.get("commit"))
    return True


def _will(s: Sentence, at: int, name: str) -> bool:
    """Whether a future tense is a party's promise: a party before it, no condition, a deed after it."""
    length = s.hits[at][name][1]
    after = at + length
    if (
        s.hit(after, "will_skip")
        or (name != "future" and s.hit(at - 1, "negation"))
        or s.hit(after, "negation")
    ):
        return False
    if any(
        s.word(before) in ("if", "unless", "whether", "если", "егер", "اگر", "ли", "when")
        for before in range(max(0, at - 14), at)
    ):
        return False
    if name == "will":
        if (
            s.hit(at - 1, "will_noun")
            or not s.is_word(after)
            or s.word(after) in ("of", "and", "to", "is", "was", "in")
        ):
            return False
        if s.hit(after, "passive_done"):
            return _agents(s, max(0, at - 14), at) or s.word(after + 1) in (
                "appointed",
                "abolished",
                "lifted",
                "established",
                "opened",
                "built",
                "launched",
                "exempted",
                "introduced",
                "set",
            )
        if s.word(after) == "be":
            return False
    if any(s.hit(near, "visit") or s.hit(near, "moves") for near in range(max(0, at - 2), at + 1)):
        return False
    if name == "future":
        if s.language == "ru":
            return False
        if s.word(after) in ("شد", "بود", "داشت", "رسید", "یافت", "گرفت"):
            return False
    if s.hits[at].get("target_direct") or s.hit(at, "role"):
        return False
    start = _clause_start(s, at)
    return _agents(s, start, at) or (start > 0 and _agents(s, max(0, at - 12), at) and s.language != "en")


def _promised(s: Sentence, at: int) -> bool:
    """Whether a Russian verb of the future has a party before it, and no condition or denial."""
    start = _clause_start(s, at)
    if s.hit(at - 1, "negation") or any(
        s.word(before) in ("если", "ли", "когда", "что") or s.hit(before, "forecast")
        for before in range(start, at)
    ):
        return False
    return _agents(s, start, at)


def _agents(s: Sentence, first: int, last: int) -> bool:
    """Whether the subject between two tokens is a party: a country, authority or firm, and no topic."""
    kinds = []
    for at in range(first, last):
        held = s.hits[at]
        if not held:
            continue
        if "topic" in held and s.language == "en" and "agent" not in held and "body" not in held:
            if not any(s.hit(near, "agent") for near in range(at + 1, min(at + 3, last))):
                kinds.append("topic")
        elif any(name in held for name in ("agent", "country", "body", "both_sides", "role", "city")):
            kinds.append("agent")
    if not kinds:
        return False
    return not (kinds[0] == "topic" or kinds[-1] == "topic")


_OURS = (
    "амыз",
    "еміз",
    "ймыз",
    "йміз",
    "мақпыз",
    "мекпіз",
    "бақпыз",
    "бекпіз",
    "пақпыз",
    "пекпіз",
)  # we shall
_FUTURE_KK = ("ады", "еді", "йды", "йді", "мақ", "мек", "бақ", "бек", "пақ", "пек", "мыз", "міз")
_BREAKS = {
    "en": frozenset([";", ":", "that", "while", "but", "who", "which", "“", '"', "(«"]),
    "ru": frozenset([";", ":", "«", "(", "что", "который", "которые"]),
    "kk": frozenset([";", ":", "«", "("]),
    "fa": frozenset(["؛", ":", "«", "(", "که"]),
}


def _clause_start(s: Sentence, at: int) -> int:
    """Token at which the clause of a cue begins: after the last break that leaves it a subject."""
    for index in range(at - 1, max(-1, at - 40), -1):
        if s.word(index) in _BREAKS[s.language] and s.word(index) != "which":
            return index + 1
        if s.before(index, "country") and s.hit(index + 1, "country"):
            continue  # "A, B and C agreed" is one subject
        if s.word(index) in (",", "،") and s.language != "kk" and _subject_inside(s, index + 1, at):
            return index + 1
        if s.word(index) == "and" and _subject_inside(s, index + 1, at) and at - index <= 7:
            return index + 1
    return max(0, at - 40)


def _subject_inside(s: Sentence, first: int, last: int) -> bool:
    return any(s.hit(at, name) for at in range(first, last) for name in ("agent", "country", "both_sides"))


def _clause_end(s: Sentence, at: int, following: int | None) -> int:
    end = len(s.tokens) if following is None else _clause_start(s, following)
    if end <= at:
        end = following if following is not None and following > at else len(s.tokens)
    for index in range(at, end):
        if s.word(index) in (";", "؛", "»", "”") or (s.word(index) == '"' and index > at + 3):
            return index
        if s.word(index) in (",", "،") and (
            s.hit(index + 1, "says") or s.hit(index + 2, "says") or s.hit(index + 3, "says")
        ):
            return index
    return end


def _trimmed(s: Sentence, first: int, last: int) -> tuple[int, int]:
    while first < last and (
        s.is_mark(first) or s.word(first) in ("and", "but", "а", "и", "но", "ал", "و", "also")
    ):
        first += 1
    while last > first and (
        s.word(last - 1) in _TRAILING or (s.is_mark(last - 1) and s.word(last - 1) not in (")", "%", "٪"))
    ):
        last -= 1
    return first, last


def _studied(s: Sentence, at: int, after: int, last: int, form: str) -> str:
    """An obligation or promise whose deed is to look into something is a study; a group set up to study is not."""
    if form != "obligation" or not s.at.get("study_verb"):
        return form
    if s.language == "kk":
        span = range(max(0, at - 4), min(after + 2, last))
    elif s.language == "fa":
        return (
            "study"
            if any(_persian_study(s, index) for index in s.at["study_verb"] if at <= index < last)
            else form
        )
    else:
        deed = _deed_verb(s, at, after, last)
        span = range(deed, min(deed + 2, last))
    return "study" if any(s.hit(index, "study_verb") for index in span) else form


def _deed_verb(s: Sentence, at: int, after: int, last: int) -> int:
    """Token of the verb that a cue binds to: after "will" or "agreed to", else the first infinitive."""
    if s.language == "en":
        if s.word(after - 1) in ("to", "will", "shall", "must") or after == at:
            return after + 1 if s.word(after) in ("be", "also", "jointly", "further") else after
        return next(
            (index + 1 for index in range(after, min(after + 14, last)) if s.word(index) == "to"), after
        )
    if s.hit(at, "study_verb"):
        return at
    return next((index for index in range(at, min(after + 12, last)) if _infinitive(s.word(index))), after)


def _persian_study(s: Sentence, index: int) -> bool:
    """«بررسی کنند» is a deed, «برای بررسی» the purpose of another."""
    if s.word(index - 1) in ("برای", "جهت", "منظور"):
        return False
    return any(s.hit(at, "does") for at in range(index + 1, min(index + 5, len(s.tokens))))


def _point(s: Sentence, pair: tuple[str, ...]) -> bool:
    """A point of a list that a verb of agreement opened, or a protocol's point: a party and its deed."""
    if not s.opens:
        return False
    bullet = s.word(0) in _BULLETS
    numbered = s.word(1) in (".", ")", "-") and (s.is_number(0) or len(s.word(0)) == 1)
    if not bullet and not numbered:
        s.setting.opened = None
        return False
    first, last = _trimmed(s, 1 if bullet else 2, len(s.tokens))
    if (
        last - first < 3
        or s.word(len(s.tokens) - 1) == ":"
        or any(s.hit(at, "noted") for at in range(first, min(first + 4, last)))
    ):
        return False
    form = s.setting.opened
    if form is None and not s.at.get("commit") and _deed(s, first, last, bullet):
        form = "obligation"
    if form is None or (s.of("target") and last - first < 20):
        return False
    offered = (s.hit(at, "commit") for at in range(first, min(first + 6, last)))
    if form == "obligation" and any(held and held[0] == "offer" for held in offered):
        form = "offer"  # "accept the readiness of the Uzbek side to train"
    if s.language == "en":
        form = _studied(s, first, first + 1, last, form)
    elif s.language == "ru":
        form = _studied(s, first, min(last, first + 8), last, form)
    else:
        form = _studied(s, last - 1, last, last, form)
    _add_commitment(s, "commitment-point", form, (first, last), pair)
    return True


def _deed(s: Sentence, first: int, last: int, bullet: bool) -> bool:
    """Whether a point orders or promises: an infinitive in Russian, the verb's end in Kazakh and Persian.

    A bullet that nothing opened may be any item of a list: it must begin with the infinitive or end in an order.
    """
    agent = any(
        s.hit(at, name) for at in range(first, last) for name in ("agent", "country", "body", "both_sides")
    )
    if s.language == "ru":
        near = range(first, min(first + (5 if bullet else 14), last))
        return any(_infinitive(s.word(at)) for at in near) and (agent or _infinitive(s.word(first)))
    if s.language == "en":
        return agent and any(
            s.word(at) == "to"
            and s.is_word(at + 1)
            and not (s.hit(at + 1, "country") or s.hit(at + 1, "city"))
            for at in range(first + 1, min(first + 9, last))
        )
    if s.language == "kk":
        return agent and s.word(last - 1).endswith(("сын", "сін") if bullet else ("сын", "сін", *_FUTURE_KK))
    ordered = bool(s.hit(last - 1, "order")) and s.word(last - 2) != "می"
    return ordered and (agent or s.word(last - 1) in ("شود", "گردد"))


def _moves(s: Sentence) -> bool:
    """Whether the sentence ends in a verb of motion: a visit."""
    return any(at >= len(s.tokens) - 3 for at in s.at.get("moves", ()))


def _infinitive(word: str) -> bool:
    return (
        len(word) > 4 and word.endswith(("ть", "ться", "ти", "чь", "тись")) and not word.endswith(_ADVERBIAL)
    )


def _dated(s: Sentence) -> list[tuple[int, int, str, str]]:
    """Kazakh and Persian: a party's deed with its day ahead, or as an order («аяқтасын», «می‌سازد»)."""
    if (
        s.language not in _VERB_LAST
        or s.of("target")
        or not s.tokens
        or s.at.get("forecast")
        or s.at.get("visit")
        or _moves(s)
    ):
        return []
    first, last = _trimmed(s, 0, len(s.tokens))
    if last - first < 4 or not any(
        s.hit(at, name) for at in range(first, last) for name in ("agent", "country", "both_sides")
    ):
        return []
    word = s.word(last - 1)
    order = s.language == "kk" and len(word) > 5 and word.endswith(("сын", "сін"))
    present = (
        word.endswith(_FUTURE_KK) if s.language == "kk" else s.word(last - 2) == "می" and word.endswith("د")
    )
    ours = s.language == "kk" and len(word) > 6 and word.endswith(_OURS)
    if any(
        s.hit(at, name)
        for at in range(max(first, last - 3), last)
        for name in ("past_verb", "event", "negation", "says")
    ):
        return []
    ahead = any(
        each.value["end"] and s.setting.published and each.value["end"] > s.setting.published.isoformat()
        for each in s.of("date")
    )
    told = order or ours or (present and ahead)
    return [(last - 1, 1, "obligation", "commitment-future")] if told else []
