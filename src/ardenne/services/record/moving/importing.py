"""Importing a record from a file that an export wrote: all of it or nothing, and twice changes nothing."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson

from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import contents
from ardenne.kernel.store.change import Change, Status
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi.contract import Doubtful, PersonIndex
from ardenne.services.record import loading
from ardenne.services.record.filing import Filed
from ardenne.services.record.moving.exporting import FORMAT, MANIFEST, RESOURCES
from ardenne.standards.fhir import dates as dates_of
from ardenne.standards.fhir import extraction
from ardenne.standards.fhir.json import dump, parse, parse_exact
from ardenne.standards.fhir.outcome import Issue

_MOST = 8 << 30
_LINES = 512 << 20


class _Content(msgspec.Struct):
    path: str
    sha256: str


class _Manifest(msgspec.Struct):
    format: str
    patient: str
    contents: list[_Content] = []


def is_record(path: Path) -> bool:
    """Tell whether a file is an exported record."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return {MANIFEST, RESOURCES} <= set(file.namelist())


async def load(service: FhirService, path: Path) -> Filed:
    """Store an exported record. Never raises for a bad file: the answer says what is wrong."""
    try:
        with zipfile.ZipFile(path) as file:
            return await _load(service, file)
    except RestError as error:
        return Filed("refused", "record", issues=tuple(error.issues))
    except (zipfile.BadZipFile, msgspec.DecodeError, KeyError, OSError) as error:
        text = f"the file is damaged: {str(error)[:120]}: export it again"
        return Filed("refused", "record", issues=(Issue("error", "structure", "", text, "record-file"),))


async def _load(service: FhirService, file: zipfile.ZipFile) -> Filed:
    if sum(one.file_size for one in file.infolist()) > _MOST:
        raise refuse(413, "too-long", f"the file unpacks to more than {_MOST >> 30} GiB", "record-size")
    manifest = msgspec.json.decode(file.read(MANIFEST), type=_Manifest)
    if manifest.format != FORMAT:
        raise refuse(
            400, "not-supported", f"the format {manifest.format[:40]} is not {FORMAT}", "record-format"
        )
    if file.getinfo(RESOURCES).file_size > _LINES:
        raise refuse(413, "too-long", f"{RESOURCES} has more than {_LINES >> 20} MiB", "record-size")
    for content in manifest.contents:
        data = file.read(content.path)
        if hashlib.sha256(data).hexdigest() != content.sha256:
            text = "the document is not what was exported: its hash differs"
            raise refuse(400, "value", text, "record-content", content.path)
    lines = [line for line in file.read(RESOURCES).splitlines() if line.strip()]
    resources = [parse(line) for line in lines]
    patients = [one for one in resources if one.get("resourceType") == "Patient"]
    if [one.get("id") for one in patients] != [manifest.patient]:
        raise refuse(400, "invalid", "the file must hold exactly the patient that it names", "record-patient")
    _check_owners(resources, manifest.patient)
    lines = [_own(line, one, manifest.patient) for line, one in zip(lines, resources, strict=True)]
    paths = {bytes.fromhex(one.sha256): one.path for one in manifest.contents}

    def read(digest: bytes) -> bytes | None:
        return file.read(paths[digest]) if digest in paths else None

    return await conditional.retried(lambda: _store(service, patients[0], lines, resources, read))


def _own(line: bytes, resource: dict[str, Any], patient: str) -> bytes:
    """Return a line in which a Binary names its content in the record of the file's patient."""
    named = contents.named(resource) if resource["resourceType"] == "Binary" else None
    if named is None:
        return line
    return dump({**parse_exact(line), "_data": contents.naming(named.digest.hex(), patient)})


async def _store(
    service: FhirService,
    patient: dict[str, Any],
    lines: list[bytes],
    resources: list[dict[str, Any]],
    read: Callable[[bytes], bytes | None],
) -> Filed:
    dates = {f"{one['resourceType']}/{one['id']}": _updated(one) for one in resources}
    index = service.registry.get(PersonIndex)
    async with conditional.locked(service, index.locks(patient)) as connection:
        try:
            known = await index.find(connection, patient)
        except Doubtful as error:
            raise refuse(409, "conflict", str(error), error.rule, "Patient.identifier") from None
        bundle = _bundle(lines, resources)
        changes = list(loading.bundle_changes(bundle, known or str(patient["id"])))
        unique = {asked.self_hash: asked for asked in changes}
        newer = [one for one in unique.values() if await _is_newer(service, connection, one, dates)]
        done = await service.resources.write_in(connection, [one for one in newer if one.content is None])
        for one in newer:
            if one.content is not None:
                # one after the other: a record may hold more than fits into memory
                asked = one._replace(content=one.content._replace(data=read(one.content.digest)))
                done += await service.resources.write_in(connection, [asked])
        if done and not known:
            await index.adopt(connection, str(patient["id"]))
    if not done:
        return Filed("duplicate", "record", known or str(patient["id"]))
    stored = sum(one.status is not Status.UNCHANGED for one in done)
    outcome = "filed" if stored else "duplicate"
    return Filed(outcome, "record", known or str(patient["id"]), "", stored)


async def _is_newer(
    service: FhirService, connection: Connection, asked: Change, dates: dict[str, int]
) -> bool:
    """Tell whether a resource of the file is to be written: what is here and newer, or belongs to all, stays."""
    present = await service.resources.read_in(connection, asked.resource_type, asked.resource_id)
    if present is None or present.body is None:
        return True
    if asked.patient is None and asked.resource_type not in ("Binary", "Provenance"):
        return False
    return present.updated < dates.get(f"{asked.resource_type}/{asked.resource_id}", 0)


def _updated(resource: dict[str, Any]) -> int:
    text = str(resource.get("meta", {}).get("lastUpdated", ""))
    return dates_of.span(text)[0] if text else 0


def _check_owners(resources: list[dict[str, Any]], patient: str) -> None:
    """Raise RestError for a resource of somebody else: a file holds one record."""
    for place, one in enumerate(resources, 1):
        owner = extraction.owner(one)
        if owner not in (None, f"Patient/{patient}"):
            text = f"line {place} belongs to another patient: a file holds one record"
            raise refuse(400, "invalid", text, "record-patient", RESOURCES)


def _bundle(lines: list[bytes], resources: list[dict[str, Any]]) -> bytes:
    """Return the resources as a Bundle whose entries keep their ids."""
    entries = [
        b'{"fullUrl":%b,"resource":%b}' % (orjson.dumps(f"{one['resourceType']}/{one['id']}"), line)
        for one, line in zip(resources, lines, strict=True)
    ]
    return b'{"resourceType":"Bundle","type":"collection","entry":[%b]}' % b",".join(entries)
