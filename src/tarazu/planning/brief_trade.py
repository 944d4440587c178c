"""Of the brief: flows and trend, potential, rivals and unit values, as products.csv and markets.csv state them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any

from tarazu.core import hs
from tarazu.core.measure import Interval
from tarazu.core.source import Doubt, ObsStatus
from tarazu.planning.brief import Fact, Subject, Topic, country_name, stated
from tarazu.planning.brief_dates import behind, computed, is_later, years
from tarazu.planning.dossier import Dossier
from tarazu.planning.offers_demand import amount, fit, period, rows_of
from tarazu.planning.prepare import dossier_grid
from tarazu.potential.assess import assess
from tarazu.potential.line import Assessment, Line
from tarazu.potential.priors import PotentialPriors

Row = Mapping[str, Any]

SHOWN = 5  # flows that are listed
LONG = 150  # days of a period that tells more than a month or a quarter
YEAR = (330, 400)  # days between the ends of two periods that are compared first
SAME_LENGTH = 0.1
OLD = 366  # days after the newest figure from which later flows are listed as unknown
OUTLIER = 2.5  # factor from the median at which a unit value is marked
RIVALS = 5
HAPPENED = ("actual", "derived")
NOT_SUM = 0.02  # share of the potential by which parts miss it from which the page says why
OURS = "Tarazu, potential of the dossier's figures (docs/method.md)"


def assessment_of(dossier: Dossier, direction: str, day: date) -> Assessment:
    """Potential of one direction by the rows that are not later than a day; that of the other is not needed."""
    products, markets = (
        [row for row in dossier.tables[name] if not is_later(name, row, day)]
        for name in ("products", "markets")
    )
    assert direction in dossier_grid(dossier).directions, "the pair was compared"
    return assess(products, markets, direction, min(dossier.last_year, day.year - 1), PotentialPriors.load())


def line_of(assessment: Assessment | None, code: str) -> Line | None:
    """The line that holds the code, or the largest one within it."""
    lines = assessment.lines if assessment else ()
    holds = [line for line in lines if hs.contains(line.codes, code)]
    if holds:
        return min(holds, key=lambda line: hs.width(line.codes))
    inside = [line for line in lines if hs.contains(code, line.codes)]
    return max(inside, key=lambda line: hs.width(line.codes), default=None)


def flow_rows(subject: Subject) -> list[tuple[str, Row]]:
    """What was traded of the product, newest first: table and row, each figure once."""
    found: list[tuple[str, Row]] = []
    for table, rows in (("products", subject.rows("products")), ("markets", subject.rows("markets"))):
        for row in rows:
            happened = row["kind"] in HAPPENED if table == "products" else _is_flow(row, subject)
            if row["direction"] != subject.direction or not happened or row.get("same_as"):
                continue
            if subject.fits(row) and (_tonnes(row) is not None or row["value_usd_m"]):
                found.append((table, row))
    known = [each for each in found if each[1]["period_end"]]
    known.sort(key=lambda each: (each[1]["period_end"], each[1]["period_start"] or date.min), reverse=True)
    seen, kept = set(), []
    for table, row in known:
        key = row["period_start"], row["period_end"], row["value_usd_m"], _tonnes(row)
        if key not in seen:
            seen.add(key)
            kept.append((table, row))
    return kept


def _is_flow(row: Row, subject: Subject) -> bool:
    return row["side"] in ("bilateral", "competitor") and row["country"] == subject.exporter.alpha3


def _tonnes(row: Row) -> float | None:
    value = row["tonnes_kt"] if "tonnes_kt" in row else row["quantity_kt"]
    return None if value is None else float(value)


def _amount(row: Row) -> str:
    return amount({"quantity_kt": _tonnes(row), "value_usd_m": row["value_usd_m"]}) or "0 kt"


def _days(row: Row) -> int:
    return (row["period_end"] - row["period_start"]).days + 1 if row["period_start"] else 0


def _doubt(row: Row) -> str:
    return {Doubt.YES: "; doubtful", Doubt.CHECK: "; to be checked"}.get(row["doubtful"], "")


def flows(subject: Subject) -> Topic:
    """Present flows and their trend."""
    rows = flow_rows(subject)
    long = [each for each in rows if _days(each[1]) >= LONG] or rows
    facts = [
        Fact(
            period(row),
            f"{_amount(row)}{subject.wider(row)}{_doubt(row)}",
            stated(row),
            f"{table}:{row['id']}",
        )
        for table, row in long[:SHOWN]
    ]
    trend = _trend(subject, rows)
    if trend:
        facts.insert(0, trend)
    facts += list(_plans(subject))
    unknown = [] if rows else [f"what {subject.exporter.name()} sold: no figure, which is not zero"]
    if rows and not trend:
        unknown.append("trend: no two periods of like length")
    if rows and (subject.on - rows[0][1]["period_end"]).days > OLD:
        unknown.append(f"flows since {rows[0][1]['period_end']}, the end of the newest figure")
    return Topic("flows", "Flows and trend", tuple(facts), tuple(unknown))


def _trend(subject: Subject, rows: Sequence[tuple[str, Row]]) -> Fact | None:
    """The newest two periods of like length, a year apart if there are any, else the nearest."""
    pairs = [
        (abs((new["period_end"] - old["period_end"]).days), (table, new), (other, old))
        for k, (table, new) in enumerate(rows)
        for other, old in rows[k + 1 :]
        if _comparable(new, old)
    ]
    if not pairs:
        return None
    newest = max(new["period_end"] for _, (_, new), _ in pairs)
    recent = [each for each in pairs if newest - each[1][1]["period_end"] < timedelta(days=YEAR[0])]
    _, (table, new), (other, old) = min(recent, key=lambda each: (not YEAR[0] <= each[0] <= YEAR[1], each[0]))
    measure = "tonnes" if _tonnes(new) and _tonnes(old) else "value"
    a, b = (_tonnes(x) if measure == "tonnes" else x["value_usd_m"] for x in (new, old))
    ratio = float(a or 0) / float(b or 1)
    change = f"{ratio:.2g}-fold" if ratio >= 2 else f"{ratio - 1:+.0%}".replace("-", "−")
    text = f"{change} by {measure}: {_amount(new)} in {period(new)} after {_amount(old)} in {period(old)}"
    text += subject.wider(new)
    row = f"{table}:{new['id']}, {other}:{old['id']}"
    return Fact("trend", text, stated(new), row, ObsStatus.ESTIMATED)


def _comparable(new: Row, old: Row) -> bool:
    apart = (new["period_end"] - old["period_end"]).days
    if (
        new["hs_code"] != old["hs_code"]
        or apart < YEAR[0] - 30
        or not _days(new)
        or not _days(old)
        or Doubt.YES in (new["doubtful"], old["doubtful"])
    ):
        return False
    alike = abs(_days(new) - _days(old)) <= SAME_LENGTH * _days(old)
    if not alike or _days(new) < LONG:
        return False
    return bool(_tonnes(new) and _tonnes(old)) or bool(new["value_usd_m"] and old["value_usd_m"])


def _plans(subject: Subject) -> Iterator[Fact]:
    """The newest plan, contract or forecast."""
    rows = [
        row
        for row in subject.rows("products")
        if row["direction"] == subject.direction
        and row["kind"] == "plan"
        and any(fit(row["hs_code"], subject.code))
        and (row["tonnes_kt"] or row["value_usd_m"])
    ]
    rows.sort(key=lambda row: str(row["published_date"] or ""), reverse=True)
    for row in rows[:1]:
        what = f"{row['product']}, {period(row)}: {_amount(row)}"
        yield Fact("planned", what, stated(row), f"products:{row['id']}", ObsStatus.CLAIMED)


def potential(subject: Subject) -> Topic:
    """Realised, potential and unrealised, with intervals."""
    line = subject.line
    if line is None:
        return Topic("potential", "Potential", (), (_lacks(subject),))
    label = "" if line.codes == subject.code else f" (of {line.product}, HS {line.codes})"
    year = subject.assessment.base_year if subject.assessment else 0
    rows = ", ".join(sorted({row for rows in line.rows.values() for row in rows}))
    facts = []
    every = [row for named in line.rows.values() for row in named]
    basis = f", by {behind(subject, every) or 'judgement'}"
    told = behind(subject, line.realised.rows)
    flow = (f", brought to {year} from {told}" if told else ", predicted: no flow is known") if year else ""
    for name, interval, why, named in (
        (f"realised in {year}{label}", line.realised.usd_m, flow, line.realised.rows),
        ("potential", line.potential, basis, every),
        ("unrealised", line.unrealised, basis, every),
    ):
        if interval:
            source = computed(OURS, subject, named)
            facts.append(Fact(name, f"{_usd(interval)} a year{why}", source, rows, ObsStatus.ESTIMATED))
    facts += _note(subject, line, rows)
    facts += _share(subject, line)
    unknown = [f"{what} of {line.product}" for what in line.lacks]
    if line.potential is None:
        unknown.append("potential: neither supply nor demand is known")
    return Topic("potential", "Potential", tuple(facts), tuple(unknown))


def _note(subject: Subject, line: Line, rows: str) -> Iterator[Fact]:
    """Why realised and unrealised do not add up to the potential."""
    a, b, c = line.realised.usd_m, line.unrealised, line.potential
    if a and b and c and abs(a.q50 + b.q50 - c.q50) > NOT_SUM * c.q50:
        text = (
            f"{a.q50:,.3g} + {b.q50:,.3g} is not {c.q50:,.3g}: each is the median of its own draws. Unrealised is "
            "potential less realised, draw by draw, and nothing where what is realised already reaches it; medians do "
            "not add"
        )
        yield Fact("why no sum", text, computed(OURS, subject, rows.split(", ")), rows, ObsStatus.ESTIMATED)


def _share(subject: Subject, line: Line) -> Iterator[Fact]:
    """The exporter's share of the market with its years and base, and a stated share that does not fit it."""
    share, named = line.own_share.interval, line.own_share.rows
    if not share:
        return
    told = behind(subject, named)
    text = (
        f"{share.q50:.0%} ({share.q10:.0%}–{share.q90:.0%}) of {subject.importer.name()}'s purchases; "
        f"{line.own_share.basis}{f', {told}' if told else ''}"
    )
    source = computed(OURS, subject, named)
    yield Fact("share", text, source, ", ".join(named), ObsStatus.ESTIMATED)
    rows = rows_of(subject.rows("markets"), subject.code, subject.direction, ("competitor",), None)
    own = [
        r for r in rows if r["country"] == subject.exporter.alpha3 and r["share_percent"] and subject.fits(r)
    ]
    for row in own[:1]:
        stated_share = float(row["share_percent"]) / 100
        if not share.q10 <= stated_share <= share.q90:
            said = (
                f"{stated_share:.0%} of imports in {period(row)} is stated, {share.q50:.0%} stands here: other years "
                f"and another base{f' ({told})' if told else ''}"
            )
            yield Fact("does not fit", said, stated(row), f"markets:{row['id']}")


def _lacks(subject: Subject) -> str:
    missing = subject.assessment.missing if subject.assessment else ()
    for each in missing:
        if hs.overlap(each.codes, subject.code):
            return f"{each.product}: no usable figure of {', '.join(each.lacks)}"
    return "no figures of flow, supply or demand"


def _usd(interval: Interval) -> str:
    return f"USD {interval.q50:,.3g} m (80%: {interval.q10:,.3g}–{interval.q90:,.3g})"


def rivals(subject: Subject) -> Topic:
    """Who sells there, in the newest period of which several suppliers are named, and newer single ones."""
    rows = rows_of(subject.rows("markets"), subject.code, subject.direction, ("competitor",), None)
    periods: dict[tuple[Any, Any], list[Row]] = {}
    for row in rows:
        periods.setdefault((row["period_start"], row["period_end"]), []).append(row)
    groups = sorted(periods.values(), key=lambda g: (len(g) > 1, str(g[0]["period_end"] or "")), reverse=True)
    largest = sorted(
        (_rival(row, subject) for row in (groups[0] if groups else ())), key=lambda each: each[0]
    )
    shown = [fact for _, fact in largest[:RIVALS]]
    shown += [_rival(group[0], subject)[1] for group in groups[1:3] if len(group) == 1]
    demand = rows_of(subject.rows("markets"), subject.code, subject.direction, ("demand",), None)
    told = [row for row in demand if row["quantity_kt"] or row["value_usd_m"]]
    for row in told[:2]:
        label = f"{country_name(row['country'])} buys in all"
        text = f"{amount(row)} ({period(row)}){_wider(row, subject)}{_doubt(row)}"
        shown.append(Fact(label, text, stated(row), f"markets:{row['id']}"))
    unknown = [] if groups else ["who else sells there"]
    if not told:
        unknown.append(f"{subject.importer.name()}'s purchases from the world")
    return Topic("rivals", "Competitors", tuple(shown), tuple(unknown))


def _wider(row: Row, subject: Subject) -> str:
    return "" if fit(row["hs_code"], subject.code)[0] else f", of {row['product']}, HS {row['hs_code']}"


def _rival(row: Row, subject: Subject) -> tuple[float, Fact]:
    size = float(row["quantity_kt"] or row["value_usd_m"] or 0)
    share = (
        f", {row['share_percent']:.0f}% of {subject.importer.name()}'s imports"
        if row["share_percent"]
        else ""
    )
    own = "; the exporter itself" if row["country"] == subject.exporter.alpha3 else ""
    sold = amount(row) or "named, no amount"
    text = f"{sold}{share} ({period(row)}){_wider(row, subject)}{own}{_doubt(row)}"
    return -size, Fact(country_name(row["country"]), text, stated(row), f"markets:{row['id']}")


def unit_value_rows(subject: Subject) -> list[tuple[float, str, Row]]:
    """USD a tonne, table and row of every row on the product that tells one, whoever trades it."""
    found = []
    for table in ("products", "markets"):
        for row in subject.rows(table):
            usable = row["kind"] in HAPPENED if table == "products" else row["side"] != "tariff"
            if row["direction"] != subject.direction or not usable or not subject.fits(row):
                continue
            value, kt = row["unit_value_usd_t"], _tonnes(row)
            if value is None and row["value_usd_m"] and kt:
                value = row["value_usd_m"] * 1000 / kt
            if value and not row.get("same_as"):
                found.append((float(value), table, row))
    return found


def unit_values(subject: Subject) -> Topic:
    """Range, the newest one of the pair, and what lies far outside."""
    rows = unit_value_rows(subject)
    if not rows:
        return Topic("prices", "Unit values", (), ("unit values: no row has value and weight",))
    middle = median(value for value, _, row in rows if row["doubtful"] != Doubt.YES or len(rows) == 1)
    far = [each for each in rows if not middle / OUTLIER <= each[0] <= middle * OUTLIER]
    near = [each for each in rows if each not in far]
    facts = []
    if near:
        low, high = min(near, key=lambda e: e[0]), max(near, key=lambda e: e[0])
        named = ", ".join(f"{table}:{row['id']}" for _, table, row in near)
        centre = median(value for value, _, _ in near)
        spread = f"{low[0]:,.0f}–{high[0]:,.0f}" if len(near) > 1 else f"{centre:,.0f}"
        middling = f", median {centre:,.0f}" if len(near) > 2 else ""
        text = f"{spread} USD/t{middling}, {len(near)} row{'s' * (len(near) > 1)} of {years(r for _, _, r in near)}"
        text += "".join(dict.fromkeys(filter(None, (subject.wider(r) for _, _, r in near))))
        source = computed("Tarazu, from the rows named", subject, named.split(", "))
        facts.append(Fact("range", text, source, named, ObsStatus.ESTIMATED))
    for label, wanted in (
        (f"{subject.exporter.alpha3} to {subject.importer.alpha3}", True),
        ("others", False),
    ):
        own = [each for each in near if _is_pair(each, subject) is wanted and each[2]["period_end"]]
        if own:
            value, table, row = max(own, key=lambda each: each[2]["period_end"])
            side = "" if wanted else f" ({row['side']}, {row['country']})"
            text = f"{value:,.0f} USD/t, {period(row)}{side}{_doubt(row)}"
            facts.append(Fact(f"newest, {label}", text, stated(row), f"{table}:{row['id']}"))
    for value, table, row in far:
        text = f"{value:,.0f} USD/t, {period(row)}: {value / middle:.1f} times the median{_doubt(row)}"
        facts.append(Fact("outlier", text, stated(row), f"{table}:{row['id']}"))
    return Topic("prices", "Unit values", tuple(facts))


def _is_pair(each: tuple[float, str, Row], subject: Subject) -> bool:
    return each[1] == "products" or _is_flow(each[2], subject)
