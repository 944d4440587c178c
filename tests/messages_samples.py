"""One message of every type, with everything that it can say, for the tests of messages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from tarazu.clearing.messages.accounts import Notification, Statement, StatementEntry, camt053, camt054
from tarazu.clearing.messages.build import Agent, Header, Original
from tarazu.clearing.messages.status import PaymentStatus
from tarazu.clearing.messages.write import (
    Recall,
    Return,
    Settlement,
    Status,
    camt056,
    pacs002,
    pacs004,
    pacs008,
    pacs009,
)
from tarazu.clearing.order import PaymentOrder, Refusal

CREATED = datetime(2026, 3, 2, 9, 30)
DAY = date(2026, 3, 3)
HEADER = Header("MSG-1", CREATED, Agent(bic="AAAAKZ2X"), Agent(id="IR-BANK", name="بانک نمونه"))
ORDER = PaymentOrder(
    "k1",
    "KZ-1",
    "IR-1",
    123_450,
    "KZT",
    DAY,
    "ТОО «Астық» & Ко",
    "<شرکت>",
    "100300",
    Decimal("2.5"),
    "INV/1",
    "M0",
)
ORIGINAL = Original("M0", "I1", "E1", "T1", "7a562c67-ca16-48ba-b074-65581be6f0aa")
ENTRIES = (
    StatementEntry("L-1", 5_000, DAY, end_to_end_id="E1", uetr=ORIGINAL.uetr, info="за ячмень"),
    StatementEntry("L-2", -7_001, DAY, kind="INTEREST"),
)
STATEMENT = Statement(
    "S-1", "KZ-POSITION", "KZT", date(2026, 3, 1), date(2026, 3, 31), 1_000, -1_001, ENTRIES, "Банк"
)


def refused(reason: str = "x" * 250) -> Status:
    refusal = Refusal("k", "AM05", reason, message_id="M0", end_to_end_id="E1", transaction_id="T1")
    return Status(Original.of(refusal), PaymentStatus.REJECTED, refusal.code, refusal.reason)


def written() -> dict[str, bytes]:
    """One message of every type, with everything that it can say."""
    accepted = Status(ORIGINAL, PaymentStatus.SETTLED)
    other = Status(Original("M9", transaction_id="T9"), PaymentStatus.PENDING, "RR04", "name on a list")
    position = Settlement(
        "SI-1", "CYCLE-7", 9_999, "KZT", DAY, HEADER.sender, HEADER.receiver, ORIGINAL.uetr, "net"
    )
    return {
        "pacs.008.001.08": pacs008(HEADER, [ORDER]),
        "pacs.009.001.08": pacs009(HEADER, [position]),
        "pacs.002.001.10": pacs002(HEADER, [accepted, refused(), other]),
        "pacs.004.001.09": pacs004(HEADER, [Return("R-1", ORIGINAL, 5, "KZT", DAY, "FOCR", "recalled")]),
        "camt.056.001.08": camt056(HEADER, [Recall("C-1", ORIGINAL, 5, "KZT", DAY, "DUPL", "sent twice")]),
        "camt.053.001.08": camt053("MSG-1", CREATED, [STATEMENT], HEADER.sender),
        "camt.054.001.08": camt054(
            "MSG-1", CREATED, [Notification("N-1", "KZ-POSITION", "KZT", ENTRIES)], HEADER.sender
        ),
    }
