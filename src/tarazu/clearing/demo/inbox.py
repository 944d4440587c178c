"""The demonstration's inbox: everything that comes from outside, written as files before the year begins.

Messages (pacs.008 XML) of both agents for every day, rates, lists of sanctions, parties, and the script of what
the two operators do. Whoever works on the books reads these files and the books, and nothing else.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from tarazu.clearing.demo.incidents import Incidents, incidents
from tarazu.clearing.demo.watch import decisions, write_lists
from tarazu.clearing.demo.world import Trade, World, settings
from tarazu.clearing.messages.build import Agent, Header
from tarazu.clearing.messages.write import pacs008
from tarazu.clearing.order import PaymentOrder
from tarazu.clearing.parties import agent_id
from tarazu.clearing.rates import COLUMNS

SCRIPT = "script.json"


@dataclass(frozen=True, slots=True)
class Inbox:
    """What was written.

    Attributes
    ----------
    keys
        Keys of the orders in each message that can be read; none for the damaged ones.
    sizes
        Amounts of all orders at the rates of their day, in minor units of the unit of account, by key.
    marked
        Keys of the payments that are told of afterwards, by name.
    """

    folder: Path
    keys: dict[str, tuple[str, ...]]
    sizes: dict[str, int]
    marked: dict[str, str]
    list_versions: int


def write_inbox(world: World, folder: Path) -> Inbox:
    """Write all files into a new folder."""
    messages = folder / "messages"
    messages.mkdir(parents=True)
    daily = _daily(world)
    special = incidents(world, daily[world.days[0], "IRN"])
    keys: dict[str, tuple[str, ...]] = {}
    sizes: dict[str, int] = {}
    for (day, sender), orders in daily.items():
        orders += [o for o in special.orders.get(day, ()) if o.debtor.startswith(sender)]
        name = f"{day}-{sender}.xml"
        data = _message(day, sender, orders, name)
        (messages / name).write_bytes(data)
        keys[name] = tuple(order.key for order in orders)
        for order in orders:
            sizes.setdefault(order.key, world.in_unit(order, day))
        for other, damaged in _damaged(world, day, sender, name, data):
            (messages / other).write_bytes(damaged)
            keys[other] = keys[name] if other.endswith("-again.xml") else ()
    _write_rates(world, folder / "rates.csv")
    _write_parties(world, folder / "parties.csv")
    versions = write_lists(world, folder / "lists")
    _write_script(world, special, folder / SCRIPT)
    return Inbox(folder, keys, sizes, special.marked, versions)


def _daily(world: World) -> dict[tuple[date, str], list[PaymentOrder]]:
    """Ordinary orders by day and country of the debtor."""
    trades = [Trade(world, seller) for seller in world.firms]
    return {(day, trade.buyer): list(trade.of(day)) for day in world.days for trade in trades}


def _message(day: date, sender: str, orders: list[PaymentOrder], name: str) -> bytes:
    (receiver,) = (code for code in settings()["flows"] if code != sender)
    created = datetime.combine(day, time(6), UTC)
    parties = (Agent(id=agent_id(sender)), Agent(id=agent_id(receiver)))
    return pacs008(Header(name.removesuffix(".xml"), created, *parties), orders)


def _damaged(world: World, day: date, sender: str, name: str, data: bytes) -> list[tuple[str, bytes]]:
    """Messages that come besides the regular one of the day: cut off, unsafe, unreadable in part, sent twice."""
    if sender != "IRN":
        return []
    stem, found = name.removesuffix(".xml"), []
    if day == world.at("malformed"):
        found.append((f"{stem}-cut.xml", data[: len(data) // 2]))
    if day == world.at("document_type"):
        document = b'<!DOCTYPE Document [<!ENTITY all SYSTEM "file:///etc/hostname">]><Document'
        found.append((f"{stem}-unsafe.xml", data.replace(b"<Document", document, 1)))
    if day == world.at("unreadable"):
        found.append((f"{stem}-decimals.xml", _with_decimals(day, sender, world)))
    if day == world.at("sent_again"):
        found.append((f"{stem}-again.xml", data))
    return found


def _with_decimals(day: date, sender: str, world: World) -> bytes:
    """A message whose one amount has three decimals, where the dollar has two."""
    trade = Trade(world, "KAZ")
    trade.rng.seed(f"{world.seed} decimals")
    trade.numbers = 95_000
    data = _message(day, sender, [trade.order(day, *trade.pair(), 50_000.0)], f"{day}-{sender}-decimals.xml")
    data = re.sub(rb"<CtrlSum>[^<]*</CtrlSum>", b"", data)
    return re.sub(rb'(<IntrBkSttlmAmt Ccy="USD">[0-9.]*)', rb"\g<1>5", data)


def _write_rates(world: World, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for rate in world.rate_rows():
            unit = world.scheme.unit
            table.writerow([rate.date, rate.currency, rate.per_unit, unit, rate.name, rate.source])


def _write_parties(world: World, path: Path) -> None:
    columns = ("id", "name", "country", "kind", "limit", "set_off")
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns, extrasaction="ignore")
        table.writeheader()
        for firms in world.firms.values():
            table.writerows(asdict(firm.party) for firm in firms)


def _write_script(world: World, special: Incidents, path: Path) -> None:
    given = settings()
    body: dict[str, Any] = {
        "operators": given["operators"],
        "days": [str(day) for day in world.days],
        "prices": {
            hs: [low, high, given["sources"]]
            for goods in given["goods"].values()
            for hs, _, low, high in goods
        },
        "decisions": decisions(world),
        "actions": {str(day): actions for day, actions in special.actions.items()},
        "settlements": given["settlements"],
    }
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
