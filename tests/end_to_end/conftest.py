"""Running the command line: in this process where speed matters, as a process of its own where that matters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import tarazu
from tarazu.cli import main

BUNDLED = Path(tarazu.__file__).parent / "data" / "kaz-irn"
ALONE = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "200"}


@dataclass(frozen=True)
class Answer:
    """Exit code and what stood on the two outputs."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def tarazu_process() -> Callable[..., Answer]:
    """``python -m tarazu`` as a process of its own: ``tarazu_process("plan", "kaz-irn", cwd=folder)``."""

    def run(*words: str, cwd: Path) -> Answer:
        command = [sys.executable, "-m", "tarazu", *words]
        done = subprocess.run(command, cwd=cwd, env=ALONE, capture_output=True, timeout=120, check=False)
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def files() -> Callable[[Path], list[str]]:
    """Names of everything below a folder."""
    return lambda folder: sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tarazu_here(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """The command line in this process; whatever else than an exit leaves it is a traceback to the user."""

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tarazu", *words])
        try:
            main()
            code = 0
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        return Answer(code, *capsys.readouterr())

    return run


@pytest.fixture
def dossier(here: Path) -> Path:
    """A copy of the bundled dossier, to be damaged."""
    return Path(shutil.copytree(BUNDLED, here / "mine"))

