"""Reading a scheme's TOML: every key checked against ``data/schemes/fields.csv``, every finding listed at once.

Amounts are written with exactly the decimals of the unit (``25_000_000.00``), so that none can be read a hundred
times too large; TOML's decimals are kept exact and never pass through binary floating point.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from tarazu.clearing.calendar import CalendarYear, Cycle, Holiday, bundled_years
from tarazu.clearing.scheme import (
    Authority,
    Figure,
    Interest,
    Member,
    Overflow,
    RateRule,
    Scheme,
    Standing,
    Swap,
)
from tarazu.clearing.scheme_rules import contradictions
from tarazu.clearing.scheme_values import BadValueError, Field, read_value
from tarazu.core.checks import Check
from tarazu.core.errors import SchemeError
from tarazu.core.parameters import bundled_text

ARRAYS = ("members", "figures", "calendar_years", "holidays")  # [[name]]
OPTIONAL = ("authority", "swap", "figures", "calendar_years", "holidays")  # may be left out as a whole


@cache
def fields() -> tuple[Field, ...]:
    """The keys of a scheme, in the order of ``fields.csv``."""
    return tuple(
        Field(
            key=row["key"],
            type=row["type"],
            unit=row["unit"],
            required=row["required"] == "yes",
            low=Decimal(row["min"]) if row["min"] else None,
            high=Decimal(row["max"]) if row["max"] else None,
            allowed=tuple(filter(None, row["allowed"].split("|"))),
            meaning=row["meaning"],
        )
        for row in csv.DictReader(io.StringIO(bundled_text("schemes/fields.csv")))
    )


def parse_scheme(text: str, file: str = "scheme.toml") -> Scheme:
    """A scheme from the text of its TOML file.

    Parameters
    ----------
    file
        How the text is called in messages.

    Raises
    ------
    SchemeError
        If the text is not TOML or breaks a rule; `checks` and the message list every finding.
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        check = Check.error("not-toml", file, f"is not TOML: {error}.")
        raise SchemeError(str(check), (check,)) from None
    values, checks = _Reader(file, document).read()
    scheme = None
    if not checks:
        keys = frozenset(name for field in fields() for name in (field.key, field.section))
        checks = contradictions(values, file, known_calendars(values), keys)
    if not checks:
        scheme = _scheme(values, text)
    if scheme is None:
        listed = "\n".join(f"  {check.where}: {check.message}" for check in checks)
        raise SchemeError(f"{file} cannot be used:\n{listed}", checks)
    return scheme


def known_calendars(values: Mapping[str, Any]) -> frozenset[str]:
    """Names of the calendars of holidays that a scheme may use: the bundled ones and its own."""
    own = {row["calendar"] for row in values["calendar_years"]}
    return frozenset({year.calendar for year in bundled_years()} | own)


@dataclass
class _Reader:
    """Walks a parsed document along the declared keys and gathers findings."""

    file: str
    document: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.checks: list[Check] = []
        scale = self.document.get("unit_scale")
        self.scale = scale if isinstance(scale, int) and 0 <= scale <= 4 else 2

    def read(self) -> tuple[dict[str, Any], tuple[Check, ...]]:
        """Values by key (sections as dictionaries, arrays as lists of them) and findings."""
        sections = _by_section()
        values = self._section("", self.document, sections[""], tuple(sections))
        for name in (each for each in sections if each):
            values[name] = self._part(name, sections[name])
        return values, tuple(self.checks)

    def _part(self, name: str, declared: Sequence[Field]) -> Any:
        found = self.document.get(name)
        if found is None:
            if name not in OPTIONAL:
                self._add("missing-key", name, f"is missing. Write it as {_heading(name)}.")
            return [] if name in ARRAYS else None
        if name not in ARRAYS:
            if isinstance(found, Mapping):
                return self._section(name, found, declared)
            self._add("wrong-type", name, f"must be a table: write it as {_heading(name)}.")
            return None
        if isinstance(found, list) and all(isinstance(each, Mapping) for each in found):
            return [self._section(f"{name}[{row}]", each, declared) for row, each in enumerate(found, 1)]
        self._add("wrong-type", name, f"must be an array of tables: write each as {_heading(name)}.")
        return []

    def _section(
        self, place: str, found: Mapping[str, Any], declared: Sequence[Field], others: Sequence[str] = ()
    ) -> dict[str, Any]:
        prefix = f"{place}." if place else ""
        names = {each.name: each for each in declared}
        for key in found:
            if key not in names and key not in others:
                known = ", ".join([*names, *filter(None, others)])
                self._add("unknown-key", prefix + key, f"is no key of a scheme. Known here: {known}.")
        values: dict[str, Any] = {}
        for name, each in names.items():
            values[name] = None
            if name in found:
                try:
                    values[name] = read_value(found[name], each, self.scale)
                except BadValueError as error:
                    self._add(error.rule, prefix + name, str(error))
            elif each.required:
                self._add("missing-key", prefix + name, f"is missing. {each.meaning}")
        return values

    def _add(self, rule: str, key: str, message: str) -> None:
        self.checks.append(Check.error(rule, f"{self.file}, key {key}", message))


def _by_section() -> dict[str, list[Field]]:
    sections: dict[str, list[Field]] = {"": []}
    for each in fields():
        sections.setdefault(each.section, []).append(each)
    return sections


def _heading(name: str) -> str:
    return f"[[{name}]]" if name in ARRAYS else f"[{name}]"


def _scheme(values: Mapping[str, Any], text: str) -> Scheme:
    plain = {field.name: values[field.name] for field in fields() if not field.section}
    del plain["unit_scale"]
    for name in ("eligible_hs", "excluded_hs"):
        plain[name] = plain[name] or ()
    rate, authority, swap = values["rate"], values["authority"], values["swap"]
    scheme = Scheme(
        **plain
        | {
            "standing": Standing(values["standing"]),
            "overflow": Overflow(values["overflow"]),
            "members": tuple(
                Member(**row | {"holidays": row["holidays"] or ""}) for row in values["members"]
            ),
            "rate": RateRule(
                **rate
                | {
                    "margin": rate["margin"] or Decimal(0),
                    "rounding": rate["rounding"] or "exact",
                    "sources": rate["sources"] or (),
                }
            ),
            "cycle": _cycle(values),
            "interest": Interest(**values["interest"]),
            "authority": Authority(**authority) if authority else None,
            "swap": Swap(**swap) if swap else None,
            "figures": tuple(Figure(**row) for row in values["figures"]),
            "holidays": tuple(Holiday(**row) for row in values["holidays"]),
            "calendar_years": tuple(CalendarYear(**row) for row in values["calendar_years"]),
            "text": text,
        }
    )
    return _with_remarks(scheme)


def _cycle(values: Mapping[str, Any]) -> Cycle:
    first: date = values["valid_from"]
    anchor = values["cycle"]["anchor"] or date(first.year, 1, 1)
    return Cycle(values["cycle"]["length"], anchor, first)


def _with_remarks(scheme: Scheme) -> Scheme:
    return replace(scheme, checks=(*scheme.calendar().checks, *_unsourced(scheme)))


def _unsourced(scheme: Scheme) -> Iterator[Check]:
    """A rule without a citation is a naked number."""
    named = {key for key, _ in scheme.sources}
    rules = (
        "members",
        "rate",
        "cycle",
        "deadline_days",
        "interest",
        "overflow",
        "settle_share",
        "valid_from",
    )
    missing = [rule for rule in rules if not any(key == rule or key.startswith(f"{rule}.") for key in named)]
    if missing:
        message = (
            f"no citation for {', '.join(missing)}. Add each under [sources], or write judgement and why."
        )
        yield Check.note("no-source", f"{scheme.id}, key sources", message)
