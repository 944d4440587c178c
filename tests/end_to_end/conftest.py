"""Running the command line: in this process where speed matters, as a process of its own where that matters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

# Before numpy is loaded: on a busy machine its threads wait for one another longer than they work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import tarazu
from tarazu.cli import main

BUNDLED = Path(tarazu.__file__).parent / "data" / "kaz-irn"


@cache
def pooled_once():
    """The first stages of the bundled dossier: the same for every test that asks something of it."""
    from tarazu.planning.prepare import from_dossier

    return from_dossier(tarazu.load("kaz-irn"))


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
        done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=120, check=False)
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

    from tarazu.planning import plan
    from tarazu.planning.prepare import from_dossier

    def prepared(asked):
        return pooled_once() if asked.folder == BUNDLED else from_dossier(asked)

    monkeypatch.setattr(plan, "from_dossier", prepared)

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
