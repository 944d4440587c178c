"""How long shortest paths and exact Pareto fronts take on networks of 5,000 vertices; networkx and rustworkx beside.

Two generated networks, both ways on every road, seeded. "streets": a jittered grid of 50 by 100, 4% of the roads
missing; every tenth line a motorway, every other fifth a main road. "nearest": random points, each joined to its
nearest three. Criteria of an arc all follow its length L (a detour factor included), hence are correlated:
cost L x rate of the class, time L / speed of the class, CO2 L x factor of the class, each with lognormal noise
(10% on streets; 30% on nearest, where there are no classes). The correlations are printed.
Pairs are uniformly random and seeded; a figure of a pair is the best of the runs. numba is warm: its one-off
loading, or compiling on the very first use on a machine, is printed apart. Peers get their graph ready built;
ours reads arrays anew at every call. networkx also has a bidirectional search, printed too.

    python benchmarks/corridor_routing.py [--pairs 120] [--runs 2] [--smoke]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tarazu.corridor.pareto import pareto_front, shortest_path

GOALS = "Goals: paths 10 times as fast as networkx; fronts of 2 criteria median 15 ms, of 3 median 60 ms, p99 2 s."
NAMES = ("cost", "time", "co2", "spread")
# By class of road: local, main, motorway.
SPEED, RATE, EMISSION = np.array([45.0, 60, 80]), np.array([1.0, 1.0, 1.15]), np.array([0.075, 0.07, 0.08])


def streets(rows: int, columns: int) -> tuple[Any, ...]:
    """Tail, head, (A, 4) costs, n of the grid."""
    rng = np.random.default_rng(0)
    n = rows * columns
    place = np.arange(n).reshape(rows, columns)
    across, down = np.divmod(np.arange(n), columns)
    at = 10.0 * np.stack((down, across), 1) + rng.normal(0, 2, (n, 2))
    line = np.array([2 if i % 10 == 5 else 1 if i % 5 == 0 else 0 for i in range(max(rows, columns))])
    one = np.concatenate((place[:, :-1].ravel(), place[:-1].ravel()))
    other = np.concatenate((place[:, 1:].ravel(), place[1:].ravel()))
    road = np.concatenate((np.repeat(line[:rows], columns - 1), np.tile(line[:columns], rows - 1)))
    there = rng.random(len(one)) > 0.04
    return both_ways(one[there], other[there], at, road[there], 0.1, rng)


def nearest(n: int) -> tuple[Any, ...]:
    """Tail, head, (A, 4) costs, n of the random points."""
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(0)
    at = 1000 * rng.random((n, 2))
    near = cKDTree(at).query(at, 4)[1][:, 1:]
    one, other = np.repeat(np.arange(n), 3), near.ravel()
    pair = np.unique(np.minimum(one, other) * n + np.maximum(one, other))
    return both_ways(pair // n, pair % n, at, np.zeros(len(pair), int), 0.3, rng)


def both_ways(
    one: Any, other: Any, at: Any, road: Any, spread: float, rng: np.random.Generator
) -> tuple[Any, ...]:
    """Arcs there and back at equal cost."""

    def noise(share: float) -> Any:
        return np.exp(rng.normal(0, share, len(one)))

    length = np.hypot(*(at[one] - at[other]).T) * (1 + rng.exponential(0.15, len(one)))
    hours = length / SPEED[road] * noise(spread)
    costs = (length * RATE[road] * noise(spread), hours, length * EMISSION[road] * noise(spread))
    weights = np.stack((*costs, 0.2 * hours * noise(0.3)), 1)
    ends = np.concatenate((one, other)), np.concatenate((other, one))
    return *ends, np.concatenate((weights, weights)), len(at)


def seconds(call: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Best time of the runs, and what came of it."""
    best = np.inf
    for _ in range(runs):
        start = time.perf_counter()
        found = call()
        best = min(best, time.perf_counter() - start)
    return best, found


def searches(tail: Any, head: Any, weight: Any, n: int) -> dict[str, Callable[[int, int], float]]:
    """Length of a shortest path, each peer with its own graph; the path itself is found, too."""
    import networkx
    import rustworkx

    arcs = list(zip(tail.tolist(), head.tolist(), weight.tolist(), strict=True))
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from(arcs)
    rust = rustworkx.PyDiGraph()
    rust.add_nodes_from(range(n))
    rust.add_edges_from(arcs)

    def by_rustworkx(source: int, target: int) -> float:
        path = rustworkx.dijkstra_shortest_paths(rust, source, target=target, weight_fn=float)[target]
        return sum(rust.get_edge_data(u, v) for u, v in zip(path, list(path)[1:], strict=False))

    return {
        "shortest_path": lambda s, t: shortest_path(tail, head, weight, n, s, t, engine="numba").cost,
        "networkx": lambda s, t: networkx.single_source_dijkstra(graph, s, t)[0],
        "networkx both ends": lambda s, t: networkx.bidirectional_dijkstra(graph, s, t)[0],
        "rustworkx": by_rustworkx,
    }


def compare_paths(name: str, network: tuple[Any, ...], pairs: list[tuple[int, int]], runs: int) -> None:
    tail, head, weights, n = network
    ours: Any = None
    for solver, search in searches(tail, head, weights[:, 0], n).items():
        search(*pairs[0])
        measured = [seconds(lambda pair=pair, search=search: search(*pair), runs) for pair in pairs]
        spent, costs = (np.array(column) for column in zip(*measured, strict=True))
        if ours is None:
            ours = spent, costs
        elif not np.allclose(costs, ours[1], rtol=1e-9):
            sys.exit(f"{name}: {solver} finds other lengths than shortest_path")
        package = solver.split()[0]
        version = importlib.metadata.version(package if ours[0] is not spent else "tarazu")
        print(row(name, solver, version, n, spent, f"{np.median(spent) / np.median(ours[0]):8.1f}"))


def measure_fronts(
    name: str, network: tuple[Any, ...], pairs: list[tuple[int, int]], criteria: int, runs: int, engine: Any
) -> None:
    tail, head, weights, n = network
    chosen = np.ascontiguousarray(weights[:, :criteria])
    spent, points, labels = [], [], []
    for source, target in pairs:
        best, front = seconds(
            lambda s=source, t=target: pareto_front(tail, head, chosen, n, s, t, engine=engine), runs
        )
        if not front.complete:
            sys.exit(f"{name}: {front.checks[-1].message}")
        spent.append(best)
        points.append(len(front.points))
        labels.append(front.labels)
    size = f"{np.median(points):7,.0f} {max(points):7,d} {np.median(labels):9,.0f} {max(labels):9,d}"
    print(row(name, f"{criteria} criteria", engine, n, np.array(spent), size))


def row(name: str, solver: str, version: str, n: int, spent: Any, rest: str) -> str:
    median, high, top = 1e3 * np.array([np.median(spent), np.quantile(spent, 0.99), spent.max()])
    return f"{name:9s} {solver:19s} {version:9s} {n:6,d} {len(spent):5d} {median:9.2f} {high:9.2f} {top:9.2f} {rest}"


def connected(network: tuple[Any, ...], count: int) -> list[tuple[int, int]]:
    """Random pairs between which there is a path: nobody's search is quick for want of one."""
    tail, head, weights, n = network
    found: list[tuple[int, int]] = []
    rng = np.random.default_rng(1)
    while len(found) < count:
        source, target = (int(v) for v in rng.integers(0, n, 2))
        if source != target and np.isfinite(shortest_path(tail, head, weights[:, 0], n, source, target).cost):
            found.append((source, target))
    return found


def warm() -> None:
    """Load or compile both kernels, and say how long that takes."""
    start = time.perf_counter()
    pareto_front([0], [1], [[1.0, 1.0]], 2, 0, 1, engine="numba")
    shortest_path([0], [1], [1.0], 2, 0, 1, engine="numba")
    print(f"numba {importlib.metadata.version('numba')} loaded once in {time.perf_counter() - start:.1f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=120, help="random origins and destinations per figure")
    parser.add_argument("--runs", type=int, default=2, help="runs per pair, of which the best counts")
    parser.add_argument("--smoke", action="store_true", help="600 vertices, few pairs, one run")
    given = parser.parse_args()
    pairs, runs = (5, 1) if given.smoke else (given.pairs, given.runs)
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. {GOALS}"
    )
    warm()
    networks = {
        "streets": streets(20, 30) if given.smoke else streets(50, 100),
        "nearest": nearest(600 if given.smoke else 5_000),
    }
    chosen = {name: connected(network, pairs) for name, network in networks.items()}
    for name, (_, head, weights, _) in networks.items():
        with_cost = np.corrcoef(weights.T)[0, 1:]
        text = ", ".join(f"{other} {r:.2f}" for other, r in zip(NAMES[1:], with_cost, strict=True))
        print(f"{name}: {len(head):,} arcs; correlation of cost with {text}")
    head_line = f"{'network':9s} {'search':19s} {'version':9s} {'n':>6s} {'pairs':>5s} {'median ms':>9s} {'p99 ms':>9s}"
    print(f"\n{head_line} {'most ms':>9s} times ours")
    for name, network in networks.items():
        compare_paths(name, network, chosen[name], runs)
    print(f"\n{head_line} {'most ms':>9s}  points    most    labels      most")
    for name, network in networks.items():
        for criteria in (1, 2, 3):
            measure_fronts(name, network, chosen[name], criteria, runs, "numba")
        measure_fronts(name, network, chosen[name][:20], 4, 1, "numba")
    small = {"streets": streets(15, 20), "nearest": nearest(300)}
    for name, network in small.items():
        measure_fronts(name, network, connected(network, min(pairs, 50)), 4, runs, "python")


if __name__ == "__main__":
    main()
