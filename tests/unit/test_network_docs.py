"""The page on the network's format is the one that the declarations of its columns and attributes give."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import pytest

from tarazu.core.schema import DATA, declared
from tarazu.corridor.reading import DECLARATION, OWN, SHARED

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "corridor-network.md"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")  # where the script finds what it shares with others
    spec = importlib.util.spec_from_file_location(
        "write_network_docs", ROOT / "scripts" / "write_network_docs.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(script):
    assert PAGE.read_text(encoding="utf-8") == script.render(), "run scripts/write_network_docs.py"


def test_the_page_names_every_table_column_and_attribute(script):
    page = script.render()
    assert {*script.FILES, *script.SHARED, *script.GIVEN} == set(declared(DECLARATION))
    assert (set(script.FILES), set(script.SHARED)) == (set(OWN), set(SHARED))
    for table, variables in declared(DECLARATION).items():
        section = page.partition(f"\n## {table}.csv\n")[2].partition("\n#")[0]
        assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == [
            variable.column for variable in variables
        ]
    with (DATA / "corridor" / "attributes.csv").open(encoding="utf-8", newline="") as file:
        names = [each["attribute"] for each in csv.DictReader(file)]
    section = page.partition("\n# Attributes\n")[2]
    assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == names
