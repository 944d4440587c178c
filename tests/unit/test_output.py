"""A plan as JSON and as files: the promised keys, valid JSON, and nothing half-written."""

from __future__ import annotations

import csv
import io
import json
import os
from functools import partial
from pathlib import Path

import pytest

import tarazu as tz
from tarazu.core.errors import InputError
from tarazu.planning import document, output

TOP = {
    "pair", "target_usd", "by", "series", "regime", "baseline", "business_as_usual", "probability",
    "probability_business_as_usual", "probabilities", "measures", "frontier", "back_solve", "path", "products",
    "transport", "clearing", "checks", "sources", "seed", "draws", "version",
}  # fmt: skip
ADDED = {
    "by_is_assumption",
    "probability_low",
    "probability_high",
    "probability_variants",
    "commitments",
    "carried_by",
}


@pytest.fixture(scope="module")
def plan():
    return tz.plan("kaz-irn", draws=200, seed=3)


@pytest.fixture
def no_drawing(monkeypatch):
    """The page without its figures, which take a second to draw and are not what is asked here."""
    monkeypatch.setattr(document, "report_html", partial(document.report_html, figures=False))


@pytest.fixture(scope="module")
def data(plan):
    def refused(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(output.json_text(plan.to_dict()), parse_constant=refused)


def test_top_level_keys_are_those_documented(data):
    assert set(data) == TOP | ADDED


def test_nested_keys_are_those_documented(data):
    assert data["pair"] == {"home": "KAZ", "partner": "IRN"}
    for row in data["probabilities"]:
        assert {"threshold_usd", "year", "series", "regime", "p"} <= set(row)
    for row in data["measures"]:
        assert {"id", "name", "contribution", "commitments"} <= set(row)
        assert {"q10", "q50", "q90"} <= set(row["contribution"])
        assert isinstance(row["commitments"], list)
    assert {"years", "statements", "biases", "checks"} <= set(data["baseline"])
    for row in data["baseline"]["years"]:
        assert {"year", "direction", "series", "q10", "q50", "q90"} <= set(row)
    for row in data["baseline"]["statements"]:
        assert {"id", "reporter", "value_usd", "residual"} <= set(row)
    for row in data["checks"]:
        assert set(row) == {"name", "severity", "where", "message"}


def test_values_are_those_asked_for_and_found(plan, data):
    assert (data["target_usd"], data["by"], data["series"], data["regime"]) == (
        3e9,
        2030,
        "KAZ",
        "as-last-year",
    )
    assert (data["seed"], data["draws"], data["version"]) == (3, 200, tz.__version__)
    assert data["by_is_assumption"] is True
    assert data["probability"] == plan.probability
    assert len(data["measures"]) == 12
    assert len(data["products"]) == len(plan.products)


def test_lists_of_consent_hold_countries(data):
    for row in data["measures"]:
        assert all(len(code) == 3 for code in row["consent"]), row["id"]


def test_every_number_that_is_missing_is_null(data):
    other = [row for row in data["products"] if row["codes"] == "other"]
    assert [row["potential_q50"] for row in other] == [None, None]


def test_not_a_number_is_never_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        output.json_text({"x": float("nan")})


def test_every_table_stands_in_the_folder_with_its_header(plan, tmp_path):
    (folder,) = output.write([(tmp_path / "tables", output.csv_texts(plan))])
    tables = output.tables(plan)
    assert {path.name for path in folder.iterdir()} == {f"{name}.csv" for name in (*tables, "columns")}
    for name, table in tables.items():
        rows = list(csv.reader(io.StringIO((folder / f"{name}.csv").read_text(encoding="utf-8"), newline="")))
        assert rows[0] == [column.name for column in table.columns]
        assert len(rows) == len(table) + 1
        assert "nan" not in {cell.lower() for row in rows for cell in row}


def test_the_list_of_columns_explains_every_column_of_every_table(plan):
    texts = output.csv_texts(plan)
    assert "business_as_usual.csv" not in texts
    rows = list(csv.DictReader(io.StringIO(texts["columns.csv"], newline="")))
    assert list(rows[0]) == ["table", "column", "unit", "meaning"]
    named = {(f"{row['table']}.csv", row["column"]) for row in rows}
    assert len(named) == len(rows)
    headers = {name: next(csv.reader(io.StringIO(text, newline=""))) for name, text in texts.items()}
    del headers["columns.csv"]
    assert named == {(name, column) for name, header in headers.items() for column in header}
    units = {(row["table"], row["column"]): row["unit"] for row in rows}
    assert units["path", "usual_q50"] == "USD"


def test_business_as_usual_is_a_row_of_quantiles_a_year(plan, data):
    rows = data["business_as_usual"]["years"]
    assert [row["year"] for row in rows] == list(plan.given.years)
    for row, path in zip(rows, plan.path, strict=True):
        assert row == {
            "year": path["year"],
            "q10": path["usual_q10"],
            "q50": path["usual_q50"],
            "q90": path["usual_q90"],
        }


def test_the_same_plan_is_written_to_the_same_bytes(plan, tmp_path):
    for place in ("one", "two"):
        plan.write(tmp_path / place)
    files = sorted(
        path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()
    )
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path


def test_a_second_run_replaces_the_first(plan, no_drawing, tmp_path):
    plan.write(tmp_path)
    stale = tmp_path / "kaz-irn-plan" / "frontier.csv"
    stale.write_text("old", encoding="utf-8")
    plan.write(tmp_path)
    assert stale.read_text(encoding="utf-8").startswith("by,measures")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "kaz-irn-plan",
        "kaz-irn-plan.html",
        "kaz-irn-plan.json",
    ]


def test_a_folder_with_other_files_is_left_alone(plan, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds other files"):
        output.write([(tmp_path / "mine", output.csv_texts(plan))])
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "thesis.txt"]


def test_a_folder_of_the_users_own_csv_files_is_left_alone(plan, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "survey-2024.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds other files"):
        output.write([(tmp_path / "mine", output.csv_texts(plan))])
    assert (tmp_path / "mine" / "survey-2024.csv").read_text(encoding="utf-8") == "mine"


def interrupted(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path, monkeypatch, failure):
    (tmp_path / "plan.json").write_text("earlier", encoding="utf-8")

    def failing(*args: object) -> None:
        raise failure

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(InputError if failure is OSError else failure):
        output.write([(tmp_path / "plan.json", "later")])
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["earlier"]


def test_an_interruption_among_the_tables_leaves_the_earlier_folder(plan, tmp_path, monkeypatch):
    output.write([(tmp_path / "tables", output.csv_texts(plan))])
    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        output.write([(tmp_path / "tables", output.csv_texts(plan))])
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]
    assert (tmp_path / "tables" / "path.csv").stat().st_size


def failing_at(name, monkeypatch):
    """Renaming to one place fails, to all others it works."""
    rename = os.replace

    def replace(source, target):
        if Path(target).name == name:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)


def test_drafts_of_all_outputs_are_written_before_any_is_put_in_place(tmp_path):
    (tmp_path / "a.json").write_text("earlier", encoding="utf-8")
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        output.write([(tmp_path / "a.json", "later"), (tmp_path / "file" / "b.json", "later")])
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "file"]


def test_a_second_place_that_fails_takes_back_the_first(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text("earlier", encoding="utf-8")
    failing_at("b.json", monkeypatch)
    with pytest.raises(InputError, match="cannot be written"):
        output.write([(tmp_path / "a.json", "later"), (tmp_path / "b.json", "later")])
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {
        "a.json": "earlier"
    }


def test_a_folder_that_cannot_be_put_in_place_leaves_the_earlier_one(tmp_path, monkeypatch):
    output.write([(tmp_path / "tables", {"path.csv": "earlier"})])
    failing_at("tables", monkeypatch)
    with pytest.raises(InputError, match="cannot be written"):
        output.write([(tmp_path / "tables", {"path.csv": "later"})])
    assert (tmp_path / "tables" / "path.csv").read_text(encoding="utf-8") == "earlier"


def test_two_outputs_of_one_place_are_refused(tmp_path):
    with pytest.raises(InputError, match="named for two outputs"):
        output.write([(tmp_path / "x", "one"), (tmp_path / "y" / ".." / "x", {"a.csv": "two"})])
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_among_the_tables_is_an_input_error(plan, tmp_path, monkeypatch):
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match="No space left"):
        output.write([(tmp_path / "tables", output.csv_texts(plan))])


@pytest.mark.parametrize("name", ["kaz-irn-plan.html", "kaz-irn-plan.json"])
def test_a_place_that_is_taken_stops_the_run_before_anything_is_written(plan, no_drawing, tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="is a folder"):
        plan.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_interruption_between_the_files_leaves_nothing_behind(plan, no_drawing, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        plan.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_output_takes_the_place_of_a_database_or_a_private_key(tmp_path):
    books, key = tmp_path / "house.db", tmp_path / "house.key"
    books.write_bytes(b"SQLite format 3\x00" + b"\x00" * 100)
    key.write_text("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n")
    for path in (books, key):
        before = path.read_bytes()
        with pytest.raises(InputError, match="database or a private key"):
            output.write([(path, "text")])
        assert path.read_bytes() == before


def test_a_link_is_written_through_and_a_pipe_is_written_to(tmp_path):
    place, link, pipe = tmp_path / "there.json", tmp_path / "link.json", tmp_path / "pipe"
    place.write_text("old")
    link.symlink_to(place)
    output.write([(link, "new")])
    assert link.is_symlink()
    assert place.read_text() == "new"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    output.write([(pipe, "through")])
    assert os.read(reader, 100) == b"through"
    os.close(reader)
