"""``ardenne import``: twice changes nothing, an interruption loses nothing, the table tells everything."""

from __future__ import annotations

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record import cli, filing
from ardenne.services.record.store import LoadedFiles
from ardenne.services.record.tests.conftest import stored
from ardenne.services.record.tests.samples import MATRICULE, cda, results

ZONE = ZoneInfo("Europe/Luxembourg")
PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Zenner"}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Documents of every way in: CDA, a message, a described file, NDJSON packed and plain, a bundle, a stray."""
    (tmp_path / "summary.xml").write_bytes(cda("1"))
    (tmp_path / "second.xml").write_bytes(cda("2"))
    (tmp_path / "results.hl7").write_bytes(results("7.1"))
    (tmp_path / "note.txt").write_text("Une note.")
    about = {
        "patient": {"identifiers": [{"system": MATRICULE, "value": "1980010145728"}]},
        "type": {"code": "11506-3"},
        "date": "2024-02-01",
        "title": "Note",
    }
    (tmp_path / "note.txt.json").write_bytes(orjson.dumps(about))
    (tmp_path / "people.ndjson").write_bytes(orjson.dumps(PATIENT) + b"\n")
    (tmp_path / "more.ndjson.gz").write_bytes(gzip.compress(orjson.dumps({**PATIENT, "id": "p2"}) + b"\n"))
    entry = {"fullUrl": "urn:uuid:5b1f0d2e-6f5e-4b64-9c57-3c0a2c1d7a10", "resource": {**PATIENT, "id": "p3"}}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    (tmp_path / "bundle.json").write_bytes(orjson.dumps(bundle))
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4 a scan")
    return tmp_path


def run(node: TestNode, *paths: Path) -> cli.Report:
    return cli.run(list(paths), node.dsn, node.contents, 1, True, ZONE, node.service.registry)


def test_everything_is_filed_or_rejected_with_its_reason(filing_node: TestNode, folder: Path) -> None:
    report = run(filing_node, folder)
    assert dict(report.outcomes) == {"filed": 7, "rejected": 1}
    assert len(stored(filing_node, "Patient")) == 4
    table = report.table()
    assert "filed              7" in table
    assert "scan.pdf: description-missing" in table


def test_a_second_time_everything_is_a_duplicate(filing_node: TestNode, folder: Path) -> None:
    run(filing_node, folder)
    before = stored(filing_node, "Provenance")
    report = run(filing_node, folder)
    assert dict(report.outcomes) == {"duplicate": 7, "rejected": 1}
    assert report.stored == 0
    assert stored(filing_node, "Provenance") == before


def test_the_same_content_under_another_name_is_a_duplicate(filing_node: TestNode, tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(cda("1"))
    assert dict(run(filing_node, tmp_path).outcomes) == {"filed": 1, "duplicate": 1}


def test_an_interrupted_import_resumes(
    filing_node: TestNode, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = filing.file, 0

    async def interrupted(*arguments: object, **named: object) -> filing.Filed:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise KeyboardInterrupt
        return await real(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(filing, "file", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(filing_node, folder)
    report = run(filing_node, folder)
    assert report.outcomes["filed"] + report.outcomes["duplicate"] == 7
    assert len(stored(filing_node, "DocumentReference")) == 4


def test_a_file_is_marked_only_once_it_is_stored_wholly(
    filing_node: TestNode, tmp_path: Path, loaded: LoadedFiles
) -> None:
    file = tmp_path / "people.ndjson"
    file.write_bytes(orjson.dumps(PATIENT) + b'\n{"resourceType": "Patient", "id": "p2", "wrong": 1}\n')
    assert dict(run(filing_node, file).outcomes) == {"filed": 1, "rejected": 1}
    assert not loaded.has(cli._digest(file))
    file.write_bytes(orjson.dumps(PATIENT) + b"\n")
    run(filing_node, file)
    assert loaded.has(cli._digest(file))


def test_a_missing_path_is_named(filing_node: TestNode, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        run(filing_node, tmp_path / "nowhere")


def test_a_sidecar_is_no_document_of_its_own(folder: Path) -> None:
    assert "note.txt.json" not in {path.name for path in cli.find_files([folder])}
