"""Persons under protection: every face shows the alias, no question by the real traits finds it, feeds still do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import merging, protecting, store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.api import PersonOperations
from ardenne.services.mpi.contract import Outcome
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.merging import Officer
from ardenne.services.mpi.tests import v3_client as v3
from ardenne.services.mpi.tests.persons import MATRICULE, NORTH, SOUTH, patient, register
from ardenne.services.mpi.tests.v3_client import V3Client

_NUMBER = {"system": MATRICULE, "value": "1980010145728"}
_OFFICER = Officer("Josée Kremer", "threatened by the former partner")
_ALIAS: dict[str, Any] = {
    "name": [{"use": "anonymous", "family": "Feller", "given": ["Marie"]}],
    "birthDate": "1980",
}
_SECRETS = ("Hoffmann", "Léa", "1980010145728", "rue de l'Eau", "4030", "1980-01-01")


async def _protected(node: TestNode, index: Index) -> str:
    known = patient("N1")
    known["identifier"].append(_NUMBER)
    person = (await register(node, index, known)).person
    async with node.database.transaction() as connection:
        members = await protecting.protect(node.service, connection, person, _ALIAS, _OFFICER)
    await protecting.forget_versions(node.service, members)
    return person


@pytest.fixture
def hidden(index_node: TestNode) -> Iterator[tuple[TestNode, Index, str]]:
    index, router = Index(), index_node.router
    operations = PersonOperations(index)
    index_node.router = Router(
        index_node.service,
        {**ALL, **operations.operations()},
        router.doors,
        {("PUT", "Patient"): operations.feed},
    )
    yield index_node, index, index_node.run(_protected(index_node, index))
    index_node.router = router


def _matched(node: TestNode, content: dict[str, Any]) -> list[str]:
    sent = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": content}]}
    return [entry["resource"]["id"] for entry in node.call("POST", "Patient/$match", sent).entries()]


def test_every_face_shows_the_alias_and_none_betrays_the_person(hidden: tuple[TestNode, Index, str]) -> None:
    node, index, person = hidden
    client = V3Client(node, index)
    real = v3.name("Hoffmann", "Léa") + v3.born("19800101")
    shown = [
        node.call("GET", f"Patient/{person}").body, node.call("GET", f"Patient/{person}/_history").body,
        node.call("GET", "Patient?_count=50").body, node.call("GET", f"Patient/$ihe-pix?sourceIdentifier={NORTH}|N1").body,
    ]  # fmt: skip
    for body in shown:
        assert not [secret for secret in _SECRETS if secret.encode() in body]
    assert "Feller" in shown[0].decode()
    assert node.call("GET", "Patient?name=Hoffmann").ids == []
    assert node.call("GET", f"Patient?identifier={MATRICULE}|{_NUMBER['value']}").ids == []
    assert _matched(node, patient("x", identifier=[_NUMBER])) == []
    assert node.call("GET", f"Patient/$ihe-pix?sourceIdentifier={MATRICULE}|{_NUMBER['value']}").status == 404
    assert client.send(v3.find(real)).numbers == [] and client.discover(real).numbers == []
    assert client.discover(v3.numbered("1.3.182.4.4", _NUMBER["value"])).numbers == []
    found = client.send(v3.find(v3.name("Feller", "Marie")))
    assert found.numbers == [(f"{v3.COMMUNITY}.2", person)] and found.others[0][:2] == ("1.2.3.1", "N1")


def test_feeds_still_reach_the_person_and_bring_nothing_to_light(hidden: tuple[TestNode, Index, str]) -> None:
    node, index, person = hidden
    moved = patient("N1", address=[{"line": ["1 Grand-Rue"], "city": "Wiltz", "postalCode": "9530"}])
    assert node.run(register(node, index, moved, day=3)).person == person
    other = patient("S9", SOUTH)
    other["identifier"].append(_NUMBER)
    linked = node.run(register(node, index, other, day=4, sender="south"))
    assert (linked.outcome, linked.person) == (Outcome.LINKED, person)
    body = node.call("GET", f"Patient/{person}").body.decode()
    assert "Feller" in body and not [one for one in (*_SECRETS, "Wiltz", "Grand-Rue") if one in body]
    assert '"S9"' in body


def test_identity_officers_see_through_and_the_end_brings_everything_back(
    hidden: tuple[TestNode, Index, str],
) -> None:
    node, _index, person = hidden
    node.service.policy = PolicyService(node.database, Journal(node.database))
    try:
        node.caller = Caller(Kind.OFFICER, "josee", name="Josée Kremer", profession="identity")
        assert protecting.sees_through(node.service.seen_by(node.caller))
        assert not protecting.sees_through(
            node.service.seen_by(Caller(Kind.OFFICER, "max", profession="operator"))
        )
    finally:
        node.service.policy = None

    async def end() -> None:
        async with node.database.transaction() as connection:
            await protecting.unprotect(node.service, connection, person, _OFFICER)

    node.caller = Caller(Kind.OPERATOR)
    node.run(end())
    body = node.call("GET", f"Patient/{person}").body.decode()
    assert "Hoffmann" in body and "Feller" not in body and _NUMBER["value"] in body
    told = [one.kind for one in node.run(events.of_persons(node.database, [person]))]
    assert told[:2] == ["unprotected", "protected"]
    assert node.call("GET", "Patient?name=Feller").ids == []


def test_a_merge_keeps_the_alias_in_both_patients_and_its_undo_parts_them(
    hidden: tuple[TestNode, Index, str],
) -> None:
    node, index, person = hidden
    other = node.run(
        register(
            node,
            index,
            patient("S5", SOUTH, name=[{"family": "Weis", "given": ["Ida"]}], birthDate="1955-05-05"),
            sender="south",
        )
    ).person

    async def merge() -> int:
        async with node.database.transaction() as connection:
            return await merging.merge(node.service, connection, person, other, _OFFICER)

    async def undo(number: int) -> None:
        async with node.database.transaction() as connection:
            await merging.undo(node.service, connection, number, _OFFICER)

    number = node.run(merge())
    for one in (person, other):
        body = node.call("GET", f"Patient/{one}").body.decode()
        assert "Feller" in body and "Hoffmann" not in body and "Weis" not in body
    node.run(undo(number))
    assert "Weis" in node.call("GET", f"Patient/{other}").body.decode()
    assert "Feller" in node.call("GET", f"Patient/{person}").body.decode()
    assert node.run(store.group(node.database, person)) == [person]
