"""Exporting a record: every resource as FHIR, every original, an IHE XDM folder and a page that leads to them.

``FHIR/record.ndjson``: the resources, one a line. ``IHE_XDM/SUBSET01``: the originals with their metadata as ebRIM
(IHE XDM, ITI TF-2 3.32). ``INDEX.HTM``: a page for people. ``manifest.json``: what is where, with hashes.
"""

from __future__ import annotations

import hashlib
import mimetypes
import zipfile
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from lxml import etree

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.caller import OPERATOR
from ardenne.kernel.rest import binary, conditional
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.searches import membership
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse as parse_query
from ardenne.kernel.search.query import read_pairs
from ardenne.kernel.store import change, hashing
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import contents as stored_contents
from ardenne.kernel.store.body import instant
from ardenne.services.record import display
from ardenne.services.record.exchange.objects import Place, held
from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.json import dump, parse_exact
from ardenne.standards.xds import names, writing
from ardenne.standards.xds.codings import Json
from ardenne.ui.languages import Words

FORMAT = "ardenne-record/1"
RESOURCES = "FHIR/record.ndjson"
MANIFEST = "manifest.json"
_SUBSET = "IHE_XDM/SUBSET01"
_PACKAGES = ("ardenne.services.record", "ardenne.ui")
_OLDEST = (1980, 1, 1, 0, 0, 0)


class Exported(NamedTuple):
    """What a file holds."""

    resources: int
    originals: int


class _Content(NamedTuple):
    path: str
    digest: str
    title: str
    date: str
    kind: str


async def find_person(service: FhirService, person: str) -> str:
    """Return the Patient id of a person who is named by id or by a number; empty when nobody or several are."""
    name = person.removeprefix("Patient/")
    try:
        stored = await service.resources.read("Patient", name)
    except ValueError:
        stored = None
    if stored is not None and stored.body is not None:
        return name
    query = parse_query(read_pairs(conditional.criteria_text([("identifier", person)])))
    page = await service.searcher.search(["Patient"], query)
    return page.matches[0].resource_id if len(page.matches) == 1 else ""


async def export(
    service: FhirService, place: Place, patient: str, out: Path, language: str = "fr"
) -> Exported:
    """Write the record of a patient to a file; every export is noted in the journal."""
    words = Words(language, _PACKAGES, service.zone)
    resources: list[Json] = []
    async for one in _record(service, patient):
        resources.append(one)
    resources.sort(key=lambda one: one["resourceType"] != "Patient")
    partial = out.with_suffix(out.suffix + ".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as file:
        contents = await _write_contents(service, file, resources)
        _write(file, RESOURCES, b"".join(dump(one) + b"\n" for one in resources))
        _write(file, f"{_SUBSET}/METADATA.XML", _metadata(resources, contents, place, patient))
        _write(file, "README.TXT", _README)
        manifest = {
            "format": FORMAT,
            "patient": patient,
            "made": instant(change.now()),
            "resources": len(resources),
            "contents": [{"path": one.path, "sha256": one.digest} for one in contents],
        }
        _write(file, MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        _write(file, "INDEX.HTM", _index(resources, contents, patient, words))
    partial.replace(out)
    await _note(service, patient, len(resources))
    return Exported(len(resources), len(contents))


async def _note(service: FhirService, patient: str, number: int) -> None:
    if service.policy is None:
        return
    trace = service.trace or service.policy.trace(OPERATOR)
    owner = hashing.self_hash("Patient", patient)
    detail = f"export to a file, {number} resources"
    trace.note(Action.EXPORT, owner, [f"Patient/{patient}"], detail=detail, patient_id=patient)
    if service.trace is None:
        await service.policy.journal.record(trace.take())


async def _record(service: FhirService, patient: str) -> AsyncIterator[Json]:
    """Yield the patient, what is in the record and what that refers to, then the Binaries of its documents."""
    members = definitions.compartment("Patient")
    types = ["Patient", *(name for name, codes in members.items() if codes and name != "Patient")]
    within = ask.Any(tuple(membership(name, "Patient", patient) for name in types))
    query = parse_query([("_count", "500"), ("_include", "*"), ("_total", "none")])
    seen: set[str] = set()
    binaries: dict[str, None] = {}
    while True:
        page = await service.searcher.search(types, query, within=within)
        for row in (*page.matches, *page.included):
            reference = f"{row.resource_type}/{row.resource_id}"
            if reference in seen or (row.resource_type == "Patient" and row.resource_id != patient):
                continue
            seen.add(reference)
            resource = parse_exact(row.body)
            binaries |= dict.fromkeys(_binaries(resource))
            yield resource
        if not page.next_cursor:
            break
        query = query._replace(cursor=page.next_cursor)
    for reference in binaries:
        stored = await service.resources.read("Binary", reference.partition("/")[2])
        if reference not in seen and stored is not None and stored.body is not None:
            yield parse_exact(stored.body)


def _binaries(resource: Json) -> list[str]:
    found = []
    for content in resource.get("content", []) if resource["resourceType"] == "DocumentReference" else []:
        url = str(content.get("attachment", {}).get("url", ""))
        place = url.find("Binary/")
        if place >= 0:
            found.append(url[place:].partition("/_history")[0])
    return found


async def _write_contents(
    service: FhirService, file: zipfile.ZipFile, resources: list[Json]
) -> list[_Content]:
    """Write the originals and return where they are, by their document where they have one."""
    titles: dict[str, Json] = {}
    for one in resources:
        for reference in _binaries(one):
            titles.setdefault(reference, one)
    found: list[_Content] = []
    for one in resources:
        if one["resourceType"] != "Binary":
            continue
        try:
            data = await binary.content_of(service, one)
        except RestError:
            continue
        document = titles.get(f"Binary/{one['id']}", {})
        kind = str(one.get("contentType", "")).partition(";")[0]
        path = f"{_SUBSET}/DOC{len(found) + 1:05d}{_suffix(kind)}"
        _write(file, path, data)
        title = display.concept(document.get("type")) or str(document.get("description", "")) or path
        digest = hashlib.sha256(data).hexdigest()
        found.append(_Content(path, digest, title, str(document.get("date", "")), kind))
    return found


def _suffix(kind: str) -> str:
    known = {
        "x-application/hl7-v2+er7": ".HL7",
        "text/xml": ".XML",
        "application/xml": ".XML",
        "text/plain": ".TXT",
        "application/fhir+json": ".JSON",
    }
    return known.get(kind) or (mimetypes.guess_extension(kind) or ".BIN").upper()


def _metadata(resources: list[Json], contents: list[_Content], place: Place, patient: str) -> bytes:
    """Return the metadata of the documents as a SubmitObjectsRequest."""
    root = writing.element(f"{{{names.LCM}}}SubmitObjectsRequest")
    listed = etree.SubElement(root, f"{{{names.RIM}}}RegistryObjectList")
    paths = {one.digest: one.path.rpartition("/")[2] for one in contents}
    digests = {f"Binary/{one['id']}": _digest_of(one) for one in resources if one["resourceType"] == "Binary"}
    for one in resources:
        if one["resourceType"] not in ("DocumentReference", "List"):
            continue
        found = held(one, place)
        if found is None:
            continue
        node = etree.SubElement(listed, "placeholder")
        writing.registry_object(node, found.metadata)
        made = node[0]
        for reference in _binaries(one)[:1]:
            path = paths.get(digests.get(reference, ""))
            if path:
                slot = etree.Element(f"{{{names.RIM}}}Slot", {"name": "URI"})
                values = etree.SubElement(slot, f"{{{names.RIM}}}ValueList")
                etree.SubElement(values, f"{{{names.RIM}}}Value").text = path
                made.insert(0, slot)
        listed.replace(node, made)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _digest_of(resource: Json) -> str:
    named = stored_contents.named(resource)
    return named.digest.hex() if named is not None else ""


def _index(resources: list[Json], contents: list[_Content], patient: str, words: Words) -> bytes:
    person: dict[str, Any] = next(one for one in resources if one["resourceType"] == "Patient")
    rows = "".join(
        f"<tr><td>{escape(words.short_date(one.date))}</td>"
        f'<td><a href="{escape(one.path)}">{escape(one.title)}</a></td><td>{escape(one.kind)}</td></tr>'
        for one in sorted(contents, key=lambda one: one.date, reverse=True)
    )
    title = escape(words.text("Record of {name}", name=display.person(person) or patient))
    named = (words.text("Date"), words.text("Document"), words.text("Kind of file"))
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in named)
    caption = words.text("Documents")
    told = escape(
        words.text(
            "The documents are in the table. FHIR/record.ndjson holds the whole record for software; "
            "another system can import this file."
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>'
        f"<body><main><h1>{title}</h1><p>{escape(words.fhir_date(str(person.get('birthDate', ''))))}</p><p>{told}</p>"
        f"<table><caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></main></body></html>\n"
    ).encode()


def _write(file: zipfile.ZipFile, path: str, data: bytes) -> None:
    file.writestr(zipfile.ZipInfo(path, _OLDEST), data, zipfile.ZIP_DEFLATED)


_README = b"""INDEX.HTM            a page that leads to the documents
FHIR/record.ndjson   every resource of the record (HL7 FHIR R4), one a line
IHE_XDM/SUBSET01     the documents as they came, and METADATA.XML (IHE XDM, ebRIM 3.0)
manifest.json        paths and SHA-256 of the documents
"""
