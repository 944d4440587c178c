"""CPMM indicators: small logs computed by hand, bad rows, grouping, the bootstrap."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from tarazu.core.checks import Check, Severity
from tarazu.core.errors import InputError
from tarazu.corridor.cpmm import Log, change_interval, columns, indicators, read_log, within_rounding

HEADER = "shipment,sequence,corridor,mode,tonnes,kind,place,country,bcp,km,arrived,departed,hours,cost_usd"
GOOD = (
    "a,1,2,road,10,moving,Border,KAZ,,300,,,6,300",
    "a,2,2,road,10,border,Border,KAZ,Post,,,,2,50",
    "a,3,2,road,10,border,Border,KAZ,Post,,,,3,0",
    "a,4,2,road,10,moving,Town,UZB,,200,,,4,150",
    "a,5,2,road,10,stop,Town,UZB,,,,,5,0",
)


@pytest.fixture
def write(tmp_path: Path):
    def written(*lines: str, header: str = HEADER) -> Path:
        path = tmp_path / "log.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return written


def rows(log: Log, by=("mode",), **options) -> dict[tuple, dict]:
    return {
        (*(record[key] for key in by), record["indicator"]): record
        for record in indicators(log, by, **options)
    }


def only(log: Log, name: str) -> Check:
    found = [check for check in log.checks if check.name == name]
    assert len(found) == 1, log.checks
    return found[0]


def test_one_shipment_by_hand(write):
    log = read_log(write(*GOOD))
    assert log.checks == ()
    found = rows(log)
    assert found["road", "TFI1"]["mean"] == 5  # 2 + 3 h at one point are one visit
    assert found["road", "TFI1"]["n"] == 1
    assert found["road", "TFI2"]["mean"] == 50
    assert found["road", "TFI3"]["mean"] == 1000  # 500 USD on 500 km with 10 t: twice that for 20 t
    assert found["road", "SWOD"]["mean"] == 50  # 500 km in 10 h
    assert found["road", "SWD"]["mean"] == 25  # in 10 + 10 h
    assert found["road", "SWD"]["sd"] is None


def test_a_country_counts_its_own_rows_only(write):
    found = rows(read_log(write(*GOOD)), ("mode", "country"))
    assert found["road", "KAZ", "SWD"]["mean"] == pytest.approx(300 / 11)
    assert found["road", "UZB", "SWD"]["mean"] == pytest.approx(200 / 9)
    assert found["road", "KAZ", "TFI3"]["mean"] == pytest.approx(350 / 300 * 500 * 2)
    assert ("road", "UZB", "TFI1") not in found


def test_by_crossing_point_there_is_no_speed(write):
    found = rows(read_log(write(*GOOD)), ("mode", "bcp"))
    assert set(found) == {("road", "Post", "TFI1"), ("road", "Post", "TFI2")}


def test_mean_median_deviation_and_pooled_differ_as_they_should(write):
    hours = (1, 2, 9)
    lines = [f"s{h},1,,rail,20,moving,X,,,90,,,{h},100" for h in hours]
    speed = rows(read_log(write(*lines)))["rail", "SWOD"]
    assert speed["mean"] == pytest.approx((90 + 45 + 10) / 3)
    assert speed["median"] == 45
    assert speed["sd"] == pytest.approx(40.1040, abs=1e-4)  # of 90, 45 and 10 km/h about 48.333
    assert speed["pooled"] == pytest.approx(270 / 12)
    assert speed["n"] == speed["shipments"] == 3


def test_two_visits_of_one_point_with_a_movement_between_are_two(write):
    lines = (
        "a,1,,road,20,border,P,KAZ,P,,,,4,10",
        "a,2,,road,20,moving,Q,KAZ,,10,,,1,5",
        "a,3,,road,20,border,P,KAZ,P,,,,8,20",
    )
    found = rows(read_log(write(*lines)))["road", "TFI1"]
    assert (found["n"], found["shipments"], found["mean"]) == (2, 1, 6)


def test_a_halt_within_a_visit_does_not_end_it_and_another_point_does(write):
    lines = (
        "a,1,,road,20,border,P,KAZ,P,,,,4,10",
        "a,2,,road,20,stop,P,KAZ,,,,,1,0",
        "a,3,,road,20,border,P,KAZ,P,,,,2,20",
        "a,4,,road,20,border,Q,UZB,Q,,,,3,20",
    )
    found = rows(read_log(write(*lines)), ("bcp",))
    assert found["P", "TFI1"]["mean"] == 6
    assert found["Q", "TFI1"]["mean"] == 3


def test_rows_may_stand_in_any_order(write):
    ordered = indicators(read_log(write(*GOOD))).records()
    assert indicators(read_log(write(*reversed(GOOD)))).records() == ordered


def test_unknown_cost_is_not_zero(write):
    lines = [GOOD[0], GOOD[1][: -len("50")], *GOOD[2:]]
    log = read_log(write(*lines))
    found = rows(log)
    assert ("road", "TFI2") not in found
    assert ("road", "TFI3") not in found
    assert found["road", "TFI1"]["mean"] == 5
    assert only(log, "no-cost").where == "log.csv, row 3, column cost_usd"


def test_missing_weight_leaves_speed(write):
    log = read_log(write(*(line.replace(",10,", ",,", 1) for line in GOOD)))
    assert ("road", "TFI3") not in rows(log)
    assert ("road", "SWD") in rows(log)
    assert only(log, "no-weight").severity is Severity.NOTE


def test_moments_give_the_hours_with_and_without_zone(write):
    lines = (
        "a,1,,road,20,moving,X,,,100,2024-03-05T12:00+06:00,2024-03-05T09:00+05:00,,1",
        "a,2,,road,20,stop,X,,,,2024-03-05 12:00,2024-03-05 14:30,,1",
        "a,3,,road,20,stop,X,,,,2024-03-05T07:00Z,2024-03-05T07:30Z,0.5,1",
    )
    log = read_log(write(*lines))
    assert log.checks == ()
    assert [row.hours for row in log.rows] == [2, 2.5, 0.5]


BAD = {
    "negative": ("a,9,2,road,10,stop,Town,UZB,,,,,-5,0", "hours", "partial"),
    "missing": ("a,9,2,road,10,stop,Town,UZB,,,,,,0", "hours", "partial"),
    "speed": ("a,9,2,road,10,moving,Town,UZB,,200000,,,4,0", "km", "partial"),
    "zero-hours": ("a,9,2,road,10,moving,Town,UZB,,200,,,0,0", "hours", "partial"),
    "time-reversed": (
        "a,9,2,road,10,stop,Town,UZB,,,2024-01-02T00:00,2024-01-01T00:00,,0",
        "departed",
        "partial",
    ),
    "not-a-time": (
        "a,9,2,road,10,stop,Town,UZB,,,05.03.2024 12:00,2024-03-06T00:00,,0",
        "arrived",
        "partial",
    ),
    "time-zone": (
        "a,9,2,road,10,stop,Town,UZB,,,2024-01-01T00:00,2024-01-02T00:00Z,,0",
        "departed",
        "partial",
    ),
    "hours-disagree": (
        "a,9,2,road,10,stop,Town,UZB,,,2024-01-01T00:00,2024-01-01T05:00,4,0",
        "hours",
        "partial",
    ),
    "unknown-country": ("a,9,2,road,10,stop,Town,Ruritania,,,,,5,0", "country", "partial"),
    "km-standing": ("a,9,2,road,10,stop,Town,UZB,,12,,,5,0", "km", "partial"),
    "row-length": ("a,9,2,road,10,stop,Town", None, "partial"),
    "unknown-choice": ("a,9,2,truck,10,stop,Town,UZB,,,,,5,0", "mode", "gone"),
    "no-cargo": ("a,9,2,road,0,stop,Town,UZB,,,,,5,0", "tonnes", "gone"),
    "cargo-changes": ("a,9,2,road,12,stop,Town,UZB,,,,,5,0", "tonnes", "gone"),
    "duplicate-sequence": ("a,3,2,road,10,stop,Town,UZB,,,,,5,0", "sequence", "gone"),
    "not-a-number": ('a,9,2,road,10,stop,Town,UZB,,,,,"5,5",0', "hours", "partial"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_named_and_left_out(write, name):
    bad, column, fate = BAD[name]
    other = "b,1,2,road,10,moving,X,KAZ,,100,,,2,90"
    log = read_log(write(*GOOD, bad, other))
    check = only(log, name)
    assert check.severity is Severity.ERROR
    assert check.where == "log.csv, row 7" + (f", column {column}" if column else "")
    found = rows(log)
    assert found["road", "SWD"]["mean"] == 50  # of the other shipment alone
    assert found["road", "TFI3"]["n"] == 1
    if fate == "gone":
        assert "Shipment a is left out." in check.message
        assert set(log.shipments) == {"b"}
    else:
        assert "The row is left out" in check.message
        assert log.partial == {"a"}
        assert found["road", "TFI1"]["mean"] == 5  # its visit was whole


def test_a_lost_border_row_takes_its_visit_and_no_other(write):
    second = "a,6,2,road,10,border,Gate,UZB,Gate,,,,7,10"
    lost = "a,9,2,road,10,border,Border,KAZ,Post,,,,-1,10"
    found = rows(read_log(write(*GOOD, second, lost)), ("bcp",))
    assert set(found) == {("Gate", "TFI1"), ("Gate", "TFI2")}


@pytest.mark.parametrize(
    ("bad", "column", "gone"),
    [
        ("a,9,2,road,10,moving,Town,UZB,,,,,4,0", "km", False),
        ("a,9,2,road,10,border,Town,UZB,,,,,4,0", "bcp", True),
        ("a,,2,road,10,stop,Town,UZB,,,,,4,0", "sequence", True),
    ],
)
def test_what_a_kind_requires(write, bad, column, gone):
    log = read_log(write(*GOOD, bad))
    assert only(log, "missing").where.endswith(f"column {column}")
    assert (log.shipments == {}) == gone


def test_a_row_without_shipment_goes_alone(write):
    log = read_log(write(*GOOD, ",9,2,road,10,stop,Town,UZB,,,,,4,0"))
    assert "its shipment is not known" in only(log, "missing").message
    assert rows(log)["road", "SWD"]["mean"] == 25


def test_metres_for_kilometres_are_guessed(write):
    message = only(read_log(write(BAD["speed"][0])), "speed").message
    assert "200000 km in 4 h" in message
    assert "looks like metres: 200 km would be 50 km/h" in message
    days = only(read_log(write("a,1,,road,10,moving,X,,,960,,,1,0")), "speed").message
    assert "in days: 24 h would be 40 km/h" in days
    assert "metres" not in days
    both = only(read_log(write("a,1,,road,10,moving,X,,,4000,,,1,0")), "speed").message
    assert "metres" in both
    assert "in days" in both


def test_rows_that_overlap_in_time_are_warned_of_and_used(write):
    lines = (
        "a,1,,road,20,stop,X,,,,2024-01-01T00:00,2024-01-01T05:00,,1",
        "a,2,,road,20,stop,X,,,,2024-01-01T04:00,2024-01-01T06:00,,1",
    )
    log = read_log(write(*lines))
    assert only(log, "overlap").severity is Severity.WARNING
    assert len(log.rows) == 2


def test_a_misspelt_column_is_said(write):
    log = read_log(
        write("a,1,road,moving,X,10,1,5", header="shipment,sequence,mode,kind,place,km,hours,cost")
    )
    assert only(log, "unknown-column").where == "log.csv, row 1, column cost"


def test_files_that_are_no_log_are_refused(tmp_path, write):
    with pytest.raises(InputError, match="cannot be read"):
        read_log(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="lacks shipment, sequence, mode"):
        read_log(write("1,2", header="kind,place"))
    with pytest.raises(InputError, match="semicolons"):
        read_log(write("1;2", header="shipment;sequence"))
    with pytest.raises(InputError, match="column km stands twice"):
        read_log(write("1", header=HEADER + ",km"))
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00shipment")
    with pytest.raises(InputError, match="UTF-8"):
        read_log(binary)


def test_a_log_without_a_shipment_says_so_and_gives_an_empty_table(write):
    log = read_log(write())
    assert (log.rows, len(indicators(log))) == ((), 0)
    assert [(check.name, check.severity, check.where) for check in log.checks] == [
        ("no-shipments", Severity.ERROR, "log.csv")
    ]
    assert "a header and no rows" in log.checks[0].message
    left_out = read_log(write("a,1,,hovercraft,10,moving,X,,,90,,,1,0"))
    assert [check.name for check in left_out.checks] == ["unknown-choice", "no-shipments"]
    assert "every row is left out" in left_out.checks[-1].message
    assert "no-shipments" not in [check.name for check in read_log(write(*GOOD)).checks]


def test_arguments_out_of_range(write):
    log = read_log(write(*GOOD))
    for by in (("weather",), ("mode", "mode")):
        with pytest.raises(InputError, match="Cannot group by"):
            indicators(log, by)
    with pytest.raises(InputError, match="confidence"):
        indicators(log, confidence=90)
    with pytest.raises(InputError, match="resamples"):
        indicators(log, confidence=0.9, resamples=0)
    assert indicators(log, "mode").records() == indicators(log, ("mode",)).records()


def test_bootstrap_draws_shipments_not_visits(write):
    # Two shipments with two equal visits each: only three means are possible, 2, 6 and 10.
    lines = [
        f"{name},{k},,road,20,border,P,KAZ,{point},,,,{hours},1"
        for name, hours in (("a", 2), ("b", 10))
        for k, point in enumerate("PQ")
    ]
    log = read_log(write(*lines))
    wide = rows(log, confidence=0.8)["road", "TFI1"]
    assert (wide["low"], wide["high"]) == (2, 10)  # each end has probability 1/4, above the tail of 0.1
    narrow = rows(log, confidence=0.2)["road", "TFI1"]
    assert (narrow["low"], narrow["high"]) == (6, 6)
    assert rows(log, confidence=0.8, seed=5)["road", "TFI1"]["mean"] == 6
    assert rows(log)["road", "TFI1"]["low"] is None


def test_the_interval_is_the_same_every_time(write):
    lines = [f"s{h},1,,rail,20,moving,X,,,{50 + h},,,{1 + h % 5},{100 + h}" for h in range(30)]
    log = read_log(write(*lines))
    first = indicators(log, confidence=0.9).records()
    assert first == indicators(log, confidence=0.9).records()
    assert all(row["low"] < row["mean"] < row["high"] for row in first)


def test_records_are_ready_for_json(write):
    json.dumps(indicators(read_log(write(*GOOD)), confidence=0.9).records(), allow_nan=False)


def test_the_sample_log_is_clean_and_its_first_border_is_as_written():
    log = read_log(str(files("tarazu.data") / "corridor" / "sample_log.csv"))
    assert log.checks == ()
    found = rows(log, ("mode", "bcp"))
    assert found["road", "Temirbaba", "TFI1"]["mean"] == 6  # 6 + 2 h and 4 h
    assert found["road", "Garabogaz", "TFI2"]["mean"] == 300  # 310 and 290 USD
    assert found["rail", "Bolashak", "TFI1"]["mean"] == 31  # 22 h and 40 h


def test_every_column_read_is_declared_with_a_meaning():
    declared = {row["name"]: row for row in columns()}
    assert set(HEADER.split(",")) <= set(declared)
    assert all(row["meaning"] for row in declared.values())


def test_rounding_interval_by_hand():
    low, high = change_interval(4.0, 5.0, 0)  # 3.5..4.5 to 4.5..5.5
    assert low == pytest.approx(0)
    assert high == pytest.approx(100 * (5.5 / 3.5 - 1))
    assert change_interval(200, 100, (-2, -1)) == pytest.approx((-62, -30))  # 150..250 to 95..105
    assert within_rounding(4.0, 5.0, 57.1, 0)
    assert not within_rounding(4.0, 5.0, 57.3, 0)
    assert not within_rounding(4.0, 5.0, -0.2, 0)
    with pytest.raises(InputError, match="may be zero"):
        change_interval(0.0, 5.0, 1)


def test_the_page_shows_the_declared_columns():
    page = (Path(__file__).resolve().parents[2] / "docs" / "corridor-cpmm.md").read_text(encoding="utf-8")
    for row in columns():
        line = next(line for line in page.splitlines() if line.startswith(f"| `{row['name']}` |"))
        assert line.endswith(f"| {row['meaning']} |")
