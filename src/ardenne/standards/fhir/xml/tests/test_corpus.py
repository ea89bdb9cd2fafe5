"""Every valid R4 example of the outside suites goes to XML and back unchanged."""

import os
from pathlib import Path
from typing import Any

import pytest

from ardenne.standards.fhir import json, xml
from ardenne.standards.fhir.json import FhirSyntaxError
from ardenne.standards.fhir.validator import validate

ROOT = Path(__file__).resolve().parents[6]
CORPUS = Path(os.environ.get("ARDENNE_CORPUS") or ROOT.parent / "shared/data") / "conformance"
# Problems of content, not of form: XML can carry them.
HARMLESS = {"reference-target", "cardinality", "binding", "dom-3"}

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no suites in {CORPUS} (set ARDENNE_CORPUS)"),
]


def resources(folder: str) -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for path in sorted((CORPUS / folder).rglob("*.json")):
        try:
            resource = json.parse_exact(path.read_bytes())
        except FhirSyntaxError:
            continue
        if "resourceType" in resource and not any(issue.rule not in HARMLESS for issue in validate(resource)):
            found.append((path, resource))
    return found


@pytest.mark.parametrize(
    ("folder", "least"), [("fhirpath-r4", 70), ("validator-r4", 90), ("terminology", 350)]
)
def test_json_to_xml_to_json_is_equal(folder: str, least: int) -> None:
    found = resources(folder)
    assert len(found) >= least
    for path, resource in found:
        assert xml.parse(xml.dump(resource)) == resource, path


def test_xml_to_json_to_xml_is_equal() -> None:
    count = 0
    for path in sorted((CORPUS / "fhirpath-r4").rglob("*.xml")):
        try:
            resource = xml.parse(path.read_bytes())
        except FhirSyntaxError:
            continue  # the list of the suite's tests is XML too
        count += 1
        assert xml.parse(xml.dump(json.parse_exact(json.dump(resource)))) == resource, path
    assert count >= 8
