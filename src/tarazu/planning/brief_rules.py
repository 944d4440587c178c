"""Of the brief: tariffs, quotas and bans, certificates, sanctions and payment, from restrictions.csv and markets.csv.

Whether a rule holds on a day is read from its dates; where the end is not stated, that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from tarazu.core import codes, hs, period
from tarazu.core.errors import PeriodError
from tarazu.core.source import ObsStatus, Source
from tarazu.planning.brief import Fact, Subject, Topic, country_name, stated
from tarazu.planning.offers_demand import fit

Row = Mapping[str, Any]

IN_FORCE, ENDED, LATER, OPEN = "in force", "ended", "not yet in force", "end not stated"
THEN = "as reported then"
TARIFF, SANITARY, PAYMENT = "tariff", "SPS", "payment"
ELSEWHERE = ("visa", TARIFF, SANITARY, PAYMENT)  # kinds that other topics show, or that concern persons
ALL = ("", "all")
EARLIER = 2  # rules that have ended which are shown
PAYMENTS = 3
USUAL = 5  # certificates, those of the fewest chapters
_PROLONGED = re.compile(r"prolonged to (\d{4}-\d{2}-\d{2})")
_OVER = ("ended", "replaced", "lifted", "later reduced")
CLEARING = "clearing"
COMPARED, OTHERS = "for comparison, other countries' goods", 3  # how many of them are shown
SHORTEST_STEM = 3


def state(row: Row, day: date) -> str:
    """Whether a rule holds on a day."""
    status = str(row["status"] or "")
    start, end = _first(row["valid_from"]), _last(row["valid_to"])
    longer = _PROLONGED.search(status)
    if longer:
        end = _last(longer[1])
    if start and start > day:
        return LATER
    if end:
        return IN_FORCE if end >= day else ENDED
    if status.startswith(_OVER):
        return ENDED
    if status.startswith("then"):
        return THEN
    return IN_FORCE if status.startswith(IN_FORCE) else OPEN


def _first(text: str | None) -> date | None:
    try:
        return period.parse(text).start if text else None
    except PeriodError:
        return None


def _last(text: str | None) -> date | None:
    try:
        return period.parse(text).end if text else None
    except PeriodError:
        return None


def _dates(row: Row) -> str:
    start, end = row["valid_from"] or "", row["valid_to"] or ""
    longer = _PROLONGED.search(str(row["status"] or ""))
    end = longer[1] if longer else end
    if start and end:
        return f"{start} to {end}"
    return f"from {start}" if start else f"until {end}" if end else "no dates stated"


def _value(row: Row) -> str:
    if row["value_text"]:
        return f": {row['value_text']} {row['unit'] or ''}".rstrip()
    return f": {row['value']:g} {row['unit'] or ''}".rstrip() if row["value"] is not None else ""


def _touches(row: Row, code: str) -> bool:
    """Whether a rule concerns the product: its codes overlap, or it is for all goods."""
    if row["hs_code"]:
        return hs.overlap(row["hs_code"], code)
    return str(row["product"] or "") in ALL


def _fact(subject: Subject, row: Row, label: str = "") -> Fact:
    goods = f"{row['product']}: " if row["product"] and str(row["product"]) not in ALL else ""
    held = state(row, subject.on)
    text = f"{goods}{row['measure']}{_value(row)} ({row['imposed_by']} on {row['applies_to']}; {_dates(row)}; {held})"
    doubt = "; to be checked" if row["doubtful"] != "no" else ""
    return Fact(label or row["kind"], text + doubt, stated(row), f"restrictions:{row['id']}")


def tariffs(subject: Subject) -> Topic:
    """Duty before and after an agreement, on the product first, then in general."""
    facts, known = [], False
    for row in subject.rows("markets"):
        if row["side"] != TARIFF or row["direction"] != subject.direction:
            continue
        own, general = any(fit(row["hs_code"], subject.code)), row["hs_code"] == "all"
        if own or general:
            known = known or (own and row["tariff_after_percent"] is not None)
            others = _of_others(row["product"], subject)
            facts.append((3 if others else 0 if own else 1, _tariff(row, others)))
    for row in subject.rows("restrictions"):
        if row["kind"] != TARIFF or not _concerns_imports(row, subject):
            continue
        named = bool(row["hs_code"]) and hs.overlap(row["hs_code"], subject.code)
        if (named or not row["hs_code"]) and state(row, subject.on) in (IN_FORCE, OPEN):
            text = f"{row['product']} {row['applies_to']}"
            others = _of_others(text, subject)
            label = COMPARED if others else "rule"
            facts.append((3 if others else 0 if named else 2, _fact(subject, row, label)))
    facts.sort(key=lambda each: each[0])
    shown = [fact for place, fact in facts if place < 2] + [fact for place, fact in facts if place == 2][:3]
    shown += [fact for place, fact in facts if place == 3][:OTHERS]
    unknown = [] if known else [f"the duty of {subject.importer.name()} on HS {subject.code} today"]
    return Topic("tariff", "Tariff", tuple(shown), tuple(unknown))


def _of_others(text: str, subject: Subject) -> bool:
    """Whether goods are those of another country than the exporter: "Kyrgyz goods", "goods of Russian export"."""
    if subject.exporter.name() in text or " both" in f" {text}":
        return False
    pair = {subject.exporter.alpha3, subject.importer.alpha3}
    return any(re.search(rf"\b{re.escape(stem)}", text) for land, stem in _stems() if land not in pair)


@cache
def _stems() -> tuple[tuple[str, str], ...]:
    """Countries with the part of the name that their adjective keeps: Kyrgyz of Kyrgyzstan."""
    every = ((land.alpha3, land.name().removesuffix("stan").rstrip("i")) for land in codes.countries())
    return tuple((land, stem) for land, stem in every if len(stem) > SHORTEST_STEM)


def _tariff(row: Row, others: bool) -> Fact:
    before, after = (
        "unknown" if row[name] is None else f"{row[name]:g}%"
        for name in ("tariff_before_percent", "tariff_after_percent")
    )
    when = row["period_original"] or row["period_start"] or "date not stated"
    doubt = "; to be checked" if row["doubtful"] != "no" else ""
    note = f"; {row['original_figures']}" if row["original_figures"] else ""
    text = f"{row['product']}: before {before}, after {after} ({when}{note}){doubt}"
    label = COMPARED if others else f"duty of {country_name(row['country'])}"
    return Fact(label, text, stated(row), f"markets:{row['id']}")


def _concerns_imports(row: Row, subject: Subject) -> bool:
    """Whether a duty is on the exporter's goods: not one that the exporter imposes, or on goods of the importer."""
    imposed, on = str(row["imposed_by"]), str(row["applies_to"])
    importer = subject.importer.name()
    return importer in imposed or (importer not in on and subject.exporter.name() not in imposed)


def restrictions(subject: Subject) -> Topic:
    """Quotas, bans, stops and sanctions: in force on the day, of unstated end, and the last that ended."""
    rows = [row for row in subject.rows("restrictions") if _restricts(row, subject)]
    rows.sort(key=lambda row: str(row["valid_from"] or ""), reverse=True)
    by_state: dict[str, list[Row]] = {}
    for row in rows:
        by_state.setdefault(state(row, subject.on), []).append(row)
    shown = [row for held in (IN_FORCE, LATER, OPEN, THEN) for row in by_state.get(held, ())]
    ended = by_state.get(ENDED, [])
    facts = [_fact(subject, row) for row in (*shown, *ended[:EARLIER])]
    if len(ended) > EARLIER:
        more = f"{len(ended) - EARLIER} more that ended before {subject.on}: such rules come at short notice"
        rest = ", ".join(f"restrictions:{row['id']}" for row in ended[EARLIER:])
        facts.append(Fact("earlier", more, Source("Tarazu, from the rows named"), rest, ObsStatus.ESTIMATED))
    unknown = ["rules newer than the dossier's rows: ask before contracting"] if subject.dossier else []
    if not any(state(row, subject.on) == IN_FORCE and row["kind"] != "sanctions" for row in rows):
        unknown.insert(
            0, f"whether any quota or ban is in force on {subject.on}: the rows name none, which proves none"
        )
    return Topic("rules", f"Quotas, bans, sanctions on {subject.on}", tuple(facts), tuple(unknown))


def _restricts(row: Row, subject: Subject) -> bool:
    kind = str(row["kind"])
    if kind in ELSEWHERE or row["product"] == "people":
        return False
    imposed = str(row["imposed_by"])
    if kind.startswith("export") and subject.exporter.name() not in imposed:
        return False
    if kind.startswith("import") and subject.importer.name() not in imposed:
        return False
    if kind in ("sanctions", "force majeure"):
        return True
    return _touches(row, subject.code) and not kind.startswith("transit")


def certificates(subject: Subject) -> Topic:
    """What the dossier says is required, and what usually travels with such goods."""
    rows = [
        row
        for row in subject.rows("restrictions")
        if row["kind"] == SANITARY and row["hs_code"] and hs.overlap(row["hs_code"], subject.code)
    ]
    facts = [_fact(subject, row, "sanitary rule") for row in rows]
    unknown = [] if facts else [f"certificates that {subject.importer.name()} requires for HS {subject.code}"]
    usual = ", ".join(_usual(subject.code))
    if usual:
        text = f"{usual}; to be confirmed with the importer's authorities"
        judged = Source("Tarazu, judgement (data/offers/certificates.csv)")
        facts.append(Fact("usual for such goods", text, judged, "", ObsStatus.ESTIMATED))
    return Topic("certificates", "Certificates", tuple(facts), tuple(unknown))


def _usual(code: str) -> Iterator[str]:
    from tarazu.core.schema import DATA, read_table
    from tarazu.planning.offers import DECLARATION

    parsed = read_table(DATA / "offers" / "certificates.csv", "certificates", declaration=DECLARATION)
    rows = [row for row in parsed.table if row["kinds"] and hs.overlap(row["kinds"], code)]
    rows.sort(key=lambda row: hs.width(row["kinds"]))
    yield from (row["name"] for row in rows[:USUAL])


def payment(subject: Subject) -> Topic:
    """How a payment clears: the scheme of the pair, and what was said of banks."""
    facts = list(_scheme(subject))
    rows = [row for row in subject.rows("restrictions") if row["kind"] == PAYMENT and _pays(row, subject)]
    rows.sort(key=lambda row: (CLEARING in row["measure"], str(row["valid_from"] or "")), reverse=True)
    facts += [_fact(subject, row, "reported") for row in rows[:PAYMENTS]]
    unknown = ["which banks take this payment today: ask the bank before the contract"]
    if not facts:
        unknown.append("how trade of the pair is settled")
    return Topic("payment", "Payment", tuple(facts), tuple(unknown))


def _pays(row: Row, subject: Subject) -> bool:
    named = f"{row['imposed_by']} {row['applies_to']}"
    sides = subject.exporter.name() in named, subject.importer.name() in named
    if row["hs_code"]:
        return hs.overlap(row["hs_code"], subject.code) and any(sides)
    return all(sides) or (CLEARING in row["measure"] and any(sides))


def _scheme(subject: Subject) -> Iterator[Fact]:
    from tarazu.clearing.scheme import Standing, bundled_schemes, load_scheme

    if not subject.dossier or subject.dossier.name not in bundled_schemes():
        return
    scheme = load_scheme(subject.dossier.name)
    standing = (
        "a proposal that nobody has adopted"
        if scheme.standing is Standing.PROPOSAL
        else scheme.standing.value
    )
    admits = "could pass through it" if scheme.admits(subject.code) else "are excluded from it"
    text = (
        f"{scheme.title}, {standing}: {scheme.cycle.length} cycles, balances in {scheme.unit}; "
        f"goods of HS {subject.code} {admits}"
    )
    source = Source("Tarazu, bundled scheme (docs/clearing-schemes.md)")
    yield Fact("clearing", text, source, f"schemes/{scheme.id}.toml", ObsStatus.ESTIMATED)
