"""Reading a SAML 2.0 assertion as IHE XUA carries it (ITI-40; ITI TF-2: 3.40), and checking its conditions.

Pure: the signature is not verified here. Whoever relies on an assertion must verify it first and read what the
signature covers; ``signed`` only tells whether there is one that refers to this very assertion.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from lxml import etree

from ardenne.standards.refusal import Refused
from ardenne.standards.xml import hardened

_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
_HL7 = "urn:hl7-org:v3"
_SUBJECT_ID = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
_ORGANISATION_ID = "urn:oasis:names:tc:xspa:1.0:subject:organization-id"
_ORGANISATION = "urn:oasis:names:tc:xspa:1.0:subject:organization"
_ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
_PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
_RESOURCE = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
_COMMUNITY = "urn:ihe:iti:xca:2010:homeCommunityId"
_LIMITS = hardened.Limits(size=1 << 20, depth=60, nodes=20_000)
SKEW = timedelta(minutes=2)
"""How far the clocks of two communities may be apart."""


class Coded(NamedTuple):
    """A role or purpose: code and code system (an OID)."""

    code: str
    system: str


class Assertion(NamedTuple):
    """What an assertion says. Times are moments with zone; None: not said."""

    id: str
    issuer: str
    subject: str
    name: str
    not_before: datetime | None
    not_on_or_after: datetime | None
    audiences: tuple[str, ...]
    organisations: tuple[str, ...]
    organisation_names: tuple[str, ...]
    roles: tuple[Coded, ...]
    purposes: tuple[Coded, ...]
    resource: str
    community: str
    signed: bool
    qualifier: str = ""
    """What the issuer calls this sort of assertion (Issuer/@NameQualifier)."""
    references: tuple[str, ...] = ()
    """The ids of the assertions on which this one rests (Advice/AssertionIDRef)."""


def parse(data: bytes) -> Assertion:
    """Return the one assertion in a document (alone or inside SOAP). Raises Refused with the rule and a way to mend it."""
    found = parse_all(data)
    if len(found) != 1:
        raise _refused(
            "saml-one-assertion", f"there are {len(found)} assertions", "Send exactly one SAML 2.0 Assertion"
        )
    return found[0]


def parse_all(data: bytes) -> list[Assertion]:
    """Return the assertions in a document, not those inside of others. Raises Refused."""
    root = hardened.parse(data, _LIMITS)
    name = f"{{{_SAML}}}Assertion"
    found = [root] if root.tag == name else list(root.iter(name))
    return [_read(root, one) for one in found if not _inside_another(one, name)]


def _read(root: etree._Element, node: etree._Element) -> Assertion:
    if node.get("Version") != "2.0" or not node.get("ID"):
        raise _refused(
            "saml-version", "Version is not 2.0 or ID is missing", "Send a SAML 2.0 assertion with an ID"
        )
    if len({one.get("ID") for one in root.iter() if one.get("ID")}) != sum(
        1 for one in root.iter() if one.get("ID")
    ):
        # the trick of signature wrapping: two elements of one ID, of which only one is signed
        raise _refused(
            "saml-id-unique", "an ID stands on two elements", "Give every element an ID of its own"
        )
    conditions = node.find(f"{{{_SAML}}}Conditions")
    attributes = _attributes(node)
    return Assertion(
        str(node.get("ID")),
        _text(node, "Issuer"),
        _text(node, "Subject/NameID"),
        _first(attributes, _SUBJECT_ID),
        _moment(conditions, "NotBefore"),
        _moment(conditions, "NotOnOrAfter"),
        tuple(_texts(node, "Conditions/AudienceRestriction/Audience")),
        tuple(_values(attributes, _ORGANISATION_ID)),
        tuple(_values(attributes, _ORGANISATION)),
        tuple(_coded(attributes, _ROLE)),
        tuple(_coded(attributes, _PURPOSE)),
        _first(attributes, _RESOURCE),
        _first(attributes, _COMMUNITY),
        _is_signed(node),
        str(next((one.get("NameQualifier", "") for one in node.findall(_path("Issuer"))), "")),
        tuple(_texts(node, "Advice/AssertionIDRef")),
    )


def check(found: Assertion, audiences: Sequence[str], now: datetime) -> list[str]:
    """Return what speaks against an assertion at a moment, one sentence each; nothing when it holds."""
    problems = []
    if not found.signed:
        problems.append("the assertion is not signed")
    if found.not_on_or_after is None:
        problems.append("the assertion says no end (Conditions/@NotOnOrAfter)")
    elif now >= found.not_on_or_after + SKEW:
        problems.append("the assertion has expired")
    if found.not_before is not None and now < found.not_before - SKEW:
        problems.append("the assertion does not hold yet")
    if not set(audiences) & set(found.audiences):
        problems.append("the assertion is meant for somebody else (Conditions/AudienceRestriction)")
    if not found.subject:
        problems.append("the assertion names no subject (Subject/NameID)")
    if len(found.roles) != 1:
        problems.append(f"the assertion names {len(found.roles)} roles: exactly one is needed")
    if len(found.purposes) != 1:
        problems.append(f"the assertion names {len(found.purposes)} purposes of use: exactly one is needed")
    return problems


def _inside_another(node: etree._Element, name: str) -> bool:
    return any(parent.tag == name for parent in node.iterancestors())


def _path(path: str) -> str:
    return "/".join(f"{{{_SAML}}}{part}" for part in path.split("/"))


def _texts(node: etree._Element, path: str) -> list[str]:
    return ["".join(str(part) for part in one.itertext()).strip() for one in node.findall(_path(path))]


def _text(node: etree._Element, path: str) -> str:
    return next(iter(_texts(node, path)), "")


def _attributes(node: etree._Element) -> dict[str, list[etree._Element]]:
    found: dict[str, list[etree._Element]] = {}
    for attribute in node.findall(_path("AttributeStatement/Attribute")):
        values = attribute.findall(_path("AttributeValue"))
        found.setdefault(str(attribute.get("Name", "")), []).extend(values)
    return found


def _values(attributes: dict[str, list[etree._Element]], name: str) -> list[str]:
    texts = ("".join(str(part) for part in one.itertext()).strip() for one in attributes.get(name, []))
    return [text for text in texts if text]


def _first(attributes: dict[str, list[etree._Element]], name: str) -> str:
    return next(iter(_values(attributes, name)), "")


def _coded(attributes: dict[str, list[etree._Element]], name: str) -> list[Coded]:
    return [
        Coded(str(inner.get("code", "")), str(inner.get("codeSystem", "")))
        for value in attributes.get(name, [])
        for inner in value
        if isinstance(inner.tag, str) and inner.tag.startswith(f"{{{_HL7}}}")
    ]


def _moment(conditions: etree._Element | None, name: str) -> datetime | None:
    text = conditions.get(name) if conditions is not None else None
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise _refused("saml-time", f"{name} is no moment with a zone", "Write it as 2026-11-25T10:00:00Z")
    return found


def _is_signed(node: etree._Element) -> bool:
    references = node.findall(
        f"{{{_SIGNATURE}}}Signature/{{{_SIGNATURE}}}SignedInfo/{{{_SIGNATURE}}}Reference"
    )
    return len(references) == 1 and references[0].get("URI") == f"#{node.get('ID')}"


def _refused(rule: str, found: str, mend: str) -> Refused:
    return Refused(rule=rule, found=found, mend=mend)
