"""Operations on resources."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.testing import TestNode

LOINC = "http://loinc.org"


def _observation(name: str, code: str, date: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": date,
        "performer": [{"reference": "Practitioner/d"}],
    }


def _fill(node: TestNode) -> None:
    resources: list[dict[str, Any]] = [
        {"resourceType": "Practitioner", "id": "d"},
        {"resourceType": "Patient", "id": "p"},
        {"resourceType": "Patient", "id": "other"},
        _observation("a1", "1", "2020-01-01"),
        _observation("a2", "1", "2021-01-01"),
        _observation("b1", "2", "2019-01-01"),
    ]
    for resource in resources:
        node.call("PUT", f"{resource['resourceType']}/{resource['id']}", resource)


def test_everything_of_a_patient_and_of_nobody_else(node: TestNode) -> None:
    _fill(node)
    answer = node.call("GET", "Patient/p/$everything")
    assert sorted(entry["resource"]["id"] for entry in answer.entries()) == ["a1", "a2", "b1", "d", "p"]
    later = node.call("GET", "Patient/p/$everything?start=2021-01-01&_type=Observation,Patient")
    assert sorted(later.ids) == ["a2", "p"]
    seen: list[str] = []
    address = "Patient/p/$everything?_count=2"
    while address:
        page = node.call("GET", address)
        seen += page.ids
        address = page.link("next")
    assert sorted(seen) == ["a1", "a2", "b1", "p"]
    assert node.call("GET", "Patient/none/$everything").status == 404
    assert node.call("GET", "Observation/a1/$everything").status == 404


def test_lastn_gives_the_newest_of_each_code(node: TestNode) -> None:
    _fill(node)
    assert sorted(node.call("GET", "Observation/$lastn?patient=p").ids) == ["a2", "b1"]
    assert sorted(node.call("GET", "Observation/$lastn?patient=p&max=2").ids) == ["a1", "a2", "b1"]
    assert node.call("GET", "Observation/$lastn?code=1").status == 400


def test_document_holds_what_the_composition_refers_to(node: TestNode) -> None:
    _fill(node)
    composition = {
        "resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "letter"}, "date": "2021",
        "title": "Letter", "subject": {"reference": "Patient/p"}, "author": [{"reference": "Practitioner/d"}],
        "section": [{"entry": [{"reference": "Observation/a1"}]}],
    }  # fmt: skip
    assert node.call("PUT", "Composition/c", composition).status == 201
    answer = node.call("GET", "Composition/c/$document?persist=true")
    kinds = [entry["resource"]["resourceType"] for entry in answer.entries()]
    assert kinds[0] == "Composition" and sorted(kinds[1:]) == ["Observation", "Patient", "Practitioner"]
    assert node.call("GET", f"Bundle/{answer.json['id']}").status == 200


def test_meta_is_added_and_removed(node: TestNode) -> None:
    _fill(node)
    tag = {"system": "urn:t", "code": "x"}
    sent = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": [tag]}}]}
    assert node.call("POST", "Patient/p/$meta-add", sent).json["parameter"][0]["valueMeta"]["tag"] == [tag]
    assert node.call("GET", "Patient?_tag=urn:t|x").ids == ["p"]
    assert "tag" not in node.call("POST", "Patient/p/$meta-delete", sent).json["parameter"][0]["valueMeta"]
    assert node.call("GET", "Patient?_tag=urn:t|x").ids == []


def test_expunge_removes_versions_and_deleted_resources_for_good(node: TestNode) -> None:
    _fill(node)
    node.call("PUT", "Patient/p", {"resourceType": "Patient", "id": "p", "active": True})
    node.call("DELETE", "Patient/other")
    versions = {
        "resourceType": "Parameters",
        "parameter": [{"name": "expungePreviousVersions", "valueBoolean": True}],
    }
    assert node.call("POST", "Patient/p/$expunge", versions).json["parameter"][0]["valueInteger"] == 1
    assert node.call("GET", "Patient/p/_history").json["total"] == 1
    deleted = {
        "resourceType": "Parameters",
        "parameter": [{"name": "expungeDeletedResources", "valueBoolean": True}],
    }
    assert node.call("POST", "Patient/$expunge", deleted).json["parameter"][0]["valueInteger"] == 1
    assert node.call("GET", "Patient/other").status == 404
    assert node.call("GET", "Patient/p").status == 200
    assert node.call("POST", "Patient/$expunge").status == 400


def test_graphql_reads_resources_and_their_references(node: TestNode) -> None:
    _fill(node)
    query = "{ Observation(id: a1) { id subject { resource { ... on Patient { id } } } } }"
    answer = node.call("POST", "$graphql", {"query": query}, {"Content-Type": "application/json"})
    assert answer.json["data"]["Observation"] == {"id": "a1", "subject": {"resource": {"id": "p"}}}
    listed = node.call(
        "POST", "$graphql", b'{ ObservationList(code: "1") { id } }', {"Content-Type": "application/graphql"}
    )
    assert sorted(one["id"] for one in listed.json["data"]["ObservationList"]) == ["a1", "a2"]
    on_one = node.call("GET", "Patient/p/$graphql?query=%7Bid%7D")
    assert on_one.json["data"] == {"id": "p"}
    broken = node.call("POST", "$graphql", b"{ nothing", {"Content-Type": "application/graphql"})
    assert broken.status == 400 and broken.json["errors"]


def test_a_view_gives_rows(node: TestNode) -> None:
    _fill(node)
    columns = [
        {"name": "id", "path": "getResourceKey()"},
        {"name": "code", "path": "code.coding.first().code"},
    ]
    view = {
        "resourceType": "ViewDefinition",
        "resource": "Observation",
        "status": "active",
        "select": [{"column": columns}],
    }
    answer = node.call("POST", "$run", view)
    assert sorted(row["id"] for row in answer.json) == ["a1", "a2", "b1"]
    csv = node.call("POST", "$run?_format=csv&_since=2020-01-01", view)
    assert csv.body.decode().splitlines()[0] == "id,code" and len(csv.body.splitlines()) == 4
    wrong = {**view, "select": [{"column": [{"name": "id", "path": "a..b"}]}]}
    assert node.call("POST", "$run", wrong).status == 422
    assert node.call("POST", "$run", {}).status == 400
