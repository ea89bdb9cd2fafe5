"""Definitions of implementation guides: what of a package or a folder is read."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import orjson
import pytest

from ardenne.apps.profile_loading import _change, files

PROFILE = {
    "resourceType": "StructureDefinition", "url": "http://example.org/StructureDefinition/named-patient",
    "name": "NamedPatient", "status": "active", "kind": "resource", "abstract": False, "type": "Patient",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "derivation": "constraint",
    "differential": {"element": [{"id": "Patient.name", "path": "Patient.name", "min": 1}]},
}  # fmt: skip


def test_a_package(tmp_path: Path) -> None:
    content = {
        "package/package.json": {"name": "x"},
        "package/.index.json": {},
        "package/StructureDefinition-a.json": PROFILE,
        "package/example/Patient-a.json": {"resourceType": "Patient"},
        "other/StructureDefinition-b.json": PROFILE,
    }
    with tarfile.open(tmp_path / "guide.tgz", "w:gz") as archive:
        for name, value in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(orjson.dumps(value))
            archive.addfile(member, io.BytesIO(orjson.dumps(value)))
    found = [_change(name, content) for name, content in files(tmp_path / "guide.tgz")]
    assert [one.resource_id for one in found if one] == ["named-patient"]


def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_bytes(orjson.dumps(PROFILE | {"id": "mine"}))
    (tmp_path / "b.json").write_bytes(orjson.dumps(PROFILE | {"kind": "nothing"}))
    (tmp_path / "c.json").write_bytes(b"{")
    found = [_change(name, content) for name, content in files(tmp_path)]
    assert [one.resource_id for one in found if one] == ["mine"]
    said = capsys.readouterr().err
    assert "b.json: left out: StructureDefinition.kind" in said
    assert "c.json: no JSON" in said
