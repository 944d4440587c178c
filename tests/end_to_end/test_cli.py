"""The commands as a newcomer uses them, on real input."""

from __future__ import annotations

import csv
import json
import re

import click
import pytest

import tarazu
from tarazu.cli import cli

QUICK = ("--draws", "500")


def read(text: str):
    """Strict JSON: NaN and Infinity are refused."""

    def refused(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refused)


@pytest.fixture(scope="module")
def main_job(tarazu_process, tmp_path_factory):
    """`tarazu plan kaz-irn` in an empty folder, and the same to standard output."""
    folder = tmp_path_factory.mktemp("main")
    answer = tarazu_process("plan", "kaz-irn", *QUICK, cwd=folder)
    return folder, answer


def commands():
    """Every command with its words."""
    found = [((), cli)]
    for words, command in found:
        if isinstance(command, click.Group):
            found += [((*words, name), sub) for name, sub in command.commands.items()]
    return found


# the main job


def test_the_main_job_writes_report_json_and_tables_and_nothing_else(main_job):
    folder, answer = main_job
    assert answer.code == 0, answer.err
    assert answer.err == ""
    assert sorted(path.name for path in folder.iterdir()) == [
        "kaz-irn-plan",
        "kaz-irn-plan.html",
        "kaz-irn-plan.json",
    ]
    assert {path.suffix for path in (folder / "kaz-irn-plan").iterdir()} == {".csv"}
    assert "Wrote kaz-irn-plan.html" in answer.out


def test_the_main_job_says_the_answer_first(main_job):
    said = " ".join(main_job[1].out.split())
    assert said.startswith("Kazakhstan–Iran, USD 3.0 bn by 2030 No bundle of the listed measures reaches")
    assert "The year 2030 is an assumption of the dossier, not part of the announcement." in said
    assert "Of 9 announced targets that needed over 30% a year, 0 were met on time." in said


def test_the_report_is_one_file_that_needs_no_network(main_job):
    page = (main_job[0] / "kaz-irn-plan.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    loaded = re.findall(
        r"""<(?:script|img|link|iframe|source|object|embed)\b[^>]*?(?:src|href|data)=["']([^"']*)""", page
    )
    assert all(address.startswith(("data:", "#")) for address in loaded)
    assert "@import" not in page
    assert not re.search(r"url\((?!['\"]?(?:data:|#))", page)
    assert len(page) < 3_000_000


def test_the_report_leads_with_the_answer_and_draws_every_figure(main_job):
    page = (main_job[0] / "kaz-irn-plan.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 7
    text = re.sub(r"<[^>]+>", " ", page.partition("<body")[2])
    assert "No bundle of the listed measures reaches" in text[:4000]
    for name in ("528", "320", "tu038", "tu045", "Sources", "Checks"):
        assert name in text


def test_the_json_agrees_with_the_tables(main_job):
    folder = main_job[0]
    data = read((folder / "kaz-irn-plan.json").read_text(encoding="utf-8"))
    assert (data["target_usd"], data["by"], data["draws"], data["seed"]) == (3e9, 2030, 500, 1)
    with (folder / "kaz-irn-plan" / "probabilities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["p"]) for row in rows] == [row["p"] for row in data["probabilities"]]


def test_the_baseline_of_2022_shows_both_countries_figures(main_job):
    data = read((main_job[0] / "kaz-irn-plan.json").read_text(encoding="utf-8"))
    stated: dict[str, float] = {}
    for row in data["baseline"]["statements"]:
        stated[row["id"]] = stated.get(row["id"], 0.0) + (row["value_usd"] or 0.0)
    assert stated["tu038"] == pytest.approx(528e6)
    assert stated["tu045"] == pytest.approx(320e6, rel=0.001)
    assert {row["year"] for row in data["baseline"]["mirror_gap"]} >= {2022}
    assert max(row["year"] for row in data["baseline"]["years"]) == 2025


def test_the_same_run_in_this_process_gives_the_same_numbers(main_job):
    plan = tarazu.plan("kaz-irn", draws=500)
    data = read((main_job[0] / "kaz-irn-plan.json").read_text(encoding="utf-8"))
    assert data["probability"] == plan.probability
    # the last digits depend on the number of threads
    assert [row["plan_q50"] for row in data["path"]] == pytest.approx(plan.path.column("plan_q50"), rel=1e-9)


# outputs


def test_json_on_standard_output_is_pure_json_and_nothing_is_written(tarazu_process, tmp_path, files):
    answer = tarazu_process("plan", "kaz-irn", *QUICK, "--json", "-", cwd=tmp_path)
    assert answer.code == 0
    assert answer.err == ""
    assert read(answer.out)["pair"] == {"home": "KAZ", "partner": "IRN"}
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "written"),
    [
        (("--json", "a.json"), {"a.json"}),
        (("--html", "deep/b.html"), {"deep", "deep/b.html"}),
        (("--csv", "tables"), {"tables"}),
        (("--json", "-", "--csv", "tables"), {"tables"}),
    ],
)
def test_only_named_outputs_are_written(tarazu_here, here, files, options, written):
    answer = tarazu_here("plan", "kaz-irn", "--draws", "100", *options)
    assert answer.code == 0
    assert {name for name in files(here) if not name.endswith(".csv")} == written
    if "-" in options:
        assert read(answer.out)["draws"] == 100


def test_a_dossier_of_ones_own_runs_from_its_folder(tarazu_here, dossier, here):
    answer = tarazu_here("plan", "./mine", "--draws", "100", "--json", "-")
    assert read(answer.out)["measures"]
    assert tarazu_here("plan", "KAZ", "IRN", "--draws", "100", "--json", "x.json").err.startswith(
        "Using the bundled"
    )


@pytest.mark.parametrize("text", ["1bn", "1e9", "1 billion", "1000m", "$1,000,000,000", "1 млрд"])
def test_amounts_are_read_as_people_write_them(tarazu_here, text):
    answer = tarazu_here("plan", "UZB", "KAZ", "--target", text.replace("1", "9", 1), "--by", "2030", "--draws", "100",
                         "--json", "-")  # fmt: skip
    assert read(answer.out)["target_usd"] == 9e9


def test_the_target_in_millions_stands_above_the_baseline(tarazu_here):
    answer = tarazu_here("plan", "kaz-irn", "--target", "528m", "--draws", "100", "--json", "-")
    assert read(answer.out)["target_usd"] == 528e6


def test_a_named_regime_is_used(tarazu_here):
    answer = tarazu_here("plan", "kaz-irn", "--regime", "conflict", "--draws", "100", "--json", "-")
    assert read(answer.out)["regime"] == "conflict"


# pairs without a dossier


def test_a_pair_without_a_dossier_runs_by_its_totals_and_says_so(tarazu_here, here, files):
    answer = tarazu_here("plan", "UZB", "KAZ", "--target", "10bn", "--by", "2030", *QUICK)
    assert answer.code == 0
    assert "no products, measures, routes" in " ".join(answer.out.split())
    assert {name.partition("/")[0] for name in files(here)} == {
        "uzb-kaz-plan",
        "uzb-kaz-plan.html",
        "uzb-kaz-plan.json",
    }
    data = read((here / "uzb-kaz-plan.json").read_text(encoding="utf-8"))
    assert data["measures"] == data["frontier"] == []
    assert data["probability"] == data["probability_business_as_usual"]


def test_a_pair_that_is_not_reported_is_said_not_to_be(tarazu_process, tmp_path, files):
    answer = tarazu_process("plan", "RUS", "IRN", "--target", "5bn", "--by", "2030", cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert "not reported" in answer.err
    assert files(tmp_path) == []


def test_the_bundled_dossier_is_found_in_either_order(tarazu_here):
    answer = tarazu_here(
        "plan", "IRN", "KAZ", "--target", "3bn", "--by", "2030", "--draws", "100", "--json", "-"
    )
    assert "kaz-irn" in answer.err


# the other commands


@pytest.mark.parametrize("pair", [("kaz-irn",), ("UZB", "KAZ")])
def test_baseline(tarazu_here, pair):
    assert "Turnover, median" in tarazu_here("baseline", *pair).out
    data = read(tarazu_here("baseline", *pair, "--json", "-").out)
    assert {"years", "statements", "biases", "checks"} <= set(data)
    assert {"year", "direction", "series", "q10", "q50", "q90"} <= set(data["years"][0])
    assert {"id", "reporter", "value_usd", "residual"} <= set(data["statements"][0])


def test_potential(tarazu_here):
    assert "KAZ->IRN" in tarazu_here("potential", "kaz-irn").out
    there, back = read(tarazu_here("potential", "kaz-irn", "--json", "-").out)["directions"]
    assert (there["direction"], back["direction"]) == ("KAZ->IRN", "IRN->KAZ")
    assert {row["product"] for row in there["products"]} >= {"barley"}
    assert all({"product", "lacks"} <= set(row) for row in there["missing"])


def test_explain(tarazu_here):
    out = tarazu_here("explain", "kaz-irn", "baseline.2022", "--draws", "100").out
    assert out.startswith("baseline.2022.both.KAZ")
    assert "turnover.csv:tu038" in out
    assert "turnover.csv:tu045" in out
    data = read(tarazu_here("explain", "kaz-irn", "measure.fta", "--draws", "100", "--json", "-").out)
    assert data["figure"] == "measure.fta"
    assert "measures.csv:fta" in {row["place"] for row in data["rows"]}


def test_explain_without_a_dossier(tarazu_here):
    question = ("--target", "10bn", "--by", "2030", "--draws", "100")
    data = read(tarazu_here("explain", "UZB", "KAZ", "baseline.2023", *question, "--json", "-").out)
    assert data["values"]["q10"] < data["values"]["q50"] < data["values"]["q90"]
    assert data["rows"], "the figure rests on a row of the bundled table"


def test_every_figure_that_the_help_of_explain_names_is_one(tarazu_here):
    text = " ".join(cli.commands["explain"].callback.__doc__.split())
    named = re.findall(
        r"\b[a-z-]+\.[\w.-]*\w", text.partition("Figures are named by dots:")[2].partition("An unknown")[0]
    )
    assert len(named) > 8
    plan = tarazu.plan("kaz-irn", draws=100)
    product = plan.products.column("id")[0]
    for name in named:
        assert plan.explain(name.replace("ID", product)).values


def test_dossier_check(tarazu_here, dossier):
    assert tarazu_here("dossier", "check", "kaz-irn").out.rstrip().splitlines()[-1].startswith("0 errors")
    assert tarazu_here("dossier", "check", "kaz-irn").code == 0
    found = read(tarazu_here("dossier", "check", "mine", "--json", "-").out)["checks"]
    assert {check["severity"] for check in found} <= {"warning", "note"}
    (dossier / "macro.csv").write_text("", encoding="utf-8")
    answer = tarazu_here("dossier", "check", "mine")
    assert answer.code == 1
    assert "macro.csv: is empty" in answer.out


def test_dossier_new_is_a_dossier_that_passes_its_check_and_runs(tarazu_here, here):
    made = tarazu_here("dossier", "new", "UZB", "KAZ", "--target", "10bn", "--by", "2030")
    assert made.code == 0
    assert (here / "uzb-kaz" / "partnership.toml").is_file()
    assert tarazu_here("dossier", "check", "uzb-kaz").code == 0
    answer = tarazu_here("plan", "uzb-kaz", "--draws", "100", "--json", "-")
    assert answer.code == 0, answer.err
    assert read(answer.out)["target_usd"] == 10e9


def test_dossier_list(tarazu_here):
    assert tarazu_here("dossier", "list").out.split() == ["kaz-irn"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(tarazu_here, shell):
    assert "_TARAZU_COMPLETE" in tarazu_here("completion", shell).out


def test_version(tarazu_here):
    assert tarazu_here("--version").out == f"tarazu {tarazu.__version__}\n"


@pytest.mark.parametrize("words", [words for words, _ in commands()], ids=" ".join)
def test_help_of_every_command_shows_an_example(tarazu_here, words):
    answer = tarazu_here(*words, "--help")
    assert answer.code == 0
    if words not in {("dossier",), ("dossier", "list")}:
        assert re.search(r"Examples?:\n\s+tarazu", answer.out)


@pytest.mark.parametrize("words", [("dossier",), ("dossier", "list")], ids=" ".join)
def test_help_of_the_dossier_commands_shows_an_example(tarazu_here, words):
    assert re.search(r"Examples?:\n\s+tarazu", tarazu_here(*words, "--help").out)


def test_every_option_is_explained(tarazu_here):
    for _, command in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.name
