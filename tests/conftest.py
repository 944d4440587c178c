"""Shared fixtures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearing_support import clock, founded_postgres, founded_sqlite, founded_url, house  # noqa: F401  (fixtures)
from postgres import house_url, postgres_server, postgres_url  # noqa: F401  (fixtures)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of third-party files used by reference tests; not part of the project."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("TARAZU_SHARED_DATA", root.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"third-party test data not found at {folder} (set TARAZU_SHARED_DATA)")
    return folder
