"""Targets: a level or change of an indicator that parties set out to reach.

A target is a figure with a verb or noun that puts it ahead ("bring to", "goal of", «довести до», «-ға жеткізу»,
«رساندن به»). English and Russian have the verb before the figure, Kazakh and mostly Persian after it. What has
happened already, what only may happen and what something is worth are none.
"""

from __future__ import annotations

from tarazu.register.extract.names import parties_in
from tarazu.register.extract.sentence import Found, Sentence
from tarazu.register.extract.target_frames import framed

_REACH = 24  # tokens between a verb and its figure
_NOUN_REACH = 8
_AFTER = 11  # tokens after a figure in which Kazakh and Persian have their verb
_DUE_REACH = 12
_NON_FINITE = frozenset(
    ["to", "will", "shall", "must", "should", "can", "of", "for", "at", "by", "on", "towards", "toward"]
)
_LEVELS = frozenset(["to", "by", "at", "до", "на", "в", "به", "of"])
_VERB_LAST = ("kk", "fa")
_PAST_LEVELS = frozenset(["to", "up", "до", "above", "past", "beyond", "over"])
_COPULAS = frozenset({"is", "are", "was", "were", "has"})
_GROWS = frozenset(["reach", "hit", "grow", "rise", "climb"])
_DATIVE = ("ға", "ге", "қа", "ке")  # Kazakh: what is reached
_IFS = frozenset(["if", "unless", "если", "егер", "اگر"])
_COUNTS = ("year", "month", "day", "week", "hour", "document", "company", "item", "session")


def read_targets(s: Sentence, pair: tuple[str, ...]) -> None:
    """Every target of a sentence; a doubling "to $3 billion" is the one of the amount."""
    figures = s.of("amount", "percentage", "quantity")
    targets = [(figure, cue) for figure in figures if (cue := _target_cue(s, figure)) is not None]
    levels = [figure for figure, _ in targets if figure.kind != "percentage"]
    for figure, cue in targets:
        beside = any(abs(each.first - figure.first) < 10 for each in levels)
        if figure.kind != "percentage" or not beside:
            _add_target(s, figure, cue, pair)


def _target_cue(s: Sentence, figure: Found) -> tuple[int, int, str] | None:
    """First and last token of the words that make a figure a target, and the rule; None if it is none."""
    value = figure.value
    if figure.kind == "percentage" and value["role"] in ("share", "rate", "decline"):
        return _share_raised(s, figure) if value["role"] == "share" else None
    if value.get("unit") in _COUNTS:
        return None
    if any(
        s.hit(at, "conditional") and s.word(at) in _IFS
        for at in range(figure.last, min(len(s.tokens), figure.last + 6))
    ):
        return None
    first = _lead(s, figure.first)
    if any(
        (held := s.before(at, "worth")) and held[0] is not None for at in (first, figure.first)
    ) and s.word(first - 1) not in ("на", "of"):
        return None
    if s.word(first - 1) in ("from", "с", "со", "از") and s.language != "fa":
        return None
    if figure.rule == "multiple":
        return _multiple_cue(s, figure)
    if (intended := _intended(s, figure, first)) is not None:
        return intended, figure.last, "target-noun"
    reader = _verb_after if s.language in _VERB_LAST else _verb_before
    return reader(s, figure, first) or framed(s, figure, first)


def _share_raised(s: Sentence, figure: Found) -> tuple[int, int, str] | None:
    """A share as an aim: "raise the share of rail to 30%", «долю довести до 30%»."""
    first = _lead(s, figure.first)
    before = (s.word(first - 1), s.word(figure.first - 1))
    levelled = "to" in before or "до" in before or s.language in _VERB_LAST
    if not levelled or (s.language in _VERB_LAST and not s.at.get("target_verb")):
        return None
    return (_verb_after if s.language in _VERB_LAST else _verb_before)(s, figure, first)


def _intended(s: Sentence, figure: Found, first: int) -> int | None:
    """``want to move 10 million tonnes by 2027``: a verb of will and its object, with a date or an indicator."""
    if s.language in _VERB_LAST:
        return None
    for at in range(first - 1, max(-1, first - _NOUN_REACH), -1):
        if s.hit(at, "past_verb") or s.word(at) in (",", ";", ":"):
            return None
        if s.hit(at, "intend"):
            ahead = due_date(s, at, figure.last) is not None or bool(s.at.get("subject"))
            return at if ahead and figure.kind != "percentage" else None
    return None


def _lead(s: Sentence, first: int) -> int:
    """Token at which a figure begins with the words that bound it."""
    for name in ("bound_before", "bound_upto"):
        if held := s.before(first, name):
            # "not less than": the words before the bound count, the bound does not.
            return held[1]
    return first


def _verb_before(s: Sentence, figure: Found, first: int) -> tuple[int, int, str] | None:
    if not any(name in s.at for name in ("target_noun", "target_direct", "target_to")):
        return None
    for step in range(1, _REACH):
        at = first - step
        if at < 0 or s.word(at) in (";", "»", "”") or (s.word(at) == ")" and step < 3):
            break
        held = s.hits[at]
        if not held:
            continue
        named = "target_noun" in held and step <= _NOUN_REACH
        if named and not _parted(s, at, first) and not _is_past(s, at):
            return at, figure.last, "target-noun"
        if "target_direct" in held and step <= 12:
            return (at, figure.last, "target-verb") if _ahead(s, at) else None
        if "target_to" in held:
            if not _levelled(s, at, first):
                continue
            return (at, figure.last, "target-verb") if _ahead(s, at) else None
        if "past_verb" in held and s.word(at) not in ("is", "are"):
            break
    return _noun_after(s, figure)


def _parted(s: Sentence, noun: int, first: int) -> bool:
    """Whether a comma or bracket parts a noun of aim from its figure, unless "is" joins them again."""
    return s.word(first - 1) != "is" and any(s.word(at) in (",", "(") for at in range(noun, first))


def _levelled(s: Sentence, verb: int, first: int) -> bool:
    """Whether a preposition of level or change stands between a verb of growth and the figure."""
    del verb
    return (
        s.word(first - 1) in _LEVELS
        or s.before(first, "bound_upto") is not None
        or s.word(first) in _PAST_LEVELS
    )


def _is_past(s: Sentence, at: int) -> bool:
    near = range(max(0, at - 3), at)
    return any(s.hit(before, "past_verb") and s.word(before) not in _COPULAS for before in near)


def _ahead(s: Sentence, verb: int) -> bool:
    """Whether a verb names something still to be done, by somebody who means to."""
    opening = max(0, verb - 12)
    for at in range(verb - 1, opening - 1, -1):
        if s.word(at) in (";", ":", "»", "”"):
            break
        if s.hit(at, "managed") or (s.hit(at, "forecast") and verb - at <= 6):
            return False
        if s.hit(at, "negation") and verb - at <= 3:
            return False
    if s.language != "en":
        return True
    word = s.word(verb)
    if word.endswith("ing"):
        return s.word(verb - 1) not in ("been", "was", "were", "is", "are")
    if word in _GROWS and s.word(verb - 1) == "will":
        meant = any(s.at.get(name) for name in ("target_noun", "intend", "commit"))
        return meant or any(s.word(at) in ("we", "us") for at in range(verb))
    told = (at for at in range(max(0, verb - 8), verb - 1) if s.word(at) not in _COPULAS)
    if s.word(verb - 1) == "to" and any(s.hit(at, "past_verb") for at in told):
        return any(s.hit(at, "target_noun") or s.hit(at, "intend") for at in range(max(0, verb - 8), verb))
    before = [s.word(at) for at in range(max(0, verb - 4), verb)]
    return (
        bool(_NON_FINITE & set(before[-3:]))
        or verb == 0
        or before[-1:] in (["and"], ["or"], ["aim"], ["hope"])
    )


def _noun_after(s: Sentence, figure: Found) -> tuple[int, int, str] | None:
    """``the $3 billion trade goal``: a noun of aim that the figure stands before."""
    for at in range(figure.last, min(figure.last + 6, len(s.tokens))):
        if not s.is_word(at) and s.word(at) != "-":
            return None
        if s.hit(at, "target_noun") and s.language in ("en", "kk", "fa"):
            return figure.first, at + 1, "target-noun"
        if s.hit(at, "date_lead") or s.hit(at, "past_verb"):
            break
    for at in range(
        figure.last, min(figure.last + 10, len(s.tokens))
    ):  # "$10 billion by 2030 remains the aim"
        stated = s.word(at - 1) in ("the", "a", "our", "their", "its") and s.word(at - 2) in (
            "remains",
            "is",
            "as",
        )
        if s.hit(at, "target_noun") and stated:
            return figure.first, at + 1, "target-noun"
    return None


def _multiple_cue(s: Sentence, figure: Found) -> tuple[int, int, str] | None:
    """Doubling as an aim: ahead, and of an indicator."""
    near = range(max(0, figure.first - 6), min(len(s.tokens), figure.last + 6))
    if not any(s.hit(at, "subject") for at in near):
        return None
    if s.language in _VERB_LAST:
        return _verb_after(s, figure, figure.first)
    verb = next((at for at in range(figure.first, figure.last) if s.hit(at, "target_to")), -1)
    if verb >= 0:
        return (verb, figure.last, "target-verb") if _ahead(s, verb) and not _offered(s, verb) else None
    for at in range(figure.first - 1, max(-1, figure.first - 10), -1):
        if s.hit(at, "past_verb"):
            return None
        if s.hit(at, "target_to"):
            return (at, figure.last, "target-verb") if _ahead(s, at) else None
    return None


def _offered(s: Sentence, verb: int) -> bool:
    return any((held := s.hit(at, "commit")) and held[0] == "offer" for at in range(max(0, verb - 4), verb))


def _verb_after(s: Sentence, figure: Found, first: int) -> tuple[int, int, str] | None:
    """Kazakh and Persian: the first verb behind the figure decides; Persian may have a verbal noun before it."""
    last = figure.last
    if (opened := _persian_noun(s, first)) is not None:
        return opened, last, "target-verb"
    for at in range(last, min(last + _AFTER, len(s.tokens))):
        held = s.hits[at]
        if s.word(at) in (";", "؛"):
            break
        if not held:
            continue
        if "target_noun" in held and at - last <= 3:
            return figure.first, at + 1, "target-noun"
        if "past_verb" in held and not (
            "target_verb" in held and held["target_verb"][1] > held["past_verb"][1]
        ):
            return None
        if "target_verb" in held:
            end = at + held["target_verb"][1]
            brought = s.language == "fa" and s.word(first - 1) == "به"
            brought = brought or (figure.kind == "amount" and s.word(last - 1).endswith(_DATIVE))
            if not (brought or _indicator(s, first, end)) or any(
                s.hit(near, "forecast") for near in range(max(0, at - 3), min(len(s.tokens), end + 3))
            ):
                return None
            if any(
                (each := s.hit(near, "commit")) and each[0] == "offer"
                for near in range(end, min(len(s.tokens), end + 2))
            ):
                return None if not s.at.get("subject") else (figure.first, end, "target-verb")
            if s.language == "kk" and s.word(end) in ("алды", "мүмкін", "болды", "алған"):
                return None
            return figure.first, end, "target-verb"
    for at in range(first - 1, max(-1, first - _NOUN_REACH), -1):
        if s.hit(at, "target_noun") and not any(
            s.hit(near, "past_verb") for near in range(last, min(last + 3, len(s.tokens)))
        ):
            return at, last, "target-noun"
    return None


def _persian_noun(s: Sentence, first: int) -> int | None:
    """The verbal noun before a Persian figure, «رساندن … به»; «افزایش … به» only where no past verb follows."""
    if s.language != "fa" or s.word(first - 1) not in ("به", "تا"):
        return None
    for at in range(first - 2, max(-1, first - 16), -1):
        word = s.word(at)
        if word in ("،", "؛", "«", "»", ":"):
            return None
        if word in ("رساندن", "دستیابی", "رسیدن"):
            return None if any(s.hit(near, "forecast") for near in range(max(0, at - 4), at)) else at
        if word in ("افزایش", "ارتقا", "ارتقای"):
            past = any(s.hit(near, "past_verb") for near in range(first, len(s.tokens)))
            return None if past else at
    return None


def _indicator(s: Sentence, first: int, last: int) -> bool:
    return any(max(0, first - 18) <= at < last for at in s.at.get("subject", ()))


def _add_target(s: Sentence, figure: Found, cue: tuple[int, int, str], pair: tuple[str, ...]) -> None:
    first, last, rule = min(cue[0], figure.first), max(cue[1], figure.last), cue[2]
    due = due_date(s, first, last)
    if due is not None:
        first, last = min(first, due.first), max(last, due.last)
    value = figure.value
    key = "percent" if figure.kind == "percentage" else "value"
    stated = value[key] if value[key] is not None else value["low"]
    unit = "percent" if figure.kind == "percentage" else value.get("currency") or value.get("unit")
    s.add(
        "target",
        rule,
        first,
        last,
        {
            "value": stated,
            "unit": unit,
            "due": span(due),
            "subject": _subject(s, cue[0], figure),
            "parties": parties_in(s, pair),
            "restated": bool(s.at.get("restated")) or (float(stated), str(unit)) in s.setting.targets,
        },
    )
    s.setting.targets.add((float(stated), str(unit)))


def span(due: Found | None) -> str | None:
    if due is None or not due.value["end"]:
        return None
    return f"{due.value['start']}/{due.value['end']}"


def due_date(s: Sentence, first: int, last: int) -> Found | None:
    """The date nearest to a target that lies ahead of publication."""
    published = s.setting.published
    best, chosen = _DUE_REACH, None
    for each in s.of("date"):
        end = each.value["end"]
        impossible = each.value.get("impossible", False)  # it is the due date, though it says no day
        if not impossible and (end is None or (published and end < published.isoformat())):
            continue
        gap = each.first - last if each.first >= last else first - each.last if each.last <= first else 0
        if gap < best and not (
            each.value["precision"] == "day" and published and end == published.isoformat()
        ):
            best, chosen = gap, each
    return chosen


def _subject(s: Sentence, at: int, figure: Found) -> str | None:
    """The indicator whose word stands nearest to the target."""
    places = s.at.get("subject", ())
    if not places:
        return None
    middle = min(places, key=lambda each: min(abs(each - at), abs(each - figure.first)))
    return s.hits[middle]["subject"][0]
