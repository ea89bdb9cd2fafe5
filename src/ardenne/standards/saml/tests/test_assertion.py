"""Assertions of the Swiss electronic patient record's samples (XUA), and what must not pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ardenne.standards.refusal import Refused
from ardenne.standards.saml import Coded, check, parse

AUDIENCE = "urn:e-health-suisse:token-audience:all-communities"
ROLES = "2.16.756.5.30.1.127.3.10.6"
SAMPLE = b"""<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0" ID="_1">
 <a:Issuer>community.example</a:Issuer>
 <s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:SignedInfo><s:Reference URI="#_1"/></s:SignedInfo></s:Signature>
 <a:Subject><a:NameID>4711</a:NameID></a:Subject>
 <a:Conditions NotBefore="2026-11-25T10:00:00Z" NotOnOrAfter="2026-11-25T10:05:00Z">
  <a:AudienceRestriction><a:Audience>urn:node</a:Audience></a:AudienceRestriction></a:Conditions>
 <a:AttributeStatement>
  <a:Attribute Name="urn:oasis:names:tc:xacml:2.0:subject:role"><a:AttributeValue><Role xmlns="urn:hl7-org:v3" code="HCP" codeSystem="1.2"/></a:AttributeValue></a:Attribute>
  <a:Attribute Name="urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"><a:AttributeValue><PurposeOfUse xmlns="urn:hl7-org:v3" code="NORM" codeSystem="1.3"/></a:AttributeValue></a:Attribute>
 </a:AttributeStatement>
</a:Assertion>"""
GOOD = datetime(2026, 11, 25, 10, 2, tzinfo=UTC)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "role", "purpose"),
    [
        ("1-get-x-user-assertion-response-healthcare-provider", "HCP", "NORM"),
        ("2-get-x-user-assertion-response-assistant", "HCP", "NORM"),
        ("3-get-x-user-assertion-response-technical-user", "HCP", "AUTO"),
        ("4-get-x-user-assertion-response-patient", "PAT", "NORM"),
        ("5-get-x-user-assertion-response-representative", "REP", "NORM"),
    ],
)
def test_samples_say_who_asks(corpus: Path, name: str, role: str, purpose: str) -> None:
    found = parse((corpus / "documents" / "xua" / "epd" / f"{name}.xml").read_bytes())
    assert [one.code for one in found.roles] == [role]
    assert [one.code for one in found.purposes] == [purpose]
    assert found.roles[0].system == ROLES
    assert AUDIENCE in found.audiences
    assert "2.16.756.5.30.1.127.3.10.3" in found.resource
    assert found.subject and found.issuer
    assert found.not_on_or_after is not None
    moment = found.not_on_or_after - timedelta(minutes=1)
    assert [one for one in check(found, [AUDIENCE], moment) if "signed" not in one] == []


def test_a_good_assertion_holds() -> None:
    found = parse(SAMPLE)
    assert found.roles == (Coded("HCP", "1.2"),)
    assert check(found, ["urn:node"], GOOD) == []


@pytest.mark.parametrize(
    ("audience", "now", "told"),
    [
        ("urn:other", GOOD, "somebody else"),
        ("urn:node", GOOD + timedelta(minutes=10), "expired"),
        ("urn:node", GOOD - timedelta(minutes=10), "not hold yet"),
    ],
)
def test_conditions_are_kept(audience: str, now: datetime, told: str) -> None:
    (problem,) = check(parse(SAMPLE), [audience], now)
    assert told in problem


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'URI="#_1"', b'URI="#_2"', "not signed"),
        (
            b'code="HCP" codeSystem="1.2"/>',
            b'code="HCP" codeSystem="1.2"/><Role xmlns="urn:hl7-org:v3" code="PAT"/>',
            "2 roles",
        ),
        (b"<a:NameID>4711</a:NameID>", b"", "no subject"),
    ],
)
def test_what_is_missing_or_doubled_is_told(old: bytes, new: bytes, told: str) -> None:
    assert any(told in problem for problem in check(parse(SAMPLE.replace(old, new)), ["urn:node"], GOOD))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<x/>", "saml-one-assertion"),
        (b"<x>" + SAMPLE + SAMPLE.replace(b"_1", b"_2") + b"</x>", "saml-one-assertion"),
        (b"<x>" + SAMPLE + b'<y ID="_1"/></x>', "saml-id-unique"),
        (SAMPLE.replace(b'Version="2.0"', b'Version="1.1"'), "saml-version"),
        (SAMPLE.replace(b"2026-11-25T10:00:00Z", b"2026-11-25T10:00:00"), "saml-time"),
    ],
)
def test_what_cannot_be_trusted_is_refused(content: bytes, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(content)
    assert caught.value.refusal.rule == rule


def test_a_document_type_declaration_is_refused() -> None:
    with pytest.raises(Refused):
        parse(b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + SAMPLE)
