"""A small clearing house to test against, and an examination of its books that trusts none of its code.

One dollar is 500 tenge and 900,000 rials here, all days, so that amounts can be checked in the head.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from postgres import Server
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.order import PaymentOrder
from tarazu.clearing.parties import Party
from tarazu.clearing.rates import Rate
from tarazu.clearing.scheme import Scheme, load_scheme
from tarazu.clearing.scheme_file import parse_scheme
from tarazu.clearing.screening.lists import Entry, SanctionsList

DAY = date(2026, 9, 15)  # a Tuesday in a month without holidays; the cycle ends on Wednesday the 23rd
KZT, IRR = 500, 900_000  # per dollar
BY = ("aigul", "bahram")
NAMES = {  # no two of these are alike for the screening
    "K1": "Altyn Grain",
    "K2": "Baikonur Steel",
    "K3": "Ekibastuz Coal",
    "I1": "Caspian Dates",
    "I2": "Damavand Carpets",
    "I3": "Golestan Cotton",
}
COUNTRY = {"K": "KAZ", "I": "IRN"}
AGENTS = ("agent-KAZ", "agent-IRN")
OWN_CURRENCY = {"KAZ": "KZT", "IRN": "IRR"}
ROOMY = 10**15  # a line of credit that no test uses up


@dataclass
class Clock:
    """The business date, moved by hand."""

    day: date = DAY

    def __call__(self) -> date:
        return self.day


def small_scheme(**changes: str) -> Scheme:
    """The bundled proposal with a two-week cycle, lists that last and no set-off; `changes` are values in TOML."""
    values = {
        "length": '"14 days"\nanchor = 2026-01-05',
        "set_off": "false",
        "overflow": '"reject"',
        "swing_limit": "1_000_000.00",
        "screening_max_age_days": "366",
        "max_age_days": "31",
    } | changes
    text = load_scheme("kaz-irn").text
    for key, value in values.items():
        many = 0 if key in ("swing_limit", "holidays", "weekend") else 1
        pattern = re.compile(rf"^{key} = .*\n", re.MULTILINE)
        assert pattern.search(text), key
        text = pattern.sub(f"{key} = {value}\n" if value else "", text, count=many)
    return parse_scheme(text, "small.toml")


def listing(*names: str, day: date = DAY, title: str = "test list") -> SanctionsList:
    """A sanctions list of these names, and of one that is nobody's."""
    entries = tuple(
        Entry(f"e{number}", (name,), "organisation", "X", title)
        for number, name in enumerate(("Nobody Specimen Holdings", *names))
    )
    return SanctionsList(title, day, hashlib.sha256(repr((names, day)).encode()).hexdigest(), entries, ())


def party(identifier: str, *, limit: int = ROOMY, name: str = "", set_off: bool = False) -> Party:
    """A synthetic firm; its identifier begins with K or I for its country."""
    called = name or NAMES[identifier]
    return Party(identifier, called, COUNTRY[identifier[0]], limit=limit, set_off=set_off)


def order(
    key: str, debtor: str, creditor: str, amount: int = 100_000, currency: str = "USD", **others: Any
) -> PaymentOrder:
    """A payment of `amount` minor units (1,000.00 by default) on `DAY`, of barley."""
    given = {"settlement_date": DAY, "hs": "100300"} | others
    return PaymentOrder(key, debtor, creditor, amount, currency, **given)


def rates(first: date = date(2026, 1, 1), last: date = date(2027, 12, 31)) -> list[Rate]:
    """The same two rates every fifteen days."""
    sources = dict(load_scheme("kaz-irn").rate.sources)
    days = [first + timedelta(days=ahead) for ahead in range(0, (last - first).days, 15)]
    return [
        Rate(day, code, Decimal(per_unit), sources[code], "test")
        for day in days
        for code, per_unit in (("KZT", KZT), ("IRR", IRR))
    ]


def found_house(
    url: str,
    scheme: Scheme | None = None,
    *,
    clock: Clock | None = None,
    parties: Sequence[Party] | None = None,
    listed: Iterable[str] = (),
    **others: Any,
) -> ClearingHouse:
    """A house with a list, rates and parties: those of `NAMES` unless others are given."""
    clock = clock or Clock()
    house = ClearingHouse.open(url, scheme or small_scheme(), operators=BY, today=clock, **others)
    house.load_lists([listing(*listed, day=clock.day)], by=BY[0])
    house.load_rates(rates(), by=BY[0])
    entering = [party(each) for each in NAMES] if parties is None else list(parties)
    house.register(entering, by=BY[0])
    return house


def again(house: ClearingHouse, clock: Clock | None = None) -> ClearingHouse:
    """The same books opened a second time, as another process would."""
    url = house.database.url.render_as_string(hide_password=False)
    return ClearingHouse.open(url.replace("+psycopg", ""), today=clock or Clock())


def cycle_end(house: ClearingHouse) -> date:
    """Last day of the open cycle."""
    return date.fromisoformat(value(house, "SELECT ends FROM cycle WHERE closed IS NULL"))


def decide(house: ClearingHouse, who: str, *, release: bool, reason: str = "compared papers") -> Any:
    """Both operators decide on a hit."""
    details = {"party": who, "release": release, "reason": reason}
    return house.approve(house.propose("decide", details, BY[0]), BY[1])


def set_limit(house: ClearingHouse, owner: str, limit: int | None, purpose: str = "customer") -> Any:
    """Both operators change a limit."""
    details = {"owner": owner, "purpose": purpose, "limit": limit}
    return house.approve(house.propose("set-limit", details, BY[0]), BY[1])


def reverse(house: ClearingHouse, payment: int) -> Any:
    """Both operators reverse a payment."""
    details = {"payment": payment, "code": "FOCR", "reason": "recalled"}
    return house.approve(house.propose("reverse", details, BY[0]), BY[1])


def rows(house: ClearingHouse, text: str, **values: Any) -> list[Any]:
    """Rows of a query in plain SQL."""
    with house.database.reading() as connection:
        return list(connection.execute(sa.text(text), values))


def value(house: ClearingHouse, text: str, **values: Any) -> Any:
    """First value of a query's first row; None without one."""
    found = rows(house, text, **values)
    return found[0][0] if found else None


def status_of(house: ClearingHouse, payment: int) -> Any:
    """Status of a payment."""
    return value(house, "SELECT status FROM payment WHERE id = :id", id=payment)


def posted(house: ClearingHouse, owner: str, purpose: str) -> int:
    """Posted balance of an account, minor units."""
    text = "SELECT posted FROM balance b JOIN account a ON a.id = b.account WHERE owner = :o AND purpose = :p"
    return int(value(house, text, o=owner, p=purpose))


def size(house: ClearingHouse) -> int:
    """Rows in the journal."""
    return int(value(house, "SELECT count(*) FROM journal"))


def pay_over(house: ClearingHouse, clock: Clock) -> Any:
    """Close the open cycle on its last day."""
    clock.day = max(clock.day, cycle_end(house))
    return house.close_cycle(BY)


# ---- examination -------------------------------------------------------------------------------------------


def examine(house: ClearingHouse) -> None:
    """Everything that must hold in any books at any time, recomputed from the tables in plain SQL."""
    with house.database.reading() as connection:
        tables = {
            name: [dict(row._mapping) for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))]
            for name in (
                "journal",
                "entry",
                "account",
                "balance",
                "payment",
                "request",
                "resolution",
                "waiting",
                "cycle",
            )
        }
    _chain(tables)
    _entries(tables)
    _balances(tables)
    _payments(tables)
    _requests(tables)
    assert sum(row["closed"] is None for row in tables["cycle"]) == 1


def prove(house: ClearingHouse) -> None:
    """The program's own verification, which reads the journal alone, finds nothing to object to."""
    assert [str(each) for each in house.verify().breaks] == []


def _chain(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["journal"].sort(key=lambda row: row["seq"])
    digest = "0" * 64
    for number, row in enumerate(tables["journal"], 1):
        assert row["seq"] == number, "the journal has a gap"
        parts = [digest, str(number), row["at"], row["day"], row["kind"], row["body"]]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        assert row["hash"] == digest, f"row {number} does not follow from the one before it"


def _entries(tables: dict[str, list[dict[str, Any]]]) -> None:
    currency = {row["id"]: row["currency"] for row in tables["account"]}
    sums: Counter[tuple[int, str, str]] = Counter()
    legs: dict[int, dict[str, list[list[int]]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(tables["entry"], key=lambda row: (row["seq"], row["leg"])):
        sums[row["seq"], row["layer"], currency[row["account"]]] += row["amount"]
        legs[row["seq"]][row["layer"]].append([row["account"], row["amount"]])
    assert not any(sums.values()), f"legs do not sum to zero: {+sums} {-sums}"
    written = {row["seq"]: json.loads(row["body"]).get("legs") for row in tables["journal"]}
    assert {seq: dict(by_layer) for seq, by_layer in legs.items()} == {s: w for s, w in written.items() if w}


def _balances(tables: dict[str, list[dict[str, Any]]]) -> None:
    found: dict[int, list[int]] = {row["id"]: [0, 0, 0] for row in tables["account"]}
    for row in tables["entry"]:
        balance, amount = found[row["account"]], row["amount"]
        if row["layer"] == "P":
            balance[0] += amount
        else:
            balance[1 if amount < 0 else 2] += abs(amount) if row["layer"] == "H" else -abs(amount)
    kept = {
        row["account"]: [row["posted"], row["pending_debit"], row["pending_credit"]]
        for row in tables["balance"]
    }
    assert kept == found, "balances are not what the entries amount to"
    assert all(balance[1] >= 0 and balance[2] >= 0 for balance in found.values())
    for purpose in ("clearing", "convertible", "consolidated"):
        mine = [found[row["id"]] for row in tables["account"] if row["purpose"] == purpose]
        assert sum(each[0] for each in mine) == 0, f"the agents' {purpose} books are not equal and opposite"
        assert sum(each[1] for each in mine) == sum(each[2] for each in mine)


def _payments(tables: dict[str, list[dict[str, Any]]]) -> None:
    layers: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(tables["entry"], key=lambda row: (row["seq"], row["leg"])):
        layers[row["seq"]][row["layer"]].append(row["amount"])
    steps = {(row["payment"], row["stage"]): row for row in tables["resolution"]}
    assert len(steps) == len(tables["resolution"])
    for row in tables["payment"]:
        u, x, y = row["amount"], row["debit"], row["credit"]
        whole = [-x, x, -u, u, -y, y]
        first, step = layers[row["seq"]], steps.get((row["id"], "pending"))
        assert sum(map(len, first.values())) == 6, f"payment {row['id']} is half booked"
        if "H" in first:
            assert first["H"] == whole
            assert (step is None) == (row["status"] == "pending")
            if step is not None:
                assert sorted(layers[step["seq"]]["R"]) == sorted(whole)
                assert (step["kind"] == "posted") == (row["status"] not in ("voided", "expired"))
                assert step["kind"] == "posted" or not layers[step["seq"]]["P"]
        else:
            assert first["P"] == whole
            assert step is None
            assert row["status"] not in ("pending", "voided", "expired")
        assert ((row["id"], "posted") in steps) == (row["status"] == "reversed")


def _requests(tables: dict[str, list[dict[str, Any]]]) -> None:
    requests = {row["id"]: row for row in tables["request"]}
    payments = {row["id"] for row in tables["payment"]}
    waiting = {row["id"]: row for row in tables["waiting"]}
    submitted = {row["seq"] for row in tables["journal"] if row["kind"] == "submitted"}
    assert set(requests) == submitted, "a submission without a row in the journal, or the reverse"
    for number, row in requests.items():
        booked_at_once = row["status"] in ("posted", "pending")
        booked_later = number in waiting and waiting[number]["state"] == "booked"
        assert (number in payments) == (booked_at_once or booked_later), row
        assert (number in waiting) == (row["status"] in ("held", "queued")), row


# ---- fixtures ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def founded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the house of `found_house`; to be copied."""
    path = tmp_path_factory.mktemp("founded") / "house.db"
    found_house(str(path)).close()
    return path


@pytest.fixture(scope="session")
def founded_postgres(postgres_server: Server) -> str:
    """Name of a database that holds the house of `found_house`; to be used as a template."""
    name = postgres_server.create()
    found_house(postgres_server.url(name)).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def founded_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A test's own copy of the house of `found_house`, on both databases; copied since founding takes long."""
    if request.param == "sqlite":
        path = tmp_path / "house.db"
        shutil.copy(request.getfixturevalue("founded_sqlite"), path)
        yield str(path)
        return
    server = request.getfixturevalue("postgres_server")
    name = server.create(request.getfixturevalue("founded_postgres"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def clock() -> Clock:
    """The business date of the test's houses."""
    return Clock()


@pytest.fixture
def house(founded_url: str, clock: Clock) -> Iterator[ClearingHouse]:
    """A small house; whatever the test did, its books must hold after it."""
    opened = ClearingHouse.open(founded_url, today=clock)
    yield opened
    examine(opened)
    opened.close()
