"""From a plan's products to tonnes between places of the transport network.

    tonnes of a line = flow, free on board / unit value
    places           by the shares of places.csv: origin shares times destination shares

A line travels as the network's commodity that covers most of its codes, at the line's own unit value;
goods that no commodity covers go as general cargo. Goods of third countries come from transit.csv.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tarazu.core import hs
from tarazu.core.draws import split_lognormal
from tarazu.core.measure import Interval
from tarazu.corridor.carriage import Flow
from tarazu.corridor.network import Commodity, Network
from tarazu.corridor.reading import bundled_networks

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier

Array = NDArray[np.float64]

ANY_GOOD, OTHER, ALL = "*", "other", "all"
GENERAL = "general-cargo"
LEAST_COVERED = 0.1  # share of a line's codes from which it travels as a commodity


@dataclass(frozen=True)
class Cargo:
    """Lines of a plan as flows.

    Attributes
    ----------
    network
        With a commodity of its own for each line: ``KAZ->IRN:1003`` at the line's unit value.
    flows
        The pair's flows of one tonne-share each, then those of third countries.
    line
        (K,) line of each flow, -1 for third countries.
    share
        (K,) share of the line's tonnes, or of the transit's own.
    """

    network: Network
    flows: tuple[Flow, ...]
    line: NDArray[np.int64]
    share: Array
    transit: tuple[Interval, ...]

    def tonnes(self, lines: Array, white: float = 0.0) -> Array:
        """(K,) tonnes a year out of tonnes by line; third countries' at a standard normal draw."""
        found = np.where(self.line >= 0, lines[self.line] * self.share, 0.0)
        drawn = [float(split_lognormal(each, np.array([white]))[0]) for each in self.transit]
        found[self.line < 0] = drawn
        return found


@dataclass(frozen=True, slots=True)
class Good:
    """What the network needs to know of a line of the plan."""

    id: str
    name: str
    codes: str
    direction: str  # KAZ->IRN
    unit_value: float | None  # USD a tonne


def network_of(dossier: Dossier | None) -> Network | None:
    """The dossier's own network (a folder ``network`` in it), else the bundled one of its name, else None."""
    if dossier is None:
        return None
    own = dossier.folder / "network"
    if own.is_dir():
        return Network.read(own)
    return Network.read(dossier.name) if dossier.name in bundled_networks() else None


def cargo(network: Network, goods: Sequence[Good]) -> Cargo:
    """Flows of the goods between the network's places, and of third countries."""
    flows: list[Flow] = []
    lines, shares = [], []
    commodities = dict(network.commodities)
    for number, good in enumerate(goods):
        base = commodity_of(network, good.codes)
        commodities[good.id] = _as_line(base, good)
        home, partner = good.direction.split("->")
        for start, first in _places(network, home, base.id, "origin").items():
            for end, second in _places(network, partner, base.id, "destination").items():
                flows.append(Flow(start, end, good.id, 1.0, None, False, good.direction))
                lines.append(number)
                shares.append(first * second)
    transit = []
    for row in network.tables["transit"]:
        direction = "->".join(network.nodes[row[side]].country for side in ("origin", "destination"))
        flows.append(
            Flow(row["origin"], row["destination"], row["commodity"], row["tonnes"], None, True, direction)
        )
        lines.append(-1)
        shares.append(1.0)
        low, high = row["low"] or row["tonnes"], row["high"] or row["tonnes"]
        transit.append(Interval(low, row["tonnes"], high))
    made = replace(network, commodities=commodities)
    return Cargo(made, tuple(flows), np.array(lines, np.int64), np.array(shares), tuple(transit))


def commodity_of(network: Network, codes: str) -> Commodity:
    """The commodity that covers most of the line's codes, of equals the narrowest; general cargo where none does."""
    named = [each for each in network.commodities.values() if each.hs not in (ALL, OTHER)]
    covered = (
        [(_covered(each.hs, codes), -hs.width(each.hs), each) for each in named] if codes != OTHER else []
    )
    share, _, best = max(covered, key=lambda found: found[:2], default=(0.0, 0, None))
    if best is not None and share >= LEAST_COVERED:
        return best
    return network.commodities.get(GENERAL) or next(iter(network.commodities.values()))


def _covered(commodity: str, codes: str) -> float:
    """Share of a line's codes that a commodity's codes cover."""
    common = sum(
        max(0, min(high, other_high) - max(low, other_low))
        for low, high in hs.spans(codes)
        for other_low, other_high in hs.spans(commodity)
    )
    return common / hs.width(codes)


def _as_line(base: Commodity, good: Good) -> Commodity:
    if good.unit_value is None:
        return replace(base, id=good.id, name=good.name)
    value = good.unit_value
    return replace(
        base, id=good.id, name=good.name, value=replace(base.value, value=value, low=value, high=value)
    )


def _places(network: Network, country: str, commodity: str, role: str) -> Mapping[str, float]:
    rows = [row for row in network.tables["places"] if (row["country"], row["role"]) == (country, role)]
    own = [row for row in rows if row["commodity"] == commodity]
    own = own or [row for row in rows if row["commodity"] == ANY_GOOD]
    total = sum(row["share"] for row in own)
    return {row["node"]: row["share"] / total for row in own if row["node"] in network.nodes}
