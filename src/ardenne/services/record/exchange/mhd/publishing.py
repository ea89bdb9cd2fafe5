"""ITI-65 Provide Document Bundle and ITI-105 Simplified Publish: FHIR resources into the one store of metadata."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming, references
from ardenne.kernel.rest.entries import DECODER
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.body import instant
from ardenne.services.record import documents
from ardenne.services.record.exchange import registering
from ardenne.services.record.exchange.doors import as_filed
from ardenne.services.record.exchange.mhd import folders, profile, targets
from ardenne.services.record.exchange.mhd.sent import Sent
from ardenne.services.record.exchange.objects import Objects, Place, bare, held
from ardenne.standards.fhir.json import dump, parse
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.xds import as_fhir, codings, from_fhir
from ardenne.standards.xds.errors import Code, Refused
from ardenne.standards.xds.values import Submission

Json = dict[str, Any]

SIMPLIFIED = "IHE.MHD.SimplifiedPublish"


class Publishing:
    """Takes documents that are published over FHIR."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def bundle(self, service: FhirService, request: Request) -> Response | None:
        """Answer a transaction that is a submission of documents (ITI-65); None when it is another one."""
        if b"ProvideBundle" not in request.body:
            return None
        text = incoming.json_of(request)
        body = parse(text)
        profiles = [str(one) for one in body.get("meta", {}).get("profile", [])]
        if body.get("type") != "transaction" or not profile.is_submission(profiles):
            return None
        sent = [
            Sent(place, entry.full_url, parse(bytes(entry.resource)))
            for place, entry in enumerate(DECODER.decode(text).entry)
        ]
        issues = profile.check([one.resource for one in sent], profile.strictness(profiles))
        if issues:
            raise RestError(400, issues)
        sent = folders.marked(sent, body["entry"], f"{request.base}/fhir/")
        places = await self._publish(as_filed(service), request, sent)
        answered = [await self._answered(service, request, *one) for one in zip(sent, places, strict=True)]
        found = {"resourceType": "Bundle", "type": "transaction-response", "entry": answered}
        return answers.resource(200, orjson.dumps(found))

    async def _answered(self, service: FhirService, request: Request, one: Sent, place: str) -> Json:
        """Return what became of an entry."""
        version, status = 1, "201 Created"
        if one.folder:
            kind, _, name = place.partition("/")
            stored = await bare(service).resources.read(kind, name)
            version, status = stored.version if stored is not None else 1, "200 OK"
        told: Json = {
            "status": status,
            "location": f"{request.base}/fhir/{place}/_history/{version}",
            "etag": f'W/"{version}"',
            "lastModified": instant(change.now()),
        }
        return {"response": told}

    async def simplified(self, service: FhirService, request: Request) -> Response | None:
        """Answer ``POST DocumentReference`` with the document inside (ITI-105); None when it is an ordinary create."""
        if SIMPLIFIED.encode() not in request.body:
            return None
        reference = incoming.read_resource(incoming.json_of(request), "DocumentReference").resource
        if not any(SIMPLIFIED in str(one) for one in reference.get("meta", {}).get("profile", [])):
            return None
        attachment = (reference.get("content") or [{}])[0].get("attachment", {})
        if not attachment.get("data"):
            text = "the document is missing: put it into content.attachment.data as base64"
            path = "DocumentReference.content.attachment.data"
            raise RestError(400, [profile.problem("required", path, text, Code.MISSING_DOCUMENT)])
        binary = {
            "resourceType": "Binary",
            "contentType": attachment.get("contentType", "application/octet-stream"),
            "data": attachment.pop("data"),
        }
        attachment["url"] = "urn:uuid:" + change.new_id()
        sent = [
            Sent(0, "urn:uuid:" + change.new_id(), reference),
            Sent(1, attachment["url"], binary),
        ]
        sent.append(Sent(2, "urn:uuid:" + change.new_id(), self._derived_set(reference, sent[0].full_url)))
        places = await self._publish(as_filed(service), request, sent)
        kind, _, name = places[0].partition("/")
        stored = await bare(service).resources.read(kind, name)
        assert stored is not None and stored.body is not None
        where = (("location", f"{request.base}/fhir/{places[0]}/_history/1"),)
        return answers.resource(201, stored.body, *where, *answers.version_headers(1, stored.updated))

    def _derived_set(self, reference: Json, target: str) -> Json:
        """Return the submission set that a single document implies (MHD 4.2, 3.105.4.1.3)."""
        number = change.new_id()
        source = {"system": codings.RFC3986, "value": self._place.home}
        found: Json = {
            "resourceType": "List",
            "extension": [{"url": codings.SOURCE_ID, "valueIdentifier": source}],
            "identifier": [{"use": "usual", "system": codings.RFC3986, "value": f"urn:uuid:{number}"}],
            "status": "current",
            "mode": "working",
            "code": {"coding": [{"system": as_fhir.LIST_TYPES, "code": "submissionset"}]},
            "date": instant(change.now()),
            "entry": [{"item": {"reference": target}}],
        }
        if reference.get("type"):
            found["extension"].append({"url": codings.DESIGNATION, "valueCodeableConcept": reference["type"]})
        if reference.get("subject"):
            found["subject"] = reference["subject"]
        return found

    async def _publish(self, service: FhirService, request: Request, sent: list[Sent]) -> list[str]:
        """Write a submission; returns the reference of each entry, in order. Raises RestError."""
        patient = await self._patient(service, request, sent)
        names, contents = self._named(request, sent, patient)
        objects = Objects(bare(service), self._place)
        await targets.complete(objects, [(one.place, one.resource) for one in sent])
        joins = await folders.additions(objects, sent, names)
        ready: dict[str, Json] = {}
        issues: list[Issue] = []
        for one in sent:
            resource = one.resource
            if resource["resourceType"] in ("Binary", "Patient") or one.folder:
                continue
            if resource["resourceType"] == "DocumentReference":
                issues += self._fitting(one, contents)
            made = self._made(one, names, patient)
            issues += _invalid(made, f"Bundle.entry[{one.place}].resource")
            ready[f"urn:uuid:{made['id']}"] = made
        if issues:
            raise RestError(400, issues)
        submission, aliases = self._submission(ready)
        submission = Submission(
            submission.objects, (*submission.associations, *(one for one, _folder in joins))
        )
        aliases |= {link.source: folder for link, folder in joins}
        work = registering.Registration(service, self._place, submission, ready, aliases)
        documents_ = {
            f"urn:uuid:{names[one.full_url].rpartition('/')[2]}": contents[url]
            for one in sent
            if one.resource["resourceType"] == "DocumentReference"
            and (url := _content_url(one.resource)) in contents
        }
        try:
            await work.run(documents_, patient)
        except Refused as error:
            raise RestError(
                400,
                [
                    profile.problem("business-rule", found.location, found.context, found.code)
                    for found in error.errors
                ],
            ) from None
        return [names[one.full_url] for one in sent]

    async def _patient(self, service: FhirService, request: Request, sent: list[Sent]) -> str:
        """Return the id of the one patient of a submission. Raises RestError."""
        found = set()
        inside = {one.full_url: one.resource for one in sent if one.resource["resourceType"] == "Patient"}
        objects = Objects(bare(service), self._place)
        for one in sent:
            subject = one.resource.get("subject")
            if not subject or one.resource["resourceType"] not in ("List", "DocumentReference"):
                continue
            reference = str(subject.get("reference", "")).removeprefix(f"{request.base}/fhir/")
            identifiers = [subject["identifier"]] if "identifier" in subject else []
            if reference in inside:
                identifiers = inside[reference].get("identifier", [])
            patient = ""
            if reference.startswith("Patient/"):
                stored = await objects.resource(reference.partition("/_history/")[0])
                patient = str(stored["id"]) if stored else ""
            for identifier in identifiers:
                token = f"{identifier.get('system', '')}|{identifier.get('value', '')}"
                matches = await objects.search(["Patient"], "identifier", token)
                patient = patient or (str(matches[0]["id"]) if len(matches) == 1 else "")
            if not patient:
                text = "the patient is not known here: send the patient first (ITI-104), or correct the reference"
                path = f"Bundle.entry[{one.place}].resource.subject"
                raise RestError(400, [profile.problem("not-found", path, text, Code.UNKNOWN_PATIENT)])
            found.add(patient)
        if len(found) != 1:
            text = f"the submission names {len(found)} patients: everything in it belongs to exactly one"
            code = Code.PATIENT_MISMATCH if found else Code.UNKNOWN_PATIENT
            raise RestError(400, [profile.problem("business-rule", "Bundle.entry", text, code)])
        return found.pop()

    def _named(
        self, request: Request, sent: list[Sent], patient: str
    ) -> tuple[dict[str, str], dict[str, bytes]]:
        """Return the reference that each entry gets, and the contents by the address of their entry."""
        names: dict[str, str] = {}
        contents: dict[str, bytes] = {}
        for one in sent:
            kind = one.resource["resourceType"]
            place = f"Bundle.entry[{one.place}]"
            if not one.full_url or one.full_url in names:
                text = "every entry needs a fullUrl of its own"
                raise refuse(400, "invalid", text, "bdl-7", f"{place}.fullUrl")
            if kind == "Binary":
                data, issues = profile.content(one.resource, f"{place}.resource")
                if issues:
                    raise RestError(400, issues)
                contents[one.full_url] = data
                digest = hashlib.sha256(data).hexdigest()
                names[one.full_url] = f"Binary/{documents.binary_id(digest, patient)}"
            elif one.folder:
                names[one.full_url] = one.folder
            elif kind == "Patient":
                names[one.full_url] = f"Patient/{patient}"
            else:
                names[one.full_url] = f"{kind}/{change.new_id()}"
        return names, contents

    def _fitting(self, one: Sent, contents: dict[str, bytes]) -> list[Issue]:
        place = f"Bundle.entry[{one.place}].resource.content.attachment"
        attachment = one.resource["content"][0].get("attachment", {})
        url = str(attachment.get("url", ""))
        if url in contents:
            return profile.fits(attachment, contents[url], place)
        if profile.is_delayed(attachment) or (
            "size" not in attachment and "hash" not in attachment and not url
        ):
            return []
        text = "the content is not in the Bundle: add a Binary whose fullUrl is attachment.url"
        return [profile.problem("not-found", f"{place}.url", text, Code.MISSING_DOCUMENT)]

    def _made(self, one: Sent, names: dict[str, str], patient: str) -> Json:
        """Return a resource as it is stored: under its id, with the addresses of the store, of the one patient."""
        targets = {old.encode(): new.encode() for old, new in names.items()}
        made = parse(references.rewrite(dump(one.resource), targets))
        made["id"] = names[one.full_url].rpartition("/")[2]
        made["subject"] = {**made.get("subject", {}), "reference": f"Patient/{patient}"}
        kept = [value for value in made.get("identifier", []) if not _is_entry(value)]
        entry = {"use": "official", "system": codings.RFC3986, "value": f"urn:uuid:{made['id']}"}
        made["identifier"] = [*kept, entry]
        if made["resourceType"] == "DocumentReference":
            made.setdefault("date", instant(change.now()))
        return made

    def _submission(self, ready: dict[str, Json]) -> tuple[Submission, dict[str, str]]:
        """Return the metadata of a submission, and what links name beside it: entryUUID and reference."""
        objects, links = [], []
        aliases: dict[str, str] = {}
        for resource in ready.values():
            found = held(resource, self._place)
            if found is None:
                raise refuse(
                    400, "invalid", "status says that it was entered in error", Code.METADATA, "status"
                )
            objects.append(found.metadata)
            is_document = resource["resourceType"] == "DocumentReference"
            listed = from_fhir.relations(resource) if is_document else from_fhir.members(resource)
            for link, target in listed:
                links.append(link)
                if link.target not in ready and not target.startswith("urn:"):
                    aliases[link.target] = target.partition("/_history/")[0]
        return Submission(tuple(objects), tuple(links)), aliases


def _invalid(made: Json, place: str) -> list[Issue]:
    """Return what is wrong with a resource as it would be stored, each with its place in the Bundle."""
    try:
        references.check_resolved(dump(made), lambda link: False, place)
        incoming.check(made)
    except RestError as error:
        return [
            Issue(one.severity, one.code, f"{place}.{one.path}".rstrip("."), one.message, one.rule)
            for one in error.issues
        ]
    return []


def _content_url(reference: Json) -> str:
    return str(reference["content"][0].get("attachment", {}).get("url", ""))


def _is_entry(identifier: Json) -> bool:
    return identifier.get("use") == "official" and str(identifier.get("value", "")).startswith("urn:uuid:")
