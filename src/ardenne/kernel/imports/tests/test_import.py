"""Bulk import: from a folder and from hosts, resumable, cancellable, every line accounted for."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest

from ardenne.kernel.imports import work
from ardenne.kernel.imports.manifest import Places
from ardenne.kernel.imports.operations import BulkImport
from ardenne.kernel.imports.runner import ImportRunner
from ardenne.kernel.imports.sources import SourceError, lines
from ardenne.kernel.imports.store import ImportJobs
from ardenne.kernel.testing import Answer, TestNode

ASYNC = {"Prefer": "respond-async", "Content-Type": "application/json"}


class Host(BaseHTTPRequestHandler):
    """A host of files that breaks the first answer for a file in the middle."""

    files: dict[str, bytes] = {}  # noqa: RUF012
    broken: set[str] = set()  # noqa: RUF012

    def do_GET(self) -> None:
        content = self.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.path in self.broken:
            self.broken.discard(self.path)
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self.connection.close()
            return
        self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    Host.files.clear()
    Host.broken.clear()


class Importing:
    def __init__(self, node: TestNode, folder: Path, hosts: frozenset[str]) -> None:
        self.node = node
        self.places = Places(folder / "in", hosts)
        (folder / "in").mkdir()
        self.folder = folder / "in"
        self.jobs = ImportJobs(node.database)
        task = work.Task(node.dsn, str(node.contents), folder=str(folder / "in"), hosts=sorted(hosts))
        self.runner = ImportRunner(self.jobs, task, folder / "out")

    def start(self, *inputs: dict[str, str]) -> Answer:
        asked = {"inputFormat": "application/fhir+ndjson", "input": list(inputs)}
        return self.node.call("POST", "$import", asked, ASYNC)

    def run(self, *inputs: dict[str, str]) -> Answer:
        started = self.start(*inputs)
        assert started.status == 202, started.body
        place = started.headers["content-location"].partition("/fhir/")[2]
        assert self.node.call("GET", place).status == 202
        self.node.run(self.runner.step())
        return self.node.call("GET", place)


@pytest.fixture
def importing(node: TestNode, tmp_path: Path, host: str) -> Iterator[Importing]:
    found = Importing(node, tmp_path, frozenset({host}))
    before = dict(node.router.operations)
    node.router.operations.update(BulkImport(found.jobs, found.runner, found.places).operations())
    yield found
    node.router.operations.clear()
    node.router.operations.update(before)


def patients(count: int) -> bytes:
    return b"".join(
        orjson.dumps({"resourceType": "Patient", "id": f"p{number}", "name": [{"family": "Weber"}]}) + b"\n"
        for number in range(count)
    )


def total(node: TestNode) -> int:
    return int(node.call("GET", "Patient?_summary=count").json["total"])


def test_files_of_a_folder(node: TestNode, importing: Importing) -> None:
    (importing.folder / "a.ndjson").write_bytes(patients(1200))
    (importing.folder / "b.ndjson.gz").write_bytes(gzip.compress(patients(1300)))
    answer = importing.run({"type": "Patient", "url": "a.ndjson"}, {"type": "Patient", "url": "b.ndjson.gz"})
    assert answer.status == 200
    assert [one["count"] for one in answer.json["output"]] == [1200, 1300]
    assert [(one["created"], one["unchanged"]) for one in answer.json["output"]] == [(1200, 0), (100, 1200)]
    assert answer.json["error"] == []
    assert total(node) == 1300
    assert node.call("GET", "Patient?family=weber&_id=p1299").ids == ["p1299"]


def test_parameters_and_a_host_that_breaks_the_connection(
    node: TestNode, importing: Importing, host: str
) -> None:
    Host.files["/p.ndjson"] = patients(2000)
    Host.broken.add("/p.ndjson")
    parts = [
        {"name": "type", "valueCode": "Patient"},
        {"name": "url", "valueUri": f"http://{host}/p.ndjson"},
    ]
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "inputFormat", "valueCode": "application/fhir+ndjson"},
            {"name": "storageDetail", "part": [{"name": "type", "valueCode": "https"}]},
            {"name": "input", "part": parts},
        ],
    }
    started = node.call("POST", "$import", asked, {"Prefer": "respond-async"})
    assert started.status == 202
    node.run(importing.runner.step())
    answer = node.call("GET", started.headers["content-location"].partition("/fhir/")[2])
    assert (answer.json["output"][0]["count"], answer.json["error"]) == (2000, [])
    assert total(node) == 2000


def test_what_is_refused_is_told_by_line_and_the_rest_is_stored(node: TestNode, importing: Importing) -> None:
    rows = patients(2) + b'{"resourceType":"Patient","id":"x","gender":"none"}\nnothing\n' + b"\n"
    rows += b'{"resourceType":"Patient"}\n{"resourceType":"Basic","id":"b","code":{"text":"x"}}\n' + patients(
        3
    )
    (importing.folder / "a.ndjson").write_bytes(rows)
    answer = importing.run({"type": "Patient", "url": "a.ndjson"})
    (error,) = answer.json["error"]
    assert (answer.json["output"][0]["count"], error["count"]) == (5, 4)
    told = node.call("GET", error["url"].partition("/fhir/")[2])
    assert told.status == 200
    path = importing.runner.refusals(error["url"].rpartition("=")[2])
    outcomes = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    places = [one["issue"][-1]["details"]["text"] for one in outcomes]
    assert places == [f"a.ndjson line {number}" for number in (3, 4, 5, 6)]
    assert "none" in outcomes[0]["issue"][0]["details"]["text"] or outcomes[0]["issue"][0]["expression"]
    assert total(node) == 3


def test_going_on_after_the_process_was_killed(
    node: TestNode, importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    (importing.folder / "a.ndjson").write_bytes(patients(1800))
    importing.start({"type": "Patient", "url": "a.ndjson"})
    job = node.run(importing.jobs.take())
    assert job is not None
    importer = work.Importer(importing.runner.task(job))
    written = importer._writer.write
    calls = []

    def dies(changes: Any) -> Any:
        calls.append(len(changes))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return written(changes)

    monkeypatch.setattr(importer._writer, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        importer.run()
    assert total(node) == 1000
    node.run(importing.jobs.release(job.id, 3, "killed"))
    node.run(importing.runner.step())
    found = node.run(importing.jobs.get(str(job.id)))
    assert found is not None
    assert (found.status, found.progress[0].lines, found.progress[0].created) == ("done", 1800, 1800)
    assert total(node) == 1800


def test_a_cancelled_import_stops(node: TestNode, importing: Importing) -> None:
    (importing.folder / "a.ndjson").write_bytes(patients(1800))
    started = importing.start({"type": "Patient", "url": "a.ndjson"})
    place = started.headers["content-location"].partition("/fhir/")[2]
    job = node.run(importing.jobs.take())
    assert job is not None
    assert node.call("DELETE", place).status == 202
    work.Importer(importing.runner.task(job)).run()
    assert total(node) == 0
    assert node.call("GET", place).status == 404


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("../out/secret", "outside"),
        ("/etc/passwd", "no file"),
        ("file:///etc/passwd", "no file"),
        ("missing.ndjson", "no file"),
        ("http://169.254.169.254/latest", "import_hosts"),
        ("https://example.org/p.ndjson", "import_hosts"),
        ("ftp://example.org/p.ndjson", "neither"),
    ],
)
def test_other_places_are_refused(importing: Importing, url: str, said: str) -> None:
    answer = importing.start({"type": "Patient", "url": url})
    assert answer.status == 400
    assert said in answer.problem


def test_a_link_out_of_the_folder_is_not_followed(importing: Importing, tmp_path: Path) -> None:
    (tmp_path / "secret.ndjson").write_bytes(patients(1))
    (importing.folder / "link.ndjson").symlink_to(tmp_path / "secret.ndjson")
    assert "outside" in importing.start({"type": "Patient", "url": "link.ndjson"}).problem


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (b"{", "no JSON"),
        (b'{"inputFormat":"text/csv","input":[{"url":"a"}]}', "ndjson"),
        (b'{"input":[]}', "inputs"),
        (b'{"input":[{"type":"Horse","url":"a"}]}', "Horse"),
        (b'{"input":[{"url":"a"}],"mode":"x"}', "mode"),
    ],
)
def test_wrong_requests(node: TestNode, importing: Importing, asked: bytes, said: str) -> None:
    answer = node.call("POST", "$import", asked, ASYNC)
    assert answer.status == 400
    assert said in answer.problem


def test_lines_survive_any_cut(tmp_path: Path) -> None:
    """Lines come out whole wherever chunks and members of gzip end."""
    rows = [b'{"n":%d,"text":"%s"}' % (number, b"x" * (number * 37 % 5000)) for number in range(600)]
    text = b"\n".join(rows)
    packed = gzip.compress(text[:100_001]) + gzip.compress(text[100_001:])
    (tmp_path / "plain").write_bytes(text)
    (tmp_path / "packed").write_bytes(packed)
    for name in ("plain", "packed"):
        assert list(lines(name, Places(tmp_path))) == rows
        assert list(lines(name, Places(tmp_path), 599)) == rows[599:]
    (tmp_path / "damaged").write_bytes(packed[:5000] + b"?" * 100 + packed[5100:])
    with pytest.raises(SourceError):
        list(lines("damaged", Places(tmp_path)))
