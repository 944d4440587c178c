"""Open, migrate and write a SQL database: SQLite by default, PostgreSQL (14 or newer) for production.

What SQLAlchemy leaves open is decided here, once:

- SQLite runs with a write-ahead log and ``synchronous = FULL``: what a commit returned for survives a power
  cut (https://www.sqlite.org/pragma.html#pragma_synchronous). Foreign keys are enforced.
- There is one writer at a time. On SQLite a writing transaction begins IMMEDIATE, on PostgreSQL it takes one
  advisory lock; two writers therefore never wait for each other's rows, and no deadlock can stand.
- Rows enter in bulk: ``executemany`` on SQLite, COPY on PostgreSQL.
- A SQLite file that may not be written, as on read-only media, is opened for reading alone. Its write-ahead log needs
  files beside it; where they cannot be made it is read as immutable (https://www.sqlite.org/wal.html#read_only_databases).
- The schema is the owner's, kept as Alembic revisions in a package of the owner's.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError, OperationalError

from tarazu.core.errors import StoreError

BUSY_SECONDS = 60  # how long a writer waits for another process's transaction before it says so
OLDEST_POSTGRESQL = 14
VERSIONS = ("alembic_version", "register_version")  # of the engines that share a database
Row = tuple[Any, ...]


class Database:
    """A database at the newest revision of one owner's schema.

    Parameters
    ----------
    url
        A path (SQLite), ``sqlite:///PATH`` or ``postgresql://USER@HOST/NAME``.
    migrations
        Package and folder of the owner's Alembic revisions: ``tarazu.clearing:migrations``.
    lock
        Number of the owner's advisory lock on PostgreSQL.
    versions
        Table that holds the revision of the owner's schema; owners that share a database have one each.
    new
        Whether the schema is made where there is none; who only reads leaves an empty database as it is.

    Raises
    ------
    StoreError
        If the database cannot be opened, was written by a newer version, or is empty and not to be made.

    Attributes
    ----------
    reads_only
        Whether it stands where nothing can be written.
    """

    def __init__(
        self, url: str | Path, migrations: str, lock: int, versions: str = VERSIONS[0], *, new: bool = True
    ) -> None:
        self.url = _url(url)
        self.kind = self.url.get_backend_name()
        self.reads_only = self.kind == "sqlite" and _is_protected(Path(self.url.database or ""))
        self._lock = lock
        self._writing = threading.RLock()
        self._inserts: dict[str, str] = {}
        if not new and self.kind == "sqlite" and not Path(self.url.database or "").is_file():
            raise StoreError(f"{self.url.database}: there is no such database.")
        try:
            self.engine = _protected_engine(self.url) if self.reads_only else _engine(self.url, new)
            with self.engine.connect() as connection:
                _check_server(connection)
            self._migrate(migrations, versions, new)
        except (sa.exc.ArgumentError, ValueError) as error:
            raise StoreError(f"{_shown(self.url)}: {error}") from error
        except ModuleNotFoundError as error:
            raise StoreError(f"{error}. Install it: pip install 'psycopg[binary]'.") from error
        except DBAPIError as error:
            raise StoreError(f"{_shown(self.url)}: {error.orig}") from error

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction, the only one that writes: committed at the end, rolled back on any exception."""
        if self.reads_only:
            raise StoreError(
                f"{self.url.database}: may not be written, nor a file beside it: nothing was entered. Copy it to a "
                "folder that may be written."
            )
        with self._writing:
            try:
                with self.engine.connect() as connection, connection.begin():
                    if self.kind == "postgresql":
                        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({self._lock})")
                    yield connection
            except OperationalError as error:
                raise StoreError(f"{_shown(self.url)}: {error.orig}. Nothing was written.") from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent view of what is committed; it never waits for the writer."""
        options: dict[str, Any] = {"reads_only": True}
        if self.kind == "postgresql":
            options["isolation_level"] = "REPEATABLE READ"
        with self.engine.connect().execution_options(**options) as connection:
            yield connection

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> None:
        """Insert rows whose values stand in the order of the table's columns."""
        many = rows if isinstance(rows, Sequence) else list(rows)
        if not many:
            return
        if self.kind == "postgresql":
            names = ", ".join(column.name for column in table.columns)
            raw = connection.connection.driver_connection
            assert raw is not None, "a transaction holds a connection"
            text = f"COPY {table.name} ({names}) FROM STDIN"
            driver = self.engine.dialect.loaded_dbapi.Error
            try:
                with raw.cursor() as cursor, cursor.copy(text) as copy:
                    for row in many:
                        copy.write_row(row)
            except driver as error:  # not raised through SQLAlchemy: callers expect its exceptions
                raise DBAPIError.instance(text, None, error, driver) from error
        else:
            connection.exec_driver_sql(self._insert_text(table), list(many))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def _insert_text(self, table: sa.Table) -> str:
        if table.name not in self._inserts:
            self._inserts[table.name] = str(table.insert().compile(dialect=self.engine.dialect))
        return self._inserts[table.name]

    def _migrate(self, migrations: str, versions: str, new: bool) -> None:
        config = Config()
        config.set_main_option("script_location", migrations)
        head = ScriptDirectory.from_config(config).get_current_head()
        with self.reading() if self.reads_only else self.writing() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": versions})
            found = context.get_current_revision()
            if found == head:
                return
            if found is None and not new:
                raise StoreError(
                    f"{_shown(self.url)} holds nothing of what is looked for. Enter something first, or name another."
                )
            others = sa.inspect(connection).get_table_names()
            if found is None and others and not set(others) & set(VERSIONS):
                raise StoreError(
                    f"{_shown(self.url)} holds tables of something else ({', '.join(sorted(others)[:5])}). "
                    "Name an empty or a new database."
                )
            known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
            if found is not None and found not in known:
                raise StoreError(
                    f"{_shown(self.url)} is at revision {found}, which this version of Tarazu does not know. "
                    "It was written by a newer version: update Tarazu."
                )
            if self.reads_only:
                raise StoreError(
                    f"{_shown(self.url)} has to be brought to this version first, and may not be written. Copy it to a "
                    "folder that may be written."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _url(url: str | Path) -> sa.URL:
    text = str(url)
    if "://" not in text:
        return sa.URL.create("sqlite", database=text)
    try:
        parsed = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise StoreError(f"{text.split('@')[-1]!r} is no address of a database ({error}).") from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise StoreError(
            f"expected sqlite or postgresql, got {parsed.get_backend_name()!r} in {_shown(parsed)}."
        )
    return parsed


def _engine(url: sa.URL, new: bool) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(url, isolation_level="READ COMMITTED")
    folder = Path(url.database or "").parent
    if not folder.is_dir():
        raise StoreError(f"{url.database}: the folder {folder} does not exist. Create it first.")
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _settings(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # SQLAlchemy, not the driver, says when a transaction begins
        if new:  # a database keeps it once it is set, and who only reads leaves an empty file as it is
            _write_ahead(raw)
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            raw.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A reader's snapshot begins with its first SELECT; a writer takes the lock before it reads anything.
        reads_only = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def _is_protected(path: Path) -> bool:
    """Whether a file is there that cannot be written, or its folder cannot."""
    return path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _protected_engine(url: sa.URL) -> sa.Engine:
    """For reading alone; each connection tries the ordinary way first, in which another account may be writing."""
    file = Path(url.database or "").absolute()

    def connect() -> sqlite3.Connection:
        try:
            return _opened(file, "mode=ro")
        except sqlite3.OperationalError:
            log = file.with_name(f"{file.name}-wal")
            if log.exists() and log.stat().st_size:
                raise StoreError(
                    f"{file}: entries stand in {log.name}, which can be read only where the folder may be written. "
                    "Copy both files to such a folder."
                ) from None
            return _opened(file, "mode=ro&immutable=1")

    engine = sa.create_engine(url, creator=connect)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _opened(file: Path, how: str) -> sqlite3.Connection:
    raw = sqlite3.connect(
        f"{file.as_uri()}?{how}",
        uri=True,
        timeout=BUSY_SECONDS,
        check_same_thread=False,
        isolation_level=None,
    )
    try:
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        raw.close()
        raise
    return raw


def _write_ahead(raw: Any) -> None:
    # Of all statements this one does not wait when another process does the same to a new file: it fails at once.
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _check_server(connection: sa.Connection) -> None:
    version = connection.dialect.server_version_info or (0,)
    if connection.dialect.name == "postgresql" and int(version[0]) < OLDEST_POSTGRESQL:
        found = ".".join(map(str, version))
        raise StoreError(f"expected PostgreSQL {OLDEST_POSTGRESQL} or newer, found {found}.")


def _shown(url: sa.URL) -> str:
    return url.render_as_string(hide_password=True)
