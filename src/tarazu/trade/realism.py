"""Announced targets of all pairs scored against later figures: met on time, how late, announced again.

One row is a pair and a distinct target; restatements are one target. The delay of a target is the year in
which turnover first reached it less the year of its date, 0 if it was met on time. A target that is not known
to have been reached is censored at the last year for which a figure below it is known; `delays` estimates from
both the share reached within some years of the date. Intervals of shares: Wilson (1927), JASA 22.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

from tarazu.core.checks import Check, place
from tarazu.core.codes import country
from tarazu.core.errors import InputError
from tarazu.core.parameters import bundled_text
from tarazu.core.table import Column, Table
from tarazu.trade.announced import FILE, OUTCOMES, outcome_of, unreadable, wilson
from tarazu.trade.delays import Pair, Spell, delays

AS_OF = 2026  # year up to which the table was collected
RESOLVED = ("on time", "late", "missed")
UNKNOWN = "passed, actual not found"
_YEAR = re.compile(r"\d{4}")

CAVEATS = (
    "Targets of one pair are not independent: many are one promise with a new date. The interval of the delays "
    "allows for it, those of shares do not.",
    "The estimate takes targets followed no further to fare like the others. Crossings are reported more readily "
    "than their absence, so it is rather too high; what is known to have been reached is its floor.",
    "Few targets are followed for long: read each share beside the number at risk.",
    "A crossing counts in the first year with a figure at or above the target; a later fall does not undo it.",
    "What is met soon is not restated for long, and what stands for long is: no cause can be read from that.",
    "Of targets whose date lies ahead only those already met are resolved; one row of the shares leaves them out.",
    "Figures are current US dollars of one reporter, often of a year near the date; the other side may count "
    "otherwise. A figure promised again may be worded for another scope, such as non-oil trade.",
)


@dataclass(frozen=True, slots=True)
class Promise:
    """One announced target; None where the table does not say. `below` is the last year known below it."""

    id: str
    pair: Pair
    usd_bn: float
    announced: str
    restated: tuple[str, ...]
    due: int | None
    outcome: str
    reached: int | None
    below: int | None
    row: Mapping[str, str]

    @property
    def delay(self) -> int | None:
        """Years from its date to the year it was reached; negative if early, None if either is not known."""
        return self.reached - self.due if self.reached is not None and self.due is not None else None

    @property
    def delay_over(self) -> int | None:
        """Years after its date through which a target, never known to be reached, is known not to have been."""
        return self.followed if self.outcome == "missed" and self.reached is None else None

    @property
    def followed(self) -> int:
        """Years after its date through which a figure below it is known; 0 without one."""
        return 0 if self.below is None or self.due is None else max(self.below - self.due, 0)

    @property
    def needed(self) -> int | None:
        """Years from the announcement to the year it was reached."""
        announced = _YEAR.match(self.announced)
        return self.reached - int(announced[0]) if self.reached is not None and announced else None

    @property
    def actual(self) -> float | None:
        """Turnover found for its date or near it, billion US dollars."""
        return _number(self.row.get("actual_usd_bn", ""))

    @property
    def ratio(self) -> float | None:
        """Turnover found, as a share of the target."""
        return self.actual / self.usd_bn if self.actual is not None else None

    def text(self, column: str) -> str | None:
        """A cell of its row as it stands."""
        return self.row.get(column) or None


@dataclass(frozen=True, slots=True)
class Realism:
    """What became of announced targets."""

    table: (
        Table  # one row per pair and distinct target: dates, outcome, year reached, delay, actual over target
    )
    pairs: Table  # one row per pair: targets by outcome, and its latest resolved one against the figure found
    delays: Table  # share reached within 0 to 10 years of the date, of all pairs
    shares: Table  # shares met on time, of all pairs: by restatement, of figures new and promised before
    repeats: Table  # a figure a pair promised again as a new target: how the date moved, what became of it
    checks: tuple[Check, ...] = ()
    caveats: tuple[str, ...] = CAVEATS

    @property
    def counts(self) -> dict[str, int]:
        """Targets of the table by outcome."""
        found = Counter(self.table.column("outcome"))
        return {name: found[name] for name in (*RESOLVED, "censored", "open", UNKNOWN)}

    def sentence(self, years: int = 5) -> str:
        """The answer in words, of all pairs."""
        first, then = next(iter(self.delays)), list(self.delays)[years]
        return (
            f"Of {first['at_risk']} resolved targets {first['reached']} were met on time "
            f"({first['share']:.0%}); within {years} years of the date {then['share']:.0%} "
            f"({then['share_q10']:.0%}–{then['share_q90']:.0%}) were reached by the Kaplan–Meier estimate, "
            f"{then['known']:.0%} by what is known."
        )

    def select(self, pairs: Iterable[str] = (), countries: Iterable[str] = ()) -> Realism:
        """The targets of some pairs, and of every pair of some countries; delays and shares stay those of all.

        The record of all pairs is what to hold against a new target: a few of one country say little.

        Parameters
        ----------
        pairs
            Two codes or names each: ``"KAZ,UZB"``.
        countries
            Codes or names; groups as the table has them, such as ``ASEAN``.
        """
        known = {code for row in self.pairs for code in (row["country_a"], row["country_b"])}
        wanted = [(text, _pair(text, known)) for text in pairs]
        single = [(text, _party(text, known)) for text in countries]

        def kept(row: Mapping[str, Any]) -> bool:
            both = (row["country_a"], row["country_b"])
            return both in [pair for _, pair in wanted] or any(code in both for _, code in single)

        scored = _filtered(self.pairs, kept)
        present = {(row["country_a"], row["country_b"]) for row in scored}
        absent = [text for text, pair in wanted if pair not in present]
        absent += [text for text, code in single if not any(code in pair for pair in present)]
        message = "No announced target of {} stands in this table: not known to it, not never announced."
        notes = tuple(Check.note("no-announced-target", FILE, message.format(text)) for text in absent)
        table, repeats = _filtered(self.table, kept), _filtered(self.repeats, kept)
        return replace(self, table=table, pairs=scored, repeats=repeats, checks=(*self.checks, *notes))


@cache
def bundled() -> Realism:
    """The bundled table of announced targets, scored."""
    return realism(csv.DictReader(io.StringIO(bundled_text(FILE))))


def realism(rows: Iterable[Mapping[str, str]]) -> Realism:
    """Score a table of announced targets.

    Rows that cannot be read are left out, those that contradict themselves count by their outcome: see checks.
    """
    checks: list[Check] = []
    read = (_promise(row, number, checks) for number, row in enumerate(rows, start=2))
    promises = [promise for promise in read if promise]
    earlier = _earlier(promises)
    return Realism(
        table=_targets(promises, earlier),
        pairs=_pairs(promises),
        delays=delays([_spell(p) for p in promises if p.outcome in RESOLVED and p.due is not None]),
        shares=_shares(promises, earlier),
        repeats=_repeats(promises, earlier),
        checks=tuple(checks),
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _promise(row: Mapping[str, str], number: int, checks: list[Check]) -> Promise | None:
    """A row of the table, or None with a check that says why it cannot be used."""
    outcome, amount = outcome_of(row["outcome"]), _number(row["target_usd_bn"])
    if outcome is None:
        expected = f"one of {', '.join(filter(None, OUTCOMES))}"
        checks.append(unreadable(number, "outcome", row["outcome"], expected))
        return None
    if amount is None or amount <= 0:
        checks.append(unreadable(number, "target_usd_bn", row["target_usd_bn"], "an amount above zero"))
        return None
    years: dict[str, int | None] = {}
    for column in ("target_date", "reached_in", "not_reached_by"):
        text = row.get(column, "").strip()
        found = _YEAR.match(text)
        if text and not found:
            checks.append(unreadable(number, column, text, "a year such as 2025"))
            return None
        years[column] = int(found[0]) if found else None
    first, second = sorted((row["country_a"].strip(), row["country_b"].strip()))
    promise = Promise(
        id=row.get("id", ""),
        pair=(first, second),
        usd_bn=amount,
        announced=row["announced_on"].strip(),
        restated=tuple(filter(None, (part.strip() for part in row.get("restated_on", "").split(";")))),
        due=years["target_date"],
        outcome=outcome,
        reached=years["reached_in"],
        below=years["not_reached_by"],
        row=row,
    )
    checks.extend(_contradictions(promise, number))
    return promise


def _contradictions(promise: Promise, number: int) -> list[Check]:
    """Where a row's outcome and its years do not agree."""
    delay, outcome = promise.delay, promise.outcome
    where = place(FILE, number, "reached_in")
    found = []
    reached, below = promise.reached, promise.below
    backwards = reached is not None and below is not None and below >= reached
    wrong = delay is not None and (delay > 0 if outcome == "on time" else delay <= 0 and outcome == "late")
    if backwards or wrong:
        message = (
            f'"{promise.row["outcome"]}", due {promise.due}, reached in {reached}, below the target in {below}: '
            f"these do not fit. The outcome counts; look at the source again."
        )
        found.append(Check.warning("announced-target-contradiction", where, message))
    if outcome == "missed" and delay is not None:
        message = (
            f"missed in {promise.due}, reached in {promise.reached}: counted among the missed, in the delays as "
            f"reached after {delay} years."
        )
        found.append(Check.note("announced-target-reached-after-all", where, message))
    return found


def _earlier(promises: Sequence[Promise]) -> dict[str, Promise]:
    """By id, the promise of the same pair and figure before it, by announcement, else restatement, else date."""

    def when(promise: Promise) -> tuple[str, int]:
        first = promise.announced or (promise.restated[0] if promise.restated else str(promise.due or "9999"))
        return first, promise.due or 9999

    groups: dict[tuple[Pair, float], list[Promise]] = {}
    for promise in sorted(promises, key=when):
        groups.setdefault((promise.pair, promise.usd_bn), []).append(promise)
    return {later.id: before for group in groups.values() for before, later in pairwise(group)}


_A, _B = Column("country_a", "", "ISO code, or a group"), Column("country_b", "", "ISO code, or a group")

# Each column with where it comes from: a target and the one before it of the same figure.
_TARGET: tuple[tuple[Column, Callable[[Promise, Promise | None], Any]], ...] = (
    (Column("id", "", f"row of {FILE}"), lambda p, _: p.id),
    (_A, lambda p, _: p.pair[0]),
    (_B, lambda p, _: p.pair[1]),
    (Column("target_usd_bn", "USD billion", "announced turnover"), lambda p, _: p.usd_bn),
    (Column("announced", "", "when it was first announced"), lambda p, _: p.announced or None),
    (Column("restatements", "times", "announced again as the same target"), lambda p, _: len(p.restated)),
    (Column("due", "year", "by when; empty: no date was named"), lambda p, _: p.due),
    (Column("outcome"), lambda p, _: p.outcome),
    (Column("reached_in", "year", "first year known at or above the target"), lambda p, _: p.reached),
    (Column("reached_basis", "", "what that year rests on"), lambda p, _: p.text("reached_basis")),
    (Column("not_reached_by", "year", "last year known below the target"), lambda p, _: p.below),
    (Column("delay", "years", "from the date to the year reached; negative is early"), lambda p, _: p.delay),
    (Column("delay_over", "years", "not known to be reached: longer than this"), lambda p, _: p.delay_over),
    (Column("years_needed", "years", "from announcement to year reached"), lambda p, _: p.needed),
    (Column("actual_usd_bn", "USD billion", "turnover found for the date or near it"), lambda p, _: p.actual),
    (Column("actual_period"), lambda p, _: p.text("actual_period")),
    (Column("ratio", "share", "actual over target; below 1 it fell short"), lambda p, _: p.ratio),
    (Column("same_figure_as", "", "promised before as"), lambda _, before: before and before.id),
    (Column("doubtful", "", "how far the row is trusted"), lambda p, _: p.text("doubtful")),
    (Column("source_url", "", "announcement"), lambda p, _: p.text("source_url")),
)

# Each column with where it comes from: the targets of a pair, and the latest of them with outcome and figure.
_PAIR: tuple[tuple[Column, Callable[[Sequence[Promise], Promise | None], Any]], ...] = (
    (_A, lambda group, _: group[0].pair[0]),
    (_B, lambda group, _: group[0].pair[1]),
    (Column("targets", "targets", "distinct targets announced"), lambda group, _: len(group)),
    (Column("on_time", "targets", "met by the date"), lambda group, _: _count(group, "on time")),
    (Column("late", "targets", "met after the date"), lambda group, _: _count(group, "late")),
    (Column("missed", "targets", "not met by the date"), lambda group, _: _count(group, "missed")),
    (Column("open", "targets", "date ahead, not met"), lambda group, _: _count(group, "open")),
    (Column("no_actual", "targets", "date passed, no figure"), lambda group, _: _count(group, UNKNOWN)),
    (Column("undated", "targets", "no date named"), lambda group, _: _count(group, "censored")),
    (Column("undated_reached", "targets", "of these reached"), lambda group, _: _count(group, "reached")),
    (Column("restatements", "times", "announced again"), lambda group, _: _count(group, "restated")),
    (Column("latest", "", "its resolved target with the latest date"), lambda _, last: last and last.id),
    (Column("latest_target_usd_bn", "USD billion"), lambda _, last: last and last.usd_bn),
    (Column("latest_due", "year"), lambda _, last: last and last.due),
    (Column("actual_usd_bn", "USD billion", "turnover found for it"), lambda _, last: last and last.actual),
    (Column("actual_period", "", "not always its year"), lambda _, last: last and last.text("actual_period")),
    (Column("ratio", "share", "actual over target; below 1: short"), lambda _, last: last and last.ratio),
)

# Each column with where it comes from: a target and the earlier one of the same figure.
_REPEAT: tuple[tuple[Column, Callable[[Promise, Promise], Any]], ...] = (
    (_A, lambda p, _: p.pair[0]),
    (_B, lambda p, _: p.pair[1]),
    (Column("target_usd_bn", "USD billion", "announced turnover"), lambda p, _: p.usd_bn),
    (Column("before", "", "the earlier target"), lambda _, before: before.id),
    (Column("id", "", "the same figure as a new target"), lambda p, _: p.id),
    (Column("announced_before"), lambda _, before: before.announced or None),
    (Column("announced"), lambda p, _: p.announced or None),
    (Column("due_before", "year"), lambda _, before: before.due),
    (Column("due", "year"), lambda p, _: p.due),
    (Column("moved", "years", "by how much the date moved; negative is earlier"), lambda p, b: _moved(b, p)),
    (Column("date", "", "what happened to the date"), lambda p, before: _what_moved(before, p)),
    (Column("outcome_before"), lambda _, before: before.outcome),
    (Column("outcome"), lambda p, _: p.outcome),
)


def _count(group: Sequence[Promise], what: str) -> int:
    """Targets of an outcome, restatements, or undated targets reached after all."""
    if what == "restated":
        return sum(len(p.restated) for p in group)
    if what == "reached":
        return sum(p.outcome == "censored" and p.reached is not None for p in group)
    return sum(p.outcome == what for p in group)


def _targets(promises: Sequence[Promise], earlier: Mapping[str, Promise]) -> Table:
    ordered = sorted(promises, key=lambda p: (p.pair, p.announced or "9999", p.due or 9999, p.id))
    rows = tuple(tuple(value(p, earlier.get(p.id)) for _, value in _TARGET) for p in ordered)
    return Table("announced_targets", tuple(column for column, _ in _TARGET), rows)


def _pairs(promises: Sequence[Promise]) -> Table:
    groups: dict[Pair, list[Promise]] = {}
    for promise in sorted(promises, key=lambda p: p.pair):
        groups.setdefault(promise.pair, []).append(promise)
    rows = []
    for group in groups.values():
        scored = [p for p in group if p.outcome in RESOLVED and p.actual is not None]
        last = max(scored, key=lambda p: (p.due or 0, p.announced), default=None)
        rows.append(tuple(value(group, last) for _, value in _PAIR))
    return Table("pairs", tuple(column for column, _ in _PAIR), tuple(rows))


def _repeats(promises: Sequence[Promise], earlier: Mapping[str, Promise]) -> Table:
    ordered = sorted(promises, key=lambda p: (p.pair, p.usd_bn, p.due or 9999))
    rows = (tuple(value(p, earlier[p.id]) for _, value in _REPEAT) for p in ordered if p.id in earlier)
    return Table("repeats", tuple(column for column, _ in _REPEAT), tuple(rows))


def _spell(p: Promise) -> Spell:
    """How long a resolved target was followed past its date."""
    if p.outcome == "on time":
        return Spell(p.pair, 0, 0, True)
    if p.delay is None:
        return Spell(p.pair, p.followed, p.followed, False)
    latest = max(p.delay, 1)  # a contradiction is counted by its outcome
    return Spell(p.pair, latest, min(p.followed + 1, latest), True)


def _shares(promises: Sequence[Promise], earlier: Mapping[str, Promise]) -> Table:
    columns = (
        Column("group"),
        Column("targets", "targets", "all of the group, dated or not"),
        Column("resolved", "targets", "dated, outcome known"),
        Column("on_time", "targets", "met by the date"),
        Column("share", "share", "met on time of the resolved, with its 80% interval (Wilson)"),
        Column("share_q10", "share"),
        Column("share_q90", "share"),
    )
    groups: tuple[tuple[str, Callable[[Promise], bool]], ...] = (
        ("all", lambda p: True),
        (f"date not after {AS_OF}", lambda p: p.due is not None and p.due <= AS_OF),
        ("never restated", lambda p: not p.restated),
        ("restated once", lambda p: len(p.restated) == 1),
        ("restated twice", lambda p: len(p.restated) == 2),
        ("restated three times or more", lambda p: len(p.restated) >= 3),
        ("restated at all", lambda p: bool(p.restated)),
        ("figure new for the pair", lambda p: p.id not in earlier),
        ("figure promised before", lambda p: p.id in earlier),
    )
    rows = []
    for name, belongs in groups:
        members = [p for p in promises if belongs(p)]
        n, met = sum(_count(members, outcome) for outcome in RESOLVED), _count(members, "on time")
        interval = wilson(met, n)
        rows.append((name, len(members), n, met, met / n if n else None, interval.q10, interval.q90))
    return Table("shares", columns, tuple(rows))


def _moved(before: Promise, later: Promise) -> int | None:
    return None if later.due is None or before.due is None else later.due - before.due


def _what_moved(before: Promise, later: Promise) -> str:
    if before.due is None:
        return "never dated" if later.due is None else "given"
    if later.due is None:
        return "dropped"
    return "same" if later.due == before.due else "later" if later.due > before.due else "earlier"


def _party(text: str, known: set[str]) -> str:
    """Code of a country, or of a group that the table has."""
    code = text.strip().upper()
    return code if code in known else country(text).alpha3


def _pair(text: str, known: set[str]) -> Pair:
    parts = [part for part in re.split(r"[,\-–]", text) if part.strip()]
    if len(parts) != 2:
        raise InputError(f'"{text}" is not a pair. Write two countries with a comma, such as KAZ,UZB.')
    first, second = sorted(_party(part, known) for part in parts)
    return first, second


def _filtered(table: Table, kept: Callable[[Mapping[str, Any]], bool]) -> Table:
    rows = tuple(values for values, row in zip(table.rows, table, strict=True) if kept(row))
    return Table(table.name, table.columns, rows)
