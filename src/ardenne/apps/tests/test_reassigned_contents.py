"""A document that was filed for the wrong person is encrypted with the right one's key."""

from __future__ import annotations

from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import reassigning
from ardenne.services.record import filing
from ardenne.services.record.destroying import Contents
from ardenne.services.record.testing.fixtures import _record_tables, filing_node
from ardenne.services.record.testing.samples import cda

__all__ = ["_record_tables", "filing_node"]


def original(node: TestNode, document_id: str) -> tuple[int, bytes]:
    document = node.call("GET", f"DocumentReference/{document_id}").json
    answer = node.call("GET", document["content"][0]["attachment"]["url"])
    return answer.status, answer.body


def test_a_document_given_to_another_person_is_encrypted_with_that_persons_key(filing_node: TestNode) -> None:
    data = cda("1")
    filed = filing_node.run(filing.file(filing_node.service, data, "letter.xml"))
    other = filing_node.call("POST", "Patient", {"resourceType": "Patient"}).json["id"]

    async def give() -> None:
        service = filing_node.service
        async with service.database.transaction() as connection:
            reference = f"DocumentReference/{filed.document_id}"
            await reassigning.reassign(service, connection, [reference], filed.patient_id, other)

    filing_node.run(give())
    assert filing_node.run(Contents().destroy(filing_node.service, filed.patient_id)) == 0
    assert original(filing_node, filed.document_id) == (200, data)
    assert filing_node.run(Contents().destroy(filing_node.service, other)) == 1
    assert original(filing_node, filed.document_id)[0] == 404
