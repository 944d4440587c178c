"""Indicators against their path: the last figure, what even growth asks for its year, what is missing."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from register_support import happened, small
from tarazu.planning.indicators import lacking, live, standings

TURNOVER = {
    "id": "nd1",
    "title": "Turnover",
    "unit": "USD m",
    "baseline": "400",
    "baseline_period": "2021",
    "target": "3200",
    "due": "2030",
    "measure": "turnover:KAZ",
}
LEVELS = {2022: 100, 2024: 400, 2025: 500}


def baseline(levels=LEVELS):
    rows = [
        {
            "series": "KAZ",
            "direction": "both",
            "year": year,
            "q10": 0.8e6 * value,
            "q50": 1e6 * value,
            "q90": 1.2e6 * value,
        }
        for year, value in levels.items()
    ]
    return SimpleNamespace(table=rows, series=("pooled", "KAZ"), grid=SimpleNamespace(last_year=2025))


def dossier(announced=date(2022, 6, 1), by=2030):
    return SimpleNamespace(name="here", announced=announced, by=by, by_is_assumption=True)


def one(tmp_path, change=None, events=(), **given):
    register = small(tmp_path, events, indicators=[{**TURNOVER, **(change or {})}])
    (found,) = standings(register, **{"today": date(2026, 11, 1)} | given)
    return found


def test_the_path_grows_evenly_from_the_year_of_the_announcement(tmp_path):
    """From 100 in 2022 to 3,200 in 2027 is doubling every year: 800 in 2025."""
    found = one(tmp_path, {"due": "2027"}, dossier=dossier(), baseline=baseline())
    assert (found.first, found.start) == (2022, 100)
    assert found.asked == pytest.approx(800)
    assert found.missing == pytest.approx(300)
    assert (found.year, found.value, found.low, found.high) == (2025, 500, 400, 600)
    assert "asks USD 800 m for 2025: USD 300 m are missing." in found.sentence()
    assert not found.assumed


def test_a_target_without_a_year_takes_the_dossiers_and_says_so(tmp_path):
    found = one(tmp_path, {"due": ""}, dossier=dossier(by=2027), baseline=baseline())
    assert (found.by, found.assumed) == (2027, True)
    assert "a year that only the dossier assumes" in found.sentence()


def test_without_an_announced_level_the_indicators_own_baseline_begins_the_path(tmp_path):
    """From 400 in 2021 to 3,200 in 2027 in six years: the fourth power of the square root of two in 2025."""
    found = one(tmp_path, {"due": "2027"}, dossier=dossier(date(2018, 1, 1)), baseline=baseline())
    assert found.first == 2021
    assert found.asked == pytest.approx(1600)


def test_a_lack_within_the_uncertainty_of_the_figure_is_called_so(tmp_path):
    found = one(tmp_path, {"due": "2027", "target": "1800"}, dossier=dossier(), baseline=baseline())
    assert 500 < found.asked < 600
    assert "less than the figure is uncertain by" in found.sentence()


def test_after_its_year_the_target_itself_is_asked(tmp_path):
    found = one(tmp_path, {"due": "2024"}, dossier=dossier(), baseline=baseline())
    assert (found.asked, found.missing) == (3200, 2700)


def test_figures_recorded_by_hand_have_their_own_path(tmp_path):
    change = {"measure": "", "unit": "kt", "target": "1600", "due": "2025"}
    found = one(tmp_path, change, [happened("nd1", "measured", "2023", "1000")])
    assert (found.year, found.low, found.asked) == (2023, None, pytest.approx(800))
    assert (
        "1,000 kt in 2023. Even growth from 400 kt in 2021 to 1,600 kt by 2025 asks 800 kt"
        in found.sentence()
    )
    assert "it is 200 kt above." in found.sentence()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"due": ""}, "It has no year"),
        ({"baseline": "", "baseline_period": ""}, "No earlier figure is known"),
        ({"target": ""}, "No target is recorded"),
    ],
)
def test_without_a_path_the_reason_is_said(tmp_path, change, words):
    found = one(tmp_path, {"measure": "", **change}, [happened("nd1", "measured", "2023", "10")])
    assert found.asked is found.missing is None
    assert words in found.sentence()


def test_what_no_trade_figures_measure_is_said_with_how_to_give_them(tmp_path):
    (bare,) = lacking(small(tmp_path / "bare"), None, None)
    assert "measure=turnover:KAZ" in bare
    register = small(tmp_path / "other", indicators=[{**TURNOVER, "measure": "turnover:TUR"}])
    (text,) = lacking(register, dossier(), baseline())
    assert "dossier here has no figures of turnover:TUR" in text
    assert "--dossier" in text
    assert "event=measured" in text
    assert lacking(small(tmp_path / "known", indicators=[TURNOVER]), dossier(), baseline()) == []


def test_on_an_earlier_day_the_figures_of_later_years_are_not_known(tmp_path):
    found = one(tmp_path, {"due": "2027"}, baseline=baseline(), today=date(2025, 3, 1))
    assert (found.year, found.value) == (2024, 400)
    register = small(tmp_path / "again", indicators=[TURNOVER])
    assert live(register, baseline(), date(2025, 3, 1)) == {TURNOVER["id"]: (400, "2024")}
