"""Entries become FHIR facts, and denials never become positive ones.

Expected resources follow HL7's "C-CDA on FHIR" mapping and the International Patient Summary's rules
for absent and unknown data.
"""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.standards.cda import to_fhir
from ardenne.standards.cda.read import ClinicalDocument, read

SNOMED, LOINC, ATC = "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.73"
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
DOCUMENT = """<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.3" extension="%s"/><code code="60591-5" codeSystem="2.16.840.1.113883.6.1"/>
<effectiveTime value="20240131141500+0100"/>
<recordTarget><patientRole><id root="1.3.182.4.4" extension="1980052312348"/><patient>
<name use="L"><given>Anne</given><family>Weber</family><family qualifier="BR">Klein</family></name>
<administrativeGenderCode code="F"/><birthTime value="198005231200"/></patient></patientRole></recordTarget>
<author><time value="2024"/><assignedAuthor><assignedPerson><name><family>Muller</family></name>
</assignedPerson></assignedAuthor></author>
<component><structuredBody><component><section><code code="%s" codeSystem="2.16.840.1.113883.6.1"/>%s
<entry>%s</entry></section></component></structuredBody></component></ClinicalDocument>"""


def document(section: str, entry: str, extension: str = "D1", extra: str = "") -> ClinicalDocument:
    return read((DOCUMENT % (extension, section, extra, entry)).encode())


def facts(section: str, entry: str, extra: str = "") -> list[dict[str, Any]]:
    return to_fhir.resources(document(section, entry, extra=extra), "Patient/p")


def fact(section: str, entry: str) -> dict[str, Any]:
    (found,) = facts(section, entry)
    return found


def problem(value: str, concern: str = "", observation: str = "", inside: str = "") -> str:
    return f"""<act classCode="ACT" moodCode="EVN"><statusCode code="active"/>{concern}
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN" {observation}>
      <code code="64572001" codeSystem="{SNOMED}"/>{value}{inside}</observation></entryRelationship></act>"""


def test_the_patient() -> None:
    found = to_fhir.patient(document("11450-4", ""))
    assert found["identifier"][0]["system"] == "urn:oid:1.3.182.4.4"
    assert found["identifier"][0]["type"]["coding"][0]["code"] == "NI"
    assert found["name"] == [
        {"use": "official", "family": "Weber", "given": ["Anne"]},
        {"use": "maiden", "family": "Klein"},
    ]
    assert (found["gender"], found["birthDate"]) == ("female", "1980-05-23")


ASTHMA = '<value xsi:type="CD" code="J45" codeSystem="2.16.840.1.113883.6.3" displayName="Asthma"/>'
SINCE = '<effectiveTime><low value="199410"/></effectiveTime>'
UNTIL = '<effectiveTime><low value="199410"/><high value="2001"/></effectiveTime>'


def test_a_problem() -> None:
    found = fact("11450-4", problem(ASTHMA, inside=SINCE))
    assert found["code"] == {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "J45", "display": "Asthma"}],
        "text": "Asthma",
    }
    assert found["clinicalStatus"]["coding"][0]["code"] == "active"
    assert (found["onsetDateTime"], found["subject"]) == ("1994-10", {"reference": "Patient/p"})
    assert (found["recordedDate"], found["recorder"]) == ("2024-01-31T14:15:00+01:00", {"display": "Muller"})


@pytest.mark.parametrize(
    ("entry", "section", "status"),
    [
        (problem(ASTHMA, inside=UNTIL), "11450-4", "resolved"),
        (problem(ASTHMA), "11348-0", "inactive"),
        (problem(ASTHMA).replace('"active"', '"completed"'), "11450-4", "inactive"),
        (
            problem(
                ASTHMA,
                inside='<entryRelationship typeCode="REFR"><observation><code code="33999-4"/><value '
                'xsi:type="CD" code="73425007"/></observation></entryRelationship>',
            ),
            "11450-4",
            "inactive",
        ),
    ],
)
def test_problems_that_are_over(entry: str, section: str, status: str) -> None:
    assert fact(section, entry)["clinicalStatus"]["coding"][0]["code"] == status


def coded(code: str, system: str = SNOMED) -> str:
    return f'<value xsi:type="CD" code="{code}" codeSystem="{system}"/>'


@pytest.mark.parametrize(
    ("value", "negation", "system", "code"),
    [
        (coded("no-known-problems", "2.16.840.1.113883.5.1150.1"), "", ABSENT, "no-known-problems"),
        (coded("no-problem-info", "2.16.840.1.113883.5.1150.1"), "", ABSENT, "no-problem-info"),
        (coded("160245001"), "", "http://snomed.info/sct", "160245001"),
        (coded("160245001"), 'negationInd="true"', "http://snomed.info/sct", "160245001"),
        (coded("55607006"), 'negationInd="true"', ABSENT, "no-known-problems"),
        ("", 'negationInd="true"', ABSENT, "no-known-problems"),
    ],
)
def test_no_problems(value: str, negation: str, system: str, code: str) -> None:
    found = fact("11450-4", problem(value, observation=negation))
    coding = found["code"]["coding"][0]
    assert (coding["system"], coding["code"]) == (system, code)


def test_a_denied_problem_is_refuted() -> None:
    found = fact("11450-4", problem(ASTHMA, observation='negationInd="true"'))
    assert found["verificationStatus"]["coding"][0]["code"] == "refuted"
    assert "clinicalStatus" not in found
    assert found["code"]["text"] == "Asthma"


def allergy(value: str, agent: str = "", negation: str = "", inside: str = "") -> str:
    participant = (
        f'<participant typeCode="CSM"><participantRole><playingEntity>{agent}</playingEntity>'
        "</participantRole></participant>"
    )
    return f"""<act classCode="ACT" moodCode="EVN"><statusCode code="active"/>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN" {negation}>
      <code code="ASSERTION"/>{value}
      {participant if agent else ""}{inside}</observation></entryRelationship></act>"""


PENICILLIN = f'<code code="J01CE01" codeSystem="{ATC}" displayName="benzylpenicillin"/>'
HIVES = (
    '<entryRelationship typeCode="MFST"><observation><code code="x"/><value xsi:type="CD" code="247472004" '
    f'codeSystem="{SNOMED}" displayName="Hives"/><entryRelationship typeCode="SUBJ"><observation>'
    '<code code="SEV"/><value xsi:type="CD" code="24484000"/></observation></entryRelationship></observation>'
    '</entryRelationship><entryRelationship typeCode="SUBJ"><observation><code code="82606-5"/>'
    '<value xsi:type="CD" code="CRITH"/></observation></entryRelationship>'
)


def test_an_allergy_with_its_reaction() -> None:
    found = fact("48765-2", allergy(coded("416098002"), PENICILLIN, inside=HIVES))
    assert found["code"]["coding"][0] == {
        "system": "http://www.whocc.no/atc",
        "code": "J01CE01",
        "display": "benzylpenicillin",
    }
    assert (found["type"], found["category"], found["criticality"]) == ("allergy", ["medication"], "high")
    assert found["reaction"][0]["manifestation"][0]["text"] == "Hives"
    assert found["reaction"][0]["severity"] == "severe"


SUBSTANCE = f'<code code="105590001" codeSystem="{SNOMED}" displayName="Substance"/>'


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (allergy(coded("716186003")), "716186003"),
        (allergy(coded("no-known-allergies", "2.16.840.1.113883.5.1150.1")), "no-known-allergies"),
        (allergy(coded("419199007"), '<code nullFlavor="NA"/>', 'negationInd="true"'), "no-known-allergies"),
        (allergy(coded("419199007"), SUBSTANCE, 'negationInd="true"'), "no-known-allergies"),
        (allergy(coded("416098002"), negation='negationInd="true"'), "no-known-medication-allergies"),
        (allergy(coded("414285001"), SUBSTANCE, 'negationInd="true"'), "no-known-food-allergies"),
        (
            allergy("", '<code code="no-known-allergies" codeSystem="2.16.840.1.113883.5.1150.1"/>'),
            "no-known-allergies",
        ),
    ],
)
def test_no_allergies(entry: str, code: str) -> None:
    found = fact("48765-2", entry)
    assert found["code"]["coding"][0]["code"] == code
    assert not {"type", "category", "criticality", "reaction", "onsetDateTime"} & found.keys()


def test_a_denied_allergy_is_refuted() -> None:
    found = fact("48765-2", allergy(coded("416098002"), PENICILLIN, 'negationInd="true"'))
    assert found["verificationStatus"]["coding"][0]["code"] == "refuted"
    assert found["clinicalStatus"]["coding"][0]["code"] == "inactive"
    assert found["code"]["text"] == "benzylpenicillin"


def administration(attributes: str, product: str, inside: str = "", after: str = "") -> str:
    return f"""<substanceAdministration classCode="SBADM" {attributes}>{inside}
      <consumable><manufacturedProduct><manufacturedMaterial>{product}</manufacturedMaterial></manufacturedProduct></consumable>{after}
      </substanceAdministration>"""


METFORMIN = f'<code code="A10BA02" codeSystem="{ATC}" displayName="metformin"/><name>Glucophage 500</name>'
DOSE = (
    '<statusCode code="active"/><effectiveTime xsi:type="IVL_TS"><low value="20200102"/></effectiveTime>'
    '<effectiveTime xsi:type="PIVL_TS"><period value="12" unit="h"/></effectiveTime><doseQuantity value="1"/>'
)


def test_a_medicine() -> None:
    found = fact("10160-0", administration('moodCode="EVN"', METFORMIN, DOSE))
    assert (found["resourceType"], found["status"]) == ("MedicationStatement", "active")
    assert found["medicationCodeableConcept"]["coding"][0]["code"] == "A10BA02"
    assert found["medicationCodeableConcept"]["text"] == "Glucophage 500"
    assert found["effectivePeriod"] == {"start": "2020-01-02"}
    assert found["dosage"] == [
        {
            "timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"}},
            "doseAndRate": [{"doseQuantity": {"value": 1}}],
        }
    ]


NOTHING = '<code nullFlavor="NA"/>'


@pytest.mark.parametrize(
    ("entry", "status", "code"),
    [
        (administration('moodCode="EVN" negationInd="true"', METFORMIN), "not-taken", "A10BA02"),
        (administration('moodCode="EVN" negationInd="true"', NOTHING), "active", "no-known-medications"),
        (
            administration('moodCode="INT"', NOTHING, f'<code code="182904002" codeSystem="{SNOMED}"/>'),
            "unknown",
            "182904002",
        ),
        (
            administration(
                'moodCode="INT"',
                NOTHING,
                '<code code="no-known-medications" codeSystem="2.16.840.1.113883.5.1150.1"/>',
            ),
            "active",
            "no-known-medications",
        ),
    ],
)
def test_no_medicine(entry: str, status: str, code: str) -> None:
    found = fact("10160-0", entry)
    assert (found["status"], found["medicationCodeableConcept"]["coding"][0]["code"]) == (status, code)


def test_a_prescription_is_an_order_not_a_statement() -> None:
    found = fact("57828-6", administration('moodCode="INT"', METFORMIN, DOSE))
    assert (found["resourceType"], found["status"], found["intent"]) == (
        "MedicationRequest",
        "active",
        "order",
    )
    assert found["dosageInstruction"][0]["doseAndRate"] == [{"doseQuantity": {"value": 1}}]


INFLUENZA = '<code code="166" codeSystem="2.16.840.1.113883.12.292" displayName="influenza"/>'
GIVEN = '<statusCode code="completed"/><effectiveTime value="20151115"/>'
OBJECTION = (
    '<entryRelationship typeCode="RSON"><observation><code code="PATOBJ" codeSystem="2.16.840.1.113883.5.8"/>'
    "</observation></entryRelationship>"
)


def test_an_immunisation_and_one_refused() -> None:
    given = fact("11369-6", administration('moodCode="EVN"', INFLUENZA, GIVEN))
    assert (given["status"], given["occurrenceDateTime"]) == ("completed", "2015-11-15")
    assert given["vaccineCode"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/cvx"
    refused = fact(
        "11369-6", administration('moodCode="EVN" negationInd="true"', INFLUENZA, GIVEN, OBJECTION)
    )
    assert (refused["status"], refused["statusReason"]["coding"][0]["code"]) == ("not-done", "PATOBJ")


def observation(inside: str, attributes: str = 'moodCode="EVN"') -> str:
    return f"""<organizer classCode="BATTERY" moodCode="EVN"><code code="58410-2" codeSystem="{LOINC}"/>
      <statusCode code="completed"/><effectiveTime value="20240130"/><component><observation {attributes}>
      <code code="718-7" codeSystem="{LOINC}"/>{inside}</observation></component></organizer>"""


VALUE = '<value xsi:type="PQ" value="9.1" unit="g/dL"/><interpretationCode code="L"/>'
NORMAL = (
    '<referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="12" unit="g/dL"/></value>'
    "</observationRange></referenceRange><referenceRange><observationRange><text>very low</text>"
    '<value xsi:type="IVL_PQ"><high value="6"/></value><interpretationCode code="LL"/></observationRange>'
    "</referenceRange>"
)


def test_a_result_with_unit_range_and_interpretation() -> None:
    found = fact("30954-2", observation(VALUE + NORMAL))
    gram = {"unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}
    assert found["valueQuantity"] == {"value": 9.1} | gram
    assert found["referenceRange"] == [{"low": {"value": 12} | gram}]
    assert found["interpretation"][0]["coding"][0]["code"] == "L"
    assert (found["status"], found["effectiveDateTime"]) == ("final", "2024-01-30")
    assert found["category"][0]["coding"][0]["code"] == "laboratory"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            '<value xsi:type="IVL_PQ"><high value="5" unit="mg/L" inclusive="false"/></value>',
            {
                "valueQuantity": {
                    "value": 5,
                    "unit": "mg/L",
                    "system": "http://unitsofmeasure.org",
                    "code": "mg/L",
                    "comparator": "<",
                }
            },
        ),
        ('<value xsi:type="ST">trace</value>', {"valueString": "trace"}),
        ('<value xsi:type="PQ" value="1e999" unit="g"/>', {"valueString": "1e999 g"}),
        ('<value xsi:type="BL" value="false"/>', {"valueBoolean": False}),
        (
            '<value xsi:type="PQ" nullFlavor="NASK"/>',
            {
                "dataAbsentReason": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                            "code": "not-asked",
                        }
                    ]
                }
            },
        ),
    ],
)
def test_result_values(value: str, expected: dict[str, Any]) -> None:
    found = fact("30954-2", observation(value))
    assert {key: found[key] for key in found if key.startswith(("value", "dataAbsent"))} == expected


@pytest.mark.parametrize(
    ("section", "entry"),
    [
        ("30954-2", observation(VALUE, 'moodCode="EVN" negationInd="true"')),
        ("30954-2", observation(VALUE, 'moodCode="RQO"')),
        ("30954-2", observation("<statusCode code='nullified'/>" + VALUE)),
        ("30954-2", observation("<subject/>" + VALUE)),
        ("11450-4", problem('<value xsi:type="CD" nullFlavor="NI"/>')),
        ("11450-4", problem(ASTHMA).replace("<act ", '<act nullFlavor="NI" ')),
        ("11369-6", administration('moodCode="INT"', INFLUENZA, GIVEN)),
        ("11369-6", administration('moodCode="EVN" nullFlavor="NI"', INFLUENZA, GIVEN)),
        ("10157-6", problem(ASTHMA)),
        ("18776-5", observation(VALUE)),
        ("47519-4", f'<procedure moodCode="RQO"><code code="80146002" codeSystem="{SNOMED}"/></procedure>'),
        ("47519-4", '<procedure moodCode="EVN"><code nullFlavor="NI"/></procedure>'),
    ],
)
def test_what_is_no_fact_about_the_patient_is_left_out(section: str, entry: str) -> None:
    assert facts(section, entry) == []


def test_a_section_about_a_relative_is_left_out() -> None:
    assert facts("11450-4", problem(ASTHMA), extra="<subject/>") == []


@pytest.mark.parametrize(
    ("attributes", "code", "status"),
    [
        ("", "80146002", "completed"),
        ('negationInd="true"', "80146002", "not-done"),
        ("", "787480003", "unknown"),
    ],
)
def test_procedures(attributes: str, code: str, status: str) -> None:
    entry = f"""<procedure moodCode="EVN" {attributes}><code code="{code}" codeSystem="{SNOMED}"/>
      <statusCode code="completed"/><effectiveTime value="1963"/></procedure>"""
    found = fact("47519-4", entry)
    assert (found["status"], found["code"]["coding"][0]["code"]) == (status, code)


def test_identity_is_stable_and_differs_between_documents() -> None:
    entry = problem(ASTHMA)
    first = to_fhir.resources(document("11450-4", entry), "Patient/p")
    again = to_fhir.resources(document("11450-4", entry), "Patient/p")
    other = to_fhir.resources(document("11450-4", entry, "D2"), "Patient/p")
    assert first == again
    assert first[0]["id"] != other[0]["id"]
    assert first[0]["meta"]["source"] == "urn:hl7ii:1.2.3:D1"
    assert first[0]["id"] == to_fhir.resources(document("11450-4", entry), "Patient/q")[0]["id"]


def test_two_documents_with_one_id_do_not_overwrite_each_other() -> None:
    one = fact("11450-4", problem(ASTHMA))
    other = fact("11450-4", problem(coded("no-known-problems", "2.16.840.1.113883.5.1150.1")))
    assert one["id"] != other["id"]
