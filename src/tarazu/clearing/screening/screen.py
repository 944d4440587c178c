"""Screening a name against lists: the best matches, and whether they are near enough to hold a payment.

A finding at or above the cut-off is a hit: it stands until a person decides. Nothing here clears a hit: kind
and country given with a name only order candidates of the same score, they never drop one, because
both come from whoever wrote the payment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata

from tarazu.clearing.screening import index, names, score
from tarazu.clearing.screening.lists import Entry, SanctionsList, digest_of
from tarazu.clearing.screening.weights import document, weights
from tarazu.core.errors import ListError, MessageError
from tarazu.core.parameters import bundled_text

METHOD = "parts-2"  # changes whenever the code would find or score a name differently
COMPARED = (
    24  # names compared in full at most, by each route of the index; tests hold it against comparing all
)
MOST_CANDIDATES = 5
LONGEST_NAME = 500  # of a party; ISO 20022 allows 140
CACHED = 200_000

NOT_CHECKED: tuple[str, ...] = tuple(document("coverage.toml")["not_checked"])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed name near the one asked about."""

    entry: Entry
    matched_name: str
    score: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What screening one name against the lists found.

    Attributes
    ----------
    score
        Of the nearest listed name, 0 to 1, also where it is below the cut-off.
    entry, matched_name
        The nearest; None and empty where nothing on the lists is comparable.
    candidates
        Up to five entries at or above the cut-off, best first.
    """

    name: str
    hit: bool
    score: float
    entry: Entry | None
    matched_name: str
    candidates: tuple[Candidate, ...]


@cache
def algorithm_version() -> str:
    """Method, and digest of word lists, weights and transliteration: equal versions give equal scores."""
    digest = hashlib.sha256()
    for file in names.FILES:
        digest.update(bundled_text(f"screening/{file}").encode())
    digest.update(metadata.version("anyascii").encode())  # another release may transliterate otherwise
    return f"{METHOD}+{digest.hexdigest()[:12]}"


class Screener:
    """Lists made ready for screening.

    Parameters
    ----------
    lists
        As read by `tarazu.clearing.screening.lists`.
    cut_off
        Score from which a finding is a hit; by default that of data/screening/weights.toml.

    Raises
    ------
    ListError
        If there is no list, or the cut-off is not between 0 and 1.
    """

    version: str
    lists_digest: str
    cut_off: float

    def __init__(self, lists: Sequence[SanctionsList], cut_off: float | None = None) -> None:
        if not lists:
            raise ListError(
                "No sanctions list given: screening needs at least one. Read one with read_list(path)."
            )
        self.cut_off = weights().cut_off if cut_off is None else cut_off
        if not 0 < self.cut_off <= 1:
            raise ListError(f"The cut-off must lie above 0 and not above 1, got {cut_off}.")
        self.version = algorithm_version()
        self.lists_digest = digest_of(lists)
        self._rows: list[tuple[Entry, str, names.NameParts]] = []
        for entry in (entry for each in lists for entry in each.entries):
            kind = _reading(entry.kind)
            self._rows += [(entry, name, names.take_apart(name, kind)) for name in entry.names]
        self._index = index.Index([parts for _, _, parts in self._rows])
        self._cached = lru_cache(maxsize=CACHED)(self._screen)

    def screen(self, name: str, *, kind: str = "", country: str = "") -> Finding:
        """Screen one name; a name asked before is answered from memory.

        Parameters
        ----------
        kind, country
            As claimed by the party (``person``, ``organisation``, …; alpha-3 code). They order candidates of
            equal score and never drop one.

        Raises
        ------
        MessageError
            If the name is longer than 500 characters: what is cut off would not be screened.
        """
        return self._cached(name, kind, country)

    def screen_many(self, asked: Sequence[str], kinds: Sequence[str] = ()) -> list[Finding]:
        """Findings of several names in order; `kinds` is empty or as long as `asked`.

        Raises
        ------
        ListError
            If there are kinds for some of the names only.
        """
        if kinds and len(kinds) != len(asked):
            raise ListError(
                f"{len(asked)} names but {len(kinds)} kinds were given: give one for each name, or none."
            )
        return [
            self._cached(name, kind, "") for name, kind in zip(asked, kinds or [""] * len(asked), strict=True)
        ]

    def _screen(self, name: str, kind: str, country: str) -> Finding:
        if len(name) > LONGEST_NAME:
            raise MessageError(
                f'The name "{name[:40]}…" has {len(name)} characters, at most {LONGEST_NAME} are screened. Give the '
                "party's name alone, without address or purpose."
            )
        readings = {each: names.take_apart(name, each) for each in ("person", "organisation")}
        best: dict[int, tuple[float, Entry, str]] = {}
        for row in self._index.nearest(list(readings.values()), COMPARED):
            entry, listed_name, parts = self._rows[row]
            value = score.score(readings[_reading(entry.kind)], parts)
            if value > best.get(id(entry), (-1.0,))[0]:
                best[id(entry)] = (value, entry, listed_name)
        ranked = sorted(best.values(), key=lambda found: _order(found, kind, country))
        if not ranked:
            return Finding(name, False, 0.0, None, "", ())
        value, entry, listed_name = ranked[0]
        hits = tuple(
            Candidate(each[1], each[2], each[0])
            for each in ranked[:MOST_CANDIDATES]
            if each[0] >= self.cut_off
        )
        return Finding(name, bool(hits), value, entry, listed_name, hits)


def _reading(kind: str) -> str:
    return "person" if kind == "person" else "organisation"


def _order(found: tuple[float, Entry, str], kind: str, country: str) -> tuple[float, bool, bool, str, str]:
    value, entry, _ = found
    return -value, entry.kind != kind, country not in entry.countries, entry.list_name, entry.id
