"""When a limit holds, for which goods, and what it leaves: the rules by which limits act on a year's flows.

    share      of the days of a month on which it holds: 3 to 20 October is 18/31
    left       1 - share (1 - capacity factor * payload factor), of the capacity

A closure takes effect as one only where it holds the whole month; over a part of it, the rest of the days carry.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from typing import Any

from tarazu.corridor.network import Limit, allows

MONTHS = 12

Group = tuple[str, str, bool]  # a class of goods: commodity, direction, transit


def stands(limit: Limit) -> bool:
    """Whether a limit holds without being asked for: seasons do, what was dated is history."""
    return not limit.scenario and limit.first is None and limit.last is None


def share_of(limit: Limit, month: int) -> float:
    """Share of a month's days on which a limit holds."""
    if month not in limit.months:
        return 0.0
    if limit.first is None or limit.last is None or (limit.last - limit.first).days >= 364:
        return 1.0
    held = 0.0
    for year in range(limit.first.year, limit.last.year + 1):
        days = monthrange(year, month)[1]
        first, last = date(year, month, 1), date(year, month, days)
        overlap = (min(last, limit.last) - max(first, limit.first)).days + 1
        held = max(held, max(overlap, 0) / days)
    return held


def span(months: Iterable[int]) -> str:
    """Months as closures write them: 1-2;12."""
    runs: list[list[int]] = []
    for month in sorted(months):
        if runs and month == runs[-1][-1] + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ";".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def left(limit: Limit, share: float) -> float:
    """Share of the capacity that is left, as a mean of the days."""
    return 1 - share * (1 - limit.capacity_factor * limit.payload_factor)


def closes(limit: Limit, share: float) -> bool:
    """Whether nothing passes."""
    return limit.capacity_factor == 0 and share == 1


def general(limit: Limit) -> bool:
    """Whether it holds for all goods in all packagings."""
    return allows(limit.packagings, "") and not limit.commodities and not limit.direction


def covers(limit: Limit, other: Limit) -> bool:
    """Whether it touches all that the other touches."""
    return (
        limit.subject == other.subject
        and (allows(limit.packagings, "") or set(other.packagings or ("",)) <= set(limit.packagings))
        and (not limit.commodities or set(other.commodities or ("",)) <= set(limit.commodities))
        and limit.direction in ("", other.direction)
    )


def concerns(limit: Limit, group: Group) -> bool:
    """Whether it holds for a class of goods; goods of unknown direction are concerned."""
    commodity, direction, _ = group
    right = not limit.direction or not direction or limit.direction == direction
    return right and (not limit.commodities or commodity in limit.commodities)


def effect(limit: Limit, share: float) -> tuple[Any, ...]:
    """What a limit does while it holds: the same under another name and in other months is the same."""
    scope = (limit.subject, limit.packagings, limit.commodities, limit.direction)
    return (*scope, limit.capacity_factor, limit.payload_factor, limit.delay_h, share)
