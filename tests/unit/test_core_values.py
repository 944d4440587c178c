"""Checks, tables, errors and measures."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest

from tarazu.core import errors
from tarazu.core.checks import Check, Severity, place
from tarazu.core.checks import errors as only_errors
from tarazu.core.measure import Basis, Interval, Measure
from tarazu.core.source import Source
from tarazu.core.table import Column, Table, is_missing, json_value


def test_a_place_names_file_row_and_column():
    assert place("turnover.csv", 14, "value_usd") == "turnover.csv, row 14, column value_usd"
    assert place("turnover.csv", column="year") == "turnover.csv, column year"
    assert place("turnover.csv") == "turnover.csv"


def test_a_check_prints_severity_place_and_message():
    assert str(Check.error("unit", "turnover.csv, row 2", "not in US dollars")) == (
        "error: turnover.csv, row 2: not in US dollars"
    )
    assert str(Check.note("unit", "", "all read")) == "note: all read"


def test_only_errors_stop_a_run():
    found = [
        Check.note("a", "", ""),
        Check.error("b", "", ""),
        Check.warning("c", "", ""),
        Check.error("d", "", ""),
    ]
    assert [check.name for check in only_errors(found)] == ["b", "d"]
    assert [check.severity for check in found[:3]] == [Severity.NOTE, Severity.ERROR, Severity.WARNING]


def test_every_exception_is_in_the_drawn_tree_under_one_root():
    classes = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)
    ]
    assert all(issubclass(each, errors.TarazuError) for each in classes)
    assert [each.__name__ for each in classes if each.__name__ not in (errors.__doc__ or "")] == []


def test_a_dossier_error_carries_its_checks():
    check = Check.error("unit", "turnover.csv", "wrong")
    assert errors.DossierError("1 error", [check]).checks == (check,)


def test_a_shape_error_says_what_was_expected():
    assert (
        str(errors.ShapeError(expected=(3,), got=(2,), what="imports"))
        == "imports: expected shape (3,), got (2,)."
    )


COLUMNS = (Column("year"), Column("value", "USD m", "turnover"), Column("note"))


def test_a_table_is_built_from_records_and_given_back():
    table = Table.build("turnover", COLUMNS, [{"year": 2022, "value": 528.0}, {"year": 2023, "note": "a, b"}])
    assert len(table) == 2
    assert table.column("value") == [528.0, None]
    assert list(table) == table.records()
    assert table.frame.columns == ["year", "value", "note"]
    assert table.frame["value"].to_list() == [528.0, None]


def test_csv_of_a_table_leaves_missing_values_empty():
    table = Table("t", COLUMNS, ((2022, math.nan, None), (2023, 302.5, 'say "so", twice')))
    assert list(csv.reader(io.StringIO(table.to_csv()))) == [
        ["year", "value", "note"],
        ["2022", "", ""],
        ["2023", "302.5", 'say "so", twice'],
    ]


def test_an_empty_table_has_its_header():
    assert Table("t", COLUMNS, ()).to_csv() == "year,value,note\n"
    assert Table("t", COLUMNS, ()).records() == []


def test_a_row_of_another_length_is_refused():
    with pytest.raises(errors.ShapeError, match="a row of table t"):
        Table("t", COLUMNS, ((2022, 528.0),))


def test_json_values_are_plain_and_finite():
    assert json_value(np.float64(1.5)) == 1.5
    assert type(json_value(np.int64(3))) is int
    assert [json_value(value) for value in (math.nan, math.inf, np.float64("nan"), None)] == [None] * 4
    assert json_value("x") == "x"


def test_missing_is_none_or_nan_and_zero_is_not():
    assert is_missing(None)
    assert is_missing(math.nan)
    assert not is_missing(0.0)
    assert not is_missing("")


def test_a_source_prints_what_is_known():
    assert str(Source("IRICA", "", "2023-04")) == "IRICA, 2023-04"


def measure(start: float, ramp_years: float) -> Measure:
    some = Interval(0.1, 0.5, 0.9)
    return Measure("m", "m", start, ramp_years, "", (), some, some, None, Basis.UNKNOWN, (), ())


def test_an_interval_out_of_order_is_a_programming_mistake():
    with pytest.raises(AssertionError):
        Interval(0.5, 0.1, 0.9)


def test_a_measure_ramps_linearly_from_its_start():
    """Mid-year counts: a measure that starts with 2026 and ramps for two years is at 3/4 in mid-2027."""
    assert measure(2026.0, 2.0).weight(2026, 2025) == pytest.approx(0.25)
    assert measure(2026.0, 2.0).weight(2027, 2025) == pytest.approx(0.75)
    assert measure(2026.0, 2.0).weight(2030, 2025) == 1.0
    assert measure(2028.0, 2.0).weight(2026, 2025) == 0.0


def test_without_a_ramp_a_measure_acts_fully_at_once():
    assert measure(2026.0, 0.0).weight(2026, 2025) == 1.0


def test_what_acted_in_the_base_year_belongs_to_the_baseline():
    assert measure(2025.0, 2.0).weight(2030, 2025) == pytest.approx(0.75)
    assert measure(2019.0, 2.0).weight(2030, 2025) == 0.0
