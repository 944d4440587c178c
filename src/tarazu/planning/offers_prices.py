"""Prices of a list held against the unit values that a dossier knows: mistakes of unit stand out by factors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tarazu.core.checks import Check, place
from tarazu.core.errors import InputError
from tarazu.planning.offers import OfferList, scoring
from tarazu.planning.unit_values import unit_value_ranges

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier

KG = 1000.0  # kilograms in a tonne


def price_checks(listed: OfferList, dossier: Dossier) -> OfferList:
    """The list with a warning on each price far outside the range that the dossier's rows show for its code."""
    try:
        ranges = unit_value_ranges(dossier)
    except InputError:  # no row with a unit value: nothing to compare with
        return listed
    factor = scoring()["price-doubt"]
    checks = []
    for line in listed.rows:
        known = next((ranges[code] for code in (line.hs, line.hs[:4]) if code in ranges), None)
        if known is None or line.price_usd_t is None:
            continue
        low, high = known[0] * KG, known[1] * KG
        if line.price_usd_t[1] < low / factor or line.price_usd_t[0] > high * factor:
            message = (
                f"{line.price_usd_t[1]:g} USD a tonne is far from the {low:,.0f}–{high:,.0f} that sources state for "
                f"{line.hs} ({known[2]}). Is it per kilogram, or in another currency?"
            )
            checks.append(
                Check.warning("price-doubtful", place(listed.name, line.row, "price_high_usd_t"), message)
            )
    return replace(listed, checks=(*listed.checks, *checks))
