"""The document bundle of the NIST toolkit (plan 15833), written for FHIR DSTU 2, as FHIR R4 and MHD 4.2 say it."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from ardenne.kernel.testing import TestNode
from ardenne.services.record.exchange.mhd.tests.test_mhd import MHD, coded, node, submission_set, urn

__all__ = ["node"]
pytestmark = pytest.mark.corpus
Json = dict[str, Any]
F = "{http://hl7.org/fhir}"


def value(found: etree._Element, path: str) -> str:
    """Return the value of an element."""
    node_ = found.find("/".join(f"{F}{part}" for part in path.split("/")))
    assert node_ is not None, path
    return str(node_.get("value"))


def code(found: etree._Element, path: str) -> Json:
    return coded(value(found, f"{path}/coding/system"), value(found, f"{path}/coding/code"))


def adapted(root: etree._Element) -> Json:
    """Return the bundle: DocumentManifest as List, class as category, size and hash of the content added."""
    reference, manifest, binary = (
        next(root.iter(f"{F}{name}")) for name in ("DocumentReference", "DocumentManifest", "Binary")
    )
    data = base64.b64decode(value(binary, "content"))
    urls = {"binary": urn(), "reference": urn(), "set": urn()}
    author = next(manifest.iter(f"{F}contained"))
    person = {
        "family": value(author, "Practitioner/name/family"),
        "given": [value(author, "Practitioner/name/given")],
    }
    document: Json = {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": value(reference, "masterIdentifier/system"), "value": value(reference, "masterIdentifier/value")},
        "status": value(reference, "status"), "type": code(reference, "type"), "category": [code(reference, "class")],
        "subject": {"reference": "Patient/p1"}, "date": value(reference, "indexed"), "description": value(reference, "description"),
        "contained": [{"resourceType": "Practitioner", "id": "a1", "name": [person]}], "author": [{"reference": "#a1"}],
        "securityLabel": [coded("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N")],
        "content": [{
            "attachment": {
                "contentType": value(binary, "contentType"), "language": value(reference, "content/attachment/language"),
                "url": urls["binary"], "size": len(data), "hash": base64.b64encode(hashlib.sha1(data).digest()).decode(),
                "title": value(reference, "description"), "creation": value(reference, "created"),
            },
            "format": {"system": value(reference, "content/format/system"), "code": value(reference, "content/format/code")},
        }],
        "context": {
            "facilityType": code(reference, "context/facilityType"), "practiceSetting": code(reference, "context/practiceSetting"),
            "period": {one: value(reference, f"context/period/{one}") for one in ("start", "end")},
            "sourcePatientInfo": {"reference": "Patient/p1"},
        },
    }  # fmt: skip
    package = submission_set([urls["reference"]])
    package["extension"][0]["valueIdentifier"]["value"] = value(manifest, "source")
    package["extension"][1]["valueCodeableConcept"] = code(manifest, "type")
    package["date"] = value(manifest, "created")
    content = {"resourceType": "Binary", "contentType": "text/plain", "data": base64.b64encode(data).decode()}
    entries = [(urls["reference"], document), (urls["set"], package), (urls["binary"], content)]
    return {
        "resourceType": "Bundle", "type": "transaction",
        "meta": {"profile": [f"{MHD}IHE.MHD.Comprehensive.ProvideBundle"]},
        "entry": [
            {"fullUrl": url, "resource": one, "request": {"method": "POST", "url": one["resourceType"]}} for url, one in entries
        ],
    }  # fmt: skip


def test_the_bundle_is_filed_and_found(node: TestNode, corpus: Path) -> None:
    root = etree.parse(corpus / "documents/xds/nist/15833/pdb/singledocsubmit.xml").getroot()
    told = node.call("POST", "", adapted(root))
    assert told.status == 200, told.json
    assert [one["response"]["status"][:3] for one in told.json["entry"]] == ["201"] * 3
    number = "urn:oid:1.2.129.6.58.92.88336"
    (found,) = node.call("GET", f"DocumentReference?identifier={number}").entries("match")
    url = found["resource"]["content"][0]["attachment"]["url"]
    answer = node.call("GET", url[url.index("Binary/") :], headers={"accept": "text/plain"})
    assert answer.body == b"asdasdasdasdasd"
