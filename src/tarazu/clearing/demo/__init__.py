"""A year of a clearing house with synthetic parties, killed at random on the way, and proven at the end.

    demo = run_demo(Path("clearing-demo"))
    print("\\n".join(demo.story))

Payments come as pacs.008 XML, are screened, booked, set off, closed and settled; the process that does so is
killed from outside several times and started again; at the end every claim that the clearing house makes about
its books is proven from the books. A second process works through the same inbox undisturbed, at the same time:
both must come to the same result. Parties, rates, prices and the list are invented (``data/demo/demo.toml``).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tarazu.clearing.demo.figures import Figures, figures
from tarazu.clearing.demo.folder import being_filled
from tarazu.clearing.demo.inbox import Inbox, write_inbox
from tarazu.clearing.demo.papers import write_papers
from tarazu.clearing.demo.proof import Proof, economics, mirrored, same_result, zero_sums
from tarazu.clearing.demo.runner import Kill, Told, started, targets, work_with_kills
from tarazu.clearing.demo.story import Facts, tell
from tarazu.clearing.demo.world import World, build
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.seal import new_key
from tarazu.core.errors import InputError, StoreError

__all__ = ["Demo", "run_demo"]

Progress = Callable[[str, int, int], None]
_LEAST, _MOST = 40, 365


@dataclass(frozen=True, slots=True)
class Demo:
    """What the year brought and what was proven of it.

    Attributes
    ----------
    story
        The year told in plain words, line by line.
    seconds
        How long it took.
    """

    folder: Path
    seed: int
    days: int
    figures: Figures
    kills: tuple[Kill, ...]
    proofs: tuple[Proof, ...]
    story: tuple[str, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every proof holds."""
        return all(each.ok for each in self.proofs)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "ok": self.ok,
            "folder": str(self.folder),
            "seed": self.seed,
            "days": self.days,
            "seconds": round(self.seconds, 1),
            "figures": asdict(self.figures),
            "kills": [{**asdict(each), "day": str(each.day), "ok": each.ok} for each in self.kills],
            "proofs": [asdict(each) for each in self.proofs],
            "story": list(self.story),
        }


def run_demo(
    folder: Path, *, seed: int = 1, days: int = 365, url: str | None = None, progress: Progress | None = None
) -> Demo:
    """Run the demonstration and leave books, messages and statements in a folder.

    Parameters
    ----------
    folder
        New or empty, or an earlier demonstration's, which is replaced when this one is done.
    seed
        The same seed gives the same economic result, whenever the kills fall.
    days
        Calendar days from 1 January, 40 to 365.
    url
        Keep the books there (``postgresql://…``, with no clearing house in it yet) instead of in the folder.
    progress
        Called with (what, done, of).

    Raises
    ------
    InputError
        If the folder holds something else, or `days` is out of range.
    StoreError
        If the books cannot be opened, or the database at `url` holds a clearing house already.
    """
    if not _LEAST <= days <= _MOST:
        raise InputError(f"days: expected {_LEAST} to {_MOST}, got {days}.")
    began = time.monotonic()
    if url is not None:
        _check_empty(url)
    with being_filled(folder) as work:
        world = build(seed, days)
        inbox = write_inbox(world, work / "inbox")
        public = new_key(work / "house.key")
        for name in ("answers", "settlement", "statements"):
            (work / name).mkdir()
        told, kills, undisturbed = _work(world, inbox, work, url, days, progress)
        house = ClearingHouse.open(url or work / "house.db", today=lambda: world.days[-1])
        try:
            proofs = (
                *_proofs(house, public, inbox, told, kills, undisturbed, progress),
                *write_papers(house, work),
            )
            with house.database.reading() as connection:
                found = figures(connection, inbox.sizes)
            lists = house.state()
        finally:
            house.database.close()
        facts = Facts(world, inbox, told, tuple(kills), found, proofs, lists, url)
        seconds = time.monotonic() - began
        story = tell(facts, folder, seconds)
        (work / "STORY.txt").write_text("\n".join(story) + "\n", encoding="utf-8")
    return Demo(folder, seed, days, found, tuple(kills), proofs, story, seconds)


def _check_empty(url: str) -> None:
    try:
        house = ClearingHouse.open(url)
    except StoreError as error:
        if "no clearing house" in str(error):
            return
        raise
    house.database.close()
    raise StoreError("the database holds a clearing house already. Give the demonstration an empty one.")


def _work(
    world: World, inbox: Inbox, work: Path, url: str | None, days: int, progress: Progress | None
) -> tuple[Told, list[Kill], dict[str, Any]]:
    """Both desks, at the same time; returns what was told, the kills, and the undisturbed result."""
    order = {
        "inbox": str(inbox.folder),
        "url": url or str(work / "house.db"),
        "key": str(work / "house.key"),
        "out": str(work),
    }
    beside = work / "undisturbed.db"
    with ExitStack() as stack:
        other = stack.enter_context(started({**order, "url": str(beside), "out": ""}, silent=True))
        told, kills = work_with_kills(world, inbox, order, targets(world, days), progress)
        if progress is not None:
            progress("undisturbed run", 0, 1)
        if other.wait() != 0:
            raise StoreError("the undisturbed desk stopped before the end; see its words above.")
    house = ClearingHouse.open(beside)
    with house.database.reading() as connection:
        result = economics(connection)
    house.database.close()
    for suffix in ("", "-wal", "-shm"):
        (work / f"undisturbed.db{suffix}").unlink(missing_ok=True)
    return told, kills, result


def _proofs(
    house: ClearingHouse,
    public: str,
    inbox: Inbox,
    told: Told,
    kills: list[Kill],
    undisturbed: dict[str, Any],
    progress: Progress | None,
) -> tuple[Proof, ...]:
    verified = house.verify(public, progress)
    with house.database.reading() as connection:
        result = economics(connection)
        sums, sides = zero_sums(connection), mirrored(connection)
    found = (
        f"{verified.rows:,} journal rows, {verified.entries:,} entries, {verified.cycles} closes, "
        f"{verified.signed} of {verified.heads} heads checked"
    )
    broken = "".join(f"; {each}" for each in verified.breaks[:1])
    return (
        Proof(
            "the books can be recomputed from the journal alone, chain and signature hold",
            verified.ok,
            found + broken,
        ),
        sums,
        sides,
        _acknowledged(result, inbox, told),
        _killed(kills),
        same_result(result, undisturbed),
    )


def _acknowledged(result: dict[str, Any], inbox: Inbox, told: Told) -> Proof:
    """What was answered is what the books have: no more, no less, and never two answers to one order."""
    held = {"|".join(row.split("|")[:3]) for row in result["answers"]}
    answered = {f"{key}|{status}|{code}" for key, (status, code) in told.answers.items()}
    sent = {key for keys in inbox.keys.values() for key in keys}
    ok = held == answered and set(told.answers) == sent and not told.contradicted
    found = f"{len(sent):,} orders sent, {len(answered):,} acknowledged, {len(held):,} in the books"
    return Proof("every order was answered once, and the books hold what was acknowledged", ok, found)


def _killed(kills: list[Kill]) -> Proof:
    lost, half = sum(each.lost for each in kills), sum(each.half for each in kills)
    found = f"{len(kills)} kills; {lost} acknowledged answers lost, {half} orders of a half-booked message"
    return Proof(
        "right after each kill nothing acknowledged was missing, nothing half there",
        all(k.ok for k in kills),
        found,
    )
