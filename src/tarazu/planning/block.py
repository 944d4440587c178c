"""A block of draws: everything uncertain, drawn once, so that every bundle of measures meets the same luck.

The chain is streamed in blocks of a few thousand draws: memory does not grow with their number, and two
bundles compared in one block differ by the measures alone (common random numbers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.core import hs
from tarazu.core.draws import split_lognormal, split_normal
from tarazu.core.measure import Interval, Measure
from tarazu.core.parameters import listed, section
from tarazu.planning.regimes import Regime
from tarazu.policy.costs import OTHER, CostChange, Good, breadth, cost_change, covers, effect_sizes
from tarazu.policy.elasticity import ElasticityTable
from tarazu.policy.response import Market
from tarazu.potential.assess import Assessment, LineDraws
from tarazu.potential.assess import draws as line_draws
from tarazu.trade.baseline import Baseline
from tarazu.trade.forecast import BusinessAsUsual, forecast
from tarazu.trade.statements import POOLED

Array = NDArray[np.float64]

MEDIUM_RUN_YEARS = 3  # from here on exporters can add capacity


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the partition, or the goods that no line covers, in one block of n draws.

    Attributes
    ----------
    direction
        0 from home to partner, 1 back.
    base
        (n,) flow of the base year, pooled series, free on board, USD.
    limit
        (n,) flow the market and the exporter's surplus allow in the base year, USD; infinite where
        neither is known, as for the goods no line covers.
    room
        (n,) most that any lifted limit can reach: supply or demand, whichever is smaller.
    regime
        Factor (n,) on the flow under each regime.
    """

    id: str
    codes: str
    direction: int
    base: Array
    limit: Array
    room: Array
    unit_value: Array
    market: Market
    change: CostChange
    regime: Mapping[str, Array]


@dataclass(frozen=True)
class Block:
    """n draws of everything.

    Attributes
    ----------
    ends
        Home and partner.
    level
        Flow of the base year by series, (n, 2) USD.
    counted
        What a series counts for a pooled dollar, by series, (n, 2, H).
    growth
        (n, H) cumulative log growth of business as usual.
    market_growth
        (n, H) cumulative log growth of supply and demand, which carries the limits along.
    ordinary, delivered
        (M, n) share of an effect that business as usual contains; whether a measure is carried out.
    survival
        (M, n) share of an effect that survives, by regime.
    slack
        (n,) share of one lifted limit for which the other leaves room already.
    """

    ends: tuple[str, str]
    level: Mapping[str, Array]
    counted: Mapping[str, Array]
    usual: BusinessAsUsual
    growth: Array
    market_growth: Array
    lines: tuple[Line, ...]
    ordinary: Array
    delivered: Array
    survival: Mapping[str, Array]
    slack: Array

    @property
    def n(self) -> int:
        return len(self.growth)


@dataclass(frozen=True)
class Ingredients:
    """What a block is drawn from."""

    baseline: Baseline
    assessments: tuple[Assessment, Assessment] | None  # None where only totals are known
    measures: tuple[Measure, ...]
    regimes: tuple[Regime, ...]
    years: tuple[int, ...]
    series: tuple[str, ...]
    trend_per_year: float | None
    log_peak_gap: float | None
    gdp_growth: tuple[float, float] | None

    @property
    def base_year(self) -> int:
        return self.baseline.grid.last_year


def draw_block(given: Ingredients, n: int, rng: np.random.Generator) -> Block:
    """Draw everything uncertain, n times."""
    level, counted = given.baseline.ahead(n, len(given.years), rng)
    gdp = rng.standard_normal(n)
    usual = forecast(
        level[POOLED].sum(axis=1),
        given.base_year,
        given.years,
        given.trend_per_year,
        given.log_peak_gap,
        given.baseline.drift(),
        given.gdp_growth,
        rng,
        gdp,
    )
    nominal = given.gdp_growth or (0.0, 0.0)
    rate = nominal[0] + nominal[1] * gdp  # the growth that pulls business as usual carries the limits too
    return Block(
        ends=(given.baseline.grid.home, given.baseline.grid.partner),
        level=level,
        counted=counted,
        usual=usual,
        growth=usual.log_growth,
        market_growth=np.outer(rate, np.array(given.years) - given.base_year),
        lines=_lines(given, level[POOLED], rng),
        ordinary=_shares([m.ordinary for m in given.measures], n, rng),
        delivered=_bernoulli([m.delivery for m in given.measures], n, rng),
        survival={r.id: _survival(r, given.measures, n, rng) for r in given.regimes},
        slack=np.clip(split_normal(section("response")["lift_slack"].interval, rng.standard_normal(n)), 0, 1),
    )


def _shares(intervals: Sequence[Interval], n: int, rng: np.random.Generator) -> Array:
    drawn = [np.clip(split_normal(each, rng.standard_normal(n)), 0, 1) for each in intervals]
    return np.array(drawn).reshape(len(intervals), n)


def _bernoulli(chances: Sequence[Interval], n: int, rng: np.random.Generator) -> Array:
    return (rng.random((len(chances), n)) < _shares(chances, n, rng)).astype(float)


def _survival(regime: Regime, measures: Sequence[Measure], n: int, rng: np.random.Generator) -> Array:
    whole = Interval(1.0, 1.0, 1.0)
    return _shares([regime.measures.get(m.id, whole) for m in measures], n, rng)


@dataclass(frozen=True, slots=True)
class _Luck:
    """What all lines of a block share: one draw of an effect, a regime or a scale serves every product."""

    given: Ingredients
    rng: np.random.Generator
    n: int
    sizes: Mapping[str, Array]
    regime: Mapping[str, Mapping[int, Array]]
    elasticity_scale: Array
    rivals: frozenset[str]  # countries whose cost some measure changes too; the others are the rest

    def positive(self, name: str) -> Array:
        """(n,) draws of a parameter of the response that cannot be negative."""
        return split_lognormal(section("response")[name].interval, self.rng.standard_normal(self.n))


def _lines(given: Ingredients, totals: Array, rng: np.random.Generator) -> tuple[Line, ...]:
    """Lines of both directions, each direction closed by its other goods."""
    n = len(totals)
    luck = _Luck(
        given=given,
        rng=rng,
        n=n,
        sizes=effect_sizes(given.measures, n, rng),
        regime={
            r.id: {id(f): split_lognormal(f.factor, rng.standard_normal(n)) for f in r.flows}
            for r in given.regimes
        },
        elasticity_scale=split_lognormal(
            section("response")["elasticity_scale"].interval, rng.standard_normal(n)
        ),
        rivals=frozenset(country for m in given.measures for e in m.effects for country in e.rivals),
    )
    out: list[Line] = []
    for d in (0, 1):
        if given.assessments is None:
            out.append(_other_line(luck, d, totals[:, d]))
            continue
        drawn = line_draws(given.assessments[d], rng, n, totals[:, d])
        out += [_line(luck, d, k, drawn) for k in range(drawn.flow.shape[1])]
        out.append(_other_line(luck, d, drawn.other))
    return tuple(out)


def _line(luck: _Luck, d: int, k: int, drawn: LineDraws) -> Line:
    assert luck.given.assessments is not None
    known = luck.given.assessments[d].lines[k]
    shares = drawn.own_share[:, k], drawn.rival_share[:, k].T
    unit_value = drawn.unit_value[:, k]
    bounded, unbounded = known.potential is not None, np.full(luck.n, np.inf)
    met = [r for r, country in enumerate(drawn.rivals) if country in luck.rivals]
    rivals = tuple(drawn.rivals[r] for r in met)
    good, market = _good_and_market(luck, known.codes, d, shares[0], shares[1][met], rivals, unit_value)
    return Line(
        id=known.id,
        codes=known.codes,
        direction=d,
        base=drawn.flow[:, k],
        limit=drawn.potential[:, k] if bounded else unbounded,
        room=drawn.room[:, k] if bounded else unbounded,
        unit_value=unit_value,
        market=market,
        change=cost_change(luck.given.measures, good, luck.sizes),
        regime=_regime_factors(luck, known.codes, good.direction),
    )


def _other_line(luck: _Luck, d: int, rest: Array) -> Line:
    """Goods that no line covers: a small share of many markets, no rivals known, no limit known."""
    share = np.clip(luck.positive("other_own_share"), 1e-6, 0.9)
    unknown = np.full(luck.n, np.nan)
    good, market = _good_and_market(luck, OTHER, d, share, np.zeros((0, luck.n)), (), unknown)
    return Line(
        id=f"{OTHER} {good.direction}",
        codes=OTHER,
        direction=d,
        base=rest,
        limit=np.full(luck.n, np.inf),
        room=np.full(luck.n, np.inf),
        unit_value=unknown,
        market=market,
        change=cost_change(luck.given.measures, good, luck.sizes),
        regime=_regime_factors(luck, OTHER, good.direction),
    )


def _good_and_market(
    luck: _Luck,
    codes: str,
    d: int,
    own_share: Array,
    rival_share: Array,
    rivals: tuple[str, ...],
    unit_value: Array,
) -> tuple[Good, Market]:
    given = luck.given
    kind = goods_class(codes)
    run = "medium" if given.years[-1] - given.base_year >= MEDIUM_RUN_YEARS else "short"
    supply = "manufactured" if kind == "other" else "bulk"
    theta = split_lognormal(ElasticityTable.read().lookup(codes), luck.rng.standard_normal(luck.n))
    theta = theta * luck.elasticity_scale
    day = luck.positive("time_cost_per_day")
    good = Good(
        codes=codes,
        direction=given.baseline.grid.directions[d],
        freight_share=np.clip(luck.positive(f"freight_share_{kind}"), 0, 0.9),
        time_cost=day if is_time_sensitive(codes) else np.zeros(luck.n),
        theta=theta,
        unit_value=unit_value,
        rivals=rivals,
    )
    market = Market(
        theta=theta,
        eta=np.minimum(luck.positive("upper_elasticity"), theta + 1),  # above it, rivals would be complements
        supply=luck.positive(f"supply_elasticity_{supply}_{run}"),
        own_share=own_share,
        rival_share=rival_share,
    )
    return good, market


def goods_class(codes: str) -> str:
    """``grain``, ``raw`` or ``other``: what the freight share and the supply elasticity depend on."""
    if codes == OTHER:
        return "other"
    for kind in ("grain", "raw"):
        if hs.overlap(codes, ";".join(listed("response", f"freight_chapters_{kind}"))):
            return kind
    return "other"


def is_time_sensitive(codes: str) -> bool:
    """Whether a day in transit costs the good value (perishables and manufactures)."""
    if codes == OTHER:
        return False  # a mixture: claiming a gain from time would be a guess
    return hs.overlap(codes, ";".join(listed("response", "time_sensitive_chapters")))


def _regime_factors(luck: _Luck, codes: str, direction: str) -> dict[str, Array]:
    """Factor on the flow by regime; of several entries that fit, the narrowest counts."""
    factors = {}
    for regime in luck.given.regimes:
        fitting = [f for f in regime.flows if f.direction == direction and covers(f.products, codes)]
        fitting.sort(key=lambda flow: breadth(flow.products))
        factors[regime.id] = luck.regime[regime.id][id(fitting[0])] if fitting else np.ones(luck.n)
    return factors
