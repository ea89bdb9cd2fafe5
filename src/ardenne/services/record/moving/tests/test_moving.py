"""A record leaves as one file and comes back the same."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from lxml import etree

from ardenne.kernel.testing import TestNode
from ardenne.services.record import filing
from ardenne.services.record.exchange.tests.client import PLACE
from ardenne.services.record.moving import exporting, importing
from ardenne.services.record.testing.fixtures import stored
from ardenne.services.record.testing.samples import cda, results

_TYPES = ("Patient", "DocumentReference", "Observation", "DiagnosticReport", "Condition", "Provenance")


def everything(node: TestNode) -> dict[str, dict[str, Any]]:
    found = {}
    for name in _TYPES:
        for one in stored(node, name):
            del one["meta"]["lastUpdated"], one["meta"]["versionId"]
            found[f"{name}/{one['id']}"] = one
    return found


@pytest.fixture
def exported(filing_node: TestNode, tmp_path: Path) -> tuple[TestNode, Path, str]:
    filed = filing_node.run(filing.file(filing_node.service, cda(), "x"))
    out = tmp_path / "record.zip"
    filing_node.run(exporting.export(filing_node.service, PLACE, filed.patient_id, out))
    return filing_node, out, filed.patient_id


def test_the_same_record_stands_after_the_import_into_an_empty_node(
    exported: tuple[TestNode, Path, str],
) -> None:
    node, out, patient = exported
    before = everything(node)
    originals = [node.call("GET", f"Binary/{one['id']}").body for one in stored(node, "Binary")]
    assert originals
    node.empty()
    filed = node.run(importing.load(node.service, out))
    assert (filed.outcome, filed.patient_id) == ("filed", patient), filed.issues
    assert everything(node) == before
    assert [node.call("GET", f"Binary/{one['id']}").body for one in stored(node, "Binary")] == originals
    assert node.run(importing.load(node.service, out)).outcome == "duplicate"


def test_a_person_who_is_known_under_another_id_gets_the_record(
    exported: tuple[TestNode, Path, str], tmp_path: Path
) -> None:
    node, out, patient = exported
    foreign = tmp_path / "foreign.zip"
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(foreign, "w") as new:
        for one in old.namelist():
            new.writestr(
                one,
                old.read(one).replace(patient.encode(), b"of-another-node")
                if "DOC" not in one
                else old.read(one),
            )
    filed = node.run(importing.load(node.service, foreign))
    assert filed.patient_id == patient, filed.issues
    assert {one["subject"]["reference"] for one in stored(node, "Condition")} == {f"Patient/{patient}"}
    assert len(stored(node, "Patient")) == 1


def test_what_is_newer_here_stays(exported: tuple[TestNode, Path, str]) -> None:
    node, out, _patient = exported
    condition = stored(node, "Condition")[0]
    condition["note"] = [{"text": "corrected here"}]
    assert node.call("PUT", f"Condition/{condition['id']}", condition).status == 200
    node.run(importing.load(node.service, out))
    assert node.call("GET", f"Condition/{condition['id']}").json["note"] == [{"text": "corrected here"}]


def test_the_file_is_readable_for_people_and_other_systems(exported: tuple[TestNode, Path, str]) -> None:
    _node, out, patient = exported
    with zipfile.ZipFile(out) as file:
        names = file.namelist()
        index = etree.fromstring(file.read("INDEX.HTM"), etree.HTMLParser())
        links = [str(one) for one in index.xpath("//a/@href")]
        assert links and set(links) <= set(names)
        assert (
            index.get("lang") == "fr" and index.xpath("count(//h1)") == 1 and index.xpath("//table/caption")
        )
        assert file.read(links[0]) == cda()
        metadata = etree.fromstring(file.read("IHE_XDM/SUBSET01/METADATA.XML"))
        uris = [str(one) for one in metadata.xpath("//*[@name='URI']//*[local-name()='Value']/text()")]
        assert [f"IHE_XDM/SUBSET01/{one}" for one in uris] == links
        lines = [orjson.loads(line) for line in file.read("FHIR/record.ndjson").splitlines()]
        assert [one["id"] for one in lines if one["resourceType"] == "Patient"] == [patient]


def test_a_file_that_was_changed_is_refused(exported: tuple[TestNode, Path, str], tmp_path: Path) -> None:
    node, out, _patient = exported

    def changed(name: str, data: bytes) -> Path:
        copy = tmp_path / "changed.zip"
        with zipfile.ZipFile(out) as old, zipfile.ZipFile(copy, "w") as new:
            for one in old.namelist():
                new.writestr(one, data if one == name else old.read(one))
        return copy

    with zipfile.ZipFile(out) as file:
        manifest = orjson.loads(file.read("manifest.json"))
        lines = file.read("FHIR/record.ndjson")
    other = lines.replace(b'"reference":"Patient/', b'"reference":"Patient/other-')
    for name, data, rule in (
        (manifest["contents"][0]["path"], b"forged", "record-content"),
        ("FHIR/record.ndjson", other, "record-patient"),
        ("manifest.json", b"{", "record-file"),
    ):
        filed = node.run(importing.load(node.service, changed(name, data)))
        assert (filed.outcome, filed.issues[0].rule) == ("refused", rule)


def test_an_export_holds_one_person_and_is_in_the_journal(filing_node: TestNode, tmp_path: Path) -> None:
    first = filing_node.run(filing.file(filing_node.service, cda(), "x"))
    second = filing_node.run(filing.file(filing_node.service, results("6.5"), "y"))
    assert first.patient_id and second.patient_id
    out = tmp_path / "one.zip"
    filing_node.run(exporting.export(filing_node.service, PLACE, first.patient_id, out))
    with zipfile.ZipFile(out) as file:
        held = file.read("FHIR/record.ndjson").decode()
    if first.patient_id != second.patient_id:
        assert second.patient_id not in held
    events = filing_node.call("GET", f"AuditEvent?entity=Patient/{first.patient_id}&_count=100").body.decode()
    assert "export to a file" in events
