"""What every table of `tarazu corridor` is printed with: width, numbers as people write them, findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from tarazu.core.checks import Check, Severity

PIPED_WIDTH, WIDE = 140, 200  # columns when the output is no terminal
MOST_ERRORS = 20  # that are printed
OF_A_KIND = 3  # warnings of one kind that are printed
UNKNOWN = "unknown"


def console(width: int = PIPED_WIDTH) -> Console:
    """As wide as the terminal, and the same everywhere else."""
    probe = Console()
    return probe if probe.is_terminal else Console(width=width)


def grid(
    title: str, headers: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1, whole: str = "id"
) -> Grid:
    """A table without lines; the first `left` columns are text, and columns of ids are never broken."""
    made = Grid(
        title=title,
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
        min_width=len(title) + 1,
    )
    for place, header in enumerate(headers):
        justify: Literal["left", "right"] = "left" if place < left else "right"
        made.add_column(header, justify=justify, overflow="fold", no_wrap=header.startswith(whole))
    for row in rows:
        made.add_row(*(escape(cell) for cell in row))
    return made


def n(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def kt(value: float | None) -> str:
    """Tonnes as thousands of them; less than ten thousand with what the rounding would hide."""
    if value is None:
        return UNKNOWN
    return f"{value / 1000:,.0f}" if abs(value) >= 9_999.5 or abs(value) < 0.5 else f"{value / 1000:.2g}"


def count(number: int, what: str, many: str = "") -> str:
    """A number of things: 1 route, 2 routes."""
    return f"{number:,} {what if number == 1 else many or what + 's'}"


def ends(low: float | None, high: float | None, digits: int = 0) -> str:
    """A range, empty where nobody has given one."""
    return "" if low is None or high is None else f"{low:,.{digits}f}–{high:,.{digits}f}"


def signed(value: float | None, digits: int = 1) -> str:
    """A difference."""
    return "–" if value is None else f"{value:+,.{digits}f}".replace("-0.0", "0.0").replace("+0.0", "0.0")


def short(sources: str, most: int = 3) -> str:
    """The first sources of a list with semicolons."""
    names = list(dict.fromkeys(part.strip() for part in sources.split(";") if part.strip()))
    return " ".join(names[:most]) + (f" +{len(names) - most}" if len(names) > most else "")


def print_checks(out: Console, checks: Iterable[Check]) -> None:
    """Errors in their order, then warnings, of each kind the first few: what many rows lack is one thing to mend."""
    listed = list(checks)
    wrong = [check for check in listed if check.severity is Severity.ERROR]
    for check in wrong[:MOST_ERRORS]:
        out.print(escape(str(check)))
    if len(wrong) > MOST_ERRORS:
        out.print(f"and {len(wrong) - MOST_ERRORS} more errors; --json holds them all.")
    kinds: dict[str, list[Check]] = {}
    for check in listed:
        if check.severity is Severity.WARNING:
            kinds.setdefault(check.name, []).append(check)
    for found in kinds.values():
        for check in found[:OF_A_KIND]:
            out.print(escape(str(check)))
        if len(found) > OF_A_KIND:
            out.print(f"and {len(found) - OF_A_KIND} more of this kind; --json holds them all.")
