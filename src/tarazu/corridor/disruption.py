"""What disruptions cost: named scenarios, single closures, combinations, and closures drawn at random.

Each scenario is the same year's flows assigned anew under further limits. The loss of a link is what a year
without it costs: transport of what still moves, plus the margin of what does not. Who bears it, the pair or third
countries, is as the system optimum shares it out. A disruption is a fact to be
planned for: sanctions controls and screening are no capacity, and nothing here looks for a way around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import NetworkError
from tarazu.core.table import Column, Table
from tarazu.corridor.assignment import GAP
from tarazu.corridor.carriage import Carriage
from tarazu.corridor.flow_tables import idle_limits, subject_name
from tarazu.corridor.flows import Carried, carry, prepare, read_flows
from tarazu.corridor.holding import span
from tarazu.corridor.network import Limit, Network
from tarazu.corridor.reading import months_of

Progress = Callable[[str, int, int], None]

AD_HOC = "asked for"
LONGEST_DRAWN, MOST_DRAWN = 6, 3  # months of a drawn closure, and closures in one year
MOST_DRAWS = 100_000
YEAR = tuple(range(1, 13))
NOISE = 1e-9  # relative difference of two assignments that is rounding

COLUMNS = (
    Column("scenario"),
    Column("name"),
    Column("moved_t", "t/yr", "goods of the pair that still move"),
    Column("lost_t", "t/yr", "goods of the pair that no longer move"),
    Column("lost_share", "share", "of what moves undisturbed"),
    Column("lost_value_usd", "USD/yr", "what these goods are worth"),
    Column(
        "cost_usd_t",
        "USD/t",
        "generalised transport cost of what still moves, mean: freight and what the days cost",
    ),
    Column("cost_change_usd_t", "USD/t", "change of it"),
    Column("freight_change_usd_t", "USD/t", "change of freight and handling alone"),
    Column("days_change", "days", "door to door of what still moves, mean"),
    Column("loss_usd", "USD/yr", "more transport cost and margins lost, goods of the pair"),
    Column("transit_lost_t", "t/yr", "goods of third countries that no longer move"),
    Column("transit_loss_usd", "USD/yr", "the same of these goods; less than 0 where they find more room"),
)
RANK_COLUMNS = (Column("rank"), Column("subject"), *COLUMNS[1:])
DRAWN_COLUMNS = (
    Column("draw"),
    Column("closed", "", "as closures are written: subject@months, joined with +"),
    *COLUMNS[2:],
)


@dataclass(frozen=True)
class Disruptions:
    """Results by scenario, beside the undisturbed year."""

    base: Carried
    cases: tuple[tuple[str, str, Carried], ...]  # id, name, result
    findings: tuple[Check, ...] = ()

    @cached_property
    def table(self) -> Table:
        """By scenario, the greatest loss first."""
        rows = [_row(self.base, name, label, found) for name, label, found in self.cases]
        rows.sort(key=lambda row: (-row["loss_usd"], -row["lost_t"]))
        return Table.build("disruptions", COLUMNS, rows)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Scenarios that touch nothing that is known."""
        return (*self.base.checks, *self.findings)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        own = self.base.bilateral
        return {
            "network": self.base.network.name,
            "undisturbed": {
                "moved_t": float(self.base.moved[own].sum()),
                "unmet_t": float(self.base.unmet[own].sum()),
                "cost_usd": self.base.cost_of(own),
                "transit_cost_usd": self.base.cost_of(~own),
            },
            "disruptions": self.table.records(),
            "checks": [
                {"name": c.name, "severity": str(c.severity), "where": c.where, "message": c.message}
                for c in self.checks
            ],
        }


def disrupt(
    network: Network,
    flows: Any,
    scenarios: Sequence[str] | None = None,
    *,
    closures: Sequence[str] = (),
    lost_share: float | None = None,
    progress: Progress | None = None,
) -> Disruptions:
    """Assign a year's flows undisturbed and under each disruption.

    Parameters
    ----------
    scenarios
        Names of the network's scenarios, joined with ``+`` where several hold at once; by default each alone.
    closures
        Further cases: ``SUBJECT``, ``SUBJECT=0.5`` (share of the capacity that is left), ``SUBJECT@3-5``
        (months), or both; joined with ``+`` where several hold at once.

    Raises
    ------
    NetworkError
        If no flow can be used, or a scenario, subject or month is unknown.
    """
    found, checks = read_flows(network, flows)
    carriage = prepare(network, found, lost_share)
    base = carry(carriage, (), checks, values=False)
    every = network.scenarios if scenarios is None and not closures else _listed(scenarios or ())
    names = [*every, *_listed(closures)]
    return disrupted(base, names, progress)


def disrupted(base: Carried, names: Sequence[str], progress: Progress | None = None) -> Disruptions:
    """The same flows under each named case; names and errors as of `disrupt`."""
    cases = []
    findings: list[Check] = []
    for done, name in enumerate(names):
        if progress:
            progress("disruptions", done, len(names))
        asked, limits = _parts(base.network, name)
        named = (limit for limit in base.network.limits if limit.scenario in asked)
        findings += idle_limits(base.carriage, (*named, *limits))
        cases.append((name, _label(base.network, asked, limits), _under(base.carriage, asked, limits)))
    if progress:
        progress("disruptions", len(names), len(names))
    return Disruptions(base, tuple(cases), tuple(dict.fromkeys(findings)))


def rank_links(base: Carried, progress: Progress | None = None) -> Table:
    """Nodes, legs and transfers in use, by what a year without each would cost."""
    subjects, rows = _in_use(base), []
    for done, subject in enumerate(subjects):
        if progress:
            progress("links", done, len(subjects))
        rows.append(closed(base, subject))
    rows.sort(key=lambda row: (-row["loss_usd"], row["scenario"]))
    ranked = [{**row, "rank": rank, "subject": row["scenario"]} for rank, row in enumerate(rows, start=1)]
    return Table.build("links", RANK_COLUMNS, ranked)


def closed(base: Carried, subject: str) -> dict[str, Any]:
    """What a year without one node, leg, transfer or service costs: a row of `COLUMNS`."""
    found = _under(base.carriage, (), (_closure(subject),))
    return _row(base, subject, subject_name(base.network, subject), found)


def drawn(base: Carried, draws: int, seed: int = 1, progress: Progress | None = None) -> Table:
    """Years with one to three links in use closed for one to six months each, drawn at random.

    It asks how fragile the flows are, not how likely a closure is: every link in use is as likely as any other.

    Raises
    ------
    NetworkError
        If the number of draws is not between 1 and 100,000, or nothing moves.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise NetworkError(f"draws: expected a whole number from 1 to {MOST_DRAWS:,}, got {draws:,}.")
    rng = np.random.default_rng(seed)
    subjects, rows = _in_use(base), []
    if not subjects:
        raise NetworkError(
            "draws: no goods move over any link that could close. Give flows that the network carries."
        )
    for number in range(1, draws + 1):
        count = int(rng.integers(1, min(MOST_DRAWN, len(subjects)) + 1))
        chosen = [subjects[i] for i in rng.choice(len(subjects), count, replace=False)]
        limits = []
        for subject in chosen:
            first, length = int(rng.integers(1, 13)), int(rng.integers(1, LONGEST_DRAWN + 1))
            months = tuple(sorted({(first - 1 + i) % 12 + 1 for i in range(length)}))
            limits.append(_closure(subject, months=months))
        closed = "+".join(f"{limit.subject}@{span(limit.months)}" for limit in limits)
        row = _row(base, closed, "", _under(base.carriage, (), limits))
        rows.append({**row, "draw": number, "closed": closed})
        if progress:
            progress("draws", number, draws)
    return Table.build("drawn", DRAWN_COLUMNS, rows)


def _under(carriage: Carriage, asked: Sequence[str], limits: Sequence[Limit]) -> Carried:
    return carry(carriage.under(limits), (*asked, *((AD_HOC,) if limits else ())), values=False)


def _row(base: Carried, name: str, label: str, found: Carried) -> dict[str, Any]:
    own = base.bilateral
    value = np.array([base.network.commodities[flow.commodity].value.value for flow in base.flows])
    lost = base.moved - found.moved
    # What two optima differ by within their proven gap is rounding, not an effect.
    lost[np.abs(lost) <= NOISE * base.moved] = 0.0
    before, less = float(base.moved[own].sum()), float(lost[own].sum())
    noise = 2 * GAP * base.cost_usd
    loss, transit_loss = (found.cost_of(which) - base.cost_of(which) for which in (own, ~own))
    means = (Carried.mean_cost, Carried.mean_days, _mean_freight)
    cost, days, freight = (_change(f(base, own), f(found, own)) for f in means)
    return {
        "scenario": name,
        "name": label,
        "moved_t": float(found.moved[own].sum()),
        "lost_t": less,
        "lost_share": less / before if before else None,
        "lost_value_usd": float((lost * value)[own].sum()),
        "cost_usd_t": found.mean_cost(own),
        "cost_change_usd_t": cost,
        "freight_change_usd_t": freight,
        "days_change": days,
        "loss_usd": loss if abs(loss) > noise else 0.0,
        "transit_lost_t": float(lost[~own].sum()),
        "transit_loss_usd": transit_loss if abs(transit_loss) > noise else 0.0,
    }


def _mean_freight(found: Carried, which: NDArray[np.bool_]) -> float | None:
    """Freight and handling of the tonnes that move, USD a tonne, of the flows in a mask; None if none do."""
    moved = float(found.moved[which].sum())
    pairs = zip(found.spells, found.solutions, strict=True)
    paid = sum(spell.weight * float(each.freight[which].sum()) for spell, each in pairs)
    return paid / moved if moved else None


def _change(before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    return after - before if abs(after - before) > NOISE * abs(before) else 0.0


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _parts(network: Network, text: str) -> tuple[tuple[str, ...], tuple[Limit, ...]]:
    """Scenarios and closures of ``a+b=0.5@3-5``."""
    asked, limits = [], []
    for part in filter(None, (piece.strip() for piece in text.split("+"))):
        if part in network.scenarios:
            asked.append(part)
        else:
            limits.append(_asked_closure(network, part))
    if not asked and not limits:
        raise NetworkError(f'"{text}" names no disruption. Known: {", ".join(network.scenarios) or "none"}.')
    return tuple(dict.fromkeys(asked)), tuple(dict.fromkeys(limits))


def _asked_closure(network: Network, text: str) -> Limit:
    rest, at, span = text.partition("@")
    name, equals, share = (part.strip() for part in rest.partition("="))
    known = (*network.nodes, *network.legs, *network.transfers, *network.services)
    subject = name if name in known else None
    if subject is None:
        try:
            subject = network.find(name).id
        except NetworkError as error:
            scenarios = ", ".join(network.scenarios) or "none"
            raise NetworkError(f'"{name}" is neither a scenario ({scenarios}) nor a link. {error}') from None
    months = months_of(span)
    if months is None or (at and not span.strip()):
        raise NetworkError(f'"{span}" are no months. Write numbers and ranges: {name}@1-3;12.')
    try:
        factor = float(share) if equals else 0.0
    except ValueError:
        factor = -1.0
    if not 0 <= factor < 1:
        raise NetworkError(
            f'"{share}" is no share of a capacity. Write one from 0 (closed) to below 1: {name}=0.5.'
        )
    return _closure(subject, factor, months)


def _closure(subject: str, factor: float = 0.0, months: tuple[int, ...] = YEAR) -> Limit:
    word = "closed" if factor == 0 else f"at {factor:.0%}"
    return Limit(
        id=f"closure of {subject} at {factor} in {months}",
        scenario=AD_HOC,
        name=f"{subject} {word}" + ("" if len(months) == len(YEAR) else f" in {len(months)} months"),
        subject=subject,
        kind="closure",
        packagings=(),
        commodities=(),
        direction="",
        first=None,
        last=None,
        months=months,
        capacity_factor=factor,
        payload_factor=1.0,
        delay_h=0.0,
        status="A",
        source="asked for",
        note="",
    )


def _label(network: Network, asked: Iterable[str], limits: Iterable[Limit]) -> str:
    names = [limit.name for limit in network.limits if limit.scenario in set(asked)]
    return "; ".join(dict.fromkeys((*names, *(limit.name for limit in limits))))


def _in_use(base: Carried) -> list[str]:
    """Subjects over which goods move, the most loaded first."""
    found: dict[str, float] = {}
    for spell, each in zip(base.spells, base.solved, strict=True):
        for path, tonnes in zip(each.paths, each.path_tonnes.tolist(), strict=True):
            for subject in {name for arc in base.carriage.running(path.tolist()) for name in arc.touches}:
                found[subject] = found.get(subject, 0.0) + spell.weight * tonnes
    ends = {name for flow in base.flows for name in (flow.origin, flow.destination)}
    return sorted((name for name in found if name not in ends), key=lambda name: (-found[name], name))
