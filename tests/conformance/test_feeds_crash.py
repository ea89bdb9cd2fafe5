"""``kill -9`` of the whole node in the middle of two feeds: every acknowledged message is in the record exactly once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ardenne.kernel.mllp.framing import Frames, framed
from ardenne.kernel.store.embedded import EmbeddedDatabase
from ardenne.standards.hl7v2 import er7

MESSAGES, FILES, FIRST_FILE = 40, 10, 1000


@pytest.fixture
def folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="ardenne-feeds-"))
    root.chmod(0o711)
    yield root
    shutil.rmtree(root, ignore_errors=True)


def result(number: int, feed: str) -> bytes:
    """A result of its own order, with a value that tells which message it was."""
    lines = (
        f"MSH|^~\\&|LIS|{feed}|||202401311415||ORU^R01^ORU_R01|{feed}{number}|P|2.5.1||||||UNICODE UTF-8",
        "PID|1||1980010145728^^^LU&1.3.182.4.4&ISO^NI||Nilles^Josée||19800101|F",
        f"OBR|1||{feed}{number}^{feed}|26436-6^Laboratory^LN|||202401310810|||||||||||||||202401311415||LAB|F",
        f"OBX|1|NM|4548-4^HbA1c^LN||{number}|%^%^UCUM|4-6|H|||F|||202401310810",
    )
    return "".join(f"{line}\r" for line in lines).encode()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class Node:
    """A node as an operator starts it."""

    def __init__(self, folder: Path) -> None:
        self.data, self.watched, self.mllp = folder / "data", folder / "in", free_port()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [
            sys.executable, "-m", "ardenne.apps.cli", "serve", "--data", str(self.data), "--port", str(free_port()),
            "--workers", "2", "--mllp", str(self.mllp), "--watch", str(self.watched),
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("ready")

    def kill(self) -> None:
        """End every process of the node at once, the database too."""
        assert self._process is not None
        pid = int((next(self.data.rglob("postmaster.pid"))).read_text().splitlines()[0])
        os.killpg(self._process.pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)


def send(port: int, numbers: list[int], acknowledged: set[int]) -> None:
    """Send messages one after the other until the connection breaks; remember those that were acknowledged."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            for number in numbers:
                connection.sendall(framed(result(number, "MLLP")))
                frames, answers = Frames(100_000), list[bytes]()
                while not answers:
                    data = connection.recv(65_536)
                    if not data:
                        return
                    answers = list(frames.take(data))
                if er7.read(answers[0]).get("MSA-1") == "AA":
                    acknowledged.add(number)
    except OSError:
        return


def values(data: Path) -> list[float]:
    """Return the value of every result in the store, read from the database itself."""
    database = EmbeddedDatabase(data)
    dsn = database.start()
    try:
        with psycopg.connect(dsn) as connection:
            rows = connection.execute(
                "select convert_from(body, 'UTF8')::jsonb from resource where body is not null"
            ).fetchall()
    finally:
        database.stop()
    found = [row[0] for row in rows if row[0]["resourceType"] == "Observation"]
    return sorted(float(one["valueQuantity"]["value"]) for one in found)


def test_every_acknowledged_message_is_in_the_record_exactly_once(folder: Path) -> None:
    node, acknowledged = Node(folder), set[int]()
    node.watched.mkdir()
    node.start()
    for number in range(FILES):
        (node.watched / f"{number}.hl7.part").write_bytes(result(FIRST_FILE + number, "FILE"))
        (node.watched / f"{number}.hl7.part").rename(node.watched / f"{number}.hl7")
    sender = threading.Thread(target=send, args=(node.mllp, list(range(MESSAGES)), acknowledged))
    sender.start()
    deadline = time.monotonic() + 60
    while len(acknowledged) < MESSAGES // 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    node.kill()
    sender.join()
    before = set(acknowledged)
    assert before, "the feed never began"

    node.start()
    # senders repeat everything that they do not know to be acknowledged, and here the last acknowledged one too
    rest = [number for number in range(MESSAGES) if number not in before]
    send(node.mllp, [max(before), *rest], acknowledged)
    while len(list((node.watched / "done").glob("*"))) < FILES and time.monotonic() < deadline + 60:
        time.sleep(0.05)
    node.stop()
    assert acknowledged == set(range(MESSAGES))
    assert sorted(path.name for path in (node.watched / "done").iterdir()) == sorted(
        f"{number}.hl7" for number in range(FILES)
    )
    assert values(node.data) == [*map(float, range(MESSAGES)), *(float(FIRST_FILE + n) for n in range(FILES))]
