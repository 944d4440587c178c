"""A bank's own statement read for reconciliation: camt.053.001.08.

Whatever does not add up (balances against entries, entries against the bank's own totals) comes back as a check: a
statement with a gap is what reconciliation is for. Message: ISO 20022, Bank-to-Customer Cash Management.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lxml import etree

from tarazu.clearing.messages.build import major
from tarazu.clearing.messages.schemas import Schemas
from tarazu.clearing.messages.source import NAMESPACE, is_xml, load, message_type, parse_xml
from tarazu.core.checks import Check
from tarazu.core.codes import currency
from tarazu.core.errors import MessageError, UnknownCodeError

CAMT_053 = "camt.053.001.08"
_NS = {"n": NAMESPACE + CAMT_053}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)  # PRCD, the previous closing balance, is the opening one


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One movement that the bank booked; the amount is of minor units, positive for a credit to the account."""

    ref: str
    amount: int
    currency: str
    booked: date | None
    value: date | None = None
    message_id: str = ""
    instruction_id: str = ""
    end_to_end_id: str = ""
    transaction_id: str = ""
    uetr: str = ""
    info: str = ""


@dataclass(frozen=True, slots=True)
class BankStatement:
    """One statement of one account; balances in minor units, None where the bank states none."""

    id: str
    account: str
    currency: str
    opening: int | None
    closing: int | None
    entries: tuple[BankEntry, ...]
    checks: tuple[Check, ...] = ()
    checked_against: str = ""


def read_statements(
    source: Path | bytes, *, name: str = "", schema_folder: Path | None = None
) -> tuple[BankStatement, ...]:
    """The statements in a camt.053 message.

    Only booked entries are read; pending and informative ones move no balance. A collective entry whose details
    sum to it is read as its details.

    Raises
    ------
    MessageError
        If the message is unsafe, malformed, of another type, or breaks its schema.
    """
    data, name = load(source, name)
    if not is_xml(data):
        raise MessageError(f"{name}: is not XML. Expected a bank statement as {CAMT_053}.")
    root = parse_xml(data, name)
    kind = message_type(root, name)
    if kind != CAMT_053:
        raise MessageError(
            f"{name}, line {root.sourceline}: is a {kind}, not a {CAMT_053} (bank-to-customer statement)."
        )
    validation = Schemas(schema_folder).check(root, name)
    if not validation.ok:
        raise MessageError(f"{validation.message}. Nothing was read: ask the bank for a valid statement.")
    if validation.schema == "none":
        raise MessageError(
            f"{name}: there is no schema to check a {CAMT_053} against. Install the package camt053, or name a "
            "folder that holds the official schemas."
        )
    return tuple(
        _Statement(each, f"{name}, statement {number}").read(validation.checked_against)
        for number, each in enumerate(root[0].findall("n:Stmt", _NS), 1)
    )


class _Statement:
    """One Stmt element on its way to a value; gathers checks."""

    def __init__(self, element: etree._Element, where: str) -> None:
        self.element, self.where = element, where
        self.checks: list[Check] = []

    def read(self, checked_against: str) -> BankStatement:
        code = _text(self.element, "Acct/Ccy") or self._first_currency()
        entries = tuple(self._entries(code))
        opening, closing = self._balance(_OPENING, code), self._balance(_CLOSING, code)
        if opening is None or closing is None:
            self._error(
                "balance-missing", f"states no {'opening' if opening is None else 'closing'} balance."
            )
        elif opening + sum(each.amount for each in entries) != closing:
            moved = sum(each.amount for each in entries)
            self._error(
                "statement-does-not-add-up",
                f"opening {major(opening, code)} + entries {major(moved, code)} is not closing "
                f"{major(closing, code)} {code}. Ask the bank for the missing entries.",
            )
        identifier = _text(self.element, "Acct/Id/IBAN") or _text(self.element, "Acct/Id/Othr/Id")
        return BankStatement(
            _text(self.element, "Id"),
            identifier,
            code,
            opening,
            closing,
            entries,
            tuple(self.checks),
            checked_against,
        )

    def _first_currency(self) -> str:
        found = self.element.find("n:Bal/n:Amt", _NS)
        return found.get("Ccy", "") if found is not None else ""

    def _error(self, name: str, message: str, where: str = "") -> None:
        self.checks.append(Check.error(name, where or self.where, message))

    def _balance(self, kinds: tuple[str, ...], code: str) -> int | None:
        """The first balance of one of the kinds, the kinds in sequence."""
        for kind in kinds:
            for balance in self.element.findall("n:Bal", _NS):
                if _text(balance, "Tp/CdOrPrtry/Cd") == kind:
                    return self._signed(balance, code, f"{self.where}, balance {kind}")
        return None

    def _entries(self, code: str) -> Iterator[BankEntry]:
        numbers = 0
        for number, entry in enumerate(self.element.findall("n:Ntry", _NS), 1):
            if _text(entry, "Sts/Cd") != "BOOK":
                continue
            numbers += 1
            where = f"{self.where}, entry {number}"
            amount = self._signed(entry, code, where)
            if amount is not None:
                yield from self._details(entry, amount, code, where)
        stated = _text(self.element, "TxsSummry/TtlNtries/NbOfNtries")
        every = len(self.element.findall("n:Ntry", _NS))
        if stated and int(stated) not in (numbers, every):
            self._error("entries-missing", f"says it holds {stated} entries; it holds {every}.")

    def _details(self, entry: etree._Element, amount: int, code: str, where: str) -> Iterator[BankEntry]:
        details = entry.findall("n:NtryDtls/n:TxDtls", _NS)
        parts: list[int] = []
        for each in details if len(details) > 1 else ():
            stated = each.find("n:Amt", _NS)
            if stated is None or stated.get("Ccy") != code:
                break
            part = self._signed(each, code, where, _text(entry, "CdtDbtInd"))
            parts += [] if part is None else [part]
        if details and len(parts) == len(details) and sum(parts) == amount:
            for part, each in zip(parts, details, strict=True):
                yield _entry(entry, each, part, code)
            return
        if len(details) > 1:
            self.checks.append(
                Check.warning(
                    "collective-entry",
                    where,
                    f"is of {len(details)} transactions whose amounts do not sum to it: read as one.",
                )
            )
        yield _entry(entry, details[0] if len(details) == 1 else None, amount, code)

    def _signed(self, element: etree._Element, code: str, where: str, direction: str = "") -> int | None:
        """Amount in minor units with its sign; None, and a check, if it is not one of the account's currency."""
        found = element.find("n:Amt", _NS)
        if found is None:
            return None
        text, of = (found.text or "").strip(), found.get("Ccy", "")
        try:
            minor = Decimal(text).scaleb(currency(of).scale)
        except (UnknownCodeError, InvalidOperation):
            self._error("amount-unusable", f"{text} {of}: no amount of a currency in use.", where)
            return None
        if of != code or minor != minor.to_integral_value():
            wrong = f"is not in the account's {code}" if of != code else "has more decimals than its currency"
            self._error("amount-unusable", f"{text} {of} {wrong}.", where)
            return None
        debit = (_text(element, "CdtDbtInd") or direction) == "DBIT"
        return -int(minor) if debit else int(minor)


def _entry(entry: etree._Element, details: etree._Element | None, amount: int, code: str) -> BankEntry:
    refs = details.find("n:Refs", _NS) if details is not None else None
    info = _text(details, "AddtlTxInf") or _text(details, "RmtInf/Ustrd") or _text(entry, "AddtlNtryInf")
    return BankEntry(
        ref=_text(entry, "NtryRef") or _text(entry, "AcctSvcrRef") or _text(refs, "AcctSvcrRef"),
        amount=amount,
        currency=code,
        booked=_date(entry, "BookgDt"),
        value=_date(entry, "ValDt"),
        message_id=_text(refs, "MsgId"),
        instruction_id=_text(refs, "InstrId"),
        end_to_end_id=_text(refs, "EndToEndId"),
        transaction_id=_text(refs, "TxId"),
        uetr=_text(refs, "UETR"),
        info=info,
    )


def _date(entry: etree._Element, tag: str) -> date | None:
    text = _text(entry, f"{tag}/Dt") or _text(entry, f"{tag}/DtTm")
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:  # a year of five digits is a valid xs:date
        return None


def _text(element: etree._Element | None, path: str) -> str:
    if element is None:
        return ""
    return (element.findtext("/".join(f"n:{step}" for step in path.split("/")), "", _NS) or "").strip()
