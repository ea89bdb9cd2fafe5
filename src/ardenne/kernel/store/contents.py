"""Which content a Binary stands for. In place of ``data`` a stored Binary names the content and whose key encrypts it."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from ardenne.kernel.store import hashing

DIGEST = "https://ardenne.health/fhir/StructureDefinition/content-sha256"
RECORD = "https://ardenne.health/fhir/StructureDefinition/content-record"

NOBODY = 0
"""The record of contents that belong to nobody yet: what waits in the error desk, documents of applications."""


class Content(NamedTuple):
    """A content: the record whose key encrypts it, its SHA-256, and its bytes when they are to be stored."""

    record: int
    digest: bytes
    data: bytes | None = None


def record_of(owner: str) -> int:
    """Return whose key encrypts what an owner has: a patient (``Patient/id`` or its id), or who stored it; empty: nobody."""
    kind, _, name = owner.rpartition("/")
    return hashing.self_hash(kind or "Patient", name) if owner else NOBODY


def of(owner: str, data: bytes) -> Content:
    """Return a content to be stored with the key of an owner (see ``record_of``)."""
    return Content(record_of(owner), hashlib.sha256(data).digest(), data)


def naming(digest: str, owner: str) -> dict[str, Any]:
    """Return what stands in a Binary in place of ``data`` (the member ``_data``)."""
    found = [{"url": DIGEST, "valueString": digest}]
    if owner:
        found.append({"url": RECORD, "valueString": owner if "/" in owner else f"Patient/{owner}"})
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
