"""Runs the desk as a process of its own, kills it at seeded moments, and starts it again.

The kill comes from outside (SIGKILL where there is one) while a step is under way, at a random time after it
began. What the desk had acknowledged by then is known here, outside of it, and is looked for in the books before
a new desk is started.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.demo.inbox import Inbox
from tarazu.clearing.demo.proof import unbalanced
from tarazu.clearing.demo.world import World, settings
from tarazu.clearing.house import ClearingHouse
from tarazu.core.errors import LedgerError, StoreError

Progress = Callable[[str, int, int], None]
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Target:
    """A step that is not to be finished: killed `delay` seconds after it began."""

    day: date
    step: str
    delay: float


@dataclass(frozen=True, slots=True)
class Kill:
    """What was found after a kill.

    Attributes
    ----------
    acknowledged
        Answers that the desk had given until then, in all.
    lost
        Of these, how many the books do not have, or have otherwise.
    written
        Whether the books had the whole message that was being booked (True), none of it (False), or none was (None).
    half
        Orders of that message that were there without the rest.
    unbalanced
        Currencies that did not sum to zero.
    """

    day: date
    step: str
    about: str
    acknowledged: int
    lost: int
    written: bool | None
    half: int
    unbalanced: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not (self.lost or self.half or self.unbalanced)


@dataclass
class Told:
    """What the desk acknowledged, gathered outside of it."""

    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    conflicts: int = 0  # answers under a key that stands for another order
    repeated: int = 0  # answers that were given before, and were the same
    contradicted: int = 0
    refused: dict[str, str] = field(default_factory=dict)  # messages refused whole
    unread: dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # orders that could not be read, by message
    finished: bool = False

    def take(self, event: dict[str, Any]) -> None:
        for key, status, code in event.get("answers", ()):
            before = self.answers.get(key)
            if code == "AM05" and before is not None:
                self.conflicts += 1
                continue
            self.answers[key] = (status, code)
            self.repeated += before is not None
            self.contradicted += before not in (None, (status, code))
        if "refused" in event:
            self.refused[event["about"]] = event["refused"]
        for code, reason in event.get("unread", ()):
            self.unread[event["about"]] = (code, reason)
        self.finished = self.finished or event["done"] == "all days"


def targets(world: World, days: int) -> list[Target]:
    """Where to kill: one in each part of the year, in turn while a message is booked and in another step."""
    given, rng = settings()["kills"], random.Random(f"{world.seed} kills")
    count = max(given["at_least"], round(given["per_year"] * days / _YEAR))
    part = len(world.days) / count
    closes = {world.end_of(day) for day in world.days} & set(world.days)
    found = []
    for number in range(count):
        inside = world.days[round(number * part) : round((number + 1) * part)]
        day, step = rng.choice(inside), "message"
        if number % 2:
            step = rng.choice(("rates and list", "queue", "close"))
            day = rng.choice([each for each in inside if each in closes] or [day]) if step == "close" else day
        found.append(Target(day, step, rng.random() * given["delay"]))
    return found


def work_with_kills(
    world: World, inbox: Inbox, order: dict[str, Any], aims: list[Target], progress: Progress | None
) -> tuple[Told, list[Kill]]:
    """Let the desk work to the last day, killing it at each target.

    Raises
    ------
    StoreError
        If the desk itself gave up; its own words.
    """
    told, kills, left = Told(), [], list(aims)
    while not told.finished:
        with started(order) as process:
            killed = _follow(process, told, left, world, progress)
        if killed is None:
            break
        left.remove(killed[0])
        kills.append(_examine(order, inbox, told, killed[1]))
    return told, kills


@contextmanager
def started(order: dict[str, Any], silent: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A desk at work; whatever happens here, it does not outlive this block."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tarazu.clearing.demo.desk"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL if silent else subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        if process.stdout is not None:
            process.stdout.close()


def _follow(
    process: subprocess.Popen[str], told: Told, left: list[Target], world: World, progress: Progress | None
) -> tuple[Target, dict[str, Any]] | None:
    """Listen until the desk is done (None) or was killed (the target, and the step under way)."""
    assert process.stdout is not None
    hit: tuple[Target, dict[str, Any]] | None = None
    under_way: dict[str, Any] = {}
    for line in process.stdout:
        if not line.endswith("\n"):
            break  # the kill cut it off: never acknowledged
        event = json.loads(line)
        if "failed" in event:
            raise StoreError(f"the desk stopped: {event['failed']}")
        if "done" in event:
            told.take(event)
            continue
        under_way = event
        if progress is not None:
            progress("business days", world.days.index(date.fromisoformat(event["day"])), len(world.days))
        aim = next(
            (each for each in left if (str(each.day), each.step) == (event["day"], event["begin"])), None
        )
        if aim is not None and hit is None:
            time.sleep(aim.delay)
            process.kill()
            hit = (aim, event)  # what it had still acknowledged stands in the pipe: read on
    if hit is None and not told.finished:
        raise LedgerError(f"the desk ended by itself during {under_way or 'its start'}; see its words above.")
    return None if hit is None else (hit[0], under_way)


def _examine(order: dict[str, Any], inbox: Inbox, told: Told, event: dict[str, Any]) -> Kill:
    """What the books hold after a kill, before anybody has touched them."""
    request = tables.request
    house = ClearingHouse.open(order["url"])
    with house.database.reading() as connection:
        rows = connection.execute(sa.select(request.c.key, request.c.status, request.c.code))
        held = {row.key: (row.status, row.code) for row in rows}
        off = unbalanced(connection)
    house.database.close()
    fresh = [key for key in inbox.keys.get(event["about"], ()) if key not in told.answers]
    there = sum(key in held for key in fresh)
    return Kill(
        day=date.fromisoformat(event["day"]),
        step=event["begin"],
        about=event["about"],
        acknowledged=len(told.answers),
        lost=sum(held.get(key) != answer for key, answer in told.answers.items()),
        written=there == len(fresh) if fresh else None,
        half=there if 0 < there < len(fresh) else 0,
        unbalanced=off,
    )
