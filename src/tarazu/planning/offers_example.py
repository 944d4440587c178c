"""How an announced list becomes offers, potential and a measured result: the worked example of a dossier.

A minister announces so many additional items worth so much; no source lists them. What a dossier has instead are the
exporter's own products. Each becomes an offer, with what is unknown left empty; the importer's purchases become
requests; both are matched; the potential of each product is that of the plan's assessment; and what was traded before
and after the announcement stands beside the claim. Since no item of the list is named, no flow can be traced to it:
that share is said first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import InputError
from tarazu.core.source import Doubt
from tarazu.core.table import Column, Table
from tarazu.planning.brief import Subject
from tarazu.planning.brief_trade import HAPPENED, LONG, assessment_of, flow_rows, line_of
from tarazu.planning.hs_texts import headings
from tarazu.planning.offers import ALL_YEAR, SCREENING, Kind, Offer, OfferList
from tarazu.planning.offers_demand import amount, period, source
from tarazu.planning.offers_match import Matched, match
from tarazu.planning.transport_flows import network_of
from tarazu.potential.figures import FOREIGN_GOODS

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier

Row = Mapping[str, Any]

YEARLY = ("per year", "a year")
OWN_SIDES = ("supply", "bilateral", "capacity")
MOSTLY = 0.9  # share of a period that must lie on one side of the announcement
WHOLE_YEAR = (330, 400)  # days of a period whose amount is one of a year
PLAN = "plan"
NOBODY = "not named"

POTENTIAL = (
    Column("hs"),
    Column("product"),
    *(
        Column(f"{name}_{q}", "USD m a year", "empty where unknown")
        for name in ("realised", "potential", "unrealised")
        for q in ("q10", "q50", "q90")
    ),
    Column("line", "", "codes of the line of the potential, which may be wider and serve several products"),
    Column("line_goods", "", "goods of that line"),
)
MEASURED = (
    Column("hs"),
    Column("product"),
    Column(
        "before", "", "newest flow before the announcement, of like length with the one after if there is one"
    ),
    Column("before_row"),
    Column("after", "", "newest flow after it"),
    Column("after_row"),
    Column("change", "share", "of tonnes, else of value; only where the periods are of like length"),
)


@dataclass(frozen=True)
class Example:
    """Result of `example`.

    Attributes
    ----------
    claim
        Row of products.csv that announces the list.
    items
        How many it says there are; None where it does not.
    counted, totals
        What is counted, and its yearly amounts from the year before, in the series in which the target counts: year,
        USD million, row.
    """

    dossier: Dossier
    claim: Row
    items: int | None
    announced: date
    offers: OfferList
    requests: OfferList
    matched: Matched
    potential: Table
    measured: Table
    counted: str
    totals: tuple[tuple[int, float, str], ...]

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The example in words, the claim first and what can be traced of it second."""
        claimed = self.claim["value_usd_m"]
        listed = f"{self.items} items" if self.items else "the items"
        named = f"0 of {self.items}" if self.items else "none"
        worth = f"USD {claimed:,.0f} m" if claimed else "an amount that is not stated"
        known = {
            row["line"]: row["unrealised_q50"] for row in self.potential if row["unrealised_q50"] is not None
        }
        said = [
            f"Claimed: {self.claim['product']}, {worth} ({source(self.claim, 'products')}).",
            f"Traced: {named} items are named by any source found, so 0% of the {worth} can be traced to them. "
            f"What follows are the {len(self.offers.rows)} products that the dossier itself knows; it is not the list.",
            f"Potential: {len(known)} lines are known well enough; USD {sum(known.values()):,.0f} m a year of their "
            f"potential is not realised (sum of medians, which is not the median of the sum). Whether it lies in "
            f"{listed} nobody can say.",
        ]
        return (*said, *self._other_lines(), *self._results())

    def _other_lines(self) -> Iterable[str]:
        """Whose potential it is where the line known is not that of the product: one amount may stand at several."""
        found: dict[tuple[str, str], list[str]] = {}
        for row in self.potential:
            if row["unrealised_q50"] is not None and row["line"] != row["hs"]:
                found.setdefault((row["line_goods"], row["line"]), []).append(row["hs"])
        if found:
            named = "; ".join(
                f"at {', '.join(at)} that of {goods}, HS {line}" for (goods, line), at in found.items()
            )
            yield f"Not of the product itself, and counted once above, is the potential shown {named}."

    def _results(self) -> Iterable[str]:
        moved = [row for row in self.measured if row["change"] is not None]
        up = sum(row["change"] > 0 for row in moved)
        yield (
            f"Measured: of {len(self.measured)} products {len(moved)} have comparable flows before and after "
            f"{self.announced}; {up} rose."
        )
        if len(self.totals) > 1:
            years = ", ".join(f"{year} USD {value:,.0f} m ({row})" for year, value, row in self.totals)
            change = self.totals[-1][1] - self.totals[0][1]
            yield (
                f"{self.counted}: {years}; a change of {change:+,.0f} m beside the claim of "
                f"{self.claim['value_usd_m'] or 0:,.0f} m. How much of it the list caused cannot be told."
            )

    def tables(self) -> dict[str, Table]:
        """Tables by the name of their CSV file; `offers` and `requests` can be read back."""
        lists = {each.kind: _as_form(each.table) for each in (self.offers, self.requests)}
        return {**lists, **self.matched.tables(), "potential": self.potential, "measured": self.measured}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "dossier": self.dossier.name,
            "claim": {
                "row": f"products:{self.claim['id']}",
                "text": self.claim["product"],
                "value_usd_m": self.claim["value_usd_m"],
                "announced": self.announced.isoformat(),
                "items": self.items,
                "items_named": 0,
                "share_traced": 0.0,
            },
            "summary": list(self.sentences),
            "offers": self.offers.table.records(),
            "requests": self.requests.table.records(),
            "matches": self.matched.to_dict()["matches"],
            "potential": self.potential.records(),
            "measured": self.measured.records(),
            "counted": self.counted,
            "years": [{"year": y, "usd_m": v, "row": r} for y, v, r in self.totals],
            "screening": SCREENING,
        }


def _as_form(table: Table) -> Table:
    """Without the column that the form does not have."""
    keep = [k for k, column in enumerate(table.columns) if column.name != "suggested_hs"]
    rows = tuple(tuple(row[k] for k in keep) for row in table.rows)
    return Table(table.name, tuple(table.columns[k] for k in keep), rows)


def claims(dossier: Dossier) -> tuple[Row, ...]:
    """Announced lists of unnamed goods: plans without a code in products.csv, those that count items first."""
    rows = [
        row
        for row in dossier.tables["products"]
        if row["kind"] == PLAN and not row["hs_code"] and row["direction"] != "both"
    ]
    return tuple(sorted(rows, key=lambda row: _items(row) is None))


def _items(row: Row) -> int | None:
    found = re.search(r"\b(\d{1,5})\b.*\bitems\b", str(row["product"]))
    return int(found[1]) if found else None


def example(dossier: Dossier, claim: str | None = None, on: date | None = None) -> Example:
    """The worked example of an announced list.

    Parameters
    ----------
    claim
        Id of the row of products.csv that announces it; by default the first without a code.

    Raises
    ------
    InputError
        If the dossier has no such row.
    """
    found = {row["id"]: row for row in claims(dossier)}
    if not found or (claim and claim not in found):
        known = ", ".join(found) or "none"
        raise InputError(
            f"{dossier.name}: products.csv announces no such list of goods. Rows that do: {known}."
        )
    row = found[claim] if claim else next(iter(found.values()))
    exporter, importer = row["direction"].split("->")
    countries = {each.alpha3: each for each in (dossier.home, dossier.partner)}
    announced = row["period_start"] or date.min
    network = network_of(dossier)
    subject = Subject(
        "", "", countries[exporter], countries[importer], date.max, dossier,  # flows after it are looked at too
        assessment_of(dossier, row["direction"], date.max), None, network, None,
    )  # fmt: skip
    goods = _goods(subject)
    offers = _list(
        "offers", dossier, [_offer(subject, code, rows, k) for k, (code, rows) in enumerate(goods.items())]
    )
    requests = _list("requests", dossier, _requests(subject))
    return Example(
        dossier,
        row,
        _items(row),
        announced,
        offers,
        requests,
        match(offers, requests, network=network, dossier=dossier, on=on),
        Table.build("potential", POTENTIAL, [_potential(subject, line) for line in offers.rows]),
        Table.build("measured", MEASURED, [_measured(subject, line, announced) for line in offers.rows]),
        *_totals(subject, announced),
    )


def _goods(subject: Subject) -> dict[str, list[tuple[str, Row]]]:
    """The exporter's products by code of 4 or 6 digits, with their rows."""
    found: dict[str, list[tuple[str, Row]]] = {}
    for table in ("products", "markets"):
        for row in subject.rows(table):
            own = (
                row["kind"] in (PLAN, *HAPPENED)
                if table == "products"
                else row["side"] in OWN_SIDES and row["country"] == subject.exporter.alpha3
            )
            own = own and not any(word in row["product"] for word in FOREIGN_GOODS)
            code = str(row["hs_code"] or "")
            if row["direction"] != subject.direction or not own or row["doubtful"] == Doubt.YES:
                continue
            if code.isdigit() and len(code) in (4, 6) and code[:4] in headings():
                found.setdefault(code, []).append((table, row))
    return dict(sorted(found.items()))


def _offer(subject: Subject, code: str, rows: Sequence[tuple[str, Row]], number: int) -> Offer:
    """One product as an offer: tonnes only where someone offered so many a year."""
    offered = [
        row
        for table, row in rows
        if table == "products" and row["kind"] == PLAN and row["tonnes_kt"] and _yearly(row)
    ]
    best = max(offered, key=lambda row: str(row["published_date"] or ""), default=None)
    tonnes = best["tonnes_kt"] * 1000 if best else None
    stated = best or rows[0][1]
    table = "products" if best else rows[0][0]
    party = str(best["reporter"] or NOBODY) if best else NOBODY
    return _line(
        f"{subject.exporter.alpha3}-{code}",
        number,
        subject.exporter.alpha3,
        party,
        stated,
        code,
        tonnes,
        table,
    )


def _yearly(row: Row) -> bool:
    return any(word in str(row["period_original"]) for word in YEARLY)


def _requests(subject: Subject) -> list[Offer]:
    """The importer's purchases as requests: the newest amount of each code; no price, since an average is no bid."""
    newest: dict[str, Row] = {}
    for row in subject.rows("markets"):
        code = str(row["hs_code"])
        usable = (
            row["side"] == "demand"
            and row["country"] == subject.importer.alpha3
            and row["doubtful"] != Doubt.YES
        )
        if (
            row["direction"] != subject.direction
            or not usable
            or not code.isdigit()
            or len(code) not in (4, 6)
        ):
            continue
        if code not in newest or _rank(row) > _rank(newest[code]):
            newest[code] = row
    return [
        _line(
            f"{subject.importer.alpha3}-{code}",
            number,
            subject.importer.alpha3,
            NOBODY,
            row,
            code,
            row["quantity_kt"] * 1000 if _of_a_year(row) else None,
            "markets",
        )
        for number, (code, row) in enumerate(sorted(newest.items()))
    ]


def _rank(row: Row) -> tuple[bool, date]:
    return _of_a_year(row), row["period_end"] or date.min


def _of_a_year(row: Row) -> bool:
    if not row["quantity_kt"]:
        return False
    if _yearly(row):
        return True
    days = (row["period_end"] - row["period_start"]).days if row["period_start"] and row["period_end"] else 0
    return WHOLE_YEAR[0] <= days <= WHOLE_YEAR[1]


def _line(
    name: str, number: int, country: str, party: str, row: Row, code: str, tonnes: float | None, table: str
) -> Offer:
    return Offer(
        id=name,
        row=number + 2,
        country=country,
        party=party,
        product=str(row["product"]),
        hs=code,
        guesses=(),
        volume_t=(0.0, tonnes) if tonnes else None,
        price_usd_t=None,
        incoterm="",
        price_place="",
        months=ALL_YEAR,
        season_known=False,
        certificates=(),
        place="",
        node="",
        price_node="",
        valid_until=None,
        contact="",
        source=source(row, table),
    )


def _list(kind: Kind, dossier: Dossier, rows: Sequence[Offer]) -> OfferList:
    return OfferList(kind, f"{dossier.name} {kind}", tuple(rows), ())


def _potential(subject: Subject, offer: Offer) -> dict[str, Any]:
    line = line_of(subject.assessment, offer.hs)
    record: dict[str, Any] = {"hs": offer.hs, "product": offer.product}
    if line:
        record |= {"line": line.codes, "line_goods": line.product}
        for name, interval in (
            ("realised", line.realised.usd_m),
            ("potential", line.potential),
            ("unrealised", line.unrealised),
        ):
            record |= {
                f"{name}_{q}": getattr(interval, q) if interval else None for q in ("q10", "q50", "q90")
            }
    return record


def _measured(subject: Subject, offer: Offer, announced: date) -> dict[str, Any]:
    """The newest long flows on both sides of the announcement."""
    rows = [
        (f"{table}:{row['id']}", row)
        for table, row in flow_rows(replace(subject, code=offer.hs))
        if row["period_start"] and (row["period_end"] - row["period_start"]).days >= LONG
    ]
    earlier = [each for each in rows if _share_after(each[1], announced) <= 1 - MOSTLY]
    later = [each for each in rows if _share_after(each[1], announced) >= MOSTLY]
    alike = [(b, a) for a in later for b in earlier if _change(b[1], a[1]) is not None]
    before, after = alike[0] if alike else (next(iter(earlier), None), next(iter(later), None))
    record: dict[str, Any] = {"hs": offer.hs, "product": offer.product}
    for name, found in (("before", before), ("after", after)):
        if found:
            record |= {name: f"{_shown(found[1])}, {period(found[1])}", f"{name}_row": found[0]}
    if before and after:
        record["change"] = _change(before[1], after[1])
    return record


def _share_after(row: Row, day: date) -> float:
    """Share of a period that lies after a day."""
    days = (row["period_end"] - row["period_start"]).days + 1
    after = (row["period_end"] - day).days + 1
    return float(min(max(after, 0), days) / days)


def _shown(row: Row) -> str:
    kt = row["tonnes_kt"] if "tonnes_kt" in row else row["quantity_kt"]
    return amount({"quantity_kt": kt, "value_usd_m": row["value_usd_m"]}) or "0 kt"


def _change(before: Row, after: Row) -> float | None:
    lengths = [(row["period_end"] - row["period_start"]).days for row in (before, after)]
    if abs(lengths[0] - lengths[1]) > 0.1 * lengths[0]:
        return None
    for name in (("tonnes_kt", "quantity_kt"), ("value_usd_m",)):
        a, b = (next((row[key] for key in name if row.get(key) is not None), None) for row in (before, after))
        if a and b is not None:
            return float(b / a - 1)
    return None


def _totals(subject: Subject, announced: date) -> tuple[str, tuple[tuple[int, float, str], ...]]:
    """Trade by calendar year from the year before the announcement, in the target's series: exports, else turnover."""
    dossier = subject.dossier
    assert dossier is not None, "the example is one of a dossier"
    exports = "home_to_partner_usd_m" if subject.exporter == dossier.home else "partner_to_home_usd_m"
    words = {
        exports: f"{subject.exporter.name()}'s exports to {subject.importer.name()}",
        "turnover_usd_m": "Turnover in both directions, since exports alone are not stated for these years",
    }
    found: dict[int, tuple[int, float, str]] = {}
    for column, what in words.items():
        found = {}
        for row in dossier.tables["turnover"]:
            whole = row["scope"] == "all goods" and row["period_type"] == "year" and not row["superseded_by"]
            usable = row["reporter_group"] == dossier.series and row["doubtful"] != Doubt.YES and row[column]
            year = row["period_start"].year
            if whole and usable and year >= announced.year - 1 and row["period_start"].month == 1:
                found.setdefault(year, (year, float(row[column]), f"turnover:{row['id']}"))
        if len(found) > 1:
            return what, tuple(found[year] for year in sorted(found))
    return "", ()
