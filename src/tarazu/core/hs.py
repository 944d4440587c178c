"""Harmonized System codes as ranges, so that lists and ranges of codes can be compared.

A token is a code of 2, 4 or 6 digits (``1003``) or a range of codes of equal length
(``1507-1515``, both ends included); several are joined by ``;``. Every token covers an interval of
six-digit codes, so that overlap and containment are interval arithmetic.
"""

from __future__ import annotations

import re
from functools import cache

from tarazu.core.errors import UnknownCodeError

Span = tuple[int, int]  # half-open interval of six-digit codes

_TOKEN = re.compile(r"^(\d{2}|\d{4}|\d{6})(?:-(\d{2}|\d{4}|\d{6}))?$")


@cache
def spans(codes: str) -> tuple[Span, ...]:
    """Intervals of six-digit codes that a list of codes covers, sorted and joined; ``all`` covers every code.

    Raises
    ------
    UnknownCodeError
        If a token is not a code of 2, 4 or 6 digits or an ascending range of two codes of equal length.
    """
    if codes.strip() == "all":
        return ((0, 1_000_000),)
    found = []
    for token in filter(None, (part.strip() for part in codes.split(";"))):
        match = _TOKEN.match(token)
        low, high = (match[1], match[2] or match[1]) if match else ("", "")
        if not low or len(low) != len(high) or low > high:
            raise UnknownCodeError(
                f'"{token}" is not an HS code: write 2, 4 or 6 digits, a range such as 1507-1515, or a list with ";".'
            )
        found.append((_scale(low), _scale(high) + 10 ** (6 - len(high))))
    return _joined(sorted(found))


def _joined(found: list[Span]) -> tuple[Span, ...]:
    """Overlapping and touching intervals made one, so that widths count no code twice."""
    out: list[Span] = []
    for low, high in found:
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return tuple(out)


def _scale(code: str) -> int:
    return int(code) * int(10 ** (6 - len(code)))


def overlap(a: str, b: str) -> bool:
    """Whether two lists of codes share a product."""
    return any(low < high2 and low2 < high for low, high in spans(a) for low2, high2 in spans(b))


def contains(outer: str, inner: str) -> bool:
    """Whether every product of `inner` is in `outer` (each span of `inner` within one span of `outer`)."""
    return all(any(low <= start and end <= high for low, high in spans(outer)) for start, end in spans(inner))


def width(codes: str) -> int:
    """How many six-digit codes the list covers: smaller is more specific."""
    return sum(high - low for low, high in spans(codes))
