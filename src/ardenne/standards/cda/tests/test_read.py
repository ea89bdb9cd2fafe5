"""Headers and bodies: what a CDA R2 document says is read as it is written."""

from __future__ import annotations

import pytest

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda.read import ClinicalDocument, read
from ardenne.standards.refusal import Refusal, Refused

HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:sdtc="urn:hl7-org:sdtc">
  <realmCode code="LU"/>
  <id root="1.3.182.2.3.1" extension="7.2"/>
  <code code="34105-7" codeSystem="2.16.840.1.113883.6.1" displayName="Hospital Discharge summary">
    <translation code="DT-00042" codeSystem="1.3.182.5.9" displayName="Lettre de sortie"/>
  </code>
  <title>Lettre de <!-- x -->sortie</title>
  <effectiveTime value="20240131141500+0100"/>
  <confidentialityCode code="R" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="fr-LU"/>
  <setId root="1.3.182.2.3.1" extension="7"/>
  <versionNumber value="2"/>
  <recordTarget><patientRole>
    <id nullFlavor="NI"/>
    <id root="1.3.182.3.9" extension="4711" assigningAuthorityName="CHX"/>
    <id root="1.3.182.4.4" extension="1980 05 23 123 48"/>
    <addr use="HP"><streetName>rue du Fort</streetName><houseNumber>3</houseNumber>
      <postalCode>L-1234</postalCode><city>Luxembourg</city><country>LU</country></addr>
    <telecom value="tel:+352 621 000 000" use="MC"/><telecom value="mailto:"/>
    <patient>
      <name use="L"><prefix>Dr</prefix><given>Anne</given><given>Marie</given><family>Weber</family>
        <family qualifier="BR">Klein</family></name>
      <name use="P">Nannchen</name>
      <name/>
      <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
      <birthTime value="19800523"/>
      <sdtc:deceasedInd value="false"/>
      <guardian><code code="MTH" codeSystem="2.16.840.1.113883.5.111"/>
        <guardianPerson><name><given>Eva</given><family>Klein</family></name></guardianPerson></guardian>
      <languageCommunication><languageCode code="lb"/></languageCommunication>
    </patient>
  </patientRole></recordTarget>
  <author><time value="20240131"/><assignedAuthor><id root="1.3.182.4.6" extension="123456-78"/>
    <assignedPerson><name><given>Luc</given><family>Muller</family></name></assignedPerson>
    <representedOrganization><id root="1.3.182.9"/><name>Clinique X</name></representedOrganization>
  </assignedAuthor></author>
  <author><time value="20240131"/><assignedAuthor><id root="1.3.182.8"/>
    <assignedAuthoringDevice><softwareName>Dossier 3</softwareName></assignedAuthoringDevice>
  </assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="1.3.182.9"/>
    <name>Clinique X</name></representedCustodianOrganization></assignedCustodian></custodian>
  <legalAuthenticator><time value="20240201"/><signatureCode code="S"/><assignedEntity>
    <id root="1.3.182.4.6" extension="1"/><assignedPerson><name><family>Chef</family></name></assignedPerson>
  </assignedEntity></legalAuthenticator>
  <documentationOf><serviceEvent classCode="PCPR"><effectiveTime><low value="20240120"/>
    <high value="20240131"/></effectiveTime></serviceEvent></documentationOf>
  <relatedDocument typeCode="RPLC"><parentDocument><id root="1.3.182.2.3.1" extension="7.1"/>
    <setId root="1.3.182.2.3.1" extension="7"/><versionNumber value="1"/></parentDocument></relatedDocument>
  <componentOf><encompassingEncounter><id root="1.3.182.7" extension="S9"/>
    <effectiveTime><low value="20240120"/></effectiveTime></encompassingEncounter></componentOf>
  %s
</ClinicalDocument>"""
BODY = """<component><structuredBody><component><section>
  <code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/><title>Résultats</title>
  <text><paragraph ID="r1">Hémoglobine <content>basse</content></paragraph></text>
  <entry><observation classCode="OBS" moodCode="EVN" negationInd="true"><id root="1.2.3" extension="o1"/>
    <code nullFlavor="OTH"><originalText><reference value="#r1"/></originalText>
      <translation code="718-7" codeSystem="2.16.840.1.113883.6.1" displayName="Hemoglobin"/></code>
    <statusCode code="completed"/><effectiveTime value="202401300815+0100"/>
    %s<interpretationCode code="L" codeSystem="2.16.840.1.113883.5.83"/>
    <referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="12" unit="g/dL"/>
      <high value="16" unit="g/dL" inclusive="false"/></value></observationRange></referenceRange>
  </observation></entry>
  <component><section><title>Inner</title></section></component>
</section></component></structuredBody></component>"""


def document(body: str = "") -> ClinicalDocument:
    return read((HEADER % body).encode())


def refusal(text: str) -> Refusal:
    with pytest.raises(Refused) as caught:
        read(text.encode())
    return caught.value.refusal


def test_the_identity_of_the_document() -> None:
    found = document()
    assert found.identifier == dt.Identifier("1.3.182.2.3.1", "7.2")
    assert found.set_identifier == dt.Identifier("1.3.182.2.3.1", "7")
    assert (found.version, found.title, found.language) == ("2", "Lettre de sortie", "fr-LU")
    assert found.time.fhir() == "2024-01-31T14:15:00+01:00"
    assert [t.code for t in found.code.translations] == ["DT-00042"]
    assert found.confidentiality is not None
    assert found.confidentiality.code == "R"
    assert found.parents[0].type == "RPLC"
    assert found.parents[0].identifiers == (dt.Identifier("1.3.182.2.3.1", "7.1"),)
    assert found.realms == ("LU",)


def test_the_patient_with_all_numbers_and_names() -> None:
    patient = document().patient
    assert patient.identifiers == (
        dt.Identifier("1.3.182.3.9", "4711", "CHX"),
        dt.Identifier("1.3.182.4.4", "1980 05 23 123 48"),
    )
    assert [name.wording for name in patient.names] == ["Dr Anne Marie Weber", "Nannchen"]
    assert patient.names[0].birth_family == ("Klein",)
    assert patient.birth_time is not None
    assert patient.birth_time.fhir() == "1980-05-23"
    assert patient.deceased is False
    assert patient.addresses[0].lines == ("3 rue du Fort",)
    assert [telecom.value for telecom in patient.telecoms] == ["tel:+352 621 000 000"]
    assert patient.guardians[0].names[0].wording == "Eva Klein"
    assert patient.languages == ("lb",)


def test_the_people_around_it() -> None:
    found = document()
    assert [author.wording for author in found.authors] == ["Luc Muller", "Dossier 3"]
    assert found.authors[0].organization is not None
    assert found.authors[0].organization.name == "Clinique X"
    assert found.legal_authenticator is not None
    assert found.legal_authenticator.wording == "Chef"
    assert found.custodian is not None
    assert found.encounter is not None
    assert found.encounter.identifiers[0].extension == "S9"
    assert found.events[0].time is not None
    assert found.events[0].time.high is not None
    assert found.events[0].time.high.fhir() == "2024-01-31"


def test_sections_entries_and_the_text_they_point_to() -> None:
    section = document(BODY % '<value xsi:type="PQ" value=".5" unit="g/dL"/>').sections[0]
    assert (section.title, section.sections[0].title, section.sections[0].path) == (
        "Résultats",
        "Inner",
        "s1.s1",
    )
    (observation,) = section.entries
    assert observation.path == "s1.e1"
    assert observation.negated
    assert observation.code is not None
    assert observation.code.wording == "Hémoglobine basse"
    assert observation.code.translations[0].code == "718-7"
    assert observation.values == (dt.Quantity("0.5", "g/dL"),)
    assert observation.ranges[0].range == dt.Range(
        dt.Quantity("12", "g/dL"), dt.Quantity("16", "g/dL"), high_closed=False
    )


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ('<value xsi:type="INT" value="007"/>', dt.Quantity("7")),
        ('<value xsi:type="PQ" value="-.50" unit="1"/>', dt.Quantity("-0.50", "1")),
        ('<value xsi:type="ST">positif</value>', dt.Text("positif")),
        ('<value xsi:type="ST"/>', None),
        ('<value xsi:type="BL" value="true"/>', dt.Truth(True)),
        ('<value xsi:type="PQ" nullFlavor="UNK"/>', None),
        ('<value xsi:type="PQ" value="twelve"/>', None),
        (
            '<value xsi:type="IVL_PQ"><high value="5" unit="mg"/></value>',
            dt.Range(None, dt.Quantity("5", "mg")),
        ),
        ('<value xsi:type="CD" code="A" codeSystem="1.2"/>', dt.Code("A", "1.2")),
        (
            '<value xsi:type="RTO"><numerator value="1"/><denominator value="8"/></value>',
            dt.Ratio(dt.Quantity("1"), dt.Quantity("8")),
        ),
        (
            '<value xsi:type="ED" mediaType="image/png" representation="B64">iVBO Rw==</value>',
            dt.Attachment("image/png", b"\x89PNG"),
        ),
    ],
)
def test_values(xml: str, value: dt.Value | None) -> None:
    observation = document(BODY % xml).sections[0].entries[0]
    assert observation.values == ((value,) if value is not None else ())


def test_a_wrong_number_is_noted_with_its_place() -> None:
    (note,) = document(BODY % '<value xsi:type="PQ" value="1,5"/>').notes
    assert note.rule == "cda-number"
    assert note.where.endswith("/observation/value")


@pytest.mark.parametrize(
    ("old", "new", "rule", "where"),
    [
        ('<id root="1.3.182.2.3.1" extension="7.2"/>', '<id nullFlavor="UNK"/>', "cda-header", "/id"),
        ('value="20240131141500+0100"', 'value="1347275600049"', "cda-header", "/effectiveTime"),
        ('<effectiveTime value="20240131141500+0100"/>', "", "cda-header", "/effectiveTime"),
        ('<code code="34105-7"', '<code nullFlavor="UNK" x="34105-7"', "", ""),
        ("recordTarget>", "informant>", "cda-header", "/patientRole"),
        ("<recordTarget>", "<recordTarget/><recordTarget>", "cda-header", "/patientRole"),
        ("<ClinicalDocument", "<section", "cda-fragment", "/section"),
        ("<ClinicalDocument", "<html", "cda-root", "/html"),
        ('"urn:hl7-org:v3"', '"urn:hl7-org:v2"', "cda-root", "/ClinicalDocument"),
    ],
)
def test_what_cannot_be_filed_is_refused_with_its_place(old: str, new: str, rule: str, where: str) -> None:
    text = (HEADER % "").replace(old, new, -1 if old.endswith(">") and "Target>" in old else 1)
    text = text.replace("</ClinicalDocument", "</" + new[1:]) if old == "<ClinicalDocument" else text
    if not rule:
        assert read(text.encode()).code.wording == "Hospital Discharge summary"
        return
    found = refusal(text)
    assert (found.rule, found.where.endswith(where), bool(found.mend)) == (rule, True, True)


def test_a_document_of_level_one() -> None:
    body = '<component><nonXMLBody><text mediaType="application/pdf" representation="B64">JVBERg==</text>'
    assert document(body + "</nonXMLBody></component>").attachment == dt.Attachment(
        "application/pdf", b"%PDF"
    )


def test_a_body_that_is_elsewhere_is_noted_and_never_fetched() -> None:
    body = (
        '<component><nonXMLBody><text mediaType="application/pdf"><reference value="http://x/y.pdf"/></text>'
    )
    found = document(body + "</nonXMLBody></component>")
    assert found.attachment is None
    assert [note.rule for note in found.notes] == ["cda-body"]
