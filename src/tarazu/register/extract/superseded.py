"""Documents that another one replaces: "the Memorandum supersedes the agreement of 2015".

The document that lost its place stands behind the verb, before it where the verb is passive, and in Kazakh as the last
one before it. Its own year is told, the day on which it was replaced mostly is not.
"""

from __future__ import annotations

from tarazu.register.extract.dated import partial, unsure
from tarazu.register.extract.names import countries_in
from tarazu.register.extract.sentence import Sentence

_REACH = 12  # tokens between the verb and a document
_DATED = 5  # tokens between a document and its year


def read_superseded(s: Sentence) -> None:
    """Each document of a sentence that another document replaces; both have to be named."""
    if "supersede" not in s.at or len(s.at.get("form", ())) < 2:
        return
    for at in s.at["supersede"]:
        voice, length = s.hits[at]["supersede"]
        before = [each for each in s.at["form"] if at - _REACH <= each < at]
        after = [each for each in s.at["form"] if at + length <= each < at + length + _REACH]
        if s.language == "kk" and len(before) > 1:
            new, old = before[-2:]
        elif before and after:
            new, old = (before[-1], after[0]) if voice == "active" else (after[0], before[-1])
        else:
            continue
        if not unsure(s, 0, at):
            _add(s, at, at + length, new, old)


def _add(s: Sentence, first: int, last: int, new: int, old: int) -> None:
    form, length = s.hits[old]["form"]
    near = [
        each
        for each in s.of("date")
        if 0 <= each.first - old - length < _DATED or 0 <= old - each.last < _DATED - 2
    ]
    dated = min(near, key=lambda each: abs(each.first - old)) if near else None
    low, high = min(first, new, old), max(last, old + length, new + s.hits[new]["form"][1])
    if dated is not None:
        low, high = min(low, dated.first), max(high, dated.last)
    value = {
        "form": form,
        "number": None,
        "number_bound": None,
        "session": None,
        "parties": countries_in(s),
        "field": None,
        "event": "superseded",
        "date": None,
        "dated": partial(dated.value) if dated else None,
        "superseded_by": s.hits[new]["form"][0],
    }
    s.add("instrument", "instrument-superseded", low, high, value)
