"""FHIR search over a small store (R4, Search; the sections are named in the tables)."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.testing import TestNode

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"


def concept(system: str, code: str, display: str = "") -> dict[str, Any]:
    coding = {"system": system, "code": code}
    return {"coding": [coding | ({"display": display} if display else {})]}


def observation(name: str, code: str, date: str, value: float, subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": concept(LOINC, code, f"analysis {code}"),
        "subject": {"reference": subject},
        "effectiveDateTime": date,
        "valueQuantity": {"value": value, "unit": "mg", "system": UCUM, "code": "mg"},
        **more,
    }


RESOURCES: list[dict[str, Any]] = [
    {"resourceType": "Organization", "id": "clinic", "name": "Clinique d'Arlon", "partOf": {"reference": "Organization/group"}},
    {"resourceType": "Organization", "id": "group", "name": "Vivalia"},
    {"resourceType": "Practitioner", "id": "doctor", "name": [{"family": "Thill", "given": ["Marc"]}]},
    {
        "resourceType": "Patient", "id": "anna", "active": True, "gender": "female", "birthDate": "1980-02-28",
        "name": [{"family": "Müller-Weiß", "given": ["Anna", "Éva"]}],
        "identifier": [
            {"system": "urn:lu", "value": "1980022812345", "type": concept("http://terminology.hl7.org/CodeSystem/v2-0203", "NI")}
        ],
        "generalPractitioner": [{"reference": "Practitioner/doctor"}],
        "managingOrganization": {"reference": "Organization/clinic"},
    },
    {
        "resourceType": "Patient", "id": "bob", "active": False, "birthDate": "1990",
        "name": [{"family": "Muller", "given": ["Bob"]}],
        "managingOrganization": {"identifier": {"system": "urn:org", "value": "77"}},
    },
    observation("o1", "718-7", "2020-01-01T10:00:00Z", 5.40, "Patient/anna", performer=[{"reference": "Practitioner/doctor"}]),
    observation("o2", "718-7", "2021-06-15", 100, "Patient/anna"),
    observation("o3", "2345-7", "2022", 7, "Patient/bob"),
    {
        "resourceType": "Observation", "id": "bp", "status": "preliminary", "code": concept(LOINC, "85354-9"),
        "subject": {"reference": "Patient/anna"},
        "effectivePeriod": {"start": "2021-01-01", "end": "2021-12-31"},
        "component": [
            {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 140, "system": UCUM, "code": "mm[Hg]"}},
            {"code": concept(LOINC, "8462-4"), "valueQuantity": {"value": 80, "system": UCUM, "code": "mm[Hg]"}},
        ],
    },
    {
        "resourceType": "Condition", "id": "asthma", "code": concept("http://snomed.info/sct", "195967001", "Asthma"),
        "subject": {"reference": "Patient/bob"}, "onsetAge": {"value": 12, "system": UCUM, "code": "a"},
    },
    {"resourceType": "ValueSet", "id": "vs", "status": "active", "url": "http://example.org/fhir/ValueSet/x", "version": "1"},
    {
        "resourceType": "Location", "id": "arlon", "name": "Arlon",
        "position": {"latitude": 49.683, "longitude": 5.816},
    },
    {"resourceType": "Group", "id": "study", "type": "person", "actual": True,
     "characteristic": [{"code": concept("urn:c", "age"), "valueCodeableConcept": concept("urn:c", "old"), "exclude": False}]},
    {"resourceType": "List", "id": "mine", "status": "current", "mode": "working", "entry": [{"item": {"reference": "Patient/bob"}}]},
]  # fmt: skip


@pytest.fixture
def filled(shared_node: TestNode) -> TestNode:
    """The shared node with exactly the resources above."""
    if shared_node.content is not RESOURCES:
        shared_node.empty()
        for resource in RESOURCES:
            answer = shared_node.call("PUT", f"{resource['resourceType']}/{resource['id']}", resource)
            assert answer.status == 201, answer.body
        shared_node.content = RESOURCES
    return shared_node


TABLE = [
    # string (3.1.1.4.8): begins with, without case and accents
    ("Patient?family=mul", "anna bob"), ("Patient?family=MÜLLER-WEISS", "anna"), ("Patient?given=eva", "anna"),
    ("Patient?family:exact=Muller", "bob"), ("Patient?family:exact=muller", ""), ("Patient?family:contains=weis", "anna"),
    ("Patient?name=bob,anna", "anna bob"), ("Patient?name=muller&given=bob", "bob"), ("Patient?family=100%25", ""),
    # token (3.1.1.4.10)
    ("Patient?gender=female", "anna"), ("Patient?gender:not=female", "bob"), ("Patient?gender:missing=true", "bob"),
    ("Patient?identifier=urn:lu|1980022812345", "anna"), ("Patient?identifier=1980022812345", "anna"),
    ("Patient?identifier=urn:lu|", "anna"), ("Patient?identifier=|1980022812345", ""), ("Patient?active=false", "bob"),
    ("Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|NI|1980022812345", "anna"),
    ("Observation?code=718-7", "o1 o2"), ("Observation?code=http://loinc.org|718-7,http://loinc.org|2345-7", "o1 o2 o3"),
    ("Observation?code:text=analysis 2345", "o3"), ("Observation?status=preliminary", "bp"),
    # reference (3.1.1.4.11)
    ("Observation?subject=Patient/anna", "bp o1 o2"), ("Observation?patient=bob", "o3"), ("Observation?subject:Patient=bob", "o3"),
    ("Observation?subject=http://localhost:8080/fhir/Patient/bob", ""), ("Patient?organization:identifier=urn:org|77", "bob"),
    ("Observation?performer=Practitioner/doctor", "o1"), ("Observation?patient=anna,bob&code=718-7", "o1 o2"),
    # date (3.1.1.4.7)
    ("Observation?date=2020-01-01", "o1"), ("Observation?date=2021", "bp o2"), ("Observation?date=ge2021-06-01", "bp o2 o3"),
    ("Observation?date=gt2021-12-31", "o3"), ("Observation?date=lt2021", "o1"), ("Observation?date=sa2021-06-01", "o2 o3"),
    ("Observation?date=eb2021-01-01", "o1"), ("Observation?date=ne2021", "o1 o3"), ("Patient?birthdate=1990", "bob"),
    ("Patient?birthdate=le1980-02-28", "anna"), ("Observation?date=ge2020-01-01&date=le2020-12-31", "o1"),
    # number and quantity (3.1.1.4.6, 3.1.1.4.12): the implied precision
    ("Observation?value-quantity=5.4", "o1"), ("Observation?value-quantity=5", "o1"), ("Observation?value-quantity=100", "o2"),
    ("Observation?value-quantity=1e2", "o2"), ("Observation?value-quantity=gt5.4", "o2 o3"), ("Observation?value-quantity=ap95", "o2"),
    ("Observation?value-quantity=7|http://unitsofmeasure.org|mg", "o3"), ("Observation?value-quantity=7||mg", "o3"),
    ("Observation?value-quantity=7||kg", ""), ("Condition?onset-age=le12|http://unitsofmeasure.org|a", "asthma"),
    # composite (3.1.1.4.14): both values in one repetition
    ("Observation?code-value-quantity=718-7$gt50", "o2"), ("Observation?component-code-value-quantity=http://loinc.org|8480-6$gt100", "bp"),
    ("Observation?component-code-value-quantity=http://loinc.org|8462-4$gt100", ""), ("Observation?combo-code-value-quantity=718-7$lt6", "o1"),
    ("Observation?combo-code=8480-6", "bp"), ("Group?characteristic-value=age$old", "study"), ("Group?characteristic-value=age$young", ""),
    # uri (3.1.1.4.13)
    ("ValueSet?url=http://example.org/fhir/ValueSet/x", "vs"), ("ValueSet?url:below=http://example.org/fhir", "vs"),
    ("ValueSet?url:above=http://example.org/fhir/ValueSet/x/y", "vs"), ("ValueSet?url=http://example.org", ""),
    # chains (3.1.1.5) and reverse chains (3.1.1.5.1)
    ("Observation?subject:Patient.family=muller-weiss", "bp o1 o2"), ("Observation?patient.gender=female&code=718-7", "o1 o2"),
    ("Observation?subject.name=bob", "o3"), ("Observation?performer:Practitioner.family=thill", "o1"),
    ("Observation?patient.general-practitioner:Practitioner.name=marc", "bp o1 o2"),
    ("Observation?patient.organization.name=clinique", "bp o1 o2"), ("Patient?organization.partof.name=vivalia", "anna"),
    ("Patient?_has:Observation:patient:code=2345-7", "bob"), ("Patient?_has:Condition:patient:code=195967001", "bob"),
    ("Practitioner?_has:Patient:general-practitioner:_has:Observation:patient:code=718-7", "doctor"),
    ("Practitioner?_has:Observation:performer:status=final", "doctor"),
    # special
    ("Patient?_id=anna,bob,nobody", "anna bob"), ("Patient?_lastUpdated=gt2020", "anna bob"), ("Patient?_lastUpdated=lt2020", ""),
    ("Location?near=49.6|5.8|20|km", "arlon"), ("Location?near=48.0|5.8|20|km", ""), ("Patient?_list=mine", "bob"),
    ("Observation?date:missing=true", ""), ("Observation?value-quantity:missing=true", "bp"), ("Patient?family:missing=false", "anna bob"),
    ("Patient/anna/Observation?code=718-7", "o1 o2"), ("Patient/bob/Condition", "asthma"), ("Patient/bob/*", "asthma bob o3"),
    # _filter (R4, Search filter) and full text
    ('Patient?_filter=family co "muller" and gender eq female', "anna"), ('Patient?_filter=given eq "Bob" or given eq "Anna"', "anna bob"),
    ('Patient?_filter=not (gender eq female)', "bob"), ('Patient?_filter=given eq "bob"', ""), ('Patient?_filter=gender pr false', "bob"),
    ('Observation?_filter=date ge 2021-06-01 and (code eq 2345-7 or value-quantity gt 50)', "o2 o3"),
    ('Observation?_filter=subject.family co "weiss"', "bp o1 o2"), ('Patient?_filter=birthdate lt 1985 and active ne false', "anna"),
    ("Organization?_content=vivalia", "group"), ("Condition?_content=asthma", "asthma"), ("Condition?_text=asthma", ""),
    ("Organization?_content=cliniques", "clinic"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "expected"), TABLE)
def test_search(filled: TestNode, address: str, expected: str) -> None:
    answer = filled.call(
        "GET", address.replace(" ", "%20").replace("Ü", "%C3%9C"), headers={"Prefer": "handling=strict"}
    )
    assert answer.status == 200, answer.body
    assert sorted(answer.ids) == expected.split()
    path, _, query = address.partition("?")
    if "/" not in path:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        posted = filled.call("POST", f"{path}/_search", query.replace(" ", "+").encode(), form)
        assert sorted(posted.ids) == expected.split(), "GET and POST differ"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Observation?_sort=date", ["o1", "bp", "o2", "o3"]),
        ("Observation?_sort=-date", ["o3", "o2", "bp", "o1"]),
        ("Patient?_sort=family,given", ["bob", "anna"]),
        ("Patient?_sort=-birthdate", ["bob", "anna"]),
        ("Observation?_sort=-value-quantity&_id=o1,o2,o3", ["o2", "o3", "o1"]),
        ("Observation?_sort=status,-date", ["o3", "o2", "o1", "bp"]),
        ("Patient?_sort=_id", ["anna", "bob"]),
    ],
)
def test_sort(filled: TestNode, address: str, expected: list[str]) -> None:
    assert filled.call("GET", address).ids == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Observation?_id=o1&_include=Observation:subject", "anna"),
        ("Observation?_id=o1&_include=Observation:patient&_include=Observation:performer", "anna doctor"),
        ("Observation?_id=o1&_include=*", "anna doctor"),
        ("Observation?_id=o1&_include=Observation:subject:Group", ""),
        (
            "Observation?_id=o1&_include=Observation:patient&_include:iterate=Patient:organization",
            "anna clinic",
        ),
        (
            "Observation?_id=o1&_include=Observation:patient&_include:iterate=Patient:organization"
            "&_include:iterate=Organization:partof",
            "anna clinic group",
        ),
        ("Patient?_id=bob&_revinclude=Observation:subject&_revinclude=Condition:patient", "asthma o3"),
        ("Patient?_id=anna&_revinclude=Observation:*", "bp o1 o2"),
        ("Practitioner?_id=doctor&_revinclude=Observation:performer", "o1"),
    ],
)
def test_include(filled: TestNode, address: str, expected: str) -> None:
    answer = filled.call("GET", address)
    assert sorted(entry["resource"]["id"] for entry in answer.entries("include")) == expected.split()


def test_unknown_parameters_are_named_or_refused(filled: TestNode) -> None:
    lenient = filled.call("GET", "Patient?family=muller&nickname=x")
    assert len(lenient.ids) == 2
    (outcome,) = lenient.entries("outcome")
    assert "nickname" in outcome["resource"]["issue"][0]["details"]["text"]
    strict = filled.call("GET", "Patient?nickname=x", headers={"Prefer": "handling=strict"})
    assert strict.status == 400


@pytest.mark.parametrize(
    "address",
    [
        "Patient?birthdate=yesterday", "Patient?family:above=x", "Observation?value-quantity=much", "Patient?_count=-1",
        "Patient?_include=Patient", "Patient?_include=Nothing:x", "Observation?subject.gender.x=1", "Patient?_sort=link.x&_cursor=abc",
        "Patient?_has:Observation:code=x", "Location?near=here", "Observation?code-value-quantity=718-7", "Patient?_summary=some",
        "Patient?_filter=family", "Patient?_filter=(family eq x", 'Patient?_filter=family eq "x', "Patient?_filter=family is x",
        "Patient?_filter=nothing eq x", "Patient?_id=a%00b", "Observation?subject=a/b/c",
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_answered_says_why(filled: TestNode, address: str) -> None:
    answer = filled.call("GET", address, headers={"Prefer": "handling=strict"})
    assert answer.status == 400
    assert answer.json["resourceType"] == "OperationOutcome"
    assert len(answer.problem) > 20


def test_summary_elements_and_totals(filled: TestNode) -> None:
    count = filled.call("GET", "Observation?_summary=count")
    assert (count.json["total"], count.entries()) == (4, [])
    (cut,) = filled.call("GET", "Observation?_id=bp&_elements=status").entries("match")
    assert set(cut["resource"]) == {"resourceType", "id", "meta", "status", "code"}
    assert cut["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"
    (short,) = filled.call("GET", "Patient?_id=anna&_summary=true").entries("match")
    assert "managingOrganization" in short["resource"] and "photo" not in short["resource"]
    assert "total" not in filled.call("GET", "Patient?_total=none").json
    assert filled.call("GET", "Patient?_count=1&_total=accurate").json["total"] == 2
    assert filled.call("GET", "Patient?_count=0").json["total"] == 2


def test_pages_show_everything_once_while_others_write(node: TestNode) -> None:
    for number in range(25):
        person = {"resourceType": "Patient", "id": f"p{number:02}", "birthDate": f"19{50 + number % 3}-01-01"}
        node.call("PUT", f"Patient/{person['id']}", person)
    for sort in ("", "&_sort=birthdate", "&_sort=-birthdate,_id", "&_sort=-_lastUpdated", "&_sort=gender"):
        seen: list[str] = []
        address = f"Patient?_count=7{sort}"
        while address:
            page = node.call("GET", address)
            seen += page.ids
            node.call("POST", "Patient", {"resourceType": "Patient", "active": True})
            address = page.link("next")
        first = [name for name in seen if name.startswith("p")]
        assert sorted(first) == [f"p{number:02}" for number in range(25)], sort
        assert len(seen) == len(set(seen))


def test_a_cursor_opens_only_its_own_search(node: TestNode) -> None:
    for _number in range(3):
        node.call("POST", "Patient", {"resourceType": "Patient", "active": True})
    following = node.call("GET", "Patient?_count=1&active=true").link("next")
    cursor = following.partition("_cursor=")[2]
    assert node.call("GET", following).status == 200
    assert node.call("GET", f"Patient?_count=1&active=false&_cursor={cursor}").status == 400
    assert node.call("GET", f"Observation?_count=1&active=true&_cursor={cursor}").status == 400
    assert node.call("GET", "Patient?_count=1&active=true&_cursor=AAAA").status == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("chromosome-variant-coordinate=7$ge100$le120", True),
        ("chromosome-variant-coordinate=urn:chr|7$500$510", True),
        # start of one variant, end of the other
        ("chromosome-variant-coordinate=7$100$510", False),
        ("chromosome-variant-coordinate=7$ge400$lt200", False),
        ("chromosome-variant-coordinate=8$100$110", False),
        ("chromosome-window-coordinate=7$lt100$gt500", True),
        ("chromosome-window-coordinate=7$lt100$lt500", False),
    ],
)
def test_two_ranges_of_a_composite_meet_in_one_repetition(node: TestNode, query: str, found: bool) -> None:
    sequence = {
        "resourceType": "MolecularSequence", "id": "s", "coordinateSystem": 0,
        "referenceSeq": {
            "chromosome": {"coding": [{"system": "urn:chr", "code": "7"}]}, "windowStart": 50, "windowEnd": 600,
        },
        "variant": [{"start": 100, "end": 110}, {"start": 500, "end": 510}],
    }  # fmt: skip
    node.call("PUT", "MolecularSequence/s", sequence)
    assert node.call("GET", f"MolecularSequence?{query}").ids == (["s"] if found else [])


def test_a_composite_needs_a_code_not_a_system_alone(node: TestNode) -> None:
    answer = node.call("GET", "Observation?component-code-value-quantity=http://loinc.org|$5")
    assert answer.status == 400
    assert b"system|code" in answer.body
