"""Near-duplicates: releases that are printed again with another headline, a correction or another agency's lead.

A text is the set of its runs of three words (shingles). Of its signature's entries each is the least value of one
hash over the set, so the share of equal entries of two signatures estimates the share of shingles that the two
texts have in common (MinHash: Broder 1997, "On the resemblance and containment of documents"). Signatures are
compared only where a band of them is equal (Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", 3.4).
Words are hashed with CRC-32 and mixed with SplitMix64's finaliser, so a signature is the same on every machine.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import ShapeError
from tarazu.register.readers.content import limit, share

Signature = tuple[int, ...]

_UNSIGNED = NDArray[np.uint64]
_CHUNK = 8192  # shingles hashed at once, so that a long text does not fill the memory
_EMPTY = 2**32 - 1  # entry of a text without words
_GROWTH = 2  # times the room when an index is full
_FIRST_ROOM = 1024


def signature(text: str) -> Signature:
    """The signature of a text: 128 integers below 2**32, alike for texts that share most of their word runs.

    Case and punctuation do not matter. A text of fewer than three words is one shingle.
    """
    hashes = limit("duplicates", "hashes")
    shingles = _shingles(re.findall(r"\w+", text.casefold()))
    least = np.full(hashes, _EMPTY, dtype=np.uint64)
    factors, terms = _functions()
    for start in range(0, len(shingles), _CHUNK):
        chunk = shingles[start : start + _CHUNK]
        values = (factors[:, None] * chunk[None, :] + terms[:, None]) >> np.uint64(32)
        np.minimum(least, values.min(axis=1), out=least)
    return tuple(least.tolist())


def likeness(a: Sequence[int], b: Sequence[int]) -> float:
    """Estimated share of shingles that two texts have in common, 0 to 1.

    Raises
    ------
    ShapeError
        If the signatures are of different length, as of two versions.
    """
    if len(a) != len(b) or not a:
        raise ShapeError(expected=len(a), got=len(b), what="signature")
    return sum(map(int.__eq__, a, b)) / len(a)


class Signatures:
    """Signatures that can be looked up: a comparison of bands first, of whole signatures where one is equal.

    Holds 640 bytes a document. Below a likeness of about 0.5 documents are found only with luck.
    """

    def __init__(self, known: Mapping[str, Signature] | None = None) -> None:
        self._keys: list[str] = list(known or ())
        self._set = set(self._keys)
        self._make_room(max(_FIRST_ROOM, len(known or ())))
        if known:
            entries = _array(list(known.values()))
            self._entries[: len(known)], self._bands[: len(known)] = entries, _banded(entries)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._set

    def add(self, key: str, signature: Signature) -> None:
        """Add a document's signature."""
        at = len(self._keys)
        if at == len(self._entries):
            entries, bands = self._entries, self._bands
            self._make_room(at * _GROWTH)
            self._entries[:at], self._bands[:at] = entries, bands
        entries = _array([signature])
        self._entries[at], self._bands[at] = entries[0], _banded(entries)[0]
        self._keys.append(key)
        self._set.add(key)

    def _make_room(self, room: int) -> None:
        self._entries = np.empty((room, limit("duplicates", "hashes")), dtype=np.uint32)
        # Column by column, as a look-up goes through them.
        self._bands = np.empty((room, limit("duplicates", "bands")), dtype=np.uint32, order="F")

    def near(self, signature: Signature, least: float | None = None) -> list[tuple[str, float]]:
        """Documents that a signature nearly repeats, with their likeness, likest first; none if it has no words."""
        least = share("duplicates", "least") if least is None else least
        count = len(self._keys)
        entries = _array([signature])
        if (entries == _EMPTY).all():
            return []  # two scans without text have nothing in common that is known
        shared = np.zeros(count, dtype=bool)
        for band, value in enumerate(_banded(entries)[0]):
            shared |= self._bands[:count, band] == value
        candidates = np.flatnonzero(shared)
        alike = (self._entries[candidates] == entries[0]).mean(axis=1)
        found = [
            (self._keys[at], float(like)) for at, like in zip(candidates, alike, strict=True) if like >= least
        ]
        return sorted(found, key=lambda each: (-each[1], each[0]))


def _array(signatures: list[Signature]) -> NDArray[np.uint32]:
    hashes = limit("duplicates", "hashes")
    wrong = next((each for each in signatures if len(each) != hashes), None)
    if wrong is not None:
        raise ShapeError(expected=hashes, got=len(wrong), what="signature")
    return np.array(signatures, dtype=np.uint32).reshape(len(signatures), hashes)


def _banded(entries: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(N, bands) one hash of each band of the (N, hashes) entries."""
    bands = limit("duplicates", "bands")
    parts = entries.reshape(len(entries), bands, -1).astype(np.uint64)
    mixed = np.zeros(parts.shape[:2], dtype=np.uint64)
    for at in range(parts.shape[2]):
        mixed = _mixed(mixed ^ parts[:, :, at])
    return (mixed >> np.uint64(32)).astype(np.uint32)


def _shingles(words: list[str]) -> _UNSIGNED:
    """Hashes of the runs of words, each once."""
    width = limit("duplicates", "words")
    if not words:
        return np.empty(0, dtype=np.uint64)
    # A surrogate may stand in a text that was not normalised; it must not stop the hashing.
    hashed = np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words], dtype=np.uint64)
    runs = max(1, len(hashed) - width + 1)
    mixed = np.zeros(runs, dtype=np.uint64)
    for at in range(min(width, len(hashed))):
        mixed = _mixed(mixed ^ hashed[at : at + runs])
    return np.unique(mixed)


@cache
def _functions() -> tuple[_UNSIGNED, _UNSIGNED]:
    """Odd factors and terms of the hash functions, from SplitMix64's own sequence."""
    count = limit("duplicates", "hashes")
    steps = np.arange(1, 2 * count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    drawn = _mixed(steps, start=False)
    return drawn[:count] | np.uint64(1), drawn[count:]


def _mixed(values: _UNSIGNED, *, start: bool = True) -> _UNSIGNED:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014); products wrap at 2**64, as they are meant to."""
    z = values + np.uint64(0x9E3779B97F4A7C15) if start else values
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
