"""The page on the dossier's format is the one that the declaration of its columns gives."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tarazu.core.schema import declared

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date_and_names_every_column(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")  # where the script finds what it shares with others
    path = ROOT / "scripts" / "write_dossier_docs.py"
    spec = importlib.util.spec_from_file_location("write_dossier_docs", path)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "dossier-format.md").read_text(encoding="utf-8")
    assert page == script.render(), "run scripts/write_dossier_docs.py"
    for variables in declared().values():
        for v in variables:
            assert f"| `{v.column}` |" in page
