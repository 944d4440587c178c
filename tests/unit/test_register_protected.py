"""A database on read-only media: everything in it can be read, nothing entered, and the file stays as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

from register_support import PLAN, PROTOCOL, TARGET, opened, without_rights
from tarazu.core.errors import StoreError
from tarazu.register.books import new_item
from tarazu.register.intake import ingest
from tarazu.register.search import search

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="permissions of POSIX")


@pytest.fixture
def folder():
    """A folder that every account can reach, unlike pytest's own."""
    found = Path(tempfile.mkdtemp())
    found.chmod(0o755)
    yield found
    found.chmod(0o755)
    shutil.rmtree(found)


@pytest.fixture
def database(folder):
    path = folder / "commission.db"
    (folder / "release.txt").write_text("They signed two memoranda in Astana.", encoding="utf-8")
    with opened(path) as books:
        for kind, row in (("instruments", PROTOCOL), ("instruments", PLAN), ("commitments", TARGET)):
            books.add(new_item(kind, dict(row), {}), "secretariat")
        ingest(books, [folder / "release.txt"], "secretariat")
        search(books, "astana")
    return path


def protect(folder):
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)


def held(path):
    with opened(path) as books:
        return len(books.register().items), len(search(books, "memorandum")), books.database.reads_only


def test_it_is_read_where_neither_file_nor_folder_may_be_written(database, folder):
    protect(folder)
    before = sorted(path.name for path in folder.iterdir()), database.read_bytes()
    assert without_rights(lambda: held(database)) == "(3, 1, True)"
    assert (sorted(path.name for path in folder.iterdir()), database.read_bytes()) == before


def test_a_file_that_may_not_be_written_in_a_folder_that_may(database, folder):
    database.chmod(0o444)
    folder.chmod(0o777)
    assert without_rights(lambda: held(database)) == "(3, 1, True)"


def test_entries_are_refused_in_words(database, folder):
    protect(folder)

    def enter():
        with opened(database) as books:
            try:
                books.add(new_item("instruments", {**PROTOCOL, "id": "in9"}, {}), "secretariat")
            except StoreError as error:
                return error
        return "entered"

    assert "Copy it to a folder that may be written" in without_rights(enter)


def test_it_is_read_while_another_account_has_it_open(database, folder):
    with opened(database) as books:
        books.add(new_item("instruments", {**PROTOCOL, "id": "in9"}, {}), "secretariat")
        protect(folder)
        assert without_rights(lambda: held(database)) == "(4, 1, True)"


def test_a_log_whose_entries_cannot_be_read_is_named(database, folder):
    """A copy taken while somebody wrote: without the log it would be read as if those entries were none."""
    other = folder / "copy.db"
    with opened(database) as books:
        books.add(new_item("instruments", {**PROTOCOL, "id": "in9"}, {}), "secretariat")
        for name in ("", "-wal"):
            shutil.copy(f"{database}{name}", f"{other}{name}")
    protect(folder)

    def read():
        try:
            return held(other)
        except StoreError as error:
            return error

    assert "copy.db-wal" in without_rights(read)


def test_an_older_schema_is_not_read_as_the_new_one(database, folder):
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM register_version")
    protect(folder)

    def read():
        try:
            return held(database)
        except StoreError as error:
            return error

    assert "brought to this version first" in without_rights(read)
