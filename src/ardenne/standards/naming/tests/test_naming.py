"""The same system by any of its names; expected URIs from the FHIR R4 terminology pages and IHE lists."""

from __future__ import annotations

import pytest

from ardenne.standards import naming


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("2.16.840.1.113883.6.1", "http://loinc.org"),
        ("urn:oid:2.16.840.1.113883.6.1", "http://loinc.org"),
        ("LN", "http://loinc.org"),
        ("2.16.840.1.113883.6.96", "http://snomed.info/sct"),
        ("2.16.840.1.113883.6.73", "http://www.whocc.no/atc"),
        ("2.16.840.1.113883.5.25", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"),
        ("1.2.3.4", "urn:oid:1.2.3.4"),
        ("http://example.org/x", "http://example.org/x"),
        ("99LAB", ""),
        ("", ""),
        ("1.02.3", ""),
    ],
)
def test_code_systems(name: str, uri: str) -> None:
    assert naming.code_system(name) == uri


SSIN = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("1.3.182.4.4", "1987121213412", ("urn:oid:1.3.182.4.4", "1987121213412")),
        ("urn:oid:1.3.182.4.4", "1987 12 12 134 12", ("urn:oid:1.3.182.4.4", "1987121213412")),
        ("INSS", "49.11.20-023.95", (SSIN, "49112002395")),
        ("ID-PATIENT", "00000000097", (SSIN, "00000000097")),
        ("https://www.ehealth.fgov.be/standards/fhir/NamingSystem/ssin", "1", (SSIN, "1")),
        ("2.16.840.1.113883.4.1", "111-00-2330", ("http://hl7.org/fhir/sid/us-ssn", "111002330")),
        ("2.16.840.1.113883.19.5", " 12-345 ", ("urn:oid:2.16.840.1.113883.19.5", "12-345")),
        ("F5DDA7C4-2B52-4F3B-9E7F-5D2A36B1B0AA", "7", ("urn:uuid:f5dda7c4-2b52-4f3b-9e7f-5d2a36b1b0aa", "7")),
        ("ProbablyLocalToPlacerOrg", "7", ("", "7")),
    ],
)
def test_one_number_has_one_spelling(name: str, value: str, expected: tuple[str, str]) -> None:
    assert naming.identifier(name, value) == expected


def test_local_domains_do_not_mix() -> None:
    assert naming.local_system("HZL", "SAP-ISH") != naming.local_system("HZL:SAP-ISH")
    assert naming.local_system(" HZL ") == naming.local_system("HZL") == "urn:ardenne:local:HZL"
    assert naming.local_system("", " ") == ""
