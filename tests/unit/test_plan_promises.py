"""What carries each measure of the plan: promises and documents, how they stand, and where that is written."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from register_support import small
from tarazu.planning.commitments import carried
from tarazu.planning.dossier import load


def plan_of(register, *measures):
    given = SimpleNamespace(measures=[SimpleNamespace(id=m, name=m, commitments=()) for m in measures])
    return SimpleNamespace(dossier=SimpleNamespace(register=register), given=given)


@pytest.fixture(scope="module")
def rows():
    dossier = load("kaz-irn")
    plan = SimpleNamespace(dossier=dossier, given=SimpleNamespace(measures=dossier.measures))
    return list(carried(plan))


def carriers(rows, measure):
    return {row["commitment"] for row in rows if row["measure"] == measure}


def test_a_point_about_the_whole_plan_says_nothing_of_one_measure(rows):
    assert carriers(rows, "clearing") == {"co015", "co017"}
    assert "co015.1" not in {row["commitment"] for row in rows}


def test_the_document_in_which_a_promise_stands_is_named_with_it(rows):
    assert {"co015", "co018"} <= carriers(rows, "exporter-support")


def test_points_of_a_document_of_one_measure_belong_to_it(tmp_path):
    register = small(
        tmp_path,
        instruments=[
            {"id": "one", "title": "One", "form": "agreement", "parties": "KAZ;IRN", "measures": "fta"},
            {"id": "two", "title": "Two", "form": "agreement", "parties": "KAZ;IRN", "measures": "fta;rail"},
        ],
        commitments=[
            {"id": "c1", "title": "A", "form": "obligation", "parties": "KAZ", "instrument": "one"},
            {"id": "c2", "title": "B", "form": "obligation", "parties": "KAZ", "instrument": "two"},
        ],
    )
    rows = list(carried(plan_of(register, "fta", "rail")))
    assert carriers(rows, "fta") == {"one", "two", "c1"}
    assert carriers(rows, "rail") == {"two"}


def test_every_row_says_where_it_stands_with_the_address_that_is_known(rows):
    items = load("kaz-irn").register.items
    for row in rows:
        known = {proof.source_url for proof in items[row["commitment"]].evidence} - {""}
        assert any(url in row["proof"] for url in known) if known else row["proof"], row["commitment"]
    (clearing,) = (row for row in rows if row["commitment"] == "co017")
    assert "“introducing a bilateral clearing mechanism” https://astanatimes.com/" in clearing["proof"]
