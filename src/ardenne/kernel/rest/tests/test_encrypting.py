"""Keys of contents without a patient, and encrypting what an older version kept plain."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.rest import encrypting
from ardenne.kernel.store import contents, hashing
from ardenne.kernel.testing import TestNode

FHIR = {"content-type": "application/fhir+json"}
HOUSE = Caller(Kind.SOFTWARE, "his", "HIS", profession="hospital", organisation="house")
DOCTOR = Caller(Kind.PROFESSIONAL, "doc", "Dr Klein", practitioner="klein", profession="doctor")
ANNE = Caller(Kind.CITIZEN, "anne", "Anne", patient="anne")


def post(node: TestNode, caller: Caller, data: bytes = b"a letter") -> str:
    before, node.caller = node.caller, caller
    try:
        told = node.call("POST", "Binary", data, {"content-type": "text/plain"})
    finally:
        node.caller = before
    assert told.status == 201, told.json
    return told.headers["location"].split("/fhir/")[1].split("/_history")[0]


def records(node: TestNode) -> list[int]:
    return [row[0] for row in node.run(node.database.fetch("select record from content order by record"))]


@pytest.mark.parametrize(
    ("caller", "owner"),
    [(HOUSE, ("Organization", "house")), (DOCTOR, ("Practitioner", "klein")), (ANNE, ("Patient", "anne"))],
    ids=["organisation", "practitioner", "citizen"],
)
def test_a_binary_without_a_patient_lies_under_the_key_of_its_sender(
    node: TestNode, caller: Caller, owner: tuple[str, str]
) -> None:
    place = post(node, caller)
    assert records(node) == [hashing.self_hash(*owner)]
    assert node.call("GET", place, headers={"accept": "text/plain"}).body == b"a letter"
    # who destroys that key has destroyed what that sender stored so, and nothing else
    other = post(node, Caller(Kind.SOFTWARE, "lab", "Lab", profession="laboratory", organisation="lab"))

    async def destroy() -> int:
        async with node.database.transaction() as connection:
            return await node.service.blobs.destroy(connection, [hashing.self_hash(*owner)])

    assert node.run(destroy()) == 1
    assert node.call("GET", place, headers={"accept": "text/plain"}).status == 404
    assert node.call("GET", other, headers={"accept": "text/plain"}).body == b"a letter"


def test_in_a_transaction_too(node: TestNode) -> None:
    before, node.caller = node.caller, HOUSE
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "YQ=="}
    entry = {"resource": binary, "request": {"method": "POST", "url": "Binary"}}
    told = node.call("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    node.caller = before
    assert told.status == 200, told.json
    assert records(node) == [hashing.self_hash("Organization", "house")]


def keep_plain(node: TestNode, data: bytes) -> str:
    """Lay a content down as versions before encryption did."""
    digest = hashlib.sha256(data).hexdigest()
    path = node.service.blobs.files.folder / digest[:2] / digest[2:4] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return digest


def old_binary(node: TestNode, name: str, data: bytes, patient: str = "") -> str:
    """A Binary as such a version wrote it: the digest alone stands in it."""
    from ardenne.kernel.store import change
    from ardenne.kernel.store.change import Method, Mode
    from ardenne.standards.fhir.json import dump, parse

    digest = keep_plain(node, data)
    resource = {
        "resourceType": "Binary",
        "id": name,
        "contentType": "text/plain",
        "_data": contents.naming(digest, ""),
    }
    if patient:
        resource["securityContext"] = {"reference": f"Patient/{patient}"}
    body = dump(resource)
    asked = change.write(parse(body), body, name, Mode.PUT, Method.PUT)._replace(content=None)
    assert node.run(node.service.resources.write(asked)).status.done
    return digest


def plain_files(node: TestNode) -> list[Path]:
    return [path for path in node.service.blobs.files.folder.glob("??/??/*") if len(path.name) == 64]


def test_what_was_kept_plain_is_encrypted_and_stays_readable(node: TestNode) -> None:
    old_binary(node, "of-anne", b"Diagnosis of Anne" * 3000, "anne")
    old_binary(node, "of-nobody", b"A form")
    shared = old_binary(node, "of-bert", b"One letter in two records", "bert")
    assert old_binary(node, "of-carl", b"One letter in two records", "carl") == shared
    waiting = keep_plain(node, b"what waits in the error desk")
    damaged = keep_plain(node, b"was changed on the disk")
    next(path for path in plain_files(node) if path.name == damaged).write_bytes(b"something else")
    before = {
        name: node.call("GET", f"Binary/{name}", headers={"accept": "text/plain"}).body
        for name in ("of-anne", "of-nobody", "of-bert", "of-carl")
    }
    assert before["of-anne"].startswith(b"Diagnosis")

    done = node.run(encrypting.encrypt(node.service))
    assert (done.contents, done.binaries, done.damaged) == (4, 4, [damaged])
    assert [path.name for path in plain_files(node)] == [damaged]
    for name, content in before.items():
        assert node.call("GET", f"Binary/{name}", headers={"accept": "text/plain"}).body == content
    assert node.run(node.service.blobs.get(waiting)) == b"what waits in the error desk"
    held = {*records(node)}
    assert held == {0, *(hashing.self_hash("Patient", name) for name in ("anne", "bert", "carl"))}
    # again: nothing is left to do
    assert node.run(encrypting.encrypt(node.service)) == encrypting.Encrypted(0, 0, [damaged])
