"""Bad input: one clear message, exit code 2, no traceback, and nothing written."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tarazu.planning import document

QUICK = ("plan", "kaz-irn", "--draws", "100")
MINE = ("plan", "mine", "--draws", "100")
UZB = ("plan", "UZB", "KAZ", "--draws", "100")


@pytest.fixture
def refused(tarazu_here, here, files, monkeypatch) -> Callable[..., str]:
    """Run, hold the answer to what every refusal must be, and return its message."""
    # drawing takes a second, and no page is wanted here
    monkeypatch.setattr(document, "report_html", partial(document.report_html, figures=False))

    def run(*words: str) -> str:
        before = files(here)
        answer = tarazu_here(*words)
        assert answer.code == 2, answer.out + answer.err
        assert answer.out == ""
        assert "Traceback" not in answer.err
        assert "Warning" not in answer.err
        *usage, last = answer.err.strip().splitlines()
        assert last.startswith("Error: ")
        assert all(line.startswith(("Usage:", "Try ")) for line in usage if line)
        assert files(here) == before
        return last

    return run


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("plan", "Atlantis", "KAZ", "--target", "3bn", "--by", "2030"), '"Atlantis" is not a country'),
        (("plan", "KAZ", "Irann", "--target", "3bn", "--by", "2030"), "did you mean Iran"),
        (("plan", "KAZ", "KAZ", "--target", "3bn", "--by", "2030"), "one country"),
        (("plan", "RUS", "IRN", "--target", "5bn", "--by", "2030"), "not reported"),
        (("plan", "DEU", "KAZ", "--target", "50bn", "--by", "2030"), "only within its region EU27"),
        (("plan", "nowhere"), "There is no dossier nowhere"),
        (("plan", "."), "holds no partnership.toml"),
        (("plan",), "Missing argument"),
        (("plan", "UZB", "KAZ", "TJK"), "expected a dossier or two countries, got 3 names"),
        ((*UZB, "--by", "2030"), "needs both"),
        ((*UZB, "--target", "10bn"), "needs both"),
        ((*UZB, "--target", "10bn", "--by", "2030", "--regime", "conflict"), 'no regime "conflict"'),
        ((*QUICK, "--target", "100m"), "below the baseline"),
        ((*QUICK, "--target", "0"), "greater than zero"),
        ((*QUICK, "--target", "-3bn"), "negative"),
        ((*QUICK, "--target", "nan"), "not an amount"),
        ((*QUICK, "--target", "inf"), "not an amount"),
        ((*QUICK, "--target", "3 potatoes"), "no unit of US dollars"),
        ((*QUICK, "--target", "1.234"), "ambiguous"),
        ((*QUICK, "--by", "2020"), "that year is past"),
        ((*QUICK, "--by", "2025"), "that year is past"),
        ((*QUICK, "--by", "2090"), "expected a year up to 2037"),
        ((*QUICK, "--by", "soon"), "not a valid integer"),
        ((*QUICK, "--regime", "peace"), 'no regime "peace". Known: as-last-year'),
        (("plan", "kaz-irn", "--draws", "0"), "from 100 to 1,000,000, got 0"),
        (("plan", "kaz-irn", "--draws", "1000000000"), "got 1,000,000,000"),
        (("plan", "kaz-irn", "--draws", "1.5"), "not a valid integer"),
        (("explain", "kaz-irn", "--draws", "100"), "name of a figure"),
        (("explain", "kaz-irn", "baseline.1066", "--draws", "100"), "There is no figure"),
        (("baseline", "RUS", "IRN"), "not reported"),
        (("potential", "UZB"), "There is no dossier UZB"),
        (("dossier", "check", "nowhere"), "There is no dossier nowhere"),
        (("dossier", "new", "TUR", "TUR", "--target", "3bn"), "one country"),
        (("dossier", "new", "TUR", "IRN", "--target", "-1"), "negative"),
        (("dossier", "new", "TUR", "IRN", "--target", "3bn", "--by", "2001"), "past"),
        (("dossier", "new", "TUR", "IRN"), "Missing option"),
        (("completion", "tcsh"), "tcsh"),
        (("prophesy",), "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_arguments_that_make_no_sense(refused, words, message):
    assert message in refused(*words)


def test_a_negative_seed(tarazu_process, tmp_path):
    answer = tarazu_process(*QUICK, "--seed", "-1", cwd=tmp_path)
    assert (answer.code, "Traceback" in answer.err) == (2, False)


def test_a_past_year_after_the_last_year_of_the_table(refused):
    assert "past" in refused(*UZB, "--target", "10bn", "--by", "2024", "--json", "-")


def test_two_outputs_of_one_name(refused):
    assert "same" in refused(*QUICK, "--json", "same", "--html", "same")


# damaged dossiers


def edit(path: Path, row: int, column: str, value: str) -> None:
    """Change one cell; the header is row 1."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[row - 1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("turnover", "turnover_usd_m", "43,2m", '"43,2m" is not a number. Write 43.2 (unit: USD million).'),
        ("turnover", "turnover_usd_m", "-5", "-5 is below the least possible value, 0 (unit: USD million)."),
        ("turnover", "turnover_usd_m", "NaN", '"NaN" is not a finite number.'),
        ("turnover", "turnover_usd_m", "-inf", '"-inf" is not a finite number.'),
        ("turnover", "turnover_usd_m", "1e999", '"1e999" is not a finite number.'),
        (
            "turnover",
            "turnover_usd_m",
            "528000000",
            "528000000 is above the greatest possible value, 1e+07 (unit: USD million).",
        ),
        ("turnover", "period_start", "2009-02-30", "2009-02-30 does not exist"),
        ("turnover", "period_start", "SH 1402-12-30", "SH 1402-12-30 does not exist"),
        ("turnover", "period_start", "1388-01-01", "If it is Solar Hijri, write SH 1388-01-01"),
        ("turnover", "period_start", "2031-01-01", "is before period_start 2031-01-01"),
        ("turnover", "scope", "some goods", '"some goods" is not possible. Write one of: all goods'),
        ("turnover", "id", "tu001", '"tu001" is the id of row 2 too.'),
        ("products", "hs_code", "12345", "is not an HS code"),
        (
            "measure_effects",
            "unit",
            "days",
            '"days" is not the unit of channel tariff. Write the size in percent.',
        ),
        ("measure_effects", "limit", "sale", "belongs to channel quantity, and to it alone."),
        ("measure_effects", "limit", "road", '"road" is not possible. Write one of: sale'),
        ("measure_effects", "q90", "-7", "descend"),
        ("measure_effects", "direction", "KAZ->USA", "KAZ->USA"),
        ("measure_effects", "measure", "visas", "visas"),
        ("measures", "delivery_q50", "1.4", "above the greatest possible value, 1"),
    ],
)
def test_a_damaged_cell_is_named_by_file_row_and_column(refused, dossier, table, column, value, message):
    edit(dossier / f"{table}.csv", 3, column, value)
    said = refused(*MINE)
    assert f"{table}.csv, row 3, column " in said
    assert message in said


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("turnover.csv", lambda text: "", "turnover.csv: is empty. Its first row must be the header"),
        ("products.csv", lambda text: " \n", "products.csv: is empty"),
        ("turnover.csv", lambda text: text.splitlines()[0] + "\n", "turnover.csv: has no rows"),
        ("products.csv", lambda text: text + '"open,1\n', "products.csv: cannot be read as CSV"),
        (
            "turnover.csv",
            lambda text: text + "tu999,KAZ\n",
            "turnover.csv, row 80: has 2 cells, the header has 28",
        ),
        ("turnover.csv", lambda text: text.replace("scope", "skope", 1), "turnover.csv, row 1, column skope"),
        ("macro.csv", lambda text: "\0" + text, "macro.csv: holds binary data"),
        ("partnership.toml", lambda text: "pair = [", "partnership.toml: is not valid TOML"),
        (
            "partnership.toml",
            lambda text: text.replace("usd = 3e9", "usd = -3e9"),
            "partnership.toml, key target.usd",
        ),
        (
            "partnership.toml",
            lambda text: text.replace("usd = 3e9", "usd = nan"),
            "partnership.toml, key target.usd",
        ),
        (
            "partnership.toml",
            lambda text: text.replace("by = 2030", "by = 2010"),
            "partnership.toml, key target.by",
        ),
        ("partnership.toml", lambda text: text.replace('"IRN"', '"IRX"', 1), '"IRX" is not a country'),
        ("regimes.toml", lambda text: "default =", "regimes.toml: is not valid TOML"),
        (
            "regimes.toml",
            lambda text: text.replace('"as-last-year"', '"peace"', 1),
            '"peace" is no [[regime]]',
        ),
    ],
)
def test_a_damaged_file_is_named(refused, dossier, name, damage, message):
    path = dossier / name
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert message in refused(*MINE)


def test_a_row_that_stands_twice(refused, dossier):
    path = dossier / "turnover.csv"
    first = path.read_text(encoding="utf-8").splitlines()[1]
    path.write_text(
        path.read_text(encoding="utf-8") + first.replace("tu001", "tu999") + "\n", encoding="utf-8"
    )
    assert "turnover.csv, row 80: repeats row 2 in all columns but the id." in refused(*MINE)


@pytest.mark.parametrize("name", ["turnover.csv", "partnership.toml"])
def test_a_file_that_is_not_text(refused, dossier, name):
    (dossier / name).write_bytes(b"\x89PNG\r\n\x1a\n\0\xff\xfe")
    assert f"{name}: is not UTF-8 text (byte 1)" in refused(*MINE)


def test_a_dossier_without_its_partnership(refused, dossier):
    (dossier / "partnership.toml").unlink()
    assert "The folder mine holds no partnership.toml" in refused(*MINE)


def test_a_dossier_without_its_turnover(refused, dossier):
    (dossier / "turnover.csv").unlink()
    assert "turnover.csv: is missing" in refused(*MINE)


@pytest.mark.parametrize(
    "column", ["turnover_usd_m", "home_to_partner_usd_m", "partner_to_home_usd_m", "turnover_low_usd_m"]
)
def test_dollars_in_a_column_of_millions_are_an_error_of_the_check(dossier, tarazu_here, column):
    edit(dossier / "turnover.csv", 3, column, "528000000")
    answer = tarazu_here("dossier", "check", "mine")
    assert answer.code == 1
    assert f"turnover.csv, row 3, column {column}" in answer.out
    assert "above the greatest possible value" in " ".join(answer.out.split())


def test_further_findings_are_counted_and_listed_by_the_check(refused, dossier, tarazu_here):
    for row in (3, 5):
        edit(dossier / "turnover.csv", row, "turnover_usd_m", "x")
    assert "And 1 more: `tarazu dossier check mine` lists them." in refused(*MINE)
    answer = tarazu_here("dossier", "check", "mine")
    assert answer.code == 1
    assert "turnover.csv, row 3, column turnover_usd_m" in answer.out
    assert "turnover.csv, row 5, column turnover_usd_m" in answer.out


@pytest.mark.filterwarnings("ignore:invalid value")
def test_an_impossible_size_of_an_effect(refused, dossier):
    path = dossier / "measure_effects.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace(",-350,-50,0,", ",-35000,-30000,-20000,"), encoding="utf-8"
    )
    assert "measure_effects.csv, row" in refused(*MINE)


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_target_beyond_the_trade_of_the_world(refused):
    assert "target" in refused(*QUICK, "--target", "1e300", "--json", "-")


# places that cannot be written


@pytest.mark.parametrize(
    "outputs",
    [("--json", "taken/x.json"), ("--html", "taken/x.html"), ("--csv", "taken/x"), ("--csv", "taken")],
)
def test_a_place_that_cannot_be_written(refused, here, outputs):
    (here / "taken").write_text("a file, not a folder", encoding="utf-8")
    assert "taken" in refused(*QUICK, *outputs)


def test_a_folder_that_holds_other_files(refused, here):
    (here / "kaz-irn-plan").mkdir()
    (here / "kaz-irn-plan" / "thesis.docx").write_text("mine", encoding="utf-8")
    assert "kaz-irn-plan exists and holds other files" in refused(*QUICK)
    assert (here / "kaz-irn-plan" / "thesis.docx").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_holds_other_csv_files(refused, here):
    (here / "data").mkdir()
    (here / "data" / "survey.csv").write_text("mine", encoding="utf-8")
    refused(*QUICK, "--csv", "data")
    assert (here / "data" / "survey.csv").read_text(encoding="utf-8") == "mine"


def test_the_current_folder_is_never_replaced_by_the_tables(refused, here):
    assert "is the current folder" in refused(*QUICK, "--csv", ".")
    assert list(here.iterdir()) == []


def test_a_second_output_that_cannot_be_written_stops_the_first(refused, here):
    (here / "taken").write_text("a file, not a folder", encoding="utf-8")
    refused(*QUICK, "--json", "fine.json", "--html", "taken/x.html")


def test_an_existing_dossier_is_not_overwritten(refused, dossier):
    assert "exists already" in refused("dossier", "new", "TUR", "IRN", "--target", "3bn", "--folder", "mine")


@pytest.mark.skipif(os.geteuid() == 0, reason="for the superuser every place can be written")
def test_a_folder_without_the_right_to_write(refused, here):
    here.chmod(0o555)
    try:
        assert "cannot be written" in refused(*QUICK, "--json", "x.json")
    finally:
        here.chmod(0o755)


# interruption


def interrupt(folder: Path, *words: str, after: float) -> tuple[int, str]:
    """Start a plan, send it SIGINT, return exit code and standard error."""
    command = [sys.executable, "-m", "tarazu", *words]
    running = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    time.sleep(after)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    return running.returncode, err


def test_an_interruption_leaves_no_partial_report(tmp_path, files):
    code, err = interrupt(tmp_path, "plan", "kaz-irn", "--draws", "300000", after=2.5)
    assert code == 130
    assert err.strip().splitlines() == ["Interrupted: nothing was written."]
    assert files(tmp_path) == []


def test_an_earlier_report_survives_an_interruption(tmp_path, files):
    (tmp_path / "kaz-irn-plan.html").write_text("earlier", encoding="utf-8")
    code, _ = interrupt(tmp_path, "plan", "kaz-irn", "--draws", "300000", after=1.5)
    assert code == 130
    assert files(tmp_path) == ["kaz-irn-plan.html"]
    assert (tmp_path / "kaz-irn-plan.html").read_text(encoding="utf-8") == "earlier"


@pytest.mark.skipif(shutil.which("head") is None, reason="needs head")
def test_a_reader_who_stops_reading_is_no_error(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m tarazu baseline kaz-irn --json - | head -c 100",
        cwd=tmp_path,
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("{")
    assert "Traceback" not in done.stderr
