"""The start of a dossier: complete, valid, documented, and never half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tarazu.core.checks import errors
from tarazu.core.errors import InputError, TargetError, UnknownCodeError
from tarazu.core.schema import header_line
from tarazu.planning import dossier
from tarazu.planning.dossier import TABLES
from tarazu.planning.scaffold import scaffold


def test_a_scaffold_loads_with_what_the_bundled_tables_know(tmp_path):
    files = scaffold("TUR", "IRN", 30e9, 2035, tmp_path / "tur-irn")
    assert all(file.is_file() for file in files)
    loaded = dossier.load(tmp_path / "tur-irn")
    assert (loaded.target_usd, loaded.by, loaded.by_is_assumption) == (30e9, 2035, False)
    (row,) = loaded.tables["turnover"]
    assert row["turnover_usd_m"] == pytest.approx(row["home_to_partner_usd_m"] + row["partner_to_home_usd_m"])
    assert row["publisher"] == "CEPII BACI HS22 V202501"
    assert set(loaded.register.items) >= {"tg001", "tg002", "tg003"}
    assert [gdp["country"] for gdp in loaded.tables["macro"]] == ["TUR", "IRN"]


def test_every_table_stands_there_with_its_header(tmp_path):
    scaffold("TUR", "IRN", 30e9, 2035, tmp_path / "new")
    for name in TABLES:
        assert (
            (tmp_path / "new" / f"{name}.csv")
            .read_text(encoding="utf-8")
            .startswith(header_line(name) + "\n")
        )


def test_a_target_without_a_year_is_marked_as_an_assumption(tmp_path):
    scaffold("TUR", "IRN", 30e9, None, tmp_path / "new")
    assert dossier.load(tmp_path / "new").by_is_assumption


@pytest.mark.parametrize(
    ("home", "reason"), [("RUS", "not reported"), ("DEU", "only within its region EU27")]
)
def test_what_is_not_known_is_said_and_left_empty(tmp_path, home, reason):
    scaffold(home, "IRN", 5e9, 2035, tmp_path / "new")
    assert reason in (tmp_path / "new" / "README.txt").read_text(encoding="utf-8")
    assert [check.name for check in errors(dossier.check(tmp_path / "new"))] == ["no-rows"]


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "kept.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        scaffold("TUR", "IRN", 30e9, 2035, tmp_path / "old")
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["kept.txt"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch, failure):
    def interrupted(*args: object, **kwargs: object) -> None:
        raise failure

    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(InputError if failure is OSError else failure):
        scaffold("TUR", "IRN", 30e9, 2035, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        scaffold("TUR", "IRN", 30e9, 2035, tmp_path / "missing" / "new")


@pytest.mark.parametrize("target", [0.0, -1.0, float("nan"), float("inf")])
def test_a_target_must_be_a_positive_amount(tmp_path, target):
    with pytest.raises(TargetError):
        scaffold("TUR", "IRN", target, 2035, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_past_year_is_refused(tmp_path):
    with pytest.raises(TargetError, match="2001 is past"):
        scaffold("TUR", "IRN", 30e9, 2001, tmp_path / "new")


def test_two_countries_are_needed(tmp_path):
    with pytest.raises(InputError, match="one country"):
        scaffold("TUR", "Türkiye", 30e9, 2035, tmp_path / "new")
    with pytest.raises(UnknownCodeError):
        scaffold("Atlantis", "IRN", 30e9, 2035, tmp_path / "new")
