"""The range of unit values that a dossier's rows show for each product, USD per kilogram.

The clearing house holds a payment whose invoice lies far outside: over-invoicing is how earlier clearing mechanisms
were drained. A range from few rows is narrow; the scheme's band is what widens it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tarazu.core.errors import InputError
from tarazu.planning.dossier import Dossier

_SIDES = ("supply", "demand", "bilateral", "competitor")
_KINDS = ("actual", "derived")
_KG = 1000.0  # kilograms in a tonne


def unit_value_ranges(dossier: Dossier) -> dict[str, tuple[float, float, str]]:
    """By HS heading or longer code: lowest, highest, and the rows they come from.

    Rows marked doubtful are left out, and rows of more than one heading.

    Raises
    ------
    InputError
        If no row of the dossier has a unit value.
    """
    found: dict[str, list[tuple[float, str]]] = {}
    for code, value, row in _values(dossier):
        found.setdefault(code, []).append((value, row))
        if len(code) > 4:
            found.setdefault(code[:4], []).append((value, row))
    if not found:
        raise InputError(
            f"{dossier.name}: no row of products.csv or markets.csv has a unit value for one heading."
        )
    return {
        code: (
            min(values)[0],
            max(values)[0],
            f"{dossier.name}: {', '.join(sorted({row for _, row in values}))}",
        )
        for code, values in sorted(found.items())
    }


def _values(dossier: Dossier) -> Iterator[tuple[str, float, str]]:
    for name, weight in (("products", "tonnes_kt"), ("markets", "quantity_kt")):
        for row in dossier.tables[name]:
            usable = row["kind"] in _KINDS if name == "products" else row["side"] in _SIDES
            code = row["hs_code"] or ""
            if not usable or row["doubtful"] == "yes" or not (code.isdigit() and len(code) in (4, 6)):
                continue
            value = row["unit_value_usd_t"]
            if value is None and row["value_usd_m"] and row[weight]:
                value = row["value_usd_m"] * 1000 / row[weight]
            if value:
                yield code, float(value) / _KG, row["id"]
