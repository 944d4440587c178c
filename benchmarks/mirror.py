"""Hide one side of mirror reports, predict it by the pooling, and count how often the interval holds it.

Of a flow from an exporter to an importer both report: raw UN Comtrade figures of HS 27, 1988-2017. In a
fifth of the years one of the two reports is hidden; `tarazu.trade.pooling.fit` pools the rest (one
direction, two reporters, both with a yearly deviation) and predicts the hidden report as flow + bias +
deviation + noise. Scales are fitted on one half of the pairs of countries, by the pinball loss of what
Tarazu prints (10, 50 and 90% quantiles), and scored on the other half beside the shipped scales. This
validates the pooling of customs reports, not of press claims.

Usage: ``python benchmarks/mirror.py [--data FOLDER] [--pairs N] [--smoke]``
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tarazu.core.errors import ConvergenceError
from tarazu.core.parameters import section
from tarazu.trade.pooling import Observation, Posterior, Prior, fit

Array = NDArray[np.float64]

TABLE = Path("trade") / "comtrade_raw_mirror_HS27_1988_2017.parquet"
LEAST_YEARS = 8  # two-sided years of a flow: fewer teach little of its biases
BOUNDS_USD = (1e6, 1e7, 1e8, 1e9, np.inf)  # classes of a flow's median year
MAIN, LARGE = (1e7, np.inf), (1e8, np.inf)  # scales are fitted once above each
HIDDEN_SHARE = 0.2
WORLD_RATIO = np.log(1.121)  # median import over export report, all two-sided flows of HS 27
LEVELS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])
PRINTED = [1, 3, 5]  # of LEVELS: the quantiles that Tarazu prints
PREDICTIVE_DRAWS = 4_000
SEED = 27
GRID = {
    "deviation_sd": (0.12, 0.18, 0.25, 0.35, 0.45, 0.6, 0.8),
    "deviation_persistence": (0.1, 0.37, 0.5, 0.65, 0.8),
    "reporter_bias_sd": (0.15, 0.22, 0.35, 0.5, 0.7),
    "noise_customs": (0.04, 0.08, 0.12, 0.18, 0.25),
    "step_sd": (0.2, 0.35, 0.5, 0.7),
}


@dataclass(frozen=True, slots=True)
class Flow:
    """Both reports of one exporter's flow to one importer.

    Attributes
    ----------
    half
        0 for pairs of countries that scales are fitted on, 1 for those they are scored on.
    year
        (K,) two-sided years, counted from the first.
    log_usd
        (2, K) log of the exporter's and of the importer's report.
    hidden
        (K,) which of the two is hidden in that year; -1 for none.
    """

    half: int
    order: int
    median_usd: float
    year: NDArray[np.int64]
    log_usd: Array
    hidden: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scales:
    """The parameters under test, named as in ``parameters.toml``; log points, persistence a ratio."""

    deviation_sd: float
    deviation_persistence: float
    reporter_bias_sd: float
    noise_customs: float
    step_sd: float

    @classmethod
    def shipped(cls) -> Scales:
        return cls(**{name: section("pooling")[name].value for name in GRID})


@dataclass(frozen=True, slots=True)
class Predictions:
    """One row for each hidden report, log USD."""

    actual: Array  # (H,)
    visible: Array  # (H,) the report of the other side
    own_ratio: Array  # (H,) `visible` times the flow's own median ratio in the years that are not hidden
    side: NDArray[np.int64]  # (H,) 0 the exporter's report was hidden, 1 the importer's
    median_usd: Array  # (H,)
    quantiles: Array  # (H, L)
    failures: int = 0  # flows whose pooling did not converge

    def where(self, keep: NDArray[np.bool_]) -> Predictions:
        rows = ("actual", "visible", "own_ratio", "side", "median_usd", "quantiles")
        return replace(self, **{name: getattr(self, name)[keep] for name in rows})


@dataclass(frozen=True, slots=True)
class Score:
    """Coverage (shares), median absolute errors and pinball loss (log points), width (factor)."""

    n: int
    cover50: float
    cover80: float
    cover95: float
    width80: float
    loss: float
    error: float
    error_visible: float
    error_world: float
    error_own: float


def read_flows(folder: Path) -> list[Flow]:
    """Flows with enough two-sided years, hidden sides drawn; the same for every run."""
    raw = pl.read_parquet(folder / TABLE, columns=["year", "flow", "reporter", "partner", "value_usd"])
    raw = raw.filter((pl.col("value_usd") > 0) & (pl.col("reporter") != pl.col("partner")))
    sides = [
        raw.filter(pl.col("flow") == flow).select(
            pl.col(names[0]).alias("exporter"),
            pl.col(names[1]).alias("importer"),
            "year",
            pl.col("value_usd").log(),
        )
        for flow, names in (("Export", ("reporter", "partner")), ("Import", ("partner", "reporter")))
    ]
    both = sides[0].join(sides[1], on=["exporter", "importer", "year"], suffix="_importer").sort("year")
    grouped = both.group_by("exporter", "importer").agg("year", "value_usd", "value_usd_importer")
    found = []
    for exporter, importer, year, *log_usd in grouped.filter(pl.col("year").list.len() >= LEAST_YEARS).rows():
        flow = _flow(exporter, importer, np.array(year), np.array(log_usd))
        if flow.median_usd >= BOUNDS_USD[0]:
            found.append(flow)
    return sorted(found, key=lambda flow: flow.order)


def _flow(exporter: str, importer: str, year: NDArray[np.int64], log_usd: Array) -> Flow:
    """Halves go by the unordered pair: both directions of one pair of countries are on one side."""
    key = crc32(f"{exporter}>{importer}".encode())
    rng = np.random.default_rng([SEED, key])
    hidden = np.where(rng.random(len(year)) < HIDDEN_SHARE, rng.integers(0, 2, len(year)), -1)
    median = float(np.exp(np.median(log_usd.mean(axis=0))))
    half = crc32(" ".join(sorted((exporter, importer))).encode()) % 2
    return Flow(half, key, median, year - year[0], log_usd, hidden)


def sample(flows: Iterable[Flow], half: int, size: tuple[float, float], n: int) -> list[Flow]:
    """The first n flows of one half and class that hide anything, in the order of their hash."""
    fitting = (
        f for f in flows if f.half == half and size[0] <= f.median_usd < size[1] and (f.hidden >= 0).any()
    )
    return [flow for flow, _ in zip(fitting, range(n), strict=False)]


def prior(scales: Scales) -> Prior:
    """The shipped prior of one direction and two reporters, with the scales under test."""
    p = {name: parameter.value for name, parameter in section("pooling").items()} | asdict(scales)
    return Prior(
        **{
            name: p[name]
            for name in ("step_sd", "step_df", "drift_mean", "drift_sd", "noise_df", "season_sd")
        },
        deviation_sd=p["deviation_sd"],
        deviation_persistence=p["deviation_persistence"],
        bias_mean=np.array([[0.0], [p["valuation_bias"]]]),
        bias_sd=np.full((2, 1), p["reporter_bias_sd"]),
        scope_mean=np.zeros((0, 1)),
        scope_sd=np.zeros((0, 1)),
        deviating=(0, 1),
    )


def statements(flow: Flow, sd: float) -> list[Observation]:
    """The reports that are not hidden, each about one whole year."""
    found = []
    for k, year in enumerate(flow.year):
        covered = np.zeros((flow.year[-1] + 1, 4))
        covered[year] = 1.0
        for g in (0, 1):
            if flow.hidden[k] != g:
                value = float(flow.log_usd[g, k])
                found.append(Observation(f"{year}/{g}", value, value, covered, (0,), g, -1, sd))
    return found


def predict_flow(flow: Flow, scales: Scales) -> Predictions | None:
    """Quantiles of every hidden report of a flow, or None if the pooling does not converge."""
    try:
        posterior = fit(statements(flow, scales.noise_customs), int(flow.year[-1]) + 1, 1, prior(scales))
    except ConvergenceError:
        return None
    rng = np.random.default_rng([SEED, flow.order])
    at = np.flatnonzero(flow.hidden >= 0)
    side = flow.hidden[at]
    state = report_draws(posterior, side, flow.year[at], rng)
    noise = rng.standard_t(section("pooling")["noise_df"].value, state.shape) * scales.noise_customs
    seen = flow.log_usd[:, flow.hidden < 0]
    ratio = np.median(seen[1] - seen[0]) if seen.size else WORLD_RATIO
    visible = flow.log_usd[1 - side, at]
    return Predictions(
        actual=flow.log_usd[side, at],
        visible=visible,
        own_ratio=visible + np.where(side == 1, ratio, -ratio),
        side=side,
        median_usd=np.full(len(at), flow.median_usd),
        quantiles=np.quantile(state + noise, LEVELS, axis=0).T,
    )


def report_draws(
    posterior: Posterior, side: NDArray[np.int64], year: NDArray[np.int64], rng: np.random.Generator
) -> Array:
    """(n, H) draws of flow + bias + deviation of a reporter in a year, log USD."""
    layout, draws = posterior.layout, posterior.draws(PREDICTIVE_DRAWS, rng)
    flow, bias, deviation = (layout.view(draws, name) for name in ("flow", "bias", "deviation"))
    return np.asarray(flow[:, 0, year] + bias[:, side, 0] + deviation[:, side, 0, year])


def predict(flows: Sequence[Flow], scales: Scales, pool: ProcessPoolExecutor) -> Predictions:
    """Every hidden report of the flows."""
    each = list(pool.map(partial(predict_flow, scales=scales), flows, chunksize=8))
    done = [p for p in each if p is not None]
    rows = ("actual", "visible", "own_ratio", "side", "median_usd", "quantiles")
    return Predictions(
        **{name: np.concatenate([getattr(p, name) for p in done]) for name in rows},
        failures=len(each) - len(done),
    )


def score(p: Predictions) -> Score:
    """How the intervals and the median do, beside three rivals without a model."""

    def inside(low: int) -> float:
        return float(((p.actual >= p.quantiles[:, low]) & (p.actual <= p.quantiles[:, -1 - low])).mean())

    def error(guess: Array) -> float:
        return float(np.median(np.abs(p.actual - guess)))

    world = p.visible + np.where(p.side == 1, WORLD_RATIO, -WORLD_RATIO)
    return Score(
        n=len(p.actual),
        cover50=inside(2),
        cover80=inside(1),
        cover95=inside(0),
        width80=float(np.exp(np.median(p.quantiles[:, 5] - p.quantiles[:, 1]))),
        loss=pinball(p),
        error=error(p.quantiles[:, 3]),
        error_visible=error(p.visible),
        error_world=error(world),
        error_own=error(p.own_ratio),
    )


def pinball(p: Predictions) -> float:
    gap = p.actual[:, None] - p.quantiles[:, PRINTED]
    return float(np.maximum(LEVELS[PRINTED] * gap, (LEVELS[PRINTED] - 1) * gap).mean())


def fit_scales(flows: Sequence[Flow], start: Scales, pool: ProcessPoolExecutor) -> tuple[Scales, float]:
    """Coordinate descent over the grid: each scale moves one step as long as the loss falls."""
    losses: dict[Scales, float] = {}

    def loss(scales: Scales) -> float:
        if scales not in losses:
            losses[scales] = pinball(predict(flows, scales, pool))
        return losses[scales]

    best, moved = start, True
    while moved:
        moved = False
        for name, values in GRID.items():
            better = min(neighbours(best, name, values), key=loss)
            if loss(better) < loss(best) - 1e-5:
                best, moved = better, True
    return best, losses[best]


def neighbours(scales: Scales, name: str, values: Sequence[float]) -> list[Scales]:
    """The scales one step down and up in one parameter."""
    here = getattr(scales, name)
    below, above = [v for v in values if v < here][-1:], [v for v in values if v > here][:1]
    return [replace(scales, **{name: value}) for value in (*below, *above)]


def data_folder(given: Path | None) -> Path:
    """Folder of third-party data: the option, TARAZU_SHARED_DATA, or shared data beside the repository."""
    sibling = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = given or Path(os.environ.get("TARAZU_SHARED_DATA", sibling))
    if not (folder / TABLE).is_file():
        print(f"{folder / TABLE} not found: set TARAZU_SHARED_DATA or --data to the folder.", file=sys.stderr)
        sys.exit(2)
    return folder


HEAD = (
    f"{'hidden reports':28s} {'n':>5s} {'50%':>5s} {'80%':>5s} {'95%':>5s} {'width':>6s} {'loss':>6s} "
    f"{'error':>6s} {'visible':>7s} {'world':>6s} {'own':>6s}"
)


def line(name: str, s: Score) -> str:
    return (
        f"{name:28s} {s.n:5d} {100 * s.cover50:5.1f} {100 * s.cover80:5.1f} {100 * s.cover95:5.1f} "
        f"{s.width80:6.2f} {s.loss:6.3f} {s.error:6.3f} {s.error_visible:7.3f} {s.error_world:6.3f} "
        f"{s.error_own:6.3f}"
    )


def million(usd: float) -> str:
    return f"{usd / 1e6:,.0f}"


def report(name: str, scales: Scales, p: Predictions) -> None:
    """Print the scores of one set of scales: from USD 10 million, then by size and by hidden side."""
    values = ", ".join(f"{key} {value:g}" for key, value in asdict(scales).items())
    print(f"\n{name}: {values}" + (f"; {p.failures} flows did not converge" if p.failures else ""))
    print(HEAD)
    main = p.median_usd >= MAIN[0]
    print(line("USD 10 million and more", score(p.where(main))))
    for low, high in pairwise(BOUNDS_USD):
        inside = (p.median_usd >= low) & (p.median_usd < high)
        if inside.any():
            label = (
                f"{million(low)}-{million(high)} million"
                if np.isfinite(high)
                else f"from {million(low)} million"
            )
            print(line(f"  {label}", score(p.where(inside))))
    print(line("  100 million and more", score(p.where(p.median_usd >= LARGE[0]))))
    for side, who in enumerate(("exporter's", "importer's")):
        print(line(f"  10 million up, {who}", score(p.where(main & (p.side == side)))))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of third-party data")
    parser.add_argument("--pairs", type=int, default=400, help="flows to score, of USD 10 million and more")
    parser.add_argument("--smoke", action="store_true", help="40 flows, shipped scales only, nothing fitted")
    arguments = parser.parse_args()
    began, n = time.perf_counter(), 40 if arguments.smoke else arguments.pairs
    flows = read_flows(data_folder(arguments.data))
    held = sample(flows, 1, MAIN, n) + sample(flows, 1, (BOUNDS_USD[0], MAIN[0]), n // 4)
    print(
        f"{len(flows):,} flows with {LEAST_YEARS} two-sided years and more; {len(held)} of one half are scored."
    )
    print("80% etc.: share of hidden reports inside the interval. width: factor from its 10% to its 90% end.")
    print("error: median absolute log error of our median, of the visible report, of that times the world's")
    print(
        "median ratio, and of that times the flow's own median ratio. Customs reports only, no press claims."
    )
    with ProcessPoolExecutor(2) as pool:
        shipped = Scales.shipped()
        report("shipped", shipped, predict(held, shipped, pool))
        if not arguments.smoke:
            for size, count in ((MAIN, n * 3 // 8), (LARGE, n // 4)):
                training = sample(flows, 0, size, count)
                fitted, loss = fit_scales(training, shipped, pool)
                name = f"fitted on {len(training)} flows of the other half from {million(size[0])} million"
                report(f"{name} (loss there {loss:.3f})", fitted, predict(held, fitted, pool))
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
