"""Which content a Binary stands for. In place of ``data`` a stored Binary names the content and whose key encrypts it."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from ardenne.kernel.store import hashing

DIGEST = "https://ardenne.health/fhir/StructureDefinition/content-sha256"
RECORD = "https://ardenne.health/fhir/StructureDefinition/content-record"

NOBODY = 0
"""The record of contents that belong to no patient, or not yet: what waits in the error desk."""


class Content(NamedTuple):
    """A content: the record whose key encrypts it, its SHA-256, and its bytes when they are to be stored."""

    record: int
    digest: bytes
    data: bytes | None = None


def record_of(patient: str) -> int:
    """Return the record of a patient (``Patient/id``); empty: nobody's."""
    return hashing.self_hash("Patient", patient.removeprefix("Patient/")) if patient else NOBODY


def of(patient: str, data: bytes) -> Content:
    """Return a content to be stored in the record of a patient (``Patient/id``; empty: nobody's)."""
    return Content(record_of(patient), hashlib.sha256(data).digest(), data)


def naming(digest: str, patient: str) -> dict[str, Any]:
    """Return what stands in a Binary in place of ``data`` (the member ``_data``)."""
    found = [{"url": DIGEST, "valueString": digest}]
    if patient:
        found.append({"url": RECORD, "valueString": f"Patient/{patient.removeprefix('Patient/')}"})
    return {"extension": found}


def named(binary: dict[str, Any]) -> Content | None:
    """Return the content that a stored Binary names, None when it has none."""
    values = {
        one.get("url"): str(one.get("valueString", ""))
        for one in binary.get("_data", {}).get("extension", [])
    }
    digest = values.get(DIGEST, "")
    if len(digest) != 64:
        return None
    try:
        return Content(record_of(values.get(RECORD, "")), bytes.fromhex(digest))
    except ValueError:
        return None
