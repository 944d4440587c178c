"""What the keys of a scheme must be to one another: contradictions that no single value shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from tarazu.core.checks import Check
from tarazu.core.codes import currency
from tarazu.core.errors import UnknownCodeError

_Values = Mapping[str, Any]
_Finding = tuple[str, str, str]  # rule, key, message


def contradictions(values: _Values, file: str, calendars: Set[str], keys: Set[str]) -> tuple[Check, ...]:
    """Findings about a scheme whose single values are all good.

    Parameters
    ----------
    values
        By key; sections as dictionaries, arrays as lists of them.
    calendars
        Names of the known calendars of holidays.
    keys
        Keys and tables that a citation may be given for.
    """
    found = [finding for rule in _RULES for finding in rule(values)]
    found += [*_calendars(values, calendars), *_sources(values, keys)]
    return tuple(Check.error(rule, f"{file}, key {key}", message) for rule, key, message in found)


def _scale(values: _Values) -> Iterator[_Finding]:
    unit = currency(values["unit"])
    if values["unit_scale"] != unit.scale:
        yield (
            "wrong-scale",
            "unit_scale",
            f"{unit} has {unit.scale} decimals in ISO 4217, not {values['unit_scale']}. Write {unit.scale}, "
            f"and "
            "every amount with as many.",
        )


def _dates(values: _Values) -> Iterator[_Finding]:
    first, last = values["valid_from"], values["valid_to"]
    if last and last < first:
        yield "date-order", "valid_to", f"{last} is before valid_from ({first})."
    anchor = values["cycle"]["anchor"]
    if anchor and values["cycle"]["length"].endswith(("months", "month", "monthly")) and anchor.day != 1:
        yield "wrong-anchor", "cycle.anchor", f"{anchor}: a period of months starts on the first of a month."


def _members(values: _Values) -> Iterator[_Finding]:
    members = values["members"]
    if len(members) < 2:
        yield (
            "too-few-members",
            "members",
            f"{len(members)} given: clearing needs two or more. Add [[members]].",
        )
    for country, count in Counter(member["country"] for member in members).items():
        if count > 1:
            yield "duplicate-member", "members", f"{country} stands {count} times. One country has one agent."
    shut = {day for member in members for day in member["weekend"]}
    if len(shut) == 7:
        yield "no-business-day", "members", "the weekends leave no day on which all members are open."


def _payments(values: _Values) -> Iterator[_Finding]:
    smallest, largest = values["payment_min"], values["payment_max"]
    if smallest is not None and largest is not None and smallest > largest:
        yield "bounds-order", "payment_min", "is greater than payment_max: no payment could pass."


def _goods(values: _Values) -> Iterator[_Finding]:
    eligible, excluded = values["eligible_hs"] or (), values["excluded_hs"] or ()
    for code in eligible:
        for other in excluded:
            if code.startswith(other):
                yield (
                    "overlapping-goods",
                    "excluded_hs",
                    f"{other} excludes {code}, which eligible_hs admits. Take one of them out.",
                )
    for key, codes in (("eligible_hs", eligible), ("excluded_hs", excluded)):
        twice = [code for code, count in Counter(codes).items() if count > 1]
        if twice:
            yield "duplicate-goods", key, f"{', '.join(twice)} stands more than once."


def _rate(values: _Values) -> Iterator[_Finding]:
    rate, unit = values["rate"], values["unit"]
    foreign = sorted({member["currency"] for member in values["members"]} - {unit})
    sources = dict(rate["sources"] or ())
    for code in sources:
        try:
            currency(code)
        except UnknownCodeError as error:
            yield "unknown-code", f"rate.sources.{code}", str(error)
    if rate["kind"] == "unit" and sources:
        yield "unused-source", "rate.sources", "kind is unit: nothing is converted, so no rate is used."
    if rate["kind"] != "unit":
        for code in (each for each in foreign if not sources.get(each)):
            yield (
                "missing-source",
                "rate.sources",
                f'{code} = "…" is missing: say which published rate is used.',
            )
    if rate["kind"] == "direct" and len(foreign) != 1:
        listed = ", ".join(foreign) or "the unit alone"
        message = (
            f"is direct: the unit and exactly one other currency, but members use {listed}. Write cross."
        )
        yield "wrong-kind", "rate.kind", message
    exact = rate["rounding"] in (None, "exact")
    if exact == bool(rate["step"]):
        message = "is needed, greater than zero, where rounding is not exact, and has no meaning where it is."
        yield "wrong-step", "rate.step", message


def _authority(values: _Values) -> Iterator[_Finding]:
    if values["standing"] == "enacted" and not values["authority"]:
        yield (
            "no-authority",
            "authority",
            "an enacted scheme names the legal authority for its payments. Add [authority] with name, "
            "instrument, "
            'citation and date, or write standing = "proposal".',
        )


def _calendars(values: _Values, calendars: Set[str]) -> Iterator[_Finding]:
    for row, member in enumerate(values["members"], 1):
        if member["holidays"] and member["holidays"] not in calendars:
            message = (
                f'"{member["holidays"]}" is no calendar of holidays: known are {", ".join(sorted(calendars))}. '
                "State it under [[calendar_years]] and [[holidays]], or leave the key out for weekends only."
            )
            yield "unknown-calendar", f"members[{row}].holidays", message


def _sources(values: _Values, keys: Set[str]) -> Iterator[_Finding]:
    for key in (each for each, _ in values["sources"] if each not in keys):
        message = 'is no key of a scheme, so it needs no citation. Write such as rate or "members.weekend".'
        yield "unknown-source", f"sources.{key}", message


_RULES: tuple[Callable[[_Values], Iterator[_Finding]], ...] = (
    _scale,
    _dates,
    _members,
    _payments,
    _goods,
    _rate,
    _authority,
)
