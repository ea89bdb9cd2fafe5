"""SAML assertions of IHE XUA: signed by a trusted issuer, in time, for this node, with one role (NIST 11897 SAML negatives)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import signxml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree

from ardenne.kernel.soap.xua import Person, XuaTrust
from ardenne.kernel.testing import TestNode
from ardenne.services.record.exchange.objects import Objects
from ardenne.services.record.exchange.tests.client import PLACE, SoapClient, Told

AUDIENCE = "urn:ardenne:test"
NS = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion"}
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
Key = ec.EllipticCurvePrivateKey


def issuer(name: str) -> tuple[Key, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return key, certificate


TRUSTED, STRANGER = issuer("trusted"), issuer("stranger")


def moment(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def assertion(
    *,
    until: int = 10,
    audience: str = AUDIENCE,
    roles: int = 1,
    subject: str = "9801003538489",
    role: str = "221",
    qualifier: str = "",
    purpose: str = "TREATMENT",
) -> str:
    value = f'<saml:AttributeValue><Role xmlns="urn:hl7-org:v3" code="{role}" codeSystem="2.16.840.1.113883.2.9.6.2.7"/></saml:AttributeValue>'
    return (
        f'<saml:Assertion xmlns:saml="{NS["saml"]}" ID="_a1" Version="2.0" IssueInstant="{moment(-1)}">'
        f'<saml:Issuer NameQualifier="{qualifier}">urn:issuer</saml:Issuer>'
        f"<saml:Subject><saml:NameID>{subject}</saml:NameID></saml:Subject>"
        f'<saml:Conditions NotBefore="{moment(-5)}" NotOnOrAfter="{moment(until)}"><saml:AudienceRestriction>'
        f"<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AttributeStatement>"
        '<saml:Attribute Name="urn:oasis:names:tc:xspa:1.0:subject:subject-id"><saml:AttributeValue>Sarah Stone</saml:AttributeValue></saml:Attribute>'
        f'<saml:Attribute Name="urn:oasis:names:tc:xacml:2.0:subject:role">{value * roles}</saml:Attribute>'
        '<saml:Attribute Name="urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"><saml:AttributeValue>'
        f'<PurposeOfUse xmlns="urn:hl7-org:v3" code="{purpose}" codeSystem="2.16.840.1.113883.3.18.7.1"/></saml:AttributeValue></saml:Attribute>'
        "</saml:AttributeStatement></saml:Assertion>"
    )


def signed(text: str, by: tuple[Key, x509.Certificate] = TRUSTED) -> str:
    node = etree.fromstring(text)
    signer = signxml.XMLSigner(
        signature_algorithm="ecdsa-sha256", c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"
    )
    made = signer.sign(node, key=by[0], cert=[by[1]], reference_uri=str(node.get("ID")), id_attribute="ID")
    return etree.tostring(made, encoding="unicode")


def person_of(node: TestNode) -> Person:
    """From a number to the Patient, as the registry finds them."""
    return lambda authority, number: Objects(node.service, PLACE).patient(f"{number}^^^&{authority}&ISO")


@pytest.fixture
def client(filing_node: TestNode) -> SoapClient:
    body = {
        "resourceType": "Practitioner",
        "identifier": [{"system": "urn:gs1:gln", "value": "9801003538489"}],
    }
    assert filing_node.call("POST", "Practitioner", body).status == 201
    return SoapClient(filing_node, XuaTrust([TRUSTED[1]], AUDIENCE, person_of(filing_node)))


def ask(client: SoapClient, header: str) -> Told:
    query = (
        '<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">'
        '<q:ResponseOption returnType="ObjectRef"/><r:AdhocQuery id="urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4">'
        "<r:Slot name=\"$XDSDocumentEntryUniqueId\"><r:ValueList><r:Value>('1.2')</r:Value></r:ValueList></r:Slot></r:AdhocQuery></q:AdhocQueryRequest>"
    )
    return client.send("query", query, header=f'<w:Security xmlns:w="{_SECURITY}">{header}</w:Security>')


def test_a_signed_assertion_opens_the_door_in_the_name_of_its_subject(client: SoapClient) -> None:
    told = ask(client, signed(assertion()))
    assert told.status == "Success", told.text
    lines = client.node.call("GET", "AuditEvent?_count=100").body.decode()
    assert "Sarah Stone" in lines


def tampered(text: str) -> str:
    return text.replace("Sarah Stone", "Sarah Storm")


def wrapped(text: str) -> str:
    """The trick of signature wrapping: a second assertion of the same ID stands before the signed one."""
    forged = assertion(subject="1111111111111")
    return forged.replace("</saml:Issuer>", f"</saml:Issuer><saml:Advice>{text}</saml:Advice>")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: assertion(), "not signed"),
        (lambda: signed(assertion(until=-10)), "expired"),
        (lambda: signed(assertion(audience="urn:somebody")), "somebody else"),
        (lambda: signed(assertion(roles=2)), "2 roles"),
        (lambda: signed(assertion(), STRANGER), "no issuer that this node trusts"),
        (lambda: tampered(signed(assertion())), "no issuer that this node trusts"),
        (lambda: wrapped(signed(assertion())), "ID"),
        (lambda: signed(assertion(subject="0000000000000")), "no professional of this number"),
    ],
)
def test_what_does_not_hold_is_refused_with_the_reason(
    client: SoapClient, make: Callable[[], str], reason: str
) -> None:
    told = ask(client, make())
    assert (told.status, told.status_code) == ("Fault", 401)
    assert reason in told.text
