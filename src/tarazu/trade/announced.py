"""Announced turnover targets of other pairs: how often such targets are met, and by what they differ.

One row is a pair and a distinct target; restatements are one target. A target without a date is censored,
neither met nor missed. The chance of being met on time is a logistic regression

    logit P(on time) = b0 + b1 log growth needed a year + b2 log10 target + b3 year announced

on standardised regressors, with a normal prior of standard deviation 2.5 on the slopes (none on b0), so
that few and separated observations do not run to certainty. Uncertainty: bootstrap over pairs of countries,
since targets of one pair are not independent. Shares carry Wilson intervals.

Sources: Gelman, Jakulin, Pittau & Su (2008), Annals of Applied Statistics 2, on the weak prior; Wilson
(1927), JASA 22; Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90, on the cluster
bootstrap.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check, place
from tarazu.core.errors import InputError
from tarazu.core.measure import Interval
from tarazu.core.parameters import bundled_text
from tarazu.core.table import Column, Table

Array = NDArray[np.float64]

FILE = "announced_targets.csv"
ON_TIME, LATE, MISSED = "met on time", "met late", "missed"
OUTCOMES = {ON_TIME: "on time", LATE: "late", MISSED: "missed", "": "passed, actual not found"}
PRIOR_SD = 2.5
REPLICATES = 1000
SEED = 20261121
NEWTON_STEPS = 25
SPARSE_ABOVE = 30.0  # per cent a year: beyond it the table holds a handful of targets

CAVEATS = (
    "Successes are announced more loudly than failures, so shares met on time are rather too high.",
    "Targets announced lately count only if they were due early, which makes recent years look worse.",
    "The actual figure is often of a year near the target year, and of one reporter.",
    "Targets of one pair are not independent; intervals of the model allow for it, those of shares do not.",
    f"Few targets need more than {SPARSE_ABOVE:.0f}% a year; the chance there is an extrapolation, held at "
    f"that of {SPARSE_ABOVE:.0f}%. Read it beside the count of targets over it.",
)


@dataclass(frozen=True, slots=True)
class Target:
    """One dated target whose outcome is known; None where the source does not say."""

    id: str
    pair: tuple[str, str]
    on_time: bool
    outcome: str
    target_usd: float
    year: int | None
    growth_percent: float | None


@dataclass(frozen=True, slots=True)
class AnnouncedTargets:
    """The reference class of announced targets.

    Attributes
    ----------
    counts
        Targets by outcome: on time, late, missed, censored, open, passed without an actual.
    table
        By growth needed a year: n, targets met on time, share and its 80% interval.
    modelled
        Targets behind the regression: resolved, with growth needed, size and year known; of `pairs` pairs.
    coefficients
        (REPLICATES, 4) bootstrap replicates on standardised regressors; `centre` and `scale` (3,) undo that.
    bounds
        (2, 3) lowest and highest regressors at which the regression is read.
    """

    counts: Mapping[str, int]
    table: Table
    modelled: int
    pairs: int
    coefficients: Array
    centre: Array
    scale: Array
    bounds: Array
    checks: tuple[Check, ...] = ()
    caveats: tuple[str, ...] = CAVEATS

    @property
    def resolved(self) -> int:
        """Dated targets whose outcome is known."""
        return sum(self.counts[name] for name in ("on time", "late", "missed"))

    def chance(self, growth_percent: float, target_usd: float, year: int) -> Interval:
        """Chance of being met on time, with its 80% interval.

        Size and year are held within the range of the table, growth needed also at 30% a year at most:
        a straight line in the logit says nothing reliable where there are hardly any targets.

        Parameters
        ----------
        growth_percent
            Growth needed, per cent a year, above -100 (see `growth_needed`).
        target_usd
            Target turnover, USD a year.
        year
            Year of the announcement.
        """
        if growth_percent <= -100 or target_usd <= 0:
            raise InputError(
                f"A target of USD {target_usd:,.0f} that needs {growth_percent}% a year makes no sense: "
                "give an amount above zero and growth above -100%."
            )
        within = np.clip(_regressors(growth_percent, target_usd, year), *self.bounds)
        given = (within - self.centre) / self.scale
        chances = _logistic(self.coefficients @ np.concatenate([[1.0], given]))
        q10, q50, q90 = np.quantile(chances, [0.1, 0.5, 0.9]).tolist()
        return Interval(q10, q50, q90)


def growth_needed(base_usd: float, target_usd: float, years: float) -> float:
    """Growth, per cent a year, that takes turnover from `base_usd` to `target_usd` in `years`."""
    if base_usd <= 0 or target_usd <= 0 or years <= 0:
        raise InputError(
            f"Growth from USD {base_usd:,.0f} to USD {target_usd:,.0f} in {years} years has no meaning: "
            "amounts and years must be above zero."
        )
    return float(100 * ((target_usd / base_usd) ** (1 / years) - 1))


@cache
def bundled() -> AnnouncedTargets:
    """The reference class of the bundled table."""
    return reference_class(csv.DictReader(io.StringIO(bundled_text(FILE))))


def reference_class(rows: Iterable[Mapping[str, str]]) -> AnnouncedTargets:
    """Counts, shares and the regression from rows of the table of announced targets.

    Rows that cannot be read come back as checks and are left out.
    """
    counts = dict.fromkeys([*OUTCOMES.values(), "censored", "open"], 0)
    checks: list[Check] = []
    targets: list[Target] = []
    for number, row in enumerate(rows, start=2):
        outcome = outcome_of(row["outcome"])
        if outcome is None:
            checks.append(
                unreadable(number, "outcome", row["outcome"], f"one of {', '.join(filter(None, OUTCOMES))}")
            )
            continue
        counts[outcome] += 1
        if outcome in ("on time", "late", "missed"):
            target = _target(row, number, outcome, checks)
            targets.extend([target] if target else [])
    known = [t for t in targets if t.growth_percent is not None and t.year is not None]
    coefficients, centre, scale, bounds = _regression(known)
    return AnnouncedTargets(
        counts=counts,
        table=_by_growth(targets),
        modelled=len(known),
        pairs=len({t.pair for t in known}),
        coefficients=coefficients,
        centre=centre,
        scale=scale,
        bounds=bounds,
        checks=tuple(checks),
    )


def wilson(successes: int, n: int, level: float = 0.8) -> Interval:
    """Wilson's interval of a share; without observations it is all of 0 to 1."""
    if n == 0:
        return Interval(0.0, 0.5, 1.0)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding may push a share of exactly 0 or 1 outside the interval by one unit of the last place.
    return Interval(min(max(middle - half, 0.0), share), share, max(min(middle + half, 1.0), share))


def outcome_of(text: str) -> str | None:
    """Outcome of a row in our words (`OUTCOMES`, "censored", "open"); None if it is not understood."""
    for prefix in ("censored", "open"):
        if text.startswith(prefix):
            return prefix
    return OUTCOMES.get(text.strip())


def _target(row: Mapping[str, str], number: int, outcome: str, checks: list[Check]) -> Target | None:
    """A resolved target, or None with a check where its amount or growth is not a number."""
    values: dict[str, float | None] = {}
    for column in ("target_usd_bn", "growth_needed_per_year_percent"):
        text = row[column].strip()
        try:
            values[column] = float(text) if text else None
        except ValueError:
            checks.append(unreadable(number, column, text, "a number such as 12.5"))
            return None
    amount, growth = values["target_usd_bn"], values["growth_needed_per_year_percent"]
    if amount is None or amount <= 0 or (growth is not None and growth <= -100):
        checks.append(unreadable(number, "target_usd_bn", row["target_usd_bn"], "an amount above zero"))
        return None
    year = row["announced_on"][:4]
    first, second = sorted((row["country_a"], row["country_b"]))
    return Target(
        id=row.get("id", ""),
        pair=(first, second),
        on_time=outcome == "on time",
        outcome=outcome,
        target_usd=1e9 * amount,
        year=int(year) if year.isdigit() else None,
        growth_percent=growth,
    )


def unreadable(number: int, column: str, text: str, expected: str) -> Check:
    """The check for a row that is left out, by its number in the file."""
    message = f'"{text}" is not {expected}. The row is left out.'
    return Check.error("announced-target-unreadable", place(FILE, number, column), message)


def _by_growth(targets: list[Target]) -> Table:
    """Shares met on time by growth needed a year."""
    columns = (
        Column("growth_needed", "percent a year", "growth needed from the baseline to the target"),
        Column("n", "targets", "resolved targets"),
        Column("on_time", "targets", "met by the announced date"),
        Column("share", "share", "met on time, with its 80% interval (Wilson)"),
        Column("share_q10", "share", ""),
        Column("share_q90", "share", ""),
        Column("rows", "", f"ids in {FILE}"),
    )
    unknown = [t for t in targets if t.growth_percent is None]
    known = [(t, t.growth_percent) for t in targets if t.growth_percent is not None]
    groups = (
        ("under 10", [t for t, growth in known if growth < 10]),
        ("10 to 20", [t for t, growth in known if 10 <= growth <= 20]),
        ("over 20", [t for t, growth in known if growth > 20]),
        (f"of these over {SPARSE_ABOVE:.0f}", [t for t, growth in known if growth > SPARSE_ABOVE]),
        ("not known", unknown),
        ("all", targets),
    )
    rows = []
    for name, members in groups:
        met = sum(t.on_time for t in members)
        share = wilson(met, len(members))
        known_share = share.q50 if members else None
        ids = "; ".join(t.id for t in members)
        rows.append((name, len(members), met, known_share, share.q10, share.q90, ids))
    return Table("announced_targets", columns, tuple(rows))


def _regressors(growth_percent: float, target_usd: float, year: int) -> Array:
    """(3,) log growth a year, log10 of the target, year."""
    return np.array([math.log1p(growth_percent / 100), math.log10(target_usd), float(year)])


def _regression(targets: list[Target]) -> tuple[Array, Array, Array, Array]:
    """Bootstrap replicates of the penalised logistic regression, with centre, scale and range of regressors.

    Raises
    ------
    InputError
        If targets do not include both some met on time and some not.
    """
    met = np.array([t.on_time for t in targets], dtype=np.float64)
    if not 0 < met.sum() < len(met):
        raise InputError(
            "The table of announced targets needs some met on time and some not, with growth needed."
        )
    x = np.array([_regressors(t.growth_percent or 0.0, t.target_usd, t.year or 0) for t in targets])
    centre, spread = x.mean(axis=0), x.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(x)), (x - centre) / scale])
    coefficients = _penalised_logistic(design, met, pair_replicates([t.pair for t in targets]))
    bounds = np.array([x.min(axis=0), x.max(axis=0)])
    bounds[1, 0] = min(bounds[1, 0], math.log1p(SPARSE_ABOVE / 100))
    return coefficients, centre, scale, bounds


def pair_replicates(pairs: Sequence[tuple[str, str]]) -> Array:
    """(REPLICATES, N) how often each of N targets is drawn, their pairs being drawn with replacement."""
    _, cluster = np.unique([f"{a}-{b}" for a, b in pairs], return_inverse=True)
    n = int(cluster.max()) + 1
    draws = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=REPLICATES)
    return np.asarray(draws[:, cluster], dtype=np.float64)


def _penalised_logistic(design: Array, met: Array, weights: Array) -> Array:
    """(B, k) posterior modes for (n, k) regressors, (n,) outcomes and (B, n) weights, by Newton's method."""
    k = design.shape[1]
    # A faint prior on the constant keeps replicates without a success finite.
    penalty = np.diag([1e-2, *[1 / PRIOR_SD**2] * (k - 1)])
    beta = np.zeros((len(weights), k))
    for _ in range(NEWTON_STEPS):
        p = _logistic(beta @ design.T)
        gradient = (weights * (met - p)) @ design - beta @ penalty
        curvature = np.einsum("bn,ni,nj->bij", weights * p * (1 - p), design, design, optimize=True) + penalty
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        # Full steps overshoot on nearly separated replicates; a unit cap keeps Newton's method safe.
        beta += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _logistic(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))
