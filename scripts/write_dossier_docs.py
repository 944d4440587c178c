"""Write docs/dossier-format.md from src/tarazu/data/variables.csv: `python scripts/write_dossier_docs.py`."""

from __future__ import annotations

from pathlib import Path

from declared_tables import sections
from tarazu.core.schema import SIZE_LIMIT
from tarazu.planning.dossier import TABLES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "dossier-format.md"

INTRODUCTION = f"""# The dossier: a pair's facts as plain files

<!-- Written by scripts/write_dossier_docs.py from src/tarazu/data/variables.csv. Edit those, not this. -->

A dossier is a folder. `partnership.toml` names the pair, the target and the reporters; `regimes.toml` the
circumstances that no measure decides; the CSV tables hold the facts, one row per statement, each with its
source. Only `partnership.toml` and `turnover.csv` are needed; what rests on an absent table is left out.

`tarazu dossier new TUR IRN --target 30bn` writes a documented start, `tarazu dossier check PATH` lists every
finding with file, row and column, `tarazu plan PATH` runs the dossier.

## Rules for every table

- UTF-8 text, commas between cells, a header row; at most {SIZE_LIMIT // 1_000_000} MB. Columns may stand in
  any order, and one that is not required may be left out. Rows are counted from 1, the header being row 1.
- An empty cell is unknown, not zero. Conflicting rows are kept side by side.
- A **number** has a decimal point and no unit: `43.2`, not `43,2m`. NaN and infinity are refused.
- A **date** is a Gregorian day, `2023-12-04`, or a Solar Hijri day marked as such, `SH 1402-09-13`. A
  **partial-date** may also be a year or a month. The words of the source stay in `period_original`.
- **hs** is a Harmonized System code of 2, 4 or 6 digits, a range (`1507-1515`), a list with `;`, or `all`.
- A **direction** is exporter and importer, `KAZ->IRN`. A **country** is an ISO 3166 code.
- **countries** and **ids** are lists with `;`, an **id** is one. The id of a row of another table is written
  `table:id`, such as `effects:ef_ta02`; without a table it is looked up in the first under "possible values".
- **choice** takes one of the values listed.

Findings are errors (the dossier is not run: a cell that cannot be read, a period that ends before it starts,
quantiles that descend, an id or a row that stands twice, a reference to no row), warnings (used, but a reader
should look: directions that do not add up to the turnover, unit values more than five times off like goods, a
flow below a twentieth of its neighbours in time, doubtful rows) and notes.
"""

FILES = {
    "partnership.toml": "The pair, its target and its reporters. A key `a.b` is the key `b` under `[a]`; "
    "`reporter` is an array: one `[[reporter]]` for each.",
    "regimes.toml": "Circumstances that no measure decides. Arrays: `[[regime]]`, "
    "and below it `[[regime.flow]]` for each flow.",
    "turnover": "Statements of what was traded in total, by whom. The only table that must be there.",
    "products": "Flows of single products between the two.",
    "markets": "Supply, demand, rivals, duties and capacity by product.",
    "macro": "Output, prices, exchange and policy rates, trade with the world.",
    "commitments": "What was promised and what became of it.",
    "corridor": "Legs, nodes and services: lengths, days, rates, capacity, throughput.",
    "restrictions": "Tariffs, quotas, bans, sanitary rules, payment obstacles.",
    "visits": "Visits and sessions of the intergovernmental commission.",
    "measures": "What could be done: start, cost, how far it is ordinary policy, how likely it is delivered.",
    "measure_effects": "Through which channel a measure acts, on what, and by how much.",
    "measure_network": "What a measure changes in the transport network; freight and days then follow from the "
    "network.",
}
BUNDLED = {
    "effects": "Effect sizes from the literature.",
    "announced_targets": "Announced bilateral targets and what became of them.",
    "trade_regions_2023": "Goods trade among 24 regions, 2023.",
    "gdp_regions_2023": "GDP of the 24 regions, 2023.",
}


def render() -> str:
    """The whole page."""
    parts = [INTRODUCTION, *sections({name: FILES[name] for name in ("partnership.toml", "regimes.toml")})]
    parts += sections({name: FILES[name] for name in TABLES}, suffix=".csv")
    parts.append(
        "# Bundled reference tables\n\n"
        "They stand in `src/tarazu/data`, not in a dossier, and are read by the same rules.\n"
    )
    parts += sections(BUNDLED, suffix=".csv")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    print(f"{PAGE} written")
