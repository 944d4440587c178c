"""Which rows become observations, as what, and why the others are left out."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from tarazu.core.parameters import section
from tarazu.core.period import solar_year
from tarazu.trade.statements import Grid, PartFlow, covered_quarters, observations

GRID = Grid("AAA", "BBB", 2018, 2023, ("AAA", "BBB", "panel"))
SCALES = {name: parameter.value for name, parameter in section("pooling").items()}
EMPTY = dict.fromkeys(
    ("home_to_partner_usd_m", "partner_to_home_usd_m", "turnover_usd_m", "turnover_low_usd_m", "turnover_high_usd_m",
     "growth_pct", "same_as", "derived_from", "superseded_by", "rests_on")
)  # fmt: skip


def row(identity="r1", year=2020, **changes):
    """A full-year customs figure of the home country's reporter, 300 million in all."""
    given = {
        "id": identity,
        "reporter_group": "AAA",
        "source_type": "customs",
        "scope": "all goods",
        "period_start": date(year, 1, 1),
        "period_end": date(year, 12, 31),
        "turnover_usd_m": 300.0,
        "bound": "exact",
        "doubtful": "no",
    }
    return EMPTY | given | changes


def used(*rows, **options):
    return observations(rows, GRID, **options)[0]


def one(**changes):
    found = used(row(**changes))
    assert len(found) == 1
    return found[0]


def reason(identity, *rows, **options):
    left_out = {item.id: item.reason for item in observations(rows, GRID, **options)[1]}
    return left_out.get(identity)


# --- what is left out -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"same_as": "r2"}, "repeats r2"),
        ({"derived_from": ("r2", "r3")}, "computed from r2, r3"),
        ({"superseded_by": "r2"}, "misprint; r2 stands for it"),
        ({"scope": "one city or region"}, "speaks of one city or region, not of the pair's trade"),
        ({"scope": "to or via"}, "speaks of to or via, not of the pair's trade"),
        ({"reporter_group": "CCC"}, "reporter group CCC is not one of AAA, BBB, panel"),
        ({"period_start": None, "period_end": None}, "no period"),
        ({"year": 2017}, "reaches beyond 2018–2023"),
        ({"year": 2024}, "reaches beyond 2018–2023"),
        ({"turnover_usd_m": None}, "gives no figure"),
    ],
)
def test_a_row_is_left_out_with_its_reason(changes, expected):
    assert reason("r1", row(**changes)) == expected
    assert used(row(**changes)) == []


def test_a_repeat_is_named_before_anything_else():
    assert reason("r1", row(same_as="r2", derived_from=("r3",), scope="one city or region")) == "repeats r2"


def test_a_usable_row_has_no_reason():
    assert reason("r1", row()) is None


def test_of_two_that_rest_on_each_other_the_detailed_one_counts():
    total = row("total")
    detailed = row("detailed", home_to_partner_usd_m=100.0, partner_to_home_usd_m=200.0, rests_on="total")
    assert reason("total", total, detailed) == (
        "the same information as detailed, which gives both directions; counted once"
    )
    assert {obs.id for obs in used(total, detailed)} == {"detailed/AAA->BBB", "detailed/BBB->AAA"}


def test_a_row_left_out_on_purpose_gives_way_to_its_twin():
    rows = row("total"), row("detailed", rests_on="total")
    assert [obs.id for obs in used(*rows, without=["detailed"])] == ["total"]
    assert reason("detailed", *rows, without=["detailed"]) == "left out on purpose"
    assert used(*rows, without=["detailed", "total"]) == []


def test_every_row_is_used_or_left_out_and_none_is_both():
    rows = [
        row("a"),
        row("b", same_as="a"),
        row("c", turnover_usd_m=None),
        row("d", scope="agri-food"),
        row("e", 2017),
    ]
    found, left_out = observations(rows, GRID)
    names = [obs.id for obs in found] + [item.id for item in left_out]
    assert sorted(names) == ["a", "b", "c", "d", "e"]


# --- levels -----------------------------------------------------------------------------------------------


def test_both_directions_count_each_and_their_sum_does_not():
    found = used(row(home_to_partner_usd_m=100.0, partner_to_home_usd_m=200.0))
    assert [(obs.id, obs.directions) for obs in found] == [("r1/AAA->BBB", (0,)), ("r1/BBB->AAA", (1,))]
    assert [math.exp(obs.low) for obs in found] == pytest.approx([1e8, 2e8])


def test_one_direction_alone_counts_for_itself():
    obs = one(turnover_usd_m=None, partner_to_home_usd_m=200.0)
    assert obs.directions == (1,)
    assert math.exp(obs.low) == pytest.approx(2e8)


def test_a_total_is_about_the_sum_of_the_directions():
    obs = one()
    assert obs.directions == (0, 1)
    assert obs.low == obs.high == pytest.approx(math.log(3e8))
    assert (obs.reporter, obs.scope, obs.before) == (0, -1, None)


def test_about_is_an_interval_around_the_figure():
    obs = one(bound="about")
    width = 1 + SCALES["about_width"]
    assert np.exp([obs.low, obs.high]) == pytest.approx([3e8 / width, 3e8 * width])


def test_at_least_begins_at_the_figure():
    obs = one(bound="at least")
    assert np.exp([obs.low, obs.high]) == pytest.approx([3e8, 3e8 * (1 + SCALES["at_least_width"])])


def test_a_range_is_taken_as_it_stands():
    obs = one(bound="range", turnover_usd_m=None, turnover_low_usd_m=560.0, turnover_high_usd_m=590.0)
    assert np.exp([obs.low, obs.high]) == pytest.approx([5.6e8, 5.9e8])


def test_one_group_of_goods_is_a_lower_bound():
    obs = one(scope="agri-food")
    assert obs.low == pytest.approx(math.log(3e8))
    assert obs.high == math.inf
    assert obs.scope == -1


def test_non_oil_figures_have_a_bias_of_their_own():
    assert one(scope="non-oil goods", reporter_group="BBB").scope == 0
    assert one(scope="non-oil goods", reporter_group="BBB").reporter == 1


@pytest.mark.parametrize(
    ("source_type", "name"),
    [
        ("statistics", "statistics"),
        ("country note", "statistics"),
        ("customs", "customs"),
        ("official statement", "official"),
        ("press", "press"),
    ],
)
def test_noise_goes_by_status(source_type, name):
    assert one(source_type=source_type).sd == pytest.approx(SCALES[f"noise_{name}"])


def test_statistics_are_trusted_most_and_the_press_least():
    order = [SCALES[f"noise_{name}"] for name in ("statistics", "customs", "official", "press")]
    assert order == sorted(order)


def test_doubt_widens_the_noise():
    plain = one().sd
    assert one(doubtful="check").sd == pytest.approx(plain * SCALES["check_factor"])
    assert one(doubtful="yes").sd == pytest.approx(plain * SCALES["doubtful_factor"])


def test_the_part_of_a_year_that_is_not_covered_widens_the_noise():
    half = one(period_end=date(2020, 6, 30))
    assert half.sd == pytest.approx(math.hypot(SCALES["noise_customs"], SCALES["season_sd"] * 0.5))


# --- spans ------------------------------------------------------------------------------------------------


def test_a_solar_year_covers_three_quarters_of_one_year_and_a_quarter_of_the_next():
    span = solar_year(1401)
    assert (span.start, span.end) == (date(2022, 3, 21), date(2023, 3, 20))
    covered = covered_quarters(span.start, span.end, GRID)
    assert covered[4] == pytest.approx([11 / 90, 1, 1, 1])
    assert covered[5] == pytest.approx([79 / 90, 0, 0, 0])
    assert covered[:4].sum() == 0
    assert covered.sum() == pytest.approx(4)


def test_a_calendar_year_covers_four_quarters_leap_year_or_not():
    for year in (2019, 2020):
        covered = covered_quarters(date(year, 1, 1), date(year, 12, 31), GRID)
        assert covered[year - 2018].tolist() == [1, 1, 1, 1]
        assert covered.sum() == 4


def test_months_cover_the_share_of_their_days():
    covered = covered_quarters(date(2022, 1, 1), date(2022, 5, 31), GRID)
    assert covered[4] == pytest.approx([1, 61 / 91, 0, 0])


def test_a_single_day_is_one_day():
    covered = covered_quarters(date(2023, 12, 31), date(2023, 12, 31), GRID)
    assert covered[5] == pytest.approx([0, 0, 0, 1 / 92])


def test_only_years_of_the_grid_are_covered():
    assert covered_quarters(date(2010, 1, 1), date(2030, 12, 31), GRID).sum() == 4 * GRID.years


# --- growth -----------------------------------------------------------------------------------------------


def growths(*rows, **options):
    return [obs for obs in used(*rows, **options) if obs.before is not None]


def test_a_growth_rate_compares_with_the_same_span_a_year_before():
    grown = row(period_end=date(2020, 9, 30), turnover_usd_m=None, growth_pct=-37.0)
    (obs,) = growths(grown)
    assert obs.id == "r1/growth"
    assert obs.low == obs.high == pytest.approx(math.log(0.63))
    assert obs.covered[2] == pytest.approx([1, 1, 1, 0])
    assert obs.before[1] == pytest.approx([1, 1, 1, 0])
    assert obs.directions == (0, 1)


def test_a_growth_rate_is_less_certain_than_a_level():
    (obs,) = growths(row(turnover_usd_m=None, growth_pct=20.0, source_type="official statement"))
    assert obs.sd == pytest.approx(SCALES["noise_official"] * SCALES["growth_factor"])


def test_growth_beside_both_levels_says_nothing_new():
    now = row("now", 2021, growth_pct=20.0)
    assert growths(now, row("then", 2020)) == []
    assert len(growths(now)) == 1


def test_growth_beside_another_reporters_level_counts():
    now = row("now", 2021, growth_pct=20.0)
    assert len(growths(now, row("then", 2020, reporter_group="BBB"))) == 1
    assert len(growths(now, row("then", 2020, scope="non-oil goods"))) == 1
    assert len(growths(now, row("then", 2020, derived_from=("now",)))) == 1
    assert len(growths(now, row("then", 2019))) == 1


def test_growth_without_its_own_level_counts_beside_a_level_of_the_year_before():
    assert len(growths(row("now", 2021, turnover_usd_m=None, growth_pct=20.0), row("then", 2020))) == 1


def test_growth_on_a_year_before_the_grid_is_not_used():
    assert growths(row(year=2018, turnover_usd_m=None, growth_pct=20.0)) == []
    assert reason("r1", row(year=2018, turnover_usd_m=None, growth_pct=20.0)) == "gives no figure"


def test_growth_of_one_group_of_goods_is_not_growth_of_trade():
    assert growths(row(scope="agri-food", growth_pct=84.0)) == []


def test_growth_over_the_leap_day():
    leap = {"period_start": date(2020, 2, 29), "period_end": date(2020, 12, 31)}
    (obs,) = growths(row(**leap, turnover_usd_m=None, growth_pct=5.0))
    assert obs.before[1] == pytest.approx([32 / 90, 1, 1, 1])


# --- dependence -------------------------------------------------------------------------------------------


def test_n_statements_of_one_reporter_about_one_year_weigh_as_one():
    alone = one().sd
    found = used(*(row(f"r{i}") for i in range(3)))
    assert [obs.sd for obs in found] == pytest.approx([alone * math.sqrt(3)] * 3)
    assert sum(obs.sd**-2 for obs in found) == pytest.approx(alone**-2)


def test_parts_of_a_solar_year_count_with_the_year_they_lie_in():
    year = row("year", reporter_group="BBB", period_start=date(2022, 3, 21), period_end=date(2023, 3, 20))
    months = row("months", reporter_group="BBB", period_start=date(2022, 3, 21), period_end=date(2022, 8, 22))
    alone = used(year)[0].sd
    assert used(year, months)[0].sd == pytest.approx(alone * math.sqrt(2))


@pytest.mark.parametrize(
    "other",
    [
        {"year": 2021},
        {"reporter_group": "BBB"},
        {"scope": "non-oil goods"},
        {"scope": "agri-food"},
        {"turnover_usd_m": None, "home_to_partner_usd_m": 100.0},
        {"turnover_usd_m": None, "growth_pct": 5.0},
    ],
)
def test_another_year_reporter_scope_direction_or_kind_is_independent(other):
    assert used(row(), row("r2", **other))[0].sd == one().sd


# --- lower bounds from single products --------------------------------------------------------------------


def part(identity, usd, direction=0, year=2020, log_sd=0.1):
    return PartFlow(identity, direction, date(year, 1, 1), date(year, 12, 31), usd, log_sd)


def test_a_product_bounds_its_direction_in_the_exporters_reports():
    home, partner = used(parts=[part("p1", 5e7), part("p2", 6e7, direction=1)])
    assert (home.directions, home.reporter, partner.directions, partner.reporter) == ((0,), 0, (1,), 1)
    assert home.low == pytest.approx(math.log(5e7))
    assert (home.high, home.sd, home.scope) == (math.inf, 0.1, -1)


def test_only_the_strongest_bound_of_a_direction_and_year_is_kept():
    given = [
        part("weak", 5e7),
        part("strong", 8e7),
        part("other way", 6e7, 1),
        part("other year", 4e7, year=2021),
    ]
    assert {obs.id for obs in used(parts=given)} == {"strong", "other way", "other year"}
