"""How long the main job takes, and how much memory: whole processes, warm, median of several.

    python benchmarks/plan.py [--runs 5] [--smoke]

Peers, from the same run: the chain run anew for another bundle (against `Plan.with_measures`), and brute force
over all orders (against the Shapley values by doubling).
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

import tarazu as tz
from tarazu.planning.attribution import shapley

GOALS = {"report": 6.0, "no figures": 3.0, "memory MB": 700.0, "with_measures ms": 100.0}


def process_seconds(options: list[str], runs: int) -> tuple[float, float]:
    """Median wall seconds of the command in an empty folder, and the largest resident memory in MB."""
    times = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            command = [sys.executable, "-m", "tarazu", "plan", "kaz-irn", *options]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            times.append(time.perf_counter() - start)
    return statistics.median(times), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def seconds(job: Callable[[], object], runs: int) -> float:
    """Median seconds of a call."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def brute_force(values: np.ndarray) -> np.ndarray:
    """Shapley values as the mean gain over all orders: (m, n) from the (2^m, n) worths."""
    m = (len(values) - 1).bit_length()
    out = np.zeros((m, values.shape[1]))
    for order in itertools.permutations(range(m)):
        seen = 0
        for j in order:
            out[j] += values[seen | 1 << j] - values[seen]
            seen |= 1 << j
    return out / math.factorial(m)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="runs per figure, of which the median is printed")
    parser.add_argument("--smoke", action="store_true", help="few draws, one run: only that it works")
    given = parser.parse_args()
    runs, draws = (1, 500) if given.smoke else (given.runs, 10_000)
    size = ["--draws", str(draws)]

    process_seconds(size, 1)  # warm the file cache
    report, memory = process_seconds(size, runs)
    plain, _ = process_seconds([*size, "--json", "plan.json"], runs)

    plan = tz.plan("kaz-irn", draws=2_000)
    again = seconds(lambda: plan.with_measures({"fta": False}), max(runs, 5))
    anew = seconds(lambda: tz.plan("kaz-irn", draws=2_000), runs)
    worths = np.random.default_rng(1).normal(size=(2**7, 1_000)).cumsum(axis=0)
    fast, slow = seconds(lambda: shapley(worths), runs), seconds(lambda: brute_force(worths), 1)
    error = float(np.abs(shapley(worths) - brute_force(worths)).max())

    versions = f"Tarazu {tz.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
    print(f"{versions}, {os.cpu_count()} cores")
    print(f"{'what':46} {'size':>14} {'median':>10} {'goal':>8} {'of goal':>8}")
    rows = (
        ("plan, whole process, all files", f"{draws:,} draws", f"{report:.2f} s", GOALS["report"], report),
        ("plan, whole process, JSON only", f"{draws:,} draws", f"{plain:.2f} s", GOALS["no figures"], plain),
        ("peak memory, all files", f"{draws:,} draws", f"{memory:.0f} MB", GOALS["memory MB"], memory),
        ("with_measures", "2,000 draws", f"{again * 1e3:.1f} ms", GOALS["with_measures ms"], again * 1e3),
    )
    for what, sized, median, goal, value in rows:
        print(f"{what:46} {sized:>14} {median:>10} {goal:>8g} {value / goal:>8.2f}")
    print(f"{'peer':46} {'size':>14} {'median':>10} {'ratio':>8}")
    print(
        f"{'with_measures against the chain run anew':46} {'2,000 draws':>14} {anew:>8.2f} s {anew / again:>8.0f}"
    )
    print(f"{'Shapley against all 5,040 orders':46} {'7 x 1,000':>14} {slow:>8.2f} s {slow / fast:>8.0f}")
    print(f"largest difference to brute force: {error:.1e} (goal 1e-9)")
    if error > 1e-9:
        sys.exit("Shapley values differ from brute force.")


if __name__ == "__main__":
    main()
