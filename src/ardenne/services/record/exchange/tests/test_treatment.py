"""Two assertions in one message, as MyHealth@EU sends them: who asks, and whom they treat now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from ardenne.kernel.soap.xua import XuaTrust
from ardenne.kernel.store import hashing
from ardenne.kernel.testing import TestNode
from ardenne.services.record.exchange.tests import samples
from ardenne.services.record.exchange.tests.client import SoapClient, Told
from ardenne.services.record.exchange.tests.test_xua import (
    _SECURITY,
    AUDIENCE,
    NS,
    STRANGER,
    TRUSTED,
    assertion,
    moment,
    person_of,
    signed,
)  # fmt: skip
from ardenne.standards.saml import parse_all
from ardenne.standards.saml.treatment import Treated, is_treatment, treated

FIND = "14d4debf-8f97-4251-9a74-a90016b0af0d"
HCP = "urn:ehdsi:assertions:hcp"
ABROAD = "drdoolittle"
HERE = "9801003538489"


def treatment(
    *, about: str = samples.ONE, rests_on: str = "_a1", subject: str = HERE, begins: int = -5, until: int = 60,
    purpose: str = "TREATMENT", name: str = "_t1", advice: bool = True,
) -> str:  # fmt: skip
    """A treatment relationship assertion as the point of care of MyHealth@EU writes it."""
    reference = (
        f"<saml:Advice><saml:AssertionIDRef>{rests_on}</saml:AssertionIDRef></saml:Advice>" if advice else ""
    )
    return (
        f'<saml:Assertion xmlns:saml="{NS["saml"]}" ID="{name}" Version="2.0" IssueInstant="{moment(-1)}">'
        f'<saml:Issuer NameQualifier="urn:ehdsi:assertions:trc">urn:sts</saml:Issuer><saml:Subject><saml:NameID>{subject}</saml:NameID></saml:Subject>'
        f'<saml:Conditions NotBefore="{moment(begins)}" NotOnOrAfter="{moment(until)}"/>{reference}<saml:AttributeStatement>'
        f'<saml:Attribute Name="urn:oasis:names:tc:xspa:1.0:subject:subject-id"><saml:AttributeValue>{about}</saml:AttributeValue></saml:Attribute>'
        '<saml:Attribute Name="urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"><saml:AttributeValue>'
        f'<PurposeOfUse xmlns="urn:hl7-org:v3" code="{purpose}" codeSystem="2.16.840.1.113883.3.18.7.1"/></saml:AttributeValue></saml:Attribute>'
        "</saml:AttributeStatement></saml:Assertion>"
    )


@pytest.fixture
def client(filing_node: TestNode) -> SoapClient:
    """A doctor of the directory, two persons, one document each, and a restricted one of the first."""
    plain = SoapClient(filing_node)
    body = {"resourceType": "Practitioner", "identifier": [{"system": "urn:gs1:gln", "value": HERE}]}
    assert filing_node.call("POST", "Practitioner", body).status == 201
    for number in ("P1", "P2"):
        person = {
            "resourceType": "Patient",
            "identifier": [{"system": f"urn:oid:{samples.DOMAIN}", "value": number}],
        }
        assert filing_node.call("POST", "Patient", person).status == 201
    restricted = {"confidentialityCode": [("R", "2.16.840.1.113883.5.25")]}
    entries = [
        ("1.9.1", samples.ONE, samples.CODES), ("1.9.2", samples.TWO, samples.CODES),
        ("1.9.3", samples.ONE, samples.CODES | restricted),
    ]  # fmt: skip
    for unique_id, patient, codes in entries:
        told = plain.provide(
            samples.submission_set(f"{unique_id}.9", patient)
            + samples.entry("D", unique_id, patient, codes)
            + samples.member("D"),
            {"D": unique_id.encode()},
        )
        assert told.status == "Success", told.text
    trust = XuaTrust([TRUSTED[1]], AUDIENCE, person_of(filing_node))
    return SoapClient(filing_node, trust)


def find(client: SoapClient, patient: str, *assertions: str) -> Told:
    query = (
        '<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">'
        f'<q:ResponseOption returnType="LeafClass"/><rim:AdhocQuery id="urn:uuid:{FIND}">'
        + samples.slot("$XDSDocumentEntryPatientId", f"'{patient}'")
        + samples.slot("$XDSDocumentEntryStatus", "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')")
        + "</rim:AdhocQuery></q:AdhocQueryRequest>"
    )
    header = f'<w:Security xmlns:w="{_SECURITY}">{"".join(assertions)}</w:Security>'
    return client.send("query", query, header=header)


def test_the_second_assertion_opens_the_record_of_its_person_and_no_other(client: SoapClient) -> None:
    who = signed(assertion())
    assert find(client, samples.ONE, who).count("Documents") == 0
    told = find(client, samples.ONE, who, signed(treatment()))
    assert (told.status, told.count("Documents")) == ("Success", 1), told.text  # never the restricted one
    assert find(client, samples.TWO, who, signed(treatment())).count("Documents") == 0
    # the order of the two does not matter
    assert find(client, samples.ONE, signed(treatment()), who).count("Documents") == 1


def test_a_doctor_of_another_country_has_a_row_of_the_matrix(client: SoapClient) -> None:
    who = signed(assertion(subject=ABROAD, qualifier=HCP))
    about = signed(treatment(subject=ABROAD))
    assert find(client, samples.ONE, who).count("Documents") == 0
    assert find(client, samples.ONE, who, about).count("Documents") == 1
    nurse = signed(assertion(subject=ABROAD, qualifier=HCP, role="2221"))
    told = find(client, samples.ONE, nurse, about)
    assert (told.status, "nurse of another country" in told.text) == ("Fault", True)


def test_the_journal_tells_purpose_and_person(client: SoapClient) -> None:
    who, about = signed(assertion()), signed(treatment(purpose="EMERGENCY"))
    assert find(client, samples.ONE, who, about).count("Documents") == 1
    lines = client.node.call("GET", "AuditEvent?_count=20").body.decode()
    assert "Sarah Stone" in lines and "ETREAT" in lines


def test_a_closed_record_stays_closed(client: SoapClient) -> None:
    person = client.node.call("GET", "Patient?identifier=P1").ids[0]

    async def close() -> None:
        await client.node.database.fetch(
            "insert into policy_record (patient, patient_id, state) values ($1, $2, 1) on conflict (patient) do update set state = 1",
            hashing.self_hash("Patient", person),
            person,
        )

    client.node.run(close())
    assert find(client, samples.ONE, signed(assertion()), signed(treatment())).count("Documents") == 0


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: treatment(), "not signed"),
        (lambda: signed(treatment(), STRANGER), "no issuer that this node trusts"),
        (lambda: signed(treatment(until=-10)), "treatment assertion has expired"),
        (lambda: signed(treatment(begins=10)), "does not hold yet"),
        (lambda: signed(treatment(until=180)), "longer than two hours"),
        (lambda: signed(treatment(rests_on="_other")), "rests on another assertion"),
        (lambda: signed(treatment(advice=False)), "rests on another assertion"),
        (lambda: signed(treatment(subject="somebody")), "another professional"),
        (lambda: signed(treatment(about="P1")), "names no person"),
        (lambda: signed(treatment(about=samples.ONE.replace("P1", "P9"))), "not known here"),
        (lambda: signed(treatment()) + signed(treatment(name="_t2")), "2 about a treatment"),
        (lambda: signed(treatment(name="_a1")), "ID"),
    ],
)
def test_what_does_not_hold_opens_nothing(client: SoapClient, make: Callable[[], str], reason: str) -> None:
    told = find(client, samples.ONE, signed(assertion()), make())
    assert (told.status, told.status_code) == ("Fault", 401)
    assert reason in told.text


def test_two_professionals_or_none(client: SoapClient) -> None:
    assert (
        "2 assertions about who asks"
        in find(client, samples.ONE, *[signed(assertion().replace("_a1", one)) for one in ("_x", "_y")]).text
    )
    assert "0 assertions about who asks" in find(client, samples.ONE, signed(treatment())).text


def test_an_assertion_of_a_day_is_too_long_across_borders(client: SoapClient) -> None:
    told = find(client, samples.ONE, signed(assertion(subject=ABROAD, qualifier=HCP, until=24 * 60)))
    assert "longer than four hours" in told.text


@pytest.mark.corpus
def test_samples_of_a_national_connector_are_read(corpus: Path) -> None:
    folder = corpus / "documents/soap/ncp"
    head = etree.fromstring((folder / "openncp_soap_header.xml").read_bytes())
    found = parse_all(etree.tostring(head))
    assert [is_treatment(one) for one in found] == [False, True]
    assert found[1].references == (found[0].id,)
    assert treated(found[1]) is not None
    text = (folder / "trc-assertion.template.xml").read_text()
    for name in ("not-before", "not-on-or-after", "issue-instant", "authn-instant"):
        text = text.replace(f"{{{{{name}}}}}", datetime.now(UTC).isoformat())
    (sample,) = parse_all(
        text.replace("{{assertion-id}}", "_1").replace("{{hcp-assertion-id}}", "_2").encode()
    )
    assert (treated(sample), sample.references) == (Treated("0410009234", "1.2.208.176.1.2"), ("_2",))
