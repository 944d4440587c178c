"""Write src/tarazu/data/geography/boxes.csv from countries.json: `python scripts/write_country_boxes.py`.

By country the least box of degrees that holds its outline; longitudes run on past 180 as the outlines do.
"""

from __future__ import annotations

import csv

import numpy as np
from babel.core import get_global

from tarazu.core.codes import countries as codes
from tarazu.core.schema import DATA
from tarazu.report.maps import countries

COLUMNS = ("country", "south", "west", "north", "east")


def main() -> None:
    """Write the table, in the order of the codes."""
    aliases = get_global("territory_aliases")
    alpha3 = {code.alpha2: code.alpha3 for code in codes()}
    rows = []
    for shape in countries():
        (alpha2, *_) = aliases.get(shape.code, [""])
        if alpha2 not in alpha3:
            continue
        points = np.concatenate([ring for rings in shape.polygons for ring in rings])
        (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
        rows.append((alpha3[alpha2], *(f"{value:.2f}" for value in (south, west, north, east))))
    with (DATA / "geography" / "boxes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows))


if __name__ == "__main__":
    main()
