"""A recalled batch: everybody who received it, and a line in the journal of each."""

from __future__ import annotations

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.testing import TestNode
from ardenne.services.vaccination.recipients import BatchRecipients

HEXYON = "VAC0510"


def test_who_received_a_batch_is_told_and_journalled(node: TestNode) -> None:
    coding = {"system": "http://ivci.org/NUVA", "code": HEXYON}
    for number, (lot, status) in enumerate(
        (("A1", "completed"), ("a1", "completed"), ("A12", "completed"), ("A1", "entered-in-error"))
    ):
        patient = {
            "resourceType": "Patient",
            "id": f"p{number}",
            "birthDate": "2026-01-01",
            "name": [{"family": f"F{number}"}],
        }
        node.call("PUT", f"Patient/p{number}", patient)
        act = {
            "resourceType": "Immunization", "id": f"i{number}", "status": status, "vaccineCode": {"coding": [coding]},
            "patient": {"reference": f"Patient/p{number}"}, "occurrenceDateTime": "2026-02-20", "lotNumber": lot,
        }  # fmt: skip
        assert node.call("PUT", f"Immunization/i{number}", act).status == 201
    keeper = Caller(Kind.OFFICER, "alain", "Alain Mersch", profession="public-health")
    seen = node.service.seen_by(keeper)
    found = node.run(BatchRecipients().of_batch(seen, HEXYON, "A1"))
    assert [(one.patient, one.name) for one in found] == [("p0", "F0"), ("p1", "F1")]
    node.caller = Caller(Kind.CITIZEN, "p0", "P", patient="p0")
    journal = str(node.call("GET", "AuditEvent?patient=p0&_count=100").json["entry"])
    assert "Alain Mersch" in journal
