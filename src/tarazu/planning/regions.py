"""Trade and GDP of a pair in 2023 from the bundled table of 24 regions, for pairs without a dossier.

Trade is aggregated from CEPII BACI HS22 V202501 (Gaulier and Zignago 2010, CEPII working paper
2010-23). A pair that is absent was not reported, which does not mean that it does not trade: neither
of Russia, Iran, Turkmenistan, Belarus, Iraq, Tajikistan and Afghanistan gave a report for 2023.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from tarazu.core import codes
from tarazu.core.codes import Country
from tarazu.core.errors import InputError, NotReportedError
from tarazu.core.schema import DATA

YEAR = 2023
TRADE_SOURCE = "CEPII BACI HS22 V202501"
TRADE_URL = "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37"


class PairTotals(NamedTuple):
    """Goods trade and GDP of a pair in 2023, in current US dollars."""

    export_usd: float
    import_usd: float
    gdp_home_usd: float
    gdp_partner_usd: float
    regions: tuple[str, str]


def pair_totals(home: Country | str, partner: Country | str) -> PairTotals:
    """Goods trade of `home` with `partner` in both directions, and their GDP.

    Parameters
    ----------
    home, partner
        Countries, or their codes or names.

    Raises
    ------
    UnknownCodeError
        If a text names no country.
    InputError
        If the two are one, or the table knows a country only within its region.
    NotReportedError
        If the table holds no report: unknown, not zero.
    """
    one, other = codes.country(str(home)), codes.country(str(partner))
    if one == other:
        raise InputError(f"{one} and {other} are one country. Name two.")
    names = (_region(one), _region(other))
    values = [_trade().get(way) for way in (names, names[::-1])]
    if None in values:
        both = "either direction" if values == [None, None] else "one of the two directions"
        raise NotReportedError(
            f"{one.name()}-{other.name()}: not reported for {YEAR} in {both} ({TRADE_SOURCE}); "
            "absent is unknown, not zero. Start a dossier with figures of your own: "
            f"`tarazu dossier new {one} {other} --target 3bn`."
        )
    export, imports = (float(value) * 1e6 for value in values if value is not None)
    return PairTotals(export, imports, _gdp()[names[0]] * 1e6, _gdp()[names[1]] * 1e6, names)


def _region(country: Country) -> str:
    region = _regions().get(country.alpha3)
    if region is None:
        raise NotReportedError(
            f"{country.name()}: not reported for {YEAR} ({TRADE_SOURCE}); absent is unknown, not zero."
        )
    if region != country.alpha3:
        raise InputError(
            f"The bundled table knows {country.name()} only within its region {region}, so its own trade "
            f"cannot be told. Start a dossier with its figures: `tarazu dossier new {country} ...`."
        )
    return region


@cache
def _trade() -> Mapping[tuple[str, str], float]:
    """USD million by exporter and importer."""
    return {
        (row["exporter"], row["importer"]): float(row["value_usd_m"])
        for row in _rows(f"trade_regions_{YEAR}")
    }


@cache
def _gdp() -> Mapping[str, float]:
    """USD million by region."""
    return {row["region"]: float(row["gdp_usd_m"]) for row in _rows(f"gdp_regions_{YEAR}")}


@cache
def _regions() -> Mapping[str, str]:
    """Region by country; a country of which nothing but the region is known keeps the region's name."""
    return {code: row["region"] for row in _rows(f"gdp_regions_{YEAR}") for code in row["members"].split()}


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
