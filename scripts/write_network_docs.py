"""Write docs/corridor-network.md from src/tarazu/data/corridor: `python scripts/write_network_docs.py`."""

from __future__ import annotations

import csv
from pathlib import Path

from declared_tables import row, sections
from tarazu.core.schema import DATA, SIZE_LIMIT
from tarazu.corridor.consistency import FAR_KM
from tarazu.corridor.network import TOLERANCE_KM
from tarazu.corridor.reading import DECLARATION

PAGE = Path(__file__).resolve().parents[1] / "docs" / "corridor-network.md"
ATTRIBUTES = DATA / "corridor" / "attributes.csv"

INTRODUCTION = f"""# A transport network: places, legs and what is known of them

<!-- Written by scripts/write_network_docs.py from src/tarazu/data/corridor. Edit those, not this. -->

A network is a folder of CSV files, or one GeoJSON file that holds the same tables. Only `nodes.csv` and `legs.csv`
are needed. The bundled one stands in `src/tarazu/data/networks/kaz-irn`. Every command of `tarazu corridor` that
reads a network takes your own with `--network`; a dossier may hold one in a folder `network`.

The tables below "Tables for any network" are bundled; a file of that name in your folder takes the place of the
bundled one as a whole. `flows.csv` is not part of a network: it is what `assign`, `disrupt` and `expand` are given.

```python
from tarazu.corridor.network import Network

net = Network.read("kaz-irn")
found = net.routes("Kostanay", "Tehran", "barley")
print(found.table)  # one row per route; found.steps has its legs
print(net.facts.of("rail-uzen-bolashak", "length"))  # value, low, high, unit, status, sources
print(len(net.checks), "findings")
```

## Rules for every table

- UTF-8 text, commas between cells, a header row; at most {SIZE_LIMIT // 1_000_000} MB. Columns may stand in any
  order, and one that is not required may be left out. Rows are counted from 1, the header being row 1.
- An empty cell is unknown, not zero. A capacity that is not given is the default of its mode or kind and country; where
  there is none either nothing binds, and the answer says how much passes there.
- A **number** has a decimal point and no unit. A **date** is a Gregorian day, `2026-10-12`, or a Solar Hijri day
  marked as such, `SH 1405-07-20`. A **country** is an ISO 3166 code. **ids** are a list with `;`, **months** are
  numbers and ranges, `1-3;12`.
- A row that cannot be used is left out and named by file, row and column; the run goes on without it. A network
  with no usable place or leg is refused. Every command still answers from the rest, and its exit code is 1.
- What contradicts itself is left out as well: a leg whose length does not fit the coordinates of its ends (where the
  length can only be metres, the length alone), the legs of a place whose latitude and longitude have changed places
  (its country tells), a terminal or port call between places more than {FAR_KM:g} km apart, a service over a leg
  that is left out, and one without a departure on any of its days.
- A service with a last day is for routes with a day of departure, which wait for its next departure within its days.
  Undated routes and a year's goods do without it, as they do without dated limits.
- `tarazu corridor show --network FOLDER` lists every finding.

## How numbers are kept

Nodes, legs, transfers and services carry no numbers of their own. Each number is a row of `values.csv`: subject,
attribute, value, low, high, unit, source. Two rows on one attribute of one subject are sources that differ: their
median counts, and the range runs from the lowest to the highest. Where a subject has no row, the row of
`defaults.csv` with the narrowest scope counts (mode before country before packaging), and the route's legs say so
(`uncertain` in JSON and CSV).

A value may be given for one direction: subject `rail-a-b:forward` is from `from` to `to`.

**Status**: A as a source states it, P provisional, C a claim (a plan, an announcement), E estimated, F forecast,
M missing. A **source** is an id of `sources.csv`; or a row of the dossier (`corridor:co013`); or
`judgement`; or `method:NAME`, such as `method:circuity`: great circle times the default `factor` of the mode.

## How a place is found

By id, name or alias, whatever the script or the accents; or by a coordinate, `lat,lon` in decimal degrees. A
coordinate further than {TOLERANCE_KM:g} km from every place is an error that names the nearest. Nothing is
snapped further in silence.

## GeoJSON

`tarazu corridor show --geojson network.geojson` writes nodes as points, legs as lines and the other tables beside
them under `tables`; `--network network.geojson` reads it back. Positions are `[longitude, latitude]`, as RFC 7946
has them. Lines are straight from node to node: they show which leg is meant, not where the track lies.
"""

FILES = {
    "nodes": "Places. Capacity of a place (a port, a yard) is a row of values.csv with the node as its subject.",
    "legs": "Stretches between two places. Rail needs its gauge; where gauges or modes differ, a transfer joins them.",
    "transfers": "What happens at a place or between two paired border stations: a border, a change of gauge, a port "
    "call, a terminal. Without one, goods do not pass from mode to mode, gauge to gauge or country to country.",
    "services": "Lines that run legs in order: at a headway (values.csv) or by a weekly timetable, always or on some "
    "days.",
    "values": "Every number, with range, unit, status and source.",
    "limits": "What takes capacity, payload or time: each year, between dates, or in a named disruption.",
    "tariffs": "Decisions on freight rates, with their dates. What has ended or is proposed is kept and not applied.",
    "projects": "What could be built: what it adds, and its cost where one is published.",
    "places": "Where the goods of a pair start and end: used by plans, which know countries and not towns.",
    "transit": "Goods of third countries that use the same capacities. They are no turnover of the pair.",
    "sources": "Publications.",
}
SHARED = {
    "attributes": "The vocabulary of values.csv and defaults.csv. The bundled one is printed at the end of this page.",
    "defaults": "Speeds, rates, times and the like where a subject has none of its own.",
    "commodities": "Goods: value, packaging, what a day on the way costs.",
    "loads": "What a wagon, lorry, box or ship carries.",
    "emissions": "Factors with standard, scope and version. A mode without a factor has unknown emissions.",
}
GIVEN = {
    "flows": "Tonnes between places; rows that differ in tonnes alone are added up. `tarazu corridor flows DOSSIER` "
    "writes those of a plan's target."
}
ATTRIBUTES_HEAD = """# Attributes

What `values.csv` and `defaults.csv` may say, the unit in which it is computed, and the other units that may be
written.
"""


def render() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "# Tables of a network\n", *sections(FILES, ".csv", DECLARATION)]
    parts += ["# Tables for any network\n", *sections(SHARED, ".csv", DECLARATION)]
    parts += ["# What is to be carried\n", *sections(GIVEN, ".csv", DECLARATION)]
    return "\n".join([*parts, ATTRIBUTES_HEAD, *_attributes(), ""])


def _attributes() -> list[str]:
    lines = [
        "| attribute | of | unit | also written in | possible values | meaning |",
        "|---|---|---|---|---|---|",
    ]
    with ATTRIBUTES.open(encoding="utf-8", newline="") as file:
        for each in csv.DictReader(file):
            units = (part.partition("=")[0] for part in each["accepts"].split(";"))
            others = ", ".join(unit for unit in units if unit != each["unit"])
            bounds = f"{float(each['minimum']):g} to {float(each['maximum']):,.10g}"
            subjects = each["applies_to"].replace(";", ", ")
            lines.append(
                row(f"`{each['attribute']}`", subjects, each["unit"], others, bounds, each["meaning"])
            )
    return lines


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    print(f"{PAGE} written")
