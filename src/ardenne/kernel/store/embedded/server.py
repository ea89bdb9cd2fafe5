"""Starting, adopting and stopping the embedded server."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import make_conninfo

from ardenne.kernel.store.embedded import cluster as cluster_files
from ardenne.kernel.store.embedded import processes
from ardenne.kernel.store.embedded.account import database_account
from ardenne.kernel.store.embedded.errors import DatabaseError, explain_log
from ardenne.kernel.store.embedded.folder import claim

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_REMAINS = (b"postmaster.pid", b"pre-existing shared memory", b"could not bind")
"""What the server says while processes of a killed one still go."""


class EmbeddedDatabase:
    """The PostgreSQL of one data folder.

    Several processes may use it at once (a server and an import): each holds a shared lock;
    the last one to leave stops the server. A server left behind by a killed process is adopted.
    """

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self._users: IO[str] | None = None
        self._mutex = threading.Lock()

    @property
    def dsn(self) -> str:
        """The connection string of the application's database."""
        return make_conninfo(
            host=str(self._socket()), user=cluster_files.ROLE, dbname=cluster_files.DATABASE, port=5432
        )

    def start(self) -> str:
        """Start (or adopt) the server and return its connection string.

        Raises DatabaseError for a foreign folder, a full disk, wrong owner or a damaged cluster.
        """
        claim(self.data)
        self._account = database_account()
        self._cluster = cluster_files.locate(self.data, self._account)
        self._users = (self.data / "database.users").open("w")
        with self._exclusively():
            if not (self._base / "PG_VERSION").exists():
                cluster_files.create(self._cluster, self._account)
            if not self._answers():
                self._launch()
            self._create_database()
            fcntl.flock(self._users, fcntl.LOCK_SH)
        return self.dsn

    def stop(self) -> None:
        """Leave; the last user stops the server cleanly."""
        if self._users is None:
            return
        with self._exclusively():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                users, self._users = self._users, None
            self._shut_down()
            users.close()

    def revive(self) -> bool:
        """Start the server again if it died; return whether that was needed. Raises DatabaseError."""
        with self._exclusively():
            self._reap()
            if self._is_alive():
                return False
            self._launch()
            return True

    def _is_alive(self) -> bool:
        pid = self._server_pid()
        return pid is not None and processes.runs(pid, str(self._base))

    @property
    def pid(self) -> int | None:
        """The process of the running server, or None."""
        return self._server_pid()

    @property
    def _base(self) -> Path:
        return self._cluster / "base"

    @property
    def _log(self) -> Path:
        return self._cluster / "server.log"

    def _socket(self) -> Path:
        return cluster_files.socket_folder(self._cluster, self._account)

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Hold the start/stop lock, so that two processes never start or stop at once.

        A record lock belongs to this process alone: a worker that is forked meanwhile does not inherit
        it. Threads of this process are kept apart by the mutex.
        """
        with self._mutex, (self.data / "database.lock").open("w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            yield

    def _answers(self, database: str = "postgres") -> bool:
        conninfo = make_conninfo(self.dsn, dbname=database, connect_timeout=2)
        try:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def _launch(self) -> None:
        """Start the server. After a ``kill -9`` its last processes may need a moment to go."""
        self._reap()
        deadline = time.monotonic() + _START_SECONDS
        while not self._launch_once(deadline):
            time.sleep(0.2)

    def _launch_once(self, deadline: float) -> bool:
        """Return whether the server runs; False when remains of a killed one stand in the way."""
        cluster_files.configure(self._base, self._socket(), self._account)
        self._disown()
        begin = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            if self._account.switch:
                os.chown(self._log, self._account.uid, self._account.gid)
            process = subprocess.Popen(  # noqa: S603 - fixed arguments
                [str(cluster_files.binaries(self._account) / "postgres"), "-D", str(self._base)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **self._account.run_arguments(),  # type: ignore[call-overload]
            )
        while not self._answers():
            late = time.monotonic() > deadline
            if process.poll() is not None:
                said = self._log.read_bytes()[begin:]
                if not late and any(remains in said for remains in _REMAINS):
                    return False
                raise DatabaseError(f"the database did not start: {explain_log(self._log)}")
            if late:
                raise DatabaseError(f"the database did not answer in time: {explain_log(self._log)}")
            time.sleep(0.03)
        return True

    def _reap(self) -> None:
        """Let go of a killed server that was our own child: as a zombie it would count as running."""
        pid = self._server_pid()
        if pid is not None:
            with contextlib.suppress(ChildProcessError, OverflowError):
                os.waitpid(pid, os.WNOHANG)

    def _disown(self) -> None:
        """Take the place of a dead server in its lock files.

        A killed server whose parent does not reap it still counts as running for PostgreSQL, and so does a
        stranger that got its number. The number of the new server's parent does not; the rest of the
        files stays, by which PostgreSQL looks for processes that the dead one left behind.
        """
        for path in (self._base / "postmaster.pid", self._socket() / ".s.PGSQL.5432.lock"):
            with contextlib.suppress(FileNotFoundError, ValueError):
                first, *rest = path.read_text().split("\n")
                if not processes.runs(int(first), str(self._base)):
                    path.write_text("\n".join([str(os.getpid()), *rest]))

    def _create_database(self) -> None:
        if self._answers(cluster_files.DATABASE):
            return
        with psycopg.connect(make_conninfo(self.dsn, dbname="postgres"), autocommit=True) as connection:
            connection.execute("create database ardenne")

    def _shut_down(self) -> None:
        pid = self._server_pid()
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._is_alive() and time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)

    def _server_pid(self) -> int | None:
        try:
            return int((self._base / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
