"""Requests of the bench of the shared record: finding, publishing (ITI-105) and providing documents (ITI-41)."""

from __future__ import annotations

import base64
import random
from functools import cache
from typing import NamedTuple

import orjson

from ardenne.kernel.settings import Settings
from ardenne.kernel.store.change import new_id
from ardenne.standards.xds import names, texts
from ardenne.standards.xds.values import Association, Author, Coded, Metadata

_PLACE = Settings().community
_SIMPLIFIED = (
    "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.SimplifiedPublish.DocumentReference"
)
_LEVELS = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_FORMATS = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
_MULTIPART = (
    'multipart/related; boundary="part"; type="application/xop+xml"; start="<root>"; '
    'start-info="application/soap+xml"; action="urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"'
)
_PATIENT, _NUMBER, _CONTENT, _ID = b"PATIENT-HERE", b"NUMBER-HERE", b"CONTENT-HERE", b"ID-HERE"


class Request(NamedTuple):
    """One request; ``headers`` are lines as they are sent."""

    method: str
    target: str
    kind: str = ""
    content: bytes = b""
    headers: str = ""


def find(patient: str) -> Request:
    """Return the question for all approved documents of a patient (ITI-18), as whole entries."""
    number = f"'{patient}^^^&amp;{_PLACE}.2&amp;ISO'"
    status = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')"
    slots = "".join(
        f'<Slot name="${name}"><ValueList><Value>{value}</Value></ValueList></Slot>'
        for name, value in (("XDSDocumentEntryPatientId", number), ("XDSDocumentEntryStatus", status))
    )
    body = (
        '<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" '
        'xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><q:ResponseOption returnType="LeafClass"/>'
        f'<AdhocQuery id="urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d">{slots}</AdhocQuery></q:AdhocQueryRequest>'
    )
    return _soap("/xds/registry", "urn:ihe:iti:2007:RegistryStoredQuery", body)


def publish(patient: str) -> tuple[str, Request]:
    """Return the publication of one small document (ITI-105), and its uniqueId."""
    name = f"urn:uuid:{new_id()}"
    reference = {
        "resourceType": "DocumentReference",
        "meta": {"profile": [_SIMPLIFIED]},
        "status": "current",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": name},
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4", "display": "Consult note"}]},
        "category": [{"coding": [{"system": "urn:ardenne:document-class", "code": "report"}]}],
        "subject": {"reference": f"Patient/{patient}"},
        "date": "2026-01-02T03:04:05Z",
        "author": [{"display": "Dr Claude Thill"}],
        "securityLabel": [{"coding": [{"system": _LEVELS, "code": "N"}]}],
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "language": "fr-LU",
                    "creation": "2026-01-02",
                    "data": base64.b64encode(b"Rapport %d" % random.getrandbits(96)).decode(),
                },
                "format": {"system": _FORMATS, "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient"},
            }
        ],
        "context": {
            "facilityType": {"coding": [{"system": "http://snomed.info/sct", "code": "264372000"}]},
            "practiceSetting": {"coding": [{"system": "http://snomed.info/sct", "code": "394802001"}]},
        },
    }
    content = orjson.dumps(reference)
    return name, Request("POST", "/fhir/DocumentReference", "application/fhir+json", content)


def provide(patient: str) -> tuple[str, Request]:
    """Return the same document as a system sends it by ITI-41, and its uniqueId as FHIR names it."""
    number = f"{_PLACE}.9.{random.getrandbits(62)}"
    content = b"Rapport %d" % random.getrandbits(96)
    message = _provided().replace(_PATIENT, patient.encode()).replace(_NUMBER, number.encode())
    return f"urn:oid:{number}", Request(
        "POST",
        "/xds/repository",
        _MULTIPART,
        message.replace(_CONTENT, content).replace(_ID, new_id().encode()),
    )


@cache
def _provided() -> bytes:
    """Return the message of ITI-41 (MTOM) with marks for what is different in each."""
    patient = f"{_PATIENT.decode()}^^^&{_PLACE}.2&ISO"
    entry = Metadata(
        kind=names.DOCUMENT, id="Document01", mime_type="text/plain", title="Consult note",
        slots={"creationTime": ("20260102",), "languageCode": ("fr-LU",), "sourcePatientId": (patient,)},
        codes={
            "classCode": (Coded("report", "1.3.6.1.4.1.19376.1.2.6.1", "Report"),),
            "confidentialityCode": (Coded("N", "2.16.840.1.113883.5.25", "normal"),),
            "formatCode": (Coded("urn:ihe:iti:xds:2017:mimeTypeSufficient", "1.3.6.1.4.1.19376.1.2.3", "Text"),),
            "healthcareFacilityTypeCode": (Coded("264372000", "2.16.840.1.113883.6.96", "Pharmacy"),),
            "practiceSettingCode": (Coded("394802001", "2.16.840.1.113883.6.96", "General medicine"),),
            "typeCode": (Coded("11488-4", "2.16.840.1.113883.6.1", "Consult note"),),
        },
        identifiers={"patientId": patient, "uniqueId": _NUMBER.decode()},
        authors=(Author({"authorPerson": ("^Thill^Claude^^^Dr",)}),),
    )  # fmt: skip
    submitted = Metadata(
        kind=names.SUBMISSION_SET, id="Set", slots={"submissionTime": ("20260102030405",)},
        codes={"contentTypeCode": (Coded("11488-4", "2.16.840.1.113883.6.1", "Consult note"),)},
        identifiers={
            "patientId": patient, "sourceId": f"{_PLACE}.9", "uniqueId": f"{_NUMBER.decode()}.1",
        },
    )  # fmt: skip
    member = Association(
        id="Member", type=names.HAS_MEMBER, source="Set", target="Document01",
        slots={"SubmissionSetStatus": ("Original",)},
    )  # fmt: skip
    listed = texts.registry_object(entry) + texts.registry_object(submitted) + texts.association(member)
    request = _soap(
        "/xds/repository",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
        f'<x:ProvideAndRegisterDocumentSetRequest xmlns:x="{names.XDSB}" xmlns:rim="{names.RIM}">'
        f'<l:SubmitObjectsRequest xmlns:l="{names.LCM}"><rim:RegistryObjectList>{listed}</rim:RegistryObjectList>'
        f'</l:SubmitObjectsRequest><x:Document id="Document01"><i:Include xmlns:i="{names.XOP}" href="cid:content"/>'
        "</x:Document></x:ProvideAndRegisterDocumentSetRequest>",
        _ID.decode(),
    )
    return (
        b'--part\r\nContent-Type: application/xop+xml; charset=UTF-8; type="application/soap+xml"\r\n'
        b"Content-Transfer-Encoding: binary\r\nContent-ID: <root>\r\n\r\n" + request.content
        + b"\r\n--part\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
        b"Content-ID: <content>\r\n\r\n" + _CONTENT + b"\r\n--part--\r\n"
    )  # fmt: skip


def _soap(path: str, action: str, body: str, number: str = "") -> Request:
    envelope = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">'
        f'<s:Header><a:Action s:mustUnderstand="1">{action}</a:Action><a:MessageID>urn:uuid:{number or new_id()}</a:MessageID>'
        f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
    return Request("POST", path, "application/soap+xml", envelope.encode())
