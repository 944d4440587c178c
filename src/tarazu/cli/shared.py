"""What the commands share: amounts, `--json`, progress, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from tarazu.core.amounts import parse_amount

EXIT_FINDINGS = 1
Command = Callable[..., Any]


class Amount(click.ParamType[float]):
    """An amount as people write it: 3bn, 3e9, "3 billion", 528m."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        return float(value) if isinstance(value, (int, float)) else parse_amount(value)


def json_option(command: Command) -> Command:
    """Option --json."""
    return click.option(
        "--json", "json_path", metavar="PATH|-", help="Write JSON there; - is standard output."
    )(command)


def emit(json_path: str | None, data: Any, show: Callable[[], None]) -> None:
    """Print for people, or write JSON to a file or standard output."""
    from tarazu.planning.output import json_text, write

    if json_path is None:
        show()
    elif json_path == "-":
        click.echo(json_text(data), nl=False)
    else:
        click.echo(write([(Path(json_path), json_text(data))])[0])


@contextmanager
def progress() -> Iterator[Callable[..., None]]:
    """A bar on standard error of a terminal; silence when piped."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def step(stage: str, done: int = 0, total: int = 1) -> None:
            task = tasks.setdefault(stage, bar.add_task(stage, total=total))
            bar.update(task, completed=done, total=total)

        yield step
