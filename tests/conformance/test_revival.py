"""A database that is killed under a running node is started again, whoever its parent is."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from ardenne.kernel.store.embedded import EmbeddedDatabase

_PARENT = """
import sys, time
from pathlib import Path
from ardenne.kernel.store.embedded import EmbeddedDatabase
EmbeddedDatabase(Path(sys.argv[1])).start()
print("started", flush=True)
time.sleep(600)
"""
_PATIENCE = 90.0


@pytest.fixture
def folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="ardenne-revival-"))
    root.chmod(0o711)
    yield root
    shutil.rmtree(root, ignore_errors=True)


def eventually(happens: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not happens():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def answers(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn, connect_timeout=2) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


@pytest.fixture
def parent(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that started the database and never looks after it."""
    command = [sys.executable, "-c", _PARENT, str(folder / "data")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    yield process
    process.kill()
    process.wait()


def test_a_killed_database_whose_parent_does_not_notice(folder: Path, parent: subprocess.Popen[str]) -> None:
    """Its number stays taken by a zombie: neither we nor PostgreSQL may take that for a running server."""
    database = EmbeddedDatabase(folder / "data")
    dsn = database.start()
    try:
        killed = database.pid
        assert killed is not None
        assert database.revive() is False
        os.kill(killed, signal.SIGKILL)
        eventually(database.revive, "the database was not started again")
        assert answers(dsn)
        assert database.pid != killed
        os.kill(killed, 0)  # the zombie is still there
    finally:
        parent.kill()
        parent.wait()
        database.stop()
    assert not answers(dsn)


def test_a_killed_database_whose_number_a_stranger_got(folder: Path) -> None:
    database = EmbeddedDatabase(folder / "data")
    dsn = database.start()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        killed = database.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        os.waitpid(killed, 0)
        lock = next((folder / "data" / "postgres").resolve().rglob("postmaster.pid"))
        lock.write_text(lock.read_text().replace(str(killed), str(stranger.pid), 1))
        eventually(database.revive, "the database was not started again")
        assert answers(dsn)
    finally:
        stranger.kill()
        stranger.wait()
        database.stop()


def test_a_served_node_answers_again(folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "ardenne.apps.cli",
        "serve",
        "--open",
        "--data",
        str(folder / "data"),
        "--port",
        str(port),
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def status() -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("ready")
        lock = next((folder / "data" / "postgres").resolve().rglob("postmaster.pid"))
        for _time in range(3):
            os.kill(int(lock.read_text().split()[0]), signal.SIGKILL)
            eventually(lambda: status() == 503, "the loss of the database was not told")
            eventually(lambda: status() == 200, "the node did not come back")
    finally:
        server.terminate()
        server.wait(60)
