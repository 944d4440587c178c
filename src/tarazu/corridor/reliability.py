"""Door-to-door time as a distribution: percentiles, the chance to arrive in time, and which step to blame.

A route is a chain of steps (legs, transfers, border posts). Time at step k

    T_k = closure wait + wait for the departure + running time
    running time    log-normal with the step's mean m and standard deviation s:
                    sigma² = ln(1 + s²/m²), mu = ln m - sigma²/2
    wait            uniform(0, headway) where only a headway is known; to the next departure by a timetable
    closure wait    with probability `share_closed`, uniform(0, closed_h)

The means m and the headways may themselves be drawn (`scale`): then the distribution holds both what differs from one
shipment to the next and what is not known of the mean.

Travel times are positive and skewed to the right. That a log-normal fits them is found for motorways in peak
hours, where log-logistic came first over whole days ("Travel time reliability estimation: use of median travel
time as measure of central tendency", goodness of fit of eight distributions,
https://discovery.researcher.life/article/ece80c27e0e032acb9bb5425da1b7bd3); for rail and border posts it is our
judgement. The tail beyond the 95th percentile is the least certain part. Running times are independent unless
`correlation` is given: then their normal scores share one common factor (a Gaussian copula with equal
correlations), because a bad week at the border is bad for all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table

Array = NDArray[np.float64]

WEEK_H = 168.0
MOST_CELLS = 100_000_000  # draws × steps held in memory: 800 MB
CATCH_H = 1e-6  # arriving this little after a departure is rounding, not a ferry missed
QUANTILES = (5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One leg, transfer or border post of a route.

    Parameters
    ----------
    mean_h, sd_h
        Running or handling time once under way, hours: mean and standard deviation. The standard deviation
        may be 0; a mean of 0 is a step that is only waiting.
    headway_h
        Hours between departures where no timetable is known; 0 is no waiting.
    departures
        Hours of the week (0 is Monday 00:00, in the clock of the departure), ascending, each in [0, 168).
    opens_h
        Hours from the start of the week of departure before which it does not run. A last day is not looked at: who
        misses the last departure waits as if the timetable went on.
    share_closed, closed_h
        Share of the week in which the step does not work, and the length in hours of one closure: a post
        open from 8 to 20 has 0.5 and 12.

    Raises
    ------
    InputError
        If a value is negative or no number, a timetable never runs or is not ascending, or a headway and a
        timetable are both given.
    """

    mean_h: float
    sd_h: float = 0.0
    headway_h: float = 0.0
    departures: tuple[float, ...] | None = None
    share_closed: float = 0.0
    closed_h: float = 0.0
    name: str = ""
    opens_h: float = 0.0

    def __post_init__(self) -> None:
        label = f'Step "{self.name}"' if self.name else "A step"
        for field in ("mean_h", "sd_h", "headway_h", "share_closed", "closed_h", "opens_h"):
            value = getattr(self, field)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{label}: {field} is {value}; a number that is not negative is expected.")
        if self.sd_h > 0 and self.mean_h == 0:
            raise InputError(
                f"{label}: mean_h is 0 but sd_h is {self.sd_h}; positive times vary about a mean."
            )
        if self.share_closed >= 1:
            raise InputError(f"{label}: share_closed is {self.share_closed}; a share below 1 is expected.")
        if (self.share_closed > 0) != (self.closed_h > 0):
            raise InputError(f"{label}: share_closed and closed_h (hours of one closure) belong together.")
        if self.departures is not None:
            _check_timetable(label, self.departures, self.headway_h)


def _check_timetable(label: str, departures: tuple[float, ...], headway_h: float) -> None:
    if not departures:
        raise InputError(f"{label}: the timetable never runs; give a departure, or leave it out.")
    if any(not 0 <= hour < WEEK_H for hour in departures):
        raise InputError(f"{label}: a departure lies outside the hours of a week, 0 to below 168.")
    if any(later <= earlier for earlier, later in pairwise(departures)):
        raise InputError(f"{label}: departures must ascend without repetition; got {departures}.")
    if headway_h:
        raise InputError(f"{label}: give headway_h or departures, not both.")


@dataclass(frozen=True, slots=True)
class TravelTime:
    """Drawn door-to-door times.

    Attributes
    ----------
    hours
        (n,) door to door, in the order of the draws.
    depart
        When the shipment is ready to go, or None where it is not said or only an hour of the week is.
    by_step
        One row per step: mean and standard deviation in hours, mean waiting, and the step's share of the variance
        of the whole, cov(T_k, T) / var(T). Shares sum to one; they are missing where nothing varies.
    """

    hours: Array
    depart: datetime | None
    by_step: Table

    @property
    def mean(self) -> float:
        """Mean of the drawn times, hours."""
        return float(self.hours.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of the drawn times, hours."""
        return float(self.hours.std())

    def percentile(self, q: float) -> float:
        """Hours within which q percent of the shipments arrive, q from 0 to 100.

        Raises
        ------
        InputError
            If q is outside 0 to 100.
        """
        if not 0 <= q <= 100:
            raise InputError(f"A percentile lies between 0 and 100; got {q}.")
        return float(np.percentile(self.hours, q))

    def probability_within(self, hours: float) -> float:
        """Share of the draws that take at most `hours`."""
        return float(np.mean(self.hours <= hours))

    def probability_by(self, deadline: date | datetime) -> float:
        """Share of the draws that arrive by a moment, or by the end of a day.

        Raises
        ------
        InputError
            If no date of departure was given, or only one of the two moments has a time zone.
        """
        if self.depart is None:
            raise InputError(
                "The chance to arrive by a date needs a date of departure: give depart=datetime(...)."
            )
        if not isinstance(deadline, datetime):
            midnight = time(tzinfo=self.depart.tzinfo)
            deadline = datetime.combine(deadline + timedelta(days=1), midnight)
        if (deadline.tzinfo is None) != (self.depart.tzinfo is None):
            raise InputError("Give the departure and the deadline both with a time zone, or both without.")
        return self.probability_within((deadline - self.depart) / timedelta(hours=1))

    @property
    def table(self) -> Table:
        """Percentiles of the door-to-door time."""
        columns = (
            Column("percentile", "%", "share of shipments that arrive within"),
            Column("hours", "h", "door-to-door time"),
            Column("days", "d", "the same in days"),
        )
        values = np.percentile(self.hours, QUANTILES)
        rows = tuple((q, float(h), float(h) / 24) for q, h in zip(QUANTILES, values, strict=True))
        return Table("travel_time", columns, rows)


def door_to_door(
    steps: Sequence[Step],
    *,
    depart: datetime | float | None = None,
    correlation: float = 0.0,
    draws: int = 20_000,
    seed: int = 1,
    scale: tuple[Array, Array] | None = None,
) -> TravelTime:
    """Distribution of the time over a chain of steps.

    Parameters
    ----------
    depart
        Date and time, or hour of the week, at which the shipment is ready. Without it, and with a timetable among
        the steps, the shipment is ready at any hour of the week alike.
    correlation
        0 to 1: correlation of the normal scores of any two running times (one common factor). Waits are drawn apart.
        The correlation of the times themselves is somewhat lower, since they are skewed.
    scale
        (K, n) each: what the running times and the waits for a headway are multiplied by, draw by draw.

    Raises
    ------
    InputError
        If there are no steps, or an argument is out of its range.
    """
    _check_arguments(steps, correlation, draws)
    moment = depart if isinstance(depart, datetime) else None
    rng = np.random.default_rng(seed)
    start = _start(steps, depart, draws, rng)
    running = _running_times(steps, correlation, draws, rng)
    waits = np.zeros_like(running)
    if scale is not None:
        running *= scale[0]
    clock = start.copy()
    for k, step in enumerate(steps):
        waits[k] = _closure_wait(step, draws, rng)
        waits[k] += _departure_wait(step, clock + waits[k], rng, 1.0 if scale is None else scale[1][k])
        clock += waits[k] + running[k]
    return TravelTime(clock - start, moment, _by_step(steps, waits, running))


def _check_arguments(steps: Sequence[Step], correlation: float, draws: int) -> None:
    if not steps:
        raise InputError("A route needs at least one step.")
    if not 0 <= correlation <= 1:
        raise InputError(f"correlation is {correlation}; a number from 0 to 1 is expected.")
    if draws < 1 or draws * len(steps) > MOST_CELLS:
        most = MOST_CELLS // len(steps)
        raise InputError(f"draws is {draws}; from 1 to {most:,} can be held for {len(steps)} steps.")


def _start(
    steps: Sequence[Step], depart: datetime | float | None, draws: int, rng: np.random.Generator
) -> Array:
    """(n,) hours of the week at which the shipment is ready."""
    if isinstance(depart, datetime):
        since_midnight = timedelta(
            hours=depart.hour, minutes=depart.minute, seconds=depart.second, microseconds=depart.microsecond
        )
        return np.full(draws, depart.weekday() * 24 + since_midnight / timedelta(hours=1))
    if depart is not None:
        if not 0 <= depart < WEEK_H:
            raise InputError(f"depart is {depart}; an hour of the week from 0 to below 168 is expected.")
        return np.full(draws, float(depart))
    if any(step.departures for step in steps):
        return rng.uniform(0, WEEK_H, draws)
    return np.zeros(draws)


def _running_times(steps: Sequence[Step], correlation: float, draws: int, rng: np.random.Generator) -> Array:
    """(K, n) log-normal running times whose normal scores share one factor."""
    scores = rng.standard_normal((len(steps), draws))
    if correlation > 0:
        scores *= math.sqrt(1 - correlation)
        scores += math.sqrt(correlation) * rng.standard_normal(draws)
    for row, step in zip(scores, steps, strict=True):
        if step.sd_h == 0:
            row[:] = step.mean_h
            continue
        variance = math.log1p((step.sd_h / step.mean_h) ** 2)
        row *= math.sqrt(variance)
        row += math.log(step.mean_h) - variance / 2
        np.exp(row, out=row)
    return scores


def _closure_wait(step: Step, draws: int, rng: np.random.Generator) -> Array | float:
    if not step.share_closed:
        return 0.0
    # One uniform does both: below the share it is closed, and how far below is how long it stays so.
    drawn = rng.random(draws)
    return np.where(drawn < step.share_closed, drawn / step.share_closed * step.closed_h, 0.0)


def _departure_wait(
    step: Step, clock: Array, rng: np.random.Generator, scale: Array | float
) -> Array | float:
    opening = np.maximum(step.opens_h - clock, 0.0) if step.opens_h else 0.0
    if step.departures is None:
        return opening + (rng.uniform(0, step.headway_h, clock.size) * scale if step.headway_h else 0.0)
    hour = np.mod(clock + opening, WEEK_H)
    runs = np.array([*step.departures, step.departures[0] + WEEK_H])
    following = runs[np.searchsorted(runs[:-1], hour - CATCH_H)]
    wait: Array = np.maximum(following - hour, 0.0) + opening
    return wait


def _by_step(steps: Sequence[Step], waits: Array, running: Array) -> Table:
    times = waits + running
    means = times.mean(axis=1)
    centred = times - means[:, None]
    total = centred.sum(axis=0)
    variance = float(total @ total)
    rounding = total.size * (1e-12 * float(means.sum())) ** 2
    shares = centred @ total / variance if variance > rounding else np.full(len(steps), np.nan)
    columns = (
        Column("step", "", "name of the step, or its number"),
        Column("mean_h", "h", "mean time, waiting included"),
        Column("sd_h", "h", "standard deviation of the time, waiting included"),
        Column("wait_mean_h", "h", "mean waiting for opening and departure"),
        Column("variance_share", "", "share of the variance of the door-to-door time; shares sum to 1"),
    )
    rows = tuple(
        (step.name or str(k + 1), float(mean), float(sd), float(wait), float(share))
        for k, (step, mean, sd, wait, share) in enumerate(
            zip(steps, means, np.sqrt(np.mean(centred**2, axis=1)), waits.mean(axis=1), shares, strict=True)
        )
    )
    return Table("travel_time_by_step", columns, rows)
