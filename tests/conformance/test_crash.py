"""``kill -9`` of import and database in the middle of an import loses nothing that was acknowledged."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ardenne.apps.bench import people
from ardenne.apps.serving import MIGRATIONS
from ardenne.kernel.store.embedded import EmbeddedDatabase
from ardenne.kernel.store.migrate import migrate

PATIENTS = 60
_COUNT = "select count(*) from resource where body is not null"


@pytest.fixture
def folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="ardenne-crash-"))
    root.chmod(0o711)
    yield root
    shutil.rmtree(root, ignore_errors=True)


def _count(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(_COUNT).fetchone()
    assert row is not None
    return int(row[0])


def _import(folder: Path, source: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "ardenne.apps.cli",
        "import",
        str(source),
        "--data",
        str(folder / "data"),
        "--quiet",
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)


def test_what_was_committed_survives_and_the_import_goes_on(folder: Path) -> None:
    source = folder / "people.ndjson"
    lines = list(people.lines(PATIENTS))
    source.write_bytes(b"\n".join(lines) + b"\n")
    database = EmbeddedDatabase(folder / "data")
    dsn = database.start()
    migrate(dsn, MIGRATIONS)
    importing = _import(folder, source)
    deadline = time.monotonic() + 60
    while _count(dsn) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    acknowledged = _count(dsn)
    assert database.pid is not None
    os.killpg(importing.pid, signal.SIGKILL)
    os.kill(database.pid, signal.SIGKILL)
    importing.wait()
    assert acknowledged > 0, "the import never began"

    fresh = EmbeddedDatabase(folder / "data")
    dsn = fresh.start()
    try:
        survived = _count(dsn)
        assert survived >= acknowledged
        assert _import(folder, source).wait(120) == 0
        assert _count(dsn) == len(lines)
        assert _import(folder, source).wait(120) == 0
        assert _count(dsn) == len(lines)
    finally:
        fresh.stop()
