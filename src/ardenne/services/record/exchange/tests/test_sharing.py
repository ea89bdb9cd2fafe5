"""Sharing documents over SOAP: submitted, found, retrieved, replaced, updated, removed (ITI TF-2 3.18, 3.41 to 3.43, 3.57, 3.61, 3.62, 3.86)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools

import pytest
from lxml import etree

from ardenne.kernel.identity.caller import OPERATOR, Caller, Kind
from ardenne.kernel.testing import TestNode
from ardenne.services.record.exchange import registering
from ardenne.services.record.exchange.tests.client import PLACE, SoapClient, Told, submit
from ardenne.services.record.exchange.tests.samples import (
    DOMAIN,
    ONE,
    TWO,
    entry,
    folder,
    link,
    member,
    registered,
    submission_set,
)
from ardenne.standards.xds import reading
from ardenne.standards.xds.errors import Refused

_NUMBERS = itertools.count(1000)
FIND = "14d4debf-8f97-4251-9a74-a90016b0af0d"
GET_DOCUMENTS = "5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4"
APPROVED = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')"
DEPRECATED = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated')"


def uid() -> str:
    return f"1.3.6.1.4.1.21367.42.7.{next(_NUMBERS)}"


@pytest.fixture
def client(filing_node: TestNode) -> SoapClient:
    for number in ("P1", "P2"):
        body = {"resourceType": "Patient", "identifier": [{"system": f"urn:oid:{DOMAIN}", "value": number}]}
        assert filing_node.call("POST", "Patient", body).status == 201
    return SoapClient(filing_node)


def find(client: SoapClient, status: str = APPROVED, patient: str = ONE, **more: str | list[str]) -> Told:
    values = {
        "XDSDocumentEntryPatientId": f"'{patient.replace('&amp;', '&')}'",
        "XDSDocumentEntryStatus": status,
        **more,
    }
    return client.ask(FIND, **values)


def provide(
    client: SoapClient, content: bytes = b"Bonjour", unique_id: str = "", more: str = "", **slots: str
) -> str:
    """Submit one document and return its entryUUID."""
    unique_id = unique_id or uid()
    objects = submission_set(uid()) + entry("Document01", unique_id, **slots) + member("Document01") + more
    told = client.provide(objects, {"Document01": content})
    assert told.status == "Success", told.text
    found = client.ask(GET_DOCUMENTS, XDSDocumentEntryUniqueId=f"('{unique_id}')")
    return str(found.all("//rim:ExtrinsicObject/@id")[-1])


def status_of(client: SoapClient, entry_id: str) -> str:
    found = client.ask(GET_DOCUMENTS, XDSDocumentEntryEntryUUID=f"('{entry_id}')")
    return str(found.all("//rim:ExtrinsicObject/@status")[0]).rpartition(":")[2]


def test_a_document_comes_back_byte_by_byte_with_all_its_metadata(client: SoapClient) -> None:
    content, unique_id = bytes(range(256)) * 300 + b"\r\n--b-like\r\n", uid()
    extra = {
        "urn:lu:own": ["a", "b"],
        "serviceStartTime": "200412230800",
        "sourcePatientInfo": ["PID-5|Doe^John", "PID-8|M"],
    }
    provide(client, content, unique_id, **extra)  # type: ignore[arg-type]
    found = find(client)
    assert found.count("Documents") == 1
    assert found.slot("urn:lu:own") == ["a", "b"]
    assert found.slot("serviceStartTime") == ["200412230800"]
    assert found.slot("sourcePatientInfo") == ["PID-5|Doe^John", "PID-8|M"]
    assert found.slot("size") == [str(len(content))]
    assert found.slot("sourcePatientId") == ["89765^^^&1.3.4.5&ISO"]
    assert found.all("//rim:Slot[@name='authorPerson']//rim:Value/text()") == ["^Thill^Claude^^^Dr"]
    assert found.all(
        "//rim:ExternalIdentifier[@value=$v]/@value".replace("$v", f"'{ONE.replace('&amp;', '&')}'")
    )
    told = client.retrieve(unique_id)
    assert told.status == "Success"
    assert list(told.parts.values()) == [content]
    assert told.all("//x:mimeType/text()") == ["text/plain"]


def test_the_same_documents_are_seen_over_fhir(client: SoapClient) -> None:
    provide(client, b"Bonjour")
    answer = client.node.call(
        "GET", f"DocumentReference?patient.identifier=urn:oid:{DOMAIN}|P1&status=current"
    )
    (found,) = answer.entries("match")
    attachment = found["resource"]["content"][0]["attachment"]
    assert (attachment["size"], attachment["hash"]) == (
        7,
        base64.b64encode(hashlib.sha1(b"Bonjour").digest()).decode(),
    )
    content = client.node.call("GET", attachment["url"])
    assert (content.status, content.body) == (200, b"Bonjour")
    lists = client.node.call(
        "GET", f"List?patient.identifier=urn:oid:{DOMAIN}|P1&code=submissionset&status=current"
    )
    assert len(lists.entries("match")) == 1


def test_a_replacement_deprecates_the_document_its_addenda_and_transforms(client: SoapClient) -> None:
    first = provide(client)
    addendum = provide(client, more=link("Document01", "APND", first))
    transform = provide(client, more=link("Document01", "XFRM", first))
    signature = provide(client, more=link("Document01", "signs", first))
    newer = provide(client, more=link("Document01", "RPLC", first))
    assert [status_of(client, one) for one in (first, addendum, transform, signature, newer)] == [
        "Deprecated", "Deprecated", "Deprecated", "Approved", "Approved",
    ]  # fmt: skip
    objects = submission_set(uid()) + entry("D", uid()) + member("D")
    for kind in ("RPLC", "APND", "XFRM", "XFRM_RPLC"):
        told = client.provide(objects + link("D", kind, first), {"D": b"x"})
        assert (told.status, told.codes) == ("Failure", ["XDSRegistryDeprecatedDocumentError"]), kind
    both = provide(client, more=link("Document01", "XFRM_RPLC", newer))
    assert (status_of(client, newer), status_of(client, both)) == ("Deprecated", "Approved")
    related = client.ask(
        "d90e5407-b356-4d91-a89f-873917b4b0e6", XDSDocumentEntryEntryUUID=f"'{first}'",
        AssociationTypes="('urn:ihe:iti:2007:AssociationType:APND','urn:ihe:iti:2007:AssociationType:RPLC')",
    )  # fmt: skip
    assert (related.count("Documents"), related.count("Associations")) == (3, 2)


def test_errors_say_what_is_wrong_and_nothing_is_kept(client: SoapClient) -> None:
    first = provide(client)
    good = submission_set(uid()) + entry("D", uid()) + member("D")
    cases = [
        (
            good + link("D", "RPLC", "urn:uuid:3fdc72f4-a11d-4a9d-9260-a9f745779e1d"),
            ["UnresolvedReferenceException"],
        ),
        (submission_set(uid(), TWO) + entry("D", uid()) + member("D"), ["XDSPatientIdDoesNotMatch"]),
        (
            submission_set(uid(), TWO) + entry("D", uid(), TWO) + member("D") + link("D", "RPLC", first),
            ["XDSPatientIdDoesNotMatch"],
        ),
        (
            submission_set(uid()) + entry("D", uid(), codes={"typeCode": []}) + member("D"),
            ["XDSRegistryMetadataError"],
        ),
        (
            submission_set(uid()) + entry("D", uid(), creationTime="20051324") + member("D"),
            ["XDSRegistryMetadataError"],
        ),
        (submission_set(uid()) + entry("D", uid()), ["XDSRegistryMetadataError"]),
        (entry("D", uid()), ["XDSRegistryMetadataError"]),
        (good.replace(ONE, "nobody^^^&amp;1.2.3&amp;ISO"), ["XDSUnknownPatientId"]),
        (submission_set(uid()) + entry("D", uid(), hash="00") + member("D"), ["XDSRepositoryMetadataError"]),
        (submission_set(uid()) + entry("D", uid(), size="3") + member("D"), ["XDSRepositoryMetadataError"]),
    ]
    for objects, codes in cases:
        told = client.provide(objects, {"D": b"x"})
        assert (told.status, told.codes) == ("Failure", codes), told.text
        assert told.text
    assert find(client).count("Documents") == 1
    assert find(client, patient=TWO).count("Documents") == 0


def test_resubmission_needs_the_same_hash_and_sets_are_unique(client: SoapClient) -> None:
    unique_id, set_id = uid(), uid()
    provide(client, b"one", unique_id)
    provide(client, b"one", unique_id)
    assert find(client).count("Documents") == 2
    told = client.provide(submission_set(uid()) + entry("D", unique_id) + member("D"), {"D": b"two"})
    assert told.codes == ["XDSNonIdenticalHash"]
    objects = submission_set(set_id) + entry("D", uid()) + member("D")
    assert client.provide(objects, {"D": b"1"}).status == "Success"
    objects = submission_set(set_id) + entry("D", uid()) + member("D")
    assert client.provide(objects, {"D": b"1"}).codes == ["XDSDuplicateUniqueIdInRegistry"]


def test_many_who_replace_one_document_at_once_make_one_replacement(client: SoapClient) -> None:
    first = provide(client)

    async def one(number: int) -> str:
        objects = submission_set(uid()) + registered("D", uid()) + member("D") + link("D", "RPLC", first)
        found = reading.submission(etree.fromstring(submit(objects)))
        try:
            await registering.register(client.node.service, PLACE, found)
        except Refused as error:
            return error.errors[0].code
        return "done"

    async def all_at_once() -> list[str]:
        return list(await asyncio.gather(*(one(number) for number in range(6))))

    outcomes = client.node.run(all_at_once())
    assert sorted(outcomes) == ["XDSRegistryDeprecatedDocumentError"] * 5 + ["done"]
    assert (find(client).count("Documents"), find(client, DEPRECATED).count("Documents")) == (1, 1)


def test_find_documents_as_the_toolkit_asks(client: SoapClient) -> None:
    event = [("a", "1.2.3"), ("b", "1.2.3")]
    plain = provide(client, codes={"eventCodeList": event})  # type: ignore[arg-type]
    provide(client, codes={"confidentialityCode": [("V", "2.16.840.1.113883.5.25")]})  # type: ignore[arg-type]
    reference = "20061223^^^&amp;1.2.5643.2&amp;ISO^urn:ihe:iti:xds:2013:uniqueId"
    provide(client, **{"urn:ihe:iti:xds:2013:referenceIdList": reference})
    old = provide(client, creationTime="20040615")
    provide(client, creationTime="2004063012", more=link("Document01", "RPLC", old))
    assert find(client).count("Documents") == 4
    assert find(client, DEPRECATED).count("Documents") == 1
    both = find(client, XDSDocumentEntryEventCodeList="('a^^1.2.3','z^^1.2.3')")
    assert both.all("//rim:ExtrinsicObject/@id") == [plain]
    assert (
        find(
            client,
            XDSDocumentEntryConfidentialityCode="('V^^2.16.840.1.113883.5.25','R^^2.16.840.1.113883.5.25')",
        ).count("Documents")
        == 1
    )
    within = {"XDSDocumentEntryCreationTimeFrom": "20040101", "XDSDocumentEntryCreationTimeTo": "20050101"}
    assert find(client, **within).slot("creationTime") == ["2004063012"]  # type: ignore[arg-type]
    # the end of a span does not belong to it
    assert find(client, XDSDocumentEntryCreationTimeTo="2004063012").count("Documents") == 0
    assert find(client, XDSDocumentEntryAuthorPerson="('%Thill%')").count("Documents") == 4
    assert find(client, XDSDocumentEntryAuthorPerson="('Thill')").count("Documents") == 0
    by_reference = client.ask(
        "12941a89-e02e-4be5-967c-ce4bfc8fe492", XDSDocumentEntryPatientId=f"'{ONE.replace('&amp;', '&')}'",
        XDSDocumentEntryStatus=APPROVED, XDSDocumentEntryReferenceIdList=f"('{reference.replace('&amp;', '&')}')",
    )  # fmt: skip
    assert by_reference.count("Documents") == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"XDSDocumentEntryStatus": APPROVED}, "XDSStoredQueryMissingParam"),
        ({"XDSDocumentEntryPatientId": ["'1^^^&1.2&ISO'", "'2^^^&1.2&ISO'"], "XDSDocumentEntryStatus": APPROVED}, "XDSStoredQueryParamNumber"),
        ({"XDSDocumentEntryPatientId": "'1^^^&1.2&ISO", "XDSDocumentEntryStatus": APPROVED}, "XDSRegistryError"),
        ({"XDSDocumentEntryPatientId": "'1^^^&1.2&ISO'", "XDSDocumentEntryStatus": APPROVED, "XDSDocumentEntryClassCode": "('a^^')"}, "XDSRegistryError"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_answered(client: SoapClient, values: dict[str, str], code: str) -> None:
    told = client.ask(FIND, **values)
    assert (told.status, told.codes) == ("Failure", [code])


def test_unknown_queries_patients_and_repositories(client: SoapClient) -> None:
    assert client.ask("00000000-0000-0000-0000-000000000000").codes == ["XDSUnknownStoredQuery"]
    assert find(client, patient="nobody^^^&1.2.3&ISO").status == "Success"
    told = client.retrieve("1.2.3.4", "9.9.9")
    assert (told.status, told.codes) == ("Failure", ["XDSUnknownRepositoryId"])
    told = client.retrieve("1.2.3.4")
    assert (told.status, told.codes) == ("Failure", ["XDSDocumentUniqueIdError"])


def test_a_result_of_two_patients_is_given_as_references_only(client: SoapClient) -> None:
    one = provide(client)
    objects = submission_set(uid(), TWO) + entry("D", uid(), TWO) + member("D")
    assert client.provide(objects, {"D": b"x"}).status == "Success"
    two = str(find(client, patient=TWO).all("//rim:ExtrinsicObject/@id")[0])
    both = f"('{one}','{two}')"
    assert client.ask(GET_DOCUMENTS, XDSDocumentEntryEntryUUID=both).codes == ["XDSResultNotSinglePatient"]
    assert client.ask(GET_DOCUMENTS, leaves=False, XDSDocumentEntryEntryUUID=both).count("ObjectRefs") == 2
    sets = "51224314-5390-4169-9b91-b1980040715a"
    assert client.ask(sets, uuid=both).codes == ["XDSResultNotSinglePatient"]
    assert client.ask(sets, leaves=False, uuid=both).count("ObjectRefs") == 4


def test_folders(client: SoapClient) -> None:
    folder_uid = uid()
    objects = (
        submission_set(uid()) + folder("Fol", folder_uid) + entry("D", uid()) + member("D") + member("Fol")
    )
    objects += link("Fol", "HasMember", "D", "FD") + member("FD")
    assert client.provide(objects, {"D": b"x"}).status == "Success"
    values = {"XDSFolderPatientId": f"'{ONE.replace('&amp;', '&')}'", "XDSFolderStatus": APPROVED}
    found = client.ask("958f3006-baad-4929-a4de-ff1114824431", **values)
    assert found.count("Folders") == 1
    folder_id = str(found.all("//rim:RegistryPackage/@id")[0])
    more = link(folder_id, "HasMember", "Document01", "FD2") + member("FD2")
    second = provide(client, more=more)
    contents = client.ask("b909a503-523d-4517-8acf-8e5834dfc4c7", XDSFolderUniqueId=f"'{folder_uid}'")
    assert (contents.count("Documents"), contents.count("Associations")) == (2, 2)
    holding = client.ask("10cae35a-c7f9-4cf5-b61e-fc3278ffb578", XDSDocumentEntryEntryUUID=f"'{second}'")
    assert holding.count("Folders") == 1
    everything = client.ask(
        "10b545ea-725c-446d-9b95-8aeb444eddf3", patientId=f"'{ONE.replace('&amp;', '&')}'",
        XDSDocumentEntryStatus=APPROVED, XDSSubmissionSetStatus=APPROVED, XDSFolderStatus=APPROVED,
    )  # fmt: skip
    counts = [everything.count(name) for name in ("Documents", "SubmissionSets", "Folders", "Associations")]
    # members of the sets: document, folder, link; document, link. Members of the folder: two documents
    assert counts == [2, 2, 1, 7]


def test_metadata_is_updated_in_versions(client: SoapClient) -> None:
    unique_id = uid()
    first = provide(client, b"content", unique_id)
    changed = entry("D", unique_id, lid=first, languageCode="de-LU")
    objects = submission_set(uid()) + changed + member("D", PreviousVersion="1")
    assert client.send("update", submit(_with_content(objects))).status == "Success"
    assert find(client).slot("languageCode") == ["de-LU"]
    assert find(client).all("//rim:VersionInfo/@versionName")[0] == "2"
    assert status_of(client, first) == "Deprecated"
    assert list(client.retrieve(unique_id).parts.values()) == [b"content"]
    again = submission_set(uid()) + changed + member("D", PreviousVersion="1")
    assert client.send("update", submit(_with_content(again))).codes == ["XDSMetadataVersionError"]
    versions = client.ask(GET_DOCUMENTS, XDSDocumentEntryLogicalID=f"('{first}')", MetadataLevel="2")
    assert versions.count("Documents") == 2


def _with_content(objects: str) -> str:
    more = "".join(
        f'<rim:Slot name="{name}"><rim:ValueList><rim:Value>{value}</rim:Value></rim:ValueList></rim:Slot>'
        for name, value in (
            ("hash", "040f06fd774092478d450774f5ba30c5da78acc8"),
            ("size", "7"),
            ("repositoryUniqueId", PLACE.repository),
        )
    )
    return objects.replace('<rim:Slot name="creationTime">', more + '<rim:Slot name="creationTime">', 1)


def test_a_status_is_changed_by_an_update(client: SoapClient) -> None:
    first = provide(client)
    status = "urn:oasis:names:tc:ebxml-regrep:StatusType:"
    slots = {"OriginalStatus": f"{status}Approved", "NewStatus": f"{status}Deprecated"}
    objects = submission_set(uid()) + link("Set", "UpdateAvailabilityStatus", first, **slots)
    assert client.send("update", submit(objects)).status == "Success"
    assert status_of(client, first) == "Deprecated"
    objects = submission_set(uid()) + link("Set", "UpdateAvailabilityStatus", first, **slots)
    assert client.send("update", submit(objects)).codes == ["XDSMetadataUpdateError"]


def test_documents_on_demand_are_shown_when_asked_for(client: SoapClient) -> None:
    on_demand = "34268e47-fdf5-41a6-ba33-82133c465248"
    objects = (
        submission_set(uid()) + entry("D", uid(), object_type=on_demand, creationTime=None) + member("D")
    )
    assert client.send("on-demand", submit(objects)).status == "Success"
    assert find(client).count("Documents") == 0
    assert find(client, XDSDocumentEntryType=f"('urn:uuid:{on_demand}')").count("Documents") == 1


def test_what_others_point_to_is_not_removed(client: SoapClient) -> None:
    unique_id = uid()
    first = provide(client, b"away", unique_id)
    assert client.send("delete", _removal(first)).codes == ["ReferencesExistException"]
    links = client.ask("a7ae438b-4bc2-4642-93e9-be891f7bb155", uuid=f"('{first}')")
    sets = client.ask("51224314-5390-4169-9b91-b1980040715a", uuid=f"('{first}')")
    ids = [str(one) for one in (*links.all("//rim:Association/@id"), *sets.all("//rim:RegistryPackage/@id"))]
    told = client.send("remove", client_removal(unique_id))
    assert told.status == "Success", told.text
    assert client.retrieve(unique_id).codes == ["XDSDocumentUniqueIdError"]
    assert client.send("delete", _removal(first, *ids)).status == "Success"
    assert find(client).count("Documents") == 0
    assert client.send("delete", _removal(first)).codes == ["UnresolvedReferenceException"]


def test_a_removed_content_is_gone_unless_another_document_has_it(client: SoapClient) -> None:
    count = "select count(*) from content"
    first, second = uid(), uid()
    provide(client, b"the same letter", first)
    provide(client, b"the same letter", second)
    node = client.node
    assert node.run(node.database.fetch(count))[0][0] == 1
    assert client.send("remove", client_removal(first)).status == "Success"
    assert client.retrieve(first).codes == ["XDSDocumentUniqueIdError"]
    assert list(client.retrieve(second).parts.values()) == [b"the same letter"]
    assert client.send("remove", client_removal(second)).status == "Success"
    assert node.run(node.database.fetch(count))[0][0] == 0


def _removal(*ids: str) -> str:
    references = "".join(f'<rim:ObjectRef id="{one}"/>' for one in ids)
    return (
        '<lcm:RemoveObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" '
        f'xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><rim:ObjectRefList>{references}</rim:ObjectRefList>'
        "</lcm:RemoveObjectsRequest>"
    )


def client_removal(unique_id: str) -> str:
    return (
        '<r:RemoveDocumentsRequest xmlns:r="urn:ihe:iti:rmd:2017" xmlns:x="urn:ihe:iti:xds-b:2007"><x:DocumentRequest>'
        f"<x:RepositoryUniqueId>{PLACE.repository}</x:RepositoryUniqueId><x:DocumentUniqueId>{unique_id}</x:DocumentUniqueId>"
        "</x:DocumentRequest></r:RemoveDocumentsRequest>"
    )


def test_the_gateway_answers_for_its_own_community(client: SoapClient) -> None:
    unique_id = uid()
    provide(client, b"across", unique_id)
    values = {
        "XDSDocumentEntryPatientId": f"'{ONE.replace('&amp;', '&')}'",
        "XDSDocumentEntryStatus": APPROVED,
    }
    found = client.ask(FIND, name="cross-query", **values)
    assert found.all("//rim:ExtrinsicObject/@home") == [PLACE.home]
    told = client.retrieve(unique_id, name="cross-retrieve")
    assert list(told.parts.values()) == [b"across"]
    assert told.all("//x:HomeCommunityId/text()") == [PLACE.home]


def test_who_may_not_see_a_record_finds_nothing_and_files_nothing(client: SoapClient) -> None:
    unique_id = uid()
    provide(client, b"private", unique_id)
    client.node.caller = Caller(Kind.PROFESSIONAL, "a", "Dr Nobody", practitioner="p", profession="doctor")
    assert find(client).count("Documents") == 0
    assert client.retrieve(unique_id).codes == ["XDSDocumentUniqueIdError"]
    told = client.provide(submission_set(uid()) + entry("D", uid()) + member("D"), {"D": b"x"})
    assert (told.status, told.codes) == ("Failure", ["XDSRepositoryError"])


def test_a_system_files_and_the_platform_keeps_it_in_its_name(client: SoapClient) -> None:
    client.node.caller = Caller(Kind.SOFTWARE, "hospital-system", "Hospital system", profession="hospital")
    objects = submission_set(uid()) + entry("D", uid()) + member("D")
    told = client.provide(objects, {"D": b"x"})
    assert told.status == "Success", told.text
    client.node.caller = OPERATOR
    assert find(client).count("Documents") == 1
    assert "Hospital system" in client.node.call("GET", "AuditEvent?_count=100").body.decode()


def test_a_system_without_the_scope_files_nothing(client: SoapClient) -> None:
    client.node.caller = Caller(
        Kind.SOFTWARE, "reader", "Reader", profession="hospital", scopes=("system/*.rs",)
    )
    told = client.provide(submission_set(uid()) + entry("D", uid()) + member("D"), {"D": b"x"})
    assert told.status != "Success"
    client.node.caller = OPERATOR
    assert find(client).count("Documents") == 0
