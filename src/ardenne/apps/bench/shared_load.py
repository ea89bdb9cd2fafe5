"""The shared record at the volume of a country: loaded in bulk, search indexes built afterwards."""

from __future__ import annotations

import gc
import multiprocessing
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ardenne.apps.bench import store_shared
from ardenne.apps.bench.node import Node
from ardenne.apps.population import fhir
from ardenne.apps.population.persons import BLOCK, block
from ardenne.kernel.blobs import BlobStore
from ardenne.kernel.store import contents
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.store.change import Change, Method, Mode, write
from ardenne.kernel.store.database import Database
from ardenne.services.record import documents

RECORDS, NOT_EMPTY, DOCUMENTS = 1_106_909, 0.6592, 15.5
"""Luxembourg at the end of 2023: records, the share that is not empty, documents in each of these (annual report)."""
_KINDS = (
    ("11502-2", "Laboratory report"), ("18748-4", "Diagnostic imaging study"), ("34105-7", "Discharge summary"),
    ("60591-5", "Patient summary"), ("11488-4", "Consult note"),
)  # fmt: skip
_PROCESSES = 2
_BATCH = 5000

Json = dict[str, Any]


class _Part(NamedTuple):
    dsn: str
    contents: str
    first: int
    records: int


def load(node: Node, records: int, processes: int = _PROCESSES) -> int:
    """Load invented persons with their documents, contents encrypted, into an empty node; return how many documents."""
    Path(node.contents).mkdir(parents=True, exist_ok=True)
    BlobStore(node.contents, Database(node.dsn, 1)).ring.current()
    blocks = (records + BLOCK - 1) // BLOCK
    share = (blocks + processes - 1) // processes
    parts = [
        _Part(node.dsn, str(node.contents), number * share, min(records, (number + 1) * share * BLOCK))
        for number in range(processes)
    ]
    store_shared.begin(node.dsn)
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        total = sum(pool.map(_load, parts))
    store_shared.end(node.dsn)
    return total


def _load(part: _Part) -> int:
    gc.disable()
    blobs = BlobStore(Path(part.contents), Database(part.dsn, 1))
    writer = BulkWriter(part.dsn, blobs.fill_with, fresh=True)
    writer.knows_patients()
    changes, count = list[Change](), 0
    for number in range(part.first, (part.records + BLOCK - 1) // BLOCK):
        for person in block(1, number)[: part.records - number * BLOCK]:
            content = fhir.patient(person)
            patient = orjson.loads(content)
            changes.append(write(patient, content, patient["id"], Mode.PUT_UNLESS_SAME, Method.PUT))
            for reference, binary, data in record(patient["id"], person.id):
                changes.append(made(reference))
                changes.append(made(binary, data))
                count += 1
            # a record is written as a whole: its key is made with its first content
            if len(changes) >= _BATCH:
                _flush(writer, changes)
    _flush(writer, changes)
    writer.close()
    return count


def _flush(writer: BulkWriter, changes: list[Change]) -> None:
    writer.write(changes)
    changes.clear()
    gc.collect(0)


def made(resource: Json, data: bytes | None = None) -> Change:
    """Return the change of a resource that is valid as it is made; a test holds the makers to that."""
    made = write(resource, orjson.dumps(resource), resource["id"], Mode.PUT_UNLESS_SAME, Method.PUT)
    if data is None or made.content is None:
        return made
    return made._replace(content=made.content._replace(data=data))


def record(patient: str, number: int) -> Iterator[tuple[Json, Json, bytes]]:
    """Yield the documents of a record, none for one record in three: DocumentReference, Binary, content."""
    chance = random.Random(number)  # noqa: S311 - not for secrets
    if chance.random() > NOT_EMPTY:
        return
    for _ in range(max(1, round(chance.expovariate(1 / DOCUMENTS)))):
        code, title = chance.choice(_KINDS)
        day = f"20{chance.randrange(14, 26)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        data = f"{title}, {day}\n{chance.random()}\n".encode() * 6
        digest, document = contents.of(patient, data).digest.hex(), _uuid(chance)
        binary = documents.binary("text/plain", digest, patient, document)
        reference: Json = {
            "resourceType": "DocumentReference", "id": document, "status": "current",
            "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{_uuid(chance)}"},
            "type": {"coding": [{"system": "http://loinc.org", "code": code, "display": title}]},
            "category": [{"coding": [{"system": "urn:ardenne:document-class", "code": "report"}]}],
            "subject": {"reference": f"Patient/{patient}"}, "date": f"{day}T10:00:00Z",
            "author": [{"display": "Dr Claude Thill"}], "description": title,
            "content": [{"attachment": {
                "contentType": "text/plain", "url": f"Binary/{binary['id']}", "size": len(data),
                "hash": documents.sha1(data), "creation": day, "language": "fr-LU",
            }}],
        }  # fmt: skip
        yield reference, binary, data


def _uuid(chance: random.Random) -> str:
    """Return a version 4 UUID drawn from ``chance`` (RFC 9562, 5.4)."""
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"
