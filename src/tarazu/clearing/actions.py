"""What two operators can have done: decide on a hit, change a limit, close, release, reverse, change the rules.

Each runs in the transaction of its approval, so that an action and its approval stand or fall together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import approvals, cycle, lifecycle, settlements, tables
from tarazu.clearing.admission import Desk
from tarazu.clearing.books import Books
from tarazu.clearing.messages.status import reason_for
from tarazu.clearing.parties import CLEARING, CUSTOMER, agent_id, set_standing
from tarazu.clearing.scheme_file import parse_scheme
from tarazu.core.errors import InputError, SchemeError
from tarazu.core.names import normalise

By = tuple[str, str]
Action = Callable[[Books, Desk, int, Mapping[str, Any], By], Any]


def carry_out(
    books: Books, desk: Desk, proposal: int, action: str, details: Mapping[str, Any], by: By
) -> Any:
    """Do what was approved.

    Raises
    ------
    InputError
        If the details do not fit what the books hold now; the approval is then not written either.
    """
    return _ACTIONS[action](books, desk, proposal, details, by)


def thaw_ready(books: Books, desk: Desk, by: str) -> int:
    """Book again what was frozen and whose parties all have a valid verdict now; returns how many."""
    if not desk.lists_hold(books.day):
        return 0
    frozen = lifecycle.payments(books.connection, tables.payment.c.status == "frozen")
    allowed = lifecycle.may_pay(books.connection, frozen)
    ready = [row for row, may in zip(frozen, allowed, strict=True) if may]
    lifecycle.thaw(books, ready, desk.cycle.id, by)
    return len(ready)


def _decide(books: Books, desk: Desk, proposal: int, details: Mapping[str, Any], by: By) -> str:
    standing = tables.standing
    row = books.connection.execute(sa.select(standing).where(standing.c.party == details["party"])).first()
    if row is None or row.state not in ("held", "blocked", "released"):
        state = "not registered or not screened" if row is None else row.state
        raise InputError(f"party {details['party']!r} is {state}: there is no hit to decide on.")
    verdict = tables.verdict
    screened = books.connection.scalar(sa.select(verdict.c.seq).where(verdict.c.id == row.verdict))
    if screened is None or screened > proposal:
        raise InputError(
            f"party {row.party!r} was screened again after proposal {proposal}. Look at the new verdict, "
            f"propose anew."
        )
    release, reason = bool(details["release"]), str(details["reason"]).strip()
    if not reason:
        raise InputError(
            "a decision needs its reason: what was compared, and why it is or is not the same party."
        )
    body = {
        "proposal": proposal,
        "party": row.party,
        "verdict": row.verdict,
        "release": release,
        "reason": reason,
    }
    seq = books.record("decision", {**body, "by": list(by)})
    books.connection.execute(
        tables.decision.insert().values(
            proposal=proposal, verdict=row.verdict, release=release, reason=reason, seq=seq
        )
    )
    state = "released" if release else "blocked"
    set_standing(books.connection, row.party, row.verdict, row.list, state)
    if release:
        thaw_ready(books, desk, by[1])
    else:
        _drop_all(books, row.party)
    return state


def _drop_all(books: Books, party: str) -> None:
    """Void what a blocked party still has pending."""
    payment = tables.payment
    mine = sa.or_(*(column == party for column in (payment.c.debtor, payment.c.creditor)))
    rows = lifecycle.payments(books.connection, payment.c.status == "pending", mine)
    lifecycle.drop(books, rows, "voided", f"party {party} was blocked by a decision")


def _pass_price(books: Books, desk: Desk, proposal: int, details: Mapping[str, Any], by: By) -> str:
    waiting = tables.waiting
    number = int(details["payment"])
    row = books.connection.execute(sa.select(waiting).where(waiting.c.id == number)).first()
    if row is None or row.state != "held" or row.why != "price":
        raise InputError(f"payment {number} is not held for its price.")
    if not str(details["reason"]).strip():
        raise InputError("a decision on a price needs its reason, such as the contract that explains it.")
    body = {
        "request": number,
        "release": bool(details["release"]),
        "reason": details["reason"],
        "by": list(by),
    }
    books.record("price-decision", {"proposal": proposal, **body})
    values = {"price_passed": True} if details["release"] else {"state": "refused"}
    books.connection.execute(waiting.update().where(waiting.c.id == number).values(**values))
    return "released" if details["release"] else "refused"


def _set_limit(books: Books, desk: Desk, proposal: int, details: Mapping[str, Any], by: By) -> int:
    owner, purpose, limit = details["owner"], details["purpose"], details["limit"]
    if purpose not in (CUSTOMER, CLEARING) or (limit is not None and not 0 <= int(limit) < 2**62):
        raise InputError(
            f"limit {limit!r} on {purpose!r}: expected {CUSTOMER} or {CLEARING}, and minor units from 0."
        )
    account = tables.account
    where = (account.c.owner == owner, account.c.purpose == purpose)
    number = books.connection.scalar(sa.select(account.c.id).where(*where))
    if number is None:
        raise InputError(f"party {owner!r} has no {purpose} account.")
    value = None if limit is None else int(limit)
    books.record("limit", {"account": number, "limit": value, "by": list(by)})
    books.connection.execute(account.update().where(account.c.id == number).values(credit_limit=value))
    books.by_id(number).limit = value
    return int(number)


def _close(books: Books, desk: Desk, proposal: int, details: Mapping[str, Any], by: By) -> cycle.Close:
    before = books.connection.scalar(sa.select(sa.func.max(tables.cycle.c.seq)))
    if before is not None and before > proposal:
        raise InputError(
            f"a cycle was closed after proposal {proposal}: it was not about this one. Propose anew."
        )
    rate = details["interest_rate"]
    try:
        value = None if rate is None else Decimal(rate)
    except InvalidOperation:
        raise InputError(f"interest rate {rate!r}: expected a share a year, such as 0.045.") from None
    return cycle.close(books, desk, value, by)


def _release(books: Books, desk: Desk, proposal: int, details: Mapping[str, Any], by: By) -> int:
    cycle.need_lists(books, desk)
    return int(settlements.release(books, int(details["settlement"]), by).id)


def _reverse(books: Books, desk: Desk, proposal: int, details: Mapping[str, Any], by: By) -> int:
    reason_for(str(details["code"]), "return")
    row = lifecycle.one_payment(books.connection, int(details["payment"]))
    lifecycle.reverse(books, row, desk.cycle.id, str(details["code"]), str(details["reason"]), by)
    return int(row.id)


def _add_operator(books: Books, desk: Desk, proposal: int, details: Mapping[str, Any], by: By) -> str:
    name = str(details["name"]).strip()
    operator = tables.operator
    known = {normalise(each) for each in books.connection.scalars(sa.select(operator.c.name))}
    # A name in other letters' case would be a second pair of eyes for the same person.
    if not normalise(name) or len(name) > approvals.LONGEST_NAME or normalise(name) in known:
        raise InputError(
            f"operator {name!r}: expected a name of at most {approvals.LONGEST_NAME} letters that is no "
            f"operator's yet."
        )
    books.record("operator", {"name": name, "by": list(by)})
    books.connection.execute(operator.insert().values(name=name))
    return name


def _adopt(books: Books, desk: Desk, proposal: int, details: Mapping[str, Any], by: By) -> Any:
    scheme, old = parse_scheme(details["text"], "the proposed scheme"), desk.scheme
    members = [(each.country, each.currency) for each in scheme.members]
    if (scheme.unit, members) != (old.unit, [(each.country, each.currency) for each in old.members]):
        raise SchemeError(
            "a house keeps its unit of account and its members. Found another house for other ones."
        )
    if scheme.synthetic_only != old.synthetic_only:
        raise SchemeError(
            "a house of synthetic parties never becomes one of real payments, nor the reverse. Found another."
        )
    seq = books.record("adopted", {"scheme": scheme.text, "digest": scheme.digest, "by": list(by)})
    books.flush()
    books.connection.execute(tables.rules.insert().values(seq=seq, digest=scheme.digest, text=scheme.text))
    for new, before in zip(scheme.members, old.members, strict=True):
        if new.swing_limit != before.swing_limit:
            owner = agent_id(new.country)
            _set_limit(
                books, desk, proposal, {"owner": owner, "purpose": CLEARING, "limit": new.swing_limit}, by
            )
    return scheme


_ACTIONS: Mapping[str, Action] = {
    "decide": _decide,
    "pass-price": _pass_price,
    "set-limit": _set_limit,
    "close-cycle": _close,
    "release-settlement": _release,
    "reverse": _reverse,
    "add-operator": _add_operator,
    "adopt-scheme": _adopt,
}
