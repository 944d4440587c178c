"""`tarazu offers` and `tarazu brief` as an exporter's agency uses them, and input that makes no sense."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tarazu.cli.brief import brief
from tarazu.cli.offers import offers
from tarazu.core.errors import InputError, TarazuError

OFFERS = """id,country,product,hs,volume_high_t,price_high_usd_t,incoterm,months,certificates,place
o1,KAZ,Ячмень фуражный,1003,5000,190,FCA,9-5,phytosanitary;quality,Kostanay
o2,KAZ,lentils,,800,,,10-3,phytosanitary,Astana
"""
REQUESTS = """id,country,product,hs,volume_high_t,price_high_usd_t,incoterm,months,certificates,place
r1,IRN,جو دامی,1003,4000,330,CPT,10-12,phytosanitary;quality,Tehran
r2,IRN,red lentils,071340,500,800,CPT,10-12,phytosanitary;health,Tehran
"""
Run = Callable[..., Result]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "offers.csv").write_text(OFFERS, encoding="utf-8")
    (tmp_path / "requests.csv").write_text(REQUESTS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(here: Path) -> Run:
    def call(command: click.Command, *words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(command, list(words))
        if result.exception and not isinstance(result.exception, SystemExit | TarazuError):
            raise result.exception
        if not isinstance(result.exception, TarazuError):
            assert result.exit_code == code, result.output
        return result

    return call


def test_headings_are_suggested_in_print_and_as_json(run: Run) -> None:
    assert "0813" in run(offers, "hs", "dried", "apricots").stdout.splitlines()[1]
    answer = json.loads(run(offers, "hs", "арпаның", "--json", "-").stdout)
    assert answer["suggestions"][0]["hs"] == "1003"
    assert answer["suggestions"][0]["language"] == "kk"
    assert "no word that any heading has" in run(offers, "hs", "qqqq", code=1).stdout


def test_a_form_is_written_once_and_never_over_a_file(run: Run, here: Path) -> None:
    run(offers, "form", "mine.csv")
    assert (here / "mine.csv").read_text(encoding="utf-8").startswith("id,country,party,product,hs,")
    assert "phytosanitary" in (here / "mine-columns.csv").read_text(encoding="utf-8")
    (here / "mine.csv").write_text("mine", encoding="utf-8")
    assert isinstance(run(offers, "form", "mine.csv").exception, InputError)
    assert (here / "mine.csv").read_text(encoding="utf-8") == "mine"


def test_check_names_what_is_wrong_and_ends_with_1(run: Run, here: Path) -> None:
    assert "2 rows can be used" in run(offers, "check", "offers.csv").stdout
    (here / "bad.csv").write_text(OFFERS.replace("5000", "5 000 t"), encoding="utf-8")
    said = run(offers, "check", "bad.csv", code=1).stdout
    assert "bad.csv, row 2, column volume_high_t" in said
    answer = json.loads(run(offers, "check", "bad.csv", "--json", "-", code=1).stdout)
    assert [row["id"] for row in answer["rows"]] == ["o2"]
    assert isinstance(run(offers, "check", "absent.csv").exception, InputError)


def test_match_prints_reasons_writes_json_and_csv(run: Run, here: Path) -> None:
    said = run(offers, "match", "offers.csv", "requests.csv", "--on", "2026-06-01").stdout
    assert "o1 for r1" in said
    assert "Missing: code of the offer" in " ".join(said.split())
    assert "Nobody was screened" in said
    answer = json.loads(
        run(offers, "match", "offers.csv", "requests.csv", "--json", "-", "--csv", "out").stdout
    )
    assert {(m["offer"], m["request"]) for m in answer["matches"]} == {("o1", "r1"), ("o2", "r2")}
    assert sorted(path.name for path in (here / "out").iterdir()) == ["matches.csv", "unmatched.csv"]
    with (here / "out" / "matches.csv").open(encoding="utf-8", newline="") as file:
        assert [row["tonnes"] for row in csv.DictReader(file)] == ["4000.0", "500.0"]


def test_match_without_dossier_and_network_leaves_freight_unknown(run: Run) -> None:
    answer = json.loads(
        run(offers, "match", "offers.csv", "requests.csv", "--dossier", "none", "--json", "-").stdout
    )
    assert all(row["freight"] is None and row["credit_route"] is None for row in answer["matches"])
    assert all(row["market"] == [] for row in answer["unmatched"])


def test_rows_with_errors_are_left_out_and_the_others_matched(run: Run, here: Path) -> None:
    (here / "offers.csv").write_text(OFFERS.replace("o2,KAZ", "o2,Atlantis"), encoding="utf-8")
    answer = json.loads(run(offers, "match", "offers.csv", "requests.csv", "--json", "-", code=1).stdout)
    assert [m["offer"] for m in answer["matches"]] == ["o1"]
    assert "unknown-code" in {check["name"] for check in answer["checks"]}


def test_the_example_writes_lists_that_match_reads(run: Run, here: Path) -> None:
    said = " ".join(run(offers, "example", "--csv", "example").stdout.split())
    assert "0 of 75 items are named by any source found" in said
    assert "0% of the USD 250 m can be traced" in said
    run(offers, "match", "example/offers.csv", "example/requests.csv")


def test_the_brief_in_print_as_json_and_as_a_page(run: Run, here: Path) -> None:
    words = ("--product", "1003", "--from", "KAZ", "--to", "IRN", "--on", "2026-06-01")
    said = run(brief, *words).stdout
    for part in ("barley (HS 1003): Kazakhstan to Iran", "Nobody was screened", "Unknown", "Sources"):
        assert part in said
    answer = json.loads(run(brief, *words, "--json", "-").stdout)
    assert answer["product"] == "1003"
    run(brief, *words, "--html", "page.html", "--json", "page.json")
    assert (here / "page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert json.loads((here / "page.json").read_text(encoding="utf-8")) == answer


@pytest.mark.parametrize(
    "words",
    [
        ("--product", "qqqq", "--from", "KAZ", "--to", "IRN"),
        ("--product", "1003", "--from", "KAZ", "--to", "Atlantis"),
        ("--product", "1003", "--from", "KAZ", "--to", "IRN", "--dossier", "absent"),
        ("--product", "1003", "--from", "KAZ", "--to", "IRN", "--origin", "Atlantis"),
    ],
)
def test_a_brief_that_cannot_be_made_says_why(run: Run, words: tuple[str, ...]) -> None:
    result = run(brief, *words)
    assert isinstance(result.exception, TarazuError)
    assert len(str(result.exception)) > 20


def test_a_product_that_may_be_several_goods_is_refused_with_the_candidates(run: Run) -> None:
    result = run(brief, "--product", "масло", "--from", "KAZ", "--to", "IRN")
    assert isinstance(result.exception, TarazuError)
    assert "0405" in str(result.exception)
    result = run(brief, "--product", "grain", "--from", "KAZ", "--to", "IRN")
    assert isinstance(result.exception, TarazuError)
    assert "1003 (barley)" in str(result.exception)


def test_the_page_goes_to_standard_output(run: Run) -> None:
    words = ("--product", "1003", "--from", "KAZ", "--to", "IRN", "--html", "-")
    assert run(brief, *words).stdout.startswith("<!DOCTYPE html>")
    assert "only one of" in run(brief, *words, "--json", "-", code=2).stderr


def test_a_list_comes_from_standard_input_and_a_form_is_json(here: Path) -> None:
    runner = CliRunner()
    answer = json.loads(runner.invoke(offers, ["check", "-", "--json", "-"], input=OFFERS).stdout)
    assert [row["id"] for row in answer["rows"]] == ["o1", "o2"]
    found = runner.invoke(offers, ["match", "-", "requests.csv", "--json", "-"], input=OFFERS)
    assert json.loads(found.stdout)["matches"]
    assert runner.invoke(offers, ["match", "-", "-"], input=OFFERS).exit_code == 2
    form = json.loads(runner.invoke(offers, ["form", "--requests", "--json", "-"]).stdout)
    assert form["kind"] == "requests"
    assert form["header"].startswith("id,country,")
    assert {"column", "needed", "meaning"} <= set(form["columns"][0])
