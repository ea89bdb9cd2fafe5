"""A single FHIR resource as something to file."""

from __future__ import annotations

from collections.abc import Iterator

from ardenne.standards.recognition import types
from ardenne.standards.recognition.fhir_shapes import (
    SUBJECTS,
    Json,
    concept,
    concept_words,
    identifier,
    many,
    one,
    patient,
    subject,
    text,
)
from ardenne.standards.recognition.result import Recognised
from ardenne.standards.refusal import Refused, excerpt

# The element that dates a resource, the most telling first.
_DATES = (
    "date",
    "effectiveDateTime",
    "issued",
    "authoredOn",
    "recordedDate",
    "occurrenceDateTime",
    "started",
    "performedDateTime",
    "whenHandedOver",
    "whenPrepared",
    "dateAsserted",
    "created",
    "recorded",
    "onsetDateTime",
)
_AUTHORS = (
    "author",
    "performer",
    "requester",
    "recorder",
    "asserter",
    "resultsInterpreter",
    "informationSource",
)
_TYPES = {
    "ImagingStudy": "18748-4",
    "Immunization": "11369-6",
    "MedicationRequest": "57833-6",
    "MedicationDispense": "60593-1",
    "MedicationStatement": "56445-0",
    "CarePlan": "52521-2",
}
_LABORATORY = "11502-2"


def recognise(resource: Json, name: str, media_type: str) -> Recognised:
    """Raises Refused when the resource is about somebody whom nobody can identify."""
    who, reference = (patient(resource), "") if name == "Patient" else _about(resource)
    kind, category = _type(resource, name)
    numbers = (found for number in many(resource, "identifier") if (found := identifier(number)))
    words = (
        text(resource, "title"),
        concept_words(resource.get("code")),
        concept_words(resource.get("type")),
    )
    return Recognised(
        kind="fhir-resource",
        media_type=media_type,
        event=name,
        patient=who,
        patient_reference=reference,
        authors=tuple(author for key in _AUTHORS for author in _authors(resource, key)),
        date=next((date for key in _DATES if (date := text(resource, key))), ""),
        type=kind,
        category=category,
        confidentiality=types.confidentiality(text(resource, "confidentiality")),
        language=text(resource, "language"),
        title="" if name == "Patient" else next((title for title in words if title), ""),
        identifier=None if name == "Patient" else next(numbers, None),
        resource=resource,
        resources=(resource,),
    )


def _about(resource: Json) -> tuple[Json | None, str]:
    """(the patient, the reference to her), of which at most one is given."""
    name = next((key for key in SUBJECTS if key in resource), "")
    found = one(resource, name)
    reference = text(found, "reference")
    for inner in many(resource, "contained") if reference.startswith("#") else ():
        if f"#{text(inner, 'id')}" == reference and inner.get("resourceType") == "Patient":
            return patient(inner), ""
    if number := one(found, "identifier"):
        display = text(found, "display")
        names = {"name": [{"text": display}]} if display else {}
        return patient({"resourceType": "Patient", "identifier": [number]} | names), ""
    if name and (not reference or reference.startswith(("urn:", "#"))):
        raise Refused(
            rule="fhir-subject",
            found=f"the resource names its patient only as “{excerpt(reference or text(found, 'display'))}”",
            mend="Refer to Patient/id, give reference.identifier, or send it in a bundle together with the patient",
            where=f"{resource['resourceType']}.{name}",
        )
    return None, subject(resource)


def _type(resource: Json, name: str) -> tuple[Json | None, Json | None]:
    if name == "Composition":
        return types.typed(concept(resource.get("type")), text(resource, "title"))
    if name == "DiagnosticReport":
        kind, category = types.typed(concept(resource.get("code")))
        return kind, types.category(_LABORATORY) if category == types.category("") else category
    if name in _TYPES:
        return types.typed({"coding": [{"system": types.LOINC, "code": _TYPES[name]}]})
    return None, None


def _authors(resource: Json, name: str) -> Iterator[Json]:
    for found in many(resource, name):
        actor = one(found, "actor") or found
        reference = text(actor, "reference")
        if words := text(actor, "display") or reference:
            yield {"display": words} | ({"reference": reference} if reference else {})
