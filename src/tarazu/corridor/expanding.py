"""Which projects of a network carry the flows: the cheapest set, what each alone would save, and what it may cost.

The year is taken at its mean: a limit of three months takes a quarter of what it takes while it holds. A project
whose cost nobody knows is taken only where those of known cost are not enough: unknown is not zero. What a project
alone saves a year, over the annuity factor, is the cost at which it would just pay, whatever its builders ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.core.errors import NetworkError
from tarazu.core.parameters import section
from tarazu.core.table import Column, Table
from tarazu.corridor.assignment import GAP, LIMIT, Assignment, Problem, assign
from tarazu.corridor.assignment_master import Master, Point
from tarazu.corridor.carriage import MONTHS, Carriage, Spell
from tarazu.corridor.expansion import Expansion, Projects, expand, expanded
from tarazu.corridor.flows import FULL, Carried, prepare, read_flows
from tarazu.corridor.network import Network

Floats = NDArray[np.float64]

CAPACITY = "capacity"
NOISE = 2 * GAP  # of a total cost: what two optima differ by within their proven gap
DEARER = 1e6  # USD by which a project of unknown cost is ranked above all known ones together

COLUMNS = (
    Column("id"),
    Column("name"),
    Column("subject", "", "links whose capacity it raises, joined by ;"),
    Column("added_t", "t/yr", "on each of them"),
    Column("cost_usd_m", "USD m", "once; empty where nobody has stated it"),
    Column("cost_status", "", "what the cost rests on"),
    Column("ready", "", "year from which it could carry"),
    Column("chosen", "", "yes: in the cheapest set that carries the target"),
    Column("saves_usd_yr", "USD/yr", "transport and lost margins it saves a year, alone"),
    Column("pays_up_to_usd_m", "USD m", "cost at which it would just pay, alone"),
    Column("source"),
)


@dataclass(frozen=True)
class Expanding:
    """Result of `expand_network`.

    Attributes
    ----------
    rows
        Projects that raise a capacity of the network.
    saves
        (J,) USD a year that each saves alone.
    """

    network: Network
    carriage: Carriage
    rows: tuple[Mapping[str, Any], ...]
    added: Floats
    found: Expansion
    base: Assignment
    saves: Floats
    annuity: float
    target: float
    findings: tuple[Check, ...]

    @cached_property
    def table(self) -> Table:
        """One row per project."""
        rows = zip(self.rows, self.added, self.saves, self.found.taken, strict=True)
        records = [
            {**_record(row, added, saves), "chosen": "yes" if taken and self.found.feasible else "no"}
            for row, added, saves, taken in rows
        ]
        return Table.build("projects", COLUMNS, records)

    @property
    def chosen(self) -> tuple[Mapping[str, Any], ...]:
        """Projects of the cheapest set; none where no set carries the target."""
        if not self.found.feasible:
            return ()
        return tuple(row for row, taken in zip(self.rows, self.found.taken, strict=True) if taken)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Projects left out and what cannot move."""
        return (*self.findings, *self.found.checks)

    def sentence(self) -> str:
        """The answer in one sentence or two."""
        moved = self.base.moved.sum()
        if not self.found.feasible:
            short = self.target - self.found.moved.sum()
            return (
                f"Even with every project {short / 1e3:,.0f} kt of {self.target / 1e3:,.0f} kt a year "
                "cannot move: no project "
                "of the network relieves what holds them."
            )
        if not self.chosen:
            return f"The network carries {min(moved, self.target) / 1e3:,.0f} kt a year as it is: no project is needed."
        unknown = [row["name"] for row in self.chosen if row["cost_usd_m"] is None]
        known = sum(row["cost_usd_m"] for row in self.chosen if row["cost_usd_m"] is not None)
        cost = f"USD {known:,.0f} m" if known else ""
        more = f"{len(unknown)} of unknown cost ({', '.join(unknown)})" if unknown else ""
        return (
            f"{self.target / 1e3:,.0f} kt a year need {len(self.chosen)} of {len(self.rows)} projects: "
            f"{' and '.join(part for part in (cost, more) if part)}. Without any, {moved / 1e3:,.0f} kt move."
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "network": self.network.name,
            "target_t": self.target,
            "summary": self.sentence(),
            "feasible": self.found.feasible,
            "moved_without_t": float(self.base.moved.sum()),
            "moved_with_t": float(self.found.moved.sum()),
            "relative_gap": self.found.gap,
            "annuity": self.annuity,
            "projects": self.table.records(),
            "checks": [
                {"name": c.name, "severity": str(c.severity), "where": c.where, "message": c.message}
                for c in self.checks
            ],
        }


def expand_network(
    network: Network, flows: Any, *, target: float | None = None, lost_share: float | None = None
) -> Expanding:
    """The cheapest set of projects that carries a year's flows.

    Parameters
    ----------
    flows
        As `read_flows` takes them.
    target
        Tonnes a year to move, third countries' included; by default all.
    lost_share
        As of `assign_flows`.

    Raises
    ------
    NetworkError
        If no flow can be used, the network has no project of a capacity, or the target exceeds the flows.
    """
    found, checks = read_flows(network, flows)
    carriage = prepare(network, found, lost_share)
    rows, projects, findings = _projects(carriage)
    if not rows:
        raise NetworkError(
            f"network {network.name} has no project that raises a known capacity. Add one to "
            "projects.csv, and the "
            "capacity of its subject to values.csv."
        )
    problem = carriage.problem(mean_year(carriage))
    total = float(problem.tonnes.sum())
    wanted = total if target is None else target
    if not 0 < wanted <= total * (1 + 1e-9):
        raise NetworkError(
            f"target: expected tonnes above 0 and up to the flows' {total:,.0f}, got {wanted:,.0f}."
        )
    best = expand(problem, replace(projects, cost=_ranked_costs(rows)), target=min(wanted, total))
    base = assign(problem)
    worth = savings(problem, base, projects)
    return Expanding(
        network=network,
        carriage=carriage,
        rows=tuple(rows),
        added=projects.added,
        found=best,
        base=base,
        saves=worth,
        annuity=annuity(),
        target=wanted,
        findings=(*checks, *findings),
    )


def project_worth(carriage: Carriage) -> Table:
    """What each project of the network alone would save a year, and up to what cost it would pay."""
    rows, projects, _ = _projects(carriage)
    problem = carriage.problem(mean_year(carriage))
    worth = savings(problem, assign(problem), projects)
    added = projects.added
    records = [_record(row, tonnes, saved) for row, tonnes, saved in zip(rows, added, worth, strict=True)]
    return Table.build("projects", tuple(c for c in COLUMNS if c.name != "chosen"), records)


def savings(problem: Problem, base: Assignment, projects: Projects) -> Floats:
    """(J,) USD a year that each project alone saves in transport and lost margins.

    More of what is not full saves nothing: a project is assigned only if it touches a capacity that is full.
    """
    count, found = len(projects.added), np.zeros(len(projects.added))
    full = base.used >= FULL * problem.capacity
    helps = np.bincount(projects.of[full[projects.resource]], minlength=count) > 0
    for j in np.flatnonzero(helps).tolist():
        more = expanded(problem, projects, np.arange(count) == j)
        found[j] = base.cost_usd - assign(more, columns=base.columns).cost_usd
    return np.where(found > NOISE * base.cost_usd, found, 0.0)


def tenth_worth(found: Carried, share: float = 0.1) -> tuple[Floats, Floats]:
    """What a tenth more (`share`) of each capacity alone saves, by assigning anew; 0 where it is not full.

    Less where a limit holds. Of a part that a limit sets: a tenth more of the part alone.

    Returns
    -------
    tuple
        (R,) and (R,) USD a year: of the goods of the pair, and of all. Who gains is as the system optimum shares it
        out; the pair may lose (below 0) where third countries gain more.
    """
    carriage = found.carriage
    capacity = np.array([each.capacity for each in carriage.resources], np.float64)
    saved = np.zeros((2, len(capacity)))
    for spell, solved in zip(found.spells, found.solved, strict=True):
        problem = carriage.problem(spell)
        full = (solved.duals > 0) | (solved.used >= FULL * problem.capacity)
        asked = [r for r in range(len(capacity)) if full[[r, *carriage.parts(r)]].any()]
        if not asked:
            continue
        master = Master(problem, solved.columns)
        before = _costs(master, master.generate(0.0, LIMIT), found.bilateral)
        for r in asked:
            raised = problem.capacity.copy()
            if np.isfinite(capacity[r]):
                raised = carriage.capacities(spell.shares, share * capacity[r] * np.eye(len(capacity))[r])
            else:
                raised[r] *= 1 + share
            changed = np.flatnonzero(raised != problem.capacity).tolist()
            for i in changed:
                master.set_capacity(i, float(raised[i]))
            after = _costs(master, master.generate(0.0, LIMIT), found.bilateral)
            saved[:, r] += spell.weight * (before - after)
            for i in changed:
                master.set_capacity(i, float(problem.capacity[i]))
    pair, every = np.where(np.abs(saved) > NOISE * found.cost_usd, saved, 0.0)
    return pair, every


def _costs(master: Master, point: Point, own: NDArray[np.bool_]) -> Floats:
    """(2,) USD of moving and of what stays, of flows in a mask and of all."""
    of, penalty = master.columns.commodity, master.problem.penalty
    moved = np.bincount(of, point.x, len(own))
    each = np.bincount(of, master.cost * point.x, len(own)) + penalty * (master.problem.tonnes - moved)
    return np.array([each[own].sum(), each.sum()])


def annuity() -> float:
    """What a project costs a year as a share of its cost."""
    return section("expansion", "corridor.toml")["annuity"].value


def _record(row: Mapping[str, Any], added: float, saves: float) -> dict[str, Any]:
    shown = ("id", "name", "cost_usd_m", "cost_status", "ready", "source")
    worth = {"saves_usd_yr": float(saves), "pays_up_to_usd_m": float(saves) / annuity() / 1e6}
    subject = ";".join(row["subject"])
    return {**{key: row[key] for key in shown}, "subject": subject, "added_t": float(added), **worth}


def mean_year(carriage: Carriage) -> Spell:
    """The whole year as one spell: limits at the share of the year in which they hold."""
    shares: dict[str, float] = {}
    for spell in carriage.spells():
        for name, share in spell.shares.items():
            shares[name] = shares.get(name, 0.0) + share * spell.weight
    tonnes = np.asarray(sum(spell.tonnes * spell.weight for spell in carriage.spells()))
    return Spell(tuple(range(1, MONTHS + 1)), shares, tonnes)


def _projects(carriage: Carriage) -> tuple[list[Mapping[str, Any]], Projects, list[Check]]:
    """Projects of known capacities, without their costs, and what is left out of them."""
    place = {r.subject: i for i, r in enumerate(carriage.resources) if not r.way and not r.limit}
    vocabulary = carriage.network.facts.attributes[CAPACITY]
    rows: list[Mapping[str, Any]] = []
    added, resource, project, findings = [], [], [], []
    for row in carriage.network.tables["projects"]:
        factor = vocabulary.factor(row["unit"])
        known = [name for name in dict.fromkeys(row["subject"]) if name in place]
        free = [name for name in row["subject"] if name not in place]
        if row["attribute"] != CAPACITY or factor is None:
            why = f"it changes {row['attribute']} in {row['unit']}: only a capacity in tonnes a year can be chosen."
            findings.append(_left_out(f"{row['id']} is left out: {why}"))
            continue
        if free:
            named = f"{', '.join(free)} {'have' if len(free) > 1 else 'has'} no known capacity, or no flow may use"
            whole = "is left out" if not known else "acts on its other links alone"
            findings.append(_left_out(f"{row['id']} {whole}: {named} {'them' if len(free) > 1 else 'it'}."))
        if known:
            resource += [place[name] for name in known]
            project += [len(rows)] * len(known)
            added.append(row["added"] * factor)
            rows.append(row)
    made = Projects(
        np.array(resource, np.int64), np.array(added), np.zeros(len(rows)), np.array(project, np.int64)
    )
    return rows, made, findings


def _left_out(message: str) -> Check:
    return Check.note("project-left-out", "projects.csv", message)


def _ranked_costs(rows: Sequence[Mapping[str, Any]]) -> Floats:
    """(J,) USD; those of unknown cost above all known ones together."""
    known = [row["cost_usd_m"] * 1e6 for row in rows if row["cost_usd_m"] is not None]
    above = sum(known) + DEARER
    return np.array([above if row["cost_usd_m"] is None else row["cost_usd_m"] * 1e6 for row in rows])
