"""The demonstration's folder: filled beside its place, put there when it is complete."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tarazu.core.errors import InputError

MARK = ".tarazu-clearing-demo"
_MARKED = "Written by `tarazu clearing demo`, which may replace this folder with everything in it.\n"


@contextmanager
def being_filled(folder: Path) -> Iterator[Path]:
    """A folder to write in, which becomes `folder` at the end; on any error nothing of it is left.

    Raises
    ------
    InputError
        If `folder` holds anything but an earlier demonstration, or cannot be written.
    """
    _check(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}). Name another folder.") from None
    earlier = work.with_name(work.name + "-earlier")
    try:
        (work / MARK).write_text(_MARKED, encoding="utf-8")
        yield work
        _check(folder)  # it may have changed since
        work.chmod(0o755)
        if folder.exists():
            folder.rename(earlier)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(earlier, ignore_errors=True)


def _check(folder: Path) -> None:
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(f"{folder}: is no folder of its own. Name another: --folder NAME.")
    if any(folder.iterdir()) and not (folder / MARK).is_file():
        raise InputError(
            f"{folder}: holds something that is not an earlier demonstration, and nothing of it is overwritten. "
            "Name another folder: --folder NAME."
        )
