"""What a dossier knows of the market for one line: demand and rivals for an offer, supply for a request.

Rows are quoted, never added up: sources and periods differ. A row of other codes than the line's, most often of a wider
group, is named with its goods and codes, so that its figure is never read as that of the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from tarazu.core.hs import contains
from tarazu.core.source import Doubt

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.offers import Offer

Row = Mapping[str, Any]

RIVALS = 3  # that are named


def market_of(dossier: Dossier, line: Offer, kind: str) -> tuple[str, ...]:
    """Sentences on the other side's market, the newest figures; a statement that there is none."""
    pair = (dossier.home.alpha3, dossier.partner.alpha3)
    if line.country not in pair:
        return (f"The dossier {dossier.name} does not know {line.country}.",)
    if not line.codes:
        return ()
    other = pair[1 - pair.index(line.country)]
    direction = f"{line.country}->{other}" if kind == "offers" else f"{other}->{line.country}"
    side = "demand" if kind == "offers" else "supply"
    rows = rows_of(dossier.tables["markets"], line.codes[0], direction, (side,), other)
    told = [row for row in rows if row["value_usd_m"] or row["quantity_kt"]]
    verb = "bought from the world" if kind == "offers" else "sold to the world"
    if not told:
        what = "imports" if kind == "offers" else "exports"
        return (f"{dossier.name}: no figure of {other}'s {what} of these goods: unknown, not zero.",)
    row, code = told[0], line.codes[0]
    where = f"({period(row)}; {source(row, 'markets')})"
    said = [f"{other} {verb} {amount(row)}{goods_of(row, code)} {where}."]
    if kind == "offers":
        said += _rivals(dossier, line, direction)
    return tuple(said)


def _rivals(dossier: Dossier, line: Offer, direction: str) -> Iterable[str]:
    rows = rows_of(dossier.tables["markets"], line.codes[0], direction, ("competitor",), None)
    rows = [
        row for row in rows if row["country"] != line.country and (row["value_usd_m"] or row["quantity_kt"])
    ]
    if rows:
        same = [row for row in rows if row["period_end"] == rows[0]["period_end"]]
        same.sort(key=lambda row: -(row["quantity_kt"] or row["value_usd_m"] or 0))
        code = line.codes[0]
        named = ", ".join(f"{row['country']} {amount(row)}{goods_of(row, code)}" for row in same[:RIVALS])
        yield f"Rivals there: {named} ({period(same[0])}; {source(same[0], 'markets')})."


def rows_of(
    table: Iterable[Row], code: str, direction: str, sides: Sequence[str], country: str | None
) -> list[Row]:
    """Rows on a code: those of the code itself first, then of a wider group; newest first, doubtful ones last."""
    found = []
    for row in table:
        if row["direction"] != direction or row["side"] not in sides or row["same_as"]:
            continue
        if country is not None and row["country"] != country:
            continue
        narrow, wide = fit(row["hs_code"], code)
        if narrow or wide:
            found.append(row)
    found.sort(key=lambda row: _newness(row), reverse=True)
    found.sort(key=lambda row: (row["doubtful"] == Doubt.YES, not fit(row["hs_code"], code)[0]))
    return found


def fit(codes: str | None, code: str) -> tuple[bool, bool]:
    """Whether codes of a row lie within a code (or are it), and whether they hold it and more."""
    if not codes or codes == "all":
        return False, False
    narrow = contains(code, codes)
    return narrow, not narrow and contains(codes, code)


def goods_of(row: Row, code: str) -> str:
    """Goods and codes of a row that is not of the very code: " of oilseeds, HS 1201-1207"; else nothing."""
    codes = str(row["hs_code"])
    same = contains(code, codes) and contains(codes, code)
    return "" if same else f" of {row['product']}, HS {codes}"


def _newness(row: Row) -> tuple[date, float]:
    end, start = row["period_end"] or date.min, row["period_start"] or date.min
    return end, float((end - start).days)


def amount(row: Row) -> str:
    """Tonnes and dollars of a row."""
    parts = []
    if row.get("quantity_kt"):
        parts.append(
            f"{row['quantity_kt']:,.4g} kt" if row["quantity_kt"] < 1000 else f"{row['quantity_kt']:,.0f} kt"
        )
    if row.get("value_usd_m"):
        parts.append(f"USD {row['value_usd_m']:,.4g} m")
    return " worth ".join(parts)


def period(row: Row) -> str:
    """The period in the source's words."""
    return str(row["period_original"] or "period not stated")


def source(row: Row, table: str) -> str:
    """Publisher, date and row."""
    parts = (row["publisher"], row["published_date"], f"{table}:{row['id']}")
    return ", ".join(str(part) for part in parts if part)
