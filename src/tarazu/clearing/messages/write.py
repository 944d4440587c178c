"""Payment messages written: pacs.008, pacs.009, pacs.002, pacs.004 and camt.056.

Inputs are small frozen values; amounts are integers in minor units; moments are given, never taken from the clock.
Each function returns the bytes of a message that is valid against the official schema of its version.
Messages: ISO 20022, Payments Clearing and Settlement; Exceptions and Investigations (camt.056).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tarazu.clearing.messages.build import (
    Agent,
    Header,
    Original,
    agent,
    day,
    document,
    institution,
    leaf,
    moment,
    money,
    reason,
    required,
    total,
)
from tarazu.clearing.messages.fields import plain_number
from tarazu.clearing.messages.status import PaymentStatus, reason_for
from tarazu.clearing.order import PaymentOrder
from tarazu.core.errors import MessageError

_NAME, _TEXT = 140, 140  # Max140Text
_SETTLEMENT = "<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf>"  # settled through a clearing system


@dataclass(frozen=True, slots=True)
class Status:
    """Answer to one payment: its status, and a reason if it is not simply accepted."""

    original: Original
    status: PaymentStatus
    reason: str = ""
    info: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """A settled payment sent back.

    Attributes
    ----------
    amount
        Minor units sent back.
    """

    id: str
    original: Original
    amount: int
    currency: str
    settlement_date: date
    reason: str
    info: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """A request to cancel a payment; amount (minor units) and date are the original payment's."""

    id: str
    original: Original
    amount: int
    currency: str
    settlement_date: date
    reason: str
    info: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """An instruction to pay between agents; amount in minor units."""

    id: str
    end_to_end_id: str
    amount: int
    currency: str
    settlement_date: date
    debtor: Agent
    creditor: Agent
    uetr: str = ""
    info: str = ""


def pacs008(header: Header, orders: Sequence[PaymentOrder]) -> bytes:
    """Customer payments from the sender's customers to the receiver's.

    HS code and weight are written into the structured remittance information, as
    ``HS 100300 QTY 25000 KGM``. An order without end-to-end identifier says NOTPROVIDED there.

    Raises
    ------
    MessageError
        If there are no orders, or a value does not fit its field.
    """
    agents = agent("DbtrAgt", header.sender) + agent("CdtrAgt", header.receiver)
    body = _transfer_header(header, [(each.amount, each.currency) for each in orders])
    body += "".join(_customer_transfer(each, agents) for each in orders)
    return document("pacs.008.001.08", "FIToFICstmrCdtTrf", body)


def pacs009(header: Header, settlements: Sequence[Settlement]) -> bytes:
    """Settlement instructions between agents.

    Raises
    ------
    MessageError
        If there are none, or a value does not fit its field.
    """
    body = _transfer_header(header, [(each.amount, each.currency) for each in settlements])
    for each in settlements:
        info = f"<RmtInf>{leaf('Ustrd', each.info, _TEXT)}</RmtInf>" if each.info else ""
        body += (
            f"<CdtTrfTxInf><PmtId>{required('InstrId', each.id)}{required('EndToEndId', each.end_to_end_id)}"
            f"{required('TxId', each.id)}{leaf('UETR', each.uetr, 36)}</PmtId>"
            f"{_positive('IntrBkSttlmAmt', each.amount, each.currency)}"
            f"{day('IntrBkSttlmDt', each.settlement_date)}"
            f"{agent('Dbtr', each.debtor)}{agent('Cdtr', each.creditor)}{info}</CdtTrfTxInf>"
        )
    return document("pacs.009.001.08", "FICdtTrf", body)


def pacs002(header: Header, statuses: Sequence[Status]) -> bytes:
    """Status of payments, each with its original identifiers; payments of several messages may be mixed.

    Nothing is said of an original message as a whole, since an answer may cover only some of its payments.

    Raises
    ------
    MessageError
        If there are none, a rejection has no reason, or a reason code is unknown.
    """
    _some(statuses, "a status")
    messages = list(dict.fromkeys((s.original.message_id, s.original.message_name) for s in statuses))
    body = f"<GrpHdr>{_sent(header)}{_agents(header)}</GrpHdr>"
    for message_id, message_name in messages:
        if message_id:
            original = leaf("OrgnlMsgId", message_id) + leaf("OrgnlMsgNmId", message_name)
            body += f"<OrgnlGrpInfAndSts>{original}</OrgnlGrpInfAndSts>"
    for each in statuses:
        if each.status is PaymentStatus.REJECTED and not each.reason:
            raise MessageError(
                f"{each.original.transaction_id or each.original}: a rejection needs a reason code."
            )
        if each.reason:
            reason_for(each.reason, "status")
        group = each.original.group() if len(messages) > 1 else ""
        body += (
            f"<TxInfAndSts>{group}{each.original.identifiers()}{leaf('TxSts', each.status.value)}"
            f"{reason('StsRsnInf', each.reason, each.info)}</TxInfAndSts>"
        )
    return document("pacs.002.001.10", "FIToFIPmtStsRpt", body)


def pacs004(header: Header, returns: Sequence[Return]) -> bytes:
    """Returns of settled payments.

    Raises
    ------
    MessageError
        If there are none, or a reason code is not one for returns.
    """
    _some(returns, "a return")
    summed = leaf("CtrlSum", total((each.amount, each.currency) for each in returns))
    body = f"<GrpHdr>{_sent(header)}<NbOfTxs>{len(returns)}</NbOfTxs>{summed}{_SETTLEMENT}{_agents(header)}</GrpHdr>"
    for each in returns:
        reason_for(each.reason, "return")
        body += (
            f"<TxInf>{required('RtrId', each.id)}{each.original.group()}{each.original.identifiers()}"
            f"{_positive('RtrdIntrBkSttlmAmt', each.amount, each.currency)}"
            f"{day('IntrBkSttlmDt', each.settlement_date)}"
            f"{reason('RtrRsnInf', each.reason, each.info)}</TxInf>"
        )
    return document("pacs.004.001.09", "PmtRtr", body)


def camt056(header: Header, recalls: Sequence[Recall]) -> bytes:
    """Requests to cancel payments.

    Raises
    ------
    MessageError
        If there are none, or a reason code is not one for cancellations.
    """
    _some(recalls, "a recall")
    body = (
        f"<Assgnmt>{required('Id', header.message_id)}"
        f"<Assgnr><Agt>{institution(header.sender)}</Agt></Assgnr>"
        f"<Assgne><Agt>{institution(header.receiver)}</Agt></Assgne>"
        f"{moment('CreDtTm', header.created)}</Assgnmt>"
        f"<CtrlData><NbOfTxs>{len(recalls)}</NbOfTxs></CtrlData><Undrlyg>"
    )
    for each in recalls:
        reason_for(each.reason, "cancellation")
        body += (
            f"<TxInf>{required('CxlId', each.id)}{each.original.group()}{each.original.identifiers()}"
            f"{_positive('OrgnlIntrBkSttlmAmt', each.amount, each.currency)}"
            f"{day('OrgnlIntrBkSttlmDt', each.settlement_date)}"
            f"{reason('CxlRsnInf', each.reason, each.info)}</TxInf>"
        )
    return document("camt.056.001.08", "FIToFIPmtCxlReq", f"{body}</Undrlyg>")


def _transfer_header(header: Header, amounts: Sequence[tuple[int, str]]) -> str:
    _some(amounts, "a payment")
    summed = leaf("CtrlSum", total(amounts))
    return f"<GrpHdr>{_sent(header)}<NbOfTxs>{len(amounts)}</NbOfTxs>{summed}{_SETTLEMENT}{_agents(header)}</GrpHdr>"


def _sent(header: Header) -> str:
    return required("MsgId", header.message_id) + moment("CreDtTm", header.created)


def _agents(header: Header) -> str:
    return agent("InstgAgt", header.sender) + agent("InstdAgt", header.receiver)


def _some(items: Sequence[object], what: str) -> None:
    if not items:
        raise MessageError(f"A message needs {what}: there is none to write.")


def _positive(tag: str, amount: int, currency: str) -> str:
    if amount <= 0:
        raise MessageError(f"{tag}: {amount} minor units of {currency}: a payment is of more than nothing.")
    return money(tag, amount, currency)


def _customer_transfer(order: PaymentOrder, agents: str) -> str:
    debtor = _party("Dbtr", order.debtor_name, order.debtor)
    creditor = _party("Cdtr", order.creditor_name, order.creditor)
    return (
        f"<CdtTrfTxInf><PmtId>{leaf('InstrId', order.instruction_id)}"
        f"{leaf('EndToEndId', order.end_to_end_id or 'NOTPROVIDED')}"
        f"{leaf('TxId', order.transaction_id)}{leaf('UETR', order.uetr, 36)}</PmtId>"
        f"{_positive('IntrBkSttlmAmt', order.amount, order.currency)}"
        f"{day('IntrBkSttlmDt', order.settlement_date)}<ChrgBr>SLEV</ChrgBr>"
        f"{debtor}{agents}{creditor}{_remittance(order)}</CdtTrfTxInf>"
    )


def _party(tag: str, name: str, identifier: str) -> str:
    inner = f"<Id><OrgId><Othr>{required('Id', identifier)}</Othr></OrgId></Id>"
    return f"<{tag}>{leaf('Nm', name, _NAME)}{inner}</{tag}>"


def _remittance(order: PaymentOrder) -> str:
    goods = f"HS {order.hs}" if order.hs else ""
    if order.quantity_kg is not None:
        if not order.hs:
            raise MessageError(f"{order.key}: a weight of goods without their HS code cannot be written.")
        goods += f" QTY {plain_number(order.quantity_kg)} KGM"
    invoice = ""
    if order.invoice:
        kind = "<Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp>"
        invoice = f"<RfrdDocInf>{kind}{leaf('Nb', order.invoice)}</RfrdDocInf>"
    if not invoice and not goods:
        return ""
    return f"<RmtInf><Strd>{invoice}{leaf('AddtlRmtInf', goods, _TEXT)}</Strd></RmtInf>"
