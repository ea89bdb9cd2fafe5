"""One example of each kind of file, and of each way to be no document."""

from __future__ import annotations

import base64
import datetime
import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardenne.standards.recognition import SUBJECT, Recognised, recognise, unpack
from ardenne.standards.recognition.types import by_title, confidentiality, typed
from ardenne.standards.refusal import Refusal, Refused

CDA = """<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="9"/>
<code code="DT-00002" codeSystem="1.3.182.5.9" displayName="Biologie"/><title>Analyses</title>
<effectiveTime value="20240131141500"/><confidentialityCode code="D"/><languageCode code="fr"/>
<setId root="1.2.3" extension="S"/><versionNumber value="2"/><recordTarget><patientRole>
<id root="1.3.182.4.4" extension="1980052312348"/><patient><name><family>Weber</family></name></patient>
</patientRole></recordTarget><relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="8"/>
</parentDocument></relatedDocument><component><nonXMLBody><text mediaType="application/pdf" representation="B64">
JVBERi0=</text></nonXMLBody></component></ClinicalDocument>"""
SIDECAR: dict[str, Any] = {
    "patient": {"identifiers": [{"system": "1.3.182.4.4", "value": "1980 05 23 123 48"}], "family": "Weber"},
    "type": {"code": "34105-7"},
    "date": "2024-01-31",
    "author": {"name": "Dr Luc Muller", "organization": "Clinique X"},
    "title": "Lettre de sortie",
    "language": "fr",
    "confidentiality": "R",
    "replaces": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"},
}
PDF = b"%PDF-1.4\n1 0 obj<</Title (Bericht \\(Labor\\) \\344)/CreationDate(D:20240131141500+01'00')>>endobj\n%%EOF"


def taken(data: bytes | str, **options: Any) -> Recognised:
    found = recognise(data.encode() if isinstance(data, str) else data, **options)
    assert isinstance(found, Recognised), found
    return found


def refused(data: bytes | str, **options: Any) -> Refusal:
    found = recognise(data.encode() if isinstance(data, str) else data, **options)
    assert isinstance(found, Refusal), found
    assert found.found and found.mend
    return found


def test_cda() -> None:
    found = taken(CDA)
    assert (found.kind, found.media_type, found.date, found.language) == (
        "cda",
        "text/xml",
        "2024-01-31",
        "fr",
    )
    assert found.type is not None
    assert [one["code"] for one in found.type["coding"]] == ["11502-2", "DT-00002"]
    assert found.category is not None
    assert found.category["coding"][0]["code"] == "laboratory"
    assert found.confidentiality is not None
    assert found.confidentiality["code"] == "R"
    assert found.identifier == {"system": "urn:ietf:rfc:3986", "value": "urn:hl7ii:1.2.3:9"}
    assert found.set_identifier == {"system": "urn:ietf:rfc:3986", "value": "urn:hl7ii:1.2.3:S"}
    assert [(one.code, one.identifier["value"]) for one in found.relates_to] == [
        ("replaces", "urn:hl7ii:1.2.3:8")
    ]
    assert [(one.media_type, one.data) for one in found.files] == [("application/pdf", b"%PDF-")]


def test_the_zone_of_the_sender_completes_times() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=1))
    assert taken(CDA, zone=zone).date == "2024-01-31T14:15:00+01:00"


PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:oid:1.3.182.4.4", "value": "1980 0523 12348"}],
    "name": [{"family": "Weber"}],
}
COMPOSITION: dict[str, Any] = {
    "resourceType": "Composition",
    "status": "amended",
    "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
    "subject": {"reference": "Patient/p"},
    "date": "2024-01-31",
    "title": "IPS",
    "confidentiality": "V",
    "author": [{"reference": "urn:uuid:role"}],
    "relatesTo": [{"code": "replaces", "targetIdentifier": {"system": "s", "value": "old"}}],
    "identifier": {"system": "s", "value": "set"},
}
ROLE = {
    "resourceType": "PractitionerRole",
    "practitioner": {"reference": "urn:uuid:who"},
    "organization": {"reference": "urn:uuid:org"},
}


def bundle(*resources: dict[str, Any], kind: str = "document") -> str:
    urls = ["urn:uuid:c", "http://x/Patient/p", "urn:uuid:role", "urn:uuid:who", "urn:uuid:org"]
    entries = [{"fullUrl": url, "resource": one} for url, one in zip(urls, resources, strict=False)]
    identifier = {"system": "s", "value": "v2"}
    return json.dumps({"resourceType": "Bundle", "type": kind, "identifier": identifier, "entry": entries})


def document(**changes: Any) -> str:
    who = {"resourceType": "Practitioner", "name": [{"given": ["Luc"], "family": "Muller"}]}
    organization = {"resourceType": "Organization", "name": "Clinique X"}
    return bundle(COMPOSITION | changes, PATIENT, ROLE, who, organization)


def test_fhir_documents() -> None:
    found = taken(document())
    assert (found.kind, found.date, found.doc_status) == ("fhir-document", "2024-01-31", "amended")
    assert found.patient is not None
    assert found.patient["identifier"] == [{"system": "urn:oid:1.3.182.4.4", "value": "1980052312348"}]
    assert found.authors[0]["display"] == "Luc Muller"
    assert found.authors[0]["organization"]["name"] == "Clinique X"
    assert found.identifier == {"system": "s", "value": "v2"}
    assert found.set_identifier == {"system": "s", "value": "set"}
    assert found.relates_to[0].identifier == {"system": "s", "value": "old"}
    assert found.confidentiality is not None
    assert found.confidentiality["code"] == "V"


def test_fhir_xml() -> None:
    found = taken('<Patient xmlns="http://hl7.org/fhir"><name><family value="Weber"/></name></Patient>')
    assert (found.kind, found.media_type) == ("fhir-resource", "application/fhir+xml")
    assert found.patient == {"resourceType": "Patient", "name": [{"family": "Weber"}]}


@pytest.mark.parametrize(
    ("data", "rule", "where"),
    [
        (bundle(PATIENT), "bdl-11", "Bundle.entry[0].resource"),
        (document(subject={"reference": "Patient/other"}), "fhir-subject", "Composition.subject"),
        (bundle(PATIENT, kind="searchset"), "fhir-bundle-type", "Bundle.type"),
        (
            '{"resourceType": "Bundle", "type": "collection", "entry": [{}]}',
            "fhir-entry",
            "Bundle.entry[0].resource",
        ),
        ('{"resourceType": "Potato"}', "fhir-type", "resourceType"),
        ('{"a": 1}', "fhir-type", "resourceType"),
        ('{"resourceType": "Condition", "subject": {"display": "me"}}', "fhir-subject", "Condition.subject"),
        (
            '{"resourceType": "Condition", "subject": {"reference": "urn:uuid:1"}}',
            "fhir-subject",
            "Condition.subject",
        ),
    ],
)
def test_fhir_that_cannot_be_filed(data: str, rule: str, where: str) -> None:
    found = refused(data)
    assert (found.rule, found.where) == (rule, where)


@pytest.mark.parametrize("data", ["{", "[]", '{"a": NaN}', '{"resourceType": "Patient"} x', "{" * 5000])
def test_broken_json_is_refused(data: str) -> None:
    assert refused(data).rule.startswith("fhir-")


def test_single_resources_know_their_patient_by_reference_or_identifier() -> None:
    resource: dict[str, Any] = {"resourceType": "Condition", "subject": {"reference": "Patient/7"}}
    assert taken(json.dumps(resource)).patient_reference == "Patient/7"
    resource["subject"] = {"identifier": {"system": "INSS", "value": "49.11.20-023.95"}, "display": "Jan"}
    found = taken(json.dumps(resource)).patient
    assert found is not None
    assert found["identifier"][0]["value"] == "49112002395"
    assert found["name"] == [{"text": "Jan"}]


def test_ndjson() -> None:
    assert taken('{"resourceType": "Patient"}\n{"resourceType": "Patient"}\n').kind == "fhir-ndjson"


HEADER = "MSH|^~\\&|LIS|LAB1|||20240131141500+0100||{}|42|P|2.5\r"
PID = "PID|1||5^^^LAB1&1.2.3&ISO||Weber^Anne\r"


def test_results() -> None:
    obx = f"OBX|2|ED|^Report||^application^pdf^Base64^{base64.b64encode(PDF).decode()}\r"
    text = HEADER.format("ORU^R01") + PID + "OBR|1||F1|58410-2^Blood count^LN|||||||||||||||||||||F\r"
    found = taken(text + "OBX|1|NM|718-7^Hb^LN||9.1||||||F\r" + obx)
    assert (found.kind, found.event, found.doc_status) == ("hl7v2", "ORU^R01", "final")
    assert found.identifier == {"system": "urn:ardenne:local:LAB1:messages", "value": "42"}
    assert {one["resourceType"] for one in found.resources} == {"DiagnosticReport", "Observation"}
    assert all(one["subject"] == {"reference": SUBJECT} for one in found.resources)
    assert [one.media_type for one in found.files] == ["application/pdf"]
    assert [note.rule for note in found.notes] == ["hl7-section"]


@pytest.mark.parametrize(
    ("event", "relations", "status"),
    [
        ("T02", [], "current"),
        ("T10", ["replaces"], "current"),
        ("T06", ["appends"], "current"),
        ("T11", [], "entered-in-error"),
    ],
)
def test_documents_in_messages(event: str, relations: list[str], status: str) -> None:
    txa = "TXA|1|DS^Lettre de sortie|TX|||20240130120000||||||D2^LIS|D1^LIS||||LA|R|AV\r"
    obx = "" if event == "T11" else "OBX|1|TX|1^x||Bonjour\r"
    found = taken(HEADER.format(f"MDM^{event}") + PID + txa + obx)
    assert found.date == "2024-01-30T12:00:00+01:00"
    assert [one.code for one in found.relates_to] == relations
    assert (found.status, found.doc_status) == (status, "final")
    assert found.type is not None
    assert found.type["coding"][0]["code"] == "34105-7"
    assert [one.data for one in found.files] == ([] if event == "T11" else [b"Bonjour"])


def test_patient_messages() -> None:
    found = taken(HEADER.format("ADT^A40^ADT_A39") + "EVN||20240130\r" + PID + "MRG|6^^^LAB1&1.2.3&ISO\r")
    assert (found.event, found.date) == ("ADT^A40", "2024-01-30")
    assert [one["value"] for one in found.former_identifiers] == ["6"]


def test_batches_are_taken_apart() -> None:
    message = HEADER.format("ADT^A08") + PID
    found = taken(f"FHS|^~\\&\r{message}{message}FTS|1\r")
    assert found.kind == "hl7v2-batch"
    assert [taken(part).kind for part in found.parts] == ["hl7v2", "hl7v2"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (HEADER.format("QBP^Q22") + "QPD|1\r", "hl7-type"),
        (HEADER.format("ACK") + "MSA|AA|1\r", "hl7-type"),
        (HEADER.format("ORM^O01") + PID, "hl7-type"),
        (HEADER.format("ORU^R01"), "hl7-patient"),
        (HEADER.format("ORU^R01") + PID, "hl7-structure"),
        (HEADER.format("MDM^T02") + PID, "hl7-structure"),
        (HEADER.format("MDM^T02") + PID + "TXA|1\r", "hl7-content"),
        (HEADER.format("ADT^A01").replace("|42|", "||") + PID, "hl7-control-id"),
        (HEADER.format("ADT^A01").replace("20240131141500+0100", "yesterday") + PID, "hl7-time"),
    ],
)
def test_messages_that_cannot_be_filed(text: str, rule: str) -> None:
    assert refused(text).rule == rule


def test_pdf_with_its_description() -> None:
    found = taken(PDF, sidecar=SIDECAR)
    assert (found.kind, found.media_type, found.date, found.title) == (
        "pdf",
        "application/pdf",
        "2024-01-31",
        "Lettre de sortie",
    )
    assert found.patient is not None
    assert found.patient["identifier"] == [{"system": "urn:oid:1.3.182.4.4", "value": "1980052312348"}]
    assert found.authors[0]["organization"]["name"] == "Clinique X"
    assert found.relates_to[0].identifier["value"] == "urn:uuid:1"


def test_pdf_says_its_title_and_date_itself() -> None:
    found = taken(PDF, sidecar={"patient": SIDECAR["patient"]})
    assert (found.title, found.date) == ("Bericht (Labor) ä", "2024-01-31T14:15:00+01:00")
    assert found.category is not None
    assert found.category["coding"][0]["code"] == "laboratory"


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"Bonjour", "text"), (b"\x89PNG\r\n\x1a\n00", "image"), (b"\xff\xd8\xff\xe0", "image")],
)
def test_text_and_pictures(data: bytes, kind: str) -> None:
    assert taken(data, sidecar=SIDECAR).kind == kind
    assert refused(data, name="a.txt").rule == "description-missing"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"patient": {}}, "patient"),
        ({"patient": {"family": "Weber"}}, "patient"),
        ({"patient": {"identifiers": [{"system": "matricule", "value": "1"}]}}, "identifier"),
        ({"patient": SIDECAR["patient"] | {"birthDate": "23.5.1980"}}, "patient.birthDate"),
        ({"patient": SIDECAR["patient"] | {"gender": "w"}}, "patient.gender"),
        ({"date": "31/01/2024"}, "date"),
        ({"date": ""}, "date"),
        ({"typ": "x"}, "description"),
        ({"author": {"nom": "x"}}, "author"),
        ({"title": 5}, "title"),
    ],
)
def test_wrong_descriptions(change: dict[str, Any], where: str) -> None:
    found = refused(b"Bonjour", sidecar=SIDECAR | change)
    assert (found.rule, found.where) == ("description", where)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "format"),
        (b"PK\x03\x04abc", "format"),
        (b"\x7fELF\x02", "format"),
        (b"\x00\x01\x02\x03" * 40, "format"),
        (b"POST /x HTTP/1.1\r\n", "format"),
        (gzip.compress(b"x", mtime=0), "format"),
        (b"\x00" * 128 + b"DICM", "format"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "format"),
        (b"<AuditMessage/>", "audit"),
        (b"<x/>", "xml-unknown"),
        (b"<PRPA_IN201305UV02 xmlns='urn:hl7-org:v3'/>", "hl7v3"),
        (b"<section xmlns='urn:hl7-org:v3'/>", "cda-fragment"),
        (
            b"<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><a/></s:Body></s:Envelope>",
            "soap",
        ),
    ],
)
def test_what_is_no_document(data: bytes, rule: str) -> None:
    assert refused(data).rule == rule


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"<", b"{", b"MSH|^~\\&|", b"%PDF-", b"\x1f\x8b", b"[", CDA.encode()]),
)
def test_any_bytes_get_an_answer(data: bytes, prefix: bytes) -> None:
    assert isinstance(recognise(prefix + data), Recognised | Refusal)


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Lettre de sortie du service", "34105-7"),
        ("Arztbrief", "11488-4"),
        ("Laborbefund", "11502-2"),
        ("IRM cérébrale", "18748-4"),
        ("Impfausweis", "11369-6"),
        ("Divers", ""),
    ],
)
def test_titles_in_several_languages(title: str, code: str) -> None:
    assert by_title(title) == code


def test_types_keep_the_authors_codes() -> None:
    own = {"system": "urn:x", "code": "7", "display": "Ordonnance"}
    kind, category = typed({"coding": [own]})
    assert kind["coding"][1:] == [own]
    assert kind["coding"][0]["code"] == "57833-6"
    assert category["coding"][0]["code"] == "prescription"


@pytest.mark.parametrize(
    ("code", "level"), [("N", "N"), ("", "N"), ("R", "R"), ("D", "R"), ("V", "V"), ("?", "R")]
)
def test_unknown_confidentiality_restricts(code: str, level: str) -> None:
    assert confidentiality(code)["code"] == level


def test_unpacking() -> None:
    assert unpack(gzip.compress(b"abc") + gzip.compress(b"def")) == b"abcdef"
    assert unpack(gzip.compress(bytes(5_000_000)), limit=5_000_000) == bytes(5_000_000)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (gzip.compress(bytes(5_000_000), mtime=0), "gzip-size"),
        (gzip.compress(b"abc" * 1000, mtime=0)[:-9], "gzip-broken"),
        (b"\x1f\x8b" + zlib.compress(b"abc"), "gzip-broken"),
    ],
)
def test_bombs_and_broken_files(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        unpack(data, limit=1_000_000)
    assert caught.value.refusal.rule == rule


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(found: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    keys = (
        list(found) if isinstance(found, dict) else list(range(len(found))) if isinstance(found, list) else []
    )
    return [place for key in keys for place in ((found, key), *places(found[key]))]


@settings(max_examples=300)
@given(st.integers(0, 10_000), JSON_VALUES)
def test_fhir_of_any_wrong_shape_gets_an_answer(where: int, value: Any) -> None:
    resource: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "code": {"coding": [{"system": "http://loinc.org", "code": "58410-2"}]},
        "subject": {"reference": "#p"},
        "contained": [PATIENT],
        "performer": [{"display": "x"}],
    }
    for text in (document(), json.dumps(resource)):
        content = json.loads(text)
        container, key = places(content)[where % len(places(content))]
        container[key] = value
        assert isinstance(recognise(json.dumps(content).encode()), Recognised | Refusal)


MESSAGE = (
    HEADER.format("ORU^R01")
    + PID
    + "OBR|1|P1^EHR|F1^LIS|58410-2^Blood count^LN|||202401300815||||||||||||||20240130120000||HM|F\r"
    + "OBX|1|NM|718-7^Hb^LN||9.1|g/dL^^UCUM|12-16|L|||F\rOBX|2|SN|a^b^L||<^5|mg\rNTE|1||note\r"
    + "OBX|3|ED|^x||^application^pdf^Base64^JVBERi0=\rSPM|1|S1||B^Blood\r"
)


@settings(max_examples=300)
@given(
    st.integers(0, len(MESSAGE)),
    st.integers(0, 12),
    st.sampled_from(
        [
            "",
            "|",
            "^",
            "~",
            "&",
            "\\",
            "\r",
            "\rOBX|",
            "\rPID|",
            '""',
            "9" * 400,
            "é",
            "\x00",
            "1e400",
            "^^^^^^^^",
        ]
    ),
)
def test_damaged_messages_get_an_answer(start: int, length: int, piece: str) -> None:
    data = MESSAGE[:start] + piece + MESSAGE[start + length :]
    assert isinstance(recognise(data.encode()), Recognised | Refusal)
