"""Finding a person: words in any order, accents, dates and numbers as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record import reading
from ardenne.services.record.finding import birth_date

NUMBERS = {"urn:oid:1.3.182.4.4": "1992112334813"}
SSIN = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"


@pytest.fixture
def people(filing_node: TestNode) -> TestNode:
    def add(resource_id: str, family: str, given: list[str], birth: str, system: str, value: str) -> None:
        resource: dict[str, Any] = {
            "resourceType": "Patient",
            "id": resource_id,
            "name": [{"use": "official", "family": family, "given": given}],
            "birthDate": birth,
            "identifier": [{"system": system, "value": value}],
        }
        assert filing_node.call("PUT", f"Patient/{resource_id}", resource).status == 201

    add("sofia", "Ferreira Costa", ["Sofia"], "1992-11-23", "urn:oid:1.3.182.4.4", "1992112334813")
    add("etienne", "Lambert", ["Étienne", "Marie"], "1961-07-02", SSIN, "61070218419")
    add("hospital", "Weber", ["Jean"], "1958-03-14", "urn:oid:1.2.3", "H-12 34")
    return filing_node


@pytest.mark.parametrize(
    ("name", "birth", "number", "found"),
    [
        ("Sofia Ferreira", "", "", ["sofia"]),
        ("ferreira, sofia", "", "", ["sofia"]),
        ("Costa", "", "", ["sofia"]),
        ("lambert etienne", "", "", ["etienne"]),
        ("ÉTIENNE", "", "", ["etienne"]),
        ("marie LAMB", "", "", ["etienne"]),
        ("", "1961-07-02", "", ["etienne"]),
        ("Sofia", "1961-07-02", "", []),
        ("", "", "1992112334813", ["sofia"]),
        ("", "", "1992 1123 348 13", ["sofia"]),
        ("", "", "61.07.02-184.19", ["etienne"]),
        ("", "", "H-12 34", ["hospital"]),
        ("", "", "", []),
        ("%", "", "", []),
        ("a,b|c$d\\", "", "", []),
    ],
)
def test_finding(people: TestNode, name: str, birth: str, number: str, found: list[str]) -> None:
    rows = people.run(reading.find_persons(people.service, name, birth, number))
    assert [row.patient_id for row in rows] == found


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1980-02-28", "1980-02-28"),
        ("28.2.1980", "1980-02-28"),
        ("28/02/1980", "1980-02-28"),
        ("28 février", ""),
        ("", ""),
    ],
)
def test_birth_dates_as_people_write_them(text: str, day: str) -> None:
    assert birth_date(text) == day
