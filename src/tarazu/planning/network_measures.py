"""What a corridor measure does to freight and days, by the network instead of by assumption.

A measure whose changes stand in ``measure_network.csv`` (a faster border, a larger yard, ships with full loads, a
lower rate) is put into the network at its weak, median and strong size; the base year's goods are assigned before
and after. The change of mean freight and days of the goods that an effect covers replaces the effect's judged size.
Changes of one measure are taken as strong or weak together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.core.checks import Check
from tarazu.core.measure import Basis, Channel, Effect, Interval, Measure
from tarazu.core.source import Method
from tarazu.core.table import Column, Table
from tarazu.corridor.facts import ANY, Quantity
from tarazu.corridor.flows import Carried, carry, prepare
from tarazu.corridor.network import Network
from tarazu.planning.transport_flows import Good, cargo, network_of
from tarazu.policy.costs import covers

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.prepare import Prepared

Array = NDArray[np.float64]
Row = Mapping[str, Any]

CASES = ("weak", "median", "strong")
LOWERS = ("time", "headway", "rate")  # their strong end is the low one
BY_NETWORK = (Channel.FREIGHT, Channel.TIME)
NOTHING = 0.005  # percent of freight, or days, that are no change
PLACED = Method(
    "The measure's changes put into the transport network at their weak, median and strong size, the "
    "base year's goods "
    "assigned before and after: change of the mean freight, or days, of the goods it covers.",
    "docs/method.md, Transport",
)

COLUMNS = (
    Column("effect"),
    Column("measure"),
    Column("direction"),
    Column("products"),
    Column("channel"),
    Column("unit"),
    Column("judged_q10", "", "size as the dossier judged it"),
    Column("judged_q50"),
    Column("judged_q90"),
    Column("network_q10", "", "size that the network gives, which counts"),
    Column("network_q50"),
    Column("network_q90"),
    Column("note", "", "why the network says otherwise than was judged; empty where it does not"),
)


@dataclass(frozen=True)
class Placed:
    """Measures with the sizes the network gives, beside what was judged.

    Attributes
    ----------
    rows
        Rows of the dossier behind each size, by effect.
    """

    measures: tuple[Measure, ...]
    table: Table
    checks: tuple[Check, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Year:
    """Means of the base year's goods by line."""

    freight: Array
    days: Array


def place_measures(dossier: Dossier | None, prepared: Prepared) -> Placed:
    """The measures of a dossier, those of transport by its network where it has one."""
    network = network_of(dossier)
    if dossier is None or network is None:
        return Placed(dossier.measures if dossier else (), Table("network_effects", COLUMNS, ()))
    goods, tonnes = [], []
    for each in prepared.assessments or ():
        for line in each.lines:
            value = line.unit_value.interval.q50 if line.unit_value.interval else None
            kt = line.realised.kt.q50 if line.realised.kt else None
            if kt is None and line.realised.usd_m and value:
                kt = line.realised.usd_m.q50 * 1e3 / value
            if kt:  # what does not move has no freight to change
                goods.append(Good(line.id, line.product, line.codes, line.direction, value))
                tonnes.append(kt * 1e3)
    return through_network(dossier, network, goods, np.array(tonnes))


def through_network(dossier: Dossier, network: Network, goods: Sequence[Good], tonnes: Array) -> Placed:
    """Replace the judged freight and time sizes of corridor measures.

    Parameters
    ----------
    goods, tonnes
        (L,) lines of the base year and their tonnes.
    """
    rows = list(dossier.tables["measure_network"])
    acting = {row["measure"] for row in rows}
    if not acting or not tonnes.sum():
        return Placed(dossier.measures, Table("network_effects", COLUMNS, ()))
    checks = list(_unknown(network, rows))
    before = _year(network, goods, tonnes)
    measures, found, behind = [], [], {}
    for measure in dossier.measures:
        if measure.id not in acting:
            measures.append(measure)
            continue
        mine = [row for row in rows if row["measure"] == measure.id]
        after = [
            _year(changed(network, mine, case), goods, tonnes) if _acts(mine, case) else before
            for case in CASES
        ]
        effects = []
        for effect in measure.effects:
            size = _size(effect, goods, tonnes, before, after) if effect.channel in BY_NETWORK else None
            effects.append(effect if size is None else _resized(effect, size, mine))
            if size is not None:
                found.append((*_compared(effect, size), _note(effect, size, goods, tonnes, before, after)))
                behind[effect.id] = tuple(f"measure_network.csv:{row['id']}" for row in mine)
        measures.append(replace(measure, effects=tuple(effects)))
    return Placed(tuple(measures), Table("network_effects", COLUMNS, tuple(found)), tuple(checks), behind)


def _year(network: Network, goods: Sequence[Good], tonnes: Array) -> _Year:
    made = cargo(network, goods)
    flows = [replace(f, tonnes=t) for f, t in zip(made.flows, made.tonnes(tonnes).tolist(), strict=True)]
    found = carry(prepare(made.network, flows), values=False)
    return _Year(*_by_line(found, made.line, len(goods)))


def _by_line(found: Carried, line: NDArray[np.int64], count: int) -> tuple[Array, Array]:
    money, days, moved = np.zeros(count), np.zeros(count), np.zeros(count)
    for number, row in zip(line, found.table, strict=True):
        if number >= 0 and row["freight_usd_t"] is not None:
            money[number] += row["moved"] * row["freight_usd_t"]
            days[number] += row["moved"] * row["days"]
            moved[number] += row["moved"]
    with np.errstate(invalid="ignore", divide="ignore"):
        return money / moved, days / moved


def changed(network: Network, rows: Sequence[Row], case: str) -> Network:
    """The network with a measure's changes at their weak, median or strong size."""
    given = dict(network.facts.given)
    limits, tariffs = list(network.limits), list(network.tables["tariffs"].rows)
    names = [column.name for column in network.tables["tariffs"].columns]
    for row in rows:
        size, subject = _at(row, case), row["subject"]
        match row["attribute"]:
            case "rate":
                mode, country = subject.split(":")
                cut = {
                    "id": row["id"],
                    "name": row["measure"],
                    "country": country,
                    "mode": mode,
                    "percent": size,
                }
                cut |= {"status": "in_force", "source": "judgement"}
                tariffs.append(tuple(cut.get(name) for name in names))
            case "payload_factor":
                limits = [
                    replace(each, payload_factor=max(size, each.payload_factor))
                    if each.subject == subject and not each.scenario
                    else each
                    for each in limits
                ]
            case attribute:
                old = network.facts.of(subject, attribute) or _default(network, subject, attribute)
                if old is not None:
                    value = max(old.value + size, 0.0)
                    low, high = min(old.low, value), max(old.high, value)
                    given[subject, attribute] = replace(old, value=value, low=low, high=high)
    table = replace(network.tables["tariffs"], rows=tuple(tariffs))
    return replace(
        network,
        facts=replace(network.facts, given=given),  # defaults already looked for stay what they are
        limits=tuple(limits),
        tables={**network.tables, "tariffs": table},
    )


def _acts(rows: Sequence[Row], case: str) -> bool:
    """Whether any size is a change: a payload factor always may be, the others are added."""
    return any(row["attribute"] == "payload_factor" or _at(row, case) != 0 for row in rows)


def _default(network: Network, subject: str, attribute: str) -> Quantity | None:
    """What holds for a transfer that has no value of its own."""
    transfer = network.transfers.get(subject)
    if transfer is None:
        return None
    country = network.nodes[transfer.start].country
    return network.facts.default(attribute, transfer.kind, country, ANY)


def _at(row: Row, case: str) -> float:
    order = ("q90", "q50", "q10") if row["attribute"] in LOWERS else ("q10", "q50", "q90")
    return float(row[order[CASES.index(case)]])


def _size(
    effect: Effect, goods: Sequence[Good], tonnes: Array, before: _Year, after: Sequence[_Year]
) -> Interval | None:
    """Tonnage-weighted change of the goods an effect covers; None where it covers none that move."""
    sizes = [_change(effect, effect.channel, goods, tonnes, before, year) for year in after]
    known = sorted(size for size in sizes if size is not None)
    return Interval(*known) if len(known) == len(sizes) else None


def _change(
    effect: Effect, channel: Channel, goods: Sequence[Good], tonnes: Array, before: _Year, year: _Year
) -> float | None:
    """Mean change of freight in percent, or of days, of the goods an effect covers."""
    own = [g.direction == effect.direction and covers(effect.products, g.codes) for g in goods]
    weight = tonnes * np.array(own)
    with np.errstate(invalid="ignore", divide="ignore"):
        freight = 100 * (year.freight / before.freight - 1)
    change = freight if channel is Channel.FREIGHT else year.days - before.days
    known = np.isfinite(change) & (weight > 0)
    return float(np.average(change[known], weights=weight[known])) if known.any() else None


def _note(
    effect: Effect,
    size: Interval,
    goods: Sequence[Good],
    tonnes: Array,
    before: _Year,
    after: Sequence[_Year],
) -> str:
    """Why the network's size has another sign than the one judged, or is nothing."""
    if max(abs(size.q10), abs(size.q90)) < NOTHING:
        return (
            "None of the goods it covers passes what the measure changes, so that nothing of theirs changes."
        )
    worst = max((size.q10, size.q50, size.q90), key=lambda each: -each * effect.size.q50)
    if worst * effect.size.q50 >= 0 or abs(worst) < NOTHING:
        return ""
    time = effect.channel is Channel.TIME
    other = Channel.FREIGHT if time else Channel.TIME
    changes = [_change(effect, effect.channel, goods, tonnes, before, year) for year in after]
    year = after[min(range(len(after)), key=lambda case: abs((changes[case] or 0.0) - worst))]
    beside = _change(effect, other, goods, tonnes, before, year) or 0.0
    more, unit = ("longer", "percent of freight") if time else ("dearer", "days")
    if beside < -NOTHING:
        return f"Goods move over to a way that is {more} and saves {-beside:.2g} {unit}: on the whole it is better."
    return (
        f"Other goods gain more by the room on the way these had: they give way to a {more} one. The assignment is "
        "the least cost of all goods together."
    )


def _resized(effect: Effect, size: Interval, rows: Sequence[Row]) -> Effect:
    named = ", ".join(row["id"] for row in rows)
    note = (
        f"Computed on the network from measure_network.csv ({named}). Judged before: {_shown(effect.size)}. "
    )
    return replace(effect, size=size, basis=Basis.JUDGEMENT, note=note + effect.note)


def _shown(size: Interval) -> str:
    return f"{size.q50:g} ({size.q10:g} to {size.q90:g})"


def _compared(effect: Effect, size: Interval) -> tuple[Any, ...]:
    unit = "percent" if effect.channel is Channel.FREIGHT else "days"
    judged = effect.size
    heads = (effect.id, effect.measure, effect.direction, effect.products, effect.channel.value, unit)
    return (*heads, judged.q10, judged.q50, judged.q90, size.q10, size.q50, size.q90)


def _unknown(network: Network, rows: Sequence[Row]) -> list[Check]:
    known = {*network.nodes, *network.legs, *network.transfers, *network.services}
    checks = []
    for row in rows:
        if row["attribute"] == "rate":
            fits = row["subject"].count(":") == 1
            wanted = "mode:COUNTRY, such as rail:KAZ"
        else:
            fits, wanted = row["subject"] in known, f"an id of network {network.name}"
        if not fits:
            message = f'{row["id"]}: "{row["subject"]}" is not {wanted}; the row does nothing.'
            checks.append(Check.warning("unknown-subject", "measure_network.csv", message))
    return checks
