"""The policy data of the bundled dossier: complete, consistent, and no size without its evidence."""

from __future__ import annotations

import csv
import tomllib
from itertools import combinations
from pathlib import Path

import pytest

from tarazu.core.hs import overlap, spans
from tarazu.core.measure import Basis, Channel, Limit

DATA = Path(__file__).resolve().parents[2] / "src" / "tarazu" / "data"
DOSSIER = DATA / "kaz-irn"
DIRECTIONS = {"KAZ->IRN", "IRN->KAZ"}
UNITS = {
    "tariff": "percent",
    "non-tariff": "percent",
    "freight": "percent",
    "time": "days",
    "payment": "basis points",
    "promotion": "percent",
    "quantity": "kt per year",
}
WANTED = {
    "fta",
    "quotas",
    "certificates",
    "clearing",
    "rail-tariffs",
    "eastern-corridor",
    "caspian",
    "gulf-hub",
    "exporter-support",
    "trade-houses",
    "grain-agreement",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def interval(row: dict[str, str], prefix: str = "") -> tuple[float, float, float]:
    return float(row[f"{prefix}q10"]), float(row[f"{prefix}q50"]), float(row[f"{prefix}q90"])


def fact_table(name: str) -> dict[str, dict[str, str]]:
    for folder in (DOSSIER, DATA):
        if (folder / f"{name}.csv").is_file():
            return {row["id"]: row for row in rows(folder / f"{name}.csv")}
    pytest.skip(f"{name}.csv is not bundled yet")


MEASURES = rows(DOSSIER / "measures.csv")
EFFECTS = rows(DOSSIER / "measure_effects.csv")
REGIMES = tomllib.loads((DOSSIER / "regimes.toml").read_text(encoding="utf-8"))
PARAMETERS = tomllib.loads((DATA / "parameters.toml").read_text(encoding="utf-8"))


def test_every_measure_of_the_action_plan_is_there_and_has_effects():
    ids = [row["id"] for row in MEASURES]
    assert len(ids) == len(set(ids))
    assert set(ids) >= WANTED
    assert {row["measure"] for row in EFFECTS} == set(ids)


def test_quantiles_ascend_and_shares_are_shares():
    for row in MEASURES:
        for prefix in ("ordinary_", "delivery_"):
            low, middle, high = interval(row, prefix)
            assert 0 <= low <= middle <= high <= 1, row["id"]
    for row in EFFECTS:
        low, middle, high = interval(row)
        assert low <= middle <= high, row["id"]
        assert low < high, f"{row['id']}: no size here is known without doubt"


def test_unknown_cost_is_empty_and_a_known_one_is_positive_with_its_source():
    for row in MEASURES:
        cells = [row["cost_q10"], row["cost_q50"], row["cost_q90"]]
        assert row["cost_source"], row["id"]
        if row["cost_basis"] == Basis.UNKNOWN:
            assert cells == ["", "", ""], row["id"]
        else:
            low, middle, high = interval(row, "cost_")
            assert 0 < low < middle < high, row["id"]


def test_channels_units_and_levels_before_agree():
    assert {channel.value for channel in Channel} == set(UNITS)
    for row in EFFECTS:
        assert row["unit"] == UNITS[row["channel"]], row["id"]
        assert row["direction"] in DIRECTIONS, row["id"]
        if row["channel"] in ("tariff", "non-tariff"):
            assert float(row["q10"]) >= 0, row["id"]
            assert float(row["q90"]) <= float(row["before"]), (
                f"{row['id']}: a measure that lifts cost raises it"
            )
        else:
            assert row["before"] == "", row["id"]
        if row["channel"] in ("freight", "time", "payment"):
            assert float(row["q90"]) <= 0, row["id"]
        if row["channel"] in ("promotion", "quantity"):
            assert float(row["q10"]) >= 0, row["id"]


def test_every_quantity_and_nothing_else_says_which_limit_it_lifts():
    for row in EFFECTS:
        allowed = {limit.value for limit in Limit} if row["channel"] == "quantity" else {""}
        assert row["limit"] in allowed, row["id"]
    assert {row["limit"] for row in EFFECTS} == {"", "sale", "carriage"}


def test_the_basis_of_every_effect_is_one_that_is_known():
    assert {row["basis"] for row in EFFECTS} <= {basis.value for basis in Basis}


def test_products_are_codes_all_or_other():
    for row in EFFECTS:
        assert row["products"] == "other" or spans(row["products"]), row["id"]


def test_no_two_effects_of_one_measure_and_channel_touch_the_same_product():
    for one, two in combinations(EFFECTS, 2):
        if all(one[key] == two[key] for key in ("measure", "direction", "channel")):
            assert not _meet(one["products"], two["products"]), f"{one['id']} and {two['id']}"


def _meet(one: str, two: str) -> bool:
    if "other" in (one, two):
        return one == two or "all" in (one, two)
    return overlap(one, two)


def test_a_quantity_is_of_products_that_one_line_of_a_partition_holds():
    """The same tonnes must not lift the caps of several lines at once."""
    for row in EFFECTS:
        if row["channel"] == "quantity":
            assert row["products"] not in ("all", "other"), row["id"]
            assert "-" not in row["products"], row["id"]


def evidence(row: dict[str, str]) -> list[tuple[str, str]]:
    return [tuple(reference.split(":")) for reference in row["evidence"].split(";")]  # type: ignore[misc]


def test_evidence_and_commitments_exist():
    commitments = fact_table("commitments")
    for row in MEASURES:
        assert set(row["commitments"].split(";")) <= set(commitments), row["id"]
    for row in EFFECTS:
        for table, key in evidence(row):
            assert key in fact_table(table), f"{row['id']}: {table}:{key}"


def test_a_published_size_rests_on_a_row_that_was_read():
    effects = fact_table("effects")
    for row in EFFECTS:
        if row["basis"] == Basis.PUBLISHED:
            read = [t != "effects" or effects[key]["basis"] == "read" for t, key in evidence(row)]
            assert any(read), row["id"]


def test_the_only_published_cost_follows_from_its_facts():
    plan, overrun = fact_table("corridor")["co026"], fact_table("effects")["ef_is14"]
    row = next(row for row in MEASURES if row["cost_basis"] == Basis.PUBLISHED)
    expected = [
        float(plan["value"]) * 1000 * (1 + float(overrun[k]) / 100) for k in ("low", "estimate", "high")
    ]
    assert interval(row, "cost_") == pytest.approx(expected, abs=1)


def test_free_trade_agreement_starts_from_the_interim_tariff_and_serves_russia_too():
    rates = {
        row["products"]: row for row in EFFECTS if row["measure"] == "fta" and row["direction"] == "KAZ->IRN"
    }
    assert all(row["rivals"] == "RUS" for row in rates.values())
    restrictions, markets = fact_table("restrictions"), fact_table("markets")
    assert float(rates["other"]["before"]) == float(restrictions["re002"]["value"])
    assert float(rates["1507-1515"]["before"]) == float(markets["mk105"]["tariff_after_percent"])
    assert float(rates["72"]["before"]) == float(markets["mk179"]["tariff_after_percent"])
    iranian = next(row for row in EFFECTS if row["measure"] == "fta" and row["direction"] == "IRN->KAZ")
    assert float(iranian["before"]) == float(restrictions["re001"]["value"])
    assert iranian["rivals"] == ""


@pytest.mark.parametrize("direction", sorted(DIRECTIONS))
def test_tariff_rows_of_the_agreement_cover_every_chapter(direction):
    codes = [row["products"] for row in EFFECTS if row["measure"] == "fta" and row["direction"] == direction]
    chapters = [f"{number:02d}" for number in range(1, 98) if number != 77]  # 77 is kept free in the system
    assert all(any(overlap(chapter, text) for text in codes if text != "other") for chapter in chapters)
    assert "all" in codes or "other" in codes


def test_regimes_are_complete_and_name_known_measures():
    measures = {row["id"] for row in MEASURES}
    ids = [regime["id"] for regime in REGIMES["regime"]]
    assert REGIMES["default"] == "as-last-year" == ids[0]
    assert set(ids) == {"as-last-year", "sanctions-tightened", "conflict", "relief"}
    for regime in REGIMES["regime"]:
        for key, (low, middle, high) in regime.get("measures", {}).items():
            assert key in measures, regime["id"]
            assert 0 <= low <= middle <= high <= 1, (regime["id"], key)
        for flow in regime["flow"]:
            assert flow["direction"] in DIRECTIONS
            assert 0 < flow["q10"] <= flow["q50"] <= flow["q90"]
            assert flow["basis"] == Basis.JUDGEMENT
            for reference in flow["evidence"]:
                table, key = reference.split(":")
                assert key in fact_table(table), (regime["id"], reference)


def test_regime_flows_cover_each_product_once():
    for regime in REGIMES["regime"]:
        for direction in DIRECTIONS:
            products = [flow["products"] for flow in regime["flow"] if flow["direction"] == direction]
            assert not any(_meet(one, two) for one, two in combinations(products, 2))
            assert products == ["all"] or set(products) == {"01-24", "25-97", "other"}


def test_every_parameter_has_interval_unit_meaning_and_citation():
    for name, section in PARAMETERS.items():
        for key, entry in section.items():
            where = f"{name}.{key}"
            assert entry["unit"], where
            assert entry["meaning"], where
            assert entry["citation"], where
            assert entry["basis"] in {Basis.PUBLISHED, Basis.JUDGEMENT}, where
            if isinstance(entry["value"], list):
                assert all(overlap(code, "all") for code in entry["value"]), where
            else:
                assert entry["low"] <= entry["value"] <= entry["high"], where
                assert entry["low"] < entry["high"], where


def test_noise_grows_from_statistics_to_press():
    scales = [
        PARAMETERS["pooling"][f"noise_{k}"]["value"] for k in ("statistics", "customs", "official", "press")
    ]
    assert scales == sorted(set(scales))
