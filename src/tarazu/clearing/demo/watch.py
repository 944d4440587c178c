"""The invented sanctions list of the demonstration, as a publisher would issue it: one version each business day.

Written in the format of OFAC's ``sdn.csv`` and ``alt.csv``. Nearly all names resemble nobody; three are made to
resemble a party, each with another ending: somebody else (released), the party itself (blocked), an error that
the publisher withdraws (released).
"""

from __future__ import annotations

import csv
import random
from datetime import date
from pathlib import Path
from typing import Any

from tarazu.clearing.demo.world import World, settings

_NONE = "-0- "
_WEEK = 7


def write_lists(world: World, folder: Path) -> int:
    """Write a version for every business day; returns how many versions differ from the one before."""
    folder.mkdir()
    changed, before = 0, ""
    for day in world.days:
        rows = _entries(world, day)
        sdn, alt = folder / f"{day}-sdn.csv", folder / f"{day}-alt.csv"
        with sdn.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_sdn(*row) for row in rows)
        with alt.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [number, number * 10, "aka", f"{name} Group", _NONE] for number, name in rows
            )
        text = sdn.read_text(encoding="utf-8")
        changed, before = changed + (text != before), text
    return changed


def decisions(world: World) -> list[dict[str, Any]]:
    """What two operators decide about the parties that the list comes to name, and from which day on."""
    found = []
    for suspect, when, release, reason in (
        (
            "near_match",
            "near_match_released",
            True,
            "another firm: other address, other owners, documents seen",
        ),
        ("listed", "blocked", False, "the listed firm itself: same register number"),
        ("listed_by_error", "error_released", True, "the publisher confirms an error in the entry"),
    ):
        day = world.at(when)
        if day is not None:
            party = settings()["suspects"][suspect][0]
            found.append({"party": party, "release": release, "first": str(day), "reason": reason})
    return found


def _entries(world: World, day: date) -> list[tuple[int, str]]:
    given = settings()["list"]
    rng = random.Random(f"{world.seed} list")
    weeks = (day - world.days[0]).days // _WEEK
    rows = [
        (number, f"{rng.choice(given['first_words'])} {rng.choice(given['second_words'])} {number % 100:02d}")
        for number in range(1, given["entries"] + given["weekly"] * weeks + 1)
    ]
    spans = (
        (90001, "near_match", world.days[0], world.at("near_match_off_the_list")),
        (90002, "listed", world.at("listed"), None),
        (90003, "listed_by_error", world.at("listed_by_error"), world.at("error_off_the_list")),
    )
    for number, suspect, first, end in spans:
        if first is not None and first <= day and (end is None or day < end):
            rows.append((number, settings()["suspects"][suspect][1]))
    return rows


def _sdn(number: int, name: str) -> list[str | int]:
    remark = "Invented entry of a demonstration; no such party exists."
    return [number, name.upper(), _NONE, settings()["list"]["programme"], *[_NONE] * 7, remark]
