"""Departures on a route of a day: what is waited for, and the departures among which the search chooses.

Hours count from the Monday of the week of the day. A timetable repeats every week; a service of some days only has
the departures within these days, and none after. One without a timetable that has a first or last day may be
boarded on every quarter of an hour of its days, and half its headway is waited for as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from tarazu.corridor.graph import WEEK, Arc
from tarazu.corridor.pareto import Timetable
from tarazu.corridor.reliability import CATCH_H

HORIZON = 104 * WEEK  # no goods wait longer for a service to begin
GRID_H = 0.25


def bound(arc: Arc) -> bool:
    """Whether an arc departs at certain hours only."""
    return bool(arc.departures) or arc.window is not None


def timetable(arcs: Sequence[Arc], count: int) -> Timetable:
    """Departures of arcs; `count` arcs in all, of which those after the listed ones wait for nothing."""
    listed = [_hours(arc) for arc in arcs] + [np.zeros(0)] * (count - len(arcs))
    period = np.zeros(count)
    for number, arc in enumerate(arcs):
        if bound(arc):
            # What never runs again is waited for beyond the horizon, and left out when the way is timed.
            period[number] = WEEK if arc.window is None else HORIZON
    first = np.concatenate(([0], np.cumsum([len(hours) for hours in listed])))
    return Timetable(period, first, np.concatenate([*listed, np.zeros(0)]))


def _hours(arc: Arc) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if arc.window is None:
        return np.array(arc.departures, np.float64)
    first, last = max(arc.window[0], 0.0), min(arc.window[1], HORIZON)
    if arc.departures:
        weeks = WEEK * np.arange(math.ceil(HORIZON / WEEK))
        hours = (weeks[:, None] + np.array(arc.departures)).ravel()
    else:
        hours = GRID_H * np.arange(round(HORIZON / GRID_H))
    return np.asarray(hours[(hours >= first) & (hours < last)])


def timed(steps: Iterable[Arc], clock: float) -> list[Arc] | None:
    """Steps with the wait for the next departure, from an hour on; None where a service has ended by then."""
    found = []
    for arc in steps:
        if bound(arc):
            wait = _wait(arc, clock)
            if wait is None:
                return None
            if arc.departures:
                running = arc.time_h - arc.wait_h
                arc = replace(arc, time_h=running + wait, wait_h=wait, headway_h=0.0)
            else:
                arc = replace(arc, time_h=arc.time_h + wait, wait_h=arc.wait_h + wait)
        clock += arc.time_h
        found.append(arc)
    return found


def _wait(arc: Arc, clock: float) -> float | None:
    """Hours to the next departure; who comes at the very minute of one catches it, whatever rounding says."""
    first, last = arc.window or (0.0, math.inf)
    ready = max(clock, first)
    if arc.departures:
        leaves = ready + min(max((hour - ready + CATCH_H) % WEEK - CATCH_H, 0.0) for hour in arc.departures)
    else:
        leaves = max(GRID_H * math.ceil((ready - CATCH_H) / GRID_H), ready)
    return leaves - clock if leaves < last else None
