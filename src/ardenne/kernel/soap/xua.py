"""Who stands behind a SOAP request: the SAML assertion of IHE XUA (ITI-40), verified and turned into a caller.

What counts is read from the element that the signature covers, never from what merely stands beside it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.exceptions import InvalidInput, InvalidSignature
from signxml.verifier import XMLVerifier

from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.identity.errors import Unauthenticated
from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse as parse_query
from ardenne.kernel.search.query import read_pairs
from ardenne.standards import saml
from ardenne.standards.fhir.json import parse_exact
from ardenne.standards.refusal import Refused
from ardenne.standards.saml.assertion import Assertion, Coded
from ardenne.standards.saml.treatment import (
    PROFESSIONAL,
    check_treatment,
    is_treatment,
    lives_too_long,
    treated,
)

Person = Callable[[str, str], Awaitable[str]]
"""From the OID of an authority and a number to the id of a Patient; empty: nobody."""

_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"
_ABROAD = {"doctor": "foreign-doctor", "pharmacist": "foreign-pharmacist"}
_PURPOSES = {"EMER": Purpose.EMERGENCY, "EMERGENCY": Purpose.EMERGENCY, "ETREAT": Purpose.EMERGENCY}


class XuaTrust:
    """The certificates of issuers that this node believes, and the audiences (comma list) that it answers to.

    ``person`` finds the patient whom a number of an authority (an OID) names; empty: nobody.
    """

    def __init__(
        self, certificates: Sequence[x509.Certificate], audience: str, person: Person | None = None
    ) -> None:
        self._certificates = certificates
        self._audiences = [one.strip() for one in audience.split(",")]
        self._person = person

    async def caller(self, service: FhirService, envelope: bytes, now: datetime | None = None) -> Caller:
        """Return the caller whom the assertions of an envelope name. Raises Unauthenticated."""
        found, treatment = self.verified(envelope, now or datetime.now(UTC))
        made = await _caller(service, found)
        if treatment is None:
            return made
        if made.kind is not Kind.PROFESSIONAL:
            raise _refused("only a professional treats: the treatment assertion rests on somebody else")
        named = treated(treatment)
        patient = await self._person(named.authority, named.value) if named and self._person else ""
        if not patient:
            raise _refused("the person of the treatment assertion is not known here")
        # the later assertion says for what the record is opened
        return msgspec.structs.replace(made, treats=patient, purpose=_purpose(treatment))

    def verified(self, envelope: bytes, now: datetime) -> tuple[Assertion, Assertion | None]:
        """Return who asks and, when a second assertion says so, whom they treat. Raises Unauthenticated with every reason."""
        try:
            saml.parse_all(envelope)
            signed = [self._signed(node) for node in _assertions(envelope)]
            # a signature takes itself out of what it signs: that it held stands in its place
            read = [saml.parse(one)._replace(signed=True) for one in signed]
        except Refused as error:
            raise _refused(str(error)) from None
        treatments = [one for one in read if is_treatment(one)]
        others = [one for one in read if not is_treatment(one)]
        if len(others) != 1 or len(treatments) > 1:
            text = (
                f"there are {len(others)} assertions about who asks and {len(treatments)} about a treatment"
            )
            raise _refused(f"{text}: send one, and at most one")
        found, treatment = others[0], next(iter(treatments), None)
        problems = saml.check(found, self._audiences, now)
        if found.qualifier == PROFESSIONAL and lives_too_long(found):
            problems.append("the assertion of a professional holds longer than four hours")
        if treatment is not None:
            problems += check_treatment(treatment, found, self._audiences, now)
        if problems:
            raise _refused("; ".join(problems))
        return found, treatment

    def _signed(self, node: etree._Element) -> bytes:
        """Return the bytes of the assertion that the signature of a trusted issuer covers."""
        data = etree.tostring(node, with_tail=False)
        if not saml.parse(data).signed:
            raise _refused("the assertion is not signed")
        for certificate in self._certificates:
            if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
                continue
            try:
                result = XMLVerifier().verify(data, x509_cert=certificate, id_attribute="ID")
            except (InvalidInput, InvalidSignature, UnsupportedAlgorithm, ValueError):
                continue
            found: Any = result[0] if isinstance(result, list) else result
            if found.signed_xml is not None and found.signed_xml.tag == _SAML:
                return etree.tostring(found.signed_xml)
        raise _refused("no issuer that this node trusts has signed the assertion with these bytes")


def trust(folder: str, audience: str, person: Person | None = None) -> XuaTrust:
    """Return the trust in the issuers whose certificates (PEM) lie in a folder; empty: nobody is trusted."""
    found: list[x509.Certificate] = []
    if folder:
        for path in sorted(Path(folder).expanduser().glob("*.pem")):
            found += x509.load_pem_x509_certificates(path.read_bytes())
    return XuaTrust(found, audience, person)


def _assertions(envelope: bytes) -> list[etree._Element]:
    """Return the assertions of an envelope that stand in no other."""
    every = etree.fromstring(envelope, _parser()).iter(_SAML)
    return [one for one in every if not any(parent.tag == _SAML for parent in one.iterancestors())]


def _purpose(found: Assertion) -> Purpose:
    return _PURPOSES.get(found.purposes[0].code.upper(), Purpose.TREATMENT)


@lru_cache(maxsize=1)
def roles() -> dict[Coded, tuple[Kind, str]]:
    """Return the kind of caller and the profession of each role."""
    text = (resources.files(__package__) / "xua_roles.tsv").read_text("utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {Coded(line[1], line[0]): (Kind(line[2]), line[3]) for line in lines[1:]}


async def _caller(service: FhirService, found: Assertion) -> Caller:
    known = roles().get(found.roles[0])
    if known is None:
        raise _refused(
            f"the role {found.roles[0].code[:40]} of {found.roles[0].system[:80]} is not known here"
        )
    kind, profession = known
    purpose = _purpose(found)
    account, name = f"xua:{found.issuer}:{found.subject}", found.name or found.subject
    organisation = next(iter(found.organisation_names), "")
    if kind is Kind.PROFESSIONAL:
        practitioner = await _only(service, "Practitioner", found.subject)
        if not practitioner and found.qualifier == PROFESSIONAL:
            return _abroad(found, profession, purpose)
        if not practitioner:
            raise _refused("the directory of this node has no professional of this number")
        role = await _role(service, practitioner["id"], profession)
        return Caller(
            kind, account, name, practitioner=practitioner["id"], role=str(role.get("id", "")),
            profession=profession or _profession(role), organisation=_organisation(role),
            purpose=purpose, client=organisation,
        )  # fmt: skip
    if kind is Kind.CITIZEN:
        patient = await _only(service, "Patient", found.subject)
        if not patient:
            raise _refused("no patient of this number is known here")
        return Caller(
            kind, account, name, patient=patient["id"], purpose=Purpose.PATIENT, client=organisation
        )
    return Caller(kind, account, name, profession="platform", purpose=purpose, client=organisation)


def _abroad(found: Assertion, profession: str, purpose: Purpose) -> Caller:
    """Return a professional of another country, who stands in no directory here: a row of its own in the matrix."""
    if profession not in _ABROAD:
        raise _refused(
            f"no access is provided for the profession {profession or 'unknown'} of another country"
        )
    return Caller(
        Kind.PROFESSIONAL, f"xua:{found.issuer}:{found.subject}", found.name or found.subject,
        profession=_ABROAD[profession], purpose=purpose, client=next(iter(found.organisation_names), ""),
    )  # fmt: skip


async def _only(service: FhirService, resource_type: str, number: str) -> dict[str, Any]:
    """Return the one resource that has a number, whatever its system; nothing when there are none or several."""
    found = await _search(service, resource_type, "identifier", number)
    return found[0] if len(found) == 1 else {}


async def _role(service: FhirService, practitioner: str, profession: str) -> dict[str, Any]:
    found = await _search(service, "PractitionerRole", "practitioner", f"Practitioner/{practitioner}")
    fitting = [one for one in found if not profession or _profession(one) == profession]
    return next(iter(fitting), {})


def _profession(role: dict[str, Any]) -> str:
    return next(
        (str(one.get("code", "")) for code in role.get("code", []) for one in code.get("coding", [])), ""
    )


def _organisation(role: dict[str, Any]) -> str:
    return str(role.get("organization", {}).get("reference", "")).rpartition("/")[2]


async def _search(service: FhirService, resource_type: str, name: str, value: str) -> list[dict[str, Any]]:
    query = parse_query(read_pairs(conditional.criteria_text([(name, value)])))
    page = await service.searcher.search([resource_type], query)
    return [parse_exact(row.body) for row in page.matches]


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _refused(reason: str) -> Unauthenticated:
    return Unauthenticated(401, "login", f"the SAML assertion is not accepted: {reason}")
