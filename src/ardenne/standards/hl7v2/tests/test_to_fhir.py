"""Messages as FHIR resources; expected mappings from HL7's "Version 2 to FHIR" tables."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ardenne.standards.hl7v2 import to_fhir
from ardenne.standards.hl7v2.documents import contents, document
from ardenne.standards.hl7v2.er7 import read
from ardenne.standards.hl7v2.fhir_types import context
from ardenne.standards.hl7v2.fields import Reading
from ardenne.standards.hl7v2.patients import patient
from ardenne.standards.hl7v2.results import observations, orders
from ardenne.standards.refusal import Refused

HEADER = r"MSH|^~\&|LIS|LAB1^1.2.3^ISO|EHR|NODE|20240131141500+0100||ORU^R01^ORU_R01|42|P|2.5.1"
PID = (
    'PID|1||123^^^LAB1&1.2.3&ISO^MR~""^^^OLD~1980052312348^^^&1.3.182.4.4&ISO^NI~77^^^KH||'
    "Weber^Anne^Marie^^Dr^^L~Klein^^^^^^B|| 19800523|F|||3, rue du Fort&rue du Fort^^Luxembourg^^L-1234^LU^H||"
    "^PRN^Internet^a@b.lu~^PRN^CP^^352^^621000|||M"
).replace("|| 1980", "||1980")
OBR = (
    "OBR|1|P1^EHR|F1^LIS|58410-2^Blood count^LN|||202401300815|||||||||^Muller^Luc||||||20240130120000||HM|F"
)


def resources(*lines: str) -> list[dict[str, Any]]:
    message = read("\r".join((HEADER, PID, *lines)).encode())
    reading = Reading()
    found, _ = to_fhir.reports(
        orders(message, reading), "42", "123", "Patient/p", context(message, None, {}), reading
    )
    return found


def observation(obx: str) -> dict[str, Any]:
    return next(one for one in resources(OBR, obx) if one["resourceType"] == "Observation")


def test_the_patient() -> None:
    message = read(f"{HEADER}\r{PID}".encode())
    found = to_fhir.patient(patient(message, Reading()), context(message, None, {"KH": "urn:oid:1.9"}))
    assert [(one["system"], one["value"]) for one in found["identifier"]] == [
        ("urn:oid:1.2.3", "123"),
        ("urn:oid:1.3.182.4.4", "1980052312348"),
        ("urn:oid:1.9", "77"),
    ]
    assert found["name"] == [
        {"use": "official", "family": "Weber", "given": ["Anne", "Marie"], "prefix": ["Dr"]},
        {"use": "maiden", "family": "Klein"},
    ]
    assert (found["gender"], found["birthDate"]) == ("female", "1980-05-23")
    assert found["telecom"] == [
        {"system": "email", "value": "a@b.lu", "use": "home"},
        {"system": "phone", "value": "+352 621000", "use": "mobile"},
    ]
    assert found["address"][0]["city"] == "Luxembourg"


def test_a_local_number_belongs_to_its_sender() -> None:
    message = read(f"{HEADER}\rPID|1||5\r".encode())
    found = to_fhir.patient(patient(message, Reading()), context(message, None, {}))
    assert found["identifier"] == [{"system": "urn:ardenne:local:LAB1:patients", "value": "5"}]


@pytest.mark.parametrize("pid", ["", "PID|1||\r", 'PID|1||""||""\r', "PID|1||1\rPID|2||2\r"])
def test_a_message_must_be_about_one_known_patient(pid: str) -> None:
    with pytest.raises(Refused, match="hl7-patient"):
        patient(read(f"{HEADER}\r{pid}".encode()), Reading())


def test_a_report() -> None:
    report, found = resources(OBR, "OBX|1|NM|718-7^Hb^LN||9.1|g/dL^^UCUM|12-16|L|||F|||202401300900")
    assert (report["resourceType"], report["status"]) == ("DiagnosticReport", "final")
    assert report["effectiveDateTime"] == "2024-01-30T08:15:00+01:00"
    assert report["issued"] == "2024-01-30T12:00:00+01:00"
    assert report["result"] == [{"reference": f"Observation/{found['id']}"}]
    gram = {"unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}
    assert found["valueQuantity"] == {"value": 9.1} | gram
    assert found["referenceRange"] == [
        {"low": {"value": 12} | gram, "high": {"value": 16} | gram, "text": "12-16"}
    ]
    assert found["interpretation"][0]["coding"][0]["code"] == "L"
    assert found["category"][0]["coding"][0]["code"] == "laboratory"
    assert found["code"]["coding"] == [{"system": "http://loinc.org", "code": "718-7", "display": "Hb"}]


@pytest.mark.parametrize(
    ("obx", "expected"),
    [
        ("OBX|1|SN|a^b^L||<^5|mg/L", {"valueQuantity": {"value": 5, "unit": "mg/L", "comparator": "<"}}),
        ("OBX|1|SN|a^b^L||^175", {"valueQuantity": {"value": 175}}),
        (
            "OBX|1|SN|a^b^L||^1^:^128",
            {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}},
        ),
        ("OBX|1|SN|a^b^L||^5^-^10", {"valueRange": {"low": {"value": 5}, "high": {"value": 10}}}),
        ("OBX|1|SN|a^b^L||^few", {"valueString": "^few"}),
        ("OBX|1|NM|a^b^L||<5|mg", {"valueString": "<5 mg"}),
        ("OBX|1|NM|a^b^L||100~200", {"valueString": "100; 200"}),
        ("OBX|1|NM|a^b^L||1e999", {"valueString": "1e999"}),
        ("OBX|1|ST|a^b^L||positif", {"valueString": "positif"}),
        ("OBX|1|FT|a^b^L||x\\.br\\y", {"valueString": "x\ny"}),
        ("OBX|1|TX|a^b^L|1|one\rOBX|2|TX|a^b^L|1|two", {"valueString": "one\ntwo"}),
        (
            "OBX|1|CE|a^b^L||260385009^Negative^SCT",
            {
                "valueCodeableConcept": {
                    "coding": [
                        {"system": "http://snomed.info/sct", "code": "260385009", "display": "Negative"}
                    ],
                    "text": "Negative",
                }
            },
        ),
    ],
)
def test_values(obx: str, expected: dict[str, Any]) -> None:
    found = observation(obx)
    assert {key: found[key] for key in found if key.startswith("value")} == expected


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("70_105", {"low": 70, "high": 105}),
        ("20-370", {"low": 20, "high": 370}),
        ("-1.5 - 2", {"low": -1.5, "high": 2}),
        ("<30", {"high": 30}),
        (">= 4", {"low": 4}),
        ("négatif", {}),
    ],
)
def test_reference_ranges(text: str, bounds: dict[str, float]) -> None:
    (found,) = observation(f"OBX|1|NM|a^b^L||1||{text}")["referenceRange"]
    assert found["text"] == text
    assert {key: found[key]["value"] for key in ("low", "high") if key in found} == bounds


@pytest.mark.parametrize(
    ("status", "expected"),
    [("F", "final"), ("C", "corrected"), ("P", "preliminary"), ("X", "cancelled"), ("W", "entered-in-error")],
)
def test_result_status(status: str, expected: str) -> None:
    assert observation(f"OBX|1|NM|a^b^L||1||||||{status}")["status"] == expected


def test_a_correction_replaces_what_it_corrects() -> None:
    first = resources(OBR, "OBX|1|NM|718-7^Hb^LN||9.1||||||F")
    again = resources(OBR, "OBX|7|NM|718-7^Hb^LN||9.3||||||C")
    other = resources(OBR.replace("F1^LIS", "F2^LIS"), "OBX|1|NM|718-7^Hb^LN||9.1||||||F")
    assert [one["id"] for one in first] == [one["id"] for one in again]
    assert not {one["id"] for one in first} & {one["id"] for one in other}


def test_ids_never_collide_inside_a_message() -> None:
    obx = "OBX|1|NM|718-7^Hb^LN||9.1||||||F"
    found = resources(OBR, obx, obx, OBR, obx)
    assert len({one["id"] for one in found}) == len(found) == 5


def test_specimens_and_notes() -> None:
    spm = "SPM|1|S1||119297000^Blood^SCT|||||||||||||202401300800"
    found = resources(OBR, "NTE|1||to the order", "OBX|1|NM|a^b^L||1", "NTE|1||to the", "NTE|2||result", spm)
    report, result, specimen = found
    assert report["conclusion"] == "to the order"
    assert result["note"] == [{"text": "to the\nresult"}]
    assert result["specimen"] == {"reference": f"Specimen/{specimen['id']}"}
    assert specimen["collection"] == {"collectedDateTime": "2024-01-30T08:00:00+01:00"}


def test_a_result_without_order_is_refused() -> None:
    with pytest.raises(Refused, match="hl7-structure"):
        resources("OBX|1|NM|a^b^L||1")


MDM = HEADER.replace("ORU^R01^ORU_R01", "MDM^T02")
TXA = "TXA|1|DS^Discharge^L|application/pdf|20240130||20240131|||1^Muller^Luc|||D2^LIS|D1^LIS|||f.pdf|LA|R|AV"


@pytest.mark.parametrize(
    ("value", "media_type", "data"),
    [
        (f"^application^pdf^Base64^{base64.b64encode(b'%PDF-1').decode()}", "application/pdf", b"%PDF-1"),
        (f"^^text/html^Base64^{base64.b64encode(b'<p>').decode()}", "text/html", b"<p>"),
        (f"LIS^TEXT^PDF^Base64^{base64.b64encode(b'%PDF').decode()}", "application/pdf", b"%PDF"),
        ("^IM^JPEG^Hex^FFD8FF", "image/jpeg", b"\xff\xd8\xff"),
        ("^TEXT^PLAIN^A^a&b", "text/plain", b"a&b"),
    ],
)
def test_documents_inside_messages(value: str, media_type: str, data: bytes) -> None:
    message = read("\r".join((MDM, PID, TXA, f"OBX|1|ED|^Letter||{value}")).encode())
    reading = Reading()
    (found,) = contents(observations(message, reading)[0], reading)
    assert (found.media_type, found.data, found.title) == (media_type, data, "Letter")
    about = document(message, reading)
    assert about.number is not None
    assert about.parent is not None
    assert (about.number.value, about.parent.value, about.completion, about.confidentiality) == (
        "D2",
        "D1",
        "LA",
        "R",
    )
    assert about.authors[0].wording == "Luc Muller"


@pytest.mark.parametrize("obx", ["OBX|1|ED|^x||^application^pdf^Base64^!!", "OBX|1|RP|^x||http://e.x/f.pdf"])
def test_files_that_are_not_there_are_noted(obx: str) -> None:
    message = read("\r".join((MDM, PID, TXA, obx)).encode())
    reading = Reading()
    assert contents(observations(message, reading)[0], reading) == []
    assert [note.rule for note in reading.notes] == ["hl7-content"]


def test_visits() -> None:
    fields = {
        1: "1",
        2: "I",
        3: "W3^12^A^CHL",
        7: "9^Muller^Luc",
        19: "V77^^^LAB1&1.2.3&ISO",
        44: "202401201000",
    }
    pv1 = "|".join(("PV1", *(fields.get(number, "") for number in range(1, 45))))
    message = read("\r".join((HEADER.replace("ORU^R01^ORU_R01", "ADT^A01"), PID, pv1)).encode())
    found = to_fhir.encounter(message, "Patient/p", context(message, None, {}), Reading())
    assert found is not None
    assert (found["status"], found["class"]["code"]) == ("in-progress", "IMP")
    assert found["period"] == {"start": "2024-01-20T10:00:00+01:00"}
    assert found["location"] == [{"location": {"display": "CHL W3 12 A"}}]
