"""Declared tables as Markdown: what the pages on file formats have in common. Imported by the scripts beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tarazu.core.cells import Variable
from tarazu.core.schema import DOSSIER, declared


def sections(files: Mapping[str, str], suffix: str = "", declaration: str = DOSSIER) -> Iterator[str]:
    """A heading, what the file is for, and its columns, for each file.

    Parameters
    ----------
    files
        What each table is for, by its name in the declaration.
    """
    for name, about in files.items():
        first = "key" if name.endswith(".toml") else "column"
        lines = [
            f"## {name}{suffix}",
            "",
            about,
            "",
            f"| {first} | type | unit | required | possible values | meaning |",
        ]
        lines += ["|---|---|---|---|---|---|"]
        lines += [_line(variable) for variable in declared(declaration)[name]]
        yield "\n".join([*lines, ""])


def row(*cells: str) -> str:
    """One row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _line(variable: Variable) -> str:
    required = "yes" if variable.required else ""
    values = _values(variable)
    return row(f"`{variable.column}`", variable.type, variable.unit, required, values, variable.meaning)


def _values(variable: Variable) -> str:
    if variable.allowed:
        return ", ".join(variable.allowed)
    bounds = [
        f"≥ {variable.low:g}" if variable.low is not None else "",
        f"≤ {variable.high:g}" if variable.high else "",
    ]
    return ", ".join(filter(None, bounds))
