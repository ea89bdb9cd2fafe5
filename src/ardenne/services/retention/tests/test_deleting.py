"""A record is deleted when its time is over, by two officers, with its contents, and only then."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Coroutine, Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.store import hashing
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.store.resources import Resources
from ardenne.kernel.testing import TestNode
from ardenne.services.retention import deleting, rules, store
from ardenne.services.retention.contract import Keepers
from ardenne.services.retention.deleting import DeletionError

LATER = datetime.now(UTC).replace(day=1, year=datetime.now(UTC).year + 11)
ANNE, JEAN = hashing.self_hash("Patient", "anne"), hashing.self_hash("Patient", "jean")
FIRST, SECOND = (Caller(Kind.OFFICER, str(uuid.uuid4()), "O", profession="data-protection") for _ in range(2))


@pytest.mark.parametrize(
    ("since", "expected"),
    [(date(2016, 11, 25), date(2026, 11, 25)), (date(2016, 2, 29), date(2026, 3, 1))],
)
def test_a_record_is_kept_for_ten_years(since: date, expected: date) -> None:
    assert rules.kept_until("closed", since) == expected
    assert rules.is_due("closed", since, expected)
    assert not rules.is_due("closed", since, date.fromordinal(expected.toordinal() - 1))


def test_every_reason_has_its_time() -> None:
    assert rules.years().keys() == set(rules.REASONS)


class Forgotten:
    """A keeper that remembers what it was asked to forget."""

    def __init__(self) -> None:
        self.patients: list[int] = []

    async def forget(self, connection: Any, patient: int) -> None:
        self.patients.append(patient)


@pytest.fixture(scope="session")
def _tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.retention.migrations"])


@pytest.fixture
def home(node: TestNode, _tables: None) -> Iterator[TestNode]:
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate record_deletion")
    held = node.service.resources
    assert isinstance(held, Resources)
    node.content = Forgotten()
    node.service.registry.provide(Keepers, Keepers(node.content))  # type: ignore[arg-type]
    for name in ("anne", "jean"):
        node.call("PUT", f"Patient/{name}", {"resourceType": "Patient", "id": name})
        subject = {"reference": f"Patient/{name}"}
        node.call("PUT", f"Condition/{name}", {"resourceType": "Condition", "id": name, "subject": subject})
        data = base64.b64encode(b"the same letter").decode()
        document = {
            "resourceType": "DocumentReference", "id": f"d-{name}", "status": "current", "subject": subject,
            "content": [{"attachment": {"contentType": "text/plain", "data": data}}],
        }  # fmt: skip
        node.call("PUT", f"DocumentReference/d-{name}", document)
        binary = {
            "resourceType": "Binary", "id": f"b-{name}", "contentType": "text/plain", "securityContext": subject,
            "data": data,
        }  # fmt: skip
        as_json = {"content-type": "application/fhir+json"}
        assert node.call("PUT", f"Binary/b-{name}", binary, as_json).status == 201
        consent = {
            "resourceType": "Consent", "id": name, "status": "active", "patient": subject,
            "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "x"}], "policy": [{"uri": "urn:x"}],
        }  # fmt: skip
        assert node.call("PUT", f"Consent/{name}", consent).status == 201
    node.run(shut(node, "anne"))
    yield node


async def shut(node: TestNode, patient: str, state: int = 1) -> None:
    async with node.database.transaction() as connection:
        await policy.set_record(connection, patient, state=state)


def refused(node: TestNode, act: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(DeletionError) as found:
        node.run(act)
    return str(found.value)


def count(node: TestNode, table: str, patient: int) -> int:
    rows = node.run(node.database.fetch(f"select count(*) from {table} where patient = $1", patient))
    return int(rows[0][0])


def test_only_what_ended_long_ago_is_due(home: TestNode) -> None:
    assert home.run(deleting.due(home.service)) == []
    assert [one.patient_id for one in home.run(deleting.due(home.service, LATER))] == ["anne"]
    assert refused(home, deleting.propose(home.service, FIRST, ANNE)) == "early"
    assert refused(home, deleting.propose(home.service, FIRST, JEAN, LATER)) == "early"


def test_two_officers_delete_one_record_and_no_other(home: TestNode) -> None:
    service = home.service
    home.run(deleting.propose(service, FIRST, ANNE, LATER))
    assert refused(home, deleting.propose(service, SECOND, ANNE, LATER)) == "known"
    assert refused(home, deleting.approve(service, FIRST, ANNE, LATER)) == "own"
    assert home.run(deleting.approve(service, SECOND, ANNE, LATER)) == (4, 1)
    assert (
        home.run(home.database.fetch("select count(*) from content_key where record = $1", ANNE))[0][0] == 0
    )
    assert home.call("GET", "Binary/b-jean", headers={"accept": "text/plain"}).body == b"the same letter"
    for kind, name in (
        ("Condition", "anne"),
        ("DocumentReference", "d-anne"),
        ("Consent", "anne"),
        ("Binary", "b-anne"),
    ):
        assert home.call("GET", f"{kind}/{name}").status == 404
        assert home.call("GET", f"{kind}/{name}/_history").status == 404
    assert home.call("GET", "Patient/anne").status == 200
    assert count(home, "resource", ANNE) == 1
    assert home.call("GET", "DocumentReference/d-jean").status == 200 and count(home, "resource", JEAN) == 4
    assert home.run(policy.record(home.database, ANNE)).state == 1
    assert home.content.patients == [ANNE]  # type: ignore[attr-defined]
    assert refused(home, deleting.approve(service, SECOND, ANNE, LATER)) == "gone"
    assert home.run(deleting.due(service, LATER)) == []
    (done,) = home.run(store.done(home.database))
    assert done.patient_id == "" and done.resources == 4


def test_a_record_that_was_opened_again_is_not_deleted(home: TestNode) -> None:
    home.run(deleting.propose(home.service, FIRST, ANNE, LATER))
    home.run(shut(home, "anne", 0))
    assert refused(home, deleting.approve(home.service, SECOND, ANNE, LATER)) == "early"
    assert home.call("GET", "Condition/anne").status == 200
    home.run(deleting.withdraw(home.service, SECOND, ANNE))
    assert refused(home, deleting.withdraw(home.service, SECOND, ANNE)) == "gone"


def test_officers_who_delete_at_the_same_moment_delete_once(home: TestNode) -> None:
    home.run(deleting.propose(home.service, FIRST, ANNE, LATER))

    async def both() -> list[Any]:
        acts = [deleting.approve(home.service, SECOND, ANNE, LATER) for _ in range(4)]
        return await asyncio.gather(*acts, return_exceptions=True)

    done = home.run(both())
    assert sum(isinstance(one, tuple) for one in done) == 1
    assert {str(one) for one in done if isinstance(one, DeletionError)} == {"gone"}


def test_the_record_of_somebody_who_died_is_due_ten_years_later(home: TestNode) -> None:
    died = {"resourceType": "Patient", "id": "jean", "deceasedDateTime": "2014-05-01"}
    home.call("PUT", "Patient/jean", died)
    assert [(one.patient_id, one.reason) for one in home.run(deleting.due(home.service))] == [
        ("jean", "deceased")
    ]
    home.run(deleting.propose(home.service, FIRST, JEAN))
    home.run(deleting.approve(home.service, SECOND, JEAN))
    assert home.call("GET", "Condition/jean").status == 404
    assert home.run(deleting.due(home.service)) == []


def test_those_whose_record_is_gone_do_not_hide_the_others(
    home: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "_MOST", 2)
    names = [f"d{number}" for number in range(5)]
    for name in names:
        home.call(
            "PUT", f"Patient/{name}", {"resourceType": "Patient", "id": name, "deceasedDateTime": "2010"}
        )
    for _round in range(5):
        due = home.run(deleting.due(home.service))
        assert due and all(one.patient_id in names for one in due)
        # the last one of all may stand on a later page than the first
        last = hashing.self_hash("Patient", names[-1])
        home.run(deleting.propose(home.service, FIRST, last))
        home.run(deleting.approve(home.service, SECOND, last))
        names.pop()
    assert home.run(deleting.due(home.service)) == []
