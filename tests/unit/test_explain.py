"""Every figure can be traced, down to rows that exist."""

from __future__ import annotations

from importlib.resources import files

import pytest

import tarazu as tz
from tarazu.core.errors import UnknownFigureError
from tarazu.core.table import is_missing
from tarazu.planning.explain import TRACES, as_dict, figures, source_rows


@pytest.fixture(scope="module")
def plan():
    return tz.plan("kaz-irn", draws=100)


@pytest.fixture(scope="module")
def lineages(plan):
    return {name: plan.explain(name) for name in figures(plan)}


def test_every_figure_is_explained_in_words_with_values(lineages):
    assert len(lineages) > 250
    for name, lineage in lineages.items():
        assert lineage.method.text, name
        assert lineage.values, name
        assert not any(is_missing(value) for value in lineage.values.values()), name


def test_every_input_of_a_figure_is_a_figure(plan, lineages):
    for name, lineage in lineages.items():
        for each in lineage.inputs:
            assert each != lineage.figure, name
            assert plan.explain(each).values, f"{name} <- {each}"


def test_every_row_that_is_named_exists(plan, lineages):
    bundled = files("tarazu.data")
    for name, lineage in lineages.items():
        for place in lineage.rows:
            file, colon, identity = place.partition(":")
            table = file.removesuffix(".csv")
            if table == "register":
                assert identity in plan.dossier.register.items, f"{name}: {place}"
            elif table in plan.dossier.tables:
                assert identity in plan.dossier.tables[table].column("id"), f"{name}: {place}"
            else:
                text = (bundled / file).read_text(encoding="utf-8")
                assert not colon or f"\n{identity}," in text, f"{name}: {place}"


def test_the_text_of_every_row_is_shown(plan, lineages):
    for name, lineage in lineages.items():
        for place, text in source_rows(plan, lineage):
            assert text or ":" not in place, f"{name}: {place}"


def test_every_figure_of_a_measure_leads_to_the_rows_of_its_effects(plan, lineages):
    for measure in plan.given.measures:
        found = lineages[f"measure.{measure.id}"]
        assert set(found.inputs) == {f"effect.{e.id}" for e in measure.effects}
        assert f"measures.csv:{measure.id}" in found.rows
        for effect in measure.effects:
            assert f"measure_effects.csv:{effect.id}" in lineages[f"effect.{effect.id}"].rows


def test_the_baseline_of_2022_rests_on_the_kazakh_and_on_the_iranian_figure(lineages):
    assert {"turnover.csv:tu038", "turnover.csv:tu045"} <= set(lineages["baseline.2022"].rows)


def test_baseline_names_direction_and_series(plan):
    found = plan.explain("baseline.2022.KAZ->IRN.pooled")
    (row,) = [
        r
        for r in plan.baseline.table
        if (r["year"], r["direction"], r["series"]) == (2022, "KAZ->IRN", "pooled")
    ]
    assert found.values == {key: row[key] for key in ("q10", "q50", "q90")}


def test_values_are_those_of_the_plan(plan, lineages):
    assert lineages["probability"].values["all measures carried out"] == plan.probability
    (row,) = [r for r in plan.attribution if r["id"] == "fta"]
    assert lineages["measure.fta"].values["mean"] == row["mean"]
    (row,) = [r for r in plan.path if r["year"] == 2030]
    assert lineages["usual.2030"].values["usual_q50"] == row["usual_q50"]
    assert lineages["path.2030"].values["plan_q50"] == row["plan_q50"]


def test_a_lineage_as_json_holds_its_rows(plan, lineages):
    data = as_dict(plan, lineages["baseline.2022"])
    assert set(data) == {"figure", "values", "method", "citation", "inputs", "rows"}
    (row,) = [each["row"] for each in data["rows"] if each["place"] == "turnover.csv:tu038"]
    assert "528" in row


@pytest.mark.parametrize(
    "figure", ["baseline.1066", "baseline", "measure.visas", "probability.2030", "", "x.y"]
)
def test_an_unknown_figure_is_refused_with_what_there_is(plan, figure):
    with pytest.raises(UnknownFigureError, match=r"Nearest: .*Kinds: .*baseline.*effect"):
        plan.explain(figure)


def test_a_misspelt_figure_is_answered_with_the_nearest(plan):
    with pytest.raises(UnknownFigureError, match=r"measure\.clearing"):
        plan.explain("measure.claering")


def test_a_year_of_odd_digits_is_refused(plan):
    with pytest.raises(UnknownFigureError):
        plan.explain("baseline.²")


def test_the_name_of_a_row_leads_to_that_row(plan):
    tables = (
        plan.table,
        plan.frontier,
        plan.baseline.biases,
        plan.back_solve,
        plan.attribution,
        plan.products,
    )
    for table in tables:
        for row in table:
            values = plan.explain(TRACES[table.name](row, plan)).values
            assert values.items() <= row.items(), table.name


def test_every_figure_is_listed_once(plan):
    assert len(figures(plan)) == len(set(figures(plan)))
