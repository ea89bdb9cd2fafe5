"""Stored queries that the other tests do not ask, over the wire (ITI TF-2 3.18.4.1.2.3.7, 3.51; IHE Pharmacy CMPD)."""

from __future__ import annotations

import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record.exchange.tests.client import SoapClient
from ardenne.services.record.exchange.tests.samples import (
    DOMAIN,
    ONE,
    TWO,
    entry,
    folder,
    link,
    member,
    submission_set,
)  # fmt: skip
from ardenne.services.record.exchange.tests.test_sharing import APPROVED, DEPRECATED, uid

IHE_FORMATS = "1.3.6.1.4.1.19376.1.2.3"
PATIENTS = f"('{ONE.replace('&amp;', '&')}','{TWO.replace('&amp;', '&')}')"
SETS = "f26abbcb-ac74-4422-8a30-edb644bbc1a9"


@pytest.fixture
def client(filing_node: TestNode) -> SoapClient:
    for number in ("P1", "P2"):
        body = {"resourceType": "Patient", "identifier": [{"system": f"urn:oid:{DOMAIN}", "value": number}]}
        assert filing_node.call("POST", "Patient", body).status == 201
    return SoapClient(filing_node)


def quoted(patient: str = ONE) -> str:
    return f"'{patient.replace('&amp;', '&')}'"


def provide(client: SoapClient, objects: str, *names: str) -> None:
    told = client.provide(objects, {name: name.encode() for name in names})
    assert told.status == "Success", told.text


def test_submission_sets_by_source_time_author_and_content(client: SoapClient) -> None:
    first, second = uid(), uid()
    for number in (first, second):
        provide(client, submission_set(number) + entry("D", uid()) + member("D"), "D")
    known = {"XDSSubmissionSetPatientId": quoted(), "XDSSubmissionSetStatus": APPROVED}
    found = client.ask(SETS, **known)
    assert found.count("SubmissionSets") == 2
    # the samples say: source 1.3.6.1.4.1.21367.9, sent on 2 January 2026, 03:04:05
    fits = {
        "XDSSubmissionSetSourceId": "('1.3.6.1.4.1.21367.9')",
        "XDSSubmissionSetSubmissionTimeFrom": "20260102",
        "XDSSubmissionSetSubmissionTimeTo": "20260103",
        "XDSSubmissionSetContentType": "('225728007^^2.16.840.1.113883.6.96')",
    }
    assert client.ask(SETS, **known, **fits).count("SubmissionSets") == 2
    for name, other in (
        ("XDSSubmissionSetSourceId", "('1.2.3')"),
        ("XDSSubmissionSetSubmissionTimeFrom", "20260103"),
        ("XDSSubmissionSetSubmissionTimeTo", "20260102030405"),
        ("XDSSubmissionSetContentType", "('1^^2.16.840.1.113883.6.96')"),
        ("XDSSubmissionSetAuthorPerson", "'%Nobody%'"),
    ):
        assert client.ask(SETS, **known, **{**fits, name: other}).count("SubmissionSets") == 0, name
    assert client.ask(SETS, XDSSubmissionSetPatientId=quoted()).codes == ["XDSStoredQueryMissingParam"]
    assert client.ask(SETS, **{**known, "XDSSubmissionSetStatus": DEPRECATED}).count("SubmissionSets") == 0


def test_documents_and_folders_of_several_patients(client: SoapClient) -> None:
    for patient in (ONE, TWO):
        objects = submission_set(uid(), patient) + entry("D", uid(), patient) + member("D")
        objects += folder("F", uid(), patient) + member("F") + link("F", "HasMember", "D", "L") + member("L")
        provide(client, objects, "D")
    documents, folders = "3d1bdb10-39a2-11de-89c2-2f44d94eaa9f", "50d3f5ac-39a2-11de-a1ca-b366239e58df"
    both = client.ask(documents, XDSDocumentEntryPatientId=PATIENTS, XDSDocumentEntryStatus=APPROVED)
    assert (both.status, both.count("Documents")) == ("Success", 2)
    # without patients a code must narrow it: all that have the class
    anybody = {"XDSDocumentEntryStatus": APPROVED}
    assert client.ask(documents, **anybody).codes == ["XDSStoredQueryMissingParam"]
    code = "('REPORTS^^1.3.6.1.4.1.19376.1.2.6.1')"
    assert client.ask(documents, **anybody, XDSDocumentEntryClassCode=code).count("Documents") == 2
    listed = {"XDSFolderPatientId": PATIENTS, "XDSFolderStatus": APPROVED}
    kind = "('394802001^^2.16.840.1.113883.6.96')"
    assert client.ask(folders, **listed, XDSFolderCodeList=kind).count("Folders") == 2
    assert client.ask(folders, **listed, XDSFolderCodeList="('1^^1.2')").count("Folders") == 0
    assert client.ask(folders, **listed).codes == ["XDSStoredQueryMissingParam"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("0e6095c5-dc3d-47d9-a219-047064086d92", "urn:ihe:pharm:pre:2010"),
        ("ac79c7c7-f21b-4c88-ab81-57e4889e8758", "urn:ihe:pharm:dis:2010"),
        ("80ebbd83-53c1-4453-9860-349585962af6", "urn:ihe:pharm:pml:2013"),
    ],
)
def test_pharmacy_queries_find_documents_of_their_format(client: SoapClient, query: str, wanted: str) -> None:
    formats = (
        "urn:ihe:pharm:pre:2010",
        "urn:ihe:pharm:dis:2010",
        "urn:ihe:pharm:pml:2013",
        "urn:ihe:lab:xd-lab:2008",
    )
    for one in formats:
        objects = (
            submission_set(uid())
            + entry("D", uid(), codes={"formatCode": [(one, IHE_FORMATS)]})
            + member("D")
        )
        provide(client, objects, "D")
    found = client.ask(query, XDSDocumentEntryPatientId=quoted(), XDSDocumentEntryStatus=APPROVED)
    assert found.count("Documents") == 1
    scheme = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
    assert found.all(f"//rim:Classification[@classificationScheme='{scheme}']/@nodeRepresentation") == [
        wanted
    ]


def test_folders_by_their_names(client: SoapClient) -> None:
    query, first, second = "5737b14c-8a1a-4539-b659-e03a34a5e1e4", uid(), uid()
    for number in (first, second):
        objects = submission_set(uid()) + folder("F", number) + member("F")
        provide(client, objects)
    assert client.ask(query, XDSFolderUniqueId=f"('{first}','{second}')").count("Folders") == 2
    (entry_id,) = client.ask(query, XDSFolderUniqueId=f"('{first}')").all("//rim:RegistryPackage/@id")
    again = client.ask(query, XDSFolderEntryUUID=f"('{entry_id}')")
    assert again.all(f"//rim:ExternalIdentifier[@value='{first}']")
    assert client.ask(query, XDSFolderUniqueId="('1.2.3')").count("Folders") == 0
    both = {"XDSFolderUniqueId": f"('{first}')", "XDSFolderEntryUUID": f"('{entry_id}')"}
    assert client.ask(query, **both).codes == ["XDSStoredQueryParamNumber"]


def test_a_document_with_everything_that_is_linked_to_it(client: SoapClient) -> None:
    query, number = "bab9529a-4a10-40b3-a01f-f68a615d247a", uid()
    provide(client, submission_set(uid()) + entry("D", number) + member("D"), "D")
    found = client.ask(query, XDSDocumentEntryUniqueId=f"('{number}')")
    assert (found.count("Documents"), found.count("Associations")) == (1, 1)
    first = str(found.all("//rim:ExtrinsicObject/@id")[0])
    provide(client, submission_set(uid()) + entry("A", uid()) + member("A") + link("A", "APND", first), "A")
    found = client.ask(query, XDSDocumentEntryUniqueId=f"('{number}')")
    kinds = sorted(str(one).rpartition(":")[2] for one in found.all("//rim:Association/@associationType"))
    assert (found.count("Documents"), kinds) == (1, ["APND", "HasMember"])


def test_a_submission_set_with_its_contents(client: SoapClient) -> None:
    query, number = "e8e3cb2c-e39c-46b9-99e4-c12f57260b83", uid()
    restricted = {"confidentialityCode": [("R", "2.16.840.1.113883.5.25")]}
    objects = submission_set(number) + entry("D1", uid()) + entry("D2", uid(), codes=restricted)
    objects += folder("F", uid()) + link("F", "HasMember", "D1", "L")
    objects += member("D1") + member("D2") + member("F") + member("L")
    provide(client, objects, "D1", "D2")
    found = client.ask(query, XDSSubmissionSetUniqueId=f"'{number}'")
    counts = [found.count(name) for name in ("SubmissionSets", "Documents", "Folders", "Associations")]
    # the set has four members, one of them the link of the folder to its document
    assert counts == [1, 2, 1, 5]
    level = {"XDSDocumentEntryConfidentialityCode": "('R^^2.16.840.1.113883.5.25')"}
    fewer = client.ask(query, XDSSubmissionSetUniqueId=f"'{number}'", **level)
    assert (fewer.count("Documents"), fewer.count("Folders")) == (1, 1)
    (entry_id,) = client.ask(SETS, XDSSubmissionSetPatientId=quoted(), XDSSubmissionSetStatus=APPROVED).all(
        "//rim:RegistryPackage/@id"
    )
    assert client.ask(query, XDSSubmissionSetEntryUUID=f"'{entry_id}'").count("Documents") == 2
