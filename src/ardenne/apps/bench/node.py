"""The node that a bench measures: one of its own in a temporary folder, or another server by its address."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import orjson

from ardenne.apps.bench.processes import Usage, usage
from ardenne.apps.serving import MIGRATIONS
from ardenne.kernel.store.embedded import EmbeddedDatabase
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.store.size import analyse, database_bytes


class Node:
    """A server under measurement."""

    def __init__(self, workers: int, port: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="ardenne-bench-"))
        self._folder.chmod(0o711)
        self._embedded = EmbeddedDatabase(self._folder / "data")
        self.dsn = self._embedded.start()
        migrate(self.dsn, MIGRATIONS)
        self.contents = self._folder / "data" / "contents"
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
        found: list[str] = []
        target = f"{self.address}/fhir/{resource_type}?_count=1000&_elements=id&_total=none"
        while target and len(found) < count:
            with urllib.request.urlopen(target, timeout=60) as response:  # noqa: S310 - our own server
                bundle = orjson.loads(response.read())
            found += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
            target = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
        return found[:count]
