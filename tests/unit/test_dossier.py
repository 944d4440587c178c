"""The dossier as a whole: the bundled one is clean, and each kind of bad input is found and named."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tarazu.core.checks import Check, Severity, errors
from tarazu.core.errors import DossierError
from tarazu.core.schema import DATA
from tarazu.planning import dossier

BUNDLED = DATA / "kaz-irn"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled dossier to spoil."""
    return Path(shutil.copytree(BUNDLED, tmp_path / "copy"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, table: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def spoil(folder: Path, table: str, number: int, **cells: str) -> None:
    """Change cells of one row; the header is row 1."""
    path = folder / f"{table}.csv"
    content = rows(path)
    content[number - 2] |= cells
    write(path, content)


def replace(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def found(folder: Path, name: str) -> Check:
    checks = [check for check in dossier.check(folder) if check.name == name]
    assert checks, [str(check) for check in dossier.check(folder)]
    return checks[0]


QUANTITY = 2 + [row["channel"] for row in rows(BUNDLED / "measure_effects.csv")].index("quantity")

# The bundled dossier


def test_the_bundled_dossier_has_no_errors():
    assert errors(dossier.check("kaz-irn")) == ()


def test_the_bundled_dossier_says_what_it_assumes():
    loaded = dossier.load("kaz-irn")
    assert (loaded.home.alpha3, loaded.partner.alpha3, loaded.name) == ("KAZ", "IRN", "kaz-irn")
    assert (loaded.target_usd, loaded.by, loaded.by_is_assumption, loaded.series) == (3e9, 2030, True, "KAZ")
    assert loaded.thresholds == (1e9, 2e9, 3e9, 5e9, 10e9)
    assert "assumption" in loaded.target_note


def test_conflicting_statements_of_2022_stand_side_by_side():
    turnover = {row["id"]: row for row in dossier.load("kaz-irn").tables["turnover"]}
    assert turnover["tu038"]["turnover_usd_m"] == 528
    assert turnover["tu045"]["turnover_usd_m"] == 320.14
    assert turnover["tu069"]["rests_on"] == "tu068"
    assert turnover["tu012"]["bound"] == "range"
    assert turnover["tu012"]["turnover_usd_m"] is None
    assert turnover["tu003"]["partner_to_home_usd_m"] == 0.2


def test_repeats_within_markets_lead_to_the_row_they_repeat():
    loaded = dossier.load("kaz-irn").tables
    markets = {row["id"]: row for row in loaded["markets"]}
    assert markets["mk367"]["same_as"] == "mk012"
    assert markets["mk012"]["same_as"] == "products:pr001"
    products = {row["id"]: row for row in loaded["products"]}
    assert products["pr001"]["value_usd_m"] == markets["mk012"]["value_usd_m"]


def test_known_slips_of_the_sources_are_warned_of_and_kept():
    warned = {check.where for check in dossier.check("kaz-irn") if check.severity is Severity.WARNING}
    assert "turnover.csv, row 4, column partner_to_home_usd_m" in warned  # 0.2 million for 2010
    assert "products.csv, row 29" in warned  # wheat at 2,723 dollars a tonne
    assert rows(BUNDLED / "products.csv")[27]["id"] == "pr028"


def test_every_measure_has_effects_and_every_effect_evidence_or_a_reason():
    loaded = dossier.load("kaz-irn")
    assert len(loaded.measures) >= 10
    for measure in loaded.measures:
        assert measure.effects, measure.id
        for effect in measure.effects:
            assert effect.evidence or effect.note, effect.id


def test_the_default_regime_is_one_of_the_regimes():
    loaded = dossier.load("kaz-irn")
    assert loaded.default_regime in [regime.id for regime in loaded.regimes]
    assert len({regime.id for regime in loaded.regimes}) == len(loaded.regimes) >= 4


def test_a_dossier_is_loaded_by_name_and_by_folder():
    assert "kaz-irn" in dossier.bundled()
    assert dossier.load(BUNDLED).target_usd == dossier.load("kaz-irn").target_usd


# Folders that are no dossier


def test_an_unknown_name_lists_the_bundled_dossiers():
    with pytest.raises(DossierError, match="kaz-irn"):
        dossier.load("nowhere")


def test_a_folder_without_partnership_is_no_dossier(tmp_path):
    with pytest.raises(DossierError, match=r"partnership\.toml"):
        dossier.check(tmp_path)


def test_a_dossier_with_an_error_is_not_loaded_and_carries_its_checks(folder):
    spoil(folder, "turnover", 5, turnover_usd_m="43,2m")
    with pytest.raises(DossierError, match=r"turnover\.csv, row 5, column turnover_usd_m") as caught:
        dossier.load(folder)
    assert [check.name for check in errors(caught.value.checks)] == ["not-a-number"]


# Tables


def test_without_turnover_nothing_runs(folder):
    (folder / "turnover.csv").unlink()
    assert found(folder, "missing-file").severity is Severity.ERROR


def test_turnover_without_rows_is_an_error(folder):
    header = (folder / "turnover.csv").read_text(encoding="utf-8").partition("\n")[0]
    (folder / "turnover.csv").write_text(header + "\n", encoding="utf-8")
    assert found(folder, "no-rows").severity is Severity.ERROR


def test_an_absent_optional_table_is_a_note_and_the_dossier_loads(folder):
    (folder / "macro.csv").unlink()
    note = found(folder, "missing-file")
    assert (note.severity, note.where) == (Severity.NOTE, "macro.csv")
    assert len(dossier.load(folder).tables["macro"]) == 0


def test_a_bad_row_of_the_register_is_a_finding_of_the_dossier(folder):
    path = folder / "register" / "events.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("co064,ratified", "co999,ratified", 1), "utf-8")
    error = found(folder, "unknown-item")
    assert (error.severity, error.where) == (Severity.ERROR, "events.csv, row 2, column item")


def test_a_misspelt_table_is_warned_of(folder):
    (folder / "product.csv").write_text("id\n", encoding="utf-8")
    assert found(folder, "unknown-file").severity is Severity.WARNING


@pytest.mark.parametrize(
    ("table", "row", "cells", "name", "column"),
    [
        ("turnover", 5, {"period_end": "2010-12-31"}, "end-before-start", "period_end"),
        ("restrictions", 2, {"valid_to": "2019-09"}, "end-before-start", "valid_to"),
        ("turnover", 5, {"id": "tu002"}, "duplicate-id", "id"),
        ("turnover", 5, {"same_as": "tu999"}, "unknown-id", "same_as"),
        ("turnover", 5, {"derived_from": "tu002;tu999"}, "unknown-id", "derived_from"),
        ("turnover", 5, {"reporter_group": "WHO"}, "unknown-id", "reporter_group"),
        ("turnover", 5, {"bound": "range"}, "missing-value", "bound"),
        ("turnover", 5, {"turnover_low_usd_m": "5"}, "incomplete-interval", "turnover_low_usd_m"),
        ("markets", 5, {"same_as": "visits:vi001"}, "unknown-id", "same_as"),
        ("measures", 2, {"commitments": "co999"}, "unknown-id", "commitments"),
        ("measures", 2, {"delivery_q10": "1"}, "quantile-order", "delivery_q10"),
        ("measures", 2, {"cost_basis": "judgement"}, "cost-without-basis", "cost_basis"),
        ("measures", 2, {"ordinary_q90": "1.2"}, "out-of-bounds", "ordinary_q90"),
        ("measure_effects", 2, {"measure": "nothing"}, "unknown-id", "measure"),
        ("measure_effects", 2, {"evidence": "effects:ef_none"}, "unknown-id", "evidence"),
        ("measure_effects", 2, {"unit": "days"}, "wrong-unit", "unit"),
        ("measure_effects", 2, {"before": ""}, "missing-value", "before"),
        ("measure_effects", 2, {"limit": "sale"}, "missing-value", "limit"),
        ("measure_effects", QUANTITY, {"limit": ""}, "missing-value", "limit"),
        ("measure_effects", QUANTITY, {"limit": "road"}, "unknown-choice", "limit"),
        ("measure_effects", 2, {"direction": "RUS->IRN"}, "unknown-direction", "direction"),
        ("turnover", 5, {"turnover_usd_m": "528000000"}, "out-of-bounds", "turnover_usd_m"),
    ],
)
def test_a_contradiction_is_an_error_with_its_place(folder, table, row, cells, name, column):
    spoil(folder, table, row, **cells)
    check = found(folder, name)
    assert check.severity is Severity.ERROR
    assert check.where == f"{table}.csv, row {row}, column {column}"


def test_a_row_that_repeats_another_but_for_its_id_is_an_error(folder):
    table = rows(folder / "turnover.csv")
    write(folder / "turnover.csv", [*table, table[0] | {"id": "tu900"}])
    assert found(folder, "duplicate-row").where == f"turnover.csv, row {len(table) + 2}"


def test_a_reference_to_a_row_with_a_bad_cell_is_no_second_error(folder):
    spoil(folder, "turnover", 11, turnover_usd_m="much")  # tu010, which tu011 repeats
    assert rows(folder / "turnover.csv")[9]["id"] == "tu010"
    assert [check.name for check in errors(dossier.check(folder))] == ["not-a-number"]


def test_an_unreadable_table_is_one_error(folder):
    (folder / "measures.csv").write_bytes(b"\xff\xfe\x00")
    assert [check.name for check in errors(dossier.check(folder))] == ["not-text"]


def test_directions_that_do_not_add_up_are_warned_of(folder):
    spoil(folder, "turnover", 5, turnover_usd_m="1200")  # 1080 + 34.9
    check = next(c for c in dossier.check(folder) if c.where == "turnover.csv, row 5, column turnover_usd_m")
    assert (check.name, check.severity) == ("sum-differs", Severity.WARNING)


def test_a_sum_within_rounding_is_not_warned_of():
    assert "turnover.csv, row 5, column turnover_usd_m" not in {c.where for c in dossier.check("kaz-irn")}


# partnership.toml and regimes.toml


@pytest.mark.parametrize(
    ("old", "new", "name", "key"),
    [
        ('home = "KAZ"', 'home = "Atlantis"', "unknown-code", "pair.home"),
        ('home = "KAZ"', 'home = "IRN"', "contradiction", "pair.partner"),
        ('home = "KAZ"\n', "", "missing-key", "pair.home"),
        ("usd = 3e9", 'usd = "3bn"', "not-a-number", "target.usd"),
        ("usd = 3e9", "usd = -3e9", "out-of-bounds", "target.usd"),
        ("usd = 3e9", "usd = nan", "not-finite", "target.usd"),
        ("by = 2030", "by = 2020", "contradiction", "target.by"),
        ("by = 2030", "by = 2030.5", "not-an-integer", "target.by"),
        ("by = 2030", "bye = 2030", "unknown-key", "target.bye"),
        ("by_is_assumption = true", 'by_is_assumption = "yes"', "wrong-kind", "target.by_is_assumption"),
        ('series = "KAZ"', 'series = "XYZ"', "contradiction", "target.series"),
        ("[1e9, 2e9", "[2e9, 1e9", "contradiction", "target.thresholds"),
        ('"register:co008"', '"register:co999"', "unknown-id", "target.statements"),
        ("first_year = 1996", "first_year = 2026", "contradiction", "baseline.last_year"),
        ('own = "home"', 'own = "mine"', "unknown-choice", "reporter.own"),
        ('id = "IRN"', 'id = "KAZ"', "contradiction", "reporter.id"),
    ],
)
def test_a_bad_key_of_the_partnership_is_an_error_with_its_key(folder, old, new, name, key):
    replace(folder, "partnership.toml", old, new)
    check = found(folder, name)
    assert check.severity is Severity.ERROR
    assert check.where == f"partnership.toml, key {key}"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"[pair\n", "malformed-toml"),
        (b"announced = 2023-02-30\n", "malformed-toml"),
        (b"x = " + b"9" * 5000, "malformed-toml"),
        (b"x = " + b"[" * 5000, "malformed-toml"),
        (b"\xff\xfe", "not-text"),
    ],
)
@pytest.mark.parametrize("file", ["partnership.toml", "regimes.toml"])
def test_a_file_that_is_not_toml_is_an_error(folder, file, content, name):
    (folder / file).write_bytes(content)
    assert found(folder, name).where == file


def test_an_empty_partnership_names_every_missing_key(folder):
    (folder / "partnership.toml").write_text("", encoding="utf-8")
    missing = {check.where for check in dossier.check(folder) if check.name == "missing-key"}
    assert {"partnership.toml, key pair.home", "partnership.toml, key reporter"} <= missing


REGIMES = """default = "calm"
[[regime]]
id = "calm"
title = "Calm"
[[regime.flow]]
direction = "KAZ->IRN"
products = "all"
q10 = 0.5
q50 = 0.8
q90 = 1.0
basis = "judgement"
[regime.measures]
fta = [0.1, 0.5, 0.9]
"""


def test_a_regime_is_read_with_its_intervals(folder):
    (folder / "regimes.toml").write_text(REGIMES, encoding="utf-8")
    (regime,) = dossier.load(folder).regimes
    assert (regime.flows[0].factor.q10, regime.flows[0].factor.q90) == (0.5, 1.0)
    assert regime.measures["fta"].q50 == 0.5


@pytest.mark.parametrize(
    ("old", "new", "name", "key"),
    [
        ('default = "calm"', 'default = "storm"', "unknown-id", "default"),
        ("q10 = 0.5", "q10 = 0.9", "quantile-order", "regime.flow"),
        ("[0.1, 0.5, 0.9]", "[0.9, 0.5, 0.1]", "quantile-order", "regime.measures"),
        ("[0.1, 0.5, 0.9]", "0.5", "wrong-kind", "regime.measures"),
        ("fta =", "fta_x =", "unknown-id", "regime.measures"),
        ("q50 = 0.8\n", "", "missing-key", "regime.flow.q50"),
        ('"KAZ->IRN"', '"RUS->IRN"', "unknown-direction", "regime.flow.direction"),
    ],
)
def test_a_bad_regime_is_an_error_with_its_key(folder, old, new, name, key):
    (folder / "regimes.toml").write_text(REGIMES.replace(old, new), encoding="utf-8")
    check = found(folder, name)
    assert (check.severity, check.where) == (Severity.ERROR, f"regimes.toml, key {key}")


def test_without_regimes_the_last_year_holds(folder):
    (folder / "regimes.toml").unlink()
    loaded = dossier.load(folder)
    assert [regime.id for regime in loaded.regimes] == [loaded.default_regime]
    assert loaded.regimes[0].flows == ()


def test_growth_that_implies_another_level_than_was_stated(folder):
    path = folder / "turnover.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    twin = next(row for row in rows if row["id"] == "tu038")  # 528 m in 2022 after 20%
    other = {**twin, "id": "tu901", "period_original": "2021", "period_start": "2021-01-01"}
    other |= {
        "period_end": "2021-12-31",
        "turnover_usd_m": "300",
        "growth_pct": "",
        "home_to_partner_usd_m": "",
    }
    other |= {"partner_to_home_usd_m": "", "same_as": "", "derived_from": "", "weight_kt": ""}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows([*rows, other])
    told = [check.message for check in dossier.check(folder) if check.name == "implied-level"]
    assert any("528 after +20% implies 440 for 2021, but tu901 says 300" in message for message in told)
