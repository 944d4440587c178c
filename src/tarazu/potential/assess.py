"""Export potential of a direction from a dossier's figures alone.

    realised   = the pair's flow: value, or tonnes x unit value
    potential  = max(realised, min(exporter's supply, importer's demand) x attainable share)
    unrealised = potential - realised

The attainable share lies between the share last observed and the highest one reached, of supply where
supply is the smaller and of demand where demand is, and never below the judged prior: a share once held
shows what can be reached, a small one says little. Where supply and demand are known and a flow is not,
the exporter's share is predicted: log-normal with the median share of the lines whose share is known as
its *mean* (lines with figures are those that trade) and `zero_share_log_sd` as its width, never above
the attainable share. What is missing is listed, not filled. The idea of supply x ease x demand is that
of Decreux & Spies (2016), Export Potential Assessments, International Trade Centre; a dossier has no
world data, so that the attainable share stands in for the ease of trade.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import exp
from statistics import median

import numpy as np

from tarazu.core.checks import Check
from tarazu.core.draws import Z90
from tarazu.core.measure import Interval
from tarazu.core.table import Column, Table
from tarazu.potential.draws import MILLION, LineDraws, draws, unscaled
from tarazu.potential.figures import Evidence, Figure, Role, Row, read
from tarazu.potential.line import (
    Assessment,
    Constraint,
    Estimate,
    Line,
    Missing,
    Size,
    around,
)
from tarazu.potential.market import attainable, market_share, rivals, size, summed
from tarazu.potential.partition import EVERYTHING, Group, Partition, overlap, partition, related
from tarazu.potential.priors import PotentialPriors
from tarazu.potential.yearly import Yearly, unit_value

__all__ = ["Assessment", "Line", "LineDraws", "PotentialPriors", "assess", "draws"]

TABLE_DRAWS = 4000
OLD = 5  # years after which a flow is called old in a check

COLUMNS = (
    Column("id", "", "direction and codes"),
    Column("product", "", "as most sources name it"),
    Column("hs", "", "codes or ranges of the Harmonized System"),
    Column("direction", "", "exporter -> importer"),
    *(
        Column(f"realised_{q}", "USD m a year", "the pair's flow in the base year")
        for q in ("q10", "q50", "q90")
    ),
    Column("unit_value", "USD/t", "median"),
    Column("supply", "USD m a year", "exporter's sales to the world, median"),
    Column("demand", "USD m a year", "importer's purchases from the world, median"),
    Column("own_share", "share", "exporter's share of the importer's purchases, median"),
    *(Column(f"potential_{q}", "USD m a year", "what the pair may reach") for q in ("q10", "q50", "q90")),
    *(Column(f"unrealised_{q}", "USD m a year", "potential less realised") for q in ("q10", "q50", "q90")),
    Column("basis", "", "what the figures rest on"),
    Column("rows", "", "rows behind the line"),
)


def assess(
    products: Iterable[Row], markets: Iterable[Row], direction: str, base_year: int, priors: PotentialPriors
) -> Assessment:
    """Realised and potential flow of every product with figures in one direction.

    Parameters
    ----------
    products, markets
        Rows of the dossier tables, cells typed (numbers, dates, text or None).
    direction
        ``KAZ->IRN``: exporter, then importer.
    base_year
        Calendar year to which all figures are brought.

    Returns
    -------
    Assessment
        Lines sorted by code; the order of the rows does not matter.
    """
    evidence = read(products, markets, direction)
    parts = partition(evidence.figures, base_year, priors)
    lines = [_line(group, parts, evidence, direction, base_year, priors) for group in parts.lines]
    lines = [_with_potential(line) for line in _with_shares(lines, priors)]
    checks = [
        *evidence.checks,
        *(check for line in lines for check in _line_checks(line, evidence, base_year)),
    ]
    constraints = tuple(_constraint(each, parts, base_year, priors) for each in parts.constraints)
    general = tuple(tariff for key, tariff in evidence.tariffs if key == EVERYTHING)
    return Assessment(
        direction=direction,
        base_year=base_year,
        lines=tuple(lines),
        constraints=constraints,
        missing=_missing(parts, lines),
        general_tariffs=general,
        checks=(*checks, *_constraint_checks(constraints, lines)),
        priors=priors,
        table=Table.build(f"potential {direction}", COLUMNS, [_record(line) for line in lines]),
    )


def _line(
    group: Group,
    parts: Partition,
    evidence: Evidence,
    direction: str,
    base_year: int,
    priors: PotentialPriors,
) -> Line:
    price = _price(group, evidence, base_year, priors)
    value = price.interval
    realised = size(group.of(Role.FLOW), value, base_year, priors)
    realised = _with_parts(realised, group, parts, evidence, base_year, priors)
    supply = size(group.of(Role.SUPPLY), value, base_year, priors)
    if supply.usd_m is None:
        capacity = size(group.of(Role.CAPACITY), value, base_year, priors)
        supply = (
            replace(capacity, basis=f"capacity, an upper bound: {capacity.basis}")
            if capacity.usd_m
            else supply
        )
    demand = size(group.of(Role.DEMAND), value, base_year, priors)
    share = market_share(group, realised, demand, base_year, priors)
    return Line(
        id=f"{direction}:{group.codes}",
        product=group.product,
        codes=group.codes,
        direction=direction,
        realised=realised,
        supply=supply,
        demand=demand,
        unit_value=price,
        own_share=share,
        rivals=rivals(group, demand, share, base_year, priors),
        attainable=attainable(group, supply, demand, priors),
        potential=None,
        unrealised=None,
        zero_flow=realised.usd_m is None,
        lacks=group.lacks,
        tariffs=tuple(t for key, t in evidence.tariffs if key != EVERYTHING and overlap(key, group.key)),
    )


def _price(group: Group, evidence: Evidence, base_year: int, priors: PotentialPriors) -> Estimate:
    others = related(group.key, evidence.figures)
    found: Yearly | None = unit_value(group.figures, others, base_year, priors)
    if found is None:
        return Estimate(None, "missing")
    own = {figure.id for figure in group.figures}
    return Estimate(found.interval, "own rows" if own & set(found.rows) else "related products", found.rows)


def _with_parts(
    own: Size, group: Group, parts: Partition, evidence: Evidence, base_year: int, priors: PotentialPriors
) -> Size:
    """The flow of a list is at least that of the lists inside it, added without overlap."""
    inside: list[Group] = []
    for each in sorted(parts.constraints, key=lambda g: (-g.width, g.key)):
        known = Role.FLOW in each.known and group.holds(each)
        if known and not any(overlap(each.key, other.key) for other in inside):
            inside.append(each)
    sizes = [
        size(g.of(Role.FLOW), _price(g, evidence, base_year, priors).interval, base_year, priors)
        for g in inside
    ]
    total = summed([each for each in sizes if each.usd_m is not None])
    if total.usd_m is None or (own.usd_m is not None and own.usd_m.q50 >= total.usd_m.q50):
        return own
    return total


def _with_shares(lines: Sequence[Line], priors: PotentialPriors) -> list[Line]:
    """Predicted shares where none is known."""
    known = [line.own_share.interval.q50 for line in lines if line.own_share.interval]
    sd = priors.zero_share_log_sd
    middle = (median(known) if known else priors.attainable_share.q50) * exp(-(sd**2) / 2)
    out = []
    for line in lines:
        if line.own_share.interval is None:
            most = line.attainable.interval.q90 if line.attainable.interval else priors.attainable_share.q90
            predicted = around(min(middle, most), Z90 * sd, Z90 * sd, most=most)
            line = replace(line, own_share=Estimate(predicted, "predicted from the other lines, judgement"))
        out.append(line)
    return out


def _with_potential(line: Line) -> Line:
    """Quantiles of potential and unrealised by draws of fixed seed, so that they repeat."""
    white = np.random.default_rng(0).standard_normal((5, TABLE_DRAWS, 1))
    if line.attainable.interval is None:
        return line
    flow, reach, *_ = unscaled([line], white)
    reach = np.fmax(flow, reach)
    levels = (0.1, 0.5, 0.9)
    return replace(
        line,
        potential=Interval(*(float(q) for q in np.quantile(reach / MILLION, levels))),
        unrealised=Interval(*(float(q) for q in np.quantile((reach - flow) / MILLION, levels))),
    )


def _constraint(group: Group, parts: Partition, base_year: int, priors: PotentialPriors) -> Constraint:
    """Figures of an overlapping list; dollars only by its own prices, which related goods do not tell."""
    price = unit_value(group.figures, (), base_year, priors)
    flow, supply, demand = (
        size(group.of(role), price.interval if price else None, base_year, priors)
        for role in (Role.FLOW, Role.SUPPLY, Role.DEMAND)
    )
    inside = tuple(line.codes for line in parts.lines if group.holds(line))
    return Constraint(group.codes, group.product, flow, supply, demand, inside)


def _missing(parts: Partition, lines: Sequence[Line]) -> tuple[Missing, ...]:
    """Products that cannot be a line, and what the lines themselves lack."""
    unusable = [
        Missing(group.codes, group.product, group.lacks, False, tuple(f.id for f in group.figures))
        for group in parts.missing
    ]
    partly = [
        Missing(line.codes, line.product, line.lacks, True, (*line.realised.rows, *line.demand.rows))
        for line in lines
        if line.lacks
    ]
    return (*partly, *unusable)


def _line_checks(line: Line, evidence: Evidence, base_year: int) -> list[Check]:
    figures = {figure.id: figure for figure in evidence.figures}
    used = {row for name, rows in line.rows.items() if name != "tariffs" for row in rows}
    checks = []
    if doubtful := sorted(row for row in used if row in figures and figures[row].doubt == "yes"):
        text = "rests on rows marked doubtful, for want of others; look at the source."
        checks.append(Check.warning("doubtful-figure", ", ".join(doubtful), f"{line.product} {text}"))
    if line.zero_flow:
        text = "supply and demand are known, a flow is not: its share is predicted, a judgement."
        checks.append(Check.warning("flow-predicted", line.id, f"{line.product}: {text}"))
    elif (years := _age(line.realised.rows, figures, base_year)) > OLD:
        text = f"the newest figure of the flow is {years:.0f} years older than {base_year}; add a newer one."
        checks.append(Check.warning("old-flow", ", ".join(line.realised.rows), f"{line.product}: {text}"))
    if line.unit_value.basis == "related products" and line.realised.by_tonnes:
        text = "has no unit value of its own; that of related products is used, wider."
        checks.append(Check.note("borrowed-unit-value", line.id, f"{line.product} {text}"))
    if line.rivals.scaled:
        text = "the named rivals' figures exceed the market; they are scaled down to it."
        checks.append(
            Check.note("rivals-exceed-market", ", ".join(line.rivals.rows), f"{line.product}: {text}")
        )
    return checks


def _age(rows: Sequence[str], figures: dict[str, Figure], base_year: int) -> float:
    return min((abs(base_year + 0.5 - figures[row].middle) for row in rows if row in figures), default=0.0)


def _constraint_checks(constraints: Sequence[Constraint], lines: Sequence[Line]) -> list[Check]:
    """Aggregates that their own lines exceed."""
    realised = {line.codes: line.realised.usd_m.q50 for line in lines if line.realised.usd_m}
    checks = []
    for each in constraints:
        inside = sum(realised.get(codes, 0.0) for codes in each.lines)
        if each.flow.usd_m and inside > each.flow.usd_m.q90:
            text = (
                f"its lines add to {inside:.0f} USD m, above its own 90% quantile, {each.flow.usd_m.q90:.0f}."
            )
            checks.append(
                Check.warning("lines-exceed-aggregate", ", ".join(each.flow.rows), f"{each.product}: {text}")
            )
    return checks


def _record(line: Line) -> dict[str, object]:
    record: dict[str, object] = {
        "id": line.id,
        "product": line.product,
        "hs": line.codes,
        "direction": line.direction,
        "unit_value": _median(line.unit_value.interval),
        "supply": _median(line.supply.usd_m),
        "demand": _median(line.demand.usd_m),
        "own_share": _median(line.own_share.interval),
        "basis": line.basis,
        "rows": " ".join(sorted({row for rows in line.rows.values() for row in rows})),
    }
    for name, interval in (
        ("realised", line.realised.usd_m),
        ("potential", line.potential),
        ("unrealised", line.unrealised),
    ):
        for q in ("q10", "q50", "q90"):
            record[f"{name}_{q}"] = getattr(interval, q) if interval else None
    return record


def _median(interval: Interval | None) -> float | None:
    return interval.q50 if interval else None
