"""A Consent takes effect with the write, and its withdrawal too; whoever writes at the same moment waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib import resources
from typing import Any

import orjson
import pytest

from ardenne.kernel.identity.caller import OPERATOR, Caller, Kind
from ardenne.kernel.policy import store
from ardenne.kernel.store import change, hashing
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.store.resources import Resources
from ardenne.kernel.store.types import NUMBERS
from ardenne.kernel.testing import TestNode
from ardenne.services.consent.projection import project
from ardenne.services.consent.rules import CONFIDENTIALITY, consent
from ardenne.services.consent.runner import ConsentRunner

DOCTOR = Caller(
    Kind.PROFESSIONAL, "doc", "Dr. Klein", practitioner="klein", organisation="clinic", profession="doctor"
)
ANNE = Caller(Kind.CITIZEN, "anne", "Anne", patient="anne")
VALUE = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/anne"}}


@pytest.fixture
def home(node: TestNode) -> Iterator[TestNode]:
    held = node.service.resources
    assert isinstance(held, Resources)
    held.projections["Consent"] = project
    node.call("PUT", "Patient/anne", {"resourceType": "Patient", "id": "anne"})
    node.call("PUT", "Condition/c", VALUE)
    yield node
    del held.projections["Consent"]


def made(name: str, party: str = "") -> dict[str, Any]:
    return consent(name, 1, "anne", "text", "en", "2026-11-25T10:00:00Z", party=party)


def reads(node: TestNode, caller: Caller) -> bool:
    node.caller = caller
    single = node.call("GET", "Condition/c").status == 200
    listed = bool(node.call("GET", "Condition?patient=anne").json.get("entry"))
    assert single == listed
    return single


def give(node: TestNode, name: str, party: str = "") -> dict[str, Any]:
    node.caller = ANNE
    answer = node.call("POST", "Consent", made(name, party))
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.json
    return found


def withdraw(node: TestNode, given: dict[str, Any]) -> None:
    node.caller = ANNE
    answer = node.call("PUT", f"Consent/{given['id']}", {**given, "status": "inactive"})
    assert answer.status == 200, answer.body


def test_a_grant_opens_and_its_withdrawal_closes(home: TestNode) -> None:
    assert not reads(home, DOCTOR)
    given = give(home, "grant-normal", "Practitioner/klein")
    assert reads(home, DOCTOR)
    withdraw(home, given)
    assert not reads(home, DOCTOR)


def test_an_exclusion_wins_over_a_grant_of_the_organisation(home: TestNode) -> None:
    give(home, "grant-normal", "Organization/clinic")
    assert reads(home, DOCTOR)
    given = give(home, "exclude", "Practitioner/klein")
    assert not reads(home, DOCTOR)
    withdraw(home, given)
    assert reads(home, DOCTOR)


def test_a_closed_record_opens_again_when_the_consent_is_deleted(home: TestNode) -> None:
    give(home, "grant-normal", "Practitioner/klein")
    given = give(home, "close-record")
    assert not reads(home, DOCTOR)
    assert reads(home, ANNE)
    home.caller = OPERATOR
    assert home.call("DELETE", f"Consent/{given['id']}").status == 204
    assert reads(home, DOCTOR)


def test_nobody_else_gives_a_consent(home: TestNode) -> None:
    home.caller = DOCTOR
    assert home.call("POST", "Consent", made("grant-normal", "Practitioner/klein")).status == 403
    home.caller = Caller(Kind.CITIZEN, "bert", "Bert", patient="bert")
    assert home.call("POST", "Consent", made("grant-normal", "Practitioner/klein")).status == 403


def test_what_cannot_be_enforced_is_not_stored(home: TestNode) -> None:
    home.caller = ANNE
    bad = made("exclude", "Group/g")
    answer = home.call("POST", "Consent", bad)
    assert answer.status == 422
    assert "Practitioner" in answer.problem
    assert home.call("GET", "Consent").json["total"] == 0


def codes(node: TestNode, *names: str) -> list[str]:
    """Return the codes of confidentiality in the texts of Conditions, as their patient reads them."""
    node.caller = ANNE
    found = [node.call("GET", f"Condition/{name}").json for name in names]
    assert all(one["resourceType"] == "Condition" for one in found)
    return ["".join(label["code"] for label in one["meta"].get("security", [])) for one in found]


def add(node: TestNode, **more: Any) -> str:
    """Let the doctor write a Condition; return its id."""
    node.caller = DOCTOR
    answer = node.call("POST", "Condition", {**VALUE, **more})
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def test_what_others_write_has_the_level_that_the_patient_chose_for_what_is_new(home: TestNode) -> None:
    give(home, "grant-restricted", "Practitioner/klein")
    give(home, "grant-normal", "Practitioner/gross")
    before = add(home)
    restricts = give(home, "new-restricted")
    restricted = add(home)
    hides = give(home, "new-secret")
    secret = add(home, meta={"security": [{"system": CONFIDENTIALITY, "code": "R"}]})
    withdraw(home, hides)
    withdraw(home, restricts)
    after = add(home)
    assert codes(home, before, restricted, secret, after) == ["", "R", "V", ""]
    # the index knows it too
    assert set(home.call("GET", "Condition?patient=anne&_security=R,V").ids) == {restricted, secret}
    # who wrote it reads it still; whoever may read normal documents alone does not
    home.caller = DOCTOR
    assert home.call("GET", f"Condition/{restricted}").status == 200
    home.caller = Caller(Kind.PROFESSIONAL, "g", practitioner="gross", profession="doctor")
    assert home.call("GET", f"Condition/{after}").status == 200
    assert home.call("GET", f"Condition/{restricted}").status == 404
    # its author corrects it and does not undo it; the patient does
    home.caller = DOCTOR
    assert home.call("PUT", f"Condition/{restricted}", {**VALUE, "id": restricted}).status == 200
    assert codes(home, restricted) == ["R"]
    label = {"name": "meta", "valueMeta": {"security": [{"system": CONFIDENTIALITY, "code": "R"}]}}
    shown = {"resourceType": "Parameters", "parameter": [label]}
    assert home.call("POST", f"Condition/{restricted}/$meta-delete", shown).status == 200
    assert codes(home, restricted) == [""]


def test_the_level_of_what_is_new_holds_in_a_transaction(home: TestNode) -> None:
    give(home, "grant-normal", "Practitioner/klein")
    give(home, "new-restricted")
    home.caller = DOCTOR
    value = {name: part for name, part in VALUE.items() if name != "id"}
    entry = {"resource": value, "request": {"method": "POST", "url": "Condition"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry, entry]}
    answer = home.call("POST", "", bundle)
    assert answer.status == 200, answer.body
    places = [one["response"]["location"].partition("Condition/")[2] for one in answer.json["entry"]]
    assert codes(home, *(place.partition("/")[0] for place in places)) == ["R", "R"]


def test_many_consents_at_once_all_take_effect(home: TestNode) -> None:
    home.caller = ANNE

    async def all_at_once() -> list[int]:
        parties = [f"Practitioner/{number}" for number in range(32)]
        answers = await asyncio.gather(
            *(home.ask("POST", "Consent", made("grant-normal", party)) for party in parties)
        )
        return [answer.status for answer in answers]

    assert home.run(all_at_once()) == [201] * 32
    patient = hashing.self_hash("Patient", "anne")
    assert len(home.run(store.grants_of(home.database, patient, 0))) == 32


def test_consents_loaded_in_bulk_take_effect_too(home: TestNode) -> None:
    closes = {**made("close-record"), "id": "bulk"}
    grants = {**made("grant-normal", "Practitioner/klein"), "id": "open"}
    unreadable = {**made("exclude", "Group/g"), "id": "odd"}

    def load(*resources: dict[str, Any]) -> None:
        writer = BulkWriter(home.dsn)
        contents = [(one, orjson.dumps(one)) for one in resources]
        writer.write(
            [change.write(one, text, one["id"], Mode.PUT_UNLESS_SAME, Method.PUT) for one, text in contents]
        )
        writer.close()

    runner = ConsentRunner(home.database)
    load(grants, unreadable)
    assert home.run(runner.round())
    assert not home.run(runner.round())
    assert reads(home, DOCTOR)
    load(closes)
    while home.run(runner.round()):
        pass
    assert not reads(home, DOCTOR)


def test_the_trigger_knows_the_number_of_the_type() -> None:
    text = (resources.files("ardenne.kernel.policy.migrations") / "0003_pending.sql").read_text()
    assert f"new.type = {NUMBERS['Consent']} " in text
