"""The plan: what a target would take, which measure carries which part, how likely it is.

`plan` runs the chain and wraps what it found; tables are built from the simulation, nothing else is kept
twice. The report, the JSON and the CSV files are written from this object.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core import codes
from tarazu.core.amounts import format_amount
from tarazu.core.checks import Check
from tarazu.core.codes import Country
from tarazu.core.draws import Z90
from tarazu.core.errors import TargetError
from tarazu.core.measure import Interval
from tarazu.core.source import Lineage
from tarazu.core.table import Column, Table
from tarazu.planning import frontier as bundles
from tarazu.planning import tables
from tarazu.planning.dossier import Dossier, load
from tarazu.planning.network_measures import Placed, place_measures
from tarazu.planning.prepare import Prepared, from_dossier, from_totals, ingredients
from tarazu.planning.run import Progress, Question, Rerun, Simulation, rerun, simulate
from tarazu.planning.settlement import Settlement, settlement
from tarazu.planning.transport import Transport, transport
from tarazu.planning.turnover import Setting
from tarazu.trade.announced import AnnouncedTargets, growth_needed
from tarazu.trade.announced import bundled as announced_targets
from tarazu.trade.baseline import Baseline
from tarazu.trade.statements import POOLED

if TYPE_CHECKING:
    from tarazu.planning.block import Ingredients

Array = NDArray[np.float64]

DEFAULT_DRAWS = 10_000
DEFAULT_SEED = 1
LARGEST_TARGET = 1e14  # US dollars
NO_NETWORK = Check.note(
    "no-network",
    "corridor",
    "no transport network is known for the pair: whether its goods can be carried is left open. A folder "
    "`network` in the dossier adds one.",
)
LONGEST_HORIZON = 12  # years: as far as the reference class of growth reaches


@dataclass(frozen=True)
class Plan:
    """Result of `plan`; see the properties."""

    home: Country
    partner: Country
    dossier: Dossier | None
    question: Question
    prepared: Prepared
    given: Ingredients
    simulation: Simulation
    announced: AnnouncedTargets
    placed: Placed

    @property
    def name(self) -> str:
        """``kaz-irn``: what the files are called by."""
        return self.dossier.name if self.dossier else f"{self.home}-{self.partner}".lower()

    @property
    def baseline(self) -> Baseline:
        return self.prepared.baseline

    @property
    def base_year(self) -> int:
        return self.given.base_year

    @property
    def probability(self) -> float:
        """Chance of the target in the target year, asked series and regime, all measures carried out."""
        q = self.question
        return self.simulation.probability(q.target_usd, q.by, q.series, q.regime)

    @property
    def probability_business_as_usual(self) -> float:
        """The same without any measure."""
        q = self.question
        return self.simulation.probability(q.target_usd, q.by, q.series, q.regime, measures=False)

    @cached_property
    def probability_variants(self) -> Mapping[str, float]:
        """The target's chance under other readings of the measures."""
        target = self.question.target_usd
        return {
            "all measures carried out": self.probability,
            "without taking off what business as usual already contains": _share(
                self.simulation.without_overlap, target
            ),
            "measures fail as often as such measures do": _share(self.simulation.with_failures, target),
            "no measure": self.probability_business_as_usual,
        }

    @cached_property
    def probability_range(self) -> tuple[float, float]:
        """Lowest and highest chance over the readings in which measures are undertaken, both series, and the
        sampling error of the draws; not over what the model leaves out.
        """
        q = self.question
        readings = [p for name, p in self.probability_variants.items() if name != "no measure"]
        readings.append(self.simulation.probability(q.target_usd, q.by, POOLED, q.regime))
        low, high = min(readings), max(readings)
        error = [Z90 * math.sqrt(p * (1 - p) / q.draws) for p in (low, high)]
        return max(0.0, low - error[0]), min(1.0, high + error[1])

    @cached_property
    def base_interval(self) -> tuple[float, float, float]:
        """10%, 50% and 90% quantile of the base year's turnover in the asked series, USD."""
        row = next(
            row
            for row in self.baseline.table
            if (row["year"], row["series"], row["direction"])
            == (self.base_year, self.question.series, "both")
        )
        return row["q10"], row["q50"], row["q90"]

    @cached_property
    def table(self) -> Table:
        """Chance by threshold, year, series and regime, with and without the measures.

        Neighbouring years are given for the asked regime, the other regimes for the target year.
        """
        q = self.question
        columns = (
            Column("threshold_usd", "USD"),
            Column("year"),
            Column("series"),
            Column("regime"),
            Column("p", "share", "chance with all measures carried out"),
            Column("p_business_as_usual", "share", "chance with none"),
        )
        near = [year for year in (q.by - 1, q.by, q.by + 1) if year in self.given.years]
        series = dict.fromkeys((q.series, POOLED))
        rows = tuple(
            (
                threshold,
                year,
                name,
                regime.id,
                self.simulation.probability(threshold, year, name, regime.id),
                self.simulation.probability(threshold, year, name, regime.id, measures=False),
            )
            for threshold in q.thresholds
            for year in near
            for name in series
            for regime in self.given.regimes
            if regime.id == q.regime or year == q.by
        )
        return Table("probabilities", columns, rows)

    @cached_property
    def path(self) -> Table:
        """Turnover by year: business as usual and plan, the growth the target needs, and milestones."""
        return tables.path_table(self)

    @cached_property
    def attribution(self) -> Table:
        """What each measure adds to the turnover of the target year (Shapley values, first draws)."""
        columns = (
            Column("id"),
            Column("name"),
            Column("q10", "USD", "contribution to the turnover of the target year"),
            Column("q50", "USD"),
            Column("q90", "USD"),
            Column("mean", "USD", "means add up to the whole effect; quantiles do not"),
            Column("sampling_error", "USD", "of the mean, where orders were sampled"),
            Column("claimed_usd", "USD", "what officials said it would bring a year"),
            Column("delivery_q50", "share", "chance that it is carried out as described"),
            Column("ordinary_q50", "share", "share of the effect that business as usual already contains"),
            *(
                Column(f"cost_{q}", "USD m", "once; empty where nobody has stated it")
                for q in ("q10", "q50", "q90")
            ),
            Column("cost_basis", "", "what the cost rests on"),
            Column("consent", "", "countries that must agree"),
            Column("responsible"),
            Column("commitments", "", "commitments that carry it"),
        )
        found = self.simulation.attribution
        records = []
        for i, measure in enumerate(self.given.measures):
            touches = any(i in line.change.measures for line in self.simulation.first.lines)
            q10, q50, q90 = np.quantile(found.contribution[i], (0.1, 0.5, 0.9)).tolist()
            records.append(
                {
                    "id": measure.id,
                    "name": measure.name,
                    "q10": q10 if touches else None,  # not computed is not zero
                    "q50": q50 if touches else None,
                    "q90": q90 if touches else None,
                    "mean": float(found.contribution[i].mean()) if touches else None,
                    "sampling_error": float(found.sampling_error[i]),
                    "claimed_usd": None if measure.claimed_usd_m is None else measure.claimed_usd_m * 1e6,
                    "delivery_q50": measure.delivery.q50,
                    "ordinary_q50": measure.ordinary.q50,
                    "cost_q10": measure.cost.q10 if measure.cost else None,
                    "cost_q50": measure.cost.q50 if measure.cost else None,
                    "cost_q90": measure.cost.q90 if measure.cost else None,
                    "cost_basis": measure.cost_basis.value,
                    "consent": "; ".join(measure.consent),
                    "responsible": measure.responsible,
                    "commitments": "; ".join(measure.commitments),
                }
            )
        return Table.build("measures", columns, sorted(records, key=lambda r: -float(r["mean"] or 0)))

    @cached_property
    def frontier(self) -> Table:
        """Best bundle by number of measures, and by cost where costs are stated."""
        q, s = self.question, self.simulation
        if not self.given.measures:
            return Table("frontier", bundles.COLUMNS, ())
        return bundles.frontier(
            s.first,
            s.fresh,
            s.attribution,
            self.given.measures,
            self.setting,
            q.by,
            self.base_year,
            q.series,
            q.target_usd,
        )

    @cached_property
    def back_solve(self) -> Table:
        """What would reach the target at 50% and 80%, with every measure carried out."""
        return tables.back_solve_table(self)

    @cached_property
    def products(self) -> Table:
        """Realised, potential and unrealised trade by product, and its flow in the target year."""
        return tables.products_table(self)

    @cached_property
    def settlement(self) -> Settlement:
        """How the trade would be paid: net position, credit needed, what netting can match (first draws)."""
        return settlement(self)

    @cached_property
    def transport(self) -> Transport | None:
        """Whether the goods can be carried; None where no network is known for the pair."""
        return transport(self)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Findings of every stage."""
        own = self.dossier.checks if self.dossier else ()
        usual = self.simulation.first.usual.checks
        stages = (*own, *self.prepared.checks, *usual, *self.announced.checks, *self.settlement.checks)
        carried = self.transport.checks if self.transport else (NO_NETWORK,)
        found = (*stages, *self.placed.checks, *carried, *tables.plan_checks(self))
        return tuple(dict.fromkeys(found))

    @cached_property
    def sources(self) -> Table:
        """Publications behind the rows used."""
        return tables.sources_table(self.dossier)

    @property
    def needed_growth_percent(self) -> float:
        """Growth a year from the base year's median to the target, asked series."""
        return growth_needed(
            self.base_interval[1], self.question.target_usd, self.question.by - self.base_year
        )

    @property
    def announced_chance(self) -> Interval:
        """Chance of being on time by the record of announced targets alone, knowing nothing of the measures."""
        said = self.dossier.announced if self.dossier else None
        year = said.year if said else self.base_year
        return self.announced.chance(self.needed_growth_percent, self.question.target_usd, year)

    @property
    def setting(self) -> Setting:
        return Setting(self.given.years.index(self.question.by), self.question.regime)

    def with_measures(self, strength: Mapping[str, float]) -> Rerun:
        """Probability and quantiles for another bundle: measure id -> False, True, or a share of its size."""
        return rerun(self.simulation.fresh, self.given, self.question, strength)

    def explain(self, figure: str) -> Lineage:
        """How one figure came about, down to the rows it rests on: ``baseline.2022``, ``measure.fta`` ..."""
        from tarazu.planning.explain import explain

        return explain(self, figure)

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-ready values."""
        from tarazu.planning.output import as_dict

        return as_dict(self)

    def write(self, folder: str | Path = ".") -> tuple[Path, ...]:
        """Write the HTML report, the JSON and the folder of CSV files; nothing half-written remains."""
        from tarazu.planning.output import write_all

        return write_all(self, Path(folder))


def plan(
    pair: Dossier | str | Path | tuple[str, str],
    target: float | None = None,
    by: int | None = None,
    *,
    regime: str | None = None,
    draws: int = DEFAULT_DRAWS,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> Plan:
    """What a bilateral trade target would take.

    Parameters
    ----------
    pair
        A dossier, its name or folder; or two countries, to run at the level of totals.
    target
        Turnover of goods in a calendar year, current US dollars; the dossier's own if not given.
    by
        Calendar year; the dossier's own if not given.
    regime
        Id of a regime of the dossier; its default if not given.
    draws, seed
        Number of draws and the seed they start from: the same seed gives the same plan.
    progress
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    InputError
        If the target, the year, the regime or the pair cannot be used; the message says why.
    """
    dossier, home, partner = _subject(pair)
    prepared = from_dossier(dossier) if dossier else from_totals(home, partner)
    question = _question(dossier, prepared, target, by, regime, draws, seed)
    last_year = prepared.baseline.grid.last_year
    years = range(last_year + 1, min(question.by + 1, last_year + LONGEST_HORIZON) + 1)
    placed = place_measures(dossier, prepared)
    given = ingredients(prepared, dossier, years, question.series, placed.measures)
    simulation = simulate(given, question, progress)
    return Plan(home, partner, dossier, question, prepared, given, simulation, announced_targets(), placed)


def _subject(pair: Dossier | str | Path | tuple[str, str]) -> tuple[Dossier | None, Country, Country]:
    if isinstance(pair, tuple):
        home, partner = (codes.country(str(name)) for name in pair)
        return None, home, partner
    dossier = pair if isinstance(pair, Dossier) else load(pair)
    return dossier, dossier.home, dossier.partner


def _question(
    dossier: Dossier | None,
    prepared: Prepared,
    target: float | None,
    by: int | None,
    regime: str | None,
    draws: int,
    seed: int,
) -> Question:
    wanted = target if target is not None else (dossier.target_usd if dossier else None)
    year = by if by is not None else (dossier.by if dossier else None)
    if wanted is None or year is None:
        raise TargetError("A pair without a dossier needs both: --target 10bn and --by 2030.")
    found = prepared.baseline
    # figures of neither country's own have no series of their own: what they say is in the pooled one
    series = dossier.series if dossier and dossier.series in found.series else POOLED
    last = found.grid.last_year
    _check_target(wanted, year, found, series, last)
    known = tuple(r.id for r in dossier.regimes) if dossier else ()
    chosen = regime or (dossier.default_regime if dossier else "as-in-the-last-year")
    if regime is not None and regime not in known:
        raise TargetError(
            f'There is no regime "{regime}". Known: {", ".join(known) or "none without a dossier"}.'
        )
    thresholds = tuple(sorted({*(dossier.thresholds if dossier else ()), wanted}))
    return Question(wanted, year, series, chosen, thresholds, draws, seed)


def _check_target(target: float, by: int, found: Baseline, series: str, last: int) -> None:
    if not math.isfinite(target) or target <= 0:
        raise TargetError(f"target: expected an amount above zero, got {target}.")
    if target > LARGEST_TARGET:
        raise TargetError(
            f"target {target:.3g} US dollars: expected at most {LARGEST_TARGET:.0e}, a world's trade."
        )
    today = date.today().year
    if by < today:
        raise TargetError(f"by {by}: that year is past. Expected {today} or later.")
    if by <= last:
        raise TargetError(f"by {by}: expected a year after {last}, the last year of the baseline.")
    if by - last > LONGEST_HORIZON:
        raise TargetError(
            f"by {by}: expected a year up to {last + LONGEST_HORIZON}; the reference class of growth "
            f"reaches {LONGEST_HORIZON} years."
        )
    base = next(
        row["q50"]
        for row in found.table
        if row["year"] == last and row["series"] == series and row["direction"] == "both"
    )
    if target <= base:
        raise TargetError(
            f"target {format_amount(target)}: below the baseline, {format_amount(base)} in {last} (series "
            f"{series}). "
            "Name a target above it."
        )


def _share(values: Array, target: float) -> float:
    return float((values >= target).mean())
