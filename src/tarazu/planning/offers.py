"""Offers and requests: a list of a firm or a ministry as CSV, read, checked and typed.

One row is one product of one party: in words, with the code if it is known, yearly tonnes, price with its Incoterms
rule, months, certificates and a place of the transport network. The columns stand in ``data/offers/variables.csv``. A
row that cannot be used is left out and named with file, row and column; what is doubtful is used and named. Nobody is
screened here: screening of every party comes before any contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tarazu.core import codes
from tarazu.core.checks import Check, place
from tarazu.core.errors import InputError, NetworkError, UnknownCodeError
from tarazu.core.names import ascii_digits
from tarazu.core.schema import DATA, declared, header_line, read_table
from tarazu.core.table import Column, Table
from tarazu.corridor.reading import months_of
from tarazu.planning.hs_texts import HsSuggestion, headings, meant, named
from tarazu.planning.offers_reading import read_list

if TYPE_CHECKING:
    from tarazu.corridor.network import Network

DECLARATION = "offers/variables.csv"
Kind = Literal["offers", "requests"]
KINDS: tuple[Kind, ...] = ("offers", "requests")
SCREENING = (
    "Nobody was screened: screening of every party, vessel and good against the lists in force comes before any "
    "contract, and nothing here splits or reroutes around a control."
)
ALL_YEAR = tuple(range(1, 13))
# Incoterms rules whose price includes the main carriage, or ends before it.
DELIVERED = frozenset({"CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"})
AT_SELLER = frozenset({"EXW", "FCA", "FAS", "FOB"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One row of a list; of a request, what is wanted, paid and required.

    Attributes
    ----------
    row
        In the file; the header is row 1.
    hs
        The code given; empty where the row has none.
    guesses
        The heading that the words mean beyond doubt where no code is given; none where several may be meant.
    volume_t, price_usd_t
        Low and high end; None where nothing is said. Tonnes of which only the most is named begin at 0.
    months
        Of the year; all twelve where nothing is said.
    node, price_node
        Places of the transport network; empty where none is known.
    """

    id: str
    row: int
    country: str
    party: str
    product: str
    hs: str
    guesses: tuple[HsSuggestion, ...]
    volume_t: tuple[float, float] | None
    price_usd_t: tuple[float, float] | None
    incoterm: str
    price_place: str
    months: tuple[int, ...]
    season_known: bool
    certificates: tuple[str, ...]
    place: str
    node: str
    price_node: str
    valid_until: date | None
    contact: str
    source: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The code given, or those suggested."""
        return (self.hs,) if self.hs else tuple(each.hs for each in self.guesses)

    def label(self) -> str:
        """Code and words."""
        shown = self.hs or (f"{self.guesses[0].hs}?" if self.guesses else "no code")
        return f"{shown} {self.product}"


@dataclass(frozen=True)
class OfferList:
    """A file of offers or requests.

    Attributes
    ----------
    rows
        Rows that can be used.
    checks
        What was left out, and what is doubtful.
    """

    kind: Kind
    name: str
    rows: tuple[Offer, ...]
    checks: tuple[Check, ...]

    @property
    def table(self) -> Table:
        """The rows, with the code that is used."""
        columns = (*_columns(self.kind), Column("suggested_hs", "", "suggested from the words"))
        records = [
            {
                **{name: getattr(each, name) for name in ("id", "country", "party", "product", "incoterm")},
                "hs": each.hs or None,
                "volume_low_t": (each.volume_t[0] or None) if each.volume_t else None,
                "volume_high_t": each.volume_t and each.volume_t[1],
                "price_low_usd_t": each.price_usd_t and each.price_usd_t[0],
                "price_high_usd_t": each.price_usd_t and each.price_usd_t[1],
                "price_place": each.price_place,
                "months": ";".join(map(str, each.months)) if each.season_known else None,
                "certificates": ";".join(each.certificates),
                "place": each.place,
                "valid_until": each.valid_until and each.valid_until.isoformat(),
                "contact": each.contact,
                "source": each.source,
                "suggested_hs": "; ".join(f"{g.hs} ({g.score:.0f})" for g in each.guesses) or None,
            }
            for each in self.rows
        ]
        return Table.build(self.kind, columns, records)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        from tarazu.planning.output import check_dict

        return {
            "kind": self.kind,
            "file": self.name,
            "rows": self.table.records(),
            "checks": [check_dict(check) for check in self.checks],
            "screening": SCREENING,
        }


@cache
def scoring() -> Mapping[str, float]:
    """Parameters of codes and matches by name, as ``data/offers/scoring.csv`` has them with their meaning."""
    parsed = read_table(DATA / "offers" / "scoring.csv", "scoring", declaration=DECLARATION)
    return {row["id"]: row["value"] for row in parsed.table}


@cache
def certificates() -> Mapping[str, str]:
    """Name of each certificate by id."""
    parsed = read_table(DATA / "offers" / "certificates.csv", "certificates", declaration=DECLARATION)
    return {row["id"]: row["name"] for row in parsed.table}


def _columns(kind: Kind) -> tuple[Column, ...]:
    return tuple(Column(v.column, v.unit, v.meaning) for v in declared(DECLARATION)[kind])


def form(kind: Kind) -> dict[str, str]:
    """Texts of an empty list and of the explanation of its columns, by file name."""
    columns = tuple(Column(name) for name in ("column", "needed", "unit", "possible", "meaning"))
    ids = ", ".join(f"{name} ({text})" for name, text in certificates().items())
    rows = tuple(
        (
            v.column,
            "yes" if v.required else "no",
            v.unit,
            ids if v.column == "certificates" else ", ".join(v.allowed),
            v.meaning,
        )
        for v in declared(DECLARATION)[kind]
    )
    explained = Table(f"{kind}-columns", columns, rows)
    return {
        f"{kind}.csv": header_line(kind, DECLARATION) + "\n",
        f"{kind}-columns.csv": explained.to_csv(),
    }


def read_offers(path: Path, kind: Kind, network: Network | None = None, on: date | None = None) -> OfferList:
    """Read a list of offers or requests.

    Parameters
    ----------
    network
        In which places are looked up; without one no place is known.
    on
        Day on which lines that have ended are warned of; without one none is.

    Raises
    ------
    InputError
        If there is no such file.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: there is no such file. `tarazu offers form {path.name}` writes an empty one."
        )
    parsed = read_list(path, kind, DECLARATION)
    checks, kept, seen = list(parsed.checks), [], set()
    for number, row in parsed:
        where = _Where(path.name, number)
        if row["id"] in seen:
            message = f'"{row["id"]}" stands in an earlier row too. Give each row its own.'
            checks.append(Check.error("duplicate-id", where("id"), message))
            continue
        seen.add(row["id"])
        offer, found = _offer(row, where, network)
        checks += found
        if offer is not None:
            kept.append(offer)
            if on and offer.valid_until and offer.valid_until < on:
                message = f"ended on {offer.valid_until}, before {on}: it is matched with nothing. Ask for a new day."
                checks.append(Check.warning("ended", where("valid_until"), message))
    if not kept and not any(check.severity == "error" for check in checks):
        checks.append(Check.warning("no-rows", path.name, "has no rows. Write one product in each."))
    return OfferList(kind, path.name, tuple(kept), tuple(checks))


@dataclass(frozen=True, slots=True)
class _Where:
    file: str
    row: int

    def __call__(self, column: str) -> str:
        return place(self.file, self.row, column)


def _offer(
    row: Mapping[str, Any], where: _Where, network: Network | None
) -> tuple[Offer | None, list[Check]]:
    """One typed row; None with an error where it cannot be used."""
    text = {key: row[key] or "" for key in ("party", "place", "price_place", "contact", "source", "incoterm")}
    hs, checks = _code(row, where)
    volume, price = _range(row, "volume", "t"), _range(row, "price", "usd_t")
    for name, unit, found in (("volume", "t", volume), ("price", "usd_t", price)):
        column = f"{name}_high_{unit}"
        if found and found[0] > found[1]:
            message = f"{found[1]:g} is below {name}_low_{unit}, {found[0]:g}. Exchange them."
            checks.append(Check.error("low-above-high", where(column), message))
        elif found and found[1] == 0:
            message = "is zero. Leave the cell empty if it is not known."
            checks.append(Check.error("zero", where(column), message))
    months = months_of(ascii_digits(row["months"] or "").replace(",", ";").replace(" ", ""))
    if months is None:
        message = f'"{row["months"]}" are not months. Write numbers and ranges such as 9-12;1-5.'
        checks.append(Check.error("not-months", where("months"), message))
    if any(check.severity == "error" for check in checks):
        return None, checks
    node, said = _node(text["place"], network, where("place"))
    price_node, also = _node(text["price_place"], network, where("price_place"))
    held = tuple(dict.fromkeys(each.lower() for each in row["certificates"] or ()))
    checks += [*said, *also, *_certificate_checks(held, where)]
    if price and not text["incoterm"]:
        message = "is empty: the price is taken as it stands, though nobody knows what it includes."
        checks.append(Check.warning("no-incoterm", where("incoterm"), message))
    made = Offer(
        id=row["id"],
        row=where.row,
        country=row["country"],
        product=row["product"],
        hs=hs,
        guesses=(),
        volume_t=volume,
        price_usd_t=price,
        months=months or ALL_YEAR,
        season_known=bool(row["months"]),
        certificates=held,
        node=node,
        price_node=price_node or node,
        valid_until=row["valid_until"],
        **text,
    )
    return _guessed(made, where, checks)


def _guessed(offer: Offer, where: _Where, checks: list[Check]) -> tuple[Offer, list[Check]]:
    """With the suggested headings where no code is given."""
    if offer.hs:
        return offer, checks
    given = scoring()
    best, found = meant(offer.product, given["guess-least"], given["guess-margin"])
    guesses = (best,) if best else ()
    if best:
        message = f'is empty: taken from "{offer.product}" as {named(guesses)}. Write the code that is right.'
    else:
        candidates = f" Candidates: {named(found)}." if found else ""
        message = (
            f'is empty, and "{offer.product}" means no one heading; left empty.{candidates} Write the code.'
        )
    checks.append(Check.warning("hs-suggested" if guesses else "hs-unknown", where("hs"), message))
    return replace(offer, guesses=guesses), checks


def _code(row: Mapping[str, Any], where: _Where) -> tuple[str, list[Check]]:
    """The code of a row, cut to six digits, and what is wrong with it."""
    text = ascii_digits(row["hs"] or "").replace(".", "").replace(" ", "")
    if not text:
        return "", []
    checks = []
    if text.isdecimal() and 6 < len(text) <= 12:
        message = f"{text} has digits of a national tariff: used as {text[:6]}, which countries share."
        checks.append(Check.note("national-digits", where("hs"), message))
        text = text[:6]
    try:
        code = codes.product(text).code
    except UnknownCodeError as error:
        return "", [Check.error("unknown-code", where("hs"), str(error))]
    if len(code) >= 4 and code[:4] not in headings():
        message = f"{code}: HS 2022 has no heading {code[:4]}. Correct it, or leave the cell empty."
        return "", [Check.error("unknown-code", where("hs"), message)]
    return code, checks


def _range(row: Mapping[str, Any], name: str, unit: str) -> tuple[float, float] | None:
    low, high = row[f"{name}_low_{unit}"], row[f"{name}_high_{unit}"]
    if low is None and high is None:
        return None
    if low is None:
        low = 0.0 if name == "volume" else high  # who names the most names no least
    return low, (low if high is None else high)


def _node(text: str, network: Network | None, where: str) -> tuple[str, list[Check]]:
    if not text or network is None:
        return "", []
    try:
        return network.find(text).id, []
    except NetworkError as error:
        return "", [
            Check.warning("unknown-place", where, f"{error} Without it freight and days are unknown.")
        ]


def _certificate_checks(held: tuple[str, ...], where: _Where) -> Iterator[Check]:
    for name in held:
        if name not in certificates():
            known = ", ".join(certificates())
            message = f'"{name}" is none of the certificates known, {known}. It matches only the same word.'
            yield Check.warning("unknown-certificate", where("certificates"), message)
