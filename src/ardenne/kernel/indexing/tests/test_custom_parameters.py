"""Custom search parameters (R4, SearchParameter): added, indexed, changed, paused, removed while the node runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from ardenne.kernel.indexing.operations import IndexOperations
from ardenne.kernel.indexing.runner import IndexRunner
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.store import change, custom
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.store.reindexing import Reindexing
from ardenne.kernel.testing import TestNode
from ardenne.standards.fhir.json import dump

NATIONALITY = "http://hl7.org/fhir/StructureDefinition/patient-nationality"


@pytest.fixture
def runner(node: TestNode) -> Iterator[IndexRunner]:
    jobs = Reindexing(node.database)
    before = node.router
    node.router = Router(node.service, {**ALL, **IndexOperations(jobs).operations()})
    yield IndexRunner(jobs)
    node.router = before
    node.empty()
    custom.use(custom.Definitions())


def parameter(code: str, kind: str, expression: str, base: str = "Patient", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "SearchParameter", "id": code, "url": f"http://example.org/SearchParameter/{code}",
        "name": code.replace("-", ""), "status": "active", "description": "for a test", "code": code,
        "base": [base], "type": kind, "expression": expression, **more,
    }  # fmt: skip


def patient(patient_id: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": patient_id, **more}


def put(node: TestNode, *resources: dict[str, Any]) -> None:
    for one in resources:
        answer = node.call("PUT", f"{one['resourceType']}/{one['id']}", one)
        assert answer.status in (200, 201), answer.body


def finish(node: TestNode, runner: IndexRunner) -> None:
    while node.run(runner.step()) is not None:
        pass


def states(node: TestNode, code: str) -> list[tuple[str, int, int]]:
    """State, done and total of each job of a parameter."""
    found = []
    for job in node.call("GET", f"SearchParameter/{code}/$reindex").json.get("parameter", []):
        values = {part["name"]: next(v for k, v in part.items() if k != "name") for part in job["part"]}
        found.append((values["state"], values["done"], values["total"]))
    return found


def nationality(code: str) -> dict[str, Any]:
    inner = [
        {
            "url": "code",
            "valueCodeableConcept": {"coding": [{"system": "urn:iso:std:iso:3166", "code": code}]},
        }
    ]
    return {"extension": [{"url": NATIONALITY, "extension": inner}]}


def test_a_parameter_finds_what_was_stored_before_and_after_it(node: TestNode, runner: IndexRunner) -> None:
    put(node, patient("before", **nationality("LU")), patient("other", **nationality("BE")))
    inside = f"Patient.extension.where(url = '{NATIONALITY}').extension.where(url = 'code').value"
    put(node, parameter("nationality", "token", inside))
    waiting = node.call("GET", "Patient?nationality=LU")
    assert waiting.status == 503
    assert "$reindex" in waiting.problem
    put(node, patient("after", **nationality("LU")))
    finish(node, runner)
    assert sorted(node.call("GET", "Patient?nationality=urn:iso:std:iso:3166|LU").ids) == ["after", "before"]
    assert node.call("GET", "Patient?nationality:not=LU").ids == ["other"]
    assert node.call("GET", "Patient?nationality:missing=true").ids == []
    put(node, patient("after", **nationality("BE")))
    assert node.call("GET", "Patient?nationality=LU").ids == ["before"]
    assert states(node, "nationality") == [("done", 2, 2)] or states(node, "nationality")[0][0] == "done"


@pytest.mark.parametrize(
    ("kind", "expression", "query", "expected"),
    [
        ("number", "Patient.name.given.count()", "gt1", ["two"]),
        ("number", "Patient.multipleBirth.ofType(integer)", "3", ["one"]),
        ("string", "Patient.name.family & ' of ' & Patient.address.city", "weber of ar", ["one"]),
        ("date", "Patient.birthDate + 18 years", "ge2018", ["two"]),
        ("date", "Patient.contact.period", "2020-05", ["one"]),
        ("token", "Patient.name.where(given.count() > 1).exists()", "true", ["two"]),
        ("token", "Patient.identifier.value.substring(0, 4)", "1999", ["one"]),
        ("reference", "Patient.generalPractitioner.where(resolve() is Practitioner)", "Practitioner/dr", ["one"]),
        ("uri", "Patient.identifier.system", "http://example.org/ids", ["one"]),
        ("quantity", "Patient.extension.value.ofType(Quantity)", "gt70|http://unitsofmeasure.org|kg", ["two"]),
    ],
)  # fmt: skip
def test_expressions_compute(
    node: TestNode, runner: IndexRunner, kind: str, expression: str, query: str, expected: list[str]
) -> None:
    weight = {"value": 71.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
    put(
        node,
        patient(
            "one", name=[{"family": "Weber", "given": ["A"]}], address=[{"city": "Arlon"}], multipleBirthInteger=3,
            birthDate="1990-01-01", generalPractitioner=[{"reference": "Practitioner/dr"}, {"reference": "Organization/o"}],
            identifier=[{"system": "http://example.org/ids", "value": "1999123"}],
            contact=[{"name": {"family": "x"}, "period": {"start": "2020-05-03", "end": "2020-05-04"}}],
        ),
        patient("two", name=[{"family": "Thill", "given": ["A", "B"]}], birthDate="2005-01-01",
                extension=[{"url": "http://example.org/weight", "valueQuantity": weight}]),
    )  # fmt: skip
    put(
        node,
        parameter(
            "computed", kind, expression, target=["Practitioner"] if kind == "reference" else ["Patient"]
        ),
    )
    finish(node, runner)
    assert node.call("GET", f"Patient?computed={query}").ids == expected


def test_a_reference_can_be_chained_and_included(node: TestNode, runner: IndexRunner) -> None:
    put(node, {"resourceType": "Practitioner", "id": "dr", "name": [{"family": "Thill"}]},
        patient("one", extension=[{"url": "http://example.org/trusts", "valueReference": {"reference": "Practitioner/dr"}}]))  # fmt: skip
    expression = "Patient.extension.where(url = 'http://example.org/trusts')"
    put(node, parameter("trusts", "reference", expression, target=["Practitioner"]))
    finish(node, runner)
    assert node.call("GET", "Patient?trusts:Practitioner.family=thill").ids == ["one"]
    found = node.call("GET", "Patient?trusts=Practitioner/dr&_include=Patient:trusts")
    assert [entry["resource"]["id"] for entry in found.entries("include")] == ["dr"]
    assert node.call("GET", "Practitioner?_has:Patient:trusts:_id=one").ids == ["dr"]


def test_a_changed_expression_never_answers_with_old_values(node: TestNode, runner: IndexRunner) -> None:
    put(node, patient("one", name=[{"family": "Weber", "given": ["Anna"]}]))
    put(node, parameter("label", "string", "Patient.name.family"))
    finish(node, runner)
    assert node.call("GET", "Patient?label=weber").ids == ["one"]
    put(node, parameter("label", "string", "Patient.name.given"))
    assert node.call("GET", "Patient?label=weber").status == 503
    finish(node, runner)
    assert node.call("GET", "Patient?label=weber").ids == []
    assert node.call("GET", "Patient?label=anna").ids == ["one"]
    assert [state for state, _done, _total in states(node, "label")] == ["done"]


def test_a_deleted_parameter_leaves_nothing(node: TestNode, runner: IndexRunner) -> None:
    put(
        node,
        patient("one", name=[{"family": "Weber"}]),
        parameter("label", "string", "Patient.name.family & '!'"),
    )
    finish(node, runner)
    key = custom.current().all()[0].key
    assert node.run(node.database.fetch("select 1 from string_value where key = $1", key))
    assert node.call("DELETE", "SearchParameter/label").status == 204
    assert node.call("GET", "Patient?label=weber", headers={"Prefer": "handling=strict"}).status == 400
    finish(node, runner)
    assert not node.run(node.database.fetch("select 1 from string_value where key = $1", key))
    assert not node.run(node.database.fetch("select 1 from reindex_job"))


def test_pausing_and_going_on_where_it_was(node: TestNode, runner: IndexRunner) -> None:
    put(node, *(patient(f"p{number}", name=[{"family": "Weber"}]) for number in range(250)))
    put(node, parameter("label", "string", "Patient.name.family"))
    jobs = runner._jobs

    async def half() -> None:
        await jobs.learn()
        job = await jobs.take()
        assert job is not None
        task = asyncio.ensure_future(runner._work(job))
        while (await jobs.jobs())[0].done == 0:  # noqa: ASYNC110 - the job tells nobody
            await asyncio.sleep(0.001)
        await jobs.pause(await jobs.jobs())
        await task

    node.run(half())
    ((state, done, total),) = states(node, "label")
    assert (state, total) == ("paused", 250)
    assert 0 < done < 250
    assert node.run(runner.step()) is None
    assert node.call("POST", "SearchParameter/label/$reindex-resume").status == 200
    finish(node, runner)
    assert states(node, "label") == [("done", 250, 250)]
    assert node.call("GET", "Patient?label=web&_total=accurate&_count=0").json["total"] == 250


def test_writers_are_not_lost_while_the_index_is_made(node: TestNode, runner: IndexRunner) -> None:
    """Writers with the old and the new parameters race with the job; at the end each row has its values."""
    put(node, *(patient(f"p{number}", name=[{"family": "before"}]) for number in range(150)))

    async def race() -> None:
        async def writer(lane: int) -> None:
            for number in range(lane, 150, 4):
                body = patient(f"p{number}", name=[{"family": f"after{number}"}])
                assert (await node.ask("PUT", f"Patient/p{number}", body)).status == 200

        writers = [asyncio.ensure_future(writer(lane)) for lane in range(4)]
        for code in ("label", "second"):
            await node.ask(
                "PUT", f"SearchParameter/{code}", parameter(code, "string", f"Patient.name.family & '{code}'")
            )
        while await runner.step() is not None or not all(one.done() for one in writers):  # noqa: ASYNC110
            await asyncio.sleep(0)
        await asyncio.gather(*writers)

    node.run(race())
    finish(node, runner)
    for code in ("label", "second"):
        found = node.call("GET", f"Patient?{code}=after&_count=1000").json["total"]
        assert found == 150, code
        assert node.call("GET", f"Patient?{code}=before").json["total"] == 0


def test_a_process_that_has_not_learnt_yet_mends_what_it_wrote(node: TestNode, runner: IndexRunner) -> None:
    put(node, parameter("label", "string", "Patient.name.family"))
    finish(node, runner)
    custom.use(custom.Definitions())  # as another process that looked before
    put(node, patient("one", name=[{"family": "Weber"}]))
    assert node.call("GET", "Patient?label=weber").ids == ["one"]
    custom.use(custom.Definitions())
    resource = patient("two", name=[{"family": "Weber"}])
    asked = change.write(resource, dump(resource), "two", Mode.PUT_UNLESS_SAME, Method.PUT)
    writer = BulkWriter(node.dsn)
    writer.write([asked])
    writer.close()
    assert sorted(node.call("GET", "Patient?label=weber").ids) == ["one", "two"]
    custom.use(custom.Definitions())
    assert sorted(node.call("GET", "Patient?label=weber").ids) == ["one", "two"]


def test_a_transaction_that_is_rolled_back_leaves_no_parameter(node: TestNode, runner: IndexRunner) -> None:
    bad = {"resourceType": "Patient", "id": "x", "gender": "none"}
    bundle = {
        "resourceType": "Bundle", "type": "transaction",
        "entry": [
            {"resource": parameter("label", "string", "Patient.name.family"), "request": {"method": "PUT", "url": "SearchParameter/label"}},
            {"resource": patient("one", name=[{"family": "Weber"}]), "request": {"method": "PUT", "url": "Patient/one"}},
            {"resource": bad, "request": {"method": "PUT", "url": "Patient/x"}},
        ],
    }  # fmt: skip
    assert node.call("POST", "", bundle).status >= 400
    assert node.call("GET", "Patient?label=weber", headers={"Prefer": "handling=strict"}).status == 400
    del bundle["entry"][2]  # type: ignore[attr-defined]
    assert node.call("POST", "", bundle).status == 200
    finish(node, runner)
    assert node.call("GET", "Patient?label=weber").ids == ["one"]


@pytest.mark.parametrize(
    ("change_of", "place"),
    [
        ({"expression": "Patient.name.where("}, "SearchParameter.expression"),
        ({"code": "family"}, "SearchParameter.code"),
        ({"type": "composite"}, "SearchParameter.type"),
    ],
)
def test_what_cannot_be_indexed_is_refused(
    node: TestNode, runner: IndexRunner, change_of: dict[str, Any], place: str
) -> None:
    sent = parameter("label", "string", "Patient.name.family") | change_of
    answer = node.call("PUT", "SearchParameter/label", sent)
    assert answer.status == 422
    assert answer.json["issue"][0]["expression"] == [place]


def test_a_draft_is_stored_and_not_searched(node: TestNode, runner: IndexRunner) -> None:
    put(node, parameter("label", "string", "Patient.name.family", status="draft"))
    finish(node, runner)
    assert node.call("GET", "Patient?label=x", headers={"Prefer": "handling=strict"}).status == 400


def test_the_capability_statement_tells_it(node: TestNode, runner: IndexRunner) -> None:
    put(node, parameter("label", "string", "Patient.name.family"))
    finish(node, runner)
    told = node.call("GET", "metadata").json["rest"][0]["resource"]
    of_patient = next(one for one in told if one["type"] == "Patient")
    assert "label" in {one["name"] for one in of_patient["searchParam"]}


def test_the_whole_index_of_a_type_can_be_made_anew(node: TestNode, runner: IndexRunner) -> None:
    put(node, patient("one", name=[{"family": "Weber"}], birthDate="1990-05-05"))

    async def break_index() -> None:
        async with node.database.connection() as connection:
            await connection.execute("delete from string_value")
            await connection.execute("update resource set tokens = '{}'")

    node.run(break_index())
    assert node.call("GET", "Patient?family=weber").ids == []
    assert node.call("POST", "$reindex?type=Patient").status == 200
    finish(node, runner)
    assert node.call("GET", "Patient?family=weber&birthdate=1990-05-05&family:exact=Weber").ids == ["one"]
