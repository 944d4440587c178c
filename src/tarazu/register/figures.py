"""What an indicator was measured at, out of a figure that a person takes.

The figure must be of what the indicator measures, where both say it, and of a period that the text or the person gives:
the day of publication is none. A figure that an indicator has already is taken into that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tarazu.core.errors import InputError
from tarazu.register.books import new_event
from tarazu.register.links import measures
from tarazu.register.model import Event
from tarazu.register.promises import MILLION, SAME, close
from tarazu.register.register import Item, Register, span

if TYPE_CHECKING:
    from tarazu.register.review import Decision, Open

MEASURES = ("amount", "percentage", "quantity")  # what an indicator can be measured at
DAY = 10  # length of 2023-12-04, the longest date of an event; what is longer is a span and stands in `field`


def measured(register: Register, found: Open, decision: Decision, source: Mapping[str, str]) -> Event:
    """The event of a figure.

    Raises
    ------
    InputError
        If no indicator is named or known, it measures something else, or the figure's period is not known.
    """
    item = _indicator(register, found, decision)
    number = found.value.get("value", found.value.get("percent"))
    if number is None:
        raise InputError(f"suggestion {found.number}: no number was read from it.")
    if not measures(item, found.value):
        whose = f" by the figures of {found.value['reporter']}" if found.value.get("reporter") else ""
        raise InputError(
            f"suggestion {found.number}: the figure is of {found.value['subject']}{whose}, and {item.id} measures "
            f"{item['measure']}. Name another indicator in item, or refuse it."
        )
    period = decision.date or str(found.value.get("period") or "")
    if not period:
        raise InputError(
            f"suggestion {found.number}: the period of the figure is not known; the day of publication is none. Write "
            "it in the column date: 2022, 2023-01, or 2024-09/2025-08."
        )
    days = span(period)
    if days is None:
        raise InputError(f'date: "{period}" is no period. Write 2022, 2022-Q1, 2023-01 or 2024-09/2025-08.')
    plain = len(period) <= DAY and period.replace("-", "").isdigit()
    scale = MILLION if found.kind == "amount" and str(item["unit"]).endswith(" m") else 1.0
    told = {"item": item.id, "event": "measured", "value": f"{number / scale:.12g}"}
    when = {"date": period} if plain else {"date": days.end.isoformat(), "field": period}
    return new_event(register, {**told, **when, **source})


def _indicator(register: Register, found: Open, decision: Decision) -> Item:
    """The one named, else the one that has this figure already."""
    same = [each["item"] for each in found.known if each["how"] == SAME]
    number = float(found.value.get("value") or 0) / MILLION
    known = [
        item.id
        for item in map(register.items.get, same)
        # A number that is to be reached is no figure of what was.
        if item and item.kind == "indicators" and not close(number, item["target"] or 0)
    ]
    name = decision.item or next(iter(known), "")
    item = register.items.get(name)
    if item is None or item.kind != "indicators":
        listed = ", ".join(each.id for each in register.of("indicators")) or "none; record one first"
        raise InputError(
            f"suggestion {found.number}: a {found.kind} is taken as what an indicator was measured at. "
            f"Name one in item: {listed}."
        )
    return item
