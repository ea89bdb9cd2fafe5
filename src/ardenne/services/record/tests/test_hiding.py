"""Hiding a document hides what was made of it, and what replaces it."""

from __future__ import annotations

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.testing import TestNode
from ardenne.services.record import filing, hiding
from ardenne.services.record.testing.fixtures import stored
from ardenne.services.record.testing.samples import cda, results
from ardenne.standards.fhir.labels import Level, label

_TYPES = ("DocumentReference", "Condition", "Observation", "DiagnosticReport", "Provenance")


def levels(node: TestNode) -> dict[str, set[Level]]:
    found = {name: {label(one).level for one in stored(node, name)} for name in _TYPES}
    return {name: seen for name, seen in found.items() if seen}


def test_document_values_and_their_source_are_hidden_together_and_shown_again(filing_node: TestNode) -> None:
    filed = filing_node.run(filing.file(filing_node.service, results("6.5"), "x"))
    (document,) = stored(filing_node, "DocumentReference")
    assert {name: {Level.NORMAL} for name in levels(filing_node)} == levels(filing_node)
    for level in (Level.SECRET, Level.NORMAL):
        changed = filing_node.run(hiding.set_level(filing_node.service, filed.patient_id, document, level))
        assert changed >= 4
        assert levels(filing_node) == {name: {level} for name in levels(filing_node)}
    (patient,) = stored(filing_node, "Patient")
    assert label(patient).level is Level.NORMAL


def test_a_correction_of_a_hidden_document_stays_hidden(filing_node: TestNode) -> None:
    filed = filing_node.run(filing.file(filing_node.service, cda("1"), "x"))
    (document,) = stored(filing_node, "DocumentReference")
    filing_node.run(hiding.set_level(filing_node.service, filed.patient_id, document, Level.SECRET))
    filing_node.run(filing.file(filing_node.service, cda("2", replaces="1", problem="J46"), "y"))
    assert len(stored(filing_node, "DocumentReference")) == 2
    assert levels(filing_node)["DocumentReference"] == levels(filing_node)["Condition"] == {Level.SECRET}


def test_what_is_filed_has_the_level_that_the_patient_chose_for_what_is_new(filing_node: TestNode) -> None:
    filed = filing_node.run(filing.file(filing_node.service, cda("1"), "x"))

    async def choose() -> None:
        async with filing_node.database.transaction() as connection:
            await policy.set_record(connection, filed.patient_id, new_level=int(Level.RESTRICTED))

    filing_node.run(choose())
    feed = filing_node.service.seen_by(Caller(Kind.SOFTWARE, "feed", profession="platform"))
    filing_node.run(filing.file(feed, results("6.5"), "y"))
    found = levels(filing_node)
    assert found["Observation"] == found["DiagnosticReport"] == {Level.RESTRICTED}
    assert found["DocumentReference"] == {Level.NORMAL, Level.RESTRICTED}
    assert found["Condition"] == {Level.NORMAL}


def test_only_the_patient_hides(filing_node: TestNode) -> None:
    filed = filing_node.run(filing.file(filing_node.service, cda(), "x"))
    (document,) = stored(filing_node, "DocumentReference")
    other = Caller(Kind.CITIZEN, "a", patient="somebody-else")
    seen = filing_node.service.seen_by(other)
    assert filing_node.run(hiding.set_level(seen, filed.patient_id, document, Level.SECRET)) == 0
    assert levels(filing_node)["Condition"] == {Level.NORMAL}
    own = Caller(Kind.CITIZEN, "b", patient=filed.patient_id)
    filing_node.run(
        hiding.set_level(filing_node.service.seen_by(own), filed.patient_id, document, Level.SECRET)
    )
    assert levels(filing_node)["Condition"] == {Level.SECRET}
