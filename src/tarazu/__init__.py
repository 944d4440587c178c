"""Tarazu: what a bilateral trade target would take, and which promises carry it.

>>> import tarazu as tz
>>> p = tz.plan(tz.load("kaz-irn"), target=3e9, by=2030, draws=10_000, seed=1)  # doctest: +SKIP
>>> p.probability  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "AmountError": "tarazu.core.errors",
    "Baseline": "tarazu.trade.baseline",
    "Check": "tarazu.core.checks",
    "Dossier": "tarazu.planning.dossier",
    "DossierError": "tarazu.core.errors",
    "InputError": "tarazu.core.errors",
    "Measure": "tarazu.core.measure",
    "Network": "tarazu.corridor.network",
    "NotReportedError": "tarazu.core.errors",
    "Plan": "tarazu.planning.plan",
    "Table": "tarazu.core.table",
    "TarazuError": "tarazu.core.errors",
    "assess": "tarazu.planning.prepare",
    "baseline": "tarazu.planning.prepare",
    "bundled": "tarazu.planning.dossier",
    "check": "tarazu.planning.dossier",
    "country": "tarazu.core.codes",
    "format_amount": "tarazu.core.amounts",
    "load": "tarazu.planning.dossier",
    "parse_amount": "tarazu.core.amounts",
    "plan": "tarazu.planning.plan",
    "scaffold": "tarazu.planning.scaffold",
}

__all__ = [  # noqa: RUF022  (sorted as people look for them)
    "load",
    "plan",
    "baseline",
    "assess",
    "check",
    "scaffold",
    "bundled",
    "Dossier",
    "Plan",
    "Baseline",
    "Measure",
    "Network",
    "Table",
    "Check",
    "country",
    "parse_amount",
    "format_amount",
    "TarazuError",
    "InputError",
    "DossierError",
    "NotReportedError",
    "AmountError",
]

if TYPE_CHECKING:
    from tarazu.core.amounts import format_amount, parse_amount
    from tarazu.core.checks import Check
    from tarazu.core.codes import country
    from tarazu.core.errors import AmountError, DossierError, InputError, NotReportedError, TarazuError
    from tarazu.core.measure import Measure
    from tarazu.core.table import Table
    from tarazu.corridor.network import Network
    from tarazu.planning.dossier import Dossier, bundled, check, load
    from tarazu.planning.plan import Plan, plan
    from tarazu.planning.prepare import assess, baseline
    from tarazu.planning.scaffold import scaffold
    from tarazu.trade.baseline import Baseline


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that `import tarazu` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tarazu' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
