"""The clearing desk of the demonstration: a process that works through the inbox, day by day.

    python -m tarazu.clearing.demo.desk        (its orders, a JSON object, are a line on standard input)

It holds nothing in memory that matters. Killed at any moment and started again, it reads from the books which
business day they have reached, and does that day over: every step either finds in the books that it is done, or
is one that may be done twice, since an order submitted again gets its first answer. Each step is announced on
standard output when it begins and acknowledged when the books have it.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import approvals, settlements, tables
from tarazu.clearing.answers import return_message, settlement_instruction, status_report
from tarazu.clearing.booking import Outcome
from tarazu.clearing.books import canonical
from tarazu.clearing.demo.inbox import SCRIPT
from tarazu.clearing.demo.world import settings
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.messages.read import read_payments
from tarazu.clearing.parties import Party
from tarazu.clearing.rates import Rate, Rates
from tarazu.clearing.scheme import load_scheme
from tarazu.clearing.screening.lists import digest_of, read_list
from tarazu.core.errors import InputError, MessageError, TarazuError

Tell = Callable[[Mapping[str, Any]], None]


class ClearingDesk:
    """Two operators and their script, on the books of one house."""

    def __init__(self, inbox: Path, url: str, key: Path, out: Path | None, tell: Tell) -> None:
        self.inbox, self.out, self.tell = inbox, out, tell
        self.script = json.loads((inbox / SCRIPT).read_text(encoding="utf-8"))
        self.days = [date.fromisoformat(day) for day in self.script["days"]]
        self.first, self.second = self.script["operators"]
        self.day = self.days[0]
        self.resumed = True  # the day on which a process starts is done over, whatever the books say of it
        scheme = load_scheme(settings()["scheme"])
        self.house = ClearingHouse.open(
            url, scheme, operators=self.script["operators"], key=key, today=lambda: self.day
        )
        rates = Rates.read(inbox / "rates.csv", scheme.unit)
        self.rates: dict[date, list[Rate]] = {}
        for rate in (each for series in rates.series.values() for each in series):
            self.rates.setdefault(rate.date, []).append(rate)

    def work(self) -> None:
        """From the day that the books have reached to the last one."""
        with self.house.database.reading() as connection:
            reached = connection.scalar(sa.select(sa.func.max(tables.journal.c.day)))
        for day in self.days[self.days.index(date.fromisoformat(reached)) :]:
            self._work_on(day)
            self.resumed = False
        self.house.close()
        self.tell({"done": "all days"})

    def _work_on(self, day: date) -> None:
        self.day = day
        self._step("rates and list", self._morning)
        self._step("decisions", self._decide)
        self._step("start of the day", self.house.advance)
        names = {path.name.removesuffix(".xml"): path for path in self._messages()}
        for name in sorted(names):
            self._step("message", partial(self._message, names[name]), about=names[name].name)
        self._step("queue", self.house.advance)
        self._step("operators", self._act)
        self._step("settlement", self._settle)
        self._step("close", self._close)

    def _step(self, name: str, do: Callable[[], Any], about: str = "") -> None:
        self.tell({"begin": name, "day": str(self.day), "about": about})
        found = do()
        told = found if isinstance(found, dict) else {}
        self.tell({"done": name, "day": str(self.day), "about": about, **told})

    def _messages(self) -> list[Path]:
        return list((self.inbox / "messages").glob(f"{self.day}-*.xml"))

    def _morning(self) -> None:
        """Rates and the day's list; on the first day prices and parties, who are screened as they are entered."""
        house, lists = self.house, self.inbox / "lists"
        if self._none(tables.rate.c.day == str(self.day)):
            house.load_rates(self.rates[self.day], by=self.first)
        listed = read_list(
            lists / f"{self.day}-sdn.csv", alt=lists / f"{self.day}-alt.csv", published=self.day
        )
        if self.resumed or not self._relied_on(digest_of([listed])):
            house.load_lists([listed], by=self.first)
        if self.day != self.days[0]:
            return
        if self._none(tables.price_range.c.hs != ""):
            house.load_prices({hs: tuple(each) for hs, each in self.script["prices"].items()}, by=self.first)
        if self._none(tables.party.c.kind != "agent"):
            house.register(_parties(self.inbox / "parties.csv"), by=self.first)

    def _relied_on(self, digest: str) -> bool:
        """Whether the books have a list with this content that may be relied on today."""
        lists = tables.screening_list
        newest = sa.select(lists.c.digest, lists.c.valid_until).order_by(lists.c.id.desc()).limit(1)
        with self.house.database.reading() as connection:
            row = connection.execute(newest).first()
        return row is not None and row.digest == digest and row.valid_until >= str(self.day)

    def _none(self, where: sa.ColumnElement[bool]) -> bool:
        with self.house.database.reading() as connection:
            return connection.scalar(sa.select(sa.literal(1)).where(where).limit(1)) is None

    def _decide(self) -> None:
        """Decide on parties that are held, where the script has come to a decision."""
        standing = tables.standing
        with self.house.database.reading() as connection:
            held = set(connection.scalars(sa.select(standing.c.party).where(standing.c.state == "held")))
        for decision in self.script["decisions"]:
            if decision["party"] in held and decision["first"] <= str(self.day):
                self._both("decide", **{name: decision[name] for name in ("party", "release", "reason")})

    def _message(self, path: Path) -> dict[str, Any]:
        """Read one message, book its orders, answer it."""
        try:
            batch = read_payments(path)
        except MessageError as error:
            return {"refused": str(error)}
        outcomes = self.house.submit(batch.orders)
        if self.out is not None:
            sender = "agent-" + path.stem.split("-")[3]
            answer = status_report(
                self.house.database,
                self.house.scheme,
                outcomes,
                batch.refused,
                to=sender,
                orders=batch.orders,
            )
            (self.out / "answers" / f"{path.stem}.pacs002.xml").write_bytes(answer.data)
        unread = [[each.code, each.reason] for each in batch.refused]
        return {"answers": [_told(each) for each in outcomes], "unread": unread}

    def _act(self) -> None:
        for action in self.script["actions"].get(str(self.day), ()):
            number, payment, waits = self._found(action["key"])
            kind = action["do"]
            if kind == "pass-price" and waits == "held":
                details = {"payment": number, "release": action["release"], "reason": action["reason"]}
                self._both("pass-price", **details)
            elif kind == "void" and payment is not None and payment.status == "pending":
                self.house.void(number, action["reason"], self.first)
            elif kind == "dispute" and payment is not None and bool(payment.disputed) != action["raised"]:
                self.house.dispute(number, action["reason"], self.first, raised=action["raised"])
            elif kind == "reverse" and payment is not None:
                if payment.status == "posted":
                    self._both("reverse", payment=number, code=action["code"], reason=action["reason"])
                if self.out is not None:
                    data = return_message(self.house.database, number).data
                    (self.out / "settlement" / f"{self.day}-return.pacs004.xml").write_bytes(data)

    def _found(self, key: str) -> tuple[int, Any, str]:
        """Number of the order under a key, its payment if it was booked, and its state if it waits."""
        request, payment, waiting = tables.request, tables.payment, tables.waiting
        with self.house.database.reading() as connection:
            number = connection.scalar(sa.select(request.c.id).where(request.c.key == key))
            row = connection.execute(sa.select(payment).where(payment.c.id == number)).first()
            waits = connection.scalar(sa.select(waiting.c.state).where(waiting.c.id == number))
        return int(number or 0), row, str(waits or "")

    def _settle(self) -> None:
        """The script's steps for every settlement, counted in joint business days from its close."""
        with self.house.database.reading() as connection:
            rows = settlements.listed(connection)
            cycle = tables.cycle
            closed = {row.id: row.closed for row in connection.execute(sa.select(cycle.c.id, cycle.c.closed))}
        plan = self.script["settlements"]
        for row in rows:
            kind = next((name for name in ("rejected", "late") if row.cycle in plan[name]), "usual")
            since = self.days.index(self.day) - self.days.index(date.fromisoformat(str(closed[row.cycle])))
            for after, step in plan["steps"][kind]:
                if after == since:
                    self._settle_one(row.id, step)

    def _settle_one(self, number: int, step: str) -> None:
        house = self.house
        with house.database.reading() as connection:
            row = settlements.one(connection, number)
        if step == "release" and row.status in ("due", "overdue"):
            self._both("release-settlement", settlement=number)
        elif step == "confirm" and row.status in ("released", "overdue"):
            house.confirm_settlement(number, f"FT-{row.cycle}-{row.attempt}", by=self.first)
        elif step == "reject" and row.status == "released":
            house.reject_settlement(number, "AC04", "the correspondent's account is closed", by=self.first)
        elif step == "reissue" and row.status == "rejected":
            house.reissue_settlement(number, by=self.first)
        if step == "release" and self.out is not None:
            answer = settlement_instruction(house.database, house.scheme, number)
            (self.out / "settlement" / f"{self.day}-cycle-{row.cycle}.pacs009.xml").write_bytes(answer.data)

    def _close(self) -> None:
        with self.house.database.reading() as connection:
            cycle = tables.cycle
            ends = connection.scalar(sa.select(cycle.c.ends).where(cycle.c.closed.is_(None)))
        if ends == str(self.day):
            self._both("close-cycle", interest_rate=None)
            self.house.advance()

    def _both(self, action: str, **details: Any) -> None:
        """Propose and approve; a proposal that was left open by a kill is approved, not made again."""
        with self.house.database.reading() as connection:
            left = [
                row.id
                for row in approvals.open_proposals(connection)
                if (row.action, row.details) == (action, canonical(details))
            ]
        if left:
            try:
                self.house.approve(left[0], by=self.second)
                return
            except InputError:  # it was about an older verdict or another cycle: look again, propose anew
                self.house.withdraw(left[0], by=self.first)
        self.house.approve(self.house.propose(action, details, by=self.first), by=self.second)


def _told(outcome: Outcome) -> list[str]:
    return [outcome.key, outcome.status, outcome.code]


def _parties(path: Path) -> list[Party]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Party(
                row["id"],
                row["name"],
                row["country"],
                row["kind"],
                int(row["limit"]),
                row["set_off"] == "True",
            )
            for row in csv.DictReader(file)
        ]


def main() -> None:
    """Work as told on standard input; tell about it on standard output, a JSON object on each line.

    Standard input stays open as long as whoever started this is there; when it closes, the desk leaves at once.
    """
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_leave_when_alone, daemon=True).start()

    def tell(event: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(event, ensure_ascii=True) + "\n")
        sys.stdout.flush()

    out = Path(order["out"]) if order["out"] else None
    try:
        ClearingDesk(Path(order["inbox"]), order["url"], Path(order["key"]), out, tell).work()
    except BrokenPipeError:
        os._exit(1)  # whoever started this is gone: there is nobody left to tell
    except TarazuError as error:
        tell({"failed": str(error)})


def _leave_when_alone() -> None:
    while os.read(0, 1):  # not through sys.stdin, whose lock must be free when the interpreter ends
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
