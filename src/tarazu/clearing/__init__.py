"""Clearing: payments between two countries' firms, netted per cycle, carried within a swing limit, settled.

>>> from tarazu.clearing import ClearingHouse, load_scheme, set_off
>>> set_off(([10, 20, 30, 40], [20, 30, 10, 30], [100, 100, 200, 100])).cleared_share  # doctest: +SKIP
0.6

Names load when first used: the projection and the schemes need numpy alone, the house its extra (``[clearing]``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "ClearingHouse": "tarazu.clearing.house",
    "Party": "tarazu.clearing.parties",
    "PaymentOrder": "tarazu.clearing.order",
    "Scheme": "tarazu.clearing.scheme",
    "Screener": "tarazu.clearing.screening.screen",
    "SetOff": "tarazu.clearing.netting",
    "load_scheme": "tarazu.clearing.scheme",
    "project": "tarazu.clearing.projection",
    "read_list": "tarazu.clearing.screening.lists",
    "read_payments": "tarazu.clearing.messages.read",
    "set_off": "tarazu.clearing.netting",
}

__all__ = [
    "ClearingHouse",
    "Party",
    "PaymentOrder",
    "Scheme",
    "Screener",
    "SetOff",
    "load_scheme",
    "project",
    "read_list",
    "read_payments",
    "set_off",
]

if TYPE_CHECKING:
    from tarazu.clearing.house import ClearingHouse
    from tarazu.clearing.messages.read import read_payments
    from tarazu.clearing.netting import SetOff, set_off
    from tarazu.clearing.order import PaymentOrder
    from tarazu.clearing.parties import Party
    from tarazu.clearing.projection import project
    from tarazu.clearing.scheme import Scheme, load_scheme
    from tarazu.clearing.screening.lists import read_list
    from tarazu.clearing.screening.screen import Screener


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tarazu.clearing' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
