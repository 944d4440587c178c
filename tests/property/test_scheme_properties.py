"""Whatever stands in a scheme file, the answer is a scheme or one SchemeError with its findings."""

from __future__ import annotations

import re
from importlib.resources import files

from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.clearing.scheme import Scheme, bundled_schemes
from tarazu.clearing.scheme_file import parse_scheme
from tarazu.core.errors import SchemeError

TEXTS = [(files("tarazu.data") / "schemes" / f"{name}.toml").read_text("utf-8") for name in bundled_schemes()]
ODD = [
    *(
        "0",
        "-1",
        "1.5",
        "1e400",
        "-0.0",
        "inf",
        "-inf",
        "nan",
        "99999999999999999999",
        "1.00",
        "1_000.00",
        "1e5",
    ),
    *('""', '" "', '"x"', '"KAZ"', '"USD"', '"2 months"', '"0 days"', '"27"', '"٢٧"', '"a\\nb"', '"𝟚𝟟"'),
    *("true", "[]", "[1]", '["Monday"]', '["27", "x"]', "[[]]", "{}", '{a = "b"}', "{a = 1}", '{USD = "x"}'),
    *("2025-01-01", "0001-01-01", "9999-12-31", "2025-01-01T00:00:00Z", "12:00:00", ""),
]


def outcome(text: str) -> Scheme | SchemeError:
    try:
        return parse_scheme(text)
    except SchemeError as error:
        return error


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from([*ODD, None])), max_size=3),
)
def test_odd_values_give_a_scheme_or_findings(text, edits):
    lines = text.splitlines()
    for at, value in edits:
        at %= len(lines)
        key = re.match(r'^([\w".]+) = ', lines[at])
        lines[at] = f"{key[1]} = {value}" if key and value is not None else ""
    found = outcome("\n".join(lines))
    if isinstance(found, SchemeError):
        assert found.checks
        assert all(check.where and check.message for check in found.checks)


@given(st.text(max_size=200))
def test_any_text_is_refused_in_a_sentence(text):
    assert isinstance(outcome(text), SchemeError)
