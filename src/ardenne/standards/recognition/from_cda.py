"""A CDA document as something to file."""

from __future__ import annotations

import datetime
from typing import Any

from lxml import etree

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import demographics, fhir_types, to_fhir
from ardenne.standards.cda.read import ClinicalDocument, interpret
from ardenne.standards.recognition import types
from ardenne.standards.recognition.result import SUBJECT, File, Recognised, Relation

_RELATIONS = {"RPLC": "replaces", "XFRM": "transforms", "APND": "appends"}


def recognise(root: etree._Element, zone: datetime.tzinfo | None) -> Recognised:
    """Raises Refused when the document cannot be filed."""
    document = interpret(root)
    kind, category = types.typed(fhir_types.codeable_concept(document.code), document.title)
    level = document.confidentiality
    return Recognised(
        kind="cda",
        media_type="text/xml",
        patient=demographics.patient(document, zone),
        authors=tuple(demographics.author(author, zone) for author in document.authors),
        date=document.time.fhir(zone),
        type=kind,
        category=category,
        confidentiality=types.confidentiality(level.code if level else ""),
        language=document.language,
        title=document.title or document.code.wording,
        identifier=version_identifier(document.identifier),
        set_identifier=version_identifier(document.set_identifier) if document.set_identifier else None,
        version=document.version,
        relates_to=tuple(_relations(document)),
        doc_status="final" if document.legal_authenticator else "",
        period=_period(document, zone),
        resources=tuple(to_fhir.resources(document, SUBJECT, zone)),
        files=_files(document),
        notes=document.notes,
    )


def version_identifier(found: dt.Identifier) -> dict[str, Any]:
    """The identifier of a document: its whole instance identifier as one URI, as IHE MHD asks.

    A root with extension becomes urn:hl7ii, so that no extension is lost and no two collide.
    """
    return {"system": "urn:ietf:rfc:3986", "value": fhir_types.uri_of(found)}


def _relations(document: ClinicalDocument) -> list[Relation]:
    return [
        Relation(_RELATIONS[parent.type], version_identifier(identifier))
        for parent in document.parents
        if parent.type in _RELATIONS
        for identifier in parent.identifiers[:1]
    ]


def _period(document: ClinicalDocument, zone: datetime.tzinfo | None) -> dict[str, str] | None:
    """When the care took place: the encounter, else the first service event that has a time."""
    times = [document.encounter.time] if document.encounter else []
    times += [event.time for event in document.events]
    for time in times:
        if time and (time.low or time.high or time.point):
            ends = {"start": time.low or time.point, "end": time.high or time.point}
            return {name: end.fhir(zone) for name, end in ends.items() if end}
    return None


def _files(document: ClinicalDocument) -> tuple[File, ...]:
    found = document.attachment
    return (File(found.media_type, found.data, document.title),) if found else ()
