"""The node that a bench measures: one of its own in a temporary folder, or another server by its address."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import orjson

from ardenne.apps.bench.processes import Usage, usage
from ardenne.apps.serving import MIGRATIONS
from ardenne.kernel.store.embedded import EmbeddedDatabase
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.store.size import analyse, database_bytes

_TURN_SECONDS, _CALM_TURNS, _LONGEST_REST = 2.0, 3, 3600.0
_CALM = 0.25
"""Cores; a node that nobody calls uses about a tenth of one."""


class Measured(Protocol):
    """What the workloads need of a server."""

    address: str
    prefix: str

    def server_usage(self) -> Usage:
        """CPU and memory of the server's processes."""

    def database_usage(self) -> Usage:
        """CPU and memory of the database's processes."""

    def sample(self, resource_type: str, count: int) -> list[str]:
        """Ids of some resources."""


class Remote:
    """Any FHIR server by the address of its base; its CPU and memory cannot be seen."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url.rstrip("/"))
        self.address = f"{parts.scheme}://{parts.netloc}"
        self.prefix = parts.path

    def server_usage(self) -> Usage:
        """Return nothing: the processes are elsewhere."""
        return Usage(0.0, 0)

    def database_usage(self) -> Usage:
        """Return nothing: the processes are elsewhere."""
        return Usage(0.0, 0)

    def sample(self, resource_type: str, count: int) -> list[str]:
        """Return ids of some resources."""
        return sample_ids(f"{self.address}{self.prefix}", resource_type, count)


def sample_ids(base: str, resource_type: str, count: int) -> list[str]:
    """Return ids of resources, page after page."""
    found: list[str] = []
    target = f"{base}/{resource_type}{'&' if '?' in resource_type else '?'}_count=500"
    while target and len(found) < count:
        with urllib.request.urlopen(target, timeout=60) as response:  # noqa: S310 - the caller names the server
            bundle = orjson.loads(response.read())
        found += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        target = next((link["url"] for link in bundle.get("link", []) if link["relation"] == "next"), "")
    return found[:count]


class Node:
    """A node of our own in a temporary folder."""

    prefix = "/fhir"

    def __init__(self, workers: int, port: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="ardenne-bench-"))
        self._folder.chmod(0o711)
        self._embedded = EmbeddedDatabase(self._folder / "data")
        self.dsn = self._embedded.start()
        migrate(self.dsn, MIGRATIONS)
        self.data = self._folder / "data"
        self.contents = self.data / "contents"
        self._server: subprocess.Popen[str] | None = None
        self._workers = workers
        self._port = port
        self.address = f"http://127.0.0.1:{port}"

    def serve(self) -> None:
        """Start the server over the same data."""
        command = [
            sys.executable, "-m", "ardenne.apps.cli", "serve", "--open", "--data", str(self._folder / "data"),
            "--port", str(self._port), "--workers", str(self._workers),
        ]  # fmt: skip
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        if not line.startswith("ready"):
            raise RuntimeError("the server did not start")

    def close(self) -> None:
        """Stop everything and remove the data."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(30)
        self._embedded.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def settle(self) -> None:
        """Give the planner its statistics, as a running node has them."""
        analyse(self.dsn)

    def rest(self) -> float:
        """Wait until what works behind a load (words, indexes) has little left to do; return the seconds."""
        begin = time.perf_counter()
        calm = 0
        while calm < _CALM_TURNS and time.perf_counter() - begin < _LONGEST_REST:
            before = self.server_usage().cpu + self.database_usage().cpu
            time.sleep(_TURN_SECONDS)
            spent = self.server_usage().cpu + self.database_usage().cpu - before
            calm = calm + 1 if spent < _CALM * _TURN_SECONDS else 0
        return time.perf_counter() - begin

    def server_usage(self) -> Usage:
        """CPU and memory of the server's processes."""
        return usage(self._server.pid) if self._server is not None else Usage(0.0, 0)

    def database_usage(self) -> Usage:
        """CPU and memory of the database's processes."""
        pid = self._embedded.pid
        return usage(pid) if pid is not None else Usage(0.0, 0)

    def bytes_on_disk(self) -> int:
        """Size of the database."""
        return database_bytes(self.dsn)

    def sample(self, resource_type: str, count: int) -> list[str]:
        """Return ids of some resources."""
        return sample_ids(f"{self.address}{self.prefix}", resource_type, count)
