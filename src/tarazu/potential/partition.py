"""One disjoint partition of a direction's products, plus "other goods".

Candidates are the lists of HS codes that have figures of the direction. One is usable with a flow of
the pair, or with both a supply of the exporter and a demand of the importer, provided that tonnes can
be turned into dollars. They are taken in this order, narrower lists first within a step, and one that
overlaps a list already taken becomes a constraint instead of a line:

1. headings and subheadings with at least two of flow, supply and demand;
2. chapters and wider lists with at least two of them;
3. headings and subheadings with a flow alone;
4. chapters and wider lists with a flow alone.

The narrowest list alone would not do: a subheading with one old figure (seed barley) would push out the
heading that has all of them (barley).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from tarazu.core.hs import Span
from tarazu.core.source import Doubt
from tarazu.potential.figures import Figure, Role
from tarazu.potential.priors import PotentialPriors
from tarazu.potential.yearly import usable

CHAPTER = 10_000  # six-digit codes of one chapter
EVERYTHING = ((0, 1_000_000),)
SIZED = (Role.FLOW, Role.SUPPLY, Role.DEMAND)


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one list of codes."""

    codes: str
    key: tuple[Span, ...]
    product: str
    figures: tuple[Figure, ...]
    known: frozenset[Role]  # of flow, supply and demand, those that can be told in dollars
    lacks: tuple[str, ...]  # of flow, supply, demand and unit value, those without a figure

    @property
    def width(self) -> int:
        """Six-digit codes covered."""
        return _width(self.key)

    @property
    def is_usable(self) -> bool:
        """Whether it can be a line: a flow, or both a supply and a demand."""
        return Role.FLOW in self.known or {Role.SUPPLY, Role.DEMAND} <= self.known

    def of(self, *roles: Role) -> tuple[Figure, ...]:
        """Figures of these roles."""
        return tuple(figure for figure in self.figures if figure.role in roles)

    def holds(self, other: Group) -> bool:
        """Whether every product of `other` is in this list."""
        return all(any(a <= low and high <= b for a, b in self.key) for low, high in other.key)


@dataclass(frozen=True, slots=True)
class Partition:
    """Disjoint lines; lists that overlap them, as bounds; lists apart that cannot be used."""

    lines: tuple[Group, ...]
    constraints: tuple[Group, ...]
    missing: tuple[Group, ...]


@cache
def _width(key: tuple[Span, ...]) -> int:
    return sum(high - low for low, high in key)


@cache
def overlap(a: tuple[Span, ...], b: tuple[Span, ...]) -> bool:
    """Whether two lists share a product."""
    return any(low < high2 and low2 < high for low, high in a for low2, high2 in b)


def related(key: tuple[Span, ...], figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Figures of other lists that share codes with `key` and are at most two chapters wide."""
    return tuple(f for f in figures if f.key != key and _width(f.key) <= 2 * CHAPTER and overlap(f.key, key))


def partition(figures: Sequence[Figure], base_year: int, priors: PotentialPriors) -> Partition:
    """Group figures by codes and choose the lines; the order of `figures` does not matter."""
    groups = sorted(_groups(figures, base_year, priors), key=_rank)
    lines: list[Group] = []
    for group in groups:
        if group.is_usable and not any(overlap(group.key, line.key) for line in lines):
            lines.append(group)
    keys = {line.key for line in lines}
    rest = sorted((group for group in groups if group.key not in keys), key=lambda group: group.key)
    bounding = [group for group in rest if any(overlap(group.key, key) for key in keys)]
    return Partition(
        lines=tuple(sorted(lines, key=lambda group: group.key)),
        constraints=tuple(bounding),
        missing=tuple(group for group in rest if group not in bounding),
    )


def _groups(figures: Sequence[Figure], base_year: int, priors: PotentialPriors) -> list[Group]:
    by_key: dict[tuple[Span, ...], list[Figure]] = {}
    for figure in figures:
        if figure.key != EVERYTHING:
            by_key.setdefault(figure.key, []).append(figure)
    groups = []
    for key, members in by_key.items():
        if all(figure.role is Role.PRICE for figure in members):
            continue
        members.sort(key=lambda figure: figure.id)
        codes = min((figure.codes for figure in members), key=lambda text: (len(text), text))
        told = {measure: _told(members, measure, base_year, priors) for measure in ("usd_m", "kt")}
        price = any(f.unit_value and f.doubt is not Doubt.YES for f in (*members, *related(key, figures)))
        known = {role for role in SIZED if role in told["usd_m"] or (price and role in told["kt"])}
        lacks = [role.value for role in SIZED if role not in told["usd_m"] | told["kt"]]
        if not price and told["kt"]:
            lacks.append("unit value")
        groups.append(Group(codes, key, _name(members), tuple(members), frozenset(known), tuple(lacks)))
    return groups


def _told(members: Sequence[Figure], measure: str, base_year: int, priors: PotentialPriors) -> set[Role]:
    """Roles with a positive figure that can be used; zeros alone tell no size."""
    return {f.role for f in members if getattr(f, measure) and usable(f, measure, base_year, priors)}


def _name(members: Sequence[Figure]) -> str:
    """The name used most; among equals the newest, then the shortest, then the first by alphabet."""
    named = [figure for figure in members if figure.role is not Role.PRICE]
    counts = Counter(figure.product for figure in named)
    newest = {figure.product: figure.middle for figure in sorted(named, key=lambda figure: figure.middle)}
    return min(counts, key=lambda name: (-counts[name], -newest[name], len(name), name))


def _rank(group: Group) -> tuple[int, int, tuple[Span, ...]]:
    wide = group.width >= CHAPTER
    step = int(wide) if len(group.known) >= 2 else 2 + int(wide)
    return step, group.width, group.key
