"""A payment order as it enters, whatever file it came in, and the refusal of one that cannot be read or booked.

Readers (pacs.008, CSV, JSON) make `PaymentOrder`s; the clearing house books or refuses them. Reasons are the
ISO 20022 external status reason codes, so that a refusal can be answered by a pacs.002 word for word.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter

SEPARATOR = "\x1f"  # between the parts of what a digest is of; no text of an order may hold it


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One customer payment from a debtor in one country to a creditor in the other.

    Attributes
    ----------
    key
        Idempotency key: the same key and content again is the same payment, not another one.
    debtor, creditor
        Identifiers under which the parties are registered.
    amount, currency
        Instructed amount in minor units of an ISO 4217 currency.
    settlement_date
        Interbank settlement date asked for.
    debtor_name, creditor_name
        Names as the message wrote them; empty if it gave none.
    hs, quantity_kg
        What is paid for: HS code and net weight, for the plausibility of the price; empty and None if unstated.
    invoice
        Number of the commercial invoice.
    message_id, instruction_id, end_to_end_id, transaction_id, uetr
        Identifiers of the message, kept for answers (pacs.002, pacs.004).
    source
        Where the order stood: file and row or transaction number; not part of its content.
    """

    key: str
    debtor: str
    creditor: str
    amount: int
    currency: str
    settlement_date: date
    debtor_name: str = ""
    creditor_name: str = ""
    hs: str = ""
    quantity_kg: Decimal | None = None
    invoice: str = ""
    message_id: str = ""
    instruction_id: str = ""
    end_to_end_id: str = ""
    transaction_id: str = ""
    uetr: str = ""
    source: str = ""

    def digest(self) -> str:
        """SHA-256 of the order's content in hexadecimal, without key and source."""
        content = SEPARATOR.join(map(str, _content(self)))
        return hashlib.sha256(content.encode()).hexdigest()


_content = attrgetter(*(each.name for each in fields(PaymentOrder) if each.name not in {"key", "source"}))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order was not booked.

    Attributes
    ----------
    key
        The order's idempotency key, empty where the order could not be read that far.
    code
        ISO 20022 external status reason code: AM05 duplicate, AC01 account unknown, …
    reason
        What was expected, what came and how to mend it.
    source
        File and row, or transaction number.
    """

    key: str
    code: str
    reason: str
    source: str = ""
    message_id: str = ""
    end_to_end_id: str = ""
    transaction_id: str = ""
    uetr: str = ""
