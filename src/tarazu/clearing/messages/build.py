"""The words in which messages are written: agents, headers, references, amounts, and XML text.

Messages are written as text, element by element, in the sequence of their schema; every value passes `leaf`, which
escapes it and refuses what its field cannot hold. Amounts are integers in minor units and are written with exactly
the decimals of their currency (ISO 4217).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Protocol
from xml.sax.saxutils import escape

from tarazu.clearing.messages.source import NAMESPACE, UETR, UNWRITABLE, limits
from tarazu.core.codes import currency as currency_of
from tarazu.core.errors import MessageError

_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_MAX_35, _MAX_105, _MAX_140 = 35, 105, 140


@dataclass(frozen=True, slots=True)
class Agent:
    """A financial institution: by BIC, by another identifier, or by name; at least one."""

    bic: str = ""
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """Who sends a message to whom, when, and under which identifier (at most 35 characters)."""

    message_id: str
    created: datetime
    sender: Agent
    receiver: Agent


class HasReferences(Protocol):
    """What carries the identifiers of a payment: `PaymentOrder` and `Refusal` do."""

    @property
    def message_id(self) -> str: ...
    @property
    def end_to_end_id(self) -> str: ...
    @property
    def transaction_id(self) -> str: ...
    @property
    def uetr(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Original:
    """The payment that a status, return or recall speaks of, by the identifiers of its own message."""

    message_id: str = ""
    instruction_id: str = ""
    end_to_end_id: str = ""
    transaction_id: str = ""
    uetr: str = ""
    message_name: str = "pacs.008.001.08"

    @classmethod
    def of(cls, payment: HasReferences) -> Original:
        """From an order or a refusal.

        Identifiers that no answer can carry (too long, or a UETR that is none) are left out: a payment may have
        been refused for just that.
        """
        return cls(
            message_id=_carried(payment.message_id),
            instruction_id=_carried(getattr(payment, "instruction_id", "")),
            end_to_end_id=_carried(payment.end_to_end_id),
            transaction_id=_carried(payment.transaction_id),
            uetr=payment.uetr if UETR.fullmatch(payment.uetr) else "",
        )

    def group(self) -> str:
        """The element OrgnlGrpInf, empty where the payment came in no message."""
        if not self.message_id:
            return ""
        inner = leaf("OrgnlMsgId", self.message_id) + leaf("OrgnlMsgNmId", self.message_name)
        return f"<OrgnlGrpInf>{inner}</OrgnlGrpInf>"

    def identifiers(self) -> str:
        """The elements OrgnlInstrId to OrgnlUETR, as far as known."""
        return (
            leaf("OrgnlInstrId", self.instruction_id)
            + leaf("OrgnlEndToEndId", self.end_to_end_id)
            + leaf("OrgnlTxId", self.transaction_id)
            + leaf("OrgnlUETR", self.uetr, 36)
        )


def _carried(identifier: str) -> str:
    return "" if len(identifier) > _MAX_35 or UNWRITABLE.search(identifier) else identifier


def document(message: str, root: str, body: str) -> bytes:
    """A whole message in UTF-8."""
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}{message}">'
    return f"{start}<{root}>{body}</{root}></Document>\n".encode()


def leaf(tag: str, text: str, longest: int = _MAX_35) -> str:
    """An element with text, nothing if the text is empty.

    Raises
    ------
    MessageError
        If the text is longer than its field, or holds a character that XML cannot carry.
    """
    if not text:
        return ""
    if len(text) > longest:
        raise MessageError(
            f'{tag}: "{text[:50]}" is {len(text)} characters long, the field holds {longest}. Shorten it.'
        )
    if not text.isprintable() and UNWRITABLE.search(text):
        raise MessageError(f"{tag}: {text[:50]!r} holds a character that XML cannot carry. Remove it.")
    return f"<{tag}>{escape(text)}</{tag}>"


def required(tag: str, text: str, longest: int = _MAX_35) -> str:
    """As `leaf`, for an element that must be there."""
    if not text:
        raise MessageError(f"{tag}: is empty, but the message must have it.")
    return leaf(tag, text, longest)


def major(amount: int, code: str) -> str:
    """An amount of minor units in major units, with the decimals of its currency: 123450 KZT is ``1234.50``."""
    scale = _scale(code)
    digits = str(abs(amount)).rjust(scale + 1, "0")
    text = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
    return f"-{text}" if amount < 0 else text


@cache
def _digits() -> int:
    return int(limits()["order"]["amount_digits"])


@cache
def _scale(code: str) -> int:
    return currency_of(code).scale


def total(amounts: Iterable[tuple[int, str]]) -> str:
    """Sum of amounts and currencies in major units, whatever the currencies: ISO 20022's control sum.

    Empty if it has more digits than the element holds; the element is optional.
    """
    found = sum((Decimal(amount).scaleb(-_scale(code)) for amount, code in amounts), Decimal(0))
    return format(found, "f") if len(found.as_tuple().digits) <= _digits() else ""


def money(tag: str, amount: int, code: str) -> str:
    """An element with a currency; the amount is of minor units.

    Raises
    ------
    MessageError
        If the amount is negative, or has more than 18 digits.
    """
    if len(str(abs(amount))) > _digits():
        raise MessageError(
            f"{tag}: {amount} minor units of {code}: at most {_digits()} digits fit. Split it."
        )
    if amount < 0:
        raise MessageError(
            f"{tag}: {major(amount, code)} {code} is negative. Messages carry the sign elsewhere."
        )
    return f'<{tag} Ccy="{code}">{major(amount, code)}</{tag}>'


def day(tag: str, value: date | None) -> str:
    """An element with a date, nothing if there is none."""
    return f"<{tag}>{value.isoformat()[:10]}</{tag}>" if value else ""


def moment(tag: str, value: datetime) -> str:
    """An element with date and time, to the second."""
    return f"<{tag}>{value.isoformat(timespec='seconds')}</{tag}>"


def agent(tag: str, value: Agent) -> str:
    """An element that identifies a financial institution.

    Raises
    ------
    MessageError
        If the agent has neither BIC nor identifier nor name, or its BIC has not the form of one (ISO 9362).
    """
    return f"<{tag}>{institution(value)}</{tag}>"


@cache
def institution(value: Agent) -> str:
    """The element FinInstnId."""
    if value.bic and not _BIC.fullmatch(value.bic):
        raise MessageError(f'"{value.bic}" is not a BIC (ISO 9362): 8 or 11 capitals and digits.')
    inner = leaf("BICFI", value.bic) + leaf("Nm", value.name, _MAX_140)
    if value.id:
        inner += f"<Othr>{leaf('Id', value.id)}</Othr>"
    if not inner:
        raise MessageError("An agent has neither BIC nor identifier nor name. Give one.")
    return f"<FinInstnId>{inner}</FinInstnId>"


def account(tag: str, identifier: str, code: str = "", owner: str = "") -> str:
    """An element that identifies an account, by IBAN where the identifier has its form and check digits."""
    inner = (
        leaf("IBAN", identifier) if _is_iban(identifier) else f"<Othr>{required('Id', identifier, 34)}</Othr>"
    )
    held = f"<Ownr>{leaf('Nm', owner, _MAX_140)}</Ownr>" if owner else ""
    return f"<{tag}><Id>{inner}</Id>{leaf('Ccy', code)}{held}</{tag}>"


def _is_iban(text: str) -> bool:
    """ISO 13616: country, check digits, and modulo 97 of the rearranged digits equal to one."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def reason(tag: str, code: str, info: str) -> str:
    """An element with a reason code and its explanation, in pieces of 105 characters; nothing without both."""
    if not code and not info:
        return ""
    coded = f"<Rsn>{leaf('Cd', code, 4)}</Rsn>" if code else ""
    said = " ".join(info.split())
    pieces = "".join(
        leaf("AddtlInf", said[at : at + _MAX_105], _MAX_105) for at in range(0, len(said), _MAX_105)
    )
    return f"<{tag}>{coded}{pieces}</{tag}>"
