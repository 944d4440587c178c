"""Many clients at once, threads and processes: booked once, within the limit, and nobody waits for ever."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from clearing_support import (
    BY,
    DAY,
    Clock,
    again,
    examine,
    found_house,
    order,
    posted,
    rows,
    set_limit,
    small_scheme,
    value,
)
from tarazu.clearing.booking import Outcome
from tarazu.clearing.house import ClearingHouse
from tarazu.core.errors import StoreError

PATIENCE = 60  # seconds until a thread or process counts as stuck


def together(*calls: Callable[[], Sequence[Outcome]]) -> list[Outcome]:
    """Run all at once, each in a thread; all outcomes. Fails where one is stuck or ends with an exception."""
    found: list[Outcome] = []
    errors: list[BaseException] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Sequence[Outcome]]) -> None:
        start.wait()
        try:
            found.extend(call())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "a client is stuck"
    assert not errors, errors
    return found


CLIENT = """
import json, sys
from datetime import date
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.order import PaymentOrder
day = date.fromisoformat(sys.argv[2])
house = ClearingHouse.open(sys.argv[1], today=lambda: day)
orders = [PaymentOrder(*each, "USD", day, hs="100300") for each in json.loads(sys.argv[3])]
print("ready", flush=True)
sys.stdin.readline()
for each in orders:
    (outcome,) = house.submit([each])
    print(json.dumps([outcome.key, outcome.status, outcome.id, outcome.repeated, outcome.code]), flush=True)
house.close()
"""


def processes(url: str, batches: Sequence[Sequence[tuple[str, str, str, int]]]) -> list[list[object]]:
    """Submit one by one in as many processes as there are batches, all at once; their outcomes."""
    command = [sys.executable, "-c", CLIENT, url, DAY.isoformat()]
    clients = [
        subprocess.Popen(
            [*command, json.dumps(batch)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for batch in batches
    ]
    try:
        for client in clients:
            assert client.stdout is not None
            assert client.stdout.readline() == "ready\n"
        for client in clients:
            assert client.stdin is not None
            client.stdin.write("go\n")
            client.stdin.flush()
        printed = [client.communicate(timeout=PATIENCE)[0] for client in clients]
    finally:
        for client in clients:
            client.kill()
            client.wait()
    assert [client.returncode for client in clients] == [0] * len(clients)
    return [json.loads(line) for text in printed for line in text.splitlines()]


def url_of(house: ClearingHouse) -> str:
    text = house.database.url.render_as_string(hide_password=False)
    return text.replace("+psycopg", "")


def test_one_key_from_many_threads_is_booked_once(house):
    desks = [house, again(house), again(house)]
    outcomes = together(*(lambda d=desks[n % 3]: d.submit([order("k", "K1", "I1")]) for n in range(24)))
    assert Counter((each.status, each.repeated) for each in outcomes) == {
        ("posted", False): 1,
        ("posted", True): 23,
    }
    assert len({each.id for each in outcomes}) == 1
    assert posted(house, "agent-KAZ", "clearing") == -100_000


def test_one_key_with_other_content_is_booked_once(house):
    outcomes = together(*(lambda n=n: house.submit([order("k", "K1", "I1", 100_000 + n)]) for n in range(12)))
    assert Counter(each.code for each in outcomes) == {"": 1, "AM05": 11}


def test_the_same_accounts_in_opposite_order_do_not_deadlock(house):
    other = again(house)

    def pay(desk: ClearingHouse, name: str) -> list[Outcome]:
        firms = [("K1", "I1"), ("I1", "K1"), ("K2", "I1"), ("I1", "K2")]
        random.Random(name).shuffle(firms)
        return [
            each for n, pair in enumerate(firms * 3) for each in desk.submit([order(f"{name}-{n}", *pair)])
        ]

    calls = [lambda d=(house, other)[n % 2], n=n: pay(d, str(n)) for n in range(8)]
    outcomes = together(*calls)
    assert {each.status for each in outcomes} == {"posted"}
    assert len(outcomes) == 96
    assert posted(house, "agent-KAZ", "clearing") == 0


@pytest.mark.parametrize("purpose", ["customer", "clearing"])
def test_room_for_seven_lets_seven_through(house, purpose):
    owner, limit = ("K1", 700_000 * 500) if purpose == "customer" else ("agent-KAZ", 700_000)
    set_limit(house, owner, limit, purpose)
    desks = [house, again(house)]
    outcomes = together(*(lambda n=n: desks[n % 2].submit([order(f"k{n}", "K1", "I1")]) for n in range(20)))
    assert Counter(each.status for each in outcomes) == {"posted": 7, "refused": 13}
    assert posted(house, owner, purpose) == -limit


def test_processes_share_one_house(house):
    set_limit(house, "agent-KAZ", 1_500_000, "clearing")
    same = [("same", "K1", "I1", 100_000)]
    batches = [
        [*same, *((f"{name}-{n}", "K1", "I1", 100_000) for n in range(10)), *same] for name in ("a", "b")
    ]
    outcomes = processes(url_of(house), batches)
    shared = [each for each in outcomes if each[0] == "same"]
    assert len({each[2] for each in shared}) == 1
    assert sum(not each[3] for each in shared) == 1
    assert Counter(each[1] for each in outcomes if each[0] != "same" and not each[3]) == {
        "posted": 14,
        "refused": 6,
    }
    assert posted(house, "agent-KAZ", "clearing") == -1_500_000


def test_one_bad_callers_orders_do_not_fail_another_callers(house):
    """Orders that are booked together for speed must not fail together."""
    bad = order("bad\ud800", "K1", "I1")

    def worst() -> list[Outcome]:
        try:
            return house.submit([bad])
        except Exception:
            return []

    calls = [worst if n % 2 else (lambda n=n: house.submit([order(f"k{n}", "K1", "I1")])) for n in range(12)]
    outcomes = together(*calls)
    assert sum(each.status == "posted" for each in outcomes) == 6


def test_two_approvals_of_one_proposal_act_once(house):
    (outcome,) = house.submit([order("k", "K1", "I1")])
    details = {"payment": outcome.id, "code": "FOCR", "reason": "recalled"}
    number = house.propose("reverse", details, BY[0])
    results: list[str] = []

    def approve(desk: ClearingHouse) -> list[Outcome]:
        try:
            desk.approve(number, BY[1])
            results.append("done")
        except Exception as error:
            results.append(type(error).__name__)
        return []

    together(*(lambda d=desk: approve(d) for desk in (house, again(house), house, again(house))))
    assert sorted(results) == ["InputError"] * 3 + ["done"]
    assert posted(house, "agent-KAZ", "clearing") == 0


def test_a_queue_looked_at_by_many_desks_books_each_order_once(house_url):
    house = found_house(house_url, small_scheme(overflow='"queue"'))
    set_limit(house, "agent-KAZ", 100_000, "clearing")
    orders = [order(f"k{n}", "K1", "I1") for n in range(9)]
    assert Counter(each.status for each in house.submit(orders)) == {"posted": 1, "queued": 8}
    house.submit([order("back", "I1", "K1", 400_000)])
    desks = [house, again(house), again(house)]
    together(*(lambda d=desk: d.advance().waited for desk in desks * 3))
    booked = rows(house, "SELECT r.key FROM payment p JOIN request r ON r.id = p.id ORDER BY p.seq")
    assert [row[0] for row in booked] == ["k0", "back", "k1", "k2", "k3", "k4"]
    states = Counter(row[0] for row in rows(house, "SELECT state FROM waiting"))
    assert states == {"booked": 4, "queued": 4}
    examine(house)
    house.close()


def test_a_house_is_founded_once(house_url):
    scheme = small_scheme()
    results: list[str] = []

    def found() -> list[Outcome]:
        try:
            ClearingHouse.open(house_url, scheme, operators=BY, today=Clock()).close()
            results.append("done")
        except StoreError as error:
            results.append(str(error))
        return []

    together(*[found] * 4)
    assert "done" in results
    assert all(each == "done" or "founded this clearing house just now" in each for each in results), results
    house = ClearingHouse.open(house_url)
    assert value(house, "SELECT count(*) FROM journal WHERE kind = 'founded'") == 1
    examine(house)
    house.close()
