"""Kill −9 in a loop during load: what was acknowledged is there, and nothing is half there.

A child process submits payments and acknowledges them through a pipe after each `submit` has returned. It is
killed at a random moment; so is the PostgreSQL server. Whoever reopens the books must find every acknowledged
answer in them, whole, and submitting everything again must come to the same total as if nothing had happened.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from clearing_support import (
    BY,
    DAY,
    Clock,
    cycle_end,
    examine,
    found_house,
    order,
    posted,
    prove,
    rows,
    small_scheme,
    value,
)
from postgres import NoServerError, Server, start_server
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.order import PaymentOrder
from tarazu.core.errors import StoreError

PATIENCE = 60  # seconds for a child to say its first word
CHUNKS = 400  # more than a child can submit before it is killed


def stream(round_number: int) -> Iterator[list[PaymentOrder]]:
    """The same orders for one round at every call: singles and batches, some refused, some pending."""
    chance = random.Random(round_number)
    number = 0
    for _ in range(CHUNKS):
        chunk = []
        for _ in range(chance.choice((1, 1, 1, 5, 40))):
            pair = chance.choice((("K1", "I1"), ("I1", "K1"), ("K2", "I3"), ("I2", "K3"), ("K1", "K2")))
            later = DAY + timedelta(days=chance.choice((0, 0, 0, 1)))
            amount = chance.randrange(100_000, 200_000)
            chunk.append(order(f"{round_number}-{number}", *pair, amount, settlement_date=later))
            number += 1
        yield chunk


def load(url: str, round_number: int, pipe: Connection) -> None:
    """The child: submit and acknowledge, until killed."""
    try:
        house = ClearingHouse.open(url, today=Clock())
        for chunk in stream(round_number):
            pipe.send([(each.key, each.status, each.id, each.code) for each in house.submit(chunk)])
    except Exception as error:
        pipe.send((type(error).__name__, str(error)))


def close_cycles(url: str, round_number: int, pipe: Connection) -> None:
    """Another child: pay, advance and close one cycle after the other, until killed."""
    try:
        clock = Clock()
        house = ClearingHouse.open(url, today=clock)
        while True:
            number = value(house, "SELECT id FROM cycle WHERE closed IS NULL")
            clock.day = max(
                date.fromisoformat(value(house, "SELECT max(day) FROM journal")), cycle_end(house)
            )
            keys = [f"c{number}-{each}" for each in range(3)]
            orders = [order(each, "K1", "I1", settlement_date=clock.day) for each in keys]
            pipe.send([(each.key, each.status, each.id, each.code) for each in house.submit(orders)])
            house.advance()
            pipe.send(house.close_cycle(BY).cycle)
    except Exception as error:
        pipe.send((type(error).__name__, str(error)))


@dataclass
class Heard:
    """What came through the pipes, in all rounds."""

    answers: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def take(self, message: Any) -> None:
        if isinstance(message, list):
            self.answers.update({key: tuple(rest) for key, *rest in message})
        elif isinstance(message, int):
            self.closed.add(message)
        else:
            self.errors.append(message)


@pytest.fixture(scope="module")
def nursery() -> Iterator[BaseContext]:
    """Starts children from a process that has imported everything already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]), prepend=":")
        patch.setenv("OPENBLAS_NUM_THREADS", "1")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            ["clearing_support", "tarazu.clearing.house", "tarazu.clearing.netting"]
        )
        yield context
        from multiprocessing.forkserver import _forkserver

        _forkserver._stop()  # type: ignore[attr-defined]  (it would outlive the test)


def one_round(
    nursery: BaseContext,
    work: Callable[..., None],
    url: str,
    number: int,
    heard: Heard,
    kill: Callable[[Any], None],
    words: int = 1,
) -> None:
    """Start a child, wait for its first words and a random moment more, strike, and hear it out."""
    ours, theirs = nursery.Pipe(duplex=False)
    child = nursery.Process(target=work, args=(url, number, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        for _ in range(words):
            assert ours.poll(PATIENCE), "the child says nothing"
            heard.take(ours.recv())
        ends = time.monotonic() + random.Random(-number).uniform(0, 0.3)
        while time.monotonic() < ends:
            if ours.poll(0.01):
                heard.take(ours.recv())
        kill(child)
        while True:
            heard.take(ours.recv())
    except (EOFError, OSError):
        pass  # the end of the pipe, or half a message
    finally:
        child.kill()
        child.join()
        ours.close()


def expected(chunks: list[PaymentOrder]) -> int:
    """What agent-KAZ comes to owe when each order is booked exactly once."""
    sign = {("K", "I"): -1, ("I", "K"): 1}
    return sum(sign.get((each.debtor[0], each.creditor[0]), 0) * each.amount for each in chunks)


def nothing_is_lost(house: ClearingHouse, heard: Heard) -> None:
    """Every acknowledged answer is in the books, each transaction is there wholly or not at all."""
    examine(house)
    kept = {row.key: (row.status, row.id, row.code) for row in rows(house, "SELECT * FROM request")}
    lost = {key: answer for key, answer in heard.answers.items() if kept.get(key) != answer}
    assert not lost
    closed = {row[0] for row in rows(house, "SELECT id FROM cycle WHERE closed IS NOT NULL")}
    assert heard.closed <= closed


def reopened(url: str, day: date = DAY) -> ClearingHouse:
    return ClearingHouse.open(url, today=Clock(day))


@pytest.mark.parametrize("rounds", [8])
def test_nothing_is_lost_when_the_process_is_killed(nursery, founded_url, rounds):
    heard = Heard()
    for number in range(rounds):
        one_round(nursery, load, founded_url, number, heard, lambda child: child.kill())
        house = reopened(founded_url)
        nothing_is_lost(house, heard)
        house.close()
    assert not heard.errors
    assert len(heard.answers) > 20 * rounds, "the children hardly worked: the test proves nothing"
    house = reopened(founded_url, DAY + timedelta(days=1))
    in_time = ClearingHouse.open(founded_url, today=Clock())
    kept = {row[0] for row in rows(house, "SELECT key FROM request")}
    again_and_again(house, in_time, rounds, kept, heard)
    in_time.close()
    house.close()


def again_and_again(
    tomorrow: ClearingHouse, today: ClearingHouse, rounds: int, kept: set[str], heard: Heard
) -> None:
    """Whole chunks only; and everything again gives the first answers and the total of one booking each."""
    everything: list[PaymentOrder] = []
    for number in range(rounds):
        for chunk in stream(number):
            there = {each.key in kept for each in chunk}
            assert len(there) == 1, "half a batch was committed"
            if there == {False}:
                everything += chunk  # was never booked: it is now
                break
            everything += chunk
    answers = today.submit(everything)
    assert [each.repeated for each in answers] == [each.key in kept for each in answers]
    for each in answers:
        assert heard.answers.get(each.key, (each.status, each.id, each.code)) == (
            each.status,
            each.id,
            each.code,
        )
    assert [each.id for each in today.submit(everything)] == [each.id for each in answers]
    tomorrow.advance()
    assert posted(tomorrow, "agent-KAZ", "clearing") == expected(everything)
    examine(tomorrow)
    prove(tomorrow)


def test_a_close_is_whole_or_not_at_all_when_the_process_is_killed(nursery, house_url):
    found_house(house_url, small_scheme(length='"daily"')).close()
    heard = Heard()
    for number in range(4):
        one_round(nursery, close_cycles, house_url, number, heard, lambda child: child.kill(), words=4)
        house = reopened(house_url)
        nothing_is_lost(house, heard)
        cycles = rows(house, "SELECT id, opened, closed, seq FROM cycle ORDER BY id")
        assert [row.id for row in cycles] == list(range(1, len(cycles) + 1))
        assert all((row.closed is None) == (row.id == len(cycles)) for row in cycles)
        closes = value(house, "SELECT count(*) FROM journal WHERE kind = 'close'")
        assert closes == len(cycles) - 1
        assert posted(house, "agent-KAZ", "clearing") == -posted(house, "agent-IRN", "clearing")
        house.close()
    assert not heard.errors
    assert len(heard.closed) >= 4, "the children hardly closed a cycle: the test proves nothing"


@pytest.fixture
def own_server(postgres_server: Server) -> Iterator[Server]:
    """A server to be killed: the run's own must live on. It waits for the disk as it does by default."""
    try:
        server = start_server(durable=True)
    except NoServerError as error:
        pytest.fail(str(error))
    yield server
    server.remove()


def test_nothing_is_lost_when_the_postgresql_server_is_killed(nursery, own_server):
    url = own_server.url(own_server.create())
    found_house(url).close()
    heard, rounds = Heard(), 3
    house = reopened(url)

    def strike(child: Any) -> None:
        own_server.stop("immediate")
        child.join(10)  # it notices by itself

    for number in range(rounds):
        one_round(nursery, load, url, number, heard, strike)
        with pytest.raises(StoreError):
            house.submit([order("meanwhile", "K1", "I1")])
        own_server.start()
        house = survivor(house)
        nothing_is_lost(house, heard)
    assert [name for name, _ in heard.errors] == ["StoreError"] * rounds, heard.errors
    tomorrow = reopened(url, DAY + timedelta(days=1))
    kept = {row[0] for row in rows(house, "SELECT key FROM request")}
    assert "meanwhile" not in kept
    again_and_again(tomorrow, house, rounds, kept, heard)
    house.close()
    tomorrow.close()


def survivor(house: ClearingHouse) -> ClearingHouse:
    """The same object after the server came back: its first use may fail, its second must not."""
    with suppress(sa.exc.DBAPIError):
        rows(house, "SELECT 1")
    assert value(house, "SELECT 1") == 1
    return house
