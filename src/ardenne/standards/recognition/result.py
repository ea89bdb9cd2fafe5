"""What is known of a file once it is recognised."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ardenne.standards.refusal import Refusal

# Stands for the patient in the references of structured resources until the filing knows the real one.
SUBJECT: Final = "urn:uuid:5b1f0d2e-6f5e-5b64-9c57-3c0a2c1d7a10"
CLASS_SYSTEM: Final = "urn:ardenne:document-class"
CONFIDENTIALITY_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


class Relation(msgspec.Struct, frozen=True):
    """Another document: `code` replaces | transforms | signs | appends, `identifier` a FHIR Identifier."""

    code: str
    identifier: dict[str, Any]


class File(msgspec.Struct, frozen=True):
    """A file inside the file: the PDF of a level-1 document or of a message."""

    media_type: str
    data: bytes
    title: str = ""


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """A file that can be filed.

    `kind`: cda, fhir-document, fhir-bundle, fhir-resource, fhir-ndjson, hl7v2, hl7v2-batch, kmehr,
    pdf, text, image. `media_type` is that of the whole file.

    `patient` is a FHIR Patient without id, its identifiers in preferred spelling. It is None when the
    content names its patient only by `patient_reference` ("Patient/66033"), is about several patients,
    or about none (a CapabilityStatement).

    `authors` are FHIR resources as dicts without id, with "display", and for people "organization".
    `date` is a FHIR dateTime, as precise as the author wrote it. `type` and `category` are
    CodeableConcepts: LOINC and the author's codes; the class of document (system CLASS_SYSTEM).
    `confidentiality` is a Coding of N, R or V. `identifier` names this version of the document,
    `set_identifier` all its versions. `status`: current | superseded | entered-in-error;
    `doc_status`: preliminary | final | amended | "".

    `resources` are structured facts about SUBJECT with deterministic ids (for FHIR content: the
    resources as they came). `resource` is the FHIR content itself. `former_identifiers`: numbers that
    a merge message gives up. `parts`: the messages of a batch, each to be recognised by itself.
    `notes`: what was wrong without preventing the filing.
    """

    kind: str
    media_type: str
    patient: dict[str, Any] | None = None
    patient_reference: str = ""
    authors: tuple[dict[str, Any], ...] = ()
    date: str = ""
    type: dict[str, Any] | None = None
    category: dict[str, Any] | None = None
    confidentiality: dict[str, str] | None = None
    language: str = ""
    title: str = ""
    identifier: dict[str, Any] | None = None
    set_identifier: dict[str, Any] | None = None
    version: str = ""
    relates_to: tuple[Relation, ...] = ()
    status: str = "current"
    doc_status: str = ""
    period: dict[str, str] | None = None
    event: str = ""
    resource: dict[str, Any] | None = None
    resources: tuple[dict[str, Any], ...] = ()
    files: tuple[File, ...] = ()
    former_identifiers: tuple[dict[str, Any], ...] = ()
    parts: tuple[bytes, ...] = ()
    notes: tuple[Refusal, ...] = ()
