"""How long a thousand disruption years on the bundled network take, with a year of some forty flows.

Barley, wheat, corn, steel, sulphur and oil products one way, fruit, nuts, dairy, cement and plastics the other, and
transit of third countries beside them. "drawn" are years with one to three links closed for one to six months each;
"links" closes every link in use for a year; "scenarios" are those of the network. Each run starts from arrays that
have solved nothing but the undisturbed year. A thousand drawn years of the network's own scale are the goal.

    python benchmarks/corridor_disruption.py [--draws 1000] [--runs 3] [--smoke]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from tarazu.corridor.disruption import disrupted, drawn, rank_links
from tarazu.corridor.flows import Carried, Flow, carry, prepare, read_flows
from tarazu.corridor.network import Network

NETWORK = "kaz-irn"
GOAL = "Goal: 1,000 drawn years under 60 s."
# Commodity, origins, destinations, tonnes a year over all of their pairs, transit.
TRADE = (
    ("barley", ("kostanay", "petropavl", "kokshetau"), ("gorgan", "tehran", "mashhad"), 1.3e6, "no"),
    ("wheat", ("kostanay", "kokshetau"), ("tehran", "isfahan"), 6e5, "no"),
    ("corn", ("almaty", "shymkent"), ("tehran", "amirabad"), 3e5, "no"),
    ("steel", ("karaganda",), ("tehran", "isfahan"), 3e5, "no"),
    ("sulphur", ("atyrau",), ("bandar-imam", "tehran"), 2e5, "no"),
    ("oil-products", ("atyrau", "shymkent"), ("gorgan",), 3e5, "no"),
    ("fruit", ("gorgan", "sari"), ("almaty", "astana"), 1.5e5, "no"),
    ("pistachios", ("kerman",), ("almaty", "astana"), 2e4, "no"),
    ("dairy", ("tehran",), ("almaty", "shymkent"), 5e4, "no"),
    ("cement", ("gorgan",), ("aktobe", "uzen"), 3e5, "no"),
    ("plastics", ("bandar-imam",), ("almaty", "astana", "aktobe"), 2e5, "no"),
    ("steel", ("samara",), ("bandar-abbas", "nhava-sheva"), 4e5, "yes"),
    ("wheat", ("samara",), ("bandar-abbas",), 3e5, "yes"),
    ("general-cargo", ("xian",), ("tehran", "bandar-abbas"), 2e5, "yes"),
    ("plastics", ("bandar-abbas",), ("tashkent",), 1e5, "yes"),
)


def flows() -> Iterator[dict[str, Any]]:
    """Rows of a flows table: the tonnes of each line in equal parts."""
    for commodity, origins, destinations, tonnes, transit in TRADE:
        share = tonnes / (len(origins) * len(destinations))
        for origin in origins:
            for destination in destinations:
                ends = {"origin": origin, "destination": destination, "transit": transit}
                yield {**ends, "commodity": commodity, "tonnes": share}


def undisturbed(network: Network, found: tuple[Flow, ...]) -> Carried:
    """Arrays that have solved the undisturbed year alone."""
    return carry(prepare(network, found), values=False)


def timed(runs: int, start: Callable[[], Carried], measured: Callable[[Carried], Any]) -> list[float]:
    times = []
    for _ in range(runs):
        base = start()
        begin = time.perf_counter()
        measured(base)
        times.append(time.perf_counter() - begin)
    return times


def line(name: str, count: int, times: list[float]) -> str:
    median, best = statistics.median(times), min(times)
    return f"{name:14s} {count:>7,d} {median:9.3f} {best:9.3f} {1e3 * best / count:12.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1_000, help="drawn years")
    parser.add_argument("--runs", type=int, default=3, help="runs per figure")
    parser.add_argument("--smoke", action="store_true", help="few draws, one run")
    given = parser.parse_args()
    draws, runs = (20, 1) if given.smoke else (given.draws, given.runs)
    network = Network.read(NETWORK)
    found, _ = read_flows(network, list(flows()))

    def start() -> Carried:
        return undisturbed(network, found)

    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. {GOAL}"
    )
    base = start()
    print(f"{len(found)} flows, {len(base.carriage.arcs)} arcs, {len(base.carriage.groups)} classes of goods")
    print(f"{'what':14s} {'years':>7s} {'median s':>9s} {'best s':>9s} {'ms per year':>12s}")
    print(line("undisturbed", 1, timed(runs, start, lambda _: start())))
    print(
        line(
            "scenarios",
            len(network.scenarios),
            timed(runs, start, lambda b: disrupted(b, network.scenarios).table),
        )
    )
    print(line("drawn", draws, timed(runs, start, lambda b: drawn(b, draws))))
    print(line("links", len(rank_links(base)), timed(runs, start, rank_links)))


if __name__ == "__main__":
    main()
