"""What the page of one document shows besides its content."""

from __future__ import annotations

from typing import Any, NamedTuple

from ardenne.services.record import display, timeline
from ardenne.services.record.content import Shown

Json = dict[str, Any]

_ENDINGS = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    "text/xml": "xml",
    "application/xml": "xml",
    "application/fhir+xml": "xml",
    "application/fhir+json": "json",
    "x-application/hl7-v2+er7": "hl7",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
}
_PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


class File(NamedTuple):
    """A file inside a document: its place, and how it is shown."""

    place: int
    title: str
    media_type: str
    size: int
    shown: Shown


def values(document: Json, media_type: str, size: int) -> Json:
    """Return what the header of the page says of a DocumentReference."""
    attachment = document["content"][0].get("attachment", {})
    labels = [
        coding.get("code", "")
        for label in document.get("securityLabel", [])
        for coding in label.get("coding", [])
    ]
    date = str(attachment.get("creation") or document.get("date", ""))
    return {
        "document": document,
        "title": title(document),
        "type": display.concept(document.get("type")),
        "class_code": timeline.class_of(document),
        "date": date,
        "authors": [display.reference_label(author) for author in document.get("author", [])],
        "houses": houses(document),
        "level": next((label for label in labels if label in ("R", "V")), ""),
        "lang": attachment.get("language", ""),
        "media_type": media_type,
        "size": size,
        "file_name": f"{date[:10] or 'document'}.{ending(media_type)}",
    }


def title(document: Json) -> str:
    """Return what a DocumentReference is called."""
    return str(document.get("description") or display.concept(document.get("type")))


def shown_already(media_type: str, inner_type: str) -> bool:
    """Tell whether the page of a document shows a file inside it anyway: the text of an HL7 v2 message."""
    return ending(media_type) == "hl7" and ending(inner_type) == "txt"


def houses(document: Json) -> list[str]:
    """Return the organisations among the authors that the document names inside itself."""
    found = (one for one in document.get("contained", []) if one.get("resourceType") == "Organization")
    return [str(one["name"]) for one in found if one.get("name")]


def ending(media_type: str) -> str:
    """Return the ending for a file of a media type."""
    return _ENDINGS.get(media_type.partition(";")[0].strip().lower(), "bin")


def headers(media_type: str, found: dict[str, str]) -> dict[str, str]:
    """Return the headers of an original. A sandboxed PDF would not be shown by browsers at all."""
    if media_type.partition(";")[0].strip().lower() == "application/pdf":
        found["content-security-policy"] = _PDF_POLICY
    return {**found, "cache-control": "no-store", "referrer-policy": "no-referrer"}
