"""Blocking: which few names of the lists a name is compared with in full.

Four routes lead to a listed name, and the best of each are compared:

parts     listed parts within the edits that still make a pair are found for each part of the name asked
          about, exactly (see `Spellings`); listed names are ranked by an estimate of the score from them
joins     the same where two neighbours of one name are written as one part of the other, whatever stands beside
trigrams  cosine of character trigrams, each weighted by how rare it is, idf = ln(1 + N / n) (Spärck Jones
          1972): for parts written together or apart elsewhere, and for scripts without short vowels
whole     names that differ by at most two edits in one word, exactly

Postings are numpy arrays, and nothing is kept on disk.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import chain, pairwise
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from tarazu.clearing.screening.names import NameParts, Part, allowed_bone_edits, allowed_edits, together
from tarazu.clearing.screening.weights import weights

EDITS = 2  # between whole names in one word, up to which they are always compared
MOST_POSTINGS = 10_000  # trigram postings counted for one name
PAIR = 1024.0  # in the count of paired parts, what a pair without loss counts
FAINT = 0.35  # loss of a part from which it does not lead to a name: two edits in four letters
WORTH = (
    0.6  # estimated loss from which a name is not compared in full; a hit loses 0.3 at most, as weights stand
)
JOINED = 4  # letters below which a part is not taken for two written together
AT_LEAST = 3  # names that are compared nevertheless, to show the nearest
WORDS_KEPT = 2_000  # parts whose names are remembered: given names come again and again
FLOOR = 0.2  # of the best cosine, below which trigrams say nothing

Floats = NDArray[np.float64]
Near = tuple[NDArray[np.int32], Floats]  # names, each once, and their losses
Rows = NDArray[np.intp]


class Index:
    """Every route to N listed names.

    Parameters
    ----------
    names
        (N,) listed names, taken apart.
    """

    def __init__(self, names: Sequence[NameParts]) -> None:
        self._trigrams = Trigrams(names)
        self._keys = Parts(names, attrgetter("key"), allowed_edits)
        self._bones = Parts(names, attrgetter("bones"), allowed_bone_edits)
        self._joined = Spellings([name.joined for name in names])
        self._written = Spellings([name.written for name in names])

    def nearest(self, readings: Sequence[NameParts], limit: int) -> list[int]:
        """Rows of the names to compare with one name, given in all its readings; up to `limit` by each route."""
        by_parts = []
        for name in _distinct(readings):
            if any(part.abjad for part in name.core):
                by_parts += [self._bones.nearest(name, limit), self._bones.joined(name, limit // 4)]
            by_parts += [self._keys.nearest(name, limit), self._keys.joined(name, limit // 4)]
        whole = [self._joined.rows_within(name.joined, limit) for name in _distinct(readings)]
        whole.append(self._written.rows_within(readings[0].written, limit))
        by_trigrams = self._trigrams.nearest(readings, limit // 4)
        return list(dict.fromkeys(chain(*by_parts, *whole, by_trigrams)))


def _distinct(readings: Sequence[NameParts]) -> list[NameParts]:
    """Readings that differ in their core parts."""
    return list({tuple(part.key for part in name.core): name for name in readings}.values())


class Spellings:
    """Finds every one of some words within a number of edits of a word, by what an edit cannot change.

    One edit changes a word's length by at most one, its set of letters by at most two members and its set
    of letter pairs by at most six (a swap of neighbours: three go, three come), so no word within
    reach is passed over.
    """

    def __init__(self, words: Sequence[str]) -> None:
        lengths = np.array([len(word) for word in words], dtype=np.int64)
        self._rows = np.argsort(lengths, kind="stable")
        self._words = np.array([*words, ""], dtype=object)[self._rows]
        self._lengths = lengths[self._rows].astype(np.int16)
        self._letters = np.array([_letter_bits(word) for word in self._words], dtype=np.uint64)
        self._pairs = np.array([_pair_bits(word) for word in self._words], dtype=np.uint64)
        longest = int(lengths.max()) if len(words) else 0
        self._starts = np.searchsorted(lengths[self._rows], np.arange(longest + 2))

    def within(self, word: str, edits: int) -> tuple[Rows, NDArray[np.int32]]:
        """Positions of all words within `edits`, by position in length order, and the edits of each."""
        last = len(self._starts) - 1
        start = self._starts[min(max(len(word) - edits, 0), last)]
        end = self._starts[min(len(word) + edits + 1, last)]
        apart = np.bitwise_count(self._letters[start:end] ^ np.uint64(_letter_bits(word)))
        # An edit that changes the length changes one member of the set of letters only.
        apart += np.abs(self._lengths[start:end] - len(word)).astype(np.uint8)
        places = np.flatnonzero(apart <= 2 * edits) + start
        if len(word) > 3 * edits:  # a shorter word has too few pairs to tell by
            pairs = np.bitwise_count(self._pairs[places] ^ np.uint64(_pair_bits(word)))
            places = places[pairs <= 6 * edits]
        if not len(places):
            return np.zeros(0, np.intp), np.zeros(0, np.int32)
        words = self._words[places].tolist()
        found = cdist([word], words, scorer=OSA.distance, score_cutoff=edits, dtype=np.int32)[0]
        near = found <= edits
        return self._rows[places[near]], found[near]

    def rows_within(self, word: str, limit: int) -> list[int]:
        """Positions of the `limit` nearest words within EDITS edits, nearest first, ties by position."""
        rows, edits = self.within(word, EDITS)
        return [int(row) for row in rows[np.lexsort((rows, edits))[:limit]]]


@lru_cache(maxsize=300_000)
def _letter_bits(word: str) -> int:
    bits = 0
    for char in set(word):
        bits |= 1 << (ord(char) & 63)
    return bits


def _pair_bits(word: str) -> int:
    """The set of neighbouring letters, hashed to 64 bits."""
    bits = 0
    codes = word.encode("ascii", "replace")
    for one, other in pairwise(codes):
        bits |= 1 << ((one * 37 + other) & 63)
    return bits


def _told_apart(words: Iterable[str]) -> list[str]:
    """Words of two letters or more; one that comes again is marked, or Issa Issa would pair with any Issa."""
    found: list[str] = []
    for word in words:
        if len(word) > 1:
            found.append(word + "2" * found.count(word))
    return found


class Words:
    """Words of N listed names, and the names that hold one near another word.

    Parameters
    ----------
    words
        Each with the row of its name.
    size
        N.
    allowed
        Edits within which two words of a length are a pair.
    """

    def __init__(self, words: Iterable[tuple[str, int]], size: int, allowed: Callable[[int], int]) -> None:
        self._size, self._allowed = size, allowed
        number: dict[str, int] = {}
        word_of, name_of = array("q"), array("q")
        for word, row in words:
            word_of.append(number.setdefault(word, len(number)))
            name_of.append(row)
        self._starts, self._names = _postings(word_of, name_of, len(number), size)
        self._counts = np.diff(self._starts)
        self._words = Spellings(list(number))
        self.near = lru_cache(maxsize=WORDS_KEPT)(self._near)

    def _near(self, word: str) -> Near:
        """Names with a word near `word`, each once, and the least loss."""
        numbers, losses = self._words_near(word)
        if not len(numbers):
            return np.zeros(0, np.int32), np.zeros(0, np.float64)
        counts = self._counts[numbers]
        ends = np.cumsum(counts)
        places = np.arange(ends[-1], dtype=np.int32)
        names = self._names[np.repeat(self._starts[numbers] - ends + counts, counts) + places]
        # Losses fall, and the last of repeated assignments stays: the place of each name's least loss.
        last = np.empty(self._size, dtype=np.int32)
        last[names] = places
        least = last[names] == places
        return names[least], np.repeat(losses, counts)[least]

    def _words_near(self, word: str) -> tuple[Rows, Floats]:
        """Words that pair with `word`, and their losses, falling."""
        per_edit = weights().edit / max(len(word), 1)
        most = min(self._allowed(len(word) + 1), int(FAINT / per_edit))
        numbers, edits = self._words.within(word, most)
        order = np.lexsort((numbers, -edits))
        return numbers[order], per_edit * edits[order].astype(np.float64)


class Parts:
    """Listed names by the spellings of their parts, and of neighbours in one word.

    Parameters
    ----------
    names
        (N,) listed names, taken apart.
    spelled
        The spelling of a part; single letters are left out, as any part may begin with one.
    allowed
        Edits within which two parts of a length are a pair.
    """

    def __init__(
        self, names: Sequence[NameParts], spelled: Callable[[Part], str], allowed: Callable[[int], int]
    ) -> None:
        self._all, self._spelled, self._allowed = names, spelled, allowed
        parts = [_told_apart(spelled(part) for part in name.core) for name in names]
        self._sizes = np.array([len(words) for words in parts], dtype=np.float64)
        listed = ((word, row) for row, words in enumerate(parts) for word in words)
        self._words = Words(listed, len(names), allowed)
        self._neighbours: dict[str, list[tuple[int, int]]] = defaultdict(list)  # by first letter: row, place
        for row, name in enumerate(names):
            for at, part in enumerate(name.core[:-1]):
                self._neighbours[part.text[0]].append((row, at))
        self._doubles = cache(self._joins_from)
        self._place = np.full(len(names), -1, dtype=np.int64)

    def nearest(self, name: NameParts, limit: int) -> list[int]:
        """Rows of the `limit` names whose parts agree best with those of `name`, best first, ties by row."""
        asked = _told_apart(self._spelled(part) for part in name.core)
        found = [self._words.near(word) for word in asked]
        if not found:
            return []
        names = np.concatenate([each for each, _ in found])
        losses = np.concatenate([each for _, each in found])
        # Pairs and their losses in one count: losses of all parts together stay far below PAIR.
        value = np.bincount(names, weights=PAIR - losses, minlength=len(self._sizes))
        # Of three parts, one alone makes no match.
        rows = np.flatnonzero(value > (PAIR if len(asked) > 2 else 0))
        paired = np.ceil(value[rows] / PAIR)
        estimate = _estimate(len(asked), self._sizes[rows], paired, PAIR * paired - value[rows])
        return _best(rows, estimate, limit, AT_LEAST)

    def joined(self, name: NameParts, limit: int) -> list[int]:
        """The same of names in which two neighbours are one part of the other name."""
        found = [*self._listed_apart(name.core), *self._asked_apart(name.core)]
        if not found:
            return []
        rows = np.concatenate([each for each, _ in found])
        estimate = np.concatenate([each for _, each in found])
        return _best(rows, estimate, limit, 0)

    def _joins_from(self, first: str) -> Words:
        """Neighbours of listed names in one word, of one first letter, which joins keep; made when first asked for."""
        words = (
            (self._spelled(together(*self._all[row].core[at : at + 2])), row)
            for row, at in self._neighbours.get(first, ())
        )
        return Words(words, len(self._all), self._allowed)

    def _listed_apart(self, core: Sequence[Part]) -> Iterable[tuple[Rows, Floats]]:
        """Names of which two neighbours are written together in one part asked about."""
        for at, part in enumerate(core):
            if len(part.text) < JOINED:
                continue
            near = self._doubles(part.text[0]).near(self._spelled(part))
            if len(near[0]):
                yield self._beside(near, [*core[:at], *core[at + 1 :]], 1)

    def _asked_apart(self, core: Sequence[Part]) -> Iterable[tuple[Rows, Floats]]:
        """Names one part of which is written apart as two neighbours asked about."""
        for at, (one, other) in enumerate(pairwise(core)):
            if len(one.text) + len(other.text) < JOINED:
                continue
            near = self._words.near(self._spelled(together(one, other)))
            if len(near[0]):
                yield self._beside(near, [*core[:at], *core[at + 2 :]], 0)

    def _beside(self, near: Near, others: Sequence[Part], spare: int) -> tuple[Rows, Floats]:
        """Rows of names with a join, and their estimates by it and by the other parts asked about.

        `spare` is how many parts of the listed name the join covers beyond one.
        """
        rows, lost = near[0].astype(np.intp), near[1].copy()
        self._place[rows] = np.arange(len(rows))
        paired = np.ones(len(rows))
        asked = _told_apart(self._spelled(part) for part in others)
        for names, losses in map(self._words.near, asked):
            places = self._place[names]
            here = places >= 0
            paired[places[here]] += 1
            lost[places[here]] += losses[here]
        self._place[rows] = -1
        sizes = self._sizes[rows] - spare
        # A part of the join may have paired with another part asked about as well.
        return rows, _estimate(len(asked) + 1, sizes, np.minimum(paired, np.maximum(sizes, 1)), lost)


def _best(rows: Rows, estimate: Floats, limit: int, least: int) -> list[int]:
    """Rows of least estimated loss, up to `limit` and up to WORTH, but `least` in any case; ties by row."""
    if len(rows) > 4 * limit:
        few = np.argpartition(estimate, 4 * limit)[: 4 * limit]
        rows, estimate = rows[few], estimate[few]
    order = np.lexsort((rows, estimate))[:limit]
    worth = max(int(np.count_nonzero(estimate[order] <= WORTH)), least)
    return [int(row) for row in rows[order[:worth]]]


def _estimate(asked: int, sizes: Floats, paired: Floats, lost: Floats) -> Floats:
    """Loss of the score if all parts weighed alike."""
    w = weights()
    left = np.clip(asked - paired, 0, w.most_left)
    lacking = np.clip(sizes - paired, 0, w.most_left)
    lost = lost + w.conflict * np.minimum(left, lacking) + w.extra * np.abs(left - lacking)
    found: Floats = lost / np.maximum(paired + (left + lacking) / 2, 1) ** w.power
    return found


class Trigrams:
    """Listed names by the trigrams of their parts."""

    def __init__(self, names: Sequence[NameParts]) -> None:
        self._number: dict[str, int] = {}
        of_part: dict[Part, list[int]] = {}
        gram_of, name_of = array("q"), array("q")
        for row, name in enumerate(names):
            for part in name.core:
                numbers = of_part.get(part)
                if numbers is None:
                    found = sorted(_part_grams(part, listed=True))
                    numbers = [self._number.setdefault(gram, len(self._number)) for gram in found]
                    of_part[part] = numbers
                gram_of.extend(numbers)
                name_of.extend([row] * len(numbers))
        self._starts, self._names = _postings(gram_of, name_of, len(self._number), len(names))
        counts = np.diff(self._starts)
        self._squares = np.log1p(len(names) / np.maximum(counts, 1)) ** 2
        norms = np.bincount(self._names, weights=np.repeat(self._squares, counts), minlength=len(names))
        self._inverse_norms = 1 / np.sqrt(np.maximum(norms, 1e-9))

    def nearest(self, readings: Sequence[NameParts], limit: int) -> list[int]:
        """Rows of the `limit` names of highest cosine, best first, ties by row."""
        asked = {gram for name in readings for part in name.core for gram in _part_grams(part, listed=False)}
        found = (self._number.get(gram) for gram in sorted(asked))
        numbers = self._rarest([number for number in found if number is not None])
        if not len(numbers):
            return []
        starts, ends = self._starts[numbers], self._starts[numbers + 1]
        rows = np.concatenate([self._names[start:end] for start, end in zip(starts, ends, strict=True)])
        weight = np.repeat(self._squares[numbers], ends - starts)
        cosine = np.bincount(rows, weights=weight, minlength=len(self._inverse_norms)) * self._inverse_norms
        best = np.flatnonzero(cosine >= FLOOR * cosine.max())
        if len(best) > limit:
            best = best[np.argpartition(-cosine[best], limit)[:limit]]
        return [int(row) for row in best[np.lexsort((best, -cosine[best]))]]

    def _rarest(self, numbers: list[int]) -> Rows:
        """Trigrams by rising number of postings, up to MOST_POSTINGS: the commonest tell least and cost most."""
        found = np.array(numbers, dtype=np.intp)
        sizes = self._starts[found + 1] - self._starts[found]
        order = np.argsort(sizes, kind="stable")
        kept = np.count_nonzero(np.cumsum(sizes[order]) <= MOST_POSTINGS)
        return found[order[: max(kept, 4)]]


def _part_grams(part: Part, *, listed: bool) -> set[str]:
    """Trigrams of one part.

    A listed part is filed under its spelling and its consonants (``#``); a question asks for consonants
    where its own script has no vowels, and for those of listed names in such a script (``@``).
    """
    found = set()
    if not part.abjad:
        found |= _trigrams(part.key, "")
    if listed or part.abjad:
        found |= _trigrams(part.bones, "#")
    if not listed or part.abjad:
        found |= _trigrams(part.bones, "@")
    return found


def _trigrams(text: str, mark: str) -> set[str]:
    padded = f" {text} "
    return {mark + padded[at : at + 3] for at in range(len(padded) - 2)}


def _postings(
    terms: Iterable[int], rows: Iterable[int], count: int, names: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Rows by term: (count + 1,) starts and the rows, each once for a term, in order."""
    both = np.array(terms, dtype=np.int64) * max(names, 1) + np.array(rows, dtype=np.int64)
    both.sort()
    both = both[np.diff(both, prepend=-1) != 0]
    term, row = np.divmod(both, max(names, 1))
    starts = np.concatenate(([0], np.cumsum(np.bincount(term, minlength=count))))
    return starts, row.astype(np.int32)
