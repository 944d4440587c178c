"""How alike two names are: their parts aligned, and what stays over counted against them.

    score = 1 - (sum_p w_p l_p + c_conflict min(U, V) + c_extra |U - V| + small) / W^power

over the pairs p of aligned parts with weight w and loss l; U and V are the weights of parts of either
name that found no partner, at most `most_left` each, and W the weight of the pairs plus half of U + V.
Parts left over on *both* sides contradict each other and cost most; parts missing on one side (a patronymic,
a grandfather's name) cost little. The loss of a pair is its optimal string alignment distance (edits,
adjacent transposition being one) over its length, on the exact spelling or, at a small price, on the folded
one; parts further apart than `allowed_edits` are no pair. Power below 1 keeps one contradiction from
vanishing in a long name. Names that differ by two edits as a whole, and names written together, are caught
by comparing them in one word.

The method is Tarazu's own. Constants are data: data/screening/weights.toml says what each means.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from tarazu.clearing.screening.names import (
    NameParts,
    Part,
    Role,
    allowed_bone_edits,
    allowed_edits,
    parse,
    together,
)
from tarazu.clearing.screening.weights import Weights, weights

DIGITS = 6  # of a score: what floating point adds beyond them would differ by order of summation
NO_PAIR = 2.0  # a loss above any that pairs
WHOLE_EDITS = 2  # edits up to which whole names are compared in one word
WHOLE_LENGTH = 5  # letters below which they are not

# Loss, weight negated, two ranks by position, first and end in one name, first and end in the other. They sort
# cheapest first, heavier first among equals, then by ranks that are the same seen from either name.
_Move = tuple[float, float, int, int, int, int, int, int]


def match_score(name1: str, name2: str, kind: str = "") -> float:
    """How alike two names are, 0 to 1; `kind` is that of both (``person``, ``organisation``, …)."""
    return score(parse(name1, kind), parse(name2, kind))


def score(a: NameParts, b: NameParts) -> float:
    """Score of two names that `parse` took apart, 0 to 1."""
    if not a.core or not b.core:
        return 0.0
    w = weights()
    pairs = _aligned(a, b, w)
    value = _from_pairs(a, b, pairs, w) if pairs else 0.0
    return round(max(value, _whole(a, b, w)), DIGITS)


@lru_cache(maxsize=50_000)
def part_loss(a: Part, b: Part) -> float:
    """Loss of aligning two parts: 0 the same, up to 1; above 1 they are no pair."""
    if a.text == b.text:
        return 0.0
    if a.role is Role.NUMBER or b.role is Role.NUMBER:
        return NO_PAIR
    w = weights()
    size_a, size_b = len(a.text), len(b.text)
    if size_a == 1 or size_b == 1:
        return w.initial if a.key[:1] == b.key[:1] else NO_PAIR
    best = _edit_loss(a.text, b.text, w)
    if best > w.fold:
        best = min(best, w.fold if a.key == b.key else w.fold + _edit_loss(a.key, b.key, w))
    if a.abjad or b.abjad:
        best = min(best, _bones_loss(a.bones, b.bones, w))
    return best


def _edit_loss(a: str, b: str, w: Weights) -> float:
    size_a, size_b = len(a), len(b)
    size = size_a if size_a > size_b else size_b
    limit = allowed_edits(size)
    if abs(size_a - size_b) > limit:
        return NO_PAIR
    edits = OSA.distance(a, b, score_cutoff=limit)
    return NO_PAIR if edits > limit else w.edit * edits / size


def _bones_loss(a: str, b: str, w: Weights) -> float:
    if not a or not b:
        return NO_PAIR
    if a == b:
        return w.bones
    length = max(len(a), len(b))
    limit = allowed_bone_edits(length)
    edits = OSA.distance(a, b, score_cutoff=limit)
    return NO_PAIR if edits > limit else w.bones + w.edit * edits / length


def _aligned(a: NameParts, b: NameParts, w: Weights) -> list[_Move]:
    """Greedy alignment, cheapest pair first."""
    moves: list[_Move] = []
    for i, p in enumerate(a.core):
        for j, q in enumerate(b.core):
            apart = (p.key_letters ^ q.key_letters).bit_count()
            if apart > p.most_apart and apart > q.most_apart:
                continue  # one edit changes at most two members of the set of letters
            loss = 0.0 if p is q else part_loss(p, q)
            if loss <= 1:
                moves.append((loss, -(p.weight + q.weight) / 2, abs(i - j), i + j, i, i + 1, j, j + 1))
    if len(b.core) < len(a.core) or len(moves) < len(b.core):
        moves += _joins(a, b, w)
    if len(a.core) < len(b.core) or len(moves) < len(a.core):
        moves += [(m[0], m[1], m[2], m[3], m[6], m[7], m[4], m[5]) for m in _joins(b, a, w)]
    moves.sort()
    taken, used_a, used_b = [], 0, 0
    for move in moves:
        mask_a = (1 << move[5]) - (1 << move[4])
        mask_b = (1 << move[7]) - (1 << move[6])
        if not (used_a & mask_a or used_b & mask_b):
            used_a |= mask_a
            used_b |= mask_b
            taken.append(move)
    return taken


def _joins(a: NameParts, b: NameParts, w: Weights) -> list[_Move]:
    """Two neighbours of `a` written as one part of `b`."""
    found: list[_Move] = []
    for j, q in enumerate(b.core):
        size, first = len(q.text), q.text[0]
        if size < 4:
            continue
        for i, (one, other) in enumerate(pairwise(a.core)):
            if one.text[0] != first or abs(len(one.text) + len(other.text) - size) > 2:
                continue
            loss = part_loss(together(one, other), q)
            if loss <= 1:
                weight = one.weight + other.weight
                found.append((w.join + loss, -weight, abs(i - j), i + j, i, i + 2, j, j + 1))
    return found


def _from_pairs(a: NameParts, b: NameParts, pairs: Sequence[_Move], w: Weights) -> float:
    left_a, left_b = a.weight, b.weight
    lost = matched = 0.0
    for loss, weight, _, _, i, e, j, f in pairs:
        lost -= weight * loss
        matched -= weight
        left_a -= sum([part.weight for part in a.core[i:e]])
        left_b -= sum([part.weight for part in b.core[j:f]])
    # A long tail of further words (an address, say) counts no more than a few: it must not hide a listed name.
    left_a, left_b = min(max(left_a, 0.0), w.most_left), min(max(left_b, 0.0), w.most_left)
    lost += w.conflict * min(left_a, left_b) + w.extra * abs(left_a - left_b) + _small(a, b, w)
    if len(pairs) > 1:
        in_order = sorted(pairs, key=lambda move: move[4])
        if any(earlier[6] > later[6] for earlier, later in pairwise(in_order)):
            lost += w.order
    value: float = 1 - lost / max(matched + (left_a + left_b) / 2, 1.0) ** w.power
    # One shared part is a shared surname or trade name, not a match, while either name has another.
    if matched <= 1.2 * w.name and max(left_a, left_b) >= 0.9 * w.name:
        value = min(value, w.single)
    return max(0.0, value)


def _small(a: NameParts, b: NameParts, w: Weights) -> float:
    """What differing numbers, particles, titles and organisation forms cost."""
    lost = w.light * len(a.light ^ b.light)
    if a.numbers != b.numbers:
        lost += w.number_conflict if a.numbers and b.numbers else w.number_missing
    if a.forms and b.forms and not a.forms & b.forms:
        lost += w.form
    return lost


def _whole(a: NameParts, b: NameParts, w: Weights) -> float:
    """The names in one word: catches split and joined parts, and two edits in all, wherever they fall."""
    length = max(len(a.joined), len(b.joined))
    if length < WHOLE_LENGTH:
        return 0.0
    edits = min(_within(a.joined, b.joined), _within(a.written, b.written))
    if edits > WHOLE_EDITS:
        return 0.0
    return max(0.0, 1 - w.whole_edit * edits / length - w.join - _small(a, b, w))


def _within(a: str, b: str) -> int:
    if abs(len(a) - len(b)) > WHOLE_EDITS:
        return WHOLE_EDITS + 1
    return OSA.distance(a, b, score_cutoff=WHOLE_EDITS)
