"""Filing: nothing twice, nobody twice, nothing lost, in whatever order things come."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import orjson
import pytest

from ardenne.kernel.store.resources import Resources
from ardenne.kernel.testing import TestNode
from ardenne.services.record import filing, store
from ardenne.services.record.filing import Filed
from ardenne.services.record.testing.fixtures import stored
from ardenne.services.record.testing.samples import MATRICULE, NISS, cda, results
from ardenne.standards.fhir.json import dump

COUNTED = ("Patient", "DocumentReference", "Condition", "Provenance", "Binary")


def file(node: TestNode, data: bytes, name: str = "file", sidecar: dict[str, Any] | None = None) -> Filed:
    return node.run(filing.file(node.service, data, name, sidecar))


def counts(node: TestNode) -> dict[str, int]:
    return {name: len(stored(node, name)) for name in COUNTED}


def test_a_document_becomes_a_reference_its_facts_and_their_provenance(filing_node: TestNode) -> None:
    data = cda()
    filed = file(filing_node, data, "summary.xml")
    assert (filed.outcome, filed.kind) == ("filed", "cda")
    (reference,) = stored(filing_node, "DocumentReference")
    (condition,) = stored(filing_node, "Condition")
    (provenance,) = stored(filing_node, "Provenance")
    person = f"Patient/{filed.patient_id}"
    assert reference["subject"]["reference"] == condition["subject"]["reference"] == person
    assert reference["type"]["coding"][0]["code"] == "60591-5"
    assert reference["content"][0]["attachment"]["creation"] == "2024-01-31T14:15:00+01:00"
    targets = {target["reference"] for target in provenance["target"]}
    assert {f"Condition/{condition['id']}", f"DocumentReference/{reference['id']}"} <= targets
    assert filing_node.call("GET", reference["content"][0]["attachment"]["url"]).body == data


def test_the_same_bytes_twice_change_nothing(filing_node: TestNode) -> None:
    file(filing_node, cda())
    before = counts(filing_node)
    assert file(filing_node, cda(), "another name").outcome == "duplicate"
    assert counts(filing_node) == before


def test_the_same_bytes_at_once_are_filed_once(filing_node: TestNode) -> None:
    async def twice() -> list[Filed]:
        return await asyncio.gather(*(filing.file(filing_node.service, cda(), "x") for _ in range(4)))

    outcomes = sorted(filed.outcome for filed in filing_node.run(twice()))
    assert outcomes == ["duplicate", "duplicate", "duplicate", "filed"]
    assert counts(filing_node)["DocumentReference"] == 1


def test_documents_at_once_about_one_new_person_make_one_person(filing_node: TestNode) -> None:
    async def all_at_once() -> list[Filed]:
        contents = [cda(str(number)) for number in range(6)]
        return await asyncio.gather(*(filing.file(filing_node.service, data, "x") for data in contents))

    filed = filing_node.run(all_at_once())
    assert {one.outcome for one in filed} == {"filed"}
    assert len({one.patient_id for one in filed}) == 1
    assert len(stored(filing_node, "Patient")) == 1


def test_a_person_is_recognised_across_formats(filing_node: TestNode) -> None:
    document = file(filing_node, cda())
    message = file(filing_node, results("7.1"))
    described = file(
        filing_node,
        b"Une note.",
        "note.txt",
        {
            "patient": {"identifiers": [{"system": MATRICULE, "value": "1980 0101 457 28"}]},
            "type": {"code": "11506-3"},
            "date": "2024-02-01",
            "title": "Note",
        },
    )
    assert document.patient_id == message.patient_id == described.patient_id != ""


def test_without_numbers_name_birth_date_and_sex_decide(filing_node: TestNode) -> None:
    first = file(filing_node, cda("1", patient=()))
    same = file(filing_node, cda("2", patient=(), family="NILLES", given="Josee"))
    other = file(filing_node, cda("3", patient=(), given="Anne"))
    assert (first.outcome, same.outcome, other.outcome) == ("filed", "filed", "filed")
    assert len({first.patient_id, other.patient_id}) == 2


def test_numbers_of_two_persons_are_for_an_identity_officer(filing_node: TestNode) -> None:
    file(filing_node, cda("1", patient=((MATRICULE, "1980010145728"),)))
    file(filing_node, cda("2", patient=((NISS, "85073003328"),), family="Autre"))
    both = file(filing_node, cda("3", patient=((MATRICULE, "1980010145728"), (NISS, "85073003328"))))
    assert (both.outcome, both.issues[0].rule) == ("refused", "two-persons")
    assert len(stored(filing_node, "DocumentReference")) == 2


def test_a_number_with_another_name_and_birth_date_is_for_an_identity_officer(filing_node: TestNode) -> None:
    """Two sample summaries of one vendor carry one number and two women born 36 years apart."""
    file(filing_node, cda("1"))
    other = file(filing_node, cda("2", family="Autre", given="Personne", birth="19690401"))
    assert (other.outcome, other.issues[0].rule) == ("refused", "other-person")
    assert file(filing_node, cda("3", family="Mariée")).outcome == "filed"
    assert file(filing_node, cda("4", birth="19800110")).outcome == "filed"


def bundle(patient_id: str, code: str) -> bytes:
    reference = {"reference": f"Patient/{patient_id}"}
    number = {"system": "urn:oid:1.3.182.4.4", "value": "1980010145728"}
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": patient_id, "identifier": [number], "gender": "female"},
        {"resourceType": "Condition", "id": f"c-{code}", "subject": reference, "code": {"text": code}},
    ]
    entries = [
        {"fullUrl": f"https://sender.example/{one['resourceType']}/{one['id']}", "resource": one}
        for one in resources
    ]
    return orjson.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def test_a_bundle_is_filed_for_the_person_who_is_known_under_another_id(filing_node: TestNode) -> None:
    known = file(filing_node, cda()).patient_id
    filed = file(filing_node, bundle("sender-4711", "Goutte"), "bundle.json")
    assert (filed.outcome, filed.patient_id) == ("filed", known)
    assert [one["id"] for one in stored(filing_node, "Patient")] == [known]
    (condition,) = stored(filing_node, "Condition", "&_id=c-Goutte")
    assert condition["subject"]["reference"] == f"Patient/{known}"
    assert file(filing_node, bundle("sender-4711", "Goutte")).outcome == "duplicate"


def test_a_bundle_of_an_unknown_person_brings_the_person(filing_node: TestNode) -> None:
    assert file(filing_node, bundle("sender-4711", "Goutte")).patient_id == "sender-4711"
    assert file(filing_node, cda()).patient_id == "sender-4711"


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_the_newer_version_replaces_the_older_in_either_order(
    filing_node: TestNode, order: tuple[int, int]
) -> None:
    versions = (cda("1"), cda("2", replaces="1", problem="J46"))
    for place in order:
        assert file(filing_node, versions[place]).outcome == "filed"
    found = {one["description"]: one for one in stored(filing_node, "DocumentReference")}
    older, newer = found["Résumé 1"], found["Résumé 2"]
    assert (older["status"], newer["status"]) == ("superseded", "current")
    assert newer["relatesTo"][0]["target"]["identifier"] == older["masterIdentifier"]


def test_versions_that_arrive_at_once_are_linked(filing_node: TestNode) -> None:
    async def both() -> None:
        versions = (cda("1"), cda("2", replaces="1"))
        await asyncio.gather(*(filing.file(filing_node.service, data, "x") for data in versions))

    filing_node.run(both())
    found = {one["description"]: one["status"] for one in stored(filing_node, "DocumentReference")}
    assert found == {"Résumé 1": "superseded", "Résumé 2": "current"}


def hba1c(node: TestNode) -> tuple[str, float]:
    (found,) = stored(node, "Observation")
    return found["status"], found["valueQuantity"]["value"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_correction_stands_in_whatever_order_the_messages_come(
    filing_node: TestNode, order: tuple[int, ...]
) -> None:
    messages = (
        results("9.0", state="P", control="1", time="202401310900"),
        results("9.1", state="F", control="2", time="202401311000"),
        results("8.1", state="C", control="3", time="202401311100"),
    )
    for place in order:
        assert file(filing_node, messages[place]).outcome == "filed"
    assert hba1c(filing_node) == ("corrected", 8.1)
    assert len(stored(filing_node, "DocumentReference")) == 3


def test_times_without_zone_are_times_of_the_node(filing_node: TestNode) -> None:
    file(filing_node, results("7.1"))
    (found,) = stored(filing_node, "Observation")
    assert found["effectiveDateTime"] == "2024-01-31T08:10:00+01:00"


def waiting(node: TestNode) -> list[store.Waiting]:
    return node.run(store.waiting(node.database, 100))[0]


def test_what_is_refused_waits_whole_with_the_reason(filing_node: TestNode) -> None:
    data = b"%PDF-1.4 a scan"
    assert file(filing_node, data, "scan.pdf").outcome == "refused"
    assert file(filing_node, data, "scan.pdf").outcome == "refused"
    (entry,) = waiting(filing_node)
    assert (entry.source, entry.reasons[0]["rule"]) == ("scan.pdf", "description-missing")
    assert filing_node.run(filing_node.service.blobs.get(entry.digest)) == data


def test_what_waits_leaves_the_desk_once_it_is_filed(filing_node: TestNode) -> None:
    data = b"%PDF-1.4 a scan"
    file(filing_node, data, "scan.pdf")
    about = {
        "patient": {"family": "Nilles", "birthDate": "1980-01-01"},
        "type": {"code": "11506-3"},
        "date": "2024-02-01",
        "title": "Scan",
    }
    assert file(filing_node, data, "scan.pdf", about).outcome == "filed"
    assert waiting(filing_node) == []


def test_setting_aside_takes_an_entry_out_and_keeps_its_content(filing_node: TestNode) -> None:
    file(filing_node, b"%PDF-1.4 a scan", "scan.pdf")
    (entry,) = waiting(filing_node)
    filing_node.run(store.set_aside(filing_node.database, entry.id))
    assert waiting(filing_node) == []
    assert filing_node.run(store.entry(filing_node.database, entry.id)) is None
    assert filing_node.run(filing_node.service.blobs.get(entry.digest))


def test_a_failure_before_the_commit_leaves_nothing_and_can_be_repeated(
    filing_node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill: the content is stored first, the rest in one transaction, or not at all."""

    async def killed(*_arguments: object, **_named: object) -> None:
        raise ConnectionResetError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(store, "settle", killed)
        with pytest.raises(ConnectionResetError):
            file(filing_node, cda())
    assert sum(counts(filing_node).values()) == 0
    assert file(filing_node, cda()).outcome == "filed"
    assert isinstance(filing_node.service.resources, Resources)


def test_a_batch_is_filed_message_by_message(filing_node: TestNode) -> None:
    good, bad = results("7.1"), results("7.2", control="2").replace(b"PID|", b"ZID|")
    filed = file(filing_node, b"BHS|^~\\&|LIS\r" + good + bad + b"BTS|2\r", "batch.hl7")
    assert filed.outcome == "filed"
    assert [entry.source for entry in waiting(filing_node)] == ["batch.hl7#2"]


_CLINICIANS = "urn:oid:1.3.182.4.6"


def summary(number: str) -> bytes:
    """A FHIR document about Anne with its author and an allergy that the author asserts."""
    clinician = {
        "resourceType": "Practitioner", "id": "author", "identifier": [{"system": _CLINICIANS, "value": number}],
        "name": [{"family": "Klein"}],
    }  # fmt: skip
    patient = {
        "resourceType": "Patient", "id": "them", "name": [{"family": "Testa", "given": ["Anne"]}], "gender": "female",
        "birthDate": "1960-02-03",
    }  # fmt: skip
    allergy = {
        "resourceType": "AllergyIntolerance", "id": "a", "patient": {"reference": "urn:uuid:p"}, "code": {"text": "Nuts"},
        "asserter": {"reference": "urn:uuid:d"},
    }  # fmt: skip
    composition = {
        "resourceType": "Composition", "id": "c", "status": "final", "date": "2026-11-25", "title": "Summary",
        "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
        "subject": {"reference": "urn:uuid:p"}, "author": [{"reference": "urn:uuid:d"}],
        "section": [{"title": "Allergies", "entry": [{"reference": "urn:uuid:a"}]}],
    }  # fmt: skip
    found = {"c": composition, "p": patient, "d": clinician, "a": allergy}
    return dump(
        {
            "resourceType": "Bundle", "type": "document", "timestamp": "2026-11-25T10:00:00Z",
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:x:{number}"},
            "entry": [{"fullUrl": f"urn:uuid:{name}", "resource": one} for name, one in found.items()],
        }
    )  # fmt: skip


def test_an_author_whom_the_directory_knows_is_named_and_not_stored_anew(filing_node: TestNode) -> None:
    known = {"system": _CLINICIANS, "value": "900112-21"}
    for name, active in (("klein", True), ("retired", False)):
        clinician = {"resourceType": "Practitioner", "id": name, "active": active, "identifier": [known]}
        assert filing_node.call("PUT", f"Practitioner/{name}", clinician).status == 201
    assert file(filing_node, summary("900112-21")).outcome == "filed"
    assert {one["id"] for one in stored(filing_node, "Practitioner")} == {"klein", "retired"}
    (allergy,) = stored(filing_node, "AllergyIntolerance")
    (composition,) = stored(filing_node, "Composition")
    assert allergy["asserter"] == composition["author"][0] == {"reference": "Practitioner/klein"}
    # one whom it does not know comes with the document
    assert file(filing_node, summary("900199-99")).outcome == "filed"
    assert len(stored(filing_node, "Practitioner")) == 3
