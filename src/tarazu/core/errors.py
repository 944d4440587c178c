"""Every exception Tarazu raises on purpose.

TarazuError
├── InputError              what the caller gave cannot be used (exit code 2)
│   ├── UnknownCodeError        no such country, product, currency
│   ├── AmountError             not an amount of money
│   ├── PeriodError             not a date or period, or one that does not exist
│   ├── TargetError             a target or year that makes no sense for the pair
│   ├── NotReportedError        the bundled tables hold no report for the pair
│   ├── DossierError            a dossier that cannot be run; carries its checks
│   ├── UnknownFigureError      `explain` was asked for a figure that does not exist
│   ├── SchemeError             a clearing scheme that cannot be used; carries its checks
│   ├── ListError               a sanctions list that cannot be read or is too old
│   ├── NetworkError            a transport network that cannot be used, or a place it does not hold
│   ├── MessageError            a payment message that is malformed, invalid or unsafe
│   ├── StoreError              a database that cannot be opened or is of another version
│   └── OperatorError           an action that this operator may not take, or not alone
├── LedgerError             the books would no longer balance; nothing was written
├── ShapeError              arrays that do not belong together
└── ConvergenceError        an iteration ended without an answer

Bad rows in data are not exceptions: they come back as `tarazu.core.checks.Check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tarazu.core.checks import Check


class TarazuError(Exception):
    """Root of the tree."""


class InputError(TarazuError):
    """What the caller gave cannot be used; the message says what was expected and how to mend it."""


class UnknownCodeError(InputError):
    """A country, product or currency that is in no list we know."""


class AmountError(InputError):
    """Text or number that is not an amount of money."""


class PeriodError(InputError):
    """Text that is not a date or period, or a date that does not exist."""


class TargetError(InputError):
    """A target or a year that makes no sense for the pair."""


class NotReportedError(InputError):
    """The bundled tables hold no report for this pair: unknown, not zero."""


class DossierError(InputError):
    """A dossier that cannot be run. `checks` lists every finding."""

    def __init__(self, message: str, checks: Sequence[Check] = ()) -> None:
        super().__init__(message)
        self.checks = tuple(checks)


class UnknownFigureError(InputError):
    """`explain` was asked for a figure that does not exist."""


class SchemeError(InputError):
    """A clearing scheme that cannot be used. `checks` lists every finding."""

    def __init__(self, message: str, checks: Sequence[Check] = ()) -> None:
        super().__init__(message)
        self.checks = tuple(checks)


class ListError(InputError):
    """A sanctions list that cannot be read, or that is older than the scheme allows."""


class NetworkError(InputError):
    """A transport network that cannot be used, or a place that it does not hold. `checks` lists every finding."""

    def __init__(self, message: str, checks: Sequence[Check] = ()) -> None:
        super().__init__(message)
        self.checks = tuple(checks)


class MessageError(InputError):
    """A payment message that is malformed, breaks its schema, or is unsafe to parse."""


class StoreError(InputError):
    """A database that cannot be opened, is in use, or was written by another version."""


class OperatorError(InputError):
    """An action that this operator may not take, or not alone."""


class LedgerError(TarazuError):
    """An operation after which the books would no longer balance; nothing was written."""


class ShapeError(TarazuError):
    """Arrays that do not belong together."""

    def __init__(self, *, expected: object, got: object, what: str) -> None:
        super().__init__(f"{what}: expected shape {expected}, got {got}.")


class ConvergenceError(TarazuError):
    """An iteration ended without an answer."""
