"""How long multilateral set-off takes, and how much memory, beside networkx and another solver of OR-tools.

Networks: two synthetic ones from third-party data (skipped where they are absent), and generated ones in which
the number of obligations of a firm follows a power law. Every figure comes from a process of its own that only
solves this network; memory is the peak of that whole process, imports and input included. "set_off" is the
public function from arrays to the result with its certificate. Peers are timed on the pairs already aggregated.

    python benchmarks/set_off.py [--runs 5] [--data FOLDER] [--smoke] [--slow-peers]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = "netting"
FILES = {"network 01": "synthethic_network_01.csv", "network 02": "synthethic_network_02.csv"}
# Obligations, firms, exponent of the weight of the firm of a rank: from many alike to few that dominate.
GENERATED = {
    "power law 1,500": (1_500, 400, 0.7),
    "power law 5,000": (5_000, 1_500, 0.7),
    "power law 100,000": (100_000, 30_000, 0.7),
    "power law 1,000,000 a": (1_000_000, 100_000, 0.8),
    "power law 1,000,000 b": (1_000_000, 200_000, 0.6),
    "power law 1,000,000 c": (1_000_000, 300_000, 0.5),
}
PEERS = {"set_off": "tarazu", "networkx": "networkx", "cost scaling": "ortools"}
NETWORKX_LARGEST, COST_SCALING_LARGEST, MANY = 5_000, 200_000, 500_000
GOALS = "Goals: 100,000 obligations under 0.6 s, 1,000,000 under 20 s, under 600 MB."


def generate(obligations: int, firms: int, exponent: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Debtor and creditor drawn by weight rank**-exponent, shuffled apart; amounts lognormal, seeded."""
    rng = np.random.default_rng(1)
    weight = np.cumsum(np.arange(1, firms + 1) ** -exponent)
    debtor, creditor = (np.searchsorted(weight, rng.random(obligations) * weight[-1]) for _ in range(2))
    amount = np.exp(rng.normal(11, 1.5, obligations)).astype(np.int64) + 1
    name = rng.permutation(firms)
    apart = debtor != creditor
    return name[debtor][apart], name[creditor][apart], amount[apart]


def obligations(case: str, data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Debtor, creditor, amount."""
    if case in GENERATED:
        return generate(*GENERATED[case])
    debtor, creditor, amount = np.loadtxt(
        data / FOLDER / FILES[case], np.int64, delimiter=",", skiprows=1, unpack=True
    )
    return debtor, creditor, amount


def by_set_off(given: tuple[np.ndarray, ...]) -> Callable[[], int]:
    from tarazu.clearing.netting import set_off

    set_off(([1, 2], [2, 1], [2, 1]))  # loads the solver, as the peers do before they are timed
    return lambda: set_off(given).cleared


def pairs(given: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Aggregated by pair, firms numbered: what a peer is given."""
    debtor, creditor, amount = given
    firms, position = np.unique(np.concatenate((debtor, creditor)), return_inverse=True)
    n = len(firms)
    keys, pair = np.unique(position[: len(debtor)] * n + position[len(debtor) :], return_inverse=True)
    owed = np.zeros(len(keys), np.int64)
    np.add.at(owed, pair, amount)
    return keys // n, keys % n, owed, n


def by_networkx(given: tuple[np.ndarray, ...]) -> Callable[[], int]:
    import networkx

    debtor, creditor, owed, n = pairs(given)
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(n))
    rows = zip(debtor.tolist(), creditor.tolist(), owed.tolist(), strict=True)
    graph.add_edges_from((i, j, {"capacity": a, "weight": -1}) for i, j, a in rows)
    return lambda: -networkx.network_simplex(graph)[0]


def by_cost_scaling(given: tuple[np.ndarray, ...]) -> Callable[[], int]:
    from ortools.graph.python import min_cost_flow

    debtor, creditor, owed, n = pairs(given)

    def solve() -> int:
        solver = min_cost_flow.SimpleMinCostFlow()
        solver.add_arcs_with_capacity_and_unit_cost(debtor, creditor, owed, np.full(len(owed), -1))
        solver.set_nodes_supplies(np.arange(n), np.zeros(n, np.int64))
        assert solver.solve() == solver.OPTIMAL
        return -solver.optimal_cost()

    return solve


SOLVERS = {"set_off": by_set_off, "networkx": by_networkx, "cost scaling": by_cost_scaling}


def measure(case: str, solver: str, runs: int, data: Path) -> None:
    """In the child process: print obligations, sum cleared, seconds and peak memory as JSON."""
    given = obligations(case, data)
    solve = SOLVERS[solver](given)
    times, cleared = [], 0
    for _ in range(runs):
        start = time.perf_counter()
        cleared = int(solve())
        times.append(time.perf_counter() - start)
    # Linux counts in kB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    found = {"n": len(given[0]), "cleared": cleared, "times": times, "peak": peak}
    print(json.dumps(found))


def child(case: str, solver: str, runs: int, data: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--case", case, "--solver", solver]
    command += ["--runs", str(runs), "--data", str(data)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def compare(case: str, runs: int, data: Path, slow_peers: bool) -> None:
    """Print one network: ours, and every peer that can do it, with its time over ours."""
    ours = child(case, "set_off", runs, data)
    n, median = ours["n"], statistics.median(ours["times"])
    print(line(case, "set_off", ours, ""))
    for solver, largest in (("networkx", NETWORKX_LARGEST), ("cost scaling", COST_SCALING_LARGEST)):
        if n <= largest or (slow_peers and solver == "cost scaling"):
            peer = child(case, solver, 1 if n > largest else min(runs, 3), data)
            if peer["cleared"] != ours["cleared"]:
                sys.exit(f"{case}: {solver} clears {peer['cleared']}, set_off {ours['cleared']}")
            print(line("", solver, peer, f"{statistics.median(peer['times']) / median:8.1f}"))


def line(case: str, solver: str, found: dict[str, Any], ratio: str) -> str:
    package = "" if solver == "set_off" else f"{PEERS[solver]} {importlib.metadata.version(PEERS[solver])}"
    median, best = statistics.median(found["times"]), min(found["times"])
    return (
        f"{case:22s} {solver:13s} {package:18s} {found['n']:>9,d} {median:8.3f} {best:8.3f} {found['peak']:7.0f} "
        f"{found['cleared']:>16,d} {ratio}"
    )


def data_folder(given: Path | None) -> Path:
    """Folder of third-party data: the option, TARAZU_SHARED_DATA, or shared data beside the repository."""
    sibling = Path(__file__).resolve().parents[2] / "shared" / "data"
    return given or Path(os.environ.get("TARAZU_SHARED_DATA", sibling))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="runs per figure, of which the median is printed")
    parser.add_argument("--data", type=Path, help="folder of third-party data")
    parser.add_argument("--smoke", action="store_true", help="generated networks up to 100,000, one run")
    parser.add_argument(
        "--slow-peers", action="store_true", help="peers on a million obligations too, one run"
    )
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--solver", help=argparse.SUPPRESS)
    given = parser.parse_args()
    data = data_folder(given.data)
    if given.case:
        measure(given.case, given.solver, given.runs, data)
        return
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. {GOALS}"
    )
    print(
        f"{'network':22s} {'solver':13s} {'package':18s} {'n':>9s} {'median s':>8s} {'best s':>8s} "
        f"{'peak MB':>7s} {'cleared':>16s}  times ours"
    )
    for case in (*GENERATED, *FILES):
        many = case in GENERATED and GENERATED[case][0] > MANY
        if given.smoke and (many or case in FILES):
            continue
        if case in FILES and not (data / FOLDER / FILES[case]).is_file():
            print(f"{case:22s} skipped: no {FOLDER}/{FILES[case]}; set TARAZU_SHARED_DATA or --data")
            continue
        runs = 1 if given.smoke else min(given.runs, 3) if many else given.runs
        compare(case, runs, data, given.slow_peers)


if __name__ == "__main__":
    main()
