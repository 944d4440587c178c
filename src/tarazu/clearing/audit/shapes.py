"""Every kind of journal row and the fields of its body; ``docs/clearing-journal.md`` says what each means.

A body has exactly the fields of its kind, each of its type, and ``legs`` where the row moves money. JSON numbers
that are money or row numbers are whole; a truth value is never taken for a number.
"""

from __future__ import annotations

from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "text?": (str, type(None)),
    "whole": (int,),
    "whole?": (int, type(None)),
    "flag": (bool,),
    "list": (list,),
    "object": (dict,),
}
_BOOKED = "amount:whole debit:whole credit:whole settles:text expires:text status:text cycle:whole"
_ANSWER = "status:text code:text reason:text"
_SETTLEMENT = "settlement:whole"

_SHAPES: dict[str, tuple[str, ...]] = {
    "founded": ("scheme:text digest:text public_key:text operators:list",),
    "operator": ("name:text by:list",),
    "adopted": ("scheme:text digest:text by:list",),
    "party": (
        "id:text name:text country:text kind:text limit:whole set_off:flag synthetic:flag bic:text agent:text "
        "currency:text by:text",
    ),
    "account": ("owner:text purpose:text currency:text limit:whole?",),
    "limit": ("account:whole limit:whole? by:list",),
    "lists": (
        "content_digest:text digest:text names:text published:text? valid_until:text entries:whole by:text",
    ),
    "screened": ("verdicts:list",),
    "decision": ("proposal:whole party:text verdict:whole release:flag reason:text by:list",),
    "rates": ("rates:list by:text",),
    "prices": ("ranges:list by:text",),
    "proposal": ("action:text details:object by:text",),
    "approval": ("proposal:whole by:text",),
    "withdrawal": ("proposal:whole by:text",),
    "submitted": (f"order:object by:text {_BOOKED}", f"order:object by:text {_ANSWER} why:text"),
    "booked": (f"request:whole {_BOOKED}",),
    "waited-refused": (f"request:whole {_ANSWER}",),
    "refused-key": ("order:object first:whole",),
    "price-decision": ("proposal:whole request:whole release:flag reason:text by:list",),
    "post": ("payment:whole cycle:whole set_off:whole",),
    "voided": ("payment:whole reason:text by:text",),
    "expired": ("payment:whole reason:text by:text",),
    "freeze": ("payment:whole reason:text",),
    "thaw": ("payment:whole cycle:whole by:text",),
    "reverse": ("payment:whole cycle:whole code:text reason:text by:list",),
    "dispute": ("payment:whole raised:flag reason:text by:text",),
    "cycle": ("cycle:whole opened:text ends:text",),
    "set-off": ("cycle:whole payments:list potentials:object finality:text solver:text",),
    "interest": ("cycle:whole rate:text day_count:text",),
    "home": ("customers:whole",),
    "consolidate": ("cycle:whole debtor:text creditor:text",),
    "settlement": ("cycle:whole debtor:text creditor:text amount:whole due:text",),
    "close": (
        "cycle:whole opened:text closed:text payments:whole gross:whole set_off:whole expired:whole frozen:whole "
        "agents:list settlements:list charged:whole by:list",
    ),
    "settlement-released": (f"{_SETTLEMENT} by:list",),
    "settlement-settled": (f"{_SETTLEMENT} reference:text by:text",),
    "settlement-rejected": (f"{_SETTLEMENT} code:text reason:text by:text",),
    "settlement-returned": (f"{_SETTLEMENT} code:text reason:text by:text",),
    "settlement-overdue": (f"{_SETTLEMENT} due:text",),
    "settlement-due": (f"{_SETTLEMENT} attempt:whole due:text by:text",),
}

Shape = dict[str, tuple[type, ...]]


def _parsed(text: str) -> Shape:
    return {name: TYPES[kind] for name, _, kind in (each.partition(":") for each in text.split())}


SHAPES: dict[str, tuple[Shape, ...]] = {
    kind: tuple(_parsed(each) for each in texts) for kind, texts in _SHAPES.items()
}
ORDER: Shape = _parsed("amount:whole settlement_date:text")
ORDER_TEXTS = (
    "key",
    "debtor",
    "creditor",
    "currency",
    "debtor_name",
    "creditor_name",
    "hs",
    "quantity_kg",
    "invoice",
    "message_id",
    "instruction_id",
    "end_to_end_id",
    "transaction_id",
    "uetr",
    "source",
)
VERDICT: Shape = _parsed(
    "id:whole party:text list:whole algorithm:text hit:flag entry:text matched_name:text list_name:text"
) | {"score": (float, int)}
DETAILS: dict[str, frozenset[str]] = {  # what a proposal of each action states
    "decide": frozenset({"party", "release", "reason"}),
    "pass-price": frozenset({"payment", "release", "reason"}),
    "set-limit": frozenset({"owner", "purpose", "limit"}),
    "close-cycle": frozenset({"interest_rate"}),
    "release-settlement": frozenset({"settlement"}),
    "reverse": frozenset({"payment", "code", "reason"}),
    "add-operator": frozenset({"name"}),
    "adopt-scheme": frozenset({"text"}),
}
LAYERS = ("P", "H", "R")  # in this order legs are numbered
_NO_LEGS: Any = ()


def misfit(kind: str, body: Any) -> str:
    """What is wrong with the form of a body; empty if nothing."""
    if kind not in SHAPES:
        return f"{kind!r} is no kind of journal row"
    if type(body) is not dict:
        return "the body is no JSON object"
    found = [_against(shape, body) for shape in SHAPES[kind]]
    wrong = "" if "" in found else min(found, key=len)
    order = body.get("order")
    return wrong or ("" if order is None else misfit_order(order)) or _misfit_legs(body.get("legs", _NO_LEGS))


def misfit_order(order: dict[str, Any]) -> str:
    """What is wrong with the form of an order in a body."""
    for name, types in ORDER.items():
        if type(order.get(name)) not in types:
            return f"the order's {name} is {order.get(name)!r}"
    for name, value in order.items():
        if name not in ORDER and (name not in ORDER_TEXTS or type(value) is not str):
            return f"the order's {name} is {value!r}"
    return ""


def _against(shape: Shape, body: dict[str, Any]) -> str:
    names = body.keys() - {"legs"}
    if names != shape.keys():
        odd = sorted(names ^ shape.keys())
        return f"expected the fields {', '.join(shape)}; missing or too many: {', '.join(map(str, odd))}"
    for name, types in shape.items():
        if type(body[name]) not in types:
            wanted = " or ".join(each.__name__ for each in types)
            return f"{name} is {str(body[name])[:60]!r}, expected {wanted}"
    return ""


def _misfit_legs(legs: Any) -> str:
    if legs is _NO_LEGS:
        return ""
    if type(legs) is not dict or not legs or not set(legs) <= set(LAYERS):
        return f"legs are expected by layer ({', '.join(LAYERS)})"
    for side in legs.values():
        if type(side) is not list or not side:
            return "a layer has no list of legs"
        for leg in side:
            if type(leg) is not list or len(leg) != 2 or type(leg[0]) is not int or type(leg[1]) is not int:
                return f"{str(leg)[:60]} is no leg: expected [account, amount] in whole numbers"
    return ""


def listed(rows: Any, shape: Shape) -> list[dict[str, Any]]:
    """Rows of a list in a body, each of one shape.

    Raises
    ------
    ValueError
        If one is not.
    """
    for row in rows:
        wrong = "no JSON object" if type(row) is not dict else _against(shape, row)
        if wrong:
            raise ValueError(f"a row of the list: {wrong}")
    return list(rows)
