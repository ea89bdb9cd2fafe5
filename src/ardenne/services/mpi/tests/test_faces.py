"""The FHIR faces: answers exactly as IHE PIXm and PDQm ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.testing import Answer, TestNode
from ardenne.services.mpi.api import PersonOperations
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.tests.persons import MATRICULE, NORTH, SOUTH, patient, register

_NUMBER = {"system": MATRICULE, "value": "1980010145728"}


@pytest.fixture
def faces(index_node: TestNode) -> Iterator[TestNode]:
    """A node whose door has the faces, with one person known to two hospitals."""
    index, router = Index(), index_node.router
    operations = PersonOperations(index)
    index_node.router = Router(
        index_node.service, {**ALL, **operations.operations()}, router.doors, {"Patient": operations.feed}
    )
    known = patient("N1")
    known["identifier"].append(_NUMBER)
    index_node.run(register(index_node, index, known))
    index_node.run(register(index_node, index, patient("S9", SOUTH), sender="south"))
    yield index_node
    index_node.router = router


def _match(node: TestNode, content: dict[str, Any], **more: Any) -> Answer:
    parameters = [{"name": "resource", "resource": content}]
    parameters += [
        {"name": name, ("valueBoolean" if value is True else "valueInteger"): value}
        for name, value in more.items()
    ]
    return node.call("POST", "Patient/$match", {"resourceType": "Parameters", "parameter": parameters})


def _code(answer: Answer) -> str:
    return str(answer.json["issue"][0]["code"])


def test_match_answers_score_and_grade(faces: TestNode) -> None:
    answer = _match(faces, patient("x", identifier=None))
    (entry,) = answer.entries("match")
    assert answer.status == 200 and answer.json["total"] == 1
    assert entry["search"]["score"] > 0.95
    assert entry["search"]["extension"] == [
        {"url": "http://hl7.org/fhir/StructureDefinition/match-grade", "valueCode": "certain"}
    ]


def test_match_without_anybody_is_an_empty_bundle(faces: TestNode) -> None:
    answer = _match(
        faces,
        patient(
            "x",
            identifier=None,
            name=[{"family": "Nemo", "given": ["Aucun"]}],
            birthDate="1911-02-03",
            address=None,
        ),
    )
    assert answer.status == 200 and answer.json["total"] == 0 and answer.entries() == []


def test_only_certain_matches_leaves_out_what_an_officer_would_be_asked(faces: TestNode) -> None:
    vague = patient("x", identifier=None, birthDate="1980-01-02", address=None, gender=None)
    assert len(_match(faces, vague).entries()) == 1
    assert _match(faces, vague, onlyCertainMatches=True).entries() == []
    assert len(_match(faces, patient("x", identifier=None), onlyCertainMatches=True, count=1).entries()) == 1


def test_nobody_leafs_through_persons(faces: TestNode) -> None:
    answer = _match(faces, {"resourceType": "Patient", "name": [{"family": "Hoffmann"}]})
    assert (answer.status, _code(answer)) == (400, "too-costly")


def test_anonymous_callers_learn_nothing(faces: TestNode) -> None:
    faces.caller = Caller(Kind.ANONYMOUS)
    assert _match(faces, patient("x")).status == 401
    assert faces.call("GET", f"Patient/$ihe-pix?sourceIdentifier={NORTH}|N1").status == 401


def test_pix_answers_the_other_numbers_and_never_the_one_asked(faces: TestNode) -> None:
    answer = faces.call("GET", f"Patient/$ihe-pix?sourceIdentifier={NORTH}|N1")
    found = [one["valueIdentifier"] for one in answer.json["parameter"] if one["name"] == "targetIdentifier"]
    assert {"system": SOUTH, "value": "S9"} in found and _NUMBER in found
    assert {"system": NORTH, "value": "N1"} not in found
    assert any(one["name"] == "targetId" for one in answer.json["parameter"])


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        (f"sourceIdentifier={NORTH}|nobody", 404, "not-found"),
        ("sourceIdentifier=urn:oid:9.9.9|N1", 400, "code-invalid"),
        (f"sourceIdentifier={NORTH}|N1&targetSystem=urn:oid:9.9.9", 403, "code-invalid"),
        ("", 400, "required"),
    ],
)
def test_pix_errors(faces: TestNode, query: str, status: int, code: str) -> None:
    answer = faces.call("GET", f"Patient/$ihe-pix?{query}")
    assert (answer.status, _code(answer)) == (status, code)


def test_pix_by_national_number_and_for_one_target(faces: TestNode) -> None:
    answer = faces.call(
        "GET", f"Patient/$ihe-pix?sourceIdentifier={MATRICULE}|1980010145728&targetSystem={SOUTH}"
    )
    found = [one["valueIdentifier"] for one in answer.json["parameter"] if one["name"] == "targetIdentifier"]
    assert found == [{"system": SOUTH, "value": "S9"}]


def test_a_feed_adds_links_and_brings_up_to_date(faces: TestNode) -> None:
    first = faces.call(
        "PUT",
        f"Patient?identifier={NORTH}|N7",
        patient("N7", name=[{"family": "Neu", "given": ["Ida"]}], birthDate="1999-09-09"),
    )
    again = faces.call(
        "PUT",
        f"Patient?identifier={NORTH}|N7",
        patient("N7", name=[{"family": "Neu", "given": ["Ida"]}], birthDate="1999-09-09", address=None),
    )
    same = faces.call(
        "PUT",
        f"Patient?identifier={SOUTH}|S7",
        patient("S7", SOUTH, name=[{"family": "Neu", "given": ["Ida"]}], birthDate="1999-09-09"),
    )
    assert (first.status, again.status, same.status) == (201, 200, 200)
    assert first.json["id"] == again.json["id"] == same.json["id"]


def test_a_feed_merges_its_numbers_and_the_replaced_patient_says_so(faces: TestNode) -> None:
    vague = patient("N8", birthDate="1980-01-02", address=None, gender=None)
    created = faces.call("PUT", f"Patient?identifier={NORTH}|N8", vague)
    assert created.status == 201
    link = {"other": {"identifier": {"system": NORTH, "value": "N1"}}, "type": "replaced-by"}
    merged = faces.call("PUT", f"Patient?identifier={NORTH}|N8", {**vague, "active": False, "link": [link]})
    assert merged.status == 200 and merged.json["id"] != created.json["id"]
    gone = faces.call("GET", f"Patient/{created.json['id']}").json
    reference = {"reference": f"Patient/{merged.json['id']}"}
    assert gone["active"] is False and gone["link"] == [{"other": reference, "type": "replaced-by"}]
    unknown = {"other": {"identifier": {"system": NORTH, "value": "nobody"}}, "type": "replaced-by"}
    answer = faces.call("PUT", f"Patient?identifier={SOUTH}|S9", {**patient("S9", SOUTH), "link": [unknown]})
    assert (answer.status, _code(answer)) == (422, "not-found")
