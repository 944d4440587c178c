"""One CSV file read by its declaration: every kind of bad cell and bad file gives one clear check."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.core import schema
from tarazu.core.cells import Problem, Variable, from_toml, parse
from tarazu.core.checks import Check, Severity
from tarazu.core.schema import DATA, Parsed, declared, read_table

TYPES = {
    *(
        "text",
        "choice",
        "number",
        "integer",
        "date",
        "partial-date",
        "hs",
        "direction",
        "country",
        "countries",
    ),
    *("id", "ids", "numbers", "texts", "yes-no", "quantiles"),
}
PAIR = ("KAZ", "IRN")
HEADER = (
    "id,reporter,reporter_group,source_type,scope,period_type,period_start,period_end,"
    "turnover_usd_m,bound,doubtful,publisher"
)
GOOD = "t1,Office,KAZ,customs,all goods,year,2022-01-01,2022-12-31,528,exact,no,Office"


def variable(kind: str, unit: str = "", allowed: tuple[str, ...] = (), required: bool = False) -> Variable:
    return Variable("turnover", "value", kind, unit, required, 0.0, 100.0, allowed, "Share of the whole.")


def read(tmp_path: Path, text: str | bytes, name: str = "turnover") -> Parsed:
    path = tmp_path / f"{name}.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, name, PAIR)


def changed(column: str, value: str) -> str:
    cells = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | {column: value}
    return f"{HEADER}\n{','.join(cells.values())}\n"


def only(parsed: Parsed) -> Check:
    assert len(parsed.checks) == 1, [str(check) for check in parsed.checks]
    assert parsed.checks[0].severity is Severity.ERROR
    assert not len(parsed.table)
    return parsed.checks[0]


def test_every_declared_variable_has_a_known_type_a_meaning_and_ordered_bounds():
    for variables in declared().values():
        for v in variables:
            assert v.type in TYPES, v
            assert v.meaning.endswith("."), v
            assert v.type not in ("choice",) or v.allowed, v
            assert v.low is None or v.high is None or v.low < v.high, v


def test_a_column_is_declared_once():
    for variables in declared().values():
        names = [v.column for v in variables]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name",
    [
        "effects",
        "announced_targets",
        "trade_regions_2023",
        "gdp_regions_2023",
    ],
)
def test_bundled_reference_tables_read_without_findings(name):
    parsed = read_table(DATA / f"{name}.csv", name)
    assert parsed.checks == ()
    assert len(parsed.table) > 20


def test_a_good_row_is_typed(tmp_path):
    parsed = read(tmp_path, f"{HEADER}\n{GOOD}\n")
    row = next(iter(parsed.table))
    assert parsed.checks == ()
    assert row["period_start"] == date(2022, 1, 1)
    assert row["turnover_usd_m"] == 528.0
    assert row["same_as"] is None
    assert parsed.places == (2,)


@pytest.mark.parametrize(
    ("column", "value", "name", "advice"),
    [
        ("turnover_usd_m", '"43,2m"', "not-a-number", "Write 43.2 (unit: USD million)"),
        ("turnover_usd_m", "3bn", "not-a-number", "Write 3000 (unit: USD million)"),
        ("turnover_usd_m", "some", "not-a-number", "digits with a decimal point"),
        ("turnover_usd_m", "1_000", "not-a-number", "digits with a decimal point"),
        ("turnover_usd_m", "-5", "out-of-bounds", "below the least possible value, 0 (unit: USD million)"),
        ("turnover_usd_m", "NaN", "not-finite", "Leave the cell empty"),
        ("turnover_usd_m", "-inf", "not-finite", "Leave the cell empty"),
        ("turnover_usd_m", "1e999", "not-finite", "Leave the cell empty"),
        ("period_start", "2022-02-30", "not-a-date", "2022-02-30"),
        ("period_start", "31.12.2022", "not-a-date", "31.12.2022"),
        ("period_start", "2022", "not-a-date", "2022"),
        ("period_start", "1400-12-30", "not-gregorian", "write SH 1400-12-30"),
        ("period_start", "SH 1400-12-30", "not-a-date", "1400"),
        ("bound", "roughly", "unknown-choice", "exact, about, at least, range"),
        ("reporter", "", "missing-value", "who states the figure"),
        ("doubtful", "", "missing-value", "one of no, check, yes"),
    ],
)
def test_a_bad_cell_is_one_error_with_its_place_and_advice(tmp_path, column, value, name, advice):
    check = only(read(tmp_path, changed(column, value)))
    assert check.name == name
    assert check.where == f"turnover.csv, row 2, column {column}"
    assert advice in check.message


@pytest.mark.parametrize("mark", [";", "\t"])
def test_what_spreadsheets_write_in_place_of_commas_is_read(tmp_path, mark):
    given = f"{HEADER}\n{GOOD}\n"
    wanted = read(tmp_path, given)
    parsed = read(tmp_path, "\ufeff" + given.replace(",", mark))
    assert parsed.checks == ()
    assert parsed.table.rows == wanted.table.rows


def test_a_solar_hijri_day_that_exists_is_read_as_the_gregorian_day(tmp_path):
    parsed = read(tmp_path, changed("period_start", "SH 1400-12-29"))
    assert parsed.table.column("period_start") == [date(2022, 3, 20)]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("", "empty-file"),
        ("  \n\n", "empty-file"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not-text"),
        (b"id,reporter\n\0\0", "not-text"),
        ("тест".encode("cp1251"), "not-text"),
        (HEADER + '\n"t1', "malformed-csv"),
        (f"{HEADER},colour\n{GOOD},red\n", "unknown-column"),
        (f"{HEADER},scope\n{GOOD},all goods\n", "duplicate-column"),
        (f"{HEADER}\n{GOOD},one too many\n", "ragged-row"),
        (f"{HEADER}\nt1,Office\n", "ragged-row"),
    ],
)
def test_a_bad_file_is_one_error(tmp_path, content, name):
    assert only(read(tmp_path, content)).name == name


def test_each_missing_required_column_is_named_with_its_meaning(tmp_path):
    parsed = read(tmp_path, "id,reporter\nt1,Office\n")
    missing = {check.where for check in parsed.checks if check.name == "missing-column"}
    assert "turnover.csv, row 1, column period_start" in missing
    assert not any("home_to_partner_usd_m" in where for where in missing)


def test_a_file_above_the_limit_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "SIZE_LIMIT", 1_000_000)
    check = only(read(tmp_path, b"a" * 1_000_001))
    assert check.name == "file-too-large"
    assert "1 MB" in check.message


def test_a_folder_in_the_place_of_a_file_is_an_error(tmp_path):
    (tmp_path / "turnover.csv").mkdir()
    assert only(read_table(tmp_path / "turnover.csv", "turnover")).name in ("unreadable-file", "not-text")


def test_a_bad_row_is_left_out_and_the_others_stay(tmp_path):
    bad = GOOD.replace("528", "much").replace("t1", "t0")
    parsed = read(tmp_path, f"{HEADER}\n{bad}\n\n{GOOD}\n")
    assert parsed.table.column("id") == ["t1"]
    assert parsed.places == (4,)  # a blank row counts as a row
    assert parsed.ids == {"t0", "t1"}


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    parsed = read(tmp_path, b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n".encode())
    assert parsed.checks == ()
    assert parsed.table.column("id") == ["t1"]


def test_columns_may_stand_in_any_order(tmp_path):
    header, good = ",".join(HEADER.split(",")[::-1]), ",".join(GOOD.split(",")[::-1])
    assert list(read(tmp_path, f"{header}\n{good}\n").table) == list(
        read(tmp_path, f"{HEADER}\n{GOOD}\n").table
    )


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("hs", "1507-1515;1201", "1507-1515;1201"),
        ("hs", "all", "all"),
        ("direction", "IRN->KAZ", "IRN->KAZ"),
        ("country", "kz", "KAZ"),
        ("countries", "KAZ; IRN", ("KAZ", "IRN")),
        ("ids", "re001; effects:ef_ta02", ("re001", "effects:ef_ta02")),
        ("id", "tu001", "tu001"),
        ("partial-date", "2019-09", "2019-09"),
        ("integer", "7", 7),
        ("number", " ", None),
    ],
)
def test_a_good_text_is_read_by_its_type(kind, text, value):
    assert parse(text, variable(kind), PAIR) == value


@pytest.mark.parametrize(
    ("kind", "text", "name"),
    [
        ("hs", "100", "unknown-code"),
        ("hs", "wheat", "unknown-code"),
        ("direction", "RUS->IRN", "unknown-direction"),
        ("direction", "both", "unknown-direction"),
        ("country", "Atlantis", "unknown-code"),
        ("countries", "KAZ;Atlantis", "unknown-code"),
        ("partial-date", "2019-13", "not-a-date"),
        ("integer", "7.5", "not-an-integer"),
        ("integer", "101", "out-of-bounds"),
    ],
)
def test_a_bad_text_is_a_problem_of_its_type(kind, text, name):
    problem = parse(text, variable(kind), PAIR)
    assert isinstance(problem, Problem)
    assert problem.name == name


def test_words_allowed_beside_a_code_are_read():
    assert parse("EAEU", variable("country", allowed=("EAEU",))) == "EAEU"
    assert parse("other", variable("hs", allowed=("other",))) == "other"
    assert parse("both", variable("direction", allowed=("both",)), PAIR) == "both"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", 3, 3.0),
        ("integer", 30, 30),
        ("numbers", [1, 2.5], (1.0, 2.5)),
        ("numbers", [0.0], (0.0,)),
        ("texts", ["a", "b"], ("a", "b")),
        ("yes-no", False, False),
        ("date", date(2023, 12, 4), date(2023, 12, 4)),
        ("quantiles", {"m": [0, 0.5, 1]}, {"m": (0.0, 0.5, 1.0)}),
        ("ids", ["a:1", "b:2"], ("a:1", "b:2")),
    ],
)
def test_a_good_toml_value_is_read(kind, value, expected):
    assert from_toml(value, variable(kind)) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "3bn"),
        ("number", True),
        ("number", float("nan")),
        ("integer", 30.5),
        ("numbers", []),
        ("numbers", [1, "x"]),
        ("texts", "one"),
        ("yes-no", "true"),
        ("text", 5),
        ("quantiles", 0.5),
        ("quantiles", {"m": [0.1, 0.2]}),
        ("quantiles", {"m": [0.1, 0.2, "x"]}),
    ],
)
def test_a_toml_value_of_another_kind_is_a_problem(kind, value):
    assert isinstance(from_toml(value, variable(kind)), Problem)


CELL_TYPES = sorted(TYPES - {"numbers", "texts", "yes-no", "quantiles"})
DIGITS_AND_MARKS = st.text("0123456789.,;:->eE+ SHKAZIRN\u06f1\u0661", max_size=20)


@given(text=st.text(max_size=30) | DIGITS_AND_MARKS, kind=st.sampled_from(CELL_TYPES))
def test_any_text_gives_a_value_or_a_problem_and_never_an_exception(text, kind):
    parse(text, variable(kind, allowed=("yes",)), PAIR)


@given(content=st.binary(max_size=200) | st.text(max_size=100).map(lambda tail: f"{HEADER}\n{tail}".encode()))
def test_any_bytes_give_checks_and_never_an_exception(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "turnover.csv"
    path.write_bytes(content)
    parsed = read_table(path, "turnover", PAIR)
    assert parsed.checks or not len(parsed.table)
