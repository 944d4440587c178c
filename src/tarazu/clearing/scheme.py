"""A clearing scheme: the rules under which two or more agents clear payments, held as data.

Everything that differs between clearing arrangements stands in a TOML file: unit of account, members with their
weekends and swing limits, rate rule, cycle, deadline, interest, what happens above a limit, which goods. Presets
describe published arrangements with their figures and citations. The meaning of every key is declared in
``data/schemes/fields.csv``; ``docs/clearing-schemes.md`` is written from it.

    scheme = load_scheme("acu")

Nothing here permits anything: real payments may be booked only under a scheme that is enacted and names its legal
authority (`Scheme.synthetic_only`).
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

from tarazu.clearing.calendar import CalendarYear, Cycle, Holiday, JointCalendar
from tarazu.core.checks import Check
from tarazu.core.codes import currency
from tarazu.core.errors import SchemeError

SIZE_LIMIT = 1_000_000  # bytes; a scheme is typed by people and stays far below
_FOLDER = "schemes"


class Overflow(StrEnum):
    """What happens to what exceeds a swing limit."""

    REJECT = "reject"
    QUEUE = "queue"
    CONVERTIBLE = "convertible"
    CONSOLIDATE = "consolidate"


class Standing(StrEnum):
    """Whether the rules were published by others, are proposed, or are in force between the parties."""

    PUBLISHED = "published"
    PROPOSAL = "proposal"
    ENACTED = "enacted"


@dataclass(frozen=True, slots=True)
class Authority:
    """The legal authority for booking real payments."""

    name: str
    instrument: str
    citation: str
    date: date


@dataclass(frozen=True, slots=True)
class Member:
    """One country of a scheme and its agent.

    Attributes
    ----------
    country, currency
        ISO 3166 alpha-3 and ISO 4217.
    swing_limit
        The most that this member may owe, in minor units of the scheme's unit; None is no limit.
    weekend
        Days of the week on which banks are closed, Monday being 0.
    holidays
        Name of the calendar of holidays; empty: weekends only.
    """

    country: str
    agent: str
    currency: str
    swing_limit: int | None
    weekend: tuple[int, ...]
    holidays: str = ""


@dataclass(frozen=True, slots=True)
class RateRule:
    """How amounts are converted.

    Attributes
    ----------
    kind
        ``cross`` of two reference rates against the unit, ``direct`` between the unit and one currency, or
        ``unit``: nothing is converted.
    margin
        Share taken off the converted amount.
    max_age_days
        Age beyond which a rate is stale.
    rounding, step
        How the rate itself is rounded: ``exact``, ``half-even`` or ``truncate-then-up``, to multiples of `step`.
    sources
        Name of the published rate used for each currency.
    """

    name: str
    kind: str
    margin: Decimal
    max_age_days: int
    rounding: str = "exact"
    step: Decimal | None = None
    sources: tuple[tuple[str, str], ...] = ()

    def source(self, code: str) -> str:
        """Name of the rate used for a currency; empty where the rule names none."""
        return dict(self.sources).get(code, "")


@dataclass(frozen=True, slots=True)
class Interest:
    """Simple interest on daily balances; `rate` is a share a year, None where it is read at each close."""

    rate: Decimal | None
    rate_name: str
    day_count: str
    on: str = "daily balance"


@dataclass(frozen=True, slots=True)
class Swap:
    """Credit a net debtor may draw from each other member: a share of its mean yearly gross payments."""

    share: Decimal
    years: int

    def ceiling(self, gross: Sequence[int]) -> int:
        """Ceiling in minor units, rounded down, from the gross payments of each of the last years.

        Raises
        ------
        SchemeError
            If there are not as many years as the scheme averages over, or one is negative.
        """
        if len(gross) != self.years or min(gross) < 0:
            raise SchemeError(
                f"The swap ceiling is {self.share:%} of the mean of {self.years} years' gross payments, none "
                f"negative: got {list(gross)}."
            )
        mean = Fraction(sum(gross), self.years)
        return int(mean * Fraction(self.share))


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure about a scheme."""

    name: str
    value: Decimal
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """The rules of one clearing arrangement.

    Attributes
    ----------
    settle_share
        Share of the closing balance settled in convertible currency at the close: 1 whole, 0 carried.
    payment_min, payment_max
        In minor units of `unit`; None is no bound.
    eligible_hs, excluded_hs
        Prefixes of HS codes; no eligible ones means all.
    sources
        (key, citation) for each key that carries a rule.
    text, digest
        The TOML source, and its SHA-256 in hexadecimal: the identity of the rules.
    checks
        What a reader must know about these rules, such as members without a calendar of holidays.
    """

    id: str
    title: str
    standing: Standing
    valid_from: date
    valid_to: date | None
    unit: str
    members: tuple[Member, ...]
    rate: RateRule
    cycle: Cycle
    deadline_days: int
    interest: Interest
    overflow: Overflow
    settle_share: Decimal
    payment_min: int | None
    payment_max: int | None
    eligible_hs: tuple[str, ...]
    excluded_hs: tuple[str, ...]
    set_off: bool
    finality: str
    screening_max_age_days: int
    price_band: Decimal
    pending_days: int
    authority: Authority | None
    sources: tuple[tuple[str, str], ...]
    text: str = field(repr=False)
    swap: Swap | None = None
    figures: tuple[Figure, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    calendar_years: tuple[CalendarYear, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the TOML source."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def synthetic_only(self) -> bool:
        """Whether only synthetic parties may be registered: no authority, or not enacted."""
        return self.authority is None or self.standing is not Standing.ENACTED

    def member(self, country: str) -> Member:
        """The member of a country, by its alpha-3 code.

        Raises
        ------
        SchemeError
            If the country is no member.
        """
        for each in self.members:
            if each.country == country:
                return each
        listed = ", ".join(each.country for each in self.members)
        raise SchemeError(f'"{country}" is no member of the scheme {self.id}: its members are {listed}.')

    def agent_of(self, country: str) -> str:
        """Name of the agent of a country."""
        return self.member(country).agent

    def scale(self, code: str) -> int:
        """Decimals of a currency's minor unit in ISO 4217."""
        return currency(code).scale

    def calendar(self) -> JointCalendar:
        """Joint business days of all members."""
        return JointCalendar.of(self.members, self.holidays, self.calendar_years)

    def in_force(self, day: date) -> bool:
        """Whether the rules hold on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def admits(self, hs: str) -> bool:
        """Whether goods of an HS code may be paid for.

        A code that is wider than an excluded one (``84`` where ``8401`` is excluded) is not admitted, nor is
        an empty one where anything is excluded or only some goods are eligible: it cannot be shown to be outside.
        """
        if any(hs.startswith(code) or code.startswith(hs) for code in self.excluded_hs):
            return False
        return not self.eligible_hs or any(hs.startswith(code) for code in self.eligible_hs)

    def split(self, balance: int) -> tuple[int, int]:
        """What of a closing balance is settled in convertible currency, and what is carried.

        Minor units of the unit, both with the balance's sign; they add up to it. Rounded half to even.
        """
        settled = round(balance * Fraction(self.settle_share))
        return settled, balance - settled


def bundled_schemes() -> tuple[str, ...]:
    """Names of the presets."""
    folder = files("tarazu.data") / _FOLDER
    return tuple(sorted(each.name[:-5] for each in folder.iterdir() if each.name.endswith(".toml")))


def load_scheme(name_or_path: str | Path) -> Scheme:
    """A preset by its name, or a scheme from a TOML file.

    Raises
    ------
    SchemeError
        If there is no such scheme, or its file breaks a rule; the message lists every finding.
    """
    from tarazu.clearing.scheme_file import parse_scheme

    if str(name_or_path) in bundled_schemes():
        text = (files("tarazu.data") / _FOLDER / f"{name_or_path}.toml").read_text(encoding="utf-8")
        return parse_scheme(text, f"{name_or_path}.toml")
    path = Path(name_or_path)
    if not path.is_file():
        close = difflib.get_close_matches(str(name_or_path), bundled_schemes(), n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise SchemeError(
            f'"{name_or_path}" is neither a file nor a bundled scheme ({", ".join(bundled_schemes())}).{hint}'
        )
    return parse_scheme(_read(path), path.name)


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes() if path.stat().st_size <= SIZE_LIMIT else None
    except OSError as error:
        raise SchemeError(f"{path.name} cannot be read ({error.strerror}). Check its rights.") from None
    if raw is None:
        raise SchemeError(f"{path.name} is larger than {SIZE_LIMIT // 1_000_000} MB: it cannot be a scheme.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchemeError(
            f"{path.name} is not UTF-8 text (byte {error.start + 1}). Save it in UTF-8."
        ) from None
