"""How long capacity assignment takes, and how much memory, beside the arc programme in HiGHS.

Networks: places at random in a square, arcs both ways to the nearest, three cost classes, lognormal tonnes between
random places, a lognormal capacity on each arc; `room` multiplies the capacities. The peer is the linear programme with
one flow variable for each arc and each class and destination (commodities of one class to one destination are merged,
which is exact and kind to it), with HiGHS's own choice of method. Every figure comes from a process of its own;
memory is the peak of that whole process, imports and input included. Both answers must agree.

    python benchmarks/corridor_assignment.py [--runs 5] [--smoke] [--all-peers]
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
from typing import Any

import numpy as np

# Nodes, commodities, room: from capacities that rarely bind to a network in which a fifth cannot move.
CASES = {
    "200 x 20": (200, 20, 2.0),
    "1,000 x 50": (1_000, 50, 3.0),
    "2,000 x 100 roomy": (2_000, 100, 5.0),
    "2,000 x 100": (2_000, 100, 3.0),
    "2,000 x 100 tight": (2_000, 100, 2.0),
    "2,000 x 100 jammed": (2_000, 100, 1.0),
}
SMOKE = ("200 x 20",)
# The peer takes minutes on the largest: it is run on the case of the goal, on the others only when asked.
PEER = ("200 x 20", "1,000 x 50", "2,000 x 100")
NEIGHBOURS = 4
AGREE = 1e-7
GOALS = "Goals: 2,000 x 100 under 2 s and under 200 MB."


def generate(nodes: int, commodities: int, room: float = 1.0, seed: int = 1) -> dict[str, Any]:
    """Arguments of `tarazu.corridor.assignment.Problem`."""
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(seed)
    place = rng.random((nodes, 2)) * 1_000  # km
    near = cKDTree(place).query(place, k=NEIGHBOURS + 1)[1][:, 1:]
    pair = np.column_stack((np.repeat(np.arange(nodes), NEIGHBOURS), near.ravel()))
    pair = np.unique(np.sort(pair, axis=1), axis=0)
    tail, head = np.concatenate((pair, pair[:, ::-1])).T
    length, arcs = np.hypot(*(place[tail] - place[head]).T), len(tail)
    rate = rng.uniform(0.03, 0.08, (3, 1)) * rng.uniform(0.8, 1.25, arcs)  # USD per tonne and km
    ends = rng.integers(nodes, size=(commodities, 2))
    ends[:, 1] = np.where(ends[:, 0] == ends[:, 1], (ends[:, 1] + 1) % nodes, ends[:, 1])
    tonnes = rng.lognormal(11, 1, commodities)
    return {
        "tail": tail, "head": head, "n": nodes, "cost": rate * length,
        "resource_arc": np.arange(arcs), "resource_of": np.arange(arcs), "resource_use": np.ones(arcs),
        "capacity": room * rng.lognormal(12, 0.7, arcs),
        "origin": ends[:, 0], "destination": ends[:, 1], "tonnes": tonnes,
        "group": rng.integers(3, size=commodities), "penalty": np.full(commodities, 500.0),
    }  # fmt: skip


def by_columns(given: dict[str, Any]) -> Callable[[], dict[str, float]]:
    from tarazu.corridor.assignment import Problem, assign

    problem = Problem(**given)
    assign(Problem(**generate(20, 3)))  # loads the solver, as the peer does before it is timed

    def solve() -> dict[str, float]:
        found = assign(problem)
        return {"cost": found.cost_usd, "gap": found.gap, "full": int((found.duals > 0).sum())}

    return solve


def by_arcs(given: dict[str, Any]) -> Callable[[], dict[str, float]]:
    import highspy
    from scipy.sparse import coo_array, hstack, vstack

    def solve() -> dict[str, float]:
        n, arcs, k = given["n"], len(given["tail"]), len(given["tonnes"])
        keys, of = np.unique(given["group"] * n + given["destination"], return_inverse=True)
        flows = len(keys) * arcs
        column, row = np.arange(flows), np.repeat(np.arange(len(keys)) * n, arcs)
        shape = (len(keys) * n, flows)
        leave = coo_array((np.ones(flows), (row + np.tile(given["tail"], len(keys)), column)), shape=shape)
        enter = coo_array((np.ones(flows), (row + np.tile(given["head"], len(keys)), column)), shape=shape)
        at = of * n + given["origin"]
        stay = coo_array((np.ones(k), (at, np.arange(k))), shape=(len(keys) * n, k))
        keep = np.ones(len(keys) * n, bool)
        keep[np.arange(len(keys)) * n + keys % n] = False
        supply = np.bincount(at, given["tonnes"], len(keys) * n)[keep]
        conserve = hstack((leave - enter, stay)).tocsr()[np.flatnonzero(keep)]
        limits = coo_array(
            (np.ones(flows), (np.tile(np.arange(arcs), len(keys)), column)), shape=(arcs, flows + k)
        )
        matrix = vstack((conserve, limits)).tocsc()
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = matrix.shape
        lp.col_cost_ = np.concatenate((given["cost"][keys // n].ravel(), given["penalty"]))
        lp.col_lower_ = np.zeros(flows + k)
        lp.col_upper_ = np.concatenate((np.full(flows, np.inf), given["tonnes"]))
        lp.row_lower_ = np.concatenate((supply, np.full(arcs, -np.inf)))
        lp.row_upper_ = np.concatenate((supply, given["capacity"]))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = (
            matrix.indptr,
            matrix.indices,
            matrix.data,
        )
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.passModel(lp)
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return {"cost": float(solver.getInfo().objective_function_value)}

    return solve


SOLVERS = {"assign": by_columns, "arc programme": by_arcs}


def measure(case: str, solver: str, runs: int) -> None:
    """In the child process: print seconds, peak memory and the answer as JSON."""
    solve = SOLVERS[solver](generate(*CASES[case]))
    times, answer = [], {}
    for _ in range(runs):
        start = time.perf_counter()
        answer = solve()
        times.append(time.perf_counter() - start)
    # Linux counts in kB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps(answer | {"times": times, "peak": peak}))


def child(case: str, solver: str, runs: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--case", case, "--solver", solver, "--runs", str(runs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def compare(case: str, runs: int, peer: bool) -> None:
    """Print one network: ours and, where it is run, the arc programme with its time and memory over ours."""
    ours = child(case, "assign", runs)
    print(line(case, "assign", "", ours, f"gap {ours['gap']:.0e}, {ours['full']} full"), flush=True)
    if peer:
        theirs = child(case, "arc programme", 1)
        if abs(theirs["cost"] - ours["cost"]) > AGREE * ours["cost"]:
            sys.exit(
                f"{case}: the arc programme costs {theirs['cost']:,.2f} USD, assign {ours['cost']:,.2f} USD"
            )
        ratio = statistics.median(theirs["times"]) / statistics.median(ours["times"])
        more = f"{ratio:.1f} times the time, {theirs['peak'] / ours['peak']:.1f} times the memory"
        print(
            line("", "arc programme", f"highspy {importlib.metadata.version('highspy')}", theirs, more),
            flush=True,
        )


def line(case: str, solver: str, package: str, found: dict[str, Any], more: str) -> str:
    median, best = statistics.median(found["times"]), min(found["times"])
    return (
        f"{case:20s} {solver:14s} {package:16s} {median:9.3f} {best:9.3f} {found['peak']:8.0f} "
        f"{found['cost']:18,.0f}  {more}"
    )


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="runs per figure, of which the median is printed")
    parser.add_argument("--smoke", action="store_true", help="the smallest network, one run")
    parser.add_argument("--all-peers", action="store_true", help="the arc programme on every network")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--solver", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        measure(given.case, given.solver, given.runs)
        return
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. {GOALS}"
    )
    print(
        f"{'nodes x commodities':20s} {'solver':14s} {'package':16s} {'median s':>9s} {'best s':>9s} {'peak MB':>8s} "
        f"{'USD':>18s}"
    )
    for case in SMOKE if given.smoke else CASES:
        runs = 1 if given.smoke or "jammed" in case else given.runs
        compare(case, runs, given.all_peers or case in PEER)


if __name__ == "__main__":
    main()
