"""Printed CPMM tables: each printed change against the printed figures, within their rounding.

These cells test the printed tables and our reading of rounding, not the indicators: the logs behind them are not
public. The last test is a round trip, logs built from the answer, and is named so.
"""

from __future__ import annotations

from itertools import groupby

import pytest

from tarazu.corridor.cpmm import change_interval, indicators, published, read_log, within_rounding

CELLS = list(published())
CHANGES = [cell for cell in CELLS if cell["percent"] is not None]


def label(cell: dict) -> str:
    parts = [cell[key] for key in ("area", "mode", "direction", "indicator", "year_new")]
    return "-".join(str(part) for part in parts if part)


@pytest.mark.parametrize("cell", CHANGES, ids=label)
def test_printed_change_is_within_rounding_or_is_recorded_as_not(cell):
    fits = within_rounding(
        cell["value_old"], cell["value_new"], cell["percent"], cell["decimals"], cell["percent_decimals"]
    )
    assert fits == (cell["fits"] == "yes")


def test_two_printed_changes_do_not_fit_and_are_known():
    misfits = {label(cell) for cell in CHANGES if cell["fits"] == "no"}
    assert misfits == {"CAREC-road-SWD-2022", "KAZ-rail-TFI1-2020"}


@pytest.mark.parametrize("cell", [cell for cell in CHANGES if cell["fits"] == "yes"], ids=label)
def test_a_change_just_outside_does_not_fit(cell):
    low, high = change_interval(cell["value_old"], cell["value_new"], cell["decimals"])
    step = 10.0 ** -cell["percent_decimals"]
    for outside in (low - step, high + step):
        assert not within_rounding(
            cell["value_old"], cell["value_new"], outside, cell["decimals"], cell["percent_decimals"]
        )


EXPECTED = {  # as printed, old year and new; METHODS for the region, Kazakhstan and Turkmenistan
    ("CAREC", "road", "TFI1", 2022): (13.6, 9.9),
    ("CAREC", "road", "TFI2", 2022): (357, 208),
    ("CAREC", "road", "TFI3", 2022): (1256, 945),
    ("CAREC", "road", "SWOD", 2022): (41.6, 42.0),
    ("CAREC", "road", "SWD", 2022): (21.5, 23.4),
    ("CAREC", "rail", "TFI1", 2022): (51.9, 40.6),
    ("CAREC", "rail", "TFI2", 2022): (178, 215),
    ("CAREC", "rail", "TFI3", 2022): (902, 804),
    ("TKM", "rail", "TFI1", 2022): (3.7, 3.7),
    ("TKM", "rail", "TFI1", 2023): (3.7, 3.9),
    ("TKM", "rail", "TFI3", 2022): (1349, 1308),
    ("TKM", "rail", "TFI3", 2023): (1308, 1357),
    ("KAZ", "rail", "TFI1", 2022): (57.2, 67.4),
    ("KAZ", "rail", "TFI1", 2023): (67.4, 69.7),
    ("KAZ", "road", "TFI1", 2022): (8.2, 4.3),
    ("KAZ", "road", "TFI1", 2023): (4.3, 4.2),
}


def test_cells_are_those_printed():
    found = {
        (cell["area"], cell["mode"], cell["indicator"], cell["year_new"]): (
            cell["value_old"],
            cell["value_new"],
        )
        for cell in CELLS
        if not cell["direction"]
    }
    assert {key: found[key] for key in EXPECTED} == EXPECTED


def test_a_year_is_printed_alike_in_both_its_cells():
    def key(cell: dict) -> tuple:
        return cell["area"], cell["mode"], cell["direction"] or "", cell["indicator"]

    for _, cells in groupby(sorted(CELLS, key=key), key=key):
        by_year: dict[int, set[float]] = {}
        for cell in cells:
            by_year.setdefault(cell["year_old"], set()).add(cell["value_old"])
            by_year.setdefault(cell["year_new"], set()).add(cell["value_new"])
        assert all(len(values) == 1 for values in by_year.values())


def test_printed_speed_with_delay_never_exceeds_speed_without():
    speeds = {(c["area"], c["mode"], c["indicator"], c["year_new"]): c["value_new"] for c in CELLS}
    pairs = [
        (value, speeds.get((*key[:2], "SWOD", key[3]))) for key, value in speeds.items() if key[2] == "SWD"
    ]
    assert len([pair for pair in pairs if pair[1] is not None]) >= 3
    assert all(without is None or with_delay <= without for with_delay, without in pairs)


def test_every_cell_has_a_source():
    assert all(cell["source"].startswith("https://cpmm.carecprogram.org/") for cell in CELLS)


def test_round_trip_of_the_regional_road_averages_of_2022(tmp_path):
    """A round trip and no proof of the published averages: the log is built from them."""
    km, moving = 945.0, 945.0 / 42.0
    standing = 945.0 / 23.4 - moving - 9.9
    cost = 945.0 * km / 500 - 208
    lines = (
        "shipment,sequence,mode,tonnes,kind,place,bcp,km,hours,cost_usd",
        f"a,1,road,20,moving,X,,{km},{moving},{cost}",
        "a,2,road,20,border,X,X,,9.9,208",
        f"a,3,road,20,stop,Y,,,{standing},0",
    )
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = {row["indicator"]: row["mean"] for row in indicators(read_log(path))}
    assert found == pytest.approx({"TFI1": 9.9, "TFI2": 208, "TFI3": 945, "SWOD": 42.0, "SWD": 23.4})
