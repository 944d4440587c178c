"""Rows of the tables `products` and `markets` as figures of one direction, each with the role it plays.

A figure is a flow of the pair, the exporter's supply or capacity, the importer's demand, a rival's
sale in that market, or (everything else) evidence on prices only. What is left out is said in a
check: plans, spans without dates, and figures of one firm, province or contract, which are not
those of the country.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from tarazu.core.checks import Check
from tarazu.core.errors import UnknownCodeError
from tarazu.core.hs import Span, spans
from tarazu.core.source import Doubt

Row = Mapping[str, Any]
Tariff = tuple[date | None, float | None, float | None, str]
"""Start of the rate, ad-valorem rate before and after (percent), row."""

PARTIAL_SCOPE = (
    "one firm",
    "one exporter",
    "one province",
    "one region",
    "one city",
    "one plant",
    "of the plant",
    "one contract",
    "not the country",
    " only ;",
    " region ",
    "; without ",
    "proxy",
    "not a market share",
)
"""Words by which a row says that it does not speak for the country, sought in lower case in
`` {period_original} ; {note} ;``, so that `` only ;`` is the last word of either."""

PLACE = re.compile(r", [A-Z][a-z]+$")
"""A capitalised word after the last comma of `period_original` (``per year, Taraz``): one place."""

INTENTION = re.compile(r"\b(plan|forecast|potential)\b", re.IGNORECASE)
"""In `period_original`, or as the first word of the note: an intention, not an observation."""

FOREIGN_GOODS = ("swap", "transit")
"""In `product`: goods that are exchanged for a third party's or carried through, not sold to the partner."""

ENDED = ("stopped sales", "sales stopped", "deliveries stopped", "shipments stopped")
"""In the note: the flow was real and has ended, so it speaks for the past only."""

YEARLY = ("usual", "per year", "a year")
"""In `period_original`: a yearly rate that holds around the date of publication."""


class Role(StrEnum):
    """What a figure says about a direction."""

    FLOW = "flow"
    SUPPLY = "supply"
    CAPACITY = "capacity"
    DEMAND = "demand"
    RIVAL = "rival"
    PRICE = "price"  # evidence on unit values only


@dataclass(frozen=True, slots=True)
class Figure:
    """One row's figure.

    Attributes
    ----------
    id
        ``markets.csv:mk014``.
    key
        What the codes cover: rows with equal keys are of one product, however the codes are spelt.
    usd_m, kt, unit_value, share
        Million USD, thousand tonnes, USD per tonne, and share of something in (0, 1].
    start, end
        The span in decimal years, end excluded; equal where only a date is known.
    yearly
        A rate a year, whatever the span.
    upper, ended
        An upper bound; a flow that has since stopped.
    """

    id: str
    role: Role
    codes: str
    key: tuple[Span, ...]
    product: str
    country: str
    usd_m: float | None
    kt: float | None
    unit_value: float | None
    share: float | None
    start: float
    end: float
    yearly: bool
    doubt: Doubt
    upper: bool
    ended: bool
    text: str

    @property
    def middle(self) -> float:
        """Mid-date, decimal year."""
        return (self.start + self.end) / 2

    @property
    def years(self) -> float:
        """Length of what it covers: a yearly rate covers a year."""
        return 1.0 if self.yearly else self.end - self.start


@dataclass(frozen=True, slots=True)
class Evidence:
    """All figures of a direction, the tariffs by what they cover, and what was left out."""

    figures: tuple[Figure, ...]
    tariffs: tuple[tuple[tuple[Span, ...], Tariff], ...]
    checks: tuple[Check, ...]


def read(products: Iterable[Row], markets: Iterable[Row], direction: str) -> Evidence:
    """Figures of a direction out of both tables, in the order of their ids.

    Parameters
    ----------
    products, markets
        Rows of the dossier tables with typed cells.
    direction
        ``KAZ->IRN``: exporter, then importer.
    """
    figures: list[Figure] = []
    tariffs: list[tuple[tuple[Span, ...], Tariff]] = []
    checks: list[Check] = []
    tagged = [("products.csv", row) for row in products] + [("markets.csv", row) for row in markets]
    repeated = []
    for file, row in sorted(tagged, key=lambda item: (item[0], str(item[1]["id"]))):
        where = f"{file}:{row['id']}"
        if row.get("same_as"):
            repeated += [where] if row["direction"] == direction else []
            continue
        key, bad = _key(row, where)
        checks.extend(bad)
        if not key:
            continue
        if row.get("side") == "tariff":
            if row["direction"] == direction:
                rate = (_date(row, "period_start"), _number(row, "tariff_before_percent"))
                tariffs.append((key, (*rate, _number(row, "tariff_after_percent"), where)))
            continue
        figure, doubts = _figure(row, where, key, direction)
        checks.extend(doubts)
        if figure is not None:
            figures.append(figure)
    if repeated:
        checks.append(
            Check.note("repeated-row", ", ".join(repeated), "Rows that repeat another are not counted.")
        )
    return Evidence(tuple(figures), tuple(tariffs), tuple(checks))


def _key(row: Row, where: str) -> tuple[tuple[Span, ...], list[Check]]:
    codes = str(row.get("hs_code") or "")
    try:
        return spans(codes), []
    except UnknownCodeError as error:
        return (), [Check.warning("unknown-hs-code", where, f"{error} The row is left out of the potential.")]


def _figure(
    row: Row, where: str, key: tuple[Span, ...], direction: str
) -> tuple[Figure | None, tuple[Check, ...]]:
    usd, kt = _number(row, "value_usd_m"), _number(row, "tonnes_kt", "quantity_kt")
    share, price = _number(row, "share_percent"), _number(row, "unit_value_usd_t")
    if usd is None and kt is None and share is None and price is None:
        return None, ()
    role = Role.PRICE if usd is None and kt is None and share is None else _role(row, direction)
    period, note = _texts(row)
    span = _span(row, period)
    checks: tuple[Check, ...] = ()
    if role is not Role.PRICE and (reason := _left_out(role, row, span)):
        checks = (Check.note("left-out-figure", where, f"{row.get('product')}, {role}, {period}: {reason}"),)
        role = Role.PRICE
    if span is None:
        return None, checks
    if price is None and usd and kt:
        price = 1000 * usd / kt
    figure = Figure(
        id=where,
        role=role,
        codes=str(row["hs_code"]),
        key=key,
        product=str(row.get("product") or ""),
        country=str(row.get("country") or ""),
        usd_m=usd,
        kt=kt,
        unit_value=price or None,
        share=None if share is None else share / 100,
        start=span[0],
        end=span[1],
        yearly=_is_yearly(period),
        doubt=Doubt(str(row.get("doubtful") or "no")),
        upper=note.startswith("Upper bound") and role is Role.FLOW,
        ended=any(words in note for words in ENDED),
        text=f"{period} {note}",
    )
    return figure, checks


def _role(row: Row, direction: str) -> Role:
    """Role in this direction; rows of other directions and kinds still tell prices."""
    exporter, importer = direction.split("->")
    if row["direction"] != direction:
        return Role.PRICE
    if "side" not in row:
        return Role.FLOW if row.get("kind") == "actual" else Role.PRICE
    side, country = row["side"], row.get("country")
    if side in ("bilateral", "competitor") and country == exporter:
        return Role.FLOW
    if side == "competitor":
        return Role.RIVAL
    if side in ("supply", "capacity") and country == exporter:
        return Role.SUPPLY if side == "supply" else Role.CAPACITY
    return Role.DEMAND if side == "demand" and country == importer else Role.PRICE


def _texts(row: Row) -> tuple[str, str]:
    return str(row.get("period_original") or ""), str(row.get("note") or "")


def _left_out(role: Role, row: Row, span: tuple[float, float] | None) -> str:
    """Why a figure does not count as the country's, or nothing."""
    period, note = _texts(row)
    if any(word in str(row.get("product")).lower() for word in FOREIGN_GOODS):
        return "goods of third parties, not sales to the partner; not counted."
    text = f" {period} ; {note} ;".lower()
    phrase = next((words.strip(" ;") for words in PARTIAL_SCOPE if words in text), "")
    if phrase or PLACE.search(period):
        return f'part of the country only ("{phrase or period.rsplit(",", 1)[1].strip()}"), not counted.'
    intention = INTENTION.search(period) or INTENTION.match(note)
    if intention and role in (Role.FLOW, Role.SUPPLY):
        return f'an intention ("{intention[0]}"), not an observation; not counted.'
    if span is None:
        return "no dates, so not counted; give period_start and period_end."
    return ""


def _is_yearly(period: str) -> bool:
    return any(words in period.lower() for words in YEARLY)


def _span(row: Row, period: str) -> tuple[float, float] | None:
    """Decimal years; a yearly rate without dates stands at its publication."""
    start, end = _date(row, "period_start"), _date(row, "period_end")
    if start and end:
        return _decimal(start), _decimal(end) + 1 / 365.25
    if not _is_yearly(period):
        return None
    if start:
        return _decimal(start), _decimal(start)
    published = re.match(r"(\d{4})(?:-(\d{2}))?", str(row.get("published_date") or ""))
    if not published:
        return None
    moment = int(published[1]) + (int(published[2]) - 0.5) / 12 if published[2] else int(published[1]) + 0.5
    return moment, moment


def _decimal(day: date) -> float:
    return day.year + (day.timetuple().tm_yday - 1) / 365.25


def _date(row: Row, name: str) -> date | None:
    value = row.get(name)
    return value if isinstance(value, date) else None


def _number(row: Row, *names: str) -> float | None:
    return next((float(row[name]) for name in names if row.get(name) is not None), None)
