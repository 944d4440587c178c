"""Points proposed for the next protocol: from findings only, each with its reason and its sources.

A finding is an overdue commitment, one in whose place a later one stands, one without a date or without evidence, a
contradiction in commitments that a check of the register found, the choke point of the target, a ban or quota in force
that concerns both, or two official figures for one year that do not agree. Nothing else is proposed, and the commission
decides.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from functools import cache
from typing import Any

from tarazu.core import codes
from tarazu.core.checks import Severity
from tarazu.core.errors import UnknownCodeError
from tarazu.core.schema import DATA
from tarazu.planning.pack_register import Sessions, inferred
from tarazu.planning.pack_replaced import closing, replaced
from tarazu.planning.pack_target import choke_phrase, choke_point
from tarazu.planning.pack_titles import read_back
from tarazu.planning.pack_turnover import gap_phrase, mirror_gap
from tarazu.planning.pack_values import (
    UNKNOWN,
    Draft,
    Grid,
    Land,
    Lines,
    Listed,
    Part,
    Phrase,
    Quantity,
    Refs,
    Said,
    Value,
    When,
    Word,
    said,
    when,
)
from tarazu.planning.pack_words import has, known
from tarazu.register.register import Item, span
from tarazu.register.schedule import COMPLETE, NO_EVIDENCE, binding, grade

MOST = 12  # titles that one collective point names
NOT_REACHED, DONE = "not_reached", "done"
UNPROVEN_DONE = "done-without-evidence"  # the check of the register
PROMISES = ("commitments", "milestones")
LACKS = ("both", "undated", "unproven")
LONG_AGO = 3 * 365  # days after which closing is as likely as renewing

Point = tuple[Value, Value, Refs]  # what is proposed, why, where it stands


def proposed(draft: Draft, sessions: Sessions) -> Part:
    """Every proposed point, numbered."""
    elsewhere = [
        each
        for each in replaced(draft.register, draft.today)
        if set(draft.parties) & set(each.earlier["parties"])
    ]
    gone = frozenset(each.earlier.id for each in elsewhere)
    found = [
        *closing(draft, elsewhere),
        *_overdue(draft, gone),
        *_collective(draft, sessions, gone),
        *_contradictions(draft),
        *_relief(draft),
        *_bars(draft),
        *_statistics(draft),
    ]
    mark = Word("point.mark")
    rows = tuple(
        (Quantity(number), Lines((title, mark)), reason, refs)
        for number, (title, reason, refs) in enumerate(found, 1)
    )
    heads = tuple(Word(f"head.{name}") for name in ("number", "proposal", "reason", "source"))
    sentences = (Phrase("points.lead", {"n": Quantity(len(rows))}), Word("points.rule"))
    grids = [Grid("points", Word("caption.proposals"), heads, (2, 12, 15, 4), rows, Word("empty.points"))]
    return Part("points", sentences, (*grids, *_keeper(draft)))


def _keeper(draft: Draft) -> Iterable[Grid]:
    """What the register's checks found of how the record is kept: for who keeps it, not for a session of two states."""
    rows = tuple(
        (Said(item.title), message, draft.evidence(item.evidence))
        for item, _, message in _found(draft)
        if item.kind not in PROMISES
    )
    heads = tuple(Word(f"head.{name}") for name in ("record", "finding", "source"))
    if rows:
        yield Grid("keeper", Word("caption.keeper"), heads, (12, 17, 4), rows)


def _overdue(draft: Draft, gone: Set[str]) -> Iterable[Point]:
    """One point for each overdue commitment but those to be closed; its overdue steps are named in the reason."""
    items, rows = draft.register.items, list(draft.register.overdue(draft.today))
    late = {row["id"] for row in rows}
    for row in rows:
        item = items[row["id"]]
        if row["id"] in gone or (row["kind"] == "milestone" and item["commitment"] in late | gone):
            continue
        steps = [r for r in rows if r["kind"] == "milestone" and items[r["id"]]["commitment"] == row["id"]]
        reasons: list[Value] = [
            Phrase(
                "reason.overdue",
                {
                    "days": Quantity(-row["days"], "days"),
                    "due": When(row["due"]),
                    "official": Word(f"official.{row['official']}"),
                    "evidence": Word(f"evidence.{row['evidence']}"),
                },
            )
        ]
        reasons += [Phrase("reason.step", {"title": Said(r["title"]), "due": When(r["due"])}) for r in steps]
        if row["next_step"]:
            reasons.append(Phrase("reason.next", {"step": Said(row["next_step"])}))
        key = _what_to_do(row, item)
        proofs = [proof for r in (row, *steps) for proof in items[r["id"]].evidence]
        yield Phrase(key, {"title": Said(row["title"])}), Lines(tuple(reasons)), draft.evidence(proofs)


def _what_to_do(row: Mapping[str, Any], item: Item) -> str:
    """Which point an overdue commitment asks for: proof, closing, or a new date."""
    if row["official"] == DONE:
        return f"point.check.{UNPROVEN_DONE}"
    if row["official"] == NOT_REACHED:
        return "point.close"
    return "point.old" if item["form"] == "target" or -row["days"] > LONG_AGO else "point.renew"


def _collective(draft: Draft, sessions: Sessions, gone: Set[str]) -> Iterable[Point]:
    """Commitments without a date or evidence: by document of the last session, then what the two promised elsewhere."""
    late = {row["id"] for row in draft.register.overdue(draft.today)} | gone
    lacking = [
        (lack, item)
        for item in binding(draft.register.of("commitments"))
        if item.id not in late and (lack := _lacks(item))
    ]
    documents = sessions.last.documents if sessions.last else ()
    names = {document.id for document in documents}
    for document in documents:
        for lack in LACKS:
            own = [item for name, item in lacking if name == lack and item["instrument"] == document.id]
            if own:
                facts: dict[str, Value] = {"n": Quantity(len(own)), "title": Said(document.title)}
                yield Phrase(f"point.{lack}", facts), _titles(lack, own), _proofs(draft, own)
    for lack in LACKS:
        rest = [
            item
            for name, item in lacking
            if name == lack and item["instrument"] not in names and set(item["parties"]) <= set(draft.parties)
        ]
        if rest:
            title = Phrase(f"point.{lack}.others", {"n": Quantity(len(rest))})
            yield title, _titles(lack, rest), _proofs(draft, rest)


def _lacks(item: Item) -> str:
    """What a commitment lacks: a date, evidence, both; empty where nothing."""
    undated = not item["due"] and grade(item) != COMPLETE
    unproven = grade(item) == NO_EVIDENCE
    return "both" if undated and unproven else "undated" if undated else "unproven" if unproven else ""


def _titles(lack: str, items: Sequence[Item]) -> Value:
    shown: list[Value] = [Word(f"reason.{lack}"), *map(_named, items[:MOST])]
    if len(items) > MOST:
        shown.append(Phrase("and_more", {"n": Quantity(len(items) - MOST)}))
    return Lines(tuple(shown))


def _named(item: Item) -> Value:
    """What an item is called, and whether it is inferred."""
    title = Said(item.title)
    return Phrase("inferred.title", {"title": title}) if inferred(item) else title


def _proofs(draft: Draft, items: Sequence[Item]) -> Refs:
    return draft.evidence(proof for item in items[:MOST] for proof in item.evidence)


def _contradictions(draft: Draft) -> Iterable[Point]:
    """What the register's checks found to contradict in commitments: nothing else is for a commission."""
    late = {row["id"] for row in draft.register.overdue(draft.today)}
    for item, name, message in _found(draft):
        if item.kind not in PROMISES or (name == UNPROVEN_DONE and item.id in late):
            continue
        key = f"point.check.{name}"
        title = Phrase(key if has(key) else "point.check", {"title": Said(item.title)})
        yield title, Lines((Word("reason.check"), message)), draft.evidence(item.evidence)


def _found(draft: Draft) -> Iterable[tuple[Item, str, Value]]:
    """Findings of the register's checks about items: the item, the check, and what it says."""
    names = {name: each.title for name, each in draft.register.items.items()}
    for check in draft.register.checks:
        item = draft.register.items.get(check.where)
        if item is not None and check.severity is not Severity.NOTE:
            yield item, check.name, read_back(f"check.{check.name}", check.message, names)


def _relief(draft: Draft) -> Iterable[Point]:
    found = draft.plan.transport if draft.plan else None
    row = choke_point(found) if found else None
    if found is None or row is None:
        return
    reason = choke_phrase(draft, found, row, "reason.choke")
    refs = Refs((*draft.own("source.transport").numbers, *_numbers(reason)))
    yield Phrase("point.choke", {"name": Said(row["name"])}), reason, refs


def _numbers(phrase: Phrase) -> tuple[int, ...]:
    return tuple(
        number for value in phrase.values.values() if isinstance(value, Refs) for number in value.numbers
    )


def _bars(draft: Draft) -> Iterable[Point]:
    dossier = draft.plan.dossier if draft.plan else None
    rows = list(dossier.tables["restrictions"]) if dossier else []
    if dossier is None:
        draft.unknown.append(Word("unknown.restrictions"))
    found = bars_in_force(rows, draft.parties, draft.today)
    if dossier is not None and not found:
        draft.unknown.append(Phrase("unknown.bars", {"day": When(draft.today.isoformat())}))
    for row in found:
        facts: dict[str, Value] = {
            "kind": known("restriction", row["kind"]),
            "product": said(row["product"]),
            "measure": Said(row["measure"]),
            "by": _imposers(row["imposed_by"]),
            "since": when(row["valid_from"]),
            "until": when(row["valid_to"]),
        }
        yield Phrase("point.bar", facts), Phrase("reason.bar", facts), draft.row(row)


def _imposers(text: str) -> Value:
    """Who imposes it: countries by their names in the language, others as they are named."""
    found: list[Value] = []
    for name in filter(None, (each.strip() for each in text.split(";"))):
        try:
            found.append(Land(codes.country(name).alpha3))
        except UnknownCodeError:
            found.append(Land(name) if has(f"land.{name}") else Said(name))
    return Listed(tuple(found)) if found else UNKNOWN


def bars_in_force(
    rows: Iterable[Mapping[str, Any]], parties: tuple[str, str], today: date
) -> list[Mapping[str, Any]]:
    """Bans and quotas that one of the two holds on a day against the other, or against everybody.

    Parameters
    ----------
    rows
        Typed rows of a dossier's table of restrictions.
    """
    return [row for row in rows if _is(row, "kind") and _between(row, parties) and _holds(row, today)]


@cache
def _bar_words() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with (DATA / "pack" / "bars.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["field"], []).append(row["word"])
    return {field: tuple(words) for field, words in found.items()}


def _is(row: Mapping[str, Any], field: str) -> bool:
    words = (row[field] or "").casefold().replace(";", " ").replace(",", " ").split()
    return any(word in words for word in _bar_words()[field])


def _between(row: Mapping[str, Any], parties: tuple[str, str]) -> bool:
    """Whether one of the two imposes it and it applies to the other."""
    for one, other in (parties, parties[::-1]):
        by = codes.country(one).name() in row["imposed_by"]
        if by and (_is(row, "applies_to") or codes.country(other).name() in row["applies_to"]):
            return True
    return False


def _holds(row: Mapping[str, Any], today: date) -> bool:
    first, last = span(row["valid_from"]), span(row["valid_to"])
    begun = first is None or first.start <= today
    return begun and (last is None or today <= last.end) and not _is(row, "status")


def _statistics(draft: Draft) -> Iterable[Point]:
    """Two full-year figures that do not agree: the statistical offices can compare their records, nobody else."""
    plan = draft.plan
    gap = mirror_gap(plan) if plan else None
    if plan is None or gap is None:
        return
    reason = gap_phrase(draft, plan, gap)
    home, partner = map(Land, draft.parties)
    yield Phrase("point.statistics", {"home": home, "partner": partner}), reason, Refs(_numbers(reason))
