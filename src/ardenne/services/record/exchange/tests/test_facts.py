"""Facts of documents that are shared: read out of their contents afterwards, never lost, and they follow the document."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record import extracting, hiding, reading, store_facts
from ardenne.services.record.exchange.tests.client import SoapClient
from ardenne.services.record.exchange.tests.samples import DOMAIN, ONE, entry, link, member, submission_set
from ardenne.services.record.exchange.tests.test_sharing import _removal, client_removal, uid
from ardenne.services.record.testing.fixtures import stored
from ardenne.services.record.testing.samples import cda, results
from ardenne.standards.fhir.labels import Level

PATIENT = {"identifier": [{"system": f"urn:oid:{DOMAIN}", "value": "P1"}], "birthDate": "1980-01-01"}


@pytest.fixture
def client(filing_node: TestNode) -> SoapClient:
    assert filing_node.call("POST", "Patient", {"resourceType": "Patient", **PATIENT}).status == 201
    return SoapClient(filing_node)


def provide(client: SoapClient, content: bytes, unique_id: str = "", more: str = "") -> str:
    """Submit a document; return the id of its DocumentReference."""
    unique_id = unique_id or uid()
    objects = submission_set(uid()) + entry("D", unique_id) + member("D") + more
    told = client.provide(objects, {"D": content})
    assert told.status == "Success", told.text
    found = stored(client.node, "DocumentReference")
    return str(next(one["id"] for one in found if one["masterIdentifier"]["value"].endswith(unique_id)))


def read(node: TestNode) -> int:
    """Let the runner work until nothing is due; return how many documents it took."""
    runner, count = extracting.FactRunner(node.service), 0
    while node.run(runner.step()):
        count += 1
    return count


def test_a_clinical_document_brings_its_facts_after_it_is_acknowledged(client: SoapClient) -> None:
    document = provide(client, cda())
    assert stored(client.node, "Condition") == []
    assert read(client.node) == 1
    (condition,) = stored(client.node, "Condition")
    (patient,) = stored(client.node, "Patient")
    assert condition["code"]["coding"][0]["code"] == "J45"
    assert condition["subject"]["reference"] == f"Patient/{patient['id']}"
    (provenance,) = stored(client.node, "Provenance")
    assert {one["reference"] for one in provenance["target"]} == {
        f"Patient/{patient['id']}", f"DocumentReference/{document}", f"Condition/{condition['id']}",
    }  # fmt: skip
    assert client.node.run(store_facts.problem(client.node.database, document)) == ""
    assert read(client.node) == 0


def test_results_in_a_message_become_report_and_observations(client: SoapClient) -> None:
    document = provide(client, results("7.1"))
    read(client.node)
    (value,) = stored(client.node, "Observation")
    assert value["valueQuantity"]["value"] == 7.1
    (report,) = stored(client.node, "DiagnosticReport")
    found = client.node.call("GET", f"DocumentReference/{document}").json
    assert found["context"]["related"] == [{"reference": f"DiagnosticReport/{report['id']}"}]


def test_what_says_nothing_structured_is_complete(client: SoapClient) -> None:
    document = provide(client, b"%PDF-1.4 a letter")
    assert client.node.run(store_facts.waiting(client.node.database)) == 0
    assert client.node.run(store_facts.problem(client.node.database, document)) is None
    assert stored(client.node, "Provenance") == []


def test_a_document_about_somebody_else_tells_nothing(client: SoapClient) -> None:
    document = provide(client, cda(birth="19600203"))
    read(client.node)
    assert stored(client.node, "Condition") == []
    assert client.node.run(store_facts.problem(client.node.database, document)) == "another-patient"


@pytest.mark.parametrize("before", [True, False])
def test_hiding_a_document_hides_its_facts_whichever_came_first(client: SoapClient, before: bool) -> None:
    node, document = client.node, provide(client, cda())
    (patient,) = stored(node, "Patient")

    def hide() -> None:
        found = node.call("GET", f"DocumentReference/{document}").json
        node.run(hiding.set_level(node.service, patient["id"], found, Level.SECRET))

    if before:
        hide()
    read(node)
    if not before:
        hide()
    for kind in ("Condition", "Provenance"):
        (found,) = stored(node, kind)
        assert [one["code"] for one in found["meta"]["security"]] == ["V"], kind


def test_hiding_while_the_facts_are_read_leaves_nothing_visible(client: SoapClient) -> None:
    node = client.node
    (patient,) = stored(node, "Patient")
    for number in range(3):
        document = provide(client, cda(str(number), problem=f"J4{number}"))
        found = node.call("GET", f"DocumentReference/{document}").json

        async def race(found: dict[str, object] = found) -> None:
            runner = extracting.FactRunner(node.service)
            await asyncio.gather(
                runner.step(), hiding.set_level(node.service, patient["id"], found, Level.SECRET)
            )

        node.run(race())
    conditions = stored(node, "Condition")
    assert len(conditions) == 3
    assert all(one["meta"]["security"][0]["code"] == "V" for one in conditions)


def test_the_facts_of_a_replaced_document_do_not_count(client: SoapClient) -> None:
    node, first = client.node, provide(client, cda("1", problem="J45"))
    entry_id = f"urn:uuid:{first}"
    provide(client, cda("2", problem="E11"), more=link("D", "RPLC", entry_id))
    assert read(node) == 2
    (patient,) = stored(node, "Patient")
    current = node.run(reading.current(node.service, patient["id"], ["Condition"]))
    assert [one["code"]["coding"][0]["code"] for one in current] == ["E11"]


def test_the_facts_of_a_removed_document_go_unless_another_one_told_them(client: SoapClient) -> None:
    node, first, second = client.node, uid(), uid()
    one = provide(client, cda(), first)
    provide(client, cda(), second)
    assert read(node) == 2
    assert client.send("remove", client_removal(first)).status == "Success"
    assert len(stored(node, "Condition")) == 1
    assert client.send("remove", client_removal(second)).status == "Success"
    assert stored(node, "Condition") == []
    assert stored(node, "Provenance") == []
    assert b"that a removed document told" in node.call("GET", "AuditEvent?_count=50").body
    assert one


def test_a_document_that_is_removed_before_it_is_read_tells_nothing(client: SoapClient) -> None:
    unique_id = uid()
    provide(client, cda(), unique_id)
    assert client.send("remove", client_removal(unique_id)).status == "Success"
    assert read(client.node) == 1
    assert stored(client.node, "Condition") == []


def test_a_runner_that_dies_leaves_the_document_to_the_next(
    client: SoapClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, document = client.node, provide(client, cda())

    async def killed(*_arguments: object) -> None:
        raise ConnectionResetError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(store_facts, "done", killed)
        assert read(node) == 1
    assert stored(node, "Condition") == []
    assert node.run(store_facts.waiting(node.database)) == 1
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("update document_facts set due = now()")
    assert read(node) == 1
    assert len(stored(node, "Condition")) == 1
    assert node.run(store_facts.problem(node.database, document)) == ""


def test_a_refused_submission_queues_nothing(client: SoapClient) -> None:
    objects = (
        submission_set(uid(), ONE.replace("P1", "P9"))
        + entry("D", uid(), ONE.replace("P1", "P9"))
        + member("D")
    )
    assert client.provide(objects, {"D": cda()}).status == "Failure"
    assert client.node.run(store_facts.waiting(client.node.database)) == 0


def test_metadata_that_are_deleted_take_the_facts_along(client: SoapClient) -> None:
    document = f"urn:uuid:{provide(client, cda())}"
    read(client.node)
    links = client.ask("a7ae438b-4bc2-4642-93e9-be891f7bb155", uuid=f"('{document}')")
    sets = client.ask("51224314-5390-4169-9b91-b1980040715a", uuid=f"('{document}')")
    ids = [str(one) for one in (*links.all("//rim:Association/@id"), *sets.all("//rim:RegistryPackage/@id"))]
    assert client.send("delete", _removal(document, *ids)).status == "Success"
    assert stored(client.node, "Condition") == []
