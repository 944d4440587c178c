"""Messages that the commands write beside what they print, each named by what it is and what it answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tarazu.clearing import answers, tables
from tarazu.core.errors import InputError

if TYPE_CHECKING:
    from tarazu.clearing.booking import Outcome
    from tarazu.clearing.house import ClearingHouse
    from tarazu.clearing.messages.orders import Batch


def write_status_report(
    house: ClearingHouse, batch: Batch, outcomes: Sequence[Outcome], to: str, folder: Path, name: str
) -> str:
    """pacs.002 that answers one file; returns what was written and what it was checked against."""
    if not outcomes and not batch.refused:
        raise InputError(f"{name}: it holds no payment, so there is nothing to answer.")
    report = answers.status_report(
        house.database, house.scheme, outcomes, batch.refused, to=to, orders=batch.orders
    )
    return _write(report, folder, f"{Path(name).stem}.pacs.002.xml")


def write_for_proposal(house: ClearingHouse, proposal: int, folder: Path) -> list[str]:
    """The message an approved proposal leads to: pacs.009 for a settlement, pacs.004 for a reversal."""
    table = tables.proposal
    with house.database.reading() as connection:
        row = connection.execute(
            sa.select(table.c.action, table.c.details).where(table.c.id == proposal)
        ).one()
    number = _number_in(row.details)
    if row.action == "release-settlement":
        message = answers.settlement_instruction(house.database, house.scheme, number)
        return [_write(message, folder, f"settlement-{number}.pacs.009.xml")]
    if row.action == "reverse":
        return [
            _write(answers.return_message(house.database, number), folder, f"payment-{number}.pacs.004.xml")
        ]
    return []


def write_message(house: ClearingHouse, kind: str, subject: str, reason: str, folder: Path) -> str:
    """One message about a payment, a settlement or a party."""
    database, scheme = house.database, house.scheme
    if kind == "camt.054":
        found = answers.notification(database, scheme, subject, house.today)
    elif not subject.isdigit():
        raise InputError(f"{kind}: expected a number, got {subject!r}. `tarazu clearing show` lists them.")
    elif kind == "pacs.004":
        found = answers.return_message(database, int(subject))
    elif kind == "pacs.009":
        found = answers.settlement_instruction(database, scheme, int(subject))
    else:
        found = answers.recall(database, int(subject), reason)
    return _write(found, folder, f"{subject}.{kind}.xml")


def _number_in(details: str) -> int:
    found = json.loads(details)
    return int(found.get("settlement", found.get("payment", 0)) or 0)


def _write(message: answers.Answer, folder: Path, name: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(message.data)
    return f"{path} ({message.checked_against})"
