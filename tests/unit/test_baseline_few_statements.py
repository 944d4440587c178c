"""The baseline of a few invented statements: what it says of sides, directions and figures that do not fit."""

from __future__ import annotations

from datetime import date

import numpy as np

from tarazu.core.table import Table
from tarazu.trade.baseline import baseline
from tarazu.trade.evidence import fit_checks
from tarazu.trade.statements import Grid, PartFlow


def stated(identity, year, usd_m, reporter="KAZ", sides=False, **changed):
    names = (
        "home_to_partner_usd_m", "partner_to_home_usd_m", "turnover_usd_m", "turnover_low_usd_m",
        "turnover_high_usd_m", "growth_pct", "same_as", "derived_from", "superseded_by", "rests_on",
    )  # fmt: skip
    values = dict.fromkeys(names)
    if sides:
        values |= {"home_to_partner_usd_m": usd_m * 0.6, "partner_to_home_usd_m": usd_m * 0.4}
    else:
        values["turnover_usd_m"] = usd_m
    return (
        values
        | {
            "id": identity,
            "reporter": reporter,
            "reporter_group": reporter,
            "source_type": "statistics",
            "scope": "all goods",
            "period_original": str(year),
            "period_start": date(year, 1, 1),
            "period_end": date(year, 12, 31),
            "bound": "exact",
            "doubtful": "no",
        }
        | changed
    )


SMALL = Grid("KAZ", "IRN", 2020, 2023, ("KAZ", "IRN"))
EVEN = [stated(f"t{year}", year, 300.0, sides=True) for year in range(2020, 2024)]


def named(checks):
    return {(check.name, check.where) for check in checks}


def test_a_country_that_states_nothing_has_no_series_of_its_own():
    found = baseline(EVEN, SMALL)
    assert found.series == ("pooled", "KAZ")
    assert set(found.table.column("series")) == {"pooled", "KAZ"}
    assert set(found.ahead(10, 2, np.random.default_rng(0))[1]) == {"pooled", "KAZ"}
    both = baseline([*EVEN, stated("i", 2021, 280.0, "IRN")], SMALL)
    assert both.series == ("pooled", "KAZ", "IRN")


def test_a_direction_that_nobody_states_alone_is_said():
    totals = [stated(f"t{year}", year, 300.0) for year in range(2020, 2024)]
    missing = {("direction-not-stated", direction) for direction in SMALL.directions}
    assert missing <= named(baseline(totals, SMALL).checks)
    assert not missing & named(baseline(EVEN, SMALL).checks)
    one = [*totals, stated("half", 2022, None) | {"home_to_partner_usd_m": 150.0}]
    assert missing & named(baseline(one, SMALL).checks) == {("direction-not-stated", "IRN->KAZ")}


def test_a_figure_outside_its_own_countrys_interval_is_said():
    assert "statement-outside-interval" not in {check.name for check in baseline(EVEN, SMALL).checks}
    found = baseline(EVEN, SMALL, [bound(180.0 * 1.3)])
    assert ("statement-outside-interval", "turnover.csv, t2023") in named(found.checks)
    (row,) = (r for r in found.table if (r["year"], r["series"], r["direction"]) == (2023, "KAZ", "both"))
    assert not row["q10"] <= 300e6 <= row["q90"]


def bound(usd_m):
    """One product's flow to the partner in 2023, of which the home country states 180 million in all."""
    return PartFlow("products.csv:p1", 0, date(2023, 1, 1), date(2023, 12, 31), usd_m * 1e6, 0.02)


def test_a_bound_that_fits_badly_is_named_by_its_own_file():
    found = baseline(EVEN, SMALL, [bound(100.0)])
    rows = [row | {"residual": 9.0} for row in found.statements.records() if ":" in row["id"]]
    (check,) = fit_checks(Table.build("statements", found.statements.columns, rows), list(found.used))
    assert check.name == "statement-fits-badly"
    assert check.where == "products.csv, p1"
