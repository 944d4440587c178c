"""The documentation is held to the code: its commands and its Python are run, its set-up is what CI runs."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarazu.cli import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
QUOTED = {
    "corridor-tutorial",
    "register-tutorial",
}  # pages whose ```text blocks are lines of the command before them
FEW_DRAWS = ["--draws", "300"]  # the same commands, sooner
SET_UP = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt . && .venv/bin/tarazu plan kaz-irn",
    ".venv/bin/pip install -q -c constraints.txt '.[dev]' && .venv/bin/pytest",
)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def commands(page: Path) -> list[str]:
    return [line for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]


def test_the_readme_starts_with_the_two_commands_that_ci_runs():
    assert tuple(commands(PAGES[0])[:2]) == SET_UP
    steps = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in steps if line in SET_UP] == list(SET_UP)


def test_every_benchmark_shown_is_run_by_ci():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    shown = {
        line.split()[1] for page in PAGES for line in commands(page) if line.startswith("python benchmarks")
    }
    assert shown
    assert all(script in ci for script in shown)


def _sooner(words: list[str]) -> list[str]:
    """Options with which a command shows the same in less time."""
    if words[:2] == ["clearing", "demo"]:
        return ["--days", "40"]
    return FEW_DRAWS if words[0] in ("plan", "explain") or words[:2] == ["clearing", "project"] else []


def tarazu_commands(page: Path) -> list[str]:
    return [line for line in commands(page) if line.startswith("tarazu ")]


def steps(page: Path) -> Iterator[tuple[str, str, str]]:
    """Kind, name and text of what a reader does or sees in order: files to write, commands, what they print."""
    text = page.read_text(encoding="utf-8")
    for kind, name, block in re.findall(r"^```(sh|csv|txt|text)(?: (\S+))?\n(.*?)^```", text, re.M | re.S):
        if kind == "sh":
            yield from (("command", "", line) for line in block.splitlines() if line.strip())
        elif kind == "text" or name:
            yield kind, name, block


def _write(name: str, text: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if tarazu_commands(page)], ids=lambda page: page.stem
)
def test_every_command_of_a_page_runs_in_order(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    printed = ""
    for kind, name, text in steps(page):
        if kind in ("csv", "txt"):
            _write(name, text)
        elif kind == "text" and page.stem in QUOTED:
            for line in text.splitlines():
                assert " ".join(line.split()) in printed, line
        elif text.startswith("export "):
            monkeypatch.setenv(*text.removeprefix("export ").split("=", 1))
        elif text.startswith("tarazu "):
            words = shlex.split(text)[1:]
            with contextlib.suppress(SystemExit):  # findings, such as a refused payment, end with exit code 1
                cli.main([*words, *_sooner(words)], standalone_mode=False)
            printed = " ".join(capsys.readouterr().out.split())
            assert printed, text


@pytest.mark.parametrize(
    ("page", "code"),
    [(page, code) for page in PAGES for code in blocks(page, "python")],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_python_of_a_page_runs(page, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind, name, text in steps(page):
        if kind in ("csv", "txt"):
            _write(name, text)
    exec(compile(code, str(page), "exec"), {})


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
