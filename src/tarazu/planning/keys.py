"""Values of a TOML file by the keys that `variables.csv` declares for it.

Nothing is assumed for a key that is missing, and an unknown key is reported, since a misspelt one
would else be silently without effect.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tarazu.core.cells import Pair, Problem, Variable, from_toml
from tarazu.core.checks import Check
from tarazu.core.schema import declared, read_text

_LISTS = ("reporter", "regime", "regime.flow")  # arrays of tables: [[reporter]]


def read_keys(path: Path, pair: Pair | None = None) -> tuple[dict[str, Any], list[Check]]:
    """Values by dotted key, and findings; an array of tables becomes a list of such mappings.

    Optional keys that are absent are None.
    """
    text = read_text(path)
    if isinstance(text, Check):
        return {}, [text]
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # malformed, or absurdly long or deep
        message = f"is not valid TOML: {error}. Correct the line."
        return {}, [Check.error("malformed-toml", path.name, message)]
    checks: list[Check] = []
    return _section(document, declared()[path.name], path.name, "", pair, checks), checks


def key_place(file: str, key: str) -> str:
    """``partnership.toml, key target.usd``."""
    return f"{file}, key {key}"


def _section(
    document: Mapping[str, Any],
    variables: Sequence[Variable],
    file: str,
    prefix: str,
    pair: Pair | None,
    checks: list[Check],
) -> dict[str, Any]:
    """Values of one table of the file; `prefix` is its dotted name with a point, or empty."""
    lists = [name for name in _LISTS if _is_inside(name, prefix, variables)]
    own = [v for v in variables if not v.column.startswith(tuple(name + "." for name in lists))]
    keys = {v.column.removeprefix(prefix) for v in own} | {name.removeprefix(prefix) for name in lists}
    left = _flat(document, keys)
    found = {}
    for v in own:
        key = v.column.removeprefix(prefix)
        value = _value(left.pop(key, None), v, pair)
        if isinstance(value, Problem):
            checks.append(Check.error(value.name, key_place(file, v.column), value.message))
        found[key] = value
    for name in lists:
        key, within = name.removeprefix(prefix), [v for v in variables if v.column.startswith(name + ".")]
        rows = _rows(left.pop(key, []), name, file, checks)
        found[key] = [_section(row, within, file, name + ".", pair, checks) for row in rows]
    for key in left:
        message = f"is not a key of this file. Remove it or use one of: {', '.join(sorted(keys))}."
        checks.append(Check.error("unknown-key", key_place(file, prefix + key), message))
    return found


def _is_inside(name: str, prefix: str, variables: Sequence[Variable]) -> bool:
    """Whether the array of tables `name` stands directly in the table `prefix` of this file."""
    direct = name.startswith(prefix) and "." not in name.removeprefix(prefix)
    return direct and any(v.column.startswith(name + ".") for v in variables)


def _value(raw: Any, variable: Variable, pair: Pair | None) -> Any:
    if raw is not None:
        return from_toml(raw, variable, pair)
    return Problem("missing-key", f"is missing. Write it: {variable.meaning}") if variable.required else None


def _rows(raw: Any, name: str, file: str, checks: list[Check]) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
        message = f"must be written as [[{name}]], once for each."
        checks.append(Check.error("wrong-kind", key_place(file, name), message))
        return []
    if not raw and "." not in name:
        message = f"is missing. Write at least one [[{name}]]."
        checks.append(Check.error("missing-key", key_place(file, name), message))
    return raw


def _flat(document: Mapping[str, Any], known: set[str], prefix: str = "") -> dict[str, Any]:
    """Values by dotted key, without entering a table that is itself a known key."""
    found: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict) and prefix + key not in known:
            found |= _flat(value, known, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
