"""IHE mCSD on the FHIR door: Find (ITI-90), updates (ITI-91) and feed (ITI-130) of care services."""

from __future__ import annotations

import pytest

from ardenne.kernel.testing import TestNode

HOUSE = {"resourceType": "Organization", "id": "h", "active": True, "name": "Hôpital du Nord",
         "identifier": [{"system": "urn:x", "value": "H1"}], "type": [{"coding": [{"system": "urn:t", "code": "facility"}]}],
         "endpoint": [{"reference": "Endpoint/e"}]}  # fmt: skip
WARD = {
    "resourceType": "Organization",
    "id": "w",
    "active": True,
    "name": "Cardiologie",
    "partOf": {"reference": "Organization/h"},
}
PLACE = {"resourceType": "Location", "id": "l", "status": "active", "name": "Ettelbruck", "managingOrganization": {"reference": "Organization/h"},
         "position": {"latitude": 49.85, "longitude": 6.1}}  # fmt: skip
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d",
    "active": True,
    "name": [{"family": "Thill", "given": ["Claude"]}],
}
ROLE = {"resourceType": "PractitionerRole", "id": "r", "active": True, "practitioner": {"reference": "Practitioner/d"},
        "organization": {"reference": "Organization/h"}, "location": [{"reference": "Location/l"}],
        "specialty": [{"coding": [{"system": "http://snomed.info/sct", "code": "394579002"}]}]}  # fmt: skip
CARE = {"resourceType": "HealthcareService", "id": "c", "active": True, "name": "Urgences", "providedBy": {"reference": "Organization/h"},
        "location": [{"reference": "Location/l"}]}  # fmt: skip
ENDPOINT = {"resourceType": "Endpoint", "id": "e", "status": "active", "address": "https://h.example/fhir",
            "connectionType": {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "hl7-fhir-rest"},
            "payloadType": [{"text": "any"}]}  # fmt: skip
MEMBER = {"resourceType": "OrganizationAffiliation", "id": "a", "active": True, "organization": {"reference": "Organization/h"},
          "participatingOrganization": {"reference": "Organization/w"}}  # fmt: skip
ALL = (ENDPOINT, HOUSE, WARD, PLACE, DOCTOR, ROLE, CARE, MEMBER)


@pytest.fixture
def fed(node: TestNode) -> TestNode:
    """The node after a feed (ITI-130): one transaction of all types of resources."""
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in ALL
    ]
    answer = node.call("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status == 200
    assert all(entry["response"]["status"].startswith("201") for entry in answer.json["entry"])
    return node


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Organization?name=hôpital", ["h"]), ("Organization?name:exact=Cardiologie", ["w"]), ("Organization?identifier=urn:x|H1", ["h"]),
        ("Organization?partof=Organization/h", ["w"]), ("Organization?type=urn:t|facility&active=true", ["h"]),
        ("Location?organization=Organization/h&status=active", ["l"]), ("Location?near=49.84|6.11|5|km", ["l"]), ("Location?near=49|5|5|km", []),
        ("Practitioner?family=thill&given=claude&active=true", ["d"]), ("PractitionerRole?specialty=394579002", ["r"]),
        ("PractitionerRole?practitioner.name=thill&location=Location/l", ["r"]),
        ("HealthcareService?organization=Organization/h&location=Location/l", ["c"]),
        ("Endpoint?status=active", ["e"]), ("OrganizationAffiliation?primary-organization=Organization/h", ["a"]),
        ("OrganizationAffiliation?participating-organization=Organization/w", ["a"]),
    ],
)  # fmt: skip
def test_find(fed: TestNode, query: str, ids: list[str]) -> None:
    assert fed.call("GET", query).ids == ids


def test_includes_of_the_profile(fed: TestNode) -> None:
    answer = fed.call("GET", "Organization?_id=h&_include=Organization:endpoint&_revinclude=Location:organization"
                             "&_revinclude=OrganizationAffiliation:primary-organization")  # fmt: skip
    included = [entry["resource"] for entry in answer.entries("include")]
    assert {one["id"] for one in included} == {"e", "l", "a"}


@pytest.mark.parametrize("kind", [one["resourceType"] for one in ALL])
def test_updates_since(fed: TestNode, kind: str) -> None:
    mine = next(one for one in ALL if one["resourceType"] == kind)
    before = fed.call("GET", f"{kind}/{mine['id']}").json["meta"]["lastUpdated"]
    assert fed.call("PUT", f"{kind}/{mine['id']}", {**mine, "language": "fr"}).status == 200
    answer = fed.call("GET", f"{kind}/_history?_since={before}")
    assert answer.status == 200 and answer.json["type"] == "history"
    newest = answer.json["entry"][0]
    assert newest["resource"]["language"] == "fr" and newest["request"]["method"] == "PUT"
    assert fed.call("DELETE", f"{kind}/{mine['id']}?_cascade=x").status in (200, 204)
    assert (
        fed.call("GET", f"{kind}/_history?_since={before}").json["entry"][0]["request"]["method"] == "DELETE"
    )
