"""A recognised document as FHIR resources: DocumentReference, Binary, Provenance and facts (pure).

Ids are made of the content's hash, so that filing the same bytes again is seen at once.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ardenne.kernel.store import contents
from ardenne.kernel.store.body import instant
from ardenne.standards.fhir import dates, definitions
from ardenne.standards.fhir.json import dump, parse
from ardenne.standards.recognition.result import SUBJECT, Recognised

Json = dict[str, Any]

CONTENT_SYSTEM = "urn:ardenne:content:sha256"
_NAMESPACE = uuid.UUID("3f0b6a52-96a5-5f0e-9f0a-7f1f0f4b8d11")
NO_FACTS = ("Patient/", "Binary/", "DocumentReference/")
"""What a Provenance names beside the facts of a document."""
_TOLD = ("DiagnosticReport/", "Encounter/")
_AUTHOR_TYPES = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "Device", "Patient", "RelatedPerson"}
)


def sha1(data: bytes) -> str:
    """Return the SHA-1 of a content in base64, as Attachment.hash has it."""
    return base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def document_id(digest: str) -> str:
    """Return the id of the DocumentReference of a content."""
    return str(uuid.uuid5(_NAMESPACE, f"document:{digest}"))


@lru_cache(maxsize=256)
def derived_id(digest: str, name: str) -> str:
    """Return the id of a resource that a content brings."""
    return str(uuid.uuid5(_NAMESPACE, f"{digest}:{name}"))


def filings(document: Json) -> list[str]:
    """Return the ids that Provenances of a document's facts may have: of its filing, or of reading what was shared."""
    contents_ = (
        one.get("value", "") for one in document.get("identifier", []) if one.get("system") == CONTENT_SYSTEM
    )
    return [derived_id(name, "provenance") for name in (*contents_, document["id"])]


def content_reference(document: Json) -> str:
    """Return the id of the Binary that holds a document's content; empty when it lies elsewhere."""
    url = str((document.get("content") or [{}])[0].get("attachment", {}).get("url", ""))
    place = url.find("Binary/")
    return url[place + 7 :].partition("/_history")[0] if place >= 0 else ""


def binary_id(digest: str, patient_id: str) -> str:
    """Return the id of the Binary of a content in one person's record: records share no resource."""
    return derived_id(digest, f"binary:{patient_id}")


def document_reference(
    found: Recognised,
    digest: str,
    size: int,
    patient_id: str,
    files: list[Json],
    known_authors: Mapping[int, str] | None = None,
    fingerprint: str = "",
) -> Json:
    """Return the DocumentReference of a content. ``fingerprint``: its SHA-1 in base64.

    ``files`` are the attachments of its inner files; ``known_authors``: references of the authors whom the
    directory knows, by their place among the authors.
    """
    contained, authors = _authors(found, known_authors or {})
    attachment: Json = {
        "contentType": found.media_type,
        "url": f"Binary/{binary_id(digest, patient_id)}",
        "size": size,
        "hash": fingerprint,
        "title": found.title,
        "creation": found.date,
        "language": found.language,
    }
    identifiers: list[Json] = [{"system": CONTENT_SYSTEM, "value": digest}]
    if found.set_identifier:
        identifiers.append(found.set_identifier)
    reference: Json = {
        "resourceType": "DocumentReference",
        "id": document_id(digest),
        "contained": contained,
        "masterIdentifier": found.identifier,
        "identifier": identifiers,
        "status": found.status,
        "docStatus": found.doc_status,
        "type": found.type,
        "category": [found.category] if found.category else [],
        "subject": {"reference": f"Patient/{patient_id}"},
        "date": moment(found.date),
        "author": authors,
        "description": found.title,
        "securityLabel": [{"coding": [found.confidentiality]}] if found.confidentiality else [],
        "content": [{"attachment": _filled(attachment)}, *({"attachment": file} for file in files)],
        "context": {"period": found.period} if found.period else None,
    }
    return _filled(reference)


def relate(reference: Json, facts: list[str]) -> None:
    """Name in a DocumentReference the reports and visits that it tells of, so that they are shown once."""
    told = [fact for fact in facts if fact.startswith(_TOLD)]
    if told:
        reference["context"] = {
            **reference.get("context", {}),
            "related": [{"reference": fact} for fact in told],
        }


def moment(date: str) -> str:
    """Return the instant at which a FHIR date begins; empty when there is none."""
    return instant(dates.span(date)[0]) if date else ""


def written_at(date: str) -> datetime | None:
    """Return the moment at which a FHIR date begins; None when there is none."""
    return datetime.fromtimestamp(dates.span(date)[0] / 1_000_000, UTC) if date else None


def _authors(found: Recognised, known_authors: Mapping[int, str]) -> tuple[list[Json], list[Json]]:
    """Return the authors whom the directory does not know as contained resources, and the references to all."""
    contained: list[Json] = []
    references: list[Json] = []
    for place, author in enumerate(found.authors, 1):
        kind, display = author.get("resourceType", ""), str(author.get("display", ""))
        known = definitions.structure(kind).elements if kind in _AUTHOR_TYPES else {}
        if place - 1 in known_authors:
            references.append(_filled({"reference": known_authors[place - 1], "display": display}))
            continue
        kept = {name: value for name, value in author.items() if name in known and name != "id"}
        if kept:
            contained.append({"resourceType": kind, "id": f"author{place}", **kept})
            references.append(_filled({"reference": f"#author{place}", "display": display}))
        elif display:
            references.append({"display": display})
    return contained, references


def _filled(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}


def binary(media_type: str, digest: str, patient_id: str, document: str) -> Json:
    """Return the Binary that stands for a content in the content store.

    Who may read the ``document`` (its DocumentReference's id) may read it (R4, Binary.securityContext).
    """
    return {
        "resourceType": "Binary",
        "id": binary_id(digest, patient_id),
        "contentType": media_type or "application/octet-stream",
        "securityContext": {"reference": f"DocumentReference/{document}"},
        "_data": contents.naming(digest, patient_id),
    }


def provenance(
    digest: str, targets: list[str], source: str, document: str = "", now: datetime | None = None
) -> Json:
    """Return the Provenance of a filing: what was made of which content, when, and who sent it.

    ``document``: the id of its DocumentReference, where readers find the source (IHE mXDE); empty: there is none.
    """
    what: Json = {"identifier": {"system": CONTENT_SYSTEM, "value": digest}}
    if document:
        what = {"reference": f"DocumentReference/{document}", **what}
    recorded = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "resourceType": "Provenance",
        "id": derived_id(digest, "provenance"),
        "target": [{"reference": target} for target in targets],
        "recorded": recorded,
        "activity": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-DataOperation", "code": "CREATE"}]
        },
        "agent": [
            {
                "type": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                            "code": "enterer",
                        }
                    ]
                },
                "who": {"display": source or "import"},
            }
        ],
        "entity": [
            {
                "role": "source",
                "what": what,
            }
        ],
    }


def facts(found: Recognised, patient_id: str) -> Iterator[tuple[Json, bytes]]:
    """Yield the structured facts about the patient, with their JSON."""
    subject = f"Patient/{patient_id}".encode()
    for resource in found.resources:
        content = dump(resource).replace(SUBJECT.encode(), subject)
        yield parse(content), content
