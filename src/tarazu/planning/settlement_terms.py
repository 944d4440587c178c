"""Terms of the clearing that a plan is projected with: of a scheme, or a published yardstick where none fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tarazu.clearing.calendar import parse_length
from tarazu.clearing.scheme import bundled_schemes, load_scheme
from tarazu.core.errors import SchemeError
from tarazu.core.parameters import Parameter, section
from tarazu.trade.baseline import Baseline
from tarazu.trade.statements import POOLED

if TYPE_CHECKING:
    from tarazu.clearing.scheme import Scheme
    from tarazu.planning.plan import Plan

PARAMETERS = "clearing.toml"
UNIT = "USD"  # of the projection
DAYS_OF_A_MONTH = 30.4


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of the clearing.

    Attributes
    ----------
    cycle_months
        From one close to the next.
    home_usd, partner_usd
        Swing: credit across closes that the home country and that the partner extends; None is no limit.
    settle_share
        Share of the balance settled at a close whatever the swing.
    scheme
        Id of the scheme that they are taken from; empty for the yardstick and for terms of one's own.
    source
        Where they come from, in words for the report.
    """

    cycle_months: int
    home_usd: float | None
    partner_usd: float | None
    source: str
    settle_share: float = 0.0
    scheme: str = ""


def default_terms(plan: Plan) -> Terms:
    """Terms of the bundled scheme that is named as the dossier, if one is; else the yardstick."""
    if plan.dossier and plan.name in bundled_schemes():
        scheme = load_scheme(plan.name)
        if scheme.unit == UNIT:
            return terms_of(scheme, plan.home.alpha3, plan.partner.alpha3)
    return yardstick(plan.baseline)


def terms_of(scheme: Scheme, home: str, partner: str) -> Terms:
    """Terms that a scheme states, for a projection by months: a shorter cycle counts as one of a month.

    What exceeds the swing is taken to be settled in convertible currency. Under a scheme that refuses or
    queues it, that amount stays unpaid until goods of the other side come.

    Raises
    ------
    SchemeError
        If the scheme keeps its balances in another unit, or a country is no member.
    """
    if scheme.unit != UNIT:
        raise SchemeError(
            f"scheme {scheme.id}: balances are kept in {scheme.unit}; the projection is in {UNIT}. Name a scheme in "
            f"{UNIT}, or none."
        )
    every, unit = parse_length(scheme.cycle.length)
    months = every if unit == "months" else max(1, round(every / DAYS_OF_A_MONTH))
    owed = [scheme.member(country).swing_limit for country in (partner, home)]
    # what one side may owe is the credit that the other extends
    limits = [None if limit is None else limit / 10 ** scheme.scale(UNIT) for limit in owed]
    settled = float(scheme.settle_share)
    source = (
        f"scheme {scheme.id}, {scheme.standing.value}: cycles of {scheme.cycle.length}, {settled:.0%} of the balance "
        f"settled at each close, excess: {scheme.overflow.value}"
    )
    return Terms(months, limits[0], limits[1], source.replace("of monthly", "of a month"), settled, scheme.id)


def yardstick(found: Baseline) -> Terms:
    """Terms of the Asian Clearing Union, for payments of the size that the last years would have brought."""
    given = parameters()
    years, part = int(given["swing_years"].value), given["swing_share"].value * given["share_cleared"].value
    owed = []
    for direction in found.grid.directions:
        flows = [r["q50"] for r in found.table if (r["direction"], r["series"]) == (direction, POOLED)]
        owed.append(part * float(np.mean(flows[-years:])))
    source = (
        f"the Asian Clearing Union's as a yardstick: {given['swing_share'].value:.0%} of the mean payments of the "
        f"last {years} years, cycles of {int(given['cycle_months'].value)} months"
    )
    # what the partner pays is owed to the home country, whose credit it then is
    return Terms(int(given["cycle_months"].value), owed[0], owed[1], source)


def parameters() -> Mapping[str, Parameter]:
    """Parameters of the projection by name."""
    return section("projection", PARAMETERS)
