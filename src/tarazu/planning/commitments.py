"""Which promises carry a plan, how they stand, and what is measured of them: the register meets the trade figures.

Indicators are measured by the trade figures, not by what anybody says of them: see `indicators`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from tarazu.core.table import Column, Table
from tarazu.planning.indicators import figure_text, live
from tarazu.register.model import Evidence
from tarazu.register.register import Item, Register
from tarazu.register.schedule import COMPLETE, OVERDUE, grade, schedule
from tarazu.register.views import Board, board, sources
from tarazu.report.document import Listing, Section, Show

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan

QUOTED = 160  # characters of a quote that the page shows

COLUMNS = (
    Column("measure"),
    Column("name"),
    Column("commitment", "", "id of what carries it"),
    Column("title"),
    Column("kind"),
    Column("official", "", "what the parties say"),
    Column("evidence", "", "what documents show, on five points"),
    Column("schedule"),
    Column("due"),
    Column("sources"),
    Column("proof", "", "the words in which it was promised and what shows where it stands, with addresses"),
)


def plan_board(plan: Plan, today: date | None = None) -> Board | None:
    """The board of the plan's dossier, measured by its figures; None without a register."""
    register = plan.dossier.register if plan.dossier else None
    if register is None:
        return None
    day = today or date.today()
    return board(register, day, actual=live(register, plan.baseline, day))


def carried(plan: Plan, today: date | None = None) -> Table:
    """Each measure with the commitments and instruments that carry it, and how each stands."""
    register = plan.dossier.register if plan.dossier else None
    day = today or date.today()
    rows = [
        {"measure": measure.id, "name": measure.name, **_standing(item, day)}
        for measure in plan.given.measures
        for item in (_carriers(register, measure.id, measure.commitments) if register else ())
    ]
    return Table.build("carried_by", COLUMNS, rows)


def _carriers(register: Register, measure: str, named: tuple[str, ...]) -> list[Item]:
    """Items that the measure names and those that name it, with their instruments.

    Points of an instrument that name no measure count only where it carries this one alone: of a plan with several, a
    point about the whole says nothing of one.
    """
    chosen = {name: register.items[name] for name in named if name in register.items}
    for kind in ("instruments", "commitments"):
        chosen |= {item.id: item for item in register.of(kind) if measure in (item["measures"] or ())}
    alone = {name for name, item in chosen.items() if set(item["measures"] or ()) <= {measure}}
    for item in register.of("commitments"):
        if item["instrument"] in alone and not item["measures"]:
            chosen[item.id] = item
    holding = {str(item["instrument"]) for item in chosen.values() if item["instrument"]}
    chosen |= {name: register.items[name] for name in holding & register.items.keys()}
    return sorted(chosen.values(), key=lambda item: item.id)


def _standing(item: Item, today: date) -> dict[str, Any]:
    promised = item.kind == "commitments"
    return {
        "commitment": item.id,
        "title": item.title,
        "kind": str(item["form"]).replace("_", " "),
        "official": str(item["official"] or ("unknown" if promised else _life(item))).replace("_", " "),
        "evidence": grade(item).replace("_", " ") if promised else "",
        "schedule": schedule(item, today) if promised else "",
        "due": item["due"] or "",
        "sources": sources(item),
        "proof": _proof(item),
    }


def _proof(item: Item) -> str:
    """The words in which it was promised, then what its grade rests on, each with its source and address."""
    told = item.evidence
    promised = next((each for each in told if each.quote), told[0] if told else None)
    graded = item.last("evidenced")
    shown = dict.fromkeys(filter(None, (promised, graded.evidence if graded else None)))
    return " | ".join(_cited(each) for each in shown)


def _cited(proof: Evidence) -> str:
    words = shorten(" ".join(proof.quote.split()), QUOTED, placeholder=" …")
    return " ".join(
        filter(None, (f"{proof}:" if words else str(proof), words and f"“{words}”", proof.source_url))
    )


def _life(item: Item) -> str:
    """How far an instrument has come: the last of signed, in force, ended that is known."""
    told = [name for name in ("planned", "negotiated", "signed", "in_force", "ended") if name in item.dates]
    last = told[-1] if told else "unknown"
    return f"{last} {item.dates[last]}".strip() if told else last


def section(plan: Plan) -> Section | None:
    """The report's section: the two numbers, what carries each measure, and the board."""
    found = plan_board(plan)
    if found is None or plan.dossier is None:
        return None
    table = carried(plan, found.today)
    bare = [m.name for m in plan.given.measures if not any(row["measure"] == m.id for row in table)]
    text = f"On {found.today}: {found.sentence()} {_weakest(table)}"
    if bare:
        text += (
            f" No commitment of the register carries {len(bare)} of the {len(plan.given.measures)} measures: "
        )
        text += f"{'; '.join(bare)}."
    return Section(
        "commitments",
        "Which promises carry it",
        (text, _measured(found), STATUSES),
        listings=(
            Listing(
                table,
                (
                    Show("measure", "Measure"),
                    Show("commitment", "Carried by"),
                    Show("title", "What was promised"),
                    Show("official", "Parties say"),
                    Show("evidence", "Documents show"),
                    Show("schedule", "Schedule"),
                    Show("proof", "Evidence"),
                ),
                "What carries each measure, and how it stands",
                empty="No measure names a commitment.",
            ),
            Listing(found.table, BOARD_SHOWN, "The board: every commitment of the register", folded=True),
        ),
    )


STATUSES = (
    "What the parties say, what documents show and the schedule are kept apart; evidence is graded on the five points "
    "of the Open Government Partnership's review. A promise said again is counted once."
)
BOARD_SHOWN = (
    Show("id", "Row"),
    Show("commitment", "Commitment"),
    Show("form", "Kind"),
    Show("body", "Body"),
    Show("due", "Due"),
    Show("official", "Parties say"),
    Show("evidence", "Documents show"),
    Show("schedule", "Schedule"),
    Show("target", "Target", "number"),
    Show("unit", "Unit"),
    Show("actual", "Actual", "number"),
    Show("actual_period", "of"),
    Show("said", "Said, times", "number"),
    Show("sources", "Sources"),
)


def _weakest(table: Table) -> str:
    """How many of the promises behind the measures are met, overdue or without evidence."""
    promised = {row["commitment"]: row for row in table if row["evidence"]}
    if not promised:
        return ""
    met = sum(row["evidence"] == COMPLETE for row in promised.values())
    late = sum(row["schedule"] == OVERDUE for row in promised.values())
    return (
        f"Of the {len(promised)} commitments behind the measures of this plan {met} are shown complete and {late} are "
        "overdue."
    )


def _measured(found: Board) -> str:
    """Indicators with a figure: where they are, against where they are to be."""
    told = []
    for item in found.register.of("indicators"):
        row: Mapping[str, Any] | None = next(
            (
                each
                for each in found.table
                if found.register.items[each["id"]]["indicator"] == item.id and each["actual"] is not None
            ),
            None,
        )
        if row is None or item["target"] is None:
            continue
        actual, aim = (figure_text(value, str(item["unit"])) for value in (row["actual"], item["target"]))
        told.append(f"{item.title}: {actual} in {row['actual_period']}, to be {aim}")
    return f"Measured: {'; '.join(told)}." if told else "No indicator of the register has a figure."
