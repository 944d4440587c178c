"""The exporter's brief: one product from one country to another on one page, each line with source and date.

Flows and trend, potential, tariffs, quotas and bans, certificates, rivals, unit values, routes, landed price, payment,
whom to ask, deadlines. Lines are quoted from the dossier, the register and the transport network; nothing is filled
in: what nobody states is listed as unknown. The brief screens nobody and looks for no way around a control.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tarazu.core import codes, hs
from tarazu.core.checks import Check
from tarazu.core.codes import Country
from tarazu.core.errors import InputError, NotReportedError, UnknownCodeError
from tarazu.core.names import ascii_digits
from tarazu.core.source import ObsStatus, Source
from tarazu.planning.hs_texts import heading_text, meant, named
from tarazu.planning.offers import SCREENING, scoring
from tarazu.planning.offers_demand import fit

if TYPE_CHECKING:
    from tarazu.corridor.network import Network
    from tarazu.planning.dossier import Dossier
    from tarazu.potential.line import Assessment, Line
    from tarazu.register.register import Register

CHAPTER, HEADING = 2, 4  # digits


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the brief.

    Attributes
    ----------
    label, text
        What it is about, and what is known.
    source
        Publication; of our own computation the method and what it rests on.
    row
        Row of the dossier or the register.
    status
        As in `ObsStatus`: A stated, E estimated by us, F forecast, C claimed or planned.
    """

    label: str
    text: str
    source: Source | None = None
    row: str = ""
    status: ObsStatus = ObsStatus.NORMAL


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading with its lines, and what is unknown under it."""

    id: str
    title: str
    facts: tuple[Fact, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What a brief is about, with what is at hand.

    Attributes
    ----------
    code
        4 or 6 digits of the Harmonized System.
    line
        Line of the potential that holds the code or lies within it; None where there is none.
    """

    code: str
    name: str
    exporter: Country
    importer: Country
    on: date
    dossier: Dossier | None
    assessment: Assessment | None
    line: Line | None
    network: Network | None
    register: Register | None

    @property
    def direction(self) -> str:
        """``KAZ->IRN``."""
        return f"{self.exporter.alpha3}->{self.importer.alpha3}"

    def rows(self, table: str) -> Sequence[Mapping[str, Any]]:
        """Rows of a table of the dossier that are not later than the day; none without a dossier."""
        from tarazu.planning.brief_dates import is_later

        rows = tuple(self.dossier.tables[table]) if self.dossier else ()
        return tuple(row for row in rows if not is_later(table, row, self.on))

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is of the product: its codes lie within the product's, or are the heading of a subheading."""
        own = str(row["hs_code"] or "")
        return fit(own, self.code)[0] or (len(self.code) > HEADING and own == self.code[:HEADING])

    def wider(self, row: Mapping[str, Any]) -> str:
        """That a row is one of the heading, where the product is a subheading of it."""
        return "" if fit(row["hs_code"], self.code)[0] else f", of HS {row['hs_code']}"


@dataclass(frozen=True)
class Brief:
    """Result of `brief`."""

    subject: Subject
    topics: tuple[Topic, ...]
    checks: tuple[Check, ...] = field(default=())

    @property
    def title(self) -> str:
        """Product and direction."""
        s = self.subject
        return f"{s.name} (HS {s.code}): {s.exporter.name()} to {s.importer.name()}"

    @property
    def unknown(self) -> tuple[str, ...]:
        """What nobody states, by topic."""
        return tuple(f"{topic.title}: {what}" for topic in self.topics for what in topic.unknown)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Publications in the order in which the lines name them."""
        named = (fact.source for topic in self.topics for fact in topic.facts)
        return tuple(dict.fromkeys(source for source in named if source is not None))

    def topic(self, name: str) -> Topic:
        """A topic by its id."""
        return next(topic for topic in self.topics if topic.id == name)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        from tarazu.planning.output import check_dict

        s = self.subject
        return {
            "product": s.code,
            "name": s.name,
            "from": s.exporter.alpha3,
            "to": s.importer.alpha3,
            "on": s.on.isoformat(),
            "dossier": s.dossier.name if s.dossier else None,
            "topics": [
                {
                    "id": topic.id,
                    "title": topic.title,
                    "lines": [_line_dict(fact) for fact in topic.facts],
                    "unknown": list(topic.unknown),
                }
                for topic in self.topics
            ],
            "unknown": list(self.unknown),
            "screening": SCREENING,
            "checks": [check_dict(check) for check in self.checks],
        }

    def html(self) -> str:
        """A self-contained page that prints on one or two sheets."""
        from tarazu.planning.brief_page import page

        return page(self)


def _line_dict(fact: Fact) -> dict[str, Any]:
    source = fact.source
    return {
        "label": fact.label,
        "text": fact.text,
        "status": fact.status.value,
        "row": fact.row or None,
        "publisher": source.publisher if source else None,
        "published": (source.published or None) if source else None,
        "url": (source.url or None) if source else None,
    }


def brief(
    product: str,
    exporter: str,
    importer: str,
    *,
    dossier: Dossier | None = None,
    on: date | None = None,
    origin: str | None = None,
    destination: str | None = None,
) -> Brief:
    """One page on a product, from one country to another.

    Parameters
    ----------
    product
        Code of the Harmonized System of 4 or 6 digits, or the goods in words. A chapter holds different goods and is
        refused, with the headings of which the dossier has figures.
    exporter, importer
        Countries, by code or name.
    dossier
        Facts of the pair; by default the bundled one of the two countries, if there is one.
    on
        Day of the page, by default today: rows that are later are left out.
    origin, destination
        Places of the transport network; by default those with the largest share of the product.

    Raises
    ------
    InputError
        If the product, a country or a place is not known, or the dossier is of another pair.
    """
    from tarazu.planning import brief_people, brief_rules, brief_trade, brief_way

    code, checks = product_code(product)
    start, end = codes.country(exporter), codes.country(importer)
    if start == end:
        raise InputError(f"{start.name()} is both exporter and importer. Name two countries.")
    facts = dossier or _bundled(start, end)
    if len(code) == CHAPTER:
        raise UnknownCodeError(_chapter(code, facts, f"{start.alpha3}->{end.alpha3}"))
    subject = _subject(code, start, end, facts, on or date.today())
    routes = brief_way.routes_of(subject, origin, destination)
    topics = (
        brief_trade.flows(subject),
        brief_trade.potential(subject),
        brief_rules.tariffs(subject),
        brief_rules.restrictions(subject),
        brief_rules.certificates(subject),
        brief_trade.rivals(subject),
        brief_trade.unit_values(subject),
        brief_way.ways(subject, routes),
        brief_way.landed_price(subject, routes),
        brief_rules.payment(subject),
        brief_people.contacts(subject),
        brief_people.deadlines(subject),
    )
    return Brief(subject, topics, (*checks, *_pair_checks(subject), *_later_checks(subject)))


def product_code(product: str) -> tuple[str, tuple[Check, ...]]:
    """Code of a product given by code or in words, and a warning where it was suggested from words.

    Raises
    ------
    UnknownCodeError
        If it is neither a code nor fits a heading.
    """
    text = ascii_digits(product).replace(".", "").replace(" ", "")
    if text.isdecimal():
        code = codes.product(text[:6]).code
        if len(code) >= 4 and not heading_text(code):
            raise UnknownCodeError(f"HS 2022 has no heading {code[:4]}. `tarazu offers hs WORDS` finds one.")
        return code, _national(text, code)
    best, found = meant(product, scoring()["guess-least"], scoring()["guess-margin"])
    if best is None:
        near = f" beyond doubt. Candidates: {named(found)}" if found else ""
        raise UnknownCodeError(
            f'"{product}" is no code and means no one heading{near}. Give 2, 4 or 6 digits, or name the goods more '
            "closely."
        )
    message = (
        f'"{product}" was taken for {best.hs}, {best.text.partition(";")[0]} (score {best.score:.0f} of 100). '
        "Give the code if that is wrong."
    )
    return best.hs, (Check.warning("hs-suggested", "product", message),)


def _national(text: str, code: str) -> tuple[Check, ...]:
    """That the digits of a national tariff were dropped."""
    if len(text) <= len(code):
        return ()
    message = f"{text} has digits of a national tariff: the page is on {code}, which countries share."
    return (Check.note("national-digits", "product", message),)


def _chapter(code: str, dossier: Dossier | None, direction: str) -> str:
    """Why there is no page on a chapter, and the headings to ask for."""
    goods: dict[str, str] = {}
    for table in ("products", "markets") if dossier else ():
        for row in dossier.tables[table] if dossier else ():
            own = str(row["hs_code"] or "")
            if (
                row["direction"] == direction
                and own.isdigit()
                and own.startswith(code)
                and len(own) > CHAPTER
            ):
                goods.setdefault(own[:HEADING], heading_text(own).partition(";")[0])
    told = ", ".join(f"{heading} ({text})" for heading, text in sorted(goods.items()))
    known = f" The dossier has {told}." if told else ""
    what = heading_text(code) or "unknown"
    return (
        f"HS {code} is a chapter, {what}: different goods, which one page would mix. Give a heading.{known}"
    )


def _later_checks(subject: Subject) -> tuple[Check, ...]:
    """That rows later than the day were left out, so that the page is one of that day."""
    tables = ("products", "markets", "restrictions")
    dossier = subject.dossier
    count = sum(len(dossier.tables[table]) - len(subject.rows(table)) for table in tables) if dossier else 0
    if not count:
        return ()
    message = f"{count} rows of the dossier are later than {subject.on} and were left out."
    return (Check.note("later-rows", str(subject.on), message),)


def _bundled(one: Country, other: Country) -> Dossier | None:
    from tarazu.planning.dossier import bundled, load

    for home, partner in ((one, other), (other, one)):
        name = f"{home.alpha3}-{partner.alpha3}".lower()
        if name in bundled():
            return load(name)
    return None


def _subject(code: str, start: Country, end: Country, dossier: Dossier | None, on: date) -> Subject:
    from tarazu.planning.brief_people import register_of
    from tarazu.planning.brief_trade import assessment_of, line_of
    from tarazu.planning.transport_flows import network_of

    if dossier and {dossier.home, dossier.partner} != {start, end}:
        raise InputError(
            f"The dossier {dossier.name} is of {dossier.home.name()} and {dossier.partner.name()}, not of "
            f"{start.name()} and {end.name()}. Name another, or none."
        )
    assessment = assessment_of(dossier, f"{start.alpha3}->{end.alpha3}", on) if dossier else None
    line = line_of(assessment, code)
    words = heading_text(code).partition(";")[0] or f"goods of chapter {code}"
    same = line is not None and hs.contains(code, line.codes) and hs.contains(line.codes, code)
    name = line.product if line and same else words
    return Subject(
        code, name, start, end, on, dossier, assessment, line, network_of(dossier), register_of(dossier)
    )


def _pair_checks(subject: Subject) -> tuple[Check, ...]:
    """What the page says first of a pair without a dossier."""
    if subject.dossier:
        return ()
    start, end = subject.exporter, subject.importer
    message = (
        f"there is no dossier of {start.name()} and {end.name()}: products, tariffs, rules, routes and bodies are "
        f"unknown. `tarazu dossier new {start.alpha3} {end.alpha3} --target 1bn` starts one."
    )
    return (Check.warning("no-dossier", subject.direction, f"{message}{_totals(start, end)}"),)


def _totals(start: Country, end: Country) -> str:
    from tarazu.planning.regions import TRADE_SOURCE, YEAR, pair_totals

    try:
        totals = pair_totals(start, end)
    except (NotReportedError, InputError):
        return ""
    return (
        f" All goods together were worth USD {totals.export_usd / 1e6:,.0f} m in {YEAR} ({TRADE_SOURCE}), and "
        f"USD {totals.import_usd / 1e6:,.0f} m the other way."
    )


def stated(row: Mapping[str, Any]) -> Source:
    """The publication behind a row of the dossier."""
    return Source(row["publisher"], row.get("source_url") or "", str(row.get("published_date") or ""))


def country_name(text: str) -> str:
    """Name of a country by its code; words such as EAEU and several stay as they are."""
    try:
        return codes.country(text).name()
    except UnknownCodeError:
        return text
