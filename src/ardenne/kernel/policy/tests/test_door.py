"""Nothing at the FHIR door tells of what is denied: not a read, not a count, not the way a search takes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ardenne.kernel.audit import store as journal
from ardenne.kernel.audit.entries import Action, Outcome
from ardenne.kernel.audit.store import Asked, Recorded
from ardenne.kernel.identity.caller import OPERATOR, Caller, Kind, Mandate, Purpose
from ardenne.kernel.policy import store
from ardenne.kernel.policy.facts import Kind as Grant
from ardenne.kernel.store import hashing
from ardenne.kernel.store.change import now
from ardenne.kernel.testing import Answer, TestNode

LAB = [
    {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
        ]
    }
]
SECRET = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}]}
DOCTOR = Caller(Kind.PROFESSIONAL, "doc", "Dr. Klein", practitioner="klein", profession="doctor")
PHARMACIST = Caller(Kind.PROFESSIONAL, "pha", "Apotheke", practitioner="pha", profession="pharmacist")
STRANGER = Caller(Kind.PROFESSIONAL, "str", "Dr. Fremd", practitioner="fremd", profession="doctor")
ANNE = Caller(Kind.CITIZEN, "anne", "Anne", patient="anne", purpose=Purpose.PATIENT)
LABORATORY = Caller(Kind.SOFTWARE, "lab", "Laboratoire", organisation="labo", profession="laboratory")


def observation(name: str, patient: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": name, "status": "final", "category": LAB,
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7", "display": "Hemoglobin"}]},
        "subject": {"reference": f"Patient/{patient}"}, "effectiveDateTime": "2026-05-01",
        "performer": [{"reference": "Organization/labo"}], "valueQuantity": {"value": 13.2, "unit": "g/dL"}, **more,
    }  # fmt: skip


@pytest.fixture
def ward(node: TestNode) -> Iterator[TestNode]:
    """Two patients; the doctor and the pharmacist have a relation to Anne only; one of her values is secret."""
    for resource in (
        {"resourceType": "Organization", "id": "labo", "name": "Labo"},
        {"resourceType": "Patient", "id": "anne", "name": [{"family": "Schmitz"}]},
        {"resourceType": "Patient", "id": "bert", "name": [{"family": "Weber"}]},
        observation("open", "anne"),
        observation("hidden", "anne", meta=SECRET, note=[{"text": "betrayal"}]),
        observation("other", "bert"),
        {"resourceType": "Encounter", "id": "visit", "status": "finished", "class": {"code": "AMB"},
         "subject": {"reference": "Patient/bert"}},
        observation("linked", "anne", encounter={"reference": "Encounter/visit"}),
    ):  # fmt: skip
        answer = node.call("PUT", f"{resource['resourceType']}/{resource['id']}", resource)
        assert answer.status == 201, answer.body

    async def relate() -> None:
        async with node.database.connection() as connection:
            for party in ("Practitioner/klein", "Practitioner/pha"):
                span = (now() - 1000, now() + 3_600_000_000)
                await store.grant(connection, "anne", party, Grant.TREATMENT, 0, span, "test")

    node.run(relate())
    yield node


def ask(
    node: TestNode, caller: Caller, method: str, address: str, content: object = None, **headers: str
) -> Answer:
    node.caller = caller
    return node.call(method, address, content, headers)


def lines(node: TestNode, **wanted: Any) -> list[Recorded]:
    return node.run(journal.find(node.database, Asked(**wanted), 200))


def test_a_doctor_reads_what_the_relation_opens(ward: TestNode) -> None:
    assert ask(ward, DOCTOR, "GET", "Observation/open").status == 200
    assert ask(ward, STRANGER, "GET", "Observation/open").status == 404
    assert ask(ward, PHARMACIST, "GET", "Observation/open").status == 200
    assert ask(ward, ANNE, "GET", "Observation/open").status == 200
    assert ask(ward, ANNE, "GET", "Observation/other").status == 404


def test_denied_and_missing_are_told_alike(ward: TestNode) -> None:
    denied = ask(ward, DOCTOR, "GET", "Observation/hidden")
    missing = ask(ward, DOCTOR, "GET", "Observation/nowhere")
    assert denied.status == missing.status == 404
    assert denied.problem.replace("hidden", "nowhere") == missing.problem
    for way in ("_history", "_history/1"):
        assert ask(ward, DOCTOR, "GET", f"Observation/hidden/{way}").status == 404
    update = ask(ward, DOCTOR, "PUT", "Observation/hidden", observation("hidden", "anne"))
    invent = ask(ward, DOCTOR, "PUT", "Observation/nowhere", observation("nowhere", "anne"))
    assert update.status == invent.status == 404
    assert update.problem == invent.problem
    assert ask(ward, DOCTOR, "DELETE", "Observation/hidden").status == 404


@pytest.mark.parametrize(
    "query",
    [
        "Observation?code=718-7",
        "Observation?patient=anne&_total=accurate",
        "Observation?_text=betrayal",
        "Observation?_id=hidden",
        "Observation?patient=anne&_security=V",
        "Patient/anne/Observation",
        "Observation?_filter=code eq 718-7",
        "Observation?_sort=-date&_summary=count",
        "?_type=Observation&code=718-7",
        "Observation/_history",
        "_history?_type=Observation",
    ],
)
def test_lists_counts_and_histories_leave_it_out(ward: TestNode, query: str) -> None:
    answer = ask(ward, DOCTOR, "GET", query)
    assert answer.status == 200, answer.body
    assert b"hidden" not in answer.body.replace(query.encode(), b"")
    assert b"Observation/other" not in answer.body
    if "_text" not in query and "_security" not in query and "_id=" not in query:
        total = answer.json.get("total")
        assert total in (None, 2), answer.json


def test_chains_and_reverse_chains_do_not_ask_what_is_denied(ward: TestNode) -> None:
    # the pharmacist may not see Bert's encounter, so it proves nothing about Anne's value
    assert ask(ward, PHARMACIST, "GET", "Observation?encounter.status=finished").json["total"] == 0
    assert ask(ward, ANNE, "GET", "Observation?encounter.status=finished").json["total"] == 0
    hidden = "Patient?_has:Observation:patient:_security=http://terminology.hl7.org/CodeSystem/v3-Confidentiality|V"
    assert ask(ward, DOCTOR, "GET", hidden).json["total"] == 0
    assert ask(ward, ANNE, "GET", hidden).json["total"] == 1
    other = "Patient?_has:Observation:patient:_id=other"
    assert ask(ward, DOCTOR, "GET", other).json["total"] == 0


def test_includes_leave_it_out(ward: TestNode) -> None:
    answer = ask(ward, DOCTOR, "GET", "Observation?_id=linked&_include=Observation:encounter")
    assert [entry["resource"]["resourceType"] for entry in answer.entries()] == ["Observation"]
    answer = ask(ward, DOCTOR, "GET", "Patient?_id=anne&_revinclude=Observation:patient")
    assert {entry["resource"]["id"] for entry in answer.entries()} == {"anne", "open", "linked"}
    answer = ask(ward, DOCTOR, "GET", "Patient?_id=anne,bert&_revinclude:iterate=Observation:patient")
    assert "other" not in {entry["resource"]["id"] for entry in answer.entries()}


def test_everything_and_graphql_leave_it_out(ward: TestNode) -> None:
    answer = ask(ward, DOCTOR, "GET", "Patient/anne/$everything")
    assert {entry["resource"]["id"] for entry in answer.entries()} >= {"anne", "open", "linked"}
    assert b"hidden" not in answer.body and b"visit" not in answer.body.replace(b"Encounter/visit", b"")
    listed = ask(ward, DOCTOR, "POST", "$graphql", {"query": '{ ObservationList(patient: "anne") { id } }'})
    assert {one["id"] for one in listed.json["data"]["ObservationList"]} == {"open", "linked"}
    texts = [
        ask(ward, DOCTOR, "POST", "$graphql", {"query": f'{{ Observation(id: "{name}") {{ id }} }}'}).body
        for name in ("hidden", "nowher")
    ]
    assert texts[0].replace(b"hidden", b"nowher") == texts[1]
    assert ask(ward, STRANGER, "GET", "Patient/anne/$everything").json.get("entry", [])[1:] == []


def test_links_to_a_further_page_are_for_their_caller(ward: TestNode) -> None:
    first = ask(ward, ANNE, "GET", "Observation?patient=anne&_count=1")
    following = first.link("next")
    assert following
    assert ask(ward, ANNE, "GET", following).status == 200
    assert ask(ward, DOCTOR, "GET", following).status == 400


def test_writing_needs_the_profession_and_the_relation(ward: TestNode) -> None:
    value = {key: value for key, value in observation("x", "anne").items() if key != "id"}
    assert ask(ward, DOCTOR, "POST", "Observation", value).status == 201
    refused = ask(ward, PHARMACIST, "POST", "Observation", value)
    assert refused.status == 403 and "profession" in refused.problem
    assert ask(ward, STRANGER, "POST", "Observation", value).status == 403
    assert (
        ask(ward, DOCTOR, "POST", "Observation", {**value, "subject": {"reference": "Patient/bert"}}).status
        == 403
    )
    assert (
        ask(
            ward, LABORATORY, "POST", "Observation", {**value, "subject": {"reference": "Patient/bert"}}
        ).status
        == 201
    )
    stolen = {**value, "performer": [{"reference": "Organization/rival"}]}
    assert ask(ward, LABORATORY, "POST", "Observation", stolen).status == 403


def test_only_the_author_corrects(ward: TestNode) -> None:
    assert ask(ward, DOCTOR, "PUT", "Observation/open", observation("open", "anne")).status == 403
    assert (
        ask(ward, LABORATORY, "PUT", "Observation/open", observation("open", "anne", status="amended")).status
        == 200
    )
    assert ask(ward, ANNE, "PUT", "Observation/open", observation("open", "anne")).status == 403
    moved = observation("open", "bert")
    assert ask(ward, DOCTOR, "PUT", "Observation/open", moved).status == 403


def test_a_transaction_with_one_refused_entry_writes_nothing(ward: TestNode) -> None:
    value = {key: value for key, value in observation("x", "anne").items() if key != "id"}
    entry = {"resource": value, "request": {"method": "POST", "url": "Observation"}}
    bad = {"resource": {**value, "subject": {"reference": "Patient/bert"}}, "request": entry["request"]}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry, bad]}
    before = ask(ward, DOCTOR, "GET", "Observation?patient=anne&_summary=count").json["total"]
    assert ask(ward, DOCTOR, "POST", "", bundle).status == 403
    assert ask(ward, DOCTOR, "GET", "Observation?patient=anne&_summary=count").json["total"] == before
    answer = ask(ward, DOCTOR, "POST", "", {**bundle, "type": "batch"})
    assert [entry["response"]["status"][:3] for entry in answer.json["entry"]] == ["201", "403"]
    reads = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": "Observation/hidden"}}],
    }
    assert ask(ward, DOCTOR, "POST", "", reads).json["entry"][0]["response"]["status"][:3] == "404"


def test_conditional_interactions_do_not_find_what_is_denied(ward: TestNode) -> None:
    value = {key: value for key, value in observation("x", "anne").items() if key != "id"}
    answer = ask(ward, DOCTOR, "POST", "Observation", value, **{"if-none-exist": "_id=hidden"})
    assert answer.status == 201
    assert ask(ward, DOCTOR, "DELETE", "Observation?_id=hidden").status == 204
    assert ask(ward, ANNE, "GET", "Observation/hidden").status == 200


def test_the_patient_hides_and_shows(ward: TestNode) -> None:
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": SECRET}]}
    assert ask(ward, ANNE, "POST", "Observation/open/$meta-add", parameters).status == 200
    assert ask(ward, DOCTOR, "GET", "Observation/open").status == 404
    assert ask(ward, DOCTOR, "GET", "Observation/open/_history/1").status == 404
    assert ask(ward, LABORATORY, "GET", "Observation/open").status == 200
    assert ask(ward, ANNE, "POST", "Observation/open/$meta-delete", parameters).status == 200
    assert ask(ward, DOCTOR, "GET", "Observation/open").status == 200
    tag = {
        "resourceType": "Parameters",
        "parameter": [{"name": "meta", "valueMeta": {"tag": [{"code": "x"}]}}],
    }
    assert ask(ward, ANNE, "POST", "Observation/open/$meta-add", tag).status == 403


def test_a_correction_does_not_undo_what_the_patient_restricted(ward: TestNode) -> None:
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": SECRET}]}
    assert ask(ward, ANNE, "POST", "Observation/open/$meta-add", parameters).status == 200
    corrected = observation("open", "anne", status="corrected")
    assert ask(ward, LABORATORY, "PUT", "Observation/open", corrected).status == 200
    assert ask(ward, LABORATORY, "POST", "Observation/open/$meta-delete", parameters).status == 200
    assert ask(ward, DOCTOR, "GET", "Observation/open").status == 404
    assert "open" not in ask(ward, DOCTOR, "GET", "Observation?patient=anne").ids
    assert ask(ward, ANNE, "POST", "Observation/open/$meta-add", parameters).status == 200
    assert ask(ward, ANNE, "POST", "Observation/open/$meta-delete", parameters).status == 200
    assert ask(ward, DOCTOR, "GET", "Observation/open").status == 200


def test_what_the_author_hides_from_the_patient_only_the_author_shows(ward: TestNode) -> None:
    label = {
        "security": [
            {"system": "https://ardenne.health/fhir/CodeSystem/visibility", "code": "hidden-from-patient"}
        ]
    }
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": label}]}
    assert ask(ward, LABORATORY, "POST", "Observation/open/$meta-add", parameters).status == 200
    assert ask(ward, ANNE, "GET", "Observation/open").status == 404
    assert ask(ward, DOCTOR, "GET", "Observation/open").status == 200
    assert ask(ward, ANNE, "POST", "Observation/open/$meta-delete", parameters).status == 404
    assert ask(ward, LABORATORY, "POST", "Observation/open/$meta-delete", parameters).status == 200
    assert ask(ward, ANNE, "GET", "Observation/open").status == 200


def test_a_mandate_opens_the_record_of_another(ward: TestNode) -> None:
    parent = Caller(Kind.CITIZEN, "berta", "Berta", patient="berta", mandates=(Mandate("anne", "parent"),))
    assert ask(ward, parent, "GET", "Observation/open").status == 200
    assert ask(ward, parent, "GET", "Observation/other").status == 404
    label = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": SECRET}]}
    assert ask(ward, parent, "POST", "Observation/open/$meta-add", label).status == 403


def test_registers_are_open_to_all_who_are_signed_in_and_kept_by_their_office(ward: TestNode) -> None:
    organisation = {"resourceType": "Organization", "name": "New"}
    assert ask(ward, DOCTOR, "GET", "Organization/labo").status == 200
    assert ask(ward, DOCTOR, "POST", "Organization", organisation).status == 403
    officer = Caller(Kind.OFFICER, "off", "Officer", profession="identity")
    assert ask(ward, officer, "POST", "Organization", organisation).status == 201
    assert ask(ward, officer, "GET", "Observation/open").status == 404
    assert ask(ward, Caller(Kind.ANONYMOUS), "GET", "Organization/labo").status == 404
    assert ask(ward, Caller(Kind.ANONYMOUS), "POST", "Organization", organisation).status == 401


def test_administrative_operations_are_for_operators(ward: TestNode) -> None:
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "expungePreviousVersions", "valueBoolean": True}],
    }
    assert ask(ward, DOCTOR, "POST", "Observation/open/$expunge", parameters).status == 403
    assert ask(ward, ANNE, "POST", "$expunge", parameters).status == 403


def test_every_access_and_every_refusal_leaves_a_line(ward: TestNode) -> None:
    anne, bert = (hashing.self_hash("Patient", name) for name in ("anne", "bert"))
    ask(ward, DOCTOR, "GET", "Observation/open")
    ask(ward, STRANGER, "GET", "Observation/open")
    ask(ward, DOCTOR, "GET", "Observation?patient=anne")
    ask(ward, LABORATORY, "PUT", "Observation/open", observation("open", "anne", status="amended"))
    ask(ward, STRANGER, "GET", "Observation/other")
    about_anne = lines(ward, patients=[anne])
    told = {(one.entry.name, Action(one.entry.action), Outcome(one.entry.outcome)) for one in about_anne}
    assert told >= {
        ("Dr. Klein", Action.READ, Outcome.DONE),
        ("Dr. Fremd", Action.READ, Outcome.REFUSED),
        ("Dr. Klein", Action.SEARCH, Outcome.DONE),
        ("Laboratoire", Action.UPDATE, Outcome.DONE),
    }
    searched = next(one for one in about_anne if one.entry.action == Action.SEARCH)
    assert set(searched.entry.resources) == {"Observation/open", "Observation/linked"}
    written = next(one for one in about_anne if one.entry.action == Action.UPDATE)
    assert written.version == 2
    assert [one.entry.rule for one in lines(ward, patients=[bert])] == ["no-relation"]


def test_the_journal_is_read_as_audit_events_by_whom_it_concerns(ward: TestNode) -> None:
    ask(ward, DOCTOR, "GET", "Observation/open")
    ask(ward, STRANGER, "GET", "Observation/other")
    answer = ask(ward, ANNE, "GET", "AuditEvent")
    assert answer.json["total"] == 1
    event = answer.entries()[0]["resource"]
    assert event["agent"][2]["who"]["reference"] == "Practitioner/klein"
    assert event["meta"]["profile"] == [
        "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead"
    ]
    assert {"reference": "Patient/anne"} in [entity.get("what") for entity in event["entity"]]
    assert ask(ward, ANNE, "GET", f"AuditEvent/{event['id']}").status == 200
    assert ask(ward, STRANGER, "GET", f"AuditEvent/{event['id']}").status == 404
    assert ask(ward, ANNE, "GET", "AuditEvent?patient=bert").json["total"] == 0
    auditor = Caller(Kind.OFFICER, "aud", "Auditor", profession="auditor")
    assert ask(ward, auditor, "GET", "AuditEvent?subtype=read").json["total"] >= 2
    assert ask(ward, auditor, "GET", "AuditEvent?agent=Practitioner/fremd&outcome=4").json["total"] == 1
    assert ask(ward, auditor, "GET", "AuditEvent?date=lt2020-01-01").json["total"] == 0
    assert ask(ward, auditor, "GET", "AuditEvent?colour=red").status == 400
    assert ask(ward, auditor, "PUT", f"AuditEvent/{event['id']}", event).status == 405


def scoped(caller: Caller, *scopes: str, context: str = "") -> Caller:
    return msgspec.structs.replace(caller, scopes=scopes, context=context)


def test_scopes_cut_what_the_policy_permits_and_never_add(ward: TestNode) -> None:
    reads = scoped(DOCTOR, "user/Observation.rs")
    assert ask(ward, reads, "GET", "Observation/open").status == 200
    assert ask(ward, reads, "GET", "Observation/other").status == 404
    refused = ask(ward, reads, "GET", "Patient/anne")
    assert refused.status == 403 and "scope" in refused.problem
    assert ask(ward, reads, "GET", "Patient?_id=anne").status == 403
    value = {key: value for key, value in observation("x", "anne").items() if key != "id"}
    assert ask(ward, reads, "POST", "Observation", value).status == 403
    writes = scoped(DOCTOR, "user/Observation.c")
    assert ask(ward, writes, "POST", "Observation", value).status == 201
    assert ask(ward, writes, "GET", "Observation/open").status == 403
    everything = scoped(DOCTOR, "user/*.cruds", "system/*.cruds")
    assert ask(ward, everything, "GET", "Observation/other").status == 404
    assert ask(ward, scoped(DOCTOR, "system/*.cruds"), "GET", "Observation/open").status == 403


def test_scopes_reach_includes_and_reverse_chains(ward: TestNode) -> None:
    narrow = scoped(ANNE, "user/Patient.rs")
    answer = ask(ward, narrow, "GET", "Patient?_id=anne&_revinclude=Observation:patient")
    assert [entry["resource"]["id"] for entry in answer.entries()] == ["anne"]
    assert ask(ward, narrow, "GET", "Patient?_has:Observation:patient:code=718-7").json["total"] == 0
    assert ask(ward, ANNE, "GET", "Patient?_has:Observation:patient:code=718-7").json["total"] == 1
    system = ask(ward, narrow, "GET", "?_type=Patient,Observation")
    assert {entry["resource"]["resourceType"] for entry in system.entries("match")} == {"Patient"}


def test_the_launch_context_is_one_patient(ward: TestNode) -> None:
    parent = Caller(Kind.CITIZEN, "anne", "Anne", patient="anne", mandates=(Mandate("bert", "parent"),))
    app = scoped(parent, "patient/*.rs", context="bert")
    assert ask(ward, parent, "GET", "Observation/open").status == 200
    assert ask(ward, app, "GET", "Observation/open").status == 404
    assert ask(ward, app, "GET", "Observation/other").status == 200
    assert {entry["resource"]["id"] for entry in ask(ward, app, "GET", "Observation").entries()} == {"other"}
    assert ask(ward, app, "GET", "Organization/labo").status == 200
    assert ask(ward, scoped(parent, "patient/*.rs"), "GET", "Observation/other").status == 403


def test_granular_scopes_select_by_their_query(ward: TestNode) -> None:
    category = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    vital = scoped(ANNE, "user/Observation.rs?category=vital-signs")
    laboratory = scoped(ANNE, f"user/Observation.rs?category={category}")
    assert ask(ward, laboratory, "GET", "Observation/open").status == 200
    assert ask(ward, vital, "GET", "Observation/open").status == 404
    assert ask(ward, vital, "GET", "Observation?code=718-7").json["total"] == 0
    assert ask(ward, laboratory, "GET", "Observation?code=718-7").json["total"] == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Patient", {"anne"}),
        ("Patient?name=weber", set()),
        ("Patient?birthdate=1970-01-01", set()),
        ("Patient?name=w&birthdate=1970-01-01", set()),
        ("Patient?name=weber&birthdate=1970", set()),
        ("Patient?identifier=urn:matricule|", set()),
        ("Patient?identifier=1,2,3,4,5,700", set()),
        ("Patient?identifier:missing=false", set()),
        ("Patient?identifier=urn:matricule|700", {"bert"}),
        ("Patient?name=weber&birthdate=1970-01-01", {"bert"}),
        ("?_type=Patient&_id=bert", {"bert"}),
    ],
)
def test_professionals_find_whom_they_name_and_do_not_leaf_through(
    ward: TestNode, query: str, found: set[str]
) -> None:
    ward.caller = OPERATOR
    bert = {"resourceType": "Patient", "id": "bert", "name": [{"family": "Weber"}], "birthDate": "1970-01-01",
            "identifier": [{"system": "urn:matricule", "value": "700"}]}  # fmt: skip
    assert ward.call("PUT", "Patient/bert", bert).status == 200
    assert set(ask(ward, DOCTOR, "GET", query).ids) == found


def test_a_list_about_one_patient_follows_the_directives_at_once(ward: TestNode) -> None:
    def found() -> tuple[set[str], int]:
        page = ask(ward, DOCTOR, "GET", "Observation?patient=anne")
        count = ask(ward, DOCTOR, "GET", "Observation?patient=anne&_summary=count")
        return set(page.ids), count.json["total"]

    async def change(text: str, *values: object) -> None:
        async with ward.database.connection() as connection:
            await connection.execute(text, *values)

    patient = hashing.self_hash("Patient", "anne")
    assert found() == ({"open", "linked"}, 2)
    # the worker remembers what it knows of Anne; each change must be seen by the next question
    ward.run(change("update policy_grant set ends = 0 where patient = $1", patient))
    assert found() == (set(), 0)
    ward.run(change("update policy_grant set ends = $2 where patient = $1", patient, now() + 3_600_000_000))
    assert found() == ({"open", "linked"}, 2)
    ward.run(change("update policy_record set state = 1 where patient = $1", patient))
    assert found() == (set(), 0)
    ward.run(change("update policy_record set state = 0 where patient = $1", patient))
    assert found() == ({"open", "linked"}, 2)
    exclude = "insert into policy_exclusion values ($1, $2, $3, '', $4, 0, $5, '')"
    party, document = hashing.reference("Practitioner/klein"), hashing.self_hash("Observation", "open")
    ward.run(change(exclude, uuid.uuid4(), patient, party, document, now() + 3_600_000_000))
    assert found() == ({"linked"}, 1)
