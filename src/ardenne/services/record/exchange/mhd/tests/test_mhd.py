"""Documents over FHIR, as IHE MHD 4.2 says: published, found, retrieved; errors carry the codes of XDS."""

from __future__ import annotations

import base64
import copy
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from ardenne.kernel.identity.caller import OPERATOR, Caller
from ardenne.kernel.identity.caller import Kind as CallerKind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.testing import Answer, TestNode
from ardenne.services.record import extracting
from ardenne.services.record.exchange.mhd import generating
from ardenne.services.record.exchange.mhd.publishing import Publishing
from ardenne.services.record.exchange.tests.client import PLACE, SoapClient
from ardenne.services.record.testing.samples import cda
from ardenne.standards.fhir import xml
from ardenne.standards.xds import codings

Json = dict[str, Any]
DOMAIN = "urn:oid:1.3.6.1.4.1.21367.2005.13.20.1000"
MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"


@pytest.fixture
def node(filing_node: TestNode) -> Iterator[TestNode]:
    publishing, before = Publishing(PLACE), filing_node.router
    filing_node.router = Router(
        filing_node.service,
        {**ALL, **generating.OPERATIONS},
        taken={("POST", ""): publishing.bundle, ("POST", "DocumentReference"): publishing.simplified},
    )
    for number in ("P1", "P2"):
        body = {
            "resourceType": "Patient",
            "id": number.lower(),
            "identifier": [{"system": DOMAIN, "value": number}],
        }
        assert filing_node.call("PUT", f"Patient/{number.lower()}", body).status == 201
    yield filing_node
    filing_node.router = before


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": code}]}


def sha1(data: bytes) -> str:
    return base64.b64encode(hashlib.sha1(data).digest()).decode()


def urn() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def document(binary: str, data: bytes, patient: str = "p1", **more: Any) -> Json:
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": urn()},
        "status": "current",
        "type": coded("http://loinc.org", "34105-7"),
        "category": [coded("http://loinc.org", "11488-4")],
        "subject": {"reference": f"Patient/{patient}"},
        "date": "2026-01-02T03:04:05Z",
        "author": [{"reference": "#a"}],
        "contained": [{"resourceType": "Practitioner", "id": "a", "name": [{"family": "Thill", "given": ["Claude"]}]}],
        "securityLabel": [coded("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N")],
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain", "language": "fr-LU", "url": binary, "size": len(data), "hash": sha1(data),
                    "title": "Lettre", "creation": "2026-01-01T00:00:00Z",
                },
                "format": {"system": "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode", "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient"},
            }
        ],
        "context": {
            "facilityType": coded("http://snomed.info/sct", "22232009"),
            "practiceSetting": coded("http://snomed.info/sct", "394802001"),
            "sourcePatientInfo": {"reference": f"Patient/{patient}"},
        },
        **more,
    }  # fmt: skip


def submission_set(documents: list[str], patient: str = "p1") -> Json:
    return {
        "resourceType": "List",
        "extension": [
            {
                "url": f"{MHD}ihe-sourceId",
                "valueIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"},
            },
            {
                "url": f"{MHD}ihe-designationType",
                "valueCodeableConcept": coded("http://snomed.info/sct", "225728007"),
            },
        ],
        "identifier": [{"use": "usual", "system": "urn:ietf:rfc:3986", "value": urn()}],
        "status": "current",
        "mode": "working",
        "code": {
            "coding": [
                {
                    "system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes",
                    "code": "submissionset",
                }
            ]
        },
        "subject": {"reference": f"Patient/{patient}"},
        "date": "2026-01-02T03:04:05Z",
        "entry": [{"item": {"reference": one}} for one in documents],
    }


def bundle(
    data: bytes = b"Bonjour", profile: str = "Comprehensive", patient: str = "p1", **more: Any
) -> Json:
    binary, reference = urn(), urn()
    entries = [
        (urn(), submission_set([reference], patient)),
        (reference, document(binary, data, patient, **more)),
        (
            binary,
            {"resourceType": "Binary", "contentType": "text/plain", "data": base64.b64encode(data).decode()},
        ),
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{MHD}IHE.MHD.{profile}.ProvideBundle"]},
        "type": "transaction",
        "entry": [
            {"fullUrl": url, "resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
            for url, one in entries
        ],
    }


def codes(answer: Answer) -> list[str]:
    return [
        coding["code"]
        for issue in answer.json["issue"]
        for coding in issue.get("details", {}).get("coding", [])
    ]


def test_every_entry_is_answered_in_order_and_the_document_comes_back(node: TestNode) -> None:
    answer = node.call("POST", "", bundle(b"Bonjour \xc3\xa0 tous"))
    assert answer.status == 200, answer.json
    assert answer.json["type"] == "transaction-response"
    responses = [entry["response"] for entry in answer.json["entry"]]
    assert [one["status"].split()[0] for one in responses] == ["201", "201", "201"]
    kinds = [one["location"].split("/fhir/")[1].split("/")[0] for one in responses]
    assert kinds == ["List", "DocumentReference", "Binary"]
    found = node.call("GET", "DocumentReference?patient=Patient/p1&status=current")
    (entry,) = found.entries("match")
    attachment = entry["resource"]["content"][0]["attachment"]
    content = node.call("GET", attachment["url"])
    assert (content.status, content.body) == (200, b"Bonjour \xc3\xa0 tous")
    assert entry["resource"]["contained"][0]["name"][0]["family"] == "Thill"


@pytest.mark.parametrize("profile", ["Comprehensive", "UnContained.Comprehensive", "Minimal"])
def test_the_profiles(node: TestNode, profile: str) -> None:
    assert node.call("POST", "", bundle(profile=profile)).status == 200


def test_xml_is_taken_too(node: TestNode) -> None:
    answer = node.call("POST", "", xml.dump(bundle()), {"content-type": "application/fhir+xml"})
    assert answer.status == 200


def test_a_minimal_submission_may_lack_what_a_comprehensive_one_needs(node: TestNode) -> None:
    sent = bundle(profile="Minimal")
    for name in ("masterIdentifier", "type", "category", "securityLabel", "context"):
        del sent["entry"][1]["resource"][name]
    assert node.call("POST", "", sent).status == 200
    sent["meta"]["profile"] = [f"{MHD}IHE.MHD.Comprehensive.ProvideBundle"]
    answer = node.call("POST", "", sent)
    assert answer.status == 400
    assert set(codes(answer)) == {"XDSRegistryMetadataError"}
    paths = {issue["expression"][0].rpartition("resource.")[2] for issue in answer.json["issue"]}
    assert {"type", "category", "securityLabel", "masterIdentifier", "context.facilityType"} <= paths


def test_refusals_name_the_rule_and_nothing_is_kept(node: TestNode) -> None:
    def without_set(sent: Json) -> None:
        del sent["entry"][0]

    def two_patients(sent: Json) -> None:
        sent["entry"][1]["resource"]["subject"] = {"reference": "Patient/p2"}

    def nobody(sent: Json) -> None:
        for entry in sent["entry"][:2]:
            entry["resource"]["subject"] = {"reference": "Patient/nobody"}

    def other_hash(sent: Json) -> None:
        sent["entry"][1]["resource"]["content"][0]["attachment"]["hash"] = sha1(b"other")

    def other_size(sent: Json) -> None:
        sent["entry"][1]["resource"]["content"][0]["attachment"]["size"] = 1

    def no_content(sent: Json) -> None:
        del sent["entry"][2]

    def replaces_nothing(sent: Json) -> None:
        target = {"reference": "DocumentReference/none"}
        sent["entry"][1]["resource"]["relatesTo"] = [{"code": "replaces", "target": target}]

    def something_else(sent: Json) -> None:
        sent["entry"].append(
            {
                "fullUrl": urn(),
                "resource": {"resourceType": "Basic", "code": {"text": "x"}},
                "request": {"method": "POST", "url": "Basic"},
            }
        )

    cases = {
        without_set: "XDSRegistryMetadataError", two_patients: "XDSPatientIdDoesNotMatch", nobody: "XDSUnknownPatientId",
        other_hash: "XDSRepositoryMetadataError", other_size: "XDSRepositoryMetadataError", no_content: "XDSMissingDocument",
        replaces_nothing: "UnresolvedReferenceException", something_else: "XDSRegistryMetadataError",
    }  # fmt: skip
    for change, code in cases.items():
        sent = bundle()
        change(sent)
        answer = node.call("POST", "", sent)
        assert answer.status == 400, change.__name__
        assert code in codes(answer), (change.__name__, answer.json)
    assert node.call("GET", "DocumentReference").entries() == []
    assert node.call("GET", "List").entries() == []


def test_a_replacement_deprecates_what_it_replaces(node: TestNode) -> None:
    first = node.call("POST", "", bundle()).json["entry"][1]["response"]["location"]
    name = first.split("/fhir/")[1].split("/_history")[0]
    relation = [{"code": "replaces", "target": {"reference": name}}]
    assert node.call("POST", "", bundle(b"neuf", relatesTo=relation)).status == 200
    assert node.call("GET", name).json["status"] == "superseded"
    current = node.call("GET", "DocumentReference?patient=Patient/p1&status=current").entries("match")
    assert [one["resource"]["content"][0]["attachment"]["size"] for one in current] == [4]
    again = node.call("POST", "", bundle(b"encore", relatesTo=relation))
    assert (again.status, codes(again)) == (400, ["XDSRegistryDeprecatedDocumentError"])


def folder(documents: list[str], **more: Any) -> Json:
    found = submission_set(documents)
    found["code"]["coding"][0]["code"] = "folder"
    found["extension"] = found["extension"][1:]
    return {**found, "title": "Grossesse", **more}


def added(sent: Json, resource: Json, method: str = "POST", url: str = "List") -> Json:
    """Add an entry to a Bundle."""
    sent["entry"].append({"fullUrl": urn(), "resource": resource, "request": {"method": method, "url": url}})
    return sent


def test_a_folder_that_is_there_takes_further_documents(node: TestNode) -> None:
    first = bundle()
    told = node.call("POST", "", added(first, folder([first["entry"][1]["fullUrl"]])))
    assert told.status == 200, told.json
    where = told.json["entry"][3]["response"]["location"].split("/fhir/")[1].split("/_history")[0]
    document_one = told.json["entry"][1]["response"]["location"].split("/fhir/")[1].split("/_history")[0]
    second = bundle(b"deux")
    changed = folder([document_one, second["entry"][1]["fullUrl"]])
    told = node.call("POST", "", added(second, changed, "PUT", where))
    assert told.status == 200, told.json
    answer = told.json["entry"][3]["response"]
    assert (answer["status"], answer["etag"]) == ("200 OK", 'W/"2"') and answer["location"].endswith(
        f"{where}/_history/2"
    )
    document_two = told.json["entry"][1]["response"]["location"].split("/fhir/")[1].split("/_history")[0]
    held = [one["item"]["reference"] for one in node.call("GET", where).json["entry"]]
    assert held == [document_one, document_two]
    # the same submission set cannot come twice, and a folder is not emptied by leaving its documents out
    third = bundle(b"trois")
    assert (
        node.call("POST", "", added(third, folder([third["entry"][1]["fullUrl"]]), "PUT", where)).status
        == 200
    )
    assert len(node.call("GET", where).json["entry"]) == 3
    client = SoapClient(node)
    unique = codings.from_identifier(node.call("GET", where).json["identifier"][0])
    seen = client.ask("b909a503-523d-4517-8acf-8e5834dfc4c7", XDSFolderUniqueId=f"'{unique}'")
    assert (seen.status, seen.count("Documents")) == ("Success", 3), seen.text


@pytest.mark.parametrize(
    ("url", "code", "patient"),
    [
        ("List/nowhere", "UnresolvedReferenceException", "p1"),
        ("DocumentReference/x", "XDSRegistryMetadataError", "p1"),
        ("List?identifier=x", "XDSRegistryMetadataError", "p1"),
    ],
)
def test_folders_that_cannot_be_updated(node: TestNode, url: str, code: str, patient: str) -> None:
    sent = bundle(patient=patient)
    answer = node.call("POST", "", added(sent, folder([sent["entry"][1]["fullUrl"]]), "PUT", url))
    assert (answer.status, codes(answer)) == (400, [code])
    assert node.call("GET", "DocumentReference").entries() == []


def test_a_folder_of_somebody_else_takes_nothing(node: TestNode) -> None:
    first = bundle()
    told = node.call("POST", "", added(first, folder([first["entry"][1]["fullUrl"]])))
    where = told.json["entry"][3]["response"]["location"].split("/fhir/")[1].split("/_history")[0]
    other = bundle(patient="p2")
    stolen = folder([other["entry"][1]["fullUrl"]])
    stolen["subject"] = {"reference": "Patient/p2"}
    answer = node.call("POST", "", added(other, stolen, "PUT", where))
    assert (answer.status, codes(answer)) == (400, ["XDSPatientIdDoesNotMatch"])


def test_a_replaced_document_may_be_named_by_its_number(node: TestNode) -> None:
    sent = bundle()
    number = sent["entry"][1]["resource"]["masterIdentifier"]
    first = (
        node.call("POST", "", sent)
        .json["entry"][1]["response"]["location"]
        .split("/fhir/")[1]
        .split("/_history")[0]
    )
    by_number = [{"code": "replaces", "target": {"identifier": number}}]
    assert node.call("POST", "", bundle(b"neuf", relatesTo=by_number)).status == 200
    assert node.call("GET", first).json["status"] == "superseded"
    unknown = [{"code": "replaces", "target": {"identifier": {"value": urn()}}}]
    answer = node.call("POST", "", bundle(b"dix", relatesTo=unknown))
    assert (answer.status, codes(answer)) == (400, ["UnresolvedReferenceException"])
    assert "relatesTo[0].target" in answer.json["issue"][0]["expression"][0]


def test_recipients_are_of_the_directory(node: TestNode) -> None:
    sent = bundle()
    extension = {"url": f"{MHD}ihe-intendedRecipient", "valueReference": {"reference": "Practitioner/nobody"}}
    sent["entry"][0]["resource"]["extension"].append(extension)
    answer = node.call("POST", "", sent)
    assert (answer.status, codes(answer)) == (400, ["UnknownRecipient"])
    made = node.call("POST", "Practitioner", {"resourceType": "Practitioner"})
    extension["valueReference"]["reference"] = f"Practitioner/{made.json['id']}"
    assert node.call("POST", "", sent).status == 200


def test_retrieving_says_why_not(node: TestNode) -> None:
    told = node.call("POST", "", bundle())
    place = told.json["entry"][2]["response"]["location"].split("/fhir/")[1].split("/_history")[0]
    assert node.call("GET", place, headers={"accept": "text/plain"}).body == b"Bonjour"
    assert node.call("GET", place, headers={"accept": "text/*, image/png;q=0.5"}).status == 200
    assert node.call("GET", place, headers={"accept": "*/*"}).status == 200
    other = node.call("GET", place, headers={"accept": "image/png"})
    assert (other.status, other.json["resourceType"]) == (406, "OperationOutcome")
    for accept in ({}, {"accept": "application/pdf"}):
        assert node.call("GET", "Binary/unknown", headers=accept).status == 404
    assert node.call("DELETE", place).status in (200, 204)
    for accept in ({}, {"accept": "text/plain"}):
        assert node.call("GET", place, headers=accept).status == 410


def test_both_faces_show_one_store(node: TestNode) -> None:
    assert node.call("POST", "", bundle(b"over FHIR")).status == 200
    client = SoapClient(node)
    told = client.ask(
        "14d4debf-8f97-4251-9a74-a90016b0af0d",
        XDSDocumentEntryPatientId="'P1^^^&1.3.6.1.4.1.21367.2005.13.20.1000&ISO'",
        XDSDocumentEntryStatus="('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')",
        XDSDocumentEntryTypeCode="('34105-7^^2.16.840.1.113883.6.1')",
    )
    assert told.count("Documents") == 1, told.text
    assert told.slot("hash") == [hashlib.sha1(b"over FHIR").hexdigest()]
    assert told.slot("authorPerson") or told.all("//rim:Slot[@name='authorPerson']//rim:Value/text()") == [
        "^Thill^Claude"
    ]
    unique = told.all("//rim:ExternalIdentifier[contains(@identificationScheme,'2e82c1f6')]/@value")[0]
    assert list(client.retrieve(str(unique)).parts.values()) == [b"over FHIR"]


def test_delayed_assembly_and_on_demand_have_no_content(node: TestNode) -> None:
    delayed = bundle()
    attachment = delayed["entry"][1]["resource"]["content"][0]["attachment"]
    attachment |= {"size": 0, "hash": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}
    del attachment["url"], delayed["entry"][2]
    assert node.call("POST", "", delayed).status == 200
    on_demand = copy.deepcopy(delayed)
    for name in ("size", "hash"):
        del on_demand["entry"][1]["resource"]["content"][0]["attachment"][name]
    on_demand["entry"][1]["resource"]["masterIdentifier"]["value"] = urn()
    on_demand["entry"][0]["resource"]["identifier"][0]["value"] = urn()
    assert node.call("POST", "", on_demand).status == 200


def test_a_fhir_document_is_given_back_as_the_bundle_that_it_is(node: TestNode) -> None:
    data = b'{"resourceType":"Bundle","type":"document","timestamp":"2026-01-01T00:00:00Z","identifier":{"value":"x"}}'
    sent = bundle(data)
    attachment = sent["entry"][1]["resource"]["content"][0]["attachment"]
    attachment["contentType"] = sent["entry"][2]["resource"]["contentType"] = "application/fhir+json"
    del attachment["hash"], attachment["size"]
    assert node.call("POST", "", sent).status == 200
    url = node.call("GET", "DocumentReference").entries("match")[0]["resource"]["content"][0]["attachment"][
        "url"
    ]
    answer = node.call("GET", url, headers={"accept": "application/fhir+json"})
    assert (answer.status, answer.json["resourceType"], answer.json["type"]) == (200, "Bundle", "document")


def test_a_single_document_is_published_in_one_request(node: TestNode) -> None:
    sent = document("", b"")
    sent["meta"] = {"profile": [f"{MHD}IHE.MHD.SimplifiedPublish.DocumentReference"]}
    attachment = sent["content"][0]["attachment"]
    del attachment["url"], attachment["size"], attachment["hash"]
    attachment["data"] = base64.b64encode(b"simple").decode()
    answer = node.call("POST", "DocumentReference", sent)
    assert answer.status == 201, answer.json
    stored = answer.json
    assert "data" not in stored["content"][0]["attachment"]
    assert (stored["content"][0]["attachment"]["size"], stored["content"][0]["attachment"]["hash"]) == (
        6,
        sha1(b"simple"),
    )
    assert node.call("GET", stored["content"][0]["attachment"]["url"]).body == b"simple"
    lists = node.call("GET", "List?code=submissionset&patient=Patient/p1&status=current").entries("match")
    assert [one["item"]["reference"] for one in lists[0]["resource"]["entry"]] == [
        f"DocumentReference/{stored['id']}"
    ]
    del attachment["data"]
    assert codes(node.call("POST", "DocumentReference", sent)) == ["XDSMissingDocument"]


def test_finding_by_get_and_post_with_the_parameters_of_the_profile(node: TestNode) -> None:
    assert node.call("POST", "", bundle()).status == 200
    form = {"content-type": "application/x-www-form-urlencoded"}
    for query in (
        "category=http://loinc.org|11488-4", "type=http://loinc.org|34105-7", "facility=22232009", "setting=394802001",
        "security-label=N", "date=ge2026-01-01", "format=urn:ihe:iti:xds:2017:mimeTypeSufficient",
    ):  # fmt: skip
        asked = f"patient.identifier={DOMAIN}|P1&status=current&{query}"
        assert len(node.call("GET", f"DocumentReference?{asked}").ids) == 1, query
        assert len(node.call("POST", "DocumentReference/_search", asked.encode(), form).ids) == 1, query
    asked = f"patient.identifier={DOMAIN}|P2&status=current"
    assert node.call("GET", f"DocumentReference?{asked}").json["type"] == "searchset"
    assert node.call("GET", f"DocumentReference?{asked}").ids == []
    assert node.call("GET", "Binary/unknown").status == 404


def test_metadata_are_made_of_a_document_that_is_not_kept(node: TestNode) -> None:
    answer = node.call("POST", "DocumentReference/$generate-metadata", cda(), {"content-type": "text/xml"})
    assert answer.status == 200, answer.json
    assert answer.json["resourceType"] == "DocumentReference"
    assert answer.json["type"]["coding"]
    assert node.call("GET", "DocumentReference").entries() == []
    refused = node.call(
        "POST", "DocumentReference/$generate-metadata", b"<broken", {"content-type": "text/xml"}
    )
    assert refused.status == 422


@pytest.mark.parametrize("way", ["ITI-65", "ITI-105"])
def test_the_facts_of_a_published_document_follow(node: TestNode, way: str) -> None:
    data = orjson.dumps(SUMMARY)
    if way == "ITI-65":
        sent = bundle(data)
        attachment = sent["entry"][1]["resource"]["content"][0]["attachment"]
        attachment["contentType"] = sent["entry"][2]["resource"]["contentType"] = "application/fhir+json"
        del attachment["hash"], attachment["size"]
        assert node.call("POST", "", sent).status == 200
    else:
        sent = document("", b"")
        sent["meta"] = {"profile": [f"{MHD}IHE.MHD.SimplifiedPublish.DocumentReference"]}
        attachment = sent["content"][0]["attachment"]
        del attachment["url"], attachment["size"], attachment["hash"]
        attachment |= {"data": base64.b64encode(data).decode(), "contentType": "application/fhir+json"}
        assert node.call("POST", "DocumentReference", sent).status == 201
    assert node.run(extracting.FactRunner(node.service).step())
    (condition,) = node.call("GET", "Condition?patient=Patient/p1").entries("match")
    assert condition["resource"]["code"]["text"] == "Asthma"


def test_a_professional_publishes_to_whom_a_relation_leads_and_nowhere_else(node: TestNode) -> None:
    async def relate() -> None:
        async with node.database.transaction() as connection:
            await policy.grant(connection, "p1", "Practitioner/klein", Kind.TEAM, 0, (0, 1 << 62), "test")

    def published(patient: str, profession: str = "doctor", **more: Any) -> Answer:
        sent = document("", b"")
        sent["subject"] = {"reference": f"Patient/{patient}"}
        sent["meta"] = {"profile": [f"{MHD}IHE.MHD.SimplifiedPublish.DocumentReference"]}
        attachment = sent["content"][0]["attachment"]
        del attachment["url"], attachment["size"], attachment["hash"]
        attachment |= {"data": base64.b64encode(patient.encode()).decode()}
        node.caller = Caller(CallerKind.PROFESSIONAL, "k", practitioner="klein", profession=profession)
        return node.call("POST", "DocumentReference", {**sent, "masterIdentifier": {"value": urn()}, **more})

    assert published("p1").status == 403  # no relation yet
    node.run(relate())
    told = published("p1")
    assert told.status == 201, told.body
    assert node.call("GET", f"DocumentReference/{told.json['id']}").status == 200
    assert published("p2").status in (400, 403, 404)
    assert published("p1", "secretary").status == 403
    # what somebody else filed is not replaced by it
    node.caller = OPERATOR
    other = published_by_a_system(node)
    relates = {"relatesTo": [{"code": "replaces", "target": {"reference": f"DocumentReference/{other}"}}]}
    assert published("p1", **relates).status == 403
    node.caller = OPERATOR
    assert node.call("GET", f"DocumentReference/{other}").json["status"] == "current"
    assert len(node.call("GET", "DocumentReference").entries("match")) == 2


def published_by_a_system(node: TestNode) -> str:
    assert node.call("POST", "", bundle(b"by a system")).status == 200
    (found,) = [
        one["resource"]["id"]
        for one in node.call("GET", "DocumentReference").entries("match")
        if not one["resource"].get("author", [{}])[0].get("reference", "").endswith("klein")
        and one["resource"]["subject"]["reference"] == "Patient/p1"
        and one["resource"]["content"][0]["attachment"]["size"] == len(b"by a system")
    ]
    return str(found)


SUMMARY: Json = {
    "resourceType": "Bundle",
    "type": "document",
    "timestamp": "2026-01-01T00:00:00Z",
    "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:0d3f6a0e-6f1b-4f5e-9a55-1f8f1a3c2b01"},
    "entry": [
        {
            "fullUrl": "urn:uuid:0d3f6a0e-6f1b-4f5e-9a55-1f8f1a3c2b02",
            "resource": {
                "resourceType": "Composition",
                "status": "final",
                "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
                "subject": {"reference": "urn:uuid:0d3f6a0e-6f1b-4f5e-9a55-1f8f1a3c2b03"},
                "date": "2026-01-01",
                "author": [{"display": "Dr Thill"}],
                "title": "Résumé",
            },
        },
        {
            "fullUrl": "urn:uuid:0d3f6a0e-6f1b-4f5e-9a55-1f8f1a3c2b03",
            "resource": {
                "resourceType": "Patient",
                "identifier": [{"system": DOMAIN, "value": "P1"}],
                "name": [{"family": "Nilles", "given": ["Josée"]}],
            },
        },
        {
            "fullUrl": "urn:uuid:0d3f6a0e-6f1b-4f5e-9a55-1f8f1a3c2b04",
            "resource": {
                "resourceType": "Condition",
                "subject": {"reference": "urn:uuid:0d3f6a0e-6f1b-4f5e-9a55-1f8f1a3c2b03"},
                "code": {"text": "Asthma"},
            },
        },
    ],
}
