"""`import tarazu`: light, small, documented, and used as the README shows."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import is_dataclass

import numpy as np
import pytest

import tarazu as tz


@pytest.fixture(scope="module")
def plan():
    return tz.plan(tz.load("kaz-irn"), target=3e9, by=2030, draws=1000, seed=1)


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_importing_costs_nothing():
    assert not {"numpy", "click", "polars", "rich", "babel", "altair", "jinja2"} & modules_after(
        "import tarazu"
    )


def test_the_command_line_starts_without_the_engines():
    assert not {"numpy", "polars", "babel", "altair", "jinja2"} & modules_after("import tarazu.cli")


def test_every_public_name_resolves_and_there_are_few():
    assert len(tz.__all__) == len(set(tz.__all__)) <= 25
    for name in tz.__all__:
        assert getattr(tz, name) is not None
    assert set(tz.__all__) <= set(dir(tz))


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'prophecy'"):
        tz.prophecy  # noqa: B018


@pytest.mark.parametrize("name", tz.__all__)
def test_every_public_name_is_documented(name):
    found = getattr(tz, name)
    text = inspect.getdoc(found) or ""
    assert len(text) > 15
    assert not (is_dataclass(found) and text.startswith(f"{found.__name__}("))  # made up by dataclass


def test_every_public_member_of_a_plan_is_documented():
    for name, member in inspect.getmembers(tz.Plan):
        if name.startswith("_") or name in tz.Plan.__dataclass_fields__:
            continue
        what = getattr(member, "func", None) or getattr(member, "fget", None) or member
        if name not in {"name", "baseline", "base_year", "setting"}:
            assert what.__doc__, name


def test_plan_stays_a_function_whatever_is_imported():
    import tarazu.planning.plan  # noqa: F401

    assert inspect.isfunction(tz.plan)


def test_every_error_is_a_tarazu_error():
    for name in tz.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(tz, name), tz.TarazuError)


def test_the_plan_answers_as_the_readme_shows(plan):
    assert 0 <= plan.probability <= 1
    for table in (plan.table, plan.attribution, plan.frontier, plan.products, plan.path, plan.back_solve):
        assert isinstance(table, tz.Table)
        assert len(table) > 1
        assert table.frame.height == len(table)
    assert all(isinstance(check, tz.Check) for check in plan.checks)
    assert plan.explain("baseline.2022").figure == "baseline.2022.both.KAZ"
    assert plan.question.draws == 1000
    changed = plan.with_measures({"fta": False, "clearing": 0.5})
    assert changed.bundle["fta"] == 0
    assert changed.q10 < changed.q50 < changed.q90


def test_a_plan_is_written_to_a_folder(plan, tmp_path):
    written = plan.write(tmp_path / "new" / "place")
    assert sorted(path.name for path in written) == ["kaz-irn-plan", "kaz-irn-plan.html", "kaz-irn-plan.json"]
    assert all(path.exists() for path in written)


def test_no_bundle_reaches_the_target_and_that_is_said_first(plan):
    from tarazu.planning.lead import best_probability, lead

    assert best_probability(plan) < 0.5
    assert lead(plan).startswith("No bundle of the listed measures reaches USD 3.0 bn by 2030")


def test_a_dossier_is_asked_without_a_plan():
    dossier = tz.load("kaz-irn")
    assert tz.bundled() == ["kaz-irn"]
    assert not [check for check in tz.check("kaz-irn") if check.severity == "error"]
    there, back = tz.assess(dossier)
    assert (there.direction, back.direction) == ("KAZ->IRN", "IRN->KAZ")
    found = tz.baseline(dossier)
    assert isinstance(found, tz.Baseline)
    assert found.series == ("pooled", "KAZ", "IRN")


def test_two_countries_without_a_dossier_are_planned_by_their_totals():
    plan = tz.plan(("Uzbekistan", "KAZ"), target=10e9, by=2030, draws=200)
    assert plan.dossier is None
    assert len(plan.attribution) == len(plan.frontier) == 0
    assert plan.probability == plan.probability_business_as_usual
    assert [check.name for check in plan.checks if check.where == "UZB-KAZ"] == ["totals-only"]


def test_amounts_and_countries_are_read_as_people_write_them():
    assert [tz.parse_amount(text) for text in ("3bn", "3e9", "3 billion")] == [3e9] * 3
    assert tz.parse_amount("528m") == 528e6
    assert tz.format_amount(3e9) == "USD 3.0 bn"
    assert tz.country("Иран") == tz.country("IRN")


def test_numbers_of_tables_are_plain_numbers(plan):
    for table in (plan.table, plan.attribution, plan.frontier, plan.products, plan.path, plan.back_solve):
        for row in table.rows:
            assert not any(isinstance(value, np.generic | np.ndarray) for value in row), table.name
