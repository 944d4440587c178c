"""Reason codes with their meaning, from ``data/messages/reasons.csv``.

A subset of the ISO 20022 external code sets ExternalStatusReason1Code (pacs.002), ExternalReturnReason1Code
(pacs.004) and ExternalCancellationReason1Code (camt.056): the codes that a clearing house needs, explained in our
words.
"""

from __future__ import annotations

import csv
import difflib
import io
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Literal

from tarazu.core.errors import MessageError
from tarazu.core.parameters import bundled_text

Use = Literal["status", "return", "cancellation"]


class PaymentStatus(StrEnum):
    """Status of a transaction in a pacs.002 (ExternalPaymentTransactionStatus1Code)."""

    ACCEPTED = "ACCP"  # checked and accepted, not yet settled
    PENDING = "PDNG"  # held until somebody decides
    SETTLED = "ACSC"  # settled on the debtor's account
    REJECTED = "RJCT"  # not booked


@dataclass(frozen=True, slots=True)
class Reason:
    """One code, its name in the code set, where it may be used, and what it means."""

    code: str
    name: str
    uses: frozenset[str]
    meaning: str


@cache
def reasons() -> dict[str, Reason]:
    """Every reason code that Tarazu gives, by code."""
    rows = csv.DictReader(io.StringIO(bundled_text("messages/reasons.csv")))
    return {
        row["code"]: Reason(row["code"], row["name"], frozenset(row["set"].split(";")), row["meaning"])
        for row in rows
    }


def reason_for(code: str, use: Use) -> Reason:
    """A reason by its code, if it may be given in a status, a return or a recall.

    Raises
    ------
    MessageError
        If the code is not in the table, or not for this use.
    """
    found = reasons().get(code)
    if found is None or use not in found.uses:
        known = [each.code for each in reasons().values() if use in each.uses]
        near = difflib.get_close_matches(code, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
        raise MessageError(f'"{code}" is not a reason for a {use}. {hint}')
    return found
