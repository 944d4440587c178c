"""Currencies that share a name: rupees, rials, dinars, dirhams, manats of several countries.

The country named beside the figure decides ("100 million Omani rials", «ریال عمان»). Else the word's usual country
does, unless the document never names that country and names just one other that has such a currency. The names and
their countries stand in ``data/register/currency_names.csv``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from functools import cache

from tarazu.core.parameters import bundled_text
from tarazu.register.extract.sentence import Found, Sentence

_CODE = 3  # letters of a code, which shares its name with none


@cache
def _others() -> Mapping[str, Mapping[str, str]]:
    """By the currency that a shared name usually means: the currency of each country that has one of that name."""
    held: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(io.StringIO(bundled_text("register/currency_names.csv"))):
        held.setdefault(row["usual"], {})[row["country"]] = row["currency"]
    return held


def beside(s: Sentence, currency: str, first: int, last: int) -> str:
    """The currency of a figure whose words end at `last`, by a country named within or beside them."""
    shared = _others().get(currency)
    if not shared:
        return currency
    for at in (last, last - 1, last - 2, first - 1):
        if (held := s.hit(at, "country")) and held[0] in shared:
            return shared[held[0]]
    return currency


def settle(sentences: Iterable[Sentence]) -> None:
    """Amounts whose currency's usual country the document never names, in that of the one other it may be."""
    held = list(sentences)
    amounts = [
        (s, each)
        for s in held
        for each in s.found
        if each.kind == "amount" and each.value["currency"] in _others() and "original" not in each.value
    ]
    if not amounts:
        return
    named = {each.value["country"] for s in held for each in s.found if each.kind == "party"}
    for s, each in amounts:
        shared = _others()[each.value["currency"]]
        home = next(country for country, code in shared.items() if code == each.value["currency"])
        others = [country for country in shared if country in named]
        if home not in named and len(others) == 1 and not _coded(s, each):
            each.value["currency"] = shared[others[0]]


def _coded(s: Sentence, found: Found) -> bool:
    """Whether the currency is written as its code or sign, or with its country's adjective."""
    words = [s.tokens[at] for at in range(found.first, found.last)]
    return any(
        (len(token.word) == _CODE and token.shape == 2 and token.word.upper() == found.value["currency"])
        or (token.kind == 2 and token.word not in "-.,")
        for token in words
    )
