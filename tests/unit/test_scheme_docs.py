"""The scheme reference is the one that the declaration of the keys gives, and its example is a valid scheme."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from tarazu.clearing.scheme_file import fields, parse_scheme
from tarazu.clearing.scheme_values import _READERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "clearing-schemes.md"


def test_the_page_is_up_to_date_and_names_every_key():
    spec = importlib.util.spec_from_file_location(
        "write_scheme_docs", ROOT / "scripts" / "write_scheme_docs.py"
    )
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = PAGE.read_text(encoding="utf-8")
    assert page == script.render(), "run scripts/write_scheme_docs.py"
    for field in fields():
        assert f"| `{field.name}` |" in page


def test_the_example_of_the_page_is_a_scheme_that_may_book_real_payments():
    (example,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    scheme = parse_scheme(example)
    assert not scheme.synthetic_only
    assert scheme.calendar().covers == (2026, 2026)


def test_every_declared_type_can_be_read():
    assert {field.type for field in fields()} <= {*_READERS, "amount"}
    assert all(field.meaning for field in fields())
